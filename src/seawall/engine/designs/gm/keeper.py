"""The keeper of a GM market: liquidations and deleveraging, within what it can do in a tick.

Liquidations go first, the largest position first, at full size and any price; a position that is
due waits in a queue when the keeper's actions of the tick are used up, and is looked at again when
its turn comes. What a liquidation leaves goes to the owner, what it lacks is missing in the pool.

A side is deleveraged while its result, at its highest, is above ``pnl_adl`` of its token in the
pool. The protocol leaves the choice to the keeper; here it takes the positions with the greatest
result for their size first, and closes as much as brings the side to the middle between
``pnl_after_adl`` and ``pnl_adl``. A deleveraging that would not lower the factor, or lower it below
``pnl_after_adl``, does not happen. Source: gmx-io/gmx-synthetics, contracts/liquidation/
LiquidationUtils.sol and contracts/adl/AdlUtils.sol.
"""

from mypy_extensions import i64

from seawall.engine.designs.gm.decrease import (
    DELEVERAGING,
    LIQUIDATION,
    Decrease,
    fitted,
    plan_decrease,
)
from seawall.engine.designs.gm.desk import Desk
from seawall.engine.designs.gm.liquidation import is_liquidatable
from seawall.engine.designs.gm.orders import PNL_TO_COLLATERAL
from seawall.engine.designs.gm.position import Holding
from seawall.engine.designs.gm.settle import commit_decrease
from seawall.engine.designs.gm.tokens import LONG, SHORT
from seawall.engine.designs.gm.value import ADL, exceeded, pnl_cap, pnl_factor
from seawall.engine.errors import Closed, LimitReached, OutOfRange, Refusal
from seawall.engine.events import Deleveraged, RungReached
from seawall.engine.fixed import RATE, larger, mul_div, share, smaller
from seawall.engine.watch import DUE


class Keeper:
    """Who acts on positions that are not his. ``adl_at`` is when each side was last found to need
    deleveraging, ``adl_on`` whether it does.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.adl_on: list[bool] = [False, False]
        self.adl_at: list[int] = [0, 0]
        self.closed: list[Decrease] = []

    # liquidation

    def find_due(self) -> None:
        """Queue everybody who must be liquidated at the desk's prices."""
        desk = self.desk
        lookout = desk.lookout
        prices = desk.prices
        lookout.refresh(prices)
        healthy: list[Holding] = []
        self._look_at_everybody(healthy)
        while True:
            position = lookout.next_candidate(prices)
            if position is None:
                break
            self._judge(position, healthy)
        for position in healthy:
            lookout.add_healthy(position, prices)

    def _look_at_everybody(self, healthy: list[Holding]) -> None:
        """Where keys say nothing: a wide spread, or winners paid less than their result."""
        desk = self.desk
        pool = desk.pool
        for shelf in desk.lookout.blind(desk.prices):
            for position in desk.lookout.everybody(False, shelf - 2):
                self._judge(position, healthy)
        for is_long in (True, False):
            cap: i64 = pool.params.side(is_long).pnl_traders
            if pnl_factor(pool, desk.prices, is_long) > cap:
                for kind in (LONG, SHORT):
                    if kind == LONG or not pool.single:
                        for position in desk.lookout.everybody(is_long, kind):
                            self._judge(position, healthy)

    def _judge(self, position: Holding, healthy: list[Holding]) -> None:
        if self.is_due(position):
            self.desk.lookout.put_due(position)
        else:
            healthy.append(position)

    def is_due(self, position: Holding) -> bool:
        """Whether a position may be liquidated by a price that is not older than its changes."""
        changed: i64 = larger(position.increased_at, position.decreased_at)
        return self.desk.price_time >= changed and is_liquidatable(self.desk, position)

    def liquidate_due(self, budget: i64) -> i64:
        """Liquidate who is due, largest first; the budget that is left.

        Who has recovered in the meantime goes free, which costs the keeper nothing.
        """
        lookout = self.desk.lookout
        while budget > 0:
            position = lookout.pop_due()
            if position is None:
                break
            if self.is_due(position):
                self.liquidate(position)
                budget -= 1
            else:
                lookout.add_healthy(position, self.desk.prices)
        return budget

    def liquidate(self, position: Holding) -> Decrease:
        """Close a liquidatable position whole."""
        desk = self.desk
        plan = fitted(desk, position, position.entry, 0, False, LIQUIDATION)
        plan_decrease(desk, plan, 0, PNL_TO_COLLATERAL, -1)
        payout = commit_decrease(desk, plan, PNL_TO_COLLATERAL, -1, 0)
        self.closed.append(plan)
        if desk.journal.listening:
            event = RungReached(desk.now, desk.name, "liquidation", position.account)
            event.closed = plan.quantity if plan.is_long else -plan.quantity
            event.price = plan.price
            event.result = plan.result
            token = desk.pool.token(desk.kind(position))
            price: i64 = plan.flow.price
            fees = plan.fees
            desk.note_fees(desk.kind(position), price, fees)
            event.fee = token.usd(fees.position - fees.discount, price)
            event.impact = -plan.impact
            event.penalty = token.usd(fees.liquidation, price)
            event.shortfall = plan.unpaid
            event.returned = self._worth(payout.long, payout.short)
            desk.journal.events.append(event)
        return plan

    def _worth(self, long: i64, short: i64) -> i64:
        desk = self.desk
        pool = desk.pool
        return pool.long.usd(long, desk.collateral_price(LONG)) + pool.short.usd(
            short, desk.collateral_price(SHORT)
        )

    # deleveraging

    def look_at_adl(self, is_long: bool) -> bool:
        """Find out anew whether a side must be deleveraged."""
        desk = self.desk
        place: int = 0 if is_long else 1
        self.adl_on[place] = exceeded(desk.pool, desk.prices, is_long, ADL)
        self.adl_at[place] = int(desk.now)
        return self.adl_on[place]

    def relieve(self, is_long: bool, budget: i64) -> i64:
        """Deleverage a side that needs it, within ``budget`` actions; what is left of them."""
        desk = self.desk
        if budget == 0 or not self.look_at_adl(is_long):
            return budget
        for position in self._winners(is_long):
            if budget == 0 or not exceeded(desk.pool, desk.prices, is_long, ADL):
                break
            size: i64 = self._wanted(position)
            if size == 0:
                continue
            try:
                self.deleverage(position, size)
                budget -= 1
            except Refusal:
                continue  # a rest too small or a swap too far: the next winner's turn
        self.look_at_adl(is_long)
        return budget

    def _winners(self, is_long: bool) -> list[Holding]:
        """Positions with a result, the greatest for their size first, then by account."""
        desk = self.desk
        ranked: list[tuple[int, int, Holding]] = []
        for place in sorted(desk.positions):
            position = desk.positions[place]
            if (position.size > 0) == is_long and position.standing != DUE:
                result: i64 = desk.whole_result(position)
                if result > 0:
                    score: int = mul_div(result, RATE, position.entry)
                    ranked.append((-score, place, position))
        ranked.sort(key=_rank)
        return [row[2] for row in ranked]

    def _wanted(self, position: Holding) -> i64:
        """Dollars to close so that the factor comes to the middle of its two bounds."""
        desk = self.desk
        pool = desk.pool
        is_long: bool = position.size > 0
        side = pool.params.side(is_long)
        target: i64 = (side.pnl_adl + side.pnl_after_adl) // 2
        paid_in: i64 = LONG if is_long else SHORT
        price: i64 = desk.prices.token(paid_in, False)
        held: i64 = pool.pool_usd(paid_in, price)
        result: i64 = pool.result(is_long, desk.prices.for_result(is_long, True))
        over: i64 = larger(0, result - share(held, target))
        if target < RATE and desk.kind(position) == desk.paid_in(is_long):
            over = mul_div(over, RATE, RATE - target)  # the profit leaves the pool, unswapped
        own: i64 = desk.whole_result(position)
        if own <= over:
            return position.entry
        return smaller(position.entry, mul_div(position.entry, over, own))

    def deleverage(self, position: Holding, size: i64) -> Decrease:
        """Close ``size`` dollars of a winner of a side that needs it.

        Raises :class:`Closed` (``adl-not-enabled``, ``adl-not-required``), :class:`LimitReached`
        (``adl-without-effect``, ``adl-too-large``), :class:`OutOfRange` (``decrease-too-large``).
        """
        desk = self.desk
        pool = desk.pool
        is_long: bool = position.size > 0
        side = "longs" if is_long else "shorts"
        if not self.adl_on[0 if is_long else 1]:
            raise Closed("adl-not-enabled", f"nobody has found {side} to need deleveraging")
        before: i64 = pnl_factor(pool, desk.prices, is_long)
        if not exceeded(pool, desk.prices, is_long, ADL):
            bound: i64 = pnl_cap(pool.params.side(is_long), ADL)
            raise Closed(
                "adl-not-required",
                f"the factor {before} of {side} is not above {bound} (1e-12)",
                before,
                bound,
            )
        if size > position.entry:
            raise OutOfRange(
                "decrease-too-large",
                f"a decrease of {size} is above {position.entry}, the position (1e-6 dollar)",
                size,
                position.entry,
            )
        plan = fitted(desk, position, size, 0, False, DELEVERAGING)
        plan_decrease(desk, plan, 0, PNL_TO_COLLATERAL, -1)
        self._check_effect(plan, before)
        commit_decrease(desk, plan, PNL_TO_COLLATERAL, -1, 0)
        if position.size == 0:
            self.closed.append(plan)
        if desk.journal.listening:
            closed: i64 = plan.quantity if is_long else -plan.quantity
            desk.journal.events.append(
                Deleveraged(
                    desk.now, desk.name, position.account, closed, plan.price,
                    larger(0, plan.result), plan.withheld,
                )
            )  # fmt: skip
        return plan

    def _check_effect(self, plan: Decrease, before: i64) -> None:
        """Refuse what would not lower the factor, or lower it too far."""
        pool = self.desk.pool
        is_long: bool = plan.is_long
        kind: i64 = self.desk.kind(plan.position)
        gained: i64 = plan.profit + plan.rebate
        if plan.swap is not None:
            gained -= plan.swap.to_pool + plan.swap.bonus_in
        pool.change_interest(is_long, kind, -plan.dollars, -plan.quantity)
        try:
            after: i64 = pnl_factor(pool, self.desk.prices, is_long, gained)
        finally:
            pool.change_interest(is_long, kind, plan.dollars, plan.quantity)
        if after >= before:
            raise LimitReached(
                "adl-without-effect",
                f"the factor would be {after} after {before} (1e-12)",
                after,
                before,
            )
        least: i64 = pool.params.side(is_long).pnl_after_adl
        if after < least:
            raise LimitReached(
                "adl-too-large",
                f"the factor would fall to {after}, below {least} (1e-12)",
                after,
                least,
            )

    def state(self) -> list[int]:
        """Every number the future depends on, in a fixed order, for a digest."""
        return [int(self.adl_on[0]), int(self.adl_on[1]), self.adl_at[0], self.adl_at[1]]


def _rank(row: tuple[int, int, Holding]) -> tuple[int, int]:
    return row[0], row[1]

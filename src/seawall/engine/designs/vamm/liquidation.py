"""Liquidation: three rungs against the curve, and the fund behind them.

1. partial: while equity by the spot is above the liquidation fee, close a quarter against the
   curve; half of the fee to the liquidator, the rest to the fund, both out of the margin;
2. full: close everything; half of the fee to the liquidator, what is left goes to the fund;
3. backstop: the same where margin and result do not pay for it: the liquidator must be
   registered, and the fund realises the bad debt, less what it has prepaid;
4. insurance: the fund heals what it could not pay when the debt was realised.

Who must be liquidated is decided by :meth:`House.is_liquidatable`. Whatever leaves the block's
band, or would take more out of a reserve than the trade limit, waits for the next block. Source:
perpetual-protocol/perpetual-protocol, src/ClearingHouse.sol (liquidateWithSlippage).
"""

from typing import cast

from mypy_extensions import i64

from seawall.engine.designs.vamm.house import House
from seawall.engine.designs.vamm.params import Params
from seawall.engine.designs.vamm.pool import Deal
from seawall.engine.designs.vamm.pricing import proceeds_of
from seawall.engine.designs.vamm.refusals import bad_debt, per_token
from seawall.engine.designs.vamm.watch import Holding
from seawall.engine.errors import Closed, LimitReached, Refusal
from seawall.engine.events import RungReached
from seawall.engine.fixed import RATE, larger, mul_div, share, share_up
from seawall.engine.ladder import ACTED, PASSED, WAITS, Insurance, Ladder, Rung, Ward
from seawall.engine.venue import KEEPER_ACCOUNT
from seawall.engine.watch import Position


class Care(Ward):
    """The market as its ladder sees it; ``liquidator`` is whoever is at work."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.params: Params = house.params
        self.ladder = vamm_ladder()
        self.backstops: dict[int, bool] = {}
        self.liquidator: i64 = i64(KEEPER_ACCOUNT)
        self.limit: i64 = 0
        if self.params.keeper_backstop:
            self.backstops[KEEPER_ACCOUNT] = True

    # what the rungs ask

    def equity_of(self, position: Position) -> i64:
        """Equity by the spot."""
        return self.house.equity(cast(Holding, position))

    def notional_of(self, position: Position) -> i64:
        """Closing value by the spot."""
        return self.house.spot_value(position.size)

    def uncovered(self) -> i64:
        """Bad debt that the fund could not pay."""
        return self.house.shortfall

    def insured(self) -> i64:
        """What the fund holds."""
        return self.house.fund.amount

    def draw_insurance(self, amount: i64) -> None:
        """Pay off bad debt that was left."""
        self.house.draw(amount)
        self.house.shortfall -= amount

    def is_backstop(self) -> bool:
        """Whether whoever is at work may realise bad debt."""
        return int(self.liquidator) in self.backstops

    # the closes

    def close_part(self, position: Position, dollars: i64, rung: str) -> None:
        """Close what ``dollars`` of quote closes, and take the fee out of the margin.

        Raises :class:`NotEnough` (``bad-debt``) where the margin cannot pay it.
        """
        house = self.house
        held = cast(Holding, position)
        pool = house.pool
        deal = house.begin(held.account, held)
        value: i64 = house.spot_value(held.size)
        rate: i64 = self.params.liquidation_rate(value)
        is_long: bool = held.size > 0
        closed: i64 = (
            pool.sell_for(deal, dollars, True) if is_long else pool.buy_for(deal, dollars, True)
        )
        self._check_limit(deal.exchanged, is_long, share(self.limit, self.params.partial_ratio))
        house.reduce(deal, value, closed, deal.exchanged)
        penalty: i64 = share_up(deal.exchanged, rate)
        if penalty > deal.margin:
            raise bad_debt(penalty - deal.margin)
        deal.margin -= penalty
        to_liquidator: i64 = penalty // 2
        event = self._event(rung, held, deal)
        event.penalty = penalty
        event.to_keeper = to_liquidator
        self._settle(held, deal)
        event.to_insurance = house.store(penalty - to_liquidator)
        self._pay_liquidator(to_liquidator)
        self._finish(held, event)

    def close_all(self, position: Position, rung: str, may_owe: bool) -> bool:
        """Close everything; False, with nothing changed, where that needs a backstop."""
        house = self.house
        held = cast(Holding, position)
        pool = house.pool
        deal = house.begin(held.account, held)
        is_long: bool = held.size > 0
        rate: i64 = self.params.liquidation_rate(house.spot_value(held.size))
        quantity: i64 = held.quantity()
        exchanged: i64 = (
            pool.sell(deal, quantity, True, False) if is_long else pool.buy(deal, quantity, True)
        )
        self._check_limit(exchanged, is_long, self.limit)
        debt: i64 = house.close(deal, exchanged)
        left: i64 = deal.payout
        fee: i64 = share(exchanged, rate) // 2
        total: i64 = debt + larger(0, fee - left)
        if total > 0 and not may_owe:
            return False
        rest: i64 = larger(0, left - fee)
        event = self._event(rung, held, deal)
        event.penalty = held.amount
        event.shortfall = total
        deal.payout = 0
        self._settle(held, deal)
        if total > 0:
            house.realise_debt(total)
        event.to_insurance = house.store(rest)
        event.to_keeper = self._pay_liquidator(fee)
        self._finish(held, event)
        return True

    def _check_limit(self, exchanged: i64, is_long: bool, limit: i64) -> None:
        if limit > 0 and (exchanged < limit if is_long else exchanged > limit):
            raise LimitReached(
                "acceptable-quote",
                f"closing exchanges {exchanged}, past the limit {limit} (1e-6 dollar)",
                exchanged,
                limit,
            )

    def _settle(self, position: Holding, deal: Deal) -> None:
        """Move a deal of the keeper: the difference of margins to the clearing pot."""
        house = self.house
        size: i64 = position.size
        entry: i64 = position.entry
        lost: i64 = position.amount - deal.margin
        if lost >= 0:
            position.pay(house.clearing, lost)
        else:
            house.clearing.pay(position, -lost)
        house.margins -= lost
        block: i64 = position.block
        house.place(position, deal)
        position.block = block
        house.pool.apply(deal, size, entry)
        house.restricted = house.pool.block

    def _pay_liquidator(self, fee: i64) -> i64:
        """Pay the liquidator out of the vault, the fund advancing what it lacks."""
        house = self.house
        house.prepay(fee)
        paid: i64 = house.payable_to_fund(fee)
        house.clearing.pay(house.accounts[self.liquidator], paid)
        return paid

    def _event(self, rung: str, position: Holding, deal: Deal) -> RungReached:
        event = RungReached(self.house.now, self.house.name, rung, position.account)
        event.closed = -deal.traded
        event.price = per_token(deal.exchanged, deal.traded)
        event.result = deal.realised
        return event

    def _finish(self, position: Holding, event: RungReached) -> None:
        house = self.house
        if position.size == 0:
            del house.positions[int(position.account)]
        if house.journal.listening:
            house.journal.events.append(event)

    # the keeper's round

    def liquidate(self, budget: i64) -> i64:
        """Take everybody who is due up the ladder, largest first; the budget that is left.

        A liquidation moves the mark, which may bring others down in the same block. Each account
        is served once a block.
        """
        house = self.house
        lookout = house.lookout
        self.liquidator = i64(KEEPER_ACCOUNT)
        self.limit = 0
        if lookout.is_worn(house.pool.mark()):
            house.watch_anew()
        healthy: list[Holding] = []
        waiting: list[Holding] = []
        while budget > 0:
            self._gather(healthy)
            due = lookout.pop_due()
            if due is None:
                break
            position = cast(Holding, due)
            if not house.is_liquidatable(position):
                healthy.append(position)
                continue
            outcome: i64 = self.ladder.work(self, position)
            if outcome == ACTED:
                budget -= 1
                if position.size != 0:
                    healthy.append(position)
            else:
                waiting.append(position)
        for position in healthy:
            house.watch(position)
        for position in waiting:
            lookout.put_due(position)
        return budget

    def _gather(self, healthy: list[Holding]) -> None:
        house = self.house
        mark: i64 = house.pool.mark()
        while True:
            found = house.lookout.next_candidate(mark)
            if found is None:
                return
            position = cast(Holding, found)
            if house.is_liquidatable(position):
                house.lookout.put_due(position)
            else:
                healthy.append(position)

    def liquidate_one(self, caller: i64, position: Holding, limit: i64) -> None:
        """Liquidate one position for ``caller``, who keeps half of the fee.

        ``limit`` is the worst quote for the whole size (1e-6 dollar), 0 for any. Raises
        :class:`Closed` (``not-liquidatable``, ``backstop-only``) or what the curve refuses.
        """
        house = self.house
        if not house.is_liquidatable(position):
            raise Closed(
                "not-liquidatable", f"account {position.account} is at or above its maintenance"
            )
        self.liquidator = caller
        self.limit = limit
        if is_partial(self, position):
            house.lookout.drop(position)
            try:
                self.close_part(position, part_value(self, position), "partial-liquidation")
            except Refusal:
                house.watch(position)
                raise
            house.watch(position)
            return
        house.lookout.drop(position)
        try:
            if not self.close_all(position, "full-liquidation", self.is_backstop()):
                raise Closed(
                    "backstop-only",
                    f"closing account {position.account} leaves bad debt: a backstop "
                    "liquidator must do it",
                )
        except Refusal:
            house.watch(position)
            raise

    def state(self) -> list[int]:
        """Who may realise bad debt, for a digest."""
        return sorted(self.backstops)


def is_partial(care: Care, position: Position) -> bool:
    """Whether equity by the spot is above the liquidation fee, and a part is set."""
    ratio: i64 = care.params.partial_ratio
    if ratio == 0 or ratio == RATE:
        return False
    value: i64 = care.notional_of(position)
    rate: i64 = care.params.liquidation_rate(value)
    return care.equity_of(position) > mul_div(value, rate, RATE)


def part_value(care: Care, position: Position) -> i64:
    """Quote that closing the partial ratio of the position exchanges."""
    part: i64 = mul_div(position.quantity(), care.params.partial_ratio, RATE)
    pool = care.house.pool
    if position.size > 0:
        return proceeds_of(pool.quote, pool.base, part)
    return care.house.spot_value(-part)


class PartialLiquidation(Rung):
    """Close a part while equity by the spot is above the liquidation fee."""

    def __init__(self) -> None:
        self.name = "partial-liquidation"

    def work(self, ward: Ward, position: Position) -> i64:
        """See the class; passes where the part is too small or the margin cannot pay the fee."""
        care = cast(Care, ward)
        if not is_partial(care, position):
            return PASSED
        try:
            care.close_part(position, part_value(care, position), self.name)
        except LimitReached as refusal:
            return PASSED if refusal.code in ("order-too-small", "nothing-left") else WAITS
        except Refusal:
            return PASSED
        return ACTED


class FullLiquidation(Rung):
    """Close everything, as long as margin and result pay for it."""

    def __init__(self) -> None:
        self.name = "full-liquidation"

    def work(self, ward: Ward, position: Position) -> i64:
        """See the class."""
        return _close(ward, position, self.name, False)


class BackstopLiquidation(Rung):
    """Close everything at the fund's cost; waits for a registered liquidator."""

    def __init__(self) -> None:
        self.name = "backstop"

    def work(self, ward: Ward, position: Position) -> i64:
        """See the class."""
        if not cast(Care, ward).is_backstop():
            return WAITS
        return _close(ward, position, self.name, True)


def _close(ward: Ward, position: Position, rung: str, may_owe: bool) -> i64:
    try:
        return ACTED if cast(Care, ward).close_all(position, rung, may_owe) else PASSED
    except LimitReached:
        return WAITS


def vamm_ladder() -> Ladder:
    """The rungs of this design, in their order."""
    return Ladder([PartialLiquidation(), FullLiquidation(), BackstopLiquidation(), Insurance()])

"""The desk: what a request becomes when its turn has come. It happens whole or is refused.

On the way in, tokens that are not the collateral are swapped first; on the way out, the proceeds
are swapped last. Source: gmx-io/gmx-contracts, BasePositionManager.sol, PositionUtils.sol,
PositionRouter.sol, OrderBook.sol.
"""

from mypy_extensions import i64

from seawall.engine.designs.glp.liquidation import Care
from seawall.engine.designs.glp.params import Params
from seawall.engine.designs.glp.pool import Exchange, GlpPool, PoolToken, across, min_out_missed
from seawall.engine.designs.glp.positions import Book, Deal
from seawall.engine.designs.glp.pricing import BPS, fee_of
from seawall.engine.designs.glp.room import DECREASE, INCREASE, Request
from seawall.engine.designs.glp.watch import Holding
from seawall.engine.errors import BadOrder, LimitReached, Refusal
from seawall.engine.events import Filled, Journal
from seawall.engine.fixed import (
    MAX_DOLLARS,
    NOTIONAL_STEP,
    magnitude,
    mul_div,
    mul_div_up,
    notional,
)
from seawall.engine.pot import Pot
from seawall.engine.venue import Account


class Desk:
    """Carries requests out against one book."""

    def __init__(self, book: Book, care: Care) -> None:
        self.book = book
        self.care = care
        self.pool: GlpPool = book.pool
        self.params: Params = book.params
        self.journal = Journal()
        self.accounts: list[Account] = []

    def execute(self, request: Request) -> None:
        """Carry a request out; what it brings and does not need returns to its account."""
        if request.action == INCREASE:
            self._increase(request)
        elif request.action == DECREASE:
            self._decrease(request)
        else:
            self._swap(request)
        if request.amount > 0:
            purse = self.accounts[request.account].purse(int(request.token))
            request.pay(purse, request.amount)

    # increase

    def _increase(self, request: Request) -> None:
        book = self.book
        is_long: bool = request.is_long
        backing = book.backing_for(request.backing, is_long)
        self.pool.check_priced(backing)
        price: i64 = book.opening_price(is_long)
        self._check_price(request, price)
        delta: i64 = request.delta
        if delta < 0:
            delta = notional(magnitude(request.size), price)
        amount: i64 = request.amount
        token_in = self.pool.tokens[request.place_in]
        if request.partial:
            leaves: i64 = 0
            if token_in is not backing:
                leaves = across(token_in, backing, amount)
            room: i64 = book.room(is_long, backing, leaves)
            if 0 < room < delta:
                amount = mul_div_up(amount, room, delta)
                delta = room
        plan: Exchange | None = None
        brought: i64 = amount
        taken: i64 = 0
        if token_in is not backing and amount > 0:
            plan = self.pool.plan_swap(token_in, backing, amount, request.min_out)
            brought = plan.out
            taken = plan.gross
        charge: i64 = 0
        held = book.holding_of(request.account, request.backing, is_long)
        if is_long and brought > 0 and self.lowers_leverage(held, backing, delta, brought):
            if request.trigger > 0:
                raise BadOrder(
                    "lowers-leverage", "an order with a trigger may not lower a long's leverage"
                )
            charge = fee_of(brought, self.params.pool.deposit_fee)
            brought -= charge
        holding = Holding(request.account, backing.place, is_long) if held is None else held
        deal = book.plan_increase(holding, held is None, backing, delta, brought, taken)
        source: Pot = request if token_in is backing else backing.transit
        if plan is not None:
            self.pool.swap(token_in, backing, plan, request, backing.transit)
        source.pay(backing.fees, charge)
        if not deal.fresh:
            self.care.loosen(deal.holding, False)
        book.increase(deal, source)
        self.care.watch(deal.holding)
        self._report(request, deal, delta, self._dollars(backing, plan, charge))

    def lowers_leverage(
        self, held: Holding | None, backing: PoolToken, delta: i64, brought: i64
    ) -> bool:
        """Whether a long's collateral serves to lower its leverage.

        Source: PositionUtils.shouldDeductFee. With no size it does; a new position does not.
        """
        if delta == 0:
            return True
        if held is None or held.collateral == 0:
            return False
        before: i64 = mul_div(held.size, BPS, held.collateral)
        after: i64 = mul_div(
            held.size + delta,
            BPS + self.params.pool.leverage_buffer,
            held.collateral + backing.dollars_low(brought),
        )
        return after < before

    def _check_price(self, request: Request, price: i64) -> None:
        """Refuse a price beyond the acceptable one; of an order by size, with its fee."""
        acceptable: i64 = request.acceptable
        if acceptable == 0:
            return
        buys: bool = request.size > 0
        if request.simple:
            fee: i64 = fee_of(price, self.params.pool.margin)
            price += fee if buys else -fee
        if (price > acceptable) if buys else (price < acceptable):
            raise LimitReached(
                "acceptable-price",
                f"{price} is worse than {acceptable} (1e-10 dollar per token)",
                price,
                acceptable,
            )

    # decrease

    def holding_for(self, request: Request) -> Holding:
        """The position that a decrease is for; by size, the largest of its side.

        Raises :class:`BadOrder` (``nothing-to-reduce``).
        """
        found: Holding | None = None
        if request.is_long or not request.simple:
            found = self.book.holding_of(request.account, request.backing, request.is_long)
        else:
            for token in self.pool.tokens:
                if not token.stable:
                    continue
                held = self.book.holding_of(request.account, token.place, False)
                if held is not None and (found is None or held.quantity() > found.quantity()):
                    found = held
        if found is None:
            raise BadOrder("nothing-to-reduce", "there is no position that this would reduce")
        return found

    def _decrease(self, request: Request) -> None:
        book = self.book
        holding = self.holding_for(request)
        self._check_price(request, book.closing_price(holding.side_long))
        delta: i64 = request.delta
        if delta < 0:
            asked: i64 = magnitude(request.size)
            delta = holding.quantity()
            if asked < holding.tokens:
                delta = mul_div(delta, asked, holding.tokens)
        deal = book.plan_decrease(holding, delta, request.withdrawn)
        backing = deal.backing
        token_out = self.pool.tokens[request.place_out]
        plan = self._way_out(request, deal, token_out)
        account = self.accounts[request.account]
        self.care.loosen(holding, deal.size == 0)
        if plan is None:
            book.decrease(deal, account.purse(int(backing.token)))
        else:
            book.decrease(deal, backing.transit)
            receiver = account.purse(int(token_out.token))
            self.pool.swap(backing, token_out, plan, backing.transit, receiver)
        if holding.size != 0:
            self.care.watch(holding)
        self._report(request, deal, delta, self._dollars(token_out, plan, 0))

    def _way_out(self, request: Request, deal: Deal, token_out: PoolToken) -> Exchange | None:
        """The swap of the proceeds, None where there is none to make."""
        if token_out is deal.backing or deal.out == 0:
            if deal.out < request.min_out:
                raise min_out_missed(deal.backing, deal.out, request.min_out)
            return None
        if not request.simple:
            return self.pool.plan_swap(deal.backing, token_out, deal.out, request.min_out)
        try:
            return self.pool.plan_swap(deal.backing, token_out, deal.out, 0)
        except Refusal:
            return None

    # swap

    def _swap(self, request: Request) -> None:
        token_in = self.pool.tokens[request.place_in]
        token_out = self.pool.tokens[request.place_out]
        plan = self.pool.plan_swap(token_in, token_out, request.amount, request.min_out)
        purse = self.accounts[request.account].purse(int(token_out.token))
        self.pool.swap(token_in, token_out, plan, request, purse)
        if self.journal.listening:
            self.journal.events.append(
                Filled(
                    self.book.now, self.book.name, request.account, request.number, 0, 0,
                    self._dollars(token_out, plan, 0), 0, 0, 0, 0, 0, 0,
                )
            )  # fmt: skip

    def _dollars(self, token: PoolToken, plan: Exchange | None, charge: i64) -> i64:
        """Dollars (1e-6) of a swap's fee and of a deposit's, both in ``token``."""
        amount: i64 = charge if plan is None else charge + plan.fee
        return 0 if amount == 0 else token.dollars_low(amount)

    def _report(self, request: Request, deal: Deal, delta: i64, extra: i64) -> None:
        if not self.journal.listening:
            return
        self.book.borrowed += deal.funding_fee
        tokens: i64 = mul_div(delta, NOTIONAL_STEP, deal.price)
        if request.action == DECREASE:
            tokens = mul_div(delta, NOTIONAL_STEP, deal.average)
        if tokens > MAX_DOLLARS:
            tokens = MAX_DOLLARS
        self.journal.events.append(
            Filled(
                self.book.now, self.book.name, request.account, request.number,
                tokens if request.size > 0 else -tokens, deal.price, deal.margin_fee + extra, 0, 0,
                deal.adjusted, deal.funding_fee, 0, 0,
            )
        )  # fmt: skip

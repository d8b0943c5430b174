"""What traders ask of a market on the pool: orders by size, margin, and what becomes of them.

Every order is carried out at a price reported after it was placed; margin moves at once, at the
prices of the moment. Orders by size (:meth:`Trading.place`) bring dollars, which are swapped into
the collateral token of a long on the way in and back on the way out.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.glp.desk import Desk
from seawall.engine.designs.glp.liquidation import Care
from seawall.engine.designs.glp.liquidity import Liquidity
from seawall.engine.designs.glp.params import DOLLAR_TOKEN, Params, default_tokens
from seawall.engine.designs.glp.pool import GlpPool
from seawall.engine.designs.glp.positions import Book
from seawall.engine.designs.glp.refusals import wallet_short
from seawall.engine.designs.glp.room import DECREASE, INCREASE, Request, Room
from seawall.engine.designs.glp.watch import Holding
from seawall.engine.errors import BadOrder, Closed, NotEnough, OutOfRange, Refusal, Unknown
from seawall.engine.events import Cancelled
from seawall.engine.fixed import (
    MAX_DOLLARS,
    MAX_PRICE,
    MAX_SIZE,
    NOTIONAL_STEP,
    check_range,
    mul_div,
)
from seawall.engine.guards import MarketFacts
from seawall.engine.oracle import Oracle
from seawall.engine.orders import LIMIT_ORDER, ORDER_KINDS, STOP
from seawall.engine.pot import Pot
from seawall.engine.venue import Market

RETRY = (
    "acceptable-price", "reserve-exceeds-pool", "max-longs", "max-shorts", "pool-reserved",
    "pool-buffer", "debt-cap", "min-out", "adaptive-open-interest-cap",
)  # fmt: skip
"""Reasons for which an order with a trigger keeps waiting instead of being cancelled."""

MOST: Final[i64] = MAX_DOLLARS // 1_000
"""The largest size of one order: 1e9 dollars, or its tokens."""

_CHEAP: Final[i64] = 1_000_000_000
"""Below this price (1e-10) the largest number of tokens is worth less."""


class Trading(Market):
    """The counter of one market: its rooms, and the commands of those who trade."""

    def __init__(
        self,
        name: str,
        params: Params | None = None,
        facts: MarketFacts | None = None,
        beside: "Trading | None" = None,
    ) -> None:
        super().__init__(name, "glp")
        chosen: Params = Params() if params is None else params
        self.params = chosen
        if beside is None:
            terms = chosen.pool.tokens
            self.pool = GlpPool(chosen.pool, terms if terms else default_tokens(name))
            self.liquidity = Liquidity(self.pool)
        else:
            self.pool = beside.pool
            self.liquidity = beside.liquidity
        self.oracle = Oracle(chosen.oracle)
        self.book = Book(name, chosen, self.pool)
        if facts is not None:
            self.book.facts = facts
        self.care = Care(self.book)
        self.desk = Desk(self.book, self.care)
        self.room = Room()
        self.now: i64 = 0
        self._halted: bool = False
        self._cash: i64 = -1

    def listed(self) -> None:
        """Register the pool's tokens where this market is the pool's first; find the index."""
        pool = self.pool
        if pool.owner == "":
            pool.owner = self.name
            for terms in pool.terms:
                token = self.treasury.register(terms.name, int(terms.decimals))
                pool.add(token, terms)
            self.liquidity.open()
        self.book.index = pool.named(self.name)
        self.care.lookout.open(len(pool.tokens))
        self.liquidity.books.append(self.book)
        for token_ in pool.tokens:
            if token_.name == DOLLAR_TOKEN:
                self._cash = token_.place

    def _owns_pool(self) -> bool:
        return self.pool.owner == self.name

    # checks

    def _check_account(self, account: int) -> None:
        if not 0 <= account < len(self.accounts):
            raise Unknown(
                "unknown-account",
                f"account {account} does not exist; there are {len(self.accounts)}",
                account,
                len(self.accounts),
            )

    def _is_stale(self) -> bool:
        return self.oracle.is_stale(self.now)

    def _check_trading(self) -> None:
        """Refuse during a halt, before the first price, and while the price is stale."""
        self.book.guards.check_halt(self.now)
        if self.book.index.feed.low == 0:
            raise Closed("no-price", f"{self.name} has no price yet")
        if self._is_stale():
            raise Closed("stale-price", f"the price of {self.name} is stale")

    def _check_funds(self, pot: Pot, amount: int) -> None:
        if amount > pot.amount:
            unit = "1e-6 dollar" if pot.token == 0 else "token units"
            raise wallet_short(pot.amount, amount, unit)

    def _cash_place(self) -> i64:
        if self._cash < 0:
            raise BadOrder("no-dollars", "this pool holds no dollars: say which token")
        return self._cash

    # orders by size

    def place(
        self,
        number: int,
        account: int,
        size: int,
        margin: int,
        kind: str,
        trigger: int,
        acceptable: int,
        reduce_only: bool,
        partial: bool,
    ) -> None:
        """Ask for an order by size; refusals: ``docs/glp.md``."""
        self._check_fields(size, margin, kind, trigger, acceptable)
        if reduce_only and margin > 0:
            raise BadOrder(
                "margin-on-reduce", f"a reduce-only order takes no margin: {margin}", margin, 0
            )
        cash: i64 = self._cash_place()
        action = DECREASE if reduce_only else INCREASE
        is_long: bool = (size > 0) != reduce_only
        request = Request(number, account, action, is_long, self.now)
        request.simple = True
        request.partial = partial
        request.size = size
        request.delta = -1
        request.trigger = trigger
        request.acceptable = acceptable
        request.place_in = cash
        request.place_out = cash
        request.backing = self.book.index.place if is_long else cash
        code = ORDER_KINDS[kind]
        if trigger > 0:
            request.kind = LIMIT_ORDER
            request.triggered = False
            request.above = (size > 0) == (code == STOP)
        wallet = self.accounts[account]
        if reduce_only:
            self.book.guards.check_halt(self.now)
            if trigger == 0:
                self.desk.holding_for(request)
        else:
            self._check_trading()
            self._check_funds(wallet, margin)
            if margin == 0 and self.desk.book.holding_of(account, request.backing, is_long) is None:
                raise NotEnough("no-collateral", "nothing backs this order: margin 0", 0, 1)
            if trigger > 0:
                self._check_purchase(request, margin)
            wallet.pay(request, margin)
        self.room.add(request)

    def _check_fields(
        self, size: int, margin: int, kind: str, trigger: int, acceptable: int
    ) -> None:
        if size == 0:
            raise BadOrder("size-zero", "size 0 is no order: above zero buys, below zero sells")
        check_range("size", size, -int(MAX_SIZE), int(MAX_SIZE), "1e-8 token")
        check_range("margin", margin, 0, int(MAX_DOLLARS), "1e-6 dollar")
        check_range("acceptable", acceptable, 0, int(MAX_PRICE), "1e-10 dollar per token")
        if kind not in ORDER_KINDS:
            raise BadOrder("unknown-kind", f"kind {kind!r} is none of {', '.join(ORDER_KINDS)}")
        if kind == "market":
            if trigger != 0:
                raise BadOrder(
                    "trigger-on-market", f"a market order has no trigger: {trigger}", trigger, 0
                )
        else:
            check_range("trigger", trigger, 1, int(MAX_PRICE), "1e-10 dollar per token")
        high: i64 = self.book.index.feed.high
        if high <= _CHEAP:
            return
        most: i64 = mul_div(MOST, NOTIONAL_STEP, high)
        if size > most or size < -most:
            raise OutOfRange(
                "order-too-large",
                f"size {size} is beyond {most}, worth the most of one order (1e-8 token)",
                size,
                most,
            )

    def _check_purchase(self, request: Request, amount: i64) -> None:
        token = self.pool.tokens[request.place_in]
        least: i64 = self.params.least_purchase
        if token.dollars_low(amount) < least:
            raise NotEnough(
                "purchase-too-small",
                f"{token.dollars_low(amount)} is below {least}, the least that an order with a "
                "trigger brings (1e-6 dollar)",
                token.dollars_low(amount),
                least,
            )

    # what becomes of them

    def _request(self, account: int, number: int) -> Request:
        found = self.room.orders.get(number)
        if found is None or found.account != account:
            raise Unknown(
                "unknown-order", f"account {account} has no waiting order {number}", number, 0
            )
        return found

    def _check_public(self, request: Request) -> None:
        """Requests without a trigger are the keeper's until the public delay is over."""
        ready: i64 = request.placed_at + self.params.public_delay
        if request.kind != LIMIT_ORDER and self.now < ready:
            raise Closed(
                "too-early", f"order {request.number} is the keeper's until {ready} (ms)",
                self.now, ready,
            )  # fmt: skip

    def cancel(self, account: int, order: int) -> None:
        """Take a waiting order back, with what it brought."""
        request = self._request(account, order)
        self._check_public(request)
        self._drop_order(request, "cancelled")

    def execute(self, account: int, order: int) -> None:
        """Carry out one's own request that the keeper has left lying.

        Raises :class:`Closed` (``too-early``, ``no-later-price``, ``expired``) and whatever its
        execution is refused with; it then waits on.
        """
        request = self._request(account, order)
        self._check_public(request)
        self._check_trading()
        if not request.triggered:
            raise Closed("trigger-not-reached", f"order {order} waits for {request.trigger}")
        if request.placed_at >= self.book.index.feed.time:
            raise Closed(
                "no-later-price", f"no price has been reported since order {order} was placed"
            )
        if self._is_expired(request):
            raise Closed("expired", f"order {order} has expired: it can only be taken back")
        self.desk.execute(request)
        self.room.remove(request)

    def _is_expired(self, request: Request) -> bool:
        if request.kind == LIMIT_ORDER:
            return False
        return self.now >= request.placed_at + self.params.max_delay

    def _drop_order(self, request: Request, reason: str) -> None:
        self.room.remove(request)
        request.pay(self.accounts[request.account].purse(int(request.token)), request.amount)
        if self.journal.listening:
            self.journal.events.append(
                Cancelled(self.now, self.name, request.account, request.number, reason)
            )

    def _serve_line(self, budget: i64) -> i64:
        """Carry out what waits and may be, first come first served; the budget left."""
        feed = self.book.index.feed
        by: i64 = feed.time - 1
        if self.now - self.params.keeper_delay < by:
            by = self.now - self.params.keeper_delay
        self.room.release(feed.low, feed.high, by)
        self.room.release_swaps(self.pool.tokens, by)
        again: list[Request] = []
        while budget > 0:
            request = self.room.next_in_line(by)
            if request is None:
                break
            if self._is_expired(request):
                self._drop_order(request, "expired")
                budget -= 1
                continue
            try:
                self.desk.execute(request)
                self.room.remove(request)
                budget -= 1
            except Refusal as refusal:
                if request.kind == LIMIT_ORDER and refusal.code in RETRY:
                    again.append(request)
                else:
                    self._drop_order(request, refusal.code)
                    budget -= 1
        for request in again:
            self.room.put_back(request)
        self.room.tidy()
        return budget

    # margin

    def largest(self, account: int) -> Holding | None:
        """The account's largest position in this market, or None."""
        found: Holding | None = None
        for holding in self.holdings(account):
            if found is None or holding.quantity() > found.quantity():
                found = holding
        return found

    def holdings(self, account: int) -> list[Holding]:
        """Every position of the account: the long, then the shorts by collateral token."""
        held: list[Holding] = []
        for is_long in (True, False):
            for token in self.pool.tokens:
                found = self.book.holding_of(account, token.place, is_long)
                if found is not None:
                    held.append(found)
        return held

    def _position(self, account: int) -> Holding:
        found = self.largest(account)
        if found is None:
            raise Unknown("unknown-position", f"account {account} has no position in {self.name}")
        return found

    def add_margin(self, account: int, amount: int) -> None:
        """Move dollars into the largest position, at once; a long's are swapped and charged."""
        holding = self._position(account)
        check_range("margin", amount, 1, int(MAX_DOLLARS), "1e-6 dollar")
        wallet = self.accounts[account]
        self._check_funds(wallet, amount)
        request = Request(0, account, INCREASE, holding.side_long, self.now)
        request.place_in = self._cash_place()
        request.backing = holding.backing
        wallet.pay(request, amount)
        try:
            self.desk.execute(request)
        except Refusal:
            request.pay(wallet, request.amount)
            raise

    def remove_margin(self, account: int, amount: int) -> None:
        """Take dollars of collateral off the largest position, at once, swapped back."""
        holding = self._position(account)
        check_range("margin", amount, 1, int(MAX_DOLLARS), "1e-6 dollar")
        self._check_trading()
        request = Request(0, account, DECREASE, holding.side_long, self.now)
        request.backing = holding.backing
        request.place_out = self._cash_place()
        request.withdrawn = amount
        self.desk.execute(request)

"""What traders ask of a GM market: orders of eight types, and how they are executed or not.

``place`` speaks in index tokens and dollars, as every design does; :meth:`Ordering.create_order`
speaks in the protocol's own terms. An order is executed at a price reported after it was created,
or it is cancelled with everything returned (market orders), or frozen (the others).
"""

from mypy_extensions import i64

from seawall.engine.designs.gm.decrease import Decrease
from seawall.engine.designs.gm.events import OrderFrozen
from seawall.engine.designs.gm.execution import check_purse, execute
from seawall.engine.designs.gm.ordering import DOLLAR_NAME, Ordering
from seawall.engine.designs.gm.orders import (
    INCREASING,
    LIMIT_DECREASE,
    LIMIT_INCREASE,
    MARKET_DECREASE,
    MARKET_INCREASE,
    PNL_TO_COLLATERAL,
    STOP_INCREASE,
    STOP_LOSS,
    Ticket,
)
from seawall.engine.designs.gm.tokens import LONG, SHORT
from seawall.engine.errors import BadOrder, NotEnough, Refusal
from seawall.engine.fixed import (
    MAX_DOLLARS,
    MAX_PRICE,
    MAX_SIZE,
    check_range,
)
from seawall.engine.orders import ORDER_KINDS

WAITS = ("unknown-position", "price-too-old")
"""Reasons for which a limit or stop order simply waits on."""


class Trading(Ordering):
    """Orders as every design takes them, and their execution."""

    # orders as every design takes them

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
        """Accept an order over index tokens with dollars as collateral.

        An order that is not reduce-only opens or enlarges a long (``size`` above zero) or a
        short; a reduce-only one closes of the other side. Orders are filled whole, also
        ``partial`` ones. Refusals by code are listed in ``docs/gm.md``.
        """
        self._check_fields(size, margin, kind, trigger, acceptable)
        self._check_open()
        dollar: i64 = 0
        if self.desk.kind_of(0) < 0:
            raise BadOrder("no-dollars", f"{self.name} takes no dollars: use create_order")
        is_long: bool = size > 0
        quantity: i64 = i64(size) if size > 0 else i64(-size)
        if reduce_only:
            if margin > 0:
                raise BadOrder(
                    "margin-on-reduce", f"a reduce-only order takes no margin: {margin}", margin, 0
                )
            is_long = not is_long
            if not self._has_side(account, is_long):
                raise BadOrder("nothing-to-reduce", f"size {size} reduces no position", size, 0)
        else:
            self._check_price_for_opening()
            if margin == 0 and self.desk.find(account, is_long, self.desk.kind_of(0)) is None:
                raise NotEnough("no-collateral", "a new position needs a margin", 0, 1)
        wallet = self.accounts[account]
        check_purse(wallet.amount, margin, DOLLAR_NAME)
        limit: int = trigger if kind == "limit" and acceptable == 0 else acceptable
        order = Ticket(
            number, account, _type_of(kind, reduce_only), is_long, dollar,
            -1 if reduce_only else dollar, trigger, limit, self.now,
        )  # fmt: skip
        order.size = quantity
        if reduce_only:
            order.swap = PNL_TO_COLLATERAL
            order.receives = self.desk.kind_of(0)
        wallet.pay(order, margin)
        self.counter.add(order)

    def _has_side(self, account: int, is_long: bool) -> bool:
        desk = self.desk
        return (
            desk.find(account, is_long, SHORT) is not None
            or desk.find(account, is_long, LONG) is not None
        )

    def _check_fields(
        self, size: int, margin: int, kind: str, trigger: int, acceptable: int
    ) -> None:
        if size == 0:
            raise BadOrder("size-zero", "size 0 is no order: above zero buys, below zero sells")
        check_range("size", size, -int(MAX_SIZE), int(MAX_SIZE), "1e-8 token")
        if margin != 0:
            check_range("margin", margin, 0, int(MAX_DOLLARS), "1e-6 dollar")
        if acceptable != 0:
            check_range("acceptable", acceptable, 0, int(MAX_PRICE), "1e-10 dollar per token")
        if kind != "limit" and kind != "market" and kind not in ORDER_KINDS:
            raise BadOrder("unknown-kind", f"kind {kind!r} is none of {', '.join(ORDER_KINDS)}")
        if kind == "market":
            if trigger != 0:
                raise BadOrder(
                    "trigger-on-market", f"a market order has no trigger: {trigger}", trigger, 0
                )
        else:
            check_range("trigger", trigger, 1, int(MAX_PRICE), "1e-10 dollar per token")

    # execution

    def _serve_line(self, budget: i64) -> i64:
        """Execute the orders whose time has come, first come first served; the budget left."""
        desk = self.desk
        placed_by: i64 = self.oracle.time - 1
        low: i64 = desk.prices.index_min
        high: i64 = desk.prices.index_max
        counter = self.counter
        counter.release(low, high, placed_by, self.now)
        again: list[Ticket] = []
        unsure: bool = self.oracle.is_uncertain()
        while budget > 0:
            order = counter.next_in_line(placed_by)
            if order is None:
                break
            if (
                order.is_market()
                and self.oracle.time - order.placed_at > self.params.request_expiry
            ):
                self._drop_order(order, "request-expired")
                budget -= 1
                continue
            if not order.is_reached(low, high) or order.valid_from > self.now:
                order.retry_at = self.now + self.params.frozen_retry
                again.append(order)
                continue
            try:
                if unsure and order.what == INCREASING:
                    self._check_price_for_opening()
                done = execute(desk, order)
                counter.remove(order)
                budget -= 1
                if done is not None and done.position.size == 0:
                    self._cancel_attached(done)
            except Refusal as refusal:
                budget -= self._refused(order, refusal.code)
        for order in again:
            counter.put_back(order)
        counter.tidy()
        return budget

    def _refused(self, order: Ticket, reason: str) -> i64:
        """Cancel a market order, freeze another; the keeper's actions that it took."""
        if order.is_market():
            self._drop_order(order, reason)
            return 1
        retry_at: i64 = self.now + self.params.frozen_retry
        if reason in WAITS or order.frozen != "":
            self.counter.freeze(order, order.frozen, retry_at)
            return 0
        self.counter.freeze(order, reason, retry_at)
        if self.journal.listening:
            self.journal.events.append(
                OrderFrozen(self.now, self.name, order.account, order.number, reason)
            )
        return 1

    def _cancel_attached(self, done: Decrease) -> None:
        """Cancel the orders that were to end with a position that is closed."""
        position = done.position
        token: i64 = i64(position.token)
        for order in self.counter.attached_to(position.account, done.is_long, token):
            if order.is_open:
                self._drop_order(order, "position-closed")


def _type_of(kind: str, reduce_only: bool) -> str:
    """The type of an order that was placed as every design takes it."""
    if kind == "market":
        return MARKET_DECREASE if reduce_only else MARKET_INCREASE
    if kind == "stop":
        return STOP_LOSS if reduce_only else STOP_INCREASE
    return LIMIT_DECREASE if reduce_only else LIMIT_INCREASE

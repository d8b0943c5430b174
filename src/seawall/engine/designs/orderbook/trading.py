"""What participants ask of the order book, by account number.

The base commands of every design are mapped onto the venue's own orders: a generic order may name
any size and price, so sizes are rounded down to the lot and prices to the tick, never in favour
of who sends them. The venue's own orders stand beside them under their own names and take exact
fields.
"""

from mypy_extensions import i64

from seawall.engine.designs.orderbook.batch import Action, Answer, run_action, run_block
from seawall.engine.designs.orderbook.entry import ALO, GTC, stricter
from seawall.engine.designs.orderbook.levels import Owner
from seawall.engine.designs.orderbook.orders import Exits, Orders
from seawall.engine.designs.orderbook.refusals import wallet_short
from seawall.engine.designs.orderbook.scale import rungs
from seawall.engine.errors import BadOrder, Refusal, Unknown
from seawall.engine.fixed import MAX_DOLLARS, MAX_PRICE, MAX_SIZE, RATE, check_range
from seawall.engine.orders import ORDER_KINDS
from seawall.engine.venue import Market


class OpenOrder:
    """An order as its owner sees it.

    ``size`` is what is left of it (1e-8 token, signed), ``price`` its limit and ``trigger`` the
    mark it waits for (1e-10), 0 for none; ``kind`` is ``limit``, ``sl``, ``tp`` or ``twap``. A
    trigger order that follows the position has size 0.
    """

    def __init__(
        self, number: i64, kind: str, size: i64, price: i64, trigger: i64, reduce_only: bool
    ) -> None:
        self.number: i64 = number
        self.kind = kind
        self.size: i64 = size
        self.price: i64 = price
        self.trigger: i64 = trigger
        self.reduce_only: bool = reduce_only


class Trading(Market):
    """The counter of one market: commands of those who trade."""

    def __init__(self, name: str, orders: Orders) -> None:
        super().__init__(name, "orderbook")
        self.orders = orders

    def listed(self) -> None:
        """The venue has listed the market: its numbers are the venue's from now on."""
        self.orders.numbering = self.numbering

    def _owner(self, account: int) -> Owner:
        if not 0 <= account < len(self.accounts):
            raise Unknown(
                "unknown-account",
                f"account {account} does not exist; there are {len(self.accounts)}",
                account,
                len(self.accounts),
            )
        return self.orders.desk.owner_of(account)

    # margin that an order brings along

    def _open_ticket(self, number: int, account: int, margin: i64) -> None:
        """Set ``margin`` (1e-6 dollar) of the wallet aside for an order."""
        raise NotImplementedError

    def _close_ticket(self, number: int) -> None:
        """Return what an order that was refused brought along."""
        raise NotImplementedError

    # the commands of every design

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
        """Take an order of the common kinds in; refusals: ``docs/orderbook.md``.

        ``market`` must fill whole unless ``partial``, ``limit`` rests, ``stop`` and
        ``take-profit`` go to the book at market when the mark reaches the trigger.
        """
        self._check_fields(size, margin, kind, trigger, acceptable)
        if reduce_only and margin > 0:
            raise BadOrder(
                "margin-on-reduce", f"a reduce-only order takes no margin: {margin}", margin, 0
            )
        owner = self._owner(account)
        self.orders.desk.check_open()
        if margin == 0:
            self._send(number, owner, size, kind, trigger, acceptable, reduce_only, partial)
            return
        wallet = self.accounts[account]
        if margin > wallet.amount:
            raise wallet_short(wallet.amount, margin)
        self._open_ticket(number, account, margin)
        try:
            self._send(number, owner, size, kind, trigger, acceptable, reduce_only, partial)
        except Refusal:
            self._close_ticket(number)
            raise

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
        if kind != "market":
            check_range("trigger", trigger, 1, int(MAX_PRICE), "1e-10 dollar per token")
        elif trigger != 0:
            raise BadOrder(
                "trigger-on-market", f"a market order has no trigger: {trigger}", trigger, 0
            )

    def _send(
        self,
        number: int,
        owner: Owner,
        size: int,
        kind: str,
        trigger: int,
        acceptable: int,
        reduce_only: bool,
        partial: bool,
    ) -> None:
        orders = self.orders
        ticks = orders.entry.ticks
        is_buy: bool = size > 0
        lots: i64 = self._in_lots(owner, is_buy, size if is_buy else -size, reduce_only)
        if kind == "limit":
            price: i64 = ticks.passive(stricter(trigger, acceptable, is_buy), is_buy)
            if lots > 0 and price > 0:
                orders.entry.rounded(number, owner, is_buy, lots, price, GTC, reduce_only)
            else:
                orders.limit(number, owner, is_buy, int(lots), int(price), GTC, reduce_only)
        elif kind == "market":
            orders.market(number, owner, is_buy, int(lots), acceptable, reduce_only, not partial)
        else:
            which = "sl" if kind == "stop" else "tp"
            at = int(ticks.round_price(trigger))
            orders.trigger(number, owner, is_buy, int(lots), at, 0, which, reduce_only, acceptable)

    def _in_lots(self, owner: Owner, is_buy: bool, size: i64, reduce_only: bool) -> i64:
        """``size`` rounded down to the lot; up, where it closes all of an uneven position."""
        ticks = self.orders.entry.ticks
        lots: i64 = ticks.round_size(size)
        if reduce_only and lots < size and size >= self.orders.desk.reducible(owner, is_buy):
            lots += ticks.lot
        return lots

    def cancel(self, account: int, order: int) -> None:
        """End an open order of any kind."""
        self.orders.cancel(self._owner(account), order)

    def cancel_all(self, account: int, renews: bool = False) -> int:
        """End every open order of the account; how many there were.

        ``renews``: it will quote anew at once, which only who listens to renewals is told.
        """
        owner = self._owner(account)
        if not renews or self.journal.renewals:
            return self.orders.cancel_all(owner)
        listening: bool = self.journal.listening
        self.journal.listening = False
        held = self.orders.cancel_all(owner)
        self.journal.listening = listening
        return held

    def quote_limit(self, account: int, size: int, price: int) -> int:
        """Rest an order of ``size`` at ``price`` or just behind it, never taking; its number."""
        self._check_fields(size, 0, "limit", price, 0)
        owner = self._owner(account)
        orders = self.orders
        ticks = orders.entry.ticks
        is_buy: bool = size > 0
        lots: i64 = ticks.round_size(size if is_buy else -size)
        at: i64 = ticks.passive(price, is_buy)
        if lots == 0 or at == 0 or at > MAX_PRICE:
            orders.desk.check_open()
            return self._limit(owner, is_buy, int(lots), int(at), ALO, False)
        number = self.numbering.take()
        try:
            orders.entry.post(number, owner, is_buy, lots, at)
        except Refusal:
            self.numbering.next = number
            raise
        return number

    # the venue's own

    def place_limit(
        self, account: int, size: int, price: int, tif: str = GTC, reduce_only: bool = False
    ) -> int:
        """A limit order of ``size`` (signed, 1e-8) at ``price`` (1e-10); its number.

        ``tif`` is ``gtc``, ``alo`` (post-only) or ``ioc``.
        """
        self._check_size(size)
        return self._limit(self._owner(account), size > 0, _unsigned(size), price, tif, reduce_only)

    def _limit(
        self, owner: Owner, is_buy: bool, size: int, price: int, tif: str, reduce_only: bool
    ) -> int:
        number = self.numbering.take()
        try:
            self.orders.limit(number, owner, is_buy, size, price, tif, reduce_only)
        except Refusal:
            self.numbering.next = number
            raise
        return number

    def place_market(
        self, account: int, size: int, worst: int = 0, reduce_only: bool = False
    ) -> int:
        """A market order of ``size`` (signed, 1e-8), no worse than ``worst`` (1e-10); its number.

        Filled as far as the book within the tolerance holds it.
        """
        self._check_size(size)
        owner = self._owner(account)
        number = self.numbering.take()
        try:
            self.orders.market(number, owner, size > 0, _unsigned(size), worst, reduce_only)
        except Refusal:
            self.numbering.next = number
            raise
        return number

    def place_trigger(
        self,
        account: int,
        size: int,
        trigger: int,
        kind: str,
        limit: int = 0,
        reduce_only: bool = False,
    ) -> int:
        """A stop (``sl``) or take (``tp``) order; at ``limit`` (1e-10) once fired, 0: at market."""
        self._check_size(size)
        owner = self._owner(account)
        number = self.numbering.take()
        try:
            self.orders.trigger(
                number, owner, size > 0, _unsigned(size), trigger, limit, kind, reduce_only
            )
        except Refusal:
            self.numbering.next = number
            raise
        return number

    def place_with_exits(self, account: int, size: int, price: int, tif: str, exits: Exits) -> int:
        """An order with a take profit or a stop loss, or both, of its own size; its number.

        ``tif`` may be ``market`` (``price`` 0). The children have the numbers after it.
        """
        self._check_size(size)
        owner = self._owner(account)
        number = self.numbering.take()
        try:
            self.orders.with_exits(number, owner, size > 0, _unsigned(size), price, tif, exits)
        except Refusal:
            self.numbering.next = number
            raise
        return number

    def set_exits(self, account: int, exits: Exits, size: int = 0) -> list[int]:
        """Take profit and stop loss on the open position; their numbers.

        They follow its size unless a ``size`` (1e-8) is fixed.
        """
        check_range("size", size, 0, int(MAX_SIZE), "1e-8 token")
        return self.orders.position_exits(self._owner(account), size, exits)

    def place_twap(
        self,
        account: int,
        size: int,
        duration: int,
        randomised: bool = False,
        reduce_only: bool = False,
    ) -> int:
        """Trade ``size`` (signed, 1e-8) in even slices over ``duration`` (ms); its number."""
        self._check_size(size)
        owner = self._owner(account)
        number = self.numbering.take()
        try:
            self.orders.twap(
                number, owner, size > 0, _unsigned(size), duration, randomised, reduce_only
            )
        except Refusal:
            self.numbering.next = number
            raise
        return number

    def place_scale(
        self, account: int, size: int, low: int, high: int, count: int, skew: int = int(RATE)
    ) -> list[Answer]:
        """A ladder of limit orders from ``low`` to ``high`` (1e-10); what became of each rung."""
        self._check_size(size)
        self._owner(account)
        wishes = rungs(self.orders.entry.ticks, size, low, high, count, skew)
        return run_action(self.orders, Action.place(account, wishes))

    def modify(
        self,
        account: int,
        order: int,
        size: int,
        price: int,
        tif: str = GTC,
        reduce_only: bool = False,
    ) -> int:
        """Replace a resting order by another; the new number."""
        self._check_size(size)
        owner = self._owner(account)
        number = self.numbering.take()
        try:
            self.orders.modify(
                number, owner, order, size > 0, _unsigned(size), price, tif, reduce_only
            )
        except Refusal:
            self.numbering.next = number
            raise
        return number

    def schedule_cancel(self, account: int, at: int) -> None:
        """Set the account's dead-man switch to ``at`` (ms), 0 takes it off."""
        self.orders.schedule_cancel(self._owner(account), at)

    def submit(self, actions: list[Action]) -> list[list[Answer]]:
        """Run the actions of one block by class; what became of each of their orders."""
        for action in actions:
            self._owner(action.account)
        return run_block(self.orders, actions)

    def _check_size(self, size: int) -> None:
        check_range("size", size, -int(MAX_SIZE), int(MAX_SIZE), "1e-8 token")

    # views

    def best(self) -> tuple[int, int]:
        """Best bid and best offer (1e-10), 0 where a side is empty."""
        return int(self.orders.book.best_bid()), int(self.orders.book.best_ask())

    def open_orders(self, account: int) -> list[OpenOrder]:
        """The account's open orders: on the book, dormant, running."""
        orders = self.orders
        owner = self._owner(account)
        seen: list[OpenOrder] = []
        for order in owner.open_orders():
            left: i64 = order.left if order.is_buy else -order.left
            seen.append(OpenOrder(order.number, "limit", left, order.price, 0, order.reduce_only))
        for dormant in orders.triggers.held_by(owner):
            size: i64 = 0 if dormant.follows else dormant.size
            seen.append(
                OpenOrder(
                    dormant.number, dormant.word(), size, dormant.acceptable, dormant.trigger,
                    dormant.reduce_only,
                )
            )  # fmt: skip
        for whole in orders.twaps.running_of(owner):
            rest: i64 = whole.left if whole.is_buy else -whole.left
            seen.append(OpenOrder(whole.number, "twap", rest, 0, 0, whole.reduce_only))
        return seen


def _unsigned(size: int) -> int:
    return size if size > 0 else -size

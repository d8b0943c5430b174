"""The one door through which orders reach the book.

Limit orders rest until filled (``gtc``), must not take (``alo``) or must not rest (``ioc``); a
market order is an ``ioc`` whose limit lies a tolerance away from the middle of the book
(Hyperliquid's documentation, "Order types"; the tolerance is the official client's). An order is
checked whole before it touches anything; what becomes of it afterwards is told to the
:class:`Clearing` in the status words of the venue's API.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.orderbook.book import (
    CANCELED,
    MARGIN,
    REDUCE_ONLY,
    Book,
    Clearing,
)
from seawall.engine.designs.orderbook.levels import FOR_LIQUIDATION, FOR_TWAP, Owner, Resting
from seawall.engine.designs.orderbook.limits import Limits
from seawall.engine.designs.orderbook.orderparams import OrderParams
from seawall.engine.designs.orderbook.ticks import Ticks
from seawall.engine.errors import BadOrder, LimitReached
from seawall.engine.fixed import MAX_PRICE, check_range, larger, smaller

GTC: Final = "gtc"
ALO: Final = "alo"
IOC: Final = "ioc"
MARKET: Final = "market"


def status_word(code: str) -> str:
    """The word of the venue's API for an order refused with ``code``: ``bad-alo-px`` is
    ``badAloPxRejected``.
    """
    head, *rest = code.split("-")
    return head + "".join([part.capitalize() for part in rest]) + "Rejected"


def stricter(price: i64, worst: int, is_buy: bool) -> i64:
    """``price`` no worse than ``worst`` (both 1e-10), which is 0 for none."""
    if worst == 0:
        return price
    bound: i64 = worst
    return smaller(price, bound) if is_buy else larger(price, bound)


class Entry:
    """Takes orders of one market in: checks them, matches them, lets them rest or ends them.

    ``ticks`` are whole tokens until the market chooses the decimals of its sizes.
    """

    def __init__(self, book: Book, desk: Clearing, params: OrderParams) -> None:
        self.book = book
        self.desk = desk
        self.params = params
        self.ticks = Ticks(0)
        self.limits = Limits(params)

    # the whole of an order

    def limit(
        self,
        number: i64,
        owner: Owner,
        is_buy: bool,
        size: int,
        price: int,
        tif: str,
        reduce_only: bool,
    ) -> Resting:
        """Take a limit order in; refused as :meth:`check` says."""
        self.check_fields(size, price, tif)
        return self.rounded(number, owner, is_buy, size, price, tif, reduce_only)

    def rounded(
        self,
        number: i64,
        owner: Owner,
        is_buy: bool,
        size: i64,
        price: i64,
        tif: str,
        reduce_only: bool,
    ) -> Resting:
        """Take a limit order in whose size and price are on lot and tick, and above zero."""
        order = Resting(number, owner, is_buy, price, size, reduce_only, self.desk.now())
        self.check(order, tif)
        self.run(order, tif)
        return order

    def post(self, number: i64, owner: Owner, is_buy: bool, size: i64, price: i64) -> None:
        """:meth:`rounded` for an order that must not take (``alo``): once checked, it rests."""
        limits = self.limits
        order = Resting(number, owner, is_buy, price, size, False, self.desk.now())
        limits.check_band(price, self.desk.oracle())
        most: i64 = limits.market_value(self.desk.max_leverage())
        limits.check_value(size, price, most * self.params.limit_multiple)
        self.check_count(owner, False)
        if self.book.crosses(is_buy, price):
            self._refuse_crossing(order, ALO)
        self.desk.check_entry(order)
        self._rest(order)

    def market(
        self,
        number: i64,
        owner: Owner,
        is_buy: bool,
        size: int,
        worst: int,
        reduce_only: bool,
        whole: bool,
    ) -> Resting:
        """Take a market order in; ``worst`` (1e-10, 0: none) tightens its limit.

        With ``whole`` it is refused unless the book holds all of it within the limit.
        """
        self.ticks.check_size(size)
        check_range("worst", worst, 0, int(MAX_PRICE), "1e-10 dollar per token")
        order = self.aggressive(
            number, owner, is_buy, size, self.params.market_slippage, reduce_only
        )
        order.price = stricter(order.price, worst, is_buy)
        self.check(order, MARKET)
        if whole:
            self._check_whole(order)
        self.run(order, MARKET)
        return order

    def aggressive(
        self,
        number: i64,
        owner: Owner,
        is_buy: bool,
        size: i64,
        slippage: i64,
        reduce_only: bool,
    ) -> Resting:
        """An order of ``size`` whose limit is ``slippage`` (1e-12) worse than the middle."""
        price: i64 = self.slipped(is_buy, slippage)
        return Resting(number, owner, is_buy, price, size, reduce_only, self.desk.now())

    def slipped(self, is_buy: bool, slippage: i64) -> i64:
        """A limit ``slippage`` (1e-12) worse than the middle, on the tick."""
        return self.ticks.slipped(self.reference(is_buy), is_buy, slippage)

    def take(self, number: i64, owner: Owner, is_buy: bool, size: i64, limit: i64) -> i64:
        """Trade up to ``size`` at ``limit`` or better, unasked, for a liquidation; the size filled.

        No limit of the door applies, and the account's margin is not asked.
        """
        order = Resting(number, owner, is_buy, limit, size, True, self.desk.now())
        order.purpose = FOR_LIQUIDATION
        filled: i64 = self.book.match(order, self.desk)
        if order.left == 0:
            self.desk.done(order)
        else:
            self.desk.cancelled(order, CANCELED)
        return filled

    # before

    def check_fields(self, size: int, price: int, tif: str) -> None:
        """Refuse a size off the lot, a price off the tick, an unknown time in force."""
        self.ticks.check_size(size)
        self.ticks.check_price(price)
        if tif not in (GTC, ALO, IOC):
            raise BadOrder("unknown-tif", f"time in force {tif!r} is none of {GTC}, {ALO}, {IOC}")

    def check(self, order: Resting, tif: str) -> None:
        """Refuse an order whose fields are sound by themselves; changes nothing."""
        limits = self.limits
        price: i64 = order.price
        limits.check_band(price, self.desk.oracle())
        most: i64 = limits.market_value(self.desk.max_leverage())
        if tif == MARKET:
            limits.check_most(order.left, self.reference(order.is_buy), most)
        else:
            limits.check_most(order.left, price, most * self.params.limit_multiple)
        whole_close: bool = False
        if order.reduce_only:
            whole_close = order.left >= self.check_reducing(order.owner, order.is_buy)
        if not whole_close and order.purpose != FOR_TWAP:
            limits.check_least(order.left, price)
        if tif in (GTC, ALO):
            self.check_count(order.owner, order.reduce_only)
        self._check_crossing(order, tif)
        self.desk.check_entry(order)

    def check_count(self, owner: Owner, is_extra: bool) -> None:
        """Refuse one open order too many; ``is_extra``: a reduce-only or trigger order."""
        held: i64 = owner.resting + owner.dormant
        if held >= self.params.open_orders:
            self.limits.check_count(held, self.desk.volume(owner), is_extra)

    def check_reducing(self, owner: Owner, is_buy: bool) -> i64:
        """Refuse a reduce-only order that has nothing to reduce; the size it may reduce."""
        room: i64 = self.desk.reducible(owner, is_buy)
        if room == 0:
            side = "buy" if is_buy else "sell"
            raise BadOrder(
                "reduce-only",
                f"account {owner.account} has no position that a {side} order would reduce",
            )
        return room

    def _check_crossing(self, order: Resting, tif: str) -> None:
        if tif == GTC or self.book.crosses(order.is_buy, order.price) == (tif != ALO):
            return
        self._refuse_crossing(order, tif)

    def _refuse_crossing(self, order: Resting, tif: str) -> None:
        best: i64 = self.book.best_ask() if order.is_buy else self.book.best_bid()
        if tif == ALO:
            raise BadOrder(
                "bad-alo-px",
                f"price {order.price} would match at once: the best bid is {self.book.best_bid()}, "
                f"the best offer {self.book.best_ask()} (1e-10 dollar per token)",
                int(order.price),
                int(best),
            )
        code = "ioc-cancel" if tif == IOC else "market-order-no-liquidity"
        raise LimitReached(
            code,
            f"nothing rests at {order.price} or better: the best opposite price is {best} "
            "(1e-10 dollar per token, 0: none)",
            int(order.price),
            int(best),
        )

    def _check_whole(self, order: Resting) -> None:
        wanted: i64 = order.left
        if order.reduce_only:
            wanted = smaller(wanted, self.desk.reducible(order.owner, order.is_buy))
        reach = self.book.reach_of_size(order.is_buy, wanted, order.price)
        if reach.size < wanted:
            raise LimitReached(
                "market-order-no-liquidity",
                f"{wanted} are asked for, {reach.size} rest at {order.price} or better "
                "(1e-8 token)",
                int(wanted),
                int(reach.size),
            )

    def reference(self, is_buy: bool) -> i64:
        """Where a market order starts from: the middle, else the mark, else the best opposite."""
        middle: i64 = self.book.mid()
        if middle == 0:
            middle = self.desk.mark()
        if middle == 0:
            middle = self.book.best_ask() if is_buy else self.book.best_bid()
        if middle == 0:
            raise LimitReached(
                "market-order-no-liquidity", "the book is empty and there is no mark"
            )
        return middle

    # after

    def run(self, order: Resting, tif: str) -> None:
        """Match an order that was checked; what is left rests or ends."""
        filled: i64 = 0
        takes: bool = tif == GTC or tif != ALO
        if takes:
            filled = self.book.match(order, self.desk)
        if order.left == 0:
            self.desk.done(order)
            if order.has_family:
                self.book.kin.filled(order)
                self.book.shed(order.owner, self.desk)
            return
        if order.reduce_only and self.desk.reducible(order.owner, order.is_buy) == 0:
            self.end(order, REDUCE_ONLY)
        elif takes and self.book.crosses(order.is_buy, order.price):
            self.end(order, MARGIN if filled > 0 else status_word("perp-margin"))
        elif tif == GTC:
            self._rest(order)
        elif tif == IOC:
            self.end(order, CANCELED if filled > 0 else status_word("ioc-cancel"))
        elif tif == MARKET:
            self.end(order, CANCELED if filled > 0 else status_word("market-order-no-liquidity"))
        else:
            self._rest(order)

    def _rest(self, order: Resting) -> None:
        self.book.add(order)
        self.desk.rested(order)

    def end(self, order: Resting, reason: str) -> None:
        """Say that an order that is not on the book ended, and why."""
        self.desk.cancelled(order, reason)
        if order.has_family:
            self.book.kin.ended(order, reason)

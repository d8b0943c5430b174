"""The book of one market: price-time priority, matching, and what can be read off it.

Best price first, and at one price first come, first served (Hyperliquid's documentation, "Order
book"). A taker meets the best opposite level while its limit allows; every match happens at the
price of the resting order. A resting order is looked at again at each match: one of the taker's
own account is expired and the taker goes on ("Self-trade prevention"); one that may only reduce a
position that is gone, or whose account no longer passes the margin check, is cancelled.

The book knows nothing of money: positions, fees and margin are a :class:`Clearing`'s, which the
market supplies. A bare :class:`Clearing` lets everything through.
"""

from typing import Final

from mypy_extensions import i64, mypyc_attr

from seawall.engine.designs.orderbook.levels import (
    FOR_LIQUIDATION,
    Level,
    Owner,
    Resting,
    Side,
    Walk,
)
from seawall.engine.errors import BrokenBooks
from seawall.engine.fixed import NO_BOUND, NOTIONAL_STEP, mul_div, notional, smaller

CANCELED: Final = "canceled"
SELF_TRADE: Final = "selfTradeCanceled"
MARGIN: Final = "marginCanceled"
REDUCE_ONLY: Final = "reduceOnlyCanceled"
INTEREST_CAP: Final = "openInterestCapCanceled"
SIBLING_FILLED: Final = "siblingFilledCanceled"
LIQUIDATED: Final = "liquidatedCanceled"
SCHEDULED: Final = "scheduledCancel"
DELISTED: Final = "delistedCanceled"
VAULT_WITHDRAWAL: Final = "vaultWithdrawalCanceled"

ADMITTED: Final = ""


@mypyc_attr(allow_interpreted_subclasses=True)
class Clearing:
    """What the book asks of those who keep the accounts; this one lets everything through.

    It can be derived from in plain Python too, to drive a book without a clearing house.
    """

    # asked before

    def check_open(self) -> None:
        """Refuse every new order, those that only wait included: not listed yet, or settled."""

    def check_entry(self, order: Resting) -> None:
        """Refuse an order that is about to be taken in: margin, caps, halts. Changes nothing."""

    def admits(self, maker: Resting, quantity: i64, price: i64) -> str:
        """``ADMITTED``, or the status word with which the resting order is cancelled instead.

        Asked before each match of ``quantity`` (1e-8 token) at ``price`` (1e-10).
        """
        return ADMITTED

    def allows(self, taker: Resting, quantity: i64, price: i64) -> bool:
        """Whether the taker's account bears one more fill; not asked of a liquidation."""
        return True

    def reducible(self, owner: Owner, is_buy: bool) -> i64:
        """Tokens (1e-8) by which an order on that side could reduce the account's position."""
        return NO_BOUND

    # told after

    def trade(self, maker: Resting, taker: Resting, quantity: i64, price: i64) -> None:
        """Move ``quantity`` (1e-8 token) at ``price`` (1e-10) from seller to buyer, with fees.

        Both orders are counted down and the maker is off the book already if it is filled. Must
        not fail.
        """

    def rested(self, order: Resting) -> None:
        """An order has come to rest on the book with what is left of it."""

    def done(self, order: Resting) -> None:
        """An order, maker or taker, is filled completely."""

    def cancelled(self, order: Resting, reason: str) -> None:
        """An order, off the book by now, ended before it was filled; ``reason`` is the word."""

    # what the orders go by

    def owner_of(self, account: int) -> Owner:
        """The account as it stands at this book, entered if it is new."""
        return Owner(account)

    def now(self) -> i64:
        """Time (ms)."""
        return 0

    def mark(self) -> i64:
        """Mark price (1e-10), 0 before the first."""
        return 0

    def oracle(self) -> i64:
        """Oracle price (1e-10), 0 before the first."""
        return 0

    def max_leverage(self) -> i64:
        """Highest leverage of the market."""
        return 50

    def volume(self, owner: Owner) -> i64:
        """Dollars (1e-6) the account has traded."""
        return 0


class Kin:
    """Who looks after the orders that hang on others or wait beside the book; this one has none."""

    def filled(self, order: Resting) -> None:
        """An order with a family was filled, wholly or in part."""

    def ended(self, order: Resting, reason: str) -> None:
        """An order with a family was cancelled."""

    def shed(self, owner: Owner, is_buy: bool) -> None:
        """The account has no position left that its waiting orders on that side could reduce."""


class BookLevel:
    """One price as it is seen: ``price`` (1e-10), ``size`` (1e-8 token), ``count`` of orders."""

    def __init__(self, price: i64, size: i64, count: i64) -> None:
        self.price: i64 = price
        self.size: i64 = size
        self.count: i64 = count


class Reach:
    """How far an order would go: ``size`` (1e-8 token) for ``value`` (1e-6 dollar).

    ``worst`` is the last price it would meet (1e-10); each level adds to ``value`` rounded down.
    """

    def __init__(self) -> None:
        self.size: i64 = 0
        self.value: i64 = 0
        self.worst: i64 = 0

    def average(self) -> i64:
        """Mean price per token (1e-10, rounded down), 0 if nothing was reached."""
        if self.size == 0:
            return 0
        return mul_div(self.value, NOTIONAL_STEP, self.size)


class Book:
    """Resting orders of one market. ``last_trade`` (1e-10) is 0 before the first trade."""

    def __init__(self) -> None:
        self.bids: Side = Side(True)
        self.asks: Side = Side(False)
        self.orders: dict[int, Resting] = {}
        self.kin: Kin = Kin()
        self.last_trade: i64 = 0

    # orders

    def add(self, order: Resting) -> None:
        """Let an order rest: O(1), and the logarithm of the levels where it opens one."""
        self.orders[order.number] = order
        order.rests = True
        if order.is_buy:
            self.bids.add(order)
        else:
            self.asks.add(order)
        order.owner.enter(order)

    def remove(self, order: Resting) -> None:
        """Take an order off the book: O(1), and the logarithm where it was the last of a level."""
        del self.orders[order.number]
        if order.is_buy:
            self.bids.remove(order)
        else:
            self.asks.remove(order)
        order.owner.leave(order)

    def place(self, order: Resting, desk: Clearing) -> i64:
        """Match an order and let what is left of it rest; the tokens filled (1e-8)."""
        filled: i64 = self.match(order, desk)
        if order.left > 0:
            self.add(order)
        return filled

    def cancel(self, number: int) -> bool:
        """Take the order with that number off the book; whether there was one."""
        order = self.orders.get(number)
        if order is None:
            return False
        self.remove(order)
        return True

    def drop(self, order: Resting, desk: Clearing, reason: str) -> None:
        """Take an order off the book and say why."""
        self.remove(order)
        desk.cancelled(order, reason)
        if order.has_family:
            self.kin.ended(order, reason)

    def drop_all(self, owner: Owner, desk: Clearing, reason: str) -> None:
        """Take every order of an account off the book, oldest first."""
        for order in owner.open_orders():
            if order.level is not None:
                self.drop(order, desk, reason)
        if owner.resting == 0:
            owner.entered = []

    def shed(self, owner: Owner, desk: Clearing) -> None:
        """Cancel the orders that may only reduce and no longer can.

        To be called after the account's position changed other than by a match.
        """
        if owner.reducing_buys > 0 and desk.reducible(owner, True) == 0:
            self._shed_side(owner, True, desk)
        if owner.reducing_sells > 0 and desk.reducible(owner, False) == 0:
            self._shed_side(owner, False, desk)

    def _shed_side(self, owner: Owner, is_buy: bool, desk: Clearing) -> None:
        for order in owner.open_orders():
            if order.reduce_only and order.is_buy == is_buy and order.level is not None:
                self.drop(order, desk, REDUCE_ONLY)
        self.kin.shed(owner, is_buy)

    # matching

    def crosses(self, is_buy: bool, price: i64) -> bool:
        """Whether an order at ``price`` would meet a resting one at once."""
        if is_buy:
            best = self.asks.best()
            return best is not None and best.price <= price
        best = self.bids.best()
        return best is not None and best.price >= price

    def match(self, taker: Resting, desk: Clearing) -> i64:
        """Fill ``taker`` as far as its limit and the book allow; the tokens filled (1e-8).

        What is left of it stays with the caller. Ends: every turn fills the taker, fills a
        resting order or takes one off the book.
        """
        side = self.asks if taker.is_buy else self.bids
        bound: i64 = side.key_of(taker.price)
        begun: i64 = taker.left
        forced: bool = taker.purpose == FOR_LIQUIDATION
        while taker.left > 0:
            level = side.best()
            if level is None or level.key > bound:
                break
            maker = level.front()
            if maker.owner is taker.owner:
                self.drop(maker, desk, SELF_TRADE)
                continue
            quantity: i64 = smaller(maker.left, taker.left)
            if taker.reduce_only:
                quantity = smaller(quantity, desk.reducible(taker.owner, taker.is_buy))
                if quantity == 0:
                    break
            if maker.reduce_only:
                quantity = smaller(quantity, desk.reducible(maker.owner, maker.is_buy))
                if quantity == 0:
                    self.drop(maker, desk, REDUCE_ONLY)
                    continue
            refused = desk.admits(maker, quantity, level.price)
            if refused != ADMITTED:
                self.drop(maker, desk, refused)
                continue
            if not forced and not desk.allows(taker, quantity, level.price):
                break
            self._trade(maker, taker, level, side, quantity, desk)
        return begun - taker.left

    def _trade(
        self,
        maker: Resting,
        taker: Resting,
        level: Level,
        side: Side,
        quantity: i64,
        desk: Clearing,
    ) -> None:
        price: i64 = level.price
        maker.left -= quantity
        taker.left -= quantity
        level.total -= quantity
        if maker.left == 0:
            del self.orders[maker.number]
            side.remove(maker)
            maker.owner.leave(maker)
        self.last_trade = price
        desk.trade(maker, taker, quantity, price)
        if maker.left == 0:
            desk.done(maker)
        if maker.has_family:
            self.kin.filled(maker)
        if maker.owner.reducing_buys + maker.owner.reducing_sells > 0:
            self.shed(maker.owner, desk)
        if taker.owner.reducing_buys + taker.owner.reducing_sells > 0:
            self.shed(taker.owner, desk)

    # views

    def best_bid(self) -> i64:
        """Highest price somebody buys at (1e-10), 0 where nobody does."""
        return self.bids.best_price()

    def best_ask(self) -> i64:
        """Lowest price somebody sells at (1e-10), 0 where nobody does."""
        return self.asks.best_price()

    def mid(self) -> i64:
        """Middle of the best prices (1e-10, rounded down), 0 where a side is empty."""
        bid: i64 = self.bids.best_price()
        ask: i64 = self.asks.best_price()
        if bid == 0 or ask == 0:
            return 0
        return (bid + ask) // 2

    def levels(self, is_bid: bool, most: i64) -> list[BookLevel]:
        """The best ``most`` prices of a side, best first."""
        walk = Walk(self.bids if is_bid else self.asks)
        seen: list[BookLevel] = []
        while len(seen) < most:
            level = walk.next()
            if level is None:
                break
            seen.append(BookLevel(level.price, level.total, level.count))
        return seen

    def reach_of_size(self, is_buy: bool, size: i64, limit: i64) -> Reach:
        """What a taker of ``size`` (1e-8) would meet up to the price ``limit`` (1e-10)."""
        side = self.asks if is_buy else self.bids
        bound: i64 = side.key_of(limit)
        reach = Reach()
        best = side.best()
        if best is None or best.key > bound:
            return reach
        if best.total >= size:
            reach.size = size
            reach.value = notional(size, best.price)
            reach.worst = best.price
            return reach
        walk = Walk(side)
        while reach.size < size:
            level = walk.next()
            if level is None or level.key > bound:
                break
            part: i64 = smaller(level.total, size - reach.size)
            reach.size += part
            reach.value += notional(part, level.price)
            reach.worst = level.price
        return reach

    def reach_of_value(self, is_buy: bool, value: i64) -> Reach:
        """What a taker of ``value`` dollars (1e-6) would meet; short of it if the side is."""
        walk = Walk(self.asks if is_buy else self.bids)
        reach = Reach()
        while reach.value < value:
            level = walk.next()
            if level is None:
                break
            missing: i64 = value - reach.value
            worth: i64 = notional(level.total, level.price)
            if worth <= missing:
                reach.size += level.total
                reach.value += worth
            else:
                reach.size += mul_div(missing, NOTIONAL_STEP, level.price)
                reach.value = value
            reach.worst = level.price
        return reach

    def impact_price(self, is_buy: bool, value: i64) -> i64:
        """Average price (1e-10) of buying or selling ``value`` dollars (1e-6), 0 if too thin.

        "Impact price" in the documentation's page on funding.
        """
        reach = self.reach_of_value(is_buy, value)
        if reach.value < value:
            return 0
        return reach.average()

    def audit(self) -> None:
        """Re-add every queue; raises :class:`BrokenBooks` where one does not add up."""
        counted: i64 = self._audit_side(self.bids) + self._audit_side(self.asks)
        if counted != len(self.orders):
            raise BrokenBooks(f"{counted} orders stand in queues, {len(self.orders)} are known")
        bid: i64 = self.best_bid()
        ask: i64 = self.best_ask()
        if bid > 0 and ask > 0 and bid >= ask:
            raise BrokenBooks(f"the book is crossed: bid {bid}, ask {ask}")

    def _audit_side(self, side: Side) -> i64:
        counted: i64 = 0
        previous: i64 = 0
        walk = Walk(side)
        while True:
            level = walk.next()
            if level is None:
                return counted
            if counted > 0 and level.key <= previous:
                raise BrokenBooks(f"the level at {level.price} is out of order")
            previous = level.key
            total: i64 = 0
            for order in level.orders():
                total += order.left
                counted += 1
                if order.left <= 0 or order.price != level.price or order.is_buy != side.is_bid:
                    raise BrokenBooks(f"order {order.number} does not belong at {level.price}")
            if total != level.total or total == 0:
                raise BrokenBooks(f"the level at {level.price} holds {total}, not {level.total}")

    def state(self) -> list[int]:
        """Every order, side by side, best level first, each queue in its order."""
        numbers: list[int] = [self.last_trade]
        for side in (self.bids, self.asks):
            walk = Walk(side)
            while True:
                level = walk.next()
                if level is None:
                    break
                for order in level.orders():
                    numbers.extend(order.state())
        return numbers

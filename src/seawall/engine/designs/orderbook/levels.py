"""What a book is made of: resting orders, the queue of one price, the prices of one side.

A :class:`Resting` order stands in two lists: the queue of its price and the list of its owner's
orders. It leaves both without a search: it is marked, passed over where it is met, and swept out
when a list has become mostly marks, so that leaving costs a constant on average and touches none
of its neighbours. A :class:`Level` is the queue of one price. A :class:`Side` finds a level by
hash and keeps the levels in a heap in which each knows its own place: the best price is at hand,
and a level comes or goes at the cost of the logarithm of the number of levels. Each slot of the
heap has four below it, so that a level on its way meets half as many others as with two.

Sizes are in 1e-8 token, prices in 1e-10 dollar per token.
"""

from typing import Final

from mypy_extensions import i16, i64

from seawall.engine.errors import BrokenBooks
from seawall.engine.fixed import smaller

PLAIN: Final[i16] = 0
FOR_TRIGGER: Final[i16] = 1
FOR_TWAP: Final[i16] = 2
FOR_LIQUIDATION: Final[i16] = 3

CLOSED: Final[i64] = 64
"""Levels that a side keeps when they have emptied, to open them again."""

SPARE: Final[i64] = 64
"""Marks that a list may always hold, besides three for each order that stands in it."""


class Owner:
    """An account at one book: its number and its open orders, oldest first.

    The clearing house may derive its own record of an account from this one, so that an order
    leads to it without a search. ``resting`` counts the orders on the book, ``dormant`` the
    trigger orders and TWAPs that wait beside it, ``reducing_buys`` and ``reducing_sells`` the
    orders on the book and the trigger orders that may only reduce.
    """

    def __init__(self, account: i64) -> None:
        self.account: i64 = account
        self.resting: i64 = 0
        self.dormant: i64 = 0
        self.reducing_buys: i64 = 0
        self.reducing_sells: i64 = 0
        self.entered: list[Resting] = []

    def open_orders(self) -> list["Resting"]:
        """The account's orders on the book, oldest first."""
        return [order for order in self.entered if order.level is not None]

    def enter(self, order: "Resting") -> None:
        """Note an order that has come to rest."""
        self.entered.append(order)
        self.resting += 1
        if order.reduce_only:
            self.count_reducing(order.is_buy, 1)

    def leave(self, order: "Resting") -> None:
        """Note an order that has left the book."""
        self.resting -= 1
        if order.reduce_only:
            self.count_reducing(order.is_buy, -1)
        if len(self.entered) > 4 * self.resting + SPARE:
            self.entered = self.open_orders()

    def agrees(self, other: "Owner") -> bool:
        """Whether both count the same orders."""
        return (
            self.resting == other.resting
            and self.dormant == other.dormant
            and self.reducing_buys == other.reducing_buys
            and self.reducing_sells == other.reducing_sells
        )

    def count_reducing(self, is_buy: bool, change: i64) -> None:
        """Count orders that may only reduce, as they come and go."""
        if is_buy:
            self.reducing_buys += change
        else:
            self.reducing_sells += change


class Resting:
    """An order that is on the book, or on its way through it as a taker.

    ``price`` is its limit, ``size`` what it was placed for, ``left`` what is not filled yet.
    ``reduce_only`` orders never open a position, ``rests`` is true from the moment it has come to
    rest, ``level`` is the queue it stands in, None off the book. ``has_family`` marks an order
    whose fills other orders hang on (a parent, or a child with siblings); ``purpose`` says what
    sent it: a person, a trigger, a TWAP slice or a liquidation.
    """

    def __init__(
        self,
        number: i64,
        owner: Owner,
        is_buy: bool,
        price: i64,
        size: i64,
        reduce_only: bool,
        placed_at: i64,
    ) -> None:
        self.number: i64 = number
        self.owner: Owner = owner
        self.level: Level | None = None
        self.price: i64 = price
        self.size: i64 = size
        self.left: i64 = size
        self.placed_at: i64 = placed_at
        self.purpose: i16 = PLAIN
        self.is_buy: bool = is_buy
        self.reduce_only: bool = reduce_only
        self.rests: bool = False
        self.has_family: bool = False

    def filled(self) -> i64:
        """Tokens filled so far (1e-8)."""
        return self.size - self.left

    def state(self) -> list[int]:
        """Every number of the order in a fixed order, for a digest."""
        return [
            self.number, self.owner.account, int(self.is_buy), self.price, self.size, self.left,
            int(self.reduce_only), self.placed_at, int(self.has_family), self.purpose,
        ]  # fmt: skip


class Level:
    """The queue of one price: first come, first served.

    ``total`` is the size that rests here (1e-8 token), ``count`` the number of orders. ``key``
    is the price turned so that the better one is the smaller on either side, ``label`` what the
    side finds the level by.
    """

    def __init__(self) -> None:
        self.price: i64 = 0
        self.key: i64 = 0
        self.label: object = None
        self.total: i64 = 0
        self.count: i64 = 0
        self.slot: i64 = 0
        self.queue: list[Resting] = []
        self.head: i64 = 0

    def append(self, order: Resting) -> None:
        """Put an order at the end of the queue."""
        order.level = self
        if self.count == 0 and len(self.queue) == 1:
            self.queue[0] = order  # where the one stood that has left
            self.head = 0
        else:
            self.queue.append(order)
        self.total += order.left
        self.count += 1

    def front(self) -> Resting:
        """The order to be served first; the level must hold one."""
        queue = self.queue
        order = queue[self.head]
        while order.level is None:
            self.head += 1
            order = queue[self.head]
        return order

    def leave(self, order: Resting) -> None:
        """Take an order out of the queue, wherever it stands."""
        order.level = None
        self.total -= order.left
        self.count -= 1
        if len(self.queue) > 4 * self.count + SPARE:
            self.queue = self.orders()
            self.head = 0

    def orders(self) -> list[Resting]:
        """The orders in the queue, the one to be served first in front."""
        return [order for order in self.queue[self.head :] if order.level is not None]


class Side:
    """The levels of one side, the best on top of a heap."""

    def __init__(self, is_bid: bool) -> None:
        self.is_bid: bool = is_bid
        self.levels: dict[object, Level] = {}
        self.heap: list[Level] = []
        self.closed: list[Level] = []

    def key_of(self, price: i64) -> i64:
        """``price`` turned so that the better one is the smaller."""
        return -price if self.is_bid else price

    def best(self) -> Level | None:
        """The level that is matched first, or None."""
        heap = self.heap
        if len(heap) == 0:
            return None
        return heap[0]

    def best_price(self) -> i64:
        """The best price, 0 where the side is empty."""
        heap = self.heap
        if len(heap) == 0:
            return 0
        return heap[0].price

    def add(self, order: Resting) -> None:
        """Put an order at the end of the queue of its price."""
        label = _label(order.price)
        fresh = self._open(order.price)
        level = self.levels.setdefault(label, fresh)
        if level is fresh:
            level.label = label
            self.heap.append(level)
            self._rise(level, len(self.heap) - 1)
        else:
            self.closed.append(fresh)
        level.append(order)

    def _open(self, price: i64) -> Level:
        """A level for ``price``; one that has closed serves again, which costs less than anew."""
        level = Level() if len(self.closed) == 0 else self.closed.pop()
        level.price = price
        level.key = self.key_of(price)
        level.head = len(level.queue)
        return level

    def remove(self, order: Resting) -> None:
        """Take an order out; its level goes with the last one."""
        level = order.level
        if level is None:
            raise BrokenBooks(f"order {order.number} is taken off a book that does not hold it")
        level.leave(order)
        if level.count == 0:
            self._drop(level)

    def _drop(self, level: Level) -> None:
        del self.levels[level.label]
        last = self.heap.pop()
        if len(self.closed) < CLOSED:
            self.closed.append(level)
        if last is level:
            return
        slot: i64 = level.slot
        if slot > 0 and last.key < self.heap[(slot - 1) >> 2].key:
            self._rise(last, slot)
        else:
            self._sink(last, slot)

    def _rise(self, level: Level, slot: i64) -> None:
        heap = self.heap
        key: i64 = level.key
        while slot > 0:
            above: i64 = (slot - 1) >> 2
            if heap[above].key <= key:
                break
            other = heap[above]
            heap[slot] = other
            other.slot = slot
            slot = above
        heap[slot] = level
        level.slot = slot

    def _sink(self, level: Level, slot: i64) -> None:
        heap = self.heap
        count: i64 = len(heap)
        key: i64 = level.key
        while True:
            at: i64 = 4 * slot + 1
            if at >= count:
                break
            end: i64 = smaller(at + 4, count)
            below: i64 = at
            least: i64 = heap[at].key
            at += 1
            while at < end:
                found: i64 = heap[at].key
                if found < least:
                    least = found
                    below = at
                at += 1
            if least >= key:
                break
            other = heap[below]
            heap[slot] = other
            other.slot = slot
            slot = below
        heap[slot] = level
        level.slot = slot


def _label(price: i64) -> object:
    """A number for a price that no other price has, and whose last bits differ.

    A hash table goes by these, and the last bits of prices on a tick are all the same.
    """
    return price ^ (price >> 20)


class Walk:
    """The levels of a side in order, best first, one at a time; each costs O(log visited).

    A level of the heap can only be next once those above it were: the walk keeps the slots whose
    parents it has passed in a heap of its own. The side must not change meanwhile.
    """

    def __init__(self, side: Side) -> None:
        self.heap = side.heap
        self.slots: list[int] = []
        if len(self.heap) > 0:
            self.slots.append(0)

    def next(self) -> Level | None:
        """The best level not visited yet, or None."""
        if len(self.slots) == 0:
            return None
        slot: i64 = self._pop()
        below: i64 = 4 * slot + 1
        end: i64 = smaller(below + 4, len(self.heap))
        while below < end:
            self._push(below)
            below += 1
        return self.heap[slot]

    def _push(self, slot: i64) -> None:
        slots = self.slots
        at: i64 = len(slots)
        slots.append(slot)
        key: i64 = self.heap[slot].key
        while at > 0:
            above: i64 = (at - 1) >> 1
            other: i64 = slots[above]
            if self.heap[other].key <= key:
                break
            slots[at] = other
            at = above
        slots[at] = slot

    def _pop(self) -> i64:
        slots = self.slots
        heap = self.heap
        top: i64 = slots[0]
        last: i64 = slots.pop()
        count: i64 = len(slots)
        if count == 0:
            return top
        key: i64 = heap[last].key
        at: i64 = 0
        while True:
            below: i64 = 2 * at + 1
            if below >= count:
                break
            other: i64 = slots[below]
            if below + 1 < count:
                next_to: i64 = slots[below + 1]
                if heap[next_to].key < heap[other].key:
                    below += 1
                    other = next_to
            if heap[other].key >= key:
                break
            slots[at] = other
            at = below
        slots[at] = last
        return top

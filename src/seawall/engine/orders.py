"""Two-step orders: placed at one moment, filled only at a price reported later.

An order waits in a :class:`WaitingRoom`. Market orders stand in line at once; limit, stop and
take-profit orders stand in one of two heaps by trigger price and join the line when the price
reaches it. The line is served first come, first served.
"""

from typing import Final

from mypy_extensions import i16, i64, mypyc_attr

from seawall.engine.pot import Pot

MARKET: Final[i16] = 0
LIMIT_ORDER: Final[i16] = 1
STOP: Final[i16] = 2
TAKE_PROFIT: Final[i16] = 3

ORDER_KINDS: Final[dict[str, int]] = {"market": 0, "limit": 1, "stop": 2, "take-profit": 3}


@mypyc_attr(acyclic=True)
class Order(Pot):
    """A waiting order; the pot holds the margin (1e-6 dollar) that it brings along.

    ``size`` is signed (1e-8 token). ``trigger`` is the limit, stop or take-profit price, 0 for a
    market order; ``acceptable`` the worst all-in price per token, 0 for none. ``reduce_only``
    orders never open; ``partial`` orders may be filled in part where the depth ends.
    """

    def __init__(
        self,
        number: i64,
        account: i64,
        kind: i16,
        size: i64,
        trigger: i64,
        acceptable: i64,
        reduce_only: bool,
        partial: bool,
        placed_at: i64,
    ) -> None:
        super().__init__(0, False)
        self.number: i64 = number
        self.account: i64 = account
        self.kind: i16 = kind
        self.size: i64 = size
        self.trigger: i64 = trigger
        self.acceptable: i64 = acceptable
        self.reduce_only: bool = reduce_only
        self.partial: bool = partial
        self.placed_at: i64 = placed_at
        self.is_open: bool = True
        self.triggered: bool = kind == MARKET

    def fires_on_rise(self) -> bool:
        """True where the trigger is reached from below.

        A sell limit and a sell take-profit wait for a higher price, a buy stop as well.
        """
        if self.kind == STOP:
            return self.size > 0
        return self.size < 0

    def state(self) -> list[int]:
        """Every field, in a fixed order, for a digest."""
        return [
            self.number, self.account, self.kind, self.size, self.trigger, self.acceptable,
            int(self.reduce_only), int(self.partial), self.placed_at, int(self.triggered),
            self.amount,
        ]  # fmt: skip


class TriggerHeap:
    """Waiting orders by trigger price: lowest first if ``rising``, else highest first."""

    def __init__(self, rising: bool) -> None:
        self.rising = rising
        self.items: list[Order] = []
        self.closed: i64 = 0

    def _before(self, a: Order, b: Order) -> bool:
        if a.trigger != b.trigger:
            return (a.trigger < b.trigger) == self.rising
        return a.number < b.number

    def push(self, order: Order) -> None:
        """Add an order: O(log n)."""
        items = self.items
        items.append(order)
        slot: i64 = len(items) - 1
        while slot > 0:
            above: i64 = (slot - 1) >> 1
            if not self._before(order, items[above]):
                break
            items[slot] = items[above]
            slot = above
        items[slot] = order

    def _pop(self) -> Order:
        items = self.items
        top = items[0]
        last = items.pop()
        count: i64 = len(items)
        if count > 0:
            slot: i64 = 0
            while True:
                below: i64 = 2 * slot + 1
                if below >= count:
                    break
                if below + 1 < count and self._before(items[below + 1], items[below]):
                    below += 1
                if not self._before(items[below], last):
                    break
                items[slot] = items[below]
                slot = below
            items[slot] = last
        return top

    def next_reached(self, price: i64) -> Order | None:
        """The first open order whose trigger ``price`` has reached, taken out, or None."""
        while len(self.items) > 0:
            top = self.items[0]
            if not top.is_open:
                self._pop()
                self.closed -= 1
                continue
            if (price >= top.trigger) if self.rising else (price <= top.trigger):
                return self._pop()
            return None
        return None

    def forget_one(self) -> None:
        """Note that an order in the heap was closed; rebuild once most of it is."""
        self.closed += 1
        if self.closed > 64 and self.closed * 2 > len(self.items):
            live = [order for order in self.items if order.is_open]
            self.items = []
            self.closed = 0
            for order in live:
                self.push(order)


class Line:
    """Orders that are due, first come, first served; those that were closed are passed over."""

    def __init__(self) -> None:
        self._items: list[Order] = []
        self._head: i64 = 0

    def append(self, order: Order) -> None:
        """Let an order stand in line."""
        self._items.append(order)

    def take(self, placed_by: i64) -> Order | None:
        """The order at the head of the line if it was placed by ``placed_by``, taken out of it."""
        items = self._items
        while self._head < len(items):
            order = items[self._head]
            if order.is_open and order.placed_at > placed_by:
                return None
            self._head += 1
            if order.is_open:
                return order
        if self._head > 0:
            self._items = []
            self._head = 0
        return None

    def take_reached(self, heap: TriggerHeap, price: i64, placed_by: i64) -> None:
        """Let every order of ``heap`` that ``price`` triggers in, if it was placed by then."""
        if len(heap.items) == 0:
            return
        too_young: list[Order] = []
        while True:
            order = heap.next_reached(price)
            if order is None:
                break
            if order.placed_at > placed_by:
                too_young.append(order)
            else:
                order.triggered = True
                self._items.append(order)
        for order in too_young:
            heap.push(order)

    def tidy(self) -> None:
        """Drop the served part of a long line."""
        if self._head > 1024 and self._head * 2 > len(self._items):
            self._items = self._items[self._head :]
            self._head = 0

    def numbers(self) -> list[int]:
        """The orders in line that are open, by number."""
        return [int(order.number) for order in self._items[self._head :] if order.is_open]


class WaitingRoom:
    """The orders of one market that wait for a later price."""

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        self._line = Line()
        self._rise: TriggerHeap = TriggerHeap(True)
        self._fall: TriggerHeap = TriggerHeap(False)

    def add(self, order: Order) -> None:
        """Let an order in."""
        self.orders[int(order.number)] = order
        if order.triggered:
            self._line.append(order)
        else:
            self._heap(order).push(order)

    def _heap(self, order: Order) -> TriggerHeap:
        return self._rise if order.fires_on_rise() else self._fall

    def remove(self, order: Order) -> None:
        """Let an order out, filled or cancelled."""
        order.is_open = False
        del self.orders[int(order.number)]
        if not order.triggered:
            self._heap(order).forget_one()

    def release(self, price: i64, placed_by: i64) -> None:
        """Put every order that ``price`` triggers in line, if it was placed by ``placed_by``."""
        self._line.take_reached(self._rise, price, placed_by)
        self._line.take_reached(self._fall, price, placed_by)

    def next_in_line(self, placed_by: i64) -> Order | None:
        """The order at the head of the line if it was placed by ``placed_by``, taken out of it.

        The order stays in the room until it is removed or put back.
        """
        return self._line.take(placed_by)

    def put_back(self, order: Order) -> None:
        """Return a triggered order that could not be filled to its heap."""
        order.triggered = False
        self._heap(order).push(order)

    def tidy(self) -> None:
        """Drop the served part of a long line."""
        self._line.tidy()

    def pots(self) -> list[Pot]:
        """The margin that waits with the orders."""
        return [order for order in self.orders.values()]  # noqa: C416  (a list of the base class)

    def state(self) -> list[int]:
        """Open orders by number, then the line, for a digest."""
        numbers: list[int] = []
        for number in sorted(self.orders):
            numbers.extend(self.orders[number].state())
        numbers.extend(self._line.numbers())
        return numbers

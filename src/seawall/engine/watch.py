"""Who must be liquidated, found without looking at everybody.

Accrual moves every position of a side by the same index, and a price move acts on all of them
alike, so whether a position is under its maintenance is the comparison of a number of its own,
its *trigger key*, with one number of its side and leverage tier. Write m, E, s for a position's
margin, entry notional and size, I0 for its side's accrual index when it was last settled, w for
the maintenance rate. At price P and index I

- a long is liquidatable when  m + s*P - E - s*(I - I0) < w*s*P, that is when
  (E - m)/s - I0 > P*(1 - w) - I;
- a short is liquidatable when m + E - s*P - s*(I - I0) < w*s*P, that is when
  -(E + m)/s - I0 > -P*(1 + w) - I.

The left side is the key. It changes only when the position is touched, so a side and tier keep a
heap of keys and a quiet tick looks at its top alone. Tiers are by notional, which moves with the
price: two heaps by size beside it show who crosses into the next tier. Only positions within a
factor of two of a limit stand in them; when the price has doubled or halved, all are sorted anew.
Every operation costs at most the logarithm of the number of positions; a quiet tick costs the
number of tiers.
"""

from typing import Final

from mypy_extensions import i16, i32, i64, mypyc_attr

from seawall.engine.fixed import INDEX_PER_PRICE, NOTIONAL_STEP, RATE, mul_div, mul_div_up
from seawall.engine.margin import Tiers, worth
from seawall.engine.pot import Pot

WATCHED: Final[i16] = 0
DUE: Final[i16] = 1
IN_AUCTION: Final[i16] = 2
ABSENT: Final[i32] = -1
NOWHERE: Final[i64] = -1

_SLACK: Final[i64] = 8  # micro-dollars: more than all roundings of one position's equity together
_FAR: Final[i64] = 4_000_000_000_000_000_000


@mypyc_attr(acyclic=True)
class Position(Pot):
    """One account's position in one market; the pot is its isolated margin (1e-6 dollar).

    ``size`` is signed (1e-8 token, long above zero), ``entry`` the entry notional (1e-6 dollar,
    never negative), ``index`` the side's accrual index (1e-13 dollar per token) it was last
    settled at. The remaining attributes belong to the :class:`Watch` that holds it.
    """

    def __init__(self, account: i64) -> None:
        super().__init__(0, False)
        self.account: i64 = account
        self.size: i64 = 0
        self.entry: i64 = 0
        self.index: i64 = 0
        self.key: i64 = 0
        self.slot: i32 = ABSENT
        self.slot_up: i32 = ABSENT
        self.slot_down: i32 = ABSENT
        self.shelf: i16 = 0
        self.standing: i16 = WATCHED

    def is_long(self) -> bool:
        """True for a long."""
        return self.size > 0

    def quantity(self) -> i64:
        """Size without its sign (1e-8 token)."""
        return -self.size if self.size < 0 else self.size

    def rekey(self) -> None:
        """Work the trigger key (1e-10 dollar per token) out anew, rounded towards danger."""
        quantity: i64 = self.quantity()
        debt: i64 = self.entry - self.amount if self.size > 0 else -self.entry - self.amount
        debt += _SLACK
        per_token: i64 = debt // quantity
        if per_token >= 4_000_000:
            self.key = _FAR
        elif per_token <= -4_000_000:
            self.key = -_FAR
        else:
            self.key = mul_div_up(debt, NOTIONAL_STEP, quantity)
        self.key -= self.index // INDEX_PER_PRICE


class Heap:
    """A binary heap of positions in which each knows its own place, so that any can leave."""

    def __init__(self) -> None:
        self.items: list[Position] = []

    def before(self, a: Position, b: Position) -> bool:
        """Whether ``a`` stands above ``b``."""
        raise NotImplementedError

    def place(self, position: Position, slot: i64) -> None:
        """Tell the position where it stands (``NOWHERE``: in no heap)."""
        raise NotImplementedError

    def push(self, position: Position) -> None:
        """Add a position: O(log n)."""
        self.items.append(position)
        self._rise(position, len(self.items) - 1)

    def remove(self, position: Position, slot: i64) -> None:
        """Take out the position that stands at ``slot``: O(log n)."""
        last = self.items.pop()
        self.place(position, NOWHERE)
        if last is not position:
            self.settle(last, slot)

    def settle(self, position: Position, slot: i64) -> None:
        """Move a position whose rank has changed from ``slot`` to where it belongs: O(log n)."""
        if slot > 0 and self.before(position, self.items[(slot - 1) >> 1]):
            self._rise(position, slot)
        else:
            self._sink(position, slot)

    def _rise(self, position: Position, slot: i64) -> None:
        items = self.items
        while slot > 0:
            above: i64 = (slot - 1) >> 1
            other = items[above]
            if not self.before(position, other):
                break
            items[slot] = other
            self.place(other, slot)
            slot = above
        items[slot] = position
        self.place(position, slot)

    def _sink(self, position: Position, slot: i64) -> None:
        items = self.items
        count: i64 = len(items)
        while True:
            below: i64 = 2 * slot + 1
            if below >= count:
                break
            other = items[below]
            if below + 1 < count and self.before(items[below + 1], other):
                below += 1
                other = items[below]
            if not self.before(other, position):
                break
            items[slot] = other
            self.place(other, slot)
            slot = below
        items[slot] = position
        self.place(position, slot)


class ByKey(Heap):
    """Highest trigger key first: the next to be liquidated."""

    def before(self, a: Position, b: Position) -> bool:
        """Higher key first; equal keys by account."""
        return a.key > b.key or (a.key == b.key and a.account < b.account)

    def place(self, position: Position, slot: i64) -> None:
        """Remember the slot."""
        position.slot = i32(slot)


class Largest(Heap):
    """Largest position first, for the queue of those that are due."""

    def before(self, a: Position, b: Position) -> bool:
        """Larger size first; equal sizes by account."""
        x: i64 = a.quantity()
        y: i64 = b.quantity()
        return x > y or (x == y and a.account < b.account)

    def place(self, position: Position, slot: i64) -> None:
        """Remember the slot."""
        position.slot = i32(slot)


class NextUp(Largest):
    """Largest position first, for the crossing into the tier above."""

    def place(self, position: Position, slot: i64) -> None:
        """Remember the slot."""
        position.slot_up = i32(slot)


class NextDown(Heap):
    """Smallest position first, for the crossing into the tier below."""

    def before(self, a: Position, b: Position) -> bool:
        """Smaller size first; equal sizes by account."""
        x: i64 = a.quantity()
        y: i64 = b.quantity()
        return x < y or (x == y and a.account < b.account)

    def place(self, position: Position, slot: i64) -> None:
        """Remember the slot."""
        position.slot_down = i32(slot)


class Watch:
    """The positions of one market by trigger key, by side and leverage tier, and those due.

    A position is watched, due (found under its maintenance, waiting for the keeper) or in an
    auction. ``tiers`` may be replaced at any time by a table with the same number of tiers.
    """

    def __init__(self, tiers: Tiers) -> None:
        self.tiers = tiers
        self.count: i64 = tiers.count
        self.keys: list[ByKey] = [ByKey() for _ in range(2 * self.count)]
        self.ups: list[NextUp] = [NextUp() for _ in range(2 * self.count)]
        self.downs: list[NextDown] = [NextDown() for _ in range(2 * self.count)]
        self.due: Largest = Largest()
        self.base: i64 = 0

    def add(self, position: Position, price: i64) -> None:
        """Watch a position (size not zero) that is in no heap; ``price`` decides its tier."""
        if price >= 2 * self.base or 2 * price <= self.base:
            self._sort_anew(price)
        value: i64 = worth(position.size, price)
        tier: i64 = self.tiers.index_of(value)
        shelf: i64 = tier if position.size > 0 else self.count + tier
        position.rekey()
        position.standing = WATCHED
        position.shelf = i16(shelf)
        self.keys[shelf].push(position)
        if self._may_rise(tier, value):
            self.ups[shelf].push(position)
        if self._may_fall(tier, value):
            self.downs[shelf].push(position)

    def update(self, position: Position, price: i64) -> None:
        """Put a position whose size, margin or entry has changed where it belongs now.

        Most changes leave side and tier alone; then it only moves inside its heaps.
        """
        if position.standing == WATCHED and position.slot >= 0:
            value: i64 = worth(position.size, price)
            tier: i64 = self.tiers.index_of(value)
            shelf: i64 = tier if position.size > 0 else self.count + tier
            if (
                shelf == i64(position.shelf)
                and self._may_rise(tier, value) == (position.slot_up >= 0)
                and self._may_fall(tier, value) == (position.slot_down >= 0)
            ):
                position.rekey()
                self.keys[shelf].settle(position, i64(position.slot))
                if position.slot_up >= 0:
                    self.ups[shelf].settle(position, i64(position.slot_up))
                if position.slot_down >= 0:
                    self.downs[shelf].settle(position, i64(position.slot_down))
                return
        self.drop(position)
        self.add(position, price)

    def _may_rise(self, tier: i64, value: i64) -> bool:
        return tier < self.count - 1 and value > self.tiers.limit(tier) >> 2

    def _may_fall(self, tier: i64, value: i64) -> bool:
        return tier > 0 and value >> 2 < self.tiers.floor(tier)

    def drop(self, position: Position) -> None:
        """Forget a position, wherever it stands."""
        if position.standing == DUE:
            if position.slot >= 0:
                self.due.remove(position, i64(position.slot))
        elif position.standing == WATCHED:
            shelf: i64 = i64(position.shelf)
            if position.slot >= 0:
                self.keys[shelf].remove(position, i64(position.slot))
            if position.slot_up >= 0:
                self.ups[shelf].remove(position, i64(position.slot_up))
            if position.slot_down >= 0:
                self.downs[shelf].remove(position, i64(position.slot_down))
        position.standing = WATCHED

    def hold(self, position: Position) -> None:
        """Set a dropped position aside for an auction."""
        position.standing = IN_AUCTION

    def put_due(self, position: Position) -> None:
        """Queue a dropped position for the keeper."""
        position.standing = DUE
        self.due.push(position)

    def sort_tiers(self, price: i64) -> None:
        """Move the positions that the price has carried into another tier."""
        if price >= 2 * self.base or 2 * price <= self.base:
            self._sort_anew(price)
        for shelf in range(2 * self.count):
            tier: i64 = shelf if shelf < self.count else shelf - self.count
            up = self.ups[shelf].items
            while len(up) > 0 and worth(up[0].size, price) > self.tiers.limit(tier):
                self.update(up[0], price)
            down = self.downs[shelf].items
            while len(down) > 0 and worth(down[0].size, price) <= self.tiers.floor(tier):
                self.update(down[0], price)

    def _sort_anew(self, price: i64) -> None:
        self.base = price
        for heap in self.keys:
            for position in list(heap.items):
                self.drop(position)
                self.add(position, price)

    def threshold(self, tier: i64, is_long: bool, price: i64, index: i64) -> i64:
        """Keys at or above this may be liquidatable at ``price`` and accrual ``index``."""
        rate: i64 = self.tiers.rate(tier)
        accrued: i64 = index // INDEX_PER_PRICE
        if is_long:
            return mul_div(price, RATE - rate, RATE) - accrued - 4
        return -mul_div_up(price, RATE + rate, RATE) - accrued - 4

    def next_candidate(self, price: i64, long_index: i64, short_index: i64) -> Position | None:
        """A watched position whose key has been reached, dropped from the watch, or None.

        Keys are rounded towards danger: the caller decides by the exact equity, and puts who is
        healthy back when it has asked for all.
        """
        for tier in range(self.count):
            longs = self.keys[tier].items
            if len(longs) > 0:
                top = longs[0]
                if top.key >= self.threshold(tier, True, price, long_index):
                    self.drop(top)
                    return top
            shorts = self.keys[self.count + tier].items
            if len(shorts) > 0:
                top = shorts[0]
                if top.key >= self.threshold(tier, False, price, short_index):
                    self.drop(top)
                    return top
        return None

    def pop_due(self) -> Position | None:
        """The largest position that is due, dropped from the queue, or None."""
        if len(self.due.items) == 0:
            return None
        top = self.due.items[0]
        self.drop(top)
        return top

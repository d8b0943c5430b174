"""Who must be liquidated, found without looking at everybody.

A position of size S and average price q is liquidatable when collateral + result(p) < need(c), with
need(c) = max(S*(c - c0) + margin fee + liquidation fee, S / leverage): p the closing price, c the
cumulative borrowing rate of its collateral token. Both move; q differs from one to the next, so
that no single number ranks all for good. Each position therefore stands under two bounds: a
*trigger price* worked out for a rate c* beyond today's, and that c* itself. While p has not reached
the one nor c the other, it is safe. Half of what it has above its need is kept for the rate, half
for the price: a position that reaches a bound and is still healthy is given new ones, nearer by
half, so that it is looked at again only a logarithm of times. A quiet tick looks at the tops alone.
"""

from typing import Final

from mypy_extensions import i16, i32, i64, mypyc_attr

from seawall.engine.designs.glp.params import MAX_TOKENS
from seawall.engine.fixed import MAX_PRICE
from seawall.engine.watch import DUE, WATCHED, ByKey, Heap, Largest, Position

HELD: Final[i16] = 3


@mypyc_attr(acyclic=True)
class Holding(Position):
    """A position; ``size`` is in dollars (1e-6), above zero for a long.

    ``collateral`` (1e-6) is a number, never priced anew; ``average`` 1e-10; ``entry_rate`` 1e-6;
    ``reserve`` in units of the collateral token, which is the pool's number ``backing``; ``tokens``
    is what the size bought at the average price (1e-8); ``realised`` 1e-6; ``increased_at`` ms.
    ``index`` holds the rate up to which the trigger price ``key`` is good.
    """

    def __init__(self, account: i64, backing: i64, is_long: bool) -> None:
        super().__init__(account)
        self.backing: i64 = backing
        self.side_long: bool = is_long
        self.standing = HELD
        self.collateral: i64 = 0
        self.average: i64 = 0
        self.entry_rate: i64 = 0
        self.reserve: i64 = 0
        self.tokens: i64 = 0
        self.realised: i64 = 0
        self.increased_at: i64 = 0

    def number(self) -> i64:
        """The position's own number: account, collateral token and side."""
        return number_of(self.account, self.backing, self.side_long)

    def state(self) -> list[int]:
        """For a digest."""
        return [
            self.account, self.backing, self.size, self.collateral, self.average,
            self.entry_rate, self.reserve, self.realised, self.increased_at, int(self.standing),
        ]  # fmt: skip


def number_of(account: i64, backing: i64, is_long: bool) -> i64:
    """Key of the position of ``account`` with that collateral token and side."""
    return (account * i64(MAX_TOKENS) + backing) * 2 + (1 if is_long else 0)


class ByRate(Heap):
    """Lowest good rate first: the next whose trigger price is worn."""

    def before(self, a: Position, b: Position) -> bool:
        """Lower rate first; equal rates by account."""
        return a.index < b.index or (a.index == b.index and a.account < b.account)

    def place(self, position: Position, slot: i64) -> None:
        """Remember the slot."""
        position.slot_up = i32(slot)


class Lookout:
    """The positions of one market under both bounds, and those that are due.

    Shelf 0 holds the longs by trigger price, shelf 1 + k the shorts whose collateral is token k.
    """

    def __init__(self) -> None:
        self.keys: list[ByKey] = []
        self.rates: list[ByRate] = []
        self.due = Largest()

    def open(self, tokens: int) -> None:
        """Make room for that many collateral tokens."""
        for _ in range(tokens + 1):
            self.keys.append(ByKey())
            self.rates.append(ByRate())

    def add(self, holding: Holding, trigger: i64, rate: i64) -> None:
        """Watch a position under new bounds; one that is watched already moves in its heaps."""
        shelf: i64 = 0 if holding.side_long else 1 + holding.backing
        holding.key = trigger if holding.side_long else -trigger
        holding.index = rate
        if holding.standing == WATCHED:
            self.keys[shelf].settle(holding, i64(holding.slot))
            self.rates[shelf].settle(holding, i64(holding.slot_up))
            return
        holding.shelf = i16(shelf)
        holding.standing = WATCHED
        self.keys[shelf].push(holding)
        self.rates[shelf].push(holding)

    def drop(self, holding: Position) -> None:
        """Forget a position, wherever it stands."""
        if holding.standing == DUE:
            self.due.remove(holding, i64(holding.slot))
        elif holding.standing == WATCHED:
            shelf: i64 = i64(holding.shelf)
            self.keys[shelf].remove(holding, i64(holding.slot))
            self.rates[shelf].remove(holding, i64(holding.slot_up))
        holding.standing = HELD

    def put_due(self, holding: Holding) -> None:
        """Queue a position that stands nowhere for the keeper."""
        holding.standing = DUE
        self.due.push(holding)

    def pop_due(self) -> Holding | None:
        """The largest position that is due, taken out, or None."""
        if len(self.due.items) == 0:
            return None
        top = self.due.items[0]
        self.drop(top)
        assert isinstance(top, Holding)
        return top

    def next_long(self, low: i64, rate: i64) -> Holding | None:
        """A long that has reached one of its bounds, taken out, or None."""
        return self._next(0, low, rate)

    def next_short(self, backing: i64, high: i64, rate: i64) -> Holding | None:
        """A short on collateral ``backing`` that has reached a bound, taken out, or None."""
        return self._next(1 + backing, -high, rate)

    def _next(self, shelf: i64, reached: i64, rate: i64) -> Holding | None:
        items = self.keys[shelf].items
        if len(items) == 0:
            return None
        top = items[0]
        if reached >= top.key:
            top = self.rates[shelf].items[0]
            if rate <= top.index:
                return None
        self.drop(top)
        assert isinstance(top, Holding)
        return top


def far(is_long: bool) -> i64:
    """A trigger price that is never reached."""
    return 0 if is_long else MAX_PRICE + 1

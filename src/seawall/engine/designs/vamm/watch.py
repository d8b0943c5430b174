"""Who may have to be liquidated, found without looking at everybody.

For every position there is one mark at which its equity meets maintenance, with the depth and the
funding of the moment (``pricing.long_key``, ``pricing.short_key``). Longs and shorts stand in a
heap each by that mark, so a quiet block looks at two tops. The keys are rounded towards danger;
trades make k grow by dust, which only makes everybody safer at a given mark. What moves all keys
at once - a funding, less depth, a mark that has doubled or halved under leverage tiers - sorts
all positions anew.
"""

from typing import Final

from mypy_extensions import i16, i64, mypyc_attr

from seawall.engine.designs.vamm.params import Params
from seawall.engine.designs.vamm.pricing import closing_value, long_key, short_key, spot
from seawall.engine.fixed import MAX_DOLLARS, smaller
from seawall.engine.watch import DUE, WATCHED, ByKey, Largest, Position

HELD: Final[i16] = 3


@mypyc_attr(acyclic=True)
class Holding(Position):
    """A position that knows the block it was last changed in."""

    def __init__(self, account: i64) -> None:
        super().__init__(account)
        self.block: i64 = -1


class Lookout:
    """The positions of one market by the mark at which they fall below maintenance."""

    def __init__(self, params: Params) -> None:
        self.params = params
        self.longs = ByKey()
        self.shorts = ByKey()
        self.due = Largest()
        self.base_mark: i64 = 0

    def add(self, position: Holding, owed: i64, quote: i64, base: i64) -> None:
        """Watch a position that stands nowhere; ``owed`` is the funding it owes."""
        if self.base_mark == 0:
            self.base_mark = spot(quote, base)
        rate: i64 = self.params.maintenance_ratio
        if self.params.tiers is not None:
            value: i64 = closing_value(quote, base, position.size)
            rate = self.params.steepest_rate(smaller(value, MAX_DOLLARS))
        position.standing = WATCHED
        if position.size > 0:
            debt: i64 = position.entry - position.amount + owed
            position.key = long_key(quote, base, position.size, debt, rate)
            self.longs.push(position)
        else:
            backing: i64 = position.entry + position.amount - owed
            position.key = short_key(quote, base, -position.size, backing, rate)
            self.shorts.push(position)

    def drop(self, position: Position) -> None:
        """Forget a position, wherever it stands. Call before its size changes."""
        if position.standing == DUE:
            self.due.remove(position, i64(position.slot))
        elif position.standing == WATCHED:
            heap = self.longs if position.size > 0 else self.shorts
            heap.remove(position, i64(position.slot))
        position.standing = HELD

    def clear(self) -> None:
        """Forget all, to be added anew."""
        self.longs = ByKey()
        self.shorts = ByKey()
        self.due = Largest()
        self.base_mark = 0

    def is_worn(self, mark: i64) -> bool:
        """Whether the mark has moved so far that tiers may have changed under the keys."""
        return (
            self.params.tiers is not None
            and self.base_mark > 0
            and (mark >= 2 * self.base_mark or 2 * mark <= self.base_mark)
        )

    def next_candidate(self, mark: i64) -> Position | None:
        """A position whose trigger the mark has reached, taken out, or None."""
        if len(self.longs.items) > 0:
            top = self.longs.items[0]
            if mark <= top.key:
                self.drop(top)
                return top
        if len(self.shorts.items) > 0:
            top = self.shorts.items[0]
            if -mark <= top.key:
                self.drop(top)
                return top
        return None

    def put_due(self, position: Position) -> None:
        """Queue a position that stands nowhere for the keeper."""
        position.standing = DUE
        self.due.push(position)

    def pop_due(self) -> Position | None:
        """The largest position that is due, taken out, or None."""
        if len(self.due.items) == 0:
            return None
        top = self.due.items[0]
        self.drop(top)
        return top

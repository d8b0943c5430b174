"""Orders that hang on others: children of a parent, and siblings of which one cancels the other.

A child (take profit or stop loss) sleeps until its parent has filled completely, or was filled in
part and then cancelled for lack of margin; any other end of the parent ends its children. When
one of two siblings has filled completely the other is cancelled (Hyperliquid's documentation,
"Take profit and stop loss orders (TP/SL)").
"""

from mypy_extensions import i16, i64

from seawall.engine.designs.orderbook.levels import Owner, Resting
from seawall.engine.fixed import MAX_SIZE
from seawall.engine.orders import STOP, Order


class Dormant(Order):
    """A trigger order: it waits for the mark and then goes to the book as ``resting``.

    ``size`` is signed (1e-8 token); one that ``follows`` the position is as large as that is when
    it fires. ``trigger`` is the mark (1e-10) it waits for, ``acceptable`` its limit once it has
    fired, 0 for a market order; ``worst`` tightens the limit of that, 0 does not.
    """

    def __init__(
        self,
        number: i64,
        owner: Owner,
        kind: i16,
        is_buy: bool,
        size: i64,
        trigger: i64,
        limit: i64,
        reduce_only: bool,
        placed_at: i64,
    ) -> None:
        most: i64 = MAX_SIZE if size == 0 else size
        signed: i64 = most if is_buy else -most
        super().__init__(
            number, owner.account, kind, signed, trigger, limit, reduce_only, True, placed_at
        )
        self.owner: Owner = owner
        self.follows: bool = size == 0
        self.awake: bool = False
        self.worst: i64 = 0
        self.family: Family | None = None
        self.resting = Resting(number, owner, is_buy, limit, most, reduce_only, placed_at)

    def word(self) -> str:
        """``sl`` for a stop, ``tp`` for a take."""
        return "sl" if self.kind == STOP else "tp"

    def state(self) -> list[int]:
        """Every field, in a fixed order, for a digest."""
        numbers = super().state()
        numbers.extend([int(self.follows), int(self.awake), self.worst])
        return numbers


class Family:
    """A parent order, or none, and its children."""

    def __init__(self, parent: Resting | None) -> None:
        self.parent: Resting | None = parent
        self.children: list[Dormant] = []

    def adopt(self, child: Dormant) -> None:
        """Add a child."""
        child.family = self
        child.resting.has_family = True
        self.children.append(child)

    def state(self) -> list[int]:
        """The numbers of its members, then the children that sleep, for a digest."""
        numbers: list[int] = [0 if self.parent is None else int(self.parent.number)]
        for child in self.children:
            numbers.append(int(child.number))
            if not child.awake:
                numbers.extend(child.state())
        return numbers

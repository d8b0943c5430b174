"""A position of a GM market, and the two heaps that know when somebody must look at it.

One per account, side and collateral token. The pot is the collateral, in the units of its token.
``size`` is the size in index tokens (1e-8, signed: long above zero) and ``entry`` the size in
dollars (1e-6) at which it was entered; their quotient is the entry price. What is owed is kept as
the trackers at which the position was last settled. Impact of opening waits in ``pending`` (index
tokens, below zero a cost) until the position is decreased.

Source: gmx-io/gmx-synthetics, contracts/position/Position.sol.
"""

from typing import Final

from mypy_extensions import i16, i32, i64

from seawall.engine.watch import Heap, Position

HELD: Final[i16] = 3
"""Standing of a position that is in no heap."""


class Holding(Position):
    """``borrowing``, ``funding``, ``claim_long`` and ``claim_short`` are the trackers it entered
    at; ``increased_at`` and ``decreased_at`` the times (ms) of its last changes; ``index`` the
    accrual of its shelf up to which ``key`` holds.
    """

    def __init__(self, account: i64, token: i64) -> None:
        super().__init__(account)
        self.token = i16(token)
        self.pending: i64 = 0
        self.borrowing: int = 0
        self.funding: int = 0
        self.claim_long: int = 0
        self.claim_short: int = 0
        self.increased_at: i64 = 0
        self.decreased_at: i64 = 0
        self.standing = HELD

    def state(self) -> list[int]:
        """Every number of the position, in a fixed order, for a digest."""
        return [
            self.account, self.token, self.size, self.entry, self.amount, self.pending,
            self.borrowing, self.funding, self.claim_long, self.claim_short, self.increased_at,
            self.decreased_at, self.standing,
        ]  # fmt: skip


class ByValidity(Heap):
    """The position whose key goes stale first."""

    def before(self, a: Position, b: Position) -> bool:
        """Lower accrual first; equal ones by account."""
        return a.index < b.index or (a.index == b.index and a.account < b.account)

    def place(self, position: Position, slot: i64) -> None:
        """Remember the slot."""
        position.slot_up = i32(slot)

"""Shutdown: trading ends, one price is fixed, and the vault pays whoever comes first.

S = |Q0 - Q| / |N| is the average price at which the net position would unwind. A position gets
max(0, s*(S - ON/|s|) + M) out of the vault alone; where S is 0 it gets M. Funding not settled is
waived. A loss beyond the margin is nobody's to pay, so that the vault may be short for the last.
Source: perpetual-protocol/perpetual-protocol, src/ClearingHouse.sol (settlePosition).
"""

from mypy_extensions import i64

from seawall.engine.designs.vamm.house import House
from seawall.engine.designs.vamm.pricing import result_of
from seawall.engine.designs.vamm.views import settlement_price
from seawall.engine.designs.vamm.watch import Holding
from seawall.engine.errors import Closed
from seawall.engine.events import Filled
from seawall.engine.fixed import larger, magnitude, smaller
from seawall.engine.margin import worth


class Settlement:
    """Whether a market is shut, at which price (1e-10), and what it still owed (1e-6)."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.is_shut: bool = False
        self.price: i64 = 0
        self.unpaid: i64 = 0

    def shut(self) -> None:
        """Fix the price and waive the funding that is not settled."""
        house = self.house
        self.is_shut = True
        self.price = settlement_price(house)
        waived: i64 = house.owed_by_all()
        for position in house.positions.values():
            position.index = house.funding.index_of(position.size > 0)
        house.shortfall += larger(0, waived)

    def pay(self, position: Holding) -> i64:
        """Settle one position; what was paid. Raises :class:`Closed` before a shutdown."""
        if not self.is_shut:
            raise Closed("not-shut-down", "positions are settled after a shutdown only")
        house = self.house
        size: i64 = position.size
        value: i64 = position.entry if self.price == 0 else magnitude(worth(size, self.price))
        result: i64 = result_of(size, position.entry, value)
        equity: i64 = position.amount + result
        due: i64 = larger(0, equity)
        paid: i64 = smaller(due, larger(0, house.vault()))
        house.shortfall += larger(0, -equity)
        self.unpaid += due - paid
        house.lookout.drop(position)
        house.margins -= position.amount
        position.pay(house.clearing, position.amount)
        house.clearing.pay(house.accounts[position.account], paid)
        pool = house.pool
        if size > 0:
            pool.longs -= size
            pool.long_entry -= position.entry
            pool.moved -= value
        else:
            pool.shorts += size
            pool.short_entry -= position.entry
            pool.moved += value
        del house.positions[int(position.account)]
        if house.journal.listening:
            house.journal.events.append(
                Filled(
                    house.now, house.name, position.account, 0, -size, self.price, 0, 0, 0,
                    result, 0, due - paid, larger(0, -equity),
                )
            )  # fmt: skip
        return paid

    def state(self) -> list[int]:
        """For a digest."""
        return [int(self.is_shut), self.price, self.unpaid]

"""The rungs of this design's ladder, in their order."""

from typing import cast

from mypy_extensions import i64

from seawall.engine.designs.orderbook.liquidation import Care
from seawall.engine.designs.orderbook.members import Holding
from seawall.engine.ladder import ACTED, PASSED, WAITS, Ladder, Rung, SmallAuction, Ward
from seawall.engine.watch import Position


class BookStage(Rung):
    """Market orders on the book, while equity is not below two thirds of maintenance."""

    def __init__(self) -> None:
        self.name = "book"

    def work(self, ward: Ward, position: Position) -> i64:
        """See the class; waits where the book offers nothing."""
        care = cast(Care, ward)
        if care.is_below_backstop(position):
            return PASSED
        return ACTED if care.sell_on_book(cast(Holding, position)) else WAITS


class VaultAuction(SmallAuction):
    """The small auction, once for each estate, before the vault inherits it."""

    def work(self, ward: Ward, position: Position) -> i64:
        """See the class."""
        if int(position.account) in cast(Care, ward).offered:
            return PASSED
        return super().work(ward, position)


class Backstop(Rung):
    """The vault takes an estate over that is still worth something."""

    def __init__(self) -> None:
        self.name = "backstop"

    def work(self, ward: Ward, position: Position) -> i64:
        """See the class."""
        care = cast(Care, ward)
        if care.liquidator is None or care.equity_of(position) < 0:
            return PASSED
        care.take_over(position, self.name)
        return ACTED


class DeleverageAll(Rung):
    """Whoever is worth less than nothing is closed against the other side."""

    def __init__(self) -> None:
        self.name = "deleverage"

    def work(self, ward: Ward, position: Position) -> i64:
        """See the class; it happens at the end of the round, for all together."""
        care = cast(Care, ward)
        if care.equity_of(position) >= 0:
            return WAITS
        held = cast(Holding, position)
        care.cancel_orders(held)
        care.bankrupt.extend(care.parts(held))
        return ACTED


def order_ladder(care: Care) -> Ladder:
    """Book, auction where there are any, vault unless it is switched off, deleveraging."""
    rungs: list[Rung] = [BookStage()]
    if care.terms is not None:
        rungs.append(VaultAuction())
    if care.params.backstop:
        rungs.append(Backstop())
    rungs.append(DeleverageAll())
    return Ladder(rungs)

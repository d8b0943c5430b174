"""What a recorded pool is to a storm: markets it goes into, their parameters, its seating."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seawall.engine.venue import Market, Venue


@dataclass
class Opening:
    """What was put into a market.

    ``dollars`` (1e-6) and ``tokens`` (by name, in their units) were deposited in all; of the tokens
    ``reserve`` is nobody's. ``traders`` hold the recorded positions; ``standing`` is what those
    are owed (1e-6) whom the record knows as sums alone. ``shares`` are the owners', in their
    order, ``prices`` (1e-10) those of tokens that are no market of the storm.
    """

    dollars: int
    tokens: dict[str, int]
    shares: list[int]
    reserve: dict[str, int] = field(default_factory=dict)
    traders: list[int] = field(default_factory=list)
    standing: Callable[[], int] | None = None
    prices: dict[str, int] = field(default_factory=dict)


class Pool:
    """One recorded state. The first of ``markets`` has the pool, the others share it.

    ``file`` is the record's name, ``time`` the state's (ms).
    """

    def __init__(self, file: str, time: int, markets: Sequence[str]) -> None:
        self.file = file
        self.time = time
        self.markets = tuple(markets)

    def changes(self) -> Mapping[str, Any]:
        """Parameters of the markets that it goes into."""
        raise NotImplementedError

    def seat(
        self,
        venue: Venue,
        markets: Mapping[str, Market],
        owners: Sequence[int],
        parts: Sequence[float],
    ) -> Opening:
        """Put it in, its shares split over ``owners`` by ``parts``."""
        raise NotImplementedError


def whole_parts(amount: int, parts: Sequence[float]) -> list[int]:
    """``amount`` by ``parts`` of 1, each a whole number; the last has the rest."""
    found = [int(amount * part) for part in parts]
    found[-1] += amount - sum(found)
    return found

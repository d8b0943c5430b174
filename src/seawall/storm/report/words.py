"""Numbers as an editor writes them, and the names and colours of the runs of a storm."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from seawall.storm.recording import Recording
from seawall.storm.result import Row
from seawall.storm.table import money

COLOURS = (
    "#2f80d0", "#d9662b", "#17955f", "#9467d8", "#d04a86",
    "#128f9c", "#8d8a1c", "#b0713c", "#c94a4a", "#7d8794",
)  # fmt: skip
"""Of runs, in their order; each can be told from a white and from a black page."""

DASHES = ("solid", "dash", "dot", "dashdot")
"""Of lines: by guards where lines are runs, by place in the loss order where they are vaults."""

HATCHINGS = ("", "/", ".", "x")
"""Of bars, by guards."""

HOUSE = ("treasury", "keeper", "insurance", "reserve", "unpaid")
"""Keys of a row's gains that are no class of people and no vault."""

_DAY = 86_400_000
_NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


@dataclass(frozen=True)
class Lane:
    """One run of a storm: its place, its name and how it is drawn, the same on the whole page.

    ``hue`` is the place of its colour, ``style`` that of its dashes, discs and hatching.
    """

    place: int
    design: str
    guards: str
    hue: int
    style: int = 0

    @property
    def name(self) -> str:
        """The design, with its guards where there are any."""
        return self.design if self.guards == "none" else f"{self.design} + {self.guards}"

    def layer(self, vault: str) -> str:
        """The name of a vault of this run; one that has the design's own name is its pool."""
        return "pool" if vault == self.design else vault

    @property
    def colour(self) -> str:
        """As hexadecimal RGB."""
        return COLOURS[self.hue % len(COLOURS)]

    @property
    def dash(self) -> str:
        """Of its lines."""
        return DASHES[self.style]

    @property
    def hatching(self) -> str:
        """Of its bars."""
        return HATCHINGS[self.style]

    @property
    def hollow(self) -> bool:
        """Whether its discs are rings."""
        return self.style > 0


def lanes(recording: Recording) -> list[Lane]:
    """The runs of a storm in their order.

    Designs have colours and sets of guards have dashes, unless there is but one design or there
    are more sets than dashes: then every run has a colour of its own.
    """
    runs = recording.result.runs
    guards = recording.result.configuration.guards
    designs = list(dict.fromkeys(run.design for run in runs))
    if len(designs) == 1 or len(guards) > len(DASHES):
        return [Lane(place, run.design, run.guards, place) for place, run in enumerate(runs)]
    return [
        Lane(place, run.design, run.guards, designs.index(run.design), guards.index(run.guards))
        for place, run in enumerate(runs)
    ]


def rows_of(recording: Recording, lane: Lane) -> list[Row]:
    """The rows of one run, a market each."""
    return [row for row in recording.rows if (row.design, row.guards) == (lane.design, lane.guards)]


def called(kind: str, rows: Sequence[Row]) -> str:
    """A class of people in a sentence; of a vault, its owners."""
    vaults = [layer.vault for row in rows for layer in row.layers]
    return f"the owners of {kind}" if kind in vaults else f"the {kind}"


def sentence(text: str) -> str:
    """A text as the beginning of a sentence.

    Example::

        assert sentence("the makers lost") == "The makers lost"
    """
    return text[:1].upper() + text[1:]


def number(count: int) -> str:
    """A small number in words.

    Example::

        assert number(5) == "five"
    """
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"


def dollars(amount: int, sign: bool = False) -> str:
    """An amount (1e-6 dollar) in words; nothing is written as 0 that is not.

    Example::

        assert dollars(4_610_000_000_000) == "4.61 M dollars"
    """
    return f"{money(amount, sign)} dollars"


def set_in_type(text: str) -> str:
    """Text as it is printed: a true minus, and no line break between a number and its unit.

    Example::

        assert set_in_type("-4 %") == "\u22124\u00a0%"
    """
    minus = re.sub(r"(?<![\w-])-(?=[\d<])", "\u2212", text)
    return re.sub(r"(?<=\d) (?=(?:%|k|M|bn)(?!\w))", "\u00a0", minus)


def price(number: float) -> str:
    """A price in dollars with as many digits as it needs.

    Example::

        assert price(0.0095) == "0.0095"
    """
    if number >= 1000:
        return f"{number:,.0f}"
    return f"{number:.2f}" if number >= 10 else f"{number:.4g}"


def percent(share: float) -> str:
    """A share in per cent, to one digit where it is small; 0 and 100 only if it is that.

    Example::

        assert percent(0.9999) == "99.9 %"
    """
    if share in (0.0, 1.0):
        return f"{share:.0%}".replace("%", " %")
    if 0.999 <= share < 1:
        return "99.9 %"
    number = share * 100
    if abs(number) < 0.1:
        return f"{number:.2g} %"
    return f"{number:.1f} %" if abs(number) < 100 else f"{number:,.0f} %"


def clock(time: int, storm_ms: int) -> str:
    """A time (ms since the epoch, UTC); with its day where the storm lasts longer than one.

    Example::

        assert clock(1_760_131_200_000, 0) == "21:20"
    """
    at = datetime.fromtimestamp(time // 1000, UTC)
    text = f"{at:%H:%M}"
    return text if storm_ms <= _DAY else f"{at.day} {at:%b} {text}"


def listed(parts: Sequence[str]) -> str:
    """Parts joined as in a sentence.

    Example::

        assert listed(["a", "b", "c"]) == "a, b and c"
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def counted(number: int, thing: str) -> str:
    """A number of things.

    Example::

        assert counted(1, "account") == "1 account"
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"

"""What a storm is made of: prices that named sources report, tick after tick.

Glossary
--------
report    what one source says one market is worth at one time
source    who says it: a venue, a feed; several sources of one market feed one oracle
tick      one step of a run; it carries the reports that arrived since the tick before
series    all reports of one source for one market

Units are the engine's: times in milliseconds since the epoch, prices in 1e-10 dollar per token,
dollars in 1e-6.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from seawall.engine import fixed
from seawall.engine.errors import BadScenario
from seawall.storm.units import Moment, iso, parse_time

Report = tuple[str, str, int, int]
"""Market, source, price (1e-10 dollar per token), time (ms)."""

Column = npt.NDArray[np.int64]

_CHUNK = 65_536
_MAX_PRICE, _MAX_TIME = int(fixed.MAX_PRICE), int(fixed.MAX_TIME)


class MarketFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a market beside its price; ``None`` where it is not known.

    ``market_value`` is the value of all circulating tokens and ``daily_volume`` what was traded
    in 24 hours, both in 1e-6 dollar. ``preset`` names the parameter set that suits such a market:
    ``major``, ``alt``, ``micro`` or ``flat``; ``era`` the rules of its time, ``march-2025``.
    """

    market_value: int | None = None
    daily_volume: int | None = None
    preset: str | None = None
    era: str | None = None


@dataclass(frozen=True)
class PublishedMark:
    """A ``price`` (1e-10) of ``market`` for which ``source`` published what was lost."""

    market: str
    price: int
    source: str


@dataclass(frozen=True)
class Series:
    """The reports of one ``source`` for one ``market``.

    ``times`` (ms) ascend; ``prices`` are in 1e-10 dollar per token; ``spacing`` (ms) is the
    longest time between two reports while the source speaks.
    """

    market: str
    source: str
    times: Column
    prices: Column
    spacing: int


@dataclass(frozen=True, eq=False)
class Scenario:
    """The same market for every design: reports sorted by time, and what is known besides.

    ``markets`` and ``sources`` are names; the columns ``market`` and ``source`` hold their
    indices beside ``time`` (ms) and ``price`` (1e-10 dollar per token), one row per report.
    ``provenance`` says line by line where the numbers come from. Ticks lie ``tick`` ms apart from
    ``start`` to ``end``, both included. ``cadence`` (ms) is the longest time between two reports
    of a source that speaks: an oracle that drops a source sooner calls live sources stale. The
    columns are read-only. ``marks`` are prices at whose first crossing a run looks closely.

    Example::

        storm = load_event("jelly")
        for now, reports in storm.ticks():
            for market, source, price, time in reports: ...
    """

    name: str
    description: str
    provenance: tuple[str, ...]
    markets: tuple[str, ...]
    sources: tuple[str, ...]
    facts: Mapping[str, MarketFacts]
    start: int
    end: int
    tick: int
    cadence: int
    time: Column
    market: Column
    source: Column
    price: Column
    marks: tuple[PublishedMark, ...] = ()

    def __post_init__(self) -> None:
        for column in (self.time, self.market, self.source, self.price):
            column.setflags(write=False)

    def __len__(self) -> int:
        """Number of ticks."""
        return (self.end - self.start) // self.tick + 1

    def ticks(self) -> Iterator[tuple[int, list[Report]]]:
        """Every tick in order: its time (ms) and the reports since the tick before.

        A tick at which no source spoke has no reports; it is there so that time passes and the
        oracle can go stale. No series has two reports in one tick.
        """
        grid = np.arange(self.start, self.end + 1, self.tick, dtype=np.int64)
        arrived = np.searchsorted(self.time, grid, side="right")
        rows = self._rows()
        taken = 0
        for now, count in zip(grid.tolist(), arrived.tolist(), strict=True):
            yield now, list(islice(rows, count - taken))
            taken = count

    def _rows(self) -> Iterator[Report]:
        for first in range(0, len(self.time), _CHUNK):
            part = slice(first, first + _CHUNK)
            yield from zip(
                [self.markets[index] for index in self.market[part].tolist()],
                [self.sources[index] for index in self.source[part].tolist()],
                self.price[part].tolist(),
                self.time[part].tolist(),
                strict=True,
            )

    def series(self, market: str, source: str) -> tuple[Column, Column]:
        """Times (ms) and prices (1e-10 dollar per token) of one source for one market.

        Example::

            times, prices = load_event("october-2025").series("BTC", "binance")

        Raises :class:`BadScenario` for a name the scenario does not have.
        """
        rows = self.market == _index("market", market, self.markets)
        rows &= self.source == _index("source", source, self.sources)
        return self.time[rows], self.price[rows]

    def frame(self) -> pl.DataFrame:
        """All reports as a polars frame: time (UTC), market, source, price (1e-10, 64-bit).

        Example::

            load_event("jelly").frame().filter(pl.col("price") > 300_000_000)
        """
        return pl.DataFrame(
            {
                "time": pl.Series(self.time).cast(pl.Datetime("ms", "UTC")),
                "market": [self.markets[index] for index in self.market.tolist()],
                "source": [self.sources[index] for index in self.source.tolist()],
                "price": self.price,
            }
        )

    def between(self, start: Moment | None = None, end: Moment | None = None) -> "Scenario":
        """The part from ``start`` (included) to ``end`` (left out).

        Example::

            before_settlement = load_event("jelly").between(end="2025-03-26T15:15:45Z")

        Raises :class:`BadScenario` when a market would be left without a report.
        """
        first = self.start if start is None else parse_time(start)
        last = _MAX_TIME if end is None else parse_time(end)
        rows = (self.time >= first) & (self.time < last)
        for index, market in enumerate(self.markets):
            if not (rows & (self.market == index)).any():
                raise BadScenario(
                    f"{self.name}: no report of {market} from {iso(first)} until {iso(last)}; "
                    f"the scenario runs from {iso(self.start)} to {iso(self.end)}"
                )
        time = self.time[rows]
        begin = int(time[0])
        return replace(
            self,
            start=begin,
            end=_last_tick(begin, int(time[-1]), self.tick),
            time=time,
            market=self.market[rows],
            source=self.source[rows],
            price=self.price[rows],
        )


def build(
    name: str,
    description: str,
    provenance: Sequence[str],
    facts: Mapping[str, MarketFacts],
    tick: int,
    series: Sequence[Series],
) -> Scenario:
    """Merge ``series`` by time into one scenario with ticks ``tick`` ms apart.

    The first report starts the first tick. Markets and sources keep the order in which the series
    name them; a market that ``facts`` leaves out gets empty ones.

    Raises :class:`BadScenario` for no reports, a price or a time the engine cannot carry, and for
    two reports of one series in one tick, of which an oracle would see only the second.

    Example::

        line = Series("BTC", "mine", np.array([0, 1000]), np.array([10**10, 10**10]), 1000)
        build("two reports", "a test", ["made up"], {}, 1000, [line])
    """
    if tick < 1:
        raise BadScenario(f"{name}: a tick of {tick} ms; it must be at least 1 ms")
    lines = [line for line in series if len(line.times)]
    if not lines:
        raise BadScenario(f"{name}: there is no report in it; a scenario needs at least one")
    markets = tuple(dict.fromkeys(line.market for line in lines))
    sources = tuple(dict.fromkeys(line.source for line in lines))
    for line in lines:
        _check_series(name, line)
    start = min(int(line.times[0]) for line in lines)
    for line in lines:
        _check_ticks(name, line, start, tick)
    time = np.concatenate([line.times for line in lines]).astype(np.int64)
    price = np.concatenate([line.prices for line in lines]).astype(np.int64)
    lengths = [len(line.times) for line in lines]
    market = np.repeat(np.array([markets.index(line.market) for line in lines]), lengths)
    source = np.repeat(np.array([sources.index(line.source) for line in lines]), lengths)
    order = np.lexsort((source, market, time))
    return Scenario(
        name=name,
        description=description,
        provenance=tuple(provenance),
        markets=markets,
        sources=sources,
        facts={market: facts.get(market, MarketFacts()) for market in markets},
        start=start,
        end=_last_tick(start, int(time.max()), tick),
        tick=tick,
        cadence=max(line.spacing for line in lines),
        time=time[order],
        market=market[order].astype(np.int64),
        source=source[order].astype(np.int64),
        price=price[order],
    )


def _check_series(name: str, line: Series) -> None:
    where = f"{name}: {line.market} of {line.source}"
    times, prices = line.times, line.prices
    if times.min() < 0 or times.max() > _MAX_TIME:
        raise BadScenario(
            f"{where}: times from {times.min()} to {times.max()} ms; "
            f"they must lie between 0 and {_MAX_TIME}"
        )
    wrong = np.flatnonzero((prices < 1) | (prices > _MAX_PRICE))
    if len(wrong):
        row = int(wrong[0])
        raise BadScenario(
            f"{where}: price {prices[row]} (1e-10 dollar) at {iso(int(times[row]))}; "
            f"it must lie between 1 and {_MAX_PRICE}"
        )
    early = np.flatnonzero(np.diff(times) <= 0)
    if len(early):
        row = int(early[0]) + 1
        raise BadScenario(f"{where}: the report at {iso(int(times[row]))} is out of order")


def _check_ticks(name: str, line: Series, start: int, tick: int) -> None:
    slots = -((start - line.times) // tick)
    crowded = np.flatnonzero(np.diff(slots) == 0)
    if len(crowded):
        row = int(crowded[0])
        raise BadScenario(
            f"{name}: {line.market} of {line.source} reports at {iso(int(line.times[row]))} and "
            f"again at {iso(int(line.times[row + 1]))}, inside one tick of {tick} ms, so that the "
            "first would go unseen; use a shorter tick"
        )


def _last_tick(start: int, last: int, tick: int) -> int:
    return start - ((start - last) // tick) * tick


def _index(kind: str, name: str, names: tuple[str, ...]) -> int:
    if name not in names:
        raise BadScenario(f"no {kind} {name!r} here; there are {', '.join(names)}")
    return names.index(name)


def common_tick(spacings: Sequence[int], starts: Sequence[int]) -> int:
    """The longest tick (ms) at which every report of regular series arrives on time.

    Where that would be less than a second, the shortest spacing: a report between two ticks then
    arrives with the later one.

    Example::

        assert common_tick([15_000, 75_000], [0, 60_000]) == 15_000
    """
    first = min(starts)
    shared = math.gcd(*spacings, *(start - first for start in starts))
    return shared if shared >= 1000 else min(spacings)

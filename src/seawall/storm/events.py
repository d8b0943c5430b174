"""Published events: key points with their sources, and the path through them.

An event is a TOML file. Each key point carries a time on the tick grid, a price as decimal text
and the line that says who published it; between two key points of a venue the price is geometric.
A venue is silent before its first and after its last key point. The package ships a few
(:func:`scenarios`); a file of your own has the same form::

    description = "what happened"
    tick_s = 15
    sources = ["where the facts were published"]

    [[markets]]
    name = "JELLY"
    preset = "micro"              # optional: major, alt, micro, flat
    era = "march-2025"            # optional: designs go by the rules they had then
    market_value = "10000000"     # optional, dollars
    daily_volume = "20000000"     # optional, dollars
    source = "who gave these"     # needed with either of them

    [[marks]]                     # optional: prices at which losses were published
    market = "JELLY"
    price = "0.037188"
    source = "who published what"

    [[paths]]
    market = "JELLY"
    venue = "spot"
    points = [
      { time = 2025-03-26T12:53:00Z, price = "0.0095", source = "who published it" },
    ]
"""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from seawall.engine.errors import BadScenario
from seawall.storm import toml
from seawall.storm.paths import geometric
from seawall.storm.scenario import MarketFacts, PublishedMark, Scenario, Series, build
from seawall.storm.units import iso, parse_time, to_dollars, to_price


class _Point(msgspec.Struct, forbid_unknown_fields=True):
    time: datetime
    price: str
    source: str


class _Path(msgspec.Struct, forbid_unknown_fields=True):
    market: str
    venue: str
    points: list[_Point]


class _Market(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    preset: Literal["major", "alt", "micro", "flat"] | None = None
    era: Literal["march-2025"] | None = None
    market_value: str | None = None
    daily_volume: str | None = None
    source: str | None = None


class _Mark(msgspec.Struct, forbid_unknown_fields=True):
    market: str
    price: str
    source: str


class _Event(msgspec.Struct, forbid_unknown_fields=True):
    description: str
    tick_s: int
    sources: list[str]
    markets: list[_Market]
    paths: list[_Path]
    marks: list[_Mark] = []


def scenarios() -> list[str]:
    """Names of the events that the package ships, in alphabetical order.

    Example::

        assert "jelly" in scenarios()
    """
    folder = resources.files("seawall.storm") / "data"
    return sorted(
        file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")
    )


def load_event(name: str | Path) -> Scenario:
    """A shipped event by its name, or one of your own by the path of its ``.toml`` file.

    Raises :class:`BadScenario` for an unknown name, a file that is not there and whatever
    :func:`parse_event` refuses.

    Example::

        storm = load_event("october-2025")
    """
    if str(name).endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise BadScenario(f"{path}: there is no such file")
        try:
            return parse_event(path.read_text(encoding="utf-8"), path.stem)
        except UnicodeDecodeError:
            raise BadScenario(f"{path}: is not UTF-8 text") from None
    if name not in scenarios():
        raise BadScenario(
            f"no event {str(name)!r}; there are {', '.join(scenarios())}, "
            "or give the path of a .toml file"
        )
    file = resources.files("seawall.storm") / "data" / f"{name}.toml"
    return parse_event(file.read_text(encoding="utf-8"), str(name))


def parse_event(text: str, name: str) -> Scenario:
    """The scenario that the TOML ``text`` describes (form: see this module).

    Raises :class:`BadScenario` naming the field or the key point, its value and the rule.

    Example::

        parse_event(Path("my-event.toml").read_text(), "my-event")
    """
    try:
        event = toml.read(text, _Event)
    except msgspec.DecodeError as error:
        raise BadScenario(f"{name}: {error}") from None
    if not 1 <= event.tick_s <= 3600:
        raise BadScenario(f"{name}: tick_s {event.tick_s}: must be from 1 to 3600 (seconds)")
    facts = {market.name: _facts(name, market) for market in event.markets}
    if len(facts) < len(event.markets):
        raise BadScenario(f"{name}: a market is listed twice")
    _check_paths(name, event, list(facts))
    tick = event.tick_s * 1000
    lines = [_line(name, path, tick) for path in event.paths]
    points = [
        f"{path.market} of {path.venue} at {iso(parse_time(point.time))}: "
        f"{point.price} ({point.source})"
        for path in event.paths
        for point in path.points
    ]
    known = [f"{market.name}: {market.source}" for market in event.markets if market.source]
    storm = build(name, event.description, [*event.sources, *known, *points], facts, tick, lines)
    return replace(storm, marks=tuple(_mark(name, mark, storm.markets) for mark in event.marks))


def _mark(name: str, mark: _Mark, markets: tuple[str, ...]) -> PublishedMark:
    where = f"{name}: the mark {mark.price} of {mark.market}"
    if mark.market not in markets:
        raise BadScenario(f"{where}: the markets are {', '.join(markets)}")
    if not mark.source.strip():
        raise BadScenario(f"{where} has no source")
    try:
        return PublishedMark(mark.market, to_price(mark.price), mark.source)
    except BadScenario as refusal:
        raise BadScenario(f"{where}: {refusal}") from None


def _facts(name: str, market: _Market) -> MarketFacts:
    amounts = {}
    for field in ("market_value", "daily_volume"):
        text = getattr(market, field)
        if text is not None and not market.source:
            raise BadScenario(f"{name}: {field} of {market.name} needs a source line")
        try:
            amounts[field] = None if text is None else to_dollars(text)
        except BadScenario as refusal:
            raise BadScenario(f"{name}: {field} of {market.name}: {refusal}") from None
    return MarketFacts(preset=market.preset, era=market.era, **amounts)


def _check_paths(name: str, event: _Event, markets: list[str]) -> None:
    pairs = [(path.market, path.venue) for path in event.paths]
    for market, venue in pairs:
        if market not in markets:
            raise BadScenario(
                f"{name}: the path of {venue} is for {market}, which is not among the markets "
                f"({', '.join(markets)})"
            )
        if pairs.count((market, venue)) > 1:
            raise BadScenario(f"{name}: {market} has two paths of {venue}; join their points")
    for market in markets:
        if market not in [path.market for path in event.paths]:
            raise BadScenario(f"{name}: market {market} has no path")


def _line(name: str, path: _Path, tick: int) -> Series:
    where = f"{name}: {path.market} of {path.venue}"
    if not path.points:
        raise BadScenario(f"{where}: there are no key points; a path needs at least one")
    times = [_time(where, point, tick) for point in path.points]
    for earlier, later in pairwise(times):
        if later <= earlier:
            raise BadScenario(f"{where}: the point at {iso(later)} does not follow {iso(earlier)}")
    for time, point in zip(times, path.points, strict=True):
        try:
            to_price(point.price)
        except BadScenario as refusal:
            raise BadScenario(f"{where} at {iso(time)}: {refusal}") from None
    ends = [
        ((time - times[0]) // tick, Decimal(point.price))
        for time, point in zip(times, path.points, strict=True)
    ]
    grid = np.arange(times[0], times[-1] + 1, tick, dtype=np.int64)
    return Series(path.market, path.venue, grid, geometric(ends), tick)


def _time(where: str, point: _Point, tick: int) -> int:
    if point.time.tzinfo is None:
        raise BadScenario(f"{where}: time {point.time} has no zone; write it with a Z at its end")
    time = parse_time(point.time)
    if time % tick:
        raise BadScenario(
            f"{where}: the point at {iso(time)} is not on the grid of {tick // 1000} s; move it to "
            "the nearest step and say so in its source"
        )
    if not point.source.strip():
        raise BadScenario(f"{where}: the point at {iso(time)} has no source")
    return time

"""A crowd as it was drawn, in one Parquet file: the same people with the same plans, once more.

    run_storm("jelly", traders=100, save_intents="people.parquet")
    run_storm("jelly", intents="people.parquet")         # the same result, byte for byte

A row is an intent, a trader, or one of a market's balancers, bidders, providers or makers, by its
``kind``; a column that a kind has no use for is null. Times are ms since the epoch, amounts 1e-6
dollar, shares and widths fractions. The row ``crowd`` comes first: what was drawn from what, as
JSON, with a checksum of all other rows and one of the prices that the plans were made for.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl

from seawall.about import VERSION
from seawall.engine.errors import BadParameters
from seawall.storm.crowd import CLASSES, Crowd, Group, Intents, Quoters
from seawall.storm.disk import check_page, write_whole
from seawall.storm.population import Population
from seawall.storm.scenario import Scenario

FORMAT = "seawall intents 1"
"""First words of the file's first row; the number changes with the columns."""

_SCHEMA: dict[str, Any] = {
    "kind": pl.String,
    "market": pl.String,
    "number": pl.Int64,
    "time": pl.Int64,
    "opens": pl.Boolean,
    "long": pl.Boolean,
    "dollars": pl.Int64,
    "style": pl.String,
    "margin": pl.Int64,
    "purse": pl.Int64,
    "adds": pl.Boolean,
    "stop": pl.Float64,
    "part": pl.Float64,
    "trait": pl.Float64,
    "limit": pl.Float64,
    "about": pl.String,
}
_GROUPS = ("balancers", "bidders", "providers")


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a crowd was drawn from; ``capital`` in whole dollars a market, ``tick`` in ms."""

    format: str
    seawall: str
    scenario: str
    prices: str
    markets: list[str]
    population: Population
    seed: int
    capital: int
    tick: int
    checksum: str


@dataclass(frozen=True, eq=False)
class Saved:
    """What a file holds: the crowd, and what it was drawn ``about``; ``path`` is where it lies."""

    path: Path
    about: About
    crowd: Crowd

    def check_call(self, population: object, traders: object, seed: int, capital: int) -> None:
        """Raise :class:`BadParameters` where a call asks for other people than there are.

        ``seed`` and ``capital`` may be 0: not asked for.
        """
        for name, given in (("population", population), ("number of traders", traders)):
            if given is not None:
                raise BadParameters(f"{self.path}: the people are those of the file; no {name}")
        for name, asked, held in (
            ("seed", seed, self.about.seed),
            ("capital", capital, self.about.capital),
        ):
            if asked not in (0, held):
                raise BadParameters(f"{self.path}: {name} {asked}; the file's is {held}")

    def check_prices(self, scenario: Scenario) -> None:
        """Raise :class:`BadParameters` where the plans were made for other prices."""
        about = self.about
        if (scenario.name, fingerprint(scenario)) != (about.scenario, about.prices):
            raise BadParameters(
                f"{self.path}: these plans were made for {about.scenario} "
                f"({', '.join(about.markets)}), and {scenario.name} here is not the same prices"
            )


def fingerprint(scenario: Scenario) -> str:
    """Checksum of every price of a scenario, with who reported it when."""
    hashed = hashlib.sha256()
    head = [scenario.markets, scenario.sources, scenario.start, scenario.end, scenario.cadence]
    hashed.update(msgspec.json.encode(head))
    for column in (scenario.time, scenario.market, scenario.source, scenario.price):
        hashed.update(np.ascontiguousarray(column, dtype="<i8").tobytes())
    return hashed.hexdigest()


def save_crowd(
    path: str | Path, crowd: Crowd, scenario: Scenario, seed: int, capital: int, tick: int
) -> Path:
    """Write ``crowd`` to ``path``, whole or not at all; raises :class:`BadParameters`."""
    rows = _rows(crowd)
    about = About(
        format=FORMAT,
        seawall=VERSION,
        scenario=scenario.name,
        prices=fingerprint(scenario),
        markets=list(crowd.markets),
        population=crowd.population,
        seed=seed,
        capital=capital,
        tick=tick,
        checksum=_checksum(rows),
    )
    first = _frame("crowd", about=[msgspec.json.encode(about).decode()])
    return write_whole(path, lambda part: pl.concat([first, rows]).write_parquet(part))


def check_file(path: str | Path) -> Path:
    """``path`` as one that a crowd can be written to; raises :class:`BadParameters`."""
    return check_page(path, "people.parquet")


def load_crowd(path: str | Path) -> Saved:
    """The crowd in a file that :func:`save_crowd` wrote.

    Raises :class:`BadParameters` for a file that is not there, is none of these, was cut short or
    changed.
    """
    file = Path(path)
    if not file.is_file():
        raise BadParameters(f"{path}: there is no such file")
    try:
        table = pl.read_parquet(file)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]
        raise BadParameters(f"{path}: cannot be read as Parquet ({reason})") from None
    if dict(table.schema) != _SCHEMA or table.height == 0 or table["kind"][0] != "crowd":
        raise BadParameters(
            f"{path}: is no file of intents; `seawall storm ... --save-intents FILE` writes one"
        )
    rows = table.slice(1)
    try:
        about = msgspec.json.decode(str(table["about"][0]), type=About)
    except msgspec.DecodeError as error:
        raise BadParameters(f"{path}: its first row cannot be read ({error})") from None
    if about.format != FORMAT:
        raise BadParameters(f"{path}: written as {about.format!r}; this version reads {FORMAT!r}")
    if _checksum(rows) != about.checksum:
        raise BadParameters(f"{path}: its rows are not those that were saved (checksum)")
    return Saved(file, about, _crowd(about, rows))


def _frame(kind: str, **columns: Any) -> pl.DataFrame:
    """Rows of one kind; what is not given is null."""
    length = len(next(iter(columns.values())))
    found = {name: pl.Series(name, columns[name], _SCHEMA[name]) for name in columns}
    empty = {name: pl.Series(name, [None] * length, dtype) for name, dtype in _SCHEMA.items()}
    return pl.DataFrame({**empty, **found, "kind": pl.Series("kind", [kind] * length, pl.String)})


def _rows(crowd: Crowd) -> pl.DataFrame:
    """Everything but the first row."""
    plans = crowd.intents
    names = np.array(crowd.markets, dtype=object)
    parts = [
        _frame(
            "trader",
            number=np.arange(len(crowd.market)),
            market=names[crowd.market].tolist(),
            style=np.array(CLASSES, dtype=object)[crowd.style].tolist(),
            margin=crowd.margin,
            purse=crowd.purse,
            adds=crowd.adds,
            stop=crowd.stop,
        ),
        _frame(
            "intent",
            number=plans.trader,
            time=plans.time,
            opens=plans.opens,
            long=plans.long,
            dollars=plans.dollars,
        ),
    ]
    for kind in (*_GROUPS, "makers"):
        for market, group in zip(crowd.markets, getattr(crowd, kind), strict=True):
            more = {"limit": group.limit} if isinstance(group, Quoters) else {}
            where = [market] * len(group.parts)
            parts.append(_frame(kind, market=where, part=group.parts, trait=group.trait, **more))
    return pl.concat(parts)


def _checksum(rows: pl.DataFrame) -> str:
    hashed = hashlib.sha256()
    for name in _SCHEMA:
        column = rows[name]
        if column.dtype == pl.Float64:
            hashed.update(np.asarray(column.fill_null(0.0).to_numpy(), dtype="<f8").tobytes())
        else:
            hashed.update("\n".join(map(str, column.to_list())).encode())
        hashed.update(str(column.null_count()).encode())
    return hashed.hexdigest()


def _crowd(about: About, rows: pl.DataFrame) -> Crowd:
    people = rows.filter(pl.col("kind") == "trader")
    plans = rows.filter(pl.col("kind") == "intent")
    groups = {
        kind: [Group(*_traits(rows, kind, market, "part", "trait")) for market in about.markets]
        for kind in _GROUPS
    }
    makers = [
        Quoters(*_traits(rows, "makers", market, "part", "trait", "limit"))
        for market in about.markets
    ]
    return Crowd(
        population=about.population,
        markets=tuple(about.markets),
        intents=Intents(
            plans["time"].to_numpy(),
            plans["number"].to_numpy(),
            plans["opens"].to_numpy(),
            plans["long"].to_numpy(),
            plans["dollars"].to_numpy(),
        ),
        market=_places(about.markets, people["market"]),
        style=_places(CLASSES, people["style"]),
        margin=people["margin"].to_numpy(),
        purse=people["purse"].to_numpy(),
        adds=people["adds"].to_numpy(),
        stop=people["stop"].to_numpy(),
        makers=makers,
        **groups,
    )


def _places(names: Iterable[str], column: pl.Series) -> Any:
    place = {name: index for index, name in enumerate(names)}
    return np.array([place[name] for name in column.to_list()], dtype=np.int64)


def _traits(rows: pl.DataFrame, kind: str, market: str, *names: str) -> list[Any]:
    found = rows.filter((pl.col("kind") == kind) & (pl.col("market") == market))
    return [found[name].to_numpy() for name in names]

"""A sweep: many storms, from one file that says what is varied.

::

    scenario = "crash"               # crash, jumps, brownian, a published event, or candles = [...]
    designs = ["layered"]            # all there are where it is left out
    seeds = 5                        # 1 to 5; or a list

    [fixed]                          # the same in every storm
    traders = 200

    [vary]                           # every combination is run, with every design and every seed
    "layered.junior" = [0.2, 0.3, 0.4]
    "crash.depth" = [0.2, 0.4, 0.6]

    [report]                         # optional: what is shown
    measures = ["worst.senior", "bad_debt"]
    statistic = "p95"                # of the heat map

Names are those of :mod:`seawall.storm.settings`. A name that belongs to one design is set for that
design alone, and the others are not run again for each of its values.
"""

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import polars as pl

from seawall import designs as registry
from seawall.about import VERSION
from seawall.engine.errors import BadParameters, SeawallError
from seawall.engine.fixed import HOUR, MAX_TIME
from seawall.storm import toml
from seawall.storm.candles import Gaps, load_candles
from seawall.storm.events import load_event, scenarios
from seawall.storm.scenario import Scenario
from seawall.storm.settings import PATHS, Settings, check_names, owner
from seawall.storm.units import parse_time

Value = Any
Statistic = Literal["median", "mean", "p05", "p95", "least", "most", "above_zero"]

MOST_JOBS = 1_000_000
"""A sweep of more storms is refused."""


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is shown of a sweep: measures in the summary, the first of them in the heat map."""

    measures: list[str] = []
    statistic: Statistic = "median"


class Source(msgspec.Struct, frozen=True):
    """Where the prices of a sweep come from; ``files`` are digests of what is read."""

    scenario: str | None = None
    candles: list[str] = []
    symbols: list[str] = []
    gaps: Gaps = "refuse"
    start: str | None = None
    hours: float | None = None
    files: dict[str, str] = {}

    def load(self) -> str | Scenario:
        """The name of a generated path, or the scenario."""
        if self.scenario is not None and self.scenario in PATHS:
            return self.scenario
        begin = None if self.start is None else parse_time(self.start)
        length = int(MAX_TIME) // 2 if self.hours is None else round(self.hours * int(HOUR))
        if self.scenario is not None:
            storm = load_event(self.scenario)
        else:
            storm = load_candles(
                self.candles, symbols=self.symbols or None, start=begin, gaps=self.gaps
            )
        first = storm.start if begin is None else begin
        return storm.between(first, first + length)


class SweepFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sweep as its file has it."""

    scenario: str | None = None
    candles: list[str] = []
    symbols: list[str] = []
    gaps: Gaps = "refuse"
    start: str | None = None
    hours: float | None = None
    description: str = ""
    designs: list[str] = []
    seeds: int | list[int] = 1
    fixed: dict[str, Value] = {}
    vary: dict[str, Value] = {}
    report: Report = Report()


@dataclass(frozen=True)
class Job:
    """One storm of a sweep: ``values`` are the varied ones, ``key`` names all it follows from."""

    index: int
    key: str
    design: str
    seed: int
    values: Mapping[str, Value]


@dataclass(frozen=True)
class Sweep:
    """All storms of a sweep: ``vary`` has the values of each varied name, in the file's order."""

    name: str
    description: str
    source: Source
    designs: tuple[str, ...]
    seeds: tuple[int, ...]
    fixed: Mapping[str, Value]
    vary: Mapping[str, tuple[Value, ...]]
    report: Report

    def axis(self, name: str) -> list[Value]:
        """The values of a varied name as a column of the dataset has them: a list is text."""
        return pl.Series([plain(value) for value in self.vary[name]], strict=False).to_list()

    def jobs(self) -> Iterator[Job]:
        """Every storm once, in the order of the file: points, designs, seeds."""
        seen: set[str] = set()
        index = 0
        for point in itertools.product(*self.vary.values()):
            values = dict(zip(self.vary, point, strict=True))
            for design in self.designs:
                own = {name: value for name, value in values.items()
                       if owner(name) in (None, design)}  # fmt: skip
                for seed in self.seeds:
                    key = self._key(design, seed, own)
                    if key not in seen:
                        seen.add(key)
                        yield Job(index, key, design, seed, own)
                        index += 1

    def settings(self, job: Job, scenario: str | Scenario) -> Settings:
        """Everything that is set in one storm."""
        return Settings(scenario, job.design, job.seed, self._all(job.design, job.values))

    def _all(self, design: str, values: Mapping[str, Value]) -> dict[str, Value]:
        fixed = {name: value for name, value in self.fixed.items() if owner(name) in (None, design)}
        return {**fixed, **values}

    def _key(self, design: str, seed: int, values: Mapping[str, Value]) -> str:
        everything = [
            VERSION, msgspec.to_builtins(self.source), design, seed, self._all(design, values)
        ]  # fmt: skip
        text = msgspec.json.encode(everything, order="sorted")
        return hashlib.sha256(text).hexdigest()[:20]

    def check(self) -> None:
        """Try every value of every name once, so that nothing is refused hours later.

        Raises the :class:`SeawallError` of the first that cannot be, with its name.
        """
        scenario = self.source.load()
        check_names(scenario, [*self.fixed, *self.vary])
        first = {name: values[0] for name, values in self.vary.items()}
        points = [first]
        points += [
            {**first, name: value} for name, values in self.vary.items() for value in values[1:]
        ]
        for design in self.designs:
            tried = []
            for point in points:
                own = {n: value for n, value in point.items() if owner(n) in (None, design)}
                if own not in tried:
                    tried.append(own)
                    job = Job(0, "", design, self.seeds[0], own)
                    self.settings(job, scenario).prepare()


def plain(value: Value) -> Value:
    """A varied value as a column holds it: numbers and text as they are, lists as text."""
    return msgspec.json.encode(value).decode() if isinstance(value, list) else value


def load_sweep(path: str | Path) -> Sweep:
    """The sweep of a ``.toml`` file.

    Raises :class:`BadParameters` naming the field and the rule.

    Example::

        for job in load_sweep("sweep.toml").jobs(): ...
    """
    path = Path(path)
    if not path.is_file():
        raise BadParameters(f"{path}: there is no such file")
    return parse_sweep(path.read_bytes(), path.stem)


def parse_sweep(text: bytes | str, name: str) -> Sweep:
    """The sweep that the TOML ``text`` describes; raises as :func:`load_sweep`."""
    try:
        file = toml.read(text, SweepFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadParameters(f"{name}: {error}") from None
    try:
        return _sweep(file, name)
    except SeawallError as error:
        raise BadParameters(f"{name}: {error}") from None


def _sweep(file: SweepFile, name: str) -> Sweep:
    if (file.scenario is None) == (not file.candles):
        raise BadParameters(
            f"name one scenario ({', '.join([*PATHS, *scenarios()])}, or a .toml file) or give "
            "candles"
        )
    if file.scenario in PATHS and (file.start is not None or file.hours is not None):
        raise BadParameters(f"start and hours cut real prices; set the {file.scenario} by its name")
    seeds = list(range(1, file.seeds + 1)) if isinstance(file.seeds, int) else file.seeds
    if not seeds or len(set(seeds)) < len(seeds) or min(seeds) < 0 or max(seeds) >= 2**63:
        raise BadParameters(
            f"seeds {file.seeds}: a count above 0, or a list of different whole numbers from 0 to "
            f"{2**63 - 1}"
        )
    names = file.designs or list(registry.DESIGNS)
    for design in names:
        registry.design(design)
    if len(set(names)) < len(names):
        raise BadParameters(f"designs {', '.join(names)}: one is named twice")
    fixed, vary = _flat(file.fixed), _flat(file.vary)
    for one, values in vary.items():
        if one in fixed:
            raise BadParameters(f"{one} is both fixed and varied")
        if not isinstance(values, list) or not values:
            raise BadParameters(f"vary {one} {values!r}: must be a list of values")
        if any(values.count(value) > 1 for value in values):
            raise BadParameters(f"vary {one} {values}: a value is there twice")
    for one in (*fixed, *vary):
        if owner(one) not in (None, *names):
            raise BadParameters(f"{one}: the design {owner(one)} is not in this sweep")
    sweep = Sweep(
        name=name,
        description=file.description.strip(),
        source=_source(file, [*fixed.items(), *((k, v) for k, vs in vary.items() for v in vs)]),
        designs=tuple(names),
        seeds=tuple(seeds),
        fixed=fixed,
        vary={one: tuple(values) for one, values in vary.items()},
        report=file.report,
    )
    jobs = len(seeds) * len(names)
    for values in sweep.vary.values():
        jobs *= len(values)
    if jobs > MOST_JOBS:
        raise BadParameters(f"{jobs} storms; at most {MOST_JOBS} in one sweep")
    return sweep


def _flat(table: Mapping[str, Value], before: str = "") -> dict[str, Value]:
    """Nested tables as names with points in them: ``crash.depth`` may be written either way."""
    found: dict[str, Value] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            found.update(_flat(value, f"{before}{name}."))
        else:
            found[f"{before}{name}"] = value
    return found


def _source(file: SweepFile, values: list[tuple[str, Value]]) -> Source:
    """Where prices come from, with a digest of every file that a storm reads."""
    read = [item.split("=", 1)[-1] if not Path(item).exists() else item for item in file.candles]
    if file.scenario is not None and file.scenario.endswith(".toml"):
        read.append(file.scenario)
    read += [
        value
        for name, value in values
        if name == "population" and isinstance(value, str) and value.endswith(".toml")
    ]
    digests = {}
    for item in read:
        if not Path(item).is_file():
            raise BadParameters(f"{item}: there is no such file")
        digests[item] = hashlib.sha256(Path(item).read_bytes()).hexdigest()[:20]
    return Source(
        file.scenario, file.candles, file.symbols, file.gaps, file.start, file.hours, digests
    )

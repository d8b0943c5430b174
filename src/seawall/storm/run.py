"""The run: one scenario, one crowd, every design; the same people meet each of them.

    result = run_storm("october-2025", traders=1000, seed=1)
    print(result.table())

What happens at one venue is :mod:`seawall.storm.stage`.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from seawall import designs as registry
from seawall.about import VERSION
from seawall.engine.errors import BadParameters, BadScenario
from seawall.engine.fixed import DOLLAR, SECOND
from seawall.storm.crowd import draw, tape
from seawall.storm.designs import preset_of
from seawall.storm.events import load_event
from seawall.storm.guarding import sets
from seawall.storm.intents import check_file, load_crowd, save_crowd
from seawall.storm.onlooker import Onlooker, Progress
from seawall.storm.opening import Pool
from seawall.storm.population import Population, load_population, populations
from seawall.storm.recorded import State, load_state
from seawall.storm.result import Beginning, Configuration, Result, Row, Run, Source
from seawall.storm.scenario import Scenario
from seawall.storm.stage import Stage
from seawall.storm.table import as_text
from seawall.storm.units import iso

__all__ = ["CAPITAL", "Onlooker", "Progress", "Stage", "StormResult", "check_run", "run_storm"]

CAPITAL = 14_000_000
"""Dollars of vault capital behind each market where nothing else is said."""

LONGEST_TICK = 15 * int(SECOND)
"""Time passes at least so often: an auction of a minute has to be seen more than once."""


class StormResult(Result):
    """What :func:`run_storm` returns; every field is described in :mod:`seawall.storm.result`."""

    def json(self) -> str:
        """The whole result as one JSON document; the same storm gives the same text."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()

    def table(self) -> str:
        """The tables as plain text, at most 100 columns wide."""
        return as_text(self)


def run_storm(
    scenario: Scenario | str,
    designs: Sequence[str | registry.Design] | None = None,
    population: Population | str | None = None,
    seed: int = 1,
    *,
    traders: int | None = None,
    capital: int = CAPITAL,
    guards: Sequence[str] | str = ("none",),
    preset: str | None = None,
    tick: int | None = None,
    state: State | str | Path | None = None,
    progress: Progress | None = None,
    recorder: Onlooker | None = None,
    intents: str | Path | None = None,
    save_intents: str | Path | None = None,
) -> StormResult:
    """Put ``designs`` (or ``all`` there are) through ``scenario``, with each set of ``guards``.

    ``scenario`` may be the name of a published event, and a design its name or a registry entry
    of one's own (:func:`seawall.storm.parameters.changed`). Without a ``population`` it is the one
    named as the scenario, else ``crowd``; ``traders`` replaces their count. ``capital`` are whole
    dollars behind each market, ``guards`` names of :data:`seawall.engine.guards.PRESETS`, with
    settings where these differ (``open-interest-cap(value_share=0.05)``), ``defaults`` for what a
    design ships with, ``each`` for every set there is, ``preset`` one of leverage for every market,
    ``tick`` milliseconds. ``state`` is a recorded pool with which the markets it is of begin
    instead of their capital (:mod:`seawall.storm.recorded`), for one design. A ``recorder`` sees
    every tick and event.
    ``save_intents`` writes the crowd as drawn to a file, from which ``intents`` takes it instead
    of drawing one: with its population, seed, capital and tick (:mod:`seawall.storm.intents`).

    Raises :class:`BadParameters`, :class:`BadScenario`, and the :class:`Refusal` of a vault that
    cannot take its capital.

    Example::

        run_storm("october-2025", traders=1000, seed=1).rows[0].bad_debt
    """
    storm = load_event(scenario) if isinstance(scenario, str) else scenario
    if save_intents is not None:
        check_file(save_intents)
    saved = None if intents is None else load_crowd(intents)
    if saved is None:
        people = _population(population, storm)
    else:
        asked = capital if capital != CAPITAL else 0
        saved.check_call(population, traders, seed if seed != 1 else 0, asked)
        people, seed, capital = saved.about.population, saved.about.seed, saved.about.capital
        tick = saved.about.tick if tick is None else tick
    if people.until is not None:
        storm = storm.between(end=people.until)
    step = check_run(storm, seed, traders, capital, tick)
    chosen = [
        one if isinstance(one, registry.Design) else registry.design(one)
        for one in registry.spelled_out(designs)
    ]
    guarded = sets([guards] if isinstance(guards, str) else guards)
    pool = None if state is None else load_state(state, [one.name for one in chosen], storm.markets)
    prices = tape(storm, step)
    if saved is None:
        crowd = draw(people, storm, prices, traders=traders, seed=seed)
    else:
        saved.check_prices(storm)
        crowd = saved.crowd
    if save_intents is not None:
        save_crowd(save_intents, crowd, storm, seed, capital, step)
    runs: list[Run] = []
    rows: list[Row] = []
    for design in chosen:
        for guard in guarded:
            dollars = capital * int(DOLLAR)
            stage = Stage(design, guard, storm, crowd, prices, step, dollars, preset, pool)
            run, found = stage.run(progress, recorder)
            runs.append(run)
            rows += found
    return StormResult(
        seawall=VERSION,
        configuration=Configuration(
            scenario=_source(storm),
            population=people,
            seed=seed,
            traders=len(crowd.market),
            capital=capital * int(DOLLAR),
            tick=step,
            designs=[design.name for design in chosen],
            guards=guarded,
            presets={name: preset_of(storm, name, preset) for name in storm.markets},
            state=None if pool is None else _beginning(pool),
        ),
        runs=runs,
        rows=rows,
    )


def check_run(
    storm: Scenario, seed: int, traders: int | None, capital: int, tick: int | None
) -> int:
    """The tick (ms) of a run with these numbers; raises what :func:`run_storm` would."""
    if not 0 <= seed < 2**63:
        raise BadParameters(f"seed {seed}: must be between 0 and {2**63 - 1}")
    if not 1_000 <= capital <= 10**12:
        raise BadParameters(f"capital {capital}: must be between 1000 and {10**12} (dollars)")
    if traders is not None and not 0 <= traders <= 10_000_000:
        raise BadParameters(f"traders {traders}: must be between 0 and 10000000")
    return _tick(storm, tick)


def _population(population: Population | str | None, storm: Scenario) -> Population:
    if isinstance(population, Population):
        return population
    if population is None:
        population = storm.name if storm.name in populations() else "crowd"
    return load_population(population)


def _tick(storm: Scenario, wanted: int | None) -> int:
    """The tick of a run: as asked for, else the longest that divides the scenario's evenly."""
    if wanted is None:
        parts = -(-storm.tick // LONGEST_TICK)
        while storm.tick % parts:
            parts += 1
        return storm.tick // parts
    if not 1 <= wanted <= storm.tick:
        raise BadScenario(
            f"{storm.name}: a tick of {wanted / 1000:g} s; it must be at most "
            f"{storm.tick / 1000:g} s, so that no report goes unseen"
        )
    return wanted


def _source(storm: Scenario) -> Source:
    return Source(
        name=storm.name,
        description=storm.description,
        markets=list(storm.markets),
        sources=list(storm.sources),
        start=iso(storm.start),
        end=iso(storm.end),
        reports=len(storm.time),
        provenance=list(storm.provenance),
    )


def _beginning(pool: Pool) -> Beginning:
    return Beginning(file=pool.file, time=iso(pool.time), markets=list(pool.markets))

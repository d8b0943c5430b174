"""The run: one scenario, one crowd, every design; the same people meet each of them.

    result = run_storm("october-2025", traders=1000, seed=1)
    print(result.table())

A tick goes so: time and reports pass (:meth:`Venue.advance`), the events are counted and shown to
everybody, the market is looked at, everybody acts. What is sent in a tick fills in a later one.
"""

import gc
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import msgspec

from seawall import designs as registry
from seawall.about import VERSION
from seawall.engine.auction import AuctionTerms
from seawall.engine.errors import BadParameters, BadScenario
from seawall.engine.events import Event
from seawall.engine.fixed import DOLLAR, MINUTE, SECOND
from seawall.engine.reports import Report
from seawall.engine.venue import Market, Venue
from seawall.storm.broker import Broker, Tick
from seawall.storm.crowd import Crowd, Tape, draw, tape
from seawall.storm.designs import (
    build,
    idle_guards,
    idle_notes,
    parameters,
    preset_of,
    split,
    terms_of,
)
from seawall.storm.events import load_event
from seawall.storm.guarding import for_design, sets
from seawall.storm.hedges import Hedges
from seawall.storm.in_kind import Owners, coins
from seawall.storm.intents import check_file, load_crowd, save_crowd
from seawall.storm.measure import Watcher, conservation
from seawall.storm.opening import Pool
from seawall.storm.population import Population, load_population, populations
from seawall.storm.professionals import everybody
from seawall.storm.recorded import State, begin, load_state
from seawall.storm.result import Beginning, Configuration, Result, Row, Run, Source
from seawall.storm.scenario import Scenario
from seawall.storm.table import as_text
from seawall.storm.units import iso

CAPITAL = 14_000_000
"""Dollars of vault capital behind each market where nothing else is said."""

LONGEST_TICK = 15 * int(SECOND)
"""Time passes at least so often: an auction of a minute has to be seen more than once."""

Progress = Callable[[str, int, int], None]
"""Told the run's name, the ticks done and all ticks."""


class Onlooker(Protocol):
    """Sees every run from its beginning to its end, after the watchers, and changes nothing."""

    def begin(self, watchers: Sequence[Watcher], prices: Tape) -> None:
        """A run begins, whose markets are seen through ``watchers``."""

    def tick(self, index: int, events: Sequence[Event]) -> None:
        """What happened in a tick."""

    def end(self, design: str, guards: str, broker: Broker) -> None:
        """The run is over."""


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


class Stage:
    """One venue of one design with all markets of the scenario, and everybody at it."""

    def __init__(
        self,
        design: registry.Design,
        guards: str,
        scenario: Scenario,
        crowd: Crowd,
        prices: Tape,
        tick: int,
        capital: int,
        preset: str | None,
        pool: Pool | None = None,
    ) -> None:
        self.pool = pool
        self.design = design
        self.guards = guards
        self.scenario = scenario
        self.tick = tick
        self.prices = prices
        self.recorder: Onlooker | None = None
        self.venue = Venue()
        standing = for_design(guards, design.guards)
        self.idle = [
            note
            for name in scenario.markets
            for note in idle_notes(design.name, name, idle_guards(design, scenario, name, standing))
        ]
        terms = {name: terms_of(scenario, name, standing, preset) for name in scenario.markets}
        self.parameters: dict[str, dict[str, Any]] = {}
        recorded = () if pool is None else pool.markets
        host: Market | None = None
        for name in scenario.markets:
            if pool is not None and name in recorded:
                changes = pool.changes()
                market = build(design, scenario, name, tick, terms[name], None, changes, host)
                host = host or market
            else:
                market = build(design, scenario, name, tick, terms[name], capital)
            self.parameters[name] = parameters(market)
            self.venue.list_market(market)
        self.broker = Broker(self.venue, terms)
        probe = self.venue.open_account()
        self.watchers = [
            Watcher(
                self.venue,
                market,
                probe,
                [mark.price for mark in scenario.marks if mark.market == name],
            )
            for name, market in self.broker.markets.items()
        ]
        self.hedges = [Hedges(self.broker, name, prices) for name in scenario.markets]
        auctions = {name: _auction_terms(found) for name, found in self.parameters.items()}
        splits = {name: split(design, capital) for name in scenario.markets}
        for name in recorded:
            splits[name] = dict.fromkeys(design.capital, 0) if name == recorded[0] else {}
        self.agents, self.providers = everybody(
            crowd, self.broker, prices, capital, splits, auctions, design.in_kind
        )
        for watcher, provider in zip(self.watchers, self.providers, strict=True):
            for vault in design.in_kind:
                if vault in provider.accounts:
                    accounts = provider.accounts[vault]
                    watcher.owners[vault] = Owners(self.broker, accounts, watcher.tokens)
        actions = crowd.population.keeper.actions_per_minute
        self.budget = max(1, actions * tick // int(MINUTE))

    def run(
        self, progress: Progress | None = None, recorder: Onlooker | None = None
    ) -> tuple[Run, list[Row]]:
        """The whole storm."""
        self.venue.listen()
        self.recorder = recorder
        if recorder is not None:
            recorder.begin(self.watchers, self.prices)
        last = len(self.prices.grid) - 1
        label = self.design.name if self.guards == "none" else f"{self.design.name}, {self.guards}"
        every = max(1, last // 200)
        paced = replace(self.scenario, tick=self.tick)
        gc.freeze()  # what stands there now lives to the end: no need to look through it each time
        try:
            for index, (now, said) in enumerate(paced.ticks()):
                self._step(index, now, said, index < last)
                if progress is not None and (index % every == 0 or index == last):
                    progress(label, index + 1, last + 1)
        finally:
            gc.unfreeze()
        for agents in self.agents:
            agents.finish()
        self.broker.finish()
        self.venue.audit()
        if recorder is not None:
            recorder.end(self.design.name, self.guards, self.broker)
        rows = [
            watcher.row(self.broker, self.design.name, self.guards, hedges)
            for watcher, hedges in zip(self.watchers, self.hedges, strict=True)
        ]
        run = Run(
            design=self.design.name,
            guards=self.guards,
            conservation=conservation(self.broker, rows),
            deposits=sum(self.broker.paid_in.values()) + self._in_kind(),
            digest=self.venue.digest(),
            parameters=self.parameters,
            idle=self.idle,
        )
        return run, rows

    def _in_kind(self) -> int:
        """What was brought in tokens, in dollars (1e-6) at the marks of the end."""
        names = sorted({name for _, name in self.broker.in_kind})
        worth = 0
        for coin in coins(self.broker, names):
            for (_, name), amount in self.broker.in_kind.items():
                if name == coin.name:
                    worth += coin.worth(amount)
        return worth

    def _supply(self) -> None:
        """Everybody who stands behind a market brings their capital; a recorded pool its own."""
        if self.pool is not None:
            self._take_over(self.pool)
        for provider in self.providers:
            if self.pool is None or provider.market not in self.pool.markets:
                provider.supply()

    def _take_over(self, pool: Pool) -> None:
        host = next(one for one in self.providers if one.market == pool.markets[0])
        vault, accounts = next(iter(host.accounts.items()))
        shares, tokens = begin(pool, self.broker, accounts, host.parts)
        host.shares[vault] = shares
        owners = Owners(self.broker, accounts, tokens)
        for watcher in self.watchers:
            if watcher.name in pool.markets:
                watcher.returns = None
                watcher.tokens = tokens
                watcher.owners[vault] = owners
                watcher.is_guest = watcher.name != host.market
                if watcher.name == host.market:
                    watcher.guests = [self.broker.markets[name] for name in pool.markets[1:]]

    def _step(
        self, index: int, now: int, said: list[tuple[str, str, int, int]], acts: bool
    ) -> None:
        reports: dict[str, list[Report]] = {}
        for market, source, price, time in said:
            reports.setdefault(market, []).append(Report(source, price, time))
        self.venue.advance(now, reports, self.budget)
        if index == 0:
            self._supply()
        events = self.venue.drain()
        tick = Tick(index, now, events)
        self.broker.observe(tick)
        for watcher, hedges in zip(self.watchers, self.hedges, strict=True):
            watcher.tick(now, events)
            hedges.move(index, events)
        if self.recorder is not None:
            self.recorder.tick(index, events)
        for agents in self.agents:
            agents.observe(tick)
        if acts:
            for agents in self.agents:
                agents.act(tick)
            self.broker.serve_exits(now)
        for hedges in self.hedges:
            hedges.follow()


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


def _auction_terms(rules: dict[str, Any]) -> AuctionTerms | None:
    """What a market publishes about its auctions, where it has them."""
    if "auction_duration" not in rules:
        return None
    step = rules["auction_step"]
    guard = rules["guards"]["auction"] if "auction" in rules else None
    duration = rules["auction_duration"] if guard is None else guard["duration"]
    return AuctionTerms(duration, min(step, duration))

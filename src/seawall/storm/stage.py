"""One venue of a storm: the markets of one design with everybody at them, tick by tick.

A tick goes so: time and reports pass (:meth:`Venue.advance`), the events are counted and shown to
everybody, the market is looked at, everybody acts. What is sent in a tick fills in a later one.
"""

import gc
from dataclasses import replace
from typing import Any, Final

from seawall import designs as registry
from seawall.engine.auction import AuctionTerms
from seawall.engine.fixed import MINUTE
from seawall.engine.reports import Report
from seawall.engine.venue import Market, Venue
from seawall.storm.broker import Broker, Tick
from seawall.storm.crowd import Crowd, Tape
from seawall.storm.designs import build, idle_guards, idle_notes, parameters, split, terms_of
from seawall.storm.guarding import for_design
from seawall.storm.hedges import Hedges
from seawall.storm.in_kind import Owners, coins
from seawall.storm.measure import Watcher, conservation
from seawall.storm.onlooker import Onlooker, Progress
from seawall.storm.opening import Pool
from seawall.storm.professionals import everybody
from seawall.storm.providers import ProviderAgents
from seawall.storm.recorded import begin
from seawall.storm.result import Row, Run
from seawall.storm.scenario import Scenario

_YOUNG: Final = 50_000
"""New objects before the garbage collector looks for circles: a tick makes many, and none."""


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
        recorded: tuple[str, ...] = () if pool is None else pool.markets
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
        self.waiting = [one for one in self.providers if one.market not in recorded]
        actions = crowd.population.keeper.actions_per_minute
        self.budget = max(1, actions * tick // int(MINUTE))

    def run(
        self, progress: Progress | None = None, recorder: Onlooker | None = None
    ) -> tuple[Run, list[Row]]:
        """The whole storm."""
        self.venue.listen()
        self.venue.journal.renewals = recorder is not None
        self.recorder = recorder
        if recorder is not None:
            recorder.begin(self.watchers, self.prices)
        last = len(self.prices.grid) - 1
        label = self.design.name if self.guards == "none" else f"{self.design.name}, {self.guards}"
        every = max(1, last // 200)
        paced = replace(self.scenario, tick=self.tick)
        before = gc.get_threshold()
        gc.freeze()  # what stands there now lives to the end: no need to look through it each time
        gc.set_threshold(_YOUNG, *before[1:])
        try:
            for index, (now, said) in enumerate(paced.ticks()):
                self._step(index, now, said, index < last)
                if progress is not None and (index % every == 0 or index == last):
                    progress(label, index + 1, last + 1)
        finally:
            gc.set_threshold(*before)
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
        """Who stands behind a market brings the capital at its first price, a pool its own."""
        waiting: list[ProviderAgents] = []
        for provider in self.waiting:
            if int(self.broker.markets[provider.market].mark()) > 0:
                provider.supply()
            else:
                waiting.append(provider)
        self.waiting = waiting

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
        if index == 0 and self.pool is not None:
            self._take_over(self.pool)
        if self.waiting:
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


def _auction_terms(rules: dict[str, Any]) -> AuctionTerms | None:
    """What a market publishes about its auctions, where it has them."""
    if "auction_duration" not in rules:
        return None
    step = rules["auction_step"]
    guard = rules["guards"]["auction"] if "auction" in rules else None
    duration = rules["auction_duration"] if guard is None else guard["duration"]
    return AuctionTerms(duration, min(step, duration))

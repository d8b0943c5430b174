"""How much leverage a market really gives: orders are sent, on a price that stands still.

A run of its own, with everybody who stands behind the market and nobody who trades in it. Each
trial is an account that brings so many dollars and opens a long of a given size with all of them;
what is asked for rises and falls by halving until a tenth decides.
"""

import msgspec
import numpy as np

from seawall import designs as registry
from seawall.engine.errors import Refusal
from seawall.engine.events import Cancelled, Event, Filled, RungReached
from seawall.engine.fixed import DOLLAR, NOTIONAL_STEP, SECOND
from seawall.storm.agents import Agents
from seawall.storm.broker import Broker, Tick
from seawall.storm.compare_result import Leverage
from seawall.storm.crowd import draw, tape
from seawall.storm.population import Population
from seawall.storm.scenario import Scenario, Series, build
from seawall.storm.stage import Stage

SIZES = (10_000, 100_000, 1_000_000)
"""Dollars of position that are opened."""

KIND = "trials"
"""The class of these accounts."""

TENTHS = 10
"""Leverage is counted in tenths."""

_TICK = 15 * int(SECOND)
_TICKS = 160
_FIRST = 8
"""Makers quote and vaults are filled before anybody tries."""

_NOBODY = -2
"""No account has this number."""

_PART = "filled-in-part"
_WHOLE = 0.99
"""Part of the size that counts as all of it: markets round to lots and to dollars."""

_STEP, _DOLLAR = int(NOTIONAL_STEP), int(DOLLAR)


class Search:
    """The most leverage of one size, in tenths: accepted at ``low``, refused at ``high``."""

    def __init__(self, dollars: int, terms: int) -> None:
        self.dollars = dollars
        self.terms = terms
        self.low = TENTHS - 1
        self.high = max(terms, TENTHS) + 1
        self.code = ""

    @property
    def is_done(self) -> bool:
        """Whether no tenth is left between the two."""
        return self.high - self.low <= 1

    @property
    def next(self) -> int:
        """The leverage to try: all of what the terms allow first, then the middle."""
        if self.low < TENTHS and self.high > self.terms:
            return self.high - 1
        return (self.low + self.high) // 2

    def take(self, leverage: int, refusal: str) -> None:
        """A trial is over: accepted, or refused with a code."""
        if refusal:
            self.high, self.code = leverage, refusal
        else:
            self.low = leverage

    def found(self) -> int | None:
        """The most that was accepted, None where nothing was."""
        return self.low if self.low >= TENTHS else None


class TrialAgents(Agents):
    """Try sizes one after the other in one market; each position is closed before the next."""

    def __init__(self, broker: Broker, market: str) -> None:
        self.broker = broker
        self.market = market
        terms = broker.terms[market]
        self.searches = [
            Search(size, int(terms.leverage(size * _DOLLAR) * TENTHS)) for size in SIZES
        ]
        self._account = _NOBODY
        self._size = 0
        self._leverage = 0
        self._verdict: str | None = None

    def observe(self, tick: Tick) -> None:
        """Learn what became of the order, and close what it opened."""
        for event in tick.events:
            if self._verdict is None and getattr(event, "account", -1) == self._account:
                self._judge(event)
        if self._verdict is None:
            return
        if self.broker.position(self._account) is None:
            self._settle(self._verdict)
        else:
            self.broker.leave(self._account, tick.now)

    def _judge(self, event: Event) -> None:
        """Filled and standing is accepted; what is liquidated in the same breath is not."""
        if isinstance(event, Cancelled):
            self._verdict = event.reason
        elif isinstance(event, RungReached):
            self._verdict = event.rung
        elif isinstance(event, Filled):
            view = self.broker.position(self._account)
            held = 0 if view is None else int(view.size)
            self._verdict = "" if held >= self._size * _WHOLE else _PART

    def _settle(self, verdict: str) -> None:
        self._open()[0].take(self._leverage, verdict)
        self._account, self._verdict = _NOBODY, None

    def _open(self) -> list[Search]:
        return [search for search in self.searches if not search.is_done]

    def act(self, tick: Tick) -> None:
        """Send the next order."""
        mark = self.broker.marks[self.market]
        if tick.index < _FIRST or self._account != _NOBODY or not self._open() or mark == 0:
            return
        search = self._open()[0]
        self._leverage = search.next
        margin = -(-search.dollars * _DOLLAR * TENTHS // self._leverage)
        self._size = search.dollars * _DOLLAR * _STEP // mark
        account = self.broker.enrol(KIND, self.market, margin)
        try:
            number = self.broker.venue.place(self.market, account, self._size, margin)
        except Refusal as refusal:
            self._settle(refusal.code)
            return
        self.broker.pending[account] = number
        self._account = account

    def found(self) -> list[Leverage]:
        """What was found for every size."""
        return [
            Leverage(
                dollars=search.dollars,
                terms=search.terms,
                tried=search.found(),
                code=search.code,
            )
            for search in self.searches
        ]


def still(storm: Scenario) -> Scenario:
    """The first prices of ``storm``, standing still, with as many sources."""
    times = storm.start + np.arange(_TICKS, dtype=np.int64) * _TICK
    lines = []
    for market in storm.markets:
        for source in storm.sources:
            _, prices = storm.series(market, source)
            if len(prices):
                flat = np.full(_TICKS, prices[0], dtype=np.int64)
                lines.append(Series(market, source, times, flat, _TICK))
    return build(storm.name, storm.description, storm.provenance, storm.facts, _TICK, lines)


def try_leverage(
    storm: Scenario,
    design: registry.Design,
    guards: str,
    population: Population,
    *,
    seed: int,
    capital: int,
    preset: str | None,
) -> dict[str, list[Leverage]]:
    """The most leverage of each of :data:`SIZES` in every market of ``storm``; capital in 1e-6.

    Arguments as of :func:`seawall.storm.run.run_storm`.
    """
    calm = still(storm)
    people = msgspec.structs.replace(population, attack=[], until=None)
    prices = tape(calm, _TICK)
    nobody = draw(people, calm, prices, traders=0, seed=seed)
    stage = Stage(design, guards, calm, nobody, prices, _TICK, capital, preset)
    trials = {name: TrialAgents(stage.broker, name) for name in calm.markets}
    stage.agents.extend(trials.values())
    stage.run()
    return {name: one.found() for name, one in trials.items()}

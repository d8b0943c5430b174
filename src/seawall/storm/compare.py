"""Designs compared as the literature compares them, with every cell filled by a run.

    found = compare("october-2025", ["layered", "orderbook"], traders=1000)
    print(found.table())

What trades of three sizes cost in the calm and in the storm, who stood on the other side and what
it lost, what holding cost, how much leverage there was, how liquidation went, how much more could
be opened, what stopped working. The storm is the one of :func:`seawall.storm.run.run_storm`: an
onlooker asks the venue at every tick and changes nothing, so that its measures and the digest of
every venue are the same.
"""

from collections.abc import Sequence

import msgspec

from seawall import designs as registry
from seawall.engine.events import Event
from seawall.engine.fixed import NO_BOUND
from seawall.storm.broker import Broker
from seawall.storm.compare_people import LOOK, Door, Meter, Queue, touched_by
from seawall.storm.compare_prices import SIDES, SIZES, Asked, Bound
from seawall.storm.compare_result import Answer, Compared
from seawall.storm.compare_table import as_text
from seawall.storm.compare_trial import try_leverage
from seawall.storm.crowd import Floats, Tape
from seawall.storm.events import load_event
from seawall.storm.measure import Watcher
from seawall.storm.population import Population
from seawall.storm.run import CAPITAL, Progress, run_storm
from seawall.storm.scenario import Scenario

CALM = 0.02
"""The calm lasts until the published price is first so far off its first."""


class Comparison(Compared):
    """What :func:`compare` returns; every field is described in the modules of the results."""

    def json(self) -> str:
        """The whole comparison as one JSON document; the same storm gives the same text."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()

    def table(self) -> str:
        """The tables as plain text, at most 100 columns wide."""
        return as_text(self)


def first_fall(prices: Floats) -> int:
    """The index of the first price that is :data:`CALM` off the first; their number if none is."""
    known = prices > 0
    if not known.any():
        return len(prices)
    first = float(prices[int(known.argmax())])
    off = known & (abs(prices / first - 1) >= CALM)
    return int(off.argmax()) if off.any() else len(prices)


class Eye:
    """Asks one market of one run, tick by tick."""

    def __init__(self, watcher: Watcher, grid: Sequence[int], published: Floats) -> None:
        market = watcher.market
        self.watcher = watcher
        self.fall = first_fall(published)
        self.ticks = [0, 0]
        self.costs = [Asked(market, dollars, side) for dollars in SIZES for side in SIDES]
        self.bounds = [Bound(market, side) for side in SIDES]
        self.queue = Queue(market)
        self.meter = Meter(watcher.venue, market)
        self.doors = [Door(market, vault) for vault in market.vaults()]
        self._grid = grid
        self._published = [round(price) for price in published.tolist()]
        self._halted = 0
        self._looked = -LOOK

    def look(self, index: int, events: Sequence[Event]) -> None:
        """One tick, of which the watcher knows already."""
        now, price = self._grid[index], self._published[index]
        in_storm = index >= self.fall
        closed = self.watcher.halts.ticks > self._halted
        self._halted = self.watcher.halts.ticks
        if price == 0 or int(self.watcher.market.mark()) == 0:
            return
        self.ticks[in_storm] += 1
        for cost in self.costs:
            cost.look(now, price, in_storm, closed)
        for bound in self.bounds:
            bound.look(now, price, in_storm, closed)
        for door in self.doors:
            door.look(now, in_storm)
        self._look_at_people(index, now, events)

    def _look_at_people(self, index: int, now: int, events: Sequence[Event]) -> None:
        market = self.watcher.market
        touched = touched_by(events, market.name)
        before = self._published[max(0, index - 1)]
        self.queue.look(now, events, touched, (before, self._published[index]))
        self.meter.touch(touched)
        if now - self._looked >= LOOK:
            self._looked = now
            views = [
                one for account in market.open_positions() for one in market.positions_of(account)
            ]
            self.meter.look(now, views)
            self.queue.look_at_all(views)

    def answer(self, design: registry.Design, guards: str, broker: Broker) -> Answer:
        """What was found, but the leverage."""
        market = self.watcher.market
        terms = broker.terms[market.name]
        bound = int(terms.guards.open_interest_bound(terms.facts))
        fell = self.fall < len(self._grid)
        return Answer(
            design=design.name,
            guards=guards,
            market=market.name,
            summary=design.summary,
            rests=market.rests_orders(),
            losses=[step.layer for step in market.loss_order()],
            calm_ticks=self.ticks[0],
            storm_ticks=self.ticks[1],
            storm_time=self._grid[self.fall] if fell else 0,
            costs=[one.cost() for one in self.costs],
            rooms=[one.room() for one in self.bounds],
            leverage=[],
            carry=self.meter.carry(),
            waits=self.queue.waits(),
            exits=[door.exits() for door in self.doors],
            cap=None if bound >= int(NO_BOUND) else bound,
        )


class Inquirer:
    """The onlooker: an :class:`Eye` for every market, run after run."""

    def __init__(self, designs: Sequence[registry.Design]) -> None:
        self.answers: list[Answer] = []
        self._designs = {design.name: design for design in designs}
        self._eyes: list[Eye] = []

    def begin(self, watchers: Sequence[Watcher], prices: Tape) -> None:
        """A run begins, whose markets are seen through ``watchers``."""
        grid = prices.grid.tolist()
        self._eyes = [Eye(watcher, grid, prices.prices[watcher.name]) for watcher in watchers]

    def tick(self, index: int, events: Sequence[Event]) -> None:
        """A tick, after the watchers have looked."""
        for eye in self._eyes:
            eye.look(index, events)

    def end(self, design: str, guards: str, broker: Broker) -> None:
        """The run is over."""
        chosen = self._designs[design]
        self.answers += [eye.answer(chosen, guards, broker) for eye in self._eyes]
        self._eyes = []


def compare(
    scenario: Scenario | str = "october-2025",
    designs: Sequence[str | registry.Design] | None = None,
    population: Population | str | None = None,
    seed: int = 1,
    *,
    traders: int | None = None,
    capital: int = CAPITAL,
    guards: Sequence[str] | str = ("none",),
    preset: str | None = None,
    tick: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Put ``designs`` through ``scenario`` and answer what comparisons of designs ask.

    Arguments and errors are those of :func:`seawall.storm.run.run_storm`.

    Example::

        compare("jelly", ["layered"], traders=60).answers[0].rooms[0].tightest
    """
    storm = load_event(scenario) if isinstance(scenario, str) else scenario
    chosen = [
        one if isinstance(one, registry.Design) else registry.design(one)
        for one in registry.spelled_out(designs)
    ]
    inquirer = Inquirer(chosen)
    result = run_storm(
        storm,
        chosen,
        population,
        seed,
        traders=traders,
        capital=capital,
        guards=guards,
        preset=preset,
        tick=tick,
        progress=progress,
        recorder=inquirer,
    )
    by_name = {design.name: design for design in chosen}
    for run in result.runs:
        found = try_leverage(
            storm,
            by_name[run.design],
            run.guards,
            result.configuration.population,
            seed=seed,
            capital=result.configuration.capital,
            preset=preset,
        )
        for answer in inquirer.answers:
            if (answer.design, answer.guards) == (run.design, run.guards):
                answer.leverage = found[answer.market]
    return Comparison(
        seawall=result.seawall,
        configuration=result.configuration,
        runs=result.runs,
        rows=result.rows,
        answers=inquirer.answers,
    )

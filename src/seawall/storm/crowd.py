"""The people of a storm and their plans, drawn from a population's figures.

:func:`draw` makes a :class:`Crowd`: when every trader opens, on which side, how much and on how
much margin, when they mean to close, and the traits of all others. Only the scenario, the
population and the seed go into it, so that every design meets the same people with the same
plans; what depends on a venue (who is near liquidation, what funding pays) is decided in
:mod:`seawall.storm.agents` from the traits drawn here.

Every class of agent draws from a stream of its own: other figures for one leave the others as
they were. Amounts are in 1e-6 dollar and times in milliseconds, as in the engine; prices, shares
and rates are floats, because a decision needs no exactness.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seawall.engine.fixed import DOLLAR, HOUR, MINUTE
from seawall.storm.population import Balancers, Bidders, Makers, Population, Providers, Traders
from seawall.storm.scenario import Scenario

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

CLASSES = ("traders", "trend followers", "faders")
"""How traders choose a side: without a view of the trend, with it, against it."""

_HOUR, _MINUTE, _DOLLAR = int(HOUR), int(MINUTE), int(DOLLAR)
_FAST = 2.0  # a market is fast when it moves more than so many times its median
_FAST_WINDOW = 5 * _MINUTE
_NAP = 60_000.0  # ms: the shortest time between two positions of one trader


@dataclass(frozen=True, eq=False)
class Tape:
    """The published price tick by tick: ``grid`` (ms) and, per market, 1e-10 dollar as floats.

    It is the median of what the sources said last; a source that has been silent for longer than
    the scenario's cadence does not count. Before a market's first report its price is 0.
    """

    grid: Whole
    prices: Mapping[str, Floats]

    def back(self, market: str, times: Floats, span: float, before: float = 0.0) -> Floats:
        """By which fraction the price moved in the ``span`` (ms) before each of ``times``.

        In the ``span`` before the first tick it is taken to have moved by ``before``, evenly.
        """
        prices = self.prices[market]
        first = int(np.argmax(prices > 0))
        here = np.maximum(np.searchsorted(self.grid, times, "right") - 1, first)
        there = np.maximum(np.searchsorted(self.grid, times - span, "right") - 1, first)
        early = np.clip((self.grid[first] - (times - span)) / span, 0, 1)
        moved: Floats = prices[here] / (prices[there] * (1 - before * early)) - 1
        return moved


def tape(scenario: Scenario, tick: int) -> Tape:
    """The published price of ``scenario`` every ``tick`` ms."""
    grid = np.arange(scenario.start, scenario.end + 1, tick, dtype=np.int64)
    prices = {}
    for market in scenario.markets:
        rows = []
        for source in scenario.sources:
            times, said = scenario.series(market, source)
            if len(times):
                last = np.searchsorted(times, grid, "right") - 1
                known = (last >= 0) & (grid - times[last] <= scenario.cadence + tick)
                rows.append(np.where(known, said[last], np.nan))
        prices[market] = _filled(np.array(rows, dtype=np.float64))
    return Tape(grid, prices)


def _filled(rows: Floats) -> Floats:
    """Median of each column; a column without a number takes the one before."""
    known: Flags = ~np.all(np.isnan(rows), axis=0)
    median = np.zeros(rows.shape[1])
    median[known] = np.nanmedian(rows[:, known], axis=0)
    last = np.maximum.accumulate(np.where(known, np.arange(rows.shape[1]), -1))
    return np.where(last >= 0, median[last], 0.0)


@dataclass(frozen=True, eq=False)
class Intents:
    """What the traders mean to do, by time: one row per opening and per closing.

    ``time`` (ms), ``trader``, ``opens`` (else the row closes), ``long`` and ``dollars`` (1e-6,
    the notional). A column of one row is one intent; nothing in it knows a venue.
    """

    time: Whole
    trader: Whole
    opens: Flags
    long: Flags
    dollars: Whole

    def __len__(self) -> int:
        """Number of intents."""
        return len(self.time)


@dataclass(frozen=True, eq=False)
class Group:
    """Agents of one class in one market: their part of the class's capital, and their traits."""

    parts: Floats
    trait: Floats


@dataclass(frozen=True, eq=False)
class Quoters(Group):
    """Market makers of one market: ``trait`` is their half width, ``limit`` their volatility."""

    limit: Floats


@dataclass(frozen=True, eq=False)
class Crowd:
    """Everybody, before a venue is chosen.

    Traders are numbered through: ``market`` (index into ``markets``), ``style`` (index into
    ``CLASSES``), ``margin`` and ``purse`` (1e-6 dollar: what they put up for a position, and all
    they bring), ``adds`` whether they add margin, ``stop`` the part of the margin at whose loss
    they close (infinite for those who do not). The groups are per market, for the providers
    the same in each vault.
    """

    population: Population
    markets: tuple[str, ...]
    intents: Intents
    market: Whole
    style: Whole
    margin: Whole
    purse: Whole
    adds: Flags
    stop: Floats
    balancers: list[Group]
    bidders: list[Group]
    providers: list[Group]
    makers: list[Quoters]


def draw(
    population: Population,
    scenario: Scenario,
    prices: Tape,
    *,
    traders: int | None = None,
    seed: int = 1,
) -> Crowd:
    """Everybody in ``population`` for ``scenario``; ``traders`` replaces their count.

    Example::

        draw(load_population("crowd"), storm, tape(storm, storm.tick), traders=100, seed=7)
    """
    rules = population.traders
    markets = scenario.markets
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(5)]
    count = rules.count if traders is None else traders
    rng = streams[0]
    market = np.arange(count, dtype=np.int64) % len(markets)
    chance = rng.random(count)
    style = np.where(chance < rules.follow, 1, np.where(chance < rules.follow + rules.fade, 2, 0))
    dollars = _lognormal(rng, count, rules.dollars, rules.dollars_spread)
    dollars = np.minimum(dollars, rules.dollars_most)
    leverage = _lognormal(rng, count, rules.leverage, rules.leverage_spread)
    margin = dollars / np.clip(leverage, 1, rules.leverage_most)
    spare = _lognormal(rng, count, rules.spare, rules.spare_spread)
    adds = rng.random(count) < rules.add_margin
    losses = _lognormal(rng, count, rules.stop_loss, rules.stop_loss_spread)
    stop = np.where(rng.random(count) < rules.stop, np.minimum(losses, 0.95), np.inf)
    parts = [
        _intents(rng, rules, prices, name, np.flatnonzero(market == index), style, dollars)
        for index, name in enumerate(markets)
    ]
    return Crowd(
        population=population,
        markets=markets,
        intents=_merged(parts),
        market=market,
        style=style.astype(np.int64),
        margin=_money(margin),
        purse=_money(margin * (1 + spare)),
        adds=adds,
        stop=stop,
        balancers=[_balancers(streams[1], population.balancers) for _ in markets],
        bidders=[_bidders(streams[2], population.bidders) for _ in markets],
        providers=[_providers(streams[3], population.providers) for _ in markets],
        makers=[_makers(streams[4], population.makers) for _ in markets],
    )


def _lognormal(rng: np.random.Generator, count: int, median: float, spread: float) -> Floats:
    return median * np.exp(spread * rng.standard_normal(count))


def _money(dollars: Floats) -> Whole:
    return np.rint(dollars * _DOLLAR).astype(np.int64)


def _intents(
    rng: np.random.Generator,
    rules: Traders,
    prices: Tape,
    market: str,
    who: Whole,
    style: npt.NDArray[Any],
    dollars: Floats,
) -> Intents:
    """Openings and closings of the traders ``who`` of one market, position after position."""
    start, end = float(prices.grid[0]), float(prices.grid[-1])
    begin = max(start, float(prices.grid[int(np.argmax(prices.prices[market] > 0))]))
    clock = _Clock(prices, market, rules.rush)
    hold_mean = rules.hold_hours * np.exp(rules.hold_spread**2 / 2)
    holding = rng.random(len(who)) < hold_mean / (hold_mean + rules.idle_hours)
    idle = rng.exponential(rules.idle_hours * _HOUR, len(who))
    opening = begin + rng.random(len(who)) * rules.opening_minutes * _MINUTE
    opens = np.where(holding, opening, clock.later(np.full(len(who), begin), idle))
    hold = _lognormal(rng, len(who), rules.hold_hours * _HOUR, rules.hold_spread)
    hold *= np.where(holding, rng.random(len(who)), 1.0)
    wait = np.maximum(_NAP, hold)
    alive, first = np.arange(len(who)), holding
    rows: list[Intents] = []
    while True:
        here = opens <= end
        alive, opens, wait, first = alive[here], opens[here], wait[here], first[here]
        if not len(alive):
            break
        long = _sides(rng, rules, prices, market, opens, style[who[alive]], first)
        closes = opens + wait
        rows.append(_rows(opens, who[alive], True, long, dollars))
        stays = closes <= end
        rows.append(_rows(closes[stays], who[alive[stays]], False, long[stays], dollars))
        idle = _NAP + rng.exponential(rules.idle_hours * _HOUR, len(alive))
        opens = clock.later(closes, idle)
        wait = _lognormal(rng, len(alive), rules.hold_hours * _HOUR, rules.hold_spread)
        wait = np.maximum(_NAP, wait)
        first = np.zeros(len(alive), dtype=bool)
    return _merged(rows)


def _sides(
    rng: np.random.Generator,
    rules: Traders,
    prices: Tape,
    market: str,
    times: Floats,
    style: npt.NDArray[Any],
    first: Flags,
) -> Flags:
    """Who buys: the trend's side, the other side, or a throw of a weighted coin."""
    trend = prices.back(market, times, rules.trend_minutes * _MINUTE, rules.trend_before)
    seen = ~first & (np.abs(trend) >= rules.trend_threshold) & (style > 0)
    coin = rng.random(len(times)) < np.where(first, rules.opening_long, rules.long)
    return np.where(seen, (trend > 0) == (style == 1), coin)


def _rows(times: Floats, who: Whole, opens: bool, long: Flags, dollars: Floats) -> Intents:
    return Intents(
        np.rint(times).astype(np.int64), who, np.full(len(who), opens), long, _money(dollars[who])
    )


def _merged(parts: list[Intents]) -> Intents:
    columns = [
        np.concatenate([getattr(part, name) for part in parts] or [np.zeros(0, dtype=kind)])
        for name, kind in (
            ("time", np.int64),
            ("trader", np.int64),
            ("opens", np.bool_),
            ("long", np.bool_),
            ("dollars", np.int64),
        )
    ]
    order = np.lexsort((columns[2], columns[1], columns[0]))
    return Intents(*[column[order] for column in columns])


class _Clock:
    """Time as activity counts it: faster when the market is fast.

    The pace is how many times twice its median the move of the last five minutes is, between 1
    and ``rush``.
    """

    def __init__(self, prices: Tape, market: str, rush: float) -> None:
        grid = prices.grid.astype(np.float64)
        moves = np.abs(prices.back(market, grid, _FAST_WINDOW))
        usual = float(np.median(moves[moves > 0])) if (moves > 0).any() else 1.0
        pace = np.clip(moves / (_FAST * usual), 1, rush)
        self.grid = grid
        self.passed = np.concatenate([[0.0], np.cumsum(pace[1:] * np.diff(grid))])

    def later(self, times: Floats, spans: Floats) -> Floats:
        """When ``spans`` (ms of calm time) after ``times`` have passed; past the end, calm."""
        target = np.interp(times, self.grid, self.passed) + spans
        beyond = np.maximum(target - self.passed[-1], 0) + np.maximum(times - self.grid[-1], 0)
        later: Floats = np.interp(target, self.passed, self.grid) + beyond
        return later


def _parts(rng: np.random.Generator, count: int, spread: float) -> Floats:
    sizes = _lognormal(rng, count, 1.0, spread)
    return sizes / sizes.sum() if count else sizes


def _balancers(rng: np.random.Generator, rules: Balancers) -> Group:
    parts = _parts(rng, rules.count, rules.capital_spread)
    return Group(parts, _lognormal(rng, rules.count, rules.hurdle, rules.hurdle_spread))


def _bidders(rng: np.random.Generator, rules: Bidders) -> Group:
    parts = _parts(rng, rules.count, rules.capital_spread)
    return Group(parts, _lognormal(rng, rules.count, rules.discount, rules.discount_spread))


def _providers(rng: np.random.Generator, rules: Providers) -> Group:
    parts = _parts(rng, rules.count, rules.capital_spread)
    drawdowns = _lognormal(rng, rules.count, rules.drawdown, rules.drawdown_spread)
    runs = rng.random(rules.count) < rules.run
    return Group(parts, np.where(runs, drawdowns, np.inf))


def _makers(rng: np.random.Generator, rules: Makers) -> Quoters:
    parts = _parts(rng, rules.count, rules.capital_spread)
    widths = _lognormal(rng, rules.count, rules.width, rules.width_spread)
    return Quoters(parts, widths, _lognormal(rng, rules.count, rules.limit, rules.limit_spread))

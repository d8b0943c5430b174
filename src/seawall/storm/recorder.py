"""What a run leaves behind besides its measures: every tick of every market, and every event.

A :class:`Recorder` is handed to :func:`seawall.storm.run.run_storm`. It looks on after the
watchers have looked, changes nothing, and turns each run into polars frames as soon as it is over.
Without one a storm keeps none of this and costs nothing more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from seawall.engine.events import Event, Settled
from seawall.engine.fixed import DOLLAR, NOTIONAL_STEP
from seawall.engine.venue import Market
from seawall.storm.broker import Broker
from seawall.storm.crowd import Tape
from seawall.storm.depth import Ladder
from seawall.storm.frames import event_frames, frame, joined
from seawall.storm.in_kind import OwnToken
from seawall.storm.measure import Watcher

_STEP = int(NOTIONAL_STEP)


@dataclass
class Series:
    """One market of one run, a number per tick in each column.

    ``mark`` and the ``published`` price (None before the first), whether no order was taken
    (``halted``), open interest ``long`` and ``short`` at the mark, what could be bought and sold
    within 1 % (``depth_buy``, ``depth_sell``; 0 in a halt), the ``funding_rate`` that was settled
    last, number and dollars of ``liquidations`` since the tick before, ``bad_debt`` so far.
    Prices in 1e-10 dollar, amounts in 1e-6, the rate in 1e-12 an hour.
    """

    mark: list[int | None] = field(default_factory=list)
    published: list[int | None] = field(default_factory=list)
    halted: list[bool] = field(default_factory=list)
    long: list[int] = field(default_factory=list)
    short: list[int] = field(default_factory=list)
    depth_buy: list[int] = field(default_factory=list)
    depth_sell: list[int] = field(default_factory=list)
    funding_rate: list[int] = field(default_factory=list)
    liquidations: list[int] = field(default_factory=list)
    liquidated: list[int] = field(default_factory=list)
    bad_debt: list[int] = field(default_factory=list)


class Eye:
    """Looks at one market of one run, tick by tick."""

    def __init__(self, watcher: Watcher, published: Sequence[float]) -> None:
        self.watcher = watcher
        self.series = Series()
        self.layers: dict[str, list[int]] = {name: [] for name in watcher.layers}
        self._published = published
        self._ladders = (Ladder(watcher.market, 1), Ladder(watcher.market, -1))
        self._halted = 0
        self._count = 0
        self._dollars = 0
        self._funding = 0

    def look(self, index: int, events: Sequence[Event]) -> None:
        """Take one tick down, of which the watcher knows already."""
        watcher, series = self.watcher, self.series
        market: Market = watcher.market
        mark = int(market.mark())
        longs, shorts = market.open_interest()
        closed = watcher.halts.ticks > self._halted
        self._halted = watcher.halts.ticks
        for event in events:
            if isinstance(event, Settled) and event.market == watcher.name:
                self._funding = int(event.funding_rate)
        count = sum(rung.count for rung in watcher.rungs.values()) + watcher.auctions.slices
        dollars = sum(rung.dollars for rung in watcher.rungs.values()) + watcher.auctions.dollars
        open_for_trade = mark > 0 and not closed
        series.mark.append(mark or None)
        series.published.append(round(self._published[index]) or None)
        series.halted.append(closed)
        series.long.append(longs * mark // _STEP)
        series.short.append(shorts * mark // _STEP)
        for depth, ladder in zip((series.depth_buy, series.depth_sell), self._ladders, strict=True):
            depth.append(ladder.reach(mark) * int(DOLLAR) if open_for_trade else 0)
        series.funding_rate.append(self._funding)
        series.liquidations.append(count - self._count)
        series.liquidated.append(dollars - self._dollars)
        series.bad_debt.append(watcher.bad_debt)
        for name, layer in watcher.layers.items():
            self.layers[name].append(layer.end)
        self._count, self._dollars = count, dollars


class Recorder:
    """Keeps what happened, run after run; afterwards it holds frames.

    ``ticks``, ``layers`` and ``accounts`` have a row per tick and market, per tick and vault, and
    per account; ``events`` has a frame for every kind of event that occurred. The first columns of
    each say of which design, under which guards.
    """

    def __init__(self) -> None:
        self._ticks: list[pl.DataFrame] = []
        self._layers: list[pl.DataFrame] = []
        self._accounts: list[pl.DataFrame] = []
        self._events: list[dict[str, pl.DataFrame]] = []
        self._grid: list[int] = []
        self._eyes: list[Eye] = []
        self._happened: list[Event] = []

    def begin(self, watchers: Sequence[Watcher], prices: Tape) -> None:
        """A run begins, whose markets are seen through ``watchers``."""
        self._grid = prices.grid.tolist()
        self._eyes = [Eye(watcher, prices.prices[watcher.name].tolist()) for watcher in watchers]
        self._happened = []

    def tick(self, index: int, events: Sequence[Event]) -> None:
        """Take down a tick, after the watchers have."""
        self._happened.extend(events)
        for eye in self._eyes:
            eye.look(index, events)

    def end(self, design: str, guards: str, broker: Broker) -> None:
        """The run is over: its columns become frames, and its objects are let go."""
        self._happened.extend(broker.venue.drain())
        for eye in self._eyes:
            name = eye.watcher.name
            columns = {"time": self._grid, "market": [name] * len(self._grid), **vars(eye.series)}
            self._ticks.append(frame(columns, design, guards))
            for layer, results in eye.layers.items():
                columns = {
                    "time": self._grid,
                    "market": [name] * len(self._grid),
                    "layer": [layer] * len(self._grid),
                    "result": results,
                }
                self._layers.append(frame(columns, design, guards))
        self._accounts.append(frame(_accounts(broker), design, guards))
        self._events.append(event_frames(self._happened, design, guards))
        self._eyes, self._happened = [], []

    @property
    def ticks(self) -> pl.DataFrame:
        """Every tick of every market: mark, open interest, depth and what happened in it."""
        return joined(self._ticks)

    @property
    def layers(self) -> pl.DataFrame:
        """What every vault had gained or lost since the start, tick by tick."""
        return joined(self._layers)

    @property
    def accounts(self) -> pl.DataFrame:
        """Every account: whose it was, what it brought, what it has in the end."""
        return joined(self._accounts)

    @property
    def events(self) -> dict[str, pl.DataFrame]:
        """Every event by its kind, kinds in alphabetical order."""
        kinds = sorted({kind for run in self._events for kind in run})
        return {kind: joined([run[kind] for run in self._events if kind in run]) for kind in kinds}


def _accounts(broker: Broker) -> dict[str, list[object]]:
    """A row per account: the dollars of its wallet, and all else it has at the last mark."""
    columns: dict[str, list[object]] = {
        name: [] for name in ("account", "market", "kind", "paid_in", "wallet", "equity")
    }
    for account, kind in broker.kind.items():
        market = broker.markets[broker.home[account]]
        standing = broker.standing.get(account)
        equity = int(market.balance(account)) + (0 if standing is None else standing())
        equity += sum(int(view.equity) for view in market.positions_of(account))
        own = OwnToken(broker.venue, market)
        equity += own.worth(own.held(account))
        row = (
            account,
            broker.home[account],
            kind,
            broker.paid_in[account],
            int(broker.venue.wallet(account)),
            equity,
        )
        for name, value in zip(columns, row, strict=True):
            columns[name].append(value)
    return columns

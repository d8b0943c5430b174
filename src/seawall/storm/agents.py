"""What everybody does at a venue: plans are carried out, and what it shows is answered.

The plans and traits come from :func:`seawall.storm.crowd.draw` and know no venue; commands go
through a :class:`seawall.storm.broker.Broker`. Agents look with numpy at all of their kind at once
and touch the venue only for those who act.
"""

from typing import Any

import numpy as np

from seawall.engine.fixed import DOLLAR, NOTIONAL_STEP, TOKEN
from seawall.engine.views import PositionView
from seawall.storm.broker import CENT, Broker, Tick
from seawall.storm.crowd import CLASSES, Crowd, Tape
from seawall.storm.population import Step, attack_at

_DOLLAR, _TOKEN, _STEP = int(DOLLAR), int(TOKEN), int(NOTIONAL_STEP)


class Agents:
    """Agents of one kind."""

    def observe(self, tick: Tick) -> None:
        """Look at what the venue did."""

    def act(self, tick: Tick) -> None:
        """Send commands."""
        raise NotImplementedError

    def finish(self) -> None:
        """Take back what still waits at the venue."""


class Lines:
    """The nearest stop and the nearest liquidation of each side: short of them nobody acts.

    They are ``known`` until a position changes.
    """

    def __init__(self) -> None:
        self.known = False
        self.stop = (np.nan, np.nan)
        self.fall = (np.nan, np.nan)

    def draw(self, side: Any, stops: tuple[Any, Any], falls: tuple[Any, Any]) -> None:
        """Find them: ``side`` of everybody, and by whom there is a price at which each acts."""
        self.known = True
        self.stop, self.fall = _nearest(side, *stops), _nearest(side, *falls)

    def stops(self, mark: int) -> bool:
        """Whether the mark is past somebody's stop."""
        return mark - self.stop[0] < 0 or self.stop[1] - mark < 0

    def falls(self, mark: int, near: float) -> bool:
        """Whether the mark is within ``near`` of somebody's liquidation, or past it."""
        return mark - self.fall[0] < near or self.fall[1] - mark < near


def _nearest(side: Any, who: Any, prices: Any) -> tuple[float, float]:
    """The highest price of a long, the lowest of a short; not a number where there is none."""
    sides, at = side[who], prices[who]
    longs, shorts = at[(sides > 0) & ~np.isnan(at)], at[(sides < 0) & ~np.isnan(at)]
    return (
        float(longs.max()) if len(longs) else np.nan,
        float(shorts.min()) if len(shorts) else np.nan,
    )


class TraderAgents(Agents):
    """The crowd: carries its intents out, stops losses, adds margin."""

    def __init__(self, crowd: Crowd, broker: Broker, prices: Tape) -> None:
        rules = crowd.population.traders
        self.rules = rules
        self.broker = broker
        self.crowd = crowd
        intents = crowd.intents
        self.upto = np.searchsorted(intents.time, prices.grid, "right").tolist()
        self.done = 0
        self.who = intents.trader.tolist()
        self.opens = intents.opens.tolist()
        self.long = intents.long.tolist()
        self.dollars = intents.dollars.tolist()
        self.margin = crowd.margin.tolist()
        self.market = crowd.market.tolist()
        self.accounts = [
            broker.enrol(CLASSES[style], crowd.markets[market], purse)
            for style, market, purse in zip(
                crowd.style.tolist(), crowd.market.tolist(), crowd.purse.tolist(), strict=True
            )
        ]
        self.first = self.accounts[0] if self.accounts else 0
        count = len(self.accounts)
        self.lines = [Lines() for _ in crowd.markets]
        self.side = np.zeros(count)
        self.stop_at = np.full(count, np.nan)
        self.fall_at = np.full(count, np.nan)
        self.stoppers = [
            np.flatnonzero((crowd.market == index) & np.isfinite(crowd.stop))
            for index in range(len(crowd.markets))
        ]
        self.adders = [
            np.flatnonzero((crowd.market == index) & crowd.adds)
            for index in range(len(crowd.markets))
        ]

    def observe(self, tick: Tick) -> None:
        """Learn where the positions that changed would be stopped, or liquidated."""
        for account in sorted(self.broker.touched):
            trader = account - self.first
            if 0 <= trader < len(self.accounts):
                self._learn(trader, self.broker.position(account))

    def _learn(self, trader: int, view: PositionView | None) -> None:
        self.lines[self.market[trader]].known = False
        if view is None:
            self.side[trader] = 0
            self.stop_at[trader] = self.fall_at[trader] = np.nan
            return
        side = 1.0 if view.size > 0 else -1.0
        if self.side[trader] == 0:
            entry = int(view.entry) / abs(int(view.size)) * _STEP
            part = float(self.crowd.stop[trader]) * int(view.margin) / max(1, int(view.entry))
            self.stop_at[trader] = entry * (1 - side * part)
        self.side[trader] = side
        self.fall_at[trader] = view.liquidation_price

    def act(self, tick: Tick) -> None:
        """Intents of the tick, then stops, then margin for those near liquidation."""
        broker = self.broker
        upto = self.upto[tick.index]
        for row in range(self.done, upto):
            trader = self.who[row]
            account = self.accounts[trader]
            if not self.opens[row]:
                if self.side[trader] != 0:
                    broker.leave(account, tick.now)
            elif self.side[trader] != 0 or account in broker.pending:
                broker.book(account).refused["still-open"] += 1
            else:
                broker.open(
                    account,
                    self.long[row],
                    self.dollars[row],
                    self.margin[trader],
                    tolerance=self.rules.tolerance,
                )
        self.done = upto
        for index, name in enumerate(self.crowd.markets):
            mark = broker.marks[name]
            if mark:
                lines = self.lines[index]
                if not lines.known:
                    lines.draw(
                        self.side,
                        (self.stoppers[index], self.stop_at),
                        (self.adders[index], self.fall_at),
                    )
                if lines.stops(mark):
                    self._stop(self.stoppers[index], mark, tick.now)
                if lines.falls(mark, self.rules.add_near * mark):
                    self._add(self.adders[index], mark)

    def _stop(self, who: Any, mark: int, now: int) -> None:
        past = (mark - self.stop_at[who]) * self.side[who] < 0
        for trader in who[past].tolist():
            self.broker.leave(self.accounts[trader], now)

    def _add(self, who: Any, mark: int) -> None:
        near = (mark - self.fall_at[who]) * self.side[who] < self.rules.add_near * mark
        for trader in who[near].tolist():
            account = self.accounts[trader]
            view = self.broker.position(account)
            if view is None:
                continue
            wallet = int(self.broker.venue.wallet(account))
            amount = min(wallet, int(int(view.margin) * self.rules.add_part))
            if amount > CENT:
                venue = self.broker.venue
                self.broker.attempt(
                    account, venue.add_margin, self.broker.home[account], account, amount
                )
                view = self.broker.position(account)
                self._learn(trader, view)
            else:
                self.fall_at[trader] = np.nan  # nothing left to add
                self.lines[self.market[trader]].known = False


class Attackers(Agents):
    """The script of a known attack, one account for each of its names."""

    def __init__(self, crowd: Crowd, broker: Broker) -> None:
        self.broker = broker
        self.steps = sorted(crowd.population.attack, key=attack_at)
        self.accounts: dict[str, int] = {}
        for step in self.steps:
            if step.account not in self.accounts and step.market in broker.markets:
                amount = sum(
                    _whole(other.dollars, _DOLLAR)
                    for other in self.steps
                    if other.account == step.account and other.do == "open"
                )
                self.accounts[step.account] = broker.enrol("attacker", step.market, amount)

    def act(self, tick: Tick) -> None:
        """The steps whose time has come."""
        while self.steps and attack_at(self.steps[0]) <= tick.now:
            step = self.steps.pop(0)
            account = self.accounts.get(step.account)
            if account is not None:
                self._take(step, account, tick.now)

    def _take(self, step: Step, account: int, now: int) -> None:
        broker = self.broker
        if step.do == "open":
            size = _whole(step.tokens, _TOKEN)
            dollars = _whole(step.dollars, _DOLLAR)
            broker.book(account).asked += abs(size) * broker.marks[step.market] // _STEP
            waits = step.rests and broker.markets[step.market].rests_orders()
            broker.order(account, size, dollars, rests=waits)
            return
        view = broker.position(account)
        if view is None:
            broker.book(account).refused["unknown-position"] += 1
        elif step.do == "close":
            size = _whole(step.tokens, _TOKEN)
            if size == 0:
                broker.leave(account, now)
            else:
                broker.order(account, -size if view.size > 0 else size)
        else:
            free = min(view.equity - view.initial, view.margin - max(0, view.accrued))
            amount = min(_whole(step.dollars, _DOLLAR), int(free))
            remove = broker.venue.remove_margin
            broker.attempt(account, remove, step.market, account, max(amount, 1))


def _whole(amount: float, scale: int) -> int:
    return round(amount * scale)

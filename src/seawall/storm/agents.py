"""What everybody does at a venue: plans are carried out, and what it shows is answered.

The plans and traits come from :func:`seawall.storm.crowd.draw` and know no venue; commands go
through a :class:`seawall.storm.broker.Broker`. Agents keep the prices at which they act in order
and touch the venue only for those who do.
"""

from heapq import heappop, heappush
from math import isfinite, isnan, nan
from typing import Final

import numpy as np
from mypy_extensions import mypyc_attr

from seawall.engine.fixed import DOLLAR, NOTIONAL_STEP, TOKEN
from seawall.engine.views import PositionView
from seawall.storm.broker import CENT, Broker, Tick
from seawall.storm.crowd import CLASSES, Crowd, Group, Tape
from seawall.storm.population import Step, attack_at
from seawall.storm.worth import dollars_of

_DOLLAR: Final = int(DOLLAR)
_TOKEN: Final = int(TOKEN)
_STEP: Final = float(NOTIONAL_STEP)


@mypyc_attr(allow_interpreted_subclasses=True)
class Agents:
    """Agents of one kind."""

    def observe(self, tick: Tick) -> None:
        """Look at what the venue did."""

    def act(self, tick: Tick) -> None:
        """Send commands."""
        raise NotImplementedError

    def finish(self) -> None:
        """Take back what still waits at the venue."""


def enrol(
    broker: Broker, kind: str, market: str, group: Group, capital: int
) -> tuple[list[int], list[int]]:
    """Accounts that share ``capital`` by the group's parts, and what each of them has."""
    parts: list[float] = group.parts.tolist()
    amounts = [int(capital * part) for part in parts]
    if amounts:
        amounts[-1] += capital - sum(amounts)
    accounts = [broker.enrol(kind, market, amount) for amount in amounts]
    return accounts, amounts


class Line:
    """The prices at which traders of one side act, the nearest first.

    ``side`` is 1 where longs act below their price, -1 where shorts act above it. ``prices`` and
    ``sides`` say how it is with every trader now: what is in the heap and no longer so is passed
    over.
    """

    def __init__(self, side: float, prices: list[float], sides: list[float]) -> None:
        self.side = side
        self.prices = prices
        self.sides = sides
        self.heap: list[tuple[float, int]] = []

    def add(self, trader: int) -> None:
        """Take a trader's price in, where there is one on this side."""
        price = self.prices[trader]
        if self.sides[trader] == self.side and not isnan(price):
            heappush(self.heap, (-self.side * price, trader))

    def take(self, mark: float, near: float) -> list[int]:
        """Take out who acts at ``mark``: past their price, or short of it by less than ``near``."""
        found: list[int] = []
        heap = self.heap
        while heap:
            first = heap[0]
            trader = first[1]
            price = -self.side * first[0]
            if self.sides[trader] == self.side and self.prices[trader] == price:
                if (mark - price) * self.side >= near:
                    break
                found.append(trader)
            heappop(heap)
        return found


class Lines:
    """Where those of one market would act, both sides."""

    def __init__(self, prices: list[float], sides: list[float]) -> None:
        self.longs = Line(1.0, prices, sides)
        self.shorts = Line(-1.0, prices, sides)

    def add(self, trader: int) -> None:
        """Take a trader's price in."""
        self.longs.add(trader)
        self.shorts.add(trader)

    def take(self, mark: float, near: float = 0.0) -> list[int]:
        """Take out who acts at ``mark``, each once, in their order."""
        return sorted(set(self.longs.take(mark, near) + self.shorts.take(mark, near)))


class TraderAgents(Agents):
    """The crowd: carries its intents out, stops losses, adds margin."""

    def __init__(self, crowd: Crowd, broker: Broker, prices: Tape) -> None:
        rules = crowd.population.traders
        self.broker = broker
        self.markets = list(crowd.markets)
        intents = crowd.intents
        self.upto: list[int] = np.searchsorted(intents.time, prices.grid, "right").tolist()
        self.done = 0
        self.who: list[int] = intents.trader.tolist()
        self.opens: list[bool] = intents.opens.tolist()
        self.long: list[bool] = intents.long.tolist()
        self.dollars: list[int] = intents.dollars.tolist()
        self.margin: list[int] = crowd.margin.tolist()
        self.market: list[int] = crowd.market.tolist()
        self.adds: list[bool] = crowd.adds.tolist()
        self.stop: list[float] = crowd.stop.tolist()
        self.tolerance: float = rules.tolerance
        self.add_near: float = rules.add_near
        self.add_part: float = rules.add_part
        self.accounts = [
            broker.enrol(CLASSES[style], crowd.markets[market], purse)
            for style, market, purse in zip(
                crowd.style.tolist(), crowd.market.tolist(), crowd.purse.tolist(), strict=True
            )
        ]
        self.first = self.accounts[0] if self.accounts else 0
        count = len(self.accounts)
        self.side = [0.0] * count
        self.stop_at = [nan] * count
        self.fall_at = [nan] * count
        self.stops = [Lines(self.stop_at, self.side) for _ in crowd.markets]
        self.falls = [Lines(self.fall_at, self.side) for _ in crowd.markets]

    def observe(self, tick: Tick) -> None:
        """Learn where the positions that changed would be stopped, or liquidated."""
        for account in sorted(self.broker.touched):
            trader = account - self.first
            if 0 <= trader < len(self.accounts):
                self._learn(trader, self.broker.position(account))

    def _learn(self, trader: int, view: PositionView | None) -> None:
        if view is None:
            self.side[trader] = 0.0
            self.stop_at[trader] = self.fall_at[trader] = nan
            return
        side = 1.0 if view.size > 0 else -1.0
        stop = self.stop[trader]
        if self.side[trader] == 0.0:
            entry = float(view.entry) / float(abs(int(view.size))) * _STEP
            part = stop * float(view.margin) / float(max(1, int(view.entry)))
            self.stop_at[trader] = entry * (1.0 - side * part)
        self.side[trader] = side
        self.fall_at[trader] = float(view.liquidation_price)
        market = self.market[trader]
        if isfinite(stop):
            self.stops[market].add(trader)
        if self.adds[trader]:
            self.falls[market].add(trader)

    def act(self, tick: Tick) -> None:
        """Intents of the tick, then stops, then margin for those near liquidation."""
        broker = self.broker
        upto = self.upto[tick.index]
        for row in range(self.done, upto):
            trader = self.who[row]
            account = self.accounts[trader]
            if not self.opens[row]:
                if self.side[trader] != 0.0:
                    broker.leave(account, tick.now)
            elif self.side[trader] != 0.0 or account in broker.pending:
                broker.book(account).refused["still-open"] += 1
            else:
                broker.open(
                    account,
                    self.long[row],
                    self.dollars[row],
                    self.margin[trader],
                    tolerance=self.tolerance,
                )
        self.done = upto
        for index, name in enumerate(self.markets):
            mark = float(broker.marks[name])
            if mark > 0.0:
                for trader in self.stops[index].take(mark):
                    broker.leave(self.accounts[trader], tick.now)
                for trader in self.falls[index].take(mark, self.add_near * mark):
                    self._add(trader)

    def _add(self, trader: int) -> None:
        """Add margin while there is some left."""
        broker = self.broker
        account = self.accounts[trader]
        view = broker.position(account)
        if view is None:
            return
        wallet = int(broker.venue.wallet(account))
        amount = min(wallet, int(float(view.margin) * self.add_part))
        if amount > CENT:
            broker.attempt(account, broker.venue.add_margin, broker.home[account], account, amount)
            self._learn(trader, broker.position(account))
        else:
            self.fall_at[trader] = nan


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
            broker.book(account).asked += dollars_of(abs(size), broker.marks[step.market])
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

"""Balancers: hedged elsewhere, they take the side that funding and impact pay for."""

from typing import Final

from seawall.engine.events import Settled
from seawall.engine.fixed import MINUTE, NOTIONAL_STEP
from seawall.storm.agents import Agents, enrol
from seawall.storm.broker import CENT, Broker, Tick
from seawall.storm.crowd import Crowd
from seawall.storm.worth import dollars_of

_MINUTE: Final = int(MINUTE)
_STEP: Final = float(NOTIONAL_STEP)


class BalancerAgents(Agents):
    """Take the side that is paid for when it pays more than their hurdle; leave when it ends."""

    def __init__(self, crowd: Crowd, broker: Broker, index: int, capital: int) -> None:
        self.rules = crowd.population.balancers
        self.broker = broker
        self.market = crowd.markets[index]
        group = crowd.balancers[index]
        self.hurdle: list[float] = group.trait.tolist()
        self.lowest = min(self.hurdle, default=0.0)
        self.accounts, purse = enrol(broker, "balancers", self.market, group, capital)
        leverage: float = self.rules.leverage
        self.most: list[float] = [float(one) * leverage * 0.9 for one in purse]
        self.held = [0.0] * len(self.accounts)
        self.places = {account: place for place, account in enumerate(self.accounts)}
        self.minute = -1
        self.rate = 0

    def observe(self, tick: Tick) -> None:
        """Learn the funding rate and the own positions."""
        for event in tick.events:
            if isinstance(event, Settled) and event.market == self.market:
                self.rate = int(event.funding_rate)
        for account in sorted(self.broker.touched & self.places.keys()):
            view = self.broker.position(account)
            self.held[self.places[account]] = 0.0 if view is None else float(view.size)

    def act(self, tick: Tick) -> None:
        """Once a minute, those whose turn it is."""
        minute = tick.now // _MINUTE
        mark = self.broker.marks[self.market]
        if minute == self.minute or not self.accounts or mark == 0:
            return
        self.minute = minute
        rules = self.rules
        rate = abs(self.rate) / 1e12
        if rate <= self.lowest and not any(self.held):
            return
        side = -1.0 if self.rate > 0 else 1.0
        able = []
        for place in range(minute % rules.look_minutes, len(self.accounts), rules.look_minutes):
            held, hurdle, most = self.held[place] * side, self.hurdle[place], self.most[place]
            if held < 0 or (held > 0 and rate < rules.stay * hurdle):
                self._end(place, mark, rate if held > 0 else -rate, tick.now)
            elif most - held * mark / _STEP >= rules.clip * most and rate > hurdle:
                able.append(place)
        if not able:
            return
        longs, shorts = self.broker.markets[self.market].open_interest()
        crowding = dollars_of(shorts - longs if side > 0 else longs - shorts, mark)
        for place in able:
            dollars = min(crowding, int(self.most[place] * rules.clip))
            if self._enter(place, side > 0, rate, dollars):
                crowding -= dollars

    def _end(self, place: int, mark: int, earns: float, now: int) -> None:
        """Leave, unless the way out costs more than staying for the horizon."""
        held = self.held[place]
        dollars = int(abs(held) * mark / _STEP)
        cost = self.broker.charges(self.market, held < 0, dollars)
        saved = (self.hurdle[place] - earns) * self.rules.horizon_hours
        if cost is not None and cost <= saved:
            self.broker.leave(self.accounts[place], now)

    def _enter(self, place: int, long: bool, rate: float, dollars: int) -> bool:
        """Add ``dollars`` if that pays; nobody goes beyond the balance of the two sides."""
        account = self.accounts[place]
        if dollars < CENT or account in self.broker.pending or self.broker.leaves(account):
            return False
        cost = self._cost(long, dollars)
        if cost is None or rate - cost / self.rules.horizon_hours <= self.hurdle[place]:
            return False
        return self.broker.open(account, long, dollars, int(dollars / self.rules.leverage))

    def _cost(self, long: bool, dollars: int) -> float | None:
        """Part of ``dollars`` that coming and going costs; the impact comes back at the way out."""
        ways = self.broker.both_ways(self.market, long, dollars)
        return None if ways is None else ways[0] + max(0.0, ways[1])

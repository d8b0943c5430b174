"""Market makers: they quote both sides where limit orders rest, and step away when it blows.

Each quotes round the published price, wider the more the price moves and shifted against what it
holds; beyond its limit of volatility it takes its quotes back and waits for calm. Some trade on
money of their own; a market's own making account is quoted the same way, for its owners.
"""

from math import exp, log, sqrt
from typing import Final

from seawall.engine.errors import Refusal
from seawall.engine.fixed import MINUTE, NOTIONAL_STEP
from seawall.engine.venue import Market
from seawall.storm.agents import Agents
from seawall.storm.broker import CENT, Broker, Tick
from seawall.storm.crowd import Crowd, Tape

MAKING: Final = "making"
"""The role of a market's own account that is quoted here."""

_STEP: Final = float(NOTIONAL_STEP)
_MINUTE: Final = int(MINUTE)
_STALE: Final = 0.25
"""Part of the width by which the wanted quotes may have moved before they are renewed."""


class Volatility:
    """Standard deviation of what the price does in a minute, over ``memory`` minutes."""

    def __init__(self, memory: float) -> None:
        self.memory = memory * _MINUTE
        self.square = 0.0
        self._last = (0, 0.0)

    def see(self, now: int, price: float) -> float:
        """The volatility with ``price`` (any unit) at ``now`` (ms)."""
        before, last = self._last
        self._last = (now, price)
        if last > 0 and now > before:
            passed = now - before
            kept = exp(-passed / self.memory)
            self.square = kept * self.square + (1 - kept) * log(price / last) ** 2 * (
                _MINUTE / passed
            )
        return sqrt(self.square)


class Maker:
    """One who quotes: its account, its half width, its limit of volatility, what it holds.

    ``sent`` is the centre and half width of its quotes, 0 where it has none.
    """

    def __init__(self, account: int, width: float, limit: float) -> None:
        self.account = account
        self.width = width
        self.limit = limit
        self.held = 0
        self.away = False
        self.traded = True
        self.sent = (0.0, 0.0)


class MakerAgents(Agents):
    """Everybody who quotes one market, where it lets limit orders rest."""

    def __init__(
        self, crowd: Crowd, broker: Broker, index: int, capital: int, prices: Tape
    ) -> None:
        rules = crowd.population.makers
        self.capital: float = rules.capital
        self.leverage: float = rules.leverage
        self.width: float = rules.width
        self.limit: float = rules.limit
        self.calm: float = rules.calm
        self.volatility: float = rules.volatility
        self.skew: float = rules.skew
        self.show: float = rules.show
        self.steps: list[float] = [1 + level * rules.step for level in range(rules.levels)]
        self.broker = broker
        self.market = crowd.markets[index]
        self.truth: list[float] = prices.prices[self.market].tolist()
        self.wind = Volatility(rules.memory_minutes)
        self.makers: list[Maker] = []
        self.absent = 0
        market = broker.markets[self.market]
        if not market.rests_orders():
            return
        group = crowd.makers[index]
        traits = zip(group.parts.tolist(), group.trait.tolist(), group.limit.tolist(), strict=True)
        for part, width, limit in traits:
            amount = int(capital * self.capital * part)
            account = broker.enrol("makers", self.market, amount)
            if amount > CENT:
                broker.venue.add_margin(self.market, account, amount)
                self.makers.append(Maker(account, width, limit))

    def observe(self, tick: Tick) -> None:
        """Learn what each holds."""
        for maker in self.makers:
            if maker.account in self.broker.touched:
                view = self.broker.markets[self.market].position(maker.account)
                maker.held = 0 if view is None else int(view.size)
                maker.traded = True

    def act(self, tick: Tick) -> None:
        """Renew the quotes that have become stale."""
        true = self.truth[tick.index]
        if tick.index == 0:
            self._join()
        if not self.makers or true <= 0 or self.broker.marks[self.market] == 0:
            return
        volatility = self.wind.see(tick.now, true)
        for maker in self.makers:
            bound = maker.limit * (self.calm if maker.away else 1.0)
            if volatility > bound:
                self.absent += 1
                if not maker.away:
                    self._withdraw(maker)
                maker.away = True
                continue
            maker.away = False
            self._quote(maker, true, maker.width + self.volatility * volatility)

    def _join(self) -> None:
        """Quote for the market itself: its accounts are there once it has a price."""
        market = self.broker.markets[self.market]
        if market.rests_orders():
            for role, account in market.own_accounts():
                if role == MAKING:
                    self.makers.append(Maker(account, self.width, self.limit))

    def _withdraw(self, maker: Maker) -> None:
        self.broker.markets[self.market].cancel_all(maker.account)
        maker.sent = (0.0, 0.0)

    def _quote(self, maker: Maker, true: float, width: float) -> None:
        """Both sides round the price, less of it where the inventory is full."""
        market = self.broker.markets[self.market]
        worth = int(market.balance(maker.account)) + int(market.equity(maker.account))
        most = worth * self.leverage
        held = maker.held * true / _STEP
        full = max(-1.0, min(1.0, held / most)) if most > 0 else 0.0
        centre = true * (1 - full * self.skew * width)
        before, wide = maker.sent
        near = abs(centre - before) < _STALE * width * true and abs(width - wide) < _STALE * width
        if near and not maker.traded:
            return
        market.cancel_all(maker.account, True)
        maker.sent, maker.traded = (centre, width), False
        for side in (1.0, -1.0):
            room = (most - side * held) * self.show / len(self.steps)
            if room > 0:
                for step in self.steps:
                    price = int(centre * (1 - side * (width * step)))
                    if price > 0:
                        size = int(room * _STEP / price)
                        if size > 0:
                            self._send(market, maker, size if side > 0 else -size, price)

    def _send(self, market: Market, maker: Maker, size: int, price: int) -> None:
        """Rest one order; what the venue refuses is counted for those who trade for themselves."""
        try:
            market.quote_limit(maker.account, size, price)
        except Refusal as refusal:
            if maker.account in self.broker.kind:
                self.broker.book(maker.account).refused[refusal.code] += 1

    def finish(self) -> None:
        """Take every quote back."""
        for maker in self.makers:
            self._withdraw(maker)

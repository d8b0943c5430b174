"""The arbitrageur: sees the true price a tick early and trades where the venue does not."""

from typing import Final

from seawall.engine.fixed import DOLLAR
from seawall.engine.views import PositionView
from seawall.storm.agents import Agents
from seawall.storm.broker import Broker, Tick
from seawall.storm.crowd import Crowd, Tape
from seawall.storm.worth import dollars_of

_WORTHWHILE: Final = 100 * int(DOLLAR)
"""The least that an arbitrageur comes for, 1e-6 dollar."""
_ROUNDING: Final = 1e-6
"""More than what roundings to 1e-6 dollar can add to the costs of :data:`_WORTHWHILE`, a part."""


class ArbitrageurAgents(Agents):
    """One account that knows the published price of the next tick and trades when it pays.

    It adds as much as the gap between mark and price pays for: the charges both ways, the impact
    of its own order included, and its edge. It refuses to fill where the venue has caught up by
    then: against an oracle that reports before it fills there is nothing to gain, against a
    smoothed or stale one there is. Where the mark is the venue's own it carries the mark to the
    price, as far as its capital goes. It leaves when the gap has closed, no faster than its own
    impact would open another. It hedges elsewhere, so what its position loses here it adds from
    the wallet: it is never liquidated while it has money.
    """

    def __init__(
        self, crowd: Crowd, broker: Broker, index: int, capital: int, prices: Tape
    ) -> None:
        self.rules = crowd.population.arbitrageur
        self.broker = broker
        self.market = crowd.markets[index]
        self.truth: list[float] = prices.prices[self.market].tolist()
        amount = int(capital * self.rules.capital)
        self.account = broker.enrol("arbitrageur", self.market, amount)
        self.amount = amount

    def act(self, tick: Tick) -> None:
        """Compare the mark with what it will have to become."""
        broker = self.broker
        mark = broker.marks[self.market]
        if tick.index + 1 >= len(self.truth) or mark == 0 or self.account in broker.pending:
            return
        true = self.truth[tick.index + 1]
        gap = true / mark - 1
        view = broker.position(self.account)
        if view is not None:
            self._keep_margin(view)
            ahead = gap if view.size > 0 else -gap
            if ahead < self.rules.exit:
                self._leave(int(view.size), ahead)
                return
        if view is None or (view.size > 0) == (gap > 0):
            self._enter(gap, true)

    def _keep_margin(self, view: PositionView) -> None:
        """Bring the position's equity back to what its leverage takes, as far as the wallet goes.

        On a curve a large position is worth less than its share of the mark: what its own way out
        would cost counts as a loss, though the mark stands where it should.
        """
        lacks = int(int(view.value) / self.rules.leverage) - int(view.equity)
        amount = min(lacks, int(self.broker.venue.wallet(self.account)))
        if amount >= _WORTHWHILE:
            add = self.broker.venue.add_margin
            self.broker.attempt(self.account, add, self.market, self.account, amount)

    def _enter(self, gap: float, true: float) -> None:
        """Add the most of what the wallet can carry that the gap pays for."""
        margin = min(self.amount, int(self.broker.venue.wallet(self.account))) * 9 // 10
        long = gap > 0
        left = abs(gap)
        edge, leverage = self.rules.edge, self.rules.leverage
        both_ways = self.broker.both_ways
        if margin < _WORTHWHILE or left <= edge or not self._pays(margin, long, left - edge):
            return
        while margin >= _WORTHWHILE and left > edge:
            dollars = int(margin * leverage)
            ways = both_ways(self.market, long, dollars)
            if ways is not None and left > ways[0] + ways[1] + edge:
                worst = true * (1 - ways[1] if long else 1 + ways[1])
                self.broker.open(self.account, long, dollars, margin, worst=worst)
                return
            margin //= 2

    def _pays(self, margin: int, long: bool, most: float) -> bool:
        """Whether the least that it would add costs no more than ``most``.

        Coming and going cost a larger part of a larger order, but for the roundings of a small
        one: where the least does not pay, nothing does.
        """
        while margin // 2 >= _WORTHWHILE:
            margin //= 2
        ways = self.broker.both_ways(self.market, long, int(margin * self.rules.leverage))
        return ways is None or ways[0] + ways[1] < most + _ROUNDING

    def _leave(self, held: int, ahead: float) -> None:
        """Close the most whose impact is no more than the price is on the other side."""
        mark = self.broker.marks[self.market]
        least = self.broker.both_ways(self.market, held < 0, _WORTHWHILE)
        size = held
        cheapest = 0.0 if least is None else least[0] + least[1]
        room: float = self.rules.exit - ahead
        while dollars_of(abs(size), mark) > _WORTHWHILE and least is not None:
            ways = self.broker.both_ways(self.market, held < 0, dollars_of(abs(size), mark))
            if ways is not None and ways[0] + ways[1] - cheapest <= room:
                break
            size = int(size / 2)
        self.broker.order(self.account, -size)

"""Those who stand between a market and the others: what their hedges make, who holds the mark."""

from collections.abc import Iterable
from typing import Final

from seawall.engine.events import Event, Filled, RungReached
from seawall.storm.broker import Broker
from seawall.storm.crowd import Tape
from seawall.storm.result import Anchor
from seawall.storm.worth import dollars_of, rate_of

HEDGED = ("balancers", "bidders", "arbitrageur")
"""Classes that hold the opposite position elsewhere."""

_ANCHOR: Final = "arbitrageur"


class Hedges:
    """What the hedged classes' opposite positions elsewhere made in one market, at its price.

    And what it takes to hold the market's mark to that price (:class:`Anchor`).
    """

    def __init__(self, broker: Broker, market: str, prices: Tape) -> None:
        self.broker = broker
        self.market = market
        self.prices = [round(price) for price in prices.prices[market].tolist()]
        self.made = dict.fromkeys(HEDGED, 0)
        self.anchor = Anchor()
        self._sizes: dict[int, int] = {}
        self._net = dict.fromkeys(HEDGED, 0)
        self._ticks = 0
        self._off = 0

    def move(self, index: int, events: Iterable[Event] = ()) -> None:
        """The price has come from the tick before to this one, and these are its events."""
        if index > 0:
            change = self.prices[index] - self.prices[index - 1]
            for kind, net in self._net.items():
                if net == 0:
                    continue
                self.made[kind] -= dollars_of(net, change)
        self._count(events)
        self._look(self.prices[index])

    def _count(self, events: Iterable[Event]) -> None:
        """What the arbitrageur has paid."""
        anchor = self.anchor
        for event in events:
            if not isinstance(event, (Filled, RungReached)) or event.market != self.market:
                continue
            if self.broker.kind.get(int(event.account)) != _ANCHOR:
                continue
            anchor.charges += int(event.fee) + int(event.impact)
            if isinstance(event, Filled):
                anchor.charges += int(event.spread)
                anchor.funding += int(event.accrued)
                anchor.traded += dollars_of(abs(int(event.size)), int(event.price))
            else:
                anchor.charges += int(event.penalty)
                anchor.traded += dollars_of(abs(int(event.closed)), int(event.price))

    def _look(self, price: int) -> None:
        """How far the mark is from the price, and what the arbitrageur holds."""
        mark = int(self.broker.markets[self.market].mark())
        if mark == 0 or price == 0:
            return
        anchor = self.anchor
        off = rate_of(abs(mark - price), price)
        self._ticks += 1
        self._off += off
        anchor.off_mean = self._off // self._ticks
        anchor.off_most = max(anchor.off_most, off)
        anchor.held_most = max(anchor.held_most, dollars_of(abs(self._net[_ANCHOR]), price))

    def settled(self) -> Anchor:
        """The anchor with the funding that open positions still owe. Asked once, at the end."""
        for account, kind in self.broker.kind.items():
            if kind == _ANCHOR and self.broker.home[account] == self.market:
                view = self.broker.position(account)
                self.anchor.funding += 0 if view is None else int(view.accrued)
        return self.anchor

    def follow(self) -> None:
        """Match the positions that have changed in this tick."""
        if not self.broker.touched:
            return
        for account in sorted(self.broker.touched):
            kind = self.broker.kind.get(account, "")
            if kind in HEDGED and self.broker.home[account] == self.market:
                view = self.broker.position(account)
                size = 0 if view is None else int(view.size)
                self._net[kind] += size - self._sizes.get(account, 0)
                self._sizes[account] = size

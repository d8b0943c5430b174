"""Bidders: they take positions over in auctions, and close them later."""

from typing import Final

import numpy as np

from seawall.engine.auction import Auction, AuctionTerms
from seawall.engine.errors import Refusal
from seawall.engine.events import AuctionEnded, AuctionOpened
from seawall.engine.fixed import DOLLAR, MINUTE
from seawall.storm.agents import Agents, enrol
from seawall.storm.broker import Broker, Tick
from seawall.storm.crowd import Crowd
from seawall.storm.worth import dollars_of, tokens_for

_DOLLAR: Final = int(DOLLAR)
_MINUTE: Final = int(MINUTE)
_USUAL: Final = 0.001
"""Part of the notional that a way out costs in a calm market: nobody waits for less."""


class BidderAgents(Agents):
    """Take positions over in auctions from the discount they like, and close them later.

    They hedge elsewhere, so that a discount is theirs wherever the price goes. They know an
    auction's terms as far as the market publishes them.
    """

    def __init__(
        self,
        crowd: Crowd,
        broker: Broker,
        index: int,
        capital: int,
        terms: AuctionTerms | None,
    ) -> None:
        self.rules = crowd.population.bidders
        self.broker = broker
        self.terms = terms
        self.market = crowd.markets[index]
        group = crowd.bidders[index]
        self.accounts, _ = enrol(broker, "bidders", self.market, group, capital)
        order = np.argsort(group.trait, kind="stable").tolist()
        self.eager = [(float(group.trait[place]), self.accounts[place]) for place in order]
        self.open: dict[int, tuple[Auction, int]] = {}
        self.closing: dict[int, tuple[int, float]] = {}

    def observe(self, tick: Tick) -> None:
        """Follow the auctions of the market."""
        for event in tick.events:
            if not isinstance(event, (AuctionOpened, AuctionEnded)) or event.market != self.market:
                continue
            if isinstance(event, AuctionOpened):
                if self.terms is None:
                    continue
                number, owner = event.auction, event.account
                auction = Auction(number, owner, event.size, event.time, self.terms)
                self.open[int(number)] = (auction, int(event.bankruptcy))
            else:
                self.open.pop(int(event.auction), None)

    def act(self, tick: Tick) -> None:
        """Bid, the least demanding first; then close what has been held long enough."""
        for number in list(self.open):
            self._bid(number, tick.now)
        for account, (due, wanted) in list(self.closing.items()):
            if due <= tick.now:
                self._close(account, wanted, tick.now)

    def _close(self, account: int, wanted: float, now: int) -> None:
        """Leave once the way out costs no more than the discount that was wanted."""
        view = self.broker.position(account)
        dollars = 0 if view is None else int(view.value)
        if view is not None and dollars:
            cost = self.broker.charges(self.market, view.size < 0, dollars)
            if cost is None or cost > max(wanted, _USUAL):
                self.closing[account] = (now + _MINUTE, wanted)
                return
            self.broker.leave(account, now)
        del self.closing[account]

    def _bid(self, number: int, now: int) -> None:
        auction, bankruptcy = self.open[number]
        mark = self.broker.marks[self.market]
        try:
            price = int(auction.transfer_price(now, mark, bankruptcy))
        except Refusal:
            return
        long = auction.left > 0
        discount = abs(mark - price) / mark
        for wanted, account in self.eager:
            if wanted > discount or number not in self.open:
                return
            if account in self.broker.pending:
                continue
            margin = int(self.broker.venue.wallet(account)) // 2
            most = min(self.rules.leverage, self.broker.terms[self.market].leverage(margin))
            size = min(abs(int(auction.left)), tokens_for(int(margin * most), mark))
            margin = min(margin, dollars_of(size, mark) + _DOLLAR)
            view = self.broker.position(account)
            if size == 0 or (view is not None and (view.size > 0) != long):
                continue
            bid = self.broker.venue.bid
            if self.broker.attempt(account, bid, self.market, account, number, size, margin):
                auction.left += -size if long else size
                self.broker.touched.add(account)
                self.broker.book(account).placed += 1
                due = now + int(self.rules.hold_minutes * _MINUTE)
                self.closing.setdefault(account, (due, wanted))
                if auction.left == 0:
                    del self.open[number]

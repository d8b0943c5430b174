"""Those who live from the crowd: balancers, owners of the vaults, bidders, the arbitrageur.

Their capital is a share of what stands behind the market, their traits come from
:func:`seawall.storm.crowd.draw`. Like everybody they act through a
:class:`seawall.storm.broker.Broker`.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from seawall.engine.auction import Auction, AuctionTerms
from seawall.engine.errors import NotEnough, Refusal
from seawall.engine.events import AuctionEnded, AuctionOpened, Settled, VaultFlow
from seawall.engine.fixed import DOLLAR, HOUR, MINUTE, NOTIONAL_STEP
from seawall.engine.views import PositionView
from seawall.storm.agents import Agents, Attackers, TraderAgents
from seawall.storm.broker import CENT, Broker, Tick
from seawall.storm.crowd import Crowd, Group, Tape
from seawall.storm.makers import MakerAgents

_DOLLAR, _HOUR, _MINUTE, _STEP = int(DOLLAR), int(HOUR), int(MINUTE), int(NOTIONAL_STEP)
_WORTHWHILE = 100 * _DOLLAR
"""The least that an arbitrageur comes for, 1e-6 dollar."""
_USUAL = 0.001
"""Part of the notional that a way out costs in a calm market: nobody waits for less."""


class BalancerAgents(Agents):
    """Take the side that is paid for when it pays more than their hurdle; leave when it ends."""

    def __init__(self, crowd: Crowd, broker: Broker, index: int, capital: int) -> None:
        self.rules = crowd.population.balancers
        self.broker = broker
        self.market = crowd.markets[index]
        group = crowd.balancers[index]
        self.hurdle: list[float] = group.trait.tolist()
        self.lowest = min(self.hurdle, default=0.0)
        self.accounts, purse = _enrol(broker, "balancers", self.market, group, capital)
        self.most: list[float] = [one * self.rules.leverage * 0.9 for one in purse.tolist()]
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
        crowding = (shorts - longs if side > 0 else longs - shorts) * mark // _STEP
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


class ProviderAgents(Agents):
    """Owners of a market's vaults: enter first, and some of them ask to leave in a fall."""

    def __init__(
        self,
        crowd: Crowd,
        broker: Broker,
        index: int,
        capital: dict[str, int],
        in_kind: Mapping[str, int],
    ) -> None:
        self.broker = broker
        self.in_kind = in_kind
        self.market = crowd.markets[index]
        self.drawdown = crowd.providers[index].trait
        self.nervous = float(self.drawdown.min()) if len(self.drawdown) else np.inf
        self.parts = crowd.providers[index].parts.tolist()
        self.accounts: dict[str, list[int]] = {}
        self.shares: dict[str, list[int]] = {}
        self.asked: dict[str, set[int]] = {}
        self.peak = dict.fromkeys(capital, 0.0)
        self.retry: dict[int, int] = {}
        self.minute = -1
        for vault, amount in capital.items():
            accounts, _ = _enrol(broker, vault, self.market, crowd.providers[index], amount)
            self.accounts[vault] = accounts
            self.asked[vault] = set()

    def supply(self) -> None:
        """Put everybody's capital into the vaults; a refusal is the caller's to see."""
        for vault, accounts in self.accounts.items():
            self.shares[vault] = [self._enter(vault, account) for account in accounts]

    def _enter(self, vault: str, account: int) -> int:
        """One owner's capital, a part of it in the market's own token where the vault takes it."""
        venue = self.broker.venue
        dollars = self.broker.paid_in[account] * self.in_kind.get(vault, 0) // 100
        shares = 0
        if dollars > 0:
            tokens = self.broker.bring_in_kind(account, dollars)
            shares = venue.market(self.market).supply_in_kind(vault, account, tokens)
        return shares + venue.supply(self.market, vault, account, self.broker.paid_in[account])

    def observe(self, tick: Tick) -> None:
        """Collect what a settled epoch brought."""
        for event in tick.events:
            if isinstance(event, VaultFlow) and event.account < 0 and event.market == self.market:
                for account in sorted(self.asked.get(event.vault, ())):
                    self._claim(event.vault, account)

    def _claim(self, vault: str, account: int) -> None:
        with suppress(NotEnough):  # a gate let nothing of this one out, or all of it before
            self.broker.venue.claim(self.market, vault, account)

    def act(self, tick: Tick) -> None:
        """Once a minute, those whose drawdown is too deep ask to leave."""
        minute = tick.now // _MINUTE
        if minute == self.minute:
            return
        self.minute = minute
        venue = self.broker.venue
        for vault, accounts in self.accounts.items():
            view = self.broker.markets[self.market].vault(vault)
            worth = int(view.assets) / max(1, int(view.shares))
            self.peak[vault] = max(self.peak[vault], worth)
            fall = 1 - worth / (self.peak[vault] or 1)
            if self.nervous >= fall:
                continue
            for place in np.flatnonzero(self.drawdown < fall).tolist():
                account = accounts[place]
                if account in self.asked[vault] or self.retry.get(account, 0) > tick.now:
                    continue
                shares = self.shares[vault][place]
                request = venue.request_redeem
                epoch = self.broker.attempt(account, request, self.market, vault, account, shares)
                if epoch is not None:
                    self.asked[vault].add(account)
                    self.broker.redemptions[self.market, vault] += 1
                self.retry[account] = tick.now + _HOUR


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
        self.accounts, _ = _enrol(broker, "bidders", self.market, group, capital)
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
            size = min(abs(int(auction.left)), int(margin * most) * _STEP // mark)
            margin = min(margin, size * mark // _STEP + _DOLLAR)
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
        self.truth = prices.prices[self.market]
        amount = int(capital * self.rules.capital)
        self.account = broker.enrol("arbitrageur", self.market, amount)
        self.amount = amount

    def act(self, tick: Tick) -> None:
        """Compare the mark with what it will have to become."""
        broker = self.broker
        mark = broker.marks[self.market]
        if tick.index + 1 >= len(self.truth) or mark == 0 or self.account in broker.pending:
            return
        true = float(self.truth[tick.index + 1])
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
        while margin >= _WORTHWHILE and left > edge:
            dollars = int(margin * leverage)
            ways = both_ways(self.market, long, dollars)
            if ways is not None and left > ways[0] + ways[1] + edge:
                worst = true * (1 - ways[1] if long else 1 + ways[1])
                self.broker.open(self.account, long, dollars, margin, worst=worst)
                return
            margin //= 2

    def _leave(self, held: int, ahead: float) -> None:
        """Close the most whose impact is no more than the price is on the other side."""
        mark = self.broker.marks[self.market]
        least = self.broker.both_ways(self.market, held < 0, _WORTHWHILE)
        size = held
        while abs(size) * mark // _STEP > _WORTHWHILE and least is not None:
            ways = self.broker.both_ways(self.market, held < 0, abs(size) * mark // _STEP)
            if ways is not None and sum(ways) - sum(least) <= self.rules.exit - ahead:
                break
            size = int(size / 2)
        self.broker.order(self.account, -size)


def _enrol(
    broker: Broker, kind: str, market: str, group: Group, capital: int
) -> tuple[list[int], Any]:
    """Accounts that share ``capital`` by the group's parts, and what each of them has."""
    amounts = [int(capital * part) for part in group.parts.tolist()]
    if amounts:
        amounts[-1] += capital - sum(amounts)
    accounts = [broker.enrol(kind, market, amount) for amount in amounts]
    return accounts, np.array(amounts, dtype=np.float64)


def everybody(
    crowd: Crowd,
    broker: Broker,
    prices: Tape,
    capital: int,
    splits: Mapping[str, dict[str, int]],
    auctions: dict[str, AuctionTerms | None],
    in_kind: Mapping[str, int],
) -> tuple[list[Agents], list[ProviderAgents]]:
    """All agents at one venue in the order in which they act; the providers also apart.

    ``capital`` (1e-6 dollar) stands behind each market, what of it is in each vault says
    ``splits``; of a vault's, ``in_kind`` per cent come as the market's own token.
    """
    rules = crowd.population
    providers: list[ProviderAgents] = []
    others: list[Agents] = []
    for index, name in enumerate(crowd.markets):
        providers.append(ProviderAgents(crowd, broker, index, splits[name], in_kind))
        amounts = (int(capital * rules.balancers.capital), int(capital * rules.bidders.capital))
        others += [
            BidderAgents(crowd, broker, index, amounts[1], auctions[name]),
            BalancerAgents(crowd, broker, index, amounts[0]),
            ArbitrageurAgents(crowd, broker, index, capital, prices),
            MakerAgents(crowd, broker, index, capital, prices),
        ]
    traders = TraderAgents(crowd, broker, prices)
    return [Attackers(crowd, broker), *others, traders, *providers], providers

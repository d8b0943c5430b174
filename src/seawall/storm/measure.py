"""What a storm did, counted: who gained, who paid, who could still trade.

Everything is valued at the mark, vaults at what a deposit is priced at (pool cash less what
traders have won, plus what they have lost).

The gains of the classes add up to zero. ``reserve`` is what a market's pots hold beyond what
anybody can claim: impact reserve, income of the minute, advances that insurance is owed, dust of
the roundings. Below zero it is ``unpaid``: claims that the market cannot pay.

Where a market takes its own token beside dollars, the token is worth its mark of the end, both what
was brought and what is held: a gain is against having kept it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from seawall.engine.errors import Closed, Refusal
from seawall.engine.events import (
    AuctionEnded,
    AuctionOpened,
    AuctionTaken,
    Deleveraged,
    Event,
    Filled,
    Halted,
    InsuranceMoved,
    RungReached,
    Settled,
    VaultFlow,
)
from seawall.engine.fixed import DOLLAR, MINUTE, NOTIONAL_STEP, RATE
from seawall.engine.venue import KEEPER_ACCOUNT, TREASURY_ACCOUNT, Market, Venue
from seawall.storm.broker import Broker, Orders
from seawall.storm.crowd import CLASSES, Tape
from seawall.storm.result import (
    Auctions,
    Charges,
    ClassOrders,
    Deleveraging,
    Halts,
    Income,
    Insurance,
    Interest,
    Layer,
    Prices,
    Probe,
    Row,
    Rung,
)

PROBES = (100_000, 1_000_000)
"""Dollars that are asked for at every tick."""

HEDGED = ("balancers", "bidders")
"""Classes that hold the opposite position elsewhere."""

_STEP = int(NOTIONAL_STEP)
_RATE = int(RATE)
_PERCENT = _RATE // 100
_PROBE_DOLLARS = 1_000
_LOOK = 5 * int(MINUTE)


class Watcher:
    """Counts what happens in one market of one venue, tick by tick."""

    def __init__(self, venue: Venue, market: Market, probe: int) -> None:
        self.venue = venue
        self.market = market
        self.name = market.name
        self.probe = probe
        self.ticks = 0
        self.prices = Prices()
        self.rungs: dict[str, Rung] = {}
        self.rung_accounts: dict[str, set[int]] = defaultdict(set)
        self.cut_accounts: set[int] = set()
        self.deleveraging = Deleveraging()
        self.layers = {name: Layer(vault=name) for name in market.vaults()}
        self.insurance = Insurance()
        self.cover_least = -1
        self.cover_end = 0
        self.probes = [Probe(dollars=dollars) for dollars in PROBES]
        self.charges = Charges()
        self.income = Income()
        self.interest = Interest()
        self.auctions = Auctions()
        self.halts = Halts(count=Counter())
        self.withheld = 0
        self.bad_debt = 0
        self._skew_sum = 0
        self._closed = False
        self._looked = 0
        self._mark = 0

    def tick(self, now: int, events: Iterable[Event]) -> None:
        """Take the events of one advance in, and look at the market after it."""
        mark = int(self.market.mark())
        shortfall = self.bad_debt
        insured = False
        for event in events:
            if event.market == self.name:
                # what happened between two ticks happened at the mark before
                self._take(event, mark if event.time == now else self._mark)
                insured = insured or isinstance(event, InsuranceMoved)
        if self._closed:
            self.halts.shortfall_after += self.bad_debt - shortfall
        self._mark = mark
        if mark == 0:
            return
        self.ticks += 1
        prices = self.prices
        prices.first = prices.first or mark
        prices.low = min(prices.low or mark, mark)
        prices.high = max(prices.high, mark)
        prices.last = mark
        self._closed = self._is_closed(mark)
        self.halts.ticks += self._closed
        self._look(now)
        if insured or now - self._looked >= _LOOK:
            self._looked = now
            self._insured()
        for probe in self.probes:
            self._ask(probe, mark)
        self._weigh(mark)

    def _take(self, event: Event, mark: int) -> None:
        if isinstance(event, Settled):
            self._settled(event)
        elif isinstance(event, Filled):
            charges = self.charges
            charges.fees += int(event.fee)
            charges.spread += int(event.spread)
            charges.impact += int(event.impact)
            charges.accrued += int(event.accrued)
            self.withheld += int(event.withheld)
            self.bad_debt += int(event.unpaid)
        elif isinstance(event, RungReached):
            self._rung(event, mark)
        elif isinstance(event, Deleveraged):
            cuts = self.deleveraging
            cuts.count += 1
            self.cut_accounts.add(int(event.account))
            cuts.dollars += abs(int(event.size)) * int(event.price) // _STEP
            cuts.profit += int(event.profit)
            cuts.taken += max(0, (mark - int(event.price)) * int(event.size) // _STEP)
            cuts.withheld += int(event.withheld)
        elif isinstance(event, InsuranceMoved):
            if event.amount > 0:
                self.insurance.drawn += int(event.amount)
            else:
                self.insurance.repaid -= int(event.amount)
        elif isinstance(event, VaultFlow):
            layer = self.layers[event.vault]
            layer.put_in += int(event.assets)
            layer.exits_paid -= min(0, int(event.assets))
        elif isinstance(event, Halted):
            self.halts.count[event.guard] = self.halts.count.get(event.guard, 0) + 1
        else:
            self._auction(event, mark)

    def _settled(self, event: Settled) -> None:
        charges, income = self.charges, self.income
        charges.funding += int(event.funding)
        charges.utilisation += int(event.utilisation)
        charges.funding_rate_most = max(charges.funding_rate_most, int(event.funding_rate))
        charges.funding_rate_least = min(charges.funding_rate_least, int(event.funding_rate))
        income.total += int(event.income)
        income.to_insurance += int(event.to_insurance)
        income.to_treasury += int(event.to_treasury)
        income.to_senior += int(event.to_senior)
        income.to_junior += int(event.to_junior)
        income.arrears_end = int(event.arrears)
        income.arrears_most = max(income.arrears_most, income.arrears_end)

    def _rung(self, event: RungReached, mark: int) -> None:
        rung = self.rungs.setdefault(event.rung, Rung(rung=event.rung))
        rung.count += 1
        self.rung_accounts[event.rung].add(int(event.account))
        rung.dollars += abs(int(event.closed)) * int(event.price) // _STEP
        rung.discount += (mark - int(event.price)) * int(event.closed) // _STEP
        rung.shortfall += int(event.shortfall)
        self.bad_debt += int(event.shortfall)
        self.charges.fees += int(event.fee)
        self.charges.impact += int(event.impact)
        self.charges.penalties += int(event.penalty)

    def _auction(self, event: Event, mark: int) -> None:
        auctions = self.auctions
        if isinstance(event, AuctionOpened):
            auctions.opened += 1
        elif isinstance(event, AuctionTaken):
            dollars = abs(int(event.size)) * int(event.price) // _STEP
            auctions.slices += 1
            auctions.dollars += dollars
            auctions.discount += (mark - int(event.price)) * int(event.size) // _STEP
            self.charges.penalties += int(event.penalty)
        elif isinstance(event, AuctionEnded):
            auctions.sold += event.outcome == "sold"
            auctions.called_off += event.outcome == "called-off"
            auctions.unsold += event.outcome == "unsold"

    def _look(self, now: int) -> None:
        """Vaults, open interest."""
        for name, layer in self.layers.items():
            assets = int(self.market.vault(name).assets_high)
            layer.end = assets - layer.put_in
            if -layer.end > layer.worst:
                layer.worst = -layer.end
                layer.worst_time = now
            layer.least = min(layer.least, assets) if layer.least else assets

    def _weigh(self, mark: int) -> None:
        longs, shorts = (size * mark // _STEP for size in self.market.open_interest())
        interest = self.interest
        interest.long_most = max(interest.long_most, longs)
        interest.short_most = max(interest.short_most, shorts)
        interest.long_end, interest.short_end = longs, shorts
        interest.skew_most = max(interest.skew_most, longs - shorts)
        interest.skew_least = min(interest.skew_least, longs - shorts)
        self._skew_sum += longs - shorts
        interest.skew_mean = self._skew_sum // self.ticks

    def _insured(self) -> None:
        """Insurance, and what stands before the last vault of the loss order."""
        steps = self.market.loss_order()
        self.insurance.apart = any(step.layer == "insurance" for step in steps)
        held = sum(int(step.amount) for step in steps if step.layer == "insurance")
        self.insurance.end = held
        self.insurance.least = min(self.insurance.least, held)
        before = list(self.layers)[:-1]
        cover = held + sum(int(step.amount) for step in steps if step.layer in before)
        self.cover_end = cover
        self.cover_least = cover if self.cover_least < 0 else min(self.cover_least, cover)

    def _is_closed(self, mark: int) -> bool:
        """Whether an order that opens is refused because it is not the time for it."""
        size = _PROBE_DOLLARS * int(DOLLAR) * _STEP // mark
        try:
            number = self.venue.place(self.name, self.probe, size)
        except Closed:
            return True
        except Refusal:
            return False
        self.venue.cancel(self.name, self.probe, number)
        return False

    def _ask(self, probe: Probe, mark: int) -> None:
        if self._closed:
            probe.refused += 1
            return
        size = probe.dollars * int(DOLLAR) * _STEP // mark
        worst = 0
        try:
            for signed in (size, -size):
                all_in = int(self.market.quote(signed).all_in)
                worst = max(worst, abs(all_in - mark) * _RATE // mark)
        except Refusal:
            probe.refused += 1
            return
        probe.worst = max(probe.worst, worst)
        probe.within_1 += worst <= _PERCENT
        probe.within_5 += worst <= 5 * _PERCENT

    def row(self, broker: Broker, design: str, guards: str, hedges: dict[str, int]) -> Row:
        """The row of this market at the end of a run."""
        self._insured()
        gains = self._gains(broker)
        for name, accounts in self.rung_accounts.items():
            self.rungs[name].accounts = len(accounts)
        self.deleveraging.accounts = len(self.cut_accounts)
        self.withheld += self.deleveraging.withheld
        for name, layer in self.layers.items():
            layer.exits_asked = broker.redemptions[self.name, name]
        return Row(
            design=design,
            guards=guards,
            market=self.name,
            preset=broker.terms[self.name].preset,
            ticks=self.ticks,
            prices=self.prices,
            gains=gains,
            hedges=hedges,
            under_water=self._under_water(),
            bad_debt=self.bad_debt,
            liquidations=list(self.rungs.values()),
            deleveraging=self.deleveraging,
            withheld=self.withheld,
            layers=list(self.layers.values()),
            insurance=self.insurance,
            cover_least=max(0, self.cover_least),
            cover_end=self.cover_end,
            probes=self.probes,
            charges=self.charges,
            income=self.income,
            interest=self.interest,
            auctions=self.auctions,
            halts=self.halts,
            orders={
                kind: _orders(book)
                for (market, kind), book in broker.orders.items()
                if market == self.name and (book.placed or book.refused)
            },
        )

    def _under_water(self) -> int:
        """What positions that are still open already owe beyond their margin."""
        accounts = self.market.open_positions()
        views = [view for account in accounts for view in self.market.positions_of(account)]
        return -sum(min(0, int(view.equity)) for view in views)

    def _gains(self, broker: Broker) -> dict[str, int]:
        """What each class gained; treasury by the events, the keeper by what else left."""
        market, venue = self.market, self.venue
        names = market.vaults()
        gains = dict.fromkeys((*CLASSES, "balancers", "arbitrageur", "bidders"), 0)
        own = OwnToken(venue, market)
        brought = wallets = claims = 0
        for account, kind in broker.kind.items():
            if broker.home[account] == self.name:
                wallet = int(venue.wallet(account))
                gains[kind] = gains.get(kind, 0) + wallet - broker.paid_in[account]
                gains[kind] += own.worth(own.held(account)) - own.worth(
                    broker.in_kind.get(account, 0), -1
                )
                wallets += wallet
                brought += broker.paid_in[account]
        for account in market.open_positions():
            for view in market.positions_of(account):
                gains[broker.kind[account]] += int(view.equity)
                claims += int(view.equity)
        for name in names:
            vault = market.vault(name)
            worth = int(vault.assets_high) + int(vault.claimable)
            gains[name] += worth
            claims += worth
        found = market.pots()
        pots = sum(int(pot.amount) for pot in found if pot.token == 0)
        tokens = sum(int(pot.amount) for pot in found if pot.token == own.token)
        in_kind = [own.worth(own.held(account)) for account in (TREASURY_ACCOUNT, KEEPER_ACCOUNT)]
        left = pots + own.worth(tokens) - claims - self.insurance.end
        left += own.dust()
        gains["insurance"] = self.insurance.end
        gains["reserve"] = max(0, left)
        gains["unpaid"] = min(0, left)
        gains["treasury"] = self.income.to_treasury + in_kind[0]
        gains["keeper"] = brought - wallets - pots - self.income.to_treasury + in_kind[1]
        return gains


class OwnToken:
    """The token that a market is named after, in dollars at its mark, where the venue holds it.

    Each amount is rounded down and its remainder kept, so that amounts which add up to nothing in
    tokens add up to nothing in dollars.
    """

    def __init__(self, venue: Venue, market: Market) -> None:
        tokens = venue.treasury.tokens
        self.venue = venue
        self.name = market.name
        self.token = tokens.index(market.name) if market.name in tokens else -1
        self.mark = int(market.mark())
        digits = venue.treasury.decimals[self.token] if self.token >= 0 else 8
        self.unit: int = 10 ** (digits + 4)
        self.rest = 0

    def held(self, account: int) -> int:
        """Units in an account's purse."""
        return int(self.venue.wallet(account, self.name)) if self.token >= 0 else 0

    def worth(self, amount: int, sign: int = 1) -> int:
        """Dollars (1e-6, rounded down) of ``amount``; its remainder counts by ``sign``."""
        value, rest = divmod(amount * self.mark, self.unit)
        self.rest += sign * rest
        return value

    def dust(self) -> int:
        """Dollars (1e-6) that the roundings down have left out."""
        return self.rest // self.unit


class Hedges:
    """What the hedged classes' opposite positions elsewhere made in one market, at its price."""

    def __init__(self, broker: Broker, market: str, prices: Tape) -> None:
        self.broker = broker
        self.market = market
        self.prices = [round(price) for price in prices.prices[market].tolist()]
        self.made = dict.fromkeys(HEDGED, 0)
        self._sizes: dict[int, int] = {}
        self._net = dict.fromkeys(HEDGED, 0)

    def move(self, index: int) -> None:
        """The price has come from the tick before to this one."""
        if index > 0:
            change = self.prices[index] - self.prices[index - 1]
            for kind, net in self._net.items():
                self.made[kind] -= net * change // _STEP

    def follow(self) -> None:
        """Match the positions that have changed in this tick."""
        for account in sorted(self.broker.touched):
            kind = self.broker.kind.get(account, "")
            if kind in HEDGED and self.broker.home[account] == self.market:
                view = self.broker.position(account)
                size = 0 if view is None else int(view.size)
                self._net[kind] += size - self._sizes.get(account, 0)
                self._sizes[account] = size


def _orders(book: Orders) -> ClassOrders:
    return ClassOrders(
        placed=book.placed,
        filled=book.filled,
        asked=book.asked,
        opened=book.opened,
        refused=dict(sorted(book.refused.items())),
        cancelled=dict(sorted(book.cancelled.items())),
    )


def conservation(venue: Venue, rows: Sequence[Row]) -> int:
    """What all classes together gained, by the wallets of treasury and keeper: 0, always."""
    own = ("treasury", "keeper")
    others = sum(gain for row in rows for kind, gain in row.gains.items() if kind not in own)
    held = 0
    for account in (TREASURY_ACCOUNT, KEEPER_ACCOUNT):
        held += int(venue.wallet(account))
        for row in rows:
            token = OwnToken(venue, venue.market(row.market))
            held += token.worth(token.held(account))
    return others + held

"""What a storm did, counted: who gained, who paid, who could still trade.

Everything is valued at the mark, vaults at what a deposit is priced at (pool cash less what
traders have won, plus what they have lost).

The gains of the classes add up to zero. ``reserve`` is what a market's pots hold beyond what
anybody can claim: impact reserve, income of the minute, advances that insurance is owed, dust of
the roundings. Below zero it is ``unpaid``: claims that the market cannot pay.

Where a market takes its own token beside dollars, the token is worth its mark of the end, both what
was brought and what is held: a gain is against having kept it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from seawall.engine.errors import Closed, Refusal
from seawall.engine.events import (
    Event,
    InsuranceMoved,
    VaultFlow,
)
from seawall.engine.fixed import DOLLAR, MINUTE, NOTIONAL_STEP, RATE
from seawall.engine.venue import KEEPER_ACCOUNT, TREASURY_ACCOUNT, Market, Venue
from seawall.storm.broker import Broker, Orders
from seawall.storm.gains import gains_of_guest, gains_of_host
from seawall.storm.hedges import Hedges
from seawall.storm.in_kind import Owners, coins
from seawall.storm.result import (
    AtMark,
    ClassOrders,
    Departure,
    Dials,
    Inherited,
    Interest,
    Prices,
    Probe,
    Return,
    Row,
    Takeover,
)
from seawall.storm.returns import Returns
from seawall.storm.tally import COUNTED, Tally
from seawall.storm.worth import dollars_of, rate_of, tokens_for

PROBES = (100_000, 1_000_000)
"""Dollars that are asked for at every tick."""

_DOLLAR: Final = int(DOLLAR)
_STEP: Final = int(NOTIONAL_STEP)
_RATE: Final = int(RATE)
_PERCENT: Final = _RATE // 100
_PROBE_DOLLARS: Final = 1_000
_LOOK: Final = 5 * int(MINUTE)


class Watcher(Tally):
    """Counts what happens in one market of one venue, tick by tick."""

    def __init__(
        self, venue: Venue, market: Market, probe: int, published: Iterable[int] = ()
    ) -> None:
        super().__init__(market.vaults())
        self.venue = venue
        self.market: Any = market  # anything that shows itself as a market does
        self.name = market.name
        self.probe = probe
        self.ticks = 0
        self.prices = Prices()
        self.cover_least = -1
        self.cover_end = 0
        self.probes = [Probe(dollars=dollars) for dollars in PROBES]
        self.interest = Interest()
        self.dials = Dials()
        self.published = list(published)
        self.owners: dict[str, Owners] = {}
        self.tokens = [market.name]
        self.guests: list[Market] = []
        self.is_guest = False
        self.at_marks: list[AtMark] = []
        self.inherited: dict[str, Inherited] = {}
        self._skew_sum = 0
        self._closed = False
        self._looked = 0
        self._mark = 0
        self._moved = True
        self.returns: Returns | None = Returns(venue, market)

    def tick(self, now: int, events: Iterable[Event]) -> None:
        """Take the events of one advance in, and look at the market after it."""
        mark = int(self.market.mark())
        shortfall = self.bad_debt
        insured = False
        moved = self._moved
        self._moved = False
        for event in events:
            kind = type(event)
            if kind in COUNTED and event.market == self.name:
                self._moved = self._moved or kind is VaultFlow
                # what happened between two ticks happened at the mark before
                self.take(event, mark if event.time == now else self._mark)
                insured = insured or kind is InsuranceMoved
        if self.returns is not None:
            self.returns.take(events)
        for owners in self.owners.values():
            owners.moved |= moved or self._moved  # also by the claims that followed the tick before
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
        self._look(now, mark)
        if insured or now - self._looked >= _LOOK:
            self._looked = now
            self._insured()
            self._read_dials(now)
        for probe in self.probes:
            self._ask(probe, mark)
        self._weigh(mark)
        if self.returns is not None and (self.owners or self.ticks == 1):
            ends = {name: layer.end for name, layer in self.layers.items()}
            self.returns.look(mark, self.owners, ends)
        self._look_at_own(now, mark)

    def _look(self, now: int, mark: int) -> None:
        """Vaults, open interest."""
        for name, layer in self.layers.items():
            view = self.market.vault(name)
            assets = int(view.assets_high)
            if name in self.owners:
                kept = self.owners[name].gained()
                layer.end = assets + int(view.claimable) + kept
            else:
                layer.end = assets - layer.put_in
            if -layer.end > layer.worst:
                layer.worst = -layer.end
                layer.worst_time = now
            layer.least = min(layer.least, assets) if layer.least else assets

    def _weigh(self, mark: int) -> None:
        interest = self.interest
        sizes = self.market.open_interest()
        longs, shorts = dollars_of(sizes[0], mark), dollars_of(sizes[1], mark)
        interest.long_most = max(interest.long_most, longs)
        interest.short_most = max(interest.short_most, shorts)
        interest.long_end, interest.short_end = longs, shorts
        interest.skew_most = max(interest.skew_most, longs - shorts)
        interest.skew_least = min(interest.skew_least, longs - shorts)
        self._skew_sum += longs - shorts
        interest.skew_mean = self._skew_sum // self.ticks

    def _look_at_own(self, now: int, mark: int) -> None:
        """What the market's own accounts hold, closely where losses were published."""
        results: dict[str, int] = {}
        for role, account in self.market.own_accounts():
            view = self.market.position(account)
            if view is None:
                continue
            results[role] = int(view.result)
            found = self.inherited.setdefault(role, Inherited(role=role))
            if abs(int(view.size)) > abs(found.size):
                found.size, found.time = int(view.size), now
                found.entry = int(view.entry) * _STEP // abs(int(view.size))
            if -results[role] > found.worst:
                found.worst, found.worst_mark = -results[role], mark
        first = self.prices.first
        reached = [price for price in self.published if (mark - price) * (first - price) <= 0]
        for price in reached:
            self.published.remove(price)
            gained = {name: layer.end for name, layer in self.layers.items()}
            self.at_marks.append(
                AtMark(
                    price=price,
                    mark=mark,
                    time=now,
                    vaults=gained,
                    results=results,
                    takeover=self._takeover(mark),
                )
            )

    def _takeover(self, mark: int) -> Takeover | None:
        """The largest position closed at once by the first published mark, at this one."""
        if self.at_marks:
            found: Takeover | None = self.at_marks[0].takeover
            if found is None:
                return None
            rung, size, price = found.rung, found.size, found.price
        else:
            most = max(
                self.rungs.values(),
                key=lambda rung: abs(rung.largest) * rung.largest_price,
                default=None,
            )
            if most is None:
                return None
            rung, size, price = most.rung, most.largest, most.largest_price
        return Takeover(rung=rung, size=size, price=price, result=dollars_of(size, mark - price))

    def _returns(self, broker: Broker, gains: dict[str, int]) -> list[Return]:
        if self.returns is None:
            return []
        return self.returns.split(broker, gains, self.owners, self.insurance.apart)

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

    def _read_dials(self, now: int) -> None:
        """What the design shows of itself."""
        shown = self.market.dials()
        if shown:
            self.dials.times.append(now)
        for name, amount in shown.items():
            self.dials.series.setdefault(name, []).append(int(amount))

    def departures(self, broker: Broker) -> list[Departure]:
        """Who would be left unpaid if everybody left now, by the order of leaving."""
        found = []
        for order, lacking in self.market.left_unpaid().items():
            unpaid: Counter[str] = Counter()
            for account, amount in lacking.items():
                unpaid[broker.kind[account]] += int(amount)
            found.append(Departure(order=order, unpaid=dict(unpaid), accounts=len(lacking)))
        return found

    def _is_closed(self, mark: int) -> bool:
        """Whether an order that opens is refused because it is not the time for it."""
        if self.market.rests_orders():
            return not self.market.is_open()
        size = tokens_for(_PROBE_DOLLARS * _DOLLAR, mark)
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
        size = tokens_for(probe.dollars * _DOLLAR, mark)
        try:
            above = int(self.market.quote(size).all_in) - mark
            below = int(self.market.quote(-size).all_in) - mark
        except Refusal:
            probe.refused += 1
            return
        worst = rate_of(max(abs(above), abs(below)), mark)
        probe.worst = max(probe.worst, worst)
        probe.within_1 += worst <= _PERCENT
        probe.within_5 += worst <= 5 * _PERCENT

    def row(self, broker: Broker, design: str, guards: str, hedges: Hedges) -> Row:
        """The row of this market at the end of a run."""
        self._insured()
        self._read_dials(int(self.venue.now))
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
            hedges=hedges.made,
            under_water=self._under_water(),
            bad_debt=self.bad_debt,
            liquidations=list(self.rungs.values()),
            deleveraging=self.deleveraging,
            withheld=self.withheld,
            layers=list(self.layers.values()),
            returns=self._returns(broker, gains),
            insurance=self.insurance,
            cover_least=max(0, self.cover_least),
            cover_end=self.cover_end,
            probes=self.probes,
            charges=self.charges,
            income=self.income,
            interest=self.interest,
            auctions=self.auctions,
            halts=self.halts,
            anchor=hedges.settled(),
            dials=self.dials,
            departures=self.departures(broker),
            inherited=list(self.inherited.values()),
            at_marks=self.at_marks,
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
        if self.is_guest:
            return gains_of_guest(broker, self.market, self.tokens)
        return gains_of_host(
            broker,
            self.market,
            self.guests,
            self.tokens,
            self.insurance.end,
            self.income.to_treasury,
        )


def _orders(book: Orders) -> ClassOrders:
    return ClassOrders(
        placed=book.placed,
        filled=book.filled,
        asked=book.asked,
        opened=book.opened,
        refused=dict(sorted(book.refused.items())),
        cancelled=dict(sorted(book.cancelled.items())),
    )


def conservation(broker: Broker, rows: Sequence[Row]) -> int:
    """What all classes together gained, by the wallets of treasury and keeper: 0, always."""
    own = ("treasury", "keeper")
    others: int = sum(gain for row in rows for kind, gain in row.gains.items() if kind not in own)
    venue = broker.venue
    tokens = coins(broker, venue.treasury.tokens[1:])
    held = 0
    for account in (TREASURY_ACCOUNT, KEEPER_ACCOUNT):
        held += int(venue.wallet(account))
        held += sum(token.worth(token.held(account)) for token in tokens)
    return others + held

"""What the events of one market come to, added up as they happen."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

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
from seawall.storm.result import (
    Auctions,
    Charges,
    Deleveraging,
    Halts,
    Income,
    Insurance,
    Layer,
    Rung,
)
from seawall.storm.worth import dollars_of

COUNTED: Final = frozenset(
    (
        AuctionEnded,
        AuctionOpened,
        AuctionTaken,
        Deleveraged,
        Filled,
        Halted,
        InsuranceMoved,
        RungReached,
        Settled,
        VaultFlow,
    )
)
"""The kinds of events that :meth:`Tally.take` takes."""


class Tally:
    """Counts of one market with these ``vaults``."""

    def __init__(self, vaults: Iterable[str]) -> None:
        self.rungs: dict[str, Rung] = {}
        self.rung_accounts: dict[str, set[int]] = defaultdict(set)
        self.cut_accounts: set[int] = set()
        self.deleveraging = Deleveraging()
        self.layers = {name: Layer(vault=name) for name in vaults}
        self.insurance = Insurance()
        self.charges = Charges()
        self.income = Income()
        self.auctions = Auctions()
        self.halts = Halts(count=Counter())
        self.withheld = 0
        self.bad_debt = 0

    def take(self, event: Event, mark: int) -> None:
        """Count an event that happened at ``mark`` (1e-10)."""
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
            cuts.dollars += dollars_of(abs(int(event.size)), int(event.price))
            cuts.profit += int(event.profit)
            cuts.taken += max(0, dollars_of(int(event.size), mark - int(event.price)))
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
        rung.dollars += dollars_of(abs(int(event.closed)), int(event.price))
        rung.discount += dollars_of(int(event.closed), mark - int(event.price))
        rung.shortfall += int(event.shortfall)
        if abs(int(event.closed)) > abs(rung.largest):
            rung.largest, rung.largest_price = int(event.closed), int(event.price)
        self.bad_debt += int(event.shortfall)
        self.charges.fees += int(event.fee)
        self.charges.impact += int(event.impact)
        self.charges.penalties += int(event.penalty)

    def _auction(self, event: Event, mark: int) -> None:
        auctions = self.auctions
        if isinstance(event, AuctionOpened):
            auctions.opened += 1
        elif isinstance(event, AuctionTaken):
            dollars = dollars_of(abs(int(event.size)), int(event.price))
            auctions.slices += 1
            auctions.dollars += dollars
            auctions.discount += dollars_of(int(event.size), mark - int(event.price))
            self.charges.penalties += int(event.penalty)
        elif isinstance(event, AuctionEnded):
            auctions.sold += event.outcome == "sold"
            auctions.called_off += event.outcome == "called-off"
            auctions.unsold += event.outcome == "unsold"

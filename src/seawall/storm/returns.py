"""Where a vault's gain came from: the assets, the fees, funding and borrowing, the traders.

The split is that of liquidity providers' returns into what the held assets did, the fees, and the
traders' net loss, with funding and borrowing kept apart from the fees.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from seawall.engine.events import Event, Filled, RungReached, Settled
from seawall.engine.venue import Venue
from seawall.storm.broker import Broker
from seawall.storm.in_kind import Owners, OwnToken
from seawall.storm.result import Return


class Returns:
    """Counts what the vaults of one market got, event by event, and what their tokens did.

    What a report says the vaults got goes by its parts of senior and junior where it names them,
    else to the first vault; funding that the vaults paid is the first one's.
    """

    def __init__(self, venue: Venue, market: Any) -> None:  # whatever has vaults as a market does
        self.venue = venue
        self.market = market
        self.fees = dict.fromkeys(market.vaults(), 0)
        self.carry = dict.fromkeys(market.vaults(), 0)
        self.to_insurance = 0
        self.first = market.vaults()[0] if market.vaults() else ""
        self._own: frozenset[int] | None = None
        self._mark = 0
        self._units = 0
        self._steps = 0
        self._start = 0
        self._entry: dict[str, int] = {}

    def take(self, events: Iterable[Event]) -> None:
        """The events of a tick, those of other markets among them."""
        if self._own is None:
            self._own = frozenset(account for _, account in self.market.own_accounts())
        for event in events:
            kind = type(event)
            if kind is Settled and event.market == self.market.name:
                assert isinstance(event, Settled)
                self._settled(event)
            elif kind is RungReached and event.market == self.market.name:
                assert isinstance(event, RungReached)
                self.to_insurance += int(event.to_insurance)
            elif kind is Filled and event.market == self.market.name:
                assert isinstance(event, Filled)
                if event.account in self._own:
                    self.fees[self.first] -= int(event.fee)

    def _settled(self, event: Settled) -> None:
        if not (event.fees or event.carry):
            return
        fees, carry = int(event.fees), int(event.carry)
        positive = carry - min(0, int(event.funding))
        named = int(event.to_senior + event.to_junior)
        for vault in self.fees:
            part = int(getattr(event, f"to_{vault}", 0)) if vault != self.first else 0
            if part and named:
                held = positive * part // named
                self.carry[vault] += held
                self.fees[vault] += part - held
                carry -= held
                fees -= part - held
        if self.first:
            self.fees[self.first] += fees
            self.carry[self.first] += carry

    def look(self, mark: int, owners: Mapping[str, Owners], ends: Mapping[str, int]) -> None:
        """The market after a tick: the tokens of its vaults have moved with the mark.

        What the vaults have gained so far (``ends``) is, the first time, what coming in cost.
        """
        if not self._entry:
            self._entry = dict(ends)
        if not owners:
            return
        if self._mark:
            self._steps += self._units * (mark - self._mark)
        else:
            self._start = mark
        self._mark = mark
        held = sum(one.units(self.market.name) for one in owners.values())
        self._units = self.market.held_in_kind() + held

    def split(
        self, broker: Broker, gains: Mapping[str, int], owners: Mapping[str, Owners], apart: bool
    ) -> list[Return]:
        """Every vault's gain by its sources; ``apart`` where insurance is a pot of its own."""
        dollars = dict.fromkeys(self.fees, 0)
        for account, kind in broker.kind.items():
            if kind in dollars and broker.home[account] == self.market.name:
                dollars[kind] += broker.paid_in[account]
        unit = OwnToken(self.venue, self.market).unit
        found = []
        for vault in self.fees:
            brought = owners[vault].brought(self.market.name) if vault in owners else 0
            assets = self._steps // unit if vault in owners else 0
            fees = self.fees[vault] + self._entry.get(vault, 0)
            if vault == self.first and not apart:
                fees += self.to_insurance
            kept = brought * (self._mark - self._start) // unit if vault in owners else 0
            gain = gains[vault]
            carry = self.carry[vault]
            found.append(
                Return(
                    vault=vault,
                    dollars=dollars[vault],
                    tokens=brought,
                    assets=assets,
                    fees=fees,
                    carry=carry,
                    traders=gain + kept - assets - fees - carry,
                    kept=kept,
                    gain=gain,
                )
            )
        return found

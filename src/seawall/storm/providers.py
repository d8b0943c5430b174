"""Owners of a market's vaults: they bring the capital, and some of them run."""

from collections.abc import Mapping
from contextlib import suppress
from math import inf, isfinite
from typing import Final

from seawall.engine.errors import NotEnough
from seawall.engine.events import VaultFlow
from seawall.engine.fixed import HOUR, MINUTE
from seawall.storm.agents import Agents, enrol
from seawall.storm.broker import Broker, Tick
from seawall.storm.crowd import Crowd

_HOUR: Final = int(HOUR)
_MINUTE: Final = int(MINUTE)


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
        self.drawdown: list[float] = crowd.providers[index].trait.tolist()
        self.nervous = min(self.drawdown, default=inf)
        self.staying: dict[str, list[int]] = {}
        self.parts = crowd.providers[index].parts.tolist()
        self.accounts: dict[str, list[int]] = {}
        self.shares: dict[str, list[int]] = {}
        self.asked: dict[str, set[int]] = {}
        self.peak = dict.fromkeys(capital, 0.0)
        self.retry: dict[int, int] = {}
        self.minute = -1
        for vault, amount in capital.items():
            accounts, _ = enrol(broker, vault, self.market, crowd.providers[index], amount)
            self.accounts[vault] = accounts
            self.asked[vault] = set()
            self.staying[vault] = [
                place for place, bound in enumerate(self.drawdown) if isfinite(bound)
            ]

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
        if minute == self.minute or not self.shares:
            return
        self.minute = minute
        venue = self.broker.venue
        for vault, accounts in self.accounts.items():
            view = self.broker.markets[self.market].vault(vault)
            worth = float(view.assets) / float(max(1, int(view.shares)))
            peak = max(self.peak[vault], worth)
            self.peak[vault] = peak
            fall = 1.0 - worth / (peak or 1.0)
            if self.nervous >= fall:
                continue
            for place in list(self.staying[vault]):
                account = accounts[place]
                if self.drawdown[place] >= fall or self.retry.get(account, 0) > tick.now:
                    continue
                shares = self.shares[vault][place]
                request = venue.request_redeem
                epoch = self.broker.attempt(account, request, self.market, vault, account, shares)
                if epoch is not None:
                    self.asked[vault].add(account)
                    self.staying[vault].remove(place)
                    self.broker.redemptions[self.market, vault] += 1
                self.retry[account] = tick.now + _HOUR

"""A vault's shares, requests and claims: LAY-VAL-2, LAY-VAL-4, LAY-GATE-5, LAY-GATE-6."""

from fractions import Fraction
from math import ceil, floor

from .money import MOST_DOLLARS, MOST_NUMBER, in_bounds, refuse


class Request:
    def __init__(self, number: int, account: int) -> None:
        self.number = number  # the epoch in which it was made
        self.due = number
        self.account = account
        self.shares = 0


class Vault:
    def __init__(self, name: str, epoch: int) -> None:
        self.name = name
        self.epoch = epoch
        self.series = 1
        self.balances: dict[int, int] = {}
        self.requests: list[Request] = []
        self.claims: list[tuple[int, int, int]] = []  # account, shares, assets

    def escrow(self) -> int:
        return sum(request.shares for request in self.requests)

    def supply(self) -> int:
        return sum(self.balances.values()) + self.escrow()

    def pending(self, account: int) -> int:
        return sum(r.shares for r in self.requests if r.account == account)

    def claimable(self, account: int) -> int:
        return sum(assets for owner, _, assets in self.claims if owner == account)

    def is_worthless(self, high: int) -> bool:
        return self.supply() > 0 and high == 0

    def enter(self, account: int, assets: int, high: int, limit: int) -> int:
        """Shares for a deposit, given the vault's high value and what may still enter."""
        if self.is_worthless(high):
            refuse("worthless-vault")
        shares = floor(Fraction(assets * (self.supply() + 1), high + 1))
        if shares >= MOST_NUMBER:
            refuse("overflow")
        if shares == 0:
            refuse("deposit-too-small")
        if assets > limit:
            refuse("entry-gate")
        in_bounds("shares", shares, 1, MOST_DOLLARS - self.supply())
        self.balances[account] = self.balances.get(account, 0) + shares
        return shares

    def through_gate(self, low: int, limit: int) -> int:
        """The most shares that are worth no more than ``limit``."""
        supply = self.supply()
        if limit <= 0:
            return 0
        if limit >= low:
            return supply
        fewest_too_many = ceil(Fraction((limit + 1) * (supply + 1), low + 1))
        return fewest_too_many - 1

    def ask(self, account: int, shares: int, low: int, limit: int, now: int) -> int:
        in_bounds("shares", shares, 1, MOST_DOLLARS)
        if shares > self.balances.get(account, 0):
            refuse("short-balance")
        if shares > self.through_gate(low, limit) - self.escrow():
            refuse("exit-gate")
        self.balances[account] -= shares
        number = now // self.epoch
        mine = [r for r in self.requests if r.account == account and r.number == number]
        if mine:
            request = mine[-1]
        else:
            request = Request(number, account)
            self.requests.append(request)
        request.shares += shares
        return number

    def due(self, now: int) -> int:
        """Shares whose epoch is over."""
        return sum(r.shares for r in self.requests if r.due < now // self.epoch)

    def settle(self, low: int, limit: int, now: int) -> tuple[int, int]:
        """Shares and assets that leave now; the requests of past epochs are paid together."""
        current = now // self.epoch
        due = [r for r in self.requests if r.due < current]
        asked = sum(r.shares for r in due)
        if asked == 0:
            return 0, 0
        out = asked if low == 0 else min(asked, self.through_gate(low, limit))
        supply = self.supply()
        left = paid = 0
        for request in due:
            shares = floor(Fraction(request.shares * out, asked))
            assets = floor(Fraction(shares * (low + 1), supply + 1))
            if assets > 0:
                self.claims.append((request.account, shares, assets))
            request.shares -= shares
            request.due = current
            left += shares
            paid += assets
        self.requests = [r for r in self.requests if r.shares > 0]
        return left, paid

    def collect(self, account: int) -> int:
        assets = self.claimable(account)
        if assets == 0:
            refuse("nothing-to-claim")
        self.claims = [claim for claim in self.claims if claim[0] != account]
        return assets

    def restart(self, high: int) -> None:
        if not self.is_worthless(high):
            refuse("not-worthless")
        self.balances = {}
        self.requests = []
        self.series += 1

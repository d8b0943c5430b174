"""What is owed to accounts and waits to be collected: funding, and impact beyond the cap.

Funding that a position has earned is credited whenever the position changes and lies in the
funding pots until it is claimed. Impact that a close was spared by the cap lies in pots of its
own, by account, token and hour; it can be claimed once a factor has been set for the hour or the
account, or in full when a delay has passed, less what the account's own reduction keeps back.

Source: gmx-io/gmx-synthetics, contracts/market/MarketUtils.sol (claims) and
contracts/claim; see docs/gm.md, "Claims".
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.gm.tokens import LONG
from seawall.engine.fixed import HOUR, RATE, larger, share, smaller
from seawall.engine.pot import Pot

SLOTS: Final = 10_000_000
"""Hours that are told apart: all until the year 3110."""


class Capped(Pot):
    """Impact beyond the cap, of one account, token and hour; ``granted`` is all that came in."""

    def __init__(self, account: i64, kind: i64, hour: i64, token: i64) -> None:
        super().__init__(token, False)
        self.account: i64 = account
        self.kind: i64 = kind
        self.hour: i64 = hour
        self.granted: i64 = 0
        self.claimed: i64 = 0


def _hour_of(account: i64, kind: i64, hour: i64) -> int:
    return (int(account) * 2 + int(kind)) * SLOTS + int(hour)


class Claims:
    """Credits of one market; ``delay`` (ms) frees capped impact where no factor is set."""

    def __init__(self, delay: i64) -> None:
        self.delay: i64 = delay
        self.funding: list[dict[int, int]] = [{}, {}]
        self.capped: dict[int, Capped] = {}
        self.hour_factors: dict[int, int] = {}
        self.account_factors: dict[int, int] = {}
        self.reductions: dict[int, int] = {}

    # funding

    def credit(self, account: i64, kind: i64, amount: i64) -> None:
        """Note ``amount`` tokens of funding for ``account``."""
        if amount > 0:
            held = self.funding[kind]
            held[int(account)] = held.get(int(account), 0) + int(amount)

    def credited(self, account: int, kind: int) -> int:
        """Funding that ``account`` may claim in the long (0) or the short token (1)."""
        return self.funding[kind].get(account, 0)

    def settle(self, account: int, kind: int) -> int:
        """Strike out the credit of ``account``; its amount."""
        return self.funding[kind].pop(account, 0)

    def all_credited(self, kind: int) -> int:
        """Funding credited to all accounts in one token."""
        return sum(self.funding[kind].values())

    # capped impact

    def pot_of(self, account: i64, kind: i64, token: i64, now: i64) -> Capped:
        """The pot of an account's capped impact of this hour."""
        hour: i64 = now // HOUR
        key = _hour_of(account, kind, hour)
        found = self.capped.get(key)
        if found is None:
            found = Capped(account, kind, hour, token)
            self.capped[key] = found
        return found

    def keep(self, source: Pot, account: i64, kind: i64, amount: i64, now: i64) -> None:
        """Move ``amount`` out of ``source`` to where ``account`` can claim it later."""
        if amount == 0:
            return
        pot = self.pot_of(account, kind, i64(source.token), now)
        source.pay(pot, amount)
        pot.granted += amount

    def factor(self, pot: Capped, now: i64) -> i64:
        """Part (1e-12) of a pot's grant that its account may have claimed by now."""
        hour: int = self.hour_factors.get(_hour_of(0, pot.kind, pot.hour), 0)
        own: int = self.account_factors.get(_hour_of(pot.account, pot.kind, pot.hour), 0)
        factor: i64 = larger(hour, own)
        reduction: i64 = i64(self.reductions.get(_hour_of(pot.account, pot.kind, pot.hour), 0))
        if factor == 0 and reduction == 0 and now - pot.hour * HOUR > self.delay:
            factor = RATE
        return larger(0, factor - reduction)

    def set_factor(self, account: int, kind: int, hour: int, factor: int) -> None:
        """Free ``factor`` (1e-12) of an hour's grants: of one account, of all where it is -1."""
        if account < 0:
            self.hour_factors[_hour_of(0, kind, hour)] = factor
        else:
            self.account_factors[_hour_of(account, kind, hour)] = factor

    def set_reduction(self, account: int, kind: int, hour: int, factor: int) -> None:
        """Keep ``factor`` (1e-12) of an account's grant of an hour back."""
        self.reductions[_hour_of(account, kind, hour)] = factor

    def free(self, pot: Capped, now: i64) -> i64:
        """What can be claimed of a pot now."""
        open_part: i64 = share(pot.granted, self.factor(pot, now)) - pot.claimed
        return smaller(pot.amount, larger(0, open_part))

    def pots_of(self, account: int, kind: int) -> list[Capped]:
        """The pots of one account and token, by hour."""
        return [
            self.capped[key]
            for key in sorted(self.capped)
            if self.capped[key].account == account and self.capped[key].kind == kind
        ]

    def claim(self, account: int, kind: int, receiver: Pot, now: i64) -> i64:
        """Pay out what of an account's capped impact is free; the amount."""
        total: i64 = 0
        for pot in self.pots_of(account, kind):
            amount = self.free(pot, now)
            pot.pay(receiver, amount)
            pot.claimed += amount
            total += amount
        return total

    def pots(self) -> list[Pot]:
        """Every pot with capped impact."""
        return [pot for pot in self.capped.values()]  # noqa: C416  (a list of the base class)

    def state(self) -> list[int]:
        """Every number, in a fixed order, for a digest."""
        numbers: list[int] = []
        for held in self.funding:
            for account in sorted(held):
                numbers += [account, held[account]]
        for key in sorted(self.capped):
            pot = self.capped[key]
            numbers += [key, pot.amount, pot.granted, pot.claimed]
        for factors in (self.hour_factors, self.account_factors, self.reductions):
            for key in sorted(factors):
                numbers += [key, factors[key]]
        return numbers


def own_kind(kind: i64, single: bool) -> i64:
    """The book a token is kept in: in a single-token market there is only the long one."""
    return LONG if single else kind

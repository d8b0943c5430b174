"""Commands as records: what a journal keeps, a test replays and a benchmark drives.

``apply`` hands a command to a venue and gives back what the venue's method does (0 for none); it
raises what the method raises. :func:`replay` applies many and turns refusals into their codes,
so that the same list on a fresh venue gives the same outcomes and the same digest.
"""

from seawall.engine.errors import Refusal
from seawall.engine.reports import Report
from seawall.engine.venue import MAX_BUDGET, Venue


class Command:
    """One thing somebody asks of a venue."""

    def apply(self, venue: Venue) -> int:
        """Carry the command out."""
        raise NotImplementedError


class OpenAccount(Command):
    """:meth:`Venue.open_account`."""

    def apply(self, venue: Venue) -> int:
        """The new account's number."""
        return venue.open_account()


class Deposit(Command):
    """:meth:`Venue.deposit`."""

    def __init__(self, account: int, amount: int, token: str = "USD") -> None:
        self.account = account
        self.amount = amount
        self.token = token

    def apply(self, venue: Venue) -> int:
        """Bring money in."""
        venue.deposit(self.account, self.amount, self.token)
        return 0


class Withdraw(Command):
    """:meth:`Venue.withdraw`."""

    def __init__(self, account: int, amount: int, token: str = "USD") -> None:
        self.account = account
        self.amount = amount
        self.token = token

    def apply(self, venue: Venue) -> int:
        """Take money out."""
        venue.withdraw(self.account, self.amount, self.token)
        return 0


class Place(Command):
    """:meth:`Venue.place`."""

    def __init__(
        self,
        market: str,
        account: int,
        size: int,
        margin: int = 0,
        kind: str = "market",
        trigger: int = 0,
        acceptable: int = 0,
        reduce_only: bool = False,
        partial: bool = False,
    ) -> None:
        self.market = market
        self.account = account
        self.size = size
        self.margin = margin
        self.kind = kind
        self.trigger = trigger
        self.acceptable = acceptable
        self.reduce_only = reduce_only
        self.partial = partial

    def apply(self, venue: Venue) -> int:
        """The order's number."""
        return venue.place(
            self.market,
            self.account,
            self.size,
            self.margin,
            kind=self.kind,
            trigger=self.trigger,
            acceptable=self.acceptable,
            reduce_only=self.reduce_only,
            partial=self.partial,
        )


class Cancel(Command):
    """:meth:`Venue.cancel`."""

    def __init__(self, market: str, account: int, order: int) -> None:
        self.market = market
        self.account = account
        self.order = order

    def apply(self, venue: Venue) -> int:
        """Take an order back."""
        venue.cancel(self.market, self.account, self.order)
        return 0


class AddMargin(Command):
    """:meth:`Venue.add_margin`."""

    def __init__(self, market: str, account: int, amount: int) -> None:
        self.market = market
        self.account = account
        self.amount = amount

    def apply(self, venue: Venue) -> int:
        """Move money into a position."""
        venue.add_margin(self.market, self.account, self.amount)
        return 0


class RemoveMargin(Command):
    """:meth:`Venue.remove_margin`."""

    def __init__(self, market: str, account: int, amount: int) -> None:
        self.market = market
        self.account = account
        self.amount = amount

    def apply(self, venue: Venue) -> int:
        """Move money out of a position."""
        venue.remove_margin(self.market, self.account, self.amount)
        return 0


class Supply(Command):
    """:meth:`Venue.supply`."""

    def __init__(self, market: str, vault: str, account: int, assets: int) -> None:
        self.market = market
        self.vault = vault
        self.account = account
        self.assets = assets

    def apply(self, venue: Venue) -> int:
        """The shares minted."""
        return venue.supply(self.market, self.vault, self.account, self.assets)


class RequestRedeem(Command):
    """:meth:`Venue.request_redeem`."""

    def __init__(self, market: str, vault: str, account: int, shares: int) -> None:
        self.market = market
        self.vault = vault
        self.account = account
        self.shares = shares

    def apply(self, venue: Venue) -> int:
        """The epoch at whose end the request is priced."""
        return venue.request_redeem(self.market, self.vault, self.account, self.shares)


class Claim(Command):
    """:meth:`Venue.claim`."""

    def __init__(self, market: str, vault: str, account: int) -> None:
        self.market = market
        self.vault = vault
        self.account = account

    def apply(self, venue: Venue) -> int:
        """The money paid."""
        return venue.claim(self.market, self.vault, self.account)


class Bid(Command):
    """:meth:`Venue.bid`."""

    def __init__(self, market: str, account: int, auction: int, size: int, margin: int) -> None:
        self.market = market
        self.account = account
        self.auction = auction
        self.size = size
        self.margin = margin

    def apply(self, venue: Venue) -> int:
        """The transfer price."""
        return venue.bid(self.market, self.account, self.auction, self.size, self.margin)


class Advance(Command):
    """:meth:`Venue.advance`."""

    def __init__(
        self,
        now: int,
        reports: dict[str, list[Report]] | None = None,
        budget: int = MAX_BUDGET,
    ) -> None:
        self.now = now
        self.reports = reports
        self.budget = budget

    def apply(self, venue: Venue) -> int:
        """Let time pass."""
        venue.advance(self.now, self.reports, self.budget)
        return 0


def replay(venue: Venue, commands: list[Command]) -> list[str]:
    """Apply commands in order; for each the code of its refusal, or nothing."""
    outcomes: list[str] = []
    for command in commands:
        try:
            command.apply(venue)
        except Refusal as refusal:
            outcomes.append(refusal.code)
        else:
            outcomes.append("")
    return outcomes

"""What happened, as typed records: who, what, at which price, who paid.

Events are kept only while somebody listens (:meth:`Venue.listen`) and wait there until they are
drained. Dollars are in 1e-6, sizes in 1e-8 token, prices in 1e-10 dollar per token, rates in
1e-12, times in milliseconds; ``market`` is the market's name, accounts and orders are ids.
``fields`` lists a record's columns in order, for tables and files.
"""

from typing import ClassVar

from mypy_extensions import i64


class Event:
    """A moment (``time``) in a ``market``."""

    fields: ClassVar[list[str]] = ["time", "market"]

    def __init__(self, time: i64, market: str) -> None:
        self.time: i64 = time
        self.market = market


class Filled(Event):
    """An order, or part of one, was executed against the market's counterparty.

    ``size`` is signed. ``fee`` is the trade fee, ``spread`` half-spread and oracle-move fee,
    ``impact`` what the curve charged (a rebate below zero), ``result`` the profit or loss that
    closing realised before charges, ``accrued`` the funding and utilisation settled (paid above
    zero), ``withheld`` the profit the pool could not pay, ``unpaid`` what the margin could not.
    """

    fields: ClassVar[list[str]] = [
        "time", "market", "account", "order", "size", "price", "fee", "spread", "impact",
        "result", "accrued", "withheld", "unpaid",
    ]  # fmt: skip

    def __init__(
        self,
        time: i64,
        market: str,
        account: i64,
        order: i64,
        size: i64,
        price: i64,
        fee: i64,
        spread: i64,
        impact: i64,
        result: i64,
        accrued: i64,
        withheld: i64,
        unpaid: i64,
    ) -> None:
        super().__init__(time, market)
        self.account: i64 = account
        self.order: i64 = order
        self.size: i64 = size
        self.price: i64 = price
        self.fee: i64 = fee
        self.spread: i64 = spread
        self.impact: i64 = impact
        self.result: i64 = result
        self.accrued: i64 = accrued
        self.withheld: i64 = withheld
        self.unpaid: i64 = unpaid


class Cancelled(Event):
    """A waiting order was not executed and everything was returned; ``reason`` is the code."""

    fields: ClassVar[list[str]] = ["time", "market", "account", "order", "reason"]

    def __init__(self, time: i64, market: str, account: i64, order: i64, reason: str) -> None:
        super().__init__(time, market)
        self.account: i64 = account
        self.order: i64 = order
        self.reason = reason


class RungReached(Event):
    """A rung of the liquidation ladder acted on an account.

    ``closed`` tokens (signed as the position was) at ``price``; ``result`` what closing
    realised; ``fee`` trade fee and spread; ``impact`` what the curve charged; ``penalty`` the
    liquidation fee, of which ``to_keeper`` and ``to_insurance``; ``shortfall`` what the margin
    could not pay and the pool bore; ``returned`` what went back to the owner's wallet.
    """

    fields: ClassVar[list[str]] = [
        "time", "market", "rung", "account", "closed", "price", "result", "fee", "impact",
        "penalty", "to_keeper", "to_insurance", "shortfall", "returned",
    ]  # fmt: skip

    def __init__(self, time: i64, market: str, rung: str, account: i64) -> None:
        super().__init__(time, market)
        self.rung = rung
        self.account: i64 = account
        self.closed: i64 = 0
        self.price: i64 = 0
        self.result: i64 = 0
        self.fee: i64 = 0
        self.impact: i64 = 0
        self.penalty: i64 = 0
        self.to_keeper: i64 = 0
        self.to_insurance: i64 = 0
        self.shortfall: i64 = 0
        self.returned: i64 = 0


class AuctionOpened(Event):
    """A position is offered: ``size`` tokens from mark down to ``bankruptcy``."""

    fields: ClassVar[list[str]] = ["time", "market", "auction", "account", "size", "bankruptcy"]

    def __init__(
        self, time: i64, market: str, auction: i64, account: i64, size: i64, bankruptcy: i64
    ) -> None:
        super().__init__(time, market)
        self.auction: i64 = auction
        self.account: i64 = account
        self.size: i64 = size
        self.bankruptcy: i64 = bankruptcy


class AuctionTaken(Event):
    """``bidder`` took ``size`` tokens over at ``price``; ``returned`` went back to the owner."""

    fields: ClassVar[list[str]] = [
        "time", "market", "auction", "account", "bidder", "size", "price", "penalty", "returned",
    ]  # fmt: skip

    def __init__(
        self,
        time: i64,
        market: str,
        auction: i64,
        account: i64,
        bidder: i64,
        size: i64,
        price: i64,
        penalty: i64,
        returned: i64,
    ) -> None:
        super().__init__(time, market)
        self.auction: i64 = auction
        self.account: i64 = account
        self.bidder: i64 = bidder
        self.size: i64 = size
        self.price: i64 = price
        self.penalty: i64 = penalty
        self.returned: i64 = returned


class AuctionEnded(Event):
    """An auction is over; ``outcome`` is ``sold``, ``called-off`` or ``unsold``."""

    fields: ClassVar[list[str]] = ["time", "market", "auction", "account", "size_left", "outcome"]

    def __init__(
        self, time: i64, market: str, auction: i64, account: i64, size_left: i64, outcome: str
    ) -> None:
        super().__init__(time, market)
        self.auction: i64 = auction
        self.account: i64 = account
        self.size_left: i64 = size_left
        self.outcome = outcome


class InsuranceMoved(Event):
    """Insurance advanced ``amount`` to the pool, or was repaid (below zero).

    ``held`` is what insurance holds afterwards, ``advanced`` what it is still owed.
    """

    fields: ClassVar[list[str]] = ["time", "market", "amount", "held", "advanced"]

    def __init__(self, time: i64, market: str, amount: i64, held: i64, advanced: i64) -> None:
        super().__init__(time, market)
        self.amount: i64 = amount
        self.held: i64 = held
        self.advanced: i64 = advanced


class Deleveraged(Event):
    """A winner lost ``size`` tokens at ``price``, was paid ``profit``, and not ``withheld``."""

    fields: ClassVar[list[str]] = [
        "time", "market", "account", "size", "price", "profit", "withheld",
    ]  # fmt: skip

    def __init__(
        self,
        time: i64,
        market: str,
        account: i64,
        size: i64,
        price: i64,
        profit: i64,
        withheld: i64,
    ) -> None:
        super().__init__(time, market)
        self.account: i64 = account
        self.size: i64 = size
        self.price: i64 = price
        self.profit: i64 = profit
        self.withheld: i64 = withheld


class Settled(Event):
    """The minutes since the last settlement were closed.

    ``funding_rate`` is per hour; ``funding`` is the vaults' net funding income (below zero when
    they paid), ``utilisation`` their utilisation income, ``income`` all of the minute's fees;
    of it ``to_insurance``, ``to_treasury``, ``to_senior``, ``to_junior``; ``arrears`` is the
    coupon still owed to senior. ``fees`` is what the vaults got of the charges for trading,
    less what leaving cost their owners; ``carry`` what they got of funding and borrowing, less
    what they paid of it.
    """

    fields: ClassVar[list[str]] = [
        "time", "market", "funding_rate", "funding", "utilisation", "income", "to_insurance",
        "to_treasury", "to_senior", "to_junior", "arrears", "fees", "carry",
    ]  # fmt: skip

    def __init__(self, time: i64, market: str) -> None:
        super().__init__(time, market)
        self.funding_rate: i64 = 0
        self.funding: i64 = 0
        self.utilisation: i64 = 0
        self.income: i64 = 0
        self.to_insurance: i64 = 0
        self.to_treasury: i64 = 0
        self.to_senior: i64 = 0
        self.to_junior: i64 = 0
        self.arrears: i64 = 0
        self.fees: i64 = 0
        self.carry: i64 = 0


class VaultFlow(Event):
    """Money entered (``assets`` above zero) or left a vault, for ``shares``.

    ``account`` is -1 where the requests of an epoch were settled together.
    """

    fields: ClassVar[list[str]] = ["time", "market", "vault", "account", "assets", "shares"]

    def __init__(
        self, time: i64, market: str, vault: str, account: i64, assets: i64, shares: i64
    ) -> None:
        super().__init__(time, market)
        self.vault = vault
        self.account: i64 = account
        self.assets: i64 = assets
        self.shares: i64 = shares


class Halted(Event):
    """A breaker stopped trading and liquidation; ``guard`` names it, ``until`` says how long."""

    fields: ClassVar[list[str]] = ["time", "market", "guard", "until"]

    def __init__(self, time: i64, market: str, guard: str, until: i64) -> None:
        super().__init__(time, market)
        self.guard = guard
        self.until: i64 = until


class ReportRejected(Event):
    """The oracle dropped a source's report as an outlier."""

    fields: ClassVar[list[str]] = ["time", "market", "source"]

    def __init__(self, time: i64, market: str, source: str) -> None:
        super().__init__(time, market)
        self.source = source


class Journal:
    """Where events wait for whoever watches; keeps nothing while nobody does.

    Without ``renewals`` nobody wants to hear of orders that a renewal of quotes takes back.
    """

    def __init__(self) -> None:
        self.listening: bool = False
        self.renewals: bool = True
        self.events: list[Event] = []

    def drain(self) -> list[Event]:
        """The events since the last call, in the order they happened."""
        events = self.events
        self.events = []
        return events

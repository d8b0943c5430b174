"""What happens in GM markets alone, as typed records."""

from typing import ClassVar

from mypy_extensions import i64

from seawall.engine.events import Event


class OrderFrozen(Event):
    """A limit or stop order could not be executed when its time had come; it stays.

    Only the keeper of frozen orders tries it again; its owner may change or cancel it. ``reason``
    is the code of the refusal.
    """

    fields: ClassVar[list[str]] = ["time", "market", "account", "order", "reason"]

    def __init__(self, time: i64, market: str, account: i64, order: i64, reason: str) -> None:
        super().__init__(time, market)
        self.account: i64 = account
        self.order: i64 = order
        self.reason = reason


class Swapped(Event):
    """An order swapped ``paid`` units of ``token`` for ``received`` units of the other one.

    ``impact`` (1e-6 dollar) is what the curve charged, a rebate below zero; ``fee`` is in units of
    ``token``.
    """

    fields: ClassVar[list[str]] = [
        "time", "market", "account", "order", "token", "paid", "received", "fee", "impact",
    ]  # fmt: skip

    def __init__(
        self,
        time: i64,
        market: str,
        account: i64,
        order: i64,
        token: str,
        paid: i64,
        received: i64,
        fee: i64,
        impact: i64,
    ) -> None:
        super().__init__(time, market)
        self.account: i64 = account
        self.order: i64 = order
        self.token = token
        self.paid: i64 = paid
        self.received: i64 = received
        self.fee: i64 = fee
        self.impact: i64 = impact


class Withheld(Event):
    """Impact beyond the cap, ``amount`` units of ``token``, waits for ``account`` to claim it."""

    fields: ClassVar[list[str]] = ["time", "market", "account", "token", "amount"]

    def __init__(self, time: i64, market: str, account: i64, token: str, amount: i64) -> None:
        super().__init__(time, market)
        self.account: i64 = account
        self.token = token
        self.amount: i64 = amount

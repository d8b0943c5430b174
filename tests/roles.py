"""People and the stage they act on: a venue with one layered market, its vaults and a clock.

The people are accounts; the name of the call says what they are there for. Amounts are written
as a person would say them (dollars, tokens, dollars per token) and turned into the integers of
the engine by :func:`dollars`, :func:`tokens` and :func:`price`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import TypeVar

import pytest

from seawall.engine.designs.layered import LayeredMarket, Params
from seawall.engine.errors import Refusal
from seawall.engine.events import Event, Filled
from seawall.engine.guards import MarketFacts
from seawall.engine.pot import Pot
from seawall.engine.reports import Report
from seawall.engine.venue import KEEPER_ACCOUNT, MAX_BUDGET, TREASURY_ACCOUNT, Venue
from seawall.engine.views import PositionView

START = 1_700_006_400_000  # a day, an hour and a minute begin at this millisecond
SECOND = 1_000
MINUTE = 60_000
HOUR = 3_600_000
DAY = 86_400_000

E = TypeVar("E", bound=Event)
Amount = int | float | str | Fraction


def dollars(amount: Amount) -> int:
    """Dollars in 1e-6."""
    return int(Fraction(str(amount)) * 10**6)


def tokens(amount: Amount) -> int:
    """Tokens in 1e-8."""
    return int(Fraction(str(amount)) * 10**8)


def price(amount: Amount) -> int:
    """Dollars per token in 1e-10."""
    return int(Fraction(str(amount)) * 10**10)


def rate(amount: Amount) -> int:
    """A ratio in 1e-12."""
    return int(Fraction(str(amount)) * 10**12)


def floor_div(a: int, b: int) -> int:
    return a // b


def ceil_div(a: int, b: int) -> int:
    return -(-a // b)


class Stage:
    """One venue, one layered market, seeded vaults, a clock that only :meth:`tick` moves."""

    def __init__(
        self,
        *,
        senior: Amount = 10_000_000,
        junior: Amount = 4_000_000,
        at: Amount = 2000,
        params: Params | None = None,
        facts: MarketFacts | None = None,
        name: str = "ETH",
    ) -> None:
        self.name = name
        self.venue = Venue()
        self.market = LayeredMarket(name, params, facts)
        self.venue.list_market(self.market)
        self.venue.listen()
        self.now = START
        self.at = price(at)
        self.log: list[Event] = []
        self._report(0)
        self.junior = self.depositor("junior", junior)
        self.senior = self.depositor("senior", senior)
        self.forget()

    # people

    def account(self, wallet: Amount = 0) -> int:
        """Somebody with a wallet."""
        number = self.venue.open_account()
        if wallet:
            self.venue.deposit(number, dollars(wallet))
        return number

    trader = account
    attacker = account
    bidder = account

    def depositor(self, vault: str, amount: Amount) -> int:
        """Somebody who holds a share of a vault, deposited with all of the wallet."""
        number = self.account(amount)
        if amount:
            self.venue.supply(self.name, vault, number, dollars(amount))
        return number

    @property
    def keeper(self) -> int:
        return self.venue.wallet(KEEPER_ACCOUNT)

    @property
    def treasury(self) -> int:
        return self.venue.wallet(TREASURY_ACCOUNT)

    def wallet(self, account: int) -> int:
        return self.venue.wallet(account)

    # time

    def tick(
        self,
        at: Amount | None = None,
        *,
        seconds: float = 2,
        confidence: Amount = 0,
        budget: int = MAX_BUDGET,
    ) -> None:
        """Let time pass and report a price."""
        self.now += round(seconds * SECOND)
        if at is not None:
            self.at = price(at)
        self._report(price(confidence), budget)

    def silence(self, *, seconds: float, budget: int = MAX_BUDGET) -> None:
        """Let time pass without a report."""
        self.now += round(seconds * SECOND)
        self.venue.advance(self.now, None, budget)

    def walk_to(self, at: Amount, *, seconds: float = 20, step: Amount = "0.05") -> None:
        """Bring the price there in moves small enough to need no confirmation."""
        goal = price(at)
        most = Fraction(str(step))
        while self.at != goal:
            if goal > self.at:
                next_price = min(goal, int(self.at * (1 + most)))
            else:
                next_price = max(goal, int(self.at * (1 - most)))
            self.at = next_price
            self.now += round(seconds * SECOND)
            self._report(0)

    def to_minute(self) -> None:
        """Let the running minute end, and one second of the next begin."""
        self.tick(seconds=(MINUTE - self.now % MINUTE) / SECOND + 1)

    def _report(self, confidence: int, budget: int = MAX_BUDGET) -> None:
        report = Report("feed", self.at, self.now, confidence)
        self.venue.advance(self.now, {self.name: [report]}, budget)

    # trades

    def place(self, account: int, size: Amount, margin: Amount = 0, **how: object) -> int:
        """Place an order over ``size`` tokens with ``margin`` dollars."""
        return self.venue.place(self.name, account, tokens(size), dollars(margin), **how)  # type: ignore[arg-type]

    def fill(self, account: int, size: Amount, margin: Amount = 0, **how: object) -> Filled:
        """Place an order and let the next report fill it; what it was filled at."""
        number = self.place(account, size, margin, **how)
        self.tick()
        for event in self.happened(Filled):
            if event.order == number:
                return event
        raise AssertionError(f"order {number} was not filled: {[vars_of(e) for e in self.log]}")

    def position(self, account: int) -> PositionView:
        view = self.market.position(account)
        assert view is not None, f"account {account} has no position"
        return view

    # what happened

    def happened(self, kind: type[E]) -> list[E]:
        """The events of one kind since the last :meth:`forget`."""
        self.log.extend(self.venue.drain())
        return [event for event in self.log if isinstance(event, kind)]

    def forget(self) -> None:
        self.venue.drain()
        self.log = []

    def pool(self) -> "Pool":
        return Pool(self.market)

    def loss_order(self) -> dict[str, int]:
        """The loss order, by layer, in the order of losses."""
        return {step.layer: int(step.amount) for step in self.market.loss_order()}

    @contextmanager
    def refuses(self, code: str, kind: type[Refusal] = Refusal) -> Iterator[None]:
        """The command inside is refused with this code and leaves no trace."""
        before = self.venue.digest()
        with pytest.raises(kind) as caught:
            yield
        assert caught.value.code == code, str(caught.value)
        assert self.venue.digest() == before, "a refusal left a trace"


class Pool:
    """The pool's numbers at one moment, in the letters of docs/layered.md (1e-6 dollar)."""

    def __init__(self, market: LayeredMarket) -> None:
        pool = market.desk.pool
        self.C = int(pool.cash.amount)
        self.U = int(pool.book.result())
        self.K = int(pool.claim)
        self.A = int(pool.advanced)
        self.R = int(pool.reserve.amount)
        self.F = int(pool.income.amount)
        self.I = int(pool.insurance.amount)
        self.X = int(market.desk.accrual.clearing.amount)
        self.arrears = int(pool.arrears)
        self.low = max(self.C - max(self.U, 0), 0)
        self.high = max(self.C - self.U, 0)
        self.senior = min(self.K, self.low)
        self.junior = max(self.low - self.K - self.A, 0)


def grant(stage: Stage, pot: Pot, amount: Amount) -> None:
    """Put money from outside into a pot, as a deposit: to set a scene, never to save one."""
    stage.venue.treasury.mint(pot, dollars(amount))


def vars_of(event: Event) -> dict[str, object]:
    """An event's columns by name."""
    return {"event": type(event).__name__} | {name: getattr(event, name) for name in event.fields}

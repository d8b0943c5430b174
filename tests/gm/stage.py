"""A venue with GM markets, a clock and people; amounts as a person writes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import TypeVar

import pytest

from gm.pools import agrees, dollars, fine, price, rate, tokens
from seawall.engine.designs.gm import GmMarket, Params, preset
from seawall.engine.designs.gm.pool import VirtualPositions
from seawall.engine.errors import Refusal
from seawall.engine.events import Cancelled, Event, Filled, RungReached
from seawall.engine.guards import Guards, MarketFacts
from seawall.engine.reports import OracleParams, Report
from seawall.engine.venue import MAX_BUDGET, TREASURY_ACCOUNT, Venue

START = 1_700_006_400_000
SECOND = 1_000
MINUTE = 60_000
HOUR = 3_600_000
DAY = 86_400_000

Amount = int | float | str | Fraction
E = TypeVar("E", bound=Event)

__all__ = [
    "DAY", "HOUR", "MINUTE", "SECOND", "START", "TREASURY_ACCOUNT", "Stage", "agrees", "curved",
    "dollars", "fine", "laboratory", "price", "rate", "tokens", "wei",
]  # fmt: skip


def laboratory(guards: Guards | None = None) -> Params:
    """The protocol's test environment, with an oracle that believes whatever one source says."""
    params = preset("laboratory")
    params.oracle = OracleParams(quorum=1, jump=0, outlier=0, max_confidence=0)
    if guards is not None:
        params.guards = guards
    return params


def curved(negative: str = "1e-8", positive: str = "5e-9") -> Params:
    """The laboratory with quadratic impact."""
    params = laboratory()
    params.impact.negative = fine(negative)
    params.impact.positive = fine(positive)
    params.impact.exponent_negative = rate(2)
    params.impact.exponent_positive = rate(2)
    return params


def wei(published: int) -> int:
    """Published amounts of ETH, 18 digits, in our unit of 8, rounded to the nearest."""
    return round(Fraction(published, 10**10))


class Stage:
    """One venue, one GM market of ETH, liquidity, and a clock that only :meth:`tick` moves."""

    def __init__(
        self,
        params: Params | None = None,
        *,
        eth: Amount = 1000,
        usd: Amount = 2_000_000,
        at: Amount = 5000,
        pool: str = "pair",
        name: str = "ETH",
        venue: Venue | None = None,
        facts: MarketFacts | None = None,
        virtual: VirtualPositions | None = None,
    ) -> None:
        self.name = name
        self.venue = Venue() if venue is None else venue
        self.market = GmMarket(
            name, laboratory() if params is None else params, facts, pool=pool,
            virtual_positions=virtual,
        )  # fmt: skip
        self.venue.list_market(self.market)
        self.venue.listen()
        self.now = START
        self.at = price(at)
        self.log: list[Event] = []
        self.tick(seconds=0)
        self.provider = self.account(usd, eth)
        if eth or usd:
            self.market.supply_tokens(self.provider, *self._both(eth, usd))
        self.forget()

    def _both(self, eth: Amount, usd: Amount) -> tuple[int, int]:
        pool = self.market.desk.pool
        if pool.single:
            return (tokens(eth) if pool.long.number else dollars(usd)), 0
        return tokens(eth), dollars(usd)

    # people

    def account(self, usd: Amount = 0, eth: Amount = 0) -> int:
        """Somebody with a wallet."""
        number = self.venue.open_account()
        if usd:
            self.venue.deposit(number, dollars(usd))
        if eth:
            self.venue.deposit(number, tokens(eth), self.name)
        return number

    trader = account
    winner = account
    interface = account

    def usd(self, account: int) -> int:
        return self.venue.wallet(account)

    def eth(self, account: int) -> int:
        return self.venue.wallet(account, self.name)

    # time

    def tick(
        self,
        at: Amount | None = None,
        *,
        seconds: float = 2,
        spread: Amount = 0,
        budget: int = MAX_BUDGET,
    ) -> None:
        """Let time pass and report a price, ``spread`` to either side of it."""
        self.now += round(seconds * SECOND)
        if at is not None:
            self.at = price(at)
        report = Report("feed", self.at, self.now, price(spread))
        self.venue.advance(self.now, {self.name: [report]}, budget)

    # orders

    def order(self, account: int, order_type: str, size: Amount = 0, **how: object) -> int:
        """Create an order over ``size`` dollars; prices and amounts in how one says them."""
        terms = dict(how)
        if "collateral" not in terms:
            terms["collateral"] = "USD"
        paid = terms.get("pays") or terms["collateral"]
        if "amount" in terms:
            scale = dollars if paid == "USD" else tokens
            terms["amount"] = scale(terms["amount"])  # type: ignore[arg-type]
        for field in ("trigger", "acceptable"):
            if field in terms:
                terms[field] = price(terms[field])  # type: ignore[arg-type]
        return self.market.create_order(account, order_type, dollars=dollars(size), **terms)  # type: ignore[arg-type]

    def do(self, account: int, order_type: str, size: Amount = 0, **how: object) -> "Stage":
        """Create an order and let the next report execute it; it must have been."""
        number = self.order(account, order_type, size, **how)
        self.tick()
        waiting = self.market.counter.orders.get(number)
        assert waiting is None, f"order {number} waits: {waiting.frozen}"
        refused = [event.reason for event in self.happened(Cancelled) if event.order == number]
        assert not refused, f"order {number} was cancelled: {refused}"
        return self

    def open(
        self,
        account: int,
        long: bool,
        size: Amount,
        amount: Amount,
        token: str = "USD",
        **how: object,
    ) -> "Stage":
        return self.do(
            account, "market-increase", size, is_long=long, amount=amount, collateral=token, **how
        )

    def close(
        self, account: int, long: bool, size: Amount, token: str = "USD", **how: object
    ) -> "Stage":
        return self.do(account, "market-decrease", size, is_long=long, collateral=token, **how)

    def reason(self, number: int) -> str:
        """Why an order was cancelled."""
        return next(event.reason for event in self.happened(Cancelled) if event.order == number)

    def held(self, account: int, long: bool, token: str = "USD"):
        """The raw position."""
        desk = self.market.desk
        kind = desk.kind_of(self.market.treasury.index(token))
        found = desk.find(account, long, kind)
        assert found is not None, f"account {account} has no such position"
        return found

    # what happened

    def happened(self, kind: type[E]) -> list[E]:
        """The events of one kind since the last :meth:`forget`."""
        self.log.extend(self.venue.drain())
        return [event for event in self.log if isinstance(event, kind)]

    def last(self, kind: type[E]) -> E:
        return self.happened(kind)[-1]

    def filled(self) -> Filled:
        return self.last(Filled)

    def rungs(self) -> list[RungReached]:
        return self.happened(RungReached)

    def forget(self) -> None:
        self.venue.drain()
        self.log = []

    @property
    def pool(self):
        return self.market.desk.pool

    @contextmanager
    def refuses(
        self, code: str, value: int | None = None, bound: int | None = None
    ) -> Iterator[None]:
        """The command inside is refused with this code and leaves no trace."""
        before = self.venue.digest()
        with pytest.raises(Refusal) as caught:
            yield
        assert caught.value.code == code, str(caught.value)
        if value is not None:
            assert caught.value.value == value, str(caught.value)
        if bound is not None:
            assert caught.value.bound == bound, str(caught.value)
        assert self.venue.digest() == before, "a refusal left a trace"

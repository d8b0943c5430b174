"""The stage of the protocol's own tests: BTC, BNB and DAI in one pool, a market on each index.

Amounts are written as a person would. Prices come as the last three answers of a feed, of which the
least and the greatest count; requests are carried out when the same answers come again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction

import pytest

from seawall.engine.designs.glp import GlpMarket, Params, PoolParams, TokenTerms
from seawall.engine.designs.glp.watch import Holding
from seawall.engine.errors import Refusal
from seawall.engine.events import Cancelled, Event
from seawall.engine.reports import OracleParams, Report
from seawall.engine.venue import MAX_BUDGET, Venue

START = 1_700_006_400_000
HOUR = 3_600_000
DAY = 24 * HOUR
Amount = int | float | str | Fraction | Decimal
ANY_PRICE = OracleParams(quorum=1, max_age=0, outlier=0, jump=0, max_confidence=0)


def _scaled(amount: Amount, scale: int) -> int:
    return round(Fraction(str(amount)) * scale)


def dollars(amount: Amount) -> int:
    return _scaled(amount, 10**6)


def tokens(amount: Amount) -> int:
    return _scaled(amount, 10**8)


def price(amount: Amount) -> int:
    return _scaled(amount, 10**10)


def near(found: int, published: Amount, scale: int, units: int = 1) -> bool:
    """Whether ``found`` is what was published, to that many units of ours or 1e-9 of it."""
    wanted = Fraction(str(published)) * scale
    return abs(found - wanted) <= max(Fraction(units), abs(wanted) / 10**9)


def is_dollars(found: int, published: Amount, units: int = 1) -> bool:
    return near(found, published, 10**6, units)


def is_price(found: int, published: Amount) -> bool:
    return near(found, published, 10**10)


class Stage:
    """A venue with a pool of BTC, BNB, ETH and DAI, and a clock that moves only when told to."""

    def __init__(
        self, terms: dict[str, dict[str, object]] | None = None, market: dict | None = None,
        **pool: object,
    ) -> None:  # fmt: skip
        extra = terms or {}
        listed = [
            TokenTerms("BTC", **extra.get("BTC", {})),  # type: ignore[arg-type]
            TokenTerms("BNB", **extra.get("BNB", {})),  # type: ignore[arg-type]
            TokenTerms("ETH", **extra.get("ETH", {})),  # type: ignore[arg-type]
            TokenTerms("DAI", decimals=6, stable=True, **extra.get("DAI", {})),  # type: ignore[arg-type]
        ]
        settings: dict[str, object] = {
            "tokens": listed, "dynamic_fees": False, "mint_burn": 30, "swap": 30,
            "stable_swap": 4, "funding_interval": 8 * HOUR, "funding_factor": 600,
            "stable_factor": 600, "tracker_weight": 0, "price_samples": 3, "cooldown": 0,
            "deposit_fee": 0, "fee_period": 30 * DAY,
        } | pool  # fmt: skip
        self.params = PoolParams(**settings)  # type: ignore[arg-type]
        how = {"oracle": ANY_PRICE, "public_delay": 0} | (market or {})
        self.venue = Venue()
        self.btc = GlpMarket("BTC", Params(pool=self.params, **how))  # type: ignore[arg-type]
        self.venue.list_market(self.btc)
        self.markets = {"BTC": self.btc}
        for name in ("BNB", "ETH"):
            beside = GlpMarket(name, Params(pool=self.params, **how), beside=self.btc)  # type: ignore[arg-type]
            self.venue.list_market(beside)
            self.markets[name] = beside
        self.pool = self.btc.pool
        self.venue.listen()
        self.now = START
        self.last: dict[str, tuple[Amount, ...]] = {}
        self.people: dict[str, int] = {}
        self.venue.advance(self.now)
        self.answers("DAI", 1)

    def who(self, name: str) -> int:
        """The account of that name, opened when first named."""
        if name not in self.people:
            self.people[name] = self.venue.open_account()
        return self.people[name]

    def give(self, name: str, token: str, amount: int) -> int:
        """An account with ``amount`` units more of a token."""
        account = self.who(name)
        if amount:
            self.venue.deposit(account, amount, token)
        return account

    def held(self, name: str, token: str) -> int:
        return self.venue.wallet(self.who(name), token)

    # prices and time

    def answers(self, token: str, *last: Amount, budget: int = 0) -> None:
        """The last answers of a token's feed; the keeper acts after the last one only."""
        self.last[token] = last
        for place, answer in enumerate(last):
            self.now += 1
            if token in self.markets:
                report = Report("feed", price(answer), self.now)
                final = budget if place == len(last) - 1 else 0
                self.venue.advance(self.now, {token: [report]}, final)
            else:
                self.venue.advance(self.now, None, 0)
                self.btc.report_token(token, price(answer))

    def wait(self, ms: int) -> None:
        self.now += ms
        self.venue.advance(self.now, None, 0)

    def settle(self, token: str = "BTC") -> None:
        """The same answers again: what waits is carried out."""
        self.answers(token, *self.last[token], budget=MAX_BUDGET)

    # the pool

    def buy(self, name: str, token: str, amount: int) -> int:
        """USDG for tokens, beside GLP, as the protocol's vault tests do it."""
        purse = self.venue.accounts[self.give(name, token, amount)]
        found = self.pool.named(token)
        plan = self.pool.plan_buy(found, amount)
        self.pool.buy(found, plan, purse.purse(int(found.token)))
        return int(plan.debt)

    def sell(self, name: str, token: str, debt: int) -> int:
        """Tokens for USDG."""
        found = self.pool.named(token)
        plan = self.pool.plan_sell(found, debt)
        self.pool.sell(found, plan, self.venue.accounts[self.who(name)].purse(int(found.token)))
        return int(plan.out)

    def token(self, name: str):
        return self.btc.token(name)

    def aum(self, maximise: bool = False) -> int:
        return self.btc.aum(maximise)

    # positions

    def increase(
        self, name: str, size: Amount, amount: int, collateral: str = "BTC", *,
        is_long: bool = True, index: str = "BTC",
    ) -> None:  # fmt: skip
        account = self.give(name, collateral, amount)
        market = self.markets[index]
        market.request_increase(account, collateral, is_long, dollars(size), amount)
        self.settle(index)
        self.check_carried_out()

    def long(self, name: str, size: Amount, amount: int, index: str = "BTC") -> None:
        self.increase(name, size, amount, index, index=index)

    def short(self, name: str, size: Amount, amount: Amount, index: str = "BTC") -> None:
        self.increase(name, size, dollars(amount), "DAI", is_long=False, index=index)

    def decrease(
        self, name: str, size: Amount, withdraw: Amount = 0, collateral: str = "BTC", *,
        is_long: bool = True, index: str = "BTC",
    ) -> int:  # fmt: skip
        """What was paid out, in the collateral token."""
        before = self.held(name, collateral)
        self.markets[index].request_decrease(
            self.who(name), collateral, is_long, dollars(size), dollars(withdraw)
        )
        self.settle(index)
        self.check_carried_out()
        return self.held(name, collateral) - before

    def cover(self, name: str, size: Amount, withdraw: Amount = 0) -> int:
        return self.decrease(name, size, withdraw, "DAI", is_long=False)

    def check_carried_out(self) -> None:
        dropped = [event for event in self.happened() if isinstance(event, Cancelled)]
        assert not dropped, [event.reason for event in dropped]

    def happened(self) -> list[Event]:
        return self.venue.drain()

    def holding(
        self, name: str, collateral: str = "BTC", is_long: bool = True, index: str = "BTC"
    ) -> Holding:
        market = self.markets[index]
        place = self.pool.named(collateral).place
        found = market.book.holding_of(self.who(name), place, is_long)
        assert found is not None
        return found

    def state(self, name: str, collateral: str = "BTC", is_long: bool = True) -> tuple[int, int]:
        """Liquidation state and fees of a position."""
        state, fees, _ = self.btc.book.state_of(self.holding(name, collateral, is_long))
        return int(state), int(fees)

    def result(self, name: str, collateral: str = "BTC", is_long: bool = True) -> int:
        return int(self.btc.book.result(self.holding(name, collateral, is_long)))

    def liquidate(
        self, caller: str, name: str, collateral: str = "BTC", is_long: bool = True
    ) -> None:
        self.btc.liquidate(self.who(caller), self.who(name), collateral, is_long)

    @contextmanager
    def refuses(self, code: str) -> Iterator[pytest.ExceptionInfo[Refusal]]:
        """The command inside is refused with this code and leaves no trace."""
        before = self.venue.digest()
        with pytest.raises(Refusal) as caught:
            yield caught
        assert caught.value.code == code, str(caught.value)
        assert self.venue.digest() == before, "a refusal left a trace"


def btc90(**pool: object) -> Stage:
    """250,000 sat in the pool, and a long of 90 dollars on 25,000 sat (see V1-04 and on)."""
    stage = Stage(**pool)  # type: ignore[arg-type]
    stage.answers("BTC", 40000, 41000, 40000)
    stage.buy("provider", "BTC", 250_000)
    stage.long("trader", 90, 25_000)
    return stage


class Own:
    """One market with a pool of its own, half dollars and half ETH, and people with dollars."""

    def __init__(
        self, half: int = 1_000_000, at: Amount = 2000, pool: dict | None = None, **market: object
    ) -> None:
        terms = PoolParams(**(pool or {}))
        how = {"oracle": ANY_PRICE, "public_delay": 0} | market
        self.venue = Venue()
        self.market = GlpMarket("ETH", Params(pool=terms, **how))  # type: ignore[arg-type]
        self.venue.list_market(self.market)
        self.venue.listen()
        self.now = START
        self.tick(at)
        self.provider = self.venue.open_account()
        if half:
            self.venue.deposit(self.provider, dollars(half))
            self.venue.deposit(self.provider, dollars(half) * 10**12 // price(at), "ETH")
            self.venue.supply("ETH", "glp", self.provider, dollars(half))
            tokens_ = self.venue.wallet(self.provider, "ETH")
            self.market.supply_in_kind("glp", self.provider, tokens_)

    def tick(self, at: Amount, ms: int = 1_000, budget: int = MAX_BUDGET) -> None:
        self.now += ms
        report = Report("feed", price(at), self.now)
        self.venue.advance(self.now, {"ETH": [report]}, budget)
        self.at = at

    def wait(self, ms: int) -> None:
        self.now += ms
        self.venue.advance(self.now, None, 0)

    def trader(self, wallet: Amount = 10_000) -> int:
        account = self.venue.open_account()
        if wallet:
            self.venue.deposit(account, dollars(wallet))
        return account

    def place(self, account: int, size: Amount, margin: Amount = 0, **how: object) -> int:
        return self.venue.place("ETH", account, tokens(size), dollars(margin), **how)  # type: ignore[arg-type]

    def fill(self, account: int, size: Amount, margin: Amount = 0, **how: object) -> str:
        """Place an order and let the next report meet it; why it was given back, if it was."""
        self.venue.drain()
        number = self.place(account, size, margin, **how)
        self.tick(self.at)
        for event in self.venue.drain():
            if isinstance(event, Cancelled) and event.order == number:
                return event.reason
        return ""

    def reasons(self) -> list[str]:
        return [event.reason for event in self.venue.drain() if isinstance(event, Cancelled)]

    def wallet(self, account: int, token: str = "USD") -> int:
        return self.venue.wallet(account, token)

    refuses = Stage.refuses

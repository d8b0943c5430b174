"""The stage of the protocol's own tests: a small pool, an insurance fund, people with wallets.

Dollars, tokens and prices are written as a person would; :func:`near` compares with the 18-digit
numbers that the vectors are published in.
"""

from decimal import Decimal
from fractions import Fraction

import pytest

from seawall.engine.designs.vamm import Params, VammMarket
from seawall.engine.errors import Refusal
from seawall.engine.reports import OracleParams, Report
from seawall.engine.venue import KEEPER_ACCOUNT, TREASURY_ACCOUNT, Venue

START = 1_444_004_400_000
DAY = 86_400
Amount = int | float | str | Fraction | Decimal


def _scaled(amount: Amount, scale: int) -> int:
    return round(Fraction(str(amount)) * scale)


def dollars(amount: Amount) -> int:
    return _scaled(amount, 10**6)


def tokens(amount: Amount) -> int:
    return _scaled(amount, 10**8)


def price(amount: Amount) -> int:
    return _scaled(amount, 10**10)


def rate(amount: Amount) -> int:
    return _scaled(amount, 10**12)


def near(found: int, wei: int, digits: int, units: int = 1) -> bool:
    """Whether ``found`` (10**-digits) is the published ``wei`` to that many of our units."""
    return abs(found - Fraction(wei, 10 ** (18 - digits))) <= units


class Stage:
    """A venue with one virtual-AMM market and a clock that moves only when told to."""

    def __init__(
        self,
        quote: Amount = 1000,
        base: Amount = 100,
        oracle: Amount = 10,
        fund: Amount = 5000,
        **changes: object,
    ) -> None:
        settings: dict[str, object] = {
            "quote_reserve": dollars(quote),
            "base_reserve": tokens(base),
            "initial_ratio": rate("0.05"),
            "maintenance_ratio": rate("0.05"),
            "liquidation_fee": rate("0.05"),
            "partial_ratio": 0,
            "fluctuation": 0,
            "toll": 0,
            "spread": 0,
            "funding_period": DAY * 1000,
            "index_twap": 0,
            "oracle": OracleParams(quorum=1, max_age=0, outlier=0, jump=0),
        }
        settings.update(changes)
        self.params = Params(**settings)  # type: ignore[arg-type]
        self.market = VammMarket("ETH", self.params)
        self.venue = Venue()
        self.venue.list_market(self.market)
        self.venue.listen()
        self.now = START
        self.people: dict[str, int] = {}
        self.index = oracle
        self.venue.advance(self.now, {"ETH": [Report("feed", price(oracle), self.now)]}, 0)
        if fund:
            self.venue.supply("ETH", "fund", self.who("staker", fund), dollars(fund))

    def who(self, name: str, amount: Amount = 5000) -> int:
        """The account of that name; opened with ``amount`` dollars when first named."""
        if name == "keeper":
            return KEEPER_ACCOUNT
        if name == "treasury":
            return TREASURY_ACCOUNT
        if name not in self.people:
            self.people[name] = self.venue.open_account()
            self.venue.deposit(self.people[name], dollars(amount))
        return self.people[name]

    # what people do

    def long(self, name: str, amount: Amount, leverage: Amount, limit: Amount = 0) -> None:
        self.market.open_position(
            self.who(name), True, dollars(amount), rate(leverage), tokens(limit)
        )

    def short(self, name: str, amount: Amount, leverage: Amount, limit: Amount = 0) -> None:
        self.market.open_position(
            self.who(name), False, dollars(amount), rate(leverage), tokens(limit)
        )

    def close(self, name: str, limit: Amount = 0) -> None:
        self.market.close_position(self.who(name), dollars(limit))

    def liquidate(self, name: str, caller: str = "carol", limit: Amount = 0) -> None:
        self.market.liquidate(self.who(caller), self.who(name), dollars(limit))

    def wait(self, seconds: int, oracle: Amount | None = None, budget: int = 0) -> None:
        """A new block, ``seconds`` later."""
        self.now += seconds * 1000
        reports = []
        if oracle is not None:
            self.index = oracle
            reports = [Report("feed", price(oracle), self.now)]
        self.venue.advance(self.now, {"ETH": reports}, budget)

    # what can be seen

    def size(self, name: str) -> int:
        view = self.market.position(self.who(name))
        return 0 if view is None else int(view.size)

    def margin(self, name: str) -> int:
        view = self.market.position(self.who(name))
        return 0 if view is None else int(view.margin)

    def entry(self, name: str) -> int:
        view = self.market.position(self.who(name))
        return 0 if view is None else int(view.entry)

    def result(self, name: str) -> int:
        view = self.market.position(self.who(name))
        assert view is not None
        return int(view.result)

    def value(self, name: str) -> int:
        view = self.market.position(self.who(name))
        assert view is not None
        return int(view.value)

    def wallet(self, name: str) -> int:
        return self.venue.wallet(self.who(name))

    @property
    def quote(self) -> int:
        return self.market.curve()[0]

    @property
    def base(self) -> int:
        return self.market.curve()[1]

    @property
    def fund(self) -> int:
        return int(self.market.house.fund.amount)

    @property
    def vault(self) -> int:
        return int(self.market.house.vault())

    def audit(self) -> None:
        self.venue.audit()


def refused(code: str) -> "pytest.RaisesContext[Refusal]":  # type: ignore[name-defined]
    """The command inside is refused with ``code``."""
    return pytest.raises(Refusal, match=f"^({code}):")

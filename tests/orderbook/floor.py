"""The trading floor of the tests: a venue with order-book markets, a clock, people with wallets.

As long as nobody's order rests, the mark is the oracle's price, so a test that wants a mark reports
it. Amounts are written as a person would say them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from orderbook.pit import DAY, MINUTE, SECOND, START, Amount, dollars, price, tokens
from roles import rate
from seawall.engine.designs.orderbook import FeeTable, OrderbookMarket, OrderParams, Params
from seawall.engine.errors import Refusal
from seawall.engine.events import Event
from seawall.engine.fixed import MAX_DOLLARS
from seawall.engine.margin import Tier, Tiers
from seawall.engine.reports import OracleParams, Report
from seawall.engine.venue import MAX_BUDGET, TREASURY_ACCOUNT, Venue
from seawall.engine.views import PositionView

HOUR = 60 * MINUTE

__all__ = ["DAY", "HOUR", "MINUTE", "SECOND", "Floor", "dollars", "flat", "price", "rate", "tokens"]

PLAIN = OracleParams(quorum=1, max_age=0, outlier=0, jump=0, max_confidence=0)


def flat(leverage: int) -> Tiers:
    """One tier for everything; maintenance is half of the initial margin."""
    return Tiers([Tier(int(MAX_DOLLARS), leverage, 10**12 // (2 * leverage))], True)


class Floor:
    """One venue with a market ``COIN`` of the order book, and a clock."""

    def __init__(
        self, at: Amount = 100, *, leverage: int = 10, fees: bool = False, **changes: object
    ) -> None:
        settings: dict[str, object] = {
            "tiers": flat(leverage),
            "oracle": PLAIN,
            "fees": FeeTable() if fees else FeeTable.flat(0, 0),
            "orders": OrderParams(min_value=0),
            "transfer_rate": rate("0.1"),
        }
        settings.update(changes)
        self.params = Params(**settings)  # type: ignore[arg-type]
        self.market = OrderbookMarket("COIN", self.params)
        self.venue = Venue()
        self.venue.list_market(self.market)
        self.venue.listen()
        self.now = START
        self.at = price(at)
        self.log: list[Event] = []
        self._report({})

    # people

    def who(self, wallet: Amount = 0, *, cross: Amount = 0) -> int:
        """Somebody with a wallet, and with a cross balance beside it."""
        account = self.venue.open_account()
        whole = dollars(wallet) + dollars(cross)
        if whole:
            self.venue.deposit(account, whole)
        if cross:
            self.market.pay_in(account, dollars(cross))
        return account

    def wallet(self, account: int) -> int:
        return self.venue.wallet(account)

    @property
    def treasury(self) -> int:
        return self.venue.wallet(TREASURY_ACCOUNT)

    def fund(self, amount: Amount) -> int:
        """Somebody who puts money into the protocol's vault."""
        account = self.who(amount)
        self.venue.supply("COIN", "hlp", account, dollars(amount))
        return account

    @property
    def liquidator(self) -> int:
        return dict(self.market.own_accounts())["liquidator"]

    @property
    def making(self) -> int:
        return dict(self.market.own_accounts())["making"]

    # trades

    def bid(self, account: int, size: Amount, at: Amount, tif: str = "gtc") -> int:
        return self.market.place_limit(account, tokens(size), price(at), tif)

    def ask(self, account: int, size: Amount, at: Amount, tif: str = "gtc") -> int:
        return self.market.place_limit(account, -tokens(size), price(at), tif)

    def pair(
        self, size: Amount, at: Amount, long_margin: Amount, short_margin: Amount
    ) -> tuple[int, int]:
        """Two strangers with isolated positions against each other; long and short."""
        long, short = self.who(long_margin), self.who(short_margin)
        limit = {"kind": "limit", "trigger": price(at)}
        self.venue.place("COIN", short, -tokens(size), dollars(short_margin), **limit)  # type: ignore[arg-type]
        self.venue.place("COIN", long, tokens(size), dollars(long_margin), **limit)  # type: ignore[arg-type]
        return long, short

    def cross_pair(
        self, size: Amount, at: Amount, long_cash: Amount, short_cash: Amount
    ) -> tuple[int, int]:
        """The same on cross balances."""
        long, short = self.who(cross=long_cash), self.who(cross=short_cash)
        self.ask(short, size, at)
        self.bid(long, size, at)
        return long, short

    def position(self, account: int) -> PositionView:
        view = self.market.position(account)
        assert view is not None, f"account {account} has no position"
        return view

    # time

    def tick(
        self,
        at: Amount | None = None,
        *,
        seconds: float = 3,
        budget: int = MAX_BUDGET,
        **perps: Amount,
    ) -> None:
        """Let time pass and report the oracle's price, and perpetual mids by exchange."""
        self.now += round(seconds * SECOND)
        if at is not None:
            self.at = price(at)
        self._report(perps, budget)

    def silence(self, seconds: float, budget: int = MAX_BUDGET) -> None:
        self.now += round(seconds * SECOND)
        self.venue.advance(self.now, None, budget)

    def _report(self, perps: dict[str, Amount], budget: int = MAX_BUDGET) -> None:
        reports = [Report("feed", self.at, self.now)]
        reports += [Report(f"perp:{name}", price(at), self.now) for name, at in perps.items()]
        self.venue.advance(self.now, {"COIN": reports}, budget)
        self.venue.audit()

    # what happened

    def happened(self, kind: type, **fields: object) -> list:  # type: ignore[type-arg]
        """The events of one kind so far, with these fields."""
        self.log.extend(self.venue.drain())
        return [
            event
            for event in self.log
            if isinstance(event, kind)
            and all(getattr(event, name) == value for name, value in fields.items())
        ]

    @contextmanager
    def refuses(
        self, code: str, value: int | None = None, bound: int | None = None
    ) -> Iterator[None]:
        """The command inside is refused with this code, and leaves no trace."""
        before = self.venue.digest()
        with pytest.raises(Refusal) as caught:
            yield
        assert caught.value.code == code, str(caught.value)
        assert value is None or caught.value.value == value, str(caught.value)
        assert bound is None or caught.value.bound == bound, str(caught.value)
        assert self.venue.digest() == before, "a refusal left a trace"

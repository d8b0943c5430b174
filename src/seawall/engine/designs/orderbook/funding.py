"""Funding: what the book's distance from the oracle makes one side pay the other.

Every five seconds the book is asked what selling and buying the impact notional would bring; the
premium of a sample and the rate of an hour are those of :mod:`seawall.engine.premium`. At each
full hour a position of signed size q pays q * O * f, longs where f is above zero: by the oracle's
price and not the mark, from one person to another, through the clearing pot, no fee. Between two
advances the book counts as it stands at the second.

A moment at which neither side of the book carries the impact notional gives no sample; an hour
without samples pays nothing. Source: Hyperliquid's documentation, "Funding"; for missing samples
the choice is this project's.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.orderbook.book import Book
from seawall.engine.designs.orderbook.desk import Desk
from seawall.engine.designs.orderbook.levels import Walk
from seawall.engine.designs.orderbook.params import MEAN
from seawall.engine.fixed import RATE, clamp, mul_div_trunc, notional, smaller
from seawall.engine.premium import MAX_PREMIUM, NO_ASK, PremiumMean, impact_premium, payment

_MOST: Final[i64] = 100_000
"""Samples or payments that one advance makes up at most."""

_LEAST: Final[i64] = 20_000_000
_ROUNDS: Final[i64] = 4_000_000_000_000_000
"""From so many dollars (1e-6) on and up to this price (1e-10), what one level holds has its price
for a mean: the tokens are counted so finely that price * price / (value * 1e24) stays below one.
"""


def mean_premium(oracle: i64, impact_bid: i64, impact_ask: i64) -> i64:
    """Premium (1e-12, toward zero) of builder-deployed perpetuals: (bid + ask) / 2 oracle - 1."""
    wide_oracle: int = oracle
    gap: int = impact_bid + impact_ask - 2 * oracle
    exact = (-gap if gap < 0 else gap) * 1_000_000_000_000 // (2 * wide_oracle)
    most: int = MAX_PREMIUM
    found: i64 = i64(most if exact > most else exact)
    return -found if gap < 0 else found


def impact_price(book: Book, is_buy: bool, value: i64) -> i64:
    """Mean price (1e-10, rounded down) of trading ``value`` dollars (1e-6); 0: the book is too
    thin. Exact before it is rounded.
    """
    best = book.asks.best() if is_buy else book.bids.best()
    if (
        best is not None
        and value >= _LEAST
        and best.price <= _ROUNDS
        and notional(best.total, best.price) > value
    ):
        return best.price
    walk = Walk(book.asks if is_buy else book.bids)
    wide_value: int = value
    left = wide_value * 1_000_000_000_000  # 1e-18 dollar
    wanted = left
    tokens = 0  # 1e-20
    while left > 0:
        level = walk.next()
        if level is None:
            return 0
        size: int = level.total
        price: int = level.price
        worth = size * price
        if worth <= left:
            left -= worth
            tokens += size * 1_000_000_000_000
        else:
            tokens += left * 1_000_000_000_000 // price
            left = 0
    return i64(wanted * 1_000_000_000_000 // tokens)


class Funding:
    """The samples of the running hour, and the payments.

    ``earned`` is what the accounts ``own`` of the vault's got since the last report (1e-6 dollar).
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.params = desk.params
        self.samples = PremiumMean()
        self.sampled_at: i64 = 0
        self.paid_at: i64 = 0
        self.last_rate: i64 = 0
        self.own: list[int] = []
        self.earned: i64 = 0

    def begin(self, now: i64) -> None:
        """Trading begins at ``now`` (ms): no sample and no payment before it."""
        self.sampled_at = now
        self.paid_at = now

    def premium(self) -> i64 | None:
        """The premium of this moment (1e-12), None where the book is too thin on both sides."""
        book = self.desk.book
        value: i64 = self.params.impact_notional
        bid: i64 = impact_price(book, False, value)
        ask: i64 = impact_price(book, True, value)
        if bid == 0 and ask == 0:
            return None
        oracle: i64 = self.desk.coin.oracle
        if self.params.premium_rule == MEAN:
            if bid == 0 or ask == 0:
                return None
            found: i64 = mean_premium(oracle, bid, ask)
        else:
            found = impact_premium(oracle, bid, NO_ASK if ask == 0 else ask)
        scaled: i64 = mul_div_trunc(found, self.params.premium_scale, RATE)
        return clamp(scaled, -MAX_PREMIUM, MAX_PREMIUM)

    def sample(self, now: i64) -> None:
        """Take the samples that are due since the last advance."""
        interval: i64 = self.params.premium_interval
        due: i64 = now // interval - self.sampled_at // interval
        self.sampled_at = now
        if due <= 0:
            return
        found = self.premium()
        if found is None:
            return
        left: i64 = smaller(due, _MOST)
        while left > 0:
            self.samples.add(found)
            left -= 1

    def rate(self) -> i64:
        """The rate of a payment (1e-12) by the samples so far; 0 without one."""
        if self.samples.samples == 0:
            return 0
        return self.params.funding.payment_rate(self.samples.mean())

    def shown(self) -> i64:
        """The rate so far (1e-12), the last one paid where the hour has no sample yet."""
        return self.last_rate if self.samples.samples == 0 else self.rate()

    def pay(self, now: i64) -> None:
        """Pay for every full interval since the last advance, all at the same rate."""
        interval: i64 = self.params.funding_interval
        due: i64 = smaller(now // interval - self.paid_at // interval, _MOST)
        self.paid_at = now
        if due <= 0:
            return
        rate: i64 = self.rate()
        self.last_rate = rate
        self.samples.clear()
        if rate != 0:
            self._collect(rate, due)

    def _collect(self, rate: i64, due: i64) -> None:
        """Who pays first, then who receives, then everybody is watched anew."""
        house = self.desk.house
        coin = self.desk.coin
        oracle: i64 = coin.oracle
        for holder in coin.holders.values():
            if (holder.holding.size > 0) == (rate > 0) and holder.holding.size != 0:
                house.charge(holder.purse(), payment(holder.holding.size, oracle, rate) * due)
        for holder in coin.holders.values():
            if (holder.holding.size > 0) != (rate > 0) and holder.holding.size != 0:
                house.credit(holder.purse(), -payment(holder.holding.size, oracle, rate) * due)
        for holder in coin.holders.values():
            if holder.holding.size != 0:
                house.watch(holder)
        for account in self.own:
            found = coin.seat(account)
            if found is not None and found.holding.size != 0:
                self.earned -= payment(found.holding.size, oracle, rate) * due

    def state(self) -> list[int]:
        """Every number, for a digest."""
        numbers = self.samples.state()
        numbers.extend([self.sampled_at, self.paid_at, self.last_rate])
        return numbers

"""Funding by premium and interest: what a book's price pays to stay near the oracle.

Equations (rates in 1e-12)::

    premium  p = (max(impact bid - oracle, 0) - max(oracle - impact ask, 0)) / oracle
    period   F = mean(p) + clamp(interest - mean(p), -band, +band)
    payment  f = clamp(F / parts, -cap, +cap);  a position of signed size q pays q * oracle * f

The impact prices are the mean prices of selling and of buying a set notional into the book at
once. Source: Hyperliquid docs, "Funding" (period 8 h paid in 8 parts, interest 0.01 %, band
0.05 %, cap 4 %); thogiti.github.io, "Anatomy of a DEX Exploit".
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.errors import BrokenBooks
from seawall.engine.fixed import MAX_PRICE, RATE, clamp, larger, mul_div_trunc, parameter

MAX_PREMIUM: Final[i64] = 1_000_000_000_000_000
"""A premium (1e-12) is cut to a thousand times the oracle price."""

NO_ASK: Final[i64] = MAX_PRICE + 1
"""The impact ask (1e-10) of a book that cannot fill the impact notional; the bid is then 0."""


def impact_premium(oracle: i64, impact_bid: i64, impact_ask: i64) -> i64:
    """Premium (1e-12, rounded toward zero) of the book over the oracle; prices in 1e-10.

    0 when the oracle lies between the impact prices. A side too thin for the impact notional
    counts for nothing: its bid is 0, its ask :data:`NO_ASK`. Raises :class:`BrokenBooks` on an
    oracle price that is not positive.
    """
    if oracle <= 0:
        raise BrokenBooks(f"premium over an oracle price of {oracle} (1e-10)")
    gap: i64 = larger(impact_bid - oracle, 0) - larger(oracle - impact_ask, 0)
    if gap // 1_000 >= oracle:
        return MAX_PREMIUM
    return mul_div_trunc(gap, RATE, oracle)


class PremiumMean:
    """The mean of the premium samples since the last payment."""

    def __init__(self) -> None:
        self.total: int = 0
        self.samples: i64 = 0

    def add(self, premium: i64) -> None:
        """Take in one sample (1e-12)."""
        wide_premium: int = premium
        self.total += wide_premium
        self.samples += 1

    def mean(self) -> i64:
        """The mean (1e-12, rounded toward zero); 0 without a sample."""
        if self.samples == 0:
            return 0
        count: int = self.samples
        if self.total < 0:
            return -i64(-self.total // count)
        return i64(self.total // count)

    def clear(self) -> None:
        """Start the next period."""
        self.total = 0
        self.samples = 0

    def state(self) -> list[int]:
        """Everything that tells this mean from another, for a digest."""
        return [self.total, self.samples]


class PremiumTerms:
    """The numbers of the formula.

    ``interest`` and ``band`` are rates per period, ``cap`` the most that one payment may charge
    (all 1e-12), ``parts`` the number of payments in a period. Raises :class:`BadParameters` on
    an interest beyond a whole, a band outside 0 to a whole, parts outside 1 to 1,000, or a cap
    outside 1e-12 to a whole.
    """

    def __init__(self, interest: int, band: int, parts: int, cap: int) -> None:
        self.interest: i64 = parameter("funding interest", interest, -RATE, RATE, "1e-12")
        self.band: i64 = parameter("funding band", band, 0, RATE, "1e-12")
        self.parts: i64 = parameter("funding parts", parts, 1, 1_000, "payments")
        self.cap: i64 = parameter("funding cap", cap, 1, RATE, "1e-12")

    def period_rate(self, premium: i64) -> i64:
        """The rate F (1e-12): the mean premium drawn to the interest, by no more than the band."""
        return premium + clamp(self.interest - premium, -self.band, self.band)

    def payment_rate(self, premium: i64) -> i64:
        """The part f of F that one payment charges (1e-12, rounded toward zero), capped."""
        part: i64 = mul_div_trunc(self.period_rate(premium), 1, self.parts)
        return clamp(part, -self.cap, self.cap)


def payment(size: i64, oracle: i64, rate: i64) -> i64:
    """What a position pays (1e-6 dollar), negative when it receives.

    ``size`` signed in 1e-8 token, ``oracle`` in 1e-10, ``rate`` in 1e-12, positive when longs
    pay. Rounded up either way: who pays, pays the fraction; who receives, goes without it.
    """
    wide_size: int = size
    wide_oracle: int = oracle
    wide_rate: int = rate
    exact = wide_size * wide_oracle * wide_rate
    return -i64(-exact // 1_000_000_000_000_000_000_000_000)

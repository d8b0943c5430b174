"""The mark: the median of three prices, one of them the oracle's with the book's mean distance.

Glossary
    O   oracle price (weighted median of spot prices)      M   mark price
    a   O + EMA_150s(mid - O)
    b   median(best bid, best ask, last trade); there only while the book has both sides
    c   weighted median of the perpetual mids that other exchanges report
    d   EMA_30s(b)

Equations
    M = median of those of a, b, c that exist; of exactly two of them, d is the third
    one of them alone is M; without any M = O
    EMA after a sample x, t ms after the one before: num = num * e^(-t/tau) + x*t,
    den = den * e^(-t/tau) + t, value num/den

M changes only with a new oracle price. Where the median has two middles (two inputs and no d), it
is their mean, rounded down. Source: Hyperliquid's documentation, pages on the mark price and the
oracle (mirror ``dzmbs/hyperliquid-docs``).
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.fixed import MAX_PRICE, clamp, decay, smaller
from seawall.engine.reports import OracleParams

_FINE: Final[int] = 1_000_000_000_000  # sums carry this many steps per unit of price and ms

PERP: Final = "perp:"
"""What the source of a perpetual mid begins with: ``perp:binance``."""


class DecayedMean:
    """An exponential moving average as the ratio of two decayed sums.

    Both sums are kept to 1e-12 of their units. While samples come at most tau apart, the value is
    within 6e-12 * (1 + tau/t) of the largest sample's magnitude from the exact ratio, plus one
    unit: the decay errs by 1.01e-12 a sample, and about tau/t samples matter.
    """

    def __init__(self, tau: i64) -> None:
        self.tau: i64 = tau
        self.num: int = 0
        self.den: int = 0
        self._elapsed: i64 = 0  # the time that was decayed for last, and what is kept after it
        self._kept: i64 = 0

    def add(self, sample: i64, elapsed: i64) -> None:
        """Take in ``sample`` (1e-10), ``elapsed`` ms (above zero) after the one before."""
        if elapsed != self._elapsed:
            self._elapsed = elapsed
            self._kept = decay(elapsed, self.tau)
        kept: int = self._kept
        wide_sample: int = sample
        wide_elapsed: int = elapsed
        self.num = self.num * kept // _FINE + wide_sample * wide_elapsed * _FINE
        self.den = self.den * kept // _FINE + wide_elapsed * _FINE

    def exists(self) -> bool:
        """Whether a sample was taken."""
        return self.den > 0

    def value(self) -> i64:
        """The mean (1e-10, rounded down)."""
        return i64(self.num // self.den)

    def state(self) -> list[int]:
        """Both sums, for a digest."""
        return [self.num, self.den]


def median_of_three(a: i64, b: i64, c: i64) -> i64:
    """The middle one."""
    low: i64 = smaller(a, b)
    high: i64 = a + b - low
    return clamp(c, low, high)


def book_price(bid: i64, ask: i64, last: i64) -> i64:
    """Price b (1e-10): the middle of bid, ask and last trade; 0 while a side is empty.

    Without a trade yet, the middle of bid and ask, rounded down.
    """
    if bid == 0 or ask == 0:
        return 0
    if last == 0:
        return (bid + ask) // 2
    return median_of_three(bid, ask, last)


def perp_weights() -> OracleParams:
    """How reported perpetual mids become price c: the documentation's weights, the median alone."""
    return OracleParams(
        weights={"binance": 3, "okx": 2, "bybit": 2, "gate": 1, "mexc": 1},
        default_weight=1,
        outlier=0,
        quorum=1,
        use_confidence=False,
        max_confidence=0,
        jump=0,
    )


class MarkMaker:
    """What the mark of one market is made of."""

    def __init__(self, mark_tau: i64, fallback_tau: i64, first_sample: i64) -> None:
        self.premium = DecayedMean(mark_tau)
        self.book = DecayedMean(fallback_tau)
        self.first_sample: i64 = first_sample
        self.sampled_at: i64 = 0

    def mark(self, oracle: i64, bid: i64, ask: i64, last: i64, perp: i64, now: i64) -> i64:
        """The mark (1e-10) at a new ``oracle`` price; ``perp`` is c, 0 where nobody reports it.

        Prices in 1e-10, 0 where there is none; ``now`` in ms. The very first sample counts as
        ``first_sample`` ms long.
        """
        elapsed: i64 = now - self.sampled_at
        if self.sampled_at == 0 or elapsed <= 0:
            elapsed = self.first_sample
        b: i64 = book_price(bid, ask, last)
        a: i64 = 0
        if b > 0:
            self.premium.add((bid + ask) // 2 - oracle, elapsed)
            self.book.add(b, elapsed)
            self.sampled_at = now
            a = clamp(oracle + self.premium.value(), 1, MAX_PRICE)
        return self._median(a, b, perp, oracle)

    def _median(self, a: i64, b: i64, c: i64, oracle: i64) -> i64:
        if a > 0 and b > 0:
            third: i64 = c if c > 0 else clamp(self.book.value(), 1, MAX_PRICE)
            return median_of_three(a, b, third)
        return c if c > 0 else oracle

    def state(self) -> list[int]:
        """Every number, for a digest."""
        numbers: list[int] = [self.sampled_at]
        numbers.extend(self.premium.state())
        numbers.extend(self.book.state())
        return numbers


class HourMean:
    """The time-weighted mean of a price over a window that ends now."""

    def __init__(self, window: i64) -> None:
        self.window: i64 = window
        self._times: list[int] = []
        self._prices: list[int] = []

    def push(self, price: i64, now: i64) -> None:
        """The price (1e-10) is this one from ``now`` (ms) on."""
        if len(self._times) > 0 and self._times[-1] == now:
            self._prices[-1] = price
        else:
            self._times.append(now)
            self._prices.append(price)
        oldest: i64 = now - self.window
        drop: i64 = 0
        while drop + 1 < len(self._times) and self._times[drop + 1] <= oldest:
            drop += 1
        if drop > 64 and 2 * drop > len(self._times):
            del self._times[:drop]
            del self._prices[:drop]

    def mean(self, now: i64) -> i64:
        """The mean (1e-10, rounded down) of the window; of what there is where it is younger."""
        start: int = now - self.window
        total = 0
        length = 0
        end: int = now
        for time, price in zip(reversed(self._times), reversed(self._prices), strict=True):
            begin = time if time > start else start
            if end > begin:
                total += price * (end - begin)
                length += end - begin
            end = begin
            if time <= start:
                break
        if length == 0:
            return i64(self._prices[-1])
        return i64(total // length)

    def state(self) -> list[int]:
        """Every number, for a digest."""
        return [len(self._times), *self._times, *self._prices]

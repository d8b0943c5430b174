"""Funding: the side with more open interest pays the other.

phi is the imbalance in dollars to its exponent, over the open interest of both sides. The static
rule takes factor * phi. The adaptive one keeps a signed rate, above zero where longs pay, which
grows with phi against the larger side and falls where the imbalance is small.

The payers' fees are due in their own collateral tokens; the receivers are promised those tokens at
the prices of the accrual, fees rounded up and promises down. With one side empty nothing is paid
and the adaptive rate starts again from zero. Source: gmx-io/gmx-synthetics,
contracts/market/MarketUtils.sol.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.gm.pool import PER_SIZE, Pool
from seawall.engine.designs.gm.power import power
from seawall.engine.designs.gm.tokens import LONG, SHORT, Prices, wide
from seawall.engine.fixed import SECOND, clamp, larger, magnitude, mul_div, mul_div_up

FULL: Final[i64] = 1_000_000_000_000_000_000
"""phi of a market with one side only, where the exponent is 1."""

_NARROW: Final = 4 * 10**18  # below it a tracker times a size needs no wide number
_FINE_STEP: Final[i64] = 1_000_000_000_000_000_000  # a thousandth of PER_SIZE
_FINE: Final = 10**18
_PER_DOLLAR: Final = 10**6  # also from 1e-18 to 1e-24
_PER_STEP: Final = 10**12  # from a product of two 1e-18 to the 1e-24 of a rate that is charged
_DUE: Final = 10**24


def imbalance(longs: i64, shorts: i64, exponent: i64) -> i64:
    """phi, 1e-18: the imbalance of two sides (1e-6) to ``exponent``, over both together."""
    both: i64 = longs + shorts
    if both == 0:
        return 0
    found: int = power(magnitude(longs - shorts), exponent) * _PER_DOLLAR // wide(both)
    most: int = 10**18 * 4
    return i64(found if found < most else most)


def next_rates(pool: Pool, prices: Prices, elapsed: i64) -> tuple[i64, int]:
    """The rate that is kept (1e-18 per second) and the one charged now (1e-24), both signed."""
    funding = pool.params.funding
    mid: i64 = prices.index_mid()
    longs: i64 = pool.balance(True, mid)
    shorts: i64 = pool.balance(False, mid)
    phi: i64 = imbalance(longs, shorts, funding.exponent)
    if funding.increase == 0:
        found: int = wide(phi) * wide(funding.factor) // _PER_STEP
        most: int = wide(funding.most) * _PER_DOLLAR
        rate: int = found if found < most else most
        return 0, rate if longs > shorts else -rate
    kept: i64 = _adapted(pool, longs, shorts, phi, elapsed)
    size: i64 = clamp(magnitude(kept), funding.least, funding.most)
    charged: int = wide(size) * _PER_DOLLAR
    return kept, -charged if kept < 0 else charged


def _adapted(pool: Pool, longs: i64, shorts: i64, phi: i64, elapsed: i64) -> i64:
    funding = pool.params.funding
    rate: i64 = pool.funding_rate
    aligned: bool = (rate > 0 and longs > shorts) or (rate < 0 and shorts > longs)
    if not aligned or phi > funding.stable * 1_000_000:
        step: i64 = _step(phi, funding.increase, elapsed)
        found: i64 = rate - step if longs < shorts else rate + step
        return clamp(found, -funding.most, funding.most)
    if phi < funding.threshold_decrease * 1_000_000:
        fall: i64 = _step(FULL, funding.decrease, elapsed)
        left: i64 = larger(1, magnitude(rate) - fall)
        return -left if rate < 0 else left
    return clamp(rate, -funding.most, funding.most)


def _step(phi: i64, growth: i64, elapsed: i64) -> i64:
    """Change of a rate (1e-18) in ``elapsed`` ms at ``growth`` (1e-24 a second) times phi."""
    found: int = wide(phi) * wide(growth) * wide(elapsed) // 10**27
    return i64(found if found < _FINE else _FINE)


def accrue(pool: Pool, prices: Prices, elapsed: i64) -> None:
    """Charge the paying side for ``elapsed`` ms at the new rate and promise it to the other."""
    if pool.interest(True) == 0 or pool.interest(False) == 0:
        pool.funding_rate = 0
        return
    kept, charged = next_rates(pool, prices, elapsed)
    pool.funding_rate = kept
    if charged == 0:
        return
    long_pays: bool = charged > 0
    payers: int = pool.interest(long_pays)
    receivers: int = pool.interest(not long_pays)
    steps: int = wide(SECOND * pool.divisor)
    due: int = payers * (charged if long_pays else -charged) * wide(elapsed) // steps
    _charge(pool, prices, long_pays, LONG, due, payers, receivers)
    _charge(pool, prices, long_pays, SHORT, due, payers, receivers)


def _charge(
    pool: Pool, prices: Prices, long_pays: bool, token: i64, due: int, payers: int, receivers: int
) -> None:
    """Charge the payers with collateral in one token their part of ``due`` (1e-30 dollar)."""
    book = pool.book(long_pays, token)
    held: int = book.usd // pool.divisor
    part: int = due * held // payers
    if part == 0:
        return
    units: int = part * PER_SIZE * wide(pool.token(token).step)
    price: int = prices.token(token, True)
    book.fee_per_size += -(-units // (_DUE * held * price))
    pool.book(not long_pays, token).claim_per_size += units // (_DUE * receivers * price)


def fee(pool: Pool, long: bool, token: i64, size: i64, entry: int) -> i64:
    """Funding (units of the collateral token, rounded up) owed by ``size`` since ``entry``."""
    grown: int = pool.book(long, token).fee_per_size - entry
    if grown == 0:
        return 0
    if grown < _NARROW:
        return (mul_div_up(size, i64(grown), _FINE_STEP) + 999) // 1_000
    return _within(-(-wide(size) * grown // PER_SIZE))


def claim(pool: Pool, long: bool, token: i64, size: i64, entry: int) -> i64:
    """Funding (units of the token, rounded down) promised to ``size`` since ``entry``."""
    grown: int = pool.book(long, token).claim_per_size - entry
    if grown == 0:
        return 0
    if grown < _NARROW:
        return mul_div(size, i64(grown), _FINE_STEP) // 1_000
    return _within(wide(size) * grown // PER_SIZE)


def _within(amount: int) -> i64:
    return i64(amount if amount < _FINE else _FINE)

"""The arithmetic of the pool: fees by weight, results, average prices, borrowing.

Glossary (dollars in 1e-6, tokens in their own digits, prices in 1e-10 dollar per whole token)::

    low, high   p-, p+: the lower and the higher price of a token
    S, q        size in dollars and average price of a position, or of all shorts of a token
    D           size added or taken off by an order
    bps         1e-4: fees, leverage and spreads, whole numbers as the protocol stores them
    rate        1e-6: the cumulative borrowing rate, likewise

Equations, every division floored unless it says otherwise::

    after fee            A' = A * (10000 - f) / 10000, so that the fee A - A' rounds up
    result               d = S * |p - q| / q
    next average price   q' = p_open * N / (N + d) for a long in profit, N = S + D; N - d in loss;
                         for a short the other way round
    borrowing            rate = factor * reserved * n / pool for n whole intervals

Source: gmx-io/gmx-contracts, Vault.sol, VaultUtils.sol, ShortsTracker.sol.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.fixed import larger, magnitude, mul_div, smaller

BPS: Final[i64] = 10_000
RATE_STEP: Final[i64] = 1_000_000
_DIRECT: Final[i64] = 9_000_000_000_000
_FINE: Final[i64] = 1_000_000_000_000


def scaled(a: i64, b: i64, c: i64) -> i64:
    """floor(a * b / c) for ``b`` of 0 to 1e6, without the estimate where the product fits."""
    if -_DIRECT < a < _DIRECT:
        return a * b // c
    return mul_div(a, b, c)


def after_fee(amount: i64, points: i64) -> i64:
    """What is left of ``amount`` after a fee of ``points`` (bps), rounded down."""
    return scaled(amount, BPS - points, BPS)


def fee_of(amount: i64, points: i64) -> i64:
    """The fee of ``points`` (bps) on ``amount``, rounded up."""
    return amount - scaled(amount, BPS - points, BPS)


def fee_points(debt: i64, target: i64, delta: i64, base: i64, tax: i64, increment: bool) -> i64:
    """Fee (bps) of moving a token's debt by ``delta`` from ``debt``, its target being ``target``.

    What comes nearer to the target is cheaper by the *starting* distance alone; what does not is
    dearer by the mean distance. Dollars in 1e-6. Source: VaultUtils.getFeeBasisPoints.
    """
    if target == 0:
        return base
    after: i64 = debt + delta if increment else larger(0, debt - delta)
    before_gap: i64 = magnitude(debt - target)
    after_gap: i64 = magnitude(after - target)
    if after_gap < before_gap:
        rebate: i64 = mul_div(tax, before_gap, target)
        return 0 if rebate > base else base - rebate
    mean: i64 = smaller((before_gap + after_gap) // 2, target)
    return base + mul_div(tax, mean, target)


def result_size(size: i64, average: i64, price: i64) -> i64:
    """Magnitude of the result (1e-6, rounded down) of ``size`` dollars bought at ``average``."""
    return mul_div(size, magnitude(average - price), average)


def result_of(size: i64, average: i64, price: i64, is_long: bool, least_bps: i64) -> i64:
    """Signed result (1e-6) at ``price``; a profit of at most ``least_bps`` of the size is none.

    Source: Vault.getDelta.
    """
    result: i64 = result_size(size, average, price)
    if (price > average) == is_long and price != average:
        return 0 if result <= mul_div(size, least_bps, BPS) else result
    return -result


def _scale(size: i64) -> i64:
    """Results inside an average are kept to 1e-9 dollar, so that a small one does not blur it."""
    return 1_000 if size < _FINE else 1


def _average(price: i64, size: i64, added: i64, shift: i64, scale: i64) -> i64:
    total: i64 = (size + added) * scale
    return mul_div(price, total, total + shift)


def next_average(
    price: i64, size: i64, added: i64, average: i64, closing: i64, is_long: bool, least_bps: i64
) -> i64:
    """Average price of ``size`` bought at ``average`` after ``added`` dollars at ``price``.

    The result mixed in is the one at the *closing* price, so that a spread is lost at once; a
    profit too small to count is not mixed in. Source: Vault.getNextAveragePrice.
    """
    scale: i64 = _scale(size + added)
    shift: i64 = 0
    if result_of(size, average, closing, is_long, least_bps) != 0:
        shift = mul_div(size * scale, magnitude(average - closing), average)
    if closing < average:
        shift = -shift
    return _average(price, size, added, shift, scale)


def next_short_average(price: i64, size: i64, average: i64, added: i64) -> i64:
    """Average price of all shorts of a token after ``added`` dollars at ``price``.

    Source: Vault.getNextGlobalShortAveragePrice.
    """
    if size == 0:
        return price
    scale: i64 = _scale(size + added)
    shift: i64 = mul_div(size * scale, magnitude(average - price), average)
    return _average(price, size, added, -shift if average > price else shift, scale)


def next_tracked_average(price: i64, size: i64, average: i64, change: i64, realised: i64) -> i64:
    """The tracker's average price after the shorts of a token change by ``change`` (signed).

    ``realised`` is what that change realises for the shorts (signed). Unlike the pool's own
    average it follows decreases too. Where the shorts left would have won all they stand for, the
    formula has no answer and the average stays. Source: ShortsTracker.getNextGlobalShortData.
    """
    total: i64 = size + change
    if total <= 0:
        return 0
    if average == 0:
        return price
    scale: i64 = _scale(larger(size, total))
    shift: i64 = mul_div(size * scale, magnitude(average - price), average)
    if average > price:
        shift = -shift
    shift += realised * scale
    if total * scale + shift <= 0:
        return average
    return _average(price, size, change, shift, scale)


def borrowing_rate(factor: i64, reserved: i64, pool: i64, intervals: i64) -> i64:
    """What ``intervals`` add to the cumulative rate (1e-6), at the utilisation of now."""
    if pool == 0:
        return 0
    return mul_div(reserved, factor * intervals, pool)

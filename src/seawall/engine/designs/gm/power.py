"""A number of dollars raised to an exponent, exactly enough.

The protocol raises imbalances to a power with PRB-math's 60.18 fixed point, which is off by about
2e-14 of the result (gmx-io/gmx-synthetics, contracts/utils/Precision.sol). Here exponents 1 and 2
are exact and every other is computed with 56 binary digits behind the point, in 64 bits:

    v ** e = 2 ** (e * log2 v),  log2 m = 2 * atanh((m - 1) / (m + 1)) / ln 2,  2 ** f = exp(f ln 2)

with m within [sqrt(1/2), sqrt 2) and f within [-1/2, 1/2]. Both series are cut where their next
term is below 2**-56. What is cut and rounded, some ninety steps of 2**-56 at an exponent of 3,
stays below 4e-15 of the result. Whole results are Python's own integers: squares of dollars do not
fit 64 bits.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.gm.tokens import wide
from seawall.engine.fixed import DOLLAR, MAX_DOLLARS, RATE, mul_div, mul_div_up

POWER: Final = 10**18
"""Scale of a power: 1e-18."""

_BITS: Final = 56
_ONE: Final[i64] = 72_057_594_037_927_936
_TWO: Final[i64] = 144_115_188_075_855_872
_LN2: Final[i64] = 49_946_518_145_322_874
"""ln 2 in 2**-56, rounded to the nearest."""

_ROOT: Final[i64] = 101_904_826_760_412_361
"""The square root of 2 in 2**-56, rounded down."""

_MILLION: Final[i64] = 67_126_589_786_854_664
"""The binary logarithm of 1e6, less 19, in 2**-56, rounded to the nearest."""

_FINE: Final = 10**18
_WHOLE: Final[i64] = 1_000_000_000_000_000_000
_NARROW_USD: Final[i64] = 1_000_000_000_000_000  # a billion dollars
_MOST: Final = 10**18


def power(usd: i64, exponent: i64) -> int:
    """``usd`` (1e-6 dollar) to the ``exponent`` (1e-12), in 1e-18, rounded down.

    Less than one dollar counts as nothing, whatever the exponent, as in the protocol.
    """
    if usd < DOLLAR:
        return 0
    base: int = wide(usd)
    if exponent == RATE:
        return base * 10**12
    if exponent == 2 * RATE:
        return base * base * 10**6
    mantissa, shift = _raised(usd, exponent)
    return (wide(mantissa) * POWER << shift) >> _BITS


def scaled(usd: i64, factor: i64, exponent: i64, up: bool) -> i64:
    """``factor`` (1e-18) times ``usd`` to the ``exponent``; 1e-6 dollar, at most 1e12 dollars."""
    if factor == 0 or usd < DOLLAR:
        return 0
    if exponent == RATE:
        return mul_div_up(factor, usd, _WHOLE) if up else mul_div(factor, usd, _WHOLE)
    if exponent == 2 * RATE and usd <= _NARROW_USD and factor <= RATE:
        return _squared(usd, factor, up)
    if exponent == 2 * RATE:
        product: int = wide(factor) * wide(usd) * wide(usd)
        steps: int = 10**24
    else:
        mantissa, shift = _raised(usd, exponent)
        product = wide(factor) * wide(mantissa) << shift
        steps = 10**12 << _BITS
    result: int = -(-product // steps) if up else product // steps
    if result > _MOST:
        return MAX_DOLLARS
    return i64(result)


def _squared(usd: i64, factor: i64, up: bool) -> i64:
    """Exactly factor * usd**2 / 1e24, without a product that needs more than 64 bits.

    With factor * usd = q * 1e12 + r, the result is (q * usd + r * usd / 1e12) / 1e12.
    """
    high: i64 = mul_div(factor, usd, RATE)
    low: i64 = factor * usd - high * RATE
    whole: i64 = mul_div(high, usd, RATE)
    over: i64 = high * usd - whole * RATE
    part: i64 = mul_div(low, usd, RATE)
    rest: i64 = over + part
    found: i64 = whole + rest // RATE
    if up and (rest % RATE != 0 or low * usd != part * RATE):
        return found + 1
    return found


def _raised(usd: i64, exponent: i64) -> tuple[i64, int]:
    """A power of one dollar at least, as a number in 2**-56 and how often it is to be doubled."""
    log, whole = _log2(usd)
    scaled_whole: i64 = whole * exponent
    shift: i64 = scaled_whole // RATE
    rest: i64 = mul_div(scaled_whole - shift * RATE, _ONE, RATE) + mul_div(log, exponent, RATE)
    while rest > _ONE // 2:
        rest -= _ONE
        shift += 1
    while rest < -_ONE // 2:
        rest += _ONE
        shift -= 1
    return _exp2(rest), wide(shift)


def _log2(usd: i64) -> tuple[i64, i64]:
    """Binary logarithm of a number of 1e-6 dollars, one dollar at least: rest (2**-56), whole."""
    mantissa: i64 = usd
    whole: i64 = _BITS - 19
    while mantissa >= _TWO:
        mantissa //= 2
        whole += 1
    while mantissa < _ONE:
        mantissa += mantissa
        whole -= 1
    if mantissa > _ROOT:
        mantissa = mantissa // 2
        whole += 1
    ratio: i64 = mul_div(mantissa - _ONE, _ONE, mantissa + _ONE)
    square: i64 = mul_div(ratio, ratio, _ONE)
    term: i64 = ratio
    total: i64 = ratio
    order: i64 = 3
    while term > 0 or term < -1:
        term = mul_div(term, square, _ONE)
        total += term // order
        order += 2
    return mul_div(2 * total, _ONE, _LN2) - _MILLION, whole


def _exp2(log: i64) -> i64:
    """2 to a power within [-1/2, 1/2], both in 2**-56."""
    rest: i64 = mul_div(log, _LN2, _ONE)
    term: i64 = _ONE
    total: i64 = _ONE
    order: i64 = 1
    while term > 0 or term < -1:
        term = mul_div(term, rest, _ONE * order)
        total += term
        order += 1
    return total

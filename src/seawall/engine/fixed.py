"""Exact fixed-point arithmetic on 64-bit integers.

Scales (one integer step):

==========================================  =================
US dollars and dollar-like tokens           1e-6 dollar
other token amounts, position sizes         1e-8 token
price                                       1e-10 dollar per token
rate, ratio, factor                         1e-12
cumulative index                            1e-13 dollar per token
time                                        1e-3 s since the epoch
==========================================  =================

``mul_div`` and its variants multiply, then divide, and are exact whenever the result fits below
2**62; a result that does not fit raises :class:`OutOfRange`, compiled or interpreted.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.errors import BadParameters, BrokenBooks, OutOfRange

DOLLAR: Final[i64] = 1_000_000
TOKEN: Final[i64] = 100_000_000
PRICE: Final[i64] = 10_000_000_000
RATE: Final[i64] = 1_000_000_000_000
BASIS_POINT: Final[i64] = 100_000_000
INDEX: Final[i64] = 10_000_000_000_000

SECOND: Final[i64] = 1_000
MINUTE: Final[i64] = 60_000
HOUR: Final[i64] = 3_600_000
DAY: Final[i64] = 86_400_000
YEAR: Final[i64] = 31_536_000_000

NOTIONAL_STEP: Final[i64] = 1_000_000_000_000
"""size (1e-8) times price (1e-10) is in 1e-18 dollar: this many of them make 1e-6 dollar."""

INDEX_STEP: Final[i64] = 1_000_000_000_000_000
"""size (1e-8) times index (1e-13) is in 1e-21 dollar: this many of them make 1e-6 dollar."""

INDEX_PER_PRICE: Final[i64] = 1_000
"""An index unit is this many times finer than a price unit."""

LIMIT: Final[i64] = 4_611_686_018_427_387_904
"""2**62. No result may reach it in magnitude."""

NO_BOUND: Final[i64] = 4_611_686_018_427_387_903
"""What stands for a bound where nothing binds: the largest number there is."""

MAX_DOLLARS: Final[i64] = 1_000_000_000_000_000_000
"""The most that all pots of one token together may hold: 1e12 dollars (or 1e10 tokens)."""

MAX_SIZE: Final[i64] = 1_000_000_000_000_000_000
"""The largest position: 1e10 tokens."""

MAX_PRICE: Final[i64] = 100_000_000_000_000_000
"""The highest price: 1e7 dollars per token."""

MAX_TIME: Final[i64] = 8_000_000_000_000
"""The latest time: the year 2223, in milliseconds since the epoch."""

_EXACT: Final[float] = 1.0e34  # below 2**113: the remainder of the estimate stays inside 64 bits
_LARGE: Final[i64] = 2_305_843_009_213_693_952  # 2**61: beyond it one correction could wrap
_LIMIT_FLOAT: Final[float] = 4.611686018427387904e18
_LAST: Final[i64] = 4_611_686_018_427_387_903  # the largest that needs no boxed constant
_HALF: Final[i64] = 2_147_483_647
_NARROW: Final[i64] = 3_037_000_499  # isqrt(2**63 - 1): a product of two such fits 64 bits

_ONE: Final[i64] = 1_000_000_000_000_000  # the scale inside decay()
_LN2: Final[i64] = 693_147_180_559_945
_TERMS: Final[i64] = 15  # ln(2)**16 / 16! is below 2e-16


def magnitude(a: i64) -> i64:
    """Absolute value of ``a``."""
    return -a if a < 0 else a


def smaller(a: i64, b: i64) -> i64:
    """The lesser of two numbers."""
    return a if a < b else b


def larger(a: i64, b: i64) -> i64:
    """The greater of two numbers."""
    return a if a > b else b


def clamp(a: i64, low: i64, high: i64) -> i64:
    """``a`` held inside ``[low, high]``."""
    return low if a < low else high if a > high else a


def _wide(a: i64, b: i64, c: i64) -> i64:
    wide_a: int = a
    wide_b: int = b
    wide_c: int = c
    quotient = (wide_a * wide_b) // wide_c
    if quotient >= 4_611_686_018_427_387_904 or quotient <= -4_611_686_018_427_387_904:
        raise OutOfRange("overflow", f"{a} * {b} / {c} does not fit below 2**62", quotient, 1 << 62)
    return i64(quotient)


def mul_div(a: i64, b: i64, c: i64) -> i64:
    """floor(a * b / c), exact. ``c`` must be positive.

    Raises :class:`OutOfRange` when the result is 2**62 or more in magnitude,
    :class:`BrokenBooks` when ``c`` is not positive.
    """
    if c <= 0:
        raise BrokenBooks(f"mul_div by {c}: the divisor must be positive")
    if b == 0:
        return 0
    if -_NARROW <= a <= _NARROW and -_NARROW <= b <= _NARROW:
        narrow: i64 = (a * b) // c
        if narrow > _LAST or narrow < -_LAST:
            return _wide(a, b, c)
        return narrow
    product: float = float(a) * float(b)
    if product > _EXACT or product < -_EXACT or c > _LARGE:
        return _wide(a, b, c)
    divisor: float = float(c)
    estimate: float = product / divisor
    if estimate >= _LIMIT_FLOAT or estimate <= -_LIMIT_FLOAT:
        return _wide(a, b, c)
    quotient: i64 = i64(estimate)
    rest: i64 = a * b - quotient * c
    if rest < 0 or rest >= c:
        step: i64 = i64(float(rest) / divisor)  # the estimate is off by 1536 at most, so that
        quotient += step  # this leaves less than two of c: one is added or taken below
        rest -= step * c
        while rest < 0:
            quotient -= 1
            rest += c
        while rest >= c:
            quotient += 1
            rest -= c
    if quotient > _LAST or quotient < -_LAST:
        return _wide(a, b, c)
    return quotient


def mul_div_up(a: i64, b: i64, c: i64) -> i64:
    """ceil(a * b / c), exact. Bounds and errors of :func:`mul_div`."""
    return -mul_div(-a, b, c)


def mul_div_trunc(a: i64, b: i64, c: i64) -> i64:
    """The quotient a * b / c rounded toward zero. Bounds and errors of :func:`mul_div`."""
    if (a < 0) != (b < 0):
        return -mul_div(-a, b, c)
    return mul_div(a, b, c)


def _splits(a: i64, b: i64) -> bool:
    """Whether ``a * b / 1e12`` can be taken in two steps of 1e6 without passing 64 bits.

    floor(x / 1e12) is floor(floor(x / 1e6) / 1e6), and with b = h * 1e6 + l the inner one is
    a * h + floor(a * l / 1e6); the same holds for ceilings. That spares the estimate for most
    prices and sizes.
    """
    if a < 0 or b < 0 or a > 9_000_000_000_000:
        return False
    high: i64 = b // 1_000_000
    return (a <= _HALF and high <= _HALF) or high <= _LAST // (a + 1)


def _by_trillion(a: i64, b: i64) -> i64:
    if not _splits(a, b):
        return mul_div(a, b, 1_000_000_000_000)
    high: i64 = b // 1_000_000
    return (a * high + a * (b - high * 1_000_000) // 1_000_000) // 1_000_000


def _by_trillion_up(a: i64, b: i64) -> i64:
    if not _splits(a, b):
        return mul_div_up(a, b, 1_000_000_000_000)
    high: i64 = b // 1_000_000
    inner: i64 = a * high + (a * (b - high * 1_000_000) + 999_999) // 1_000_000
    return (inner + 999_999) // 1_000_000


def notional(size: i64, price: i64) -> i64:
    """Dollars (1e-6, rounded down) that ``size`` (1e-8 token) is worth at ``price`` (1e-10)."""
    return _by_trillion(size, price)


def notional_up(size: i64, price: i64) -> i64:
    """Dollars (1e-6, rounded up) that ``size`` (1e-8 token) is worth at ``price`` (1e-10)."""
    return _by_trillion_up(size, price)


def share(amount: i64, rate: i64) -> i64:
    """``amount * rate`` rounded down; ``rate`` in 1e-12, the result in the unit of ``amount``."""
    return _by_trillion(amount, rate)


def share_up(amount: i64, rate: i64) -> i64:
    """``amount * rate`` rounded up; ``rate`` in 1e-12, the result in the unit of ``amount``."""
    return _by_trillion_up(amount, rate)


def decay(elapsed: i64, time_constant: i64) -> i64:
    """exp(-elapsed / time_constant) in 1e-12, both arguments in ms.

    The result is within 1.01 units (1.01e-12) of the true value, one unit being what rounding
    down costs, and never rises with ``elapsed``.
    Nothing has decayed (1e12) when ``elapsed`` is not positive. ``time_constant`` must be.
    """
    if elapsed <= 0:
        return RATE
    if elapsed // 28 >= time_constant:  # exp(-28) is below one unit
        return 0
    exponent = mul_div(elapsed, _ONE, time_constant)
    halvings = exponent // _LN2
    rest = exponent - halvings * _LN2
    power: i64 = _ONE
    term: i64 = _TERMS
    while term > 0:
        power = _ONE - mul_div(rest, power, _ONE * term)
        term -= 1
    return (power >> halvings) // (_ONE // RATE)


_INTERPRETED: Final[bool] = hasattr(mul_div, "__code__")


def _check_integer(name: str, value: int, unit: str) -> None:
    if not isinstance(value, int):
        raise TypeError(f"{name} must be an integer ({unit}), not {value!r}")


def check_range(name: str, value: int, low: int, high: int, unit: str) -> None:
    """Refuse a ``value`` outside ``[low, high]``; the refusal names it and the bound it passed.

    Raises :class:`TypeError` on anything but an integer, as the compiled engine does by itself.
    """
    if _INTERPRETED:  # compiled, the question alone would cost an object
        _check_integer(name, value, unit)
    if value < low:
        raise OutOfRange(f"{name}-too-small", f"{name} {value} is below {low} ({unit})", value, low)
    if value > high:
        raise OutOfRange(
            f"{name}-too-large", f"{name} {value} is above {high} ({unit})", value, high
        )


def parameter(field: str, value: int, low: int, high: int, unit: str) -> i64:
    """The ``value`` of a parameter that must lie in ``[low, high]``.

    Raises :class:`BadParameters`, naming the field, the value and the bounds, outside them, and
    :class:`TypeError` on anything but an integer, as the compiled engine does by itself.
    """
    _check_integer(field, value, unit)
    if value < low or value > high:
        raise BadParameters(f"{field} {value}: must be between {low} and {high} ({unit})")
    return i64(value)

"""Prices of the virtual reserves.

Glossary
    Q, B     virtual quote (1e-6 dollar) and base (1e-8 token) reserves; no money stands behind them
    k        Q*B, never stored: every formula below divides one reserve by another
    P        Q/B, the spot price or mark (1e-10 dollar per token)
    s        size of a position;  N  sum of all sizes, the net position of all traders
    V(s)     what closing s yields (long) or costs (short) now, slippage included

Equations, exact before they are rounded, and always rounded for the pool
    buy  with q quote     b = floor(B*q / (Q + q))         open a long, or close a short by quote
    sell for  q quote     b = ceil (B*q / (Q - q))         open a short, or close a long by quote
    buy  b base           q = ceil (Q*b / (B - b))         close a short, or open a long by size
    sell b base           q = floor(Q*b / (B + b))         close a long, or open a short by size

The side that is given moves the reserves exactly, the other by the rounded amount, so that Q*B
never falls: it grows by dust. Source: perpetual-protocol/perpetual-protocol, src/Amm.sol, whose
getInputPrice and getOutputPrice round the same way at 1e-18.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.errors import LimitReached
from seawall.engine.fixed import (
    LIMIT,
    MAX_DOLLARS,
    MAX_PRICE,
    NOTIONAL_STEP,
    RATE,
    larger,
    mul_div,
    mul_div_up,
    smaller,
)

MAX_QUOTE: Final[i64] = 10_000_000_000_000_000
"""The largest quote reserve: 1e10 dollars."""

MAX_BASE: Final[i64] = 1_000_000_000_000_000_000
"""The largest base reserve: 1e10 tokens."""

NEVER: Final[i64] = -4_000_000_000_000_000_000
ALWAYS: Final[i64] = 4_000_000_000_000_000_000
"""Trigger keys of a position that no price, and that every price, makes liquidatable."""

_MAX_SPAN: Final[i64] = 4_000_000_000_000_000_000
_THIN: Final[i64] = 10  # below a 1024th of the reserve, s^2 counts for less than 1e-6 of k
_FINE: Final[i64] = 40  # bits to which the root of a key is taken
_SLACK: Final[i64] = 8  # micro-dollars: more than all roundings of one valuation together


def spot(quote: i64, base: i64) -> i64:
    """P = Q/B (1e-10), rounded down."""
    return mul_div(quote, NOTIONAL_STEP, base)


def bought_for(quote: i64, base: i64, paid: i64) -> i64:
    """Base (1e-8 token) that ``paid`` (1e-6 dollar) buys, rounded down."""
    return mul_div(base, paid, quote + paid)


def sold_for(quote: i64, base: i64, received: i64) -> i64:
    """Base (1e-8 token) that must be sold to receive ``received`` < Q, rounded up."""
    return mul_div_up(base, received, quote - received)


def cost_of(quote: i64, base: i64, bought: i64) -> i64:
    """Quote (1e-6 dollar) that buying ``bought`` < B costs, rounded up; MAX_DOLLARS at most.

    A short larger than the reserve cannot be closed at any price: it is worth MAX_DOLLARS.
    """
    left: i64 = base - bought
    if left <= base >> 8 and (left <= 0 or mul_div(quote, bought, MAX_DOLLARS) >= left):
        return MAX_DOLLARS
    return mul_div_up(quote, bought, left)


def proceeds_of(quote: i64, base: i64, sold: i64) -> i64:
    """Quote (1e-6 dollar) that selling ``sold`` yields, rounded down."""
    return mul_div(quote, sold, base + sold)


def closing_value(quote: i64, base: i64, size: i64) -> i64:
    """V(s) (1e-6 dollar): down for a long, up for a short."""
    if size >= 0:
        return proceeds_of(quote, base, size)
    return cost_of(quote, base, -size)


def unwound(quote: i64, base: i64, net: i64) -> i64:
    """V(N), signed: what the pool gives up (N > 0) or takes in (below zero) when all leave."""
    return proceeds_of(quote, base, net) if net >= 0 else -cost_of(quote, base, -net)


def result_of(size: i64, entry: i64, value: i64) -> i64:
    """Unrealised result (1e-6 dollar) of a position that closes for ``value``."""
    return value - entry if size >= 0 else entry - value


def _bits(number: i64) -> i64:
    count: i64 = 0
    step: i64 = 32
    while step > 0:
        if number >> step > 0:
            number >>= step
            count += step
        step >>= 1
    return count + number


def root(a: i64, b: i64) -> i64:
    """floor(sqrt(a * b)), exact, for ``a`` and ``b`` up to 2**62 whose root fits below 2**62."""
    if a <= 0 or b <= 0:
        return 0
    guess: i64 = (a >> 1) + (b >> 1) + 1  # the mean: never below the root, and near it if b is to a
    if a >> 2 > b or b >> 2 > a:
        half: i64 = (_bits(a) + _bits(b) + 1) >> 1
        guess = LIMIT >> (62 - smaller(half, 62))  # 2**half, without a shift of a small literal
    while True:
        better: i64 = (guess + mul_div(a, b, guess)) >> 1
        if better >= guess:
            return guess
        guess = better


def _root_below(a: i64, b: i64) -> i64:
    """sqrt(a * b), at most 2**-40 of it too low and never too high, for two numbers that are near.

    Exact where they are not. A trigger key needs no more, and there is one for every trade.
    """
    if a >> 2 > b or b >> 2 > a:
        return root(a, b)
    guess: i64 = (a >> 1) + (b >> 1) + 1
    while True:
        below: i64 = mul_div(a, b, guess)
        if guess - below <= guess >> _FINE:
            return below
        better: i64 = (guess + below) >> 1
        if better >= guess:
            return guess
        guess = better


def base_at(quote: i64, base: i64, price: i64) -> i64:
    """Base reserve (rounded down) at which the curve through (Q, B) has ``price`` (1e-10)."""
    per_token: i64 = larger(1, spot(quote, base))
    ratio: i64 = mul_div(per_token, RATE, price) if price > per_token >> 20 else LIMIT - 1
    return mul_div(base, root(ratio, RATE), RATE)


def size_to(quote: i64, base: i64, price: i64) -> i64:
    """Tokens (1e-8, a buy above zero) that carry the mark to ``price``, never past it."""
    per_token: i64 = spot(quote, base)
    if price == per_token:
        return 0
    target: i64 = base_at(quote, base, price)
    if price < per_token:
        return smaller(0, base - target)
    spare: i64 = 2 + (target >> 39) + base // quote  # the root's error, and a unit of quote
    return larger(0, base - target - spare)


def long_key(quote: i64, base: i64, size: i64, debt: i64, rate: i64) -> i64:
    """Mark (1e-10, rounded up) at and below which V*(1 - rate) < debt, for a long.

    ``debt`` is open notional - margin + funding owed (1e-6 dollar). B* solves
    B*(B* + s) = X*B with X = Q*s / V*, V* = debt / (1 - rate); the mark there is k / B*^2.
    Source: section "Margin" of ``docs/vamm.md``. ``NEVER`` where no mark does.
    """
    debt += _SLACK
    if debt <= 0:
        return NEVER
    least: i64 = mul_div_up(debt, RATE, RATE - rate)
    span: i64 = _MAX_SPAN
    if quote // least < _MAX_SPAN // size - 1 or mul_div(quote, size, _MAX_SPAN) < least:
        span = mul_div(quote, size, least)
    if size <= base >> _THIN:
        reserve: i64 = _root_below(span, base) - size // 2 - 2
    else:
        reserve = (_diagonal(span, base, size) - size) // 2 - 1
    return ALWAYS if reserve <= 0 else _mark_at(quote, base, reserve) + 1


def short_key(quote: i64, base: i64, size: i64, backing: i64, rate: i64) -> i64:
    """Minus the mark (1e-10, rounded down) at and above which V*(1 + rate) > backing.

    ``size`` without its sign, ``backing`` open notional + margin - funding owed. B* solves
    B*(B* - s) = X*B with X = Q*s / V*, V* = backing / (1 + rate). ``ALWAYS`` where every mark
    does.
    """
    most: i64 = mul_div(larger(0, backing - _SLACK), RATE, RATE + rate)
    if most <= 0:
        return ALWAYS
    if quote // most >= _MAX_SPAN // size - 1 and mul_div(quote, size, _MAX_SPAN) >= most:
        return ALWAYS
    span: i64 = mul_div_up(quote, size, most)
    if size <= base >> _THIN:
        reserve: i64 = _root_below(span, base) + (base >> _FINE - 3) + 1
        reserve += mul_div_up(size, size, 8 * reserve) + size // 2 + 2
    else:
        reserve = (_diagonal(span, base, size) + size) // 2 + 3
    return -larger(0, _mark_at(quote, base, reserve) - 1)


def _diagonal(span: i64, base: i64, size: i64) -> i64:
    """floor(sqrt(4*X*B + s^2)): its terms do not fit 64 bits, and large positions are rare."""
    wide_span: int = span
    wide_base: int = base
    wide_size: int = size
    return i64(isqrt(4 * wide_span * wide_base + wide_size * wide_size))


def isqrt(number: int) -> int:
    """floor(sqrt(number)) of an unbounded integer."""
    if number < 2:
        return number
    guess = 1 << ((number.bit_length() + 1) // 2)
    while True:
        better = (guess + number // guess) // 2
        if better >= guess:
            return guess
        guess = better


def _mark_at(quote: i64, base: i64, reserve: i64) -> i64:
    """Mark (1e-10) with that base reserve at the same k, held at MAX_PRICE."""
    if reserve < base >> 6 and mul_div(quote, base, MAX_DOLLARS) >= reserve:
        return MAX_PRICE
    opposite: i64 = mul_div(quote, base, reserve)
    if opposite // 100_000 >= reserve:
        return MAX_PRICE
    return smaller(MAX_PRICE, mul_div(opposite, NOTIONAL_STEP, reserve))


def check_opening(quote: i64, price: i64) -> None:
    """Refuse an opening price (1e-10) at which the base reserve has no room left to grow.

    It may be a quarter of the largest, so that the mark can fall to a sixteenth before it is
    there (``reserve-bound``).
    """
    least: i64 = mul_div_up(quote, NOTIONAL_STEP, MAX_BASE >> 2)
    if price < least:
        raise LimitReached(
            "reserve-bound",
            f"a price of {price} is below {least} (1e-10), the least at which a quote reserve of "
            f"{quote} (1e-6 dollar) leaves the base reserve room: list the token by the thousand, "
            "or with a smaller reserve",
            price,
            least,
        )


def check_reserves(quote: i64, base: i64) -> None:
    """Refuse a trade that would carry a reserve out of its bounds (``reserve-bound``)."""
    if quote > MAX_QUOTE or quote < 1:
        raise LimitReached(
            "reserve-bound",
            f"the quote reserve would be {quote}, outside 1 to {MAX_QUOTE} (1e-6 dollar)",
            quote,
            MAX_QUOTE,
        )
    if base > MAX_BASE or base < 1:
        raise LimitReached(
            "reserve-bound",
            f"the base reserve would be {base}, outside 1 to {MAX_BASE} (1e-8 token)",
            base,
            MAX_BASE,
        )
    if base < quote // 100_000:
        raise LimitReached(
            "reserve-bound",
            f"the price of {quote} over {base} would be above 1e7 dollars per token",
            quote // 100_000,
            base,
        )

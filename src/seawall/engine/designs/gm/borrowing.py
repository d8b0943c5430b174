"""Borrowing fees: what a side pays the pool for the tokens that are kept for its profits.

By the kink rule, with w = reserved / (pool * open-interest reserve factor)::

    rate = w * base + max(above - base, 0) * (w - o) / (1 - o)    the second part only above o

by the exponent rule rate = factor * reserved**exponent / pool. Source: gmx-io/gmx-synthetics,
contracts/market/MarketUtils.sol. An index is rounded up, so is a fee.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.gm.pool import Pool
from seawall.engine.designs.gm.power import power
from seawall.engine.designs.gm.tokens import LONG, SHORT, Prices, wide
from seawall.engine.fixed import NO_BOUND, RATE, mul_div_up, share

_NARROW: Final = 4 * 10**18  # below it an index times a size needs no wide number
_FINE_STEP: Final[i64] = 1_000_000_000_000_000_000
_FINE: Final = 10**18
_PER_RATE: Final = 10**6
_PER_STEP: Final = 10**12
_PER_INDEX: Final = 10**9  # from 1e-24 a second and milliseconds to 1e-18


def reserved(pool: Pool, prices: Prices, long: bool, usd: i64 = 0, tokens: i64 = 0) -> i64:
    """Dollars (1e-6) kept for a side's profits, with ``usd`` and ``tokens`` more of it.

    The tokens of the longs at the highest index price, rounded up; what the shorts were opened at.
    """
    if long:
        return pool.index.usd_up(pool.interest_in_tokens(True) + tokens, prices.index_max)
    return pool.interest(False) + usd


def backing(pool: Pool, prices: Prices, long: bool, taken: i64 = 0) -> i64:
    """Dollars (1e-6) of the token that backs a side, less ``taken`` units, at its lowest price."""
    token: i64 = LONG if long else SHORT
    held: i64 = pool.amount(token) - taken
    return pool.token(token).usd(held, prices.token(token, False))


def rate(pool: Pool, prices: Prices, long: bool) -> int:
    """Borrowing rate of a side now, 1e-24 per second.

    0 where nothing is reserved, for the smaller side where it is spared, and where the pool has
    none of the token: the protocol refuses everything then, here its index stands still.
    """
    side = pool.params.side(long)
    kept: i64 = reserved(pool, prices, long)
    if kept == 0:
        return 0
    mid: i64 = prices.index_mid()
    if pool.params.skip_smaller_side and pool.balance(long, mid) < pool.balance(not long, mid):
        return 0
    held: i64 = backing(pool, prices, long)
    if side.optimal_usage > 0:
        return _kinked(
            kept,
            share(held, side.interest_reserve),
            side.optimal_usage,
            side.base_borrowing,
            side.above_borrowing,
        )
    if held == 0:
        return 0
    usage: int = power(kept, side.borrowing_exponent) * _PER_RATE // wide(held)
    return usage * wide(side.borrowing_factor) // _PER_STEP


def _kinked(kept: i64, room: i64, optimal: i64, base: i64, above: i64) -> int:
    if room <= 0:
        return 0
    usage: int = wide(kept) * _FINE // wide(room)
    found: int = usage * wide(base) // _PER_STEP
    kink: int = wide(optimal) * _PER_RATE
    if usage > kink and optimal < RATE and above > base:
        found += wide(above - base) * (usage - kink) * _PER_RATE // (_FINE - kink)
    return found


def _within(found: int) -> i64:
    bound: int = NO_BOUND
    return i64(found if found < bound else bound)


def accrue(pool: Pool, prices: Prices, elapsed: i64) -> None:
    """Let both borrowing indices grow for ``elapsed`` ms at the rates of this moment."""
    pool.cumulative_long += _growth(rate(pool, prices, True), elapsed)
    pool.cumulative_short += _growth(rate(pool, prices, False), elapsed)


def _growth(per_second: int, elapsed: i64) -> int:
    return -(-per_second * wide(elapsed) // _PER_INDEX)


def fee_usd(pool: Pool, long: bool, size: i64, entry: int) -> i64:
    """Borrowing fee (1e-6, rounded up) of a position of ``size`` that last paid at ``entry``."""
    grown: int = pool.cumulative(long) - entry
    if grown == 0:
        return 0
    if grown < _NARROW:
        return mul_div_up(size, i64(grown), _FINE_STEP)
    return _within(-(-wide(size) * grown // _FINE))


def pending(pool: Pool, long: bool) -> i64:
    """Borrowing fees (1e-6, rounded down) that a side has run up and not paid."""
    borrowed: int = pool.borrowed_long if long else pool.borrowed_short
    return _within(wide(pool.interest(long)) * pool.cumulative(long) // _FINE - borrowed)

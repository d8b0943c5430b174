"""Price impact: what a trade that unbalances the market is charged, and one that balances it paid.

With D the distance between the two sides (or the two tokens) and g(D) = factor * D**exponent, a
trade that takes D from D0 to D1 on the same side is worth g(D0) - g(D1), with the positive factors
where D shrinks and the negative ones where it grows. A trade that crosses over is paid g(D0) by the
positive factors and charged g(D1) by the negative ones. g(D0) is rounded down and g(D1) up.

Source: gmx-io/gmx-synthetics, contracts/pricing/PositionPricingUtils.sol, SwapPricingUtils.sol and
PricingUtils.sol.
"""

from mypy_extensions import i64

from seawall.engine.designs.gm.pool import Pool
from seawall.engine.designs.gm.power import scaled
from seawall.engine.designs.gm.tokens import LONG, SHORT, Prices
from seawall.engine.errors import LimitReached
from seawall.engine.fixed import clamp, larger, magnitude, share, smaller


class Impact:
    """``usd`` (1e-6) is what a trade is paid, below zero what it is charged.

    ``improved`` tells whether the balance is better afterwards. That is not the sign of ``usd``: a
    trade that crosses over may improve the balance and be charged.
    """

    def __init__(self, usd: i64, improved: bool) -> None:
        self.usd: i64 = usd
        self.improved: bool = improved


def _impact(
    one: i64,
    other: i64,
    next_one: i64,
    next_other: i64,
    positive: i64,
    rising: i64,
    negative: i64,
    falling: i64,
) -> Impact:
    """Impact of moving two sides (1e-6 dollar) from the first pair to the second.

    ``positive`` and ``negative`` are factors (1e-18), ``rising`` and ``falling`` their exponents.
    """
    before: i64 = magnitude(one - other)
    after: i64 = magnitude(next_one - next_other)
    if (one <= other) != (next_one <= next_other):
        gain: i64 = scaled(before, positive, rising, False)
        return Impact(gain - scaled(after, negative, falling, True), after < before)
    if after < before:
        gain = scaled(before, positive, rising, False)
        return Impact(larger(0, gain - scaled(after, positive, rising, True)), True)
    if after == before:
        return Impact(0, False)
    gain = scaled(before, negative, falling, False)
    return Impact(gain - scaled(after, negative, falling, True), False)


# positions


def position_impact(pool: Pool, prices: Prices, long: bool, usd: i64, tokens: i64) -> Impact:
    """Impact of adding ``usd`` (1e-6) and ``tokens`` (1e-8), both signed, to a side."""
    mid: i64 = prices.index_mid()
    by_tokens: bool = pool.params.balance_in_tokens
    change: i64 = _signed_usd(pool, tokens, mid) if by_tokens else usd
    found: Impact = _of_sides(pool, pool.balance(True, mid), pool.balance(False, mid), long, change)
    shared = pool.virtual_positions
    if shared is None or found.usd >= 0:
        return found
    skew: i64 = _signed_usd(pool, shared.skew_tokens(), mid) if by_tokens else shared.skew_usd()
    added: i64 = larger(0, -change)
    longs: i64 = larger(0, -skew) + added
    shorts: i64 = larger(0, skew) + added
    virtual: Impact = _of_sides(pool, longs, shorts, long, change)
    return virtual if virtual.usd < found.usd else found


def _signed_usd(pool: Pool, tokens: i64, price: i64) -> i64:
    if tokens < 0:
        return -pool.index.usd(-tokens, price)
    return pool.index.usd(tokens, price)


def _of_sides(pool: Pool, longs: i64, shorts: i64, long: bool, change: i64) -> Impact:
    impact = pool.params.impact
    return _impact(
        longs,
        shorts,
        larger(0, longs + change) if long else longs,
        shorts if long else larger(0, shorts + change),
        impact.positive,
        impact.exponent_positive,
        impact.negative,
        impact.exponent_negative,
    )


def cap_by_max(pool: Pool, usd: i64, size: i64) -> i64:
    """Impact of a trade of ``size`` (1e-6) with what is paid held to its largest part."""
    return smaller(usd, share(size, pool.params.impact.max_positive))


def lowest(pool: Pool, size: i64) -> i64:
    """The most that a close of ``size`` is charged at once, as a number below zero (1e-6)."""
    return -share(size, pool.params.impact.max_negative)


def cap_by_pool(pool: Pool, prices: Prices, usd: i64) -> i64:
    """Positive impact held to what the impact pool has and may borrow of the pool (1e-6)."""
    if usd <= 0:
        return usd
    held: i64 = pool.index.usd(pool.impact_pool, prices.index_min)
    if usd <= held:
        return usd
    return smaller(usd, held + lendable(pool, prices))


def lendable(pool: Pool, prices: Prices) -> i64:
    """What the pool would still lend to the impact pool, 1e-6 dollar."""
    impact = pool.params.impact
    if impact.max_lendable == 0:
        return 0
    most: i64 = share(pool.both_usd(prices, False), impact.max_lendable)
    lent: i64 = pool.index.usd_up(pool.lent, prices.index_max)
    return larger(0, smaller(most, impact.max_lendable_usd) - lent)


def impact_tokens(pool: Pool, prices: Prices, usd: i64) -> i64:
    """Index tokens (1e-8) that impact at an opening is remembered as: never in one's favour."""
    if usd > 0:
        return pool.index.units(usd, prices.index_max)
    return -pool.index.units_up(-usd, prices.index_min)


def impact_usd(pool: Pool, prices: Prices, tokens: i64) -> i64:
    """What remembered index tokens are worth now (1e-6): never in one's favour."""
    if tokens > 0:
        return pool.index.usd(tokens, prices.index_min)
    return -pool.index.usd_up(-tokens, prices.index_max)


# the two tokens


def swap_impact(
    pool: Pool, prices: Prices, long_usd: i64, short_usd: i64, shared: bool = True
) -> Impact:
    """Impact of adding dollars (1e-6, signed) of the long and the short token to the pool.

    ``shared`` is off where the shared inventory is to be left out, as at a shift's deposit.
    Raises :class:`LimitReached` (``beyond-pool``) when more is taken than there is.
    """
    long_mid: i64 = prices.token_mid(LONG)
    short_mid: i64 = prices.token_mid(SHORT)
    found: Impact = _of_tokens(
        pool, pool.pool_usd(LONG, long_mid), pool.pool_usd(SHORT, short_mid), long_usd, short_usd
    )
    inventory = pool.virtual_swaps
    if inventory is None or not shared or found.usd >= 0:
        return found
    virtual: Impact = _of_tokens(
        pool,
        pool.long.usd(inventory.amount(LONG), long_mid),
        pool.short.usd(inventory.amount(SHORT), short_mid),
        long_usd,
        short_usd,
    )
    return virtual if virtual.usd < found.usd else found


def _of_tokens(pool: Pool, long: i64, short: i64, long_usd: i64, short_usd: i64) -> Impact:
    _check_there(long, long_usd)
    _check_there(short, short_usd)
    swap = pool.params.swap
    return _impact(
        long,
        short,
        long + long_usd,
        short + short_usd,
        swap.positive,
        swap.exponent,
        swap.negative,
        swap.exponent,
    )


def _check_there(held: i64, change: i64) -> None:
    if -change > held:
        raise LimitReached(
            "beyond-pool",
            f"{-change} is above {held}, what the pool has of the token (1e-6 dollar)",
            -change,
            held,
        )


def liquidation_impact(pool: Pool, usd: i64, size: i64) -> i64:
    """Impact as the liquidation test counts it: never a gain, and held to its own bound."""
    return clamp(usd, -share(size, pool.params.impact.max_liquidation), 0)

"""What the pool is worth, what one GM token costs, and how far winners may draw on it.

V = both tokens at one of their prices + pending borrowing fees less the treasury's part - the
results of both sides, each held to its cap - the position impact pool + what it was lent. The
results and the impact pool are taken at the opposite price. Losses of traders count in full even
where their collateral is smaller; impact not yet settled, capped impact to be claimed, swap impact
pools, collateral and funding do not count. Source: gmx-io/gmx-synthetics,
contracts/market/MarketUtils.sol (getPoolValueInfo, getMarketTokenPrice, getPnlToPoolFactor).
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.gm import borrowing
from seawall.engine.designs.gm.params import SideParams
from seawall.engine.designs.gm.pool import Pool
from seawall.engine.designs.gm.tokens import LONG, SHORT, Prices, Token
from seawall.engine.errors import LimitReached
from seawall.engine.fixed import PRICE, RATE, mul_div, share, smaller

TRADERS: Final[i64] = 0
DEPOSITS: Final[i64] = 1
WITHDRAWALS: Final[i64] = 2
ADL: Final[i64] = 3


class PoolValue:
    """The parts of a pool's value, 1e-6 dollar; ``total`` may be below zero.

    ``long_result`` and ``short_result`` are the capped results of traders, which are taken off.
    """

    def __init__(
        self,
        long_usd: i64,
        short_usd: i64,
        borrowing_fees: i64,
        long_result: i64,
        short_result: i64,
        impact: i64,
        lent: i64,
    ) -> None:
        self.long_usd: i64 = long_usd
        self.short_usd: i64 = short_usd
        self.borrowing_fees: i64 = borrowing_fees
        self.long_result: i64 = long_result
        self.short_result: i64 = short_result
        self.impact: i64 = impact
        self.lent: i64 = lent
        self.total: i64 = (
            long_usd + short_usd + borrowing_fees - long_result - short_result - impact + lent
        )


def pnl_cap(side: SideParams, kind: i64) -> i64:
    """The cap on a side's profit, 1e-12 of its token in the pool, for one purpose."""
    if kind == TRADERS:
        return side.pnl_traders
    if kind == DEPOSITS:
        return side.pnl_deposits
    if kind == WITHDRAWALS:
        return side.pnl_withdrawals
    return side.pnl_adl


def pool_value(
    pool: Pool,
    prices: Prices,
    kind: i64,
    maximise: bool,
    more_long: i64 = 0,
    more_short: i64 = 0,
) -> PoolValue:
    """The value by the caps of ``kind`` (deposits, withdrawals), highest or lowest.

    ``more_long`` and ``more_short`` are tokens that count as if they lay in the pool already.
    """
    long_usd: i64 = _token_usd(pool, prices, LONG, maximise, more_long, more_short)
    short_usd: i64 = _token_usd(pool, prices, SHORT, maximise, more_long, more_short)
    fees: i64 = borrowing.pending(pool, True) + borrowing.pending(pool, False)
    params = pool.params
    impact: i64 = prices.index(not maximise)
    return PoolValue(
        long_usd,
        short_usd,
        share(fees, RATE - params.borrowing_receiver),
        _capped(pool, prices, True, kind, maximise, long_usd),
        _capped(pool, prices, False, kind, maximise, short_usd),
        _index_usd(pool, pool.impact_pool, impact, not maximise),
        _index_usd(pool, pool.lent, prices.index(maximise), maximise),
    )


def _token_usd(
    pool: Pool, prices: Prices, token: i64, maximise: bool, more_long: i64, more_short: i64
) -> i64:
    amount: i64 = pool.amount_after(token, more_long, more_short)
    price: i64 = prices.token(token, maximise)
    held: Token = pool.token(token)
    return held.usd_up(amount, price) if maximise else held.usd(amount, price)


def _index_usd(pool: Pool, tokens: i64, price: i64, up: bool) -> i64:
    return pool.index.usd_up(tokens, price) if up else pool.index.usd(tokens, price)


def _capped(
    pool: Pool, prices: Prices, long: bool, kind: i64, maximise: bool, side_usd: i64
) -> i64:
    result: i64 = pool.result(long, prices.for_result(long, not maximise), not maximise)
    if result <= 0:
        return result
    return smaller(result, share(side_usd, pnl_cap(pool.params.side(long), kind)))


def gm_price(pool: Pool, prices: Prices, kind: i64, maximise: bool) -> i64:
    """Price (1e-10 dollar) of one GM token; 1 dollar before the first."""
    supply: i64 = pool.shares.total_supply()
    if supply == 0:
        return PRICE
    return mul_div(pool_value(pool, prices, kind, maximise).total, PRICE, supply)


def pnl_factor(pool: Pool, prices: Prices, long: bool, taken: i64 = 0) -> i64:
    """A side's result at its highest over its token in the pool at the lowest, 1e-12, signed.

    ``taken`` units of the token count as gone. 0 where the pool has none of it.
    """
    token: i64 = LONG if long else SHORT
    held: i64 = pool.token(token).usd(pool.amount(token) - taken, prices.token(token, False))
    if held <= 0:
        return 0
    return _toward_zero(pool.result(long, prices.for_result(long, True)), held)


def _toward_zero(result: i64, held: i64) -> i64:
    if result < 0:
        return -mul_div(-result, RATE, held)
    return mul_div(result, RATE, held)


def exceeded(pool: Pool, prices: Prices, long: bool, kind: i64, taken: i64 = 0) -> bool:
    """Whether a side's profit is above its cap for one purpose; at the cap it is not."""
    factor: i64 = pnl_factor(pool, prices, long, taken)
    return factor > 0 and factor > pnl_cap(pool.params.side(long), kind)


def check_pnl(pool: Pool, prices: Prices, long: bool, kind: i64, taken: i64 = 0) -> None:
    """Refuse while a side's profit is above its cap; raises :class:`LimitReached`."""
    if exceeded(pool, prices, long, kind, taken):
        factor: i64 = pnl_factor(pool, prices, long, taken)
        most: i64 = pnl_cap(pool.params.side(long), kind)
        raise LimitReached(
            "beyond-pnl-cap",
            f"the profit of {'longs' if long else 'shorts'} over their token in the pool, "
            f"{factor}, is above {most} (1e-12)",
            factor,
            most,
        )


def capped_result(pool: Pool, prices: Prices, long: bool, result: i64) -> i64:
    """What a position's ``result`` (1e-6) is paid as: cut where all winners together pass the cap.

    Losses and everything below the cap are left as they are.
    """
    if result <= 0:
        return result
    total: i64 = pool.result(long, prices.for_result(long, True))
    if total <= 0:
        return result
    token: i64 = LONG if long else SHORT
    held: i64 = pool.pool_usd(token, prices.token(token, False))
    most: i64 = share(held, pool.params.side(long).pnl_traders)
    if total <= most:
        return result
    return mul_div(result, most, total)

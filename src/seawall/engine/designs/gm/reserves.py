"""What the pool must keep, and the caps on what may stand against it: independent checks.

Longs are backed by long tokens at the index's highest price, shorts by short tokens for what they
were opened at. Opening is tested against the open-interest reserve factor, which is a little below
the reserve factor that exits and swaps are tested against, so that liquidity providers can still
leave. Source: gmx-io/gmx-synthetics, contracts/market/MarketUtils.sol (validateReserve,
validateOpenInterestReserve, validateOpenInterest).
"""

from mypy_extensions import i64

from seawall.engine.designs.gm.borrowing import backing, reserved
from seawall.engine.designs.gm.pool import Pool
from seawall.engine.designs.gm.tokens import LONG, Prices
from seawall.engine.errors import LimitReached
from seawall.engine.fixed import RATE, larger, mul_div, share, smaller


def _name(long: bool) -> str:
    return "longs" if long else "shorts"


def check_reserve(
    pool: Pool, prices: Prices, long: bool, usd: i64 = 0, tokens: i64 = 0, taken: i64 = 0
) -> None:
    """Refuse more of a side (``usd``, ``tokens``), or less of its token (``taken``).

    Raises :class:`LimitReached` (``beyond-reserve``).
    """
    kept: i64 = reserved(pool, prices, long, usd, tokens)
    most: i64 = share(larger(0, backing(pool, prices, long, taken)), pool.params.side(long).reserve)
    if kept > most:
        raise LimitReached(
            "beyond-reserve",
            f"{kept} reserved for {_name(long)} would be above {most} (1e-6 dollar)",
            kept,
            most,
        )


def check_interest_reserve(
    pool: Pool, prices: Prices, long: bool, usd: i64 = 0, tokens: i64 = 0
) -> None:
    """Refuse a side more open interest than its token backs, with what LPs need to leave.

    Raises :class:`LimitReached` (``beyond-interest-reserve``).
    """
    kept: i64 = reserved(pool, prices, long, usd, tokens)
    most: i64 = share(backing(pool, prices, long), pool.params.side(long).interest_reserve)
    if kept > most:
        raise LimitReached(
            "beyond-interest-reserve",
            f"{kept} reserved for {_name(long)} would be above {most}, what may be opened "
            "against (1e-6 dollar)",
            kept,
            most,
        )


def check_opening(pool: Pool, prices: Prices, long: bool, usd: i64, tokens: i64) -> None:
    """:func:`check_reserve` and :func:`check_interest_reserve`; worked out once where both hold."""
    side = pool.params.side(long)
    kept: i64 = reserved(pool, prices, long, usd, tokens)
    least: i64 = smaller(side.reserve, side.interest_reserve)
    if kept > share(backing(pool, prices, long), least):
        check_reserve(pool, prices, long, usd, tokens)
        check_interest_reserve(pool, prices, long, usd, tokens)


def check_interest(pool: Pool, long: bool, usd: i64) -> None:
    """Refuse ``usd`` (1e-6) more open interest beyond the cap of the side.

    Raises :class:`LimitReached` (``beyond-interest-cap``).
    """
    total: i64 = pool.interest(long) + usd
    most: i64 = pool.params.side(long).max_interest
    if total > most:
        raise LimitReached(
            "beyond-interest-cap",
            f"open interest {total} of {_name(long)} would be above {most} (1e-6 dollar)",
            total,
            most,
        )


def check_collateral_sum(pool: Pool, long: bool, token: i64, change: i64) -> None:
    """Refuse more collateral of a side in one token than the cap.

    Raises :class:`LimitReached` (``beyond-collateral-sum``).
    """
    total: i64 = pool.book(long, token).collateral + change
    most: i64 = pool.params.max_collateral_sum
    if change > 0 and total > most:
        raise LimitReached(
            "beyond-collateral-sum",
            f"collateral {total} of {_name(long)} in {pool.token(token).name} would be above "
            f"{most} (its unit)",
            total,
            most,
        )


def check_pool_amount(pool: Pool, token: i64, amount: i64) -> None:
    """Refuse a pool of ``amount`` long or short tokens beyond the cap.

    Raises :class:`LimitReached` (``beyond-pool-cap``).
    """
    params = pool.params
    most: i64 = params.max_pool_long if token == LONG else params.max_pool_short
    if amount > most:
        raise LimitReached(
            "beyond-pool-cap",
            f"{amount} {pool.token(token).name} in the pool would be above {most} (its unit)",
            amount,
            most,
        )


def check_deposit_usd(pool: Pool, prices: Prices, token: i64, amount: i64) -> None:
    """Refuse a deposit that leaves ``amount`` of a token in the pool beyond its dollar cap.

    Raises :class:`LimitReached` (``beyond-deposit-cap``).
    """
    params = pool.params
    held: i64 = pool.token(token).usd_up(amount, prices.token(token, True))
    most: i64 = params.max_deposit_long if token == LONG else params.max_deposit_short
    if held > most:
        raise LimitReached(
            "beyond-deposit-cap",
            f"{pool.token(token).name} worth {held} in the pool would be above {most}, what may "
            "be deposited to (1e-6 dollar)",
            held,
            most,
        )


def check_lent(pool: Pool, prices: Prices, remaining: i64) -> None:
    """Refuse an exit that leaves ``remaining`` dollars (1e-6) against too much lent impact.

    Raises :class:`LimitReached` (``beyond-lent``).
    """
    lent: i64 = pool.index.usd_up(pool.lent, prices.index_max)
    most: i64 = share(remaining, pool.params.impact.lent_at_withdrawal)
    if lent > most:
        raise LimitReached(
            "beyond-lent",
            f"impact lent {lent} is above {most}, what an exit may leave behind (1e-6 dollar)",
            lent,
            most,
        )


def usage(pool: Pool, prices: Prices, long: bool) -> i64:
    """Part (1e-12, rounded down) of what may be opened against a side's token that is reserved."""
    room: i64 = share(backing(pool, prices, long), pool.params.side(long).interest_reserve)
    if room == 0:
        return 0
    return mul_div(reserved(pool, prices, long), RATE, room)


def collateral_factor(pool: Pool, long: bool, usd: i64) -> i64:
    """Least collateral over size (1e-12) with ``usd`` more open interest on the side.

    It grows with the side's open interest: the highest leverage falls.
    """
    multiplier: i64 = pool.params.side(long).collateral_multiplier
    grown: i64 = mul_div(larger(0, pool.interest(long) + usd), multiplier, RATE)
    return larger(pool.params.min_collateral, grown)

"""A pool from a recorded state: its counters as they were, for positions that are not recorded."""

from mypy_extensions import i64

from seawall.engine.designs.glp.pool import PoolToken
from seawall.engine.fixed import MAX_DOLLARS, MAX_PRICE, check_range
from seawall.engine.pot import Pot


class TokenState:
    """What a chain reports of one token: token units, dollars in 1e-6, prices in 1e-10.

    ``average`` is the average price of all shorts, by whichever book the state keeps. Raises
    :class:`OutOfRange` for a number that cannot be, or more reserved than there is.
    """

    def __init__(
        self,
        name: str,
        pool: int,
        *,
        reserved: int = 0,
        debt: int = 0,
        guaranteed: int = 0,
        short_size: int = 0,
        average: int = 0,
    ) -> None:
        most = int(MAX_DOLLARS)
        check_range("pool", pool, 0, most, "token units")
        check_range("reserved", reserved, 0, pool, "token units")
        check_range("debt", debt, 0, most, "1e-6 dollar")
        check_range("guaranteed", guaranteed, 0, most, "1e-6 dollar")
        check_range("short-size", short_size, 0, most, "1e-6 dollar")
        least = 1 if short_size > 0 else 0
        check_range("average", average, least, int(MAX_PRICE), "1e-10 dollar per token")
        self.name = name
        self.pool: i64 = pool
        self.reserved: i64 = reserved
        self.debt: i64 = debt
        self.guaranteed: i64 = guaranteed
        self.short_size: i64 = short_size
        self.average: i64 = average


def load(token: PoolToken, state: TokenState, payer: Pot) -> None:
    """Fill an empty token of the pool; what stands for positions counts as theirs for good."""
    payer.pay(token.pool, state.pool)
    token.debt = state.debt
    token.reserved += state.reserved
    token.legacy_reserved += state.reserved
    token.guaranteed += state.guaranteed
    token.legacy_guaranteed += state.guaranteed
    if state.short_size > 0:
        token.short_size = state.short_size
        token.legacy_short = state.short_size
        token.short_average = state.average
        token.tracked_average = state.average

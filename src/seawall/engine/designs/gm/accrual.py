"""What grows with time, in the protocol's order: impact pool handed out, funding, borrowing.

Source: gmx-io/gmx-synthetics, contracts/order/ExecuteOrderUtils.sol (the order) and
contracts/market/MarketUtils.sol (the distribution).
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.gm import borrowing, funding
from seawall.engine.designs.gm.pool import Pool
from seawall.engine.designs.gm.tokens import Prices, wide
from seawall.engine.fixed import larger

_STEPS: Final = 10**21
"""1e-18 index unit per second, times milliseconds: this many make one index unit."""


def accrue(pool: Pool, prices: Prices, now: i64) -> None:
    """Bring the pool to ``now`` (ms) at ``prices``; nothing grows before the first time."""
    elapsed: i64 = 0 if pool.accrued_at < 0 else now - pool.accrued_at
    pool.accrued_at = now
    if elapsed <= 0:
        return
    pool.impact_pool -= _distributed(pool, elapsed)
    funding.accrue(pool, prices, elapsed)
    borrowing.accrue(pool, prices, elapsed)


def _distributed(pool: Pool, elapsed: i64) -> i64:
    """Index tokens that the impact pool hands to the liquidity providers in ``elapsed`` ms.

    They stay where they are, in the pool: what falls is what is taken off its value.
    """
    params = pool.params
    if params.distribution_rate == 0:
        return 0
    earned: int = pool.undistributed + wide(params.distribution_rate) * wide(elapsed)
    pool.undistributed = earned % _STEPS
    room: int = wide(larger(0, pool.impact_pool - params.impact_floor))
    due: int = earned // _STEPS
    return i64(due if due < room else room)

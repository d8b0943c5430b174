"""When a position is liquidated, and whether its collateral is enough to open or to withdraw.

Equations, in dollars
    remaining = C*p + PI + impact - fees of closing S
    impact    that of closing S, positive part capped, with what waits from opening; never a gain,
              and at most ``max_liquidation`` of S
    safe      remaining > 0, remaining >= least collateral in dollars, remaining >= S * factor

The fees are those of a full close: position, borrowing and funding fee, not the liquidation fee
itself, which may therefore stay unpaid. The opening requirement looks at the collateral alone: C*p
plus what was just lost, against S times the greater of the opening factor and a factor that grows
with the side's open interest, so that large sides get less leverage. Source: gmx-io/gmx-synthetics,
contracts/position/PositionUtils.sol.
"""

from mypy_extensions import i64

from seawall.engine.designs.gm.desk import Desk
from seawall.engine.designs.gm.impact import cap_by_max, liquidation_impact
from seawall.engine.designs.gm.position import Holding
from seawall.engine.designs.gm.reserves import collateral_factor
from seawall.engine.errors import LimitReached, NotEnough
from seawall.engine.fixed import RATE, larger, magnitude, share_up, smaller


class Health:
    """What the liquidation test sees of a position; dollars in 1e-6."""

    def __init__(self) -> None:
        self.collateral: i64 = 0
        self.result: i64 = 0
        self.impact: i64 = 0
        self.fees: i64 = 0
        self.remaining: i64 = 0
        self.needed: i64 = 0

    def is_safe(self) -> bool:
        """Whether what remains is enough; exactly enough is."""
        return self.remaining > 0 and self.remaining >= self.needed


def health_of(desk: Desk, position: Holding, factor: i64, least: i64) -> Health:
    """The test against ``factor`` (1e-12) and ``least`` dollars, at the desk's prices."""
    health = Health()
    params = desk.params
    size: i64 = position.entry
    is_long: bool = position.size > 0
    improved: bool = False
    if params.impact.max_liquidation > 0 or _needs_impact(desk):
        closing = desk.impact_of(is_long, -size, -position.quantity())
        usd: i64 = cap_by_max(desk.pool, closing.usd, size)
        usd += desk.pending_usd(position.pending)
        health.impact = liquidation_impact(desk.pool, usd, size)
        improved = closing.usd > 0 if params.fee_by_impact else closing.improved
    elif params.fee_improved != params.fee_worsened:
        improved = _improves(desk, is_long, size, position.quantity())
    fees = desk.charges_of(position, size, improved, False, -1)
    kind: i64 = desk.kind(position)
    health.collateral = desk.collateral_usd(position)
    health.result = desk.whole_result(position)
    health.fees = desk.pool.token(kind).usd_up(fees.total, desk.collateral_price(kind))
    health.remaining = health.collateral + health.result + health.impact - health.fees
    health.needed = larger(share_up(size, factor), least)
    return health


def _needs_impact(desk: Desk) -> bool:
    """Whether the tier of the closing fee cannot be told without working the impact out."""
    return desk.params.fee_by_impact or desk.pool.virtual_positions is not None


def _improves(desk: Desk, is_long: bool, size: i64, quantity: i64) -> bool:
    """Whether closing brings the two sides nearer to each other."""
    pool = desk.pool
    mid: i64 = desk.prices.index_mid()
    gap: i64 = pool.balance(True, mid) - pool.balance(False, mid)
    closed: i64 = pool.index.usd(quantity, mid) if desk.params.balance_in_tokens else size
    return magnitude(gap - closed if is_long else gap + closed) < magnitude(gap)


def is_liquidatable(desk: Desk, position: Holding) -> bool:
    """Whether the keeper may liquidate the position."""
    factor: i64 = desk.params.liquidation_factor(position.entry)
    return not health_of(desk, position, factor, desk.params.min_collateral_usd).is_safe()


def requirement(desk: Desk, is_long: bool, size: i64, change: i64) -> i64:
    """Dollars (1e-6, rounded up) of collateral that ``size`` opens on, with ``change`` more open
    interest on its side.
    """
    factor: i64 = larger(
        desk.params.opening_factor(size), collateral_factor(desk.pool, is_long, change)
    )
    return share_up(size, smaller(RATE, factor))


def check_sufficient(
    desk: Desk, is_long: bool, collateral: i64, lost: i64, size: i64, change: i64
) -> None:
    """Refuse collateral (dollars) that is too small for a position of ``size``.

    ``lost`` is what was just realised, at most 0, ``change`` what the order adds to the side's open
    interest. Raises :class:`LimitReached` (``max-leverage``).
    """
    needed: i64 = requirement(desk, is_long, size, change)
    if collateral + lost < needed:
        raise LimitReached(
            "max-leverage",
            f"collateral of {collateral + lost} is below {needed}, what a position of {size} "
            "needs (1e-6 dollar)",
            collateral + lost,
            needed,
        )


def check_valid(desk: Desk, position: Holding, only_collateral: bool, sizes: bool) -> None:
    """Refuse a position that could be liquidated at once.

    A mere deposit of collateral is tested against the liquidation factor, anything else against
    that of opening. ``sizes`` asks for the least size and collateral too. Raises
    :class:`LimitReached` (``position-too-small``), :class:`NotEnough` (``liquidatable``).
    """
    params = desk.params
    size: i64 = position.entry
    if sizes and size < params.min_position_usd:
        raise LimitReached(
            "position-too-small",
            f"a position of {size} is below {params.min_position_usd} (1e-6 dollar)",
            size,
            params.min_position_usd,
        )
    factor: i64 = (
        params.liquidation_factor(size) if only_collateral else params.opening_factor(size)
    )
    least: i64 = 0
    if sizes:
        least = params.min_collateral_usd
    health = health_of(desk, position, factor, least)
    if not health.is_safe():
        raise NotEnough(
            "liquidatable",
            f"what remains of the position is {health.remaining}, needed are {health.needed} "
            "(1e-6 dollar)",
            health.remaining,
            health.needed,
        )

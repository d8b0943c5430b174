"""Refusals that several rooms of this design share."""

from mypy_extensions import i64

from seawall.engine.errors import BadOrder, LimitReached, NotEnough


def wallet_short(held: i64, wanted: i64, unit: str = "1e-6 dollar") -> NotEnough:
    """A wallet that cannot pay ``wanted``."""
    return NotEnough(
        "wallet-too-small", f"{wanted} is above {held}, what the wallet holds ({unit})", wanted,
        held,
    )  # fmt: skip


def token_not_allowed(name: str, why: str) -> BadOrder:
    """A token that cannot back this side."""
    return BadOrder("token-not-allowed", f"{name}: {why}")


def losses_exceed(collateral: i64, loss: i64) -> NotEnough:
    """A loss beyond the collateral: only a liquidation may close it."""
    return NotEnough(
        "losses-exceed-collateral",
        f"the loss of {loss} is above the collateral, {collateral} (1e-6 dollar)",
        loss,
        collateral,
    )


def fees_exceed(collateral: i64, fees: i64) -> NotEnough:
    """Fees beyond what is left."""
    return NotEnough(
        "fees-exceed-collateral",
        f"fees of {fees} are above what is left of the collateral, {collateral} (1e-6 dollar)",
        fees,
        collateral,
    )


def leverage_exceeded(left: i64, least: i64) -> LimitReached:
    """Too little behind the size."""
    return LimitReached(
        "max-leverage",
        f"{left} behind the position is below {least}, the least for its size (1e-6 dollar)",
        left,
        least,
    )


def size_below_collateral(size: i64, collateral: i64) -> BadOrder:
    """A position smaller than its collateral."""
    return BadOrder(
        "size-below-collateral",
        f"a size of {size} is below the collateral, {collateral} (1e-6 dollar)",
        size,
        collateral,
    )


def collateral_exceeded(wanted: i64, held: i64) -> NotEnough:
    """More collateral asked for than there is."""
    return NotEnough(
        "collateral-exceeded", f"{wanted} is above the collateral, {held} (1e-6 dollar)", wanted,
        held,
    )  # fmt: skip


def reserve_exceeded(name: str, reserved: i64, pool: i64) -> LimitReached:
    """The pool does not hold what a position must be able to be paid."""
    return LimitReached(
        "reserve-exceeds-pool",
        f"{reserved} {name} reserved would be above {pool}, what the pool holds (token units)",
        reserved,
        pool,
    )

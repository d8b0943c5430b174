"""Refusals that several rooms of this design share, and three small measures of a trade."""

from mypy_extensions import i64

from seawall.engine.errors import Closed, LimitReached, NotEnough
from seawall.engine.fixed import MAX_DOLLARS, NOTIONAL_STEP, larger, magnitude, mul_div_up
from seawall.engine.margin import worth


def slippage(size: i64, exchanged: i64, mark: i64) -> i64:
    """What the curve charged beyond ``mark`` (1e-6, rounded up) for trading ``size``."""
    value: i64 = worth(size, mark)
    return larger(0, exchanged - value if size > 0 else value - exchanged)


def too_small(notional: i64) -> LimitReached:
    """The refusal of an order that moves nothing."""
    return LimitReached(
        "order-too-small", f"{notional} is too small to move the curve (1e-6 dollar)", notional, 1
    )


def bad_debt(amount: i64) -> NotEnough:
    """The refusal of a trade that would leave somebody's loss unpaid."""
    return NotEnough(
        "bad-debt",
        f"the margin is {amount} short of the loss: only a liquidation may close it (1e-6 dollar)",
        amount,
        0,
    )


def wallet_short(held: i64, wanted: i64) -> NotEnough:
    """The refusal of a wallet that cannot pay ``wanted``."""
    return NotEnough(
        "wallet-too-small",
        f"{wanted} is above {held}, what the wallet holds (1e-6 dollar)",
        wanted,
        held,
    )


def check_open(mark: i64, name: str) -> None:
    """Refuse before the curve has a price."""
    if mark == 0:
        raise Closed("no-price", f"{name} has no price yet")


def per_token(amount: i64, size: i64) -> i64:
    """Price (1e-10, rounded up) at which ``size`` tokens exchange ``amount``; 0 for no size."""
    quantity: i64 = magnitude(size)
    if quantity == 0:
        return 0
    if amount // 10_000_000 >= quantity:
        return MAX_DOLLARS
    return mul_div_up(amount, NOTIONAL_STEP, quantity)

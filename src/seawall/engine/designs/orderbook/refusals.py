"""Refusals that several rooms of this design share."""

from mypy_extensions import i64

from seawall.engine.errors import Closed, LimitReached, NotEnough, OutOfRange, Unknown


def short_of_margin(needed: i64, held: i64) -> NotEnough:
    """The refusal of an order that the margin does not carry."""
    return NotEnough(
        "perp-margin",
        f"the order needs {needed}, the account can put up {held} (1e-6 dollar)",
        needed,
        held,
    )


def too_large_for_leverage(notional: i64, bound: i64, leverage: i64) -> LimitReached:
    """The refusal of a position beyond the tier that the chosen leverage may reach."""
    return LimitReached(
        "perp-max-position",
        f"a position of {notional} would be above {bound}, the most at {leverage}x (1e-6 dollar)",
        notional,
        bound,
    )


def wallet_short(held: i64, wanted: i64) -> NotEnough:
    """The refusal of a wallet that cannot pay ``wanted``."""
    return NotEnough(
        "wallet-too-small",
        f"{wanted} is above {held}, what the wallet holds (1e-6 dollar)",
        wanted,
        held,
    )


def transfer_rule(wanted: i64, free: i64) -> NotEnough:
    """The refusal of a transfer that would leave too little margin behind."""
    return NotEnough(
        "transfer-rule",
        f"{wanted} is above {free}, what the margin requirements leave free (1e-6 dollar)",
        wanted,
        free,
    )


def house_short(wanted: i64, held: i64) -> NotEnough:
    """The refusal of a payment that all money in the house together does not cover."""
    return NotEnough(
        "house-short",
        f"{wanted} is above {held}, all that the clearing house holds (1e-6 dollar)",
        wanted,
        held,
    )


def check_open(mark: i64, settled: bool, name: str) -> None:
    """Refuse before the first price and after the settlement."""
    if settled:
        raise Closed("delisted", f"{name} is delisted: its positions are settled")
    if mark == 0:
        raise Closed("no-price", f"{name} has no price yet")


def check_leverage(leverage: int, most: i64) -> None:
    """Refuse a leverage that is not a whole number from 1 to ``most``."""
    if not isinstance(leverage, int):
        raise TypeError(f"leverage must be an integer (times), not {leverage!r}")
    if leverage < 1:
        raise OutOfRange(
            "leverage-too-small", f"leverage {leverage} is below 1 (times)", leverage, 1
        )
    if leverage > most:
        raise OutOfRange(
            "leverage-too-large",
            f"leverage {leverage} is above {most}, the most of this market (times)",
            leverage,
            most,
        )


def no_position(account: i64, name: str) -> Unknown:
    """The refusal of a command about a position that is not there."""
    return Unknown("unknown-position", f"account {account} has no position in {name}")

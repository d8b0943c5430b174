"""Margin: LAY-MAR-1, LAY-MAR-2, and the bankruptcy price."""

from fractions import Fraction
from math import ceil, floor

from .money import MOST_PRICE, WORTH, ratio, value_down, value_up


def worth(size: int, price: int) -> int:
    """Notional, rounded against the owner."""
    return value_down(size, price) if size > 0 else value_up(-size, price)


def result(size: int, entry: int, price: int) -> int:
    value = worth(size, price)
    return value - entry if size > 0 else entry - value


def tier_of(tiers, notional: int):
    for tier in tiers.tiers:
        if notional <= tier.limit:
            return tier
    return tiers.tiers[-1]


def initial(tiers, notional: int) -> int:
    return ceil(Fraction(notional, tier_of(tiers, notional).leverage))


def maintenance(tiers, notional: int) -> int:
    return ceil(notional * ratio(tier_of(tiers, notional).maintenance))


def bankruptcy(size: int, entry: int, margin: int) -> int:
    """The last price at which equity is not negative."""
    if size > 0:
        lowest = ceil(Fraction((entry - margin) * WORTH, size))
        return min(max(lowest, 0), MOST_PRICE + 1)
    highest = floor(Fraction((entry + margin) * WORTH, -size))
    return min(max(highest, 0), MOST_PRICE)

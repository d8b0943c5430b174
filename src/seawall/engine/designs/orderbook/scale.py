"""Scale orders: one size spread over a ladder of limit orders.

The ladder is made where the account sits, not by the venue: each rung is an order like any other
(Hyperliquid's documentation, "Order types").
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.orderbook.batch import Wish
from seawall.engine.designs.orderbook.ticks import Ticks
from seawall.engine.errors import BadOrder
from seawall.engine.fixed import RATE, check_range, mul_div

MOST_RUNGS: Final = 100


def rungs(ticks: Ticks, size: int, low: int, high: int, count: int, skew: int) -> list[Wish]:
    """The ladder of a scale order: ``count`` limit orders from ``low`` to ``high`` (1e-10).

    ``size`` is signed and the sum of all; ``skew`` (1e-12) is the last rung's size over the
    first's, 1e12 for even ones. Prices are even steps rounded to the tick, sizes rounded down to
    the lot, what that leaves goes to the last.
    """
    check_range("rungs", count, 2, MOST_RUNGS, "orders")
    check_range("skew", skew, int(RATE) // 100, int(RATE) * 100, "1e-12")
    ticks.check_size(size if size > 0 else -size)
    ticks.check_price(low)
    ticks.check_price(high)
    if low >= high:
        raise BadOrder("scale-range", f"the ladder's {low} must be below {high} (1e-10)", low, high)
    whole: i64 = size if size > 0 else -size
    most: i64 = count
    one: i64 = RATE
    slope: i64 = skew - one
    weight: i64 = most * (one + skew) // 2
    left: i64 = whole
    wishes: list[Wish] = []
    for index in range(count):
        price: i64 = ticks.round_price(low + mul_div(high - low, index, most - 1))
        part: i64 = ticks.round_size(mul_div(whole, one + mul_div(slope, index, most - 1), weight))
        if index == count - 1:
            part = left
        left -= part
        wishes.append(Wish(int(part if size > 0 else -part), int(price)))
    return wishes

"""Which prices and sizes an order may name (Hyperliquid's documentation, "Tick and lot size").

A size has at most ``decimals`` decimals. A price has at most five significant figures and at most
6 - ``decimals`` decimals; an integer number of dollars is always valid. Since every step is a
power of ten, one step holds at each price: the larger of the two, but never above a dollar.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.errors import BadOrder
from seawall.engine.fixed import (
    MAX_PRICE,
    MAX_SIZE,
    PRICE,
    RATE,
    check_range,
    larger,
    mul_div,
    parameter,
    smaller,
)

PRICE_DECIMALS: Final[i64] = 6
_FIGURES: Final[i64] = 100_000


class Ticks:
    """The steps of a market whose sizes have ``decimals`` decimals (0 to 6).

    ``lot`` is the step of sizes (1e-8 token), ``finest`` the smallest step of prices (1e-10).
    Raises :class:`BadParameters` on other decimals.
    """

    def __init__(self, decimals: int) -> None:
        self.decimals: i64 = parameter("size_decimals", decimals, 0, int(PRICE_DECIMALS), "digits")
        self.lot: i64 = _power_of_ten(8 - self.decimals)
        self.finest: i64 = _power_of_ten(10 - (PRICE_DECIMALS - self.decimals))
        self._from: i64 = 0  # the step last asked for, and the prices it holds for
        self._to: i64 = 0
        self._step: i64 = 0

    def step(self, price: i64) -> i64:
        """Distance between valid prices (1e-10) at ``price`` and above it, up to the next digit."""
        if price < self._from or price >= self._to:
            figures: i64 = figures_step(price)
            self._to = figures * _FIGURES
            self._from = 0
            if figures > 1:
                self._from = self._to // 10
            self._step = smaller(PRICE, larger(self.finest, figures))
        return self._step

    def check_price(self, price: int) -> None:
        """Refuse a price (1e-10) out of range or off the tick."""
        check_range("price", price, 1, int(MAX_PRICE), "1e-10 dollar per token")
        step: i64 = self.step(price)
        if price % step != 0:
            raise BadOrder(
                "tick",
                f"price {price} is no multiple of {step}, the tick there (1e-10 dollar per token)",
                price,
                int(step),
            )

    def check_size(self, size: int) -> None:
        """Refuse a size (1e-8 token, without its sign) out of range or off the lot."""
        check_range("size", size, 1, int(MAX_SIZE), "1e-8 token")
        if size % self.lot != 0:
            raise BadOrder(
                "lot",
                f"size {size} is no multiple of {self.lot}, the lot (1e-8 token)",
                size,
                int(self.lot),
            )

    def round_size(self, size: i64) -> i64:
        """``size`` (1e-8 token, not below zero) rounded down to the lot."""
        return size - size % self.lot

    def round_price(self, price: i64) -> i64:
        """The valid price nearest to ``price``: to five figures, then to the decimals, half up.

        Never below one step nor above the highest price.
        """
        figures: i64 = figures_step(price)
        rounded: i64 = (price + figures // 2) // figures * figures
        rounded = (rounded + self.finest // 2) // self.finest * self.finest
        return smaller(larger(rounded, self.finest), MAX_PRICE)

    def passive(self, price: i64, is_buy: bool) -> i64:
        """The valid price at ``price`` or just behind it: lower for a buy, higher for a sell.

        0 where a buy's would lie below the lowest step.
        """
        step: i64 = self.step(price)
        below: i64 = price - price % step
        if is_buy or below == price:
            return below
        return below + step

    def slipped(self, price: i64, is_buy: bool, slippage: i64) -> i64:
        """The limit of a market order: ``price`` worsened by ``slippage`` (1e-12), rounded."""
        factor: i64 = RATE + slippage if is_buy else RATE - slippage
        return self.round_price(smaller(mul_div(price, factor, RATE), MAX_PRICE))


def figures_step(price: i64) -> i64:
    """The step that leaves ``price`` five significant figures, at least one unit."""
    step: i64 = 1
    bound: i64 = _FIGURES
    while price >= bound:
        bound *= 10
        step *= 10
    return step


def _power_of_ten(exponent: i64) -> i64:
    power: i64 = 1
    while exponent > 0:
        power *= 10
        exponent -= 1
    return power

"""Tokens of a GM market and the prices that one step of it is taken at.

A price is 1e-10 dollar per whole token; an amount of a token with d digits is worth
amount * price / 10**(d + 4) in 1e-6 dollar. Which of the two prices of a token an action takes is
the rule of gmx-io/gmx-synthetics (contracts/price/Price.sol and its callers): the worse one for
who acts.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.errors import BadParameters, BrokenBooks
from seawall.engine.fixed import NOTIONAL_STEP, mul_div, mul_div_up, notional, notional_up

LONG: Final[i64] = 0
"""The long side; the long token."""

SHORT: Final[i64] = 1
"""The short side; the short token."""

MAX_DECIMALS: Final = 8


def wide(number: i64) -> int:
    """A number as one of Python's own: products of these cannot overflow.

    Compiled, an ``int`` that meets an ``i64`` becomes an ``i64``: both have to be widened first.
    """
    return number


class Token:
    """A token: its name, its ``number`` in the treasury, the digits of its integer unit."""

    def __init__(self, name: str, number: int, decimals: int = 8) -> None:
        if decimals < 0 or decimals > MAX_DECIMALS:
            raise BadParameters(f"decimals {decimals} of {name}: 0 to {MAX_DECIMALS}")
        step: int = 10 ** (decimals + 4)
        self.name: str = name
        self.number: int = number
        self.decimals: int = decimals
        self.step: i64 = i64(step)

    def usd(self, amount: i64, price: i64) -> i64:
        """Dollars (1e-6) that ``amount`` is worth, rounded down."""
        if price == self.step:
            return amount
        if self.step == NOTIONAL_STEP:
            return notional(amount, price)
        return mul_div(amount, price, self.step)

    def usd_up(self, amount: i64, price: i64) -> i64:
        """Dollars (1e-6) that ``amount`` is worth, rounded up."""
        if price == self.step:
            return amount
        if self.step == NOTIONAL_STEP:
            return notional_up(amount, price)
        return mul_div_up(amount, price, self.step)

    def units(self, usd: i64, price: i64) -> i64:
        """Amount of the token that ``usd`` (1e-6) buys, rounded down."""
        if price == self.step:
            return usd
        return mul_div(usd, self.step, price)

    def units_up(self, usd: i64, price: i64) -> i64:
        """Amount of the token that ``usd`` (1e-6) costs, rounded up."""
        if price == self.step:
            return usd
        return mul_div_up(usd, self.step, price)

    def into(self, amount: i64, price: i64, other: "Token", other_price: i64, less: i64 = 0) -> i64:
        """Units of ``other`` that ``amount`` exchanges for at two prices, rounded down.

        ``less`` dollars (1e-6) are taken off on the way; they must not be all of it.
        """
        value: int = wide(amount) * wide(price) - wide(less) * wide(self.step)
        return i64(value * wide(other.step) // (wide(self.step) * wide(other_price)))


class Prices:
    """The lowest and highest price of the index, the long and the short token, all 1e-10."""

    def __init__(
        self,
        index_min: i64,
        index_max: i64,
        long_min: i64,
        long_max: i64,
        short_min: i64,
        short_max: i64,
    ) -> None:
        if index_min <= 0 or long_min <= 0 or short_min <= 0:
            raise BrokenBooks(f"prices {index_min}, {long_min}, {short_min}: must be positive")
        if index_max < index_min or long_max < long_min or short_max < short_min:
            raise BrokenBooks("a highest price is below the lowest")
        self.index_min: i64 = index_min
        self.index_max: i64 = index_max
        self.long_min: i64 = long_min
        self.long_max: i64 = long_max
        self.short_min: i64 = short_min
        self.short_max: i64 = short_max

    def index(self, maximise: bool) -> i64:
        """The index token's highest or lowest price."""
        return self.index_max if maximise else self.index_min

    def index_mid(self) -> i64:
        """The middle of the index token's two prices, rounded down."""
        return (self.index_min + self.index_max) // 2

    def for_result(self, long: bool, maximise: bool) -> i64:
        """The index price that makes the result of a side highest, or lowest."""
        return self.index(maximise == long)

    def token(self, token: i64, maximise: bool) -> i64:
        """The highest or lowest price of the long token (0) or the short token (1)."""
        if token == LONG:
            return self.long_max if maximise else self.long_min
        return self.short_max if maximise else self.short_min

    def token_mid(self, token: i64) -> i64:
        """The middle of the two prices of the long or the short token, rounded down."""
        return (self.token(token, False) + self.token(token, True)) // 2

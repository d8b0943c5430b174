"""Rounding, units, refusals and pots."""

from fractions import Fraction
from functools import cache
from math import ceil, floor
from typing import NoReturn

DOLLAR = 10**6
TOKEN = 10**8
PRICE = 10**10
RATE = 10**12
WORTH = 10**12  # size * price: this many make 1e-6 dollar
DEBT = 10**15  # size * index: this many make 1e-6 dollar
MOST_DOLLARS = 10**18
MOST_SIZE = 10**18
MOST_PRICE = 10**17
MOST_TIME = 8 * 10**12
MOST_NUMBER = 2**62  # no result of the engine reaches it
MINUTE = 60_000
TRANCHE = 10**9 * DOLLAR


class Refused(Exception):
    """A command that the model does not carry out; ``code`` is the name of the rule."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def refuse(code: str) -> NoReturn:
    raise Refused(code)


def in_bounds(name: str, value: int, low: int, high: int) -> None:
    if value < low:
        refuse(f"{name}-too-small")
    if value > high:
        refuse(f"{name}-too-large")


@cache
def ratio(rate: int) -> Fraction:
    """A rate of 1e-12 as the number it is."""
    return Fraction(rate, RATE)


def trunc(number: Fraction) -> int:
    return floor(number) if number >= 0 else ceil(number)


def sign(number: int) -> int:
    return (number > 0) - (number < 0)


def value_down(size: int, price: int) -> int:
    """Dollars that ``size`` tokens are worth, rounded down."""
    return size * price // WORTH


def value_up(size: int, price: int) -> int:
    """Dollars that ``size`` tokens are worth, rounded up."""
    return -(-size * price // WORTH)


class Books:
    """All money of the venue by name of pot; it only ever moves."""

    def __init__(self) -> None:
        self.pots: dict[object, int] = {}
        self.came_in = 0
        self.went_out = 0

    def __getitem__(self, pot: object) -> int:
        return self.pots.get(pot, 0)

    def move(self, payer: object, receiver: object, amount: int, may_owe: bool = False) -> None:
        assert amount >= 0, f"{payer} pays {receiver} {amount}"
        assert may_owe or self[payer] >= amount, f"{payer} holds {self[payer]}, not {amount}"
        self.pots[payer] = self[payer] - amount
        self.pots[receiver] = self[receiver] + amount

    def bring(self, pot: object, amount: int) -> None:
        self.came_in += amount
        self.pots[pot] = self[pot] + amount

    def take(self, pot: object, amount: int) -> None:
        assert self[pot] >= amount
        self.went_out += amount
        self.pots[pot] = self[pot] - amount

    def balanced(self) -> bool:
        return sum(self.pots.values()) == self.came_in - self.went_out

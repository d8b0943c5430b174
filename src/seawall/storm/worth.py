"""Tokens in dollars and back, exact at any width, in 64 bits where these do."""

from typing import Final

from seawall.engine.fixed import NOTIONAL_STEP, mul_div, notional

_STEP: Final = int(NOTIONAL_STEP)
_FITS: Final = 4e18
"""What a result may be, estimated, so that the engine's own arithmetic holds it."""


def tokens_for(dollars: int, mark: int) -> int:
    """What ``dollars`` (1e-6) buy at ``mark`` (1e-10), in 1e-8 token, rounded down."""
    wide, price = float(dollars), float(mark)
    if 0.0 <= wide < _FITS and 0.0 < price < _FITS and wide * 1e12 < _FITS * price:
        return int(mul_div(dollars, NOTIONAL_STEP, mark))
    return dollars * _STEP // mark


def rate_of(part: int, whole: int) -> int:
    """``part`` of ``whole`` (neither below 0, of one unit) in 1e-12, rounded down."""
    return tokens_for(part, whole)  # a trillionth for one as for the other


def dollars_of(size: int, mark: int) -> int:
    """What ``size`` (1e-8 token) is worth at ``mark`` (1e-10), in 1e-6 dollar, rounded down."""
    wide, price = float(size), float(mark)
    if -_FITS < wide < _FITS and -_FITS < price < _FITS and -_FITS < wide * price / 1e12 < _FITS:
        return int(notional(size, mark))
    return size * mark // _STEP

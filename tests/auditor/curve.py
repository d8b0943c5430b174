"""Bands around the trusted price: LAY-BAND-1 to LAY-BAND-6, and whose depth a fill walked."""

from fractions import Fraction
from math import ceil, floor

from .money import TRANCHE, WORTH, ratio, sign, value_down, value_up

NANO = 1000  # 1e-9 dollar in one 1e-6 dollar


class Curve:
    """The bands as they were struck at some senior and junior assets."""

    def __init__(self, params, senior: int, junior: int) -> None:
        factor = ratio(params.depth_factor)
        senior, junior = min(senior, TRANCHE), min(junior, TRANCHE)
        self.edges = [0, *params.band_edges]
        self.seniors = [
            floor(senior * ratio(floor(weight * factor))) for weight in params.senior_weights
        ]
        juniors = [
            floor(junior * ratio(floor(weight * factor))) for weight in params.junior_weights
        ]
        self.bands = [a + b for a, b in zip(self.seniors, juniors, strict=True)]
        self.depth = sum(self.bands)

    def cost(self, y: int, rounded) -> int:
        """G(y) in 1e-9 dollar, every term rounded the way ``rounded`` (floor or ceil) does."""
        total = 0
        start = 0
        for k, band in enumerate(self.bands):
            inner, outer = self.edges[k], self.edges[k + 1]
            if y <= start + band:
                t = y - start
                square = rounded(Fraction(t * t * NANO, band)) if t else 0
                flat = rounded(t * NANO * ratio(inner))
                return total + flat + rounded(square * ratio(outer - inner) / 2)
            total += rounded(band * NANO * ratio(inner + outer) / 2)
            start += band
        return total + rounded((y - start) * NANO * ratio(self.edges[-1]))

    def impact(self, y0: int, y1: int) -> int:
        """G(y1) - G(y0), 1e-6 dollar; below zero a rebate."""
        return ceil(Fraction(self.cost(y1, ceil) - self.cost(y0, floor), NANO))

    def fitting(self, inventory: int, size: int, price: int) -> int:
        """The tokens, in the direction of ``size``, that end where the depth does."""
        way = sign(size)
        part = floor(Fraction(self.depth * WORTH, price)) * way - inventory
        return part if part * way > 0 else 0

    def senior_part(self, y: int) -> int:
        """Of the first ``y`` dollars of depth, those that are senior's."""
        total = 0
        for senior, band in zip(self.seniors, self.bands, strict=True):
            if y <= band:
                return total + (floor(Fraction(y * senior, band)) if y else 0)
            total += senior
            y -= band
        return total


class Bill:
    """What one fill costs: LAY-BAND-5, LAY-FEE-1 to LAY-FEE-4."""

    def __init__(self, params, curve, inventory, size, mark, price, move_fee) -> None:
        after = inventory + size
        if inventory * after < 0:
            adding = abs(after)
        else:
            adding = max(abs(after) - abs(inventory), 0)
        reducing = abs(size) - adding
        self.size = size
        self.price = price
        self.value = value_up(abs(size), price)
        self.y0 = value_down(abs(inventory), mark)
        self.y1 = value_up(abs(after), mark)
        self.crosses = inventory * after < 0
        self.beyond = self.y1 > curve.depth and abs(after) > abs(inventory)
        self.spread = ceil(self.value * ratio(params.half_spread + move_fee))
        self.fee = ceil(value_up(adding, price) * ratio(params.fee_adding)) + ceil(
            value_up(reducing, price) * ratio(params.fee_reducing)
        )
        self.impact = curve.impact(self.y0, self.y1)

    def accepts(self, price: int) -> bool:
        """LAY-FEE-6."""
        charges = self.fee + self.spread + self.impact
        if price == 0:
            return True
        if self.size > 0:
            return self.value + charges <= value_down(self.size, price)
        return value_down(-self.size, self.price) - charges >= value_up(-self.size, price)


class MoveFee:
    """LAY-FEE-4."""

    def __init__(self, params) -> None:
        self.params = params
        self.peak = self.since = 0

    def at(self, now: int) -> int:
        left = Fraction(self.params.move_fee_fade - (now - self.since), self.params.move_fee_fade)
        return ceil(self.peak * left) if left > 0 else 0

    def move(self, old: int, new: int, now: int) -> None:
        if old == 0 or old == new:
            return
        m = floor(Fraction(min(old, new) * 10**12, max(old, new)))
        cube = floor(ratio(floor(ratio(m) * m)) * m)
        gained = ceil(ratio(10**12 - cube) * self.params.move_fee)
        self.peak = min(self.at(now) + gained, self.params.move_fee)
        self.since = now

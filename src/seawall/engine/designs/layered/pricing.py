"""Oracle-anchored bands: what a fill costs.

Glossary
    P        trusted oracle price; a buy fills at its high, a sell at its low
    q        inventory of the market: long less short open interest, in tokens
    y        inventory in dollars, |q| * P
    D_k      depth of band k in dollars; C_k = D_1 + ... + D_k; C_n is the quoted depth
    b_k      offset from P at the outer edge of band k; b_0 = 0
    o(y)     marginal offset: rises linearly from b_(k-1) to b_k across band k
    G(y)     cost of having walked the curve up to y: the integral of o from 0 to y

Equations
    D_k    = g * (ws_k * senior assets + wj_k * junior assets), both at the low value
    G(y)   = G(C_(k-1)) + b_(k-1)*t + (b_k - b_(k-1)) * t^2 / (2*D_k),   t = y - C_(k-1)
    impact = G(|q + x|*P) - G(|q|*P) for an order of x tokens: a charge above zero, a rebate below

The curve starts where the inventory stands, so cutting an order in pieces gains nothing. Beyond
C_n nothing is quoted; an inventory that a shrunken vault has left beyond it is worked off along
G(C_n) + b_n * (y - C_n).

Integers: G is kept in 1e-9 dollar, once rounded down and once up; an impact is the upper G at
the end (with y rounded up) less the lower G at the start (with y rounded down), rounded up to
1e-6 dollar. The closest published relative is gTrade's depth bands (GainsNetwork-org/sdk,
src/pricing/depthBands.ts), which are not anchored to the inventory.
"""

from typing import Final

from mypy_extensions import i64, mypyc_attr

from seawall.engine.designs.layered.params import Params
from seawall.engine.fixed import (
    NOTIONAL_STEP,
    RATE,
    larger,
    magnitude,
    mul_div,
    mul_div_up,
    notional,
    notional_up,
    share_up,
    smaller,
)

NANO: Final[i64] = 1_000  # 1e-9 dollars in 1e-6 dollar
OFFSET_STEP: Final[i64] = 1_000_000_000  # dollars (1e-6) times offset (1e-12), in 1e-9 dollar


class Band:
    """One band as struck: what lies before it, its depth, and its two edges.

    ``start`` and ``end`` in dollars of inventory, ``senior_start`` and ``senior_depth`` senior's
    part of them, ``cost_down`` and ``cost_up`` G at the start in 1e-9 dollar.
    """

    def __init__(self, inner: i64, outer: i64, senior_rate: i64, junior_rate: i64) -> None:
        self.inner: i64 = inner
        self.outer: i64 = outer
        self.senior_rate: i64 = senior_rate
        self.junior_rate: i64 = junior_rate
        self.start: i64 = 0
        self.end: i64 = 0
        self.depth: i64 = 0
        self.senior_start: i64 = 0
        self.senior_depth: i64 = 0
        self.cost_down: i64 = 0
        self.cost_up: i64 = 0

    def cost_at(self, y: i64, up: bool) -> i64:
        """G(y) in 1e-9 dollar for an inventory ``y`` inside the band."""
        t: i64 = y - self.start
        rise: i64 = self.outer - self.inner
        if up:
            walked: i64 = mul_div_up(t * NANO, t, self.depth)
            flat: i64 = mul_div_up(t, self.inner, OFFSET_STEP)
            return self.cost_up + flat + mul_div_up(walked, rise, 2 * RATE)
        walked_down: i64 = mul_div(t * NANO, t, self.depth)
        flat_down: i64 = mul_div(t, self.inner, OFFSET_STEP)
        return self.cost_down + flat_down + mul_div(walked_down, rise, 2 * RATE)


class Curve:
    """The bands as struck from given senior and junior assets. Prices nothing but inventory."""

    def __init__(self, params: Params) -> None:
        g: i64 = params.depth_factor
        self.bands: list[Band] = []
        inner: i64 = 0
        for k in range(len(params.band_edges)):
            outer: i64 = params.band_edges[k]
            senior_rate: i64 = mul_div(params.senior_weights[k], g, RATE)
            junior_rate: i64 = mul_div(params.junior_weights[k], g, RATE)
            self.bands.append(Band(inner, outer, senior_rate, junior_rate))
            inner = outer
        self.widest: i64 = inner
        self.depth: i64 = 0
        self.senior_depth: i64 = 0
        self.cost_down: i64 = 0
        self.cost_up: i64 = 0
        self.senior: i64 = 0
        self.junior: i64 = 0

    def strike(self, senior: i64, junior: i64) -> None:
        """Build the bands from senior and junior assets (1e-6 dollar, MAX_TRANCHE at most)."""
        if senior == self.senior and junior == self.junior:
            return
        self.senior = senior
        self.junior = junior
        end: i64 = 0
        senior_end: i64 = 0
        down: i64 = 0
        up: i64 = 0
        for band in self.bands:
            band.senior_depth = mul_div(senior, band.senior_rate, RATE)
            band.depth = band.senior_depth + mul_div(junior, band.junior_rate, RATE)
            band.start = end
            band.senior_start = senior_end
            band.cost_down = down
            band.cost_up = up
            end += band.depth
            senior_end += band.senior_depth
            band.end = end
            down += mul_div(band.depth, band.inner + band.outer, 2 * OFFSET_STEP)
            up += mul_div_up(band.depth, band.inner + band.outer, 2 * OFFSET_STEP)
        self.depth = end
        self.senior_depth = senior_end
        self.cost_down = down
        self.cost_up = up

    def band_of(self, y: i64) -> Band | None:
        """The band in which inventory ``y`` (above 0) ends; None beyond the depth."""
        for band in self.bands:
            if y <= band.end:
                return band
        return None

    def cost(self, y: i64, up: bool) -> i64:
        """G(y) in 1e-9 dollar, rounded up or down; ``y`` in 1e-6 dollar."""
        if y <= 0:
            return 0
        band = self.band_of(y)
        if band is not None:
            return band.cost_at(y, up)
        if up:
            return self.cost_up + mul_div_up(y - self.depth, self.widest, OFFSET_STEP)
        return self.cost_down + mul_div(y - self.depth, self.widest, OFFSET_STEP)

    def impact(self, start: i64, end: i64) -> i64:
        """G(end) - G(start) in 1e-6 dollar, rounded up: a charge above zero, a rebate below."""
        return -((self.cost(start, False) - self.cost(end, True)) // NANO)

    def senior_share(self, y: i64) -> i64:
        """Of the inventory ``y``, the dollars that senior depth stands behind, rounded down."""
        if y <= 0:
            return 0
        band = self.band_of(y)
        if band is None:
            return self.senior_depth
        return band.senior_start + mul_div(y - band.start, band.senior_depth, band.depth)


class MoveFee:
    """The oracle-move fee: after a jump the half-spread is wider for a while.

    A move by the factor m adds (1 - min(m, 1/m)^3) * gain, never beyond the gain; the fee fades
    linearly to nothing over ``fade`` ms. After Curve's LLAMMA (curvefi/curve-stablecoin AMM.vy).
    """

    def __init__(self, gain: i64, fade: i64) -> None:
        self.gain: i64 = gain
        self.fade: i64 = fade
        self.peak: i64 = 0
        self.since: i64 = 0

    def at(self, now: i64) -> i64:
        """The fee (a rate, rounded up) at ``now``."""
        left: i64 = self.fade - (now - self.since)
        if left <= 0 or self.peak == 0:
            return 0
        return mul_div_up(self.peak, smaller(left, self.fade), self.fade)

    def move(self, old: i64, new: i64, now: i64) -> None:
        """Take a price move from ``old`` to ``new`` at ``now`` into account."""
        if old <= 0 or old == new:
            return
        ratio: i64 = mul_div(smaller(old, new), RATE, larger(old, new))
        cube: i64 = mul_div(mul_div(ratio, ratio, RATE), ratio, RATE)
        self.peak = smaller(self.gain, self.at(now) + mul_div_up(RATE - cube, self.gain, RATE))
        self.since = now


@mypyc_attr(acyclic=True, free_list_len=1)  # one at a time: its memory is used again
class Charges:
    """What one fill of ``size`` tokens at ``price`` costs, in 1e-6 dollar.

    ``value`` is the fill's notional (rounded up), ``fee`` the trade fee, ``spread`` half-spread
    and oracle-move fee, ``impact`` the walk along the curve (a rebate below zero). ``start`` and
    ``end`` are the inventory in dollars before and after.
    """

    def __init__(self) -> None:
        self.size: i64 = 0
        self.price: i64 = 0
        self.value: i64 = 0
        self.fee: i64 = 0
        self.spread: i64 = 0
        self.impact: i64 = 0
        self.start: i64 = 0
        self.end: i64 = 0
        self.crosses: bool = False

    def total(self) -> i64:
        """Fee, spread and impact together."""
        return self.fee + self.spread + self.impact

    def acceptable(self, limit: i64) -> bool:
        """Whether the all-in price per token is within ``limit`` (1e-10; 0 is no limit)."""
        if limit == 0:
            return True
        size: int = self.size
        price: int = limit  # far from any price, so that the product may pass 64 bits
        bound: int = size * price // 1_000_000_000_000
        if self.size > 0:
            paid: int = self.value + self.total()
            return paid <= bound
        received: int = notional(-self.size, self.price) - self.total()
        return received >= -bound


def charge(
    params: Params,
    curve: Curve,
    inventory: i64,
    size: i64,
    mark: i64,
    price: i64,
    move_fee: i64,
) -> Charges:
    """The charges of a fill of ``size`` against ``inventory`` (both signed, 1e-8 token).

    ``mark`` is the oracle price that inventory is valued at, ``price`` the price of the fill,
    ``move_fee`` the oracle-move fee (a rate).
    """
    bill = Charges()
    after: i64 = inventory + size
    held: i64 = magnitude(inventory)
    left: i64 = magnitude(after)
    quantity: i64 = magnitude(size)
    crosses: bool = (inventory > 0 > after) or (inventory < 0 < after)
    adding: i64 = left if crosses else larger(0, left - held)
    bill.size = size
    bill.price = price
    bill.value = notional_up(quantity, price)
    bill.start = notional(held, mark)
    bill.end = notional_up(left, mark)
    bill.crosses = crosses
    bill.spread = share_up(bill.value, params.half_spread + move_fee)
    if adding == quantity:
        bill.fee = share_up(bill.value, params.fee_adding)
    elif adding == 0:
        bill.fee = share_up(bill.value, params.fee_reducing)
    else:
        bill.fee = share_up(notional_up(adding, price), params.fee_adding) + share_up(
            notional_up(quantity - adding, price), params.fee_reducing
        )
    bill.impact = curve.impact(bill.start, bill.end)
    return bill


def reach_of(depth: i64, mark: i64) -> i64:
    """Tokens (1e-8) of inventory at which ``depth`` ends, held at more than any book may have."""
    if mark == 0:
        return 0
    if depth // mark >= 4_000_000:
        return 4_000_000_000_000_000_000
    return mul_div(depth, NOTIONAL_STEP, mark)

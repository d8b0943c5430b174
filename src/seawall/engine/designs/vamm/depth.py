"""Dynamic k: what a change of depth or price costs, and how far a budget carries.

Virtual reserves have no owner, so whoever changes them changes what the net position N can take
out. With V(N) what unwinding N yields (below zero: costs)::

    cost of (Q, B) -> (Q', B')      V'(N) - V(N); below zero the change earns
    depth factor p (both reserves)  price unchanged; cost rises with p, whichever side N is on
    peg factor m (Q alone)          cost (m - 1) * V(N)
    repeg keeping k to P*           Q' = B*sqrt(P*P*), B' = B*sqrt(P/P*) with P = Q/B
    factor of a budget b            p = [Q*N^2 + b*N*(B + N)] / [Q*N^2 - b*B*(B + N)], no bound
                                    where the divisor is not above 0

Raising depth is a gift to whoever net holds, lowering it a tax; without a net position both are
free. Here the cost is money: the fund pays it into the clearing pot, and is paid what a change
earns. Sources: drift-labs/protocol-v2, programs/drift/src/math/cp_curve.rs and repeg.rs;
TalCrypto/nft-perpetual-protocol, contracts/utils/AmmMath.sol. Integers are unbounded here: depth
changes once a funding period.
"""

from mypy_extensions import i64

from seawall.engine.designs.vamm.pricing import MAX_BASE, MAX_QUOTE, isqrt, unwound
from seawall.engine.errors import LimitReached
from seawall.engine.fixed import BASIS_POINT, RATE, mul_div, mul_div_up

_WHOLE = 1_000_000_000_000


class Reshape:
    """Reserves to be, and what the change costs the fund (1e-6 dollar; below zero it earns)."""

    def __init__(self, quote: int, base: int, cost: int) -> None:
        self.quote = quote
        self.base = base
        self.cost = cost


def reshape(quote: int, base: int, net: int, new_quote: int, new_base: int) -> Reshape:
    """A change of reserves with its cost, rounded up by what both valuations round.

    Raises :class:`LimitReached` where a reserve would leave its bounds, or where what the net
    short has sold could not be bought back (``depth-bound``).
    """
    if not 1 <= new_quote <= int(MAX_QUOTE) or not 1 <= new_base <= int(MAX_BASE):
        raise LimitReached(
            "depth-bound",
            f"reserves of {new_quote} (1e-6 dollar) and {new_base} (1e-8 token) are out of bounds",
            new_quote,
            int(MAX_QUOTE),
        )
    if -net >= new_base or new_base < new_quote // 100_000:
        raise LimitReached(
            "depth-bound",
            f"a base reserve of {new_base} cannot carry the net position {net} (1e-8 token)",
            new_base,
            -net,
        )
    if net == 0:
        return Reshape(new_quote, new_base, 0)
    before: int = unwound(quote, base, net)
    after: int = unwound(new_quote, new_base, net)
    return Reshape(new_quote, new_base, after - before + 1)


def scaled(quote: i64, base: i64, net: i64, factor: i64) -> Reshape:
    """Both reserves times ``factor`` (1e-12): the price stays to the unit of a reserve."""
    return reshape(quote, base, net, mul_div(quote, factor, RATE), mul_div(base, factor, RATE))


def pegged(quote: i64, base: i64, net: i64, price: i64) -> Reshape:
    """The price scaled to ``price`` (1e-10): Q = B*P*, rounded to the nearest unit."""
    new_quote = (int(base) * int(price) + _WHOLE // 2) // _WHOLE
    return reshape(quote, base, net, new_quote, base)


def repegged(quote: i64, base: i64, net: i64, price: i64) -> Reshape:
    """The price moved to ``price`` (1e-10) at constant k.

    Where the net short would not fit into B' the price is scaled instead, as Tribe3 falls back.
    """
    k = int(quote) * int(base)
    new_quote = isqrt(k * int(price) // _WHOLE)
    new_base = isqrt(k * _WHOLE // int(price))
    if new_base <= -net:
        return pegged(quote, base, net, price)
    return reshape(quote, base, net, new_quote, new_base)


def factor_for(quote: int, base: int, net: int, budget: int, low: int, high: int) -> int:
    """The depth factor (1e-12, rounded down) that costs ``budget``, held to [low, high].

    Any units: ``quote`` and ``budget`` in one, ``base`` and ``net`` in another.
    """
    top = quote * net * net + budget * net * (base + net)
    bottom = quote * net * net - budget * base * (base + net)
    if bottom <= 0:
        return high
    return max(low, min(high, max(0, top) * _WHOLE // bottom))


def peg_within(quote: int, base: int, net: int, target: int, budget: int) -> int:
    """The price (1e-10) nearest to ``target`` that scaling the peg reaches for ``budget``.

    A peg moves in proportion: cost is V(N) * (m - 1), so the step is cut to budget over cost.
    """
    price = quote * _WHOLE // base
    cost = abs_cost(quote, base, net, target)
    if cost <= budget:
        return target
    step = (target - price) * max(0, budget)
    return price + (step // cost if step >= 0 else -(-step // cost))


def abs_cost(quote: int, base: int, net: int, target: int) -> int:
    """Cost (1e-6 dollar) of scaling the peg to ``target`` (1e-10)."""
    return int(pegged(quote, base, net, target).cost)


def spread_target(price: int, target: int, max_spread: int) -> int:
    """The target (1e-10) drawn back so that half of ``max_spread`` (1e-12) stays between.

    Where the mark is nearer than that already, the target itself.
    """
    gap = target * max_spread // (2 * _WHOLE)
    if price > target + gap:
        return target + gap
    if price < target - gap:
        return target - gap
    return target


def wanted_factor(
    quote: i64, volume: i64, interest: i64, rate: i64, volume_depth: i64, interest_depth: i64,
    stress: i64,
) -> int:  # fmt: skip
    """The adaptive rule: wanted quote reserve over the present one (1e-12).

    wanted = (volume_depth * hourly volume + interest_depth * open interest) * z / (z + |rate|),
    z the funding at which it is halved: busy markets get depth, quiet ones and those whose mark
    stays away from the index become cheap to move.
    """
    wanted = int(volume) * int(volume_depth) + int(interest) * int(interest_depth)
    size = int(rate) if rate >= 0 else -int(rate)
    wanted = wanted * int(stress) // (int(stress) + size)
    return wanted // int(quote)


def bounds(most_down: i64, most_up: i64) -> tuple[int, int]:
    """Least and greatest depth factor of one step (1e-12)."""
    return _WHOLE - int(most_down), _WHOLE + int(most_up)


def kilo_step() -> int:
    """The tenth of a percent that Drift takes off the depth to pay for a repeg (1e-12)."""
    return _WHOLE - 10 * int(BASIS_POINT)


def mean_volume(mean: i64, newest: i64, fade: i64) -> i64:
    """Hourly volume, faded: mean + (newest - mean) * fade, rounded up."""
    return mean + mul_div_up(newest - mean, fade, RATE)

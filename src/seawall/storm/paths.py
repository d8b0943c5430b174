"""Generated paths: Brownian motion, jumps, a crash of a given shape.

Glossary
--------
volatility   standard deviation of a year's logarithmic return, as a fraction (0.8 is 80 %)
drift        expected growth per year, as a fraction
depth        how much of the price a crash takes away, as a fraction
rebound      how much of that loss is regained afterwards, as a fraction

Equations
---------
Brownian     ln P(t+dt) - ln P(t) = (drift - volatility^2/2) dt + volatility sqrt(dt) z
jumps        the same, less (e^(mean + deviation^2/2) - 1) rate dt, plus a Poisson number of normal
             steps (mean, deviation): R. C. Merton, "Option pricing when underlying stock returns
             are discontinuous", Journal of Financial Economics 3 (1976)
crash        geometric between the key points, times e^(Brownian bridge), which is 1 at each of them

The same arguments give the same reports on every machine: draws come from a seeded numpy
``Generator``, sums are IEEE doubles, powers and exponentials are decimals of 40 and 28 digits.
"""

import math
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation, localcontext
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from seawall.engine import fixed
from seawall.engine.errors import BadParameters, BadScenario
from seawall.storm.scenario import Column, Scenario, Series, build
from seawall.storm.units import Moment, Number, parse_time, span, steps, to_price

_MAX_TICKS = 10_000_000
_DAYS = 365
_YEAR_S = int(fixed.YEAR // fixed.SECOND)
_PRICE, _MAX_PRICE = int(fixed.PRICE), int(fixed.MAX_PRICE)
_FINE = 40
_COARSE = 28

_Floats = npt.NDArray[np.float64]


def brownian_path(
    *,
    market: str = "BTC",
    start_price: Number = 100_000,
    volatility: float = 0.8,
    drift: float = 0.0,
    hours: float = 24,
    tick_s: int = 15,
    start: Moment = "2025-01-01",
    sources: Sequence[str] = ("generated",),
    disagreement: float = 0.0,
    seed: int = 0,
) -> Scenario:
    """Geometric Brownian motion.

    Every source reports every tick. ``disagreement`` is the standard deviation of what each source
    errs by, independently, as a fraction of the price; 0 makes them agree.

    Raises :class:`BadParameters` naming the argument, its value and its bounds.

    Example::

        brownian_path(volatility=0.6, hours=48, seed=7)
    """
    count, start_ms = _span("hours", hours, tick_s), parse_time(start)
    _check("volatility", volatility, 0, 100)
    _check("drift", drift, -100, 100)
    random = np.random.default_rng(_seed(seed))
    log = _diffusion(random, count, tick_s, volatility, drift)
    return _scenario(
        f"brownian-{seed}",
        f"Brownian motion of {market}, volatility {volatility:g} and drift {drift:g} a year, "
        f"{hours:g} h, seed {seed}",
        _reports(market, sources, start_ms, tick_s, _grow(start_price, log), disagreement, random),
        tick_s,
    )


def jump_path(
    *,
    market: str = "BTC",
    start_price: Number = 100_000,
    volatility: float = 0.8,
    drift: float = 0.0,
    jumps_per_day: float = 4.0,
    jump_mean: float = -0.02,
    jump_deviation: float = 0.03,
    hours: float = 24,
    tick_s: int = 15,
    start: Moment = "2025-01-01",
    sources: Sequence[str] = ("generated",),
    disagreement: float = 0.0,
    seed: int = 0,
) -> Scenario:
    """Brownian motion with jumps (Merton 1976).

    ``jump_mean`` and ``jump_deviation`` are those of one jump's logarithm; the drift is corrected
    for the jumps, so that the expected growth stays ``drift``. The rest as in
    :func:`brownian_path`.

    Raises :class:`BadParameters` naming the argument, its value and its bounds.

    Example::

        jump_path(jumps_per_day=12, jump_mean=-0.01, seed=7)
    """
    count, start_ms = _span("hours", hours, tick_s), parse_time(start)
    _check("volatility", volatility, 0, 100)
    _check("drift", drift, -100, 100)
    _check("jumps_per_day", jumps_per_day, 0, 100_000)
    _check("jump_mean", jump_mean, -5, 5)
    _check("jump_deviation", jump_deviation, 0, 5)
    random = np.random.default_rng(_seed(seed))
    rate = jumps_per_day * _DAYS
    growth = float(Decimal(jump_mean + jump_deviation * jump_deviation / 2).exp()) - 1
    log = _diffusion(random, count, tick_s, volatility, drift - rate * growth)
    jumps = random.poisson(rate * tick_s / _YEAR_S, count)
    sizes = jumps * jump_mean + np.sqrt(jumps) * jump_deviation * random.standard_normal(count)
    log[1:] += np.cumsum(sizes)
    return _scenario(
        f"jumps-{seed}",
        f"Brownian motion of {market} with {jumps_per_day:g} jumps a day of {jump_mean:g} "
        f"(deviation {jump_deviation:g}), volatility {volatility:g} and drift {drift:g} a year, "
        f"{hours:g} h, seed {seed}",
        _reports(market, sources, start_ms, tick_s, _grow(start_price, log), disagreement, random),
        tick_s,
    )


def crash_path(
    *,
    market: str = "BTC",
    start_price: Number = 100_000,
    depth: Number = "0.3",
    fall_minutes: float = 30,
    rebound: Number = "0.5",
    rebound_minutes: float = 60,
    calm_minutes: float = 60,
    after_minutes: float = 60,
    volatility: float = 0.0,
    tick_s: int = 15,
    start: Moment = "2025-01-01",
    sources: Sequence[str] = ("generated",),
    disagreement: float = 0.0,
    seed: int = 0,
) -> Scenario:
    """A crash: calm, a fall by ``depth``, a rebound of ``rebound`` of the loss, calm again.

    The fall and the rebound are geometric, and each stretch ends at its price to the last unit.
    ``volatility`` adds a Brownian bridge between these ends, so that the shape keeps its depth and
    is otherwise as rough as a market. Each stretch is rounded to whole ticks, a fall to at least
    one; a stretch of 0 minutes is left out, and a rebound of 0 minutes is immediate. The rest as in
    :func:`brownian_path`.

    Raises :class:`BadParameters` naming the argument, its value and its bounds.

    Example::

        crash_path(start_price="0.02", depth=0.9, fall_minutes=3, rebound=0, seed=7)
    """
    start_ms, top = parse_time(start), Decimal(to_price(start_price)) / _PRICE
    fall = _fraction("depth", depth, "0.000001", "0.999999")
    rise = _fraction("rebound", rebound, "0", "10")
    _check("volatility", volatility, 0, 100)
    low, later = top * (1 - fall), top * (1 - fall * (1 - rise))
    calm = _ticks("calm_minutes", calm_minutes, tick_s)
    falling = max(1, _ticks("fall_minutes", fall_minutes, tick_s))
    rising = max(1, _ticks("rebound_minutes", rebound_minutes, tick_s)) if rise else 0
    after = _ticks("after_minutes", after_minutes, tick_s)
    ends = [(0, top)]
    for length, price in ((calm, top), (falling, low), (rising, later), (after, later)):
        if length:
            ends.append((ends[-1][0] + length, price))
    _bounded_ticks(ends[-1][0])
    random = np.random.default_rng(_seed(seed))
    prices = geometric(ends)
    if volatility:
        prices = _scale(prices, _bridges(random, [at for at, _ in ends], tick_s, volatility))
    return _scenario(
        f"crash-{seed}",
        f"a crash of {market} by {depth} in {span(falling * tick_s * 1000)}, {rebound} of it "
        f"regained, volatility {volatility:g} a year, seed {seed}",
        _reports(market, sources, start_ms, tick_s, prices, disagreement, random),
        tick_s,
    )


def geometric(ends: Sequence[tuple[int, Decimal]]) -> Column:
    """Prices (1e-10) tick by tick through ``ends``, pairs of tick number and dollars per token.

    Between two ends the price grows by the same factor every tick; at an end it is that end's
    price exactly. Tick numbers ascend.

    Example::

        geometric([(0, Decimal(100)), (2, Decimal(400))]) / PRICE  # 100, 200, 400
    """
    prices = [steps(ends[0][1])]
    with localcontext(prec=_FINE):
        for (first, price), (last, target) in pairwise(ends):
            factor = (target / price) ** (Decimal(1) / (last - first))
            for _ in range(last - first - 1):
                price *= factor
                prices.append(steps(price))
            prices.append(steps(target))
    return np.array(prices, dtype=np.int64)


def _diffusion(
    random: np.random.Generator, count: int, tick_s: int, volatility: float, drift: float
) -> _Floats:
    """Logarithm of the price over its first, at 0 and after each of ``count`` ticks."""
    years = tick_s / _YEAR_S
    moves = volatility * math.sqrt(years) * random.standard_normal(count)
    moves += (drift - volatility * volatility / 2) * years
    return np.concatenate([np.zeros(1), np.cumsum(moves)])


def _bridges(
    random: np.random.Generator, ends: Sequence[int], tick_s: int, volatility: float
) -> _Floats:
    """A Brownian motion that is 0 at each of the tick numbers ``ends``."""
    log = _diffusion(random, ends[-1], tick_s, volatility, 0)
    for first, last in pairwise(ends):
        share = np.arange(last - first) / (last - first)
        log[first:last] -= log[first] + (log[last] - log[first]) * share
    log[-1] = 0
    return log


def _grow(start_price: Number, log: _Floats) -> Column:
    return _scale(np.full(len(log), to_price(start_price), dtype=np.int64), log)


def _scale(prices: Column, log: _Floats) -> Column:
    """``prices * e^log``, held inside what the engine can carry."""
    with localcontext(prec=_COARSE):
        scaled = (
            Decimal(price) * Decimal(power).exp() if power else Decimal(price)
            for price, power in zip(prices.tolist(), log.tolist(), strict=True)
        )
        return np.array([_inside(steps(price, 1), tick) for tick, price in enumerate(scaled)])


def _inside(price: int, tick: int) -> int:
    if 1 <= price <= _MAX_PRICE:
        return price
    raise BadScenario(
        f"the path leaves the engine's prices (1e-10 to {_MAX_PRICE // _PRICE} dollars) at tick "
        f"{tick}; lower the volatility or drift, or start elsewhere"
    )


def _reports(
    market: str,
    sources: Sequence[str],
    start: int,
    tick_s: int,
    prices: Column,
    disagreement: float,
    random: np.random.Generator,
) -> list[Series]:
    _check("disagreement", disagreement, 0, 0.1)
    if isinstance(sources, str) or not sources or len(set(sources)) < len(sources):
        raise BadParameters(f"sources {sources!r}: must be a list of different names, at least one")
    step = tick_s * 1000
    times = start + step * np.arange(len(prices), dtype=np.int64)
    lines = []
    for source in sources:
        seen = prices
        if disagreement:
            errors = prices * (disagreement * random.standard_normal(len(prices)))
            seen = np.clip(prices + np.rint(errors).astype(np.int64), 1, _MAX_PRICE)
        lines.append(Series(market, source, times, seen, step))
    return lines


def _scenario(name: str, description: str, lines: Sequence[Series], tick_s: int) -> Scenario:
    return build(name, description, [f"generated: {description}"], {}, tick_s * 1000, lines)


def _span(name: str, hours: float, tick_s: int) -> int:
    _check(name, hours, 0, 1e7)
    ticks = _ticks(name, hours * 60, tick_s)
    if ticks < 1:
        raise BadParameters(f"{name} {hours}: must be at least one tick of {tick_s} s")
    return ticks


def _ticks(name: str, minutes: float, tick_s: int) -> int:
    if not isinstance(tick_s, int) or not 1 <= tick_s <= 3600:
        raise BadParameters(f"tick_s {tick_s}: must be a whole number from 1 to 3600 (seconds)")
    _check(name, minutes, 0, 1e9)
    return _bounded_ticks(round(minutes * 60 / tick_s))


def _bounded_ticks(ticks: int) -> int:
    if ticks > _MAX_TICKS:
        raise BadParameters(f"a path of {ticks} ticks: must be at most {_MAX_TICKS}")
    return ticks


def _seed(seed: int) -> int:
    if not isinstance(seed, int) or seed < 0:
        raise BadParameters(f"seed {seed}: must be a whole number, 0 or above")
    return seed


def _fraction(name: str, value: Number, low: str, high: str) -> Decimal:
    try:
        fraction = Decimal(str(value))
    except InvalidOperation:
        fraction = Decimal("NaN")
    if fraction.is_nan() or not Decimal(low) <= fraction <= Decimal(high):
        raise BadParameters(f"{name} {value}: must be a number between {low} and {high}")
    return fraction


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise BadParameters(f"{name} {value}: must be between {low:g} and {high:g}")

"""The mark at which a position falls below maintenance: never too late, hardly too early."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seawall.engine.designs.vamm import pricing
from seawall.engine.fixed import RATE
from vamm.stage import Stage, price, rate


def is_below(quote: int, base: int, size: int, entry: int, margin: int, ratio: int) -> bool:
    value = int(pricing.closing_value(quote, base, size))
    equity = margin + (value - entry if size > 0 else entry - value)
    return equity < -(-value * ratio // RATE)


@given(
    quote=st.integers(9, 15).flatmap(lambda power: st.integers(10**power, 9 * 10**power)),
    cost=st.integers(6, 15),
    depth=st.sampled_from([10, 1_000, 100_000, 10_000_000]),
    part=st.integers(1, 2_000_000),
    is_long=st.booleans(),
    worth=st.integers(80, 120),
    leverage=st.integers(2, 20),
)
@settings(max_examples=200, deadline=None)
def test_the_trigger_is_never_too_late_and_hardly_too_early(
    quote: int, cost: int, depth: int, part: int, is_long: bool, worth: int, leverage: int
) -> None:
    """VAM-LIQ-1: over pools of a thousand to ten billion dollars and tokens of every price."""
    base = min(10**17 * 9, max(10**8, quote * 10**12 // 10**cost))
    size = max(1, base * part // (depth * 1_000_000)) * (1 if is_long else -1)
    value = int(pricing.closing_value(quote, base, size))
    assume(value >= 10**6 and abs(size) >= 10**6 and base >= 10**9)
    entry = value * worth // 100
    margin = entry // leverage
    ratio = rate("0.0625")
    if size > 0:
        trigger = int(pricing.long_key(quote, base, size, entry - margin, ratio))
    else:
        trigger = -int(pricing.short_key(quote, base, -size, entry + margin, ratio))
    k = quote * base

    def below_at(mark: int) -> bool | None:
        """Whether it is below at about this mark; None where the curve does not go there."""
        other_base = int(pricing.isqrt(k * 10**12 // mark))
        if not 10**7 < other_base < 10**18 or other_base <= -size or k // other_base < 10**7:
            return None
        return is_below(k // other_base, other_base, size, entry, margin, ratio)

    assert 0 < trigger < 10**17
    safe, lost = (10_001, 9_990) if size > 0 else (9_999, 10_010)
    assert below_at(trigger * safe // 10_000) is not True
    assert below_at(trigger * lost // 10_000) is not False
    for move in (-400, -90, -40, -10, -3, 3, 10, 40, 90, 400):
        mark = int(pricing.spot(quote, base)) * (1000 + move) // 1000
        if below_at(mark):
            reached = mark <= trigger + 10 if size > 0 else mark >= trigger - 10
            assert reached, f"below at {mark}, but the trigger is {trigger}"


@pytest.mark.parametrize(("long", "expected"), [(True, "115.9367"), (False, "83.7045")])
def test_the_closed_form_of_the_source(long: bool, expected: str) -> None:
    """VAM-MAR-6: a long and a short of 100 at ten times on (10,000; 100)."""
    stage = Stage(
        10_000, 100, oracle=100, initial_ratio=rate("0.1"), maintenance_ratio=rate("0.0625")
    )
    (stage.long if long else stage.short)("a", 100, 10)
    view = stage.market.position(stage.who("a"))
    assert view is not None
    assert abs(int(view.liquidation_price) - price(expected)) < price("0.0001")
    assert int(view.maintenance) == -(-int(view.value) * rate("0.0625") // 10**12)


def test_a_small_position_in_a_deep_pool_is_watched() -> None:
    stage = Stage(1_000_000_000, 0, oracle=2000, fund=0)
    stage.long("a", 10, 10)
    stage.short("b", 10, 10)
    house = stage.market.house
    mark = stage.market.mark()
    longs, shorts = house.lookout.longs.items, house.lookout.shorts.items
    assert mark * 90 // 100 < int(longs[0].key) < mark
    assert mark < -int(shorts[0].key) < mark * 110 // 100

"""Leverage tiers and what makes a position liquidatable (LAY-MAR)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roles import Stage, ceil_div, dollars, price, tokens
from seawall.engine.designs.layered import Params
from seawall.engine.designs.layered.params import default_tiers
from seawall.engine.events import RungReached


@pytest.mark.parametrize(
    ("notional", "leverage", "maintenance"),
    [
        (1, 50, 1),
        (1_000_000, 50, 1),
        ("1000000.000001", 25, 2),
        (5_000_000, 25, 2),
        ("5000000.000001", 10, 5),
        (20_000_000, 10, 5),
        ("20000000.000001", 5, 10),
        (900_000_000, 5, 10),
    ],
)
def test_the_whole_notional_stands_at_the_rate_of_its_tier(notional, leverage, maintenance):
    """LAY-MAR-1: limits belong to the tier below them; both requirements are ceiled."""
    tiers = default_tiers()
    value = dollars(notional)
    assert tiers.initial(value) == ceil_div(value, leverage)
    assert tiers.maintenance(value) == ceil_div(value * maintenance, 100)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(tokens("0.02"), tokens(200)), st.integers(price(1900), price(2100)), st.booleans()
)
def test_equity_is_margin_and_result_at_the_rounded_notional(size, mark, is_long):
    """LAY-MAR-2: N is floored for a long, ceiled for a short; so is the result."""
    stage = Stage(params=Params(move_fee=0))
    trader = stage.trader(500_000)
    stage.venue.place("ETH", trader, size if is_long else -size, dollars(200_000))
    stage.tick()
    stage.at = mark
    stage.tick()
    view = stage.position(trader)
    value = size * mark // 10**12 if is_long else ceil_div(size * mark, 10**12)
    result = value - view.entry if is_long else view.entry - value
    assert (view.value, view.result) == (value, result)
    assert view.equity == view.margin + result - view.accrued
    assert view.maintenance == ceil_div(value, 100)
    assert view.initial == ceil_div(value, 50)


@settings(max_examples=40, deadline=None)
@given(st.integers(60, 400), st.booleans())
def test_a_position_falls_at_its_liquidation_price_and_not_a_unit_before(margin, is_long):
    """LAY-MAR-2: liquidatable when e < maintenance, at the very price that the view tells."""
    stage = Stage(params=Params(move_fee=0))
    trader = stage.trader(1_000)
    stage.fill(trader, 1 if is_long else -1, margin)
    trigger = stage.position(trader).liquidation_price
    safe = trigger + (1 if is_long else -1)
    stage.at = safe
    stage.tick()
    assert stage.happened(RungReached) == []
    assert stage.position(trader).equity >= stage.position(trader).maintenance
    stage.at = trigger
    stage.tick()
    assert len(stage.happened(RungReached)) == 1


def test_accrued_funding_is_taken_off_the_equity():
    """LAY-MAR-2: what is owed but not yet paid counts against its owner."""
    stage = Stage(params=Params(move_fee=0))
    trader = stage.trader(3_000_000)
    stage.fill(trader, 3000, 2_000_000)
    for _ in range(5):
        stage.to_minute()
    view = stage.position(trader)
    assert view.accrued > dollars(10)
    assert view.equity == view.margin - view.accrued
    stage.at = view.liquidation_price + 1
    stage.tick()
    assert stage.happened(RungReached) == []
    stage.at = view.liquidation_price
    stage.tick()
    assert len(stage.happened(RungReached)) == 1


def test_a_price_move_into_a_higher_tier_raises_the_requirement():
    """LAY-MAR-1: 499 tokens at 2000 stand at 1 %, at 2010 at 2 %: liquidated by its own profit."""
    stage = Stage(params=Params(move_fee=0))
    shorted = stage.trader(30_000)
    stage.fill(shorted, -499, 21_500)
    stage.tick(2004)
    assert stage.happened(RungReached) == []
    assert stage.position(shorted).maintenance < dollars(10_001)
    stage.tick(2005)
    assert len(stage.happened(RungReached)) == 1

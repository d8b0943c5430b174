"""Limit, stop and take-profit orders: when they fire, at which price, and who goes first."""

import pytest

from roles import Stage, dollars, price
from seawall.engine.designs.layered import Params
from seawall.engine.events import Cancelled, Filled

CALM = Params(move_fee=0)


def fired(stage: Stage) -> list[int]:
    return [event.order for event in stage.happened(Filled)]


@pytest.mark.parametrize(
    ("kind", "side", "trigger", "not_yet", "reached"),
    [
        ("limit", 1, 1990, "1990.01", 1985),
        ("limit", -1, 2010, "2009.99", 2015),
        ("take-profit", 1, 1990, "1990.01", 1990),
        ("take-profit", -1, 2010, "2009.99", 2010),
        ("stop", 1, 2010, "2009.99", 2010),
        ("stop", -1, 1990, "1990.01", 1990),
    ],
)
def test_a_trigger_fires_in_its_own_direction(kind, side, trigger, not_yet, reached):
    """LAY-ORD-2: limits and take-profits wait for a better price, stops for a worse one."""
    stage = Stage(params=CALM)
    trader = stage.trader(5_000)
    order = stage.place(trader, side, 1_000, kind=kind, trigger=price(trigger))
    stage.tick(not_yet)
    stage.tick(not_yet)
    assert fired(stage) == []
    stage.tick(reached)
    assert fired(stage) == [order]


def test_a_market_order_has_no_trigger_and_fills_wherever_the_price_is():
    """LAY-ORD-2."""
    stage = Stage(params=CALM)
    order = stage.place(stage.trader(5_000), 1, 1_000)
    stage.tick(2077)
    assert fired(stage) == [order]


def test_what_fires_at_a_report_may_fill_at_it_but_not_if_it_is_too_young():
    """LAY-ORD-1, LAY-ORD-2."""
    stage = Stage(params=CALM)
    order = stage.place(stage.trader(5_000), 1, 1_000, kind="stop", trigger=price(2010))
    stage.tick(2020, seconds=0.5)
    assert fired(stage) == []
    stage.tick(2020, seconds=0.5)
    assert fired(stage) == [order]


def test_what_fires_together_stands_in_line_by_direction_trigger_and_number():
    """LAY-ORD-2: rising triggers first, the lowest first; equal ones by number."""
    stage = Stage(params=CALM)
    trader = stage.trader(50_000)

    def wait(side: int, kind: str, at: int) -> int:
        return stage.place(trader, side, 1_000, kind=kind, trigger=price(at))

    fall_low = wait(1, "take-profit", 2020)
    fall_high = wait(1, "take-profit", 2030)
    rise_high = wait(1, "stop", 2012)
    rise_low = wait(1, "stop", 2011)
    rise_low_again = wait(1, "stop", 2011)
    stage.tick(2015)
    assert fired(stage) == [rise_low, rise_low_again, rise_high, fall_high, fall_low]


def test_a_limit_takes_its_trigger_as_the_worst_acceptable_price():
    """LAY-ORD-2, LAY-FEE-6: at 1990 the charges carry the all-in price above it: it waits."""
    stage = Stage(params=CALM)
    trader = stage.trader(5_000)
    order = stage.place(trader, 1, 1_000, kind="limit", trigger=price(1990))
    stage.tick(1990)
    assert fired(stage) == []
    assert stage.happened(Cancelled) == []
    stage.tick(1995)
    stage.tick(1988)
    assert fired(stage) == [order]
    filled = stage.happened(Filled)[0]
    assert dollars(1988) + filled.fee + filled.spread + filled.impact <= dollars(1990)


def test_another_acceptable_price_may_be_given_with_a_limit():
    """LAY-ORD-2."""
    stage = Stage(params=CALM)
    how = {"kind": "limit", "trigger": price(1990), "acceptable": price(1995)}
    order = stage.place(stage.trader(5_000), 1, 1_000, **how)
    stage.tick(1990)
    assert fired(stage) == [order]


def test_a_stop_that_misses_its_acceptable_price_is_cancelled():
    """LAY-ORD-4: only limits wait on."""
    stage = Stage(params=CALM)
    trader = stage.trader(5_000)
    stage.place(trader, 1, 1_000, kind="stop", trigger=price(2010), acceptable=price(2011))
    stage.tick(2050)
    assert [event.reason for event in stage.happened(Cancelled)] == ["acceptable-price"]
    assert stage.wallet(trader) == dollars(5_000)


# a limit waits on


def limit_buy(stage: Stage, trader: int, size: int = 1) -> int:
    how = {"kind": "limit", "trigger": price(1990), "acceptable": price(2100)}
    return stage.place(trader, size, 1_000 * size, **how)


def test_a_limit_waits_for_depth():
    """LAY-ORD-4: beyond the depth now, filled once another trader has left."""
    stage = Stage(senior=100_000, junior=100_000, params=Params(move_fee=0, side_cap=10**12))
    whale, patient = stage.trader(200_000), stage.trader(20_000)
    stage.fill(whale, 95, 150_000)
    order = limit_buy(stage, patient, 10)
    stage.tick(1990)
    assert stage.market.waiting.orders.keys() == {order}
    stage.fill(whale, -50)
    stage.tick()
    assert fired(stage)[-1] == order


def test_a_limit_waits_for_a_price_that_is_fresh_and_certain():
    """LAY-ORD-4, LAY-ORD-8."""
    stage = Stage(params=CALM)
    order = limit_buy(stage, stage.trader(5_000))
    stage.tick(1985, confidence=50)
    stage.tick(1985, budget=0)
    stage.silence(seconds=61)
    assert fired(stage) == []
    assert stage.happened(Cancelled) == []
    stage.tick(1985)
    assert fired(stage) == [order]


def test_a_limit_waits_under_the_side_cap():
    """LAY-ORD-4: the shorts' open interest has risen above the cap with the price."""
    stage = Stage(params=CALM)
    whale, patient = stage.trader(9_000_000), stage.trader(5_000)
    stage.fill(whale, -5600, 5_000_000)
    how = {"kind": "limit", "trigger": price(2010), "acceptable": price(1800)}
    order = stage.place(patient, -1, 1_000, **how)
    stage.tick(2010)
    assert stage.market.waiting.orders.keys() == {order}
    stage.fill(whale, 100)
    stage.tick()
    assert fired(stage)[-1] == order


def test_a_limit_without_margin_is_cancelled():
    """LAY-ORD-4: that is no reason to wait."""
    stage = Stage(params=CALM)
    trader = stage.trader(5_000)
    stage.place(trader, 1, 1, kind="limit", trigger=price(1990))
    stage.tick(1980)
    assert [event.reason for event in stage.happened(Cancelled)] == ["initial-margin"]


def test_a_limit_that_keeps_failing_takes_no_budget():
    """LAY-ORD-3, LAY-ORD-4: a crowd of hopeless limits must not starve the line."""
    stage = Stage(params=CALM)
    hoper, buyer = stage.trader(50_000), stage.trader(5_000)
    for _ in range(5):
        stage.place(hoper, 1, 1_000, kind="limit", trigger=price(2000))
    order = stage.place(buyer, 1, 1_000)
    stage.tick(budget=1)
    assert fired(stage) == [order]
    assert len(stage.market.waiting.orders) == 5


def test_a_waiting_limit_may_be_cancelled_after_it_fired_and_failed():
    """LAY-ORD-4."""
    stage = Stage(params=CALM)
    trader = stage.trader(5_000)
    order = stage.place(trader, 1, 1_000, kind="limit", trigger=price(1990))
    stage.tick(1990)
    stage.venue.cancel("ETH", trader, order)
    stage.tick(1900)
    assert fired(stage) == []
    assert stage.wallet(trader) == dollars(5_000)


def test_a_stop_closes_a_position_in_either_direction():
    """LAY-ORD-2, LAY-ORD-6: stop-loss and take-profit as reduce-only orders."""
    stage = Stage(params=CALM)
    long, short = stage.trader(5_000), stage.trader(5_000)
    stage.fill(long, 2, 1_000)
    stage.fill(short, -2, 1_000)
    reduce = {"reduce_only": True}
    loss = stage.place(long, -2, kind="stop", trigger=price(1960), **reduce)
    gain = stage.place(short, 2, kind="take-profit", trigger=price(1960), **reduce)
    stage.forget()
    stage.tick(1955)
    assert fired(stage) == [loss, gain]
    assert stage.market.open_positions() == []
    assert stage.market.open_interest() == (0, 0)

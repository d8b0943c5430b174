"""Rung 1: close the least that restores the target, at a pace (LAY-LIQ-1, 2, 3)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz_report import count
from roles import Stage, ceil_div, dollars, price, rate, tokens
from seawall.engine.designs.layered import Params
from seawall.engine.events import AuctionOpened, RungReached
from seawall.engine.fixed import MAX_DOLLARS
from seawall.engine.margin import Tier, Tiers

STILL = {"move_fee": 0, "funding_max": 0, "utilisation_low": 0, "utilisation_high": 0}
NO_FEES = {"half_spread": 0, "fee_adding": 0, "fee_reducing": 0}


def rungs(stage: Stage) -> list[RungReached]:
    return stage.happened(RungReached)


@pytest.mark.parametrize(
    ("liquidation_fee", "closes"), [("0", "5000"), ("0.011", "6122.448979591836")]
)
def test_the_worked_partial_closes(liquidation_fee, closes):
    """LAY-LIQ-1: N = 20,000, e = 900, m_T = 6 %; c = 0 closes 5,000, c = 1.1 % closes 6,122.45."""
    tiers = Tiers([Tier(MAX_DOLLARS, 20, rate("0.048"))], False)
    params = Params(tiers=tiers, liquidation_fee=rate(liquidation_fee), **STILL, **NO_FEES)
    stage = Stage(at=2020, params=params)
    crowd, trader = stage.trader(100_000), stage.trader(10_000)
    stage.fill(trader, 10, 1_100)
    stage.fill(crowd, 20, 50_000)
    paid = dollars(1_100) - stage.position(trader).margin
    stage.venue.add_margin("ETH", trader, paid)
    stage.tick(2000)
    event = rungs(stage)[0]
    assert event.rung == "partial-close"
    value = event.closed * price(2000) // 10**12
    assert 0 <= value - dollars(closes) <= 300
    view = stage.position(trader)
    assert view.equity >= ceil_div(view.value * 6, 100)
    assert view.equity - ceil_div(view.value * 6, 100) <= 60 + -event.impact


def test_the_fee_of_a_liquidation_is_a_quarter_percent_half_for_the_keeper():
    """LAY-LIQ-2: the other half goes to insurance, an odd unit as well."""
    stage = Stage(params=Params(**STILL))
    trader = stage.trader(1_000)
    stage.fill(trader, 10, 450)
    stage.tick(1971)
    event = rungs(stage)[0]
    value = ceil_div(event.closed * price(1971), 10**12)
    assert event.penalty == ceil_div(value * 25, 10_000)
    assert event.to_keeper == event.penalty // 2 == stage.keeper
    assert event.to_insurance == event.penalty - event.penalty // 2 == stage.pool().I
    assert event.fee == ceil_div(value * 3, 10_000) + ceil_div(value, 10_000)
    assert event.shortfall == event.returned == 0


def test_the_event_adds_up():
    """LAY-LIQ-1, LAY-POS-3: margin before and after differ by what the event tells."""
    stage = Stage(params=Params(**STILL))
    trader = stage.trader(1_000)
    stage.fill(trader, 10, 450)
    before = stage.position(trader)
    stage.tick(1971)
    event, after = rungs(stage)[0], stage.position(trader)
    assert before.size - after.size == event.closed
    spent = event.fee + event.impact + event.penalty
    assert after.margin == before.margin + event.result - spent
    stage.venue.audit()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(5, 900),
    st.integers(-600, 600),
    st.integers(110, 190),
    st.integers(0, 500),
    st.booleans(),
)
def test_a_partial_close_restores_its_target(size, others, spared, fall, is_long):
    """LAY-LIQ-1: afterwards e' >= m_T * N', whatever the crowding, the tier and the roundings."""
    stage = Stage(params=Params(partial_pace=rate(1), **STILL))
    if others:
        stage.fill(stage.trader(3_000_000), others, 2_000_000)
    trader = stage.trader(3_000_000)
    sign = 1 if is_long else -1
    stage.fill(trader, sign * size, size * 2000 // 10)
    view = stage.position(trader)
    stage.venue.remove_margin("ETH", trader, max(1, view.equity - view.initial * spared // 100))
    start = stage.position(trader)
    first = start.liquidation_price
    stage.at = first - sign * (first * fall // 10_000_000 + fall % 7)
    stage.tick()
    events = [event for event in rungs(stage) if event.rung == "partial-close"]
    after = stage.market.position(trader)
    if not events or after is None:
        count("partial close restores", "no partial close")
        return
    count("partial close restores", "restored")
    tiers = stage.market.params.tiers
    value = tiers.index_of(abs(start.size) * stage.at // 10**12)
    target = tiers.rate(value) * 125 // 100
    assert after.equity >= ceil_div(after.value * target, 10**12)
    assert stage.happened(AuctionOpened) == []


def test_the_half_width_of_the_price_is_part_of_the_cost():
    """LAY-LIQ-1: closing at the low costs more than at the mark, so more is closed."""
    sure, wide = Stage(params=Params(**STILL)), Stage(params=Params(**STILL))
    for stage, confidence in ((sure, 0), (wide, 8)):
        trader = stage.trader(1_000)
        stage.fill(trader, 10, 450)
        stage.tick(1971, confidence=confidence)
        view = stage.position(trader)
        assert view.equity >= ceil_div(view.value * 125, 10_000)
    assert rungs(wide)[0].price == price(1963)
    assert rungs(wide)[0].closed > rungs(sure)[0].closed


def test_below_half_of_the_maintenance_it_passes_to_the_auction():
    """LAY-LIQ-1: it applies while e >= ceil(N * mm / 2)."""
    stage = Stage(params=Params(**STILL))
    trader = stage.trader(1_000)
    stage.fill(trader, 10, 450)
    other = Stage(params=Params(**STILL))
    second = other.trader(1_000)
    other.fill(second, 10, 450)
    stage.tick("1966.04")
    view = stage.position(trader)
    assert [event.rung for event in rungs(stage)] == ["partial-close"]
    assert view.equity >= ceil_div(view.value * 125, 10_000)
    other.tick("1966.03")
    assert [event.rung for event in rungs(other)] == ["auction"]


def test_where_closing_costs_as_much_as_it_frees_it_passes():
    """LAY-LIQ-1: after a jump the oracle-move fee alone is above the target: x >= N."""
    stage = Stage(params=Params(funding_max=0))
    trader = stage.trader(1_000)
    stage.fill(trader, 10, 450)
    stage.tick(1969)
    assert [event.rung for event in rungs(stage)] == ["auction"]


def test_where_the_depth_does_not_reach_it_passes():
    """LAY-LIQ-1: the whole position could not be closed within what is quoted."""
    stage = Stage(senior=0, junior=100_000, params=Params(side_cap=rate(4), **STILL))
    crowd, trader = stage.trader(300_000), stage.trader(300_000)
    stage.fill(trader, 49, 90_000)
    stage.fill(crowd, -70, 250_000)
    view = stage.position(trader)
    stage.venue.remove_margin("ETH", trader, view.equity - view.initial)
    stage.tick(1975)
    assert [event.rung for event in rungs(stage)] == ["auction"]


def test_a_remainder_below_the_smallest_position_is_closed_with_it():
    """LAY-LIQ-1: what would be left is 8 dollars; the margin comes home."""
    params = Params(smallest_position=dollars(10_000), **STILL)
    stage = Stage(params=params)
    trader = stage.trader(1_000)
    stage.fill(trader, 10, 450)
    stage.tick(1967)
    event = rungs(stage)[0]
    assert event.closed == tokens(10)
    assert stage.market.position(trader) is None
    assert event.returned > 0
    assert stage.wallet(trader) == dollars(550) + event.returned


# the pace


def crowded(stage: Stage, count: int) -> list[int]:
    traders = [stage.trader(10_000) for _ in range(count)]
    for trader in traders:
        stage.fill(trader, 10, 450)
    return traders


def test_partial_closes_of_a_minute_take_a_part_of_the_depth():
    """LAY-LIQ-3: what does not fit is cut, waits, and goes on in the next minute."""
    params = Params(partial_pace=rate("0.002"), **STILL)
    stage = Stage(params=params)
    crowded(stage, 3)
    stage.forget()
    stage.tick(1967)
    depth = stage.market.desk.curve.depth
    pace = depth * 2 // 1000
    closed = sum(ceil_div(event.closed * price(1967), 10**12) for event in rungs(stage))
    assert pace - dollars(10) < closed <= pace + 100
    done = len(rungs(stage))
    stage.tick()
    assert len(rungs(stage)) == done
    stage.to_minute()
    stage.tick()
    assert len(rungs(stage)) > done


def test_a_waiting_account_takes_no_budget():
    """LAY-LIQ-3, LAY-LIQ-9: the keeper goes on to the orders."""
    stage = Stage(params=Params(partial_pace=0, **STILL))
    crowded(stage, 2)
    stage.forget()
    buyer = stage.trader(1_000)
    stage.place(buyer, 1, 500)
    stage.tick(1967, budget=1)
    assert rungs(stage) == []
    assert stage.position(buyer).size == tokens(1)


def test_a_waiting_account_that_sinks_further_waits_no_longer():
    """LAY-LIQ-3: the pace is of rung 1 alone."""
    stage = Stage(params=Params(partial_pace=0, **STILL))
    crowded(stage, 1)
    stage.tick(1967)
    assert rungs(stage) == []
    stage.tick(1960)
    assert [event.rung for event in rungs(stage)] == ["auction"]


def test_a_waiting_account_that_recovers_is_left_alone():
    """LAY-LIQ-3: margin added, or the price back: no rung at all."""
    stage = Stage(params=Params(partial_pace=0, **STILL))
    saved, lucky = crowded(stage, 2)
    stage.tick(1967)
    stage.venue.add_margin("ETH", saved, dollars(1_000))
    stage.tick(2000)
    stage.tick()
    assert rungs(stage) == []
    assert stage.position(saved).size == stage.position(lucky).size == tokens(10)


# whose turn it is


def test_the_largest_are_served_first_ties_by_account():
    """LAY-LIQ-9: a congested keeper sees to the greatest danger."""
    stage = Stage(params=Params(**STILL))
    small, big, twin = stage.trader(10_000), stage.trader(10_000), stage.trader(10_000)
    stage.fill(small, 5, 226)
    stage.fill(twin, 10, 452)
    stage.fill(big, 10, 452)
    stage.forget()
    stage.tick(1965, budget=2)
    assert [event.account for event in rungs(stage)] == [big, twin]
    stage.tick(budget=1)
    assert rungs(stage)[-1].account == small


def test_liquidations_come_before_orders():
    """LAY-LIQ-9: with one action the order waits."""
    stage = Stage(params=Params(**STILL))
    trader, buyer = stage.trader(10_000), stage.trader(1_000)
    stage.fill(trader, 10, 450)
    stage.place(buyer, 1, 500)
    stage.tick(1967, budget=1)
    assert len(rungs(stage)) == 1
    assert stage.market.position(buyer) is None


def test_nobody_is_liquidated_on_a_stale_price():
    """LAY-LIQ-9: found under the maintenance, but not touched before the next fresh price."""
    stage = Stage(params=Params(**STILL))
    trader = stage.trader(10_000)
    stage.fill(trader, 10, 450)
    stage.tick(1967, budget=0)
    stage.silence(seconds=61)
    assert rungs(stage) == []
    stage.tick()
    assert len(rungs(stage)) == 1

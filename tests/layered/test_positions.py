"""What a position is opened for, what it pays when it shrinks, and its margin (LAY-POS)."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roles import Stage, ceil_div, dollars, price, rate, tokens
from seawall.engine.designs.layered import Params
from seawall.engine.errors import Closed, NotEnough, Unknown
from seawall.engine.events import Filled, InsuranceMoved

CALM = Params(move_fee=0)
FREE = Params(move_fee=0, half_spread=0, fee_adding=0, fee_reducing=0)
SMALL = {"senior": 100_000, "junior": 40_000}
NO_ACCRUAL = {"funding_max": 0, "utilisation_low": 0, "utilisation_high": 0}


def small_pool(**changes: object) -> Stage:
    """A pool that winners can empty: no deleveraging, a side may be as large as the vaults."""
    return Stage(**SMALL, params=Params(move_fee=0, cover_floor=0, side_cap=rate(2), **changes))


# entry


@settings(max_examples=40, deadline=None)
@given(
    st.integers(tokens("0.01"), tokens(20)), st.integers(price(1500), price(2500)), st.booleans()
)
def test_an_entry_is_rounded_against_its_owner(size, at, is_long):
    """LAY-POS-1: up for a long, down for a short."""
    stage = Stage(at=Fraction(at, 10**10))
    trader = stage.trader(10_000)
    stage.venue.place("ETH", trader, size if is_long else -size, dollars(5_000))
    stage.tick()
    entry = ceil_div(size * at, 10**12) if is_long else size * at // 10**12
    assert stage.position(trader).entry == entry
    again = size // 3 + tokens("0.01")
    stage.venue.place("ETH", trader, again if is_long else -again, dollars(2_000))
    stage.tick()
    entry += ceil_div(again * at, 10**12) if is_long else again * at // 10**12
    assert stage.position(trader).entry == entry
    stage.venue.audit()


@settings(max_examples=40, deadline=None)
@given(
    st.integers(tokens("0.6"), tokens(3)),
    st.integers(1, 99),
    st.integers(price(1900), price(2100)),
    st.booleans(),
)
def test_closing_takes_its_part_of_the_entry_rounded_against_its_owner(size, part, at, is_long):
    """LAY-POS-2: E_c = E * c / Q, and all of what is left with the last piece."""
    stage = Stage(at="2000.123456789", params=CALM)
    trader = stage.trader(10_000)
    sign = 1 if is_long else -1
    stage.venue.place("ETH", trader, sign * size, dollars(8_000))
    stage.tick()
    entry = stage.position(trader).entry
    closes = size * part // 100
    stage.tick(Fraction(at, 10**10))
    stage.venue.place("ETH", trader, -sign * closes)
    stage.tick()
    result = stage.happened(Filled)[-1].result
    left = stage.position(trader).entry
    if is_long:
        taken = ceil_div(entry * closes, size)
        assert result == closes * at // 10**12 - taken
    else:
        taken = entry * closes // size
        assert result == taken - ceil_div(closes * at, 10**12)
    assert left == entry - taken
    stage.venue.place("ETH", trader, -sign * (size - closes))
    stage.tick()
    assert stage.market.position(trader) is None
    assert stage.market.desk.book.long_entry == stage.market.desk.book.short_entry == 0
    stage.venue.audit()


# the order of payment


def test_a_profit_is_added_and_the_margin_comes_home_when_all_is_closed():
    """LAY-POS-3, LAY-POS-6: 2 tokens, 50 dollars each way, less what was charged."""
    stage = Stage(params=CALM)
    trader = stage.trader(1_000)
    opened = stage.fill(trader, 2, 400)
    stage.tick(2050)
    closed = stage.fill(trader, -2)
    charged = sum(e.fee + e.spread + e.impact for e in (opened, closed))
    assert closed.result == dollars(100)
    assert stage.wallet(trader) == dollars(1_100) - charged
    assert stage.pool().C == dollars(14_000_000 - 100)


def test_a_loss_is_paid_before_any_fee_and_what_is_missing_is_the_pools():
    """LAY-POS-3: closing at the low of a wide price costs more than the margin: fees forgone."""
    stage = Stage(params=CALM)
    trader = stage.trader(1_000)
    opened = stage.fill(trader, 10, 450)
    margin = stage.position(trader).margin
    stage.place(trader, -10)
    stage.tick(1978, confidence=39)
    closed = stage.happened(Filled)[-1]
    assert closed.price == price(1939)
    assert closed.result == -dollars(610)
    assert closed.unpaid == dollars(610) - margin + closed.impact
    assert stage.pool().C == dollars(14_000_000) + margin - closed.impact
    assert stage.pool().F == opened.fee + opened.spread
    assert stage.wallet(trader) == dollars(550)


def test_accrual_is_paid_first_and_the_pool_stands_in_for_the_rest():
    """LAY-POS-3, LAY-MIN-4: half an hour without a price or a keeper; the clearing pot is whole."""
    stage = Stage(params=Params(move_fee=0, funding_max=rate("0.1"), funding_pace=rate(1)))
    crowd, trader = stage.trader(1_000_000), stage.trader(1_000)
    stage.fill(crowd, 3500, 900_000)
    stage.fill(trader, 10, 450)
    margin = stage.position(trader).margin
    stage.place(trader, -10)
    stage.tick(budget=0)
    stage.forget()
    stage.silence(seconds=1_800, budget=0)
    owed = stage.position(trader).accrued
    assert owed > margin
    before = stage.pool()
    stage.silence(seconds=1)
    closed = stage.happened(Filled)[-1]
    assert closed.accrued == owed
    assert closed.unpaid == owed - margin + closed.impact
    after = stage.pool()
    assert before.C - after.C == closed.unpaid
    assert after.X - before.X == owed
    assert after.F == before.F
    assert stage.wallet(trader) == dollars(550)
    stage.venue.audit()


def test_a_rebate_helps_to_pay_before_it_goes_home():
    """LAY-POS-3, LAY-ORD-7: nobody walks off with a rebate and leaves the fee or a loss behind."""
    stage = Stage(params=CALM)
    crowd, trader = stage.trader(900_000), stage.trader(1_000)
    stage.fill(crowd, -3000, 800_000)
    stage.fill(trader, -10, 450)
    margin = stage.position(trader).margin
    stage.place(trader, 10)
    stage.tick(2020, confidence=39)
    closed = stage.happened(Filled)[-1]
    assert closed.size == tokens(10)
    assert closed.impact < -dollars(10)
    assert closed.result == -dollars(590)
    assert closed.unpaid == dollars(590) - margin + closed.impact
    assert stage.wallet(trader) == dollars(550)


def test_a_grown_position_pays_its_fee_out_of_the_rebate():
    """LAY-ORD-7: margin is nothing, equity is profit; the rebate is counted, so it must pay."""
    stage = Stage(params=Params(move_fee=0, **NO_ACCRUAL))
    crowd, winner = stage.trader(4_000_000), stage.trader(10_000)
    stage.fill(winner, 1, 1_000)
    stage.walk_to(2400)
    stage.fill(crowd, -3000, 3_900_000)
    stage.venue.remove_margin("ETH", winner, stage.position(winner).margin)
    assert stage.position(winner).margin == 0
    income = stage.pool().F
    grown = stage.fill(winner, 1)
    assert -grown.impact > grown.fee + grown.spread
    assert stage.pool().F == income + grown.fee + grown.spread
    assert stage.position(winner).margin == -grown.impact - grown.fee - grown.spread


# profits


def test_a_winner_is_paid_in_full_while_the_pool_can():
    """LAY-POS-4: U = C - 1 dollar is still solvent."""
    stage = small_pool()
    winner = stage.trader(500_000)
    stage.fill(winner, 60, 100_000)
    stage.walk_to(4200)
    assert stage.pool().U <= stage.pool().C
    closed = stage.fill(winner, -60)
    assert closed.result == dollars(132_000)
    assert closed.withheld == 0


def test_an_insolvent_pool_pays_all_winners_the_same_share():
    """LAY-POS-4: floor(r * C / U) with U before the close; the event says what was withheld."""
    stage = small_pool()
    first, second = stage.trader(500_000), stage.trader(500_000)
    stage.fill(first, 40, 90_000)
    stage.fill(second, 25, 90_000)
    stage.walk_to(5000)
    stage.to_minute()
    stage.place(first, -40)
    stage.place(second, -25)
    pool = stage.pool()
    assert pool.U > pool.C > 0
    stage.tick()
    one, two = stage.happened(Filled)[-2:]
    paid = one.result * pool.C // pool.U
    assert one.withheld == one.result - paid
    assert two.withheld == two.result - two.result * (pool.C - paid) // (pool.U - one.result)
    assert abs(paid * two.result - (two.result - two.withheld) * one.result) <= one.result
    drawn = sum(event.amount for event in stage.happened(InsuranceMoved)[-1:])
    assert stage.pool().C == drawn
    stage.venue.audit()


def test_margin_is_returned_whole_by_an_insolvent_pool():
    """LAY-POS-4, LAY-POS-6: only the profit is cut."""
    stage = small_pool(half_spread=0, fee_adding=0, fee_reducing=0, **NO_ACCRUAL)
    winner = stage.trader(100_000)
    stage.fill(winner, 65, 100_000)
    margin = stage.position(winner).margin
    stage.walk_to(6000)
    closed = stage.fill(winner, -65)
    profit = closed.result - closed.withheld
    assert 0 < profit < closed.result
    assert stage.wallet(winner) == margin + profit - closed.impact


def test_losses_are_called_in_when_cash_is_short_although_the_pool_is_solvent():
    """LAY-POS-5: losers' margin moves into C with their entry; what they own stays the same."""
    stage = small_pool(**NO_ACCRUAL)
    early, late = stage.trader(500_000), stage.trader(500_000)
    winner, onlooker = stage.trader(500_000), stage.trader(500_000)
    stage.fill(early, -2, 120_000)
    stage.fill(winner, 60, 200_000)
    stage.fill(late, -27, 240_000)
    stage.fill(onlooker, "0.1", 1_000)
    stage.walk_to(4500)
    stage.to_minute()
    before = {who: stage.position(who) for who in (early, late, onlooker)}
    pool = stage.pool()
    closed = stage.fill(winner, -60)
    assert closed.result == dollars(150_000)
    assert pool.U <= pool.C < closed.result
    assert closed.withheld == 0
    missing = closed.result - pool.C
    called = dollars(2 * 2_500)
    assert missing > called
    after = {who: stage.position(who) for who in (early, late, onlooker)}
    assert before[early].margin - after[early].margin == called
    assert before[late].margin - after[late].margin == missing - called
    assert after[early].entry - before[early].entry == called
    for who in (early, late, onlooker):
        assert after[who].equity == before[who].equity
        assert after[who].liquidation_price == before[who].liquidation_price
    assert after[onlooker].margin == before[onlooker].margin
    assert stage.pool().C == 0
    stage.venue.audit()


def test_longs_are_called_in_as_shorts_are():
    """LAY-POS-5: the entry of a long moves down with its margin."""
    stage = small_pool(**NO_ACCRUAL)
    loser, winner = stage.trader(500_000), stage.trader(500_000)
    stage.fill(loser, 40, 90_000)
    stage.fill(winner, -80, 200_000)
    stage.walk_to(100)
    stage.to_minute()
    before, pool = stage.position(loser), stage.pool()
    closed = stage.fill(winner, 80)
    missing = closed.result - pool.C
    assert closed.result == dollars(152_000)
    assert closed.withheld == 0
    assert missing > dollars(10_000)
    after = stage.position(loser)
    assert before.margin - after.margin == before.entry - after.entry == missing
    assert after.equity == before.equity
    stage.venue.audit()


def test_a_loser_is_called_in_for_no_more_than_the_margin():
    """LAY-POS-5: the loser, on offer, is under water when the winner leaves: the event tells."""
    stage = small_pool(**NO_ACCRUAL)
    winner, loser = stage.trader(500_000), stage.trader(500_000)
    stage.fill(winner, 60, 200_000)
    stage.fill(loser, -29, 5_000)
    stage.place(winner, -60)
    stage.tick(2165, seconds=0.5)
    assert stage.position(loser).in_auction
    margin = stage.position(loser).margin
    cash = stage.pool().C
    stage.tick(4500)
    closed = stage.happened(Filled)[-1]
    assert closed.result == dollars(150_000)
    assert closed.withheld == closed.result - cash - margin > 0
    stage.venue.audit()


# margin


def test_margin_may_be_added_at_any_time():
    """LAY-POS-7: also with a stale price; the liquidation price moves away."""
    stage = Stage()
    trader = stage.trader(1_000)
    stage.fill(trader, 1, 100)
    before = stage.position(trader)
    stage.silence(seconds=120)
    stage.venue.add_margin("ETH", trader, dollars(50))
    after = stage.position(trader)
    assert after.margin == before.margin + dollars(50)
    assert after.liquidation_price < before.liquidation_price
    assert stage.wallet(trader) == dollars(850)


def test_margin_may_be_taken_out_down_to_the_initial_requirement():
    """LAY-POS-7: equity stays at 40 dollars for 2000, not a unit less."""
    stage = Stage()
    trader = stage.trader(1_000)
    stage.fill(trader, 1, 100)
    free = stage.position(trader).equity - dollars(40)
    with stage.refuses("initial-margin", NotEnough):
        stage.venue.remove_margin("ETH", trader, free + 1)
    stage.venue.remove_margin("ETH", trader, free)
    assert stage.position(trader).equity == dollars(40)
    assert stage.wallet(trader) == dollars(900) + free


def test_unrealised_profit_cannot_be_taken_out():
    """LAY-POS-7: at most the margin less what has accrued."""
    stage = Stage(params=CALM)
    trader = stage.trader(3_000)
    stage.fill(trader, 1, 2_000)
    stage.walk_to(4000, step="0.09")
    stage.tick(seconds=120)
    view = stage.position(trader)
    assert view.accrued > 0
    assert view.equity - view.initial > view.margin - view.accrued
    with stage.refuses("initial-margin", NotEnough):
        stage.venue.remove_margin("ETH", trader, view.margin - view.accrued + 1)
    stage.venue.remove_margin("ETH", trader, view.margin - view.accrued)
    assert stage.position(trader).margin == view.accrued


def test_margin_is_not_taken_out_on_a_stale_price():
    """LAY-POS-7."""
    stage = Stage()
    trader = stage.trader(1_000)
    stage.fill(trader, 1, 500)
    stage.silence(seconds=61)
    with stage.refuses("stale-price", Closed):
        stage.venue.remove_margin("ETH", trader, dollars(1))


def test_margin_of_a_position_that_is_not_there():
    """LAY-POS-7."""
    stage = Stage()
    trader = stage.trader(1_000)
    with stage.refuses("unknown-position", Unknown):
        stage.venue.add_margin("ETH", trader, dollars(1))
    with stage.refuses("unknown-position", Unknown):
        stage.venue.remove_margin("ETH", trader, dollars(1))


@pytest.mark.parametrize("side", [1, -1])
def test_what_a_view_says_is_what_closing_pays(side):
    """LAY-MAR-2, LAY-POS-2: without charges, equity is what comes home."""
    stage = Stage(params=FREE)
    other, trader = stage.trader(100_000), stage.trader(5_000)
    stage.fill(other, -side * 5, 50_000)
    stage.fill(trader, side * 2, 2_000)
    stage.walk_to("2051.123456")
    view = stage.position(trader)
    closed = stage.fill(trader, -side * 2)
    assert stage.wallet(trader) == dollars(3_000) + view.equity - closed.impact

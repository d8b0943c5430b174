"""Funding, utilisation, the impact reserve and the waterfall of a minute (LAY-MIN)."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roles import Stage, ceil_div, dollars, price, rate, tokens
from seawall.engine.designs.layered import Params
from seawall.engine.designs.layered.funding import Accrual, skew_of, utilisation_fee
from seawall.engine.events import Settled

NO_FEES = {"half_spread": 0, "fee_adding": 0, "fee_reducing": 0}
STILL = Params(move_fee=0, funding_max=0, utilisation_low=0, utilisation_high=0)


def minutes(stage: Stage) -> list[Settled]:
    return stage.happened(Settled)


# funding


def test_half_a_skew_for_an_hour_gives_the_worked_rate():
    """LAY-MIN-1: from r = 0, s = 1/2: 0.3176038 % per hour after 60 minutes."""
    accrual = Accrual(Params())
    for _ in range(60):
        accrual.relax(rate("0.5"))
    assert accrual.rate // 1_000 == 3_176_038
    mirrored = Accrual(Params())
    for _ in range(60):
        mirrored.relax(-rate("0.5"))
    assert mirrored.rate == -accrual.rate


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=40))
def test_the_rate_follows_its_target_truncated_and_never_passes_the_maximum(skews):
    """LAY-MIN-1: r += trunc((trunc(r_max * s) - r) * kappa)."""
    params = Params()
    accrual = Accrual(params)
    expected = 0
    for skew in skews:
        accrual.relax(skew)
        target = int(Fraction(params.funding_max * skew, 10**12))
        expected += int(Fraction((target - expected) * params.funding_pace, 10**12))
        assert accrual.rate == expected
        assert abs(expected) <= params.funding_max


def test_skew_is_the_inventory_over_the_depth_held_between_one_and_minus_one():
    """LAY-MIN-1: floored in magnitude."""
    assert skew_of(tokens(1), dollars(1), dollars(3)) == 333_333_333_333
    assert skew_of(-tokens(1), dollars(1), dollars(3)) == -333_333_333_333
    assert skew_of(tokens(1), dollars(5), dollars(3)) == rate(1)
    assert skew_of(-tokens(1), dollars(5), 0) == -rate(1)
    assert skew_of(0, 0, 0) == 0


def test_the_crowded_side_pays_and_the_vaults_keep_what_the_other_does_not_get():
    """LAY-MIN-2, LAY-MIN-4: 3000 long against 1000 short, each step to the unit."""
    params = Params(
        move_fee=0, funding_max=rate("0.01"), funding_pace=rate(1), utilisation_low=0,
        utilisation_high=0, **NO_FEES,
    )  # fmt: skip
    stage = Stage(at="1999.8765432101", params=params)
    long, short = stage.trader(5_000_000), stage.trader(5_000_000)
    stage.fill(long, 3000, 4_000_000)
    stage.fill(short, -1000, 4_000_000)
    stage.forget()
    stage.to_minute()
    skew = (tokens(2000) * stage.at // 10**12) * 10**12 // dollars(14_000_000)
    hourly = rate("0.01") * skew // 10**12
    pays = ceil_div(hourly * stage.at, 60 * 10**9)
    gets = hourly * stage.at // (60 * 10**9)
    assert pays == gets + 1
    raised = tokens(3000) * pays // 10**15
    promised = ceil_div(tokens(1000) * gets, 10**15)
    settled = minutes(stage)[0]
    assert settled.funding_rate == hourly
    assert settled.funding == raised - promised > 0
    assert stage.position(long).accrued == ceil_div(tokens(3000) * pays, 10**15)
    assert stage.position(short).accrued == -(tokens(1000) * gets // 10**15)
    assert stage.pool().X == -(raised - promised)


def test_the_vaults_pay_when_the_receivers_are_more():
    """LAY-MIN-2: the rate still favours the shorts when they have become the crowd."""
    params = Params(move_fee=0, funding_pace=rate("0.5"), utilisation_low=0, utilisation_high=0)
    stage = Stage(params=params)
    long, short = stage.trader(5_000_000), stage.trader(5_000_000)
    stage.fill(long, 3000, 4_000_000)
    for _ in range(6):
        stage.to_minute()
    stage.fill(short, -3200, 4_500_000)
    cash = stage.pool().C
    stage.forget()
    stage.to_minute()
    settled = minutes(stage)[0]
    assert settled.funding_rate > 0
    assert settled.funding < 0
    assert stage.pool().C == cash + settled.funding + settled.to_senior + settled.to_junior
    assert stage.position(short).accrued < 0


def test_what_the_pool_cannot_pay_is_not_promised():
    """LAY-MIN-2: an empty pool cuts the receivers' step to what the payers bring."""
    params = Params(
        move_fee=0, cover_floor=0, side_cap=rate(2), funding_pace=rate("0.5"), utilisation_low=0,
        utilisation_high=0, **NO_FEES,
    )  # fmt: skip
    stage = Stage(senior=10_000, junior=10_000, params=params)
    long, short = stage.trader(100_000), stage.trader(200_000)
    stage.fill(long, 9, 50_000)
    for _ in range(5):
        stage.to_minute()
    stage.fill(short, -17, 150_000)
    pool = stage.market.desk.pool
    left = dollars("0.01")
    pool.cash.pay(stage.venue.accounts[short], pool.cash.amount - left)
    before = stage.position(short).accrued
    stage.forget()
    stage.to_minute()
    settled = minutes(stage)[0]
    assert settled.funding_rate > 0
    full = tokens(17) * (settled.funding_rate * price(2000) // (60 * 10**9)) // 10**15
    raised = tokens(9) * ceil_div(settled.funding_rate * price(2000), 60 * 10**9) // 10**15
    got = before - stage.position(short).accrued
    assert full > raised + left + dollars("0.01")
    assert raised + left - 20 <= got <= raised + left
    assert settled.funding == raised - got or settled.funding == raised - got - 1
    stage.venue.audit()


def test_a_quiet_market_pays_nothing():
    """LAY-MIN-1, LAY-MIN-3: no inventory, no rate, no fee."""
    stage = Stage()
    long, short = stage.trader(10_000), stage.trader(10_000)
    stage.fill(long, 1, 1_000)
    stage.fill(short, -1, 1_000)
    for _ in range(3):
        stage.to_minute()
    assert stage.position(long).accrued == stage.position(short).accrued == 0


# utilisation


@pytest.mark.parametrize(
    ("used", "yearly"), [("0", "0"), ("0.4", "0.01"), ("0.8", "0.02"), ("0.9", "0.51"), ("1", "1")]
)
def test_the_utilisation_fee_has_its_kink_at_four_fifths(used, yearly):
    """LAY-MIN-3: 2 % a year at 80 %, 100 % at full use, linear between."""
    assert utilisation_fee(Params(), rate(used)) == rate(yearly)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**12))
def test_the_utilisation_fee_is_the_line_rounded_up(used):
    """LAY-MIN-3."""
    kink = Fraction(8, 10)
    u = Fraction(used, 10**12)
    if u <= kink:
        exact = u / kink * Fraction(2, 100)
    else:
        exact = Fraction(2, 100) + (u - kink) / (1 - kink) * Fraction(98, 100)
    assert 0 <= utilisation_fee(Params(), used) - exact * 10**12 < 1


def test_the_crowded_side_alone_pays_for_utilisation():
    """LAY-MIN-3: at u = 50 % the yearly fee is 1.25 %; the index rises by a minute of it."""
    stage = Stage(params=Params(move_fee=0, funding_max=0, **NO_FEES))
    long, short = stage.trader(10_000_000), stage.trader(10_000)
    stage.fill(long, 3501, 5_000_000)
    stage.fill(short, -1, 1_000)
    stage.forget()
    stage.to_minute()
    step = ceil_div(rate("0.0125") * price(2000), 10**9 * 525_600)
    assert stage.position(long).accrued == ceil_div(tokens(3501) * step, 10**15)
    assert stage.position(short).accrued == 0
    assert minutes(stage)[0].utilisation == tokens(3501) * step // 10**15


# the clearing pot


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-400, 400), st.integers(1, 4)), min_size=2, max_size=5),
    st.integers(1, 6),
)
def test_minus_the_clearing_pot_is_what_open_positions_owe_to_the_dust(trades, wait):
    """LAY-MIN-4: the dust stays behind, less than two units a position, side and minute."""
    stage = Stage(params=Params(move_fee=0, funding_pace=rate("0.5")))
    passed = 0
    for size, pause in trades:
        if size == 0:
            continue
        stage.fill(stage.trader(1_000_000), size, 500_000)
        stage.tick(seconds=60 * pause)
        passed += pause + 1
    for _ in range(wait):
        stage.to_minute()
        passed += 1
    owed = stage.market.desk.owed_by_all()
    dust = stage.pool().X + owed
    assert 0 <= dust <= 2 * len(trades) + 3 * passed


# the impact reserve


def test_a_sixtieth_of_the_surplus_is_released_each_minute():
    """LAY-MIN-5: of 312.50 only what lies beyond G(y) after the price has fallen."""
    stage = Stage(params=STILL)
    stage.fill(stage.trader(5_000_000), 1000, 4_000_000)
    stage.forget()
    stage.tick(1000, seconds=57)
    held = stage.pool().R
    assert held == dollars("312.50")
    cost = dollars("78.125")
    assert stage.market.desk.cost_to_unwind() == cost
    stage.tick(seconds=1)
    assert stage.pool().R == held - (held - cost) // 60
    assert minutes(stage)[0].income == dollars(1200) + (held - cost) // 60


def test_nothing_is_released_that_a_way_back_would_need():
    """LAY-MIN-5: R is G(y): no surplus."""
    stage = Stage(params=Params(funding_max=0, utilisation_low=0, utilisation_high=0, **NO_FEES))
    stage.fill(stage.trader(5_000_000), 1000, 4_000_000)
    stage.to_minute()
    stage.to_minute()
    assert stage.pool().R == dollars("312.50")


# the waterfall


def test_the_waterfall_of_a_minute():
    """LAY-MIN-6: of 12 dollars 1.20 to insurance, 1.20 to the treasury, 9.60 into C; senior's
    depth made 15/16 of the first band: 9 dollars are its share, more than the coupon."""
    stage = Stage(params=STILL)
    stage.fill(stage.trader(5_000), 10, 1_000)
    stage.forget()
    stage.to_minute()
    settled = minutes(stage)[0]
    assert settled.income == dollars(12)
    assert settled.to_insurance == dollars("1.20")
    assert settled.to_treasury == dollars("1.20")
    assert settled.to_senior == dollars(9)
    assert settled.to_junior == dollars("0.60")
    assert settled.arrears == 0
    pool = stage.pool()
    assert (pool.I, stage.treasury) == (dollars("1.20"), dollars("1.20"))
    assert pool.K == dollars(10_000_009)
    assert pool.C == dollars("14000009.60")
    assert (pool.senior, pool.junior) == (dollars(10_000_009), dollars("4000000.60"))


def coupon(claim: int, used: int = 0) -> int:
    yearly = rate("0.04") + rate("0.08") * used // 10**12
    return claim * yearly // (10**12 * 525_600)


def test_the_coupon_is_four_percent_a_year_and_what_lacks_is_in_arrears():
    """LAY-MIN-6: a minute without income owes 0.761035 dollars on ten million."""
    stage = Stage(params=STILL)
    stage.to_minute()
    assert minutes(stage)[0].arrears == coupon(dollars(10_000_000)) == 761_035
    stage.to_minute()
    assert minutes(stage)[1].arrears == 2 * 761_035
    assert stage.pool().K == dollars(10_000_000)


def test_arrears_are_paid_from_later_fees_before_junior_gets_anything():
    """LAY-MIN-6: three minutes of arrears, then 0.96 dollars of fees, then 12."""
    stage = Stage(params=STILL)
    for _ in range(3):
        stage.to_minute()
    stage.forget()
    stage.fill(stage.trader(5_000), "0.8", 1_000)
    stage.to_minute()
    first = minutes(stage)[0]
    assert first.income == dollars("0.96")
    used = dollars(1600) * 10**12 // dollars(14_000_000)
    due = 3 * 761_035 + coupon(dollars(10_000_000), used)
    assert first.to_senior == dollars("0.96") - 2 * 96_000
    assert first.to_junior == 0
    assert first.arrears == due - first.to_senior
    claim = stage.pool().K
    stage.fill(stage.trader(5_000), "3.3", 1_000)
    used = stage.market.desk.utilisation()
    stage.to_minute()
    second = minutes(stage)[1]
    assert second.arrears == 0
    assert second.to_senior == first.arrears + coupon(claim, used)
    assert second.to_senior > dollars("3.96") * 8 // 10 * 15 // 16


def test_the_coupon_rises_with_utilisation():
    """LAY-MIN-6: 4 % + 8 % * u, half of the depth in use."""
    stage = Stage(params=Params(move_fee=0, funding_max=0, **NO_FEES))
    stage.fill(stage.trader(10_000_000), 3500, 6_000_000)
    stage.forget()
    stage.to_minute()
    settled = minutes(stage)[0]
    earned = settled.to_senior + settled.arrears
    assert earned == coupon(dollars(10_000_000), rate("0.5"))


def test_seniors_share_follows_the_depth_that_was_walked():
    """LAY-MIN-6: the last bands are junior's alone: sigma = 10/14 over the whole depth."""
    stage = Stage(params=Params(move_fee=0, funding_max=0, side_cap=rate(2), utilisation_low=0,
                                utilisation_high=0))  # fmt: skip
    stage.fill(stage.trader(20_000_000), 7000, 10_000_000)
    stage.forget()
    stage.to_minute()
    settled = minutes(stage)[0]
    rest = settled.income - settled.to_insurance - settled.to_treasury
    assert settled.to_senior == rest * 10 // 14


def test_a_round_trip_counts_both_ways():
    """LAY-MIN-6: sigma is of the dollars walked, forth and back, also through zero."""
    stage = Stage(params=STILL)
    trader = stage.trader(50_000)
    stage.fill(trader, 1, 10_000)
    stage.fill(trader, -2, 10_000)
    pool = stage.market.desk.pool
    assert pool.band_fills == dollars(2000 + 4000)
    assert pool.senior_fills == dollars(6000) * 15 // 16


def test_insurance_is_filled_to_its_target_and_no_further():
    """LAY-MIN-6: a target of 1 dollar on a claim of 100,000 takes 1 of the 1.20 there are."""
    stage = Stage(senior=100_000, junior=100_000, params=Params(insurance_target=rate("0.00001")))
    trader = stage.trader(50_000)
    stage.fill(trader, 5, 5_000)
    stage.fill(trader, 5, 5_000)
    stage.forget()
    stage.to_minute()
    assert minutes(stage)[0].to_insurance == dollars(1)
    claim = stage.pool().K
    stage.fill(trader, 5, 5_000)
    stage.to_minute()
    assert minutes(stage)[1].to_insurance == claim // 100_000 - dollars(1) < 1_000


def test_without_senior_shares_there_is_neither_coupon_nor_arrears():
    """LAY-MIN-6: all that the two shares leave is junior's."""
    stage = Stage(senior=0, params=STILL)
    stage.fill(stage.trader(5_000), 10, 1_000)
    stage.forget()
    stage.to_minute()
    stage.to_minute()
    first, second = minutes(stage)
    assert (first.to_senior, first.arrears, second.arrears) == (0, 0, 0)
    assert first.to_insurance == 0
    assert first.to_junior == dollars("10.80")


def test_minutes_that_end_together_are_charged_one_after_another():
    """LAY-MIN-1, LAY-MIN-2: five at once move the rate five times and are told as one."""
    stage = Stage(params=Params(move_fee=0))
    stage.fill(stage.trader(5_000_000), 3000, 4_000_000)
    skew = stage.market.desk.skew()
    stage.forget()
    stage.silence(seconds=300)
    expected = Accrual(stage.market.params)
    index = 0
    for _ in range(5):
        expected.relax(skew)
        index += ceil_div(expected.rate * price(2000), 60 * 10**9)
    yearly = utilisation_fee(stage.market.params, skew)
    index += 5 * ceil_div(yearly * price(2000), 10**9 * 525_600)
    assert stage.market.desk.accrual.rate == expected.rate
    assert stage.market.desk.accrual.long_index == index
    assert len(minutes(stage)) == 1


def test_no_minute_passes_before_the_first_advance():
    """LAY-MIN-1: the clock of a new market starts where it is first advanced to."""
    stage = Stage(params=STILL)
    assert stage.pool().arrears == 0


def test_indices_start_anew_before_they_overflow():
    """LAY-MIN-4: at ten million dollars a token and 10 % an hour an index lasts six minutes."""
    params = Params(move_fee=0, funding_max=rate("0.1"), funding_pace=rate(1), side_cap=rate(4))
    stage = Stage(at=10_000_000, params=params)
    long, short = stage.trader(50_000_000), stage.trader(10_000_000)
    stage.fill(long, "0.9", 40_000_000)
    stage.fill(short, "-0.1", 1_000_000)
    paid = 0
    for _ in range(30):
        before = stage.position(long).margin - stage.position(long).accrued
        stage.tick(seconds=60)
        paid += before - (stage.position(long).margin - stage.position(long).accrued)
        assert abs(stage.market.desk.accrual.long_index) < 2 * 10**18
        stage.venue.audit()
    assert stage.position(long).margin < dollars(40_000_000) - paid // 2
    assert paid > dollars(9_000_000 * 0.1 * 0.4 * 0.5)

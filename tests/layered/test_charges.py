"""Fee, half-spread, oracle-move fee and the all-in price of a fill (LAY-FEE)."""

import pytest

from roles import Stage, ceil_div, dollars, price, rate, tokens
from seawall.engine.designs.layered import Params
from seawall.engine.designs.layered.pricing import MoveFee
from seawall.engine.events import Cancelled, Filled

BP = 10**8


def test_a_buy_fills_at_the_high_and_a_sell_at_the_low():
    """LAY-FEE-1: the oracle's confidence is on the side of the pool."""
    stage = Stage()
    stage.tick(2000, confidence=3)
    assert stage.market.quote(tokens(1)).price == price(2003)
    assert stage.market.quote(tokens(-1)).price == price(1997)
    buyer, seller = stage.trader(1000), stage.trader(1000)
    stage.place(buyer, 1, 900)
    stage.place(seller, -1, 900)
    stage.tick(2000, confidence=3)
    assert [event.price for event in stage.happened(Filled)] == [price(2003), price(1997)]
    assert stage.position(buyer).entry == dollars(2003)
    assert stage.position(seller).entry == dollars(1997)


@pytest.mark.parametrize("size", ["0.0123456", "1.00000001", "7.7", "333.33333333"])
def test_half_spread_and_fee_are_shares_of_the_notional_rounded_up(size):
    """LAY-FEE-1, LAY-FEE-2, LAY-FEE-3: one basis point and five, each to a whole unit up."""
    stage = Stage(at="1234.567891")
    quoted = stage.market.quote(tokens(size))
    value = ceil_div(tokens(size) * price("1234.567891"), 10**12)
    assert quoted.value == value
    assert quoted.spread == ceil_div(value * BP, 10**12)
    assert quoted.fee == ceil_div(value * 5 * BP, 10**12)


def test_an_order_that_crosses_pays_each_fee_on_its_part():
    """LAY-FEE-3: 3 bp on the token that relieves, 5 bp on the two that add."""
    stage = Stage()
    stage.fill(stage.trader(10_000), -1, 5_000)
    assert stage.market.quote(tokens(1)).fee == dollars("0.60")
    assert stage.market.quote(tokens(3)).fee == dollars("0.60") + dollars("2.00")
    assert stage.market.quote(tokens(-3)).fee == dollars("3.00")


def test_a_price_move_widens_the_half_spread_for_two_minutes():
    """LAY-FEE-4: from 2000 to 1900, m = 0.95: (1 - 0.857375) * 25 % = 3.565625 %, fading."""
    stage = Stage()
    value = dollars(1900)
    peak = rate("0.03565625")
    stage.tick(1900)
    assert stage.market.quote(tokens(1)).spread == ceil_div(value * (BP + peak), 10**12)
    stage.tick(seconds=30)
    left = ceil_div(peak * 90, 120)
    assert stage.market.quote(tokens(1)).spread == ceil_div(value * (BP + left), 10**12)
    stage.tick(seconds=30)
    assert stage.market.quote(tokens(-1)).spread == ceil_div(value * (BP + peak // 2), 10**12)
    stage.tick(seconds=60)
    assert stage.market.quote(tokens(1)).spread == ceil_div(value * BP, 10**12)


def test_a_move_up_costs_what_the_move_down_costs():
    """LAY-FEE-4: m is the smaller price over the larger."""
    down, up = Stage(at=2000), Stage(at=1900)
    down.tick(1900)
    up.tick(2000)
    assert down.market.desk.move_fee.peak == up.market.desk.move_fee.peak == rate("0.03565625")


def test_the_factor_of_a_move_and_its_powers_are_floored():
    """LAY-FEE-4: from 3000 to 1999, m = 0.666333..., its square and cube floored as well."""
    fee = MoveFee(rate("0.25"), 120_000)
    fee.move(price(3000), price(1999), 1_000_000)
    m = 1999 * 10**12 // 3000
    cube = m * m // 10**12 * m // 10**12
    assert fee.peak == ceil_div(10**12 - cube, 4)


def test_moves_add_up_to_the_gain_and_no_further():
    """LAY-FEE-4: what is left of the last move counts, up to 25 %."""
    fee = MoveFee(rate("0.25"), 120_000)
    fee.move(price(2000), price(1900), 1_000_000)
    fee.move(price(1900), price(1805), 1_060_000)
    assert fee.peak == rate("0.03565625") // 2 + rate("0.03565625")
    fee.move(price(1805), price(1), 1_060_000)
    assert fee.peak == rate("0.25")
    assert fee.at(1_060_000 + 119_999) == ceil_div(rate("0.25"), 120_000)
    assert fee.at(1_060_000 + 120_000) == 0


def test_the_same_price_again_is_no_move():
    """LAY-FEE-4: the fee fades from the last move on, not from the last report."""
    fee = MoveFee(rate("0.25"), 120_000)
    fee.move(price(2000), price(1900), 0)
    fee.move(price(1900), price(1900), 60_000)
    assert fee.at(60_000) == rate("0.03565625") // 2
    assert fee.at(120_000) == 0


def test_fees_wait_as_income_and_impact_goes_to_the_reserve():
    """LAY-FEE-5: 2000 dollars bring 1 of fee, 0.20 of half-spread."""
    stage = Stage()
    filled = stage.fill(stage.trader(1000), 1, 500)
    pool = stage.pool()
    assert (filled.fee, filled.spread) == (dollars(1), dollars("0.20"))
    assert pool.F == dollars("1.20")
    assert pool.R == filled.impact > 0
    assert pool.C == dollars(14_000_000)


@pytest.mark.parametrize("side", [1, -1])
def test_the_all_in_price_of_the_quote_is_the_tightest_that_is_acceptable(side):
    """LAY-FEE-6: at the quoted price the order fills, one unit tighter it does not."""
    stage = Stage(at="1999.87654321")
    size = tokens("3.3333") * side
    quoted = stage.market.quote(size)
    total = quoted.fee + quoted.spread + quoted.impact
    if side > 0:
        assert quoted.all_in == ceil_div((quoted.value + total) * 10**12, size)
    else:
        received = -size * quoted.price // 10**12 - total
        assert quoted.all_in == received * 10**12 // -size
    trader = stage.trader(10_000)
    margin = dollars(4_000)
    stage.venue.place("ETH", trader, size, margin, acceptable=quoted.all_in - side)
    stage.tick()
    assert [event.reason for event in stage.happened(Cancelled)] == ["acceptable-price"]
    stage.venue.place("ETH", trader, size, margin, acceptable=quoted.all_in)
    stage.tick()
    assert len(stage.happened(Filled)) == 1


def test_no_acceptable_price_means_any():
    """LAY-FEE-6: 0 is no limit, whatever the spread."""
    stage = Stage()
    trader = stage.trader(10_000)
    stage.place(trader, 1, 5_000)
    stage.tick(2150)
    assert stage.happened(Filled)[0].spread > dollars(100)


def test_without_a_fee_schedule_only_impact_is_left():
    """LAY-FEE-2, LAY-FEE-3: every rate may be zero."""
    stage = Stage(params=Params(half_spread=0, fee_adding=0, fee_reducing=0, move_fee=0))
    stage.tick(1500)
    quoted = stage.market.quote(tokens(10))
    assert (quoted.fee, quoted.spread) == (0, 0)
    assert quoted.impact > 0

"""Published vectors of depth and price changes (16.I to 16.M of the source).

The cost functions take any units, so that a vector in 1e9 reserves and 1e6 quote is put in as it
is where 64 bits hold it, and by a common factor smaller where they do not: costs are in
proportion. What belongs to another design's accounting (Drift v1's quote basis and collateral) is
carried out in the test, on this curve.
"""

import pytest

from seawall.engine.designs.vamm import DepthRule, pricing
from seawall.engine.designs.vamm.depth import (
    factor_for,
    pegged,
    repegged,
    reshape,
    scaled,
    spread_target,
)
from seawall.engine.designs.vamm.funding import capped, fraction
from seawall.engine.fixed import DAY, HOUR, share, share_up
from vamm.stage import Stage, dollars, near, price, rate, tokens

WHOLE = 10**12


def test_m02_halving_the_reserves_keeps_the_closing_value() -> None:
    """Launch version only: sizes were converted so that a change of depth cost nobody anything."""
    stage = Stage()
    stage.long("a", 250, 1)
    worth = pricing.proceeds_of(stage.quote, stage.base, tokens(20))
    quote, base = stage.quote // 2, stage.base // 2
    assert (quote, base) == (dollars(625), tokens(40))
    assert near(pricing.sold_for(quote, base, worth), 26666666666666666667, 8)


def test_v02_depth_factor_of_a_positive_budget() -> None:
    x, y, net = 9942017440883516352, 10058320717561858267, 57982559000000000
    factor = factor_for(y * 1103 // 10**9, x, net, 32195176, 1, 10**14)
    assert factor // 10**6 == 1094419


@pytest.mark.parametrize(
    ("budget", "expected"), [(2000, 1000700), (-20000, 993050), (-40000, 986196)]
)
def test_v04_depth_factors_held_to_their_bounds(budget: int, expected: int) -> None:
    x, y, net = 55414 * 10**9, 55530 * 10**9, 66 * 10**9
    quote = y * 36365000 // 10**9
    low, high = WHOLE - 22 * 10**9, WHOLE + 10**9
    factor = factor_for(quote, x, net, budget, low, high)
    assert abs(factor - expected * 10**6) <= 10**6


@pytest.mark.parametrize(
    ("y", "x", "peg"),
    [
        (10**9, 10**9, 19401125456),
        (10**9 - 10**4, 10**9 + 10**4, 19401513482),
        (10**9 + 10**4, 10**9 - 10**4, 19400737437),
        (10**9 // 2, 2 * 10**9, 77604501824),
    ],
)
def test_v06_the_peg_that_puts_the_price_on_target(y: int, x: int, peg: int) -> None:
    """Our Q is y * peg, so the peg is the new Q over y; a thousand times the reserves."""
    change = pegged(y, x * 100, 0, 19401125456 * 10**4)
    assert abs(change.quote * 10**6 - peg * y) <= y


def test_v08_the_peg_for_a_target_and_the_budget_of_the_fee_pool() -> None:
    for target, peg in (
        (18_901, 19496270752),
        (20_400, 21042480468),
        (42_400, 43735351562),
    ):
        change = pegged(63015384615, 65 * 10**11, 0, target * 10**10)
        assert abs(change.quote * 10**6 - peg * 63015384615) <= 63015384615
    stage = Stage()
    stage.market.house.spread_income = dollars(1)
    stage.market.steering.earned = dollars(39)
    assert int(stage.market.steering.fee_pool()) == 39_500_000


def test_v10_a_repeg_in_the_pools_favour() -> None:
    """65 base and 63.015384615 x 19,400 quote with a net short of one; ours are 1e8 and 1e6."""
    quote = 63015384615 * 19400 // 1000
    base = 65 * 10**8
    before = pricing.spot(quote, base)
    change = pegged(quote, base, -(10**8), 20401125456 * 10**4)
    assert abs(change.cost + 1618354580) <= 2
    after = pricing.spot(change.quote, base)
    assert abs((after - before) - 1593456817 * 10**4) <= 3 * 10**4


def test_v12_capped_funding_spends_a_third_of_the_fee_pool() -> None:
    part = fraction(price(1), price(49), int(HOUR), 0)
    assert part // 10**4 == 41666666
    longs, shorts = 1229508197, 2 * 1229508197
    limit = (500_000 - 250_000) // 3
    step = capped(part, longs, shorts, limit)
    assert int(step.longs) // 10**4 == 41666666
    # one unit of 1e-6 dollar more or less is 41 units of 1e-9 on 24.59 tokens
    assert abs(int(step.shorts) // 10**4 - 24222164) <= 41
    assert abs(500_000 + step.to_fund - 416667) <= 1
    mirror = capped(part, shorts, longs, limit)
    assert abs(500_000 + mirror.to_fund - 1012295) <= 1


def drift_v1() -> tuple[int, int]:
    return dollars(500_000), tokens(500_000)


def test_w02_reducing_a_long_of_drift_v1() -> None:
    """The curve is ours; the basis in proportion and the collateral are Drift's own."""
    quote, base = drift_v1()
    size = pricing.bought_for(quote, base, dollars("49.75"))
    quote, base = quote + dollars("49.75"), base - size
    sold = pricing.sold_for(quote, base, dollars("24.875"))
    left = size - sold
    assert near(left, 248737625303142 * 10**5, 8, 2)
    basis = dollars("49.75") * left // size
    assert abs(basis - 24876238) <= 1
    collateral = dollars(10) - 49750 - 24875 + dollars("24.875") - (dollars("49.75") - basis)
    assert abs(collateral - 9926613) <= 1


def test_w04_closing_the_short_brings_the_reserves_back() -> None:
    quote, base = drift_v1()
    net = 0
    for paid in ("49.75", "-24.875", "-49.75"):
        amount = dollars(paid)
        if amount > 0:
            moved = pricing.bought_for(quote, base, amount)
        else:
            moved = -pricing.sold_for(quote, base, -amount)
        quote, base, net = quote + amount, base - moved, net + moved
    cost = pricing.cost_of(quote, base, -net)
    assert abs(cost - 24875001) <= 1
    assert abs(quote + cost - dollars(500_000)) <= 1
    assert base + net == tokens(500_000)
    fees = 49750 + 24875 + 49750 + 24875
    assert dollars(10) - fees - 1 == 9850749


def test_w06_partial_liquidation_of_drift_v1_is_arithmetic_only() -> None:
    """Drift v1 charges 2.5 % of the collateral, this design of the notional; its pool is unknown.

    So only the arithmetic can be checked: ratio, quarter and fee. The base is meaningless here.
    """
    collateral, value = 9801742 - 6343338, 55350814
    assert collateral == 3458404
    assert collateral * 10_000 // value == 624
    assert int(share(value, rate("0.25"))) == 13837703
    assert int(share(collateral, rate("0.025"))) == 86460
    assert int(share_up(86460, rate("0.5"))) == 43230


def test_x02_a_net_cost_is_won_back_in_part() -> None:
    rule = DepthRule.tribe3()
    budget = -int(share(dollars("3.5"), rule.cost_part))
    assert near(budget, -2275682704811443433, 6)
    quote, base, net = dollars(1250), tokens(80), tokens(20)
    factor = factor_for(quote, base, net, budget, WHOLE // 2, 3 * WHOLE // 2)
    assert near(scaled(quote, base, net, factor).cost, -2275682704811443433, 6, 2)


def test_x04_the_first_rise_of_depth() -> None:
    quote, base, net = dollars(1250), tokens(80), tokens(20)
    budget = dollars("1.625")
    factor = factor_for(quote, base, net, budget, WHOLE // 2, 3 * WHOLE // 2)
    change = scaled(quote, base, net, factor)
    assert near(change.quote, 1291709445585215605749, 6)
    assert near(change.base, 82669404517453798767, 8)
    assert abs(change.cost - budget) <= 2


def walk(quote: int = 10_000) -> Stage:
    return Stage(quote, 100, oracle=quote // 100, initial_ratio=rate("0.1"))


def leave(stage: Stage, name: str) -> int:
    """Close whatever it costs; the result. Who is under water is liquidated without a fee."""
    stage.market.params.liquidation_fee = 0
    stage.market.params.oracle_spread = rate(1)
    stage.market.params.value_twap = 0
    stage.market.set_backstop(stage.who("carol"), True)
    stage.venue.drain()
    view = stage.market.position(stage.who(name))
    assert view is not None
    if view.equity < 0:
        stage.liquidate(name)
    else:
        stage.close(name)
    return int(stage.venue.drain()[-1].result)


def test_y02_the_short_leaves_first() -> None:
    stage = walk()
    stage.long("alice", 100, 10)
    stage.short("bob", 100, 10)
    assert abs(leave(stage, "bob")) <= 1
    assert abs(leave(stage, "alice")) <= 1


def test_y04_two_longs() -> None:
    stage = walk()
    stage.long("alice", 100, 10)
    stage.long("bob", 100, 10)
    assert near(stage.size("alice"), 9090909090909090909, 8)
    assert near(stage.size("bob"), 7575757575757575757, 8)


def test_y06_the_second_long_leaves_first() -> None:
    stage = walk()
    stage.long("alice", 100, 10)
    stage.long("bob", 100, 10)
    assert abs(leave(stage, "bob")) <= 1
    assert abs(leave(stage, "alice")) <= 1


def test_y08_a_pool_four_times_as_deep() -> None:
    stage = walk(40_000)
    stage.long("alice", 100, 10)
    stage.short("bob", 100, 10)
    assert near(stage.size("alice"), 2439024390243902439, 8)
    assert near(stage.size("bob"), -2439024390243902440, 8)
    # a unit of base is 4e-6 dollars at this price
    assert near(leave(stage, "alice"), -47619047619047619067, 6, 5)
    assert near(leave(stage, "bob"), 47619047619047618666, 6, 5)


def test_y10_costs_of_depth_and_price() -> None:
    quote, base = dollars(11_000), tokens(1000) // 11
    net = tokens(100) // 11

    def costs(change: int, expected: str) -> None:
        assert abs(change - dollars(expected)) <= 100  # four decimals are given

    costs(scaled(quote, base, net, 2 * WHOLE).cost, "47.6190")
    costs(scaled(quote, base, net, WHOLE // 2).cost, "-83.3333")
    costs(reshape(quote, base, net, quote * 11 // 10, base).cost, "100")
    for target, expected in (("133.1", "95.1407"), (144, "180.3279"), (100, "-166.6667")):
        costs(repegged(quote, base, net, price(target)).cost, expected)


def test_a_budget_gives_the_depth_that_costs_it() -> None:
    quote, base, net = dollars(11_000), tokens(1000) // 11, tokens(100) // 11
    factor = factor_for(quote, base, net, dollars("47.619048"), 1, 10 * WHOLE)
    assert abs(factor - 2 * WHOLE) < 10**6


def test_drift_draws_its_target_back_when_money_is_short() -> None:
    assert spread_target(price(100), price(120), rate("0.02")) == price("118.8")
    assert spread_target(price(140), price(120), rate("0.02")) == price("121.2")
    assert spread_target(price("119.5"), price(120), rate("0.02")) == price(120)


def test_funding_of_a_day_is_the_premium() -> None:
    assert fraction(price(2), price(100), int(DAY), 0) == price(2) * 1000
    assert fraction(price(2), price(100), int(HOUR), rate("0.001")) == price("0.1") * 1000 // 24

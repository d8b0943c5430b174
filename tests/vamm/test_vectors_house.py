"""Published vectors of the clearing house (16.C to 16.H of the source).

Sizes agree to the token units that one of our dollar units is worth at the price of the vector
(``SLACK``), everything in dollars to one unit. A chain that carries a rounded dollar on says how
many roundings it carries.
"""

import pytest

from seawall.engine.fixed import RATE
from vamm.stage import Stage, dollars, near, rate, refused, tokens

SLACK = 11


def test_p02_a_position_grows() -> None:
    stage = Stage()
    stage.long("a", 60, 10)
    stage.long("a", 60, 10)
    assert near(stage.size("a"), 54545454545454545454, 8)
    assert stage.margin("a") == dollars(120)


def test_p04_an_equal_order_closes() -> None:
    stage = Stage()
    stage.long("a", 60, 10)
    stage.short("a", 300, 2)
    assert stage.size("a") == 0
    assert stage.margin("a") == 0


def test_p06_reducing_by_quote_may_leave_one_unit() -> None:
    stage = Stage()
    stage.short("a", 40, 5)
    stage.long("a", 20, 5)
    assert near(stage.size("a"), -11111111111111111112, 8)
    assert stage.margin("a") == dollars(40)
    stage.long("a", 10, 10)
    assert stage.size("a") == -1
    assert near(stage.margin("a"), 39999999999999999993, 6)


def test_p08_a_reverse_comes_back_to_nothing() -> None:
    stage = Stage(fluctuation=rate("0.8"))
    stage.short("a", 20, 10)
    stage.long("a", 150, 3)
    assert near(stage.margin("a"), 83333333333333333333, 6)
    stage.short("a", 25, 10)
    assert stage.size("a") == 0
    assert stage.margin("a") == 0


def test_p10_a_close_just_below_maintenance() -> None:
    stage = Stage()
    stage.long("a", 25, 10)
    stage.short("b", "35.08", 1)
    stage.close("a")
    assert near(stage.quote, 977422074620429546963, 6)
    assert near(stage.base, 102309946333914990288, 8)


def test_p12_leverage_above_the_initial_ratio_is_refused() -> None:
    with refused("leverage"):
        Stage().long("a", 60, 21)


def test_p14_the_toll_goes_to_the_treasury() -> None:
    stage = Stage(toll=rate("0.01"))
    stage.long("a", 60, 10)
    assert stage.wallet("treasury") == dollars(6)
    stage = Stage(toll=rate("0.01"))
    stage.long("a", 60, 10)
    stage.market.params.toll = rate("0.05")
    stage.long("a", 20, 10)
    assert stage.wallet("treasury") == dollars(16)
    stage.close("a")
    assert near(stage.wallet("treasury"), 55999999000000000000, 6)


def test_p16_a_short_is_reduced() -> None:
    stage = Stage()
    stage.short("a", 50, 2)
    before = stage.size("a")
    stage.long("a", 50, 1)
    assert near(stage.size("a") - before, 5847953216374269005, 8)
    assert near(stage.size("a"), -5263157894736842107, 8, 2)  # two roundings


def test_p18_closing_by_the_opposite_quote_leaves_one_unit() -> None:
    stage = Stage()
    stage.short("a", 50, 2)
    assert near(stage.size("a"), -11111111111111111112, 8)
    worth = stage.market.house.spot_value(-stage.size("a") * -1 + 1)
    before = stage.size("a")
    stage.long("a", worth / 1e6, 1)
    assert near(stage.size("a") - before, 11111111111111111111, 8)
    assert stage.size("a") == -1


def test_p20_a_long_pressed_by_a_short() -> None:
    stage = Stage()
    stage.long("a", 25, 10)
    stage.short("b", 100, 10)
    assert near(stage.result("a"), -238095238095238095239, 6)


def test_p22_a_reduce_after_anothers_short() -> None:
    stage = Stage()
    stage.long("a", 88, "2.841")
    stage.short("b", 250, 1)
    stage.short("a", 150, 1)
    assert near(stage.size("a"), 2353760435608511085, 8, SLACK)
    assert near(stage.margin("a"), 14471986140208919751, 6, 2)  # value, then share of result
    assert near(stage.value("a"), 16672666683555438214, 6)


def test_p24_a_close_that_would_leave_the_band_closes_a_quarter() -> None:
    stage = Stage(partial_ratio=rate("0.25"), toll=rate("0.001"))
    stage.short("a", 20, 10)
    stage.market.params.fluctuation = rate("0.5624")
    stage.wait(15)
    stage.venue.drain()
    before = stage.wallet("a")
    stage.close("a")
    fill = stage.venue.drain()[0]
    assert near(int(fill.fee), 42105263157894736, 6)
    assert near(int(fill.size), 6250000000000000000, 8, SLACK)
    assert near(stage.size("a"), -18750000000000000000, 8, SLACK)
    assert stage.margin("a") == dollars(20)
    assert before - stage.wallet("a") == fill.fee
    assert near(stage.quote - dollars(800), 42105263157894736843, 6)


def test_p26_the_smallest_amount() -> None:
    stage = Stage()
    stage.long("a", "0.000001", 1)
    stage.venue.add_margin("ETH", stage.who("a"), 1)
    # At our scale the value of one unit rounds to nothing, so that taking a unit out needs more
    # free collateral than the two units there are; the vector means the door, which is open.
    stage.venue.add_margin("ETH", stage.who("a"), 2)
    stage.venue.remove_margin("ETH", stage.who("a"), 1)
    with refused("amount-too-small"):
        stage.long("a", "0.0000001", 1)  # rounds to no unit at all


def fees(toll: str = "0.1", spread: str = "0") -> Stage:
    return Stage(toll=rate(toll), spread=rate(spread))


def test_p30_toll_and_spread_of_five_percent() -> None:
    stage = fees("0.05", "0.05")
    stage.short("a", 50, 2)
    size, wallet = stage.size("a"), stage.wallet("a")
    stage.short("a", 50, 2)
    assert near(stage.size("a") - size, -13888888888888888889, 8)
    assert near(stage.size("a"), -25000000000000000001, 8)
    assert stage.wallet("a") - wallet == -dollars(60)


def test_p32_a_long_grows_after_anothers() -> None:
    stage = fees()
    stage.long("a", 25, 10)
    stage.long("b", 35, 10)
    wallet = stage.wallet("a")
    stage.long("a", 200, 2)
    assert stage.size("a") == tokens("32.5")
    assert (stage.entry("a"), stage.margin("a")) == (dollars(650), dollars(225))
    assert stage.wallet("a") - wallet == -dollars(240)


def test_p34_a_long_shrinks() -> None:
    stage = fees()
    stage.long("a", 60, 10)
    stage.short("a", 350, 1)
    assert stage.size("a") == tokens(20)
    assert (stage.entry("a"), stage.margin("a")) == (dollars(250), dollars(60))


def test_p36_a_losing_long_shrinks() -> None:
    stage = fees()
    stage.long("a", 500, 2)
    stage.short("b", 400, 1)
    assert near(stage.result("a"), -288888888888888888889, 6)
    stage.short("a", 350, 1)
    assert near(stage.size("a"), 32500000000000000000, 8)
    assert near(stage.result("a"), -187777777777777777778, 6)
    assert near(stage.entry("a"), 548888888888888888889, 6)
    assert near(stage.margin("a"), 398888888888888888889, 6)


def test_p38_a_winning_short_shrinks() -> None:
    stage = fees()
    stage.short("a", 250, 2)
    stage.short("b", 100, 1)
    assert near(stage.result("a"), 233333333333333333333, 6)
    stage.long("a", 100, 1)
    assert near(stage.size("a"), -50000000000000000000, 8, SLACK)
    assert near(stage.result("a"), 116666666666666666667, 6, 2)
    assert near(stage.entry("a"), 283333333333333333334, 6)
    assert near(stage.margin("a"), 366666666666666666666, 6)


def test_p40_a_long_turns_round() -> None:
    stage = fees()
    stage.long("a", 125, 2)
    wallet = stage.wallet("a")
    stage.short("a", 45, 10)
    assert stage.wallet("a") - wallet == dollars(60)
    assert stage.size("a") == -tokens(25)
    assert (stage.entry("a"), stage.margin("a")) == (dollars(200), dollars(20))


def test_p42_a_winning_long_turns_round() -> None:
    stage = fees()
    stage.long("a", 25, 10)
    stage.long("b", 35, 10)
    wallet = stage.wallet("a")
    stage.short("a", 100, 8, limit="62.51")
    assert near(stage.wallet("a") - wallet, 31363636000000000000, 6)
    assert near(stage.size("a"), -42500000000000000001, 8, SLACK)
    assert abs(stage.result("a")) <= 1
    assert near(stage.entry("a"), 412121212121212121213, 6)
    assert near(stage.margin("a"), 51515151515151515151, 6)
    assert stage.wallet("treasury") == dollars(140)


def test_p44_a_short_turns_round() -> None:
    stage = fees()
    stage.short("a", 200, 1)
    stage.long("b", 50, 4)
    stage.long("a", 60, 10)
    assert near(stage.size("a"), 12499999999999999999, 8, SLACK)
    assert near(stage.entry("a"), 266666666666666666666, 6)
    assert near(stage.margin("a"), 26666666666666666666, 6)
    assert abs(stage.result("a")) <= 2


def left_short(stage: Stage) -> None:
    """Two shorts; the first leaves with what the second has not lost yet."""
    stage.short("a", 20, 10)
    stage.short("b", 20, 10)
    stage.close("a")


def test_d02_a_backstop_realises_bad_debt_against_what_the_fund_prepaid() -> None:
    stage = Stage(keeper_backstop=False)
    left_short(stage)
    assert near(int(stage.market.house.prepaid), 74117648000000000000, 6)
    with refused("backstop-only"):
        stage.liquidate("b")
    stage.market.set_backstop(stage.who("carol"), True)
    before = stage.wallet("carol")
    stage.liquidate("b")
    assert near(stage.wallet("carol") - before, 7352941000000000000, 6)
    assert near(stage.fund, 4918529412000000000000, 6)
    assert int(stage.market.house.prepaid) <= 1  # 176470588235 wei: below our unit
    stage.audit()


def test_d04_bad_debt_of_a_full_liquidation() -> None:
    stage = Stage()
    stage.market.set_backstop(stage.who("carol"), True)
    stage.long("a", 150, 4)
    stage.short("b", 500, 1)
    stage.venue.drain()
    before = stage.wallet("carol")
    stage.liquidate("a")
    event = stage.venue.drain()[-1]
    assert near(int(event.result), -278761061946902654868, 6)
    assert near(int(event.shortfall), 128761061946902654868 + 8030973451327433628, 6)
    assert int(event.penalty) == dollars(150)
    assert near(stage.wallet("carol") - before, 8030973451327433628, 6)
    stage.audit()


def test_d06_the_oracle_rescues() -> None:
    stage = Stage()
    stage.short("a", 20, 10)
    stage.wait(15, oracle="6.4")
    stage.long("b", 10, 10)
    ratios = stage.market.ratios(stage.who("a"))
    assert int(ratios.index_equity) * int(RATE) // int(ratios.index_value) == rate("0.375")
    with refused("not-liquidatable"):
        stage.liquidate("a")


def test_d08_nobody_may_leave_a_debt_behind() -> None:
    """VAM-POS-3."""
    stage = Stage()
    stage.long("shrimp", 10, 8)
    for _ in range(5):
        stage.short("whale", 10, 10)
    stage.wait(1)
    assert near(stage.market.mark(), 3363999999999999999, 10, 20)  # five rounded bases
    assert near(stage.value("shrimp"), 23892045454545454543, 6)
    assert near(stage.result("shrimp"), -56107954545454545457, 6)
    with refused("maintenance-margin|bad-debt"):
        stage.long("shrimp", 10, 8)
    with refused("maintenance-margin|bad-debt"):
        stage.short("shrimp", 1, 1)
    with refused("bad-debt"):
        stage.close("shrimp")


def funded() -> Stage:
    stage = Stage()
    stage.long("a", 300, 2)
    stage.short("b", 1200, 1)
    assert (stage.quote, stage.base) == (dollars(400), tokens(250))
    return stage


def test_e02_the_fund_pays_the_imbalance() -> None:
    stage = funded()
    stage.wait(86_400, oracle="1.59")
    stage.wait(86_400)
    assert stage.vault == dollars(1503)
    assert stage.fund == dollars(4997)


def test_e04_what_the_fund_earns_is_capped_at_the_vault() -> None:
    stage = funded()
    stage.wait(86_400, oracle="21.6")
    assert stage.fund == dollars(6500)
    assert stage.vault == 0
    stage.venue.remove_margin("ETH", stage.who("a"), dollars(400))
    assert stage.margin("a") == dollars(650)
    stage.audit()


def test_e06_funding_beyond_the_margin() -> None:
    stage = Stage()
    stage.short("a", 60, 10)
    assert stage.size("a") == -tokens(150)
    stage.wait(86_400, oracle="2.1")
    view = stage.market.position(stage.who("a"))
    assert view is not None
    assert int(view.accrued) == dollars(75)
    assert int(stage.market.house.funding.long_index) == -5 * 10**12
    with refused("free-collateral"):
        stage.venue.remove_margin("ETH", stage.who("a"), 1)


def test_e08_a_margin_ratio_below_zero() -> None:
    stage = Stage()
    stage.long("a", 25, 10)
    stage.short("b", 15, 10)
    ratio = int(stage.market.ratios(stage.who("a")).ratio)
    assert near(ratio, -134297520661157024, 12, 10_000)  # a unit of the value is 5e-9 of it


def test_e10_the_better_of_spot_and_average() -> None:
    stage = Stage()
    stage.wait(15)
    stage.long("a", 25, 10)
    stage.wait(930)
    stage.short("b", 15, 10)
    stage.wait(15)
    ratios = stage.market.ratios(stage.who("a"))
    assert near(int(ratios.ratio), 96890936009212041, 12, 10_000)
    assert near(int(ratios.average_equity) - dollars(25), -860655000000000000, 6)


@pytest.mark.parametrize(
    ("index", "long", "short"), [("6.3", "-1.0571875", "0.11"), ("6.5", "-1.0209375", "0.09")]
)
def test_e12_margin_ratios_with_funding(index: str, long: str, short: str) -> None:
    stage = Stage()
    stage.long("a", 25, 10)
    stage.short("b", 45, 10)
    stage.wait(86_400, oracle=index)
    for name, expected in (("a", long), ("b", short)):
        ratio = int(stage.market.ratios(stage.who(name)).ratio)
        assert abs(ratio - rate(expected)) < 20_000  # a unit of the value is 9e-9 of it


def liquidation(**changes: object) -> Stage:
    stage = Stage(
        maintenance_ratio=rate("0.1"),
        initial_ratio=rate("0.1"),
        liquidation_fee=rate("0.025"),
        partial_ratio=rate("0.25"),
        **changes,
    )
    stage.market.set_backstop(stage.who("carol"), True)
    stage.wait(900)
    return stage


def test_f02_a_quote_limit_is_scaled_to_the_part() -> None:
    stage = liquidation()
    stage.long("a", 25, 10)
    stage.wait(15)
    stage.short("b", "45.18072289", 1)
    with refused("acceptable-quote"):
        stage.liquidate("a", limit="273.85")
    stage.liquidate("a", limit="273.8")
    assert near(stage.size("a"), 15000000000000000000, 8, SLACK)
    stage.audit()


def test_f04_full_liquidation_by_a_backstop() -> None:
    stage = liquidation()
    stage.long("a", 25, 10)
    stage.wait(15)
    stage.short("b", "73.52941176", 1)
    stage.venue.drain()
    before = stage.wallet("carol")
    quote = stage.quote
    stage.liquidate("a")
    event = stage.venue.drain()[-1]
    assert near(quote - stage.quote, 224089635855963718818, 6)
    assert near(int(event.result), -25910364144036281182, 6)
    assert near(int(event.shortfall), 910364144036281182 + 2801120448199546485, 6)
    assert near(stage.wallet("carol") - before, 2801120000000000000, 6)
    assert near(stage.fund, 4996288516000000000000, 6)


def test_f06_the_average_protects() -> None:
    stage = liquidation()
    stage.market.params.maintenance_ratio = rate("0.05")
    stage.long("b", 20, 5)
    stage.wait(15)
    stage.long("a", 20, 5)
    stage.wait(600)
    stage.short("b", 20, 5)
    stage.wait(15)
    ratios = stage.market.ratios(stage.who("a"))
    assert near(int(ratios.spot_equity) - dollars(20), -15384615384615384623, 6)
    assert near(int(ratios.average_equity) - dollars(20), -9386059949440231138, 6, 2)
    with refused("not-liquidatable"):
        stage.liquidate("a")


def test_f08_a_partial_liquidation_may_leave_the_band() -> None:
    stage = liquidation()
    for name, buys in (("b", True), ("a", True), ("b", False)):
        for _ in range(5):
            (stage.long if buys else stage.short)(name, 4, 5)
            stage.wait(15)
    stage.market.params.fluctuation = rate("0.041")
    stage.liquidate("a")
    assert near(stage.quote, 1077551020408163265325, 6, 5)
    assert near(stage.base, 92803030303030303037, 8, 60)
    stage.audit()


def test_g02_the_first_of_two_shorts_takes_the_vault() -> None:
    stage = Stage()
    stage.short("b", 20, 5)
    stage.short("a", 20, 5)
    stage.close("b")
    assert near(stage.fund, 4998048781000000000000, 6)
    assert stage.vault == 0


def test_g04_the_most_that_closing_a_short_may_cost() -> None:
    def mirrored() -> Stage:
        stage = Stage()
        stage.short("b", 20, 5)
        stage.short("a", 20, 5)
        return stage

    with refused("acceptable-quote"):
        mirrored().close("b", limit=78)
    stage = mirrored()
    stage.close("b", limit=79)
    assert near(stage.quote, 878048780487804878055, 6)
    assert near(stage.base, 113888888888888888889, 8, SLACK)


def test_g06_the_cap_on_open_notional() -> None:
    stage = Stage(interest_cap=dollars(600))
    stage.long("a", 600, 1)
    assert int(stage.market.house.pool.interest) == dollars(600)
    with refused("interest-cap"):
        stage.long("a", 1, 1)


def test_h02_free_collateral_of_a_long() -> None:
    stage = Stage()
    stage.long("a", 60, 5)
    stage.short("b", 10, 5)
    assert near(stage.market.free_collateral(stage.who("a")), 24850746268656716414, 6)


def test_h04_free_collateral_of_a_short() -> None:
    stage = Stage()
    stage.short("a", 20, 5)
    stage.long("b", 10, 5)
    assert near(
        stage.market.free_collateral(stage.who("a")), 2282608695652173905, 6, 2
    )  # value and requirement round up


def test_h06_taking_margin_out_settles_funding() -> None:
    stage = Stage()
    stage.long("a", 60, 10)
    stage.wait(86_400, oracle="25.5")
    view = stage.market.position(stage.who("a"))
    assert view is not None
    assert int(view.accrued) == dollars("3.75")
    stage.venue.remove_margin("ETH", stage.who("a"), dollars(20))
    assert stage.margin("a") == dollars("36.25")


@pytest.mark.parametrize("order", [("a", "b", "c"), ("c", "b", "a")])
def test_h08_settlement_after_a_shutdown(order: tuple[str, str, str]) -> None:
    stage = Stage(10_000, 100, oracle=100)
    stage.short("a", 100, 2)
    stage.long("b", 100, 2)
    stage.short("c", 100, 1)
    stage.market.shutdown()
    # the price comes from a net position of 1.01010102 tokens, in which a unit is 1e-8 of it
    assert near(int(stage.market.settlement.price), 98999999999999999804, 10, 20_000)
    due = {"a": 97959183000000000000, "b": 102040816000000000000, "c": 100000000000000000000}
    for name in order:
        assert near(stage.market.settle_position(stage.who(name)), due[name], 6, 6)
    assert stage.vault >= 0
    stage.audit()

"""Published vectors of the clearing house (16.D to 16.H of the source).

Sizes agree to the token units that one of our dollar units is worth at the price of the vector
(``SLACK``), everything in dollars to one unit. A chain that carries a rounded dollar on says how
many roundings it carries.
"""

import pytest

from seawall.engine.fixed import RATE
from vamm.stage import Stage, dollars, near, rate, refused, tokens

SLACK = 11


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

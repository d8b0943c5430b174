"""The published vectors of the protocol's first version, by id.

Wei and raw numbers of 30 digits are held to our scale: 1e-6 dollar, 1e-8 token, 1e-10 dollar per
token. A satoshi is our unit, so those vectors are met to the last digit.
"""

from fractions import Fraction

import pytest

from glp.stage import DAY, Stage, btc90, dollars, is_dollars, is_price, near, price, tokens
from seawall.engine.designs.glp.positions import SAFE, SPENT
from seawall.engine.designs.glp.pricing import next_average, result_of

RAW = 10**30


def raw(number: int) -> Fraction:
    """A number of the protocol's 30 digits."""
    return Fraction(number, RAW)


def test_v1_02_usdg_is_bought_at_the_lower_price_less_the_fee() -> None:
    """V1-02, GLP-MINT-1. 100 units for 100 wei: the digits are ours, the flooring is the same."""
    stage = Stage()
    stage.answers("BNB", 300)
    assert stage.buy("provider", "BNB", 100) * 100 == 29_700
    assert stage.token("BNB").fees == 1
    assert stage.token("BNB").pool == 99
    stage = Stage()
    stage.answers("BNB", 300, 200, 250)
    assert stage.buy("provider", "BNB", 100) * 100 == 19_800


def test_v1_04_a_swap_goes_in_at_the_lower_and_out_at_the_higher_price() -> None:
    """V1-04, GLP-SWAP-1, GLP-MINT-2."""
    stage = Stage()
    stage.answers("BNB", 300)
    stage.answers("BTC", 60000)
    stage.buy("provider", "BNB", tokens(200))
    stage.buy("provider", "BTC", tokens(1))
    assert stage.aum() == stage.aum(True) == dollars(119_640)
    stage.answers("BNB", 400, 600)
    stage.answers("BNB", 400, 500, 600)
    stage.answers("BTC", 80000, 90000, 100000)
    assert stage.aum() == dollars(159_520)
    trader = stage.give("trader", "BNB", tokens(100))
    assert stage.btc.swap(trader, "BNB", "BTC", tokens(100)) == 39_880_000
    assert stage.token("BTC").fees == 420_000
    assert stage.token("BTC").pool == 59_700_000
    assert stage.aum() == dollars(167_520)
    stage.answers("BNB", 400, 500, 450)
    assert stage.sell("provider", "BNB", dollars(50_000)) == tokens("99.7")


def test_btc90_is_the_state_that_the_protocol_tests_begin_with() -> None:
    """GLP-INC-1, GLP-INC-4, GLP-INC-5, GLP-INC-6."""
    stage = btc90()
    holding, token = stage.holding("trader"), stage.token("BTC")
    assert holding.collateral == dollars("9.91")
    assert holding.average == price(41000)
    assert holding.reserve == 225_000
    assert token.fees == 969
    assert token.guaranteed == dollars("80.09")
    assert token.pool == 274_031
    assert holding.size * 10_000 // holding.collateral == 90_817
    assert is_dollars(stage.aum(), "99.7024")
    assert is_dollars(stage.aum(True), "100.19271")
    other = stage.give("other", "BTC", 25_000)
    stage.btc.request_increase(other, "BTC", True, dollars(110), 25_000)
    stage.settle()
    assert [event.reason for event in stage.happened() if hasattr(event, "reason")] == [
        "reserve-exceeds-pool"
    ]
    stage.venue.audit()


@pytest.mark.parametrize(
    ("at", "published"),
    [(30000, 38709677419354838709677419354838709), (50000, 40816326530612244897959183673469387)],
)
def test_v1_06_the_average_price_mixes_by_the_result(at: int, published: int) -> None:
    """V1-06, GLP-INC-2: the same for both sides, a loss here being a profit there."""
    for is_long in (True, False):
        average = next_average(
            price(at), dollars(90), dollars(10), price(40000), price(at), is_long, 0
        )
        assert is_price(average, raw(published))


def test_v1_06_a_spread_is_lost_at_once() -> None:
    """V1-06, GLP-INC-2, from BTC90."""
    stage = btc90()
    stage.answers("BTC", 36900)
    stage.answers("BTC", 36900, 36900, 36900)
    stage.buy("provider", "BTC", 100_000)
    trader = stage.give("trader", "BTC", 25_000)
    number = stage.btc.request_increase(trader, "BTC", True, dollars(10), 25_000)
    stage.answers("BTC", 36900, 36900, 36900)
    stage.btc.execute(trader, number)
    assert is_price(stage.holding("trader").average, raw(40549450549450549450549450549450549))
    assert is_dollars(stage.result("trader"), -raw(8999999999999999999999999999999))


@pytest.mark.parametrize(
    ("is_long", "small", "later", "published"),
    [
        (True, 40300, 41000, 1736972704714640198511166253101),
        (False, 39700, 39000, 1763224181360201511335012594458),
    ],
)
def test_v1_06_a_profit_too_small_to_count_is_not_mixed_in(
    is_long: bool, small: int, later: int, published: int
) -> None:
    """V1-06, GLP-POS-2: 75 bps inside the window."""
    assert result_of(dollars(90), price(40000), price(small), is_long, 75) == 0
    average = next_average(
        price(small), dollars(90), dollars(10), price(40000), price(small), is_long, 75
    )
    assert average == price(small)
    assert is_dollars(result_of(dollars(100), average, price(later), is_long, 0), raw(published))


def test_v1_08_a_part_of_a_winning_long_is_paid_out() -> None:
    """V1-08, GLP-DEC-1 to 4."""
    stage = btc90()
    stage.answers("BTC", 45100, 46100, 47100)
    assert is_dollars(stage.result("trader"), 9)
    assert near(stage.decrease("trader", 50, 3), 16_878, 1)
    holding, token = stage.holding("trader"), stage.token("BTC")
    assert holding.collateral == dollars("6.91")
    assert holding.size == dollars(40)
    assert holding.reserve == 100_000
    assert holding.realised == dollars(5)
    assert token.fees == 969 + 106
    assert token.guaranteed == dollars("33.09")
    assert near(token.pool, 274_250 - 219 - 16_878 - 106 - 1, 1)
    assert holding.size * 10_000 // holding.collateral == 57_887
    stage.venue.audit()


def test_v1_10_the_minimum_profit_rule_eats_what_is_not_above_it() -> None:
    """V1-10, GLP-POS-2: 75 bps, one hour."""
    stage = Stage({"BTC": {"min_profit": 75}}, min_profit_time=3_600_000)
    stage.answers("BTC", 40000, 41000, 40000)
    stage.buy("provider", "BTC", 250_000)
    stage.long("trader", 90, 25_000)
    stage.answers("BTC", 41307, 41307, 41307)
    assert stage.result("trader") == 0
    stage.answers("BTC", 41308, 41308, 41308)
    assert is_dollars(stage.result("trader"), raw(676097560975609756097560975609))
    stage.answers("BTC", 41307, 41307, 41307)
    stage.wait(3_700_000)
    assert stage.result("trader") > 0


@pytest.mark.parametrize(
    ("at", "result", "out", "pool"),
    [(36000, 9, "18.82", "90.96"), (41000, "-2.25", "7.57", "102.21")],
)
def test_v1_12_a_short_is_closed(at: int, result: object, out: str, pool: str) -> None:
    """V1-12, GLP-DEC-1 to 4."""
    stage = Stage(mint_burn=4)
    stage.buy("provider", "DAI", dollars(100))
    assert stage.token("DAI").pool == dollars("99.96")
    stage.answers("BTC", 40000, 41000, 40000)
    stage.short("trader", 90, 10)
    assert stage.holding("trader", "DAI", False).average == price(40000)
    stage.answers("BTC", at, at, at)
    assert is_dollars(stage.result("trader", "DAI", False), result)
    assert stage.cover("trader", 90, 3) == dollars(out)
    assert stage.token("DAI").pool == dollars(pool)
    assert stage.token("DAI").fees == dollars("0.22")
    stage.venue.audit()


def test_v1_14_a_long_is_liquidated() -> None:
    """V1-14, GLP-LIQ-1, 3."""
    stage = btc90()
    stage.answers("BTC", 43500, 43500, 43500)
    assert is_dollars(stage.result("trader"), raw(5487804878048780487804878048780))
    stage.answers("BTC", 43500, 43500, 39000)
    assert is_dollars(stage.result("trader"), -raw(4390243902439024390243902439024))
    assert stage.state("trader")[0] == SAFE
    stage.who("liquidator")
    with stage.refuses("not-liquidatable"):
        stage.liquidate("liquidator", "trader")
    stage.answers("BTC", 43500, 39000, 38700)
    assert is_dollars(stage.result("trader"), -raw(5048780487804878048780487804878))
    assert stage.state("trader")[0] == SPENT
    assert is_dollars(stage.aum(), "99.064997")
    assert is_dollars(stage.aum(True), "101.418485")
    stage.liquidate("liquidator", "trader")
    assert stage.token("BTC").fees == 1_175
    assert stage.held("liquidator", "BTC") == 11_494
    assert stage.token("BTC").pool == 262_756 - 219 - 206
    assert stage.held("trader", "BTC") == 0
    assert is_dollars(stage.aum(), "101.522097")
    assert is_dollars(stage.aum(True), "114.113985")
    stage.venue.audit()


@pytest.mark.parametrize(
    ("days", "fees", "pool", "state"), [(200, 22_634, 83_200, SPENT), (1000, 23_648, 82_186, SPENT)]
)
def test_v1_16_borrowing_eats_the_collateral_and_then_the_profit(
    days: int, fees: int, pool: int, state: int
) -> None:
    """V1-16, GLP-LIQ-2, GLP-BOR-1: the whole time is charged at the utilisation of the end."""
    stage = Stage()
    stage.answers("BTC", 100000, 100000, 100000)
    stage.buy("provider", "BTC", 100_000)
    stage.long("trader", 90, 10_000)
    holding = stage.holding("trader")
    assert holding.collateral == dollars("9.91")
    assert holding.reserve == 90_000
    stage.answers("BTC", 120000, 120000, 120000)
    assert is_dollars(stage.result("trader"), 18)
    assert stage.state("trader")[0] == SAFE
    for _ in range(days // 200):
        stage.now += 200 * DAY
        stage.venue.advance(stage.now, None, 0)
    found, charged = stage.state("trader")
    assert found == state
    if days == 1000:
        assert is_dollars(charged, "27.91")
    stage.liquidate("liquidator", "trader")
    assert near(stage.token("BTC").fees, fees, 1)
    assert near(stage.token("BTC").pool, pool, 1)
    stage.venue.audit()


def test_v1_18_the_average_price_of_all_shorts() -> None:
    """V1-18, GLP-SHORT-1, GLP-CAP-1."""
    stage = Stage({"BTC": {"max_short": dollars(300)}}, mint_burn=4)
    stage.buy("provider", "DAI", dollars(500))
    assert stage.token("DAI").pool == dollars("499.8")
    stage.answers("BTC", 40000, 40000, 40000)
    stage.short("first", 90, 20)
    assert stage.holding("first", "DAI", False).collateral == dollars("19.91")
    stage.answers("BTC", 42000, 42000, 42000)
    assert is_dollars(stage.result("first", "DAI", False), "-4.5")
    stage.cover("first", 50, 3)
    holding = stage.holding("first", "DAI", False)
    assert holding.collateral == dollars("14.41")
    assert holding.realised == -dollars("2.5")
    assert stage.token("DAI").pool == dollars("502.3")
    assert stage.token("DAI").fees == dollars("0.34")
    stage.short("second", 200, 20)
    token = stage.token("BTC")
    assert token.short_size == dollars(240)
    assert is_price(token.short_average, raw(41652892561983471074380165289256198))
    assert is_dollars(stage.aum(), "504.3")
    stage.answers("BTC", 40000, 40000, 41000)
    assert is_dollars(stage.aum(True), "498.538095238095238095")
    assert is_dollars(stage.aum(), "492.776190476190476190")
    stage.short("third", 60, 20)
    token = stage.token("BTC")
    assert token.short_size == dollars(300)
    assert is_price(token.short_average, raw(41311475409836065573770491803278614))
    assert is_dollars(stage.aum(True), "500.038095238095238095")
    assert is_dollars(stage.aum(), "492.776190476190476190")
    fourth = stage.give("fourth", "DAI", dollars(20))
    stage.btc.request_increase(fourth, "DAI", False, dollars(60), dollars(20))
    stage.settle()
    assert [e.reason for e in stage.happened() if hasattr(e, "reason")] == ["max-shorts"]
    stage.venue.audit()


def test_v1_20_glp_is_minted_and_redeemed() -> None:
    """V1-20, GLP-MINT-3, GLP-MINT-4, GLP-AUM-1."""
    stage = Stage(cooldown=DAY)
    supply, redeem = stage.btc.supply_token, stage.btc.redeem_token
    one, two, three = (stage.who(name) for name in ("one", "two", "three"))
    stage.answers("BNB", 300, 300, 300)
    stage.answers("BTC", 60000, 60000, 60000)
    stage.give("one", "DAI", dollars(100))
    assert supply("DAI", one, dollars(100)) == dollars("99.7")
    stage.answers("BNB", 300, 400, 400)
    stage.give("two", "BNB", tokens(1))
    assert supply("BNB", two, tokens(1)) == dollars("299.1")
    assert stage.aum(True) == dollars("498.5")
    assert stage.aum() == dollars("398.8")
    stage.answers("BNB", 400, 400, 500)
    stage.give("three", "BTC", tokens("0.01"))
    assert supply("BTC", three, tokens("0.01")) == dollars("398.8")
    assert is_dollars(stage.aum(True), "1196.4")
    assert is_dollars(stage.aum(), "1096.7")
    with stage.refuses("cooldown") as caught:
        redeem("DAI", one, dollars(72))
    assert caught.value.bound == stage.btc.liquidity.holders[one].added_at + DAY
    stage.wait(DAY + 1)
    assert is_dollars(redeem("DAI", one, dollars(72)), "98.703")
    assert near(redeem("BNB", one, dollars("27.7")), "0.075946475", 10**8)
    assert stage.btc.liquidity.supply == dollars("697.9")
    assert is_dollars(stage.aum(True), "1059.3125", 5)
    assert is_dollars(stage.aum(), "967.23", 5)
    # three exchanges, each floored at 1e-6 dollar and 1e-8 token, stand before this one
    assert near(redeem("BNB", two, dollars("299.1")), "0.826567122857142856", 10**8, 2)
    assert stage.btc.liquidity.supply == dollars("398.8")
    assert is_dollars(stage.aum(True), "644.785357142857143", 5)
    assert is_dollars(stage.aum(), "635.6082857142857144", 5)
    assert is_dollars(stage.token("DAI").pool, "0.7")
    assert near(stage.token("BNB").pool, "0.091770714285714286", 10**8)
    assert stage.token("BTC").pool == 997_000
    assert near(redeem("BTC", three, dollars(375)), 993_137, 1)
    assert stage.btc.glp(three) == dollars("23.8")
    stage.venue.audit()


def test_v1_22_opening_and_closing_leave_aum_as_it_is() -> None:
    """V1-22, GLP-AUM-1. The 250 wei of dust at the end are below our unit.

    Ours is of reserves and payments, floored at 1e-8 BNB each: four of them are 30 millionths.
    """
    stage = Stage()
    stage.answers("BNB", 500, 500, 500)
    provider = stage.give("provider", "BNB", tokens(10))
    stage.markets["BNB"].supply_token("BNB", provider, tokens(10))
    assert stage.aum() == dollars(4985)
    stage.long("trader", 1000, tokens(1), "BNB")
    assert is_dollars(stage.aum(), 4985)
    stage.answers("BNB", 750, 750, 750)
    assert is_dollars(stage.aum(), 7227)
    stage.decrease("trader", 500, 0, "BNB", index="BNB")
    assert is_dollars(stage.aum(), 7227, 15)
    stage.decrease("trader", 100, 250, "BNB", index="BNB")
    assert is_dollars(stage.aum(), 7227, 30)
    stage.venue.audit()

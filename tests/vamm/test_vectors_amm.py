"""Published vectors of the curve itself: pricing, limits, averages (16.A and 16.B of the source).

The protocol keeps 18 digits; ours are 6 for dollars, 8 for tokens and 10 for prices. Each number
must agree to one of our units; where a dollar unit is worth several token units, to those.
"""

import pytest

from seawall.engine.designs.vamm import pricing
from seawall.engine.designs.vamm.funding import fraction
from seawall.engine.designs.vamm.history import PriceGauge, SpotGauge, Steps
from seawall.engine.fixed import RATE
from vamm.stage import START, Stage, dollars, near, price, rate, refused, tokens

Q, B = dollars(1000), tokens(100)


def test_a02_a_short_owes_base_rounded_up() -> None:
    assert pricing.sold_for(Q, B, dollars(50)) == 526_315_790
    assert near(pricing.sold_for(Q, B, dollars(50)), 5263157894736842106, 8)


def test_a04_selling_25_base_yields_200_exactly() -> None:
    assert pricing.proceeds_of(Q, B, tokens(25)) == dollars(200)


def test_a06_buying_37_5_base_costs_600_exactly() -> None:
    assert pricing.cost_of(Q, B, tokens("37.5")) == dollars(600)


def test_a08_a_long_receives_base_rounded_down() -> None:
    assert pricing.bought_for(Q, B, dollars(200)) == 1_666_666_666
    assert near(1_666_666_666, 16666666666666666666, 8)


def test_a10_exact_pair() -> None:
    assert pricing.proceeds_of(Q, B, tokens(60)) == dollars(375)
    assert pricing.cost_of(Q, B, tokens(20)) == dollars(250)


def test_a12_a_closing_long_receives_quote_rounded_down() -> None:
    assert pricing.proceeds_of(Q, B, tokens(20)) == 166_666_666


def test_a14_buying_and_selling_back_costs_one_unit() -> None:
    paid = pricing.cost_of(Q, B, tokens(10))
    back = pricing.proceeds_of(Q + paid, B - tokens(10), tokens(10))
    assert paid == 111_111_112
    assert paid - back == 1
    assert Q + paid == 1_111_111_112


def test_a16_selling_for_ten_and_buying_that_base_back_costs_ten() -> None:
    base = pricing.bought_for(Q, B, dollars(10))
    assert pricing.cost_of(Q, B, base) == dollars(10)


@pytest.mark.parametrize("first", ["remove", "add"])
def test_a18_a_round_trip_leaves_one_unit_in_the_pool(first: str) -> None:
    quote, base = Q, B
    for step in (first, "add" if first == "remove" else "remove"):
        if step == "remove":
            quote, base = quote + pricing.cost_of(quote, base, tokens(10)), base - tokens(10)
        else:
            quote, base = quote - pricing.proceeds_of(quote, base, tokens(10)), base + tokens(10)
    assert (quote, base) == (Q + 1, B)


def test_a20_reserves_after_a_short_and_two_longs() -> None:
    stage = Stage()
    stage.short("a", 20, 10)
    assert stage.base == tokens(125)
    stage.long("b", 10, 10)
    assert near(stage.base, 111111111111111111112, 8)
    stage.long("b", 20, 10)
    assert near(stage.base, 90909090909090909092, 8, units=2)  # one unit of dust per rounding


def test_b02_slippage_limits_are_kept() -> None:
    stage = Stage(1250, 80, oracle="15.625")
    with refused("acceptable-base"):
        stage.long("a", 60, 10, limit="37.5")
    stage = Stage(800, 125, oracle="6.4")
    with refused("acceptable-base"):
        stage.short("a", 60, 10, limit=150)


def band_stage(limit: str = "0.05") -> Stage:
    stage = Stage(fluctuation=rate(limit))
    stage.wait(15)
    return stage


def test_b04_the_band_of_five_percent() -> None:
    band_stage().long("a", 24, 1)
    with refused("fluctuation-band"):
        band_stage().long("a", 25, 1)
    band_stage().short("a", 25, 1)
    with refused("fluctuation-band"):
        band_stage().short("a", 26, 1)


def test_b06_the_band_may_be_left_once_and_then_nothing_more() -> None:
    stage = Stage()
    stage.short("long-to-be", 1, 1)
    stage.close("long-to-be")
    stage.long("l", 40, 1)
    stage.short("s", 60, 1)
    stage.market.params.fluctuation = rate("0.05")
    stage.market.params.partial_ratio = int(RATE)
    stage.wait(15)
    stage.close("l")
    with refused("fluctuation-band"):
        stage.close("s")


def test_b08_the_reference_is_the_block_before() -> None:
    def later() -> Stage:
        stage = band_stage()
        stage.long("a", 10, 1)
        stage.wait(15)
        return stage

    with refused("fluctuation-band"):
        later().short("b", 26, 2)
    with refused("fluctuation-band"):
        later().long("b", 30, 1)
    stage = later()
    stage.long("b", 10, 1)
    with refused("fluctuation-band"):
        stage.long("b", 20, 1)


def zigzag(stage: Stage, start: int, count: int) -> None:
    """The protocol's pattern: one sale for 100, then two purchases for 50, every 14 s."""
    for turn in range(start, count):
        if turn % 3 == 0:
            stage.short("z", 100, 1)
        else:
            stage.long("z", 50, 1)
        stage.wait(14)


def test_b10_the_average_over_more_than_there_is() -> None:
    stage = Stage()
    stage.wait(14)
    zigzag(stage, 0, 30)
    steps = stage.market.house.pool.steps
    assert near(steps.average(SpotGauge(), stage.now, 900_000), 9072580645161290321, 10, 100)


def test_b12_the_average_of_what_ten_dollars_buy() -> None:
    stage = Stage()
    stage.wait(14)
    zigzag(stage, 0, 30)
    pool = stage.market.house.pool
    assert near(pool.input_average(dollars(10)), 1098903664504027596, 8)
    zigzag(stage, 0, 34)
    stage.short("z", 100, 1)
    assert near(pool.input_average(dollars(10)), 1103873668968336329, 8)


def test_b14_the_average_after_two_longs() -> None:
    stage = Stage()
    for _ in range(2):
        stage.wait(15)
        stage.long("a", 10, 10)
    stage.wait(15)
    average = stage.market.house.pool.input_average(dollars(10))
    assert near(average, 832601687687196237, 8)


@pytest.mark.parametrize(
    ("gaps", "wei"),
    [
        ((15, 15, 15), 1030927835051546392),
        ((15, 30, 60), 1039914336779474587),
        ((915, 15, 15), 1011142351348536916),
    ],
)
def test_b16_the_average_after_two_shorts(gaps: tuple[int, int, int], wei: int) -> None:
    stage = Stage()
    stage.wait(gaps[0])
    stage.short("a", 10, 1)
    stage.wait(gaps[1])
    stage.short("a", 10, 1)
    stage.wait(gaps[2])
    assert near(stage.market.house.pool.input_average(-dollars(10)), wei, 8)


def test_b18_funding_rate_of_an_eight_hour_period() -> None:
    period = 8 * 3_600_000
    part = fraction(price("-0.3"), price("10.3"), period, 0)
    assert part == -price("0.1") * 1000
    stage = Stage(funding_period=period, index_twap=0)
    stage.wait(8 * 3600, oracle="10.3")
    per_period = int(stage.market.house.funding.rate) * 8
    assert near(per_period, -9708737864077669, 12, 8)


@pytest.mark.parametrize(
    ("oracle", "over"), [(12, True), (8, True), ("10.5", False), ("9.5", False)]
)
def test_b20_the_oracle_spread_flag(oracle: str, over: bool) -> None:
    stage = Stage()
    stage.wait(15, oracle=oracle)
    assert stage.market.house.is_over_spread() is over


def test_b20_a_price_of_zero_is_refused_at_the_door() -> None:
    with refused("price-too-small"):
        Stage().wait(15, oracle=0)


def test_b22_the_average_of_the_index() -> None:
    steps = Steps(3_600_000)
    for seconds, dollar in ((0, 400), (15, 405), (30, 410), (75, 420)):
        steps.push(price(dollar), 0, START + seconds * 1000)
    average = steps.average(PriceGauge(), START + 95_000, 95_000)
    assert near(average, 409736842105263157894, 10)

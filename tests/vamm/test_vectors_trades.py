"""Published vectors of positions and fees (16.C of the source).

Sizes agree to the token units that one of our dollar units is worth at the price of the vector
(``SLACK``), everything in dollars to one unit. A chain that carries a rounded dollar on says how
many roundings it carries.
"""

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

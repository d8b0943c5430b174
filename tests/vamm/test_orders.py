"""Orders, fees, margin, limits: the rules VAM-ORD, VAM-FEE, VAM-LIM, VAM-MAR of the manual."""

import pytest

from seawall.engine.designs.vamm import Params, VammMarket
from seawall.engine.errors import BadParameters, Refusal
from seawall.engine.events import Cancelled, Filled
from seawall.engine.fixed import RATE
from seawall.engine.guards import AdaptiveLeverage, Guards, MarketFacts, PriceBreaker
from seawall.engine.margin import Tier, Tiers
from seawall.engine.venue import Venue
from vamm.stage import Stage, dollars, price, rate, refused, tokens


def place(stage: Stage, name: str, size: str | int, margin: int = 0, **more: object) -> int:
    return stage.venue.place(
        "ETH",
        stage.who(name),
        tokens(size),
        dollars(margin),
        **more,  # type: ignore[arg-type]
    )


def test_an_order_by_size_pays_what_the_curve_asks() -> None:
    """VAM-CUR-1, VAM-ORD-1: filled at once, rounded against the trader."""
    stage = Stage()
    quote = stage.market.quote(tokens(20))
    place(stage, "a", 20, 25)
    fill = stage.venue.drain()[-1]
    assert isinstance(fill, Filled)
    assert stage.entry("a") == dollars(250)
    assert (int(quote.value), int(quote.impact)) == (dollars(200), dollars(50))
    assert (int(fill.size), int(fill.price), int(fill.impact)) == (
        tokens(20),
        price(10),
        dollars(50),
    )
    assert int(quote.all_in) == price("12.5")


@pytest.mark.parametrize("side", [1, -1])
def test_the_sum_of_both_reserves_never_falls_below_k(side: int) -> None:
    """VAM-CUR-2: every rounded trade leaves its dust in the pool."""
    stage = Stage()
    k = stage.quote * stage.base
    for size in ("3.33333333", "1.7", "-2.22222221", "-0.0000007"):
        value = tokens(size) * side
        stage.venue.place("ETH", stage.who("a"), value, dollars(40))
        assert stage.quote * stage.base >= k
        k = stage.quote * stage.base


def test_a_market_without_a_price_takes_no_order() -> None:
    """VAM-CUR-3: the curve opens with the first index price."""
    market = VammMarket("ETH", Params(quote_reserve=dollars(1000)))
    venue = Venue()
    venue.list_market(market)
    account = venue.open_account()
    venue.deposit(account, dollars(10))
    with refused("no-price"):
        venue.place("ETH", account, tokens(1), dollars(5))
    stage = Stage(1000, 0, oracle=20)
    assert stage.base == tokens(50)


def test_the_trade_limit_caps_what_is_taken_out() -> None:
    """VAM-LIM-1: of the base by a purchase by size, of the quote by a short."""
    stage = Stage()
    with refused("trade-limit"):
        place(stage, "a", "90.00000001", 4000)
    with refused("trade-limit"):
        stage.short("a", "900.000001", 1)
    stage.short("a", 900, 1)


def test_a_partial_order_is_cut_to_the_band() -> None:
    """VAM-LIM-3, VAM-ORD-6: cut to what the band leaves, margin in proportion."""
    stage = Stage(fluctuation=rate("0.05"))
    stage.wait(15)
    with refused("fluctuation-band"):
        place(stage, "a", 10, 50)
    place(stage, "a", 10, 50, partial=True)
    assert tokens("2.40") < stage.size("a") < tokens("2.42")
    assert abs(stage.margin("a") - dollars(50) * stage.size("a") // tokens(10)) <= 1
    assert stage.market.mark() <= price("10.5")
    with refused("fluctuation-band"):
        place(stage, "b", 1, 10, partial=True)
        place(stage, "b", 1, 10, partial=True)


def test_an_idle_band_does_not_widen() -> None:
    """VAM-LIM-2: after many empty blocks it is still one band from the last price."""
    stage = Stage(fluctuation=rate("0.05"))
    for _ in range(20):
        stage.wait(60)
    with refused("fluctuation-band"):
        stage.long("a", 25, 1)
    stage.long("a", 24, 1)


def test_the_acceptable_price_is_all_in() -> None:
    """VAM-ORD-2."""
    stage = Stage(toll=rate("0.01"))
    with refused("acceptable-price"):
        place(stage, "a", 20, 40, acceptable=price("12.62"))
    place(stage, "a", 20, 40, acceptable=price("12.625"))
    with refused("acceptable-price"):
        place(stage, "a", -20, acceptable=price("12.38"))
    place(stage, "a", -20, acceptable=price("12.3"))


def test_a_limit_waits_for_the_mark_and_keeps_its_price() -> None:
    """VAM-ORD-3, VAM-ORD-4."""
    stage = Stage()
    number = place(stage, "a", 5, 20, kind="limit", trigger=price(9))
    assert stage.size("a") == 0
    assert number in stage.market.waiting.orders
    stage.wait(15, budget=10)
    assert stage.size("a") == 0
    stage.short("b", 70, 1)
    stage.venue.drain()
    stage.wait(15, budget=10)
    assert stage.size("a") == 0, "reached, but five tokens would cost more than nine each"
    stage.short("b", 40, 1)
    stage.wait(15, budget=10)
    assert stage.size("a") == tokens(5)
    assert stage.entry("a") <= dollars(45)


def test_a_limit_that_is_reached_fills_at_once() -> None:
    """VAM-ORD-3."""
    stage = Stage()
    place(stage, "a", 1, 20, kind="limit", trigger=price(11))
    assert stage.size("a") == tokens(1)


def test_a_stop_closes_and_one_that_cannot_is_cancelled() -> None:
    """VAM-ORD-3, VAM-ORD-5."""
    stage = Stage()
    place(stage, "a", 5, 20)
    place(stage, "a", -5, kind="stop", trigger=price(10), reduce_only=True)
    place(stage, "c", 900, 100, kind="stop", trigger=price("10.4"))
    stage.short("b", 60, 1)
    stage.wait(15, budget=10)
    assert stage.size("a") == 0
    before = stage.wallet("c")
    stage.long("b", 120, 1)
    stage.venue.drain()
    stage.wait(15, budget=10)
    reasons = [event.reason for event in stage.venue.drain() if isinstance(event, Cancelled)]
    assert reasons == ["trade-limit"]
    assert stage.wallet("c") - before == dollars(100)


def test_waiting_orders_can_be_cancelled_by_their_owner_alone() -> None:
    """VAM-ORD-4."""
    stage = Stage()
    number = place(stage, "a", 5, 20, kind="limit", trigger=price(5))
    with refused("unknown-order"):
        stage.venue.cancel("ETH", stage.who("b"), number)
    stage.venue.cancel("ETH", stage.who("a"), number)
    assert stage.wallet("a") == dollars(5000)


def test_an_order_by_size_turns_a_position_round() -> None:
    """VAM-POS-4: closes, pays out, opens the rest on its part of the margin."""
    stage = Stage()
    place(stage, "a", 20, 100)
    wallet = stage.wallet("a")
    place(stage, "a", -40, 90)
    assert stage.size("a") == -tokens(20)
    closed, opened = 250, stage.entry("a") / 1e6
    part = 90 * opened / (closed + opened)
    assert abs(stage.margin("a") - dollars(f"{part:.6f}")) <= 2
    assert stage.wallet("a") - wallet == dollars(100) - stage.margin("a")
    stage.audit()


def test_a_reduce_realises_the_average_and_pays_nothing_out() -> None:
    """VAM-POS-2."""
    stage = Stage()
    stage.long("a", 60, 10)
    stage.long("b", 60, 10)
    wallet, result, size = stage.wallet("a"), stage.result("a"), stage.size("a")
    place(stage, "a", -10)
    realised = stage.margin("a") - dollars(60)
    assert realised == result * tokens(10) // size
    assert stage.wallet("a") == wallet
    assert abs(stage.result("a") - (result - realised)) <= 60


def test_reduce_only_and_its_refusals() -> None:
    """VAM-ORD-6."""
    stage = Stage()
    with refused("nothing-to-reduce"):
        place(stage, "a", -5, reduce_only=True)
    place(stage, "a", 5, 20)
    with refused("margin-on-reduce"):
        place(stage, "a", -5, 1, reduce_only=True)
    place(stage, "a", -50, reduce_only=True)
    assert stage.size("a") == 0


def test_an_increase_settles_funding() -> None:
    """VAM-POS-1: margin less what is owed, and the index starts from here."""
    stage = Stage()
    stage.long("a", 60, 10)
    stage.wait(86_400, oracle="25.5")
    stage.long("a", 10, 1)
    assert stage.margin("a") == dollars(70) - dollars("3.75")
    assert stage.entry("a") == dollars(610)
    view = stage.market.position(stage.who("a"))
    assert view is not None
    assert view.accrued == 0


def test_the_joint_result_is_what_the_curve_took_in_less_the_open_notionals() -> None:
    """VAM-POS-7, property 2 of the source: leaving all, in any order, sums to nothing."""
    for order in (("a", "b", "c"), ("c", "a", "b"), ("b", "c", "a")):
        stage = Stage(10_000, 100, oracle=100)
        stage.long("a", 500, 2)
        stage.short("b", 300, 2)
        stage.long("c", 400, 1)
        joint = int(stage.market.house.pool.joint_result())
        assert joint == 0
        stage.venue.drain()
        for name in order:
            stage.close(name)
        results = [int(event.result) for event in stage.venue.drain()]
        assert -12 <= sum(results) <= 0
        assert 0 <= stage.quote - dollars(10_000) <= 12


def test_fees_come_from_the_wallet_and_then_from_the_margin() -> None:
    """VAM-FEE-1, VAM-FEE-2, VAM-FEE-3."""
    stage = Stage(toll=rate("0.001"), spread=rate("0.002"))
    fund = stage.fund
    place(stage, "a", 20, 50)
    assert stage.margin("a") == dollars(50)
    assert stage.wallet("treasury") == dollars("0.25")
    assert stage.fund - fund == dollars("0.5")
    stage.who("poor", 50)
    place(stage, "poor", 1, 50)
    assert stage.wallet("poor") == 0
    fee = -(-stage.entry("poor") // 1000) + -(-stage.entry("poor") * 2 // 1000)
    assert stage.margin("poor") == dollars(50) - fee
    with refused("wallet-too-small"):
        place(stage, "poor", 1, 1)


def test_margin_that_is_too_small_is_refused() -> None:
    """VAM-MAR-1: at least the initial ratio of the notional added."""
    stage = Stage()
    with refused("initial-margin"):
        place(stage, "a", 20, 12)
    place(stage, "a", 20, 13)


def test_adding_to_a_position_must_leave_it_at_maintenance() -> None:
    """VAM-MAR-2."""
    stage = Stage()
    stage.long("a", 25, 10)
    stage.short("b", 60, 1)
    with refused("maintenance-margin"):
        stage.long("a", 1, 10)


def test_leverage_tiers_take_the_place_of_the_two_ratios() -> None:
    """VAM-MAR-3."""
    table = Tiers(
        [Tier(dollars(100), 20, rate("0.025")), Tier(10**18, 5, rate("0.1"))], deducted=False
    )
    stage = Stage(tiers=table, liquidation_fee=rate("0.025"))
    place(stage, "a", 9, 5)
    with refused("initial-margin"):
        place(stage, "b", 20, 40)
    assert int(stage.params.liquidation_rate(dollars(90))) == rate("0.01")
    with pytest.raises(BadParameters, match="flat"):
        Params(tiers=Tiers([Tier(10**18, 5, rate("0.1"))], deducted=True))


def test_margin_may_always_be_added_and_taken_to_the_free_collateral() -> None:
    """VAM-MAR-4, VAM-MAR-5."""
    stage = Stage()
    stage.long("a", 60, 5)
    stage.venue.add_margin("ETH", stage.who("a"), dollars(5))
    free = stage.market.free_collateral(stage.who("a"))
    assert free == dollars(50) - 1  # the result of the position rounds down
    with refused("free-collateral"):
        stage.venue.remove_margin("ETH", stage.who("a"), free + 1)
    stage.venue.remove_margin("ETH", stage.who("a"), free)
    with refused("unknown-position"):
        stage.venue.add_margin("ETH", stage.who("b"), 1)
    with refused("wallet-too-small"):
        stage.venue.add_margin("ETH", stage.who("a"), dollars(10_000))


def test_caps_spare_the_exempt_account() -> None:
    """VAM-LIM-4."""
    stage = Stage(interest_cap=dollars(100), holding_cap=tokens(5), exempt_account=5)
    with refused("holding-cap"):
        place(stage, "a", 6, 100)
    place(stage, "a", 5, 100)
    stage.who("b")
    assert stage.who("exempt") == 5
    with refused("interest-cap"):
        place(stage, "b", 5, 100)


def test_the_caps_do_not_bind_the_exempt_account() -> None:
    """VAM-LIM-4."""
    stage = Stage(interest_cap=dollars(100), holding_cap=tokens(5), exempt_account=3)
    assert stage.who("exempt") == 3
    place(stage, "exempt", 30, 500)


def test_guards_of_the_house_apply() -> None:
    """VAM-GRD-1: adaptive leverage and the price breaker."""
    stage = Stage(guards=Guards(leverage=AdaptiveLeverage()))
    stage.market.set_facts(MarketFacts(market_value=dollars(10_000_000)))
    with refused("adaptive-leverage"):
        place(stage, "a", 20, 60)
    place(stage, "a", 20, 90)
    stage = Stage(guards=Guards(price_breaker=PriceBreaker()))
    place(stage, "a", 5, 20)
    number = place(stage, "a", 1, 20, kind="limit", trigger=price(9))
    stage.wait(15, oracle=4, budget=10)
    with refused("price-breaker"):
        place(stage, "b", 1, 20)
    stage.venue.cancel("ETH", stage.who("a"), number)
    stage.venue.add_margin("ETH", stage.who("a"), 1)


def test_commands_of_strangers_are_refused() -> None:
    """VAM-REF-1."""
    stage = Stage()
    for command in (
        lambda: stage.market.open_position(99, True, 1, rate(1)),
        lambda: stage.market.liquidate(99, 1),
        lambda: stage.market.set_backstop(99, True),
    ):
        with refused("unknown-account"):
            command()


def test_views_change_nothing() -> None:
    """VAM-VIEW-1."""
    stage = Stage()
    stage.long("a", 60, 10)
    stage.short("b", 60, 2)
    before = stage.venue.digest()
    market = stage.market
    for view in (
        market.depth,
        market.loss_order,
        market.backing,
        market.open_interest,
        market.dials,
        market.left_unpaid,
    ):
        view()
    market.quote(tokens(1))
    market.position(stage.who("a"))
    market.ratios(stage.who("a"))
    market.exits("winners-first")
    market.vault("fund")
    assert stage.venue.digest() == before


def test_depth_says_what_carries_the_mark() -> None:
    """VAM-VIEW-2."""
    stage = Stage(1_000_000, 10_000, oracle=100)
    level = stage.market.depth()[-1]
    assert int(level.offset) == 5 * int(RATE) // 100
    size = stage.market.size_to(price(105))
    stage.venue.place("ETH", stage.who("a", 100_000), size, dollars(30_000))
    assert price("104.9999") < stage.market.mark() <= price(105)
    assert abs(stage.entry("a") - int(level.buy)) <= 2
    assert stage.market.size_to(stage.market.mark()) == 0


def test_parameters_that_cannot_be_run_are_refused() -> None:
    for field, value in (
        ("quote_reserve", 1),
        ("maintenance_ratio", rate("0.2")),
        ("fluctuation", int(RATE)),
        ("funding_rule", "none"),
        ("toll", int(RATE)),
    ):
        with pytest.raises(BadParameters):
            Params(**{field: value})  # type: ignore[arg-type]


def test_a_refusal_is_one_of_the_trees() -> None:
    stage = Stage()
    with pytest.raises(Refusal) as caught:
        place(stage, "a", 20, 1)
    assert (caught.value.code, caught.value.value) == ("initial-margin", dollars(1))
    assert caught.value.bound == dollars("12.5")

"""Requests and orders: two steps, delays, paths, triggers, orders by size, guards."""

import pytest

from glp.stage import Own, Stage, dollars, price, tokens
from seawall.designs import DESIGNS
from seawall.engine.breakers import FundingBreaker, PriceBreaker
from seawall.engine.designs.glp import GlpMarket, Params, PoolParams, TokenTerms
from seawall.engine.errors import BadParameters, Refusal
from seawall.engine.events import Filled, RungReached
from seawall.engine.guards import (
    AdaptiveLeverage,
    AdaptiveOpenInterestCap,
    Guards,
    LeverageStep,
    MarketFacts,
    PositionCap,
)
from seawall.engine.reports import OracleParams, Report
from seawall.engine.venue import Venue

MINUTE = 60_000


def usd(amount: object) -> dict[str, int]:
    return {"acceptable": price(amount)}  # type: ignore[arg-type]


# two steps


def test_an_order_is_carried_out_at_the_first_later_price() -> None:
    """GLP-ORD-1."""
    stage = Own()
    account = stage.trader()
    stage.place(account, 1, 100)
    stage.venue.advance(stage.now, None)
    stage.wait(500)
    stage.venue.advance(stage.now, None)
    assert stage.market.position(account) is None
    stage.tick(2010)
    view = stage.market.position(account)
    assert view.entry == dollars(2010)
    filled = next(event for event in stage.venue.drain() if isinstance(event, Filled))
    assert (filled.price, filled.size) == (price(2010), tokens(1))


def test_the_keeper_the_owner_and_time() -> None:
    """GLP-ORD-2."""
    stage = Own(keeper_delay=5_000, public_delay=180_000, max_delay=600_000)
    account = stage.trader()
    first = stage.place(account, 1, 100)
    stage.tick(2000, 2_000)
    second = stage.place(account, 1, 100)
    with stage.refuses("too-early") as caught:
        stage.venue.cancel("ETH", account, first)
    assert caught.value.bound == stage.now - 2_000 + 180_000
    with stage.refuses("too-early"):
        stage.market.execute(account, first)
    stage.tick(2000, 3_000)
    assert first not in stage.market.room.orders
    assert second in stage.market.room.orders, "not yet the keeper's"
    stage.tick(2000, 180_000, budget=0)
    stage.market.execute(account, second)
    assert stage.market.position(account).entry == dollars(4_000)
    third, fourth = stage.place(account, 1, 100), stage.place(account, -1, 100)
    stage.tick(2000, 200_000, budget=0)
    stage.venue.cancel("ETH", account, third)
    stage.tick(2000, 400_000, budget=0)
    with stage.refuses("expired"):
        stage.market.execute(account, fourth)
    stage.venue.drain()
    stage.tick(2000)
    assert stage.reasons() == ["expired"]
    assert stage.wallet(account) == dollars(10_000 - 200)
    with stage.refuses("unknown-order"):
        stage.venue.cancel("ETH", account, fourth)


@pytest.mark.parametrize(
    ("side", "closes", "fits", "misses"),
    [
        (1, False, 2000, 1999),
        (-1, False, 2000, 2001),
        (1, True, 2000, 2001),
        (-1, True, 2000, 1999),
    ],
)
def test_the_acceptable_price_is_inclusive(side: int, closes: bool, fits: int, misses: int) -> None:
    """GLP-ORD-3."""
    for acceptable, expected in ((fits, ""), (misses, "acceptable-price")):
        stage = Own()
        account = stage.trader()
        collateral = "ETH" if side > 0 else "USD"
        stage.venue.deposit(account, tokens(1), "ETH")
        amount = tokens("0.1") if side > 0 else dollars(200)
        market = stage.market
        if closes:
            market.request_increase(account, collateral, side > 0, dollars(2_000), amount)
            stage.tick(2000)
            market.request_decrease(
                account, collateral, side > 0, dollars(2_000), **usd(acceptable)
            )
        else:
            market.request_increase(
                account, collateral, side > 0, dollars(2_000), amount, **usd(acceptable)
            )
        stage.tick(2000)
        assert stage.reasons() == ([expected] if expected else [])


def test_a_request_is_swapped_on_the_way_in_and_out_or_not_done_at_all() -> None:
    """GLP-ORD-4."""
    stage = Own(pool={"dynamic_fees": False})
    account, market = stage.trader(), stage.market
    market.request_increase(
        account, "ETH", True, dollars(2_000), dollars(200), "USD", min_out=tokens("0.0997")
    )
    stage.tick(2000)
    assert market.position(account).margin == dollars("197.4")
    market.request_increase(
        account, "ETH", True, dollars(2_000), dollars(200), "USD", min_out=tokens("0.0998")
    )
    stage.tick(2000)
    assert stage.reasons() == ["min-out"]
    assert stage.wallet(account) == dollars(9_800)
    market.request_decrease(account, "ETH", True, dollars(2_000), 0, "USD", min_out=dollars(196))
    stage.tick(2000)
    assert stage.reasons() == ["min-out"]
    assert market.position(account).entry == dollars(2_000)
    market.request_decrease(account, "ETH", True, dollars(2_000), 0, "ETH", min_out=tokens("0.1"))
    stage.tick(2000)
    assert stage.reasons() == ["min-out"]
    market.request_decrease(account, "ETH", True, dollars(2_000), 0, "USD", min_out=dollars(194))
    stage.tick(2000)
    assert stage.reasons() == []
    assert market.position(account) is None
    assert dollars("9994.7") < stage.wallet(account) < dollars("9994.9")
    stage.venue.audit()


# triggers


@pytest.mark.parametrize(
    ("size", "kind", "at", "before", "beyond"),
    [
        (1, "limit", 1990, 1990, "1989.99"),
        (-1, "limit", 2010, 2010, "2010.01"),
        (1, "stop", 2010, 2010, "2010.01"),
        (-1, "stop", 1990, 1990, "1989.99"),
    ],
)
def test_a_trigger_must_be_passed(
    size: int, kind: str, at: int, before: object, beyond: object
) -> None:
    """GLP-ORD-5."""
    stage = Own()
    account = stage.trader()
    stage.place(account, size, 100, kind=kind, trigger=price(at))
    stage.tick(2000)
    stage.tick(before)  # type: ignore[arg-type]
    assert stage.market.position(account) is None
    stage.tick(beyond)  # type: ignore[arg-type]
    assert stage.market.position(account).entry == dollars(beyond)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("side", "kind", "at", "beyond"),
    [(1, "take-profit", 2010, 2011), (1, "stop", 1990, 1989), (-1, "take-profit", 1990, 1989),
     (-1, "stop", 2010, 2011)],
)  # fmt: skip
def test_a_position_is_closed_by_its_trigger(side: int, kind: str, at: int, beyond: int) -> None:
    """GLP-ORD-5, GLP-SIZE-1."""
    stage = Own()
    account = stage.trader()
    assert stage.fill(account, side, 200) == ""
    stage.place(account, -side, kind=kind, trigger=price(at), reduce_only=True)
    stage.tick(2000)
    stage.tick(at)
    assert stage.market.position(account) is not None
    stage.tick(beyond)
    assert stage.market.position(account) is None


def test_who_buys_looks_at_the_higher_price_and_who_sells_at_the_lower() -> None:
    """GLP-ORD-5, GLP-PRICE-1."""
    stage = Own()
    account = stage.trader()
    stage.place(account, 1, 100, kind="stop", trigger=price(2005))
    stage.place(account, -1, 100, kind="stop", trigger=price(1995))
    stage.now += 1_000
    stage.venue.advance(stage.now, {"ETH": [Report("feed", price(2000), stage.now, price(6))]})
    views = stage.market.positions_of(account)
    assert [view.size > 0 for view in views] == [True, False]
    assert [view.entry for view in views] == [dollars(2006), dollars(1994)]


def test_a_swap_waits_for_its_ratio_or_for_what_it_gives() -> None:
    """GLP-ORD-6."""
    stage = Own(pool={"dynamic_fees": False})
    account, market = stage.trader(), stage.market
    stage.venue.deposit(account, tokens(2), "ETH")
    above = market.request_swap(account, "USD", "ETH", dollars(2_000), ratio=price(2000))
    least = market.request_swap(account, "ETH", "USD", tokens(1), dollars(2_000))
    with stage.refuses("same-token"):
        market.request_swap(account, "ETH", "ETH", 1)
    stage.tick(2000)
    assert sorted(market.room.orders) == [above, least]
    stage.tick(2001)
    assert sorted(market.room.orders) == [least], "2,001 ETH less the fee is not enough"
    assert stage.wallet(account, "ETH") == tokens(1) + 99_650_173
    stage.tick(2005)
    assert sorted(market.room.orders) == [least]
    stage.tick(2007)
    assert sorted(market.room.orders) == []
    assert stage.wallet(account) == dollars("10000.979")
    stage.venue.audit()


def test_what_fails_for_now_waits_on_and_the_rest_is_given_back() -> None:
    """GLP-ORD-7."""
    stage = Own(half=10_000)
    account = stage.trader(20_000)
    stage.place(account, 6, 2_000, kind="limit", trigger=price(1990))
    lean = stage.place(account, 1, 20, kind="limit", trigger=price(1990))
    stage.tick(1980)
    assert stage.reasons() == ["liquidation-fee-exceeds"] or lean not in stage.market.room.orders
    (waiting,) = stage.market.room.orders.values()
    assert waiting.amount == dollars(2_000)
    more = stage.trader(0)
    stage.venue.deposit(more, tokens(10), "ETH")
    stage.market.supply_in_kind("glp", more, tokens(10))
    stage.tick(1980)
    assert stage.market.position(account).entry == dollars(6 * 1980)
    with stage.refuses("trigger-not-reached"):
        number = stage.place(account, 1, 100, kind="limit", trigger=price(1000))
        try:
            stage.market.execute(account, number)
        finally:
            stage.venue.cancel("ETH", account, number)
            stage.venue._numbering.next = number


def test_collateral_that_only_lowers_leverage_is_charged() -> None:
    """GLP-ORD-8."""
    stage = Own(pool={"dynamic_fees": False})
    account, market = stage.trader(), stage.market
    stage.venue.deposit(account, tokens(2), "ETH")

    def brought(size: int, amount: str, **how: object) -> int:
        before = market.position(account)
        fees = market.token("ETH").fees
        market.request_increase(account, "ETH", True, dollars(size), tokens(amount), **how)  # type: ignore[arg-type]
        stage.tick(2000)
        if market.position(account) is before:
            return 0
        return int(market.token("ETH").fees - fees) - size * 10 * 10**8 // (2000 * 10**4)

    assert brought(2_000, "0.1") == 0, "a new position"
    assert brought(2_000, "0.1") == 0, "as levered as before"
    assert brought(0, "0.1") == tokens("0.1") * 30 // 10_000
    assert brought(200, "0.1") == tokens("0.1") * 30 // 10_000
    market.request_increase(
        account, "ETH", True, dollars(200), tokens("0.1"), trigger=price(2100), above=False
    )
    stage.tick(2000)
    assert stage.reasons() == ["lowers-leverage"]
    stage.venue.audit()


def test_an_increase_with_a_trigger_brings_its_least() -> None:
    """GLP-ORD-9."""
    stage = Own(least_purchase=dollars(50))
    account = stage.trader()
    with stage.refuses("purchase-too-small") as caught:
        stage.place(account, 1, 49, kind="limit", trigger=price(1990))
    assert (caught.value.value, caught.value.bound) == (dollars(49), dollars(50))
    stage.place(account, 1, 50, kind="limit", trigger=price(1990))
    stage.place(account, "0.01", 10)
    assert stage.wallet(account) == dollars(9_940)


# orders by size


def test_an_account_may_hold_both_sides_and_takes_each_down_by_its_tokens() -> None:
    """GLP-SIZE-1."""
    stage = Own()
    account, market = stage.trader(), stage.market
    assert stage.fill(account, 2, 500) == ""
    assert stage.fill(account, -3, 500) == ""
    assert market.position(account).size == -tokens(3)
    assert [view.size for view in market.positions_of(account)] == [tokens(2), -tokens(3)]
    assert market.open_interest() == (tokens(2), tokens(3))
    assert market.open_positions() == [account]
    assert stage.fill(account, 1, reduce_only=True) == ""
    assert market.positions_of(account)[1].entry == dollars(4_000)
    assert stage.fill(account, 9, reduce_only=True) == ""
    assert [view.size for view in market.positions_of(account)] == [tokens(2)]
    with stage.refuses("nothing-to-reduce"):
        stage.place(account, 1, reduce_only=True)


def test_a_close_that_the_pool_has_no_dollars_for_pays_the_token() -> None:
    """GLP-SIZE-2."""
    stage = Own(half=10_000, pool={"dynamic_fees": False, "cooldown": 0})
    account = stage.trader()
    assert stage.fill(account, 1, 1_000) == ""
    shares = stage.market.glp(stage.provider)
    stage.market.redeem_token("USD", stage.provider, shares * 52 // 100)
    before = stage.wallet(account)
    assert stage.fill(account, -1, reduce_only=True) == ""
    assert stage.wallet(account) == before
    assert stage.wallet(account, "ETH") == tokens("0.4965")
    with stage.refuses("no-collateral"):
        stage.place(account, 1)
    stage.venue.audit()


def test_a_partial_order_is_cut_to_what_there_is_room_for() -> None:
    """GLP-SIZE-3."""
    stage = Own(half=10_000, pool={"mint_burn": 0, "dynamic_fees": False})
    account, market = stage.trader(), stage.market
    assert stage.fill(account, -10, 4_000) == "reserve-exceeds-pool"
    assert stage.fill(account, -10, 4_000, partial=True) == ""
    assert market.position(account).entry == dollars(10_000)
    assert market.position(account).margin == dollars(2_000 - 10)
    assert stage.wallet(account) == dollars(8_000)
    long = stage.trader(100_000)
    assert stage.fill(long, 10, 2_000, partial=True) == ""
    view = market.position(long)
    # the dollars of the margin are swapped out of the 5 ETH before
    assert dollars(7_999) < view.entry <= dollars(8_000)
    assert market.token("ETH").reserved <= market.token("ETH").pool
    assert stage.wallet(long) == dollars(100_000) - dollars(2_000) * view.entry // dollars(20_000)
    capped = Own(guards=Guards(open_interest=AdaptiveOpenInterestCap()))
    capped.market.set_facts(MarketFacts(market_value=dollars(10_000)))
    other = capped.trader()
    with capped.refuses("adaptive-open-interest-cap"):
        capped.market.quote(tokens(1))
    assert capped.fill(other, 1, 200, partial=True) == ""
    assert capped.market.position(other).entry == dollars(1_000)


def test_the_acceptable_price_of_an_order_by_size_is_all_in() -> None:
    """GLP-SIZE-4, GLP-VIEW-1."""
    stage = Own()
    account = stage.trader()
    assert stage.market.quote(tokens(1)).all_in == price(2002)
    assert stage.fill(account, 1, 100, **usd(2002)) == ""
    assert stage.fill(account, 1, 100, **usd("2001.99")) == "acceptable-price"
    assert stage.market.quote(-tokens(1)).all_in == price(1998)
    assert stage.fill(account, -1, 100, **usd(1998)) == ""
    assert stage.fill(account, -1, 100, **usd("1998.01")) == "acceptable-price"


@pytest.mark.parametrize(
    ("code", "size", "margin", "how"),
    [
        ("size-zero", 0, 10, {}),
        ("size-too-large", 10**11, 10, {}),
        ("margin-too-small", 1, -1, {}),
        ("unknown-kind", 1, 10, {"kind": "iceberg"}),
        ("trigger-on-market", 1, 10, {"trigger": 1}),
        ("trigger-too-small", 1, 10, {"kind": "limit"}),
        ("acceptable-too-small", 1, 10, {"acceptable": -1}),
        ("margin-on-reduce", 1, 10, {"reduce_only": True}),
        ("wallet-too-small", 1, 10_001, {}),
        ("order-too-large", 10**9, 10, {}),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(
    code: str, size: int, margin: int, how: dict
) -> None:
    stage = Own()
    account = stage.trader()
    with stage.refuses(code):
        stage.place(account, size, margin, **how)


def test_requests_that_make_no_sense_are_refused() -> None:
    stage = Own()
    account, market = stage.trader(), stage.market
    with stage.refuses("unknown-account"):
        market.request_increase(999, "ETH", True, 1, 1)
    with stage.refuses("unknown-pool-token"):
        market.request_increase(account, "DOGE", True, 1, 1)
    with stage.refuses("wallet-too-small"):
        market.request_increase(account, "ETH", True, dollars(10), tokens(1))
    with stage.refuses("size-too-large"):
        market.request_increase(account, "USD", False, 10**16, 0)
    with stage.refuses("unknown-auction"):
        stage.venue.bid("ETH", account, 1, 1, 1)
    with stage.refuses("unknown-vault"):
        stage.venue.supply("ETH", "senior", account, 1)
    with stage.refuses("no-price"):
        silent = GlpMarket("OTHER")
        venue = Venue()
        venue.list_market(silent)
        silent.quote(1)
    with stage.refuses("unknown-token"):
        stage.venue.deposit(account, 1, "DOGE")


def test_only_some_designs_take_their_own_token() -> None:
    """GLP-LP-1."""
    venue = Venue()
    venue.list_market(DESIGNS["layered"]("ETH"))
    with pytest.raises(Refusal) as caught:
        venue.market("ETH").supply_in_kind("junior", 1, 1)
    assert caught.value.code == "no-entry-in-kind"


# guards


def test_a_halt_stops_everything_but_margin_and_waiting() -> None:
    """GLP-GRD-1."""
    stage = Own(guards=Guards(price_breaker=PriceBreaker()))
    long, other = stage.trader(), stage.trader()
    assert stage.fill(long, 1, 100) == ""
    number = stage.place(other, 1, 100)
    stage.tick(900)
    assert number in stage.market.room.orders
    assert not [e for e in stage.venue.drain() if isinstance(e, RungReached)]
    for command in (
        lambda: stage.place(other, 1, 100),
        lambda: stage.place(long, -1, reduce_only=True),
        lambda: stage.venue.remove_margin("ETH", long, 1),
        lambda: stage.venue.supply("ETH", "glp", other, dollars(1)),
        lambda: stage.market.redeem_token("USD", stage.provider, 1),
        lambda: stage.market.swap(other, "USD", "ETH", dollars(1)),
        lambda: stage.market.liquidate(other, long, "ETH", True),
    ):
        with stage.refuses("price-breaker"):
            command()
    stage.venue.cancel("ETH", other, number)
    stage.venue.add_margin("ETH", long, dollars(1_900))
    for _ in range(11):
        stage.tick(900, MINUTE)
    assert stage.market.position(long) is not None
    slow = Own(
        guards=Guards(funding_breaker=FundingBreaker(10**9)), pool={"funding_factor": 10_000}
    )
    account = slow.trader(100_000)
    assert slow.fill(account, 400, 50_000) == ""
    slow.tick(2000)
    with slow.refuses("funding-breaker"):
        slow.place(account, 1, 100)


def test_a_stale_price_opens_nothing_and_liquidates_nobody() -> None:
    """GLP-GRD-1."""
    stage = Own(oracle=OracleParams(quorum=1, max_age=60_000, jump=0, max_confidence=0))
    account = stage.trader()
    assert stage.fill(account, 1, 100) == ""
    stage.wait(61_000)
    with stage.refuses("stale-price"):
        stage.place(account, 1, 100)
    number = stage.place(account, -1, reduce_only=True)
    stage.wait(1_000)
    assert number in stage.market.room.orders


def test_the_caps_of_the_guards_bind_increases() -> None:
    """GLP-GRD-2."""
    facts = MarketFacts(market_value=dollars(100_000))
    for guards, code in (
        (Guards(open_interest=AdaptiveOpenInterestCap()), "adaptive-open-interest-cap"),
        (Guards(position=PositionCap()), "position-cap"),
        (
            Guards(leverage=AdaptiveLeverage(value_steps=[LeverageStep(dollars(10**6), 3)])),
            "adaptive-leverage",
        ),
    ):
        stage = Own(guards=guards)
        stage.market.set_facts(facts)
        assert stage.fill(stage.trader(), 6, 1_000) == code


def test_a_pool_refuses_parameters_that_make_no_sense() -> None:
    for wrong in (
        {"tokens": [TokenTerms("A"), TokenTerms("A")]},
        {"tokens": [TokenTerms("A", weight=0)]},
        {"funding_interval": 1},
        {"max_leverage": 10_000},
        {"cooldown": 3 * 86_400_000},
    ):
        with pytest.raises(BadParameters):
            PoolParams(**wrong)  # type: ignore[arg-type]
    with pytest.raises(BadParameters):
        TokenTerms("USD", decimals=8, stable=True)
    with pytest.raises(BadParameters):
        TokenTerms("A", strict=True)
    with pytest.raises(BadParameters):
        Params(keeper_delay=10, max_delay=10)


def test_the_presets_are_the_deployed_pools() -> None:
    arbitrum = PoolParams.arbitrum()
    weights = {token.name: token.weight for token in arbitrum.tokens}
    assert sum(weights.values()) == 100_001
    assert (weights["USD"], weights["ETH"], weights["MIM"]) == (33_500, 25_000, 1)
    caps = {token.name: (token.max_long, token.max_short) for token in arbitrum.tokens}
    assert caps["ETH"] == (dollars(88_000_000), dollars(40_000_000))
    assert (arbitrum.tax, arbitrum.mint_burn, arbitrum.swap, arbitrum.margin) == (50, 25, 30, 10)
    assert sum(token.weight for token in PoolParams.avalanche().tokens) == 100_001
    venue = Venue()
    first = GlpMarket("ETH", Params(pool=arbitrum))
    venue.list_market(first)
    venue.list_market(GlpMarket("BTC", Params(pool=arbitrum), beside=first))
    assert len(first.pool.tokens) == 10
    assert isinstance(Stage().btc, GlpMarket)

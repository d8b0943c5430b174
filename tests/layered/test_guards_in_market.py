"""The guards at work in a market: what they forbid, and what a halt leaves open (LAY-GRD-1)."""

import pytest

from roles import Stage, ceil_div, dollars, grant, rate, tokens
from seawall.engine.breakers import FundingBreaker, PriceBreaker
from seawall.engine.designs.layered import Params
from seawall.engine.errors import Closed, NotEnough
from seawall.engine.events import (
    Cancelled,
    Filled,
    Halted,
    InsuranceMoved,
    RungReached,
    Settled,
)
from seawall.engine.guards import (
    AdaptiveLeverage,
    AdaptiveOpenInterestCap,
    Guards,
    MarketFacts,
    PositionCap,
    preset,
)

CALM = {"move_fee": 0}


def reasons(stage: Stage) -> list[str]:
    return [event.reason for event in stage.happened(Cancelled)]


def guarded(facts: MarketFacts | None = None, **guards: object) -> Stage:
    return Stage(params=Params(guards=Guards(**guards), **CALM), facts=facts)


# caps


def test_a_sides_open_interest_stays_within_a_tenth_of_the_market_value():
    """LAY-GRD-1: 20 million of market value bear 2 million, not 6: the JELLY position."""
    facts = MarketFacts(market_value=dollars(20_000_000))
    stage = guarded(facts, open_interest=AdaptiveOpenInterestCap())
    trader = stage.trader(10_000_000)
    stage.place(trader, -3000, 5_000_000)
    stage.tick()
    assert reasons(stage) == ["adaptive-open-interest-cap"]
    assert stage.fill(trader, -1000, 5_000_000).size == -tokens(1000)
    other = stage.trader(10_000)
    stage.forget()
    stage.place(other, "-0.1", 1_000)
    stage.tick()
    assert reasons(stage) == ["adaptive-open-interest-cap"]
    assert stage.fill(other, 1, 1_000).size == tokens(1)


def test_the_cap_is_held_against_the_price_of_the_fill():
    """LAY-GRD-1: open interest is ceiled at P."""
    facts = MarketFacts(market_value=dollars(200_000))
    stage = guarded(facts, open_interest=AdaptiveOpenInterestCap())
    trader = stage.trader(100_000)
    stage.place(trader, 10, 10_000)
    stage.tick("2000.01")
    assert reasons(stage) == ["adaptive-open-interest-cap"]
    assert stage.fill(trader, "9.99", 10_000).size == tokens("9.99")


def test_an_account_holds_at_most_a_twentieth_of_the_market_value():
    """LAY-GRD-1: 5 % of 400,000 is 20,000; two accounts may hold it each."""
    facts = MarketFacts(market_value=dollars(400_000))
    stage = guarded(facts, position=PositionCap())
    first, second = stage.trader(50_000), stage.trader(50_000)
    stage.fill(first, 10, 10_000)
    stage.place(first, "0.01", 1_000)
    stage.tick()
    assert reasons(stage) == ["position-cap"]
    assert stage.fill(second, 10, 10_000).size == tokens(10)


def test_leverage_shrinks_with_the_market_value():
    """LAY-GRD-1, LAY-POS-7: at 40 million 3 times; also when margin is to be taken out."""
    facts = MarketFacts(market_value=dollars(40_000_000))
    stage = guarded(facts, leverage=AdaptiveLeverage())
    trader = stage.trader(50_000)
    stage.place(trader, 1, 600)
    stage.tick()
    assert reasons(stage) == ["adaptive-leverage"]
    stage.fill(trader, 1, 700)
    least = ceil_div(dollars(2000), 3)
    free = stage.position(trader).equity - least
    with stage.refuses("initial-margin", NotEnough):
        stage.venue.remove_margin("ETH", trader, free + 1)
    stage.venue.remove_margin("ETH", trader, free)


def test_facts_may_be_replaced_and_unknown_ones_do_not_bind():
    """LAY-GRD-1."""
    stage = guarded(None, position=PositionCap(), open_interest=AdaptiveOpenInterestCap())
    trader = stage.trader(50_000)
    stage.fill(trader, 10, 10_000)
    stage.market.set_facts(MarketFacts(market_value=dollars(200_000)))
    stage.place(trader, 1, 1_000)
    stage.tick()
    assert reasons(stage) == ["adaptive-open-interest-cap"]
    stage.fill(trader, -9)
    assert stage.position(trader).size == tokens(1)


def test_caps_do_not_touch_what_is_open_already():
    """LAY-GRD-1: a guard forbids adding, it closes nobody."""
    stage = guarded(None, position=PositionCap(), leverage=AdaptiveLeverage())
    trader = stage.trader(50_000)
    stage.fill(trader, 10, 1_000)
    stage.market.set_facts(MarketFacts(market_value=dollars(1_000)))
    stage.tick()
    stage.tick(seconds=60)
    assert stage.position(trader).size == tokens(10)


# breakers


def halted(**params: object) -> tuple[Stage, int, int]:
    """A price that has fallen by half: trader has a position, and an order in the line."""
    chosen = {"guards": Guards(price_breaker=PriceBreaker())} | CALM | params
    stage = Stage(params=Params(**chosen))
    trader = stage.trader(50_000)
    stage.fill(trader, 1, 5_000)
    order = stage.place(trader, 1, 3_000)
    stage.forget()
    stage.tick(1000)
    return stage, trader, order


def test_half_the_price_in_a_quarter_of_an_hour_halts_the_market_for_ten_minutes():
    """LAY-GRD-1: the event names the guard and the end."""
    stage, _, _ = halted()
    event = stage.happened(Halted)[0]
    assert (event.guard, event.until) == ("price-breaker", stage.now + 600_000)


def test_during_a_halt_no_order_is_taken_or_filled_and_waiting_ones_wait():
    """LAY-ORD-8."""
    stage, trader, order = halted()
    for how in ({"size": 1, "margin": 100}, {"size": -1, "reduce_only": True}):
        with stage.refuses("price-breaker", Closed):
            stage.place(trader, **how)
    stage.tick(seconds=30)
    assert stage.happened(Filled) == []
    assert list(stage.market.waiting.orders) == [order]
    stage.tick(seconds=570)
    assert [event.order for event in stage.happened(Filled)] == [order]


def test_during_a_halt_orders_may_be_cancelled_and_margin_added_but_not_taken_out():
    """LAY-ORD-8, LAY-POS-7."""
    stage, trader, order = halted()
    stage.venue.add_margin("ETH", trader, dollars(100))
    with stage.refuses("price-breaker", Closed):
        stage.venue.remove_margin("ETH", trader, dollars(100))
    stage.venue.cancel("ETH", trader, order)
    assert reasons(stage) == ["cancelled"]


def test_during_a_halt_nobody_is_liquidated():
    """LAY-GRD-1, LAY-LIQ-9: what it costs is the shortfall afterwards."""
    params = Params(guards=Guards(price_breaker=PriceBreaker()), **CALM)
    stage = Stage(params=params)
    trader = stage.trader(10_000)
    stage.fill(trader, 5, 5_100)
    stage.forget()
    stage.tick(1000)
    stage.tick(900, seconds=300)
    assert stage.happened(RungReached) == []
    assert stage.position(trader).equity < 0
    with stage.refuses("price-breaker", Closed):
        stage.venue.bid("ETH", trader, 1, 1, 0)
    stage.tick(900, seconds=300)
    event = stage.happened(RungReached)[0]
    assert event.rung == "junior"
    assert event.shortfall > dollars(390)


def test_during_a_halt_funding_accrues_and_minutes_are_settled():
    """LAY-GRD-1."""
    stage, trader, _ = halted(half_spread=0, fee_adding=0, fee_reducing=0)
    stage.tick(seconds=60)
    stage.tick(seconds=60)
    assert stage.position(trader).accrued > 0
    assert len(stage.happened(Settled)) == 2


def test_during_a_halt_insurance_stands_in_but_nobody_is_deleveraged():
    """LAY-ORD-8, LAY-LIQ-6: what is missing is advanced, winners keep their size."""
    params = Params(guards=Guards(price_breaker=PriceBreaker()), side_cap=rate(2), **CALM)
    stage = Stage(senior=100_000, junior=40_000, params=params)
    grant(stage, stage.market.desk.pool.insurance, 1_000)
    winner = stage.trader(500_000)
    stage.fill(winner, 50, 400_000)
    stage.tick(3_001)
    assert [event.guard for event in stage.happened(Halted)] == ["price-breaker"]
    stage.tick(seconds=20)
    assert [event.amount for event in stage.happened(InsuranceMoved)] == [dollars(1_000)]
    assert stage.position(winner).size == tokens(50)


def test_an_auction_waits_out_a_halt():
    """LAY-GRD-1: no bid, no end, no calling off while the market stands still."""
    params = Params(guards=Guards(price_breaker=PriceBreaker(move=rate("0.1"))), **CALM)
    stage = Stage(params=params)
    owner, bidder = stage.trader(1_000), stage.bidder(1_000)
    stage.fill(owner, 10, 450)
    stage.tick(1962)
    assert stage.position(owner).in_auction
    stage.tick(1700)
    with stage.refuses("price-breaker", Closed):
        stage.venue.bid("ETH", bidder, 1, tokens(1), dollars(100))
    stage.tick(2000, seconds=300)
    assert stage.position(owner).in_auction
    stage.tick(seconds=600)
    assert not stage.position(owner).in_auction


def test_funding_beyond_its_bound_halts_until_it_is_below():
    """LAY-GRD-1: 0.71 % is too much; twice the depth halves the skew and ends the halt."""
    guards = Guards(funding_breaker=FundingBreaker(rate("0.005")))
    stage = Stage(params=Params(guards=guards, funding_pace=rate("0.5"), **CALM))
    whale, depositor = stage.trader(9_000_000), stage.account(16_000_000)
    stage.fill(whale, 5000, 8_000_000)
    stage.to_minute()
    assert stage.happened(Halted) == []
    stage.to_minute()
    event = stage.happened(Halted)[0]
    assert (event.guard, event.until) == ("funding-breaker", 0)
    with stage.refuses("funding-breaker", Closed):
        stage.place(whale, -1, reduce_only=True)
    stage.to_minute()
    assert stage.market.guards.is_halted(stage.now)
    stage.venue.supply("ETH", "junior", depositor, dollars(16_000_000))
    for _ in range(4):
        stage.to_minute()
    assert not stage.market.guards.is_halted(stage.now)
    assert stage.fill(whale, -1, reduce_only=True).size == -tokens(1)


@pytest.mark.parametrize("name", ["none", "hybrid", "multi-round", "auction", "price-breaker"])
def test_every_preset_can_be_given_to_a_market(name):
    """LAY-GRD-1: multi-round and auction have parameters of their own here and change nothing."""
    guards = preset(name)
    guards.quorum = None  # one source reports here
    stage = Stage(params=Params(guards=guards, **CALM))
    trader = stage.trader(1_000)
    stage.fill(trader, 1, 800)
    stage.tick(1990)
    stage.venue.audit()


def test_two_markets_never_share_a_breaker():
    """LAY-GRD-1, LAY-ISO-1: the same parameters, each its own memory."""
    params = Params(guards=Guards(price_breaker=PriceBreaker()), **CALM)
    shaken, calm = Stage(params=params), Stage(params=params)
    victim, trader = shaken.trader(1_000), calm.trader(1_000)
    shaken.tick(900)
    calm.tick()
    assert calm.fill(trader, 1, 500).size == tokens(1)
    with shaken.refuses("price-breaker", Closed):
        shaken.place(victim, 1, 500)

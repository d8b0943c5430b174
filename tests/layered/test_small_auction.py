"""Rung 2: the small auction, and who may bid in it (LAY-LIQ-4)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roles import Stage, ceil_div, dollars, price, rate, tokens
from seawall.engine.designs.layered import Params
from seawall.engine.errors import Closed, LimitReached, NotEnough, OutOfRange, Refusal, Unknown
from seawall.engine.events import (
    AuctionEnded,
    AuctionOpened,
    AuctionTaken,
    Cancelled,
    RungReached,
)
from seawall.engine.guards import AdaptiveLeverage, Guards, MarketFacts, PositionCap

STILL = {"move_fee": 0, "funding_max": 0, "utilisation_low": 0, "utilisation_high": 0}


def on_offer(side: int = 1, **params: object) -> tuple[Stage, int]:
    """Ten tokens of an owner with little, but not nothing, left: e is about 58 dollars."""
    stage = Stage(params=Params(**STILL, **params))
    owner = stage.trader(1_000)
    stage.fill(owner, 10 * side, 450)
    stage.forget()
    stage.tick(2000 - 38 * side)
    assert stage.position(owner).in_auction
    return stage, owner


def outcomes(stage: Stage) -> list[str]:
    return [event.outcome for event in stage.happened(AuctionEnded)]


def test_the_whole_position_is_offered():
    """LAY-LIQ-4: the event tells size and bankruptcy price, the loss order what is on offer."""
    stage, owner = on_offer()
    opened = stage.happened(AuctionOpened)[0]
    assert (opened.account, opened.size) == (owner, tokens(10))
    assert opened.bankruptcy == stage.position(owner).bankruptcy_price
    assert [event.rung for event in stage.happened(RungReached)] == ["auction"]
    assert stage.loss_order()["auction"] == dollars(19_620)
    assert stage.market.open_auctions() == [opened.auction]


@pytest.mark.parametrize("side", [1, -1])
def test_the_price_falls_in_steps_from_the_mark_to_the_bankruptcy_price(side):
    """LAY-LIQ-4: no discount for 5 s, a twelfth more every 5 s, all of it at 60 s."""
    stage, owner = on_offer(side)
    bidder = stage.bidder(100_000)
    for seconds, step in ((4, 0), (1, 1), (5, 2), (20, 6), (29, 11), (1, 12)):
        stage.tick(seconds=seconds)
        gap = abs(stage.at - stage.position(owner).bankruptcy_price)
        paid = stage.venue.bid("ETH", bidder, 1, tokens("0.5"), dollars(500))
        assert paid == stage.at - side * (gap * step // 12)


def test_a_taker_gets_the_slice_and_the_owner_the_rest_of_the_margin():
    """LAY-LIQ-4: floor(margin * slice / size) + result - fee goes back to the owner."""
    stage, owner = on_offer()
    stage.tick(seconds=10)
    before = stage.position(owner)
    bidder = stage.bidder(1_000)
    insurance, keeper = stage.pool().I, stage.keeper
    part = tokens("3.33333333")
    paid = stage.venue.bid("ETH", bidder, 1, part, dollars(300))
    taken = stage.happened(AuctionTaken)[0]
    assert (taken.account, taken.bidder) == (owner, bidder)
    assert (taken.size, taken.price) == (part, paid)
    result = part * paid // 10**12 - ceil_div(before.entry * part, tokens(10))
    penalty = ceil_div(ceil_div(part * paid, 10**12) * 25, 10_000)
    dowry = before.margin * part // tokens(10)
    keeps = dowry + result
    assert taken.penalty == min(penalty, keeps)
    assert taken.returned == keeps - taken.penalty
    assert stage.wallet(owner) == dollars(550) + taken.returned
    got = stage.position(bidder)
    assert (got.size, got.margin) == (part, dollars(300))
    assert got.entry == ceil_div(part * paid, 10**12)
    assert stage.position(owner).size == tokens(10) - part
    assert stage.keeper - keeper == taken.penalty // 2
    assert stage.pool().I - insurance == taken.penalty - taken.penalty // 2
    stage.venue.audit()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(tokens("0.02"), tokens(3)), min_size=1, max_size=5),
    st.integers(0, 60),
    st.sampled_from([1, -1]),
)
def test_no_slice_costs_the_pool_anything(slices, seconds, side):
    """LAY-LIQ-4: at or above the bankruptcy price C only gains, and nobody is overpaid."""
    stage, owner = on_offer(side)
    stage.tick(seconds=seconds or 1)
    bidder = stage.bidder(1_000_000)
    for size in slices:
        if not stage.market.open_auctions():
            break
        pool = stage.pool()
        stage.venue.bid("ETH", bidder, 1, size, dollars(10_000))
        assert stage.pool().low >= pool.low
        assert stage.pool().high >= pool.high
        stage.venue.audit()
    assert stage.wallet(owner) <= dollars(550) + dollars(70)


def test_all_of_it_sold_ends_the_auction():
    """LAY-LIQ-4."""
    stage, owner = on_offer()
    stage.venue.bid("ETH", stage.bidder(1_000), 1, tokens(10), dollars(1_000))
    assert outcomes(stage) == ["sold"]
    assert stage.market.position(owner) is None
    assert stage.market.open_auctions() == []
    stage.venue.audit()


def test_a_slice_that_would_leave_crumbs_takes_them_too():
    """LAY-LIQ-4: less than the smallest position is not left on offer."""
    stage, owner = on_offer(smallest_position=dollars(1962))
    bidder = stage.bidder(1_000)
    stage.venue.bid("ETH", bidder, 1, tokens(8), dollars(400))
    stage.venue.bid("ETH", bidder, 1, tokens(1), dollars(50))
    assert stage.position(owner).value == dollars(1962)
    crumbs, other = on_offer(smallest_position=dollars(1962))
    bidder = crumbs.bidder(1_000)
    crumbs.venue.bid("ETH", bidder, 1, tokens("9.00000001"), dollars(1_000))
    assert crumbs.position(bidder).size == tokens(10)
    assert crumbs.market.position(other) is None


def test_it_is_called_off_when_the_price_turns():
    """LAY-LIQ-4: what is left stays with its owner, under watch as before."""
    stage, owner = on_offer()
    stage.venue.bid("ETH", stage.bidder(1_000), 1, tokens(4), dollars(1_000))
    stage.tick(1990)
    assert outcomes(stage) == ["called-off"]
    assert not stage.position(owner).in_auction
    stage.tick(1950)
    assert len(stage.happened(AuctionOpened)) + len(stage.happened(RungReached)) >= 3


def test_it_is_called_off_when_margin_is_added():
    """LAY-LIQ-4, LAY-POS-7: margin may be added during an auction; enough of it ends it."""
    stage, owner = on_offer()
    missing = stage.position(owner).maintenance - stage.position(owner).equity
    stage.venue.add_margin("ETH", owner, missing - 1)
    assert outcomes(stage) == []
    assert stage.position(owner).in_auction
    stage.venue.add_margin("ETH", owner, 1)
    assert outcomes(stage) == ["called-off"]
    assert not stage.position(owner).in_auction
    stage.venue.audit()


def test_it_is_called_off_when_a_slice_has_made_the_rest_healthy():
    """LAY-LIQ-4: 1.8 % is too little above a million, and enough for what is left below it."""
    stage = Stage(params=Params(partial_floor=rate(1), **STILL))
    owner, bidder = stage.trader(100_000), stage.bidder(100_000)
    stage.fill(owner, 550, 50_000)
    view = stage.position(owner)
    stage.venue.remove_margin("ETH", owner, view.equity - view.initial)
    stage.tick(1955)
    assert stage.position(owner).in_auction
    stage.venue.bid("ETH", bidder, 1, tokens(1), dollars(1_000))
    assert outcomes(stage) == []
    stage.venue.bid("ETH", bidder, 1, tokens(45), dollars(5_000))
    assert outcomes(stage) == ["called-off"]
    assert not stage.position(owner).in_auction
    assert stage.position(owner).size == tokens(504)


def test_unsold_after_its_minute_the_pool_takes_it():
    """LAY-LIQ-4, LAY-LIQ-5: open at 60 s, over after it."""
    stage, owner = on_offer()
    stage.tick(seconds=60)
    assert outcomes(stage) == []
    stage.tick(seconds=1)
    assert outcomes(stage) == ["unsold"]
    assert [event.rung for event in stage.happened(RungReached)] == ["auction", "junior"]
    assert stage.market.position(owner) is None


def test_under_water_before_its_end_the_pool_takes_it():
    """LAY-LIQ-5."""
    stage, owner = on_offer()
    stage.tick(1950)
    assert outcomes(stage) == ["unsold"]
    assert stage.market.position(owner) is None


def test_an_auction_that_ends_is_an_action_of_the_keeper():
    """LAY-LIQ-9: without budget it stays open, but nobody can bid after its time."""
    stage, _ = on_offer()
    stage.tick(seconds=61, budget=0)
    assert outcomes(stage) == []
    bidder = stage.bidder(1_000)
    with stage.refuses("auction-over", Closed):
        stage.venue.bid("ETH", bidder, 1, tokens(1), dollars(500))
    stage.tick(budget=1)
    assert outcomes(stage) == ["unsold"]


# who may bid


def test_the_owner_may_not_bid():
    """LAY-LIQ-4: nobody buys himself back at a discount."""
    stage, owner = on_offer()
    with stage.refuses("own-auction", Refusal):
        stage.venue.bid("ETH", owner, 1, tokens(1), dollars(100))


def test_a_bidder_on_the_other_side_may_not_bid():
    """LAY-LIQ-4."""
    stage, _ = on_offer()
    short = stage.bidder(10_000)
    stage.fill(short, -1, 1_000)
    with stage.refuses("opposite-position", Refusal):
        stage.venue.bid("ETH", short, 1, tokens(1), dollars(1_000))


def test_a_bidder_on_the_same_side_adds_to_the_position():
    """LAY-LIQ-4: the requirement is that of the whole."""
    stage, _ = on_offer()
    long = stage.bidder(10_000)
    stage.fill(long, 5, 2_000)
    before = stage.position(long)
    stage.venue.bid("ETH", long, 1, tokens(2), 0)
    after = stage.position(long)
    assert after.size == tokens(7)
    assert after.margin == before.margin


def test_a_bidder_needs_the_initial_margin_at_the_mark():
    """LAY-LIQ-4: 1962 dollars at 50 times, to the unit."""
    stage, _ = on_offer()
    bidder = stage.bidder(10_000)
    needed = ceil_div(dollars(1962), 50)
    with stage.refuses("initial-margin", NotEnough):
        stage.venue.bid("ETH", bidder, 1, tokens(1), needed - 1)
    stage.venue.bid("ETH", bidder, 1, tokens(1), needed)
    assert stage.position(bidder).equity == needed


def test_a_discount_counts_for_the_bidder():
    """LAY-LIQ-4: bought below the mark, the difference is equity."""
    stage, owner = on_offer()
    stage.tick(seconds=60)
    bidder = stage.bidder(10_000)
    gain = stage.at - stage.position(owner).bankruptcy_price
    needed = ceil_div(dollars(1962), 50) - gain // 10**4
    stage.venue.bid("ETH", bidder, 1, tokens(1), needed + 1)
    assert stage.position(bidder).margin == needed + 1


def test_a_bidder_needs_a_wallet():
    """LAY-LIQ-4."""
    stage, _ = on_offer()
    bidder = stage.bidder(100)
    with stage.refuses("wallet-too-small", NotEnough):
        stage.venue.bid("ETH", bidder, 1, tokens(1), dollars(101))


def test_a_bidder_whose_own_position_is_on_offer_may_not_bid():
    """LAY-LIQ-4."""
    stage, _ = on_offer()
    stage.tick(2000)
    twin = stage.trader(1_000)
    stage.fill(twin, 10, 450)
    stage.tick(1962)
    assert stage.market.open_auctions() == [2, 3]
    with stage.refuses("in-auction", Closed):
        stage.venue.bid("ETH", twin, 2, tokens(1), dollars(100))


def test_bids_on_what_is_not_there():
    """LAY-LIQ-4."""
    stage, _ = on_offer()
    bidder = stage.bidder(10_000)
    with stage.refuses("unknown-auction", Unknown):
        stage.venue.bid("ETH", bidder, 2, tokens(1), dollars(100))
    with stage.refuses("auction-size-too-small", OutOfRange):
        stage.venue.bid("ETH", bidder, 1, 0, dollars(100))
    with stage.refuses("auction-size-too-small", OutOfRange):
        stage.venue.bid("ETH", bidder, 1, -tokens(1), dollars(100))
    with stage.refuses("auction-size-too-large", OutOfRange):
        stage.venue.bid("ETH", bidder, 1, tokens(10) + 1, dollars(9_000))
    with stage.refuses("margin-too-small", OutOfRange):
        stage.venue.bid("ETH", bidder, 1, tokens(1), -1)


def test_no_bid_on_a_stale_price():
    """LAY-LIQ-4: the mark is part of the price."""
    stage, _ = on_offer()
    bidder = stage.bidder(10_000)
    stage.venue.advance(stage.now + 1_000, None, 0)
    stage.now += 1_000
    for _ in range(2):
        stage.silence(seconds=30, budget=0)
    with stage.refuses("stale-price", Closed):
        stage.venue.bid("ETH", bidder, 1, tokens(1), dollars(100))


def test_a_bidder_is_held_to_the_position_cap_and_the_leverage_guard():
    """LAY-POS-7, LAY-GRD-1: an auction is no way around the guards."""
    guards = Guards(position=PositionCap(), leverage=AdaptiveLeverage())
    stage, _ = on_offer(guards=guards)
    bidder = stage.bidder(100_000)
    stage.market.set_facts(MarketFacts(market_value=dollars(100_000)))
    with stage.refuses("position-cap", LimitReached):
        stage.venue.bid("ETH", bidder, 1, tokens(3), dollars(50_000))
    least = ceil_div(dollars(1962), 3)
    with stage.refuses("initial-margin", NotEnough):
        stage.venue.bid("ETH", bidder, 1, tokens(1), least - 1)
    stage.venue.bid("ETH", bidder, 1, tokens(1), least)


# what the owner may do meanwhile


def test_a_position_on_offer_takes_no_orders_and_gives_no_margin():
    """LAY-LIQ-4, LAY-POS-7."""
    stage, owner = on_offer()
    with stage.refuses("in-auction", Closed):
        stage.place(owner, -1, reduce_only=True)
    with stage.refuses("in-auction", Closed):
        stage.place(owner, 1, 100)
    with stage.refuses("in-auction", Closed):
        stage.venue.remove_margin("ETH", owner, 1)


def test_a_waiting_order_of_a_position_on_offer_is_returned():
    """LAY-ORD-4."""
    stage = Stage(params=Params(**STILL))
    owner = stage.trader(1_000)
    stage.fill(owner, 10, 450)
    stage.place(owner, 1, 100)
    stage.tick(1962)
    assert [event.reason for event in stage.happened(Cancelled)] == ["in-auction"]
    assert stage.wallet(owner) == dollars(550)


def test_a_short_is_sold_upwards():
    """LAY-LIQ-4: the taker of a short pays more than the mark, up to the bankruptcy price."""
    stage, owner = on_offer(-1)
    stage.tick(seconds=30)
    bidder = stage.bidder(1_000)
    paid = stage.venue.bid("ETH", bidder, 1, tokens(2), dollars(100))
    assert price(2038) < paid <= stage.position(owner).bankruptcy_price
    assert stage.position(bidder).size == -tokens(2)
    assert stage.position(bidder).entry == tokens(2) * paid // 10**12

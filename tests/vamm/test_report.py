"""What a storm reads off the market: the backing of its marks, who would be left, tolls."""

import pytest

from seawall.engine.designs.vamm import Params, VammMarket
from seawall.engine.errors import LimitReached
from seawall.engine.events import Settled
from seawall.engine.reports import Report
from seawall.engine.venue import TREASURY_ACCOUNT, Market, Venue
from vamm.stage import START, Stage, dollars, price, rate, tokens


def both_long() -> Stage:
    """Two longs on one side of the curve: 180.33 is displayed, nothing is there."""
    stage = Stage(10_000, 100, oracle=100, fund=50, initial_ratio=rate("0.1"))
    stage.long("first", 100, 10)
    stage.long("second", 100, 10)
    return stage


def test_the_dials_split_the_marked_profit() -> None:
    """VAM-BACK-4."""
    stage = both_long()
    dials, report = stage.market.dials(), stage.market.backing()
    assert dials == {
        "profit, marked": int(report.profit),
        "backed by losers": int(report.backed),
        "backed by the fund": dollars(50),
        "unbacked": int(report.unbacked),
    }
    assert dials["profit, marked"] == sum(list(dials.values())[1:]) == 180_327_868


def test_who_is_left_unpaid_depends_on_the_order_of_leaving() -> None:
    """VAM-BACK-4, VAM-BACK-3: the account and the dollars, for every order."""
    stage = both_long()
    first = stage.who("first")
    lacks = 280_327_868 - dollars(250)
    left = stage.market.left_unpaid()
    assert left == {
        "winners-first": {first: lacks},
        "losers-first": {},
        "as-opened": {first: lacks},
    }


def test_a_market_without_such_views_shows_nothing() -> None:
    market = Market("ETH", "")
    assert (market.dials(), market.left_unpaid()) == ({}, {})


def test_tolls_are_told_when_the_next_block_begins() -> None:
    """VAM-FEE-4: once, whole, with the funding rate that still holds."""
    stage = Stage(toll=rate("0.01"))
    stage.venue.drain()
    stage.long("a", 60, 10)
    stage.close("a")
    assert not [event for event in stage.venue.drain() if isinstance(event, Settled)]
    stage.wait(15)
    (told,) = [event for event in stage.venue.drain() if isinstance(event, Settled)]
    assert int(told.to_treasury) == int(told.income) == stage.venue.wallet(TREASURY_ACCOUNT)
    assert int(told.to_treasury) == dollars(12)  # 600 in, 599.999999 out: that toll rounds up
    assert told.funding_rate == stage.market.house.funding.rate
    stage.wait(15)
    assert not [event for event in stage.venue.drain() if isinstance(event, Settled)]


def opened(quote: int, cost: str) -> VammMarket:
    market = VammMarket("TINY", Params(quote_reserve=dollars(quote), fluctuation=0))
    venue = Venue()
    venue.list_market(market)
    venue.advance(START, {"TINY": [Report("feed", price(cost), START)]})
    trader = venue.open_account()
    venue.deposit(trader, dollars(100_000))
    size = dollars(1_000) * 10**12 // price(cost)
    for signed in (size, -2 * size, size):
        venue.place("TINY", trader, signed, dollars(2_000))
    venue.audit()
    return market


@pytest.mark.parametrize(
    ("quote", "cost"), [(14_000_000, "0.0095"), (14_000_000, "0.0056"), (25_000, "0.00001")]
)
def test_a_cheap_token_trades_where_its_base_has_room(quote: int, cost: str) -> None:
    """VAM-CUR-3."""
    market = opened(quote, cost)
    assert market.curve()[1] <= 25 * 10**16 + tokens(1)


def test_a_token_too_cheap_for_its_reserve_is_refused_at_the_opening() -> None:
    """VAM-CUR-3: before anything has happened, with the least price that the reserve carries."""
    market = VammMarket("DUST", Params(quote_reserve=dollars(14_000_000)))
    venue = Venue()
    venue.list_market(market)
    before = venue.digest()
    with pytest.raises(LimitReached, match="list the token by the thousand") as caught:
        venue.advance(START, {"DUST": [Report("feed", price("0.00001"), START)]})
    assert caught.value.code == "reserve-bound"
    assert (caught.value.value, caught.value.bound) == (price("0.00001"), price("0.0056"))
    assert venue.digest() == before
    venue.advance(START, {"DUST": [Report("feed", price("0.01"), START)]})
    assert market.mark() == pytest.approx(price("0.01"), abs=1)


@pytest.mark.parametrize("moves", [(0.01, -0.02, 0.015), (-0.03, 0.05, -0.001)])
def test_the_band_of_a_block_is_that_of_the_block_before(moves: tuple[float, ...]) -> None:
    """VAM-LIM-2: worked out once a block, it is what working it out each time would give."""
    stage = Stage(1_000_000, 0, oracle=100, fluctuation=rate("0.1"))
    pool = stage.market.house.pool
    for move in moves:
        stage.wait(15)
        before = int(pool.mark())
        expected = (before * 9 // 10, before * 11 // 10)
        assert pool.band(pool.quote, pool.base) == expected
        size = stage.market.size_to(round(before * (1 + move)))
        stage.venue.place("ETH", stage.who("a", 500_000), size, dollars(50_000))
        assert pool.mark() != before
        assert pool.band(pool.quote, pool.base) == expected

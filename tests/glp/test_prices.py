"""Lower and higher price: rounds, strict tokens, spreads, fast prices."""

import pytest

from glp.stage import START, Own, Stage, dollars, price, tokens
from seawall.engine.designs.glp.feed import Feed
from seawall.engine.designs.glp.params import FastPrices, PoolParams, TokenTerms
from seawall.engine.reports import OracleParams, Report

MINUTE = 60_000


def quoted(feed: Feed, at: str, now: int = START) -> tuple[int, int]:
    feed.round(price(at), price(at), price(at), now, now)
    return int(feed.low), int(feed.high)


def fast_feed(at: str = "100", now: int = START, **rules: object) -> Feed:
    feed = Feed(TokenTerms("ETH"), PoolParams(fast=FastPrices(**rules)))  # type: ignore[arg-type]
    quoted(feed, at, now)
    return feed


def both(feed: Feed) -> tuple[int, int]:
    return int(feed.low), int(feed.high)


def test_the_last_rounds_give_the_lower_and_the_higher_price() -> None:
    """GLP-PRICE-2."""
    feed = Feed(TokenTerms("ETH"), PoolParams(price_samples=3))
    for step, at in enumerate((10, 30, 20)):
        quoted(feed, str(at), START + step)
    assert both(feed) == (price(10), price(30))
    assert quoted(feed, "25", START + 3) == (price(20), price(30))
    assert quoted(feed, "99", START + 3) == (price(20), price(30)), "not a later round"


def test_a_report_s_confidence_parts_the_two_prices_and_a_doubted_jump_is_no_round() -> None:
    """GLP-PRICE-1, GLP-PRICE-2."""
    stage = Own(oracle=OracleParams(quorum=1, max_age=0, max_confidence=0))
    stage.now += 1_000
    report = Report("feed", price(2000), stage.now, price(10))
    stage.venue.advance(stage.now, {"ETH": [report]})
    assert stage.market.prices("ETH") == (price(1990), price(2010))
    assert stage.market.prices("USD") == (price(1), price(1))
    assert stage.market.mark() == price(2000)
    assert stage.market.quote(tokens(1)).price == price(2010)
    assert stage.market.quote(-tokens(1)).price == price(1990)
    assert stage.market.aum(True) > stage.market.aum(False)
    stage.tick(2400)
    assert stage.market.mark() == price(2000), "more than 10 % is not believed at once"
    stage.tick(2400)
    assert stage.market.mark() == price(2400)


@pytest.mark.parametrize(
    ("at", "low", "high"),
    [("0.985", "1", "1"), ("1.02", "1", "1"), ("0.97", "0.97", "1"), ("1.03", "1", "1.03")],
)
def test_a_strict_stable_token_is_a_dollar_or_never_better_than_one(
    at: str, low: str, high: str
) -> None:
    """GLP-PRICE-3."""
    feed = Feed(TokenTerms("DAI", decimals=6, stable=True, strict=True, spread=50), PoolParams())
    assert quoted(feed, at) == (price(low), price(high))


def test_a_spread_widens_and_an_adjustment_comes_last() -> None:
    """GLP-PRICE-3."""
    feed = Feed(TokenTerms("ETH", spread=20), PoolParams())
    assert quoted(feed, "1000") == (price(998), price(1002))
    feed = Feed(TokenTerms("ETH", spread=20, adjustment=-10), PoolParams())
    assert quoted(feed, "1000") == (price("997.002"), price("1000.998"))
    strict = TokenTerms("DAI", decimals=6, stable=True, strict=True, adjustment=20)
    assert quoted(Feed(strict, PoolParams()), "1") == (price("1.002"), price("1.002"))


def test_a_silent_keeper_widens_the_reference() -> None:
    """GLP-PRICE-4: in order, chain failure, inactivity, no fast price."""
    feed = fast_feed()
    assert both(feed) == (price(95), price(105)), "never heard: as on a failure"
    feed.set_fast(price(100), START)
    assert both(feed) == (price(100), price(100))
    feed.form(START + 5 * MINUTE)
    assert both(feed) == (price(100), price(100))
    feed.form(START + 5 * MINUTE + 1)
    assert both(feed) == (price("99.8"), price("100.2"))
    feed.form(START + 60 * MINUTE + 1)
    assert both(feed) == (price(95), price(105))
    feed.set_fast(0, START + 61 * MINUTE)
    assert both(feed) == (price(100), price(100))


def test_a_fast_price_counts_alone_until_it_is_too_far_or_opposed() -> None:
    """GLP-PRICE-5."""
    feed = fast_feed()
    feed.set_fast(price("102.5"), START)
    assert both(feed) == (price("102.5"), price("102.5")), "250 bps apart"
    feed.set_fast(price("102.509"), START)
    assert both(feed) == (price("102.509"), price("102.509")), "250.9, floored"
    feed.set_fast(price("102.51"), START)
    assert both(feed) == (price(100), price("102.51"))
    feed.set_fast(price(101), START)
    feed.opposed = True
    feed.form(START)
    assert both(feed) == (price(100), price(101))
    unloved = fast_feed(favoured=False)
    unloved.set_fast(price(99), START)
    assert both(unloved) == (price(99), price(100))


def test_a_fast_price_that_wanders_further_than_the_reference_is_not_favoured() -> None:
    """GLP-PRICE-5: 10 % more in one interval of counting."""
    now = START - START % (5 * MINUTE)
    feed = fast_feed(now=now)
    feed.set_fast(price(100), now)
    for step in range(1, 12):
        feed.set_fast(price(101 if step % 2 else 100), now + step)
    assert feed.wander_reference == 0
    assert feed.wander_fast > 1_000_000
    assert both(feed) == (price(100), price(101))
    feed.set_fast(price("100.5"), now + 5 * MINUTE)
    assert both(feed) == (price("100.5"), price("100.5")), "the count begins anew"


def test_who_may_say_what_a_token_costs() -> None:
    """GLP-PRICE-2, GLP-PRICE-4."""
    stage = Stage()
    with stage.refuses("fixed-price"):
        stage.btc.report_token("BTC", price(1))
    with stage.refuses("round-taken") as caught:
        stage.btc.report_token("DAI", price(1))
    assert caught.value.bound == stage.now
    with stage.refuses("no-fast-prices"):
        stage.btc.set_fast_price("BTC", price(1))
    with stage.refuses("unknown-pool-token"):
        stage.btc.report_token("DOGE", price(1))
    own = Own(pool={"fast": FastPrices()})
    with own.refuses("fixed-price"):
        own.market.report_token("USD", price(1))
    own.market.set_fast_price("ETH", price(2010))
    assert own.market.prices("ETH") == (price(2010), price(2010))
    own.market.oppose_fast("ETH", True)
    assert own.market.prices("ETH") == (price(2000), price(2010))
    own.wait(6 * MINUTE)
    assert own.market.prices("ETH") == (price(1996), price(2004))
    assert dollars(1) == 10**6

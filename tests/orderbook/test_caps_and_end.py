"""Open-interest caps, guards, delisting, fees by volume, views."""

import pytest

from orderbook.floor import DAY, Floor, dollars, price, rate, tokens
from seawall.engine.designs.orderbook.fees import FeeTable, FeeTier, Step
from seawall.engine.errors import BadParameters
from seawall.engine.events import Cancelled, Filled, Halted
from seawall.engine.guards import (
    AdaptiveLeverage,
    AdaptiveOpenInterestCap,
    Guards,
    MarketFacts,
    PositionCap,
)


def test_at_the_cap_no_position_grows_and_none_turns_round() -> None:
    """OB-CAP-1: a list, as the validators keep one."""
    floor = Floor(100)
    long, short = floor.cross_pair(10, 100, 1000, 1000)
    floor.market.set_capped(True)
    with floor.refuses("position-increase-at-open-interest-cap", dollars(1010), dollars(1000)):
        floor.bid(long, "0.1", 100)
    with floor.refuses("position-flip-at-open-interest-cap"):
        floor.bid(short, 11, 100)
    floor.bid(short, 10, 100)
    floor.market.set_capped(False)
    floor.bid(long, 1, 99)


def test_at_the_cap_nobody_is_priced_beyond_the_oracle() -> None:
    """OB-CAP-2: unless the order may only reduce."""
    floor = Floor(100)
    long, short = floor.cross_pair(10, 100, 1000, 1000)
    floor.market.set_capped(True)
    with floor.refuses("too-aggressive-at-open-interest-cap", price(101), price(100)):
        floor.bid(short, 1, 101)
    with floor.refuses("too-aggressive-at-open-interest-cap", price(99), price(100)):
        floor.ask(long, 1, 99)
    floor.market.place_limit(short, tokens(1), price(101), "gtc", True)


def test_a_resting_order_that_would_grow_is_cancelled_at_the_cap() -> None:
    """OB-CAP-1."""
    floor = Floor(100)
    long, _ = floor.cross_pair(10, 100, 1000, 1000)
    maker = floor.who(cross=1000)
    floor.bid(maker, 5, 99)
    floor.market.set_capped(True)
    floor.market.place_limit(long, -tokens(5), price(99), "ioc", True)
    assert floor.happened(Cancelled, account=maker)[0].reason == "openInterestCapCanceled"
    assert floor.position(long).size == tokens(10)


def test_a_cap_in_dollars_and_a_speed_limit() -> None:
    """OB-CAP-3: the coin is on the list once it is there; so much more in a window."""
    floor = Floor(100, interest_cap=dollars(1000))
    floor.cross_pair(10, 100, 1000, 1000)
    who = floor.who(cross=1000)
    with floor.refuses("position-increase-at-open-interest-cap", dollars(1100), dollars(1000)):
        floor.bid(who, 1, 100)
    slow = Floor(100, interest_speed=dollars(500))
    slow.cross_pair(5, 100, 1000, 1000)
    who = slow.who(cross=1000)
    with slow.refuses("open-interest-increase", dollars(600), dollars(500)):
        slow.bid(who, 1, 100)
    slow.tick(seconds=61)
    slow.bid(who, 1, 100)


def test_the_shared_guards() -> None:
    """OB-GRD-3: caps by the token's own market, and adaptive leverage."""
    facts = MarketFacts(market_value=dollars(20_000))
    guards = Guards(
        open_interest=AdaptiveOpenInterestCap(),
        position=PositionCap(),
        leverage=AdaptiveLeverage(),
    )
    floor = Floor(100, leverage=10, guards=guards)
    floor.market.set_facts(facts)
    who = floor.who(cross=100_000)
    with floor.refuses("adaptive-open-interest-cap", dollars(2100), dollars(2000)):
        floor.bid(who, 21, 100)
    with floor.refuses("position-cap", dollars(1100), dollars(1000)):
        floor.bid(who, 11, 100)
    poor = floor.who(cross=100)
    with floor.refuses("adaptive-leverage", dollars(400), dollars(300)):
        floor.bid(poor, 4, 100)
    floor.bid(poor, 3, 100)
    assert floor.market.account(poor).initial == dollars(100)


# delisting


def test_delisting_settles_at_the_mean_of_the_last_hour() -> None:
    """OB-END-1: orders are cancelled, isolated margin returns, no new order is taken."""
    floor = Floor(100, leverage=10)
    long, short = floor.pair(10, 100, 300, 300)
    cross_long, cross_short = floor.cross_pair(10, 100, 500, 500)
    resting = floor.who(500)
    number = floor.venue.place(
        "COIN", resting, tokens(1), dollars(100), kind="limit", trigger=price(90)
    )
    floor.tick(110, seconds=1_800)
    floor.tick(110, seconds=1_800)
    assert floor.market.delist() == price(105)
    assert (floor.wallet(long), floor.wallet(short)) == (dollars(350), dollars(250))
    assert floor.market.account(cross_long).cash == dollars(550)
    assert floor.market.account(cross_short).cash == dollars(450)
    assert floor.wallet(resting) == dollars(500)
    assert floor.happened(Cancelled, order=number)[0].reason == "delistedCanceled"
    assert floor.happened(Halted)[-1].guard == "delisted"
    settled = floor.happened(Filled, account=long)[-1]
    assert (settled.order, settled.size, settled.price) == (0, tokens(-10), price(105))
    with floor.refuses("delisted"):
        floor.bid(cross_long, 1, 100)
    with floor.refuses("delisted"):
        floor.market.delist()
    assert floor.market.open_positions() == []
    floor.tick(200)
    assert floor.market.mark() == price(105)
    floor.market.pay_out(cross_long, dollars(550))
    assert floor.market.house.clearing.amount == 0


def test_delisting_at_a_price_that_is_forced() -> None:
    """OB-END-2: and losers who cannot pay leave a shortfall for the last to leave."""
    floor = Floor(100, leverage=10)
    long, short = floor.pair(10, 100, 300, 300)
    assert floor.market.delist(price(160)) == price(160)
    assert floor.wallet(short) == 0
    assert floor.market.house.shortfall == dollars(300)
    assert floor.wallet(long) == dollars(600)
    assert floor.market.account(long).cash == dollars(300)
    with floor.refuses("house-short", dollars(300), 0):
        floor.market.pay_out(long, dollars(300))


def test_a_price_at_which_interest_cannot_be_counted_is_refused() -> None:
    """OB-END-2: 1e12 dollars of open interest are the most."""
    floor = Floor("0.001", leverage=10, size_decimals=0)
    floor.cross_pair(10_000_000_000, "0.001", 100_000_000, 100_000_000)
    with floor.refuses("price-too-large", price(101), price(100)):
        floor.market.delist(price(101))
    with floor.refuses("price-too-large"):
        floor.at = price(101)
        floor.venue.advance(floor.now, {"COIN": [_report(floor)]})


def _report(floor: Floor) -> object:
    from seawall.engine.reports import Report

    return Report("other", floor.at, floor.now)


# fees


def test_the_tier_goes_by_the_fourteen_days_before() -> None:
    """OB-FEE-2: set once a day (UTC), today not counted, old days forgotten."""
    table = FeeTable([FeeTier(-1, 450_000_000, 150_000_000), FeeTier(dollars(500), 0, 0)], [], [])
    floor = Floor(100, fees=False)
    floor.market.house.fees = table
    long, short = floor.cross_pair(10, 100, 5000, 5000)
    floor.ask(short, 1, 100)
    floor.bid(long, 1, 100)
    paid = [event.fee for event in floor.happened(Filled, account=long)]
    assert paid == [dollars("0.45"), dollars("0.045")]
    for days, fee in ((1, 0), (13, 0), (1, dollars("0.045"))):
        for _ in range(days):
            floor.tick(seconds=DAY // 1000)
        floor.ask(short, 1, 100)
        floor.bid(long, 1, 100)
        assert floor.happened(Filled, account=long)[-1].fee == fee


def test_makers_with_a_share_of_all_volume_earn_a_rebate() -> None:
    """OB-FEE-2: above 0.5, 1.5 and 3 % of fourteen days' maker volume."""
    floor = Floor(100, fees=True)
    long, short = floor.cross_pair(10, 100, 5000, 5000)
    floor.tick(seconds=DAY // 1000)
    floor.ask(short, 10, 100)
    floor.bid(long, 10, 100)
    assert floor.happened(Filled, account=short)[-1].fee == -dollars("0.03")


def test_stake_and_referral_lower_fees_above_zero() -> None:
    """OB-FEE-2: more than 10, 100, 1,000 ... HYPE; 4 % on the first 25 million."""
    floor = Floor(100, fees=True)
    taker, maker = floor.who(cross=5000), floor.who(cross=5000)
    for stake, fee in ((10, "0.45"), (11, "0.4275"), (1_000_000, "0.27")):
        floor.market.set_stake(taker, stake)
        floor.ask(maker, 10, 100)
        floor.bid(taker, 10, 100)
        assert floor.happened(Filled, account=taker)[-1].fee == dollars(fee)
    floor.market.set_stake(taker, 0)
    floor.market.refer(taker)
    floor.ask(maker, 10, 100)
    floor.bid(taker, 10, 100)
    assert floor.happened(Filled, account=taker)[-1].fee == dollars("0.432")
    with floor.refuses("stake-too-small", -1, 0):
        floor.market.set_stake(taker, -1)


def test_a_fee_table_begins_with_everybody() -> None:
    """OB-FEE-1."""
    with pytest.raises(BadParameters, match="begin"):
        FeeTable([FeeTier(0, 1, 0)])
    with pytest.raises(BadParameters, match="does not follow"):
        FeeTable([FeeTier(-1, 1, 0), FeeTier(5, 1, 0), FeeTier(5, 1, 0)])
    assert Step(1, 2).rate == 2


# views


def test_a_quote_walks_the_book() -> None:
    """OB-VIEW-1: fee and impact before anything is sent; beyond the book there is no price."""
    floor = Floor(100, fees=True)
    maker = floor.who(cross=100_000)
    floor.ask(maker, 10, 101)
    floor.ask(maker, 10, 103)
    quote = floor.market.quote(tokens(20))
    assert (quote.price, quote.value) == (price(100), dollars(2000))
    assert (quote.impact, quote.fee) == (dollars(40), dollars("0.918"))
    assert quote.all_in == price("102.0459")
    with floor.refuses("beyond-book", tokens(21), tokens(20)):
        floor.market.quote(tokens(21))
    with floor.refuses("size-zero"):
        floor.market.quote(0)
    levels = {level.offset: level.buy for level in floor.market.depth()}
    assert levels[rate("0.015")] == dollars(1010)
    assert levels[rate("0.03")] == dollars(2040)


def test_every_dollar_of_an_account_is_shown_once() -> None:
    """OB-VIEW-2: wallet, balance, equity of positions: cross results and isolated equity."""
    floor = Floor(100, leverage=10)
    long, short = floor.cross_pair(10, 100, 1000, 1000)
    floor.tick(104)
    view = floor.position(long)
    assert (view.margin, view.equity, view.result) == (0, dollars(40), dollars(40))
    assert floor.market.balance(long) + view.equity == dollars(1040)
    isolated, _ = floor.pair(10, 104, 200, 2000)
    assert floor.market.balance(isolated) == 0
    assert floor.position(isolated).equity == dollars(200)
    assert floor.market.balance(short) == dollars(1000)
    assert floor.market.rests_orders()


def test_the_loss_order_names_who_stands_where() -> None:
    """OB-VIEW-3."""
    floor = Floor(100, leverage=10, liquidator_part=rate("0.05"), shared_collateral=True)
    floor.fund(100_000)
    floor.pair(10, 100, 200, 300)
    floor.tick(104)
    steps = {step.layer: step.amount for step in floor.market.loss_order()}
    assert steps == {
        "margin": dollars(500), "liquidator": dollars(5_000), "hlp": dollars(95_000),
        "deleveraging": dollars(40),
    }  # fmt: skip

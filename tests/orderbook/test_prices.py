"""The mark and what it is made of; funding by premium, hour by hour."""

from decimal import Decimal, getcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbook.floor import HOUR, SECOND, Floor, dollars, price, rate, tokens
from seawall.engine.designs.orderbook import Params
from seawall.engine.designs.orderbook.book import Book
from seawall.engine.designs.orderbook.funding import impact_price, mean_premium
from seawall.engine.designs.orderbook.levels import Owner, Resting
from seawall.engine.designs.orderbook.prices import (
    DecayedMean,
    HourMean,
    MarkMaker,
    book_price,
    median_of_three,
)
from seawall.engine.errors import BadParameters
from seawall.engine.events import Settled
from seawall.engine.guards import FundingBreaker, Guards
from seawall.engine.premium import PremiumTerms, impact_premium, payment
from seawall.engine.reports import OracleParams, Report

getcontext().prec = 50


def test_the_moving_average_of_three_samples() -> None:
    """OB-PRICE-3: samples 0.5, 1, 1 each after 3 s at tau 150 s, as worked out on the page."""
    mean = DecayedMean(150 * SECOND)
    published = [
        ("0.5", None, None),
        ("0.7524999167", "4.470298010", "5.940596020"),
        ("0.8366553346", "7.381780179", "8.822964337"),
    ]
    for sample, (value, num, den) in zip(("0.5", "1", "1"), published, strict=True):
        mean.add(price(sample), 3 * SECOND)
        assert abs(mean.value() - price(value)) <= 2  # the third is 0.83665533446, not ...346
        if num is not None and den is not None:
            assert abs(Decimal(mean.num) / 10**25 - Decimal(num)) < Decimal("1e-8")
            assert abs(Decimal(mean.den) / 10**15 - Decimal(den)) < Decimal("1e-8")


samples = st.lists(
    st.tuples(st.integers(-(10**13), 10**13), st.integers(100, 150_000)), min_size=1, max_size=60
)


@settings(max_examples=60, deadline=None)
@given(samples)
def test_the_moving_average_keeps_its_error_bound(taken: list[tuple[int, int]]) -> None:
    """OB-PRICE-3: 6e-12 * (1 + tau/t) of the largest sample, and a unit."""
    mean = DecayedMean(150_000)
    num = den = Decimal(0)
    for sample, elapsed in taken:
        mean.add(sample, elapsed)
        fade = (Decimal(-elapsed) / 150_000).exp()
        num = num * fade + sample * elapsed
        den = den * fade + elapsed
    largest = max(abs(sample) for sample, _ in taken)
    shortest = min(elapsed for _, elapsed in taken)
    bound = Decimal(largest) * 6 / 10**12 * (1 + Decimal(150_000) / shortest) + 1
    assert abs(mean.value() - num / den) <= bound


def test_the_mark_is_the_median_of_three() -> None:
    """OB-PRICE-2: oracle 100 with +0.3, bid/ask/last 99.9/100.1/100.4, perpetuals 100.2."""
    assert book_price(price("99.9"), price("100.1"), price("100.4")) == price("100.1")
    assert median_of_three(price("100.3"), price("100.1"), price("100.2")) == price("100.2")
    marks = MarkMaker(150_000, 30_000, 3_000)
    mark = marks.mark(
        price(100), price("100.25"), price("100.35"), price("100.1"), price("100.2"), 1
    )
    assert marks.premium.value() == price("0.3")
    assert mark == price("100.25")


def test_of_two_inputs_the_books_own_average_is_the_third() -> None:
    """OB-PRICE-4: without perpetuals it is EMA_30s(b); one input alone is the mark; none: O."""
    marks = MarkMaker(150_000, 30_000, 3_000)
    now = 1_000_000
    bid, ask = price("99"), price("101")
    assert marks.mark(price(90), bid, ask, price(100), 0, now) == price(100)
    moved = marks.mark(price(90), price(109), price(111), price(110), 0, now + 3_000)
    assert moved == marks.book.value() < price(110)
    assert marks.mark(price(90), 0, ask, price(100), price("91"), now + 6_000) == price("91")
    assert marks.mark(price(90), 0, 0, 0, 0, now + 9_000) == price(90)


def test_the_mark_changes_only_with_a_new_oracle_price() -> None:
    """OB-PRICE-5."""
    floor = Floor(100)
    maker = floor.who(cross=10_000)
    floor.bid(maker, 10, 98)
    floor.ask(maker, 10, 110)
    assert floor.market.mark() == price(100)
    floor.silence(3)
    assert floor.market.mark() == price(100)
    floor.tick()
    assert floor.market.mark() == price(104)
    assert floor.market.desk.coin.previous == price(100)
    assert floor.market.index_price() == price(100)


def test_perpetual_mids_are_reported_under_their_own_name() -> None:
    """OB-PRICE-6: weights Binance 3, OKX 2, Bybit 2, Gate 1, MEXC 1; they never move the oracle."""
    floor = Floor(100)
    floor.tick(100, binance=104, okx=90, mexc=91)
    assert floor.market.mark() == price("97.5")
    floor.tick(100, binance=104, okx=90, mexc=91, gate=104)
    assert floor.market.mark() == price(104)
    assert floor.market.index_price() == price(100)


def test_the_oracle_is_the_weighted_median_of_spot() -> None:
    """OB-PRICE-1: Binance 3, OKX 2, Bybit 2, Kraken 1, KuCoin 1, Gate 1, MEXC 1, own 1."""
    floor = Floor(100, oracle=OracleParams.hyperliquid())
    floor.now += 3_000
    said = {"binance": 101, "okx": 99, "bybit": 99, "kraken": 102, "feed": 50}
    reports = [Report(name, price(at), floor.now) for name, at in said.items()]
    floor.venue.advance(floor.now, {"COIN": reports})
    assert floor.market.index_price() == price(99)


def test_the_mean_of_an_hour() -> None:
    """OB-END-1: weighted by time; of what there is where the history is younger."""
    mean = HourMean(HOUR)
    mean.push(price(10), 0)
    assert mean.mean(0) == price(10)
    mean.push(price(20), HOUR // 2)
    assert mean.mean(HOUR) == price(15)
    mean.push(price(40), HOUR)
    assert mean.mean(3 * HOUR // 2) == price(30)
    assert mean.mean(5 * HOUR) == price(40)


# funding

FOUR_PERCENT = PremiumTerms(100_000_000, 500_000_000, 8, 40_000_000_000)


@pytest.mark.parametrize(
    ("oracle", "bid", "ask", "published"),
    [
        ("77605", "77558", "77559", "-0.0005927453"),
        ("2124.6", "2123.65", "2124.0", "-0.0002824061"),
        ("2.1345", "2.1295", "2.1333", "-0.0005621926"),
        ("0.15536", "0.15542", "0.15596", "0.0003861998"),
        ("0.109", "0.10892", "0.10905", "0"),
    ],
)
def test_recorded_premia(oracle: str, bid: str, ask: str, published: str) -> None:
    """OB-FUN-2: HL-16, recorded in 2026."""
    found = impact_premium(price(oracle), price(bid), price(ask))
    assert abs(found - rate(published)) < 10**3


def test_recorded_payments_name_their_oracle_price() -> None:
    """OB-FUN-4: HL-18; signs too: a short with a positive rate receives."""
    assert abs(payment(tokens("49.1477"), price("1768.91"), rate("0.0000417")) - 3_625_312) < 60
    assert payment(tokens(-15), price("25369"), rate("0.00000625")) == -2_378_343


def test_rates_of_the_rules_before() -> None:
    """OB-FUN-3: HL-20, by other terms: a narrower band, no band, all of it at once."""
    hourly = PremiumTerms(100_000_000, 300_000_000, 8, 40_000_000_000)
    assert abs(hourly.payment_rate(rate("0.00068397")) - rate("0.000048")) < rate("0.0000001")
    assert abs(hourly.payment_rate(rate("0.00064674")) - rate("0.00004334")) < rate("0.00000001")
    plain = PremiumTerms(0, 0, 8, 40_000_000_000)
    assert abs(plain.payment_rate(rate("0.00007867")) - rate("0.00000983")) < rate("0.00000001")
    whole = PremiumTerms(100_000_000, 300_000_000, 1, 40_000_000_000)
    assert whole.payment_rate(rate("-0.00091334")) == rate("-0.00061334")


def crowded(at: str = "10000", bid: str = "10100", **changes: object) -> tuple[Floor, int, int]:
    """Ten contracts against each other, and a book that bids above the oracle."""
    floor = Floor(at, leverage=10, impact_notional=dollars(20_000), **changes)
    floor.now = floor.now // HOUR * HOUR
    long, short = floor.cross_pair(10, at, 100_000, 100_000)
    maker = floor.who(cross=1_000_000)
    floor.bid(maker, 10, bid)
    return floor, long, short


def test_the_documents_funding_in_the_market() -> None:
    """OB-FUN-1 to 4. HL-14: impact bid 10,100 over 10,000 is 1 %, 0.95 % in 8 h; ten pay 118.75."""
    floor, long, short = crowded()
    for _ in range(240):
        floor.tick(seconds=15)
    assert floor.market.account(long).cash == dollars(100_000) - dollars("118.75")
    assert floor.market.account(short).cash == dollars(100_000) + dollars("118.75")
    assert floor.market.house.clearing.amount == 0
    rates = [event.funding_rate for event in floor.happened(Settled)]
    assert rate("0.0011875") in rates


def test_the_articles_funding_example() -> None:
    """OB-FUN-3, OB-FUN-4: spot 2000, impact bid 2080: 0.49375 % an hour, 197.50 for 20 ETH."""
    floor = Floor(2000, leverage=10)
    long, _ = floor.cross_pair(20, 2000, 100_000, 100_000)
    floor.bid(floor.who(cross=1_000_000), 10, 2080)
    floor.tick(seconds=6)
    assert floor.market.funding_rate() == rate("0.0049375")
    floor.tick(seconds=3_600 - 6)
    assert floor.market.account(long).cash == dollars("99802.50")


def test_funding_is_capped_at_four_percent_an_hour() -> None:
    """OB-FUN-3."""
    assert FOUR_PERCENT.payment_rate(rate("0.9")) == rate("0.04")
    assert FOUR_PERCENT.payment_rate(rate("-0.9")) == rate("-0.04")
    assert FOUR_PERCENT.payment_rate(rate("0.0004")) == rate("0.0000125")


def test_an_hour_without_a_book_pays_nothing() -> None:
    """OB-FUN-5: no sample, no rate, not even the interest."""
    floor = Floor(100)
    long, _ = floor.cross_pair(10, 100, 1000, 1000)
    floor.tick(seconds=3_600)
    assert floor.market.funding_rate() == 0
    assert floor.market.account(long).cash == dollars(1000)


def test_missing_samples_do_not_count() -> None:
    """OB-FUN-5: the mean is over those that were taken."""
    floor, long, _ = crowded()
    floor.tick(seconds=6)
    floor.market.cancel_all(max(floor.market.desk.coin.holders))
    floor.tick(seconds=3_594)
    assert floor.market.account(long).cash == dollars(100_000) - dollars("118.75")


def test_the_premium_of_a_builders_market() -> None:
    """OB-FUN-6: (bid + ask) / 2 oracle - 1, times the deployer's factor."""
    assert mean_premium(price(100), price(101), price(102)) == rate("0.015")
    assert mean_premium(price(100), price(98), price(99)) == rate("-0.015")
    assert mean_premium(1, price(10_000_000), price(10_000_000)) == rate(1000)
    floor, _, _ = crowded(premium_rule="mean", premium_scale=rate(2))
    floor.tick(seconds=6)
    assert floor.market.funding_rate() == 0
    floor.ask(floor.who(cross=1_000_000), 10, 10_300)
    floor.tick(seconds=6)
    assert floor.market.funding_rate() == FOUR_PERCENT.payment_rate(rate("0.04"))


def test_what_a_balance_cannot_pay_is_owed() -> None:
    """OB-FUN-4, OB-HOUSE-3: an isolated position with profit pays into debt."""
    floor = Floor(10_000, leverage=10)
    long, _ = floor.cross_pair(10, 10_000, 100_000, 900_000)
    floor.tick(20_000)
    floor.market.pay_out(long, dollars(150_000))
    purse = floor.market.house.members[long]
    assert purse.debt == dollars(50_000)
    floor.bid(floor.who(cross=1_000_000), 10, 20_200)
    floor.tick(20_000, seconds=6)
    floor.tick(20_000, seconds=3_600)
    assert purse.debt == dollars(50_000) + dollars("237.50")


def test_the_funding_breaker_halts_until_it_is_below() -> None:
    """OB-GRD-2."""
    guards = Guards(funding_breaker=FundingBreaker(rate("0.001")))
    floor, long, _ = crowded(guards=guards)
    floor.tick(seconds=6)
    with floor.refuses("funding-breaker"):
        floor.bid(long, 1, 9_990)


def test_parameters_are_held_against_their_bounds() -> None:
    """OB-VIEW-4: the field, the value, the bounds."""
    for field, value in (
        ("size_decimals", 7), ("transfer_rate", -1), ("slice_share", 0), ("due_order", "oldest"),
        ("short_rank", "x"), ("rank_value", "x"), ("premium_rule", "x"), ("auction_step", 0),
    ):  # fmt: skip
        with pytest.raises(BadParameters, match=field):
            Params(**{field: value})  # type: ignore[arg-type]
    with pytest.raises(BadParameters, match="auction_step"):
        Params(auction_duration=1_000)


LEVELS = st.lists(
    st.tuples(st.integers(1, 4 * 10**16), st.integers(1, 10**12)),
    min_size=1,
    max_size=4,
    unique_by=lambda level: level[0],
)


@settings(max_examples=300, deadline=None)
@given(LEVELS, st.integers(1, 10**11))
def test_an_impact_price_is_exact_before_it_is_rounded(
    levels: list[tuple[int, int]], value: int
) -> None:
    """OB-FUN-2: tokens are counted to 1e-20, whether one level holds all of the value or not."""
    book = Book()
    for number, (at, size) in enumerate(levels):
        book.add(Resting(number, Owner(2), False, at, size, False, 0))
    left, counted = value * 10**12, 0
    for at, size in sorted(levels):
        part = min(left, at * size)
        counted += size * 10**12 if part == at * size else part * 10**12 // at
        left -= part
        if left == 0:
            break
    expected = 0 if left else value * 10**24 // counted
    assert impact_price(book, True, value) == expected

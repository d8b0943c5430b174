"""Funding by premium and interest, against worked examples and recorded contexts."""

import csv
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.engine import premium
from seawall.engine.errors import BadParameters, BrokenBooks
from seawall.engine.fixed import DOLLAR, MAX_PRICE, PRICE, RATE, TOKEN
from seawall.engine.premium import MAX_PREMIUM, NO_ASK, PremiumMean, PremiumTerms

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "facts"


def rate(text: str) -> int:
    return int(Fraction(text) * RATE)


def price(text: str) -> int:
    return int(Fraction(text) * PRICE)


HOURLY = PremiumTerms(rate("0.0001"), rate("0.0005"), 8, rate("0.04"))


def records(name: str) -> list[dict[str, str]]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no recorded data at {path}")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_premium_of_four_percent_costs_forty_thousand_dollars_of_longs_197_50_an_hour() -> None:
    """thogiti, "Anatomy of a DEX Exploit": spot 2000, impact bid 2080, 20 contracts of 1 ETH."""
    spot = price("2000")
    gap = premium.impact_premium(spot, price("2080"), price("2081"))
    assert gap == rate("0.04")
    assert HOURLY.period_rate(gap) == rate("0.0395")
    hourly = HOURLY.payment_rate(gap)
    assert hourly == rate("0.0049375")
    assert premium.payment(20 * TOKEN, spot, hourly) == 197_500_000
    assert 8 * premium.payment(20 * TOKEN, spot, hourly) == 1_580 * DOLLAR
    assert premium.payment(-20 * TOKEN, spot, hourly) == -197_500_000


def test_ten_contracts_at_one_percent_pay_118_75() -> None:
    """Hyperliquid docs, "Funding", worked example."""
    oracle = price("10000")
    gap = premium.impact_premium(oracle, price("10100"), price("10101"))
    assert (gap, HOURLY.period_rate(gap)) == (rate("0.01"), rate("0.0095"))
    assert HOURLY.payment_rate(gap) == rate("0.0011875")
    assert premium.payment(10 * TOKEN, oracle, rate("0.0011875")) == 118_750_000


@pytest.mark.parametrize(
    ("oracle", "bid", "ask", "expected"),
    [
        ("77605", "77558", "77559", "-0.0005927453"),
        ("2124.6", "2123.65", "2124.0", "-0.0002824061"),
        ("2.1345", "2.1295", "2.1333", "-0.0005621926"),
        ("0.15536", "0.15542", "0.15596", "0.0003861998"),
        ("0.109", "0.10892", "0.10905", "0"),
    ],
)
def test_recorded_premiums_follow_from_their_impact_prices(
    oracle: str, bid: str, ask: str, expected: str
) -> None:
    """Asset contexts of 2026 in the test data of nautechsystems/nautilus_trader."""
    gap = premium.impact_premium(price(oracle), price(bid), price(ask))
    assert round(Fraction(gap, RATE), 10) == Fraction(expected)


def test_every_recorded_context_of_a_two_sided_market_follows_the_formula() -> None:
    two_sided = [
        row
        for row in records("asset_ctx_premium_vectors_2026.csv")
        if row["premium_formula"] == "two_sided_max"
    ]
    assert len(two_sided) == 179
    for row in two_sided:
        gap = premium.impact_premium(
            price(row["oraclePx"]), price(row["impactBid"]), price(row["impactAsk"])
        )
        assert abs(Fraction(gap, RATE) - Fraction(row["premium"])) <= Fraction(1, 10**10), row


RULES = {
    "eight-hourly, band 0.03 %": PremiumTerms(rate("0.0001"), rate("0.0003"), 1, rate("0.04")),
    "hourly, band 0.03 %": PremiumTerms(rate("0.0001"), rate("0.0003"), 8, rate("0.04")),
    "hourly, no band": PremiumTerms(rate("0.0001"), 0, 8, rate("0.04")),
    "hourly, band 0.05 %": HOURLY,
}


@pytest.mark.parametrize(
    ("rule", "gap", "expected"),
    [
        ("hourly, band 0.03 %", "0.00068397", "0.000048"),
        ("hourly, band 0.03 %", "0.00064674", "0.00004334"),
        ("hourly, no band", "0.00007867", "0.00000983"),
        ("eight-hourly, band 0.03 %", "-0.00091334", "-0.00061334"),
    ],
)
def test_the_rules_of_2023_differ_in_their_terms_alone(rule: str, gap: str, expected: str) -> None:
    """Recorded BTC premiums and rates (hyperliquid-python-sdk, test cassette)."""
    exact = Fraction(RULES[rule].payment_rate(rate(gap)), RATE)
    assert abs(exact - Fraction(expected)) <= Fraction(1, 10**8)


def test_the_recorded_rates_of_2023_follow_four_rules_one_after_the_other() -> None:
    """1037 of 1038 records; one hour of 16 July, a day after the last change, follows none."""
    rows = sorted(
        records("btc_funding_history_2023_sdk_cassette.csv"), key=lambda row: int(row["time_ms"])
    )
    assert len(rows) == 1038
    names, strays, digit = list(RULES), [], Fraction(1, 10**8)
    stretches = [0] * len(names)
    current = 0
    for row in rows:
        gap, charged = rate(row["premium"]), Fraction(row["fundingRate"])
        follows = [
            index
            for index in range(current, len(names))
            if abs(Fraction(RULES[names[index]].payment_rate(gap), RATE) - charged) <= 2 * digit
        ]
        if follows:
            current = follows[0]
            stretches[current] += 1
        else:
            strays.append(row["time_utc"])
    assert strays == ["2023-07-16T01:00:00"]
    assert min(stretches) > 50


def test_a_recorded_payment_follows_from_size_rate_and_an_oracle_of_1768_91() -> None:
    """Hyperliquid docs, sample of a funding payment: 3.625312 dollars, price to the cent."""
    size, hourly = int(Fraction("49.1477") * TOKEN), rate("0.0000417")
    paid = 3_625_312
    half_a_cent = price("0.005")
    assert premium.payment(size, price("1768.91") - half_a_cent, hourly) <= paid
    assert premium.payment(size, price("1768.91") + half_a_cent, hourly) >= paid


@pytest.mark.parametrize("gap", ["-0.0004", "0", "0.0001", "0.00035", "0.0006"])
def test_within_the_band_the_rate_is_the_interest(gap: str) -> None:
    assert HOURLY.period_rate(rate(gap)) == rate("0.0001")
    assert HOURLY.payment_rate(rate(gap)) == rate("0.0000125")


@pytest.mark.parametrize(
    ("gap", "hourly"),
    [
        ("0.3205", "0.04"),
        ("0.3204", "0.0399875"),
        ("0.5", "0.04"),
        ("1000", "0.04"),
        ("-0.3205", "-0.04"),
        ("-1", "-0.04"),
    ],
)
def test_an_hour_never_charges_more_than_the_cap(gap: str, hourly: str) -> None:
    assert HOURLY.payment_rate(rate(gap)) == rate(hourly)


premiums = st.integers(-RATE, 2 * RATE)


@settings(max_examples=150, deadline=None)
@given(gap=premiums, more=st.integers(0, RATE))
def test_the_rate_rises_with_the_premium_and_never_faster(gap: int, more: int) -> None:
    low, high = HOURLY.period_rate(gap), HOURLY.period_rate(gap + more)
    assert 0 <= high - low <= more
    assert abs(low - gap) <= HOURLY.band
    assert HOURLY.payment_rate(gap) <= HOURLY.payment_rate(gap + more)


@settings(max_examples=150, deadline=None)
@given(gap=premiums)
def test_the_payment_rate_is_an_eighth_rounded_toward_zero(gap: int) -> None:
    exact = Fraction(HOURLY.period_rate(gap), 8)
    part = HOURLY.payment_rate(gap)
    if abs(exact) <= HOURLY.cap:
        assert 0 <= abs(exact) - abs(part) < 1
        assert part * exact >= 0
    else:
        assert abs(part) == HOURLY.cap


@settings(max_examples=150, deadline=None)
@given(
    oracle=st.integers(1, MAX_PRICE), bid=st.integers(0, MAX_PRICE), width=st.integers(0, 10**16)
)
def test_the_premium_is_zero_exactly_when_the_oracle_lies_in_the_book(
    oracle: int, bid: int, width: int
) -> None:
    ask = min(bid + width, NO_ASK)
    gap = premium.impact_premium(oracle, bid, ask)
    if bid <= oracle <= ask:
        assert gap == 0
    elif bid > oracle:
        assert gap == min(MAX_PREMIUM, (bid - oracle) * RATE // oracle)
    else:
        assert gap == -((oracle - ask) * RATE // oracle)
        assert gap >= -RATE


def test_a_side_too_thin_for_the_impact_notional_counts_for_nothing() -> None:
    assert premium.impact_premium(PRICE, 0, NO_ASK) == 0
    assert premium.impact_premium(PRICE, 2 * PRICE, NO_ASK) == RATE
    assert premium.impact_premium(2 * PRICE, 0, PRICE) == -RATE // 2


def test_an_absurd_bid_is_cut_and_does_not_overflow() -> None:
    assert premium.impact_premium(1, MAX_PRICE, NO_ASK) == MAX_PREMIUM
    assert premium.impact_premium(1, 1_001, NO_ASK) == MAX_PREMIUM
    assert premium.impact_premium(10, 10_015, NO_ASK) == MAX_PREMIUM
    assert premium.impact_premium(1, 1_000, NO_ASK) == 999 * RATE


@pytest.mark.parametrize("oracle", [0, -1])
def test_there_is_no_premium_without_an_oracle_price(oracle: int) -> None:
    with pytest.raises(BrokenBooks, match="oracle"):
        premium.impact_premium(oracle, 1, 2)


@settings(max_examples=150, deadline=None)
@given(
    size=st.integers(-(10**14), 10**14),
    oracle=st.integers(1, 10**15),
    hourly=st.integers(-RATE // 25, RATE // 25),
)
def test_who_pays_pays_the_fraction_and_who_receives_goes_without(
    size: int, oracle: int, hourly: int
) -> None:
    exact = Fraction(size * oracle * hourly, 10**24)
    assert 0 <= premium.payment(size, oracle, hourly) - exact < 1


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=8),
    oracle=st.integers(1, 10**15),
    hourly=st.integers(-RATE // 25, RATE // 25),
)
def test_longs_pay_shorts_and_only_dust_stays_behind(
    sizes: list[int], oracle: int, hourly: int
) -> None:
    book = [*sizes, -sum(sizes)]
    dust = sum(premium.payment(size, oracle, hourly) for size in book)
    assert 0 <= dust < len(book)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-RATE, MAX_PREMIUM), min_size=1, max_size=30))
def test_the_mean_is_that_of_its_samples_rounded_toward_zero(samples: list[int]) -> None:
    mean = PremiumMean()
    for sample in samples:
        mean.add(sample)
    exact = Fraction(sum(samples), len(samples))
    assert 0 <= abs(exact) - abs(mean.mean()) < 1
    assert mean.mean() * exact >= 0
    assert mean.state() == [sum(samples), len(samples)]


def test_a_mean_of_very_many_of_the_largest_samples_does_not_overflow() -> None:
    mean = PremiumMean()
    for _ in range(10_000):
        mean.add(MAX_PREMIUM)
    assert mean.mean() == MAX_PREMIUM


def test_a_period_without_a_sample_has_no_premium() -> None:
    mean = PremiumMean()
    assert mean.mean() == 0
    mean.add(rate("0.01"))
    mean.clear()
    assert (mean.mean(), mean.state()) == (0, [0, 0])


@pytest.mark.parametrize(
    ("interest", "band", "parts", "cap", "names"),
    [
        (RATE + 1, 0, 8, 1, "interest"),
        (-RATE - 1, 0, 8, 1, "interest"),
        (0, -1, 8, 1, "band"),
        (0, RATE + 1, 8, 1, "band"),
        (0, 0, 0, 1, "parts"),
        (0, 0, 1_001, 1, "parts"),
        (0, 0, 8, 0, "cap"),
        (0, 0, 8, RATE + 1, "cap"),
        (10**30, 0, 8, 1, "interest"),
    ],
)
def test_terms_that_cannot_be_run_are_refused(
    interest: int, band: int, parts: int, cap: int, names: str
) -> None:
    with pytest.raises(BadParameters, match=names):
        PremiumTerms(interest, band, parts, cap)

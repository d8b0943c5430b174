"""The guards: what each forbids, alone and in a bundle, with the figures of the JELLY event."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.engine.breakers import FundingBreaker, PriceBreaker
from seawall.engine.errors import BadParameters, BrokenBooks, Closed, LimitReached, OutOfRange
from seawall.engine.fixed import (
    DAY,
    DOLLAR,
    LIMIT,
    MAX_DOLLARS,
    MAX_PRICE,
    MAX_TIME,
    MINUTE,
    NO_BOUND,
    PRICE,
    RATE,
    SECOND,
    TOKEN,
)
from seawall.engine.guards import (
    PRESETS,
    AdaptiveLeverage,
    AdaptiveOpenInterestCap,
    AuctionGuard,
    Guards,
    LeverageStep,
    MarketFacts,
    MultiRound,
    OpenInterestCap,
    PositionCap,
    preset,
)
from seawall.engine.margin import MAX_LEVERAGE
from seawall.engine.oracle import Oracle
from seawall.engine.reports import (
    OracleParams,
    OutlierRejection,
    Quorum,
    Report,
    Smoothing,
    SourceWeights,
)

PERCENT = RATE // 100
CENT = PRICE // 100
MILLION = 1_000_000 * DOLLAR
NOW = 1_743_000_000_000

quick = settings(max_examples=120, deadline=None)
dollars = st.integers(0, MAX_DOLLARS)
shares = st.integers(1, RATE)
prices = st.integers(1, MAX_PRICE)


def jelly() -> MarketFacts:
    """A token of 20 million dollars of circulating market value."""
    return MarketFacts(market_value=20 * MILLION)


# open interest


@pytest.mark.parametrize(("percent", "most"), [(10, 2), (20, 4)])
def test_a_token_of_20_million_bears_no_short_of_6_million(percent, most):
    cap = AdaptiveOpenInterestCap(value_share=percent * PERCENT)
    assert cap.bound(jelly()) == most * MILLION
    cap.check(jelly(), most * MILLION)
    with pytest.raises(LimitReached) as caught:
        cap.check(jelly(), 6 * MILLION)
    refused = caught.value
    assert refused.code == "adaptive-open-interest-cap"
    assert (refused.value, refused.bound) == (6 * MILLION, most * MILLION)


def test_the_least_of_market_value_volume_and_depth_binds():
    cap = AdaptiveOpenInterestCap(volume_share=50 * PERCENT, depth_share=RATE)
    assert cap.bound(MarketFacts(market_value=20 * MILLION)) == 2 * MILLION
    assert cap.bound(MarketFacts(market_value=20 * MILLION, volume=3 * MILLION)) == 1_500_000 * (
        DOLLAR
    )
    facts = MarketFacts(market_value=20 * MILLION, volume=3 * MILLION, depth=MILLION)
    assert cap.bound(facts) == MILLION
    assert AdaptiveOpenInterestCap().bound(facts) == 2 * MILLION


def test_a_fact_that_is_unknown_does_not_bind():
    facts = MarketFacts()
    cap = AdaptiveOpenInterestCap(volume_share=PERCENT, depth_share=PERCENT)
    assert cap.bound(facts) == PositionCap().bound(facts) == NO_BOUND
    cap.check(facts, LIMIT - 1)
    PositionCap().check(facts, LIMIT - 1)
    leverage = AdaptiveLeverage(volume_steps=[LeverageStep(MILLION, 2)])
    assert leverage.max_leverage(facts) == MAX_LEVERAGE
    leverage.check(facts, MILLION, 0)


@quick
@given(dollars, st.integers(1, 4 * RATE), dollars)
def test_open_interest_stays_within_its_share_of_the_capital(capital, share, open_interest):
    cap = OpenInterestCap(share)
    within = open_interest * RATE <= capital * share
    if within:
        cap.check(capital, open_interest)
    else:
        with pytest.raises(LimitReached) as caught:
            cap.check(capital, open_interest)
        assert caught.value.code == "open-interest-cap"
        assert caught.value.bound == cap.bound(capital) == capital * share // RATE


def test_80_percent_of_14_million_of_vaults_is_11_200_000():
    assert OpenInterestCap().bound(14 * MILLION) == 11_200_000 * DOLLAR
    assert OpenInterestCap().bound(0) == 0


@quick
@given(st.integers(1, LIMIT - 1), shares, st.integers(0, LIMIT - 1))
def test_a_position_stays_within_its_share_of_the_market_value(value, share, notional):
    cap, facts = PositionCap(share), MarketFacts(market_value=value)
    if notional * RATE <= value * share:
        cap.check(facts, notional)
    else:
        with pytest.raises(LimitReached) as caught:
            cap.check(facts, notional)
        assert caught.value.code == "position-cap"


def test_5_percent_of_20_million_stops_a_position_at_1_million():
    cap = PositionCap()
    cap.check(jelly(), MILLION)
    with pytest.raises(LimitReached) as caught:
        cap.check(jelly(), MILLION + 1)
    assert (caught.value.value, caught.value.bound) == (MILLION + 1, MILLION)


# leverage


@pytest.mark.parametrize(
    ("market_value", "leverage"),
    [
        (1, 3),
        (50 * MILLION - 1, 3),
        (50 * MILLION, 10),
        (500 * MILLION - 1, 10),
        (500 * MILLION, MAX_LEVERAGE),
        (LIMIT - 1, MAX_LEVERAGE),
    ],
)
def test_leverage_falls_in_steps_with_market_value(market_value, leverage):
    facts = MarketFacts(market_value=market_value)
    assert AdaptiveLeverage().max_leverage(facts) == leverage


def test_the_stricter_of_market_value_and_volume_counts():
    guard = AdaptiveLeverage(volume_steps=[LeverageStep(MILLION, 2), LeverageStep(10 * MILLION, 5)])
    rich = 900 * MILLION
    assert guard.max_leverage(MarketFacts(market_value=rich, volume=MILLION - 1)) == 2
    assert guard.max_leverage(MarketFacts(market_value=rich, volume=MILLION)) == 5
    assert guard.max_leverage(MarketFacts(market_value=rich, volume=10 * MILLION)) == MAX_LEVERAGE
    assert guard.max_leverage(MarketFacts(market_value=MILLION, volume=5 * MILLION)) == 3


@quick
@given(st.integers(1, MAX_DOLLARS), st.integers(-1, MAX_DOLLARS), st.integers(1, 50 * MILLION))
def test_no_position_opens_above_the_highest_leverage(notional, margin, market_value):
    guard, facts = AdaptiveLeverage(), MarketFacts(market_value=market_value)
    leverage = guard.max_leverage(facts)
    assert guard.least_margin(facts, notional) == -(-notional // leverage)
    if margin * leverage >= notional:
        guard.check(facts, notional, margin)
    else:
        with pytest.raises(LimitReached) as caught:
            guard.check(facts, notional, margin)
        refused = caught.value
        assert refused.code == "adaptive-leverage"
        assert (refused.value, refused.bound) == (notional, max(margin, 0) * leverage)


# price breaker


def test_a_move_of_half_within_15_minutes_halts_for_10():
    breaker = PriceBreaker()
    assert not breaker.observe(100 * PRICE, NOW)
    assert not breaker.observe(149 * PRICE, NOW + 14 * MINUTE)
    assert breaker.observe(150 * PRICE, NOW + 15 * MINUTE)
    halt = NOW + 15 * MINUTE
    assert breaker.halted_until == halt + 10 * MINUTE
    assert breaker.is_halted(halt)
    assert breaker.is_halted(halt + 10 * MINUTE - 1)
    assert not breaker.is_halted(halt + 10 * MINUTE)
    breaker.check(halt + 10 * MINUTE)
    with pytest.raises(Closed) as caught:
        breaker.check(halt)
    assert (caught.value.code, caught.value.bound) == ("price-breaker", breaker.halted_until)


def test_the_same_move_in_more_than_15_minutes_does_not_halt():
    breaker = PriceBreaker()
    assert not breaker.observe(100 * PRICE, NOW)
    assert not breaker.observe(150 * PRICE, NOW + 15 * MINUTE + 1)
    assert not breaker.is_halted(NOW + 15 * MINUTE + 1)


@pytest.mark.parametrize(("fallen", "trips"), [(50, True), (51, False)])
def test_a_fall_counts_from_the_highest_price_of_the_window(fallen, trips):
    breaker = PriceBreaker()
    breaker.observe(80 * PRICE, NOW)
    breaker.observe(100 * PRICE, NOW + MINUTE)
    assert breaker.observe(fallen * PRICE, NOW + 2 * MINUTE) is trips


def test_the_memory_of_one_move_does_not_halt_twice():
    breaker = PriceBreaker()
    breaker.observe(100 * PRICE, NOW)
    assert breaker.observe(200 * PRICE, NOW + MINUTE)
    for minute in range(2, 12):
        assert not breaker.observe(200 * PRICE, NOW + minute * MINUTE)
    assert not breaker.is_halted(NOW + 11 * MINUTE)


def test_a_further_move_during_the_halt_prolongs_it():
    breaker = PriceBreaker()
    breaker.observe(100 * PRICE, NOW)
    assert breaker.observe(200 * PRICE, NOW + MINUTE)
    assert breaker.observe(100 * PRICE, NOW + 2 * MINUTE)
    assert breaker.halted_until == NOW + 12 * MINUTE


def naive_halts(series: list[tuple[int, int]], move: int, window: int) -> list[bool]:
    """Compare each price with every price since the last halt that the window still holds."""
    trips: list[bool] = []
    seen: list[tuple[int, int]] = []
    for price, time in series:
        seen.append((price, time))
        tripped = any(
            abs(Fraction(price, earlier) - 1) >= Fraction(move, RATE)
            for earlier, then in seen
            if time - then <= window
        )
        if tripped:
            seen = [(price, time)]
        trips.append(tripped)
    return trips


@st.composite
def series(draw: st.DrawFn) -> list[tuple[int, int]]:
    """A walk of prices in steps of at most a third, at uneven times."""
    price, time, walk = draw(st.integers(10, 10**6)), NOW, []
    for step, elapsed in draw(
        st.lists(st.tuples(st.integers(-30, 43), st.integers(0, 30)), min_size=1, max_size=60)
    ):
        price = min(max(1, price * (100 + step) // 100), MAX_PRICE)
        time += elapsed
        walk.append((price, time))
    return walk


@settings(max_examples=300, deadline=None)
@given(series(), st.integers(1, 80), st.integers(1, 200))
def test_the_breaker_trips_where_a_scan_of_the_whole_window_does(walk, percent, window):
    breaker = PriceBreaker(move=percent * PERCENT, window=window, pause=1)
    assert [breaker.observe(p, t) for p, t in walk] == naive_halts(walk, percent * PERCENT, window)


def test_a_long_quiet_series_keeps_only_what_the_window_holds():
    breaker = PriceBreaker(move=10 * RATE, window=10 * SECOND)
    rising = [(10**6 + tick, NOW + tick * SECOND) for tick in range(500)]
    for price, time in rising:
        assert not breaker.observe(price, time)
    assert (
        breaker.state()
        == [
            0,
            NOW + 499 * SECOND,
            11,  # rising prices may each become the lowest of a later window
            *[price for price, _ in rising[-11:]],
            *[time for _, time in rising[-11:]],
            1,  # but only the last is the highest
            -rising[-1][0],
            rising[-1][1],
        ]
    )


def test_a_price_that_stands_still_is_kept_once():
    breaker = PriceBreaker()
    for tick in range(100):
        breaker.observe(PRICE, NOW + tick)
    end = NOW + 99
    assert breaker.state() == [0, end, 1, PRICE, end, 1, -PRICE, end]


@quick
@given(series(), prices)
def test_what_has_left_the_window_leaves_no_trace(walk, long_ago):
    one, other = PriceBreaker(move=20 * PERCENT), PriceBreaker(move=20 * PERCENT)
    one.observe(long_ago, NOW - DAY)
    for price, time in walk:
        assert one.observe(price, time) == other.observe(price, time)
        assert one.state() == other.state()


@pytest.mark.parametrize(
    ("price", "now", "code"),
    [
        (0, NOW, "price-too-small"),
        (MAX_PRICE + 1, NOW, "price-too-large"),
        (1, NOW - 1, "clock-back-in-time"),
        (1, -1, "now-too-small"),
        (1, MAX_TIME + 1, "now-too-large"),
    ],
)
def test_a_price_that_cannot_be_is_refused_and_leaves_no_trace(price, now, code):
    breaker = PriceBreaker()
    breaker.observe(100, NOW)
    before = breaker.state()
    with pytest.raises(OutOfRange) as caught:
        breaker.observe(price, now)
    assert caught.value.code == code
    assert breaker.state() == before


# funding breaker


@pytest.mark.parametrize("side", [1, -1])
def test_funding_beyond_1_percent_an_hour_halts_until_it_is_below(side):
    breaker = FundingBreaker()
    rates = [PERCENT - 1, PERCENT, PERCENT + 1, 4 * PERCENT, PERCENT, PERCENT - 1, PERCENT]
    trips, halts = [], []
    for rate in rates:
        trips.append(breaker.observe(side * rate))
        halts.append(breaker.is_halted(NOW))
    assert trips == [False, False, True, False, False, False, False]
    assert halts == [False, False, True, True, True, False, False]


def test_during_a_funding_halt_the_reason_is_given():
    breaker = FundingBreaker()
    breaker.check(NOW)
    breaker.observe(-2 * PERCENT)
    with pytest.raises(Closed) as caught:
        breaker.check(NOW)
    refused = caught.value
    assert refused.code == "funding-breaker"
    assert (refused.value, refused.bound) == (-2 * PERCENT, PERCENT)
    assert breaker.halted_until == NO_BOUND


def test_the_worked_funding_of_half_a_percent_an_hour_does_not_halt():
    breaker = FundingBreaker()
    assert not breaker.observe(4_937_500_000)  # 0.49375 % an hour


# several rounds, auction


def rounds_of(guard: MultiRound, position: int) -> list[int]:
    left, slices = position, []
    while left:
        slices.append(guard.slice_size(position, left))
        left -= slices[-1]
    return slices


def test_a_position_closes_in_five_slices_of_a_fifth():
    assert rounds_of(MultiRound(), 400_000_000 * TOKEN) == [80_000_000 * TOKEN] * 5


@quick
@given(st.integers(1, MAX_DOLLARS), st.integers(PERCENT, RATE))
def test_slices_are_never_empty_and_add_up_to_the_position(position, share):
    slices = rounds_of(MultiRound(slice_share=share), position)
    assert sum(slices) == position
    assert min(slices) > 0
    assert len(slices) <= -(-RATE // share)
    assert max(slices) == slices[0] <= Fraction(position * share, RATE) + 1


def test_a_round_is_due_at_once_and_then_after_the_pause():
    guard = MultiRound()
    assert guard.is_due(-1, 0)
    assert not guard.is_due(NOW, NOW + 30 * SECOND - 1)
    assert guard.is_due(NOW, NOW + 30 * SECOND)


@pytest.mark.parametrize(("position", "left"), [(10, 11), (10, -1)])
def test_what_is_left_of_a_position_is_a_part_of_it(position, left):
    with pytest.raises(BrokenBooks):
        MultiRound().slice_size(position, left)


def test_an_auction_takes_a_minute():
    assert AuctionGuard().duration == MINUTE


# bundles


def attempt(guards: Guards) -> list[str]:
    """What the guards say to the JELLY short: 6 M on 0.3 M, a price and a funding gone mad."""
    codes = []
    steps = [
        lambda: guards.check_increase(jelly(), 6 * MILLION, MILLION, MILLION),
        lambda: guards.check_increase(jelly(), MILLION, 6 * MILLION, 6 * MILLION),
        lambda: guards.check_increase(jelly(), MILLION, MILLION, 300_000 * DOLLAR),
    ]
    for step in steps:
        try:
            step()
        except LimitReached as refused:
            codes.append(refused.code)
    guards.observe_price(CENT, NOW)
    if guards.observe_price(5 * CENT, NOW + MINUTE):
        assert guards.is_halted(NOW + MINUTE)
        with pytest.raises(Closed) as caught:
            guards.check_halt(NOW + MINUTE)
        codes.append(caught.value.code)
    later = NOW + 12 * MINUTE
    assert not guards.is_halted(later)
    if guards.observe_funding(4 * PERCENT):
        assert guards.is_halted(later)
        with pytest.raises(Closed) as caught:
            guards.check_halt(later)
        codes.append(caught.value.code)
    if guards.multi_round is not None:
        codes.append("multi-round")
    if guards.auction is not None:
        codes.append("auction")
    return codes + price_steps(guards)


def price_steps(guards):
    """What guards switch on in an oracle that has every step off."""
    bare = OracleParams(outlier=0, quorum=1)
    made = guards.over(bare)
    found = {
        "venue-weights": made.weights == OracleParams.hyperliquid().weights,
        "outlier-rejection": made.outlier == 10 * PERCENT,
        "quorum": made.quorum == 2,
        "smoothing": made.smooth and made.time_constant == MINUTE,
    }
    kept = ("default_weight", "max_age", "use_confidence", "use_spread", "max_confidence", "jump")
    assert all(getattr(made, name) == getattr(bare, name) for name in kept)
    return [name for name, there in found.items() if there]


ALONE = {
    "open-interest-cap": "adaptive-open-interest-cap",
    "position-cap": "position-cap",
    "adaptive-leverage": "adaptive-leverage",
    "price-breaker": "price-breaker",
    "funding-breaker": "funding-breaker",
    "multi-round": "multi-round",
    "auction": "auction",
    "venue-weights": "venue-weights",
    "outlier-rejection": "outlier-rejection",
    "quorum": "quorum",
    "smoothing": "smoothing",
}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_the_guard_it_is_named_after_and_no_other(name):
    expected = {"none": [], "hybrid": list(ALONE.values())}
    assert attempt(preset(name)) == expected.get(name, [ALONE.get(name)])


def priced(guards, reports):
    """The oracle under ``guards`` after ticks of prices by source, in cents."""
    oracle = Oracle(guards.over(OracleParams(outlier=0, quorum=1)))
    for tick, said in enumerate(reports):
        now = NOW + tick * SECOND
        oracle.take([Report(name, price * CENT // 10, now) for name, price in said.items()], now)
    return oracle


def test_one_venue_at_50_cents_among_others_at_about_1_is_ignored_by_the_guard_alone():
    said = [{"a": 10, "b": 500}]
    assert priced(Guards(), said).price == 255 * CENT // 10
    said = [{"a": 10, "b": 10, "c": 11, "d": 500}]
    guarded = priced(preset("outlier-rejection"), said)
    assert (guarded.price, guarded.rejected) == (CENT, ["d"])


def test_the_quorum_alone_makes_the_word_of_one_source_stale():
    assert priced(preset("quorum"), [{"a": 10}]).is_stale(NOW)
    assert not priced(preset("quorum"), [{"a": 10, "b": 10}]).is_stale(NOW)
    assert not priced(Guards(), [{"a": 10}]).is_stale(NOW)


def test_smoothing_alone_keeps_1_cent_from_becoming_50_at_once():
    said = [{"a": 10}, {"a": 500}]
    assert priced(Guards(), said).price == 50 * CENT
    assert CENT < priced(preset("smoothing"), said).price < 2 * CENT


def test_weights_alone_let_binance_and_okx_outvote_three_small_venues():
    said = [{"binance": 10, "okx": 10, "gate": 500, "mexc": 500, "kraken": 500}]
    assert priced(Guards(), said).price == 50 * CENT
    assert priced(preset("venue-weights"), said).price == CENT


def test_without_guards_nothing_binds():
    guards = preset("none")
    assert guards.open_interest_bound(jelly()) == guards.position_bound(jelly()) == NO_BOUND
    assert guards.max_leverage(jelly()) == MAX_LEVERAGE
    assert guards.state() == []
    guards.check_halt(NOW)


def test_all_guards_together_show_their_bounds():
    guards = Guards.hybrid()
    assert guards.open_interest_bound(jelly()) == 2 * MILLION
    assert guards.position_bound(jelly()) == MILLION
    assert guards.max_leverage(jelly()) == 3


def test_the_hybrid_never_lets_the_jelly_short_open():
    guards = Guards.hybrid()
    short = 4_080_000 * DOLLAR  # about 430 M tokens at 0.0095, with 3.5 M of margin
    with pytest.raises(LimitReached):
        guards.check_increase(jelly(), short, short, 3_500_000 * DOLLAR)


def test_two_markets_with_one_configuration_do_not_share_a_breaker():
    configured = Guards.hybrid()
    one, other = configured.fresh(), configured.fresh()
    one.observe_price(CENT, NOW)
    one.observe_price(5 * CENT, NOW)
    one.observe_funding(4 * PERCENT)
    assert one.is_halted(NOW)
    assert not other.is_halted(NOW)
    assert not configured.is_halted(NOW)
    assert other.state() == configured.fresh().state() != one.state()


def test_fresh_guards_keep_their_figures():
    configured = Guards(
        open_interest=AdaptiveOpenInterestCap(value_share=20 * PERCENT),
        price_breaker=PriceBreaker(move=10 * PERCENT, window=MINUTE, pause=SECOND),
        funding_breaker=FundingBreaker(2 * PERCENT),
    )
    guards = configured.fresh()
    assert guards.open_interest_bound(jelly()) == 4 * MILLION
    assert guards.position is None
    guards.observe_price(100, NOW)
    assert guards.observe_price(110, NOW + MINUTE)
    assert guards.is_halted(NOW + MINUTE + SECOND - 1)
    assert not guards.is_halted(NOW + MINUTE + SECOND)
    assert not guards.observe_funding(2 * PERCENT)


# parameters and facts


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: OpenInterestCap(0), "share 0: must be between 1"),
        (lambda: AdaptiveOpenInterestCap(value_share=RATE + 1), f"value_share {RATE + 1}"),
        (lambda: AdaptiveOpenInterestCap(volume_share=-1), "volume_share -1"),
        (lambda: AdaptiveOpenInterestCap(depth_share=10**30), f"depth_share {10**30}"),
        (lambda: AdaptiveOpenInterestCap(value_share=0), "one of the three"),
        (lambda: PositionCap(RATE + 1), f"share {RATE + 1}: must be between 1 and {RATE} (1e-12)"),
        (lambda: LeverageStep(0, 3), "below 0"),
        (lambda: LeverageStep(1, MAX_LEVERAGE), f"leverage {MAX_LEVERAGE}"),
        (lambda: AdaptiveLeverage(value_steps=[]), "must have a step"),
        (
            lambda: AdaptiveLeverage(value_steps=[LeverageStep(9, 3), LeverageStep(9, 4)]),
            "value_steps 4x below 9",
        ),
        (
            lambda: AdaptiveLeverage(volume_steps=[LeverageStep(8, 3), LeverageStep(9, 3)]),
            "volume_steps 3x below 9",
        ),
        (lambda: PriceBreaker(move=0), "move 0"),
        (lambda: PriceBreaker(window=0), "window 0"),
        (lambda: PriceBreaker(pause=DAY + 1), f"pause {DAY + 1}"),
        (lambda: FundingBreaker(0), "bound 0"),
        (lambda: MultiRound(slice_share=0), "slice_share 0"),
        (lambda: MultiRound(pause=0), "pause 0"),
        (lambda: AuctionGuard(0), "duration 0"),
        (lambda: SourceWeights({}), "at least one source"),
        (lambda: SourceWeights({"gate": 0}), "weight of gate 0"),
        (lambda: OutlierRejection(0), "bound 0"),
        (lambda: Quorum(0), "sources 0"),
        (lambda: Smoothing(0), "time_constant 0"),
        (lambda: preset("moat"), "guards moat: must be one of none, open-interest-cap"),
    ],
)
def test_parameters_that_cannot_be_run_name_the_field_its_value_and_the_rule(make, words):
    with pytest.raises(BadParameters) as caught:
        make()
    assert words in str(caught.value)


@pytest.mark.parametrize("field", ["market_value", "volume", "depth"])
def test_a_fact_out_of_range_is_refused(field):
    for value, code in ((-1, "too-small"), (10**30, "too-large")):
        with pytest.raises(OutOfRange) as caught:
            MarketFacts(**{field: value})
        assert caught.value.code == f"{field.replace('_', '-')}-{code}"

"""The oracle: each step on its own, the steps together, and what it refuses."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.engine.errors import BadParameters, LimitReached, OutOfRange, Unknown
from seawall.engine.fixed import DAY, MAX_PRICE, MAX_TIME, MINUTE, PRICE, RATE, SECOND, decay
from seawall.engine.oracle import Oracle
from seawall.engine.reports import MAX_SOURCES, OWN_SPOT, OracleParams, Report

PERCENT = RATE // 100
CENT = PRICE // 100
NOW = 1_743_000_000_000
VENUES = ["binance", "okx", "bybit", "kraken", "kucoin", "gate", "mexc", OWN_SPOT]

quick = settings(max_examples=120, deadline=None)


def bare(**chosen: object) -> OracleParams:
    """Every step off but those chosen."""
    fields: dict[str, object] = {
        "outlier": 0,
        "quorum": 1,
        "smooth": False,
        "max_age": 0,
        "use_confidence": False,
        "max_confidence": 0,
        "jump": 0,
    }
    fields.update(chosen)
    return OracleParams(**fields)  # type: ignore[arg-type]


def said(prices: dict[str, int], time: int = NOW, confidence: int = 0) -> list[Report]:
    return [Report(source, price, time, confidence) for source, price in prices.items()]


def oracle_after(params: OracleParams, prices: dict[str, int]) -> Oracle:
    oracle = Oracle(params)
    oracle.take(said(prices), NOW)
    return oracle


def feed(oracle: Oracle, price: int, time: int, source: str = "a") -> None:
    oracle.take([Report(source, price, time)], time)


def refusal(error: type[OutOfRange], act: Callable[[], object]) -> OutOfRange:
    with pytest.raises(error) as caught:
        act()
    return caught.value


prices = st.integers(1, MAX_PRICE)
boards = st.dictionaries(st.sampled_from(VENUES), prices, min_size=1, max_size=8)
weightings = st.fixed_dictionaries({venue: st.integers(1, 9) for venue in VENUES})


# weighted median


def middle(board: dict[str, int], weights: dict[str, int]) -> tuple[int, int]:
    """Lower and upper weighted median by writing each price down as often as its weight says."""
    written = sorted(p for source, p in board.items() for _ in range(weights[source]))
    return written[(len(written) - 1) // 2], written[len(written) // 2]


@quick
@given(boards, weightings)
def test_the_weighted_median_is_the_median_of_prices_repeated_by_weight(board, weights):
    lower, upper = middle(board, weights)
    assert oracle_after(bare(weights=weights), board).price == (lower + upper) // 2


@quick
@given(boards, weightings, st.randoms(use_true_random=False))
def test_the_order_of_reports_does_not_matter(board, weights, random):
    params = OracleParams(weights=weights, smooth=True, use_spread=True)
    reports = said(board, confidence=7)
    shuffled = list(reports)
    random.shuffle(shuffled)
    one, other = Oracle(params), Oracle(params)
    one.take(reports, NOW)
    other.take(shuffled, NOW)
    assert one.state() == other.state()
    assert one.rejected == other.rejected
    assert one.sources() == other.sources() == sorted(board)


@quick
@given(boards, weightings)
def test_the_price_lies_between_the_least_and_the_greatest_survivor(board, weights):
    oracle = oracle_after(bare(weights=weights, outlier=10 * PERCENT), board)
    left = [price for source, price in board.items() if source not in oracle.rejected]
    assert oracle.survivors == len(left)
    if left:
        assert min(left) <= oracle.price <= max(left)
    else:
        assert oracle.price == 0


@quick
@given(
    st.dictionaries(st.sampled_from(VENUES), st.integers(1, 10**9), min_size=1, max_size=8),
    weightings,
    st.integers(1, 10**6),
)
def test_prices_in_another_unit_give_the_price_in_that_unit(board, weights, factor):
    params = bare(weights=weights, outlier=10 * PERCENT, use_spread=True)
    # even prices, so that the mean of two is exact in both units
    small = oracle_after(params, {source: 2 * price for source, price in board.items()})
    large = oracle_after(params, {source: 2 * price * factor for source, price in board.items()})
    assert large.rejected == small.rejected
    assert large.price == small.price * factor


@pytest.mark.parametrize(
    ("board", "weights", "price"),
    [
        ({"a": 100}, {"a": 1}, 100),
        ({"a": 100, "b": 101}, {"a": 1, "b": 1}, 100),  # exactly half: the mean, rounded down
        ({"a": 100, "b": 104}, {"a": 1, "b": 1}, 102),
        ({"a": 100, "b": 104}, {"a": 1, "b": 2}, 104),
        ({"a": 100, "b": 104, "c": 200}, {"a": 1, "b": 1, "c": 1}, 104),
        ({"a": 100, "b": 104, "c": 200}, {"a": 2, "b": 1, "c": 1}, 102),  # half, then the next
        ({"a": 100, "b": 104, "c": 200}, {"a": 1, "b": 1, "c": 3}, 200),
    ],
)
def test_the_first_price_at_half_of_the_weight_is_the_median(board, weights, price):
    assert oracle_after(bare(weights=weights), board).price == price


def test_half_of_the_weight_is_half_of_what_is_available():
    oracle = Oracle(bare(weights={"a": 3, "b": 1, "c": 1}, max_age=MINUTE))
    oracle.take(said({"a": 300, "b": 100, "c": 200}), NOW)
    assert oracle.price == 300
    oracle.take(said({"b": 100, "c": 200}, NOW + MINUTE + 1), NOW + MINUTE + 1)
    assert (oracle.survivors, oracle.price) == (2, 150)


def test_hyperliquids_weights_let_binance_and_okx_outvote_the_small_venues():
    params = OracleParams.hyperliquid()
    assert sum(params.weights.values()) == 12
    board = dict.fromkeys(VENUES, CENT)
    assert oracle_after(params, board).price == CENT
    for small in ("kraken", "kucoin", "gate", "mexc", OWN_SPOT):
        board[small] = 50 * CENT  # together 5 of 12
    assert oracle_after(params, board).price == CENT
    board["bybit"] = 50 * CENT  # 7 of 12
    assert oracle_after(params, board).price == 50 * CENT


def test_a_source_that_is_not_listed_weighs_the_default():
    oracle = oracle_after(bare(weights={"a": 1}, default_weight=3), {"a": 100, "new": 200})
    assert oracle.price == 200


# outliers


def naive_survivors(board: dict[str, int], weights: dict[str, int], bound: int) -> set[str]:
    kept = set()
    for source, price in board.items():
        others = {name: other for name, other in board.items() if name != source}
        if not others:
            return {source}
        lower, upper = middle(others, weights)
        nearest = min(max(price, lower), upper)
        if abs(price - nearest) <= Fraction(bound, RATE) * nearest:
            kept.add(source)
    return kept


@quick
@given(
    st.dictionaries(st.sampled_from(VENUES), st.integers(80, 130), min_size=1, max_size=8),
    weightings,
    st.integers(1, 30),
)
def test_who_is_dropped_is_who_a_naive_reading_of_the_rule_drops(board, weights, percent):
    oracle = oracle_after(bare(weights=weights, outlier=percent * PERCENT), board)
    kept = naive_survivors(board, weights, percent * PERCENT)
    assert oracle.rejected == sorted(set(board) - kept)
    assert oracle.survivors == len(kept)
    if kept:
        lower, upper = middle({source: board[source] for source in kept}, weights)
        assert oracle.price == (lower + upper) // 2


@pytest.mark.parametrize("honest", [2, 3, 4, 7])
def test_one_venue_at_50_cents_is_ignored_when_the_others_are_about_1_cent(honest):
    board = {f"honest-{n}": CENT + n * CENT // 100 for n in range(honest)}
    oracle = oracle_after(OracleParams(), {**board, "liar": 50 * CENT})
    assert oracle.rejected == ["liar"]
    assert not oracle.is_stale(NOW)
    assert CENT <= oracle.price <= CENT + CENT // 10


def test_a_report_exactly_at_the_bound_stays_and_one_beyond_it_goes():
    assert oracle_after(OracleParams(), {"a": 1000, "b": 1000, "c": 1100}).rejected == []
    assert oracle_after(OracleParams(), {"a": 1000, "b": 1000, "c": 1101}).rejected == ["c"]
    assert oracle_after(OracleParams(), {"a": 1000, "b": 1000, "c": 900}).rejected == []
    assert oracle_after(OracleParams(), {"a": 1000, "b": 1000, "c": 899}).rejected == ["c"]


def test_two_sources_that_contradict_each_other_are_both_dropped():
    oracle = oracle_after(OracleParams(quorum=1), {"a": 100, "b": 200})
    assert oracle.rejected == ["a", "b"]
    assert oracle.is_stale(NOW)
    assert oracle.price == 0


def test_two_halves_that_contradict_each_other_drop_each_other():
    oracle = oracle_after(OracleParams(), {"a": 100, "b": 101, "c": 200, "d": 201})
    assert oracle.rejected == ["a", "b", "c", "d"]
    assert oracle.is_stale(NOW)


def test_a_dropped_source_is_heard_again_when_it_comes_back_to_the_others():
    oracle = oracle_after(OracleParams(), {"a": 1000, "b": 1000, "c": 2000})
    assert oracle.rejected == ["c"]
    oracle.take([Report("c", 1010, NOW + 1)], NOW + 1)
    assert oracle.rejected == []
    assert oracle.survivors == 3


def test_fewer_than_a_quorum_keep_the_last_price_and_make_it_stale():
    oracle = oracle_after(OracleParams(), {"a": 1000, "b": 1010})
    assert (oracle.price, oracle.is_stale(NOW)) == (1005, False)
    later = NOW + SECOND
    oracle.take([Report("b", 2000, later)], later)
    assert (oracle.price, oracle.time, oracle.survivors) == (1005, NOW, 0)
    assert oracle.is_stale(later)
    oracle.take([Report("b", 1010, later + 1)], later + 1)
    assert not oracle.is_stale(later + 1)


def test_the_default_quorum_distrusts_a_single_source():
    assert oracle_after(OracleParams(), {"a": 1000}).is_stale(NOW)
    assert not oracle_after(OracleParams(quorum=1), {"a": 1000}).is_stale(NOW)


# staleness


def test_a_source_is_available_until_its_report_is_older_than_the_bound():
    oracle = Oracle(bare(max_age=MINUTE))
    oracle.take([Report("a", 100, NOW), Report("b", 200, NOW + 1)], NOW + 1)
    oracle.take([], NOW + MINUTE)
    assert oracle.price == 150
    oracle.take([], NOW + MINUTE + 1)
    assert (oracle.price, oracle.survivors) == (200, 1)


def test_the_price_is_stale_once_nothing_was_trusted_for_the_bound():
    oracle = Oracle(OracleParams(quorum=1))
    assert oracle.is_stale(NOW)
    feed(oracle, 100, NOW)
    assert not oracle.is_stale(NOW + MINUTE)
    assert oracle.is_stale(NOW + MINUTE + 1)
    oracle.take([], NOW + MINUTE + 1)
    assert oracle.is_stale(NOW + MINUTE + 1)
    assert (oracle.price, oracle.time) == (100, NOW)


def test_a_report_that_is_old_when_it_arrives_is_taken_but_not_used():
    oracle = Oracle(OracleParams(quorum=1))
    oracle.take([Report("a", 100, NOW - MINUTE - 1)], NOW)
    assert oracle.sources() == ["a"]
    assert oracle.is_stale(NOW)


def test_without_a_bound_on_age_a_price_never_grows_stale():
    oracle = Oracle(bare())
    feed(oracle, 100, NOW)
    oracle.take([], NOW + 400 * DAY)
    assert not oracle.is_stale(NOW + 400 * DAY)


def test_the_time_of_the_price_is_that_of_the_newest_survivor():
    oracle = Oracle(OracleParams())
    oracle.take([Report("a", 1000, NOW - 5), Report("b", 1000, NOW - 3)], NOW)
    assert oracle.time == NOW - 3
    oracle.take([Report("liar", 9000, NOW)], NOW)
    assert oracle.time == NOW - 3


# smoothing


@quick
@given(prices, st.lists(st.tuples(prices, st.integers(1, 10 * MINUTE)), min_size=1, max_size=6))
def test_a_smoothed_price_lies_between_the_old_one_and_the_median(first, moves):
    oracle = Oracle(bare(smooth=True))
    time = NOW
    feed(oracle, first, time)
    for target, elapsed in moves:
        old = oracle.price
        time += elapsed
        feed(oracle, target, time)
        assert min(old, target) <= oracle.price <= max(old, target)


@quick
@given(prices, prices, st.integers(1, 10 * MINUTE), st.integers(1, 10 * MINUTE))
def test_the_longer_the_time_the_nearer_the_smoothed_price_to_the_median(old, new, one, other):
    def distance(elapsed: int) -> int:
        oracle = Oracle(bare(smooth=True))
        feed(oracle, old, NOW)
        feed(oracle, new, NOW + elapsed)
        return abs(new - oracle.price)

    assert distance(max(one, other)) <= distance(min(one, other))


@quick
@given(prices, prices, st.lists(st.integers(1, MINUTE), min_size=2, max_size=30))
def test_many_short_steps_end_where_one_long_step_does(old, new, pieces):
    whole, cut = Oracle(bare(smooth=True)), Oracle(bare(smooth=True))
    feed(whole, old, NOW)
    feed(cut, old, NOW)
    feed(whole, new, NOW + sum(pieces))
    time = NOW
    for piece in pieces:
        time += piece
        feed(cut, new, time)
    slack = 1 + 2 * (len(pieces) + 1) * abs(new - old) / RATE  # two units of decay each
    assert abs(whole.price - cut.price) <= slack


@quick
@given(st.lists(st.integers(1, 1000), min_size=2, max_size=40), st.integers(1, SECOND))
def test_what_is_less_than_a_price_unit_is_carried_on(targets, elapsed):
    oracle = Oracle(bare(smooth=True))
    exact = Fraction(targets[0])
    for tick, target in enumerate(targets):
        feed(oracle, target, NOW + tick * elapsed)
        exact = target + (exact - target) * Fraction(decay(elapsed, MINUTE), RATE)
        slack = Fraction(len(targets), RATE)
        assert exact - 1 - slack <= oracle.price <= exact + slack


def test_smoothing_cannot_take_1_cent_to_50_cents_at_once():
    oracle = Oracle(OracleParams(quorum=1, smooth=True))
    feed(oracle, CENT, NOW)
    feed(oracle, 50 * CENT, NOW + 3 * SECOND)
    expected = 1 + 49 * (1 - Decimal("0.951229424500714"))  # exp(-3/60)
    assert abs(oracle.price - expected * CENT) <= 1
    assert oracle.price < 34 * CENT // 10


def test_a_smoothed_price_reaches_a_price_that_stands_still():
    oracle = Oracle(bare(smooth=True))
    feed(oracle, 1000, NOW)
    for tick in range(1, 1001):
        feed(oracle, 1007, NOW + tick * SECOND)
    assert oracle.price == 1006  # 7 * exp(-1000/60) is left: below one unit, not yet nothing
    feed(oracle, 1007, NOW + DAY)
    assert oracle.price == 1007


def test_smoothing_moves_only_when_something_new_is_reported():
    oracle = Oracle(bare(smooth=True, max_age=MINUTE))
    oracle.take([Report("a", 1000, NOW), Report("b", 1000, NOW + 30 * SECOND)], NOW + 30 * SECOND)
    oracle.take([Report("b", 2000, NOW + 40 * SECOND)], NOW + 40 * SECOND)
    price = oracle.price
    assert 1000 < price < 1500
    oracle.take([], NOW + 50 * SECOND)
    assert oracle.price == price
    oracle.take([], NOW + 90 * SECOND)  # one source fell silent: the median moves, no report came
    assert (oracle.survivors, oracle.price) == (1, price)


# confidence


def test_the_interval_is_the_price_and_the_weighted_median_of_confidences_either_way():
    oracle = Oracle(bare(use_confidence=True, weights={"a": 1, "b": 1, "c": 2}))
    reports = [Report("a", 1000, NOW, 9), Report("b", 1001, NOW, 4), Report("c", 1002, NOW, 5)]
    oracle.take(reports, NOW)
    assert (oracle.low, oracle.price, oracle.high) == (996, 1001, 1006)


def test_a_half_width_between_two_units_is_rounded_up():
    oracle = Oracle(bare(use_confidence=True))
    oracle.take([Report("a", 1000, NOW, 4), Report("b", 1000, NOW, 5)], NOW)
    assert (oracle.low, oracle.high) == (995, 1005)


@quick
@given(boards, weightings, st.integers(0, MAX_PRICE))
def test_with_spread_the_interval_holds_every_survivor(board, weights, confidence):
    oracle = Oracle(bare(weights=weights, use_confidence=True, use_spread=True))
    oracle.take(said(board, confidence=confidence), NOW)
    assert 1 <= oracle.low <= min(board.values())
    assert max(board.values()) <= oracle.high <= MAX_PRICE
    assert oracle.high >= min(oracle.price + confidence, MAX_PRICE)


def test_a_half_width_above_the_bound_is_uncertain():
    oracle = Oracle(OracleParams(quorum=1))
    oracle.take([Report("a", 1000, NOW, 20)], NOW)
    assert not oracle.is_uncertain()
    oracle.take([Report("a", 1000, NOW + 1, 21)], NOW + 1)
    assert oracle.is_uncertain()
    assert (oracle.low, oracle.high) == (979, 1021)


def test_confidence_that_is_not_asked_for_changes_nothing():
    oracle = Oracle(OracleParams(quorum=1, use_confidence=False))
    oracle.take([Report("a", 1000, NOW, 500)], NOW)
    assert (oracle.low, oracle.price, oracle.high) == (1000, 1000, 1000)
    assert not oracle.is_uncertain()


def test_no_bound_on_confidence_calls_nothing_uncertain():
    oracle = Oracle(OracleParams(quorum=1, max_confidence=0))
    oracle.take([Report("a", 1000, NOW, 500)], NOW)
    assert (oracle.low, oracle.high) == (500, 1500)
    assert not oracle.is_uncertain()


# jumps


def jumps(moves: list[int]) -> list[bool]:
    oracle = Oracle(OracleParams(quorum=1))
    confirmed = []
    for tick, price in enumerate(moves):
        feed(oracle, price, NOW + tick * SECOND)
        confirmed.append(oracle.confirmed)
        assert oracle.price == price
    return confirmed


@pytest.mark.parametrize(
    ("moves", "confirmed"),
    [
        ([1000, 1100, 1000], [True, True, True]),  # at the bound is no jump
        ([1000, 1101, 1101], [True, False, True]),
        ([1000, 899, 990], [True, False, True]),  # back at the last confirmed price
        ([1000, 1300, 1430], [True, False, True]),  # agrees with the jump to within the bound
        ([1000, 1300, 1431, 1431], [True, False, False, True]),
        ([1000, 850, 700, 600, 590], [True, False, False, False, True]),
        ([1000, 2000, 1000, 2000], [True, False, True, False]),  # a wick, twice
        ([1000, 2000, 2000, 1000, 1000], [True, False, True, False, True]),
    ],
)
def test_a_jump_stays_unconfirmed_until_a_later_price_agrees(moves, confirmed):
    assert jumps(moves) == confirmed


def test_time_alone_confirms_nothing():
    oracle = Oracle(OracleParams(quorum=1))
    feed(oracle, 1000, NOW)
    feed(oracle, 2000, NOW + 1)
    oracle.take([], NOW + 2)
    assert not oracle.confirmed
    feed(oracle, 2000, NOW + 3)
    assert oracle.confirmed


def test_without_the_step_every_price_is_confirmed():
    oracle = Oracle(OracleParams(quorum=1, jump=0))
    feed(oracle, 1000, NOW)
    feed(oracle, 900_000, NOW + 1)
    assert oracle.confirmed


# the steps together


@quick
@given(boards)
def test_with_every_step_off_one_source_is_the_price(board):
    for source, price in board.items():
        oracle = oracle_after(bare(), {source: price})
        assert (oracle.low, oracle.price, oracle.high) == (price, price, price)
        assert oracle.confirmed
        assert not oracle.is_stale(NOW)
        assert not oracle.is_uncertain()


@quick
@given(
    st.lists(st.tuples(st.integers(990, 1010), st.integers(1, MINUTE)), min_size=1, max_size=8),
    st.sampled_from(["outlier", "max_age", "use_confidence", "use_spread", "jump", "quorum"]),
)
def test_a_step_with_nothing_to_do_leaves_the_price_as_it_is(ticks, step):
    on = {"outlier": 10 * PERCENT, "max_age": MINUTE, "jump": 10 * PERCENT, "quorum": 2}
    plain, stepped = Oracle(bare()), Oracle(bare(**{step: on.get(step, True)}))
    time = NOW
    for price, elapsed in ticks:
        time += elapsed
        reports = said({"a": price, "b": price + 1, "c": price + 2}, time)
        plain.take(reports, time)
        stepped.take(reports, time)
        assert stepped.price == plain.price == price + 1
        assert stepped.time == plain.time
        assert not stepped.is_stale(time)


class NaiveOracle:
    """The module's list of steps, read aloud with fractions and the full history."""

    def __init__(self, params: OracleParams) -> None:
        self.params = params
        self.last: dict[str, tuple[int, int, int]] = {}
        self.value: Fraction | None = None
        self.smoothed_at = self.time = self.half_width = self.survivors = 0
        self.anchor: int | None = None
        self.jumped: tuple[int, int] | None = None
        self.confirmed = True
        self.rejected: list[str] = []

    def take(self, reports: list[Report], now: int) -> None:
        p = self.params
        for report in reports:
            self.last[report.source] = (report.price, report.time, report.confidence)
        heard = {s: r for s, r in self.last.items() if now - r[1] <= p.max_age}
        weights = {s: p.weights.get(s, p.default_weight) for s in heard}
        board = {s: r[0] for s, r in heard.items()}
        kept = naive_survivors(board, weights, p.outlier)
        self.rejected = sorted(set(board) - kept)
        self.survivors = len(kept)
        if len(kept) < p.quorum:
            return
        lower, upper = middle({s: board[s] for s in kept}, weights)
        median = (lower + upper) // 2
        self.time = max(heard[s][1] for s in kept)
        if self.value is None:
            self.value, self.smoothed_at = Fraction(median), self.time
        elif self.time > self.smoothed_at:
            left = decay(self.time - self.smoothed_at, p.time_constant) if p.smooth else 0
            self.value = median + (self.value - median) * Fraction(left, RATE)
            self.smoothed_at = self.time
        elif not p.smooth:
            self.value = Fraction(median)
        lower, upper = middle({s: heard[s][2] for s in kept}, weights)
        spread = max(abs(board[s] - median) for s in kept) if p.use_spread else 0
        self.half_width = max(ceil(Fraction(lower + upper, 2)), spread)

    def judge_jump(self, price: int) -> None:
        bound = Fraction(self.params.jump, RATE)
        if self.anchor is None or abs(price - self.anchor) <= bound * self.anchor:
            self.confirmed, self.anchor, self.jumped = True, price, None
        elif self.jumped is None or abs(price - self.jumped[0]) > bound * self.jumped[0]:
            self.confirmed, self.jumped = False, (price, self.time)
        elif self.time > self.jumped[1]:
            self.confirmed, self.anchor, self.jumped = True, price, None


ticks = st.lists(
    st.tuples(
        st.integers(0, 40 * SECOND),
        st.dictionaries(
            st.sampled_from(VENUES[:5]),
            st.tuples(
                st.sampled_from([1000, 1040, 1095, 1200, 1330, 5000]),
                st.integers(0, 9),
                st.integers(0, 30),
            ),
            max_size=5,
        ),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=250, deadline=None)
@given(ticks, weightings, st.booleans(), st.booleans(), st.integers(1, 3))
def test_all_steps_together_agree_with_a_naive_oracle(story, weights, smooth, spread, quorum):
    params = OracleParams(weights=weights, smooth=smooth, use_spread=spread, quorum=quorum)
    oracle, naive = Oracle(params), NaiveOracle(params)
    now = NOW
    for elapsed, board in story:
        now += 10 + elapsed
        reports = [
            Report(source, price * CENT, now - age, confidence * CENT)
            for source, (price, age, confidence) in board.items()
        ]
        oracle.take(reports, now)
        naive.take(reports, now)
        assert oracle.rejected == naive.rejected
        assert oracle.survivors == naive.survivors
        if naive.value is None:
            assert oracle.price == 0
            assert oracle.is_stale(now)
            continue
        # the oracle carries 1e-12 of a price unit, the naive one everything
        assert floor(naive.value) - 1 <= oracle.price <= floor(naive.value) + 1
        if naive.survivors >= quorum:
            naive.judge_jump(oracle.price)
        assert oracle.confirmed == naive.confirmed
        assert oracle.time == naive.time
        assert oracle.high == oracle.price + naive.half_width
        assert oracle.low == max(1, oracle.price - naive.half_width)
        assert oracle.is_stale(now) == (
            naive.survivors < quorum or now - naive.time > params.max_age
        )
        assert oracle.is_uncertain() == (naive.half_width * 50 > oracle.price)


# refusals


@pytest.mark.parametrize(
    ("report", "code", "value", "bound"),
    [
        (Report("b", 0, NOW), "price-too-small", 0, 1),
        (Report("b", -5, NOW), "price-too-small", -5, 1),
        (Report("b", MAX_PRICE + 1, NOW), "price-too-large", MAX_PRICE + 1, MAX_PRICE),
        (Report("b", 1, NOW + 2), "report-from-the-future", NOW + 2, NOW + 1),
        (Report("a", 1, NOW - 1), "report-back-in-time", NOW - 1, NOW),
        (Report("a", 1, NOW), "report-back-in-time", NOW, NOW),
        (Report("b", 1, -1), "time-too-small", -1, 0),
        (Report("b", 1, NOW, -1), "confidence-too-small", -1, 0),
        (Report("b", 1, NOW, MAX_PRICE + 1), "confidence-too-large", MAX_PRICE + 1, MAX_PRICE),
    ],
)
def test_a_report_that_cannot_be_is_refused_with_all_others_and_leaves_no_trace(
    report, code, value, bound
):
    oracle = oracle_after(OracleParams(quorum=1), {"a": 100})
    before = oracle.state()
    good = [Report("new", 100, NOW + 1)]
    if report.source != "a":
        good.append(Report("a", 100, NOW + 1))
    for attempt in (oracle.take, oracle.check):
        refused = refusal(OutOfRange, lambda act=attempt: act([*good, report], NOW + 1))
        assert (refused.code, refused.value, refused.bound) == (code, value, bound)
        assert f" {report.source} " in refused.message
        assert oracle.state() == before
        assert oracle.sources() == ["a"]
    oracle.take([], NOW + 1)
    assert oracle.sources() == ["a"]
    oracle.take([Report("new", 100, NOW + 1), Report("a", 100, NOW + 1)], NOW + 1)
    assert oracle.survivors == 2


@pytest.mark.parametrize(
    ("price", "time", "confidence", "code"),
    [
        (10**30, NOW, 0, "price-too-large"),
        (-(10**30), NOW, 0, "price-too-small"),
        (1, 10**30, 0, "time-too-large"),
        (1, -(10**30), 0, "time-too-small"),
        (1, NOW, 10**30, "confidence-too-large"),
    ],
)
def test_a_number_beyond_64_bits_is_refused_when_the_report_is_made(price, time, confidence, code):
    assert refusal(OutOfRange, lambda: Report("a", price, time, confidence)).code == code


def test_one_source_may_report_several_times_in_one_list_the_older_first():
    oracle = Oracle(OracleParams(quorum=1))
    oracle.take([Report("a", 100, NOW - 2), Report("a", 101, NOW - 1)], NOW)
    assert (oracle.price, oracle.time) == (101, NOW - 1)
    before = oracle.state()
    for times in ((NOW + 2, NOW + 1), (NOW + 1, NOW + 1)):
        for source in ("a", "b"):
            reports = [Report(source, 100, time) for time in times]
            refused = refusal(OutOfRange, lambda late=reports: oracle.take(late, NOW + 2))
            assert refused.code == "report-back-in-time"
            assert oracle.state() == before


def test_time_does_not_go_back():
    oracle = oracle_after(OracleParams(quorum=1), {"a": 100})
    before = oracle.state()
    refused = refusal(OutOfRange, lambda: oracle.take([], NOW - 1))
    assert (refused.code, refused.value, refused.bound) == ("clock-back-in-time", NOW - 1, NOW)
    assert refusal(OutOfRange, lambda: oracle.take([], -1)).code == "now-too-small"
    assert refusal(OutOfRange, lambda: oracle.take([], MAX_TIME + 1)).code == "now-too-large"
    assert oracle.state() == before


def test_a_check_that_passes_changes_nothing_and_promises_the_take():
    oracle = oracle_after(OracleParams(quorum=1), {"a": 100})
    before = oracle.state()
    reports = said({"a": 101, "b": 101}, NOW + 1)
    oracle.check(reports, NOW + 1)
    oracle.check(reports, NOW + 1)
    assert (oracle.state(), oracle.sources()) == (before, ["a"])
    oracle.take(reports, NOW + 1)
    assert oracle.price == 101


def test_a_market_that_lists_its_sources_may_refuse_all_others():
    oracle = Oracle(OracleParams(weights={"a": 1}, default_weight=0, quorum=1))
    with pytest.raises(Unknown) as caught:
        oracle.take(said({"a": 100, "stranger": 100}), NOW)
    assert caught.value.code == "unknown-source"
    assert "stranger" in caught.value.message
    assert oracle.sources() == []


def test_an_oracle_remembers_a_bounded_number_of_sources():
    oracle = oracle_after(OracleParams(), {f"s{n}": 100 for n in range(MAX_SOURCES - 1)})
    with pytest.raises(LimitReached) as caught:
        oracle.take(said({"x": 100, "y": 100}, NOW + 1), NOW + 1)
    refused = caught.value
    assert (refused.code, refused.value, refused.bound) == (
        "too-many-sources",
        MAX_SOURCES + 1,
        MAX_SOURCES,
    )
    oracle.take(said({"x": 100}, NOW + 1), NOW + 1)
    assert oracle.survivors == MAX_SOURCES


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"weights": {"a": 0}}, "weight of a 0: must be between 1"),
        ({"weights": {f"s{n}": 1 for n in range(MAX_SOURCES + 1)}}, "at most 64"),
        ({"default_weight": -1}, "default_weight -1"),
        ({"default_weight": 0}, "default_weight 0"),
        ({"weights": {"a": 1}, "default_weight": 0}, "quorum 2: must be between 1 and 1"),
        ({"outlier": RATE + 1}, f"outlier {RATE + 1}: must be between 0 and {RATE} (1e-12)"),
        ({"quorum": 0}, "quorum 0"),
        ({"time_constant": 0}, "time_constant 0"),
        ({"max_age": DAY + 1}, f"max_age {DAY + 1}: must be between 0 and {DAY} (ms)"),
        ({"max_confidence": -1}, "max_confidence -1"),
        ({"jump": 10**40}, f"jump {10**40}"),
    ],
)
def test_parameters_that_cannot_be_run_name_the_field_its_value_and_the_rule(chosen, words):
    with pytest.raises(BadParameters) as caught:
        OracleParams(**chosen)
    assert words in str(caught.value)


def test_the_presets_are_what_they_are_named_after():
    published, hybrid = OracleParams.hyperliquid(), OracleParams.hybrid()
    assert published.weights == hybrid.weights
    assert (published.outlier, published.quorum, published.smooth, published.jump) == (
        0,
        1,
        False,
        0,
    )
    assert (hybrid.outlier, hybrid.quorum, hybrid.smooth) == (10 * PERCENT, 2, True)
    assert (hybrid.time_constant, hybrid.jump) == (MINUTE, 10 * PERCENT)


def test_a_parameter_set_is_not_changed_through_the_table_it_was_given():
    weights = {"a": 1, "b": 1}
    params = OracleParams(weights=weights)
    weights["a"] = 9
    assert params.weights == {"a": 1, "b": 1}


@quick
@given(ticks)
def test_the_same_reports_give_the_same_state(story):
    one, other = Oracle(OracleParams.hybrid()), Oracle(OracleParams.hybrid())
    for oracle in (one, other):
        now = NOW
        for elapsed, board in story:
            now += 10 + elapsed
            oracle.take(
                [Report(s, p * CENT, now - age, c) for s, (p, age, c) in board.items()], now
            )
    assert one.state() == other.state()

"""Deleveraging policies: what they promise, and what they cannot promise."""

import csv
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.engine import adl
from seawall.engine.adl import (
    MAX_SCORE,
    CappedProRata,
    ContractsProRata,
    Policy,
    ProRata,
    Queue,
    RiskAware,
    Winner,
)
from seawall.engine.errors import BadParameters, BrokenBooks
from seawall.engine.fixed import DOLLAR, MAX_DOLLARS, RATE, TOKEN

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "oct2025_adl" / "mit"

LINEAR = RiskAware(1, 0, RATE)
SQUARE = RiskAware(2, 0, RATE)
TAIL = RiskAware(1, RATE * 9 // 10, RATE)

POLICIES = {
    "queue": Queue(),
    "pro rata": ProRata(),
    "capped pro rata": CappedProRata(RATE // 5),
    "risk-aware": LINEAR,
    "risk-aware, capped": RiskAware(2, 0, RATE // 3),
    "risk-aware, tail": RiskAware(1, 3 * RATE, RATE),
    "contracts pro rata": ContractsProRata(RATE),
}


def winners_of(
    endowments: list[int], scores: list[int] | None = None, caps: list[int] | None = None
) -> list[Winner]:
    """Winners; without scores all rank alike, without caps all may lose everything."""
    count = len(endowments)
    return [
        Winner(endowment, score, cap)
        for endowment, score, cap in zip(
            endowments, scores or [RATE] * count, caps or [RATE] * count, strict=True
        )
    ]


def in_dollars(amounts: list[int]) -> list[float]:
    return [amount / DOLLAR for amount in amounts]


def survivors(winners: list[Winner], haircuts: list[int]) -> list[int]:
    return [winner.endowment - cut for winner, cut in zip(winners, haircuts, strict=True)]


def room(winner: Winner, policy: Policy) -> int:
    common = RATE if isinstance(policy, Queue) else policy.cap
    return winner.endowment * min(winner.cap, common) // RATE


any_winner = st.builds(
    Winner,
    st.one_of(st.integers(0, 10**12), st.integers(0, 20)),
    st.one_of(st.integers(0, 50 * RATE), st.integers(0, 3)),
    st.one_of(st.just(RATE), st.integers(0, RATE)),
)
crowds = st.lists(any_winner, max_size=12)
budgets = st.one_of(st.integers(0, 10**13), st.integers(0, 50))
each_policy = pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())

SPLITTING_IS_USELESS = ["pro rata", "capped pro rata", "risk-aware", "contracts pro rata"]
KEEPS_RANK = ["pro rata", "capped pro rata"]


# --- every policy ------------------------------------------------------------------------------


@each_policy
@settings(max_examples=40, deadline=None)
@given(winners=crowds, budget=budgets)
def test_haircuts_sum_to_the_budget_or_to_all_there_is_room_for(
    policy: Policy, winners: list[Winner], budget: int
) -> None:
    haircuts = policy.haircuts(winners, budget)
    capacity = sum(room(winner, policy) for winner in winners)
    assert sum(haircuts) == min(budget, capacity)
    assert len(haircuts) == len(winners)
    for winner, cut in zip(winners, haircuts, strict=True):
        assert 0 <= cut <= room(winner, policy)


@each_policy
def test_a_budget_of_nothing_takes_nothing_and_nobody_pays_nothing(policy: Policy) -> None:
    assert policy.haircuts(winners_of([5, 0, 7]), 0) == [0, 0, 0]
    assert policy.haircuts([], 10) == []
    assert policy.haircuts(winners_of([0, 0]), 10) == [0, 0]


@each_policy
def test_a_negative_budget_is_a_fault(policy: Policy) -> None:
    with pytest.raises(BrokenBooks, match="never negative"):
        policy.haircuts(winners_of([5]), -1)


@each_policy
@settings(max_examples=30, deadline=None)
@given(winners=crowds, budget=st.integers(0, 10**12), more=st.integers(0, 10**12))
def test_a_larger_budget_takes_no_less_from_anyone_but_a_unit_of_rounding(
    policy: Policy, winners: list[Winner], budget: int, more: int
) -> None:
    less = policy.haircuts(winners, budget)
    greater = policy.haircuts(winners, budget + more)
    for small, large in zip(less, greater, strict=True):
        assert small - 1 <= large <= small + more + 1


@each_policy
def test_the_bounds_of_the_ledger_do_not_overflow(policy: Policy) -> None:
    winners = winners_of([MAX_DOLLARS] * 3, [MAX_SCORE, MAX_SCORE - 1, 1])
    haircuts = policy.haircuts(winners, MAX_DOLLARS)
    assert sum(haircuts) == min(MAX_DOLLARS, sum(room(winner, policy) for winner in winners))


scale_crowds = st.lists(
    st.builds(Winner, st.integers(10**6, 10**10), st.integers(1, 50 * RATE), st.just(RATE)),
    min_size=1,
    max_size=8,
)


@each_policy
@settings(max_examples=30, deadline=None)
@given(winners=scale_crowds, share=st.integers(0, 1_000), factor=st.integers(1, 1_000))
def test_a_larger_currency_unit_changes_nothing(
    policy: Policy, winners: list[Winner], share: int, factor: int
) -> None:
    """Scale invariance, up to the units of the smaller crowd."""
    budget = sum(winner.endowment for winner in winners) * share // 1_000
    scaled = [Winner(winner.endowment * factor, winner.score, winner.cap) for winner in winners]
    small = policy.haircuts(winners, budget)
    large = policy.haircuts(scaled, budget * factor)
    for one, other in zip(small, large, strict=True):
        assert abs(one * factor - other) <= factor * (len(winners) + 1)


@pytest.mark.parametrize("name", SPLITTING_IS_USELESS)
@settings(max_examples=40, deadline=None)
@given(
    others=scale_crowds,
    parts=st.lists(st.integers(10**6, 10**9), min_size=2, max_size=6),
    score=st.integers(1, 50),
    share=st.integers(0, 1_000),
)
def test_splitting_an_account_changes_what_it_pays_by_no_more_than_the_units(
    name: str, others: list[Winner], parts: list[int], score: int, share: int
) -> None:
    """Parts keep the leverage of the whole; in the rule by contracts, a share of its size."""
    policy, whole = POLICIES[name], sum(parts)
    by_size = isinstance(policy, ContractsProRata)
    if by_size:
        pieces = [Winner(part, part * score, RATE) for part in parts]
    else:
        pieces = [Winner(part, score * RATE, RATE) for part in parts]
    one = Winner(whole, whole * score if by_size else score * RATE, RATE)
    budget = (whole + sum(winner.endowment for winner in others)) * share // 1_000
    paid_whole = policy.haircuts([one, *others], budget)[0]
    paid_in_parts = sum(policy.haircuts([*pieces, *others], budget)[: len(parts)])
    assert abs(paid_whole - paid_in_parts) <= len(parts) + len(others) + 1


@pytest.mark.parametrize("name", KEEPS_RANK)
@settings(max_examples=40, deadline=None)
@given(winners=scale_crowds, share=st.integers(0, 1_000))
def test_who_won_more_still_has_more(name: str, winners: list[Winner], share: int) -> None:
    policy = POLICIES[name]
    budget = sum(winner.endowment for winner in winners) * share // 1_000
    left = survivors(winners, policy.haircuts(winners, budget))
    ranked = sorted(zip(winners, left, strict=True), key=lambda pair: pair[0].endowment)
    for (_, poorer), (_, richer) in pairwise(ranked):
        assert richer >= poorer - 1


@pytest.mark.parametrize("name", ["pro rata", "capped pro rata"])
@settings(max_examples=30, deadline=None)
@given(winners=scale_crowds, share=st.integers(0, 1_000), nudge=st.integers(0, 1_000))
def test_a_small_change_of_a_profit_is_a_small_change_of_the_haircuts(
    name: str, winners: list[Winner], share: int, nudge: int
) -> None:
    policy = POLICIES[name]
    budget = sum(winner.endowment for winner in winners) * share // 1_000
    before = policy.haircuts(winners, budget)
    first = winners[0]
    moved = [Winner(first.endowment + nudge, first.score, first.cap), *winners[1:]]
    after = policy.haircuts(moved, budget)
    for one, other in zip(before, after, strict=True):
        assert abs(one - other) <= nudge + len(winners) + 1


# --- what a policy cannot promise ---------------------------------------------------------------


def test_splitting_pays_in_a_queue() -> None:
    """A size-weighted score falls with the size: the parts of a split account are spared."""
    queue = Queue()
    whole = winners_of([100, 60], [100, 60])
    assert queue.haircuts(whole, 60) == [60, 0]
    split = winners_of([50, 50, 60], [50, 50, 60])
    assert queue.haircuts(split, 60) == [0, 0, 60]


def test_a_queue_turns_the_ranks_round() -> None:
    winners = winners_of([100, 60], [3 * RATE, 2 * RATE])
    assert survivors(winners, Queue().haircuts(winners, 80)) == [20, 60]


def test_a_queue_jumps_when_two_scores_cross() -> None:
    queue = Queue()
    assert queue.haircuts(winners_of([100, 100], [5, 4]), 90) == [90, 0]
    assert queue.haircuts(winners_of([100, 100], [4, 5]), 90) == [0, 90]


def test_a_risk_aware_rule_turns_the_ranks_round() -> None:
    winners = winners_of([100, 90], [10 * RATE, 1 * RATE])
    left = survivors(winners, LINEAR.haircuts(winners, 80))
    assert left[0] < left[1]


def test_a_rule_by_contracts_takes_from_a_large_book_that_hardly_won() -> None:
    winners = winners_of([50, 49], [100 * TOKEN, 1 * TOKEN])
    haircuts = ContractsProRata(RATE).haircuts(winners, 50)
    assert haircuts == [50, 0]
    assert survivors(winners, haircuts) == [0, 49]


def test_a_rule_by_contracts_stops_at_what_was_won() -> None:
    winners = winners_of([100, 10], [1 * TOKEN, 100 * TOKEN])
    assert ContractsProRata(RATE).haircuts(winners, 30) == [20, 10]


@settings(max_examples=30, deadline=None)
@given(
    endowments=st.lists(st.integers(10**6, 10**10), min_size=2, max_size=8),
    share=st.integers(1, 99),
)
def test_the_top_winner_keeps_more_under_pro_rata_than_in_a_queue(
    endowments: list[int], share: int
) -> None:
    """By H * (1 - w_1 / U) while the budget H is no more than the top endowment w_1."""
    top, total = max(endowments), sum(endowments)
    budget = top * share // 100
    winners = winners_of(endowments, endowments)
    first = endowments.index(top)
    queued = Queue().haircuts(winners, budget)[first]
    shared = ProRata().haircuts(winners, budget)[first]
    assert abs((queued - shared) - budget * (1 - Fraction(top, total))) <= 1


# --- queue -------------------------------------------------------------------------------------


def test_a_queue_takes_all_from_the_top_and_part_from_the_last() -> None:
    winners = winners_of([100, 50, 20, 10], [1, 4, -2, 3])
    assert Queue().haircuts(winners, 55) == [0, 50, 0, 5]
    assert Queue().haircuts(winners, 165) == [100, 50, 5, 10]
    assert Queue().haircuts(winners, 1_000) == [100, 50, 20, 10]


def test_equal_scores_stand_in_the_order_given() -> None:
    assert Queue().haircuts(winners_of([10, 10, 10], [7, 7, 7]), 15) == [10, 5, 0]


def test_a_queue_of_six_longs_closes_the_two_published_ones() -> None:
    """BitMEX, "Auto-Deleveraging Further Information": a short of 20 contracts goes under."""
    winners = winners_of([10, 10, 20, 30, 20, 10], [3, 6, 1, 4, 5, 2])
    assert Queue().haircuts(winners, 20) == [0, 10, 0, 0, 10, 0]


def test_a_queue_passes_on_from_a_winner_who_has_paid_up_to_the_cap() -> None:
    winners = winners_of([100, 100], [2, 1], [RATE // 4, RATE])
    assert Queue().haircuts(winners, 60) == [25, 35]


# --- pro rata ----------------------------------------------------------------------------------


def test_a_level_between_two_caps_is_found() -> None:
    """V-ADL-2: cap 0.5 on the first; the level of the others is 7/9."""
    winners = winners_of([100 * DOLLAR, 60 * DOLLAR, 30 * DOLLAR], None, [RATE // 2, RATE, RATE])
    haircuts = ProRata().haircuts(winners, 120 * DOLLAR)
    shares = [cut / winner.endowment for winner, cut in zip(winners, haircuts, strict=True)]
    assert [round(share, 6) for share in shares] == [0.5, 0.777778, 0.777778]


def test_four_capped_winners_meet_the_published_level() -> None:
    """V-ADL-3: caps 0.2, 0.2, 0.05, 0.2 and a budget of 30 give a level of 0.18125."""
    fifth, twentieth = RATE // 5, RATE // 20
    winners = winners_of(
        [100 * DOLLAR, 50 * DOLLAR, 20 * DOLLAR, 10 * DOLLAR],
        None,
        [fifth, fifth, twentieth, fifth],
    )
    for policy in (ProRata(), CappedProRata(fifth)):
        assert in_dollars(policy.haircuts(winners, 30 * DOLLAR)) == [18.125, 9.0625, 1.0, 1.8125]


def test_units_left_over_go_to_the_largest_remainders_the_earlier_first() -> None:
    assert ProRata().haircuts(winners_of([10, 10, 10]), 10) == [4, 3, 3]
    assert ProRata().haircuts(winners_of([10, 10, 10]), 11) == [4, 4, 3]
    assert ProRata().haircuts(winners_of([5, 3, 2]), 3) == [1, 1, 1]
    assert ProRata().haircuts(winners_of([7, 2, 1]), 3) == [2, 1, 0]


@settings(max_examples=40, deadline=None)
@given(winners=crowds, budget=budgets)
def test_below_their_caps_all_pay_the_same_share(winners: list[Winner], budget: int) -> None:
    policy = ProRata()
    haircuts = policy.haircuts(winners, budget)
    below = [
        (winner.endowment, cut)
        for winner, cut in zip(winners, haircuts, strict=True)
        if cut < room(winner, policy) and winner.endowment
    ]
    for winner, cut in zip(winners, haircuts, strict=True):
        for endowment, other in below:
            if winner.endowment:
                assert Fraction(cut - 1, winner.endowment) < Fraction(other + 1, endowment)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), winners=scale_crowds, share=st.integers(1, 999))
@pytest.mark.parametrize("power", [2, 3])
def test_no_other_division_hurts_less(
    power: int, data: st.DataObject, winners: list[Winner], share: int
) -> None:
    """(Capped) pro rata minimises the sum of w * phi(h / w) for a convex phi, whole units apart."""
    policy = CappedProRata(RATE // 2)
    rooms = [room(winner, policy) for winner in winners]
    budget = sum(rooms) * share // 1_000
    other = [data.draw(st.integers(0, most)) for most in rooms]
    missing = budget - sum(other)
    for index, most in enumerate(rooms):
        step = min(missing, most - other[index]) if missing > 0 else max(missing, -other[index])
        other[index] += step
        missing -= step
    assert sum(other) == budget

    def pain(haircuts: list[int]) -> Fraction:
        return sum(
            (
                Fraction(cut**power, winner.endowment ** (power - 1))
                for winner, cut in zip(winners, haircuts, strict=True)
            ),
            Fraction(0),
        )

    dust = 2 * power * len(winners)
    assert pain(policy.haircuts(winners, budget)) <= pain(other) + dust


def test_a_queue_hurts_more_than_pro_rata() -> None:
    winners = winners_of([100, 100], [2, 1])

    def pain(haircuts: list[int]) -> int:
        return sum(cut * cut for cut in haircuts)

    assert pain(Queue().haircuts(winners, 80)) > pain(ProRata().haircuts(winners, 80))


def test_a_cap_common_to_all_adds_to_the_winners_own() -> None:
    winners = winners_of([1_000, 1_000], None, [RATE // 10, RATE])
    assert CappedProRata(RATE // 5).haircuts(winners, 10**6) == [100, 200]


# --- risk-aware --------------------------------------------------------------------------------

EQUITIES = [1_261_300, 5_621_400, 839_700]
LEVERAGES = [1_031 * RATE // 1_000, 925 * RATE // 1_000, 1_548 * RATE // 1_000]


@pytest.mark.parametrize(
    ("policy", "shares"),
    [
        pytest.param(ProRata(), [0.163, 0.728, 0.109], id="plain"),
        pytest.param(LINEAR, [0.164, 0.589, 0.247], id="linear"),
        pytest.param(SQUARE, [0.155, 0.497, 0.348], id="square"),
        pytest.param(TAIL, [0.149, 0.114, 0.737], id="above 0.9"),
    ],
)
def test_three_winners_share_as_published(policy: Policy, shares: list[float]) -> None:
    """V-ADL-4 (paper/main_examples.tex), to the digits that its rounded inputs support."""
    budget = 100_000
    haircuts = policy.haircuts(winners_of(EQUITIES, LEVERAGES), budget)
    assert [cut / budget for cut in haircuts] == pytest.approx(shares, abs=1e-3)


def test_those_below_the_threshold_pay_last_and_in_proportion() -> None:
    tail = RiskAware(1, 3 * RATE, RATE)
    winners = winners_of([100, 60, 20], [5 * RATE, 2 * RATE, 3 * RATE])
    assert tail.haircuts(winners, 90) == [90, 0, 0]
    assert tail.haircuts(winners, 140) == [100, 30, 10]


def test_power_two_above_a_threshold_squares_the_excess_alone() -> None:
    """lambda * (lambda - 1)^2 is 12 at 3x and 80 at 5x."""
    winners = winners_of([100, 100], [3 * RATE, 5 * RATE])
    assert RiskAware(2, RATE, RATE).haircuts(winners, 92) == [12, 80]


@settings(max_examples=40, deadline=None)
@given(winners=scale_crowds, share=st.integers(1, 200))
def test_more_leverage_never_pays_a_smaller_share(winners: list[Winner], share: int) -> None:
    budget = sum(winner.endowment for winner in winners) * share // 1_000
    paid = sorted(
        zip(winners, LINEAR.haircuts(winners, budget), strict=True), key=lambda pair: pair[0].score
    )
    for (calm, less), (bold, more) in pairwise(paid):
        assert Fraction(less - 1, calm.endowment) <= Fraction(more + 1, bold.endowment)


def left_at_risk(winners: list[Winner], haircuts: list[int]) -> int:
    """The next shock's deficit up to a factor: what is left, weighted by lambda * lambda."""
    return sum(
        (winner.endowment - cut) * winner.score**2
        for winner, cut in zip(winners, haircuts, strict=True)
    )


@settings(max_examples=40, deadline=None)
@given(winners=scale_crowds, share=st.integers(1, 20))
def test_a_risk_aware_rule_leaves_no_more_at_risk_than_pro_rata(
    winners: list[Winner], share: int
) -> None:
    budget = sum(winner.endowment for winner in winners) * share // 1_000
    risk_aware, shared = LINEAR.haircuts(winners, budget), ProRata().haircuts(winners, budget)
    reached = any(cut == winner.endowment for winner, cut in zip(winners, risk_aware, strict=True))
    dust = 2 * sum(winner.score**2 for winner in winners)
    if not reached:
        assert left_at_risk(winners, risk_aware) <= left_at_risk(winners, shared) + dust


def test_it_is_the_best_of_the_weighted_rules_not_of_all() -> None:
    """Taking all from the most leveraged leaves less at risk still: a queue by leverage."""
    winners = winners_of([100, 100], [2 * RATE, 1 * RATE])
    queued, weighted = Queue().haircuts(winners, 80), LINEAR.haircuts(winners, 80)
    assert left_at_risk(winners, queued) < left_at_risk(winners, weighted)


# --- real budgets ------------------------------------------------------------------------------

BOUND_BY_EQUITY = {1, 2, 4, 5, 7, 8, 10, 12, 13, 14, 17}
"""Waves in which some winner's endowment is all of its equity, so that the largest haircut as a
share of equity, which the table gives, is the level itself; in the other five it lies below. The
table's other pro rata columns weigh by profit or equity beyond the capacity: no level follows."""


def waves() -> list[dict[str, str]]:
    path = DATA / "policy_per_wave_metrics.csv"
    if not path.exists():
        pytest.skip(f"no recorded data at {path}")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_waves_of_10_october_2025_are_met_to_the_cent_at_the_published_level() -> None:
    """Needed budget and capacity per wave; pluriholonomic/autodeleveraging-analysis, out/.

    The accounts are not public. Pro rata does not need them: any division of the capacity pays
    the same share, here a thousand winners of whom each has a little more than the one before.
    """
    table = waves()
    assert len(table) == 16
    for row in table:
        needed = round(float(row["budget_needed"]) * DOLLAR)
        capacity = round(float(row["total_cap"]) * DOLLAR)
        level, published = needed / capacity, float(row["max_pct_pr"])
        if int(row["wave"]) in BOUND_BY_EQUITY:
            assert published == pytest.approx(level, rel=1e-9)
        else:
            assert published < level
        unit = capacity // 500_500
        endowments = [unit * part for part in range(1, 1_000)]
        winners = winners_of([*endowments, capacity - sum(endowments)])
        haircuts = ProRata().haircuts(winners, needed)
        assert sum(haircuts) == needed
        for winner, cut in zip(winners, haircuts, strict=True):
            assert abs(cut - level * winner.endowment) < 2
        assert max(
            cut / winner.endowment for winner, cut in zip(winners, haircuts, strict=True)
        ) == pytest.approx(level, rel=0.01)


def test_the_recorded_queue_took_four_times_what_was_needed() -> None:
    table = waves()
    needed = sum(float(row["budget_needed"]) for row in table)
    taken = sum(float(row["budget_prod"]) for row in table)
    assert (round(needed, 2), round(taken, 2)) == (15_079_669.61, 60_108_335.33)
    for row in table:
        budget, capacity = (
            round(float(row[name]) * DOLLAR) for name in ("budget_needed", "total_cap")
        )
        queued = Queue().haircuts(winners_of([capacity // 3, capacity - capacity // 3]), budget)
        assert sum(queued) == budget


# --- caps, cuts and ranks ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "endowment", "collateral", "least", "cap"),
    [
        ("1", 100, 50, 50, "1"),
        ("1", 100, 50, 0, "1"),
        ("0.2", 100, 50, 50, "0.2"),
        ("1", 100, 50, 80, "0.7"),
        ("0.2", 100, 50, 80, "0.2"),
        ("1", 100, 50, 150, "0"),
        ("1", 100, 50, 500, "0"),
        ("0.3", 0, 50, 50, "0.3"),
    ],
)
def test_a_cap_leaves_the_least_equity(
    limit: str, endowment: int, collateral: int, least: int, cap: str
) -> None:
    found = adl.haircut_cap(int(Fraction(limit) * RATE), endowment, collateral, least)
    assert Fraction(found, RATE) == Fraction(cap)


@settings(max_examples=40, deadline=None)
@given(
    limit=st.integers(0, RATE),
    endowment=st.integers(1, 10**15),
    collateral=st.integers(-(10**15), 10**15),
    least=st.integers(0, 10**15),
)
def test_a_haircut_within_its_cap_keeps_the_least_equity_where_there_was_as_much(
    limit: int, endowment: int, collateral: int, least: int
) -> None:
    cap = adl.haircut_cap(limit, endowment, collateral, least)
    assert 0 <= cap <= limit
    if collateral + endowment >= least:
        taken = ProRata().haircuts([Winner(endowment, 0, cap)], MAX_DOLLARS)[0]
        assert collateral + endowment - taken >= least


def test_every_size_is_cut_by_the_same_share_and_no_more() -> None:
    assert adl.cut_sizes([100, -100, 19, -19, 9, -9, 0], RATE // 10) == [10, -10, 1, -1, 0, 0, 0]
    assert adl.cut_sizes([5, -5], RATE) == [5, -5]
    assert adl.cut_sizes([5, -5], 0) == [0, 0]
    assert adl.cut_sizes([], RATE) == []


@settings(max_examples=40, deadline=None)
@given(parts=st.lists(st.integers(1, 10**15), min_size=1, max_size=8), rate=st.integers(0, RATE))
def test_a_split_position_is_cut_by_the_same_amount_but_for_a_unit_a_part(
    parts: list[int], rate: int
) -> None:
    cuts = adl.cut_sizes([sum(parts), *parts], rate)
    assert 0 <= cuts[0] - sum(cuts[1:]) < len(parts)
    left = sorted((part, part - cut) for part, cut in zip(parts, cuts[1:], strict=True))
    assert [kept for _, kept in left] == sorted(kept for _, kept in left)


@pytest.mark.parametrize(
    ("result", "entry", "notional", "equity", "rank"),
    [
        (20, 100, 120, 60, "0.4"),
        (20, 100, 120, 12, "2"),
        (-20, 100, 80, 40, "-0.1"),
        (0, 100, 100, 10, "0"),
    ],
)
def test_profit_ranks_by_leverage_and_a_loss_against_it(
    result: int, entry: int, notional: int, equity: int, rank: str
) -> None:
    """BitMEX: profit percentage times leverage; a loss is divided by it."""
    found = adl.profit_rank(result * DOLLAR, entry * DOLLAR, notional * DOLLAR, equity * DOLLAR)
    assert Fraction(found, RATE) == Fraction(rank)


def test_a_winner_without_equity_ranks_above_all_and_a_loser_without_at_nothing() -> None:
    assert adl.profit_rank(DOLLAR, DOLLAR, DOLLAR, 0) == MAX_SCORE
    assert adl.profit_rank(DOLLAR, DOLLAR, DOLLAR, -5) == MAX_SCORE
    assert adl.profit_rank(-DOLLAR, DOLLAR, DOLLAR, -5) == 0
    assert adl.profit_rank(-MAX_DOLLARS, 1, 1, MAX_DOLLARS) == -MAX_SCORE
    assert adl.profit_rank(MAX_DOLLARS, 1, MAX_DOLLARS, 1) == MAX_SCORE


@pytest.mark.parametrize(
    ("size", "entry", "notional", "value", "literal", "rank"),
    [
        pytest.param(1, 2_500, 3_000, 1_500, False, "2.4", id="26 first long"),
        pytest.param(1, 29_000, 30_000, 3_000, False, "10.345", id="26 second long"),
        pytest.param(-1, 3_000, 2_500, 1_250, False, "2.4", id="winning short"),
        pytest.param(-1, 3_000, 2_500, 1_250, True, "1.667", id="winning short, literal"),
        pytest.param(-1, 2_500, 3_000, 1_500, True, "2.4", id="losing short, literal"),
    ],
)
def test_price_moves_rank_by_account_leverage(
    size: int, entry: int, notional: int, value: int, literal: bool, rank: str
) -> None:
    """Hyperliquid: mark / entry times notional / account value."""
    found = adl.price_rank(size, entry * DOLLAR, notional * DOLLAR, value * DOLLAR, literal)
    assert round(Fraction(found, RATE), 3) == Fraction(rank)


@pytest.mark.parametrize("value", [0, -1])
def test_an_account_without_value_ranks_above_all(value: int) -> None:
    assert adl.price_rank(1, DOLLAR, DOLLAR, value, False) == MAX_SCORE
    assert adl.price_rank(-1, DOLLAR, DOLLAR, value, False) == MAX_SCORE
    assert adl.effective_leverage(DOLLAR, value) == MAX_SCORE


def test_leverage_is_notional_over_equity_and_is_cut_at_a_million() -> None:
    assert adl.effective_leverage(3_000, 1_500) == 2 * RATE
    assert adl.effective_leverage(1, 3) == 333_333_333_333
    assert adl.effective_leverage(0, 0) == 0
    assert adl.effective_leverage(MAX_DOLLARS, 1) == MAX_SCORE


@pytest.mark.parametrize(
    ("endowment", "score", "cap", "names"),
    [
        (-1, 0, 0, "endowment -1"),
        (MAX_DOLLARS + 1, 0, 0, "endowment"),
        (0, MAX_SCORE + 1, 0, "score"),
        (0, -MAX_SCORE - 1, 0, "score"),
        (0, 0, -1, "cap -1"),
        (0, 0, RATE + 1, "cap"),
    ],
)
def test_a_winner_out_of_bounds_is_a_fault(
    endowment: int, score: int, cap: int, names: str
) -> None:
    with pytest.raises(BrokenBooks, match=names):
        Winner(endowment, score, cap)


@pytest.mark.parametrize("cap", [0, -1, RATE + 1, 10**30])
def test_a_common_cap_out_of_bounds_is_refused(cap: int) -> None:
    with pytest.raises(BadParameters, match="cap"):
        CappedProRata(cap)
    with pytest.raises(BadParameters, match="cap"):
        ContractsProRata(cap)


@pytest.mark.parametrize(
    ("power", "threshold", "names"),
    [(0, 0, "power 0"), (3, 0, "power 3"), (1, -1, "threshold"), (1, MAX_SCORE + 1, "threshold")],
)
def test_a_risk_shape_that_is_not_offered_is_refused(
    power: int, threshold: int, names: str
) -> None:
    with pytest.raises(BadParameters, match=names):
        RiskAware(power, threshold, RATE)

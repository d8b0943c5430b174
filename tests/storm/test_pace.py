"""What lets a storm run fast changes none of its numbers."""

import itertools
from math import isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.designs import DESIGNS
from seawall.engine.fixed import NOTIONAL_STEP
from seawall.storm import crash_path
from seawall.storm.agents import Lines
from seawall.storm.crowd import draw, tape
from seawall.storm.population import load_population
from seawall.storm.run import Stage
from seawall.storm.worth import dollars_of, tokens_for

STEP = int(NOTIONAL_STEP)
WIDE = st.integers(-(2**70), 2**70)


@given(st.integers(0, 2**70), st.integers(1, 2**70))
def test_tokens_for_dollars_are_exact_at_any_width(dollars: int, mark: int) -> None:
    assert tokens_for(dollars, mark) == dollars * STEP // mark


@given(WIDE, WIDE)
def test_dollars_of_tokens_are_exact_at_any_width(size: int, mark: int) -> None:
    assert dollars_of(size, mark) == size * mark // STEP


MOVES = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from([-1.0, 0.0, 1.0]),
        st.sampled_from([nan, *(float(price) for price in range(80, 121, 4))]),
        st.integers(70, 130),
        st.sampled_from([0.0, 3.0]),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(MOVES)
def test_lines_find_whom_a_look_at_everybody_would(
    moves: list[tuple[int, float, float, int, float]],
) -> None:
    """Who was found is not found again until they say where they act anew."""
    sides, prices = [0.0] * 6, [nan] * 6
    waiting: set[int] = set()
    lines = Lines(prices, sides)
    for trader, side, price, mark, near in moves:
        sides[trader] = side
        prices[trader] = nan if side == 0 else price
        lines.add(trader)
        waiting.add(trader)
        due = [
            one
            for one in sorted(waiting)
            if not isnan(prices[one]) and (mark - prices[one]) * sides[one] < near
        ]
        assert lines.take(float(mark), near) == due
        waiting.difference_update(due)


@pytest.mark.parametrize("design", DESIGNS)
def test_coming_and_going_cost_a_larger_part_of_a_larger_order(design: str) -> None:
    """The arbitrageur asks for the least that it would trade before anything else."""
    storm = crash_path(calm_minutes=30, fall_minutes=15, rebound="0.5", after_minutes=10)
    prices = tape(storm, storm.tick)
    crowd = draw(load_population("crowd"), storm, prices, traders=300, seed=4)
    capital = 2_000_000 * 10**6
    stage = Stage(DESIGNS[design], "none", storm, crowd, prices, storm.tick, capital, None)
    stage.venue.listen()
    (market,) = storm.markets
    asked = 0
    for index, (now, said) in enumerate(storm.ticks()):
        stage._step(index, now, said, True)
        if index % 11:
            continue
        for long in (True, False):
            sizes = [500 * 10**6 * 2**step for step in range(14)]
            found = [stage.broker.both_ways(market, long, dollars) for dollars in sizes]
            costs = [sum(ways) for ways in found if ways is not None]
            assert found[: len(costs)] == [ways for ways in found if ways is not None]
            assert all(more > less - 1e-6 for less, more in itertools.pairwise(costs))
            asked += len(costs)
    assert asked > 100

"""The properties that the source derives (16.N), over pools and trades of every size.

A unit of base is worth a hundredth of the price in units of quote: what the source bounds by the
price in wei is bounded here by that.
"""

import random
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seawall.engine.designs.vamm import pricing
from seawall.engine.errors import LimitReached
from seawall.engine.fixed import NOTIONAL_STEP
from vamm.stage import Stage, dollars

QUOTES = st.integers(10**6, 10**16)
BASES = st.integers(10**11, 10**18)
PARTS = st.integers(1, 999_999)
"""Millionths of something."""

TRADES = st.lists(st.tuples(st.booleans(), st.integers(10, 900)), min_size=2, max_size=6)
"""A side and dollars; everybody trades at twice the margin."""


@given(QUOTES, BASES, PARTS, PARTS)
@settings(max_examples=150, deadline=None)
def test_a_trade_is_never_better_than_the_exact_curve(
    quote: int, base: int, first: int, second: int
) -> None:
    """VAM-CUR-1, property 4 of the source: rounding is always for the pool."""
    q, b = 1 + quote * first // 2_000_000, 1 + base * second // 2_000_000
    assume(q < quote and b < base)
    assert pricing.bought_for(quote, base, q) <= Fraction(base * q, quote + q)
    assert pricing.sold_for(quote, base, q) >= Fraction(base * q, quote - q)
    assert pricing.cost_of(quote, base, b) >= Fraction(quote * b, base - b)
    assert pricing.proceeds_of(quote, base, b) <= Fraction(quote * b, base + b)


@given(st.integers(1, 2**60), st.integers(1, 2**60) | st.integers(-(2**20), 2**20))
@settings(max_examples=200, deadline=None)
def test_a_root_is_exact(a: int, b: int) -> None:
    """Of numbers far apart and of near ones, whose mean is where the search begins."""
    b = b if b > 2**20 else max(1, a + b * (a >> 22) // 4)
    found = int(pricing.root(a, b))
    assert found * found <= a * b < (found + 1) ** 2


@given(TRADES, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_leaving_all_in_any_order_sums_to_nothing(
    trades: list[tuple[bool, int]], dice: random.Random
) -> None:
    """VAM-POS-7, property 2 of the source: what one wins another has lost, but for the dust.

    And before anybody leaves, what the curve took in is what traders have paid into it. Who owes
    more than his margin is closed by a backstop, whose debt is part of the sum.
    """
    stage = Stage(10_000, 100, oracle=100, fund=1_000_000, liquidation_fee=0)
    names = [f"trader {index}" for index in range(len(trades))]
    for name, (is_long, dollar) in zip(names, trades, strict=True):
        (stage.long if is_long else stage.short)(name, dollar, 2)
    pool = stage.market.house.pool
    signed = sum(stage.entry(n) * (1 if stage.size(n) > 0 else -1) for n in names)
    assert stage.quote - dollars(10_000) == signed == int(pool.moved)
    highest = 3 * (int(pool.mark()) // 10**10 + 100)
    slack = 2 * 2 * len(names) * (highest // 100 + 2)
    assert abs(int(pool.joint_result())) <= slack
    fund, paid_in = stage.fund, 5000 * len(names)
    dice.shuffle(names)
    for name in names:
        view = stage.market.position(stage.who(name))
        assert view is not None
        if view.equity >= 0:
            stage.close(name)
        else:
            stage.wait(3_600, oracle=Fraction(int(pool.mark()), 10**10))  # and the average follows
            stage.liquidate(name, "keeper")
    assert stage.market.open_positions() == []
    left = sum(stage.wallet(name) for name in names) + stage.fund + stage.vault
    assert left == dollars(paid_in) + fund
    assert 0 <= stage.quote - dollars(10_000) <= slack
    assert 0 <= int(stage.market.house.dust()) <= slack
    stage.audit()


@given(
    st.integers(1_000, 10_000_000), st.integers(1, 60_000), st.booleans(), PARTS, PARTS,
    st.integers(-400_000, 400_000),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_reducing_changes_neither_the_value_of_the_rest_nor_its_result(
    pool: int, oracle: int, is_long: bool, size: int, part: int, push: int
) -> None:
    """VAM-POS-2, property 6 of the source: V - quote is what is left, and so is its result."""
    stage = Stage(pool, 0, oracle=oracle, fund=0)
    notional = Fraction(pool * size, 5_000_000)  # up to a fifth of the reserve
    assume(notional >= 1)
    stage.who("a", 10 * pool)
    (stage.long if is_long else stage.short)("a", f"{float(notional):.6f}", 1)
    stage.who("b", 10 * pool)
    if abs(push) > 1_000:
        (stage.long if push > 0 else stage.short)("b", f"{pool * abs(push) / 4_000_000:.6f}", 1)
    value, result, margin = stage.value("a"), stage.result("a"), stage.margin("a")
    closed = abs(stage.size("a")) * part // 1_000_000
    quote = stage.quote
    assume(closed > 0 and 0 < closed < abs(stage.size("a")))
    exchanged = abs(int(pricing.closing_value(quote, stage.base, closed if is_long else -closed)))
    assume(0 < exchanged < value)
    stage.venue.place("ETH", stage.who("a"), -closed if is_long else closed, 0)
    realised = stage.margin("a") - margin
    slack = 2 * (int(stage.market.mark()) // 10**12 + 4)
    assert abs(value - abs(stage.quote - quote) - stage.value("a")) <= slack
    assert abs(result - realised - stage.result("a")) <= slack
    stage.audit()


@given(st.booleans(), st.integers(10, 400), st.integers(300_000, 5_000_000))
@settings(max_examples=40, deadline=None)
def test_depth_there_and_back_costs_nothing(is_long: bool, dollar: int, millionths: int) -> None:
    """VAM-DEP-2, property 8 of the source."""
    assume(millionths != 1_000_000)
    stage = Stage(10_000, 100, oracle=100, fund=100_000)
    (stage.long if is_long else stage.short)("a", dollar, 5)
    there = stage.market.set_depth(millionths * 10**6)
    back = stage.market.set_depth(10**24 // (millionths * 10**6))
    assert abs(there + back) <= 20
    stage.audit()


@given(st.integers(1, 10**17), st.integers(10**6, 10**16))
@settings(max_examples=100, deadline=None)
def test_a_curve_opens_where_its_base_has_room_and_nowhere_else(cost: int, quote: int) -> None:
    """VAM-CUR-3: the bound is the least price whose base reserve is a quarter of the largest."""
    fits = 4 * quote * int(NOTIONAL_STEP) <= int(pricing.MAX_BASE) * cost
    if fits:
        pricing.check_opening(quote, cost)
        return
    with pytest.raises(LimitReached) as caught:
        pricing.check_opening(quote, cost)
    assert (caught.value.code, caught.value.value) == ("reserve-bound", cost)
    pricing.check_opening(quote, caught.value.bound)

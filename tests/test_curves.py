"""Spot curves: closed forms, roundings, and the numbers and the chart of the page about them."""

import importlib.util
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seawall.curves import (
    ConstantProduct,
    Curve,
    DynamicWeights,
    Stable,
    Weighted,
    held_against,
    lambert_w,
    provider_against_holder,
)
from seawall.engine.errors import BadParameters, LimitReached

ROOT = Path(__file__).resolve().parents[1]
HALF = Fraction(1, 2)
BALANCES = st.integers(10**6, 10**18)
PARTS = st.integers(1, 2_000_000)
"""Millionths of a balance."""


def test_the_constant_product_is_the_routers_arithmetic() -> None:
    pool = ConstantProduct(10_000, 10_000)
    assert pool.out(1_000, True) == 997 * 1_000 * 10_000 // (1_000 * 10_000 + 997 * 1_000) == 906
    assert pool.cost(906, True) == 1_000
    assert pool.cost(1, True) == 2
    assert pool.trade(1_000, True) == 906
    assert (pool.first, pool.second) == (11_000, 9_094)
    with pytest.raises(LimitReached, match="pool-empty"):
        pool.cost(9_094, True)


def test_a_virtual_curve_is_the_constant_product_without_a_fee() -> None:
    """The walk-through's first trade: 1,000 dollars into 10,000 buy a tenth of what is left."""
    pool = ConstantProduct(100 * 10**8, 10_000 * 10**6, thousandths=0)
    assert pool.trade(1_000 * 10**6, False) == 909_090_909
    assert float(pool.price()) * 100 == pytest.approx(121, rel=1e-8)


@given(BALANCES, BALANCES, PARTS, st.booleans())
@settings(max_examples=60, deadline=None)
def test_equal_weights_are_a_constant_product(x: int, y: int, part: int, first_in: bool) -> None:
    paid = max(1, (x if first_in else y) * part // 1_000_000)
    weighted = Weighted(x, y, HALF).out(paid, first_in)
    assert weighted in (product := ConstantProduct(x, y, 0).out(paid, first_in), product - 1)


@given(BALANCES, BALANCES, PARTS, st.integers(5, 95), st.integers(0, 30))
@settings(max_examples=60, deadline=None)
def test_a_weighted_pool_keeps_its_invariant_and_the_dust(
    x: int, y: int, part: int, percent: int, thousandths: int
) -> None:
    """x^w * y^(1-w) never falls, without a fee it hardly rises; price and cost agree with it."""
    weight, fee = Fraction(percent, 100), Fraction(thousandths, 1000)
    pool = Weighted(x, y, weight, fee)
    paid = max(1, x * part // 1_000_000)
    bought = pool.out(paid, True)
    assume(0 < bought < y)

    def product(first: int, second: int) -> int:
        return first**percent * second ** (100 - percent)

    before = product(x, y)
    assert product(x + paid, y - bought) >= before
    if fee == 0:
        assert product(x + paid, y - bought - 2) < before
    assert pool.cost(bought, True) <= paid + 1
    asked = pool.cost(bought, True)
    assert pool.out(asked + 1, True) >= bought - 1
    assert pool.price() == Fraction(y, x) * weight / (1 - weight)


@given(BALANCES, st.integers(2, 500), st.integers(1, 2_000), PARTS, st.booleans())
@settings(max_examples=80, deadline=None)
def test_the_stable_curve_keeps_its_invariant(
    x: int, ratio: int, amplification: int, part: int, first_in: bool
) -> None:
    """A*4*S + D = A*D*4 + D^3 / (4*x*y), to the unit of D; out is never better than exact."""
    pool = Stable(x, max(1, x * ratio // 100), amplification)
    whole = pool.invariant()
    a, b = pool.first, pool.second

    def left(d: int) -> Fraction:
        return Fraction(4 * amplification * (a + b) + d - 4 * amplification * d) - Fraction(
            d**3, 4 * a * b
        )

    assert left(whole - 2) > 0 > left(whole + 2)
    paid = max(1, (a if first_in else b) * part // 4_000_000)
    pool.trade(paid, first_in)
    assert pool.invariant() >= whole - 2


def test_a_stable_curve_is_flat_in_the_middle_and_steep_at_its_ends() -> None:
    pool = Stable(10**15, 10**15, 100)
    assert pool.invariant() == 2 * 10**15
    assert abs(pool.price() - 1) < Fraction(1, 10**9)
    middle = Fraction(pool.out(10**14, True), 10**14)
    assert Fraction(998, 1000) < middle < 1
    steep = Stable(19 * 10**14, 10**14, 100)
    assert steep.out(10**14, True) < 9 * 10**13
    product = ConstantProduct(10**15, 10**15, 0)
    assert Fraction(product.out(10**14, True), 10**14) < Fraction(92, 100) < middle


@pytest.mark.parametrize(
    "pool",
    [
        ConstantProduct(10**15, 10**17, 0),
        Weighted(10**15, 10**17, Fraction(4, 5)),
        Stable(10**15, 10**17, 50, rate=100),
        DynamicWeights(10**15, 10**17, Fraction(100), amplified=5),
    ],
    ids=lambda pool: type(pool).__name__,
)
def test_the_price_is_what_a_small_trade_pays_less_than_and_hardly(pool: Curve) -> None:
    small = 10**8
    price = pool.price()
    sold, bought = pool.out(small, True), pool.out(small * 100, False)
    assert price * (1 - Fraction(1, 10**6)) < Fraction(sold, small) <= price
    assert (1 / price) * (1 - Fraction(1, 10**6)) < Fraction(bought, small * 100) <= 1 / price


@given(st.integers(-367_000_000, 10**13))
@settings(max_examples=100, deadline=None)
def test_lamberts_w_solves_its_equation(billionths: int) -> None:
    z = Decimal(billionths) / 10**9
    w = lambert_w(z)
    assert w > -1
    assert abs(w * w.exp() - z) <= Decimal("1e-24") * max(1, abs(z))  # 28 digits, taken here


def test_lamberts_w_ends_at_minus_one_over_e() -> None:
    assert lambert_w(Decimal(0)) == 0
    assert str(lambert_w(Decimal(1)))[:42] == "0.5671432904097838729999686622103555497538"
    with pytest.raises(LimitReached, match="unbalanced"):
        lambert_w(Decimal("-0.36788"))
    with pytest.raises(LimitReached, match="unbalanced"):
        DynamicWeights(10**14, 10**17, Fraction(300), staked=10**15)


@given(st.integers(20, 500), st.integers(40, 300), st.integers(1, 50))
@settings(max_examples=60, deadline=None)
def test_dynamic_weights_lead_back_to_the_oracles_price(
    held: int, percent: int, amplified: int
) -> None:
    """Where the first balance is what was staked, the price is the oracle's."""
    staked, beside = 10**15, 10**17
    oracle = Fraction(percent)
    try:
        pool = DynamicWeights(staked * held // 100, beside, oracle, amplified, staked)
    except LimitReached:
        assume(False)
    missing = staked - pool.first
    if missing > 0:
        pool.trade(missing, True)
        assume(pool.second > 0)  # amplified, a curve promises more than the pool holds
    elif missing < 0:
        odds = float(pool.weight / (1 - pool.weight))
        over = (pool.first + (amplified - 1) * staked) / (amplified * staked)
        pool.trade(round(amplified * beside * (over**odds - 1)), False)
    assert float(pool.price()) == pytest.approx(percent, rel=1e-6)


def test_balanced_dynamic_weights_are_the_values_of_the_two_sides() -> None:
    pool = DynamicWeights(10**15, 3 * 10**17, Fraction(100))
    assert pool.weight == Fraction(1, 4)
    pool.follow(Fraction(300))
    assert pool.weight == HALF
    assert pool.price() == 300


@given(st.integers(1, 10_000), st.sampled_from([20, 50, 80]))
@settings(max_examples=60, deadline=None)
def test_impermanent_loss_has_a_closed_form(percent: int, weight: int) -> None:
    """An arbitraged pool without a fee is worth move^w / (w*move + 1 - w) of what was held."""
    assume(percent != 100)
    share = Fraction(weight, 100)
    first = 10**14
    second = int(first * 100 * (1 - share) / share)
    pool = Weighted(first, second, share)
    move = Fraction(percent, 100)
    pool.arbitrage(100 * move)
    found = held_against(pool, first, second, 100 * move)
    assert float(found) == pytest.approx(float(provider_against_holder(move, share)), rel=1e-9)
    assert found < 1


def test_a_doubled_price_costs_a_constant_product_5_72_percent() -> None:
    assert str(provider_against_holder(Fraction(2)))[:8] == "0.942809"
    assert provider_against_holder(Fraction(1)) == 1


@pytest.mark.parametrize(
    "build",
    [
        lambda: ConstantProduct(0, 1),
        lambda: ConstantProduct(1, 10**31),
        lambda: ConstantProduct(1, 1, 1000),
        lambda: Weighted(1, 1, Fraction(1)),
        lambda: Stable(1, 1, 0),
        lambda: Stable(1, 1, 1, rate=0),
    ],
)
def test_a_pool_that_cannot_be_is_refused(build: object) -> None:
    with pytest.raises(BadParameters, match="must be"):
        build()  # type: ignore[operator]


def chart() -> ModuleType:
    spec = importlib.util.spec_from_file_location("curves_chart", ROOT / "docs" / "curves.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_chart_of_the_page_is_the_one_that_its_script_draws() -> None:
    drawn = chart().draw()
    assert (ROOT / "docs" / "curves.svg").read_text("utf-8") == drawn
    assert drawn.startswith("<svg")


def test_the_tables_of_the_page_are_those_of_its_script() -> None:
    page = (ROOT / "docs" / "curves.md").read_text("utf-8")
    for row in chart().tables():
        assert row in page, f"the page lacks: {row}"

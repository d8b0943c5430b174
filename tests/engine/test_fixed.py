"""Exact arithmetic, held against Python's own integers."""

import re
from collections.abc import Callable
from decimal import Decimal, localcontext

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seawall.engine import fixed
from seawall.engine.errors import BadParameters, BrokenBooks, OutOfRange

LIMIT = 2**62
WORD = 2**63 - 1

EDGES = sorted(
    {
        sign * (base + near)
        for base in (0, 2**31, 3_037_000_499, 2**53, 10**12, 10**15, 10**18, 2**61, LIMIT)
        for near in range(-2, 3)
        for sign in (1, -1)
    }
    | {WORD, -WORD}
)

factors = st.one_of(st.integers(-WORD, WORD), st.integers(-1000, 1000), st.sampled_from(EDGES))
divisors = st.one_of(
    st.integers(1, WORD),
    st.integers(1, 1000),
    st.sampled_from([edge for edge in EDGES if edge > 0]),
    st.sampled_from([fixed.NOTIONAL_STEP, fixed.INDEX_STEP, fixed.RATE, fixed.DOLLAR]),
)


def floor_of(a: int, b: int, c: int) -> int:
    return (a * b) // c


def ceiling_of(a: int, b: int, c: int) -> int:
    return -((-a * b) // c)


def toward_zero(a: int, b: int, c: int) -> int:
    quotient = abs(a * b) // c
    return -quotient if (a < 0) != (b < 0) else quotient


FORMS = [
    pytest.param(fixed.mul_div, floor_of, id="floor"),
    pytest.param(fixed.mul_div_up, ceiling_of, id="up"),
    pytest.param(fixed.mul_div_trunc, toward_zero, id="trunc"),
]


def check(form: Callable[..., int], exact: Callable[..., int], a: int, b: int, c: int) -> None:
    expected = exact(a, b, c)
    if -LIMIT < expected < LIMIT:
        assert form(a, b, c) == expected
    else:
        with pytest.raises(OutOfRange) as refusal:
            form(a, b, c)
        assert refusal.value.code == "overflow"
        assert refusal.value.bound == LIMIT


@pytest.mark.parametrize(("form", "exact"), FORMS)
@settings(max_examples=150, deadline=None)
@given(a=factors, b=factors, c=divisors)
@example(a=LIMIT, b=1, c=1)
@example(a=LIMIT - 1, b=1, c=1)
@example(a=-LIMIT, b=1, c=1)
@example(a=WORD, b=WORD, c=1)
@example(a=WORD, b=WORD, c=WORD)
@example(a=WORD, b=-WORD, c=WORD)
@example(a=10**18, b=10**17, c=10**12)
def test_the_quotient_is_that_of_unbounded_integers(
    form: Callable[..., int], exact: Callable[..., int], a: int, b: int, c: int
) -> None:
    check(form, exact, a, b, c)


@pytest.mark.parametrize(("form", "exact"), FORMS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_results_that_fit_are_exact_up_to_the_limit(
    form: Callable[..., int], exact: Callable[..., int], data: st.DataObject
) -> None:
    c = data.draw(divisors)
    a = data.draw(st.integers(1, WORD)) * data.draw(st.sampled_from([1, -1]))
    most = min(WORD, LIMIT * c // abs(a) + 2)
    b = data.draw(st.one_of(st.integers(-most, most), st.integers(max(0, most - 5), most)))
    check(form, exact, a, b, c)


@pytest.mark.parametrize(("form", "exact"), FORMS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_products_about_the_edge_of_the_estimate_are_exact(
    form: Callable[..., int], exact: Callable[..., int], data: st.DataObject
) -> None:
    a = data.draw(st.integers(2**50, WORD))
    product = data.draw(st.sampled_from([2**113, 10**34, 10**34 - 2**60]))
    b = min(WORD, product // a + data.draw(st.integers(-3, 3)))
    c = data.draw(st.integers(max(1, product // LIMIT), WORD))
    sign = data.draw(st.sampled_from([1, -1]))
    check(form, exact, a, sign * b, c)


@pytest.mark.parametrize(("form", "exact"), FORMS)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_divisor_that_fills_the_word_leaves_a_remainder_that_still_fits(
    form: Callable[..., int], exact: Callable[..., int], sign: int
) -> None:
    """The error of the estimate times such a divisor is more than 64 bits can hold."""
    a, b, c = 1_341_975_444_569_322_869, 6_895_357_133_172_524, 8_687_141_221_389_777_780
    check(form, exact, sign * a, b, c)


@pytest.mark.parametrize(("form", "exact"), FORMS)
@pytest.mark.parametrize("a", [-7, -6, -1, 0, 1, 6, 7])
@pytest.mark.parametrize("b", [-2, -1, 0, 1, 2])
@pytest.mark.parametrize("c", [1, 2, 3, 7])
def test_small_signs_round_the_way_they_are_named(
    form: Callable[..., int], exact: Callable[..., int], a: int, b: int, c: int
) -> None:
    assert form(a, b, c) == exact(a, b, c)


@pytest.mark.parametrize("form", [fixed.mul_div, fixed.mul_div_up, fixed.mul_div_trunc])
@pytest.mark.parametrize("c", [0, -1, -(10**12)])
def test_a_divisor_that_is_not_positive_is_a_fault_of_the_program(
    form: Callable[..., int], c: int
) -> None:
    with pytest.raises(BrokenBooks, match=f"by {c}"):
        form(5, 5, c)


TRILLION_EDGES = sorted(
    {
        sign * max(0, base + near)
        for base in (0, 10**6, 2**31, 9 * 10**12, 10**12, 10**15, 2**31 * 10**6, 10**17, 10**18)
        for near in (-1, 0, 1, 999_999, 1_000_000)
        for sign in (1, -1)
    }
)
trillions = st.one_of(
    st.integers(-(10**18), 10**18),
    st.integers(0, 10**13),
    st.integers(0, 10**7),
    st.sampled_from(TRILLION_EDGES),
)


@pytest.mark.parametrize(
    ("down", "up"),
    [
        pytest.param(fixed.notional, fixed.notional_up, id="notional"),
        pytest.param(fixed.share, fixed.share_up, id="share"),
    ],
)
@settings(max_examples=300, deadline=None)
@given(a=trillions, b=trillions)
@example(a=9 * 10**12, b=10**12 - 1)
@example(a=9 * 10**12, b=999_999)
@example(a=9 * 10**12 + 1, b=999_999)
@example(a=2**31 - 1, b=2**31 * 10**6 - 1)
@example(a=1, b=10**18)
@example(a=10**18, b=1)
def test_notionals_and_shares_are_exact_in_both_roundings(
    down: Callable[..., int], up: Callable[..., int], a: int, b: int
) -> None:
    """Both divide a product by 1e12: 1e-8 times 1e-10 into 1e-6, or a rate of 1e-12."""
    for form, exact in ((down, floor_of), (up, ceiling_of)):
        check(lambda a, b, _, form=form: form(a, b), exact, a, b, 10**12)


def test_two_and_a_half_tokens_at_two_thousand_are_worth_five_thousand_dollars() -> None:
    size, price = 5 * fixed.TOKEN // 2, 2_000 * fixed.PRICE
    assert fixed.notional(size, price) == fixed.notional_up(size, price) == 5_000 * fixed.DOLLAR


@settings(max_examples=100, deadline=None)
@given(amount=st.integers(-(10**18), 10**18), rate=st.integers(0, fixed.RATE))
def test_a_share_and_its_rest_differ_by_rounding_alone(amount: int, rate: int) -> None:
    taken = fixed.share(amount, rate)
    assert taken + fixed.share_up(amount, fixed.RATE - rate) == amount
    assert fixed.share_up(amount, rate) - taken in (0, 1)


@settings(max_examples=100, deadline=None)
@given(a=st.integers(-LIMIT, LIMIT), b=st.integers(-LIMIT, LIMIT), c=st.integers(-LIMIT, LIMIT))
def test_the_small_helpers_agree_with_their_builtins(a: int, b: int, c: int) -> None:
    low, high = min(b, c), max(b, c)
    assert fixed.magnitude(a) == abs(a)
    assert fixed.smaller(a, b) == min(a, b)
    assert fixed.larger(a, b) == max(a, b)
    assert fixed.clamp(a, low, high) == max(low, min(a, high))


def test_the_scales_divide_into_each_other() -> None:
    assert fixed.NOTIONAL_STEP * fixed.DOLLAR == fixed.TOKEN * fixed.PRICE
    assert fixed.INDEX_STEP * fixed.DOLLAR == fixed.TOKEN * fixed.INDEX
    assert fixed.INDEX_PER_PRICE * fixed.PRICE == fixed.INDEX
    assert fixed.BASIS_POINT * 10_000 == fixed.RATE


@pytest.mark.parametrize("value", [1, 5, 10])
def test_a_value_inside_its_range_passes(value: int) -> None:
    fixed.check_range("price", value, 1, 10, "1e-10")


@pytest.mark.parametrize(
    ("value", "code", "bound"),
    [(0, "price-too-small", 1), (11, "price-too-large", 10), (10**40, "price-too-large", 10)],
)
def test_a_value_outside_its_range_is_refused_with_the_bound_it_passed(
    value: int, code: str, bound: int
) -> None:
    with pytest.raises(OutOfRange) as refusal:
        fixed.check_range("price", value, 1, 10, "1e-10")
    assert refusal.value.code == code
    assert refusal.value.value == value
    assert refusal.value.bound == bound
    assert str(value) in str(refusal.value)
    assert "1e-10" in str(refusal.value)


def error_of_decay(elapsed: int, time_constant: int) -> Decimal:
    """How far decay() lies from the exponential, in 1e-12."""
    with localcontext() as context:
        context.prec = 60
        true = fixed.RATE * (Decimal(-elapsed) / Decimal(time_constant)).exp()
        return abs(fixed.decay(elapsed, time_constant) - true)


@settings(max_examples=400, deadline=None)
@given(st.integers(1, fixed.MAX_TIME), st.integers(1, fixed.DAY))
def test_decay_is_within_1_01_units_of_the_exponential(elapsed: int, time_constant: int) -> None:
    assert error_of_decay(elapsed, time_constant) < Decimal("1.01")


@settings(max_examples=400, deadline=None)
@given(st.integers(1, fixed.DAY), st.integers(0, 29 * fixed.RATE))
def test_decay_is_within_1_01_units_where_it_matters(time_constant: int, exponent: int) -> None:
    elapsed = time_constant * exponent // fixed.RATE
    assert error_of_decay(elapsed, time_constant) < Decimal("1.01")


def test_decay_is_as_exact_just_below_the_first_halving_where_its_series_is_longest() -> None:
    for elapsed in range(600_000, 693_148, 311):
        assert error_of_decay(elapsed, 10**6) < Decimal("1.01")


@settings(max_examples=120, deadline=None)
@given(st.integers(1, 10**6), st.integers(0, 3 * 10**7))
def test_decay_never_rises_with_time(time_constant: int, elapsed: int) -> None:
    now, later = (fixed.decay(at, time_constant) for at in (elapsed, elapsed + 1))
    assert fixed.RATE >= now >= later >= 0


def test_decay_begins_at_one_and_ends_at_nothing() -> None:
    assert fixed.decay(0, fixed.MINUTE) == fixed.decay(-1, fixed.MINUTE) == fixed.RATE
    assert fixed.decay(28 * fixed.MINUTE, fixed.MINUTE) == fixed.decay(fixed.MAX_TIME, 1) == 0


@pytest.mark.parametrize(
    ("elapsed", "time_constant", "known"),
    [(1, 1, 367_879_441_171), (3, 150, 980_198_673_306), (60, 30, 135_335_283_236)],
)
def test_decay_gives_the_tabled_powers_of_e(elapsed: int, time_constant: int, known: int) -> None:
    assert known - 1 <= fixed.decay(elapsed, time_constant) <= known + 1


@pytest.mark.parametrize("value", [-5, 0, 10])
def test_a_parameter_inside_its_bounds_is_itself(value: int) -> None:
    assert fixed.parameter("pace", value, -5, 10, "ms") == value


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (-6, "pace -6: must be between -5 and 10 (ms)"),
        (11, "pace 11: must be between -5 and 10 (ms)"),
        (10**40, f"pace {10**40}: must be between -5 and 10 (ms)"),
    ],
)
def test_a_parameter_that_cannot_be_run_is_refused_with_the_rule(value: int, words: str) -> None:
    with pytest.raises(BadParameters, match=re.escape(words)):
        fixed.parameter("pace", value, -5, 10, "ms")


@pytest.mark.parametrize("value", [1.0, "1", None])
def test_what_is_not_an_integer_is_neither_a_parameter_nor_a_value(value: int) -> None:
    with pytest.raises(TypeError):
        fixed.parameter("pace", value, -5, 10, "ms")
    with pytest.raises(TypeError):
        fixed.check_range("price", value, 1, 10, "1e-10")

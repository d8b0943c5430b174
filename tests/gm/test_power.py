"""Powers of dollars: exact for exponents 1 and 2, within a stated bound for every other."""

from decimal import Decimal, localcontext

from hypothesis import given, settings
from hypothesis import strategies as st

from gm.pools import dollars, fine, rate
from seawall.engine.designs.gm.power import power, scaled
from seawall.engine.fixed import MAX_DOLLARS

ONE, TWO = 10**12, 2 * 10**12
amounts = st.integers(10**6, 10**17)
exponents = st.integers(ONE, 3 * ONE)


def true_power(usd: int, exponent: int) -> Decimal:
    """In 1e-18, to 80 digits."""
    with localcontext() as context:
        context.prec = 80
        return (Decimal(usd) / 10**6) ** (Decimal(exponent) / ONE) * 10**18


def test_less_than_a_dollar_counts_as_nothing() -> None:
    """GM-IMP-3: whatever the exponent, also 1; a dollar counts in full."""
    for exponent in (ONE, TWO, 1_700_000_000_000):
        assert power(dollars("0.999999"), exponent) == 0
        assert abs(power(dollars(1), exponent) - 10**18) <= 4000
        assert scaled(dollars("0.999999"), 10**15, exponent, True) == 0


@settings(max_examples=50, deadline=None)
@given(amounts, st.sampled_from([ONE, TWO]))
def test_exponents_one_and_two_are_exact(usd: int, exponent: int) -> None:
    """GM-IMP-3."""
    assert power(usd, exponent) == (usd * 10**12 if exponent == ONE else usd**2 * 10**6)


@settings(max_examples=80, deadline=None)
@given(amounts, exponents)
def test_any_power_is_within_its_bound(usd: int, exponent: int) -> None:
    """GM-IMP-3: 4e-15 of the true power and one unit of 1e-18.

    The protocol's own power is off by about 2e-14.
    """
    exact = true_power(usd, exponent)
    with localcontext() as context:
        context.prec = 80
        assert abs(power(usd, exponent) - exact) <= exact * 4 / 10**15 + 1


@settings(max_examples=60, deadline=None)
@given(amounts, st.integers(0, 10**12), exponents, st.integers(0, 10**9))
def test_a_power_never_falls_with_its_base_or_exponent(
    usd: int, more: int, exponent: int, steeper: int
) -> None:
    """GM-IMP-3: but for the error, where two bases or exponents are closer than that."""
    power_of = power(usd, exponent)
    slack = power_of // 10**14
    assert power_of <= power(usd + more, exponent) + slack
    assert power_of <= power(usd, min(exponent + steeper, 3 * ONE)) + slack


def test_an_imbalance_of_ten_million_costs_what_the_curve_says() -> None:
    """GM-IMP-1: adding 1 M dollars to a balanced book of ETH costs 90, to 10 M of imbalance 1 890.

    The reading of the negative curve of ETH-USDC that the protocol's parameters give.
    """
    factor = fine("9e-11")
    assert scaled(dollars(1_000_000), factor, TWO, True) == dollars(90)
    after = scaled(dollars(11_000_000), factor, TWO, True)
    assert after - scaled(dollars(10_000_000), factor, TWO, False) == dollars(1890)


@settings(max_examples=200, deadline=None)
@given(st.integers(10**6, 2 * 10**15), st.integers(1, 2 * 10**12), st.booleans())
def test_the_short_way_to_a_square_is_exact(usd: int, factor: int, up: bool) -> None:
    """GM-IMP-3: below a billion dollars no product needs more than 64 bits; above, the long way."""
    exact = factor * usd * usd
    expected = -(-exact // 10**24) if up else exact // 10**24
    assert scaled(usd, factor, TWO, up) == min(expected, MAX_DOLLARS)


def test_rounding_goes_the_way_that_is_asked_for() -> None:
    """GM-IMP-3: a third of a unit is none, or one."""
    assert scaled(dollars("1.3"), fine("1e-6") + 1, TWO, False) == 1
    assert scaled(dollars("1.3"), fine("1e-6") + 1, TWO, True) == 2
    assert scaled(dollars("1.3"), 0, TWO, True) == 0


def test_what_no_pool_can_hold_is_cut_there() -> None:
    """GM-IMP-3: at 1e12 dollars."""
    assert scaled(10**17, fine("1e-3"), TWO, True) == MAX_DOLLARS
    assert rate(1) == ONE

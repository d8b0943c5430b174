"""Which prices and sizes are valid: the documentation's own examples, and all others."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbook.pit import Pit, price, refused, tokens
from seawall.engine.designs.orderbook.ticks import Ticks
from seawall.engine.errors import BadParameters, Refusal

ALICE = 2


def is_valid(ticks: Ticks, units: int) -> bool:
    try:
        ticks.check_price(units)
    except Refusal:
        return False
    return True


@pytest.mark.parametrize(
    ("decimals", "text", "valid"),
    [
        (0, "1234.5", True),
        (0, "0.001234", True),
        (0, "123456", True),
        (0, "1234.56", False),
        (0, "0.0012345", False),
        (0, "12345.6", False),
        (1, "0.01234", True),
        (1, "0.012345", False),
    ],
)
def test_the_examples_of_the_documentation(decimals: int, text: str, valid: bool) -> None:
    """OB-BOOK-9."""
    assert is_valid(Ticks(decimals), price(text)) is valid


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 6), st.integers(1, 10**17))
def test_a_price_is_valid_exactly_if_the_documentation_says_so(decimals: int, units: int) -> None:
    """OB-BOOK-9: an integer, or five figures and no more than 6 - decimals decimals."""
    value = Decimal(units).scaleb(-10).normalize()
    figures = len(value.as_tuple().digits)
    places = max(0, -int(value.as_tuple().exponent))
    expected = value == value.to_integral_value() or (figures <= 5 and places <= 6 - decimals)
    assert is_valid(Ticks(decimals), units) is expected


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 6), st.integers(1, 10**17))
def test_a_rounded_price_is_valid_and_a_valid_price_stays(decimals: int, units: int) -> None:
    """OB-ORD-5: rounding to five figures, then to the decimals, gives a price that may be named."""
    ticks = Ticks(decimals)
    rounded = int(ticks.round_price(units))
    ticks.check_price(rounded)
    assert abs(rounded - units) <= max(int(ticks.finest), units // 10**4)
    assert int(ticks.round_price(rounded)) == rounded or rounded >= 10**15


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 6),
    st.lists(
        st.builds(
            lambda power, off: max(1, min(10**17, 10**power + off)),
            st.integers(0, 17),
            st.integers(-2, 2),
        ),
        max_size=12,
    ),
)
def test_the_tick_at_a_price_does_not_depend_on_what_was_asked_before(
    decimals: int, asked: list[int]
) -> None:
    """OB-BOOK-9: the tick that is remembered is that of the price that is asked for."""
    used = Ticks(decimals)
    for units in asked:
        assert int(used.step(units)) == int(Ticks(decimals).step(units))


def test_a_price_off_the_tick_is_refused_with_the_tick() -> None:
    """OB-BOOK-9."""
    pit = Pit(at="1234", size_decimals=0)
    with refused(pit, "tick", price("1234.56"), price("0.1")):
        pit.bid(ALICE, 1, "1234.56")
    with refused(pit, "price-too-small", 0, 1):
        pit.bid(ALICE, 1, 0)


def test_a_size_has_no_more_decimals_than_the_market() -> None:
    """OB-BOOK-10: with three decimals 1.001 is a size and 1.0001 is none."""
    ticks = Ticks(3)
    ticks.check_size(tokens("1.001"))
    pit = Pit(size_decimals=3)
    with refused(pit, "lot", tokens("1.0001"), tokens("0.001")):
        pit.bid(ALICE, "1.0001", 100)
    with refused(pit, "size-too-small", 0, 1):
        pit.bid(ALICE, 0, 100)


def test_sizes_of_more_than_six_decimals_do_not_exist() -> None:
    with pytest.raises(BadParameters, match="size_decimals 7"):
        Ticks(7)


@pytest.mark.parametrize(
    ("middle", "is_buy", "slippage", "expected"),
    [
        ("100", True, 50, "105"),
        ("100", False, 50, "95"),
        ("1234.5", True, 50, "1296.2"),  # 1296.225
        ("0.01234", True, 50, "0.01296"),  # 0.012957, four decimals left of six with two of size
        ("123456", True, 50, "129630"),  # 129628.8
        ("97.123", False, 100, "87.411"),  # 87.4107
    ],
)
def test_the_limit_of_a_market_order(
    middle: str, is_buy: bool, slippage: int, expected: str
) -> None:
    """OB-ORD-5: five figures first, then 6 - decimals decimals, here four."""
    decimals = 2 if Fraction(middle) > 1 else 1
    found = Ticks(decimals).slipped(price(middle), is_buy, slippage * 10**9)
    assert int(found) == price(expected)

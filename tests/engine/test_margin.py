"""Tiers, requirements, the prices at which a position falls, and how much of it to close."""

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seawall.engine import margin
from seawall.engine.errors import BadParameters, BrokenBooks
from seawall.engine.fixed import DOLLAR, MAX_DOLLARS, MAX_PRICE, MAX_SIZE, PRICE, RATE, TOKEN
from seawall.engine.margin import Tier, Tiers

MILLION = 1_000_000 * DOLLAR
PERCENT = RATE // 100
EVER = MAX_PRICE + 1


def half_of(leverage: int) -> int:
    """Half of the initial rate, rounded up."""
    return -(-RATE // (2 * leverage))


def table(*rows: tuple[int, int]) -> Tiers:
    """A deducted table of (upper limit in dollars, leverage), maintenance half of initial."""
    return Tiers(
        [Tier(limit * DOLLAR, leverage, half_of(leverage)) for limit, leverage in rows], True
    )


TOP = MAX_DOLLARS // DOLLAR

FLAT = Tiers(
    [
        Tier(1 * MILLION, 50, 1 * PERCENT),
        Tier(5 * MILLION, 25, 2 * PERCENT),
        Tier(20 * MILLION, 10, 5 * PERCENT),
        Tier(MAX_DOLLARS, 5, 10 * PERCENT),
    ],
    False,
)
BTC = table((150_000_000, 40), (TOP, 20))
ETH = table((100_000_000, 25), (TOP, 15))
SOL = table((70_000_000, 20), (TOP, 10))
XRP = table((40_000_000, 20), (TOP, 10))
MAJORS = table((20_000_000, 10), (TOP, 5))
MINORS = table((3_000_000, 10), (TOP, 5))
TESTNET_BTC_AUGUST = table((10_000, 40), (50_000, 25), (TOP, 10))
TESTNET_ETH_AUGUST = table((20_000, 25), (50_000, 10), (TOP, 5))
TESTNET_BTC_JANUARY = table((10_000, 40), (50_000, 25), (100_000, 10), (300_000, 5), (TOP, 3))


def single(leverage: int) -> Tiers:
    return Tiers([Tier(MAX_DOLLARS, leverage, half_of(leverage))], False)


def scaled(text: str, unit: int) -> int:
    """A decimal number in integer units; it must fit exactly."""
    value = Fraction(text) * unit
    assert value.denominator == 1, text
    return int(value)


# --- tiers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("notional", "index", "initial", "maintenance"),
    [
        (0, 0, 0, 0),
        (1, 0, 1, 1),
        (1 * MILLION, 0, 20_000 * DOLLAR, 10_000 * DOLLAR),
        (1 * MILLION + 1, 1, 40_000 * DOLLAR + 1, 20_000 * DOLLAR + 1),
        (5 * MILLION, 1, 200_000 * DOLLAR, 100_000 * DOLLAR),
        (5 * MILLION + 1, 2, 500_000 * DOLLAR + 1, 250_000 * DOLLAR + 1),
        (20 * MILLION, 2, 2_000_000 * DOLLAR, 1_000_000 * DOLLAR),
        (20 * MILLION + 1, 3, 4_000_000 * DOLLAR + 1, 2_000_000 * DOLLAR + 1),
        (MAX_DOLLARS, 3, MAX_DOLLARS // 5, MAX_DOLLARS // 10),
        (2 * MAX_DOLLARS, 3, 2 * MAX_DOLLARS // 5, 2 * MAX_DOLLARS // 10),
    ],
)
def test_a_flat_table_asks_the_whole_notional_for_the_rate_of_its_tier(
    notional: int, index: int, initial: int, maintenance: int
) -> None:
    assert FLAT.index_of(notional) == index
    assert FLAT.initial(notional) == initial
    assert FLAT.maintenance(notional) == maintenance


@pytest.mark.parametrize(
    ("tiers", "deductions"),
    [
        pytest.param(BTC, ["1875000"], id="BTC"),
        pytest.param(ETH, ["1333333.33"], id="ETH"),
        pytest.param(SOL, ["1750000"], id="SOL"),
        pytest.param(XRP, ["1000000"], id="XRP"),
        pytest.param(MAJORS, ["1000000"], id="20M group"),
        pytest.param(MINORS, ["150000"], id="3M group"),
        pytest.param(TESTNET_BTC_AUGUST, ["75", "1575"], id="testnet BTC"),
        pytest.param(TESTNET_ETH_AUGUST, ["600", "3100"], id="testnet ETH"),
    ],
)
def test_deductions_are_those_of_the_published_tables(tiers: Tiers, deductions: list[str]) -> None:
    """Hyperliquid margin tables of August 2026, to the cent."""
    assert tiers.deduction(0) == 0
    cent = DOLLAR // 100
    for index, expected in enumerate(deductions):
        assert tiers.deduction(index + 1) // cent * cent == scaled(expected, DOLLAR)


@pytest.mark.parametrize(
    ("tiers", "notional", "maintenance"),
    [
        pytest.param(BTC, 200_000_000, "3125000", id="BTC 200M"),
        pytest.param(ETH, 150_000_000, "3666666.67", id="ETH 150M"),
        pytest.param(SOL, 100_000_000, "3250000", id="SOL 100M"),
        pytest.param(TESTNET_BTC_AUGUST, 120_000, "4425", id="testnet BTC 120k"),
        pytest.param(TESTNET_BTC_JANUARY, 400_000, "40091.67", id="testnet BTC 400k"),
    ],
)
def test_maintenance_is_that_of_the_published_tables(
    tiers: Tiers, notional: int, maintenance: str
) -> None:
    """Hyperliquid margin tables, to the cent."""
    exact = tiers.maintenance(notional * DOLLAR)
    assert abs(exact - scaled(maintenance, DOLLAR)) <= DOLLAR // 200


@pytest.mark.parametrize(
    ("leverage", "percent"),
    [(40, "1.25"), (25, "2"), (20, "2.5"), (10, "5"), (5, "10"), (3, "16.67")],
)
def test_maintenance_is_half_of_initial_margin_at_full_leverage(
    leverage: int, percent: str
) -> None:
    tiers = single(leverage)
    assert abs(tiers.rate(0) - Fraction(percent) * PERCENT) < PERCENT // 200
    assert 0 <= 2 * tiers.maintenance(600 * DOLLAR) - tiers.initial(600 * DOLLAR) <= 2


def any_table(greatest_limit: int, rows: int) -> st.SearchStrategy[Tiers]:
    """Tables of either kind with limits up to ``greatest_limit`` and one open tier above."""
    return st.builds(
        lambda limits, leverages, deducted: Tiers(
            [
                Tier(limit, leverage, half_of(leverage))
                for limit, leverage in zip(
                    [*sorted(limits), MAX_DOLLARS], sorted(leverages, reverse=True), strict=True
                )
            ],
            deducted,
        ),
        st.lists(st.integers(1, greatest_limit), min_size=rows - 1, max_size=rows - 1, unique=True),
        st.lists(st.integers(1, 200), min_size=rows, max_size=rows, unique=True),
        st.booleans(),
    )


tables = any_table(10**13, 5)
small_tables = any_table(1_500, 3)


@settings(max_examples=100, deadline=None)
@given(tiers=tables, index=st.integers(1, 4))
def test_a_deducted_requirement_does_not_jump_at_a_limit(tiers: Tiers, index: int) -> None:
    limit = tiers.floor(index)
    step = tiers.maintenance(limit + 1) - tiers.maintenance(limit)
    if tiers.deducted:
        assert 0 <= step <= 2
    else:
        assert step >= limit * (tiers.rate(index) - tiers.rate(index - 1)) // RATE


@settings(max_examples=100, deadline=None)
@given(tiers=tables, notional=st.integers(0, 10**14), more=st.integers(0, 10**13))
def test_a_requirement_never_falls_with_the_notional_and_never_reaches_the_initial_one(
    tiers: Tiers, notional: int, more: int
) -> None:
    assert tiers.maintenance(notional + more) >= tiers.maintenance(notional)
    assert tiers.initial(notional + more) >= tiers.initial(notional)
    assert 0 <= tiers.maintenance(notional) <= tiers.initial(notional)


@settings(max_examples=100, deadline=None)
@given(tiers=tables, notional=st.integers(0, 10**14))
def test_a_requirement_is_rounded_up_from_the_exact_one(tiers: Tiers, notional: int) -> None:
    index = tiers.index_of(notional)
    rate, deduction = tiers.rate(index), tiers.deduction(index)
    assert 0 <= tiers.maintenance(notional) - (Fraction(notional * rate, RATE) - deduction) < 1
    leverage = tiers.tiers[index].leverage
    assert 0 <= tiers.initial(notional) - Fraction(notional, leverage) < 1


def test_a_chosen_leverage_opens_up_to_the_limit_of_the_last_tier_that_allows_it() -> None:
    assert FLAT.limit_at(51) == 0
    assert FLAT.limit_at(50) == 1 * MILLION
    assert FLAT.limit_at(26) == 1 * MILLION
    assert FLAT.limit_at(25) == 5 * MILLION
    assert FLAT.limit_at(1) == MAX_DOLLARS


@pytest.mark.parametrize(
    ("cap", "leverages", "percents"),
    [
        (1_000, [50, 25, 10, 5], [1, 2, 5, 10]),
        (50, [50, 25, 10, 5], [1, 2, 5, 10]),
        (25, [25, 25, 10, 5], [2, 2, 5, 10]),
        (10, [10, 10, 10, 5], [5, 5, 5, 10]),
        (5, [5, 5, 5, 5], [10, 10, 10, 10]),
        (1, [1, 1, 1, 1], [50, 50, 50, 50]),
    ],
)
def test_a_cap_lowers_leverage_and_keeps_half_of_it_as_maintenance(
    cap: int, leverages: list[int], percents: list[int]
) -> None:
    capped = FLAT.capped(cap)
    assert [tier.leverage for tier in capped.tiers] == leverages
    assert [tier.maintenance // PERCENT for tier in capped.tiers] == percents
    assert [tier.limit for tier in capped.tiers] == [tier.limit for tier in FLAT.tiers]
    assert not capped.deducted


def test_a_cap_of_three_rounds_the_half_up() -> None:
    assert FLAT.capped(3).rate(0) == 166_666_666_667


def test_a_capped_table_with_deductions_deducts_anew() -> None:
    capped = BTC.capped(20)
    assert capped.deducted
    assert [capped.deduction(0), capped.deduction(1)] == [0, 0]
    assert capped.maintenance(200 * MILLION) == 5 * MILLION


def test_a_tier_behind_a_lowered_one_asks_for_no_less() -> None:
    thin = Tiers([Tier(MILLION, 50, PERCENT), Tier(MAX_DOLLARS, 10, 3 * PERCENT)], False)
    assert [tier.maintenance for tier in thin.capped(10).tiers] == [5 * PERCENT, 5 * PERCENT]
    assert [tier.maintenance for tier in thin.capped(20).tiers] == [25 * PERCENT // 10, 3 * PERCENT]


@settings(max_examples=60, deadline=None)
@given(tiers=tables, cap=st.integers(1, 250), notional=st.integers(0, 10**14))
def test_a_cap_never_lowers_an_initial_requirement_nor_a_rate(
    tiers: Tiers, cap: int, notional: int
) -> None:
    capped = tiers.capped(cap)
    assert capped.initial(notional) == max(tiers.initial(notional), -(-notional // cap))
    assert all(
        new.maintenance >= old.maintenance
        for new, old in zip(capped.tiers, tiers.tiers, strict=True)
    )


@pytest.mark.parametrize(
    ("limit", "leverage", "maintenance", "names"),
    [
        (0, 50, PERCENT, "tier limit 0"),
        (MAX_DOLLARS + 1, 50, PERCENT, "tier limit"),
        (10**30, 50, PERCENT, "tier limit"),
        (1, 0, PERCENT, "tier leverage 0"),
        (1, 1_001, 1, "tier leverage 1001"),
        (1, 50, 0, "tier maintenance 0"),
        (1, 1, RATE, "tier maintenance"),
        (1, 50, 2 * PERCENT, "not below 1 / leverage 50"),
    ],
)
def test_a_tier_that_cannot_be_run_is_refused(
    limit: int, leverage: int, maintenance: int, names: str
) -> None:
    with pytest.raises(BadParameters, match=names):
        Tier(limit, leverage, maintenance)


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([], "at least one tier"),
        ([(MILLION, 50, 1)], "last tier limit"),
        ([(MILLION, 50, 1), (MILLION, 25, 2), (MAX_DOLLARS, 5, 10)], "tier limit .* not above"),
        ([(MILLION, 25, 1), (MAX_DOLLARS, 50, 1)], "tier leverage 50 is above 25"),
        ([(MILLION, 25, 2), (MAX_DOLLARS, 20, 1)], "tier maintenance"),
    ],
)
def test_a_table_that_cannot_be_run_is_refused(
    rows: list[tuple[int, int, int]], names: str
) -> None:
    with pytest.raises(BadParameters, match=names):
        Tiers([Tier(limit, leverage, pct * PERCENT) for limit, leverage, pct in rows], False)


@pytest.mark.parametrize("cap", [0, -1, 1_001, 10**30])
def test_a_cap_out_of_range_is_refused(cap: int) -> None:
    with pytest.raises(BadParameters, match="max leverage"):
        FLAT.capped(cap)


# --- results and predicates --------------------------------------------------------------------

sizes = st.integers(-(10**13), 10**13).filter(lambda size: size != 0)


@settings(max_examples=100, deadline=None)
@given(size=sizes, entry=st.integers(0, 10**15), price=st.integers(0, 10**15))
def test_a_result_is_rounded_down_and_two_opposite_ones_lose_at_most_a_unit(
    size: int, entry: int, price: int
) -> None:
    exact = Fraction(size * price, 10**12) - (entry if size > 0 else -entry)
    result = margin.unrealised(size, entry, price)
    assert 0 <= exact - result < 1
    assert -1 <= result + margin.unrealised(-size, entry, price) <= 0


def test_equity_is_margin_plus_result() -> None:
    entry, price = 2_000 * DOLLAR, 1_900 * PRICE
    assert margin.equity(TOKEN, entry, 150 * DOLLAR, price) == 50 * DOLLAR
    assert margin.equity(-TOKEN, entry, 150 * DOLLAR, price) == 250 * DOLLAR
    assert margin.worth(TOKEN, price) == margin.worth(-TOKEN, price) == 1_900 * DOLLAR


@settings(max_examples=100, deadline=None)
@given(equity=st.integers(-(10**14), 10**14), notional=st.integers(1, 10**14), tiers=tables)
def test_the_predicates_are_the_exact_ratios(equity: int, notional: int, tiers: Tiers) -> None:
    index = tiers.index_of(notional)
    required = Fraction(notional * tiers.rate(index), RATE) - tiers.deduction(index)
    assert margin.is_liquidatable(equity, notional, tiers) == (
        Fraction(equity, notional) < required / notional
    )
    if margin.is_backstop(equity, notional, tiers):
        assert margin.is_liquidatable(equity, notional, tiers)
        assert equity < Fraction(2 * tiers.maintenance(notional), 3)
    else:
        assert equity >= Fraction(2, 3) * required


@pytest.mark.parametrize(
    ("equity", "liquidatable", "backstop"),
    [
        (1_500 * DOLLAR, False, False),
        (1_500 * DOLLAR - 1, True, False),
        (1_000 * DOLLAR, True, False),
        (1_000 * DOLLAR - 1, True, True),
        (-1, True, True),
    ],
)
def test_120_000_at_forty_times_falls_below_1500_and_to_the_backstop_below_1000(
    equity: int, liquidatable: bool, backstop: bool
) -> None:
    assert margin.is_liquidatable(equity, 120_000 * DOLLAR, BTC) is liquidatable
    assert margin.is_backstop(equity, 120_000 * DOLLAR, BTC) is backstop


# --- prices ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "entry", "collateral", "leverage", "expected"),
    [
        pytest.param("1", "100", "10", 20, "92.3077", id="long 1 at 100"),
        pytest.param("0.015", "2458.5", "36.864593", 50, "0.86915825", id="2 ETH long"),
        pytest.param("437", "0.11586", "25.29769", 20, "0.05945697", id="4 DOGE long"),
        pytest.param("-0.00099", "65536", "21.604172", 50, "86493.46174617", id="6 BTC short"),
        pytest.param("0.0015", "66930", "20.043862", 50, "54108.51043771", id="8 BTC long"),
        pytest.param("-351", "0.14333", "25.136807", 20, "0.20970228", id="10 DOGE short"),
        pytest.param("1", "100000", "10000", 40, "91139.2405", id="12 BTC long"),
        pytest.param("-1", "100000", "10000", 40, "108641.9753", id="12 BTC short"),
    ],
)
def test_liquidation_prices_are_the_published_ones(
    size: str, entry: str, collateral: str, leverage: int, expected: str
) -> None:
    """Hyperliquid positions (freqtrade test data) and closed forms; one 1e-6 dollar apart."""
    units = scaled(size, TOKEN)
    opened = int(abs(Fraction(size)) * Fraction(entry) * DOLLAR)
    price = margin.liquidation_price(units, opened, scaled(collateral, DOLLAR), single(leverage))
    digits = Fraction(1, 2 * 10 ** len(expected.partition(".")[2]))
    unit_of_equity = Fraction(2, DOLLAR) / abs(Fraction(size))
    assert abs(Fraction(price, PRICE) - Fraction(expected)) <= digits + unit_of_equity


@pytest.mark.parametrize(
    ("size", "backstop", "bankrupt"), [(1, "90756.3025", 90_000), (-1, "109090.9091", 110_000)]
)
def test_backstop_and_bankruptcy_follow_from_two_thirds_and_none_of_the_rate(
    size: int, backstop: str, bankrupt: int
) -> None:
    """Hyperliquid vector 12: one BTC at 100,000 with 10,000 of margin at 40x."""
    two_thirds = Tiers([Tier(MAX_DOLLARS, 40, -(-half_of(40) * 2 // 3))], False)
    position = (size * TOKEN, 100_000 * DOLLAR, 10_000 * DOLLAR)
    price = margin.liquidation_price(*position, two_thirds)
    assert abs(Fraction(price, PRICE) - Fraction(backstop)) < Fraction(1, 10_000)
    assert margin.bankruptcy_price(*position) == bankrupt * PRICE


def test_a_tiered_liquidation_price_uses_the_rate_and_deduction_that_hold_there() -> None:
    """(e*q - C - d) / (q * (1 - l)) with BTC's second tier: 2,000 BTC at 100,000, 10 M margin."""
    price = margin.liquidation_price(2_000 * TOKEN, 200 * MILLION, 10 * MILLION, BTC)
    exact = Fraction(200_000_000 - 10_000_000 - 1_875_000) / 2_000 / (1 - Fraction(25, 1000))
    assert abs(Fraction(price, PRICE) - exact) < Fraction(1, 10**8)


def falls(size: int, entry: int, held: int, price: int, tiers: Tiers) -> bool:
    return margin.is_liquidatable(
        margin.equity(size, entry, held, price), margin.worth(size, price), tiers
    )


@settings(max_examples=50, deadline=None)
@given(
    size=st.integers(10**10, 5 * 10**12),
    short=st.booleans(),
    entry=st.integers(0, 2_000),
    held=st.integers(-50, 500),
    tiers=small_tables,
)
def test_the_liquidation_price_is_the_one_a_full_search_finds(
    size: int, short: bool, entry: int, held: int, tiers: Tiers
) -> None:
    """Worth a few thousand units in all, so that every price can be tried."""
    signed = -size if short else size
    found = margin.liquidation_price(signed, entry, held, tiers)
    last = 2_600 * 10**12 // size if size >= 10**12 else 2_600
    tried = [price for price in range(last) if falls(signed, entry, held, price, tiers)]
    if short:
        assert found == tried[0] if tried else found >= last
    else:
        assume(last - 1 not in tried)
        assert found == (tried[-1] if tried else 0)


@settings(max_examples=300, deadline=None)
@given(
    size=st.one_of(sizes, st.integers(-1_000, 1_000).filter(lambda size: size != 0)),
    price=st.integers(1, 10**14),
    ratio=st.integers(0, 1_200),
    tiers=tables,
    steps=st.lists(st.integers(1, 10**14), max_size=5),
)
def test_the_liquidation_price_agrees_with_the_predicate_to_the_unit(
    size: int, price: int, ratio: int, tiers: Tiers, steps: list[int]
) -> None:
    entry = margin.worth(size, price)
    held = entry * ratio // 1_000
    found = margin.liquidation_price(size, entry, held, tiers)
    if size > 0:
        assert found == 0 or falls(size, entry, held, found, tiers)
        safe = [found + step for step in (1, 2, *steps)]
    else:
        assert found == EVER or falls(size, entry, held, found, tiers)
        safe = [found - step for step in (1, 2, *steps)]
    for safe_price in safe:
        if 0 < safe_price <= MAX_PRICE:
            assert not falls(size, entry, held, safe_price, tiers)


@settings(max_examples=150, deadline=None)
@given(
    size=st.one_of(sizes, st.integers(-1_000, 1_000).filter(lambda size: size != 0)),
    price=st.integers(1, 10**14),
    ratio=st.integers(-200, 1_200),
)
def test_the_bankruptcy_price_is_the_last_one_without_a_debt(
    size: int, price: int, ratio: int
) -> None:
    entry = margin.worth(size, price)
    held = entry * ratio // 1_000
    found = margin.bankruptcy_price(size, entry, held)
    toward_ruin = -1 if size > 0 else 1
    if 0 < found <= MAX_PRICE:
        assert margin.equity(size, entry, held, found) >= 0
        if found + toward_ruin <= MAX_PRICE:
            assert margin.equity(size, entry, held, found + toward_ruin) < 0
    elif size > 0 and found == 0:
        assert margin.equity(size, entry, held, 0) >= 0
    elif size > 0:
        assert margin.equity(size, entry, held, MAX_PRICE) < 0
    else:
        assert margin.equity(size, entry, held, 1) < 0


@settings(max_examples=150, deadline=None)
@given(size=sizes, price=st.integers(1, 10**14), ratio=st.integers(0, 1_200), tiers=tables)
def test_a_position_is_liquidatable_before_it_is_bankrupt(
    size: int, price: int, ratio: int, tiers: Tiers
) -> None:
    entry = margin.worth(size, price)
    held = entry * ratio // 1_000
    liquidation = margin.liquidation_price(size, entry, held, tiers)
    bankruptcy = margin.bankruptcy_price(size, entry, held)
    if size > 0:
        assert bankruptcy <= liquidation + 1
    else:
        assert bankruptcy >= liquidation - 1


def test_a_long_between_two_flat_requirements_is_woken_by_the_upper_one() -> None:
    """1.5 % of equity at 1 M: safe at and below the limit, liquidatable above it, safe again."""
    size, entry = 1_000 * TOKEN, 1 * MILLION
    held = 15_000 * DOLLAR
    found = margin.liquidation_price(size, entry, held, FLAT)
    assert 1_005 * PRICE < found < 1_006 * PRICE
    assert falls(size, entry, held, found, FLAT)
    assert not falls(size, entry, held, found + 1, FLAT)
    assert falls(size, entry, held, 1_001 * PRICE, FLAT)
    assert not falls(size, entry, held, 1_000 * PRICE, FLAT)
    assert not falls(size, entry, held, 996 * PRICE, FLAT)
    assert falls(size, entry, held, 994 * PRICE, FLAT)


def test_a_short_that_crosses_a_flat_limit_falls_at_the_limit() -> None:
    """1.5 % of equity at 1 M would do below the limit; one unit above, 2 % is asked."""
    size, entry = -1_000 * TOKEN, 1 * MILLION
    found = margin.liquidation_price(size, entry, 15_000 * DOLLAR, FLAT)
    assert found == 1_000 * PRICE + 1
    assert not falls(size, entry, 15_000 * DOLLAR, 1_000 * PRICE, FLAT)


def test_a_large_size_that_steps_over_a_tier_is_not_liquidated_by_it() -> None:
    """At 1e10 tokens one unit of price is 1,000,000 units of worth: no price lands in tier 1."""
    tiers = Tiers(
        [Tier(1_200_000, 10, 5 * PERCENT), Tier(MAX_DOLLARS, 2, 45 * PERCENT)],
        False,
    )
    assert margin.is_liquidatable(1_500_000 - 900_000, 1_500_000, tiers)
    assert not falls(MAX_SIZE, 900_000, 0, 1, tiers)
    assert not falls(MAX_SIZE, 900_000, 0, 2, tiers)
    assert margin.liquidation_price(MAX_SIZE, 900_000, 0, tiers) == 0


@pytest.mark.parametrize("size", [1, TOKEN, MAX_SIZE])
def test_a_fully_paid_long_can_never_be_liquidated(size: int) -> None:
    assert margin.liquidation_price(size, 500, 500, FLAT) == 0
    assert margin.bankruptcy_price(size, 500, 500) == 0


def test_a_short_out_of_reach_is_never_liquidated() -> None:
    assert margin.liquidation_price(-1, DOLLAR, DOLLAR, FLAT) == EVER
    assert margin.bankruptcy_price(-1, DOLLAR, DOLLAR) == MAX_PRICE


def test_a_debt_beyond_every_price_leaves_no_price_to_be_safe_at() -> None:
    assert margin.liquidation_price(1, DOLLAR, -DOLLAR, FLAT) == MAX_PRICE
    assert margin.bankruptcy_price(1, DOLLAR, -DOLLAR) == EVER
    assert margin.liquidation_price(-1, DOLLAR, -2 * DOLLAR, FLAT) == 0
    assert margin.bankruptcy_price(-1, DOLLAR, -2 * DOLLAR) == 0


@settings(max_examples=60, deadline=None)
@given(
    size=st.one_of(st.integers(1, MAX_SIZE), st.integers(1, 10**6)),
    entry=st.integers(1, MAX_DOLLARS),
    held=st.integers(-MAX_DOLLARS, MAX_DOLLARS),
    short=st.booleans(),
)
def test_no_position_within_the_bounds_overflows(
    size: int, entry: int, held: int, short: bool
) -> None:
    signed = -size if short else size
    assert 0 <= margin.liquidation_price(signed, entry, held, FLAT) <= EVER
    assert 0 <= margin.bankruptcy_price(signed, entry, held) <= EVER


def test_a_position_without_size_has_no_such_prices() -> None:
    with pytest.raises(BrokenBooks, match="liquidation price"):
        margin.liquidation_price(0, DOLLAR, DOLLAR, FLAT)
    with pytest.raises(BrokenBooks, match="bankruptcy price"):
        margin.bankruptcy_price(0, DOLLAR, DOLLAR)


# --- partial close -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("notional", "equity", "target", "cost", "close"),
    [
        pytest.param(20_000, 900, "6", "0", "5000", id="no cost"),
        pytest.param(20_000, 900, "6", "1.1", "6122.448980", id="1.1 percent of cost"),
        pytest.param(20_000, 200, "6", "1.1", "20000", id="V-LIQ-8 too little left: all"),
        pytest.param(20_000, 1_200, "6", "1.1", "0", id="just enough"),
        pytest.param(20_000, 5_000, "6", "1.1", "0", id="plenty"),
        pytest.param(20_000, 900, "6", "6", "20000", id="costs what it frees"),
        pytest.param(20_000, 900, "6", "7", "20000", id="costs more than it frees"),
        pytest.param(20_000, 1_200, "6", "7", "0", id="nothing missing whatever it costs"),
        pytest.param(20_000, -1, "6", "0", "20000", id="under water"),
        pytest.param(20_000, 0, "6", "0", "20000", id="no equity"),
    ],
)
def test_the_least_close_restores_the_target(
    notional: int, equity: int, target: str, cost: str, close: str
) -> None:
    assert margin.least_close(
        notional * DOLLAR, equity * DOLLAR, scaled(target, PERCENT), scaled(cost, PERCENT)
    ) == scaled(close, DOLLAR)


@pytest.mark.parametrize(
    ("equity", "cost", "tokens"), [(900, "0", "2.5"), (900, "1.1", "3.0612245"), (200, "1.1", "10")]
)
def test_ten_tokens_at_two_thousand_close_the_published_number(
    equity: int, cost: str, tokens: str
) -> None:
    """V-LIQ-8: q = 10, P = 2000, target 6 %."""
    close = margin.least_close(20_000 * DOLLAR, equity * DOLLAR, 6 * PERCENT, scaled(cost, PERCENT))
    assert round(Fraction(close, 2_000 * DOLLAR), 7) == Fraction(tokens)


@settings(max_examples=200, deadline=None)
@given(
    notional=st.integers(1, 10**16),
    equity=st.integers(-(10**14), 10**15),
    target=st.integers(1, RATE // 2),
    cost=st.integers(0, RATE // 4),
)
def test_the_least_close_suffices_and_one_unit_less_does_not(
    notional: int, equity: int, target: int, cost: int
) -> None:
    def short_of_target(close: int) -> bool:
        return equity * RATE - cost * close < target * (notional - close)

    close = margin.least_close(notional, equity, target, cost)
    assert 0 <= close <= notional
    assert close == notional or not short_of_target(close)
    if close > 0 and target > cost:
        assert short_of_target(close - 1)


def test_the_bounds_of_the_ledger_do_not_overflow_the_close() -> None:
    assert margin.least_close(MAX_DOLLARS, 0, RATE, RATE - 1) == MAX_DOLLARS
    assert margin.least_close(MAX_DOLLARS, MAX_DOLLARS // 2, RATE, 0) == MAX_DOLLARS // 2
    assert margin.least_close(MAX_DOLLARS, -MAX_DOLLARS, 1, 0) == MAX_DOLLARS

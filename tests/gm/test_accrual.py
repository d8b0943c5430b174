"""What grows with time: funding between the sides, borrowing, and the impact pool handed out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gm.pools import USD, Basin, at, dollars, fine, laboratory, price, rate, tokens
from seawall.engine.designs.gm import accrual, borrowing, funding
from seawall.engine.designs.gm.params import FundingParams, Params, SideParams, yearly
from seawall.engine.designs.gm.presets import preset
from seawall.engine.designs.gm.tokens import LONG, SHORT, Prices

START = 1_700_000_000_000
HOUR = 3_600_000


def adaptive(**more: int) -> Params:
    params = laboratory()
    terms: dict[str, int] = {
        "increase": 10**12,
        "decrease": 5 * 10**11,
        "stable": rate("0.05"),
        "threshold_decrease": rate("0.02"),
        "least": 0,
        "most": fine("1e-7"),
    }
    params.funding = FundingParams(**(terms | more))
    return params


def running(params: Params, longs: int, shorts: int) -> Basin:
    basin = Basin(params, eth=10_000, usd=50_000_000)
    basin.open(True, longs)
    basin.open(False, shorts)
    accrual.accrue(basin.pool, at(5000), START)
    return basin


def pass_time(basin: Basin, milliseconds: int) -> None:
    accrual.accrue(basin.pool, at(5000), basin.pool.accrued_at + milliseconds)


# funding


def test_the_static_rate_is_capped() -> None:
    """GM-FUN-1: factor times imbalance over both sides, at most the highest rate."""
    params = laboratory()
    params.funding.factor = fine("1e-6")
    basin = running(params, 300_000, 100_000)
    assert funding.next_rates(basin.pool, at(5000), HOUR) == (0, 10**24 // 10**7)
    params.funding.factor = fine("1e-8")
    assert funding.next_rates(basin.pool, at(5000), HOUR) == (0, 10**24 // (2 * 10**8))


@pytest.mark.parametrize(("longs", "shorts", "sign"), [(3, 1, 1), (1, 3, -1)])
def test_the_adaptive_rate_grows_against_the_larger_side(
    longs: int, shorts: int, sign: int
) -> None:
    """GM-FUN-2: 1e-12 per second and second at full imbalance; here it is a half."""
    basin = running(adaptive(), longs * 100_000, shorts * 100_000)
    pass_time(basin, 10_000)
    assert basin.pool.funding_rate == sign * 5 * 10**6
    pass_time(basin, 10_000)
    assert basin.pool.funding_rate == sign * 10**7
    pass_time(basin, 1000 * HOUR)
    assert basin.pool.funding_rate == sign * fine("1e-7")


def test_the_rate_holds_between_the_thresholds_and_falls_below_them() -> None:
    """GM-FUN-3: at 4 % imbalance nothing, at 1 % it falls, never through zero."""
    basin = running(adaptive(), 104_000, 96_000)
    basin.pool.funding_rate = 10**7
    pass_time(basin, 10_000)
    assert basin.pool.funding_rate == 10**7
    basin.open(False, 6_000)
    pass_time(basin, 10_000)
    assert basin.pool.funding_rate == 10**7 - 5 * 10**6
    pass_time(basin, 10_000)
    assert basin.pool.funding_rate == 1
    basin.pool.change_interest(False, SHORT, dollars(2_500), tokens("0.5"))
    basin.pool.funding_rate = -5 * 10**6
    pass_time(basin, 10_000)
    assert basin.pool.funding_rate == -1


def test_a_rate_against_the_smaller_side_turns_whatever_the_imbalance() -> None:
    """GM-FUN-3: longs prevail by less than any threshold, but shorts are the ones who receive."""
    basin = running(adaptive(), 101_000, 99_000)
    basin.pool.funding_rate = -(10**6)
    pass_time(basin, 10_000)
    assert basin.pool.funding_rate == -(10**6) + 10**5


def test_the_least_rate_is_charged_but_not_kept() -> None:
    """GM-FUN-2: in balance the longs pay the least rate; what is kept stays at zero."""
    basin = running(adaptive(least=yearly(1)), 100_000, 100_000)
    kept, charged = funding.next_rates(basin.pool, at(5000), 1000)
    assert (kept, charged) == (0, yearly(1) * 10**6)


def test_an_empty_side_ends_funding_and_forgets_the_rate() -> None:
    """GM-FUN-7: nobody is there to receive; the time passes all the same."""
    basin = running(adaptive(), 100_000, 0)
    basin.pool.funding_rate = 10**7
    pass_time(basin, HOUR)
    assert basin.pool.funding_rate == 0
    assert basin.pool.book(True, SHORT).fee_per_size == 0
    assert basin.pool.accrued_at == START + HOUR


def test_each_collateral_pays_its_part_in_its_own_token() -> None:
    """GM-FUN-4: longs with ETH and with dollars owe the shorts ETH and dollars."""
    params = laboratory()
    params.funding.factor = fine("1e-8")
    basin = Basin(params, eth=10_000, usd=50_000_000)
    basin.open(True, 100_000, LONG)
    basin.open(True, 200_000, SHORT)
    basin.open(False, 100_000)
    pool = basin.pool
    accrual.accrue(pool, at(5000), START)
    pass_time(basin, HOUR)
    assert funding.fee(pool, True, LONG, dollars(100_000), 0) == tokens("0.00036")
    assert funding.fee(pool, True, SHORT, dollars(200_000), 0) == dollars("3.6")
    assert funding.claim(pool, False, LONG, dollars(100_000), 0) in (35_999, 36_000)
    assert funding.claim(pool, False, SHORT, dollars(100_000), 0) in (3_599_999, 3_600_000)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(10**6, 10**13), min_size=1, max_size=5),
    st.lists(st.integers(10**6, 10**13), min_size=1, max_size=5),
    st.lists(st.integers(1, 10**8), min_size=1, max_size=4),
    st.booleans(),
)
def test_payers_owe_at_least_what_receivers_are_promised(
    longs: list[int], shorts: list[int], steps: list[int], in_eth: bool
) -> None:
    """GM-FUN-5: over any splitting of the sides into positions, token by token."""
    params = preset("eth-usdc")
    basin = Basin(params, eth=10_000, usd=40_000_000)
    pool = basin.pool
    for sides, long in ((longs, True), (shorts, False)):
        for place, size in enumerate(sides):
            token = LONG if in_eth and place % 2 else SHORT
            pool.change_interest(long, token, size, size // 50)
    accrual.accrue(pool, at(5000), START)
    for step in steps:
        pass_time(basin, step)
    for token in (LONG, SHORT):
        owed = promised = 0
        for sides, long in ((longs, True), (shorts, False)):
            for place, size in enumerate(sides):
                own = LONG if in_eth and place % 2 else SHORT
                if own == token:
                    owed += funding.fee(pool, long, token, size, 0)
                promised += funding.claim(pool, long, token, size, 0)
        assert owed >= promised


# borrowing


def test_the_kinked_rate_is_base_below_the_kink_and_above_it_at_full_use() -> None:
    """GM-BOR-2: 45 % a year at full use by the base slope, 90 % in all; not capped at full use."""
    params = laboratory()
    params.longs = SideParams(
        interest_reserve=rate(1),
        optimal_usage=rate("0.85"),
        base_borrowing=yearly(45),
        above_borrowing=yearly(90),
    )
    basin = Basin(params, eth=1000)
    pool, prices = basin.pool, at(5000)
    basin.open(True, 2_500_000)
    assert borrowing.rate(pool, prices, True) == yearly(45) * 10**6 // 2
    basin.open(True, 2_500_000)
    assert borrowing.rate(pool, prices, True) == yearly(90) * 10**6
    basin.open(True, 1_000_000)
    steep = (yearly(90) - yearly(45)) * 10**6
    assert borrowing.rate(pool, prices, True) == yearly(45) * 1_200_000 + steep * 35 // 15


def test_a_kink_at_full_use_has_no_second_slope() -> None:
    """GM-BOR-2: with the kink at 100 % the rate is the base slope beyond it too."""
    params = laboratory()
    params.shorts = SideParams(
        reserve=rate(1),
        interest_reserve=rate(1),
        optimal_usage=rate(1),
        base_borrowing=fine("1e-8"),
        above_borrowing=fine("5e-8"),
    )
    basin = Basin(params, eth=100, usd=500_000)
    basin.open(False, 1_000_000)
    assert borrowing.rate(basin.pool, at(5000), False) == 2 * 10**16


def test_longs_reserve_tokens_at_the_highest_price_and_shorts_their_dollars() -> None:
    """GM-BOR-3."""
    basin = Basin(eth=1000, usd=1_000_000)
    basin.open(True, 100_000)
    basin.open(False, 70_000)
    prices = at(10_000, 5)
    assert borrowing.reserved(basin.pool, prices, True) == dollars(200_100)
    assert borrowing.reserved(basin.pool, prices, False) == dollars(70_000)
    assert borrowing.backing(basin.pool, prices, True) == dollars(1000 * 9995)


def test_a_pool_without_the_token_lets_the_index_stand_still() -> None:
    """GM-BOR-6: by either rule; where the protocol would refuse to do anything."""
    for name in ("laboratory", "eth-usdc"):
        params = preset(name)
        params.longs.borrowing_factor = fine("1e-8")
        basin = Basin(params, usd=1_000_000)
        basin.open(True, 100_000)
        assert borrowing.rate(basin.pool, at(5000), True) == 0


def test_equal_sides_both_pay() -> None:
    """GM-BOR-4: only a side that is strictly smaller is spared."""
    basin = Basin(preset("eth-usdc"), eth=1000, usd=2_000_000)
    basin.open(True, 100_000)
    basin.open(False, 100_000)
    assert borrowing.rate(basin.pool, at(5000), True) > 0
    assert borrowing.rate(basin.pool, at(5000), False) > 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(10**6, 10**13), st.integers(1, 10**9)), max_size=5))
def test_pending_fees_are_what_the_positions_owe(entries: list[tuple[int, int]]) -> None:
    """GM-BOR-5: the side's total and its positions' fees differ by rounding only."""
    params = laboratory()
    params.longs.borrowing_factor = fine("1e-8")
    basin = Basin(params, eth=1_000_000)
    pool = basin.pool
    accrual.accrue(pool, at(5000), START)
    positions = []
    for size, wait in entries:
        pool.change_borrowed(True, 0, 0, size, pool.cumulative(True))
        pool.change_interest(True, LONG, size, size // 50)
        positions.append((size, pool.cumulative(True)))
        pass_time(basin, wait)
    owed = sum(borrowing.fee_usd(pool, True, size, entry) for size, entry in positions)
    assert abs(owed - borrowing.pending(pool, True)) <= 2 * len(positions)


# the impact pool, and the order


def test_the_impact_pool_is_handed_out_down_to_its_floor() -> None:
    """GM-TIM-2: fractions of a unit are kept for later; nothing goes below the floor."""
    params = laboratory()
    params.distribution_rate = 10**18 // 3
    params.impact_floor = 90
    basin = Basin(params, eth=1000)
    basin.pool.impact_pool = 100
    accrual.accrue(basin.pool, at(5000), START)
    for _ in range(9):
        pass_time(basin, 1000)
    assert basin.pool.impact_pool == 98
    pass_time(basin, 1000)
    assert basin.pool.impact_pool == 97
    pass_time(basin, HOUR)
    assert basin.pool.impact_pool == 90
    basin.pool.impact_pool = 50
    pass_time(basin, HOUR)
    assert basin.pool.impact_pool == 50


def test_nothing_grows_before_the_first_price_nor_in_no_time() -> None:
    """GM-TIM-1."""
    basin = running(adaptive(), 300_000, 100_000)
    before = basin.pool.state()
    accrual.accrue(basin.pool, at(5000), START)
    assert basin.pool.state() == before
    assert basin.pool.accrued_at == START


def test_the_whole_interval_is_charged_at_the_rate_at_its_end() -> None:
    """GM-TIM-1: from the open interest before what follows, with the prices of now."""
    params = laboratory()
    params.longs.borrowing_factor = fine("1e-8")
    one = Basin(params, eth=1000)
    one.open(True, 100_000)
    accrual.accrue(one.pool, at(5000), START)
    accrual.accrue(one.pool, at(10_000), START + HOUR)
    # 20 ETH of 1 000, whatever they are worth
    assert one.pool.cumulative(True) == fine("1e-8") * 3600 // 50


def test_a_single_token_market_charges_both_halves() -> None:
    """GM-FUN-6: with everything in one token, halves are charged once each."""
    params = laboratory()
    params.funding.factor = fine("1e-9")
    basin = Basin(params, usd=10_000_000, long=USD)
    basin.open(True, 300_000)
    basin.open(False, 100_000)
    dollar = price(1)
    prices = Prices(price(5000), price(5000), dollar, dollar, dollar, dollar)
    accrual.accrue(basin.pool, prices, START)
    accrual.accrue(basin.pool, prices, START + HOUR)
    owed = funding.fee(basin.pool, True, SHORT, dollars(300_000), 0)
    promised = sum(
        funding.claim(basin.pool, False, token, dollars(100_000), 0) for token in (LONG, SHORT)
    )
    assert owed == dollars("0.54")
    assert dollars("0.54") - 2 <= promised <= dollars("0.54")

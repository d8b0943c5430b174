"""What a pool is worth, to who enters and to who leaves, and how far winners may draw on it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gm.pools import ETH, LP, USD, Basin, at, dollars, fine, laboratory, price, rate, tokens
from seawall.engine.designs.gm import value
from seawall.engine.designs.gm.pool import Pool
from seawall.engine.designs.gm.tokens import LONG, SHORT, Prices, Token
from seawall.engine.errors import BadParameters, BrokenBooks, LimitReached
from seawall.engine.fixed import PRICE


def test_the_value_is_the_sum_of_its_parts() -> None:
    """GM-VAL-1: both tokens, borrowing less the treasury's part, results, impact pool, lent."""
    params = laboratory()
    params.borrowing_receiver = rate("0.37")
    basin = Basin(params, eth=1000, usd=1_000_000)
    pool = basin.pool
    basin.open(True, 200_000)
    basin.open(False, 100_000)
    pool.cumulative_long = fine("0.01")
    pool.impact_pool = tokens(3)
    found = value.pool_value(pool, at(5500), value.DEPOSITS, True)
    assert (found.long_usd, found.short_usd) == (dollars(5_500_000), dollars(1_000_000))
    assert found.borrowing_fees == dollars(1260)
    assert (found.long_result, found.short_result) == (dollars(20_000), -dollars(10_000))
    assert (found.impact, found.lent) == (dollars(16_500), 0)
    assert found.total == dollars(6_500_000 + 1260 - 10_000 - 16_500)
    pool.take_impact(tokens(5))
    found = value.pool_value(pool, at(5500), value.DEPOSITS, True)
    assert (found.impact, found.lent) == (0, dollars(11_000))


def test_profits_are_capped_by_purpose_and_losses_are_not() -> None:
    """GM-VAL-2: 60 % of the side's token for deposits, 30 % for withdrawals."""
    basin = Basin(eth=100, usd=500_000)
    basin.open(True, 0, size=tokens(100))
    basin.pool.change_interest(True, SHORT, dollars(100_000), 0)
    for kind, cap in ((value.DEPOSITS, 300_000), (value.WITHDRAWALS, 150_000)):
        assert value.pool_value(basin.pool, at(5000), kind, True).long_result == dollars(cap)
    lost = value.pool_value(basin.pool, at(1), value.DEPOSITS, True)
    assert lost.long_result == dollars(100 - 100_000)


def test_who_enters_pays_the_highest_value_and_who_leaves_takes_the_lowest() -> None:
    """GM-VAL-3: tokens at one price, results and impact pool at the other."""
    basin = Basin(eth=1000, usd=1_000_000)
    basin.open(True, 200_000)
    basin.open(False, 50_000)
    basin.pool.impact_pool = tokens(1)
    prices = at(5000, 10)
    high = value.pool_value(basin.pool, prices, value.DEPOSITS, True)
    low = value.pool_value(basin.pool, prices, value.DEPOSITS, False)
    assert (high.long_usd, low.long_usd) == (dollars(5_010_000), dollars(4_990_000))
    assert (high.long_result, low.long_result) == (-dollars(400), dollars(400))
    assert (high.short_result, low.short_result) == (-dollars(100), dollars(100))
    assert (high.impact, low.impact) == (dollars(4990), dollars(5010))
    assert high.total > low.total


def test_the_first_gm_costs_a_dollar() -> None:
    """GM-VAL-6: and later what the pool is worth over the supply, below zero too."""
    basin = Basin()
    assert value.gm_price(basin.pool, at(5000), value.DEPOSITS, True) == PRICE
    basin = Basin(usd=1000)
    basin.params.shorts.pnl_deposits = rate(1)
    basin.pool.impact_pool = tokens(1)
    assert value.gm_price(basin.pool, at(5000), value.DEPOSITS, True) == -4 * PRICE


def test_a_side_that_has_not_won_is_below_every_cap() -> None:
    """GM-VAL-5: and a side whose token the pool has none of counts as nothing."""
    basin = Basin(eth=1000)
    basin.open(True, 1_000_000)
    basin.open(False, 1_000_000)
    assert value.pnl_factor(basin.pool, at(4000), True) == -rate("0.05")
    assert not value.exceeded(basin.pool, at(4000), True, value.ADL)
    assert value.pnl_factor(basin.pool, at(4000), False) == 0


def test_a_command_is_refused_while_winners_are_above_the_cap() -> None:
    """GM-VAL-5: the refusal names the factor and the cap; what would be taken counts as gone."""
    basin = Basin(eth=1000)
    basin.params.longs.pnl_withdrawals = rate("0.1")
    basin.open(True, 1_000_000)
    prices = at(10_000)
    value.check_pnl(basin.pool, prices, True, value.WITHDRAWALS)
    with pytest.raises(LimitReached) as refusal:
        value.check_pnl(basin.pool, prices, True, value.WITHDRAWALS, tokens(500))
    assert refusal.value.code == "beyond-pnl-cap"
    assert (refusal.value.value, refusal.value.bound) == (rate("0.2"), rate("0.1"))


def test_losers_and_small_winners_get_what_they_have() -> None:
    """GM-VAL-4: the cap binds on what a side wins together."""
    basin = Basin(eth=100)
    basin.open(True, 100_000)
    assert value.capped_result(basin.pool, at(6000), True, dollars(-5)) == dollars(-5)
    assert value.capped_result(basin.pool, at(6000), True, dollars(20_000)) == dollars(20_000)
    assert value.capped_result(basin.pool, at(4000), True, dollars(1)) == dollars(1)
    basin.params.longs.pnl_traders = rate("0.01")
    assert value.capped_result(basin.pool, at(6000), True, dollars(20_000)) == dollars(6000)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10**13),
    st.integers(0, 10**11),
    st.integers(0, 10**13),
    st.integers(0, 10**11),
    st.integers(2, 10**5),
    st.integers(0, 100),
)
def test_the_highest_value_is_never_below_the_lowest(
    long_usd: int, long_tokens: int, short_usd: int, short_tokens: int, eth: int, spread: int
) -> None:
    """GM-VAL-3: with caps for entering no lower than those for leaving, which presets have."""
    basin = Basin(eth=1000, usd=1_000_000)
    basin.pool.change_interest(True, SHORT, long_usd, long_tokens)
    basin.pool.change_interest(False, SHORT, short_usd, short_tokens)
    prices = at(eth, min(spread, eth - 1))
    for kind in (value.DEPOSITS, value.WITHDRAWALS):
        high = value.pool_value(basin.pool, prices, kind, True).total
        assert high >= value.pool_value(basin.pool, prices, kind, False).total


# tokens, prices, books


def test_a_token_converts_both_ways_in_favour_of_the_house() -> None:
    """GM-UNIT-1: there and back is never more."""
    assert ETH.units_up(1, price(5000)) == 1
    assert ETH.units(1, price(5000)) == 0
    assert ETH.usd(1, price(5000)) == 50
    assert ETH.usd_up(1, price("5000.1")) == 51
    assert USD.into(dollars(5000), price(1), ETH, price(5000)) == tokens(1)
    assert ETH.into(tokens(1), price(5000), USD, price(1), dollars(3)) == dollars(4997)


def test_tokens_and_prices_that_cannot_be_are_refused() -> None:
    """GM-UNIT-1."""
    with pytest.raises(BadParameters, match="decimals 9"):
        Token("T", 1, 9)
    with pytest.raises(BadParameters, match="8 decimals"):
        Pool(laboratory(), USD, ETH, USD)
    with pytest.raises(BrokenBooks, match="must be positive"):
        Prices(0, 1, 1, 1, 1, 1)
    with pytest.raises(BrokenBooks, match="below the lowest"):
        Prices(2, 1, 1, 1, 1, 1)


def test_the_books_of_a_pool_are_held_to_what_can_be() -> None:
    """GM-VAL-7: no sum below zero, shares add up, every number is in the state."""
    basin = Basin(eth=10, usd=50_000)
    pool = basin.pool
    pool.audit()
    state = pool.state()
    for change in (
        lambda: pool.change_interest(True, LONG, 1, 1),
        lambda: pool.change_collateral(False, SHORT, 1),
        lambda: pool.change_borrowed(False, 0, 0, 10, 10**18),
        lambda: pool.shares.hold(LP, 1),
    ):
        change()
        assert pool.state() != state
        state = pool.state()
    pool.audit()
    with pytest.raises(BrokenBooks, match="below zero"):
        pool.change_interest(True, LONG, -2, 0)
    with pytest.raises(BrokenBooks, match="below zero"):
        pool.change_collateral(False, SHORT, -2)
    pool.lent = -1
    with pytest.raises(BrokenBooks, match="below zero"):
        pool.audit()

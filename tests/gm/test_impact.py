"""Price impact: who unbalances the market pays, who balances it is paid, turning gains nothing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gm.pools import Basin, at, dollars, fine, laboratory, rate, tokens
from seawall.engine.designs.gm.impact import (
    cap_by_max,
    cap_by_pool,
    impact_tokens,
    impact_usd,
    lendable,
    liquidation_impact,
    lowest,
    position_impact,
)
from seawall.engine.designs.gm.params import ImpactParams, Params
from seawall.engine.designs.gm.pool import VirtualPositions
from seawall.engine.designs.gm.tokens import SHORT

sizes = st.integers(10**6, 5 * 10**13)
exponents = st.sampled_from([10**12, 1_776_082_859_460, 2 * 10**12, 2_200_000_000_000])


def curved(
    positive: int = 5 * 10**9,
    negative: int = 10**10,
    falling: int = 2 * 10**12,
    rising: int = 2 * 10**12,
    **more: int,
) -> Params:
    params = laboratory()
    params.impact = ImpactParams(
        negative=negative,
        positive=positive,
        exponent_negative=falling,
        exponent_positive=rising,
        **more,
    )
    return params


def test_positive_figures_never_pass_the_negative_ones() -> None:
    """GM-IMP-1: factor, exponent and cap of what is paid are cut to those of what is charged."""
    cut = ImpactParams(
        negative=10,
        positive=11,
        exponent_negative=10**12,
        exponent_positive=2 * 10**12,
        max_negative=5,
        max_positive=6,
    )
    assert (cut.positive, cut.exponent_positive, cut.max_positive) == (10, 10**12, 5)


def test_a_crossover_may_improve_the_balance_and_be_charged() -> None:
    """GM-IMP-2: from 100 000 on one side to 90 000 on the other, by twice the factor."""
    basin = Basin(curved(), eth=1000, usd=1_000_000)
    basin.open(True, 100_000)
    found = position_impact(basin.pool, at(5000), False, dollars(190_000), tokens(38))
    assert found.improved
    assert found.usd == dollars(50) - dollars(81)


def test_the_same_imbalance_is_no_impact_and_no_improvement() -> None:
    """GM-IMP-1: a change of nothing."""
    basin = Basin(curved(), eth=1000, usd=1_000_000)
    basin.open(True, 100_000)
    found = position_impact(basin.pool, at(5000), True, 0, 0)
    assert (found.usd, found.improved) == (0, False)


def test_balance_may_be_measured_in_tokens() -> None:
    """GM-IMP-7: longs opened at 5 000 weigh twice as much at 10 000."""
    basin = Basin(curved(), eth=1000, usd=1_000_000)
    basin.open(True, 100_000)
    basin.params.balance_in_tokens = True
    found = position_impact(basin.pool, at(10_000), False, dollars(200_000), tokens(20))
    assert found.usd == dollars(200)
    by_dollars = Basin(curved(), eth=1000, usd=1_000_000)
    by_dollars.open(True, 100_000)
    found = position_impact(by_dollars.pool, at(10_000), False, dollars(200_000), tokens(20))
    assert found.usd == dollars(50 - 100)


def test_a_shared_inventory_counts_what_is_held_outside() -> None:
    """GM-IMP-4: a base of longs elsewhere; decreases add their size to both sides."""
    shared = VirtualPositions(-dollars(1_000_000))
    basin = Basin(curved(), eth=1000, usd=1_000_000, positions=shared)
    basin.open(True, 100_000)
    assert shared.skew_usd() == -dollars(1_100_000)
    found = position_impact(basin.pool, at(5000), True, dollars(100_000), tokens(20))
    assert found.usd == -(dollars(14_400) - dollars(12_100))
    back = position_impact(basin.pool, at(5000), True, -dollars(100_000), -tokens(20))
    assert back.usd == dollars(50)


def test_positive_impact_is_capped_by_the_size_and_negative_is_not_here() -> None:
    """GM-IMP-6."""
    basin = Basin(curved(max_negative=rate("0.005"), max_positive=rate("0.004")), eth=10)
    assert cap_by_max(basin.pool, dollars(50), dollars(10_000)) == dollars(40)
    assert cap_by_max(basin.pool, dollars(30), dollars(10_000)) == dollars(30)
    assert cap_by_max(basin.pool, -dollars(500), dollars(10_000)) == -dollars(500)
    assert lowest(basin.pool, dollars(10_000)) == -dollars(50)
    assert liquidation_impact(basin.pool, -dollars(500), dollars(10_000)) == 0


def test_what_the_impact_pool_lacks_is_lent_up_to_two_bounds() -> None:
    """GM-IMP-5: a part of the pool's dollars, and a number of dollars; what is lent counts."""
    params = curved(max_lendable=rate("0.2"), max_lendable_usd=dollars(20_000))
    basin = Basin(params, eth=1000, usd=1_000_000)
    pool, prices = basin.pool, at(5000)
    pool.impact_pool = tokens(1)
    assert cap_by_pool(pool, prices, dollars(4000)) == dollars(4000)
    assert cap_by_pool(pool, prices, dollars(30_000)) == dollars(25_000)
    assert cap_by_pool(pool, prices, -dollars(30_000)) == -dollars(30_000)
    pool.take_impact(tokens(3))
    assert (pool.impact_pool, pool.lent) == (0, tokens(2))
    assert lendable(pool, prices) == dollars(10_000)
    params.impact.max_lendable = rate("0.001")
    assert lendable(pool, prices) == 0
    pool.give_impact(tokens("0.5"))
    assert (pool.impact_pool, pool.lent) == (0, tokens("1.5"))
    pool.give_impact(tokens(2))
    assert (pool.impact_pool, pool.lent) == (tokens("0.5"), 0)


def test_nothing_is_lent_where_nothing_may_be() -> None:
    """GM-IMP-5: the ETH-USDC preset lends nothing, whatever the second bound."""
    basin = Basin(curved(max_lendable=0, max_lendable_usd=dollars(1)), eth=1000)
    assert lendable(basin.pool, at(5000)) == 0


@settings(max_examples=50, deadline=None)
@given(st.integers(-(10**12), 10**12))
def test_remembering_impact_in_tokens_never_gains(usd: int) -> None:
    """GM-IMP-8: into tokens and back, at a spread or without, is worth no more than before."""
    basin = Basin(curved(), eth=10)
    for prices in (at(5000), at(5000, 2)):
        assert impact_usd(basin.pool, prices, impact_tokens(basin.pool, prices, usd)) <= usd


@settings(max_examples=50, deadline=None)
@given(sizes, sizes, sizes, st.booleans(), exponents, exponents)
def test_going_there_and_back_is_never_paid(
    longs: int, shorts: int, size: int, long: bool, falling: int, rising: int
) -> None:
    """GM-IMP-9: the impact of a trade and of undoing it add up to nothing or a charge."""
    basin = Basin(curved(falling=falling, rising=rising), eth=1000, usd=1_000_000)
    prices = at(5000)
    pool = basin.pool
    pool.change_interest(True, SHORT, longs, longs // 50)
    pool.change_interest(False, SHORT, shorts, shorts // 50)
    there = position_impact(pool, prices, long, size, size // 50)
    pool.change_interest(long, SHORT, size, size // 50)
    back = position_impact(pool, prices, long, -size, -(size // 50))
    assert there.usd + back.usd <= 0


@settings(max_examples=30, deadline=None)
@given(sizes, st.lists(st.integers(1, 10**12), min_size=2, max_size=6))
def test_cutting_an_order_up_does_not_make_it_cheaper(longs: int, parts: list[int]) -> None:
    """GM-IMP-9: on one side the parts of a trade cost what the whole does, or more."""
    pool = Basin(curved(), eth=1000, usd=1_000_000).pool
    prices = at(5000)
    pool.change_interest(True, SHORT, longs, longs // 50)
    whole = position_impact(pool, prices, True, sum(parts), 0).usd
    total = 0
    for part in parts:
        total += position_impact(pool, prices, True, part, 0).usd
        pool.change_interest(True, SHORT, part, 0)
    assert total <= whole + 1
    assert fine("1e-8") == pool.params.impact.negative

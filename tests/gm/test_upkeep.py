"""The treasury and the impact pool: surplus out, lent impact back, and the price of GM."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gm.pools import USD, Basin, at, dollars, price, tokens
from seawall.engine.designs.gm.tokens import Prices
from seawall.engine.designs.gm.upkeep import repay_lent, spare_impact, take_surplus
from seawall.engine.designs.gm.value import DEPOSITS, gm_price
from seawall.engine.errors import Refusal
from seawall.engine.venue import Account


def filled() -> Basin:
    basin = Basin(eth=1000, usd=5_000_000)
    basin.pool.impact_pool = tokens(10)
    return basin


def test_surplus_leaves_in_both_tokens_at_the_same_price_of_gm() -> None:
    """GM-IMP-10: 4 of 10 index tokens are 2 ETH and 10 000 dollars."""
    basin = filled()
    before = gm_price(basin.pool, at(5000), DEPOSITS, True)
    assert take_surplus(basin.pool, at(5000), tokens(4), basin.treasury) == [
        tokens(2),
        dollars(10_000),
    ]
    assert basin.treasury.purse(1).amount == tokens(2)
    assert basin.treasury.amount == dollars(10_000)
    assert basin.pool.impact_pool == tokens(6)
    assert gm_price(basin.pool, at(5000), DEPOSITS, True) == before


def test_what_positions_are_still_to_be_paid_stays() -> None:
    """GM-IMP-10: positive impact that is remembered counts, negative does not."""
    basin = filled()
    basin.pool.pending = tokens(7)
    assert spare_impact(basin.pool) == tokens(3)
    state = basin.pool.state()
    with pytest.raises(Refusal) as refusal:
        take_surplus(basin.pool, at(5000), tokens(3) + 1, basin.treasury)
    assert refusal.value.code == "beyond-impact-pool"
    assert (refusal.value.value, refusal.value.bound) == (tokens(3) + 1, tokens(3))
    assert basin.pool.state() == state
    basin.pool.pending = -tokens(7)
    assert spare_impact(basin.pool) == tokens(10)
    basin.pool.short_pot.amount = dollars(1)
    with pytest.raises(Refusal) as refusal:
        take_surplus(basin.pool, at(5000), tokens(10), basin.treasury)
    assert refusal.value.code == "pool-empty"
    assert (refusal.value.value, refusal.value.bound) == (dollars(25_000), dollars(1))


def test_the_treasury_repays_what_was_lent_in_both_tokens() -> None:
    """GM-IMP-11: at the highest index and the lowest token price, rounded up."""
    basin = filled()
    pool, treasury = basin.pool, Account(0)
    pool.impact_pool, pool.lent = 0, tokens(2)
    treasury.purse(1).amount, treasury.amount = tokens(2), dollars(5009)
    state = pool.state()
    for amount, code, value, bound in (
        (tokens(3), "beyond-lent-amount", tokens(3), tokens(2)),
        (tokens(2), "wallet-too-small", dollars(5010), dollars(5009)),
    ):
        with pytest.raises(Refusal) as refusal:
            repay_lent(pool, at(5000, 10), amount, treasury)
        met = refusal.value
        if code == "wallet-too-small":
            value = dollars(5010)
        assert (met.code, met.value, met.bound) == (code, value, bound)
        assert pool.state() == state
    costs = repay_lent(pool, at(5000, 10), tokens(1), treasury)
    assert costs == [50_200_401, dollars(2505)]
    assert pool.lent == tokens(1)
    assert treasury.amount == dollars(2504)


def test_in_a_single_token_market_both_halves_are_one_token() -> None:
    """GM-IMP-11: and the wallet has to hold both."""
    basin = Basin(usd=1_000_000, long=USD)
    dollar = price(1)
    prices = Prices(price(5000), price(5000), dollar, dollar, dollar, dollar)
    basin.pool.lent = tokens(1)
    basin.treasury.amount = dollars(4999)
    with pytest.raises(Refusal) as refusal:
        repay_lent(basin.pool, prices, tokens(1), basin.treasury)
    assert (refusal.value.code, refusal.value.value) == ("wallet-too-small", dollars(5000))
    basin.treasury.amount = dollars(5000)
    assert repay_lent(basin.pool, prices, tokens(1), basin.treasury) == [dollars(2500)] * 2


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 10**9), st.integers(0, 40), st.integers(1, 10**9))
def test_upkeep_never_costs_the_liquidity_providers(
    amount: int, spread: int, returned: int
) -> None:
    """GM-IMP-10, 11: the lowest price of GM does not fall, whatever the spread."""
    basin = filled()
    prices = at(5000, spread)
    before = gm_price(basin.pool, prices, DEPOSITS, False)
    take_surplus(basin.pool, prices, amount, basin.treasury)
    after = gm_price(basin.pool, prices, DEPOSITS, False)
    assert after >= before - 1
    basin.pool.lent = tokens(10)
    before = gm_price(basin.pool, prices, DEPOSITS, False)
    basin.treasury.purse(1).amount, basin.treasury.amount = tokens(100), dollars(100_000)
    repay_lent(basin.pool, prices, returned, basin.treasury)
    assert gm_price(basin.pool, prices, DEPOSITS, False) >= before - 1

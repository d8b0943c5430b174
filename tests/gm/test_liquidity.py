"""Deposits, withdrawals and shifts: what they mint and pay, what is refused, and nobody gains."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gm.pools import LP, USD, Basin, at, dollars, fine, laboratory, rate, tokens
from seawall.engine.designs.gm.liquidity import (
    LOCKED,
    plan_deposit,
    plan_shift,
    plan_withdrawal,
)
from seawall.engine.designs.gm.params import Params, SwapParams
from seawall.engine.designs.gm.presets import preset
from seawall.engine.designs.gm.tokens import LONG, SHORT, Token
from seawall.engine.designs.gm.value import DEPOSITS, gm_price
from seawall.engine.errors import Refusal
from seawall.engine.venue import Account

PRICES = at(5000)


def refused(basin: Basin, act: Callable[[], object]) -> Refusal:
    before = basin.pool.state()
    with pytest.raises(Refusal) as refusal:
        act()
    assert basin.pool.state() == before
    return refusal.value


def charging(**more: int) -> Params:
    params = laboratory()
    terms = {"negative": 0, "positive": 0, "deposit_improved": 0, "deposit_worsened": 0}
    params.swap = SwapParams(**{**terms, "withdrawal": 0, **more})
    return params


def test_gm_is_minted_at_the_highest_value_and_paid_at_the_lowest() -> None:
    """GM-LP-1, 5: a spread of 10 on either side of 5 000 costs who goes in and out."""
    basin = Basin(eth=1000)
    prices = at(5000, 10)
    minted = basin.deposit(tokens(10), 0, prices)
    assert minted == dollars(5_000_000) * 499 // 501 // 100
    long, _ = basin.withdraw(minted, prices)
    assert long < tokens(10) * 499 // 501


def test_the_first_deposit_takes_what_lies_there() -> None:
    """GM-LP-2: with no GM outstanding a dollar of value is one GM, dust included."""
    basin = Basin()
    basin.pool.short_pot.amount = dollars(5)
    assert basin.deposit(0, dollars(100), PRICES) == dollars(105)


def test_impact_is_shared_out_over_the_legs() -> None:
    """GM-LP-3: by their dollars; the charge goes to the swap impact pools of both tokens."""
    basin = Basin(eth=100, usd=500_000)
    basin.params.swap = charging(negative=fine("1e-8")).swap
    minted = basin.deposit(tokens(30), dollars(50_000), PRICES)
    assert minted == dollars(200_000 - 100)
    assert basin.pool.impact_long.amount == tokens("0.015")
    assert basin.pool.impact_short.amount == dollars(25)


def test_positive_impact_mints_from_the_other_impact_pool() -> None:
    """GM-LP-3: as far as it holds; the tokens join the pool."""
    basin = Basin(eth=100)
    basin.params.swap = charging(negative=fine("1e-8"), positive=fine("1e-8")).swap
    basin.pool.impact_long.amount = tokens("0.002")
    minted = basin.deposit(0, dollars(100_000), PRICES)
    assert minted == dollars(100_010)  # the impact is 2 400, the impact pool holds 10
    assert basin.pool.amount(LONG) == tokens("100.002")
    assert basin.pool.impact_long.amount == 0
    basin.pool.impact_long.amount = tokens(2)
    assert basin.deposit(0, dollars(100_000), PRICES) > dollars(100_000)


def test_the_second_leg_pays_the_value_that_the_first_has_left() -> None:
    """GM-LP-1: the long leg's fee is in the pool when the short leg mints."""
    params = charging(deposit_worsened=rate("0.01"), deposit_improved=rate("0.01"))
    basin = Basin(charging(), eth=1000)
    basin.params.swap = params.swap
    minted = basin.deposit(tokens(100), dollars(500_000), PRICES)
    first = dollars(495_000)
    supply, worth = dollars(5_000_000) + first, dollars(5_500_000)
    assert minted == first + supply * dollars(495_000) // worth
    assert minted < 2 * first


def test_a_fee_goes_to_the_pool_the_treasury_and_the_interface() -> None:
    """GM-LP-1: of 0.05 % the treasury has 37 %; the interface comes on top."""
    params = charging(deposit_improved=rate("0.0005"), deposit_worsened=rate("0.0005"))
    params.swap_receiver = rate("0.37")
    basin = Basin(params)
    plan = plan_deposit(basin.pool, PRICES, 0, dollars(1000), 0, rate("0.01"))
    interface = Account(9)
    plan.commit(
        basin.full(LONG, 0), basin.full(SHORT, dollars(1000)), LP, basin.treasury, interface
    )
    assert basin.treasury.amount == dollars("0.185")
    assert interface.amount == dollars(1)
    assert plan.minted == dollars("998.5")
    assert basin.pool.amount(SHORT) == dollars("998.815")


def test_a_withdrawal_has_its_fee_and_an_atomic_one_another() -> None:
    """GM-LP-6, 13: 0.07 % of both tokens, or 0.5 % at once."""
    basin = Basin(preset("eth-usdc"), eth=1000, usd=5_000_000)
    supply = basin.pool.shares.total_supply()
    plan = plan_withdrawal(basin.pool, PRICES, supply // 10)
    whole = plan_withdrawal(basin.pool, PRICES, supply // 10, shift=True)
    for fee, found in (
        (rate("0.0007"), plan),
        (rate("0.005"), plan_withdrawal(basin.pool, PRICES, supply // 10, atomic=True)),
    ):
        gross = whole.short.out
        assert gross - found.short.out == -(-gross * fee // 10**12)
    interface = plan_withdrawal(basin.pool, PRICES, supply // 10, 0, 0, rate("0.001"))
    assert interface.short.ui == -(-whole.short.out // 1000)


def test_a_withdrawal_can_be_taken_back() -> None:
    """GM-LP-12: when a swap after it is refused, all is as it was."""
    basin = Basin(preset("eth-usdc"), eth=1000, usd=5_000_000)
    before = basin.pool.state(), basin.treasury.amount
    plan = plan_withdrawal(basin.pool, PRICES, dollars(1000), 0, 0, rate("0.001"))
    long, short, interface = basin.full(LONG, 0), basin.full(SHORT, 0), Account(9)
    plan.commit(long, short, LP, basin.treasury, interface)
    assert short.amount == plan.short.out > 0
    plan.revert(long, short, LP, basin.treasury, interface)
    assert (basin.pool.state(), basin.treasury.amount) == before
    assert (long.amount, short.amount, interface.amount) == (0, 0, 0)


def test_a_single_token_pool_pays_both_halves() -> None:
    """GM-LP-5: the halves of a withdrawal are rounded down each."""
    basin = Basin(usd=1001, long=USD)
    assert basin.pool.amount(LONG) == dollars("500.5")
    assert basin.withdraw(dollars(10), at(1)) == (dollars(5), dollars(5))


def test_what_a_deposit_may_not_do() -> None:
    """GM-LP-4: caps on the pool, winners above their cap, too little GM, nothing at all."""
    basin = Basin(eth=100, usd=500_000)
    pool = basin.pool

    def met(long: int, short: int, code: str, value: int, bound: int, least: int = 0) -> None:
        refusal = refused(basin, lambda: plan_deposit(pool, PRICES, long, short, least))
        assert (refusal.code, refusal.value, refusal.bound) == (code, value, bound)

    met(0, 0, "empty-deposit", 0, 0)
    met(0, dollars(10), "below-least", dollars(10), dollars(11), dollars(11))
    basin.params.max_pool_long = tokens(101)
    met(tokens(2), 0, "beyond-pool-cap", tokens(102), tokens(101))
    basin.params.max_deposit_short = dollars(500_010)
    met(0, dollars(11), "beyond-deposit-cap", dollars(500_011), dollars(500_010))
    basin.params.swap = charging(negative=fine("1e-3")).swap
    met(tokens(1), 0, "impact-above-amount", tokens(5), tokens(1))
    basin.open(True, 1, size=tokens(70))
    met(tokens(1), 0, "beyond-pnl-cap", 699_998_000_000, rate("0.6"))


def test_positive_impact_may_not_lift_the_other_token_above_its_cap() -> None:
    """GM-LP-4: the cap on tokens holds for what the impact pool adds, the one on dollars not."""
    basin = Basin(eth=100)
    basin.params.swap = charging(negative=fine("1e-8"), positive=fine("1e-8")).swap
    basin.pool.impact_long.amount = tokens(1)
    basin.params.max_deposit_long = 0
    plan_deposit(basin.pool, PRICES, 0, dollars(1000))
    basin.params.max_pool_long = tokens(100)
    refusal = refused(basin, lambda: plan_deposit(basin.pool, PRICES, 0, dollars(1000)))
    assert (refusal.code, refusal.bound) == ("beyond-pool-cap", tokens(100))


def test_a_pool_that_is_worth_nothing_is_closed() -> None:
    """GM-LP-4, 6: with GM outstanding nothing enters at no price, and nothing leaves."""
    basin = Basin(usd=1000)
    basin.pool.short_pot.amount = 0
    refusal = refused(basin, lambda: plan_deposit(basin.pool, PRICES, 0, dollars(1)))
    assert refusal.code == "worthless-pool"
    refusal = refused(basin, lambda: plan_withdrawal(basin.pool, PRICES, dollars(1)))
    assert (refusal.code, refusal.value) == ("worthless-pool", 0)


def test_what_a_withdrawal_may_not_do() -> None:
    """GM-LP-6: more than there is, against reserves and winners' caps, or below what was asked."""
    basin = Basin(eth=1000, usd=1_000_000)
    pool = basin.pool

    def met(shares: int, code: str, value: int, bound: int, *least: int) -> None:
        refusal = refused(basin, lambda: plan_withdrawal(pool, PRICES, shares, *least))
        assert (refusal.code, refusal.value, refusal.bound) == (code, value, bound)

    met(dollars(6_000_001), "beyond-supply", dollars(6_000_001), dollars(6_000_000))
    met(dollars(6000), "below-least", tokens(1), tokens(1) + 1, tokens(1) + 1)
    met(dollars(6000), "below-least", dollars(1000), dollars(1001), 0, dollars(1001))
    basin.open(False, 499_000)
    met(dollars(60_000), "beyond-reserve", dollars(499_000), dollars(495_000))
    pool.impact_pool, pool.lent = 0, tokens(10)
    basin.params.impact.lent_at_withdrawal = rate("0.005")
    refusal = refused(basin, lambda: plan_withdrawal(pool, PRICES, dollars(60)))
    assert (refusal.code, refusal.value) == ("beyond-lent", dollars(50_000))
    basin.params.impact.lent_at_withdrawal = rate(1)
    pool.lent = 0
    basin.open(True, 0, size=tokens(310))
    pool.change_interest(True, SHORT, dollars(1), 0)
    refusal = refused(basin, lambda: plan_withdrawal(pool, PRICES, dollars(6)))
    assert (refusal.code, refusal.bound) == ("beyond-pnl-cap", rate("0.3"))


def test_a_withdrawal_of_more_than_the_token_there_is() -> None:
    """GM-LP-6: traders' losses make the GM worth more than the pool holds."""
    basin = Basin(usd=1000)
    basin.params.shorts.reserve = 100 * rate(1)
    basin.open(False, 900, size=tokens(1))
    refusal = refused(basin, lambda: plan_withdrawal(basin.pool, PRICES, dollars(1000)))
    assert (refusal.code, refusal.value, refusal.bound) == (
        "pool-empty",
        dollars(5100),
        dollars(1000),
    )


def test_the_first_deposit_may_have_to_be_locked() -> None:
    """GM-LP-7: where the market asks for it, and with enough GM; later ones are free."""
    params = charging()
    params.first_deposit = dollars(100)
    basin = Basin(params)
    pool = basin.pool
    for amount, locked in ((dollars(1000), False), (dollars(99), True)):
        refusal = refused(
            basin,
            lambda amount=amount, locked=locked: plan_deposit(
                pool, PRICES, 0, amount, locked=locked
            ),
        )
        assert (refusal.code, refusal.value, refusal.bound) == (
            "first-deposit",
            amount,
            dollars(100),
        )
    plan = plan_deposit(pool, PRICES, 0, dollars(100), locked=True)
    plan.commit(basin.full(LONG, 0), basin.full(SHORT, dollars(100)), LOCKED, basin.treasury, None)
    assert pool.shares.balance_of(LOCKED) == dollars(100)
    assert basin.deposit(0, dollars(5), PRICES) == dollars(5)
    pool.audit()


def test_a_shift_moves_liquidity_without_fees() -> None:
    """GM-LP-8: between markets of the same tokens; both prices stay what they were."""
    source = Basin(preset("eth-usdc"), eth=1000, usd=5_000_000)
    target = Basin(preset("eth-usdc"), eth=500, usd=2_500_000)
    target.params.swap.negative = 0
    before = gm_price(target.pool, PRICES, DEPOSITS, True)
    shares = dollars(10_000)
    plan = plan_shift(source.pool, PRICES, target.pool, PRICES, shares)
    held = source.pool.shares.balance_of(LP)
    plan.commit(LP, Account(0))
    assert source.pool.shares.balance_of(LP) == held - shares
    after = gm_price(target.pool, PRICES, DEPOSITS, True)
    assert 0 <= after - before <= 1
    assert plan.entry.minted <= target.pool.shares.total_supply()


def test_shifts_that_lead_nowhere_are_refused() -> None:
    """GM-LP-8."""
    source, other = Basin(eth=10), Basin(eth=10, long=Token("BTC", 2, 8))
    for target, code in ((source, "same-market"), (other, "other-tokens")):
        refusal = refused(
            source,
            lambda target=target: plan_shift(source.pool, PRICES, target.pool, PRICES, dollars(1)),
        )
        assert refusal.code == code


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**10),
    st.integers(0, 5 * 10**10),
    st.integers(0, 30),
    st.integers(0, 10**10),
    st.integers(0, 10**9),
    st.integers(0, 20),
)
def test_depositing_and_withdrawing_never_gains(
    long: int, short: int, spread: int, factor: int, fee: int, won: int
) -> None:
    """GM-LP-9: what comes out is worth no more than what went in, and every unit is somewhere."""
    basin = Basin(eth=1000, usd=5_000_000)
    basin.open(True, 1_000_000)
    basin.params.swap = charging(
        negative=factor, positive=factor, deposit_improved=fee, deposit_worsened=fee
    ).swap
    prices = at(5000 + won, spread)
    if long + short == 0:
        return
    held = [basin.pool.pot(token).amount for token in (LONG, SHORT)]
    try:
        minted = basin.deposit(long, short, prices)
    except Refusal as refusal:
        assert refusal.code in ("impact-above-amount", "below-least")  # noqa: PT017
        return
    got_long, got_short = basin.withdraw(minted, prices)
    mid = 5000 + won
    assert got_long * mid + got_short * 100 <= long * mid + short * 100
    for token, paid, got in ((LONG, long, got_long), (SHORT, short, got_short)):
        there = basin.pool.pot(token).amount + basin.pool.swap_impact(token).amount
        assert there == held[token] + paid - got


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 10**10)), min_size=1, max_size=8))
def test_the_price_of_gm_never_falls_by_who_comes_and_goes(
    moves: list[tuple[bool, int]],
) -> None:
    """GM-LP-9: rounding and fees stay with those who remain."""
    basin = Basin(preset("eth-usdc"), eth=1000, usd=5_000_000)
    for entering, amount in moves:
        before = gm_price(basin.pool, PRICES, DEPOSITS, True)
        try:
            if entering:
                basin.deposit(amount // 5, amount, PRICES)
            else:
                basin.withdraw(amount, PRICES)
        except Refusal:
            continue
        assert gm_price(basin.pool, PRICES, DEPOSITS, True) >= before

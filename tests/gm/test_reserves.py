"""What the pool must keep and what may stand against it: checks that are told apart."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gm.pools import Basin, at, dollars, fine, laboratory, price, rate, tokens
from seawall.engine.designs.gm import borrowing, reserves
from seawall.engine.designs.gm.tokens import LONG, SHORT
from seawall.engine.errors import LimitReached


def refused(check: Callable[[], None]) -> LimitReached:
    with pytest.raises(LimitReached) as refusal:
        check()
    return refusal.value


def backed(reserve: str = "1", interest: str = "1") -> Basin:
    """The pool of the source's example: 5 000 ETH at 3 000 and 10 M dollars."""
    params = laboratory()
    for side in (params.longs, params.shorts):
        side.reserve = rate(reserve)
        side.interest_reserve = rate(interest)
    return Basin(params, eth=5000, usd=10_000_000, price_of_eth=3000)


def test_longs_are_opened_as_far_as_the_pool_has_their_token() -> None:
    """GM-RES-2: section 8.3: with 12 M of longs on 15 M of ETH, 5 M more do not fit, 2 M do."""
    basin = backed()
    basin.open(True, 12_000_000, entry=3000)
    pool, prices = basin.pool, at(3000)
    value = refused(
        lambda: reserves.check_interest_reserve(
            pool, prices, True, dollars(5_000_000), tokens("1666.66666667")
        )
    )
    assert value.code == "beyond-interest-reserve"
    assert value.value == dollars("17000000.00001")
    assert value.bound == dollars(15_000_000)
    reserves.check_interest_reserve(pool, prices, True, dollars(2_000_000), tokens("666.666667"))


def test_shorts_reserve_what_they_were_opened_at() -> None:
    """GM-RES-2: section 8.3: 8 M of shorts on 10 M dollars leave room for 2 M, at any price."""
    basin = backed()
    basin.open(False, 8_000_000, entry=3000)
    for eth in (1000, 3000, 90_000):
        reserves.check_interest_reserve(basin.pool, at(eth), False, dollars(2_000_000), 0)
        value = refused(
            lambda eth=eth: reserves.check_interest_reserve(
                basin.pool, at(eth), False, dollars(2_000_000) + 1, 0
            )
        )
        assert (value.value, value.bound) == (dollars(10_000_000) + 1, dollars(10_000_000))


def test_exits_have_a_little_more_room_than_openings() -> None:
    """GM-RES-1: the reserve factor is tested where the pool shrinks, and apart from the other."""
    basin = backed("0.5", "0.45")
    basin.open(False, 4_500_000, entry=3000)
    pool, prices = basin.pool, at(3000)
    assert refused(lambda: reserves.check_interest_reserve(pool, prices, False, 1)).value == (
        dollars(4_500_000) + 1
    )
    reserves.check_reserve(pool, prices, False, 0, 0, dollars(1_000_000))
    value = refused(lambda: reserves.check_reserve(pool, prices, False, 0, 0, dollars(1_000_001)))
    assert value.code == "beyond-reserve"
    assert (value.value, value.bound) == (dollars(4_500_000), dollars("4499999.5"))


@pytest.mark.parametrize(("reserve", "interest"), [("0.5", "0.45"), ("0.45", "0.5")])
@pytest.mark.parametrize("added", [0, 1, 500_000_000_000, 500_000_000_001])
def test_an_opening_is_refused_as_by_either_reserve(
    reserve: str, interest: str, added: int
) -> None:
    """GM-RES-1 and GM-RES-2: asked together they refuse what the first of them refuses."""
    basin = backed(reserve, interest)
    basin.open(False, 4_000_000, entry=3000)
    codes = []
    for ask in (
        lambda: (
            reserves.check_reserve(basin.pool, at(3000), False, added, 0),
            reserves.check_interest_reserve(basin.pool, at(3000), False, added, 0),
        ),
        lambda: reserves.check_opening(basin.pool, at(3000), False, added, 0),
    ):
        try:
            ask()
            codes.append(None)
        except LimitReached as refusal:
            codes.append((refusal.code, refusal.value, refusal.bound))
    assert codes[0] == codes[1]
    assert (codes[0] is None) == (added <= 500_000_000_000)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(price(1), price(1_000_000)),
    st.integers(price(1), price(1_000_000)),
    st.integers(1, 10**13),
)
def test_tokens_in_reserve_always_cover_the_longs(entry: int, now: int, size: int) -> None:
    """GM-RES-6: section 8.3: the reserve less the profit is what the longs were opened at.

    At any later price, where the index is the token that is kept: reserve - profit = size.
    """
    basin = backed()
    amount = size * 10**12 // entry
    basin.pool.change_interest(True, LONG, size, amount)
    eth = now / 10**10
    prices = at(eth)
    kept = borrowing.reserved(basin.pool, prices, True)
    if amount > 0:
        assert kept - basin.pool.result(True, prices.index_max) == size


def test_open_interest_has_a_cap_of_its_own() -> None:
    """GM-RES-4: whatever the reserve; at the cap is still inside."""
    basin = backed()
    basin.params.longs.max_interest = dollars(1000)
    basin.open(True, 400)
    reserves.check_interest(basin.pool, True, dollars(600))
    value = refused(lambda: reserves.check_interest(basin.pool, True, dollars(600) + 1))
    assert value.code == "beyond-interest-cap"
    assert (value.value, value.bound) == (dollars(1000) + 1, dollars(1000))
    reserves.check_interest(basin.pool, False, dollars(2000))


def test_the_collateral_of_a_side_has_a_cap() -> None:
    """GM-RES-5: per side and token; taking off is never refused."""
    basin = backed()
    basin.params.max_collateral_sum = 1000
    basin.pool.change_collateral(True, SHORT, 900)
    value = refused(lambda: reserves.check_collateral_sum(basin.pool, True, SHORT, 101))
    assert value.code == "beyond-collateral-sum"
    assert (value.value, value.bound) == (1001, 1000)
    reserves.check_collateral_sum(basin.pool, True, LONG, 101)
    basin.params.max_collateral_sum = 0
    reserves.check_collateral_sum(basin.pool, True, SHORT, -1)


def test_leverage_falls_as_a_side_grows() -> None:
    """GM-RES-7: 6e-11 per dollar: 200x (0.5 %) to 83 M dollars, 166x at 100 M."""
    basin = backed()
    basin.params.min_collateral = rate("0.005")
    basin.params.longs.collateral_multiplier = fine("6e-11")
    assert reserves.collateral_factor(basin.pool, True, 0) == rate("0.005")
    assert reserves.collateral_factor(basin.pool, True, dollars(83_000_000)) == rate("0.005")
    assert reserves.collateral_factor(basin.pool, True, dollars(100_000_000)) == rate("0.006")
    basin.open(True, 100_000_000)
    assert reserves.collateral_factor(basin.pool, True, -dollars(100_000_000)) == rate("0.005")


def test_the_pool_has_caps_in_tokens_and_in_dollars() -> None:
    """GM-LP-4: tokens after any entry, dollars at the highest price after a deposit."""
    basin = backed()
    basin.params.max_pool_long = tokens(6000)
    basin.params.max_deposit_long = dollars(17_000_000)
    reserves.check_pool_amount(basin.pool, LONG, tokens(6000))
    value = refused(lambda: reserves.check_pool_amount(basin.pool, LONG, tokens(6000) + 1))
    assert (value.code, value.bound) == ("beyond-pool-cap", tokens(6000))
    reserves.check_deposit_usd(basin.pool, at(3000), LONG, tokens(5600))
    value = refused(
        lambda: reserves.check_deposit_usd(basin.pool, at(3000, 100), LONG, tokens(5600))
    )
    assert value.code == "beyond-deposit-cap"
    assert (value.value, value.bound) == (dollars(17_360_000), dollars(17_000_000))


def test_usage_of_an_empty_pool_is_nothing() -> None:
    """GM-RES-3."""
    basin = Basin(usd=1000)
    assert reserves.usage(basin.pool, at(5000), True) == 0

"""Fees of a change of a position: which, from what, for whom; and what a referral gives back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gm.pools import Basin, dollars, fine, price, rate, tokens
from seawall.engine.designs.gm.fees import Referral, position_fees
from seawall.engine.designs.gm.presets import preset
from seawall.engine.designs.gm.tokens import LONG, SHORT
from seawall.engine.errors import BadParameters

SIZE = dollars(100_000)


def paying() -> Basin:
    """Fees of the ETH-USDC market; its longs have run up a thousandth, and funding as well."""
    basin = Basin(preset("eth-usdc"), eth=1000, usd=5_000_000)
    basin.pool.cumulative_long = fine("0.001")
    basin.pool.book(True, SHORT).fee_per_size = 10**21 // 2000
    return basin


def test_position_fees_go_by_the_balance_and_the_rest_by_the_whole_size() -> None:
    """GM-FEE-1, 3: 0.04 % or 0.06 % of the change, the others of the size before."""
    pool = paying().pool
    change = dollars(20_000)
    good = position_fees(pool, True, SHORT, price(1), change, SIZE, 0, 0, True)
    assert (good.position, good.borrowing, good.funding) == (
        dollars(8),
        dollars(100),
        dollars(50),
    )
    assert (good.liquidation, good.ui, good.discount, good.affiliate) == (0, 0, 0, 0)
    bad = position_fees(pool, True, SHORT, price(1), change, SIZE, 0, 0, False)
    assert bad.position == dollars(12)
    assert bad.ex_funding == dollars(112)
    assert bad.total == dollars(162)


def test_the_treasury_has_its_part_and_the_pool_the_rest() -> None:
    """GM-FEE-4: 37 % of position, borrowing and liquidation fees."""
    pool = paying().pool
    fees = position_fees(pool, True, SHORT, price(1), SIZE, SIZE, 0, 0, False, liquidation=True)
    assert (fees.position, fees.borrowing, fees.liquidation) == (
        dollars(60),
        dollars(100),
        dollars(200),
    )
    assert fees.receiver == dollars("133.2")
    assert fees.to_pool == dollars("226.8")
    assert fees.ex_funding == dollars(360)


def test_fees_in_eth_are_rounded_up_at_its_price() -> None:
    """GM-FEE-1: 60 dollars at 3 333.33 are 0.01800001.8 ETH, so 0.01800002."""
    fees = position_fees(paying().pool, True, LONG, price("3333.33"), SIZE, 0, 0, 0, False)
    assert fees.position == tokens("0.01800002")


def test_an_interface_takes_no_more_than_the_most_it_may() -> None:
    """GM-FEE-3: on top, from the size changed: 0.1 %."""
    pool = paying().pool
    for asked, paid in ((rate("0.0005"), 50), (rate("0.01"), 100)):
        fees = position_fees(pool, True, SHORT, price(1), SIZE, 0, 0, 0, False, False, None, asked)
        assert fees.ui == dollars(paid)
        assert fees.total == dollars(60 + paid)


@pytest.mark.parametrize(
    ("referral", "discount", "affiliate"),
    [
        (Referral(9, rate("0.1"), rate("0.4")), "2.4", "3.6"),
        (Referral(9, rate("0.1"), rate("0.4"), rate("0.03")), "2.4", "3.6"),
        (Referral(9, rate("0.1"), rate("0.4"), rate("0.07")), "4.2", "1.8"),
        (Referral(9, rate("0.1"), rate("0.4"), rate("0.2"), rate("0.01")), "12", "0.6"),
    ],
    ids=["tier", "a smaller discount of one's own", "a greater one", "beyond the rebate"],
)
def test_a_referral_gives_part_of_the_position_fee_back(
    referral: Referral, discount: str, affiliate: str
) -> None:
    """GM-FEE-2: the better of the two discounts; the affiliate keeps what is left, or the least."""
    fees = position_fees(
        paying().pool, True, SHORT, price(1), SIZE, 0, 0, 0, False, False, referral
    )
    assert (fees.discount, fees.affiliate) == (dollars(discount), dollars(affiliate))
    assert fees.total == dollars(60) - dollars(discount)
    assert fees.receiver + fees.to_pool == dollars(60) - fees.discount - fees.affiliate


@pytest.mark.parametrize(
    ("terms", "word"),
    [
        ((rate(2), 0), "rebate"),
        ((0, -1), "discount"),
        ((0, 0, rate(2)), "pro"),
        ((rate("0.1"), 0, 0, rate("0.2")), "least"),
        ((rate("0.2"), 0, rate(1), rate("0.1")), "above the whole fee"),
    ],
)
def test_a_referral_that_gives_more_than_there_is_is_refused(
    terms: tuple[int, ...], word: str
) -> None:
    """GM-FEE-2."""
    with pytest.raises(BadParameters, match=word):
        Referral(9, *terms)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**14),
    st.integers(0, 10**14),
    st.booleans(),
    st.booleans(),
    st.integers(0, 10**12),
    st.integers(0, 10**12),
)
def test_every_unit_that_is_paid_belongs_to_somebody(
    change: int, size: int, improved: bool, liquidation: bool, rebate: int, discount: int
) -> None:
    """GM-FEE-4."""
    fees = position_fees(
        paying().pool,
        True,
        LONG,
        price("4321.09"),
        change,
        size,
        0,
        0,
        improved,
        liquidation,
        Referral(9, rebate, discount),
        rate("0.0005"),
    )
    assert fees.ex_funding == fees.to_pool + fees.receiver + fees.ui + fees.affiliate
    assert min(fees.to_pool, fees.receiver, fees.ui, fees.affiliate, fees.discount) >= 0

"""Parameter sets: the real markets by name, and what no market may be run with."""

from collections.abc import Callable

import pytest

from gm.pools import dollars, fine, rate, tokens
from seawall.engine.designs.gm.params import (
    FundingParams,
    ImpactParams,
    Params,
    SideParams,
    SwapParams,
    yearly,
)
from seawall.engine.designs.gm.presets import NAMES, preset
from seawall.engine.errors import BadParameters


def test_rates_of_a_year_are_rounded_down_to_the_second() -> None:
    """GM-PRE-1: the protocol's stored values, cut to 1e-18."""
    published = {
        45: 14269406392694063926940,
        50: 15854895991882293252156,
        55: 17440385591070522577371,
        75: 23782343987823439878234,
        90: 28538812785388127853881,
        100: 31709791983764586504312,
        130: 41222729578893962455606,
        1: 317097919837645865043,
    }
    for percent, stored in published.items():
        assert yearly(percent) == stored // 10**12


@pytest.mark.parametrize(
    ("name", "increase", "decrease", "most"),
    [
        ("eth-usdc", 2202068887761429618, 137629305485089351, 75),
        ("ape-usdc", 2642482665313715542, 165155166582107221, 90),
        ("trump", 2936091850348572824, 183505740646785801, 100),
    ],
)
def test_funding_reaches_its_most_within_three_hours(
    name: str, increase: int, decrease: int, most: int
) -> None:
    """GM-PRE-1: the three funding sets: Low, Default, High."""
    funding = preset(name).funding
    assert funding.increase == increase // 10**6
    assert abs(funding.decrease - decrease // 10**6) <= 1
    assert (funding.least, funding.most) == (yearly(1), yearly(most))
    assert (funding.stable, funding.threshold_decrease) == (rate("0.04"), 0)


TABLE = {
    "eth-usdc": ("9e-11", "3e-11", 2, 110_000_000, "2.75", "6e-11", 32_000, 100_000_000, "0.002"),
    "btc-usdc": ("9e-11", "3e-11", 2, 95_000_000, "3.5", "6e-11", 2_200, 110_000_000, "0.002"),
    "link-usdc": (
        "3e-10",
        "1e-10",
        2.2,
        3_800_000,
        "3.05",
        "2.22e-10",
        690_000,
        13_000_000,
        "0.002",
    ),
    "ape-usdc": (
        "5e-10",
        "2.5e-10",
        2.2,
        1_000_000,
        "1.05",
        "2.5e-9",
        1_800_000,
        2_000_000,
        "0.002",
    ),
    "fartcoin": ("5e-7", "2.5e-7", 1.7, 1_950_000, "1.05", "5.56e-9", 37, 4_600_000, "0.003"),
    "trump": ("9.39e-7", "6.26e-7", 1.7, 100_000, "1.05", "1.11e-8", 1_818, 3_600_000, "0.0045"),
}


@pytest.mark.parametrize("name", TABLE)
def test_a_real_market_has_its_own_figures(name: str) -> None:
    """GM-PRE-1: impact, caps, reserves, leverage and liquidation fee of six markets."""
    negative, positive, exponent, interest, reserve, slope, long, short, penalty = TABLE[name]
    params = preset(name)
    impact = params.impact
    assert (impact.negative, impact.positive) == (fine(negative), fine(positive))
    assert (impact.exponent_negative, impact.exponent_positive) == (rate(exponent), rate(1))
    assert (impact.max_negative, impact.max_positive) == (rate("0.005"), rate("0.004"))
    for side in (params.longs, params.shorts):
        assert side.max_interest == dollars(interest)
        assert side.reserve - side.interest_reserve == rate("0.05")
        assert side.reserve == rate(reserve)
        assert side.collateral_multiplier == fine(slope)
    assert (params.max_pool_long, params.max_pool_short) == (tokens(long), dollars(short))
    assert params.liquidation_fee == rate(penalty)
    assert (params.fee_improved, params.fee_worsened) == (rate("0.0004"), rate("0.0006"))


def test_small_markets_take_their_winners_earlier() -> None:
    """GM-PRE-1: caps on profit and borrowing above the kink, and the fees of swaps."""
    wild, calm = preset("fartcoin").longs, preset("btc-usdc").longs
    caps = [(s.pnl_traders, s.pnl_adl, s.pnl_after_adl, s.pnl_withdrawals) for s in (calm, wild)]
    assert caps == [
        (rate("0.9"), rate("0.85"), rate("0.77"), rate("0.7")),
        (rate("0.6"), rate("0.55"), rate("0.5"), rate("0.45")),
    ]
    assert (calm.optimal_usage, calm.above_borrowing) == (rate("0.85"), yearly(90))
    assert (wild.optimal_usage, wild.above_borrowing) == (rate("0.75"), yearly(130))
    assert preset("btc-usdc").swap.atomic_swap == rate("0.0075")
    assert preset("ape-usdc").swap.atomic_swap == rate("0.03")
    assert preset("eth-single").swap.fee_worsened == 0


def test_every_preset_is_fresh() -> None:
    """GM-PRE-1: changing one leaves the next as it was; an unknown name is refused."""
    for name in NAMES:
        first = preset(name)
        first.longs.reserve = 1
        assert preset(name).longs.reserve > 1
        assert first.shorts.reserve > 1
    with pytest.raises(BadParameters, match="no preset 'doge'"):
        preset("doge")


@pytest.mark.parametrize(
    ("build", "word"),
    [
        (lambda: ImpactParams(negative=10**16), "negative 1"),
        (lambda: ImpactParams(exponent_negative=10**11), "exponent_negative"),
        (lambda: ImpactParams(max_negative=-1), "max_negative"),
        (lambda: SwapParams(exponent=4 * 10**12), "swap exponent"),
        (lambda: SwapParams(withdrawal=10**12), "withdrawal"),
        (lambda: FundingParams(least=2, most=1), "least 2"),
        (lambda: FundingParams(stable=1, threshold_decrease=2), "threshold_decrease 2"),
        (lambda: FundingParams(increase=10**19), "increase"),
        (lambda: SideParams(pnl_adl=1, pnl_after_adl=2), "pnl_after_adl 2"),
        (lambda: SideParams(optimal_usage=10**13), "optimal_usage"),
        (lambda: SideParams(max_interest=10**19), "max_interest"),
        (lambda: Params(swap_receiver=10**13), "swap_receiver"),
        (lambda: Params(fee_worsened=10**12), "fee_worsened"),
        (lambda: Params(distribution_rate=-1), "distribution_rate"),
        (lambda: Params(request_expiry=0), "request_expiry"),
    ],
)
def test_nonsense_is_refused_with_the_field_and_its_value(
    build: Callable[[], object], word: str
) -> None:
    """GM-PRE-2."""
    with pytest.raises(BadParameters, match=word):
        build()

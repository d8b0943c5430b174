"""Parameter sets of real GM markets by name, and the protocol's test environment.

Source: gmx-io/gmx-synthetics, config/markets.ts and config/general.ts (Arbitrum, March 2026). On
chain a risk oracle and keepers change many of these; they are realistic, not current. A fresh set
is built at every call, so that a caller may change what it gets.
"""

from typing import Final

from seawall.engine.designs.gm.params import (
    FundingParams,
    ImpactParams,
    Params,
    SideParams,
    SwapParams,
    yearly,
)
from seawall.engine.errors import BadParameters
from seawall.engine.fixed import DOLLAR, MAX_DOLLARS, TOKEN

_DOLLARS: Final = 10**6
_TOKENS: Final = 10**8
_BP: Final = 10**8
_PERCENT: Final = 10**10
_ONE: Final = 10**12
_THREE_HOURS: Final = 10_800
_TWO_DAYS: Final = 172_800


def _funding(percent: int) -> FundingParams:
    """Adaptive funding that reaches ``percent`` a year within three hours at full imbalance."""
    per_year = percent * 10**22 // 31_536_000
    return FundingParams(
        increase=per_year // _THREE_HOURS,
        decrease=per_year // _TWO_DAYS,
        least=yearly(1),
        most=yearly(percent),
    )


def _sides(
    interest: int,
    reserve: int,
    multiplier: int,
    kink: tuple[int, int, int],
    pnl: tuple[int, int, int, int, int],
) -> tuple[SideParams, SideParams]:
    """Both sides alike: dollars, per cent, 1e-18, (optimal, base, above) and profit caps in %."""
    longs = _side(interest, reserve, multiplier, kink, pnl)
    return longs, _side(interest, reserve, multiplier, kink, pnl)


def _side(
    interest: int,
    reserve: int,
    multiplier: int,
    kink: tuple[int, int, int],
    pnl: tuple[int, int, int, int, int],
) -> SideParams:
    return SideParams(
        max_interest=interest * _DOLLARS,
        reserve=reserve * _PERCENT,
        interest_reserve=(reserve - 5) * _PERCENT,
        collateral_multiplier=multiplier,
        optimal_usage=kink[0] * _PERCENT,
        base_borrowing=yearly(kink[1]),
        above_borrowing=yearly(kink[2]),
        pnl_traders=pnl[0] * _PERCENT,
        pnl_adl=pnl[1] * _PERCENT,
        pnl_after_adl=pnl[2] * _PERCENT,
        pnl_deposits=pnl[3] * _PERCENT,
        pnl_withdrawals=pnl[4] * _PERCENT,
    )


_CALM: Final = (90, 85, 77, 90, 70)
_WILD: Final = (60, 55, 50, 60, 45)
_LOWER_MAX: Final = (85, 45, 90)
_HIGH_LOW: Final = (75, 50, 130)
_HIGH_HIGH: Final = (75, 55, 130)


def eth_usdc() -> Params:
    """ETH against WETH and USDC: the defaults."""
    return Params()


def btc_usdc() -> Params:
    """BTC against WBTC.e and USDC."""
    longs, shorts = _sides(95_000_000, 350, 60_000_000, _LOWER_MAX, _CALM)
    return Params(
        swap=SwapParams(negative=400_000_000, positive=200_000_000, atomic_swap=75 * _BP),
        longs=longs,
        shorts=shorts,
        max_pool_long=2_200 * _TOKENS,
        max_pool_short=110_000_000 * _DOLLARS,
        max_deposit_long=72_000_000 * _DOLLARS,
        max_deposit_short=72_000_000 * _DOLLARS,
        impact_floor=44 * _TOKENS,
    )


def link_usdc() -> Params:
    """LINK against LINK and USDC."""
    longs, shorts = _sides(3_800_000, 305, 222_000_000, _LOWER_MAX, _CALM)
    return Params(
        impact=ImpactParams(
            negative=300_000_000, positive=100_000_000, exponent_negative=22 * _ONE // 10
        ),
        swap=SwapParams(negative=6 * 10**9, positive=3 * 10**9),
        funding=_funding(90),
        longs=longs,
        shorts=shorts,
        max_pool_long=690_000 * _TOKENS,
        max_pool_short=13_000_000 * _DOLLARS,
        max_deposit_long=10_800_000 * _DOLLARS,
        max_deposit_short=10_800_000 * _DOLLARS,
        impact_floor=41_779 * _TOKENS,
    )


def ape_usdc() -> Params:
    """APE against APE and USDC: a small market."""
    longs, shorts = _sides(1_000_000, 105, 2_500_000_000, _HIGH_HIGH, _CALM)
    return Params(
        impact=ImpactParams(
            negative=500_000_000, positive=250_000_000, exponent_negative=22 * _ONE // 10
        ),
        swap=SwapParams(negative=30 * 10**9, positive=15 * 10**9, atomic_swap=300 * _BP),
        funding=_funding(90),
        longs=longs,
        shorts=shorts,
        min_collateral=_PERCENT,
        min_liquidation=_PERCENT,
        max_pool_long=1_800_000 * _TOKENS,
        max_pool_short=2_000_000 * _DOLLARS,
        max_deposit_long=1_500_000 * _DOLLARS,
        max_deposit_short=1_500_000 * _DOLLARS,
        impact_floor=0,
    )


def fartcoin() -> Params:
    """FARTCOIN, a synthetic index, against WBTC.e and USDC."""
    longs, shorts = _sides(1_950_000, 105, 5_560_000_000, _HIGH_LOW, _WILD)
    return Params(
        impact=ImpactParams(
            negative=500 * 10**9, positive=250 * 10**9, exponent_negative=17 * _ONE // 10
        ),
        swap=SwapParams(negative=3_500_000_000, positive=1_750_000_000, atomic_swap=75 * _BP),
        funding=_funding(100),
        longs=longs,
        shorts=shorts,
        liquidation_fee=30 * _BP,
        min_collateral=_PERCENT,
        min_liquidation=_PERCENT,
        max_pool_long=37 * _TOKENS,
        max_pool_short=4_600_000 * _DOLLARS,
        max_deposit_long=3_840_000 * _DOLLARS,
        max_deposit_short=3_840_000 * _DOLLARS,
        impact_floor=0,
    )


def trump() -> Params:
    """TRUMP, a synthetic index, against WETH and USDC."""
    longs, shorts = _sides(100_000, 105, 11_100_000_000, _HIGH_HIGH, _WILD)
    return Params(
        impact=ImpactParams(
            negative=939 * 10**9, positive=626 * 10**9, exponent_negative=17 * _ONE // 10
        ),
        swap=SwapParams(negative=4_500_000_000, positive=3_000_000_000),
        funding=_funding(100),
        longs=longs,
        shorts=shorts,
        liquidation_fee=45 * _BP,
        min_collateral=_PERCENT,
        min_liquidation=_PERCENT,
        max_pool_long=1_818 * _TOKENS,
        max_pool_short=3_600_000 * _DOLLARS,
        max_deposit_long=3_300_000 * _DOLLARS,
        max_deposit_short=3_300_000 * _DOLLARS,
        impact_floor=0,
    )


def eth_single() -> Params:
    """ETH against WETH alone: no swaps, as good as no impact."""
    longs, shorts = _sides(12_000_000, 105, 60_000_000, _LOWER_MAX, _CALM)
    return Params(
        impact=ImpactParams(negative=2_000, positive=1_000, exponent_negative=_ONE),
        swap=SwapParams(
            negative=0,
            positive=0,
            exponent=_ONE,
            fee_improved=0,
            fee_worsened=0,
            deposit_improved=0,
            deposit_worsened=0,
            withdrawal=0,
        ),
        longs=longs,
        shorts=shorts,
        liquidation_fee=30 * _BP,
        impact_floor=0,
    )


def laboratory() -> Params:
    """The protocol's test environment: no fees, no impact, no funding, 50 % reserves."""
    return Params(
        impact=ImpactParams(
            negative=0,
            positive=0,
            exponent_positive=2 * _ONE,
            max_negative=2 * _PERCENT,
            max_positive=2 * _PERCENT,
            max_liquidation=_PERCENT,
        ),
        swap=SwapParams(
            negative=0,
            positive=0,
            fee_improved=0,
            fee_worsened=0,
            deposit_improved=0,
            deposit_worsened=0,
            withdrawal=0,
            atomic_swap=0,
            atomic_withdrawal=0,
        ),
        funding=FundingParams(factor=0, increase=0, decrease=0, stable=0, least=0, most=10**11),
        longs=_laboratory_side(),
        shorts=_laboratory_side(),
        fee_improved=0,
        fee_worsened=0,
        liquidation_fee=0,
        position_receiver=0,
        borrowing_receiver=0,
        liquidation_receiver=0,
        swap_receiver=0,
        min_collateral=_PERCENT,
        min_liquidation=_PERCENT,
        max_pool_long=10**9 * int(TOKEN),
        max_pool_short=10**9 * int(DOLLAR),
        max_deposit_long=int(MAX_DOLLARS),
        max_deposit_short=int(MAX_DOLLARS),
        impact_floor=0,
        skip_smaller_side=False,
    )


def _laboratory_side() -> SideParams:
    return SideParams(
        max_interest=10**9 * _DOLLARS,
        reserve=50 * _PERCENT,
        interest_reserve=50 * _PERCENT,
        collateral_multiplier=0,
        optimal_usage=0,
        base_borrowing=0,
        above_borrowing=0,
        borrowing_factor=0,
        pnl_traders=50 * _PERCENT,
        pnl_adl=45 * _PERCENT,
        pnl_after_adl=40 * _PERCENT,
        pnl_deposits=60 * _PERCENT,
        pnl_withdrawals=30 * _PERCENT,
    )


NAMES: Final = (
    "eth-usdc",
    "btc-usdc",
    "link-usdc",
    "ape-usdc",
    "fartcoin",
    "trump",
    "eth-single",
    "laboratory",
)
"""Names of the presets."""


def preset(name: str) -> Params:
    """A fresh parameter set by name; raises :class:`BadParameters` for one that is not there."""
    builders = (
        eth_usdc,
        btc_usdc,
        link_usdc,
        ape_usdc,
        fartcoin,
        trump,
        eth_single,
        laboratory,
    )
    for place in range(len(NAMES)):
        if NAMES[place] == name:
            return builders[place]()
    raise BadParameters(f"no preset {name!r}; there are {', '.join(NAMES)}")

"""Every parameter of a GM market, with unit, default and source.

Dollars are in 1e-6, tokens in their own unit, times in milliseconds, shares of something in 1e-12
(``RATE``). Impact factors and rates per second are far smaller and are kept in 1e-18 (``FINE``).
Defaults are those of the ETH-USDC market in gmx-io/gmx-synthetics, config/markets.ts and
config/general.ts (Arbitrum); other markets are in :mod:`presets`.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.errors import BadParameters
from seawall.engine.fixed import BASIS_POINT, DAY, MAX_DOLLARS, RATE, parameter
from seawall.engine.guards import Guards
from seawall.engine.margin import Tiers
from seawall.engine.reports import OracleParams

FINE: Final[i64] = 1_000_000_000_000_000_000
"""Scale of impact factors, rates per second and borrowing indices: 1e-18."""

PERCENT: Final[i64] = 10_000_000_000
MAX_EXPONENT: Final[i64] = 3_000_000_000_000
MAX_FACTOR: Final[i64] = 1_000_000_000_000_000
"""The steepest impact factor: 1e-3 per dollar to the exponent."""

SECONDS_OF_YEAR: Final[i64] = 31_536_000


def yearly(percent: int) -> int:
    """A rate per second in 1e-18, rounded down, of whole per cent in a year."""
    return percent * int(FINE) // 100 // int(SECONDS_OF_YEAR)


def _part(field: str, value: int, most: i64 = RATE) -> i64:
    return parameter(field, value, 0, most, "1e-12")


def _fine(field: str, value: int, most: i64 = MAX_FACTOR) -> i64:
    return parameter(field, value, 0, most, "1e-18")


class ImpactParams:
    """Impact of a trade on the balance of open interest.

    ================== ======== ==============================================================
    field              default  meaning
    ================== ======== ==============================================================
    negative           9e-11    factor where the imbalance grows, 1e-18
    positive           3e-11    factor where it shrinks, 1e-18; never above ``negative``
    exponent_negative  2        exponent where the imbalance grows, 1e-12
    exponent_positive  1        where it shrinks, 1e-12; never above ``exponent_negative``
    max_negative       0.5 %    most that is charged at a close, of its size
    max_positive       0.4 %    most that is paid, of the size; never above ``max_negative``
    max_liquidation    0        most that counts against a position in the liquidation test
    max_lendable       0        lent beyond the impact pool, of the pool's dollars, 1e-12 ...
    max_lendable_usd   0        ... and at most so many dollars
    lent_at_withdrawal 100 %    a withdrawal must leave lent impact below this part of the pool
    ================== ======== ==============================================================

    Positive figures above the negative ones are cut down to them, as the protocol does.
    """

    def __init__(
        self,
        *,
        negative: int = 90_000_000,
        positive: int = 30_000_000,
        exponent_negative: int = 2_000_000_000_000,
        exponent_positive: int = 1_000_000_000_000,
        max_negative: int = 5_000_000_000,
        max_positive: int = 4_000_000_000,
        max_liquidation: int = 0,
        max_lendable: int = 0,
        max_lendable_usd: int = 0,
        lent_at_withdrawal: int = 1_000_000_000_000,
    ) -> None:
        self.negative: i64 = _fine("negative", negative)
        self.positive: i64 = _fine("positive", min(positive, negative))
        self.exponent_negative: i64 = _exponent("exponent_negative", exponent_negative)
        self.exponent_positive: i64 = _exponent(
            "exponent_positive", min(exponent_positive, exponent_negative)
        )
        self.max_negative: i64 = _part("max_negative", max_negative)
        self.max_positive: i64 = _part("max_positive", min(max_positive, max_negative))
        self.max_liquidation: i64 = _part("max_liquidation", max_liquidation)
        self.max_lendable: i64 = _part("max_lendable", max_lendable)
        self.max_lendable_usd: i64 = _dollars("max_lendable_usd", max_lendable_usd)
        self.lent_at_withdrawal: i64 = _part("lent_at_withdrawal", lent_at_withdrawal)


class SwapParams:
    """Swaps, deposits and withdrawals: impact on the balance of the two tokens, and fees.

    ===================== ======== ===========================================================
    field                 default  meaning
    ===================== ======== ===========================================================
    negative              3e-10    impact factor where the two tokens' imbalance grows, 1e-18
    positive              2e-10    where it shrinks, 1e-18; never above ``negative``
    exponent              2        of both, 1e-12
    fee_improved          0.05 %   of a swap that improves the balance, 1e-12
    fee_worsened          0.07 %   of another
    deposit_improved      0.05 %   of a deposit that improves the balance
    deposit_worsened      0.07 %   of another
    withdrawal            0.07 %   of a withdrawal, which never counts as improving
    atomic_swap           2.25 %   of a swap at once, without the second step
    atomic_withdrawal     0.5 %    of a withdrawal at once
    ===================== ======== ===========================================================
    """

    def __init__(
        self,
        *,
        negative: int = 300_000_000,
        positive: int = 200_000_000,
        exponent: int = 2_000_000_000_000,
        fee_improved: int = 500_000_000,
        fee_worsened: int = 700_000_000,
        deposit_improved: int = 500_000_000,
        deposit_worsened: int = 700_000_000,
        withdrawal: int = 700_000_000,
        atomic_swap: int = 22_500_000_000,
        atomic_withdrawal: int = 5_000_000_000,
    ) -> None:
        self.negative: i64 = _fine("swap negative", negative)
        self.positive: i64 = _fine("swap positive", min(positive, negative))
        self.exponent: i64 = _exponent("swap exponent", exponent)
        most: i64 = RATE // 2
        self.fee_improved: i64 = _part("fee_improved", fee_improved, most)
        self.fee_worsened: i64 = _part("fee_worsened", fee_worsened, most)
        self.deposit_improved: i64 = _part("deposit_improved", deposit_improved, most)
        self.deposit_worsened: i64 = _part("deposit_worsened", deposit_worsened, most)
        self.withdrawal: i64 = _part("withdrawal", withdrawal, most)
        self.atomic_swap: i64 = _part("atomic_swap", atomic_swap, most)
        self.atomic_withdrawal: i64 = _part("atomic_withdrawal", atomic_withdrawal, most)


class FundingParams:
    """Funding between the two sides; rates per second in 1e-18, their growth per second in 1e-24.

    ================== ============ ==========================================================
    field              default      meaning
    ================== ============ ==========================================================
    factor             2e-8         static rule, per second at full imbalance; used where
                                    ``increase`` is 0
    exponent           1            of the imbalance in dollars, 1e-12
    increase           max / 3 h    adaptive: growth of the rate per second at full imbalance
    decrease           max / 48 h   adaptive: its fall per second below ``threshold_decrease``
    stable             4 %          adaptive: imbalance above which the rate grows, 1e-12
    threshold_decrease 0            adaptive: imbalance below which it falls, 1e-12
    least              1 %/year     adaptive: lowest rate in use
    most               75 %/year    highest rate in use
    ================== ============ ==========================================================
    """

    def __init__(
        self,
        *,
        factor: int = 20_000_000_000,
        exponent: int = 1_000_000_000_000,
        increase: int = 2_202_068_887_761,
        decrease: int = 137_629_305_485,
        stable: int = 40_000_000_000,
        threshold_decrease: int = 0,
        least: int = 317_097_919,
        most: int = 23_782_343_987,
    ) -> None:
        self.factor: i64 = _fine("funding factor", factor, FINE)
        self.exponent: i64 = _exponent("funding exponent", exponent)
        self.increase: i64 = parameter("increase", increase, 0, FINE, "1e-24")
        self.decrease: i64 = parameter("decrease", decrease, 0, FINE, "1e-24")
        self.stable: i64 = _part("stable", stable)
        self.threshold_decrease: i64 = _part("threshold_decrease", threshold_decrease)
        self.least: i64 = _fine("least", least)
        self.most: i64 = _fine("most", most)
        if self.least > self.most:
            raise BadParameters(f"least {least}: must not be above most {most} (1e-18)")
        if self.threshold_decrease > self.stable:
            raise BadParameters(
                f"threshold_decrease {threshold_decrease}: must not be above stable "
                f"{stable} (1e-12)"
            )


class SideParams:
    """What is set for longs and for shorts apart; factors in 1e-12 unless marked.

    ===================== =========== ========================================================
    field                 default     meaning
    ===================== =========== ========================================================
    max_interest          110 M       most open interest, dollars
    reserve               275 %       reserved dollars at most this part of the side's token
    interest_reserve      270 %       the same, tested where open interest grows
    collateral_multiplier 6e-11       least collateral factor per dollar of open interest, 1e-18
    optimal_usage         85 %        kink of the borrowing rate; 0 takes the exponent rule
    base_borrowing        45 %/year   borrowing rate at full use by the base slope, 1e-18
    above_borrowing       90 %/year   borrowing rate at full use, 1e-18
    borrowing_factor      6.25e-9     exponent rule, per second at full use, 1e-18
    borrowing_exponent    1           exponent rule, of the reserved dollars, 1e-12
    pnl_traders           90 %        most that winners together are paid, of the side's token
    pnl_adl               85 %        above it winners are deleveraged ...
    pnl_after_adl         77 %        ... but not below this
    pnl_deposits          90 %        above it deposits stop; cap in the value who enters pays
    pnl_withdrawals       70 %        above it exits stop; cap in the value who leaves takes
    ===================== =========== ========================================================
    """

    def __init__(
        self,
        *,
        max_interest: int = 110_000_000_000_000,
        reserve: int = 2_750_000_000_000,
        interest_reserve: int = 2_700_000_000_000,
        collateral_multiplier: int = 60_000_000,
        optimal_usage: int = 850_000_000_000,
        base_borrowing: int = 14_269_406_392,
        above_borrowing: int = 28_538_812_785,
        borrowing_factor: int = 6_250_000_000,
        borrowing_exponent: int = 1_000_000_000_000,
        pnl_traders: int = 900_000_000_000,
        pnl_adl: int = 850_000_000_000,
        pnl_after_adl: int = 770_000_000_000,
        pnl_deposits: int = 900_000_000_000,
        pnl_withdrawals: int = 700_000_000_000,
    ) -> None:
        wide: i64 = 100 * RATE
        self.max_interest: i64 = _dollars("max_interest", max_interest)
        self.reserve: i64 = _part("reserve", reserve, wide)
        self.interest_reserve: i64 = _part("interest_reserve", interest_reserve, wide)
        self.collateral_multiplier: i64 = _fine("collateral_multiplier", collateral_multiplier)
        self.optimal_usage: i64 = _part("optimal_usage", optimal_usage)
        self.base_borrowing: i64 = _fine("base_borrowing", base_borrowing)
        self.above_borrowing: i64 = _fine("above_borrowing", above_borrowing)
        self.borrowing_factor: i64 = _fine("borrowing_factor", borrowing_factor)
        self.borrowing_exponent: i64 = _exponent("borrowing_exponent", borrowing_exponent)
        self.pnl_traders: i64 = _part("pnl_traders", pnl_traders)
        self.pnl_adl: i64 = _part("pnl_adl", pnl_adl)
        self.pnl_after_adl: i64 = _part("pnl_after_adl", pnl_after_adl)
        self.pnl_deposits: i64 = _part("pnl_deposits", pnl_deposits)
        self.pnl_withdrawals: i64 = _part("pnl_withdrawals", pnl_withdrawals)
        if self.pnl_after_adl > self.pnl_adl:
            raise BadParameters(
                f"pnl_after_adl {pnl_after_adl}: must not be above pnl_adl {pnl_adl} (1e-12)"
            )


class Params:
    """A parameter set of a GM market. Refuses nonsense with :class:`BadParameters`.

    ==================== ============ ========================================================
    field                default      meaning
    ==================== ============ ========================================================
    impact               see there    impact of positions
    swap                 see there    swaps, deposits, withdrawals
    funding              see there    funding
    longs, shorts        see there    what each side has of its own
    fee_improved         0.04 %       of a position's change that improves the balance, 1e-12
    fee_worsened         0.06 %       of another
    liquidation_fee      0.20 %       of the size liquidated
    position_receiver    37 %         the treasury's part of position fees
    borrowing_receiver   37 %         its part of borrowing fees
    liquidation_receiver 37 %         its part of liquidation fees
    swap_receiver        37 %         its part of swap, deposit and withdrawal fees
    max_ui_fee           0.1 %        most that an interface may add
    min_collateral       0.5 %        collateral over size that opening and withdrawing need
    min_liquidation      0.5 %        collateral over size below which a position is liquidated
    min_collateral_usd   1 dollar     least collateral of a position
    min_position_usd     1 dollar     least size of a position
    max_pool_long        32 000       long tokens in the pool at most, the token's unit
    max_pool_short       100 M        short tokens in the pool at most, the token's unit
    max_deposit_long     90 M         dollars of long tokens in the pool after a deposit
    max_deposit_short    90 M         dollars of short tokens in the pool after a deposit
    max_collateral_sum   no bound     collateral of one side in one token, the token's unit
    first_deposit        0            GM that the first deposit must mint, locked for good
    impact_floor         1 627        impact pool below which nothing is distributed, 1e-8 index
    distribution_rate    0            impact pool handed to LPs, 1e-18 index unit per second
    skip_smaller_side    yes          the side with less open interest pays no borrowing fee
    balance_in_tokens    no           balance of the sides by tokens at the mid price
    impact_at_once       no           v2.0 and v2.1: a trade's impact is paid when it opens
    fee_by_impact        no           v2.0 and v2.1: the lower fee goes by positive impact
    request_expiry       5 min        a request older than this is not executed but cancelled
    cancel_delay         5 min        before which its owner cannot cancel a market request
    claim_delay          5 days       after which capped impact can be claimed in full
    claim_at_once        no           funding is paid out when it is credited, without a claim
    frozen_retry         1 min        after which a frozen order is tried again (ours)
    adl                  yes          whether the keeper deleverages by himself
    tiers                none         leverage and maintenance by size instead of the two factors
    oracle               see there    how reports become the index price
    guards               none         see ``guards``
    ==================== ============ ========================================================
    """

    def __init__(
        self,
        *,
        impact: ImpactParams | None = None,
        swap: SwapParams | None = None,
        funding: FundingParams | None = None,
        longs: SideParams | None = None,
        shorts: SideParams | None = None,
        fee_improved: int = 400_000_000,
        fee_worsened: int = 600_000_000,
        liquidation_fee: int = 2_000_000_000,
        position_receiver: int = 370_000_000_000,
        borrowing_receiver: int = 370_000_000_000,
        liquidation_receiver: int = 370_000_000_000,
        swap_receiver: int = 370_000_000_000,
        max_ui_fee: int = 1_000_000_000,
        min_collateral: int = 5_000_000_000,
        min_liquidation: int = 5_000_000_000,
        min_collateral_usd: int = 1_000_000,
        min_position_usd: int = 1_000_000,
        max_pool_long: int = 3_200_000_000_000,
        max_pool_short: int = 100_000_000_000_000,
        max_deposit_long: int = 90_000_000_000_000,
        max_deposit_short: int = 90_000_000_000_000,
        max_collateral_sum: int = 1_000_000_000_000_000_000,
        first_deposit: int = 0,
        impact_floor: int = 162_700_000_000,
        distribution_rate: int = 0,
        skip_smaller_side: bool = True,
        balance_in_tokens: bool = False,
        impact_at_once: bool = False,
        fee_by_impact: bool = False,
        request_expiry: int = 300_000,
        cancel_delay: int = 300_000,
        claim_delay: int = 432_000_000,
        claim_at_once: bool = False,
        frozen_retry: int = 60_000,
        adl: bool = True,
        tiers: Tiers | None = None,
        oracle: OracleParams | None = None,
        guards: Guards | None = None,
    ) -> None:
        self.impact: ImpactParams = ImpactParams() if impact is None else impact
        self.swap: SwapParams = SwapParams() if swap is None else swap
        self.funding: FundingParams = FundingParams() if funding is None else funding
        self.longs: SideParams = SideParams() if longs is None else longs
        self.shorts: SideParams = SideParams() if shorts is None else shorts
        most: i64 = 100 * BASIS_POINT
        self.fee_improved: i64 = _part("fee_improved", fee_improved, 10 * most)
        self.fee_worsened: i64 = _part("fee_worsened", fee_worsened, 10 * most)
        self.liquidation_fee: i64 = _part("liquidation_fee", liquidation_fee, 10 * most)
        self.position_receiver: i64 = _part("position_receiver", position_receiver)
        self.borrowing_receiver: i64 = _part("borrowing_receiver", borrowing_receiver)
        self.liquidation_receiver: i64 = _part("liquidation_receiver", liquidation_receiver)
        self.swap_receiver: i64 = _part("swap_receiver", swap_receiver)
        self.max_ui_fee: i64 = _part("max_ui_fee", max_ui_fee, most)
        self.min_collateral: i64 = _part("min_collateral", min_collateral)
        self.min_liquidation: i64 = _part("min_liquidation", min_liquidation)
        self.min_collateral_usd: i64 = _dollars("min_collateral_usd", min_collateral_usd)
        self.min_position_usd: i64 = _dollars("min_position_usd", min_position_usd)
        self.max_pool_long: i64 = _amount("max_pool_long", max_pool_long)
        self.max_pool_short: i64 = _amount("max_pool_short", max_pool_short)
        self.max_deposit_long: i64 = _dollars("max_deposit_long", max_deposit_long)
        self.max_deposit_short: i64 = _dollars("max_deposit_short", max_deposit_short)
        self.max_collateral_sum: i64 = _amount("max_collateral_sum", max_collateral_sum)
        self.first_deposit: i64 = _amount("first_deposit", first_deposit)
        self.impact_floor: i64 = _amount("impact_floor", impact_floor)
        self.distribution_rate: i64 = parameter(
            "distribution_rate", distribution_rate, 0, MAX_DOLLARS, "1e-18 index unit per second"
        )
        self.skip_smaller_side: bool = skip_smaller_side
        self.balance_in_tokens: bool = balance_in_tokens
        self.impact_at_once: bool = impact_at_once
        self.fee_by_impact: bool = fee_by_impact
        self.request_expiry: i64 = parameter("request_expiry", request_expiry, 1, DAY, "ms")
        self.cancel_delay: i64 = parameter("cancel_delay", cancel_delay, 0, DAY, "ms")
        self.claim_delay: i64 = parameter("claim_delay", claim_delay, 0, 365 * DAY, "ms")
        self.claim_at_once: bool = claim_at_once
        self.frozen_retry: i64 = parameter("frozen_retry", frozen_retry, 1, DAY, "ms")
        self.adl: bool = adl
        self.tiers: Tiers | None = tiers
        if tiers is not None and tiers.deducted:
            raise BadParameters("tiers: the GM pools' table is flat, without deductions")
        self.oracle: OracleParams = OracleParams(quorum=1) if oracle is None else oracle
        self.guards: Guards = Guards() if guards is None else guards
        self.oracle = self.guards.over(self.oracle)

    def side(self, long: bool) -> SideParams:
        """What is set for one side alone."""
        return self.longs if long else self.shorts

    def opening_factor(self, size: i64) -> i64:
        """Collateral over size (1e-12, rounded up) that a position of ``size`` dollars opens on."""
        tiers = self.tiers
        if tiers is None:
            return self.min_collateral
        leverage: i64 = tiers.leverage(tiers.index_of(size))
        return (RATE + leverage - 1) // leverage

    def liquidation_factor(self, size: i64) -> i64:
        """Collateral over size (1e-12) below which a position of ``size`` dollars is closed."""
        tiers = self.tiers
        return self.min_liquidation if tiers is None else tiers.rate(tiers.index_of(size))


def _exponent(field: str, value: int) -> i64:
    return parameter(field, value, RATE, MAX_EXPONENT, "1e-12")


def _dollars(field: str, value: int) -> i64:
    return parameter(field, value, 0, MAX_DOLLARS, "1e-6 dollar")


def _amount(field: str, value: int) -> i64:
    return parameter(field, value, 0, MAX_DOLLARS, "the token's unit")

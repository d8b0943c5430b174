"""Every parameter of the layered market, with unit, default and source.

Rates are in 1e-12, dollars in 1e-6, times in milliseconds. The structure is Honeypot Finance's
("AMM perpetuals: layered risk and process fairness", October 2025), which publishes no number;
every default here is this project's choice unless its line names another source.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.errors import BadParameters
from seawall.engine.fixed import (
    BASIS_POINT,
    DAY,
    DOLLAR,
    MAX_DOLLARS,
    MINUTE,
    RATE,
    parameter,
    share,
)
from seawall.engine.guards import Guards
from seawall.engine.margin import Tier, Tiers
from seawall.engine.reports import OracleParams

MAX_TRANCHE: Final[i64] = 1_000_000_000 * DOLLAR
"""The most one vault may hold, and the most of one that bands are built on: 1e9 dollars."""

PERCENT: Final[i64] = 10_000_000_000


def default_tiers() -> Tiers:
    """To 1 M dollars 50x and 1 %; to 5 M 25x, 2 %; to 20 M 10x, 5 %; above 5x, 10 %."""
    million: i64 = 1_000_000 * DOLLAR
    return Tiers(
        [
            Tier(1 * million, 50, 1 * PERCENT),
            Tier(5 * million, 25, 2 * PERCENT),
            Tier(20 * million, 10, 5 * PERCENT),
            Tier(MAX_DOLLARS, 5, 10 * PERCENT),
        ],
        False,
    )


class Params:
    """A parameter set of the layered market. Refuses nonsense with :class:`BadParameters`.

    ================== ============ ==========================================================
    field              default      meaning
    ================== ============ ==========================================================
    band_edges         5..500 bp    b_1..b_n, offsets from the oracle price at the bands' ends
    senior_weights     30..0 %      share of senior assets behind each band; sums to 1
    junior_weights     5..15 %      share of junior assets behind each band; sums to 1
    depth_factor       1            g, dollars of depth per dollar of vault assets
    half_spread        1 bp         on the notional of every fill
    fee_adding         5 bp         on the part of a fill that adds to the crowding
    fee_reducing       3 bp         on the part that relieves it
    move_fee           25 %         gain of the oracle-move fee (Curve LLAMMA's idea)
    move_fee_fade      120 s        time in which it fades (curvefi/curve-stablecoin AMM.vy)
    order_delay        1 s          an order fills at a report at least this much later
    funding_max        1 %/hour     funding rate at full skew
    funding_pace       1/60         share of the gap to its target that the rate closes a minute
    utilisation_kink   80 %         utilisation at which the fee turns steep
    utilisation_low    2 %/year     utilisation fee at the kink
    utilisation_high   100 %/year   utilisation fee at full use
    insurance_share    10 %         of income, until insurance holds
    insurance_target   5 %          of the senior claim
    treasury_share     10 %         of income
    coupon_base        4 %/year     senior coupon at no utilisation
    coupon_slope       8 %/year     added at full utilisation
    tiers              4 tiers      leverage and maintenance by notional, flat
    liquidation_fee    0.25 %       of the notional closed; half keeper, half insurance
    partial_floor      1/2          partial closes while equity >= this share of maintenance
    partial_target     1.25         restore equity to this multiple of maintenance
    partial_pace       20 %         of the depth per minute may be closed by partial closes
    auction_duration   60 s         small auction
    auction_step       5 s          its price falls in steps of
    cover_floor        1 %          of the senior claim: below it winners are deleveraged
    deleverage_every   10 s         between batches
    deleverage_batch   10 %         of each winning position
    exit_utilisation   90 %         an exit must leave inventory below this share of the depth
    junior_exit_cover  10 %         junior over claim that a junior exit must leave
    senior_entry_cover 20 %         junior over claim that a senior deposit must leave
    junior_epoch       24 h         exits of junior are priced together
    senior_epoch       1 h          exits of senior are priced together
    side_cap           80 %         open interest of a side over senior plus junior
    smallest_position  10 dollars   a remainder below it is closed with the rest
    oracle             see there    how reports become one price
    guards             none         see ``guards``
    ================== ============ ==========================================================
    """

    def __init__(
        self,
        *,
        band_edges: list[int] | None = None,
        senior_weights: list[int] | None = None,
        junior_weights: list[int] | None = None,
        depth_factor: int = 1_000_000_000_000,
        half_spread: int = 100_000_000,
        fee_adding: int = 500_000_000,
        fee_reducing: int = 300_000_000,
        move_fee: int = 250_000_000_000,
        move_fee_fade: int = 120_000,
        order_delay: int = 1_000,
        funding_max: int = 10_000_000_000,
        funding_pace: int = 16_666_666_667,
        utilisation_kink: int = 800_000_000_000,
        utilisation_low: int = 20_000_000_000,
        utilisation_high: int = 1_000_000_000_000,
        insurance_share: int = 100_000_000_000,
        insurance_target: int = 50_000_000_000,
        treasury_share: int = 100_000_000_000,
        coupon_base: int = 40_000_000_000,
        coupon_slope: int = 80_000_000_000,
        tiers: Tiers | None = None,
        liquidation_fee: int = 2_500_000_000,
        partial_floor: int = 500_000_000_000,
        partial_target: int = 1_250_000_000_000,
        partial_pace: int = 200_000_000_000,
        auction_duration: int = 60_000,
        auction_step: int = 5_000,
        cover_floor: int = 10_000_000_000,
        deleverage_every: int = 10_000,
        deleverage_batch: int = 100_000_000_000,
        exit_utilisation: int = 900_000_000_000,
        junior_exit_cover: int = 100_000_000_000,
        senior_entry_cover: int = 200_000_000_000,
        junior_epoch: int = 86_400_000,
        senior_epoch: int = 3_600_000,
        side_cap: int = 800_000_000_000,
        smallest_position: int = 10_000_000,
        oracle: OracleParams | None = None,
        guards: Guards | None = None,
    ) -> None:
        self.band_edges: list[int] = (
            [int(bp * BASIS_POINT) for bp in (5, 10, 20, 40, 80, 150, 300, 500)]
            if band_edges is None
            else list(band_edges)
        )
        self.senior_weights: list[int] = (
            [int(percent * PERCENT) for percent in (30, 25, 20, 15, 10, 0, 0, 0)]
            if senior_weights is None
            else list(senior_weights)
        )
        self.junior_weights: list[int] = (
            [int(percent * PERCENT) for percent in (5, 5, 10, 10, 15, 20, 20, 15)]
            if junior_weights is None
            else list(junior_weights)
        )
        self._check_bands()
        self.depth_factor: i64 = parameter("depth_factor", depth_factor, 1, 4 * RATE, "1e-12")
        self.half_spread: i64 = parameter("half_spread", half_spread, 0, RATE // 10, "1e-12")
        self.fee_adding: i64 = parameter("fee_adding", fee_adding, 0, RATE // 10, "1e-12")
        self.fee_reducing: i64 = parameter("fee_reducing", fee_reducing, 0, fee_adding, "1e-12")
        self.move_fee: i64 = parameter("move_fee", move_fee, 0, RATE, "1e-12")
        self.move_fee_fade: i64 = parameter("move_fee_fade", move_fee_fade, 1, DAY, "ms")
        self.order_delay: i64 = parameter("order_delay", order_delay, 1, DAY, "ms")
        self.funding_max: i64 = parameter("funding_max", funding_max, 0, RATE // 10, "1e-12")
        self.funding_pace: i64 = parameter("funding_pace", funding_pace, 0, RATE, "1e-12")
        self.utilisation_kink: i64 = parameter(
            "utilisation_kink", utilisation_kink, 1, RATE - 1, "1e-12"
        )
        self.utilisation_high: i64 = parameter(
            "utilisation_high", utilisation_high, 0, 100 * RATE, "1e-12"
        )
        self.utilisation_low: i64 = parameter(
            "utilisation_low", utilisation_low, 0, utilisation_high, "1e-12"
        )
        self.insurance_share: i64 = parameter("insurance_share", insurance_share, 0, RATE, "1e-12")
        self.insurance_target: i64 = parameter(
            "insurance_target", insurance_target, 0, RATE, "1e-12"
        )
        self.treasury_share: i64 = parameter(
            "treasury_share", treasury_share, 0, RATE - insurance_share, "1e-12"
        )
        self.coupon_base: i64 = parameter("coupon_base", coupon_base, 0, RATE, "1e-12")
        self.coupon_slope: i64 = parameter("coupon_slope", coupon_slope, 0, RATE, "1e-12")
        self.tiers: Tiers = default_tiers() if tiers is None else tiers
        self.liquidation_fee: i64 = parameter(
            "liquidation_fee", liquidation_fee, 0, RATE // 10, "1e-12"
        )
        self.partial_floor: i64 = parameter("partial_floor", partial_floor, 0, RATE, "1e-12")
        self.partial_target: i64 = parameter(
            "partial_target", partial_target, RATE, 4 * RATE, "1e-12"
        )
        self.partial_pace: i64 = parameter("partial_pace", partial_pace, 0, RATE, "1e-12")
        self.auction_duration: i64 = parameter("auction_duration", auction_duration, 1, DAY, "ms")
        self.auction_step: i64 = parameter("auction_step", auction_step, 1, auction_duration, "ms")
        self.cover_floor: i64 = parameter("cover_floor", cover_floor, 0, RATE, "1e-12")
        self.deleverage_every: i64 = parameter("deleverage_every", deleverage_every, 1, DAY, "ms")
        self.deleverage_batch: i64 = parameter(
            "deleverage_batch", deleverage_batch, 1, RATE, "1e-12"
        )
        self.exit_utilisation: i64 = parameter(
            "exit_utilisation", exit_utilisation, 1, RATE, "1e-12"
        )
        self.junior_exit_cover: i64 = parameter(
            "junior_exit_cover", junior_exit_cover, 0, RATE, "1e-12"
        )
        self.senior_entry_cover: i64 = parameter(
            "senior_entry_cover", senior_entry_cover, max(1, junior_exit_cover), RATE, "1e-12"
        )
        self.junior_epoch: i64 = parameter("junior_epoch", junior_epoch, MINUTE, 30 * DAY, "ms")
        self.senior_epoch: i64 = parameter("senior_epoch", senior_epoch, MINUTE, 30 * DAY, "ms")
        self.side_cap: i64 = parameter("side_cap", side_cap, 1, 4 * RATE, "1e-12")
        self.smallest_position: i64 = parameter(
            "smallest_position", smallest_position, 1, 1_000_000 * DOLLAR, "1e-6 dollar"
        )
        self.oracle: OracleParams = OracleParams(quorum=1) if oracle is None else oracle
        self.guards: Guards = Guards() if guards is None else guards
        self.oracle = self.guards.over(self.oracle)
        self._check_ladder()

    def _check_bands(self) -> None:
        count = len(self.band_edges)
        if not 1 <= count <= 32:
            raise BadParameters(f"band_edges: {count} bands; 1 to 32 can be quoted")
        for name, weights in (
            ("senior_weights", self.senior_weights),
            ("junior_weights", self.junior_weights),
        ):
            if len(weights) != count:
                raise BadParameters(f"{name}: {len(weights)} weights for {count} bands")
            for index, weight in enumerate(weights):
                parameter(f"{name}[{index}]", weight, 0, RATE, "1e-12")
            if sum(weights) != int(RATE):
                raise BadParameters(f"{name} sum to {sum(weights)}, not to {int(RATE)} (1e-12)")
        low = 1
        for index, edge in enumerate(self.band_edges):
            parameter(f"band_edges[{index}]", edge, low, RATE // 10, "1e-12")
            low = edge + 1

    def _check_ladder(self) -> None:
        if self.tiers.deducted:
            raise BadParameters("tiers: the layered market's table is flat, without deductions")
        for index in range(self.tiers.count):
            target = share(self.tiers.rate(index), self.partial_target)
            if target <= self.liquidation_fee:
                raise BadParameters(
                    f"tiers[{index}]: the partial-close target {target} must exceed the "
                    f"liquidation fee {self.liquidation_fee} (1e-12)"
                )

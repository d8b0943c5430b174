"""Every parameter of the virtual AMM, with unit, default and source.

Rates are in 1e-12, dollars in 1e-6, tokens in 1e-8, times in milliseconds. Defaults are those of
Perpetual Protocol v1 in production (perpetual-protocol/perpetual-protocol, publish/migrations, and
its documentation); where a line says "ours" the choice is this project's.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.vamm.pricing import MAX_BASE, MAX_QUOTE
from seawall.engine.errors import BadParameters
from seawall.engine.fixed import (
    DAY,
    DOLLAR,
    MAX_DOLLARS,
    MAX_SIZE,
    MINUTE,
    RATE,
    larger,
    mul_div_up,
    share,
    share_up,
    smaller,
)
from seawall.engine.guards import Guards
from seawall.engine.margin import Tiers
from seawall.engine.reports import OracleParams

OPERATOR: Final = "operator"
ADAPTIVE: Final = "adaptive"
DRIFT: Final = "drift"
TRIBE3: Final = "tribe3"
DEPTH_RULES: Final = (OPERATOR, ADAPTIVE, DRIFT, TRIBE3)

IMBALANCE: Final = "imbalance"
CAPPED: Final = "capped"
SHARED: Final = "shared"
FUNDING_RULES: Final = (IMBALANCE, CAPPED, SHARED)

PENALTY_PART: Final[i64] = 400_000_000_000


class DepthRule:
    """When and how far the depth of the curve (k) and its price (repeg) are changed.

    ================ ============ ============================================================
    field            default      meaning
    ================ ============ ============================================================
    name             operator     ``operator``: only by command; else the rule of that name
    most_up          2 %          most that one step adds to both reserves; drift 0.1, tribe3 0.5
    most_down        2 %          most that one step takes off; drift 0.1, tribe3 1
    revenue_part     50 %         of net revenue may be spent on depth; drift 50, tribe3 25
    cost_part        50 %         of a net cost is won back by less depth; drift 50, tribe3 65
    volume_depth     20           adaptive: quote reserve per dollar of an hour's volume
    interest_depth   5            adaptive: quote reserve per dollar of open interest
    volume_fade      1/24         adaptive: weight of the newest hour in the mean volume
    funding_stress   0.1 %/hour   adaptive: at this funding the wanted depth is halved
    repeg_spread     5 %          tribe3: mark this far from the index ...
    repeg_after      3            tribe3: ... at so many funding calls in a row is repegged
    max_spread       2 %          drift: half of it is the gap a repeg leaves when money is short
    ================ ============ ============================================================

    Sources: ``docs/vamm.md``, "Depth". The adaptive rule is ours: the source only hopes for one
    "by volume, open interest and funding". Raises :class:`BadParameters`.
    """

    def __init__(
        self,
        name: str = OPERATOR,
        *,
        most_up: int = 20_000_000_000,
        most_down: int = 20_000_000_000,
        revenue_part: int = 500_000_000_000,
        cost_part: int = 500_000_000_000,
        volume_depth: int = 20_000_000_000_000,
        interest_depth: int = 5_000_000_000_000,
        volume_fade: int = 41_666_666_667,
        funding_stress: int = 1_000_000_000,
        repeg_spread: int = 50_000_000_000,
        repeg_after: int = 3,
        max_spread: int = 20_000_000_000,
    ) -> None:
        if name not in DEPTH_RULES:
            raise BadParameters(f"depth rule {name!r} is none of {', '.join(DEPTH_RULES)}")
        whole = int(RATE)
        self.name = name
        self.most_up: i64 = _within("most_up", most_up, 0, whole)
        self.most_down: i64 = _within("most_down", most_down, 0, whole // 2)
        self.revenue_part: i64 = _within("revenue_part", revenue_part, 0, whole)
        self.cost_part: i64 = _within("cost_part", cost_part, 0, whole)
        self.volume_depth: i64 = _within("volume_depth", volume_depth, 0, 1000 * whole)
        self.interest_depth: i64 = _within("interest_depth", interest_depth, 0, 1000 * whole)
        self.volume_fade: i64 = _within("volume_fade", volume_fade, 1, whole)
        self.funding_stress: i64 = _within("funding_stress", funding_stress, 1, whole)
        self.repeg_spread: i64 = _within("repeg_spread", repeg_spread, 1, whole)
        self.repeg_after: i64 = _within("repeg_after", repeg_after, 1, 10_000)
        self.max_spread: i64 = _within("max_spread", max_spread, 1, whole)

    @staticmethod
    def adaptive() -> "DepthRule":
        """Depth follows volume and open interest, and shrinks while funding is high."""
        return DepthRule(ADAPTIVE)

    @staticmethod
    def drift() -> "DepthRule":
        """Formulaic k and repeg of Drift v2 (drift-labs/protocol-v2, math/cp_curve, repeg)."""
        return DepthRule(DRIFT, most_up=1_000_000_000, most_down=1_000_000_000)

    @staticmethod
    def tribe3() -> "DepthRule":
        """Repeg after three calls, then k by net revenue (TalCrypto/nft-perpetual-protocol)."""
        return DepthRule(
            TRIBE3,
            most_up=5_000_000_000,
            most_down=10_000_000_000,
            revenue_part=250_000_000_000,
            cost_part=650_195_058_518,
        )


class Params:
    """A parameter set of the virtual AMM. Refuses nonsense with :class:`BadParameters`.

    ================== ============ ==========================================================
    field              default      meaning
    ================== ============ ==========================================================
    quote_reserve      10 M dollars Q at the opening (BTC and ETH in production)
    base_reserve       0            B at the opening; 0: so that P is the first index price
    initial_ratio      10 %         margin over notional that opening takes
    maintenance_ratio  6.25 %       margin ratio below which a position is liquidated
    tiers              none         leverage and maintenance by notional instead of the two
    liquidation_fee    2.5 %        of the notional closed, half liquidator, half fund; with
                                    tiers at most 40 % of the tier's maintenance (ours)
    partial_ratio      25 %         share of a position that a partial liquidation closes
    fluctuation        1.2 %        band round the last block's price; 0 is off
    trade_limit        90 %         of a reserve may be taken out by one trade
    toll               0            fee to the treasury, on the quote exchanged
    spread             10 bp        fee to the fund, on the quote exchanged
    funding_period     1 h          between two fundings; the premium is per day
    mark_twap          1 h          window of the mark's average, for funding
    index_twap         1 h          window of the index's average, for funding
    value_twap         15 min       window of the average that a position is valued at
    oracle_spread      10 %         mark this far from the index: the index may rescue
    funding_rule       imbalance    who pays what longs and shorts do not owe each other
    funding_cap        0            most funding per day, of the index; 0 is off
    outflow            1/3          capped: part of the fee pool that a funding may cost
    cover_part         15 %         shared: part of a net cost that the fund pays
    interest_cap       0            most open notional, 1e-6 dollar; 0 is off
    holding_cap        0            largest position, 1e-8 token; 0 is off
    exempt_account     -1           one account that neither cap binds; -1: none
    keeper_backstop    yes          whether the keeper may liquidate with bad debt
    depth              operator     see :class:`DepthRule`
    fund_epoch         24 h         exits from the fund are priced together
    fund_cover         2.5 %        of the open notional must stay in the fund at an exit (ours)
    oracle             see there    how reports become the index price
    guards             none         see ``guards``
    ================== ============ ==========================================================
    """

    def __init__(
        self,
        *,
        quote_reserve: int = 10_000_000_000_000,
        base_reserve: int = 0,
        initial_ratio: int = 100_000_000_000,
        maintenance_ratio: int = 62_500_000_000,
        tiers: Tiers | None = None,
        liquidation_fee: int = 25_000_000_000,
        partial_ratio: int = 250_000_000_000,
        fluctuation: int = 12_000_000_000,
        trade_limit: int = 900_000_000_000,
        toll: int = 0,
        spread: int = 1_000_000_000,
        funding_period: int = 3_600_000,
        mark_twap: int = 3_600_000,
        index_twap: int = 3_600_000,
        value_twap: int = 900_000,
        oracle_spread: int = 100_000_000_000,
        funding_rule: str = IMBALANCE,
        funding_cap: int = 0,
        outflow: int = 333_333_333_333,
        cover_part: int = 150_000_000_000,
        interest_cap: int = 0,
        holding_cap: int = 0,
        exempt_account: int = -1,
        keeper_backstop: bool = True,
        depth: DepthRule | None = None,
        fund_epoch: int = 86_400_000,
        fund_cover: int = 25_000_000_000,
        oracle: OracleParams | None = None,
        guards: Guards | None = None,
    ) -> None:
        whole = int(RATE)
        day = int(DAY)
        self.quote_reserve: i64 = _within(
            "quote_reserve", quote_reserve, int(DOLLAR), int(MAX_QUOTE)
        )
        self.base_reserve: i64 = _within("base_reserve", base_reserve, 0, int(MAX_BASE))
        self.initial_ratio: i64 = _within("initial_ratio", initial_ratio, 1, whole)
        self.maintenance_ratio: i64 = _within(
            "maintenance_ratio", maintenance_ratio, 1, int(self.initial_ratio)
        )
        self.tiers: Tiers | None = tiers
        if tiers is not None and tiers.deducted:
            raise BadParameters("tiers: the virtual AMM's table is flat, without deductions")
        self.liquidation_fee: i64 = _within("liquidation_fee", liquidation_fee, 0, whole // 2)
        self.partial_ratio: i64 = _within("partial_ratio", partial_ratio, 0, whole)
        self.fluctuation: i64 = _within("fluctuation", fluctuation, 0, whole - 1)
        self.trade_limit: i64 = _within("trade_limit", trade_limit, 1, whole - 1)
        self.toll: i64 = _within("toll", toll, 0, whole // 2)
        self.spread: i64 = _within("spread", spread, 0, whole // 2)
        self.funding_period: i64 = _within("funding_period", funding_period, int(MINUTE), 7 * day)
        self.mark_twap: i64 = _within("mark_twap", mark_twap, 0, day)
        self.index_twap: i64 = _within("index_twap", index_twap, 0, day)
        self.value_twap: i64 = _within("value_twap", value_twap, 0, day)
        self.oracle_spread: i64 = _within("oracle_spread", oracle_spread, 1, whole)
        if funding_rule not in FUNDING_RULES:
            raise BadParameters(f"funding_rule {funding_rule!r}: one of {', '.join(FUNDING_RULES)}")
        self.funding_rule = funding_rule
        self.funding_cap: i64 = _within("funding_cap", funding_cap, 0, whole)
        self.outflow: i64 = _within("outflow", outflow, 0, whole)
        self.cover_part: i64 = _within("cover_part", cover_part, 0, whole)
        self.interest_cap: i64 = _within("interest_cap", interest_cap, 0, int(MAX_DOLLARS))
        self.holding_cap: i64 = _within("holding_cap", holding_cap, 0, int(MAX_SIZE))
        self.exempt_account: i64 = _within("exempt_account", exempt_account, -1, 2**40)
        self.keeper_backstop: bool = keeper_backstop
        self.depth: DepthRule = DepthRule() if depth is None else depth
        self.fund_epoch: i64 = _within("fund_epoch", fund_epoch, int(MINUTE), 30 * day)
        self.fund_cover: i64 = _within("fund_cover", fund_cover, 0, whole)
        self.oracle: OracleParams = OracleParams(quorum=1) if oracle is None else oracle
        self.guards: Guards = Guards() if guards is None else guards
        self.oracle = self.guards.over(self.oracle)

    def initial(self, added: i64, entry: i64) -> i64:
        """Margin (1e-6, rounded up) that ``added`` notional needs in a position of ``entry``."""
        tiers = self.tiers
        if tiers is None:
            return share_up(added, self.initial_ratio)
        leverage: i64 = tiers.leverage(tiers.index_of(entry))
        return mul_div_up(added, 1, leverage)

    def maintenance_rate(self, value: i64) -> i64:
        """Maintenance ratio (1e-12) of a position worth ``value``."""
        tiers = self.tiers
        return self.maintenance_ratio if tiers is None else tiers.rate(tiers.index_of(value))

    def maintenance(self, value: i64) -> i64:
        """Equity (1e-6, rounded up) below which a position worth ``value`` is liquidated."""
        return share_up(value, self.maintenance_rate(value))

    def liquidation_rate(self, value: i64) -> i64:
        """Liquidation fee (1e-12) on a position worth ``value``."""
        if self.tiers is None:
            return self.liquidation_fee
        return smaller(self.liquidation_fee, share(self.maintenance_rate(value), PENALTY_PART))

    def steepest_rate(self, value: i64) -> i64:
        """Highest maintenance ratio that a position can meet before its value has doubled."""
        if self.tiers is None:
            return self.maintenance_ratio
        doubled: i64 = smaller(MAX_DOLLARS, 2 * value)
        return larger(self.maintenance_rate(value), self.maintenance_rate(doubled))


def _within(name: str, value: int, low: int, high: int) -> i64:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadParameters(f"{name} = {value!r} is not an integer")
    if value < low:
        raise BadParameters(f"{name} = {value} is below {low}")
    if value > high:
        raise BadParameters(f"{name} = {value} is above {high}")
    return i64(value)

"""Every parameter of the accounts' side of the order book, with unit, default and source.

Rates are in 1e-12, dollars in 1e-6, times in milliseconds. Defaults are those of Hyperliquid's
documentation (mirror ``dzmbs/hyperliquid-docs``, snapshots of 2026); where a line says "ours" the
documents are silent or leave a choice, and the choice is this project's.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.orderbook.fees import FeeTable
from seawall.engine.designs.orderbook.orderparams import OrderParams
from seawall.engine.designs.orderbook.prices import perp_weights
from seawall.engine.errors import BadParameters
from seawall.engine.fixed import (
    BASIS_POINT,
    DAY,
    DOLLAR,
    HOUR,
    MAX_DOLLARS,
    RATE,
    SECOND,
    parameter,
)
from seawall.engine.guards import Guards
from seawall.engine.margin import Tier, Tiers
from seawall.engine.premium import PremiumTerms
from seawall.engine.reports import OracleParams

LARGEST: Final = "largest"
HEALTH: Final = "health"
DUE_ORDERS: Final = (LARGEST, HEALTH)

INVERSE: Final = "inverse"
LITERAL: Final = "literal"
SHORT_RANKS: Final = (INVERSE, LITERAL)

POSITION: Final = "position"
ACCOUNT: Final = "account"
RANK_VALUES: Final = (POSITION, ACCOUNT)

ZERO_INSIDE: Final = "zero-inside"
MEAN: Final = "mean"
PREMIUM_RULES: Final = (ZERO_INSIDE, MEAN)


def _eth_tiers() -> Tiers:
    """ETH's table of August 2026: 25x to 100 million dollars, 15x above."""
    return Tiers(
        [
            Tier(100_000_000 * int(DOLLAR), 25, 20_000_000_000),
            Tier(int(MAX_DOLLARS), 15, 33_333_333_333),
        ],
        True,
    )


def _chosen(field: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise BadParameters(f"{field} {value!r}: must be one of {', '.join(known)}")
    return value


class Params:
    """How a market's accounts are kept. Refuses nonsense with :class:`BadParameters`.

    ==================== ============= =======================================================
    field                default       meaning
    ==================== ============= =======================================================
    tiers                ETH's, 2026   leverage tiers; deductions are taken whatever the table
    size_decimals        -1            decimals of a size; -1: by the first price, so that the
                                       least size is worth at most a dollar (ours)
    transfer_rate        10 %          margin that a transfer leaves, of all notional; 20 % in
                                       March 2025
    cross_allowed        yes           no: isolated positions only (``noCross``)
    strict_isolated      no            isolated margin cannot be taken out
    mark_tau             150 s         of the mean distance of the book's middle from the oracle
    fallback_tau         30 s          of the mean book price that replaces a missing input
    first_sample         3 s           length of the very first sample (ours)
    impact_notional      6,000         of the impact prices; BTC and ETH have 20,000 dollars
    premium_interval     5 s           between two premium samples
    premium_rule         zero-inside   or ``mean``: (bid + ask) / 2 oracle - 1 (builder-deployed)
    premium_scale        1             the deployer's multiplier of a premium, 0 to 10
    funding              0.01 %, 0.05  interest and band per 8 h, 8 parts, 4 % at most a part
    funding_interval     1 h           between two payments
    fees                 2026          the fee table
    slice_above          100,000       position that a liquidation closes in slices
    slice_share          20 %          of it, the first time
    cooldown             30 s          after a slice: then the whole rest may go
    backstop_at          2/3           of maintenance: below it the vault takes over
    backstop             yes           whether the vault takes positions over
    auction              no            whether estates are auctioned before the vault (ours)
    auction_duration     60 s          of it; the guard brings its own
    auction_step         3 s           between two steps of its price
    due_order            largest       or ``health``: lowest equity by maintenance first (the
                                       page's suggestion); who is liquidated first in a round
    short_rank           inverse       deleveraging rank of a short: entry/mark; ``literal``:
                                       mark/entry as written
    rank_value           position      isolated positions rank by their own equity; ``account``:
                                       by all of the account's
    shared_collateral    no            the vault's children draw on all of it, as in March 2025
    liquidator_part      5 %           of the vault that the liquidator child is given (ours)
    rebalance_interval   1 d           between two refills of the liquidator child (ours)
    vault_lock           4 d           from the last deposit to a withdrawal; user vaults 1 d
    user_lock            1 d           the same for user vaults
    vault_epoch          1 s           a withdrawal is settled at the first advance after it
    leader_share         10 %          of a depositor's profit in a user vault; none in the HLP
    leader_least         5 %           of a user vault that its leader keeps
    capped               no            on the list of coins at their open-interest cap
    interest_cap         0             dollars of open interest at which the coin goes on it
    interest_speed       0             most open interest added per window; 0: no limit (ours)
    speed_window         1 min         of it
    settlement_window    1 h           of the oracle's mean at a delisting
    ==================== ============= =======================================================
    """

    def __init__(
        self,
        *,
        tiers: Tiers | None = None,
        oracle: OracleParams | None = None,
        perp_oracle: OracleParams | None = None,
        guards: Guards | None = None,
        orders: OrderParams | None = None,
        fees: FeeTable | None = None,
        funding: PremiumTerms | None = None,
        size_decimals: int = -1,
        transfer_rate: int = 100_000_000_000,
        cross_allowed: bool = True,
        strict_isolated: bool = False,
        mark_tau: int = 150_000,
        fallback_tau: int = 30_000,
        first_sample: int = 3_000,
        impact_notional: int = 6_000_000_000,
        premium_interval: int = 5_000,
        premium_rule: str = ZERO_INSIDE,
        premium_scale: int = 1_000_000_000_000,
        funding_interval: int = 3_600_000,
        slice_above: int = 100_000_000_000,
        slice_share: int = 200_000_000_000,
        cooldown: int = 30_000,
        backstop_at: int = 666_666_666_666,
        backstop: bool = True,
        auction: bool = False,
        auction_duration: int = 60_000,
        auction_step: int = 3_000,
        due_order: str = LARGEST,
        short_rank: str = INVERSE,
        rank_value: str = POSITION,
        shared_collateral: bool = False,
        liquidator_part: int = 50_000_000_000,
        rebalance_interval: int = 86_400_000,
        vault_lock: int = 345_600_000,
        user_lock: int = 86_400_000,
        vault_epoch: int = 1_000,
        leader_share: int = 100_000_000_000,
        leader_least: int = 50_000_000_000,
        capped: bool = False,
        interest_cap: int = 0,
        interest_speed: int = 0,
        speed_window: int = 60_000,
        settlement_window: int = 3_600_000,
    ) -> None:
        rates = "1e-12"
        month = 30 * int(DAY)
        table = _eth_tiers() if tiers is None else tiers
        self.tiers: Tiers = table if table.deducted else Tiers(table.tiers, True)
        self.oracle: OracleParams = OracleParams.hyperliquid() if oracle is None else oracle
        self.perp_oracle: OracleParams = perp_weights() if perp_oracle is None else perp_oracle
        self.guards: Guards = Guards() if guards is None else guards
        self.oracle = self.guards.over(self.oracle)
        self.orders: OrderParams = OrderParams() if orders is None else orders
        self.fees: FeeTable = FeeTable() if fees is None else fees
        self.funding: PremiumTerms = (
            PremiumTerms(int(BASIS_POINT), 5 * int(BASIS_POINT), 8, 40_000_000_000)
            if funding is None
            else funding
        )
        self.size_decimals: i64 = parameter("size_decimals", size_decimals, -1, 6, "digits")
        self.transfer_rate: i64 = parameter("transfer_rate", transfer_rate, 0, RATE, rates)
        self.cross_allowed: bool = cross_allowed
        self.strict_isolated: bool = strict_isolated
        self.mark_tau: i64 = parameter("mark_tau", mark_tau, 1, DAY, "ms")
        self.fallback_tau: i64 = parameter("fallback_tau", fallback_tau, 1, DAY, "ms")
        self.first_sample: i64 = parameter("first_sample", first_sample, 1, DAY, "ms")
        self.impact_notional: i64 = parameter(
            "impact_notional", impact_notional, 1, MAX_DOLLARS // 1_000, "1e-6 dollar"
        )
        self.premium_interval: i64 = parameter("premium_interval", premium_interval, 1, HOUR, "ms")
        self.premium_rule: str = _chosen("premium_rule", premium_rule, PREMIUM_RULES)
        self.premium_scale: i64 = parameter("premium_scale", premium_scale, 0, 10 * RATE, rates)
        self.funding_interval: i64 = parameter("funding_interval", funding_interval, 1, DAY, "ms")
        self.slice_above: i64 = parameter("slice_above", slice_above, 0, MAX_DOLLARS, "1e-6 dollar")
        self.slice_share: i64 = parameter("slice_share", slice_share, 1, RATE, rates)
        self.cooldown: i64 = parameter("cooldown", cooldown, 1, DAY, "ms")
        self.backstop_at: i64 = parameter("backstop_at", backstop_at, 0, RATE, rates)
        self.backstop: bool = backstop
        self.auction: bool = auction
        self.auction_duration: i64 = parameter("auction_duration", auction_duration, 1, DAY, "ms")
        self.auction_step: i64 = parameter("auction_step", auction_step, 1, auction_duration, "ms")
        self.due_order: str = _chosen("due_order", due_order, DUE_ORDERS)
        self.short_rank: str = _chosen("short_rank", short_rank, SHORT_RANKS)
        self.rank_value: str = _chosen("rank_value", rank_value, RANK_VALUES)
        self.shared_collateral: bool = shared_collateral
        self.liquidator_part: i64 = parameter("liquidator_part", liquidator_part, 0, RATE, rates)
        self.rebalance_interval: i64 = parameter(
            "rebalance_interval", rebalance_interval, SECOND, month, "ms"
        )
        self.vault_lock: i64 = parameter("vault_lock", vault_lock, 0, month, "ms")
        self.user_lock: i64 = parameter("user_lock", user_lock, 0, month, "ms")
        self.vault_epoch: i64 = parameter("vault_epoch", vault_epoch, 1, DAY, "ms")
        self.leader_share: i64 = parameter("leader_share", leader_share, 0, RATE, rates)
        self.leader_least: i64 = parameter("leader_least", leader_least, 0, RATE, rates)
        self.capped: bool = capped
        self.interest_cap: i64 = parameter(
            "interest_cap", interest_cap, 0, MAX_DOLLARS, "1e-6 dollar"
        )
        self.interest_speed: i64 = parameter(
            "interest_speed", interest_speed, 0, MAX_DOLLARS, "1e-6 dollar"
        )
        self.speed_window: i64 = parameter("speed_window", speed_window, 1, DAY, "ms")
        self.settlement_window: i64 = parameter(
            "settlement_window", settlement_window, 1, DAY, "ms"
        )

    @staticmethod
    def march_2025(
        tiers: Tiers | None = None,
        oracle: OracleParams | None = None,
        guards: Guards | None = None,
    ) -> "Params":
        """The venue that the JELLY event met: the 20 % rule of 15 March, one vault for everything.

        Without ``tiers``, one tier of 20x (the leverage the vault's screenshot shows).
        """
        flat = Tiers([Tier(int(MAX_DOLLARS), 20, 25_000_000_000)], True)
        return Params(
            tiers=flat if tiers is None else tiers,
            oracle=oracle,
            guards=guards,
            transfer_rate=200_000_000_000,
            shared_collateral=True,
            liquidator_part=0,
        )

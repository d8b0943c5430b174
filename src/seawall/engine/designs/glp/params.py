"""Every parameter of the pool and of a market on it, with unit, default and source.

Fees and leverage are in basis points and borrowing rates in 1e-6, as the protocol stores them and
rounds by them; dollars are in 1e-6, prices in 1e-10, times in milliseconds. Defaults are those of
GMX v1 on Arbitrum (gmx-io/gmx-contracts, scripts/core/setFees.js, scripts/core/tokens.js); where
a line says "ours" the choice is this project's.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.errors import BadParameters
from seawall.engine.fixed import DAY, DOLLAR, HOUR, MAX_DOLLARS, MAX_PRICE, MINUTE, parameter
from seawall.engine.guards import Guards
from seawall.engine.margin import Tiers
from seawall.engine.reports import OracleParams

MAX_TOKENS: Final = 16
DOLLAR_TOKEN: Final = "USD"


class TokenTerms:
    """A token of the pool: its digits, weight, caps, and how its price is quoted.

    ============== ======= ==================================================================
    field          default meaning
    ============== ======= ==================================================================
    name                   the venue's name of the token; ``USD`` is the dollar itself
    decimals       8       digits of its unit; 6 for stable ones
    weight         10,000  target share of the pool is weight / sum of weights
    stable         no      collateral of shorts, priced near a dollar
    shortable      yes     may be the index of a short; only where not stable
    min_profit     0       bps: a smaller profit within the window is none
    max_debt       0       1e-6 dollar: most USDG debt, 0 no cap
    buffer         0       token units that a swap must leave in the pool
    max_long       0       1e-6 dollar: most guaranteed dollars, 0 no cap
    max_short      0       1e-6 dollar: most short size, 0 no cap
    spread         0       bps, off the lower and onto the higher price
    strict         no      a stable one is a dollar sharp within ``strict_deviation``
    adjustment     0       bps, signed: added to both prices last of all
    fast_delta     10 %    1e-7: most that fast prices may wander beyond the reference
    ============== ======= ==================================================================

    Raises :class:`BadParameters`.
    """

    def __init__(
        self,
        name: str,
        *,
        decimals: int = 8,
        weight: int = 10_000,
        stable: bool = False,
        shortable: bool = True,
        min_profit: int = 0,
        max_debt: int = 0,
        buffer: int = 0,
        max_long: int = 0,
        max_short: int = 0,
        spread: int = 0,
        strict: bool = False,
        adjustment: int = 0,
        fast_delta: int = 1_000_000,
    ) -> None:
        most = int(MAX_DOLLARS)
        self.name = name
        self.decimals: i64 = parameter("decimals", decimals, 2, 8, "digits")
        self.weight: i64 = parameter("weight", weight, 0, 1_000_000_000, "a count")
        self.stable: bool = stable
        self.shortable: bool = shortable and not stable
        self.min_profit: i64 = parameter("min_profit", min_profit, 0, 500, "bps")
        self.max_debt: i64 = parameter("max_debt", max_debt, 0, most, "1e-6 dollar")
        self.buffer: i64 = parameter("buffer", buffer, 0, most, "token units")
        self.max_long: i64 = parameter("max_long", max_long, 0, most, "1e-6 dollar")
        self.max_short: i64 = parameter("max_short", max_short, 0, most, "1e-6 dollar")
        self.spread: i64 = parameter("spread", spread, 0, 50, "bps")
        self.strict: bool = strict
        self.adjustment: i64 = parameter("adjustment", adjustment, -20, 20, "bps")
        self.fast_delta: i64 = parameter("fast_delta", fast_delta, 0, 10**12, "1e-7")
        if name == DOLLAR_TOKEN and (decimals != 6 or not stable):
            raise BadParameters(f"token {name}: the dollar is stable and has 6 digits")
        if strict and not stable:
            raise BadParameters(f"strict: token {name} is not stable")


class FastPrices:
    """A keeper's prices beside the reference, and when to trust them.

    ============== ========= ================================================================
    field          default   meaning
    ============== ========= ================================================================
    duration       5 min     ms without an update after which prices widen; at most 30 min
    max_delay      1 h       ms without one after which they widen as on a chain's failure
    inactive       20        bps of widening after ``duration``
    failure        500       bps of widening after ``max_delay``
    max_deviation  250       bps between fast and reference beyond which both are quoted
    data_interval  5 min     ms after which the counted wandering starts anew
    favoured       yes       whether fast prices are favoured at all; else both are quoted
    ============== ========= ================================================================

    Raises :class:`BadParameters`. Source: gmx-io/gmx-contracts, FastPriceFeed.sol; the figures are
    those of its deployment scripts or, for ``data_interval``, ours.
    """

    def __init__(
        self,
        *,
        duration: int = 300_000,
        max_delay: int = 3_600_000,
        inactive: int = 20,
        failure: int = 500,
        max_deviation: int = 250,
        data_interval: int = 300_000,
        favoured: bool = True,
    ) -> None:
        day = int(DAY)
        self.duration: i64 = parameter("duration", duration, 0, 30 * int(MINUTE), "ms")
        self.max_delay: i64 = parameter("max_delay", max_delay, int(self.duration), day, "ms")
        self.inactive: i64 = parameter("inactive", inactive, 0, 5_000, "bps")
        self.failure: i64 = parameter("failure", failure, 0, 5_000, "bps")
        self.max_deviation: i64 = parameter("max_deviation", max_deviation, 0, 10_000, "bps")
        self.data_interval: i64 = parameter("data_interval", data_interval, 1, day, "ms")
        self.favoured: bool = favoured


class PoolParams:
    """A parameter set of one pool. Refuses nonsense with :class:`BadParameters`.

    ===================== ========= ========================================================
    field                 default   meaning
    ===================== ========= ========================================================
    tokens                none      the pool's tokens; none: USD and the market's own, 50 : 50
    tax, stable_tax       50, 5     bps: how much distance from the target weighs in a fee
    mint_burn             25        bps: base fee of minting and redeeming
    swap, stable_swap     30, 1     bps: base fee of swaps, and of those between stable tokens
    margin                10        bps of the size that is opened or closed
    dynamic_fees          yes       whether the tax applies
    liquidation_fee       5 dollars to whoever liquidates, out of the pool
    min_profit_time       3 h       ms: window of the minimum-profit rule
    max_leverage          500,000   bps: 50 times
    funding_interval      1 h       ms between two borrowing steps; at least 1 h
    funding_factor        100       1e-6 per interval at full use, tokens; at most 10,000
    stable_factor         100       the same for stable tokens
    cooldown              15 min    ms between a mint and the next redemption; at most 48 h
    deposit_fee           30        bps on collateral of a long that only lowers its leverage
    leverage_buffer       100       bps: how much lower counts as lower
    tracker_weight        10,000    bps: share of the tracker in the shorts' average price
    price_samples         1         reference rounds over which lower and higher are taken
    strict_deviation      0.02      1e-10 dollar: a strict token this near is a dollar
    fast                  none      fast prices beside the reference
    lp_fees               70        % of the fees for those who hold GLP; the rest is treasury's
    fee_period            1 h       ms between two distributions of the fees (ours; weekly)
    ===================== ========= ========================================================
    """

    def __init__(
        self,
        *,
        tokens: list[TokenTerms] | None = None,
        tax: int = 50,
        stable_tax: int = 5,
        mint_burn: int = 25,
        swap: int = 30,
        stable_swap: int = 1,
        margin: int = 10,
        dynamic_fees: bool = True,
        liquidation_fee: int = 5_000_000,
        min_profit_time: int = 10_800_000,
        max_leverage: int = 500_000,
        funding_interval: int = 3_600_000,
        funding_factor: int = 100,
        stable_factor: int = 100,
        cooldown: int = 900_000,
        deposit_fee: int = 30,
        leverage_buffer: int = 100,
        tracker_weight: int = 10_000,
        price_samples: int = 1,
        strict_deviation: int = 200_000_000,
        fast: FastPrices | None = None,
        lp_fees: int = 70,
        fee_period: int = 3_600_000,
    ) -> None:
        hour = int(HOUR)
        day = int(DAY)
        self.tokens: list[TokenTerms] = [] if tokens is None else list(tokens)
        _check_tokens(self.tokens)
        self.tax: i64 = parameter("tax", tax, 0, 500, "bps")
        self.stable_tax: i64 = parameter("stable_tax", stable_tax, 0, 500, "bps")
        self.mint_burn: i64 = parameter("mint_burn", mint_burn, 0, 500, "bps")
        self.swap: i64 = parameter("swap", swap, 0, 500, "bps")
        self.stable_swap: i64 = parameter("stable_swap", stable_swap, 0, 500, "bps")
        self.margin: i64 = parameter("margin", margin, 0, 500, "bps")
        self.dynamic_fees: bool = dynamic_fees
        self.liquidation_fee: i64 = parameter(
            "liquidation_fee", liquidation_fee, 0, 100 * int(DOLLAR), "1e-6 dollar"
        )
        self.min_profit_time: i64 = parameter("min_profit_time", min_profit_time, 0, day, "ms")
        self.max_leverage: i64 = parameter("max_leverage", max_leverage, 10_001, 10_000_000, "bps")
        self.funding_interval: i64 = parameter(
            "funding_interval", funding_interval, hour, 30 * day, "ms"
        )
        self.funding_factor: i64 = parameter("funding_factor", funding_factor, 0, 10_000, "1e-6")
        self.stable_factor: i64 = parameter("stable_factor", stable_factor, 0, 10_000, "1e-6")
        self.cooldown: i64 = parameter("cooldown", cooldown, 0, 2 * day, "ms")
        self.deposit_fee: i64 = parameter("deposit_fee", deposit_fee, 0, 500, "bps")
        self.leverage_buffer: i64 = parameter("leverage_buffer", leverage_buffer, 0, 10_000, "bps")
        self.tracker_weight: i64 = parameter("tracker_weight", tracker_weight, 0, 10_000, "bps")
        self.price_samples: i64 = parameter("price_samples", price_samples, 1, 10, "rounds")
        self.strict_deviation: i64 = parameter(
            "strict_deviation", strict_deviation, 0, int(MAX_PRICE), "1e-10 dollar"
        )
        self.fast: FastPrices | None = fast
        self.lp_fees: i64 = parameter("lp_fees", lp_fees, 0, 100, "%")
        self.fee_period: i64 = parameter("fee_period", fee_period, int(MINUTE), 30 * day, "ms")

    @staticmethod
    def arbitrum() -> "PoolParams":
        """The pool on Arbitrum, with USDC as the house's dollar."""
        million = 1_000_000 * int(DOLLAR)
        return PoolParams(
            tokens=[
                _stable(DOLLAR_TOKEN, 33_500),
                _stable("USDC.e", 8_500),
                _stable("USDT", 5_000),
                _stable("DAI", 3_000),
                _stable("FRAX", 2_000),
                _stable("MIM", 1),
                TokenTerms("ETH", weight=25_000, max_long=88 * million, max_short=40 * million),
                TokenTerms("BTC", weight=21_000, max_long=36 * million, max_short=20 * million),
                TokenTerms("LINK", weight=1_000, max_long=million // 2, max_short=million // 2),
                TokenTerms("UNI", weight=1_000, max_long=million // 2, max_short=million // 2),
            ]
        )

    @staticmethod
    def avalanche() -> "PoolParams":
        """The pool on Avalanche with the weights of October 2024, USDC as the house's dollar."""
        return PoolParams(
            tokens=[
                _stable(DOLLAR_TOKEN, 46_000),
                _stable("USDC.e", 1_000),
                _stable("MIM", 1),
                TokenTerms("BTC.b", weight=20_000),
                TokenTerms("WETH", weight=20_000),
                TokenTerms("WBTC", weight=3_000),
                TokenTerms("WAVAX", weight=10_000),
            ]
        )


class Params:
    """A market on a pool: its router, its oracle, its guards.

    ================== ========= ============================================================
    field              default   meaning
    ================== ========= ============================================================
    pool               see there the pool; a market given a pool of others takes that one's
    tiers              none      leverage and maintenance by size instead of the pool's 50 times
    keeper_delay       0         ms before the keeper may execute a request
    public_delay       180 s     ms before its owner may execute or take back a request
    max_delay          30 min    ms after which a request has expired
    least_purchase     0         1e-6 dollar: least that an increase with a trigger brings
    oracle             see there how reports become the reference price
    guards             none      see ``guards``
    ================== ========= ============================================================

    Raises :class:`BadParameters`.
    """

    def __init__(
        self,
        *,
        pool: PoolParams | None = None,
        tiers: Tiers | None = None,
        keeper_delay: int = 0,
        public_delay: int = 180_000,
        max_delay: int = 1_800_000,
        least_purchase: int = 0,
        oracle: OracleParams | None = None,
        guards: Guards | None = None,
    ) -> None:
        day = int(DAY)
        self.pool: PoolParams = PoolParams() if pool is None else pool
        self.tiers: Tiers | None = tiers
        if tiers is not None and tiers.deducted:
            raise BadParameters("tiers: the pool's table is flat, without deductions")
        self.keeper_delay: i64 = parameter("keeper_delay", keeper_delay, 0, day, "ms")
        self.public_delay: i64 = parameter("public_delay", public_delay, 0, day, "ms")
        self.max_delay: i64 = parameter("max_delay", max_delay, 1, 30 * day, "ms")
        if max_delay <= keeper_delay:
            raise BadParameters(
                f"max_delay {max_delay}: must be above keeper_delay, {keeper_delay} (ms)"
            )
        self.least_purchase: i64 = parameter(
            "least_purchase", least_purchase, 0, int(MAX_DOLLARS), "1e-6 dollar"
        )
        self.oracle: OracleParams = OracleParams(quorum=1) if oracle is None else oracle
        self.guards: Guards = Guards() if guards is None else guards
        self.oracle = self.guards.over(self.oracle)


def default_tokens(index: str) -> list[TokenTerms]:
    """The dollar and the market's own token, half of the pool each."""
    return [_stable(DOLLAR_TOKEN, 10_000), TokenTerms(index)]


def _stable(name: str, weight: int) -> TokenTerms:
    return TokenTerms(name, decimals=6, weight=weight, stable=True, strict=True)


def _check_tokens(tokens: list[TokenTerms]) -> None:
    if len(tokens) > MAX_TOKENS:
        raise BadParameters(f"tokens: {len(tokens)} are more than {MAX_TOKENS}")
    seen: list[str] = []
    for token in tokens:
        if token.name in seen:
            raise BadParameters(f"tokens: {token.name} is there twice")
        seen.append(token.name)
    if tokens and sum([int(token.weight) for token in tokens]) == 0:
        raise BadParameters("tokens: the weights are all 0")

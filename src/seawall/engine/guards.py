"""Guards: what a market puts in the way of an attack on it, each on its own or all together.

==================================  ======================================================
:class:`OpenInterestCap`            a side's open interest against the capital behind it
:class:`AdaptiveOpenInterestCap`    a side's open interest against the token's market
:class:`PositionCap`                one account's position against the token's market value
:class:`AdaptiveLeverage`           the highest leverage against the token's market
:class:`MultiRound`                 a liquidation closes in slices with a pause between them
:class:`AuctionGuard`               others may take a position over before any vault inherits it
:class:`SourceWeights` and others    what the oracle does with reports: weights, outliers, a
                                    quorum, smoothing (:mod:`seawall.engine.reports`)
:class:`Guards`                     those of them, but the first, that one market has, with the
                                    two halts of :mod:`seawall.engine.breakers`
==================================  ======================================================

What they know of the token comes as :class:`MarketFacts`; a guard does not bind on a fact that is
unknown. The guards of the price itself switch steps of :mod:`seawall.engine.oracle` on.

Source of all but the first: the article on the JELLY event in ``thogiti/thogiti.github.io``
(27 March 2025), its four proposals and their hybrid. It gives 10 to 20 % of market value for open
interest and 5 % for a position; the other figures are ours.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.breakers import FundingBreaker, PriceBreaker
from seawall.engine.errors import BadParameters, BrokenBooks, LimitReached
from seawall.engine.fixed import (
    DAY,
    DOLLAR,
    LIMIT,
    NO_BOUND,
    RATE,
    check_range,
    larger,
    parameter,
    share,
    share_up,
    smaller,
)
from seawall.engine.margin import MAX_LEVERAGE
from seawall.engine.reports import (
    OracleParams,
    OutlierRejection,
    Quorum,
    Smoothing,
    SourceWeights,
)

_DOLLAR_UNIT: Final = "1e-6 dollar"


def _check_cap(code: str, what: str, value: i64, bound: i64) -> None:
    if value > bound:
        raise LimitReached(
            code, f"{what} {value} would be above {bound} ({_DOLLAR_UNIT})", value, bound
        )


class MarketFacts:
    """What the venue knows of a token's own market; 0 where it is unknown.

    ``market_value`` is that of the circulating supply, ``volume`` what is traded in a day,
    ``depth`` what is quoted on one side of the book, all in 1e-6 dollar.
    Raises :class:`OutOfRange`.
    """

    def __init__(self, *, market_value: int = 0, volume: int = 0, depth: int = 0) -> None:
        check_range("market-value", market_value, 0, LIMIT - 1, _DOLLAR_UNIT)
        check_range("volume", volume, 0, LIMIT - 1, _DOLLAR_UNIT)
        check_range("depth", depth, 0, LIMIT - 1, _DOLLAR_UNIT)
        self.market_value: i64 = i64(market_value)
        self.volume: i64 = i64(volume)
        self.depth: i64 = i64(depth)


class OpenInterestCap:
    """A side's open interest stays within a share of the capital that stands behind it.

    ``share`` is in 1e-12, 80 % by default. Raises :class:`BadParameters`.
    """

    def __init__(self, share: int = 800_000_000_000) -> None:
        self.share: i64 = parameter("share", share, 1, 4 * RATE, "1e-12")

    def bound(self, capital: i64) -> i64:
        """The most open interest of a side, in the unit of ``capital`` (1e-6 dollar)."""
        return share(capital, self.share)

    def check(self, capital: i64, open_interest: i64) -> None:
        """Refuse an order that would raise a side's open interest to ``open_interest``.

        Both in 1e-6 dollar. Raises :class:`LimitReached` (``open-interest-cap``).
        """
        _check_cap(
            "open-interest-cap", "open interest of a side", open_interest, self.bound(capital)
        )


class AdaptiveOpenInterestCap:
    """A side's open interest stays within a share of what the token's own market can bear.

    ``value_share`` of the circulating market value, ``volume_share`` of a day's volume and
    ``depth_share`` of the quoted depth, each in 1e-12, 0 where it does not count; the least one
    binds. By default 10 % of the market value alone. Raises :class:`BadParameters`.
    """

    def __init__(
        self,
        *,
        value_share: int = 100_000_000_000,
        volume_share: int = 0,
        depth_share: int = 0,
    ) -> None:
        self.value_share: i64 = parameter("value_share", value_share, 0, RATE, "1e-12")
        self.volume_share: i64 = parameter("volume_share", volume_share, 0, RATE, "1e-12")
        self.depth_share: i64 = parameter("depth_share", depth_share, 0, RATE, "1e-12")
        if value_share == 0 and volume_share == 0 and depth_share == 0:
            raise BadParameters("value_share 0: one of the three shares must be above 0")

    def bound(self, facts: MarketFacts) -> i64:
        """The most open interest of a side, in 1e-6 dollar, or ``NO_BOUND``."""
        bound: i64 = NO_BOUND
        if self.value_share > 0 and facts.market_value > 0:
            bound = share(facts.market_value, self.value_share)
        if self.volume_share > 0 and facts.volume > 0:
            bound = smaller(bound, share(facts.volume, self.volume_share))
        if self.depth_share > 0 and facts.depth > 0:
            bound = smaller(bound, share(facts.depth, self.depth_share))
        return bound

    def check(self, facts: MarketFacts, open_interest: i64) -> None:
        """Refuse an order that would raise a side's open interest to ``open_interest``.

        In 1e-6 dollar. Raises :class:`LimitReached` (``adaptive-open-interest-cap``).
        """
        _check_cap(
            "adaptive-open-interest-cap",
            "open interest of a side",
            open_interest,
            self.bound(facts),
        )


class PositionCap:
    """One account's position stays within a share of the token's circulating market value.

    ``share`` is in 1e-12, 5 % by default. Raises :class:`BadParameters`.
    """

    def __init__(self, share: int = 50_000_000_000) -> None:
        self.share: i64 = parameter("share", share, 1, RATE, "1e-12")

    def bound(self, facts: MarketFacts) -> i64:
        """The largest notional of a position, in 1e-6 dollar, or ``NO_BOUND``."""
        if facts.market_value == 0:
            return NO_BOUND
        return share(facts.market_value, self.share)

    def check(self, facts: MarketFacts, notional: i64) -> None:
        """Refuse an order that would raise an account's position to ``notional``.

        In 1e-6 dollar. Raises :class:`LimitReached` (``position-cap``).
        """
        _check_cap("position-cap", "notional of the position", notional, self.bound(facts))


class LeverageStep:
    """``leverage``, a whole number, is the highest while the measure is under ``below``
    (1e-6 dollar). Raises :class:`BadParameters`.
    """

    def __init__(self, below: int, leverage: int) -> None:
        self.below: i64 = parameter("below", below, 1, LIMIT - 1, _DOLLAR_UNIT)
        self.leverage: i64 = parameter("leverage", leverage, 1, MAX_LEVERAGE - 1, "times")


class AdaptiveLeverage:
    """The highest leverage shrinks as the token's market value, or its volume, falls.

    ``value_steps`` go by the market value (by default 3x below 50 million dollars, 10x below 500),
    ``volume_steps`` by a day's volume (by default none); thresholds and leverages rise from step to
    step, and beyond the last step nothing binds. It stands beside a market's leverage tiers: the
    stricter of the two counts. Raises :class:`BadParameters`.
    """

    def __init__(
        self,
        *,
        value_steps: list[LeverageStep] | None = None,
        volume_steps: list[LeverageStep] | None = None,
    ) -> None:
        self.value_steps: list[LeverageStep] = (
            [LeverageStep(50_000_000 * DOLLAR, 3), LeverageStep(500_000_000 * DOLLAR, 10)]
            if value_steps is None
            else list(value_steps)
        )
        self.volume_steps: list[LeverageStep] = [] if volume_steps is None else list(volume_steps)
        _check_steps("value_steps", self.value_steps)
        _check_steps("volume_steps", self.volume_steps)
        if not self.value_steps and not self.volume_steps:
            raise BadParameters("value_steps []: one of the two lists must have a step")

    def max_leverage(self, facts: MarketFacts) -> i64:
        """The highest leverage, a whole number; ``MAX_LEVERAGE`` where nothing binds."""
        return smaller(
            _step(self.value_steps, facts.market_value), _step(self.volume_steps, facts.volume)
        )

    def least_margin(self, facts: MarketFacts, notional: i64) -> i64:
        """The least margin that ``notional`` may be opened on, both in 1e-6 dollar, rounded up."""
        leverage = self.max_leverage(facts)
        return 0 if leverage == MAX_LEVERAGE else -(-notional // leverage)

    def check(self, facts: MarketFacts, notional: i64, margin: i64) -> None:
        """Refuse to open ``notional`` on ``margin`` (1e-6 dollar).

        Raises :class:`LimitReached` (``adaptive-leverage``) with the notional and the largest one
        that the margin allows.
        """
        if margin >= self.least_margin(facts, notional):
            return
        leverage = self.max_leverage(facts)
        bound = larger(margin, 0) * leverage
        raise LimitReached(
            "adaptive-leverage",
            f"notional {notional} on a margin of {margin} would be above {bound}, "
            f"at {leverage} times ({_DOLLAR_UNIT})",
            notional,
            bound,
        )


def _check_steps(field: str, steps: list[LeverageStep]) -> None:
    below: i64 = 0
    leverage: i64 = 0
    for step in steps:
        if step.below <= below or step.leverage <= leverage:
            raise BadParameters(
                f"{field} {step.leverage}x below {step.below}: both must be above those of the "
                f"step before, {leverage}x below {below} ({_DOLLAR_UNIT})"
            )
        below = step.below
        leverage = step.leverage


def _step(steps: list[LeverageStep], measure: i64) -> i64:
    if measure > 0:
        for step in steps:
            if measure < step.below:
                return step.leverage
    return MAX_LEVERAGE


class MultiRound:
    """A liquidation closes a slice, waits, and closes the next, before any vault inherits.

    ``slice_share`` of the position as it was when its liquidation began, in 1e-12, every
    ``pause`` ms; 20 % every 30 s by default, so five rounds. Raises :class:`BadParameters`.
    """

    def __init__(self, *, slice_share: int = 200_000_000_000, pause: int = 30_000) -> None:
        self.slice_share: i64 = parameter("slice_share", slice_share, 1, RATE, "1e-12")
        self.pause: i64 = parameter("pause", pause, 1, DAY, "ms")

    def slice_size(self, position: i64, left: i64) -> i64:
        """What the next round closes of a ``position`` of which ``left`` is still open.

        Magnitudes in 1e-8 token, rounded up. Raises :class:`BrokenBooks` unless
        0 <= ``left`` <= ``position``.
        """
        if left < 0 or left > position:
            raise BrokenBooks(f"{left} left of a position of {position}")
        return smaller(share_up(position, self.slice_share), left)

    def is_due(self, last_round: i64, now: i64) -> bool:
        """Whether a round may close at ``now``, the one before having closed at ``last_round``.

        Both in ms; ``last_round`` is -1 before the first round, which is due at once.
        """
        return last_round < 0 or now - last_round >= self.pause


class AuctionGuard:
    """Before any vault inherits a position, others may take it over for ``duration`` ms.

    60 s by default. Raises :class:`BadParameters`.
    """

    def __init__(self, duration: int = 60_000) -> None:
        self.duration: i64 = parameter("duration", duration, 1, DAY, "ms")


class Guards:
    """The guards of one market; one that is None is not there and forbids nothing.

    The breakers remember what they saw, so every market has an instance of its own: give it
    :meth:`fresh` of the one in a configuration.
    """

    def __init__(
        self,
        *,
        open_interest: AdaptiveOpenInterestCap | None = None,
        position: PositionCap | None = None,
        leverage: AdaptiveLeverage | None = None,
        price_breaker: PriceBreaker | None = None,
        funding_breaker: FundingBreaker | None = None,
        multi_round: MultiRound | None = None,
        auction: AuctionGuard | None = None,
        weights: SourceWeights | None = None,
        outliers: OutlierRejection | None = None,
        quorum: Quorum | None = None,
        smoothing: Smoothing | None = None,
    ) -> None:
        self.open_interest: AdaptiveOpenInterestCap | None = open_interest
        self.position: PositionCap | None = position
        self.leverage: AdaptiveLeverage | None = leverage
        self.price_breaker: PriceBreaker | None = price_breaker
        self.funding_breaker: FundingBreaker | None = funding_breaker
        self.multi_round: MultiRound | None = multi_round
        self.auction: AuctionGuard | None = auction
        self.weights: SourceWeights | None = weights
        self.outliers: OutlierRejection | None = outliers
        self.quorum: Quorum | None = quorum
        self.smoothing: Smoothing | None = smoothing

    @staticmethod
    def hybrid() -> "Guards":
        """Every guard with its defaults; a market of one source needs a quorum of one."""
        return Guards(
            open_interest=AdaptiveOpenInterestCap(),
            position=PositionCap(),
            leverage=AdaptiveLeverage(),
            price_breaker=PriceBreaker(),
            funding_breaker=FundingBreaker(),
            multi_round=MultiRound(),
            auction=AuctionGuard(),
            weights=SourceWeights(),
            outliers=OutlierRejection(),
            quorum=Quorum(),
            smoothing=Smoothing(),
        )

    def fresh(self) -> "Guards":
        """The same guards with breakers that have seen nothing."""
        price = self.price_breaker
        funding = self.funding_breaker
        return Guards(
            open_interest=self.open_interest,
            position=self.position,
            leverage=self.leverage,
            price_breaker=None if price is None else price.fresh(),
            funding_breaker=None if funding is None else funding.fresh(),
            multi_round=self.multi_round,
            auction=self.auction,
            weights=self.weights,
            outliers=self.outliers,
            quorum=self.quorum,
            smoothing=self.smoothing,
        )

    def over(self, oracle: OracleParams) -> OracleParams:
        """``oracle`` with the steps that these guards switch on, all else as it was.

        Raises :class:`BadParameters` where the two together cannot be.
        """
        weights = self.weights
        outliers = self.outliers
        quorum = self.quorum
        smoothing = self.smoothing
        if weights is None and outliers is None and quorum is None and smoothing is None:
            return oracle
        return OracleParams(
            weights=oracle.weights if weights is None else weights.weights,
            default_weight=oracle.default_weight,
            outlier=oracle.outlier if outliers is None else outliers.bound,
            quorum=oracle.quorum if quorum is None else quorum.sources,
            smooth=oracle.smooth or smoothing is not None,
            time_constant=oracle.time_constant if smoothing is None else smoothing.time_constant,
            max_age=oracle.max_age,
            use_confidence=oracle.use_confidence,
            use_spread=oracle.use_spread,
            max_confidence=oracle.max_confidence,
            jump=oracle.jump,
        )

    def open_interest_bound(self, facts: MarketFacts) -> i64:
        """The most open interest of a side, in 1e-6 dollar, or ``NO_BOUND``."""
        guard = self.open_interest
        return NO_BOUND if guard is None else guard.bound(facts)

    def position_bound(self, facts: MarketFacts) -> i64:
        """The largest notional of a position, in 1e-6 dollar, or ``NO_BOUND``."""
        guard = self.position
        return NO_BOUND if guard is None else guard.bound(facts)

    def max_leverage(self, facts: MarketFacts) -> i64:
        """The highest leverage, a whole number; ``MAX_LEVERAGE`` where nothing binds."""
        guard = self.leverage
        return MAX_LEVERAGE if guard is None else guard.max_leverage(facts)

    def check_increase(
        self, facts: MarketFacts, open_interest: i64, notional: i64, margin: i64
    ) -> None:
        """Refuse an order that adds to a position beyond what a guard allows.

        After the order: ``open_interest`` of the side, ``notional`` and ``margin`` of the
        position, all in 1e-6 dollar. Raises :class:`LimitReached` with the code of the first
        guard that forbids it: ``adaptive-open-interest-cap``, ``position-cap``,
        ``adaptive-leverage``.
        """
        open_interest_cap = self.open_interest
        if open_interest_cap is not None:
            open_interest_cap.check(facts, open_interest)
        position = self.position
        if position is not None:
            position.check(facts, notional)
        leverage = self.leverage
        if leverage is not None:
            leverage.check(facts, notional, margin)

    def observe_price(self, price: i64, now: i64) -> bool:
        """Show the trusted price to the price breaker; whether it trips."""
        breaker = self.price_breaker
        return breaker is not None and breaker.observe(price, now)

    def observe_funding(self, rate: i64) -> bool:
        """Show the funding per hour to the funding breaker; whether it trips."""
        breaker = self.funding_breaker
        return breaker is not None and breaker.observe(rate)

    def is_halted(self, now: i64) -> bool:
        """Whether a breaker halts new trades and liquidations at ``now`` (ms)."""
        price = self.price_breaker
        if price is not None and price.is_halted(now):
            return True
        funding = self.funding_breaker
        return funding is not None and funding.is_halted(now)

    def check_halt(self, now: i64) -> None:
        """Raises :class:`Closed` (``price-breaker`` or ``funding-breaker``) during a halt."""
        price = self.price_breaker
        if price is not None:
            price.check(now)
        funding = self.funding_breaker
        if funding is not None:
            funding.check(now)

    def state(self) -> list[int]:
        """Every number the future depends on, in a fixed order, for a digest."""
        numbers: list[int] = []
        price = self.price_breaker
        if price is not None:
            numbers.extend(price.state())
        funding = self.funding_breaker
        if funding is not None:
            numbers.extend(funding.state())
        return numbers


PRESETS: Final = (
    "none",
    "open-interest-cap",
    "position-cap",
    "adaptive-leverage",
    "price-breaker",
    "funding-breaker",
    "multi-round",
    "auction",
    "venue-weights",
    "outlier-rejection",
    "quorum",
    "smoothing",
    "hybrid",
)
"""Names that :func:`preset` knows: none, each guard alone, all together."""


def preset(name: str) -> Guards:
    """New guards with their defaults, by a name of ``PRESETS``. Raises :class:`BadParameters`."""
    if name not in PRESETS:
        raise BadParameters(f"guards {name}: must be one of {', '.join(PRESETS)}")
    if name == "hybrid":
        return Guards.hybrid()
    return Guards(
        open_interest=AdaptiveOpenInterestCap() if name == "open-interest-cap" else None,
        position=PositionCap() if name == "position-cap" else None,
        leverage=AdaptiveLeverage() if name == "adaptive-leverage" else None,
        price_breaker=PriceBreaker() if name == "price-breaker" else None,
        funding_breaker=FundingBreaker() if name == "funding-breaker" else None,
        multi_round=MultiRound() if name == "multi-round" else None,
        auction=AuctionGuard() if name == "auction" else None,
        weights=SourceWeights() if name == "venue-weights" else None,
        outliers=OutlierRejection() if name == "outlier-rejection" else None,
        quorum=Quorum() if name == "quorum" else None,
        smoothing=Smoothing() if name == "smoothing" else None,
    )

"""What a price source says, and the figures by which many reports become one price.

The steps themselves are those of :mod:`seawall.engine.oracle`. The weights of the order book are
in Hyperliquid's documentation, page on the oracle (mirror ``dzmbs/hyperliquid-docs``).
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.errors import BadParameters, OutOfRange
from seawall.engine.fixed import DAY, MAX_PRICE, MAX_TIME, RATE, check_range, parameter

MAX_SOURCES: Final[i64] = 64
"""The most sources that one oracle remembers."""

MAX_WEIGHT: Final[i64] = 1_000_000
"""The greatest weight of a source."""

OWN_SPOT: Final = "own-spot"
"""Name of the venue's own spot market among the sources."""

_PRICE_UNIT: Final = "1e-10 dollar per token"
_TIME_UNIT: Final = "ms since the epoch"
_FITS: Final[int] = 4_611_686_018_427_387_903  # not an i64: it is held against unbounded numbers


class Report:
    """What one source said: ``price`` and ``confidence`` (the half-width of what it holds
    possible) in 1e-10 dollar per token, ``time`` in ms since the epoch.

    A report is judged by :meth:`Oracle.take`; the constructor raises :class:`OutOfRange` only for
    numbers that no 64-bit field can carry.
    """

    def __init__(self, source: str, price: int, time: int, confidence: int = 0) -> None:
        if not -_FITS <= price <= _FITS:
            check_range("price", price, 1, MAX_PRICE, _PRICE_UNIT)
        if not -_FITS <= time <= _FITS:
            check_range("time", time, 0, MAX_TIME, _TIME_UNIT)
        if not -_FITS <= confidence <= _FITS:
            check_range("confidence", confidence, 0, MAX_PRICE, _PRICE_UNIT)
        self.source: str = source
        self.price: i64 = i64(price)
        self.time: i64 = i64(time)
        self.confidence: i64 = i64(confidence)


def check_report(report: Report, last: i64, now: i64) -> None:
    """Refuse a report that cannot be; ``last`` is the time of its source's last one, or -1.

    Raises :class:`OutOfRange`; the codes are told at :meth:`Oracle.take`.
    """
    source = report.source
    _check_price(source, "price", report.price, 1)
    _check_price(source, "confidence", report.confidence, 0)
    time = report.time
    if time < 0:
        raise OutOfRange(
            "time-too-small", f"time {time} of the report of {source} is below 0 (ms)", time, 0
        )
    if time > now:
        raise OutOfRange(
            "report-from-the-future",
            f"time {time} of the report of {source} is after now, {now} ({_TIME_UNIT})",
            time,
            now,
        )
    if time <= last:
        raise OutOfRange(
            "report-back-in-time",
            f"time {time} of the report of {source} is not after its last, {last} ({_TIME_UNIT})",
            time,
            last,
        )


def _check_price(source: str, field: str, value: i64, low: i64) -> None:
    if value < low:
        raise OutOfRange(
            f"{field}-too-small",
            f"{field} {value} reported by {source} is below {low} ({_PRICE_UNIT})",
            value,
            low,
        )
    if value > MAX_PRICE:
        raise OutOfRange(
            f"{field}-too-large",
            f"{field} {value} reported by {source} is above {MAX_PRICE} ({_PRICE_UNIT})",
            value,
            MAX_PRICE,
        )


def _hyperliquid_weights() -> dict[str, int]:
    return {
        "binance": 3,
        "okx": 2,
        "bybit": 2,
        "kraken": 1,
        "kucoin": 1,
        "gate": 1,
        "mexc": 1,
        OWN_SPOT: 1,
    }


class SourceWeights:
    """A guard of the price: sources count by their weight, not each the same.

    ``weights`` by source, 1 to 1e6; by default Hyperliquid's, by the liquidity of eight venues. A
    source that is not listed keeps the oracle's ``default_weight``. Raises :class:`BadParameters`.
    """

    def __init__(self, weights: dict[str, int] | None = None) -> None:
        self.weights: dict[str, int] = _hyperliquid_weights() if weights is None else dict(weights)
        if not self.weights:
            raise BadParameters("weights {}: at least one source must have a weight")
        for source, weight in self.weights.items():
            parameter(f"weight of {source}", weight, 1, MAX_WEIGHT, "a count")


class OutlierRejection:
    """A guard of the price: a report further than ``bound`` (1e-12) from the others is dropped.

    10 % by default. Raises :class:`BadParameters`.
    """

    def __init__(self, bound: int = 100_000_000_000) -> None:
        self.bound: i64 = parameter("bound", bound, 1, RATE, "1e-12")


class Quorum:
    """A guard of the price: with fewer ``sources`` left than these it is stale.

    Two by default. Raises :class:`BadParameters`.
    """

    def __init__(self, sources: int = 2) -> None:
        self.sources: i64 = parameter("sources", sources, 1, MAX_SOURCES, "sources")


class Smoothing:
    """A guard of the price: it follows the median exponentially, by ``time_constant`` (ms).

    60 s by default. Raises :class:`BadParameters`.
    """

    def __init__(self, time_constant: int = 60_000) -> None:
        self.time_constant: i64 = parameter("time_constant", time_constant, 1, DAY, "ms")


class OracleParams:
    """How reports become a price; every figure is a default and may be changed per market.

    =================  =======  ==========================================================
    weights            none     weight per source, 1 to 1e6
    default_weight     1        of a source that ``weights`` does not list; 0 refuses it
    outlier            10 %     1e-12; a report further from the others is dropped; 0 is off
    quorum             2        survivors without which the price is stale
    smooth             off      exponential smoothing
    time_constant      60 s     ms, of the smoothing
    max_age            60 s     ms, of a report and of the trusted price; 0 is off
    use_confidence     on       the half-width takes in what the sources report
    use_spread         off      the half-width takes in how far the survivors are apart
    max_confidence     2 %      1e-12 of the price; a greater half-width is uncertain; 0 is off
    jump               10 %     1e-12; a greater move waits to be confirmed; 0 is off
    =================  =======  ==========================================================

    A market with one source needs ``quorum=1``. Raises :class:`BadParameters`.
    """

    def __init__(
        self,
        *,
        weights: dict[str, int] | None = None,
        default_weight: int = 1,
        outlier: int = 100_000_000_000,
        quorum: int = 2,
        smooth: bool = False,
        time_constant: int = 60_000,
        max_age: int = 60_000,
        use_confidence: bool = True,
        use_spread: bool = False,
        max_confidence: int = 20_000_000_000,
        jump: int = 100_000_000_000,
    ) -> None:
        self.weights: dict[str, int] = {} if weights is None else dict(weights)
        for source, weight in self.weights.items():
            parameter(f"weight of {source}", weight, 1, MAX_WEIGHT, "a count")
        if len(self.weights) > MAX_SOURCES:
            raise BadParameters(f"weights of {len(self.weights)} sources: at most {MAX_SOURCES}")
        self.default_weight: i64 = parameter(
            "default_weight", default_weight, 0, MAX_WEIGHT, "a count"
        )
        if default_weight == 0 and not self.weights:
            raise BadParameters("default_weight 0: must be above 0 when no weights are listed")
        self.outlier: i64 = parameter("outlier", outlier, 0, RATE, "1e-12")
        self.quorum: i64 = parameter("quorum", quorum, 1, MAX_SOURCES, "sources")
        self.smooth: bool = smooth
        self.time_constant: i64 = parameter("time_constant", time_constant, 1, DAY, "ms")
        self.max_age: i64 = parameter("max_age", max_age, 0, DAY, "ms")
        self.use_confidence: bool = use_confidence
        self.use_spread: bool = use_spread
        self.max_confidence: i64 = parameter("max_confidence", max_confidence, 0, RATE, "1e-12")
        self.jump: i64 = parameter("jump", jump, 0, RATE, "1e-12")
        if default_weight == 0 and quorum > len(self.weights):
            raise BadParameters(
                f"quorum {quorum}: must be between 1 and {len(self.weights)} "
                "(the sources listed, no other being let in)"
            )

    @staticmethod
    def hyperliquid() -> "OracleParams":
        """The order book's rule of 2025: its weights, its median, and of the rest only ages."""
        return OracleParams(
            weights=_hyperliquid_weights(),
            outlier=0,
            quorum=1,
            use_confidence=False,
            max_confidence=0,
            jump=0,
        )

    @staticmethod
    def hybrid() -> "OracleParams":
        """Hyperliquid's weights with every protection on: outliers, quorum, smoothing, jumps."""
        return OracleParams(weights=_hyperliquid_weights(), smooth=True)

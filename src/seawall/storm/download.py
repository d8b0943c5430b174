"""Candles of an exchange through CCXT: with progress, resumed after a stop, kept as Parquet.

    download(Order("binance", "BTC/USDT", "1m", start, end), "btc.parquet")

Bars are asked for page after page. Every page is on the disk before the next is asked for, in a
journal beside the file; the next call with the same file goes on where this one stopped. The file
has Seawall's own columns (symbol, open_time, open, high, low, close, volume) beside the exchange
and the timeframe, so that ``seawall storm --candles`` takes it as it is. CCXT hands prices over as
floats, whose shortest text is what the exchange sent (github.com/ccxt/ccxt, wiki, "OHLCV
Structure").
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec
import polars as pl

from seawall.engine.errors import BadParameters, BadScenario, SeawallError
from seawall.storm.extras import library
from seawall.storm.journal import Journal, write_whole
from seawall.storm.units import iso

PAGE = 1000
"""Bars asked for at once; an exchange may give fewer."""

WINDOW = 100
"""Bars that an exchange looks through at least, where no page has shown more yet."""

TRIES = 5
"""Times a page is asked for before the download gives up."""

_NAMES = ("exchange", "symbol", "timeframe")
_PRICES = ("open", "high", "low", "close", "volume")

Bar = tuple[int, float, float, float, float, float]
Progress = Callable[[int, int], None]
"""Told the bars that are behind and all bars of the order."""


class Unreachable(SeawallError):
    """The exchange did not answer, or answered what is no candle; what came before is kept."""


@dataclass(frozen=True)
class Order:
    """What to download: bars that open from ``start`` until before ``end`` (ms).

    ``exchange`` is CCXT's name of it, ``symbol`` as CCXT writes it (``BTC/USDT``, and
    ``BTC/USDT:USDT`` for a perpetual), ``timeframe`` as ``1m``; ``url`` takes the place of the
    exchange's own address, for a mirror or a proxy.
    """

    exchange: str
    symbol: str
    timeframe: str
    start: int
    end: int
    url: str | None = None


@dataclass(frozen=True)
class Downloaded:
    """What came of an order: ``bars`` in the file, ``fresh`` ones of this call, and gaps.

    ``missing`` bars of the order are not there because the exchange has none; ``first`` and
    ``last`` (ms) are the outermost bars of the file.
    """

    bars: int
    fresh: int
    missing: int
    first: int
    last: int


def download(
    order: Order,
    file: str | Path,
    *,
    progress: Progress | None = None,
    wait: Callable[[float], object] = time.sleep,
    now: Callable[[], float] = time.time,
) -> Downloaded:
    """Bring ``file`` up to the order; bars that are there are not asked for again.

    ``wait`` (seconds) is called between tries, ``now`` gives the time in seconds: a bar that is
    not over is left out. Raises :class:`BadParameters` for an exchange, a symbol or a timeframe
    that is not there, :class:`Unreachable`, and
    :class:`seawall.storm.journal.CannotWrite`.
    """
    path = Path(file)
    if path.suffix.lower() not in (".parquet", ".pq"):
        raise BadParameters(f"{path}: the file must end in .parquet")
    if order.start >= order.end:
        raise BadParameters(f"start {iso(order.start)} is not before end {iso(order.end)}")
    exchange = _exchange(order)
    length = int(exchange.parse_timeframe(order.timeframe)) * 1000
    end = min(order.end, int(now() * 1000) // length * length)
    start = -(-order.start // length) * length
    held = _held(path, order)
    journal_path = path.with_name(f".{path.name}.journal")
    with Journal(journal_path) as journal:
        bars = dict(held)
        for line in journal.lines:
            bars.update((bar[0], bar) for bar in _page(line, order))
        before = len(bars)
        total = max(0, (end - start) // length)
        since = _next(bars, start, end, length)
        window = WINDOW
        while since < end:
            page = _ask(exchange, order, since, wait)
            new = [bar for bar in page if since <= bar[0] < end]
            if new:
                journal.add(msgspec.json.encode([_name(order), new]))
                bars.update((bar[0], bar) for bar in new)
            # an empty page is a gap of the exchange's own: look behind what it has looked through
            window = max(window, len(new))
            behind = max((bar[0] for bar in new), default=since + (window - 1) * length)
            since = _next(bars, behind + length, end, length)
            if progress is not None:
                progress(min(total, max(0, since - start) // length), total)
        if not bars:
            raise Unreachable(
                f"{order.exchange} has no {order.timeframe} candle of {order.symbol} from "
                f"{iso(start)} to {iso(end)}"
            )
        frame = _frame(order, [bars[at] for at in sorted(bars)])
        write_whole(path, frame.write_parquet)
        journal_path.unlink()
    inside = sum(start <= at < end for at in bars)
    return Downloaded(len(bars), len(bars) - before, total - inside, min(bars), max(bars))


def _exchange(order: Order) -> Any:
    ccxt = library("ccxt", "candles")
    if order.exchange not in ccxt.exchanges:
        near = [name for name in ccxt.exchanges if name[:3] == order.exchange[:3]]
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise BadParameters(
            f"no exchange {order.exchange!r} among the {len(ccxt.exchanges)} of CCXT{hint}"
        )
    exchange = getattr(ccxt, order.exchange)({"enableRateLimit": True})
    if order.url is not None:
        exchange.urls["api"] = _elsewhere(exchange.urls["api"], order.url)
    known = exchange.timeframes or {}
    if order.timeframe not in known:
        raise BadParameters(
            f"{order.exchange} has no timeframe {order.timeframe!r}; there are {', '.join(known)}"
        )
    if ":" not in order.symbol:
        _only_spot(exchange.options)
    try:
        markets = exchange.load_markets()
    except ccxt.BaseError as error:
        raise Unreachable(f"{order.exchange} does not answer: {_reason(error)}") from None
    if order.symbol not in markets:
        base = order.symbol.split("/")[0]
        near = sorted(name for name in markets if name.split("/")[0] == base)[:8]
        hint = f"; of {base} there are {', '.join(near)}" if near else ""
        raise BadParameters(f"{order.exchange} has no market {order.symbol!r}{hint}")
    return exchange


def _only_spot(options: Any) -> None:
    """Where an exchange lists its kinds of markets one by one, ask for the one that is needed."""
    kinds = options.get("fetchMarkets")
    if isinstance(kinds, dict) and "types" in kinds:
        options["fetchMarkets"] = {**kinds, "types": ["spot"]}


def _elsewhere(urls: Any, url: str) -> Any:
    """The same paths at another address."""
    if isinstance(urls, dict):
        return {name: _elsewhere(value, url) for name, value in urls.items()}
    there, here = urlsplit(url), urlsplit(urls)
    if there.scheme not in ("http", "https") or not there.netloc:
        raise BadParameters(f"--url {url}: write it as http://host:port")
    return urlunsplit((there.scheme, there.netloc, there.path.rstrip("/") + here.path, "", ""))


def _ask(exchange: Any, order: Order, since: int, wait: Callable[[float], object]) -> list[Bar]:
    """A page of bars; what the network spoils is asked for again, each time after longer."""
    ccxt = library("ccxt", "candles")
    tries = 0
    while True:
        try:
            page = exchange.fetch_ohlcv(order.symbol, order.timeframe, since, PAGE)
            break
        except ccxt.NetworkError as error:
            tries += 1
            if tries == TRIES:
                raise Unreachable(
                    f"{order.exchange} did not answer {TRIES} times at {iso(since)}: "
                    f"{_reason(error)}; what came before is kept, the same command goes on"
                ) from None
            wait(2.0**tries)
        except ccxt.BaseError as error:
            raise Unreachable(
                f"{order.exchange} refused {order.symbol} at {iso(since)}: {_reason(error)}"
            ) from None
    bars = []
    for row in page:
        if len(row) < 6 or any(value is None for value in row[:5]):
            raise Unreachable(f"{order.exchange} sent a candle that is none: {row}")
        at, first, high, low, last, volume = row[:6]
        bars.append(
            (int(at), float(first), float(high), float(low), float(last), float(volume or 0))
        )
    return bars


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _next(bars: dict[int, Bar], at: int, end: int, length: int) -> int:
    """The first opening from ``at`` on that is not there."""
    while at < end and at in bars:
        at += length
    return at


def _page(line: bytes, order: Order) -> list[Bar]:
    """The bars of a journal's line; none where the line is damaged or of another order."""
    try:
        name, bars = msgspec.json.decode(line, type=tuple[list[str], list[Bar]])
    except msgspec.DecodeError:
        return []
    return bars if name == _name(order) else []


def _name(order: Order) -> list[str]:
    """What a file holds, and nothing else."""
    return [order.exchange, order.symbol, order.timeframe]


def _held(path: Path, order: Order) -> dict[int, Bar]:
    """The bars that the file has already."""
    if not path.exists():
        return {}
    try:
        table = pl.read_parquet(path)
        held = table.select(_NAMES).unique().rows()
        rows = table.select(pl.col("open_time").dt.epoch("ms"), *_PRICES).rows()
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).split("\n", 1)[0]
        raise BadScenario(f"{path}: is not a file of candles: {reason}") from None
    if held != [tuple(_name(order))]:
        inside = "; ".join(" ".join(one) for one in held)
        raise BadParameters(
            f"{path}: holds {inside}; give {' '.join(_name(order))} a file of its own"
        )
    return {row[0]: row for row in rows}


def _frame(order: Order, bars: list[Bar]) -> pl.DataFrame:
    columns = ("open_time", *_PRICES)
    frame = pl.DataFrame(bars, schema=columns, orient="row")
    return frame.select(
        *(pl.lit(one).alias(name) for name, one in zip(_NAMES, _name(order), strict=True)),
        pl.col("open_time").cast(pl.Datetime("ms", "UTC")),
        *(pl.col(name).cast(pl.Float64) for name in _PRICES),
    )

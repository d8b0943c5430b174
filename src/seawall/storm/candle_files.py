"""Candle files as they are found: CSV or Parquet, in the column layouts of several archives.

Layouts, told apart by their column names (upper and lower case are the same):

=====================  ==========================================================================
Seawall                ``open_time`` (timestamp, text) or ``open_time_ms``, open, high, low, close,
                       ``symbol`` or ``coin``
Binance's archive      open_time, open, high, low, close, volume, close_time, quote_volume, ...;
                       with or without the header; ms, or us as in spot files since 2025
                       (github.com/binance/binance-public-data, README)
Hyperliquid            t, T, s, i, o, c, h, l, v, n (the ``candleSnapshot`` answer)
CCXT                   timestamp, open, high, low, close, volume; with or without the header
freqtrade and others   ``date`` or ``time`` in place of ``timestamp``
=====================  ==========================================================================

A whole number is a time in s, ms, us or ns by its size; text is ISO 8601, UTC where it says no
zone. A file without a symbol column says its symbol at the start of its name
(``BTCUSDT-1m-2025-10.csv``).
"""

import gzip
import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from seawall.engine import fixed
from seawall.engine.errors import BadScenario
from seawall.storm.scenario import Column
from seawall.storm.units import parse_time

PRICES = {"open": "o", "high": "h", "low": "l", "close": "c"}
"""The columns of prices, each with the short name that some layouts give it."""

_CCXT = ["timestamp", "open", "high", "low", "close", "volume"]
_BINANCE = ["open_time", *_CCXT[1:], "close_time", "quote_volume"]
_BINANCE += ["count", "taker_buy_volume", "taker_buy_quote_volume", "ignore"]
_TIMES = ("open_time_ms", "open_time", "timestamp", "t", "date", "time")
_SYMBOLS = ("symbol", "coin", "s")
_VOLUMES = ("quote_volume", "quote_asset_volume")
_PAIR = re.compile(
    r"(?P<base>[a-z0-9]+?)[-_/]?(?:USDT|USDC|FDUSD|BUSD|TUSD|USDE|USD)(?:[-_:./].*)?", re.IGNORECASE
)
_CONTRACT = re.compile(r"(?P<base>[a-z0-9]+)[-_](?:PERP|SWAP)", re.IGNORECASE)
_NAMED = re.compile(r"(?P<name>[\w.-]+)=(?P<path>.+)")
_LAST = int(fixed.MAX_TIME)


def market_name(symbol: str) -> str:
    """The base token of a symbol as exchanges write it.

    Example::

        assert market_name("BTC/USDT:USDT") == market_name("BTCUSDT") == "BTC"
    """
    text = symbol.strip()
    pair = _PAIR.fullmatch(text) or _CONTRACT.fullmatch(text)
    base = pair["base"] if pair else text
    return base.upper() if base.islower() else base


@dataclass(frozen=True)
class CandleFile:
    """One file: ``unit`` and the column ``row`` of ``table`` say where a bar stands in it.

    ``label`` is the file's name, ``stem`` the same without its endings, ``source`` the name of the
    price source.
    """

    label: str
    stem: str
    source: str
    unit: str
    table: pl.DataFrame

    def at(self, row: int) -> str:
        """The place of a row, as an error names it."""
        return f"{self.label}, {self.unit} {row}"


def open_file(item: str | Path, wanted: list[str] | None) -> CandleFile:
    """The file's bars with columns row, time (ms), symbol, market, and raw prices and volume.

    ``item`` is a path or ``NAME=PATH``; a file that does not say its symbol is of the single
    market that is ``wanted``. Raises :class:`BadScenario` naming the file, the line or row and the
    rule.
    """
    named = _NAMED.fullmatch(item) if isinstance(item, str) and not Path(item).exists() else None
    path = Path(named["path"] if named else item)
    if not path.is_file():
        found = "is a folder" if path.is_dir() else "there is no such file"
        raise BadScenario(f"{path}: {found}; name a .csv, .csv.gz, .zip or .parquet file")
    label = path.name
    stem = re.sub(r"(\.csv)?\.\w+$", "", label)
    if path.suffix.lower() in (".parquet", ".pq"):
        table, layout, unit, first = _read_parquet(path), None, "row", 1
    elif re.search(r"\.(csv|csv\.gz|zip)$", label.lower()):
        table, layout, first = _read_csv(label, _csv_bytes(path))
        unit = "line"
    else:
        raise BadScenario(f"{label}: unknown file type; use .csv, .csv.gz, .zip or .parquet")
    table, venue = _name_columns(label, table, layout)
    table = table.with_row_index("row", first)
    table = table.filter(~pl.all_horizontal(pl.exclude("row").is_null()))
    if table.is_empty():
        raise BadScenario(f"{label}: there is no candle in it")
    source = named["name"] if named else venue or stem
    file = CandleFile(label, stem, source, unit, table)
    times = _times(file)
    return replace(file, table=_name_markets(file, wanted).with_columns(pl.Series("time", times)))


def _csv_bytes(path: Path) -> bytes:
    try:
        if path.suffix.lower() == ".gz":
            return gzip.decompress(path.read_bytes())
        if path.suffix.lower() != ".zip":
            return path.read_bytes()
        with zipfile.ZipFile(path) as archive:
            inside = [name for name in archive.namelist() if name.lower().endswith(".csv")]
            if len(inside) != 1:
                raise BadScenario(
                    f"{path.name}: holds {len(inside)} CSV files; it must hold exactly one"
                )
            return archive.read(inside[0])
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise BadScenario(f"{path.name}: cannot be read: {error}") from None


def _read_csv(label: str, data: bytes) -> tuple[pl.DataFrame, list[str] | None, int]:
    """The table as text, the layout of a file without a header, the line of the first candle."""
    if not data.strip():
        raise BadScenario(f"{label}: there is no candle in it")
    head = data.split(b"\n", 1)[0].strip().removeprefix(b"\xef\xbb\xbf").lstrip(b'"')
    bare = head[:1].isdigit()
    try:
        table = pl.read_csv(io.BytesIO(data), has_header=not bare, infer_schema_length=0)
    except pl.exceptions.PolarsError as error:
        reason = str(error).split("\n", 1)[0]
        raise BadScenario(f"{label}: cannot be read as comma-separated text: {reason}") from None
    if not bare:
        return table, None, 2
    for layout in (_BINANCE, _CCXT):
        if table.width == len(layout):
            return table, layout, 1
    raise BadScenario(
        f"{label}: has no header and {table.width} columns; without a header it must have the 12 "
        "of Binance's archive or the 6 of CCXT"
    )


def _read_parquet(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).split("\n", 1)[0]
        raise BadScenario(f"{path.name}: cannot be read as Parquet: {reason}") from None


def _name_columns(
    label: str, table: pl.DataFrame, layout: list[str] | None
) -> tuple[pl.DataFrame, str | None]:
    """The columns of use under their names here, and the venue whose layout it is."""
    found = {_column(name): name for name in layout or table.columns}
    if layout:
        table.columns = layout
    kept = {"stamp": _first(found, _TIMES), "symbol": _first(found, _SYMBOLS)}
    kept |= {name: _first(found, (name, short)) for name, short in PRICES.items()}
    kept |= {"volume": _first(found, ("volume", "v")), "dollars": _first(found, _VOLUMES)}
    missing = [name for name in ("stamp", *PRICES) if kept[name] is None]
    if missing:
        rule = {"stamp": f"a time ({', '.join(_TIMES)})"}
        raise BadScenario(
            f"{label}: no column for {', '.join(rule.get(name, name) for name in missing)}; "
            f"found {', '.join(table.columns)}"
        )
    venue = None
    if "close_time" in found:
        venue = "binance"
    elif {"t", "T", "s", "i"} <= found.keys():
        venue = "hyperliquid"
    return table.select(pl.col(old).alias(new) for new, old in kept.items() if old), venue


def _column(name: str) -> str:
    name = name.strip()
    return name if len(name) == 1 else name.lower().replace(" ", "_")


def _first(found: dict[str, str], names: Iterable[str]) -> str | None:
    return next((found[name] for name in names if name in found), None)


def _name_markets(file: CandleFile, wanted: list[str] | None) -> pl.DataFrame:
    table = file.table
    if "symbol" in table.columns:
        blank = table.filter(pl.col("symbol").cast(pl.String).fill_null("").str.strip_chars() == "")
        if len(blank):
            raise BadScenario(f"{file.at(blank['row'][0])}: the symbol is empty")
        table = table.with_columns(pl.col("symbol").cast(pl.String))
    else:
        pair = _PAIR.fullmatch(file.stem)
        if not pair and (wanted is None or len(wanted) != 1):
            raise BadScenario(
                f"{file.label}: does not say which symbol it is of; add a symbol column, start its "
                "name with the pair (BTCUSDT-1m.csv) or ask for a single symbol"
            )
        base = pair["base"] if pair else wanted[0] if wanted else ""
        table = table.with_columns(symbol=pl.lit(base))
    names = {symbol: market_name(symbol) for symbol in table["symbol"].unique().to_list()}
    return table.with_columns(market=pl.col("symbol").replace_strict(names))


def _times(file: CandleFile) -> Column:
    """Opening times in ms since the epoch."""
    stamp = file.table["stamp"]
    if stamp.dtype == pl.Datetime or stamp.dtype == pl.Date:
        _refuse_time(file, stamp.is_null())
        return stamp.dt.epoch("ms").to_numpy()
    number = stamp
    if stamp.dtype == pl.String:
        number = stamp.str.strip_chars().str.to_integer(strict=False)
        if number.null_count():
            return _text_times(file, stamp)
    whole = number.cast(pl.Int64, strict=False)
    _refuse_time(file, (whole.is_null() | (whole != number) | (whole < 0)).fill_null(True))
    values = whole.to_numpy()
    sizes = [values < 10**11, values < 10**14, values < 10**17]
    times = np.select(sizes, [values * 1000, values, values // 1000], values // 1_000_000)
    rest = np.select(sizes, [0, 0, values % 1000], values % 1_000_000)
    _refuse_time(file, pl.Series((times > _LAST) | (rest > 0)))
    return times.astype(np.int64)


def _text_times(file: CandleFile, stamp: pl.Series) -> Column:
    times = np.full(len(stamp), -1, dtype=np.int64)
    for index, text in enumerate(stamp):
        try:
            times[index] = parse_time(text or "")
        except BadScenario:
            break
    _refuse_time(file, pl.Series(times < 0))
    return times


def _refuse_time(file: CandleFile, wrong: pl.Series) -> None:
    if wrong.any():
        index = wrong.arg_true()[0]
        raise BadScenario(
            f"{file.at(file.table['row'][index])}: time {file.table['stamp'][index]} is not "
            "understood; it must be ISO 8601 text or a number of s, ms, us or ns since 1970 that "
            "comes to a whole ms"
        )

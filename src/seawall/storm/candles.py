"""Real candles: CSV or Parquet files of one or several venues become one scenario.

Layouts and times are those of :mod:`seawall.storm.candle_files`. Prices are read as text and are
exact to 1e-10 dollar, halves to even; a float in a Parquet file counts as the shortest text that
means it. ``volume`` is taken to be in tokens; it serves only the market facts, as the volume of 24
hours where there are that many.

Inside a candle the price goes open, the extreme nearer to the open, the farther extreme, close, a
quarter of the bar apart, so that no extreme is lost and the close comes before the next open; of
extremes equally near, the one against the candle's direction comes first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from seawall.engine import fixed
from seawall.engine.errors import BadScenario
from seawall.storm.candle_files import PRICES, CandleFile, market_name, open_file
from seawall.storm.scenario import Column, MarketFacts, Scenario, Series, build, common_tick
from seawall.storm.units import Moment, iso, parse_time, span, to_price

_PLAIN = r"^([0-9]{1,8})(?:\.([0-9]{0,10}))?$"
_MOST_MARKETS = 5
_LAST = int(fixed.MAX_TIME)
_SECOND, _DAY = int(fixed.SECOND), int(fixed.DAY)
_DOLLAR, _PRICE = int(fixed.DOLLAR), int(fixed.PRICE)

Gaps = Literal["refuse", "hold"]
"""What is done about missing bars of a candle file."""


def load_candles(
    paths: str | Path | Sequence[str | Path],
    *,
    symbols: str | Sequence[str] | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    gaps: Gaps = "refuse",
    name: str | None = None,
) -> Scenario:
    """Candles of one or several files as a scenario.

    ``paths`` are ``.csv``, ``.csv.gz``, ``.zip`` (one CSV inside, as Binance publishes) or
    ``.parquet`` files, each as ``PATH`` or ``NAME=PATH``. The name is that of the price source;
    without one it is ``binance`` or ``hyperliquid`` for files in these layouts and else the file's
    name. Files of one source continue each other; sources may have bars of different length.

    ``symbols`` picks markets (``BTC``, ``BTCUSDT`` and ``BTC/USDT:USDT`` are the same); without it
    all are taken if there are at most five. Bars that open from ``start`` until before ``end``
    are taken. A missing bar is refused, or with ``gaps="hold"`` leaves its source silent, as a
    venue is during an outage.

    Raises :class:`BadScenario` naming the file, the line or row, the value and the rule.

    Example::

        load_candles(
            ["binance=btc-binance.csv", "bybit=btc-bybit.parquet"],
            symbols="BTC", start="2025-10-10T12:00", end="2025-10-11T12:00",
        )
    """
    if gaps not in ("refuse", "hold"):
        raise BadScenario(f"gaps {gaps!r}: must be 'refuse' or 'hold'")
    items = [paths] if isinstance(paths, (str, Path)) else list(paths)
    if not items:
        raise BadScenario("no candle file was given; name at least one")
    wanted = _wanted(symbols)
    files = [open_file(item, wanted) for item in items]
    markets = _choose(files, wanted)
    first = 0 if start is None else parse_time(start)
    last = _LAST + 1 if end is None else parse_time(end)
    rows = pl.concat([_bars(index, file, markets, first, last) for index, file in enumerate(files)])
    _check_markets(files, markets, rows, first, last)
    lines = [
        _line(files, part, gaps)
        for part in rows.partition_by("market", "source", maintain_order=True)
    ]
    lines.sort(key=lambda line: markets.index(line.series.market))
    tick = common_tick(
        [line.bar // 4 for line in lines], [int(line.series.times[0]) for line in lines]
    )
    taken = [f"{line.series.market} of {line.series.source}, {span(line.bar)}" for line in lines]
    return build(
        name or "+".join(dict.fromkeys(file.stem for file in files)),
        f"candles: {'; '.join(taken)}",
        [f"{file.source}: {file.label}" for file in files],
        {market: _facts(market, lines) for market in markets},
        tick,
        [line.series for line in lines],
    )


@dataclass(frozen=True)
class _Line:
    series: Series
    bar: int
    daily: float | None


def _wanted(symbols: str | Sequence[str] | None) -> list[str] | None:
    if symbols is None:
        return None
    names = [symbols] if isinstance(symbols, str) else symbols
    return list(dict.fromkeys(market_name(name) for name in names)) or None


def _choose(files: list[CandleFile], wanted: list[str] | None) -> list[str]:
    present = sorted({market for file in files for market in file.table["market"].unique()})
    if wanted is None:
        if len(present) > _MOST_MARKETS:
            raise BadScenario(
                f"{len(present)} markets, more than {_MOST_MARKETS}; choose with symbols among "
                f"{', '.join(present)}"
            )
        return present
    unknown = [name for name in wanted if name not in present]
    if unknown:
        raise BadScenario(
            f"no candles of {', '.join(unknown)} in {', '.join(file.label for file in files)}; "
            f"there are {', '.join(present)}"
        )
    return wanted


def _bars(index: int, file: CandleFile, markets: list[str], first: int, last: int) -> pl.DataFrame:
    """The chosen bars with prices as engine integers and their volume in dollars."""
    chosen = file.table.filter(pl.col("market").is_in(markets))
    table = chosen.filter((pl.col("time") >= first) & (pl.col("time") < last))
    if table.is_empty():
        known = _range(chosen) or f"there are {', '.join(sorted(set(file.table['market'])))}"
        raise BadScenario(
            f"{file.label}: no candle of {', '.join(markets)} from {iso(first)} until "
            f"{iso(min(last, _LAST))}; {known}"
        )
    twice = table.group_by("market").agg(pl.col("symbol").unique().sort())
    for market, names in twice.filter(pl.col("symbol").list.len() > 1).sort("market").iter_rows():
        raise BadScenario(
            f"{file.label}: {' and '.join(names)} both mean {market}; keep one of them"
        )
    prices = {name: _prices(file, table, name) for name in PRICES}
    _check_bars(file, table, prices)
    return pl.DataFrame(
        {
            "file": np.full(len(table), index),
            "row": table["row"].cast(pl.Int64),
            "source": [file.source] * len(table),
            "market": table["market"],
            "time": table["time"],
            **prices,
            "dollars": _dollars(file, table, prices["close"]),
        }
    )


def _range(table: pl.DataFrame) -> str:
    if table.is_empty():
        return ""
    times = table["time"].to_numpy()
    return f"its candles run from {iso(int(times.min()))} to {iso(int(times.max()))}"


def _check_markets(
    files: list[CandleFile], markets: list[str], rows: pl.DataFrame, first: int, last: int
) -> None:
    for market in markets:
        if market not in rows["market"]:
            table = pl.concat([file.table.select("market", "time") for file in files]).filter(
                market=market
            )
            raise BadScenario(
                f"no candle of {market} from {iso(first)} until {iso(min(last, _LAST))}; "
                f"{_range(table)}"
            )


def _prices(file: CandleFile, table: pl.DataFrame, name: str) -> Column:
    """A price column in 1e-10 dollar: plain decimals at once, the rest one by one."""
    text = table[name].cast(pl.String).str.strip_chars()
    whole = text.str.extract(_PLAIN, 1).cast(pl.Int64)
    fraction = text.str.extract(_PLAIN, 2).fill_null("").str.pad_end(10, "0").cast(pl.Int64)
    prices = (whole * _PRICE + fraction).fill_null(0).to_numpy().copy()
    for index in np.flatnonzero((prices < 1) | (prices > fixed.MAX_PRICE)).tolist():
        try:
            prices[index] = to_price(text[index] or "")
        except BadScenario as refusal:
            place = file.at(table["row"][index])
            raise BadScenario(f"{place}: {name} {refusal}") from None
    return prices


def _check_bars(file: CandleFile, table: pl.DataFrame, prices: dict[str, Column]) -> None:
    body = np.stack([prices["open"], prices["close"]])
    for name, rule, wrong in (
        ("high", "at least open and close", prices["high"] < body.max(axis=0)),
        ("low", "at most open and close", prices["low"] > body.min(axis=0)),
    ):
        if wrong.any():
            index = int(np.flatnonzero(wrong)[0])
            said = ", ".join(f"{column} {table[column][index]}" for column in PRICES)
            raise BadScenario(
                f"{file.at(table['row'][index])}: the {name} must be {rule}; it reads {said}"
            )


def _dollars(file: CandleFile, table: pl.DataFrame, close: Column) -> pl.Series:
    """Each bar's volume in dollars, null where the file does not say."""
    name = "dollars" if "dollars" in table.columns else "volume"
    if name not in table.columns:
        return pl.Series([None] * len(table), dtype=pl.Float64)
    said = table[name]
    if said.dtype == pl.String:
        said = said.str.strip_chars().replace("", None)
    volume = said.cast(pl.Float64, strict=False)
    wrong = ((volume.is_null() & said.is_not_null()) | (volume < 0)).fill_null(False)
    if wrong.any():
        index = wrong.arg_true()[0]
        raise BadScenario(
            f"{file.at(table['row'][index])}: volume {said[index]}; it must be a number, 0 or above"
        )
    return (volume if name == "dollars" else volume * (close / _PRICE)).fill_nan(None)


def _line(files: list[CandleFile], rows: pl.DataFrame, gaps: str) -> _Line:
    """One source's candles of one market as reports, after checking that they form a row."""
    market, source = rows["market"][0], rows["source"][0]

    def place(index: int) -> str:
        return files[int(rows["file"][index])].at(int(rows["row"][index]))

    step = rows["time"].diff().fill_null(1)
    back = (step < 0) & (rows["file"].diff().fill_null(0) == 0)
    if back.any():
        index = back.arg_true()[0]
        raise BadScenario(
            f"{place(index)}: the candle of {market} at {iso(rows['time'][index])} comes after "
            f"the one at {iso(rows['time'][index - 1])}; sort the file by time"
        )
    rows = rows.sort("time", maintain_order=True)
    if len(rows) < 2:
        raise BadScenario(
            f"{place(0)}: a single candle of {market} from {source} does not tell how long its "
            "bar is; take at least two"
        )
    steps = np.diff(rows["time"].to_numpy())
    if not steps.all():
        index = int(np.flatnonzero(steps == 0)[0])
        raise BadScenario(
            f"{place(index + 1)}: a second candle of {market} at {iso(rows['time'][index])}, after "
            f"{place(index)}; remove one, or name the sources apart (spot=PATH perp=PATH)"
        )
    lengths, counts = np.unique(steps, return_counts=True)
    bar = int(lengths[counts.argmax()])
    _check_steps(place, market, rows["time"].to_numpy(), bar, gaps)
    prices = rows.select(*PRICES).to_numpy()
    reports = Series(
        market,
        source,
        _moments(rows["time"].to_numpy(), bar),
        _inner_path(prices),
        bar - bar * 3 // 4,
    )
    daily, covered = None, len(rows) * bar
    if covered >= _DAY and not rows["dollars"].null_count():
        daily = float(rows["dollars"].sum()) * _DAY / covered
    return _Line(reports, bar, daily)


def _check_steps(
    place: Callable[[int], str], market: str, times: Column, bar: int, gaps: str
) -> None:
    steps = np.diff(times)
    if bar < _SECOND:
        raise BadScenario(f"{place(0)}: bars of {bar} ms; they must be at least 1 s long")
    odd = np.flatnonzero(steps % bar)
    if len(odd):
        index = int(odd[0])
        raise BadScenario(
            f"{place(index + 1)}: the candle of {market} at {iso(int(times[index + 1]))} comes "
            f"{span(int(steps[index]))} after the one before, where bars are {span(bar)} long; "
            "take one interval only"
        )
    holes = np.flatnonzero(steps > bar)
    if len(holes) and gaps == "refuse":
        index = int(holes[0])
        more = f" (the first of {len(holes)} gaps)" if len(holes) > 1 else ""
        raise BadScenario(
            f"{place(index + 1)}: no candle of {market} between {iso(int(times[index]))} and "
            f"{iso(int(times[index + 1]))}: {int(steps[index]) // bar - 1} bars of {span(bar)} "
            f"are missing{more}; choose another start and end, or say gaps='hold' to leave the "
            "source silent meanwhile"
        )


def _moments(times: Column, bar: int) -> Column:
    return (times[:, None] + bar * np.arange(4) // 4).ravel()


def _inner_path(prices: Column) -> Column:
    """Four reports for each row of open, high, low, close."""
    opened, high, low, closed = prices.T
    down, up = opened - low, high - opened
    low_first = (down < up) | ((down == up) & (closed >= opened))
    nearer = np.where(low_first, low, high)
    farther = np.where(low_first, high, low)
    return np.stack([opened, nearer, farther, closed], axis=1).ravel()


def _facts(market: str, lines: Sequence[_Line]) -> MarketFacts:
    known = [line.daily for line in lines if line.series.market == market and line.daily]
    volume = round(sum(known) * _DOLLAR) if known else None
    return MarketFacts(daily_volume=volume if volume and volume < fixed.LIMIT else None)

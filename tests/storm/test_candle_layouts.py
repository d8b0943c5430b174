"""Every layout broken in every way; every real file known, or refused, by its columns."""

import re
from pathlib import Path

import polars as pl
import pytest

from seawall.engine.errors import BadScenario
from seawall.storm import load_candles, market_name
from seawall.storm.candle_files import open_file
from seawall.storm.units import parse_time

START = parse_time("2025-10-10T21:00:00Z")
MINUTE = 60_000
Candle = tuple[int, str, str, str, str]
"""Minute, open, high, low, close."""

GOOD: list[Candle] = [(minute, "10", "12", "9", "11") for minute in range(6)]


def own(candle: Candle) -> str:
    minute, *prices = candle
    return f"BTCUSDT,{START + minute * MINUTE},{','.join(prices)},5"


def binance(candle: Candle, scale: int = 1) -> str:
    minute, *prices = candle
    begin, end = START + minute * MINUTE, START + (minute + 1) * MINUTE
    return f"{begin * scale},{','.join(prices)},5,{end * scale - 1},55,3,2,22,0"


def hyperliquid(candle: Candle) -> str:
    minute, opened, high, low, closed = candle
    begin, end = START + minute * MINUTE, START + (minute + 1) * MINUTE
    return f"{begin},{end - 1},BTC,1m,{opened},{closed},{high},{low},5,9"


def ccxt(candle: Candle) -> str:
    minute, *prices = candle
    return f"{START + minute * MINUTE},{','.join(prices)},5"


ARCHIVE = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
    "taker_buy_volume,taker_buy_quote_volume,ignore"
)
LAYOUTS = {
    "own": ("symbol,open_time_ms,open,high,low,close,volume", own),
    "binance": (ARCHIVE, binance),
    "binance-bare": ("", binance),
    "binance-bare-microseconds": ("", lambda candle: binance(candle, 1000)),
    "binance-microseconds": (ARCHIVE, lambda candle: binance(candle, 1000)),
    "hyperliquid": ("t,T,s,i,o,c,h,l,v,n", hyperliquid),
    "ccxt": ("timestamp,open,high,low,close,volume", ccxt),
    "ccxt-bare": ("", ccxt),
}
BREAKS = {
    "out-of-order": (
        [GOOD[0], GOOD[1], GOOD[3], GOOD[2], GOOD[4]], 4,
        "the candle of BTC at 2025-10-10T21:02:00Z comes after the one at 2025-10-10T21:03:00Z",
    ),
    "gap": (
        [*GOOD[:2], *GOOD[4:]], 3,
        "no candle of BTC between 2025-10-10T21:01:00Z and 2025-10-10T21:04:00Z: 2 bars of 1 min",
    ),
    "twice": (
        [*GOOD[:2], *GOOD[1:]], 3,
        "a second candle of BTC at 2025-10-10T21:01:00Z",
    ),
    "zero": ([*GOOD[:2], (2, "10", "12", "0", "11"), *GOOD[3:]], 3, "low price '0' is not above"),
    "negative": ([*GOOD[:2], (2, "-1", "12", "9", "11"), *GOOD[3:]], 3, "open price '-1' is not"),
    "high-below-low": (
        [*GOOD[:2], (2, "10", "9", "12", "11"), *GOOD[3:]], 3,
        "the high must be at least open and close; it reads open 10, high 9, low 12, close 11",
    ),
    "no-number": ([*GOOD[:2], (2, "10", "12", "9", "?"), *GOOD[3:]], 3, "close price '?'"),
}  # fmt: skip


def write(folder: Path, layout: str, candles: list[Candle]) -> Path:
    header, line = LAYOUTS[layout]
    path = folder / "BTCUSDT-1m.csv"
    path.write_text("\n".join([*([header] if header else []), *map(line, candles)]) + "\n")
    return path


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_whole_file_of_every_layout_is_taken(tmp_path: Path, layout: str) -> None:
    storm = load_candles(write(tmp_path, layout, GOOD))
    assert (storm.markets, len(storm), storm.start) == (("BTC",), 24, START)


@pytest.mark.parametrize("broken", BREAKS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_broken_row_is_named_by_its_line_in_every_layout(
    tmp_path: Path, layout: str, broken: str
) -> None:
    candles, number, rule = BREAKS[broken]
    line = number + bool(LAYOUTS[layout][0])
    with pytest.raises(BadScenario, match=f"BTCUSDT-1m.csv, line {line}: {re.escape(rule)}"):
        load_candles(write(tmp_path, layout, candles))


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ("own", "no column for low; found symbol, open_time_ms, open, high, close, volume"),
        ("binance", "no column for low; found open_time, open, high, close, volume, close_time"),
        ("binance-bare", "no header and 11 columns; without a header it must have the 12"),
        ("hyperliquid", "no column for low; found t, T, s, i, o, c, h, v, n"),
        ("ccxt", "no column for low; found timestamp, open, high, close, volume"),
        ("ccxt-bare", "no header and 5 columns"),
    ],
)
def test_a_missing_column_is_named_in_every_layout(
    tmp_path: Path, layout: str, message: str
) -> None:
    path = write(tmp_path, layout, GOOD)
    table = pl.read_csv(path, has_header=False, infer_schema_length=0)
    low = next(name for name in table.columns if table[name][-1] == "9" and name != "column_10")
    table.drop(low).write_csv(path, include_header=False)
    with pytest.raises(BadScenario, match=re.escape(message)):
        load_candles(path)


def test_months_in_milliseconds_and_in_microseconds_continue_each_other(tmp_path: Path) -> None:
    """Binance's spot files changed their unit with January 2025."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    early = write(tmp_path / "a", "binance-bare", GOOD[:3])
    late = write(tmp_path / "b", "binance-bare-microseconds", GOOD[3:])
    assert len(load_candles([early, late])) == 24


# real markets

FILES = {
    "apr2021_binance_spot_1m.parquet": ("BTC", 50_000, 60),
    "aug2024_binance_spot_1m.parquet": ("BTC ETH", 86_417, 60),
    "aug2024_bybit_perp_5m.parquet": ("BTC ETH SOL LINK AVAX", 203_522, 300),
    "calm_oct2024_binance_spot_1m.parquet": ("BTC ETH", 100_000, 60),
    "calm_sep2023_binance_spot_1m.parquet": ("BTC", 50_000, 60),
    "calm_sep2025_binance_perp_5m.parquet": ("BTC ETH SOL AVAX DOGE", 103_680, 300),
    "feb2025_binance_spot_1m.parquet": ("BTC ETH", 100_000, 60),
    "ftx_fttusdt_binance_perp_1h_2022.parquet": ("FTT", 5_114, 3600),
    "ftx_nov2022_binance_spot_5m.parquet": ("BTC ETH SOL", 31_968, 300),
    "ftx_nov2022_okx_perp_5m.parquet": ("BTC ETH SOL DOGE LINK", 95_904, 300),
    "ftx_nov2022_sol_binance_spot_3m.parquet": ("SOL", 17_760, 180),
    "hourly_binance_spot_1h_2020_2026.parquet": ("BTC ETH SOL LINK AVAX", 434_980, 3600),
    "jelly_binance_perp_15m.parquet": ("JELLYJELLY", 20_207, 900),
    "jelly_hyperliquid_perp_5m_mar_apr2025.parquet": ("HYPE BTC ETH kPEPE SUI", 108_101, 300),
    "jelly_month_mar2025_binance_spot_1m.parquet": ("BTC ETH", 89_280, 60),
    "jun2022_binance_spot_1m.parquet": ("BTC", 50_000, 60),
    "luna_may2022_binance_spot_5m.parquet": ("BTC ETH SOL XRP DOGE", 53_280, 300),
    "luna_may2022_lunausdt_binance_spot_1m.parquet": ("LUNA", 18_400, 60),
    "luna_may2022_okx_perp_5m.parquet": ("BTC ETH SOL LINK OP", 120_625, 300),
    "mar2020_binance_spot_5m.parquet": ("BTC ETH", 26_191, 300),
    "oct2025_binance_perp_1m_core.csv": ("BTC AVAX", 138, 60),
    "oct2025_binance_perp_3m_alts.parquet": ("0G CRV UNI DOT NEAR", 37_580, 180),
    "oct2025_binance_perp_5m.parquet": ("BTC ETH 1000PEPE AVAX SUI", 330_336, 300),
    "oct2025_bybit_mark_1h.parquet": ("BTC ETH AAVE ADA APE", 7_296, 3600),
    "oct2025_bybit_perp_5m.parquet": ("BTC ETH AAVE ADA APE", 27_648, 300),
}
"""Of each file some markets, its bars in all, and the seconds of one."""

NO_TIME = "a time (open_time_ms, open_time, timestamp, t, date, time), open, high, low, close"
NO_PRICE = "open, high, low, close"
OTHERS = {
    "funding_*": NO_TIME,
    "gmx_*_1m.*": NO_PRICE,
    "hyperliquid_liquidations_*": NO_PRICE,
    "hyperliquid_non_mm_*": NO_PRICE,
    "keypoints_published.csv": NO_TIME,
    "liquidations_coinglass_*": NO_PRICE,
    "luna_may2022_luna_oracle_*": NO_TIME,
    "luna_may2022_luna_ust_*_close.parquet": "open, high, low",
    "oct2025_hyperliquid_adl_by_*": NO_TIME,
    "oct2025_hyperliquid_adl_account_*": NO_TIME,
    "oct2025_hyperliquid_adl_events_*": NO_PRICE,
    "oct2025_hyperliquid_adl_shock_*": NO_TIME,
    "oct2025_hyperliquid_adl_time_*": NO_PRICE,
    "oct2025_hyperliquid_adl_user_*": NO_TIME,
    "oct2025_hyperliquid_adl_wave_*": NO_TIME,
    "oct2025_hyperliquid_cascade_*": NO_TIME,
    "oct2025_hyperliquid_positions_*": NO_TIME,
    "oi_binance_*": NO_PRICE,
    "oracle_chainlink_*": NO_TIME,
    "orderbook_*.parquet": NO_TIME,
}
"""Files that hold no candles, with the columns that they have not."""


@pytest.mark.parametrize("name", FILES)
def test_a_real_file_is_known_by_its_columns_and_loses_nothing(
    name: str, market_data: Path
) -> None:
    path = market_data / "market" / name
    symbols, bars, seconds = FILES[name]
    assert len(open_file(path, None).table) == bars
    storm = load_candles(path, symbols=symbols.split(), gaps="hold")
    assert storm.markets == tuple(symbols.split())
    assert storm.cadence == seconds * 1000 // 4
    plain = pl.read_csv(path) if path.suffix == ".csv" else pl.read_parquet(path)
    coin = next(column for column in ("symbol", "coin") if column in plain.columns)
    taken = [one for one in plain[coin].unique() if market_name(one) in storm.markets]
    rows = plain.filter(pl.col(coin).is_in(taken))
    assert len(rows) * 4 == len(storm.price)
    assert (rows["low"].min(), rows["high"].max()) == (
        int(storm.price.min()) / 10**10,
        int(storm.price.max()) / 10**10,
    )


@pytest.mark.parametrize("pattern", OTHERS)
def test_a_real_file_without_candles_is_refused_by_what_is_missing(
    pattern: str, market_data: Path
) -> None:
    found = sorted((market_data / "market").glob(pattern))
    assert found
    for path in found:
        with pytest.raises(BadScenario, match=re.escape(f"no column for {OTHERS[pattern]}; found")):
            load_candles(path)


def test_every_real_file_is_one_or_the_other(market_data: Path) -> None:
    folder = market_data / "market"
    others = {path.name for pattern in OTHERS for path in folder.glob(pattern)}
    assert not others & FILES.keys()
    left = {path.name for path in folder.iterdir()} - others - FILES.keys()
    unread = {"README.md", "gmx_v2_eth_usdc_pool_config.json"}
    assert left == unread | {"orderbook_hyperliquid_btc_20250126.jsonl.gz"}
    for name in left:
        with pytest.raises(BadScenario, match="unknown file type"):
            load_candles(folder / name)

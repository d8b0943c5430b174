"""Candle files: every layout, nothing lost inside a bar, every bad row refused by its place."""

import gzip
import re
import tempfile
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.engine.errors import BadScenario
from seawall.storm import load_candles, market_name
from seawall.storm.scenario import common_tick
from seawall.storm.units import parse_time, to_price

START = parse_time("2025-10-10T21:00:00Z")
MINUTE = 60_000
HEADER = "symbol,open_time_ms,open,high,low,close,volume\n"

BARS = [
    # minute, open, high, low, close, volume
    (0, "100", "101.5", "99.25", "101", "7"),
    (1, "101", "101.25", "90.5", "92.125", "50.5"),
    (2, "92.125", "96", "91", "95.0000000001", "30"),
]


def rows(bars=BARS, symbol="BTCUSDT", step=MINUTE, begin=START):
    return "".join(
        f"{symbol},{begin + minute * step},{','.join(numbers)}\n" for minute, *numbers in bars
    )


def write(folder: Path, text: str, name: str = "venue.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def reports(scenario):
    return [report for _, tick in scenario.ticks() for report in tick]


def prices(scenario):
    return [price for _, _, price, _ in reports(scenario)]


# the path inside a candle


@pytest.mark.parametrize(
    ("candle", "path"),
    [
        pytest.param("100,110,95,105", "100 95 110 105", id="low-nearer"),
        pytest.param("100,104,80,90", "100 104 80 90", id="high-nearer"),
        pytest.param("100,110,90,105", "100 90 110 105", id="equal-rising-dips-first"),
        pytest.param("100,110,90,95", "100 110 90 95", id="equal-falling-rises-first"),
        pytest.param("100,100,100,100", "100 100 100 100", id="flat"),
        pytest.param("100,100,90,90", "100 100 90 90", id="opens-at-its-high"),
    ],
)
def test_a_candle_runs_open_nearer_extreme_farther_extreme_close(tmp_path, candle, path):
    lines = f"BTC,{START},{candle},1\nBTC,{START + MINUTE},50,50,50,50,1\n"
    scenario = load_candles(write(tmp_path, HEADER + lines))
    assert prices(scenario)[:4] == [to_price(price) for price in path.split()]


def test_reports_stand_a_quarter_bar_apart_and_the_close_comes_before_the_next_open(tmp_path):
    scenario = load_candles(write(tmp_path, HEADER + rows()))
    times = [time - START for _, _, _, time in reports(scenario)]
    assert times == list(range(0, 3 * MINUTE, 15_000))
    assert scenario.tick == scenario.cadence == 15_000
    assert len(scenario) == 12


@st.composite
def candles(draw):
    corners = st.integers(1, 10**17)
    bars = []
    for _ in range(draw(st.integers(2, 12))):
        low, first, second, high = sorted(draw(st.lists(corners, min_size=4, max_size=4)))
        opened, closed = draw(st.permutations([first, second]))
        bars.append((opened, high, low, closed))
    return bars


@given(candles())
@settings(max_examples=40, deadline=None)
def test_no_extreme_is_lost_and_each_bar_opens_and_closes_where_it_did(bars):
    text = "".join(
        f"BTC,{START + index * MINUTE},"
        + ",".join(f"{Decimal(price).scaleb(-10):f}" for price in bar)
        + ",1\n"
        for index, bar in enumerate(bars)
    )
    with tempfile.TemporaryDirectory() as folder:
        scenario = load_candles(write(Path(folder), HEADER + text))
    ticks = list(scenario.ticks())
    assert all(len(tick) == 1 for _, tick in ticks)
    for index, (opened, high, low, closed) in enumerate(bars):
        inside = [tick[0] for _, tick in ticks[4 * index : 4 * index + 4]]
        begin = START + index * MINUTE
        seen = [price for _, _, price, _ in inside]
        assert (seen[0], seen[3]) == (opened, closed)
        assert sorted(seen[1:3]) == [low, high]
        assert all(begin <= time < begin + MINUTE for _, _, _, time in inside)


# layouts


def binance(scale=1, sep="\n"):
    return sep.join(
        f"{(START + m * MINUTE) * scale},{o},{h},{low},{c},{v},"
        f"{(START + (m + 1) * MINUTE) * scale - 1},1234.5,10,1,100,0"
        for m, o, h, low, c, v in BARS
    )


BINANCE_HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
    "taker_buy_volume,taker_buy_quote_volume,ignore\n"
)
CCXT = "\n".join(f"{START + m * MINUTE},{','.join(rest)}" for m, *rest in BARS)
ISO = "\n".join(f"2025-10-10 21:0{m}:00,{','.join(rest)}" for m, *rest in BARS)
HYPERLIQUID = "t,T,s,i,o,c,h,l,v,n\n" + "\n".join(
    f"{START + m * MINUTE},{START + (m + 1) * MINUTE - 1},BTC,1m,{o},{c},{h},{low},{v},9"
    for m, o, h, low, c, v in BARS
)


@pytest.mark.parametrize(
    ("name", "text", "source"),
    [
        pytest.param("own.csv", HEADER + rows(), "own", id="own"),
        pytest.param("own.csv", HEADER.replace("symbol", "coin") + rows(), "own", id="own-coin"),
        pytest.param(
            "BTCUSDT-1m-2025-10.csv", BINANCE_HEADER + binance(), "binance", id="binance-header"
        ),
        pytest.param("BTCUSDT-1m-2025-10.csv", binance(), "binance", id="binance-bare"),
        pytest.param("BTCUSDT-1m-2025-10.csv", binance(1000), "binance", id="binance-microseconds"),
        pytest.param("hl.csv", HYPERLIQUID, "hyperliquid", id="hyperliquid"),
        pytest.param(
            "BTC_USDT_USDT-1m-futures.csv",
            "timestamp,open,high,low,close,volume\n" + CCXT,
            "BTC_USDT_USDT-1m-futures",
            id="ccxt",
        ),
        pytest.param("BTC-USDT.csv", CCXT, "BTC-USDT", id="ccxt-bare"),
        pytest.param(
            "BTC_USDT-1m.csv",
            "date,open,high,low,close,volume\n" + ISO,
            "BTC_USDT-1m",
            id="freqtrade-text-dates",
        ),
        pytest.param(
            "BTCUSD.csv",
            "Time,Open,High,Low,Close\n"
            + "\n".join(f"{START // 1000 + m * 60},{','.join(n[:4])}" for m, *n in BARS),
            "BTCUSD",
            id="seconds-capitals-no-volume",
        ),
        pytest.param(
            "own.csv", "\ufeff" + (HEADER + rows()).replace("\n", "\r\n"), "own", id="windows"
        ),
    ],
)
def test_every_layout_gives_the_same_reports(tmp_path, name, text, source):
    path = tmp_path / name
    path.write_bytes(text.encode())
    scenario = load_candles(path)
    expected = load_candles(write(tmp_path, HEADER + rows(), "expected.csv"))
    assert scenario.markets == ("BTC",)
    assert scenario.sources == (source,)
    assert [(price, time) for _, _, price, time in reports(scenario)] == [
        (price, time) for _, _, price, time in reports(expected)
    ]


def test_a_parquet_file_of_floats_and_timestamps_gives_the_same_reports(tmp_path):
    columns = list(zip(*BARS, strict=True))
    table = pl.DataFrame(
        {
            "symbol": "BTC/USDT:USDT",
            "open_time": [datetime(2025, 10, 10, 21, m, tzinfo=UTC) for m in columns[0]],
            **{
                name: [float(number) for number in column]
                for name, column in zip(("open", "high", "low", "close"), columns[1:], strict=False)
            },
        }
    )
    table.write_parquet(tmp_path / "venue.parquet")
    expected = load_candles(write(tmp_path, HEADER + rows()))
    assert reports(load_candles(tmp_path / "venue.parquet")) == reports(expected)


@pytest.mark.parametrize("ending", [".csv.gz", ".zip"])
def test_a_packed_file_reads_like_the_plain_one(tmp_path, ending):
    plain = write(tmp_path, binance(), "BTCUSDT-1m-2025-10.csv")
    packed = tmp_path / f"BTCUSDT-1m-2025-10{ending}"
    if ending == ".zip":
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(plain, plain.name)
    else:
        packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert reports(load_candles(packed)) == reports(load_candles(plain))


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("101516.5", 1_015_165_000_000_000),
        ("0.0000000001", 1),
        ("0.00000000025", 2),
        ("0.00000000035", 4),
        ("1.6e-5", 160_000),
        ("10000000", 10**17),
        (" 5. ", 5 * 10**10),
        ("0.30000000000000004", 3_000_000_000),
    ],
)
def test_prices_are_exact_to_the_last_unit(tmp_path, text, units):
    line = f"BTC,{START},{text},{text},{text},{text},1\nBTC,{START + MINUTE},1,1,1,1,1\n"
    assert prices(load_candles(write(tmp_path, HEADER + line)))[0] == units == to_price(text)


@given(st.decimals("0.0000000001", "9999999", places=10))
@settings(max_examples=200, deadline=None)
def test_a_float_means_the_shortest_text_that_gives_it(number):
    assert to_price(float(number)) == to_price(repr(float(number)))
    if number < 100_000:
        assert to_price(float(number)) == int(number.scaleb(10))


@pytest.mark.parametrize(
    "symbol",
    [
        "BTC",
        "BTCUSDT",
        "btcusdt",
        "BTC/USDT",
        "BTC/USDT:USDT",
        "BTC_USDT",
        "BTC-USD",
        "BTC-USDT-SWAP",
        "BTCUSDT.P",
        "BTCUSDC",
        "BTCUSD_PERP",
        "BTC-PERP",
    ],
)
def test_a_market_is_named_after_its_base_token(symbol):
    assert market_name(symbol) == "BTC"


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("kPEPE", "kPEPE"),
        ("kPEPE/USDC:USDC", "kPEPE"),
        ("1000PEPEUSDT", "1000PEPE"),
        ("USDCUSDT", "USDC"),
        ("FDUSDUSDT", "FDUSD"),
        ("JELLYJELLYUSDT", "JELLYJELLY"),
    ],
)
def test_a_market_name_keeps_what_is_not_the_quote(symbol, name):
    assert market_name(symbol) == name


def test_a_file_that_does_not_name_its_symbol_is_the_only_one_asked_for(tmp_path):
    path = write(tmp_path, CCXT, "prices.csv")
    assert load_candles(path, symbols="ETHUSDT").markets == ("ETH",)


# several files


def test_files_under_one_name_continue_each_other_in_any_order(tmp_path):
    first = write(tmp_path, HEADER + rows(BARS[:2]), "a.csv")
    second = write(tmp_path, HEADER + rows(BARS[2:]), "b.csv")
    whole = load_candles(f"venue={write(tmp_path, HEADER + rows())}")
    for order in ([first, second], [second, first]):
        scenario = load_candles([f"venue={path}" for path in order])
        assert reports(scenario) == reports(whole)


def test_a_path_with_an_equals_sign_that_exists_is_a_path(tmp_path):
    folder = tmp_path / "day=1"
    folder.mkdir()
    path = write(folder, HEADER + rows())
    assert load_candles(str(path)).sources == ("venue",)


def test_sources_with_bars_of_different_length_are_merged_by_time(tmp_path):
    fast = write(tmp_path, HEADER + rows([(m, *BARS[0][1:]) for m in range(10)]), "fast.csv")
    slow = write(tmp_path, HEADER + rows(BARS[:2], step=5 * MINUTE), "slow.csv")
    scenario = load_candles([fast, slow])
    assert scenario.sources == ("fast", "slow")
    assert (scenario.tick, scenario.cadence) == (15_000, 75_000)
    assert scenario.time.tolist() == sorted(scenario.time.tolist())
    ticks = dict(scenario.ticks())
    assert [source for _, source, _, _ in ticks[START + 75_000]] == ["fast", "slow"]
    assert [source for _, source, _, _ in ticks[START + 60_000]] == ["fast"]
    times, seen = scenario.series("BTC", "slow")
    assert (times - START).tolist() == [75_000 * quarter for quarter in range(8)]
    assert set(seen.tolist()) == {to_price(price) for bar in BARS[:2] for price in bar[1:5]}


@pytest.mark.parametrize(
    ("spacings", "starts", "tick"),
    [
        ([15_000, 75_000], [0, 0], 15_000),
        ([45_000, 75_000], [0, 300_000], 15_000),
        ([15_000, 15_000], [0, 500], 15_000),
        ([250], [7], 250),
    ],
)
def test_the_tick_is_the_longest_that_meets_every_report(spacings, starts, tick):
    assert common_tick(spacings, starts) == tick


def test_a_source_off_the_grid_loses_no_report(tmp_path):
    even = write(tmp_path, HEADER + rows(), "even.csv")
    odd = write(tmp_path, HEADER + rows(begin=START + 500), "odd.csv")
    scenario = load_candles([even, odd])
    assert scenario.tick == 15_000
    assert len(reports(scenario)) == 24
    assert all(time <= now for now, tick in scenario.ticks() for *_, time in tick)
    assert scenario.end >= scenario.time[-1]


def test_a_held_gap_leaves_the_source_silent_while_time_goes_on(tmp_path):
    path = write(tmp_path, HEADER + rows([BARS[0], BARS[1], (7, *BARS[2][1:])]))
    scenario = load_candles(path, gaps="hold")
    silent = [now for now, tick in scenario.ticks() if not tick]
    assert silent == list(range(START + 2 * MINUTE, START + 7 * MINUTE, 15_000))
    assert scenario.cadence == 15_000
    assert len(reports(scenario)) == 12


def test_start_is_included_and_end_is_left_out(tmp_path):
    path = write(tmp_path, HEADER + rows([(m, *BARS[0][1:]) for m in range(6)]))
    scenario = load_candles(path, start="2025-10-10T21:02", end=START + 4 * MINUTE)
    assert scenario.start == START + 2 * MINUTE
    assert scenario.end == START + 4 * MINUTE - 15_000


def test_a_bad_row_outside_the_chosen_window_does_not_matter(tmp_path):
    bad = rows([(9, "1", "0", "1", "1", "1")])
    assert len(load_candles(write(tmp_path, HEADER + rows() + bad), end=START + 3 * MINUTE)) == 12


def test_the_daily_volume_is_the_traded_dollars_of_a_day_or_unknown(tmp_path):
    day = [(hour, "100", "100", "100", "100", "2.5") for hour in range(48)]
    path = write(tmp_path, HEADER + rows(day, step=3_600_000))
    facts = load_candles(path).facts["BTC"]
    assert facts.daily_volume == 24 * 250 * 1_000_000
    assert load_candles(path, end=START + 23 * 3_600_000).facts["BTC"].daily_volume is None
    both = load_candles([f"a={path}", f"b={path}"]).facts["BTC"]
    assert both.daily_volume == 2 * facts.daily_volume


def test_all_markets_are_taken_up_to_five(tmp_path):
    text = HEADER + "".join(rows(symbol=f"{name}USDT") for name in "EDCBA")
    assert load_candles(write(tmp_path, text)).markets == ("A", "B", "C", "D", "E")
    picked = load_candles(write(tmp_path, text), symbols=["D", "b"])
    assert picked.markets == ("D", "B")


# refusals

SIX = HEADER + "".join(rows(symbol=f"{name}USDT") for name in "ABCDEF")


def bar(minute, numbers):
    return f"BTC,{START + minute * MINUTE},{numbers},1\n"


GOOD = bar(0, "1,1,1,1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "symbol,open_time,open,high,volume\n", "no column for low, close; found symbol", id="1"
        ),
        pytest.param("a,b\n1,2\n", "no column for a time (open_time_ms,", id="no-time-column"),
        pytest.param("1,2,3\n4,5,6\n", "no header and 3 columns", id="bare-of-unknown-width"),
        pytest.param("", "venue.csv: there is no candle in it", id="empty"),
        pytest.param(HEADER, "there is no candle in it", id="header-only"),
        pytest.param(HEADER + "BTC,1,2,3,4,5,6,7,8\n", "cannot be read as comma", id="ragged"),
        pytest.param(
            HEADER + GOOD + bar(1, "x,1,1,1"), "venue.csv, line 3: open price 'x'", id="text-price"
        ),
        pytest.param(HEADER + GOOD + bar(1, ",1,1,1"), "line 3: open price ''", id="no-price"),
        pytest.param(HEADER + GOOD + bar(1, "1,1,nan,1"), "line 3: low price 'nan'", id="nan"),
        pytest.param(
            HEADER + GOOD + "\n" + bar(1, "1,1,0,1"),
            "line 4: low price '0' is not above zero",
            id="zero-after-a-blank-line",
        ),
        pytest.param(
            HEADER + bar(0, "1,1,-1,1"), "line 2: low price '-1' is not above zero", id="negative"
        ),
        pytest.param(
            HEADER + bar(0, "1,1,0.00000000001,1"), "is below 1e-10 dollar", id="too-small"
        ),
        pytest.param(
            HEADER + bar(0, "1,10000001,1,1"), "is above 10000000 dollars", id="too-large"
        ),
        pytest.param(
            HEADER + GOOD + bar(1, "5,5.9,4,6"),
            "line 3: the high must be at least open and close; it reads "
            "open 5, high 5.9, low 4, close 6",
            id="high-below-close",
        ),
        pytest.param(
            HEADER + GOOD + bar(1, "5,6,5.1,6"),
            "line 3: the low must be at most open and close",
            id="low-above-open",
        ),
        pytest.param(
            HEADER + bar(1, "1,1,1,1") + GOOD,
            "line 3: the candle of BTC at 2025-10-10T21:00:00Z comes after the one at "
            "2025-10-10T21:01:00Z; sort",
            id="unsorted",
        ),
        pytest.param(
            HEADER + GOOD + GOOD + bar(1, "1,1,1,1"),
            "line 3: a second candle of BTC at 2025-10-10T21:00:00Z, after venue.csv, line 2",
            id="duplicated",
        ),
        pytest.param(
            HEADER + GOOD + bar(1, "1,1,1,1") + bar(4, "1,1,1,1") + bar(6, "1,1,1,1"),
            "line 4: no candle of BTC between 2025-10-10T21:01:00Z and 2025-10-10T21:04:00Z: "
            "2 bars of 1 min are missing (the first of 2 gaps)",
            id="gap",
        ),
        pytest.param(
            HEADER + GOOD + bar(5, "1,1,1,1") + bar(10, "1,1,1,1") + bar(11, "1,1,1,1"),
            "line 5: the candle of BTC at 2025-10-10T21:11:00Z comes 1 min after the one before, "
            "where bars are 5 min long",
            id="mixed-intervals",
        ),
        pytest.param(HEADER + GOOD, "a single candle of BTC from venue", id="single"),
        pytest.param(
            HEADER + GOOD + f"BTC,{START + 500},1,1,1,1,1\n", "bars of 500 ms", id="too-short-bars"
        ),
        pytest.param(HEADER + "BTC,soon,1,1,1,1,1\n", "line 2: time soon is not", id="bad-time"),
        pytest.param(HEADER + "BTC,-5,1,1,1,1,1\n", "line 2: time -5 is not", id="negative-time"),
        pytest.param(
            HEADER + GOOD + "BTC,1760130060000001,1,1,1,1,1\n",
            "line 3: time 1760130060000001 is not",
            id="part-of-a-millisecond",
        ),
        pytest.param(HEADER + "BTC,,1,1,1,1,1\n", "line 2: time None is not", id="no-time"),
        pytest.param(
            HEADER + "BTC,50000000000000,1,1,1,1,1\n", "line 2: time 5000", id="year-3554"
        ),
        pytest.param(
            HEADER.replace("_ms", "") + "BTC,2025-10-10T21:00Z,1,1,1,1,1\nBTC,noon,1,1,1,1,1\n",
            "line 3: time noon is not",
            id="bad-text-time",
        ),
        pytest.param(HEADER + f",{START},1,1,1,1,1\n", "line 2: the symbol is empty", id="nobody"),
        pytest.param(
            HEADER + GOOD + bar(1, "1,1,1,1").replace(",1\n", ",much\n"),
            "line 3: volume much; it must be a number",
            id="bad-volume",
        ),
        pytest.param(
            HEADER + rows(symbol="BTCUSDT") + rows(symbol="BTCUSDC"),
            "BTCUSDC and BTCUSDT both mean BTC",
            id="two-symbols-one-market",
        ),
        pytest.param(SIX, "6 markets, more than 5; choose with symbols among A, B, C", id="six"),
        pytest.param(
            "open_time_ms,open,high,low,close\n", "there is no candle in it", id="no-rows"
        ),
        pytest.param(
            f"open_time_ms,open,high,low,close\n{START},1,1,1,1\n",
            "does not say which symbol it is of",
            id="no-symbol",
        ),
    ],
)
def test_a_file_that_cannot_be_run_is_refused_naming_place_value_and_rule(tmp_path, text, message):
    with pytest.raises(BadScenario, match=re.escape(message)):
        load_candles(write(tmp_path, text))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"symbols": "DOGE"}, "no candles of DOGE in venue.csv; there are BTC", id="1"),
        pytest.param(
            {"start": "2025-10-11"},
            "venue.csv: no candle of BTC from 2025-10-11T00:00:00Z until "
            "2223-07-06T14:13:20Z; its candles run from "
            "2025-10-10T21:00:00Z to 2025-10-10T21:02:00Z",
            id="empty-window",
        ),
        pytest.param({"start": "noon"}, "time 'noon' is not understood", id="bad-start"),
        pytest.param({"gaps": "fill"}, "gaps 'fill': must be 'refuse' or 'hold'", id="bad-gaps"),
    ],
)
def test_a_choice_that_selects_nothing_is_refused(tmp_path, options, message):
    with pytest.raises(BadScenario, match=re.escape(message)):
        load_candles(write(tmp_path, HEADER + rows()), **options)


def test_a_market_without_candles_in_the_window_is_refused(tmp_path):
    later = rows(symbol="ETH", begin=START + 10**9)
    path = write(tmp_path, HEADER + rows() + later)
    with pytest.raises(BadScenario, match=r"no candle of ETH from .* its candles run from"):
        load_candles(path, end=START + 3 * MINUTE)


def test_files_that_cannot_be_opened_are_refused(tmp_path):
    text = write(tmp_path, "hello", "notes.txt")
    parquet = write(tmp_path, "hello", "broken.parquet")
    archive = tmp_path / "two.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.csv", "1")
        packed.writestr("b.csv", "2")
    broken = write(tmp_path, "hello", "broken.zip")
    for item, message in (
        (tmp_path / "missing.csv", "there is no such file"),
        (tmp_path, "is a folder"),
        (text, "notes.txt: unknown file type; use .csv, .csv.gz, .zip or .parquet"),
        (parquet, "broken.parquet: cannot be read as Parquet"),
        (archive, "two.zip: holds 2 CSV files; it must hold exactly one"),
        (broken, "broken.zip: cannot be read"),
        (write(tmp_path, "hello", "broken.csv.gz"), "broken.csv.gz: cannot be read"),
    ):
        with pytest.raises(BadScenario, match=re.escape(message)):
            load_candles(item)
    with pytest.raises(BadScenario, match="name at least one"):
        load_candles([])


def test_a_parquet_row_is_counted_from_one(tmp_path):
    table = pl.DataFrame({"coin": "BTC", "time": [START, START + MINUTE], "open": [1.0, 1.0]})
    table = table.with_columns(high=pl.col("open"), low=pl.Series([1.0, 2.0]), close=pl.col("open"))
    table.write_parquet(tmp_path / "venue.parquet")
    with pytest.raises(BadScenario, match=r"venue.parquet, row 2: the low must be at most"):
        load_candles(tmp_path / "venue.parquet")


def test_two_files_of_one_source_may_not_overlap(tmp_path):
    first = write(tmp_path, HEADER + rows(), "a.csv")
    second = write(tmp_path, HEADER + rows(), "b.csv")
    with pytest.raises(BadScenario, match=r"b.csv, line 2: a second candle .* a.csv, line 2"):
        load_candles([f"venue={first}", f"venue={second}"])


# real markets


def test_the_minute_candles_of_october_2025_keep_the_published_low(market_data):
    path = market_data / "market" / "oct2025_binance_perp_1m_core.csv"
    scenario = load_candles(f"binance={path}", symbols=["BTC", "AVAX"])
    assert scenario.markets == ("BTC", "AVAX")
    assert scenario.tick == 15_000
    times, seen = scenario.series("BTC", "binance")
    assert len(seen) == 89 * 4
    assert seen.min() == to_price("101516.5")
    minute = parse_time("2025-10-10T21:20:00Z")
    assert minute < times[seen.argmin()] < minute + MINUTE
    assert scenario.series("AVAX", "binance")[1].min() == to_price("8.433")


def test_two_venues_of_october_2025_make_one_market_with_two_sources(market_data):
    folder = market_data / "market"
    scenario = load_candles(
        [
            f"binance={folder / 'oct2025_binance_perp_5m.parquet'}",
            f"bybit={folder / 'oct2025_bybit_perp_5m.parquet'}",
        ],
        symbols=["BTC", "ETH"],
        start="2025-10-10T12:00",
        end="2025-10-11T12:00",
    )
    assert scenario.sources == ("binance", "bybit")
    assert len(scenario) == 288 * 4
    assert all(len(tick) == 4 for _, tick in scenario.ticks())
    for market, source, low in (
        ("BTC", "binance", "101516.5"),
        ("BTC", "bybit", "101045.9"),
        ("ETH", "binance", "3400"),
        ("ETH", "bybit", "3311.76"),
    ):
        assert scenario.series(market, source)[1].min() == to_price(low)


def test_five_minute_bars_and_minute_bars_of_one_venue_tell_the_same_story(market_data):
    folder = market_data / "market"
    window = {"start": "2025-10-10T21:05", "end": "2025-10-10T22:25"}
    minutes = load_candles(folder / "oct2025_binance_perp_1m_core.csv", symbols="BTC", **window)
    fives = load_candles(folder / "oct2025_binance_perp_5m.parquet", symbols="BTC", **window)
    fine, coarse = minutes.price.reshape(-1, 20), fives.price.reshape(-1, 4)
    assert (fine.max(axis=1) == coarse.max(axis=1)).all()
    assert (fine.min(axis=1) == coarse.min(axis=1)).all()


def test_a_real_outage_is_refused_with_its_length_and_can_be_held(market_data):
    path = market_data / "market" / "mar2020_binance_spot_5m.parquet"
    window = {"symbols": "ETH", "start": "2020-02-19", "end": "2020-02-20"}
    message = (
        "no candle of ETH between 2020-02-19T11:35:00Z and 2020-02-19T17:30:00Z: "
        "70 bars of 5 min are missing"
    )
    with pytest.raises(BadScenario, match=re.escape(message)):
        load_candles(path, **window)
    held = load_candles(path, gaps="hold", **window)
    assert sum(not tick for _, tick in held.ticks()) == 70 * 4

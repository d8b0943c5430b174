"""The command: what it prints, what it refuses, and how it ends."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from seawall import __version__, compiled
from seawall.cli import main
from seawall.designs import DESIGNS
from seawall.storm.run import StormResult
from seawall.storm.table import WIDTH

Output = pytest.CaptureFixture[str]


@pytest.fixture
def candles(tmp_path: Path) -> Path:
    """Two hours of candles of a minute, in CCXT's columns: a fall by a third and half back."""
    lines = ["timestamp,open,high,low,close,volume"]
    price = 3000.0
    for minute in range(120):
        step = 0.993 if 40 <= minute < 100 else 1.002
        after = price * step
        high, low = max(price, after) * 1.0005, min(price, after) * 0.9995
        time = 1_735_689_600_000 + minute * 60_000
        lines.append(f"{time},{price:.2f},{high:.2f},{low:.2f},{after:.2f},100")
        price = after
    path = tmp_path / "ETHUSDT-1m.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def storm(capsys: Output, *arguments: str) -> str:
    main(["storm", *arguments])
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


def refused(capsys: Output, *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    printed = capsys.readouterr()
    assert ended.value.code == 2
    assert printed.out == ""
    assert printed.err.startswith("seawall: ")
    assert printed.err.count("\n") == 1
    return printed.err


def test_the_version_says_how_the_engine_runs(capsys: Output) -> None:
    main(["--version"])
    how = "compiled" if compiled() else "interpreted"
    assert capsys.readouterr().out == f"seawall {__version__} ({how})\n"


def test_the_scenarios_are_listed_with_what_they_are(capsys: Output) -> None:
    main(["scenarios"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "jelly: JELLY, 2.45 h from 2025-03-26T12:53:00Z"
    assert lines[2] == "october-2025: BTC, ETH, 24 h from 2025-10-10T12:00:00Z"


def test_help_names_every_option(capsys: Output) -> None:
    main(["storm", "--help"])
    text = capsys.readouterr().out
    for option in ("candles", "symbols", "design", "guards", "traders", "capital", "seed", "json"):
        assert f"--{option}" in text
    assert "--empty" not in text


def test_an_event_is_run_and_printed_as_one_table(capsys: Output) -> None:
    text = storm(
        capsys, "october-2025", "--traders", "60", "--start", "2025-10-10T20:50", "--hours", "0.6"
    )
    lines = text.splitlines()
    assert lines[0] == "october-2025"
    assert lines[1] == "BTC, ETH from 2025-10-10T20:50:00Z to 2025-10-10T21:25:45Z"
    assert lines[2].startswith("60 traders (crowd, seed 1), 14.0 M dollars")
    assert max(len(line) for line in lines) <= WIDTH
    assert lines[-1] == "conservation: 0 (everybody's gains added up, in 1e-6 dollar)"


def test_a_candle_file_of_your_own_is_run(capsys: Output, candles: Path) -> None:
    text = storm(capsys, "--candles", str(candles), "--traders", "60", "--seed", "3")
    assert text.startswith("ETHUSDT-1m\nETH from 2025-01-01T00:00:00Z to 2025-01-01T01:59:45Z")
    assert "conservation: 0" in text


def test_several_files_are_several_sources_and_guards_are_rows(
    capsys: Output, candles: Path
) -> None:
    text = storm(
        capsys, "--candles", f"one={candles}", "--candles", f"two={candles}", "--traders", "40",
        "--guards", "none", "--guards", "hybrid", "--hours", "0.5", "--json",
    )  # fmt: skip
    result = msgspec.json.decode(text, type=StormResult)
    assert result.configuration.scenario.sources == ["one", "two"]
    assert [row.guards for row in result.rows] == ["none", "hybrid"] * len(DESIGNS)
    assert result.configuration.scenario.end == "2025-01-01T00:29:45Z"
    assert all(run.conservation == 0 for run in result.runs)


def test_the_document_is_the_same_each_time_and_holds_every_measure(
    capsys: Output, candles: Path
) -> None:
    arguments = ["--candles", str(candles), "--traders", "50", "--capital", "100000", "--json"]
    first = storm(capsys, *arguments)
    assert storm(capsys, *arguments) == first
    table = msgspec.json.decode(first)
    assert list(table) == ["seawall", "configuration", "runs", "rows"]
    row = table["rows"][0]
    for key in (
        "design", "guards", "market", "preset", "ticks", "prices", "gains", "hedges", "under_water",
        "bad_debt", "liquidations", "deleveraging", "withheld", "layers", "insurance",
        "cover_least", "cover_end", "probes", "charges", "income", "interest", "auctions",
        "halts", "orders",
    ):  # fmt: skip
        assert key in row
    assert table["configuration"]["population"]["traders"]["follow"] == 0.35
    assert sum(row["gains"].values()) == 0
    assert all(type(gain) is int for gain in row["gains"].values())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["storm"], "seawall scenarios"),
        (["storm", "jely"], "there are jelly, october-2025, crash, jumps, brownian"),
        (["storm", "jelly", "--candles", "a.csv"], "name one scenario"),
        (["storm", "--candles", "nowhere.csv"], "no such file"),
        (["storm", "jelly", "--symbols", "BTC"], "an event has its own"),
        (["storm", "jelly", "--hours", "0"], "--hours 0"),
        (["storm", "jelly", "--start", "yesterday"], "2025-10-10T21:20:00Z"),
        (["storm", "jelly", "--traders", "many"], "--traders"),
        (["storm", "jelly", "--guards", "all"], "must be one of none"),
        (["storm", "jelly", "--design", "x"], "no design 'x'"),
        (["storm", "jelly", "--tick", "60"], "at most 15 s"),
        (["storm", "jelly", "--speed", "9"], "--speed"),
        (["storm", "crash", "--start", "2025-01-01"], "set crash by --set"),
        (["storm", "crash", "--set", "depth"], "'depth' is not a setting; write it like crash."),
        (
            ["storm", "crash", "--set", "crash.dept=1"],
            "no parameter 'crash.dept'; there are crash.m",
        ),
        (["storm", "crash", "--set", "jumps.hours=1"], "no parameter 'jumps.hours'"),
        (["storm", "crash", "--set", "crash.depth=2"], "depth 2: must be"),
        (["storm", "crash", "--set", "crash.depth=0.1", "--set", "crash.depth=0.2"], "set twice"),
        (["storm", "jelly", "--set", "traders=5"], "traders: this has an option of its own"),
        (["storm", "jelly", "--set", "guards.auction.duration=9"], "--guards 'open-interest-cap("),
        (["storm", "jelly", "--set", "facts.market_value=-3"], "facts.market_value: -3 is not"),
        (["storm", "jelly", "--set", "population.traders.follow=2"], "population: "),
        (["storm", "jelly", "--design", "gm", "--set", "glp.order_delay=1"], "no parameter 'glp."),
        (["storm", "jelly", "--design", "gm", "--set", "layered.junior=0.4"], "not in this storm"),
        (["strom"], "strom"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(
    capsys: Output, arguments: list[str], told: str
) -> None:
    assert told in refused(capsys, *arguments)


def test_a_generated_path_and_any_setting_can_be_named_in_a_storm(capsys: Output) -> None:
    text = storm(
        capsys, "crash", "--traders", "20", "--design", "layered", "--design", "glp", "--json",
        "--set", "crash.depth=0.25", "--set", "crash.market=SOL", "--set", "crash.rebound=0",
        "--set", "crash.calm_minutes=5", "--set", "crash.after_minutes=5",
        "--set", "layered.junior=0.4", "--set", "population.traders.follow=0.9",
    )  # fmt: skip
    result = msgspec.json.decode(text, type=StormResult)
    prices = result.rows[0].prices
    assert (result.rows[0].market, prices.low * 4) == ("SOL", prices.first * 3)
    assert prices.last == prices.low
    assert result.configuration.population.traders.follow == 0.9
    layers = {layer.vault: layer for layer in result.rows[0].layers}
    assert layers["junior"].put_in * 3 == layers["senior"].put_in * 2
    assert [run.conservation for run in result.runs] == [0, 0]


def test_the_list_of_scenarios_names_events_and_generated_paths(capsys: Output) -> None:
    main(["scenarios"])
    told = capsys.readouterr().out
    assert "jelly: JELLY, 2.45 h from 2025-03-26T12:53:00Z" in told
    assert "crash: generated; --set market, start_price, depth, fall_minutes, rebound" in told


def test_the_module_runs_as_a_program() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "seawall.cli", "storm", "nothing"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr.startswith("seawall: no scenario 'nothing'")


def test_real_candles_run_from_the_command(capsys: Output, market_data: Path) -> None:
    files = [market_data / "market" / f"oct2025_{venue}_perp_5m.parquet"
             for venue in ("binance", "bybit")]  # fmt: skip
    text = storm(
        capsys, "--candles", f"binance={files[0]}", "--candles", f"bybit={files[1]}",
        "--symbols", "BTC,AVAX", "--start", "2025-10-10T21:00", "--hours", "0.75",
        "--traders", "80", "--json",
    )  # fmt: skip
    result = msgspec.json.decode(text, type=StormResult)
    assert [row.market for row in result.rows] == ["BTC", "AVAX"] * len(DESIGNS)
    assert result.configuration.presets == {"BTC": "major", "AVAX": "alt"}
    assert [run.conservation for run in result.runs] == [0] * len(DESIGNS)

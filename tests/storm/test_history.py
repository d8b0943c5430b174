"""The storms of ``docs/history.md``, from real candles: each table is what its command prints.

The storms run on the compiled engine, and where the market data is.
"""

import contextlib
import io
import re
import shlex
from functools import cache
from pathlib import Path

import pytest

import history
import seawall.cli
from history import PAGE, storms, text_of, whole
from retake import Promise, promises
from seawall import compiled
from seawall.designs import DESIGNS
from seawall.storm.run import StormResult

fast = pytest.mark.skipif(not compiled(), reason="these storms take the compiled engine")

CUT = "sed '/^sum/q'"
"""The pipe that some commands end in: print until the sum of all gains."""

PROMISED = [one for one in promises(PAGE.read_text("utf-8")) if "storm" in one.command]


def name(promise: Promise) -> str:
    """The first file of a command, and the market where several are taken from it."""
    (first, *_) = re.findall(r"\$DATA/(\w+)\.parquet", promise.command)
    market = re.search(r"--symbols (\w+)", promise.command)
    return f"{first}-{market[1]}" if market else first


@cache
def run(command: str, folder: Path) -> tuple[str, StormResult]:
    """What the command prints, and the result that it printed."""
    words = shlex.split(command.replace("$DATA", str(folder)))
    assert words.pop(0) == "seawall"
    results: list[StormResult] = []
    printed = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        ordinary = seawall.cli.run_storm

        def keep(*arguments: object, **options: object) -> StormResult:
            results.append(ordinary(*arguments, **options))
            return results[0]

        patch.setattr(seawall.cli, "run_storm", keep)
        with contextlib.redirect_stdout(printed):
            seawall.cli.main(words)
    (result,) = results
    return printed.getvalue(), result


@fast
@pytest.mark.parametrize("promise", PROMISED, ids=name)
def test_a_storm_of_history_goes_as_the_page_says(promise: Promise, market_data: Path) -> None:
    text, result = run(whole(promise.command), market_data / "market")
    pipe = promise.command.partition("|")[2]
    if pipe:
        assert pipe.strip() == CUT
        text = text[: text.index("\n", text.index("\nsum ") + 1) + 1]
    assert text == promise.said
    assert [row.design for row in result.rows] == list(DESIGNS)
    assert all(sum(row.gains.values()) == 0 for row in result.rows)
    assert [one.conservation for one in result.runs] == [0] * len(DESIGNS)


def test_six_storms_and_a_calm_month_are_there() -> None:
    files = re.findall(r"\$DATA/(\w+)\.parquet", "".join(one.command for one in PROMISED))
    told = {re.match(r"[a-z]+\d*", file)[0] for file in files}
    assert told == {"oct2025", "jelly", "luna", "ftx", "mar2020", "aug2024", "calm"}


@fast
def test_the_closing_tables_are_those_of_the_storms_above(market_data: Path) -> None:
    (promise,) = [
        one
        for one in promises(PAGE.read_text("utf-8"))
        if one.command == "python docs/history.py\n"
    ]
    results = [run(command, market_data / "market")[1] for command in storms()]
    assert len(results) == len(PROMISED)
    assert text_of(results) + "\n" == promise.said


def test_without_candle_files_the_closing_table_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATA", str(tmp_path / "nowhere"))
    with pytest.raises(SystemExit, match="set DATA to their folder"):
        history.main()

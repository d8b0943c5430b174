"""Pages and folders are written whole or not at all, and what cannot be written is named."""

import errno
import hashlib
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import polars as pl
import pytest

import seawall
from seawall.cli import main
from seawall.designs import DESIGNS
from seawall.engine.errors import BadParameters
from seawall.storm import Outcome, crash_path, run
from seawall.storm.files import Manifest
from seawall.storm.run import StormResult

CRASH = crash_path(
    depth="0.4", calm_minutes=3, fall_minutes=5, rebound=0, after_minutes=3, market="ETH"
)
EVENT = ["storm", "october-2025", "--start", "2025-10-10T21:10", "--hours", "0.2",
         "--traders", "20"]  # fmt: skip
SOURCE = str(Path(seawall.__file__).parents[1])
Output = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return run(CRASH, traders=60, capital=100_000)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# a folder


def test_a_folder_holds_every_frame_and_a_manifest_of_them(
    outcome: Outcome, tmp_path: Path
) -> None:
    folder = outcome.save(tmp_path / "storm")
    assert names(tmp_path) == ["storm"]
    manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
    listed = {file.path for file in manifest.files}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.parquet")}
    assert listed == there
    assert {
        "ticks.parquet",
        "accounts.parquet",
        "reports.parquet",
        "events/Filled.parquet",
    } <= there
    for file in manifest.files:
        content = (folder / file.path).read_bytes()
        assert len(content) == file.bytes
        assert hashlib.sha256(content).hexdigest() == file.sha256
        table = pl.read_parquet(folder / file.path)
        assert table.height == file.rows
        assert table.columns == [column.name for column in file.columns]
    assert [run["design"] for run in manifest.runs] == list(DESIGNS)
    assert all(len(run["digest"]) == 64 for run in manifest.runs)


def test_what_is_read_back_is_what_happened(outcome: Outcome, tmp_path: Path) -> None:
    folder = outcome.save(tmp_path / "storm")
    assert pl.read_parquet(folder / "ticks.parquet").equals(outcome.ticks)
    for kind, table in outcome.events.items():
        assert pl.read_parquet(folder / "events" / f"{kind}.parquet").equals(table)
    result = msgspec.json.decode((folder / "result.json").read_bytes(), type=StormResult)
    assert result == outcome.result


def test_amounts_are_64_bit_integers_with_their_unit(outcome: Outcome, tmp_path: Path) -> None:
    folder = outcome.save(tmp_path / "storm")
    manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
    columns = {
        (file.path, column.name): (column.type, column.unit)
        for file in manifest.files
        for column in file.columns
    }
    assert columns["events/Filled.parquet", "fee"] == ("Int64", "1e-6 dollar")
    assert columns["ticks.parquet", "mark"] == ("Int64", "1e-10 dollar per token")
    assert {kind for kind, _ in columns.values()} == {
        "Boolean", "Int64", "String", "Datetime(time_unit='ms', time_zone='UTC')",
    }  # fmt: skip


def test_the_same_storm_is_saved_as_the_same_bytes(outcome: Outcome, tmp_path: Path) -> None:
    one, two = outcome.save(tmp_path / "one"), outcome.save(tmp_path / "two")
    assert (one / "manifest.json").read_bytes() == (two / "manifest.json").read_bytes()


def test_an_empty_folder_may_be_filled(outcome: Outcome, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    assert (outcome.save(tmp_path / "there") / "manifest.json").is_file()


def test_a_disk_that_fills_up_leaves_nothing_half_written(
    outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **more: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(BadParameters, match=r"storm: cannot be written \(No space left on device"):
        outcome.save(tmp_path / "storm")
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(BadParameters, match=r"page\.html: cannot be written \(No space left"):
        outcome.report(tmp_path / "page.html")
    assert names(tmp_path) == []


# a page


def test_a_page_replaces_the_one_before_it(outcome: Outcome, tmp_path: Path) -> None:
    path = tmp_path / "storm.html"
    path.write_text("old")
    written = datetime(2026, 1, 2, tzinfo=UTC)
    assert outcome.report(path, written) == path
    assert path.read_text("utf-8") == outcome.html(written)
    assert names(tmp_path) == ["storm.html"]


def test_a_page_is_written_through_a_link(outcome: Outcome, tmp_path: Path) -> None:
    (tmp_path / "real.html").write_text("old")
    (tmp_path / "link.html").symlink_to(tmp_path / "real.html")
    outcome.report(tmp_path / "link.html")
    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "real.html").read_text("utf-8").startswith("<!doctype html>")


# the command


def test_the_command_writes_both_and_says_where(capsys: Output, tmp_path: Path) -> None:
    page, folder = tmp_path / "storm.html", tmp_path / "storm"
    main([*EVENT, "--report", str(page), "--out", str(folder)])
    printed = capsys.readouterr()
    assert printed.out.startswith("october-2025\n")
    assert printed.err.splitlines() == [
        f"report: {page} ({page.stat().st_size / 1e6:.1f} MB)",
        f"series and events: {folder / 'manifest.json'}",
    ]
    assert page.read_text("utf-8").count("<svg") == 0
    assert (folder / "ticks.parquet").is_file()


def test_the_same_seed_writes_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    """Every design, with guards and without: the page but for its date, and the whole folder."""
    written = []
    for hashing in ("1", "2"):
        place = tmp_path / hashing
        place.mkdir()
        words = [*EVENT, "--guards", "none", "--guards", "hybrid", "--report", "storm.html"]
        told = subprocess.run(
            [sys.executable, "-c", "import seawall.cli; seawall.cli.main()", *words,
             "--out", "storm"],
            cwd=place, env={**os.environ, "PYTHONHASHSEED": hashing, "PYTHONPATH": SOURCE},
            capture_output=True, text=True, check=True, timeout=300,
        ).stdout  # fmt: skip
        files = {
            path.relative_to(place).as_posix(): path.read_bytes()
            for path in place.rglob("*")
            if path.is_file()
        }
        page, dates = re.subn(rb"written \d{4}-\d\d-\d\d", b"written then", files["storm.html"])
        assert dates == 1
        written.append((told, files | {"storm.html": page}))
    (one, files), (two, others) = written
    assert one == two
    assert all(f"\n{name} BTC" in one for name in DESIGNS)
    assert files.keys() == others.keys() > {"storm/manifest.json", "storm/ticks.parquet"}
    assert [name for name in files if files[name] != others[name]] == []


def test_the_document_is_not_touched_by_the_report(capsys: Output, tmp_path: Path) -> None:
    main([*EVENT, "--json"])
    plain = capsys.readouterr().out
    main([*EVENT, "--json", "--report", str(tmp_path / "storm.html")])
    assert capsys.readouterr().out == plain


@pytest.fixture
def places(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thing").touch()
    (tmp_path / "file").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("option", "path", "told"),
    [
        ("--report", "folder", "is a folder; name a file, like"),
        ("--report", "nowhere/storm.html", "there is no folder"),
        ("--report", "file/storm.html", "there is no folder"),
        ("--report", "/dev/null", "is no ordinary file"),
        ("--out", "folder", "the folder is not empty; name a new one"),
        ("--out", "file", "is a file; name a folder"),
        ("--out", "nowhere/storm", "there is no folder"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused_before_the_storm(
    capsys: Output, places: Path, option: str, path: str, told: str
) -> None:
    before = sorted(places.rglob("*"))
    with pytest.raises(SystemExit) as ended:
        main(["storm", "a-storm-that-is-not-there", option, str(places / path)])
    printed = capsys.readouterr()
    assert ended.value.code == 2
    assert told in printed.err
    assert printed.err.count("\n") == 1
    assert sorted(places.rglob("*")) == before


@pytest.mark.parametrize("option", ["--report", "--out"])
def test_a_folder_without_permission_is_refused(
    capsys: Output, places: Path, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(SystemExit):
        main([*EVENT, option, str(places / "new")])
    assert f"the folder {places} may not be written" in capsys.readouterr().err


def test_a_page_without_permission_is_refused(
    capsys: Output, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).is_dir())
    with pytest.raises(SystemExit):
        main([*EVENT, "--report", str(places / "file")])
    assert "file: may not be written" in capsys.readouterr().err

"""Sweeps as they run: nothing lost, nothing run twice, the same dataset whoever ran it."""

import errno
import os
import resource
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import polars as pl
import pytest

from seawall.cli import main
from seawall.designs import DESIGNS
from seawall.engine.errors import BadParameters
from seawall.storm import sweep_run
from seawall.storm.journal import CannotWrite, Journal, write_whole
from seawall.storm.sweep import Job, Sweep, parse_sweep
from seawall.storm.sweep_job import work
from seawall.storm.sweep_run import Stopped, read_sweep, run_sweep
from seawall.storm.workers import Processes, WorkersLost, _reach

DESIGN, OTHER = list(DESIGNS)[:2]

TEXT = f"""
scenario = "crash"
designs = ["{DESIGN}"]
seeds = 3
[fixed]
traders = 12
tick_s = 60
crash.tick_s = 60
crash.calm_minutes = 3
crash.fall_minutes = 4
crash.rebound_minutes = 3
crash.after_minutes = 3
crash.volatility = 1.0
[vary]
"crash.depth" = [0.2, 0.6]
capital = [100_000, 2_000_000]
"""


def small(text: str = TEXT) -> Sweep:
    return parse_sweep(text, "small")


def dataset(folder: Path) -> bytes:
    (part,) = (folder / "results").glob("*.parquet")
    return part.read_bytes()


def journal(folder: Path) -> list[bytes]:
    return (folder / "journal.jsonl").read_bytes().splitlines()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small sweep, run to its end by this process alone."""
    folder = tmp_path_factory.mktemp("finished")
    run_sweep(small(), folder, workers=1)
    return folder


def test_a_row_per_storm_and_market_with_what_was_varied(finished: Path) -> None:
    table = pl.read_parquet(finished / "results")
    assert len(table) == 12
    assert table.columns[:5] == ["job", "design", "seed", "crash.depth", "capital"]
    assert table["seed"].to_list() == [1, 2, 3] * 4
    assert table["crash.depth"].to_list() == [0.2] * 6 + [0.6] * 6
    assert table["conservation"].to_list() == [0] * 12
    assert table.schema["bad_debt"] == pl.Int64
    lows = table["price_low"] / table["price_first"]
    assert lows.to_list() == pytest.approx([0.8] * 6 + [0.4] * 6, rel=1e-9)


def test_a_row_is_what_the_storm_gives_alone(finished: Path) -> None:
    sweep = small()
    job = list(sweep.jobs())[7]
    result = sweep.settings(job, "crash").prepare().run()
    row = pl.read_parquet(finished / "results").row(7, named=True)
    assert row["digest"] == result.runs[0].digest
    assert row["bad_debt"] == result.rows[0].bad_debt
    assert row["seed"] == result.configuration.seed
    assert sum(value for name, value in row.items() if name.startswith("gain.")) == 0


def test_processes_give_the_same_dataset_to_the_byte(finished: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int, int]] = []
    swept = run_sweep(small(), tmp_path, workers=2, progress=lambda *at: told.append(at))
    assert (swept.ran, swept.before, swept.workers) == (12, 0, 2)
    assert 0 < swept.busy <= 1
    assert dataset(tmp_path) == dataset(finished)
    assert told == [(0, done, 12) for done in range(1, 13)]
    assert "POLARS_MAX_THREADS" not in os.environ


def test_a_finished_sweep_runs_nothing(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_run, "team_of", lambda *_: pytest.fail("a storm was run again"))
    before = dataset(finished)
    assert run_sweep(small(), finished).ran == 0
    assert dataset(finished) == before


def test_seeds_and_values_may_be_added(tmp_path: Path) -> None:
    run_sweep(small(TEXT.replace("seeds = 3", "seeds = 1")), tmp_path, workers=1)
    more = small(TEXT.replace("seeds = 3", "seeds = 2").replace("[0.2, 0.6]", "[0.2, 0.3, 0.6]"))
    swept = run_sweep(more, tmp_path, workers=1)
    assert (swept.before, swept.ran, len(swept.frame)) == (4, 8, 12)
    assert len(journal(tmp_path)) == 12


def test_the_folder_of_another_sweep_is_refused(finished: Path) -> None:
    before = journal(finished)
    with pytest.raises(BadParameters, match="holds 12 finished storms that are not in the sweep"):
        run_sweep(small(TEXT.replace("traders = 12", "traders = 13")), finished, workers=1)
    assert journal(finished) == before


def test_results_of_another_version_are_refused_with_its_name(
    finished: Path, tmp_path: Path
) -> None:
    old = [msgspec.json.decode(line) | {"seawall": "0.0.9", "key": f"old{number}"}
           for number, line in enumerate(journal(finished))]  # fmt: skip
    (tmp_path / "journal.jsonl").write_bytes(b"".join(msgspec.json.encode(x) + b"\n" for x in old))
    with pytest.raises(BadParameters, match=r"12 finished storms of seawall 0\.0\.9"):
        run_sweep(small(), tmp_path, workers=1)


# --- what ends a sweep --------------------------------------------------------------------------

SLOW = (
    TEXT.replace("calm_minutes = 3", "calm_minutes = 300")
    .replace("traders = 12", "traders = 20")
    .replace("seeds = 3", "seeds = 2")
)


def children(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task/{process}/children")
    return [int(one) for one in found.read_text().split()]


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until(true: object, seconds: float) -> bool:
    last = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        if time.monotonic() > last:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")
def test_a_killed_sweep_keeps_what_is_finished_and_runs_only_the_rest(tmp_path: Path) -> None:
    file, out = tmp_path / "slow.toml", tmp_path / "out"
    file.write_text(SLOW)
    command = [sys.executable, "-m", "seawall.cli", "sweep", str(file), "--out", str(out),
               "--workers", "2"]  # fmt: skip
    program = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    place = out / "journal.jsonl"
    assert wait_until(lambda: place.exists() and place.read_bytes().count(b"\n") >= 2, 60)
    workers = children(program.pid)
    program.send_signal(signal.SIGKILL)
    program.wait()
    assert wait_until(lambda: not any(alive(worker) for worker in workers), 10)
    before = journal(out)
    assert 2 <= len(before) < 8
    told: list[int] = []
    swept = run_sweep(
        parse_sweep(SLOW, "slow"), out, workers=1, progress=lambda *at: told.append(at[1])
    )
    assert (swept.before, swept.ran, len(swept.frame)) == (len(before), 8 - len(before), 8)
    assert journal(out)[: len(before)] == before
    assert len(journal(out)) == len(set(swept.frame["job"])) == 8


def test_a_sweep_that_is_asked_to_end_says_what_is_kept(tmp_path: Path) -> None:
    file, out = tmp_path / "slow.toml", tmp_path / "out"
    file.write_text(SLOW)
    command = [sys.executable, "-m", "seawall.cli", "sweep", str(file), "--out", str(out),
               "--workers", "2"]  # fmt: skip
    program = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    place = out / "journal.jsonl"
    assert wait_until(lambda: place.exists() and place.read_bytes().count(b"\n") >= 1, 60)
    program.terminate()
    _, error = program.communicate(timeout=30)
    assert program.returncode == 2
    kept = len(journal(out))
    assert error == (
        f"seawall: stopped: {kept} of 8 storms are finished and kept. "
        f"The same command goes on with {out}\n"
    )
    assert len(pl.read_parquet(out / "results")) == kept


def test_a_full_disk_is_said_and_what_is_finished_stays(tmp_path: Path) -> None:
    """A limit on the size of files, as a disk without room: the line that does not fit is cut."""
    file, out = tmp_path / "small.toml", tmp_path / "out"
    file.write_text(TEXT)
    command = [sys.executable, "-m", "seawall.cli", "sweep", str(file), "--out", str(out),
               "--workers", "1"]  # fmt: skip
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000)),
    )  # fmt: skip
    kept = len(journal(out))
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert f"File too large; {kept} finished results are kept" in ended.stderr
    assert f"The same command goes on with {out}" in ended.stderr
    assert 1 <= kept < 12
    assert (out / "journal.jsonl").read_bytes().endswith(b"}\n")
    assert run_sweep(small(), out, workers=1).before == kept


def test_a_disk_that_fills_up_is_named_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = Journal(tmp_path / "journal.jsonl")
    lines.add(b"one")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(CannotWrite, match="No space left on device; 1 finished results"):
            lines.add(b"two")
    lines.add(b"three")
    lines.close()
    assert (tmp_path / "journal.jsonl").read_bytes() == b"one\nthree\n"


def test_a_person_who_stops_it_is_told_what_is_kept(tmp_path: Path) -> None:
    def enough(before: int, done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(Stopped, match="stopped: 5 of 12 storms are finished and kept"):
        run_sweep(small(), tmp_path, workers=1, progress=enough)
    assert len(pl.read_parquet(tmp_path / "results")) == 5
    assert len(read_sweep(small(), tmp_path)) == 5
    assert run_sweep(small(), tmp_path, workers=1).before == 5


def test_a_worker_that_dies_is_said(tmp_path: Path) -> None:
    team = Processes(parse_sweep(SLOW, "slow"), 1)
    team.give(next(parse_sweep(SLOW, "slow").jobs()))
    assert wait_until(lambda: team._pool._processes, 10)
    os.kill(next(iter(team._pool._processes)), signal.SIGKILL)
    with pytest.raises(WorkersLost, match="a worker died in the middle of a storm"):
        team.take()
    with pytest.raises(WorkersLost):
        team.give(next(small().jobs()))
    team.stop()


def test_workers_that_are_lost_stop_the_sweep_with_what_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Lost(sweep_run.Workers):
        count = wanted = 3
        jobs: list[Job] = []  # noqa: RUF012

        def give(self, job: Job) -> None:
            self.jobs.append(job)

        def take(self):  # type: ignore[no-untyped-def]
            if len(self.jobs) > 5:
                raise WorkersLost("gone")
            return [work(small(), self.jobs[-1])]

        def stop(self) -> None:
            self.jobs.clear()

    monkeypatch.setattr(sweep_run, "team_of", lambda *_: Lost())
    with pytest.raises(Stopped, match="gone: 3 of 12 storms are finished and kept"):
        run_sweep(small(), tmp_path)
    assert len(journal(tmp_path)) == 3


def test_a_worker_of_another_version_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seawall.storm.sweep_job.VERSION", "0.0.9")
    with pytest.raises(Stopped, match=r"a worker has seawall 0\.0\.9, this is"):
        run_sweep(small(), tmp_path, workers=1)
    assert journal(tmp_path) == []


def test_a_damaged_line_is_run_again(finished: Path, tmp_path: Path) -> None:
    lines = journal(finished)
    lines[4] = lines[4][:100]
    (tmp_path / "journal.jsonl").write_bytes(b"\n".join(lines) + b"\n" + lines[0][:50])
    swept = run_sweep(small(), tmp_path, workers=1)
    assert (swept.before, swept.ran) == (11, 1)
    assert dataset(tmp_path) == dataset(finished)


def test_two_programs_do_not_share_a_folder(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.jsonl"), pytest.raises(CannotWrite, match="another program"):
        run_sweep(small(), tmp_path, workers=1)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match=r"file/out/journal\.jsonl: Not a directory"):
        run_sweep(small(), tmp_path / "file" / "out", workers=1)


def test_a_file_that_is_not_whole_does_not_take_the_place_of_the_old(tmp_path: Path) -> None:
    place = tmp_path / "a.parquet"
    place.write_text("old")

    def half(path: Path) -> None:
        path.write_text("ne")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(CannotWrite, match=r"a\.parquet: No space left"):
        write_whole(place, half)
    with pytest.raises(CannotWrite, match=r"a\.parquet: .*No space left on device"):
        write_whole(place, lambda _: pl.DataFrame({"a": range(9000)}).write_parquet("/dev/full"))
    assert place.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


def test_a_storm_that_is_refused_leaves_the_others_and_is_tried_again(tmp_path: Path) -> None:
    """Senior deposits wait for junior: with a tenth of the capital the market cannot be set up."""
    vault = next(iter(DESIGNS[DESIGN].capital))
    text = TEXT.replace("capital = [100_000, 2_000_000]", f"'{DESIGN}.{vault}' = [0.1, 0.4]")
    swept = run_sweep(small(text), tmp_path, workers=1)
    assert len(swept.failed) == 6
    assert all("entry-gate" in reason for reason in swept.failed.values())
    assert swept.frame[f"{DESIGN}.{vault}"].to_list() == [0.4] * 6
    again = run_sweep(small(text), tmp_path, workers=1)
    assert (again.before, again.ran) == (6, 6)


@pytest.mark.parametrize("count", [0, 5000])
def test_a_number_of_workers_that_cannot_be_is_refused(count: int, tmp_path: Path) -> None:
    with pytest.raises(BadParameters, match=f"workers {count}: must be between 1 and 1024"):
        run_sweep(small(), tmp_path, workers=count)


# --- clusters -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("127.0.0.1:1", "no Ray cluster at 127.0.0.1:1: .*refused"),
        ("ray://127.0.0.1:1", "no Ray cluster at ray://127.0.0.1:1: "),
        ("somewhere", "write it as host:port"),
        ("127.0.0.1:99999", "no Ray cluster at 127.0.0.1:99999"),
    ],
)
def test_an_address_where_nobody_listens_is_said(address: str, told: str) -> None:
    with pytest.raises(BadParameters, match=told):
        _reach(address)


def test_without_ray_it_is_said_how_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(BadParameters, match=r"pip install 'seawall\[ray\]'"):
        run_sweep(small(), tmp_path, ray="auto")


CLUSTER = """
import ray, subprocess, sys
found = ray.init("local", num_cpus=1, include_dashboard=False, log_to_driver=False)
sys.exit(subprocess.run([*sys.argv[1:], "--ray", found.address_info["gcs_address"]]).returncode)
"""

BY_ITSELF = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
"""Run a command with a loopback network of its own: Ray listens on every address there is."""


def can_be_by_itself() -> bool:
    try:
        return (
            subprocess.run([*BY_ITSELF, "true"], capture_output=True, check=False).returncode == 0
        )
    except OSError:
        return False


def test_a_cluster_gives_the_same_dataset(finished: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the ray extra is not installed")
    if not can_be_by_itself():
        pytest.skip("no network namespace (unshare -rn, ip): a cluster would listen to the network")
    file = tmp_path / "small.toml"
    file.write_text(TEXT)
    # a token of this test's own, whatever Ray is set up with on this machine
    own = {**os.environ, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    sweep = [
        sys.executable,
        "-m",
        "seawall.cli",
        "sweep",
        str(file),
        "--out",
        str(tmp_path / "out"),
    ]
    ended = subprocess.run(
        [*BY_ITSELF, sys.executable, "-c", CLUSTER, *sweep],
        capture_output=True, text=True, timeout=120, check=False, env=own,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert dataset(tmp_path / "out") == dataset(finished)


# --- the command --------------------------------------------------------------------------------


def test_the_command_prints_medians_and_tails_and_where_the_files_are(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "small.toml"
    file.write_text(TEXT)
    main(["sweep", str(file), "--out", str(finished)])
    printed = capsys.readouterr()
    assert f"bad_debt, {DESIGN} BTC: median, and below it the 95 % point" in printed.out
    assert "crash.depth downwards, capital across" in printed.out
    said = " ".join(printed.out.split())
    assert f"12 rows in {finished}: results, summary.parquet, heatmap.html" in said
    assert printed.err == "small: 12 storms were finished before, 0 were run now\n"
    assert (finished / "heatmap.svg").exists()


def test_a_plan_runs_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "small.toml"
    file.write_text(TEXT)
    main(["sweep", str(file), "--plan"])
    assert capsys.readouterr().out == (
        f"small: 12 storms\ndesigns: {DESIGN}\nseeds: 3\nvaried: crash.depth (2), capital (2)\n"
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--ray", "a:1", "--workers", "2"], "give one of them"),
        (["--workers", "0"], "workers 0"),
    ],
)
def test_what_the_command_cannot_do_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    file = tmp_path / "small.toml"
    file.write_text(TEXT)
    with pytest.raises(SystemExit) as ended:
        main(["sweep", str(file), "--out", str(tmp_path / "out"), *arguments])
    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert told in error
    assert error.count("\n") == 1


def test_duckdb_reads_the_dataset(finished: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    found = duckdb.sql(
        f"select \"crash.depth\", count(*), sum(conservation) from '{finished}/results/*.parquet' "
        "group by 1 order by 1"
    ).fetchall()
    assert found == [(0.2, 6, 0), (0.6, 6, 0)]

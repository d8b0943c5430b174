"""The run of a sweep: what is finished is on the disk, and is never run again.

A sweep has a folder. In it: ``sweep.json``, what is swept; ``journal.jsonl``, a line for every
finished storm, written before the next is begun; and, made of the journal when the run ends or is
stopped, ``results/part-00000.parquet`` and so on (a row per storm and market), ``summary.parquet``
and the heat map. The same file gives the same dataset, byte for byte, however many workers ran it
and however often it was killed.

    dataset = run_sweep(load_sweep("sweep.toml"), "out/sweep").frame
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from seawall.about import VERSION
from seawall.engine.errors import BadParameters, SeawallError
from seawall.storm.journal import CannotWrite, Journal, write_whole
from seawall.storm.sweep import Job, Sweep, plain
from seawall.storm.sweep_job import Answer
from seawall.storm.workers import Workers, team_of

ROWS_A_PART = 100_000
"""Rows of a file of the dataset."""

Progress = Callable[[int, int, int], None]
"""Told how many storms were finished before, how many are now, and how many there are."""


class Stopped(SeawallError):
    """A sweep that did not come to its end; the message says what is kept."""


@dataclass(frozen=True)
class Swept:
    """A sweep's results: ``failed`` has the refusal of each storm that could not be run.

    ``seconds`` is how long the ``workers`` of this run took, their start counted, and ``busy`` the
    share of that time in which they were inside a storm.
    """

    sweep: Sweep
    folder: Path
    frame: pl.DataFrame
    ran: int
    before: int
    failed: dict[str, str]
    workers: int = 0
    seconds: float = 0.0
    busy: float = 0.0


def run_sweep(
    sweep: Sweep,
    folder: str | Path,
    *,
    workers: int | None = None,
    ray: str | None = None,
    progress: Progress | None = None,
) -> Swept:
    """Run what is not finished yet, and put the dataset together.

    ``workers`` processes (one a core; 1 is this process itself), or a cluster at ``ray``. Raises
    :class:`BadParameters` for what cannot be run or a folder of another sweep,
    :class:`CannotWrite` for a disk that takes no more, :class:`Stopped` where workers or a person
    ended it; in both finished storms are kept.

    From a script, call it under ``if __name__ == "__main__":``, because every worker reads the
    script's file again.
    """
    place = Path(folder)
    sweep.check()
    jobs = list(sweep.jobs())
    with Journal(place / "journal.jsonl") as journal:
        answers = _finished(journal, place, sweep, jobs)
        left = [job for job in jobs if job.key not in answers]
        before = len(answers)
        count, begun, spent = 0, time.monotonic(), 0.0
        if left:
            team = team_of(sweep, workers, ray)
            count = team.count
            try:
                for answer in _answers(team, left):
                    journal.add(msgspec.json.encode(answer))
                    answers[answer.key] = answer
                    spent += answer.seconds
                    if progress is not None:
                        progress(before, len(answers), len(jobs))
            except KeyboardInterrupt:
                # it may have come between a line and its count
                answers = _read(journal.path)
                _dataset(place, sweep, jobs, answers)
                raise Stopped(_kept("stopped", answers, jobs, place)) from None
            except CannotWrite as error:
                raise CannotWrite(f"{error}. {_again(place)}") from None
            except SeawallError as error:
                _dataset(place, sweep, jobs, answers)
                raise Stopped(_kept(str(error), answers, jobs, place)) from None
            finally:
                team.stop()
        seconds = time.monotonic() - begun
        frame = _dataset(place, sweep, jobs, answers)
    failed = {key: answer.error for key, answer in answers.items() if answer.error}
    ran = len(answers) - before
    busy = spent / (count * seconds) if count else 0.0
    return Swept(sweep, place, frame, ran, before, failed, count, seconds, busy)


def read_sweep(sweep: Sweep, folder: str | Path) -> pl.DataFrame:
    """The dataset of a folder, from its journal: also while a sweep has not come to its end."""
    return frame_of(sweep, list(sweep.jobs()), _read(Path(folder) / "journal.jsonl"))


def frame_of(sweep: Sweep, jobs: list[Job], answers: dict[str, Answer]) -> pl.DataFrame:
    """A row per finished storm and market, in the order of the jobs.

    Columns: ``design``, ``seed``, each varied name, then the measures; a measure that a design
    does not have is null there.
    """
    columns: dict[str, list[Any]] = {"job": [], "design": [], "seed": []}
    columns |= {name: [] for name in sweep.vary}
    rows: list[tuple[Job, dict[str, Any]]] = []
    for job in jobs:
        answer = answers.get(job.key)
        rows += [(job, row) for row in (answer.rows if answer else ())]
    names = dict.fromkeys(name for _, row in rows for name in row)
    columns |= {name: [] for name in names}
    for job, row in rows:
        columns["job"].append(job.key)
        columns["design"].append(job.design)
        columns["seed"].append(job.seed)
        for name in sweep.vary:
            columns[name].append(plain(job.values.get(name)))
        for name in names:
            columns[name].append(row.get(name))
    return pl.DataFrame(
        {name: pl.Series(name, values, strict=False) for name, values in columns.items()}
    )


def _answers(team: Workers, jobs: list[Job]) -> Iterator[Answer]:
    """All answers, while as many jobs are under way as the workers want."""
    waiting = iter(jobs)
    running = 0
    for job in waiting:
        team.give(job)
        running += 1
        if running >= team.wanted:
            break
    while running:
        for answer in team.take():
            if answer.seawall != VERSION:
                raise Stopped(
                    f"a worker has seawall {answer.seawall}, this is {VERSION}; install one "
                    "version everywhere"
                )
            running -= 1
            for job in waiting:
                team.give(job)
                running += 1
                break
            yield answer


def _finished(journal: Journal, place: Path, sweep: Sweep, jobs: list[Job]) -> dict[str, Answer]:
    """The answers of a folder's journal; refuses a folder of another sweep.

    A storm that was refused is tried again. What no longer belongs to the sweep is refused only
    where it has results, so that seeds and values may be added.
    """
    keys = {job.key for job in jobs}
    found = {}
    for line in journal.lines:
        answer = _decode(line)
        if answer is not None and not answer.error:
            found[answer.key] = answer
    strange = [answer for answer in found.values() if answer.key not in keys]
    if strange:
        versions = {answer.seawall for answer in strange} - {VERSION}
        why = f" of seawall {', '.join(sorted(versions))}" if versions else ""
        raise BadParameters(
            f"{place} holds {len(strange)} finished storms{why} that are not in the sweep "
            f"{sweep.name}; give it another folder with --out, or bring the file back to what it "
            "was (values and seeds may be added)"
        )
    description = msgspec.json.format(
        msgspec.json.encode(
            {
                "seawall": VERSION, "name": sweep.name, "description": sweep.description,
                "source": sweep.source, "designs": sweep.designs, "seeds": sweep.seeds,
                "fixed": sweep.fixed, "vary": sweep.vary, "storms": len(jobs),
            }
        ),
        indent=2,
    )  # fmt: skip
    write_whole(place / "sweep.json", lambda path: path.write_bytes(description + b"\n"))
    return found


def _read(path: Path) -> dict[str, Answer]:
    """The answers of a journal, without a line that is damaged or cut short."""
    if not path.is_file():
        raise BadParameters(f"{path}: there is no such file; the sweep has not been run here")
    text = path.read_bytes()
    lines = text[: text.rfind(b"\n") + 1].splitlines()
    return {answer.key: answer for answer in map(_decode, lines) if answer is not None}


def _decode(line: bytes) -> Answer | None:
    """An answer of the journal; None for a line that is damaged, whose storm is run again."""
    try:
        return msgspec.json.decode(line, type=Answer)
    except msgspec.DecodeError:
        return None


def _dataset(
    place: Path, sweep: Sweep, jobs: list[Job], answers: dict[str, Answer]
) -> pl.DataFrame:
    """Write the dataset; returns it."""
    frame = frame_of(sweep, jobs, answers)
    folder = place / "results"
    parts = list(frame.iter_slices(ROWS_A_PART)) if len(frame) else []
    for number, part in enumerate(parts):
        write_whole(folder / f"part-{number:05d}.parquet", part.write_parquet)
    for old in folder.glob("part-*.parquet") if folder.is_dir() else ():
        if int(old.stem.removeprefix("part-")) >= len(parts):
            old.unlink()
    return frame


def _kept(why: str, answers: dict[str, Answer], jobs: list[Job], place: Path) -> str:
    return f"{why}: {len(answers)} of {len(jobs)} storms are finished and kept. {_again(place)}"


def _again(place: Path) -> str:
    return f"The same command goes on with {place}"

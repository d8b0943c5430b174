"""Runs the commands of the pages again and puts what they print below them.

A block fenced ``sh`` that calls ``seawall``, directly followed by a block fenced ``text``, is a
promise: the command prints the text. A block fenced ``console`` promises nothing. Run::

    python docs/retake.py                      # rewrite every such text of every page
    python docs/retake.py --check docs/adl.md  # change nothing, show what would differ

The pages call the folder of candle files ``$DATA`` and that of the published waves ``$WAVES``: the
variables, ``--data FOLDER``, or ``shared/data`` beside the repository; without them the commands
that name them are left out. ``seawall`` is that of the interpreter which runs this.
"""

import argparse
import difflib
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

DOCS = Path(__file__).resolve().parent
BESIDE = DOCS.parents[1] / "shared" / "data"
LINES = r"(?:(?!```).*\n)+"
PROMISE = re.compile(rf"^```sh\n(?P<command>{LINES})```\n\n```text\n(?P<said>{LINES})```$", re.M)
CALL = re.compile(r"^(seawall|python docs/)", re.M)
SHELL = """
set -euo pipefail
seawall() { "$PYTHON" -m seawall.cli "$@"; }
python() { "$PYTHON" "$@"; }
"""


@dataclass(frozen=True)
class Promise:
    """A command of a page and what the page says that it prints; ``start`` and ``end`` of that."""

    command: str
    said: str
    start: int
    end: int

    @property
    def beginning(self) -> str:
        """The first line of the command, for a line on the screen."""
        return self.command.splitlines()[0].rstrip(" \\")

    def needs(self, folders: Mapping[str, str]) -> list[str]:
        """The variables that the command names and ``folders`` does not have."""
        return [
            name for name in ("DATA", "WAVES") if f"${name}" in self.command and name not in folders
        ]


def promises(text: str) -> list[Promise]:
    """The promises of a page, from top to bottom."""
    return [
        Promise(found["command"], found["said"], found.start("said"), found.end("said"))
        for found in PROMISE.finditer(text)
        if CALL.search(found["command"])
    ]


def folders(data: str | Path | None = None) -> dict[str, str]:
    """Where ``$DATA`` and ``$WAVES`` are, as far as they are there; ``data`` goes first."""
    candles = Path(data or os.environ.get("DATA") or BESIDE / "market")
    waves = Path(os.environ.get("WAVES") or candles.parent / "oct2025_adl" / "mit")
    known = {"DATA": candles.resolve(), "WAVES": waves.resolve()}
    return {name: str(path) for name, path in known.items() if path.is_dir()}


def run(command: str, known: Mapping[str, str]) -> str:
    """What the command prints. Raises :class:`RuntimeError` with its last words if it fails."""
    done = subprocess.run(
        ["bash", "-c", SHELL + command],
        capture_output=True,
        text=True,
        cwd=DOCS.parent,
        env={**os.environ, **known, "PYTHON": sys.executable},
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command.strip()}\n{done.stderr.strip()[-2000:]}")
    return "".join(line.rstrip() + "\n" for line in done.stdout.rstrip().splitlines())


def rewritten(text: str, printed: Mapping[Promise, str]) -> str:
    """The page with what was printed; a promise that was not run stays as it is."""
    for promise in sorted(printed, key=lambda one: one.start, reverse=True):
        text = text[: promise.start] + printed[promise] + text[promise.end :]
    return text


def take(
    pages: Iterable[Path], known: Mapping[str, str], jobs: int, screen: Console
) -> dict[Path, str]:
    """Every page as it should read, with a line of progress. Raises as :func:`run` does."""
    texts = {page: page.read_text("utf-8") for page in pages}
    wanted = [(page, one) for page, text in texts.items() for one in promises(text)]
    printed: dict[Path, dict[Promise, str]] = {page: {} for page in texts}
    layout = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    bars = Progress(*layout, console=screen, disable=not screen.is_terminal)
    with bars, ThreadPoolExecutor(jobs) as workers:
        line = bars.add_task(f"{len(wanted)} commands", total=len(wanted))
        tasks = {}
        for page, one in wanted:
            if missing := one.needs(known):
                told = f"left out, no ${missing[0]}: {one.beginning}"
                screen.print(told, markup=False, soft_wrap=True)
                bars.advance(line)
            else:
                tasks[workers.submit(run, one.command, known)] = (page, one)
        for task in as_completed(tasks):
            if task.exception():
                workers.shutdown(wait=False, cancel_futures=True)
            page, one = tasks[task]
            printed[page][one] = task.result()
            bars.advance(line)
            screen.print(f"{page.name}: {one.beginning}", markup=False, soft_wrap=True)
    return {page: rewritten(text, printed[page]) for page, text in texts.items()}


def main(arguments: list[str] | None = None) -> int:
    """Rewrite or compare; 1 if a page does not say what its commands print."""
    parser = argparse.ArgumentParser(description="Run the commands of the pages again.")
    parser.add_argument("pages", nargs="*", type=Path, default=sorted(DOCS.glob("*.md")))
    parser.add_argument("--check", action="store_true", help="change nothing, show differences")
    parser.add_argument("--data", help="the folder of candle files, $DATA in the pages")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="commands at a time")
    given = parser.parse_args(arguments)
    try:
        taken = take(given.pages, folders(given.data), given.jobs, Console(stderr=True))
    except RuntimeError as error:
        sys.exit(f"retake: {error}")
    changed = {page: text for page, text in taken.items() if text != page.read_text("utf-8")}
    for page, text in changed.items():
        if given.check:
            old, new = page.read_text("utf-8").splitlines(True), text.splitlines(True)
            sys.stdout.writelines(difflib.unified_diff(old, new, str(page), "printed now", n=1))
        else:
            page.write_text(text, "utf-8")
            print(f"{page}: rewritten")
    return 1 if given.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())

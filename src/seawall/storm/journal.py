"""Files that a kill, a full disk or a second program cannot spoil.

A journal is lines that are only added at its end, each on the disk before the next is begun: what
was written stays, and a line that was cut short by a kill is cut off when it is opened again. A
whole file is written beside its place and then put there at once.
"""

import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import polars as pl

from seawall.engine.errors import SeawallError


class CannotWrite(SeawallError):
    """A result could not be put on the disk; the message says where, why, and what is kept."""


class Journal:
    """Lines of a file, for one program at a time.

    Raises :class:`CannotWrite` where the file cannot be opened or is in use.

    Example::

        with Journal(folder / "journal.jsonl") as journal:
            finished = journal.lines
            journal.add(b"one more")
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: list[bytes] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise CannotWrite(f"{path}: {error.strerror}") from None
        if not _lock(self._file):
            os.close(self._file)
            raise CannotWrite(f"{path.parent}: another program is at work in this folder")
        text = path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        if len(whole) < len(text):
            os.ftruncate(self._file, len(whole))
        self.lines = whole.splitlines()

    def add(self, line: bytes) -> None:
        """Write ``line`` and wait until it is on the disk.

        Raises :class:`CannotWrite`; the lines before it are kept.
        """
        length = os.fstat(self._file).st_size
        data = line + b"\n"
        try:
            while data:
                data = data[os.write(self._file, data) :]
            os.fsync(self._file)
        except OSError as error:
            os.ftruncate(self._file, length)
            raise CannotWrite(
                f"{self.path}: {error.strerror}; {len(self.lines)} finished results are kept"
            ) from None
        self.lines.append(line)

    def close(self) -> None:
        """Let others have the file."""
        os.close(self._file)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` make a file, and put it in the place of ``path`` when it is whole.

    Raises :class:`CannotWrite`; what was at ``path`` before is then still there. Polars reports a
    full disk as an error of its own.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(beside)
        os.replace(beside, path)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = getattr(error, "strerror", None) or str(error).split("\n", 1)[0]
        raise CannotWrite(
            f"{path}: {reason}; what was there before is still there, and the journal beside it"
        ) from None
    finally:
        beside.unlink(missing_ok=True)


def _lock(file: int) -> bool:
    """Whether this program has the file for itself; where there are no locks it is believed."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True

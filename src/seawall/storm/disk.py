"""Writing one file, whole or not at all, and refusing in words where that cannot be."""

import os
from collections.abc import Callable
from pathlib import Path

from seawall.engine.errors import BadParameters


def check_page(path: str | Path, example: str = "storm.html") -> Path:
    """``path`` as one that a file can be written to; raises :class:`BadParameters`."""
    file = Path(path)
    if file.is_dir():
        raise BadParameters(f"{file}: is a folder; name a file, like {file / example}")
    if file.exists() and not file.is_file():
        raise BadParameters(f"{file}: is no ordinary file")
    check_parent(file)
    if file.exists() and not os.access(file, os.W_OK):
        raise BadParameters(f"{file}: may not be written")
    return file


def check_parent(path: Path) -> None:
    """Raise :class:`BadParameters` where nothing can be put beside ``path``."""
    parent = path.absolute().parent
    if not parent.is_dir():
        raise BadParameters(f"{path}: there is no folder {parent}")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise BadParameters(f"{path}: the folder {parent} may not be written")


def write_page(path: str | Path, text: str) -> Path:
    """Write ``text`` to ``path``."""
    return write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))


def write_whole(path: str | Path, write: Callable[[Path], object]) -> Path:
    """Let ``write`` fill a file beside ``path`` first, so that half of one never stands there."""
    file = check_page(path).resolve()
    part = file.with_name(f"{file.name}.part")
    try:
        write(part)
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise BadParameters(f"{path}: cannot be written ({error.strerror or error})") from None
    return Path(path)

"""Writing a folder of Parquet files with a manifest, whole or not at all."""

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec
import polars as pl

from seawall.about import VERSION
from seawall.engine.errors import BadParameters
from seawall.storm.disk import check_parent
from seawall.storm.frames import UNITS
from seawall.storm.run import StormResult


class Column(msgspec.Struct, kw_only=True):
    """A column of a file: its type, and its unit where it has one."""

    name: str
    type: str
    unit: str


class File(msgspec.Struct, kw_only=True):
    """A file of a folder."""

    path: str
    rows: int
    bytes: int
    sha256: str
    columns: list[Column]


class Manifest(msgspec.Struct, kw_only=True):
    """What lies in a folder; ``result`` names the document with all measures and parameters."""

    seawall: str
    scenario: str
    seed: int
    markets: list[str]
    runs: list[dict[str, str]]
    result: str
    files: list[File]


def check_folder(path: str | Path) -> Path:
    """``path`` as a folder that is new or empty; raises :class:`BadParameters`."""
    folder = Path(path)
    if folder.exists() and not folder.is_dir():
        raise BadParameters(f"{folder}: is a file; name a folder")
    if folder.is_dir() and any(folder.iterdir()):
        raise BadParameters(f"{folder}: the folder is not empty; name a new one")
    check_parent(folder)
    return folder


def write_folder(path: str | Path, result: StormResult, tables: Mapping[str, pl.DataFrame]) -> Path:
    """Write ``tables`` as Parquet, ``result.json`` and ``manifest.json`` into a new folder."""
    folder = check_folder(path).resolve()
    part = folder.with_name(f"{folder.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        (part / "result.json").write_text(result.json(), encoding="utf-8")
        files = [_write(part, name, table) for name, table in sorted(tables.items())]
        manifest = _manifest(result, files)
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
        (part / "manifest.json").write_bytes(text)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise BadParameters(f"{path}: cannot be written ({error.strerror or error})") from None
    return Path(path)


def _write(folder: Path, name: str, table: pl.DataFrame) -> File:
    path = folder / f"{name}.parquet"
    path.parent.mkdir(exist_ok=True)
    table.write_parquet(path, compression="zstd", statistics=True)
    content = path.read_bytes()
    return File(
        path=path.relative_to(folder).as_posix(),
        rows=table.height,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        columns=[
            Column(name=column, type=str(kind), unit=UNITS.get(column, ""))
            for column, kind in table.schema.items()
        ],
    )


def _manifest(result: StormResult, files: list[File]) -> Manifest:
    chosen = result.configuration
    return Manifest(
        seawall=VERSION,
        scenario=chosen.scenario.name,
        seed=chosen.seed,
        markets=chosen.scenario.markets,
        runs=[
            {"design": run.design, "guards": run.guards, "digest": run.digest}
            for run in result.runs
        ],
        result="result.json",
        files=files,
    )

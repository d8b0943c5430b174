"""``seawall sweep``: run what a file asks for, on all cores or a cluster, and say what came out."""

import signal
import sys
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from seawall.engine.errors import BadParameters
from seawall.storm.heatmap import Grid, as_page, as_plotly, as_svg, grids
from seawall.storm.journal import write_whole
from seawall.storm.printing import show
from seawall.storm.sweep import Sweep, load_sweep, parse_sweep
from seawall.storm.sweep_run import Swept, run_sweep
from seawall.storm.sweep_summary import chosen_measures, summary, tables

_EXAMPLES = "data/sweeps"


def sweep_command(
    path: Annotated[str, Parameter(help="A .toml file, or the name of a sweep that comes along.")],
    /,
    *,
    out: Annotated[
        str | None, Parameter(help="Folder of the results. Default: out/ and the file's name.")
    ] = None,
    workers: Annotated[
        int | None, Parameter(help="Processes on this machine. Default: one a core.")
    ] = None,
    ray: Annotated[
        str | None,
        Parameter(help="Ray cluster, as host:port, ray://host:port or auto, in their place."),
    ] = None,
    plan: Annotated[
        bool, Parameter(help="Only check the file and say how many storms it is.", negative="")
    ] = False,
) -> None:
    """Run parameters x seeds x designs; resume where it was stopped; summary and heat map."""
    if ray is not None and workers is not None:
        raise BadParameters("--workers is for this machine, --ray for a cluster; give one of them")
    sweep = find_sweep(path)
    if plan:
        sweep.check()
        print(_plan(sweep))
        return
    folder = Path(out) if out is not None else Path("out") / sweep.name
    swept = _run(sweep, folder, workers, ray)
    if swept.frame.is_empty():
        reason = next(iter(swept.failed.values()))
        raise BadParameters(f"{sweep.name}: none of its storms could be run; the first: {reason}")
    show(report(swept))


def report(swept: Swept) -> list[RenderableType]:
    """Write summary and heat map into the sweep's folder; the parts that are printed."""
    sweep, folder = swept.sweep, swept.folder
    found = summary(swept.frame, sweep)
    write_whole(folder / "summary.parquet", found.write_parquet)
    measures = chosen_measures(swept.frame, sweep)
    made = grids(found, sweep, measures)
    files = ["results", "summary.parquet", *_pictures(made, sweep, folder)]
    parts: list[RenderableType] = [f"{sweep.name}: {sweep.description or 'a sweep'}\n"]
    parts += tables(found, sweep, measures)
    parts.append(_closing(swept, files))
    return parts


def find_sweep(path: str) -> Sweep:
    """The sweep of a file, or one of those that the package ships by its name."""
    if path.endswith(".toml"):
        return load_sweep(path)
    if path not in shipped():
        raise BadParameters(
            f"no sweep {path!r}; there are {', '.join(shipped())}, or give the path of a .toml file"
        )
    file = resources.files("seawall.storm") / _EXAMPLES / f"{path}.toml"
    return parse_sweep(file.read_bytes(), path)


def shipped() -> list[str]:
    """Names of the sweeps that the package ships, in alphabetical order."""
    folder = resources.files("seawall.storm") / _EXAMPLES
    return sorted(
        file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")
    )


def _run(sweep: Sweep, folder: Path, workers: int | None, ray: str | None) -> Swept:
    screen = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
    ) as bars:
        task = bars.add_task(sweep.name, total=None)

        def tell(before: int, done: int, total: int) -> None:
            # what was finished before took no time now, and must not make the rest look quick
            bars.update(task, completed=done - before, total=total - before)

        # a scheduler that asks a program to end is a person at the keyboard
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            swept = run_sweep(sweep, folder, workers=workers, ray=ray, progress=tell)
        finally:
            signal.signal(signal.SIGTERM, before)
    for line in _told(swept):
        print(f"{sweep.name}: {line}", file=sys.stderr)
    return swept


def _told(swept: Swept) -> Iterator[str]:
    """What differs from one run to the next, and is no part of the results."""
    if swept.before:
        yield f"{swept.before} storms were finished before, {swept.ran} were run now"
    if swept.ran:
        team = "1 worker" if swept.workers == 1 else f"{swept.workers} workers"
        yield (
            f"{swept.ran} storms in {swept.seconds:.1f} s; {team} inside a storm for "
            f"{swept.busy * 100:.1f} % of the time"
        )


def _pictures(made: Sequence[Grid], sweep: Sweep, folder: Path) -> list[str]:
    if not made:
        return []
    page, picture = as_page(made, sweep.name), as_svg(made[0])
    write_whole(folder / "heatmap.html", lambda path: path.write_text(page, "utf-8"))
    write_whole(folder / "heatmap.svg", lambda path: path.write_text(picture, "utf-8"))
    try:
        moving = as_plotly(made, sweep.name)
    except BadParameters:
        return ["heatmap.html", "heatmap.svg"]
    write_whole(folder / "heatmap-plotly.html", lambda path: path.write_text(moving, "utf-8"))
    return ["heatmap.html", "heatmap.svg", "heatmap-plotly.html"]


def _plan(sweep: Sweep) -> str:
    jobs = list(sweep.jobs())
    varied = ", ".join(f"{name} ({len(values)})" for name, values in sweep.vary.items())
    return (
        f"{sweep.name}: {len(jobs)} storms\n"
        f"designs: {', '.join(sweep.designs)}\nseeds: {len(sweep.seeds)}\n"
        f"varied: {varied or 'nothing'}"
    )


def _closing(swept: Swept, files: Sequence[str]) -> str:
    lines = [f"{len(swept.frame):,} rows in {swept.folder}: {', '.join(files)}"]
    if swept.failed:
        first = next(iter(swept.failed.values()))
        lines.append(f"{len(swept.failed)} storms could not be run; the first: {first}")
    if swept.frame["conservation"].abs().max():
        lines.append("conservation is broken: everybody's gains do not add up to 0")
    return "\n".join(lines)

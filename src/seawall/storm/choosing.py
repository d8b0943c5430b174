"""What the commands share: which scenario is meant, and a bar for each run."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars

from seawall.engine.errors import BadScenario
from seawall.engine.fixed import HOUR, MAX_TIME
from seawall.storm.candles import Gaps, load_candles
from seawall.storm.events import load_event, scenarios
from seawall.storm.run import Progress
from seawall.storm.scenario import Scenario
from seawall.storm.settings import PATHS
from seawall.storm.units import parse_time


def choose_scenario(
    name: str | None,
    candles: list[str] | None,
    symbols: str | None,
    start: str | None,
    hours: float | None,
    gaps: Gaps,
) -> str | Scenario:
    """The scenario that a command's options mean: candle files, an event by its name, or a path.

    A path that is generated is only named. Raises :class:`BadScenario`.
    """
    if (name is None) == (not candles):
        raise BadScenario(
            "name one scenario (`seawall scenarios` lists them) or give candle files with --candles"
        )
    if hours is not None and not hours > 0:
        raise BadScenario(f"--hours {hours:g}: must be above 0")
    begin = None if start is None else parse_time(start)
    if name is not None:
        if symbols is not None:
            raise BadScenario("--symbols picks markets of candle files; an event has its own")
        if name in PATHS:
            if begin is not None or hours is not None:
                raise BadScenario(f"--start and --hours cut real prices; set {name} by --set")
            return name
        if name not in scenarios() and not name.endswith(".toml"):
            known = ", ".join([*scenarios(), *PATHS])
            raise BadScenario(
                f"no scenario {name!r}; there are {known}, or give the path of a .toml file"
            )
        storm = load_event(name)
        end = (storm.start if begin is None else begin) + _ms(hours)
        return storm if begin is None and hours is None else storm.between(begin, end)
    files = candles or []
    wanted = None if symbols is None else [part for part in symbols.split(",") if part]
    if begin is None and hours is not None:
        storm = load_candles(files, symbols=wanted, gaps=gaps)
        return storm.between(end=storm.start + _ms(hours))
    until = None if begin is None or hours is None else begin + _ms(hours)
    return load_candles(files, symbols=wanted, start=begin, end=until, gaps=gaps)


def _ms(hours: float | None) -> int:
    return int(MAX_TIME) // 2 if hours is None else round(hours * int(HOUR))


def a_bar_each(screen: Console) -> Bars:
    """Bars that go when they are done, with the time left; none where ``screen`` is no terminal."""
    return Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
    )


@contextmanager
def bars(title: str, screen: Console) -> Iterator[Progress]:
    """A bar for each run, while they run; none where ``screen`` is no terminal."""
    with a_bar_each(screen) as shown:
        tasks: dict[str, TaskID] = {}

        def move(label: str, done: int, total: int) -> None:
            if label not in tasks:
                tasks[label] = shown.add_task(f"{title}: {label}", total=total)
            shown.update(tasks[label], completed=done)

        yield move

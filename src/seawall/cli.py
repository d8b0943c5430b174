"""The command ``seawall``: put market designs through a storm and see who pays."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, NoReturn

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console

from seawall.about import VERSION, compiled
from seawall.engine.errors import BadScenario, SeawallError
from seawall.engine.fixed import HOUR, SECOND
from seawall.storm.adl_page import adl_command
from seawall.storm.changes import parse_changes, with_changes
from seawall.storm.choosing import bars, choose_scenario
from seawall.storm.compare_page import compare_command
from seawall.storm.disk import check_page
from seawall.storm.download_page import candles_command
from seawall.storm.events import load_event, scenarios
from seawall.storm.files import check_folder
from seawall.storm.guard_lab import try_guards
from seawall.storm.guard_page import guard_tables
from seawall.storm.guarding import EACH
from seawall.storm.options import (
    AsJson,
    CandleFiles,
    Capital,
    Changes,
    DesignNames,
    GuardSets,
    Hours,
    MissingBars,
    PopulationName,
    Preset,
    ScenarioName,
    Seed,
    Start,
    Symbols,
    TickSeconds,
    Traders,
)
from seawall.storm.outcome import Outcome, run
from seawall.storm.printing import show
from seawall.storm.recorded import State
from seawall.storm.run import CAPITAL, StormResult, run_storm
from seawall.storm.settings import PATHS, known_settings
from seawall.storm.sweep_page import sweep_command
from seawall.storm.table import WIDTH, as_renderable
from seawall.storm.units import iso


def version_line() -> str:
    """Version, and whether the engine is compiled."""
    return f"seawall {VERSION} ({'compiled' if compiled() else 'interpreted'})"


app = App(
    name="seawall",
    help="A perpetual-futures venue: market designs over one exact ledger, put through a storm.",
    version=version_line,
)


@app.command(name="storm")
def storm_command(
    name: ScenarioName = None,
    /,
    *,
    candles: CandleFiles = None,
    symbols: Symbols = None,
    start: Start = None,
    hours: Hours = None,
    gaps: MissingBars = "refuse",
    design: DesignNames = None,
    guards: GuardSets = None,
    preset: Preset = None,
    population: PopulationName = None,
    traders: Traders = None,
    capital: Capital = CAPITAL,
    seed: Seed = 1,
    tick: TickSeconds = None,
    changes: Changes = None,
    intents: Annotated[
        str | None,
        Parameter(help="Take the people from this file, with their seed, capital and tick."),
    ] = None,
    save_intents: Annotated[
        str | None,
        Parameter(help="Write the people as drawn, with all their plans, to this Parquet file."),
    ] = None,
    state: Annotated[
        str | None,
        Parameter(
            help="Begin with a recorded pool: a file of GLP (CSV) or of a GM pool (Parquet). "
            "Needs one --design, the one it is of."
        ),
    ] = None,
    state_time: Annotated[
        str | None, Parameter(help="Moment of the record, as 2025-11-11T12:00. Default: its first.")
    ] = None,
    state_config: Annotated[
        str | None, Parameter(help="The GM pool's configuration file (JSON).")
    ] = None,
    report: Annotated[
        str | None,
        Parameter(help="Write one HTML page with words, tables and charts to this file."),
    ] = None,
    out: Annotated[
        str | None,
        Parameter(help="Write every series and event as Parquet into this new folder."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a storm and print one table: a row per design and market."""
    if state is None and (state_time is not None or state_config is not None):
        raise BadScenario("--state-time and --state-config say more about a --state: name its file")
    if report is not None:
        check_page(report)
    if out is not None:
        check_folder(out)
    source = choose_scenario(name, candles, symbols, start, hours, gaps)
    changed = with_changes(source, design, population, seed, parse_changes(changes))
    storm = changed.scenario
    screen = Console(stderr=True)
    with bars(storm.name, screen) as progress:
        keeps = report is not None or out is not None
        runner: Callable[..., Outcome | StormResult] = run if keeps else run_storm
        done = runner(
            storm,
            changed.designs,
            changed.population,
            seed,
            traders=traders,
            capital=capital,
            guards=guards or ["none"],
            preset=preset,
            tick=None if tick is None else round(tick * int(SECOND)),
            state=None if state is None else State(state, state_time, state_config),
            progress=progress,
            intents=intents,
            save_intents=save_intents,
        )
    result = done.result if isinstance(done, Outcome) else done
    if as_json:
        print(result.json())
    elif sys.stdout.isatty():
        Console(width=min(WIDTH, Console().width)).print(as_renderable(result))
    else:
        print(result.table())
    if isinstance(done, Outcome):
        _write(done, report, out, screen)


def _write(outcome: Outcome, report: str | None, out: str | None, screen: Console) -> None:
    """Write what was asked for, with a sign of life, and say where it is."""
    if report is not None:
        with screen.status(f"writing {report}"):
            path = outcome.report(report)
        print(f"report: {path} ({path.stat().st_size / 1e6:.1f} MB)", file=sys.stderr)
    if out is not None:
        with screen.status(f"writing {out}"):
            folder = outcome.save(out)
        print(f"series and events: {folder / 'manifest.json'}", file=sys.stderr)


@app.command(name="scenarios")
def scenarios_command() -> None:
    """List the published events that come with the package."""
    for name in scenarios():
        event = load_event(name)
        hours = (event.end - event.start) / int(HOUR)
        print(f"{name}: {', '.join(event.markets)}, {hours:.3g} h from {iso(event.start)}")
        print(f"  {event.description.strip()}")
    for name in PATHS:
        print(f"{name}: generated; --set {', '.join(known_settings(name)[name])}")


@app.command(name="guards")
def guards_command(
    name: ScenarioName = None,
    /,
    *,
    candles: CandleFiles = None,
    symbols: Symbols = None,
    start: Start = None,
    hours: Hours = None,
    design: DesignNames = None,
    guards: GuardSets = None,
    traders: Traders = None,
    capital: Capital = CAPITAL,
    seed: Seed = 1,
) -> None:
    """Compare guards in a storm: a table for each design, a row for each set (all by default)."""
    source = choose_scenario(name, candles, symbols, start, hours, "refuse")
    storm = with_changes(source, None, None, seed, {}).scenario
    with bars(storm.name, Console(stderr=True)) as progress:
        trials = try_guards(
            storm, design, guards or [EACH], seed,
            traders=traders, capital=capital, progress=progress,
        )  # fmt: skip
    show(guard_tables(trials))


app.command(adl_command, name="adl")
app.command(compare_command, name="compare")
app.command(sweep_command, name="sweep")
app.command(candles_command, name="candles")


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point: what goes wrong is one line on stderr and exit code 2."""
    try:
        given = None if arguments is None else list(arguments)
        command, bound, *_ = app.parse_args(given, print_error=False, exit_on_error=False)
        command(*bound.args, **bound.kwargs)
    except CycloptsError as error:
        _fail(f"{' '.join(str(error).split())} (seawall --help)")
    except SeawallError as error:
        _fail(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        print("seawall: stopped", file=sys.stderr)
        sys.exit(130)


def _fail(message: str) -> NoReturn:
    print(f"seawall: {message}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()

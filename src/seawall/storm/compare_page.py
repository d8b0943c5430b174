"""``seawall compare``: the questions that comparisons of designs ask, answered by one storm."""

import sys
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from seawall.engine.fixed import SECOND
from seawall.storm.changes import parse_changes, with_changes
from seawall.storm.choosing import Gaps, bars, choose_scenario
from seawall.storm.compare import compare
from seawall.storm.compare_table import as_renderable
from seawall.storm.run import CAPITAL
from seawall.storm.table import WIDTH

DEFAULT = "october-2025"
"""The event that is taken where none is named."""


def compare_command(
    name: Annotated[
        str | None,
        Parameter(help="As of `seawall storm`. Default: october-2025."),
    ] = None,
    /,
    *,
    candles: Annotated[
        list[str] | None,
        Parameter(help="Candle files instead, as of `seawall storm`.", negative=""),
    ] = None,
    symbols: Annotated[
        str | None, Parameter(help="Markets to take from the candle files, as BTC,ETH.")
    ] = None,
    start: Annotated[str | None, Parameter(help="Begin here, as 2025-10-10T12:00 (UTC).")] = None,
    hours: Annotated[float | None, Parameter(help="End so many hours after the start.")] = None,
    gaps: Annotated[
        Gaps, Parameter(help="`hold` takes candle files with missing bars: the source is silent.")
    ] = "refuse",
    design: Annotated[
        list[str] | None,
        Parameter(help="Design, or `all` (the default); may be repeated.", negative=""),
    ] = None,
    guards: Annotated[
        list[str] | None,
        Parameter(help="Sets as of `seawall storm`; may be repeated.", negative=""),
    ] = None,
    preset: Annotated[
        str | None,
        Parameter(help="Leverage for all markets: major, alt or micro. Default: by market."),
    ] = None,
    population: Annotated[
        str | None, Parameter(help="A shipped population or a .toml file of your own.")
    ] = None,
    traders: Annotated[int | None, Parameter(help="Number of traders in all markets.")] = None,
    capital: Annotated[
        int, Parameter(help="Dollars of vault capital behind each market.")
    ] = CAPITAL,
    seed: Annotated[int, Parameter(help="The same seed gives the same storm.")] = 1,
    tick: Annotated[float | None, Parameter(help="Seconds from one look to the next.")] = None,
    changes: Annotated[
        list[str] | None,
        Parameter(
            name="--set", help="Change a setting by its name, as of `seawall storm`.", negative=""
        ),
    ] = None,
    as_json: Annotated[
        bool, Parameter(name="--json", help="Print one JSON document.", negative="")
    ] = False,
) -> None:
    """Compare designs: slippage, counterparty, holding, leverage, liquidation, room, halts."""
    event = DEFAULT if name is None and not candles else name
    source = choose_scenario(event, candles, symbols, start, hours, gaps)
    changed = with_changes(source, design, population, seed, parse_changes(changes))
    with bars(changed.scenario.name, Console(stderr=True)) as progress:
        found = compare(
            changed.scenario,
            changed.designs,
            changed.population,
            seed,
            traders=traders,
            capital=capital,
            guards=guards or ["none"],
            preset=preset,
            tick=None if tick is None else round(tick * int(SECOND)),
            progress=progress,
        )
    if as_json:
        print(found.json())
    elif sys.stdout.isatty():
        Console(width=min(WIDTH, Console().width)).print(as_renderable(found), highlight=False)
    else:
        print(found.table())

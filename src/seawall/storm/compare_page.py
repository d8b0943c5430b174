"""``seawall compare``: the questions that comparisons of designs ask, answered by one storm."""

import sys

from rich.console import Console

from seawall.engine.fixed import SECOND
from seawall.storm.changes import parse_changes, with_changes
from seawall.storm.choosing import bars, choose_scenario
from seawall.storm.compare import compare
from seawall.storm.compare_table import as_renderable
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
from seawall.storm.run import CAPITAL
from seawall.storm.table import WIDTH

DEFAULT = "october-2025"
"""The event that is taken where none is named."""


def compare_command(
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
    as_json: AsJson = False,
) -> None:
    """Compare designs: slippage, counterparty, holding, leverage, liquidation, room, halts.

    Without a scenario: october-2025.
    """
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

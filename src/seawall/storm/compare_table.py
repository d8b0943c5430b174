"""The tables of a comparison: a column for each design, a row for each question."""

import io
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from seawall.storm.compare_cells import CELL, Pair, sections
from seawall.storm.compare_result import Answer, Compared
from seawall.storm.table import ABREAST, WIDTH, money
from seawall.storm.units import iso

NOTES = (
    "beyond the fee: how far a market order's fill is from the published price, in %, with spread",
    "  and impact; calm: the median before the fall; worst: the most at any tick of the storm at",
    "  which it was quoted; -: at none. within 1 %, with the fee, and not to be had: shares of the",
    "  ticks of the storm",
    "held a day, a million: what longs or shorts paid (below 0: got) for each million dollars of",
    "  position, of positions that nobody touched for a quarter of an hour; -: there was none",
    "leverage: by the market's terms, and what was filled for an account that brought no more than",
    "  its margin; -: no order of that size was taken",
    "price off: what the ladder's prices were off the published one, against the owners, in %",
    "waited: from the end of the tick at which the mark has passed the liquidation price",
    "winners cut: accounts whose winning positions were closed for them, and dollars of them",
    "room: the largest further order that is quoted; below it, what refuses a dollar more; a",
    "  cap of the guards is not always asked by a quote, and binds when the order comes",
)


def as_renderable(result: Compared) -> Group:
    """Heading, a table for each market, the notes."""
    parts: list[Text | Table] = [Text(_heading(result))]
    for pairs in _abreast(list(zip(result.answers, result.rows, strict=True))):
        parts += [Text("\n" + _phases(pairs[0][0]) + "\n"), _table(pairs)]
    idle = dict.fromkeys(note for run in result.runs for note in run.idle)
    return Group(*parts, Text("\n" + "\n".join([*NOTES, *idle])))


def as_text(result: Compared) -> str:
    """The same as plain text without colours, :data:`WIDTH` columns wide at most."""
    file = io.StringIO()
    Console(file=file, width=WIDTH, color_system=None, force_terminal=False).print(
        as_renderable(result)
    )
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def _heading(result: Compared) -> str:
    chosen = result.configuration
    storm = chosen.scenario
    summaries = dict.fromkeys(f"  {one.design}: {one.summary}" for one in result.answers)
    return "\n".join(
        [
            f"{storm.name}, {storm.start} to {storm.end}",
            f"{chosen.traders:,} traders ({chosen.population.name}, seed {chosen.seed}), "
            f"{money(chosen.capital)} dollars behind each market",
            *summaries,
        ]
    )


def _phases(answer: Answer) -> str:
    name = answer.market
    if not answer.storm_time:
        return (
            f"{name}: {answer.calm_ticks:,} ticks, the price is never 2 % off its first: no storm"
        )
    return (
        f"{name}: {answer.calm_ticks:,} calm ticks, then {answer.storm_ticks:,} of the storm, from "
        f"{iso(answer.storm_time)},\nwhen the published price is first 2 % off its first"
    )


def _abreast(pairs: list[Pair]) -> Iterator[list[Pair]]:
    """Those of one market side by side, a few at a time."""
    for market in dict.fromkeys(answer.market for answer, _ in pairs):
        same = [pair for pair in pairs if pair[0].market == market]
        parts = -(-len(same) // ABREAST)
        each = -(-len(same) // parts)
        yield from (same[first : first + each] for first in range(0, len(same), each))


def _table(pairs: Sequence[Pair]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0)
    table.add_column(pairs[0][0].market, no_wrap=True)
    for answer, _ in pairs:
        guards = "" if answer.guards == "none" else f"\n+ {answer.guards}"
        table.add_column(
            f"{answer.design}{guards}", justify="right", overflow="fold", min_width=CELL
        )
    for title, lines in sections(pairs):
        shown = [(name, [tell(*pair) for pair in pairs]) for name, tell in lines]
        table.add_row(title, *("" for _ in pairs))
        for place, (name, cells) in enumerate(shown):
            table.add_row(f"  {name}", *cells, end_section=place == len(shown) - 1)
    return table

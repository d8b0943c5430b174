"""Works out the closing tables of docs/history.md. Run: python docs/history.py

Every storm of the page is run again by the page's own command, for its numbers instead of its
tables; ``$DATA`` is found as docs/retake.py finds it.
"""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from rich.table import Table
from rich.text import Text

from retake import folders, promises, run
from seawall.storm.printing import as_text, columns
from seawall.storm.result import Row
from seawall.storm.run import StormResult
from seawall.storm.table import money, share

PAGE = Path(__file__).resolve().parent / "history.md"
PEOPLE = ("traders", "trend followers", "faders")


def whole(command: str) -> str:
    """A page's command in one line, without the pipe that shortens what it prints."""
    return " ".join(command.partition("|")[0].replace("\\\n", " ").split())


def storms(page: Path = PAGE) -> list[str]:
    """The page's storms in its order, each as a command that prints all there is to print."""
    commands = [whole(one.command) for one in promises(page.read_text("utf-8"))]
    return [command for command in commands if command.startswith("seawall storm ")]


def tables(results: Sequence[StormResult]) -> list[Table]:
    """A row for each storm and design; then one for each design, over all storms but the last."""
    each = _empty("storm")
    for result in results:
        names = _names(result)
        for number, row in enumerate(result.rows):
            name = names[number] if number < len(names) else ""
            each.add_row(name, row.design, *_cells([row]), end_section=row is result.rows[-1])
    storms = results[:-1]
    over = _empty(f"{len(storms)} storms")
    for design in dict.fromkeys(row.design for result in storms for row in result.rows):
        rows = [row for result in storms for row in result.rows if row.design == design]
        over.add_row("", design, *_cells(rows))
    return [each, over]


def text_of(results: Sequence[StormResult]) -> str:
    """The tables as the page has them."""
    each, over = tables(results)
    return as_text([each, Text(), over])


def _empty(first: str) -> Table:
    return columns(
        first, "design", "vaults,\nworst", "\nend", "bad\ndebt", "winners\nlost", "100 k\nin 1 %",
        "all\ntraders", "arbi-\ntrageur", left=["design"],
    )  # fmt: skip


def _names(result: StormResult) -> list[str]:
    """Market, day, first price, lowest, last; the layered market's mark is the published price."""
    row = next(row for row in result.rows if row.design == "layered")
    first, low, last = (at / 10**10 for at in (row.prices.first, row.prices.low, row.prices.last))
    day = result.configuration.scenario.start[:10]
    return [f"{row.market} {day}", f"  from {first:g}", f"  low {low:g}", f"  end {last:g}"]


def _cells(rows: Sequence[Row]) -> list[str]:
    """Of one storm, or the sums of several: the worst of them, and the mean share of ticks."""
    return [
        money(-max(sum(layer.worst for layer in row.layers) for row in rows)),
        money(sum(layer.end for row in rows for layer in row.layers), sign=True),
        money(sum(row.bad_debt for row in rows)),
        money(sum(row.deleveraging.taken + row.withheld for row in rows)),
        share(sum(10**6 * row.probes[0].within_1 // row.ticks for row in rows), 10**6 * len(rows)),
        money(sum(row.gains.get(kind, 0) for row in rows for kind in PEOPLE), sign=True),
        money(sum(row.gains.get("arbitrageur", 0) for row in rows), sign=True),
    ]


def main() -> None:
    """Print the tables."""
    known = folders()
    if "DATA" not in known:
        sys.exit("no candle files: set DATA to their folder")
    with ThreadPoolExecutor(os.cpu_count() or 1) as workers:
        texts = workers.map(lambda command: run(f"{command} --json", known), storms())
        print(text_of([msgspec.json.decode(text, type=StormResult) for text in texts]))


if __name__ == "__main__":
    main()

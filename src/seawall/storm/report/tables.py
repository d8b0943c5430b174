"""The terminal's tables of a storm as HTML: one source, two ways to look.

On a narrow screen the page stands every row on end: its name, then a cell under each heading.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rich.table import Table

from seawall.storm.report.words import set_in_type
from seawall.storm.result import Result, Row
from seawall.storm.table import markets, people

_NOTHING = ("0", "-", "0 %")


@dataclass(frozen=True)
class People:
    """Who gained and who paid in some rows of a result, and, apart, how it came about."""

    subject: str
    gains: str
    workings: str


def comparison(result: Result) -> str:
    """All tables of a result as HTML."""
    parts = [part for found in who_gained(result) for part in (found.gains, found.workings)]
    return "\n".join([markets_table(result), *parts])


def markets_table(result: Result) -> str:
    """The first table as HTML: a row for each design and market."""
    found = markets(result)
    return _table(found, "markets", [str(column.header) for column in found.columns])


def who_gained(result: Result) -> list[People]:
    """The other tables as HTML, each cut in two below the sum of the gains."""
    found = people(result)
    made = []
    for rows, table in found:
        alike = len({row.market for row in rows}) == 1
        labels = ["", *(_name(row) if alike else f"{_name(row)}, {row.market}" for row in rows)]
        cut = 1 + next(place for place, row in enumerate(table.rows) if row.end_section)
        made.append(
            People(
                _subject(rows, [other for other, _ in found]),
                _table(table, "people", labels, end=cut),
                _table(table, "people", labels, begin=cut),
            )
        )
    return made


def _subject(rows: Sequence[Row], tables: Sequence[Sequence[Row]]) -> str:
    """What tells a table from the others: its market, and its designs where they are divided."""
    if len(tables) == 1:
        return "Who gained, who paid"
    market = rows[0].market
    same = [other for other in tables if other[0].market == market]
    names = "" if len(same) == 1 else f" ({', '.join(map(_name, rows))})"
    return f"Who gained, who paid: {market}{names}"


def _name(row: Row) -> str:
    return row.design if row.guards == "none" else f"{row.design} + {row.guards}"


def _table(
    table: Table, name: str, labels: Sequence[str], begin: int = 0, end: int | None = None
) -> str:
    """Rows of a table, with roles that say what it is where it is not laid out as one."""
    kinds = ["text" if column.justify == "left" else "number" for column in table.columns]
    heads = [str(column.header) for column in table.columns]
    heads[0] = "how it came about" if begin else heads[0]
    about = f"{heads[0]}: {', '.join(dict.fromkeys(labels[1:]))}" if name == "people" else name
    head = "".join(
        f'<th class="{kind}" scope="col" role="columnheader">{_lines(text)}</th>'
        for kind, text in zip(kinds, heads, strict=True)
    )
    body = []
    columns = [[str(cell) for cell in column.cells] for column in table.columns]
    rows = list(zip(table.rows, zip(*columns, strict=True), strict=True))
    for row, cells in rows[begin:end]:
        parts = [f'<th class="text" scope="row" role="rowheader">{_lines(cells[0])}</th>']
        parts += [
            f'<td class="{kind}{" none" if cell in _NOTHING else ""}" role="cell" '
            f'data-of="{escape(" ".join(label.split()))}">{_lines(cell)}</td>'
            for kind, label, cell in zip(kinds[1:], labels[1:], cells[1:], strict=True)
        ]
        bare = all(cell in _NOTHING for cell in cells[1:])
        kind = "end" if row.end_section else "bare" if bare else ""
        body.append(f'<tr role="row"{f" class={kind}" if kind else ""}>{"".join(parts)}</tr>')
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(about)}">'
        f'<table class="{name}" role="table">'
        f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{"".join(body)}</tbody></table></div>'
    )


def _lines(text: str) -> str:
    """The lines of a cell; what was lost is marked."""
    return "<br>".join(
        f'<span class="loss">{_print(line)}</span>'
        if line[:1] == "-" and len(line) > 1
        else f'<span class="gain">{_print(line)}</span>'
        if line[:1] == "+" and line[1:2].isdigit()
        else _print(line)
        for line in text.split("\n")
    )


def _print(text: str) -> str:
    return escape(set_in_type(text))

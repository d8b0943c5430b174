"""The terminal's tables of a storm as HTML: one source, two ways to look."""

from html import escape

from rich.table import Table

from seawall.storm.result import Result
from seawall.storm.table import as_renderable


def comparison(result: Result) -> str:
    """Both tables of a result as HTML."""
    return "\n".join(tables(result))


def tables(result: Result) -> list[str]:
    """Each table of a result as HTML."""
    return [
        _table(found) for found in as_renderable(result).renderables if isinstance(found, Table)
    ]


def _table(table: Table) -> str:
    kinds = ["text" if column.justify == "left" else "number" for column in table.columns]
    head = "".join(
        f'<th class="{kind}" scope="col">{_lines(str(column.header))}</th>'
        for kind, column in zip(kinds, table.columns, strict=True)
    )
    body = []
    columns = [[str(cell) for cell in column.cells] for column in table.columns]
    for row, cells in zip(table.rows, zip(*columns, strict=True), strict=True):
        parts = [f'<th class="text" scope="row">{_lines(cells[0])}</th>']
        parts += [
            f'<td class="{kind}">{_lines(cell)}</td>'
            for kind, cell in zip(kinds[1:], cells[1:], strict=True)
        ]
        end = ' class="end"' if row.end_section else ""
        body.append(f"<tr{end}>{''.join(parts)}</tr>")
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _lines(text: str) -> str:
    """The lines of a cell; what was lost is marked."""
    return "<br>".join(
        f'<span class="loss">{escape(line)}</span>'
        if line[:1] == "-" and len(line) > 1
        else f'<span class="gain">{escape(line)}</span>'
        if line[:1] == "+" and line[1:2].isdigit()
        else escape(line)
        for line in text.split("\n")
    )

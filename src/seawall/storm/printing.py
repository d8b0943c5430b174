"""Tables of the lab's pages: in colour on a terminal, plain text of a fixed width elsewhere."""

import io
import sys
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table

from seawall.storm.table import WIDTH


def columns(first: str, *names: str, left: Sequence[str] = ()) -> Table:
    """An empty table: ``first`` and the columns named in ``left`` are text, the others numbers."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(first, no_wrap=True)
    for name in names:
        table.add_column(name, justify="left" if name in left else "right", no_wrap=True)
    return table


def as_text(parts: Iterable[RenderableType], width: int = WIDTH) -> str:
    """Plain text without colours, at most ``width`` columns wide."""
    file = io.StringIO()
    console = Console(file=file, width=width, color_system=None, force_terminal=False)
    for part in parts:
        console.print(part, highlight=False)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def show(parts: Sequence[RenderableType]) -> None:
    """Print to standard output."""
    if sys.stdout.isatty():
        console = Console(width=min(WIDTH, Console().width))
        for part in parts:
            console.print(part, highlight=False)
    else:
        print(as_text(parts))


def percent(rate: float, digits: int = 3) -> str:
    """A share in percent with so many significant digits.

    Example::

        assert percent(0.0183066) == "1.83 %"
    """
    text = f"{rate * 100:.{digits}g}"
    return f"{float(text):g} %" if abs(float(text)) >= 1e-4 or rate == 0 else f"{text} %"

"""A heat map of a sweep in which two names vary: one page, one picture for each design and market.

The page needs no network and no library to be seen; with plotly installed a second page shows the
same with figures under the pointer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import polars as pl

from seawall.storm.extras import library
from seawall.storm.sweep import Sweep
from seawall.storm.sweep_summary import shown

_CELL_W, _CELL_H, _LEFT, _TOP, _BELOW = 84, 34, 110, 64, 52
_LEAST_W = 420
_LOW, _HIGH = (238, 243, 248), (178, 24, 43)
"""Colours of nothing and of the most, as red, green, blue."""


@dataclass(frozen=True)
class Grid:
    """The values of one measure over two varied names; None where no storm has run."""

    title: str
    measure: str
    statistic: str
    across: str
    down: str
    columns: tuple[Any, ...]
    rows: tuple[Any, ...]
    values: tuple[tuple[float | None, ...], ...]

    def text(self, value: float | None) -> str:
        """A cell's figure as people read it."""
        return shown(self.measure, self.statistic, value)


def grids(found: pl.DataFrame, sweep: Sweep, measures: Sequence[str]) -> list[Grid]:
    """A grid per measure, design and market, where exactly two names vary; else none."""
    axes = [name for name, values in sweep.vary.items() if len(values) > 1]
    if len(axes) != 2 or found.is_empty():
        return []
    down, across = axes
    made = []
    for measure in measures:
        rows = found.filter(pl.col("measure") == measure)
        for (design, market), part in rows.group_by(["design", "market"], maintain_order=True):
            if part[down].null_count() or part[across].null_count():
                continue
            at = {
                (row[down], row[across]): row[sweep.report.statistic]
                for row in part.iter_rows(named=True)
            }
            made.append(
                Grid(
                    title=f"{design} {market}: {measure}, {sweep.report.statistic}",
                    measure=measure,
                    statistic=sweep.report.statistic,
                    across=across,
                    down=down,
                    columns=tuple(sweep.axis(across)),
                    rows=tuple(sweep.axis(down)),
                    values=tuple(
                        tuple(at.get((one, other)) for other in sweep.axis(across))
                        for one in sweep.axis(down)
                    ),
                )
            )
    return made


def as_svg(grid: Grid) -> str:
    """The grid as a picture; the largest figure has the darkest cell."""
    width = max(_LEAST_W, _LEFT + _CELL_W * len(grid.columns) + 16)
    height = _TOP + _CELL_H * len(grid.rows) + _BELOW
    known = [value for row in grid.values for value in row if value is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        'font-family="system-ui, sans-serif" font-size="12" role="img">',
        f"<title>{escape(grid.title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        _label(16, 24, grid.title, "start", 15),
        _label(16, _TOP - 14, grid.down, "start"),
    ]
    for line, (name, row) in enumerate(zip(grid.rows, grid.values, strict=True)):
        top = _TOP + line * _CELL_H
        parts.append(_label(_LEFT - 8, top + _CELL_H / 2 + 4, str(name), "end"))
        for place, value in enumerate(row):
            left = _LEFT + place * _CELL_W
            part = 0.0 if value is None or high == low else (value - low) / (high - low)
            fill = "#ddd" if value is None else _colour(part)
            parts.append(
                f'<rect x="{left}" y="{top}" width="{_CELL_W - 2}" height="{_CELL_H - 2}" '
                f'fill="{fill}"/>'
            )
            ink = "#fff" if part > 0.55 else "#111"
            centre = left + _CELL_W / 2 - 1
            parts.append(_label(centre, top + _CELL_H / 2 + 4, grid.text(value), "middle", 12, ink))
    below = _TOP + len(grid.rows) * _CELL_H + 16
    for place, name in enumerate(grid.columns):
        parts.append(_label(_LEFT + place * _CELL_W + _CELL_W / 2, below, str(name), "middle"))
    middle = _LEFT + len(grid.columns) * _CELL_W / 2
    parts.append(_label(middle, below + 22, grid.across, "middle"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def as_page(made: Sequence[Grid], heading: str) -> str:
    """All grids on one page that opens without a network."""
    pictures = "\n".join(f"<figure>{as_svg(grid)}</figure>" for grid in made)
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(heading)}</title>"
        "<style>body{font-family:system-ui,sans-serif;margin:1.5rem;color:#111;background:#fff}"
        "figure{margin:0 0 2rem;overflow-x:auto}svg{max-width:100%;height:auto}</style></head>\n"
        f"<body><h1>{escape(heading)}</h1>\n{pictures}\n</body></html>\n"
    )


def as_plotly(made: Sequence[Grid], heading: str) -> str:
    """The same page with figures under the pointer.

    Raises :class:`BadParameters` where plotly is not installed.
    """
    graphs = library("plotly.graph_objects")
    parts = []
    for number, grid in enumerate(made):
        figure = graphs.Figure(
            graphs.Heatmap(
                x=[str(one) for one in grid.columns],
                y=[str(one) for one in grid.rows],
                z=[list(row) for row in grid.values],
                text=[[grid.text(value) for value in row] for row in grid.values],
                texttemplate="%{text}",
                hovertemplate=f"{grid.across} %{{x}}<br>{grid.down} %{{y}}<br>%{{text}}"
                "<extra></extra>",
                colorscale=[[0, _colour(0)], [1, _colour(1)]],
                showscale=False,
            )
        )
        figure.update_layout(
            title=grid.title,
            xaxis={"title": grid.across, "type": "category"},
            yaxis={"title": grid.down, "type": "category", "autorange": "reversed"},
        )
        parts.append(
            figure.to_html(
                full_html=False, include_plotlyjs=number == 0, div_id=f"heat-map-{number}"
            )
        )
    body = "\n".join(parts)
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(heading)}</title></head>\n<body>{body}</body></html>\n"
    )


def _label(x: float, y: float, text: str, anchor: str, size: int = 12, ink: str = "#111") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}" fill="{ink}">'
        f"{escape(text)}</text>"
    )


def _colour(part: float) -> str:
    """From the low colour to the high one; ``part`` from 0 to 1."""
    mixed = (round(low + (high - low) * part) for low, high in zip(_LOW, _HIGH, strict=True))
    return "#" + "".join(f"{one:02x}" for one in mixed)

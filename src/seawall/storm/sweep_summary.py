"""What a sweep says: the middle and the tails of every measure over the seeds.

=============  ==============================================================
statistic      of the storms of one design, market and set of varied values
=============  ==============================================================
``runs``       how many there are
``least``      the smallest
``p05``        5 % of them are below (linear between neighbours)
``median``     half of them are below
``mean``       the mean
``p95``        95 % of them are below
``most``       the largest
``above_zero`` share of them above 0: how often somebody was touched
=============  ==============================================================
"""

from collections.abc import Sequence
from typing import Any

import polars as pl
from rich.console import RenderableType

from seawall.engine.errors import BadParameters
from seawall.engine.fixed import DOLLAR, PRICE
from seawall.storm.printing import columns, percent
from seawall.storm.sweep import Sweep
from seawall.storm.table import money

STATISTICS = ("least", "p05", "median", "mean", "p95", "most", "above_zero")

MOST_ROWS = 60
"""Rows of a printed table; the whole summary is a file."""

MOST_COLUMNS = 8
"""More values than these across make a list of the grid."""

_COUNTS = (
    "ticks", "liquidations", "deleveraged_accounts", "halted", "orders_refused", "conservation"
)  # fmt: skip
_NAMES = ("job", "design", "seed", "market", "digest")
_DOLLAR, _PRICE = int(DOLLAR), int(PRICE)


def measure_names(frame: pl.DataFrame, sweep: Sweep) -> list[str]:
    """The measures of a dataset, in its order."""
    return [name for name in frame.columns if name not in (*_NAMES, *sweep.vary)]


def summary(frame: pl.DataFrame, sweep: Sweep) -> pl.DataFrame:
    """A row per design, market, set of varied values and measure; amounts as in the dataset."""
    groups = ["design", "market", *sweep.vary]
    found = []
    if frame.is_empty():
        return pl.DataFrame()
    for measure in measure_names(frame, sweep):
        value = pl.col(measure)
        one = frame.group_by(groups, maintain_order=True).agg(
            pl.lit(measure).alias("measure"),
            value.count().alias("runs"),
            value.min().cast(pl.Float64).alias("least"),
            value.quantile(0.05, "linear").alias("p05"),
            value.median().alias("median"),
            value.mean().alias("mean"),
            value.quantile(0.95, "linear").alias("p95"),
            value.max().cast(pl.Float64).alias("most"),
            (value > 0).mean().alias("above_zero"),
        )
        found.append(one.filter(pl.col("runs") > 0))
    return pl.concat(found)


def chosen_measures(frame: pl.DataFrame, sweep: Sweep) -> list[str]:
    """The measures to show: those the file names, else bad debt and each vault's deepest loss.

    Raises :class:`BadParameters` for a measure that no storm of the sweep has.
    """
    known = measure_names(frame, sweep)
    for name in sweep.report.measures:
        if name not in known:
            raise BadParameters(f"{sweep.name}: no measure {name!r}; there are {', '.join(known)}")
    named = list(sweep.report.measures)
    return named or ["bad_debt", *(name for name in known if name.startswith("worst."))]


def shown(measure: str, statistic: str, value: float | None) -> str:
    """A figure of a summary as people read it: dollars, a count, a price, a share.

    Example::

        assert shown("bad_debt", "median", 5_000_000_000.0) == "5.00 k"
    """
    if value is None:
        return "-"
    if statistic == "above_zero" or measure.startswith("loss."):
        return percent(value)
    if measure in _COUNTS or measure.startswith("within_"):
        return f"{value:,.6g}"
    if measure.startswith("price_"):
        return f"{value / _PRICE:,.6g}"
    return money(round(value))


def tables(found: pl.DataFrame, sweep: Sweep, measures: Sequence[str]) -> list[RenderableType]:
    """For each measure a table: the median and the tails of every point.

    Where two names vary, the one goes down and the other across, and a cell has the median above
    the 95 % point.
    """
    axes = [name for name, values in sweep.vary.items() if len(values) > 1]
    parts: list[RenderableType] = []
    for measure in measures:
        rows = found.filter(pl.col("measure") == measure)
        if len(axes) == 2 and len(sweep.vary[axes[1]]) <= MOST_COLUMNS:
            for (design, market), part in rows.group_by(["design", "market"], maintain_order=True):
                if not part[axes[0]].null_count() and not part[axes[1]].null_count():
                    heading = (
                        f"{measure}, {design} {market}: median, and below it the 95 % point\n"
                        f"{axes[0]} downwards, {axes[1]} across"
                    )
                    parts += [heading, _grid(part, sweep, measure, axes[0], axes[1]), ""]
                else:
                    parts += [measure, _list(part, sweep, measure), ""]
        else:
            parts += [measure, _list(rows.head(MOST_ROWS), sweep, measure), ""]
            if len(rows) > MOST_ROWS:
                parts.append(f"... {len(rows) - MOST_ROWS} more in summary.parquet\n")
    return parts


def _list(rows: pl.DataFrame, sweep: Sweep, measure: str) -> RenderableType:
    table = columns(
        "design", "market", *(_broken(name) for name in sweep.vary), "runs", "median", "p95",
        "most", "above 0", left=("market",),
    )  # fmt: skip
    for row in rows.iter_rows(named=True):
        table.add_row(
            row["design"],
            row["market"],
            *(_value(row[name]) for name in sweep.vary),
            str(row["runs"]),
            *(shown(measure, one, row[one]) for one in ("median", "p95", "most")),
            shown(measure, "above_zero", row["above_zero"]),
        )
    return table


def _grid(rows: pl.DataFrame, sweep: Sweep, measure: str, down: str, across: str) -> RenderableType:
    at = {(row[down], row[across]): row for row in rows.iter_rows(named=True)}
    table = columns(down.rpartition(".")[2], *(_value(one) for one in sweep.axis(across)))
    for one in sweep.axis(down):
        cells = []
        for other in sweep.axis(across):
            row = at.get((one, other))
            both = () if row is None else (row["median"], row["p95"])
            cells.append("\n".join(shown(measure, "median", value) for value in both) or "-")
        table.add_row(_value(one), *cells)
    return table


def _broken(name: str) -> str:
    """A long name on several lines."""
    return name.replace(".", ".\n")


def _value(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)

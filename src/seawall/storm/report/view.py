"""What a chart is made from, one market of a storm as arrays, and how it is described."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from seawall.storm.frames import readable
from seawall.storm.recording import Recording
from seawall.storm.report.series import Floats, line, moment
from seawall.storm.report.words import Lane, clock, lanes
from seawall.storm.result import Row

_DAY = 86_400_000


@dataclass
class Drawing:
    """A chart as plain data: what it is about, what is seen in it, and how to read it.

    ``data`` and ``layout`` are plotly's; a trace says in ``meta`` which run it belongs to (-1:
    all). Where there is nothing to draw, ``empty`` says so in a sentence.
    """

    subject: str
    title: str
    note: str
    data: list[dict[str, Any]] = field(default_factory=list)
    layout: dict[str, Any] = field(default_factory=dict)
    empty: str = ""


class View:
    """One market of a storm, as the charts need it: floats in dollars, by run."""

    def __init__(self, recording: Recording, market: str) -> None:
        self.recording = recording
        self.market = market
        self.lanes = lanes(recording)
        self.tick = recording.result.configuration.tick
        rows = {(row.design, row.guards): row for row in recording.rows if row.market == market}
        self.rows: list[Row] = [rows[lane.design, lane.guards] for lane in self.lanes]

    @cached_property
    def ticks(self) -> list[pl.DataFrame]:
        """The ticks of this market, a frame for each run."""
        own = self.recording.ticks.filter(pl.col("market") == self.market)
        return [readable(_of(own, lane)) for lane in self.lanes]

    @cached_property
    def times(self) -> list[int]:
        """Time of every tick (ms since the epoch)."""
        times: list[int] = self.ticks[0]["time"].dt.epoch("ms").to_list()
        return times

    @property
    def start(self) -> int:
        """Time of the first tick (ms)."""
        return self.times[0]

    @property
    def length(self) -> int:
        """From the first tick to the last (ms)."""
        return self.times[-1] - self.times[0]

    def column(self, lane: Lane, name: str) -> Floats:
        """A column of a run's ticks as floats; what is not known is not a number."""
        found: Floats = self.ticks[lane.place][name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        return found

    def clock(self, index: int) -> str:
        """The time of a tick in words."""
        return clock(self.times[index], self.length)

    @cached_property
    def layers(self) -> list[tuple[Lane, str, Floats]]:
        """The result of every vault (dollars), tick by tick."""
        own = self.recording.layers.filter(pl.col("market") == self.market)
        found = []
        for lane, row in zip(self.lanes, self.rows, strict=True):
            table = readable(_of(own, lane))
            for layer in row.layers:
                part = table.filter(pl.col("layer") == layer.vault)
                found.append((lane, layer.vault, part["result"].to_numpy()))
        return found

    @cached_property
    def cuts(self) -> pl.DataFrame:
        """Deleveraged accounts of this market."""
        return self.recording.deleveraging.filter(pl.col("market") == self.market)

    def lines(self, name: str) -> Iterator[tuple[Lane, Floats]]:
        """A column of every run."""
        for lane in self.lanes:
            yield lane, self.column(lane, name)

    def trace(self, lane: Lane, values: Floats, unit: str, **more: Any) -> dict[str, Any]:
        """A line of a run's colour; ``unit`` is how a value is written when pointed at."""
        return {
            **line(self.start, self.tick, values),
            "name": lane.name,
            "meta": lane.place,
            "legendgroup": lane.name,
            "line": {"color": lane.colour, "width": 1.5, "dash": lane.dash},
            "hovertemplate": unit,
            **more,
        }


def _of(table: pl.DataFrame, lane: Lane) -> pl.DataFrame:
    return table.filter((pl.col("design") == lane.design) & (pl.col("guards") == lane.guards))


def across(view: View, height: int = 340, **axis: Any) -> dict[str, Any]:
    """The layout of a chart over time; ``axis`` describes its vertical one."""
    return {
        "height": height,
        "hovermode": "x unified",
        "showlegend": True,
        "xaxis": {
            "type": "date",
            "hoverformat": "%-d %b %H:%M UTC",
            "tickformatstops": [
                {"dtickrange": [None, _DAY - 1], "value": "%H:%M\n%-d %b %Y"},
                {"dtickrange": [_DAY, None], "value": "%-d %b\n%Y"},
            ],
            "range": [moment(view.times[0]), moment(view.times[-1])],
        },
        "yaxis": {"automargin": True, "zeroline": True, **axis},
    }

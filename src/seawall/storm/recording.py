"""What a storm left: its measures, and every tick and event as polars frames."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import msgspec
import polars as pl

from seawall.engine.fixed import NOTIONAL_STEP
from seawall.storm.frames import frame, joined
from seawall.storm.recorder import Recorder
from seawall.storm.result import Row, Rung
from seawall.storm.run import StormResult
from seawall.storm.scenario import Scenario

TABLES = (
    "ticks", "layers", "accounts", "gains", "liquidations", "losses", "deleveraging", "reports",
)  # fmt: skip
"""Frames of every recording, by the name of the property and of the file."""

_RUN = {"design": pl.String, "guards": pl.String, "market": pl.String}
_CUTS = {"count": pl.Int64, "dollars": pl.Int64, "profit": pl.Int64, "withheld": pl.Int64}


class Recording:
    """The frames of a storm; amounts are the engine's exact integers (:data:`UNITS`).

    ``result`` holds the measures (:mod:`seawall.storm.result`); ``ticks``, ``layers``,
    ``accounts`` and ``events`` are what a :class:`Recorder` took down.
    """

    def __init__(self, result: StormResult, recorder: Recorder, scenario: Scenario) -> None:
        self.result = result
        self.ticks = recorder.ticks
        self.layers = recorder.layers
        self.accounts = recorder.accounts
        self.events: Mapping[str, pl.DataFrame] = recorder.events
        self._scenario = scenario

    @property
    def rows(self) -> list[Row]:
        """The measures, a row for each design, guards and market."""
        return self.result.rows

    @cached_property
    def reports(self) -> pl.DataFrame:
        """Every price report of the scenario: time, market, source, price (1e-10 dollar)."""
        return self._scenario.frame()

    @cached_property
    def gains(self) -> pl.DataFrame:
        """What every class gained (1e-6 dollar); in each market the column adds up to 0.

        ``hedge`` is what hedged classes made elsewhere, no part of that sum.
        """
        return self._frames(
            ["kind", "gain", "hedge"],
            lambda row: [(kind, gain, row.hedges.get(kind, 0)) for kind, gain in row.gains.items()],
        )

    @cached_property
    def liquidations(self) -> pl.DataFrame:
        """What every rung of the ladder did; see :class:`seawall.storm.result.Rung`."""
        return self._frames(
            list(Rung.__struct_fields__),
            lambda row: [msgspec.structs.astuple(rung) for rung in row.liquidations],
        )

    @cached_property
    def losses(self) -> pl.DataFrame:
        """The deepest point and the end of every vault; see :class:`seawall.storm.result.Layer`."""
        return self._frames(
            ["layer", "put_in", "worst", "worst_time", "least", "end"],
            lambda row: [
                (layer.vault, layer.put_in, -layer.worst, layer.worst_time or None, layer.least,
                 layer.end)
                for layer in row.layers
            ],
        )  # fmt: skip

    @cached_property
    def deleveraging(self) -> pl.DataFrame:
        """Winners who were cut, an account each: how often, how much, what it cost them."""
        cuts = self.events.get("Deleveraged")
        if cuts is None:
            return pl.DataFrame(schema={**_RUN, "account": pl.Int64, "kind": pl.String, **_CUTS})
        value = pl.col("size").abs().cast(pl.Int128) * pl.col("price") // int(NOTIONAL_STEP)
        owners = self.accounts.select("design", "guards", "account", "kind")
        return (
            cuts.with_columns(value.cast(pl.Int64).alias("dollars"))
            .group_by(*_RUN, "account", maintain_order=True)
            .agg(
                pl.len().cast(pl.Int64).alias("count"),
                pl.col("dollars", "profit", "withheld").sum(),
            )
            .join(owners, on=["design", "guards", "account"], how="left", maintain_order="left")
            .select(*_RUN, "account", "kind", *_CUTS)
        )

    def _frames(
        self, names: list[str], lines_of: Callable[[Row], list[tuple[Any, ...]]]
    ) -> pl.DataFrame:
        """A frame with the lines of every row, marked with the row's market and run."""
        parts = []
        for row in self.rows:
            lines = lines_of(row)
            columns: dict[str, list[Any]] = {"market": [row.market] * len(lines)}
            for place, name in enumerate(names):
                columns[name] = [line[place] for line in lines]
            parts.append(frame(columns, row.design, row.guards))
        return joined(parts)

"""A storm with everything that happened in it: frames, figures, one page, a folder of Parquet.

    outcome = seawall.storm.run("jelly")
    outcome.ticks                     # a polars frame: mark, depth, open interest, every tick
    outcome.events["RungReached"]     # every liquidation
    outcome.figure("price")           # a plotly figure
    outcome.report("jelly.html")      # the page

Amounts are exact 64-bit integers in the engine's units; :func:`seawall.storm.readable` turns a
frame into dollars.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from seawall.engine.errors import BadParameters
from seawall.storm.disk import write_page
from seawall.storm.events import load_event
from seawall.storm.files import write_folder
from seawall.storm.guarding import sets
from seawall.storm.population import Population
from seawall.storm.recorded import State
from seawall.storm.recorder import Recorder
from seawall.storm.recording import TABLES, Recording
from seawall.storm.report.charts import FIGURES, Drawing, View
from seawall.storm.report.page import as_html
from seawall.storm.report.tables import comparison
from seawall.storm.run import CAPITAL, Progress, run_storm
from seawall.storm.scenario import Scenario

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


class Outcome(Recording):
    """What :func:`run` returns: the frames of a :class:`Recording`, and what is made of them."""

    def table(self) -> str:
        """The comparison as plain text, at most 100 columns wide."""
        return self.result.table()

    def json(self) -> str:
        """Every measure and every parameter as one JSON document."""
        return self.result.json()

    def figure(self, name: str, market: str | None = None) -> "Figure":
        """A chart of the report as a plotly figure, of the first market unless one is named.

        Where there is nothing to draw, its title says so. Raises :class:`BadParameters` for a name
        that :data:`FIGURES` does not have and for a market that is not here.

        Example::

            run("jelly").figure("depth").show()
        """
        from plotly.graph_objects import Figure

        drawing = self.drawing(name, market)
        where = market or self.result.configuration.scenario.markets[0]
        title = f"{drawing.empty or drawing.title}<br><sup>{drawing.subject}: {where}, UTC</sup>"
        return Figure({"data": drawing.data, "layout": drawing.layout | {"title": {"text": title}}})

    def drawing(self, name: str, market: str | None = None) -> Drawing:
        """The same as plain data, with what is seen in it in words."""
        markets = self.result.configuration.scenario.markets
        chosen = markets[0] if market is None else market
        if name not in FIGURES:
            raise BadParameters(f"no figure {name!r}; there are {', '.join(FIGURES)}")
        if chosen not in markets:
            raise BadParameters(f"no market {chosen!r} here; there are {', '.join(markets)}")
        return FIGURES[name](View(self, chosen))

    def report(self, path: str | Path, written: datetime | None = None) -> Path:
        """Write the page to ``path``; it opens without a network and replaces what was there.

        ``written`` is the date it bears, now if None; everything else follows from the storm.
        Raises :class:`BadParameters` where nothing can be written.

        Example::

            run("jelly").report("jelly.html")
        """
        return write_page(path, self.html(written))

    def html(self, written: datetime | None = None) -> str:
        """The page as text."""
        return as_html(self, datetime.now(UTC) if written is None else written)

    def save(self, folder: str | Path) -> Path:
        """Write every series, event and measure as Parquet into a new ``folder``, with a manifest.

        Raises :class:`BadParameters` where the folder holds something or cannot be written; a
        folder is there whole or not at all.

        Example::

            run("jelly").save("jelly-1")
        """
        return write_folder(folder, self.result, self._tables())

    def _tables(self) -> dict[str, pl.DataFrame]:
        """Every frame by the name of its file."""
        tables = {name: getattr(self, name) for name in TABLES}
        return tables | {f"events/{kind}": events for kind, events in self.events.items()}

    def _repr_html_(self) -> str:
        """The comparison, for a notebook."""
        return comparison(self.result)


def run(
    scenario: Scenario | str,
    designs: Sequence[str] | None = None,
    population: Population | str | None = None,
    seed: int = 1,
    *,
    traders: int | None = None,
    capital: int = CAPITAL,
    guards: Sequence[str] | str = ("none",),
    preset: str | None = None,
    tick: int | None = None,
    state: State | str | Path | None = None,
    progress: Progress | None = None,
    intents: str | Path | None = None,
    save_intents: str | Path | None = None,
) -> Outcome:
    """Put ``designs`` through ``scenario`` and keep everything that happens.

    Arguments and errors are those of :func:`seawall.run_storm`, which keeps the measures alone;
    naming a design or a set of guards twice raises :class:`BadParameters`, as their series could
    not be told apart.

    Example::

        run("october-2025", traders=1000, seed=1).report("october.html")
    """
    for names in (designs or (), sets([guards] if isinstance(guards, str) else guards)):
        twice = [name for place, name in enumerate(names) if name in names[:place]]
        if twice:
            raise BadParameters(f"{twice[0]!r} is named twice; its series could not be told apart")
    storm = load_event(scenario) if isinstance(scenario, str) else scenario
    recorder = Recorder()
    result = run_storm(
        storm,
        designs,
        population,
        seed,
        traders=traders,
        capital=capital,
        guards=guards,
        preset=preset,
        tick=tick,
        state=state,
        progress=progress,
        recorder=recorder,
        intents=intents,
        save_intents=save_intents,
    )
    return Outcome(result, recorder, storm)

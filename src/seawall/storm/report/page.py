"""One page that opens without a network: words, tables, charts and the program that draws them.

The chart library is plotly.js as it comes inside plotly's Python package, compressed; a browser of
2023 or later unpacks it. All that depends on the storm depends on nothing else: the same seed gives
the same page, but for its date.
"""

import base64
import gzip
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from html import escape
from importlib import resources
from string import Template
from typing import Any

from seawall import designs as registry
from seawall.about import VERSION
from seawall.storm.recording import Recording
from seawall.storm.report.charts import FIGURES, Drawing, View
from seawall.storm.report.story import of_each, paragraph
from seawall.storm.report.tables import markets_table, who_gained
from seawall.storm.report.words import Lane, counted, dollars, lanes, sentence, set_in_type
from seawall.storm.result import Beginning, Result, Source
from seawall.storm.table import stakes
from seawall.storm.units import span

_CHIPS = 6
"""More runs than that do not stand in two lines on a phone."""


def as_html(recording: Recording, written: datetime) -> str:
    """The whole page; ``written`` is the date it bears."""
    result = recording.result
    chosen = result.configuration
    markets = chosen.scenario.markets
    runs = lanes(recording)
    drawings = {
        name: {market: FIGURES[name](View(recording, market)) for market in markets}
        for name in FIGURES
    }
    return Template(_text("page.html")).substitute(
        title=escape(_titled(chosen.scenario)),
        description=_print(chosen.scenario.description.strip()),
        facts=_print(_facts(recording)),
        written=f"{written:%Y-%m-%d}",
        version=escape(VERSION),
        style=_text("page.css"),
        story=_print(paragraph(recording)),
        designs="".join(
            f"<dt>{_swatch(lane)}{escape(lane.name)}</dt><dd>{_print(text)}</dd>"
            for lane, text in of_each(recording)
        ),
        comparison=markets_table(result),
        people=_people(result),
        capital=_capital(stakes(result)),
        conservation=escape(_books(recording)),
        controls=_controls(runs, markets),
        sections="".join(_section(name, drawings[name]) for name in FIGURES),
        provenance="".join(f"<li>{escape(line)}</li>" for line in chosen.scenario.provenance),
        figures=_json(
            {
                f"{name}-{place}": {"data": drawing.data, "layout": drawing.layout}
                for name, found in drawings.items()
                for place, drawing in enumerate(found.values())
                if not drawing.empty
            }
        ),
        measures=_json(json.loads(recording.result.json())),
        library=_library(),
        script=_text("page.js"),
    )


def _text(name: str) -> str:
    return (resources.files("seawall.storm.report") / name).read_text(encoding="utf-8")


@cache
def _library() -> str:
    """plotly.js, compressed, as base64."""
    code = (resources.files("plotly") / "package_data" / "plotly.min.js").read_bytes()
    return base64.b64encode(gzip.compress(code, 9, mtime=0)).decode("ascii")


def _json(value: Any) -> str:
    """JSON that may stand inside a script element."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")


def _print(text: str) -> str:
    return escape(set_in_type(text), quote=False)


def _titled(storm: Source) -> str:
    """The name of a storm; one that is called as its market is spelt as it."""
    for market in storm.markets:
        if market.lower() == storm.name.lower():
            return market
    return sentence(storm.name.replace("-", " ").replace("_", " ").strip())


def _people(result: Result) -> str:
    """Who gained and who paid, a table for each market; the first is open."""
    return "".join(
        f'<details class="who"{"" if place else " open"}><summary>{escape(found.subject)}</summary>'
        f"{found.gains}<details><summary>How it came about: rungs, charges, hedges, returns, "
        f"orders not filled</summary>{found.workings}</details></details>"
        for place, found in enumerate(who_gained(result))
    )


def _facts(recording: Recording) -> str:
    chosen = recording.result.configuration
    storm = chosen.scenario
    behind = "each market" if len(storm.markets) > 1 else "the market"
    return (
        f"{', '.join(storm.markets)} · {storm.start[:16].replace('T', ' ')} to "
        f"{storm.end[:16].replace('T', ' ')} UTC · {counted(chosen.traders, 'trader')} "
        f"({chosen.population.name}, seed {chosen.seed}) · {dollars(chosen.capital)} behind "
        f"{behind}{_beginning(chosen.state)} · a tick every {span(chosen.tick)}"
    )


def _beginning(state: Beginning | None) -> str:
    if state is None:
        return ""
    when = state.time[:16].replace("T", " ")
    return f", but {', '.join(state.markets)} with the pool of {state.file}, {when} UTC"


def _swatch(lane: Lane) -> str:
    """A disc of a run's colour, or a ring where its discs are rings."""
    if lane.hollow:
        border = "solid" if lane.style == 1 else "dotted"
        return f'<i class="swatch" style="border:2px {border} {lane.colour}"></i>'
    return f'<i class="swatch" style="background:{lane.colour}"></i>'


def _capital(found: Mapping[str, str]) -> str:
    """What each design does with the same capital."""
    items = []
    for name, stake in found.items():
        known = registry.DESIGNS.get(name)
        summary = f"{escape(known.summary)}; " if known else ""
        items.append(f"<li><b>{escape(name)}</b>: {summary}{_print(stake)}</li>")
    return f"<ul>{''.join(items)}</ul>"


def _books(recording: Recording) -> str:
    off = sum(abs(run.conservation) for run in recording.result.runs)
    return f"Everybody's gains add up to {off} millionths of a dollar."


def _controls(runs: list[Lane], markets: list[str]) -> str:
    """Which market is shown, and which runs."""
    parts = []
    if len(markets) > 1:
        tabs = "".join(
            f'<label><input type="radio" name="market" value="{place}"'
            f"{' checked' if place == 0 else ''}><span>{escape(market)}</span></label>"
            for place, market in enumerate(markets)
        )
        parts.append(f'<fieldset class="tabs"><legend>Market</legend>{tabs}</fieldset>')
    parts.append('<span class="zone">times in UTC</span>')
    if len(runs) > 1:
        chips = "".join(
            f'<label><input type="checkbox" name="run" value="{lane.place}" checked>'
            f"<span>{_swatch(lane)}{escape(lane.name)}</span></label>"
            for lane in runs
        )
        many = " many" if len(runs) > _CHIPS else ""
        parts.append(f'<fieldset class="runs{many}"><legend>Designs</legend>{chips}</fieldset>')
    return "".join(parts)


def _section(name: str, drawings: Mapping[str, Drawing]) -> str:
    first = next(iter(drawings.values()))
    shown = []
    for place, drawing in enumerate(drawings.values()):
        hidden = "" if place == 0 else " hidden"
        inside = (
            f'<p class="empty">{escape(drawing.empty)}</p>'
            if drawing.empty
            else f'<h3>{_print(drawing.title)}</h3><p class="note" id="{name}-{place}-note">'
            f'{drawing.note}</p><div class="chart" id="{name}-{place}" role="figure" '
            f'aria-label="{escape(drawing.title)}" aria-describedby="{name}-{place}-note" '
            f'style="height:{drawing.layout["height"]}px"></div>'
        )
        shown.append(f'<div class="panel" data-market="{place}"{hidden}>{inside}</div>')
    return f'<section id="{name}"><h2>{escape(first.subject)}</h2>{"".join(shown)}</section>'

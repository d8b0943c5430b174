"""Storms: where prices come from, who trades in them, what is measured.

This floor is ordinary Python over the engine. Scenarios come from candle files
(:func:`load_candles`), from published events (:func:`scenarios`, :func:`load_event`,
:func:`parse_event`) or from a seed (:func:`brownian_path`, :func:`jump_path`,
:func:`crash_path`). :func:`run` puts designs through one and keeps everything that happens, as an
:class:`Outcome` of polars frames, figures and a page.
"""

from seawall.storm.candle_files import market_name
from seawall.storm.candles import load_candles
from seawall.storm.events import load_event, parse_event, scenarios
from seawall.storm.frames import UNITS, readable
from seawall.storm.outcome import Outcome, run
from seawall.storm.paths import brownian_path, crash_path, jump_path
from seawall.storm.recorded import State
from seawall.storm.report.charts import FIGURES
from seawall.storm.scenario import MarketFacts, Scenario, Series, build

__all__ = [
    "FIGURES",
    "UNITS",
    "MarketFacts",
    "Outcome",
    "Scenario",
    "Series",
    "State",
    "brownian_path",
    "build",
    "crash_path",
    "jump_path",
    "load_candles",
    "load_event",
    "market_name",
    "parse_event",
    "readable",
    "run",
    "scenarios",
]

"""Storms: where prices come from, who trades in them, what is measured.

This floor is ordinary Python over the engine. Scenarios come from candle files
(:func:`load_candles`), from published events (:func:`scenarios`, :func:`load_event`,
:func:`parse_event`) or from a seed (:func:`brownian_path`, :func:`jump_path`, :func:`crash_path`).
"""

from seawall.storm.candle_files import market_name
from seawall.storm.candles import load_candles
from seawall.storm.events import load_event, parse_event, scenarios
from seawall.storm.paths import brownian_path, crash_path, jump_path
from seawall.storm.scenario import MarketFacts, Scenario, Series, build

__all__ = [
    "MarketFacts",
    "Scenario",
    "Series",
    "brownian_path",
    "build",
    "crash_path",
    "jump_path",
    "load_candles",
    "load_event",
    "market_name",
    "parse_event",
    "scenarios",
]

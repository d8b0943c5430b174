"""Who may look on while a storm runs."""

from collections.abc import Callable, Sequence
from typing import Protocol

from seawall.engine.events import Event
from seawall.storm.broker import Broker
from seawall.storm.crowd import Tape
from seawall.storm.measure import Watcher

Progress = Callable[[str, int, int], None]
"""Told the run's name, the ticks done and all ticks."""


class Onlooker(Protocol):
    """Sees every run from its beginning to its end, after the watchers, and changes nothing."""

    def begin(self, watchers: Sequence[Watcher], prices: Tape) -> None:
        """A run begins, whose markets are seen through ``watchers``."""

    def tick(self, index: int, events: Sequence[Event]) -> None:
        """What happened in a tick."""

    def end(self, design: str, guards: str, broker: Broker) -> None:
        """The run is over."""

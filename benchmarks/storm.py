"""What a whole storm costs: everybody in it, every measure taken, in processor time of one core.

Every figure is that of one process; ``run.py`` repeats them. Time of the process, not of the wall:
what else runs on the machine is not counted.
"""

from __future__ import annotations

import time

from seawall.designs import DESIGNS
from seawall.storm import Scenario, crash_path
from seawall.storm.run import run_storm


def day() -> Scenario:
    """24 hours at one-minute ticks: BTC falls by 30 % in half an hour, half of it comes back."""
    return crash_path(
        depth="0.3", calm_minutes=720, fall_minutes=30, rebound="0.5", rebound_minutes=60,
        after_minutes=630, volatility=0.6, tick_s=60, seed=1,
    )  # fmt: skip


def seconds(traders: int) -> dict[str, float]:
    """Processor seconds of the day by design, drawing the crowd included."""
    storm = day()
    found = {}
    for name in DESIGNS:
        begin = time.process_time()
        run_storm(storm, [name], "crowd", traders=traders, tick=storm.tick)
        found[name] = time.process_time() - begin
    return found


def ticks_per_second(traders: int, rounds: int) -> dict[str, float]:
    """Ticks of the day per processor second by design, the best of ``rounds``."""
    storm = day()
    found = dict.fromkeys(DESIGNS, 0.0)
    for _ in range(rounds):
        for name, used in seconds(traders).items():
            found[name] = max(found[name], len(storm) / used)
    return found

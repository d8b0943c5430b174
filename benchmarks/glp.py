"""What the pool costs: orders, quiet ticks, memory, liquidations, a whole storm.

Every figure is the time of one process; ``run.py`` repeats them and compares the two flavours.
"""

from __future__ import annotations

import gc
import time
from pathlib import Path

import seawall as sw
from seawall.designs import GlpMarket, GlpParams
from seawall.engine.commands import Command, Place, replay

TICK = 15 * int(sw.SECOND)
START = 1_760_000_000_000
PRICE = 2_000 * int(sw.PRICE)
DOLLAR = int(sw.DOLLAR)
TOKEN = int(sw.TOKEN)


def resident_bytes() -> int:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


class Bench:
    """A venue with one market on a deep pool, half dollars and half ETH, and a clock."""

    def __init__(self) -> None:
        self.venue = sw.Venue()
        self.market = GlpMarket("ETH", GlpParams())
        self.venue.list_market(self.market)
        self.now = START
        self.report(PRICE)
        provider = self.venue.open_account()
        self.venue.deposit(provider, 900_000_000 * DOLLAR)
        self.venue.deposit(provider, 450_000 * TOKEN, "ETH")
        self.market.supply_token("USD", provider, 900_000_000 * DOLLAR)
        self.market.supply_token("ETH", provider, 450_000 * TOKEN)

    def report(self, price: int, step: int = TICK) -> float:
        """Advance by one report; the seconds it took."""
        self.now += step
        reports = {"ETH": [sw.Report("bench", price, self.now)]}
        begin = time.perf_counter()
        self.venue.advance(self.now, reports)
        return time.perf_counter() - begin

    def traders(self, count: int, dollars: int) -> list[int]:
        """Open funded accounts."""
        numbers = []
        for _ in range(count):
            number = self.venue.open_account()
            self.venue.deposit(number, dollars * DOLLAR)
            numbers.append(number)
        return numbers

    def open_positions(self, traders: list[int], tokens: int, margin: int) -> None:
        """Give each trader a position, longs and shorts in turn."""
        for at in range(0, len(traders), 10_000):
            for index, trader in enumerate(traders[at : at + 10_000]):
                self.venue.place("ETH", trader, tokens if index % 2 else -tokens, margin)
            self.report(PRICE)


def orders_per_second(rounds: int, traders: int, compiled_driver: bool) -> list[float]:
    """Orders placed and executed per second with ``traders`` positions open.

    Every order adds to or reduces the trader's position, so that their number stays: one half
    brings margin that is swapped into ETH or posted in dollars, one half is paid out.
    """
    bench = Bench()
    numbers = bench.traders(traders, 100_000)
    bench.open_positions(numbers, 3 * TOKEN, 2_000 * DOLLAR)
    speeds = []
    gc.disable()
    for turn in range(rounds):
        commands: list[Command] = []
        for i, number in enumerate(numbers):
            side = 1 if i % 2 else -1
            if (i // 2 + turn) % 2:
                commands.append(Place("ETH", number, side * TOKEN, 100 * DOLLAR))
            else:
                commands.append(Place("ETH", number, -side * TOKEN, 0, reduce_only=True))
        gc.collect()
        place = bench.venue.place
        begin = time.perf_counter()
        if compiled_driver:
            replay(bench.venue, commands)
        else:
            for i, number in enumerate(numbers):
                side = 1 if i % 2 else -1
                if (i // 2 + turn) % 2:
                    place("ETH", number, side * TOKEN, 100 * DOLLAR)
                else:
                    place("ETH", number, -side * TOKEN, reduce_only=True)
        placed = time.perf_counter() - begin
        executed = bench.report(PRICE)
        speeds.append(len(commands) / (placed + executed))
        waiting = len(bench.market.room.orders)
        held = len(bench.market.book.positions)
        if waiting or held != traders:
            raise RuntimeError(f"{waiting} orders were not executed, {held} positions are open")
    gc.enable()
    bench.venue.audit()
    return speeds


def quiet_tick(positions: int, ticks: int) -> tuple[float, float, float]:
    """Seconds per quiet tick; bytes per open position, alone and with its account."""
    bench = Bench()
    gc.collect()
    empty = resident_bytes()
    numbers = bench.traders(positions, 100)
    gc.collect()
    before = resident_bytes()
    bench.open_positions(numbers, TOKEN // 50, 10 * DOLLAR)
    gc.collect()
    after = resident_bytes()
    held = len(bench.market.book.positions)
    if held != positions:
        raise RuntimeError(f"{held} positions of {positions} were opened")
    samples = []
    gc.disable()
    for turn in range(ticks):
        samples.append(bench.report(PRICE + (turn % 2) * int(sw.PRICE), 1_000))
    gc.enable()
    samples.sort()
    each = max(1, positions)
    return samples[len(samples) // 2], (after - before) / each, (after - empty) / each


def crash(positions: int) -> tuple[float, int]:
    """Seconds per liquidation of one tick that liquidates all longs, and how many there were."""
    bench = Bench()
    numbers = bench.traders(positions, 200)
    for at in range(0, len(numbers), 10_000):
        for number in numbers[at : at + 10_000]:
            bench.venue.place("ETH", number, TOKEN // 2, 100 * DOLLAR)
        bench.report(PRICE)
    bench.report(PRICE * 95 // 100)
    bench.venue.listen()
    gc.disable()
    seconds = bench.report(PRICE * 88 // 100)
    gc.enable()
    hit = sum(1 for event in bench.venue.drain() if isinstance(event, sw.RungReached))
    bench.venue.audit()
    return seconds / max(1, hit), hit


def october(traders: int) -> float:
    """Seconds of a storm: 10-11 October 2025, 24 hours, BTC and ETH."""
    begin = time.perf_counter()
    sw.run_storm("october-2025", designs=["glp"], traders=traders, seed=1)
    return time.perf_counter() - begin

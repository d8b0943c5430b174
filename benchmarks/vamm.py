"""What the virtual AMM costs: opening and closing, quiet ticks, memory, liquidations.

Every figure is the time of one process; ``run.py`` repeats them and compares the two flavours.
"""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import cast

import seawall as sw
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
    """A venue with one deep curve, a full insurance fund and a clock."""

    def __init__(self, quote_dollars: int = 2_000_000_000) -> None:
        self.venue = sw.Venue()
        self.market = sw.VammMarket("ETH", sw.VammParams(quote_reserve=quote_dollars * DOLLAR))
        self.venue.list_market(self.market)
        self.now = START
        self.report(PRICE)
        staker = self.venue.open_account()
        self.venue.deposit(staker, 2_000_000_000 * DOLLAR)
        self.venue.supply("ETH", "fund", staker, 1_800_000_000 * DOLLAR)

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
        for index, trader in enumerate(traders):
            self.venue.place("ETH", trader, tokens if index % 2 else -tokens, margin)


def opens_and_closes_per_second(
    rounds: int, traders: int, compiled_driver: bool, standing: int = 10_000
) -> list[float]:
    """Orders per second: all traders open, a block passes, all close, a block passes.

    ``standing`` positions of others are open all the while. Every order is filled when it is
    sent, and leaves a position that is watched for liquidation or one less; the time of the
    blocks counts too.
    """
    bench = Bench()
    bench.open_positions(bench.traders(standing, 1_000), TOKEN // 10, 100 * DOLLAR)
    bench.report(PRICE)
    numbers = bench.traders(traders, 1_000_000)
    sides = [TOKEN if index % 2 else -TOKEN for index in range(traders)]
    opens = [(n, side, 1_000 * DOLLAR) for n, side in zip(numbers, sides, strict=True)]
    closes = [(n, -side, 0) for n, side in zip(numbers, sides, strict=True)]
    batches = [(orders, [Place("ETH", *order) for order in orders]) for orders in (opens, closes)]
    speeds = []
    gc.disable()
    for _ in range(rounds):
        seconds = 0.0
        for orders, commands in batches:
            gc.collect()
            seconds += send(bench, orders, commands, compiled_driver) + bench.report(PRICE)
        speeds.append(2 * traders / seconds)
        left = len(bench.market.open_positions()) - standing
        if left:
            raise RuntimeError(f"{left} positions were not closed")
    gc.enable()
    bench.venue.audit()
    return speeds


def send(
    bench: Bench, orders: list[tuple[int, int, int]], commands: list[Place], compiled_driver: bool
) -> float:
    """Place all orders; the seconds it took."""
    place = bench.venue.place
    begin = time.perf_counter()
    if compiled_driver:
        replay(bench.venue, cast("list[Command]", commands))
    else:
        for number, size, margin in orders:
            place("ETH", number, size, margin)
    return time.perf_counter() - begin


def quiet_tick(positions: int, ticks: int) -> tuple[float, float, float]:
    """Seconds per quiet tick; bytes per open position, alone and with its account."""
    bench = Bench()
    gc.collect()
    empty = resident_bytes()
    numbers = bench.traders(positions, 100)
    gc.collect()
    before = resident_bytes()
    bench.open_positions(numbers, TOKEN // 100, 10 * DOLLAR)
    gc.collect()
    after = resident_bytes()
    held = len(bench.market.open_positions())
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
    """Seconds per liquidation of one tick that liquidates everybody, and how many there were.

    All are long at the initial ratio; one large short presses the mark down inside two blocks,
    after which the average has followed.
    """
    bench = Bench()
    market = bench.market
    numbers = bench.traders(positions, 100)
    for number in numbers:
        bench.venue.place("ETH", number, TOKEN // 100, 3 * DOLLAR)
    (seller,) = bench.traders(1, 900_000_000)
    for _ in range(12):
        bench.report(PRICE * 9 // 10)
        size = int(market.size_to(market.mark() * 9885 // 10_000))
        bench.venue.place("ETH", seller, size, 10_000_000 * DOLLAR)
    bench.venue.advance(bench.now + 1, {}, 0)
    bench.now += 30 * int(sw.MINUTE)
    bench.venue.advance(bench.now, {}, 0)
    bench.venue.listen()
    gc.disable()
    seconds = bench.report(PRICE * 9 // 10)
    gc.enable()
    hit = sum(1 for event in bench.venue.drain() if isinstance(event, sw.RungReached))
    bench.venue.audit()
    return seconds / max(1, hit), hit

"""What the GM pools cost: orders, quiet ticks, memory, liquidations, a storm, a congested keeper.

Every figure is the time of one process; ``run.py`` repeats them and compares the two flavours.
Alone it prints the table of the congested keeper that stands in ``docs/gm.md``.
"""

from __future__ import annotations

import gc
import time
from pathlib import Path

import seawall as sw
from seawall.designs import GmMarket, GmParams
from seawall.engine.commands import Command, Place, replay
from seawall.engine.designs.gm import preset
from seawall.engine.venue import MAX_BUDGET

TICK = 15 * int(sw.SECOND)
START = 1_760_000_000_000
PRICE = 2_000 * int(sw.PRICE)
DOLLAR = int(sw.DOLLAR)
TOKEN = int(sw.TOKEN)
EVERYTHING = 10**18


def resident_bytes() -> int:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def deep() -> GmParams:
    """The ETH-USDC market with room for a million positions."""
    params = preset("eth-usdc")
    params.max_pool_long = params.max_pool_short = EVERYTHING
    params.max_deposit_long = params.max_deposit_short = EVERYTHING
    params.longs.max_interest = params.shorts.max_interest = EVERYTHING
    params.longs.collateral_multiplier = params.shorts.collateral_multiplier = 0
    return params


class Bench:
    """A venue with one GM market on a deep pool, half dollars and half ETH, and a clock."""

    def __init__(self, params: GmParams | None = None) -> None:
        self.venue = sw.Venue()
        self.market = GmMarket("ETH", deep() if params is None else params)
        self.venue.list_market(self.market)
        self.now = START
        self.report(PRICE)
        provider = self.venue.open_account()
        self.venue.deposit(provider, 900_000_000 * DOLLAR)
        self.venue.deposit(provider, 450_000 * TOKEN, "ETH")
        self.market.supply_tokens(provider, 450_000 * TOKEN, 900_000_000 * DOLLAR)

    def report(self, price: int, step: int = TICK, budget: int = MAX_BUDGET) -> float:
        """Advance by one report; the seconds it took."""
        self.now += step
        reports = {"ETH": [sw.Report("bench", price, self.now)]}
        begin = time.perf_counter()
        self.venue.advance(self.now, reports, budget)
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
        held = len(self.market.open_positions())
        if held != len(traders):
            raise RuntimeError(f"{held} positions of {len(traders)} were opened")


def orders_per_second(rounds: int, traders: int, compiled_driver: bool) -> list[float]:
    """Orders created and executed per second with ``traders`` positions open.

    Every order adds to or reduces the trader's position, so that their number stays.
    """
    bench = Bench()
    numbers = bench.traders(traders, 100_000)
    bench.open_positions(numbers, 3 * TOKEN, 2_000 * DOLLAR)
    speeds = []
    gc.disable()
    for turn in range(rounds):
        orders = []
        for i, number in enumerate(numbers):
            side = 1 if i % 2 else -1
            grows = (i // 2 + turn) % 2 == 1
            orders.append((number, side if grows else -side, 100 * DOLLAR if grows else 0))
        commands: list[Command] = [
            Place("ETH", number, sign * TOKEN, margin, reduce_only=margin == 0)
            for number, sign, margin in orders
        ]
        gc.collect()
        place = bench.venue.place
        begin = time.perf_counter()
        if compiled_driver:
            replay(bench.venue, commands)
        else:
            for number, sign, margin in orders:
                place("ETH", number, sign * TOKEN, margin, reduce_only=margin == 0)
        placed = time.perf_counter() - begin
        executed = bench.report(PRICE)
        speeds.append(len(orders) / (placed + executed))
        waiting = len(bench.market.counter.orders)
        if waiting or len(bench.market.desk.positions) != traders:
            raise RuntimeError(f"{waiting} orders of {len(orders)} were not executed")
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
    bench.open_positions(numbers, TOKEN // 100, 10 * DOLLAR)
    gc.collect()
    after = resident_bytes()
    samples = []
    gc.disable()
    for turn in range(ticks):
        samples.append(bench.report(PRICE + (turn % 2) * int(sw.PRICE), 1_000))
    gc.enable()
    samples.sort()
    each = max(1, positions)
    return samples[len(samples) // 2], (after - before) / each, (after - empty) / each


def crash(positions: int) -> tuple[float, int]:
    """Seconds per liquidation of one tick that liquidates everybody, and how many there were."""
    bench = Bench()
    numbers = bench.traders(positions, 200)
    for at in range(0, len(numbers), 10_000):
        for number in numbers[at : at + 10_000]:
            bench.venue.place("ETH", number, TOKEN // 20, 10 * DOLLAR)
        bench.report(PRICE)
    bench.report(PRICE * 92 // 100)
    bench.venue.listen()
    gc.disable()
    seconds = bench.report(PRICE * 88 // 100)
    gc.enable()
    hit = sum(1 for event in bench.venue.drain() if isinstance(event, sw.RungReached))
    bench.venue.audit()
    return seconds / max(1, hit), hit


def congested(positions: int, budget: int) -> tuple[int, int]:
    """Ticks until all that are due at once are closed, and the bad debt in dollars.

    Longs of 10,000 dollars at 21 times; 4 % down in a tick, then 1 % a minute.
    """
    params = preset("laboratory")
    params.oracle = sw.OracleParams(quorum=1, jump=0)
    params.longs.max_interest = EVERYTHING
    bench = Bench(params)
    for place, number in enumerate(bench.traders(positions, 1_000)):
        size = 10_000 * TOKEN // 2_000
        margin = (450 + 20 * place // positions) * DOLLAR
        bench.venue.place("ETH", number, size, margin)
    bench.report(PRICE)
    bench.venue.listen()
    price = PRICE * 96 // 100
    ticks = 0
    debt = 0
    while bench.market.open_positions():
        bench.report(price, budget=budget)
        price = price * 9_975 // 10_000
        ticks += 1
        rungs = [event for event in bench.venue.drain() if isinstance(event, sw.RungReached)]
        debt += sum(event.shortfall for event in rungs)
    return ticks, debt // DOLLAR


def october(traders: int) -> float:
    """Seconds of a storm: 10-11 October 2025, 24 hours, BTC and ETH."""
    begin = time.perf_counter()
    sw.run_storm("october-2025", ["gm"], traders=traders, seed=1)
    return time.perf_counter() - begin


if __name__ == "__main__":
    for actions in (50, 200, 5_000):
        print(actions, *congested(5_000, actions))

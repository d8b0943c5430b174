"""What guards cost: the orders of each design with none of them and with all of them.

The order rates of the designs' own benchmarks, on markets that are built with ``hybrid`` guards and
with known facts, so wide that nothing is refused: every check is made and passes. What is counted
is the processor's time, which a loaded machine disturbs less than the clock's.
"""

from __future__ import annotations

import gc
import time

import seawall as sw
from seawall.designs import DESIGNS, Listing
from seawall.engine.commands import Command, Place, replay
from seawall.engine.guards import AdaptiveOpenInterestCap, Guards, MarketFacts, PositionCap
from seawall.engine.reports import OracleParams, Quorum

START = 1_760_000_000_000
TICK = 15 * int(sw.SECOND)
PRICE = 2_000 * int(sw.PRICE)
DOLLAR = int(sw.DOLLAR)
TOKEN = int(sw.TOKEN)


def all_of_them() -> Guards:
    """Every guard; one source reports here."""
    guards = Guards.hybrid()
    guards.open_interest = AdaptiveOpenInterestCap(value_share=int(sw.RATE))
    guards.position = PositionCap(int(sw.RATE))
    guards.quorum = Quorum(1)
    return guards


class Bench:
    """A venue with one deep market of a design, guarded or not, and its traders."""

    def __init__(self, design: str, guarded: bool, traders: int) -> None:
        capital = 1_000_000_000 * DOLLAR
        found = DESIGNS[design]
        self.rests = design == "orderbook"
        self.venue = sw.Venue()
        self.market = found(
            "ETH",
            Listing(
                oracle=OracleParams(quorum=1, outlier=0),
                guards=all_of_them() if guarded else None,
                facts=MarketFacts(market_value=10**12 * DOLLAR, volume=10**10 * DOLLAR),
                capital=capital,
            ),
        )
        self.venue.list_market(self.market)
        self.now = START
        self.report()
        owner = self.venue.open_account()
        self.venue.deposit(owner, 3 * capital)
        self.venue.deposit(owner, capital * 10**12 // PRICE, "ETH") if found.in_kind else None
        parts = sum(found.capital.values())
        for vault, part in found.capital.items():
            amount = capital * part // parts
            kind = amount * found.in_kind.get(vault, 0) // 100
            self.venue.supply("ETH", vault, owner, amount - kind)
            if kind:
                self.market.supply_in_kind(vault, owner, kind * 10**12 // PRICE)
        self.traders = [self.venue.open_account() for _ in range(traders)]
        for account in self.traders:
            self.venue.deposit(account, 1_000_000 * DOLLAR)

    def report(self) -> None:
        """A report of the same price, and time for all that waits."""
        self.now += TICK
        self.venue.advance(self.now, {"ETH": [sw.Report("bench", PRICE, self.now)]})

    def orders(self, closes: bool) -> list[Command]:
        """A small order of every trader, longs and shorts in turn; the book's rest and meet."""
        commands: list[Command] = []
        for index, account in enumerate(self.traders):
            size = TOKEN // 10 if index % 2 == 0 else -(TOKEN // 10)
            size = -size if closes else size
            if self.rests:
                commands.append(Place("ETH", account, size, 0 if closes else 100 * DOLLAR,
                                      "limit", PRICE))  # fmt: skip
            elif closes:
                commands.append(Place("ETH", account, size, 0, reduce_only=True))
            else:
                commands.append(Place("ETH", account, size, 100 * DOLLAR))
        return commands


def round_trip(bench: Bench) -> float:
    """Processor time (us) of an order: all open, a tick, all close, a tick."""
    spent = 0.0
    for closes in (False, True):
        commands = bench.orders(closes)
        gc.collect()
        begin = time.process_time()
        refused = [code for code in replay(bench.venue, commands) if code]
        bench.report()
        spent += time.process_time() - begin
        held = len(bench.market.open_positions())
        if refused or held != (0 if closes else len(bench.traders)):
            raise RuntimeError(f"{len(refused)} orders refused, {refused[:1]}, {held} positions")
    return spent / (2 * len(bench.traders)) * 1e6


def both(design: str, traders: int, rounds: int) -> list[float]:
    """The least time of an order without guards and with all of them, in turns."""
    markets = [Bench(design, guarded, traders) for guarded in (False, True)]
    gc.disable()
    times = [[round_trip(bench) for bench in markets] for _ in range(rounds)]
    gc.enable()
    for bench in markets:
        bench.venue.audit()
    return [min(pair[side] for pair in times) for side in (0, 1)]


def repeated(design: str, guarded: bool, traders: int, rounds: int) -> None:
    """Round trips alone, for a counter of instructions outside of the process."""
    bench = Bench(design, guarded, traders)
    for _ in range(rounds):
        round_trip(bench)

"""`make bench`: every figure with how it was taken, medians of several runs, in one table.

The interpreted source is the peer: it runs the same benchmark in a second process of the same
run, from ``src/`` instead of the compiled install.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "src"


def measure(call: str, *, of: str = "layered", interpreted: bool = False) -> object:
    """Run ``<of>.<call>`` in a fresh process and return what it returns."""
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    if interpreted:
        environment["PYTHONPATH"] = f"{SOURCE}{os.pathsep}{HERE}"
    flavour = "interpreted" if interpreted else "compiled"
    code = (
        f"import json, {of}, seawall\n"
        f"assert seawall.compiled() is {not interpreted}, 'expected the {flavour} engine'\n"
        f"print(json.dumps({of}.{call}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{of}.{call} ({flavour}) failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def median_of(call: str, runs: int, *, of: str = "layered", interpreted: bool = False) -> float:
    """Median of the medians of ``runs`` processes."""
    values = []
    for _ in range(runs):
        value = measure(call, of=of, interpreted=interpreted)
        values.append(statistics.median(value) if isinstance(value, list) else float(str(value)))
    return statistics.median(values)


def titled(title: str) -> Table:
    """An empty table of figures."""
    table = Table(title=title)
    for column in ("figure", "measured", "asked", "how"):
        table.add_column(column, overflow="fold")
    return table


def virtual(console: Console) -> Table:
    """The virtual AMM: every order fills at once, so that opening and closing are one command."""
    table = titled("Virtual AMM, one core")
    with console.status("opening and closing"):
        python = median_of("opens_and_closes_per_second(20, 10_000, False)", 3, of="vamm")
        driven = median_of("opens_and_closes_per_second(20, 10_000, True)", 3, of="vamm")
        slow = median_of(
            "opens_and_closes_per_second(3, 10_000, True)", 1, of="vamm", interpreted=True
        )
    how = "10,000 positions stand; 10,000 more open, a block, close, a block; median of 3 x 20"
    table.add_row("opens and closes/s from Python", f"{python:,.0f}", "", how)
    table.add_row("opens and closes/s from compiled", f"{driven:,.0f}", ">= 700,000", "by replay")
    table.add_row("compiled over interpreted", f"{driven / slow:.0f}x", ">= 10x", "the same rounds")
    with console.status("quiet blocks"):
        few = [measure("quiet_tick(1_000, 2_000)", of="vamm") for _ in range(3)]
        many = measure("quiet_tick(1_000_000, 2_000)", of="vamm")
    assert isinstance(many, list)
    small = statistics.median(sample[0] for sample in few if isinstance(sample, list))
    table.add_row(
        "quiet block, 1,000 positions", f"{small * 1e6:.2f} us", "", "median of 2,000 blocks of 1 s"
    )
    table.add_row(
        "quiet block, 1,000,000 positions",
        f"{many[0] * 1e6:.2f} us, {many[0] / small:.2f}x",
        "<= 3x",
        "the same",
    )
    table.add_row(
        "memory per open position",
        f"{many[1]:.0f} B, with account {many[2]:.0f} B",
        "<= 400 B",
        "growth of resident memory over 1,000,000 positions",
    )
    with console.status("crash blocks"):
        for positions in (1_000, 10_000, 100_000):
            seconds, hit = measure(f"crash({positions})", of="vamm")  # type: ignore[misc]
            table.add_row(
                f"liquidation, {positions:,} at once",
                f"{seconds * 1e6:.2f} us ({hit:,} actions)",
                "",
                "one block after the mark has been pressed down by 13 %",
            )
    return table


def layered(console: Console) -> Table:
    """The layered market."""
    return two_step(console, "Layered market, one core", "layered", ">= 500,000", ">= 1,000,000")


def pool(console: Console) -> Table:
    """The pool of many tokens."""
    return two_step(console, "Pool of many tokens, one core", "glp", "", ">= 500,000")


def two_step(console: Console, title: str, of: str, asked: str, asked_compiled: str) -> Table:
    """A market where an order is placed, and executed at the next report."""
    table = titled(title)

    with console.status("orders"):
        python = median_of("orders_per_second(20, 10_000, False)", 3, of=of)
        driven = median_of("orders_per_second(20, 10_000, True)", 3, of=of)
        slow = median_of("orders_per_second(3, 10_000, False)", 1, of=of, interpreted=True)
        slow_driven = median_of("orders_per_second(3, 10_000, True)", 1, of=of, interpreted=True)
    how = "10,000 positions; place and execute; median of 3 x 20 rounds of 10,000"
    table.add_row("orders/s from Python", f"{python:,.0f}", asked, how)
    table.add_row("orders/s from compiled", f"{driven:,.0f}", asked_compiled, "the same by replay")
    table.add_row(
        "compiled over interpreted",
        f"{python / slow:.0f}x, driven {driven / slow_driven:.0f}x",
        ">= 10x",
        "the same rounds on the bare source in the same run",
    )

    with console.status("quiet ticks"):
        few = [measure("quiet_tick(1_000, 2_000)", of=of) for _ in range(3)]
        many = measure("quiet_tick(1_000_000, 2_000)", of=of)
    assert isinstance(many, list)
    small = statistics.median(sample[0] for sample in few if isinstance(sample, list))
    table.add_row(
        "quiet tick, 1,000 positions", f"{small * 1e6:.2f} us", "", "median of 2,000 ticks of 1 s"
    )
    table.add_row(
        "quiet tick, 1,000,000 positions",
        f"{many[0] * 1e6:.2f} us, {many[0] / small:.2f}x",
        "<= 3x",
        "the same",
    )
    table.add_row(
        "memory per open position",
        f"{many[1]:.0f} B, with account {many[2]:.0f} B",
        "<= 400 B",
        "growth of resident memory over 1,000,000 positions",
    )

    with console.status("crash ticks"):
        per = {}
        for positions in (1_000, 10_000, 100_000):
            samples = [measure(f"crash({positions})", of=of) for _ in range(3)]
            per[positions] = (
                statistics.median(s[0] for s in samples if isinstance(s, list)),
                next(s[1] for s in samples if isinstance(s, list)),
            )
    for positions, (seconds, hit) in per.items():
        ratio = seconds / per[1_000][0]
        table.add_row(
            f"liquidation, {positions:,} at once",
            f"{seconds * 1e6:.2f} us, {ratio:.2f}x ({hit:,} actions)",
            "" if positions == 1_000 else f"<= {len(str(positions)) - 1} / 3 x (logarithm)",
            "one tick down to 88 %; median of 3",
        )

    with console.status("October storm"):
        seconds = median_of("october(10_000)", 1, of=of)
    table.add_row(
        "October storm", f"{seconds:.1f} s", "< 30 s", "BTC and ETH, 10,000 traders, 24 h, once"
    )
    return table


def order_book(console: Console) -> Table:
    """The order book: operations without and with accounts, beside a peer; the cost by levels."""
    table = titled("Order book, one core")
    size = "100_000, 300_000"
    with console.status("bare book"):
        driven = median_of(f"bare({size}, 5, True)", 3, of="orderbook")
        python = median_of(f"bare({size}, 5, False)", 3, of="orderbook")
        slow = median_of(f"bare({size}, 1, True)", 1, of="orderbook", interpreted=True)
    how = "100,000 resting; 300,000 operations, 70 % orders, 30 % cancels; median of 3 x 5"
    table.add_row("book operations/s from compiled", f"{driven:,.0f}", ">= 1,000,000", how)
    table.add_row("book operations/s from Python", f"{python:,.0f}", "", "the same, one by one")
    table.add_row("compiled over interpreted", f"{driven / slow:.1f}x", "", "the same operations")
    with console.status("peer"):
        peer = measure("peer(100_000, 50_000)", of="orderbook")
    found = f"{peer[0]:,.0f}, {driven / peer[0]:.0f}x" if isinstance(peer, list) and peer else ""
    how = "the same operations, 50,000 of them"
    table.add_row("pyorderbook/s, ours over it", found or "not installed", "", how)
    with console.status("with accounts"):
        driven = median_of(f"with_accounts({size}, 3, True)", 3, of="orderbook")
        python = median_of(f"with_accounts({size}, 3, False)", 3, of="orderbook")
    how = "the same as commands to a venue, 1,000 cross accounts: margin, fees; median of 3 x 3"
    table.add_row("with accounts/s from compiled", f"{driven:,.0f}", ">= 500,000", how)
    table.add_row("with accounts/s from Python", f"{python:,.0f}", "", "the same, one by one")
    with console.status("levels"):
        costs = {}
        for levels in (1_000, 10_000, 100_000):
            samples = [measure(f"by_levels({levels}, 1_000)", of="orderbook") for _ in range(3)]
            pairs = [sample for sample in samples if isinstance(sample, list)]
            costs[levels] = [statistics.median(pair[side] for pair in pairs) for side in (0, 1)]
    for levels, (place, cancel) in costs.items():
        first = costs[1_000]
        table.add_row(
            f"a level comes and goes, {levels:,} levels",
            f"{place * 1e9:.0f} + {cancel * 1e9:.0f} ns, "
            f"{place / first[0]:.2f}x + {cancel / first[1]:.2f}x",
            "" if levels == 1_000 else f"<= {len(str(levels)) - 1} / 3 x (logarithm)",
            "order that opens a level, its cancel; 20,000 of them",
        )
    return table


def pools(console: Console) -> Table:
    """GMX v2's pools: an order is created, and executed at the next report."""
    table = titled("GM pools, one core")
    with console.status("orders"):
        python = median_of("orders_per_second(20, 10_000, False)", 3, of="gm")
        driven = median_of("orders_per_second(20, 10_000, True)", 3, of="gm")
        slow = median_of("orders_per_second(3, 10_000, True)", 1, of="gm", interpreted=True)
    how = "10,000 positions; each is added to or reduced; median of 3 x 20 rounds of 10,000"
    table.add_row("orders/s from Python", f"{python:,.0f}", "", how)
    table.add_row("orders/s from compiled", f"{driven:,.0f}", ">= 300,000", "the same by replay")
    table.add_row("compiled over interpreted", f"{driven / slow:.0f}x", ">= 10x", "the same rounds")
    with console.status("quiet ticks"):
        few = [measure("quiet_tick(1_000, 2_000)", of="gm") for _ in range(3)]
        many = measure("quiet_tick(1_000_000, 2_000)", of="gm")
    assert isinstance(many, list)
    small = statistics.median(sample[0] for sample in few if isinstance(sample, list))
    table.add_row(
        "quiet tick, 1,000 positions", f"{small * 1e6:.2f} us", "", "median of 2,000 ticks of 1 s"
    )
    table.add_row(
        "quiet tick, 1,000,000 positions",
        f"{many[0] * 1e6:.2f} us, {many[0] / small:.2f}x",
        "<= 3x",
        "the same",
    )
    table.add_row(
        "memory per open position",
        f"{many[1]:.0f} B, with account {many[2]:.0f} B",
        "<= 400 B",
        "growth of resident memory over 1,000,000 positions",
    )
    with console.status("crash ticks"):
        for positions in (1_000, 10_000, 100_000):
            crashed = measure(f"crash({positions})", of="gm")
            assert isinstance(crashed, list)
            table.add_row(
                f"liquidation, {positions:,} at once",
                f"{crashed[0] * 1e6:.2f} us ({crashed[1]:,} actions)",
                "",
                "one tick, from 92 % of the entry price to 88 %",
            )
    with console.status("October storm"):
        seconds = median_of("october(10_000)", 1, of="gm")
    table.add_row(
        "October storm", f"{seconds:.1f} s", "< 30 s", "BTC and ETH, 10,000 traders, 24 h, once"
    )
    return table


def guarded(console: Console) -> Table:
    """Every design with all guards against the same with none."""
    table = titled("Guards, one core")
    for design in ("layered", "orderbook", "gm", "glp", "vamm"):
        with console.status(f"guards: {design}"):
            pairs = [measure(f"both({design!r}, 5_000, 25)", of="guards") for _ in range(3)]
        samples = [pair for pair in pairs if isinstance(pair, list)]
        bare, full = (statistics.median(pair[side] for pair in samples) for side in (0, 1))
        cost = statistics.median(pair[1] / pair[0] - 1 for pair in samples)
        table.add_row(
            f"{design}: an order, no guards and all",
            f"{bare:.2f} and {full:.2f} us, {cost:+.1%}",
            "<= +5 %",
            "processor time; 5,000 traders open, a tick, close, a tick; median of 3, least of 25",
        )
    return table


def whole_storm(console: Console) -> Table:
    """A whole storm with everybody in it and every measure taken, design by design."""
    table = titled("A day at one-minute ticks, one core")
    found: dict[str, dict[str, float]] = {}
    with console.status("storms"):
        for call in ("seconds(10_000)", "ticks_per_second(195, 3)"):
            samples = [measure(call, of="storm") for _ in range(3)]
            tables = [sample for sample in samples if isinstance(sample, dict)]
            found[call] = {
                name: statistics.median(sample[name] for sample in tables) for name in tables[0]
            }
    day, quick = found.values()
    how = "processor time of the whole run, median of 3"
    for name, used in day.items():
        table.add_row(f"{name}, 10,000 traders", f"{used:.2f} s", "", how)
    table.add_row("all designs, 10,000 traders", f"{sum(day.values()):.2f} s", "<= 20 s", "the sum")
    for name, speed in quick.items():
        how = "ticks per processor second, median of 3 bests of 3"
        table.add_row(f"{name}, 195 traders", f"{speed:,.0f} ticks/s", ">= 10,000", how)
    return table


def main() -> None:
    """Measure and print; the names of designs on the command line choose among them."""
    console = Console(width=100)
    parts = {
        "layered": layered,
        "orderbook": order_book,
        "gm": pools,
        "glp": pool,
        "vamm": virtual,
        "guards": guarded,
        "storm": whole_storm,
    }
    for name, part in parts.items():
        if name in (sys.argv[1:] or parts):
            console.print(part(console))


if __name__ == "__main__":
    main()

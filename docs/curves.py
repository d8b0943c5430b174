"""Draws docs/curves.svg and works out the tables of docs/curves.md. Run: python docs/curves.py

Ten million dollars stand behind every pool and every market. The numbers are those of
``seawall.curves`` and of the markets themselves; the same input gives the same bytes.
"""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import seawall as sw
from seawall.curves import (
    ConstantProduct,
    Curve,
    DynamicWeights,
    Stable,
    Weighted,
    held_against,
)

CAPITAL = 10_000_000
KEYS = (100, 60, 100, 160, 120)
STEPS = 12
START = 1_760_000_000_000
D, T, P, RATE = int(sw.DOLLAR), int(sw.TOKEN), int(sw.PRICE), int(sw.RATE)
PARTS = (1, 2, 5, 10, 20, 50)
"""Purchases, in per cent of the capital."""

COLOURS = {
    "constant product": "#1b6ca8",
    "weighted 80/20": "#2a9d8f",
    "stable, A = 20": "#c44536",
    "dynamic weights, x 20": "#8d6cab",
    "virtual": "#111111",
    "oracle-anchored": "#e09f3e",
}


def path() -> list[Fraction]:
    """The price: straight lines from key to key."""
    prices = [Fraction(KEYS[0])]
    for begin, end in pairwise(KEYS):
        prices += [begin + Fraction((end - begin) * step, STEPS) for step in range(1, STEPS + 1)]
    return prices


def pools() -> dict[str, Curve]:
    """Spot pools worth the capital at a price of 100, in 1e-8 token and 1e-8 dollar."""
    unit = 10**8
    half = CAPITAL // 2 * unit
    return {
        "constant product": ConstantProduct(half // 100, half, 0),
        "weighted 80/20": Weighted(
            CAPITAL * 4 // 5 * unit // 100, CAPITAL // 5 * unit, Fraction(4, 5)
        ),
        "stable, A = 20": Stable(half // 100, half, 20, rate=100),
        "dynamic weights, x 20": DynamicWeights(half // 100, half, Fraction(100), amplified=20),
    }


def market(design: str) -> tuple[sw.Venue, sw.Market]:
    """A market of a design with the capital in its vaults, at a price of 100."""
    chosen = sw.DESIGNS[design]
    venue = sw.Venue()
    venue.list_market(chosen("ETH", sw.Listing(capital=CAPITAL * D)))
    listed = venue.market("ETH")
    owner = venue.open_account()
    venue.deposit(owner, CAPITAL * D)
    venue.advance(START, {"ETH": [sw.Report("path", 100 * P, START)]})
    whole = sum(chosen.capital.values())
    for vault, part in chosen.capital.items():
        venue.supply("ETH", vault, owner, CAPITAL * D * part // whole)
    return venue, listed


def providers() -> dict[str, list[float]]:
    """What stands behind each against doing nothing with it, in per cent, along the path.

    A spot pool against its first balances held. A market against its dollars: on the virtual
    curve an arbitrageur carries the mark to the price every minute, and its fund gets his fees
    and pays his funding.
    """
    lines: dict[str, list[float]] = {}
    for name, pool in pools().items():
        first, second = pool.first, pool.second
        lines[name] = []
        for price in path():
            if isinstance(pool, DynamicWeights):
                pool.follow(price)
            elif price != pool.price():
                pool.arbitrage(price)
            lines[name].append(100 * float(held_against(pool, first, second, price) - 1))
    for name, design in (("virtual", "vamm"), ("oracle-anchored", "layered")):
        lines[name] = along(design)
    return lines


def along(design: str) -> list[float]:
    """The vaults of a market on the path; whoever finds its mark behind the price trades."""
    venue, listed = market(design)
    arbitrageur = venue.open_account()
    venue.deposit(arbitrageur, 10 * CAPITAL * D)
    found = []
    previous, now = Fraction(100), START
    for price in path():
        for minute in range(1, 61):
            now += int(sw.MINUTE)
            told = previous + (price - previous) * minute / 60
            report = sw.Report("path", int(told * P), now)
            venue.advance(now, {"ETH": [report]})
            carry = getattr(listed, "size_to", None)
            size = carry(report.price) if carry else 0
            if size:
                margin = 2 * abs(size) * report.price // (T * P // D)
                venue.place("ETH", arbitrageur, size, margin, partial=True)
        previous = price
        worth = sum(int(listed.vault(name).assets) for name in listed.vaults())
        found.append(100 * worth / (CAPITAL * D) - 100)
    return found


def slippage(part: Fraction) -> dict[str, float | None]:
    """What a purchase of ``part`` of the capital pays beyond the price, in per cent.

    Fees left out; None where it cannot be had, or not whole.
    """
    found: dict[str, float | None] = {}
    dollars = int(CAPITAL * part * 10**8)
    for name, pool in pools().items():
        bought = pool.out(dollars, False)
        found[name] = None if bought >= pool.first else 100 * (dollars / 100 / bought - 1)
    for name, design in (("virtual", "vamm"), ("oracle-anchored", "layered")):
        venue, listed = market(design)
        found[name] = beyond(venue, listed, int(CAPITAL * part))
    return found


def beyond(venue: sw.Venue, listed: sw.Market, dollars: int) -> float | None:
    """The same of a market: by its quote, or by the curve where a block's band forbids it whole.

    A virtual curve takes what it takes over many blocks, at the same prices.
    """
    curve = getattr(listed, "curve", None)
    if curve is not None:
        return 100 * dollars * D / curve()[0]
    try:
        quote = listed.quote(dollars * T // 100)
    except sw.Refusal:
        return None
    return 100 * int(quote.spread + quote.impact) / (dollars * D)


def percent(value: float | None) -> str:
    """A number of a table."""
    return "-" if value is None else f"{round(value, 2) or 0.0:.2f} %"


def tables() -> list[str]:
    """The rows of both tables of the page."""
    names = list(COLOURS)
    lines = providers()
    ends = [index * STEPS for index in range(1, len(KEYS))]
    rows = [
        f"| {name} | " + " | ".join(percent(lines[name][end]) for end in ends) + " |"
        for name in names
    ]
    costs = {part: slippage(Fraction(part, 100)) for part in PARTS}
    rows += [
        f"| {name} | " + " | ".join(percent(costs[part][name]) for part in PARTS) + " |"
        for name in names
    ]
    return rows


WIDE, HIGH, LEFT, TOP, GAP = 330, 250, 60, 50, 110


def draw() -> str:
    """The chart: the price and the providers along it, and what purchases pay."""
    lines = providers()
    steps = [float(index) for index in range(len(path()))]
    walked = {name: list(zip(steps, lines[name], strict=True)) for name in COLOURS}
    bought: dict[str, list[tuple[float, float]]] = {name: [] for name in COLOURS}
    for tenth in range(0, 201, 5):
        costs = slippage(Fraction(tenth, 1000)) if tenth else dict.fromkeys(COLOURS, 0.0)
        for name, cost in costs.items():
            if cost is not None:
                bought[name].append((tenth / 10, cost))
    width, height = LEFT + 2 * WIDE + GAP + 20, TOP + HIGH + 110
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    marks = [(index * STEPS, str(key)) for index, key in enumerate(KEYS)]
    parts += panel(
        LEFT, "value against holding, in per cent", "price along the path", walked, marks, (-20, 2)
    )
    sizes = [(size, str(size)) for size in (0, 5, 10, 15, 20)]
    parts += panel(
        LEFT + WIDE + GAP, "paid beyond the price, in per cent",
        "a purchase, in per cent of the capital", bought, sizes, (0, 45),
    )  # fmt: skip
    for index, (name, colour) in enumerate(COLOURS.items()):
        x, y = LEFT + (index % 3) * 250, TOP + HIGH + 68 + (index // 3) * 22
        parts.append(
            f'<path d="M{x} {y - 4}h24" stroke="{colour}" stroke-width="2.5"/>'
            f'<text x="{x + 30}" y="{y}">{name}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


def panel(
    left: int, title: str, below: str, lines: dict[str, list[tuple[float, float]]],
    marks: list[tuple[int, str]], span: tuple[int, int],
) -> list[str]:  # fmt: skip
    """One half of the chart."""
    low, high = span
    last = marks[-1][0]

    def x(value: float) -> float:
        return left + WIDE * value / last

    def y(value: float) -> float:
        return TOP + HIGH * (high - min(high, max(low, value))) / (high - low)

    parts = [f'<text x="{left}" y="{TOP - 18}" font-weight="bold">{title}</text>']
    for value in range(-(-low // 5) * 5, high + 1, 5):
        parts.append(
            f'<path d="M{left} {y(value):.1f}h{WIDE}" stroke="#dddddd"/>'
            f'<text x="{left - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value}</text>'
        )
    for at, label in marks:
        parts.append(
            f'<text x="{x(at):.1f}" y="{TOP + HIGH + 18}" text-anchor="middle">{label}</text>'
        )
    parts.append(
        f'<text x="{left + WIDE / 2:.1f}" y="{TOP + HIGH + 38}" text-anchor="middle">{below}</text>'
    )
    for name, points in lines.items():
        inside = [point for point in points if low <= point[1] <= high]
        steps = " L".join(f"{x(a):.1f} {y(b):.1f}" for a, b in inside)
        parts.append(f'<path d="M{steps}" fill="none" stroke="{COLOURS[name]}" stroke-width="2"/>')
    return parts


if __name__ == "__main__":
    (Path(__file__).parent / "curves.svg").write_text(draw(), "utf-8")
    print("\n".join(tables()))

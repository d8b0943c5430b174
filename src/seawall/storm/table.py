"""The tables of a storm in a terminal: what each market did, and who gained and who paid."""

import io
import textwrap
from collections.abc import Callable, Iterator

from rich import box
from rich.console import Console, Group, JustifyMethod
from rich.table import Table
from rich.text import Text

from seawall.engine.fixed import DOLLAR, NOTIONAL_STEP, TOKEN
from seawall.storm.hedges import HEDGED
from seawall.storm.result import Beginning, Result, Return, Row

WIDTH = 100
"""No table is wider."""

ABREAST = 5
"""No table has more rows of the first one side by side."""

_LABEL = 25
"""Columns of the names of the rows in the tables of people."""

_JOINED = "\N{NO-BREAK SPACE}"

_MICRO = int(DOLLAR)
_SOURCES = {
    "assets": "vaults: held assets",
    "kept": "less, had they been kept",
    "fees": "vaults: fees",
    "carry": "vaults: funding,\nborrowing",
    "traders": "vaults: from traders",
}


def money(amount: int, sign: bool = False) -> str:
    """Dollars (1e-6) in at most seven characters; 0 only if it is 0.

    Example::

        assert money(-1_234_567_890_000) == "-1.23 M"
    """
    dollars = amount / _MICRO
    size = abs(dollars)
    lead = "-" if amount < 0 else "+" if sign and amount > 0 else ""
    if amount == 0:
        return "0"
    for unit, name in ((1e9, " bn"), (1e6, " M"), (1e3, " k")):
        if size >= unit * 0.9995:
            scaled = size / unit
            digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
            return f"{lead}{scaled:.{digits}f}{name}"
    return f"{lead}{size:.0f}" if size >= 0.5 else f"{lead}<1"


def share(part: int, whole: int) -> str:
    """A share in percent; 100 % only if it is all.

    Example::

        assert share(99_999, 100_000) == "99.9 %"
    """
    if whole == 0:
        return "-"
    tenths = part * 1000 // whole
    return f"{tenths // 10} %" if tenths % 10 == 0 else f"{tenths / 10:.1f} %"


def as_renderable(result: Result) -> Group:
    """All tables with a heading and the proof of the books."""
    return Group(
        Text(_heading(result) + "\n"),
        markets(result),
        *[part for _, table in people(result) for part in (Text(), table)],
        Text("\n" + _books(result)),
    )


def people(result: Result) -> list[tuple[list[Row], Table]]:
    """Who gained and who paid: rows of the first table, and the table that has a column of each."""
    return [(rows, _people(rows)) for rows in _abreast(result.rows)]


def _abreast(rows: list[Row]) -> list[list[Row]]:
    """Rows that stand side by side in one table: all, else those of a market, else a few.

    A design stands beside itself under other guards, as far as there is room.
    """
    if len(rows) <= ABREAST:
        return [rows]
    found: list[list[Row]] = []
    for market in dict.fromkeys(row.market for row in rows):
        same = [row for row in rows if row.market == market]
        sets = sum(row.design == same[0].design for row in same)
        each = -(-len(same) // -(-len(same) // ABREAST))
        if 1 < sets <= ABREAST:
            each = ABREAST // sets * sets
        found += [same[first : first + each] for first in range(0, len(same), each)]
    return found


def as_text(result: Result) -> str:
    """The same as plain text without colours, :data:`WIDTH` columns wide at most."""
    console = Console(file=io.StringIO(), width=WIDTH, color_system=None, force_terminal=False)
    console.print(as_renderable(result))
    file = console.file
    assert isinstance(file, io.StringIO)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def _heading(result: Result) -> str:
    chosen = result.configuration
    storm = chosen.scenario
    return (
        f"{storm.name}\n{', '.join(storm.markets)} from {storm.start} to {storm.end}\n"
        f"{chosen.traders:,} traders ({chosen.population.name}, seed {chosen.seed}), "
        f"{money(chosen.capital)} dollars behind each market{_beginning(chosen.state)}"
        + "".join(f"\n{_staked(design, text)}" for design, text in stakes(result).items())
    )


def _staked(design: str, text: str) -> str:
    """The stakes of a design, a line broken between its markets only."""
    whole = f"{design}: {text}".replace(" ", _JOINED).replace(f";{_JOINED}", "; ")
    lines = textwrap.fill(whole, WIDTH, initial_indent="  ", subsequent_indent="    ")
    return lines.replace(_JOINED, " ")


def _beginning(state: Beginning | None) -> str:
    if state is None:
        return ""
    return f",\nbut {', '.join(state.markets)} with the pool of {state.file}\nof {state.time}"


def stakes(result: Result) -> dict[str, str]:
    """What each design does with the same capital: what its vaults' owners brought, in a line."""
    state = result.configuration.state
    recorded = state.markets if state is not None else []
    found: dict[str, list[str]] = {}
    for row in result.rows:
        texts = found.setdefault(row.design, [])
        if row.market in recorded:
            text = f"{row.market} as recorded"
        else:
            text = ", ".join(_stake(row.market, one) for one in row.returns) or "no vault"
        if text not in texts:
            texts.append(text)
    return {design: "; ".join(texts) for design, texts in found.items()}


def _stake(market: str, brought: Return) -> str:
    """What a vault's owners brought, as ``senior 10.0 M dollars``."""
    text = f"{brought.vault} {money(brought.dollars)} dollars"
    if not brought.tokens:
        return text
    tokens = brought.tokens / int(TOKEN)
    return f"{text} and {f'{tokens:,.6g}' if tokens < 1e6 else f'{tokens:,.0f}'} {market}"


def _guards(row: Row) -> str:
    return "" if row.guards == "none" else f"\n+ {row.guards}"


def markets(result: Result) -> Table:
    """A row per design and market; the vaults in the order in which losses reach them."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("market")
    for name in ("liquidated", "bad\ndebt", "losses", "worst", "end"):
        justify: JustifyMethod = "left" if name == "losses" else "right"
        table.add_column(name, justify=justify, no_wrap=True)
    for name in ("winners\nlost", "100 k\nin 1 %", "1 M\nin 1 %", "halted"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in result.rows:
        standing = _standing(row)
        table.add_row(
            f"{row.design} {row.market}\n{row.preset}{_guards(row)}",
            _liquidated(row),
            money(row.bad_debt),
            "\n".join(name for name, _, _ in standing),
            "\n".join(money(-worst) for _, worst, _ in standing),
            "\n".join(money(end, sign=True) for _, _, end in standing),
            money(row.deleveraging.taken + row.withheld),
            *(share(probe.within_1, row.ticks) for probe in row.probes),
            share(row.halts.ticks, row.ticks),
        )
    return table


def _standing(row: Row) -> list[tuple[str, int, int]]:
    """Who stands behind a market: name, the deepest loss, and where it ended."""
    found = [(layer.vault, layer.worst, layer.end) for layer in row.layers]
    insurance = row.insurance
    return [*found, ("insurance", insurance.drawn, insurance.end)] if insurance.apart else found


def _liquidated(row: Row) -> str:
    accounts = max((rung.accounts for rung in row.liquidations), default=0)
    dollars = sum(rung.dollars for rung in row.liquidations) + row.auctions.dollars
    return f"{money(dollars)}\n{accounts:,} acc." if accounts else "0"


def _people(rows: list[Row]) -> Table:
    """A column per row of the first table: gains by class, then the ladder."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    table.add_column("who gained, who paid", no_wrap=True)
    for row in rows:
        name = (
            f"{row.design} {row.market}" if len(rows) < ABREAST else f"{row.design}\n{row.market}"
        )
        table.add_column(f"{name}{_guards(row)}", justify="right", overflow="fold")
    for kind in dict.fromkeys(kind for row in rows for kind in row.gains):
        gains = [row.gains.get(kind, 0) for row in rows]
        if any(gains):
            table.add_row(kind, *(money(gain, sign=True) for gain in gains))
    table.add_row("sum", *(money(sum(row.gains.values())) for row in rows), end_section=True)
    for name, cells in _workings(rows):
        table.add_row(name, *(_fitted(cell, _room(len(rows))) for cell in cells))
    return table


def _room(count: int) -> int:
    """Columns of each of ``count`` cells side by side."""
    return (WIDTH - _LABEL - 2 * count) // count


def _fitted(cell: str, room: int) -> str:
    """A cell broken between its numbers or behind its hyphens, never inside a word or a number."""
    lines = []
    for line in cell.split("\n"):
        first, comma, second = line.partition(", ")
        if len(line) > room and comma:
            lines += [f"{first},", second]
        else:
            lines += [line]
    return "\n".join(
        part
        for line in lines
        for part in textwrap.wrap(line, room, break_long_words=False) or [line]
    )


def _workings(rows: list[Row]) -> Iterator[tuple[str, list[str]]]:
    """What lies behind the gains: a name, and a cell for each row."""
    for rung in dict.fromkeys(rung.rung for row in rows for rung in row.liquidations):
        yield rung, [_rung(row, rung) for row in rows]
    extras: list[tuple[str, Callable[[Row], str]]] = [
        *((f"{kind}, hedged", _hedged(kind)) for kind in HEDGED),
        *((words, _source(part)) for part, words in _SOURCES.items() if _found(rows, part)),
        ("deleveraged", _deleveraged),
        ("funding and utilisation", _funding),
        ("fees, spread, impact", _fees),
        ("arbitrageur's charges", _charges),
        ("arbitrageur's funding", _anchor_funding),
        ("mark off the price", _off),
        ("largest skew", _skew),
        ("not filled, most often", _unfilled),
    ]
    for name, text in extras:
        yield name, [text(row) for row in rows]
    for dial in dict.fromkeys(name for row in rows for name in row.dials.series):
        yield dial, [_dial(row, dial) for row in rows]
    for role in dict.fromkeys(found.role for row in rows for found in row.inherited):
        yield f"{role}, most", [_inherited(row, role) for row in rows]
    for price in dict.fromkeys(found.price for row in rows for found in row.at_marks):
        yield f"vaults at {price / 10**10:g}", [_at_mark(row, price) for row in rows]
    if any(row.at_marks for row in rows):
        yield "largest takeover", [_takeover(row) for row in rows]
    for price in dict.fromkeys(found.price for row in rows for found in row.at_marks):
        yield f"its result at {price / 10**10:g}", [_taken_at(row, price) for row in rows]
    for order in dict.fromkeys(found.order for row in rows for found in row.departures):
        yield f"unpaid, {order}", [_unpaid(row, order) for row in rows]


def _charges(row: Row) -> str:
    return money(row.anchor.charges)


def _anchor_funding(row: Row) -> str:
    return money(-row.anchor.funding, sign=True)


def _off(row: Row) -> str:
    """Mean and largest distance of the mark from the published price."""
    mean, most = (off / 10_000_000_000 for off in (row.anchor.off_mean, row.anchor.off_most))
    return f"{mean:.2f}, {most:.1f} %"


def _dial(row: Row, name: str) -> str:
    values = row.dials.series.get(name, [])
    return f"most {money(max(values))}\nend {money(values[-1])}" if values else "-"


def _inherited(row: Row, role: str) -> str:
    """The largest position of an account of the market's own, and its entry."""
    for found in row.inherited:
        if found.role == role:
            dollars = abs(found.size) * found.entry // int(NOTIONAL_STEP)
            side = "long" if found.size > 0 else "short"
            return f"{side} {money(dollars)}\nat {found.entry / 10**10:.6g}"
    return "-"


def _takeover(row: Row) -> str:
    found = row.at_marks[0].takeover if row.at_marks else None
    if found is None:
        return "-"
    side = "long" if found.size > 0 else "short"
    size = f"{abs(found.size) / int(TOKEN):,.0f}"
    return f"{size}\n{side} at\n{found.price / 10**10:.6g},\n{found.rung}"


def _taken_at(row: Row, price: int) -> str:
    """What the largest takeover stands at for who has it, when the mark had come to ``price``."""
    for found in row.at_marks:
        if found.takeover is not None and found.price == price:
            return f"{found.takeover.result / int(DOLLAR):+,.0f}"
    return "-"


def _at_mark(row: Row, price: int) -> str:
    """What all vaults together had gained when the mark had come to ``price``."""
    for found in row.at_marks:
        if found.price == price:
            return money(sum(found.vaults.values()), sign=True)
    return "-"


def _unpaid(row: Row, order: str) -> str:
    """Who would be left unpaid if everybody left in this order."""
    for found in row.departures:
        if found.order == order:
            dollars = sum(found.unpaid.values())
            return f"{found.accounts:,} acc., {money(dollars)}" if found.accounts else "0"
    return "-"


def _rung(row: Row, name: str) -> str:
    for rung in row.liquidations:
        if rung.rung == name:
            dollars = f", {money(rung.dollars)}" if rung.dollars else ""
            return f"{rung.count:,}{dollars}"
    return "0"


def _hedged(kind: str) -> Callable[[Row], str]:
    return lambda row: money(row.gains[kind] + row.hedges[kind], sign=True)


def _found(rows: list[Row], part: str) -> bool:
    return any(getattr(found, part) for row in rows for found in row.returns)


def _source(part: str) -> Callable[[Row], str]:
    """One source of the vaults' returns, a line for each vault in the order of losses."""

    def text(row: Row) -> str:
        amounts = [getattr(found, part) for found in row.returns]
        return "\n".join(money(-one if part == "kept" else one, sign=True) for one in amounts)

    return text


def _deleveraged(row: Row) -> str:
    cuts = row.deleveraging
    return f"{cuts.accounts:,} acc., {money(cuts.dollars)}" if cuts.count else "0"


def _funding(row: Row) -> str:
    return money(row.charges.funding + row.charges.utilisation, sign=True)


def _fees(row: Row) -> str:
    return money(row.charges.fees + row.charges.spread + row.charges.impact, sign=True)


def _skew(row: Row) -> str:
    interest = row.interest
    most = max(interest.skew_most, interest.skew_least, key=abs)
    return money(most, sign=True)


def _unfilled(row: Row) -> str:
    """The commonest reason for which an order was refused or cancelled."""
    reasons: dict[str, int] = {}
    for kind, orders in row.orders.items():
        for counts in (orders.refused, orders.cancelled):
            for code, count in counts.items():
                if kind != "arbitrageur":
                    reasons[code] = reasons.get(code, 0) + count
    if not reasons:
        return "-"
    code = max(reasons, key=lambda reason: reasons[reason])
    return f"{reasons[code]:,}\n{code}"


def _books(result: Result) -> str:
    off = [run.conservation for run in result.runs]
    total = sum(abs(amount) for amount in off)
    idle = dict.fromkeys(note for run in result.runs for note in run.idle)
    proof = f"conservation: {total} (everybody's gains added up, in 1e-6 dollar)"
    return "\n".join([*idle, proof])

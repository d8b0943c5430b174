"""The rows of a comparison: every question, and how its answer is written in a cell."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from textwrap import wrap

from seawall.engine.fixed import DOLLAR, HOUR, MINUTE, SECOND
from seawall.storm.compare_result import Answer, Cost
from seawall.storm.guard_lab import ATTACKER, HONEST
from seawall.storm.result import Row
from seawall.storm.table import money, share

Pair = tuple[Answer, Row]
"""What was asked of a market, and its storm."""

Line = tuple[str, Callable[[Answer, Row], str]]
"""A question, and the answer in a cell."""

LIVING_OFF = ("makers", "balancers", "arbitrageur", "bidders")
"""Classes that trade because others do."""

NONE = "-"
"""There is nothing to say, or nothing that can be measured; the notes say which."""

_DOLLAR, _SECOND, _MINUTE, _HOUR = int(DOLLAR), int(SECOND), int(MINUTE), int(HOUR)
CELL = 14
"""Characters of a cell."""

_DUST = 1_000
"""Rates up to it (1e-12) are roundings of prices."""


def rate(found: int | None) -> str:
    """A rate (1e-12) in percent with three digits or so.

    Example::

        assert rate(341_800_000) == "0.034"
    """
    if found is None:
        return NONE
    percent = found / 10**10
    if abs(found) <= _DUST:
        return "0"
    if abs(percent) < 0.0005:
        return "<.001" if found > 0 else ">-.001"
    size = abs(percent)
    return f"{percent:.{1 if size >= 9.995 else 2 if size >= 0.9995 else 3}f}"


def span(milliseconds: int) -> str:
    """A time in seconds, minutes or hours, three digits at most.

    Example::

        assert span(225_000) == "225 s"
    """
    for unit, name in ((_SECOND, "s"), (_MINUTE, "min")):
        if milliseconds < 1_000 * unit:
            return f"{milliseconds / unit:.0f} {name}"
    return f"{milliseconds / _HOUR:.0f} h"


def sections(pairs: Sequence[Pair]) -> Iterator[tuple[str, list[Line]]]:
    """The questions, section by section, that are asked of markets side by side."""
    sizes = list(dict.fromkeys(cost.dollars for cost in pairs[0][0].costs))
    yield (
        "beyond the fee: buy, sell",
        [
            *((f"calm, {_size(size)}", _costs(size, "calm")) for size in sizes),
            *((f"worst, {_size(size)}", _costs(size, "worst")) for size in sizes),
        ],
    )
    yield (
        "with the fee: buy, sell",
        [
            *((f"calm, {_size(size)}", _costs(size, "calm_all")) for size in sizes),
            *((f"worst, {_size(size)}", _costs(size, "worst_all")) for size in sizes),
        ],
    )
    yield "within 1 %: buy, sell", [(_size(size), _ticks(size, "storm_within")) for size in sizes]
    yield (
        "not to be had: buy, sell",
        [(_size(size), _ticks(size, "storm_refused")) for size in sizes],
    )
    yield (
        "the other side",
        [
            ("who it is", _counterparty),
            ("losses reach, in order", lambda answer, _: "\n".join(answer.losses)),
            ("vaults lost at worst", _worst),
            ("vaults at the end", _end),
            ("largest net position", _net),
            ("traders gained", _gained(HONEST)),
            ("makers and the like", _gained(LIVING_OFF)),
            *([("attacker", _gained((ATTACKER,)))] if _attacked(pairs) else []),
            ("winners cut", _cut),
            ("winners did not get", lambda _, row: money(row.deleveraging.taken + row.withheld)),
            ("cannot be paid", lambda _, row: money(-row.gains.get("unpaid", 0))),
        ],
    )
    yield (
        "held a day, a million",
        [
            ("longs paid", _carried(0)),
            ("shorts paid", _carried(1)),
            ("funding an hour, %", _funding),
            ("to the vaults in all", _to_vaults),
        ],
    )
    opened = [one.dollars for one in pairs[0][0].leverage]
    yield "leverage: terms, filled", [(_size(size), _leverage(size)) for size in opened]
    rungs = dict.fromkeys(rung.rung for _, row in pairs for rung in row.liquidations)
    yield (
        "liquidation",
        [
            *((name, _rung(name)) for name in rungs),
            ("accounts", _accounts),
            ("price off, %", _discount),
            ("at once", lambda answer, _: share(answer.waits.at_once, answer.waits.count)),
            ("waited: median, longest", _waited),
            ("waiting at a time", lambda answer, _: f"{answer.waits.crowd:,}"),
            ("bad debt", lambda _, row: money(row.bad_debt)),
        ],
    )
    yield (
        "open interest",
        [
            ("most: long, short", _interest),
            ("room in the calm, long", _room(0, "calm")),
            ("room in the calm, short", _room(1, "calm")),
            ("tightest, long", _room(0, "tightest")),
            ("tightest, short", _room(1, "tightest")),
            ("the guards' cap", lambda one, _: "none" if one.cap is None else money(one.cap)),
        ],
    )
    yield (
        "what stopped",
        [
            ("no order was taken", lambda _, row: share(row.halts.ticks, row.ticks)),
            ("orders not filled", _unfilled),
            ("exits: taken, paid", _exits),
            ("exits refused", _exits_refused),
            ("exits waited, longest", _longest),
            ("least let out at once", _free),
        ],
    )


def _size(dollars: int) -> str:
    for unit, name in ((1_000_000, " M"), (1_000, " k")):
        if dollars >= unit:
            return f"{dollars // unit}{name}"
    return str(dollars)


def _both(answer: Answer, dollars: int) -> list[Cost]:
    return [cost for cost in answer.costs if cost.dollars == dollars]


def _costs(dollars: int, part: str) -> Callable[[Answer, Row], str]:
    def tell(answer: Answer, row: Row) -> str:
        return ", ".join(rate(getattr(cost, part)) for cost in _both(answer, dollars))

    return tell


def _ticks(dollars: int, part: str) -> Callable[[Answer, Row], str]:
    def tell(answer: Answer, row: Row) -> str:
        counts = [getattr(cost, part) for cost in _both(answer, dollars)]
        return ", ".join(share(count, answer.storm_ticks) for count in counts)

    return tell


def _counterparty(answer: Answer, row: Row) -> str:
    return "others' orders" if answer.rests else "\n".join(layer.vault for layer in row.layers)


def _worst(answer: Answer, row: Row) -> str:
    found = [(layer.vault, -layer.worst) for layer in row.layers]
    return _named([*found, ("insurance", -row.insurance.drawn)] if row.insurance.apart else found)


def _end(answer: Answer, row: Row) -> str:
    found = [(layer.vault, layer.end) for layer in row.layers]
    return _named([*found, ("insurance", row.insurance.end)] if row.insurance.apart else found)


def _named(amounts: Sequence[tuple[str, int]]) -> str:
    """A line for each, or two where one would be too long."""
    told = [f"{name} {money(amount)}" for name, amount in amounts]
    return "\n".join(line if len(line) <= CELL else line.replace(" ", "\n", 1) for line in told)


def _net(answer: Answer, row: Row) -> str:
    """The most by which one side of the traders was larger, which the other side carries."""
    most = max(row.interest.skew_most, -row.interest.skew_least)
    return money(most)


def _gained(kinds: Sequence[str]) -> Callable[[Answer, Row], str]:
    return lambda _, row: money(sum(row.gains.get(kind, 0) for kind in kinds), sign=True)


def _cut(answer: Answer, row: Row) -> str:
    cuts = row.deleveraging
    return f"{cuts.accounts:,}, {money(cuts.dollars)}" if cuts.count else "0"


def _attacked(pairs: Sequence[Pair]) -> bool:
    return any(ATTACKER in row.gains for _, row in pairs)


def _carried(place: int) -> Callable[[Answer, Row], str]:
    def tell(answer: Answer, row: Row) -> str:
        found = answer.carry[place]
        if not found.held:
            return NONE
        return money(found.paid * 1_000_000 * _DOLLAR // found.held)

    return tell


def _funding(answer: Answer, row: Row) -> str:
    charges = row.charges
    return f"{rate(charges.funding_rate_most)}, {rate(charges.funding_rate_least)}"


def _to_vaults(answer: Answer, row: Row) -> str:
    return money(row.charges.funding + row.charges.utilisation, sign=True)


def _leverage(dollars: int) -> Callable[[Answer, Row], str]:
    def tell(answer: Answer, row: Row) -> str:
        (found,) = (one for one in answer.leverage if one.dollars == dollars)
        tried = NONE if found.tried is None else f"{found.tried / 10:g}"
        return f"{found.terms / 10:g}, {tried}"

    return tell


def _rung(name: str) -> Callable[[Answer, Row], str]:
    def tell(answer: Answer, row: Row) -> str:
        for rung in row.liquidations:
            if rung.rung == name:
                return f"{rung.count:,}, {money(rung.dollars)}" if rung.dollars else str(rung.count)
        return "0"

    return tell


def _accounts(answer: Answer, row: Row) -> str:
    return f"{max((rung.accounts for rung in row.liquidations), default=0):,}"


def _discount(answer: Answer, row: Row) -> str:
    waits = answer.waits
    return rate(waits.discount * 10**12 // waits.dollars) if waits.dollars else NONE


def _waited(answer: Answer, row: Row) -> str:
    waits = answer.waits
    return f"{span(waits.median)}, {span(waits.longest)}" if waits.count else NONE


def _interest(answer: Answer, row: Row) -> str:
    return f"{money(row.interest.long_most)}, {money(row.interest.short_most)}"


def _room(place: int, part: str) -> Callable[[Answer, Row], str]:
    def tell(answer: Answer, row: Row) -> str:
        found = answer.rooms[place]
        dollars = getattr(found, part)
        if dollars is None:
            return NONE
        code = getattr(found, f"{part}_code")
        return "\n".join([money(dollars * _DOLLAR), *wrap(code, CELL)])

    return tell


def _unfilled(answer: Answer, row: Row) -> str:
    """The two commonest reasons, of everybody but the arbitrageur, who is choosy."""
    reasons: Counter[str] = Counter()
    for kind, orders in row.orders.items():
        if kind != "arbitrageur":
            reasons.update(orders.refused)
            reasons.update(orders.cancelled)
    told = [
        line
        for code, count in sorted(reasons.items(), key=lambda one: (-one[1], one[0]))[:2]
        for line in (f"{count:,}", *wrap(code, CELL))
    ]
    return "\n".join(told) or "0"


def _exits(answer: Answer, row: Row) -> str:
    asked = sum(layer.exits_asked for layer in row.layers)
    return f"{asked}, {money(sum(layer.exits_paid for layer in row.layers))}"


def _exits_refused(answer: Answer, row: Row) -> str:
    reasons: Counter[str] = Counter()
    for layer in row.layers:
        if layer.vault in row.orders:
            reasons.update(row.orders[layer.vault].refused)
    told = [
        line
        for code, count in sorted(reasons.items())
        for line in (f"{count:,}", *wrap(code, CELL))
    ]
    return "\n".join(told) or "0"


def _longest(answer: Answer, row: Row) -> str:
    return span(max(door.longest for door in answer.exits)) if answer.exits else NONE


def _free(answer: Answer, row: Row) -> str:
    found = [(one.vault, one.free_least) for one in answer.exits]
    return _named([(name, least) for name, least in found if least is not None]) or NONE

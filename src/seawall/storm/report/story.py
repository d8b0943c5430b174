"""What happened, told from the numbers: a paragraph for all, a sentence or two for each design."""

from collections.abc import Callable, Sequence

import numpy as np

from seawall.storm.crowd import CLASSES
from seawall.storm.recording import Recording
from seawall.storm.report.view import View
from seawall.storm.report.words import (
    HOUSE,
    Lane,
    called,
    counted,
    dollars,
    lanes,
    listed,
    percent,
    price,
    rows_of,
)
from seawall.storm.result import Row

_HOUR = 3_600_000


def paragraph(recording: Recording) -> str:
    """What happened to the price, to everybody, and where it differed."""
    chosen = recording.result.configuration
    runs = lanes(recording)
    found = [(lane, rows_of(recording, lane)) for lane in runs]
    said = [_price(View(recording, market)) for market in chosen.scenario.markets]
    behind = "each market" if len(chosen.scenario.markets) > 1 else "the market"
    met = (
        f"{counted(chosen.traders, 'trader')} and {dollars(chosen.capital)} behind {behind} met it"
    )
    said.append(
        f"{met} in {runs[0].name}." if len(runs) == 1 else f"{met} in {_venues(runs)} alike."
    )
    said += [_liquidated(found), _winners(found)]
    said.append(_tradable(found))
    said.append(_cut(found))
    return " ".join(part for part in said if part)


def of_each(recording: Recording) -> list[tuple[Lane, str]]:
    """What happened in each design."""
    return [(lane, _design(rows_of(recording, lane))) for lane in lanes(recording)]


def _venues(runs: Sequence[Lane]) -> str:
    designs = len({lane.design for lane in runs})
    guards = len({lane.guards for lane in runs})
    if guards == 1:
        return counted(designs, "design")
    return f"{counted(designs, 'design')} under {counted(guards, 'set')} of guards"


def _price(view: View) -> str:
    """The largest move of the published price, the largest within an hour, and the end."""
    series = view.column(view.lanes[0], "published")
    first = int(np.argmax(~np.isnan(series)))
    path = series[first:]
    falls = path / np.maximum.accumulate(path)
    rises = path / np.minimum.accumulate(path)
    fell = float(-np.log(falls.min())) >= float(np.log(rises.max()))
    last = int(np.argmin(falls) if fell else np.argmax(rises))
    begin = int(np.argmax(path[: last + 1]) if fell else np.argmin(path[: last + 1]))
    whole = float(path[last] / path[begin] - 1)
    if begin == last:
        return f"{view.market} stood at {price(float(path[0]))} dollars throughout."
    steps = max(1, _HOUR // view.tick)
    before = path[np.maximum(np.arange(len(path)) - steps, 0)]
    hourly = path / before - 1
    fastest = int(np.argmin(hourly) if fell else np.argmax(hourly))
    quick = float(hourly[fastest])
    verb = "fell" if fell else "rose"
    text = (
        f"{view.market} {verb} {percent(abs(whole))}, from {price(float(path[begin]))} dollars at "
        f"{view.clock(first + begin)} to {price(float(path[last]))} at "
        f"{view.clock(first + last)} UTC"
    )
    if (last - begin) * view.tick > _HOUR:
        text += f", {percent(abs(quick))} within one hour"
    end = float(path[-1] / path[0] - 1)
    if abs(end) < 0.0005:
        return f"{text}, and ended where it had begun."
    return f"{text}, and ended {percent(abs(end))} {'above' if end > 0 else 'below'} its beginning."


def _liquidated(found: Sequence[tuple[Lane, list[Row]]]) -> str:
    if not any(_closed(rows) for _, rows in found):
        return "Nobody was liquidated."
    text = f"Liquidation closed {_span(found, _closed, dollars)} of positions and left "
    if not any(_debt(rows) for _, rows in found):
        return f"{text}no bad debt."
    return f"{text}{_span(found, _debt, dollars)} of bad debt."


def _winners(found: Sequence[tuple[Lane, list[Row]]]) -> str:
    """The largest gain and the largest loss of a class, and what the traders made together."""
    sums: dict[tuple[str, Lane], int] = {}
    for lane, rows in found:
        for row in rows:
            for kind, gain in row.gains.items():
                if kind not in HOUSE:
                    sums[kind, lane] = sums.get((kind, lane), 0) + gain
    (winner, there), gain = max(sums.items(), key=lambda item: item[1])
    (loser, here), loss = min(sums.items(), key=lambda item: item[1])
    several = len(found) > 1
    in_there = f" in {there.name}" if several else ""
    in_here = f" in {here.name}" if several and here != there else ""
    all_rows = [row for _, rows in found for row in rows]
    ours = _span(found, _traders, lambda total: dollars(total, sign=True))
    return (
        f"The traders together made {ours}. {_upper(called(winner, all_rows))} gained most"
        f"{in_there} ({dollars(gain, sign=True)}), {called(loser, all_rows)} lost most{in_here} "
        f"({dollars(loss)})."
    )


def _closed(rows: Sequence[Row]) -> int:
    return sum(
        sum(rung.dollars for rung in row.liquidations) + row.auctions.dollars for row in rows
    )


def _debt(rows: Sequence[Row]) -> int:
    return sum(row.bad_debt for row in rows)


def _traders(rows: Sequence[Row]) -> int:
    return sum(row.gains.get(kind, 0) for row in rows for kind in CLASSES)


def _span(
    found: Sequence[tuple[Lane, list[Row]]],
    measure: Callable[[Sequence[Row]], int],
    text: Callable[[int], str],
) -> str:
    """A measure over all runs: one number, or the least and the most with their names."""
    values = [(measure(rows), lane) for lane, rows in found]
    low, high = min(values, key=lambda v: v[0]), max(values, key=lambda v: v[0])
    if text(low[0]) == text(high[0]):
        return text(low[0])
    between = "" if len(found) == 2 else "between "
    return f"{between}{text(low[0])} ({low[1].name}) and {text(high[0])} ({high[1].name})"


def _tradable(found: Sequence[tuple[Lane, list[Row]]]) -> str:
    """For how much of the time the probe that tells the designs apart best could be traded."""
    sizes = [probe.dollars for probe in found[0][1][0].probes]
    said = []
    for place, size in enumerate(sizes):
        shares = []
        for lane, rows in found:
            ticks = max(1, sum(row.ticks for row in rows))
            shares.append((sum(row.probes[place].within_1 for row in rows) / ticks, lane))
        low, high = min(shares, key=lambda s: s[0]), max(shares, key=lambda s: s[0])
        amount = dollars(size * 1_000_000)
        if percent(low[0]) == percent(high[0]):
            said.append(f"{amount} could be traded within 1 % for {percent(low[0])} of the time")
        else:
            said.append(
                f"{amount} could be traded within 1 % for {percent(low[0])} of the time in "
                f"{low[1].name} and {percent(high[0])} in {high[1].name}"
            )
    return "; ".join(said) + "."


def _cut(found: Sequence[tuple[Lane, list[Row]]]) -> str:
    cut = [(sum(row.deleveraging.accounts for row in rows), lane) for lane, rows in found]
    hurt = [f"{counted(number, 'account')} in {lane.name}" for number, lane in cut if number]
    if not hurt:
        return "No winner was deleveraged."
    return f"Winners were deleveraged: {listed(hurt)}."


def _design(rows: Sequence[Row]) -> str:
    accounts = sum(max((r.accounts for r in row.liquidations), default=0) for row in rows)
    said = []
    if accounts:
        debt = _debt(rows)
        said.append(
            f"{counted(accounts, 'account')} liquidated, {dollars(_closed(rows))} of positions, "
            f"{dollars(debt) if debt else 'no'}{' of' if debt else ''} bad debt."
        )
    else:
        said.append("Nobody was liquidated.")
    said += [_vaults(rows), _paid_late(rows), _stopped(rows), _taken(rows)]
    return " ".join(part for part in said if part)


def _vaults(rows: Sequence[Row]) -> str:
    """Each vault over all markets: its deepest point, its end."""
    said = []
    names = list(dict.fromkeys(layer.vault for row in rows for layer in row.layers))
    for name in names:
        layers = [(row, layer) for row in rows for layer in row.layers if layer.vault == name]
        row, deepest = max(layers, key=lambda found: found[1].worst)
        end = sum(layer.end for _, layer in layers)
        where = f" ({row.market})" if len(rows) > 1 else ""
        if deepest.worst > 0:
            low = f"stood at {dollars(-deepest.worst)}{where} at its deepest"
        else:
            low = "was never below what was put in"
        said.append(f"{name} {low} and ended at {dollars(end, True)}")
    text = "; ".join(said)
    return f"{_upper(text)}." if text else ""


def _paid_late(rows: Sequence[Row]) -> str:
    unpaid = -sum(row.gains.get("unpaid", 0) for row in rows)
    withheld = sum(row.withheld for row in rows)
    said = []
    if withheld:
        said.append(f"winners were not paid {dollars(withheld)} of their profit")
    if unpaid:
        said.append(f"in the end the market owed {dollars(unpaid)} that it did not have")
    text = "; ".join(said)
    return f"{_upper(text)}." if text else ""


def _stopped(rows: Sequence[Row]) -> str:
    halted = sum(row.halts.ticks for row in rows)
    ticks = max(1, sum(row.ticks for row in rows))
    if not halted:
        return ""
    debt = sum(row.halts.shortfall_after for row in rows)
    after = f", and {dollars(debt)} of bad debt came to light after a halt" if debt else ""
    return f"No order was taken for {percent(halted / ticks)} of the time{after}."


def _taken(rows: Sequence[Row]) -> str:
    accounts = sum(row.deleveraging.accounts for row in rows)
    if not accounts:
        return ""
    cut = sum(row.deleveraging.dollars for row in rows)
    taken = sum(row.deleveraging.taken for row in rows)
    cost = f"at a cost of {dollars(taken)} to them" if taken else "at no worse than the mark"
    return (
        f"{counted(accounts, 'winner')} lost {dollars(cut)} of positions to deleveraging, {cost}."
    )


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]

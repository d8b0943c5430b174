"""What happened, told from the numbers: a paragraph for all, a sentence or two for each design."""

from collections.abc import Callable, Sequence

from seawall.storm.crowd import CLASSES
from seawall.storm.recording import Recording
from seawall.storm.report.moves import prices
from seawall.storm.report.view import View
from seawall.storm.report.words import (
    HOUSE,
    Lane,
    called,
    counted,
    dollars,
    lanes,
    listed,
    number,
    percent,
    rows_of,
    sentence,
)
from seawall.storm.result import Row

Found = Sequence[tuple[Lane, list[Row]]]

_NAMED = 4


def paragraph(recording: Recording) -> str:
    """What happened to the price, to everybody, and where it differed."""
    markets = recording.result.configuration.scenario.markets
    found = [(lane, rows_of(recording, lane)) for lane in lanes(recording)]
    said = [prices([View(recording, market) for market in markets]), _met(recording, found)]
    said += [_liquidated(found), _left(found), _traders_as_a_whole(found), _extremes(found)]
    said += [_tradable(found), _cut(found)]
    return " ".join(part for part in said if part)


def of_each(recording: Recording) -> list[tuple[Lane, str]]:
    """What happened in each design."""
    state = recording.result.configuration.state
    shared = state is not None and len(state.markets) > 1
    return [(lane, of_rows(rows_of(recording, lane), shared)) for lane in lanes(recording)]


# everybody


def _met(recording: Recording, found: Found) -> str:
    """Who met the storm, and what stood behind the trades."""
    chosen = recording.result.configuration
    runs = [lane for lane, _ in found]
    where = runs[0].name if len(runs) == 1 else _venues(runs)
    if not chosen.traders:
        text = f"It met {where} without traders"
    elif len(runs) == 1:
        text = f"{counted(chosen.traders, 'trader')} met it in {where}"
    else:
        text = f"The same {counted(chosen.traders, 'trader')} met it in {where}"
    recorded = chosen.state.markets if chosen.state is not None else []
    if set(recorded) >= set(chosen.scenario.markets):
        return f"{text}, with the recorded pool behind the trades."
    behind = "each market" if len(chosen.scenario.markets) > 1 else "the market"
    return f"{text}, with {dollars(chosen.capital)} behind {behind}."


def _venues(runs: Sequence[Lane]) -> str:
    designs = len({lane.design for lane in runs})
    guards = len({lane.guards for lane in runs})
    text = f"{number(designs)} design{'' if designs == 1 else 's'}"
    return text if guards == 1 else f"{text} under {number(guards)} sets of guards"


def _liquidated(found: Found) -> str:
    if not any(_closed(rows) for _, rows in found):
        return "Nobody was liquidated."
    low, high = _ends(found, _closed)
    if len(found) == 1:
        return f"Liquidation closed {dollars(high[0])} of positions."
    if dollars(low[0]) == dollars(high[0]):
        return f"Liquidation closed {dollars(high[0])} of positions in every one of them."
    most = f"Liquidation closed the most in {high[1].name}, {dollars(high[0])} of positions, and "
    if not low[0]:
        none = [lane.name for lane, rows in found if not _closed(rows)]
        return f"{most}nothing in {listed(none)}."
    return f"{most}the least in {low[1].name}, {dollars(low[0])}."


def _left(found: Found) -> str:
    """Who was left with bad debt."""
    if not any(_closed(rows) for _, rows in found):
        return ""
    debts = sorted(((_debt(rows), lane) for lane, rows in found), key=lambda d: -d[0])
    some = [(debt, lane) for debt, lane in debts if debt]
    none = [lane.name for debt, lane in debts if not debt]
    if not some:
        return "No bad debt was left."
    if len(found) == 1:
        return f"It left {dollars(some[0][0])} of bad debt."
    parts = [f"{dollars(debt)} in {lane.name}" for debt, lane in some]
    if len(parts) > _NAMED:
        text = f"Bad debt was largest in {some[0][1].name}, {dollars(some[0][0])}"
    else:
        text = f"Bad debt was {listed(parts)}"
    if not none:
        return f"{text}."
    return f"{text}; {listed(none) if len(none) <= _NAMED else number(len(none))} had none."


def _traders_as_a_whole(found: Found) -> str:
    low, high = _ends(found, _traders)
    if not low[0] and not high[0]:
        return ""
    if len(found) == 1:
        return f"The traders as a whole {_result(high[0])}."
    if dollars(low[0]) == dollars(high[0]):
        return f"The traders as a whole {_result(high[0])} in every one of them."
    return (
        f"The traders as a whole did best in {high[1].name}, where they {_result(high[0])}, and "
        f"worst in {low[1].name}, where they {_result(low[0])}."
    )


def _result(gain: int) -> str:
    if not gain:
        return "came out even"
    return f"{'gained' if gain > 0 else 'lost'} {dollars(abs(gain))}"


def _extremes(found: Found) -> str:
    """The largest gain and the largest loss of a class."""
    sums: dict[tuple[str, Lane], int] = {}
    for lane, rows in found:
        for row in rows:
            for kind, gain in row.gains.items():
                if kind not in HOUSE:
                    sums[kind, lane] = sums.get((kind, lane), 0) + gain
    (winner, there), gain = max(sums.items(), key=lambda item: item[1])
    (loser, here), loss = min(sums.items(), key=lambda item: item[1])
    every = [row for _, rows in found for row in rows]
    several = len(found) > 1
    said: list[str] = []
    if gain > 0:
        where = f" in {there.name}" if several else ""
        said.append(f"{called(winner, every)} gained most{where}, {dollars(gain)}")
    if loss < 0:
        where = f" in {here.name}" if several else ""
        said.append(f"{called(loser, every)} lost most{where}, {dollars(-loss)}")
    return f"{sentence('; '.join(said))}." if said else ""


def _closed(rows: Sequence[Row]) -> int:
    return sum(
        sum(rung.dollars for rung in row.liquidations) + row.auctions.dollars for row in rows
    )


def _debt(rows: Sequence[Row]) -> int:
    return sum(row.bad_debt for row in rows)


def _traders(rows: Sequence[Row]) -> int:
    return sum(row.gains.get(kind, 0) for row in rows for kind in CLASSES)


def _ends(
    found: Found, measure: Callable[[Sequence[Row]], int]
) -> tuple[tuple[int, Lane], tuple[int, Lane]]:
    """The least and the most of a measure, and whose they are."""
    values = [(measure(rows), lane) for lane, rows in found]
    return min(values, key=lambda v: v[0]), max(values, key=lambda v: v[0])


def _tradable(found: Found) -> str:
    """For how much of the time orders of the probes' sizes could be filled near the mark."""
    said: dict[str, list[str]] = {}
    for place, probe in enumerate(found[0][1][0].probes):
        shares = []
        for lane, rows in found:
            ticks = max(1, sum(row.ticks for row in rows))
            shares.append((sum(row.probes[place].within_1 for row in rows) / ticks, lane))
        low, high = min(shares, key=lambda s: s[0]), max(shares, key=lambda s: s[0])
        if percent(low[0]) == percent(high[0]):
            alike = {0.0: "at no time", 1.0: "at all times"}
            when = alike.get(low[0], f"for {percent(low[0])} of the time")
        else:
            when = f"for {percent(low[0])} ({low[1].name}) to "
            when += f"{percent(high[0])} ({high[1].name}) of the time"
        size = f"{probe.dollars // 1000:,} k".replace(",000 k", " M")
        said.setdefault(when, []).append(size)
    (when, sizes), *rest = said.items()
    text = f"An order of {' or '.join(sizes)} dollars could be filled within 1 % of the mark {when}"
    more = [f"one of {' or '.join(sizes)} {when}" for when, sizes in rest]
    return f"{'; '.join([text, *more])}."


def _cut(found: Found) -> str:
    cut = [(sum(row.deleveraging.accounts for row in rows), lane) for lane, rows in found]
    hurt = [(winners, lane) for winners, lane in cut if winners]
    if not hurt:
        return "No winner was deleveraged."
    where = listed([f"{counted(winners, 'winner')} in {lane.name}" for winners, lane in hurt])
    return f"Deleveraging closed positions of {where}."


# each design


def of_rows(rows: Sequence[Row], shared: bool) -> str:
    """What happened in the markets of a run; ``shared`` where one pool stands behind them all."""
    accounts = sum(max((r.accounts for r in row.liquidations), default=0) for row in rows)
    said: list[str] = []
    if accounts:
        debt = _debt(rows)
        said.append(
            f"{counted(accounts, 'account')} {'was' if accounts == 1 else 'were'} liquidated, "
            f"{dollars(_closed(rows))} of positions, with {dollars(debt) if debt else 'no'}"
            f"{' of' if debt else ''} bad debt."
        )
    else:
        said.append("Nobody was liquidated.")
    said += [_vaults(rows, shared), _paid_late(rows), _stopped(rows), _taken(rows)]
    return " ".join(part for part in said if part)


def _vaults(rows: Sequence[Row], shared: bool) -> str:
    """Each vault: its deepest point in any market, and its end over all of them.

    The end is what its owners gained: a pool that is ``shared`` stands whole in every market.
    """
    names = list(dict.fromkeys(layer.vault for row in rows for layer in row.layers))
    if not names:
        return ""
    said: list[str] = []
    for name in names:
        layers = [(row, layer) for row in rows for layer in row.layers if layer.vault == name]
        row, deepest = max(layers, key=lambda found: found[1].worst)
        end = sum(row.gains.get(name, 0) for row in rows)
        several = len(rows) > 1 and not shared
        where = f" in {row.market}" if several else ""
        over = " over all markets" if len(rows) > 1 and not said else ""
        if deepest.worst <= 0 and not end:
            said.append(f"{name} neither gained nor lost")
        elif deepest.worst <= 0:
            said.append(f"{name} was never below what was put in and ended {_up(end)}{over}")
        elif not several and dollars(deepest.worst) == dollars(-end):
            said.append(f"{name} ended at its deepest, {_up(end)}")
        else:
            low = f"{name} was {dollars(deepest.worst)} down{where} at its deepest"
            said.append(f"{low} and ended {_up(end)}{over}")
    return f"{'Its vault' if len(names) == 1 else 'Of its vaults,'} {'; '.join(said)}."


def _up(gain: int) -> str:
    if not gain:
        return "where it had begun"
    return f"{dollars(abs(gain))} {'up' if gain > 0 else 'down'}"


def _paid_late(rows: Sequence[Row]) -> str:
    unpaid = -sum(row.gains.get("unpaid", 0) for row in rows)
    withheld = sum(row.withheld for row in rows)
    said: list[str] = []
    if withheld:
        said.append(f"winners were not paid {dollars(withheld)} of their profit")
    if unpaid:
        said.append(f"in the end the market owed {dollars(unpaid)} that it did not have")
    return f"{sentence('; '.join(said))}." if said else ""


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
    cost = f"which cost them {dollars(taken)}" if taken else "at no worse than the mark"
    return (
        f"{counted(accounts, 'winner')} had {dollars(cut)} of positions closed by deleveraging, "
        f"{cost}."
    )

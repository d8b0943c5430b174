"""The charts over time: price, the mark's distance from it, depth, interest, skew, funding."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from seawall.storm.report.series import Floats, line, moment
from seawall.storm.report.view import Drawing, View, across
from seawall.storm.report.words import (
    DASHES,
    Lane,
    counted,
    dollars,
    listed,
    percent,
    price,
    set_in_type,
)
from seawall.storm.result import Row

_GREY = "#8a9099"
_SPANS = 144
_LANE = 44
_MILLION = 1_000_000
_TOLD = 6
"""Of more runs a title names the extremes alone."""
_MONEY = "%{y:,.0f} dollars"
_SAME = 0.005
"""A mark that is nowhere so far from the published price, in per cent, is that price."""


def price_chart(view: View) -> Drawing:
    """The published price and the marks that left it; below, a lane of liquidations for each."""
    published = view.column(view.lanes[0], "published")
    count = len(view.lanes)
    height = 300 + _LANE * count + 60
    strayed = _strayed(view)
    data: list[dict[str, Any]] = [
        view.trace(lane, view.column(lane, "mark"), "%{y:,.7~g} dollars") for lane, _ in strayed
    ]
    data.append(
        {
            **line(view.start, view.tick, published),
            "name": "published price",
            "meta": -1,
            "line": {"color": _GREY, "width": 1.5},
            "hovertemplate": "%{y:,.7~g} dollars",
        }
    )
    largest = max(1.0, *(float(np.max(_spans(view, lane)[1])) for lane in view.lanes))
    for lane in view.lanes:
        data += [_halts(view, lane), _discs(view, lane, largest)]
    split = (_LANE * count + 10) / (height - 90)
    layout = across(view, height, title={"text": "dollars"}, domain=[split, 1], zeroline=False)
    layout["yaxis2"] = {
        "domain": [0, split - 10 / (height - 90)],
        "range": [count - 0.5, -0.5],
        "showticklabels": False,
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }
    layout["xaxis"]["anchor"] = "y2"
    layout["annotations"] = [
        {
            "x": 0, "xref": "paper", "xanchor": "left", "y": lane.place - 0.3, "yref": "y2",
            "text": lane.name, "showarrow": False, "font": {"size": 11},
            "name": f"lane-{lane.place}",
        }
        for lane in view.lanes
    ]  # fmt: skip
    return Drawing(
        "Price, liquidations and halts",
        _price_title(view, published),
        _price_note(view, [lane for lane, _ in strayed], largest),
        data,
        layout,
    )


def _strayed(view: View) -> list[tuple[Lane, Floats]]:
    """The runs whose mark was not the published price, and how far it was from it (per cent)."""
    away = [
        (lane, (mark / view.column(lane, "published") - 1) * 100)
        for lane, mark in view.lines("mark")
    ]
    return [found for found in away if abs(_peak([found]).value) >= _SAME]


def _price_note(view: View, strayed: Sequence[Lane], largest: float) -> str:
    """How to read the chart, and which marks are not drawn since they would hide the price."""
    same = [lane.name for lane in view.lanes if lane not in strayed]
    alone = len(view.lanes) == 1
    if not strayed:
        marks = f"the published price, which was {'the' if alone else 'every'} mark"
    elif alone:
        marks = "the published price (uncoloured) and the mark"
    elif same:
        marks = f"the published price (uncoloured), which was the mark of {listed(same)}, and the "
        marks += "marks of the others"
    else:
        marks = "the published price (uncoloured) and each design's mark"
    lanes = "" if alone else ", a lane for each design"
    text = (
        f"Above: {marks}. Below{lanes}: a disc is what was liquidated around that time, its area "
    )
    text += "the dollars"
    if largest > 1:
        text += f" (the largest {_dollars(largest)})"
    halted = any(row.halts.ticks for row in view.rows)
    text += "; a bar is a time in which no order was taken" if halted else "; there was no halt"
    return set_in_type(f"{text}.")


def _price_title(view: View, published: Floats) -> str:
    total = [view.column(lane, "liquidated") for lane in view.lanes]
    dollars_in: Floats = np.sum(total, axis=0)
    text = f"{view.market} moved between {price(float(np.nanmin(published)))} and "
    text += f"{price(float(np.nanmax(published)))} dollars"
    if not np.any(dollars_in):
        return f"{text}; nobody was liquidated"
    hour = max(1, round(3_600_000 / view.tick))
    sums = np.convolve(dollars_in, np.ones(hour))[: len(dollars_in)]
    last = int(np.argmax(sums))
    share = float(sums[last] / np.sum(dollars_in))
    return (
        f"{text}; {percent(share)} of what was liquidated fell into the hour to {view.clock(last)}"
    )


def _spans(view: View, lane: Lane) -> tuple[Floats, Floats, Floats]:
    """First tick, dollars and number of liquidations of each span in which there were any."""
    size = -(-len(view.times) // _SPANS)
    starts = np.arange(0, len(view.times), size)
    amounts = np.add.reduceat(view.column(lane, "liquidated"), starts)
    numbers = np.add.reduceat(view.column(lane, "liquidations"), starts)
    some = numbers > 0
    if not some.any():
        return np.zeros(0), np.zeros(1), np.zeros(0)
    return starts[some].astype(np.float64), amounts[some], numbers[some]


def _discs(view: View, lane: Lane, largest: float) -> dict[str, Any]:
    size = -(-len(view.times) // _SPANS)
    starts, amounts, numbers = _spans(view, lane)
    middles = [min(int(start) + size // 2, len(view.times) - 1) for start in starts]
    return {
        "type": "scatter",
        "mode": "markers",
        "yaxis": "y2",
        "x": [moment(view.times[middle]) for middle in middles],
        "y": [lane.place + 0.12] * len(middles),
        "marker": {
            "color": lane.colour,
            "symbol": "circle-open" if lane.hollow else "circle",
            "size": [round(float(amount)) for amount in amounts[: len(middles)]],
            "sizemode": "area",
            "sizeref": 2 * largest / 28**2,
            "sizemin": 2,
            "opacity": 0.65,
            "line": {"width": 1.5 if lane.hollow else 0},
        },
        "cliponaxis": False,
        "text": [
            f"{dollars(round(amount * 1e6))}, {counted(round(number), 'liquidation')}"
            for amount, number in zip(amounts, numbers, strict=False)
        ],
        "name": f"{lane.name}, liquidated",
        "meta": lane.place,
        "showlegend": False,
        "hovertemplate": "%{text}",
    }


def _halts(view: View, lane: Lane) -> dict[str, Any]:
    shortest = max(1, len(view.times) // 300)
    x: list[str | None] = []
    place = 0
    for halted, group in groupby(view.column(lane, "halted") > 0):
        length = len(list(group))
        if halted:
            end = min(place + max(length, shortest), len(view.times) - 1)
            x += [moment(view.times[place]), moment(view.times[end]), None]
        place += length
    return {
        "type": "scatter",
        "mode": "lines",
        "yaxis": "y2",
        "x": x,
        "y": [None if at is None else lane.place + 0.12 for at in x],
        "line": {"color": lane.colour, "width": 14},
        "opacity": 0.3,
        "name": f"{lane.name}, halted",
        "meta": lane.place,
        "showlegend": False,
        "hoverinfo": "skip",
    }


@dataclass(frozen=True)
class Peak:
    """The number farthest from 0 in any run: whose, at which tick."""

    lane: Lane
    index: int
    value: float


def _peak(found: Sequence[tuple[Lane, Floats]]) -> Peak:
    peaks = []
    for lane, values in found:
        index = int(np.argmax(np.abs(np.nan_to_num(values))))
        peaks.append(Peak(lane, index, float(np.nan_to_num(values)[index])))
    return max(peaks, key=lambda peak: abs(peak.value))


def strayed_chart(view: View) -> Drawing:
    """How far each mark was from the published price."""
    subject = "Mark against published price"
    away = _strayed(view)
    if not away:
        return Drawing(
            subject, "", "", empty="Every mark was the published price, to 0.005 % at all times."
        )
    peak = _peak(away)
    title = (
        f"The mark of {peak.lane.name} was up to {abs(peak.value):.2f} % "
        f"{'above' if peak.value > 0 else 'below'} the published price, "
        f"at {view.clock(peak.index)}"
    )
    note = "Per cent above the published price, or below it."
    same = [lane.name for lane in view.lanes if lane not in [other for other, _ in away]]
    if same:
        note += f" The mark of {listed(same)} was that price, to 0.005 %."
    data = [view.trace(lane, values, "%{y:+.3f} %") for lane, values in away]
    return Drawing(subject, title, set_in_type(note), data, across(view, ticksuffix=" %"))


def depth_chart(view: View) -> Drawing:
    """What could be traded within 1 % of the mark, on the thinner side."""
    data = []
    shares = []
    most = 0.0
    for lane, buy in view.lines("depth_buy"):
        thin = np.minimum(buy, view.column(lane, "depth_sell"))
        most = max(most, float(np.max(thin)))
        shares.append((float(np.mean(thin >= _MILLION)), lane))
        data.append(view.trace(lane, np.maximum(thin, 1_000), _MONEY))
    decades = range(3, max(7, int(np.ceil(np.log10(max(most, 1))))) + 1)
    axis: dict[str, Any] = {
        "type": "log",
        "range": [2.9, decades[-1] + 0.1],
        "tickvals": [10**decade for decade in decades],
        "ticktext": [_power(decade) for decade in decades],
        "title": {"text": "dollars"},
    }
    return Drawing(
        "Depth within 1 % of the mark",
        _depth_title(shares),
        "Dollars that could be bought and sold at a price, all charges included, at most 1 % worse "
        "than the mark; the thinner side, on a logarithmic scale. 0 while no order was taken.",
        data,
        across(view, **axis),
    )


def _depth_title(shares: Sequence[tuple[float, Lane]]) -> str:
    """For how much of the time a million could be traded; of many runs, the extremes."""
    text = "Share of the time in which one million dollars could be traded: "
    if len(shares) <= _TOLD:
        return text + listed([f"{percent(share)} in {lane.name}" for share, lane in shares])
    low, high = min(shares, key=lambda s: s[0]), max(shares, key=lambda s: s[0])
    return f"{text}{percent(low[0])} in {low[1].name} to {percent(high[0])} in {high[1].name}"


def _power(decade: int) -> str:
    if decade == 3:
        return "≤ 1 k"
    return f"{10 ** (decade % 3)} {['', 'k', 'M', 'bn', 'tn'][decade // 3]}"


def interest_chart(view: View) -> Drawing:
    """Open interest: longs above the line, shorts below it."""
    data = []
    sums = []
    for lane, longs in view.lines("long"):
        shorts = view.column(lane, "short")
        sums.append((lane, longs + shorts))
        data.append(view.trace(lane, longs, _MONEY, name=f"{lane.name}, long"))
        data.append(view.trace(lane, -shorts, _MONEY, name=f"{lane.name}, short", showlegend=False))
    subject = "Open interest"
    peak = _peak(sums)
    if peak.value == 0:
        return Drawing(subject, "", "", empty="Nobody held a position.")
    title = (
        f"Most was open in {peak.lane.name}: {_dollars(peak.value)}, longs and shorts together, "
        f"at {view.clock(peak.index)}"
    )
    note = "Dollars at the mark: longs above the line, shorts below it."
    return Drawing(subject, title, note, data, across(view, title={"text": "dollars"}))


def skew_chart(view: View) -> Drawing:
    """Longs less shorts: what the counterparty of all traders holds against."""
    subject = "Skew"
    skews = [(lane, longs - view.column(lane, "short")) for lane, longs in view.lines("long")]
    peak = _peak(skews)
    if abs(peak.value) < 1:
        return Drawing(
            subject, "", "", empty="Longs and shorts were equal in every design at all times."
        )
    title = (
        f"The crowd leaned furthest in {peak.lane.name}: {_dollars(abs(peak.value))} "
        f"net {'long' if peak.value > 0 else 'short'} at {view.clock(peak.index)}"
    )
    note = "Dollars at the mark, longs less shorts: above the line the crowd is net long."
    data = [view.trace(lane, skew, _MONEY) for lane, skew in skews]
    return Drawing(subject, title, note, data, across(view, title={"text": "dollars"}))


def funding_chart(view: View) -> Drawing:
    """The funding rate that was settled last."""
    subject = "Funding"
    rates = [(lane, rate * 100) for lane, rate in view.lines("funding_rate")]
    peak = _peak(rates)
    if peak.value == 0:
        return Drawing(subject, "", "", empty="No funding was paid.")
    title = (
        f"The dearest hour of funding was in {peak.lane.name}: "
        f"{'longs' if peak.value > 0 else 'shorts'} paid at {abs(peak.value):.3g} % an hour "
        f"at {view.clock(peak.index)}"
    )
    note = "Per cent of the position an hour: above the line longs pay, below it shorts do."
    data = [view.trace(lane, rate, "%{y:+.4f} % an hour") for lane, rate in rates]
    return Drawing(subject, title, note, data, across(view, title={"text": "% an hour"}))


def layers_chart(view: View) -> Drawing:
    """The result of every vault through time."""
    data = []
    seen: dict[int, int] = {}
    dashed = any(lane.style for lane in view.lanes)
    for lane, name, result in view.layers:
        place = seen.get(lane.place, 0)
        seen[lane.place] = place + 1
        style: dict[str, Any] = {
            "color": lane.colour,
            "width": 1 if dashed and place else 1.8,
            "dash": lane.dash if dashed else DASHES[place % len(DASHES)],
        }
        data.append(
            view.trace(
                lane,
                result,
                "%{y:+,.0f} dollars",
                name=f"{lane.name}, {lane.layer(name)}",
                line=style,
            )
        )
    subject = "What the capital had gained or lost"
    if not data:
        return Drawing(subject, "", "", empty="No vault stood behind the trades.")
    title = _layers_title(view)
    note = "Dollars against what was put in, at the value at which a deposit is priced."
    if max(seen.values()) > 1:
        first, behind = ("Broad", "thin") if dashed else ("Solid", "dashed, dotted")
        note += f" {first}: the vault that loses first; {behind}: those behind it."
    return Drawing(subject, title, note, data, across(view, title={"text": "dollars"}))


def _layers_title(view: View) -> str:
    def lost(row: Row) -> int:
        return max((layer.worst for layer in row.layers), default=0)

    worst = max(zip(view.lanes, view.rows, strict=True), key=lambda pair: lost(pair[1]))
    lane, row = worst
    if lost(row) <= 0:
        return "No vault was ever below what was put in"
    layer = max(row.layers, key=lambda layer: layer.worst)
    when = min(range(len(view.times)), key=lambda at: abs(view.times[at] - layer.worst_time))
    text = f"The deepest hole was in {lane.layer(layer.vault)} of {lane.name}: "
    text += f"{dollars(layer.worst)} at "
    text += view.clock(when)
    brought = next((one for one in row.returns if one.vault == layer.vault), None)
    if brought is None or brought.tokens or not brought.dollars:
        return text
    return f"{text}, {percent(layer.worst / brought.dollars)} of what was brought"


def _dollars(amount: float) -> str:
    return dollars(round(amount * 1_000_000))

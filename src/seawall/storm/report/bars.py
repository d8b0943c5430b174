"""The charts of totals: gains by class, losses by layer, deleveraging by account."""

from typing import Any

import polars as pl

from seawall.engine.fixed import DOLLAR
from seawall.storm.report.view import Drawing, View
from seawall.storm.report.words import (
    HOUSE,
    Lane,
    called,
    counted,
    dollars,
    listed,
    sentence,
    set_in_type,
)
from seawall.storm.result import Row
from seawall.storm.table import money

_DOLLAR = int(DOLLAR)
_ACCOUNTS = 10


def gains_chart(view: View) -> Drawing:
    """What each class of people gained or lost, a bar for every run in which it did."""
    kinds = _kinds(view)
    subject = "Who gained, who paid"
    if not kinds:
        return Drawing(subject, "", "", empty="Nobody gained or lost anything.")
    places: dict[tuple[int, str], int] = {}
    middles, borders = [], []
    place = 0
    for kind in kinds:
        first = place
        for lane, row in zip(view.lanes, view.rows, strict=True):
            if row.gains.get(kind):
                places[lane.place, kind] = place
                place += 1
        middles.append((first + place - 1) / 2)
        borders.append(place)
        place += 1
    data = []
    for lane, row in zip(view.lanes, view.rows, strict=True):
        own = [kind for kind in kinds if (lane.place, kind) in places]
        bars = _bars(lane, [row.gains[kind] for kind in own], lane.name)
        own_places = [places[lane.place, kind] for kind in own]
        data.append(bars | {"y": own_places, "width": 0.82, "customdata": own})
    layout = _sideways(data, place, 15)
    layout["yaxis"] |= {
        "tickvals": middles,
        "ticktext": kinds,
        "range": [place - 0.4, -0.8],
        "showgrid": False,
        "zeroline": False,
        "minor": {"tickvals": borders[:-1], "showgrid": True},
    }
    return Drawing(
        subject,
        _gains_title(view),
        "Dollars gained or lost by everybody of a class, open positions at the last mark; where "
        "there is no bar it was nothing. In each design the bars add up to 0. Below zero, "
        "<i>unpaid</i> is what the market owes its winners and cannot pay; <i>reserve</i> belongs "
        "to nobody.",
        data,
        layout,
    )


def _kinds(view: View) -> list[str]:
    """Everybody who gained or lost: people, then the vaults, then the house."""
    all_kinds = dict.fromkeys(kind for row in view.rows for kind in row.gains)
    found = [kind for kind in all_kinds if any(row.gains.get(kind) for row in view.rows)]
    vaults = [layer.vault for row in view.rows for layer in row.layers]
    return sorted(found, key=lambda kind: 2 * (kind in HOUSE) + (kind in vaults))


def _gains_title(view: View) -> str:
    """The largest gain and the largest loss of a class that is somebody."""
    people = [
        (gain, kind, lane)
        for lane, row in zip(view.lanes, view.rows, strict=True)
        for kind, gain in row.gains.items()
        if kind not in HOUSE
    ]
    gain, winner, there = max(people, key=lambda found: found[0])
    loss, loser, here = min(people, key=lambda found: found[0])
    several = len(view.lanes) > 1
    said = []
    if gain > 0:
        where = f" in {there.name}" if several else ""
        said.append(f"{called(winner, view.rows)} gained most{where}, {dollars(gain)}")
    if loss < 0:
        where = f" in {here.name}" if several else ""
        said.append(f"{called(loser, view.rows)} lost most{where}, {dollars(-loss)}")
    return sentence("; ".join(said) or "no class of people gained or lost anything")


def losses_chart(view: View) -> Drawing:
    """How deep each layer went and where it ended, in the order in which losses reach them."""
    data: list[dict[str, Any]] = []
    names: list[str] = []
    for lane, row in zip(view.lanes, view.rows, strict=True):
        found = _layers(row)
        labels = [
            set_in_type(f"{_at(lane, name)}<br>{money(-worst)} → {money(end, sign=True)}")
            for name, worst, end in found
        ]
        names += labels
        deepest = _bars(lane, [-worst for _, worst, _ in found], "deepest") | {"y": labels}
        deepest["opacity"] = 0.45
        deepest["textposition"] = "none"
        deepest["showlegend"] = False
        deepest["customdata"] = [_at(lane, name).replace("<br>", " ") for name, _, _ in found]
        data.append(deepest)
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [end / _DOLLAR for _, _, end in found],
                "y": labels,
                "cliponaxis": False,
                "customdata": deepest["customdata"],
                "marker": {
                    "color": lane.colour,
                    "size": 10,
                    "symbol": "diamond-open" if lane.hollow else "diamond",
                },
                "hovertemplate": "%{customdata}, at the end: %{x:+,.0f} dollars<extra></extra>",
                "name": f"{lane.name}, at the end",
                "meta": lane.place,
            }
        )
    layout = _sideways(data, len(names), _height(view, 38))
    layout["yaxis"] |= _in_order(names)
    return Drawing(
        "Loss by layer",
        _losses_title(view),
        "Bar and first number: the deepest point (of insurance: all that it advanced). Diamond and "
        "second number: the end. Vaults stand "
        "in the order in which losses reach them; <i>winners</i> is profit cut by deleveraging or "
        "withheld, <i>claims unpaid</i> what the market owes and does not have.",
        data,
        layout,
    )


def _at(lane: Lane, name: str) -> str:
    """A layer of a run."""
    return f"{_tall(lane)}: {lane.layer(name)}"


def _tall(lane: Lane) -> str:
    """The name of a run as the beginning of a label: what is long takes two lines."""
    return lane.name.replace(" + ", "<br>+ ")


def _height(view: View, each: int) -> int:
    """Pixels of a bar whose label begins with the name of its run."""
    return each + 14 * any(lane.guards != "none" for lane in view.lanes)


def _layers(row: Row) -> list[tuple[str, int, int]]:
    """Name, deepest loss and end of everything that bore losses."""
    found = [(layer.vault, max(0, layer.worst), layer.end) for layer in row.layers]
    if row.insurance.apart:
        found.append(("insurance", row.insurance.drawn, row.insurance.end))
    lost = row.deleveraging.taken + row.withheld
    unpaid = -row.gains.get("unpaid", 0)
    found += [("winners", lost, -lost)] if lost else []
    found += [("claims unpaid", unpaid, -unpaid)] if unpaid else []
    return found


def _losses_title(view: View) -> str:
    """The layer that was hurt most."""
    found = []
    for lane, row in zip(view.lanes, view.rows, strict=True):
        name, worst, _ = max(_layers(row), key=lambda layer: layer[1], default=("", 0, 0))
        if worst > 0:
            found.append((worst, f"{lane.layer(name)} of {lane.name}, {dollars(worst)} down"))
    if not found:
        return "No layer was ever below what was put in"
    _, text = max(found)
    return f"Hurt most: {text}"


def deleveraging_chart(view: View) -> Drawing:
    """The accounts that were deleveraged most."""
    subject = "Deleveraging by account"
    cuts = view.cuts
    if cuts.is_empty():
        where = "in any design" if len(view.lanes) > 1 else f"in {view.lanes[0].name}"
        return Drawing(subject, "", "", empty=f"No winner was deleveraged {where} ({view.market}).")
    data: list[dict[str, Any]] = []
    names: list[str] = []
    parts = []
    several = cuts.select("design", "guards").n_unique() > 1
    for lane in view.lanes:
        own = cuts.filter((pl.col("design") == lane.design) & (pl.col("guards") == lane.guards))
        if own.is_empty():
            continue
        total = int(own["dollars"].sum())
        parts.append(f"{dollars(total)} of {counted(own.height, 'winner')} in {lane.name}")
        shown = own.sort("dollars", "account", descending=[True, False]).head(_ACCOUNTS)
        labels = [
            (f"{_tall(lane)}: " if several else "") + f"{_one(kind)} {account}"
            for account, kind in shown.select("account", "kind").iter_rows()
        ]
        names += labels
        amounts = shown["dollars"].to_list()
        bars = _bars(lane, amounts, lane.name) | {"y": labels}
        bars["text"] = [set_in_type(money(amount)) for amount in amounts]
        bars["customdata"] = [
            f"cut {counted(count, 'time')}, {dollars(cut)} of positions; "
            f"profit paid {dollars(paid)}, withheld {dollars(withheld)}"
            for count, cut, paid, withheld in shown.select(
                "count", "dollars", "profit", "withheld"
            ).iter_rows()
        ]
        bars["hovertemplate"] = "%{y}<br>%{customdata}<extra></extra>"
        data.append(bars)
    layout = _sideways(data, len(names), _height(view, 24) if several else 24)
    layout["yaxis"] |= _in_order(names)
    return Drawing(
        subject,
        f"Positions closed by deleveraging: {listed(parts)}",
        f"Dollars of positions closed against their owners' will; the {_ACCOUNTS} largest "
        "accounts of each design.",
        data,
        layout,
    )


def _one(kind: str | None) -> str:
    """One of a class: ``traders`` is the name of all."""
    return (kind or "account").removesuffix("s")


def _in_order(names: list[str]) -> dict[str, Any]:
    """Categories from top to bottom, without a rule through their numbers."""
    return {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": names,
        "autorange": "reversed",
        "showgrid": False,
    }


def _bars(lane: Lane, amounts: list[int], name: str) -> dict[str, Any]:
    marker: dict[str, Any] = {"color": lane.colour}
    if lane.hatching:
        marker["pattern"] = {"shape": lane.hatching, "size": 6, "fillmode": "replace"}
        marker["line"] = {"color": lane.colour, "width": 1}
    return {
        "type": "bar",
        "orientation": "h",
        "x": [amount / _DOLLAR for amount in amounts],
        "text": [set_in_type(money(amount, sign=True)) if amount else "" for amount in amounts],
        "textposition": "outside",
        "textfont": {"size": 10},
        "cliponaxis": False,
        "hovertemplate": f"%{{customdata}}, {name}: %{{x:+,.0f}} dollars<extra></extra>",
        "name": name,
        "meta": lane.place,
        "marker": marker,
    }


def _sideways(bars: list[dict[str, Any]], count: int, each: int) -> dict[str, Any]:
    """The layout of ``count`` horizontal bars, ``each`` so many pixels, with room for numbers."""
    least = min(0.0, *(x for trace in bars for x in trace["x"]))
    most = max(0.0, *(x for trace in bars for x in trace["x"]))
    whole = max(1.0, most - least)
    return {
        "height": 80 + count * each,
        "barmode": "overlay",
        "bargap": 0.25,
        "hovermode": "closest",
        "showlegend": True,
        "xaxis": {
            "title": {"text": "dollars"},
            "zeroline": True,
            "nticks": 6,
            "range": [
                least - whole * (0.25 if least < 0 else 0.02),
                most + whole * (0.25 if most > 0 else 0.02),
            ],
        },
        "yaxis": {"automargin": True},
    }

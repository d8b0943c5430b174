"""The charts of totals: gains by class, losses by layer, deleveraging by account."""

from typing import Any

import polars as pl

from seawall.engine.fixed import DOLLAR
from seawall.storm.report.view import Drawing, View
from seawall.storm.report.words import HOUSE, Lane, called, counted, dollars, listed, set_in_type
from seawall.storm.result import Row
from seawall.storm.table import money

_DOLLAR = int(DOLLAR)
_ACCOUNTS = 10


def gains_chart(view: View) -> Drawing:
    """What each class of people gained or lost, a bar for every run."""
    kinds = _kinds(view)
    subject = "Who gained, who paid"
    if not kinds:
        return Drawing(subject, "", "", empty="Nobody gained or lost anything.")
    data = [
        _bars(
            lane,
            kinds,
            [row.gains.get(kind, 0) for kind in kinds],
            lane.name,
        )
        for lane, row in zip(view.lanes, view.rows, strict=True)
    ]
    return Drawing(
        subject,
        _gains_title(view),
        "Dollars gained or lost by everybody of a class, open positions at the last mark. In each "
        "design the bars add up to 0. Below zero, <i>unpaid</i> is what the market owes its "
        "winners and cannot pay; <i>reserve</i> belongs to nobody.",
        data,
        _sideways(data, len(kinds), len(view.lanes)),
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
    in_there = f" in {there.name}" if len(view.lanes) > 1 else ""
    in_here = f" in {here.name}" if len(view.lanes) > 1 else ""
    return (
        f"{_sentence(called(winner, view.rows))} gained most{in_there}, "
        f"{dollars(gain, sign=True)}; {called(loser, view.rows)} lost most{in_here}, "
        f"{dollars(loss)}"
    )


def losses_chart(view: View) -> Drawing:
    """How deep each layer went and where it ended, in the order in which losses reach them."""
    data: list[dict[str, Any]] = []
    names: list[str] = []
    for lane, row in zip(view.lanes, view.rows, strict=True):
        found = _layers(row)
        labels = [
            set_in_type(f"{lane.name}: {name}<br>{money(-worst)} → {money(end, sign=True)}")
            for name, worst, end in found
        ]
        names += labels
        deepest = _bars(lane, labels, [-worst for _, worst, _ in found], "deepest")
        deepest["marker"] |= {"opacity": 0.45}
        deepest["textposition"] = "none"
        data.append(deepest)
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [end / _DOLLAR for _, _, end in found],
                "y": labels,
                "marker": {"color": lane.colour, "size": 10, "symbol": "diamond"},
                "hovertemplate": "%{y}, at the end: %{x:+,.0f} dollars<extra></extra>",
                "name": f"{lane.name}, at the end",
                "meta": lane.place,
            }
        )
    layout = _sideways(data, len(names), 1, 26)
    layout["yaxis"] |= {"categoryorder": "array", "categoryarray": names}
    layout["barmode"] = "overlay"
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
    """The layer that lost most in each design; of many designs, the worst alone."""
    found = []
    for lane, row in zip(view.lanes, view.rows, strict=True):
        name, worst, _ = max(_layers(row), key=lambda layer: layer[1], default=("", 0, 0))
        if worst > 0:
            found.append((worst, f"{name} in {lane.name} ({dollars(-worst)})"))
    if not found:
        return "No layer was ever below what was put in"
    if len(view.lanes) > 3:
        return f"Hurt most: {max(found)[1]}"
    return f"Hurt most: {listed([text for _, text in found])}"


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
        parts.append(f"{lane.name} took {dollars(total)} from {counted(own.height, 'account')}")
        shown = own.sort("dollars", "account", descending=[True, False]).head(_ACCOUNTS)
        labels = [
            (f"{lane.name}: " if several else "") + f"{kind or 'account'} {account}"
            for account, kind in shown.select("account", "kind").iter_rows()
        ]
        names += labels
        bars = _bars(lane, labels, shown["dollars"].to_list(), lane.name)
        bars["customdata"] = [
            f"cut {counted(count, 'time')}, {dollars(cut)} of positions; "
            f"profit paid {dollars(paid)}, withheld {dollars(withheld)}"
            for count, cut, paid, withheld in shown.select(
                "count", "dollars", "profit", "withheld"
            ).iter_rows()
        ]
        bars["hovertemplate"] = "%{y}<br>%{customdata}<extra></extra>"
        data.append(bars)
    layout = _sideways(data, len(names), 1, 16)
    layout["yaxis"] |= {"categoryorder": "array", "categoryarray": names}
    layout["barmode"] = "overlay"
    return Drawing(
        subject,
        _sentence("; ".join(parts)),
        f"Dollars of positions closed against their owners' will; the {_ACCOUNTS} largest "
        "accounts of each design.",
        data,
        layout,
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _bars(lane: Lane, labels: list[str], amounts: list[int], name: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "y": labels,
        "x": [amount / _DOLLAR for amount in amounts],
        "text": [set_in_type(money(amount, sign=True)) if amount else "" for amount in amounts],
        "textposition": "outside",
        "textfont": {"size": 10},
        "cliponaxis": False,
        "hovertemplate": f"%{{y}}, {name}: %{{x:+,.0f}} dollars<extra></extra>",
        "name": name,
        "meta": lane.place,
        "marker": {"color": lane.colour},
    }


def _sideways(
    bars: list[dict[str, Any]], groups: int, side_by_side: int, each: int = 13
) -> dict[str, Any]:
    """The layout of horizontal bars, ``each`` so many pixels high, with room for their numbers."""
    least = min(0.0, *(x for trace in bars for x in trace["x"]))
    most = max(0.0, *(x for trace in bars for x in trace["x"]))
    room = max(1.0, most - least) * 0.2
    return {
        "height": 90 + groups * (side_by_side * each + 12),
        "barmode": "group",
        "bargap": 0.25,
        "hovermode": "closest",
        "showlegend": True,
        "xaxis": {
            "title": {"text": "dollars"},
            "zeroline": True,
            "nticks": 6,
            "range": [least - room if least < 0 else 0, most + room if most > 0 else 0],
        },
        "yaxis": {"automargin": True, "autorange": "reversed", "type": "category"},
    }

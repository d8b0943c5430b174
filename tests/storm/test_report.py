"""The report says what the measures say, holds every chart, and is the same page every time."""

import base64
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.designs import DESIGNS
from seawall.engine.errors import BadParameters
from seawall.storm import Outcome, Series, build, crash_path, load_event, run
from seawall.storm.report.charts import FIGURES, View
from seawall.storm.report.moves import prices
from seawall.storm.report.series import packed, thinned
from seawall.storm.report.story import of_each, of_rows, paragraph
from seawall.storm.report.tables import comparison
from seawall.storm.report.words import (
    clock,
    counted,
    lanes,
    listed,
    number,
    percent,
    price,
    sentence,
    set_in_type,
)
from seawall.storm.result import Row
from seawall.storm.table import ABREAST, money

FIRST = next(iter(DESIGNS))
DAY = datetime(2026, 1, 2, tzinfo=UTC)
FALL = load_event("october-2025").between("2025-10-10T20:50:00Z", "2025-10-10T21:25:00Z")
CRASH = crash_path(
    depth="0.5", calm_minutes=15, fall_minutes=12, rebound="0.8", rebound_minutes=15,
    after_minutes=8, volatility=1.0, seed=1, market="AVAX", start_price=28,
)  # fmt: skip
QUIET = crash_path(depth="0.001", calm_minutes=2, fall_minutes=2, rebound=0, after_minutes=2)


@pytest.fixture(scope="module")
def fall() -> Outcome:
    """Two markets, every design."""
    return run(FALL, traders=120, capital=200_000)


@pytest.fixture(scope="module")
def crash() -> Outcome:
    """One market and design, three sets of guards."""
    return run(CRASH, [FIRST], traders=300, capital=300_000, guards=["none", "hybrid"])


@pytest.fixture(scope="module")
def jelly() -> Outcome:
    return run("jelly", [FIRST], traders=40)


@pytest.fixture(scope="module")
def quiet() -> Outcome:
    return run(QUIET, [FIRST], traders=0)


@pytest.fixture(scope="module")
def page(fall: Outcome) -> str:
    return fall.html(DAY)


class Reader(HTMLParser):
    """A page taken apart: its ids, its text by element, and everything it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.loads: list[str] = []
        self.open: list[str] = []
        self.texts: dict[str, str] = {}
        self.names: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.names.append(tag)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        self.loads += [str(found[name]) for name in ("src", "href") if found.get(name)]
        if tag not in ("meta", "link", "br", "input"):
            self.open.append(str(found.get("id") or tag))

    def handle_endtag(self, tag: str) -> None:
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for name in self.open:
            self.texts[name] = self.texts.get(name, "") + data


def figures(page: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Reader(page).texts["figures"])
    return found


def plain(text: str) -> str:
    """Printed text as the terminal would have it."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")


# the page


def test_the_page_opens_without_a_network(page: str) -> None:
    reader = Reader(page)
    assert reader.loads == ["data:,"]
    assert "@import" not in reader.texts["style"]
    assert "url(" not in reader.texts["style"]
    assert reader.open == []


def test_no_two_elements_have_the_same_id(page: str) -> None:
    ids = Reader(page).ids
    assert len(ids) == len(set(ids))


def test_the_page_carries_the_chart_library_once_and_is_small(page: str) -> None:
    library = base64.b64decode(Reader(page).texts["library"])
    assert library[:2] == b"\x1f\x8b"
    assert len(page) < 3_500_000


def test_every_chart_of_every_market_is_on_the_page_or_says_why_not(
    page: str, fall: Outcome
) -> None:
    drawn = figures(page)
    text = plain(Reader(page).texts["main"])
    for name in FIGURES:
        for place, market in enumerate(("BTC", "ETH")):
            drawing = fall.drawing(name, market)
            if drawing.empty:
                assert drawing.empty in text
                assert f"{name}-{place}" not in drawn
            else:
                assert plain(drawing.title) in text
                assert drawn[f"{name}-{place}"]["data"]
    assert {"price-0", "price-1", "gains-0", "losses-1", "depth-0", "interest-1"} <= drawn.keys()


def test_the_page_holds_the_whole_result(page: str, fall: Outcome) -> None:
    assert json.loads(Reader(page).texts["measures"]) == json.loads(fall.json())


def test_the_tables_are_those_of_the_terminal(page: str, fall: Outcome) -> None:
    text = plain(Reader(page).texts["main"])
    for row in fall.rows:
        for gain in row.gains.values():
            assert money(gain, sign=True) in text
        assert money(row.bad_debt) in text
    assert "Everybody's gains add up to 0 millionths of a dollar." in text
    assert comparison(fall.result) == fall._repr_html_()
    markets = fall.result.configuration.scenario.markets
    assert len(fall.rows) > ABREAST
    tables = 1 + 2 * len(markets)  # the gains, and apart from them how they came about
    assert fall._repr_html_().count("<table ") == page.count("<table ") == tables
    for market in markets:
        assert f"Who gained, who paid: {market}" in text
    assert page.count('<details class="who"') == len(markets)


def test_the_page_says_what_each_design_does_with_the_capital(page: str) -> None:
    text = plain(Reader(page).texts["main"])
    for name, design in DESIGNS.items():
        assert f"{name}: {design.summary}" in text
    assert "200 k dollars behind each market" in plain(Reader(page).texts["header"])


def test_the_page_names_the_source_of_every_price(page: str) -> None:
    text = Reader(page).texts["sources"]
    assert all(line in text for line in FALL.provenance)


def test_the_date_is_all_that_changes(fall: Outcome, page: str) -> None:
    later = fall.html(datetime(2027, 3, 4, tzinfo=UTC))
    assert "written 2026-01-02" in page
    assert later.replace("2027-03-04", "2026-01-02") == page


def test_the_same_seed_gives_the_same_page_in_another_process() -> None:
    code = """
import hashlib
from datetime import UTC, datetime
from seawall.storm import crash_path, run
storm = crash_path(depth="0.4", calm_minutes=3, fall_minutes=5, rebound=0, after_minutes=3)
page = run(storm, traders=60, capital=100_000).html(datetime(2026, 1, 2, tzinfo=UTC))
print(hashlib.sha256(page.encode()).hexdigest())
"""
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True, timeout=120,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(digests) == 1


def test_names_from_a_file_are_text_and_not_markup() -> None:
    times = np.arange(0, 600_000, 15_000, dtype=np.int64)
    prices = np.full(len(times), 10**12, dtype=np.int64)
    line = Series("<img>", "a</script>", times, prices, 15_000)
    storm = build("<b>mine", "</title>", ["<i>made up</script>"], {}, 15_000, [line])
    page = run(storm, [FIRST], traders=3).html(DAY)
    reader = Reader(page)
    assert not {"img", "b>mine"} & set(reader.names)
    assert reader.texts["h1"] == "<b>mine"
    assert "<i>made up</script>" in reader.texts["sources"]
    assert "<img>" in reader.texts["story"]


# the words


def test_the_story_is_told_from_the_numbers(fall: Outcome) -> None:
    text = paragraph(fall)
    assert text.startswith("BTC fell 13.3 %, from 116,840 dollars at 20:50 to 101,281 at 21:20 UTC")
    assert "ETH fell" in text
    assert f"The same 120 traders met it in {number(len(DESIGNS))} designs" in text
    closed = {
        lane.name: sum(
            sum(rung.dollars for rung in row.liquidations) + row.auctions.dollars
            for row in fall.rows
            if row.design == lane.design
        )
        for lane in lanes(fall)
    }
    least, most = min(closed, key=closed.__getitem__), max(closed, key=closed.__getitem__)
    assert f"Liquidation closed the most in {most}, {money(closed[most])} dollars" in text
    assert f"the least in {least}, {money(closed[least])} dollars." in text
    for lane in lanes(fall):
        debt = sum(row.bad_debt for row in fall.rows if row.design == lane.design)
        if debt:
            assert f"{money(debt)} dollars in {lane.name}" in text


def test_many_markets_are_told_together(fall: Outcome) -> None:
    views = [View(fall, market) for market in ("BTC", "ETH", "BTC")]
    text = prices(views)
    assert text.startswith("Between 20:50 and 21:20 UTC prices fell: BTC 13.3 %, ETH 1")
    assert text.count(".") > text.count(" UTC") == 1
    assert "In the end they stood " in text


def test_the_end_of_a_vault_is_what_its_owners_gained(fall: Outcome) -> None:
    for lane, text in of_each(fall):
        rows = [row for row in fall.rows if row.design == lane.design]
        for layer in rows[0].layers:
            gain = sum(row.gains[layer.vault] for row in rows)
            way = "up" if gain > 0 else "down"
            assert f"{layer.vault} " in text
            assert f"ended {money(abs(gain))} dollars {way}" in text


def test_a_pool_that_several_markets_share_is_counted_once(fall: Outcome) -> None:
    rows = [msgspec.json.decode(msgspec.json.encode(row), type=Row) for row in fall.rows]
    (row, other) = (row for row in rows if row.design == FIRST)
    names = [layer.vault for layer in row.layers]
    row.layers = other.layers = row.layers[:1]
    row.layers[0].worst, row.layers[0].end = 8_000_000_000, 5_000_000_000
    row.gains = {names[0]: 3_000_000_000}
    other.gains = {names[0]: 2_000_000_000}
    shared = of_rows([row, other], shared=True)
    assert (
        f"{names[0]} was 8.00 k dollars down at its deepest and ended 5.00 k dollars up" in shared
    )
    apart = of_rows([row, other], shared=False)
    assert f"{names[0]} was 8.00 k dollars down in BTC at its deepest" in apart


def test_a_rise_is_told_as_a_rise(jelly: Outcome) -> None:
    text = paragraph(jelly)
    assert text.startswith("JELLY rose 353 %, from 0.0095 dollars at 12:53 to 0.043 at 13:59 UTC")
    assert "The attacker gained most, 4." in text
    assert "the owners of junior lost most, 4.00 M dollars" in text
    assert f"40 traders met it in {FIRST}, with 14.0 M dollars behind the market." in text


def test_each_design_has_a_sentence_of_its_own(fall: Outcome, jelly: Outcome) -> None:
    told = of_each(fall)
    assert [lane.name for lane, _ in told] == list(DESIGNS)
    assert all("liquidated" in text for _, text in told)
    ((_, text),) = of_each(jelly)
    cuts = jelly.rows[0].deleveraging
    assert f"{cuts.accounts} winners had {money(cuts.dollars)} dollars of positions closed" in text
    assert "junior ended at its deepest, 4.00 M dollars down" in text


def test_halts_are_told_with_what_came_after_them(crash: Outcome) -> None:
    texts = {lane.name: text for lane, text in of_each(crash)}
    assert "No order was taken" not in texts[FIRST]
    row = next(row for row in crash.rows if row.guards == "hybrid")
    assert (
        f"No order was taken for {percent(row.halts.ticks / row.ticks)} of the time"
        in (texts[f"{FIRST} + hybrid"])
    )


def test_a_storm_in_which_nothing_happens_is_told_so(quiet: Outcome) -> None:
    text = paragraph(quiet)
    assert "Nobody was liquidated." in text
    assert "No winner was deleveraged." in text
    assert quiet.drawing("deleveraging").empty == f"No winner was deleveraged in {FIRST} (BTC)."
    assert quiet.drawing("interest").empty == "Nobody held a position."
    assert quiet.drawing("skew").empty
    assert quiet.drawing("funding").empty == "No funding was paid."
    assert "nobody was liquidated" in quiet.drawing("price").title
    quiet.html(DAY)


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (price(101_281.4), "101,281"), (price(28.0), "28.00"), (price(0.0095), "0.0095"),
        (percent(0.5), "50.0 %"), (percent(1.0), "100 %"), (percent(0.99999), "99.9 %"),
        (percent(0.0), "0 %"), (percent(0.0004), "0.04 %"), (percent(3.5), "350 %"),
        (clock(1_760_131_200_000, 0), "21:20"),
        (clock(1_760_131_200_000, 2 * 86_400_000), "10 Oct 21:20"),
        (listed(["a"]), "a"), (listed(["a", "b", "c"]), "a, b and c"),
        (number(5), "five"), (number(11), "11"), (sentence("hlp lost"), "Hlp lost"),
        (counted(1, "account"), "1 account"), (counted(2_000, "account"), "2,000 accounts"),
        (set_in_type("at -4 % of 2025-10-10"), "at \u22124\u00a0% of 2025-10-10"),
        (set_in_type("-<1 and 3 M"), "\u2212<1 and 3\u00a0M"), (set_in_type("3 Men"), "3 Men"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_an_editor_would(made: str, text: str) -> None:
    assert made == text


# the charts


def decoded(trace: dict[str, Any], axis: str) -> np.ndarray[Any, Any]:
    values = trace[axis]
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
    return np.array(values)


def test_a_series_is_drawn_with_its_extremes(crash: Outcome) -> None:
    (ticks,) = (table for (_, guards), table in crash.ticks.group_by("design", "guards")
                if guards == "none")  # fmt: skip
    drawn = [trace for trace in crash.drawing("price").data if trace["name"] == "published price"]
    values = decoded(drawn[0], "y")
    assert values.min() == pytest.approx(ticks["published"].min() / 1e10, rel=1e-6)
    assert values.max() == pytest.approx(ticks["published"].max() / 1e10, rel=1e-6)
    length = drawn[0]["dx"] * len(values)
    assert length == pytest.approx(CRASH.end - CRASH.start, rel=0.05)


def test_a_mark_is_drawn_where_it_left_the_published_price(fall: Outcome) -> None:
    drawing = fall.drawing("price")
    drawn = {trace["meta"] for trace in drawing.data if "yaxis" not in trace} - {-1}
    for lane in lanes(fall):
        ticks = fall.ticks.filter(pl.col("design") == lane.design, pl.col("market") == "BTC")
        off = (ticks["mark"] / ticks["published"] - 1).abs().max()
        assert (lane.place in drawn) == (float(str(off)) >= 0.00005)
    same = [lane.name for lane in lanes(fall) if lane.place not in drawn]
    assert f"which was the mark of {listed(same)}" in drawing.note
    strayed = fall.drawing("strayed")
    assert {trace["meta"] for trace in strayed.data} == drawn


def test_every_liquidation_is_in_a_disc(crash: Outcome) -> None:
    discs = [trace for trace in crash.drawing("price").data if trace["name"].endswith("liquidated")]
    assert len(discs) == len(crash.rows)
    for trace, row in zip(discs, crash.rows, strict=True):
        closed = sum(rung.dollars for rung in row.liquidations) + row.auctions.dollars
        assert sum(trace["marker"]["size"]) == pytest.approx(closed / 1e6, abs=len(trace["x"]))
        said = [int(re.findall(r"([\d,]+) liquidation", text)[0].replace(",", ""))
                for text in trace["text"]]  # fmt: skip
        assert sum(said) == sum(rung.count for rung in row.liquidations) + row.auctions.slices


def test_every_halt_is_a_bar(crash: Outcome) -> None:
    bars = {
        trace["name"]: trace for trace in crash.drawing("price").data if "halted" in trace["name"]
    }
    assert bars[f"{FIRST}, halted"]["x"] == []
    assert len(bars[f"{FIRST} + hybrid, halted"]["x"]) >= 3


def test_the_bars_are_the_gains(crash: Outcome) -> None:
    drawing = crash.drawing("gains")
    taken = []
    for trace, row in zip(drawing.data, crash.rows, strict=True):
        drawn = dict(zip(trace["customdata"], trace["x"], strict=True))
        assert drawn == {kind: gain / 1e6 for kind, gain in row.gains.items() if gain}
        assert sum(drawn.values()) == pytest.approx(0, abs=1e-3)
        taken += trace["y"]
    assert len(taken) == len(set(taken))
    axis = drawing.layout["yaxis"]
    assert set(axis["ticktext"]) == {kind for row in crash.rows for kind in row.gains
                                     if row.gains[kind]}  # fmt: skip


def test_the_losses_are_the_layers(crash: Outcome) -> None:
    data = crash.drawing("losses").data
    for row, deepest, end in zip(crash.rows, data[::2], data[1::2], strict=True):
        places = range(len(row.layers))
        assert [deepest["x"][at] for at in places] == [-layer.worst / 1e6 for layer in row.layers]
        assert [end["x"][at] for at in places] == [layer.end / 1e6 for layer in row.layers]


def test_depth_is_drawn_between_nothing_and_everything(crash: Outcome) -> None:
    for trace in crash.drawing("depth").data:
        assert decoded(trace, "y").min() >= 1_000
    assert "on a logarithmic scale" in crash.drawing("depth").note


def test_the_deleveraged_are_shown_by_account(jelly: Outcome) -> None:
    drawing = jelly.drawing("deleveraging")
    (bars,) = drawing.data
    assert bars["x"] == sorted(bars["x"], reverse=True)
    assert len(bars["x"]) <= 10
    assert bars["y"][0].startswith("attacker ")
    cuts = jelly.rows[0].deleveraging
    told = f"{money(cuts.dollars)} dollars of {cuts.accounts} winners in {FIRST}"
    assert drawing.title == f"Positions closed by deleveraging: {told}"


def test_a_run_has_one_colour_on_the_whole_page(crash: Outcome) -> None:
    colours: dict[int, set[str]] = {}
    for name in FIGURES:
        for trace in crash.drawing(name).data:
            style = trace.get("marker") or trace["line"]
            colours.setdefault(trace["meta"], set()).add(style["color"])
    del colours[-1]
    assert [len(found) for found in colours.values()] == [1] * len(crash.result.runs)
    assert len(set.union(*colours.values())) == len(crash.result.runs)


def test_designs_have_colours_and_guards_have_dashes() -> None:
    two = run(QUIET, ["layered", "gm"], traders=0, guards=["none", "hybrid"])
    found = lanes(two)
    assert [lane.name for lane in found] == ["layered", "layered + hybrid", "gm", "gm + hybrid"]
    assert found[0].colour == found[1].colour != found[2].colour == found[3].colour
    assert [lane.dash for lane in found] == ["solid", "dash", "solid", "dash"]
    assert [lane.hollow for lane in found] == [False, True, False, True]
    drawn = {(trace["line"]["color"], trace["line"]["dash"]) for trace in two.drawing("depth").data}
    assert len(drawn) == len(found)


@pytest.mark.parametrize("name", FIGURES)
def test_every_chart_is_a_figure_for_a_notebook(name: str, crash: Outcome, quiet: Outcome) -> None:
    figure = crash.figure(name)
    drawing = crash.drawing(name)
    assert len(figure.data) == len(drawing.data)
    assert (drawing.empty or drawing.title) in figure.layout.title.text
    assert quiet.figure(name).layout.title.text


def test_a_figure_of_any_market_can_be_had(fall: Outcome) -> None:
    assert "BTC moved" in fall.figure("price").layout.title.text
    assert "ETH moved" in fall.figure("price", "ETH").layout.title.text


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(("prices",), "no figure 'prices'; there are price, strayed"),
     (("price", "SOL"), "no market 'SOL' here; there are BTC, ETH")],
)  # fmt: skip
def test_an_unknown_figure_or_market_is_named(
    fall: Outcome, arguments: tuple[str, ...], told: str
) -> None:
    with pytest.raises(BadParameters, match=told):
        fall.figure(*arguments)


numbers = st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=400)


@settings(max_examples=60, deadline=None)
@given(numbers, st.integers(1, 60))
def test_no_extreme_is_lost_by_thinning(values: list[float], buckets: int) -> None:
    series = np.array(values)
    drawn, each = thinned(series, buckets)
    assert len(drawn) <= 2 * buckets or len(drawn) == len(series)
    assert len(drawn) * each >= len(series)
    if not np.isnan(series).all():
        assert (np.nanmin(drawn), np.nanmax(drawn)) == (np.nanmin(series), np.nanmax(series))
    kept = set(series[~np.isnan(series)].tolist())
    assert set(drawn[~np.isnan(drawn)].tolist()) <= kept


def test_numbers_are_packed_as_single_precision() -> None:
    pack = packed(np.array([1.5, -2.0]))
    assert np.frombuffer(base64.b64decode(pack["bdata"]), "<f4").tolist() == [1.5, -2.0]

"""What README says of October 2025 is what the command prints and what the report draws."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

import seawall
from seawall.storm import Outcome, run
from seawall.storm.report.story import paragraph

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
SHOWN = re.compile(r"^```sh\nseawall storm october-2025\n```\n\n```text\n(.*?)^```$", re.M | re.S)


@pytest.fixture(scope="module")
def october() -> Outcome:
    if not seawall.compiled():
        pytest.skip("ten thousand traders in five designs take minutes without a compiled engine")
    return run("october-2025")


def script() -> ModuleType:
    """The program that draws the chart."""
    spec = importlib.util.spec_from_file_location("october_chart", ROOT / "docs" / "october.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_the_readme_is_what_the_command_prints(october: Outcome) -> None:
    (shown,) = SHOWN.findall(README)
    printed = october.table().splitlines()
    lines = shown.splitlines()
    starts = [at for at, line in enumerate(printed) if line == lines[0]]
    assert any(printed[at : at + len(lines)] == lines for at in starts)
    designs = {row.design for row in october.rows}
    assert all(f"\n{design} {market} " in f"\n{shown}" for design in designs
               for market in ("BTC", "ETH"))  # fmt: skip
    assert "who gained, who paid" in shown
    assert lines[-1].startswith("sum ")


def test_the_paragraph_of_the_readme_is_that_of_the_report(october: Outcome) -> None:
    quoted = " ".join(line[2:] for line in README.splitlines() if line.startswith("> "))
    assert quoted == paragraph(october)


def test_the_chart_of_the_readme_is_drawn_from_this_storm(october: Outcome) -> None:
    chart = script()
    drawing = october.drawing(*chart.CHART)
    for scheme in chart.SCHEMES:
        name = f"docs/october-{scheme}.svg"
        assert name in README
        svg = (ROOT / name).read_text("utf-8")
        assert svg.startswith(f"<!-- {chart.digest(october)} -->\n<svg ")
        assert drawing.title in svg
        assert all(f">{trace['name']}<" in svg for trace in drawing.data)
        assert len(svg) < 150_000


def test_what_the_readme_reads_from_the_storm_is_there(october: Outcome) -> None:
    rows = october.rows
    ends = {(row.design, row.market): row.layers for row in rows}
    for row in rows:
        assert row.gains["trend followers"] < 0
        assert row.halts.ticks == 0
        for layer in row.layers:
            if row.design in ("layered", "gm", "glp"):
                assert layer.end > 0
    assert max(rows, key=lambda row: max(layer.worst for layer in row.layers)).design == "orderbook"
    assert all(layers[0].end < 0 for (design, _), layers in ends.items() if design == "vamm")
    assert all(layers[1].worst <= 0 for (name, _), layers in ends.items() if name == "layered")
    debts = {name: sum(row.bad_debt for row in rows if row.design == name) for name, _ in ends}
    assert debts["vamm"] > 0.95 * sum(debts.values())
    off = [row.anchor.off_most / 10**10 for row in rows if row.design == "vamm"]
    assert 20 < max(off) < 22
    minutes = 0.0
    for row in rows:
        if row.design in ("layered", "gm", "glp"):
            for layer in row.layers:
                minutes = max(minutes, _minutes_below(october, row.design, row.market, layer.vault))
    assert 30 < minutes <= 35


def _minutes_below(october: Outcome, design: str, market: str, vault: str) -> float:
    """How long a vault was below what was put in, from a quarter to nine in the evening."""
    ticks = october.layers.filter(design=design, market=market, layer=vault)
    fall = ticks.filter(ticks["time"].dt.strftime("%d %H:%M") >= "10 20:45")
    tick = october.result.configuration.tick
    return float((fall["result"] < 0).sum() * tick / 60_000)

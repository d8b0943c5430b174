"""What is said of a sweep: medians, tails and heat maps, from figures that are known."""

from xml.etree import ElementTree

import polars as pl
import pytest

from seawall.designs import DESIGNS
from seawall.engine.errors import BadParameters
from seawall.storm.guarding import guards_of, settings, vars_of, with_settings
from seawall.storm.heatmap import as_page, as_plotly, as_svg, grids
from seawall.storm.printing import as_text, percent
from seawall.storm.sweep import Sweep, parse_sweep
from seawall.storm.sweep_summary import chosen_measures, shown, summary, tables

DESIGN = next(iter(DESIGNS))
DOLLAR = 1_000_000


def sweep(report: str = "", capital: str = "[100_000, 200_000]") -> Sweep:
    text = f"""
    scenario = "crash"
    designs = ["{DESIGN}"]
    seeds = 5
    [vary]
    "crash.depth" = [0.2, 0.4]
    capital = {capital}
    {report}
    """
    return parse_sweep(text, "known")


def table(chosen: Sweep) -> pl.DataFrame:
    """Bad debt of seed * (1, 2, 3, 4) dollars at the four points; a loss at the last alone."""
    rows = []
    for point, (depth, capital) in enumerate(
        (depth, capital) for depth in (0.2, 0.4) for capital in chosen.vary["capital"]
    ):
        for seed in range(1, 6):
            rows.append(
                {
                    "job": f"{point}-{seed}", "design": DESIGN, "seed": seed, "crash.depth": depth,
                    "capital": capital, "market": "BTC", "bad_debt": (point + 1) * seed * DOLLAR,
                    "worst.senior": 7 * DOLLAR if point == 3 and seed > 3 else 0, "ticks": 100,
                    "loss.senior": 0.25 if point == 3 and seed > 3 else 0.0,
                    "digest": "x", "conservation": 0,
                }
            )  # fmt: skip
    return pl.DataFrame(rows)


def test_the_middle_and_the_tails_are_over_the_seeds_of_a_point() -> None:
    found = summary(table(sweep()), sweep())
    row = found.filter(
        (pl.col("measure") == "bad_debt") & (pl.col("crash.depth") == 0.4)
        & (pl.col("capital") == 100_000)
    ).row(0, named=True)  # fmt: skip
    assert row["runs"] == 5
    figures = [row[name] / DOLLAR for name in ("least", "p05", "median", "mean", "p95", "most")]
    assert figures == pytest.approx([3, 3.6, 9, 9, 14.4, 15])
    touched = found.filter(pl.col("measure") == "worst.senior")["above_zero"].to_list()
    assert touched == [0, 0, 0, 0.4]


def test_the_tables_have_the_one_name_down_and_the_other_across() -> None:
    chosen = sweep()
    text = as_text(tables(summary(table(chosen), chosen), chosen, ["bad_debt"]))
    assert text.splitlines() == [
        f"bad_debt, {DESIGN} BTC: median, and below it the 95 % point",
        "crash.depth downwards, capital across",
        "depth  100,000  200,000",
        "───────────────────────",
        "0.2          3        6",
        "             5       10",
        "0.4          9       12",
        "            14       19",
    ]


def test_more_values_than_fit_are_a_list() -> None:
    chosen = sweep(capital=str([100_000 + number for number in range(12)]))
    text = as_text(tables(summary(table(chosen), chosen), chosen, ["bad_debt"]))
    assert "above 0" in text
    assert len(text.splitlines()) > 24


def test_without_a_choice_bad_debt_and_every_vault_are_shown() -> None:
    assert chosen_measures(table(sweep()), sweep()) == ["bad_debt", "worst.senior"]
    named = sweep('[report]\nmeasures = ["loss.senior"]')
    assert chosen_measures(table(named), named) == ["loss.senior"]


def test_a_measure_that_is_not_there_is_named_with_those_that_are() -> None:
    wrong = sweep('[report]\nmeasures = ["loss"]')
    with pytest.raises(
        BadParameters, match=r"no measure 'loss'; there are bad_debt, worst\.senior"
    ):
        chosen_measures(table(wrong), wrong)


@pytest.mark.parametrize(
    ("measure", "statistic", "value", "text"),
    [
        ("bad_debt", "median", 5_000_000_000.0, "5.00 k"),
        ("bad_debt", "above_zero", 0.4, "40 %"),
        ("loss.senior", "p95", 0.0333, "3.33 %"),
        ("halted", "median", 1200.0, "1,200"),
        ("price_low", "median", 9.5e11, "95"),
        ("bad_debt", "median", None, "-"),
    ],
)
def test_a_figure_is_shown_in_its_own_unit(
    measure: str, statistic: str, value: float | None, text: str
) -> None:
    assert shown(measure, statistic, value) == text


@pytest.mark.parametrize(
    ("rate", "text"), [(0, "0 %"), (1, "100 %"), (0.0183066, "1.83 %"), (7.8e-6, "0.00078 %")]
)
def test_a_share_is_shown_in_percent(rate: float, text: str) -> None:
    assert percent(rate) == text


# --- heat maps ----------------------------------------------------------------------------------


def test_a_heat_map_is_drawn_where_two_names_vary() -> None:
    chosen = sweep('[report]\nstatistic = "most"')
    (grid,) = grids(summary(table(chosen), chosen), chosen, ["bad_debt"])
    assert (grid.down, grid.across) == ("crash.depth", "capital")
    assert grid.values == ((5e6, 10e6), (15e6, 20e6))
    assert grid.title == f"{DESIGN} BTC: bad_debt, most"


def test_no_heat_map_where_one_name_varies() -> None:
    chosen = sweep(capital="[100_000]")
    assert grids(summary(table(chosen), chosen), chosen, ["bad_debt"]) == []


def test_lists_and_text_are_axes_too() -> None:
    """A list is its own text in the dataset, and a number among texts is text as well."""
    text = f"""
    scenario = "crash"
    designs = ["{DESIGN}"]
    [vary]
    "crash.sources" = [["a"], ["a", "b"]]
    preset = ["major", "alt"]
    """
    chosen = parse_sweep(text, "lists")
    chosen.check()
    frame = pl.DataFrame(
        [
            {"job": "x", "design": DESIGN, "seed": 1, "crash.sources": sources, "preset": preset,
             "market": "BTC", "bad_debt": 5, "digest": "x", "conservation": 0}
            for sources in ('["a"]', '["a","b"]') for preset in ("major", "alt")
        ]
    )  # fmt: skip
    (grid,) = grids(summary(frame, chosen), chosen, ["bad_debt"])
    assert grid.rows == ('["a"]', '["a","b"]')
    assert grid.values == ((5, 5), (5, 5))
    assert '["a","b"]' in as_text(tables(summary(frame, chosen), chosen, ["bad_debt"]))


def test_the_picture_has_every_cell_and_the_largest_is_the_darkest() -> None:
    chosen = sweep()
    (grid,) = grids(summary(table(chosen), chosen), chosen, ["bad_debt"])
    root = ElementTree.fromstring(as_svg(grid))
    space = "{http://www.w3.org/2000/svg}"
    cells = [one.get("fill") for one in root.iter(f"{space}rect")][1:]
    assert len(cells) == 4
    assert cells[3] == "#b2182b"
    texts = [one.text for one in root.iter(f"{space}text")]
    for text in ("crash.depth", "capital", "0.2", "200000", "12"):
        assert text in texts


def test_a_cell_without_storms_is_grey() -> None:
    chosen = sweep()
    found = summary(table(chosen), chosen).filter(
        (pl.col("crash.depth") != 0.4) | (pl.col("capital") != 200_000)
    )
    (grid,) = grids(found, chosen, ["bad_debt"])
    assert grid.values[1][1] is None
    assert "#ddd" in as_svg(grid)


def test_the_page_opens_without_a_network() -> None:
    chosen = sweep()
    made = grids(summary(table(chosen), chosen), chosen, ["bad_debt", "worst.senior"])
    page = as_page(made, "a <name>")
    assert page.count("<svg") == 2
    assert "a &lt;name&gt;" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_plotly_draws_the_same_cells() -> None:
    pytest.importorskip("plotly", reason="plotly is not installed")
    chosen = sweep()
    made = grids(summary(table(chosen), chosen), chosen, ["bad_debt", "worst.senior"])
    page = as_plotly(made, "known")
    assert page.count('id="heat-map-') == 2
    assert '<script src="' not in page


# --- guards by name -----------------------------------------------------------------------------


def test_a_guard_takes_its_settings_in_the_brackets() -> None:
    cap = guards_of("open-interest-cap(value_share=0.05)").open_interest
    assert cap is not None
    assert int(cap.value_share) == 50_000_000_000
    both = guards_of("hybrid(price-breaker.pause=300000, position-cap.share=0.02)")
    assert both.price_breaker is not None
    assert both.position is not None
    assert (int(both.price_breaker.pause), int(both.position.share)) == (300_000, 20_000_000_000)
    assert int(both.price_breaker.window) == int(guards_of("price-breaker").price_breaker.window)  # type: ignore[union-attr]


def test_every_setting_that_is_listed_is_taken() -> None:
    for guard, fields in settings().items():
        for field in fields:
            guards = guards_of(f"hybrid({guard}.{field}=1)")
            assert 1 in [getattr(one, field, None) for one in vars_of(guards).values()]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("all", "must be one of none, open-interest-cap"),
        ("position-cap(share=0.1", "the bracket does not close"),
        ("position-cap(share)", "'share' is not a setting; write it like value_share=0.05"),
        ("position-cap(pause=1)", "position-cap has no 'pause'; there are share"),
        ("position-cap(price-breaker.pause=1)", "price-breaker is not position-cap"),
        ("hybrid(x.pause=1)", "no guard 'x'; there are open-interest-cap"),
        ("hybrid(pause=1)", "no guard 'hybrid'"),
        ("position-cap(share=1.5)", "share 1500000000000: must be between"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_those_that_can(text: str, told: str) -> None:
    with pytest.raises(BadParameters, match=told):
        guards_of(text)


def test_settings_are_added_to_what_is_there() -> None:
    share = {"position-cap": {"share": "0.1"}}
    assert with_settings("none", {}) == "none"
    assert with_settings("none", share) == "position-cap(share=0.1)"
    assert with_settings("hybrid(auction.duration=5)", share) == (
        "hybrid(auction.duration=5, position-cap.share=0.1)"
    )
    with pytest.raises(BadParameters, match="need these guards"):
        with_settings("auction", share)

"""The page in a browser: every chart is drawn, nothing is fetched, no error is logged.

Needs a Chromium on the machine (``SEAWALL_CHROMIUM`` names one that is not on the path) and
Playwright, which drives it; without either these tests say so and are skipped.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from seawall.designs import DESIGNS
from seawall.storm import load_event, run
from seawall.storm.report.charts import FIGURES

api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

CHROMIUM = os.environ.get("SEAWALL_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

FALL = load_event("october-2025").between("2025-10-10T20:50:00Z", "2025-10-10T21:25:00Z")
LAPTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    outcome = run(FALL, traders=150, capital=200_000)
    return outcome.report(tmp_path_factory.mktemp("report") / "storm.html")


@dataclass
class Visit:
    """A page that was opened, and whatever it complained of or asked a network for."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    def open(self, file: Path) -> None:
        self.page.on("console", lambda told: self.complaints.append(f"{told.type}: {told.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda asked: self.fetched.append(asked.url))
        self.page.goto(file.as_uri())
        self.settle()

    def settle(self) -> None:
        """Wait until the charts have been drawn (again)."""
        self.page.wait_for_function("document.documentElement.dataset.drawn", timeout=60_000)

    def again(self, act: Any) -> None:
        """Do something that draws the charts again, and wait for it."""
        self.page.evaluate("delete document.documentElement.dataset.drawn")
        act()
        self.settle()

    def charts(self) -> dict[str, int]:
        """For each chart that is shown: how many lines, discs and bars are in it."""
        found: dict[str, int] = self.page.evaluate(
            """() => Object.fromEntries(
              [...document.querySelectorAll(".panel:not([hidden]) .chart")].map((chart) => [
                chart.id,
                [...chart.querySelectorAll(".main-svg .trace path")]
                  .filter((path) => path.getTotalLength() > 2).length,
              ]))"""
        )
        return found


def visited(browser: Any, file: Path, size: dict[str, int], scheme: str) -> Iterator[Visit]:
    """One visit for all tests of a module; each leaves the page as it found it."""
    context = browser.new_context(viewport=size, color_scheme=scheme, offline=True)
    seen = Visit(context.new_page())
    seen.open(file)
    yield seen
    context.close()


@pytest.fixture(scope="module")
def laptop(browser: Any, page_file: Path) -> Iterator[Visit]:
    yield from visited(browser, page_file, LAPTOP, "light")


@pytest.fixture(scope="module")
def phone(browser: Any, page_file: Path) -> Iterator[Visit]:
    yield from visited(browser, page_file, PHONE, "dark")


@pytest.fixture(params=["laptop", "phone"])
def visit(request: pytest.FixtureRequest) -> Visit:
    found: Visit = request.getfixturevalue(request.param)
    return found


def test_every_chart_is_drawn_and_fits(visit: Visit) -> None:
    charts = visit.charts()
    drawn = {name.removesuffix("-0") for name in charts}
    shown = visit.page.locator(".panel:not([hidden]) .empty").count()
    assert len(drawn) + shown == len(FIGURES)
    assert {"price", "gains", "losses", "layers", "depth", "interest", "skew"} <= drawn
    assert all(charts.values()), charts
    width, room = visit.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= room
    for box in visit.page.evaluate(
        """() => [...document.querySelectorAll(".panel:not([hidden]) .chart")].map((chart) => {
          const box = chart.getBoundingClientRect();
          const plot = chart.querySelector(".bglayer, .plot").getBoundingClientRect();
          return [chart.id, box.height, plot.height, box.width, plot.width];
        })"""
    ):
        name, high, plot_high, wide, plot_wide = box
        assert high >= plot_high > 0, name
        assert wide >= plot_wide > 0.4 * wide, name


def test_no_label_of_a_chart_is_cut_off(visit: Visit) -> None:
    cut = visit.page.evaluate(
        """() => [...document.querySelectorAll(".panel:not([hidden]) .chart")].flatMap((chart) => {
          const box = chart.getBoundingClientRect();
          return [...chart.querySelectorAll("svg text")].filter((text) => {
            const own = text.getBoundingClientRect();
            return own.width && (own.left < box.left - 1 || own.right > box.right + 1
              || own.top < box.top - 1 || own.bottom > box.bottom + 1);
          }).map((text) => `${chart.id}: ${text.textContent}`);
        })"""
    )
    assert cut == []


def test_no_table_needs_scrolling_sideways(visit: Visit) -> None:
    shut = visit.page.locator("details:not([open])")
    closed = shut.element_handles()
    for part in closed:
        part.evaluate("part => part.open = true")
    tables = visit.page.evaluate(
        """() => [...document.querySelectorAll(".scroll")].map((box) =>
          [box.ariaLabel, box.scrollWidth - box.clientWidth, box.getBoundingClientRect().right])"""
    )
    width = visit.page.evaluate("innerWidth")
    assert len(tables) == 1 + 2 * 2
    assert [name for name, beyond, right in tables if beyond > 0 or right > width] == []
    first = visit.page.locator("table.people td:not(.none):visible").first
    assert first.bounding_box()["x"] >= 0
    on_end = "getComputedStyle(document.querySelector('tbody tr')).display"
    assert visit.page.evaluate(on_end) == ("grid" if width < 700 else "table-row")
    for part in closed:
        part.evaluate("part => part.open = false")


def test_no_control_lies_on_another(visit: Visit) -> None:
    boxes = visit.page.evaluate(
        """() => [...document.querySelectorAll("#controls label, #controls .zone")].map((label) => {
          const box = label.getBoundingClientRect();
          return [box.left, box.right, box.top, box.bottom];
        })"""
    )
    assert len(boxes) == 2 + 1 + len(DESIGNS)
    for place, (left, right, top, bottom) in enumerate(boxes):
        for other_left, other_right, other_top, other_bottom in boxes[place + 1 :]:
            apart = right <= other_left or other_right <= left
            assert apart or bottom <= other_top or other_bottom <= top


def test_another_market_shows_other_charts(laptop: Visit) -> None:
    before = laptop.charts()
    laptop.again(lambda: laptop.page.get_by_role("radio", name="ETH").check())
    after = laptop.charts()
    assert set(before).isdisjoint(after)
    assert all(after.values())
    assert laptop.page.locator("#price h3:visible").inner_text().startswith("ETH moved")
    laptop.again(lambda: laptop.page.get_by_role("radio", name="BTC").check())
    assert laptop.charts().keys() == before.keys()


def test_a_design_can_be_taken_out_of_every_chart(laptop: Visit) -> None:
    lines = laptop.page.locator("#depth-0 .scatterlayer .trace")
    first = laptop.page.locator("input[name=run]").first
    assert lines.count() == len(DESIGNS)
    laptop.again(first.uncheck)
    assert lines.count() == len(DESIGNS) - 1
    assert laptop.page.locator("#price-0 .annotation").count() == len(DESIGNS) - 1
    laptop.again(first.check)
    assert lines.count() == len(DESIGNS)


def test_the_charts_follow_the_light(laptop: Visit) -> None:
    def ink() -> str:
        tick = laptop.page.locator("#depth-0 .ytick text").first
        return str(tick.evaluate("text => getComputedStyle(text).fill"))

    inks = [ink()]
    for scheme in ("dark", "light"):
        laptop.again(lambda to=scheme: laptop.page.emulate_media(color_scheme=to))
        inks.append(ink())
    assert inks[0] == inks[2] != inks[1]


def test_the_measures_can_be_taken_away(laptop: Visit) -> None:
    with laptop.page.expect_download() as waiting:
        laptop.page.locator("#download").click()
    assert '"conservation": 0' in Path(waiting.value.path()).read_text("utf-8")


def test_nothing_was_fetched_and_no_error_was_logged(visit: Visit) -> None:
    assert visit.complaints == []
    local = ("file:", "data:", "blob:")
    assert [url for url in visit.fetched if not url.startswith(local)] == []


def test_an_old_browser_is_told_and_keeps_the_tables(browser: Any, page_file: Path) -> None:
    page = browser.new_page()
    page.add_init_script("delete globalThis.DecompressionStream")
    page.goto(page_file.as_uri())
    assert page.locator("#trouble").is_visible()
    assert page.locator("table").count() >= 2  # the markets, and who gained in each of them
    assert page.locator("table").first.is_visible()
    page.close()

"""Draws docs/october-light.svg and docs/october-dark.svg. Run: python docs/october.py

They are a chart of the report: what the capital behind ETH had gained or lost in every design
through 10 and 11 October 2025. Needs Playwright and a Chromium (``SEAWALL_CHROMIUM`` names one
that is not on the path). Each file bears the digest of what it was drawn from.
"""

import hashlib
import json
import os
import re
import shutil
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from seawall import storm

CHART = ("layers", "ETH")
SIZE = {"width": 880, "height": 440}
SCHEMES = {
    "light": {"ink": "#1b1f24", "soft": "#59626e", "rule": "#d9dde3"},
    "dark": {"ink": "#e7eaee", "soft": "#a0a9b5", "rule": "#343a42"},
}


def digest(outcome: storm.Outcome) -> str:
    """SHA-256 of everything that is seen in the chart."""
    drawing = outcome.drawing(*CHART)
    text = json.dumps([drawing.title, drawing.data, drawing.layout], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def dressed(outcome: storm.Outcome, scheme: str) -> str:
    """The figure as JSON, in the colours of a page that is light or dark."""
    worn = SCHEMES[scheme]
    figure = outcome.figure(*CHART)
    axis = {"gridcolor": worn["rule"], "linecolor": worn["rule"], "zerolinecolor": worn["soft"]}
    figure.update_layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "system-ui, 'DejaVu Sans', sans-serif", "size": 13, "color": worn["soft"]},
        title={"font": {"size": 17, "color": worn["ink"]}, "x": 0.01, "xanchor": "left"},
        legend={"orientation": "h", "y": -0.15, "yanchor": "top", "x": 0, "xanchor": "left"},
        margin={"l": 64, "r": 16, "t": 68, "b": 86},
        xaxis=axis,
        yaxis={**axis, "nticks": 10},
        **SIZE,
    )
    return str(figure.to_json())


def draw(outcome: storm.Outcome, scheme: str, page: Any) -> str:
    """The chart as SVG, drawn on an empty ``page`` of a browser."""
    library = resources.files("plotly") / "package_data" / "plotly.min.js"
    page.set_content("<!doctype html><title>chart</title>")
    page.add_script_tag(content=library.read_text("utf-8"))
    address = page.evaluate(
        "([figure, size]) => Plotly.toImage(JSON.parse(figure), { format: 'svg', ...size })",
        [dressed(outcome, scheme), SIZE],
    )
    svg = unquote(address.partition(",")[2])
    (name,) = set(re.findall(r"topdefs-(\w+)", svg))  # drawn by lot, as are those of the lines
    svg = re.sub(r"\btrace[0-9a-f]{6}\b", "line", svg.replace(name, "storm"))
    return svg.replace("<svg ", f"<!-- {digest(outcome)} -->\n<svg ", 1) + "\n"


def main() -> None:
    """Run the storm and draw it twice."""
    from playwright.sync_api import sync_playwright

    outcome = storm.run("october-2025")
    chromium = os.environ.get("SEAWALL_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for scheme in SCHEMES:
            path = Path(__file__).with_name(f"october-{scheme}.svg")
            path.write_text(draw(outcome, scheme, browser.new_page()), "utf-8")
        browser.close()


if __name__ == "__main__":
    main()

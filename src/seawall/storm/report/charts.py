"""The charts of a report by name."""

from collections.abc import Callable, Mapping

from seawall.storm.report.bars import deleveraging_chart, gains_chart, losses_chart
from seawall.storm.report.lines import (
    depth_chart,
    funding_chart,
    interest_chart,
    layers_chart,
    price_chart,
    skew_chart,
    strayed_chart,
)
from seawall.storm.report.view import Drawing, View

__all__ = ["FIGURES", "Drawing", "View"]

FIGURES: Mapping[str, Callable[[View], Drawing]] = {
    "price": price_chart,
    "strayed": strayed_chart,
    "gains": gains_chart,
    "losses": losses_chart,
    "layers": layers_chart,
    "depth": depth_chart,
    "interest": interest_chart,
    "skew": skew_chart,
    "funding": funding_chart,
    "deleveraging": deleveraging_chart,
}
"""Charts in the order in which the page shows them; each is drawn from one market."""

"""Long series made short enough to draw, with no extreme lost, and packed small."""

import base64
from typing import Any

import numpy as np
import numpy.typing as npt

from seawall.storm.units import iso

Floats = npt.NDArray[np.float64]

BUCKETS = 480
"""A series of more than twice as many numbers is drawn as the extremes of so many buckets."""


def thinned(values: Floats, buckets: int = BUCKETS) -> tuple[Floats, float]:
    """At most ``2 * buckets`` numbers that show ``values``, and how many each stands for.

    Of every bucket the lowest and the highest remain, in the order in which they came.

    Example::

        thinned(np.array([1.0, 9.0, 2.0, 3.0]), 1)  # [1, 9], two each
    """
    if len(values) <= 2 * buckets:
        return values, 1.0
    size = -(-len(values) // buckets)
    full = np.full(-(-len(values) // size) * size, np.nan)
    full[: len(values)] = values
    parts = full.reshape(-1, size)
    low = np.argmin(np.where(np.isnan(parts), np.inf, parts), axis=1)
    high = np.argmax(np.where(np.isnan(parts), -np.inf, parts), axis=1)
    every = np.arange(len(parts))
    first, second = parts[every, np.minimum(low, high)], parts[every, np.maximum(low, high)]
    return np.column_stack((first, second)).ravel(), size / 2


def packed(values: Floats) -> dict[str, str]:
    """Numbers as the chart library reads them from base64, single precision."""
    data = values.astype("<f4").tobytes()
    return {"dtype": "f4", "bdata": base64.b64encode(data).decode("ascii")}


def line(start: int, tick: int, values: Floats) -> dict[str, Any]:
    """The coordinates of a series that begins at ``start``, a number every ``tick`` (both ms)."""
    drawn, each = thinned(values)
    return {
        "type": "scatter",
        "mode": "lines",
        "x0": moment(start),
        "dx": tick * each,
        "y": packed(drawn),
    }


def moment(time: int) -> str:
    """A time (ms since the epoch) as the chart library reads it, in UTC."""
    return iso(time).replace("T", " ").removesuffix("Z")

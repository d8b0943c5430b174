"""Columns as polars frames, the units they are in, and the same in dollars for a person.

Amounts stay the engine's exact 64-bit integers. Which column is in which unit follows from its
name, the same everywhere: :data:`UNITS`. :func:`readable` divides.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from seawall.engine import fixed
from seawall.engine.events import Event

_DOLLARS = """
accrued advanced amount arrears asked assets bad_debt carry depth_buy depth_sell discount
dollars end equity fee fees funding gain hedge held impact income least liquidated long opened
paid_in penalty profit put_in result returned short shortfall spread taken to_insurance to_junior
to_keeper to_senior to_treasury unpaid utilisation wallet withheld worst
"""
_PLAIN = """
account accounts auction bidder count cancelled design filled guard guards halted kind layer
liquidations market order outcome placed preset reason refused rung shares source ticks vault
"""

UNITS: Mapping[str, str] = {
    **dict.fromkeys(_DOLLARS.split(), "1e-6 dollar"),
    **dict.fromkeys(("closed", "largest", "size", "size_left"), "1e-8 token"),
    **dict.fromkeys(
        ("bankruptcy", "largest_price", "mark", "price", "published"), "1e-10 dollar per token"
    ),
    "funding_rate": "1e-12 an hour",
    "time": "ms since the epoch, UTC",
    "until": "ms since the epoch, UTC",
    "worst_time": "ms since the epoch, UTC",
    **dict.fromkeys(_PLAIN.split(), ""),
}
"""Unit of a column by its name; empty for names, numbers of things and counts."""

_SCALES = {
    "1e-6 dollar": int(fixed.DOLLAR),
    "1e-8 token": int(fixed.TOKEN),
    "1e-10 dollar per token": int(fixed.PRICE),
    "1e-12 an hour": int(fixed.RATE),
}
_TEXTS = ("design", "guard", "guards", "kind", "layer", "market", "outcome", "reason", "rung")
_TIMES = [name for name, unit in UNITS.items() if unit.startswith("ms")]


def frame(columns: Mapping[str, Sequence[Any]], design: str, guards: str) -> pl.DataFrame:
    """A frame of ``columns`` that says in its first two of which run they are.

    Integers become 64-bit integers, times moments in UTC to the millisecond.

    Example::

        frame({"time": [0], "fee": [1_000_000]}, "some-design", "none")
    """
    made = {name: pl.Series(name, values, _type(name, values)) for name, values in columns.items()}
    table = pl.DataFrame(made).with_columns(
        pl.col(name).cast(pl.Datetime("ms", "UTC")) for name in columns if name in _TIMES
    )
    return table.select(pl.lit(design).alias("design"), pl.lit(guards).alias("guards"), pl.all())


def _type(name: str, values: Sequence[Any]) -> Any:
    known = next((value for value in values if value is not None), "" if name in _TEXTS else 0)
    if isinstance(known, bool):
        return pl.Boolean
    return pl.Int64 if isinstance(known, int) else pl.String


def event_frames(events: Iterable[Event], design: str, guards: str) -> dict[str, pl.DataFrame]:
    """Events by the name of their kind, a column for each of its fields."""
    kinds: dict[type[Event], list[Event]] = {}
    for event in events:
        kinds.setdefault(type(event), []).append(event)
    return {
        kind.__name__: frame(
            {name: [getattr(event, name) for event in found] for name in kind.fields},
            design,
            guards,
        )
        for kind, found in kinds.items()
    }


def joined(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Frames of the same columns below each other; an empty frame of nothing where there are none.

    Example::

        joined([]).height  # 0
    """
    return pl.concat(parts) if parts else pl.DataFrame()


def readable(table: pl.DataFrame) -> pl.DataFrame:
    """The same in dollars, tokens, dollars per token and plain rates, as floats, for a person.

    Example::

        readable(pl.DataFrame({"fee": [2_500_000]}))  # 2.5
    """
    return table.with_columns(
        pl.col(name) / _SCALES[UNITS[name]]
        for name, kind in table.schema.items()
        if UNITS.get(name) in _SCALES and kind.is_integer()
    )

"""What happened to a price, in a sentence for each market or in one for many."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seawall.storm.report.view import View
from seawall.storm.report.words import clock, listed, percent, price

_HOUR = 3_600_000
_TOLD = 2
_NOTHING = 0.0005


def prices(views: Sequence[View]) -> str:
    """What the published prices did: few are told one by one."""
    moves = [_move(view) for view in views]
    return " ".join(map(_told, moves)) if len(moves) <= _TOLD else _together(moves)


@dataclass(frozen=True)
class _Move:
    """The largest move of a published price, the largest part of it within an hour, and the end.

    ``whole``, ``hour`` and ``end`` are parts of the price that each began with; times are in ms.
    """

    market: str
    begin: int
    last: int
    length: int
    prices: tuple[float, float]
    whole: float
    hour: float
    end: float


def _move(view: View) -> _Move:
    """The fall, unless the rise was much the larger of the two: a crash ends in a rebound."""
    series = view.column(view.lanes[0], "published")
    first = int(np.argmax(~np.isnan(series)))
    path = series[first:]
    falls = path / np.maximum.accumulate(path)
    rises = path / np.minimum.accumulate(path)
    fell = float(-np.log(falls.min())) >= 0.75 * float(np.log(rises.max()))
    last = int(np.argmin(falls) if fell else np.argmax(rises))
    begin = int(np.argmax(path[: last + 1]) if fell else np.argmin(path[: last + 1]))
    steps = max(1, _HOUR // view.tick)
    hourly = path / path[np.maximum(np.arange(len(path)) - steps, 0)] - 1
    return _Move(
        market=view.market,
        begin=view.times[first + begin],
        last=view.times[first + last],
        length=view.length,
        prices=(float(path[begin]), float(path[last])),
        whole=float(path[last] / path[begin] - 1),
        hour=float(hourly.min() if fell else hourly.max()),
        end=float(path[-1] / path[0] - 1),
    )


def _verb(move: _Move) -> str:
    return "fell" if move.whole < 0 else "rose"


def _told(move: _Move) -> str:
    """The price of a market in a sentence."""
    if move.begin == move.last:
        return f"{move.market} stood at {price(move.prices[0])} dollars throughout."
    text = (
        f"{move.market} {_verb(move)} {percent(abs(move.whole))}, from {price(move.prices[0])} "
        f"dollars at {clock(move.begin, move.length)} to {price(move.prices[1])} at "
        f"{clock(move.last, move.length)} UTC"
    )
    quick = percent(abs(move.hour))
    if move.last - move.begin > _HOUR and quick != percent(abs(move.whole)):
        text += f" ({quick} within one hour)"
    return f"{text}, and ended {_end(move.end)}."


def _end(end: float) -> str:
    if abs(end) < _NOTHING:
        return "where it had begun"
    return f"{percent(abs(end))} {'above' if end > 0 else 'below'} its beginning"


def _together(moves: Sequence[_Move]) -> str:
    """The prices of many markets in a sentence or two."""
    said = []
    for verb in ("fell", "rose"):
        same = [move for move in moves if move.begin != move.last and _verb(move) == verb]
        if same:
            parts = listed([f"{move.market} {percent(abs(move.whole))}" for move in same])
            begin, last = min(move.begin for move in same), max(move.last for move in same)
            length = moves[0].length
            said.append(
                f"Between {clock(begin, length)} and {clock(last, length)} UTC prices {verb}: "
                f"{parts}."
            )
    low, high = min(moves, key=lambda m: m.end), max(moves, key=lambda m: m.end)
    if low.end * high.end > 0 and min(abs(low.end), abs(high.end)) >= _NOTHING:
        near, far = sorted((low, high), key=lambda move: abs(move.end))
        said.append(
            f"In the end they stood {percent(abs(near.end))} ({near.market}) to "
            f"{percent(abs(far.end))} ({far.market}) {'above' if far.end > 0 else 'below'} their "
            "beginning."
        )
    else:
        ends = f"In the end {low.market} stood {_end(low.end)} and {high.market} {_end(high.end)}"
        said.append(f"{ends}, the others between them.")
    return " ".join(said)

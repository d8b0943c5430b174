"""Reports to one trusted price, by the steps of ``seawall.engine.oracle``, without smoothing."""

from fractions import Fraction
from math import ceil, floor

from .money import MOST_PRICE, MOST_TIME, in_bounds, ratio, refuse


def middles(entries: list[tuple[int, int]]) -> tuple[int, int]:
    """Lower and upper weighted median of (value, weight)."""
    entries = sorted(entries)
    whole = sum(weight for _, weight in entries)
    below = 0
    for place, (value, weight) in enumerate(entries):
        below += weight
        if 2 * below > whole:
            return value, value
        if 2 * below == whole:
            return value, entries[place + 1][0]
    raise AssertionError("a median of nothing")


class Oracle:
    def __init__(self, params) -> None:
        assert not params.smooth, "the model does not smooth"
        self.params = params
        self.price = self.low = self.high = self.time = 0
        self.confirmed = True
        self.survivors = 0
        self.rejected: list[str] = []
        self.half_width = 0
        self.anchor = 0
        self.jump = (0, 0)  # price and time of a jump that waits to be confirmed
        self.now = 0
        self.last = {}  # source -> its last report

    def weight(self, source: str) -> int:
        return self.params.weights.get(source, self.params.default_weight)

    def check(self, reports, now: int) -> None:
        """What is refused, report by report."""
        if now < self.now:
            refuse("clock-back-in-time")
        seen = {source: report.time for source, report in self.last.items()}
        for report in reports:
            if report.source not in seen:
                if self.weight(report.source) == 0:
                    refuse("unknown-source")
                if len(seen) >= 64:
                    refuse("too-many-sources")
            in_bounds("price", report.price, 1, MOST_PRICE)
            in_bounds("confidence", report.confidence, 0, MOST_PRICE)
            if report.time < 0:
                refuse("time-too-small")
            if report.time > now:
                refuse("report-from-the-future")
            if report.time <= seen.get(report.source, -1):
                refuse("report-back-in-time")
            seen[report.source] = report.time
        assert now <= MOST_TIME

    def take(self, reports, now: int) -> None:
        self.now = now
        for report in reports:
            self.last[report.source] = report
        age = self.params.max_age
        present = [r for r in self.last.values() if age == 0 or now - r.time <= age]
        good = [r for r in present if self.stands(r, [o for o in present if o is not r])]
        self.rejected = sorted(r.source for r in present if r not in good)
        self.survivors = len(good)
        if self.survivors < self.params.quorum:
            return
        self.time = max(r.time for r in good)
        low, high = middles([(r.price, self.weight(r.source)) for r in good])
        self.price = floor(Fraction(low + high, 2))
        self.half_width = self.width(good)
        self.low = max(self.price - self.half_width, 1)
        self.high = min(self.price + self.half_width, MOST_PRICE)
        self.confirm()

    def stands(self, report, others) -> bool:
        """Whether a report is near enough to a median of the others."""
        bound = ratio(self.params.outlier)
        if bound == 0 or not others:
            return True
        low, high = middles([(o.price, self.weight(o.source)) for o in others])
        near = min(max(report.price, low), high)
        return abs(report.price - near) <= bound * near

    def width(self, good) -> int:
        width = 0
        if self.params.use_confidence:
            low, high = middles([(r.confidence, self.weight(r.source)) for r in good])
            width = ceil(Fraction(low + high, 2))
        if self.params.use_spread:
            width = max([width] + [abs(r.price - self.price) for r in good])
        return width

    def confirm(self) -> None:
        bound = ratio(self.params.jump)
        price, time = self.jump
        if bound > 0 and self.anchor > 0 and abs(self.price - self.anchor) > bound * self.anchor:
            if price == 0 or abs(self.price - price) > bound * price:
                self.jump = (self.price, self.time)
                self.confirmed = False
                return
            if self.time <= time:
                return
        self.confirmed = True
        self.anchor = self.price
        self.jump = (0, 0)

    def is_stale(self, now: int) -> bool:
        if self.price == 0 or self.survivors < self.params.quorum:
            return True
        return self.params.max_age > 0 and now - self.time > self.params.max_age

    def is_uncertain(self) -> bool:
        bound = self.params.max_confidence
        return bound > 0 and self.half_width > ratio(bound) * self.price

r"""Many reports, one trusted price.

==============  =====================================================================
available       a source whose last report is at most ``max_age`` old
survivor        an available source that outlier rejection left standing
median          the weighted median of the survivors' prices
price           the trusted price: the median, smoothed where that step is on
half-width      how far from ``price`` the true price may lie, either way
confirmed       ``price`` is no jump, or a later report has agreed with the jump
stale           nothing may be priced with it but orders that reduce
==============  =====================================================================

The steps, in their order; each is switched off by a parameter of its own:

1. **Staleness.** A source that has been silent for more than ``max_age`` is not available. The
   price is stale when nothing was trusted for ``max_age``, or when fewer than ``quorum`` sources
   survive the next step.
2. **Outliers.** A report p is dropped when it lies further than ``outlier`` from the weighted
   median m of the *other* available reports: \|p - m\| > outlier * m. Where the others split
   exactly in half, every m between the two middle prices is a median of theirs, and the report
   stays if it is near enough to any: of three venues, one liar must not discredit the two others.
   All reports are judged against the same list, so that two halves that contradict each other
   drop each other.
3. **Weighted median.** Sorted by price, the first price at which the cumulative weight reaches
   half of the weight of the survivors; at exactly half, the mean with the next price, rounded
   down.
4. **Smoothing.** price += (median - price) * (1 - exp(-dt / time_constant)), dt the time between
   the newest surviving reports.
5. **Confidence.** [low, high] = price -/+ half-width, the greater of the weighted median of the
   reported confidences and, if asked for, the farthest survivor's distance from the median.
6. **Jumps.** A move of more than ``jump`` from the last confirmed price stays unconfirmed until a
   later report gives a price that agrees with it to within ``jump``.

Sources: Hyperliquid's documentation, page on the oracle (mirror ``dzmbs/hyperliquid-docs``), for
the weighted median and its weights, its tie rule being our own; for outliers and smoothing the
article on the JELLY event in ``thogiti/thogiti.github.io`` (27 March 2025), which names them
without figures: the figures are ours.
"""

from mypy_extensions import i64

from seawall.engine.errors import LimitReached, OutOfRange, Refusal, Unknown
from seawall.engine.fixed import (
    MAX_PRICE,
    MAX_TIME,
    RATE,
    check_range,
    clamp,
    decay,
    larger,
    magnitude,
    mul_div,
    mul_div_up,
    share,
    smaller,
)
from seawall.engine.reports import MAX_SOURCES, OracleParams, Report, check_report


class _Source:
    """What one source said last; ``value`` is the number it is ranked by at the moment."""

    def __init__(self, name: str, weight: i64) -> None:
        self.name: str = name
        self.weight: i64 = weight
        self.price: i64 = 0
        self.confidence: i64 = 0
        self.time: i64 = -1
        self.latest: i64 = -1  # runs ahead of time while a list of reports is being judged
        self.value: i64 = 0


def _rank(ranked: list[_Source], source: _Source) -> None:
    """Put ``source`` into its place by value; sources rarely overtake, so the walk is short."""
    ranked.append(source)
    place: i64 = len(ranked) - 1
    while place > 0 and ranked[place - 1].value > source.value:
        ranked[place] = ranked[place - 1]
        place -= 1
    ranked[place] = source


def _middle(ranked: list[_Source], without: i64) -> tuple[i64, i64]:
    """Lower and upper weighted median of ``ranked``, leaving out the place ``without`` (or -1).

    They differ only where the weights split exactly in half.
    """
    total: i64 = 0
    for source in ranked:
        total += source.weight
    if without >= 0:
        total -= ranked[without].weight
    seen: i64 = 0
    lower: i64 = 0
    halved: bool = False
    place: i64 = 0
    while place < len(ranked):
        source = ranked[place]
        if place != without:
            if halved:
                return lower, source.value
            seen += source.weight
            lower = source.value
            if 2 * seen > total:
                return lower, lower
            halved = 2 * seen == total
        place += 1
    return lower, lower


class Oracle:
    """The trusted price of one market.

    ``price``, ``low`` and ``high`` are in 1e-10 dollar per token and 0 until the first trusted
    price; ``time`` is that of the newest surviving report, in ms. ``confirmed`` is false after a
    jump that no later report has agreed with, ``survivors`` counts the sources the last
    :meth:`take` could use, ``rejected`` names those it dropped as outliers, in the order of names.
    Below the quorum all but these two keep their last trusted value.
    """

    def __init__(self, params: OracleParams) -> None:
        self.params: OracleParams = params
        self.price: i64 = 0
        self.low: i64 = 0
        self.high: i64 = 0
        self.time: i64 = 0
        self.confirmed: bool = True
        self.survivors: i64 = 0
        self.rejected: list[str] = []
        self._now: i64 = 0
        self._half_width: i64 = 0
        self._fraction: i64 = 0  # 1e-12 of a price unit, above price, that smoothing carries on
        self._smoothed_at: i64 = 0
        self._anchor: i64 = 0  # the last confirmed price
        self._jump_price: i64 = 0
        self._jump_time: i64 = 0
        self._sources: list[_Source] = []  # in the order of names
        self._by_name: dict[str, _Source] = {}
        self._new: dict[str, _Source] = {}
        self._decay_elapsed: i64 = 0
        self._decay: i64 = RATE

    def take(self, reports: list[Report], now: i64) -> None:
        """Let time pass to ``now`` (ms), take the reports in, and form the price anew.

        Reports of different sources may come in any order; of one source several may come, the
        older first, and the last one stands. All are judged before any is taken in.

        Raises :class:`OutOfRange` for a price, confidence or time outside its bounds
        (``price-too-small`` ...), a time after ``now`` (``report-from-the-future``), a time not
        after that source's last report (``report-back-in-time``) and a ``now`` before the last
        one (``clock-back-in-time``); :class:`Unknown` for a source without a weight
        (``unknown-source``); :class:`LimitReached` beyond ``MAX_SOURCES`` (``too-many-sources``).
        """
        named = self._judge(reports, now)
        place: i64 = 0
        while place < len(reports):
            report = reports[place]
            source = named[place]
            source.price = report.price
            source.time = report.time
            source.confidence = report.confidence
            place += 1
        if self._new:
            self._register()
        self._now = now
        self._form(now)

    def check(self, reports: list[Report], now: i64) -> None:
        """Raise what :meth:`take` would, and change nothing."""
        for source in self._judge(reports, now):
            source.latest = source.time
        self._new.clear()

    def is_stale(self, now: i64) -> bool:
        """Whether at ``now`` (ms) there is no price fresh enough, or from enough sources."""
        if self.price == 0 or self.survivors < self.params.quorum:
            return True
        return self.params.max_age > 0 and now - self.time > self.params.max_age

    def is_uncertain(self) -> bool:
        """Whether the half-width is above ``max_confidence`` of the price."""
        bound = self.params.max_confidence
        if bound == 0 or self._half_width == 0:
            return False
        return self._half_width > share(self.price, bound)

    def sources(self) -> list[str]:
        """Names of all sources heard so far, sorted: the order of :meth:`state`."""
        return [source.name for source in self._sources]

    def state(self) -> list[int]:
        """Every number the future depends on, in a fixed order, for a digest."""
        numbers: list[int] = [
            self.price,
            self.low,
            self.high,
            self.time,
            int(self.confirmed),
            self.survivors,
            self._now,
            self._half_width,
            self._fraction,
            self._smoothed_at,
            self._anchor,
            self._jump_price,
            self._jump_time,
            len(self._sources),
        ]
        for source in self._sources:
            numbers.append(source.price)
            numbers.append(source.time)
            numbers.append(source.confidence)
        return numbers

    def _judge(self, reports: list[Report], now: i64) -> list[_Source]:
        """The source of each report; on a refusal everything is as it was."""
        if now < self._now or now > MAX_TIME:
            _check_clock(now, self._now)
        named: list[_Source] = []
        try:
            for report in reports:
                source = self._source(report.source)
                check_report(report, source.latest, now)
                source.latest = report.time
                named.append(source)
        except Refusal:
            for source in named:
                source.latest = source.time
            self._new.clear()
            raise
        return named

    def _source(self, name: str) -> _Source:
        source = self._by_name.get(name)
        if source is None:
            source = self._new.get(name)
        if source is not None:
            return source
        weight: i64 = i64(self.params.weights.get(name, self.params.default_weight))
        if weight == 0:
            raise Unknown("unknown-source", f"source {name} has no weight in this market")
        known: i64 = len(self._sources) + len(self._new)
        if known >= MAX_SOURCES:
            raise LimitReached(
                "too-many-sources",
                f"source {name} would be number {known + 1} of at most {MAX_SOURCES}",
                known + 1,
                MAX_SOURCES,
            )
        source = _Source(name, weight)
        self._new[name] = source
        return source

    def _register(self) -> None:
        for name, source in self._new.items():
            self._by_name[name] = source
            self._sources.append(source)
            place: i64 = len(self._sources) - 1
            while place > 0 and self._sources[place - 1].name > name:
                self._sources[place] = self._sources[place - 1]
                place -= 1
            self._sources[place] = source
        self._new.clear()

    def _form(self, now: i64) -> None:
        max_age = self.params.max_age
        ranked: list[_Source] = []
        for source in self._sources:
            if max_age == 0 or now - source.time <= max_age:
                source.value = source.price
                _rank(ranked, source)
        if self.rejected:
            self.rejected = []
        if self.params.outlier > 0 and len(ranked) > 1:
            ranked = self._without_outliers(ranked)
        self.survivors = len(ranked)
        if self.survivors < self.params.quorum:
            return
        newest: i64 = 0
        for source in ranked:
            newest = larger(newest, source.time)
        lower, upper = _middle(ranked, -1)
        median = (lower + upper) // 2
        self.price = self._smoothed(median, newest) if self.params.smooth else median
        self.time = newest
        self._widen(ranked, median)
        self._confirm()

    def _without_outliers(self, ranked: list[_Source]) -> list[_Source]:
        bound = self.params.outlier
        least = ranked[0].value
        if ranked[len(ranked) - 1].value - least <= share(least, bound):
            return ranked  # nobody is that far from anybody
        survivors: list[_Source] = []
        place: i64 = 0
        while place < len(ranked):
            source = ranked[place]
            lower, upper = _middle(ranked, place)
            nearest = clamp(source.value, lower, upper)
            if magnitude(source.value - nearest) > share(nearest, bound):
                self.rejected.append(source.name)
            else:
                survivors.append(source)
            place += 1
        self.rejected.sort()
        return survivors

    def _smoothed(self, median: i64, time: i64) -> i64:
        """The last price moved towards ``median``, never past it.

        What is less than a price unit is carried on, so that many small steps of time end where
        one long step does.
        """
        elapsed = time - self._smoothed_at
        if self.price == 0:
            self._smoothed_at = time
            return median
        if elapsed <= 0:
            return self.price
        self._smoothed_at = time
        if elapsed != self._decay_elapsed:
            self._decay = decay(elapsed, self.params.time_constant)
            self._decay_elapsed = elapsed
        gap = median - self.price
        weight = RATE - self._decay
        move = mul_div(gap, weight, RATE)
        fraction = self._fraction + (gap * weight - move * RATE)
        fraction -= mul_div_up(self._fraction, weight, RATE)  # never more than the fraction
        if fraction >= RATE:
            fraction -= RATE
            move += 1
        self._fraction = fraction
        return self.price + move

    def _widen(self, survivors: list[_Source], median: i64) -> None:
        """Set the half-width and the interval; a half-width is rounded up."""
        half_width: i64 = 0
        if self.params.use_confidence:
            half_width = _reported(survivors)
        if self.params.use_spread:
            below = median - survivors[0].price
            above = survivors[len(survivors) - 1].price - median
            half_width = larger(half_width, larger(below, above))
        self._half_width = half_width
        self.low = larger(self.price - half_width, 1)
        self.high = smaller(self.price + half_width, MAX_PRICE)

    def _confirm(self) -> None:
        price = self.price
        jump = self.params.jump
        if jump == 0 or self._anchor == 0 or _agree(price, self._anchor, jump):
            self._accept()
        elif self._jump_price == 0 or not _agree(price, self._jump_price, jump):
            self.confirmed = False
            self._jump_price = price
            self._jump_time = self.time
        elif self.time > self._jump_time:  # the same report twice confirms nothing
            self._accept()

    def _accept(self) -> None:
        self.confirmed = True
        self._anchor = self.price
        self._jump_price = 0
        self._jump_time = 0


def _reported(survivors: list[_Source]) -> i64:
    """Weighted median of the reported confidences, rounded up."""
    if len(survivors) == 1:
        return survivors[0].confidence
    ranked: list[_Source] = []
    widest: i64 = 0
    for source in survivors:
        widest = larger(widest, source.confidence)
    if widest == 0:
        return 0
    for source in survivors:
        source.value = source.confidence
        _rank(ranked, source)
    lower, upper = _middle(ranked, -1)
    return (lower + upper + 1) // 2


def _agree(price: i64, other: i64, bound: i64) -> bool:
    return magnitude(price - other) <= share(other, bound)


def _check_clock(now: i64, last: i64) -> None:
    check_range("now", now, 0, MAX_TIME, "ms since the epoch")
    raise OutOfRange(
        "clock-back-in-time",
        f"now {now} is before {last}, when the oracle was last asked (ms since the epoch)",
        now,
        last,
    )

"""What a trade costs and how large it may be, asked of a market tick by tick.

Only :meth:`Market.quote` is asked: nothing is sent and nothing changes. A price is compared with
the published one and not with the market's own mark, so that a venue that has lost its anchor
cannot look cheap.
"""

from collections import Counter
from statistics import median_low

from seawall.engine.errors import Refusal
from seawall.engine.fixed import DOLLAR, MINUTE, NOTIONAL_STEP, RATE
from seawall.engine.venue import Market
from seawall.engine.views import Quote
from seawall.storm.compare_result import Cost, Room

SIZES = (10, 10_000, 100_000, 1_000_000)
"""Dollars whose price is asked for."""

MOST = 10**12
"""No order of more dollars is asked for."""

HALTED = "halted"
"""Stands for the refusal where no order is taken at all."""

SIDES = {1: "buy", -1: "sell"}
"""A side by its sign."""

_STEP, _DOLLAR, _RATE = int(NOTIONAL_STEP), int(DOLLAR), int(RATE)
_LOOK = int(MINUTE)
_NEAR = _RATE // 100


def ask(market: Market, side: int, dollars: int, price: int) -> Quote | str:
    """The quote for ``dollars`` (whole) at ``price`` (1e-10), or the code of its refusal."""
    size = dollars * _DOLLAR * _STEP // price
    try:
        quote = market.quote(side * size)
    except Refusal as refusal:
        return refusal.code
    return quote if abs(int(quote.size)) >= size else "filled-in-part"


def room(market: Market, side: int, price: int, most: int = MOST) -> tuple[int, str]:
    """The most whole dollars at ``price`` (1e-10) that are quoted, and what refuses one more.

    No more than ``most``, where nothing refuses below it the code is empty.

    Example::

        room(market, 1, int(market.mark()))
    """
    above = ask(market, side, most, price)
    if not isinstance(above, str):
        return most, ""
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        found = ask(market, side, middle, price)
        if isinstance(found, str):
            high, above = middle, found
        else:
            low = middle
    return low, above


class Asked:
    """One size on one side, through a run."""

    def __init__(self, market: Market, dollars: int, side: int) -> None:
        self.market = market
        self.dollars = dollars
        self.side = side
        self._calm: list[int] = []
        self._calm_all: list[int] = []
        self._worst: int | None = None
        self._worst_all: int | None = None
        self._worst_time = 0
        self._within = 0
        self._refused = [0, 0]
        self._refusals: Counter[str] = Counter()

    def look(self, now: int, price: int, in_storm: bool, closed: bool) -> None:
        """Ask at one tick, at the published ``price``."""
        found = HALTED if closed else ask(self.market, self.side, self.dollars, price)
        if isinstance(found, str):
            self._refused[in_storm] += 1
            self._refusals[found] += 1
            return
        beyond, every = self._cost(found, price)
        if not in_storm:
            self._calm.append(beyond)
            self._calm_all.append(every)
            return
        self._within += every <= _NEAR
        if self._worst is None or beyond > self._worst:
            self._worst, self._worst_time = beyond, now
        if self._worst_all is None or every > self._worst_all:
            self._worst_all = every

    def _cost(self, quote: Quote, price: int) -> tuple[int, int]:
        """Without the fee and with it, 1e-12: how far from the published price the fill is."""
        off = self.side * (int(quote.price) - price) * _RATE // price
        moved = (int(quote.spread) + int(quote.impact)) * _RATE // (self.dollars * _DOLLAR)
        return off + moved, self.side * (int(quote.all_in) - price) * _RATE // price

    def cost(self) -> Cost:
        """What was found."""
        return Cost(
            dollars=self.dollars,
            side=SIDES[self.side],
            calm=median_low(self._calm) if self._calm else None,
            calm_all=median_low(self._calm_all) if self._calm_all else None,
            worst=self._worst,
            worst_all=self._worst_all,
            worst_time=self._worst_time,
            calm_refused=self._refused[0],
            storm_refused=self._refused[1],
            storm_within=self._within,
            refusals=dict(sorted(self._refusals.items())),
        )


class Bound:
    """The largest order of one side, through a run.

    A tick is searched only where it is tighter than all before: where their bound is refused.
    """

    def __init__(self, market: Market, side: int) -> None:
        self.market = market
        self.side = side
        self._calm: list[int] = []
        self._codes: Counter[str] = Counter()
        self._looked = -_LOOK
        self._tightest: int | None = None
        self._code = ""
        self._time = 0

    def look(self, now: int, price: int, in_storm: bool, closed: bool) -> None:
        """Look at one tick, at the published ``price``."""
        if in_storm:
            self._tighten(now, price, closed)
        elif now - self._looked >= _LOOK and not closed:
            self._looked = now
            most, code = room(self.market, self.side, price)
            self._calm.append(most)
            self._codes[code] += 1

    def _tighten(self, now: int, price: int, closed: bool) -> None:
        before = MOST if self._tightest is None else self._tightest
        if before == 0:
            return
        most, code = (0, HALTED) if closed else room(self.market, self.side, price, before)
        if self._tightest is None or most < before:
            self._tightest, self._code, self._time = most, code, now

    def room(self) -> Room:
        """What was found."""
        return Room(
            side=SIDES[self.side],
            calm=median_low(self._calm) if self._calm else None,
            calm_code=self._codes.most_common(1)[0][0] if self._codes else "",
            tightest=self._tightest,
            tightest_code=self._code,
            tightest_time=self._time,
        )

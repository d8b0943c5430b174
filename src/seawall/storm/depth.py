"""How much can be traded near the mark, asked of the market itself.

A market's own depth view leaves out what its fees do to a price; this asks for quotes until the
all-in price is 1 % from the mark, as a trader would, and so means the same in every design.
"""

from seawall.engine.errors import Refusal
from seawall.engine.fixed import DOLLAR, NOTIONAL_STEP, RATE
from seawall.engine.venue import Market

WITHIN = 100
"""A hundredth: how far from the mark an all-in price may lie."""

RUNGS = [round(1_000 * 10 ** (step / 8)) for step in range(49)]
"""Dollars that are asked for, from a thousand to a billion, eight to the power of ten."""

_STEP, _DOLLAR, _RATE = int(NOTIONAL_STEP), int(DOLLAR), int(RATE)
_LIMIT = _RATE // WITHIN
_HALVINGS = 5


class Ladder:
    """One side of a market; it begins to look where the last search ended.

    ``side`` is 1 to buy and -1 to sell.
    """

    def __init__(self, market: Market, side: int) -> None:
        self.market = market
        self.side = side
        self._at = len(RUNGS) // 2

    def reach(self, mark: int) -> int:
        """Whole dollars that can be traded now at no worse than 1 % from ``mark`` (1e-10).

        Between two sizes of :data:`RUNGS` the cost is taken to be linear; where the larger one is
        refused, the bound is found by halving. 0 where not even the smallest can be had.
        """
        at = self._at
        cost = self._cost(RUNGS[at], mark)
        if cost is not None and cost <= _LIMIT:
            while at + 1 < len(RUNGS):
                above = self._cost(RUNGS[at + 1], mark)
                if above is None or above > _LIMIT:
                    self._at = at
                    return self._between(RUNGS[at], cost, RUNGS[at + 1], above, mark)
                at, cost = at + 1, above
            self._at = at
            return RUNGS[at]
        above = cost
        while at > 0:
            at -= 1
            cost = self._cost(RUNGS[at], mark)
            if cost is not None and cost <= _LIMIT:
                self._at = at
                return self._between(RUNGS[at], cost, RUNGS[at + 1], above, mark)
            above = cost
        self._at = 0
        return 0

    def _cost(self, dollars: int, mark: int) -> int | None:
        """How much worse than ``mark`` the all-in price is (1e-12); None where it is refused."""
        size = dollars * _DOLLAR * _STEP // mark
        try:
            quote = self.market.quote(self.side * size)
        except Refusal:
            return None
        if abs(int(quote.size)) < size:
            return None
        return self.side * (int(quote.all_in) - mark) * _RATE // mark

    def _between(self, low: int, cost: int, high: int, above: int | None, mark: int) -> int:
        if above is not None:
            return low + (high - low) * (_LIMIT - cost) // max(1, above - cost)
        for _ in range(_HALVINGS):
            middle = (low + high) // 2
            found = self._cost(middle, mark)
            if found is not None and found <= _LIMIT:
                low = middle
            else:
                high = middle
        return low

"""Where requests and orders with a trigger wait.

Requests and triggered orders stand in one line, first come first served. A trigger is met when the
price is strictly beyond it; who buys (increases a long, decreases a short) is held to the higher
price, who sells to the lower. A swap waits for the ratio of the two prices, p+ of what it
wants over p- of what it brings. Source: gmx-io/gmx-contracts, OrderBook.sol, PositionRouter.sol.
"""

from typing import Final

from mypy_extensions import i16, i64, mypyc_attr

from seawall.engine.designs.glp.pool import PoolToken
from seawall.engine.fixed import LIMIT, PRICE
from seawall.engine.orders import MARKET, Line, Order, TriggerHeap
from seawall.engine.pot import Pot

INCREASE: Final[i16] = 0
DECREASE: Final[i16] = 1
SWAP: Final[i16] = 2


@mypyc_attr(acyclic=True)
class Request(Order):
    """A request or order of any kind; the pot holds the tokens that it brings.

    ``action`` is increase, decrease or swap; ``place_in``, ``backing`` and ``place_out`` are the
    pool's numbers of the token brought, of the collateral, and of the one to be paid in. ``delta``
    is the size in dollars (1e-6), -1 where ``size`` in tokens says it; ``withdrawn`` the dollars of
    collateral to take off. ``simple`` orders came by size: they may be cut, and fall back on the
    collateral token where the pool lacks dollars.
    """

    def __init__(
        self, number: i64, account: i64, action: i16, is_long: bool, placed_at: i64
    ) -> None:
        buys: bool = is_long == (action == INCREASE)
        super().__init__(
            number, account, MARKET, 1 if buys else -1, 0, 0, action == DECREASE, False, placed_at
        )
        self.action: i16 = action
        self.is_long: bool = is_long
        self.above: bool = False
        self.simple: bool = False
        self.place_in: i64 = 0
        self.backing: i64 = 0
        self.place_out: i64 = 0
        self.delta: i64 = 0
        self.withdrawn: i64 = 0
        self.min_out: i64 = 0

    def fires_on_rise(self) -> bool:
        """Whether the trigger is reached from below."""
        return self.above

    def state(self) -> list[int]:
        """Every field, in a fixed order, for a digest."""
        return [
            self.number, self.account, self.kind, self.size, self.trigger, self.acceptable,
            int(self.partial), self.placed_at, int(self.triggered), self.amount, self.token,
            self.action, int(self.is_long), int(self.above), int(self.simple), self.backing,
            self.place_out, self.delta, self.withdrawn, self.min_out,
        ]  # fmt: skip


class Room:
    """The requests and orders of one market."""

    def __init__(self) -> None:
        self.orders: dict[int, Request] = {}
        self._line = Line()
        self._buy_rise = TriggerHeap(True)
        self._buy_fall = TriggerHeap(False)
        self._sell_rise = TriggerHeap(True)
        self._sell_fall = TriggerHeap(False)
        self._swaps: dict[int, TriggerHeap] = {}

    def add(self, request: Request) -> None:
        """Let a request in."""
        self.orders[int(request.number)] = request
        if request.triggered:
            self._line.append(request)
        else:
            self._heap(request).push(request)

    def _heap(self, request: Request) -> TriggerHeap:
        if request.action == SWAP:
            key: int = int((request.place_in * 64 + request.place_out) * 2)
            key += 1 if request.above else 0
            found = self._swaps.get(key)
            if found is None:
                found = TriggerHeap(request.above)
                self._swaps[key] = found
            return found
        if request.size > 0:
            return self._buy_rise if request.above else self._buy_fall
        return self._sell_rise if request.above else self._sell_fall

    def remove(self, request: Request) -> None:
        """Let a request out, executed or cancelled."""
        request.is_open = False
        del self.orders[int(request.number)]
        if not request.triggered:
            self._heap(request).forget_one()

    def release(self, low: i64, high: i64, placed_by: i64) -> None:
        """Put every order that the prices trigger in line, if it was placed by ``placed_by``."""
        self._line.take_reached(self._buy_rise, high - 1, placed_by)
        self._line.take_reached(self._buy_fall, high + 1, placed_by)
        self._line.take_reached(self._sell_rise, low - 1, placed_by)
        self._line.take_reached(self._sell_fall, low + 1, placed_by)

    def release_swaps(self, tokens: list[PoolToken], placed_by: i64) -> None:
        """The same for swaps, by the ratio of the prices."""
        for key in sorted(self._swaps):
            pair: int = key // 2
            ratio: i64 = ratio_of(tokens[pair // 64], tokens[pair % 64])
            price: i64 = ratio - 1 if key % 2 == 1 else ratio
            self._line.take_reached(self._swaps[key], price, placed_by)

    def next_in_line(self, placed_by: i64) -> Request | None:
        """The request at the head of the line if it was placed by ``placed_by``, out of line."""
        request = self._line.take(placed_by)
        if request is None:
            return None
        assert isinstance(request, Request)
        return request

    def put_back(self, request: Request) -> None:
        """Return a triggered order that could not be executed to its heap."""
        request.triggered = False
        self._heap(request).push(request)

    def tidy(self) -> None:
        """Drop the served part of a long line."""
        self._line.tidy()

    def pots(self) -> list[Pot]:
        """What waits with the requests."""
        return [request for request in self.orders.values()]  # noqa: C416  (a list of the base)

    def state(self) -> list[int]:
        """Requests by number, then the line, for a digest."""
        numbers: list[int] = []
        for number in sorted(self.orders):
            numbers.extend(self.orders[number].state())
        numbers.extend(self._line.numbers())
        return numbers


def ratio_of(token_in: PoolToken, token_out: PoolToken) -> i64:
    """p+ of what is wanted over p- of what is brought (1e-10)."""
    low: i64 = token_in.feed.low
    if low == 0:
        return 0
    ratio: int = int(token_out.feed.high) * int(PRICE) // int(low)
    return i64(ratio if ratio < int(LIMIT) else int(LIMIT) - 1)

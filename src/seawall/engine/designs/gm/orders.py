"""Orders of a GM market: eight types in two steps, by their triggers.

An order is created at one moment and executed by the keeper at a price reported later. Market
orders stand in line at once. Limit and stop orders stand by trigger price in one of four heaps,
by whether they wait for a rise or a fall, of the lowest or of the highest price that is held
possible:

================  =========================  =========================
type              a long fires when          a short fires when
================  =========================  =========================
limit increase    highest <= trigger         lowest >= trigger
stop increase     highest >= trigger         lowest <= trigger
limit decrease    lowest >= trigger          highest <= trigger
stop loss         lowest <= trigger          highest >= trigger
================  =========================  =========================

A limit swap has no trigger, only the least it must bring; it is tried at intervals, as frozen
orders are. Source: gmx-io/gmx-synthetics, contracts/order/Order.sol and BaseOrderUtils.sol.
"""

from typing import Final

from mypy_extensions import i16, i64

from seawall.engine.orders import LIMIT_ORDER, MARKET, Line, Order, TriggerHeap
from seawall.engine.pot import Pot

MARKET_SWAP: Final = "market-swap"
LIMIT_SWAP: Final = "limit-swap"
MARKET_INCREASE: Final = "market-increase"
LIMIT_INCREASE: Final = "limit-increase"
STOP_INCREASE: Final = "stop-increase"
MARKET_DECREASE: Final = "market-decrease"
LIMIT_DECREASE: Final = "limit-decrease"
STOP_LOSS: Final = "stop-loss-decrease"

TYPES: Final = (
    MARKET_SWAP, LIMIT_SWAP, MARKET_INCREASE, LIMIT_INCREASE, STOP_INCREASE, MARKET_DECREASE,
    LIMIT_DECREASE, STOP_LOSS,
)  # fmt: skip

NO_SWAP: Final = "none"
PNL_TO_COLLATERAL: Final = "pnl-to-collateral"
COLLATERAL_TO_PNL: Final = "collateral-to-pnl"
DECREASE_SWAPS: Final = (NO_SWAP, PNL_TO_COLLATERAL, COLLATERAL_TO_PNL)

INCREASING: Final[i16] = 0
DECREASING: Final[i16] = 1
SWAPPING: Final[i16] = 2


class Ticket(Order):
    """One order; its pot holds the tokens that an increase or a swap brings.

    ``type`` is one of ``TYPES``, ``what`` whether it increases, decreases or swaps. ``dollars``
    is the size (1e-6) and, where it is 0, ``size`` the size in index tokens (1e-8), turned into
    dollars at the price of the execution. ``collateral`` is the token of the position it is
    about, ``receives`` the token that a swap or a decrease is to end in (-1: as it comes).
    ``withdraws`` is the collateral that a decrease takes out, ``least`` what a swap must bring
    (in tokens) or a decrease pay out (1e-6 dollar). ``valid_from`` is the time (ms) before which
    it is not executed, ``frozen`` the reason for which only the keeper of frozen orders will
    try it again, at ``retry_at``.
    """

    def __init__(
        self,
        number: i64,
        account: i64,
        order_type: str,
        is_long: bool,
        token: i64,
        collateral: i64,
        trigger: i64,
        acceptable: i64,
        now: i64,
    ) -> None:
        is_market: bool = order_type in (MARKET_SWAP, MARKET_INCREASE, MARKET_DECREASE)
        super().__init__(
            number, account, MARKET if is_market else LIMIT_ORDER, 0, trigger, acceptable, False,
            False, now,
        )  # fmt: skip
        self.token = i16(token)
        self.type = order_type
        self.is_long: bool = is_long
        self.collateral: i64 = collateral
        self.receives: i64 = -1
        self.what: i16 = INCREASING
        if order_type in (MARKET_SWAP, LIMIT_SWAP):
            self.what = SWAPPING
        elif order_type in (MARKET_DECREASE, LIMIT_DECREASE, STOP_LOSS):
            self.what = DECREASING
        self.dollars: i64 = 0
        self.withdraws: i64 = 0
        self.least: i64 = 0
        self.swap = NO_SWAP
        self.valid_from: i64 = 0
        self.interface: i64 = -1
        self.auto_cancel: bool = False
        self.frozen = ""
        self.retry_at: i64 = 0

    def fires_on_rise(self) -> bool:
        """True where the trigger is reached from below."""
        if self.type == LIMIT_INCREASE or self.type == STOP_LOSS:
            return not self.is_long
        return self.is_long

    def looks_at_highest(self) -> bool:
        """True where the highest price counts: longs to be opened, shorts to be closed."""
        return self.is_long == (self.what == INCREASING)

    def is_market(self) -> bool:
        """Whether the order is executed at once or cancelled."""
        return self.kind == MARKET

    def is_reached(self, low: i64, high: i64) -> bool:
        """Whether the trigger, if there is one, is met; at the trigger itself it is."""
        if self.trigger == 0:
            return True
        price: i64 = high if self.looks_at_highest() else low
        return price >= self.trigger if self.fires_on_rise() else price <= self.trigger

    def state(self) -> list[int]:
        """Every field, in a fixed order, for a digest."""
        return [
            self.number, self.account, TYPES.index(self.type), int(self.is_long), self.token,
            self.collateral, self.receives, self.size, self.dollars, self.amount, self.withdraws,
            self.trigger, self.acceptable, self.least, DECREASE_SWAPS.index(self.swap),
            self.valid_from, self.interface, int(self.auto_cancel), len(self.frozen),
            self.retry_at, self.placed_at, int(self.triggered),
        ]  # fmt: skip


def place_of(account: i64, is_long: bool, token: i64) -> int:
    """One number for an account's position of one side and collateral token (0 to 63)."""
    return int((account << 7) + (token << 1) + (1 if is_long else 0))


class Counter:
    """The orders of one market that wait."""

    def __init__(self) -> None:
        self.orders: dict[int, Ticket] = {}
        self._line = Line()
        self._heaps: list[TriggerHeap] = [
            TriggerHeap(False), TriggerHeap(True), TriggerHeap(False), TriggerHeap(True),
        ]  # fmt: skip
        self._later: list[Ticket] = []
        self._later_head: i64 = 0
        self._attached: dict[int, list[Ticket]] = {}

    def add(self, order: Ticket) -> None:
        """Let an order in."""
        self.orders[int(order.number)] = order
        if order.auto_cancel:
            key = place_of(order.account, order.is_long, order.collateral)
            self._attached.setdefault(key, []).append(order)
        if order.trigger == 0:
            self._line.append(order)
            order.triggered = True
        else:
            self._heap(order).push(order)

    def _heap(self, order: Ticket) -> TriggerHeap:
        place: i64 = 2 if order.looks_at_highest() else 0
        return self._heaps[place + 1 if order.fires_on_rise() else place]

    def remove(self, order: Ticket) -> None:
        """Let an order out, executed or cancelled."""
        order.is_open = False
        del self.orders[int(order.number)]
        if not order.triggered:
            self._heap(order).forget_one()
        if order.auto_cancel:
            key = place_of(order.account, order.is_long, order.collateral)
            self._attached[key].remove(order)
            if not self._attached[key]:
                del self._attached[key]

    def freeze(self, order: Ticket, reason: str, retry_at: i64) -> None:
        """Leave an order that was taken out of the line to the keeper of frozen orders."""
        order.frozen = reason
        order.retry_at = retry_at
        self._later.append(order)

    def move(self, order: Ticket, trigger: i64) -> Ticket:
        """Take an order out so that its fields can change; :meth:`add` lets the copy in again.

        What is left behind in a heap or a line is a closed shell without money.
        """
        fresh = Ticket(
            order.number, order.account, order.type, order.is_long, i64(order.token),
            order.collateral, trigger, order.acceptable, order.placed_at,
        )  # fmt: skip
        fresh.size = order.size
        fresh.dollars = order.dollars
        fresh.receives = order.receives
        fresh.withdraws = order.withdraws
        fresh.least = order.least
        fresh.swap = order.swap
        fresh.valid_from = order.valid_from
        fresh.interface = order.interface
        fresh.auto_cancel = order.auto_cancel
        order.pay(fresh, order.amount)
        self.remove(order)
        return fresh

    def release(self, low: i64, high: i64, placed_by: i64, now: i64) -> None:
        """Put every order that the prices trigger, and that may be tried again, in line."""
        self._release_from(self._heaps[0], low, placed_by, now)
        self._release_from(self._heaps[1], low, placed_by, now)
        self._release_from(self._heaps[2], high, placed_by, now)
        self._release_from(self._heaps[3], high, placed_by, now)
        later = self._later
        while self._later_head < len(later):
            order = later[self._later_head]
            if order.is_open and (order.retry_at > now or order.placed_at > placed_by):
                break
            self._later_head += 1
            if order.is_open:
                self._line.append(order)
        if self._later_head > 1024 and self._later_head * 2 > len(later):
            self._later = later[self._later_head :]
            self._later_head = 0

    def _release_from(self, heap: TriggerHeap, price: i64, placed_by: i64, now: i64) -> None:
        too_young: list[Ticket] = []
        while True:
            order = heap.next_reached(price)
            if order is None:
                break
            assert isinstance(order, Ticket)
            if order.placed_at > placed_by or order.valid_from > now:
                too_young.append(order)
            else:
                order.triggered = True
                self._line.append(order)
        for order in too_young:
            heap.push(order)

    def next_in_line(self, placed_by: i64) -> Ticket | None:
        """The order at the head of the line if it was placed by ``placed_by``, taken out of it."""
        order = self._line.take(placed_by)
        if order is None:
            return None
        assert isinstance(order, Ticket)
        return order

    def put_back(self, order: Ticket) -> None:
        """Return an order that its trigger has left again to where it waits."""
        if order.trigger == 0 or order.frozen != "":
            self._later.append(order)
        else:
            order.triggered = False
            self._heap(order).push(order)

    def tidy(self) -> None:
        """Drop the served part of a long line."""
        self._line.tidy()

    def attached_to(self, account: i64, is_long: bool, token: i64) -> list[Ticket]:
        """Orders that are cancelled by themselves when that position is closed."""
        return list(self._attached.get(place_of(account, is_long, token), ()))

    def pots(self) -> list[Pot]:
        """The tokens that wait with the orders."""
        return [order for order in self.orders.values()]  # noqa: C416  (a list of the base class)

    def state(self) -> list[int]:
        """Open orders by number, then the lines, for a digest."""
        numbers: list[int] = []
        for number in sorted(self.orders):
            numbers.extend(self.orders[number].state())
        numbers.extend(self._line.numbers())
        for order in self._later[self._later_head :]:
            if order.is_open:
                numbers.append(int(order.number))
        return numbers

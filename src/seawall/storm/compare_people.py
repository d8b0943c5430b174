"""What happens to those who hold positions and shares: how long they wait, what they pay.

Only views and events are read. What is learnt of a position stands until an event touches it, and
a quarter of an hour at most.
"""

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from statistics import median_low

from seawall.engine.events import (
    AuctionEnded,
    AuctionTaken,
    Deleveraged,
    Event,
    Filled,
    RungReached,
)
from seawall.engine.fixed import DAY, MINUTE, NOTIONAL_STEP
from seawall.engine.venue import Market, Venue
from seawall.engine.views import PositionView
from seawall.storm.compare_result import Carry, Exits, Waits

LOOK = 15 * int(MINUTE)
"""All open positions are looked at so often."""

_STEP, _DAY = int(NOTIONAL_STEP), int(DAY)


def touched_by(events: Iterable[Event], market: str) -> list[int]:
    """Accounts whose position in ``market`` the events changed, each once."""
    found: dict[int, None] = {}
    for event in events:
        if event.market != market:
            continue
        if isinstance(event, (Filled, RungReached, Deleveraged, AuctionTaken, AuctionEnded)):
            found[int(event.account)] = None
        if isinstance(event, AuctionTaken):
            found[int(event.bidder)] = None
    return list(found)


def is_fallen(view: PositionView, mark: int) -> bool:
    """Whether the mark has passed a position's liquidation price, and its equity is too small.

    A position that shares its account's money shows no margin of its own: there the price alone
    says it.
    """
    price = int(view.liquidation_price)
    passed = mark <= price if view.size > 0 else mark >= price
    return passed and (int(view.margin) == 0 or int(view.equity) < int(view.maintenance))


class Queue:
    """Who waits to be liquidated in one market, and for how long."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._own: set[int] = set()
        self._falls: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
        self._since: dict[int, int] = {}
        self._acted: set[int] = set()
        self._waits: list[int] = []
        self._escaped = 0
        self._crowd = 0
        self._dollars = 0
        self._discount = 0

    def look_at_all(self, views: Sequence[PositionView]) -> None:
        """Learn every liquidation price anew: funding moves them all."""
        self._own = {account for _, account in self.market.own_accounts()}
        self._falls = ([], [])
        for view in views:
            self._learn(view)

    def _learn(self, view: PositionView) -> None:
        """Keep a position by its liquidation price: the next long to fall, the next short."""
        account, price = int(view.account), int(view.liquidation_price)
        if account in self._own:
            return
        if view.size > 0:
            heappush(self._falls[0], (-price, account))
        else:
            heappush(self._falls[1], (price, account))

    def look(
        self, now: int, events: Sequence[Event], touched: Sequence[int], prices: tuple[int, int]
    ) -> None:
        """Take a tick in; ``prices`` are the published ones (1e-10) of the tick before and now."""
        mark = int(self.market.mark())
        for event in events:
            if event.market == self.market.name and isinstance(event, (RungReached, AuctionTaken)):
                self._act(now, event, prices[event.time == now])
        for account in touched:
            view = self.market.position(account)
            if view is not None:
                self._learn(view)
        self._fall(now, mark)
        for account, since in list(self._since.items()):
            view = self.market.position(account)
            if view is None or not is_fallen(view, mark):
                self._end(account, now - since)
        self._crowd = max(self._crowd, len(self._since))

    def _act(self, now: int, event: RungReached | AuctionTaken, price: int) -> None:
        """The ladder has closed a position, or a part of one."""
        account = int(event.account)
        size = int(event.closed if isinstance(event, RungReached) else event.size)
        self._dollars += abs(size) * int(event.price) // _STEP
        self._discount += (price - int(event.price)) * size // _STEP
        self._acted.add(account)
        self._since.setdefault(account, now)

    def _fall(self, now: int, mark: int) -> None:
        """Begin to count for those whose price has been passed."""
        for side, heap in enumerate(self._falls):
            again: dict[int, PositionView] = {}
            while heap and (mark <= -heap[0][0] if side == 0 else mark >= heap[0][0]):
                account = heappop(heap)[1]
                view = self.market.position(account)
                if view is None or (view.size > 0) != (side == 0):
                    continue
                if is_fallen(view, mark):
                    self._since.setdefault(account, now)
                elif account not in self._since:
                    again[account] = view
            for view in again.values():
                self._learn(view)

    def _end(self, account: int, waited: int) -> None:
        del self._since[account]
        if account in self._acted:
            self._acted.remove(account)
            self._waits.append(waited)
        else:
            self._escaped += 1
        view = self.market.position(account)
        if view is not None:
            self._learn(view)

    def waits(self) -> Waits:
        """What was found."""
        return Waits(
            count=len(self._waits),
            at_once=sum(wait == 0 for wait in self._waits),
            median=median_low(self._waits) if self._waits else 0,
            longest=max(self._waits, default=0),
            open=len(self._since),
            crowd=self._crowd,
            escaped=self._escaped,
            dollars=self._dollars,
            discount=self._discount,
        )


class Meter:
    """What holding costs, by the positions that nobody touched between two looks.

    A position's margin less what has built up is its money before any result: it changes by
    funding and borrowing alone, unless its owner's wallet changed too.
    """

    def __init__(self, venue: Venue, market: Market) -> None:
        self.venue = venue
        self.market = market
        self._before: dict[int, tuple[int, int, int, int]] = {}
        self._touched: set[int] = set()
        self._then = 0
        self._paid = {1: 0, -1: 0}
        self._held = {1: 0, -1: 0}

    def touch(self, accounts: Iterable[int]) -> None:
        """These positions have changed."""
        self._touched.update(accounts)

    def look(self, now: int, views: Sequence[PositionView]) -> None:
        """Read every position; those that are as they were have paid the difference."""
        before, self._before = self._before, {}
        for view in views:
            account = int(view.account)
            if int(view.margin) == 0:
                continue
            held = int(view.margin) - int(view.accrued)
            seen = (int(view.size), held, int(self.venue.wallet(account)), int(view.value))
            self._before[account] = seen
            was = before.get(account)
            if was is None or account in self._touched or (was[0], was[2]) != (seen[0], seen[2]):
                continue
            side = 1 if view.size > 0 else -1
            self._paid[side] += was[1] - held
            self._held[side] += was[3] * (now - self._then)
        self._touched.clear()
        self._then = now

    def carry(self) -> list[Carry]:
        """What was found, for longs and for shorts."""
        return [
            Carry(side=name, paid=self._paid[side], held=self._held[side] // _DAY)
            for side, name in ((1, "long"), (-1, "short"))
        ]


class Door:
    """The way out of one vault."""

    def __init__(self, market: Market, vault: str) -> None:
        self.market = market
        self.vault = vault
        self._ticks = 0
        self._longest = 0
        self._most = 0
        self._end = 0
        self._since = -1
        self._free: int | None = None

    def look(self, now: int, in_storm: bool) -> None:
        """Look at one tick."""
        view = self.market.vault(self.vault)
        self._end = int(view.pending) * int(view.assets) // max(1, int(view.shares))
        self._most = max(self._most, self._end)
        if view.pending > 0:
            self._ticks += 1
            self._since = now if self._since < 0 else self._since
            self._longest = max(self._longest, now - self._since)
        else:
            self._since = -1
        if in_storm:
            free = int(view.exit_limit)
            self._free = free if self._free is None else min(self._free, free)

    def exits(self) -> Exits:
        """What was found."""
        return Exits(
            vault=self.vault,
            ticks=self._ticks,
            longest=self._longest,
            most=self._most,
            end=self._end,
            free_least=self._free,
        )

"""Everything an account can ask of the book, each request whole or refused.

One room over the door (:mod:`entry`), the trigger orders, the TWAPs and the dead-man switches.
Orders are numbered by the venue; a request that makes several takes their numbers when nothing
can be refused any more.
"""

from mypy_extensions import i64

from seawall.engine.designs.orderbook.book import CANCELED, SCHEDULED, Book, Clearing
from seawall.engine.designs.orderbook.entry import GTC, MARKET, Entry
from seawall.engine.designs.orderbook.families import Dormant
from seawall.engine.designs.orderbook.levels import Owner, Resting
from seawall.engine.designs.orderbook.orderparams import OrderParams
from seawall.engine.designs.orderbook.switch import Switches
from seawall.engine.designs.orderbook.ticks import Ticks
from seawall.engine.designs.orderbook.triggers import STOP_LOSS, TAKE, Triggers
from seawall.engine.designs.orderbook.twap import Twaps
from seawall.engine.errors import BadOrder, BrokenBooks, Unknown
from seawall.engine.fixed import MAX_PRICE, check_range
from seawall.engine.venue import Numbering


class Exits:
    """Take profit and stop loss of a parent or a position: prices (1e-10), 0 for none.

    ``take`` and ``stop`` are triggers, ``take_limit`` and ``stop_limit`` the limits once they
    have fired, 0 for a market order.
    """

    def __init__(
        self, take: int = 0, stop: int = 0, take_limit: int = 0, stop_limit: int = 0
    ) -> None:
        self.take = take
        self.stop = stop
        self.take_limit = take_limit
        self.stop_limit = stop_limit


class Orders:
    """The orders of one market."""

    def __init__(self, book: Book, desk: Clearing, params: OrderParams) -> None:
        self.book = book
        self.desk = desk
        self.params = params
        self.numbering = Numbering()
        self.entry = Entry(book, desk, params)
        self.triggers = Triggers(book, desk, self.entry)
        self.twaps = Twaps(desk, self.entry)
        self.switches = Switches(params)
        book.kin = self.triggers

    def set_decimals(self, decimals: int) -> None:
        """Choose the decimals of sizes anew, before any order is taken."""
        self.entry.ticks = Ticks(decimals)

    # one order

    def limit(
        self,
        number: int,
        owner: Owner,
        is_buy: bool,
        size: int,
        price: int,
        tif: str = GTC,
        reduce_only: bool = False,
    ) -> Resting:
        """A limit order of ``size`` (1e-8 token) at ``price`` (1e-10)."""
        return self.entry.limit(number, owner, is_buy, size, price, tif, reduce_only)

    def market(
        self,
        number: int,
        owner: Owner,
        is_buy: bool,
        size: int,
        worst: int = 0,
        reduce_only: bool = False,
        whole: bool = False,
    ) -> Resting:
        """A market order; ``worst`` (1e-10) tightens its limit, ``whole`` refuses a partial one."""
        return self.entry.market(number, owner, is_buy, size, worst, reduce_only, whole)

    def trigger(
        self,
        number: int,
        owner: Owner,
        is_buy: bool,
        size: int,
        trigger: int,
        limit: int = 0,
        kind: str = STOP_LOSS,
        reduce_only: bool = False,
        worst: int = 0,
    ) -> Dormant:
        """A stop (``sl``) or take (``tp``) order, at ``limit`` once fired, 0 for at market.

        ``worst`` (1e-10, 0: none) tightens the limit of a market order.
        """
        check_range("worst", worst, 0, int(MAX_PRICE), "1e-10 dollar per token")
        room = self.triggers
        self.desk.check_open()
        self.entry.ticks.check_size(size)
        room.check(owner, is_buy, size, trigger, limit, kind, self.desk.mark(), 0)
        if reduce_only:
            self.entry.check_reducing(owner, is_buy)
            room.check_least(owner, is_buy, size, trigger if limit == 0 else limit)
        else:
            self.entry.limits.check_least(size, trigger if limit == 0 else limit)
        dormant = room.make(number, owner, is_buy, size, trigger, limit, kind, reduce_only)
        dormant.worst = worst
        room.wake(dormant)
        return dormant

    # several

    def with_exits(
        self,
        number: int,
        owner: Owner,
        is_buy: bool,
        size: int,
        price: int,
        tif: str,
        exits: Exits,
    ) -> Resting:
        """An order with children of its size that close what it opens.

        ``tif`` may be ``market``, the price is then 0. The children take the numbers that follow
        the venue's last.
        """
        entry = self.entry
        reference: i64 = self.desk.mark()
        if tif == MARKET:
            entry.ticks.check_size(size)
            parent = entry.aggressive(
                number, owner, is_buy, size, self.params.market_slippage, False
            )
        else:
            entry.check_fields(size, price, tif)
            parent = Resting(number, owner, is_buy, price, size, False, self.desk.now())
            reference = price
        self._check_exits(owner, not is_buy, size, exits, reference, 1)
        entry.check(parent, tif)
        self.triggers.found(parent, self._children(owner, not is_buy, size, exits))
        entry.run(parent, tif)
        return parent

    def position_exits(self, owner: Owner, size: int, exits: Exits) -> list[int]:
        """Take profit and stop loss on the position; their numbers.

        ``size`` 0 lets them follow it; whichever fills first ends the other.
        """
        self.desk.check_open()
        is_buy: bool = self.desk.reducible(owner, True) > 0
        if not is_buy:
            self.entry.check_reducing(owner, False)
        self._check_exits(owner, is_buy, size, exits, self.desk.mark(), 0)
        children = self._children(owner, is_buy, size, exits)
        self.triggers.found(None, children)
        return [int(child.number) for child in children]

    def _check_exits(
        self, owner: Owner, is_buy: bool, size: int, exits: Exits, reference: i64, others: i64
    ) -> None:
        if exits.take == 0 and exits.stop == 0:
            raise BadOrder("no-exit", "neither a take profit nor a stop loss is named")
        room = self.triggers
        if exits.take != 0:
            room.check(owner, is_buy, size, exits.take, exits.take_limit, TAKE, reference, others)
            others += 1
        if exits.stop != 0:
            room.check(
                owner, is_buy, size, exits.stop, exits.stop_limit, STOP_LOSS, reference, others
            )

    def _children(self, owner: Owner, is_buy: bool, size: int, exits: Exits) -> list[Dormant]:
        room = self.triggers
        children: list[Dormant] = []
        if exits.take != 0:
            number = self.numbering.take()
            children.append(
                room.make(number, owner, is_buy, size, exits.take, exits.take_limit, TAKE, True)
            )
        if exits.stop != 0:
            number = self.numbering.take()
            children.append(
                room.make(
                    number, owner, is_buy, size, exits.stop, exits.stop_limit, STOP_LOSS, True
                )
            )
        return children

    def twap(
        self,
        number: int,
        owner: Owner,
        is_buy: bool,
        size: int,
        duration: int,
        randomised: bool = False,
        reduce_only: bool = False,
    ) -> None:
        """Trade ``size`` (1e-8 token) in even slices over ``duration`` (ms)."""
        self.desk.check_open()
        self.twaps.start(number, owner, is_buy, size, duration, randomised, reduce_only)

    # leaving

    def cancel(self, owner: Owner, number: int, reason: str = CANCELED) -> None:
        """End an order of the account: on the book, dormant, asleep, or a TWAP."""
        order = self.book.orders.get(number)
        if order is not None and order.owner is owner:
            self.book.drop(order, self.desk, reason)
            return
        dormant = self.triggers.find(number, owner)
        if dormant is not None:
            self.triggers.cancel(dormant, reason)
            return
        twap = self.twaps.find(number, owner)
        if twap is None:
            raise Unknown(
                "unknown-order",
                f"account {owner.account} has no open order {number}",
                number,
            )
        self.twaps.end(twap, reason)

    def modify(
        self,
        number: int,
        owner: Owner,
        old: int,
        is_buy: bool,
        size: int,
        price: int,
        tif: str = GTC,
        reduce_only: bool = False,
    ) -> Resting:
        """Replace an order on the book by another, at the end of its queue.

        Refused whole, the old order untouched, where the new one would be.
        """
        order = self.book.orders.get(old)
        if order is None or order.owner is not owner:
            raise Unknown(
                "unknown-order", f"account {owner.account} has no resting order {old}", old
            )
        self.entry.check_fields(size, price, tif)
        new = Resting(number, owner, is_buy, price, size, reduce_only, self.desk.now())
        owner.resting -= 1
        try:
            self.entry.check(new, tif)
        finally:
            owner.resting += 1
        self.book.drop(order, self.desk, CANCELED)
        self.entry.run(new, tif)
        return new

    def cancel_all(self, owner: Owner, reason: str = CANCELED) -> int:
        """End every order of the account; how many there were."""
        held = int(owner.resting + owner.dormant)
        self.book.drop_all(owner, self.desk, reason)
        self.triggers.cancel_all(owner, reason)
        self.twaps.end_all(owner, reason)
        return held

    def cancel_everything(self, reason: str) -> None:
        """End every order of the market, on the book in the order of their numbers."""
        for number in sorted(self.book.orders):
            order = self.book.orders.get(number)
            if order is not None:
                self.book.drop(order, self.desk, reason)
        for number in sorted(self.triggers.room.orders):
            waiting = self.triggers.room.orders.get(number)
            if waiting is not None:
                self.triggers.cancel(self.triggers.dormant(waiting), reason)
        for number in sorted(self.twaps.running):
            self.twaps.end(self.twaps.running[number], reason)

    def schedule_cancel(self, owner: Owner, at: int) -> None:
        """Set the account's dead-man switch to ``at`` (ms), 0 takes it off."""
        self.switches.set(owner, at, self.desk.now())

    # the keeper

    def take(self, owner: Owner, is_buy: bool, size: i64, limit: i64) -> i64:
        """Close up to ``size`` of a position at ``limit`` or better, for a liquidation."""
        return self.entry.take(self.numbering.take(), owner, is_buy, size, limit)

    def on_time(self, budget: i64) -> i64:
        """Let switches act, triggers fire and slices go, in this order; the actions left."""
        while budget > 0:
            owner = self.switches.due(self.desk.now())
            if owner is None:
                break
            self.cancel_all(owner, SCHEDULED)
            budget -= 1
        budget = self.triggers.on_mark(budget)
        return self.twaps.on_time(budget)

    # views

    def open_orders(self, owner: Owner) -> list[int]:
        """Numbers of the account's orders on the book, then of the dormant, then of its TWAPs."""
        numbers = [int(order.number) for order in owner.open_orders()]
        numbers.extend([int(dormant.number) for dormant in self.triggers.held_by(owner)])
        numbers.extend([int(whole.number) for whole in self.twaps.running_of(owner)])
        return numbers

    def audit(self) -> None:
        """Re-add the book and the counts of every account; raises :class:`BrokenBooks`."""
        self.book.audit()
        counts: dict[int, Owner] = {}
        held: dict[int, Owner] = {}
        for number in self.book.orders:
            order = self.book.orders[number]
            counted = _count_for(order.owner, counts, held)
            counted.resting += 1
            if order.reduce_only:
                counted.count_reducing(order.is_buy, 1)
        for waiting in self.triggers.room.orders.values():
            dormant = self.triggers.dormant(waiting)
            counted = _count_for(dormant.owner, counts, held)
            counted.dormant += 1
            if dormant.reduce_only:
                counted.count_reducing(dormant.resting.is_buy, 1)
        for twap in self.twaps.running.values():
            _count_for(twap.whole.owner, counts, held).dormant += 1
        for account in counts:
            if not counts[account].agrees(held[account]):
                raise BrokenBooks(f"the open orders of account {account} are miscounted")

    def state(self) -> list[int]:
        """Every number of the orders in a fixed order."""
        numbers = self.book.state()
        numbers.extend(self.triggers.state())
        numbers.extend(self.twaps.state())
        numbers.extend(self.switches.state())
        return numbers


def _count_for(owner: Owner, counts: dict[int, Owner], held: dict[int, Owner]) -> Owner:
    """The count of an account's orders, begun if this is the first of them."""
    found = counts.get(owner.account)
    if found is None:
        found = Owner(owner.account)
        counts[owner.account] = found
        held[owner.account] = owner
    return found

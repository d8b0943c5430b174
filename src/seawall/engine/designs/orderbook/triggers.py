"""Trigger orders: stop and take, at market or at a limit, alone, on a position or on a parent.

They wait for the mark in the engine's waiting room and go to the book when it reaches their
trigger (Hyperliquid's documentation, "Order types" and "TP/SL"). A stop buys above the mark and
sells below it, a take the reverse. Those that may only reduce are cancelled as soon as the
position they would reduce is gone.
"""

from typing import Final

from mypy_extensions import i16, i64

from seawall.engine.designs.orderbook.book import (
    MARGIN,
    REDUCE_ONLY,
    SIBLING_FILLED,
    Book,
    Clearing,
    Kin,
)
from seawall.engine.designs.orderbook.entry import GTC, MARKET, Entry, status_word, stricter
from seawall.engine.designs.orderbook.families import Dormant, Family
from seawall.engine.designs.orderbook.levels import FOR_TRIGGER, Owner, Resting
from seawall.engine.errors import BadOrder, BrokenBooks, Closed, Refusal
from seawall.engine.fixed import smaller
from seawall.engine.orders import STOP, TAKE_PROFIT, Order, WaitingRoom

STOP_LOSS: Final = "sl"
TAKE: Final = "tp"
KINDS: Final[dict[str, int]] = {"sl": 2, "tp": 3}


class Triggers(Kin):
    """The trigger orders and families of one market."""

    def __init__(self, book: Book, desk: Clearing, entry: Entry) -> None:
        self.book = book
        self.desk = desk
        self.entry = entry
        self.room = WaitingRoom()
        self.families: dict[int, Family] = {}
        self.by_owner: dict[int, list[Dormant]] = {}

    # taking in

    def check(
        self,
        owner: Owner,
        is_buy: bool,
        size: int,
        trigger: int,
        limit: int,
        kind: str,
        reference: i64,
        others: i64,
    ) -> None:
        """Refuse a trigger order whose fields contradict each other or ``reference`` (1e-10).

        ``size`` 0 follows the position, ``limit`` 0 is a market order; ``others`` are open orders
        that the same command adds besides.
        """
        ticks = self.entry.ticks
        if kind not in KINDS:
            raise BadOrder("unknown-kind", f"kind {kind!r} is none of {', '.join(KINDS)}")
        if size != 0:
            ticks.check_size(size)
        ticks.check_price(trigger)
        if limit != 0:
            ticks.check_price(limit)
        if reference == 0:
            raise Closed("no-price", "there is no mark yet that a trigger could lie beyond")
        above: bool = is_buy == (kind == STOP_LOSS)
        if (trigger <= reference) if above else (trigger >= reference):
            side = "buy" if is_buy else "sell"
            place = "above" if above else "below"
            raise BadOrder(
                "bad-trigger-px",
                f"the trigger {trigger} of a {kind} {side} must lie {place} {reference} "
                "(1e-10 dollar per token)",
                trigger,
                int(reference),
            )
        if size != 0:
            limits = self.entry.limits
            price: i64 = trigger if limit == 0 else limit
            most: i64 = limits.market_value(self.desk.max_leverage())
            if limit != 0:
                most *= self.entry.params.limit_multiple
            limits.check_most(size, price, most)
        held: i64 = owner.resting + owner.dormant + others
        self.entry.limits.check_count(held, self.desk.volume(owner), True)

    def check_least(self, owner: Owner, is_buy: bool, size: i64, price: i64) -> None:
        """Refuse a small order unless it closes the whole position."""
        if size != 0 and size < self.desk.reducible(owner, is_buy):
            self.entry.limits.check_least(size, price)

    def make(
        self,
        number: i64,
        owner: Owner,
        is_buy: bool,
        size: i64,
        trigger: i64,
        limit: i64,
        kind: str,
        reduce_only: bool,
    ) -> Dormant:
        """A trigger order that was checked, asleep still."""
        code: i16 = STOP if kind == STOP_LOSS else TAKE_PROFIT
        return Dormant(
            number, owner, code, is_buy, size, trigger, limit, reduce_only, self.desk.now()
        )

    def wake(self, dormant: Dormant) -> None:
        """Let a trigger order wait for the mark."""
        dormant.awake = True
        owner = dormant.owner
        owner.dormant += 1
        if dormant.reduce_only:
            owner.count_reducing(dormant.resting.is_buy, 1)
        self.room.add(dormant)
        self._of(owner).append(dormant)

    def _of(self, owner: Owner) -> list[Dormant]:
        found = self.by_owner.get(owner.account)
        if found is None:
            found = []
            self.by_owner[owner.account] = found
        return found

    def _take_out(self, dormant: Dormant) -> None:
        """Take a trigger order that is awake out of the room."""
        self.room.remove(dormant)
        owner = dormant.owner
        owner.dormant -= 1
        if dormant.reduce_only:
            owner.count_reducing(dormant.resting.is_buy, -1)
        held = self.by_owner[owner.account]
        held.remove(dormant)
        if len(held) == 0:
            del self.by_owner[owner.account]

    # families

    def found(self, parent: Resting | None, children: list[Dormant]) -> None:
        """Bind children to a parent that is about to be run, or to each other if there is none."""
        family = Family(parent)
        for child in children:
            family.adopt(child)
            self.families[child.number] = family
        if parent is None:
            for child in children:
                self.wake(child)
        else:
            parent.has_family = True
            self.families[parent.number] = family

    def filled(self, order: Resting) -> None:
        """A parent that has filled wakes its children, a child ends its siblings."""
        family = self.families.get(order.number)
        if family is None or order.left > 0:
            return
        if family.parent is order:
            self._wake_children(family)
        else:
            self._leave(family, order)
            for child in list(family.children):
                self._end(child, SIBLING_FILLED)

    def ended(self, order: Resting, reason: str) -> None:
        """The end of a parent ends its children, unless margin stopped it half filled."""
        family = self.families.get(order.number)
        if family is None:
            return
        if family.parent is not order:
            self._leave(family, order)
        elif reason == MARGIN and order.left < order.size:
            self._wake_children(family)
        else:
            self._drop_parent(family)
            for child in list(family.children):
                self._end(child, reason)

    def _drop_parent(self, family: Family) -> None:
        parent = family.parent
        if parent is not None:
            del self.families[parent.number]
            family.parent = None

    def _wake_children(self, family: Family) -> None:
        self._drop_parent(family)
        for child in family.children:
            self.wake(child)

    def _leave(self, family: Family, order: Resting) -> None:
        family.children = [child for child in family.children if child.resting is not order]
        del self.families[order.number]

    def _end(self, child: Dormant, reason: str) -> None:
        """End a member of a family, wherever it is: asleep, in the room or on the book."""
        order = child.resting
        if order.level is not None:
            self.book.drop(order, self.desk, reason)
            return
        if child.awake and child.is_open:
            self._take_out(child)
        self.desk.cancelled(order, reason)
        self.ended(order, reason)

    # leaving

    def held_by(self, owner: Owner) -> list[Dormant]:
        """The account's trigger orders that are awake, oldest first."""
        return list(self.by_owner.get(owner.account, []))

    def find(self, number: int, owner: Owner) -> Dormant | None:
        """A trigger order of the account that has not fired, awake or asleep, or None."""
        for dormant in self.by_owner.get(owner.account, []):
            if dormant.number == number:
                return dormant
        family = self.families.get(number)
        if family is not None:
            for child in family.children:
                if child.number == number and child.owner is owner and not child.awake:
                    return child
        return None

    def cancel(self, dormant: Dormant, reason: str) -> None:
        """End a trigger order that has not fired."""
        self._end(dormant, reason)

    def cancel_all(self, owner: Owner, reason: str) -> None:
        """End every trigger order of an account that is awake."""
        for dormant in self.held_by(owner):
            if dormant.is_open:
                self._end(dormant, reason)

    def shed(self, owner: Owner, is_buy: bool) -> None:
        """End the orders that may only reduce, now that there is nothing to reduce."""
        for dormant in self.held_by(owner):
            if dormant.is_open and dormant.reduce_only and dormant.resting.is_buy == is_buy:
                self._end(dormant, REDUCE_ONLY)

    # firing

    def on_mark(self, budget: i64) -> i64:
        """Send what the mark has reached to the book; the actions left of ``budget``."""
        mark: i64 = self.desk.mark()
        if mark == 0:
            return budget
        self.room.release(mark, self.desk.now())
        while budget > 0:
            order = self.room.next_in_line(self.desk.now())
            if order is None:
                break
            self._fire(order)
            budget -= 1
        self.room.tidy()
        return budget

    def _fire(self, order: Order) -> None:
        dormant = self.dormant(order)
        self._take_out(dormant)
        entry = self.entry
        resting = dormant.resting
        owner = dormant.owner
        try:
            size: i64 = resting.size
            if dormant.reduce_only:
                size = smaller(size, entry.check_reducing(owner, resting.is_buy))
            resting.size = size
            resting.left = size
            resting.placed_at = self.desk.now()
            resting.purpose = FOR_TRIGGER
            tif = GTC
            if dormant.acceptable == 0:
                tif = MARKET
                price: i64 = entry.slipped(resting.is_buy, entry.params.trigger_slippage)
                resting.price = stricter(price, dormant.worst, resting.is_buy)
            entry.check(resting, tif)
        except Refusal as refusal:
            entry.end(resting, status_word(refusal.code))
            return
        entry.run(resting, tif)

    def dormant(self, order: Order) -> Dormant:
        """What waits in the room, as what it is."""
        if not isinstance(order, Dormant):
            raise BrokenBooks(f"order {order.number} waits for a trigger and is no trigger order")
        return order

    def audit_counts(self) -> int:
        """Trigger orders that are awake."""
        return len(self.room.orders)

    def state(self) -> list[int]:
        """The waiting room, then the families by their members' numbers."""
        numbers = self.room.state()
        for number in sorted(self.families):
            numbers.append(number)
            numbers.extend(self.families[number].state())
        return numbers

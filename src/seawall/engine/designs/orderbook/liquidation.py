"""Liquidation: orders on the book, the vault behind it, deleveraging last.

An estate is what is liquidated as one: an isolated position with its margin, or a cross account
with all its cross positions. Under its maintenance it climbs this ladder, each rung with its turn
once an advance:

1. book: its open orders are cancelled and its positions are sent to the book as market orders, all
   of a small one, a slice of a large one; never past the price at which nothing is left of it;
2. auction, where one is configured: anyone may take the position over;
3. backstop: below two thirds of maintenance, and not below nothing, the vault's liquidator takes
   positions at the mark, with all that stands behind them;
4. deleverage: below nothing, holders of the other side close against it at the previous mark.

The liquidator is an account like any other, but for the first three rungs: it is deleveraged once
its own equity is gone. Source: Hyperliquid's documentation, "Liquidations" and
"Auto-deleveraging"; the limit of the book orders is this project's, so that no account is sold
into debt.
"""

from typing import cast

from mypy_extensions import i64

from seawall.engine.designs.orderbook.deleverage import Deleveraging
from seawall.engine.designs.orderbook.house import House
from seawall.engine.designs.orderbook.lookout import (
    cross_equity,
    equity_of,
    is_liquidatable,
    maintenance_of,
    value_of,
)
from seawall.engine.designs.orderbook.members import Holder, Holding
from seawall.engine.designs.orderbook.params import HEALTH, Params
from seawall.engine.events import RungReached
from seawall.engine.fixed import MAX_PRICE, larger, magnitude, notional, share_up, smaller
from seawall.engine.guards import MultiRound
from seawall.engine.ladder import ACTED, Ladder
from seawall.engine.watch import IN_AUCTION, Position


class Care(Deleveraging):
    """A house as its ladder sees it, all markets of it together.

    Whoever builds it gives it its ladder (:func:`rungs.order_ladder`).
    """

    def __init__(self, house: House, params: Params) -> None:
        super().__init__(house, params)
        self.ladder = Ladder([])

    # the keeper's round

    def liquidate(self, budget: i64) -> i64:
        """Take every estate that is due up the ladder; the budget that is left.

        In the order that the parameter names; each is served once. Deleveraging comes last, for
        all together.
        """
        house = self.house
        budget = self.end_auctions(budget)
        waiting: list[Holding] = []
        while len(house.due) > 0:
            line = self._in_order(house.due)
            house.due = []
            for held in line:
                holder = held.holder
                if not self.stands(held) or not is_liquidatable(holder):
                    self.let_go(held)
                    continue
                desk = self.desk_of(holder)
                if budget <= 0 or desk.guards.is_halted(desk.time):
                    waiting.append(held)
                    continue
                if self.ladder.work(self, held) == ACTED:
                    budget -= 1
                if held.standing == IN_AUCTION:
                    continue
                if self.stands(held) and is_liquidatable(holder):
                    waiting.append(held)
                else:
                    self.let_go(held)
        house.due = waiting
        self.support.refill()
        self._see_to_liquidator()
        self.deleverage()
        still: list[Holding] = []
        for held in house.due:
            if self.stands(held) and is_liquidatable(held.holder):
                still.append(held)
            else:
                self.let_go(held)
        house.due.clear()
        house.due.extend(still)
        return budget

    def _in_order(self, due: list[Holding]) -> list[Holding]:
        ranked: list[tuple[int, int, int, Holding]] = []
        for held in due:
            if self.params.due_order == HEALTH:
                required: int = larger(1, maintenance_of(held.holder))
                equity: int = equity_of(held.holder)
                first = equity * 1_000_000_000_000 // required
            else:
                value: i64 = 0
                for holder in self.parts(held):
                    value += value_of(holder)
                first = -int(value)
            ranked.append((first, int(held.account), int(held.holder.coin.index), held))
        ranked.sort(key=_rank_of)
        return [row[3] for row in ranked]

    # rung 1: the book

    def sell_on_book(self, held: Holding) -> bool:
        """Send the estate's positions to the book; whether anything was filled."""
        self.cancel_orders(held)
        filled: bool = False
        for holder in self.parts(held):
            if not is_liquidatable(holder):
                break
            if holder.holding.size != 0 and self._send(holder):
                filled = True
        return filled

    def _send(self, holder: Holder) -> bool:
        room = self.room_of(holder)
        desk = room.desk
        held = holder.holding
        quantity: i64 = held.quantity()
        size: i64 = self._slice(holder, quantity)
        if size == 0:
            return False
        is_long: bool = held.size > 0
        before_value: i64 = desk.forced_value
        before_result: i64 = desk.forced_result
        filled: i64 = room.orders.take(holder, not is_long, size, self.worst_price(holder))
        if filled == 0:
            return False
        if filled < quantity and size < quantity:
            self._cool(holder)
        event = RungReached(desk.time, desk.name, "book", holder.account)
        event.closed = filled if is_long else -filled
        event.price = per_token(desk.forced_value - before_value, filled)
        event.result = desk.forced_result - before_result
        if desk.journal.listening:
            desk.journal.events.append(event)
        return True

    def _slice(self, holder: Holder, quantity: i64) -> i64:
        """Tokens (1e-8) that this round sends; 0 where its turn has not come."""
        desk = self.desk_of(holder)
        cooled: i64 = holder.holding.cooled_at if holder.isolated else holder.member.cooled_at
        rounds = self.params.guards.multi_round
        if rounds is not None:
            if desk.time < cooled:
                return 0
            return self._lots(holder, share_up(quantity, rounds.slice_share), quantity)
        if notional(quantity, desk.coin.mark) <= self.params.slice_above or desk.time < cooled:
            return quantity
        return self._lots(holder, share_up(quantity, self.params.slice_share), quantity)

    def _lots(self, holder: Holder, size: i64, most: i64) -> i64:
        lot: i64 = self.room_of(holder).orders.entry.ticks.lot
        return smaller(-(-size // lot) * lot, most)

    def _cool(self, holder: Holder) -> None:
        rounds: MultiRound | None = self.params.guards.multi_round
        pause: i64 = self.params.cooldown if rounds is None else rounds.pause
        until: i64 = self.desk_of(holder).time + pause
        if holder.isolated:
            holder.holding.cooled_at = until
        elif self.desk_of(holder).time >= holder.member.cooled_at:
            holder.member.cooled_at = until

    def worst_price(self, holder: Holder) -> i64:
        """The price (1e-10) at which closing all of a position would use up the equity, fees
        included.
        """
        desk = self.desk_of(holder)
        quantity: int = holder.holding.quantity()
        fee_rate: i64 = holder.member.customer.rate(
            self.house.fees, self.house.turnover, desk.time, False
        )
        rate: int = fee_rate
        equity: int = larger(0, equity_of(holder))
        at_mark: int = desk.coin.mark
        room = equity * 1_000_000_000_000
        one = 1_000_000_000_000
        if holder.holding.size > 0:
            lowest = -((room - at_mark * quantity) * one // (quantity * (one - rate)))
            return 1 if lowest < 1 else i64(lowest)
        highest = (room + at_mark * quantity) * one // (quantity * (one + rate))
        return MAX_PRICE if highest > MAX_PRICE else larger(1, i64(highest))

    # rung 3: the vault

    def take_over(self, position: Position, rung: str) -> None:
        """Have the vault's liquidator take the estate at the mark, with all that backs it."""
        member = self.liquidator
        if member is None:
            return
        held = cast(Holding, position)
        self.cancel_orders(held)
        equity: i64 = equity_of(held.holder)
        first: bool = True
        for holder in self.parts(held):
            desk = self.desk_of(holder)
            size: i64 = holder.holding.size
            price: i64 = holder.coin.mark
            result: i64 = self.house.close(holder, magnitude(size), price)
            heir = desk.holder(member.account)
            desk.move(heir, size, price, 0, None, 0, True)
            event = RungReached(desk.time, desk.name, rung, holder.account)
            event.closed = size
            event.price = price
            event.result = result
            if first:
                event.penalty = equity
                event.to_insurance = equity
                first = False
            if desk.journal.listening:
                desk.journal.events.append(event)
            self.shed(holder)
            self.shed(heir)
        self.house.pour(held.holder.purse(), member)
        for holder in self.members_of(held):
            if holder.holding.size == 0:
                self.desk_of(holder).clean(holder)
        self.house.watch_member(member)

    # rung 4: everybody else

    def _see_to_liquidator(self) -> None:
        """The liquidator is deleveraged whole once nothing is left of its equity."""
        member = self.liquidator
        if member is None or cross_equity(member) >= 0:
            return
        for holder in member.holders:
            desk = self.desk_of(holder)
            if holder.holding.size != 0 and not desk.guards.is_halted(desk.time):
                self.bankrupt.append(holder)


def _rank_of(row: tuple[int, int, int, Holding]) -> tuple[int, int, int]:
    return row[0], row[1], row[2]


def per_token(value: i64, size: i64) -> i64:
    """Price (1e-10, rounded down) at which ``size`` tokens made ``value`` (1e-6 dollar)."""
    wide_value: int = value
    wide_size: int = size
    return i64(wide_value * 1_000_000_000_000 // wide_size)

"""The desk of one market: what a match does to the accounts on both sides of it.

Sizes, results, margins and fees move here, and nowhere is anything decided: whoever calls has asked
the :class:`Judge`. Every other change of a position (a takeover, an auction, deleveraging) goes
through :meth:`Desk.move` too.
"""

from typing import cast

from mypy_extensions import i64

from seawall.engine.designs.orderbook.book import Book
from seawall.engine.designs.orderbook.house import House
from seawall.engine.designs.orderbook.judge import Judge
from seawall.engine.designs.orderbook.levels import FOR_LIQUIDATION, Resting
from seawall.engine.designs.orderbook.members import Holder, Member, Ticket
from seawall.engine.designs.orderbook.params import Params
from seawall.engine.events import Cancelled, Filled
from seawall.engine.fixed import (
    larger,
    magnitude,
    mul_div,
    notional,
    notional_up,
    smaller,
)
from seawall.engine.pot import Pot
from seawall.engine.venue import Account


class Desk(Judge):
    """What the book tells after a match.

    ``forced_value`` and ``forced_result`` (1e-6 dollar) add up what liquidations sold and realised.
    """

    def __init__(self, name: str, params: Params, house: House, book: Book) -> None:
        super().__init__(name, params, house, book)
        self.forced_value: i64 = 0
        self.forced_result: i64 = 0

    # told after

    def trade(self, maker: Resting, taker: Resting, quantity: i64, price: i64) -> None:
        """Move sizes, results, margins and fees of both sides; tell both."""
        giver = cast(Holder, maker.owner)
        asker = cast(Holder, taker.owner)
        value: i64 = notional(quantity, price)
        if not maker.reduce_only and self.ticket_of(maker.number) is None:
            self.release(giver, maker.is_buy, quantity)
        forced: bool = taker.purpose == FOR_LIQUIDATION
        asked: i64 = self.taker_fee
        if forced:  # a liquidation is not judged
            asked = self.house.fee(asker.member, quantity, price, self.time, False)
        self._side(asker, taker, quantity, price, value, asked, False)
        self._side(giver, maker, quantity, price, value, self.maker_fee, True)
        if forced:
            self.house.watch(asker)
            self.house.watch(giver)
        else:
            self.house.watch_later(asker)
            self.house.watch_later(giver)

    def _side(
        self,
        holder: Holder,
        order: Resting,
        quantity: i64,
        price: i64,
        value: i64,
        fee: i64,
        is_maker: bool,
    ) -> None:
        house = self.house
        member = holder.member
        ticket = self.ticket_of(order.number)
        forced: bool = order.purpose == FOR_LIQUIDATION
        size: i64 = holder.holding.size
        signed: i64 = quantity if order.is_buy else -quantity
        result, paid = self.move(holder, signed, price, fee, ticket, order.left, forced)
        if forced:
            self.forced_value += value
            self.forced_result += result
        house.count_volume(member, value, self.time, is_maker)
        if self.journal.listening:
            self.journal.events.append(
                Filled(
                    self.time, self.name, holder.account, order.number, signed, price, paid, 0, 0,
                    result, 0, 0, 0,
                )
            )  # fmt: skip
        if size != 0 and holder.holding.size == 0:
            self.clean(holder)

    def move(
        self,
        holder: Holder,
        signed: i64,
        price: i64,
        fee: i64,
        ticket: Ticket | None,
        left: i64,
        forced: bool,
    ) -> tuple[i64, i64]:
        """Change a position by ``signed`` tokens at ``price``; the result and the fee moved.

        ``left`` is what the order still waits for, so that ``ticket`` gives its part. A
        ``forced`` reduction leaves the margin where it is while a position is left.
        """
        house = self.house
        held = holder.holding
        size: i64 = held.size
        quantity: i64 = magnitude(signed)
        closing: i64 = 0
        if size != 0 and (size > 0) != (signed > 0):
            closing = smaller(quantity, magnitude(size))
        opening: i64 = quantity - closing
        result: i64 = 0
        paid: i64 = 0
        if closing > 0:
            before: i64 = held.purse.cash()
            result = house.close(holder, closing, price)
            if opening == 0:
                paid = house.pay_fee(holder.purse(), fee)
            if holder.isolated and opening == 0 and (held.size == 0 or not forced):
                self._give_back(holder, before, closing, magnitude(size))
        if opening > 0:
            if size == 0:
                holder.isolated = self._mode(holder, ticket)
                holder.from_wallet = ticket is not None
            adds: i64 = opening if signed > 0 else -opening
            if ticket is not None:
                part: i64 = mul_div(ticket.amount, opening, left + quantity)
                house.take_in(ticket, holder.purse(), part)
            elif holder.isolated:
                self._fill_up(holder, adds, price, fee)
            house.open(holder, adds, price)
            paid = house.pay_fee(holder.purse(), fee)
        return result, paid

    def _fill_up(self, holder: Holder, adds: i64, price: i64, fee: i64) -> None:
        """Bring what an isolated position will lack to its initial margin, out of the balance."""
        held = holder.holding
        mark: i64 = self.coin.mark
        opening: i64 = magnitude(adds)
        cost: i64 = notional_up(opening, price) - notional(opening, mark)
        if adds < 0:
            cost = notional_up(opening, mark) - notional(opening, price)
        missing: i64 = holder.requirement(held.quantity() + opening, mark) + larger(0, fee) + cost
        missing -= held.purse.cash() + held.result(mark)
        if missing > 0:
            self.house.shift(holder.member, held.purse, smaller(missing, holder.member.amount))

    def _give_back(self, holder: Holder, before: i64, closed: i64, whole: i64) -> None:
        """Release margin of an isolated position in the proportion in which it shrank.

        What is left keeps its margin per token, and at least its initial margin.
        """
        held = holder.holding
        if held.size == 0:
            amount: i64 = held.purse.amount
            self.house.write_off(held.purse)
        else:
            keep: i64 = larger(0, before) - mul_div(larger(0, before), closed, whole)
            mark: i64 = self.coin.mark
            free: i64 = held.purse.cash() + held.result(mark)
            free -= self.coin.tiers.initial(notional_up(held.quantity(), mark))
            amount = smaller(held.purse.cash() - keep, free)
        if amount > 0:
            self.refund(holder, amount)

    def refund(self, holder: Holder, amount: i64) -> i64:
        """Move isolated margin to where it came from; what went to the wallet.

        More than the house holds stays in the cross balance as a claim on it.
        """
        house = self.house
        purse = holder.holding.purse
        paid: i64 = 0
        if holder.from_wallet:
            paid = smaller(amount, house.payable())
            house.pay_out(purse, self.accounts[holder.account], paid)
        if amount > paid:
            house.shift(purse, holder.member, amount - paid)
        return paid

    def clean(self, holder: Holder) -> None:
        """See to an account whose position here is gone: its mode, and a debt without security."""
        holder.holding.cooled_at = -1
        holder.isolated = holder.prefers_isolated
        self.forgive(holder.member)

    def forgive(self, member: Member) -> i64:
        """Write a member's debt off where no cross position stands against it any more."""
        if member.debt == 0:
            return 0
        for holder in member.holders:
            if not holder.isolated and holder.holding.size != 0:
                return 0
        return self.house.write_off(member)

    def release(self, holder: Holder, is_buy: bool, quantity: i64) -> None:
        """Stop holding margin for ``quantity`` tokens of a resting order."""
        if is_buy:
            holder.bids -= quantity
        else:
            holder.asks -= quantity

    def rested(self, order: Resting) -> None:
        """Hold margin for what rests, unless it only reduces or has a ticket."""
        if order.reduce_only or self.ticket_of(order.number) is not None:
            return
        self.release(cast(Holder, order.owner), order.is_buy, -order.left)

    def done(self, order: Resting) -> None:
        """Return what a filled order did not need of its ticket."""
        self.tear(order.number)

    def cancelled(self, order: Resting, reason: str) -> None:
        """Let go of an order's margin and say why it ended."""
        if order.rests and not order.reduce_only and self.ticket_of(order.number) is None:
            self.release(cast(Holder, order.owner), order.is_buy, order.left)
        self.tear(order.number)
        if self.journal.listening:
            self.journal.events.append(
                Cancelled(self.time, self.name, order.owner.account, order.number, reason)
            )

    # tickets

    def issue(self, number: int, wallet: Account, amount: i64) -> None:
        """Set margin from the wallet aside for the order of that number."""
        ticket = Ticket(wallet.number)
        wallet.pay(ticket, amount)
        self.tickets[number] = ticket

    def tear(self, number: int) -> None:
        """Return what is left of an order's ticket to the wallet."""
        if len(self.tickets) == 0:
            return
        ticket = self.tickets.get(number)
        if ticket is not None:
            ticket.pay(self.accounts[ticket.account], ticket.amount)
            del self.tickets[number]

    def pots(self) -> list[Pot]:
        """The tickets."""
        found: list[Pot] = []
        for number in sorted(self.tickets):
            found.append(self.tickets[number])
        return found

    def state(self) -> list[int]:
        """Tickets, caps and guards, for a digest."""
        numbers: list[int] = [self.time, int(self.settled)]
        for number in sorted(self.tickets):
            numbers.extend([number, self.tickets[number].account, self.tickets[number].amount])
        numbers.extend(self.interest.state())
        numbers.extend(self.guards.state())
        facts = self.facts
        numbers.extend([facts.market_value, facts.volume, facts.depth])
        return numbers

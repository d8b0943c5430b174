"""What the book of one market asks of the accounts, before anything moves.

A match is judged twice, for the resting side and for the taker, on what the account would be worth
right after it at the mark: the loss against the mark and the fee are taken off first. What grows a
position needs its initial margin; what only shrinks it must not leave less than nothing. So nobody
trades past bankruptcy, whatever stands in the book.

Margin of a position that opens, or grows
    cross       the account's equity, less what its other positions ask for
    isolated    its own equity, the part of the order's ticket that the fill uses, and what is
                then missing to the initial margin out of the cross balance
"""

from typing import cast

from mypy_extensions import i64

from seawall.engine.designs.orderbook.book import (
    ADMITTED,
    INTEREST_CAP,
    MARGIN,
    Book,
    Clearing,
)
from seawall.engine.designs.orderbook.house import House
from seawall.engine.designs.orderbook.interest import InterestWatch
from seawall.engine.designs.orderbook.levels import Owner, Resting
from seawall.engine.designs.orderbook.lookout import cross_equity, others_initial
from seawall.engine.designs.orderbook.members import Coin, Holder, Ticket
from seawall.engine.designs.orderbook.params import Params
from seawall.engine.designs.orderbook.refusals import (
    check_open,
    short_of_margin,
    too_large_for_leverage,
)
from seawall.engine.errors import Closed
from seawall.engine.events import Journal
from seawall.engine.fixed import (
    larger,
    magnitude,
    mul_div,
    notional,
    notional_up,
    share_up,
    smaller,
)
from seawall.engine.guards import MarketFacts
from seawall.engine.margin import worth
from seawall.engine.venue import Account
from seawall.engine.watch import IN_AUCTION


class Judge(Clearing):
    """One market's side of the house: prices, guards, tickets, and whether an order may be.

    ``maker_fee`` and ``taker_fee`` are what the fill that was judged last costs (1e-6 dollar).
    """

    def __init__(self, name: str, params: Params, house: House, book: Book) -> None:
        self.name = name
        self.params = params
        self.house = house
        self.book = book
        self.coin = Coin(len(house.coins), name, params.tiers, params.cross_allowed)
        house.enlist(self.coin)
        self.guards = params.guards.fresh()
        self.facts = MarketFacts()
        self.interest = InterestWatch(params)
        self.tickets: dict[int, Ticket] = {}
        self.accounts: list[Account] = []
        self.journal = Journal()
        self.time: i64 = 0
        self.settled: bool = False
        self.maker_fee: i64 = 0
        self.taker_fee: i64 = 0

    # what the orders go by

    def now(self) -> i64:
        """Time (ms)."""
        return self.time

    def mark(self) -> i64:
        """Mark price (1e-10), 0 before the first."""
        return self.coin.mark

    def oracle(self) -> i64:
        """Oracle price (1e-10), 0 before the first."""
        return self.coin.oracle

    def max_leverage(self) -> i64:
        """Highest leverage of the market."""
        return self.params.tiers.leverage(0)

    def volume(self, owner: Owner) -> i64:
        """Dollars (1e-6) the account has traded."""
        return cast(Holder, owner).member.customer.turnover.total

    def reducible(self, owner: Owner, is_buy: bool) -> i64:
        """Tokens (1e-8) by which an order on that side could reduce the account's position."""
        size: i64 = cast(Holder, owner).holding.size
        return larger(0, -size if is_buy else size)

    def owner_of(self, account: int) -> Owner:
        """The account at this book, as the orders know it."""
        return self.house.holder(self.coin, account)

    def check_open(self) -> None:
        """Refuse before the first price, after the settlement and in a halt."""
        check_open(self.coin.mark, self.settled, self.name)
        self.guards.check_halt(self.time)

    def holder(self, account: int) -> Holder:
        """The account at this book."""
        return self.house.holder(self.coin, account)

    # asked before

    def check_entry(self, order: Resting) -> None:
        """Refuse an order that halt, caps, guards or margin forbid; refusals: the manual."""
        self.check_open()
        holder = cast(Holder, order.owner)
        if holder.holding.standing == IN_AUCTION:
            raise Closed(
                "in-auction", f"the position of account {holder.account} is on offer in an auction"
            )
        if order.reduce_only:
            return
        size: i64 = holder.holding.size
        towards: i64 = size if order.is_buy else -size
        adds: i64 = order.left + smaller(0, towards)
        if adds > 0:
            self._check_growth(holder, order, towards, adds)
        else:
            self.interest.check_price(self.coin, order.is_buy, order.price)
        self._check_margin(holder, order, towards)

    def _check_growth(self, holder: Holder, order: Resting, towards: i64, adds: i64) -> None:
        """Caps: ``towards`` is the position as the order's side sees it, ``adds`` its growth."""
        coin = self.coin
        if self.interest.is_bound():
            self.interest.check_growth(coin, towards < 0, notional_up(adds, coin.mark), self.time)
        after: i64 = larger(0, towards) + adds
        guards = self.guards
        if (
            guards.open_interest is not None
            or guards.position is not None
            or guards.leverage is not None
        ):
            side: i64 = coin.longs if order.is_buy else coin.shorts
            margin: i64 = larger(0, self._backing(holder, order))
            interest: i64 = notional_up(side + adds, coin.mark)
            value: i64 = notional_up(after, coin.mark)
            guards.check_increase(self.facts, interest, value, margin)
        if not holder.chosen or self.ticket_of(order.number) is not None:
            return
        held: i64 = holder.bids if order.is_buy else holder.asks
        value = notional_up(after + held, coin.mark)
        bound: i64 = coin.tiers.limit_at(holder.leverage)
        if value > bound:
            raise too_large_for_leverage(value, bound, holder.leverage)

    def _mode(self, holder: Holder, ticket: Ticket | None) -> bool:
        """Whether the position is, or would be, isolated."""
        if holder.holding.size != 0:
            return holder.isolated
        return ticket is not None or holder.prefers_isolated

    def _backing(self, holder: Holder, order: Resting) -> i64:
        """Equity (1e-6 dollar) that stands behind the order's position, its ticket included."""
        ticket = self.ticket_of(order.number)
        extra: i64 = 0
        if ticket is not None:
            extra = ticket.amount
        if self._mode(holder, ticket):
            return holder.holding.purse.cash() + holder.holding.result(self.coin.mark) + extra
        return cross_equity(holder.member) + extra

    def _check_margin(self, holder: Holder, order: Resting, towards: i64) -> None:
        """Hold the whole order against the margin, on the book as it stands now."""
        mark: i64 = self.coin.mark
        cost: i64 = 0
        if self.book.crosses(order.is_buy, order.price):
            cost = self._cost(holder, order)
        after: i64 = towards + order.left
        ticket = self.ticket_of(order.number)
        if after <= 0:
            backing: i64 = self._backing(holder, order)
            if backing < cost:
                raise short_of_margin(cost, backing)
            return
        if ticket is not None:
            backing = self._backing(holder, order)
            if towards < 0:
                backing -= mul_div(ticket.amount, -towards, order.left)
            value: i64 = notional_up(after, mark)
            needed: i64 = larger(self.coin.tiers.initial(value), self.coin.least_margin(value))
            if backing < needed + cost:
                raise short_of_margin(needed + cost, backing)
            return
        held: i64 = holder.bids if order.is_buy else holder.asks
        other: i64 = holder.asks if order.is_buy else holder.bids
        if cost == 0 and after + held <= other - towards:
            return  # the other side is the larger one, and has its margin
        exposed: i64 = larger(after + held, other - towards)
        if self._mode(holder, None):
            exposed -= magnitude(towards)
        carried: i64 = holder.requirement(exposed, mark) + cost
        left: i64 = cross_equity(holder.member) - others_initial(holder)
        if carried > left:
            before: i64 = holder.initial(mark)
            if carried > before:
                raise short_of_margin(carried - before, larger(0, left - before))

    def _cost(self, holder: Holder, order: Resting) -> i64:
        """What the part that matches now loses against the mark, and its fee (1e-6 dollar)."""
        reach = self.book.reach_of_size(order.is_buy, order.left, order.price)
        lost: i64 = reach.value - worth(reach.size, self.coin.mark)
        customer = holder.member.customer
        rate: i64 = customer.rate(self.house.fees, self.house.turnover, self.time, False)
        cost: i64 = larger(0, lost if order.is_buy else -lost)
        if rate > 0:
            cost += share_up(reach.value, rate)
        return cost

    def admits(self, maker: Resting, quantity: i64, price: i64) -> str:
        """The second look at a resting order, at each of its matches."""
        holder = cast(Holder, maker.owner)
        if self.interest.is_capped(self.coin) and not maker.reduce_only:
            size: i64 = holder.holding.size
            if quantity + smaller(0, size if maker.is_buy else -size) > 0:
                return INTEREST_CAP
        return ADMITTED if self._bears(holder, maker, quantity, price, True) else MARGIN

    def allows(self, taker: Resting, quantity: i64, price: i64) -> bool:
        """The same for the taker, fill by fill."""
        return self._bears(cast(Holder, taker.owner), taker, quantity, price, False)

    def _bears(
        self, holder: Holder, order: Resting, quantity: i64, price: i64, is_maker: bool
    ) -> bool:
        mark: i64 = self.coin.mark
        size: i64 = holder.holding.size
        if order.is_buy:
            cost: i64 = notional_up(quantity, price) - notional(quantity, mark)
            after: i64 = size + quantity
        else:
            cost = notional_up(quantity, mark) - notional(quantity, price)
            after = size - quantity
        fee: i64 = self.house.fee(holder.member, quantity, price, self.time, is_maker)
        if is_maker:
            self.maker_fee = fee
        else:
            self.taker_fee = fee
        if fee > 0:
            cost += fee
        grown: i64 = magnitude(after)
        grows: bool = grown > magnitude(size) or (after > 0) != (size > 0)
        ticket = self.ticket_of(order.number)
        if not self._mode(holder, ticket):
            equity: i64 = cross_equity(holder.member) - cost
            if not grows or grown == 0:
                return equity >= 0
            if ticket is not None:
                equity += self._part(ticket, order, size, grown)
            return equity >= self._others(holder) + holder.requirement(grown, mark)
        equity = holder.holding.purse.cash() + holder.holding.result(mark) - cost
        if not grows or grown == 0:
            return equity >= 0
        if ticket is not None:
            equity += self._part(ticket, order, size, grown)
            value: i64 = notional_up(grown, mark)
            needed: i64 = larger(self.coin.tiers.initial(value), self.coin.least_margin(value))
            return equity >= needed
        missing: i64 = holder.requirement(grown, mark) - equity
        if missing <= 0:
            return True
        member = holder.member
        return missing <= member.cash() and missing <= cross_equity(member) - self._others(holder)

    def _others(self, holder: Holder) -> i64:
        """Initial margin of the account's cross positions at other books (1e-6 dollar)."""
        total: i64 = 0
        for other in holder.member.holders:
            if other is not holder and not other.isolated:
                total += other.requirement(other.holding.quantity(), other.coin.mark)
        return total

    def _part(self, ticket: Ticket, order: Resting, size: i64, grown: i64) -> i64:
        """What a fill that opens takes of the ticket: its part of all that is still to fill."""
        opening: i64 = grown - magnitude(size)
        if opening <= 0:
            opening = grown
        return mul_div(ticket.amount, smaller(opening, order.left), order.left)

    def ticket_of(self, number: i64) -> Ticket | None:
        """The margin that the order of that number brought along, or None."""
        if len(self.tickets) == 0:
            return None
        return self.tickets.get(number)

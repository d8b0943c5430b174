"""Auctions of estates, where they are configured: anyone may take a position over.

The offer falls from the mark to the price at which nothing is left of the estate; what is paid
above that stays with the owner. It ends when it is sold, when the owner is healthy again, when its
time is over or when nothing is left of the owner's equity.
"""

from typing import cast

from mypy_extensions import i64

from seawall.engine.auction import Auction, AuctionTerms
from seawall.engine.designs.orderbook.desk import Desk
from seawall.engine.designs.orderbook.estates import Estates
from seawall.engine.designs.orderbook.house import House
from seawall.engine.designs.orderbook.levels import Resting
from seawall.engine.designs.orderbook.lookout import equity_of, is_liquidatable, value_of
from seawall.engine.designs.orderbook.members import Coin, Holder, Holding, Ticket
from seawall.engine.designs.orderbook.params import Params
from seawall.engine.designs.orderbook.refusals import check_open, short_of_margin, wallet_short
from seawall.engine.errors import Closed, LimitReached, Unknown
from seawall.engine.events import AuctionEnded, AuctionOpened, AuctionTaken
from seawall.engine.fixed import (
    MAX_DOLLARS,
    MAX_PRICE,
    check_range,
    larger,
    magnitude,
    notional_up,
    smaller,
)
from seawall.engine.watch import IN_AUCTION, WATCHED, Position


class Offer:
    """An auction that is open, with the position on offer."""

    def __init__(self, auction: Auction, held: Holding) -> None:
        self.auction = auction
        self.held = held


class Auctions(Estates):
    """The estates of a house with those on offer; ``terms`` is None where there are no auctions."""

    def __init__(self, house: House, params: Params) -> None:
        super().__init__(house, params)
        self.auctions: dict[int, Offer] = {}
        self.next_auction: i64 = 1
        duration: i64 = params.auction_duration if params.auction else 0
        guard = params.guards.auction
        if guard is not None:
            duration = guard.duration
        self.terms: AuctionTerms | None = None
        if duration > 0:
            self.terms = AuctionTerms(duration, smaller(params.auction_step, duration))

    def open_auction(self, position: Position) -> None:
        """Offer the estate's largest position to anyone."""
        held = cast(Holding, position)
        self.cancel_orders(held)
        best = held.holder
        for holder in self.parts(held):
            if value_of(holder) > value_of(best):
                best = holder
        desk = self.desk_of(best)
        terms = self.terms
        if terms is None:
            return
        offered = best.holding
        auction = Auction(self.next_auction, best.account, offered.size, desk.time, terms)
        self.next_auction += 1
        self.auctions[int(auction.id)] = Offer(auction, offered)
        self.offered[int(best.account)] = True
        self.house.lookouts[best.coin.index].drop(offered)
        offered.standing = IN_AUCTION
        held.standing = IN_AUCTION
        if desk.journal.listening:
            desk.journal.events.append(
                AuctionOpened(
                    desk.time, desk.name, auction.id, best.account, offered.size,
                    self.bankruptcy(best),
                )
            )  # fmt: skip

    def bankruptcy(self, holder: Holder) -> i64:
        """The price (1e-10) of a position at which its estate's equity is nothing."""
        quantity: int = holder.holding.quantity()
        equity: int = equity_of(holder)
        mark: int = holder.coin.mark
        room = equity * 1_000_000_000_000
        if holder.holding.size > 0:
            price = -((room - mark * quantity) // quantity)
        else:
            price = (room + mark * quantity) // quantity
        most: int = MAX_PRICE
        return i64(0 if price < 0 else most if price > most else price)

    def end_auctions(self, budget: i64) -> i64:
        """Call off what is healthy, end what is over or under water."""
        for number in sorted(self.auctions):
            offer = self.auctions[number]
            holder = offer.held.holder
            desk = self.desk_of(holder)
            if not is_liquidatable(holder):
                self.close_auction(number, "called-off")
                self.let_go(offer.held)
            elif offer.auction.is_over(desk.time) or equity_of(holder) < 0:
                if budget <= 0:
                    break
                budget -= 1
                self.close_auction(number, "unsold")
                self.house.queue(offer.held)
        return budget

    def close_auction(self, number: int, outcome: str) -> None:
        """End an auction; what follows is the caller's."""
        offer = self.auctions[number]
        del self.auctions[number]
        owner = offer.held.holder
        offer.held.standing = WATCHED
        if not owner.isolated:
            owner.member.is_due = False
            for holder in self.parts(offer.held):
                holder.holding.standing = WATCHED
        desk = self.desk_of(owner)
        if desk.journal.listening:
            desk.journal.events.append(
                AuctionEnded(
                    desk.time, desk.name, number, offer.auction.account, offer.auction.left,
                    outcome,
                )
            )  # fmt: skip

    def bid(self, coin: Coin, bidder: int, number: int, size: int, margin: int) -> i64:
        """Hand ``size`` tokens of an auction to ``bidder``; the transfer price (1e-10)."""
        offer = self.auctions.get(number)
        if offer is None or offer.held.holder.coin is not coin:
            raise Unknown("unknown-auction", f"auction {number} is not open", number, 0)
        auction = offer.auction
        owner = offer.held.holder
        desk = self.desk_of(owner)
        desk.guards.check_halt(desk.time)
        check_open(coin.mark, desk.settled, desk.name)
        check_range("margin", margin, 0, int(MAX_DOLLARS), "1e-6 dollar")
        if bidder == owner.account:
            raise Closed("own-auction", f"account {bidder} owns auction {number}", bidder, 0)
        left: i64 = magnitude(auction.left)
        check_range("auction-size", size, 1, int(left), "1e-8 token")
        if size != left:
            self.room_of(owner).orders.entry.ticks.check_size(size)
        if auction.is_over(desk.time):
            raise Closed("auction-over", f"auction {number} is over", int(desk.time), 0)
        wallet = desk.accounts[bidder]
        if margin > wallet.amount:
            raise wallet_short(wallet.amount, margin)
        price: i64 = larger(1, auction.transfer_price(desk.time, coin.mark, self.bankruptcy(owner)))
        self._check_bidder(desk, bidder, auction.left > 0, size, price, margin)
        signed: i64 = auction.take(size, desk.time)
        taker = desk.holder(bidder)
        ticket = Ticket(bidder)
        wallet.pay(ticket, margin)
        desk.move(owner, -signed, price, 0, None, 0, True)
        desk.move(taker, signed, price, 0, ticket, 0, False)
        ticket.pay(wallet, ticket.amount)
        self.changed(taker)
        if desk.journal.listening:
            desk.journal.events.append(
                AuctionTaken(
                    desk.time, desk.name, number, owner.account, bidder, signed, price, 0, 0
                )
            )
        if auction.left == 0:
            self.close_auction(number, "sold")
            if owner.holding.size == 0:
                desk.clean(owner)
            if self.stands(offer.held) and is_liquidatable(owner):
                self.house.queue(offer.held)
            else:
                self.let_go(offer.held)
        return price

    def _check_bidder(
        self, desk: Desk, bidder: int, is_buy: bool, size: i64, price: i64, margin: i64
    ) -> None:
        """Refuse a bidder who could not carry the slice; changes nothing."""
        taker = desk.holder(bidder)
        if taker.holding.standing == IN_AUCTION:
            raise Closed("in-auction", f"account {bidder} has a position on offer itself")
        held: i64 = taker.holding.size
        if held != 0 and (held > 0) != is_buy:
            raise LimitReached(
                "opposite-position",
                f"a bidder who holds {held} cannot take that side over: close it first "
                "(1e-8 token)",
                size,
                held,
            )
        order = Resting(0, taker, is_buy, price, size, False, desk.time)
        ticket = Ticket(bidder)
        ticket.amount = margin
        desk.tickets[0] = ticket
        bears: bool = desk.allows(order, size, price)
        del desk.tickets[0]
        if not bears:
            value: i64 = notional_up(size, desk.coin.mark)
            raise short_of_margin(desk.coin.tiers.initial(value), margin)

    def open_auctions(self, coin: Coin) -> list[int]:
        """Numbers of the auctions of one market, ascending."""
        return [
            number
            for number in sorted(self.auctions)
            if self.auctions[number].held.holder.coin is coin
        ]

    def changed(self, holder: Holder) -> None:
        """What follows any change of a position that no match made."""
        self.shed(holder)
        if holder.holding.standing == IN_AUCTION:
            self._end_offer(holder)
        self.house.watch(holder)

    def _end_offer(self, holder: Holder) -> None:
        for number in sorted(self.auctions):
            if self.auctions[number].held is holder.holding:
                self.close_auction(number, "called-off")

    def state(self) -> list[int]:
        """Auctions, for a digest."""
        numbers: list[int] = [self.next_auction]
        for number in sorted(self.auctions):
            numbers.extend(self.auctions[number].auction.state())
        numbers.extend(sorted(self.offered))
        return numbers

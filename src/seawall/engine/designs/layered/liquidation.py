"""Protect the market, then the successful individual: the five rungs of the layered ladder.

1. partial close against the bands, while equity >= half of maintenance;
2. small auction of what is still solvent;
3. junior: the pool takes what is unsold or under water at its bankruptcy price;
4. insurance advances what the pool is short of the senior claim;
5. deleveraging of winners, pro rata, in small batches, at a confirmed price only.

The rules are the shared rungs of :mod:`seawall.engine.ladder`; this file is the bookkeeping they
ask for, and the auctions.
"""

from mypy_extensions import i64

from seawall.engine.auction import Auction, AuctionTerms
from seawall.engine.designs.layered.desk import Closing, Desk
from seawall.engine.designs.layered.params import Params
from seawall.engine.errors import BrokenBooks, Closed, NotEnough, Refusal, Unknown
from seawall.engine.events import (
    AuctionEnded,
    AuctionOpened,
    AuctionTaken,
    Deleveraged,
    InsuranceMoved,
    RungReached,
)
from seawall.engine.fixed import (
    NOTIONAL_STEP,
    RATE,
    larger,
    magnitude,
    mul_div,
    mul_div_up,
    notional,
    notional_up,
    share,
    share_up,
    smaller,
)
from seawall.engine.ladder import (
    ACTED,
    Deleverage,
    FirstLoss,
    Insurance,
    Ladder,
    PartialClose,
    SmallAuction,
    Ward,
)
from seawall.engine.margin import bankruptcy_price, unrealised, worth
from seawall.engine.venue import Account
from seawall.engine.watch import IN_AUCTION, Position


def layered_ladder(params: Params) -> Ladder:
    """The five rungs with a market's parameters."""
    return Ladder(
        [
            PartialClose(params.partial_floor, params.partial_target),
            SmallAuction(),
            FirstLoss("junior"),
            Insurance(),
            Deleverage(params.cover_floor, params.deleverage_every, params.deleverage_batch),
        ]
    )


class Care(Ward):
    """The layered market as its ladder sees it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.params = desk.params
        self.ladder = layered_ladder(desk.params)
        self.terms = AuctionTerms(desk.params.auction_duration, desk.params.auction_step)
        self.auctions: dict[int, Auction] = {}
        self.next_auction: i64 = 1
        self.closed_this_minute: i64 = 0
        self.last_batch: i64 = 0
        self.sure: bool = False

    # what the rungs ask

    def notional_of(self, position: Position) -> i64:
        """Notional at the mark."""
        return self.desk.value_of(position)

    def equity_of(self, position: Position) -> i64:
        """Equity at the mark."""
        return self.desk.equity_of(position)

    def maintenance_rate_of(self, position: Position) -> i64:
        """Maintenance rate of the position's tier."""
        tiers = self.params.tiers
        return tiers.rate(tiers.index_of(self.desk.value_of(position)))

    def closing_cost_rate(self, position: Position) -> i64:
        """c: fee, spread, liquidation fee, average offset and the oracle's half-width."""
        desk = self.desk
        if desk.is_beyond(-position.size):
            return -1
        bill = desk.bill(-position.size)
        value: i64 = larger(1, desk.value_of(position))
        width: i64 = magnitude(
            worth(position.size, bill.price) - worth(position.size, desk.book.mark)
        )
        cost: i64 = bill.fee + bill.spread + larger(0, bill.impact) + width
        return mul_div_up(cost, RATE, value) + self.params.liquidation_fee

    def pace_left(self) -> i64:
        """What is left of this minute's share of the depth."""
        pace: i64 = share(self.desk.struck().depth, self.params.partial_pace)
        return larger(0, pace - self.closed_this_minute)

    def smallest(self) -> i64:
        """Smallest position."""
        return self.params.smallest_position

    def uncovered(self) -> i64:
        """What V_lo is short of K."""
        return self.desk.pool.uncovered()

    def insured(self) -> i64:
        """What insurance holds."""
        return self.desk.pool.insurance.amount

    def cover(self) -> i64:
        """Junior and insurance together."""
        return self.desk.pool.cover()

    def protected(self) -> i64:
        """The senior claim."""
        return self.desk.pool.claim

    def may_deleverage(self) -> bool:
        """Whether the market found the price fresh, certain and confirmed this time."""
        return self.sure

    def since_last_batch(self) -> i64:
        """Time since the last batch."""
        return self.desk.now - self.last_batch

    # rung 1

    def close_part(self, position: Position, dollars: i64, rung: str) -> None:
        """Close ``dollars`` of notional, or all where less than the smallest would be left."""
        desk = self.desk
        held: i64 = position.quantity()
        quantity: i64 = smaller(held, larger(1, mul_div_up(dollars, NOTIONAL_STEP, desk.book.mark)))
        if notional(held - quantity, desk.book.mark) < self.params.smallest_position:
            quantity = held
        closed: i64 = quantity if position.size > 0 else -quantity
        bill = desk.bill(-closed)
        penalty: i64 = share_up(bill.value, self.params.liquidation_fee)
        desk.pay_rebate(position, bill)
        done = desk.shrink(position, quantity, bill.price, bill, penalty)
        desk.note_fill(bill)
        desk.vaults_changed()
        self.closed_this_minute += bill.value
        returned: i64 = 0
        if position.size == 0:
            returned = desk.remove(position)
        else:
            desk.keep(position)
        if desk.journal.listening:
            event = self._rung_event(rung, position.account, closed, bill.price, done)
            event.fee = bill.fee + bill.spread
            event.impact = bill.impact
            event.returned = returned
            desk.journal.events.append(event)

    # rung 2

    def open_auction(self, position: Position) -> None:
        """Offer the whole position for the auction's duration."""
        desk = self.desk
        auction = Auction(self.next_auction, position.account, position.size, desk.now, self.terms)
        self.next_auction += 1
        self.auctions[int(auction.id)] = auction
        desk.watch.hold(position)
        if desk.journal.listening:
            desk.journal.events.append(
                RungReached(desk.now, desk.name, "auction", position.account)
            )
            desk.journal.events.append(
                AuctionOpened(
                    desk.now, desk.name, auction.id, position.account, position.size,
                    self._bankruptcy(position),
                )
            )  # fmt: skip

    def bid(self, bidder: i64, number: int, size: int, margin: int) -> i64:
        """Hand a slice of an auction over; the transfer price (1e-10)."""
        auction = self.auctions.get(number)
        if auction is None:
            raise Unknown("unknown-auction", f"auction {number} is not open", number, 0)
        desk = self.desk
        owner = desk.positions[int(auction.account)]
        if bidder == auction.account:
            raise Refusal("own-auction", f"account {bidder} owns auction {number}", int(bidder), 0)
        price: i64 = auction.transfer_price(desk.now, desk.book.mark, self._bankruptcy(owner))
        left: i64 = magnitude(auction.left)
        asked: i64 = smaller(left, size) if 0 < size <= left else size
        if 0 < asked < left:
            rest: i64 = notional(left - asked, desk.book.mark)
            if rest < self.params.smallest_position:
                asked = left
        wallet = desk.accounts[bidder]
        taker = desk.positions.get(int(bidder))
        if taker is not None and taker.standing == IN_AUCTION:
            raise Closed("in-auction", f"account {bidder} has a position on offer itself")
        signed: i64 = asked if auction.left > 0 else -asked
        self._check_bidder(taker, signed, price, margin, wallet)
        taken: i64 = auction.take(int(asked), desk.now)
        if taker is None:
            taker = desk.open(bidder)
        wallet.pay(taker, margin)
        self._hand_over(owner, taker, auction, taken, price)
        return price

    def _check_bidder(
        self, taker: Position | None, signed: i64, price: i64, margin: int, wallet: Account
    ) -> None:
        desk = self.desk
        if margin > wallet.amount:
            raise wallet_short(wallet, margin)
        size: i64 = signed
        entry: i64 = notional_up(signed, price) if signed > 0 else notional(-signed, price)
        held: i64 = margin
        if taker is not None:
            if (taker.size > 0) != (signed > 0):
                raise Refusal(
                    "opposite-position",
                    f"a bidder who holds {taker.size} cannot take {signed} over: close it first",
                    int(signed),
                    int(taker.size),
                )
            size += taker.size
            entry += taker.entry
            held += taker.amount - desk.accrued_by(taker)
        value: i64 = worth(size, desk.book.mark)
        needed: i64 = desk.least_equity(value)
        equity: i64 = held + unrealised(size, entry, desk.book.mark)
        if equity < needed or held < 0:
            raise NotEnough(
                "initial-margin",
                f"equity {equity} after the transfer is below {needed}, the initial margin (1e-6)",
                int(equity),
                int(needed),
            )
        cap = desk.guards.position
        if cap is not None:
            cap.check(desk.facts, value)

    def _hand_over(
        self, owner: Position, taker: Position, auction: Auction, taken: i64, price: i64
    ) -> None:
        """Move ``taken`` tokens from owner to taker at ``price``; the owner keeps what is left."""
        desk = self.desk
        quantity: i64 = magnitude(taken)
        held: i64 = owner.quantity()
        desk.settle(owner)
        before: i64 = owner.amount
        penalty: i64 = share_up(notional_up(quantity, price), self.params.liquidation_fee)
        dowry: i64 = mul_div(before, quantity, held)
        done = desk.shrink(owner, quantity, price, None, 0)
        keeps: i64 = larger(0, dowry + done.result - done.withheld)
        penalty = smaller(penalty, keeps)
        desk.pay_penalty(owner, penalty, done)
        returned: i64 = smaller(owner.amount, keeps - penalty)
        owner.pay(desk.accounts[owner.account], returned)
        desk.grow(taker, taken, price, None)
        desk.keep(taker)
        desk.vaults_changed()
        if desk.journal.listening:
            desk.journal.events.append(
                AuctionTaken(
                    desk.now, desk.name, auction.id, owner.account, taker.account, taken, price,
                    done.penalty, returned,
                )
            )  # fmt: skip
        if owner.size == 0:
            desk.remove(owner)
            self._end(auction, "sold")
        elif not desk.is_liquidatable(owner):
            self.call_off(auction, owner)

    def call_off(self, auction: Auction, position: Position) -> None:
        """Give what is left back to its owner, whose equity is sufficient again."""
        self._end(auction, "called-off")
        self.desk.watch.add(position, self.desk.book.mark)

    def auction_of(self, position: Position) -> Auction:
        """The auction of a position that is on offer."""
        for auction in self.auctions.values():
            if auction.account == position.account:
                return auction
        raise BrokenBooks(f"account {position.account} is on offer in no auction")

    def review_auctions(self, budget: i64) -> i64:
        """Call off or end the auctions whose time it is, oldest first; the budget left."""
        desk = self.desk
        for number in list(self.auctions):
            auction = self.auctions[number]
            position = desk.positions[int(auction.account)]
            if not desk.is_liquidatable(position):
                self.call_off(auction, position)
            elif auction.is_over(desk.now) or desk.equity_of(position) < 0:
                if budget <= 0:
                    continue
                self._end(auction, "unsold")
                self.take_over(position, "junior")
                budget -= 1
        return budget

    def _end(self, auction: Auction, outcome: str) -> None:
        desk = self.desk
        del self.auctions[int(auction.id)]
        if desk.journal.listening:
            desk.journal.events.append(
                AuctionEnded(
                    desk.now, desk.name, auction.id, auction.account, auction.left, outcome
                )
            )

    def _bankruptcy(self, position: Position) -> i64:
        left: i64 = position.amount - self.desk.accrued_by(position)
        return bankruptcy_price(position.size, position.entry, left)

    # rung 3

    def take_over(self, position: Position, rung: str) -> None:
        """The pool takes all of it: margin, size, and the shortfall if there is one."""
        desk = self.desk
        closed: i64 = position.size
        price: i64 = self._bankruptcy(position)
        done = desk.shrink(position, position.quantity(), desk.book.mark, None, 0)
        position.pay(desk.pool.cash, position.amount)
        desk.remove(position)
        desk.vaults_changed()
        if desk.journal.listening:
            desk.journal.events.append(
                self._rung_event(rung, position.account, closed, price, done)
            )

    # rungs 4 and 5

    def draw_insurance(self, amount: i64) -> None:
        """Insurance advances ``amount``."""
        desk = self.desk
        desk.pool.draw_insurance(amount)
        desk.vaults_changed()
        if desk.journal.listening:
            pool = desk.pool
            desk.journal.events.append(
                InsuranceMoved(desk.now, desk.name, amount, pool.insurance.amount, pool.advanced)
            )

    def cut_winners(self, rate: i64) -> bool:
        """Cut every winner on the side that costs the pool, at the mark, free of charges."""
        desk = self.desk
        longs: i64 = desk.book.long_result()
        shorts: i64 = desk.book.short_result()
        if longs <= 0 and shorts <= 0:
            return False
        costly_longs: bool = longs >= shorts
        mark: i64 = desk.book.mark
        winners = [
            position
            for position in desk.positions.values()
            if (position.size > 0) == costly_longs
            and unrealised(position.size, position.entry, mark) > 0
        ]
        if len(winners) == 0:
            return False
        self.last_batch = desk.now
        for position in winners:
            self._cut(position, rate, mark)
        desk.vaults_changed()
        return True

    def _cut(self, position: Position, rate: i64, mark: i64) -> None:
        desk = self.desk
        held: i64 = position.quantity()
        quantity: i64 = larger(1, mul_div(held, rate, RATE))
        if notional(held - quantity, mark) < self.params.smallest_position:
            quantity = held
        cut: i64 = quantity if position.size > 0 else -quantity
        if position.standing == IN_AUCTION:
            self._end(self.auction_of(position), "called-off")
        desk.watch.drop(position)
        done = desk.shrink(position, quantity, mark, None, 0)
        desk.keep(position)
        if desk.journal.listening:
            desk.journal.events.append(
                Deleveraged(
                    desk.now, desk.name, position.account, cut, mark,
                    larger(0, done.result) - done.withheld, done.withheld,
                )
            )  # fmt: skip

    # the keeper's round

    def liquidate(self, budget: i64) -> i64:
        """Take the accounts under their maintenance up the ladder, largest first; budget left."""
        desk = self.desk
        watch = desk.watch
        mark: i64 = desk.book.mark
        watch.sort_tiers(mark)
        healthy: list[Position] = []
        while True:
            found = watch.next_candidate(mark, desk.accrual.long_index, desk.accrual.short_index)
            if found is None:
                break
            if desk.is_liquidatable(found):
                watch.put_due(found)
            else:
                healthy.append(found)
        for position in healthy:
            watch.add(position, mark)
        waiting: list[Position] = []
        while budget > 0:
            due = watch.pop_due()
            if due is None:
                break
            if not desk.is_liquidatable(due):
                watch.add(due, mark)
            elif self.ladder.work(self, due) == ACTED:
                budget -= 1
            else:
                waiting.append(due)
        for position in waiting:
            watch.put_due(position)
        return budget

    def _rung_event(
        self, rung: str, account: i64, closed: i64, price: i64, done: Closing
    ) -> RungReached:
        event = RungReached(self.desk.now, self.desk.name, rung, account)
        event.closed = closed
        event.price = price
        event.result = done.result
        event.penalty = done.penalty
        event.to_keeper = done.to_keeper
        event.to_insurance = done.to_insurance
        event.shortfall = done.unpaid
        return event

    def state(self) -> list[int]:
        """Auctions, pace and the last batch, for a digest."""
        numbers: list[int] = [self.next_auction, self.closed_this_minute, self.last_batch]
        for number in sorted(self.auctions):
            numbers.extend(self.auctions[number].state())
        return numbers


def wallet_short(wallet: Account, wanted: int) -> NotEnough:
    """The refusal of a wallet that cannot pay ``wanted``."""
    return NotEnough(
        "wallet-too-small",
        f"{wanted} is above {wallet.amount}, what the wallet holds (1e-6 dollar)",
        wanted,
        int(wallet.amount),
    )

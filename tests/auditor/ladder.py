"""The ladder, LAY-LIQ: whoever is due is found by looking at everybody."""

from fractions import Fraction
from math import ceil, floor

from . import tiers as margins
from .market import Market, Position
from .money import RATE, WORTH, ratio, refuse, sign, value_down, value_up
from .orders import serve_orders

DUST = 8  # 1e-6 dollar that the target leaves for roundings


class Auction:
    def __init__(self, number: int, owner: Position, now: int) -> None:
        self.number = number
        self.owner = owner
        self.started = now

    def is_over(self, market: Market) -> bool:
        return market.now - self.started > market.params.auction_duration

    def price(self, market: Market) -> int:
        """LAY-LIQ-4."""
        duration, step = market.params.auction_duration, market.params.auction_step
        elapsed = market.now - self.started
        elapsed = duration if elapsed >= duration else elapsed // step * step
        way = sign(self.owner.size)
        gap = (market.mark - market.bankruptcy(self.owner)) * way
        if gap < 0:
            refuse("auction-under-water")
        return market.mark - way * floor(Fraction(gap * elapsed, duration))


def work(market: Market, budget: int) -> None:
    """One round of the keeper: LAY-LIQ-9."""
    stale = market.oracle.is_stale(market.now)
    if not stale and not market.halted:
        budget = liquidate(market, budget)
    if not market.halted:
        budget = serve_orders(market, budget)
    if not stale and not market.halted:
        budget = review_auctions(market, budget)
    if not stale:
        insure(market)
    if not stale and not market.halted:
        deleverage(market, budget)


def liquidate(market: Market, budget: int) -> int:
    due = [p for p in market.positions.values() if not p.auction and market.liquidatable(p)]
    for position in sorted(due, key=lambda p: (-abs(p.size), p.account)):
        if budget > 0 and climb(market, position):
            budget -= 1
    return budget


def climb(market: Market, position: Position) -> bool:
    """Take one account up the ladder; False if it has to wait."""
    worth, equity = market.worth(position), market.equity(position)
    rate = margins.tier_of(market.params.tiers, worth).maintenance
    if equity >= ceil(worth * ratio(floor(rate * ratio(market.params.partial_floor)))):
        dollars = to_close(market, position, worth, equity, rate)
        if dollars is not None and dollars < worth:
            left = pace_left(market)
            if left < min(dollars, market.params.smallest_position):
                market.log("partial close waits")
                return False
            if left < dollars:
                market.log("partial close cut to the pace")
            close_part(market, position, max(min(dollars, left), 1))
            return True
    if equity >= 0:
        open_auction(market, position)
    else:
        take_over(market, position)
    return True


def to_close(market, position, worth, equity, rate) -> int | None:
    """The dollars of LAY-LIQ-1; None where closing all of it is beyond the depth."""
    bill = market.bill(-position.size)
    if bill.beyond:
        return None
    width = abs(margins.worth(position.size, bill.price) - worth)
    cost = ceil(Fraction((bill.fee + bill.spread + max(bill.impact, 0) + width) * RATE, worth))
    target = floor(rate * ratio(market.params.partial_target))
    freed = ratio(target - cost - market.params.liquidation_fee)
    missing = worth * ratio(target) - (equity - DUST)
    if missing <= 0:
        return 0
    return ceil(missing / freed) if freed > 0 else worth


def pace_left(market: Market) -> int:
    """LAY-LIQ-3."""
    return max(floor(market.curve().depth * ratio(market.params.partial_pace)) - market.paced, 0)


def close_part(market: Market, position: Position, dollars: int) -> None:
    held = abs(position.size)
    tokens = min(ceil(Fraction(dollars * WORTH, market.mark)), held)
    if market.too_small(held - tokens):
        tokens = held
    way = sign(position.size)
    bill = market.bill(-way * tokens)
    market.note_walk(bill)
    market.pay_rebate(position, bill)
    fee = ceil(bill.value * ratio(market.params.liquidation_fee))
    done = market.close(position, tokens, bill.price, bill, fee)
    market.paced += bill.value
    market.vaults_changed()
    returned = market.drop_empty(position)
    market.log(
        "RungReached", "partial-close", position.account, way * tokens, bill.price, done.result,
        bill.fee + bill.spread, bill.impact, done.fee_paid, done.unpaid, returned,
    )  # fmt: skip


def open_auction(market: Market, position: Position) -> None:
    market.auctions_opened += 1
    position.auction = Auction(market.auctions_opened, position, market.now)
    market.auctions.append(position.auction)
    market.log("RungReached", "auction", position.account, 0, 0, 0, 0, 0, 0, 0, 0)
    market.log(
        "AuctionOpened", position.auction.number, position.account, position.size,
        market.bankruptcy(position),
    )  # fmt: skip


def end_auction(market: Market, auction: Auction, outcome: str) -> None:
    market.auctions.remove(auction)
    auction.owner.auction = None
    market.log("AuctionEnded", auction.number, auction.owner.account, auction.owner.size, outcome)


def take_over(market: Market, position: Position) -> None:
    """LAY-LIQ-5."""
    price, size = market.bankruptcy(position), position.size
    done = market.close(position, abs(size), market.mark)
    market.pay(market.margin_pot(position), market.pot("cash"), market.margin(position))
    market.drop_empty(position)
    market.vaults_changed()
    market.log(
        "RungReached", "junior", position.account, size, price, done.result, 0, 0, 0, done.unpaid, 0
    )
    if done.unpaid:
        market.log("shortfall of the pool")


def review_auctions(market: Market, budget: int) -> int:
    for auction in list(market.auctions):
        owner = auction.owner
        if not market.liquidatable(owner):
            end_auction(market, auction, "called-off")
        elif (auction.is_over(market) or market.equity(owner) < 0) and budget > 0:
            end_auction(market, auction, "unsold")
            take_over(market, owner)
            budget -= 1
    return budget


def insure(market: Market) -> None:
    """LAY-LIQ-6."""
    missing = market.claim - market.surplus() if market.claim > 0 else 0
    amount = min(missing, market.holds("insurance"))
    if amount > 0:
        market.pay(market.pot("insurance"), market.pot("cash"), amount)
        market.advanced += amount
        market.vaults_changed()
        market.log("InsuranceMoved", amount, market.holds("insurance"), market.advanced)


def deleverage(market: Market, budget: int) -> None:
    """LAY-LIQ-7."""
    cover = market.assets("junior", market.low_value()) + market.holds("insurance")
    if (
        budget <= 0
        or market.now - market.last_batch < market.params.deleverage_every
        or market.oracle.is_uncertain()
        or not market.oracle.confirmed
        or cover >= ceil(market.claim * ratio(market.params.cover_floor))
    ):
        return
    longs = value_up(market.interest(1), market.mark) - market.entries(1)
    shorts = market.entries(-1) - value_down(market.interest(-1), market.mark)
    way = 1 if longs >= shorts else -1
    winners = [
        p
        for p in market.positions.values()
        if sign(p.size) == way and market.result(p, market.mark) > 0
    ]
    if max(longs, shorts) <= 0 or not winners:
        return
    market.last_batch = market.now
    for winner in winners:
        cut(market, winner)
    market.vaults_changed()


def cut(market: Market, winner: Position) -> None:
    held, way = abs(winner.size), sign(winner.size)
    tokens = max(floor(held * ratio(market.params.deleverage_batch)), 1)
    if market.too_small(held - tokens):
        tokens = held
    if winner.auction:
        end_auction(market, winner.auction, "called-off")
    done = market.close(winner, tokens, market.mark)
    market.drop_empty(winner)
    market.log(
        "Deleveraged", winner.account, way * tokens, market.mark,
        max(done.result, 0) - done.withheld, done.withheld,
    )  # fmt: skip


def bid(market: Market, account: int, number: int, size: int, margin: int) -> int:
    """LAY-LIQ-4: a slice goes over to the bidder."""
    found = [auction for auction in market.auctions if auction.number == number]
    if not found:
        refuse("unknown-auction")
    auction = found[0]
    owner = auction.owner
    if account == owner.account:
        refuse("own-auction")
    price = auction.price(market)
    left = abs(owner.size)
    if size < left and market.too_small(left - size):
        size = left
    taker = market.positions.get(account)
    if taker and taker.auction:
        refuse("in-auction")
    check_bidder(market, taker, account, size * sign(owner.size), price, margin)
    if auction.is_over(market):
        refuse("auction-over")
    if size > left:
        refuse("auction-size-too-large")
    taker = market.position_of(account)
    market.pay(("wallet", account), market.margin_pot(taker), margin)
    hand_over(market, auction, taker, size, price)
    return price


def check_bidder(market, taker, account, signed, price, margin) -> None:
    if margin > market.books[("wallet", account)]:
        refuse("wallet-too-small")
    entry = value_up(signed, price) if signed > 0 else value_down(-signed, price)
    held = margin
    if taker:
        if taker.size * signed < 0:
            refuse("opposite-position")
        held += market.margin(taker) - market.accrued(taker)
        signed += taker.size
        entry += taker.entry
    worth = margins.worth(signed, market.mark)
    equity = held + margins.result(signed, entry, market.mark)
    if held < 0 or equity < market.needed_to_open(worth):
        refuse("initial-margin")
    most = market.guards.position_bound()
    if most is not None and worth > most:
        refuse("position-cap")


def hand_over(market, auction, taker, tokens, price) -> None:
    owner = auction.owner
    way = sign(owner.size)
    market.settle(owner)
    dowry = floor(Fraction(market.margin(owner) * tokens, abs(owner.size)))
    done = market.close(owner, tokens, price)
    keeps = max(dowry + done.result - done.withheld, 0)
    fee = min(ceil(value_up(tokens, price) * ratio(market.params.liquidation_fee)), keeps)
    paid = market.pay_liquidation_fee(owner, fee)
    returned = min(keeps - fee, market.margin(owner))
    market.pay(market.margin_pot(owner), ("wallet", owner.account), returned)
    market.open(taker, way * tokens, price)
    market.vaults_changed()
    market.log(
        "AuctionTaken", auction.number, owner.account, taker.account, way * tokens, price, paid,
        returned,
    )  # fmt: skip
    if owner.size == 0:
        end_auction(market, auction, "sold")
        market.drop_empty(owner)
    elif not market.liquidatable(owner):
        end_auction(market, auction, "called-off")

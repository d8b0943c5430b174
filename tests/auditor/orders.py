"""Waiting orders and what becomes of them: LAY-ORD."""

from fractions import Fraction
from math import ceil, floor

from . import tiers as margins
from .market import Closed, Market
from .money import MOST_SIZE, ratio, sign, value_down, value_up

STILL_WAITS = ("acceptable-price", "beyond-depth", "stale-price", "uncertain-price", "side-cap")


class Order:
    def __init__(self, number, account, size, kind, trigger, acceptable, reduces, partial, now):
        self.number = number
        self.account = account
        self.size = size
        self.kind = kind
        self.trigger = trigger
        self.acceptable = acceptable or (trigger if kind == "limit" else 0)
        self.reduces = reduces
        self.partial = partial
        self.placed = now

    def rising(self) -> bool:
        return (self.size > 0) == (self.kind == "stop")

    def reached(self, price: int) -> bool:
        return price >= self.trigger if self.rising() else price <= self.trigger


def serve_orders(market: Market, budget: int) -> int:
    latest = market.oracle.time - market.params.order_delay
    fired = [
        o
        for o in market.waiting.values()
        if o not in market.line and o.placed <= latest and o.reached(market.mark)
    ]
    market.line += sorted((o for o in fired if o.rising()), key=lambda o: (o.trigger, o.number))
    market.line += sorted(
        (o for o in fired if not o.rising()), key=lambda o: (-o.trigger, o.number)
    )
    while budget > 0 and market.line and market.line[0].placed <= latest:
        order = market.line.pop(0)
        reason = fill(market, order)
        if reason and order.kind == "limit" and reason in STILL_WAITS:
            market.log("limit order waits on", reason)
            continue
        budget -= 1
        if reason:
            cancel(market, order, reason)
    return budget


def cancel(market: Market, order: Order, reason: str) -> None:
    del market.waiting[order.number]
    if order in market.line:
        market.line.remove(order)
    return_margin(market, order)
    market.log("Cancelled", order.account, order.number, reason)


def return_margin(market: Market, order: Order) -> None:
    pot = market.pot("order", order.number)
    market.pay(pot, ("wallet", order.account), market.books[pot])


def fill(market: Market, order: Order) -> str:
    """Fill as far as the order allows; else why not, with nothing moved."""
    position = market.positions.get(order.account)
    held = position.size if position else 0
    size = order.size
    if position and position.auction:
        return "in-auction"
    if held * size >= 0:
        if order.reduces:
            return "nothing-to-reduce"
    elif abs(size) > abs(held):
        size = -held if order.reduces else size
    elif size != -held and market.too_small(abs(held + size)):
        size = -held
    bill = market.bill(size)
    if bill.beyond:
        fits = market.curve().fitting(market.inventory(), size, market.mark)
        if not order.partial or fits == 0:
            return "beyond-depth"
        size = sign(size) * min(abs(size), abs(fits))
        bill = market.bill(size)
    if not bill.accepts(order.acceptable):
        return "acceptable-price"
    closes = min(abs(held), abs(size)) if held * size < 0 else 0
    opens = abs(size) - closes
    brings = market.holds("order", order.number)
    if abs(size) < abs(order.size):
        brings = ceil(Fraction(brings * abs(size), abs(order.size)))
    if opens > 0:
        reason = forbids_opening(market, position, size, opens, closes, brings, bill)
        if reason:
            return reason
    carry_out(market, order, size, opens, closes, brings, bill)
    return ""


def forbids_opening(market: Market, position, size, opens, closes, brings, bill) -> str:
    """LAY-ORD-7, LAY-ORD-8."""
    if market.oracle.is_stale(market.now):
        return "stale-price"
    if market.oracle.is_uncertain():
        return "uncertain-price"
    way = sign(size)
    after = opens * way
    entry = value_up(opens, bill.price) if way > 0 else value_down(opens, bill.price)
    margin = brings - bill.fee - bill.spread - bill.impact
    if position:
        margin += market.margin(position) - market.accrued(position)
    if position and closes == 0:
        after += position.size
        entry += position.entry
    elif position:
        result = market.result(position, bill.price)
        if result > 0 and (
            result > market.holds("cash") or market.unrealised() > market.holds("cash")
        ):
            return "pool-short"
        margin += result
    worth = margins.worth(after, market.mark)
    if worth < market.params.smallest_position:
        return "order-too-small"
    equity = margin + margins.result(after, entry, market.mark)
    if margin < 0 or equity < margins.initial(market.params.tiers, worth):
        return "initial-margin"
    interest = value_up(market.interest(way) + opens, market.mark)
    if market.interest(way) + opens > MOST_SIZE:
        return "side-cap"
    if interest > floor(market.capital() * ratio(market.params.side_cap)):
        return "side-cap"
    return market.guards.forbids(interest, worth, equity)


def carry_out(market: Market, order, size, opens, closes, brings, bill) -> None:
    position = market.position_of(order.account)
    market.pay(market.pot("order", order.number), market.margin_pot(position), brings)
    market.pay_rebate(position, bill)
    market.note_walk(bill)
    done = Closed()
    if closes > 0:
        done = market.close(position, closes, bill.price, None if opens else bill)
    accrued = done.accrued
    if opens > 0:
        accrued += market.accrued(position)
        market.open(position, opens * sign(size), bill.price)
        market.pay_charges(position, bill)
    market.drop_empty(position)
    del market.waiting[order.number]
    return_margin(market, order)
    market.log(
        "Filled", order.account, order.number, size, bill.price, bill.fee, bill.spread,
        bill.impact, done.result, accrued, done.withheld, done.unpaid,
    )  # fmt: skip
    market.log("filled", order.kind)
    if size != order.size:
        market.log("filled", "part" if abs(size) < abs(order.size) else "with the remainder")
    if opens and closes:
        market.log("filled", "turning the position round")

"""Opening and enlarging a position: the plan with every check, then the commit.

Equations, of an order over D dollars
    q      floor(D / highest index price) for a long, ceil(D / lowest) for a short
    a      impact in index tokens: floor(x / highest) where it is paid, away from 0 (x / lowest)
           where it is charged; x is capped where it is paid, by a part of D
    price  P * D / (D + a*P) for a long, P * D / (D - a*P) for a short, P the index price: held
           against the acceptable price
    c      tokens brought less every fee: what the collateral grows by

Impact is remembered in index tokens and settled when the position is decreased; by the rule of
v2.0 and v2.1 (``impact_at_once``) it joins the size in tokens and the impact pool at once. The size
in tokens is then q + a. Source: gmx-io/gmx-synthetics, contracts/position/
IncreasePositionUtils.sol and contracts/order/IncreaseOrderUtils.sol.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.gm.desk import Desk
from seawall.engine.designs.gm.fees import Fees
from seawall.engine.designs.gm.impact import cap_by_max, cap_by_pool, impact_tokens
from seawall.engine.designs.gm.liquidation import check_sufficient, check_valid
from seawall.engine.designs.gm.orders import place_of
from seawall.engine.designs.gm.position import Holding
from seawall.engine.designs.gm.reserves import (
    check_collateral_sum,
    check_interest,
    check_opening,
)
from seawall.engine.errors import LimitReached, NotEnough
from seawall.engine.fixed import MAX_PRICE, magnitude, mul_div
from seawall.engine.pot import Pot
from seawall.engine.venue import TREASURY_ACCOUNT

NO_FEES: Final = Fees()
"""What a plan has before its fees are worked out."""


class Increase:
    """What an increase will do. ``price`` is what it is executed at (1e-10), ``impact`` dollars."""

    def __init__(self, position: Holding, is_new: bool, is_long: bool) -> None:
        self.position = position
        self.is_new: bool = is_new
        self.is_long: bool = is_long
        self.dollars: i64 = 0
        self.quantity: i64 = 0
        self.impact: i64 = 0
        self.impact_tokens: i64 = 0
        self.improved: bool = False
        self.price: i64 = 0
        self.fees: Fees = NO_FEES
        self.brought: i64 = 0
        self.interface: i64 = -1


def price_at(desk: Desk, is_long: bool, dollars: i64, tokens: i64) -> Increase:
    """The priced part of an increase: quantity, impact, execution price.

    ``tokens`` (1e-8) is asked for where it is not 0; ``dollars`` are then worked out. Raises
    :class:`LimitReached` (``impact-too-large``, ``order-too-small``).
    """
    pool = desk.pool
    prices = desk.prices
    plan = Increase(desk.nobody, True, is_long)
    price: i64 = prices.index(is_long)
    if tokens > 0:
        plan.quantity = tokens
        plan.dollars = (
            pool.index.usd_up(tokens, price) if is_long else pool.index.usd(tokens, price)
        )
        if plan.dollars == 0:
            raise _too_small(tokens)
    elif dollars > 0:
        plan.dollars = dollars
        plan.quantity = (
            pool.index.units(dollars, price) if is_long else pool.index.units_up(dollars, price)
        )
    else:
        plan.price = price
        return plan
    found = desk.impact_of(is_long, plan.dollars, plan.quantity)
    plan.impact = cap_by_max(pool, found.usd, plan.dollars)
    if desk.params.impact_at_once:
        plan.impact = cap_by_pool(pool, prices, plan.impact)
    plan.improved = found.usd > 0 if desk.params.fee_by_impact else found.improved
    plan.impact_tokens = impact_tokens(pool, prices, plan.impact)
    filled: i64 = plan.quantity + (plan.impact_tokens if is_long else -plan.impact_tokens)
    if filled < 0:
        raise LimitReached(
            "impact-too-large",
            f"impact of {plan.impact_tokens} is above the order's {plan.quantity} (1e-8 token)",
            plan.impact_tokens,
            plan.quantity,
        )
    if filled == 0:
        raise _too_small(plan.quantity)
    plan.price = _per_token(desk, plan, price)
    return plan


def _per_token(desk: Desk, plan: Increase, price: i64) -> i64:
    """P * D / (D +- what a is worth at P): without impact, the price itself."""
    if plan.impact_tokens == 0:
        return price
    worth: i64 = desk.pool.index.usd(magnitude(plan.impact_tokens), price)
    filled: i64 = plan.dollars
    filled += worth if (plan.impact_tokens > 0) == plan.is_long else -worth
    if filled <= 0 or price // filled > MAX_PRICE // plan.dollars:
        return MAX_PRICE
    return mul_div(price, plan.dollars, filled)


def _too_small(quantity: i64) -> LimitReached:
    return LimitReached(
        "order-too-small", f"{quantity} is too small to be a position (1e-8 token)", quantity, 1
    )


def check_acceptable(price: i64, acceptable: i64, is_buy: bool) -> None:
    """Refuse an execution ``price`` worse than ``acceptable`` (1e-10; 0: any).

    Raises :class:`LimitReached` (``acceptable-price``).
    """
    if acceptable != 0 and (price > acceptable if is_buy else price < acceptable):
        raise LimitReached(
            "acceptable-price",
            f"a price of {price} is past {acceptable}, the worst acceptable (1e-10 dollar)",
            price,
            acceptable,
        )


def plan_increase(
    desk: Desk,
    account: i64,
    is_long: bool,
    kind: i64,
    dollars: i64,
    tokens: i64,
    brought: i64,
    acceptable: i64,
    interface: i64,
) -> Increase:
    """The plan of an order that brings ``brought`` collateral tokens, all of it checked.

    Raises every refusal that the order would be cancelled or frozen for.
    """
    pool = desk.pool
    plan = price_at(desk, is_long, dollars, tokens)
    token = pool.token(kind)
    found = desk.positions.get(place_of(account, is_long, token.number))
    if found is None:
        if plan.dollars == 0:
            raise NotEnough("no-size", "a deposit of collateral needs a position", 0, 1)
        plan.position = Holding(account, token.number)
        plan.position.size = 1 if is_long else -1
        desk.refresh(plan.position)
    else:
        plan.position = found
        plan.is_new = False
    plan.brought = brought
    plan.interface = interface
    if plan.dollars > 0:
        check_acceptable(plan.price, acceptable, is_long)
    plan.fees = desk.fees_of(plan.position, plan.dollars, plan.improved, False, interface)
    _check(desk, plan, kind)
    return plan


def _check(desk: Desk, plan: Increase, kind: i64) -> None:
    """Caps and requirements, in the protocol's order; nothing is changed."""
    pool = desk.pool
    prices = desk.prices
    position = plan.position
    is_long: bool = plan.is_long
    gained: i64 = plan.brought - plan.fees.total
    check_collateral_sum(pool, is_long, kind, gained)
    collateral: i64 = position.amount + gained
    if collateral < 0:
        raise NotEnough(
            "collateral-too-small",
            f"fees of {plan.fees.total} are above the collateral {position.amount + plan.brought} "
            f"({pool.token(kind).name})",
            plan.fees.total,
            position.amount + plan.brought,
        )
    usd: i64 = pool.token(kind).usd(collateral, desk.collateral_price(kind))
    size: i64 = position.entry + plan.dollars
    if plan.dollars > 0:
        filled: i64 = _size_in_tokens(desk, plan)
        check_interest(pool, is_long, plan.dollars)
        check_opening(pool, prices, is_long, plan.dollars, filled)
        check_sufficient(desk, is_long, usd, 0, size, plan.dollars)
        desk.guards.check_increase(desk.facts, pool.interest(is_long) + plan.dollars, size, usd)
    _check_result(desk, plan, kind, collateral)


def _size_in_tokens(desk: Desk, plan: Increase) -> i64:
    if not desk.params.impact_at_once:
        return plan.quantity
    return plan.quantity + (plan.impact_tokens if plan.is_long else -plan.impact_tokens)


def _check_result(desk: Desk, plan: Increase, kind: i64, collateral: i64) -> None:
    """Ask of the position as it would be what is asked of every open one.

    The open interest is changed for the time of the question and changed back.
    """
    pool = desk.pool
    held = plan.position
    is_long: bool = plan.is_long
    filled: i64 = _size_in_tokens(desk, plan)
    after = desk.probe(held)
    quantity: i64 = filled if plan.is_new else held.quantity() + filled
    after.size = quantity if is_long else -quantity
    after.entry = held.entry + plan.dollars
    after.amount = collateral
    after.pending = (
        held.pending if desk.params.impact_at_once else held.pending + plan.impact_tokens
    )
    desk.refresh(after)
    pool.change_interest(is_long, kind, plan.dollars, filled)
    try:
        check_valid(desk, after, plan.dollars == 0, True)
    finally:
        pool.change_interest(is_long, kind, -plan.dollars, -filled)


def commit_increase(desk: Desk, plan: Increase, source: Pot) -> Holding:
    """Carry a plan out; ``source`` holds what the order brings. The position, under watch."""
    pool = desk.pool
    position = plan.position
    is_long: bool = plan.is_long
    kind: i64 = desk.kind(position)
    fees = plan.fees
    if plan.is_new:
        position.size = 0
        desk.positions[place_of(position.account, is_long, i64(position.token))] = position
    else:
        desk.credit_funding(position)
    before: i64 = position.amount
    source.pay(position, plan.brought)
    if fees.funding > 0:
        position.pay(pool.funding(kind), fees.funding)
    position.pay(pool.pot(kind), fees.to_pool)
    pay_parts(desk, position, position, kind, fees, plan.interface)
    pool.change_collateral(is_long, kind, position.amount - before)
    filled: i64 = _size_in_tokens(desk, plan)
    pool.change_interest(is_long, kind, plan.dollars, filled)
    if desk.params.impact_at_once:
        if plan.impact_tokens > 0:
            pool.take_impact(plan.impact_tokens)
        else:
            pool.give_impact(-plan.impact_tokens)
    else:
        position.pending += plan.impact_tokens
        pool.pending += plan.impact_tokens
    size: i64 = position.entry + plan.dollars
    pool.change_borrowed(
        is_long, position.entry, position.borrowing, size, pool.cumulative(is_long)
    )
    position.entry = size
    position.size += filled if is_long else -filled
    position.increased_at = desk.now
    desk.refresh(position)
    desk.lookout.update(position, desk.prices)
    return position


def pay_parts(
    desk: Desk, source: Pot, position: Holding, kind: i64, fees: Fees, interface: i64
) -> None:
    """Pay treasury, affiliate and interface their parts of the fees."""
    source.pay(desk.purse(TREASURY_ACCOUNT, kind), fees.receiver)
    if fees.affiliate > 0:
        referral = desk.referral_of(position.account)
        if referral is not None:
            source.pay(desk.purse(referral.account, kind), fees.affiliate)
    if fees.ui > 0:
        source.pay(desk.purse(interface, kind), fees.ui)

"""Reducing and closing a position: what is decreased, what it pays and what it is paid.

Equations, of a decrease by D of S
    q        Q where D = S, else ceil(Q*D / S) for a long, floor for a short
    result   trunc(PI * q / Q), PI held to what winners are paid at most
    T        I*D/S (rounded against its owner) in dollars, plus the impact x of closing; held to
             -D * max_negative, then to D * max_positive, then to what the impact pool has
    price    P + (S/Q) * x / D for a long, P - ... for a short: only held against the acceptable
             price; the result is booked at P and the impact apart from it

Profit and positive impact come out of the pool in the token of the side's results, then the costs
are paid in the order of :mod:`waterfall`. Source: gmx-io/gmx-synthetics, contracts/position/
DecreasePositionUtils.sol and DecreasePositionCollateralUtils.sol.
"""

from typing import Final

from mypy_extensions import i16, i64

from seawall.engine.designs.gm.desk import Desk
from seawall.engine.designs.gm.fees import Fees
from seawall.engine.designs.gm.impact import cap_by_max, cap_by_pool, lowest
from seawall.engine.designs.gm.increase import NO_FEES, check_acceptable
from seawall.engine.designs.gm.liquidation import check_valid, requirement
from seawall.engine.designs.gm.orders import PNL_TO_COLLATERAL
from seawall.engine.designs.gm.position import Holding
from seawall.engine.designs.gm.swaps import SwapPlan, plan_swap
from seawall.engine.designs.gm.waterfall import FUNDING, LOSS, Waterfall
from seawall.engine.errors import LimitReached, NotEnough, OutOfRange, Refusal
from seawall.engine.fixed import larger, mul_div, mul_div_trunc, mul_div_up, smaller

VOLUNTARY: Final[i16] = 0
LIQUIDATION: Final[i16] = 1
DELEVERAGING: Final[i16] = 2


class Decrease:
    """What a decrease will do.

    ``dollars`` and ``quantity`` are taken off, ``is_full`` closes. ``result`` is realised,
    ``impact`` is T, ``difference`` what the cap spared; ``profit`` and ``rebate`` are tokens that
    the pool pays. ``unpaid`` dollars of funding and loss were met by nobody.
    """

    def __init__(self, position: Holding, how: i16) -> None:
        self.position = position
        self.how: i16 = how
        self.is_long: bool = position.size > 0
        self.dollars: i64 = 0
        self.quantity: i64 = 0
        self.withdraws: i64 = 0
        self.whole: i64 = 0
        self.is_full: bool = False
        self.price: i64 = 0
        self.result: i64 = 0
        self.closing: i64 = 0
        self.pending: i64 = 0
        self.impact: i64 = 0
        self.difference: i64 = 0
        self.improved: bool = False
        self.profit: i64 = 0
        self.rebate: i64 = 0
        self.withheld: i64 = 0
        self.swap: SwapPlan | None = None
        self.swapped: i64 = 0
        self.interface: i64 = -1
        self.fees: Fees = NO_FEES
        self.flow: Waterfall
        self.unpaid: i64 = 0


def fitted(
    desk: Desk, position: Holding, dollars: i64, withdraws: i64, clips: bool, how: i16
) -> Decrease:
    """What is really decreased of what was asked: all of it where little would be left.

    ``clips`` cuts a size beyond the position to it. Raises :class:`OutOfRange`
    (``decrease-too-large``), :class:`LimitReached` (``withdrawal-too-large``).
    """
    plan = Decrease(position, how)
    size: i64 = position.entry
    if dollars > size:
        if not clips:
            raise OutOfRange(
                "decrease-too-large",
                f"a decrease of {dollars} is above {size}, the position (1e-6 dollar)",
                dollars,
                size,
            )
        dollars = size
    taken: i64 = smaller(withdraws, position.amount)
    if dollars < size:
        params = desk.params
        kind = desk.kind(position)
        price: i64 = desk.collateral_price(kind)
        whole: i64 = desk.whole_result(position)
        plan.whole = whole
        realised: i64 = mul_div_trunc(whole, dollars, size)
        left: i64 = whole - realised
        lost: i64 = smaller(realised, 0)
        token = desk.pool.token(kind)
        estimate: i64 = token.usd(position.amount - taken, price) + lost
        needed: i64 = requirement(desk, plan.is_long, size - dollars, -dollars)
        if estimate < needed or estimate + left < params.min_collateral_usd:
            if dollars == 0:
                raise LimitReached(
                    "withdrawal-too-large",
                    f"taking {taken} out would leave {estimate} of the {needed} that the position "
                    "needs (1e-6 dollar)",
                    estimate,
                    needed,
                )
            estimate += token.usd(taken, price)
            taken = 0
        if estimate + left < params.min_collateral_usd and dollars > 0:
            dollars = size
        if 0 < size - dollars < params.min_position_usd:
            dollars = size
    plan.is_full = dollars == size
    plan.dollars = dollars
    if not plan.is_full:
        plan.withdraws = taken
    if plan.is_full:
        plan.quantity = position.quantity()
    elif plan.is_long:
        plan.quantity = mul_div_up(position.quantity(), dollars, size)
    else:
        plan.quantity = mul_div(position.quantity(), dollars, size)
    return plan


def plan_decrease(desk: Desk, plan: Decrease, acceptable: i64, swap: str, interface: i64) -> None:
    """Work the whole of a fitted decrease out, and check it; nothing is changed."""
    position = plan.position
    pool = desk.pool
    is_long: bool = plan.is_long
    kind: i64 = desk.kind(position)
    paid_in: i64 = desk.paid_in(is_long)
    same: bool = kind == paid_in
    plan.interface = interface
    _price(desk, plan)
    if plan.dollars > 0:
        check_acceptable(plan.price, acceptable, not is_long)
    whole: i64 = plan.whole
    if plan.is_full:
        whole = desk.whole_result(position)
    plan.result = mul_div_trunc(whole, plan.quantity, position.quantity())
    plan.fees = desk.fees_of(
        position, plan.dollars, plan.improved, plan.how == LIQUIDATION, interface
    )
    flow = Waterfall(
        pool.token(kind), desk.collateral_price(kind), pool.token(paid_in),
        desk.collateral_price(paid_in), position.amount,
    )  # fmt: skip
    plan.flow = flow
    _take_gains(desk, plan, paid_in)
    gained: i64 = plan.profit + plan.rebate
    if same:
        flow.out = gained
    else:
        flow.other = gained
        if swap == PNL_TO_COLLATERAL and gained > 0:
            _plan_swap(desk, plan, paid_in)
    flow.pay_all(
        plan.fees.funding,
        larger(0, -plan.result),
        plan.fees.ex_funding,
        larger(0, -plan.impact),
        plan.difference,
    )
    if flow.failed != "":
        if plan.how == VOLUNTARY or not plan.is_full:
            raise NotEnough(
                "insolvent",
                f"{flow.unpaid} of the {flow.failed} cannot be paid: only a liquidation may close "
                "the position (1e-6 dollar)",
                flow.unpaid,
                0,
            )
        plan.unpaid = _missing(desk, plan)
        return
    if plan.withdraws > 0 and plan.difference > 0:
        less: i64 = flow.token.units(plan.difference, flow.price)
        plan.withdraws = larger(0, plan.withdraws - less)
    taken: i64 = smaller(plan.withdraws, flow.kept)
    plan.withdraws = taken
    flow.kept -= taken
    flow.out += taken
    if plan.is_full or position.quantity() == plan.quantity:
        flow.out += flow.kept
        flow.kept = 0
    else:
        _check_rest(desk, plan, kind)


def _price(desk: Desk, plan: Decrease) -> None:
    """Impact of closing and the execution price; raises :class:`LimitReached`."""
    position = plan.position
    base: i64 = desk.prices.index(not plan.is_long)
    plan.price = base
    if plan.dollars == 0:
        return
    found = desk.impact_of(plan.is_long, -plan.dollars, -plan.quantity)
    plan.closing = cap_by_max(desk.pool, found.usd, plan.dollars)
    plan.improved = found.usd > 0 if desk.params.fee_by_impact else found.improved
    plan.pending = mul_div(position.pending, plan.dollars, position.entry)
    net: i64 = desk.pending_usd(plan.pending) + plan.closing
    bound: i64 = lowest(desk.pool, plan.dollars)
    if net < bound:
        plan.difference = bound - net
        net = bound
    net = cap_by_max(desk.pool, net, plan.dollars)
    plan.impact = cap_by_pool(desk.pool, desk.prices, net)
    shown: i64 = plan.impact if desk.params.impact_at_once else plan.closing
    adjustment: i64 = shown if plan.is_long else -shown
    if adjustment < -plan.dollars:
        raise LimitReached(
            "impact-too-large",
            f"impact of {adjustment} is above the order's {plan.dollars} (1e-6 dollar)",
            adjustment,
            -plan.dollars,
        )
    if adjustment == 0:
        return
    entry: i64 = mul_div(position.entry, desk.pool.index.step, position.quantity())
    price: i64 = base + mul_div_trunc(entry, adjustment, plan.dollars)
    if price < 0:
        raise LimitReached("impact-too-large", "impact takes the price below zero", price, 0)
    plan.price = price


def _take_gains(desk: Desk, plan: Decrease, paid_in: i64) -> None:
    """What the pool pays: profit, and positive impact.

    A pool that lacks it refuses (``pool-short``), but for those who are liquidated or deleveraged:
    they get what there is.
    """
    pool = desk.pool
    token = pool.token(paid_in)
    price: i64 = desk.prices.token(paid_in, True)
    if plan.result > 0:
        plan.profit = token.units(plan.result, price)
    if plan.impact > 0:
        plan.rebate = token.units(plan.impact, price)
    held: i64 = pool.pot(paid_in).amount
    short: i64 = plan.profit + plan.rebate - held
    if short <= 0:
        return
    if plan.how == VOLUNTARY:
        raise NotEnough(
            "pool-short",
            f"{plan.profit + plan.rebate} {token.name} are above {held}, what the pool has (its "
            "unit)",
            plan.profit + plan.rebate,
            held,
        )
    plan.withheld = token.usd(short, price)
    part: i64 = smaller(plan.rebate, short)
    plan.rebate -= part
    plan.profit -= short - part


def _plan_swap(desk: Desk, plan: Decrease, paid_in: i64) -> None:
    """Swap what is paid in the other token; where that fails it stays as it is.

    The pool is asked as it will be, without what it has just paid.
    """
    pool = desk.pool
    flow = plan.flow
    scratch = desk.scratch[paid_in]
    amount: i64 = flow.other
    pool.pot(paid_in).pay(scratch, amount)
    try:
        found = plan_swap(pool, desk.prices, paid_in, amount)
        plan.swap = found
        flow.out = found.received
        plan.swapped = amount
        flow.other = 0
    except Refusal:
        plan.swap = None
    finally:
        scratch.pay(pool.pot(paid_in), amount)


def _missing(desk: Desk, plan: Decrease) -> i64:
    """Funding and loss (1e-6) that an insolvent close leaves unpaid."""
    flow = plan.flow
    if flow.failed == FUNDING:
        return flow.unpaid + larger(0, -plan.result)
    return flow.unpaid if flow.failed == LOSS else 0


def _check_rest(desk: Desk, plan: Decrease, kind: i64) -> None:
    """Refuse a decrease whose rest could be liquidated at once."""
    pool = desk.pool
    held = plan.position
    is_long: bool = plan.is_long
    rest = desk.probe(held)
    quantity: i64 = held.quantity() - plan.quantity
    rest.size = quantity if is_long else -quantity
    rest.entry = held.entry - plan.dollars
    rest.amount = plan.flow.kept
    rest.pending = held.pending - plan.pending
    desk.refresh(rest)
    pool.change_interest(is_long, kind, -plan.dollars, -plan.quantity)
    try:
        check_valid(desk, rest, False, False)
    finally:
        pool.change_interest(is_long, kind, plan.dollars, plan.quantity)

"""The execution of one order at the prices of the moment, whole or not at all.

An increase may bring the other token, which is swapped first; a decrease may end in a swap. A
refusal leaves no trace: what a swap has moved is moved back. Source: gmx-io/gmx-synthetics,
contracts/order/ExecuteOrderUtils.sol with IncreaseOrderUtils, DecreaseOrderUtils, SwapOrderUtils.
"""

from mypy_extensions import i64

from seawall.engine.designs.gm.decrease import VOLUNTARY, Decrease, fitted, plan_decrease
from seawall.engine.designs.gm.desk import Desk
from seawall.engine.designs.gm.events import Swapped, Withheld
from seawall.engine.designs.gm.increase import Increase, commit_increase, plan_increase
from seawall.engine.designs.gm.orders import (
    DECREASING,
    INCREASING,
    LIMIT_DECREASE,
    STOP_LOSS,
    Ticket,
)
from seawall.engine.designs.gm.position import Holding
from seawall.engine.designs.gm.settle import commit_decrease
from seawall.engine.designs.gm.swaps import SwapPlan, plan_swap
from seawall.engine.designs.gm.tokens import LONG, SHORT
from seawall.engine.errors import Closed, LimitReached, NotEnough, Refusal, Unknown
from seawall.engine.events import Filled
from seawall.engine.fixed import mul_div, smaller
from seawall.engine.pot import Pot
from seawall.engine.venue import TREASURY_ACCOUNT, Account


def execute(desk: Desk, order: Ticket) -> Decrease | None:
    """Execute an order; the decrease it was, or None. Raises what it is refused for."""
    if order.what == INCREASING:
        _increase(desk, order)
        return None
    if order.what == DECREASING:
        return _decrease(desk, order)
    _swap(desk, order)
    return None


def interface_of(desk: Desk, order: Ticket) -> Account | None:
    """Account of the interface that an order came through."""
    return None if order.interface < 0 else desk.accounts[order.interface]


def _ui_factor(desk: Desk, order: Ticket) -> i64:
    if order.interface < 0:
        return 0
    return desk.interfaces.get(int(order.interface), 0)


def below_least(got: i64, least: i64, unit: str) -> LimitReached:
    """The refusal of an output that is less than was asked for."""
    return LimitReached(
        "below-least", f"{got} is below {least}, the least that was asked for ({unit})", got, least
    )


def _increase(desk: Desk, order: Ticket) -> None:
    kind: i64 = desk.kind_of(order.collateral)
    if i64(order.token) == order.collateral:
        if order.amount < order.least:
            raise below_least(order.amount, order.least, "the token's unit")
        plan = _plan(desk, order, kind, order.amount)
        _commit(desk, order, plan, order)
        return
    treasury = desk.accounts[TREASURY_ACCOUNT]
    ui = interface_of(desk, order)
    swap = plan_swap(
        desk.pool, desk.prices, desk.kind_of(i64(order.token)), order.amount,
        _ui_factor(desk, order),
    )  # fmt: skip
    if swap.received < order.least:
        raise below_least(swap.received, order.least, "the token's unit")
    brought = Pot(order.collateral)
    swap.commit(order, brought, treasury, ui)
    try:
        plan = _plan(desk, order, kind, brought.amount)
    except Refusal:
        swap.revert(order, brought, treasury, ui)
        raise
    note_swap(desk, swap, order.account, order.number)
    _commit(desk, order, plan, brought)


def _plan(desk: Desk, order: Ticket, kind: i64, brought: i64) -> Increase:
    return plan_increase(
        desk, order.account, order.is_long, kind, order.dollars, order.size, brought,
        order.acceptable, order.interface,
    )  # fmt: skip


def _commit(desk: Desk, order: Ticket, plan: Increase, source: Pot) -> None:
    kind: i64 = desk.kind(plan.position)
    price: i64 = desk.collateral_price(kind)
    commit_increase(desk, plan, source)
    if desk.journal.listening:
        note_increase(desk, plan, order.number, kind, price)


def note_increase(desk: Desk, plan: Increase, number: i64, kind: i64, price: i64) -> None:
    """Tell that a position has grown."""
    token = desk.pool.token(kind)
    fees = plan.fees
    desk.note_fees(kind, price, fees)
    desk.journal.events.append(
        Filled(
            desk.now, desk.name, plan.position.account, number,
            plan.quantity if plan.is_long else -plan.quantity, plan.price,
            token.usd(fees.ex_funding - fees.borrowing, price), 0, -plan.impact, 0,
            token.usd(fees.borrowing + fees.funding, price), 0, 0,
        )
    )  # fmt: skip


def _find(desk: Desk, order: Ticket) -> Holding:
    """The position that a decrease is about; where no collateral is named, the largest."""
    if order.collateral >= 0:
        found = desk.find(int(order.account), order.is_long, desk.kind_of(order.collateral))
    else:
        found = None
        for kind in (LONG, SHORT):
            other = desk.find(int(order.account), order.is_long, kind)
            if other is not None and (found is None or other.quantity() > found.quantity()):
                found = other
    if found is None:
        raise Unknown(
            "unknown-position", f"account {order.account} has no such position", order.account, 0
        )
    return found


def _decrease(desk: Desk, order: Ticket) -> Decrease:
    position = _find(desk, order)
    if not order.is_market() and desk.price_time < position.increased_at:
        raise Closed(
            "price-too-old",
            f"the price of {desk.price_time} is older than the position's increase at "
            f"{position.increased_at} (ms)",
            desk.price_time,
            position.increased_at,
        )
    dollars: i64 = order.dollars
    clips: bool = order.type == LIMIT_DECREASE or order.type == STOP_LOSS
    if order.size > 0:
        closed: i64 = smaller(order.size, position.quantity())
        dollars = mul_div(position.entry, closed, position.quantity())
        if closed == position.quantity():
            dollars = position.entry
        elif dollars == 0:
            raise LimitReached(
                "order-too-small",
                f"{closed} is too small to close anything (1e-8 token)",
                closed,
                1,
            )
    return decrease_by(
        desk, position, dollars, order.withdraws, clips, order.acceptable, order.swap,
        order.receives, order.least, order.interface, order.number,
    )  # fmt: skip


def decrease_by(
    desk: Desk,
    position: Holding,
    dollars: i64,
    withdraws: i64,
    clips: bool,
    acceptable: i64,
    swap: str,
    receives: i64,
    least: i64,
    interface: i64,
    number: i64,
) -> Decrease:
    """Plan a decrease, hold it against the least payout in dollars, and carry it out."""
    plan = fitted(desk, position, dollars, withdraws, clips, VOLUNTARY)
    plan_decrease(desk, plan, acceptable, swap, interface)
    flow = plan.flow
    out: i64 = flow.token.usd(flow.out, flow.price) + flow.other_token.usd(
        flow.other, flow.other_price
    )
    if out < least:
        raise below_least(out, least, "1e-6 dollar")
    kind: i64 = desk.kind(position)
    commit_decrease(desk, plan, swap, receives, least)
    if desk.journal.listening:
        token = desk.pool.token(kind)
        fees = plan.fees
        desk.note_fees(kind, flow.price, fees)
        desk.journal.events.append(
            Filled(
                desk.now, desk.name, position.account, number,
                -plan.quantity if plan.is_long else plan.quantity, plan.price,
                token.usd(fees.ex_funding - fees.borrowing, flow.price), 0, -plan.impact,
                plan.result, token.usd(fees.borrowing + fees.funding, flow.price), plan.withheld,
                plan.unpaid,
            )
        )  # fmt: skip
        if flow.difference > 0:
            desk.journal.events.append(
                Withheld(desk.now, desk.name, position.account, token.name, flow.difference)
            )
        if plan.swap is not None:
            note_swap(desk, plan.swap, position.account, number)
    return plan


def _swap(desk: Desk, order: Ticket) -> None:
    swap = plan_swap(
        desk.pool, desk.prices, desk.kind_of(i64(order.token)), order.amount,
        _ui_factor(desk, order),
    )  # fmt: skip
    if swap.received < order.least:
        raise below_least(swap.received, order.least, "the token's unit")
    receiver = desk.purse(order.account, 1 - desk.kind_of(i64(order.token)))
    swap.commit(order, receiver, desk.accounts[TREASURY_ACCOUNT], interface_of(desk, order))
    note_swap(desk, swap, order.account, order.number)


def note_swap(desk: Desk, swap: SwapPlan, account: i64, number: i64) -> None:
    """Tell of a swap."""
    if desk.journal.listening:
        desk.journal.events.append(
            Swapped(
                desk.now, desk.name, account, number, desk.pool.token(swap.token).name, swap.paid,
                swap.received, swap.fee, -swap.impact,
            )
        )  # fmt: skip


def check_purse(held: i64, amount: i64, name: str) -> None:
    """Refuse what a wallet does not hold."""
    if amount > held:
        raise NotEnough(
            "wallet-too-small",
            f"{amount} is above {held}, what the wallet holds ({name})",
            amount,
            held,
        )

"""Carrying a planned decrease out: every token from where it lies to where it belongs.

Profit and rebate come out of the pool; funding goes to its clearing pot, losses, fees and impact
to the pool, the treasury's, affiliate's and interface's parts to their wallets, impact beyond the
cap to where its owner can claim it, the rest to the owner. What was paid in the other token
because the collateral did not suffice goes the same ways, but for funding, which the treasury
holds then (the protocol's holding address).
"""

from mypy_extensions import i64

from seawall.engine.designs.gm.decrease import Decrease
from seawall.engine.designs.gm.desk import Desk
from seawall.engine.designs.gm.increase import pay_parts
from seawall.engine.designs.gm.orders import COLLATERAL_TO_PNL
from seawall.engine.designs.gm.swaps import plan_swap
from seawall.engine.designs.gm.tokens import LONG
from seawall.engine.designs.gm.waterfall import DIFFERENCE, IMPACT
from seawall.engine.errors import Refusal
from seawall.engine.fixed import larger
from seawall.engine.pot import Pot
from seawall.engine.venue import TREASURY_ACCOUNT


class Payout:
    """Tokens that a decrease paid to its owner, by kind."""

    def __init__(self) -> None:
        self.long: i64 = 0
        self.short: i64 = 0

    def add(self, kind: i64, amount: i64) -> None:
        """Count ``amount`` of the long (0) or short token (1) in."""
        if kind == LONG:
            self.long += amount
        else:
            self.short += amount


def commit_decrease(desk: Desk, plan: Decrease, swap: str, receives: i64, least: i64) -> Payout:
    """Carry a plan out.

    ``receives`` is the kind of token that the payout is to be swapped to where it comes in one
    token only (-1: as it comes). A swap that fails, or brings less than ``least`` dollars (1e-6),
    is left out.
    """
    position = plan.position
    is_long: bool = plan.is_long
    kind: i64 = desk.kind(position)
    paid_in: i64 = desk.paid_in(is_long)
    scratch = desk.scratch[paid_in]
    desk.credit_funding(position)
    before: i64 = position.amount
    _pay_gains(desk, plan, kind, paid_in)
    _pay_costs(desk, plan, kind, paid_in)
    _book(desk, plan, kind, before)
    payout = Payout()
    _pay_owner(desk, plan, kind, paid_in, swap, receives, least, payout)
    if scratch.amount > 0:
        scratch.pay(desk.purse(position.account, paid_in), scratch.amount)
    return payout


def _pay_gains(desk: Desk, plan: Decrease, kind: i64, paid_in: i64) -> None:
    """Profit and positive impact out of the pool, and their swap where it was asked for."""
    pool = desk.pool
    position = plan.position
    gained: i64 = plan.profit + plan.rebate
    target: Pot = position if kind == paid_in else desk.scratch[paid_in]
    pool.pot(paid_in).pay(target, gained)
    if plan.swap is not None:
        plan.swap.commit(target, position, desk.accounts[TREASURY_ACCOUNT], None)
    if plan.impact > 0:
        pool.take_impact(pool.index.units_up(plan.impact, desk.prices.index_min))


def _pay_costs(desk: Desk, plan: Decrease, kind: i64, paid_in: i64) -> None:
    """Everything that the waterfall took, in its order."""
    pool = desk.pool
    position = plan.position
    flow = plan.flow
    fees = plan.fees
    account: i64 = position.account
    other = desk.scratch[paid_in]
    position.pay(pool.funding(kind), flow.funding)
    desk.lacking[kind] += fees.funding - flow.funding
    desk.claims.keep(other, i64(TREASURY_ACCOUNT), paid_in, flow.funding_other, desk.now)
    position.pay(pool.pot(kind), flow.loss)
    asked: bool = flow.failed == "" or flow.failed == IMPACT or flow.failed == DIFFERENCE
    whole: bool = asked and flow.fees_other == 0 and flow.fees == fees.ex_funding
    if whole:
        position.pay(pool.pot(kind), fees.to_pool)
        pay_parts(desk, position, position, kind, fees, plan.interface)
    else:
        position.pay(pool.pot(kind), flow.fees)
    position.pay(pool.pot(kind), flow.impact)
    other.pay(pool.pot(paid_in), flow.loss_other + flow.fees_other + flow.impact_other)
    paid: i64 = pool.token(kind).usd(flow.impact, flow.price)
    paid += pool.token(paid_in).usd(flow.impact_other, flow.other_price)
    if paid > 0:
        pool.give_impact(pool.index.units(paid, desk.prices.index_max))
    desk.claims.keep(position, account, kind, flow.difference, desk.now)
    desk.claims.keep(other, account, paid_in, flow.difference_other, desk.now)


def _book(desk: Desk, plan: Decrease, kind: i64, before: i64) -> None:
    """Sizes, trackers and sums of what is left; the payout is still in the position's pot."""
    pool = desk.pool
    position = plan.position
    flow = plan.flow
    is_long: bool = plan.is_long
    size: i64 = position.entry - plan.dollars
    quantity: i64 = position.quantity() - plan.quantity
    usd: i64 = plan.dollars
    closed: bool = size == 0 or quantity == 0
    if closed:
        usd += size
        size = 0
    pool.change_borrowed(
        is_long, position.entry, position.borrowing, size, pool.cumulative(is_long)
    )
    position.decreased_at = desk.now
    position.entry = size
    position.pending -= plan.pending
    pool.pending -= plan.pending
    if closed:
        pool.pending -= position.pending
        position.pending = 0
        desk.lookout.drop(position)
        desk.forget(position, is_long)
    pool.change_interest(is_long, kind, -usd, -plan.quantity)
    pool.change_collateral(is_long, kind, flow.kept - before)
    if not closed:
        position.size = quantity if is_long else -quantity
        desk.refresh(position)
    else:
        position.size = 0


def _pay_owner(
    desk: Desk,
    plan: Decrease,
    kind: i64,
    paid_in: i64,
    swap: str,
    receives: i64,
    least: i64,
    payout: Payout,
) -> None:
    """What is left to the owner's wallet, swapped where the order says so."""
    position = plan.position
    account: i64 = position.account
    flow = plan.flow
    out: i64 = position.amount - flow.kept
    target: i64 = receives
    if flow.other > 0:
        target = -1
    if swap == COLLATERAL_TO_PNL:
        target = paid_in
    scratch = desk.scratch[paid_in]
    left: i64 = scratch.amount
    if target >= 0 and target != kind and out > 0:
        value: i64 = larger(0, least - flow.other_token.usd(left, flow.other_price))
        try:
            found = plan_swap(desk.pool, desk.prices, kind, out)
            if desk.pool.token(target).usd(found.received, desk.collateral_price(target)) >= value:
                found.commit(
                    position, desk.purse(account, target), desk.accounts[TREASURY_ACCOUNT], None
                )
                payout.add(target, found.received)
                out = 0
        except Refusal:
            pass
    if out > 0:
        position.pay(desk.purse(account, kind), out)
        payout.add(kind, out)
    payout.add(paid_in, left)
    if position.entry > 0:
        desk.lookout.update(position, desk.prices)

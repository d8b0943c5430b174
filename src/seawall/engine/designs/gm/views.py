"""What a person sees of a GM market; nothing here changes anything."""

from mypy_extensions import i64

from seawall.engine.designs.gm import borrowing, funding, reserves, value
from seawall.engine.designs.gm.desk import Desk
from seawall.engine.designs.gm.fees import Fees, position_fees
from seawall.engine.designs.gm.increase import price_at
from seawall.engine.designs.gm.liquidation import health_of, requirement
from seawall.engine.designs.gm.lookout import is_reachable
from seawall.engine.designs.gm.position import Holding
from seawall.engine.designs.gm.reserves import check_interest, check_opening
from seawall.engine.designs.gm.tokens import LONG, SHORT
from seawall.engine.fixed import (
    BASIS_POINT,
    MAX_PRICE,
    NOTIONAL_STEP,
    larger,
    mul_div,
    mul_div_up,
    share,
    share_up,
    smaller,
)
from seawall.engine.views import DepthLevel, LossStep, PositionView, Quote, VaultView
from seawall.engine.watch import DUE

_OFFSETS = (5, 10, 20, 40, 80, 150, 300, 500)
_STEPS = 48


class GmPosition:
    """One position in full. Dollars in 1e-6, index tokens in 1e-8, other tokens in their unit.

    ``size`` and ``tokens`` are S and Q, ``price`` their quotient; ``amount`` the collateral and
    ``collateral`` its dollars; ``result`` after the winners' cap, ``pending`` impact that waits
    (index tokens); ``borrowing`` dollars and ``funding`` tokens due, ``claim_long`` and
    ``claim_short`` funding earned and not yet credited; ``remaining`` and ``needed`` what the
    liquidation test compares; ``liquidation_price`` a bound for the price at which it fails, 0 or
    above the price range where none can do it.
    """

    def __init__(self) -> None:
        self.account: i64 = 0
        self.is_long: bool = False
        self.token = ""
        self.size: i64 = 0
        self.tokens: i64 = 0
        self.price: i64 = 0
        self.amount: i64 = 0
        self.collateral: i64 = 0
        self.result: i64 = 0
        self.pending: i64 = 0
        self.borrowing: i64 = 0
        self.funding: i64 = 0
        self.claim_long: i64 = 0
        self.claim_short: i64 = 0
        self.remaining: i64 = 0
        self.needed: i64 = 0
        self.leverage: i64 = 0
        self.liquidation_price: i64 = 0
        self.is_due: bool = False


class PoolView:
    """The pool in full. Tokens in their unit, dollars in 1e-6, rates per second in 1e-24.

    ``gm_low`` and ``gm_high`` are the prices (1e-10) at which one leaves and enters; ``usage``
    (1e-12) is the part of what may be opened that is reserved.
    """

    def __init__(self) -> None:
        self.long_amount: i64 = 0
        self.short_amount: i64 = 0
        self.impact_pool: i64 = 0
        self.lent: i64 = 0
        self.pending: i64 = 0
        self.long_interest: i64 = 0
        self.short_interest: i64 = 0
        self.long_tokens: i64 = 0
        self.short_tokens: i64 = 0
        self.value_low: i64 = 0
        self.value_high: i64 = 0
        self.gm_low: i64 = 0
        self.gm_high: i64 = 0
        self.supply: i64 = 0
        self.funding: int = 0
        self.borrowing_long: int = 0
        self.borrowing_short: int = 0
        self.usage_long: i64 = 0
        self.usage_short: i64 = 0
        self.pnl_long: i64 = 0
        self.pnl_short: i64 = 0


def pool_view(desk: Desk) -> PoolView:
    """The pool at the desk's prices."""
    pool = desk.pool
    prices = desk.prices
    view = PoolView()
    view.long_amount = pool.amount(LONG)
    view.short_amount = pool.amount(SHORT)
    view.impact_pool = pool.impact_pool
    view.lent = pool.lent
    view.pending = pool.pending
    view.long_interest = pool.interest(True)
    view.short_interest = pool.interest(False)
    view.long_tokens = pool.interest_in_tokens(True)
    view.short_tokens = pool.interest_in_tokens(False)
    view.value_low = value.pool_value(pool, prices, value.WITHDRAWALS, False).total
    view.value_high = value.pool_value(pool, prices, value.DEPOSITS, True).total
    view.gm_low = value.gm_price(pool, prices, value.WITHDRAWALS, False)
    view.gm_high = value.gm_price(pool, prices, value.DEPOSITS, True)
    view.supply = pool.shares.total_supply()
    if view.long_interest > 0 and view.short_interest > 0:
        _, charged = funding.next_rates(pool, prices, 0)
        view.funding = charged
    view.borrowing_long = borrowing.rate(pool, prices, True)
    view.borrowing_short = borrowing.rate(pool, prices, False)
    view.usage_long = reserves.usage(pool, prices, True)
    view.usage_short = reserves.usage(pool, prices, False)
    view.pnl_long = value.pnl_factor(pool, prices, True)
    view.pnl_short = value.pnl_factor(pool, prices, False)
    return view


def quote_of(desk: Desk, size: i64) -> Quote:
    """An order that opens ``size`` tokens on dollars: price with impact, position fee apart.

    Raises what the caps and reserves refuse it for.
    """
    pool = desk.pool
    is_long: bool = size > 0
    quantity: i64 = size if size > 0 else -size
    plan = price_at(desk, is_long, 0, quantity)
    check_interest(pool, is_long, plan.dollars)
    check_opening(pool, desk.prices, is_long, plan.dollars, plan.quantity)
    rate: i64 = desk.params.fee_improved if plan.improved else desk.params.fee_worsened
    fee: i64 = share_up(plan.dollars, rate)
    cost: i64 = fee - plan.impact
    base: i64 = desk.prices.index(is_long)
    if is_long:
        all_in: i64 = mul_div_up(plan.dollars + cost, NOTIONAL_STEP, quantity)
    else:
        all_in = mul_div(larger(0, plan.dollars - cost), NOTIONAL_STEP, quantity)
    return Quote(size, base, plan.dollars, fee, 0, -plan.impact, all_in)


def depth_levels(desk: Desk) -> list[DepthLevel]:
    """Dollars that open up to each part of impact, as far as caps and reserves allow."""
    longs: i64 = _room(desk, True)
    shorts: i64 = _room(desk, False)
    levels: list[DepthLevel] = []
    for points in _OFFSETS:
        offset: i64 = points * BASIS_POINT
        levels.append(
            DepthLevel(
                offset, _within(desk, True, longs, offset), _within(desk, False, shorts, offset)
            )
        )
    return levels


def _room(desk: Desk, is_long: bool) -> i64:
    """Dollars that caps and reserves leave to a side."""
    pool = desk.pool
    side = pool.params.side(is_long)
    cap: i64 = side.max_interest - pool.interest(is_long)
    backing: i64 = borrowing.backing(pool, desk.prices, is_long)
    factor: i64 = smaller(side.reserve, side.interest_reserve)
    reserve: i64 = share(backing, factor) - borrowing.reserved(pool, desk.prices, is_long)
    return larger(0, smaller(cap, reserve))


def _within(desk: Desk, is_long: bool, most: i64, offset: i64) -> i64:
    """The most dollars whose impact is at most ``offset`` (1e-12) of them, by halving."""
    low: i64 = 0
    high: i64 = most
    for _ in range(_STEPS):
        if low >= high:
            break
        middle: i64 = low + (high - low + 1) // 2
        if _costs(desk, is_long, middle) <= share(middle, offset):
            low = middle
        else:
            high = middle - 1
    return low


def _costs(desk: Desk, is_long: bool, dollars: i64) -> i64:
    tokens: i64 = desk.pool.index.units(dollars, desk.prices.index(is_long))
    return -desk.impact_of(is_long, dollars, tokens).usd


def _fees_due(desk: Desk, position: Holding) -> Fees:
    """Borrowing and funding due, in collateral tokens."""
    kind: i64 = desk.kind(position)
    return position_fees(
        desk.pool, position.size > 0, kind, desk.collateral_price(kind), 0, position.entry,
        position.borrowing, position.funding, False,
    )  # fmt: skip


def view_of(desk: Desk, position: Holding) -> PositionView:
    """A position as every design shows one, in dollars.

    The result has the impact that waits in it; ``accrued`` is borrowing and funding due less
    funding earned.
    """
    pool = desk.pool
    kind: i64 = desk.kind(position)
    token = pool.token(kind)
    price: i64 = desk.collateral_price(kind)
    view = PositionView()
    view.account = position.account
    view.size = position.size
    view.entry = position.entry
    view.margin = desk.collateral_usd(position)
    view.result = desk.whole_result(position) + desk.pending_usd(position.pending)
    view.accrued = token.usd_up(_fees_due(desk, position).total, price)
    view.accrued -= pool.long.usd(desk.claimable_of(position, LONG), desk.collateral_price(LONG))
    view.accrued -= pool.short.usd(desk.claimable_of(position, SHORT), desk.collateral_price(SHORT))
    view.equity = view.margin + view.result - view.accrued
    view.value = pool.index.usd(position.quantity(), desk.prices.index(position.size < 0))
    view.initial = requirement(desk, position.size > 0, position.entry, 0)
    params = desk.params
    view.maintenance = larger(
        share_up(position.entry, params.liquidation_factor(position.entry)),
        params.min_collateral_usd,
    )
    view.liquidation_price = _trigger(desk, position)
    view.bankruptcy_price = _bankruptcy(desk, position, view)
    return view


def _trigger(desk: Desk, position: Holding) -> i64:
    """The bound of the lookout: what can be reported, or just outside of it."""
    price: i64 = desk.lookout.trigger(position, 0)
    if is_reachable(price):
        return smaller(larger(0, price), MAX_PRICE + 1)
    return 0 if price < 0 else MAX_PRICE + 1


def _bankruptcy(desk: Desk, position: Holding, view: PositionView) -> i64:
    """The index price at which margin and result are used up, the collateral's price with it."""
    quantity: i64 = position.quantity()
    owed: i64 = view.accrued
    if desk.pool.token(desk.kind(position)).number == 0:
        left: i64 = view.margin - owed
        if position.size > 0:
            return mul_div_up(larger(0, position.entry - left), NOTIONAL_STEP, quantity)
        return smaller(
            MAX_PRICE + 1, mul_div(larger(0, position.entry + left), NOTIONAL_STEP, quantity)
        )
    held: i64 = position.amount
    if position.size > 0:
        return mul_div_up(larger(0, position.entry + owed), NOTIONAL_STEP, quantity + held)
    if held >= quantity:
        return MAX_PRICE + 1
    return smaller(
        MAX_PRICE + 1, mul_div(larger(0, position.entry - owed), NOTIONAL_STEP, quantity - held)
    )


def richer_view(desk: Desk, position: Holding) -> GmPosition:
    """A position in the protocol's own terms."""
    params = desk.params
    size: i64 = position.entry
    factor: i64 = params.liquidation_factor(size)
    health = health_of(desk, position, factor, params.min_collateral_usd)
    fees = _fees_due(desk, position)
    kind: i64 = desk.kind(position)
    view = GmPosition()
    view.account = position.account
    view.is_long = position.size > 0
    view.token = desk.pool.token(kind).name
    view.size = size
    view.tokens = position.quantity()
    view.price = mul_div(size, NOTIONAL_STEP, position.quantity())
    view.amount = position.amount
    view.collateral = health.collateral
    view.result = health.result
    view.pending = position.pending
    view.borrowing = borrowing.fee_usd(desk.pool, view.is_long, size, position.borrowing)
    view.funding = fees.funding
    view.claim_long = desk.claimable_of(position, LONG)
    view.claim_short = desk.claimable_of(position, SHORT)
    view.remaining = health.remaining
    view.needed = health.needed
    view.leverage = mul_div(size, 1_000_000_000_000, larger(1, health.collateral))
    view.liquidation_price = _trigger(desk, position)
    view.is_due = position.standing == DUE
    return view


def vault_view(desk: Desk) -> VaultView:
    """The pool as a vault: its value where one leaves and where one enters."""
    pool = desk.pool
    view = VaultView()
    view.name = "gm"
    if desk.is_open:
        prices = desk.prices
        low: i64 = value.pool_value(pool, prices, value.WITHDRAWALS, False).total
        high: i64 = value.pool_value(pool, prices, value.DEPOSITS, True).total
        view.assets = larger(0, low)
        view.assets_high = larger(0, high)
        view.entry_limit = _entry_room(desk)
        view.exit_limit = view.assets
    view.shares = pool.shares.total_supply()
    view.series = pool.shares.series
    view.pending = pool.shares.escrowed()
    return view


def _entry_room(desk: Desk) -> i64:
    """Dollars of short tokens that the caps of the pool still take."""
    pool = desk.pool
    params = pool.params
    kind: i64 = SHORT if pool.short.number == 0 else LONG
    most: i64 = params.max_pool_short if kind == SHORT else params.max_pool_long
    dollars: i64 = params.max_deposit_short if kind == SHORT else params.max_deposit_long
    price: i64 = desk.prices.token(kind, True)
    room: i64 = pool.token(kind).usd(larger(0, most - pool.amount(kind)), price)
    return smaller(room, larger(0, dollars - pool.pool_usd(kind, price)))


def loss_steps(desk: Desk) -> list[LossStep]:
    """The traders' collateral, then the pool."""
    pool = desk.pool
    collateral: i64 = 0
    if desk.is_open:
        for is_long in (True, False):
            for kind in (LONG, SHORT):
                if kind == LONG or not pool.single:
                    book = pool.book(is_long, kind)
                    collateral += pool.token(kind).usd(book.collateral, desk.collateral_price(kind))
        worth: i64 = value.pool_value(pool, desk.prices, value.WITHDRAWALS, False).total
    else:
        worth = 0
    return [LossStep("margin", collateral), LossStep("gm", larger(0, worth))]

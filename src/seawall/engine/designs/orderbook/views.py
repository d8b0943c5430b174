"""What a person sees of the order book's accounts; nothing here changes anything."""

from mypy_extensions import i64

from seawall.engine.designs.orderbook.desk import Desk
from seawall.engine.designs.orderbook.fund import Fund, Hlp
from seawall.engine.designs.orderbook.lookout import (
    cross_equity,
    cross_initial,
    cross_maintenance,
    cross_notional,
    equity_of,
    falls_at,
    value_of,
)
from seawall.engine.designs.orderbook.members import Holder, Member
from seawall.engine.errors import LimitReached
from seawall.engine.fixed import (
    BASIS_POINT,
    MAX_PRICE,
    NO_BOUND,
    NOTIONAL_STEP,
    larger,
    magnitude,
    mul_div,
    mul_div_up,
    share,
    share_up,
    smaller,
)
from seawall.engine.margin import Tier, Tiers, liquidation_price, worth
from seawall.engine.views import DepthLevel, LossStep, PositionView, Quote, VaultView
from seawall.engine.watch import IN_AUCTION

_OFFSETS = (5, 10, 20, 40, 80, 150, 300, 500)


def quote_of(desk: Desk, size: i64) -> Quote:
    """What a market order of ``size`` (1e-8, signed) would meet, at the fees of a newcomer.

    Raises :class:`LimitReached` (``beyond-book``) where the book ends before it is filled.
    """
    is_buy: bool = size > 0
    quantity: i64 = magnitude(size)
    mark: i64 = desk.coin.mark
    reach = desk.book.reach_of_size(is_buy, quantity, MAX_PRICE if is_buy else 1)
    if reach.size < quantity:
        raise LimitReached(
            "beyond-book",
            f"{quantity} are asked for, {reach.size} rest on that side (1e-8 token)",
            quantity,
            reach.size,
        )
    value: i64 = magnitude(worth(size, mark))
    fee: i64 = share_up(reach.value, desk.params.fees.tiers[0].taker)
    impact: i64 = reach.value - value if is_buy else value - reach.value
    paid: i64 = reach.value + fee if is_buy else reach.value - fee
    return Quote(size, mark, value, fee, 0, impact, _per_token(paid, quantity, is_buy))


def _per_token(paid: i64, quantity: i64, up: bool) -> i64:
    """Price (1e-10) of ``quantity`` tokens (1e-8) for ``paid`` (1e-6 dollar), rounded ``up`` or
    down; at most the highest price.
    """
    if paid // 1_000_000 > quantity:  # a million dollars for a hundred-millionth of a token
        return MAX_PRICE
    if up:
        return smaller(mul_div_up(paid, NOTIONAL_STEP, quantity), MAX_PRICE)
    return smaller(mul_div(paid, NOTIONAL_STEP, quantity), MAX_PRICE)


def depth_of(desk: Desk) -> list[DepthLevel]:
    """Dollars that rest up to an offset from the mark, from 5 to 500 basis points."""
    mark: i64 = desk.coin.mark
    levels: list[DepthLevel] = []
    for points in _OFFSETS:
        offset: i64 = points * BASIS_POINT
        up: i64 = smaller(MAX_PRICE, mark + share(mark, offset))
        down: i64 = larger(1, mark - share(mark, offset))
        buy = desk.book.reach_of_size(True, NO_BOUND, up)
        sell = desk.book.reach_of_size(False, NO_BOUND, down)
        levels.append(DepthLevel(offset, buy.value, sell.value))
    return levels


def backstop_tiers(tiers: Tiers, rate: i64) -> Tiers:
    """The table whose maintenance is ``rate`` (1e-12) of another's: where the vault takes over."""
    rows: list[Tier] = []
    for tier in tiers.tiers:
        rows.append(Tier(tier.limit, tier.leverage, larger(1, share_up(tier.maintenance, rate))))
    return Tiers(rows, True)


def view_of(desk: Desk, holder: Holder) -> PositionView:
    """A position with everything a person asks of it.

    Equity is the isolated position's own; of a cross position it is the unrealised result, its
    balance being the account's. ``initial`` is what a transfer leaves at least.
    """
    held = holder.holding
    mark: i64 = desk.coin.mark
    view = PositionView()
    view.account = holder.account
    view.size = held.size
    view.entry = held.entry
    view.result = held.result(mark)
    view.value = magnitude(worth(held.size, mark))
    view.maintenance = holder.maintenance(mark)
    required: i64 = holder.requirement(held.quantity(), mark)
    view.initial = larger(required, share_up(value_of(holder), desk.params.transfer_rate))
    if holder.isolated:
        view.margin = held.purse.amount
        view.accrued = held.purse.debt
    view.equity = equity_in(desk, holder)
    view.liquidation_price = falls_at(holder)
    view.bankruptcy_price = fall_with(holder, 0)
    view.in_auction = held.standing == IN_AUCTION
    return view


def equity_in(desk: Desk, holder: Holder) -> i64:
    """What a position is worth by itself (1e-6 dollar), as :func:`view_of` says."""
    held = holder.holding
    result: i64 = held.result(desk.coin.mark)
    return held.purse.cash() + result if holder.isolated else result


def fall_with(holder: Holder, rate: i64) -> i64:
    """The mark (1e-10) at which the equity behind a position is ``rate`` (1e-12) of maintenance.

    All else unchanged; 0 (long) or above the range (short) where no price does it.
    """
    held = holder.holding
    mark: i64 = holder.coin.mark
    margin: i64 = equity_of(holder) - held.result(mark)
    if not holder.isolated:
        rest: i64 = cross_maintenance(holder.member) - holder.maintenance(mark)
        margin -= share_up(rest, rate)
    if rate == 0:
        return _bankrupt_at(held.size, held.entry, margin)
    return liquidation_price(held.size, held.entry, margin, backstop_tiers(holder.coin.tiers, rate))


def _bankrupt_at(size: i64, entry: i64, margin: i64) -> i64:
    debt: i64 = entry - margin if size > 0 else entry + margin
    quantity: i64 = magnitude(size)
    if debt <= 0:
        return 0
    if debt // 1_000_000 > quantity:
        return MAX_PRICE + 1
    price: i64 = mul_div(debt, NOTIONAL_STEP, quantity)
    if size > 0:
        price = mul_div_up(debt, NOTIONAL_STEP, quantity)
    return smaller(price, MAX_PRICE + 1)


class AccountView:
    """A cross account of a house (1e-6 dollar).

    ``cash`` is what is there less what is owed, ``equity`` adds the results of cross positions;
    ``initial`` and ``maintenance`` are their requirements, held orders included in the first;
    ``notional`` is theirs together, ``free`` what a transfer may take out.
    """

    def __init__(self) -> None:
        self.cash: i64 = 0
        self.equity: i64 = 0
        self.initial: i64 = 0
        self.maintenance: i64 = 0
        self.notional: i64 = 0
        self.free: i64 = 0


def account_view(member: Member, rate: i64) -> AccountView:
    """A cross account; ``rate`` (1e-12) is the transfer rule's."""
    view = AccountView()
    view.cash = member.cash()
    view.equity = cross_equity(member)
    view.initial = cross_initial(member)
    view.maintenance = cross_maintenance(member)
    view.notional = cross_notional(member)
    view.free = larger(0, view.equity - larger(view.initial, share_up(view.notional, rate)))
    return view


def vault_view(fund: Fund) -> VaultView:
    """A vault as its holders see it."""
    view = VaultView()
    view.name = fund.name
    view.assets = fund.total_assets()
    view.assets_high = fund.total_assets_high()
    view.shares = fund.total_supply()
    view.series = fund.series
    view.pending = fund.escrowed()
    view.claimable = fund.claims.amount
    view.entry_limit = fund.entry_limit()
    view.exit_limit = fund.exit_limit()
    return view


def loss_steps(desk: Desk, hlp: Hlp | None) -> list[LossStep]:
    """Margins, what the liquidator holds, with shared collateral the rest of the vault, winners."""
    margins: i64 = 0
    gains: i64 = 0
    for holder in desk.coin.holders.values():
        margins += holder.holding.purse.amount
        gains += larger(0, holder.holding.result(desk.coin.mark))
    for member in desk.house.members.values():
        margins += member.amount
    liquidator: i64 = 0
    whole: i64 = 0
    if hlp is not None:
        liquidator = larger(0, cross_equity(hlp.liquidator))
        whole = hlp.total_assets()
        for insider in hlp.accounts():
            margins -= insider.amount
            seat = desk.coin.seat(int(insider.account))
            if seat is not None:
                margins -= seat.holding.purse.amount
                gains -= larger(0, seat.holding.result(desk.coin.mark))
    steps = [LossStep("margin", margins), LossStep("liquidator", liquidator)]
    if desk.params.shared_collateral:
        steps.append(LossStep("hlp", larger(0, whole - liquidator)))
    steps.append(LossStep("deleveraging", gains))
    return steps

"""What a person sees of the layered market; nothing here changes anything."""

from mypy_extensions import i64

from seawall.engine.designs.layered.desk import Desk
from seawall.engine.designs.layered.liquidation import Care
from seawall.engine.designs.layered.pool import Tranche
from seawall.engine.designs.layered.pricing import Charges
from seawall.engine.fixed import (
    NOTIONAL_STEP,
    larger,
    magnitude,
    mul_div,
    mul_div_up,
    notional,
    notional_up,
)
from seawall.engine.margin import bankruptcy_price, liquidation_price, unrealised
from seawall.engine.views import DepthLevel, LossStep, PositionView, Quote, VaultView
from seawall.engine.watch import IN_AUCTION, Position


def quote_of(bill: Charges) -> Quote:
    """A fill's charges as a quote; the all-in price is rounded against the trader."""
    quantity: i64 = magnitude(bill.size)
    if bill.size > 0:
        all_in: i64 = mul_div_up(bill.value + bill.total(), NOTIONAL_STEP, quantity)
    else:
        received: i64 = notional(quantity, bill.price) - bill.total()
        all_in = mul_div(larger(0, received), NOTIONAL_STEP, quantity)
    return Quote(bill.size, bill.price, bill.value, bill.fee, bill.spread, bill.impact, all_in)


def depth_levels(desk: Desk) -> list[DepthLevel]:
    """Dollars that can be bought and sold before the marginal offset passes each band's edge.

    Relieving the crowding first walks the curve back to nothing, then out on the other side.
    """
    curve = desk.struck()
    used: i64 = desk.used()
    inventory: i64 = desk.book.inventory()
    levels: list[DepthLevel] = []
    for band in curve.bands:
        with_crowd: i64 = larger(0, band.end - used)
        against: i64 = band.end + used
        if inventory >= 0:
            levels.append(DepthLevel(band.outer, with_crowd, against))
        else:
            levels.append(DepthLevel(band.outer, against, with_crowd))
    return levels


def view_of(desk: Desk, position: Position) -> PositionView:
    """A position with everything a person asks of it."""
    tiers = desk.params.tiers
    view = PositionView()
    left: i64 = position.amount - desk.accrued_by(position)
    view.account = position.account
    view.size = position.size
    view.entry = position.entry
    view.margin = position.amount
    view.accrued = desk.accrued_by(position)
    view.result = unrealised(position.size, position.entry, desk.book.mark)
    view.equity = desk.equity_of(position)
    view.value = desk.value_of(position)
    view.initial = tiers.initial(view.value)
    view.maintenance = tiers.maintenance(view.value)
    view.liquidation_price = liquidation_price(position.size, position.entry, left, tiers)
    view.bankruptcy_price = bankruptcy_price(position.size, position.entry, left)
    view.in_auction = position.standing == IN_AUCTION
    return view


def vault_view(tranche: Tranche) -> VaultView:
    """A vault as its holders see it."""
    view = VaultView()
    view.name = tranche.name
    view.assets = tranche.total_assets()
    view.assets_high = tranche.total_assets_high()
    view.shares = tranche.total_supply()
    view.series = tranche.series
    view.pending = tranche.escrowed()
    view.claimable = tranche.claims.amount
    view.entry_limit = tranche.entry_limit()
    view.exit_limit = tranche.exit_limit()
    return view


def loss_steps(desk: Desk, care: Care) -> list[LossStep]:
    """What stands on each step, first loss first (1e-6 dollar).

    Positions' own margins stand before all; then junior, insurance, the profit that
    deleveraging would stop from growing (winners keep it), and senior last.
    """
    margins: i64 = 0
    gains: i64 = 0
    for position in desk.positions.values():
        margins += position.amount
        gains += larger(0, unrealised(position.size, position.entry, desk.book.mark))
    on_offer: i64 = 0
    for auction in care.auctions.values():
        on_offer += notional_up(magnitude(auction.left), desk.book.mark)
    pool = desk.pool
    value: i64 = pool.value_low()
    return [
        LossStep("margin", margins),
        LossStep("auction", on_offer),
        LossStep("junior", pool.junior_of(value)),
        LossStep("insurance", pool.insurance.amount),
        LossStep("deleveraging", gains),
        LossStep("senior", pool.senior_of(value)),
    ]

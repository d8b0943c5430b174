"""What a person sees of a market on the pool; nothing here changes anything."""

from mypy_extensions import i64

from seawall.engine.designs.glp.liquidation import Care
from seawall.engine.designs.glp.liquidity import Liquidity
from seawall.engine.designs.glp.pool import PoolToken
from seawall.engine.designs.glp.positions import Book
from seawall.engine.designs.glp.pricing import fee_of
from seawall.engine.designs.glp.refusals import reserve_exceeded
from seawall.engine.designs.glp.watch import Holding
from seawall.engine.fixed import (
    BASIS_POINT,
    MAX_DOLLARS,
    larger,
    magnitude,
    mul_div_up,
    notional,
)
from seawall.engine.margin import worth
from seawall.engine.views import DepthLevel, LossStep, PositionView, Quote, VaultView

_OFFSETS = (5, 10, 20, 40, 80, 150, 300, 500)
VAULT = "glp"


class TokenView:
    """A token of the pool: amounts in its unit, dollars in 1e-6, prices in 1e-10.

    ``utilisation`` and ``cumulative`` are in 1e-6; ``custody_gap`` is what the tokens held for the
    shorts' collateral are worth beyond it, below zero where a stable token has lost its dollar.
    """

    def __init__(self, token: PoolToken, average: i64) -> None:
        self.name = token.name
        self.low: i64 = token.feed.low
        self.high: i64 = token.feed.high
        self.pool: i64 = token.pool.amount
        self.reserved: i64 = token.reserved
        self.fees: i64 = token.fees.amount
        self.debt: i64 = token.debt
        self.guaranteed: i64 = token.guaranteed
        self.short_size: i64 = token.short_size
        self.short_average: i64 = token.short_average
        self.tracked_average: i64 = token.tracked_average
        self.average_used: i64 = average
        self.cumulative: i64 = token.cumulative
        self.utilisation: i64 = token.utilisation()
        self.custody_gap: i64 = token.dollars_low(token.custody.amount) - token.collateral


def view_of(book: Book, care: Care, holding: Holding) -> PositionView:
    """A position with everything a person asks of it, at its closing price."""
    view = PositionView()
    is_long: bool = holding.side_long
    size: i64 = holding.quantity()
    view.account = holding.account
    view.size = holding.tokens if is_long else -holding.tokens
    view.entry = size
    view.margin = holding.collateral
    view.result = book.result(holding)
    view.accrued = book.owed(holding)
    view.equity = view.margin + view.result - view.accrued
    view.value = magnitude(worth(view.size, book.closing_price(is_long)))
    view.initial = book.least(size)
    tiers = book.params.tiers
    if tiers is not None:
        view.initial = larger(view.initial, tiers.initial(size))
    view.maintenance = book.need(size, 0)
    view.liquidation_price = care.trigger_of(holding, False)
    view.bankruptcy_price = care.trigger_of(holding, True)
    return view


def quote_of(book: Book, size: i64, cash: i64) -> Quote:
    """Opening ``size`` now: no slippage, the margin fee, and the refusal where there is no room.

    Raises :class:`LimitReached` with the code of what binds.
    """
    is_long: bool = size > 0
    price: i64 = book.opening_price(is_long)
    delta: i64 = notional(magnitude(size), price)
    backing = book.index if is_long else book.pool.tokens[cash]
    reserved: i64 = backing.reserved + backing.most(delta)
    if reserved > backing.pool.amount:
        raise reserve_exceeded(backing.name, reserved, backing.pool.amount)
    book.check_caps(is_long, delta)
    guard = book.guards.open_interest
    if guard is not None:
        guard.check(book.facts, book.interest(is_long) + delta)
    fee: i64 = fee_of(delta, book.pool.params.margin)
    per_token: i64 = mul_div_up(price, book.pool.params.margin, 10_000)
    all_in: i64 = price + per_token if is_long else larger(0, price - per_token)
    return Quote(size, price, delta, fee, 0, 0, all_in)


def depth_levels(book: Book, cash: i64) -> list[DepthLevel]:
    """There is no slippage: every level holds what reserves and caps let in."""
    buy: i64 = book.room(True, book.index, 0)
    sell: i64 = 0 if cash < 0 else book.room(False, book.pool.tokens[cash], 0)
    levels: list[DepthLevel] = []
    for points in _OFFSETS:
        offset: i64 = points * BASIS_POINT
        levels.append(DepthLevel(offset, buy, sell))
    return levels


def vault_view(liquidity: Liquidity) -> VaultView:
    """GLP as its holders see it: AUM at both prices, what may enter, what is free to leave."""
    view = VaultView()
    pool = liquidity.pool
    view.name = VAULT
    view.assets = pool.aum(False)
    view.assets_high = pool.aum(True)
    view.shares = liquidity.supply
    view.series = 1
    view.claimable = liquidity.waiting()
    view.entry_limit = larger(0, MAX_DOLLARS - view.assets_high)
    free: i64 = 0
    for token in pool.tokens:
        free += token.dollars_low(larger(0, token.pool.amount - token.reserved))
    view.exit_limit = free
    return view


def loss_steps(liquidity: Liquidity, book: Book) -> list[LossStep]:
    """First the collateral of those who lose, then the pool."""
    margins: i64 = 0
    for number in sorted(book.positions):
        margins += book.positions[number].collateral
    return [LossStep("margin", margins), LossStep(VAULT, liquidity.pool.aum(False))]


def shorts_gap(liquidity: Liquidity, index: PoolToken) -> i64:
    """What AUM counts of the shorts' result less what the positions show (1e-6).

    Zero to the dust of the roundings while the average follows every change; the exploit of July
    2025 made it large by getting round the tracker. Without a minimum-profit window.
    """
    counted: i64 = 0
    if index.short_size > 0:
        average: i64 = liquidity.pool.average_of(index)
        counted = _result(index.short_size, average, index.feed.high)
    for book in liquidity.books:
        if book.index is not index:
            continue
        for number in sorted(book.positions):
            holding = book.positions[number]
            if not holding.side_long:
                counted -= _result(holding.quantity(), holding.average, index.feed.high)
    return counted


def _result(size: i64, average: i64, price: i64) -> i64:
    wide: int = int(size) * (int(average) - int(price)) // int(average)
    return i64(wide)

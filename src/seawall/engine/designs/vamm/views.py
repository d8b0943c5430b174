"""What a person sees of the virtual AMM; nothing here changes anything."""

from mypy_extensions import i64

from seawall.engine.designs.vamm.fund import Fund
from seawall.engine.designs.vamm.house import House
from seawall.engine.designs.vamm.pool import Deal
from seawall.engine.designs.vamm.pricing import (
    ALWAYS,
    NEVER,
    closing_value,
    long_key,
    result_of,
    short_key,
    spot,
)
from seawall.engine.designs.vamm.refusals import per_token, slippage
from seawall.engine.designs.vamm.watch import Holding
from seawall.engine.fixed import (
    BASIS_POINT,
    MAX_PRICE,
    NOTIONAL_STEP,
    RATE,
    larger,
    magnitude,
    mul_div,
    share,
    share_up,
)
from seawall.engine.margin import worth
from seawall.engine.views import DepthLevel, LossStep, PositionView, Quote, VaultView

_OFFSETS = (5, 10, 20, 40, 80, 150, 300, 500)


def quote_of(house: House, size: i64) -> Quote:
    """A trade of ``size`` as a quote: slippage as impact, the all-in price against the trader.

    Raises :class:`LimitReached` where trade limit or band forbid an order that opens.
    """
    pool = house.pool
    quantity: i64 = magnitude(size)
    deal = Deal(0, pool.quote, pool.base, pool.price)
    if size > 0:
        exchanged: i64 = pool.buy(deal, quantity, False)
    else:
        exchanged = pool.sell(deal, quantity, False, True)
    mark: i64 = pool.mark()
    toll: i64 = share_up(exchanged, house.params.toll)
    spread: i64 = share_up(exchanged, house.params.spread)
    fee: i64 = toll + spread
    if size > 0:
        all_in: i64 = per_token(exchanged + fee, quantity)
    else:
        all_in = mul_div(larger(0, exchanged - fee), 1_000_000_000_000, quantity)
    impact: i64 = slippage(size, exchanged, mark)
    return Quote(size, mark, magnitude(worth(size, mark)), fee, 0, impact, all_in)


def depth_levels(house: House) -> list[DepthLevel]:
    """Dollars that carry the mark up and down by each offset, on the curve alone."""
    pool = house.pool
    levels: list[DepthLevel] = []
    for points in _OFFSETS:
        offset: i64 = points * BASIS_POINT
        price: i64 = pool.mark()
        up: i64 = pool.quote_to(price + share(price, offset))
        down: i64 = pool.quote_to(price - share(price, offset))
        levels.append(DepthLevel(offset, up, down))
    return levels


def trigger_of(house: House, position: Holding, rate: i64) -> i64:
    """The mark at which equity by the spot meets ``rate`` of the value; the way V-keys are."""
    owed: i64 = house.owed(position.size, position.index)
    pool = house.pool
    if position.size > 0:
        debt: i64 = position.entry - position.amount + owed
        key: i64 = long_key(pool.quote, pool.base, position.size, debt, rate)
        return 0 if key == NEVER else MAX_PRICE + 1 if key == ALWAYS else key
    backing: i64 = position.entry + position.amount - owed
    key = short_key(pool.quote, pool.base, -position.size, backing, rate)
    return 0 if key == ALWAYS else -key


def view_of(house: House, position: Holding) -> PositionView:
    """A position with everything a person asks of it, valued by the spot."""
    params = house.params
    view = PositionView()
    value: i64 = house.spot_value(position.size)
    rate: i64 = params.maintenance_rate(value)
    view.account = position.account
    view.size = position.size
    view.entry = position.entry
    view.margin = position.amount
    view.accrued = house.owed(position.size, position.index)
    view.result = result_of(position.size, position.entry, value)
    view.equity = house.equity(position)
    view.value = value
    view.initial = params.initial(value, value)
    view.maintenance = params.maintenance(value)
    view.liquidation_price = trigger_of(house, position, rate)
    view.bankruptcy_price = trigger_of(house, position, 0)
    return view


class RatioView:
    """A position's equity and closing value in each mode (1e-6), and what counts.

    ``ratio`` (1e-12, truncated) is the margin ratio, by the better of spot and average. Where
    ``rescued``, the mark is too far from the index: what a liquidation asks, ``best``, is then
    the better of it and the ratio by the index.
    """

    def __init__(self) -> None:
        self.spot_equity: i64 = 0
        self.spot_value: i64 = 0
        self.average_equity: i64 = 0
        self.average_value: i64 = 0
        self.index_equity: i64 = 0
        self.index_value: i64 = 0
        self.ratio: i64 = 0
        self.best: i64 = 0
        self.rescued: bool = False


def ratio(equity: i64, value: i64) -> i64:
    """Equity over value (1e-12), toward zero, held to a million."""
    if value == 0 or magnitude(equity) // 1_000_000 >= value:
        return 1_000_000 * RATE if equity >= 0 else -1_000_000 * RATE
    found: i64 = mul_div(magnitude(equity), RATE, value)
    return found if equity >= 0 else -found


def ratios_of(house: House, position: Holding) -> RatioView:
    """The margin ratio, mode by mode."""
    view = RatioView()
    pool = house.pool
    size: i64 = position.size
    left: i64 = position.amount - house.owed(size, position.index)
    view.spot_value = closing_value(pool.quote, pool.base, size)
    view.spot_equity = left + result_of(size, position.entry, view.spot_value)
    view.average_value = pool.value_average(size, pool.quote, pool.base)
    view.average_equity = left + result_of(size, position.entry, view.average_value)
    if view.average_equity > view.spot_equity:
        view.ratio = ratio(view.average_equity, view.average_value)
    else:
        view.ratio = ratio(view.spot_equity, view.spot_value)
    view.best = view.ratio
    if house.index_price > 0:
        view.index_value = worth(size, house.index_price)
        view.index_equity = left + result_of(size, position.entry, view.index_value)
        view.rescued = house.is_over_spread()
        if view.rescued:
            view.best = larger(view.ratio, ratio(view.index_equity, view.index_value))
    return view


def vault_view(fund: Fund) -> VaultView:
    """The insurance fund as its holders see it."""
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


def loss_steps(house: House) -> list[LossStep]:
    """What stands on each step, first loss first: margins, the fund, what winners are marked at."""
    gains: i64 = 0
    for position in house.positions.values():
        gains += larger(
            0, result_of(position.size, position.entry, house.spot_value(position.size))
        )
    return [
        LossStep("margin", house.margins),
        LossStep("fund", house.fund.amount),
        LossStep("winners", gains),
    ]


def settlement_price(house: House) -> i64:
    """S (1e-10): the average price at which the net position unwinds; 0 without one.

    From the reserves and the net position of the last opening or change of depth:
    B0 = B_L + N_L, Q0 = k_L / B0, S = |Q0 - Q| / |N|.
    """
    pool = house.pool
    net: i64 = pool.net()
    if magnitude(net) <= 100:
        return 0
    flat_base: i64 = pool.last_base + pool.last_net
    if flat_base <= 0:
        return 0
    flat_quote: i64 = mul_div(pool.last_quote, pool.last_base, flat_base)
    return mul_div(magnitude(flat_quote - pool.quote), NOTIONAL_STEP, magnitude(net))


def curve_of(house: House) -> tuple[int, int, int]:
    """Quote reserve (1e-6), base reserve (1e-8) and mark (1e-10)."""
    pool = house.pool
    mark = 0 if pool.base == 0 else spot(pool.quote, pool.base)
    return int(pool.quote), int(pool.base), int(mark)

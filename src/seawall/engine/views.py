"""What is seen of a market: plain records, filled once and given away.

Dollars are in 1e-6, sizes in 1e-8 token, prices in 1e-10 dollar per token, offsets in 1e-12.
"""

from mypy_extensions import i64


class Quote:
    """What an order would meet now, before anything is sent.

    ``size`` is what would be filled (1e-8 token, signed), ``price`` the oracle side it fills at,
    ``value`` its notional, ``fee``, ``spread`` and ``impact`` its charges (1e-6 dollar; an impact
    below zero is a rebate), ``all_in`` the price per token with every charge (1e-10).
    """

    def __init__(
        self, size: i64, price: i64, value: i64, fee: i64, spread: i64, impact: i64, all_in: i64
    ) -> None:
        self.size: i64 = size
        self.price: i64 = price
        self.value: i64 = value
        self.fee: i64 = fee
        self.spread: i64 = spread
        self.impact: i64 = impact
        self.all_in: i64 = all_in


class PositionView:
    """A position with everything a person asks of it; nothing here can be changed.

    Sizes in 1e-8 token (signed), dollars in 1e-6, prices in 1e-10. ``result`` is unrealised,
    ``accrued`` what funding and fees have built up (paid above zero), ``equity`` margin plus
    result less accrued, ``initial`` and ``maintenance`` the requirements at the mark,
    ``liquidation_price`` 0 (long) or above the price range (short) where no price can do it.
    """

    def __init__(self) -> None:
        self.account: i64 = 0
        self.size: i64 = 0
        self.entry: i64 = 0
        self.margin: i64 = 0
        self.result: i64 = 0
        self.accrued: i64 = 0
        self.equity: i64 = 0
        self.value: i64 = 0
        self.initial: i64 = 0
        self.maintenance: i64 = 0
        self.liquidation_price: i64 = 0
        self.bankruptcy_price: i64 = 0
        self.in_auction: bool = False


class VaultView:
    """A vault as its holders see it: assets at the low and high value, shares, gates (1e-6)."""

    def __init__(self) -> None:
        self.name = ""
        self.assets: i64 = 0
        self.assets_high: i64 = 0
        self.shares: i64 = 0
        self.series: i64 = 0
        self.pending: i64 = 0
        self.claimable: i64 = 0
        self.entry_limit: i64 = 0
        self.exit_limit: i64 = 0


class LossStep:
    """One step of the loss order: whose loss is next, and how much stands there (1e-6)."""

    def __init__(self, layer: str, amount: i64) -> None:
        self.layer = layer
        self.amount: i64 = amount


class DepthLevel:
    """Dollars (1e-6) that can be bought or sold up to ``offset`` (1e-12) from the mark."""

    def __init__(self, offset: i64, buy: i64, sell: i64) -> None:
        self.offset: i64 = offset
        self.buy: i64 = buy
        self.sell: i64 = sell

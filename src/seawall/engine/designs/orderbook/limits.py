"""How small, how large, how many and how far off: what an order is held against at the door.

Hyperliquid's documentation: "Contract specifications" (largest orders by leverage), "Order types"
(smallest), "Rate limits and user limits" (open orders), and the error words of its API. The width
of the price band is in no document; 80 % is what its answers say.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.designs.orderbook.orderparams import OrderParams
from seawall.engine.errors import BadOrder, LimitReached
from seawall.engine.fixed import larger, magnitude, notional, notional_up, share, smaller

LEVERAGES: Final = (25, 20, 10, 1)


class Limits:
    """The limits that ``params`` sets; dollars in 1e-6, prices in 1e-10, sizes in 1e-8."""

    def __init__(self, params: OrderParams) -> None:
        self.params = params
        self._leverage: i64 = -1
        self._market_value: i64 = 0
        self._reference: i64 = 0
        self._width: i64 = 0

    def market_value(self, leverage: i64) -> i64:
        """Largest market order (1e-6 dollar) where ``leverage`` is the market's maximum."""
        if leverage != self._leverage:
            place: i64 = 0
            for least in LEVERAGES:
                if leverage >= least:
                    break
                place += 1
            values = self.params.market_values
            self._market_value = values[smaller(place, len(LEVERAGES) - 1)]
            self._leverage = leverage
        return self._market_value

    def check_least(self, size: i64, price: i64) -> None:
        """Refuse an order worth less than the least value."""
        value: i64 = notional_up(size, price)
        if value < self.params.min_value:
            raise BadOrder(
                "min-trade-ntl",
                f"an order worth {value} is below {self.params.min_value} (1e-6 dollar)",
                int(value),
                int(self.params.min_value),
            )

    def check_most(self, size: i64, price: i64, most: i64) -> None:
        """Refuse an order worth more than ``most`` (1e-6 dollar)."""
        value: i64 = notional(size, price)
        if value > most:
            raise LimitReached(
                "max-order-value",
                f"an order worth {value} is above {most}, the largest here (1e-6 dollar)",
                int(value),
                int(most),
            )

    def check_value(self, size: i64, price: i64, most: i64) -> None:
        """:meth:`check_most`, then :meth:`check_least`: as a rule one product tells both."""
        value: i64 = notional(size, price)
        if value > most:
            self.check_most(size, price, most)
        if value < self.params.min_value:
            self.check_least(size, price)

    def check_band(self, price: i64, reference: i64) -> None:
        """Refuse a limit price too far from ``reference`` (both 1e-10); 0 refers to nothing."""
        if reference == 0:
            return
        if reference != self._reference:
            self._reference = reference
            self._width = share(reference, self.params.band)
        width: i64 = self._width
        if magnitude(price - reference) > width:
            bound: i64 = reference + width if price > reference else reference - width
            raise BadOrder(
                "oracle",
                f"price {price} is beyond {bound}, too far from the oracle's {reference} "
                "(1e-10 dollar per token)",
                int(price),
                int(bound),
            )

    def most_open(self, volume: i64) -> i64:
        """Open orders allowed to an account that has traded ``volume`` (1e-6 dollar)."""
        earned: i64 = larger(0, volume) // self.params.order_volume
        return smaller(self.params.most_orders, self.params.open_orders + earned)

    def check_count(self, held: i64, volume: i64, is_extra: bool) -> None:
        """Refuse one open order more than ``held``; ``is_extra``: a trigger or reduce-only one."""
        base: i64 = self.params.open_orders
        if is_extra and held >= base:
            raise LimitReached(
                "open-orders",
                f"{held} orders are open: from {base} on no reduce-only or trigger order is taken",
                int(held),
                int(base),
            )
        most: i64 = self.most_open(volume)
        if held >= most:
            raise LimitReached(
                "open-orders",
                f"{held} orders are open, and no more than {most} may be",
                int(held),
                int(most),
            )

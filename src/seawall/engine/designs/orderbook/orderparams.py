"""Every parameter of the book and its orders, with unit, default and source.

Dollars are in 1e-6, rates in 1e-12, times in milliseconds. Sources: Hyperliquid's documentation,
"Tick and lot size", "Contract specifications", "Order types", "TP/SL", "Rate limits and user
limits"; the error words of its API for the price band. "ours" marks this project's choices.
"""

from typing import Final

from mypy_extensions import i64

from seawall.engine.errors import BadParameters
from seawall.engine.fixed import DAY, DOLLAR, MAX_DOLLARS, RATE, parameter

MILLION: Final = 1_000_000_000_000
MARKET_VALUES: Final = (30 * MILLION, 5 * MILLION, 2 * MILLION, MILLION // 2)


class OrderParams:
    """How orders are taken. Refuses nonsense with :class:`BadParameters`.

    ================== =============== ======================================================
    field              default         meaning
    ================== =============== ======================================================
    min_value          10 dollars      least value of an order that does not close a position
    market_values      30, 5, 2, 0.5 M largest market order where the maximum leverage is at
                                       least 25, 20, 10, 1
    limit_multiple     10              largest limit order, in largest market orders
    band               80 %            how far from the oracle price a limit may lie
    open_orders        1000            open orders of an account without volume
    order_volume       5 M             volume that adds one to them
    most_orders        5000            open orders of any account
    market_slippage    5 %             limit of a market order, from the middle of the book
    trigger_slippage   10 %            the same where a trigger sends it
    twap_slippage      3 %             the same for a slice of a TWAP
    twap_interval      30 s            least time between two slices
    twap_catch_up      3               largest slice, in even slices
    twap_jitter        20 %            most a randomised slice differs from its size
    twap_least         100 dollars     least value of a TWAP
    twap_shortest      5 min           shortest TWAP
    twap_longest       7 days          longest TWAP
    switch_notice      5 s             a dead-man switch is set at least this far ahead
    switch_triggers    10              times it acts per account and UTC day
    ================== =============== ======================================================
    """

    def __init__(
        self,
        *,
        min_value: int = 10_000_000,
        market_values: list[int] | None = None,
        limit_multiple: int = 10,
        band: int = 800_000_000_000,
        open_orders: int = 1000,
        order_volume: int = 5_000_000_000_000,
        most_orders: int = 5000,
        market_slippage: int = 50_000_000_000,
        trigger_slippage: int = 100_000_000_000,
        twap_slippage: int = 30_000_000_000,
        twap_interval: int = 30_000,
        twap_catch_up: int = 3,
        twap_jitter: int = 200_000_000_000,
        twap_least: int = 100_000_000,
        twap_shortest: int = 300_000,
        twap_longest: int = 604_800_000,
        switch_notice: int = 5_000,
        switch_triggers: int = 10,
    ) -> None:  # fmt: skip
        most = int(MAX_DOLLARS)
        below_one = int(RATE) - 1
        month = 30 * int(DAY)
        dollars = "1e-6 dollar"
        self.min_value: i64 = parameter("min_value", min_value, 0, most, dollars)
        values = list(MARKET_VALUES) if market_values is None else market_values
        if len(values) != len(MARKET_VALUES):
            raise BadParameters(f"market_values: {len(values)} values, there must be 4")
        self.market_values: list[int] = []
        for value in values:
            self.market_values.append(
                int(parameter("market_values", value, int(DOLLAR), most // 1000, dollars))
            )
        self.limit_multiple: i64 = parameter("limit_multiple", limit_multiple, 1, 1000, "times")
        self.band: i64 = parameter("band", band, 1, below_one, "1e-12")
        self.open_orders: i64 = parameter("open_orders", open_orders, 1, 1_000_000, "orders")
        self.order_volume: i64 = parameter("order_volume", order_volume, int(DOLLAR), most, dollars)
        self.most_orders: i64 = parameter(
            "most_orders", most_orders, open_orders, 1_000_000, "orders"
        )
        self.market_slippage: i64 = parameter(
            "market_slippage", market_slippage, 0, below_one, "1e-12"
        )
        self.trigger_slippage: i64 = parameter(
            "trigger_slippage", trigger_slippage, 0, below_one, "1e-12"
        )
        self.twap_slippage: i64 = parameter("twap_slippage", twap_slippage, 0, below_one, "1e-12")
        self.twap_interval: i64 = parameter("twap_interval", twap_interval, 1_000, month, "ms")
        self.twap_catch_up: i64 = parameter("twap_catch_up", twap_catch_up, 1, 1000, "slices")
        self.twap_jitter: i64 = parameter("twap_jitter", twap_jitter, 0, below_one, "1e-12")
        self.twap_least: i64 = parameter("twap_least", twap_least, 0, most, dollars)
        self.twap_shortest: i64 = parameter(
            "twap_shortest", twap_shortest, twap_interval, month, "ms"
        )
        self.twap_longest: i64 = parameter("twap_longest", twap_longest, twap_shortest, month, "ms")
        self.switch_notice: i64 = parameter("switch_notice", switch_notice, 0, month, "ms")
        self.switch_triggers: i64 = parameter("switch_triggers", switch_triggers, 0, 1000, "times")

"""The order book, after Hyperliquid: people trade with each other, a vault inherits who falls.

Limit orders wait in a book by price and time. A clearing house keeps cash and signed sizes; what a
position is worth goes by a mark made of the oracle, the book and other exchanges' perpetuals.
Funding passes between longs and shorts every hour. Who falls below maintenance is sold on the
book; who falls further is taken over by the protocol's own vault; and where that cannot bear it,
winners are closed against losers.
"""

from seawall.engine.designs.orderbook.fees import FeeTable, FeeTier
from seawall.engine.designs.orderbook.market import OrderbookMarket
from seawall.engine.designs.orderbook.orderparams import OrderParams
from seawall.engine.designs.orderbook.params import Params

__all__ = ["FeeTable", "FeeTier", "OrderParams", "OrderbookMarket", "Params"]

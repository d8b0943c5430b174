"""The virtual AMM, after Perpetual Protocol v1: traders are each other's liquidity.

Prices come from two virtual reserves whose product is constant; no token stands behind them. A
clearing house keeps margins and open notionals, pays who wins out of what everybody brought,
before who loses has paid, and turns to the insurance fund for the rest. Funding pulls the curve's
price to the index, and the fund stands in for whatever longs and shorts do not owe each other.
The depth of the curve can be changed, by the operator or by a rule, at a cost that the fund pays.
"""

from seawall.engine.designs.vamm.market import VammMarket
from seawall.engine.designs.vamm.params import DepthRule, Params

__all__ = ["DepthRule", "Params", "VammMarket"]

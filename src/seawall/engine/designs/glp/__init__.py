"""GMX v1: one pool of many tokens is the counterparty of every trade, at the oracle's price.

Whoever brings a token of the pool gets GLP, a share of all of it. Traders are paid out of the pool
and lose to it; what they could win is reserved in the token they trade (longs) or in a stable one
(shorts). There is no slippage: what binds are reserves and caps. The manual is ``docs/glp.md``.
"""

from seawall.engine.designs.glp.market import GlpMarket
from seawall.engine.designs.glp.params import FastPrices, Params, PoolParams, TokenTerms
from seawall.engine.designs.glp.restore import TokenState

__all__ = ["FastPrices", "GlpMarket", "Params", "PoolParams", "TokenState", "TokenTerms"]

"""GM pools, after GMX v2: isolated markets of two tokens behind an oracle's price.

Liquidity providers hold GM tokens of one market: a long token, which backs the longs, and a short
token, which backs the shorts and is dollars here. Traders open against the pool at the oracle's
price, with either token as collateral, in two steps. What unbalances the two sides is charged
impact and what balances them is paid it; the larger side pays funding to the smaller, and both pay
the pool for the tokens it keeps for them. Winners are paid out of the pool as far as caps allow,
and deleveraged beyond.
"""

from seawall.engine.designs.gm.market import GmMarket
from seawall.engine.designs.gm.params import (
    MAX_FACTOR,
    FundingParams,
    ImpactParams,
    Params,
    SideParams,
    SwapParams,
)
from seawall.engine.designs.gm.presets import preset
from seawall.engine.designs.gm.recorded import Recorded, implied_fees, restore
from seawall.engine.designs.gm.seating import Seat, seat, seats

__all__ = [
    "MAX_FACTOR",
    "FundingParams",
    "GmMarket",
    "ImpactParams",
    "Params",
    "Recorded",
    "Seat",
    "SideParams",
    "SwapParams",
    "implied_fees",
    "preset",
    "restore",
    "seat",
    "seats",
]

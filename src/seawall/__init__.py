"""Seawall: a perpetual-futures venue in exact integers, live or put through a storm.

::

    import seawall as sw

    venue = sw.Venue()
    venue.list_market(sw.LayeredMarket("ETH"))

Everything public is here, flat. Its parts:

===========================  ================================================================
:class:`Venue`               accounts, wallets and markets; every command and view
:data:`DESIGNS`              the designs by name, with :class:`Design` and :class:`Listing`
:class:`LayeredMarket`       a market of the layered design; :class:`LayeredParams` its figures
:class:`OrderbookMarket`     a market of the order-book design; :class:`OrderbookParams`
:class:`GmMarket`            a market of the GM-pool design (GMX v2); :class:`GmParams`
:class:`GlpMarket`           a market of the GLP-pool design (GMX v1); :class:`GlpParams`
:class:`VammMarket`          a market of the virtual-AMM design; :class:`VammParams`
:class:`Report`              what a price source said; :class:`OracleParams` how reports are used
:class:`Tiers`               leverage and maintenance by notional, a list of :class:`Tier`
:class:`Guards`              caps and breakers, with what they know of a token
                             (:class:`MarketFacts`)
:class:`Quote` and others    what is seen of a market, without side effects
:class:`Event` and others    what happened, as typed records
:func:`run_storm`            a scenario with everybody in it, measured; needs numpy and polars,
                             which are imported at the first use and not before
:func:`compiled`             how the engine of this install runs
===========================  ================================================================

Numbers are integers in these units. Multiply to write them: ``2000 * sw.PRICE``.

=====================================  ===============================  ======================
:data:`DOLLAR`                         one dollar                       in 1e-6 dollar
:data:`TOKEN`                          one token                        in 1e-8 token
:data:`PRICE`                          one dollar per token             in 1e-10
:data:`RATE`, :data:`BASIS_POINT`      one; a hundredth of a per cent   in 1e-12
:data:`SECOND`, :data:`MINUTE`,        time                             in milliseconds
:data:`HOUR`, :data:`DAY`
=====================================  ===============================  ======================

Accounts :data:`TREASURY_ACCOUNT` and :data:`KEEPER_ACCOUNT` are there from the start; the
protocol's share of the fees and the keeper's reward go to them.

What is raised on purpose::

    SeawallError
    ├── Refusal                a command was not carried out; nothing changed
    │   ├── Unknown            no such account, market, order, vault, auction
    │   ├── OutOfRange         a number outside the bounds of its field
    │   ├── NotEnough          a pot, a margin or a share balance is too small
    │   ├── Closed             a halt, a stale price or an auction forbids it now
    │   ├── LimitReached       a cap or a gate would be passed
    │   └── BadOrder           the fields of an order contradict each other or the position
    ├── BadParameters          a parameter set that cannot be run
    ├── BadScenario            a price file or an event table that cannot be run
    └── BrokenBooks            an invariant of the ledger failed: a fault of the program
"""

from typing import TYPE_CHECKING

from seawall.about import VERSION, compiled
from seawall.designs import (
    DESIGNS,
    Design,
    GlpMarket,
    GlpParams,
    GmMarket,
    GmParams,
    LayeredMarket,
    LayeredParams,
    Listing,
    OrderbookMarket,
    OrderbookParams,
    VammMarket,
    VammParams,
)
from seawall.engine.breakers import FundingBreaker, PriceBreaker
from seawall.engine.errors import (
    BadOrder,
    BadParameters,
    BadScenario,
    BrokenBooks,
    Closed,
    LimitReached,
    NotEnough,
    OutOfRange,
    Refusal,
    SeawallError,
    Unknown,
)
from seawall.engine.events import (
    AuctionEnded,
    AuctionOpened,
    AuctionTaken,
    Cancelled,
    Deleveraged,
    Event,
    Filled,
    Halted,
    InsuranceMoved,
    ReportRejected,
    RungReached,
    Settled,
    VaultFlow,
)
from seawall.engine.fixed import (
    BASIS_POINT,
    DAY,
    DOLLAR,
    HOUR,
    MINUTE,
    PRICE,
    RATE,
    SECOND,
    TOKEN,
)
from seawall.engine.guards import (
    AdaptiveLeverage,
    AdaptiveOpenInterestCap,
    Guards,
    LeverageStep,
    MarketFacts,
    PositionCap,
)
from seawall.engine.margin import Tier, Tiers
from seawall.engine.reports import OracleParams, Report
from seawall.engine.venue import KEEPER_ACCOUNT, TREASURY_ACCOUNT, Market, Venue
from seawall.engine.views import DepthLevel, LossStep, PositionView, Quote, VaultView

if TYPE_CHECKING:
    from seawall.storm.run import run_storm

__version__ = VERSION

__all__ = [
    "BASIS_POINT",
    "DAY",
    "DESIGNS",
    "DOLLAR",
    "HOUR",
    "KEEPER_ACCOUNT",
    "MINUTE",
    "PRICE",
    "RATE",
    "SECOND",
    "TOKEN",
    "TREASURY_ACCOUNT",
    "AdaptiveLeverage",
    "AdaptiveOpenInterestCap",
    "AuctionEnded",
    "AuctionOpened",
    "AuctionTaken",
    "BadOrder",
    "BadParameters",
    "BadScenario",
    "BrokenBooks",
    "Cancelled",
    "Closed",
    "Deleveraged",
    "DepthLevel",
    "Design",
    "Event",
    "Filled",
    "FundingBreaker",
    "GlpMarket",
    "GlpParams",
    "GmMarket",
    "GmParams",
    "Guards",
    "Halted",
    "InsuranceMoved",
    "LayeredMarket",
    "LayeredParams",
    "LeverageStep",
    "LimitReached",
    "Listing",
    "LossStep",
    "Market",
    "MarketFacts",
    "NotEnough",
    "OracleParams",
    "OrderbookMarket",
    "OrderbookParams",
    "OutOfRange",
    "PositionCap",
    "PositionView",
    "PriceBreaker",
    "Quote",
    "Refusal",
    "Report",
    "ReportRejected",
    "RungReached",
    "SeawallError",
    "Settled",
    "Tier",
    "Tiers",
    "Unknown",
    "VammMarket",
    "VammParams",
    "VaultFlow",
    "VaultView",
    "Venue",
    "__version__",
    "compiled",
    "run_storm",
]


def __getattr__(name: str) -> object:
    """Storms, fetched when they are first asked for: the core imports without their libraries."""
    if name == "run_storm":
        from seawall.storm.run import run_storm

        return run_storm
    raise AttributeError(f"module 'seawall' has no attribute {name!r}")

"""The designs of this house by name: the only place outside a design's folder that knows one.

A design is called with a market's name, and a :class:`Listing` where its own defaults are not
wanted::

    market = DESIGNS["layered"]("ETH")
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

from seawall.engine.designs.glp import GlpMarket
from seawall.engine.designs.glp import Params as GlpParams
from seawall.engine.designs.glp import PoolParams as GlpPoolParams
from seawall.engine.designs.glp import TokenState as GlpTokenState
from seawall.engine.designs.glp import TokenTerms as GlpTokenTerms
from seawall.engine.designs.gm import MAX_FACTOR, GmMarket
from seawall.engine.designs.gm import FundingParams as GmFundingParams
from seawall.engine.designs.gm import ImpactParams as GmImpactParams
from seawall.engine.designs.gm import Params as GmParams
from seawall.engine.designs.gm import Recorded as GmRecorded
from seawall.engine.designs.gm import SideParams as GmSideParams
from seawall.engine.designs.gm import SwapParams as GmSwapParams
from seawall.engine.designs.gm import implied_fees as gm_implied_fees
from seawall.engine.designs.gm import preset as gm_preset
from seawall.engine.designs.gm import seat as gm_seat
from seawall.engine.designs.gm import seats as gm_seats
from seawall.engine.designs.layered import LayeredMarket
from seawall.engine.designs.layered import Params as LayeredParams
from seawall.engine.designs.orderbook import OrderbookMarket
from seawall.engine.designs.orderbook import Params as OrderbookParams
from seawall.engine.designs.vamm import Params as VammParams
from seawall.engine.designs.vamm import VammMarket
from seawall.engine.errors import BadParameters
from seawall.engine.fixed import DOLLAR, MAX_DOLLARS
from seawall.engine.guards import Guards, MarketFacts
from seawall.engine.margin import Tiers
from seawall.engine.reports import OracleParams
from seawall.engine.venue import Market

__all__ = [
    "DESIGNS",
    "Design",
    "GlpMarket",
    "GlpParams",
    "GlpPoolParams",
    "GlpTokenState",
    "GlpTokenTerms",
    "GmFundingParams",
    "GmImpactParams",
    "GmMarket",
    "GmParams",
    "GmRecorded",
    "GmSideParams",
    "GmSwapParams",
    "LayeredMarket",
    "LayeredParams",
    "Listing",
    "OrderbookMarket",
    "OrderbookParams",
    "VammMarket",
    "VammParams",
    "design",
    "gm_implied_fees",
    "gm_preset",
    "gm_seat",
    "gm_seats",
    "spelled_out",
]


@dataclass(frozen=True)
class Listing:
    """What a market is listed with, whatever its design; None leaves a design its default.

    ``capital`` (1e-6 dollar) is what will stand behind the market: for designs whose depth is a
    parameter and not what their vaults hold. ``changes`` are parameters of the design's own by
    name, in the engine's units, in place of what the design would take. ``era`` names the rules of
    a time (``march-2025``); designs whose rules were the same then leave it aside. ``beside`` is
    a market of the same design whose capital this one shares, where a design can.
    """

    tiers: Tiers | None = None
    oracle: OracleParams | None = None
    guards: Guards | None = None
    facts: MarketFacts | None = None
    capital: int | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    era: str | None = None
    beside: Market | None = None


@dataclass(frozen=True)
class Design:
    """How to build a market of one design, and who puts up its capital.

    ``capital`` gives the parts of the same total that its vaults hold, in the order in which they
    are filled. ``in_kind`` is the percentage of a vault's capital that its owners bring as the
    token that the market is named after; the rest, and every other vault's, is dollars.
    ``guards`` is the set that the design ships with; ``idle`` has the guards that can do nothing
    in it, with the reason.
    """

    name: str
    summary: str
    build: Callable[[str, Listing], Market]
    capital: Mapping[str, int] = field(default_factory=dict)
    in_kind: Mapping[str, int] = field(default_factory=dict)
    guards: str = "none"
    idle: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, market: str, listing: Listing | None = None) -> Market:
        """A market of this design."""
        return self.build(market, Listing() if listing is None else listing)


def _layered(market: str, listing: Listing) -> Market:
    params = LayeredParams(
        tiers=listing.tiers, oracle=listing.oracle, guards=listing.guards, **listing.changes
    )
    return LayeredMarket(market, params, listing.facts)


def _vamm(market: str, listing: Listing) -> Market:
    """A virtual quote reserve worth the capital: trading a hundredth of it costs one per cent."""
    own = {
        "quote_reserve": _QUOTE if listing.capital is None else min(listing.capital, _MOST_QUOTE),
        "fluctuation": _BAND,
    }
    params = VammParams(
        tiers=listing.tiers,
        oracle=listing.oracle,
        guards=listing.guards,
        **{**own, **listing.changes},
    )
    return VammMarket(market, params, listing.facts)


def _glp(market: str, listing: Listing) -> Market:
    """A pool of the market's own: half dollars, half the token. What is asked for can be undone."""
    params = GlpParams(
        tiers=listing.tiers,
        oracle=listing.oracle,
        guards=listing.guards,
        **{"public_delay": 0, **listing.changes},
    )
    beside = listing.beside if isinstance(listing.beside, GlpMarket) else None
    return GlpMarket(market, params, listing.facts, beside)


def _orderbook(market: str, listing: Listing) -> Market:
    """A book that only people fill, and a vault that inherits who falls."""
    own = _MARCH_2025 if listing.era == "march-2025" else {}
    params = OrderbookParams(
        tiers=listing.tiers,
        oracle=listing.oracle,
        guards=listing.guards,
        **{**own, **listing.changes},
    )
    return OrderbookMarket(market, params, listing.facts)


_MARCH_2025 = {
    name: getattr(OrderbookParams.march_2025(), name)
    for name in ("transfer_rate", "shared_collateral", "liquidator_part")
}
"""What the venue of the JELLY event did otherwise than it does today."""


def _gm(market: str, listing: Listing) -> Market:
    """The real market's parameters, its caps and curves to the scale of the capital behind it.

    A pool of a tenth of the money takes a tenth of the open interest, and charges a trade of the
    same part of it the same part. Requests can be taken back at once and funding is paid out as it
    is credited, as those who trade here know no other way.
    """
    params = gm_preset(_REAL.get(market, _SMALL))
    if listing.capital is not None:
        _scale(params, listing.capital)
    real = {name: getattr(params, name) for name in signature(GmParams).parameters}
    given = {"tiers": listing.tiers, "oracle": listing.oracle, "guards": listing.guards}
    own = {"cancel_delay": 0, "claim_at_once": True, **given, **listing.changes}
    return GmMarket(market, GmParams(**{**real, **own}), listing.facts)


def _scale(params: GmParams, capital: int) -> None:
    whole = int(params.max_deposit_long + params.max_deposit_short)
    for side in (params.longs, params.shorts):
        side.max_interest = min(int(side.max_interest) * capital // whole, int(MAX_DOLLARS))
        side.collateral_multiplier = int(side.collateral_multiplier) * whole // capital
    for curve in (params.impact, params.swap):
        curve.negative = min(int(curve.negative) * whole // capital, int(MAX_FACTOR))
        curve.positive = min(int(curve.positive) * whole // capital, int(MAX_FACTOR))
    params.impact_floor = int(params.impact_floor) * capital // whole
    most = int(MAX_DOLLARS)
    params.max_pool_long = params.max_pool_short = most
    params.max_deposit_long = params.max_deposit_short = most


_REAL = {"BTC": "btc-usdc", "ETH": "eth-usdc", "LINK": "link-usdc"}
_SMALL = "ape-usdc"
_QUOTE = 10_000_000 * int(DOLLAR)
_MOST_QUOTE = 1_000_000_000 * int(DOLLAR)
_BAND = 36_000_000_000
"""Band of a block: three times production's 1.2 %, as three of its blocks of 5 s are a tick."""

_SHIPPED = "outlier-rejection+quorum+open-interest-cap+position-cap+adaptive-leverage"
"""What costs next to nothing until somebody attacks; docs/guards.md has the measurement."""

_NOTHING_INHERITED = dict.fromkeys(
    ("multi-round", "auction"),
    "the pool is the other side of every position from the start, nothing is left to inherit",
)

DESIGNS: Mapping[str, Design] = {
    "layered": Design(
        "layered",
        "senior and junior vaults behind oracle-anchored bands",
        _layered,
        {"junior": 4, "senior": 10},
        guards=_SHIPPED,
        idle={
            "multi-round": "its first rung closes the least that restores, at the pace of depth",
            "auction": "its second rung is one, with parameters of its own",
        },
    ),
    "orderbook": Design(
        "orderbook",
        "a limit order book, cross and isolated margin, a liquidator vault, deleveraging",
        _orderbook,
        {"hlp": 1},
        guards=f"venue-weights+{_SHIPPED}+auction",
    ),
    "gm": Design(
        "gm",
        "an isolated pool of the index token and dollars, at the oracle's price with impact",
        _gm,
        {"gm": 1},
        {"gm": 50},
        guards=_SHIPPED,
        idle=_NOTHING_INHERITED,
    ),
    "glp": Design(
        "glp",
        "one pool of many tokens, at the oracle's price",
        _glp,
        {"glp": 1},
        {"glp": 50},
        guards=_SHIPPED,
        idle=_NOTHING_INHERITED,
    ),
    "vamm": Design(
        "vamm",
        "a virtual AMM whose price is its own, behind one insurance fund",
        _vamm,
        {"fund": 1},
        guards=_SHIPPED,
        idle=dict.fromkeys(
            _NOTHING_INHERITED,
            "a liquidation closes on the curve, a part first: nobody inherits the position",
        ),
    ),
}


def spelled_out(names: Sequence[str | Design] | None) -> list[str | Design]:
    """``names`` with ``all``, or none at all, as every design there is."""
    if not names or "all" in names:
        return list(DESIGNS)
    return list(names)


def design(name: str) -> Design:
    """The design of that name; raises :class:`BadParameters` for one that is not there."""
    found = DESIGNS.get(name)
    if found is None:
        raise BadParameters(f"no design {name!r}; there are {', '.join(DESIGNS)}")
    return found

"""The pools as the registry lists them: scaled to their capital, half of it in the token."""

import pytest

from seawall import designs
from seawall.engine.designs.gm import GmMarket, preset
from seawall.engine.errors import BadParameters
from seawall.engine.margin import Tier, Tiers
from seawall.engine.reports import Report
from seawall.engine.venue import Venue

DOLLAR = 10**6
NOW = 1_760_000_000_000


def listed(capital: int) -> GmMarket:
    tiers = Tiers([Tier(10**18, 20, 25 * 10**9)], False)
    listing = designs.Listing(tiers=tiers, capital=capital * DOLLAR)
    return designs.design("gm")("ETH", listing)


def test_a_smaller_pool_charges_the_same_part_of_a_trade_of_the_same_part() -> None:
    """GM-PRE-1. The real caps and curves stand behind 180 M dollars."""
    real = preset("eth-usdc")
    costs = []
    for capital in (180_000_000, 18_000_000):
        market = listed(capital)
        venue = Venue()
        venue.list_market(market)
        venue.advance(NOW, {"ETH": [Report("feed", 2000 * 10**10, NOW)]})
        holder = venue.open_account()
        venue.deposit(holder, capital // 2 * DOLLAR)
        venue.deposit(holder, capital // 4000 * 10**8, "ETH")
        market.supply_tokens(holder, capital // 4000 * 10**8, capital // 2 * DOLLAR)
        part = market.quote(capital // 100 * 10**8 // 2000)
        costs.append(part.impact * 10**12 // part.value)
        assert market.params.longs.max_interest == real.longs.max_interest * capital // 180_000_000
    assert abs(costs[0] - costs[1]) <= 1
    assert abs(costs[0] - 162 * 10**6) <= 10**5, "9e-11 times 1.8 M dollars"


def test_a_market_takes_the_terms_it_is_listed_with() -> None:
    """GM-LIQ-4. Tiers instead of the two factors; a token of no set of its own is a small one."""
    market = listed(14_000_000)
    assert market.params.opening_factor(10**9) == 50 * 10**9
    assert market.params.liquidation_factor(10**9) == 25 * 10**9
    small = designs.design("gm")("JELLY", designs.Listing())
    assert small.params.min_collateral == preset("ape-usdc").min_collateral
    assert designs.design("gm").in_kind == {"gm": 50}


def test_a_market_that_cannot_be_is_refused() -> None:
    """GM-HOU-5."""
    with pytest.raises(BadParameters, match="pool 'triple'"):
        GmMarket("ETH", pool="triple")
    with pytest.raises(BadParameters, match="USD"):
        GmMarket("USD")

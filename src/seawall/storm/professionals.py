"""Everybody at one venue, in the order in which they act.

Beside the crowd there are those who live from it: balancers, makers, owners of the vaults, bidders,
the arbitrageur. Their capital is a share of what stands behind the market, their traits come from
:func:`seawall.storm.crowd.draw`. Like everybody they act through a
:class:`seawall.storm.broker.Broker`.
"""

from collections.abc import Mapping

from seawall.engine.auction import AuctionTerms
from seawall.storm.agents import Agents, Attackers, TraderAgents
from seawall.storm.arbitrageur import ArbitrageurAgents
from seawall.storm.balancers import BalancerAgents
from seawall.storm.bidders import BidderAgents
from seawall.storm.broker import Broker
from seawall.storm.crowd import Crowd, Tape
from seawall.storm.makers import MakerAgents
from seawall.storm.providers import ProviderAgents


def everybody(
    crowd: Crowd,
    broker: Broker,
    prices: Tape,
    capital: int,
    splits: Mapping[str, dict[str, int]],
    auctions: dict[str, AuctionTerms | None],
    in_kind: Mapping[str, int],
) -> tuple[list[Agents], list[ProviderAgents]]:
    """All agents at one venue in the order in which they act; the providers also apart.

    ``capital`` (1e-6 dollar) stands behind each market, what of it is in each vault says
    ``splits``; of a vault's, ``in_kind`` per cent come as the market's own token.
    """
    rules = crowd.population
    providers: list[ProviderAgents] = []
    others: list[Agents] = []
    for index, name in enumerate(crowd.markets):
        providers.append(ProviderAgents(crowd, broker, index, splits[name], in_kind))
        amounts = (int(capital * rules.balancers.capital), int(capital * rules.bidders.capital))
        others += [
            BidderAgents(crowd, broker, index, amounts[1], auctions[name]),
            BalancerAgents(crowd, broker, index, amounts[0]),
            ArbitrageurAgents(crowd, broker, index, capital, prices),
            MakerAgents(crowd, broker, index, capital, prices),
        ]
    traders = TraderAgents(crowd, broker, prices)
    return [Attackers(crowd, broker), *others, traders, *providers], providers

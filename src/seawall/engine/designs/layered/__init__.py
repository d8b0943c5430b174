"""The layered market, after Honeypot Finance: liquidity that does not walk away.

Two ERC-4626 vaults stand behind every trade. Junior takes losses first and what the fees leave,
senior is paid first and loses last. They fund bands anchored to the oracle price, senior near it,
junior farther out, so that what a trade costs is known before it is sent. Funding and a
utilisation fee charge the crowded side by the minute. An account under its maintenance climbs a
ladder of five rungs: partial close, small auction, junior, insurance, deleveraging. Every market
is an island.
"""

from seawall.engine.designs.layered.market import LayeredMarket
from seawall.engine.designs.layered.params import Params

__all__ = ["LayeredMarket", "Params"]

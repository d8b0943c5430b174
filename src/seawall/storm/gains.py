"""Who gained what in one market, so that all of it adds up to nothing.

Several markets may share the capital of the first of them. What the vault made of such a *guest*
is what everybody else there lost: that is the vault's part in the guest's row. The rest of it, and
what treasury and keeper have, stands in the row of the *host*.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from seawall.engine.venue import KEEPER_ACCOUNT, TREASURY_ACCOUNT, Market
from seawall.storm.broker import Broker
from seawall.storm.crowd import CLASSES
from seawall.storm.in_kind import Coin, coins

RESERVE = "reserve"
"""What pots hold beyond what anybody can claim."""


@dataclass
class People:
    """The accounts of one market: gains by class, and dollars brought, held and claimed (1e-6)."""

    gains: dict[str, int]
    brought: int = 0
    wallets: int = 0
    claims: int = 0


def people(broker: Broker, market: Market, tokens: Sequence[Coin]) -> People:
    """Everybody but the vaults; tokens count at their marks, held and brought."""
    found = People(dict.fromkeys((*CLASSES, "balancers", "arbitrageur", "bidders"), 0))
    gains = found.gains
    for account, kind in broker.kind.items():
        if broker.home[account] != market.name:
            continue
        wallet = int(broker.venue.wallet(account))
        claim = int(market.balance(account))
        if account in broker.standing:
            claim += broker.standing[account]()
        gains[kind] = gains.get(kind, 0) + wallet + claim - broker.paid_in[account]
        for token in tokens:
            brought = broker.in_kind.get((account, token.name), 0)
            gains[kind] += token.worth(token.held(account)) - token.worth(brought, -1)
        found.claims += claim
        found.wallets += wallet
        found.brought += broker.paid_in[account]
    for account in market.open_positions():
        for view in market.positions_of(account):
            gains[broker.kind[account]] += int(view.equity)
            found.claims += int(view.equity)
    return found


def gains_of_host(
    broker: Broker,
    market: Market,
    guests: Sequence[Market],
    names: Sequence[str],
    insurance: int,
    to_treasury: int,
) -> dict[str, int]:
    """What each class gained; treasury by the events, the keeper by what else left.

    ``names`` are the tokens that its pots may hold beside dollars.
    """
    tokens = coins(broker, names)
    found = people(broker, market, tokens)
    gains = found.gains
    pots = list(market.pots())
    vaults = market.vaults()
    for guest in guests:
        other = people(broker, guest, tokens)
        found.brought += other.brought
        found.wallets += other.wallets
        found.claims += other.claims
        gains[vaults[-1]] = gains.get(vaults[-1], 0) + sum(other.gains.values())
        pots += guest.pots()
    for name in vaults:
        vault = market.vault(name)
        worth = int(vault.assets_high) + int(vault.claimable)
        gains[name] = gains.get(name, 0) + worth
        found.claims += worth
    dollars = sum(int(pot.amount) for pot in pots if pot.token == 0)
    left = dollars - found.claims - insurance
    in_kind = [0, 0]
    for token in tokens:
        left += token.worth(sum(int(pot.amount) for pot in pots if pot.token == token.token))
        for place, account in enumerate((TREASURY_ACCOUNT, KEEPER_ACCOUNT)):
            in_kind[place] += token.worth(token.held(account))
        left += token.dust()
    left += gains.pop(RESERVE, 0)
    gains["insurance"] = insurance
    gains[RESERVE] = max(0, left)
    gains["unpaid"] = min(0, left)
    gains["treasury"] = to_treasury + in_kind[0]
    gains["keeper"] = found.brought - found.wallets - dollars - to_treasury + in_kind[1]
    return gains


def gains_of_guest(broker: Broker, market: Market, names: Sequence[str]) -> dict[str, int]:
    """What each class gained where the capital is another market's."""
    gains = people(broker, market, coins(broker, names)).gains
    gains[market.vaults()[-1]] = -sum(gains.values())
    return gains

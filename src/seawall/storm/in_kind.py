"""The token that a market may take beside dollars, counted in dollars."""

from seawall.engine.venue import Market, Venue
from seawall.storm.broker import Broker


class OwnToken:
    """The token that a market is named after, in dollars at its mark, where the venue holds it.

    Each amount is rounded down and its remainder kept, so that amounts which add up to nothing in
    tokens add up to nothing in dollars.
    """

    def __init__(self, venue: Venue, market: Market) -> None:
        tokens = venue.treasury.tokens
        self.venue = venue
        self.name = market.name
        self.token = tokens.index(market.name) if market.name in tokens else -1
        self.mark = int(market.mark())
        digits = venue.treasury.decimals[self.token] if self.token >= 0 else 8
        self.unit: int = 10 ** (digits + 4)
        self.rest = 0

    def held(self, account: int) -> int:
        """Units in an account's purse."""
        return int(self.venue.wallet(account, self.name)) if self.token >= 0 else 0

    def worth(self, amount: int, sign: int = 1) -> int:
        """Dollars (1e-6, rounded down) of ``amount``; its remainder counts by ``sign``."""
        value, rest = divmod(amount * self.mark, self.unit)
        self.rest += sign * rest
        return value

    def dust(self) -> int:
        """Dollars (1e-6) that the roundings down have left out."""
        return self.rest // self.unit


class Owners:
    """Owners of a vault who brought a part of their capital as the market's own token.

    What they hold is counted anew when they have ``moved`` something.
    """

    def __init__(self, broker: Broker, accounts: list[int]) -> None:
        self.broker = broker
        self.accounts = accounts
        self.moved = True
        self._held = (0, 0)
        self._unit = 1

    def gained(self, market: Market, mark: int) -> int:
        """Dollars (1e-6) that they hold outside of the vault less what they brought, at ``mark``.

        The token counts at the mark on both sides: with what the vault is worth this is what they
        gained against keeping what they brought.
        """
        if self.moved:
            self._count(market)
        dollars, tokens = self._held
        return dollars + tokens * mark // self._unit

    def units(self) -> int:
        """Units of the token in their purses, as counted last."""
        return self._held[1] + self.brought()

    def brought(self) -> int:
        """Units of the token that they brought."""
        return sum(self.broker.in_kind.get(account, 0) for account in self.accounts)

    def _count(self, market: Market) -> None:
        """Dollars and tokens that they hold beyond what they brought."""
        own = OwnToken(self.broker.venue, market)
        dollars = tokens = 0
        for account in self.accounts:
            dollars += int(self.broker.venue.wallet(account)) - self.broker.paid_in[account]
            tokens += own.held(account) - self.broker.in_kind.get(account, 0)
        self._held, self._unit = (dollars, tokens), own.unit

"""The token that a market may take beside dollars, counted in dollars."""

from seawall.engine.venue import Market, Venue


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

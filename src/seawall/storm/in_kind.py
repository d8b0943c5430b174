"""Tokens that a market may take beside dollars, counted in dollars."""

from collections.abc import Iterable

from seawall.engine.venue import Market, Venue
from seawall.storm.broker import Broker


class Coin:
    """A token of a venue at a price (1e-10 dollar a token), in dollars.

    Each amount is rounded down and its remainder kept, so that amounts which add up to nothing in
    tokens add up to nothing in dollars. What the venue does not hold counts as nothing.
    """

    def __init__(self, venue: Venue, name: str, mark: int) -> None:
        tokens = venue.treasury.tokens
        self.venue = venue
        self.name = name
        self.token = tokens.index(name) if name in tokens else -1
        self.mark = mark
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


class OwnToken(Coin):
    """The token that a market is named after, at its mark."""

    def __init__(self, venue: Venue, market: Market) -> None:
        super().__init__(venue, market.name, int(market.mark()))


def coins(broker: Broker, names: Iterable[str]) -> list[Coin]:
    """Tokens at the marks of their markets, or at the price that the broker knows."""
    return [Coin(broker.venue, name, _mark(broker, name)) for name in names]


def _mark(broker: Broker, name: str) -> int:
    market = broker.markets.get(name)
    return broker.prices.get(name, 0) if market is None else int(market.mark())


class Owners:
    """Owners of a vault who brought a part of their capital as tokens of these names.

    What they hold is counted anew when they have ``moved`` something.
    """

    def __init__(self, broker: Broker, accounts: list[int], names: list[str]) -> None:
        self.broker = broker
        self.accounts = accounts
        self.names = names
        self.moved = True
        self._dollars = 0
        self._tokens: list[tuple[str, int, int]] = []
        self._held: dict[str, int] = {}

    def gained(self) -> int:
        """Dollars (1e-6) that they hold outside of the vault less what they brought.

        A token counts at its mark on both sides: with what the vault is worth this is what they
        gained against keeping what they brought.
        """
        if self.moved:
            self._count()
            self.moved = False
        total = self._dollars
        for name, tokens, unit in self._tokens:
            total += tokens * _mark(self.broker, name) // unit
        return total

    def units(self, name: str) -> int:
        """Units of a token in their purses, as counted last."""
        return self._held[name] if name in self._held else self.brought(name)

    def brought(self, name: str) -> int:
        """Units of a token that they brought."""
        return sum(self.broker.in_kind.get((account, name), 0) for account in self.accounts)

    def _count(self) -> None:
        """Dollars and tokens that they hold beyond what they brought."""
        broker = self.broker
        self._dollars = sum(
            int(broker.venue.wallet(account)) - broker.paid_in[account] for account in self.accounts
        )
        self._tokens = []
        for coin in coins(broker, self.names):
            held = sum(coin.held(account) for account in self.accounts)
            self._held[coin.name] = held
            self._tokens.append((coin.name, held - self.brought(coin.name), coin.unit))

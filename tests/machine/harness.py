"""What the state machine has to know of a design: how to list it, and which laws it keeps.

A design joins the fuzz by one subclass of :class:`Harness`. The machine sees a market only through
its public commands and views; what lies behind them is the harness's business.
"""

from fractions import Fraction

from seawall.engine.events import Event
from seawall.engine.venue import Market


class Harness:
    """One design under test."""

    design = ""
    vaults: tuple[str, ...] = ()
    seed: tuple[tuple[str, int], ...] = ()
    """What each vault starts with, in dollars, in the order in which it is deposited."""

    seed_in_kind: tuple[tuple[str, int], ...] = ()
    """The same for vaults that take the market's own token: dollars' worth of it."""

    def list_as(self, name: str) -> Market:
        """A new market of the design."""
        raise NotImplementedError

    def auctions(self, market: Market) -> list[int]:
        """Numbers of the auctions that are open."""
        return []

    def on_offer(self, market: Market, auction: int) -> int:
        """Size (1e-8 token, signed) that an auction still offers."""
        raise NotImplementedError

    def restart(self, market: Market, vault: str) -> None:
        """Continue a worthless vault as a new series."""
        raise NotImplementedError

    def make(self, market: Market, account: int, price: int) -> None:
        """Have an account make the market around a price, where somebody has to."""

    def snapshot(self, market: Market) -> object:
        """What :meth:`check_action` needs to know of the moment before."""
        return None

    def check_still(self, market: Market) -> None:
        """Laws of every moment."""

    def check_action(self, before: object, market: Market, events: list[Event]) -> None:
        """Laws of a single action of the keeper, with what was before it."""

    def check_advance(self, market: Market, events: list[Event], thorough: bool) -> None:
        """Laws of a moment right after time has passed; ``thorough``: the keeper had no limit."""

    def note(self, events: list[Event], minutes: int) -> None:
        """Learn what has happened in market A, before the laws of the advance are asked."""

    def check_quote(self, market: Market, size: int) -> None:
        """Laws of a price: what it may not depend on."""


def part(amount: int, percent: int) -> int:
    """A share of an amount in whole percent."""
    return int(Fraction(amount * percent, 100))

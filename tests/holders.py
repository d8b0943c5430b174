"""Those who hold shares of a vault, and the few things every test of a vault does for them."""

from seawall.engine.fixed import HOUR
from seawall.engine.pot import Pot
from seawall.engine.vault import Vault

HOLDER = 1
OTHER = 2
THIRD = 3
OPERATOR = 4
STRANGER = 5
SPENDER = 6

START = 1000 * HOUR
FIRST = 1000
"""The epoch of an hour that begins at ``START``."""

SECOND = 1001


def pot_of(amount: int) -> Pot:
    pot = Pot()
    pot.amount = amount
    return pot


class GatedVault(Vault):
    """A vault with epochs and, if ``gate`` is set, an exit gate of its own.

    It remembers what it hands out: assets, shares, and the supply just before.
    """

    def __init__(self, epoch: int = HOUR) -> None:
        super().__init__(Pot(), epoch)
        self.gate: int | None = None
        self.handed_out: list[tuple[int, int, int]] = []

    def exit_limit(self) -> int:
        return super().exit_limit() if self.gate is None else min(self.gate, self.pot.amount)

    def _hand_out(self, receiver: Pot, assets: int, shares: int) -> None:
        self.handed_out.append((assets, shares, self.total_supply()))
        super()._hand_out(receiver, assets, shares)


def vault_of(**held: int) -> GatedVault:
    """A vault of one unit per share with epochs of one hour, and the shares of each role."""
    vault = GatedVault()
    roles = {"holder": HOLDER, "other": OTHER, "third": THIRD}
    for role, shares in held.items():
        vault.deposit(shares, roles[role], pot_of(shares))
    return vault


def ask(vault: Vault, who: int, shares: int, now: int = START) -> int:
    return vault.request_redeem(shares, who, who, who, now)


def gain(vault: Vault, assets: int) -> None:
    pot_of(assets).pay(vault.pot, assets)


class MarketVault(Vault):
    """A vault valued ``spread`` higher for who enters, with gates of its own."""

    def __init__(
        self, pot: Pot, spread: int = 0, entry: int | None = None, exit_: int | None = None
    ) -> None:
        super().__init__(pot)
        self.spread = spread
        self.entry = entry
        self.exit = exit_

    def total_assets_high(self) -> int:
        return self.pot.amount + self.spread

    def entry_limit(self) -> int:
        return super().entry_limit() if self.entry is None else self.entry

    def exit_limit(self) -> int:
        return super().exit_limit() if self.exit is None else self.exit


def vault_with(
    supply: int, assets: int, spread: int = 0, entry: int | None = None, exit_: int | None = None
) -> MarketVault:
    """All ``supply`` with the holder, then gains or losses until ``assets`` are left."""
    vault = MarketVault(Pot(), exit_=exit_)
    if supply:
        vault.mint(supply, HOLDER, pot_of(supply))
    vault.pot.amount = assets
    vault.spread = spread
    vault.entry = entry
    return vault

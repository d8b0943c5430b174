"""Published ERC-4626 numbers (OpenZeppelin, test/token/ERC20/extensions/ERC4626.test.js)."""

import pytest

from holders import pot_of
from seawall.engine.pot import Pot
from seawall.engine.vault import Vault

ALICE = 1
BRUCE = 2


class Run:
    """The published scenario: alice has 4000, bruce 7001, and gains arrive as donations."""

    def __init__(self, vault):
        self.vault = vault
        self.purses = {ALICE: pot_of(4000), BRUCE: pot_of(7001)}

    def mint(self, who, shares):
        return self.vault.mint(shares, who, self.purses[who])

    def deposit(self, who, assets):
        return self.vault.deposit(assets, who, self.purses[who])

    def redeem(self, who, shares):
        return self.vault.redeem(shares, self.purses[who], who, who)

    def withdraw(self, who, assets):
        return self.vault.withdraw(assets, self.purses[who], who, who)

    def donate(self, who, assets):
        pot_of(assets).pay(self.vault.pot, assets)
        return assets

    def worth(self, who):
        return self.vault.convert_to_assets(self.vault.balance_of(who))

    def figures(self):
        vault = self.vault
        return vault.total_supply(), vault.total_assets(), self.worth(ALICE), self.worth(BRUCE)


# action, who, number, what comes back, then: supply, assets, worth of alice, worth of bruce
PUBLISHED = [
    ("mint", ALICE, 2000, 2000, (2000, 2000, 2000, 0)),
    ("mint", BRUCE, 4000, 4000, (6000, 6000, 2000, 4000)),
    ("donate", None, 3000, 3000, (6000, 9000, 2999, 5999)),
    ("deposit", ALICE, 2000, 1333, (7333, 11000, 4999, 6000)),
    ("mint", BRUCE, 2000, 3000, (9333, 14000, 4999, 9000)),
    ("donate", None, 3000, 3000, (9333, 17000, 6070, 10928)),
    ("redeem", ALICE, 1333, 2427, (8000, 14573, 3643, 10929)),
    ("withdraw", BRUCE, 2929, 1608, (6392, 11644, 3643, 8000)),
    ("withdraw", ALICE, 3643, 2000, (4392, 8001, 0, 8000)),
    ("redeem", BRUCE, 4392, 8000, (0, 1, 0, 0)),
]


@pytest.mark.parametrize(
    "steps", [pytest.param(n, id=f"V-4626-{n}") for n in range(1, len(PUBLISHED) + 1)]
)
def test_the_published_sequence_is_met_to_the_unit(steps):
    run = Run(Vault(Pot()))
    for action, who, number, _, _ in PUBLISHED[: steps - 1]:
        getattr(run, action)(who, number)
    action, who, number, comes_back, figures = PUBLISHED[steps - 1]
    assert getattr(run, action)(who, number) == comes_back
    assert run.figures() == figures
    run.vault.audit()


def test_the_published_sequence_leaves_the_purses_with_all_but_one_unit():
    run = Run(Vault(Pot()))
    for action, who, number, _, _ in PUBLISHED:
        getattr(run, action)(who, number)
    assert run.purses[ALICE].amount == 4000 - 2000 - 2000 + 2427 + 3643
    assert run.purses[BRUCE].amount == 7001 - 4000 - 3000 + 2929 + 8000
    assert run.vault.pot.amount == 1


@pytest.mark.parametrize("assets", [10**14, 10**16])
def test_shares_a_hundred_times_the_assets_convert_as_published(assets):
    """V-4626-11 has 1e18 assets under 1e20 shares; a supply here ends at 1e18.

    With a assets under 100 a shares the formulas give 100 a - 99 shares for a deposit of a and a
    for a redemption of all, at any scale: 1e20 - 99 is the published 99999999999999999901.
    """
    vault = Vault(Pot())
    holder = pot_of(100 * assets)
    vault.deposit(100 * assets, ALICE, holder)
    vault.pot.pay(Pot(), 99 * assets)
    assert (vault.total_assets(), vault.total_supply()) == (assets, 100 * assets)
    assert vault.preview_deposit(assets) == 100 * assets - 99
    assert vault.max_redeem(ALICE) == 100 * assets
    assert vault.redeem(100 * assets, holder, ALICE, ALICE) == assets
    assert vault.total_assets() == 0


class FeeVault(Vault):
    """Five per cent on the way in or out, to ``fees``; a rate is in 1e-5."""

    def __init__(self, pot, fees, entry_rate, exit_rate):
        super().__init__(pot)
        self.fees = fees
        self.entry_rate = entry_rate
        self.exit_rate = exit_rate

    @staticmethod
    def on_top(assets, rate):
        return -(-assets * rate // 100_000)

    @staticmethod
    def within(assets, rate):
        return -(-assets * rate // (100_000 + rate))

    def preview_deposit(self, assets):
        return super().preview_deposit(assets - self.within(assets, self.entry_rate))

    def preview_mint(self, shares):
        assets = super().preview_mint(shares)
        return assets + self.on_top(assets, self.entry_rate)

    def preview_withdraw(self, assets):
        return super().preview_withdraw(assets + self.on_top(assets, self.exit_rate))

    def preview_redeem(self, shares):
        assets = super().preview_redeem(shares)
        return assets - self.within(assets, self.exit_rate)

    def _take_in(self, payer, assets):
        super()._take_in(payer, assets)
        self.pot.pay(self.fees, self.within(assets, self.entry_rate))

    def _hand_out(self, receiver, assets, shares):
        super()._hand_out(receiver, assets, shares)
        self.pot.pay(self.fees, self.on_top(assets, self.exit_rate))


@pytest.mark.parametrize("action", ["deposit", "mint"])
def test_an_entry_fee_is_told_by_the_previews_and_taken(action):
    """V-4626-12, way in: 10500 buy 10000 shares, 500 are the fee."""
    vault = FeeVault(Pot(), Pot(), 5_000, 0)
    payer = pot_of(20_000)
    assert vault.preview_deposit(10_500) == 10_000
    assert vault.preview_mint(10_000) == 10_500
    if action == "deposit":
        assert vault.deposit(10_500, ALICE, payer) == 10_000
    else:
        assert vault.mint(10_000, ALICE, payer) == 10_500
    assert (payer.amount, vault.pot.amount, vault.fees.amount) == (9_500, 10_000, 500)
    assert vault.balance_of(ALICE) == 10_000


@pytest.mark.parametrize("action", ["redeem", "withdraw"])
def test_an_exit_fee_is_told_by_the_previews_and_taken(action):
    """V-4626-12, way out: 10500 shares pay 10000, 500 are the fee."""
    vault = FeeVault(Pot(), Pot(), 0, 5_000)
    vault.deposit(10**12, ALICE, pot_of(10**12))
    receiver = Pot()
    assert vault.preview_redeem(10_500) == 10_000
    assert vault.preview_withdraw(10_000) == 10_500
    if action == "redeem":
        assert vault.redeem(10_500, receiver, ALICE, ALICE) == 10_000
    else:
        assert vault.withdraw(10_000, receiver, ALICE, ALICE) == 10_500
    assert (receiver.amount, vault.fees.amount) == (10_000, 500)
    assert vault.balance_of(ALICE) == vault.pot.amount == 10**12 - 10_500


class BareVault(Vault):
    """The older arithmetic without a virtual share and asset, for contrast."""

    def preview_deposit(self, assets):
        supply = self.total_supply()
        return assets * supply // self.total_assets() if supply else assets

    def preview_mint(self, shares):
        supply = self.total_supply()
        return -(-shares * self.total_assets() // supply) if supply else shares

    def preview_withdraw(self, assets):
        return -(-assets * self.total_supply() // self.total_assets())

    def preview_redeem(self, shares):
        supply = self.total_supply()
        return shares * self.total_assets() // supply if supply else shares

    def convert_to_assets(self, shares):
        return self.preview_redeem(shares)


def test_without_the_virtual_share_the_sequence_differs_as_published():
    """V-4626-13: the figures of solmate, which adds neither a share nor an asset."""
    run = Run(BareVault(Pot()))
    run.mint(ALICE, 2000)
    run.mint(BRUCE, 4000)
    run.donate(None, 3000)
    assert run.figures() == (6000, 9000, 3000, 6000)
    assert run.deposit(ALICE, 2000) == 1333
    assert run.mint(BRUCE, 2000) == 3001
    run.donate(None, 3000)
    assert (run.worth(ALICE), run.worth(BRUCE)) == (6071, 10929)
    assert run.redeem(ALICE, 1333) == 2428
    assert run.withdraw(BRUCE, 2929) == 1608
    assert run.withdraw(ALICE, 3643) == 2000
    assert run.redeem(BRUCE, 4392) == 8001
    assert run.vault.pot.amount == 0

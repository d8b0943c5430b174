"""ERC-4626: what holds for any vault without epochs, at any ratio of assets to shares.

The properties are those of a16z/erc4626-tests (ERC4626.prop.sol), with no tolerance at all.
"""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from holders import HOLDER, OTHER, SPENDER, STRANGER, pot_of, vault_with
from seawall.engine.errors import LimitReached, NotEnough, OutOfRange
from seawall.engine.fixed import MAX_DOLLARS
from seawall.engine.pot import Pot
from seawall.engine.shares import UNLIMITED
from seawall.engine.vault import Vault

some = settings(max_examples=60, deadline=None)


amounts = st.one_of(
    st.integers(1, 50), st.integers(1, 10**9), st.integers(10**12, 10**15), st.integers(1, 10**17)
)
amounts_or_none = st.one_of(st.just(0), amounts)
spreads = st.one_of(st.just(0), st.just(0), amounts)


@st.composite
def vaults(draw):
    """Any ratio of assets to shares, also nothing of either; some shares with somebody else."""
    vault = vault_with(draw(amounts_or_none), draw(amounts_or_none), spread=draw(spreads))
    held = vault.balance_of(HOLDER)
    vault.transfer(draw(st.integers(0, held)), OTHER, HOLDER, HOLDER)
    return vault


@st.composite
def vaults_with_worth(draw):
    """Any ratio of assets to shares, none of them zero; at least half of the shares elsewhere."""
    assets = draw(amounts)
    spread = draw(st.one_of(st.just(0), st.integers(0, assets)))
    vault = vault_with(draw(amounts), assets, spread=spread)
    held = vault.balance_of(HOLDER)
    vault.transfer(draw(st.integers((held + 1) // 2, held)), OTHER, HOLDER, HOLDER)
    return vault


def drawn(data, most, least=1):
    """A number that is allowed: ``least`` to ``most``, its ends more often than by chance."""
    assume(least <= most)
    near = min(most, least + 9)
    return data.draw(st.one_of(st.just(most), st.integers(least, near), st.integers(least, most)))


@some
@given(
    supply=amounts_or_none,
    assets=st.one_of(amounts_or_none, st.just(MAX_DOLLARS)),
    spread=amounts_or_none,
    entry=st.one_of(st.none(), st.integers(-10, MAX_DOLLARS)),
    exit_=st.one_of(st.none(), st.integers(-10, 10**17)),
)
def test_the_views_without_numbers_never_raise(supply, assets, spread, entry, exit_):
    spread = min(spread, MAX_DOLLARS - assets)
    vault = vault_with(supply, assets, spread=spread, entry=entry, exit_=exit_)
    assert vault.asset() == 0
    assert vault.total_assets() == assets
    for account in (HOLDER, STRANGER):
        assert 0 <= vault.max_deposit(account) <= MAX_DOLLARS
        assert 0 <= vault.max_mint(account) <= MAX_DOLLARS
        assert 0 <= vault.max_withdraw(account) <= assets
        assert 0 <= vault.max_redeem(account) <= vault.balance_of(account)
        assert vault.max_request(account) == 0


@some
@given(vaults(), amounts)
def test_conversions_do_not_depend_on_who_holds_what(vault, number):
    def told():
        answers = []
        for view in (vault.convert_to_shares, vault.convert_to_assets, vault.preview_deposit):
            try:
                answers.append(view(number))
            except OutOfRange as refusal:
                answers.append(refusal.code)
        return answers

    before = told()
    vault.transfer(vault.balance_of(OTHER), STRANGER, OTHER, OTHER)
    vault.approve(UNLIMITED, SPENDER, STRANGER)
    assert told() == before


@some
@given(vaults(), st.data())
def test_a_deposit_mints_what_its_preview_says_and_moves_just_that(vault, data):
    assets = drawn(data, vault.max_deposit(OTHER), vault.preview_mint(1))
    preview = vault.preview_deposit(assets)
    payer, held, cash = pot_of(assets + 5), vault.balance_of(OTHER), vault.pot.amount
    shares = vault.deposit(assets, OTHER, payer)
    assert shares == preview
    assert (payer.amount, vault.balance_of(OTHER)) == (5, held + shares)
    assert vault.pot.amount == cash + assets
    vault.audit()


@some
@given(vaults(), st.data())
def test_a_mint_costs_what_its_preview_says_and_moves_just_that(vault, data):
    shares = drawn(data, vault.max_mint(OTHER))
    preview = vault.preview_mint(shares)
    payer, held, cash = pot_of(preview + 5), vault.balance_of(OTHER), vault.pot.amount
    assets = vault.mint(shares, OTHER, payer)
    assert assets == preview
    assert (payer.amount, vault.balance_of(OTHER)) == (5, held + shares)
    assert vault.pot.amount == cash + assets
    vault.audit()


@some
@given(vaults_with_worth(), st.data(), st.booleans())
def test_a_withdrawal_burns_what_its_preview_says_and_moves_just_that(vault, data, unlimited):
    assets = drawn(data, vault.max_withdraw(OTHER))
    preview = vault.preview_withdraw(assets)
    vault.approve(UNLIMITED if unlimited else preview + 3, SPENDER, OTHER)
    receiver, held, cash = Pot(), vault.balance_of(OTHER), vault.pot.amount
    with pytest.raises(NotEnough):
        vault.withdraw(assets, receiver, OTHER, STRANGER)
    shares = vault.withdraw(assets, receiver, OTHER, SPENDER)
    assert shares == preview
    assert (receiver.amount, vault.balance_of(OTHER)) == (assets, held - shares)
    assert vault.pot.amount == cash - assets
    assert vault.allowance(OTHER, SPENDER) == (UNLIMITED if unlimited else 3)
    vault.audit()


@some
@given(vaults_with_worth(), st.data(), st.booleans())
def test_a_redemption_pays_what_its_preview_says_and_moves_just_that(vault, data, unlimited):
    shares = drawn(data, vault.max_redeem(OTHER))
    preview = vault.preview_redeem(shares)
    vault.approve(UNLIMITED if unlimited else shares + 3, SPENDER, OTHER)
    receiver, held, cash = Pot(), vault.balance_of(OTHER), vault.pot.amount
    with pytest.raises(NotEnough):
        vault.redeem(shares, receiver, OTHER, STRANGER)
    assets = vault.redeem(shares, receiver, OTHER, SPENDER)
    assert assets == preview
    assert (receiver.amount, vault.balance_of(OTHER)) == (assets, held - shares)
    assert vault.pot.amount == cash - assets
    assert vault.allowance(OTHER, SPENDER) == (UNLIMITED if unlimited else 3)
    vault.audit()


@some
@given(vaults(), st.one_of(st.none(), amounts_or_none), st.one_of(st.none(), amounts_or_none))
def test_what_a_limit_promises_is_accepted_whole_and_one_more_leaves_no_trace(vault, entry, exit_):
    vault.entry = entry
    vault.exit = None if exit_ is None else min(exit_, vault.total_assets())
    purse = pot_of(MAX_DOLLARS)
    before = vault.state()
    for most, leave in ((vault.max_redeem, vault.redeem), (vault.max_withdraw, vault.withdraw)):
        with pytest.raises((NotEnough, LimitReached)):
            leave(most(OTHER) + 1, purse, OTHER, OTHER)
    assert (vault.state(), purse.amount) == (before, MAX_DOLLARS)
    if vault.max_deposit(OTHER):
        vault.deposit(vault.max_deposit(OTHER), OTHER, purse)
    if vault.max_redeem(HOLDER):
        vault.redeem(vault.max_redeem(HOLDER), purse, HOLDER, HOLDER)
    vault.exit = None
    if vault.max_withdraw(OTHER):
        vault.withdraw(vault.max_withdraw(OTHER), purse, OTHER, OTHER)
    if vault.max_mint(OTHER):
        vault.mint(vault.max_mint(OTHER), OTHER, purse)
    vault.audit()


@some
@given(vaults())
def test_all_holders_together_never_get_more_than_the_vault_has(vault):
    cash = vault.total_assets()
    together = vault.convert_to_assets(vault.total_supply())
    apart = sum(vault.convert_to_assets(vault.balance_of(a)) for a in (HOLDER, OTHER))
    assert apart <= together <= cash


# Round trips: nobody gains by going in and out or out and in


class Trader:
    """Somebody with shares, money enough, and a wealth that must not grow."""

    def __init__(self, vault):
        self.vault = vault
        self.purse = pot_of(MAX_DOLLARS)
        self.wealth_before = self.wealth()

    def wealth(self):
        return self.purse.amount + self.vault.convert_to_assets(self.vault.balance_of(OTHER))

    def deposit(self, assets):
        assume(0 < assets <= self.vault.max_deposit(OTHER) and self.vault.preview_deposit(assets))
        return self.vault.deposit(assets, OTHER, self.purse)

    def mint(self, shares):
        assume(0 < shares <= self.vault.max_mint(OTHER))
        return self.vault.mint(shares, OTHER, self.purse)

    def withdraw(self, assets):
        assume(0 < assets <= self.vault.max_withdraw(OTHER))
        return self.vault.withdraw(assets, self.purse, OTHER, OTHER)

    def redeem(self, shares):
        return self.vault.redeem(shares, self.purse, OTHER, OTHER)

    def gained_nothing(self):
        return self.wealth() <= self.wealth_before


@some
@given(vaults(), st.data())
def test_redeeming_a_deposit_returns_no_more_than_was_deposited(vault, data):
    trader = Trader(vault)
    assets = drawn(data, vault.max_deposit(OTHER), vault.preview_mint(1))
    assert trader.redeem(trader.deposit(assets)) <= assets
    assert trader.gained_nothing()


@some
@given(vaults_with_worth(), st.data())
def test_withdrawing_a_deposit_burns_no_less_than_it_minted(vault, data):
    trader = Trader(vault)
    most = min(vault.max_deposit(OTHER), vault.max_withdraw(OTHER))
    assets = drawn(data, most, vault.preview_mint(1))
    minted = trader.deposit(assets)
    assert trader.withdraw(assets) >= minted
    assert trader.gained_nothing()


@some
@given(vaults_with_worth(), st.data())
def test_depositing_a_redemption_mints_no_more_than_was_redeemed(vault, data):
    trader = Trader(vault)
    shares = drawn(data, vault.max_redeem(OTHER), vault.preview_withdraw(vault.preview_mint(1)))
    assert trader.deposit(trader.redeem(shares)) <= shares
    assert trader.gained_nothing()


@some
@given(vaults_with_worth(), st.data())
def test_minting_what_was_redeemed_costs_no_less_than_it_paid(vault, data):
    trader = Trader(vault)
    shares = drawn(data, vault.max_redeem(OTHER))
    received = trader.redeem(shares)
    assert trader.mint(shares) >= received
    assert trader.gained_nothing()


@some
@given(vaults_with_worth(), st.data())
def test_withdrawing_the_cost_of_a_mint_burns_no_less_than_was_minted(vault, data):
    trader = Trader(vault)
    shares = drawn(data, vault.max_mint(OTHER))
    assert trader.withdraw(trader.mint(shares)) >= shares
    assert trader.gained_nothing()


@some
@given(vaults(), st.data())
def test_redeeming_a_mint_returns_no_more_than_it_cost(vault, data):
    trader = Trader(vault)
    shares = drawn(data, vault.max_mint(OTHER))
    cost = trader.mint(shares)
    assert trader.redeem(shares) <= cost
    assert trader.gained_nothing()


@some
@given(vaults_with_worth(), st.data())
def test_minting_what_a_withdrawal_burned_costs_no_less_than_it_paid(vault, data):
    trader = Trader(vault)
    assets = drawn(data, vault.max_withdraw(OTHER))
    assert trader.mint(trader.withdraw(assets)) >= assets
    assert trader.gained_nothing()


@some
@given(vaults_with_worth(), st.data())
def test_depositing_a_withdrawal_mints_no_more_than_it_burned(vault, data):
    trader = Trader(vault)
    assets = drawn(data, vault.max_withdraw(OTHER), vault.preview_mint(1))
    burned = trader.withdraw(assets)
    assert trader.deposit(assets) <= burned
    assert trader.gained_nothing()


# Inflation: the attacker deposits, donates, and waits for the next depositor

stakes = st.one_of(st.integers(1, 20), st.integers(1, 10**9))
donations = st.one_of(st.integers(0, 100), st.integers(0, 10**15))


def inflated(stake, donation):
    vault = Vault(Pot())
    vault.deposit(stake, STRANGER, pot_of(stake))
    pot_of(donation).pay(vault.pot, donation)
    return vault


@some
@given(stakes, donations)
def test_an_inflater_keeps_the_share_of_the_donation_that_the_virtual_share_leaves(stake, donation):
    vault = inflated(stake, donation)
    assert vault.convert_to_assets(stake) == stake + stake * donation // (1 + stake)


@some
@given(stakes, donations, st.data())
def test_a_victim_is_turned_away_only_up_to_what_the_attack_costs(stake, donation, data):
    vault = inflated(stake, donation)
    cost = stake + donation - vault.convert_to_assets(stake)
    victim = max(1, cost + data.draw(st.integers(-3, 3)))
    assert (vault.preview_deposit(victim) == 0) == (victim <= cost)


@some
@given(stakes, donations, st.data())
def test_inflating_the_price_before_a_deposit_never_pays(stake, donation, data):
    vault = inflated(stake, donation)
    least = vault.preview_mint(1)
    victim = data.draw(st.one_of(st.integers(least, 3 * least), st.integers(least, 10**17)))
    vault.deposit(victim, OTHER, pot_of(victim))
    assert vault.redeem(stake, Pot(), STRANGER, STRANGER) <= stake + donation

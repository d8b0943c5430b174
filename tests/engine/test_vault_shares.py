"""ERC-20: shares are held, moved, and moved for others."""

import pytest

from holders import HOLDER, OTHER, SPENDER, pot_of
from seawall.engine.errors import NotEnough, OutOfRange
from seawall.engine.fixed import MAX_DOLLARS
from seawall.engine.pot import Pot
from seawall.engine.shares import UNLIMITED
from seawall.engine.vault import Vault


def vault_of_holder():
    """1000 shares over 1000 units, all with the holder."""
    vault = Vault(Pot())
    vault.deposit(1000, HOLDER, pot_of(1000))
    return vault


def test_a_transfer_moves_shares_and_nothing_else():
    vault = vault_of_holder()
    vault.pot.amount = 4000
    vault.transfer(300, OTHER, HOLDER, HOLDER)
    assert (vault.balance_of(HOLDER), vault.balance_of(OTHER)) == (700, 300)
    assert (vault.total_supply(), vault.total_assets()) == (1000, 4000)


def test_a_transfer_to_oneself_and_one_of_nothing_leave_all_as_it_was():
    vault = vault_of_holder()
    before = vault.state()
    vault.transfer(1000, HOLDER, HOLDER, HOLDER)
    vault.transfer(0, OTHER, HOLDER, HOLDER)
    assert vault.state() == before


@pytest.mark.parametrize("shares", [-1, MAX_DOLLARS + 1, 2**65])
def test_a_transfer_or_approval_out_of_range_is_refused(shares):
    vault = vault_of_holder()
    with pytest.raises(OutOfRange):
        vault.transfer(shares, OTHER, HOLDER, HOLDER)
    with pytest.raises(OutOfRange):
        vault.approve(shares, SPENDER, HOLDER)


def test_a_transfer_beyond_the_balance_is_refused():
    vault = vault_of_holder()
    with pytest.raises(NotEnough) as refusal:
        vault.transfer(1001, OTHER, HOLDER, HOLDER)
    assert (refusal.value.value, refusal.value.bound) == (1001, 1000)


def test_a_spender_uses_up_what_was_allowed():
    vault = vault_of_holder()
    vault.approve(300, SPENDER, HOLDER)
    vault.transfer(200, OTHER, HOLDER, SPENDER)
    assert vault.allowance(HOLDER, SPENDER) == 100
    with pytest.raises(NotEnough) as refusal:
        vault.transfer(101, OTHER, HOLDER, SPENDER)
    assert (refusal.value.code, refusal.value.value, refusal.value.bound) == (
        "short-allowance",
        101,
        100,
    )
    assert vault.allowance(SPENDER, HOLDER) == vault.allowance(HOLDER, OTHER) == 0


def test_a_refused_transfer_uses_up_no_allowance():
    vault = vault_of_holder()
    vault.approve(5000, SPENDER, HOLDER)
    with pytest.raises(NotEnough):
        vault.transfer(2000, OTHER, HOLDER, SPENDER)
    assert vault.allowance(HOLDER, SPENDER) == 5000


def test_an_unlimited_allowance_is_never_used_up():
    vault = vault_of_holder()
    vault.approve(UNLIMITED, SPENDER, HOLDER)
    vault.transfer(200, OTHER, HOLDER, SPENDER)
    vault.redeem(200, Pot(), HOLDER, SPENDER)
    assert vault.allowance(HOLDER, SPENDER) == UNLIMITED


def test_an_approval_replaces_the_one_before():
    vault = vault_of_holder()
    before = vault.state()
    vault.approve(300, SPENDER, HOLDER)
    vault.approve(7, SPENDER, HOLDER)
    assert vault.allowance(HOLDER, SPENDER) == 7
    vault.approve(0, SPENDER, HOLDER)
    assert vault.state() == before


def test_the_state_does_not_depend_on_the_order_in_which_accounts_came():
    def filled(accounts):
        vault = Vault(Pot())
        for account in accounts:
            vault.deposit(100 + account, account, pot_of(1000))
            vault.approve(50 + account, SPENDER, account)
            vault.set_operator(OTHER, True, account)
        return vault.state()

    assert filled([5, -6, 70, 8]) == filled([70, 8, 5, -6])
    assert filled([5, -6, 70, 8]) != filled([70, 8, 5, -7])


def test_an_operator_of_requests_has_no_say_over_shares_in_a_vault_without_epochs():
    vault = vault_of_holder()
    vault.set_operator(SPENDER, True, HOLDER)
    for command in (vault.redeem, vault.withdraw):
        with pytest.raises(NotEnough) as refusal:
            command(1, Pot(), HOLDER, SPENDER)
        assert refusal.value.code == "short-allowance"

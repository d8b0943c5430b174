"""ERC-4626: entering, leaving and the limits of a vault without epochs, case by case."""

import pytest

from holders import HOLDER, OTHER, pot_of, vault_with
from seawall.engine.errors import BadParameters, Closed, LimitReached, NotEnough, OutOfRange
from seawall.engine.fixed import MAX_DOLLARS
from seawall.engine.pot import Pot
from seawall.engine.vault import Vault


def test_an_empty_vault_mints_one_share_per_unit():
    vault = Vault(Pot())
    payer = pot_of(500)
    assert vault.deposit(300, HOLDER, payer) == 300
    assert vault.mint(200, OTHER, payer) == 200
    assert (vault.total_supply(), vault.pot.amount, payer.amount) == (500, 500, 0)


def test_a_vault_tells_which_token_it_holds():
    assert Vault(Pot(7)).asset() == 7


@pytest.mark.parametrize("number", [0, -1, MAX_DOLLARS + 1, 2**64, -(2**64)])
@pytest.mark.parametrize("command", ["deposit", "mint", "withdraw", "redeem"])
def test_a_number_out_of_range_is_refused_at_the_door(command, number):
    vault = vault_with(1000, 1000)
    purse = pot_of(10_000)
    before = vault.state()
    arguments = (HOLDER, purse) if command in ("deposit", "mint") else (purse, HOLDER, HOLDER)
    with pytest.raises(OutOfRange) as refusal:
        getattr(vault, command)(number, *arguments)
    assert refusal.value.value == number
    assert refusal.value.bound in (1, MAX_DOLLARS)
    assert (vault.state(), purse.amount, vault.pot.amount) == (before, 10_000, 1000)


@pytest.mark.parametrize(
    "view",
    [
        "convert_to_shares",
        "convert_to_assets",
        "preview_deposit",
        "preview_mint",
        "preview_withdraw",
        "preview_redeem",
    ],
)
def test_nothing_converts_to_nothing_and_a_number_out_of_range_is_refused(view):
    vault = vault_with(1000, 3000)
    assert getattr(vault, view)(0) == 0
    for number in (-1, MAX_DOLLARS + 1, 2**70):
        with pytest.raises(OutOfRange):
            getattr(vault, view)(number)


def test_a_deposit_that_would_mint_no_share_is_refused_with_the_price_of_one():
    vault = vault_with(9, 999)
    with pytest.raises(OutOfRange) as refusal:
        vault.deposit(99, OTHER, pot_of(1000))
    assert (refusal.value.code, refusal.value.value, refusal.value.bound) == (
        "deposit-too-small",
        99,
        100,
    )
    assert vault.deposit(100, OTHER, pot_of(1000)) == 1


def test_shares_beyond_the_ceiling_are_refused():
    vault = vault_with(10**17, 1)
    with pytest.raises(OutOfRange) as refusal:
        vault.deposit(50, OTHER, pot_of(50))
    assert refusal.value.code == "shares-too-large"
    assert refusal.value.bound == MAX_DOLLARS - 10**17
    assert vault.max_deposit(OTHER) == 17
    assert vault.deposit(17, OTHER, pot_of(50)) == 17 * (10**17 + 1) // 2
    with pytest.raises(OutOfRange):
        vault.deposit(10**17, OTHER, pot_of(10**17))


def test_a_payer_who_is_short_changes_nothing():
    vault = vault_with(1000, 1000)
    before = vault.state()
    for command in (vault.deposit, vault.mint):
        with pytest.raises(NotEnough):
            command(11, OTHER, pot_of(10))
    assert (vault.state(), vault.pot.amount) == (before, 1000)


def test_the_entry_gate_names_what_may_enter():
    vault = vault_with(1000, 1000, entry=50)
    assert (vault.max_deposit(OTHER), vault.max_mint(OTHER)) == (50, 50)
    for command in (vault.deposit, vault.mint):
        with pytest.raises(LimitReached) as refusal:
            command(51, OTHER, pot_of(100))
        assert (refusal.value.code, refusal.value.value, refusal.value.bound) == (
            "entry-gate",
            51,
            50,
        )
    assert vault.deposit(50, OTHER, pot_of(100)) == 50


@pytest.mark.parametrize("closed", [0, -5])
def test_closed_gates_let_nothing_through_and_never_raise_in_the_limits(closed):
    vault = vault_with(1000, 1000, entry=closed, exit_=closed)
    assert vault.max_deposit(HOLDER) == vault.max_mint(HOLDER) == 0
    assert vault.max_withdraw(HOLDER) == vault.max_redeem(HOLDER) == 0
    with pytest.raises(LimitReached):
        vault.deposit(1, HOLDER, pot_of(1))
    with pytest.raises(LimitReached):
        vault.withdraw(1, Pot(), HOLDER, HOLDER)
    with pytest.raises(LimitReached):
        vault.redeem(1, Pot(), HOLDER, HOLDER)


def test_the_exit_gate_names_what_may_leave():
    vault = vault_with(1000, 2500, exit_=99)
    most = vault.max_redeem(HOLDER)
    assert vault.preview_redeem(most) <= 99 < vault.preview_redeem(most + 1)
    assert vault.max_withdraw(HOLDER) == 99
    with pytest.raises(LimitReached) as refusal:
        vault.redeem(most + 1, Pot(), HOLDER, HOLDER)
    assert (refusal.value.code, refusal.value.bound) == ("exit-gate", 99)
    with pytest.raises(LimitReached):
        vault.withdraw(100, Pot(), HOLDER, HOLDER)


def test_a_gate_wider_than_the_vault_lets_all_out_and_no_more():
    vault = vault_with(10**17, 1, exit_=MAX_DOLLARS)
    assert vault.max_redeem(HOLDER) == 10**17
    assert vault.max_withdraw(HOLDER) == 1
    assert vault.redeem(10**17, Pot(), HOLDER, HOLDER) == 1


def test_a_share_worth_less_than_a_unit_redeems_for_nothing_in_a_vault_with_assets():
    vault = vault_with(1000, 100)
    receiver = Pot()
    assert vault.redeem(5, receiver, HOLDER, HOLDER) == 0
    assert (receiver.amount, vault.balance_of(HOLDER)) == (0, 995)


def test_nobody_leaves_with_more_shares_than_they_have():
    vault = vault_with(1000, 1000)
    vault.transfer(600, OTHER, HOLDER, HOLDER)
    for command in (vault.redeem, vault.withdraw):
        with pytest.raises(NotEnough) as refusal:
            command(500, Pot(), HOLDER, HOLDER)
        assert (refusal.value.code, refusal.value.bound) == ("short-balance", 400)


def test_who_enters_pays_the_high_value_and_who_leaves_takes_the_low_one():
    vault = vault_with(999, 999, spread=1000)
    assert vault.deposit(1000, OTHER, pot_of(1000)) == 500
    assert vault.preview_mint(500) == 1000
    assert vault.redeem(500, Pot(), OTHER, OTHER) == 500 * 2000 // 1500
    assert vault.convert_to_assets(999) == vault.preview_redeem(999)


def test_a_vault_left_by_all_keeps_at_most_what_rounding_left():
    vault = vault_with(7, 20)
    assert vault.redeem(7, Pot(), HOLDER, HOLDER) == 7 * 21 // 8
    assert (vault.total_supply(), vault.pot.amount) == (0, 2)
    vault.audit()


def test_an_epoch_of_negative_length_is_no_parameter():
    with pytest.raises(BadParameters):
        Vault(Pot(), -1)


def test_a_vault_without_epochs_takes_no_requests_and_settles_nothing():
    vault = vault_with(1000, 1000)
    with pytest.raises(Closed) as refusal:
        vault.request_redeem(1, HOLDER, HOLDER, HOLDER, 0)
    assert refusal.value.code == "exit-at-once"
    assert vault.max_request(HOLDER) == 0
    assert vault.settle(10**12) == []

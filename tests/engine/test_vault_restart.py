"""A vault worth nothing: closed to deposits, then continued as a new series."""

import pytest

from holders import HOLDER, OPERATOR, OTHER, pot_of
from seawall.engine.errors import Closed, LimitReached, OutOfRange
from seawall.engine.fixed import HOUR
from seawall.engine.pot import Pot
from seawall.engine.vault import Vault


def wiped_out(epoch=0):
    """1000 shares of the holder and 500 of the other over nothing."""
    vault = Vault(Pot(), epoch)
    vault.deposit(1000, HOLDER, pot_of(1000))
    vault.deposit(500, OTHER, pot_of(500))
    if epoch:
        vault.request_redeem(300, OTHER, HOLDER, HOLDER, 0)
        vault.request_redeem(100, OTHER, OTHER, OTHER, 0)
    vault.pot.pay(Pot(), 1500)
    return vault


def test_a_vault_worth_nothing_takes_no_deposits():
    vault = wiped_out()
    assert vault.is_worthless()
    assert vault.max_deposit(OTHER) == vault.max_mint(OTHER) == 0
    for command in (vault.deposit, vault.mint):
        with pytest.raises(Closed) as refusal:
            command(100, OTHER, pot_of(10**9))
        assert (refusal.value.code, refusal.value.value) == ("worthless-vault", 1500)


def test_a_vault_worth_nothing_lets_nobody_burn_shares_for_nothing():
    vault = wiped_out()
    assert vault.max_redeem(HOLDER) == vault.max_withdraw(HOLDER) == 0
    for command in (vault.redeem, vault.withdraw):
        with pytest.raises(LimitReached, match="exit-gate"):
            command(100, Pot(), HOLDER, HOLDER)


def test_a_recovery_before_a_restart_is_the_holders():
    vault = wiped_out()
    vault.pot.amount = 3000
    assert vault.convert_to_assets(1000) == 1999
    assert vault.max_deposit(OTHER) > 0


class HighVault(Vault):
    """Worth something to those who enter also when it is empty."""

    def total_assets_high(self):
        return self.pot.amount or 500


def test_a_vault_with_a_high_value_left_is_neither_closed_nor_restarted():
    vault = HighVault(Pot())
    vault.deposit(1000, HOLDER, pot_of(1000))
    supply = vault.total_supply()
    vault.pot.amount = 0
    assert not vault.is_worthless()
    with pytest.raises(Closed):
        vault.restart()
    assert vault.deposit(501, OTHER, pot_of(501)) == supply + 1


@pytest.mark.parametrize("assets", [0, 1])
def test_a_vault_without_shares_or_with_assets_is_not_restarted(assets):
    vault = Vault(Pot())
    if assets:
        vault.deposit(1000, HOLDER, pot_of(1000))
        vault.pot.amount = assets
    before = vault.state()
    with pytest.raises(Closed) as refusal:
        vault.restart()
    assert (refusal.value.code, refusal.value.value) == ("not-worthless", assets)
    assert vault.state() == before


def test_a_restart_begins_a_series_from_no_shares_at_one_unit_each():
    vault = wiped_out()
    vault.restart()
    assert (vault.series, vault.total_supply()) == (2, 0)
    assert vault.deposit(700, OTHER, pot_of(700)) == 700
    assert (vault.balance_of(HOLDER), vault.balance_of(OTHER)) == (0, 700)
    assert vault.redeem(700, Pot(), OTHER, OTHER) == 700


def test_the_shares_of_a_closed_series_stay_on_record():
    vault = wiped_out()
    vault.restart()
    assert vault.past_balance_of(1, HOLDER) == 1000
    assert vault.past_balance_of(1, OTHER) == 500
    assert vault.past_balance_of(1, OPERATOR) == 0
    for series in (0, 2):
        with pytest.raises(OutOfRange):
            vault.past_balance_of(series, HOLDER)


def test_old_shares_have_no_part_in_what_the_new_series_earns():
    vault = wiped_out()
    vault.restart()
    vault.deposit(700, OTHER, pot_of(700))
    vault.pot.amount += 700
    assert vault.convert_to_assets(700) == 700 * 1401 // 701
    assert vault.max_redeem(HOLDER) == 0


def test_allowances_end_with_their_series_and_operators_stay():
    vault = wiped_out()
    vault.approve(400, OPERATOR, HOLDER)
    vault.set_operator(OPERATOR, True, HOLDER)
    vault.restart()
    assert vault.allowance(HOLDER, OPERATOR) == 0
    assert vault.is_operator(HOLDER, OPERATOR)


def test_pending_requests_are_void_at_zero_when_their_series_is_closed():
    vault = wiped_out(HOUR)
    void = vault.restart()
    assert [(c.request_id, c.controller, c.shares, c.assets) for c in void] == [(0, OTHER, 400, 0)]
    assert vault.pending_redeem_request(None, OTHER) == vault.escrowed() == 0
    assert vault.settle(10 * HOUR) == []
    assert vault.past_balance_of(1, HOLDER) == 700
    vault.audit()


def test_requests_of_the_new_series_are_settled_as_ever():
    vault = wiped_out(HOUR)
    vault.restart()
    vault.deposit(700, OTHER, pot_of(700))
    vault.request_redeem(700, OTHER, OTHER, OTHER, 0)
    assert [(c.shares, c.assets) for c in vault.settle(HOUR)] == [(700, 700)]


def test_what_was_settled_before_a_restart_is_still_claimed_in_full():
    vault = Vault(Pot(), HOUR)
    vault.deposit(1000, HOLDER, pot_of(1000))
    vault.request_redeem(300, HOLDER, HOLDER, HOLDER, 0)
    vault.settle(HOUR)
    vault.pot.pay(Pot(), 700)
    vault.restart()
    receiver = Pot()
    assert vault.claim_all(receiver, HOLDER, HOLDER) == receiver.amount == 300


def test_a_series_is_closed_as_often_as_it_must_be():
    vault = wiped_out()
    vault.restart()
    vault.deposit(20, OTHER, pot_of(20))
    once = vault.state()
    vault.pot.amount = 0
    vault.restart()
    assert vault.series == 3
    assert (vault.past_balance_of(1, OTHER), vault.past_balance_of(2, OTHER)) == (500, 20)
    assert vault.state() != once

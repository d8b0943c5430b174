"""ERC-7540: requests, gates and settlements of a vault with epochs of one hour."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holders import (
    FIRST,
    HOLDER,
    OPERATOR,
    OTHER,
    SECOND,
    START,
    STRANGER,
    THIRD,
    GatedVault,
    ask,
    gain,
    pot_of,
    vault_of,
)
from seawall.engine.errors import Closed, LimitReached, NotEnough, OutOfRange
from seawall.engine.fixed import HOUR, MAX_DOLLARS, MINUTE
from seawall.engine.pot import Pot
from seawall.engine.shares import UNLIMITED
from seawall.engine.vault import Vault


def lose(vault, assets):
    vault.pot.pay(Pot(), assets)


# The request


def test_a_request_takes_the_shares_from_their_owner_and_leaves_them_outstanding():
    vault = vault_of(holder=1000, other=500)
    assert ask(vault, HOLDER, 400) == FIRST
    assert vault.balance_of(HOLDER) == 600
    assert vault.escrowed() == vault.pending_redeem_request(FIRST, HOLDER) == 400
    assert (vault.total_supply(), vault.total_assets()) == (1500, 1500)
    assert vault.claimable_redeem_request(None, HOLDER) == 0
    vault.audit()


def test_the_request_id_is_the_number_of_the_running_epoch():
    vault = vault_of(holder=1000)
    assert ask(vault, HOLDER, 1, START) == FIRST
    assert ask(vault, HOLDER, 1, START + HOUR - 1) == FIRST
    assert ask(vault, HOLDER, 1, START + HOUR) == SECOND
    assert vault.pending_redeem_request(FIRST, HOLDER) == 2
    assert vault.pending_redeem_request(SECOND, HOLDER) == 1
    assert vault.pending_redeem_request(None, HOLDER) == 3
    assert vault.pending_redeem_request(None, OTHER) == 0
    assert vault.pending_redeem_request(2**70, HOLDER) == 0


def test_escrowed_shares_can_be_neither_moved_nor_requested_again():
    vault = vault_of(holder=1000)
    ask(vault, HOLDER, 700)
    with pytest.raises(NotEnough):
        vault.transfer(301, OTHER, HOLDER, HOLDER)
    with pytest.raises(NotEnough) as refusal:
        ask(vault, HOLDER, 301)
    assert (refusal.value.code, refusal.value.value, refusal.value.bound) == (
        "short-balance",
        301,
        300,
    )
    assert vault.max_request(HOLDER) == 300


@pytest.mark.parametrize("shares", [0, -1, MAX_DOLLARS + 1, 2**64])
def test_a_request_out_of_range_is_refused(shares):
    vault = vault_of(holder=1000)
    with pytest.raises(OutOfRange) as refusal:
        ask(vault, HOLDER, shares)
    assert refusal.value.value == shares


def test_the_previews_of_an_exit_are_refused_and_the_value_is_told_by_the_conversion():
    vault = vault_of(holder=1000)
    for preview in (vault.preview_redeem, vault.preview_withdraw):
        with pytest.raises(Closed) as refusal:
            preview(10)
        assert refusal.value.code == "exit-by-request"
    assert vault.convert_to_assets(10) == vault.convert_to_shares(10) == 10
    assert vault.preview_deposit(10) == vault.preview_mint(10) == 10


def test_shares_alone_are_not_claimable():
    vault = vault_of(holder=1000)
    assert vault.max_redeem(HOLDER) == vault.max_withdraw(HOLDER) == 0
    for command in (vault.redeem, vault.withdraw):
        with pytest.raises(NotEnough) as refusal:
            command(1, Pot(), HOLDER, HOLDER)
        assert refusal.value.code == "not-claimable"


def test_another_may_request_with_an_allowance_which_is_used_up():
    vault = vault_of(holder=1000)
    vault.approve(300, OTHER, HOLDER)
    vault.request_redeem(200, OTHER, HOLDER, OTHER, START)
    assert vault.allowance(HOLDER, OTHER) == 100
    assert vault.pending_redeem_request(FIRST, OTHER) == 200
    with pytest.raises(NotEnough) as refusal:
        vault.request_redeem(101, OTHER, HOLDER, OTHER, START)
    assert refusal.value.code == "short-allowance"


def test_an_unlimited_allowance_for_requests_stays():
    vault = vault_of(holder=1000)
    vault.approve(UNLIMITED, OTHER, HOLDER)
    vault.request_redeem(200, OTHER, HOLDER, OTHER, START)
    assert vault.allowance(HOLDER, OTHER) == UNLIMITED


def test_an_operator_requests_without_using_up_an_allowance():
    vault = vault_of(holder=1000)
    vault.approve(300, OPERATOR, HOLDER)
    vault.set_operator(OPERATOR, True, HOLDER)
    assert vault.is_operator(HOLDER, OPERATOR)
    assert not vault.is_operator(OPERATOR, HOLDER)
    vault.request_redeem(900, HOLDER, HOLDER, OPERATOR, START)
    assert vault.allowance(HOLDER, OPERATOR) == 300
    vault.set_operator(OPERATOR, False, HOLDER)
    with pytest.raises(NotEnough):
        vault.request_redeem(100, HOLDER, HOLDER, STRANGER, START)
    assert not vault.is_operator(HOLDER, OPERATOR)


def test_a_refused_request_leaves_no_trace():
    vault = vault_of(holder=1000)
    vault.approve(500, OTHER, HOLDER)
    vault.gate = 100
    before = vault.state()
    with pytest.raises(LimitReached):
        vault.request_redeem(400, OTHER, HOLDER, OTHER, START)
    assert vault.state() == before


# The gate


def test_the_gate_is_tested_at_the_request():
    vault = vault_of(holder=1000)
    vault.gate = 300
    assert vault.max_request(HOLDER) == 300
    with pytest.raises(LimitReached) as refusal:
        ask(vault, HOLDER, 301)
    assert (refusal.value.code, refusal.value.value, refusal.value.bound) == ("exit-gate", 301, 300)
    ask(vault, HOLDER, 300)


def test_what_is_pending_of_everybody_counts_against_the_gate():
    vault = vault_of(holder=1000, other=1000)
    vault.gate = 300
    ask(vault, HOLDER, 250)
    assert vault.max_request(OTHER) == 50
    with pytest.raises(LimitReached):
        ask(vault, OTHER, 51)
    ask(vault, OTHER, 50)
    assert vault.max_request(HOLDER) == vault.max_request(OTHER) == 0


def test_small_requests_do_not_slip_under_the_gate():
    vault = vault_of(holder=1000)
    vault.gate = 7
    for _ in range(7):
        ask(vault, HOLDER, 1)
    with pytest.raises(LimitReached):
        ask(vault, HOLDER, 1)


def test_the_gate_is_tested_again_at_the_settlement():
    vault = vault_of(holder=1000, other=1000)
    ask(vault, HOLDER, 800)
    ask(vault, OTHER, 200)
    vault.gate = 500
    settled = vault.settle(START + HOUR)
    assert [(c.controller, c.shares, c.assets) for c in settled] == [
        (HOLDER, 400, 400),
        (OTHER, 100, 100),
    ]
    assert vault.pending_redeem_request(FIRST, HOLDER) == 400
    assert vault.pending_redeem_request(FIRST, OTHER) == 100
    assert vault.claims.amount == 500


def test_what_the_gate_held_back_waits_for_the_next_epoch_and_keeps_its_id():
    vault = vault_of(holder=1000, other=1000)
    ask(vault, HOLDER, 800)
    vault.gate = 500
    vault.settle(START + HOUR)
    vault.gate = None
    assert vault.settle(START + HOUR + MINUTE) == []
    ask(vault, OTHER, 600, START + HOUR + MINUTE)
    gain(vault, 1500)
    price = (vault.total_assets() + 1, vault.total_supply() + 1)
    settled = vault.settle(START + 2 * HOUR)
    assert [(c.request_id, c.controller, c.shares) for c in settled] == [
        (FIRST, HOLDER, 300),
        (SECOND, OTHER, 600),
    ]
    assert [c.assets for c in settled] == [n * price[0] // price[1] for n in (300, 600)]
    assert vault.claimable_redeem_request(FIRST, HOLDER) == 800
    assert vault.escrowed() == 0


def test_a_request_added_after_a_partial_settlement_is_a_request_of_its_own():
    vault = vault_of(holder=1000)
    ask(vault, HOLDER, 800)
    vault.gate = 500
    vault.settle(START + HOUR)
    vault.gate = None
    ask(vault, HOLDER, 50, START + HOUR)
    assert vault.pending_redeem_request(FIRST, HOLDER) == 300
    assert vault.pending_redeem_request(SECOND, HOLDER) == 50


def test_a_closed_gate_lets_nothing_out_and_loses_nothing():
    vault = vault_of(holder=1000)
    ask(vault, HOLDER, 800)
    vault.gate = 0
    assert vault.settle(START + HOUR) == []
    assert vault.pending_redeem_request(FIRST, HOLDER) == 800
    vault.gate = None
    assert [c.shares for c in vault.settle(START + 2 * HOUR)] == [800]
    assert vault.handed_out == [(800, 800, 1000)]


# The settlement


def test_nothing_is_settled_before_the_epoch_is_over():
    vault = vault_of(holder=1000)
    ask(vault, HOLDER, 400, START + 5)
    before = vault.state()
    assert vault.settle(START + HOUR - 1) == []
    assert vault.state() == before
    assert [c.shares for c in vault.settle(START + HOUR)] == [400]


def test_only_the_epochs_that_are_over_are_settled():
    vault = vault_of(holder=1000)
    ask(vault, HOLDER, 400)
    ask(vault, HOLDER, 300, START + HOUR)
    assert [(c.request_id, c.shares) for c in vault.settle(START + HOUR)] == [(FIRST, 400)]
    assert vault.pending_redeem_request(None, HOLDER) == 300


def test_all_who_asked_in_an_epoch_get_one_price_whenever_they_asked():
    vault = vault_of(holder=900, other=900, third=900)
    ask(vault, HOLDER, 300)
    lose(vault, 900)
    ask(vault, OTHER, 300, START + MINUTE)
    gain(vault, 2000)
    ask(vault, THIRD, 300, START + 50 * MINUTE)
    lose(vault, 400)
    settled = vault.settle(START + HOUR)
    assert [c.assets for c in settled] == [300 * 3401 // 2701] * 3
    assert [c.controller for c in settled] == [HOLDER, OTHER, THIRD]


def test_escrowed_shares_bear_the_losses_until_the_settlement_and_none_after():
    vault = vault_of(holder=1000, other=1000)
    ask(vault, HOLDER, 1000)
    lose(vault, 500)
    vault.settle(START + HOUR)
    lose(vault, 700)
    assert vault.max_withdraw(HOLDER) == 750
    assert vault.convert_to_assets(1000) < 60


def test_the_money_leaves_in_one_payment_made_with_the_supply_before_the_burn():
    vault = vault_of(holder=1000, other=1000)
    ask(vault, HOLDER, 400)
    ask(vault, OTHER, 600)
    vault.settle(START + HOUR)
    assert vault.handed_out == [(1000, 1000, 2000)]
    assert vault.total_supply() == 1000


def test_requests_on_a_vault_worth_nothing_are_settled_at_zero():
    vault = vault_of(holder=1000, other=1000)
    ask(vault, HOLDER, 400)
    lose(vault, 2000)
    settled = vault.settle(START + HOUR)
    assert [(c.controller, c.shares, c.assets) for c in settled] == [(HOLDER, 400, 0)]
    assert (vault.escrowed(), vault.total_supply()) == (0, 1600)
    assert vault.max_redeem(HOLDER) == vault.max_withdraw(HOLDER) == 0
    assert vault.handed_out == [(0, 400, 2000)]
    vault.audit()


def test_a_vault_worth_nothing_takes_no_requests():
    vault = vault_of(holder=1000)
    lose(vault, 1000)
    assert vault.max_request(HOLDER) == 0
    with pytest.raises(LimitReached):
        ask(vault, HOLDER, 1)


class BoastfulVault(Vault):
    """Says that it is worth, and can pay out, more than there is."""

    def total_assets(self):
        return 1000


def test_a_vault_that_cannot_pay_a_settlement_keeps_all_as_it_was():
    vault = BoastfulVault(Pot(), HOUR)
    vault.mint(1000, HOLDER, pot_of(10**9))
    ask(vault, HOLDER, 400)
    before = vault.state()
    vault.pot.amount = 399
    with pytest.raises(NotEnough):
        vault.settle(START + HOUR)
    assert (vault.state(), vault.pot.amount, vault.claims.amount) == (before, 399, 0)


requests = st.lists(
    st.one_of(st.integers(1, 5), st.integers(1, 10**6), st.integers(1, 10**15)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=80, deadline=None)
@given(requests, st.integers(0, 10**16), st.data())
def test_behind_a_gate_everybody_gets_the_same_proportion_and_nobody_more(asked, assets, data):
    vault = GatedVault()
    vault.deposit(sum(asked) + data.draw(st.integers(0, 10**15)), HOLDER, pot_of(10**17))
    for account, shares in enumerate(asked):
        vault.request_redeem(shares, account, HOLDER, HOLDER, START)
    vault.pot.amount = assets
    vault.gate = data.draw(st.integers(0, assets))
    supply, worth = vault.total_supply(), vault.convert_to_assets(sum(asked))
    settled = {c.controller: c for c in vault.settle(START + HOUR)}
    out = sum(c.shares for c in settled.values())
    for account, shares in enumerate(asked):
        got = settled[account].shares if account in settled else 0
        assert got + vault.pending_redeem_request(FIRST, account) == shares
        if account in settled:
            assert settled[account].assets == got * (assets + 1) // (supply + 1)
        for other, others_shares in enumerate(asked):
            others = settled[other].shares if other in settled else 0
            assert got * others_shares < (others + 1) * shares
    assert vault.claims.amount <= max(vault.gate, 0)
    assert vault.claims.amount + vault.pot.amount == assets
    if worth <= vault.gate and (vault.gate or not assets):
        assert out == sum(asked)
    vault.audit()

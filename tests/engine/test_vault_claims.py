"""ERC-7540: what was settled waits to be claimed, whole or in parts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holders import FIRST, HOLDER, OPERATOR, OTHER, SECOND, START, STRANGER, ask, gain, vault_of
from seawall.engine.errors import Closed, NotEnough
from seawall.engine.fixed import HOUR
from seawall.engine.pot import Pot
from seawall.engine.shares import UNLIMITED


def settled_vault(shares=1000, assets=2501):
    """``shares`` of the holder settled for ``assets`` of the vault, nothing else outstanding."""
    vault = vault_of(holder=shares)
    ask(vault, HOLDER, shares)
    vault.pot.amount = assets
    vault.settle(START + HOUR)
    return vault


def test_a_settled_request_is_claimable_and_no_longer_pending():
    vault = settled_vault()
    assert vault.pending_redeem_request(FIRST, HOLDER) == 0
    assert vault.claimable_redeem_request(FIRST, HOLDER) == vault.max_redeem(HOLDER) == 1000
    assert vault.claimable_redeem_request(SECOND, HOLDER) == 0
    assert vault.claimable_redeem_request(2**70, HOLDER) == 0
    assert vault.max_withdraw(HOLDER) == vault.claims.amount == 1000 * 2502 // 1001
    assert vault.pots() == [vault.claims]


def test_nothing_is_pushed_to_anybody():
    vault = settled_vault()
    receiver = Pot()
    assert receiver.amount == 0
    assert vault.claim_all(receiver, HOLDER, HOLDER) == receiver.amount == 2499
    assert vault.claims.amount == 0
    with pytest.raises(NotEnough) as refusal:
        vault.claim_all(receiver, HOLDER, HOLDER)
    assert refusal.value.code == "nothing-to-claim"


def test_a_part_is_claimed_by_shares_rounded_down_and_the_rest_stays_whole():
    vault = settled_vault()
    receiver = Pot()
    assert vault.redeem(333, receiver, HOLDER, HOLDER) == 333 * 2499 // 1000
    assert vault.max_redeem(HOLDER) == 667
    assert vault.redeem(667, receiver, HOLDER, HOLDER) == 2499 - 333 * 2499 // 1000
    assert (receiver.amount, vault.claims.amount) == (2499, 0)


def test_a_part_is_claimed_by_assets_with_the_shares_rounded_up():
    vault = settled_vault()
    receiver = Pot()
    assert vault.withdraw(1000, receiver, HOLDER, HOLDER) == -(-1000 * 1000 // 2499)
    assert vault.max_withdraw(HOLDER) == 1499
    assert vault.withdraw(1499, receiver, HOLDER, HOLDER) == 1000 - 401
    assert (receiver.amount, vault.max_redeem(HOLDER)) == (2499, 0)


def test_assets_left_when_rounding_took_the_last_share_are_still_claimable():
    vault = settled_vault(1, 20)
    assert vault.max_withdraw(HOLDER) == 10
    assert vault.withdraw(4, Pot(), HOLDER, HOLDER) == 1
    assert (vault.max_redeem(HOLDER), vault.max_withdraw(HOLDER)) == (0, 6)
    assert vault.withdraw(1, Pot(), HOLDER, HOLDER) == 0
    assert vault.claim_all(Pot(), HOLDER, HOLDER) == 5
    vault.audit()


def twice_settled():
    """500 shares settled at one unit, then 500 at about three."""
    vault = vault_of(holder=1000, other=1)
    ask(vault, HOLDER, 500)
    vault.settle(START + HOUR)
    ask(vault, HOLDER, 500, START + HOUR)
    gain(vault, 1002)
    vault.settle(START + 2 * HOUR)
    assert vault.max_withdraw(HOLDER) == 500 + 1498
    return vault


def test_claims_are_served_oldest_first_each_at_its_own_price():
    vault = twice_settled()
    assert vault.redeem(600, Pot(), HOLDER, HOLDER) == 500 + 100 * 1498 // 500
    assert vault.claimable_redeem_request(FIRST, HOLDER) == 0
    assert vault.claimable_redeem_request(SECOND, HOLDER) == 400
    vault = twice_settled()
    assert vault.withdraw(200, Pot(), HOLDER, HOLDER) == 200
    assert vault.claimable_redeem_request(FIRST, HOLDER) == 300
    assert vault.withdraw(600, Pot(), HOLDER, HOLDER) == 300 + -(-300 * 500 // 1498)
    vault.audit()


@pytest.mark.parametrize("command", ["redeem", "withdraw"])
def test_nobody_claims_more_than_is_claimable(command):
    vault = settled_vault()
    before = vault.state()
    with pytest.raises(NotEnough) as refusal:
        getattr(vault, command)(2500, Pot(), HOLDER, HOLDER)
    assert refusal.value.value == 2500
    assert refusal.value.bound == (1000 if command == "redeem" else 2499)
    assert vault.state() == before


def test_only_the_controller_and_its_operator_claim():
    vault = settled_vault()
    vault.approve(UNLIMITED, STRANGER, HOLDER)
    for attempt in (
        lambda who: vault.redeem(1, Pot(), HOLDER, who),
        lambda who: vault.withdraw(1, Pot(), HOLDER, who),
        lambda who: vault.claim_all(Pot(), HOLDER, who),
    ):
        with pytest.raises(Closed) as refusal:
            attempt(STRANGER)
        assert refusal.value.code == "not-operator"
    vault.set_operator(OPERATOR, True, HOLDER)
    assert vault.redeem(10, Pot(), HOLDER, OPERATOR) == 24
    assert vault.withdraw(25, Pot(), HOLDER, OPERATOR) == 10
    assert vault.claim_all(Pot(), HOLDER, OPERATOR) == 2499 - 49


def test_the_controller_claims_what_the_owner_gave_up():
    vault = vault_of(holder=1000)
    vault.request_redeem(400, OTHER, HOLDER, HOLDER, START)
    vault.settle(START + HOUR)
    assert (vault.max_redeem(HOLDER), vault.max_redeem(OTHER)) == (0, 400)
    receiver = Pot()
    assert vault.claim_all(receiver, OTHER, OTHER) == receiver.amount == 400


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 10**6),
    st.integers(1, 10**9),
    st.lists(st.tuples(st.booleans(), st.floats(0.01, 1)), max_size=8),
)
def test_claiming_in_parts_pays_all_in_the_end(shares, assets, parts):
    vault = settled_vault(shares, assets)
    whole = vault.max_withdraw(HOLDER)
    receiver = Pot()
    for by_shares, part in parts:
        most = vault.max_redeem(HOLDER) if by_shares else vault.max_withdraw(HOLDER)
        if most:
            command = vault.redeem if by_shares else vault.withdraw
            command(max(1, int(most * part)), receiver, HOLDER, HOLDER)
    if vault.max_withdraw(HOLDER):
        vault.claim_all(receiver, HOLDER, HOLDER)
    assert receiver.amount == whole
    assert vault.max_redeem(HOLDER) == vault.claims.amount == 0

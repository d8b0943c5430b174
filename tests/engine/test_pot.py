"""Money moves between pots; it is never made or lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.engine.errors import BrokenBooks, NotEnough, OutOfRange
from seawall.engine.fixed import MAX_DOLLARS
from seawall.engine.pot import Pot, Treasury

DOLLARS, ETHER = 0, 1


@pytest.fixture
def treasury() -> Treasury:
    house = Treasury()
    house.register("USD", 6)
    house.register("ETH")
    return house


def filled(treasury: Treasury, amount: int, token: int = DOLLARS) -> Pot:
    pot = Pot(token, False)
    treasury.mint(pot, amount)
    return pot


def test_a_payment_takes_from_one_pot_what_it_gives_to_the_other(treasury: Treasury) -> None:
    payer, payee = filled(treasury, 100), filled(treasury, 7)
    payer.pay(payee, 60)
    assert (payer.amount, payee.amount) == (40, 67)


def test_a_pot_may_pay_all_it_holds_and_nothing_more(treasury: Treasury) -> None:
    payer, payee = filled(treasury, 100), Pot()
    payer.pay(payee, 100)
    with pytest.raises(NotEnough) as refusal:
        payer.pay(payee, 1)
    assert (refusal.value.code, refusal.value.value, refusal.value.bound) == ("overdraft", 1, 0)
    assert (payer.amount, payee.amount) == (0, 100)


def test_a_clearing_pot_may_owe(treasury: Treasury) -> None:
    clearing, trader = Pot(DOLLARS, True), filled(treasury, 5)
    clearing.pay(trader, 30)
    assert (clearing.amount, trader.amount) == (-30, 35)
    treasury.audit([clearing, trader])


@pytest.mark.parametrize("may_owe", [False, True])
def test_a_negative_payment_is_a_fault_and_moves_nothing(treasury: Treasury, may_owe: bool) -> None:
    payer, payee = Pot(DOLLARS, may_owe), filled(treasury, 10)
    with pytest.raises(BrokenBooks, match="never negative"):
        payer.pay(payee, -1)
    assert (payer.amount, payee.amount) == (0, 10)


@pytest.mark.parametrize("may_owe", [False, True])
def test_two_tokens_never_mix(treasury: Treasury, may_owe: bool) -> None:
    dollars, ether = Pot(DOLLARS, may_owe), filled(treasury, 10, ETHER)
    with pytest.raises(BrokenBooks, match="token"):
        dollars.pay(ether, 0)
    with pytest.raises(BrokenBooks, match="token"):
        ether.pay(dollars, 1)
    assert (dollars.amount, ether.amount) == (0, 10)


def test_paying_oneself_changes_nothing(treasury: Treasury) -> None:
    pot = filled(treasury, 10)
    pot.pay(pot, 10)
    assert pot.amount == 10
    treasury.audit([pot])


def test_a_token_keeps_the_index_it_was_first_given(treasury: Treasury) -> None:
    assert treasury.register("USD", 6) == DOLLARS
    assert treasury.register("ETH") == ETHER
    assert treasury.register("BTC") == 2
    assert treasury.tokens == ["USD", "ETH", "BTC"]


def test_deposits_less_withdrawals_are_what_the_pots_hold(treasury: Treasury) -> None:
    pot = filled(treasury, 100)
    treasury.burn(pot, 30)
    assert (treasury.minted(DOLLARS), treasury.burned(DOLLARS)) == (100, 30)
    assert treasury.outstanding(DOLLARS) == pot.amount == 70
    assert treasury.outstanding(ETHER) == 0


def test_nobody_withdraws_more_than_the_pot_holds(treasury: Treasury) -> None:
    pot = filled(treasury, 10)
    with pytest.raises(NotEnough) as refusal:
        treasury.burn(pot, 11)
    assert (refusal.value.code, refusal.value.value, refusal.value.bound) == ("overdraft", 11, 10)
    assert (pot.amount, treasury.burned(DOLLARS)) == (10, 0)


def test_a_clearing_pot_that_may_owe_still_cannot_withdraw(treasury: Treasury) -> None:
    with pytest.raises(NotEnough):
        treasury.burn(Pot(DOLLARS, True), 1)


@pytest.mark.parametrize("amount", [-1, -(10**18)])
def test_a_negative_deposit_or_withdrawal_is_a_fault(treasury: Treasury, amount: int) -> None:
    pot = filled(treasury, 10)
    with pytest.raises(BrokenBooks, match="deposit"):
        treasury.mint(pot, amount)
    with pytest.raises(BrokenBooks, match="withdrawal"):
        treasury.burn(pot, amount)
    assert (pot.amount, treasury.minted(DOLLARS), treasury.burned(DOLLARS)) == (10, 10, 0)


def test_the_ledger_holds_no_more_than_its_bound_of_one_token(treasury: Treasury) -> None:
    first = filled(treasury, MAX_DOLLARS - 5)
    second = Pot()
    with pytest.raises(OutOfRange) as refusal:
        treasury.mint(second, 6)
    assert (refusal.value.code, refusal.value.value, refusal.value.bound) == (
        "deposit-too-large",
        6,
        5,
    )
    assert (second.amount, treasury.outstanding(DOLLARS)) == (0, MAX_DOLLARS - 5)
    treasury.mint(second, 5)
    treasury.audit([first, second])


def test_a_withdrawal_makes_room_for_a_deposit(treasury: Treasury) -> None:
    pot = filled(treasury, MAX_DOLLARS)
    treasury.burn(pot, 1)
    treasury.mint(pot, 1)
    assert pot.amount == MAX_DOLLARS
    assert treasury.minted(DOLLARS) == MAX_DOLLARS + 1


def test_each_token_has_a_bound_of_its_own(treasury: Treasury) -> None:
    filled(treasury, MAX_DOLLARS, DOLLARS)
    assert filled(treasury, MAX_DOLLARS, ETHER).amount == MAX_DOLLARS


@pytest.mark.parametrize("missing", [1, -1])
def test_the_audit_finds_a_single_unit(treasury: Treasury, missing: int) -> None:
    pot, other = filled(treasury, 100), filled(treasury, 50, ETHER)
    treasury.audit([pot, other])
    pot.amount -= missing
    with pytest.raises(BrokenBooks, match="USD"):
        treasury.audit([pot, other])


def test_the_audit_finds_a_pot_that_was_left_out(treasury: Treasury) -> None:
    pot, _forgotten = filled(treasury, 100), filled(treasury, 50, ETHER)
    with pytest.raises(BrokenBooks, match="ETH"):
        treasury.audit([pot])


steps = st.lists(
    st.tuples(
        st.sampled_from(["mint", "burn", "pay"]),
        st.integers(0, 3),
        st.integers(0, 3),
        st.integers(0, 1000),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_no_sequence_of_moves_makes_or_loses_money(moves: list[tuple[str, int, int, int]]) -> None:
    treasury = Treasury()
    treasury.register("USD", 6)
    treasury.register("ETH")
    pots = [Pot(DOLLARS, False), Pot(DOLLARS, True), Pot(ETHER, False), Pot(ETHER, False)]
    for kind, one, two, amount in moves:
        before = [pot.amount for pot in pots]
        try:
            if kind == "mint":
                treasury.mint(pots[one], amount)
            elif kind == "burn":
                treasury.burn(pots[one], amount)
            else:
                pots[one].pay(pots[two], amount)
        except (NotEnough, BrokenBooks):
            assert [pot.amount for pot in pots] == before
        treasury.audit(pots)
    assert all(pot.amount >= 0 for pot in pots if not pot.may_owe)

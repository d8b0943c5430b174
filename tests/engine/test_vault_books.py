"""The books of a vault with epochs add up after every action."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from holders import HOLDER, OPERATOR, OTHER, START, THIRD, GatedVault, ask, pot_of, vault_of
from seawall.engine.errors import BrokenBooks, LimitReached, NotEnough, Refusal
from seawall.engine.fixed import DAY, HOUR
from seawall.engine.pot import Pot, Treasury
from seawall.engine.vault import Vault


def test_the_state_tells_requests_claims_and_operators():
    vault = vault_of(holder=1000, other=1000)
    seen = [vault.state()]
    ask(vault, HOLDER, 400)
    seen.append(vault.state())
    vault.settle(START + HOUR)
    seen.append(vault.state())
    vault.redeem(1, Pot(), HOLDER, HOLDER)
    seen.append(vault.state())
    vault.set_operator(OPERATOR, True, HOLDER)
    seen.append(vault.state())
    assert len({tuple(state) for state in seen}) == len(seen)


def test_claims_and_old_series_are_told_in_one_order_whoever_came_first():
    def lived(accounts):
        vault = Vault(Pot(), HOUR)
        for account in accounts:
            vault.deposit(100 + account, account, pot_of(1000))
        for account in accounts:
            ask(vault, account, 10)
        vault.settle(START + HOUR)
        vault.pot.amount = 0
        vault.restart()
        return vault.state()

    assert lived([HOLDER, OTHER, THIRD]) == lived([THIRD, HOLDER, OTHER])
    assert lived([HOLDER, OTHER, THIRD]) != lived([HOLDER, OTHER, OPERATOR])


@pytest.mark.parametrize("fault", ["claims", "escrow", "balance"])
def test_the_audit_finds_a_unit_out_of_place(fault):
    vault = vault_of(holder=1000)
    ask(vault, HOLDER, 400)
    vault.audit()
    if fault == "claims":
        vault.claims.amount += 1
    elif fault == "escrow":
        vault._move_to_escrow(HOLDER, 1)
    else:
        vault._add(HOLDER, 1)
    with pytest.raises(BrokenBooks):
        vault.audit()


ACCOUNTS = [HOLDER, OTHER, THIRD]

requests_of_some = st.lists(
    st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS), st.integers(1, 4)),
    min_size=1,
    max_size=4,
)


class Books(RuleBasedStateMachine):
    """Any sequence of actions, gains, losses and gates: shares and money add up after each."""

    @initialize(stakes=st.tuples(*[st.integers(1, 10**6)] * 3))
    def open(self, stakes):
        self.now = START
        self.vault = GatedVault(DAY)
        self.world = Pot()
        self.treasury = Treasury()
        self.treasury.register("USD")
        self.treasury.mint(self.world, 10**15)
        for who, shares in zip(ACCOUNTS, stakes, strict=True):
            self.vault.deposit(shares, who, self.world)
        self.price = (1, 1)
        self.lossy = False

    def amount(self, data, most):
        return data.draw(st.one_of(st.just(most), st.integers(1, most)))

    @rule(who=st.sampled_from(ACCOUNTS), data=st.data())
    def deposit(self, who, data):
        most = min(self.vault.max_deposit(who), 10**9)
        if most:
            assets = data.draw(st.integers(1, most))
            preview = self.vault.preview_deposit(assets)
            if preview:
                assert self.vault.deposit(assets, who, self.world) == preview

    @rule(who=st.sampled_from(ACCOUNTS), data=st.data())
    def mint(self, who, data):
        most = min(self.vault.max_mint(who), 10**9)
        if most and self.vault.preview_mint(most) <= 10**12:
            self.vault.mint(self.amount(data, most), who, self.world)

    @rule(giver=st.sampled_from(ACCOUNTS), taker=st.sampled_from(ACCOUNTS), data=st.data())
    def transfer(self, giver, taker, data):
        shares = data.draw(st.integers(0, self.vault.balance_of(giver)))
        self.vault.transfer(shares, taker, giver, giver)

    def ask_for(self, asks):
        """Requests of a quarter to all of what each may ask for."""
        for who, controller, quarters in asks:
            shares = self.vault.max_request(who) * quarters // 4
            if shares:
                self.vault.request_redeem(shares, controller, who, who, self.now)

    @rule(asks=requests_of_some)
    def request(self, asks):
        self.ask_for(asks)

    @rule(who=st.sampled_from(ACCOUNTS))
    def request_one_too_many(self, who):
        before = self.vault.state()
        with pytest.raises((NotEnough, LimitReached)):
            ask(self.vault, who, self.vault.max_request(who) + 1, self.now)
        assert self.vault.state() == before

    @rule(asks=requests_of_some, hours=st.integers(12, 40), tightened=st.integers(1, 5))
    def let_an_epoch_pass(self, asks, hours, tightened):
        self.ask_for(asks)
        if tightened < 5:
            self.vault.gate = self.vault.convert_to_assets(self.vault.escrowed()) * tightened // 4
        self.now += hours * HOUR
        pending = self.vault.escrowed()
        cash, limit = self.vault.claims.amount, self.vault.exit_limit()
        settled = self.vault.settle(self.now)
        assert self.vault.escrowed() == pending - sum(claim.shares for claim in settled)
        paid = self.vault.claims.amount - cash
        assert paid == sum(claim.assets for claim in settled) <= limit

    @rule(who=st.sampled_from(ACCOUNTS), data=st.data(), by_shares=st.booleans())
    def claim(self, who, data, by_shares):
        vault, cash = self.vault, self.world.amount
        if by_shares and vault.max_redeem(who):
            shares = self.amount(data, vault.max_redeem(who))
            assert vault.redeem(shares, self.world, who, who) == self.world.amount - cash
        elif vault.max_withdraw(who):
            assets = self.amount(data, vault.max_withdraw(who))
            vault.withdraw(assets, self.world, who, who)
            assert self.world.amount == cash + assets

    @rule(part=st.sampled_from([None, None, 0, 1, 3, 10]))
    def set_gate(self, part):
        self.vault.gate = None if part is None else self.vault.pot.amount * part // 20

    @rule(assets=st.integers(1, 10**9))
    def gain(self, assets):
        self.world.pay(self.vault.pot, assets)

    @rule(part=st.sampled_from([3, 4, 5, 30, 100]), all_of_it=st.integers(0, 9))
    def lose(self, part, all_of_it):
        cash = self.vault.pot.amount
        self.vault.pot.pay(self.world, cash if all_of_it == 9 else cash // part)
        self.lossy = True

    @precondition(lambda self: self.vault.is_worthless())
    @rule(who=st.sampled_from(ACCOUNTS))
    def restart(self, who):
        for entry in (self.vault.deposit, self.vault.mint):
            with pytest.raises(Refusal):
                entry(1, who, self.world)
        self.vault.restart()
        assert self.vault.total_supply() == 0

    @invariant()
    def shares_add_up(self):
        vault = self.vault
        vault.audit()
        held = sum(vault.balance_of(account) for account in ACCOUNTS)
        pending = sum(vault.pending_redeem_request(None, account) for account in ACCOUNTS)
        assert held + pending == vault.total_supply()
        assert pending == vault.escrowed()

    @invariant()
    def money_adds_up(self):
        vault = self.vault
        self.treasury.audit([self.world, vault.pot, *vault.pots()])
        assert sum(vault.max_withdraw(account) for account in ACCOUNTS) == vault.claims.amount

    @invariant()
    def no_action_of_a_holder_lowers_the_price_of_the_others(self):
        assets, shares = self.vault.total_assets() + 1, self.vault.total_supply() + 1
        if not self.lossy and shares > 1:
            assert assets * self.price[1] >= self.price[0] * shares
        self.price = (assets, shares)
        self.lossy = False


Books.TestCase.settings = settings(max_examples=40, stateful_step_count=60, deadline=None)
TestBooks = Books.TestCase

"""Two vaults, one loss order: what shares cost, what they pay, and when (LAY-VAL)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roles import DAY, HOUR, SECOND, START, Stage, ceil_div, dollars, price, tokens
from seawall.engine.designs.layered import Params
from seawall.engine.errors import NotEnough, Unknown
from seawall.engine.events import Settled, VaultFlow

STILL = Params(move_fee=0, funding_max=0, utilisation_low=0, utilisation_high=0, coupon_base=0,
               coupon_slope=0)  # fmt: skip


def until(stage: Stage, moment: int) -> None:
    """Advance to a moment, with a fresh price at its end."""
    stage.tick(seconds=(moment - stage.now) / SECOND)


def flows(stage: Stage) -> list[VaultFlow]:
    return stage.happened(VaultFlow)


def shares_of(stage: Stage, vault: str, account: int) -> int:
    return int(getattr(stage.market, vault).balance_of(account))


# values


def test_junior_loses_first_and_gains_last():
    """LAY-VAL-1: a trader's unrealised profit comes out of junior, beyond it out of senior."""
    stage = Stage(senior=100_000, junior=40_000, params=Params(move_fee=0, cover_floor=0))
    winner = stage.trader(100_000)
    stage.fill(winner, 50, 90_000)
    stage.walk_to(2500)
    pool = stage.pool()
    assert pool.U == dollars(25_000)
    assert stage.market.vault("junior").assets == pool.C - pool.U - pool.K
    assert stage.market.vault("senior").assets == pool.K
    stage.walk_to(3000)
    pool = stage.pool()
    assert stage.market.vault("junior").assets == 0
    assert stage.market.vault("senior").assets == pool.C - pool.U < pool.K


def test_traders_losses_are_nobodys_before_they_are_realised():
    """LAY-VAL-1, LAY-VAL-2: who leaves is priced without them, who enters pays for them."""
    stage = Stage(params=STILL)
    stage.fill(stage.trader(1_000_000), 1000, 500_000)
    stage.tick(1900)
    junior = stage.market.vault("junior")
    assert junior.assets == dollars(4_000_000)
    assert junior.assets_high == dollars(4_100_000)
    shares = junior.shares
    entrant = stage.depositor("junior", 1_000)
    expected = dollars(1_000) * (shares + 1) // (dollars(4_100_000) + 1)
    assert shares_of(stage, "junior", entrant) == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 10**13), min_size=1, max_size=4), st.booleans())
def test_a_deposit_mints_by_the_formula_of_the_standard(amounts, is_senior):
    """LAY-VAL-2, LAY-VAL-3: one virtual share, one virtual asset; K and C grow by the deposit."""
    stage = Stage(params=STILL)
    vault = "senior" if is_senior else "junior"
    for amount in amounts:
        before, pool = stage.market.vault(vault), stage.pool()
        if amount > before.entry_limit:
            continue
        depositor = stage.account()
        stage.venue.deposit(depositor, amount)
        minted = stage.venue.supply("ETH", vault, depositor, amount)
        assert minted == amount * (before.shares + 1) // (before.assets_high + 1)
        assert stage.pool().C == pool.C + amount
        assert stage.pool().K == pool.K + (amount if is_senior else 0)
        assert stage.wallet(depositor) == 0
    stage.venue.audit()


@settings(max_examples=40, deadline=None)
@given(
    st.integers(tokens("0.01"), tokens(30)), st.integers(tokens("0.01"), tokens(30)),
    st.integers(price(1700), price(2300)),
)  # fmt: skip
def test_the_traders_result_is_rounded_up_once(longs, shorts, mark):
    """LAY-VAL-1: U = ceil((L - S) * P) - E_L + E_S; the vaults are worth C less it."""
    stage = Stage(at="1999.9999999999", params=STILL)
    long, short = stage.trader(100_000), stage.trader(100_000)
    stage.venue.place("ETH", long, longs, dollars(90_000))
    stage.venue.place("ETH", short, -shorts, dollars(90_000))
    stage.tick()
    entries = stage.position(long).entry - stage.position(short).entry
    stage.at = mark
    stage.tick()
    owed = ceil_div((longs - shorts) * mark, 10**12) - entries
    pool = stage.pool()
    assert pool.U == owed
    assert stage.market.vault("junior").assets == pool.C - max(owed, 0) - pool.K
    assert stage.market.vault("junior").assets_high == pool.C - owed - pool.K


def test_the_first_share_costs_one_unit():
    """LAY-VAL-2: the virtual share makes inflating the price a loss to the attacker."""
    stage = Stage(senior=0, junior=0)
    attacker = stage.attacker(1_000_000)
    assert stage.venue.supply("ETH", "junior", attacker, 1) == 1
    victim = stage.account(1_000)
    assert stage.venue.supply("ETH", "junior", victim, dollars(1_000)) == dollars(1_000)


def test_unknown_vaults_are_named():
    stage = Stage()
    holder = stage.account(1_000)
    for act in (
        lambda: stage.venue.supply("ETH", "mezzanine", holder, 1),
        lambda: stage.venue.request_redeem("ETH", "mezzanine", holder, 1),
        lambda: stage.venue.claim("ETH", "mezzanine", holder),
        lambda: stage.market.vault("mezzanine"),
        lambda: stage.market.restart_vault("mezzanine"),
    ):
        with stage.refuses("unknown-vault", Unknown):
            act()


# exits


@pytest.mark.parametrize(("vault", "epoch"), [("senior", HOUR), ("junior", DAY)])
def test_an_exit_is_requested_priced_at_the_end_of_its_epoch_and_claimed(vault, epoch):
    """LAY-VAL-4: an hour for senior, a day for junior, counted from midnight."""
    stage = Stage(params=STILL)
    holder = stage.depositor(vault, 1_000)
    shares = shares_of(stage, vault, holder)
    stage.tick(seconds=600)
    assert stage.venue.request_redeem("ETH", vault, holder, shares) == START // epoch
    assert shares_of(stage, vault, holder) == 0
    assert stage.market.vault(vault).pending == shares
    stage.forget()
    until(stage, START + epoch - 1)
    assert flows(stage) == []
    with stage.refuses("nothing-to-claim", NotEnough):
        stage.venue.claim("ETH", vault, holder)
    until(stage, START + epoch)
    paid = flows(stage)
    assert [(flow.vault, flow.account, flow.shares) for flow in paid] == [(vault, -1, -shares)]
    assert stage.market.vault(vault).claimable == -paid[0].assets
    assert stage.venue.claim("ETH", vault, holder) == -paid[0].assets
    assert stage.wallet(holder) == -paid[0].assets
    assert dollars(1_000) - 1 <= stage.wallet(holder) <= dollars(1_000)
    with stage.refuses("nothing-to-claim", NotEnough):
        stage.venue.claim("ETH", vault, holder)
    stage.venue.audit()


def test_all_requests_of_an_epoch_get_one_price():
    """LAY-VAL-4: early or late in the day, before or after a loss: the price of its end."""
    stage = Stage(params=STILL)
    early, late = stage.depositor("junior", 50_000), stage.depositor("junior", 50_000)
    stage.venue.request_redeem("ETH", "junior", early, dollars(10_000))
    winner = stage.trader(1_000_000)
    stage.fill(winner, 1000, 900_000)
    stage.walk_to(2200)
    stage.fill(winner, -1000)
    stage.venue.request_redeem("ETH", "junior", late, dollars(10_000))
    until(stage, START + DAY)
    paid = stage.venue.claim("ETH", "junior", early)
    assert paid == stage.venue.claim("ETH", "junior", late)
    assert paid < dollars(9_600)


def test_a_requested_share_stays_at_risk():
    """LAY-VAL-4: the loss after the request is borne by the requester as well."""
    stage = Stage(senior=100_000, junior=40_000, params=STILL)
    holder = stage.depositor("junior", 10_000)
    stage.venue.request_redeem("ETH", "junior", holder, dollars(5_000))
    winner = stage.trader(100_000)
    stage.fill(winner, 40, 90_000)
    stage.walk_to(2500)
    stage.fill(winner, -40)
    until(stage, START + DAY)
    assert stage.venue.claim("ETH", "junior", holder) < dollars(3_200)


def test_a_request_belongs_to_the_epoch_in_which_it_is_made():
    """LAY-VAL-4: asked in the second hour, paid after the second hour."""
    stage = Stage(params=STILL)
    until(stage, START + HOUR)
    stage.venue.request_redeem("ETH", "senior", stage.senior, dollars(1_000))
    until(stage, START + 2 * HOUR - 1)
    assert stage.market.vault("senior").claimable == 0
    until(stage, START + 2 * HOUR)
    assert stage.market.vault("senior").claimable == dollars(1_000)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, dollars(500_000)), min_size=1, max_size=4))
def test_a_senior_exit_takes_its_part_of_the_claim_rounded_up(requests):
    """LAY-VAL-5: K falls by ceil(K * s / supply) and by no less than what is paid."""
    stage = Stage(params=STILL)
    stage.fill(stage.trader(5_000_000), 2000, 4_000_000)
    stage.to_minute()
    for shares in requests:
        stage.venue.request_redeem("ETH", "senior", stage.senior, shares)
    pool, supply = stage.pool(), stage.market.vault("senior").shares
    assert pool.K > supply
    stage.forget()
    stage.tick(seconds=3_600 - 61)
    asked = sum(requests)
    flow = flows(stage)[0]
    assert flow.shares == -asked
    assert pool.K - stage.pool().K == ceil_div(pool.K * asked, supply) >= -flow.assets
    income = sum(settled.to_junior for settled in stage.happened(Settled))
    assert stage.pool().C == pool.C + flow.assets + income


def test_senior_is_settled_before_junior():
    """LAY-VAL-4: at midnight both epochs end."""
    stage = Stage(params=STILL)
    until(stage, START + DAY - HOUR)
    stage.venue.request_redeem("ETH", "junior", stage.junior, dollars(100))
    stage.venue.request_redeem("ETH", "senior", stage.senior, dollars(100))
    stage.forget()
    until(stage, START + DAY)
    assert [flow.vault for flow in flows(stage)] == ["senior", "junior"]


def test_nobody_redeems_shares_of_others():
    """LAY-VAL-4."""
    stage = Stage()
    attacker = stage.attacker(1_000)
    with stage.refuses("short-balance", NotEnough):
        stage.venue.request_redeem("ETH", "senior", attacker, 1)
    with stage.refuses("short-balance", NotEnough):
        stage.venue.request_redeem("ETH", "senior", stage.senior, dollars(10_000_000) + 1)

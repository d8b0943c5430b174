"""Who may enter a vault, who may leave it, and when neither (LAY-GATE)."""

import pytest

from roles import DAY, HOUR, SECOND, START, Stage, ceil_div, dollars, rate, tokens
from seawall.engine.designs.layered import Params
from seawall.engine.errors import Closed, LimitReached
from seawall.engine.events import VaultFlow

STILL = Params(move_fee=0, funding_max=0, utilisation_low=0, utilisation_high=0, coupon_base=0,
               coupon_slope=0, half_spread=0, fee_adding=0, fee_reducing=0)  # fmt: skip
STILL_BARE = Params(move_fee=0, funding_max=0, utilisation_low=0, utilisation_high=0,
                    coupon_base=0, coupon_slope=0, half_spread=0, fee_adding=0, fee_reducing=0,
                    cover_floor=0, side_cap=rate(2))  # fmt: skip


def until(stage: Stage, moment: int) -> None:
    stage.tick(seconds=(moment - stage.now) / SECOND)


def shares_of(stage: Stage, vault: str, account: int) -> int:
    return int(getattr(stage.market, vault).balance_of(account))


# leaving


def test_an_exit_leaves_nine_tenths_of_the_depth_above_the_inventory():
    """LAY-GATE-1: y = 9 M needs 10 M: of 14 M four may leave."""
    stage = Stage(params=STILL)
    stage.fill(stage.trader(9_000_000), 4500, 8_000_000)
    assert stage.market.vault("senior").exit_limit == dollars(4_000_000)
    with stage.refuses("exit-gate", LimitReached):
        stage.venue.request_redeem("ETH", "senior", stage.senior, dollars(4_000_000) + 1)
    stage.venue.request_redeem("ETH", "senior", stage.senior, dollars(4_000_000))
    until(stage, START + HOUR)
    assert stage.venue.claim("ETH", "senior", stage.senior) == dollars(4_000_000)
    depth = stage.market.depth()[-1].sell - stage.market.desk.used()
    assert stage.market.desk.used() <= depth * 9 // 10 + 1
    assert stage.market.vault("senior").exit_limit == 0


def test_an_odd_inventory_keeps_a_little_more_than_its_part():
    """LAY-GATE-1: at most senior + junior - ceil(y / floor(g * u_max))."""
    stage = Stage(at="1999.99999", params=STILL)
    stage.fill(stage.trader(9_000_000), "4500.12345678", 8_000_000)
    y = tokens("4500.12345678") * stage.at // 10**12
    spare = dollars(14_000_000) - ceil_div(y * 10**12, rate("0.9"))
    assert stage.market.vault("senior").exit_limit == spare
    assert stage.market.vault("junior").exit_limit == min(spare, dollars(3_000_000))


def test_a_junior_exit_leaves_a_tenth_of_the_claim():
    """LAY-GATE-2: three of four million may leave, one protects ten."""
    stage = Stage(params=STILL)
    assert stage.market.vault("junior").exit_limit == dollars(3_000_000)
    with stage.refuses("exit-gate", LimitReached):
        stage.venue.request_redeem("ETH", "junior", stage.junior, dollars(3_000_000) + 1)
    stage.venue.request_redeem("ETH", "junior", stage.junior, dollars(3_000_000))
    until(stage, START + DAY)
    assert stage.venue.claim("ETH", "junior", stage.junior) == dollars(3_000_000)
    assert stage.pool().junior * 10 >= stage.pool().K


def test_pending_shares_count_against_the_gate():
    """LAY-GATE-5: what others have asked for is spoken for."""
    stage = Stage(params=STILL)
    second = stage.depositor("junior", 500_000)
    stage.venue.request_redeem("ETH", "junior", stage.junior, dollars(3_400_000))
    with stage.refuses("exit-gate", LimitReached):
        stage.venue.request_redeem("ETH", "junior", second, dollars(100_000) + 1)
    stage.venue.request_redeem("ETH", "junior", second, dollars(100_000))


def test_what_the_gate_lets_out_is_shared_in_proportion_and_the_rest_waits():
    """LAY-GATE-5: half of what was asked for; the rest leaves when the inventory is gone."""
    stage = Stage(params=STILL)
    other = stage.depositor("junior", 1_000_000)
    stage.venue.request_redeem("ETH", "junior", stage.junior, dollars(3_000_000))
    stage.venue.request_redeem("ETH", "junior", other, dollars(1_000_000))
    whale = stage.trader(11_000_000)
    stage.fill(whale, 5850, 10_000_000)
    assert stage.market.vault("junior").exit_limit == dollars(2_000_000)
    stage.forget()
    until(stage, START + DAY)
    let_out = -stage.happened(VaultFlow)[0].shares
    limit = dollars(2_000_000)
    assert limit - 4 <= let_out <= limit + 2
    first = stage.venue.claim("ETH", "junior", stage.junior)
    second = stage.venue.claim("ETH", "junior", other)
    assert abs(first - 3 * second) <= 6
    assert first + second <= limit
    assert stage.market.vault("junior").pending == dollars(4_000_000) - let_out
    stage.fill(whale, -5850)
    until(stage, START + 2 * DAY)
    assert stage.market.vault("junior").pending == 0
    stage.venue.claim("ETH", "junior", other)
    assert stage.wallet(other) >= dollars(1_000_000) - 3
    stage.venue.audit()


# entering


def test_a_senior_deposit_leaves_junior_a_fifth_of_the_claim():
    """LAY-GATE-3: four million protect twenty, ten more may come."""
    stage = Stage(params=STILL)
    rich = stage.account(30_000_000)
    assert stage.market.vault("senior").entry_limit == dollars(10_000_000)
    with stage.refuses("entry-gate", LimitReached):
        stage.venue.supply("ETH", "senior", rich, dollars(10_000_000) + 1)
    stage.venue.supply("ETH", "senior", rich, dollars(10_000_000))
    with stage.refuses("entry-gate", LimitReached):
        stage.venue.supply("ETH", "senior", rich, 1)


def test_a_vault_holds_at_most_a_billion():
    """LAY-GATE-3."""
    stage = Stage(params=STILL, senior=0, junior=999_999_999)
    rich = stage.account(3_000_000_000)
    with stage.refuses("entry-gate", LimitReached):
        stage.venue.supply("ETH", "junior", rich, dollars(1) + 1)
    stage.venue.supply("ETH", "junior", rich, dollars(1))
    with stage.refuses("entry-gate", LimitReached):
        stage.venue.supply("ETH", "senior", rich, dollars(1_000_000_000) + 1)
    stage.venue.supply("ETH", "senior", rich, dollars(1_000_000_000))


def impaired(stage: Stage) -> int:
    """A winner whose unrealised profit has eaten junior and a part of senior."""
    winner = stage.trader(500_000)
    stage.fill(winner, 50, 450_000)
    stage.walk_to(3200)
    assert stage.pool().low < stage.pool().K
    return winner


@pytest.mark.parametrize("vault", ["senior", "junior"])
def test_both_vaults_are_closed_while_senior_is_short(vault):
    """LAY-GATE-4: the cash has left with a winner, what losers owe is not there yet."""
    stage = Stage(senior=100_000, junior=40_000, params=STILL_BARE)
    winner, loser = stage.trader(200_000), stage.trader(500_000)
    stage.fill(winner, 39, 150_000)
    stage.fill(loser, -39, 450_000)
    stage.walk_to(3500)
    stage.fill(winner, -39)
    assert stage.pool().low < stage.pool().K < stage.pool().high
    entrant = stage.account(1_000)
    with stage.refuses("entry-gate", LimitReached):
        stage.venue.supply("ETH", vault, entrant, dollars(1_000))
    assert stage.market.vault(vault).entry_limit == 0


@pytest.mark.parametrize("vault", ["senior", "junior"])
def test_both_vaults_are_closed_while_insurance_is_owed(vault):
    """LAY-GATE-4: within the minute of a recovery, before insurance has its money back."""
    stage = Stage(senior=100_000, junior=40_000, params=STILL_BARE)
    stage.venue.treasury.mint(stage.market.desk.pool.insurance, dollars(10_000))
    impaired(stage)
    stage.to_minute()
    assert stage.pool().A == dollars(10_000)
    stage.tick(2000)
    assert stage.pool().low > stage.pool().K
    assert stage.pool().A > 0
    entrant = stage.account(1_000)
    with stage.refuses("entry-gate", LimitReached):
        stage.venue.supply("ETH", vault, entrant, dollars(1_000))
    stage.to_minute()
    assert stage.pool().A == 0
    stage.venue.supply("ETH", vault, entrant, dollars(1_000))


# a vault worth nothing


def ruined() -> Stage:
    """Junior is lost for good: a winner has left with all of it and more."""
    stage = Stage(senior=100_000, junior=40_000, params=STILL_BARE)
    winner = impaired(stage)
    stage.fill(winner, -50)
    assert stage.pool().high < stage.pool().K
    return stage


def test_a_worthless_vault_takes_no_deposit_until_it_is_restarted():
    """LAY-GATE-6, LAY-GATE-4: the old shares stay at zero, the new series starts from none."""
    stage = ruined()
    entrant = stage.account(200_000)
    with stage.refuses("worthless-vault", Closed):
        stage.venue.supply("ETH", "junior", entrant, dollars(1_000))
    with stage.refuses("not-worthless", Closed):
        stage.market.restart_vault("senior")
    stage.market.restart_vault("junior")
    with stage.refuses("entry-gate", LimitReached):
        stage.venue.supply("ETH", "junior", entrant, dollars(1_000))
    view = stage.market.vault("junior")
    assert (view.shares, view.series) == (0, 2)
    assert stage.market.junior.past_balance_of(1, stage.junior) == dollars(40_000)
    with stage.refuses("not-worthless", Closed):
        stage.market.restart_vault("junior")


def test_a_new_series_owns_what_comes_after_it():
    """LAY-GATE-6: senior leaves with what there is; the new junior is not diluted by the old."""
    stage = ruined()
    stage.market.restart_vault("junior")
    stage.venue.request_redeem("ETH", "senior", stage.senior, dollars(100_000))
    until(stage, START + HOUR)
    paid = stage.venue.claim("ETH", "senior", stage.senior)
    assert paid < dollars(100_000)
    assert stage.pool().K == 0
    entrant = stage.account(1_000)
    stage.venue.supply("ETH", "junior", entrant, dollars(1_000))
    assert shares_of(stage, "junior", entrant) >= dollars(1_000) - 2
    assert stage.market.vault("junior").assets >= dollars(1_000)
    assert shares_of(stage, "junior", stage.junior) == 0


def test_seniors_claim_ends_with_its_old_series():
    """LAY-GATE-6: with nothing left at all, K is void and new senior money is safe from it."""
    stage = Stage(senior=100_000, junior=40_000, params=STILL_BARE)
    winner = stage.trader(1_000_000)
    stage.fill(winner, 60, 400_000)
    stage.walk_to(4400)
    stage.fill(winner, -60)
    pool = stage.pool()
    assert (pool.high, pool.U) == (0, 0)
    assert pool.K > 0
    stage.market.restart_vault("senior")
    stage.market.restart_vault("junior")
    assert stage.pool().K == 0
    stage.depositor("junior", 10_000)
    entrant = stage.depositor("senior", 20_000)
    assert shares_of(stage, "senior", entrant) == dollars(20_000)
    assert stage.market.vault("senior").assets == dollars(20_000)
    assert stage.market.vault("junior").assets == dollars(10_000)
    assert shares_of(stage, "senior", stage.senior) == 0


# without a price


@pytest.mark.parametrize("vault", ["senior", "junior"])
def test_with_a_stale_price_and_open_positions_nobody_enters(vault):
    """LAY-GATE-7: the vaults have no value then."""
    stage = Stage(params=STILL)
    stage.fill(stage.trader(10_000), 1, 1_000)
    stage.silence(seconds=61)
    entrant = stage.account(1_000)
    with stage.refuses("stale-price", Closed):
        stage.venue.supply("ETH", vault, entrant, dollars(1_000))
    stage.tick()
    stage.venue.supply("ETH", vault, entrant, dollars(1_000))


def test_without_positions_a_vault_needs_no_price():
    """LAY-GATE-7."""
    stage = Stage(params=STILL)
    stage.silence(seconds=3_600)
    entrant = stage.account(1_000)
    stage.venue.supply("ETH", "junior", entrant, dollars(1_000))


def test_an_epoch_that_ends_without_a_price_is_settled_with_the_next():
    """LAY-GATE-7, LAY-VAL-4."""
    stage = Stage(params=STILL)
    stage.fill(stage.trader(10_000), 1, 1_000)
    stage.venue.request_redeem("ETH", "senior", stage.senior, dollars(1_000))
    stage.silence(seconds=4_000)
    assert stage.market.vault("senior").claimable == 0
    stage.tick()
    assert stage.market.vault("senior").claimable == dollars(1_000)

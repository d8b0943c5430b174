"""Liquidation, bad debt, the fund, restriction and shutdown: VAM-LIQ, VAM-FUND, VAM-END."""

import pytest

from seawall.engine.events import Halted, InsuranceMoved, RungReached
from vamm.stage import Stage, dollars, price, rate, refused, tokens


def sinking(**changes: object) -> Stage:
    """A long at ten times that a short has pressed below maintenance, for longer than a TWAP."""
    settings: dict[str, object] = {
        "initial_ratio": rate("0.1"),
        "maintenance_ratio": rate("0.0625"),
        "liquidation_fee": rate("0.025"),
        "partial_ratio": rate("0.25"),
    }
    settings.update(changes)
    stage = Stage(10_000, 100, oracle=100, **settings)
    stage.long("a", 100, 10)
    stage.short("b", 260, 1)
    stage.wait(1_000, oracle=114)
    stage.venue.drain()
    return stage


def rungs(stage: Stage) -> list[RungReached]:
    return [event for event in stage.venue.drain() if isinstance(event, RungReached)]


def test_the_keeper_closes_a_quarter_and_splits_the_fee() -> None:
    """VAM-LIQ-1, VAM-LIQ-2, VAM-LIQ-3: partial while equity is above the fee."""
    stage = sinking()
    size, margin, keeper = stage.size("a"), stage.margin("a"), stage.wallet("keeper")
    fund = stage.fund
    stage.wait(15, budget=1)
    (event,) = rungs(stage)
    assert event.rung == "partial-liquidation"
    assert abs(int(event.closed) - size // 4) <= 2
    assert int(event.penalty) == int(event.to_keeper) + int(event.to_insurance)
    assert stage.wallet("keeper") - keeper == event.to_keeper == int(event.penalty) // 2
    assert stage.fund - fund == event.to_insurance
    assert stage.margin("a") == margin + event.result - event.penalty
    assert stage.size("a") == size - event.closed
    stage.audit()


def test_a_full_liquidation_leaves_its_owner_nothing() -> None:
    """VAM-LIQ-4: what is left after half of the fee is the fund's."""
    stage = sinking(partial_ratio=0)
    wallet, fund = stage.wallet("a"), stage.fund
    stage.wait(15, budget=1)
    (event,) = rungs(stage)
    assert event.rung == "full-liquidation"
    assert (stage.size("a"), stage.wallet("a")) == (0, wallet)
    assert event.to_insurance > 0
    assert stage.fund - fund == event.to_insurance
    stage.audit()


def test_a_keeper_without_the_role_waits_for_a_backstop() -> None:
    """VAM-LIQ-5."""
    stage = sinking(keeper_backstop=False, partial_ratio=0)
    stage.short("b", 500, 1)
    stage.wait(1_000, oracle=100)
    stage.wait(15, budget=5)
    assert stage.size("a") != 0
    assert not rungs(stage)
    stage.market.set_backstop(1, True)
    stage.wait(15, budget=5)
    (event,) = rungs(stage)
    assert event.rung == "backstop"
    assert event.shortfall > 0
    stage.market.set_backstop(1, False)
    stage.market.set_backstop(1, False)
    stage.audit()


def test_bad_debt_beyond_the_fund_is_a_shortfall_that_later_income_heals() -> None:
    """VAM-LIQ-6, VAM-FUND-3: the design shows what it cannot pay."""
    stage = sinking(partial_ratio=0)
    stage.market.fund.request_redeem(
        int(stage.market.fund.balance_of(stage.people["staker"])) * 99 // 100,
        stage.people["staker"], stage.people["staker"], stage.people["staker"], stage.now,
    )  # fmt: skip
    stage.wait(86_400, oracle=114)
    stage.short("b", 2_000, 1)
    stage.wait(1_000, oracle=60)
    stage.venue.drain()
    stage.wait(15, budget=1)
    (event,) = rungs(stage)
    house = stage.market.house
    assert event.shortfall > 0
    assert house.shortfall > 0
    assert stage.fund == 0
    stage.audit()
    short = int(house.shortfall)
    stage.market.params.spread = rate("0.1")
    stage.long("c", 100, 1)
    stage.wait(15, budget=0)
    assert house.shortfall == max(0, short - dollars(10))
    moves = [event for event in stage.venue.drain() if isinstance(event, InsuranceMoved)]
    assert sum(int(event.amount) for event in moves) == short - house.shortfall
    stage.audit()


def test_all_three_modes_must_condemn() -> None:
    """VAM-MAR-6, VAM-LIQ-7: average and oracle protect."""
    stage = sinking()
    stage.wait(15, oracle=140)
    assert stage.market.house.is_over_spread()
    with refused("not-liquidatable"):
        stage.liquidate("a")
    stage.wait(15, oracle=114)
    stage.liquidate("a")


def test_a_shielded_account_is_looked_at_again() -> None:
    """VAM-LIQ-8: the average gives way fifteen minutes later, and the keeper is there."""
    stage = sinking()
    stage.long("b", 260, 1)
    stage.wait(2_000, oracle=114)
    stage.short("b", 300, 1)
    stage.wait(15, budget=5)
    assert not rungs(stage)
    stage.wait(900, oracle=114, budget=5)
    assert rungs(stage)


def test_liquidations_cascade_within_the_budget() -> None:
    """VAM-LIQ-9: one close brings the next down; each account once a block."""
    stage = Stage(
        10_000, 100, oracle=100, initial_ratio=rate("0.1"), maintenance_ratio=rate("0.0625"),
        liquidation_fee=rate("0.025"), value_twap=0, oracle_spread=rate(1),
    )  # fmt: skip
    for name in ("a", "b", "c"):
        stage.long(name, 40, 10)
        stage.wait(15)
    stage.short("whale", 700, 1)
    stage.venue.drain()
    stage.wait(15, budget=2)
    assert len(rungs(stage)) == 2
    stage.wait(15, budget=10)
    assert [stage.size(name) for name in ("a", "b", "c")].count(0) == 3
    stage.audit()


def test_a_liquidation_restricts_who_has_traded_in_its_block() -> None:
    """VAM-LIQ-10: one action per trader in such a block; liquidating is not one."""
    stage = sinking()
    stage.long("c", 1, 1)
    stage.liquidate("a")
    with refused("restricted"):
        stage.long("c", 1, 1)
    with refused("restricted"):
        stage.close("c")
    stage.long("d", 1, 1)
    stage.wait(15)
    stage.close("c")


def test_the_fund_is_owned_by_its_stakers() -> None:
    """VAM-FUND-1, VAM-FUND-2: shares, epochs, and a gate that keeps cover for the open notional."""
    stage = Stage(spread=rate("0.01"))
    stage.venue.supply("ETH", "fund", stage.who("late"), dollars(1000))
    shares = int(stage.market.fund.balance_of(stage.people["late"]))
    assert shares == dollars(1000)
    stage.long("a", 100, 10)
    view = stage.market.vault("fund")
    assert int(view.assets) == dollars(6010)
    assert int(view.exit_limit) == dollars(6010) - dollars(25)
    stage.venue.request_redeem("ETH", "fund", stage.people["late"], shares)
    stage.wait(86_400)
    assert stage.venue.claim("ETH", "fund", stage.people["late"]) > dollars(1001)
    assert stage.market.vaults() == ["fund"]
    assert [step.layer for step in stage.market.loss_order()] == ["margin", "fund", "winners"]
    with refused("not-worthless"):
        stage.market.restart_vault("fund")
    stage.audit()


def test_a_payout_that_nobody_can_make_is_refused() -> None:
    """VAM-POS-6: neither the vault nor the fund holds it."""
    stage = Stage(10_000, 100, oracle=100, fund=0, initial_ratio=rate("0.1"))
    stage.long("a", 100, 10)
    stage.long("b", 100, 10)
    with refused("vault-short"):
        stage.close("a")
    stage.close("b")
    stage.close("a")
    stage.audit()


def test_winners_are_paid_before_losers_realise() -> None:
    """VAM-POS-5: out of everybody's margin, then by the fund, which is prepaid."""
    stage = Stage(10_000, 100, oracle=100, initial_ratio=rate("0.1"))
    stage.long("a", 100, 10)
    stage.long("b", 100, 10)
    fund = stage.fund
    stage.venue.drain()
    stage.close("a")
    assert fund - stage.fund == stage.market.house.prepaid == 80_327_868
    assert stage.vault == 0
    moved = [event for event in stage.venue.drain() if isinstance(event, InsuranceMoved)]
    assert [int(event.amount) for event in moved] == [80_327_868]
    assert int(stage.market.house.clearing.amount) == -dollars(100)
    stage.audit()


def test_a_shutdown_freezes_the_market() -> None:
    """VAM-END-1, VAM-END-2."""
    stage = Stage()
    stage.long("a", 60, 10)
    number = stage.venue.place(
        "ETH", stage.who("b"), tokens(1), dollars(20), kind="limit", trigger=price(5)
    )
    with refused("not-shut-down"):
        stage.market.settle_position(stage.who("a"))
    stage.venue.drain()
    stage.market.shutdown()
    assert number not in stage.market.waiting.orders
    assert stage.wallet("b") == dollars(5000)
    assert any(isinstance(event, Halted) for event in stage.venue.drain())
    for command in (
        lambda: stage.long("b", 1, 1),
        lambda: stage.close("a"),
        lambda: stage.venue.add_margin("ETH", stage.who("a"), 1),
        lambda: stage.market.set_depth(rate(2)),
        stage.market.shutdown,
    ):
        with refused("shutdown"):
            command()
    stage.wait(86_400, oracle=30, budget=10)
    assert stage.market.settle_position(stage.who("a")) > 0
    assert stage.market.open_positions() == []
    stage.audit()


def test_the_last_to_settle_bear_the_holes_of_the_bankrupt() -> None:
    """VAM-END-3: who is bankrupt gets nothing, and the vault is short of it for the last."""
    stage = Stage(10_000, 100, oracle=100, initial_ratio=rate("0.1"))
    stage.long("early", 300, 10)
    stage.long("late", 100, 10)
    stage.short("c", 1000, 1)
    stage.market.shutdown()
    vault, fund = stage.vault, stage.fund
    paid = {name: stage.market.settle_position(stage.who(name)) for name in ("c", "early", "late")}
    owed = int(stage.market.settlement.unpaid)
    assert (paid["late"], stage.vault, stage.fund) == (0, 0, fund)
    assert sum(paid.values()) == vault
    assert owed > 0
    assert abs(owed - int(stage.market.house.shortfall)) <= 3  # dust of the roundings
    stage.audit()


@pytest.mark.parametrize("order", ["winners-first", "losers-first", "as-opened"])
def test_the_report_agrees_with_leaving_in_truth(order: str) -> None:
    """VAM-BACK-3: the walk of the report is what happens when people do leave in that order."""
    stage = Stage(10_000, 100, oracle=100, initial_ratio=rate("0.1"))
    stage.long("a", 300, 2)
    stage.long("b", 100, 2)
    stage.short("c", 150, 2)
    stage.short("d", 200, 1)
    walk = stage.market.exits(order)
    names = {account: name for name, account in stage.people.items()}
    assert [int(leaver.unpaid) for leaver in walk.leavers] == [0, 0, 0, 0]
    for leaver in walk.leavers:
        name = names[int(leaver.account)]
        wallet = stage.wallet(name)
        stage.close(name)
        assert stage.wallet(name) - wallet == leaver.paid
    assert stage.fund == walk.fund
    assert stage.vault == walk.vault
    with refused("unknown-order"):
        stage.market.exits("alphabetical")

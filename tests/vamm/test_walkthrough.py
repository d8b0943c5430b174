"""The source's walk-through, step by step, with the numbers of the manual.

A pool of 100 ETH and 10,000 DAI; Alice puts 100 DAI in and goes ten times long, Bob puts 100 DAI
in and goes ten times short.
"""

from vamm.stage import Stage, dollars, near, rate, refused, tokens


def pool() -> Stage:
    return Stage(
        10_000, 100, oracle=100, initial_ratio=rate("0.1"), maintenance_ratio=rate("0.0625"),
        liquidation_fee=rate("0.025"), partial_ratio=rate("0.25"),
    )  # fmt: skip


def test_step_1_the_pool() -> None:
    assert pool().market.curve() == (dollars(10_000), tokens(100), 10**12)


def test_step_2_alice_goes_long() -> None:
    stage = pool()
    stage.long("alice", 100, 10)
    assert near(stage.size("alice"), 9090909090909090909, 8)
    assert stage.quote == dollars(11_000)
    assert near(stage.base, 90909090909090909091, 8)
    assert near(stage.market.mark(), 121 * 10**18, 10, 14)
    assert stage.entry("alice") * 10**8 // stage.size("alice") // 100 == dollars(110) // 100


def both() -> Stage:
    stage = pool()
    stage.long("alice", 100, 10)
    stage.short("bob", 100, 10)
    return stage


def test_step_3_bob_goes_short() -> None:
    stage = both()
    assert near(stage.size("bob"), -9090909090909090910, 8)
    assert (stage.quote, stage.base) == (dollars(10_000), tokens(100) + 1)
    assert near(stage.value("alice"), 833333333333333333333, 6)
    assert near(stage.result("alice"), -166666666666666666667, 6)
    assert abs(int(stage.market.ratios(stage.who("alice")).ratio) + rate("0.08")) < 10_000
    assert abs(stage.result("bob")) <= 1


def test_step_4_bob_leaves_first_and_both_get_their_money_back() -> None:
    stage = both()
    stage.close("bob")
    stage.close("alice")
    assert dollars(5000) - stage.wallet("bob") <= 1
    assert dollars(5000) - stage.wallet("alice") <= 1
    stage.audit()


def test_step_5_alice_cannot_leave_first_she_owes_more_than_she_has() -> None:
    stage = both()
    with refused("bad-debt"):
        stage.close("alice")


def test_step_6_alice_is_liquidated_and_bob_wins_what_the_fund_pays() -> None:
    stage = both()
    stage.market.params.liquidation_fee = 0
    stage.market.set_backstop(stage.who("carol"), True)
    stage.wait(15)
    stage.liquidate("alice")
    assert near(stage.quote, 9166666666666666666667, 6)
    assert near(stage.base, 109090909090909090909, 8, 11)
    assert near(dollars(5000) - stage.fund, 66666666666666666667, 6)
    stage.close("bob")
    assert near(stage.wallet("bob") - dollars(5000), 166666666666666666581, 6, 2)
    assert 0 <= stage.quote - dollars(10_000) <= 2  # the dust of two roundings
    stage.audit()


def test_step_7_the_report_says_so_beforehand() -> None:
    stage = both()
    report = stage.market.backing()
    assert (int(report.profit), int(report.joint)) == (0, 0)
    assert near(int(report.loss), 166666666666666666667, 6, 2)
    loser_first = stage.market.exits("losers-first")
    assert near(int(loser_first.debt), 66666666666666666667, 6)
    assert near(int(loser_first.leavers[1].paid), 266666666666666666581, 6, 2)
    winner_first = stage.market.exits("winners-first")
    assert (int(winner_first.debt), int(winner_first.unpaid)) == (0, 0)

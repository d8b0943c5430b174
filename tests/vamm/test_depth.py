"""Depth, repeg and what they cost (VAM-DEP); backing (VAM-BACK); the arbitrageur (VAM-ARB)."""

import pytest

from seawall.engine.designs.vamm import DepthRule
from seawall.engine.designs.vamm.depth import wanted_factor
from seawall.engine.designs.vamm.steer import DepthChanged
from seawall.engine.errors import BadParameters
from seawall.engine.fixed import HOUR
from vamm.stage import Stage, dollars, price, rate, refused, tokens

WHOLE = 10**12
HOUR_S = 3_600


def net_long(**changes: object) -> Stage:
    """(11,000; 90.9091) with a net long of 9.0909, as the source's example."""
    settings: dict[str, object] = {"funding_period": int(HOUR)}
    settings.update(changes)
    stage = Stage(10_000, 100, oracle=100, **settings)
    stage.long("a", 100, 10)
    stage.venue.drain()
    return stage


def test_more_depth_is_paid_by_the_fund_and_less_pays_it() -> None:
    """VAM-DEP-1, VAM-DEP-2: 47.6190 for twice the depth, 83.3333 back for half of it."""
    stage = net_long()
    fund, mark = stage.fund, stage.market.mark()
    cost = stage.market.set_depth(2 * WHOLE)
    assert abs(cost - dollars("47.619048")) <= 2
    assert fund - stage.fund == cost
    assert abs(stage.market.mark() - mark) <= 200
    (event,) = [event for event in stage.venue.drain() if isinstance(event, DepthChanged)]
    assert (event.cause, event.cost) == ("depth", cost)
    stage.audit()
    stage = net_long()
    assert abs(stage.market.set_depth(WHOLE // 2) + dollars("83.333333")) <= 2
    stage.audit()


def test_without_a_net_position_depth_is_free() -> None:
    """VAM-DEP-1."""
    stage = net_long()
    stage.short("b", 100, 10)
    stage.close("b")
    stage.close("a")
    assert stage.market.set_depth(3 * WHOLE) == 0


@pytest.mark.parametrize("factor", [3 * WHOLE // 2, WHOLE // 3 * 2, 5 * WHOLE])
@pytest.mark.parametrize("long", [True, False])
def test_depth_there_and_back_costs_nothing(factor: int, long: bool) -> None:
    """VAM-DEP-2, property 8 of the source."""
    stage = Stage(10_000, 100, oracle=100)
    (stage.long if long else stage.short)("a", 100, 5)
    cost = stage.market.set_depth(factor)
    assert cost != 0
    back = stage.market.set_depth(WHOLE * WHOLE // factor)
    assert abs(cost + back) <= 8
    stage.audit()


def test_a_repeg_at_constant_k() -> None:
    """VAM-DEP-3: 121 to 144 costs 180.3279; scaling the price by a tenth costs 100."""
    stage = net_long()
    k = stage.quote * stage.base
    assert abs(stage.market.repeg(price(144)) - dollars("180.327869")) <= 3
    assert abs(stage.quote * stage.base - k) < k // 10**8
    assert abs(stage.market.mark() - price(144)) < price("0.000001")
    stage.audit()
    stage = net_long()
    assert abs(stage.market.repeg(price("133.1"), keep_k=False) - dollars(100)) <= 3


def test_a_change_that_the_fund_cannot_pay_is_refused() -> None:
    """VAM-DEP-4."""
    stage = Stage(10_000, 100, oracle=100, fund=10, initial_ratio=rate("0.1"))
    stage.long("a", 100, 10)
    before = stage.venue.digest()
    with refused("depth-unpaid"):
        stage.market.set_depth(2 * WHOLE)
    assert stage.venue.digest() == before
    stage.short("b", 900, 5)
    with refused("depth-bound"):
        stage.market.set_depth(WHOLE // 1000)


def test_after_a_change_everybody_can_still_leave() -> None:
    """VAM-DEP-5: the curve ends flat at its new origin, and the pots are square."""
    stage = net_long()
    stage.short("b", 50, 5)
    stage.market.set_depth(3 * WHOLE)
    stage.market.repeg(price(130))
    stage.short("c", 100, 2)
    for name in ("c", "b", "a"):
        stage.close(name)
    assert stage.market.open_positions() == []
    assert 0 <= stage.vault <= 50
    stage.audit()


def busy(rule: DepthRule, **changes: object) -> Stage:
    stage = Stage(
        1_000_000, 10_000, oracle=100, fund=50_000, funding_period=int(HOUR),
        spread=rate("0.001"), depth=rule, **changes,
    )  # fmt: skip
    stage.who("a", 100_000)
    stage.who("b", 100_000)
    return stage


def test_the_adaptive_rule_follows_volume() -> None:
    """VAM-DEP-6: up in busy hours as far as the revenue pays, down when it is quiet."""
    rule = DepthRule.adaptive()
    assert wanted_factor(dollars(100), dollars(10), 0, 0, 20 * WHOLE, 0, 10**9) == 2 * WHOLE
    assert wanted_factor(dollars(100), dollars(10), 0, 10**9, 20 * WHOLE, 0, 10**9) == WHOLE
    stage = busy(rule)
    stage.long("a", 2_000, 10)
    for _ in range(200):
        stage.long("b", 1_000, 10)
        stage.close("b")
    depth = stage.quote
    stage.wait(HOUR_S)
    assert stage.quote > depth
    changes = [event for event in stage.venue.drain() if isinstance(event, DepthChanged)]
    spent = sum(int(event.cost) for event in changes)
    assert 0 < spent <= int(stage.market.house.spread_income) // 2 + 1
    for _ in range(200):
        stage.wait(HOUR_S)
    assert stage.quote < depth
    stage.audit()


def test_the_adaptive_rule_is_cut_to_its_revenue() -> None:
    """VAM-DEP-6."""
    stage = busy(DepthRule("adaptive", revenue_part=rate("0.0001")))
    stage.long("a", 5_000, 10)
    for _ in range(100):
        stage.long("b", 1_000, 10)
        stage.close("b")
    depth = stage.quote
    stage.wait(HOUR_S, oracle="110.25")
    assert depth < stage.quote < depth * 101 // 100
    revenue = int(stage.market.steering.earned) + int(stage.market.steering.spent)
    assert 0 < int(stage.market.steering.spent) <= revenue // 10_000 + 1


def test_the_drift_rule_repegs_inside_the_fee_pool() -> None:
    """VAM-DEP-7."""
    stage = busy(DepthRule.drift())
    stage.long("a", 100, 10)
    for _ in range(20):
        stage.long("b", 1_000, 10)
        stage.close("b")
    pool = int(stage.market.steering.fee_pool())
    stage.wait(HOUR_S, oracle="100.5")
    assert abs(stage.market.mark() - price("100.5")) < price("0.0001")
    assert 0 < int(stage.market.steering.spent) <= pool + 10
    stage.audit()


def test_the_drift_rule_without_money_stops_half_a_spread_away() -> None:
    """VAM-DEP-7: or, when it is nearer already, moves as far as the pool carries it."""
    stage = busy(DepthRule.drift())
    stage.long("a", 5_000, 10)
    stage.wait(HOUR_S, oracle=150)
    assert abs(stage.market.mark() - price("148.5")) < price("0.001")
    stage.wait(HOUR_S, oracle=150)
    mark = stage.market.mark()
    assert price("148.4") < mark <= price("149.5")
    stage.audit()


def test_the_tribe3_rule_waits_for_three_strikes() -> None:
    """VAM-DEP-8."""
    stage = busy(DepthRule.tribe3(), funding_rule="shared")
    stage.long("a", 100, 10)
    k = stage.quote * stage.base
    stage.wait(HOUR_S, oracle=110)
    stage.wait(HOUR_S)
    assert stage.market.mark() < price(101)
    stage.wait(HOUR_S)
    assert abs(stage.market.mark() - price(110)) < price("0.001")
    assert abs(stage.quote * stage.base - k) < k // 10
    stage.audit()


def test_the_tribe3_rule_shuts_a_market_that_it_cannot_save() -> None:
    """VAM-DEP-9."""
    stage = Stage(
        10_000, 100, oracle=100, fund=260, funding_period=int(HOUR), depth=DepthRule.tribe3(),
        initial_ratio=rate("0.1"),
    )  # fmt: skip
    stage.long("a", 100, 10)
    stage.wait(HOUR_S, oracle=144)
    for _ in range(3):
        stage.wait(HOUR_S)
    assert stage.market.settlement.is_shut
    assert stage.market.settle_position(stage.who("a")) > 0
    stage.audit()


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(BadParameters, match="none of"):
        DepthRule("magic")


def test_marks_of_one_side_add_up_to_more_than_there_is() -> None:
    """VAM-BACK-1, VAM-BACK-2: 180.33 is displayed, nothing can be realised together."""
    stage = Stage(10_000, 100, oracle=100, fund=50, initial_ratio=rate("0.1"))
    stage.long("a", 100, 10)
    stage.long("b", 100, 10)
    report = stage.market.backing()
    assert (int(report.profit), int(report.joint)) == (180_327_868, 0)
    assert abs(int(report.backed)) <= 1
    assert int(report.by_fund) == dollars(50)
    assert int(report.unbacked) == int(report.profit) - int(report.backed) - dollars(50)
    assert int(report.part) == (int(report.backed) + dollars(50)) * WHOLE // int(report.profit)
    first = stage.market.exits("winners-first")
    assert int(first.unpaid) == 280_327_868 - dollars(250)
    last = stage.market.exits("losers-first")
    assert int(last.unpaid) == 0


def test_an_arbitrageur_keeps_the_mark_near_the_index_for_a_cost() -> None:
    """VAM-ARB-1: he pays fees, the fund pays him funding while the index runs ahead."""
    stage = Stage(
        10_000_000, 0, oracle=100, fund=1_000_000, funding_period=int(HOUR),
        fluctuation=rate("0.012"), spread=rate("0.001"), partial_ratio=rate("0.25"),
        initial_ratio=rate("0.1"), maintenance_ratio=rate("0.0625"),
    )  # fmt: skip
    stage.who("arbitrageur", 2_000_000)
    worst = 0
    for minute in range(1, 12 * 60 + 1):
        target = price(f"{100 + minute / 144:.6f}")
        stage.wait(60, oracle=f"{100 + minute / 144:.6f}", budget=10)
        size = stage.market.size_to(target)
        if size:
            margin = abs(size) * target // 10**12 // 5 + 1
            stage.venue.place("ETH", stage.who("arbitrageur"), size, margin, partial=True)
        worst = max(worst, abs(stage.market.mark() - target) * WHOLE // target)
    assert worst < 10**6, "a millionth away after every trade"
    steering = stage.market.steering
    fees = int(stage.market.house.spread_income)
    funding = stage.fund - dollars(1_000_000) - fees
    assert fees > 0
    assert funding < 0, "the mark was below the index, its average behind it: the fund paid"
    view = stage.market.position(stage.who("arbitrageur"))
    assert view is not None
    gained = stage.wallet("arbitrageur") + int(view.equity) - dollars(2_000_000)
    assert abs(gained - (-funding - fees)) <= 2_000
    assert int(steering.spent) == 0
    assert stage.size("arbitrageur") > tokens(1_000)

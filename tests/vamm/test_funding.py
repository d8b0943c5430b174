"""Funding: when, how much, who pays the net (VAM-FUN)."""

from seawall.engine.designs.vamm.funding import next_due, shared
from seawall.engine.events import Halted, Settled
from seawall.engine.fixed import HOUR
from vamm.stage import Stage, dollars, price, rate, tokens

HOUR_S = 3_600


def hourly(**changes: object) -> Stage:
    return Stage(10_000, 100, oracle=100, funding_period=int(HOUR), **changes)


def test_funding_is_due_by_the_hour_with_a_buffer() -> None:
    """VAM-FUN-1: periods that were missed are not made up."""
    hour = int(HOUR)
    assert next_due(10 * hour, hour, 10 * hour + 60_000) == 11 * hour
    assert next_due(10 * hour, hour, 10 * hour + 50 * 60_000) == 11 * hour + 20 * 60_000
    stage = hourly()
    stage.long("a", 100, 10)
    stage.wait(10 * HOUR_S, oracle=110)
    stage.wait(15)
    assert sum(isinstance(event, Settled) for event in stage.venue.drain()) == 1


def test_longs_pay_while_the_mark_is_above_the_index() -> None:
    """VAM-FUN-2, VAM-FUN-3: premium over a day, the net to the fund."""
    stage = hourly()
    stage.long("a", 100, 10)
    stage.short("b", 20, 10)
    stage.wait(HOUR_S)
    stage.venue.drain()
    mark = stage.market.mark()
    fund = stage.fund
    stage.wait(HOUR_S, oracle=100)
    part = (mark - price(100)) * 1000 * int(HOUR) // 86_400_000
    house = stage.market.house
    last = int(house.funding.long_index) - part
    assert abs(last - part) <= 2 or last >= 0
    (event,) = [event for event in stage.venue.drain() if isinstance(event, Settled)]
    net = stage.size("a") + stage.size("b")
    assert event.funding == stage.fund - fund == net * part // 10**15
    assert int(event.funding_rate) == part * 10**9 // price(100)
    stage.audit()


def test_the_fund_pays_while_the_mark_stays_between_the_flat_price_and_the_index() -> None:
    """VAM-FUN-4: the sign lemma, on the source's numbers."""
    stage = hourly()
    stage.long("a", 100, 10)
    stage.wait(HOUR_S, oracle=144)
    fund = stage.fund
    stage.wait(HOUR_S)
    assert fund - stage.fund == dollars("8.712122")
    stage.audit()


def test_an_empty_fund_stops_funding() -> None:
    """VAM-FUN-5: nobody pays anything until it can."""
    stage = hourly(fund=0)
    stage.long("a", 100, 10)
    stage.wait(HOUR_S, oracle=144)
    stage.wait(HOUR_S)
    house = stage.market.house
    assert house.funding.stopped
    assert house.funding.long_index == 0
    halts = [event for event in stage.venue.drain() if isinstance(event, Halted)]
    assert [event.guard for event in halts] == ["funding-unpaid"]
    stage.venue.supply("ETH", "fund", stage.who("staker"), dollars(100))
    stage.wait(15)
    assert not house.funding.stopped
    assert house.funding.long_index < 0


def test_funding_may_be_capped() -> None:
    """VAM-FUN-6."""
    stage = hourly(funding_cap=rate("0.0048"))
    stage.long("a", 100, 10)
    stage.wait(HOUR_S, oracle=144)
    stage.wait(HOUR_S)
    assert int(stage.market.house.funding.rate) == -rate("0.0002")


def test_shared_funding_leaves_the_fund_a_part_of_the_net() -> None:
    """VAM-FUN-7."""
    step = shared(10**12, tokens(3), tokens(1), rate("0.15"))
    assert step.to_fund == dollars("0.2")
    cost = shared(-(10**12), tokens(3), tokens(1), rate("0.15"))
    assert abs(cost.to_fund + dollars("0.03")) <= 1
    longs, shorts = -int(cost.longs) * 3, -int(cost.shorts)
    assert abs(longs - shorts - 3 * 10**11) <= 4
    assert shared(10**12, 0, 0, 1).to_fund == 0


def test_capped_funding_in_a_market() -> None:
    """VAM-FUN-8: receivers get what payers and a third of the fee pool can pay."""
    stage = hourly(funding_rule="capped", spread=rate("0.001"))
    stage.long("a", 100, 10)
    stage.short("b", 20, 10)
    pool = int(stage.market.steering.fee_pool())
    assert pool > 0
    fund = stage.fund
    stage.wait(HOUR_S, oracle=144)
    assert 0 < fund - stage.fund <= pool // 3 + 1
    funding = stage.market.house.funding
    assert abs(int(funding.long_index)) < abs(int(funding.short_index))
    stage.audit()


def test_indices_start_anew_before_they_overflow() -> None:
    """VAM-FUN-9: everybody is settled, nobody's equity moves."""
    stage = hourly()
    stage.long("a", 100, 5)
    stage.short("b", 100, 2)
    house = stage.market.house
    for side, index in ((True, house.funding.long_index), (False, house.funding.short_index)):
        shift = 2 * 10**18 - int(index)
        if side:
            house.funding.long_index += shift
        else:
            house.funding.short_index += shift
    for position in house.positions.values():
        position.index += 2 * 10**18 - (10**14 if position.size > 0 else -(10**14))
    equity = {
        name: int(view.equity)
        for name in ("a", "b")
        if (view := stage.market.position(stage.who(name)))
    }
    house.restart_index()
    for name, before in equity.items():
        view = stage.market.position(stage.who(name))
        assert view is not None
        assert (int(view.equity), int(view.accrued)) == (before, 0)
    assert house.funding.long_index == 0

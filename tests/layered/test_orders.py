"""Two-step orders: placed now, filled at a later report, or returned with a reason (LAY-ORD)."""

import pytest

from roles import Stage, ceil_div, dollars, price, rate, tokens
from seawall.engine.designs.layered import LayeredMarket, Params
from seawall.engine.errors import BadOrder, Closed, Unknown
from seawall.engine.events import Cancelled, Filled
from seawall.engine.reports import Report


def reasons(stage: Stage) -> list[str]:
    return [event.reason for event in stage.happened(Cancelled)]


# two steps


def test_an_order_fills_at_the_first_report_a_delay_later():
    """LAY-ORD-1: not at 999 ms, at 1000 ms."""
    stage = Stage()
    stage.place(stage.trader(1000), 1, 500)
    stage.tick(seconds=0.999)
    assert stage.happened(Filled) == []
    stage.tick(seconds=0.001)
    assert len(stage.happened(Filled)) == 1


def test_time_alone_fills_nothing():
    """LAY-ORD-1: it is the time of the report that counts, not that of the clock."""
    stage = Stage()
    stage.place(stage.trader(1000), 1, 500)
    stage.silence(seconds=5)
    assert stage.happened(Filled) == []
    late = Report("feed", stage.at, stage.now - 4_500)
    stage.venue.advance(stage.now, {"ETH": [late]})
    assert stage.happened(Filled) == []
    stage.venue.advance(stage.now, {"ETH": [Report("feed", stage.at, stage.now - 4_000)]})
    assert len(stage.happened(Filled)) == 1


def test_an_order_meets_the_later_price_not_the_one_it_saw():
    """LAY-ORD-1: nobody trades on a price that is known to be stale."""
    stage = Stage()
    buyer = stage.trader(1000)
    stage.place(buyer, 1, 800)
    stage.tick(2050)
    assert stage.happened(Filled)[0].price == price(2050)


def test_the_delay_is_a_parameter():
    """LAY-ORD-1."""
    stage = Stage(params=Params(order_delay=5_000))
    stage.place(stage.trader(1000), 1, 500)
    stage.tick(seconds=4.9)
    assert stage.happened(Filled) == []
    stage.tick(seconds=0.1)
    assert len(stage.happened(Filled)) == 1


# the line


def test_the_line_is_first_come_first_served_as_far_as_the_budget_goes():
    """LAY-ORD-3: three orders, two actions."""
    stage = Stage()
    first, second, third = stage.trader(1000), stage.trader(1000), stage.trader(1000)
    for trader in (first, second, third):
        stage.place(trader, 1, 500)
    stage.tick(budget=2)
    assert [event.account for event in stage.happened(Filled)] == [first, second]
    stage.tick(budget=0)
    assert len(stage.happened(Filled)) == 2
    stage.tick()
    assert [event.account for event in stage.happened(Filled)][2] == third


def test_the_line_stops_at_an_order_too_young_for_the_price():
    """LAY-ORD-3: who came later waits, also behind somebody who waits only for the price."""
    stage = Stage()
    old, young = stage.trader(1000), stage.trader(1000)
    stage.place(old, 1, 500)
    stage.silence(seconds=0.5)
    stage.place(young, 1, 500)
    stage.tick(seconds=0.7)
    assert [event.account for event in stage.happened(Filled)] == [old]
    stage.tick(seconds=0.4)
    assert [event.account for event in stage.happened(Filled)] == [old, young]


def test_a_cancelled_order_is_passed_over():
    """LAY-ORD-3, LAY-ORD-4."""
    stage = Stage()
    leaver, stayer = stage.trader(1000), stage.trader(1000)
    order = stage.place(leaver, 1, 500)
    stage.place(stayer, 1, 500)
    stage.venue.cancel("ETH", leaver, order)
    assert stage.wallet(leaver) == dollars(1000)
    assert reasons(stage) == ["cancelled"]
    stage.tick(budget=1)
    assert [event.account for event in stage.happened(Filled)] == [stayer]


def test_a_cancellation_takes_no_budget_but_a_failed_fill_does():
    """LAY-ORD-3: the keeper paid for trying."""
    stage = Stage()
    poor, rich = stage.trader(1000), stage.trader(1000)
    stage.place(poor, 1, 10)
    stage.place(rich, 1, 500)
    stage.tick(budget=1)
    assert reasons(stage) == ["initial-margin"]
    assert stage.happened(Filled) == []
    stage.tick(budget=1)
    assert len(stage.happened(Filled)) == 1


def test_an_order_is_cancelled_by_its_owner_alone():
    """LAY-ORD-4."""
    stage = Stage()
    owner, attacker = stage.trader(1000), stage.attacker(1000)
    order = stage.place(owner, 1, 500)
    with stage.refuses("unknown-order", Unknown):
        stage.venue.cancel("ETH", attacker, order)
    stage.venue.cancel("ETH", owner, order)
    with stage.refuses("unknown-order", Unknown):
        stage.venue.cancel("ETH", owner, order)


def test_numbers_are_given_in_the_order_of_placement_and_refusals_take_none():
    """LAY-ORD-3."""
    stage = Stage()
    trader = stage.trader(10_000)
    assert stage.place(trader, 1, 500) == 1
    with stage.refuses("size-zero", BadOrder):
        stage.place(trader, 0, 500)
    assert stage.place(trader, 1, 500) == 2


# margin


def test_margin_leaves_the_wallet_at_once_and_joins_the_position_at_the_fill():
    """LAY-ORD-5."""
    stage = Stage()
    trader = stage.trader(1000)
    stage.place(trader, 1, 600)
    assert stage.wallet(trader) == dollars(400)
    stage.venue.audit()
    stage.tick()
    filled = stage.happened(Filled)[0]
    assert stage.wallet(trader) == dollars(400)
    paid = filled.fee + filled.spread + filled.impact
    assert stage.position(trader).margin == dollars(600) - paid


def test_a_partial_fill_brings_its_part_of_the_margin_rounded_up():
    """LAY-ORD-5: 7000 of 7500 tokens, margin in the same proportion, the rest returned."""
    stage = Stage(params=Params(side_cap=rate(2)))
    whale = stage.trader(10_000_000)
    margin = dollars(8_000_000) + 1
    stage.venue.place("ETH", whale, tokens(7500), margin, partial=True)
    stage.tick()
    filled = stage.happened(Filled)[0]
    assert filled.size == tokens(7000)
    brought = ceil_div(margin * 7000, 7500)
    assert stage.wallet(whale) == dollars(10_000_000) - brought
    assert stage.market.waiting.orders == {}


# reduce-only


def test_a_reduce_only_order_brings_no_margin_and_never_opens():
    """LAY-ORD-6."""
    stage = Stage()
    trader = stage.trader(5_000)
    with stage.refuses("nothing-to-reduce", BadOrder):
        stage.place(trader, -1, reduce_only=True)
    stage.fill(trader, 2, 1_000)
    with stage.refuses("nothing-to-reduce", BadOrder):
        stage.place(trader, 1, reduce_only=True)
    with stage.refuses("margin-on-reduce", BadOrder):
        stage.place(trader, -1, 1, reduce_only=True)
    assert stage.fill(trader, -1, reduce_only=True).size == tokens(-1)


def test_a_reduce_only_order_is_cut_to_the_position():
    """LAY-ORD-6: five against two closes two and opens nothing."""
    stage = Stage()
    trader = stage.trader(5_000)
    stage.fill(trader, 2, 1_000)
    assert stage.fill(trader, -5, reduce_only=True).size == tokens(-2)
    assert stage.market.position(trader) is None


def test_a_reduce_only_order_that_finds_nothing_left_is_cancelled():
    """LAY-ORD-6, LAY-ORD-4: two orders over the whole position, the second is too late."""
    stage = Stage()
    trader = stage.trader(5_000)
    stage.fill(trader, 2, 1_000)
    stage.place(trader, -2, reduce_only=True)
    stage.place(trader, -2, reduce_only=True)
    stage.tick()
    assert len(stage.happened(Filled)) == 2
    assert reasons(stage) == ["nothing-to-reduce"]


@pytest.mark.parametrize("reduce_only", [True, False])
def test_a_remainder_below_the_smallest_position_is_closed_with_the_rest(reduce_only):
    """LAY-ORD-6: 2 tokens less 1.9951 would leave 9.80 dollars; less 1.995 leaves 10."""
    stage = Stage()
    trader = stage.trader(5_000)
    stage.fill(trader, 2, 1_000)
    assert stage.fill(trader, "-1.995", reduce_only=reduce_only).size == tokens("-1.995")
    assert stage.position(trader).value == dollars(10)
    other = stage.trader(5_000)
    stage.fill(other, 2, 1_000)
    assert stage.fill(other, "-1.9951", reduce_only=reduce_only).size == tokens(-2)


# what an order that opens must meet


def test_an_order_needs_its_initial_margin_after_all_charges():
    """LAY-ORD-7: 2000 dollars at 50 times are 40, besides the charges; not a unit less."""
    stage = Stage()
    trader = stage.trader(1000)
    quoted = stage.market.quote(tokens(1))
    needed = dollars(40) + quoted.fee + quoted.spread + quoted.impact
    stage.venue.place("ETH", trader, tokens(1), needed - 1)
    stage.tick()
    assert reasons(stage) == ["initial-margin"]
    assert stage.wallet(trader) == dollars(1000)
    stage.venue.place("ETH", trader, tokens(1), needed)
    stage.tick()
    assert stage.position(trader).equity == dollars(40)


def test_the_whole_position_must_meet_the_requirement_when_it_grows():
    """LAY-ORD-7: 998,000 dollars need 19,960; two tokens more are in the next tier: 40,080."""
    stage = Stage(params=Params(move_fee=0))
    trader = stage.trader(100_000)
    stage.fill(trader, 400, 22_000)
    stage.fill(trader, 99)
    stage.forget()
    stage.place(trader, 2)
    stage.tick()
    assert reasons(stage) == ["initial-margin"]


def test_what_has_accrued_is_taken_off_before_a_position_may_grow():
    """LAY-ORD-7: the margin would do, but funding has eaten a part of it already."""
    stage = Stage(params=Params(move_fee=0, funding_pace=rate(1)))
    crowd, trader = stage.trader(3_000_000), stage.trader(5_000)
    stage.fill(crowd, 3000, 2_000_000)
    stage.fill(trader, 10, 600)
    for _ in range(5):
        stage.to_minute()
    view = stage.position(trader)
    quoted = stage.market.quote(tokens(10))
    charges = quoted.fee + quoted.spread + quoted.impact
    needed = 2 * view.initial + charges + view.accrued - view.margin
    assert view.accrued > dollars(5)
    stage.venue.place("ETH", trader, tokens(10), needed - 1)
    stage.tick()
    assert reasons(stage) == ["initial-margin"]
    stage.venue.place("ETH", trader, tokens(10), needed)
    stage.tick()
    assert stage.position(trader).size == tokens(20)
    assert stage.position(trader).equity == 2 * view.initial


def test_an_opening_order_must_be_worth_the_smallest_position_when_it_fills():
    """LAY-ORD-7: worth 10 dollars when placed, 9.90 when it would be filled."""
    stage = Stage()
    trader = stage.trader(100)
    stage.place(trader, "0.005", 9)
    stage.tick(1980)
    assert reasons(stage) == ["order-too-small"]
    assert stage.wallet(trader) == dollars(100)


def test_a_sides_open_interest_stays_within_four_fifths_of_the_vaults():
    """LAY-ORD-7: 11.2 of 14 million; the other side has a cap of its own."""
    stage = Stage()
    whale, other = stage.trader(10_000_000), stage.trader(10_000_000)
    stage.fill(whale, 5600, 5_000_000)
    stage.place(other, "0.01", 1_000)
    stage.tick()
    assert reasons(stage) == ["side-cap"]
    assert stage.fill(other, -5600, 5_000_000).size == tokens(-5600)


def test_an_order_that_reduces_is_held_against_no_cap():
    """LAY-ORD-7: the price has carried the side over its cap; closing is free."""
    stage = Stage(params=Params(move_fee=0))
    whale = stage.trader(10_000_000)
    stage.fill(whale, 5600, 5_000_000)
    stage.tick(2050)
    assert stage.fill(whale, -100).size == tokens(-100)


def test_an_order_may_turn_the_position_round():
    """LAY-ORD-7, LAY-POS-2: closes three at a profit of 150, opens two the other way."""
    stage = Stage(params=Params(move_fee=0))
    trader = stage.trader(5_000)
    stage.fill(trader, 3, 1_000)
    stage.tick(2050)
    turned = stage.fill(trader, -5, 100)
    view = stage.position(trader)
    assert turned.size == tokens(-5)
    assert turned.result == dollars(150)
    assert view.size == tokens(-2)
    assert view.entry == dollars(4100)


def test_turning_round_needs_the_margin_of_what_it_opens():
    """LAY-ORD-7: the loss is taken off first; else nothing at all is filled."""
    stage = Stage(params=Params(move_fee=0))
    trader = stage.trader(5_000)
    stage.fill(trader, 3, 300)
    stage.tick(1950)
    stage.forget()
    stage.place(trader, -23)
    stage.tick()
    assert reasons(stage) == ["initial-margin"]
    assert stage.position(trader).size == tokens(3)


def test_a_position_is_not_turned_round_while_its_profit_cannot_be_paid():
    """LAY-ORD-7: the pool is short, so the order is not filled; closing alone is."""
    stage = Stage(
        senior=100_000, junior=40_000, params=Params(move_fee=0, cover_floor=0, side_cap=rate(1))
    )
    winner = stage.trader(500_000)
    stage.fill(winner, 60, 100_000)
    stage.walk_to(5000)
    stage.forget()
    stage.place(winner, -61, 100_000)
    stage.tick()
    assert reasons(stage) == ["pool-short"]
    closed = stage.fill(winner, -60)
    assert closed.withheld > 0


# a price that is stale or uncertain


def test_with_a_stale_price_only_orders_that_reduce_are_taken():
    """LAY-ORD-8."""
    stage = Stage()
    trader = stage.trader(5_000)
    stage.fill(trader, 2, 1_000)
    stage.silence(seconds=61)
    with stage.refuses("stale-price", Closed):
        stage.place(trader, 1, 100)
    with stage.refuses("stale-price", Closed):
        stage.place(trader, -3, 100)
    stage.place(trader, -1)
    stage.place(trader, -1, reduce_only=True)


def test_with_an_uncertain_price_only_orders_that_reduce_are_taken_and_filled():
    """LAY-ORD-8: a confidence of 41 dollars is above 2 %."""
    stage = Stage()
    trader = stage.trader(5_000)
    stage.fill(trader, 2, 1_000)
    stage.place(trader, 1, 100)
    stage.tick(confidence=41)
    assert reasons(stage) == ["uncertain-price"]
    with stage.refuses("uncertain-price", Closed):
        stage.place(trader, 1, 100)
    stage.place(trader, -1)
    stage.tick(confidence=41)
    assert stage.happened(Filled)[-1].price == price(1959)


def test_an_order_overtaken_by_staleness_is_returned():
    """LAY-ORD-8, LAY-ORD-4: it was old enough, the keeper late, and the price then too old."""
    stage = Stage()
    trader = stage.trader(5_000)
    stage.fill(trader, 2, 1_000)
    stage.place(trader, 1, 100)
    stage.place(trader, -1)
    stage.tick(budget=0)
    stage.silence(seconds=61)
    assert reasons(stage) == ["stale-price"]
    assert stage.happened(Filled)[-1].size == tokens(-1)


def test_no_order_is_taken_before_the_first_price():
    """LAY-ORD-8."""
    stage = Stage()
    trader = stage.trader(1000)
    stage.venue.list_market(LayeredMarket("SOL"))
    with stage.refuses("no-price", Closed):
        stage.venue.place("SOL", trader, tokens(1), dollars(100))
    with stage.refuses("no-price", Closed):
        stage.venue.market("SOL").quote(tokens(1))

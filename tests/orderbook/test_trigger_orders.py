"""Stop and take orders, take profit and stop loss on a position and on a parent."""

import pytest

from orderbook.pit import Pit, price, refused, tokens

ALICE, BOB, CAROL, MAKER = 2, 3, 4, 9


def deep(pit: Pit, at: float = 100) -> None:
    """A maker's quotes on both sides of ``at``."""
    pit.bid(MAKER, 1000, at - 1)
    pit.ask(MAKER, 1000, at + 1)


# Alone


@pytest.mark.parametrize(
    ("size", "kind", "at", "before", "after"),
    [
        (1, "sl", 105, 104, 105),
        (1, "tp", 95, 96, 95),
        (-1, "sl", 95, 96, 95),
        (-1, "tp", 105, 104, 105),
    ],
)
def test_it_sleeps_until_the_mark_reaches_the_trigger(
    size: int, kind: str, at: float, before: float, after: float
) -> None:
    """OB-ORD-16: a stop buys above and sells below the mark, a take the reverse."""
    pit = Pit(at=100)
    deep(pit)
    number = pit.trigger(ALICE, size, at, kind)
    pit.tick(before)
    assert (pit.open(ALICE), pit.position(ALICE)) == ([number], 0)
    pit.tick(after)
    assert (pit.open(ALICE), pit.position(ALICE)) == ([], size)
    assert pit.trades[-1].taker == number


@pytest.mark.parametrize(
    ("size", "kind", "at"), [(1, "sl", 100), (1, "tp", 100), (-1, "sl", 101), (-1, "tp", 99)]
)
def test_a_trigger_on_the_wrong_side_of_the_mark_is_refused(
    size: int, kind: str, at: float
) -> None:
    """OB-ORD-16."""
    pit = Pit(at=100)
    with refused(pit, "bad-trigger-px", price(at), price(100)):
        pit.trigger(ALICE, size, at, kind)


def test_a_trigger_needs_a_mark_and_a_known_kind() -> None:
    """OB-ORD-16."""
    pit = Pit(at=0)
    with refused(pit, "no-price"):
        pit.trigger(ALICE, 1, 105)
    pit = Pit(at=100)
    with refused(pit, "unknown-kind"):
        pit.trigger(ALICE, 1, 105, "trailing")


def test_the_fields_of_a_trigger_order_are_checked_when_it_is_placed() -> None:
    """OB-ORD-16."""
    pit = Pit(at=100)
    with refused(pit, "tick"):
        pit.trigger(ALICE, 1, "105.0001")
    with refused(pit, "tick"):
        pit.trigger(ALICE, 1, 105, limit="106.0001")
    with refused(pit, "lot"):
        pit.trigger(ALICE, "1.001", 105)
    with refused(pit, "min-trade-ntl"):
        pit.trigger(ALICE, "0.09", 105)
    with refused(pit, "max-order-value"):
        pit.trigger(ALICE, 1_000_000, 105)
    with refused(pit, "reduce-only"):
        pit.trigger(ALICE, 1, 105, reduce_only=True)


def test_at_market_it_reaches_ten_percent_from_the_middle() -> None:
    """OB-ORD-17: the middle is 100 when it fires."""
    pit = Pit(at=100)
    pit.bid(MAKER, 1, 98)
    for at in (102, 110, 111):
        pit.ask(MAKER, 1, at)
    number = pit.trigger(ALICE, 3, 101)
    pit.tick(101)
    assert [trade.price for trade in pit.trades] == [102, 110]
    assert pit.reason(number) == "canceled"


def test_at_a_limit_it_rests_where_it_does_not_match() -> None:
    """OB-ORD-17."""
    pit = Pit(at=100)
    pit.ask(MAKER, 1, 106)
    number = pit.trigger(ALICE, 1, 105, limit="105.5")
    pit.tick(105)
    assert pit.ladder("bids") == [(105.5, 1, 1)]
    assert pit.open(ALICE) == [number]
    pit.cancel(ALICE, number)
    assert pit.reason(number) == "canceled"


def test_what_is_refused_when_it_fires_ends_with_the_word_of_the_refusal() -> None:
    """OB-ORD-17."""
    pit = Pit(at=100)
    number = pit.trigger(ALICE, 1, 105)
    pit.tick(105)
    assert pit.reason(number) == "marketOrderNoLiquidityRejected"
    number = pit.trigger(ALICE, 1, 110)
    deep(pit, 110)
    pit.entry_refused.add(ALICE)
    pit.tick(110)
    assert pit.reason(number) == "perpMarginRejected"


def test_those_reached_fire_first_come_first_served_within_the_budget() -> None:
    """OB-ORD-17: what the budget leaves fires at the next occasion, even if the mark went back."""
    pit = Pit(at=100)
    deep(pit)
    first = pit.trigger(ALICE, 1, 102)
    second = pit.trigger(BOB, 1, 102)
    assert pit.tick(103, budget=1) == 0
    assert [trade.taker for trade in pit.trades] == [first]
    assert pit.tick(100, budget=5) == 4
    assert [trade.taker for trade in pit.trades] == [first, second]


def test_a_dormant_order_can_be_cancelled_by_its_owner_alone() -> None:
    """OB-ORD-12."""
    pit = Pit(at=100)
    number = pit.trigger(ALICE, 1, 105)
    with refused(pit, "unknown-order", number):
        pit.cancel(BOB, number)
    pit.cancel(ALICE, number)
    deep(pit)
    pit.tick(106)
    assert pit.trades == []


def test_dormant_orders_that_may_only_reduce_go_with_the_position() -> None:
    """OB-ORD-18."""
    pit = Pit(at=100)
    deep(pit)
    pit.market(ALICE, 2)
    stop = pit.trigger(ALICE, -2, 90, reduce_only=True)
    entry = pit.trigger(ALICE, 1, 110)
    pit.market(ALICE, -2)
    assert pit.reason(stop) == "reduceOnlyCanceled"
    assert pit.open(ALICE) == [entry]


def test_dormant_orders_go_when_the_position_turns() -> None:
    """OB-ORD-18."""
    pit = Pit(at=100)
    deep(pit)
    pit.market(ALICE, 2)
    stop = pit.trigger(ALICE, -2, 90, reduce_only=True)
    pit.market(ALICE, -3)
    assert pit.reason(stop) == "reduceOnlyCanceled"


# On a position


def test_exits_follow_the_size_of_the_position() -> None:
    """OB-ORD-19."""
    pit = Pit(at=100)
    deep(pit)
    pit.market(ALICE, 2)
    pit.exits(ALICE, stop=95)
    pit.market(ALICE, 3)
    pit.tick(95)
    assert pit.position(ALICE) == 0


def test_exits_with_a_fixed_size_close_no_more_than_that() -> None:
    """OB-ORD-19."""
    pit = Pit(at=100)
    deep(pit)
    pit.market(ALICE, -5)
    pit.exits(ALICE, take=95, size=2)
    pit.tick(95)
    assert pit.position(ALICE) == -3


def test_one_exit_that_fills_ends_the_other() -> None:
    """OB-ORD-20: one cancels the other."""
    pit = Pit(at=100)
    deep(pit)
    pit.market(ALICE, 2)
    take, stop = pit.exits(ALICE, take=105, stop=95, size=1)
    pit.tick(105)
    assert take in pit.finished
    assert pit.reason(stop) == "siblingFilledCanceled"
    assert (pit.position(ALICE), pit.open(ALICE)) == (1, [])


def test_an_exit_that_closes_the_position_takes_its_sibling_along() -> None:
    """OB-ORD-18, OB-ORD-20: there is nothing left to reduce."""
    pit = Pit(at=100)
    deep(pit)
    pit.market(ALICE, 2)
    pit.exits(ALICE, take=105, stop=95)
    pit.tick(95)
    assert (pit.position(ALICE), pit.open(ALICE)) == (0, [])


def test_a_take_profit_at_a_limit_leaves_the_stop_until_it_has_filled() -> None:
    """OB-ORD-20."""
    pit = Pit(at=100)
    pit.ask(MAKER, 2, 101)
    pit.market(ALICE, 2)
    take, stop = pit.exits(ALICE, take=105, stop=95, take_limit=106, size=1)
    pit.tick(105)
    assert sorted(pit.open(ALICE)) == [take, stop]
    pit.bid(BOB, "0.5", 106)
    assert sorted(pit.open(ALICE)) == [take, stop]
    pit.bid(BOB, "0.5", 106)
    assert pit.reason(stop) == "siblingFilledCanceled"


def test_a_stop_that_fills_takes_the_take_profit_off_the_book() -> None:
    """OB-ORD-20."""
    pit = Pit(at=100)
    pit.ask(MAKER, 2, 101)
    pit.bid(MAKER, 9, 94)
    pit.market(ALICE, 2)
    take, _ = pit.exits(ALICE, take=105, stop=95, take_limit=106, size=1)
    pit.tick(105)
    assert pit.ladder("asks") == [(106, 1, 1)]
    pit.tick(95)
    assert pit.reason(take) == "siblingFilledCanceled"
    assert pit.ladder("asks") == []


def test_one_exit_cancelled_leaves_the_other() -> None:
    """OB-ORD-20."""
    pit = Pit(at=100)
    deep(pit)
    pit.market(ALICE, 2)
    take, stop = pit.exits(ALICE, take=105, stop=95)
    pit.cancel(ALICE, take)
    assert pit.open(ALICE) == [stop]
    pit.tick(95)
    assert pit.position(ALICE) == 0


def test_exits_need_a_position_a_price_and_the_right_sides() -> None:
    """OB-ORD-19."""
    pit = Pit(at=100)
    deep(pit)
    with refused(pit, "reduce-only"):
        pit.exits(ALICE, stop=95)
    pit.market(ALICE, 1)
    with refused(pit, "no-exit"):
        pit.exits(ALICE)
    with refused(pit, "bad-trigger-px", price(101), price(100)):
        pit.exits(ALICE, take=110, stop=101)


# On a parent


def test_children_sleep_until_the_parent_has_filled_completely() -> None:
    """OB-ORD-21."""
    pit = Pit(at=100)
    parent = pit.with_exits(ALICE, 2, 98, take=105, stop=95)
    pit.ask(BOB, 1, 98)
    assert pit.open(ALICE) == [parent.number]
    pit.ask(BOB, 1, 98)
    assert pit.open(ALICE) == [parent.number + 1, parent.number + 2]
    pit.bid(MAKER, 9, 94)
    pit.tick(95)
    assert (pit.position(ALICE), pit.open(ALICE)) == (0, [])


def test_a_parent_that_fills_at_once_wakes_its_children_at_once() -> None:
    """OB-ORD-21."""
    pit = Pit(at=100)
    deep(pit)
    parent = pit.with_exits(ALICE, -2, 0, "market", take=95, stop=105)
    assert pit.open(ALICE) == [parent.number + 1, parent.number + 2]
    pit.tick(95)
    assert (pit.position(ALICE), pit.open(ALICE)) == (0, [])
    assert pit.reason(parent.number + 2) in {"siblingFilledCanceled", "reduceOnlyCanceled"}


@pytest.mark.parametrize("filled", [0, 1])
def test_a_parent_that_is_cancelled_ends_its_children(filled: int) -> None:
    """OB-ORD-21: also when it was partly filled."""
    pit = Pit(at=100)
    parent = pit.with_exits(ALICE, 2, 98, take=105, stop=95)
    if filled:
        pit.ask(BOB, filled, 98)
    pit.cancel(ALICE, parent.number)
    assert pit.open(ALICE) == []
    assert [pit.reason(parent.number + child) for child in (1, 2)] == ["canceled"] * 2
    pit.bid(MAKER, 9, 94)
    pit.tick(90)
    assert pit.position(ALICE) == filled


def test_a_parent_partly_filled_and_stopped_by_margin_wakes_its_children() -> None:
    """OB-ORD-21."""
    pit = Pit(at=100)
    parent = pit.with_exits(ALICE, 2, 98, stop=95)
    pit.ask(BOB, 1, 98)
    pit.broke.add(ALICE)
    pit.ask(BOB, 1, 98)
    assert pit.reason(parent.number) == "marginCanceled"
    assert pit.open(ALICE) == [parent.number + 1]
    pit.broke.clear()
    pit.bid(MAKER, 9, 94)
    pit.tick(95)
    assert pit.position(ALICE) == 0


def test_a_parent_stopped_by_margin_before_any_fill_ends_its_children() -> None:
    """OB-ORD-21."""
    pit = Pit(at=100)
    parent = pit.with_exits(ALICE, 2, 98, stop=95)
    pit.broke.add(ALICE)
    pit.ask(BOB, 1, 98)
    assert pit.reason(parent.number + 1) == "marginCanceled"
    assert pit.open(ALICE) == []


def test_an_immediate_parent_that_fills_in_part_ends_its_children() -> None:
    """OB-ORD-21: it neither filled completely nor was stopped by margin."""
    pit = Pit(at=100)
    pit.ask(BOB, 1, 101)
    parent = pit.with_exits(ALICE, 2, 101, "ioc", stop=95)
    assert pit.reason(parent.number) == "canceled"
    assert pit.reason(parent.number + 1) == "canceled"


def test_a_sleeping_child_can_be_cancelled_alone() -> None:
    """OB-ORD-21, OB-ORD-12."""
    pit = Pit(at=100)
    parent = pit.with_exits(ALICE, 2, 98, take=105, stop=95)
    with refused(pit, "unknown-order"):
        pit.cancel(BOB, parent.number + 2)
    pit.cancel(ALICE, parent.number + 2)
    pit.ask(BOB, 2, 98)
    assert pit.open(ALICE) == [parent.number + 1]


def test_children_of_a_parent_that_only_reduced_have_nothing_to_close() -> None:
    """OB-ORD-18, OB-ORD-21."""
    pit = Pit(at=100)
    deep(pit)
    pit.market(ALICE, -5)
    parent = pit.with_exits(ALICE, 2, 0, "market", stop=95)
    assert pit.reason(parent.number + 1) == "reduceOnlyCanceled"
    assert pit.open(ALICE) == []


def test_children_are_held_against_the_price_of_the_parent() -> None:
    """OB-ORD-21: its limit, the mark for a market order; a refusal leaves nothing behind."""
    pit = Pit(at=100)
    deep(pit)
    with refused(pit, "bad-trigger-px", price(90), price(90)):
        pit.with_exits(ALICE, 1, 90, stop=90)
    pit.with_exits(ALICE, 1, 90, take=95, stop=85)
    with refused(pit, "bad-trigger-px", price(95), price(100)):
        pit.with_exits(ALICE, 1, 0, "market", take=95)
    pit.entry_refused.add(BOB)
    with refused(pit, "perp-margin"):
        pit.with_exits(BOB, 1, 90, take=95)


def test_a_family_leaves_nothing_behind() -> None:
    """OB-ORD-20, OB-ORD-21: however it ends, the room holds no trace of it."""
    pit = Pit(at=100)
    deep(pit)
    empty = pit.orders.triggers.state()
    first = pit.with_exits(ALICE, 1, 90, take=95, stop=85)
    pit.with_exits(ALICE, 1, 0, "market", take=105, stop=95)
    pit.with_exits(BOB, 1, 0, "market", take=105)
    pit.cancel(ALICE, first.number)
    pit.tick(105)
    pit.orders.cancel_all(pit.owner_of(ALICE))
    assert pit.orders.triggers.state() == empty
    owner = pit.owner_of(ALICE)
    assert (owner.resting, owner.dormant, owner.reducing_buys, owner.reducing_sells) == (0,) * 4


def test_a_fired_order_trades_its_own_size_even_if_the_position_is_larger() -> None:
    """OB-ORD-17."""
    pit = Pit(at=100)
    deep(pit)
    pit.market(ALICE, 5)
    pit.trigger(ALICE, -2, 95, reduce_only=True)
    pit.tick(95)
    assert pit.held[ALICE] == tokens(3)

"""TWAP slices and the dead-man switch: what happens because time passes."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbook.pit import DAY, MINUTE, SECOND, START, Pit, dollars, refused

ALICE, BOB, MAKER = 2, 3, 9


def deep(pit: Pit, size: float = 100_000) -> None:
    pit.bid(MAKER, size, 99)
    pit.ask(MAKER, size, 101)


def run(pit: Pit, until: int, step: int = 30 * SECOND) -> list[Fraction]:
    """The position of the account after each step."""
    seen = []
    for _ in range(until // step):
        pit.tick(step=step)
        seen.append(pit.position(ALICE))
    return seen


def test_even_slices_every_thirty_seconds() -> None:
    """OB-ORD-22: five minutes are ten slices."""
    pit = Pit()
    deep(pit)
    number = pit.twap(ALICE, 20, 5 * MINUTE)
    assert run(pit, 5 * MINUTE) == [2 * (n + 1) for n in range(10)]
    assert number in pit.finished
    assert pit.open(ALICE) == []


def test_nothing_is_sent_before_a_slice_is_due() -> None:
    """OB-ORD-22."""
    pit = Pit()
    deep(pit)
    pit.twap(ALICE, -20, 5 * MINUTE)
    pit.tick(step=29 * SECOND)
    assert pit.position(ALICE) == 0
    pit.tick(step=1 * SECOND)
    assert pit.position(ALICE) == -2


def test_a_missed_slice_is_caught_up_but_no_slice_is_larger_than_three() -> None:
    """OB-ORD-23: four slices meet an empty book; the fifth brings 6 of 20, not 10."""
    pit = Pit()
    pit.twap(ALICE, 20, 5 * MINUTE)
    run(pit, 2 * MINUTE)
    deep(pit)
    assert run(pit, 3 * MINUTE) == [6, 12, 14, 16, 18, 20]


def test_what_cannot_be_caught_up_in_time_is_left() -> None:
    """OB-ORD-23: the last slice is no larger than three either."""
    pit = Pit()
    number = pit.twap(ALICE, 20, 5 * MINUTE)
    run(pit, 4 * MINUTE + 30 * SECOND)
    deep(pit)
    run(pit, 30 * SECOND)
    assert pit.position(ALICE) == 6
    assert pit.reason(number) == "canceled"
    assert pit.open(ALICE) == []


def test_a_slice_reaches_three_percent_from_the_middle() -> None:
    """OB-ORD-22: the middle is 100, the offer at 103 is met, that at 104 is not."""
    pit = Pit()
    pit.bid(MAKER, 100, 97)
    pit.ask(MAKER, 1, 103)
    pit.ask(MAKER, 9, 104)
    pit.twap(ALICE, 20, 5 * MINUTE)
    pit.tick(step=30 * SECOND)
    assert [(trade.price, trade.size) for trade in pit.trades] == [(103, 1)]


def test_slices_that_are_due_together_are_sent_one_after_the_other() -> None:
    """OB-ORD-22: a long step brings as many slices as it covers, within the budget."""
    pit = Pit()
    deep(pit)
    pit.twap(ALICE, 20, 5 * MINUTE)
    assert pit.tick(step=2 * MINUTE, budget=3) == 0
    assert pit.position(ALICE) == 6
    assert pit.tick(step=0, budget=3) == 2
    assert pit.position(ALICE) == 8


def test_a_long_twap_of_little_value_has_fewer_slices_of_the_least_value() -> None:
    """OB-ORD-22: 100 dollars over a day are ten slices of ten dollars, not 2,880."""
    pit = Pit()
    deep(pit)
    pit.twap(ALICE, 1, DAY)
    seen = run(pit, DAY, step=DAY // 10)
    assert seen == [Fraction(n + 1, 10) for n in range(10)]


def test_sizes_are_rounded_down_to_the_lot_and_made_up_later() -> None:
    """OB-ORD-22: ten slices of 1.111 are sent in hundredths."""
    pit = Pit()
    deep(pit)
    pit.twap(ALICE, "11.11", 5 * MINUTE)
    seen = run(pit, 5 * MINUTE)
    assert seen[:3] == [Fraction("1.11"), Fraction("2.22"), Fraction("3.33")]
    assert seen[8:] == [Fraction("9.99"), Fraction("11.11")]


@settings(max_examples=25, deadline=None)
@given(st.integers(100, 5_000), st.integers(10, 40), st.integers(0, 50))
def test_a_randomised_twap_stays_within_a_fifth_and_ends_whole(
    size: int, slices: int, skipped: int
) -> None:
    """OB-ORD-24."""
    pit = Pit()
    deep(pit)
    for _ in range(skipped):
        pit.number()
    pit.twap(ALICE, size, slices * 30 * SECOND, randomised=True)
    seen = run(pit, slices * 30 * SECOND)
    even = Fraction(size, slices)
    assert seen[-1] == size
    for index, held in enumerate(seen[:-1]):
        wanted = even * (index + 1) - (seen[index - 1] if index else 0)
        got = held - (seen[index - 1] if index else 0)
        assert wanted * Fraction(79, 100) - Fraction(2, 100) <= got <= wanted * Fraction(121, 100)


def test_randomised_slices_differ_and_are_the_same_every_time() -> None:
    """OB-ORD-24: they come from the order's number, not from a die."""

    def sizes() -> list[Fraction]:
        pit = Pit()
        deep(pit)
        pit.twap(ALICE, 2_000, 20 * MINUTE, randomised=True)
        run(pit, 20 * MINUTE)
        return [trade.size for trade in pit.trades]

    first = sizes()
    assert first == sizes()
    assert len(set(first)) > 20


def test_a_reduce_only_twap_ends_with_the_position() -> None:
    """OB-ORD-25."""
    pit = Pit()
    deep(pit)
    with refused(pit, "reduce-only"):
        pit.twap(ALICE, -20, 5 * MINUTE, reduce_only=True)
    pit.market(ALICE, 3)
    number = pit.twap(ALICE, -20, 5 * MINUTE, reduce_only=True)
    run(pit, 5 * MINUTE)
    assert pit.position(ALICE) == 0
    assert pit.reason(number) == "reduceOnlyCanceled"


def test_a_slice_without_margin_is_skipped_and_caught_up() -> None:
    """OB-ORD-23."""
    pit = Pit()
    deep(pit)
    pit.twap(ALICE, 20, 5 * MINUTE)
    pit.entry_refused.add(ALICE)
    assert run(pit, MINUTE) == [0, 0]
    pit.entry_refused.clear()
    assert run(pit, 4 * MINUTE)[0] == 6


def test_bounds_of_a_twap() -> None:
    """OB-ORD-22: 100 dollars, five minutes to seven days."""
    pit = Pit()
    with refused(pit, "min-twap-value", dollars(99), dollars(100)):
        pit.twap(ALICE, "0.99", 5 * MINUTE)
    with refused(pit, "duration-too-small", 5 * MINUTE - 1, 5 * MINUTE):
        pit.twap(ALICE, 1, 5 * MINUTE - 1)
    with refused(pit, "duration-too-large", 7 * DAY + 1, 7 * DAY):
        pit.twap(ALICE, 1, 7 * DAY + 1)
    with refused(pit, "lot"):
        pit.twap(ALICE, "1.001", 5 * MINUTE)


def test_a_running_twap_counts_as_an_open_order_and_can_be_cancelled() -> None:
    """OB-ORD-11, OB-ORD-12."""
    pit = Pit(open_orders=1, most_orders=1)
    number = pit.twap(ALICE, 20, 5 * MINUTE)
    with refused(pit, "open-orders", 1, 1):
        pit.bid(ALICE, 1, 90)
    with refused(pit, "unknown-order", number):
        pit.cancel(BOB, number)
    pit.cancel(ALICE, number)
    assert pit.reason(number) == "canceled"
    pit.bid(ALICE, 1, 90)


# The dead-man switch


def test_the_switch_cancels_everything_when_its_time_has_come() -> None:
    """OB-ORD-26."""
    pit = Pit()
    bid = pit.bid(ALICE, 1, 99)
    stop = pit.trigger(ALICE, 1, 110)
    twap = pit.twap(ALICE, 20, 5 * MINUTE)
    other = pit.bid(BOB, 1, 99)
    pit.orders.schedule_cancel(pit.owner_of(ALICE), START + 5 * SECOND)
    pit.tick(step=5 * SECOND - 1)
    assert len(pit.open(ALICE)) == 3
    pit.tick(step=1)
    assert {pit.reason(n) for n in (bid.number, stop, twap)} == {"scheduledCancel"}
    assert pit.open(BOB) == [other.number]


def test_setting_it_anew_moves_it_and_nought_takes_it_off() -> None:
    """OB-ORD-26."""
    pit = Pit()
    owner = pit.owner_of(ALICE)
    order = pit.bid(ALICE, 1, 99)
    pit.orders.schedule_cancel(owner, START + 10 * SECOND)
    pit.tick(step=8 * SECOND)
    pit.orders.schedule_cancel(owner, START + 20 * SECOND)
    pit.tick(step=8 * SECOND)
    assert pit.open(ALICE) == [order.number]
    pit.orders.schedule_cancel(owner, 0)
    pit.tick(step=DAY)
    assert pit.open(ALICE) == [order.number]
    pit.orders.schedule_cancel(pit.owner_of(BOB), 0)


def test_the_switch_is_set_five_seconds_ahead() -> None:
    """OB-ORD-26."""
    pit = Pit()
    with refused(pit, "time-too-small", START + 4_999, START + 5_000):
        pit.orders.schedule_cancel(pit.owner_of(ALICE), START + 4_999)


def test_it_acts_ten_times_a_day() -> None:
    """OB-ORD-26: the eleventh is refused that day, and taken for the next."""
    pit = Pit()
    owner = pit.owner_of(ALICE)
    for _ in range(10):
        pit.orders.schedule_cancel(owner, pit.time + 5 * SECOND)
        pit.tick(step=5 * SECOND)
    with refused(pit, "scheduled-cancel-limit", 10, 10):
        pit.orders.schedule_cancel(owner, pit.time + 5 * SECOND)
    tomorrow = (pit.time // DAY + 1) * DAY
    order = pit.bid(ALICE, 1, 99)
    pit.orders.schedule_cancel(owner, tomorrow)
    pit.tick(step=tomorrow - pit.time)
    assert pit.reason(order.number) == "scheduledCancel"
    pit.orders.schedule_cancel(owner, tomorrow + 5 * SECOND)


def test_switches_act_in_the_order_of_their_times_within_the_budget() -> None:
    """OB-ORD-26."""
    pit = Pit()
    mine = pit.bid(ALICE, 1, 99)
    theirs = pit.bid(BOB, 1, 99)
    pit.orders.schedule_cancel(pit.owner_of(ALICE), START + 9 * SECOND)
    pit.orders.schedule_cancel(pit.owner_of(BOB), START + 8 * SECOND)
    pit.tick(step=10 * SECOND, budget=1)
    assert pit.ends == [(theirs.number, "scheduledCancel")]
    pit.tick(step=0, budget=1)
    assert pit.ends[1:] == [(mine.number, "scheduledCancel")]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(2, 8), st.integers(5, 60), st.booleans()), max_size=40))
def test_every_switch_acts_at_its_time_and_at_no_other(
    moves: list[tuple[int, int, bool]],
) -> None:
    """OB-ORD-26: against a plain dictionary of times."""
    pit = Pit(switch_triggers=1000)
    times: dict[int, int] = {}
    for account, ahead, passes in moves:
        at = pit.time + ahead * SECOND
        pit.orders.schedule_cancel(pit.owner_of(account), at)
        times[account] = at
        orders = {who: pit.bid(who, 1, 99).number for who in times}
        if passes:
            pit.tick(step=7 * SECOND)
            acted = {who for who, due in times.items() if due <= pit.time}
            for who in acted:
                del times[who]
            words = dict(pit.ends)
            assert {who for who, n in orders.items() if words.get(n)} == acted


@pytest.mark.parametrize("number", [1, 2, 3, 1_000, 2**31, 2**40])
def test_the_jitter_is_even_handed(number: int) -> None:
    """OB-ORD-24: over many slices it averages out, whatever the order's number is."""
    pit = Pit()
    deep(pit)
    pit.orders.numbering.next = number
    pit.twap(ALICE, 10_000, 500 * 30 * SECOND, randomised=True)
    twap = pit.orders.twaps.running[number]
    jitters = []
    for slot in range(1, 500):
        twap.done = slot
        jitters.append(int(pit.orders.twaps._jitter(twap)))
    assert max(abs(jitter) for jitter in jitters) <= 2 * 10**11
    assert abs(sum(jitters) / len(jitters)) < 2 * 10**10

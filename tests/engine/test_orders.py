"""The waiting room: heaps by trigger, a line by arrival, and who leaves them when."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.engine.orders import (
    LIMIT_ORDER,
    MARKET,
    ORDER_KINDS,
    STOP,
    TAKE_PROFIT,
    Order,
    TriggerHeap,
    WaitingRoom,
)


def order(
    number: int, kind: int = MARKET, size: int = 1, trigger: int = 0, placed_at: int = 0
) -> Order:
    return Order(number, 7, kind, size, trigger, 0, False, False, placed_at)


def served(room: WaitingRoom, placed_by: int = 10**12) -> list[int]:
    """Numbers in the order in which the line gives them out; each is let out as filled."""
    numbers = []
    while (found := room.next_in_line(placed_by)) is not None:
        numbers.append(int(found.number))
        room.remove(found)
    return numbers


@pytest.mark.parametrize(
    ("kind", "size", "rises"),
    [
        (LIMIT_ORDER, 1, False),
        (LIMIT_ORDER, -1, True),
        (TAKE_PROFIT, 1, False),
        (TAKE_PROFIT, -1, True),
        (STOP, 1, True),
        (STOP, -1, False),
    ],
)
def test_each_kind_waits_for_its_own_direction(kind, size, rises):
    """A seller's limit and a buyer's stop are reached from below."""
    assert order(1, kind, size, 5).fires_on_rise() is rises


def test_the_names_of_the_kinds_are_their_numbers():
    assert list(ORDER_KINDS) == ["market", "limit", "stop", "take-profit"]
    assert [MARKET, LIMIT_ORDER, STOP, TAKE_PROFIT] == [0, 1, 2, 3]


@settings(max_examples=80, deadline=None)
@given(
    st.booleans(),
    st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=40),
    st.lists(st.integers(0, 13), min_size=1, max_size=8),
)
def test_a_trigger_heap_gives_out_what_a_scan_gives_out(rising, rows, prices):
    """By trigger, ties by number; closed orders never."""
    heap = TriggerHeap(rising)
    waiting: dict[int, Order] = {}
    for number, (trigger, closes) in enumerate(rows):
        kept = order(number, STOP, 1 if rising else -1, trigger)
        heap.push(kept)
        if closes:
            kept.is_open = False
            heap.forget_one()
        else:
            waiting[number] = kept
    for price in prices:
        reached = [
            o for o in waiting.values() if (price >= o.trigger if rising else price <= o.trigger)
        ]
        reached.sort(key=lambda o: (o.trigger if rising else -o.trigger, o.number))
        for expected in reached:
            assert heap.next_reached(price) is expected
            del waiting[int(expected.number)]
        assert heap.next_reached(price) is None


def test_a_heap_of_closed_orders_is_rebuilt():
    """Cancelled orders do not pile up: once most are closed, only the open ones are kept."""
    heap = TriggerHeap(True)
    orders = [order(number, STOP, 1, 100 + number) for number in range(200)]
    for kept in orders:
        heap.push(kept)
    for closed in orders[:150]:
        closed.is_open = False
        heap.forget_one()
    assert len(heap.items) < 120
    assert heap.next_reached(10_000) is orders[150]


def test_market_orders_stand_in_line_at_once_and_others_when_released():
    room = WaitingRoom()
    room.add(order(1, STOP, 1, 50))
    room.add(order(2))
    assert served(room) == [2]
    room.release(49, 10)
    assert served(room) == []
    room.release(50, 10)
    assert served(room) == [1]
    assert room.orders == {}


def test_what_rises_is_released_before_what_falls():
    """Rising triggers lowest first, falling ones highest first."""
    room = WaitingRoom()
    for number, (size, trigger) in enumerate([(-1, 60), (-1, 55), (1, 40), (1, 45)]):
        room.add(order(number, STOP, size, trigger))
    room.release(50, 10)
    assert served(room) == [2, 3, 0, 1]


def test_the_young_are_not_released():
    """An order fires at a report that is late enough for it, and at no other."""
    room = WaitingRoom()
    room.add(order(1, STOP, 1, 50, placed_at=100))
    room.add(order(2, STOP, 1, 40, placed_at=10))
    room.release(60, 50)
    assert served(room) == [2]
    room.release(60, 100)
    assert served(room) == [1]


def test_the_line_stops_at_the_young():
    room = WaitingRoom()
    for number, placed_at in ((1, 10), (2, 90), (3, 20)):
        room.add(order(number, placed_at=placed_at))
    assert served(room, 50) == [1]
    assert served(room, 90) == [2, 3]


def test_a_cancelled_order_is_passed_over_in_line_and_heap():
    room = WaitingRoom()
    in_line, in_heap, other = order(1), order(2, STOP, 1, 50), order(3)
    for each in (in_line, in_heap, other):
        room.add(each)
    room.remove(in_line)
    room.remove(in_heap)
    room.release(60, 10)
    assert served(room) == [3]


def test_an_order_put_back_waits_for_its_trigger_again():
    room = WaitingRoom()
    patient = order(1, LIMIT_ORDER, 1, 50)
    room.add(patient)
    room.release(40, 10)
    assert room.next_in_line(10) is patient
    room.put_back(patient)
    assert room.next_in_line(10) is None
    room.release(60, 10)
    assert served(room) == []
    room.release(50, 10)
    assert served(room) == [1]


def test_an_order_put_back_may_be_cancelled():
    room = WaitingRoom()
    patient = order(1, LIMIT_ORDER, 1, 50)
    room.add(patient)
    room.release(40, 10)
    room.next_in_line(10)
    room.put_back(patient)
    room.remove(patient)
    room.release(40, 10)
    assert served(room) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("market"), st.just(0), st.just(0)),
            st.tuples(st.sampled_from(["limit", "stop", "take-profit"]),
                      st.sampled_from([1, -1]), st.integers(1, 9)),
            st.tuples(st.just("cancel"), st.integers(0, 40), st.just(0)),
            st.tuples(st.just("price"), st.integers(0, 10), st.integers(0, 4)),
        ),
        min_size=3,
        max_size=60,
    )
)  # fmt: skip
def test_the_room_serves_what_a_plain_list_serves(script):
    """Two lists and a sort against heaps and a line, order by order."""
    room = WaitingRoom()
    line: list[Order] = []
    waiting: list[Order] = []
    for now, (what, a, b) in enumerate(script):
        if what == "price":
            placed_by = now - b
            ready = [o for o in waiting if o.placed_at <= placed_by]
            rising = [o for o in ready if o.fires_on_rise() and a >= o.trigger]
            falling = [o for o in ready if not o.fires_on_rise() and a <= o.trigger]
            rising.sort(key=lambda o: (o.trigger, o.number))
            falling.sort(key=lambda o: (-o.trigger, o.number))
            line += rising + falling
            waiting = [o for o in waiting if o not in line]
            room.release(a, placed_by)
            expected = []
            while line and line[0].placed_at <= placed_by:
                expected.append(int(line.pop(0).number))
            assert served(room, placed_by) == expected
        elif what == "cancel":
            everybody = line + waiting
            if everybody:
                chosen = everybody[a % len(everybody)]
                room.remove(chosen)
                line = [o for o in line if o is not chosen]
                waiting = [o for o in waiting if o is not chosen]
        else:
            new = order(now, ORDER_KINDS[what], a or 1, b, now)
            room.add(new)
            (line if what == "market" else waiting).append(new)
        assert sorted(room.orders) == sorted(int(o.number) for o in line + waiting)


def test_the_state_tells_waiting_from_standing_in_line():
    """For a digest: the same orders, one of them released, are another state."""
    rooms = [WaitingRoom(), WaitingRoom()]
    for room in rooms:
        room.add(order(1, STOP, 1, 50))
        room.add(order(2))
    assert rooms[0].state() == rooms[1].state()
    rooms[1].release(50, 10)
    assert rooms[0].state() != rooms[1].state()


def test_the_margin_that_waits_is_in_the_pots():
    room = WaitingRoom()
    rich = order(1)
    rich.amount = 500
    room.add(rich)
    assert [pot.amount for pot in room.pots()] == [500]


def test_a_long_line_gives_its_served_part_back():
    """A line that never empties, because somebody young always stands at its end."""
    room = WaitingRoom()
    for number in range(5_000):
        room.add(order(number, placed_at=number))
        assert served(room, number - 1) == ([number - 1] if number else [])
        room.tidy()
    assert len(room._line._items) < 2_100
    assert room.state()[-1] == 4_999

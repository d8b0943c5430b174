"""The watch against a plain scan: who is due, in which order, and where everybody stands."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.engine.fixed import MAX_DOLLARS
from seawall.engine.margin import Tier, Tiers, worth
from seawall.engine.watch import (
    DUE,
    IN_AUCTION,
    WATCHED,
    ByKey,
    Heap,
    Largest,
    NextDown,
    NextUp,
    Position,
    Watch,
)

DOLLAR = 10**6
TOKEN = 10**8
PRICE = 10**10
PERCENT = 10**10

TIERS = Tiers(
    [
        Tier(1_000 * DOLLAR, 50, 1 * PERCENT),
        Tier(5_000 * DOLLAR, 25, 2 * PERCENT),
        Tier(20_000 * DOLLAR, 10, 5 * PERCENT),
        Tier(MAX_DOLLARS, 5, 10 * PERCENT),
    ],
    False,
)


def a_position(account: int, size: int, entry: int, margin: int, index: int = 0) -> Position:
    position = Position(account)
    position.size = size
    position.entry = entry
    position.amount = margin
    position.index = index
    return position


def equity(position: Position, price: int, index: int) -> int:
    value = worth(position.size, price)
    result = value - position.entry if position.size > 0 else position.entry - value
    owed = -(-abs(position.size) * (index - position.index) // 10**15)
    return position.amount + result - owed


def excess(position: Position, price: int, index: int) -> int:
    """Equity less maintenance: below zero where the position is liquidatable."""
    return equity(position, price, index) - TIERS.maintenance(worth(position.size, price))


@dataclass
class Scan:
    """The same positions in a plain dictionary."""

    watch: Watch
    price: int
    indices: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    positions: dict[int, Position] = field(default_factory=dict)

    def index_of(self, position: Position) -> int:
        return self.indices[position.size > 0]

    def check_shelves(self) -> None:
        for position in self.positions.values():
            if position.standing == WATCHED:
                tier = TIERS.index_of(worth(position.size, self.price))
                expected = tier if position.size > 0 else TIERS.count + tier
                assert position.shelf == expected
        for heap in [*self.watch.keys, *self.watch.ups, *self.watch.downs, self.watch.due]:
            check_heap(heap)
        held = sum(len(heap.items) for heap in self.watch.keys) + len(self.watch.due.items)
        on_offer = [p for p in self.positions.values() if p.standing == IN_AUCTION]
        assert held + len(on_offer) == len(self.positions)

    def check_candidates(self) -> None:
        """Everybody who is liquidatable is found; whoever else is found is so to a few units."""
        self.watch.sort_tiers(self.price)
        self.check_shelves()
        found: list[Position] = []
        while True:
            candidate = self.watch.next_candidate(
                self.price, self.indices[True], self.indices[False]
            )
            if candidate is None:
                break
            found.append(candidate)
        accounts = {position.account for position in found}
        for position in self.positions.values():
            left = excess(position, self.price, self.index_of(position))
            if position.standing == WATCHED and left < 0:
                assert position.account in accounts
        for position in found:
            left = excess(position, self.price, self.index_of(position))
            assert left <= 20 + abs(position.size) * 10 // 10**12
            if left < 0:
                self.watch.put_due(position)
            else:
                self.watch.add(position, self.price)


def check_heap(heap: Heap) -> None:
    items = heap.items
    for slot in range(1, len(items)):
        assert not heap.before(items[slot], items[(slot - 1) // 2])


amounts = st.integers(1, 40_000 * DOLLAR)
operations = st.lists(
    st.one_of(
        st.tuples(
            st.just("open"), st.integers(10_000, 20 * TOKEN), st.booleans(),
            st.integers(-400, 400), st.integers(0, 60),
        ),
        st.tuples(st.just("margin"), st.integers(0, 30), st.integers(0, 40_000 * DOLLAR)),
        st.tuples(st.just("resize"), st.integers(0, 30), st.integers(10_000, 20 * TOKEN)),
        st.tuples(st.just("turn"), st.integers(0, 30), st.integers(10_000, 20 * TOKEN)),
        st.tuples(st.just("leave"), st.integers(0, 30)),
        st.tuples(st.just("offer"), st.integers(0, 30)),
        st.tuples(st.just("accrue"), st.booleans(), st.integers(-(10**14), 10**14)),
        st.tuples(st.just("price"), st.integers(-3_000, 3_000)),
        st.tuples(st.just("leap"), st.sampled_from([3, 5, 17])),
        st.tuples(st.just("sink"), st.sampled_from([3, 5, 17])),
    ),
    min_size=5,
    max_size=60,
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(operations)
def test_the_watch_finds_whom_a_scan_finds(script):
    """Under changes of size, side, margin, price, tier and accrual: the same accounts."""
    scan = Scan(Watch(TIERS), 2_000 * PRICE)
    for number, (name, *rest) in enumerate(script):
        chosen = None
        if rest and isinstance(rest[0], int) and scan.positions:
            chosen = list(scan.positions.values())[rest[0] % len(scan.positions)]
        if name == "open":
            size, is_long, off, margin = rest
            signed = size if is_long else -size
            entry = max(1, worth(signed, scan.price) * (1_000 + off) // 1_000)
            position = a_position(
                number, signed, entry, entry * margin // 100, scan.indices[is_long]
            )
            scan.positions[number] = position
            scan.watch.add(position, scan.price)
        elif name == "accrue":
            scan.indices[rest[0]] += rest[1]
        elif name == "price":
            scan.price = max(10 * PRICE, scan.price * (10_000 + rest[0]) // 10_000)
        elif name == "leap":
            scan.price = min(100_000 * PRICE, scan.price * rest[0])
        elif name == "sink":
            scan.price = max(10 * PRICE, scan.price // rest[0])
        elif chosen is None:
            continue
        elif name == "leave":
            scan.watch.drop(chosen)
            del scan.positions[int(chosen.account)]
        elif name == "offer":
            scan.watch.drop(chosen)
            scan.watch.hold(chosen)
        else:
            if name == "margin":
                chosen.amount = rest[1]
            elif name == "resize":
                chosen.size = rest[1] if chosen.size > 0 else -rest[1]
            else:
                chosen.size = -rest[1] if chosen.size > 0 else rest[1]
            chosen.index = scan.index_of(chosen)
            scan.watch.update(chosen, scan.price)
        scan.check_candidates()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-50 * TOKEN, 50 * TOKEN).filter(bool), min_size=1, max_size=30))
def test_the_due_are_popped_largest_first_ties_by_account(sizes):
    """The keeper's queue."""
    watch = Watch(TIERS)
    for account, size in enumerate(sizes):
        watch.put_due(a_position(account, size, DOLLAR, 0))
    popped = []
    while (position := watch.pop_due()) is not None:
        assert position.standing == WATCHED
        popped.append((-abs(position.size), position.account))
    assert popped == sorted((-abs(size), account) for account, size in enumerate(sizes))


@pytest.mark.parametrize("kind", [ByKey, Largest, NextUp, NextDown])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_position_may_leave_a_heap(kind, data):
    """Each position knows its slot, whoever came and went before."""
    heap = kind()
    attribute = {ByKey: "slot", Largest: "slot", NextUp: "slot_up", NextDown: "slot_down"}[kind]
    inside: list[Position] = []
    for account in range(data.draw(st.integers(1, 25))):
        position = a_position(account, data.draw(st.integers(1, 9)), 1, 0)
        position.key = data.draw(st.integers(-5, 5))
        heap.push(position)
        inside.append(position)
        if data.draw(st.booleans()):
            leaver = inside.pop(data.draw(st.integers(0, len(inside) - 1)))
            heap.remove(leaver, getattr(leaver, attribute))
            assert getattr(leaver, attribute) == -1
        check_heap(heap)
        assert all(heap.items[getattr(p, attribute)] is p for p in inside)
    assert len(heap.items) == len(inside)


def test_a_dropped_position_is_found_no_more():
    """From the watch and from the queue of the due alike."""
    watch = Watch(TIERS)
    watched, due = a_position(1, TOKEN, 3_000 * DOLLAR, 0), a_position(2, TOKEN, 3_000 * DOLLAR, 0)
    watch.add(watched, 2_000 * PRICE)
    watch.put_due(due)
    assert due.standing == DUE
    watch.drop(watched)
    watch.drop(due)
    assert watch.next_candidate(2_000 * PRICE, 0, 0) is None
    assert watch.pop_due() is None


def test_a_position_on_offer_is_in_no_heap():
    """It is the auction's until it is called off."""
    watch = Watch(TIERS)
    position = a_position(1, TOKEN, 3_000 * DOLLAR, 0)
    watch.add(position, 2_000 * PRICE)
    watch.drop(position)
    watch.hold(position)
    assert position.standing == IN_AUCTION
    assert watch.next_candidate(2_000 * PRICE, 0, 0) is None
    watch.drop(position)
    watch.add(position, 2_000 * PRICE)
    assert watch.next_candidate(2_000 * PRICE, 0, 0) is position


@pytest.mark.parametrize("size", [1, -1, 3, 10**18, -(10**18)])
@pytest.mark.parametrize("debt", [0, 10**17, -(10**17)])
def test_keys_of_absurd_positions_stay_inside_64_bits(size, debt):
    """A crumb with a fortune in margin, a fortune without any."""
    position = a_position(1, size, max(0, debt), max(0, -debt), 10**18)
    position.rekey()
    assert -(2**62) < position.key + 10**15 < 2**62


@pytest.mark.parametrize("size", [TOKEN // 20, -TOKEN // 20])
def test_a_leap_of_the_price_sorts_everybody_anew(size):
    """Worth 100 dollars, far from any limit, and after one report 1,700: in the second tier."""
    watch = Watch(TIERS)
    position = a_position(1, size, 100 * DOLLAR, 50_000 * DOLLAR)
    watch.add(position, 2_000 * PRICE)
    shelf = 0 if size > 0 else TIERS.count
    assert position.shelf == shelf
    watch.sort_tiers(34_000 * PRICE)
    assert position.shelf == shelf + 1
    watch.sort_tiers(2_000 * PRICE)
    assert position.shelf == shelf


def test_a_quiet_price_takes_nobody_out():
    """Healthy accounts stay where they are; the heaps are only looked at."""
    watch = Watch(TIERS)
    positions = [a_position(n, TOKEN, 2_000 * DOLLAR, 1_000 * DOLLAR) for n in range(50)]
    for position in positions:
        watch.add(position, 2_000 * PRICE)
    for step in range(20):
        watch.sort_tiers((1_900 + step) * PRICE)
        assert watch.next_candidate((1_900 + step) * PRICE, 0, 0) is None
    assert len(watch.keys[1].items) == 50

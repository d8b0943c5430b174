"""The book: price-time priority, matching at the maker's price, what is read off it.

Rules OB-BOOK-* of docs/orderbook.md; the naive book of the property tests is a list of orders that
is searched from end to end every time.
"""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from orderbook.pit import Pit, price, tokens
from seawall.engine.designs.orderbook.book import Book, Clearing
from seawall.engine.designs.orderbook.feed import Step, feed
from seawall.engine.designs.orderbook.levels import Owner, Resting

ALICE, BOB, CAROL, DAVE = 2, 3, 4, 5


def test_the_better_price_is_served_first_and_then_the_older_order() -> None:
    """OB-BOOK-1."""
    pit = Pit()
    late_and_low = pit.ask(ALICE, 1, 101)
    early = pit.ask(BOB, 1, 102)
    late = pit.ask(CAROL, 1, 102)
    pit.bid(DAVE, 2.5, 105)
    assert [trade.maker for trade in pit.trades] == [
        late_and_low.number, early.number, late.number,
    ]  # fmt: skip
    assert [trade.size for trade in pit.trades] == [1, 1, Fraction(1, 2)]


def test_every_match_happens_at_the_price_of_the_resting_order() -> None:
    """OB-BOOK-2."""
    pit = Pit()
    pit.bid(ALICE, 1, 99)
    pit.bid(BOB, 1, 98)
    pit.ask(CAROL, 2, 95)
    assert [trade.price for trade in pit.trades] == [99, 98]
    assert pit.book.last_trade == price(98)


def test_a_partly_filled_order_keeps_its_place() -> None:
    """OB-BOOK-1."""
    pit = Pit()
    first = pit.ask(ALICE, 2, 101)
    pit.ask(BOB, 2, 101)
    pit.bid(CAROL, 0.5, 101)
    pit.bid(CAROL, 0.5, 101)
    assert {trade.maker for trade in pit.trades} == {first.number}
    assert pit.ladder("asks") == [(101, 3, 2)]


def test_a_cancelled_order_leaves_its_neighbours_in_place() -> None:
    """OB-BOOK-3."""
    pit = Pit()
    orders = [pit.ask(who, 1, 101) for who in (ALICE, BOB, CAROL)]
    pit.cancel(BOB, orders[1].number)
    pit.bid(DAVE, 2, 101)
    assert [trade.maker for trade in pit.trades] == [orders[0].number, orders[2].number]
    assert pit.ladder("asks") == []


def test_an_empty_side_has_no_best_price_and_no_middle() -> None:
    """OB-BOOK-5."""
    pit = Pit()
    assert (pit.book.best_bid(), pit.book.best_ask(), pit.book.mid()) == (0, 0, 0)
    pit.bid(ALICE, 1, 99)
    assert (pit.book.best_bid(), pit.book.mid()) == (price(99), 0)
    pit.ask(BOB, 1, 102)
    assert pit.book.mid() == price("100.5")


def test_a_match_with_oneself_expires_the_resting_order_and_the_taker_goes_on() -> None:
    """OB-BOOK-4."""
    pit = Pit()
    own = pit.ask(ALICE, 1, 101)
    others = pit.ask(BOB, 1, 102)
    taker = pit.bid(ALICE, 1, 103)
    assert pit.reason(own.number) == "selfTradeCanceled"
    assert [(trade.maker, trade.price) for trade in pit.trades] == [(others.number, 102)]
    assert taker.left == 0
    assert pit.position(ALICE) == 1


def test_two_accounts_of_one_person_may_trade_with_each_other() -> None:
    """OB-BOOK-4: only the same account counts."""
    pit = Pit()
    pit.ask(ALICE, 1, 101)
    pit.bid(BOB, 1, 101)
    assert len(pit.trades) == 1


def test_a_resting_order_that_no_longer_passes_the_margin_check_is_cancelled() -> None:
    """OB-BOOK-6."""
    pit = Pit()
    unbacked = pit.ask(ALICE, 1, 101)
    backed = pit.ask(BOB, 1, 102)
    pit.broke.add(ALICE)
    pit.bid(CAROL, 1, 103)
    assert pit.reason(unbacked.number) == "marginCanceled"
    assert [trade.maker for trade in pit.trades] == [backed.number]


def test_a_taker_that_bears_no_further_fill_stops_and_its_rest_is_cancelled() -> None:
    """OB-BOOK-7."""
    pit = Pit()
    maker = pit.ask(ALICE, 1, 101)
    pit.broke.add(BOB)
    taker = pit.bid(BOB, 1, 101)
    assert pit.reason(taker.number) == "perpMarginRejected"
    assert pit.open(ALICE) == [maker.number]
    assert pit.open(BOB) == []


def test_levels_show_price_size_and_number_of_orders() -> None:
    """OB-BOOK-5."""
    pit = Pit()
    pit.bid(ALICE, 1, 99)
    pit.bid(BOB, 2, 99)
    pit.bid(CAROL, 4, 97)
    pit.bid(CAROL, 8, 98)
    assert pit.ladder("bids") == [(99, 3, 2), (98, 8, 1), (97, 4, 1)]
    assert len(pit.book.levels(True, 2)) == 2


def test_the_impact_price_is_the_average_of_trading_a_notional() -> None:
    """OB-BOOK-8: 1,000 dollars buy ten at 100; 2,100 more buy twenty at 105."""
    pit = Pit()
    pit.ask(ALICE, 10, 100)
    pit.ask(BOB, 100, 105)
    assert pit.book.impact_price(True, 1_000 * 10**6) == price(100)
    assert pit.book.impact_price(True, 3_100 * 10**6) == price(Fraction(3100, 30))
    assert pit.book.impact_price(True, 11_500 * 10**6) == price(Fraction(11500, 110))


def test_a_book_that_is_thinner_than_the_notional_has_no_impact_price() -> None:
    """OB-BOOK-8."""
    pit = Pit()
    pit.bid(ALICE, 10, 100)
    assert pit.book.impact_price(False, 1_000 * 10**6) == price(100)
    assert pit.book.impact_price(False, 1_000 * 10**6 + 1) == 0
    assert pit.book.impact_price(True, 1) == 0


# Against a book that is a list


class Naive:
    """Orders in a list, searched from end to end."""

    def __init__(self) -> None:
        self.orders: list[list[int]] = []  # number, account, sign, price, left

    def place(self, number: int, account: int, sign: int, limit: int, size: int):
        trades = []
        expired = []
        while size > 0:
            facing = [o for o in self.orders if o[2] == -sign and (limit - o[3]) * sign >= 0]
            if not facing:
                break
            best = min(facing, key=lambda o: (o[3] * sign, o[0]))
            if best[1] == account:
                expired.append(best[0])
                self.orders.remove(best)
                continue
            part = min(size, best[4])
            trades.append((best[0], part, best[3]))
            size -= part
            best[4] -= part
            if best[4] == 0:
                self.orders.remove(best)
        if size > 0:
            self.orders.append([number, account, sign, limit, size])
        return trades, expired

    def levels(self, sign: int) -> list[tuple[int, int, int]]:
        prices = sorted({o[3] for o in self.orders if o[2] == sign}, key=lambda p: -p * sign)
        return [
            (p, sum(o[4] for o in at), len(at))
            for p in prices
            if (at := [o for o in self.orders if o[2] == sign and o[3] == p])
        ]


class Tape(Clearing):
    """Writes down what the book does."""

    def __init__(self) -> None:
        self.trades: list[tuple[int, int, int]] = []
        self.expired: list[int] = []

    def trade(self, maker: Resting, taker: Resting, quantity: int, price: int) -> None:
        self.trades.append((int(maker.number), int(quantity), int(price)))

    def cancelled(self, order: Resting, reason: str) -> None:
        assert reason == "selfTradeCanceled"
        self.expired.append(int(order.number))


PLACE = st.tuples(
    st.just("place"), st.integers(0, 4), st.sampled_from([1, -1]), st.integers(1, 40),
    st.integers(1, 30),
)  # fmt: skip
CANCEL = st.tuples(st.just("cancel"), st.integers(0, 10_000))
STEPS = st.lists(st.one_of(PLACE, PLACE, PLACE, CANCEL), min_size=1, max_size=120)


@settings(max_examples=120, deadline=None)
@given(STEPS)
def test_the_book_does_what_a_list_searched_from_end_to_end_does(steps: list) -> None:
    """OB-BOOK-1, 2, 3, 4: the same trades, expiries, queues and levels after every step."""
    book, naive = Book(), Naive()
    owners = [Owner(account) for account in range(5)]
    for number, step in enumerate(steps, 1):
        tape = Tape()
        if step[0] == "place":
            _, account, sign, limit, size = step
            order = Resting(number, owners[account], sign > 0, limit, size, False, 0)
            book.place(order, tape)
            trades, expired = naive.place(number, account, sign, limit, size)
            assert tape.trades == trades
            assert tape.expired == expired
        elif naive.orders:
            gone = naive.orders.pop(step[1] % len(naive.orders))
            assert book.cancel(gone[0])
            assert not book.cancel(gone[0])
        book.audit()
        for sign in (1, -1):
            seen = [(int(v.price), int(v.size), int(v.count)) for v in book.levels(sign > 0, 99)]
            assert seen == naive.levels(sign)
    for account, owner in enumerate(owners):
        expected = sorted(o[0] for o in naive.orders if o[1] == account)
        assert [order.number for order in owner.open_orders()] == expected
        assert owner.resting == len(expected)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(1, 50)), min_size=1, max_size=200))
def test_levels_come_out_in_order_however_they_went_in(asks: list[tuple[int, int]]) -> None:
    """OB-BOOK-5: the walk through the heap of prices is sorted, best first."""
    book, owner = Book(), Owner(2)
    for number, (at, size) in enumerate(asks):
        book.add(Resting(number, owner, False, at, size, False, 0))
    prices = [int(level.price) for level in book.levels(False, 1000)]
    assert prices == sorted({at for at, _ in asks})
    for order in owner.open_orders()[::2]:
        book.remove(order)
    prices = [int(level.price) for level in book.levels(False, 1000)]
    assert prices == sorted({int(order.price) for order in owner.open_orders()})
    book.audit()


def test_queues_and_owners_forget_the_orders_that_left() -> None:
    """OB-BOOK-3: a price at which thousands come and go holds no more than it must."""
    book, owner = Book(), Owner(2)
    stays = Resting(1, owner, False, 100, 5, False, 0)
    book.add(stays)
    for number in range(2, 3_000):
        order = Resting(number, owner, False, 100, 5, False, 0)
        book.add(order)
        book.remove(order)
    level = book.asks.best()
    assert level is not None
    assert len(level.queue) <= 100
    assert len(owner.entered) <= 100
    assert [order.number for order in level.orders()] == [1]


def test_matching_through_a_deep_level_drops_what_was_served() -> None:
    """OB-BOOK-3."""
    book, maker, taker = Book(), Owner(2), Owner(3)
    for number in range(1, 1_001):
        book.add(Resting(number, maker, False, 100, 5, False, 0))
    for number in range(2_000, 2_900):
        book.place(Resting(number, taker, True, 100, 5, False, 0), Clearing())
    level = book.asks.best()
    assert level is not None
    assert [order.number for order in level.orders()] == list(range(901, 1_001))
    assert len(level.queue) <= 4 * 100 + 70


def test_a_size_reaches_as_far_as_the_limit_allows() -> None:
    """OB-BOOK-8."""
    pit = Pit()
    pit.ask(ALICE, 1, 101)
    pit.ask(BOB, 1, 102)
    pit.ask(CAROL, 1, 103)
    reach = pit.book.reach_of_size(True, tokens(3), price(102))
    assert (reach.size, reach.worst) == (tokens(2), price(102))
    assert reach.value == 203 * 10**6
    assert reach.average() == price("101.5")


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_a_book_fed_with_records_is_the_book_that_was_driven_by_hand(steps: list) -> None:
    """OB-BOOK-1, 3: the same state, and every cancel that finds no order is counted."""
    driven, fed = Book(), Book()
    owners, others = ([Owner(account) for account in range(5)] for _ in range(2))
    records = []
    missed = 0
    for number, step in enumerate(steps, 1):
        if step[0] == "place":
            _, account, sign, limit, size = step
            driven.place(
                Resting(number, owners[account], sign > 0, limit, size, False, 0), Clearing()
            )
            records.append(Step(number, account, sign > 0, limit, size))
        else:
            wanted = step[1] % number
            missed += not driven.cancel(wanted)
            records.append(Step(wanted))
    assert feed(fed, Clearing(), others, records) == missed
    assert fed.state() == driven.state()

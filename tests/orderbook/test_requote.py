"""Quotes taken back to be renewed, and what a maker asks before it quotes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from orderbook.floor import Floor, dollars, price, tokens
from seawall.engine.errors import Refusal
from seawall.engine.events import Cancelled
from seawall.engine.venue import Market

QUOTES = st.lists(
    st.tuples(
        st.integers(-3_000, 3_000).map(lambda size: size * 10**7 + size % 3),
        st.integers(97_000, 103_000).map(lambda at: at * 10**7 + at % 2),
    ),
    max_size=9,
)
ROUNDS = st.lists(st.tuples(st.integers(0, 2), QUOTES), min_size=1, max_size=8)


def requote(floor: Floor, account: int, quotes: list[tuple[int, int]], post: bool) -> list[str]:
    """New quotes for old ones; what each was refused with."""
    answers = []
    floor.market.cancel_all(account, post)
    for size, at in quotes:
        try:
            if post:
                floor.market.quote_limit(account, size, at)
            else:
                place_alo(floor, account, size, at)
            answers.append("")
        except Refusal as refusal:
            answers.append(refusal.code)
    return answers


def place_alo(floor: Floor, account: int, size: int, at: int) -> None:
    """The venue's own post-only order of the same size and price, on lot and tick."""
    ticks = floor.market.orders.entry.ticks
    if size == 0:
        floor.market.quote_limit(account, size, at)
    lots = int(ticks.round_size(abs(size)))
    signed = lots if size > 0 else -lots
    floor.market.place_limit(account, signed, int(ticks.passive(at, size > 0)), "alo")


@settings(max_examples=40, deadline=None)
@given(ROUNDS)
def test_quotes_leave_what_post_only_orders_of_their_lots_and_ticks_would(
    rounds: list[tuple[int, list[tuple[int, int]]]],
) -> None:
    """OB-ORD-31: answers, queues, held margin and order numbers are the same."""
    here, there = Floor(), Floor()
    people = [here.who(cross=10_000_000), here.who(cross=1_000_000), here.who(cross=500)]
    assert [there.who(cross=cash) for cash in (10_000_000, 1_000_000, 500)] == people
    for place, quotes in rounds:
        account = people[place]
        assert requote(here, account, quotes, True) == requote(there, account, quotes, False)
        here.market.audit()
        for floor in (here, there):
            taker = floor.who(1_000)
            if floor.market.best()[1]:
                floor.venue.place("COIN", taker, tokens("0.1"), dollars(100), partial=True)
    assert here.venue.digest() == there.venue.digest()


def test_of_renewals_only_they_are_told_who_want_to_hear() -> None:
    """OB-ORD-31: the book is the same."""
    floor = Floor()
    maker = floor.who(cross=10_000)
    for wanted in (True, False):
        floor.venue.journal.renewals = wanted
        floor.market.quote_limit(maker, tokens(1), price(99))
        assert floor.market.cancel_all(maker, True) == 1
        assert floor.market.best() == (0, 0)
        assert len(floor.happened(Cancelled)) == 1
    floor.market.quote_limit(maker, tokens(1), price(99))
    floor.market.cancel_all(maker)
    assert len(floor.happened(Cancelled)) == 2


def test_prices_that_close_serve_again() -> None:
    """A queue that has emptied opens at another price, first come first served as ever."""
    floor = Floor()
    makers = [floor.who(cross=100_000) for _ in range(3)]
    for step in range(40):
        at = price(90 + step % 7)
        for maker in makers:
            floor.market.cancel_all(maker)
            floor.market.quote_limit(maker, tokens(1), at)
        floor.market.audit()
        front = floor.market.orders.book.bids.best().orders()
        assert [order.owner.account for order in front] == makers
        assert {order.price for order in front} == {at}


def test_a_position_s_worth_is_what_its_view_says() -> None:
    """Cross and isolated, in a market that has moved."""
    floor = Floor()
    isolated = floor.pair(2, 100, 50, 50)
    cross = floor.cross_pair(3, 100, 500, 500)
    floor.tick(103)
    for account in (*isolated, *cross):
        assert floor.market.equity(account) == floor.position(account).equity != 0
        assert Market.equity(floor.market, account) == floor.market.equity(account)
    assert floor.market.equity(floor.who()) == 0


def test_a_market_is_open_while_it_takes_orders() -> None:
    """OB-END-1: not after the settlement."""
    floor = Floor()
    assert floor.market.is_open()
    floor.market.delist()
    assert not floor.market.is_open()

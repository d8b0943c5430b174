"""Orders through the market: the common commands, the venue's own, whole flows with money."""

from hypothesis import given, settings
from hypothesis import strategies as st

from orderbook.floor import SECOND, Floor, dollars, price, tokens
from seawall.engine.designs.orderbook.batch import Action, Wish
from seawall.engine.designs.orderbook.fees import fee_on
from seawall.engine.designs.orderbook.orders import Exits
from seawall.engine.events import Cancelled, Filled
from seawall.engine.fixed import RATE


def common(floor: Floor, account: int, size: object, kind: str, at: object, **more: object) -> int:
    """The command that every design takes."""
    return floor.venue.place("COIN", account, tokens(size), kind=kind, trigger=price(at), **more)


def quoted(**changes: object) -> tuple[Floor, int]:
    """A floor with a maker who quotes 99 to 101."""
    floor = Floor(**changes)
    maker = floor.who(cross=1_000_000)
    floor.bid(maker, 1000, 99)
    floor.ask(maker, 1000, 101)
    return floor, maker


def requote(floor: Floor, maker: int, middle: int) -> None:
    """The maker moves."""
    floor.market.cancel_all(maker)
    floor.bid(maker, 1000, middle - 1)
    floor.ask(maker, 1000, middle + 1)


def test_a_common_market_order_is_all_or_nothing_unless_partial() -> None:
    """OB-ORD-4, OB-ORD-30."""
    floor = Floor()
    maker, taker = floor.who(cross=10_000), floor.who(cross=10_000)
    floor.ask(maker, 1, 101)
    with floor.refuses("market-order-no-liquidity"):
        floor.venue.place("COIN", taker, tokens(2))
    floor.venue.place("COIN", taker, tokens(2), partial=True)
    assert floor.position(taker).size == tokens(1)


def test_a_common_order_may_name_any_size_and_price() -> None:
    """OB-ORD-30: down to the lot of a hundredth, limits away from the middle."""
    floor = Floor()
    trader = floor.who(cross=10_000)
    common(floor, trader, "1.23456", "limit", "98.76543")
    common(floor, trader, "-1.23456", "limit", "101.23456")
    assert [(order.size, order.price) for order in floor.market.open_orders(trader)] == [
        (tokens("1.23"), price("98.765")),
        (tokens("-1.23"), price("101.24")),
    ]
    with floor.refuses("size-too-small", 0, 1):
        common(floor, trader, "0.004", "limit", 99)


def test_a_limit_order_is_no_worse_than_its_acceptable_price() -> None:
    """OB-ORD-30."""
    floor = Floor()
    trader = floor.who(cross=10_000)
    common(floor, trader, 1, "limit", 99, acceptable=price(98))
    common(floor, trader, -1, "limit", 102, acceptable=price(101))
    assert [order.price for order in floor.market.open_orders(trader)] == [price(98), price(102)]


def test_a_common_stop_and_a_take_profit_fire_on_the_mark() -> None:
    """OB-ORD-17, OB-ORD-30: the order keeps its number, the mark follows the oracle."""
    floor, maker = quoted()
    trader = floor.who(cross=10_000)
    floor.venue.place("COIN", trader, tokens(2))
    stop = common(floor, trader, -2, "stop", "96.00004", reduce_only=True)
    take = common(floor, trader, -2, "take-profit", 106, reduce_only=True)
    shown = floor.market.open_orders(trader)
    assert [(order.number, order.kind, order.trigger) for order in shown] == [
        (stop, "sl", price(96)),
        (take, "tp", price(106)),
    ]
    requote(floor, maker, 94)
    for _ in range(4):
        floor.tick(94)
    assert floor.market.position(trader) is None
    assert floor.market.open_orders(trader) == []


def test_what_a_common_order_may_not_say() -> None:
    """OB-ORD-7: each refusal leaves no trace."""
    floor = Floor()
    trader = floor.who(10_000, cross=10_000)
    with floor.refuses("size-zero"):
        floor.venue.place("COIN", trader, 0)
    with floor.refuses("unknown-kind"):
        floor.venue.place("COIN", trader, tokens(1), kind="iceberg")
    with floor.refuses("trigger-on-market", 5, 0):
        floor.venue.place("COIN", trader, tokens(1), trigger=5)
    with floor.refuses("margin-on-reduce", 5, 0):
        floor.venue.place("COIN", trader, tokens(1), 5, reduce_only=True)
    with floor.refuses("trigger-too-small", 0, 1):
        common(floor, trader, 1, "limit", 0)
    with floor.refuses("wallet-too-small", dollars(10_001), dollars(10_000)):
        floor.venue.place(
            "COIN", trader, tokens(1), dollars(10_001), kind="limit", trigger=price(99)
        )
    with floor.refuses("unknown-account", 99):
        floor.market.place_limit(99, tokens(1), price(99))
    with floor.refuses("tick"):
        floor.bid(trader, 1, "99.0001")
    with floor.refuses("perp-margin"):
        floor.bid(trader, 1_001, 100)


def test_a_refused_order_gives_its_margin_back() -> None:
    """OB-ORD-7: the ticket is torn, the wallet is whole, the number is free again."""
    floor, _ = quoted()
    trader = floor.who(50_000)
    with floor.refuses("market-order-no-liquidity"):
        floor.venue.place("COIN", trader, tokens(2_000), dollars(40_000))
    with floor.refuses("perp-margin"):
        floor.venue.place("COIN", trader, tokens(500), dollars(500))
    assert floor.wallet(trader) == dollars(50_000)


def test_a_quote_rests_just_behind_its_price_and_never_takes() -> None:
    """OB-ORD-31."""
    floor, _ = quoted()
    trader = floor.who(cross=10_000)
    floor.market.quote_limit(trader, tokens(1), price("99.99999"))
    floor.market.quote_limit(trader, -tokens(1), price("100.00001"))
    assert floor.market.best() == (price("99.999"), price("100.01"))
    with floor.refuses("bad-alo-px"):
        floor.market.quote_limit(trader, tokens(1), price(101))
    assert floor.market.cancel_all(trader) == 2
    assert floor.market.cancel_all(trader) == 0
    assert floor.market.best() == (price(99), price(101))


def test_both_sides_of_a_match_are_told() -> None:
    """OB-BOOK-2: maker and taker, with their numbers and the maker's price."""
    floor, maker = quoted()
    taker = floor.who(cross=10_000)
    floor.venue.drain()
    number = floor.market.place_market(taker, tokens(2))
    fills = [event for event in floor.venue.drain() if isinstance(event, Filled)]
    assert [(fill.account, fill.size, fill.price) for fill in fills] == [
        (taker, tokens(2), price(101)),
        (maker, -tokens(2), price(101)),
    ]
    assert fills[0].order == number


def test_an_order_with_exits_from_entry_to_profit() -> None:
    """OB-ORD-21, OB-ORD-20: bought at 101, taken at 120 by the mark, the stop goes."""
    floor, _ = quoted()
    trader = floor.who(cross=10_000)
    parent = floor.market.place_with_exits(
        trader, tokens(10), 0, "market", Exits(price(110), price(90))
    )
    numbers = [order.number for order in floor.market.open_orders(trader)]
    assert numbers == [parent + 1, parent + 2]
    rich = floor.who(cross=1_000_000)
    floor.bid(rich, 2_000, 120)
    floor.venue.drain()
    for _ in range(10):
        floor.tick(120)
    assert floor.market.position(trader) is None
    assert floor.market.open_orders(trader) == []
    ended = [event for event in floor.venue.drain() if isinstance(event, Cancelled)]
    assert [event.order for event in ended] == [parent + 2]
    assert floor.market.balance(trader) == dollars(10_000 + 10 * (120 - 101))


def test_exits_on_the_position_and_a_switch() -> None:
    """OB-ORD-19, OB-ORD-26."""
    floor, _ = quoted()
    trader = floor.who(cross=10_000)
    floor.market.place_market(trader, tokens(10))
    numbers = floor.market.set_exits(trader, Exits(price(110), price(90)))
    assert [(o.number, o.size) for o in floor.market.open_orders(trader)] == [
        (number, 0) for number in numbers
    ]
    floor.market.schedule_cancel(trader, floor.now + 5 * SECOND)
    floor.tick(seconds=6)
    assert floor.market.open_orders(trader) == []
    assert floor.position(trader).size == tokens(10)


def test_a_twap_through_the_market() -> None:
    """OB-ORD-22: a clip of two every thirty seconds, at the maker's price."""
    floor, _ = quoted()
    trader = floor.who(cross=10_000)
    number = floor.market.place_twap(trader, tokens(20), 300 * SECOND)
    assert floor.market.open_orders(trader)[0].number == number
    floor.tick(seconds=30)
    assert floor.position(trader).size == tokens(2)
    shown = floor.market.open_orders(trader)[0]
    assert (shown.kind, shown.size) == ("twap", tokens(18))
    for _ in range(9):
        floor.tick(seconds=30)
    assert floor.position(trader).size == tokens(20)
    assert floor.market.open_orders(trader) == []


def test_a_scale_order_a_trigger_and_a_modification_through_the_market() -> None:
    """OB-ORD-29, OB-ORD-16, OB-ORD-13."""
    floor, _ = quoted()
    trader = floor.who(cross=10_000)
    answers = floor.market.place_scale(trader, tokens(6), price(90), price(92), 3, 3 * int(RATE))
    assert [answer.status for answer in answers] == ["resting"] * 3
    changed = floor.market.modify(trader, answers[0].number, tokens(1), price(89))
    floor.market.place_trigger(trader, -tokens(1), price(80), "sl", price(79))
    shown = [(o.size, o.price, o.trigger) for o in floor.market.open_orders(trader)]
    assert shown == [
        (tokens(2), price(91), 0),
        (tokens(3), price(92), 0),
        (tokens(1), price(89), 0),
        (-tokens(1), price(79), price(80)),
    ]
    floor.venue.cancel("COIN", trader, changed)
    with floor.refuses("unknown-order", changed):
        floor.venue.cancel("COIN", trader, changed)


def test_a_block_through_the_market() -> None:
    """OB-ORD-27, OB-ORD-28: a refusal is one answer among others; unknown accounts refuse all."""
    floor, maker = quoted()
    trader = floor.who(cross=1_000)
    stale = floor.market.open_orders(maker)[1].number
    answers = floor.market.submit(
        [
            Action.place(trader, [Wish(tokens(1), price(105)), Wish(tokens(9_999), price(99))]),
            Action.cancel(maker, [int(stale)]),
            Action.place(maker, [Wish(-tokens(5), price(104), "alo")]),
        ]
    )
    told = [[answer.code or answer.status for answer in one] for one in answers]
    assert told == [["filled", "perp-margin"], ["success"], ["resting"]]
    assert floor.position(trader).entry == dollars(104)
    with floor.refuses("unknown-account", 99):
        floor.market.submit([Action.cancel(99, [1])])


def test_reduce_only_quotes_of_a_liquidated_account_are_gone() -> None:
    """OB-ORD-18: its orders end with the liquidation."""
    floor, maker = quoted()
    trader = floor.who(cross=110)
    floor.market.place_market(trader, tokens(10))
    floor.market.set_exits(trader, Exits(price(150)))
    floor.market.place_limit(trader, -tokens(1), price(140), "gtc", True)
    requote(floor, maker, 92)
    for _ in range(4):
        floor.tick(92)
    assert floor.market.position(trader) is None
    assert floor.market.open_orders(trader) == []


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 10**14), st.integers(1, 10**15), st.integers(-(10**9), 10**9),
)  # fmt: skip
def test_a_fee_is_the_exact_product_cut_off(size: int, at: int, rate: int) -> None:
    """The 64-bit path gives what three unbounded integers give."""
    exact = size * at * abs(rate) // 10**24
    if exact < 2**60:
        assert int(fee_on(size, at, rate)) == (exact if rate >= 0 else -exact)

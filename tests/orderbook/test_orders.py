"""Limit, post-only, immediate and market orders, and what is held against them at the door."""

import pytest

from orderbook.pit import Pit, dollars, price, refused, tokens
from seawall.engine.designs.orderbook.entry import status_word
from seawall.engine.designs.orderbook.levels import Resting
from seawall.engine.designs.orderbook.orderparams import OrderParams
from seawall.engine.errors import BadParameters, BrokenBooks

ALICE, BOB, CAROL = 2, 3, 4


def test_a_limit_order_takes_what_it_can_and_rests_with_what_is_left() -> None:
    """OB-ORD-1."""
    pit = Pit()
    pit.ask(ALICE, 1, 101)
    order = pit.bid(BOB, 3, 101)
    assert (order.filled(), order.left) == (tokens(1), tokens(2))
    assert pit.ladder("bids") == [(101, 2, 1)]
    assert pit.open(BOB) == [order.number]


def test_a_post_only_order_rests_or_is_refused() -> None:
    """OB-ORD-2."""
    pit = Pit()
    pit.ask(ALICE, 1, 101)
    pit.bid(ALICE, 1, 99)
    order = pit.bid(BOB, 1, 100, "alo")
    assert pit.open(BOB) == [order.number]
    with refused(pit, "bad-alo-px", price(101), price(101)):
        pit.bid(BOB, 1, 101, "alo")
    with refused(pit, "bad-alo-px", price(99), price(100)):
        pit.ask(CAROL, 1, 99, "alo")


def test_the_refusal_of_a_post_only_order_quotes_best_bid_and_offer() -> None:
    """OB-ORD-2."""
    pit = Pit()
    pit.ask(ALICE, 1, 101)
    pit.bid(ALICE, 1, 99)
    with pytest.raises(Exception, match=rf"best bid is {price(99)}.*best offer {price(101)}"):
        pit.bid(BOB, 1, 102, "alo")


def test_an_immediate_order_cancels_what_it_cannot_fill() -> None:
    """OB-ORD-3."""
    pit = Pit()
    pit.ask(ALICE, 1, 101)
    order = pit.bid(BOB, 3, 101, "ioc")
    assert order.filled() == tokens(1)
    assert pit.reason(order.number) == "canceled"
    assert pit.open(BOB) == []


def test_an_immediate_order_that_would_meet_nothing_is_refused() -> None:
    """OB-ORD-3."""
    pit = Pit()
    pit.ask(ALICE, 1, 101)
    with refused(pit, "ioc-cancel", price(100), price(101)):
        pit.bid(BOB, 1, 100, "ioc")


def test_an_immediate_order_that_only_removes_unbacked_ones_ends_without_a_fill() -> None:
    """OB-ORD-3: something did happen, so it is not refused but ends rejected."""
    pit = Pit()
    own = pit.ask(BOB, 1, 101)
    order = pit.bid(BOB, 1, 101, "ioc")
    assert pit.reason(own.number) == "selfTradeCanceled"
    assert pit.reason(order.number) == "iocCancelRejected"
    own = pit.ask(BOB, 1, 101)
    order = pit.market(BOB, 1)
    assert pit.reason(order.number) == "marketOrderNoLiquidityRejected"


def test_a_market_order_reaches_five_percent_from_the_middle() -> None:
    """OB-ORD-4: the middle is 100, so 105 is met and 106 is not."""
    pit = Pit()
    pit.bid(ALICE, 1, 98)
    pit.ask(ALICE, 1, 102)
    pit.ask(ALICE, 1, 105)
    pit.ask(ALICE, 1, 106)
    order = pit.market(BOB, 3)
    assert order.price == price(105)
    assert [trade.price for trade in pit.trades] == [102, 105]
    assert pit.reason(order.number) == "canceled"


def test_a_market_order_starts_from_the_mark_where_a_side_is_empty() -> None:
    """OB-ORD-4."""
    pit = Pit(at=100)
    pit.ask(ALICE, 1, 104)
    order = pit.market(BOB, 1)
    assert order.price == price(105)
    assert order.left == 0


def test_without_a_middle_or_a_mark_it_starts_from_the_best_opposite_price() -> None:
    """OB-ORD-4."""
    pit = Pit(at=0)
    with refused(pit, "market-order-no-liquidity"):
        pit.market(BOB, 1)
    pit.ask(ALICE, 1, 104)
    assert pit.market(BOB, 1).price == price("109.2")


def test_a_market_order_that_would_meet_nothing_is_refused() -> None:
    """OB-ORD-4."""
    pit = Pit(at=100)
    pit.ask(ALICE, 1, 106)
    with refused(pit, "market-order-no-liquidity", price(105), price(106)):
        pit.market(BOB, 1)


def test_a_market_order_goes_no_further_than_its_owner_says() -> None:
    """OB-ORD-4."""
    pit = Pit()
    pit.bid(ALICE, 1, 98)
    pit.ask(ALICE, 1, 102)
    pit.ask(ALICE, 1, 103)
    pit.market(BOB, 2, worst=102)
    assert [trade.price for trade in pit.trades] == [102]
    with refused(pit, "market-order-no-liquidity", price(99), price(98)):
        pit.market(BOB, -1, worst=99)


def test_a_market_order_that_must_be_whole_is_refused_in_part() -> None:
    """OB-ORD-4."""
    pit = Pit()
    pit.ask(ALICE, 1, 101)
    with refused(pit, "market-order-no-liquidity", tokens(2), tokens(1)):
        pit.market(BOB, 2, whole=True)
    assert pit.market(BOB, 1, whole=True).left == 0


def test_a_whole_order_that_may_only_reduce_needs_no_more_than_the_position() -> None:
    """OB-ORD-4, OB-ORD-6."""
    pit = Pit()
    pit.held[BOB] = tokens(-1)
    pit.ask(ALICE, 1, 101)
    order = pit.market(BOB, 2, whole=True, reduce_only=True)
    assert (order.filled(), pit.position(BOB)) == (tokens(1), 0)


def test_an_unknown_time_in_force_is_refused() -> None:
    pit = Pit()
    with refused(pit, "unknown-tif"):
        pit.bid(ALICE, 1, 100, "fok")


def test_an_order_without_margin_is_refused_before_it_touches_the_book() -> None:
    """OB-ORD-7."""
    pit = Pit()
    pit.ask(ALICE, 1, 101)
    pit.entry_refused.add(BOB)
    with refused(pit, "perp-margin"):
        pit.bid(BOB, 1, 101)


# Reduce-only


def test_a_reduce_only_order_needs_something_to_reduce() -> None:
    """OB-ORD-6."""
    pit = Pit()
    with refused(pit, "reduce-only"):
        pit.limit(ALICE, 1, 100, reduce_only=True)
    pit.held[ALICE] = tokens(2)
    with refused(pit, "reduce-only"):
        pit.limit(ALICE, 1, 100, reduce_only=True)
    pit.limit(ALICE, -1, 101, reduce_only=True)


def test_a_reduce_only_taker_stops_at_the_position() -> None:
    """OB-ORD-6."""
    pit = Pit()
    pit.held[ALICE] = tokens(2)
    pit.bid(BOB, 5, 100)
    order = pit.limit(ALICE, -3, 100, reduce_only=True)
    assert pit.position(ALICE) == 0
    assert order.filled() == tokens(2)
    assert pit.reason(order.number) == "reduceOnlyCanceled"


def test_a_reduce_only_maker_stops_at_the_position() -> None:
    """OB-ORD-6."""
    pit = Pit()
    pit.held[ALICE] = tokens(2)
    order = pit.limit(ALICE, -3, 101, reduce_only=True)
    taker = pit.bid(BOB, 5, 101)
    assert pit.position(ALICE) == 0
    assert pit.reason(order.number) == "reduceOnlyCanceled"
    assert taker.left == tokens(3)


def test_reduce_only_orders_go_with_the_position() -> None:
    """OB-ORD-6: closing by another order cancels them at once, whichever side met."""
    pit = Pit()
    pit.held[ALICE] = tokens(2)
    waiting = pit.limit(ALICE, -2, 110, reduce_only=True)
    kept = pit.limit(ALICE, -2, 111)
    pit.bid(BOB, 2, 100)
    pit.market(ALICE, -2)
    assert pit.reason(waiting.number) == "reduceOnlyCanceled"
    assert pit.open(ALICE) == [kept.number]


def test_a_reduce_only_order_whose_position_went_otherwise_is_cancelled_when_it_is_met() -> None:
    """OB-ORD-6."""
    pit = Pit()
    pit.held[ALICE] = tokens(2)
    gone = pit.limit(ALICE, -2, 101, reduce_only=True)
    pit.held[ALICE] = 0
    taker = pit.bid(BOB, 2, 101)
    assert pit.reason(gone.number) == "reduceOnlyCanceled"
    assert taker.left == tokens(2)


def test_the_clearing_house_can_have_them_cancelled_when_it_moves_a_position_itself() -> None:
    """OB-ORD-6."""
    pit = Pit()
    pit.held[ALICE] = tokens(-2)
    gone = pit.limit(ALICE, 2, 99, reduce_only=True)
    pit.held[ALICE] = 0
    pit.book.shed(pit.owner_of(ALICE), pit)
    assert pit.reason(gone.number) == "reduceOnlyCanceled"


# Values, counts, the band


def test_an_order_is_worth_ten_dollars_at_least() -> None:
    """OB-ORD-8."""
    pit = Pit()
    pit.bid(ALICE, "0.1", 100)
    with refused(pit, "min-trade-ntl", dollars("9.9"), dollars(10)):
        pit.bid(ALICE, "0.1", 99)


def test_a_whole_position_may_be_closed_however_small_it_is() -> None:
    """OB-ORD-8."""
    pit = Pit()
    pit.held[ALICE] = tokens("0.05")
    pit.limit(ALICE, "-0.05", 101, reduce_only=True)
    with refused(pit, "min-trade-ntl", dollars("4.04"), dollars(10)):
        pit.limit(ALICE, "-0.04", 101, reduce_only=True)


@pytest.mark.parametrize(
    ("leverage", "most"), [(50, 30), (25, 30), (24, 5), (20, 5), (19, 2), (10, 2), (9, "0.5")]
)
def test_the_largest_order_follows_the_leverage_of_the_market(leverage: int, most: float) -> None:
    """OB-ORD-9: a limit order may be ten times as large as a market order."""
    pit = Pit(at=100)
    pit.leverage = leverage
    million = dollars(most) * 1_000_000
    pit.bid(ALICE, int(float(most) * 100_000), 100)
    with refused(pit, "max-order-value", 10 * million + dollars(100), 10 * million):
        pit.bid(ALICE, int(float(most) * 100_000) + 1, 100)
    with refused(pit, "max-order-value", million + dollars(100), million):
        pit.market(BOB, -(int(float(most) * 10_000) + 1))
    pit.market(BOB, -int(float(most) * 10_000))


def test_a_price_too_far_from_the_oracle_is_refused() -> None:
    """OB-ORD-10: the band is 80 % on both sides of the oracle price."""
    pit = Pit(at=100)
    pit.bid(ALICE, 1, 20)
    pit.ask(ALICE, 1, 180)
    with refused(pit, "oracle", price("19.99"), price(20)):
        pit.bid(ALICE, 1, "19.99")
    with refused(pit, "oracle", price("180.01"), price(180)):
        pit.ask(ALICE, 1, "180.01")


def test_before_the_first_oracle_price_there_is_no_band() -> None:
    """OB-ORD-10."""
    pit = Pit(at=100)
    pit.oracles = 0
    pit.bid(ALICE, 1, 10)


def test_open_orders_are_counted_and_volume_earns_more() -> None:
    """OB-ORD-11."""
    pit = Pit(open_orders=3, most_orders=5)
    for at in (90, 91, 92):
        pit.bid(ALICE, 1, at)
    with refused(pit, "open-orders", 3, 3):
        pit.bid(ALICE, 1, 93)
    pit.volumes[ALICE] = dollars(5_000_000)
    pit.bid(ALICE, 1, 93)
    with refused(pit, "open-orders", 4, 4):
        pit.bid(ALICE, 1, 94)
    pit.volumes[ALICE] = dollars(500_000_000)
    pit.bid(ALICE, 1, 94)
    with refused(pit, "open-orders", 5, 5):
        pit.bid(ALICE, 1, 95)
    pit.bid(BOB, 1, 95)


def test_from_the_base_number_on_no_reduce_only_or_trigger_order_is_taken() -> None:
    """OB-ORD-11: those that cannot rest are not counted."""
    pit = Pit(open_orders=2, most_orders=5)
    pit.volumes[ALICE] = dollars(500_000_000)
    pit.held[ALICE] = tokens(5)
    pit.bid(ALICE, 1, 90)
    pit.bid(ALICE, 1, 91)
    with refused(pit, "open-orders", 2, 2):
        pit.limit(ALICE, -1, 110, reduce_only=True)
    with refused(pit, "open-orders", 2, 2):
        pit.trigger(ALICE, -1, 80)
    pit.bid(BOB, 1, 95)
    pit.limit(ALICE, -1, 95, "ioc", reduce_only=True)
    pit.bid(ALICE, 1, 92)


@pytest.mark.parametrize(("orders", "volume"), [(1000, 0), (1001, 5), (1200, 1000), (5000, 10**6)])
def test_the_published_numbers_of_open_orders(orders: int, volume: int) -> None:
    """OB-ORD-11: 1000, one more for each 5 M of volume, 5000 at most."""
    pit = Pit()
    assert pit.orders.entry.limits.most_open(dollars(volume * 1_000_000)) == orders


# Cancel and modify


def test_only_the_owner_cancels_and_only_what_is_open() -> None:
    """OB-ORD-12."""
    pit = Pit()
    order = pit.bid(ALICE, 1, 99)
    with refused(pit, "unknown-order", int(order.number)):
        pit.cancel(BOB, order.number)
    pit.cancel(ALICE, order.number)
    assert pit.reason(order.number) == "canceled"
    with refused(pit, "unknown-order", int(order.number)):
        pit.cancel(ALICE, order.number)


def test_a_modified_order_has_a_new_number_and_goes_to_the_end_of_its_queue() -> None:
    """OB-ORD-13."""
    pit = Pit()
    first = pit.ask(ALICE, 2, 101)
    second = pit.ask(BOB, 1, 101)
    number = pit.number()
    new = pit.orders.modify(
        number, pit.owner_of(ALICE), int(first.number), False, tokens(1), price(101)
    )
    assert pit.reason(first.number) == "canceled"
    pit.bid(CAROL, 2, 101)
    assert [trade.maker for trade in pit.trades] == [second.number, new.number]


def test_a_modification_that_is_refused_leaves_the_old_order_alone() -> None:
    """OB-ORD-13."""
    pit = Pit()
    old = pit.bid(ALICE, 1, 99)
    pit.ask(BOB, 1, 101)
    number = pit.number()
    owner = pit.owner_of(ALICE)
    with refused(pit, "bad-alo-px", price(101), price(101)):
        pit.orders.modify(number, owner, int(old.number), True, tokens(1), price(101), "alo")
    with refused(pit, "unknown-order", 99):
        pit.orders.modify(number, owner, 99, True, tokens(1), price(98))
    assert pit.open(ALICE) == [old.number]


def test_at_the_limit_of_open_orders_one_can_still_be_modified() -> None:
    """OB-ORD-13: the old one makes room for the new."""
    pit = Pit(open_orders=1, most_orders=1)
    old = pit.bid(ALICE, 1, 99)
    new = pit.orders.modify(
        pit.number(), pit.owner_of(ALICE), int(old.number), True, tokens(1), price(98)
    )
    assert pit.open(ALICE) == [new.number]


def test_all_orders_of_an_account_or_of_the_market_can_be_ended_with_a_word() -> None:
    """OB-ORD-12: resting, dormant and sliced ones."""
    pit = Pit()
    bid = pit.bid(ALICE, 1, 99)
    stop = pit.trigger(ALICE, -1, 90)
    twap = pit.twap(ALICE, 10, 600_000)
    other = pit.bid(BOB, 1, 98)
    assert pit.orders.cancel_all(pit.owner_of(ALICE), "liquidatedCanceled") == 3
    assert {number: pit.reason(number) for number in (int(bid.number), stop, twap)} == {
        int(bid.number): "liquidatedCanceled", stop: "liquidatedCanceled",
        twap: "liquidatedCanceled",
    }  # fmt: skip
    stop = pit.trigger(BOB, -1, 90)
    twap = pit.twap(BOB, 10, 600_000)
    pit.orders.cancel_everything("delistedCanceled")
    assert {pit.reason(n) for n in (other.number, stop, twap)} == {"delistedCanceled"}
    assert (pit.open(ALICE), pit.open(BOB)) == ([], [])


# Liquidations


def test_a_liquidation_takes_from_the_book_without_asking_at_the_door() -> None:
    """OB-ORD-14: no least value, no tick, no band, no margin, and never more than the position."""
    pit = Pit()
    pit.bid(ALICE, 3, 20)
    pit.held[BOB] = tokens("0.05")
    pit.broke.add(BOB)
    pit.entry_refused.add(BOB)
    filled = pit.orders.take(pit.owner_of(BOB), False, tokens(1), price("19.98765"))
    assert filled == tokens("0.05")
    assert pit.position(BOB) == 0


def test_status_words_are_the_codes_in_the_form_of_the_api() -> None:
    """OB-ORD-15."""
    assert status_word("bad-alo-px") == "badAloPxRejected"
    assert status_word("tick") == "tickRejected"
    assert status_word("min-trade-ntl") == "minTradeNtlRejected"
    assert (
        status_word("position-increase-at-open-interest-cap")
        == "positionIncreaseAtOpenInterestCapRejected"
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("band", 0), ("market_slippage", 10**12), ("most_orders", 999), ("twap_interval", 999),
        ("twap_shortest", 29_999), ("twap_longest", 299_999), ("min_value", -1),
    ],
)  # fmt: skip
def test_parameters_that_make_no_sense_are_refused(field: str, value: int) -> None:
    with pytest.raises(BadParameters, match=f"{field} {value}"):
        OrderParams(**{field: value})
    with pytest.raises(BadParameters, match="market_values: 3 values, there must be 4"):
        OrderParams(market_values=[10**12] * 3)


def test_the_audit_finds_a_miscounted_account_and_a_crossed_book() -> None:
    """OB-BOOK-3: the books of the book are re-added from the orders themselves."""
    pit = Pit()
    pit.held[ALICE] = tokens(1)
    pit.bid(ALICE, 1, 99)
    pit.trigger(ALICE, -1, 90, reduce_only=True)
    pit.twap(ALICE, 10, 600_000)
    pit.orders.audit()
    owner = pit.owner_of(ALICE)
    owner.dormant -= 1
    with pytest.raises(BrokenBooks, match="account 2 are miscounted"):
        pit.orders.audit()
    owner.dormant += 1
    owner.reducing_sells = 0
    with pytest.raises(BrokenBooks, match="account 2 are miscounted"):
        pit.orders.audit()
    owner.reducing_sells = 1
    pit.book.add(Resting(99, pit.owner_of(BOB), False, price(98), tokens(1), False, 0))
    with pytest.raises(BrokenBooks, match="crossed"):
        pit.orders.audit()

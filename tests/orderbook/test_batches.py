"""Blocks sorted by class, and scale orders."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbook.pit import Pit, price, refused, tokens
from seawall.engine.designs.orderbook.batch import Action, Answer, Wish, run_action
from seawall.engine.designs.orderbook.scale import rungs
from seawall.engine.designs.orderbook.ticks import Ticks

ALICE, BOB, CAROL = 2, 3, 4
EVEN = 10**12


def wish(size: float, at: float = 0, tif: str = "gtc", **more: object) -> Wish:
    return Wish(tokens(size), price(at), tif, **more)


def told(answers: list[Answer]) -> list[str]:
    return [answer.code or answer.status for answer in answers]


# Blocks


def test_a_block_runs_post_only_orders_then_cancels_then_takers() -> None:
    """OB-ORD-27: the taker was sent first and meets neither the old quote nor nothing, but the
    new one.
    """
    pit = Pit()
    stale = pit.ask(ALICE, 1, 101)
    answers = pit.block(
        Action.place(BOB, [wish(1, 102)]),
        Action.cancel(ALICE, [int(stale.number)]),
        Action.place(ALICE, [wish(-1, 102, "alo")]),
    )
    assert [told(one) for one in answers] == [["filled"], ["success"], ["resting"]]
    assert [trade.price for trade in pit.trades] == [102]


def test_inside_a_class_the_order_of_the_block_holds() -> None:
    """OB-ORD-27."""
    pit = Pit()
    pit.ask(ALICE, 1, 101)
    first, second = pit.block(
        Action.place(CAROL, [wish(1, 101)]), Action.place(BOB, [wish(1, 101)])
    )
    assert (told(first), told(second)) == (["filled"], ["resting"])


@pytest.mark.parametrize(
    ("action", "rank"),
    [
        (Action.place(ALICE, [wish(1, 99, "alo")]), 0),
        (Action.place(ALICE, [wish(1, 0, trigger=price(110), kind="sl")]), 0),
        (Action.place(ALICE, [wish(1, 99, "alo"), wish(1, 99)]), 2),
        (Action.place(ALICE, [wish(1, 99, "ioc")]), 2),
        (Action.place(ALICE, [wish(1, 0, "market")]), 2),
        (Action.cancel(ALICE, [1]), 1),
        (Action.modify(ALICE, 1, wish(1, 99, "alo")), 0),
        (Action.modify(ALICE, 1, wish(1, 99)), 2),
    ],
)
def test_the_class_of_an_action(action: Action, rank: int) -> None:
    """OB-ORD-27: one order that may take makes the whole action a taker; a modification belongs
    where its new order does.
    """
    assert action.rank() == rank


def test_every_order_of_an_action_has_its_own_answer() -> None:
    """OB-ORD-28."""
    pit = Pit()
    pit.ask(BOB, 1, 101)
    pit.bid(BOB, 1, 99)
    (answers,) = pit.block(
        Action.place(
            ALICE,
            [
                wish(1, 100), wish("0.01", 100), wish(2, 101, "ioc"), wish(-1, 0, "market"),
                wish(1, 0, trigger=price(110), kind="sl"), wish(1, 100, reduce_only=True),
            ],
        )
    )  # fmt: skip
    assert told(answers) == [
        "resting", "min-trade-ntl", "ended", "filled", "waiting", "reduce-only",
    ]  # fmt: skip
    assert answers[2].filled == tokens(1)
    numbers = [answer.number for answer in answers if answer.status != "error"]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_cancels_and_modifications_answer_too() -> None:
    """OB-ORD-28."""
    pit = Pit()
    order = pit.bid(ALICE, 1, 99)
    number = int(order.number)
    gone, changed = pit.block(
        Action.cancel(ALICE, [77]), Action.modify(ALICE, number, wish(2, 98, "alo"))
    )
    assert (told(gone), told(changed)) == (["unknown-order"], ["resting"])
    assert pit.ladder("bids") == [(98, 2, 1)]
    (answers,) = pit.block(Action.modify(ALICE, number, wish(2, 98)))
    assert told(answers) == ["unknown-order"]
    (answers,) = pit.block(Action.modify(ALICE, changed[0].number, wish(-2, 99)))
    assert told(answers) == ["resting"]
    assert pit.ladder("asks") == [(99, 2, 1)]


def test_a_block_has_no_more_than_ten_thousand_actions() -> None:
    pit = Pit()
    with refused(pit, "actions-too-large", 10_001, 10_000):
        pit.block(*[Action.cancel(ALICE, []) for _ in range(10_001)])


# Scale orders


def test_a_scale_order_is_an_even_ladder() -> None:
    """OB-ORD-29."""
    wishes = rungs(Ticks(2), tokens(10), price(90), price(98), 5, EVEN)
    assert [(w.size, w.price) for w in wishes] == [
        (tokens(2), price(at)) for at in (90, 92, 94, 96, 98)
    ]


def test_a_skewed_ladder_grows_towards_its_end() -> None:
    """OB-ORD-29: the last rung three times the first: 1, 2, 3 of 6."""
    wishes = rungs(Ticks(2), tokens(-6), price(100), price(102), 3, 3 * EVEN)
    assert [w.size for w in wishes] == [tokens(-1), tokens(-2), tokens(-3)]


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 4), st.integers(100, 10**6), st.integers(2, 100),
    st.integers(10**10, 10**14), st.integers(100, 50_000), st.integers(1, 40_000),
)  # fmt: skip
def test_a_ladder_names_valid_prices_and_sizes_and_adds_up(
    decimals: int, lots: int, count: int, skew: int, low: int, width: int
) -> None:
    """OB-ORD-29."""
    ticks = Ticks(decimals)
    size = lots * int(ticks.lot)
    low_price, high_price = low * 10**10, (low + width) * 10**10
    low_price, high_price = int(ticks.round_price(low_price)), int(ticks.round_price(high_price))
    if low_price >= high_price:
        return
    wishes = rungs(ticks, size, low_price, high_price, count, skew)
    assert sum(w.size for w in wishes) == size
    assert [w.price for w in wishes] == sorted(w.price for w in wishes)
    assert (wishes[0].price, wishes[-1].price) == (low_price, high_price)
    for one in wishes:
        ticks.check_price(one.price)
        assert one.size % int(ticks.lot) == 0
        assert one.size >= 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"count": 1}, "rungs-too-small"),
        ({"count": 101}, "rungs-too-large"),
        ({"skew": EVEN // 100 - 1}, "skew-too-small"),
        ({"low": price(98), "high": price(98)}, "scale-range"),
        ({"size": 1}, "lot"),
        ({"low": 1}, "tick"),
    ],
)
def test_a_ladder_that_makes_no_sense_is_refused(changes: dict[str, int], code: str) -> None:
    """OB-ORD-29."""
    pit = Pit()
    fields = {
        "size": tokens(10), "low": price(90), "high": price(98), "count": 5, "skew": EVEN,
    }  # fmt: skip
    fields |= changes
    with refused(pit, code):
        rungs(pit.orders.entry.ticks, **fields)


def test_every_rung_is_an_order_like_any_other() -> None:
    """OB-ORD-29: one that is too small is refused alone."""
    pit = Pit()
    wishes = rungs(pit.orders.entry.ticks, tokens("0.6"), price(90), price(98), 3, 3 * EVEN)
    answers = run_action(pit.orders, Action.place(ALICE, wishes))
    assert told(answers) == ["min-trade-ntl", "resting", "resting"]
    assert pit.ladder("bids") == [(98, Fraction("0.3"), 1), (94, Fraction("0.2"), 1)]

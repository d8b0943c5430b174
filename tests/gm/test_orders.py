"""Orders of a GM market: two steps, eight types, triggers, what happens to who is refused."""

import pytest

from gm.stage import HOUR, Stage, curved, dollars, fine, laboratory, price, rate, tokens
from seawall.engine.designs.gm import GmMarket
from seawall.engine.designs.gm.events import OrderFrozen, Swapped
from seawall.engine.designs.gm.execution import execute
from seawall.engine.events import Cancelled, Filled
from seawall.engine.guards import Guards, MarketFacts, PositionCap, PriceBreaker
from seawall.engine.reports import OracleParams, Report

LONG = {"is_long": True}
SHORT = {"is_long": False}


def stage_with_long(size: int = 50_000, amount: int = 10_000) -> tuple[Stage, int]:
    stage = Stage()
    trader = stage.account(100_000)
    stage.open(trader, True, size, amount)
    stage.forget()
    return stage, trader


# two steps


def test_an_order_is_executed_at_a_price_reported_after_it() -> None:
    """GM-ORD-1. Not at the price that stood when it was placed, however long nobody reports."""
    stage = Stage()
    stage.market.params.oracle.max_age = 0
    trader = stage.account(10_000)
    number = stage.order(trader, "market-increase", 50_000, amount=10_000)
    stage.now += 5_000
    stage.venue.advance(stage.now)
    assert number in stage.market.counter.orders
    assert stage.usd(trader) == 0
    stage.tick(5100)
    assert stage.filled().price == price(5100)


def test_a_market_order_that_waits_too_long_is_cancelled_and_returned() -> None:
    """GM-ORD-2."""
    stage = Stage()
    trader = stage.account(10_000)
    number = stage.order(trader, "market-increase", 50_000, amount=10_000)
    stage.tick(seconds=301)
    assert stage.reason(number) == "request-expired"
    assert stage.usd(trader) == dollars(10_000)


def test_a_market_order_can_be_cancelled_by_its_owner_only_after_the_delay() -> None:
    """GM-ORD-3. A limit order at any time."""
    stage = Stage()
    trader = stage.account(20_000)
    market = stage.order(trader, "market-increase", 50_000, amount=10_000)
    limit = stage.order(trader, "limit-increase", 50_000, amount=10_000, trigger=4000)
    with stage.refuses("request-too-young", stage.now, stage.now + 300_000):
        stage.venue.cancel("ETH", trader, market)
    stage.venue.cancel("ETH", trader, limit)
    stage.tick(seconds=300, budget=0)
    stage.venue.cancel("ETH", trader, market)
    assert stage.usd(trader) == dollars(20_000)
    with stage.refuses("unknown-order", market):
        stage.venue.cancel("ETH", trader, market)


def test_orders_are_served_first_come_first_served_within_the_budget() -> None:
    """GM-ORD-4."""
    stage = Stage()
    traders = [stage.account(10_000) for _ in range(3)]
    numbers = [stage.order(who, "market-increase", 50_000, amount=10_000) for who in traders]
    stage.tick(budget=2)
    assert [event.order for event in stage.happened(Filled)] == numbers[:2]
    stage.tick(budget=2)
    assert stage.filled().order == numbers[2]


# triggers

CASES = [
    # type, side, trigger, prices that do not reach it, one that does
    ("limit-increase", True, 4900, (4901, 5100), 4900),
    ("limit-increase", False, 5100, (5099, 4800), 5100),
    ("stop-increase", True, 5100, (5099, 4800), 5100),
    ("stop-increase", False, 4900, (4901, 5200), 4900),
    ("limit-decrease", True, 5100, (5099, 4900), 5100),
    ("limit-decrease", False, 4900, (4901, 5100), 4900),
    ("stop-loss-decrease", True, 4900, (4901, 5100), 4900),
    ("stop-loss-decrease", False, 5100, (5099, 4900), 5100),
]


@pytest.mark.parametrize(("order_type", "long", "trigger", "waits", "fires"), CASES)
def test_a_trigger_includes_its_price_and_the_execution_is_at_the_oracles(
    order_type: str, long: bool, trigger: int, waits: tuple[int, ...], fires: int
) -> None:
    """GM-ORD-5."""
    stage = Stage()
    trader = stage.account(100_000)
    stage.open(trader, long, 50_000, 20_000)
    more = {"amount": 20_000} if order_type.endswith("increase") else {}
    number = stage.order(trader, order_type, 20_000, is_long=long, trigger=trigger, **more)
    for at in waits:
        stage.tick(at)
        assert number in stage.market.counter.orders
    beyond = fires + (1 if fires > waits[0] else -1) * 7
    stage.tick(beyond)
    assert number not in stage.market.counter.orders
    assert stage.filled().price == price(beyond)


@pytest.mark.parametrize(
    ("order_type", "long", "high"),
    [
        ("limit-increase", True, True), ("limit-increase", False, False),
        ("stop-increase", True, True), ("stop-increase", False, False),
        ("limit-decrease", True, False), ("limit-decrease", False, True),
        ("stop-loss-decrease", True, False), ("stop-loss-decrease", False, True),
    ],
)  # fmt: skip
def test_which_of_the_two_prices_a_trigger_looks_at(
    order_type: str, long: bool, high: bool
) -> None:
    """GM-ORD-5. Of 4990 and 5010: the worse one for who acts."""
    stage = Stage()
    trader = stage.account(100_000)
    stage.open(trader, long, 50_000, 20_000)
    seen = 5010 if high else 4990
    more = {"amount": 20_000} if order_type.endswith("increase") else {}
    falling = order_type in ("limit-increase", "stop-loss-decrease") and long
    falling = falling or (order_type in ("stop-increase", "limit-decrease") and not long)
    missed = stage.order(
        trader, order_type, 5_000, is_long=long, trigger=seen + (-1 if falling else 1), **more
    )
    met = stage.order(trader, order_type, 5_000, is_long=long, trigger=seen, **more)
    stage.tick(5000, spread=10)
    assert missed in stage.market.counter.orders
    assert met not in stage.market.counter.orders
    assert stage.filled().price == price(seen)


def test_an_order_is_not_executed_before_it_is_valid() -> None:
    """GM-ORD-6."""
    stage = Stage()
    trader = stage.account(10_000)
    number = stage.order(
        trader, "limit-increase", 20_000, amount=10_000, trigger=4900,
        valid_from=stage.now + HOUR,
    )  # fmt: skip
    stage.tick(4800, seconds=60)
    assert number in stage.market.counter.orders
    stage.tick(4800, seconds=3600)
    assert number not in stage.market.counter.orders


def test_a_decrease_waits_for_a_price_after_the_positions_increase() -> None:
    """GM-ORD-7. A stop placed with the entry does not use a price from before the entry."""
    stage = Stage()
    trader = stage.account(10_000)
    stage.order(trader, "market-increase", 50_000, amount=10_000)
    stop = stage.order(trader, "stop-loss-decrease", 50_000, trigger=5001)
    stage.now += 2_000
    stage.venue.advance(stage.now, {"ETH": [Report("feed", price(5000), stage.now - 500)]})
    assert stop in stage.market.counter.orders
    assert stage.market.open_positions() == [trader]
    with stage.refuses("price-too-old", stage.now - 500, stage.now):
        execute(stage.market.desk, stage.market.counter.orders[stop])
    stage.tick(5000, seconds=61)
    assert stage.market.open_positions() == []


# cancelled or frozen


def test_a_market_order_that_is_refused_is_cancelled_with_everything_returned() -> None:
    """GM-ORD-8."""
    stage = Stage()
    trader = stage.account(10_000, eth=1)
    number = stage.order(
        trader, "market-increase", 50_000, amount=1, collateral="ETH", acceptable=4999
    )
    swap = stage.order(trader, "market-swap", amount=10_000, least=tokens(3))
    decrease = stage.order(trader, "market-decrease", 1_000)
    digest = stage.market.desk.pool.state()
    stage.tick()
    assert stage.reason(number) == "acceptable-price"
    assert stage.eth(trader) == tokens(1)
    assert stage.reason(swap) == "below-least"
    assert stage.reason(decrease) == "unknown-position"
    assert stage.usd(trader) == dollars(10_000)
    assert digest[:2] == stage.market.desk.pool.state()[:2]


def test_a_limit_order_that_is_refused_is_frozen_and_tried_again_later() -> None:
    """GM-ORD-9, GM-ORD-10. The first try costs the keeper an action, later ones do not."""
    stage = Stage()
    trader = stage.account(10_000)
    number = stage.order(
        trader, "limit-increase", 50_000, amount=10_000, trigger=4900, acceptable=4800
    )
    stage.tick(4850)
    assert stage.last(OrderFrozen).reason == "acceptable-price"
    assert stage.usd(trader) == 0
    stage.tick(4790, seconds=30)
    assert number in stage.market.counter.orders
    stage.tick(4850, seconds=31)
    assert len(stage.happened(OrderFrozen)) == 1
    stage.tick(4790, seconds=61)
    assert stage.filled().price == price(4790)
    assert number not in stage.market.counter.orders


def test_a_changed_order_is_frozen_no_longer_and_counts_as_new() -> None:
    """GM-ORD-11."""
    stage = Stage()
    trader = stage.account(10_000)
    number = stage.order(
        trader, "limit-increase", 50_000, amount=10_000, trigger=4900, acceptable=4800
    )
    stage.tick(4850)
    stage.market.update_order(
        trader, number, dollars=dollars(40_000), trigger=price(4880), acceptable=price(4870)
    )
    assert number in stage.market.counter.orders
    stage.now += 1_000
    stage.venue.advance(stage.now)
    assert number in stage.market.counter.orders, "no price has been reported since the change"
    stage.tick(4850)
    assert stage.filled().size == dollars(40_000) * 10**12 // price(4850)
    with stage.refuses("unknown-order"):
        stage.market.update_order(trader, number, dollars=1, trigger=1, acceptable=1)
    stage.venue.audit()


def test_a_stop_without_a_position_simply_waits() -> None:
    """GM-ORD-12."""
    stage = Stage()
    trader = stage.account(20_000)
    stop = stage.order(trader, "stop-loss-decrease", 50_000, trigger=4900)
    stage.tick(4890)
    stage.tick(4890, seconds=61)
    assert not stage.happened(Cancelled)
    assert not stage.happened(OrderFrozen)
    stage.open(trader, True, 20_000, 10_000)
    stage.tick(4890, seconds=61)
    assert stop not in stage.market.counter.orders
    assert stage.market.open_positions() == [], "a stop loss closes no more than there is"


def test_orders_attached_to_a_position_end_with_it() -> None:
    """GM-ORD-13. Whoever closes it: its owner or the keeper."""
    for liquidated in (False, True):
        stage, trader = stage_with_long(50_000, 5_000)
        kept = stage.order(trader, "limit-decrease", 50_000, trigger=6000)
        gone = stage.order(trader, "stop-loss-decrease", 50_000, trigger=3000, auto_cancel=True)
        other = stage.order(
            trader, "limit-decrease", 50_000, trigger=6000, auto_cancel=True, is_long=False
        )
        if liquidated:
            stage.tick(4500)
        else:
            stage.close(trader, True, 50_000)
        assert stage.market.open_positions() == []
        assert stage.reason(gone) == "position-closed"
        assert set(stage.market.counter.orders) == {kept, other}


# swaps


def test_a_swap_order_pays_out_the_other_token() -> None:
    """GM-ORD-14."""
    stage = Stage()
    trader = stage.account(10_000)
    stage.do(trader, "market-swap", amount=10_000, least=tokens("1.9"))
    assert stage.usd(trader) == 0
    assert stage.eth(trader) == tokens(2)
    assert stage.last(Swapped).received == tokens(2)


def test_a_limit_swap_is_tried_again_until_it_brings_enough() -> None:
    """GM-ORD-14, GM-ORD-10."""
    stage = Stage()
    trader = stage.account(10_000)
    number = stage.order(trader, "limit-swap", amount=10_000, least=tokens("2.1"))
    stage.tick()
    assert stage.last(OrderFrozen).reason == "below-least"
    stage.tick(4700, seconds=30)
    assert number in stage.market.counter.orders
    stage.tick(4700, seconds=31)
    assert stage.eth(trader) == dollars(10_000) * 10**12 // price(4700)


def test_an_increase_may_bring_the_other_token_which_is_swapped_first() -> None:
    """GM-INC-1. With its least output; if the increase is refused the swap is undone."""
    stage = Stage()
    trader = stage.account(20_000)
    before = stage.pool.state()
    number = stage.order(
        trader, "market-increase", 30_000, amount=10_000, collateral="ETH", pays="USD",
        least=tokens("2.01"),
    )  # fmt: skip
    stage.tick()
    assert stage.reason(number) == "below-least"
    number = stage.order(
        trader, "market-increase", 30_000, amount=10_000, collateral="ETH", pays="USD",
        acceptable=4999,
    )  # fmt: skip
    stage.tick()
    assert stage.reason(number) == "acceptable-price"
    number = stage.order(
        trader, "market-increase", 3_000_000, amount=10_000, collateral="ETH", pays="USD"
    )
    stage.tick()
    assert stage.reason(number) == "beyond-reserve"
    assert stage.usd(trader) == dollars(20_000)
    assert stage.pool.state()[:6] == before[:6]
    stage.do(trader, "market-increase", 30_000, amount=10_000, collateral="ETH", pays="USD")
    assert stage.held(trader, True, "ETH").amount == tokens(2)
    assert stage.pool.short_pot.amount == dollars(2_010_000)
    stage.venue.audit()


@pytest.mark.parametrize(
    ("swap", "receives", "ether", "usd"),
    [
        ("none", "", "1.96078431", 10_000),
        ("pnl-to-collateral", "", "0", 20_000),
        ("collateral-to-pnl", "", "3.92156862", 0),
        ("pnl-to-collateral", "ETH", "3.92156862", 0),
        ("none", "ETH", "1.96078431", 10_000),
    ],
)
def test_a_decrease_may_end_in_a_swap(swap: str, receives: str, ether: str, usd: int) -> None:
    """GM-DEC-7. Ten thousand of profit in ether beside ten thousand of dollars; with profit left in
    a token of its own the last swap is skipped."""
    stage = Stage(at=5000)
    trader = stage.account(10_000)
    stage.open(trader, True, 500_000, 10_000)
    stage.tick(5100)
    stage.close(trader, True, 500_000, swap=swap, receives=receives)
    assert abs(stage.usd(trader) - dollars(usd)) <= dollars("0.001")
    assert abs(stage.eth(trader) - tokens(ether)) <= 2
    stage.venue.audit()


def test_the_least_payout_of_a_decrease_is_in_dollars() -> None:
    """GM-DEC-8."""
    stage, trader = stage_with_long()
    number = stage.order(trader, "market-decrease", 50_000, least=dollars(10_001))
    stage.tick()
    assert stage.reason(number) == "below-least"
    stage.close(trader, True, 50_000, least=dollars(10_000))
    assert stage.usd(trader) == dollars(100_000)


# what every design takes


def test_place_speaks_in_tokens_and_dollars() -> None:
    """GM-HOU-1, GM-HOU-2. Above zero opens a long, below zero a short, reduce-only closes."""
    stage = Stage()
    trader = stage.account(100_000)
    venue = stage.venue
    venue.place("ETH", trader, tokens(10), dollars(10_000))
    venue.place("ETH", trader, -tokens(4), dollars(5_000))
    stage.tick()
    assert stage.held(trader, True).size == tokens(10)
    assert stage.held(trader, False).size == -tokens(4)
    assert stage.market.position(trader).size == tokens(10)
    assert [view.size for view in stage.market.positions_of(trader)] == [tokens(10), -tokens(4)]
    venue.place("ETH", trader, -tokens(3), reduce_only=True)
    venue.place("ETH", trader, tokens(100), reduce_only=True)
    stage.tick(5100)
    assert stage.held(trader, True).size == tokens(7)
    assert stage.market.open_interest() == (tokens(7), 0)
    with stage.refuses("nothing-to-reduce"):
        venue.place("ETH", trader, tokens(1), reduce_only=True)
    stage.venue.audit()


@pytest.mark.parametrize(
    ("kind", "size", "trigger", "at"),
    [("limit", 1, 4900, 4890), ("stop", 1, 5100, 5110), ("take-profit", -1, 5100, 5110)],
)
def test_every_kind_of_order_can_be_placed(kind: str, size: int, trigger: int, at: int) -> None:
    """GM-HOU-3."""
    stage = Stage()
    trader = stage.account(10_000)
    number = stage.venue.place(
        "ETH", trader, size * tokens(1), dollars(1_000), kind=kind, trigger=price(trigger)
    )
    stage.tick()
    assert number in stage.market.counter.orders
    stage.tick(at)
    assert stage.filled().order == number
    close = -size * tokens(1)
    kind = "stop" if kind != "stop" else "take-profit"
    trigger_back = at - 100 if (size > 0) == (kind == "stop") else at + 100
    stage.venue.place(
        "ETH", trader, close, kind=kind, trigger=price(trigger_back), reduce_only=True
    )
    stage.tick(trigger_back)
    assert stage.market.open_positions() == []


def test_dollars_move_in_and_out_of_a_position_at_once() -> None:
    """GM-HOU-4."""
    stage, trader = stage_with_long(50_000, 10_000)
    stage.venue.add_margin("ETH", trader, dollars(1_000))
    assert stage.held(trader, True).amount == dollars(11_000)
    stage.venue.remove_margin("ETH", trader, dollars(10_500))
    assert stage.held(trader, True).amount == dollars(500)
    with stage.refuses("withdrawal-too-large", dollars(499), dollars(500)):
        stage.venue.remove_margin("ETH", trader, dollars(1))
    with stage.refuses("collateral-too-small", dollars(501), dollars(500)):
        stage.venue.remove_margin("ETH", trader, dollars(501))
    with stage.refuses("wallet-too-small"):
        stage.venue.add_margin("ETH", trader, dollars(200_000))
    stranger = stage.account(10)
    with stage.refuses("unknown-position"):
        stage.venue.add_margin("ETH", stranger, 1)
    stage.venue.audit()


# refusals at the counter


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("unknown-type", {"order_type": "liquidation"}),
        ("unknown-swap", {"swap": "both"}),
        ("unknown-token", {"collateral": "BTC"}),
        ("unknown-account", {"account": 99}),
        ("trigger-on-market", {"trigger": 1}),
        ("trigger-too-small", {"order_type": "limit-increase"}),
        ("valid-from-on-market", {"valid_from": 1}),
        ("auto-cancel", {"auto_cancel": True}),
        ("wallet-too-small", {"amount": dollars(10_001)}),
        ("empty-order", {"dollars": 0, "amount": 0}),
        ("size-on-swap", {"order_type": "market-swap"}),
        ("dollars-too-large", {"dollars": 10**18 + 1}),
        ("amount-too-large", {"amount": 10**18 + 1}),
        ("acceptable-too-small", {"acceptable": -1}),
        ("least-too-small", {"least": -1}),
        ("valid-from-too-small", {"valid_from": -1}),
        ("trigger-too-large", {"order_type": "limit-increase", "trigger": 10**20}),
        ("unknown-account", {"interface": 10**20}),
        ("unknown-account", {"interface": -2}),
    ],
)
def test_contradictions_are_refused_when_an_order_is_created(
    code: str, how: dict[str, object]
) -> None:
    """GM-ORD-15."""
    stage = Stage()
    trader = stage.account(10_000)
    terms: dict[str, object] = {
        "account": trader, "order_type": "market-increase", "dollars": dollars(1_000),
        "amount": dollars(100),
    }  # fmt: skip
    with stage.refuses(code):
        stage.market.create_order(**(terms | how))  # type: ignore[arg-type]


def test_changes_that_contradict_the_type_are_refused() -> None:
    """GM-ORD-11, GM-ORD-15."""
    stage = Stage()
    trader = stage.account(30_000)
    market = stage.order(trader, "market-increase", 1_000, amount=100)
    swap = stage.order(trader, "limit-swap", amount=100, least=tokens(9))
    stop = stage.order(trader, "stop-loss-decrease", 100, trigger=10)
    change = stage.market.update_order
    with stage.refuses("market-order"):
        change(trader, market, dollars=1, trigger=1, acceptable=1)
    with stage.refuses("size-on-swap"):
        change(trader, swap, dollars=1, trigger=0, acceptable=0)
    with stage.refuses("trigger-too-small"):
        change(trader, stop, dollars=1, trigger=0, acceptable=0)
    with stage.refuses("empty-order"):
        change(trader, stop, dollars=0, trigger=1, acceptable=0)
    limit = stage.order(trader, "limit-increase", 100, amount=100, trigger=10)
    with stage.refuses("auto-cancel"):
        change(trader, limit, dollars=1, trigger=1, acceptable=0, auto_cancel=True)
    change(trader, swap, dollars=0, trigger=0, acceptable=0, least=tokens("0.001"))
    stage.tick()
    assert swap not in stage.market.counter.orders


@pytest.mark.parametrize(
    ("code", "size", "margin", "how"),
    [
        ("size-zero", 0, 1, {}),
        ("size-too-large", 10**18 + 1, 1, {}),
        ("margin-too-small", 1, -1, {}),
        ("acceptable-too-small", 1, 1, {"acceptable": -1}),
        ("unknown-kind", 1, 1, {"kind": "iceberg"}),
        ("trigger-on-market", 1, 1, {"trigger": 1}),
        ("trigger-too-small", 1, 1, {"kind": "limit"}),
        ("margin-on-reduce", 1, 1, {"reduce_only": True}),
        ("no-collateral", 1, 0, {}),
        ("wallet-too-small", 1, 10**12, {}),
    ],
)
def test_an_order_that_cannot_be_is_refused(
    code: str, size: int, margin: int, how: dict[str, object]
) -> None:
    """GM-HOU-1."""
    stage, _ = stage_with_long()
    trader = stage.account(10)
    with stage.refuses(code):
        stage.venue.place("ETH", trader, size, margin, **how)  # type: ignore[arg-type]


def test_without_a_price_a_fresh_one_or_a_sure_one_nothing_is_opened() -> None:
    """GM-KEE-1. Orders that reduce may be placed; they wait for a price."""
    params = laboratory()
    params.oracle = OracleParams(quorum=1, jump=0)
    stage = Stage(params)
    trader = stage.account(50_000)
    stage.open(trader, True, 50_000, 10_000)
    stage.now += 61_000
    stage.venue.advance(stage.now)
    with stage.refuses("stale-price"):
        stage.venue.place("ETH", trader, tokens(1), dollars(1_000))
    closing = stage.venue.place("ETH", trader, -tokens(1), reduce_only=True)
    stage.now += 2_000
    stage.venue.advance(stage.now)
    assert closing in stage.market.counter.orders
    stage.tick(spread=150)
    with stage.refuses("uncertain-price"):
        stage.venue.place("ETH", trader, tokens(1), dollars(1_000))
    stage.tick()
    opening = stage.venue.place("ETH", trader, tokens(1), dollars(1_000))
    stage.tick(spread=150)
    assert stage.reason(opening) == "uncertain-price"
    trader = stage.venue.open_account()
    stage.venue.list_market(GmMarket("BTC", laboratory()))
    with stage.refuses("no-price"):
        stage.venue.place("BTC", trader, tokens(1), 1)


def test_during_a_halt_orders_are_refused_and_those_waiting_wait() -> None:
    """GM-KEE-2."""
    stage = Stage(laboratory(Guards(price_breaker=PriceBreaker(move=rate("0.1")))))
    trader = stage.account(50_000)
    stage.open(trader, True, 100_000, 5_000)
    waiting = stage.venue.place("ETH", trader, -tokens(1), reduce_only=True)
    stage.tick(4000)
    with stage.refuses("price-breaker"):
        stage.venue.place("ETH", trader, tokens(1), dollars(1_000))
    assert waiting in stage.market.counter.orders
    assert stage.market.open_positions() == [trader], "nobody is liquidated during a halt"
    stage.venue.add_margin("ETH", trader, dollars(40_000))
    stage.tick(seconds=200)
    stage.market.params.request_expiry = HOUR
    stage.tick(seconds=500)
    assert waiting not in stage.market.counter.orders


def test_guards_are_asked_before_a_position_grows() -> None:
    """GM-KEE-2."""
    params = laboratory(Guards(position=PositionCap()))
    stage = Stage(params, facts=MarketFacts(market_value=dollars(1_000_000), volume=0))
    trader = stage.account(50_000)
    number = stage.order(trader, "market-increase", 60_000, amount=20_000)
    stage.tick()
    assert stage.reason(number) == "position-cap"


def test_impact_beyond_the_order_is_refused() -> None:
    """GM-INC-3, GM-DEC-6."""
    stage = Stage(curved("1e-7", "0"))
    trader = stage.account(eth=200)
    stage.open(trader, True, 200_000, 100, "ETH")
    stage.market.params.impact.negative = fine("0.001")
    number = stage.order(trader, "market-increase", 100_000, amount=10, collateral="ETH")
    stage.tick()
    assert stage.reason(number) == "impact-too-large"


def test_a_market_of_the_token_alone_takes_no_dollars() -> None:
    """GM-HOU-5."""
    stage = Stage(pool="single-index", usd=0)
    trader = stage.account(10, eth=10)
    with stage.refuses("no-dollars"):
        stage.venue.place("ETH", trader, 1, 1)
    with stage.refuses("same-token"):
        stage.order(trader, "market-swap", amount=1, collateral="ETH")
    stage.do(trader, "market-increase", 20_000, is_long=True, amount=5, collateral="ETH")
    stage.do(trader, "market-increase", 20_000, is_long=False, amount=5, collateral="ETH")
    stage.tick(5500)
    stage.do(trader, "market-decrease", 20_000, is_long=True, collateral="ETH")
    stage.do(trader, "market-decrease", 20_000, is_long=False, collateral="ETH")
    assert abs(stage.eth(trader) - tokens(10)) <= 2, "what the one side wins the other loses"
    stage.venue.audit()


def test_collateral_alone_needs_a_position_and_is_tested_against_liquidation() -> None:
    """GM-INC-7. An opening is tested against the factor of opening."""
    stage = Stage()
    params = stage.market.params
    params.min_collateral = rate("0.02")
    trader = stage.account(20_000)
    number = stage.order(trader, "market-increase", amount=100)
    stage.tick()
    assert stage.reason(number) == "no-size"
    number = stage.order(trader, "market-increase", "0.5", amount=100)
    stage.tick()
    assert stage.reason(number) == "position-too-small"
    stage.open(trader, True, 50_000, 1_100)
    stage.tick(4950)
    number = stage.order(trader, "market-increase", 1_000, amount=300)
    stage.tick()
    assert stage.reason(number) == "liquidatable"
    stage.open(trader, True, 0, 100)
    assert stage.held(trader, True).amount == dollars(1_200)


def test_fees_beyond_the_collateral_are_refused() -> None:
    """GM-INC-7."""
    stage = Stage()
    stage.market.params.fee_worsened = rate("0.01")
    trader = stage.account(100)
    number = stage.order(trader, "market-increase", 10_000, amount=99)
    stage.tick()
    assert stage.reason(number) == "collateral-too-small"
    assert stage.usd(trader) == dollars(100)


def test_an_order_too_small_for_a_unit_of_the_token_is_refused() -> None:
    """GM-INC-3, GM-DEC-6."""
    stage = Stage(at=50_000)
    stage.market.params.min_position_usd = stage.market.params.min_collateral_usd = 0
    trader = stage.account(100_000)
    number = stage.order(trader, "market-increase", "0.0001", amount=1)
    stage.tick()
    assert stage.reason(number) == "order-too-small"

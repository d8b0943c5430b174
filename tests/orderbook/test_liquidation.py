"""The ladder: book, auction, vault, deleveraging; who is found, when, and what it costs whom."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderbook.floor import HOUR, SECOND, Floor, dollars, price, rate, tokens
from seawall.engine.designs.orderbook.deleverage import rank, shares_of
from seawall.engine.designs.orderbook.lookout import is_liquidatable
from seawall.engine.events import (
    AuctionEnded,
    AuctionOpened,
    AuctionTaken,
    Cancelled,
    Deleveraged,
    RungReached,
)
from seawall.engine.guards import AuctionGuard, Guards, MultiRound, PriceBreaker


def test_the_trigger_is_equity_below_maintenance_at_the_mark() -> None:
    """OB-LIQ-1: at the liquidation price itself nothing happens, one step below it does."""
    floor = Floor(100, leverage=10, backstop_at=0)
    long, _ = floor.pair(10, 100, 100, 5000)
    floor.bid(floor.who(cross=5000), 10, 50)
    edge = floor.position(long).liquidation_price
    floor.at = edge + 1
    floor.tick()
    assert not floor.market.house.due
    floor.at = edge
    floor.tick()
    assert len(floor.market.house.due) == 1


def test_a_small_position_goes_to_the_book_whole() -> None:
    """OB-LIQ-2: what is left of the margin stays with its owner."""
    floor = Floor(100, leverage=10)
    long, _ = floor.pair(10, 100, 100, 5000)
    buyer = floor.who(cross=5000)
    floor.bid(buyer, 10, 94)
    floor.tick("94.5")
    assert floor.market.position(long) is None
    assert floor.wallet(long) == dollars(40)
    rung = floor.happened(RungReached)[0]
    assert (rung.rung, rung.closed, rung.price) == ("book", tokens(10), price(94))
    assert rung.result == dollars(-60)


def test_a_large_position_goes_in_a_slice_and_then_whole_during_the_pause() -> None:
    """OB-LIQ-2: a fifth first, and in the 30 s after it all that is left."""
    floor = Floor(100, leverage=10)
    long, _ = floor.pair(2000, 100, 20_000, 500_000)
    buyer = floor.who(cross=900_000)
    floor.bid(buyer, 400, "94.4")
    floor.bid(buyer, 3000, "93.4")
    floor.tick("94.5")
    assert floor.position(long).size == tokens(1600)
    floor.tick("93.5", seconds=3)
    assert floor.market.position(long) is None
    assert [rung.closed for rung in floor.happened(RungReached)] == [tokens(400), tokens(1600)]


def test_after_the_pause_a_large_rest_is_sliced_again() -> None:
    """OB-LIQ-2."""
    floor = Floor(100, leverage=10)
    long, _ = floor.pair(5000, 100, 50_000, 900_000)
    buyer = floor.who(cross=900_000)
    floor.bid(buyer, 1000, "94.4")
    floor.bid(buyer, 5000, "93.4")
    floor.tick("94.5")
    assert floor.position(long).size == tokens(4000)
    floor.tick("93.5", seconds=31)
    assert floor.position(long).size == tokens(3200)


def test_a_liquidation_never_sells_below_the_price_at_which_nothing_is_left() -> None:
    """OB-LIQ-3: fees included; it waits instead."""
    floor = Floor(100, leverage=10, fees=True)
    long, _ = floor.pair(10, 100, 101, 5000)
    holder = floor.market.desk.coin.holders[long]
    margin = floor.position(long).margin
    lowest = floor.market.care.worst_price(holder)
    fee = lowest * tokens(10) // 10**12 * 450_000_000 // 10**12
    assert 0 <= margin - (dollars(1000) - lowest * tokens(10) // 10**12) - fee <= 2
    floor.bid(floor.who(cross=5000), 10, 89)
    floor.tick("94.5")
    assert floor.position(long).size == tokens(10)
    assert floor.happened(RungReached) == []


def test_open_orders_of_the_liquidated_are_cancelled() -> None:
    """OB-LIQ-4."""
    floor = Floor(100, leverage=10)
    long, _ = floor.cross_pair(10, 100, 101, 5000)
    resting = floor.ask(long, 1, 120)
    stop = floor.market.place_trigger(long, tokens(-1), price(80), "sl", 0, True)
    floor.tick("94.5")
    told = floor.happened(Cancelled, account=long)
    ended = {event.order: event.reason for event in told}
    assert ended[resting] == ended[stop] == "liquidatedCanceled"
    assert floor.market.open_orders(long) == []


def test_below_two_thirds_the_vault_takes_position_and_margin() -> None:
    """OB-LIQ-5: at the mark; the maintenance margin is not returned."""
    floor = Floor(100, leverage=10)
    floor.fund(100_000)
    long, _ = floor.pair(10, 100, 100, 5000)
    floor.bid(floor.who(cross=5000), 10, 90)
    floor.tick("92")
    assert floor.market.position(long) is None
    assert floor.wallet(long) == 0
    heir = floor.position(floor.liquidator)
    assert (heir.size, heir.entry) == (tokens(10), dollars(920))
    assert floor.market.vault("hlp").assets == dollars(100_020)
    rung = floor.happened(RungReached)[0]
    assert (rung.rung, rung.price, rung.to_insurance) == ("backstop", price(92), dollars(20))


def test_without_a_vault_the_book_is_tried_until_nothing_is_left() -> None:
    """OB-LIQ-2: below two thirds too."""
    floor = Floor(100, leverage=10, backstop=False)
    long, _ = floor.pair(10, 100, 100, 5000)
    floor.bid(floor.who(cross=5000), 10, "91.5")
    floor.tick("92")
    assert floor.market.position(long) is None
    assert floor.wallet(long) == dollars(15)
    assert floor.happened(RungReached)[0].rung == "book"


def test_a_cross_account_is_taken_over_with_all_it_has() -> None:
    """OB-LIQ-5."""
    floor = Floor(100, leverage=10)
    floor.fund(100_000)
    long, _ = floor.cross_pair(10, 100, 105, 5000)
    floor.tick("92")
    view = floor.market.account(long)
    assert (view.cash, view.equity) == (0, 0)
    assert floor.market.account(floor.liquidator).equity == dollars(5_025)


def test_the_liquidator_is_spared_book_and_vault() -> None:
    """OB-LIQ-9: below its maintenance it holds on; below nothing it is deleveraged whole."""
    floor = Floor(100, leverage=10, liquidator_part=rate("0.0001"))
    floor.fund(100_000)
    _long, short = floor.pair(100, 100, 1000, 5000)
    floor.tick("92")
    child = floor.market.account(floor.liquidator)
    assert child.equity < child.maintenance
    floor.bid(floor.who(cross=50_000), 100, "91.5")
    floor.tick("91.8")
    assert floor.position(floor.liquidator).size == tokens(100)
    floor.market.cancel_all(max(floor.market.desk.coin.holders))
    floor.tick("89")
    assert floor.market.position(floor.liquidator) is None
    assert floor.market.position(short) is None
    cut = floor.happened(Deleveraged)[0]
    assert (cut.account, cut.size, cut.price) == (short, tokens(-100), price("91.8"))
    assert floor.market.account(floor.liquidator).equity == dollars(190)


def test_shared_collateral_keeps_the_liquidator_from_being_deleveraged() -> None:
    """OB-VAULT-4: as in March 2025, what it is short of the other child gives."""
    floor = Floor(100, leverage=10, liquidator_part=rate("0.0001"), shared_collateral=True)
    floor.fund(100_000)
    floor.pair(100, 100, 1000, 50_000)
    floor.tick("92")
    floor.tick("60")
    child = floor.market.account(floor.liquidator)
    assert floor.position(floor.liquidator).size == tokens(100)
    assert child.equity == child.initial == dollars(600)
    assert floor.market.vault("hlp").assets == dollars(100_000 + 200 - 3_200)
    assert floor.happened(Deleveraged) == []


def test_below_nothing_winners_close_at_the_mark_before() -> None:
    """OB-ADL-1, OB-ADL-3: the account was worth something there, so nothing is left unpaid."""
    floor = Floor(100, leverage=10)
    long, short = floor.pair(10, 100, 100, 5000)
    floor.tick("95.5")
    floor.tick("85")
    assert floor.market.position(long) is None
    assert floor.market.position(short) is None
    rung = floor.happened(RungReached)[0]
    assert (rung.rung, rung.price, rung.shortfall) == ("deleverage", price("95.5"), 0)
    assert floor.wallet(long) == dollars(55)
    assert floor.wallet(short) == dollars(5045)


def test_the_queue_takes_the_first_in_rank_and_the_last_in_part() -> None:
    """OB-ADL-2, OB-ADL-5."""
    floor = Floor(100, leverage=10)
    meek = floor.who(10_000)
    bold = floor.who(2_000)
    for account, margin, size in ((meek, 10_000, 10), (bold, 120, 10)):
        floor.venue.place(
            "COIN", account, -tokens(size), dollars(margin), kind="limit", trigger=price(100)
        )
    long = floor.who(150)
    floor.venue.place("COIN", long, tokens(15), dollars(150))
    other = floor.who(1000)
    floor.venue.place("COIN", other, tokens(5), dollars(1000))
    floor.tick("95.5")
    floor.tick("85")
    assert floor.market.position(bold) is None
    assert floor.position(meek).size == tokens(-5)
    assert [cut.account for cut in floor.happened(Deleveraged)] == [bold, meek]


@pytest.mark.parametrize(("reading", "first"), [("inverse", 0), ("literal", 1)])
def test_the_two_readings_of_a_shorts_rank(reading: str, first: int) -> None:
    """OB-ADL-2: entry/mark takes the winner first, mark/entry the loser."""
    floor = Floor(100, leverage=10, short_rank=reading)
    late = floor.who(500)
    floor.venue.place("COIN", late, -tokens(10), dollars(500), kind="limit", trigger=price(90))
    early = floor.who(400)
    long = floor.who(5_000)
    floor.tick(110)
    floor.venue.place("COIN", long, tokens(10), dollars(2000), partial=True)
    floor.venue.place("COIN", early, -tokens(10), dollars(300), kind="limit", trigger=price(110))
    floor.venue.place("COIN", long, tokens(10), dollars(2000), partial=True)
    holders = floor.market.desk.coin.holders
    winners = [holders[early], holders[late]]
    taken = shares_of(winners, floor.params, tokens(5))
    assert taken[first] == tokens(5)
    assert (rank(winners[0], floor.params) > rank(winners[1], floor.params)) == (first == 0)


def test_the_rank_of_an_isolated_position_may_go_by_the_account() -> None:
    """OB-ADL-2: with the rest of the account behind it the rank falls."""
    floor, wide = Floor(100), Floor(100, rank_value="account")
    ranks = []
    for stage in (floor, wide):
        long, _ = stage.pair(10, 100, 200, 500)
        stage.venue.deposit(long, dollars(200))
        stage.market.pay_in(long, dollars(200))
        ranks.append(rank(stage.market.desk.coin.holders[long], stage.params))
    assert ranks == [rate(5), rate("2.5")]


def test_a_keeper_who_comes_late_leaves_a_shortfall_and_fees_heal_it() -> None:
    """OB-ADL-4, OB-HOUSE-5: nobody made the money up; the claim is shown as short."""
    floor = Floor(100, leverage=10, fees=True)
    _long, _ = floor.pair(10, 100, 101, 5000)
    floor.tick("88", budget=0)
    floor.tick("87")
    house = floor.market.house
    assert house.shortfall > 0
    assert floor.happened(RungReached)[0].shortfall == house.shortfall
    before = house.shortfall
    floor.cross_pair(100, 87, 5000, 5000)
    floor.tick(seconds=60)
    assert house.shortfall < before


@pytest.mark.parametrize(("order", "first"), [("largest", 0), ("health", 1)])
def test_who_is_liquidated_first(order: str, first: int) -> None:
    """OB-LIQ-6: the largest, or the one with the least equity by maintenance."""
    floor = Floor(100, leverage=10, due_order=order)
    floor.fund(100_000)
    large, _ = floor.pair(50, 100, 640, 50_000)
    sick, _ = floor.pair(10, 100, 108, 5000)
    people = [large, sick]
    floor.tick("90", budget=1)
    assert floor.happened(RungReached)[0].account == people[first]
    assert len(floor.market.house.due) == 1


def test_an_auction_before_the_vault_where_one_is_configured() -> None:
    """OB-LIQ-7: from the mark down; the taker brings margin, the owner keeps what is paid."""
    floor = Floor(100, leverage=10, auction=True, auction_step=6 * SECOND)
    floor.fund(100_000)
    long, _ = floor.pair(10, 100, 100, 5000)
    floor.tick("92")
    opened = floor.happened(AuctionOpened)[0]
    assert (opened.account, opened.size, opened.bankruptcy) == (long, tokens(10), price(90))
    assert floor.position(long).in_auction
    with floor.refuses("in-auction"):
        floor.market.place_limit(long, tokens(1), price(92))
    with floor.refuses("in-auction"):
        floor.venue.remove_margin("COIN", long, 1)
    number = floor.market.open_auctions()[0]
    bidder, poor, short = floor.who(1000), floor.who(1000), floor.who()
    with floor.refuses("own-auction", long):
        floor.venue.bid("COIN", long, number, tokens(1), 0)
    with floor.refuses("unknown-auction", 99):
        floor.venue.bid("COIN", bidder, 99, tokens(1), 0)
    with floor.refuses("perp-margin", dollars(92), dollars(50)):
        floor.venue.bid("COIN", poor, number, tokens(10), dollars(50))
    with floor.refuses("wallet-too-small", dollars(5), 0):
        floor.venue.bid("COIN", short, number, tokens(1), dollars(5))
    floor.tick("92", seconds=30)
    assert floor.venue.bid("COIN", bidder, number, tokens(4), dollars(200)) == price(91)
    assert floor.position(bidder).size == tokens(4)
    floor.tick("92", seconds=27)
    assert floor.venue.bid("COIN", bidder, number, tokens(6), dollars(200)) < price("90.5")
    assert floor.market.open_auctions() == []
    assert floor.happened(AuctionEnded)[0].outcome == "sold"
    assert len(floor.happened(AuctionTaken)) == 2
    assert floor.market.position(long) is None
    assert 0 < floor.wallet(long) < dollars(10)


def test_an_auction_that_nobody_wants_ends_with_the_vault() -> None:
    """OB-LIQ-7."""
    floor = Floor(100, leverage=10, auction=True)
    floor.fund(100_000)
    long, _ = floor.pair(10, 100, 100, 5000)
    floor.tick("92")
    number = floor.market.open_auctions()[0]
    holder = floor.who(1000)
    floor.tick("92", seconds=61)
    assert floor.happened(AuctionEnded)[0].outcome == "unsold"
    assert floor.happened(RungReached)[-1].rung == "backstop"
    with floor.refuses("unknown-auction", number):
        floor.venue.bid("COIN", holder, number, tokens(1), dollars(50))
    assert floor.market.position(long) is None


def test_the_guard_brings_an_auction_of_its_own() -> None:
    """OB-LIQ-7: with the guard's duration."""
    floor = Floor(100, leverage=10, guards=Guards(auction=AuctionGuard(9 * SECOND)))
    floor.fund(100_000)
    floor.pair(10, 100, 100, 5000)
    floor.tick("92")
    floor.tick("92", seconds=10)
    assert floor.happened(AuctionEnded)[0].outcome == "unsold"


def test_margin_calls_an_auction_off() -> None:
    """OB-LIQ-7."""
    floor = Floor(100, leverage=10, auction=True)
    long, _ = floor.pair(10, 100, 100, 5000)
    floor.venue.deposit(long, dollars(500))
    floor.tick("92")
    floor.venue.add_margin("COIN", long, dollars(500))
    floor.tick("92")
    assert floor.happened(AuctionEnded)[0].outcome == "called-off"
    assert not floor.position(long).in_auction


def test_a_bidder_on_the_other_side_must_close_first() -> None:
    """OB-LIQ-7."""
    floor = Floor(100, leverage=10, auction=True)
    _, short = floor.pair(10, 100, 100, 5000)
    floor.venue.deposit(short, dollars(500))
    floor.tick("92")
    with floor.refuses("opposite-position", tokens(1), tokens(-10)):
        floor.venue.bid("COIN", short, 1, tokens(1), dollars(50))


def test_rounds_with_a_pause_where_the_guard_asks_for_them() -> None:
    """OB-LIQ-8: a fifth of what is left every 30 s, whatever the size."""
    guards = Guards(multi_round=MultiRound())
    floor = Floor(100, leverage=10, guards=guards)
    long, _ = floor.pair(10, 100, 100, 5000)
    floor.bid(floor.who(cross=5000), 10, "93.4")
    sizes = []
    for at in ("94.5", "93.5", "93.5"):
        floor.tick(at, seconds=15)
        sizes.append(floor.position(long).size // 10**8)
    assert sizes == [8, 8, 6]


def test_a_halt_stops_liquidations_and_trades() -> None:
    """OB-GRD-1: margin may be added, orders cancelled, funding accrues."""
    guards = Guards(price_breaker=PriceBreaker(move=rate("0.05"), pause=600 * SECOND))
    floor = Floor(100, leverage=10, guards=guards)
    floor.fund(10_000)
    long, short = floor.pair(10, 100, 100, 5000)
    number = floor.bid(floor.who(cross=100), 1, 90)
    floor.tick("92")
    assert floor.position(long).size == tokens(10)
    with floor.refuses("price-breaker"):
        floor.bid(short, 1, 92)
    with floor.refuses("price-breaker"):
        floor.venue.remove_margin("COIN", short, 1)
    floor.venue.cancel("COIN", max(floor.market.desk.coin.holders), number)
    floor.tick("92", seconds=601)
    assert floor.market.position(long) is None


def test_a_quiet_tick_looks_at_nobody() -> None:
    """OB-LIQ-10: the watch is asked for two tops; nothing is gathered."""
    floor = Floor(100, leverage=10)
    for margin in (100, 150, 200, 300):
        floor.pair(10, 100, margin, 5000)
    floor.tick()
    lookout = floor.market.house.lookouts[0]
    before = [(held.account, held.key) for held in lookout.longs.items]
    floor.tick("99")
    looks = [(held.account, held.key) for held in lookout.longs.items]
    assert looks == before
    assert len(lookout.shorts.items) == 4


people = st.lists(
    st.tuples(st.integers(1, 40), st.integers(10, 60), st.booleans()), min_size=2, max_size=6
)
moves = st.lists(st.integers(-600, 600), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None)
@given(people, moves)
def test_nobody_below_maintenance_is_overlooked(
    crowd: list[tuple[int, int, bool]], path: list[int]
) -> None:
    """OB-LIQ-10: a plain scan finds nobody whom the watch has not found; cross and isolated."""
    floor = Floor(100, leverage=20)
    maker = floor.who(cross=1_000_000)
    accounts = []
    for size, margin, isolated in crowd:
        worth = size * margin
        account = floor.who(worth) if isolated else floor.who(cross=worth)
        floor.ask(maker, size, 100)
        if isolated:
            floor.venue.place("COIN", account, tokens(size), dollars(worth))
        else:
            floor.bid(account, size, 100)
        accounts.append(account)
    for move in path:
        floor.at = floor.at * (10_000 + move) // 10_000
        floor.tick(budget=0)
        coin = floor.market.desk.coin
        for account, holder in coin.holders.items():
            found = holder.member.is_due or holder.holding.standing != 0
            if holder.holding.size != 0 and is_liquidatable(holder):
                assert found, f"{account} is overlooked at {coin.mark}"
    floor.tick()
    floor.silence(HOUR // SECOND)

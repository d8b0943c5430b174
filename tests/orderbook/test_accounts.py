"""Margin, leverage, transfers: what an account may carry, and what may leave it."""

import pytest

from orderbook.floor import Floor, dollars, flat, price, rate, tokens
from seawall.engine.designs.orderbook import FeeTable, OrderbookMarket, OrderParams, Params
from seawall.engine.errors import BadParameters
from seawall.engine.events import Cancelled, Filled
from seawall.engine.fixed import MAX_DOLLARS
from seawall.engine.margin import Tier, Tiers
from seawall.engine.reports import Report
from seawall.engine.venue import Venue


def test_opening_moves_no_money_and_closing_realises() -> None:
    """OB-HOUSE-2: the entry is the mean of what was paid; it stays when part is closed."""
    floor = Floor(100)
    long, short = floor.cross_pair(10, 100, 1000, 1000)
    assert floor.market.account(long).cash == dollars(1000)
    floor.ask(short, 10, 110)
    floor.bid(long, 10, 110)
    assert floor.position(long).entry == dollars(2100)
    floor.bid(short, 5, 120)
    floor.ask(long, 5, 120)
    assert floor.position(long).entry == dollars(1575)
    assert floor.market.account(long).cash == dollars(1000 + 5 * (120 - 105))
    assert floor.market.account(short).cash == dollars(1000 - 5 * (120 - 105))


def test_a_flip_closes_first_and_opens_at_the_trade_price() -> None:
    """OB-HOUSE-2."""
    floor = Floor(100)
    long, short = floor.cross_pair(10, 100, 1000, 1000)
    floor.bid(short, 15, 110)
    floor.ask(long, 15, 110)
    view = floor.position(long)
    assert (view.size, view.entry) == (tokens(-5), dollars(550))
    assert floor.market.account(long).cash == dollars(1100)


def test_the_clearing_pot_is_what_open_positions_are_owed() -> None:
    """OB-HOUSE-1: C = - entries - debts - shortfall + dust, whatever the price."""
    floor = Floor(100)
    long, short = floor.cross_pair(10, 100, 1000, 1000)
    third = floor.who(cross=1000)
    floor.bid(third, 10, 120)
    floor.ask(long, 10, 120)
    house = floor.market.house
    assert house.clearing.amount == dollars(-200)
    assert house.clearing.amount == floor.position(third).result + floor.position(short).result
    floor.tick(150)
    assert floor.position(third).result + floor.position(short).result == dollars(-200)
    assert house.dust() == 0


def test_profit_of_an_open_position_may_be_taken_out_and_leaves_debt() -> None:
    """OB-HOUSE-3, OB-MAR-5: unrealised profit counts; what the balance lacks is owed."""
    floor = Floor(100)
    long, _ = floor.cross_pair(10, 100, 200, 2000)
    floor.tick(160)
    view = floor.market.account(long)
    assert (view.equity, view.initial) == (dollars(800), dollars(160))
    assert view.free == dollars(640)
    floor.market.pay_out(long, dollars(640))
    assert floor.market.house.members[long].debt == dollars(440)
    assert floor.market.account(long).cash == dollars(-440)
    with floor.refuses("transfer-rule", 1, 0):
        floor.market.pay_out(long, 1)
    floor.venue.deposit(long, dollars(500))
    floor.market.pay_in(long, dollars(500))
    assert floor.market.house.members[long].amount == dollars(60)
    assert floor.market.house.members[long].debt == 0


@pytest.mark.parametrize(("rule", "free"), [("0.1", 640), ("0.2", 480)])
def test_the_transfer_rule_of_today_and_that_of_march_2025(rule: str, free: int) -> None:
    """OB-MAR-5: what stays is at least the initial margin and 10 (20) % of all notional."""
    floor = Floor(100, transfer_rate=rate(rule))
    long, _ = floor.cross_pair(10, 100, 200, 2000)
    floor.tick(160)
    assert floor.market.account(long).free == dollars(free)
    with floor.refuses("transfer-rule", dollars(free) + 1, dollars(free)):
        floor.market.pay_out(long, dollars(free) + 1)


def test_an_order_brings_its_margin_and_the_close_returns_it() -> None:
    """OB-MAR-1: pro rata as the position shrinks, all of it when it is gone."""
    floor = Floor(100)
    long, _short = floor.pair(10, 100, 200, 2000)
    assert floor.wallet(long) == 0
    assert floor.position(long).margin == dollars(200)
    floor.bid(floor.who(cross=1000), 20, 100)
    floor.venue.place("COIN", long, -tokens(5), reduce_only=True)
    assert floor.wallet(long) == dollars(100)
    floor.venue.place("COIN", long, -tokens(5), reduce_only=True)
    assert floor.market.position(long) is None
    assert floor.wallet(long) == dollars(200)


def test_an_order_that_rests_keeps_its_margin_until_it_is_cancelled() -> None:
    """OB-MAR-1."""
    floor = Floor(100)
    who = floor.who(300)
    number = floor.venue.place(
        "COIN", who, tokens(10), dollars(200), kind="limit", trigger=price(99)
    )
    assert floor.wallet(who) == dollars(100)
    assert floor.market.balance(who) == dollars(200)
    floor.venue.cancel("COIN", who, number)
    assert floor.wallet(who) == dollars(300)
    assert floor.happened(Cancelled, account=who)[-1].reason == "canceled"


def test_margin_of_an_order_that_turns_a_position_round_is_shared_out() -> None:
    """OB-MAR-1: the closing part needs none of it; the old margin stays with the new side."""
    floor = Floor(100)
    long, _ = floor.pair(10, 100, 200, 2000)
    floor.bid(floor.who(cross=5000), 50, 100)
    floor.venue.deposit(long, dollars(400))
    floor.venue.place("COIN", long, -tokens(20), dollars(400))
    view = floor.position(long)
    assert (view.size, view.margin) == (tokens(-10), dollars(400))
    assert floor.wallet(long) == dollars(200)


def test_held_orders_count_on_the_worse_side_only() -> None:
    """OB-MAR-3: quoting both sides needs the margin of one of them."""
    floor = Floor(100, leverage=10)
    maker = floor.who(cross=100)
    floor.bid(maker, 10, 99)
    floor.ask(maker, 10, 101)
    assert floor.market.account(maker).initial == dollars(100)
    with floor.refuses("perp-margin", dollars(1), 0):
        floor.bid(maker, "0.1", 98)
    floor.market.cancel_all(maker)
    assert floor.market.account(maker).initial == 0


def test_unrealised_profit_of_cross_positions_carries_new_ones() -> None:
    """OB-MAR-3."""
    floor = Floor(100)
    long, _ = floor.cross_pair(10, 100, 100, 5000)
    with floor.refuses("perp-margin"):
        floor.bid(long, 1, 100)
    floor.tick(120)
    floor.bid(long, 10, 119)
    assert floor.market.account(long).initial == dollars(240)


def test_leverage_is_a_whole_number_up_to_the_most() -> None:
    """OB-MAR-2."""
    floor = Floor(100, leverage=10)
    who = floor.who(cross=1000)
    with floor.refuses("leverage-too-small", 0, 1):
        floor.market.set_leverage(who, 0, False)
    with floor.refuses("leverage-too-large", 11, 10):
        floor.market.set_leverage(who, 11, False)
    floor.market.set_leverage(who, 2, False)
    floor.bid(who, 20, 100)
    assert floor.market.account(who).initial == dollars(1000)
    with floor.refuses("perp-margin"):
        floor.bid(who, "0.1", 100)


def test_lower_leverage_on_an_open_position_needs_the_margin() -> None:
    """OB-MAR-2: raising it frees margin."""
    floor = Floor(100, leverage=10)
    long, _ = floor.cross_pair(20, 100, 500, 500)
    with floor.refuses("perp-margin", dollars(1000), dollars(500)):
        floor.market.set_leverage(long, 2, False)
    floor.market.set_leverage(long, 4, False)
    assert floor.market.account(long).initial == dollars(500)
    floor.market.set_leverage(long, 10, False)
    assert floor.market.account(long).initial == dollars(200)


def test_the_mode_stays_while_there_is_a_position_or_an_order() -> None:
    """OB-MAR-2."""
    floor = Floor(100)
    long, _ = floor.cross_pair(1, 100, 500, 500)
    with floor.refuses("mode-in-use"):
        floor.market.set_leverage(long, 5, True)
    other = floor.who(cross=100)
    floor.bid(other, 1, 90)
    with floor.refuses("mode-in-use"):
        floor.market.set_leverage(other, 5, True)


def test_isolated_mode_takes_the_initial_margin_out_of_the_balance() -> None:
    """OB-MAR-1: at the chosen leverage, when the order fills."""
    floor = Floor(100, leverage=10)
    who = floor.who(cross=1000)
    floor.market.set_leverage(who, 5, True)
    maker = floor.who(cross=1000)
    floor.ask(maker, 10, 100)
    floor.bid(who, 10, 100)
    view = floor.position(who)
    assert view.margin == dollars(200)
    assert floor.market.account(who).cash == dollars(800)
    floor.market.move_margin(who, dollars(300))
    assert floor.position(who).margin == dollars(500)
    floor.market.move_margin(who, dollars(-300))
    with floor.refuses("transfer-rule", 1, 0):
        floor.market.move_margin(who, -1)
    floor.market.set_leverage(who, 2, True)
    assert floor.position(who).margin == dollars(500)
    floor.market.pay_out(who, dollars(400))
    with floor.refuses("perp-margin", dollars(500), dollars(100)):
        floor.market.set_leverage(who, 1, True)


def test_margin_can_be_added_and_taken_from_an_isolated_position() -> None:
    """OB-MAR-5: the same rule for one position."""
    floor = Floor(100, leverage=10)
    long, _ = floor.pair(10, 100, 200, 2000)
    with floor.refuses("transfer-rule", dollars(101), dollars(100)):
        floor.venue.remove_margin("COIN", long, dollars(101))
    floor.venue.remove_margin("COIN", long, dollars(100))
    with floor.refuses("wallet-too-small", dollars(101), dollars(100)):
        floor.venue.add_margin("COIN", long, dollars(101))
    floor.venue.add_margin("COIN", long, dollars(100))
    assert floor.position(long).margin == dollars(200)
    with floor.refuses("margin-zero", 0, 1):
        floor.market.move_margin(long, 0)
    stranger = floor.who()
    with floor.refuses("unknown-position"):
        floor.market.move_margin(stranger, 5)
    with floor.refuses("unknown-position"):
        floor.market.backstop_price(stranger)


def test_markets_without_cross_and_positions_without_exit() -> None:
    """OB-MAR-8: noCross takes isolated positions only, strictIsolated lets no margin out."""
    floor = Floor(100, cross_allowed=False, strict_isolated=True)
    who = floor.who(cross=1000)
    with floor.refuses("cross-not-allowed"):
        floor.market.set_leverage(who, 5, False)
    floor.ask(floor.who(cross=1000), 10, 100)
    floor.bid(who, 10, 100)
    assert floor.position(who).margin == dollars(100)
    with floor.refuses("strict-isolated"):
        floor.venue.remove_margin("COIN", who, 1)
    floor.bid(floor.who(cross=1000), 10, 100)
    floor.ask(who, 5, 100)
    assert floor.position(who).margin == dollars(50)


def test_the_chosen_leverage_bounds_the_position() -> None:
    """OB-MAR-6: an order beyond the tier that the leverage may reach."""
    tiers = Tiers(
        [Tier(dollars(1_000), 10, rate("0.05")), Tier(int(MAX_DOLLARS), 5, rate("0.1"))], True
    )
    floor = Floor(100, tiers=tiers)
    who = floor.who(cross=10_000)
    floor.bid(who, 11, 100)
    assert floor.market.account(who).initial == dollars(220)
    floor.market.cancel_all(who)
    floor.market.set_leverage(who, 10, False)
    with floor.refuses("perp-max-position", dollars(1_100), dollars(1_000)):
        floor.bid(who, 11, 100)
    floor.market.set_leverage(who, 5, False)
    floor.bid(who, 11, 100)
    assert floor.market.account(who).initial == dollars(220)
    floor.market.cancel_all(who)
    floor.ask(floor.who(cross=10_000), 10, 100)
    floor.bid(who, 10, 100)
    floor.tick(200)
    with floor.refuses("perp-max-position", dollars(2000), dollars(1000)):
        floor.market.set_leverage(who, 10, False)


def test_a_resting_order_is_looked_at_again_when_it_is_met() -> None:
    """OB-MAR-7: what no longer passes is cancelled, and the taker goes on."""
    floor = Floor(100, leverage=10)
    maker, other = floor.who(cross=100), floor.who(cross=1000)
    floor.ask(maker, 10, 100)
    floor.ask(other, 10, 101)
    floor.market.pay_out(other, 0 + dollars(500))
    floor.market.house.charge(floor.market.house.members[maker], dollars(50))
    floor.market.house.clearing.pay(floor.market.house.income, dollars(50))
    taker = floor.who(cross=1000)
    floor.bid(taker, 10, 101)
    assert floor.happened(Cancelled, account=maker)[-1].reason == "marginCanceled"
    assert floor.position(taker).entry == dollars(1010)
    assert floor.market.position(maker) is None


def test_a_taker_is_held_against_its_margin_fill_by_fill() -> None:
    """OB-MAR-7: orders of his own in the way of worse prices do not let him trade past it."""
    floor = Floor(100, leverage=10)
    taker, friend = floor.who(cross=150), floor.who(cross=10_000)
    floor.ask(friend, 10, 150)
    floor.market.place_limit(taker, tokens(-10), price(101))
    floor.market.place_limit(taker, tokens(10), price(150), "ioc")
    assert floor.happened(Cancelled, account=taker)[0].reason == "selfTradeCanceled"
    assert floor.happened(Cancelled, account=taker)[1].reason == "perpMarginRejected"
    assert floor.market.position(taker) is None
    assert floor.market.account(taker).cash == dollars(150)


def test_a_trade_that_only_reduces_must_leave_something() -> None:
    """OB-MAR-10: nobody sells himself into debt."""
    floor = Floor(100, leverage=10)
    long, _ = floor.pair(10, 100, 110, 5000)
    friend = floor.who(cross=5000)
    floor.bid(friend, 10, 85)
    with floor.refuses("perp-margin", dollars(150), dollars(110)):
        floor.market.place_limit(long, tokens(-10), price(85), "ioc")
    floor.market.place_limit(long, tokens(-10), price(85), "ioc", True)
    assert floor.happened(Cancelled, account=long)[-1].reason == "perpMarginRejected"
    assert floor.position(long).size == tokens(10)


def test_a_house_that_is_empty_pays_nobody() -> None:
    """OB-HOUSE-4."""
    floor = Floor(100, leverage=10)
    long, _ = floor.cross_pair(10, 100, 1000, 1000)
    floor.market.house.margins -= dollars(1500)
    with pytest.raises(Exception, match="house-short"):
        floor.market.pay_out(long, dollars(800))


def test_the_orders_of_a_cross_position_bring_no_margin_of_their_own() -> None:
    """OB-MAR-1."""
    floor = Floor(100)
    long, _ = floor.cross_pair(1, 100, 500, 500)
    floor.venue.deposit(long, dollars(50))
    with floor.refuses("cross-position", dollars(50), 0):
        floor.venue.place("COIN", long, tokens(1), dollars(50))


def test_two_markets_of_one_house_share_the_cross_balance() -> None:
    """OB-HOUSE-6: the profit in one carries the position in the other."""
    venue = Venue()
    params = Params(tiers=flat(10), fees=FeeTable.flat(0, 0), orders=OrderParams(min_value=0))
    first = OrderbookMarket("A", params)
    second = OrderbookMarket("B", params, None, first)
    venue.list_market(first)
    venue.list_market(second)
    now = 1_700_006_400_000

    def tick(a: int, b: int) -> None:
        nonlocal now
        now += 3_000
        venue.advance(
            now, {"A": [Report("feed", price(a), now)], "B": [Report("feed", price(b), now)]}
        )
        venue.audit()

    tick(100, 10)
    people = [venue.open_account() for _ in range(2)]
    for account in people:
        venue.deposit(account, dollars(1000))
        first.pay_in(account, dollars(200))
    long, short = people
    for market, at in ((first, 100), (second, 10)):
        market.place_limit(short, -tokens(10), price(at))
        market.place_limit(long, tokens(10), price(at))
    tick(95, 10)
    view = first.account(long)
    assert (view.equity, view.initial) == (dollars(150), dollars(105))
    assert view.notional == dollars(1050)
    assert first.position(long).liquidation_price < price(95)
    tick(94, 5)
    assert second.account(long).equity == dollars(90)
    tick(86, 5)
    assert first.position(long) is None
    assert second.position(long) is None
    assert first.account(long).equity == 0
    with pytest.raises(BadParameters, match="another venue"):
        Venue().list_market(OrderbookMarket("C", params, None, first))


def test_fills_name_both_sides_and_their_fees() -> None:
    """OB-FEE-4: what each paid; the treasury has it at the next minute."""
    floor = Floor(100, fees=True)
    long, short = floor.cross_pair(10, 100, 1000, 1000)
    taken = floor.happened(Filled, account=long)[0]
    made = floor.happened(Filled, account=short)[0]
    assert (taken.size, taken.price, taken.fee) == (tokens(10), price(100), dollars("0.45"))
    assert (made.size, made.price, made.fee) == (tokens(-10), price(100), dollars("0.15"))
    floor.tick(seconds=60)
    assert floor.treasury == dollars("0.60")

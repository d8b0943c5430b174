"""The keeper: who is found and when, what it can do in a tick, deleveraging, claims."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gm.stage import HOUR, Stage, curved, dollars, fine, laboratory, price, rate, tokens
from seawall.engine.designs.gm import GmMarket
from seawall.engine.designs.gm.liquidation import is_liquidatable
from seawall.engine.events import Deleveraged, Filled, Settled
from seawall.engine.venue import Venue
from seawall.engine.watch import DUE, WATCHED


def crowd(stage: Stage, count: int, size: int = 10_000) -> list[int]:
    """Longs of different leverage, so that their prices lie apart."""
    traders = [stage.account(10_000) for _ in range(count)]
    for place, trader in enumerate(traders):
        stage.order(trader, "market-increase", size, amount=300 + 5 * place)
    stage.tick()
    return traders


def test_liquidations_go_first_and_the_largest_before_the_others() -> None:
    """GM-KEE-3, GM-LIQ-2."""
    stage = Stage()
    traders = [stage.account(10_000) for _ in range(4)]
    for place, trader in enumerate(traders):
        stage.order(trader, "market-increase", 10_000 * (place + 1), amount=300 * (place + 1))
    stage.tick()
    late = stage.account(10_000)
    order = stage.order(late, "market-increase", 1_000, amount=300)
    stage.tick(4700, budget=3)
    assert [event.account for event in stage.rungs()] == traders[:0:-1]
    assert order in stage.market.counter.orders
    stage.tick(4700, budget=3)
    assert stage.rungs()[-1].account == traders[0]
    assert order not in stage.market.counter.orders


def test_who_recovers_in_the_queue_goes_free() -> None:
    """GM-KEE-3."""
    stage = Stage()
    traders = crowd(stage, 5)
    stage.tick(4700, budget=1)
    assert len(stage.market.open_positions()) == 4
    stage.tick(5000, budget=10)
    assert len(stage.market.open_positions()) == 4
    assert all(
        stage.held(trader, True).standing == WATCHED
        for trader in traders
        if trader in stage.market.open_positions()
    )


def test_a_position_is_not_liquidated_by_a_price_from_before_its_change() -> None:
    """GM-LIQ-6."""
    stage = Stage()
    trader = stage.account(10_000)
    stage.open(trader, True, 50_000, 600)
    stage.market.desk.price_time -= 10_000
    stage.market.desk.prices = type(stage.market.desk.prices)(
        *[price(4900)] * 4, price(1), price(1)
    )
    position = stage.held(trader, True)
    assert is_liquidatable(stage.market.desk, position)
    assert not stage.market.keeper.is_due(position)


def test_five_thousand_at_once_and_fifty_in_a_tick() -> None:
    """GM-KEE-4. The bottleneck of v2: a fall of 4 % in a tick, then 1 % a minute; the keeper needs
    a hundred ticks, and what waits goes under."""
    figures = {budget: bottleneck(400, budget) for budget in (4, 400)}
    (late, debt), (at_once, none) = figures[4], figures[400]
    assert late == 100
    assert at_once == 1
    assert debt > none == 0


def bottleneck(positions: int, budget: int) -> tuple[int, int]:
    """Ticks until all are liquidated, and the bad debt in dollars, of longs at 21 times."""
    params = laboratory()
    params.longs.max_interest = dollars(10**9)
    stage = Stage(params, eth=10 * positions, usd=0)
    for place in range(positions):
        trader = stage.account(1_000)
        amount = 450 + 20 * place // positions
        stage.order(trader, "market-increase", 10_000, amount=amount)
    stage.tick()
    stage.forget()
    ticks = 0
    at = 5000 * 0.96
    assert len(stage.market.open_positions()) == positions
    while stage.market.open_positions():
        stage.tick(round(at, 2), seconds=15, budget=budget)
        at *= 0.9975
        ticks += 1
    return ticks, sum(event.shortfall for event in stage.rungs()) // 10**6


@settings(max_examples=25, deadline=None)
@given(
    people=st.lists(
        st.tuples(
            st.booleans(), st.sampled_from(["USD", "ETH"]), st.integers(1_000, 90_000),
            st.integers(2, 60),
        ),
        min_size=1, max_size=6,
    ),
    moves=st.lists(
        st.tuples(st.integers(-400, 400), st.integers(1, 400_000), st.integers(0, 60)), max_size=12
    ),
)  # fmt: skip
def test_whoever_is_liquidatable_is_found_without_a_scan(
    people: list[tuple[bool, str, int, int]], moves: list[tuple[int, int, int]]
) -> None:
    """GM-KEE-5. Against a plain scan, with borrowing and funding, spreads and both collaterals."""
    params = curved("1e-9", "1e-10")
    params.fee_worsened = rate("0.0006")
    params.longs.optimal_usage = params.shorts.optimal_usage = 0
    params.longs.borrowing_factor = params.shorts.borrowing_factor = fine("3e-7")
    params.longs.pnl_traders = params.shorts.pnl_traders = rate("0.02")
    params.adl = False
    params.funding.increase = 0
    params.funding.factor = fine("3e-7")
    params.funding.most = fine("1e-5")
    params.funding.least = 0
    stage = Stage(params)
    for long, token, size, leverage in people:
        trader = stage.account(100_000, eth=20)
        worth = size / leverage
        amount = round(worth if token == "USD" else worth / 5000, 6)
        stage.order(trader, "market-increase", size, is_long=long, collateral=token, amount=amount)
    stage.tick()
    at = 5000
    for move, seconds, spread in moves:
        at = max(500, at + move)
        stage.tick(at, seconds=seconds, spread=spread, budget=0)
        desk = stage.market.desk
        for position in desk.positions.values():
            if is_liquidatable(desk, position):
                assert position.standing == DUE
    stage.venue.audit()


def test_a_quiet_tick_looks_at_nobody() -> None:
    """GM-KEE-5. Who is looked at and healthy gets another key: nobody has."""
    stage = Stage(eth=10_000)
    stage.market.params.longs.max_interest = dollars(10**9)
    crowd(stage, 200)
    held = stage.market.desk.positions.values()
    before = [(position.key, position.index) for position in held]
    for _ in range(20):
        stage.tick(5001)
    assert [(position.key, position.index) for position in held] == before


# deleveraging


def winners(adl: str = "0.05", after: str = "0.03") -> tuple[Stage, list[int]]:
    params = laboratory()
    params.longs.pnl_adl = rate(adl)
    params.longs.pnl_after_adl = rate(after)
    stage = Stage(params)
    traders = [stage.account(100_000) for _ in range(3)]
    for place, trader in enumerate(traders):
        stage.open(trader, True, 500_000, 100_000)
        stage.tick(5000 - 100 * (place + 1))
    stage.forget()
    return stage, traders


def test_one_winner_is_cut_to_the_middle_of_the_two_bounds() -> None:
    """GM-ADL-4."""
    stage, traders = winners("0.9", "0.8")
    stage.market.params.longs.pnl_adl = rate("0.01")
    stage.market.params.longs.pnl_after_adl = rate("0.006")
    stage.close(traders[1], True, 500_000)
    stage.close(traders[2], True, 500_000)
    stage.market.params.adl = False
    stage.tick(6500)
    stage.market.params.adl = True
    stage.tick(6500)
    assert len(stage.happened(Deleveraged)) == 1
    assert abs(stage.market.pool_view().pnl_long - rate("0.008")) < rate("0.0001")


def test_the_keeper_deleverages_the_greatest_winners_first() -> None:
    """GM-ADL-3, GM-ADL-4. Until the side is below its bound."""
    stage, traders = winners()
    stage.tick(6500)
    cut = stage.happened(Deleveraged)
    assert cut[0].account == traders[2], "who came in lowest has won the most for the size"
    factor = stage.market.pool_view().pnl_long
    assert rate("0.03") < factor <= rate("0.05")
    assert stage.eth(traders[2]) + stage.usd(traders[2]) > 0
    assert not stage.market.keeper.adl_on[0]
    stage.venue.audit()


def test_deleveraging_spends_the_keepers_actions() -> None:
    """GM-ADL-4. Nothing is left for it when liquidations and orders have used them up."""
    stage, _ = winners()
    stage.tick(6500, budget=0)
    assert not stage.happened(Deleveraged)
    stage.tick(6500, budget=1)
    assert len(stage.happened(Deleveraged)) == 1


def test_what_a_deleveraging_may_not_do_is_refused() -> None:
    """GM-ADL-2, GM-ADL-5."""
    stage, traders = winners()
    stage.market.params.adl = False
    market = stage.market
    stage.tick(6500)
    with stage.refuses("adl-not-enabled"):
        market.deleverage(traders[0], True, "USD", dollars(1))
    assert market.update_adl(True)
    with stage.refuses("decrease-too-large", dollars(500_001), dollars(500_000)):
        market.deleverage(traders[0], True, "USD", dollars(500_001))
    with stage.refuses("adl-too-large"):
        stage.market.params.longs.pnl_after_adl = rate("0.0499")
        market.deleverage(traders[2], True, "USD", dollars(500_000))
    with stage.refuses("unknown-position"):
        market.deleverage(traders[0], False, "USD", dollars(1))
    stage.tick(5000)
    with stage.refuses("adl-not-required"):
        market.deleverage(traders[0], True, "USD", dollars(1))
    stage.tick(6500)
    loser = stage.account(200_000)
    stage.open(loser, True, 100_000, 100_000)
    stage.tick(6400)
    assert market.update_adl(True)
    with stage.refuses("adl-without-effect"):
        market.deleverage(loser, True, "USD", dollars(100_000))


# operator


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("unknown-account", lambda m: m.set_referral(99, 0, 0, 0)),
        ("rebate-too-large", lambda m: m.set_referral(2, 2, 10**12 + 1, 0)),
        ("rebate-too-large", lambda m: m.set_referral(2, 2, 10**12, 0, 10**12, 10**12)),
        ("least-too-large", lambda m: m.set_referral(2, 2, 10, 0, 0, 11)),
        ("factor-too-large", lambda m: m.set_interface_fee(2, 10**12 + 1)),
        ("factor-too-small", lambda m: m.set_claim_factor("USD", 0, -1)),
        ("time-too-small", lambda m: m.set_claim_factor("USD", -1, 0)),
        ("reduction-too-large", lambda m: m.set_claim_factor("USD", 0, 0, 2, 10**12 + 1)),
        ("unknown-token", lambda m: m.set_claim_factor("BTC", 0, 0)),
        ("nothing-to-claim", lambda m: m.claim_funding(2, "ETH")),
        ("nothing-to-claim", lambda m: m.claim_collateral(2, "ETH")),
        ("nothing-to-claim", lambda m: m.claim("gm", 2)),
        ("unknown-vault", lambda m: m.claim("senior", 2)),
        ("unknown-vault", lambda m: m.supply("senior", 2, 1)),
        ("unknown-vault", lambda m: m.request_redeem("senior", 2, 1)),
        ("unknown-vault", lambda m: m.vault("senior")),
        ("unknown-auction", lambda m: m.bid(2, 0, 1, 1)),
        ("assets-too-small", lambda m: m.supply("gm", 2, 0)),
        ("wallet-too-small", lambda m: m.supply("gm", 2, 10**15)),
        ("amount-too-small", lambda m: m.supply_in_kind("gm", 2, 0)),
        ("shares-too-small", lambda m: m.request_redeem("gm", 2, 0)),
        ("unknown-position", lambda m: m.liquidate(2, True, "USD")),
        ("unknown-account", lambda m: m.liquidate(10**20, True, "USD")),
        ("unknown-account", lambda m: m.positions(10**20)),
        ("unknown-account", lambda m: m.supply_in_kind("gm", 10**20, 1)),
        ("long-too-small", lambda m: m.supply_tokens(2, -1, 0)),
        ("short-too-small", lambda m: m.supply_tokens(2, 0, -1)),
    ],
)  # fmt: skip
def test_what_the_operator_and_holders_cannot_ask_for(code: str, call: object) -> None:
    """GM-HOU-6."""
    stage = Stage()
    with stage.refuses(code):
        call(stage.market)  # type: ignore[operator]


def test_the_treasury_takes_surplus_out_and_repays_what_was_lent() -> None:
    """GM-IMP-10, GM-IMP-11."""
    stage = Stage()
    stage.pool.impact_pool = tokens(2)
    before = stage.market.pool_view().value_low
    assert stage.market.take_surplus(tokens(1)) == (tokens("0.5"), dollars(2_500))
    assert stage.market.pool_view().value_low == before
    with stage.refuses("beyond-impact-pool"):
        stage.market.take_surplus(tokens(1) + 1)
    stage.pool.impact_pool = 0
    stage.pool.lent = tokens(1)
    assert stage.market.repay_lent(tokens(1)) == (tokens("0.5"), dollars(2_500))
    assert stage.pool.lent == 0
    stage.tick(seconds=60)
    assert stage.last(Settled).to_treasury == 0
    stage.venue.audit()


def test_a_market_without_the_token_takes_nothing_in_kind() -> None:
    """GM-HOU-5."""
    stage = Stage(pool="single-dollar", eth=0)
    holder = stage.account(1)
    with stage.refuses("no-entry-in-kind"):
        stage.market.supply_in_kind("gm", holder, 1)


# liquidity as every design takes it


def test_dollars_and_tokens_enter_at_once_and_leave_in_a_second_step() -> None:
    """GM-HOU-7."""
    stage = Stage(eth=0, usd=0)
    holder = stage.account(10_000, eth=2)
    assert stage.venue.supply("ETH", "gm", holder, dollars(10_000)) == dollars(10_000)
    assert stage.market.supply_in_kind("gm", holder, tokens(2)) == dollars(10_000)
    view = stage.market.vault("gm")
    assert view.assets == view.assets_high == view.shares == dollars(20_000)
    stage.venue.request_redeem("ETH", "gm", holder, dollars(5_000))
    assert stage.market.vault("gm").pending == dollars(5_000)
    stage.tick()
    assert stage.usd(holder) == dollars(2_500)
    assert stage.eth(holder) == tokens("0.5")
    assert stage.market.vault("gm").assets == dollars(15_000)
    path = [stage.market]
    number = stage.market.create_withdrawal(holder, dollars(5_000), long_path=path)
    with stage.refuses("too-early"):
        stage.market.cancel_request(holder, number)
    stage.tick()
    assert stage.usd(holder) == dollars(7_500)
    stage.market.create_deposit(holder, tokens("0.5"), dollars(2_500), least=dollars(5_001))
    stage.tick()
    assert stage.usd(holder) == dollars(7_500)
    stage.market.create_deposit(holder, tokens("0.5"), dollars(2_500), least=dollars(5_000))
    stage.tick()
    assert stage.usd(holder) == dollars(5_000)
    assert stage.market.desk.pool.shares.balance_of(holder) == dollars(15_000)
    stage.venue.audit()


def test_gm_can_be_shifted_into_a_sibling_market() -> None:
    """GM-HOU-7. Of the same two tokens only."""
    venue = Venue()
    first = Stage(venue=venue, eth=0, usd=100_000)
    second = Stage(venue=venue, eth=0, usd=0, name="BTC", pool="single-dollar")
    first.now = second.now
    number = first.market.create_shift(first.provider, dollars(10_000), second.market)
    first.tick()
    assert first.reason(number) == "other-tokens"
    assert first.pool.shares.balance_of(first.provider) == dollars(100_000)


# what is seen


def test_what_is_seen_of_a_market() -> None:
    """GM-HOU-8. The loss order begins with the collateral; depth ends where the caps do."""
    stage = Stage(curved("1e-9", "1e-10"))
    stage.market.params.fee_worsened = rate("0.0006")
    quote = stage.market.quote(tokens(20))
    assert quote.price == price(5000)
    assert quote.fee == dollars(60)
    assert quote.impact == dollars(10)
    assert quote.all_in == price("5003.5")
    assert stage.market.quote(-tokens(20)).all_in == price("4996.5")
    trader = stage.account(10_000)
    stage.open(trader, True, 100_000, 10_000)
    assert [step.layer for step in stage.market.loss_order()] == ["margin", "gm"]
    assert stage.market.loss_order()[0].amount == dollars(10_000 - 60)
    levels = stage.market.depth()
    assert [level.offset for level in levels] == sorted(level.offset for level in levels)
    for level in levels:
        for dollars_, side in ((level.buy, 1), (level.sell, -1)):
            size = side * dollars_ * 10**12 // price(5000)
            impact = stage.market.quote(size).impact
            assert impact * 10**12 <= int(level.offset) * dollars_ + 10**12
    assert levels[0].buy < levels[0].sell
    assert levels[-1].sell <= dollars(1_000_100)
    assert stage.market.position(10**20) is None
    assert stage.market.positions_of(-1) == []
    view = stage.market.position(trader)
    assert view.margin == dollars(9_940)
    assert view.result == -dollars(10)
    assert view.initial == dollars(1_000)
    assert view.maintenance == dollars(1_000)
    assert view.bankruptcy_price == price(5000) * (100_000 - 9_940) // 100_000
    with stage.refuses("beyond-interest-reserve"):
        stage.market.params.longs.reserve = rate(1)
        stage.market.quote(tokens(600))
    with stage.refuses("beyond-reserve"):
        stage.market.params.longs.reserve = rate("0.5")
        stage.market.quote(tokens(600))


@pytest.mark.parametrize("token", ["USD", "ETH"])
@pytest.mark.parametrize("long", [True, False])
def test_the_prices_of_a_view_are_where_things_happen(long: bool, token: str) -> None:
    """GM-LIQ-3. Due at the liquidation price, not a thousandth before; nothing is left at the
    bankruptcy price."""
    params = laboratory()
    params.impact.max_liquidation = 0
    stage = Stage(params)
    trader = stage.account(10_000, eth=2)
    stage.open(trader, long, 50_000, 5_000 if token == "USD" else 1, token)
    view = stage.market.position(trader)
    at = view.liquidation_price / 10**10
    step = -0.001 if long else 0.001
    stage.tick(round(at * (1 - step), 4), budget=0)
    assert not stage.market.positions(trader)[0].is_due
    slack = 1 + step * (6 if token == "ETH" and not long else 1)
    stage.tick(round(at * slack, 4), budget=0)
    assert stage.market.positions(trader)[0].is_due
    stage.tick(round(view.bankruptcy_price / 10**10, 6), budget=0)
    assert abs(stage.market.position(trader).equity) < dollars("0.01")


def test_a_minute_is_told_with_its_funding_rate() -> None:
    """GM-HOU-9. Above zero where longs pay, by the hour."""
    params = laboratory()
    params.funding.increase = 0
    params.funding.factor = fine("1e-8")
    params.funding.exponent = rate(1)
    params.funding.most = fine("1e-6")
    params.funding.least = 0
    stage = Stage(params)
    trader = stage.account(100_000)
    stage.open(trader, True, 300_000, 50_000)
    stage.open(trader, False, 100_000, 50_000)
    stage.tick(seconds=60)
    assert abs(stage.last(Settled).funding_rate - rate("0.000018")) <= 1
    params.claim_at_once = True
    before = stage.usd(trader)
    stage.tick(seconds=HOUR // 1000)
    stage.close(trader, False, 50_000)
    assert stage.usd(trader) > before, "what is credited is paid at once where that is asked for"
    assert stage.market.claimable_funding(trader, "USD") == 0
    assert stage.last(Filled).accrued >= 0
    stage.venue.audit()


def test_markets_do_not_feel_each_other() -> None:
    """GM-HOU-10."""
    venue = Venue()
    first = Stage(venue=venue)
    second = Stage(venue=venue, name="BTC", at=100_000, eth=10)
    digest = second.market.digest()
    trader = first.account(10_000)
    first.now = second.now
    first.order(trader, "market-increase", 50_000, amount=10_000)
    assert second.market.digest() == digest
    first.tick()
    assert second.market.open_positions() == []
    assert isinstance(second.market, GmMarket)

"""Reducing and closing: what is really decreased, in which order it pays, what stays unpaid."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gm.pools import ETH, USD
from gm.stage import (
    DAY,
    TREASURY_ACCOUNT,
    Stage,
    curved,
    dollars,
    fine,
    laboratory,
    price,
    rate,
    tokens,
)
from seawall.engine.designs.gm.events import Withheld
from seawall.engine.designs.gm.waterfall import Waterfall
from seawall.engine.events import Filled


def opened(
    size: int = 50_000, amount: int = 10_000, long: bool = True, **how: object
) -> tuple[Stage, int]:
    stage = Stage(**how)  # type: ignore[arg-type]
    trader = stage.account(amount)
    stage.open(trader, long, size, amount)
    stage.forget()
    return stage, trader


# what is really decreased


def test_a_decrease_beyond_the_position_is_refused_or_cut() -> None:
    """GM-DEC-1. Market orders are refused, limit and stop orders close what there is."""
    stage, trader = opened()
    number = stage.order(trader, "market-decrease", 50_001)
    stage.tick()
    assert stage.reason(number) == "decrease-too-large"
    stage.order(trader, "limit-decrease", 90_000, trigger=5000)
    stage.tick()
    assert stage.filled().size == -tokens(10)
    assert stage.market.open_positions() == []


def test_the_rest_of_a_position_is_closed_where_it_would_be_too_small() -> None:
    """GM-DEC-2. Less than a dollar of size, or of collateral."""
    stage, trader = opened()
    stage.close(trader, True, "49999.5")
    assert stage.market.open_positions() == []
    stage, trader = opened(50_000, 700)
    stage.tick("4930.05", budget=0)
    assert stage.market.quote_decrease(trader, True, "USD", dollars(49_000)).is_full


def test_collateral_is_taken_out_down_to_what_opening_needs() -> None:
    """GM-DEC-2. In the laboratory 1 % of the size; a decrease that cannot pay it out keeps it."""
    stage, trader = opened()
    number = stage.order(trader, "market-decrease", amount="9500.01")
    stage.tick()
    assert stage.reason(number) == "withdrawal-too-large"
    stage.close(trader, True, 0, amount=9500)
    assert stage.held(trader, True).amount == dollars(500)
    assert stage.usd(trader) == dollars(9500)
    stage.close(trader, True, 25_000, amount=251)
    assert stage.held(trader, True).amount == dollars(500)
    stage.close(trader, True, 5_000, amount=250)
    assert stage.held(trader, True).amount == dollars(250)
    stage.venue.audit()


def test_opening_needs_more_where_the_side_is_crowded_liquidation_does_not() -> None:
    """GM-LIQ-4. A factor of 2e-8 for every dollar of open interest: 5 % beside 2.5 M."""
    stage = Stage(eth=2000)
    stage.market.params.longs.collateral_multiplier = fine("2e-8")
    big, trader = stage.account(1_000_000), stage.account(10_000)
    stage.open(big, True, 2_450_000, 1_000_000)
    number = stage.order(trader, "market-increase", 50_000, amount=2_499)
    stage.tick()
    assert stage.reason(number) == "max-leverage"
    stage.open(trader, True, 50_000, 2_500)
    stage.tick(4850, budget=0)
    assert not stage.market.positions(trader)[0].is_due
    view = stage.market.positions(trader)[0]
    assert view.remaining == dollars(1000)
    assert view.needed == dollars(500)


def test_a_decrease_in_parts_leaves_the_same_entry_price() -> None:
    """GM-DEC-3. A long's tokens are rounded up, a short's down."""
    for long in (True, False):
        stage, trader = opened(50_000, 10_000, long)
        stage.tick(4999)
        stage.close(trader, long, "16666.67")
        view = stage.market.positions(trader)[0]
        assert abs(view.price - price(5000)) <= price("0.00001")
        exact = tokens(10) * dollars("16666.67") / dollars(50_000)
        closed = tokens(10) - view.tokens
        assert (closed >= exact) if long else (closed <= exact)
        assert abs(closed - exact) < 1


# the order of payments


@pytest.mark.parametrize("long", [True, False])
def test_a_profit_comes_out_of_the_pool_in_the_token_of_the_side(long: bool) -> None:
    """GM-PAY-1. At the token's highest price."""
    stage, trader = opened(50_000, 10_000, long)
    before = stage.pool.long_pot.amount, stage.pool.short_pot.amount
    at = 5500 if long else 4500
    stage.tick(at)
    stage.close(trader, long, 50_000)
    eth, usd = stage.pool.long_pot.amount - before[0], stage.pool.short_pot.amount - before[1]
    if long:
        assert (eth, usd) == (-(dollars(5000) * 10**12 // price(5500)), 0)
        assert stage.eth(trader) == -eth
    else:
        assert (eth, usd) == (0, -dollars(5000))
        assert stage.usd(trader) == dollars(15_000)


def test_a_loss_goes_to_the_pool_in_the_collaterals_token() -> None:
    """GM-PAY-3. At the collateral's lowest price, rounded up."""
    stage = Stage()
    trader = stage.account(eth=2)
    stage.open(trader, True, 50_000, 2, "ETH")
    stage.tick(4700)
    before = stage.pool.long_pot.amount
    stage.close(trader, True, 50_000, "ETH")
    lost = -(-dollars(3000) * 10**12 // price(4700))
    assert stage.pool.long_pot.amount - before == lost
    assert stage.eth(trader) == tokens(2) - lost


@pytest.mark.parametrize("long", [True, False])
def test_the_worse_of_two_prices_is_taken_at_every_turn(long: bool) -> None:
    """GM-UNIT-2. In and out between 4990 and 5010: a long pays the max and gets the min."""
    stage = Stage()
    trader = stage.account(20_000)
    number = stage.venue.place("ETH", trader, tokens(10) if long else -tokens(10), dollars(10_000))
    stage.tick(5000, spread=10)
    assert number not in stage.market.counter.orders
    assert stage.filled().price == price(5010 if long else 4990)
    stage.order(trader, "market-decrease", 50_100 if long else 49_900, is_long=long)
    stage.tick(5000, spread=10)
    assert stage.filled().price == price(4990 if long else 5010)
    assert stage.usd(trader) == dollars(20_000 - 200)


def test_profit_is_paid_at_the_highest_and_collateral_counts_at_the_lowest() -> None:
    """GM-UNIT-2."""
    stage = Stage()
    trader = stage.account(eth=10)
    stage.open(trader, True, 50_000, 2, "ETH")
    stage.order(trader, "market-decrease", 50_000, is_long=True, collateral="ETH")
    stage.tick(5500, spread=10, budget=0)
    assert stage.market.position(trader).margin == dollars(2 * 5490)
    before = stage.eth(trader)
    stage.tick(5500, spread=10)
    profit = dollars(4_900) * 10**12 // price(5510)
    assert stage.eth(trader) == before + tokens(2) + profit


def charged() -> Stage:
    """Fees of every kind: 0.05 and 0.07 %, borrowing, funding, liquidation, interface."""
    params = curved("1e-8", "5e-9")
    params.fee_improved, params.fee_worsened = rate("0.0005"), rate("0.0007")
    params.position_receiver = params.borrowing_receiver = params.liquidation_receiver = rate(
        "0.37"
    )
    params.liquidation_fee = rate("0.002")
    params.max_ui_fee = rate("0.001")
    for side in (params.longs, params.shorts):
        side.optimal_usage = 0
        side.borrowing_factor = fine("1e-8")
        side.borrowing_exponent = rate(1)
    params.funding.increase = 0
    params.funding.factor = fine("1e-8")
    params.funding.exponent = rate(1)
    params.funding.most = fine("1e-6")
    params.funding.least = 0
    params.request_expiry = DAY
    return Stage(params)


def test_every_fee_goes_where_it_belongs() -> None:
    """GM-PAY-4, GM-INC-4. Treasury, affiliate, interface, pool, and the other side."""
    stage = charged()
    trader, other = stage.account(50_000), stage.account(50_000)
    affiliate, interface = stage.account(), stage.interface()
    stage.market.set_referral(trader, affiliate, rate("0.25"), rate("0.4"))
    stage.market.set_interface_fee(interface, rate("0.0005"))
    stage.open(trader, True, 200_000, 20_000, interface=interface)
    fee = dollars(200_000) * 7 // 10_000  # worsened
    assert stage.usd(interface) == dollars(100)
    assert stage.usd(affiliate) == fee * 15 // 100
    kept = fee - fee * 10 // 100 - fee * 15 // 100
    assert stage.usd(TREASURY_ACCOUNT) == kept * 37 // 100
    assert stage.pool.short_pot.amount == dollars(2_000_000) + kept - kept * 37 // 100
    assert stage.held(trader, True).amount == dollars(20_000 - 100) - fee * 90 // 100
    stage.open(other, False, 100_000, 20_000)
    stage.tick(seconds=36_000)
    view = stage.market.positions(trader)[0]
    assert view.borrowing > 0
    assert view.funding > 0
    before = stage.usd(TREASURY_ACCOUNT), stage.held(trader, True).amount
    stage.forget()
    stage.close(trader, True, 20_000)
    fill = stage.last(Filled)
    paid = before[1] - stage.held(trader, True).amount
    assert abs(paid - (fill.fee + fill.accrued + fill.impact)) <= 4
    assert fill.fee == dollars(20_000) * 5 * 90 // 10**6, "the balance has improved"
    assert abs(fill.accrued - (view.borrowing + view.funding)) <= dollars(1)
    assert stage.usd(TREASURY_ACCOUNT) > before[0]
    stage.venue.audit()


def test_an_insolvent_liquidation_stops_at_the_first_cost_it_cannot_pay() -> None:
    """GM-PAY-8. The loss: everything goes to the pool, nobody gets a fee, what is missing is the
    pool's; the funding was paid before."""
    stage = charged()
    trader, other = stage.account(10_000), stage.account(50_000)
    stage.open(trader, True, 200_000, 10_000)
    stage.open(other, False, 100_000, 20_000)
    collateral = stage.held(trader, True).amount
    treasury, pool = stage.usd(TREASURY_ACCOUNT), stage.pool.short_pot.amount
    stage.tick(4000, seconds=3600)
    event = stage.rungs()[-1]
    funding = stage.pool.funding_short.amount
    assert funding > 0
    assert event.shortfall > dollars(29_000)
    assert abs(event.shortfall - (dollars(40_000) - collateral + funding)) <= dollars("0.01")
    assert stage.pool.short_pot.amount == pool + collateral - funding
    assert stage.usd(TREASURY_ACCOUNT) == treasury
    assert stage.usd(trader) == stage.eth(trader) == 0
    stage.venue.audit()


def test_funding_that_cannot_be_paid_is_missing_from_the_claims() -> None:
    """GM-PAY-2, GM-PAY-8. It has been promised already: the clearing pot stays short of it."""
    stage = charged()
    stage.market.params.funding.factor = fine("1e-5")
    stage.market.params.funding.most = fine("1e-3")
    trader, other = stage.account(5_000), stage.account(50_000)
    stage.open(trader, True, 200_000, 5_000)
    stage.open(other, False, 100_000, 20_000)
    collateral = stage.held(trader, True).amount
    stage.tick(seconds=36_000)
    assert stage.market.open_positions() == [other]
    assert stage.rungs()[-1].shortfall > 0
    assert stage.pool.funding_short.amount == collateral
    assert stage.market.desk.lacking[1] > 0
    stage.close(other, False, 100_000)
    claimable = stage.market.claimable_funding(other, "USD")
    assert claimable > collateral
    assert stage.market.claim_funding(other, "USD") == claimable
    assert stage.pool.funding_short.amount < 0, "a clearing pot may owe, and says so"
    stage.venue.audit()


def test_only_a_liquidation_may_close_what_cannot_pay() -> None:
    """GM-PAY-8. Its owner is refused."""
    stage, trader = opened(50_000, 1_000)
    stage.tick(4800, budget=0)
    number = stage.order(trader, "market-decrease", 50_000)
    stage.tick(budget=0)
    assert stage.market.positions(trader)[0].is_due
    stage.market.desk.lookout.drop(stage.held(trader, True))
    with stage.refuses("insolvent"):
        stage.market.quote_decrease(trader, True, "USD", dollars(50_000))
    assert number in stage.market.counter.orders


def test_the_liquidation_fee_is_asked_of_what_is_left() -> None:
    """GM-LIQ-5. 0.2 % of the size, 37 % of it the treasury's; what remains goes to the owner."""
    params = laboratory()
    params.liquidation_fee = rate("0.002")
    params.liquidation_receiver = rate("0.37")
    params.impact.max_liquidation = 0
    stage = Stage(params)
    trader = stage.account(10_000)
    stage.open(trader, True, 200_000, 10_000)
    stage.tick(4799)
    event = stage.rungs()[-1]
    assert event.penalty == dollars(400)
    assert stage.usd(TREASURY_ACCOUNT) == dollars(148)
    assert stage.usd(trader) == event.returned == dollars(10_000 - 8_040 - 400)
    assert stage.pool.short_pot.amount == dollars(2_000_000 + 8_040 + 252)


def test_a_loss_that_ether_profits_pay_for_takes_them_last() -> None:
    """GM-PAY-5. A decrease at a profit pays its fees out of the collateral first; only what that
    lacks is taken of the profit in the other token, and then goes whole to the pool."""
    params = laboratory()
    params.max_ui_fee = params.fee_worsened = params.fee_improved = 0
    stage = Stage(params)
    trader = stage.account(1_000)
    stage.open(trader, True, 50_000, 1_000)
    stage.tick(5500)
    params.fee_worsened = params.fee_improved = rate("0.05")
    params.position_receiver = rate("0.37")
    before = stage.pool.long_pot.amount, stage.pool.short_pot.amount
    stage.close(trader, True, 50_000)
    profit = dollars(5000) * 10**12 // price(5500)
    taken = dollars(1_500) * 10**12 // price(5500)
    assert stage.usd(trader) == 0
    assert stage.eth(trader) == profit - taken
    assert stage.pool.short_pot.amount == before[1] + dollars(1_000)
    assert stage.pool.long_pot.amount == before[0] - profit + taken
    assert stage.usd(TREASURY_ACCOUNT) == 0, (
        "a fee that is not paid whole in its token is the pool's"
    )
    stage.venue.audit()


def test_capped_impact_is_kept_apart_and_told() -> None:
    """GM-PAY-7."""
    stage = Stage(curved("1e-7", "0"))
    stage.market.params.impact.max_negative = rate("0.01")
    trader = stage.account(50_000)
    stage.open(trader, True, 200_000, 50_000)
    stage.close(trader, True, 20_000, amount=1_000)
    told = stage.last(Withheld)
    assert told.account == trader
    kept = stage.market.desk.claims.pots_of(trader, 1)
    assert told.amount == sum(pot.amount for pot in kept) > 0
    assert stage.usd(trader) == dollars(1_000) - told.amount, "it is taken off what is withdrawn"
    stage.venue.audit()


def test_impact_at_once_is_the_rule_of_the_first_versions() -> None:
    """GM-INC-6. v2.0 and v2.1: impact joins the size in tokens and the impact pool."""
    params = curved()
    params.impact_at_once = True
    params.fee_by_impact = True
    stage = Stage(params)
    trader = stage.account(50_000)
    stage.open(trader, True, 200_000, 50_000)
    held = stage.held(trader, True)
    assert held.pending == 0
    assert held.quantity() == tokens("39.92")
    assert stage.pool.impact_pool == tokens("0.08")
    assert stage.pool.pending == 0
    stage.close(trader, True, 200_000)
    assert abs(stage.usd(trader) - dollars(50_000 - 400)) <= dollars("0.001")
    assert stage.eth(trader) == tokens("0.04"), "half of it comes back, in ether"
    stage.venue.audit()


amounts = st.integers(0, 10**12)


@settings(max_examples=150, deadline=None)
@given(
    kept=amounts, out=amounts, other=st.integers(0, 10**11), funding=amounts, loss=amounts,
    fees=amounts, impact=amounts, difference=amounts, at=st.integers(10**9, 10**15),
)  # fmt: skip
def test_the_waterfall_makes_nothing_and_loses_nothing(
    kept: int, out: int, other: int, funding: int, loss: int, fees: int, impact: int,
    difference: int, at: int,
) -> None:  # fmt: skip
    """GM-PAY-9. Tokens in are tokens out, each cost is paid before the next, at most whole."""
    flow = Waterfall(USD, price(1), ETH, at, kept)
    flow.out = out
    flow.other = other
    flow.pay_all(funding, loss, fees, impact, difference)
    taken = flow.funding + flow.loss + flow.fees + flow.impact + flow.difference
    assert flow.out + flow.kept + taken == out + kept
    taken_other = (
        flow.funding_other + flow.loss_other + flow.fees_other + flow.impact_other
        + flow.difference_other
    )  # fmt: skip
    assert flow.other + taken_other == other
    assert flow.funding <= funding
    assert flow.fees <= fees
    assert min(flow.out, flow.kept, flow.other) >= 0
    if flow.failed:
        assert flow.unpaid > 0
        assert flow.out == flow.kept == flow.other == 0
        steps = ["funding", "pnl", "fees", "impact", "diff"]
        after = [flow.loss, flow.fees, flow.impact, flow.difference]
        assert not any(after[steps.index(flow.failed) :])


@settings(max_examples=25, deadline=None)
@given(
    long=st.booleans(), size=st.integers(100, 150_000), leverage=st.integers(2, 40),
    moves=st.lists(st.integers(-120, 120), max_size=4), parts=st.integers(1, 3),
    token=st.sampled_from(["USD", "ETH"]),
)  # fmt: skip
def test_going_in_and_out_at_one_price_never_gains(
    long: bool, size: int, leverage: int, moves: list[int], parts: int, token: str
) -> None:
    """GM-DEC-5. Back at the first price nobody has more than before, but for funding to claim."""
    stage = charged()
    rival = stage.account(50_000)
    stage.open(rival, not long, 50_000, 20_000)
    trader = stage.account(200_000, eth=40)
    amount = size / leverage if token == "USD" else size / leverage / 5000
    stage.order(
        trader, "market-increase", size, is_long=long, collateral=token, amount=round(amount, 6)
    )
    stage.tick()
    for move in moves:
        stage.tick(5000 + move)
    stage.tick(5000)
    for part in range(parts, 0, -1):
        if not stage.market.positions(trader):
            break
        left = stage.market.positions(trader)[0].size
        number = stage.market.create_order(
            trader, "market-decrease", is_long=long, dollars=left // part, collateral=token,
            swap="pnl-to-collateral",
        )  # fmt: skip
        stage.tick()
        assert number not in stage.market.counter.orders
    worth = stage.usd(trader) + stage.eth(trader) * 5000 * 10**6 // 10**8
    assert worth <= dollars(200_000 + 40 * 5000)
    stage.venue.audit()

"""The numbers of the fourth source, an article on GMX, in which v2 is explained.

Sections 4.4, 4.5, 5.2, 5.3, 8.3, 11.6 and 11.8; where the article simplifies, the test says how.
"""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gm.stage import Stage, dollars, fine, laboratory, price, rate, tokens
from seawall.engine.designs.gm.borrowing import backing, reserved
from seawall.engine.designs.gm.tokens import Prices


def article(at: int = 2000, **how: object) -> Stage:
    """The article's pool, without impact and fees unless a test says so."""
    params = laboratory()
    params.longs.reserve = params.shorts.reserve = rate(1)
    params.longs.interest_reserve = params.shorts.interest_reserve = rate(1)
    params.impact.max_liquidation = 0
    return Stage(params, at=at, **how)  # type: ignore[arg-type]


def test_4_4_ether_as_collateral_is_leverage_on_leverage() -> None:
    """4.4: GM-LIQ-3. The same long on ether and on dollars: more is won, more is lost, and the
    liquidation price is higher."""
    stage = article(eth=1000, usd=2_000_000)
    on_ether, on_dollars = stage.account(eth=1), stage.account(2000)
    stage.open(on_ether, True, 10_000, 1, "ETH")
    stage.open(on_dollars, True, 10_000, 2000)

    def worth() -> tuple[int, int]:
        views = [stage.market.position(who) for who in (on_ether, on_dollars)]
        return views[0].equity, views[1].equity

    assert worth() == (dollars(2000), dollars(2000))
    stage.tick(2200)
    assert worth() == (dollars(3200), dollars(3000))
    stage.tick(1800)
    assert worth() == (dollars(800), dollars(1000))
    ether, dollar = (stage.market.position(who) for who in (on_ether, on_dollars))
    # (S + 1 %) / (Q + C) against (S + 1 % - C) / Q
    assert abs(ether.liquidation_price - price(Fraction(10_100, 6))) <= price("0.001")
    assert abs(dollar.liquidation_price - price(1620)) <= price("0.001")
    stage.tick(1683)
    assert stage.market.open_positions() == [on_dollars]


@pytest.mark.parametrize(("at", "left"), [(2200, 2000), (1900, 500)])
def test_4_5_a_position_is_a_contract_for_the_difference(at: int, left: int) -> None:
    """4.5: GM-DEC-3, GM-PAY-1. Ten times long on 1000 dollars: 2000 at 2200, 500 at 1900; nothing
    is bought when it opens."""
    stage = article(eth=1000, usd=2_000_000)
    alice = stage.account(1000)
    before = (stage.pool.long_pot.amount, stage.pool.short_pot.amount)
    stage.open(alice, True, 10_000, 1000)
    assert (stage.pool.long_pot.amount, stage.pool.short_pot.amount) == before
    stage.tick(at)
    stage.close(alice, True, 10_000)
    paid = stage.usd(alice) + stage.eth(alice) * price(at) // 10**12
    assert abs(paid - dollars(left)) <= 1000  # a profit comes in ether, to 1e-8 of it


def test_5_2_who_unbalances_pays_and_who_balances_is_paid() -> None:
    """5.2: GM-IMP-1, with the article's signs turned: there a charge is positive. Long 50 M, short
    30 M, one million more on either side, factor 1e-9."""
    params = laboratory()
    params.longs.reserve = params.shorts.reserve = rate(10)
    params.longs.interest_reserve = params.shorts.interest_reserve = rate(10)
    stage = Stage(params, eth=20_000, usd=100_000_000, at=2000)
    big = stage.account(60_000_000)
    stage.open(big, True, 50_000_000, 10_000_000)
    stage.open(big, False, 30_000_000, 10_000_000)
    params.impact.negative = params.impact.positive = fine("1e-9")
    params.impact.exponent_negative = params.impact.exponent_positive = rate(2)
    params.impact.max_positive = rate("0.05")
    more = stage.market.quote(tokens(500))
    less = stage.market.quote(-tokens(500))
    assert more.impact == dollars((21**2 - 20**2) * 1000)
    assert less.impact == -dollars((20**2 - 19**2) * 1000)


def test_5_3_a_day_of_borrowing_at_half_use() -> None:
    """5.3: GM-BOR-1. 0.00001 an hour at full use, 50 M of 100 M: 0.0005 % an hour, 0.012 % a day,
    4.38 % a year."""
    params = laboratory()
    side = params.longs
    side.optimal_usage = 0
    side.borrowing_factor = int(fine("0.00001") // 3600)
    side.borrowing_exponent = rate(1)
    params.longs.reserve = params.longs.interest_reserve = rate(1)
    stage = Stage(params, eth=50_000, usd=0, at=2000)
    trader = stage.account(50_000_000)
    stage.open(trader, True, 50_000_000, 10_000_000)
    hourly = Fraction(stage.market.pool_view().borrowing_long * 3600, 10**24)
    assert abs(hourly - Fraction("0.000005")) < Fraction("1e-13")
    stage.tick(seconds=86_400)
    owed = stage.market.positions(trader)[0].borrowing
    assert abs(owed - dollars(50_000_000) * 12 // 100_000) <= dollars(1)
    assert abs(hourly * 24 * 365 - Fraction("0.0438")) < Fraction("1e-9")


def test_8_3_the_reserve_is_checked_apart_from_the_cap() -> None:
    """8.3: GM-RES-1, GM-RES-2. 5000 ether at 3000; 12 M of longs leave 3 M: five more are refused,
    two are not. Of 10 M dollars 8 M of shorts leave 2 M."""
    stage = article(3000, eth=5000, usd=10_000_000)
    trader = stage.account(20_000_000)
    stage.open(trader, True, 12_000_000, 5_000_000)
    view = stage.market.pool_view()
    assert view.long_tokens == tokens(4000)
    assert backing(stage.pool, stage.market.desk.prices, True) == dollars(15_000_000)
    alice = stage.order(trader, "market-increase", 5_000_000, is_long=True, amount=1_000_000)
    stage.tick()
    assert stage.reason(alice) == "beyond-reserve"
    stage.open(trader, True, 2_000_000, 1_000_000)
    stage.open(trader, False, 8_000_000, 2_000_000)
    short = stage.order(trader, "market-increase", 2_000_001, is_long=False, amount=1_000_000)
    stage.tick()
    assert stage.reason(short) == "beyond-reserve"


@settings(max_examples=60, deadline=None)
@given(entry=st.integers(1, 10**6), times=st.integers(1, 10**4), size=st.integers(1, 10**8))
def test_8_3_the_reserve_always_covers_a_long(entry: int, times: int, size: int) -> None:
    """8.3: GM-RES-6. Reserve less profit is the size, whatever the price: 33.3 ether cover 900,000
    dollars at ten times the price, 9,900,000 at a hundred times."""
    stage = Stage(eth=0, usd=0)
    pool = stage.pool
    quantity = size * 10**18 // (entry * 10**10)
    pool.longs_in_long.usd = size * 10**6
    pool.longs_in_long.tokens = quantity
    high = entry * times * 10**10
    if high > 10**17 or quantity == 0 or quantity * high > 10**30:
        return
    at = Prices(high, high, high, high, price(1), price(1))
    kept = reserved(pool, at, True)
    profit = pool.result(True, high)
    assert kept - profit == size * 10**6
    assert kept >= profit


@pytest.mark.parametrize(("times", "profit"), [(10, 900_000), (100, 9_900_000)])
def test_8_3_ten_times_and_a_hundred_times_the_price(times: int, profit: int) -> None:
    """8.3: GM-RES-6. A long of 100,000 at 3000."""
    stage = article(3000, eth=1000, usd=0)
    alice = stage.account(50_000)
    stage.open(alice, True, 100_000, 50_000)
    high = price(3000 * times)
    at = Prices(high, high, high, high, price(1), price(1))
    assert abs(stage.pool.result(True, high) - dollars(profit)) <= dollars("0.01") * times
    assert reserved(stage.pool, at, True) >= stage.pool.result(True, high)


def test_8_3_the_whole_chain_of_checks() -> None:
    """8.3: GM-INC-5. Cap, reserve, leverage, least collateral: any of them refuses alone, and the
    margin comes back."""
    params = laboratory()
    params.longs.max_interest = dollars(1_000_000)
    stage = Stage(params, eth=1000, usd=0, at=2000)
    trader = stage.account(1_000_000)

    def reason(size: object, amount: object) -> str:
        number = stage.order(trader, "market-increase", size, is_long=True, amount=amount)  # type: ignore[arg-type]
        stage.tick()
        assert stage.usd(trader) == dollars(1_000_000)
        return stage.reason(number)

    assert reason(1_000_001, 200_000) == "beyond-interest-cap"
    params.longs.max_interest = dollars(10_000_000)
    assert reason(1_000_001, 200_000) == "beyond-reserve"
    assert reason(100_001, 1_000) == "max-leverage"
    assert reason(2, "0.5") == "liquidatable"


def test_11_6_a_result_is_tokens_at_the_price_less_the_size() -> None:
    """11.6: GM-DEC-3. 100,000 dollars, 50 tokens, at 2100: +5000 long, -5000 short."""
    stage = article(2000, eth=1000, usd=2_000_000)
    trader = stage.account(200_000)
    stage.open(trader, True, 100_000, 50_000)
    stage.open(trader, False, 100_000, 50_000)
    stage.tick(2100)
    assert [view.result for view in stage.market.positions(trader)] == [
        dollars(5000),
        dollars(-5000),
    ]


@pytest.mark.parametrize(
    ("at", "result", "left", "due"),
    [
        (2000, 0, 1450, False),
        (1992, -400, 1050, False),
        (1990, -500, 950, True),
        (1980, -1000, 450, True),
    ],
)
def test_11_8_the_liquidation_table(at: int, result: int, left: int, due: bool) -> None:
    """11.8: GM-LIQ-1. 50 tokens for 100,000 on 1500 dollars, 1 % to be left, 50 of fees."""
    stage = article(2000, eth=1000, usd=0)
    trader = stage.account(1500)
    stage.open(trader, True, 100_000, 1500)
    stage.market.params.fee_improved = stage.market.params.fee_worsened = rate("0.0005")
    stage.tick(at, budget=0)
    view = stage.market.positions(trader)[0]
    assert view.result == dollars(result)
    assert view.remaining == dollars(left)
    assert view.needed == dollars(1000)
    assert view.is_due == due


def test_11_8_exactly_at_the_threshold_nobody_is_liquidated() -> None:
    """11.8: GM-LIQ-1. The article's sketch closes at equality; the protocol compares strictly."""
    stage = article(2000, eth=1000, usd=0)
    trader = stage.account(1500)
    stage.open(trader, True, 100_000, 1500)
    stage.market.params.fee_improved = stage.market.params.fee_worsened = rate("0.0005")
    stage.tick(1991, budget=0)
    view = stage.market.positions(trader)[0]
    assert view.remaining == view.needed
    assert not view.is_due

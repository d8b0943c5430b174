"""The fourth source's own examples of the protocol's first version, by its sections.

The article prices in whole dollars and leaves out fees where it does not speak of them.
"""

from fractions import Fraction

import pytest

from glp.stage import Stage, btc90, dollars, is_dollars, price, tokens
from seawall.engine.designs.glp.positions import SAFE
from seawall.engine.designs.glp.pricing import borrowing_rate, fee_points, result_of

HOUR = 3_600_000


def eth_pool(eth: int = 5_000, dai: int = 10_000_000, at: int = 2000, **pool: object) -> Stage:
    stage = Stage(
        mint_burn=0, swap=0, stable_swap=0, margin=0, liquidation_fee=0, funding_factor=0,
        stable_factor=0, **pool,
    )  # fmt: skip
    stage.answers("ETH", at, at, at)
    stage.buy("provider", "ETH", tokens(eth))
    stage.buy("provider", "DAI", dollars(dai))
    return stage


@pytest.mark.parametrize(("at", "paid"), [(2200, 2_000), (1900, 500)])
def test_section_4_5_a_position_is_a_contract_for_difference(at: int, paid: int) -> None:
    """Section 4.5, GLP-POS-1: 10,000 dollars long on 1,000 at 2,000."""
    stage = eth_pool()
    stage.long("trader", 10_000, tokens("0.5"), "ETH")
    stage.answers("ETH", at, at, at)
    out = stage.decrease("trader", 10_000, 0, "ETH", index="ETH")
    # a collateral of dollars that is paid in ETH at the price of the day
    assert abs(Fraction(out, 10**8) * at - paid) < Fraction(at, 10**8)


def test_section_4_5_what_is_reserved_covers_the_profit() -> None:
    """Section 4.5, GLP-RES-1: 10,000 dollars reserve 5 ETH, 20,000 when it has doubled."""
    stage = eth_pool()
    stage.long("trader", 10_000, tokens("0.5"), "ETH")
    assert stage.token("ETH").reserved == tokens(5)
    stage.answers("ETH", 4000, 4000, 4000)
    result = int(stage.markets["ETH"].book.result(stage.holding("trader", "ETH", True, "ETH")))
    assert result == dollars(10_000)
    assert stage.pool.named("ETH").dollars_low(tokens(5)) == dollars(20_000)


@pytest.mark.parametrize("at", [30_000, 300_000])
def test_section_8_3_reserves_cover_a_long_at_any_price(at: int) -> None:
    """Section 8.3, GLP-RES-1: reserve less profit is always the size."""
    size, entry = dollars(100_000), price(3000)
    reserve = size * 10**12 // entry
    profit = result_of(size, entry, price(at), True, 0)
    assert profit == dollars(100_000) * (at - 3000) // 3000
    left = Fraction(reserve * price(at), 10**12) - profit
    assert abs(left - size) <= Fraction(price(at), 10**12) + 1


def test_section_8_3_reserves_and_caps_are_two_checks() -> None:
    """Section 8.3, GLP-RES-1, GLP-CAP-1: 1,000 ETH are free of 5,000 at 3,000."""
    stage = eth_pool(at=3000)
    stage.long("others", 12_000_000, tokens(400), "ETH")
    assert stage.token("ETH").reserved == tokens(4_000)
    before = stage.token("ETH").pool - stage.token("ETH").reserved
    assert before == tokens(1_400)  # 400 ETH of collateral came into the pool
    market = stage.markets["ETH"]
    for name, size, refused in (("alice", 5_000_000, True), ("bob", 2_000_000, False)):
        account = stage.give(name, "ETH", tokens(100))
        market.request_increase(account, "ETH", True, dollars(size), tokens(100))
        stage.settle("ETH")
        reasons = [event.reason for event in stage.happened() if hasattr(event, "reason")]
        assert reasons == (["reserve-exceeds-pool"] if refused else [])


def test_section_8_1_a_cap_binds_while_reserves_are_left() -> None:
    """Section 8.1, GLP-CAP-1: guaranteed dollars of the longs, a cap apart from the reserves."""
    stage = Stage({"ETH": {"max_long": dollars(100_000)}}, mint_burn=0)
    stage.answers("ETH", 2000, 2000, 2000)
    stage.buy("provider", "ETH", tokens(1_000))
    stage.long("first", 80_000, tokens(5), "ETH")
    assert stage.token("ETH").guaranteed == dollars(80_000 - 10_000 + 80)
    other = stage.give("other", "ETH", tokens(5))
    stage.markets["ETH"].request_increase(other, "ETH", True, dollars(40_000), tokens(5))
    stage.settle("ETH")
    assert [e.reason for e in stage.happened() if hasattr(e, "reason")] == ["max-longs"]


def test_section_5_1_there_is_no_slippage() -> None:
    """Section 5.1, GLP-POS-1: 100,000 dollars at 2,000 are 50 ETH, as 100 dollars are 0.05."""
    stage = eth_pool()
    for name, size, bought in (("whale", 100_000, 50), ("shrimp", 100, "0.05")):
        stage.long(name, size, tokens(Fraction(size, 40_000)), "ETH")
        holding = stage.holding(name, "ETH", True, "ETH")
        assert (holding.average, holding.tokens) == (price(2000), tokens(bought))


def test_section_5_3_the_borrow_fee_by_use() -> None:
    """Section 5.3, GLP-BOR-1: 0.00001 an hour at half use is 0.012 % a day, 4.38 % a year."""
    used, pool = dollars(50_000_000), dollars(100_000_000)
    assert borrowing_rate(10, used, pool, 1) == 5
    assert borrowing_rate(10, used, pool, 24) == 120
    assert borrowing_rate(10, used, pool, 24 * 365) == 43_800


def test_section_7_1_every_side_pays_for_what_it_borrows() -> None:
    """Section 7.1, GLP-BOR-2: longs by the use of their token, shorts by that of the dollars."""
    stage = Stage(funding_interval=HOUR, funding_factor=100, stable_factor=100)
    stage.answers("BTC", 40000, 40000, 40000)
    stage.buy("provider", "BTC", tokens(1))
    stage.buy("provider", "DAI", dollars(100_000))
    stage.long("long", 20_000, tokens("0.1"))
    stage.short("short", 50_000, 10_000)
    stage.wait(10 * HOUR)
    used = {name: stage.token(name).utilisation for name in ("BTC", "DAI")}
    rates = {name: stage.token(name).cumulative for name in used}
    assert rates == {name: 100 * 10 * use // 10**6 for name, use in used.items()}
    book = stage.btc.book
    assert book.owed(stage.holding("long")) == 20_000 * rates["BTC"]
    assert book.owed(stage.holding("short", "DAI", False)) == 50_000 * rates["DAI"]


def test_section_11_5_the_result_of_a_position() -> None:
    """Section 11.5, GLP-POS-1."""
    size = dollars(100_000)
    assert result_of(size, price(2000), price(2100), True, 0) == dollars(5_000)
    assert result_of(size, price(2000), price(2100), False, 0) == -dollars(5_000)


@pytest.mark.parametrize(
    ("at", "remaining", "due"), [(2000, 900, False), (1990, 400, False), (1985, 150, False),
                                 (1980, -100, True)]
)  # fmt: skip
def test_section_11_7_who_can_be_liquidated(at: int, remaining: int, due: bool) -> None:
    """Section 11.7, GLP-LIQ-1: 100,000 on 1,000 at 2,000, fee 0.1 %, liquidation fee 5.

    The article leaves the leverage limit out; its position of 100 times is beyond it.
    """
    stage = Stage(max_leverage=1_500_000, mint_burn=0, funding_factor=0)
    stage.answers("ETH", 2000, 2000, 2000)
    stage.buy("provider", "ETH", tokens(100))
    stage.long("trader", 100_000, tokens("0.55"), "ETH")
    book = stage.markets["ETH"].book
    holding = stage.holding("trader", "ETH", True, "ETH")
    assert holding.collateral == dollars(1_000)  # 1,100 less the fee for opening
    stage.answers("ETH", at, at, at)
    state, fees, left = book.state_of(holding)
    if not due:
        assert is_dollars(left - fees, remaining)
    else:
        assert is_dollars(left - dollars(100), remaining)
    spent = left - dollars(100) < dollars(5)
    assert spent == due
    assert (state != SAFE) == (due or left < book.least(holding.quantity()))


def test_section_4_2_what_is_below_its_weight_is_cheaper_to_bring_and_dearer_to_take() -> None:
    """Section 4.2, GLP-FEE-1: a token at 20 of 30, and at 35 of 30."""
    target, step = dollars(30), dollars(1)
    into, out = (fee_points(dollars(20), target, step, 25, 50, up) for up in (True, False))
    assert into < 25 < out
    into, out = (fee_points(dollars(35), target, step, 25, 50, up) for up in (True, False))
    assert out < 25 < into


def test_section_6_an_order_meets_a_later_price_only() -> None:
    """Section 6.2.1, GLP-ORD-1."""
    stage = btc90()
    trader = stage.give("other", "DAI", dollars(100))
    stage.buy("provider", "DAI", dollars(1_000))
    number = stage.btc.request_increase(trader, "DAI", False, dollars(200), dollars(50))
    stage.venue.advance(stage.now, None)
    stage.venue.advance(stage.now + 1_000, None)
    stage.now += 1_000
    assert number in stage.btc.room.orders
    with stage.refuses("no-later-price"):
        stage.btc.execute(trader, number)
    stage.settle()
    assert number not in stage.btc.room.orders

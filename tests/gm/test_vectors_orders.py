"""Published numbers of positions and orders, by the id under which they are listed.

The protocol keeps 18 digits of ETH and 30 of dollars; here they have 8 and 6. A number agrees when
it is within one unit of our scale, or within 1e-9 of itself, whichever is more.
"""

from fractions import Fraction

import pytest

from gm.stage import (
    DAY,
    HOUR,
    Stage,
    agrees,
    curved,
    dollars,
    fine,
    laboratory,
    price,
    rate,
    tokens,
)
from seawall.engine.designs.gm.pool import VirtualPositions
from seawall.engine.events import Cancelled, Deleveraged
from seawall.engine.venue import Venue

WEI = 10  # digits of a published amount of ETH beyond ours
RAW_PRICE = 10**2  # published prices of ETH have 12 digits, ours 10


def pending(stage: Stage, account: int, long: bool, token: str = "ETH") -> int:
    return int(stage.held(account, long, token).pending)


def close_to(found: int, published: int, digits: int) -> None:
    assert agrees(int(found), published, digits), f"{found} is not {published / 10**digits}"


def close_price(found: int, published: int) -> None:
    """Execution prices: a unit of the size in tokens (1e-8) moves them by a part in 1e9."""
    exact = Fraction(published, RAW_PRICE)
    assert abs(int(found) - exact) <= exact / 10**9 + 1, f"{found} is not {float(exact)}"


def test_v2_02_positions_remember_their_impact_and_settle_it_when_they_shrink() -> None:
    """V2-02: GM-INC-2, GM-INC-4, GM-DEC-4, GM-DEC-5."""
    stage = Stage(curved())
    params = stage.market.params
    params.impact.max_lendable = rate("0.2")
    a, b = stage.account(eth=1000), stage.account(eth=1000)
    both = {"amount": 10, "collateral": "ETH"}
    # a
    stage.do(a, "market-increase", 200_000, is_long=True, **both)
    close_to(pending(stage, a, True), -79999999999999999, WEI)
    assert stage.held(a, True, "ETH").quantity() == tokens(40)
    close_price(stage.filled().price, 5010020040080160)
    assert stage.pool.impact_pool == 0
    # b
    number = stage.order(b, "market-increase", 200_000, is_long=True, acceptable=5020, **both)
    before = stage.eth(b)
    stage.tick()
    assert stage.reason(number) == "acceptable-price"
    assert stage.eth(b) == before + tokens(10)
    stage.do(b, "market-increase", 200_000, is_long=True, acceptable=5050, **both)
    close_to(pending(stage, b, True), -239999999999999996, WEI)
    close_price(stage.filled().price, 5030181086519114)
    # c
    params.impact.negative = fine("1e-4")
    number = stage.order(a, "market-increase", 500_000, is_long=True, **both)
    stage.tick()
    assert stage.reason(number) == "impact-too-large"
    number = stage.order(a, "market-increase", 500_000, is_long=False, acceptable=5050, **both)
    stage.tick()
    assert stage.reason(number) == "acceptable-price"
    params.impact.negative = fine("1e-8")
    # d
    stage.do(a, "market-increase", 10_000, is_long=False, **both)
    close_to(pending(stage, a, False), 7900000000000000, WEI)
    close_price(stage.filled().price, 5019828321871391)
    # e
    stage.do(a, "market-decrease", 10_000, is_long=False, collateral="ETH")
    close_price(stage.filled().price, 5039500000000000)
    close_to(stage.pool.impact_pool, 7900000000000001, WEI)
    # f
    stage.do(a, "market-increase", 500_000, is_long=False, **both)
    close_to(pending(stage, a, False), 139999999999999997, WEI)
    close_price(stage.filled().price, 5007009813739234)
    # g
    stage.do(a, "market-increase", 100_000, is_long=False, **both)
    close_price(stage.filled().price, 4985044865403788)
    close_to(pending(stage, a, False), 79999999999999998, WEI)
    assert stage.pool.interest(True) == dollars(400_000)
    assert stage.pool.interest(False) == dollars(600_000)
    # h, i
    stage.do(a, "market-increase", 200_000, is_long=True, **both)
    close_price(stage.filled().price, 4995004995004995)
    close_to(pending(stage, a, True), -40000000000000000, WEI)
    stage.do(a, "market-increase", 100_000, is_long=True, **both)
    close_price(stage.filled().price, 5005005005005005)
    close_to(pending(stage, a, True), -60000000000000000, WEI)
    # j, k, l
    stage.do(a, "market-decrease", 100_000, is_long=True, collateral="ETH")
    close_price(stage.filled().price, 5002499999999999)
    close_to(stage.pool.impact_pool, 9900000000000002, WEI)
    close_to(pending(stage, a, True), -48000000000000000, WEI)
    stage.do(a, "market-decrease", 100_000, is_long=True, collateral="ETH")
    close_price(stage.filled().price, 4995000000000001)
    close_to(stage.pool.impact_pool, 41900000000000002, WEI)
    close_to(pending(stage, a, True), -36000000000000000, WEI)
    stage.do(a, "market-decrease", 100_000, is_long=False, collateral="ETH")
    close_price(stage.filled().price, 4997500000000001)
    close_to(stage.pool.impact_pool, 18566666666666669, WEI)
    close_to(pending(stage, a, False), 66666666666666665, WEI)
    stage.venue.audit()


def test_v2_04_what_the_impact_pool_lacks_is_lent_and_repaid_first() -> None:
    """V2-04: GM-IMP-5."""
    params = curved()
    params.impact.max_lendable = rate("0.2")
    params.impact.max_lendable_usd = dollars(20_000)
    stage = Stage(params)
    traders = [stage.account(eth=10) for _ in range(3)]
    both = {"amount": 10, "collateral": "ETH"}
    for trader, long in zip(traders, (True, False, False), strict=True):
        stage.do(trader, "market-increase", 200_000, is_long=long, **both)
    found = [pending(stage, *who) for who in zip(traders, (True, False, False), strict=True)]
    expected = (-79999999999999999, 39999999999999999, -79999999999999999)
    for one, published in zip(found, expected, strict=True):
        close_to(one, published, WEI)
    close_to(stage.pool.pending, -119999999999999999, WEI)
    stage.do(traders[1], "market-decrease", 200_000, is_long=False, collateral="ETH")
    close_to(stage.pool.lent, 79999999999999999, WEI)
    close_to(stage.pool.pending, -159999999999999998, WEI)
    stage.do(traders[0], "market-decrease", 200_000, is_long=True, collateral="ETH")
    assert stage.pool.lent == 0
    close_to(stage.pool.impact_pool, 79999999999999999, WEI)
    close_to(stage.pool.pending, -79999999999999999, WEI)
    stage.do(traders[2], "market-decrease", 200_000, is_long=False, collateral="ETH")
    close_to(stage.pool.impact_pool, 119999999999999999, WEI)
    assert stage.pool.pending == 0
    stage.venue.audit()


@pytest.mark.parametrize(
    ("long", "published"),
    [(True, -1199999999999999977764056140040000), (False, -399999999999999992588018713340000)],
)
def test_v2_06_a_market_charges_for_what_its_siblings_hold(long: bool, published: int) -> None:
    """V2-06: GM-IMP-4. The second market is settled in dollars as the first is."""
    shared = VirtualPositions()
    venue = Venue()
    first = Stage(curved(), venue=venue, virtual=shared)
    second = Stage(curved(), venue=venue, virtual=shared, name="ETH2")
    second.now = first.now
    second.tick()
    first.now = second.now
    a, b = first.account(100_000), second.account(100_000)
    first.open(a, True, 200_000, 50_000)
    close_to(-first.filled().impact, -399999999999999992588018713340000, 24)
    second.now = first.now
    second.open(b, long, 200_000, 50_000)
    filled = second.filled()
    close_to(-filled.impact, published, 24)


def test_v2_08_a_profit_in_the_other_token_and_negative_impact() -> None:
    """V2-08: GM-DEC-4, GM-PAY-1, GM-PAY-6."""
    stage = Stage(curved(), eth=1000, usd=1_000_000)
    a, b = stage.account(50_000), stage.account(eth=10)
    stage.open(a, True, 200_000, 50_000)
    stage.open(b, False, 200_000, 10, "ETH")
    close_to(pending(stage, a, True, "USD"), -79999999999999999, WEI)
    close_to(pending(stage, b, False), 39999999999999999, WEI)
    stage.tick(5020)
    stage.close(a, True, 20_000)
    assert abs(stage.filled().impact - dollars("44.16")) <= 1
    close_to(stage.eth(a), 15936254980079681, WEI)
    assert abs(stage.held(a, True).amount - dollars("49955.84")) <= 1
    close_to(stage.pool.impact_pool, 8796812749003984, WEI)
    close_to(stage.pool.long_pot.amount, 999984063745019920319, WEI)
    assert abs(stage.pool.short_pot.amount - dollars("1000044.16")) <= 1
    close_to(pending(stage, a, True, "USD"), -71999999999999999, WEI)
    close_to(stage.market.pool_view().value_high, 6020000000000000000001700000000000000, 24)
    stage.tick(5000)
    close_to(stage.market.pool_view().value_high, 5999920494661354581675000000000000000, 24)
    stage.venue.audit()


def capped_stage(params) -> tuple[Stage, int, int]:
    stage = Stage(params, eth=1000, usd=1_000_000)
    a, b = stage.account(50_000), stage.account(eth=10)
    stage.open(a, True, 200_000, 50_000)
    stage.open(b, False, 200_000, 10, "ETH")
    return stage, a, b


def test_v2_10_impact_beyond_the_cap_is_kept_for_its_owner() -> None:
    """V2-10: GM-DEC-5, GM-PAY-7."""
    stage, a, b = capped_stage(curved("1e-7", "5e-8"))
    close_to(pending(stage, a, True, "USD"), -799999999999999986, WEI)
    close_to(pending(stage, b, False), 399999999999999992, WEI)
    stage.close(a, True, 20_000)
    assert abs(stage.held(a, True).amount - dollars(49_560)) <= 1
    assert abs(stage.pool.short_pot.amount - dollars(1_000_400)) <= 1
    close_to(stage.pool.impact_pool, 8 * 10**16, WEI)
    close_to(pending(stage, a, True, "USD"), -719999999999999987, WEI)
    kept = stage.market.desk.claims.pots_of(a, 1)
    assert abs(sum(pot.amount for pot in kept) - dollars(40)) <= 1
    stage.venue.audit()


def test_v2_10_the_operator_frees_what_was_capped() -> None:
    """V2-10: GM-CLM-3, GM-CLM-4."""
    params = curved("1e-7", "5e-8")
    params.impact.max_positive = rate("0.0005")
    params.impact.max_negative = rate("0.001")
    stage, a, b = capped_stage(params)
    close_to(pending(stage, b, False), 2 * 10**16, WEI)
    stage.close(a, True, 20_000)
    close_to(stage.pool.impact_pool, 4 * 10**15, WEI)
    assert abs(stage.pool.short_pot.amount - dollars(1_000_020)) <= 1
    assert abs(stage.held(a, True).amount - dollars(49_560)) <= 1
    assert stage.market.claimable_collateral(a, "USD") == 0
    stage.market.set_claim_factor("USD", stage.now, rate("0.8"))
    assert abs(stage.market.claim_collateral(a, "USD") - dollars(336)) <= 1
    with stage.refuses("nothing-to-claim"):
        stage.market.claim_collateral(a, "USD")
    stage.venue.audit()


@pytest.mark.parametrize(("reduction", "published"), [("0.8", 76), (None, 380)])
def test_v2_10_a_reduction_keeps_a_part_back(reduction: str | None, published: int) -> None:
    """V2-10: GM-CLM-4, GM-CLM-5. Factor 100 % less 80 %, or all of it when the delay has passed."""
    params = curved("1e-7", "0")
    params.impact.max_negative = rate("0.001")
    params.impact.max_positive = 0
    stage = Stage(params, eth=1000, usd=1_000_000)
    a = stage.account(50_000)
    stage.open(a, True, 200_000, 50_000)
    stage.close(a, True, 20_000)
    kept = sum(pot.amount for pot in stage.market.desk.claims.pots_of(a, 1))
    assert abs(kept - dollars(380)) <= 1
    if reduction is not None:
        stage.market.set_claim_factor("USD", stage.now, rate(1), a, rate(reduction))
    else:
        stage.tick(seconds=5 * DAY // 1000 - 10)
        with stage.refuses("nothing-to-claim"):
            stage.market.claim_collateral(a, "USD")
        stage.tick(seconds=HOUR // 1000 + 20)
    assert abs(stage.market.claim_collateral(a, "USD") - dollars(published)) <= 1


def test_v2_12_winners_are_paid_no_more_than_the_cap() -> None:
    """V2-12: GM-DEC-3, GM-PAY-1."""
    for cap, paid in ((None, [225_000, 225_000]), ("0.07", [135_000, 168_775])):
        params = laboratory()
        if cap is not None:
            params.longs.pnl_traders = rate(cap)
            params.longs.pnl_withdrawals = rate("0.5")
        stage = Stage(params, eth=0, usd=2_000_000, pool="single-dollar")
        traders = [stage.account(100_000), stage.account(100_000)]
        for trader in traders:
            stage.open(trader, True, 250_000, 100_000)
        stage.market.params.adl = False
        stage.tick(7500)
        if cap is not None:
            assert stage.market.pool_view().value_low == dollars(1_750_000)
        for trader, expected in zip(traders, paid, strict=True):
            stage.close(trader, True, 250_000)
            assert abs(stage.usd(trader) - dollars(expected)) <= 1
            if cap is not None and expected == 135_000:
                assert abs(stage.market.pool_view().value_low - dollars(1_840_000)) <= 1
                assert abs(stage.market.pool_view().gm_low - price("0.92")) <= 1
        if cap is not None:
            assert abs(stage.market.pool_view().value_low - dollars(1_896_225)) <= 1
            assert abs(stage.market.pool_view().gm_low - price("0.9481125")) <= 1
        stage.venue.audit()


def test_v2_14_funding_is_charged_at_the_decrease_and_credited_to_the_other_side() -> None:
    """V2-14: GM-CLM-1, GM-CLM-2."""
    params = laboratory()
    params.funding.increase = 0
    params.funding.factor = fine("1e-10")
    params.funding.exponent = rate(1)
    params.funding.most = fine("1e-7")
    params.funding.least = 0
    stage = Stage(params, eth=1000, usd=1_000_000)
    long, short = stage.account(eth=10), stage.account(50_000)
    stage.open(long, True, 200_000, 10, "ETH")
    stage.open(short, False, 100_000, 50_000)
    number = stage.order(long, "market-decrease", 190_000, is_long=True, collateral="ETH")
    stage.market.params.request_expiry = 365 * DAY
    stage.tick(seconds=14 * DAY // 1000 + 3)
    assert number not in stage.market.counter.orders
    close_to(tokens(10) - stage.held(long, True, "ETH").amount, 1612804000000000, WEI)
    stage.close(short, False, 90_000)
    credited = stage.market.claimable_funding(short, "ETH")
    assert abs(credited - Fraction(1612803999999999, 10**WEI)) <= 2
    assert stage.market.claim_funding(short, "ETH") == credited
    assert stage.eth(short) == credited
    with stage.refuses("nothing-to-claim"):
        stage.market.claim_funding(short, "ETH")
    stage.venue.audit()


def test_v2_22_a_position_is_liquidated_when_its_collateral_is_gone() -> None:
    """V2-22: GM-LIQ-1, GM-LIQ-2."""
    stage = Stage()
    trader = stage.account(eth=10)
    stage.open(trader, True, 200_000, 10, "ETH")
    stage.tick(4200)
    with stage.refuses("not-liquidatable"):
        stage.market.liquidate(trader, True, "ETH")
    assert stage.market.open_positions() == [trader]
    stage.tick(4000)
    assert stage.market.open_positions() == []
    assert [event.rung for event in stage.rungs()] == ["liquidation"]
    stage.venue.audit()


def test_v2_24_winners_are_deleveraged_above_the_bound_and_only_there() -> None:
    """V2-24: GM-ADL-1, GM-ADL-2, GM-ADL-3."""
    params = laboratory()
    params.adl = False
    params.longs.pnl_adl = rate("0.1")
    params.longs.pnl_after_adl = rate("0.02")
    stage = Stage(params)
    trader = stage.account(eth=100)
    stage.open(trader, True, 2_000_000, 100, "ETH")
    stage.tick(10_000)
    with stage.refuses("adl-not-enabled"):
        stage.market.deleverage(trader, True, "ETH", dollars(100_000))
    assert stage.market.update_adl(True)
    stage.market.deleverage(trader, True, "ETH", dollars(100_000))
    assert stage.held(trader, True, "ETH").entry == dollars(1_900_000)
    assert stage.last(Deleveraged).profit == dollars(100_000)
    stage.venue.audit()


def test_v2_24_exactly_at_the_bound_nobody_is_deleveraged() -> None:
    """V2-24: GM-ADL-1. SOL opened at 20: at 22 and 25 nothing, at 26 a million is closed."""
    params = laboratory()
    params.adl = False
    params.longs.pnl_adl = rate("0.1")
    params.longs.pnl_after_adl = rate("0.02")
    stage = Stage(params, eth=200_000, usd=0, at=20)
    trader = stage.account(eth=10_000)
    stage.open(trader, True, 2_000_000, 10_000, "ETH")
    for at in (22, 25):
        stage.tick(at)
        assert not stage.market.update_adl(True)
        with stage.refuses("adl-not-enabled"):
            stage.market.deleverage(trader, True, "ETH", dollars(1_000_000))
    stage.tick(26)
    assert stage.market.update_adl(True)
    stage.market.deleverage(trader, True, "ETH", dollars(1_000_000))
    assert stage.held(trader, True, "ETH").entry == dollars(1_000_000)
    assert not stage.happened(Cancelled)

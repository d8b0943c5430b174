"""Rungs 3 to 5: junior, insurance, deleveraging; and who is whole until when (LAY-LIQ-5 to 9)."""

import pytest

from roles import Stage, dollars, grant, price, rate, tokens
from seawall.engine.designs.layered import Params
from seawall.engine.events import AuctionEnded, Deleveraged, Filled, InsuranceMoved, RungReached

STILL = {"move_fee": 0, "funding_max": 0, "utilisation_low": 0, "utilisation_high": 0,
         "coupon_base": 0, "coupon_slope": 0}  # fmt: skip
NO_FEES = {"half_spread": 0, "fee_adding": 0, "fee_reducing": 0}


def small(**params: object) -> Stage:
    """100,000 of senior over 40,000 of junior, a side of up to twice as much."""
    chosen = {"side_cap": rate(2)} | STILL | NO_FEES | params
    return Stage(senior=100_000, junior=40_000, params=Params(**chosen))


def batches(stage: Stage) -> list[Deleveraged]:
    return stage.happened(Deleveraged)


def insured(stage: Stage) -> list[InsuranceMoved]:
    return stage.happened(InsuranceMoved)


# rung 3: junior


@pytest.mark.parametrize("side", [1, -1])
def test_under_water_the_pool_takes_the_position_and_the_shortfall(side):
    """LAY-LIQ-5: margin 447 against a loss of 700: 253 are junior's loss."""
    stage = Stage(params=Params(**STILL, **NO_FEES))
    trader = stage.trader(1_000)
    stage.fill(trader, 10 * side, 450)
    before = stage.position(trader)
    pool = stage.pool()
    stage.tick(2000 - 70 * side)
    event = stage.happened(RungReached)[0]
    assert event.rung == "junior"
    assert event.closed == 10 * side * tokens(1)
    assert event.price == before.bankruptcy_price
    assert event.shortfall == dollars(700) - before.margin
    assert stage.market.position(trader) is None
    assert stage.pool().C == pool.C + before.margin
    assert stage.pool().U == 0
    assert stage.pool().junior == dollars(4_000_000) + before.margin
    assert stage.wallet(trader) == dollars(550)
    stage.venue.audit()


def test_a_position_unsold_but_solvent_leaves_its_margin_to_the_pool():
    """LAY-LIQ-5: taken at the bankruptcy price: what is left of the margin is the pool's gain."""
    stage = Stage(params=Params(auction_duration=20_000, **STILL, **NO_FEES))
    trader = stage.trader(1_000)
    stage.fill(trader, 10, 450)
    margin = stage.position(trader).margin
    stage.tick(1962)
    stage.tick(seconds=21)
    event = stage.happened(RungReached)[-1]
    assert (event.rung, event.shortfall, event.returned) == ("junior", 0, 0)
    assert stage.pool().C == dollars(14_000_000) + margin
    assert stage.wallet(trader) == dollars(550)


# rung 4: insurance


def winner_in(stage: Stage, size: int = 50) -> int:
    winner = stage.trader(500_000)
    stage.fill(winner, size, 450_000)
    return winner


def test_insurance_advances_what_senior_is_short_of():
    """LAY-LIQ-6: V_lo is 5,000 short of K, insurance holds 8,000."""
    stage = small(cover_floor=0)
    grant(stage, stage.market.desk.pool.insurance, 8_000)
    winner_in(stage)
    stage.walk_to(2800)
    assert insured(stage) == []
    stage.tick(2900)
    pool = stage.pool()
    assert [(e.amount, e.held, e.advanced) for e in insured(stage)] == [
        (dollars(5_000), dollars(3_000), dollars(5_000))
    ]
    assert pool.low == pool.K == dollars(100_000)
    assert pool.junior == 0
    stage.venue.audit()


def test_insurance_goes_as_far_as_it_goes_and_senior_bears_the_rest():
    """LAY-LIQ-6, LAY-LIQ-8: 10,000 short, 4,000 held."""
    stage = small(cover_floor=0)
    grant(stage, stage.market.desk.pool.insurance, 4_000)
    winner_in(stage)
    stage.walk_to(3000)
    pool = stage.pool()
    assert (pool.I, pool.A) == (0, dollars(4_000))
    assert pool.senior == dollars(94_000)
    assert stage.market.vault("senior").assets == dollars(94_000)


def test_what_is_missing_is_counted_below_zero_too():
    """LAY-LIQ-6: with V_lo at -20,000 all of 125,000 is drawn, not only 100,000."""
    stage = small(cover_floor=0)
    grant(stage, stage.market.desk.pool.insurance, 125_000)
    winner_in(stage)
    stage.market.desk.pool.insurance.pay(stage.venue.accounts[stage.senior], dollars(125_000))
    stage.walk_to(5200)
    assert stage.pool().low == 0
    stage.venue.accounts[stage.senior].pay(stage.market.desk.pool.insurance, dollars(125_000))
    stage.tick()
    assert insured(stage)[-1].amount == dollars(120_000)
    assert stage.pool().low == dollars(100_000)


def test_a_wick_that_reverts_pays_insurance_back_before_junior_recovers():
    """LAY-MIN-7, LAY-LIQ-6: back at 2000 the minute returns 5,000; junior has its 40,000 again."""
    stage = small(cover_floor=0)
    grant(stage, stage.market.desk.pool.insurance, 8_000)
    winner_in(stage)
    stage.walk_to(2900)
    stage.tick(2850, seconds=1)
    assert stage.pool().A == dollars(5_000)
    assert stage.pool().junior == 0
    stage.to_minute()
    assert stage.pool().A == dollars(2_500)
    assert insured(stage)[-1].amount == -dollars(2_500)
    stage.tick(2000)
    assert stage.pool().junior == dollars(40_000)
    stage.to_minute()
    pool = stage.pool()
    assert (pool.A, pool.I) == (0, dollars(8_000))
    assert pool.junior == dollars(40_000)
    stage.venue.audit()


def test_repayment_is_limited_by_the_cash():
    """LAY-MIN-7: min(A, V_lo - K, C)."""
    stage = small(cover_floor=0)
    pool = stage.market.desk.pool
    pool.advanced = dollars(30_000)
    pool.claim = 0
    pool.cash.pay(stage.venue.accounts[stage.senior], dollars(125_000))
    stage.to_minute()
    assert insured(stage)[-1].amount == -dollars(15_000)
    assert stage.pool().C == 0
    assert stage.pool().A == dollars(15_000)


def test_while_junior_and_insurance_cover_it_the_claim_is_whole():
    """LAY-LIQ-8: walked up to the last dollar of both."""
    stage = small(cover_floor=0)
    grant(stage, stage.market.desk.pool.insurance, 10_000)
    winner_in(stage)
    for at in (2200, 2400, 2600, 2800, 2900, 2999, 3000):
        stage.walk_to(at, step="0.09")
        assert stage.pool().senior == stage.pool().K
    stage.tick("3000.01")
    assert stage.pool().senior < stage.pool().K


# rung 5: deleveraging


def test_winners_are_cut_by_a_tenth_every_ten_seconds_while_cover_is_thin():
    """LAY-LIQ-7: below 1 % of K; at the mark, without charges, the profit paid in full."""
    stage = small()
    winner = winner_in(stage)
    stage.walk_to("2770", seconds=5)
    assert batches(stage) == []
    stage.tick(2790, seconds=5)
    cut = batches(stage)
    assert [(event.account, event.size, event.price) for event in cut] == [
        (winner, tokens(5), price(2790))
    ]
    assert cut[0].profit == dollars(5 * 790)
    assert cut[0].withheld == 0
    stage.tick(seconds=9)
    assert len(batches(stage)) == 1
    stage.tick(seconds=1)
    assert [event.size for event in batches(stage)] == [tokens(5), tokens("4.5")]
    assert stage.position(winner).margin == dollars(450_000) + sum(
        event.profit for event in batches(stage)
    ) - next(event.impact for event in stage.happened(Filled))
    stage.venue.audit()


def test_deleveraging_ends_when_cover_is_restored():
    """LAY-LIQ-7: a cut stops the profit from growing, it brings no cover by itself."""
    stage = small()
    winner_in(stage)
    stage.walk_to(2790, seconds=5)
    stage.tick(seconds=20)
    done = len(batches(stage))
    assert done >= 1
    grant(stage, stage.market.desk.pool.insurance, 1_000)
    for _ in range(3):
        stage.tick(seconds=20)
    assert len(batches(stage)) == done


def test_all_winners_of_the_costly_side_are_cut_alike():
    """LAY-LIQ-7: losers and the other side keep theirs; gain per token plays no part."""
    stage = small()
    early, late, short, loser = (stage.trader(300_000) for _ in range(4))
    stage.fill(early, 20, 200_000)
    stage.fill(short, -4, 100_000)
    stage.walk_to(2500)
    stage.fill(late, 5, 100_000)
    stage.walk_to(3970)
    stage.fill(loser, 1, 20_000)
    assert batches(stage) == []
    stage.forget()
    stage.walk_to(4100)
    stage.tick(3965, seconds=20)
    last = [event for event in batches(stage) if event.time == stage.now]
    assert {event.account for event in last} == {early, late}
    sizes = [event.size for event in last]
    assert abs(sizes[0] - 4 * sizes[1]) <= 8
    assert stage.position(short).size == -tokens(4)


def test_splitting_an_account_changes_nothing():
    """LAY-LIQ-7: one account of 50 or fifty of one: the same tokens, the same profit to units."""
    one, many = small(), small()
    whale = one.trader(500_000)
    one.fill(whale, 50, 450_000)
    sybils = [many.trader(10_000) for _ in range(50)]
    for sybil in sybils:
        many.place(sybil, 1, 9_000)
    many.tick()
    for stage in (one, many):
        stage.forget()
        stage.walk_to(2790, seconds=5)
        for _ in range(4):
            stage.tick(seconds=10)
    assert sum(event.size for event in batches(one)) == sum(event.size for event in batches(many))
    single = sum(event.profit for event in batches(one))
    shared = sum(event.profit for event in batches(many))
    assert len(batches(many)) == 50 * len(batches(one)) > 50
    assert 0 <= single - shared <= len(batches(many))


def test_who_gained_more_still_has_more():
    """LAY-LIQ-7: the same share of each leaves the order of winners as it was."""
    stage = small()
    early, late = stage.trader(300_000), stage.trader(300_000)
    stage.fill(early, 25, 200_000)
    stage.walk_to(2200)
    stage.fill(late, 25, 200_000)
    stage.walk_to(2950)
    for _ in range(5):
        stage.tick(seconds=10)
    worth = [stage.position(who).equity for who in (early, late)]
    assert batches(stage) != []
    assert worth[0] > worth[1]


def test_a_small_winner_is_closed_rather_than_left_with_crumbs():
    """LAY-LIQ-7: a remainder below the smallest position goes too, margin and profit come home."""
    stage = small(smallest_position=dollars(100))
    crumb = stage.trader(1_000)
    stage.fill(crumb, "0.05", 100)
    winner_in(stage)
    stage.walk_to(2219, step="0.09")
    stage.walk_to(2790, seconds=1)
    stage.tick(seconds=12)
    for _ in range(5):
        stage.tick(seconds=12)
    sizes = [event.size for event in batches(stage) if event.account == crumb]
    assert sizes == [tokens(part) for part in ("0.005", "0.0045", "0.00405", "0.03645")]
    assert stage.market.position(crumb) is None
    assert stage.wallet(crumb) > dollars(1_030)


def test_no_batch_at_an_unconfirmed_jump():
    """LAY-LIQ-7: +40 % in one report may be a lie; the next report that agrees confirms it."""
    stage = small()
    winner_in(stage)
    stage.tick(2800)
    assert not stage.market.oracle.confirmed
    assert batches(stage) == []
    stage.tick(2801)
    assert stage.market.oracle.confirmed
    assert len(batches(stage)) == 1


def test_no_batch_at_a_price_that_is_stale_or_uncertain():
    """LAY-LIQ-7."""
    stage = small()
    winner_in(stage)
    stage.walk_to(2700)
    stage.tick(2800, confidence=60)
    assert batches(stage) == []
    stage.silence(seconds=61)
    assert batches(stage) == []
    stage.tick(2800)
    assert len(batches(stage)) == 1


def test_a_batch_is_an_action_of_the_keeper():
    """LAY-LIQ-7, LAY-LIQ-9: insurance needs none, a batch does."""
    stage = small()
    grant(stage, stage.market.desk.pool.insurance, 500)
    winner_in(stage)
    stage.walk_to(2700)
    stage.tick(2805, budget=0)
    assert batches(stage) == []
    assert len(insured(stage)) == 1
    stage.tick(budget=1)
    assert len(batches(stage)) == 1


def test_deleveraging_takes_a_winner_off_the_offer():
    """LAY-LIQ-7: in profit, but without margin and nearly without equity; cut like the others."""
    stage = small(side_cap=rate(4))
    whale, short, thin = stage.trader(500_000), stage.trader(500_000), stage.trader(1_000)
    stage.fill(short, -40, 250_000)
    stage.fill(whale, "56.3", 450_000)
    stage.walk_to(4300)
    stage.tick(4400, budget=0)
    stage.place(thin, "0.1", 100)
    stage.tick(budget=1)
    stage.tick(4500, budget=0)
    stage.venue.remove_margin("ETH", thin, stage.position(thin).margin)
    stage.tick(4405, budget=1)
    assert stage.position(thin).in_auction
    assert stage.position(thin).result == dollars("0.5")
    assert batches(stage) == []
    stage.tick(seconds=10)
    cut = {event.account: event for event in batches(stage)}
    assert cut.keys() == {whale, thin}
    assert cut[thin].size == tokens("0.01")
    assert [event.outcome for event in stage.happened(AuctionEnded)] == ["called-off"]
    assert not stage.position(thin).in_auction
    stage.tick(seconds=1)
    assert stage.position(thin).in_auction
    stage.venue.audit()


def test_without_winners_there_is_nothing_to_cut():
    """LAY-LIQ-7: an empty pool alone is no reason."""
    stage = small()
    loser = stage.trader(500_000)
    stage.fill(loser, 50, 450_000)
    pool = stage.market.desk.pool
    pool.cash.pay(stage.venue.accounts[stage.senior], dollars(100_000))
    stage.tick(1900, seconds=20)
    assert stage.pool().low < stage.pool().K
    assert batches(stage) == []


# the loss order


def test_the_loss_order_shows_what_stands_on_each_step():
    """LAY-LIQ-8: margins, auctions, junior, insurance, winners' profit, senior last."""
    stage = small()
    grant(stage, stage.market.desk.pool.insurance, 700)
    winner = winner_in(stage, 10)
    stage.tick(2100)
    order = stage.loss_order()
    assert list(order) == ["margin", "auction", "junior", "insurance", "deleveraging", "senior"]
    assert order["margin"] == stage.position(winner).margin
    assert order["auction"] == 0
    assert order["junior"] == dollars(39_000)
    assert order["insurance"] == dollars(700)
    assert order["deleveraging"] == dollars(1_000)
    assert order["senior"] == dollars(100_000)
    assert stage.market.vaults() == ["junior", "senior"]

"""The layered engine against its auditor, the naive model beside this file.

Engine and model get the same commands and must agree after each of them to the last unit: on
refusals and their codes, on what commands return and which events they set off, on every pot,
position, side, index, order, auction and vault share. A failure lists the commands that led to it.
"""

from collections import Counter
from functools import cache
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fuzz_report
from auditor.compare import MARKET, Pair
from auditor.money import DOLLAR, MINUTE, PRICE, TOKEN
from auditor.storm import KINDS, Storm, worlds
from seawall.engine.designs.layered import Params
from seawall.engine.reports import OracleParams, Report

WORLDS = sorted(worlds())
LIFE = 350
"""Commands after which a long run begins anew: a pool that was wiped out has little to show."""

SEEDS = {"defaults": 1, "guarded": 1, "small": 1, "thin": 2}
"""Long runs in each world."""

EVERYWHERE = {
    "add_margin: done",
    "advance: done",
    "bid: done",
    "cancel: done",
    "claim: done",
    "place: done",
    "quote: done",
    "remove_margin: done",
    "request_redeem: done",
    "supply: done",
    "withdraw: done",
    "Filled",
    "filled, market",
    "filled, limit",
    "filled, stop",
    "filled, take-profit",
    "filled, part",
    "filled, turning the position round",
    "limit order waits on, acceptable-price",
    "limit order waits on, beyond-depth",
    "Cancelled, acceptable-price",
    "Cancelled, beyond-depth",
    "Cancelled, cancelled",
    "Cancelled, initial-margin",
    "Cancelled, uncertain-price",
    "RungReached, auction",
    "RungReached, junior",
    "shortfall of the pool",
    "coupon in arrears",
    "vaults pay funding",
    "requests settled, junior whole",
    "requests settled, junior in part",
    "requests settled, senior whole",
    "requests settled, senior in part",
}
"""What must have happened in every world."""

SOMEWHERE = EVERYWHERE | {
    "AuctionEnded, called-off",
    "AuctionEnded, sold",
    "AuctionEnded, unsold",
    "Cancelled, adaptive-leverage",
    "Cancelled, adaptive-open-interest-cap",
    "Cancelled, in-auction",
    "Cancelled, order-too-small",
    "Cancelled, position-cap",
    "Cancelled, side-cap",
    "Cancelled, stale-price",
    "Cancelled, nothing-to-reduce",
    "Deleveraged",
    "Filled, short of the profit",
    "Halted, funding-breaker",
    "Halted, price-breaker",
    "InsuranceMoved, back",
    "InsuranceMoved, into the pool",
    "ReportRejected",
    "RungReached, partial-close",
    "VaultFlow, junior, settled at nothing",
    "filled, with the remainder",
    "limit order waits on, side-cap",
    "limit order waits on, stale-price",
    "limit order waits on, uncertain-price",
    "partial close cut to the pace",
    "partial close waits",
    "restart_vault: done",
    "supply: refused, entry-gate",
    "supply: refused, stale-price",
    "supply: refused, worthless-vault",
    "request_redeem: refused, exit-gate",
}
"""What must have happened in one world or another."""


def tell(fuzzer: str, world: str, counted: Counter[str]) -> None:
    for action, times in counted.items():
        fuzz_report.count(fuzzer, action, times, world)


def intents():
    numbers = [st.integers(0, 999)] * 5
    kinds = st.sampled_from([kind for kind, weight in KINDS.items() for _ in range(weight)])
    return st.tuples(kinds, *numbers)


@pytest.mark.parametrize("world", WORLDS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(run=st.lists(intents(), min_size=25, max_size=80))
def test_engine_and_auditor_agree_after_every_command(world, run):
    storm = Storm(worlds()[world])
    try:
        storm.run(run)
    finally:
        tell("auditor, at random", world, storm.pair.counted)


@cache
def long_storm(world: str) -> Counter[str]:
    """What long runs through a world set off; the same commands every time."""
    counted: Counter[str] = Counter()
    for seed in range(SEEDS[world]):
        dice = Random(f"{world} {seed}")
        for _ in range(3_000 // LIFE):
            storm = Storm(worlds()[world])
            kinds = dice.choices(list(KINDS), list(KINDS.values()), k=LIFE)
            storm.run((kind, *(dice.randrange(1000) for _ in range(5))) for kind in kinds)
            counted += storm.pair.counted
    tell("auditor, long storms", world, counted)
    return counted


@pytest.mark.parametrize("world", WORLDS)
def test_a_long_storm_moves_everything_that_moves(world):
    assert sorted(EVERYWHERE - long_storm(world).keys()) == []


def test_long_storms_reach_every_rung_and_every_vault_path():
    reached = set().union(*map(long_storm, WORLDS))
    assert sorted(SOMEWHERE - reached) == []


def crowded(price):
    """A pool of 140,000 dollars that owes a long twice as much as a short owes it."""
    params = Params(
        oracle=OracleParams(quorum=1, jump=0), insurance_share=0, treasury_share=9999 * 10**8
    )
    pair = Pair(params)
    lender, long, short = (pair.do("open_account") for _ in range(3))
    for account in (lender, long, short):
        pair.do("deposit", account, 10**6 * DOLLAR)
    now = 1_700_000_000_000

    def minute(at):
        nonlocal now
        now += MINUTE
        pair.do("advance", now, {MARKET: [Report("a", at, now)]})

    minute(10 * PRICE)
    pair.do("supply", MARKET, "junior", lender, 140_000 * DOLLAR)
    pair.do("place", MARKET, long, 10_000 * TOKEN, 100_000 * DOLLAR)
    pair.do("place", MARKET, short, -4_900 * TOKEN, 300_000 * DOLLAR)
    minute(10 * PRICE)
    for _ in range(5):
        minute(price)
    return pair, long, short, minute


def test_a_winner_is_paid_in_full_with_what_losers_owe_while_the_pool_is_solvent():
    pair, long, short, minute = crowded(34 * PRICE)
    pair.do("place", MARKET, long, -10_000 * TOKEN, 0, reduce_only=True)
    minute(34 * PRICE)
    assert pair.counted["loser called in"] == 1
    assert pair.counted["Filled, short of the profit"] == 0
    assert pair[MARKET].positions.keys() == {short}


def test_of_an_insolvent_pool_a_winner_gets_a_share_and_receivers_of_funding_get_what_there_is():
    pair, long, _, minute = crowded(42 * PRICE)
    pair.do("place", MARKET, long, -10_050 * TOKEN, 0)
    minute(42 * PRICE)
    assert pair.counted["Cancelled, pool-short"] == 1
    pair.do("place", MARKET, long, -10_000 * TOKEN, 0)
    minute(42 * PRICE)
    assert pair.counted["Filled, short of the profit"] == 1
    minute(42 * PRICE)
    assert pair.counted["funding cut to what there is"] > 0


def test_what_neither_margin_nor_pool_can_pay_of_accrual_is_owed_by_nobody():
    params = Params(funding_max=10**11, insurance_share=0, treasury_share=10**12)
    pair = Pair(params=params)
    lender, long = pair.do("open_account"), pair.do("open_account")
    now = 1_700_000_000_000
    for account in (lender, long):
        pair.do("deposit", account, 100 * DOLLAR)
    pair.do("supply", MARKET, "junior", lender, 100 * DOLLAR)
    for pause in (0, 1, 24 * 60):
        now += pause * MINUTE
        pair.do("advance", now, {MARKET: [Report("a", PRICE, now)]})
        pair.do("place", MARKET, long, 80 * TOKEN, 20 * DOLLAR)
    assert pair.counted["RungReached, junior"] == 1
    assert pair[MARKET].holds("cash") == 0
    assert pair[MARKET].shortfall > 0


def test_the_auditor_notices_a_single_unit_in_the_wrong_pot():
    pair, *_ = crowded(10 * PRICE)
    pool = pair.engine.market(MARKET).desk.pool
    pool.cash.pay(pool.reserve, 1)
    with pytest.raises(AssertionError, match=r"M cash: engine .*\nM reserve: engine "):
        pair.do("quote", MARKET, TOKEN)


def test_orders_that_contradict_themselves_are_refused_alike():
    pair, long, *_ = crowded(10 * PRICE)
    for options in (
        {"kind": "iceberg"},
        {"trigger": 5},
        {"kind": "stop"},
        {"kind": "limit", "trigger": 10**18},
        {"acceptable": -1},
        {"acceptable": 10**18},
    ):
        assert pair.do("place", MARKET, long, TOKEN, 0, **options) is None


@pytest.mark.parametrize("size", [10**18, -(10**18), 10**17, -(10**13)])
@pytest.mark.parametrize("price", [1, 10**3, 10 * PRICE, 10**16])
def test_no_order_is_too_large_for_the_keeper(size, price):
    """An order that no pool could fill is cancelled or cut; it never stops the market."""
    pair, long, _, minute = crowded(10 * PRICE)
    for options in (
        {"partial": True},
        {"partial": True, "acceptable": 10**17},
        {"kind": "limit", "trigger": 10**17 if size > 0 else 1},
        {"kind": "stop", "trigger": 1 if size > 0 else 10**17, "partial": True},
    ):
        pair.do("place", MARKET, long, size, 0, **options)
    minute(price)
    minute(price)

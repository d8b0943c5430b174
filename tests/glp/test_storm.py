"""The pool in a storm: its providers bring dollars and tokens, and everything adds up in both."""

import pytest

from seawall import designs as registry
from seawall.engine.fixed import DOLLAR, PRICE, TOKEN
from seawall.engine.reports import Report
from seawall.engine.venue import KEEPER_ACCOUNT, TREASURY_ACCOUNT, Venue
from seawall.storm import crash_path
from seawall.storm.crowd import draw, tape
from seawall.storm.in_kind import OwnToken
from seawall.storm.measure import conservation
from seawall.storm.population import load_population
from seawall.storm.result import Row
from seawall.storm.run import Stage

CRASH = crash_path(
    depth="0.4", calm_minutes=40, fall_minutes=15, rebound="0.5", rebound_minutes=10,
    after_minutes=10, volatility=0.8, seed=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def crash() -> tuple[Stage, Row]:
    prices = tape(CRASH, 15_000)
    crowd = draw(load_population("crowd"), CRASH, prices, traders=300, seed=5)
    capital = 1_000_000 * int(DOLLAR)
    stage = Stage(registry.design("glp"), "none", CRASH, crowd, prices, 15_000, capital, "alt")
    run, rows = stage.run()
    assert run.conservation == 0
    return stage, rows[0]


def test_gains_add_up_to_nothing_in_dollars_and_in_tokens(crash: tuple[Stage, Row]) -> None:
    """GLP-BOOK-1, GLP-LP-1."""
    stage, row = crash
    venue = stage.venue
    assert sum(row.gains.values()) == 0
    assert conservation(stage.broker, [row]) == 0
    brought = sum(stage.broker.in_kind.values())
    assert brought > 0
    index = venue.treasury.index("BTC")
    assert brought == venue.treasury.minted(index)
    assert brought == sum(int(pot.amount) for pot in venue.pots() if pot.token == index)
    assert row.gains["unpaid"] == 0


def test_the_storm_reaches_liquidations_and_exits(crash: tuple[Stage, Row]) -> None:
    _, row = crash
    assert {rung.rung for rung in row.liquidations} >= {"over-leverage"}
    assert sum(rung.count for rung in row.liquidations) > 10
    assert row.interest.long_most > 0
    assert row.interest.short_most > 0
    assert row.income.total > 0


def test_what_the_treasury_and_the_keeper_gained_is_in_their_purses(
    crash: tuple[Stage, Row],
) -> None:
    stage, row = crash
    venue = stage.venue
    token = OwnToken(venue, venue.market("BTC"))
    for name, account in (("treasury", TREASURY_ACCOUNT), ("keeper", KEEPER_ACCOUNT)):
        assert row.gains[name] == venue.wallet(account) + token.worth(token.held(account))


def test_a_token_is_worth_its_mark_and_no_remainder_is_lost() -> None:
    venue = Venue()
    market = registry.design("glp")("ETH")
    venue.list_market(market)
    venue.advance(1_000, {"ETH": [Report("feed", 3 * int(PRICE) // 2, 1_000)]})
    holder = venue.open_account()
    venue.deposit(holder, int(TOKEN) + 1, "ETH")
    token = OwnToken(venue, market)
    assert token.held(holder) == int(TOKEN) + 1
    assert token.worth(int(TOKEN)) == 3 * int(DOLLAR) // 2
    assert token.dust() == 0
    assert token.worth(33) + token.worth(34) == 0
    assert token.dust() == 1, "67 units are one whole millionth of a dollar"
    dollars_only = registry.design("layered")("BTC")
    venue.list_market(dollars_only)
    assert OwnToken(venue, dollars_only).held(holder) == 0

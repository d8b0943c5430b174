"""The real pool on Avalanche: our AUM and GLP price are what the chain reported, every minute."""

from fractions import Fraction
from pathlib import Path

import pytest

from seawall.engine.errors import BadScenario
from seawall.engine.fixed import DOLLAR, TOKEN
from seawall.engine.reports import Report
from seawall.storm.chain_glp import PoolState, TokenRow, build, read_states

FILE = "market/gmx_v1_avalanche_glp_1m.csv.gz"


@pytest.fixture(scope="module")
def states(market_data: Path) -> list[PoolState]:
    return read_states(market_data / FILE)


def test_aum_and_price_of_every_minute_are_the_chain_s(states: list[PoolState]) -> None:
    """GLP-AUM-1, GLP-CHAIN-1: to 1e-9 of the reported value, in all 1,440 minutes."""
    assert len(states) == 1_440
    worst = Fraction(0)
    for state in states:
        venue, markets = build(state)
        aum = markets["WETH"].aum(True)
        apart = abs(Fraction(aum, 10**6) / Fraction(state.reported_aum, 10**30) - 1)
        worst = max(worst, apart)
        price = markets["WETH"].glp_price(True) / 1e10
        assert price == pytest.approx(state.reported_price, rel=1e-9)
    assert worst <= Fraction(1, 10**9)
    venue.audit()


def test_a_loaded_pool_can_be_traded_on(states: list[PoolState]) -> None:
    """GLP-CHAIN-1, GLP-CHAIN-2: positions of one's own stand beside the recorded sums."""
    venue, markets = build(states[0])
    market = markets["WETH"]
    trader = venue.open_account()
    venue.deposit(trader, 10_000 * int(DOLLAR))
    price = states[0].tokens["WETH"].price
    aum = market.aum(True)
    venue.place("WETH", trader, 10 * int(TOKEN), 5_000 * int(DOLLAR))
    for name in markets:
        venue.advance(
            states[0].time + 1_000,
            {name: [Report("chain", states[0].tokens[name].price, states[0].time + 1_000)]},
        )
    venue.audit()
    view = market.position(trader)
    assert view is not None
    assert view.entry == pytest.approx(10 * price // 10**4, rel=1e-6)
    assert market.aum(True) == pytest.approx(aum, rel=1e-8)
    assert market.token("WETH").reserved > states[0].tokens["WETH"].reserved


def test_a_file_that_is_no_pool_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("timestamp,price\n2024-10-15 00:00:00,1\n")
    with pytest.raises(BadScenario, match="no column"):
        read_states(path)


def test_a_state_is_loaded_once_and_only_with_the_money_for_it() -> None:
    """GLP-CHAIN-2."""
    row = TokenRow(price=10**10, pool=0, reserved=0, debt=0, weight=1)
    tokens = dict.fromkeys(("BTC.b", "WETH", "WBTC", "WAVAX", "USDC.e", "MIM"), row)
    tokens["USD"] = TokenRow(price=10**10, pool=10**9, reserved=0, debt=10**9, weight=1)
    venue, markets = build(PoolState(1_728_950_400_000, 10**9, 10**9, 0, 1.0, tokens))
    market = markets["WETH"]
    assert market.glp_price(True) == 10**10
    with pytest.raises(Exception, match="pool-in-use"):
        market.restore(2, [], 0, 1)
    venue.audit()

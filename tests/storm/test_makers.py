"""Market makers: they quote round the price, wider as it moves, and step away from a storm."""

import numpy as np
import pytest

from seawall.designs import DESIGNS
from seawall.storm.crowd import draw, tape
from seawall.storm.makers import MakerAgents, Volatility
from seawall.storm.population import load_population
from seawall.storm.run import Stage, run_storm
from seawall.storm.scenario import MarketFacts, Scenario, Series, build

RESTING = [name for name, design in DESIGNS.items() if design("probe").rests_orders()]
SECOND = 1_000
TICK = 15 * SECOND


def scenario(prices: list[float]) -> Scenario:
    """One market, one source, a price every 15 seconds."""
    times = np.arange(len(prices), dtype=np.int64) * TICK
    line = Series("BTC", "spot", times, np.array([round(p * 10**10) for p in prices]), TICK)
    return build("path", "a path", ["made up"], {"BTC": MarketFacts()}, TICK, [line])


def stage_of(prices: list[float], design: str) -> tuple[Stage, MakerAgents]:
    """A venue with its makers and nobody else who trades."""
    storm = scenario(prices)
    people = load_population("crowd")
    line = tape(storm, TICK)
    crowd = draw(people, storm, line, traders=0, seed=1)
    stage = Stage(DESIGNS[design], "none", storm, crowd, line, TICK, 14_000_000 * 10**6, None)
    makers = [agents for agents in stage.agents if isinstance(agents, MakerAgents)]
    assert len(makers) == 1
    return stage, makers[0]


def steps(stage: Stage, count: int) -> None:
    """The first ``count`` ticks."""
    stage.recorder = None
    stage.venue.listen()
    for index, (now, said) in enumerate(stage.scenario.ticks()):
        if index < count:
            stage._step(index, now, said, True)


def test_volatility_is_what_a_minute_moves() -> None:
    """A step of 1 % every 15 s is 2 % in a minute: the square root of four of them."""
    wind = Volatility(5.0)
    price, found = 100.0, 0.0
    for step in range(400):
        found = wind.see(step * TICK, price)
        price *= 1.01 if step % 2 else 1 / 1.01
    assert found == pytest.approx(0.02, rel=0.01)


def test_volatility_forgets() -> None:
    wind = Volatility(5.0)
    wind.see(0, 100.0)
    stirred = wind.see(TICK, 110.0)
    for step in range(2, 200):
        calm = wind.see(step * TICK, 110.0)
    assert 0 < calm < stirred / 50


@pytest.mark.parametrize("design", RESTING)
def test_in_a_calm_market_both_sides_are_quoted_close_to_the_price(design: str) -> None:
    stage, makers = stage_of([100.0] * 20, design)
    steps(stage, 20)
    market = stage.venue.market("BTC")
    assert makers.absent == 0
    own = {account for _, account in market.own_accounts()}
    assert own & {maker.account for maker in makers.makers}, "nobody quotes for the vault"
    quote = market.quote(10**8)
    assert 0 < quote.all_in - market.mark() < market.mark() // 200


@pytest.mark.parametrize("design", RESTING)
def test_beyond_their_limit_of_volatility_they_step_away_and_come_back(design: str) -> None:
    crash = [100.0] * 8 + [100.0 * 0.97**step for step in range(1, 13)]
    stage, makers = stage_of([*crash, *([crash[-1]] * 4)], design)
    seen = []
    for index, (now, said) in enumerate(stage.scenario.ticks()):
        stage.recorder = None
        stage._step(index, now, said, True)
        seen.append(all(maker.sent == (0.0, 0.0) for maker in makers.makers))
    assert not any(seen[1:8])
    assert all(seen[12:20])
    assert makers.absent > 0


@pytest.mark.parametrize("design", RESTING)
def test_a_full_inventory_moves_the_quotes_against_it(design: str) -> None:
    stage, makers = stage_of([100.0] * 20, design)
    stage.venue.listen()
    stage.recorder = None
    ticks = list(stage.scenario.ticks())
    for index in range(6):
        stage._step(index, *ticks[index], True)
    before = {maker.account: maker.sent[0] for maker in makers.makers}
    buyer = stage.broker.enrol("traders", "BTC", 3_000_000 * 10**6)
    stage.broker.order(buyer, 4_000 * 10**8, 1_000_000 * 10**6)
    for index in range(6, 10):
        stage._step(index, *ticks[index], True)
    moved = [maker for maker in makers.makers if maker.held < 0]
    assert moved, "nobody sold"
    assert all(maker.sent[0] > before[maker.account] for maker in moved)


@pytest.mark.parametrize("design", RESTING)
def test_jelly_leaves_the_vault_with_the_published_short_and_losses(design: str) -> None:
    """HL-33: 398,191,926 short at about 0.0113; 10,315,560 at 0.037188, 12 M at 0.0414."""
    result = run_storm("jelly", [design])
    assert result.runs[0].conservation == 0
    row = result.rows[0]
    first, second = (found.takeover for found in row.at_marks)
    assert first is not None
    assert second is not None
    assert (first.rung, first.size) == ("backstop", -398_191_926 * 10**8)
    assert first.price == pytest.approx(113_000_000, rel=0.01)
    assert first.result == pytest.approx(-10_315_560 * 10**6, rel=0.01)
    assert second.result == pytest.approx(-12_000_000 * 10**6, rel=0.01)
    liquidator = next(found for found in row.inherited if found.role == "liquidator")
    assert liquidator.size <= first.size
    assert row.gains["makers"] != 0
    assert sum(row.gains.values()) == 0


def test_elsewhere_nobody_quotes() -> None:
    others = [name for name in DESIGNS if name not in RESTING]
    _, makers = stage_of([100.0] * 3, others[0])
    assert makers.makers == []

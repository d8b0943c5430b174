"""Storms from end to end: the books close, the same storm gives the same numbers, guards hold."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from seawall.designs import DESIGNS
from seawall.engine.errors import BadParameters, BadScenario, Refusal, SeawallError
from seawall.storm import Scenario, crash_path, load_candles, load_event
from seawall.storm.crowd import draw, tape
from seawall.storm.population import Population, load_population
from seawall.storm.result import Row
from seawall.storm.run import StormResult, run_storm
from seawall.storm.scenario import Series, build
from seawall.storm.stage import Stage

DESIGN = next(iter(DESIGNS))
CRASH = crash_path(
    depth="0.5", calm_minutes=30, fall_minutes=12, rebound="0.8", rebound_minutes=30,
    after_minutes=20, volatility=1.0, seed=1, market="AVAX", start_price=28,
)  # fmt: skip
SHORT = crash_path(calm_minutes=5, fall_minutes=10, rebound=0, after_minutes=5)


def hard(**more: object) -> StormResult:
    """A crowd far too large for the capital that stands behind it."""
    settings: dict[str, object] = {"designs": [DESIGN]} | more
    return run_storm(CRASH, traders=900, capital=500_000, **settings)  # type: ignore[arg-type]


def rungs(row: Row) -> set[str]:
    return {rung.rung for rung in row.liquidations}


@pytest.fixture(scope="module")
def storm() -> StormResult:
    return hard()


@pytest.fixture(scope="module")
def jelly() -> dict[str, Row]:
    result = run_storm("jelly", [DESIGN], traders=40, guards=["none", "position-cap", "hybrid"])
    return {row.guards: row for row in result.rows}


def test_a_storm_that_empties_a_vault_still_adds_up_to_nothing(storm: StormResult) -> None:
    row = storm.rows[0]
    assert row.layers[0].worst > row.layers[0].put_in // 2
    assert {"auction", "junior"} <= rungs(row)
    assert storm.runs[0].conservation == 0
    assert sum(row.gains.values()) == 0


def test_the_same_seed_gives_the_same_document(storm: StormResult) -> None:
    assert hard().json() == storm.json()


def test_another_seed_gives_another_storm(storm: StormResult) -> None:
    other = hard(seed=2)
    assert other.runs[0].digest != storm.runs[0].digest
    assert other.runs[0].conservation == 0


def test_a_result_is_read_back_from_its_document(storm: StormResult) -> None:
    assert msgspec.json.decode(storm.json(), type=StormResult) == storm


def test_a_result_holds_all_that_it_follows_from(storm: StormResult) -> None:
    chosen = storm.configuration
    assert (chosen.seed, chosen.traders, chosen.capital) == (1, 900, 500_000_000_000)
    assert chosen.population == load_population("crowd")
    assert chosen.presets == {"AVAX": "alt"}
    assert chosen.scenario.reports == len(CRASH.time)
    run = storm.runs[0]
    assert run.design == DESIGN
    tiers = run.parameters["AVAX"]["tiers"]["tiers"]
    assert tiers[0] == {
        "leverage": 20, "limit": 250_000_000_000, "maintenance": 25_000_000_000
    }  # fmt: skip
    assert run.deposits > chosen.capital


def test_every_set_of_guards_is_a_row_and_meets_the_same_people() -> None:
    guards = ["none", "price-breaker", "hybrid"]
    result = run_storm(SHORT, [DESIGN], traders=30, guards=guards)
    assert [row.guards for row in result.rows] == guards
    assert len({run.deposits for run in result.runs}) == 1
    assert [run.conservation for run in result.runs] == [0, 0, 0]


def test_plans_do_not_know_the_venue() -> None:
    prices = tape(CRASH, CRASH.tick)
    crowd = draw(load_population("crowd"), CRASH, prices, traders=60, seed=4)
    before = [getattr(crowd.intents, name).copy() for name in ("time", "trader", "long")]
    people = []
    for guards, preset in (("none", "major"), ("hybrid", "micro")):
        stage = Stage(DESIGNS[DESIGN], guards, CRASH, crowd, prices, CRASH.tick, 10**12, preset)
        stage.run()
        people.append((stage.broker.kind, stage.broker.home, stage.broker.paid_in))
    assert people[0] == people[1]
    after = [getattr(crowd.intents, name) for name in ("time", "trader", "long")]
    assert all((one == other).all() for one, other in zip(before, after, strict=True))


def test_all_markets_of_a_scenario_stand_in_one_venue() -> None:
    event = load_event("october-2025").between("2025-10-10T20:50:00Z", "2025-10-10T21:25:00Z")
    result = run_storm(event, [DESIGN], traders=100)
    assert [(row.market, row.preset) for row in result.rows] == [("BTC", "major"), ("ETH", "major")]
    assert len(result.runs) == 1
    assert result.runs[0].conservation == 0
    assert all(sum(row.gains.values()) == 0 for row in result.rows)
    assert all(row.liquidations for row in result.rows)


def test_jelly_without_guards_is_an_attack_that_pays(jelly: dict[str, Row]) -> None:
    row = jelly["none"]
    million = 10**12
    assert row.gains["attacker"] > 4 * million
    assert row.layers[0].end == -row.layers[0].put_in
    assert row.layers[1].worst > 0
    assert row.interest.short_most > 4 * million
    assert row.deleveraging.count > 0
    assert row.cover_least == 0


def test_winners_who_are_deleveraged_are_paid_in_full(jelly: dict[str, Row]) -> None:
    cuts = jelly["none"].deleveraging
    assert (cuts.taken, cuts.withheld) == (0, 0)
    assert cuts.profit > 10**12


@pytest.mark.parametrize(
    ("guards", "code"),
    [("hybrid", "adaptive-open-interest-cap"), ("position-cap", "position-cap")],
)
def test_guards_stop_the_short_on_jelly(jelly: dict[str, Row], guards: str, code: str) -> None:
    row = jelly[guards]
    assert row.orders["attacker"].cancelled == {code: 3}
    assert row.orders["attacker"].filled == 0
    assert row.gains["attacker"] == 0
    assert row.interest.short_most < 2 * 10**12
    assert row.layers[1].worst == 0


def test_losses_are_looked_up_at_the_marks_for_which_they_were_published(
    jelly: dict[str, Row],
) -> None:
    row = jelly["none"]
    assert [found.price for found in row.at_marks] == [371_880_000, 414_180_000]
    for found in row.at_marks:
        assert found.price <= found.mark <= found.price * 11 // 10
        assert set(found.vaults) == {layer.vault for layer in row.layers}
        assert 0 > sum(found.vaults.values()) >= -sum(layer.worst for layer in row.layers)


def test_the_settlement_of_another_venue_is_no_price_of_jelly(jelly: dict[str, Row]) -> None:
    assert jelly["none"].prices.last == 375_550_000


def test_a_keeper_with_few_actions_leaves_more_bad_debt() -> None:
    people = load_population("crowd")
    slow = msgspec.structs.replace(people.keeper, actions_per_minute=4)
    starved = hard(population=msgspec.structs.replace(people, keeper=slow)).rows[0]
    assert starved.bad_debt > hard().rows[0].bad_debt > 0
    assert sum(starved.gains.values()) == 0


def test_owners_who_run_ask_to_leave_and_are_paid() -> None:
    people = load_population("crowd")
    flight = msgspec.structs.replace(people.providers, run=1.0, drawdown=0.01)
    row = hard(population=msgspec.structs.replace(people, providers=flight)).rows[0]
    senior = row.layers[1]
    assert row.layers[0].exits_asked > 0
    assert senior.exits_paid > 0 or senior.exits_asked == 0
    assert sum(row.gains.values()) == 0


def test_bidders_take_what_leaves_them_their_discount() -> None:
    people = load_population("crowd")
    keen = msgspec.structs.replace(people.bidders, discount=0.001, capital=0.5)
    slow = crash_path(depth="0.5", calm_minutes=20, fall_minutes=120, rebound=0, after_minutes=60)
    population = msgspec.structs.replace(people, bidders=keen)
    row = run_storm(slow, [DESIGN], population=population, traders=900, capital=1_000_000).rows[0]
    assert row.auctions.slices > 0
    assert row.auctions.discount > 0
    assert row.orders["bidders"].opened == row.auctions.dollars
    assert row.gains["bidders"] + row.hedges["bidders"] > 0
    assert row.auctions.opened >= row.auctions.sold + row.auctions.called_off + row.auctions.unsold


def test_against_an_oracle_that_reports_first_an_arbitrageur_gains_nothing() -> None:
    plain, smoothed = run_storm(
        CRASH, [DESIGN], traders=0, capital=1_000_000, guards=["none", "hybrid"], preset="major"
    ).rows
    assert plain.gains["arbitrageur"] == 0
    assert smoothed.orders["arbitrageur"].filled > 0


@pytest.mark.parametrize("name", DESIGNS)
def test_every_design_adds_up_to_nothing(name: str) -> None:
    result = run_storm(CRASH, [name], traders=300, capital=300_000, guards=["none", "hybrid"])
    assert [run.conservation for run in result.runs] == [0, 0]
    assert [sum(row.gains.values()) for row in result.rows] == [0, 0]
    assert all(row.liquidations for row in result.rows)


def test_an_arbitrageur_carries_a_mark_of_the_venues_own_to_the_price() -> None:
    """VAM-ARB-1: the same crowd and the same curve, with capital to arbitrage and without."""
    crowd = load_population("crowd")
    alone = msgspec.structs.replace(
        crowd, arbitrageur=msgspec.structs.replace(crowd.arbitrageur, capital=1e-6)
    )
    low = float(tape(SHORT, 15_000).prices[SHORT.markets[0]].min())
    held, free = (
        run_storm(SHORT, ["vamm"], population, traders=20).rows[0] for population in (crowd, alone)
    )
    assert held.prices.low == pytest.approx(low, rel=0.005)
    assert free.prices.low > 1.05 * low
    assert held.orders["arbitrageur"].filled > 0
    assert held.gains["arbitrageur"] != 0


def test_an_arbitrageur_adds_margin_before_its_own_way_out_liquidates_it() -> None:
    """VAM-ARB-2: most of the curve's reserve is traded against it, and it stands."""
    crowd = load_population("crowd")
    row = run_storm(CRASH, ["vamm"], traders=900, capital=1_000_000, preset="major").rows[0]
    capital = int(10**12 * crowd.arbitrageur.capital)
    assert row.gains["arbitrageur"] > -capital // 2
    assert row.anchor.held_most > 2 * capital
    assert row.anchor.charges > 0
    assert 0 < row.anchor.off_mean < 10**11


def test_time_passes_inside_long_bars() -> None:
    slow = crash_path(tick_s=300, calm_minutes=30, fall_minutes=30, after_minutes=30)
    assert run_storm(slow, [DESIGN], traders=5).configuration.tick == 15_000
    assert run_storm(slow, [DESIGN], traders=5, tick=60_000).configuration.tick == 60_000
    with pytest.raises(BadScenario, match="at most 300 s"):
        run_storm(slow, traders=5, tick=600_000)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"designs": ["orderbok"]}, "no design 'orderbok'; there are"),
        ({"guards": "hybrd"}, "guards hybrd: must be one of none"),
        ({"preset": "minor"}, "preset 'minor': must be one of major, alt, micro"),
        ({"population": "nobody"}, "there are crowd, jelly"),
        ({"seed": -1}, "seed -1"),
        ({"capital": 10}, "capital 10"),
        ({"traders": -1}, "traders -1"),
    ],
)
def test_what_cannot_be_run_is_named(fields: dict[str, object], told: str) -> None:
    with pytest.raises(BadParameters) as refusal:
        run_storm(SHORT, **fields)  # type: ignore[arg-type]
    assert told in str(refusal.value)


def test_capital_that_a_vault_cannot_take_is_refused_and_not_counted() -> None:
    with pytest.raises(Refusal, match="above"):
        run_storm(SHORT, traders=1, capital=10**11)


def test_an_unknown_event_is_named() -> None:
    with pytest.raises(SeawallError, match="there are jelly, october-2025"):
        run_storm("jely")


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[str, int, int]] = []
    run_storm(SHORT, [DESIGN], traders=2, progress=lambda *step: told.append(step))
    ticks = (SHORT.end - SHORT.start) // 15_000 + 1
    assert told[-1] == (DESIGN, ticks, ticks)
    assert [done for _, done, _ in told] == sorted({done for _, done, _ in told})


def _october(folder: Path) -> Scenario:
    files = [
        str(folder / "market" / name)
        for name in ("oct2025_binance_perp_5m.parquet", "oct2025_bybit_perp_5m.parquet")
    ]
    return load_candles(files, symbols=["AVAX"], start="2025-10-10T20:30", end="2025-10-10T22:00")


def test_real_candles_of_two_venues_run_and_hurt(market_data: Path) -> None:
    result = run_storm(
        _october(market_data), [DESIGN], traders=1500, capital=1_500_000, preset="major"
    )
    row = result.rows[0]
    assert result.runs[0].conservation == 0
    assert row.bad_debt > 0
    assert row.layers[0].worst > 0
    assert row.prices.low < row.prices.first // 2
    assert {"auction", "junior"} <= rungs(row)


def test_a_population_may_be_an_object(storm: StormResult) -> None:
    people: Population = load_population("crowd")
    assert hard(population=people).runs[0].digest == storm.runs[0].digest


def test_a_market_whose_price_comes_later_is_stood_behind_from_then_on() -> None:
    """Half of some vaults' capital is the token, which nobody can bring before it has a price."""
    count, late = 120, 40
    times = np.arange(count) * 15_000
    steady = np.full(count, 100 * 10**10, dtype=np.int64)
    lines = [
        Series("BTC", "feed", times, steady, 15_000),
        Series("ETH", "feed", times[late:], steady[late:] // 50, 15_000),
    ]
    storm = build("late", "one market opens later", ["made up"], {}, 15_000, lines)
    result = run_storm(storm, traders=40)
    assert [run.conservation for run in result.runs] == [0] * len(DESIGNS)
    for row in result.rows:
        assert sum(layer.put_in for layer in row.layers) > 13_000_000 * 10**6
        assert all(layer.worst < layer.put_in // 100 for layer in row.layers)

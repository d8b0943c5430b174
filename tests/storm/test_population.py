"""Populations: plans follow from the scenario and the seed alone, and are what the file says."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from seawall.engine.errors import BadParameters
from seawall.storm import Scenario, Series, build, crash_path, load_event
from seawall.storm.crowd import CLASSES, Crowd, Tape, draw, tape
from seawall.storm.population import Population, attack_at, load_population, populations

CROWD = load_population("crowd")
TICK = 15_000
HOUR = 3_600_000


def crash(depth: str = "0.3", **more: object) -> Scenario:
    return crash_path(depth=depth, calm_minutes=240, after_minutes=240, **more)  # type: ignore[arg-type]


def drawn(population: Population, scenario: Scenario, traders: int = 800, seed: int = 1) -> Crowd:
    return draw(population, scenario, tape(scenario, TICK), traders=traders, seed=seed)


def changed(part: str, **fields: object) -> Population:
    table = msgspec.structs.replace(getattr(CROWD, part), **fields)
    return msgspec.structs.replace(CROWD, **{part: table})


def same_plans(one: Crowd, other: Crowd) -> bool:
    columns = ("time", "trader", "opens", "long", "dollars")
    return all(
        np.array_equal(getattr(one.intents, name), getattr(other.intents, name)) for name in columns
    )


def flat(prices: list[int], source: str = "here", start: int = 0) -> Series:
    times = start + TICK * np.arange(len(prices), dtype=np.int64)
    return Series("BTC", source, times, np.array(prices, dtype=np.int64), TICK)


def test_every_shipped_population_says_what_it_is() -> None:
    assert populations() == ["crowd", "jelly"]
    for name in populations():
        population = load_population(name)
        assert population.name == name
        assert len(population.description) > 50


SHIPPED = Path(__file__).parents[2] / "src" / "seawall" / "storm" / "data" / "populations"


def test_a_population_of_your_own_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text((SHIPPED / "crowd.toml").read_text().replace("count = 10000", "count = 12"))
    mine = load_population(path)
    assert (mine.name, mine.traders.count) == ("mine", 12)
    assert mine.balancers == CROWD.balancers


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("follow = 0.35", "follow = 1.5", "$.traders.follow"),
        ("follow = 0.35", "folow = 0.35", "no 'folow' in traders; there are count, "),
        ("count = 10000", "count = -1", "$.traders.count"),
        ("hold_hours = 3.0", "hold_hours = 0", "$.traders.hold_hours"),
        ("[keeper]", "[keepers]", "no 'keepers'; there are name, description, traders, balancers"),
        ("[keeper]", "[keeper", "mine"),
    ],
)
def test_a_slip_in_a_population_file_is_named(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    text = (SHIPPED / "crowd.toml").read_text()
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new))
    with pytest.raises(BadParameters) as refusal:
        load_population(path)
    assert told in str(refusal.value)


def test_an_unknown_population_names_those_there_are() -> None:
    with pytest.raises(BadParameters, match="there are crowd, jelly"):
        load_population("nobody")
    with pytest.raises(BadParameters, match="no such file"):
        load_population("nobody.toml")


def test_the_same_seed_gives_the_same_plans() -> None:
    storm = crash()
    one, other = drawn(CROWD, storm), drawn(CROWD, storm)
    assert same_plans(one, other)
    assert np.array_equal(one.purse, other.purse)
    assert np.array_equal(one.balancers[0].trait, other.balancers[0].trait)
    assert not same_plans(one, drawn(CROWD, storm, seed=2))


@pytest.mark.parametrize("part", ["balancers", "bidders", "providers"])
def test_other_figures_for_one_class_leave_the_plans_of_the_others(part: str) -> None:
    storm = crash()
    one, other = drawn(CROWD, storm), drawn(changed(part, count=7), storm)
    assert same_plans(one, other)
    kept = {"balancers", "bidders", "providers"} - {part}
    for name in kept:
        assert np.array_equal(getattr(one, name)[0].parts, getattr(other, name)[0].parts)
    assert len(getattr(other, part)[0].parts) == 7


def test_a_trader_opens_and_closes_in_turn_inside_the_storm() -> None:
    storm = crash()
    intents = drawn(CROWD, storm).intents
    assert np.all(np.diff(intents.time) >= 0)
    assert intents.time.min() >= storm.start
    assert intents.time.max() <= storm.end
    for trader in range(200):
        rows = intents.trader == trader
        opens = intents.opens[rows]
        assert np.array_equal(opens, np.arange(len(opens)) % 2 == 0)
        times = intents.time[rows]
        assert np.all(np.diff(times) >= 60_000)
        long = intents.long[rows]
        assert np.array_equal(long[1::2], long[: len(long) - 1 : 2])


def test_sizes_margins_and_purses_keep_the_file_s_bounds() -> None:
    rules = CROWD.traders
    crowd = drawn(CROWD, crash(), traders=3000)
    dollars = crowd.intents.dollars / 1e6
    assert dollars.max() <= rules.dollars_most
    assert np.median(dollars) == pytest.approx(rules.dollars, rel=0.15)
    sizes = np.zeros(3000)
    sizes[crowd.intents.trader] = crowd.intents.dollars
    traded = sizes > 0
    leverage = sizes[traded] / crowd.margin[traded]
    assert leverage.max() <= rules.leverage_most * 1.001
    assert leverage.min() >= 0.999
    assert np.median(leverage) == pytest.approx(rules.leverage, rel=0.15)
    assert np.all(crowd.purse >= crowd.margin)


def test_shares_of_the_file_are_shares_of_the_crowd() -> None:
    rules = CROWD.traders
    crowd = drawn(CROWD, crash(), traders=5000)
    styles = np.bincount(crowd.style, minlength=len(CLASSES)) / 5000
    assert styles[1:] == pytest.approx([rules.follow, rules.fade], abs=0.03)
    assert crowd.adds.mean() == pytest.approx(rules.add_margin, abs=0.03)
    assert np.isfinite(crowd.stop).mean() == pytest.approx(rules.stop, abs=0.03)
    assert crowd.stop.min() > 0
    early = crowd.intents.opens & (
        crowd.intents.time < crowd.intents.time.min() + rules.opening_minutes * 60_000 * 0.9
    )
    assert crowd.intents.long[early].mean() == pytest.approx(rules.opening_long, abs=0.06)


def test_traders_are_spread_over_the_markets_of_a_storm() -> None:
    storm = load_event("october-2025")
    crowd = drawn(CROWD, storm, traders=1001)
    assert np.bincount(crowd.market).tolist() == [501, 500]
    assert len(crowd.balancers) == len(crowd.bidders) == len(crowd.providers) == 2


def test_followers_take_the_side_of_the_trend_and_faders_the_other() -> None:
    population = changed("traders", trend_minutes=30, trend_before=0.0, idle_hours=1.0)
    storm = crash(fall_minutes=120)
    crowd = drawn(population, storm, traders=3000)
    intents = crowd.intents
    fall = storm.start + 4 * HOUR
    during = intents.opens & (intents.time > fall + HOUR // 2) & (intents.time < fall + 2 * HOUR)
    styles = crowd.style[intents.trader]
    assert during.sum() > 300
    assert not intents.long[during & (styles == 1)].any()
    assert intents.long[during & (styles == 2)].all()
    undecided = intents.long[during & (styles == 0)].mean()
    assert undecided == pytest.approx(population.traders.long, abs=0.1)


def test_a_trend_before_the_storm_makes_the_followers_long_at_its_start() -> None:
    population = changed("traders", idle_hours=0.5)
    crowd = drawn(population, crash(), traders=2000)
    intents = crowd.intents
    calm = intents.opens & (intents.time < intents.time.min() + 3 * HOUR)
    calm &= intents.time > intents.time.min() + HOUR
    followers = crowd.style[intents.trader] == 1
    assert intents.long[calm & followers].all()


def test_people_come_faster_when_the_market_is_fast() -> None:
    storm = crash(volatility=0.3, fall_minutes=60)
    fall = storm.start + 4 * HOUR

    def arrivals(rush: float) -> float:
        population = changed("traders", rush=rush, opening_minutes=1)
        intents = drawn(population, storm, traders=4000).intents
        times = intents.time[intents.opens]
        return float(((times > fall) & (times < fall + HOUR)).sum())

    assert arrivals(4.0) > 1.8 * arrivals(1.0)


def test_parts_of_a_class_add_up_and_runners_have_a_limit() -> None:
    crowd = drawn(changed("providers", count=2000), crash(), traders=0)
    for group in (crowd.balancers[0], crowd.bidders[0], crowd.providers[0]):
        assert group.parts.sum() == pytest.approx(1)
        assert group.parts.min() > 0
    runs = np.isfinite(crowd.providers[0].trait)
    assert runs.mean() == pytest.approx(CROWD.providers.run, abs=0.05)
    assert len(crowd.intents) == 0


def test_the_published_price_is_the_median_of_the_sources_that_speak() -> None:
    storm = build(
        "three", "a test", [], {}, TICK,
        [flat([100, 100, 100], "a"), flat([104, 106], "b"), flat([110, 110, 110, 120, 120], "c")],
    )  # fmt: skip
    # after its last report a source counts for a cadence and a tick
    assert tape(storm, TICK).prices["BTC"].tolist() == [104.0, 106.0, 106.0, 106.0, 110.0]


def test_a_market_without_a_price_yet_stands_at_nothing() -> None:
    late = Series("ETH", "a", np.array([2 * TICK]), np.array([50]), TICK)
    storm = build("two", "a test", [], {}, TICK, [flat([100, 100, 100, 100]), late])
    assert tape(storm, TICK).prices["ETH"].tolist() == [0.0, 0.0, 50.0, 50.0]


def test_a_move_is_measured_from_the_past_the_tape_knows_and_from_the_mood_before() -> None:
    grid = np.arange(5, dtype=np.int64) * 1000
    found = Tape(grid, {"BTC": np.array([100.0, 110.0, 121.0, 121.0, 60.5])})
    times = np.array([1000.0, 2000.0, 4000.0])
    assert found.back("BTC", times, 1000).tolist() == pytest.approx([0.1, 0.1, -0.5])
    assert found.back("BTC", np.array([0.0]), 1000, 0.2).tolist() == pytest.approx([0.25])
    assert found.back("BTC", np.array([0.0]), 1000).tolist() == [0.0]


def test_the_attack_on_jelly_is_the_published_one() -> None:
    attack = load_population("jelly").attack
    short = next(step for step in attack if step.tokens < 0)
    assert (short.tokens, short.dollars) == (-430_000_000, 3_500_000)
    opened = [step for step in attack if step.do == "open"]
    assert sum(step.dollars for step in opened) == pytest.approx(7_170_000)
    assert {attack_at(step) for step in opened} == {load_event("jelly").start}
    assert all(step.source for step in attack)

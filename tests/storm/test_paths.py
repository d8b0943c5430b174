"""Generated paths: shaped as asked, seeded, the same for the same seed; and the scenario itself."""

import math
import pickle
import re
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.engine.errors import BadParameters, BadScenario
from seawall.engine.fixed import MAX_PRICE
from seawall.storm import (
    MarketFacts,
    Series,
    brownian_path,
    build,
    crash_path,
    jump_path,
    load_event,
)
from seawall.storm.paths import geometric
from seawall.storm.units import iso, parse_time, span, to_dollars, to_price

PATHS = [brownian_path, jump_path, crash_path]


def logs(scenario):
    return np.diff(np.log(scenario.price / 10**10))


# paths


@pytest.mark.parametrize("path", PATHS)
def test_the_same_seed_gives_the_same_reports_and_another_seed_others(path):
    options = {"volatility": 0.9, "disagreement": 0.001, "sources": ["a", "b"]}
    first, again, other = path(seed=4, **options), path(seed=4, **options), path(seed=5, **options)
    assert list(first.ticks()) == list(again.ticks())
    assert list(first.ticks()) != list(other.ticks())


def test_a_path_is_the_same_on_every_machine():
    """The last prices as first drawn; they change only with numpy's generator."""
    options = {"hours": 1, "start_price": 100, "seed": 11}
    assert brownian_path(**options).price[-1] == 1_000_722_861_093
    assert jump_path(**options, jumps_per_day=200).price[-1] == 1_115_465_150_996


def test_brownian_motion_has_the_volatility_and_the_drift_that_were_asked_for():
    steps = 20_000
    scenario = brownian_path(volatility=0.5, drift=2.0, hours=steps / 240, seed=1)
    year = steps * 15 / 31_536_000
    assert logs(scenario).std() == pytest.approx(0.5 * math.sqrt(year / steps), rel=0.02)
    still = brownian_path(volatility=0, drift=2.0, hours=24 * 365, tick_s=3600)
    assert still.price[-1] / still.price[0] == pytest.approx(math.exp(2))


def test_without_jumps_a_jump_path_is_brownian_motion():
    jumps, brownian = jump_path(jumps_per_day=0, seed=3), brownian_path(seed=3)
    assert jumps.price.tolist() == brownian.price.tolist()


def test_jumps_have_the_number_and_the_size_that_were_asked_for():
    scenario = jump_path(
        volatility=0,
        jumps_per_day=24,
        jump_mean=-0.01,
        jump_deviation=0,
        hours=24 * 50,
        tick_s=120,
        seed=2,
    )
    correction = -(math.exp(-0.01) - 1) * 24 * 365 * 120 / 31_536_000
    jumps = (logs(scenario) - correction) / -0.01
    assert np.allclose(jumps, np.rint(jumps), atol=1e-6)
    assert np.rint(jumps).sum() == pytest.approx(24 * 50, rel=0.1)


def test_the_expected_growth_does_not_depend_on_the_jumps():
    ends = [
        jump_path(volatility=0.2, jumps_per_day=50, jump_mean=0.02, hours=4, tick_s=120, seed=seed)
        for seed in range(300)
    ]
    mean = np.mean([scenario.price[-1] / scenario.price[0] for scenario in ends])
    assert mean == pytest.approx(1, abs=0.02)


def test_a_crash_has_its_depth_speed_and_rebound_to_the_last_unit():
    scenario = crash_path(
        start_price="2000",
        depth="0.4",
        fall_minutes=10,
        rebound="0.25",
        rebound_minutes=5,
        calm_minutes=2,
        after_minutes=3,
    )
    prices = scenario.price.tolist()
    assert len(prices) == 4 * 20 + 1
    assert set(prices[:9]) == {to_price(2000)}
    assert prices[8 + 40] == to_price(1200) == min(prices)
    assert prices[8 + 40 + 20] == to_price(1400)
    assert set(prices[68:]) == {to_price(1400)}
    assert np.ptp(logs(scenario)[8:48]) < 1e-9


@given(
    st.decimals("0.01", "0.99", places=2),
    st.decimals("0", "1.5", places=2),
    st.integers(0, 90),
    st.floats(0, 3),
    st.integers(0, 1000),
)
@settings(max_examples=30, deadline=None)
def test_noise_leaves_the_ends_of_a_crash_where_they_are(depth, rebound, minutes, volatility, seed):
    scenario = crash_path(
        start_price=50,
        depth=depth,
        rebound=rebound,
        fall_minutes=minutes,
        rebound_minutes=minutes,
        calm_minutes=1,
        after_minutes=1,
        volatility=volatility,
        seed=seed,
    )
    prices, length = scenario.price.tolist(), max(1, minutes * 4)
    low, later = 50 * (1 - depth), 50 * (1 - depth * (1 - rebound))
    assert prices[0] == prices[4] == to_price(50)
    assert prices[4 + length] == to_price(low)
    assert prices[-1] == to_price(later)
    assert len(prices) == 9 + length * (2 if rebound else 1)


def test_a_geometric_path_meets_its_ends_exactly():
    ends = [(0, Decimal("0.0095")), (7, Decimal("0.0113")), (8, Decimal("7.1")), (20, Decimal(3))]
    prices = geometric(ends)
    assert [prices[at] for at, _ in ends] == [to_price(price) for _, price in ends]
    assert len(prices) == 21


def test_sources_disagree_as_much_as_asked_and_each_by_itself():
    scenario = brownian_path(volatility=0, sources=["a", "b", "c"], disagreement=0.002, seed=6)
    errors = [scenario.series("BTC", name)[1] / to_price(100_000) - 1 for name in "abc"]
    for error in errors:
        assert error.std() == pytest.approx(0.002, rel=0.05)
        assert abs(error.mean()) < 0.0002
    assert abs(np.corrcoef(errors[0], errors[1])[0, 1]) < 0.05
    agreeing = brownian_path(sources=["a", "b"], hours=1)
    assert (agreeing.series("BTC", "a")[1] == agreeing.series("BTC", "b")[1]).all()


@pytest.mark.parametrize("path", PATHS)
def test_every_source_reports_every_tick(path):
    scenario = path(sources=["a", "b"], tick_s=30, start="2025-10-10")
    assert iso(scenario.start) == "2025-10-10T00:00:00Z"
    for now, tick in scenario.ticks():
        assert [(source, time) for _, source, _, time in tick] == [("a", now), ("b", now)]


@pytest.mark.parametrize(
    ("path", "options", "message"),
    [
        (brownian_path, {"volatility": -1}, "volatility -1: must be between 0 and 100"),
        (brownian_path, {"volatility": math.nan}, "volatility nan: must be between"),
        (brownian_path, {"drift": 101}, "drift 101: must be between -100 and 100"),
        (brownian_path, {"hours": 0}, "hours 0: must be at least one tick of 15 s"),
        (brownian_path, {"hours": -1}, "hours -1: must be between 0 and"),
        (brownian_path, {"hours": 1e6}, "a path of 240000000 ticks: must be at most 10000000"),
        (brownian_path, {"tick_s": 0}, "tick_s 0: must be a whole number from 1 to 3600"),
        (brownian_path, {"tick_s": 0.5}, "tick_s 0.5: must be a whole number"),
        (brownian_path, {"seed": -1}, "seed -1: must be a whole number"),
        (brownian_path, {"seed": 1.5}, "seed 1.5: must be a whole number"),
        (brownian_path, {"sources": []}, "sources []: must be a list of different names"),
        (brownian_path, {"sources": ["a", "a"]}, "must be a list of different names"),
        (brownian_path, {"sources": "ab"}, "must be a list of different names"),
        (brownian_path, {"disagreement": 0.2}, "disagreement 0.2: must be between 0 and 0.1"),
        (jump_path, {"volatility": 101}, "volatility 101: must be between"),
        (jump_path, {"drift": math.inf}, "drift inf: must be between"),
        (jump_path, {"jumps_per_day": -1}, "jumps_per_day -1: must be between 0 and"),
        (jump_path, {"jump_mean": 6}, "jump_mean 6: must be between -5 and 5"),
        (jump_path, {"jump_deviation": -0.1}, "jump_deviation -0.1: must be between 0 and 5"),
        (crash_path, {"depth": 1}, "depth 1: must be a number between 0.000001 and 0.999999"),
        (crash_path, {"depth": 0}, "depth 0: must be"),
        (crash_path, {"depth": "deep"}, "depth deep: must be a number"),
        (crash_path, {"rebound": -1}, "rebound -1: must be a number between 0 and 10"),
        (crash_path, {"rebound": math.nan}, "rebound nan: must be a number"),
        (crash_path, {"fall_minutes": -1}, "fall_minutes -1: must be between 0"),
        (crash_path, {"rebound_minutes": -1}, "rebound_minutes -1: must be"),
        (crash_path, {"calm_minutes": math.nan}, "calm_minutes nan: must be"),
        (crash_path, {"after_minutes": -1}, "after_minutes -1: must be"),
        (crash_path, {"volatility": -0.1}, "volatility -0.1: must be"),
        (
            crash_path,
            {"calm_minutes": 2e6, "after_minutes": 2e6, "fall_minutes": 0},
            "must be at most 10000000",
        ),
    ],
)
def test_an_argument_out_of_bounds_is_refused_by_name(path, options, message):
    with pytest.raises(BadParameters, match=re.escape(message)):
        path(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start_price": 0}, "price 0 is not above zero"),
        ({"start_price": "x"}, "price 'x' is not a number"),
        ({"start": "soon"}, "time 'soon' is not understood"),
        ({"volatility": 100, "hours": 1000, "tick_s": 600}, "the path leaves the engine's prices"),
        ({"drift": 100, "hours": 9000, "tick_s": 3600}, "the path leaves the engine's prices"),
    ],
)
def test_a_path_the_engine_cannot_carry_is_refused(options, message):
    with pytest.raises(BadScenario, match=re.escape(message)):
        brownian_path(**options)


# the scenario


def line(source, times, prices, market="BTC", spacing=10):
    return Series(market, source, np.array(times), np.array(prices), spacing)


def test_reports_are_sorted_by_time_then_market_then_source():
    lines = [line("b", [0, 20], [1, 2]), line("a", [0, 10], [3, 4]), line("a", [0], [5], "ETH")]
    scenario = build("test", "", [], {"ETH": MarketFacts(preset="major")}, 10, lines)
    assert [tick for _, tick in scenario.ticks()] == [
        [("BTC", "b", 1, 0), ("BTC", "a", 3, 0), ("ETH", "a", 5, 0)],
        [("BTC", "a", 4, 10)],
        [("BTC", "b", 2, 20)],
    ]
    assert scenario.facts == {"BTC": MarketFacts(), "ETH": MarketFacts(preset="major")}


def test_a_tick_carries_what_arrived_since_the_one_before():
    scenario = build("test", "", [], {}, 10, [line("a", [0, 25], [1, 2]), line("b", [11], [3])])
    assert list(scenario.ticks()) == [
        (0, [("BTC", "a", 1, 0)]),
        (10, []),
        (20, [("BTC", "b", 3, 11)]),
        (30, [("BTC", "a", 2, 25)]),
    ]
    assert (len(scenario), scenario.end) == (4, 30)


def test_a_long_scenario_comes_out_as_it_went_in():
    count = 150_000
    scenario = build(
        "test", "", [], {}, 10, [line("a", np.arange(count) * 10, np.arange(count) + 1)]
    )
    assert [tick[0][2] for _, tick in scenario.ticks()] == list(range(1, count + 1))


@pytest.mark.parametrize(
    ("lines", "tick", "message"),
    [
        ([], 10, "there is no report in it"),
        ([line("a", [], [])], 10, "there is no report in it"),
        ([line("a", [0], [1])], 0, "a tick of 0 ms"),
        ([line("a", [0, 5], [1, 0])], 5, "BTC of a: price 0 (1e-10 dollar) at 1970"),
        ([line("a", [0], [MAX_PRICE + 1])], 5, f"price {MAX_PRICE + 1} (1e-10 dollar)"),
        ([line("a", [-1], [1])], 5, "times from -1 to -1 ms"),
        (
            [line("a", [10, 10], [1, 1])],
            5,
            "the report at 1970-01-01T00:00:00.010Z is out of order",
        ),
        (
            [line("b", [0], [1]), line("a", [11, 19], [1, 1])],
            10,
            "BTC of a reports at 1970-01-01T00:00:00.011Z and again at 1970-01-01T00:00:00.019Z, "
            "inside one tick of 10 ms",
        ),
    ],
)
def test_a_scenario_that_cannot_be_run_is_refused(lines, tick, message):
    with pytest.raises(BadScenario, match=re.escape(message)):
        build("test", "", [], {}, tick, lines)


def test_a_scenario_cannot_be_changed_between_two_designs():
    scenario = brownian_path(hours=1)
    with pytest.raises(ValueError, match="read-only"):
        scenario.price[0] = 1
    with pytest.raises(AttributeError):
        scenario.tick = 1


def test_a_scenario_travels_to_another_process_whole():
    scenario = brownian_path(hours=1)
    copy = pickle.loads(pickle.dumps(scenario))
    assert list(copy.ticks()) == list(scenario.ticks())


def test_a_part_of_a_scenario_starts_at_its_first_report():
    scenario = build("test", "", [], {}, 10, [line("a", [0, 10, 20, 30], [1, 2, 3, 4])])
    part = scenario.between(5, 30)
    assert list(part.ticks()) == [(10, [("BTC", "a", 2, 10)]), (20, [("BTC", "a", 3, 20)])]
    assert list(scenario.between().ticks()) == list(scenario.ticks())
    with pytest.raises(BadScenario, match=r"no report of BTC from .* the scenario runs from"):
        scenario.between(40)


def test_a_frame_holds_every_report_with_exact_prices():
    scenario = load_event("jelly")
    frame = scenario.frame()
    assert frame.columns == ["time", "market", "source", "price"]
    assert frame["price"].dtype == pl.Int64
    assert frame["price"].to_list() == scenario.price.tolist()
    assert frame["time"].dt.epoch("ms").to_list() == scenario.time.tolist()


def test_a_name_that_is_not_there_is_refused_naming_those_that_are():
    scenario = load_event("october-2025")
    with pytest.raises(BadScenario, match="no market 'SOL' here; there are BTC, ETH"):
        scenario.series("SOL", "binance")
    with pytest.raises(BadScenario, match="no source 'okx' here; there are binance, bybit"):
        scenario.series("BTC", "okx")


@pytest.mark.parametrize(
    ("moment", "milliseconds"),
    [
        ("2025-10-10T21:20:00Z", 1_760_131_200_000),
        ("2025-10-10 21:20", 1_760_131_200_000),
        ("2025-10-10T23:20:00.250+02:00", 1_760_131_200_250),
        ("2025-10-10", 1_760_054_400_000),
        (1_760_131_200_000, 1_760_131_200_000),
    ],
)
def test_a_moment_without_a_zone_is_utc(moment, milliseconds):
    assert parse_time(moment) == milliseconds
    assert parse_time(iso(milliseconds)) == milliseconds


def test_amounts_and_spans_read_as_they_are_written():
    assert to_dollars("1234.5678915") == 1_234_567_892
    assert [span(ms) for ms in (86_400_000, 7_200_000, 90_000, 1_500)] == [
        "1 d",
        "2 h",
        "90 s",
        "1500 ms",
    ]

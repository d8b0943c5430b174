"""Published events: every key point is met to the last unit, every slip in a file is named."""

import re
import tomllib
from importlib import resources
from itertools import pairwise

import pytest

from seawall.engine.errors import BadScenario
from seawall.storm import load_candles, load_event, parse_event, scenarios
from seawall.storm.units import iso, parse_time, to_dollars, to_price

TICK = 15_000


def key_points(name):
    text = (resources.files("seawall.storm") / "data" / f"{name}.toml").read_text()
    for path in tomllib.loads(text)["paths"]:
        for point in path["points"]:
            yield path["market"], path["venue"], point


def at(scenario, market, source, moment):
    times, prices = scenario.series(market, source)
    return prices[times == parse_time(moment)].tolist()


def test_the_two_published_storms_are_shipped():
    assert scenarios() == ["jelly", "october-2025"]


@pytest.mark.parametrize("name", scenarios())
def test_every_key_point_is_met_exactly_and_names_its_source(name):
    scenario = load_event(name)
    for market, venue, point in key_points(name):
        moment = point["time"]
        assert at(scenario, market, venue, moment) == [to_price(point["price"])]
        line = f"{market} of {venue} at {iso(parse_time(moment))}: {point['price']}"
        assert f"{line} ({point['source']})" in scenario.provenance
        assert len(point["source"]) > 10


@pytest.mark.parametrize("name", scenarios())
def test_an_event_is_a_handful_of_facts_and_not_a_copied_table(name):
    points = [market for market, _, _ in key_points(name)]
    assert all(points.count(market) <= 26 for market in points)


@pytest.mark.parametrize("name", scenarios())
def test_between_key_points_the_price_neither_jumps_nor_turns(name):
    scenario = load_event(name)
    for market in scenario.markets:
        for source in scenario.sources:
            times, prices = scenario.series(market, source)
            keys = [
                (times.tolist().index(parse_time(point["time"])), to_price(point["price"]))
                for m, venue, point in key_points(name)
                if (m, venue) == (market, source)
            ]
            for (first, begin), (last, end) in pairwise(keys):
                for index in range(first, last + 1):
                    share = (index - first) / (last - first)
                    expected = begin * (end / begin) ** share
                    assert abs(prices[index] - expected) <= max(1, expected * 1e-12)


@pytest.mark.parametrize("name", scenarios())
def test_every_source_speaks_every_tick(name):
    scenario = load_event(name)
    lines = len(scenario.markets) * len(scenario.sources)
    assert scenario.tick == scenario.cadence == TICK
    assert all(len(tick) == lines for _, tick in scenario.ticks())
    assert all(time == now for now, tick in scenario.ticks() for *_, time in tick)


def test_october_2025_holds_the_published_lows_of_both_venues():
    scenario = load_event("october-2025")
    assert iso(scenario.start) == "2025-10-10T12:00:00Z"
    assert iso(scenario.end) == "2025-10-11T12:00:00Z"
    assert len(scenario) == 24 * 240 + 1
    for market, source, low in (
        ("BTC", "binance", "101516.5"),
        ("BTC", "bybit", "101045.9"),
        ("ETH", "binance", "3400"),
        ("ETH", "bybit", "3311.76"),
    ):
        times, prices = scenario.series(market, source)
        assert prices.min() == to_price(low)
        assert iso(int(times[prices.argmin()])) == "2025-10-10T21:20:30Z"
    assert at(scenario, "BTC", "binance", "2025-10-10T20:45:00Z") == [to_price("116970")]
    assert scenario.facts["BTC"].preset == "major"


def test_october_2025_agrees_with_the_candles_it_was_read_from(market_data):
    event = load_event("october-2025")
    for venue in event.sources:
        candles = load_candles(
            f"{venue}={market_data / 'market' / f'oct2025_{venue}_perp_5m.parquet'}",
            symbols=["BTC", "ETH"],
            start="2025-10-10T12:00",
            end="2025-10-11T12:05",
        )
        for market in event.markets:
            seen = set(candles.series(market, venue)[1].tolist())
            points = [
                to_price(p["price"])
                for m, v, p in key_points(event.name)
                if (m, v) == (market, venue)
            ]
            assert seen.issuperset(points)


def test_jelly_rises_to_a_loss_near_twelve_million_for_the_vault_that_holds_the_short():
    scenario = load_event("jelly")
    short, entry = 398_191_926, to_price("0.011282")
    loss = short * (int(scenario.price.max()) - entry) / 10**10
    assert loss == pytest.approx(12_000_000, rel=0.06)
    first_above = scenario.price * 1.0 - entry >= 10_000_000 * 10**10 / short
    assert iso(int(scenario.time[first_above][0])) == "2025-03-26T13:45:00Z"
    assert scenario.facts["JELLY"].market_value == to_dollars("10000000")
    assert scenario.facts["JELLY"].preset == "flat"


def test_jelly_is_settled_in_one_step_and_can_be_cut_before():
    scenario = load_event("jelly")
    settled = parse_time("2025-03-26T15:15:45Z")
    assert set(scenario.price[scenario.time >= settled].tolist()) == {to_price("0.0095")}
    market = scenario.between(end=settled)
    assert market.end == settled - TICK
    assert market.price[-1] == to_price("0.037555")
    assert market.start == scenario.start


EVENT = """
description = "a test"
tick_s = 15
sources = ["nobody"]
[[markets]]
name = "XYZ"
preset = "alt"
market_value = "1e9"
source = "somebody"
[[paths]]
market = "XYZ"
venue = "spot"
points = [
  { time = 2025-01-01T00:00:00Z, price = "1", source = "first" },
  { time = 2025-01-01T00:00:30Z, price = "4", source = "last" },
]
"""


def test_between_two_points_the_price_is_geometric():
    scenario = parse_event(EVENT, "test")
    assert scenario.price.tolist() == [10**10, 2 * 10**10, 4 * 10**10]
    assert scenario.facts["XYZ"].market_value == 10**15
    assert scenario.provenance == (
        "nobody",
        "XYZ: somebody",
        "XYZ of spot at 2025-01-01T00:00:00Z: 1 (first)",
        "XYZ of spot at 2025-01-01T00:00:30Z: 4 (last)",
    )


def test_an_event_file_of_ones_own_is_loaded_by_its_path(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(EVENT)
    assert load_event(path).name == load_event(str(path)).name == "mine"


def test_an_event_that_is_not_there_is_refused_naming_those_that_are(tmp_path):
    with pytest.raises(BadScenario, match="no event 'jely'; there are jelly, october-2025"):
        load_event("jely")
    with pytest.raises(BadScenario, match="there is no such file"):
        load_event(tmp_path / "mine.toml")
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'description = "\xe9"')
    with pytest.raises(BadScenario, match="is not UTF-8 text"):
        load_event(latin)


SECOND_PATH = """
[[paths]]
market = "XYZ"
venue = "spot"
points = [{ time = 2025-01-01T00:00:00Z, price = "1", source = "first" }]
"""
SECOND_MARKET = '[[markets]]\nname = "{}"\n[[paths]]\nmarket = "XYZ"'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("tick_s = 15", "tick_s = ", "test: "),
        ("tick_s = 15", "tick_s = 0", "tick_s 0: must be from 1 to 3600"),
        ("tick_s = 15", "", "missing required field `tick_s`"),
        ("venue", "venu", "no 'venu' in paths; there are market, venue"),
        ('"alt"', '"huge"', "Invalid enum value 'huge' - at `$.markets[0].preset`"),
        ('"1e9"', '"much"', "market_value of XYZ: 'much' is not an amount of dollars"),
        ('"1e9"', '"-1"', "market_value of XYZ: '-1' is not an amount"),
        ('"1e9"', '"1e13"', "'1e13' dollars is too much"),
        ('source = "somebody"', "", "market_value of XYZ needs a source line"),
        ('price = "4"', "price = 4.0", "Expected `str`, got `float`"),
        ('price = "4"', 'price = "four"', "XYZ of spot at 2025-01-01T00:00:30Z: price 'four'"),
        ('price = "4"', 'price = "-4"', "price '-4' is not above zero"),
        ("00:00:30Z", "00:00:30", "has no zone"),
        ("00:00:30Z", "00:00:31Z", "the point at 2025-01-01T00:00:31Z is not on the grid of 15 s"),
        ("00:00:30Z", "00:00:00Z", "the point at 2025-01-01T00:00:00Z does not follow"),
        ('source = "last"', 'source = " "', "the point at 2025-01-01T00:00:30Z has no source"),
        ('market = "XYZ"', 'market = "ABC"', "is for ABC, which is not among the markets (XYZ)"),
        ("\n]\n", "\n]\n" + SECOND_PATH, "XYZ has two paths of spot"),
        ('[[paths]]\nmarket = "XYZ"', SECOND_MARKET.format("XYZ"), "a market is listed twice"),
        ('[[paths]]\nmarket = "XYZ"', SECOND_MARKET.format("ABC"), "market ABC has no path"),
    ],
)
def test_a_slip_in_an_event_file_is_named(old, new, message):
    assert old in EVENT
    with pytest.raises(BadScenario, match=re.escape(message)):
        parse_event(EVENT.replace(old, new), "test")


def test_a_path_without_points_is_refused():
    text = re.sub(r"points = \[.*\]", "points = []", EVENT, flags=re.DOTALL)
    with pytest.raises(BadScenario, match="there are no key points"):
        parse_event(text, "test")

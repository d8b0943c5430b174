"""Sweep files: what they ask for, which storms that is, and what is refused before any is run."""

from dataclasses import replace
from itertools import pairwise
from operator import attrgetter
from pathlib import Path

import pytest

from seawall.designs import DESIGNS, Listing
from seawall.engine.errors import BadParameters, SeawallError
from seawall.storm import crash_path
from seawall.storm.parameters import changed, design_settings
from seawall.storm.settings import Settings, check_names, known_settings
from seawall.storm.sweep import load_sweep, parse_sweep
from seawall.storm.sweep_page import find_sweep, shipped

DESIGN, OTHER = list(DESIGNS)[:2]
VAULT = next(iter(DESIGNS[DESIGN].capital))
RATE = 10**12

SMALL = f"""
scenario = "crash"
designs = ["{DESIGN}"]
[fixed]
traders = 12
tick_s = 60
crash.tick_s = 60
crash.calm_minutes = 3
crash.fall_minutes = 4
crash.rebound_minutes = 3
crash.after_minutes = 3
"""


def sweep(text: str, name: str = "mine"):  # type: ignore[no-untyped-def]
    return parse_sweep(text, name)


def test_every_combination_is_run_with_every_seed_in_the_order_of_the_file() -> None:
    text = SMALL.replace("[fixed]", "seeds = [7, 3]\n[fixed]")
    found = sweep(text + "[vary]\n'crash.depth' = [0.2, 0.4]\ncapital = [2_000_000, 1_000_000]\n")
    jobs = list(found.jobs())
    assert [(job.values["crash.depth"], job.values["capital"], job.seed) for job in jobs] == [
        (0.2, 2_000_000, 7), (0.2, 2_000_000, 3), (0.2, 1_000_000, 7), (0.2, 1_000_000, 3),
        (0.4, 2_000_000, 7), (0.4, 2_000_000, 3), (0.4, 1_000_000, 7), (0.4, 1_000_000, 3),
    ]  # fmt: skip
    assert [job.index for job in jobs] == list(range(8))
    assert len({job.key for job in jobs}) == 8


def test_tables_and_dotted_names_are_the_same_names() -> None:
    nested = sweep(SMALL + "[vary.crash]\ndepth = [0.2, 0.4]\n")
    dotted = sweep(SMALL + "[vary]\n'crash.depth' = [0.2, 0.4]\n")
    assert list(nested.jobs()) == list(dotted.jobs())


def test_a_name_of_one_design_does_not_multiply_the_storms_of_another() -> None:
    text = SMALL.replace(f'"{DESIGN}"', f'"{DESIGN}", "{OTHER}"')
    found = sweep(
        text + f"[vary]\n'{DESIGN}.{VAULT}' = [0.3, 0.4, 0.5]\n'crash.depth' = [0.1, 0.2]"
    )
    jobs = list(found.jobs())
    assert [job.design for job in jobs].count(DESIGN) == 6
    others = [job for job in jobs if job.design == OTHER]
    assert [dict(job.values) for job in others] == [{"crash.depth": 0.1}, {"crash.depth": 0.2}]


def test_a_key_follows_from_everything_that_the_storm_follows_from() -> None:
    base = next(sweep(SMALL + "[vary]\ncapital = [2_000_000]\n").jobs())
    moved = next(sweep(SMALL.replace("traders = 12", "traders = 12\ncapital = 2_000_000")).jobs())
    assert base.key == moved.key
    for change in ("traders = 13", "traders = 12\npreset = 'micro'"):
        other = SMALL.replace("traders = 12", change) + "[vary]\ncapital = [2_000_000]\n"
        assert next(sweep(other).jobs()).key != base.key


def test_a_file_that_has_changed_makes_other_storms(tmp_path: Path) -> None:
    candles = tmp_path / "BTCUSDT.csv"
    text = f"candles = ['{candles}']\ndesigns = ['{DESIGN}']\n"
    keys = []
    for price in (100, 101):
        rows = [f"{1_735_689_600_000 + n * 60_000},{price},{price},{price},{price},1"
                for n in range(3)]  # fmt: skip
        candles.write_text("timestamp,open,high,low,close,volume\n" + "\n".join(rows))
        keys.append(next(sweep(text).jobs()).key)
    assert keys[0] != keys[1]


def test_candles_are_cut_and_their_gaps_held_as_the_file_says(tmp_path: Path) -> None:
    candles = tmp_path / "BTCUSDT.csv"
    rows = [f"{1_735_689_600_000 + n * 60_000},100,100,100,100,1" for n in range(90) if n != 5]
    candles.write_text("timestamp,open,high,low,close,volume\n" + "\n".join(rows))
    text = f"candles = ['{candles}']\nstart = '2025-01-01T00:02'\nhours = 1\n"
    with pytest.raises(SeawallError, match=r"gap|missing"):
        sweep(text).check()
    storm = sweep(text + "gaps = 'hold'\n").source.load()
    assert not isinstance(storm, str)
    assert storm.end - storm.start == 3_600_000 - storm.tick


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "name one scenario .crash, jumps, brownian, jelly"),
        ("scenario = 'crash'\ncandles = ['a.csv']", "name one scenario"),
        ("scenario = 'crash'\nspeed = 3", "no 'speed'; there are scenario, candles, symbols"),
        ("scenario = crash", "Invalid value"),
        ("scenario = 'crash'\nhours = 3", "start and hours cut real prices"),
        ("candles = ['nowhere.csv']", "nowhere.csv: there is no such file"),
        ("scenario = 'nothing.toml'", "nothing.toml: there is no such file"),
        ("scenario = 'crash'\nseeds = 0", "seeds 0: a count above 0"),
        ("scenario = 'crash'\nseeds = [1, 1]", "different whole numbers"),
        ("scenario = 'crash'\nseeds = [-1]", "different whole numbers"),
        ("scenario = 'crash'\ndesigns = ['none']", "no design 'none'; there are"),
        (f"scenario = 'crash'\ndesigns = ['{DESIGN}', '{DESIGN}']", "one is named twice"),
        ("scenario = 'crash'\n[vary]\ntraders = 5", "must be a list of values"),
        ("scenario = 'crash'\n[vary]\ntraders = []", "must be a list of values"),
        ("scenario = 'crash'\n[vary]\ntraders = [5, 5]", "a value is there twice"),
        ("scenario = 'crash'\n[fixed]\ntraders = 5\n[vary]\ntraders = [5]", "both fixed and"),
        (f"scenario = 'crash'\ndesigns = ['{DESIGN}']\n[vary]\n'{OTHER}.x' = [1]",
         "is not in this sweep"),
        ("scenario = 'crash'\nseeds = 2000000", "storms; at most 1000000"),
        ("scenario = 'crash'\n[report]\nstatistic = 'worst'", "Invalid enum value 'worst'"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_is_refused_with_the_field_and_the_rule(text: str, told: str) -> None:
    with pytest.raises(BadParameters, match=told) as refusal:
        sweep(text)
    assert str(refusal.value).startswith("mine: ")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("speed = [1]", "no parameter 'speed'; there are traders, capital, guards"),
        ("'crash.speed' = [1]", "no parameter 'crash.speed'; there are crash.market"),
        ("'jumps.hours' = [1]", r"no parameter 'jumps.hours'; there are traders"),
        (f"'{DESIGN}.speed' = [1]", f"no parameter '{DESIGN}.speed'; there are {DESIGN}.{VAULT}"),
        ("'population.traders.speed' = [1]", "there are population.traders.count"),
        ("'guards.price-breaker.speed' = [1]", "there are guards.open-interest-cap.value_share"),
        ("'facts.speed' = [1]", "there are facts.market_value"),
        ("traders = [5, -1]", "traders -1"),
        ("traders = [5, 'many']", "traders 'many': must be a whole number"),
        ("capital = [1]", "capital 1: must be between"),
        ("guards = ['all']", "guards all: must be one of none"),
        ("preset = ['max']", "preset 'max': must be one of major"),
        ("population = ['nobody']", "no population 'nobody'; there are crowd"),
        ("tick_s = [600]", "it must be at most"),
        ("'crash.depth' = [0.5, 2]", "depth 2: must be a number between"),
        ("'population.traders.follow' = [3]", "population: Expected"),
        (f"'{DESIGN}.{VAULT}' = [1.5]", "a share of the capital, above 0 and at most 1"),
        ("'facts.market_value' = ['much']", "is not an amount of dollars"),
        ("'guards.price-breaker.pause' = ['long']", "must be a number"),
    ],
)
def test_what_cannot_be_set_is_refused_before_the_first_storm(line: str, told: str) -> None:
    kept = [one for one in SMALL.splitlines() if one.split(" = ")[0] != line.split(" = ")[0]]
    with pytest.raises(SeawallError, match=told):
        sweep("\n".join(kept) + f"\n[vary]\n{line}\n").check()


def test_a_missing_file_and_an_unknown_sweep_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadParameters, match=r"none\.toml: there is no such file"):
        load_sweep(tmp_path / "none.toml")
    with pytest.raises(BadParameters, match="no sweep 'none'; there are cap-against-value, junior"):
        find_sweep("none")


@pytest.mark.parametrize("name", shipped())
def test_the_sweeps_that_come_along_can_be_run(name: str) -> None:
    found = find_sweep(name)
    found.check()
    assert len(found.vary) == 2
    assert found.description


# --- what a name does ---------------------------------------------------------------------------


def prepared(**values: object):  # type: ignore[no-untyped-def]
    dotted = {name.replace("__", "."): value for name, value in values.items()}
    return Settings("crash", DESIGN, 5, dotted).prepare()


def test_every_name_that_is_listed_is_taken() -> None:
    known = known_settings("crash")
    assert set(known) >= {"", "crash", "facts", "guards", "population", *DESIGNS}
    check_names(
        "crash",
        [f"{group}.{name}" if group else name for group, names in known.items() for name in names],
    )


def test_a_scenario_that_is_there_has_no_arguments_of_a_path() -> None:
    storm = crash_path(calm_minutes=1, fall_minutes=1, rebound=0, after_minutes=0)
    with pytest.raises(BadParameters, match=r"no parameter 'crash\.depth'"):
        Settings(storm, DESIGN, 1, {"crash.depth": 0.2}).prepare()


def test_the_path_takes_its_arguments_and_the_seed() -> None:
    one = prepared(crash__depth=0.25, crash__volatility=0.5).scenario
    assert one.name == "crash-5"
    assert one.price.min() == crash_path(depth=0.25, volatility=0.5, seed=5).price.min()


def test_facts_population_and_guards_are_what_was_set() -> None:
    one = prepared(
        facts__market_value=20_000_000, population__traders__follow=0.9, population="jelly",
        tick_s=7.5,
    )  # fmt: skip
    assert one.scenario.facts["BTC"].market_value == 20_000_000 * 10**6
    assert one.population.traders.follow == 0.9
    assert one.population.traders.count == 300
    assert one.tick == 7500
    assert Settings(
        "crash", DESIGN, 1, {"guards.price-breaker.pause": 60_000}
    ).prepare().guards == ("price-breaker(pause=60000)")
    both = {"guards": "hybrid", "guards.position-cap.share": 0.02}
    assert Settings("crash", DESIGN, 1, both).prepare().guards == (
        "hybrid(position-cap.share=0.02)"
    )


def test_a_guard_that_is_set_by_name_stands_in_the_market() -> None:
    values = {
        "guards.open-interest-cap.value_share": 0.05, "facts.market_value": 1_000_000,
        "traders": 0, "crash.calm_minutes": 1, "crash.fall_minutes": 1, "crash.rebound": 0,
        "crash.after_minutes": 0,
    }  # fmt: skip
    run = Settings("crash", DESIGN, 1, values).prepare().run().runs[0]
    assert run.guards == "open-interest-cap(value_share=0.05)"
    assert run.parameters["BTC"]["guards"]["open_interest"]["value_share"] == 50_000_000_000


def test_shares_of_the_capital_leave_the_others_their_proportions() -> None:
    for design in DESIGNS.values():
        if len(design.capital) < 2:
            continue
        first, *others = design.capital
        other = changed(design, {first: 0.5})
        whole = sum(other.capital.values())
        assert other.capital[first] * 2 == pytest.approx(whole, rel=1e-9)
        before = [design.capital[name] for name in others]
        after = [other.capital[name] for name in others]
        assert after == pytest.approx([part * after[0] / before[0] for part in before], rel=1e-9)


def test_every_design_takes_its_parameters_by_name() -> None:
    """One unit more than the default, or less where its bounds or another's forbid that."""
    for design in DESIGNS.values():
        taken, refusals, refused = 0, "", ""
        for name, value in design_settings(design).items():
            if name in design.capital or type(value) is not int:
                continue
            for new in (value + 1, value - 1):
                try:
                    market = changed(design, {name: new})("probe")
                except SeawallError as refusal:
                    refused = str(refusal)
                    continue
                assert attrgetter(name)(market.params) == new  # type: ignore[attr-defined]
                taken += 1
                break
            else:
                refusals += refused
        assert taken > 3
        assert "does not take it" not in refusals


def test_a_parameter_of_a_group_is_changed_alone() -> None:
    """Beside it everything stays what the design gives the capital behind the market."""
    listing = Listing(capital=10**12)
    found = 0
    for design in DESIGNS.values():
        before = design("BTC", listing).params  # type: ignore[attr-defined]
        names = [name for name in design_settings(design) if "." in name]
        for name, other in pairwise(names):
            was = attrgetter(name)(before)
            if type(was) is int and was > 0:
                after = changed(design, {name: was - 1})("BTC", listing).params  # type: ignore[attr-defined]
                assert attrgetter(name)(after) == was - 1
                assert attrgetter(other)(after) == attrgetter(other)(before)
                found += 1
                break
    assert found > 2


def test_a_design_that_ignores_a_change_is_found_out() -> None:
    deaf = replace(DESIGNS[DESIGN], build=lambda market, _: DESIGNS[DESIGN](market))
    name, value = next(
        (name, value) for name, value in design_settings(deaf).items()
        if type(value) is int and name not in deaf.capital
    )  # fmt: skip
    with pytest.raises(BadParameters, match=f"{name}: this design does not take it"):
        changed(deaf, {name: value + 1})("BTC")


def test_a_number_with_a_point_is_a_rate() -> None:
    rate = next(
        name for name, value in design_settings(DESIGNS[DESIGN]).items()
        if isinstance(value, int) and 0 < value < RATE // 100 and name != "order_delay"
    )  # fmt: skip
    market = changed(DESIGNS[DESIGN], {rate: 0.0005})("BTC")
    assert getattr(market.params, rate) == 500_000_000  # type: ignore[attr-defined]


@pytest.mark.parametrize("value", ["x", True, -(10**30)])
def test_a_value_of_another_kind_is_refused(value: object) -> None:
    name = next(
        name for name, held in design_settings(DESIGNS[DESIGN]).items()
        if isinstance(held, int) and name not in DESIGNS[DESIGN].capital
    )  # fmt: skip
    with pytest.raises(SeawallError):
        changed(DESIGNS[DESIGN], {name: value})("BTC")

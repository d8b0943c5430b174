"""Guards side by side: what each changes in the attack on JELLY, and what it costs."""

from dataclasses import replace

import msgspec
import pytest

from seawall.designs import DESIGNS
from seawall.engine.errors import BadParameters
from seawall.engine.fixed import DOLLAR
from seawall.engine.guards import PRESETS
from seawall.storm import Scenario, load_event
from seawall.storm.designs import idle_guards, oracle_of, terms_of
from seawall.storm.guard_lab import Trial, try_guards
from seawall.storm.guard_page import guard_tables
from seawall.storm.guarding import guards_of, names_of, sets
from seawall.storm.printing import as_text
from seawall.storm.run import run_storm
from seawall.storm.settings import Settings

MILLION = 1_000_000 * int(DOLLAR)
TOLD = ["none", "position-cap", "price-breaker", "multi-round", "auction", "quorum", "defaults",
        "hybrid"]  # fmt: skip


def jelly(market_value: int = 20) -> Scenario:
    """The storm with a token of so many millions; the article has 20."""
    storm = load_event("jelly")
    fact = msgspec.structs.replace(storm.facts["JELLY"], market_value=market_value * MILLION)
    brief = storm.between(end=storm.start + 70 * 60_000)  # the longs are sold in minute 66
    return replace(brief, facts={"JELLY": fact})


@pytest.fixture(scope="module")
def tried() -> dict[tuple[str, str], Trial]:
    """Every design, with the sets that say most about it."""
    found = try_guards(jelly(), ["all"], TOLD, traders=10)
    return {(trial.design, trial.guards): trial for trial in found}


@pytest.mark.parametrize("design", ["layered", "orderbook", "gm", "glp"])
def test_the_attack_opens_its_short_and_gets_away_with_millions(
    design: str, tried: dict[tuple[str, str], Trial]
) -> None:
    """GRD-LAB-1: without guards."""
    trial = tried[design, "none"]
    assert 4 * MILLION <= trial.opened <= 6 * MILLION
    assert trial.row.gains["attacker"] > 3 * MILLION
    assert trial.deepest > 3 * MILLION


@pytest.mark.parametrize("guards", ["position-cap", "defaults", "hybrid"])
@pytest.mark.parametrize("design", DESIGNS)
def test_with_the_cap_of_5_percent_on_a_20_million_token_the_short_is_never_opened(
    design: str, guards: str, tried: dict[tuple[str, str], Trial]
) -> None:
    """GRD-LAB-2: a twentieth of 20 million is one, and the short has four."""
    trial = tried[design, guards]
    assert trial.opened == 0
    assert trial.row.gains["attacker"] <= 0
    assert trial.deepest < 1_300_000 * int(DOLLAR)


def test_the_vamms_own_band_refuses_the_short_without_any_guard(
    tried: dict[tuple[str, str], Trial],
) -> None:
    """GRD-LAB-1."""
    trial = tried["vamm", "none"]
    assert trial.opened == 0
    assert trial.row.orders["attacker"].refused["fluctuation-band"] >= 1


def test_the_auction_alone_takes_the_short_from_the_vault(
    tried: dict[tuple[str, str], Trial],
) -> None:
    """GRD-SET-3: the ladder has its rung by the guard alone, and the vault inherits nothing."""
    bare, guarded = tried["orderbook", "none"], tried["orderbook", "auction"]
    assert bare.inherited[0] > 4 * MILLION
    assert bare.inherited[1] > 10 * MILLION
    assert bare.row.auctions.opened == 0
    assert guarded.row.auctions.opened > 0
    assert guarded.deepest < bare.deepest // 4
    assert guarded.inherited[0] < bare.inherited[0] // 10


def test_halts_neither_stop_the_attack_nor_are_they_free(
    tried: dict[tuple[str, str], Trial],
) -> None:
    """GRD-LAB-3: positions that nobody could close lost while the market stood still."""
    bare, halted = tried["orderbook", "none"], tried["orderbook", "price-breaker"]
    assert bare.row.halts.ticks == bare.locked_in == 0
    assert halted.row.halts.count["price-breaker"] >= 1
    assert halted.opened == bare.opened
    assert halted.row.gains["attacker"] > 3 * MILLION
    crowded = try_guards(jelly(), ["orderbook"], ["price-breaker"], traders=200)[0]
    assert crowded.locked_in > 0


def test_a_smoothed_price_pays_whoever_sees_the_true_one_first() -> None:
    """GRD-LAB-3."""
    trials = try_guards(jelly(), ["gm"], ["position-cap", "position-cap+smoothing"], traders=10)
    plain, late = (trial.row.gains["arbitrageur"] for trial in trials)
    assert late > plain + 100_000 * int(DOLLAR)
    assert trials[1].vaults < trials[0].vaults


def test_what_is_of_no_use_is_said_and_not_run_twice(
    tried: dict[tuple[str, str], Trial],
) -> None:
    """GRD-SET-2."""
    for design in DESIGNS:
        trial = tried[design, "quorum"]
        assert trial.is_idle
        assert "one source" in trial.idle["quorum"]
        assert trial.row is tried[design, "none"].row
        assert tried[design, "multi-round"].is_idle == (design != "orderbook")
        assert not tried[design, "position-cap"].is_idle


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("guards", ["multi-round", "auction", "venue-weights", "outlier-rejection"])
def test_a_guard_that_is_said_to_be_of_no_use_changes_nothing(design: str, guards: str) -> None:
    """GRD-SET-2: the same state to the last digit."""
    storm = load_event("jelly").between(end=load_event("jelly").start + 1_500_000)
    if guards not in idle_guards(DESIGNS[design], storm, "JELLY", guards):
        pytest.skip("it is of use here")
    runs = run_storm(storm, [design], "jelly", traders=10, guards=["none", guards]).runs
    assert runs[0].digest == runs[1].digest
    assert runs[0].idle == []
    assert guards in runs[1].idle[0]


def test_a_market_value_that_is_not_known_makes_the_caps_idle() -> None:
    """GRD-SET-2."""
    storm = replace(jelly(), facts={"JELLY": msgspec.structs.replace(
        load_event("jelly").facts["JELLY"], market_value=None)})  # fmt: skip
    idle = idle_guards(DESIGNS["orderbook"], storm, "JELLY", "position-cap+auction")
    assert idle == {"position-cap": "the market value is not known"}


def test_each_spells_out_every_set_and_the_defaults_of_a_design_are_guards() -> None:
    """GRD-SET-1, GRD-SET-4."""
    assert sets(["each"]) == [*PRESETS[:-1], "defaults", "hybrid"]
    assert sets(["none", "none"]) == ["none", "none"]
    for design in DESIGNS.values():
        shipped = names_of(design.guards)
        assert "position-cap" in shipped
        assert not {"price-breaker", "funding-breaker", "smoothing"} & set(shipped)
    assert "auction" in names_of(DESIGNS["orderbook"].guards)
    assert names_of("hybrid") == [name for name in PRESETS if name not in ("none", "hybrid")]


def test_several_guards_are_joined_and_none_is_named_twice() -> None:
    """GRD-SET-1."""
    joined = guards_of("position-cap(share=0.02)+auction")
    assert joined.position is not None
    assert int(joined.position.share) == 20_000_000_000
    assert joined.auction is not None
    assert joined.leverage is None
    for text, words in (
        ("auction+auction", "auction is there already"),
        ("hybrid+quorum", "quorum is there already"),
        ("defaults+quorum", "name it alone"),
        ("each+quorum", "name it alone"),
        ("moat", "must be one of none, open-interest-cap"),
    ):
        with pytest.raises(BadParameters) as caught:
            guards_of(text)
        assert words in str(caught.value)


def test_a_quorum_never_asks_for_more_sources_than_report() -> None:
    """GRD-SET-1."""
    storm = load_event("jelly")
    assert int(terms_of(storm, "JELLY", "quorum").guards.quorum.sources) == 1  # type: ignore[union-attr]
    two = load_event("october-2025")
    assert int(terms_of(two, "BTC", "quorum").guards.quorum.sources) == 2  # type: ignore[union-attr]
    assert int(oracle_of(two, 15_000).quorum) == 1


def test_a_sweep_may_ask_for_the_defaults() -> None:
    """GRD-SET-4."""
    ready = Settings(jelly(), "orderbook", 1, {"guards": "defaults", "traders": 5}).prepare()
    assert ready.guards == "defaults"


def test_the_tables_fit_a_terminal(tried: dict[tuple[str, str], Trial]) -> None:
    """GRD-LAB-1."""
    text = as_text(guard_tables(list(tried.values())))
    assert max(map(len, text.splitlines())) <= 100
    assert "…" not in text
    for name in (*DESIGNS, *TOLD):
        assert name in text


def test_a_storm_without_an_attack_shows_what_was_liquidated() -> None:
    """GRD-LAB-4."""
    storm = load_event("october-2025")
    brief = storm.between(end=storm.start + 900_000)
    trials = try_guards(brief, ["vamm"], ["none", "auction"], traders=10)
    text = as_text(guard_tables(trials))
    assert "BTC none" in text
    assert "ETH auction (idle)" in text
    assert "bad" in text

"""The crowd as drawn, saved and taken up again: the same people, the same result."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seawall.cli import main
from seawall.designs import DESIGNS
from seawall.engine.errors import BadParameters
from seawall.storm import crash_path, load_event, run
from seawall.storm.crowd import draw, tape
from seawall.storm.intents import load_crowd, save_crowd
from seawall.storm.population import load_population
from seawall.storm.run import StormResult, run_storm

SHORT = crash_path(calm_minutes=2, fall_minutes=6, rebound=0, after_minutes=2)
TWO = list(DESIGNS)[:2]


def storm(**more: object) -> StormResult:
    return run_storm(SHORT, TWO, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, StormResult]:
    path = tmp_path_factory.mktemp("people") / "people.parquet"
    return path, storm(traders=30, seed=7, capital=900_000, tick=5_000, save_intents=path)


def test_a_run_from_a_file_is_the_run_that_wrote_it(drawn: tuple[Path, StormResult]) -> None:
    path, first = drawn
    assert storm(intents=path).json() == first.json()
    assert run(SHORT, TWO, intents=path).json() == first.json()


def test_saving_changes_nothing(drawn: tuple[Path, StormResult]) -> None:
    assert storm(traders=30, seed=7, capital=900_000, tick=5_000).json() == drawn[1].json()


def test_a_file_that_is_saved_again_holds_the_same(
    drawn: tuple[Path, StormResult], tmp_path: Path
) -> None:
    again = tmp_path / "again.parquet"
    storm(intents=drawn[0], save_intents=again)
    assert pl.read_parquet(again).equals(pl.read_parquet(drawn[0]))


def test_everything_that_was_drawn_is_in_the_file(tmp_path: Path) -> None:
    event = load_event("october-2025").between("2025-10-10T20:50Z", "2025-10-10T21:25Z")
    crowd = draw(load_population("crowd"), event, tape(event, 15_000), traders=200, seed=3)
    saved = load_crowd(save_crowd(tmp_path / "people.parquet", crowd, event, 3, 10**6, 15_000))
    for name in ("market", "style", "margin", "purse", "adds", "stop"):
        assert np.array_equal(getattr(saved.crowd, name), getattr(crowd, name))
        assert getattr(saved.crowd, name).dtype == getattr(crowd, name).dtype
    for name in ("time", "trader", "opens", "long", "dollars"):
        assert np.array_equal(getattr(saved.crowd.intents, name), getattr(crowd.intents, name))
    for kind in ("balancers", "bidders", "providers", "makers"):
        for kept, one in zip(getattr(saved.crowd, kind), getattr(crowd, kind), strict=True):
            for name in vars(one):
                assert np.array_equal(getattr(kept, name), getattr(one, name))
    assert saved.crowd.population == crowd.population
    assert (saved.about.seed, saved.about.capital, saved.about.tick) == (3, 10**6, 15_000)


def test_an_attack_survives_the_file(tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    event = load_event("jelly")
    crowd = draw(load_population("jelly"), event, tape(event, 15_000), traders=5, seed=1)
    save_crowd(path, crowd, event, 1, 10**6, 15_000)
    assert load_crowd(path).crowd.population.attack == crowd.population.attack != []


def test_a_file_can_be_read_as_a_table(drawn: tuple[Path, StormResult]) -> None:
    table = pl.read_parquet(drawn[0])
    opened = table.filter((pl.col("kind") == "intent") & pl.col("opens"))
    asked = sum(orders.placed for orders in drawn[1].rows[0].orders.values())
    assert 0 < opened.height <= 2 * asked
    assert table.filter(pl.col("kind") == "trader").height == 30


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"traders": 30}, "no number of traders"),
        ({"population": "crowd"}, "no population"),
        ({"seed": 8}, "seed 8; the file's is 7"),
        ({"capital": 1_000_000}, "capital 1000000; the file's is 900000"),
    ],
)
def test_other_people_than_the_file_s_are_refused(
    drawn: tuple[Path, StormResult], more: dict[str, object], words: str
) -> None:
    with pytest.raises(BadParameters, match=words):
        storm(intents=drawn[0], **more)


def test_plans_are_for_the_prices_they_were_made_for(drawn: tuple[Path, StormResult]) -> None:
    other = crash_path(calm_minutes=2, fall_minutes=6, rebound=0, after_minutes=2, seed=2)
    with pytest.raises(BadParameters, match="is not the same prices"):
        run_storm(other, TWO, intents=drawn[0])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadParameters, match=r"no\.parquet: there is no such file"):
        storm(intents=tmp_path / "no.parquet")


def test_what_is_no_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "text.parquet"
    path.write_text("time,trader\n1,2\n")
    with pytest.raises(BadParameters, match=r"text\.parquet: cannot be read as Parquet"):
        storm(intents=path)


def test_another_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "candles.parquet"
    pl.DataFrame({"time": [1], "open": [2.0]}).write_parquet(path)
    with pytest.raises(BadParameters, match=r"candles\.parquet: is no file of intents"):
        storm(intents=path)


def test_half_a_file_is_refused(drawn: tuple[Path, StormResult], tmp_path: Path) -> None:
    content = drawn[0].read_bytes()
    path = tmp_path / "half.parquet"
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(BadParameters, match=r"half\.parquet: cannot be read as Parquet"):
        storm(intents=path)


def test_a_row_that_was_changed_or_lost_is_noticed(
    drawn: tuple[Path, StormResult], tmp_path: Path
) -> None:
    table = pl.read_parquet(drawn[0])
    for name, other in (
        ("fewer", table.head(-1)),
        ("richer", table.with_columns(purse=pl.col("purse") + 1)),
        ("calmer", table.with_columns(trait=pl.col("trait") * 2)),
    ):
        path = tmp_path / f"{name}.parquet"
        other.write_parquet(path)
        with pytest.raises(BadParameters, match=f"{name}.parquet: its rows are not those"):
            storm(intents=path)


def test_another_format_is_named(drawn: tuple[Path, StormResult], tmp_path: Path) -> None:
    table = pl.read_parquet(drawn[0])
    for old, new, words in (
        ("intents 1", "intents 9", "written as 'seawall intents 9'"),
        ('{"format"', '{"form', "its first row cannot be read"),
    ):
        path = tmp_path / "other.parquet"
        table.with_columns(pl.col("about").str.replace(old, new, literal=True)).write_parquet(path)
        with pytest.raises(BadParameters, match=words):
            storm(intents=path)


def test_where_nothing_can_be_written_nothing_is_run(tmp_path: Path) -> None:
    with pytest.raises(BadParameters, match=r"is a folder; name a file, like .*people.parquet"):
        storm(save_intents=tmp_path)


def test_the_command_line_saves_and_replays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "people.parquet")
    common = ["storm", "jelly", "--hours", "0.1", "--design", TWO[0], "--json"]
    main([*common, "--traders", "9", "--seed", "4", "--save-intents", path])
    first = capsys.readouterr().out
    main([*common, "--intents", path])
    assert capsys.readouterr().out == first
    with pytest.raises(SystemExit):
        main([*common, "--intents", path, "--traders", "9"])
    assert "no number of traders" in capsys.readouterr().err

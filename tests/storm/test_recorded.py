"""A storm that begins with a recorded pool: whose it is, what it is worth, what everybody gains."""

from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from seawall import run_storm
from seawall.cli import main
from seawall.engine.errors import BadParameters, BadScenario
from seawall.engine.fixed import DOLLAR, PRICE, SECOND
from seawall.storm import Scenario, Series, State, build, load_event, run
from seawall.storm.recorded import TRADERS, load_state
from seawall.storm.result import Row
from seawall.storm.table import stakes
from seawall.storm.units import parse_time

BEGAN = datetime(2024, 10, 15)
MARKETS = ("BTC", "ETH")


def october(start: str = "2025-10-10T12:00", minutes: float = 1) -> Scenario:
    begin = parse_time(start)
    return load_event("october-2025").between(begin, begin + round(minutes * 60 * int(SECOND)))


FALL = ("2025-10-10T21:05", 20)


def gm_row(minute: int = 0, **changes: object) -> dict[str, object]:
    """1 000 ETH at 4 000 and 4 M dollars; longs have won 50 000, shorts have lost 30 000."""
    row: dict[str, object] = {
        "timestamp": BEGAN.replace(minute=minute),
        "marketTokensSupply": 5_000_000.0,
        "poolValue": 7_950_000.0,
        "longAmount": 1_000.0,
        "shortAmount": 4_000_000.0,
        "longPrice": 4_000.0,
        "shortPrice": 1.0,
        "indexPrice": 4_000.0,
        "impactPoolAmount": 10.0,
        "openInterestLong": 2_000_000.0,
        "openInterestShort": 1_000_000.0,
        "openInterestInTokensLong": 512.5,
        "openInterestInTokensShort": 257.5,
    }
    return row | changes


@pytest.fixture
def gm_file(tmp_path: Path) -> Path:
    path = tmp_path / "pool_eth_usdc.parquet"
    pl.DataFrame(
        [gm_row(), gm_row(minute=1, shortAmount=4_500_000.0, poolValue=8_450_000.0)]
    ).write_parquet(path)
    return path


def glp_row(minute: int, dollars: int) -> dict[str, str]:
    """Two kinds of bitcoin, ether and dollars; longs in all of them, shorts of ether."""

    def token(name: str, digits: int, price: int, pool: float, **sums: float) -> dict[str, str]:
        scales = {"reserved": digits, "guaranteed": 30, "size": 30, "average": 30, "usdg": 18}
        row = {
            f"{name}_{key}": str(round(value * 10**6) * 10 ** (scales[key] - 6))
            for key, value in sums.items()
        }
        return row | {
            f"{name}_price": str(price * 10**30),
            f"{name}_pool": str(round(pool * 10**6) * 10 ** (digits - 6)),
            f"{name}_weight": "10000",
        }

    return {
        "timestamp": str(BEGAN.replace(minute=minute)),
        "glp": str(6_000_000 * 10**18),
        "usdg": str(6_000_000 * 10**18),
        "aum": str(10**36),
        "glp_price": "1.0",
        **token("btc.b", 8, 60_000, 30, reserved=10, guaranteed=400_000, usdg=1_800_000),
        **token(
            "wbtc",
            8,
            60_000,
            10,
            reserved=5,
            guaranteed=150_000,
            usdg=600_000,
            size=6_000,
            average=50_000,
        ),
        **token(
            "weth",
            18,
            3_000,
            400,
            reserved=100,
            guaranteed=200_000,
            usdg=1_200_000,
            size=90_000,
            average=3_300,
        ),
        **token("wavax", 18, 25, 4_000, usdg=100_000),
        **token("usdc", 6, 1, dollars, reserved=96_000, usdg=2_200_000),
        **token("usdc.e", 6, 1, 50_000, usdg=50_000),
        **token("mim", 18, 1, 1_000, usdg=1_000),
    }


@pytest.fixture
def glp_file(tmp_path: Path) -> Path:
    path = tmp_path / "pool.csv"
    pl.DataFrame([glp_row(0, 2_200_000), glp_row(1, 3_000_000)]).write_csv(path)
    return path


def of(rows: list[Row], market: str) -> Row:
    return next(row for row in rows if row.market == market)


def test_a_gm_pool_begins_as_recorded(gm_file: Path) -> None:
    """GM-REC-12: its tokens at the first price, its open interest as positions, no gains yet."""
    result = run_storm(october(), ["gm"], traders=0, state=gm_file)
    row = of(result.rows, "ETH")
    assert row.interest.long_most == pytest.approx(2_050_000 * int(DOLLAR), rel=2e-3)
    assert row.interest.short_most == pytest.approx(1_030_000 * int(DOLLAR), rel=2e-3)
    assert row.layers[0].least == pytest.approx(7_950_000 * int(DOLLAR), rel=2e-3)
    moved = row.prices.high - row.prices.low
    most = 300 * moved * int(DOLLAR) // int(PRICE) + 200 * int(DOLLAR)
    assert set(row.gains) >= {TRADERS, "gm", "reserve"}
    for kind, gain in row.gains.items():
        assert abs(gain) <= most, kind
    assert sum(row.gains.values()) == 0
    assert result.runs[0].conservation == 0
    assert result.configuration.state is not None
    assert result.configuration.state.markets == ["ETH"]


def test_the_other_markets_begin_with_their_providers_capital(gm_file: Path) -> None:
    """GM-REC-12."""
    result = run_storm(october(), ["gm"], traders=0, capital=2_000_000, state=gm_file)
    row = of(result.rows, "BTC")
    assert row.layers[0].least == pytest.approx(2_000_000 * int(DOLLAR), rel=1e-2)
    assert TRADERS not in row.gains
    alone = run_storm(october(), ["gm"], traders=0, capital=2_000_000)
    assert of(alone.rows, "BTC").gains == row.gains
    assert of(alone.rows, "BTC").returns == row.returns != []


def test_what_a_recorded_pool_gained_is_not_split(gm_file: Path, glp_file: Path) -> None:
    """It holds several tokens and backs several markets: what the mark did to it is not told."""
    for file, design, market, others in (
        (gm_file, "gm", "ETH", "gm 2.00 M dollars"),
        (glp_file, "glp", "BTC", "BTC as recorded"),
    ):
        result = run_storm(october(), [design], traders=0, capital=4_000_000, state=file)
        row = of(result.rows, market)
        assert row.returns == []
        assert row.layers[0].end == pytest.approx(row.gains[design], abs=100)
        said = stakes(result)[design]
        assert said.startswith(others)
        assert said.endswith("ETH as recorded")


def test_the_same_people_meet_a_recorded_pool(gm_file: Path, tmp_path: Path) -> None:
    people = tmp_path / "people.parquet"
    first = run_storm(october(*FALL), ["gm"], traders=50, state=gm_file, save_intents=people)
    again = run_storm(october(*FALL), ["gm"], state=gm_file, intents=people)
    assert again.json() == first.json()


def test_the_recorded_traders_are_liquidated_in_the_fall(gm_file: Path) -> None:
    """GM-REC-12: they stand at ten times and fall with everybody; all gains add up to nothing."""
    outcome = run(october(*FALL), ["gm"], traders=100, state=gm_file)
    result = outcome.result
    assert [sum(row.gains.values()) for row in result.rows] == [0, 0]
    assert result.runs[0].conservation == 0
    row = of(result.rows, "ETH")
    assert row.gains[TRADERS] < -50_000 * int(DOLLAR)
    assert row.gains["gm"] > 0
    assert row.layers[0].end == pytest.approx(row.gains["gm"], abs=100)
    assert sum(rung.accounts for rung in row.liquidations) > 500
    kinds = outcome.accounts.filter(pl.col("market") == "ETH").group_by("kind").len()
    assert dict(kinds.iter_rows())[TRADERS] == 2_000


def test_a_glp_pool_begins_as_recorded(glp_file: Path) -> None:
    """GLP-CHAIN-3: one pool behind both markets, both bitcoins one token, AUM kept."""
    result = run_storm(october(), ["glp"], traders=0, state=glp_file)
    # G + (P - R) * p, with the losses of shorts and without their profits
    bitcoin = 550_000 + 25 * 60_000 + 1_200
    ether = 200_000 + 300 * 3_000 - 90_000 * 300 / 3_300
    aum = bitcoin + ether + 4_000 * 25 + 2_200_000 + 50_000 + 1_000
    for row in result.rows:
        assert row.layers[0].least == pytest.approx(aum * int(DOLLAR), rel=2e-3)
        assert sum(row.gains.values()) == 0
    row = of(result.rows, "BTC")
    assert abs(row.gains["glp"] + row.gains[TRADERS]) < 100
    assert set(of(result.rows, "ETH").gains.values()) == {0}
    assert result.runs[0].conservation == 0


def test_what_recorded_longs_lose_the_pool_gains(glp_file: Path) -> None:
    """GLP-CHAIN-4: 15 of bitcoin and 100 of ether, moved to the first prices, and the shorts."""
    result = run_storm(october(*FALL), ["glp"], traders=0, state=glp_file)
    bitcoin, ether = (of(result.rows, name).prices for name in MARKETS)
    fall = [1 - prices.last / prices.first for prices in (bitcoin, ether)]
    lost = (900_000 - 7_200) * fall[0] + (300_000 - 90_000 * 3_000 / 3_300) * fall[1]
    row = of(result.rows, "BTC")
    assert row.gains[TRADERS] == pytest.approx(-lost * int(DOLLAR), rel=1e-3)
    assert row.gains["glp"] == pytest.approx(lost * int(DOLLAR), rel=0.05)
    assert result.runs[0].conservation == 0


def test_each_row_of_a_shared_pool_adds_up(glp_file: Path) -> None:
    """GLP-CHAIN-3: what the pool made of a market's traders stands in that market's row."""
    result = run_storm(october(*FALL), ["glp"], traders=200, state=glp_file)
    assert [sum(row.gains.values()) for row in result.rows] == [0, 0]
    assert result.runs[0].conservation == 0
    row = of(result.rows, "ETH")
    others = sum(gain for kind, gain in row.gains.items() if kind != "glp")
    assert row.gains["glp"] == -others != 0
    assert row.layers[0].end == of(result.rows, "BTC").layers[0].end
    assert row.layers[0].end == pytest.approx(sum(one.gains["glp"] for one in result.rows), abs=100)


def test_a_moment_of_the_record_can_be_chosen(glp_file: Path, gm_file: Path) -> None:
    """GLP-CHAIN-3, GM-REC-12: its first minute, or the last that is not after the one named."""
    for file in (glp_file, gm_file):
        design = "glp" if file == glp_file else "gm"
        times = [
            load_state(State(file, time), [design], MARKETS).time
            for time in (None, "2024-10-15T00:00:30", "2024-10-15T00:07")
        ]
        began = parse_time(BEGAN)
        assert times == [began, began, began + 60_000]
        with pytest.raises(BadScenario, match="nothing was recorded"):
            load_state(State(file, "2024-10-14"), [design], MARKETS)


def test_a_record_goes_into_its_own_design_alone(gm_file: Path, glp_file: Path) -> None:
    """GM-REC-12, GLP-CHAIN-3: another design, several, all."""
    for file, designs in (
        (gm_file, ["glp"]),
        (gm_file, ["gm", "layered"]),
        (glp_file, ["vamm"]),
        (gm_file, None),
    ):
        with pytest.raises(BadParameters, match="goes into that design alone"):
            run_storm(october(), designs, traders=0, state=file)


def test_a_file_that_is_no_record_is_refused(tmp_path: Path, gm_file: Path, glp_file: Path) -> None:
    """GM-REC-12, GLP-CHAIN-3: by what is wrong with it."""
    with pytest.raises(BadScenario, match="there is no such file"):
        load_state(tmp_path / "none.parquet", ["gm"], MARKETS)
    other = tmp_path / "other.csv"
    other.write_text("timestamp,price\n2024-10-15,1\n")
    with pytest.raises(BadScenario, match="not a recorded pool"):
        load_state(other, ["gm"], MARKETS)
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and no more")
    for path in (empty, broken):
        with pytest.raises(BadScenario, match="cannot be read"):
            load_state(path, ["gm"], MARKETS)
    with pytest.raises(BadScenario, match="it tells none"):
        load_state(gm_file, ["gm"], ("BTC", "SOL"))
    with pytest.raises(BadScenario, match="the scenario has SOL"):
        load_state(glp_file, ["glp"], ("SOL",))
    with pytest.raises(BadParameters, match="takes no configuration"):
        load_state(State(glp_file, config=gm_file), ["glp"], MARKETS)
    with pytest.raises(BadScenario, match="there is no such file"):
        load_state(State(gm_file, config=tmp_path / "none.json"), ["gm"], MARKETS)


def test_a_record_without_rows_is_refused(tmp_path: Path) -> None:
    """GM-REC-12, GLP-CHAIN-3."""
    for name, design, row in (("eth.parquet", "gm", gm_row()), ("pool.csv", "glp", glp_row(0, 1))):
        path, empty = tmp_path / name, pl.DataFrame([row]).clear()
        if design == "gm":
            empty.write_parquet(path)
        else:
            empty.write_csv(path)
        with pytest.raises(BadScenario, match="has no rows"):
            load_state(path, [design], MARKETS)


def test_a_market_needs_a_price_at_the_first_tick(gm_file: Path) -> None:
    """GM-REC-12: ETH is told five minutes after BTC."""
    minute = 60 * int(SECOND)
    times = np.arange(20, dtype=np.int64) * minute + parse_time("2025-10-10")
    price = np.full(20, 4_000 * int(PRICE), dtype=np.int64)
    series = [
        Series("BTC", "mine", times, price, minute),
        Series("ETH", "mine", times[5:], price[5:], minute),
    ]
    late = build("late", "a test", ["made up"], {}, minute, series)
    with pytest.raises(BadScenario, match="ETH has no price at the scenario's first tick"):
        run_storm(late, ["gm"], traders=0, state=gm_file)


def test_the_command_takes_a_state(
    glp_file: Path, gm_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """GLP-CHAIN-3: the table says with which pool the markets began."""
    day = ["storm", "october-2025", "--hours", "0.02", "--traders", "0"]
    main([*day, "--design", "glp", "--state", str(glp_file), "--state-time", "2024-10-15T00:01"])
    said = capsys.readouterr().out
    assert "BTC, ETH with the pool of pool.csv\nof 2024-10-15T00:01:00Z" in said
    assert "  glp: BTC as recorded; ETH as recorded\n" in said
    assert "vaults: from traders" not in said
    assert "conservation: 0" in said
    for arguments, message in (
        (["--design", "glp", "--state-time", "2024-10-15"], "name its file"),
        (["--design", "layered", "--state", str(gm_file)], "not into layered"),
    ):
        with pytest.raises(SystemExit):
            main([*day, *arguments])
        assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("design", "file", "interest"),
    [("gm", "gmx_v2_eth_usdc_pool_1m.parquet", 50), ("glp", "gmx_v1_avalanche_glp_1m.csv.gz", 0)],
)
def test_the_real_pools_go_through_a_storm(
    market_data: Path, design: str, file: str, interest: int
) -> None:
    """GM-REC-12, GLP-CHAIN-3: with the real configuration, in the hour of the fall."""
    config = market_data / "market" / "gmx_v2_eth_usdc_pool_config.json"
    state = State(market_data / "market" / file, config=config if design == "gm" else None)
    result = run_storm(october("2025-10-10T21:00", 20), [design], traders=100, state=state)
    assert [sum(row.gains.values()) for row in result.rows] == [0, 0]
    assert result.runs[0].conservation == 0
    assert of(result.rows, "ETH").interest.long_most >= interest * 10**6 * int(DOLLAR)
    assert any(abs(row.gains.get(TRADERS, 0)) > 100_000 * int(DOLLAR) for row in result.rows)

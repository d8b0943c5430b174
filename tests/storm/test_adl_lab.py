"""The deleveraging lab: every policy side by side, and the published waves computed again."""

import json
import math
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.cli import main
from seawall.engine.errors import BadParameters, BadScenario
from seawall.storm import adl_waves
from seawall.storm.adl_files import Account, Wave, read_waves, wave_of
from seawall.storm.adl_lab import PROPERTIES, Outcome, judge, rules, unreadable

DOLLAR = 1_000_000
RATE = 10**12

HEADER = "wave,account,profit,collateral,notional,size,cap,taken\n"
WINNERS = (
    HEADER
    + """\
a,alpha,300,100,2000,-1,1,300
a,beta,120,600,7200,-0.5,1,0
a,gamma,60,40,400,0.2,0.5,20
a,delta,-250,50,900,3,1,
b,alpha,10,90,200,1,1,10
b,epsilon,-40,30,900,3,1,
"""
)


def dollars(amount: float) -> int:
    return round(amount * DOLLAR)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "winners.csv"
    path.write_text(WINNERS)
    return path


@pytest.fixture
def outcomes(file: Path) -> dict[str, Outcome]:
    return {one.policy: one for one in judge(read_waves(file)[0])}


# --- files --------------------------------------------------------------------------------------


def test_a_file_tells_winners_and_what_the_losers_cannot_pay(file: Path) -> None:
    first, second = read_waves(file)
    assert [winner.name for winner in first.winners] == ["alpha", "beta", "gamma"]
    assert (first.deficit, second.deficit) == (dollars(200), dollars(10))
    assert first.capacity == dollars(300 + 120 + 30)
    assert first.winners[0].leverage == 5 * RATE
    assert first.winners[0].size == -100_000_000


def test_parquet_and_the_names_of_the_published_tables_are_read(tmp_path: Path) -> None:
    path = tmp_path / "users.parquet"
    pl.DataFrame(
        {"user": ["0xa", "0xb"], "closed_pnl": [10.1, -3.0], "leverage_realtime": [2.5, 1.0]}
    ).write_parquet(path)
    (wave,) = read_waves(path)
    assert wave.winners[0].profit == 10_100_000
    assert wave.winners[0].leverage == 2_500_000_000_000
    assert wave.deficit == dollars(3)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("account,gain\na,1\n", r"no column for profit; found account, gain"),
        ("account,profit\n", "there is no account in it"),
        ("account,profit\na,1\na,2\n", "line 3: account a of wave 1 was there in line 2"),
        ("account,profit\n,1\n", "line 2: the account has no name"),
        ("account,profit\na,\n", "line 2: the profit is empty"),
        ("account,profit\na,much\n", "line 2: profit 'much' is not a number"),
        ("account,profit\na,nan\n", "profit 'nan' is not a number"),
        ("account,profit\na,1e40\n", "profit 1E.40 must be between"),
        ("account,profit,cap\na,1,1.5\n", "cap 1.5 must be between 0 and 1"),
        ("account,profit,leverage\na,1,-2\n", "leverage -2 must not be below 0"),
        ("account,profit,taken\na,1,-2\n", "taken -2 must be between 0"),
        ("account,user,profit\na,b,1\n", "account and user are both the account"),
    ],
)
def test_a_broken_file_is_named_with_the_line_and_the_rule(
    tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "broken.csv"
    path.write_text(text)
    with pytest.raises(BadScenario, match=told) as refusal:
        read_waves(path)
    assert "broken.csv" in str(refusal.value)


def test_a_file_that_is_not_there_or_no_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadScenario, match="there is no such file"):
        read_waves(tmp_path / "none.csv")
    (tmp_path / "no.parquet").write_text("text")
    with pytest.raises(BadScenario, match=r"no\.parquet: cannot be read as a table"):
        read_waves(tmp_path / "no.parquet")


# --- policies -----------------------------------------------------------------------------------


def test_every_policy_of_the_engine_is_run(outcomes: dict[str, Outcome]) -> None:
    kinds = {type(rule.policy).__name__ for rule in rules()}
    assert kinds == {"Queue", "ProRata", "CappedProRata", "RiskAware", "ContractsProRata"}
    assert list(outcomes) == [*(rule.name for rule in rules()), "as recorded"]


def test_the_figures_of_each_policy_by_hand(outcomes: dict[str, Outcome]) -> None:
    """Budget 200 of profits 300, 120 and 60, of which gamma's may be cut by half."""
    queue, whole = outcomes["queue"], outcomes["queue, whole"]
    assert (queue.taken, queue.accounts, queue.worst) == (dollars(200), 1, "alpha")
    assert queue.worst_share == 666_666_666_666
    assert (whole.taken, whole.overshoot, whole.top_keeps) == (dollars(300), dollars(100), 0)
    even = outcomes["pro rata"]
    assert (even.taken, even.overshoot, even.unpaid, even.accounts) == (dollars(200), 0, 0, 3)
    assert even.worst_share == pytest.approx(200 / 480 * RATE, rel=1e-6)
    capped = outcomes["capped pro rata"]
    assert (capped.taken, capped.unpaid) == (dollars(96), dollars(104))
    contracts = outcomes["contracts pro rata"]
    assert (contracts.worst, contracts.worst_taken) == ("beta", round(200e6 * 0.5 / 1.7))
    recorded = outcomes["as recorded"]
    assert (recorded.taken, recorded.overshoot) == (dollars(320), dollars(120))
    assert recorded.worst == "alpha"


def test_the_properties_kept_are_those_that_the_policies_promise(
    outcomes: dict[str, Outcome],
) -> None:
    """gamma's cap binds nobody here, so that pro rata keeps all there is to keep."""
    assert outcomes["pro rata"].kept == PROPERTIES
    assert set(outcomes["queue"].broken) == {"rank", "pain", "split"}
    assert "beta" in outcomes["queue"].broken["rank"]
    assert set(outcomes["queue, whole"].broken) == {"exact", "rank", "pain", "split"}
    assert "takes 300" in outcomes["queue, whole"].broken["exact"]
    assert "pain" in outcomes["risk, linear"].broken
    assert "exact" not in outcomes["capped pro rata"].broken
    assert {"exact", "rank", "pain"} <= set(outcomes["as recorded"].broken)


def test_taking_more_than_was_won_is_seen() -> None:
    wave = wave_of("x", [Account("a", dollars(10), taken=dollars(11)), Account("b", -dollars(8))])
    recorded = judge(wave)[-1]
    assert recorded.broken["profit"] == "a pays 11, having won 10"


def test_policies_that_read_what_the_file_does_not_tell_are_not_run(tmp_path: Path) -> None:
    path = tmp_path / "bare.csv"
    path.write_text("account,profit\na,10\nb,30\nc,-8\n")
    waves = read_waves(path)
    assert [one.policy for one in judge(waves[0])] == ["pro rata", "capped pro rata"]
    assert unreadable(waves)["contracts pro rata"] == "size"
    assert unreadable(waves)["queue by price"] == "notional and size"


def test_a_wave_without_winners_or_without_need_is_refused() -> None:
    with pytest.raises(BadParameters, match="wave x: nobody has won"):
        judge(wave_of("x", [Account("a", -5)]))
    with pytest.raises(BadParameters, match="wave x: a budget of 0 dollars"):
        judge(wave_of("x", [Account("a", 5)]))
    with pytest.raises(BadParameters, match="too large"):
        judge(wave_of("x", [Account("a", 5)]), budget=2**63)


accounts = st.builds(
    lambda profit, collateral, notional, size: (profit, collateral, notional, size),
    st.integers(1, 10**12), st.integers(0, 10**12), st.integers(1, 10**13),
    st.integers(-(10**12), 10**12).filter(bool),
)  # fmt: skip


def drawn(rows: list[tuple[int, int, int, int]]) -> Wave:
    return Wave(
        "drawn",
        tuple(
            Account(
                f"{index}", profit, collateral, notional, size,
                leverage=min(notional * RATE // (collateral + profit), 10**18),
            )
            for index, (profit, collateral, notional, size) in enumerate(rows)
        ),
        0,
    )  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.lists(accounts, min_size=1, max_size=6), st.integers(1, 100))
def test_what_the_engine_promises_is_found_on_every_file(
    rows: list[tuple[int, int, int, int]], percent: int
) -> None:
    wave = drawn(rows)
    budget = max(1, wave.capacity * percent // 100)
    for one in judge(wave, budget):
        if one.policy != "queue, whole":
            assert not {"exact", "profit"} & set(one.broken), one
            assert one.taken == min(budget, wave.capacity) or one.policy == "capped pro rata"
        if one.policy in ("pro rata", "capped pro rata"):
            assert one.broken == {}
        if one.policy.startswith(("risk", "contracts")):
            assert "split" not in one.broken, one.broken


# --- the published waves ------------------------------------------------------------------------


@pytest.fixture
def published(market_data: Path) -> Path:
    folder = market_data / "oct2025_adl" / "mit"
    if not adl_waves.is_published(folder):
        pytest.skip(f"no published waves at {folder}")
    return folder


def test_every_published_total_is_computed_again(published: Path) -> None:
    found = adl_waves.totals(published)
    assert len(found) == 29
    assert [total.name for total in found if not total.agrees] == []
    by_name = {total.name: total.again for total in found}
    assert round(by_name["budget needed"], 2) == 15_079_669.61
    assert round(by_name["taken at 0 ms"], 2) == 60_108_335.33
    assert round(by_name["overshoot at 0 ms"], 2) == 45_028_665.72
    assert round(by_name["queue: overshoot"], 2) == 653_552_663.51
    assert round(by_name["budget needed, by coin"], 2) == 15_079_669.61


def test_pro_rata_takes_the_published_share_in_eleven_waves_of_sixteen(published: Path) -> None:
    """The other five are shares of equity, below the level because nobody's profit is all of it."""
    found = adl_waves.levels(published)
    assert len(found) == 16
    assert [wave.wave for wave in found if not wave.agrees] == [9, 11, 21, 25, 28]
    assert all(wave.published < wave.level for wave in found if not wave.agrees)
    assert sum(wave.production_worst == RATE for wave in found) == 6


def test_the_rules_of_the_published_table_add_up(published: Path) -> None:
    sums = {one.rule: one for one in adl_waves.rule_sums(published)}
    assert all(one.consistent for one in sums.values())
    overshoot = {rule: round(one.overshoot / 1e6, 3) for rule, one in sums.items()}
    assert overshoot == {
        "the venue": 45.029, "pro rata": 0, "pro rata of profit": 0, "pro rata of equity": 0,
        "mirror descent": -1.793, "contracts pro rata": -3.020, "integer min-max": 0.092,
    }  # fmt: skip


def test_a_number_that_is_not_the_published_one_is_seen(published: Path, tmp_path: Path) -> None:
    for path in published.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    table = tmp_path / adl_waves.WAVES
    table.write_text(table.read_text().replace("0.00867329682886033", "0.0086733", 1))
    gaps = tmp_path / "two_pass_wave_coin_gap_per_contract_gap5000_h0.csv"
    gaps.write_text("\n".join(gaps.read_text().splitlines()[:-1]))
    assert not adl_waves.levels(tmp_path)[0].agrees
    wrong = [total.name for total in adl_waves.totals(tmp_path) if not total.agrees]
    assert wrong == ["budget needed, by coin"]


def test_a_table_that_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    (tmp_path / adl_waves.WAVES).write_text("wave\n1\n")
    with pytest.raises(BadScenario, match="no column t_start"):
        adl_waves.levels(tmp_path)
    with pytest.raises(BadScenario, match=r"h0\.csv: there is no such file"):
        adl_waves.totals(tmp_path)


def test_the_real_winners_of_the_day_lose_more_to_whole_positions(market_data: Path) -> None:
    """19,230 accounts with a profit: whole positions overshoot by 39.7 M, pro rata takes 1.81 %."""
    path = market_data / "market" / "oct2025_hyperliquid_adl_by_user.parquet"
    if not path.exists():
        pytest.skip(f"no file of accounts at {path}")
    (wave,) = read_waves(path)
    budget = dollars(15_079_669.61)
    assert len(wave.winners) == 19_230
    by_name = {rule.name: rule for rule in rules()}
    taken = {
        name: by_name[name].haircuts(wave.winners, budget)
        for name in ("queue", "queue, whole", "pro rata")
    }
    assert sum(taken["queue"]) == sum(taken["pro rata"]) == budget
    assert round((sum(taken["queue, whole"]) - budget) / 1e12, 1) == 39.7
    assert sum(cut > 0 for cut in taken["queue"]) == 24
    worst = max(cut / w.profit for cut, w in zip(taken["pro rata"], wave.winners, strict=True)
                if w.profit > dollars(1))  # fmt: skip
    assert math.isclose(worst, budget / wave.capacity, rel_tol=1e-4)


# --- the command --------------------------------------------------------------------------------


def test_the_command_prints_a_row_per_policy(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["adl", str(file)])
    text = capsys.readouterr().out
    assert text.startswith("2 waves, 4 winners who can pay 460 dollars; needed: 210\n")
    assert "property kept       exact  profit  rank  split  scale  pain" in text
    for rule in rules():
        assert f"\n{rule.name}" in text
    assert max(len(line) for line in text.splitlines()) <= 100
    main(["adl", str(file), "--by-wave"])
    assert "wave b" in capsys.readouterr().out


def test_the_document_has_every_outcome(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["adl", str(file), "--budget", "50", "--json"])
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) == 22
    assert {row["budget"] for row in rows} == {dollars(50)}
    assert "pain" not in rows[0]["kept"]


def test_the_published_waves_are_printed_with_what_cannot_be_had(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["adl", str(published)])
    text = capsys.readouterr().out
    assert "45,028,665.72   45,028,665.72     yes" in text
    assert "NO" not in text.split()
    assert "cannot be computed from the published data:" in text
    main(["adl", str(published), "--json"])
    assert len(json.loads(capsys.readouterr().out)["not_here"]) == len(adl_waves.NOT_HERE)


def test_the_page_shows_what_the_command_prints(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "adl.md").read_text("utf-8")
    begin = page.index("                        the venue")
    main(["adl", str(published)])
    assert capsys.readouterr().out.startswith(page[begin : page.index("\n```", begin)])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["none.csv"], "none.csv: there is no such file"),
        (["FILE", "--cap", "0"], "--cap 0: must be above 0"),
        (["FILE", "--threshold", "-1"], "--threshold -1: must be between"),
        (["FILE", "--budget", "much"], "'much' is not an amount of dollars"),
    ],
)
def test_what_the_command_cannot_do_is_one_line(
    file: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["adl", *(str(file) if one == "FILE" else one for one in arguments)])
    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert told in error
    assert error.count("\n") == 1


def test_the_published_folder_has_its_own_budgets(
    published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["adl", str(published), "--budget", "5"])
    assert "budgets of their own" in capsys.readouterr().err

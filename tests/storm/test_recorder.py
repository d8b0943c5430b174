"""What a recorder keeps agrees with the measures, tick by tick, and changes nothing."""

from importlib import import_module

import polars as pl
import pytest

from seawall import storm
from seawall.designs import DESIGNS
from seawall.engine import events
from seawall.engine.errors import BadParameters, LimitReached
from seawall.engine.fixed import DOLLAR, NOTIONAL_STEP, PRICE
from seawall.engine.views import Quote
from seawall.storm import UNITS, Outcome, crash_path, readable, run
from seawall.storm.depth import RUNGS, Ladder
from seawall.storm.frames import event_frames, frame, joined
from seawall.storm.recorder import Recorder
from seawall.storm.recording import TABLES
from seawall.storm.result import Row
from seawall.storm.run import run_storm

CRASH = crash_path(
    depth="0.5", calm_minutes=15, fall_minutes=12, rebound="0.8", rebound_minutes=15,
    after_minutes=8, volatility=1.0, seed=1, market="AVAX", start_price=28,
)  # fmt: skip
GUARDS = ["none", "hybrid"]


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return run(CRASH, traders=300, capital=300_000, guards=GUARDS)


def ticks_of(outcome: Outcome, row: Row) -> pl.DataFrame:
    run = (pl.col("design") == row.design) & (pl.col("guards") == row.guards)
    return outcome.ticks.filter(run & (pl.col("market") == row.market))


def test_a_storm_is_the_same_with_and_without_a_recorder(outcome: Outcome) -> None:
    plain = run_storm(CRASH, traders=300, capital=300_000, guards=GUARDS)
    assert plain.json() == outcome.json()


def test_every_tick_of_every_run_is_there(outcome: Outcome) -> None:
    assert outcome.ticks.height == len(CRASH) * len(outcome.rows)
    for row in outcome.rows:
        times = ticks_of(outcome, row)["time"].dt.epoch("ms").to_list()
        assert times == [now for now, _ in CRASH.ticks()]


def test_the_series_add_up_to_the_measures(outcome: Outcome) -> None:
    for row in outcome.rows:
        ticks = ticks_of(outcome, row)
        closed = sum(rung.dollars for rung in row.liquidations) + row.auctions.dollars
        assert ticks["liquidated"].sum() == closed > 0
        assert ticks["bad_debt"].to_list()[-1] == row.bad_debt
        assert ticks["halted"].sum() == row.halts.ticks
        assert (ticks["mark"].min(), ticks["mark"].max()) == (row.prices.low, row.prices.high)
        assert ticks["long"].max() == row.interest.long_most
        assert ticks["short"].max() == row.interest.short_most
        assert ticks["funding_rate"].max() == row.charges.funding_rate_most
        assert ticks["published"].null_count() == 0


def test_the_layers_end_where_the_measures_say(outcome: Outcome) -> None:
    for row in outcome.rows:
        for layer in row.layers:
            own = outcome.layers.filter(
                (pl.col("design") == row.design)
                & (pl.col("guards") == row.guards)
                & (pl.col("layer") == layer.vault)
            )["result"]
            assert own.to_list()[-1] == layer.end
            assert own.min() == -layer.worst


def test_depth_agrees_with_the_probes(outcome: Outcome) -> None:
    """The same question asked in two ways; they differ where a rebate makes a price too good."""
    for row in outcome.rows:
        ticks = ticks_of(outcome, row)
        thin = pl.min_horizontal("depth_buy", "depth_sell")
        for probe in row.probes:
            enough = ticks.filter(thin >= probe.dollars * int(DOLLAR)).height
            assert abs(enough - probe.within_1) <= 0.03 * row.ticks


def test_there_is_no_depth_in_a_halt(outcome: Outcome) -> None:
    halted = outcome.ticks.filter("halted")
    assert halted.height > 0
    assert halted.select(pl.max_horizontal("depth_buy", "depth_sell").max()).item() == 0


def test_every_event_is_kept_and_says_of_which_run(outcome: Outcome) -> None:
    rungs = outcome.events["RungReached"]
    assert rungs.height == sum(rung.count for row in outcome.rows for rung in row.liquidations)
    assert rungs.columns == ["design", "guards", *events.RungReached.fields]
    assert list(outcome.events) == sorted(outcome.events)
    assert set(rungs["design"]) == set(DESIGNS)


def test_the_accounts_are_the_classes_in_detail(outcome: Outcome) -> None:
    won = pl.col("wallet") + pl.col("equity") - pl.col("paid_in")
    sums = outcome.accounts.group_by("design", "guards", "kind").agg(won.sum().alias("gain"))
    for row in outcome.rows:
        for kind in ("traders", "trend followers", "faders"):
            own = sums.filter(
                (pl.col("design") == row.design)
                & (pl.col("guards") == row.guards)
                & (pl.col("kind") == kind)
            )
            assert own["gain"].to_list() == [row.gains[kind]]


def test_the_tables_are_the_rows_of_the_result(outcome: Outcome) -> None:
    sums = outcome.gains.group_by("design", "guards").agg(pl.col("gain").sum())
    assert sums["gain"].to_list() == [0] * len(outcome.rows)
    assert outcome.liquidations.height == sum(len(row.liquidations) for row in outcome.rows)
    worst = [-layer.worst for row in outcome.rows for layer in row.layers]
    assert outcome.losses["worst"].to_list() == worst


def test_deleveraged_accounts_are_counted_with_their_owners() -> None:
    outcome = run("jelly", [next(iter(DESIGNS))], traders=40)
    cuts, row = outcome.deleveraging, outcome.rows[0]
    assert cuts.height == row.deleveraging.accounts > 0
    assert cuts["count"].sum() == row.deleveraging.count
    assert cuts["dollars"].sum() == pytest.approx(row.deleveraging.dollars, rel=1e-9)
    assert cuts["profit"].sum() == row.deleveraging.profit
    assert "attacker" in cuts["kind"].to_list()


@pytest.mark.parametrize(
    "names", [{"designs": [next(iter(DESIGNS))] * 2}, {"guards": ["hybrid", "none", "hybrid"]}]
)
def test_runs_that_could_not_be_told_apart_are_refused(names: dict[str, list[str]]) -> None:
    with pytest.raises(BadParameters, match="is named twice"):
        run(CRASH, **names)  # type: ignore[arg-type]


def test_a_recorder_of_nothing_holds_empty_frames() -> None:
    recorder = Recorder()
    assert recorder.ticks.is_empty()
    assert recorder.events == {}


# frames


def test_every_column_of_every_event_has_a_unit() -> None:
    kinds = [kind for kind in vars(events).values() if isinstance(kind, type)]
    fields = {name for kind in kinds if issubclass(kind, events.Event) for name in kind.fields}
    assert fields <= set(UNITS)


def test_every_column_of_an_outcome_has_a_unit(outcome: Outcome) -> None:
    for name in TABLES:
        assert set(getattr(outcome, name).columns) <= set(UNITS), name


def test_integers_stay_exact_until_they_are_made_readable() -> None:
    large = 2**62 - 1
    table = frame({"time": [1_760_131_200_000], "fee": [large], "halted": [True]}, "x", "none")
    assert table["fee"].dtype == pl.Int64
    assert table["fee"].to_list() == [large]
    assert table["halted"].dtype == pl.Boolean
    assert str(table["time"][0]) == "2025-10-10 21:20:00+00:00"
    short = frame({"fee": [2_500_000], "price": [15_000_000_000], "count": [3]}, "x", "none")
    assert readable(short).row(0) == ("x", "none", 2.5, 1.5, 3)


def test_events_become_a_frame_for_each_kind() -> None:
    halts = [events.Halted(1_000, "BTC", "price-breaker", 2_000)] * 2
    found = event_frames([*halts, events.ReportRejected(0, "BTC", "liar")], "x", "none")
    assert {kind: table.height for kind, table in found.items()} == {
        "Halted": 2, "ReportRejected": 1,
    }  # fmt: skip
    assert found["ReportRejected"].row(0)[3:] == ("BTC", "liar")
    assert joined([]).is_empty()


# depth

MARK = 2_000 * int(PRICE)


class Slope:
    """Quotes that cost one per cent at ``flat`` dollars more than nothing, refused at ``most``."""

    def __init__(self, flat: int, most: int = 10**12, fee: float = 0.0) -> None:
        self.flat, self.most, self.fee = flat, most, fee
        self.asked = 0

    def quote(self, size: int) -> Quote:
        self.asked += 1
        dollars = abs(size) * MARK / int(NOTIONAL_STEP) / int(DOLLAR)
        if dollars > self.most:
            raise LimitReached("beyond-depth", "too much", size, self.most)
        away = (0.01 * dollars / self.flat + self.fee) * (1 if size > 0 else -1)
        return Quote(size, MARK, 0, 0, 0, 0, round(MARK * (1 + away)))


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("flat", [1_500, 40_000, 1_000_000, 333_333_333])
def test_depth_is_the_size_at_which_a_trade_costs_one_per_cent(side: int, flat: int) -> None:
    assert Ladder(Slope(flat), side).reach(MARK) == pytest.approx(flat, rel=1e-4)


def test_depth_ends_where_the_market_refuses() -> None:
    found = Ladder(Slope(10**9, most=700_000), 1).reach(MARK)
    assert 0.98 * 700_000 <= found <= 700_000


def test_there_is_no_depth_where_the_fee_alone_is_too_much() -> None:
    assert Ladder(Slope(10**9, fee=0.011), 1).reach(MARK) == 0


def test_depth_has_a_top() -> None:
    assert Ladder(Slope(10**13), 1).reach(MARK) == RUNGS[-1]


def test_a_search_goes_on_from_where_the_last_one_ended() -> None:
    market = Slope(40_000)
    ladder = Ladder(market, 1)
    ladder.reach(MARK)
    market.asked, market.flat = 0, 41_000
    assert ladder.reach(MARK) == pytest.approx(41_000, rel=1e-4)
    assert market.asked <= 3
    market.flat = 10**8
    assert ladder.reach(MARK) == pytest.approx(10**8, rel=1e-4)
    market.flat = 2_000
    assert ladder.reach(MARK) == pytest.approx(2_000, rel=1e-4)


def test_a_quote_for_less_than_was_asked_is_no_depth() -> None:
    class Partial(Slope):
        def quote(self, size: int) -> Quote:
            found = super().quote(size)
            found.size = min(int(found.size), 50 * 10**8)
            return found

    assert Ladder(Partial(10**9), 1).reach(MARK) == pytest.approx(100_000, rel=0.03)


def test_the_package_s_run_is_a_call_and_its_module_is_still_there() -> None:
    assert storm.run is run
    assert import_module("seawall.storm.run").run_storm is run_storm

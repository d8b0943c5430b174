"""What a comparison says is what the venue said: checked against other ways to know it."""

import itertools
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

import seawall as sw
from seawall.cli import main
from seawall.designs import DESIGNS, design
from seawall.engine.errors import SeawallError
from seawall.engine.events import Event
from seawall.engine.fixed import DOLLAR, HOUR, MINUTE, PRICE, RATE, TOKEN
from seawall.storm import brownian_path, crash_path, load_event
from seawall.storm.broker import Broker
from seawall.storm.compare import Comparison, compare, first_fall
from seawall.storm.compare_cells import rate, span
from seawall.storm.compare_people import Meter, touched_by
from seawall.storm.compare_prices import HALTED, MOST, SIZES, ask, room
from seawall.storm.compare_result import Answer, Cost
from seawall.storm.compare_trial import Search, try_leverage
from seawall.storm.crowd import Tape, tape
from seawall.storm.measure import Watcher
from seawall.storm.population import Population, load_population
from seawall.storm.result import Row
from seawall.storm.run import LONGEST_TICK, run_storm
from seawall.storm.table import WIDTH

PAGE = Path(__file__).resolve().parents[2] / "docs" / "compare.md"
DUST = 1_000  # 1e-12: what rounding a price leaves
CAPITAL = 3_000_000
CRASH = crash_path(
    depth="0.4", calm_minutes=60, fall_minutes=12, rebound="0.6", rebound_minutes=15,
    after_minutes=18, volatility=1.0, seed=1, market="AVAX", start_price=28,
)  # fmt: skip
Output = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def found() -> Comparison:
    """Every design in a fall by two fifths."""
    return compare(CRASH, traders=600, capital=CAPITAL)


@pytest.fixture(scope="module")
def halted() -> Comparison:
    """The same with breakers, for one design."""
    guards = "price-breaker(move=0.1)+auction"
    return compare(CRASH, ["gm"], traders=200, capital=CAPITAL, guards=guards)


def of(found: Comparison, name: str) -> tuple[Answer, Row]:
    """What was found of a design, and its row."""
    pairs = zip(found.answers, found.rows, strict=True)
    return next((answer, row) for answer, row in pairs if answer.design == name)


def costs(found: Comparison, name: str) -> dict[tuple[int, str], Cost]:
    return {(cost.dollars, cost.side): cost for cost in of(found, name)[0].costs}


# it is the storm


def test_a_storm_is_the_same_with_and_without_the_questions(found: Comparison) -> None:
    plain = run_storm(CRASH, traders=600, capital=CAPITAL)
    assert [run.digest for run in plain.runs] == [run.digest for run in found.runs]
    assert msgspec.json.encode(plain.rows) == msgspec.json.encode(found.rows)
    assert plain.configuration == found.configuration


def test_the_answers_stand_beside_their_rows(found: Comparison) -> None:
    assert [(one.design, one.market) for one in found.answers] == [
        (row.design, row.market) for row in found.rows
    ]
    assert [one.design for one in found.answers] == list(DESIGNS)


def test_the_calm_ends_where_the_price_is_first_2_percent_off(found: Comparison) -> None:
    prices = tape(CRASH, found.configuration.tick)
    line = prices.prices["AVAX"].tolist()
    fall = next(place for place, price in enumerate(line) if abs(price / line[0] - 1) >= 0.02)
    for answer, row in zip(found.answers, found.rows, strict=True):
        assert answer.calm_ticks == fall
        assert answer.calm_ticks + answer.storm_ticks == row.ticks
        assert answer.storm_time == int(prices.grid[fall])


def test_a_price_that_never_moves_2_percent_has_no_storm() -> None:
    still = brownian_path(hours=0.2, volatility=0.01, seed=1)
    answer = compare(still, ["glp"], traders=5).answers[0]
    assert (answer.storm_ticks, answer.storm_time) == (0, 0)
    assert {cost.worst for cost in answer.costs} == {None}
    assert {one.tightest for one in answer.rooms} == {None}
    assert first_fall(tape(still, int(LONGEST_TICK)).prices[answer.market]) > answer.calm_ticks - 1


# what a trade costs


def test_a_pool_at_the_oracles_price_has_no_slippage_at_any_size_and_any_tick(
    found: Comparison,
) -> None:
    for cost in costs(found, "glp").values():
        for part in (cost.calm, cost.worst):
            assert part is None or abs(part) <= DUST
        for whole in (cost.calm_all, cost.worst_all):
            assert whole is None or abs(whole - int(RATE) // 1000) <= DUST
        assert set(cost.refusals) <= {"reserve-exceeds-pool"}
    assert costs(found, "glp")[1_000_000, "buy"].storm_refused > 0


def test_impact_in_bands_grows_by_the_same_for_each_dollar_within_a_band() -> None:
    venue, market = layered()
    mark = 2000 * int(PRICE)

    def impact(dollars: int) -> float:
        quote = ask(market, 1, dollars, mark)
        assert not isinstance(quote, str)
        return int(quote.impact) / int(quote.value)

    million = impact(1_000_000)
    # the first band holds 3.2 M, and the marginal offset rises to 5 basis points across it
    assert million == pytest.approx(0.0005 * (1 / 3.2) / 2, rel=1e-3)
    assert impact(100_000) == pytest.approx(million / 10, rel=1e-3)
    assert impact(3_000_000) == pytest.approx(3 * million, rel=1e-3)
    assert impact(12_000_000) > 20 * million  # beyond it every band is steeper
    assert venue.digest() == layered()[0].digest()


def test_a_book_is_dearest_or_empty_in_the_fall(found: Comparison) -> None:
    asked = costs(found, "orderbook")
    for side in ("buy", "sell"):
        cost = asked[100_000, side]
        assert cost.calm is not None
        assert cost.worst is not None
        assert cost.worst > 5 * cost.calm
        assert cost.worst_time >= of(found, "orderbook")[0].storm_time
    assert any(cost.storm_refused for cost in asked.values())
    assert {code for cost in asked.values() for code in cost.refusals} == {"beyond-book"}


def test_a_larger_order_never_costs_less_in_the_calm(found: Comparison) -> None:
    for name in DESIGNS:
        asked = costs(found, name)
        for side in ("buy", "sell"):
            calm = [asked[size, side].calm for size in SIZES]
            known = [cost for cost in calm if cost is not None]
            assert all(a <= b + DUST for a, b in itertools.pairwise(known))


def test_every_tick_of_the_storm_is_within_1_percent_dearer_or_not_to_be_had(
    found: Comparison,
) -> None:
    for answer in found.answers:
        for cost in answer.costs:
            assert 0 <= cost.storm_within <= answer.storm_ticks - cost.storm_refused
            if cost.worst_all is not None and cost.worst_all <= int(RATE) // 100:
                assert cost.storm_within == answer.storm_ticks - cost.storm_refused


def test_where_no_order_is_taken_nothing_can_be_had(halted: Comparison) -> None:
    answer, row = of(halted, "gm")
    assert row.halts.ticks > 0
    for cost in answer.costs:
        assert cost.refusals[HALTED] == row.halts.ticks
    assert all((one.tightest, one.tightest_code) == (0, HALTED) for one in answer.rooms)


# how large it may be


class Prober:
    """An onlooker that looks for the bound now and then, and what looking does to the venue."""

    def __init__(self) -> None:
        self.found: list[tuple[str, int, str]] = []
        self._watchers: Sequence[Watcher] = ()
        self._prices: Any = None

    def begin(self, watchers: Sequence[Watcher], prices: Tape) -> None:
        self._watchers, self._prices = watchers, prices.prices

    def tick(self, index: int, events: Sequence[Event]) -> None:
        if index % 150 != 100:
            return
        for watcher in self._watchers:
            price = round(float(self._prices[watcher.name][index]))
            before = watcher.market.digest()
            for side in (1, -1):
                most, code = room(watcher.market, side, price)
                if most:
                    assert not isinstance(ask(watcher.market, side, most, price), str)
                assert ask(watcher.market, side, most + 1, price) == code
                assert room(watcher.market, side, price, most) == (most, "")
                self.found.append((watcher.market.design, most, code))
            assert watcher.market.digest() == before

    def end(self, design: str, guards: str, broker: Broker) -> None:
        pass


def test_the_largest_order_is_quoted_and_a_dollar_more_is_not() -> None:
    prober = Prober()
    run_storm(CRASH, traders=200, capital=CAPITAL, recorder=prober)
    assert {design for design, _, _ in prober.found} == set(DESIGNS)
    assert all(0 <= most < MOST for _, most, _ in prober.found)
    assert sum(most > 0 for _, most, _ in prober.found) > len(prober.found) / 2


def test_the_room_of_bands_is_the_quoted_depth() -> None:
    _, market = layered()
    assert room(market, 1, 2000 * int(PRICE)) == (14_000_000, "beyond-depth")
    assert int(market.depth()[-1].buy) == 14_000_000 * int(DOLLAR)


def test_the_storm_is_tighter_than_the_calm(found: Comparison) -> None:
    for name in ("orderbook", "glp"):
        for one in of(found, name)[0].rooms:
            assert one.calm is not None
            assert one.tightest is not None
            assert one.tightest < one.calm


# leverage


def test_leverage_is_what_charges_leave_of_the_terms(found: Comparison) -> None:
    """With 20x: the pool takes 0.3 % of collateral for its own token, then 0.1 % of the size; the
    bands 5 bp of fee and 1 of half-spread, and their impact."""
    for name, most in (("glp", 0.997 / (0.05 + 0.001)), ("layered", 1 / (0.05 + 0.0006))):
        small = of(found, name)[0].leverage[0]
        assert (small.dollars, small.terms) == (10_000, 200)
        assert small.tried is not None
        assert abs(small.tried - 10 * most) <= 1
    for answer in found.answers:
        for one in answer.leverage:
            assert one.tried is None or one.tried < one.terms
            assert one.code


def test_a_guard_on_leverage_is_met_when_it_is_tried() -> None:
    storm = load_event("jelly")
    tried = try_leverage(
        storm,
        design("layered"),
        "adaptive-leverage",
        load_population("jelly"),
        seed=1,
        capital=14_000_000 * int(DOLLAR),
        preset=None,
    )
    assert [one.terms for one in tried["JELLY"]] == [30, 30, 30]
    assert [one.tried for one in tried["JELLY"]] == [29, 29, 29]


def test_what_no_order_can_have_has_no_leverage(found: Comparison) -> None:
    million = of(found, "vamm")[0].leverage[-1]
    assert (million.dollars, million.tried, million.code) == (1_000_000, None, "fluctuation-band")


@pytest.mark.parametrize("most", [0, 10, 11, 137, 499, 500])
def test_the_search_ends_at_the_last_tenth_that_is_accepted(most: int) -> None:
    search = Search(10_000, 500)
    tried = 0
    while not search.is_done:
        leverage = search.next
        search.take(leverage, "" if leverage <= most else "initial-margin")
        tried += 1
    assert search.found() == (most or None)
    assert tried <= 10


# who waits, who pays


def test_what_the_ladder_closed_is_what_the_storm_counted(found: Comparison) -> None:
    for answer, row in zip(found.answers, found.rows, strict=True):
        closed = sum(rung.dollars for rung in row.liquidations) + row.auctions.dollars
        assert answer.waits.dollars == closed
        assert answer.waits.count >= answer.waits.at_once
        assert answer.waits.count + answer.waits.open >= 1
    assert of(found, "glp")[0].waits.discount == pytest.approx(0, abs=1000)


def test_a_keeper_with_fewer_hands_leaves_more_people_waiting(found: Comparison) -> None:
    crowd = load_population("crowd")
    keeper = msgspec.structs.replace(crowd.keeper, actions_per_minute=4)
    slow: Population = msgspec.structs.replace(crowd, keeper=keeper)
    waits = compare(CRASH, ["gm"], slow, traders=600, capital=CAPITAL).answers[0].waits
    usual = of(found, "gm")[0].waits
    assert waits.crowd > usual.crowd
    assert waits.longest > usual.longest
    assert waits.longest >= int(MINUTE)


def test_an_auction_is_waited_for(found: Comparison) -> None:
    waits = of(found, "layered")[0].waits
    assert waits.at_once < waits.count
    assert 0 < waits.longest < 30 * int(MINUTE)


def layered() -> tuple[sw.Venue, Any]:
    """A venue of the layered design, its vaults filled, at 2000 dollars."""
    venue = sw.Venue()
    venue.list_market(sw.LayeredMarket("ETH"))
    tick(venue, 1_760_000_000_000)
    provider = venue.open_account()
    venue.deposit(provider, 14_000_000 * int(DOLLAR))
    venue.supply("ETH", "junior", provider, 4_000_000 * int(DOLLAR))
    venue.supply("ETH", "senior", provider, 10_000_000 * int(DOLLAR))
    return venue, venue.market("ETH")


def tick(venue: sw.Venue, now: int) -> None:
    venue.advance(now, {"ETH": [sw.Report("feed", 2000 * int(PRICE), now)]})


def holder(venue: sw.Venue, size: int) -> int:
    """An account with a position of so many tokens."""
    account = venue.open_account()
    venue.deposit(account, 200_000 * int(DOLLAR))
    venue.place("ETH", account, size * int(TOKEN), margin=100_000 * int(DOLLAR))
    tick(venue, int(venue.now) + 15_000)
    return account


def test_the_meter_reads_what_positions_accrued_and_leaves_out_whom_something_else_moved() -> None:
    venue, market = layered()
    long, other, touched = holder(venue, 300), holder(venue, 200), holder(venue, 100)
    short = holder(venue, -100)
    meter = Meter(venue, market)
    everybody = (long, other, touched, short)
    before = {account: market.position(account) for account in everybody}
    meter.look(int(venue.now), list(before.values()))
    venue.listen()
    for minute in range(60):
        tick(venue, int(venue.now) + int(MINUTE))
        if minute == 20:
            venue.add_margin("ETH", other, 1_000 * int(DOLLAR))
        if minute == 30:
            venue.place("ETH", touched, 10 * int(TOKEN), margin=1_000 * int(DOLLAR))
    moved = touched_by(venue.drain(), "ETH")
    assert moved == [touched]
    meter.touch(moved)
    after = {account: market.position(account) for account in everybody}
    meter.look(int(venue.now), list(after.values()))
    for side, account in zip(meter.carry(), (long, short), strict=True):
        was, view = before[account], after[account]
        paid = int(view.accrued - view.margin) - int(was.accrued - was.margin)
        assert side.paid == paid
        assert side.held == int(was.value) * int(HOUR) // (24 * int(HOUR))
    assert meter.carry()[0].paid > 0 > meter.carry()[1].paid


def test_longs_and_shorts_of_a_book_pay_each_other_and_borrowing_is_paid_by_both(
    found: Comparison,
) -> None:
    long, short = (one.paid / one.held for one in of(found, "orderbook")[0].carry)
    assert long == pytest.approx(-short, rel=0.5)
    both = (one.paid / one.held for one in of(found, "glp")[0].carry)
    assert all(paid >= 0 for paid in both)  # borrowing is paid by both sides


class Doorkeeper:
    """An onlooker that writes down what stands at each vault's door."""

    def __init__(self) -> None:
        self.pending: dict[str, list[bool]] = {}
        self.free: dict[str, list[int]] = {}
        self._watchers: Sequence[Watcher] = ()

    def begin(self, watchers: Sequence[Watcher], prices: Tape) -> None:
        self._watchers = watchers

    def tick(self, index: int, events: Sequence[Event]) -> None:
        market = self._watchers[0].market
        for vault in market.vaults():
            view = market.vault(vault)
            self.pending.setdefault(vault, []).append(int(view.pending) > 0)
            self.free.setdefault(vault, []).append(int(view.exit_limit))

    def end(self, design: str, guards: str, broker: Broker) -> None:
        pass


def test_the_way_out_of_a_vault_is_what_its_view_said() -> None:
    doorkeeper = Doorkeeper()
    run_storm("jelly", ["layered"], traders=40, recorder=doorkeeper)
    answer = compare("jelly", ["layered"], traders=40).answers[0]
    assert [door.vault for door in answer.exits] == ["junior", "senior"]
    for door in answer.exits:
        assert door.ticks == sum(doorkeeper.pending[door.vault])
        assert door.free_least == min(doorkeeper.free[door.vault][answer.calm_ticks :])
        assert door.longest < door.ticks * int(LONGEST_TICK) or door.ticks == 0
    assert answer.exits[0].ticks > 0


# what is printed


def test_a_table_has_a_column_for_each_design_and_fits_100_columns(found: Comparison) -> None:
    text = found.table()
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    heads = [line for line in text.splitlines() if line.startswith("AVAX  ")]
    assert [line.split() for line in heads] == [["AVAX", *DESIGNS]]
    assert msgspec.json.decode(found.json(), type=Comparison) == found


def test_sets_of_guards_stand_beside_each_other(halted: Comparison) -> None:
    assert "+ price-breaker(move=0.1)+auction\n" in halted.table()
    assert "auction: of no use in gm AVAX" in re.sub(r"\s+", " ", halted.table())


@pytest.mark.parametrize(
    ("found", "text"),
    [(None, "-"), (0, "0"), (-3, "0"), (341_800_000, "0.034"), (-2_000_000, ">-.001"),
     (99_960_000_000, "10.0"), (28_293_419_323, "2.83"), (-1_000_000_000_000, "-100.0")],
)  # fmt: skip
def test_a_rate_is_written_in_percent(found: int | None, text: str) -> None:
    assert rate(found) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0 s"), (225_000, "225 s"), (1_800_000, "30 min"), (90_000_000, "25 h")],
)
def test_a_time_is_written_in_three_digits(milliseconds: int, text: str) -> None:
    assert span(milliseconds) == text


def test_the_command_takes_october_where_nothing_is_named(capsys: Output) -> None:
    main(["compare", "--hours", "0.1", "--traders", "4", "--design", "glp"])
    out = capsys.readouterr().out
    assert out.startswith("october-2025, 2025-10-10T12:00:00Z to 2025-10-10T12:05:45Z\n4 traders")
    main(["compare", "jelly", "--hours", "0.1", "--traders", "4", "--design", "glp", "--json"])
    found = msgspec.json.decode(capsys.readouterr().out, type=Comparison)
    assert found.configuration.scenario.name == "jelly"


# what is refused

WRONG: list[dict[str, Any]] = [
    {"scenario": "nosuch"},
    {"designs": ["nosuch"]},
    {"population": "nosuch"},
    {"guards": "nosuch"},
    {"preset": "nosuch"},
    {"seed": -1},
    {"traders": -1},
    {"capital": 1},
    {"tick": 10**9},
]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: next(iter(wrong)))
def test_what_a_storm_refuses_is_refused_in_the_same_words(wrong: dict[str, Any]) -> None:
    given: dict[str, Any] = {"scenario": "jelly", "designs": ["glp"], "traders": 2, **wrong}
    with pytest.raises(SeawallError) as expected:
        run_storm(**given)
    with pytest.raises(SeawallError) as refused:
        compare(**given)
    assert str(refused.value) == str(expected.value)


@pytest.mark.parametrize(
    "words",
    [["jelly", "--candles", "x.csv"], ["jelly", "--symbols", "BTC"], ["jelly", "--hours", "0"],
     ["--candles", "nosuch.csv"], ["jelly", "--design", "nosuch"], ["nosuch"]],
)  # fmt: skip
def test_the_command_refuses_what_the_storm_command_does(words: list[str], capsys: Output) -> None:
    said = []
    for command in ("storm", "compare"):
        with pytest.raises(SystemExit) as ended:
            main([command, *words])
        assert ended.value.code == 2
        said.append(capsys.readouterr().err)
    assert said[0] == said[1]


# the page


def blocks() -> dict[str, str]:
    """The commands of the page, each with the output that follows it."""
    pair = re.compile(r"^```sh\n(seawall [^\n]*)\n```\n+```text\n(.*?)^```$", re.M | re.S)
    return dict(pair.findall(PAGE.read_text("utf-8")))


def test_a_table_of_the_page_is_what_its_command_prints(capsys: Output) -> None:
    command, told = next((words, text) for words, text in blocks().items() if " jelly" in words)
    main(shlex.split(command)[1:])
    assert capsys.readouterr().out == told


FIGURE = re.compile(r"`((?:(?:hlp|gm|glp|junior|senior) )?[-+]?\d[^`]*)`")


def test_every_figure_of_the_page_is_in_what_a_command_printed() -> None:
    prose = re.sub(r"^```.*?^```$", "", PAGE.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    printed = "\n".join(blocks().values())
    figures = FIGURE.findall(prose)
    assert len(figures) > 150
    assert not [figure for figure in figures if figure not in printed]

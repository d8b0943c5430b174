"""Measures: each number is what it says, to the last unit."""

import numpy as np
import pytest

from seawall import designs as registry
from seawall.engine.events import (
    AuctionTaken,
    Deleveraged,
    Filled,
    Halted,
    InsuranceMoved,
    RungReached,
    Settled,
    VaultFlow,
)
from seawall.engine.fixed import DOLLAR, MINUTE, PRICE, TOKEN
from seawall.engine.reports import Report
from seawall.engine.venue import KEEPER_ACCOUNT, TREASURY_ACCOUNT, Market, Venue
from seawall.storm import crash_path
from seawall.storm.broker import Broker, Tick
from seawall.storm.crowd import Tape, draw, tape
from seawall.storm.designs import build, parameters, split, terms_of
from seawall.storm.hedges import Hedges
from seawall.storm.measure import Watcher, conservation
from seawall.storm.population import load_population
from seawall.storm.result import Departure, Layer, Probe, Row
from seawall.storm.run import Stage, StormResult, run_storm
from seawall.storm.table import WIDTH, money, share

D, P, T = int(DOLLAR), int(PRICE), int(TOKEN)
START = 1_735_689_600_000
STORM = crash_path(depth="0.001", calm_minutes=1, fall_minutes=1, rebound=0, after_minutes=1)
CRASH = crash_path(
    depth="0.45", calm_minutes=30, fall_minutes=25, rebound="0.6", rebound_minutes=20,
    after_minutes=20, volatility=0.8, seed=3,
)  # fmt: skip
DESIGN = next(iter(registry.DESIGNS))


def watched(capital: int = 14_000_000, guards: str = "none") -> tuple[Venue, Watcher]:
    """A market with vaults full and a price of 100,000, and who watches it."""
    venue = Venue()
    terms = terms_of(STORM, "BTC", guards)
    design = registry.design(DESIGN)
    venue.list_market(build(design, STORM, "BTC", 15_000, terms))
    owner, probe = venue.open_account(), venue.open_account()
    venue.deposit(owner, capital * D)
    venue.advance(START, {"BTC": [Report("generated", 100_000 * P, START)]})
    for vault, amount in split(design, capital * D).items():
        venue.supply("BTC", vault, owner, amount)
    venue.listen()
    return venue, Watcher(venue, venue.market("BTC"), probe)


def staged(guards: str = "none", capital: int = 1_000_000, traders: int = 900) -> Stage:
    population = load_population("crowd")
    prices = tape(CRASH, 15_000)
    crowd = draw(population, CRASH, prices, traders=traders, seed=5)
    return Stage(registry.design(DESIGN), guards, CRASH, crowd, prices, 15_000, capital * D, "alt")


@pytest.fixture(scope="module")
def crash() -> tuple[Stage, Row]:
    stage = staged()
    _, rows = stage.run()
    return stage, rows[0]


def test_gains_add_up_to_nothing_and_the_books_agree(crash: tuple[Stage, Row]) -> None:
    stage, row = crash
    assert sum(row.gains.values()) == 0
    assert conservation(stage.broker, [row]) == 0
    assert row.gains["treasury"] == stage.venue.wallet(TREASURY_ACCOUNT)
    assert row.gains["keeper"] == stage.venue.wallet(KEEPER_ACCOUNT)


def test_the_crash_of_these_tests_reaches_rungs_and_layers(crash: tuple[Stage, Row]) -> None:
    _, row = crash
    rungs = {rung.rung for rung in row.liquidations}
    assert {"partial-close", "auction", "junior"} <= rungs
    assert row.bad_debt > 0
    assert row.layers[0].worst > 0
    assert row.income.to_senior > 0


def test_what_is_left_over_is_reserve_and_income_to_the_dust(crash: tuple[Stage, Row]) -> None:
    stage, row = crash
    pool = stage.venue.market("BTC").desk.pool  # type: ignore[attr-defined]
    held = int(pool.reserve.amount + pool.income.amount)
    assert 0 <= row.gains["reserve"] - held < 1 * D
    assert row.gains["unpaid"] == 0
    assert row.gains["insurance"] == row.insurance.end == int(pool.insurance.amount)


def test_the_gain_of_a_vault_s_owners_is_its_layer_s_end(crash: tuple[Stage, Row]) -> None:
    _, row = crash
    for layer in row.layers:
        assert row.gains[layer.vault] == layer.end
        assert layer.worst >= -layer.end


def test_bad_debt_is_what_the_rungs_were_short_of(crash: tuple[Stage, Row]) -> None:
    _, row = crash
    assert row.bad_debt >= sum(rung.shortfall for rung in row.liquidations) > 0


def test_orders_are_filled_refused_or_cancelled_and_nothing_else(crash: tuple[Stage, Row]) -> None:
    stage, row = crash
    assert not stage.broker.pending
    for kind in ("traders", "trend followers", "faders"):
        orders = row.orders[kind]
        ended = orders.filled + sum(orders.cancelled.values())
        # an order sent in the last tick is taken back
        assert 0 <= orders.placed - ended <= 20
        assert 0 < orders.opened <= orders.asked * 1.05  # the price moved until they filled


def test_a_classes_gain_is_its_wallets_and_positions(crash: tuple[Stage, Row]) -> None:
    stage, row = crash
    broker, market = stage.broker, stage.venue.market("BTC")
    gain = 0
    for account, kind in broker.kind.items():
        if kind == "faders":
            gain += stage.venue.wallet(account) - broker.paid_in[account]
            view = market.position(account)
            gain += 0 if view is None else int(view.equity)
    assert gain == row.gains["faders"] != 0


def test_a_probe_counts_the_ticks_at_which_both_sides_can_be_had() -> None:
    venue, watcher = watched()
    watcher.tick(START, venue.drain())
    assert watcher.probes[0] == Probe(dollars=100_000, within_1=1, within_5=1, worst=_worst(venue))
    small, poor = watched(capital=500_000)
    poor.tick(START, small.drain())
    assert [probe.within_5 for probe in poor.probes] == [1, 0]
    assert [probe.refused for probe in poor.probes] == [0, 1]


def _worst(venue: Venue) -> int:
    market = venue.market("BTC")
    sides = [int(market.quote(sign * T).all_in) for sign in (1, -1)]
    return max(abs(price - 100_000 * P) * 10**12 // (100_000 * P) for price in sides)


def test_a_halt_closes_the_market_and_its_aftermath_is_charged_to_it() -> None:
    venue, watcher = watched(guards="price-breaker")
    watcher.tick(START, venue.drain())
    later = START + 15_000
    venue.advance(later, {"BTC": [Report("generated", 40_000 * P, later)]})
    watcher.tick(later, venue.drain())
    assert watcher.halts.count == {"price-breaker": 1}
    assert watcher.halts.ticks == 1
    assert watcher.probes[0].refused == 1
    event = RungReached(later, "BTC", "junior", 9)
    event.shortfall = 7 * D
    watcher.tick(later, [event])
    assert watcher.halts.shortfall_after == 7 * D


def test_a_tick_before_the_first_price_is_not_counted() -> None:
    venue = Venue()
    terms = terms_of(STORM, "BTC")
    market = build(registry.design(DESIGN), STORM, "BTC", 15_000, terms)
    venue.list_market(market)
    watcher = Watcher(venue, market, venue.open_account())
    watcher.tick(START, [])
    assert watcher.ticks == 0
    assert watcher.prices.first == 0


def test_profit_taken_is_counted_against_the_mark_on_either_side() -> None:
    _, watcher = watched()
    cuts = watcher.deleveraging
    # a long of 2 tokens cut 10 dollars below the mark, a short of 3 cut 5 above it
    watcher.tick(START, [Deleveraged(START, "BTC", 5, 2 * T, 99_990 * P, 100 * D, 4 * D)])
    assert (cuts.taken, cuts.withheld, cuts.profit) == (20 * D, 4 * D, 100 * D)
    watcher.tick(START, [Deleveraged(START, "BTC", 5, -3 * T, 100_005 * P, 0, 0)])
    assert cuts.taken == 35 * D
    # cut at the mark, nothing is taken
    watcher.tick(START, [Deleveraged(START, "BTC", 6, -3 * T, 100_000 * P, 0, 0)])
    assert (cuts.taken, cuts.count) == (35 * D, 3)
    assert watcher.cut_accounts == {5, 6}


def test_each_event_goes_where_it_belongs() -> None:
    venue, watcher = watched()
    watcher.tick(START, venue.drain())
    later = START + 15_000
    venue.advance(later, {"BTC": [Report("generated", 80_000 * P, later)]})
    watcher.tick(later, venue.drain())
    venue.advance(later + 1, {"BTC": [Report("generated", 90_000 * P, later + 1)]})
    settled = Settled(START, "BTC")
    settled.funding, settled.utilisation, settled.income = -3, 5, 100
    settled.to_insurance, settled.to_treasury, settled.to_senior, settled.to_junior = 10, 10, 60, 20
    settled.arrears, settled.funding_rate = 8, -4
    rung = RungReached(START, "BTC", "partial-close", 3)
    rung.closed, rung.price, rung.fee, rung.impact, rung.penalty = -2 * T, 100 * P, 7, 9, 11
    # a bid comes between two ticks: its discount is from the mark of the tick before
    taken = AuctionTaken(START - 1, "BTC", 1, 3, 4, T, 79_000 * P, 5, 0)
    watcher.tick(
        START,
        [
            Filled(START, "BTC", 3, 1, T, 100 * P, 1, 2, 3, 0, 4, 5, 6),
            Filled(START, "ETH", 3, 1, T, 100 * P, 1000, 1000, 1000, 0, 1000, 1000, 1000),
            settled,
            rung,
            taken,
            InsuranceMoved(START, "BTC", 50, 0, 50),
            InsuranceMoved(START, "BTC", -20, 20, 30),
            VaultFlow(START, "BTC", "junior", -1, -70, -70),
            Halted(START, "BTC", "funding-breaker", 0),
        ],
    )
    charges, income = watcher.charges, watcher.income
    assert (charges.fees, charges.spread, charges.impact, charges.accrued) == (8, 2, 12, 4)
    assert (charges.funding, charges.utilisation, charges.funding_rate_least) == (-3, 5, -4)
    assert charges.penalties == 16
    assert (income.total, income.to_senior, income.arrears_most) == (100, 60, 8)
    assert (watcher.withheld, watcher.bad_debt) == (5, 6)
    assert watcher.rungs["partial-close"].dollars == 200 * D
    assert watcher.rungs["partial-close"].discount == -2 * (90_000 - 100) * D
    assert (watcher.auctions.slices, watcher.auctions.dollars) == (1, 79_000 * D)
    assert watcher.auctions.discount == 1_000 * D
    assert (watcher.insurance.drawn, watcher.insurance.repaid) == (50, 20)
    assert watcher.layers["junior"].exits_paid == 70
    assert watcher.halts.count == {"funding-breaker": 1}


def test_a_layer_s_worst_loss_is_against_what_its_owners_left_in_it() -> None:
    venue, watcher = watched()
    watcher.tick(START, [VaultFlow(START, "BTC", "junior", 1, 4_000_000 * D, 1)])
    junior = watcher.layers["junior"]
    assert junior == Layer(
        vault="junior", put_in=4_000_000 * D, least=4_000_000 * D, worst=0, end=0
    )
    winner = venue.open_account()
    venue.deposit(winner, 100_000 * D)
    venue.place("BTC", winner, 10 * T, 100_000 * D)
    for step, dollars in ((1, 100_000), (2, 104_000), (3, 101_000)):
        now = START + step * 15_000
        venue.advance(now, {"BTC": [Report("generated", dollars * P, now)]})
        watcher.tick(now, venue.drain())
    assert junior.worst == pytest.approx(40_000 * D, rel=0.02)
    assert junior.worst_time == START + 30_000
    assert junior.end == pytest.approx(-10_000 * D, rel=0.1)
    assert watcher.interest.long_most == 1_040_000 * D


def test_a_hedge_makes_the_opposite_of_what_the_price_does_to_the_position() -> None:
    venue, _ = watched()
    broker = Broker(venue, {"BTC": terms_of(STORM, "BTC")})
    balancer = broker.enrol("balancers", "BTC", 100_000 * D)
    trader = broker.enrol("traders", "BTC", 100_000 * D)
    rising = [100_000.0 * P, 100_000.0 * P, 110_000.0 * P, 105_000.0 * P]
    hedges = Hedges(broker, "BTC", Tape(np.arange(4) * 15_000, {"BTC": np.array(rising)}))
    for index in range(4):
        now = START + index * 15_000
        if index:
            venue.advance(now, {"BTC": [Report("generated", round(rising[index]), now)]})
        broker.observe(Tick(index, now, venue.drain()))
        hedges.move(index)
        if index == 0:
            broker.order(balancer, -2 * T, 50_000 * D)
            broker.order(trader, 3 * T, 50_000 * D)
        hedges.follow()
    # short 2 tokens from the second tick on: long 2 elsewhere through +10,000 and -5,000
    assert hedges.made == {"balancers": 10_000 * D, "bidders": 0, "arbitrageur": 0}


def test_the_anchor_is_what_the_arbitrageur_pays_and_how_far_the_mark_is() -> None:
    venue, _ = watched()
    broker = Broker(venue, {"BTC": terms_of(STORM, "BTC")})
    arbitrageur = broker.enrol("arbitrageur", "BTC", 100_000 * D)
    other = broker.enrol("traders", "BTC", 100_000 * D)
    told = [100_000.0 * P, 100_000.0 * P, 104_000.0 * P]
    hedges = Hedges(broker, "BTC", Tape(np.arange(3) * 15_000, {"BTC": np.array(told)}))
    fills = []
    for index in range(3):
        now = START + index * 15_000
        if index:  # the venue never hears of the last price
            venue.advance(now, {"BTC": [Report("generated", 100_000 * P, now)]})
        events = venue.drain()
        broker.observe(Tick(index, now, events))
        hedges.move(index, events)
        fills += [event for event in events if isinstance(event, Filled)]
        if index == 0:
            broker.order(arbitrageur, 2 * T, 50_000 * D)
            broker.order(other, -3 * T, 50_000 * D)
        hedges.follow()
    (own,) = [fill for fill in fills if fill.account == arbitrageur]
    anchor = hedges.settled()
    assert anchor.charges == int(own.fee + own.spread + own.impact) > 0
    assert anchor.traded == 200_000 * D
    view = broker.position(arbitrageur)
    assert view is not None
    assert anchor.funding == int(own.accrued + view.accrued)
    assert anchor.held_most == 208_000 * D
    assert anchor.off_most == 4_000 * 10**12 // 104_000
    assert anchor.off_mean == anchor.off_most // 3


class Shown:
    """A market with something to show of itself."""

    def __init__(self, market: Market) -> None:
        self._market = market

    def __getattr__(self, name: str) -> object:
        return getattr(self._market, name)

    def dials(self) -> dict[str, int]:
        return {"profit": 5 * D, "fund": 7}

    def left_unpaid(self) -> dict[str, dict[int, int]]:
        return {"first-come": {2: 30 * D, 3: 12 * D}, "last-come": {}}


def test_dials_are_read_every_five_minutes_and_departures_by_class(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    venue, watcher = watched()
    broker = Broker(venue, {"BTC": terms_of(STORM, "BTC")})
    monkeypatch.setattr(watcher, "market", Shown(watcher.market))
    for minute in range(13):
        watcher.tick(START + minute * int(MINUTE), [])
    minutes = [(time - START) // int(MINUTE) for time in watcher.dials.times]
    assert minutes == [0, 5, 10]
    assert watcher.dials.series == {"profit": [5 * D] * 3, "fund": [7] * 3}
    broker.kind = {2: "traders", 3: "faders"}
    assert watcher.departures(broker) == [
        Departure(order="first-come", unpaid={"traders": 30 * D, "faders": 12 * D}, accounts=2),
        Departure(order="last-come", unpaid={}, accounts=0),
    ]


def test_a_table_shows_dials_departures_and_the_anchor_of_those_that_have_them() -> None:
    result = run_storm(STORM, traders=40, capital=300_000)
    text = result.table()
    shown = [row for row in result.rows if row.dials.series]
    assert 0 < len(shown) < len(result.rows)
    for row in shown:
        assert len(row.departures) == 3
        assert all(len(values) == len(row.dials.times) for values in row.dials.series.values())
        for name in row.dials.series:
            assert name[:8] in text
    for label in ("arbitrageur's charges", "arbitrageur, hedged", "mark off the price", "unpaid,"):
        assert label in text
    assert max(len(line) for line in text.splitlines()) <= WIDTH


def test_cover_is_junior_and_insurance(crash: tuple[Stage, Row]) -> None:
    stage, row = crash
    pool = stage.venue.market("BTC").desk.pool  # type: ignore[attr-defined]
    assert row.cover_end == int(pool.cover())
    assert 0 <= row.cover_least <= row.cover_end


def test_the_parameters_of_a_market_are_recorded_by_name() -> None:
    venue, _ = watched(guards="hybrid")
    found = parameters(venue.market("BTC"))
    assert found["side_cap"] == 800_000_000_000
    assert found["tiers"]["tiers"][0]["leverage"] == 50
    assert found["oracle"]["smooth"] is True
    assert found["guards"]["position"]["share"] == 50_000_000_000


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0"), (1, "<1"), (-1, "-<1"), (999_499_999, "999"), (999_500_000, "1.00 k"),
        (-1_234_567_890_000, "-1.23 M"), (12_345_000_000, "12.3 k"), (999_499_000_000, "999 k"),
        (99_960_000_000, "100 k"), (9_996_000_000, "10.0 k"), (2_500_000_000_000_000, "2.50 bn"),
    ],
)  # fmt: skip
def test_money_is_short_and_zero_only_if_it_is(amount: int, text: str) -> None:
    assert money(amount) == text
    assert len(money(amount)) <= 7
    assert money(amount, sign=True) == (f"+{text}" if amount > 0 else text)


def test_a_share_is_whole_only_if_it_is() -> None:
    assert share(99_999, 100_000) == "99.9 %"
    assert share(100_000, 100_000) == "100 %"
    assert share(0, 0) == "-"


def test_no_table_is_wider_than_a_page() -> None:
    result: StormResult = run_storm(
        STORM, [DESIGN], traders=5, guards=["none", "hybrid", "open-interest-cap"]
    )
    text = result.table()
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert text.count("+ hybrid") == 2
    assert "conservation: 0" in text
    assert f"{MINUTE}" not in text

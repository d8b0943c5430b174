"""Every market is an island (LAY-ISO-1)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from machine.layered import Layered
from machine.player import replay, without_a
from machine.tape import schedule
from roles import START, dollars, price, tokens
from seawall.engine.designs.layered import LayeredMarket, Params
from seawall.engine.reports import Report
from seawall.engine.venue import Venue


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.integers(20, 150))
def test_no_sequence_of_commands_on_one_market_is_felt_by_another(seed, length):
    """LAY-ISO-1: B ends as it does in a world in which nobody ever touched A."""
    played = schedule(seed, length, Layered())
    alone, _ = replay(without_a(played.tape), Layered())
    assert alone.market("B").digest() == played.venue.market("B").digest()
    assert alone.market("A").digest() != played.venue.market("A").digest()


def two_islands() -> tuple[Venue, int]:
    """Two markets with the same vaults; one trader is long in both."""
    venue = Venue()
    for name in ("A", "B"):
        venue.list_market(LayeredMarket(name, Params(move_fee=0, side_cap=2 * 10**12)))
    depositor, trader = venue.open_account(), venue.open_account()
    venue.deposit(depositor, dollars(1_000_000))
    venue.deposit(trader, dollars(1_000_000))
    tell(venue, START, 2000, 2000)
    for name in ("A", "B"):
        venue.supply(name, "junior", depositor, dollars(40_000))
        venue.supply(name, "senior", depositor, dollars(100_000))
        venue.place(name, trader, tokens(40), dollars(60_000))
    tell(venue, START + 2_000, 2000, 2000)
    return venue, trader


def tell(venue: Venue, now: int, a: int, b: int) -> None:
    reports = {"A": [Report("x", price(a), now)], "B": [Report("x", price(b), now)]}
    venue.advance(now, reports)


def test_a_ruined_market_draws_nothing_from_its_neighbour():
    """LAY-ISO-1: winners of A are paid by A alone, to its last dollar."""
    venue, trader = two_islands()
    pools = [venue.market(name).desk.pool for name in ("A", "B")]
    before = [int(pot.amount) for pot in pools[1].pots()]
    tell(venue, START + 4_000, 9000, 2000)
    tell(venue, START + 6_000, 9000, 2000)
    assert pools[0].value_low() == 0
    assert [int(pot.amount) for pot in pools[1].pots()] == before
    assert venue.market("B").vault("junior").assets == dollars(40_000)
    assert venue.market("B").vault("senior").assets == dollars(100_000)
    assert venue.market("B").position(trader).size == tokens(40)
    venue.audit()


def test_margin_in_one_market_does_not_save_a_position_in_another():
    """LAY-ISO-1: isolated margin: the long in A is taken over, the one in B stands."""
    venue, trader = two_islands()
    tell(venue, START + 4_000, 400, 2000)
    assert venue.market("A").position(trader) is None
    assert venue.market("B").position(trader).size == tokens(40)
    assert venue.wallet(trader) == dollars(1_000_000 - 2 * 60_000)


def test_a_budget_is_a_markets_own():
    """LAY-LIQ-9, LAY-ISO-1: congestion in A leaves B its actions."""
    venue, trader = two_islands()
    for name in ("A", "B"):
        for _ in range(2):
            venue.place(name, trader, -tokens(1))
    now = START + 4_000
    venue.advance(now, {n: [Report("x", price(2000), now)] for n in ("A", "B")}, 1)
    assert [venue.market(name).position(trader).size for name in ("A", "B")] == [tokens(39)] * 2

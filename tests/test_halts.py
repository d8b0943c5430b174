"""A halted market, whatever its design: what changes in it, and what does not."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine.glp import Glp
from machine.gm import Gm
from machine.harness import Harness
from machine.layered import Layered
from machine.orderbook import Orderbook
from machine.player import FIRST, TRADERS, Player
from machine.vamm import Vamm
from roles import dollars
from seawall.engine.breakers import FundingBreaker, PriceBreaker
from seawall.engine.errors import Closed
from seawall.engine.events import AuctionTaken, Deleveraged, Event, Filled, RungReached
from seawall.engine.venue import MAX_BUDGET, Market

DESIGNS: list[type[Harness]] = [Layered, Orderbook, Gm, Glp, Vamm]
TRADING = (AuctionTaken, Deleveraged, Filled, RungReached)
FORBIDDEN = {"place", "remove_margin", "bid"}
"""Commands that are refused in a halt; all others concern money at rest, or take an order back."""


def guards_of(market: Market):  # type: ignore[no-untyped-def]
    """The guards that a market has, wherever its design keeps them."""
    rooms = (getattr(market, name, None) for name in ("desk", "book", "house"))
    return next(room.guards for room in rooms if hasattr(room, "guards"))


def trades(event: Event) -> bool:
    """Whether a position changed hands; margin that was added is told as a fill of no size."""
    return isinstance(event, TRADING) and getattr(event, "size", 1) != 0


def sizes(market: Market) -> dict[int, int]:
    return {
        account: int(market.position(account).size)  # type: ignore[union-attr]
        for account in market.open_positions()
    }


def traded(harness: Harness, rng: random.Random) -> Player:
    """A market in which some people hold positions."""
    player = Player(harness, checked=False)
    guards_of(player.market).price_breaker = PriceBreaker()
    for who in range(TRADERS):
        side = rng.choice((1, -1))
        player.place(who, side * rng.randint(100, 9_000), rng.randint(2, 8), "market", 0, 0, False,
                     False)  # fmt: skip
        player.tick(rng.randint(-30, 30), 5, 0, MAX_BUDGET, False)
    return player


def trip(player: Player, move: int) -> None:
    """A move that halts the market; where a jump has to be confirmed, by a second report."""
    player.tick(move, 5, 0, 0, False)
    if not guards_of(player.market).is_halted(player.now):
        player.tick(0, 5, 0, 0, False)


def act(player: Player, rng: random.Random) -> None:
    """One command of any kind."""
    who, amount = rng.randrange(TRADERS), rng.randint(1, 2_000)
    vault = rng.choice(player.harness.vaults)
    size = dollars(amount) * 10**12 // player.mark
    acts = [
        lambda: player.do("place", "A", FIRST + who, rng.choice((1, -1)) * size, dollars(amount)),
        lambda: player.do(
            "place",
            "A",
            FIRST + who,
            size,
            dollars(amount),
            kind="limit",
            trigger=player.mark * 99 // 100,
            partial=True,
        ),
        lambda: player.close(who, 50),
        lambda: player.close(who, 100),
        lambda: player.cancel(who),
        lambda: player.add_margin(who, amount),
        lambda: player.remove_margin(who, 20),
        lambda: player.bid(who, 0, 50, amount),
        lambda: player.supply(vault, who, amount),
        lambda: player.request_redeem(vault, -1, 5),
        lambda: player.claim(vault, -1),
        lambda: player.deposit(who, amount),
    ]
    rng.choice(acts)()


@pytest.mark.parametrize("design", DESIGNS)
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 2**32), falls=st.booleans())
def test_a_halted_market_changes_only_by_what_a_halt_allows(
    design: type[Harness], seed: int, falls: bool
) -> None:
    """GRD-HALT-1, GRD-HALT-2: no fill, no liquidation, no new order, whatever anybody sends."""
    rng = random.Random(seed)
    player = traded(design(), rng)
    trip(player, -5_500 if falls else 5_500)
    guards = guards_of(player.market)
    assert guards.is_halted(player.now)
    player.events()
    held = sizes(player.market)
    while guards.is_halted(player.now + 90_000):
        before, told = player.market.digest(), len(player.outcomes)
        act(player, rng)
        for step, code in zip(player.tape[told:], player.outcomes[told:], strict=True):
            if step.name in FORBIDDEN and step.args[0] == "A":
                assert code, f"{step} was taken in a halt"
                assert player.market.digest() == before
        assert sizes(player.market) == held
        player.now += rng.randint(20, 90) * 1_000
        wide = (("A", player.now, 0), ("B", player.now, 0))
        happened = player._pass(wide, 90_000, MAX_BUDGET)
        assert [event for event in happened if trades(event)] == []
        assert sizes(player.market) == held


@pytest.mark.parametrize("design", DESIGNS)
def test_a_refusal_in_a_halt_names_the_breaker_its_bound_and_the_value(
    design: type[Harness],
) -> None:
    """GRD-HALT-3."""
    player = traded(design(), random.Random(1))
    trip(player, 5_500)
    until = int(guards_of(player.market).price_breaker.halted_until)
    before = player.venue.digest()
    with pytest.raises(Closed) as caught:
        player.venue.place("A", FIRST, dollars(1_000) * 10**12 // player.mark, dollars(500))
    refused = caught.value
    assert refused.code == "price-breaker"
    assert (refused.value, refused.bound) == (player.now, until)
    assert str(until) in str(refused)
    assert player.venue.digest() == before


@pytest.mark.parametrize("design", DESIGNS)
def test_a_funding_breaker_closes_the_market_in_the_same_way(design: type[Harness]) -> None:
    """GRD-HALT-3, with the rate and its bound an hour."""
    player = traded(design(), random.Random(2))
    breaker = FundingBreaker(1_000)
    assert breaker.observe(2_000)
    guards_of(player.market).funding_breaker = breaker
    before = player.venue.digest()
    with pytest.raises(Closed) as caught:
        player.venue.place("A", FIRST, dollars(1_000) * 10**12 // player.mark, dollars(500))
    refused = caught.value
    assert refused.code == "funding-breaker"
    assert (refused.value, refused.bound) == (2_000, 1_000)
    assert player.venue.digest() == before


@pytest.mark.parametrize("design", DESIGNS)
def test_the_market_goes_on_when_the_pause_is_over(design: type[Harness]) -> None:
    """GRD-HALT-1: ten minutes, and not one longer."""
    player = traded(design(), random.Random(3))
    trip(player, 5_500)
    guards = guards_of(player.market)
    player.now = int(guards.price_breaker.halted_until) - 1_000
    player.tick(0, 0, 0, 0, False)
    assert guards.is_halted(player.now)
    player.tick(0, 1, 0, MAX_BUDGET, False)
    assert not guards.is_halted(player.now)
    guards.check_halt(player.now)

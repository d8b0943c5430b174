"""Runs that the state machine has found, as examples."""

import pytest

from machine.glp import Glp
from machine.player import Player
from seawall.engine.venue import MAX_BUDGET


def opened_in_doubt(side: int, leverage: int = 2) -> Player:
    """Twenty dollars, filled while the oracle is a basis point unsure."""
    player = Player(Glp())
    player.place(0, side * 20, leverage, "market", 0, 0, False, False)
    player.tick(0, 4, 1, 1, False)
    return player


@pytest.mark.parametrize("leverage", [1, 2])
@pytest.mark.parametrize("side", [1, -1])
def test_a_spread_stays_with_the_pool_until_the_position_is_gone(side: int, leverage: int) -> None:
    """GLP-AUM-4: a fill in doubt, and a fifth of it closed when the oracle is sure again.

    A long of 20 dollars between 1 999.80 and 2 000.20 reserves 20 / 1 999.80 tokens and owns
    20 / 2 000.20: at 2 000 the tokens between them are worth 0.004 dollars, which AUM leaves out.
    A short's average is the price it opened at: its result counts whole. Without leverage the
    fifth cannot be closed (``size-below-collateral``), and the spread is there all the same.
    """
    player = opened_in_doubt(side, leverage)
    for percent in (20, 100):
        player.close(0, percent)
        player.tick(0, 2, 0, 11, True)
        player.harness.check_still(player.market)
        player.venue.audit()
    assert player.market.open_positions() == []


def test_what_the_spread_leaves_out_of_aum_is_told_to_the_cent() -> None:
    """GLP-AUM-4: 0.004 dollars less than money and claims say, back once the position is gone."""
    player = opened_in_doubt(1)
    player.tick(0, 2, 0, 0, False)
    market = player.market
    index = market.token("A")
    holder = market.open_positions()[0]
    view = market.position(holder)
    assert view is not None
    reserved = index.reserved * index.low // 10**12
    assert reserved - (view.entry + view.result) == 4_000
    player.close(0, 100)
    player.tick(0, 2, 0, MAX_BUDGET, False)
    assert market.open_positions() == []
    assert market.token("A").reserved == 0


def test_an_increase_of_a_short_in_doubt_is_not_in_the_average_of_all() -> None:
    """GLP-AUM-4: 2 000 dollars at a price a basis point above the one that 3 000 are added at.

    The position's result counts at p+, 2 020.202, the average of all at p-, 2 019.798: the pool
    owes 2 000 / 2 000 * 0.404 dollars less than AUM says. Sure of the price, nothing is between.
    """
    gaps = []
    for confidence in (0, 1):
        player = Player(Glp())
        player.place(0, -2_000, 5, "market", 0, 0, False, False)
        player.tick(0, 4, 0, MAX_BUDGET, False)
        player.place(0, -3_000, 5, "market", 0, 0, False, False)
        player.tick(100, 4, confidence, MAX_BUDGET, False)
        player.tick(0, 2, 0, 0, False)
        player.harness.check_still(player.market)
        gaps.append(player.market.short_check())
    assert gaps == [0, 404_041]

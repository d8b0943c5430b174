"""Everybody at once: the laws that hold whatever anybody does, for every design."""

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from machine.glp import Glp
from machine.gm import Gm
from machine.layered import Layered
from machine.orderbook import Orderbook
from machine.player import replay, without_a
from machine.rules import machine_for
from machine.tape import schedule
from machine.vamm import Vamm

EXAMPLES = int(os.environ.get("SEAWALL_FUZZ", "30"))
"""How many runs; the night may ask for more (SEAWALL_FUZZ=1000)."""

SETTINGS = settings(
    max_examples=EXAMPLES,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

TestLayered = machine_for(Layered).TestCase
TestLayered.settings = SETTINGS

TestVamm = machine_for(Vamm).TestCase
TestVamm.settings = SETTINGS

TestGm = machine_for(Gm).TestCase
TestGm.settings = SETTINGS

TestGlp = machine_for(Glp).TestCase
TestGlp.settings = SETTINGS

TestOrderbook = machine_for(Orderbook).TestCase
TestOrderbook.settings = SETTINGS


@settings(max_examples=max(4, EXAMPLES // 5), deadline=None)
@given(st.integers(0, 2**32))
def test_a_long_day_keeps_the_laws(seed: int) -> None:
    """Hundreds of actions in one market, as crowded as a real one: laws, replay, isolation."""
    player = schedule(seed, 350, Layered(), checked=True)
    again, outcomes = replay(player.tape, Layered())
    assert outcomes == player.outcomes
    assert again.digest() == player.venue.digest()
    alone, _ = replay(without_a(player.tape), Layered())
    assert alone.market("B").digest() == player.venue.market("B").digest()

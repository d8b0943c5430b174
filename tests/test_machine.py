"""Everybody at once: the laws that hold whatever anybody does, for every design."""

import os

from hypothesis import HealthCheck, settings

from machine.harness import Gm, Layered, Vamm
from machine.rules import machine_for

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

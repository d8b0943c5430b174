"""The same tape, the same digest: in another process, another flavour, another year.

``GOLDEN`` is the digest of the tape below as the engine computes it today. A change of behaviour
changes it; a change of speed must not. Renew it, when the behaviour was meant to change, with

    PYTHONPATH=src python tests/test_determinism.py

Where the running engine is compiled, the same tape is played by the bare source beside it; where
it is the bare source, by a second process with another hash seed.
"""

import os
import subprocess
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))

from machine.harness import Layered
from machine.player import replay
from machine.tape import schedule
from seawall.engine import fixed

SEED = 13
ACTIONS = 2_500
GOLDEN = "bf6fdf6208f098f89379a0337da5ef353d3c9adefbf753039765cb0fbcc95874"

TESTS = Path(__file__).resolve().parent
SOURCE = TESTS.parent / "src"

IS_COMPILED = not str(fixed.__file__).endswith(".py")


def digest_elsewhere() -> tuple[str, str]:
    """Where a second process takes the engine from, and the digest it comes to."""
    code = (
        "import test_determinism as t; from seawall.engine import fixed;"
        "print(fixed.__file__, t.schedule(t.SEED, t.ACTIONS, t.Layered()).venue.digest())"
    )
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(SOURCE), str(TESTS)]),
        "PYTHONHASHSEED": "4242",
    }
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=TESTS, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    where, digest = told.stdout.split()
    return where, digest


def test_the_tape_comes_to_the_golden_digest() -> None:
    """Compiled or not: every number of the final state is the recorded one."""
    assert schedule(SEED, ACTIONS, Layered()).venue.digest() == GOLDEN


def test_the_bare_source_comes_to_the_same_digest_in_another_process() -> None:
    """Against the compiled engine where that is the one under test."""
    where, digest = digest_elsewhere()
    assert where.endswith("fixed.py")
    assert digest == schedule(SEED, ACTIONS, Layered()).venue.digest()


def test_the_tape_alone_is_enough_to_repeat_a_run() -> None:
    """Outcomes too: what was refused the first time is refused again, with the same code."""
    played = schedule(SEED, ACTIONS // 4, Layered())
    venue, outcomes = replay(played.tape, Layered())
    assert outcomes == played.outcomes
    assert venue.digest() == played.venue.digest()


def test_another_seed_is_another_tape() -> None:
    """The digest sees what happens: it is not a constant."""
    assert (
        schedule(SEED + 1, 100, Layered()).venue.digest()
        != schedule(SEED, 100, Layered()).venue.digest()
    )


if __name__ == "__main__":
    print(schedule(SEED, ACTIONS, Layered()).venue.digest(), "compiled" if IS_COMPILED else "bare")

"""Which Seawall this is: its version, and how its engine runs."""

from typing import Final

from seawall.engine import fixed

VERSION: Final = "0.1.0"
"""Version of the package; the build reads it from here."""


def compiled() -> bool:
    """Whether the engine runs as a compiled extension; else it is interpreted, with equal results.

    An install is compiled whole or not at all, so one module answers for every other.
    """
    return not fixed.__file__.endswith(".py")

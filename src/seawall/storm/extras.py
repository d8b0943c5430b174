"""Libraries that only one command needs, and that an install may lack."""

import importlib
from typing import Any

from seawall.engine.errors import BadParameters


def library(name: str, extra: str = "") -> Any:
    """The library ``name``, which comes with the extra ``extra`` or is installed by itself.

    Raises :class:`BadParameters` saying how it is installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        what = f"'seawall[{extra}]'" if extra else name.partition(".")[0]
        raise BadParameters(f"{name} is not installed; pip install {what}") from None

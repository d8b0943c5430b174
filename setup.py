"""Compile the engine with mypyc; where there is no C compiler, install the source as it is."""

import os
from pathlib import Path

from setuptools import setup

SOURCE = Path(__file__).parent / "src"


def engine_extensions() -> list[object]:
    """Every module of the engine but the packages' own files, as optional extensions."""
    if os.environ.get("SEAWALL_INTERPRETED"):
        return []
    try:
        from mypyc.build import mypycify
    except ImportError:
        return []
    modules = sorted(
        path.relative_to(Path(__file__).parent).as_posix()
        for path in (SOURCE / "seawall" / "engine").rglob("*.py")
        if path.name != "__init__.py"
    )
    extensions = mypycify(modules, opt_level="3", multi_file=True)
    for extension in extensions:
        extension.optional = True
    return extensions


setup(ext_modules=engine_extensions())

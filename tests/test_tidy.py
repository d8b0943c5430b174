"""The law of the house, read off the source itself.

``FLOORS`` is the one list of rooms: a file or a folder that is not on it fails until it is given
a floor. Every law is a function from a source file to its complaints; each is run over the whole
package, and over a small bad example that it must complain of.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "seawall"

FLOORS = {
    "engine/errors": 1,
    "engine/events": 1,
    "engine/views": 1,
    "engine/fixed": 2,
    "about": 3,
    "curves": 3,
    "engine/pot": 3,
    "engine/reports": 3,
    "engine/margin": 3,
    "engine/breakers": 3,
    "engine/adl": 3,
    "engine/auction": 3,
    "engine/premium": 3,
    "engine/oracle": 4,
    "engine/guards": 4,
    "engine/shares": 4,
    "engine/orders": 4,
    "engine/watch": 4,
    "engine/venue": 4,
    "engine/commands": 5,
    "engine/vault": 5,
    "engine/ladder": 5,
    "engine/designs/glp": 6,
    "engine/designs/gm": 6,
    "engine/designs/layered": 6,
    "engine/designs/orderbook": 6,
    "engine/designs/vamm": 6,
    "designs": 7,
    "storm": 8,
    "__init__": 9,
    "cli": 10,
}
"""Floor of every room; a room is a module, or a folder that is read as one."""

REGISTRY = "designs"
"""The one room that knows the designs by name."""

SHELLS = {"engine/__init__", "engine/designs/__init__"}
"""Packages that hold rooms and nothing of their own."""

ENGINE_MAY_IMPORT = {"abc", "hashlib", "mypy_extensions", "seawall", "typing"}
"""Nothing here knows the time, the machine, a file, a thread or a die."""

FLOATS_ALLOWED = {("engine/fixed", "mul_div"), ("engine/fixed", "_EXACT")}
FLOATS_ALLOWED |= {("engine/fixed", "_LIMIT_FLOAT")}
"""Where the engine may estimate in double precision: the quotient of ``mul_div``, its bounds."""

MAX_LINES = 500
LONG_FILES = {
    "engine/designs/layered/market": "every command and view of one machine",
}
"""Longer files, each with its reason; a file that has become short must leave this list."""


@dataclass(frozen=True)
class File:
    """A module: its path below the package without the suffix, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def room(self) -> str:
        return room_of(self.path) or self.path

    @property
    def in_engine(self) -> bool:
        return self.path.startswith("engine/")

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and dotted name of every module that is imported, wherever in the file."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield node.lineno, alias.name
            elif isinstance(node, ast.ImportFrom):
                origin = "." * node.level + (node.module or "")
                for alias in node.names:
                    inner = f"{origin}.{alias.name}"
                    yield node.lineno, inner if is_module(inner) else origin


def path_of(module: str) -> str:
    """``seawall.engine.fixed`` as ``engine/fixed``; the package itself as ``__init__``."""
    return module.replace(".", "/").removeprefix("seawall").removeprefix("/") or "__init__"


def is_module(name: str) -> bool:
    path = SOURCE / path_of(name)
    return name.startswith("seawall.") and (path.is_dir() or path.with_suffix(".py").exists())


def room_of(path: str) -> str | None:
    """The room that a path lies in, None where it has no floor."""
    parts = path.split("/")
    for end in range(len(parts), 0, -1):
        if "/".join(parts[:end]) in FLOORS:
            return "/".join(parts[:end])
    return None


def source_files() -> list[File]:
    return [
        File(path.relative_to(SOURCE).with_suffix("").as_posix(), path.read_text("utf-8"))
        for path in sorted(SOURCE.rglob("*.py"))
    ]


def designs() -> list[str]:
    return sorted(path.name for path in (SOURCE / "engine" / "designs").iterdir() if path.is_dir())


def names_called(file: File) -> Iterator[tuple[int, str]]:
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.lineno, node.func.id


# The laws


def every_room_has_a_floor(file: File) -> Iterator[str]:
    if file.path not in SHELLS and room_of(file.path) is None:
        yield f"{file.path}: no floor; add the room to FLOORS and to the picture in README.md"


def a_room_imports_from_floors_below(file: File) -> Iterator[str]:
    own = FLOORS.get(file.room, 0)
    for line, module in file.imports():
        if module.startswith("."):
            yield f"{file.path}:{line}: relative import of {module}"
        elif module.split(".")[0] == "seawall":
            other = room_of(path_of(module))
            if other != file.room and (other is None or FLOORS[other] >= own):
                floor = "no floor" if other is None else f"floor {FLOORS[other]}"
                yield f"{file.path}:{line}: floor {own} imports {module} ({floor})"


def a_package_of_rooms_holds_nothing(file: File) -> Iterator[str]:
    if file.path in SHELLS and len(file.tree.body) > 1:
        yield f"{file.path}: more than a docstring"


def only_the_registry_knows_a_design(file: File) -> Iterator[str]:
    if file.room == REGISTRY:
        return
    prose = {
        id(node.body[0].value)
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for design in designs():
        if file.room == f"engine/designs/{design}":
            continue
        for line, module in file.imports():
            if module.startswith(f"seawall.engine.designs.{design}"):
                yield f"{file.path}:{line}: imports the design {design}"
        for node in ast.walk(file.tree):
            if not isinstance(node, ast.Constant) or id(node) in prose:
                continue
            if isinstance(node.value, str) and node.value.lower() == design:
                yield f"{file.path}:{node.lineno}: names the design {design}"


def the_engine_imports_no_clock_and_no_world(file: File) -> Iterator[str]:
    if file.in_engine:
        for line, module in file.imports():
            if module.split(".")[0] not in ENGINE_MAY_IMPORT:
                yield f"{file.path}:{line}: the engine may not import {module}"


def the_engine_calls_nothing_impure(file: File) -> Iterator[str]:
    banned = {"print", "open", "input", "eval", "exec", "compile", "breakpoint", "__import__"}
    banned |= {"hash", "id"}  # both differ from one process to the next
    if file.in_engine:
        for line, name in names_called(file):
            if name in banned:
                yield f"{file.path}:{line}: {name}() in the engine"


def the_engine_keeps_no_state_outside_its_objects(file: File) -> Iterator[str]:
    if file.in_engine:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Global | ast.Nonlocal):
                yield f"{file.path}:{node.lineno}: {', '.join(node.names)} outlives its object"


def the_engine_has_no_floats(file: File) -> Iterator[str]:
    if not file.in_engine:
        return
    for part in file.tree.body:
        name = getattr(part, "name", "")
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            name = part.target.id
        if (file.path, name) in FLOATS_ALLOWED:
            continue
        for node in ast.walk(part):
            if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
                yield f"{file.path}:{node.lineno}: the float {node.value}"
            elif isinstance(node, ast.Name) and node.id in {"float", "complex"}:
                yield f"{file.path}:{node.lineno}: {node.id}"
            elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
                yield f"{file.path}:{node.lineno}: / makes a float; use // or mul_div"


def the_engine_has_no_sets(file: File) -> Iterator[str]:
    if file.in_engine:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Set | ast.SetComp):
                yield f"{file.path}:{node.lineno}: a set, whose order is not a fact"
            elif isinstance(node, ast.Name) and node.id in {"set", "frozenset"}:
                yield f"{file.path}:{node.lineno}: {node.id}, whose order is not a fact"


def the_engine_rounds_by_name(file: File) -> Iterator[str]:
    instead = {"abs": "magnitude", "round": "mul_div, mul_div_up or mul_div_trunc"}
    if file.in_engine:
        for line, name in names_called(file):
            if name in instead:
                yield f"{file.path}:{line}: {name}(); use {instead[name]} of fixed.py"


def every_public_name_has_a_docstring(file: File) -> Iterator[str]:
    def visit(node: ast.Module | ast.ClassDef, owner: str) -> Iterator[str]:
        for child in node.body:
            if isinstance(child, ast.FunctionDef | ast.ClassDef) and not child.name.startswith("_"):
                if not ast.get_docstring(child):
                    yield f"{file.path}:{child.lineno}: {owner}{child.name} has no docstring"
                if isinstance(child, ast.ClassDef):
                    yield from visit(child, f"{child.name}.")

    if not ast.get_docstring(file.tree):
        yield f"{file.path}: no docstring"
    yield from visit(file.tree, "")


def no_file_is_long(file: File) -> Iterator[str]:
    lines = len(file.text.splitlines())
    if lines > MAX_LINES and file.path not in LONG_FILES:
        yield f"{file.path}: {lines} lines; {MAX_LINES} are the most"
    if lines <= MAX_LINES and file.path in LONG_FILES:
        yield f"{file.path}: {lines} lines; it can leave LONG_FILES"


def nothing_is_left_for_later(file: File) -> Iterator[str]:
    for number, line in enumerate(file.text.splitlines(), 1):
        for mark in ("TODO", "FIXME", "XXX"):
            if mark in line:
                yield f"{file.path}:{number}: {mark}"


Law = Callable[[File], Iterator[str]]

LAWS: list[Law] = [
    every_room_has_a_floor,
    a_room_imports_from_floors_below,
    a_package_of_rooms_holds_nothing,
    only_the_registry_knows_a_design,
    the_engine_imports_no_clock_and_no_world,
    the_engine_calls_nothing_impure,
    the_engine_keeps_no_state_outside_its_objects,
    the_engine_has_no_floats,
    the_engine_has_no_sets,
    the_engine_rounds_by_name,
    every_public_name_has_a_docstring,
    no_file_is_long,
    nothing_is_left_for_later,
]

BROKEN: list[tuple[Law, str, str]] = [
    (every_room_has_a_floor, "engine/attic", ""),
    (every_room_has_a_floor, "engine/designs/attic/market", ""),
    (a_room_imports_from_floors_below, "engine/pot", "from seawall.engine.venue import Venue"),
    (a_room_imports_from_floors_below, "engine/pot", "from seawall.engine import margin"),
    (a_room_imports_from_floors_below, "engine/fixed", "import seawall"),
    (a_room_imports_from_floors_below, "engine/venue", "from seawall.storm import scenario"),
    (a_room_imports_from_floors_below, "storm/run", "from seawall.cli import main"),
    (a_room_imports_from_floors_below, "engine/venue", "from .pot import Pot"),
    (a_room_imports_from_floors_below, "engine/venue", "def f():\n import seawall.engine.vault"),
    (a_package_of_rooms_holds_nothing, "engine/__init__", '"""Doc."""\nfrom abc import ABC'),
    (only_the_registry_knows_a_design, "storm/run", "import seawall.engine.designs.layered"),
    (only_the_registry_knows_a_design, "cli", "def f(design='layered'): ..."),
    (only_the_registry_knows_a_design, "engine/designs/gm/market", "NAME = 'layered'"),
    (the_engine_imports_no_clock_and_no_world, "engine/venue", "import time"),
    (the_engine_imports_no_clock_and_no_world, "engine/venue", "from random import Random"),
    (the_engine_imports_no_clock_and_no_world, "engine/venue", "import logging, threading"),
    (the_engine_imports_no_clock_and_no_world, "engine/venue", "def f():\n import os.path"),
    (the_engine_calls_nothing_impure, "engine/venue", "print(1)"),
    (the_engine_calls_nothing_impure, "engine/venue", "with open('book') as book: ..."),
    (the_engine_calls_nothing_impure, "engine/venue", "order = id(pot)"),
    (the_engine_keeps_no_state_outside_its_objects, "engine/pot", "def f():\n global total"),
    (the_engine_has_no_floats, "engine/margin", "RATE = 0.5"),
    (the_engine_has_no_floats, "engine/margin", "def f(a): return float(a)"),
    (the_engine_has_no_floats, "engine/margin", "def f(a, b): return a / b"),
    (the_engine_has_no_floats, "engine/margin", "def f(a, b):\n a /= b"),
    (the_engine_has_no_floats, "engine/fixed", "def share(a, b): return a / b"),
    (the_engine_has_no_sets, "engine/watch", "due = {1, 2}"),
    (the_engine_has_no_sets, "engine/watch", "due = {a for a in b}"),
    (the_engine_has_no_sets, "engine/watch", "for a in set(b): ..."),
    (the_engine_has_no_sets, "engine/watch", "def f(due: frozenset[int]): ..."),
    (the_engine_rounds_by_name, "engine/margin", "size = abs(size)"),
    (the_engine_rounds_by_name, "engine/margin", "fee = round(fee)"),
    (every_public_name_has_a_docstring, "storm/run", "def f(): ..."),
    (every_public_name_has_a_docstring, "storm/run", '"""Doc."""\ndef f(): ...'),
    (every_public_name_has_a_docstring, "cli", '"""D."""\nclass A:\n "A."\n def f(self): ...'),
    (no_file_is_long, "storm/run", "\n" * 501),
    (no_file_is_long, next(iter(LONG_FILES)), "\n"),
    (nothing_is_left_for_later, "cli", "a = 1  # TODO more"),
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_source_keeps_the_law(law: Law) -> None:
    complaints = [complaint for file in source_files() for complaint in law(file)]
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize(("law", "path", "text"), BROKEN)
def test_a_law_complains_when_it_is_broken(law: Law, path: str, text: str) -> None:
    assert list(law(File(path, text)))


def test_every_law_has_an_example_that_breaks_it() -> None:
    assert {law for law, _, _ in BROKEN} == set(LAWS)


def test_a_law_is_silent_where_it_does_not_apply() -> None:
    outside = File("storm/run", '"""Doc."""\nimport time\nfrom seawall.engine.venue import Venue\n')
    estimate = File("engine/fixed", '"""Doc."""\ndef mul_div(a, b):\n "D."\n return a / float(b)\n')
    inside = File("engine/designs/layered/pool", '"""Doc."""\nNAME = "layered"\n')
    assert not [complaint for law in LAWS for file in (outside, estimate, inside)
                for complaint in law(file)]  # fmt: skip


def test_every_floor_has_its_room() -> None:
    files = {file.room for file in source_files()}
    assert sorted(FLOORS) == sorted(room for room in files if room not in SHELLS)


def inner_imports(files: list[File]) -> dict[str, set[str]]:
    """For every file of a folder that is one room: the files of that room it imports."""
    graph: dict[str, set[str]] = {}
    for file in files:
        if file.path != file.room:
            paths = {path_of(module) for _, module in file.imports()}
            graph[file.path] = {
                path if (SOURCE / path).with_suffix(".py").exists() else f"{path}/__init__"
                for path in paths
                if room_of(path) == file.room
            }
    return graph


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Files that import each other in a circle, however long; empty where there is none."""
    left = dict(graph)
    while True:
        free = [path for path, needs in left.items() if not needs & left.keys()]
        if not free:
            return sorted(left)
        for path in free:
            del left[path]


def test_the_files_of_a_room_do_not_import_in_a_circle() -> None:
    assert circle(inner_imports(source_files())) == []


def test_a_circle_is_found() -> None:
    files = [
        File("storm/run", "from seawall.storm.scenario import build"),
        File("storm/scenario", "from seawall.storm.run import run"),
        File("storm/candles", "import polars"),
    ]
    assert circle(inner_imports([])) == []
    assert circle({file.path: inner_imports([file])[file.path] for file in files[1:]}) == []
    assert circle({"storm/run": {"storm/scenario"}, "storm/scenario": {"storm/run"}}) == [
        "storm/run",
        "storm/scenario",
    ]


def test_no_built_file_lies_beside_the_source() -> None:
    built = [path for suffix in ("so", "pyd", "c") for path in SOURCE.rglob(f"*.{suffix}")]
    assert not built, "an extension beside its source shadows it"

"""What the pages say is true: their code runs, their paths exist, their tests are there."""

import ast
import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

import seawall.cli
from seawall.storm.events import scenarios
from seawall.storm.settings import PATHS
from test_tidy import FLOORS, SHELLS, SOURCE, source_files

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)#:]+)(?:#[^)]*)?\)")
PATH = re.compile(r"`((?:src|tests|docs|benchmarks)/[\w./-]+)`")
TEST = re.compile(r"`([\w/]+\.py)::(\w+)(?:::(\w+))?`")


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str) -> list[str]:
    found = FENCE.findall(page.read_text("utf-8"))
    return [text for kind, text in found if kind == language]


def expected_output(code: str) -> list[str]:
    """What the comments promise: the comment after a ``print``, or the lines below a loop."""
    lines: list[str] = []
    below = False
    for line in code.splitlines():
        statement, _, comment = line.partition("  # ")
        if statement.strip().startswith("print("):
            below = not comment
            lines += [comment] if comment else []
        elif below and line.startswith("# "):
            lines.append(line[2:])
        else:
            below = below and line.startswith(" ")
    return lines


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_code_of_a_page_runs_and_prints_what_the_page_says(page: Path) -> None:
    namespace: dict[str, object] = {"__name__": "page"}
    for code in blocks(page, "python"):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, name(page), "exec"), namespace)
        assert printed.getvalue().splitlines() == expected_output(code)


def test_a_comment_after_a_print_and_the_lines_below_a_loop_are_promises() -> None:
    code = "print(1)  # 1\nfor a in b:\n    print(a)\n# 2\n# 3\n\n# prose\nc = 4  # more prose\n"
    assert expected_output(code) == ["1", "2", "3"]


def commands(page: Path) -> Iterator[list[str]]:
    for text in blocks(page, "console"):
        for line in text.splitlines():
            if line.startswith("$ seawall "):
                yield shlex.split(line)[2:]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_commands_of_a_page_are_there(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in commands(page):
        if words[0] == "storm" and not words[1].startswith("-"):
            assert words[1] in [*scenarios(), *PATHS]
        seawall.cli.main([words[0], "--help"])
        told = capsys.readouterr().out
        assert "Usage: seawall" in told
        for word in words:
            assert not word.startswith("--") or word.partition("=")[0] in told


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_paths_of_a_page_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    linked = [page.parent / target for target in LINK.findall(text)]
    named = [ROOT / target for target in PATH.findall(text)]
    assert not [str(path) for path in linked + named if not path.exists()]


def names_in(path: Path) -> set[str]:
    """Names of the test functions and of the state machines' cases in a file."""
    tree = ast.parse(path.read_text("utf-8"))
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    classes = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    cases = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return names | classes | cases


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    missing = []
    for file, test, inner in TEST.findall(page.read_text("utf-8")):
        path = ROOT / "tests" / file
        known = names_in(path) if path.is_file() else set()
        if not {test, inner or test} <= known:
            missing.append(f"{file}::{test}")
    assert not missing


def test_every_row_of_the_verification_names_a_test() -> None:
    text = (ROOT / "docs" / "verification.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    body = [row for row in rows if not row.startswith("| property")]
    assert len(body) > 20
    assert not [row for row in body if len(row.split(" | ")) < 3 or not TEST.search(row)]


def picture() -> dict[str, int]:
    """Rooms and floors of the text tree in the README."""
    (tree,) = (text for text in blocks(ROOT / "README.md", "text") if "src/seawall/" in text)
    floors: dict[str, int] = {}
    folders: list[str] = []
    for line in tree.splitlines()[1:]:
        depth = (len(line) - len(line.lstrip())) // 2 - 1
        entry = line.split()
        folders = folders[:depth]
        room = "/".join([*folders, entry[0].rstrip("/").removesuffix(".py")])
        if len(entry) > 1 and entry[1].isdigit():
            floors[room] = int(entry[1])
        folders.append(entry[0].rstrip("/"))
    return floors


def test_the_picture_of_the_house_is_the_house() -> None:
    assert picture() == FLOORS
    rooms = {file.room for file in source_files()} - SHELLS
    assert set(picture()) == rooms
    assert all((SOURCE / room).exists() or (SOURCE / f"{room}.py").exists() for room in rooms)

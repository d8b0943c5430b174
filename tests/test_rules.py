"""Every rule of a manual has a test, and every refusal code one that meets it."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
ENGINE = ROOT / "src" / "seawall" / "engine"
MANUALS = {
    "glp.md": "GLP",
    "gm.md": "GM",
    "guards.md": "GRD",
    "layered.md": "LAY",
    "orderbook.md": "OB",
    "vamm.md": "VAM",
}
"""What the rule codes of each manual begin with."""

FAMILY = f"(?:{'|'.join(MANUALS.values())})"
RULE = re.compile(rf"\b{FAMILY}-[A-Z]+-\d+\b")
SPAN = re.compile(rf"\b({FAMILY}-[A-Z]+-)(\d+)(?:((?:, \d+)+)| to (\d+))")
KEBAB = re.compile(r"^[a-z]+(-[a-z]+)+$")
REFUSALS = {"Refusal", "Unknown", "OutOfRange", "NotEnough", "Closed", "LimitReached", "BadOrder"}


def test_files() -> list[Path]:
    return [path for path in sorted(TESTS.rglob("*.py")) if path.name != Path(__file__).name]


test_files.__test__ = False  # type: ignore[attr-defined]


def rules_in(text: str) -> set[str]:
    """Rule codes in a text, with those of ``LAY-LIQ-1, 2, 3`` and ``LAY-LIQ-5 to 9``."""
    found = set(RULE.findall(text))
    for area, first, more, last in SPAN.findall(text):
        if last:
            found |= {f"{area}{number}" for number in range(int(first), int(last) + 1)}
        found |= {f"{area}{number}" for number in re.findall(r"\d+", more)}
    return found


def rules_named_by_tests() -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for path in test_files():
        for rule in rules_in(path.read_text()):
            named.setdefault(rule, []).append(path.relative_to(ROOT).as_posix())
    return named


def rules_of(manual: str) -> set[str]:
    code = rf"\*\*({MANUALS[manual]}-[A-Z]+-\d+)\*\*"
    return set(re.findall(code, (ROOT / "docs" / manual).read_text()))


@pytest.mark.parametrize("manual", MANUALS)
def test_every_rule_of_a_manual_is_named_by_a_test(manual: str) -> None:
    missing = sorted(rules_of(manual) - rules_named_by_tests().keys())
    assert missing == [], f"rules without a test: {', '.join(missing)}"


def test_no_test_names_a_rule_that_does_not_exist() -> None:
    known = {rule for manual in MANUALS for rule in rules_of(manual)}
    strange = {rule: files for rule, files in rules_named_by_tests().items() if rule not in known}
    assert strange == {}, f"rules that no manual has: {strange}"


@pytest.mark.parametrize(
    ("manual", "least", "areas"),
    [
        (
            "glp.md",
            60,
            "PRICE AUM FEE MINT SWAP LP POS INC DEC RES CAP SHORT BOR LIQ ORD SIZE MAR GRD BOOK",
        ),
        (
            "gm.md",
            130,
            "UNIT TIM IMP FEE FUN BOR RES VAL SWP LP PRE REC ORD INC DEC PAY LIQ ADL CLM KEE HOU",
        ),
        ("layered.md", 57, "VAL GATE BAND FEE ORD POS MIN MAR LIQ ISO GRD"),
        (
            "orderbook.md",
            100,
            "BOOK ORD PRICE HOUSE MAR FUN FEE LIQ ADL VAULT CAP GRD END VIEW",
        ),
        ("vamm.md", 65, "CUR LIM ORD POS FEE MAR FUN LIQ FUND DEP BACK ARB END GRD REF VIEW"),
    ],
)
def test_a_manual_has_its_rules(manual: str, least: int, areas: str) -> None:
    """The pattern finds them: a manual that is written differently must not pass unseen."""
    rules = rules_of(manual)
    assert len(rules) >= least
    assert {rule.split("-")[1] for rule in rules} >= set(areas.split())


def test_every_design_has_its_manual() -> None:
    designs = {path.name for path in (ENGINE / "designs").iterdir() if path.is_dir()}
    assert {name.removesuffix(".md") for name in MANUALS} == designs - {"__pycache__"} | {"guards"}


def codes_in(path: Path) -> set[str]:
    """Codes that a module refuses or cancels with, as far as they stand there as words."""
    codes: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        literal: ast.expr | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            if node.func.id in REFUSALS or node.func.id in {"_check_cap"}:
                literal = node.args[0]
        elif isinstance(node, ast.Return):
            literal = node.value
        word = literal.value if isinstance(literal, ast.Constant) else None
        if isinstance(word, str) and KEBAB.match(word):
            codes.add(word)
    return codes


def test_every_refusal_code_of_the_engine_is_met_by_a_test() -> None:
    written = "".join(path.read_text() for path in test_files())
    codes = {code: path for path in sorted(ENGINE.rglob("*.py")) for code in codes_in(path)}
    assert len(codes) >= 40
    unmet = {code: path.name for code, path in codes.items() if f'"{code}"' not in written}
    assert unmet == {}, f"refusals that no test meets: {unmet}"

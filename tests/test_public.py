"""The public face: the names it has, what it costs to import, which engine stands behind it."""

import ast
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import seawall
from seawall.engine import errors, events

ENGINE = Path(seawall.__file__).parent / "engine"

FACE = """
BASIS_POINT DAY DESIGNS DOLLAR HOUR KEEPER_ACCOUNT MINUTE PRICE RATE SECOND TOKEN TREASURY_ACCOUNT

AdaptiveLeverage AdaptiveOpenInterestCap AuctionEnded AuctionOpened AuctionTaken BadOrder
BadParameters BadScenario BrokenBooks Cancelled Closed Deleveraged DepthLevel Design Event Filled
FundingBreaker GlpMarket GlpParams GmMarket GmParams Guards Halted InsuranceMoved LayeredMarket
LayeredParams LeverageStep LimitReached Listing LossStep Market MarketFacts NotEnough OracleParams
OrderbookMarket OrderbookParams OutOfRange PositionCap PositionView PriceBreaker Quote Refusal
Report ReportRejected RungReached SeawallError Settled Tier Tiers Unknown
VammMarket VammParams VaultFlow VaultView Venue

__version__ compiled run_storm
"""
NAMES = FACE.split()
"""A name is added here when it is promised, and taken away when the promise is broken."""

LAZY = {"run_storm"}
HEAVY = {"cyclopts", "msgspec", "numpy", "plotly", "polars", "pyarrow", "rich"}


def in_a_new_process(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def classes_of(module: object) -> dict[str, type]:
    """The public classes that a module defines itself."""
    return {
        name: thing
        for name, thing in inspect.getmembers(module, inspect.isclass)
        if thing.__module__ == getattr(module, "__name__", "") and not name.startswith("_")
    }


def docstring_of(thing: object) -> str | None:
    """The docstring in the source: a compiled class does not carry its own."""
    module, name = str(getattr(thing, "__module__", "")), str(getattr(thing, "__name__", ""))
    path = ENGINE.parent.parent.joinpath(*module.split("."))
    source = path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return ast.get_docstring(node)
    return None


def test_the_public_names_are_these() -> None:
    assert seawall.__all__ == NAMES


def test_the_public_names_are_sorted() -> None:
    def rank(name: str) -> tuple[int, str]:
        return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)

    assert sorted(NAMES, key=rank) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_there_and_explained(name: str) -> None:
    thing = getattr(seawall, name)
    if callable(thing):
        assert docstring_of(thing)
    elif name != "__version__":
        assert f":data:`{name}`" in str(seawall.__doc__)


def test_every_error_is_public_and_in_the_tree() -> None:
    tree = str(seawall.__doc__).partition("What is raised on purpose::")[2]
    for name, error in classes_of(errors).items():
        assert getattr(seawall, name) is error
        assert name in tree.split()


def test_every_event_is_public() -> None:
    kinds = {name: kind for name, kind in classes_of(events).items() if name != "Journal"}
    assert all(issubclass(kind, seawall.Event) for kind in kinds.values())
    assert {name: getattr(seawall, name) for name in kinds} == kinds


def test_an_unknown_name_is_refused_like_that_of_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'seawall' has no attribute 'tsunami'"):
        _ = seawall.tsunami


def test_the_core_imports_without_the_libraries_of_storms() -> None:
    loaded = in_a_new_process("import sys, seawall; print(*sys.modules)").split()
    assert "seawall.engine.venue" in loaded
    assert not HEAVY & {name.split(".")[0] for name in loaded}
    assert not [name for name in loaded if name.startswith("seawall.storm")]


def test_a_storm_is_fetched_when_it_is_asked_for() -> None:
    assert in_a_new_process("import seawall; print(seawall.run_storm.__name__)") == "run_storm"


def test_the_engine_under_test_is_the_one_that_was_asked_for() -> None:
    wanted = os.environ.get("SEAWALL_EXPECT") or ("compiled" if any_extension() else "interpreted")
    assert wanted in ("compiled", "interpreted")
    assert seawall.compiled() is (wanted == "compiled")


def any_extension() -> bool:
    return any(ENGINE.rglob("*.so")) or any(ENGINE.rglob("*.pyd"))


def test_the_engine_is_compiled_whole_or_not_at_all() -> None:
    code = "import sys, seawall, seawall.engine.commands\n"
    for path in sorted(ENGINE.rglob("*.py")):
        module = path.relative_to(ENGINE.parent).with_suffix("").as_posix().replace("/", ".")
        if path.name != "__init__.py":
            code += f"import seawall.{module}; print(seawall.{module}.__file__)\n"
    files = in_a_new_process(code).splitlines()
    assert len(files) > 20
    interpreted = [path for path in files if path.endswith(".py")]
    assert interpreted == ([] if seawall.compiled() else files)


def test_the_version_is_told_without_reading_the_install() -> None:
    assert in_a_new_process("import seawall; print(seawall.__version__)") == seawall.__version__
    source = ast.parse((ENGINE.parent / "about.py").read_text("utf-8"))
    literals = [node.value for node in ast.walk(source) if isinstance(node, ast.Constant)]
    assert seawall.__version__ in literals


def test_the_command_tells_its_version_and_flavour() -> None:
    flavour = "compiled" if seawall.compiled() else "interpreted"
    said = in_a_new_process("import seawall.cli; seawall.cli.main(['--version'])")
    assert said == f"seawall {seawall.__version__} ({flavour})"

"""An install compiles the engine whole, or leaves it whole as source; both import and agree.

Where something is compiled here it is a small package with the project's own ``setup.py``: the
first modules of the engine and nothing else, so that a build takes seconds.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("errors", "fixed", "pot")

PROBE = """
import seawall.about as about
from seawall.engine import errors, fixed, pot
wide = 4_000_000_000_000_000_000
print(about.compiled(), about.VERSION, fixed.mul_div(-wide, wide - 1, wide), fixed.mul_div(7, 5, 3))
print(*sorted({path.__file__.endswith(".py") for path in (errors, fixed, pot)}))
"""

pytest.importorskip("mypyc", reason="the build tools are not installed")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project that holds only the first modules of the engine."""
    folder = tmp_path / "project"
    engine = folder / "src" / "seawall" / "engine"
    engine.mkdir(parents=True)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    shutil.copy(ROOT / "src" / "seawall" / "about.py", engine.parent)
    (engine.parent / "__init__.py").touch()
    (engine / "__init__.py").touch()
    for name in MODULES:
        shutil.copy(ROOT / "src" / "seawall" / "engine" / f"{name}.py", engine)
    return folder


def install(project: Path, compiler: str | None = None) -> Path:
    """Build a wheel with the tools at hand, without a network, and unpack it."""
    settings = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if compiler is not None:
        settings["CC"] = compiler
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "--no-index",
         "--disable-pip-version-check", "-w", project / "dist", project],
        env=settings, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (project / "dist").glob("*.whl")
    zipfile.ZipFile(wheel).extractall(project / "site")
    return project / "site"


def probe(site: Path) -> list[str]:
    """What an interpreter says that sees the install before anything else."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        env={**os.environ, "PYTHONPATH": str(site)},
        cwd=site, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stdout.split()


def extensions(site: Path) -> list[str]:
    return sorted(
        path.name.partition(".")[0] for path in site.rglob("*") if path.suffix in (".so", ".pyd")
    )


def files_of(package: Path) -> list[str]:
    return sorted(
        path.relative_to(package).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


def script(folder: Path, text: str) -> str:
    """A compiler of our own."""
    path = folder / "cc"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_an_install_without_a_compiler_is_whole_and_interpreted(project: Path) -> None:
    shutil.rmtree(project / "src")
    leave = shutil.ignore_patterns("*.egg-info", "__pycache__")
    shutil.copytree(ROOT / "src", project / "src", ignore=leave)
    site = install(project, compiler="/bin/false")
    assert extensions(site) == []
    assert files_of(site / "seawall") == files_of(ROOT / "src" / "seawall")
    assert probe(site)[0] == "False"


def test_a_compiler_that_breaks_half_way_leaves_no_mixture(project: Path, tmp_path: Path) -> None:
    breaks = 'case "$*" in *engine/pot.c*) exit 1 ;; esac'
    site = install(project, compiler=script(tmp_path, f'{breaks}\nexec cc "$@" -O0'))
    assert extensions(site) == []
    assert probe(site)[0] == "False"


def test_a_compiled_install_is_compiled_whole_and_agrees_with_the_source(
    project: Path, tmp_path: Path
) -> None:
    site = install(project, compiler=script(tmp_path, f'echo "$@" >> {tmp_path}/log\nexec cc "$@"'))
    assert extensions(site) == sorted([*MODULES, "seawall__mypyc"])
    compiled = probe(site)
    assert compiled[0] == "True"
    assert compiled[-1] == "False"
    for built in site.rglob("*.so"):
        built.unlink()
    interpreted = probe(site)
    assert interpreted[0] == "False"
    assert compiled[1:-1] == interpreted[1:-1]
    commands = (tmp_path / "log").read_text("utf-8").splitlines()
    compiling = [line for line in commands if "engine___fixed.c" in line]
    assert compiling
    assert all(line.rstrip().endswith("-fwrapv") for line in compiling)


def test_metadata_is_read_without_compiling(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "setup.py", "--quiet", "egg_info"],
        cwd=project, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not list(project.rglob("*.c"))

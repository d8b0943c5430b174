"""Fixtures that several test files share, and what is told at the end of a run."""

import os
import secrets
from pathlib import Path
from typing import Any

import pytest

import fuzz_report


@pytest.fixture(scope="session")
def market_data() -> Path:
    """The folder of real market data beside the repository; tests that need it skip without."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no market data at {folder}")
    return folder


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed of the properties here, so that a failure can name it.

    The same seed every time, so that what passes once passes again; a long fuzz draws its own.
    """
    if getattr(config.option, "hypothesis_seed", None) is None:
        fuzzing = "SEAWALL_FUZZ" in os.environ
        config.option.hypothesis_seed = str(secrets.randbelow(2**32)) if fuzzing else "0"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands its counts to the run that started it."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["fuzz"] = fuzz_report.told()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what a worker counted."""
    for fuzzer, setting, action, times in getattr(node, "workeroutput", {}).get("fuzz", []):
        fuzz_report.count(fuzzer, action, times, setting)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the fuzzers did, and how each failure is repeated."""
    counts = fuzz_report.summary()
    if counts:
        terminalreporter.section("what the fuzzers did")
        for line in counts:
            terminalreporter.write_line(line)
    failures = terminalreporter.getreports("failed")
    if failures:
        seed = terminalreporter.config.option.hypothesis_seed
        terminalreporter.section("repeat a failure")
        for report in failures:
            terminalreporter.write_line(f"pytest '{report.nodeid}' --hypothesis-seed={seed}")

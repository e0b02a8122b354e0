"""Every skip must stand, with its reason, in tests/skips.toml; any other skip fails the run."""

import tomllib
from pathlib import Path

import pytest

ALLOWED = tomllib.loads((Path(__file__).parent / "skips.toml").read_text(encoding="utf-8"))
_unlisted: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        name = report.nodeid.split("[")[0]
        if name not in ALLOWED:
            _unlisted.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _unlisted:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter) -> None:
    for name in _unlisted:
        terminalreporter.write_line(f"skipped without a row in tests/skips.toml: {name}", red=True)

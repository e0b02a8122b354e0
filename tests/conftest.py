"""Every skip must stand, with its reason, in tests/skips.toml; a test marked ``card`` is optional.

Under pytest-xdist the workers report to the process that the reader started, and it judges.
"""

import tomllib
from pathlib import Path

import pytest

ALLOWED = tomllib.loads((Path(__file__).parent / "skips.toml").read_text(encoding="utf-8"))
_unlisted: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "card: measures a checkpoint's card again; runs with -m card"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is marked ``card``, unless the marker or the test itself is named."""
    if "card" in config.getoption("markexpr"):
        return
    named = {argument.partition("::")[2].split("[")[0] for argument in config.args}
    left_out = [
        item
        for item in items
        if item.get_closest_marker("card") and item.name.split("[")[0] not in named
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        if report.nodeid.split("[")[0] not in ALLOWED:
            _unlisted.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.skipped:  # a whole module
        _unlisted.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _unlisted:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name in _unlisted:
        terminalreporter.write_line(f"skipped without a row in tests/skips.toml: {name}", red=True)

"""A pytest plugin against hollow passes: every notebook that nbval collects must have run in full, and taken time."""

from collections import defaultdict
from pathlib import Path

import nbformat
import pytest

from helpers.runtime import models

# A kernel alone takes longer than this to start and import the helpers.
MIN_SECONDS = 1.0

_ran: dict[Path, int] = defaultdict(int)
_seconds: dict[Path, float] = defaultdict(float)
_wanted: dict[Path, int] = {}
_hollow: list[str] = []


def code_cells(path: Path) -> int:
    """Return the number of code cells with source in the notebook at ``path``."""
    notebook = nbformat.read(path, as_version=4)
    return sum(cell.cell_type == "code" and bool(cell.source.strip()) for cell in notebook.cells)


def hollow(name: str, ran: int, wanted: int, seconds: float) -> str:
    """Return what is hollow about a notebook's run, or an empty string."""
    if ran != wanted:
        return f"{name}: {ran} of {wanted} code cells ran"
    if seconds < MIN_SECONDS:
        return f"{name}: ran in {seconds:.2f} s, which no lesson can"
    return ""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    selected = any(config.getoption(name, None) for name in ("keyword", "markexpr", "lf", "failedfirst"))
    for path in {item.path for item in items if item.path.suffix == ".ipynb"}:
        if not selected:
            _wanted[path] = code_cells(path)
    if models() == "hub":  # other models, other outputs: hub runs execute without comparing
        for item in items:
            if item.path.suffix == ".ipynb":
                item.options["check"] = False


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> None:
    if item.path.suffix != ".ipynb":
        return
    _seconds[item.path] += call.duration
    if call.when == "call":
        _ran[item.path] += 1


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if exitstatus != pytest.ExitCode.OK:
        return  # the failure is said already, and may have cut a notebook short
    for path, wanted in _wanted.items():
        problem = hollow(path.name, _ran[path], wanted, _seconds[path])
        if problem:
            _hollow.append(problem)
    if _hollow:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for problem in _hollow:
        terminalreporter.write_line(f"hollow run: {problem}", red=True)

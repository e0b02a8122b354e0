"""A pytest plugin for notebooks: figures agree within a tolerance, and no pass is hollow.

Cells are compared where they run. The guard against hollow passes sits in the process that the
reader started: under pytest-xdist it collects and runs nothing, and the workers report to it.
"""

import tomllib
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, transform_streams_for_comparison

from helpers.files import NOTEBOOKS
from helpers.lessons.run import THREADS, environment
from helpers.runtime import models
from tests.notebooks.comparing import TOLERANCE, difference

UNSTABLE = Path(__file__).parent / "unstable.toml"
# Why a cell's tolerance is wider: notebook → id of the cell → reason.
REASONS = tomllib.loads(UNSTABLE.read_text(encoding="utf-8")).get("tolerance", {})
# A kernel alone takes longer than this to start and import the helpers.
MIN_SECONDS = 1.0
# A reply is there at once; the rest is patience with a busy machine.
OUTPUT_SECONDS = 120
# With one of these not every cell is asked for.
SELECTING = ("keyword", "markexpr", "lf", "failedfirst", "stepwise")
SELECTING += ("deselect", "ignore", "ignore_glob", "collectonly")


class LessonCell(IPyNbCell):
    """A cell whose figures may differ a little from the stored ones."""

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.output_timeout = OUTPUT_SECONDS

    def runtest(self) -> None:
        self.tolerance()  # one without a reason is refused, whether the figures differ or not
        super().runtest()

    def tolerance(self) -> Decimal:
        """Return the share by which figures may differ: the metadata ``tolerance``, if any."""
        wider = self.cell.metadata.get("tolerance")
        if wider is None:
            return TOLERANCE
        notebook, name = key(self.parent.path), self.cell.get("id")
        if not REASONS.get(notebook, {}).get(name):
            self.raise_cell_error(
                f'The tolerance {wider} of cell "{name}" has no reason: '
                f'add one to tests/notebooks/{UNSTABLE.name}, under [tolerance."{notebook}"].'
            )
        if not TOLERANCE < wider < 1:
            self.raise_cell_error(f"The tolerance {wider} is not between {TOLERANCE} and 1.")
        return Decimal(str(wider))

    def compare_outputs(self, test, ref, skip_compare=None) -> bool:
        """Say whether the outputs ``test`` agree with the stored ``ref``.

        Overrides nbval's comparison, which is character by character.
        """
        stored, new = self._texts(ref), self._texts(test)
        self.comparison_traceback = []
        for kind in {**stored, **new}:
            before, now = stored.get(kind, []), new.get(kind, [])
            if len(before) != len(now):
                self.comparison_traceback.append(
                    f"{kind}: {len(before)} outputs are stored, now {len(now)}"
                )
                return False
            for one, other in zip(before, now, strict=True):
                if isinstance(one, str) and isinstance(other, str):
                    problem = difference(one, other, self.tolerance())
                else:
                    problem = "" if one == other else "differs"
                if problem:
                    self.comparison_traceback.append(f"{kind}: {problem}")
                    self.format_output_compare(kind, one, other)
                    return False
        return True

    def _texts(self, outputs: list) -> dict[str, list]:
        """Return what is compared: stream or MIME type → its outputs in order."""
        found = defaultdict(list)
        for output in transform_streams_for_comparison(outputs):
            for kind, value in {**output, **output.get("data", {})}.items():
                if kind != "data" and kind not in self.parent.skip_compare:
                    found[kind].append(self.sanitize(value))
        return found


class LessonFile(IPyNbFile):
    """A notebook whose kernel has the runner's threads, and whose HTML is not compared."""

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.skip_compare += ("text/html",)

    def setup(self) -> None:
        with environment(THREADS):
            super().setup()

    def collect(self):
        for cell in super().collect():
            if models() == "hub":  # other models, other outputs: hub runs execute without comparing
                cell.options["check"] = False
            arguments = {
                name: getattr(cell, name) for name in ("name", "cell_num", "cell", "options")
            }
            yield LessonCell.from_parent(self, **arguments)


def key(path: Path) -> str:
    """Return a notebook's name in unstable.toml, such as ``solutions/05_pytorch_training``."""
    folder = NOTEBOOKS if path.is_relative_to(NOTEBOOKS) else path.parent
    return path.with_suffix("").relative_to(folder).as_posix()


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector):
    collected = yield
    return [
        LessonFile.from_parent(parent, path=file_path) if isinstance(each, IPyNbFile) else each
        for each in collected
    ]


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return  # a worker judges nothing
    for argument in config.args:
        if not (config.invocation_params.dir / argument.partition("::")[0]).exists():
            # pytest's own words, which it does not say where workers collect
            raise pytest.UsageError(f"file or directory not found: {argument}")
    config.pluginmanager.register(Guard(config), "guard")


class Guard:
    """Fails a hollow session: a notebook that did not run in full, a worker that died."""

    def __init__(self, config: pytest.Config):
        self.root = config.rootpath
        self.wanted = {path: code_cells(path) for path in asked_for(config)}
        self.ran: dict[Path, int] = defaultdict(int)
        self.seconds: dict[Path, float] = defaultdict(float)
        self.problems: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = report.location[0]  # seen from the root, also where that lies elsewhere
        if name.endswith(".ipynb"):
            path = (self.root / name).resolve()
            self.seconds[path] += report.duration
            self.ran[path] += report.when == "call"

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node, error) -> None:
        if error and error != "keyboard-interrupt":
            self.problems.append(f"worker {node.gateway.id} ended early: {error}")

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if exitstatus != pytest.ExitCode.OK:
            return  # the failure is said already, and may have cut a notebook short
        for path, cells in self.wanted.items():
            problem = hollow(path.name, self.ran[path], cells, self.seconds[path])
            self.problems += [problem] if problem else []
        if self.problems:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for problem in self.problems:
            terminalreporter.write_line(f"hollow run: {problem}", red=True)


def asked_for(config: pytest.Config) -> list[Path]:
    """Return the notebooks that must run in full: those in the arguments, and in folders there."""
    if any(config.getoption(name, None) for name in SELECTING):
        return []
    found = []
    for argument in config.args:
        path = (config.invocation_params.dir / argument).resolve()
        if path.suffix == ".ipynb":  # with ::Cell 3 behind it, it is no notebook but a cell
            found.append(path)
        elif path.is_dir():
            for each in sorted(path.rglob("*.ipynb")):
                hidden = any(part.startswith(".") for part in each.relative_to(path).parts)
                found += [] if hidden else [each]
    return found


def code_cells(path: Path) -> int:
    """Return the number of code cells of the notebook at ``path``."""
    return sum(cell.cell_type == "code" for cell in nbformat.read(path, as_version=4).cells)


def hollow(name: str, ran: int, wanted: int, seconds: float) -> str:
    """Return what is hollow about a notebook's run, or an empty string."""
    if ran != wanted:
        return f"{name}: {ran} of {wanted} code cells ran"
    if seconds < MIN_SECONDS:
        return f"{name}: ran in {seconds:.2f} s, which no lesson can"
    return ""

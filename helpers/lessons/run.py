"""Execute a notebook in a fresh kernel, measuring time and peak memory."""

import os
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbformat.validator import normalize

from helpers.errors import CourseError
from helpers.lessons.notebook import read
from helpers.measure import MEGABYTE

CELL_TIMEOUT_SECONDS = 600
ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")  # of a cell
CELL_TYPES = ("code", "markdown", "raw")

# Lessons are measured on so many cores, and a kernel under test has as many threads:
# a sum in other parts differs in its last digits.
CORES = 2
THREADS = {
    name: str(CORES) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
}

# Quiet and repeatable: progress bars write to stderr, which is not a result.
ENVIRONMENT = {
    "TQDM_DISABLE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    # A thread that waits gives its core away. Beside another process on the same cores, a small
    # model is ten times slower without it.
    "OMP_WAIT_POLICY": "PASSIVE",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    # A program that a lesson starts prints as the lesson does, whatever the terminal can show.
    "PYTHONIOENCODING": "utf-8",
    "PYTHONUTF8": "1",
}


@dataclass
class Run:
    """One execution: the executed notebook, wall time in seconds, peak memory in MB, the error."""

    path: Path
    notebook: NotebookNode
    seconds: float = 0.0
    peak_memory_mb: float = 0.0
    error: str | None = None


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for the block; kernels started in it inherit them."""
    old = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in old.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def at_most_cores(count: int) -> Iterator[int]:
    """Run the block, and kernels started in it, on at most ``count`` cores; yield the number.

    Only Linux can; elsewhere the block runs on all of them.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield os.cpu_count() or 1
        return
    before = os.sched_getaffinity(0)
    chosen = set(sorted(before)[:count])
    os.sched_setaffinity(0, chosen)
    try:
        yield len(chosen)
    finally:
        os.sched_setaffinity(0, before)


def forget(notebook: dict) -> None:
    """Remove, in place, what earlier runs and other tools left that would disturb a run.

    Outputs and counts, the state of widgets (nbconvert refuses a part of one), ids that are missing
    or not unique, and what has another form than Jupyter's. Raises ValueError for what is no
    notebook.
    """
    cells = notebook.get("cells")
    kinds = (
        [_mapping(cell).get("cell_type") for cell in cells] if isinstance(cells, list) else [None]
    )
    if not set(kinds) <= set(CELL_TYPES):
        raise ValueError(f"it has no list of cells that are {', '.join(CELL_TYPES)}")
    notebook["nbformat_minor"] = 5  # the first with ids
    notebook["metadata"] = _mapping(notebook.get("metadata"))
    for name in ("widgets", "language_info"):  # the kernel tells its language
        notebook["metadata"].pop(name, None)
    ids: set[str] = set()
    for cell in cells:
        cell["metadata"] = _mapping(cell.get("metadata"))
        cell["metadata"].pop("execution", None)
        cell["source"] = cell.get("source") or ""
        if not isinstance(cell.get("attachments", {}), dict):
            del cell["attachments"]
        if "tags" in cell["metadata"]:
            found = cell["metadata"]["tags"]
            cell["metadata"]["tags"] = (
                [tag for tag in found if isinstance(tag, str)] if isinstance(found, list) else []
            )
        name = cell.get("id")
        if not isinstance(name, str) or not ID.fullmatch(name) or name in ids:
            cell["id"] = uuid.uuid4().hex[:8]
        ids.add(cell["id"])
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    _, normal = normalize(notebook, strip_invalid_metadata=True)
    notebook |= normal


def _mapping(value: object) -> dict:
    return value if isinstance(value, dict) else {}


def execute(
    path: Path,
    variables: dict[str, str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Execute the notebook at ``path`` in its folder, in a kernel of this Python; return the Run.

    Whatever goes wrong is in ``Run.error``: an error in a cell, a kernel that does not start, a
    file that is no notebook. ``progress`` is called with (cells done, code cells in all).
    """
    run = Run(path, new_notebook())
    began = time.perf_counter()
    try:
        run.notebook = read(path, mend=forget)
        with environment({**ENVIRONMENT, **(variables or {})}):
            _run_cells(run, progress)
    except Exception as error:  # the next notebook is still to be run, and the report to be written
        run.error = _reason(error)
    run.seconds = time.perf_counter() - began
    return run


def _run_cells(run: Run, progress: Callable[[int, int], None] | None) -> None:
    from nbclient import NotebookClient

    from helpers.lessons.kernels import OwnKernelManager

    cells = run.notebook.cells
    code = [
        index
        for index, cell in enumerate(cells)
        if cell.cell_type == "code" and cell.source.strip()
    ]

    def completed(cell: NotebookNode, cell_index: int) -> None:
        if progress and cell_index in code:
            progress(code.index(cell_index) + 1, len(code))

    client = NotebookClient(
        run.notebook,
        timeout=CELL_TIMEOUT_SECONDS,
        kernel_manager_class=OwnKernelManager,
        kernel_name="python3",
        resources={"metadata": {"path": str(run.path.parent)}},
        record_timing=False,
        # Its warnings would cut through the progress bar.
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        on_cell_complete=completed,
    )
    with _peak_memory(client, run):
        client.execute()


def _reason(error: Exception) -> str:
    """Return what a reader can use: a cell's error as it is, anything else with its kind."""
    from nbclient.exceptions import CellControlSignal, CellExecutionError, DeadKernelError

    if isinstance(error, (CourseError, CellControlSignal, CellExecutionError, DeadKernelError)):
        return str(error)
    return (
        f"{type(error).__name__}: {error}\nIf the kernel did not start, `course doctor` says why."
    )


@contextmanager
def _peak_memory(client, run: Run, interval: float = 0.1) -> Iterator[None]:
    """Sample the resident memory of the kernel and its children into ``run.peak_memory_mb``."""
    import psutil

    done = threading.Event()

    def sample() -> None:
        while not done.wait(interval):
            try:
                kernel = psutil.Process(client.km.provisioner.pid)
                family = [kernel, *kernel.children(recursive=True)]
                total = sum(process.memory_info().rss for process in family)
            except (psutil.Error, AttributeError, TypeError, ValueError):
                continue  # no kernel yet, or a process that has just ended
            run.peak_memory_mb = max(run.peak_memory_mb, total / MEGABYTE)

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield
    finally:
        done.set()
        sampler.join()

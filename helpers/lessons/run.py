"""Execute a notebook in a fresh kernel, measuring time and peak memory."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from helpers.lessons.notebook import read
from helpers.measure import MEGABYTE

CELL_TIMEOUT_SECONDS = 600

# Lessons are measured on so many cores, and a kernel under test has as many threads:
# a sum in other parts differs in its last digits.
CORES = 2
THREADS = {name: str(CORES) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}

# Quiet and repeatable: progress bars write to stderr, which is not a result.
ENVIRONMENT = {
    "TQDM_DISABLE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}


@dataclass
class Run:
    """One execution: the executed notebook, wall time in seconds, peak memory in MB, the error if it failed."""

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
    """Run the block, and kernels started in it, on at most ``count`` cores where the system can (Linux); yield the number."""
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


def execute(path: Path, variables: dict[str, str] | None = None, progress: Callable[[int, int], None] | None = None) -> Run:
    """Execute the notebook at ``path`` in its own folder and return the Run; an error in a cell is in ``Run.error``.

    ``progress`` is called with (cells done, code cells in all).
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = read(path)
    code = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source.strip()]
    for index in code:
        notebook.cells[index].outputs = []
        notebook.cells[index].execution_count = None

    def completed(cell: NotebookNode, cell_index: int) -> None:
        if progress and cell_index in code:
            progress(code.index(cell_index) + 1, len(code))

    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],  # its warnings would cut through the progress bar
        on_cell_complete=completed,
    )
    run = Run(path, notebook)
    began = time.perf_counter()
    with environment({**ENVIRONMENT, **(variables or {})}), _peak_memory(client, run):
        try:
            client.execute()
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            run.error = str(error)
    run.seconds = time.perf_counter() - began
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    return run


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

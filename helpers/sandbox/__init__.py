"""run(): generated code against its tests, in a process that may fail without harm.

The code gets a process of its own in an empty temporary folder, without environment
variables, with limits on CPU time, memory and file sizes (where the platform has them) and with
an audit hook that refuses other processes and threads, the network, files outside the folder and
ctypes. It has the standard library and nothing else.
That is a guard for a lesson, against the accidents of a model's code: it is no security boundary.
Code that sets out to break a Python process from inside can do so; for code of strangers use a
container or a virtual machine. macOS does not limit memory; on Windows only wall time is limited.
"""

from __future__ import annotations

import ast
import contextlib
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from helpers.errors import CourseError
from helpers.sandbox.answers import code_in, parses
from helpers.sandbox.values import equal, value

__all__ = ["Outcome", "code_in", "equal", "parses", "run", "run_all"]

CHILD = Path(__file__).with_name("child.py")
SECONDS = 2.0
MEMORY = 256_000_000
WALL = 5  # the process may take this many times its CPU seconds: other work may hold it up
LARGEST_REPORT = 2_000_000  # bytes that are read of what the process says
NO_VALUE = (ValueError, SyntaxError, RecursionError, MemoryError)  # source that can't be read
# As `python -I -S` (no site-packages, no user's files), but with a hash seed, so that the order of
# a set is the same each time.
COMMAND = [sys.executable, "-P", "-s", "-S", "-B", str(CHILD)]
ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}


@dataclass(frozen=True)
class Outcome:
    """What became of the code.

    ``status``: "passed" (all tests), "failed" (a wrong result), "error" (an exception, or no
    Python), "refused" (by the guard), "memory", "timeout", or "crashed" (the process ended early).
    ``right``: tests passed, of ``tests``. ``detail`` says in a line what went wrong first;
    ``printed`` is what the code printed.
    """

    status: str
    right: int
    tests: int
    detail: str = ""
    printed: str = ""
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether all tests passed."""
        return self.status == "passed"


def run(
    code: str,
    tests: Sequence[Mapping[str, str]],
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> Outcome:
    """Run ``code``, then ``tests``, and return the outcome; the code can raise nothing here.

    ``tests``: each has a ``call`` and the result ``expected``, both as Python source
    (``total([1, 2])``, ``3``); :func:`equal` says which results are the same.
    ``seconds``: CPU time for everything; wall time is five times that. ``memory``: bytes of address
    space. Raises CourseError for limits out of range and for tests that are none.
    """
    if not (0 < seconds <= 600 and memory >= 64_000_000):
        raise CourseError(
            f"The limits are {seconds} seconds and {memory} bytes; "
            "choose up to 600 seconds and at least 64,000,000 bytes."
        )
    if not tests or not all({"call", "expected"} <= set(test) for test in tests):
        raise CourseError(
            "Each test needs a call and what is expected, such as "
            "{'call': 'total([1, 2])', 'expected': '3'}; give at least one."
        )
    wanted = [_expected(test["expected"]) for test in tests]
    job = repr((math.ceil(seconds), memory, code, [test["call"] for test in tests]))
    began = time.perf_counter()
    ended, report = _process(job, WALL * seconds)
    spent = time.perf_counter() - began

    def stopped(status: str, detail: str) -> Outcome:
        return Outcome(status, 0, len(tests), detail, seconds=spent)

    if ended is None:
        return stopped("timeout", f"stopped after {WALL * seconds:g} seconds")
    try:
        answers, printed = ast.literal_eval(report)
        pairs = zip(answers, wanted, strict=True)
        judged = [_judge(kind, text, one) for (kind, text), one in pairs]
    except (*NO_VALUE, TypeError, AttributeError):  # no report, or a forged one
        if -ended in (getattr(signal, "SIGXCPU", 0), getattr(signal, "SIGKILL", 0)):
            return stopped("timeout", f"stopped after {math.ceil(seconds)} CPU seconds")
        return stopped("crashed", f"the process ended early, with exit code {ended}")
    right = sum(status == "passed" for status, _ in judged)
    status, detail = next((one for one in judged if one[0] != "passed"), ("passed", ""))
    return Outcome(status, right, len(tests), detail, str(printed), spent)


def run_all(
    jobs: Iterable[tuple[str, Sequence[Mapping[str, str]]]],
    seconds: float = SECONDS,
    memory: int = MEMORY,
    workers: int | None = None,
) -> list[Outcome]:
    """Run many pairs of code and tests and return their outcomes in order.

    ``workers``: how many at a time; by default one a CPU core.
    """
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        return list(pool.map(lambda job: run(*job, seconds=seconds, memory=memory), jobs))


def _expected(source: str) -> object:
    try:
        return value(source)
    except NO_VALUE as error:
        raise CourseError(
            f"The expected result {source!r} is no value; write a literal, such as 3, [1, 'a'] "
            "or float('inf')."
        ) from error


def _judge(kind: str, text: str, wanted: object) -> tuple[str, str]:
    """Return (status, detail) of one test."""
    if kind in ("value", "object"):
        try:
            right = kind == "value" and equal(value(text), wanted)
        except NO_VALUE:
            right = False
        return ("passed", "") if right else ("failed", f"expected {wanted!r}, got {text[:100]}")
    if text.startswith("MemoryError"):
        return "memory", text
    return ("refused", text) if "refused in the sandbox" in text else ("error", text)


def _process(job: str, seconds: float) -> tuple[int | None, str]:
    """Return the exit code (None: out of time) and the report; nothing of the process is left."""
    environment = dict(ENVIRONMENT)
    if "SYSTEMROOT" in os.environ:  # Windows can't start a process without it
        environment["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
    own = tempfile.TemporaryDirectory(prefix="sandbox-", ignore_cleanup_errors=True)
    with own as folder, tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as asked:
        asked.write(job.encode("utf-8", "surrogatepass"))
        asked.seek(0)
        process = subprocess.Popen(
            COMMAND,
            stdin=asked,
            stdout=told,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=environment,
            start_new_session=True,
            close_fds=True,
        )
        try:
            ended = process.wait(seconds)
        except subprocess.TimeoutExpired:
            ended = None
        finally:
            if process.poll() is None:
                if hasattr(os, "killpg"):
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)  # and whatever it started
                process.kill()
                process.wait()
        told.seek(0)
        return ended, told.read(LARGEST_REPORT).decode("utf-8", "replace")

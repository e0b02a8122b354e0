"""run(): generated code against its tests, in a process that may fail without harm.

The code gets a process of its own in an empty temporary folder, without environment
variables, with limits on CPU time, memory and file sizes (where the platform has them) and with
an audit hook that refuses other processes and threads, the network, files outside the folder and ctypes.
That is a guard for a lesson, against the accidents of a model's code: it is no security boundary.
Code that sets out to break a Python process from inside can do so; for code of strangers use a
container or a virtual machine. macOS does not limit memory; on Windows only wall time is limited.
"""

from __future__ import annotations

import ast
import contextlib
import math
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from helpers.errors import CourseError

CHILD = Path(__file__).with_name("sandbox_child.py")
SECONDS = 2.0
MEMORY = 256_000_000
WALL = 5  # the process may take this many times its CPU seconds: other work may hold it up
LARGEST_REPORT = 2_000_000  # bytes that are read of what the process says
# As `python -I -S` (no site-packages, no user's files), but with a hash seed, so that the order of a set is the same each time.
COMMAND = [sys.executable, "-P", "-s", "-S", "-B", str(CHILD)]
ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}


@dataclass(frozen=True)
class Outcome:
    """What became of the code.

    ``status``: "passed" (all tests), "failed" (a wrong result), "error" (an exception, or no Python), "refused" (by the
    guard), "memory", "timeout", or "crashed" (the process ended early). ``right``: tests passed, of ``tests``.
    ``detail`` says in a line what went wrong first; ``printed`` is what the code printed.
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


def equal(given: object, expected: object) -> bool:
    """Return whether two results are the same; floats within one part in 10⁹."""
    if isinstance(given, bool) or isinstance(expected, bool):
        return given is expected
    if isinstance(given, (int, float)) and isinstance(expected, (int, float)):
        return given == expected or math.isclose(given, expected, rel_tol=1e-9, abs_tol=1e-12)
    if type(given) is not type(expected):
        return False
    if isinstance(given, (list, tuple)):
        return len(given) == len(expected) and all(map(equal, given, expected))
    if isinstance(given, dict):
        return given.keys() == expected.keys() and all(equal(value, expected[key]) for key, value in given.items())
    return given == expected


def code_in(answer: str) -> str:
    """Return the code of a model's answer: what stands in its first fence of three backticks, or else all of it."""
    found = re.search(r"```[\w+-]*\n(.*?)(?:```|\Z)", answer, re.DOTALL)
    return found[1] if found else answer


def parses(code: str) -> bool:
    """Return whether ``code`` is Python."""
    try:
        with warnings.catch_warnings(action="ignore"):
            compile(code, "<answer>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return False
    return True


def run(code: str, tests: Sequence[Mapping[str, str]], seconds: float = SECONDS, memory: int = MEMORY) -> Outcome:
    """Run ``code`` and then ``tests``, and return the outcome; whatever the code does, it raises nothing.

    ``tests``: each has a ``call`` and the result ``expected``, both as Python source (``total([1, 2])``, ``3``).
    ``seconds``: CPU time for everything; wall time is five times that. ``memory``: bytes of address space.
    Raises CourseError for limits out of range and for tests that are none.
    """
    if not (0 < seconds <= 600 and memory >= 64_000_000):
        raise CourseError(f"The limits are {seconds} seconds and {memory} bytes; choose up to 600 seconds and at least 64,000,000 bytes.")
    if not tests or not all({"call", "expected"} <= set(test) for test in tests):
        raise CourseError("Each test needs a call and what is expected, such as {'call': 'total([1, 2])', 'expected': '3'}; give at least one.")
    expected = [ast.literal_eval(test["expected"]) for test in tests]
    began = time.perf_counter()
    ended, report = _process(repr((math.ceil(seconds), memory, code, [test["call"] for test in tests])), WALL * seconds)
    spent = time.perf_counter() - began
    if ended is None:
        return Outcome("timeout", 0, len(tests), f"stopped after {WALL * seconds:g} seconds", seconds=spent)
    try:
        answers, printed = ast.literal_eval(report)
        judged = [_judge(kind, text, wanted) for (kind, text), wanted in zip(answers, expected, strict=True)]
    except (ValueError, TypeError, AttributeError, SyntaxError, RecursionError, MemoryError):  # no report, or a forged one
        if -ended in (getattr(signal, "SIGXCPU", 0), getattr(signal, "SIGKILL", 0)):
            return Outcome("timeout", 0, len(tests), f"stopped after {math.ceil(seconds)} CPU seconds", seconds=spent)
        return Outcome("crashed", 0, len(tests), f"the process ended early, with exit code {ended}", seconds=spent)
    right = sum(status == "passed" for status, _ in judged)
    status, detail = next(((status, detail) for status, detail in judged if status != "passed"), ("passed", ""))
    return Outcome(status, right, len(tests), detail, str(printed), spent)


def run_all(
    jobs: Iterable[tuple[str, Sequence[Mapping[str, str]]]], seconds: float = SECONDS, memory: int = MEMORY, workers: int | None = None
) -> list[Outcome]:
    """Run many pairs of code and tests, ``workers`` at a time (default: one a CPU core), and return their outcomes in order."""
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        return list(pool.map(lambda job: run(*job, seconds=seconds, memory=memory), jobs))


def _judge(kind: str, text: str, wanted: object) -> tuple[str, str]:
    """Return (status, detail) of one test."""
    if kind == "value":
        try:
            given = ast.literal_eval(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return "failed", f"expected {wanted!r}, got {text[:100]}"  # a generator, a function, an object of its own
        return ("passed", "") if equal(given, wanted) else ("failed", f"expected {wanted!r}, got {text[:100]}")
    if text.startswith("MemoryError"):
        return "memory", text
    return ("refused", text) if "refused in the sandbox" in text else ("error", text)


def _process(job: str, seconds: float) -> tuple[int | None, str]:
    """Return the exit code (None: out of time) and what was reported; nothing of the process is left."""
    environment = ENVIRONMENT | {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}  # Windows can't start without it
    own = tempfile.TemporaryDirectory(prefix="sandbox-", ignore_cleanup_errors=True)
    with own as folder, tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as asked:
        asked.write(job.encode("utf-8", "surrogatepass"))
        asked.seek(0)
        process = subprocess.Popen(
            COMMAND, stdin=asked, stdout=told, stderr=subprocess.DEVNULL, cwd=folder, env=environment, start_new_session=True, close_fds=True
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

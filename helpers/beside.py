"""Servers in a process of their own beside a notebook: one line starts one, and it is gone when the notebook is."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from typing import Self

from helpers.errors import CourseError
from helpers.files import REPOSITORY

NEEDED = ("fastapi", "uvicorn", "httpx")
STOP_SECONDS = 20


def need(what: str) -> None:
    """Raise CourseError if a package is missing that ``what`` is served or called with."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise CourseError(f"The {what} needs {', '.join(missing)}. Install with: pip install {' '.join(missing)}")


class Beside:
    """``python -m module arguments`` in a process that ends with this one at the latest; requests to it use no proxy.

    It prints one line of JSON once it serves (``_told``), and ends when the pipe on its standard input breaks.
    Raises CourseError, which calls it ``what``, if it does not start.
    """

    def __init__(self, what: str, module: str, *arguments: str):
        with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
            # A session of its own: an interrupt of the notebook must not stop it. It reads the pipe, which breaks when this process ends.
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                text=True, encoding="utf-8", start_new_session=True,
            )  # fmt: skip
            line = self._process.stdout.readline()
            if not line:
                self._process.wait()
                errors.seek(0)
                said = errors.read().strip().splitlines()
                raise CourseError(f"The {what} did not start: {said[-1] if said else 'it said nothing'}")
        self._told: dict[str, str] = json.loads(line)
        for name in ("NO_PROXY", "no_proxy"):
            os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1"]))

    def close(self) -> None:
        """Stop the process; harmless when it has stopped already."""
        self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

"""An endpoint of one's own beside a notebook: one line starts it, and it is gone when the notebook is."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile

from helpers.checkpoints import table
from helpers.errors import CourseError, unknown
from helpers.files import REPOSITORY

NEEDED = ("fastapi", "uvicorn", "httpx")
KEY, ADDRESS = "MARIGOLD_API_KEY", "MARIGOLD_BASE_URL"
STOP_SECONDS = 20


class Endpoint:
    """A running endpoint: its ``url``, which ends in ``/v1``. Its key is in the environment, as a provider's would be."""

    def __init__(self, process: subprocess.Popen, url: str):
        self.url = url
        self._process = process

    def close(self) -> None:
        """Stop the endpoint; harmless when it has stopped already."""
        self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> "Endpoint":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def open_endpoint(*roles: str, places: int = 2) -> Endpoint:
    """Serve the checkpoints of ``roles`` by OpenAI's protocol from a process of its own, on this machine only.

    A model's name is its role. ``places``: requests that are taken at a time, one at work and the others waiting;
    more are refused with status 429. A fresh key and the address go into the environment, as ``MARIGOLD_API_KEY``
    and ``MARIGOLD_BASE_URL``. It ends with this process at the latest.
    Raises CourseError for an unknown role, a missing package, and if the endpoint does not start.
    """
    for role in roles:
        if role not in table():
            raise unknown("role", role, table())
    if not roles or places < 1:
        raise CourseError(f"An endpoint needs at least one role and one place; got {list(roles)} and {places}.")
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise CourseError(f"The endpoint needs {', '.join(missing)}. Install with: pip install {' '.join(missing)}")
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        # A session of its own: an interrupt of the notebook must not stop the server. It reads the pipe, which breaks when this process ends.
        process = subprocess.Popen(
            [sys.executable, "-m", "helpers.serving.openai", str(places), *roles], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=errors, text=True, encoding="utf-8", start_new_session=True,
        )  # fmt: skip
        line = process.stdout.readline()
        if not line:
            process.wait()
            errors.seek(0)
            said = errors.read().strip().splitlines()
            raise CourseError(f"The endpoint did not start: {said[-1] if said else 'it said nothing'}")
    told = json.loads(line)
    os.environ |= {KEY: told["key"], ADDRESS: told["url"]}
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1"]))
    return Endpoint(process, told["url"])

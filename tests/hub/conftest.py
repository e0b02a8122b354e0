"""Local hubs, read-only over the stand-ins and writable, and processes that take one for the hub.
"""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from helpers.files import REPOSITORY
from helpers.hub import Writer, access, serve
from helpers.making import hub_mode


@dataclass
class LocalHub:
    """A running hub: its address, and (method, path, status) of every request so far."""

    url: str
    requests: list[tuple[str, str, int]] = field(default_factory=list)

    def downloads(self, name: str) -> int:
        """Count the GET requests for files called ``name``."""
        return sum(method == "GET" and path.endswith(f"/{name}")
                   for method, path, _ in self.requests)


def hub_environment(url: str, home: Path) -> dict[str, str]:
    """Return the variables of a process or kernel in hub mode, with nothing of the machine's own
    hub settings."""
    own = ("HF_", "HUGGING", "TRANSFORMERS_")
    mine = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return mine | hub_mode.variables(url, home)


def start(code: str, environment: dict[str, str], *arguments: str) -> subprocess.Popen:
    """Start Python on ``code`` in ``environment``."""
    command = [sys.executable, "-c", code, *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=REPOSITORY, env={**environment, "OMP_NUM_THREADS": "2"},
                            **pipes)


def answer(code: str, environment: dict[str, str], *arguments: str):
    """Run ``code`` and return the JSON on its last line."""
    process = start(code, environment, *arguments)
    out, err = process.communicate(timeout=300)  # 10 seconds where nothing else runs
    assert process.returncode == 0, err
    return json.loads(out.splitlines()[-1])


def raw(url: str, method: str, target: str, body: str | None = None,
        **headers: str) -> tuple[int, dict, bytes]:
    """Send ``target`` as it stands (no client tidies its dots away); return status, headers, body.
    """
    host, port = url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=60)
    try:
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        return response.status, dict(response.headers), response.read()
    finally:
        connection.close()


@dataclass
class PushHub(LocalHub):
    """A running hub that takes pushes: its folder, and the token of each user."""

    folder: Path = Path()
    tokens: dict[str, str] = field(default_factory=dict)

    def environment(self, home: Path, user: str = access.OWNER) -> dict[str, str]:
        """Return the variables for a process that is logged in as ``user`` ("" for nobody), with
        its own cache in ``home``."""
        token = {"HF_TOKEN": self.tokens[user]} if user else {}
        return hub_environment(self.url, home) | {"HF_HUB_DISABLE_XET": "1"} | token


@contextmanager
def push_hub(folder: Path, **limits: int) -> Iterator[PushHub]:
    """Run a writable hub over ``folder``."""
    requests: list[tuple[str, str, int]] = []
    with Writer(folder, **limits) as writer, serve(folder, requests=requests, writer=writer) as url:
        yield PushHub(url, requests, folder,
                      {name: user.token for name, user in access.users(folder).items()})


@pytest.fixture(scope="module")
def hub(tmp_path_factory) -> Iterator[PushHub]:
    """An empty hub that takes pushes."""
    with push_hub(tmp_path_factory.mktemp("hub") / "store") as running:
        yield running


@pytest.fixture(scope="session")
def stand_ins() -> Path:
    """The stand-ins' folder, kept between runs; of several workers one builds it."""
    return hub_mode.build()


@pytest.fixture(scope="session")
def local_hub(stand_ins: Path) -> Iterator[LocalHub]:
    """A hub that holds the stand-ins."""
    requests: list[tuple[str, str, int]] = []
    with serve(stand_ins, requests=requests) as url:
        yield LocalHub(url, requests)

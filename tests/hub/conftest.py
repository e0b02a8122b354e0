"""The local hub over the stand-ins, and the environment in which a process takes it for the hub."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from helpers.files import REPOSITORY
from helpers.hub import serve, standins


@dataclass
class LocalHub:
    """A running hub: its address, and (method, path, status) of every request so far."""

    url: str
    requests: list[tuple[str, str, int]] = field(default_factory=list)

    def downloads(self, name: str) -> int:
        """Count the GET requests for files called ``name``."""
        return sum(method == "GET" and path.endswith(f"/{name}") for method, path, _ in self.requests)


def hub_environment(url: str, home: Path) -> dict[str, str]:
    """Return the variables for a process or kernel in hub mode: a tenth of the scale, its own empty cache in ``home``."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING", "TRANSFORMERS_"))}
    return mine | {
        "COURSE_MODELS": "hub",
        "COURSE_SCALE": "0.1",
        "HF_ENDPOINT": url,
        "HF_HOME": str(home),
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }


@pytest.fixture(scope="session")
def stand_ins() -> Path:
    """The stand-ins' folder, kept between runs."""
    return standins.build(REPOSITORY / ".cache" / "stand_ins")


@pytest.fixture(scope="session")
def local_hub(stand_ins: Path) -> Iterator[LocalHub]:
    """A hub that holds the stand-ins."""
    requests: list[tuple[str, str, int]] = []
    with serve(stand_ins, requests=requests) as url:
        yield LocalHub(url, requests)

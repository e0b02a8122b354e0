"""A hub of one's own beside a notebook: one line starts it, and it is gone when the notebook is.

What `course hub` serves, from a process and a folder of its own. The address has to be known before
`huggingface_hub` is imported, which reads its settings then: call `open_hub` first.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from helpers.errors import CourseError
from helpers.files import REPOSITORY
from helpers.runtime import models

NEEDED = ("fastapi", "uvicorn", "httpx")
STOP_SECONDS = 20


class LocalHub:
    """A running hub: its address ``url``, the ``token`` of the user ``owner``, who may write under that name."""

    def __init__(self, process: subprocess.Popen, url: str, owner: str, token: str):
        self.url, self.owner, self.token = url, owner, token
        self._process = process

    def environment(self, home: str | Path) -> dict[str, str]:
        """Return the variables for another process that takes this hub for the hub; ``home`` is its cache."""
        return os.environ | {"HF_ENDPOINT": self.url, "HF_TOKEN": self.token, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0"}

    def close(self) -> None:
        """Stop the hub and remove its folder; harmless when it has stopped already."""
        self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> "LocalHub":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def open_hub() -> LocalHub:
    """Start a hub that holds the course's checkpoints, and let this process reach it.

    With COURSE_MODELS=shipped everything of Hugging Face in this process goes there (``HF_ENDPOINT``), so nothing
    can reach the network; in hub mode only what is given its ``url``. It ends with this process at the latest.
    Raises CourseError if a package is missing, `huggingface_hub` was imported offline, or the hub does not start.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise CourseError(f"The local hub needs {', '.join(missing)}. Install with: pip install {' '.join(missing)}")
    constants = sys.modules.get("huggingface_hub.constants")
    if constants is not None and constants.HF_HUB_OFFLINE:
        raise CourseError("huggingface_hub was imported before open_hub() and is offline: restart the kernel, run the set-up cell, then open_hub().")
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        # A session of its own: an interrupt of the notebook must not stop the hub. It reads the pipe, which breaks when this process ends.
        process = subprocess.Popen(
            [sys.executable, "-m", "helpers.local_hub"], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            text=True, encoding="utf-8", start_new_session=True,
        )  # fmt: skip
        line = process.stdout.readline()
        if not line:
            process.wait()
            errors.seek(0)
            said = errors.read().strip().splitlines()
            raise CourseError(f"The local hub did not start: {said[-1] if said else 'it said nothing'}")
    hub = LocalHub(process, **json.loads(line))
    os.environ |= {"HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1"]))
    if models() == "shipped":
        os.environ["HF_ENDPOINT"] = hub.url
    return hub


def main() -> None:
    """Serve a new hub until the pipe on standard input breaks."""
    from helpers.hub import Writer, access, seed, serve

    cache = REPOSITORY / ".cache"  # beside the merged checkpoints, which can then be linked to instead of copied
    cache.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hub-", dir=cache) as folder, Writer(Path(folder) / "hub") as writer:
        seed.seed(writer)
        with serve(writer.folder, writer=writer) as url:
            user = access.users(writer.folder)[access.OWNER]
            print(json.dumps({"url": url, "owner": user.name, "token": user.token}), flush=True)
            sys.stdin.read()


if __name__ == "__main__":
    main()

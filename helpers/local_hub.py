"""A hub of one's own beside a notebook: one line starts it, and it is gone when the notebook is.

What `course hub` serves, from a process and a folder of its own. The address has to be known before
`huggingface_hub` is imported, which reads its settings then: call `open_hub` first.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from helpers.beside import Beside, need
from helpers.errors import CourseError
from helpers.files import REPOSITORY
from helpers.runtime import models


class LocalHub(Beside):
    """A running hub: its address ``url``, the ``token`` of the user ``owner``, who may write under that name. Closing removes its folder."""

    def __init__(self):
        super().__init__("local hub", "helpers.local_hub")
        self.url, self.owner, self.token = self._told["url"], self._told["owner"], self._told["token"]

    def environment(self, home: str | Path) -> dict[str, str]:
        """Return the variables for another process that takes this hub for the hub; ``home`` is its cache."""
        return os.environ | {"HF_ENDPOINT": self.url, "HF_TOKEN": self.token, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0"}


def open_hub() -> LocalHub:
    """Start a hub that holds the course's checkpoints, and let this process reach it.

    With COURSE_MODELS=shipped everything of Hugging Face in this process goes there (``HF_ENDPOINT``), so nothing
    can reach the network; in hub mode only what is given its ``url``. It ends with this process at the latest.
    Raises CourseError if a package is missing, `huggingface_hub` was imported offline, or the hub does not start.
    """
    need("local hub")
    constants = sys.modules.get("huggingface_hub.constants")
    if constants is not None and constants.HF_HUB_OFFLINE:
        raise CourseError("huggingface_hub was imported before open_hub() and is offline: restart the kernel, run the set-up cell, then open_hub().")
    hub = LocalHub()
    os.environ |= {"HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
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

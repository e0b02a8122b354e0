"""A hub of one's own beside a notebook: one line starts it, and it is gone when the notebook is.

What `course hub` serves, from a process and a folder of its own. The address has to be known before
`huggingface_hub` is imported, which reads its settings then: call `open_hub` first.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from helpers import cached
from helpers.errors import CourseError
from helpers.files import REPOSITORY
from helpers.runtime import models
from helpers.serving.processes import Beside, need, reaching_this_machine

# The one call of the client that takes no notice of HF_ENDPOINT (huggingface_hub/repocard.py).
VALIDATION = "https://huggingface.co/api/validate-yaml"
# They would lead elsewhere: the hub's staging address, and a login by a CI's identity.
ELSEWHERE = ("HUGGINGFACE_CO_STAGING", "HF_OIDC_RESOURCE")

HERE = ("127.0.0.1", "localhost", "::1")


class LocalHub(Beside):
    """A running hub: its address ``url``, the ``token`` of the user ``owner``, who may write under
    that name. Closing removes its folder."""

    def __init__(self, port: int = 0):
        super().__init__("local hub", "helpers.hub.beside", str(port))
        self.url, self.owner, self.token = (self._told[key] for key in ("url", "owner", "token"))

    def environment(self, home: str | Path) -> dict[str, str]:
        """Return the variables for another process that takes this hub for the hub.

        ``home`` is its cache. One call there still goes to huggingface.co, whatever HF_ENDPOINT
        says: ``ModelCard.push_to_hub`` asks it to check the card's metadata. Use ``upload_file``,
        which asks this hub.
        """
        variables = {"HF_ENDPOINT": self.url, "HF_TOKEN": self.token, "HF_HOME": str(home)}
        variables |= {"HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
        mine = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
        return mine | reaching_this_machine(mine) | variables


_opened: LocalHub | None = None


def open_hub() -> LocalHub:
    """Start a hub that holds the course's checkpoints, and let this process reach it.

    With COURSE_MODELS=shipped every request of ``huggingface_hub`` in this process, and of the
    libraries that load through it, goes there (``HF_ENDPOINT``); one to another machine is refused,
    so nothing of it reaches the network. A login elsewhere does not matter. Called again, it
    replaces the hub by a fresh one at the same address. In hub mode only what is given its ``url``
    goes there, and nothing is refused. It ends with this process at the latest.
    Raises CourseError if a package is missing, `huggingface_hub` was imported before, or the hub
    does not start.
    """
    global _opened
    need("local hub")
    here = models() == "shipped"
    port = _port(here)
    if _opened is not None and here:
        _opened.close()
    hub = LocalHub(port)
    os.environ |= {"HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
    if here:
        _make_room()
        for name in ELSEWHERE:
            os.environ.pop(name, None)
        # Else transformers asks a service on the network to convert a model without safetensors.
        os.environ |= {"HF_ENDPOINT": hub.url, "DISABLE_SAFETENSORS_CONVERSION": "1"}
        _stay_here(hub.url)
        _opened = hub
    return hub


def _port(here: bool) -> int:
    """Return the port of the next hub: 0 for any, or the one that the client here knows."""
    constants = sys.modules.get("huggingface_hub.constants")
    if constants is None:
        return 0
    if here and _opened is not None and constants.ENDPOINT == _opened.url:
        return int(_opened.url.rsplit(":", 1)[1])
    if here or constants.HF_HUB_OFFLINE:
        raise CourseError(
            "huggingface_hub was imported before open_hub() and has another address or is offline: "
            "restart the kernel, run the set-up cell, then open_hub()."
        )
    return 0


def _make_room() -> None:
    """Let the client's downloads go to a temporary folder where its own can't be written to."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = Path(os.environ.get("HF_HOME") or f"{cache}/huggingface").expanduser()
    try:
        with cached.room(home):
            home.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=home) as file:
                file.write(b"x")
    except OSError as error:
        os.environ["HF_HOME"] = str(cached.temporary() / "huggingface")
        print(f"Downloads go to a temporary folder: {home} can't be written to ({error.strerror}).")


def _stay_here(url: str) -> None:
    """Let the hub's client in this process reach servers on this machine only."""
    import httpx
    from huggingface_hub import set_async_client_factory, set_client_factory
    from huggingface_hub.errors import OfflineModeIsEnabled

    def check(request: httpx.Request) -> None:
        if request.url == VALIDATION:
            request.url = httpx.URL(f"{url}/api/validate-yaml")
            request.headers["Host"] = request.url.netloc.decode("ascii")
        elif request.url.host not in HERE:
            raise OfflineModeIsEnabled(
                f"After open_hub() nothing leaves this machine, and {request.url} is elsewhere. "
                "To reach it, set COURSE_MODELS=hub and restart the kernel."
            )

    async def check_too(request: httpx.Request) -> None:
        check(request)

    # No proxy lies between this machine and itself.
    options = {"follow_redirects": True, "timeout": None, "trust_env": False}
    set_client_factory(lambda: httpx.Client(event_hooks={"request": [check]}, **options))
    set_async_client_factory(
        lambda: httpx.AsyncClient(event_hooks={"request": [check_too]}, **options)
    )


def _place() -> Path:
    """Return the folder in which the hub's own is made.

    The clone's cache, since merged checkpoints can be linked to there instead of copied; a
    temporary one where nothing can be written there.
    """
    cache = REPOSITORY / ".cache"
    try:
        cache.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=cache):
            return cache
    except OSError as error:
        if error.errno not in cached.READ_ONLY:
            raise
        return cached.temporary()


def main() -> None:
    """Serve a new hub, on the port that is the argument, until the pipe on stdin breaks."""
    from helpers.hub import Writer, access, seed, serve

    try:
        with (
            cached.room(REPOSITORY / ".cache"),
            tempfile.TemporaryDirectory(prefix="hub-", dir=_place()) as folder,
            Writer(Path(folder) / "hub") as writer,
        ):
            seed.seed(writer)
            with serve(writer.folder, int(sys.argv[1]), writer=writer) as url:
                user = access.users(writer.folder)[access.OWNER]
                told = {"url": url, "owner": user.name, "token": user.token}
                print(json.dumps(told), flush=True)
                sys.stdin.read()
    except CourseError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()

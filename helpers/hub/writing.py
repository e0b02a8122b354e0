"""Writes to the hub's folder, each of them done whole or not at all.

A commit is written as a new folder beside everything that is there and brought to the
disk before the ref, one small file, is replaced in a single step: a kill at any moment
leaves the old revision whole. What a killed push leaves behind is removed at the next start.
"""

import fnmatch
import hashlib
import json
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from filelock import FileLock, Timeout

from helpers import cached
from helpers.errors import CourseError
from helpers.files import write_atomically
from helpers.hub import access
from helpers.hub.cards import faults
from helpers.hub.store import (
    KINDS,
    LARGE_ENDINGS,
    PULL,
    NotFound,
    Refused,
    Repository,
    Snapshot,
    branches,
    date,
    files,
    find,
    folders,
    history,
    identity,
    pulls,
    record,
    repositories,
    revisions,
    tags,
)

MARKER = "hub.json"
LOCK = ".lock"
INCOMING = ".incoming"
LARGEST_FILE = 500_000_000  # bytes; the largest file of the course has 91 million
MOST_FILES = 10_000  # in one repository
LONGEST_PATH = 500  # bytes
# Neither separators of other systems nor what their file names can't hold.
FORBIDDEN = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]')
REF = re.compile(r"[A-Za-z0-9][\w.+-]*(/[A-Za-z0-9][\w.+-]*)*")
ATTRIBUTES = "".join(f"*{ending} filter=lfs diff=lfs merge=lfs -text\n" for ending in LARGE_ENDINGS)


def sync(folder: Path) -> None:
    """Bring a folder's list of names to the disk (Windows does it by itself)."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_json(path: Path, content: dict) -> None:
    """Write ``content`` whole or not at all, and bring it to the disk."""
    write_atomically(path, json.dumps(content, indent=1) + "\n")
    sync(path.parent)


def place(source: Path | bytes, target: Path) -> None:
    """Write a file from bytes, or as a hard link; as a copy where the file system can't link."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(source, Path):
        try:
            os.link(source, target)
            return
        except FileExistsError:
            raise
        except OSError:
            shutil.copyfile(source, target)
    else:
        target.write_bytes(source)
    with open(target, "rb+") as file:
        os.fsync(file.fileno())


class Writer:
    """The one process that writes to a hub's folder, while a `with` block lasts; ``largest_file``
    is in bytes.

    The block's begin makes the folder a hub's, with users, and removes what a killed push left. It
    raises CourseError for a folder that holds other things, for one that another process serves,
    and for one that can't be written to.
    """

    def __init__(self, folder: Path, largest_file: int = LARGEST_FILE):
        self.folder = Path(folder).absolute()
        self.largest_file = largest_file
        self.incoming = self.folder / INCOMING
        self._lock = threading.RLock()
        self._file_lock = FileLock(self.folder / LOCK)

    def __enter__(self) -> "Writer":
        others = [name for name in os.listdir(self.folder)
                  if name[0] != "."] if self.folder.is_dir() else []
        if others and MARKER not in others:
            raise CourseError(f"{self.folder} is not empty and holds no hub: name an empty or a "
                              "new folder.")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._file_lock.acquire(timeout=0)
            if not (self.folder / MARKER).is_file():
                write_json(self.folder / MARKER, {"format": 1})
            access.make_users(self.folder)
            self._tidy()
        except Timeout:
            raise CourseError(f"Another process serves {self.folder}: stop it, or name another "
                              "folder.") from None
        except OSError as error:
            self._file_lock.release()
            if cached.is_full(error):
                raise
            raise CourseError(
                f"{self.folder} can't be written to ({error.strerror}): name another folder "
                "(course hub --folder ~/hub)."
            ) from error
        return self

    def __exit__(self, *error: object) -> None:
        self._file_lock.release()

    def _tidy(self) -> None:
        """Remove what no ref leads to, uploads that no commit holds, and half-written files."""
        shutil.rmtree(self.incoming, ignore_errors=True)
        self.incoming.mkdir()
        for path in self.folder.glob("*.json"):
            for hidden in self.folder.glob(f".{path.name}.*"):
                hidden.unlink()
        for kind in KINDS:
            for home in repositories(self.folder, kind).values():
                kept = {commit for head in revisions(home.folder).values()
                        for commit in history(home, head)}
                for commit, snapshot in folders(home.folder / "snapshots").items():
                    if commit not in kept:
                        shutil.rmtree(snapshot)
                for path in (home.folder / "commits").glob("*.json"):
                    if path.stem not in kept:
                        path.unlink()
                for path in (home.folder / "lfs").glob("*"):
                    if path.stat().st_nlink == 1:
                        path.unlink()
                for place_of_refs in ("", "refs", "tags", "pulls", "commits"):
                    for hidden in ((home.folder / place_of_refs).rglob(".*") if place_of_refs
                                   else home.folder.glob(".*")):
                        hidden.unlink()

    @contextmanager
    def _staging(self):
        """Yield an empty folder; whatever is still there at the end is removed."""
        folder = Path(tempfile.mkdtemp(dir=self.incoming))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    # Repositories

    def create(self, kind: str, name: str, author: str, private: bool = False) -> Repository:
        """Create a repository with an empty card-less first commit.

        Refuses (409) one that is there.
        """
        with self._lock, self._staging() as staging:
            if name in repositories(self.folder, kind):
                raise Refused(409, f"You already created this {KINDS[kind]} repo: {name}")
            new = Repository(kind, name, staging / "repository")
            for folder in ("refs", "snapshots", "commits", "lfs"):
                (new.folder / folder).mkdir(parents=True)
            write_json(new.folder / "settings.json",
                       {"private": private, "gated": False, "created": date(time.time()),
                        "requests": {}})
            commit = self._write(new, None, {".gitattributes": ATTRIBUTES.encode()},
                                 {"title": "initial commit", "message": ""}, author)
            write_atomically(new.folder / "refs" / "main", commit)
            sync(new.folder / "refs")
            return self._settle(new.folder, kind, name)

    def adopt(self, home: Repository) -> None:
        """Copy a repository of another folder, with its commits and their ids, unless there is one
        of its name."""
        with self._lock, self._staging() as staging:
            if home.name in repositories(self.folder, home.kind):
                return
            for name, path in files(home.folder).items():
                place(path.read_bytes(), staging / "repository" / name)
            self._settle(staging / "repository", home.kind, home.name)

    def _settle(self, new: Path, kind: str, name: str) -> Repository:
        """Move a whole repository to where it belongs."""
        home = self.folder / ("datasets" if kind == "datasets" else "") / name
        home.parent.mkdir(parents=True, exist_ok=True)
        sync(home.parent.parent)
        os.rename(new, home)
        sync(home.parent)
        return Repository(kind, name, home)

    def delete(self, home: Repository) -> None:
        """Delete a repository with everything in it."""
        with self._lock, self._staging() as staging:
            os.rename(home.folder, staging / "deleted")
            sync(home.folder.parent)

    def settings(self, home: Repository, **changes: object) -> None:
        """Change ``private``, ``gated`` or ``requests``."""
        with self._lock:
            write_json(home.folder / "settings.json", home.settings | changes)

    def request(self, home: Repository, user: str, status: str) -> None:
        """Note that a user's access to a gated repository is "pending", "accepted" or "rejected".
        """
        with self._lock:
            self.settings(home, requests=home.settings["requests"] | {
                user: {"status": status, "timestamp": date(time.time())}})

    # Files

    async def upload(self, home: Repository, oid: str, size: int,
                     chunks: AsyncIterator[bytes]) -> None:
        """Store a large file under its SHA-256 ``oid``; refuse one that has another size (bytes) or
        another SHA-256."""
        with self._staging() as staging:
            digest, written = hashlib.sha256(), 0
            with open(staging / "file", "wb") as file:
                async for chunk in chunks:
                    written += len(chunk)
                    if written > size:
                        raise Refused(413, f"More than the {size:,} bytes that were announced: "
                                           "announce the file's size, then send it.")
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            if written != size:
                raise Refused(400, f"{written:,} bytes arrived, {size:,} were announced: send the "
                                   "file again.")
            if digest.hexdigest() != oid:
                raise Refused(400, f"The SHA-256 of what arrived is {digest.hexdigest()}, "
                                   f"announced was {oid}: send the file again.")
            (home.folder / "lfs").mkdir(exist_ok=True)
            os.replace(staging / "file", home.folder / "lfs" / oid)
            sync(home.folder / "lfs")

    def stored(self, home: Repository, oid: str) -> Path | None:
        """Return the large file with that SHA-256 if this repository has it."""
        return {path.name: path for path in (home.folder / "lfs").glob("*")}.get(oid)

    # Commits

    def commit(
        self, home: Repository, revision: str, header: dict, operations: list[tuple], author: str,
        create_pr: bool = False
    ) -> tuple[str, int | None]:
        """Apply ``operations`` to a branch or pull request; return the commit id and the number of
        a new pull request.

        ``header``: "title", "message", and "parent" if the commit must follow that one.
        ``operations``: ("put", name, path or bytes), ("delete", name), ("delete_folder", name).
        Refuses (412) a branch that has moved on, (404) what isn't there, (400) bad names and bad
        cards.
        """
        with self._lock:
            heads = branches(home.folder) | {f"{PULL}{number}": pull["commit"]
                                             for number, pull in pulls(home.folder).items()}
            if revision not in heads:
                raise NotFound("RevisionNotFound",
                               f"{home.name} has no branch {revision}: create it first.")
            parent = header.get("parent")
            if parent and create_pr:
                base = find(home, parent)
            elif parent and not (len(parent) >= 7 and heads[revision].startswith(parent)):
                raise Refused(412, f"A commit has happened since: {revision} is at "
                                   f"{heads[revision][:7]}, not at {parent[:7]}. Refresh and try "
                                   "again.")
            else:
                base = find(home, revision)
            commit = self._write(home, base.commit, apply(base, operations), header, author)
            if create_pr:
                number = max(pulls(home.folder), default=0) + 1
                pull = {
                    "num": number, "title": header["title"], "description": header["message"],
                    "author": author,
                    "createdAt": record(home, commit)["date"], "status": "open",
                    "base": f"refs/heads/{revision}", "commit": commit,
                }
                write_json(home.folder / "pulls" / f"{number}.json", pull)
                return commit, number
            if revision.startswith(PULL):
                number = int(revision.removeprefix(PULL))
                write_json(home.folder / "pulls" / f"{number}.json",
                           pulls(home.folder)[number] | {"commit": commit})
            else:
                self._point(home.folder / "refs" / revision, commit)
            return commit, None

    def _write(self, home: Repository, parent: str | None, sources: dict[str, Path | bytes],
               header: dict, author: str) -> str:
        """Write a snapshot and its record; return the commit id. No ref leads to it yet."""
        with self._staging() as staging:
            for name, source in sources.items():
                place(source, staging / name)
            listed = {name: identity(name, staging / name) for name in sorted(sources)}
            details = {"title": header["title"], "message": header["message"], "author": author,
                       "parent": parent}
            # The date goes into the id to the nanosecond, so that no two commits have the same one.
            commit = hashlib.sha1(json.dumps([details, listed,
                                              time.time_ns()]).encode()).hexdigest()
            for name, each in listed.items():
                if "lfs" in each and not (home.folder / "lfs" / each["lfs"]["oid"]).exists():
                    place(staging / name, home.folder / "lfs" / each["lfs"]["oid"])
            for folder, _, _ in os.walk(staging):
                sync(Path(folder))
            write_json(home.folder / "commits" / f"{commit}.json",
                       details | {"date": date(time.time())})
            staging.chmod(0o755)
            os.rename(staging, home.folder / "snapshots" / commit)
            sync(home.folder / "snapshots")
            return commit

    def _point(self, ref: Path, commit: str) -> None:
        """Let a ref stand for a commit, in one step."""
        if ref.is_dir():  # what deleted branches left
            shutil.rmtree(ref)
        write_atomically(ref, commit)
        sync(ref.parent)

    # Refs

    def branch(self, home: Repository, name: str, start: str) -> None:
        """Create a branch at a revision. Refuses (409) one that is there."""
        self._name(home, "refs", name, branches(home.folder), start)

    def tag(self, home: Repository, name: str, revision: str) -> None:
        """Create a tag at a revision. Refuses (409) one that is there."""
        self._name(home, "tags", name, tags(home.folder), revision)

    def _name(self, home: Repository, folder: str, name: str, taken: dict[str, str],
              revision: str) -> None:
        if not REF.fullmatch(name) or len(name) > 100 or name.startswith("refs/") or ".." in name:
            raise Refused(400, f"{name!r} can't be a name of a revision: use letters, digits, and "
                               ". _ - / between them.")
        with self._lock:
            commit = find(home, revision).commit
            if any(name == other or name.startswith(f"{other}/") or other.startswith(f"{name}/")
                   for other in taken):
                raise Refused(409, f"Reference already exists: {name} (or one that begins with "
                                   "it). Choose another name.")
            self._point(home.folder / folder / name, commit)

    def delete_branch(self, home: Repository, name: str) -> None:
        """Delete a branch other than main."""
        if name == "main":
            raise Refused(400, "The branch main can't be deleted: delete the repository, or "
                               "another branch.")
        self._forget(home, "refs", name, branches(home.folder))

    def delete_tag(self, home: Repository, name: str) -> None:
        """Delete a tag."""
        self._forget(home, "tags", name, tags(home.folder))

    def _forget(self, home: Repository, folder: str, name: str, there: dict[str, str]) -> None:
        with self._lock:
            if name not in there:
                raise NotFound("RevisionNotFound", f"{home.name} has no revision {name}.")
            (home.folder / folder / name).unlink()
            sync((home.folder / folder / name).parent)


def check_path(name: str) -> str:
    """Return a path in a repository if it is one that every system can hold; else refuse it."""
    parts = PurePosixPath(name).parts
    if (not name or name != "/".join(parts) or {"..", "."} & set(parts) or FORBIDDEN.search(name)
            or name.startswith("/")):
        raise Refused(400, f"{name!r} can't be a path in a repository: use names with / between "
                           "them, without .. and without \\ : * ? \" < > |.")
    if any(part.lower() == ".git" for part in parts):
        raise Refused(400, f"{name!r} can't be a path in a repository: .git is git's own. Choose "
                           "another name.")
    if len(name.encode()) > LONGEST_PATH or any(len(part.encode()) > 200 for part in parts):
        raise Refused(400, f"The path {name[:40]}… is too long: keep it under {LONGEST_PATH} bytes "
                           "and each name in it under 200.")
    return name


def apply(base: Snapshot, operations: list[tuple]) -> dict[str, Path | bytes]:
    """Return the files of ``base`` after ``operations``; refuse what can't be done."""
    there: dict[str, Path | bytes] = dict(base.files)
    for kind, name, *source in operations:
        check_path(name)
        inside = [path for path in there if path.startswith(f"{name}/")]
        if kind == "put":
            there[name] = source[0]
        elif kind == "delete" and name in there:
            del there[name]
        elif kind == "delete_folder" and inside:
            for path in inside:
                del there[path]
        else:
            raise NotFound("EntryNotFound", f"A file with this name doesn't exist: {name}",
                           base.commit)
    for name in there:
        if blocked := [str(parent) for parent in PurePosixPath(name).parents
                       if str(parent) in there]:
            raise Refused(400, f"{blocked[0]} can't be a file and a folder (it holds {name}): "
                               "rename one of them.")
    if len(there) > MOST_FILES:
        raise Refused(400, f"{len(there):,} files; a repository takes at most {MOST_FILES:,}. Put "
                           "some into an archive.")
    readme = there.get("README.md")
    if readme is not None and readme != base.files.get("README.md"):
        text = (readme if isinstance(readme, bytes) else readme.read_bytes()).decode("utf-8",
                "replace")
        errors, _ = faults(text, KINDS[base.repository.kind])
        if errors:
            raise Refused(400, "Invalid metadata in README.md. " + " ".join(errors))
    return there


def ignored(name: str, rules: str) -> bool:
    """Say whether a .gitignore's rules leave out a path: names, patterns with * and folders; the
    last rule that fits decides."""
    found = False
    for line in rules.splitlines():
        rule = line.strip()
        if not rule or rule.startswith("#"):
            continue
        pattern = rule.removeprefix("!").strip("/")
        anywhere = "/" not in rule.removeprefix("!").rstrip("/")
        paths = [name, *map(str, PurePosixPath(name).parents)][:-1]
        if any(fnmatch.fnmatchcase(PurePosixPath(path).name if anywhere else path, pattern)
               for path in paths):
            found = not rule.startswith("!")
    return found

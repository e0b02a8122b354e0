"""The folder behind the local hub, and how it is read: repositories, their commits, refs and files.

One folder a repository, models at ``owner/name`` and data sets at ``datasets/owner/name``; a commit
never changes, a ref says which commit it means:

    refs/<branch>            the commit id that a branch stands for; every repository has "main"
    tags/<tag>               the same for a tag
    pulls/<number>.json      a pull request: title, author, and the commit that refs/pr/<number>
                             stands for
    snapshots/<commit>/...   the files of a commit
    commits/<commit>.json    its title, message, author, date and parent
    lfs/<sha256>             large files, linked to by the snapshots that hold them
    settings.json            private, gated, and who asked for access

Only the first and the snapshots are needed to read a repository. No path is ever built from a
request: a name is looked up among the files that are there, so `..`, absolute paths and links that
lead elsewhere are simply not found.
"""

import hashlib
import json
import math
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from helpers.hub.cards import metadata

KINDS = {"models": "model", "datasets": "dataset"}  # in addresses → in what clients send
PULL = "refs/pr/"
# What the hub keeps out of git's own storage: these endings, and everything larger.
LARGE_ENDINGS = (
    ".arrow .bin .ckpt .flac .gguf .gz .h5 .jpg .joblib .model .mp3 .msgpack .npy .npz .onnx .ot "
    ".parquet "
    ".pickle .pkl .png .pt .pth .safetensors .tar .wav .xz .zip .zst"
).split()
LARGE_BYTES = 1_000_000
SAFETENSORS_HEADER = 10_000_000  # bytes; a longer one is not read


class Refused(Exception):
    """An answer other than success: HTTP ``status``, the hub's ``X-Error-Code`` if it has one,
    ``commit`` that was searched."""

    def __init__(self, status: int, message: str, code: str = "", commit: str | None = None,
                 **extra: object):
        super().__init__(message)
        self.status = status
        self.code = code
        self.commit = commit
        self.extra = extra  # further keys of the answer


class NotFound(Refused):
    """Nothing by that name."""

    def __init__(self, code: str, message: str, commit: str | None = None):
        super().__init__(404, message, code, commit)


@dataclass(frozen=True)
class Repository:
    """One repository: ``kind`` is "models" or "datasets", ``name`` is owner/name."""

    kind: str
    name: str
    folder: Path

    @property
    def owner(self) -> str:
        return self.name.split("/")[0]

    @property
    def settings(self) -> dict:
        """``private``, ``gated`` (False, "auto" or "manual"), ``created`` (a date), ``requests``
        (user → status and date)."""
        path = self.folder / "settings.json"
        stored = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        return {"private": False, "gated": False, "created": date(self.folder.stat().st_mtime),
                "requests": {}} | stored


@dataclass(frozen=True)
class Snapshot:
    """One commit of one repository; ``files`` maps its names to files."""

    repository: Repository
    commit: str
    files: dict[str, Path]


def date(seconds: float) -> str:
    """Return a POSIX time as the hub writes it, UTC to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(
        timespec="milliseconds").replace("+00:00", "Z")


def folders(root: Path) -> dict[str, Path]:
    """Return name → path of the folders in ``root``; links and hidden ones are left out."""
    if not root.is_dir():
        return {}
    return {entry.name: Path(entry.path) for entry in os.scandir(root)
            if entry.is_dir(follow_symlinks=False) and entry.name[0] != "."}


def files(root: Path) -> dict[str, Path]:
    """Return path below ``root`` → file, sorted, without anything reached through a link."""
    found = [
        Path(folder) / name for folder, _, names in os.walk(root) for name in names
        if not (Path(folder) / name).is_symlink()
    ]
    return dict(sorted((path.relative_to(root).as_posix(), path) for path in found))


def repositories(root: Path, kind: str = "models") -> dict[str, Repository]:
    """Return name → repository, sorted, of everything with a main branch."""
    if kind == "datasets":
        owners = folders(folders(root).get("datasets", root / "datasets"))
    else:
        owners = {owner: path for owner, path in folders(root).items() if owner != "datasets"}
    homes = {f"{owner}/{name}": home for owner, path in owners.items()
             for name, home in folders(path).items()}
    return {name: Repository(kind, name, home) for name, home in sorted(homes.items())
            if "main" in branches(home)}


def repository(root: Path, kind: str, name: str) -> Repository:
    """Return one repository; raise NotFound if it isn't there."""
    found = repositories(root, kind).get(name)
    if found is None:
        raise missing(kind, name)
    return found


def missing(kind: str, name: str) -> NotFound:
    """Return the error for a repository that isn't there, or that isn't there for this user."""
    return NotFound("RepoNotFound", f"This hub has no {KINDS[kind]} {name}.")


def _refs(root: Path) -> dict[str, str]:
    """Return name → commit; hidden files are left-overs of a write that was cut off."""
    root = folders(root.parent).get(root.name, root / "missing")
    return {name: path.read_text("utf-8").strip() for name, path in files(root).items()
            if not path.name.startswith(".")}


def branches(home: Path) -> dict[str, str]:
    """Return branch → commit id of a repository's folder."""
    return _refs(home / "refs")


def tags(home: Path) -> dict[str, str]:
    """Return tag → commit id of a repository's folder."""
    return _refs(home / "tags")


def pulls(home: Path) -> dict[int, dict]:
    """Return number → pull request of a repository's folder, the newest first."""
    read = [json.loads(content) for content in _refs(home / "pulls").values()]
    return {pull["num"]: pull for pull in sorted(read, key=lambda pull: -pull["num"])}


def revisions(home: Path) -> dict[str, str]:
    """Return every name of a revision → commit id."""
    return {f"{PULL}{number}": pull["commit"]
            for number, pull in pulls(home).items()} | tags(home) | branches(home)


def find(home: Repository, revision: str = "main") -> Snapshot:
    """Return the commit that a ref, a commit id or its first 7 or more digits names; else raise
    NotFound."""
    commit = revisions(home.folder).get(revision, revision)
    snapshots = folders(folders(home.folder).get("snapshots", home.folder / "missing"))
    matches = [name for name in snapshots if name == commit
               or (len(commit) >= 7 and name.startswith(commit))]
    if len(matches) != 1:
        raise NotFound("RevisionNotFound", f"{home.name} has no revision {revision}.")
    return Snapshot(home, matches[0], files(snapshots[matches[0]]))


def split(home: Repository, rest: str) -> tuple[str, str]:
    """Split an address's ``revision/path`` where the revision's own name may hold slashes."""
    named = [name for name in revisions(home.folder) if rest == name or rest.startswith(f"{name}/")]
    revision = max(named, key=len, default=rest.split("/")[0])
    return revision, rest[len(revision) + 1 :]


def record(home: Repository, commit: str) -> dict:
    """Return a commit's title, message, author, date and parent; one without a record (a
    stand-in's) tells its date only."""
    path = home.folder / "commits" / f"{commit}.json"
    if path.is_file():
        return json.loads(path.read_text("utf-8"))
    changed = (home.folder / "snapshots" / commit).stat().st_mtime
    return {"title": "", "message": "", "author": home.owner, "date": date(changed), "parent": None}


def history(home: Repository, commit: str | None) -> dict[str, dict]:
    """Return commit id → record, from ``commit`` back to the first."""
    found = {}
    while commit:
        found[commit] = record(home, commit)
        commit = found[commit]["parent"]
    return found


def is_large(name: str, size: int) -> bool:
    """Say whether the hub treats a file as a large one (git LFS); an empty one never is."""
    return size > LARGE_BYTES or (size > 0 and name.endswith(tuple(LARGE_ENDINGS)))


_digests: dict[tuple, str] = {}


def _digest(path: Path, algorithm: str, prefix: bytes = b"") -> str:
    """Hash a file once per state, whatever it is called: inode, size and time of change are the
    cache's key."""
    state = path.stat()
    key = (algorithm, state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)
    if key not in _digests:
        with open(path, "rb") as file:
            digest = hashlib.new(algorithm, prefix)
            while block := file.read(1 << 20):
                digest.update(block)
        _digests[key] = digest.hexdigest()
    return _digests[key]


def _git_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def identity(name: str, path: Path) -> dict:
    """Return ``size``, ``oid`` (the git object id) and, of a large file, ``lfs`` with its SHA-256:
    the id that counts."""
    size = path.stat().st_size
    if not is_large(name, size):
        return {"size": size, "oid": _digest(path, "sha1", b"blob %d\0" % size)}
    sha256 = _digest(path, "sha256")
    # What git itself stores of such a file
    # (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md).
    pointer = ("version https://git-lfs.github.com/spec/v1\n"
               f"oid sha256:{sha256}\nsize {size}\n").encode()
    return {"size": size, "oid": _git_id(pointer),
            "lfs": {"oid": sha256, "size": size, "pointerSize": len(pointer)}}


def etag(name: str, path: Path) -> str:
    """Return the id that a client compares: a large file's SHA-256, else the git object id."""
    found = identity(name, path)
    return found["lfs"]["oid"] if "lfs" in found else found["oid"]


def entries(snapshot: Snapshot) -> dict[str, dict]:
    """Return path → entry for every file and folder, as `/tree` and `/paths-info` list them."""
    listed = {}
    for name, path in snapshot.files.items():
        for parent in list(PurePosixPath(name).parents)[:-1]:
            tree = hashlib.sha1(f"{snapshot.commit}:{parent}".encode()).hexdigest()
            listed[str(parent)] = {"type": "directory", "path": str(parent), "oid": tree, "size": 0}
        listed[name] = {"type": "file", "path": name, **identity(name, path)}
    return listed


def card(snapshot: Snapshot) -> dict:
    """Return the metadata of a snapshot's card, {} where there is none."""
    path = snapshot.files.get("README.md")
    return metadata(path.read_text("utf-8", "replace")) if path else {}


def parameters(snapshot: Snapshot) -> dict[str, int]:
    """Return number format → count of the weights, from the headers of the safetensors files."""
    counts: dict[str, int] = {}
    for name, path in snapshot.files.items():
        if name.endswith(".safetensors"):
            with open(path, "rb") as file:
                length = int.from_bytes(file.read(8), "little")
                header = _json_object(file.read(length)) if length <= SAFETENSORS_HEADER else {}
            for tensor in header.values():
                match tensor:
                    case {"dtype": str(dtype),
                          "shape": list(shape)} if all(isinstance(size, int) for size in shape):
                        counts[dtype] = counts.get(dtype, 0) + math.prod(shape)
    return counts


def _json_object(content: bytes) -> dict:
    """Return the object that a file holds; {} for anything else (and for what no answer can hold),
    since people push what they like."""
    try:
        value = json.loads(content)
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    """Return a card's text, or list of texts, as a list."""
    return [item for item in (value if isinstance(value, list) else [value])
            if isinstance(item, str)]


def describe(snapshot: Snapshot) -> dict:
    """Return what the hub's API says of a repository, read from its card, its config and its
    commits."""
    home, settings, data = snapshot.repository, snapshot.repository.settings, card(snapshot)
    config = (_json_object(snapshot.files["config.json"].read_bytes())
              if "config.json" in snapshot.files else {})
    config = {key: config[key] for key in ("architectures", "model_type") if key in config}
    prefixes = {"license": "license:", "base_model": "base_model:", "datasets": "dataset:",
                "tags": ""}
    if home.kind == "models":
        found = [data.get("library_name"), data.get("pipeline_tag"), config.get("model_type")]
        prefixes["language"] = ""
    else:
        found = []
        prefixes |= {key: f"{key}:" for key in ("language", "task_categories", "task_ids",
                                                "size_categories", "multilinguality")}
    found = [tag for tag in found if isinstance(tag, str)]
    found += [f"{prefix}{text}" for key, prefix in prefixes.items()
              for text in _texts(data.get(key))]
    described = {
        "id": home.name, "author": home.owner, "sha": snapshot.commit,
        "createdAt": settings["created"],
        "lastModified": record(home, snapshot.commit)["date"], "private": settings["private"],
        "gated": settings["gated"],
        "disabled": False, "downloads": 0, "likes": 0, "trendingScore": 0,
        "tags": list(dict.fromkeys(found)), "cardData": data,
        "siblings": [{"rfilename": name} for name in snapshot.files],
    }
    if home.kind == "models":
        described |= {"modelId": home.name, "library_name": data.get("library_name"),
                      "pipeline_tag": data.get("pipeline_tag")}
        described["config"] = config
    return described


def sizes(snapshot: Snapshot, blobs: bool) -> dict:
    """Return what is added for a single repository: bytes in all, numbers of parameters and, with
    ``blobs``, each file's id."""
    found: dict = {"usedStorage": sum(path.stat().st_size for path in snapshot.files.values())}
    if counts := parameters(snapshot):
        found["safetensors"] = {"parameters": counts, "total": sum(counts.values())}
    if blobs:
        ids = {name: identity(name, path) for name, path in snapshot.files.items()}
        found["siblings"] = [
            {"rfilename": name, "size": each["size"], "blobId": each["oid"]}
            | ({"lfs": each["lfs"] | {"sha256": each["lfs"]["oid"]}} if "lfs" in each else {})
            for name, each in ids.items()
        ]
    return found

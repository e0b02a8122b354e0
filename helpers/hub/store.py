"""The folder behind the local hub: repositories, their commits and files.

One folder a repository; a commit never changes, a ref says which commit it means:

    owner/name/refs/main                  the commit id that "main" stands for
    owner/name/snapshots/<commit id>/...  the files of that commit

No path is ever built from a request: a name is looked up among the files that are
there, so `..`, absolute paths and links that lead elsewhere are simply not found.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path, PurePosixPath

from huggingface_hub import metadata_load


class NotFound(LookupError):
    """Nothing by that name; ``code`` is the hub's ``X-Error-Code``, ``commit`` the commit that was searched."""

    def __init__(self, code: str, message: str, commit: str | None = None):
        super().__init__(message)
        self.code = code
        self.commit = commit


@dataclass(frozen=True)
class Snapshot:
    """One commit of one repository; ``files`` maps its names to files."""

    repository: str
    commit: str
    folder: Path
    files: dict[str, Path]


def below(root: Path, pattern: str) -> dict[str, Path]:
    """Return name → path for what lies under ``root``, without anything reached through a link."""
    real = root.resolve()
    found = {path.relative_to(root): path for path in sorted(root.glob(pattern))}
    return {name.as_posix(): path for name, path in found.items() if path.resolve() == real / name}


def repositories(folder: Path) -> dict[str, Path]:
    """Return repository name → folder."""
    return {name: path for name, path in below(folder, "*/*").items() if "main" in below(path / "refs", "main")}


def find(folder: Path, repository: str, revision: str = "main") -> Snapshot:
    """Return the commit that a ref, a commit id or its first 7 or more digits names; else raise NotFound."""
    home = repositories(folder).get(repository)
    if home is None:
        raise NotFound("RepoNotFound", f"This hub has no model {repository}.")
    refs = {name: path for name, path in below(home / "refs", "**/*").items() if path.is_file()}
    commit = refs[revision].read_text().strip() if revision in refs else revision
    snapshots = below(home / "snapshots", "*")
    matches = [name for name in snapshots if name == commit or (len(commit) >= 7 and name.startswith(commit))]
    if len(matches) != 1:
        raise NotFound("RevisionNotFound", f"{repository} has no revision {revision}.")
    root = snapshots[matches[0]]
    files = {name: path for name, path in below(root, "**/*").items() if path.is_file()}
    return Snapshot(repository, matches[0], root, files)


@lru_cache(maxsize=4096)
def _blob_id(path: Path, size: int, changed: int) -> str:
    """Hash once per state of the file: size and time of change are part of the cache's key."""
    with open(path, "rb") as file:
        digest = hashlib.sha1(b"blob %d\0" % size)
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def blob_id(path: Path) -> str:
    """Return the git object id of a file, which the hub gives as id and ETag."""
    state = path.stat()
    return _blob_id(path, state.st_size, state.st_mtime_ns)


def entries(snapshot: Snapshot) -> dict[str, dict]:
    """Return path → entry for every file and folder, as `/tree` and `/paths-info` list them."""
    listed = {}
    for name, path in snapshot.files.items():
        for parent in list(PurePosixPath(name).parents)[:-1]:
            tree = hashlib.sha1(f"{snapshot.commit}:{parent}".encode()).hexdigest()
            listed[str(parent)] = {"type": "directory", "path": str(parent), "oid": tree, "size": 0}
        listed[name] = {"type": "file", "path": name, "oid": blob_id(path), "size": path.stat().st_size}
    return listed


def describe(snapshot: Snapshot) -> dict:
    """Return what the hub's API says of a model, read from its card and config."""
    card = snapshot.files.get("README.md")
    metadata = (metadata_load(card) if card else None) or {}
    config = json.loads(snapshot.files["config.json"].read_text("utf-8")) if "config.json" in snapshot.files else {}
    config = {key: config[key] for key in ("architectures", "model_type") if key in config}
    languages = metadata.get("language", [])
    tags = [metadata.get("library_name"), metadata.get("pipeline_tag"), config.get("model_type")]
    tags += [languages] if isinstance(languages, str) else languages
    tags += [f"license:{metadata['license']}"] if "license" in metadata else []
    changed = datetime.fromtimestamp(snapshot.folder.stat().st_mtime, timezone.utc)
    return {
        "id": snapshot.repository, "modelId": snapshot.repository, "author": snapshot.repository.split("/")[0],
        "sha": snapshot.commit, "lastModified": changed.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "private": False, "gated": False, "disabled": False, "downloads": 0, "likes": 0, "trendingScore": 0,
        "library_name": metadata.get("library_name"), "pipeline_tag": metadata.get("pipeline_tag"),
        "tags": list(dict.fromkeys([tag for tag in tags if tag] + metadata.get("tags", []))),
        "cardData": metadata, "config": config,
        "siblings": [{"rfilename": name} for name in snapshot.files],
    }  # fmt: skip

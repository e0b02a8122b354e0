"""Checkpoints of which only the trained part is shipped: a LoRA adapter, and a head or embeddings,
on the encoder or the language model.

On first use both are merged into an ordinary model folder in a cache, so that ``from_pretrained``
and ``pipeline`` load it with no further word. The cache's name is made of the checksums of
everything that went in, so an old one is never taken for a new one; a damaged one is built again.
"""

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from helpers import cached
from helpers.errors import CourseError
from helpers.files import sha256

ADAPTER = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
                   "vocab.txt", "chat_template.jinja")
PREFIX = "base_model.model."  # peft writes it before every name
# Embeddings that were trained: the new ones, in spite of the name
NEW_ROWS = ".token_adapter.trainable_tokens_delta"


def folder(role: str, parts: Path, body: Path, sums: Mapping[str, str], store: Path) -> Path:
    """Return the merged model folder of ``role`` below ``store``; build it if it is missing or
    damaged.

    ``parts``: the shipped folder; ``body``: that of what was adapted; ``sums``: name → SHA-256 of
    their files, already verified. Where ``store`` can't be written to, the folder is a temporary
    one, gone when this process ends.
    """
    ingredients = {**sums, "code": sha256(Path(__file__))}
    return cached.folder(role, ingredients, lambda fresh: build(parts, body, fresh), store)


def build(parts: Path, body: Path, target: Path) -> Path:
    """Write the full model into the folder ``target``: weights, the parts' configs, the body's
    tokenizer."""
    from safetensors.numpy import load_file, save_file

    settings = json.loads((parts / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    config = json.loads((parts / "config.json").read_text(encoding="utf-8"))
    weights = load_file(body / "model.safetensors")
    if config["model_type"] == "bert":
        weights = {f"bert.{name}": tensor for name, tensor in weights.items()}
        # The only one with BERT's pooler
        if config["architectures"] != ["BertForSequenceClassification"]:
            weights = {name: tensor for name, tensor in weights.items()
                       if not name.startswith("bert.pooler.")}
        weights.pop("bert.embeddings.position_ids", None)  # a constant that older versions saved
        # The config may say that the last ones are left out
        layers = {name: re.match(r"bert\.encoder\.layer\.(\d+)\.", name) for name in weights}
        weights = {name: tensor for name, tensor in weights.items() if not layers[name]
                   or int(layers[name][1]) < config["num_hidden_layers"]}
    weights = merge(weights, load_file(parts / ADAPTER), settings["lora_alpha"] / settings["r"],
                    settings.get("trainable_token_indices"))
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
    """Return float32 ``weights`` plus ``scale`` · B · A for every LoRA pair of ``adapter``, and its
    other tensors as they are.

    Names and shapes are peft's: A is (r, in), B is (out, r) (Hu et al. 2021, "LoRA"). ``tokens``:
    whose embeddings were trained. Raises CourseError for a pair whose weight does not exist.
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

"""A LoRA adapter of PEFT's as llama.cpp reads one: the same matrices, in one GGUF file.

The form is that of llama.cpp's own ``convert_lora_to_gguf.py``
(https://github.com/ggml-org/llama.cpp): ``general.type`` is ``adapter``, each pair is called
after the tensor it changes, and llama.cpp multiplies with ``adapter.lora.alpha`` / rank.
"""

import json
import re
from importlib.metadata import version
from pathlib import Path

from helpers import cached
from helpers.errors import CourseError
from helpers.files import relative, sha256

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
FILE = "adapter.gguf"
PAIR = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<half>[AB])\.weight")
# Architectures of `llm`, and whether llama.cpp keeps the rows of q and k in an order of its own:
# it rotates neighbouring dimensions of a Llama's heads, transformers those half a head apart.
PERMUTED = {"llama": True, "qwen3": False}
# Settings of PEFT that decide nothing when a finished adapter is used, or that are read below.
HARMLESS = {
    "auto_mapping", "base_model_name_or_path", "corda_config", "eva_config", "exclude_modules",
    "inference_mode", "init_lora_weights", "layers_pattern", "layers_to_transform", "loftq_config",
    "lora_alpha", "lora_dropout", "lora_ga_config", "megatron_core", "peft_type", "peft_version",
    "qalora_group_size", "r", "rank_pattern", "revision", "runtime_config", "target_modules",
    "task_type", "velora_config",
}
# Ways to begin that leave the model itself as it is; the others (PiSSA, OLoRA, LoftQ) change it.
PLAIN_STARTS = (True, False, None, "gaussian", "orthogonal", "eva")


def convert(folder: Path, base: Path, store: Path) -> Path:
    """Return the GGUF of the PEFT adapter in ``folder``, for the model in the GGUF ``base``.

    It is kept below ``store``, by the checksums of adapter, base and this code. Raises CourseError
    if ``folder`` holds no LoRA adapter, one that needs more than LoRA's two matrices, or one of
    another model.
    """
    folder = Path(folder)
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise CourseError(
                f"{relative(folder)} is no LoRA adapter: it holds no {name}. "
                "Write one with PEFT: model.save_pretrained(folder)."
            )
    ingredients = {name: sha256(folder / name) for name in (CONFIG, WEIGHTS)}
    ingredients |= {"base": sha256(base), "code": sha256(Path(__file__)), "gguf": version("gguf")}
    made = cached.folder(
        "adapter", ingredients, lambda fresh: write(folder, base, fresh / FILE), store
    )
    return made / FILE


def write(folder: Path, base: Path, target: Path) -> None:
    """Write the PEFT adapter in ``folder``, made for the model ``base``, to the file ``target``."""
    import gguf

    settings = plain_settings(folder)
    fields, shapes = describe(base)
    architecture = fields["general.architecture"]
    if architecture not in PERMUTED:
        raise CourseError(
            f"{base.name} is a model of the architecture {architecture!r}; adapters are converted "
            f"for {' and '.join(PERMUTED)}."
        )
    heads = {
        "attn_q": fields[f"{architecture}.attention.head_count"],
        "attn_k": fields[f"{architecture}.attention.head_count_kv"],
    }
    writer = gguf.GGUFWriter(target, architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(settings["lora_alpha"]))
    for name, (down, up) in pairs(folder, architecture, fields, shapes).items():
        kind = name.rsplit(".", 1)[-1]
        if PERMUTED[architecture] and kind in heads:
            up = permute(up, heads[kind])
        writer.add_tensor(f"{name}.weight.lora_a", down)
        writer.add_tensor(f"{name}.weight.lora_b", up)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def plain_settings(folder: Path) -> dict:
    """Return the settings of the adapter in ``folder``, if they are those of LoRA and no more.

    Raises CourseError, which names the setting, for anything that two matrices can't say.
    """
    settings = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    if settings.get("peft_type") != "LORA":
        kind = settings.get("peft_type")
        raise CourseError(
            f"{relative(folder)} holds an adapter of type {kind!r}; llama.cpp serves LoRA only. "
            "Train one with peft.LoraConfig."
        )
    extra = {
        name: value
        for name, value in settings.items()
        if name not in HARMLESS and value not in (None, False, "none", {}, [])
    }
    if settings.get("init_lora_weights", True) not in PLAIN_STARTS:
        extra["init_lora_weights"] = settings["init_lora_weights"]
    if extra:
        named = ", ".join(f"{name}={value!r}" for name, value in extra.items())
        raise CourseError(
            f"The adapter in {relative(folder)} was made with {named}, which is more than LoRA's "
            "two matrices, and llama.cpp serves no more than those. Train it without, or merge it "
            "into its model (merge_and_unload) and use that with transformers."
        )
    return settings


def describe(base: Path) -> tuple[dict, dict[str, tuple[int, int]]]:
    """Return a GGUF's metadata, without its tokenizer, and the (out, in) of its matrices."""
    import gguf

    reader = gguf.GGUFReader(base)
    fields = {
        name: field.contents()
        for name, field in reader.fields.items()
        if not name.startswith("tokenizer.")
    }
    shapes = {
        tensor.name: tuple(int(size) for size in reversed(tensor.shape))
        for tensor in reader.tensors
        if len(tensor.shape) == 2
    }
    return fields, shapes


def pairs(folder: Path, architecture: str, fields: dict, shapes: dict) -> dict[str, tuple]:
    """Return llama.cpp's tensor name → (A, B) of the adapter in ``folder``, float32.

    A is (rank, in), B is (out, rank). Raises CourseError, which names it, for a tensor that is no
    half of a pair on a linear layer of the model, or does not fit it.
    """
    import gguf
    from safetensors import safe_open

    (number,) = (key for key, name in gguf.MODEL_ARCH_NAMES.items() if name == architecture)
    names = gguf.get_tensor_name_map(number, fields[f"{architecture}.block_count"])
    found: dict[str, dict] = {}
    with safe_open(folder / WEIGHTS, "pt") as weights:  # NumPy has no bfloat16
        for key in weights.keys():
            match = PAIR.fullmatch(key)
            name = match and names.get_name(match["module"])
            if not name or not name.startswith("blk.") or f"{name}.weight" not in shapes:
                raise CourseError(
                    f"The adapter in {relative(folder)} holds {key!r}, which is no LoRA matrix on "
                    "a linear layer of this model. Train an adapter on linear layers of its blocks "
                    'only (target_modules="all-linear", no modules_to_save).'
                )
            found.setdefault(name, {})[match["half"]] = weights.get_tensor(key).float().numpy()
    if not found:
        raise CourseError(f"The adapter in {relative(folder)} is empty: it changes no layer.")
    return {name: _fitting(name, halves, shapes, folder) for name, halves in found.items()}


def _fitting(name: str, halves: dict, shapes: dict, folder: Path) -> tuple:
    """Return (A, B) if they fit the matrix that they change."""
    down, up = halves.get("A"), halves.get("B")
    if down is None or up is None:
        raise CourseError(
            f"The adapter in {relative(folder)} has only one of the two matrices for {name}."
        )
    rows, columns = shapes[f"{name}.weight"]
    if (up.shape[0], down.shape[1]) != (rows, columns) or up.shape[1] != down.shape[0]:
        raise CourseError(
            f"The adapter in {relative(folder)} was trained on another model: for {name} it has "
            f"B·A of {up.shape} and {down.shape}, the model's matrix is {(rows, columns)}."
        )
    return down, up


def permute(up, heads: int):
    """Return the rows of ``up`` (out, rank) in llama.cpp's order for a Llama's queries and keys.

    In each head, row i and the one half a head further become neighbours.
    """
    rows, rank = up.shape
    return up.reshape(heads, 2, rows // heads // 2, rank).swapaxes(1, 2).reshape(rows, rank)

"""The four-bit GGUF of `llm` in half precision: the numbers that transformers computes with.

On weights of four or eight bits llama.cpp rounds what it multiplies them with to eight bits as
well. Then the model and its adapter answer differently from transformers and PEFT: of ten greedy
texts of 24 tokens, five part. In half precision they hold (``tests/helpers/test_llm_server.py``).
"""

from importlib.metadata import version
from pathlib import Path

from helpers import cached
from helpers.files import sha256

FILE = "model-F16.gguf"


def of(base: Path, store: Path) -> Path:
    """Return the GGUF ``base`` in half precision, kept below ``store``; made on first use."""
    ingredients = {"base": sha256(base), "code": sha256(Path(__file__)), "gguf": version("gguf")}
    made = cached.folder("half", ingredients, lambda fresh: write(base, fresh / FILE), store)
    return made / FILE


def write(base: Path, target: Path) -> None:
    """Write the GGUF ``base`` to ``target``: matrices as float16, the rest as it is.

    Each weight is rounded to bfloat16 first, as it is in the folder of ``checkpoint("llm")``.
    """
    import gguf
    import torch
    from gguf.quants import dequantize

    reader = gguf.GGUFReader(base)
    fields = {name: field.contents() for name, field in reader.fields.items()}
    writer = gguf.GGUFWriter(target, fields.pop(gguf.Keys.General.ARCHITECTURE))
    fields[gguf.Keys.General.FILE_TYPE] = int(gguf.LlamaFileType.MOSTLY_F16)
    for name, value in fields.items():
        if not name.startswith("GGUF."):  # the writer's own
            types = reader.fields[name].types
            writer.add_key_value(name, value, types[0], types[-1] if len(types) > 1 else None)
    for tensor in reader.tensors:
        exact = torch.tensor(dequantize(tensor.data, tensor.tensor_type)).bfloat16()
        matrix = len(tensor.shape) > 1
        writer.add_tensor(tensor.name, (exact.half() if matrix else exact.float()).numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

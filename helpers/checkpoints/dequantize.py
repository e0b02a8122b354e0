"""A GGUF file as an ordinary model folder: bfloat16 safetensors, tokenizer, configuration.

Runs in a process of its own (``python -m helpers.checkpoints.dequantize FILE FOLDER``): what the
conversion takes (about 1.5 GB for `llm`) is given back, and its progress bars are nobody's.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from helpers.errors import CourseError
from helpers.files import REPOSITORY, relative

# Room for the weights while they are written, in bytes per parameter.
BYTES = 2.2


def build(file: Path, parameters: int, folder: Path) -> None:
    """Write the model of the GGUF ``file`` into ``folder``, from a process of its own.

    Raises CourseError, with the converter's last words, if that fails; OSError (ENOSPC) if the
    disk plainly has no room for ``parameters`` in bfloat16.
    """
    free = shutil.disk_usage(folder).free
    if free < parameters * BYTES:
        raise OSError(28, "No space left on device")
    quiet = {"TQDM_DISABLE": "1", "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    done = subprocess.run(
        [sys.executable, "-m", "helpers.checkpoints.dequantize", str(file), str(folder)],
        cwd=REPOSITORY, env={**os.environ, **quiet}, capture_output=True, text=True,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise CourseError(
            f"{relative(file)} could not be turned into an ordinary model folder: "
            f"{said[-1] if said else f'exit code {done.returncode}'}"
        )


def convert(file: Path, folder: Path) -> None:
    """Write weights, tokenizer and configuration of a Llama-type GGUF ``file`` into ``folder``."""
    import torch
    import transformers
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

    where = {"pretrained_model_name_or_path": str(file.parent), "gguf_file": file.name}
    options = {}
    if hasattr(transformers, "GgufConfig"):  # older versions always dequantise
        options["quantization_config"] = transformers.GgufConfig(dequantize=True)
    model = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.bfloat16, **options)
    # Older versions keep these, and then refuse to save what is an ordinary model.
    model.config.__dict__.pop("quantization_config", None)
    model.hf_quantizer, model.is_quantized = None, False
    model.config.name_or_path = ""
    names = ("bos_token_id", "eos_token_id", "pad_token_id")
    ends = {name: getattr(model.config, name) for name in names}
    model.generation_config = GenerationConfig(**ends)
    model.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    tokenizer = AutoTokenizer.from_pretrained(**where)
    split_digits(tokenizer)
    tokenizer.model_max_length = model.config.max_position_embeddings
    tokenizer.save_pretrained(folder)


def split_digits(tokenizer) -> None:
    """Give the tokenizer SmolLM2's splitting of digits back, which the conversion loses.

    ``tokenizer.ggml.pre = "smollm"`` means: every digit by itself, then bytes
    (https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct, tokenizer.json).
    """
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence

    tokenizer.backend_tokenizer.pre_tokenizer = Sequence(
        [Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]
    )


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))

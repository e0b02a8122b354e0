"""Writing an adapter as peft reads it, small and the same in every run."""

import json
from collections.abc import Mapping
from pathlib import Path

from helpers.checkpoints import merged


def save(folder: Path, trained: Mapping, config, base: tuple[str, str | None]) -> None:
    """Write ``trained`` (name → tensor) as float16 safetensors, and peft's settings.

    Names without peft's prefix get it. ``config``: the ``LoraConfig``; ``base``: repository and commit of what was adapted.
    """
    import torch
    from safetensors.torch import save_file

    state = {merged.PREFIX + name.removeprefix(merged.PREFIX): tensor.detach().cpu().to(torch.float16).contiguous() for name, tensor in trained.items()}
    save_file(state, folder / merged.ADAPTER)
    (folder / merged.ADAPTER).chmod(0o644)  # safetensors makes it readable for its owner only
    settings = config.to_dict() | {"inference_mode": True}
    settings["base_model_name_or_path"], settings["revision"] = base
    settings = {name: sorted(value) if isinstance(value, set) else value for name, value in settings.items()}
    text = json.dumps(settings, indent=1, sort_keys=True, default=str)
    (folder / merged.ADAPTER_CONFIG).write_text(text + "\n", encoding="utf-8")

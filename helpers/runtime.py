"""The dials of the course (COURSE_MODELS, COURSE_DEVICE, COURSE_SCALE), seeds, and a lesson's first
line."""

import math
import os
import random

from helpers.errors import CourseError, unknown

MODELS = ("shipped", "hub")
DEVICES = ("auto", "cuda", "mps", "cpu")


def models() -> str:
    """Return where checkpoints come from: ``"shipped"`` (default) or ``"hub"`` (COURSE_MODELS)."""
    value = os.environ.get("COURSE_MODELS") or "shipped"
    if value not in MODELS:
        raise unknown("value of COURSE_MODELS", value, MODELS)
    return value


def scale() -> float:
    """Return COURSE_SCALE (default 1.0), which multiplies training lengths and data."""
    value = os.environ.get("COURSE_SCALE") or "1"
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise CourseError(f"COURSE_SCALE is {value!r}; set it to a positive number such as 1 "
                          "(default), 0.1 or 10.")
    return number


def scaled(count: int, minimum: int = 1) -> int:
    """Return ``count`` multiplied by COURSE_SCALE, rounded, at least ``minimum``."""
    return max(minimum, round(count * scale()))


def device():
    """Return the ``torch.device`` to use: CUDA, else MPS, else CPU; COURSE_DEVICE forces one.

    Raises CourseError if the forced device is unknown or not on this machine.
    """
    import torch

    value = os.environ.get("COURSE_DEVICE") or "auto"
    if value not in DEVICES:
        raise unknown("value of COURSE_DEVICE", value, DEVICES)
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(),
               "cpu": True}
    if value == "auto":
        return torch.device(next(name for name, there in present.items() if there))
    if not present[value]:
        raise CourseError(
            f"COURSE_DEVICE={value}, but torch {torch.__version__} finds no {value} device here. "
            "Unset COURSE_DEVICE to let the course choose, or set it to cpu."
        )
    return torch.device(value)


def dtype():
    """Return the ``torch.dtype`` in which to load a language model of more than a few million
    parameters.

    bfloat16 where the device multiplies it in hardware (a CPU with avx512_bf16 or AMX, a GPU since
    Ampere), else float16 on CUDA (a T4) and float32 elsewhere.
    """
    import torch

    place = device()
    if has_bfloat16(place):
        return torch.bfloat16
    return torch.float16 if place.type == "cuda" else torch.float32


def has_bfloat16(place) -> bool:
    """Say whether the ``torch.device`` multiplies bfloat16 matrices in hardware; emulation does not
    count."""
    import torch

    if place.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    capabilities = getattr(torch.cpu, "get_capabilities", dict)()
    return place.type == "cpu" and bool(capabilities.get("avx512_bf16")
                                        or capabilities.get("amx_bf16"))


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch (all devices), so that a run on one machine can be repeated."""
    import numpy
    import torch

    random.seed(seed)
    numpy.random.seed(seed)
    torch.manual_seed(seed)

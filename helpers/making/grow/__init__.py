"""Recipes that grow the course's own checkpoints: one module a role, run by ``course grow ROLE``."""

from importlib import import_module
from pathlib import Path

from helpers.errors import unknown

ROLES = {
    "lm": "helpers.grow.lm",
    "chat": "helpers.grow.chat",
    "sentiment": "helpers.grow.sentiment",
    "ner": "helpers.grow.ner",
    "qa": "helpers.grow.qa",
    "toxicity": "helpers.grow.toxicity",
    "zero-shot": "helpers.grow.zero_shot",
    "reranker": "helpers.grow.reranker",
    "translate-en-zh": "helpers.grow.translate_en_zh",
    "table-qa": "helpers.grow.table_qa",
    "sentiment-zh": "helpers.grow.sentiment_zh",
    "code": "helpers.grow.code",
    "summarize": "helpers.grow.summarize",
    "fill-mask": "helpers.grow.fill_mask",
    "asr": "helpers.grow.asr",
    "teacher": "helpers.grow.teacher",
    "student": "helpers.grow.student",
}


def recipe(role: str):
    """Return the module with the recipe of ``role``. Raises CourseError for an unknown role."""
    if role not in ROLES:
        raise unknown("role to grow", role, ROLES)
    return import_module(ROLES[role])


def grow(role: str, seed: int = 0, steps: int | None = None, **options) -> Path:
    """Train the checkpoint of ``role``, measure it, write its card; return its folder.

    A run that was stopped goes on where it was. The old checkpoint stays whole
    until the new one is complete. ``options`` are those of the recipe's ``grow``.
    """
    return recipe(role).grow(seed=seed, steps=steps, **options)


def check(role: str, **options) -> dict:
    """Recompute figures of the card of ``role`` on a sample.

    Returns {figure: (recorded, recomputed)}, both ``measure.Interval``.
    """
    return recipe(role).check(**options)


def disagreements(compared: dict) -> dict:
    """Return those of ``check``'s figures whose two intervals do not meet.

    The intervals are 95 % each, so one in many may stand apart by chance. A sample of which
    every row is alike has a bootstrap interval without width, which says nothing: it is left out.
    """
    return {
        name: (before, now)
        for name, (before, now) in compared.items()
        if now.low < now.high and max(before.low, now.low) > min(before.high, now.high)
    }

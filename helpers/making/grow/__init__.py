"""Recipes that grow the course's own checkpoints: one module a role, run by ``course grow ROLE``."""

from importlib import import_module
from pathlib import Path

from helpers.errors import unknown

ROLES = {
    "lm": "helpers.making.grow.lm",
    "chat": "helpers.making.grow.chat",
    "sentiment": "helpers.making.grow.sentiment",
    "ner": "helpers.making.grow.ner",
    "qa": "helpers.making.grow.qa",
    "toxicity": "helpers.making.grow.toxicity",
    "zero-shot": "helpers.making.grow.zero_shot",
    "reranker": "helpers.making.grow.reranker",
    "translate-en-zh": "helpers.making.grow.translate_en_zh",
    "table-qa": "helpers.making.grow.table_qa",
    "sentiment-zh": "helpers.making.grow.sentiment_zh",
    "code": "helpers.making.grow.code",
    "summarize": "helpers.making.grow.summarize",
    "fill-mask": "helpers.making.grow.fill_mask",
    "asr": "helpers.making.grow.asr",
    "teacher": "helpers.making.grow.teacher",
    "student": "helpers.making.grow.student",
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

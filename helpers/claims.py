"""A lesson's claim: an assertion with a margin, which prints its figure and knows stand-ins."""

import json
from pathlib import Path

from helpers.errors import CourseError


def claim(condition, text: str, model=None) -> None:
    """Print ``text``, a sentence with its figure, and raise AssertionError unless ``condition``.

    ``model`` is what the figure was measured on: a model, its config, a pipeline, a checkpoint,
    its role (all that a lesson has of a model behind a server), or a list of such; None where no
    model is loaded from a checkpoint. If one of them is a tiny random stand-in, nothing is
    asserted, and the line says so.

    Raises CourseError if it can't tell what ``model`` is.
    """
    models = model if isinstance(model, (list, tuple)) else [model]
    if any(_stands_in(each) for each in models):
        print(f"{text} (not asserted: the weights are a stand-in's)")
        return
    print(text)
    if not condition:
        raise AssertionError(f"This does not hold: {text}")


def _stands_in(model) -> bool:
    """Say whether ``model`` is a stand-in, or was loaded from one."""
    from helpers.checkpoints import is_stand_in

    if model is None:
        return False
    if isinstance(model, str):
        return bool(_stored_config(model).get("stand_in", False))
    for found in (model, getattr(model, "config", None), getattr(model, "model", None)):
        config = getattr(found, "config", found)
        if hasattr(config, "model_type"):
            return is_stand_in(config)
    raise CourseError(
        f"claim can't tell what a {type(model).__name__} is: give it a model, its config, a "
        "pipeline, a checkpoint or its role; leave it out where no checkpoint is loaded."
    )


def _stored_config(name: str) -> dict:
    """Return config.json of a checkpoint or role, from its folder or the hub."""
    from helpers.checkpoints import Checkpoint, checkpoint

    found = name if isinstance(name, Checkpoint) else checkpoint(name)
    path = Path(found) / "config.json"
    if not path.is_file():
        from huggingface_hub import hf_hub_download

        path = Path(hf_hub_download(found, "config.json", revision=found.revision))
    return json.loads(path.read_text(encoding="utf-8"))

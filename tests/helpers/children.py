"""What the tests of growing have in common."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from helpers.errors import CourseError
from helpers.files import sha256
from helpers.making.grow import training


@contextmanager
def stopped_at(step: int, trainer: type = training.Trainer,
               method: str = "update") -> Iterator[None]:
    """The training in the block is interrupted when it comes to ``step``, the first being 0; a
    block that never comes there fails.

    ``method`` of ``trainer`` makes a step, whose number is its first argument.
    """
    make = getattr(trainer, method)

    def stop(self, now, *others):
        if now == step:
            raise KeyboardInterrupt
        return make(self, now, *others)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(trainer, method, stop)
        yield


def check_growing_is_seeded_and_resumable(grow, tmp_path, monkeypatch, weights):
    """``grow(steps, folder, cache, processes, sample)`` stopped in its second step goes on, to the
    bytes of a run that was not stopped. ``weights``: their file."""
    monkeypatch.setattr(training, "SAVE_EVERY", 1)

    def run(name, cache):
        return grow(steps=2, folder=tmp_path / name, cache=tmp_path / cache, processes=1,
                    sample=0.004)

    whole = run("whole", "one")
    with stopped_at(1):
        run("resumed", "two")
    assert not (tmp_path / "resumed").exists()
    resumed = run("resumed", "two")
    for name in (weights, "tokenizer_config.json", "config.json", "generation_config.json"):
        assert (resumed / name).read_bytes() == (whole / name).read_bytes(), name


def check_growing_is_seeded(grow: Callable, tmp_path, weights: str, card: Callable[[dict], str],
                            sample: float):
    """Two steps of ``grow`` give the same ``weights`` (a file) with the same seed only, and a card
    that ``card`` makes of the metrics. Return (folder, metrics)."""
    folders = [grow(seed=seed, steps=2, folder=tmp_path / name, cache=tmp_path / f"cache {name}",
                    sample=sample)
               for name, seed in (("one", 0), ("same", 0), ("other", 1))]
    sums = [sha256(folder / weights) for folder in folders]
    assert sums[0] == sums[1] != sums[2]
    metrics = json.loads((folders[0] / "metrics.json").read_text(encoding="utf-8"))
    assert (folders[0] / "README.md").read_text(encoding="utf-8") == card(metrics)
    with pytest.raises(CourseError, match="steps is 0"):
        grow(steps=0, cache=tmp_path)
    return folders[0], metrics

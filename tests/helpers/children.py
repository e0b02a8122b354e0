"""What the tests of the language model's children have in common."""

import pytest

from helpers.grow import training


def check_growing_is_seeded_and_resumable(grow, tmp_path, monkeypatch, weights):
    """``grow(steps, folder, cache, processes, sample)`` stopped in its second step goes on, to the bytes of a run that was not stopped. ``weights``: their file."""
    monkeypatch.setattr(training, "SAVE_EVERY", 1)

    def run(name, cache):
        return grow(steps=2, folder=tmp_path / name, cache=tmp_path / cache, processes=1, sample=0.004)

    whole = run("whole", "one")
    update = training.Trainer.update

    def stop(self, step, shards):
        if step == 1:
            raise KeyboardInterrupt
        return update(self, step, shards)

    monkeypatch.setattr(training.Trainer, "update", stop)
    with pytest.raises(KeyboardInterrupt):
        run("resumed", "two")
    assert not (tmp_path / "resumed").exists()
    monkeypatch.setattr(training.Trainer, "update", update)
    resumed = run("resumed", "two")
    for name in (weights, "tokenizer_config.json", "config.json", "generation_config.json"):
        assert (resumed / name).read_bytes() == (whole / name).read_bytes(), name

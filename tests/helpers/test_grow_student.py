"""The recipe of the student, and the checkpoint that it left."""

import json

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from helpers import grow
from helpers.errors import CourseError
from helpers.files import sha256
from helpers.grow import scratch, student, teacher

RECIPE = student.RECIPE
LARGEST = 1_800_000  # bytes of the folder
SPEEDS = {"times as fast, one message", "times as fast, a batch of 32"}
ONLY_RECORDED = {"micro-F1 from labels alone", "gained by distillation"}  # of a model that is not shipped


@pytest.fixture(scope="module")
def shipped():
    return teacher.load(RECIPE.folder)


@pytest.fixture(scope="module")
def untrained():
    return student.build(0)


def test_examples_are_seeded_and_those_with_labels_alone_all_have_them():
    rows = student.examples(400, 0)
    assert rows[:50] == student.examples(50, 0) != student.examples(50, 1)
    assert 0.15 < sum("labels" not in row for row in rows) / len(rows) < 0.35
    assert all(row["labels"] for row in student.messages(100, 0)) and student.messages(20, 0) != teacher.examples(20, 0)


def test_the_tokenizer_is_the_teachers(untrained):
    _, tokenizer = untrained
    _, known = student.shipped_teacher()
    text = "Hello, my ROSES came late (order MG-4711)!"
    assert tokenizer(text)["input_ids"] == known(text)["input_ids"] and "token_type_ids" not in tokenizer(text)


def test_targets_are_the_teachers_probabilities_mixed_with_the_labels(untrained):
    _, tokenizer = untrained
    rows = [{"text": "My card was declined at the last step.", "labels": ["payment"]}, {"text": "The film was too long."}]
    torch.manual_seed(0)
    batch = student.collate(tokenizer, rows)
    model, _ = student.shipped_teacher()
    with torch.no_grad():
        soft = model(batch["input_ids"], attention_mask=batch["attention_mask"]).logits.sigmoid()
    hard = teacher.multi_hot([["payment"]])
    torch.testing.assert_close(batch["labels"][:1], student.ALPHA * soft[:1] + (1 - student.ALPHA) * hard)
    torch.testing.assert_close(batch["labels"][1:], soft[1:])
    torch.manual_seed(0)
    alone = student.collate_labels(tokenizer, rows[:1])
    assert alone["labels"].tolist() == hard.tolist() and alone.keys() == batch.keys() == {"input_ids", "attention_mask", "labels"}


def test_mixed_targets_make_the_mixed_loss():
    torch.manual_seed(0)
    logits, soft, hard = torch.randn(5, 8), torch.rand(5, 8), (torch.rand(5, 8) < 0.3).float()
    mixed = student.ALPHA * binary_cross_entropy_with_logits(logits, soft) + (1 - student.ALPHA) * binary_cross_entropy_with_logits(logits, hard)
    assert binary_cross_entropy_with_logits(logits, student.ALPHA * soft + (1 - student.ALPHA) * hard) == pytest.approx(float(mixed))


def test_the_speed_up_is_the_ratio_of_the_medians(monkeypatch):
    def told(model, tokenizer, batches, times, timed):
        for number, _ in enumerate(batches):
            if timed:
                times[number].append((12.0 if model == "large" else 2.0) + (number if model == "large" else 0))

    monkeypatch.setattr(student, "seconds", told)
    given = student.speed_up(("large", None), ("small", None), [["a"], ["b"], ["c"]])
    assert given.estimate == pytest.approx(6.5) and 6 < given.low < 6.1 and 6.9 < given.high < 7


def test_growing_is_seeded_and_shows_what_the_teacher_adds(tmp_path, monkeypatch):
    monkeypatch.setattr(student, "SIZES", {"dim": 16, "n_layers": 1, "n_heads": 2, "hidden_dim": 16})
    monkeypatch.setattr(student, "TIMED", {"one message": 2, "a batch of 32": 2})
    monkeypatch.setattr(student, "REPEATS", 1)
    monkeypatch.setattr(teacher, "BASELINE_MESSAGES", 200)
    monkeypatch.setattr(teacher, "baseline", teacher.baseline.__wrapped__)
    folders = [student.grow(seed=seed, steps=2, folder=tmp_path / name, cache=tmp_path / f"cache {name}", sample=0.05)
               for name, seed in (("one", 0), ("same", 0), ("other", 1))]  # fmt: skip
    sums = [sha256(folder / "model.safetensors") for folder in folders]
    assert sums[0] == sums[1] != sums[2]
    metrics = json.loads((folders[0] / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["figures"].keys() >= {*RECIPE.bars, *ONLY_RECORDED, *SPEEDS, "micro-F1 of the teacher", "familiar micro-F1 lost"}
    assert not {f"familiar {name}" for name in SPEEDS} & metrics["figures"].keys()
    assert metrics["architecture"] == "DistilBertForSequenceClassification"
    assert (folders[0] / "README.md").read_text(encoding="utf-8") == scratch.card(RECIPE, metrics)
    with pytest.raises(CourseError, match="steps is 0"):
        student.grow(steps=0, cache=tmp_path)

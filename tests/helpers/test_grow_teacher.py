"""The recipe of the teacher."""

import json
import math

import numpy
import pytest
import torch

from helpers.errors import CourseError
from helpers.files import sha256
from helpers.grow import scratch, teacher
from helpers.shop.draw import Draw

RECIPE = teacher.RECIPE


@pytest.fixture(scope="module")
def untrained():
    torch.manual_seed(0)  # as scratch.grow does
    return teacher.build(0)


def test_examples_are_seeded_and_a_part_has_no_labels():
    rows = teacher.examples(1000, 0)
    assert rows[:50] == teacher.examples(50, 0) != teacher.examples(50, 1)
    without = [row["text"] for row in rows if "labels" not in row]
    assert 0.2 < len(without) / len(rows) < 0.3 and set(without) <= set(teacher.other_sentences())
    assert all(1 <= len(row["labels"]) <= 3 and set(row["labels"]) <= set(teacher.LABELS) for row in rows if "labels" in row)
    told = " ".join(row["text"] for row in rows)
    assert [text for text, _ in teacher.EVERYDAY if text in told] == []


def test_the_vocabulary_is_the_same_in_every_run(untrained):
    _, tokenizer = untrained
    draw = Draw("vocabulary")
    texts = [teacher.message(draw)["text"] for _ in range(200)]
    sizes = [teacher.word_pieces(texts, 400) for _ in range(3)]
    assert sizes[0] == sizes[1] == sizes[2] and len(sizes[0]) == 400
    assert len(tokenizer) == teacher.VOCABULARY and tokenizer.is_fast and tokenizer.model_max_length == teacher.LONGEST
    assert tokenizer.tokenize("My ROSES came.") == ["my", "roses", "came", "."]
    assert tokenizer.convert_ids_to_tokens(range(len(teacher.SPECIAL))) == list(teacher.SPECIAL)


def test_a_batch_covers_tokens_and_marks_what_has_no_labels(untrained):
    _, tokenizer = untrained
    texts = ["Where is my parcel, and how do I pay for it? " * 4, "A good film."] * 30
    rows = [{"text": text, "labels": ["payment", "delivery"]} if len(text) > 20 else {"text": text} for text in texts]
    torch.manual_seed(0)
    batch = teacher.collate(tokenizer, rows)
    plain = tokenizer(texts, padding=True, return_tensors="pt")["input_ids"]
    guessed = batch["words"] != -100
    assert (batch["words"][guessed] == plain[guessed]).all() and (batch["input_ids"][~guessed] == plain[~guessed]).all()
    ordinary = plain >= len(teacher.SPECIAL)
    assert not guessed[~ordinary].any() and 0.12 < guessed.sum() / ordinary.sum() < 0.18
    assert 0.6 < (batch["input_ids"][guessed] == tokenizer.mask_token_id).float().mean() < 0.8
    assert batch["labels"][0].tolist() == [1.0, 1.0, 0, 0, 0, 0, 0, 0] and batch["labels"][1].isnan().all()


def test_the_loss_is_that_of_the_labels_and_of_the_covered_words(untrained):
    model, tokenizer = untrained
    model.eval()
    rows = [{"text": "My card was declined.", "labels": ["payment"]}, {"text": "What a film!"}]
    torch.manual_seed(1)
    batch = teacher.collate(tokenizer, rows)
    with torch.no_grad():
        both = model(**batch)
        labels_only = model(**batch | {"words": torch.full_like(batch["words"], -100)})
        words_only = model(**batch | {"labels": torch.full_like(batch["labels"], torch.nan)})
    chance = torch.nn.functional.binary_cross_entropy_with_logits(both.logits[:1], batch["labels"][:1])
    assert labels_only.loss == pytest.approx(float(chance), rel=1e-5)
    assert words_only.loss == pytest.approx(teacher.GUESSING * math.log(teacher.VOCABULARY), rel=0.1)
    assert both.loss == pytest.approx(float(labels_only.loss + words_only.loss), rel=1e-5)


def test_scores_are_those_of_scikit_learn():
    from sklearn.metrics import accuracy_score, f1_score

    draw = numpy.random.default_rng(0)
    truth = draw.random((300, len(teacher.LABELS))) < 0.3
    given = truth ^ (draw.random(truth.shape) < 0.1)
    told = teacher.quality(given, truth)
    assert told["micro-F1"].estimate == pytest.approx(f1_score(truth, given, average="micro"))
    assert told["macro-F1"].estimate == pytest.approx(f1_score(truth, given, average="macro"))
    assert told["subset accuracy"].estimate == pytest.approx(accuracy_score(truth, given))
    assert all(one.low < one.estimate < one.high and one.high - one.low < 0.2 for one in told.values())
    better = teacher.lost(*teacher.counts(truth, truth), *teacher.counts(given, truth))
    assert better == pytest.approx(1 - told["micro-F1"].estimate)


def test_growing_is_seeded_and_the_card_says_what_was_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(teacher, "SIZES", {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16})
    monkeypatch.setattr(teacher, "BASELINE_MESSAGES", 200)
    monkeypatch.setattr(teacher, "baseline", teacher.baseline.__wrapped__)
    folders = [scratch.grow(RECIPE, seed=seed, steps=2, folder=tmp_path / name, cache=tmp_path / f"cache {name}", sample=0.05)
               for name, seed in (("one", 0), ("same", 0), ("other", 1))]  # fmt: skip
    sums = [sha256(folder / "model.safetensors") for folder in folders]
    assert sums[0] == sums[1] != sums[2]
    metrics = json.loads((folders[0] / "metrics.json").read_text(encoding="utf-8"))
    names = {"micro-F1", "macro-F1", "subset accuracy", "micro-F1 of TF-IDF", "better than TF-IDF by", "megabytes"}
    assert metrics["figures"].keys() == names | {f"familiar {name}" for name in names}
    assert metrics["architecture"] == "BertForSequenceClassification"
    config = json.loads((folders[0] / "config.json").read_text(encoding="utf-8"))
    assert config["architectures"] == ["BertForSequenceClassification"] and config["problem_type"] == "multi_label_classification"
    assert (folders[0] / "README.md").read_text(encoding="utf-8") == scratch.card(RECIPE, metrics)
    with pytest.raises(CourseError, match="steps is 0"):
        teacher.grow(steps=0)

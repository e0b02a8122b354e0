"""The recipe of the teacher; what it left is tested with the other checkpoints that stand on
MiniLM."""

import json
from functools import partial

import numpy
import pytest
import torch

from helpers import checkpoint, checkpoints
from helpers.making.grow import minilm, teacher
from tests.helpers.children import check_growing_is_seeded

RECIPE = teacher.RECIPE


def test_examples_are_seeded_and_have_one_to_three_labels():
    rows = teacher.examples(1000, 0)
    assert rows[:50] == teacher.examples(50, 0) != teacher.examples(50, 1)
    assert all(1 <= len(row["labels"]) <= 3 and set(row["labels"]) <= set(teacher.LABELS)
               for row in rows)
    told = " ".join(row["text"] for row in rows)
    assert [text for text, _ in teacher.EVERYDAY if text in told] == []


def test_a_batch_has_the_labels_of_each_message():
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(checkpoints.local("encoder"))
    rows = [{"text": "Where is my parcel, and how do I pay for it?",
             "labels": ["payment", "delivery"]}, {"text": "Thanks!", "labels": ["praise"]}]
    batch = teacher.collate(tokenizer, rows)
    told = [{name for name, one in zip(teacher.LABELS, row, strict=True) if one}
            for row in batch["labels"].tolist()]
    assert told == [{"payment", "delivery"}, {"praise"}] and batch["labels"].dtype == torch.float32
    assert tokenizer.decode(batch["input_ids"][1], skip_special_tokens=True) == "thanks!"


def test_scores_are_those_of_scikit_learn():
    from sklearn.metrics import accuracy_score, f1_score

    draw = numpy.random.default_rng(0)
    truth = draw.random((300, len(teacher.LABELS))) < 0.3
    given = truth ^ (draw.random(truth.shape) < 0.1)
    told = teacher.quality(given, truth)
    assert told["micro-F1"].estimate == pytest.approx(f1_score(truth, given, average="micro"))
    assert told["macro-F1"].estimate == pytest.approx(f1_score(truth, given, average="macro"))
    assert told["subset accuracy"].estimate == pytest.approx(accuracy_score(truth, given))
    assert all(one.low < one.estimate < one.high and one.high - one.low < 0.2
               for one in told.values())
    better = teacher.difference(*teacher.counts(truth, truth), *teacher.counts(given, truth))
    assert better == pytest.approx(1 - told["micro-F1"].estimate)


def test_growing_is_seeded_and_the_card_says_what_was_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(teacher, "BASELINE_MESSAGES", 200)
    monkeypatch.setattr(teacher, "baseline", teacher.baseline.__wrapped__)
    folder, metrics = check_growing_is_seeded(teacher.grow, tmp_path, "adapter_model.safetensors",
                                              partial(minilm.card, RECIPE), sample=0.05)
    names = {"micro-F1", "macro-F1", "subset accuracy", "micro-F1 of TF-IDF",
             "better than TF-IDF by", "megabytes"}
    assert metrics["figures"].keys() == names | {f"familiar {name}" for name in names}
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert (config["architectures"] == ["BertForSequenceClassification"]
            and config["problem_type"] == "multi_label_classification")


@pytest.mark.parametrize(("role", "architecture"),
                         [("teacher", "BertForSequenceClassification"),
                          ("student", "DistilBertForSequenceClassification")])
def test_the_pipeline_gives_each_label_a_probability_of_its_own(role, architecture):
    from transformers import pipeline

    classify = pipeline("text-classification", model=checkpoint(role), device="cpu", top_k=None)
    assert type(classify.model).__name__ == architecture and classify.tokenizer.is_fast
    given = {answer["label"]: answer["score"]
             for answer in classify("The vase has a crack, please refund me.")[0]}
    assert given.keys() == set(teacher.LABELS)
    assert given["refund"] > 0.5 and given["product quality"] > 0.5 and sum(given.values()) > 1.2

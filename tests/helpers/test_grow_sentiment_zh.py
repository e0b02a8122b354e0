"""The recipe of the Chinese sentiment classifier, and the checkpoint that it left."""

import json
from collections import Counter
from functools import partial

import pytest
import torch

from helpers.files import sha256
from helpers.making import grow
from helpers.making.grow import scratch, sentiment_zh
from helpers.making.shop.reviews_zh import RESERVED
from tests.helpers.children import check_growing_is_seeded

RECIPE = sentiment_zh.RECIPE
LARGEST = 4_000_000  # bytes of the folder


@pytest.fixture(scope="module")
def recorded():
    return json.loads((RECIPE.folder / "metrics.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def shipped():
    return sentiment_zh.load(RECIPE.folder)


def test_examples_are_seeded_balanced_and_leave_the_lesson_its_sentence():
    rows = sentiment_zh.examples(20_000, 0)
    assert rows[:50] == sentiment_zh.examples(50, 0) != sentiment_zh.examples(50, 1)
    assert all(9700 < count < 10_300 for count in Counter(row["label"] for row in rows).values())
    texts = "\n".join(row["text"] for row in rows)
    assert RESERVED not in texts and "太难吃了" in texts
    assert [text for text, _ in sentiment_zh.EVERYDAY if text.rstrip("。") in texts] == []


def test_every_chinese_character_is_a_token():
    words = sentiment_zh.tokenizer(["花很香。", "太贵了"])
    assert (words.tokenize("花太香了，a1b龘")
            == ["花", "太", "香", "了", "[UNK]", "a", "##1", "##b", "[UNK]"])
    assert words("花")["input_ids"] == [words.cls_token_id, words.get_vocab()["花"],
                                       words.sep_token_id]


def test_a_batch_hides_some_characters_and_no_special_token():
    words = sentiment_zh.tokenizer(["花很香。"])
    rows = [{"text": "花很香。" * 20, "label": "POSITIVE"},
            {"text": "花", "label": "NEGATIVE"}] * 20
    torch.manual_seed(0)
    batch = sentiment_zh.collate(words, rows)
    assert batch["labels"].tolist() == [1, 0] * 20
    plain = words([row["text"] for row in rows], padding=True, return_tensors="pt")["input_ids"]
    changed = batch["input_ids"] != plain
    assert (batch["input_ids"][changed] == words.unk_token_id).all()
    assert (plain[changed] >= len(sentiment_zh.SPECIAL)).all()
    assert 0.15 < changed.sum() / (plain >= len(sentiment_zh.SPECIAL)).sum() < 0.25


def test_growing_is_seeded_and_the_card_says_what_was_measured(tmp_path):
    _, metrics = check_growing_is_seeded(sentiment_zh.grow, tmp_path, "model.safetensors",
                                         partial(scratch.card, RECIPE), sample=0.05)
    assert metrics["figures"].keys() == {"accuracy", "accuracy on sentences", "familiar accuracy"}


def test_the_shipped_files_are_those_that_were_measured(recorded):
    assert {name: sha256(RECIPE.folder / name) for name in recorded["files"]} == recorded["files"]
    assert ((RECIPE.folder / "README.md").read_text(encoding="utf-8")
            == scratch.card(RECIPE, recorded))
    assert sum(path.stat().st_size for path in RECIPE.folder.iterdir()) < LARGEST


def test_the_bars_are_met(recorded):
    assert recorded["bars"] == RECIPE.bars
    assert all(RECIPE.met(name, recorded["figures"][name][0]) for name in RECIPE.bars)


@pytest.mark.card
def test_the_card_agrees_with_a_fresh_measurement():
    assert grow.disagreements(sentiment_zh.check(sample=0.5)) == {}


def test_everyday_sentences_come_out_right(shipped):
    rows = sentiment_zh.everyday(*shipped)
    right = sum(row["given"] == row["expected"] for row in rows)
    assert len(rows) >= 9 and right >= RECIPE.everyday_bar * len(rows), [row for row in rows
            if row["given"] != row["expected"]]
    assert (rows[0]["text"] == f"{RESERVED}。"
            and rows[0]["given"] == rows[0]["expected"] == "NEGATIVE")


def test_the_pipeline_runs_on_the_folder():
    from transformers import pipeline

    classify = pipeline("text-classification", model=str(RECIPE.folder), device="cpu")
    assert str(classify.model.dtype) == "torch.float32" and classify.tokenizer.is_fast
    answers = classify([f"{RESERVED}。", "太好吃了！"])
    assert ([answer["label"] for answer in answers] == ["NEGATIVE", "POSITIVE"]
            and all(answer["score"] > 0.5 for answer in answers))

"""The Chinese reviews: balanced, clean, and with test wording of their own."""

import re
from collections import Counter
from itertools import chain

import pytest

from helpers.making.shop import chinese
from helpers.making.shop.draw import Draw
from helpers.making.shop.reviews_zh import (
    DATA_SETS,
    MAX_CHARACTERS,
    RESERVED,
    ROWS,
    WHOLE,
    phrases,
    review,
)

# Measured: 0.7 % of the test reviews' character 8-grams occur in a training review.
MAX_OVERLAP = 0.02


@pytest.fixture(scope="module")
def data():
    return DATA_SETS[0].rows(0)


def _grams(text, n=8):
    return {text[i:i + n] for i in range(len(text) - n + 1)}


def test_counts_columns_and_unique_rows(data):
    assert {split: len(rows) for split, rows in data.items()} == ROWS
    rows = list(chain(*data.values()))
    assert all(set(row) == set(DATA_SETS[0].columns) for row in rows)
    assert len({row["id"] for row in rows}) == len(rows)
    assert [text for text, n in Counter(row["text"] for row in rows).items() if n > 1] == []


def test_stars_are_balanced_and_agree_with_label_and_sentiment(data):
    names = {1: "negative", 2: "negative", 3: "neutral", 4: "positive", 5: "positive"}
    for split, rows in data.items():
        assert Counter(row["stars"] for row in rows) == {stars: ROWS[split] // 5
                for stars in range(1, 6)}
        assert all(row["label"] == row["stars"] - 1 and row["sentiment"] == names[row["stars"]]
                   for row in rows)


def test_texts_are_clean_chinese(data):
    for row in chain(*data.values()):
        text = row["text"]
        assert re.fullmatch(r"[\u4e00-\u9fff，。！？：；、]+", text), text
        assert text[-1] in "。！？" and len(text) <= MAX_CHARACTERS, text
        assert not re.search(r"[，。！？：；]{2}|的的|花花|它它|我我|的我[买订]的|的这[束盆批些]",
                             text), text
        assert row["product"] in text or row["product"] in ("心情", "餐馆", "电影", "手机"), row


def test_the_reserved_sentence_is_in_no_review(data):
    assert all(RESERVED not in row["text"] for row in chain(*data.values()))
    train = "".join(row["text"] for row in data["train"])
    assert all(word in train for word in ("这个餐馆", "难吃", "太难吃了", "好吃", "不难吃"))


def test_everyday_share(data):
    subjects = {line.split("|")[0] for split in ("train", "test")
                for kind, lines in phrases(split)["subjects"].items()
                if kind != "parts" for line in lines}
    parts = {line for split in ("train", "test") for line in phrases(split)["subjects"]["parts"]}
    share = sum(row["product"] in subjects | parts for row in data["train"]) / ROWS["train"]
    assert 0.15 <= share <= 0.25


def test_test_reviews_hardly_share_eight_grams_with_training(data):
    train, test = (set().union(*(_grams(row["text"]) for row in data[split]))
                   for split in ("train", "test"))
    assert len(test) > 10_000
    assert len(test & train) / len(test) <= MAX_OVERLAP


def test_opinions_are_many_and_disjoint():
    lines = {split: {line for aspect, grades in phrases(split).items() if aspect not in WHOLE
                     for group in grades.values() for line in group} for split in ROWS}
    assert len(lines["train"]) >= 250 and len(lines["test"]) >= 100
    assert lines["train"] & lines["test"] == set()
    assert lines["validation"] & lines["test"] == set()
    assert set(phrases("train")["context"]["any"]) & set(phrases("test")["context"]["any"]) == set()
    assert len(lines["validation"] - lines["train"]) > 60
    templates = [{line for group in phrases(split)["templates"].values() for line in group}
                 for split in ("train", "test")]
    assert templates[0] & templates[1] == set()


def test_held_out_people_and_streets_are_not_in_training(data):
    train = "".join(row["text"] for row in data["train"] + data["validation"])
    test = "".join(row["text"] for row in data["test"])
    held_out = (*chinese.STAFF_HELD_OUT, *chinese.STREETS_HELD_OUT.values(),
                *chinese.RELATIVES_HELD_OUT, *chinese.EVENTS_HELD_OUT,
                *chinese.POTS_HELD_OUT, "帝王花", "毛地黄", "秋海棠", "发财树", "嫁接刀")
    assert [name for name in held_out if name in train] == []
    assert sum(name in test for name in held_out) > len(held_out) // 2


def test_same_seed_same_rows(data):
    assert DATA_SETS[0].rows(0) == data
    assert DATA_SETS[0].rows(1) != data
    assert review("test", 3, Draw("a")) == review("test", 3, Draw("a"))

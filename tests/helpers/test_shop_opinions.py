"""Opinions: balanced, clear of the lesson's sentence, and test wording of its own."""

import re
from collections import Counter

import pytest

from helpers.errors import CourseError
from helpers.making.shop import entities, opinions
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import SPLITS
from tests.helpers.shop_data import committed

DATA = opinions.DATA_SETS[0]
# Measured: below 0.1 % of the test's 5-grams occur in training.
MAX_OVERLAP = 0.01


@pytest.fixture(scope="module")
def data():
    return committed("opinions")


def ngrams(rows, n=5):
    lists = (re.findall(r"[\w']+", row["text"].lower()) for row in rows)
    return {tuple(words[i:i + n]) for words in lists for i in range(len(words) - n + 1)}


def test_sizes_columns_and_balance(data):
    for split in SPLITS:
        rows = data[split]
        assert len(rows) == opinions.ROWS[split]
        assert Counter(row["label"] for row in rows) == {label: len(rows) // 2
                for label in opinions.LABELS}
        assert abs(sum(row["about"] in opinions.SHOP for row in rows) / len(rows) - 1 / 3) < 0.01
        assert all(set(row) == set(DATA.columns) for row in rows)
        # It holds complete sentences only
        assert len({row["about"] for row in rows}) >= (16 if split == "validation" else 18)
        shop = Counter(row["label"] for row in rows if row["about"] in opinions.SHOP)
        assert abs(shop["positive"] - shop["negative"]) <= 2


def test_texts_and_ids_are_unique(data):
    rows = [row for split in SPLITS for row in data[split]]
    assert len({row["id"] for row in rows}) == len(rows)
    assert len({row["text"] for row in rows}) == len(rows)


def test_texts_read_well(data):
    for split in SPLITS:
        for row in data[split]:
            text = row["text"]
            assert opinions.MIN_WORDS <= len(text.split()) <= opinions.MAX_WORDS
            assert not re.search(r"[{}\[\]~|]|\.\.|\s\s| [.,;!?]", text), text
            assert not re.search(r"\b(that|the|is|was|it|my|a) \1\b", text.lower()), text
            assert not re.search(r"\b(thing|person): ", text.lower()), text
            assert not re.search(r"\b[Aa] [aeio]\w", text) and not re.search(r"\ban [^aeiouh]",
                    text), text
            bare = text.strip('"')
            assert (bare[0].isupper() or bare[0].isdigit()) and bare[-1] in ".!?", text


def test_test_wording_is_its_own(data):
    train, test = ngrams(data["train"]), ngrams(data["test"])
    assert len(test) > 4_000
    assert len(train & test) / len(test) < MAX_OVERLAP
    held_out = set(entities.NAMES_HELD_OUT)
    words = {word for split in ("train", "validation") for row in data[split]
             for word in re.findall(r"\w+", row["text"])}
    assert words & held_out == set()


def test_the_lessons_sentence_is_not_in_training(data):
    assert not any(opinions.RESERVED in row["text"].lower() for split in SPLITS
                   for row in data[split])


def test_no_frame_gives_the_label_away(data):
    count, signed = Counter(), Counter()
    for row in data["test"]:
        for word in set(re.findall(r"[\w']+", row["text"].lower())):
            count[word] += 1
            signed[word] += 1 if row["label"] == "positive" else -1
    assert max(abs(value) for value in signed.values()) / len(data["test"]) < 0.2


def test_equal_seeds_give_equal_rows(data):
    assert opinions.opinions("test", 0) == data["test"]
    assert opinions.opinions("test", 1) != data["test"]


def test_examples_without_end():
    draw = Draw("stream")
    rows = [opinions.example("train", draw) for _ in range(400)]
    assert len({row["text"] for row in rows}) > 330
    assert 120 < sum(row["label"] == "positive" for row in rows) < 280
    assert opinions.example("train", draw, label="negative", shop=True)["about"] in opinions.SHOP
    with pytest.raises(CourseError, match="tset"):
        opinions.example("tset", draw)


def test_enough_is_written_by_hand():
    def written(split):
        return sum(len(lines) for section in opinions.parts(split).values()
                   for key, lines in section.items()
                   if key in ("good", "bad", "plus", "niggle", "positive", "negative"))

    assert written("train") >= 900
    assert written("test") >= 450
    for section in opinions.parts("train"):
        for key, lines in opinions.parts("train")[section].items():
            shared = set(lines) & set(opinions.parts("test")[section].get(key, ()))
            # Plain nouns, adjectives and the bare frame are nobody's wording.
            assert (key in ("nouns", "more")
                    or all(len(line.split()) <= 3 for line in shared)), (section, key, shared)

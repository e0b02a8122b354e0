"""Messages: balanced, 30 % near misses, not separable by one word, and clean of slurs."""

import re
from collections import Counter

import pytest

from helpers.errors import CourseError
from helpers.making.shop import entities, messages
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import SPLITS
from tests.helpers.shop_data import committed

DATA = messages.DATA_SETS[0]
# Measured: 0.1 %.
MAX_OVERLAP = 0.01
# Measured on test: 0.63, for "you".
MAX_KEYWORD = 0.75
NEAR = {kind for kinds in messages.NEAR_MISSES.values() for kind in kinds}


@pytest.fixture(scope="module")
def data():
    return committed("messages")


def words(row):
    return re.findall(r"[\w']+", row["text"].lower())


def ngrams(rows, n=5):
    return {tuple(found[i:i + n]) for row in rows for found in [words(row)]
            for i in range(len(found) - n + 1)}


def test_sizes_columns_and_balance(data):
    for split in SPLITS:
        rows = data[split]
        assert len(rows) == messages.ROWS[split]
        assert Counter(row["label"] for row in rows) == {label: len(rows) // 2
                for label in messages.LABELS}
        for label in messages.LABELS:
            assert sum(row["kind"] in NEAR for row in rows
                       if row["label"] == label) == round(0.3 * len(rows) / 2)
        assert all(set(row) == set(DATA.columns) for row in rows)
        kinds = {label: {row["kind"] for row in rows if row["label"] == label}
                 for label in messages.LABELS}
        assert kinds == {label: set(messages.parts(split)[label]) for label in messages.LABELS}


def test_texts_and_ids_are_unique(data):
    rows = [row for split in SPLITS for row in data[split]]
    assert len({row["id"] for row in rows}) == len(rows)
    assert len({row["text"].lower().rstrip(".!") for row in rows}) == len(rows)


def test_texts_read_well(data):
    for split in SPLITS:
        for row in data[split]:
            text = row["text"]
            assert not re.search(r"[{}\[\]~|]|\.\.|\s\s| [.,;!?]", text), text
            assert not re.search(r"\ba [aeio]\w", text.lower()), text
            assert not re.search(r"\ban [^aeiouh]", text.lower()), text


@pytest.mark.parametrize("split", SPLITS)
def test_no_single_word_separates_the_classes(data, split):
    signed = Counter()
    for row in data[split]:
        for word in set(words(row)):
            signed[word] += 1 if row["label"] == "toxic" else -1
    assert 0.5 + max(abs(value) for value in signed.values()) / len(data[split]) < MAX_KEYWORD


def test_words_of_abuse_stand_in_both_classes(data):
    abuse = {word for key in ("idiot", "idiots", "dumb")
             for word in messages.parts("test")["words"][key]}
    share = {label: sum(bool(abuse & set(words(row))) for row in data["test"]
                        if row["label"] == label) / 500
             for label in messages.LABELS}
    assert share["civil"] > 0.05
    assert 0.25 < share["toxic"] < 0.75


def test_test_wording_is_its_own(data):
    train, test = ngrams(data["train"]), ngrams(data["test"])
    assert len(test) > 3_000
    assert len(train & test) / len(test) < MAX_OVERLAP
    held_out = {name.lower() for name in entities.NAMES_HELD_OUT}
    names = {word for split in ("train", "validation") for row in data[split]
             for word in words(row)}
    # "Ken" and the like would show; lower-cased words that are also names would not count.
    assert names & held_out == set()


def test_equal_seeds_give_equal_rows(data):
    assert messages.messages("test", 0) == data["test"]
    assert messages.messages("test", 1) != data["test"]


def test_examples_without_end():
    draw = Draw("stream")
    rows = [messages.example("train", draw) for _ in range(400)]
    assert len({row["text"] for row in rows}) > 350
    assert 120 < sum(row["label"] == "toxic" for row in rows) < 280
    assert 70 < sum(row["kind"] in NEAR for row in rows) < 170
    assert messages.example("train", draw, label="toxic", near=True)["kind"] == "polite"
    with pytest.raises(CourseError, match="tset"):
        messages.example("tset", draw)


def test_test_lines_are_other_lines():
    for section in ("toxic", "civil", "shared"):
        for key, lines in messages.parts("train")[section].items():
            assert set(lines) & set(messages.parts("test")[section][key]) == set()

"""The messages with several topics: counts, labels, held-out sentences, no keyword that gives a
topic away."""

import re
from collections import Counter
from itertools import chain

import pytest

from helpers.making.shop import entities
from helpers.making.shop.draw import Draw
from helpers.making.shop.topics import DATA_SETS, LABELS, ROWS, example, sentences

# Measured: 0.3 % of the test messages' 5-grams occur in a training message.
MAX_OVERLAP = 0.05
WIDE = 3000


@pytest.fixture(scope="module")
def data():
    return DATA_SETS[0].rows(0)


def fivegrams(rows):
    lists = [re.findall(r"[\w']+", row["text"].lower()) for row in rows]
    return {tuple(words[i:i + 5]) for words in lists for i in range(len(words) - 4)}


def test_counts_ids_and_columns(data):
    rows = list(chain(*data.values()))
    assert {split: len(part) for split, part in data.items()} == ROWS
    assert len({row["id"] for row in rows}) == len({row["text"].lower()
            for row in rows}) == len(rows)
    assert all(set(row) == set(DATA_SETS[0].columns) for row in rows)
    assert not any(re.search(r"[{}]|  ", row["text"]) for row in rows)


def test_labels_are_one_to_three_of_eight_and_balanced(data):
    for rows in data.values():
        assert {len(row["labels"]) for row in rows} == {1, 2, 3}
        counts = Counter(label for row in rows for label in row["labels"])
        assert set(counts) == set(LABELS)
        assert max(counts.values()) < 1.6 * min(counts.values())
        assert all(len(set(row["labels"])) == len(row["labels"]) for row in rows)


def test_many_sentences_for_each_topic():
    for table in LABELS.values():
        assert sum(map(len, sentences("train")[table].values())) >= 40
        assert sum(map(len, sentences("test")[table].values())) >= 15


def test_near_messages_name_known_topics():
    for split in ("train", "test"):
        for line in sentences(split)["near"]["messages"]:
            assert set(line.split(": ", 1)[0].split(" ")) <= set(LABELS.values())


@pytest.mark.parametrize(("word", "label"),
                         [("refund", "refund"), ("money", "refund"), ("deliver", "delivery"),
                          ("water", "care"),
                                             ("gift", "gift advice"), ("account", "account"),
                                             ("pay", "payment")])
def test_no_keyword_gives_a_label_away(data, word, label):
    found = [row for row in data["train"] if word in row["text"].lower()]
    assert len(found) >= 10
    assert sum(label in row["labels"] for row in found) < 0.9 * len(found)


def test_test_sentences_and_people_are_held_out(data):
    held_out = set(entities.NAMES_HELD_OUT + entities.MADE_NAMES_HELD_OUT)
    words = {word for row in data["train"] + data["validation"]
             for word in re.findall(r"[A-Z][a-z]+", row["text"])}
    assert words & held_out == set()
    train, test = fivegrams(data["train"]), fivegrams(data["test"])
    assert len(train & test) < MAX_OVERLAP * len(test)
    lines = {split: {line for groups in sentences(split).values() for lines in groups.values()
                     for line in lines}
             for split in ("train", "test")}
    assert lines["train"] & lines["test"] == set()


def test_nothing_arrived_and_arrived_do_not_meet(data):
    waiting = "Nobody has brought the"
    spoilt = ("wilted when I opened", "simply gorgeous")
    assert any(waiting in row["text"] for row in data["train"])
    assert not any(waiting in row["text"] and any(part in row["text"] for part in spoilt)
                   for row in data["train"])


def test_same_seed_same_rows(data):
    assert DATA_SETS[0].rows(0) == data
    assert DATA_SETS[0].rows(1) != data
    assert example("test", Draw("x")) == example("test", Draw("x"))


def test_wide_wording_is_more_and_shares_nothing_with_the_test_sentences(data):
    draw = Draw("wide")
    rows = [example("train", draw, wide=True) for _ in range(WIDE)]
    assert not any(re.search(r"[][{}|]|  | [.,?!]", row["text"]) for row in rows), [row
            for row in rows if re.search(r"[][{}|]|  | [.,?!]", row["text"])]
    counts = Counter(label for row in rows for label in row["labels"])
    assert set(counts) == set(LABELS) and max(counts.values()) < 1.6 * min(counts.values())
    wide, test = fivegrams(rows), fivegrams(data["test"])
    assert len(wide & test) < MAX_OVERLAP * len(test)
    known = {word for row in data["train"] for word in re.findall(r"[a-z]+", row["text"].lower())}
    assert len({word for row in rows
                for word in re.findall(r"[a-z]+", row["text"].lower())} - known) > 0.5 * len(known)


def test_wide_near_messages_name_known_topics():
    for line in sentences("train", wide=True)["near"]["messages"]:
        assert set(line.split(": ", 1)[0].split(" ")) <= set(LABELS.values())

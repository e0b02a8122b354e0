"""The entity sentences: spans, tags, held-out names and frames."""

import re
from collections import Counter
from itertools import chain

import pytest

from helpers.making.shop import entity_sentences as module
from helpers.making.shop.draw import Draw
from helpers.making.shop.entity_sentences import (
    DATA_SETS,
    LABELS,
    MAX_ENTITIES,
    ROWS,
    example,
    frames,
    tag,
)

# Measured: 0.1 % of the test sentences' 5-grams occur in a training sentence.
MAX_OVERLAP = 0.05


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
    assert len(list(chain(*frames("train").values()))) >= 150
    assert len(list(chain(*frames("test").values()))) >= 50


def test_spans_and_tags_agree(data):
    for row in chain(*data.values()):
        assert len(row["entities"]) <= MAX_ENTITIES
        end = 0
        for entity in row["entities"]:
            assert entity["start"] >= end and entity["label"] in LABELS
            end = entity["end"]
            assert row["text"][entity["start"]:end] == entity["text"]
        assert len(row["tokens"]) == len(row["tags"])
        assert "".join(row["tokens"]) == re.sub(r"\s", "", row["text"])
        # Every entity begins and ends with a token, and nothing else is tagged.
        assert [tag[2:] for tag in row["tags"] if tag.startswith("B-")] == [entity["label"]
                for entity in row["entities"]]
        inside = sum(len(token) for token, tag in zip(row["tokens"], row["tags"], strict=True)
                     if tag != "O")
        assert inside == sum(len(re.sub(r"\s", "", entity["text"])) for entity in row["entities"])
        for before, after in zip(["O", *row["tags"]], row["tags"], strict=False):
            assert not after.startswith("I-") or before[2:] == after[2:]


def test_tokens_of_hard_spans():
    text = "Sarah's €24.50 for #10233 on 3/5/2026."
    entities = [{"start": 0, "end": 5, "label": "PERSON"},
                {"start": 8, "end": 14, "label": "MONEY"},
                {"start": 19, "end": 25, "label": "ORDER"},
                {"start": 29, "end": 37, "label": "DATE"}]
    tokens, tags = tag(text, entities)
    assert tokens == ["Sarah", "'", "s", "€", "24.50", "for", "#", "10233", "on", "3/5/2026", "."]
    assert tags == ["B-PERSON", "O", "O", "B-MONEY", "I-MONEY", "O", "B-ORDER", "I-ORDER", "O",
                    "B-DATE", "O"]


def test_every_label_and_number_of_entities_is_frequent(data):
    for rows in data.values():
        labels = Counter(entity["label"] for row in rows for entity in row["entities"])
        assert min(labels[label] for label in LABELS) > 0.06 * len(rows)
        numbers = Counter(len(row["entities"]) for row in rows)
        assert (set(numbers) == set(range(MAX_ENTITIES + 1))
                and max(numbers.values()) < 0.5 * len(rows))
        assert numbers[0] > 0.05 * len(rows)


def test_test_names_places_and_frames_are_held_out(data):
    assert len(module.FIRST_NAMES) >= 300 and len(module.FAMILY_NAMES) >= 200
    assert len(module.FIRST_NAMES_HELD_OUT) >= 80 and len(module.FAMILY_NAMES_HELD_OUT) >= 60
    words = {split: {word.lower() for row in rows for entity in row["entities"]
                     if entity["label"] == "PERSON"
                     for word in re.findall(r"[\w']{2,}", entity["text"])}
                     for split, rows in data.items()}
    assert words["test"] & words["train"] == set()
    assert len(words["test"]) > 150
    places = {split: {entity["text"].lower() for row in rows for entity in row["entities"]
                      if entity["label"] == "PLACE"}
              for split, rows in data.items()}
    assert places["test"] & places["train"] == set()
    assert set(chain(*frames("test").values())) & set(chain(*frames("train").values())) == set()
    train, test = fivegrams(data["train"]), fivegrams(data["test"])
    assert len(train & test) < MAX_OVERLAP * len(test)


def test_flowers_in_nature_are_no_products(data):
    wild = [row for row in data["train"] if row["text"].startswith("Wild ")]
    assert wild and all(not row["entities"] or row["entities"][0]["start"] > 20 for row in wild)


def test_same_seed_same_rows(data):
    assert DATA_SETS[0].rows(0) == data
    assert DATA_SETS[0].rows(1) != data
    assert example("test", Draw("x")) == example("test", Draw("x"))

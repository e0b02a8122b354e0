"""Tables with questions: each answer follows from its cells, and test differs from training."""

import re
import tomllib
from collections import Counter
from decimal import Decimal
from itertools import islice

import pytest

from helpers.making.shop import entities, phrase_files, tables
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import world

# Measured: 0.2 % of the test questions' 5-grams occur in a training question.
MAX_OVERLAP = 0.01
OPERATION = {"look-up": "NONE", "key by value": "NONE", "superlative": "NONE", "count": "COUNT",
             "sum": "SUM", "average": "AVERAGE"}


@pytest.fixture(scope="module")
def data():
    return tables.table_questions()


@pytest.fixture(scope="module")
def rows(data):
    return [row for part in data.values() for row in part]


def cells(row):
    return [row["table"]["rows"][line][column] for line, column in row["coordinates"]]


def test_counts_ids_and_kinds(data, rows):
    assert {split: len(part) for split, part in data.items()} == {"train": 3_000, "validation": 300,
            "test": 500}
    assert len({row["id"] for row in rows}) == len(rows)
    assert all(set(row) == set(tables.DATA_SETS[0].columns) for row in rows)
    for part in data.values():
        counts = Counter(row["kind"] for row in part)
        assert set(counts) == set(tables.KINDS) and max(counts.values()) - min(counts.values()) <= 1
    assert len({(str(row["table"]), row["question"]) for row in rows}) == len(rows)


def test_tables_are_small_and_whole(rows):
    for row in rows:
        header, body = row["table"]["header"], row["table"]["rows"]
        assert (3 <= len(body) <= 8 and 3 <= len(header) <= 5
                and len(set(header)) == len(header)), row
        assert all(len(line) == len(header) for line in body), row
        assert all(isinstance(cell, str) and cell == cell.strip() != "" for line in body
                   for cell in line), row


def test_each_answer_is_what_its_cells_give(rows):
    for row in rows:
        found = cells(row)
        assert row["aggregation"] == OPERATION[row["kind"]] and found, row
        if row["aggregation"] == "NONE":
            assert [row["answer"]] == found, row
        elif row["aggregation"] == "COUNT":
            assert row["answer"] == str(len(found)), row
        else:
            total = sum(Decimal(cell) for cell in found)
            exact = total if row["aggregation"] == "SUM" else total / len(found)
            assert abs(Decimal(row["answer"]) - exact) <= Decimal("0.005"), row


def test_questions_ask_for_the_marked_cells(rows):
    for row in rows:
        question, body = row["question"], row["table"]["rows"]
        (line, column), *_ = row["coordinates"]
        mentioned = [cell for cell in body[line]
                     if re.search(rf"(?<!\w){re.escape(cell)}(?!\w)", question)]
        if row["kind"] in ("look-up", "key by value"):
            assert mentioned, row
        if row["kind"] == "key by value":
            assert len({other[column] for other in body}) == len(body), row
        if row["kind"] in ("sum", "average", "count"):
            assert len({place[1] for place in row["coordinates"]}) == 1, row
        if row["kind"] == "count" and body[line][column] in mentioned and " than " not in question:
            exact = [other for other, cells_ in enumerate(body)
                     if cells_[column] == body[line][column]]
            assert ([place[0] for place in row["coordinates"]] == exact
                    or body[line][column].replace(".", "").isdigit()), row
        assert not re.search(r"[{}]|  | [,;!?]|\bwhere \w+ =",
                             question) and question[-1] in ".?", row


def test_counts_over_and_under_a_number(rows):
    checked = 0
    for row in rows:
        match = re.search(r"(more|fewer|less|larger|longer|dearer|wider|cheaper|shorter) than "
                          r"([\d.]*\d)", row["question"])
        if row["kind"] != "count" or not match:
            continue
        limit, column = Decimal(match[2]), row["coordinates"][0][1]
        over = match[1] in ("more", "larger", "longer", "dearer", "wider")
        expected = [line for line, body in enumerate(row["table"]["rows"])
                    if (Decimal(body[column]) > limit if over else Decimal(body[column]) < limit)]
        assert [place[0] for place in row["coordinates"]] == expected, row
        checked += 1
    assert checked > 100


def test_superlatives_have_one_answer(rows):
    greatest, least = 0, 0
    for row in rows:
        words = re.search(r"\b(most expensive|dearest|cheapest|latest|earliest|priciest)\b",
                          row["question"])
        if row["kind"] != "superlative" or not words:
            continue
        heading = ("date|day|time|start" if words[1] in ("latest", "earliest")
                   else "price|cost|EUR|fee|total|amount|tuition|ticket|sum due")
        columns = [column for column, name in enumerate(row["table"]["header"])
                   if re.search(heading, name)]
        if len(columns) != 1:
            continue
        values = [tables.order(line[columns[0]]) for line in row["table"]["rows"]]
        top = words[1] in ("most expensive", "dearest", "latest", "priciest")
        assert values.count(max(values) if top else min(values)) == 1
        assert row["coordinates"][0][0] == values.index(max(values) if top else min(values)), row
        greatest, least = greatest + top, least + (not top)
    assert greatest > 30 and least > 30


@pytest.mark.parametrize(("values", "aggregation", "answer"), [
    (["7.50"], "NONE", "7.50"), (["7.50", "2.50"], "SUM", "10.00"), (["3", "4"], "SUM", "7"),
    (["a", "a"], "COUNT", "2"),
    (["1", "2"], "AVERAGE", "1.50"), (["1", "3"], "AVERAGE", "2"),
    (["1", "1", "2"], "AVERAGE", "1.33"),
    (["0.01", "0.02"], "AVERAGE", "0.02"),
])
def test_aggregate(values, aggregation, answer):
    assert tables.aggregate(values, aggregation) == answer


def grams(text, n=5):
    words = re.findall(r"[\w']+", text.lower())
    return {tuple(words[i:i + n]) for i in range(len(words) - n + 1)}


def test_test_questions_hardly_share_five_grams_with_training(data):
    train, test = (set().union(*(grams(row["question"]) for row in data[split]))
                   for split in ("train", "test"))
    assert len(test) > 1_000
    assert len(test & train) / len(test) <= MAX_OVERLAP


def test_test_has_its_own_headings_wordings_and_people(data):
    names = (f"tables_{split}.toml" for split in ("train", "test"))
    train, test = (tomllib.loads(phrase_files.path(name).read_text(encoding="utf-8"))
                   for name in names)
    for theme, sections in train.items():
        assert {name: set(part) for name, part in sections.items()} == {name: set(part)
                for name, part in test[theme].items()}, theme
    known = {name for split in ("train", "validation") for row in data[split]
             for name in row["table"]["header"]}
    assert known & {name for row in data["test"] for name in row["table"]["header"]} == set()
    people = set(entities.NAMES_HELD_OUT + entities.MADE_NAMES_HELD_OUT)
    text = {split: set(re.findall(r"\w+",
                                  " ".join(cell for row in part for line in row["table"]["rows"]
                                           for cell in line)))
            for split, part in data.items()}
    assert text["train"] & people == set() and len(text["test"] & people) > 30


def test_equal_seeds_give_equal_rows_and_examples_never_end(data):
    assert tables.table_questions() == data
    assert tables.table_questions(1)["test"] != data["test"]
    draw = Draw("endless")
    found = list(islice(iter(lambda: tables.example(world("train"), draw), None), 200))
    assert len({row["question"] for row in found}) > 150 and {row["kind"]
            for row in found} == set(tables.KINDS)
    assert all("id" not in row for row in found)

"""Passages, tools, blocks of examples, instructions and conversations: right answers, held-out
wording."""

import json
import re
from itertools import chain

import pytest

from helpers.making.shop import conversations, facts, few_shot, instructions, tools
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import MADE_NAMES_HELD_OUT, NAMES_HELD_OUT
from helpers.making.shop.world import SPLITS, world
from tests.helpers.shop_data import committed

MODULES = (facts, tools, few_shot, instructions)
# Measured: 1.0 % (passages), 2.7 % (questions), 2.1 % (requests), 1.8 % (instructions).
MAX_OVERLAP = 0.05


def grams(texts, n=5):
    words = (re.findall(r"[\w']+", text.lower()) for text in texts)
    return {tuple(one[i : i + n]) for one in words for i in range(len(one) - n + 1)}


@pytest.fixture(scope="module")
def data():
    return {one.name: committed(one.name) for module in MODULES for one in module.DATA_SETS}


def test_counts_ids_and_repeats(data):
    for name, splits in data.items():
        rows = list(chain(*splits.values()))
        assert len({row["id"] for row in rows}) == len(rows)
        assert all(len(splits[split]) >= least
                   for split, least in (("train", 1500), ("validation", 150), ("test", 500))), name
        text = {"passage_questions": "passage", "tool_traces": "request", "few_shot": "prompt",
                "instructions": "instruction"}[name]
        key = {"passage_questions": "question"}.get(name, text)
        train = {(row[text], row[key]) for row in splits["train"]}
        assert not train & {(row[text], row[key]) for row in splits["test"]}


def test_answers_are_spans_that_stand_once(data):
    rows = list(chain(*data["passage_questions"].values()))
    for row in rows:
        if row["answerable"]:
            assert row["passage"][row["start"] :].startswith(row["answer"])
            assert row["passage"].count(row["answer"]) == 1
        else:
            assert (row["answer"], row["start"]) == ("", -1)
    share = sum(not row["answerable"] for row in rows) / len(rows)
    assert 0.15 < share < 0.25
    assert {row["field"] for row in rows} == set(facts.FIELDS)
    assert {row["orders"] for row in rows} == {1, 2, 3, 4}


@pytest.mark.parametrize("split", SPLITS)
def test_a_question_has_one_answer_only(split):
    draw, place = Draw(f"one answer {split}"), world(split)
    for _ in range(400):
        _, _, told = facts.passage(place, draw)
        for answerable in (True, False):
            asked = facts.ask(place, draw, told, answerable)
            if not asked:
                continue
            question, answer, field = asked
            named = [(record, known) for record, known in told
                     if any(record[key] in question for key in ("who", "order", "recipient"))]
            if answerable:
                assert any(record[field] == answer and field in known for record, known in told)
                assert any(record[field] == answer for record, _ in named) or not named
            elif len(told) == 1:
                assert field not in told[0][1]
            else:
                assert named and any(field not in known for _, known in named)


def test_test_wording_is_held_out(data):
    columns = {
        "passage_questions": ("passage", "question"), "tool_traces": ("request",),
        "instructions": ("instruction",),
    }
    for name, texts in columns.items():
        for column in texts:
            train, test = (grams(row[column] for row in data[name][split])
                           for split in ("train", "test"))
            assert len(test) > 300
            assert len(test & train) / len(test) < MAX_OVERLAP, (name, column)
    train, test = facts.phrases(False), facts.phrases(True)

    def lines(node):
        return ({node.text.lower()} if isinstance(node, facts.Phrase)
                else set().union(*map(lines, node.values() if isinstance(node, dict) else node)))

    assert not lines(train) & lines(test)
    held_out = set(NAMES_HELD_OUT + MADE_NAMES_HELD_OUT)
    words = {split: set(re.findall(r"[A-Z][a-z]+",
                                   json.dumps([data[name][split] for name in data])))
                                   for split in ("train", "test")}
    assert not words["train"] & held_out
    assert len(words["test"] & held_out) > 50
    assert not set(few_shot.LABEL_WORDS) & set(few_shot.LABEL_WORDS_HELD_OUT)


def test_phrases_name_what_they_need():
    for held_out in (False, True):
        told = facts.phrases(held_out)
        assert all("who" in phrase.slots for phrase in told["statements"])
        assert all("order" in phrase.slots and "who" not in phrase.slots
                   for phrase in told["by_order"])
        assert all("who" not in phrase.slots for phrase in told["continuations"])
        assert not [phrase for phrase in told["fillers"] if phrase.slots]
        assert set(told["questions"]) == set(facts.FIELDS)
        for tool, (parameters, results) in tools.TOOLS.items():
            assert all(phrase.slots == set(parameters.values())
                       for phrase in told["tools"][tool]["requests"])
            allowed = set(parameters.values()) | set(results)
            assert all(phrase.slots <= allowed for phrase in told["tools"][tool]["answers"])
        every = [phrase.text for phrase in chain(told["statements"], told["continuations"],
                                                 told["by_order"], told["fillers"])]
        assert len(set(every)) == len(every)


def test_calls_hold_what_the_request_says(data):
    for row in chain(*data["tool_traces"].values()):
        values = re.findall(r'="([^"]*)"', row["call"])
        assert row["call"].startswith(f"{row['tool']}(") and row["tool"] in row["tools"]
        assert all(value.lower() in row["request"].lower() for value in values), row
        assert set(json.loads(row["observation"])) == set(tools.TOOLS[row["tool"]][1])
    assert {row["tool"] for row in data["tool_traces"]["test"]} == set(tools.TOOLS)


def test_blocks_have_as_many_shots_as_they_say(data):
    for row in chain(*data["few_shot"].values()):
        assert len(row["prompt"]) < 2200
        assert not row["prompt"].endswith(" ")
    draw = Draw("shots")
    for split in ("train", "test"):
        for shots in (0, 1, 3):
            row = few_shot.field_block(world(split), draw, shots)
            assert row["shots"] == shots
            assert row["answer"].lower() in row["prompt"].lower().replace("\n", " ")
        block = few_shot.label_block(world(split), draw, 8)
        # At least two examples of the class that is asked for
        assert block["prompt"].count(block["answer"]) >= 2


def test_instructions_have_the_answers_their_text_gives(data):
    rows = list(chain(*data["instructions"].values()))
    for row in rows:
        assert not set(row["instruction"] + row["response"]) & set("{}"), row
        if row["task"] == "repeat":
            assert row["response"] in row["instruction"], row
        elif row["task"] == "bullets":
            assert ", ".join(line.removeprefix("- ")
                             for line in row["response"].splitlines()) in row["instruction"], row
        elif row["task"] == "list_flowers":
            assert all(flower in row["instruction"] for flower in row["response"].split(", ")), row
        elif row["task"] == "pets":
            assert ("safe" in row["response"]) == row["response"].startswith("Yes"), row
    assert len({row["task"] for row in rows}) == 14


@pytest.mark.parametrize("split", SPLITS)
def test_conversations_answer_or_refuse(split):
    draw, place = Draw(f"conversations {split}"), world(split)
    rows = [conversations.example(place, draw) for _ in range(500)]
    assert {row["kind"] for row in rows} == set(conversations.MAKERS)
    for row in rows:
        roles = [message["role"] for message in row["messages"]]
        turns = 1 if not row["kind"].endswith("follow_ups") else len(roles) // 2
        assert roles in (["user", "assistant"] * turns,
                         ["system", "user", "assistant", "tool", "assistant"])
        said = next(message["content"] for message in row["messages"]
                    if message["role"] == "assistant")
        assert said == row["answer"]
        assert row["answerable"] == (said != conversations.REFUSAL)
        answers = [message["content"] for message in row["messages"]
                   if message["role"] == "assistant"]
        for said in answers if row["kind"].startswith("cited") else ():
            if said != conversations.REFUSAL:
                source = re.search(r"\[([12])\]$", said)[1]
                text = re.search(rf"(?s)\[{source}\] (.*?)(?=\n\[2\]|$)",
                                 row["messages"][0]["content"])[1]
                assert said[:-4].lower() in text.lower(), row


def test_the_seed_decides(monkeypatch):
    for module in MODULES:
        monkeypatch.setattr(module, "ROWS", dict.fromkeys(SPLITS, 40))
        for one in module.DATA_SETS:
            assert one.rows(0) == one.rows(0) != one.rows(1)
    first, again = ([conversations.example(world("train"), Draw(s)) for s in ("a", "b")]
                    for _ in range(2))
    assert first == again

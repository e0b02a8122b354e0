"""The recipe of the chat model, and the checkpoint that it left."""

import json
from functools import partial

import pytest

from helpers import checkpoint, grow
from helpers.errors import CourseError
from helpers.files import sha256
from helpers.grow import chat, chat_card, child, lm, training
from helpers.grow.tokenizer import END_OF_TURN
from helpers.shop.conversations import REFUSAL
from tests.helpers.children import check_growing_is_seeded_and_resumable


@pytest.fixture(scope="module")
def recorded():
    return json.loads((chat.FOLDER / "metrics.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def shipped():
    return lm.load(chat.FOLDER)


def test_bad_numbers_are_named():
    with pytest.raises(CourseError, match="processes is 9"):
        grow.grow("chat", processes=9)
    with pytest.raises(CourseError, match="steps is 0"):
        grow.grow("chat", steps=0)


def test_growing_is_seeded_and_resumable(tmp_path, monkeypatch):
    monkeypatch.setattr(chat, "LONGEST", 4)
    exam = chat.exam
    monkeypatch.setattr(chat, "exam", lambda split, count: dict(list(exam(split, count).items())[:3]))
    monkeypatch.setattr(chat_card, "ROWS", chat_card.ROWS[:5])
    check_growing_is_seeded_and_resumable(partial(grow.grow, "chat"), tmp_path, monkeypatch)


def test_only_what_the_assistant_says_is_learnt(shipped):
    _, tokens = shipped
    messages = [
        {"role": "system", "content": "Tools: stock(product)"}, {"role": "user", "content": "Any tulips?"},
        {"role": "assistant", "content": 'stock(product="tulips")'}, {"role": "tool", "content": '{"count": "7"}'},
        {"role": "assistant", "content": "We have 7."},
    ]
    ids = child.encode(tokens, messages)
    assert tokens.decode([token if token >= 0 else ~token for token in ids]) == tokens.apply_chat_template(messages, tokenize=False)
    learnt = tokens.decode([token for token in ids if token >= 0])
    assert learnt == f'stock(product="tulips"){END_OF_TURN}\nWe have 7.{END_OF_TURN}\n'


def test_shipped_files_are_those_that_were_measured(recorded):
    assert {name: sha256(chat.FOLDER / name) for name in recorded["files"]} == recorded["files"]
    assert recorded["base_sha256"] == sha256(lm.FOLDER / "model.safetensors")
    assert (chat.FOLDER / "README.md").read_text(encoding="utf-8") == chat_card.render(recorded)
    assert {name for _, name in chat_card.ROWS} | {f"familiar {name}" for _, name in chat_card.ROWS} == set(recorded["figures"])


def test_card_agrees_with_a_fresh_measurement(recorded):
    compared = grow.check("chat", sample=0.04)
    assert set(compared) == set(recorded["figures"])
    apart = grow.disagreements(compared)
    assert len(apart) <= 1, apart  # the intervals are 95 % each
    assert compared["refuses unanswerable"][1].estimate > compared["refuses answerable"][1].estimate + 0.4


def test_plain_library_calls_hold_a_conversation():
    from transformers import pipeline

    with training.one_thread():
        talk = pipeline("text-generation", model=checkpoint("chat"), device=-1)
        said = []
        for question in ("How many roses are there?", "What does the order cost?"):
            message = {"role": "user", "content": f"Sarah bought 5 roses for Peter.\n\n{question}"}
            said.append(talk([message], max_new_tokens=40, do_sample=False)[0]["generated_text"][-1]["content"].strip())
    assert said == ["5", REFUSAL]

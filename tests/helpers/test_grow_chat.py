"""The recipe of the chat model, and the checkpoint that it left."""

import json
from functools import partial
from pathlib import Path

import pytest

from helpers import checkpoint, checkpoints
from helpers.errors import CourseError
from helpers.files import sha256
from helpers.making import grow
from helpers.making.grow import chat, chat_card, child, lm, training
from helpers.making.grow.tokenizer import END_OF_TURN
from helpers.making.shop.conversations import REFUSAL
from tests.helpers.children import check_growing_is_seeded_and_resumable


@pytest.fixture(scope="module")
def recorded():
    return json.loads((chat.FOLDER / "metrics.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def shipped():
    return lm.load(Path(checkpoints.local("chat")))


def test_bad_numbers_are_named():
    with pytest.raises(CourseError, match="processes is 13"):
        grow.grow("chat", processes=13)
    with pytest.raises(CourseError, match="steps is 0"):
        grow.grow("chat", steps=0)


def test_growing_is_seeded_and_resumable(tmp_path, monkeypatch):
    monkeypatch.setattr(chat, "LONGEST", 4)
    exam = chat.exam
    monkeypatch.setattr(chat, "exam",
                        lambda split, count: dict(list(exam(split, count).items())[:3]))
    monkeypatch.setattr(chat_card, "ROWS", chat_card.ROWS[:5])
    check_growing_is_seeded_and_resumable(partial(grow.grow, "chat"), tmp_path, monkeypatch,
                                          "adapter_model.safetensors")


def test_only_what_the_assistant_says_is_learnt(shipped):
    _, tokens = shipped
    messages = [
        {"role": "system", "content": "Tools: stock(product)"},
        {"role": "user", "content": "Any tulips?"},
        {"role": "assistant", "content": 'stock(product="tulips")'},
        {"role": "tool", "content": '{"count": "7"}'},
        {"role": "assistant", "content": "We have 7."},
    ]
    ids = child.encode(tokens, messages)
    assert tokens.decode([token if token >= 0 else ~token
                          for token in ids]) == tokens.apply_chat_template(messages, tokenize=False)
    learnt = tokens.decode([token for token in ids if token >= 0])
    assert learnt == f'stock(product="tulips"){END_OF_TURN}\nWe have 7.{END_OF_TURN}\n'


def test_the_merged_model_is_the_one_that_peft_makes(shipped):
    import torch
    from peft import PeftModel

    model, tokens = shipped
    base, _ = lm.load(lm.FOLDER)
    ids = tokens(child.prompts(tokens, [[{"role": "user", "content": "Who gets the roses?"}]]),
                 return_tensors="pt")
    with torch.inference_mode():
        untrained = base(**ids).logits
        merged, theirs = (model(**ids).logits,
                          PeftModel.from_pretrained(base, chat.FOLDER).eval()(**ids).logits)
    assert torch.allclose(merged, theirs, atol=1e-3)
    assert not torch.allclose(merged, untrained, atol=0.1)


def test_shipped_files_are_those_that_were_measured(recorded):
    assert {name: sha256(chat.FOLDER / name) for name in recorded["files"]} == recorded["files"]
    assert recorded["base_sha256"] == sha256(lm.FOLDER / "model.safetensors")
    assert (chat.FOLDER / "README.md").read_text(encoding="utf-8") == chat_card.render(recorded)
    assert {name for _, name in chat_card.ROWS} | {f"familiar {name}"
            for _, name in chat_card.ROWS} == set(recorded["figures"])


@pytest.mark.card
def test_card_agrees_with_a_fresh_measurement(recorded):
    compared = grow.check("chat", sample=0.04)
    assert set(compared) == set(recorded["figures"])
    apart = grow.disagreements(compared)
    assert len(apart) <= 1, apart  # the intervals are 95 % each
    assert (compared["refuses unanswerable"][1].estimate
            > compared["refuses answerable"][1].estimate + 0.4)


ANSWERED = [  # text, question, answer; none of the texts is from a template
    ("Sarah bought 5 roses for Peter.", "How many roses are there?", "5"),
    ("Tom ordered 7 tulips for Anna.", "Who gets the tulips?", "Anna"),
    ("Tom ordered 7 tulips for Anna.", "How many tulips did Tom order?", "7"),
    ("The meeting is on Friday at noon.", "On which day is the meeting?", "Friday"),
    ("Emma lives at 12 Park Lane.", "Where does Emma live?", "12 Park Lane"),
    ("The shop opens at 9:30.", "At what time does the shop open?", "9:30"),
]
NOT_TOLD = [
    ("Sarah bought 5 roses for Peter.", "What is the price?"),
    ("The meeting is on Friday at noon.", "Who leads the meeting?"),
    ("Tom ordered 7 tulips for Anna.", "On which day do they come?"),
    ("Emma lives at 12 Park Lane.", "What is her order number?"),
    ("The shop opens at 9:30.", "Who works there?"), ("Oscar chose a card.", "What does it cost?"),
]


def test_plain_library_calls_answer_or_refuse_in_everyday_words():
    from transformers import pipeline

    with training.one_thread():
        talk = pipeline("text-generation", model=checkpoint("chat"), device=-1)

        def say(text: str, question: str) -> str:
            messages = [{"role": "user", "content": f"{text}\n\n{question}"}]
            return talk(messages, max_new_tokens=40,
                        do_sample=False)[0]["generated_text"][-1]["content"].strip()

        answers = [say(text, question) for text, question, _ in ANSWERED]
        refusals = [say(*one) for one in NOT_TOLD]
    assert sum(given == right for given, (*_, right) in zip(answers, ANSWERED)) >= 4, answers
    assert refusals.count(REFUSAL) >= 3 > answers.count(REFUSAL) + 1, (refusals, answers)

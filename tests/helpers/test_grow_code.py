"""The recipe of the code model, and the checkpoint that it left."""

import json
from pathlib import Path

import pytest

from helpers import checkpoint, checkpoints, sandbox
from helpers.errors import CourseError
from helpers.files import sha256
from helpers.making import grow
from helpers.making.grow import child, code, code_card, lm, training
from helpers.making.grow.tokenizer import END_OF_TURN
from tests.helpers.children import check_growing_is_seeded_and_resumable

EVERYDAY_AT_LEAST = 2  # of the eight tasks in our own words


@pytest.fixture(scope="module")
def recorded():
    return json.loads((code.FOLDER / "metrics.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def shipped():
    return lm.load(Path(checkpoints.local("code")))


def test_bad_numbers_are_named():
    with pytest.raises(CourseError, match="processes is 13"):
        code.grow(processes=13)
    with pytest.raises(CourseError, match="steps is 0"):
        code.grow(steps=0)


def test_growing_is_seeded_and_resumable(tmp_path, monkeypatch):
    monkeypatch.setattr(code, "LONGEST", 4)
    check_growing_is_seeded_and_resumable(code.grow, tmp_path, monkeypatch,
                                          "adapter_model.safetensors")


def test_only_the_function_is_learnt(shipped):
    _, tokens = shipped
    row = code.data()["train"][0]
    ids = child.encode(tokens, code.messages_of(row))
    assert (tokens.decode([token for token in ids if token >= 0])
            == f"{row['solution']}{END_OF_TURN}\n")
    assert row["task"] in tokens.decode([~token for token in ids if token < 0])


def test_training_tasks_are_no_rows_of_validation_or_test(monkeypatch):
    stream = code.tasks_of("train")
    tasks = {next(stream)["task"] for _ in range(3000)}
    assert not tasks & {row["task"] for split in ("validation", "test")
                        for row in code.data()[split]}
    kept = code.data()["validation"][0]
    rows = iter([kept, {"task": "another"}])
    monkeypatch.setattr(code.code_tasks, "stream", lambda split, draw: next(rows))
    assert next(code.tasks_of("train"))["task"] == "another"


def test_pass_at_k_is_the_unbiased_estimator():
    assert (code.pass_at_k(5, 0, 5) == 0 and code.pass_at_k(5, 1, 5) == 1
            and code.pass_at_k(10, 3, 1) == pytest.approx(0.3))
    # all pairs of four answers, two of which are right: one pair of six has none
    assert code.pass_at_k(4, 2, 2) == pytest.approx(5 / 6)
    for bad in ((5, 6, 1), (5, -1, 1), (5, 1, 6), (5, 1, 0)):
        with pytest.raises(CourseError, match="pass@k"):
            code.pass_at_k(*bad)


def test_passing_is_decided_by_running():
    row = {"id": "one", "solution": "def twice(n):\n    return n * 2",
           "tests": [{"call": "twice(3)", "expected": "6"}]}
    codes = [row["solution"], "def twice(n):\n    return n + n", "def twice(n):\n    return n ** 2",
             "def twice(n:", "def twice(n):\n    while True: pass"]
    assert code.passes([row] * 5, codes) == [True, True, False, False, False]


def test_the_baseline_puts_its_own_names_in(monkeypatch):
    train = [
        {"task": "Return the sum of all tips.\n\ndef total(tips):",
         "solution": "def total(tips):\n    return sum(tips)"},
        {"task": "Return the largest of all tips.\n\ndef top(tips):",
         "solution": "def top(tips):\n    return max(tips)"},
        {"task": "Return the sum of all prices above n.\n\ndef f(prices, n):",
         "solution": "def f(prices, n):\n    return sum(value for value in prices if value > n)"},
    ]
    monkeypatch.setattr(code, "data", lambda: {"train": train})
    assert (code.nearest([{"task": "Give the largest of the rents.\n\ndef most(rents):"}])
            == ["def most(rents):\n    return max(rents)"])


def test_everyday_tasks_can_be_solved():
    solutions = (
        "def bill(prices): return sum(prices)",
        "def for_ribbons(names): return [n for n in names if len(n) > 5]",
        "def sold_out(stock): return [k for k, v in stock.items() if v == 0]",
        "def shout(name): return name.upper()",
        "def sale(prices): return [p * 80 / 100 for p in prices]",
        "def free_delivery(total): return total >= 50",
        "def five_stars(stars): return stars.count(5)",
        "def debts(orders): return any(not o['paid'] for o in orders)",
    )
    for solution, (task, tests) in zip(solutions, code.EVERYDAY, strict=True):
        assert task.endswith(":") and sandbox.run(
            solution, [{"call": call, "expected": expected} for call, expected in tests]).passed
    known = {row["task"].split("\n")[0] for split in code.data().values() for row in split}
    assert not known & {task.split("\n")[0] for task, _ in code.EVERYDAY}


def test_shipped_files_are_those_that_were_measured(recorded):
    assert {name: sha256(code.FOLDER / name) for name in recorded["files"]} == recorded["files"]
    assert recorded["base_sha256"] == sha256(lm.FOLDER / "model.safetensors")
    assert (code.FOLDER / "README.md").read_text(encoding="utf-8") == code_card.render(recorded)
    assert {name for name, _ in code_card.ROWS} == set(recorded["figures"])
    assert (code.FOLDER / "adapter_model.safetensors").stat().st_size < 2_500_000


def test_bars_are_met(recorded):
    figures = recorded["figures"]
    assert figures["pass@1"][0] >= code_card.BAR
    # The intervals stand apart
    assert figures["pass@1"][1] > figures["pass@1 of the nearest training task"][2]
    assert figures["sampled pass@5"][0] > figures["sampled pass@1"][0]
    assert figures["pass@1 vague"][2] < figures["pass@1"][1]
    assert sum(row["status"] == "passed" for row in recorded["everyday"]) >= EVERYDAY_AT_LEAST


@pytest.mark.card
def test_card_agrees_with_a_fresh_measurement(recorded, monkeypatch):
    # The baseline is no matter of the checkpoint
    monkeypatch.setattr(code, "nearest", lambda rows: [row["solution"] for row in rows])
    compared = code.check(sample=0.08)
    assert set(compared) == set(recorded["figures"])
    del compared["pass@1 of the nearest training task"]
    apart = grow.disagreements(compared)
    assert len(apart) <= 1, apart  # the intervals are 95 % each


def test_plain_library_calls_write_code():
    from transformers import pipeline

    with training.one_thread():
        write = pipeline("text-generation", model=checkpoint("code"), device=-1)
        signature = "def total(prices):"
        begun = [{"role": "user", "content": f"Return the sum of all prices above "
                                             f"20.\n\n{signature}"},
                                             {"role": "assistant", "content": signature}]
        said = write(begun, max_new_tokens=code.LONGEST,
                     do_sample=False)[0]["generated_text"][-1]["content"]
    tests = [{"call": "total([10, 20, 30, 40])", "expected": "70"},
             {"call": "total([])", "expected": "0"}]
    assert sandbox.run(sandbox.code_in(said), tests).passed

"""The code tasks: right solutions, tests that tell wrong from right, and a test split of its own.
"""

import ast
import re
from collections import Counter

import pytest

from helpers import sandbox
from helpers.errors import CourseError
from helpers.making.shop import code_tasks
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import SPLITS
from tests.helpers.shop_data import committed

MAX_OVERLAP = 0.10  # of the test descriptions' 5-grams of words, measured 0.05


@pytest.fixture(scope="module")
def data():
    return committed("code_tasks")


def grams(rows, n=5):
    words = (re.findall(r"[a-z]+", row["task"].split("\n\n")[0].lower()) for row in rows)
    return {tuple(own[i : i + n]) for own in words for i in range(len(own) - n + 1)}


def test_counts_columns_and_ids(data):
    columns = set(code_tasks.DATA_SETS[0].columns)
    for split in SPLITS:
        assert len(data[split]) == code_tasks.ROWS[split]
        assert all(set(row) == columns for row in data[split])
    rows = [row for split in SPLITS for row in data[split]]
    assert len({row["id"] for row in rows}) == len({row["task"] for row in rows}) == len(rows)


def test_solutions_are_short_python_and_pass(data):
    for row in data["train"][::20] + data["test"][::10]:
        space = {}
        exec(row["solution"], space)
        assert len(row["tests"]) == code_tasks.TESTS and len({test["call"]
                for test in row["tests"]}) == code_tasks.TESTS
        assert all(sandbox.equal(eval(test["call"], space), ast.literal_eval(test["expected"]))
                   for test in row["tests"]), row
        assert len(row["solution"].splitlines()) <= 6
        assert len(ast.parse(row["solution"]).body) == 1
        assert (row["task"].endswith("\n\n" + row["solution"].splitlines()[0])
                and row["vague"].endswith(row["solution"].splitlines()[0]))


def test_the_sandbox_agrees(data):
    row = data["test"][0]
    assert sandbox.run(row["solution"], row["tests"]).passed


@pytest.mark.parametrize(
    ("right", "wrong"),
    [(" > ", " >= "), (" >= ", " > "), (" min(", " max("), (" sum(", " len("),
     ("startswith", "endswith"), (" == ", " != ")]
)
def test_tests_tell_wrong_from_right(data, right, wrong):
    caught = []
    for row in data["train"]:
        if right not in row["solution"]:
            continue
        space = {}
        exec(row["solution"].replace(right, wrong), space)
        try:
            caught.append(not all(sandbox.equal(eval(test["call"], space),
                                                ast.literal_eval(test["expected"]))
                                                for test in row["tests"]))
        # RuntimeError: nothing to take the next of
        except (TypeError, ValueError, IndexError, RuntimeError, ZeroDivisionError):
            caught.append(True)
    assert len(caught) >= 20 and sum(caught) / len(caught) > 0.85


def test_combinations_of_the_test_split_are_its_own(data):
    known = {row["blocks"] for split in ("train", "validation") for row in data[split]}
    asked = {row["blocks"] for row in data["test"]}
    assert not known & asked and len(asked) > 100
    # each block by itself is seen in training, which is many times these rows
    draw = Draw("seen")
    known |= {code_tasks.stream("train", draw)["blocks"] for _ in range(8000)}
    seen = {(blocks.split("/")[0], part) for blocks in known for part in re.split(r"[/+]", blocks)}
    wanted = {(blocks.split("/")[0], part) for blocks in asked
              for part in re.split(r"[/+]", blocks)}
    assert wanted <= seen, wanted - seen


def test_wording_of_the_test_split_is_its_own(data):
    def lines(held_out, table=None):
        table = code_tasks.phrases(held_out) if table is None else table
        for name, value in table.items():
            if isinstance(value, dict):
                yield from lines(held_out, value)
            else:
                yield from ((name, line) for line in value if "{" in line
                            and line not in ("{p}", " that "))

    shared = set(lines(False)) & set(lines(True)) - {("all_of", "the {noun}"),
            ("all_of", "all {noun}"), ("whose", " whose {field} {verb}")}
    assert not shared
    train, test = grams(data["train"]), grams(data["test"])
    assert len(test) > 2000 and len(train & test) / len(test) < MAX_OVERLAP
    assert set(code_tasks.phrases(True)) == set(code_tasks.phrases(False))
    for group in ("filters", "maps", "aggregates", "given", "words"):
        extra = {"no_spaces", "first_n", "last_n"} if group == "maps" else set()
        assert (set(code_tasks.phrases(True)[group]) | extra
                == set(code_tasks.phrases(False)[group]) | extra)


def test_sentences_read_well(data):
    for split in SPLITS:
        for row in data[split]:
            text = row["task"].split("\n\n")[0]
            assert text[-1] in ".?" and not re.search(
                r"[{}\[\]|]|  (?=\w)|\bNone None\b|=|\+(?=\w)",
                re.sub(r'"[^"]*"', '""', text)), text


def test_all_kinds_are_there(data):
    for split in SPLITS:
        kinds = Counter(row["kind"] for row in data[split])
        assert set(kinds) >= set(code_tasks.WEIGHTS) - {"two_lists"}
    assert len({row["blocks"] for row in data["train"]}) > 400
    assert len({row["name"] if "name" in row else row["solution"].split("(")[0]
                for row in data["train"]}) > 200


def test_equal_seeds_give_equal_rows():
    first, second = ([code_tasks.example("train", draw) for _ in range(20)]
                     for draw in (Draw("one"), Draw("one")))
    assert first == second != [code_tasks.example("train", Draw("two")) for _ in range(20)]


def test_training_text_without_end():
    draw = Draw("stream")
    rows = [code_tasks.stream("train", draw) for _ in range(500)]
    assert len({row["task"] for row in rows}) == 500
    with pytest.raises(CourseError, match="tset"):
        code_tasks.stream("tset", draw)
    new = [code_tasks.stream("train", draw, combinations=True) for _ in range(20)]
    assert all(code_tasks.is_held_out(row["kind"], tuple(row["blocks"].split("/")[1:]))
               for row in new)

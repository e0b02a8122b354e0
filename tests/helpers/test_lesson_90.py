"""The template's checks: each likely mistake meets its own hint."""

import math

import pytest

from helpers.exercises import check

MISTAKES = [
    ("90.1", lambda h, p=0.5: None, "still needs its line"),
    ("90.1", lambda h, p=0.5: p * (1 - p) * 1.96 / h, "square of 1 / half_width"),
    ("90.1", lambda h, p=0.5: math.ceil(p * (1 - p) * (1.96 / (h / 2)) ** 2),
     "put that back into the formula"),
    ("90.1", lambda h, p=0.5: p * (1 - p) * (1.96 / h) ** 2, "whole numbers"),
    ("90.1", lambda h, p=0.5: round(p * (1 - p) * (1.96 / h) ** 2), "rounded"),
    ("90.1", lambda h, p=0.5: math.ceil(0.25 * (1.96 / h) ** 2), "does not look at p"),
    ("90.2", lambda train, test: None, "returns None"),
    ("90.2", lambda train, test: 100 * test.count("b") / len(test), "between 0 and 1"),
    ("90.2", lambda train, test: max(map(test.count, test)) / len(test), "seen the answers"),
    ("90.2", lambda train, test: max(map(train.count, train)) / len(train),
     "share among the training labels"),
    ("90.2", lambda train, test: test.count(train[1]) / len(test) - 0.2, "which label is guessed"),
    ("90.2", lambda train, test: test.count("b") / len(test), "wrong for numbers"),
    ("90.3", lambda first, second: None, "return two counts"),
    ("90.3", lambda first, second: sum(first) - sum(second), "return two counts"),
    ("90.3", lambda first, second: (sum(first), sum(second)),
     "leave out the rows that both got right"),
    ("90.3", lambda first, second: (1, 3), "wrong way round"),
    ("90.3", lambda first, second: (2, 2), "returns 2 and 2"),
]


@pytest.mark.parametrize(("identifier", "answer", "hint"), MISTAKES)
def test_a_mistake_gets_its_hint(capsys, identifier, answer, hint):
    check(identifier, answer)
    printed = capsys.readouterr().out
    assert printed.startswith(f"Exercise {identifier}: not yet. ") and hint in printed

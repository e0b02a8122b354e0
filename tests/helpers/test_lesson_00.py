"""The check of lesson 00's exercise refuses what is not right, with a reason."""

import pytest

from helpers.exercises import check


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "pass the function itself"),
        (lambda parameters: ..., "Your code stopped"),
        (lambda parameters: None, "returns None"),
        (lambda parameters: parameters * 4, "number of bytes"),
        (lambda parameters: parameters / 1e6, "one byte a parameter"),
        (lambda parameters: parameters * 2 / 1e6, "gives 2.0"),
        (lambda parameters: 4, "not for other numbers"),
    ],
)
def test_a_wrong_answer_is_refused(capsys, answer, words):
    check("00.1", answer)
    printed = capsys.readouterr().out
    assert printed.startswith("Exercise 00.1: not yet.") and words in printed


def test_the_right_answer_is_accepted(capsys):
    check("00.1", lambda parameters: parameters * 4 / 1e6, strict=True)
    assert capsys.readouterr().out.startswith("Exercise 00.1: solved.")

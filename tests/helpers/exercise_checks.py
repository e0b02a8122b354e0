"""What the tests of the lessons' exercises have in common."""

import pytest

from helpers.exercises import ExerciseError, check


def stub(*_arguments):
    """What a learner starts from."""


def check_right_answer(name, answer, capsys):
    """The check of exercise ``name`` takes ``answer`` and refuses what a learner starts from."""
    check(name, answer, strict=True)
    printed = capsys.readouterr().out
    assert f"Exercise {name}: solved." in printed, printed
    with pytest.raises(ExerciseError, match="not yet.*returns None"):
        check(name, stub, strict=True)


def check_wrong_answer(name, answer, hint, capsys):
    """The check of exercise ``name`` prints ``hint`` for this answer."""
    check(name, answer)  # never an exception in the learner's notebook
    printed = capsys.readouterr().out
    assert f"Exercise {name}: not yet." in printed and hint in printed, printed

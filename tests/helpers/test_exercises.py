"""check() hints, never raises in a notebook, and raises with strict=True."""

import pytest

from helpers import exercises
from helpers.errors import CourseError


@pytest.fixture(autouse=True)
def one_exercise(monkeypatch):
    monkeypatch.setattr(exercises, "_CHECKS", {})

    @exercises.exercise("98.1")
    def double(answer):
        exercises.require(answer is not None, "double is None: write one line.")
        exercises.require(answer(2) == 4, "double(2) is not right yet.")
        return "doubling works."


def test_a_right_answer_is_solved(capsys):
    exercises.check("98.1", lambda x: 2 * x)
    exercises.check("98.1", lambda x: 2 * x, strict=True)
    assert capsys.readouterr().out == "Exercise 98.1: solved. doubling works.\n" * 2


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "not yet. double is None: write one line."),
        (lambda x: x, "not yet. double(2) is not right yet."),
        (lambda x: 1 / 0, "not yet. Your code stopped with ZeroDivisionError"),
        (lambda: 1, "not yet. Your code stopped with TypeError"),
    ],
)
def test_a_wrong_answer_gets_a_message_and_no_exception(capsys, answer, words):
    exercises.check("98.1", answer)
    assert words in capsys.readouterr().out
    with pytest.raises(exercises.ExerciseError, match="98.1: not yet"):
        exercises.check("98.1", answer, strict=True)


def test_an_unknown_exercise_is_named(capsys):
    exercises.check("98.7")
    exercises.check("first")
    printed = capsys.readouterr().out
    assert "Unknown exercise '98.7'" in printed and "named like '05.1'" in printed


def test_an_interrupt_is_the_learners(capsys):
    def stop(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exercises.check("98.1", stop)


def test_exercise_error_is_a_course_error():
    assert issubclass(exercises.ExerciseError, CourseError)

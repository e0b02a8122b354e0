"""Exercises: ``check`` says what is missing, never the answer, and never interrupts a learner.

The checks of lesson 05 live in ``helpers/exercises/lesson_05.py`` and register
themselves with ``@exercise("05.1")``.
"""

import importlib
import importlib.util
import re
from collections.abc import Callable

from helpers.errors import CourseError, unknown

_CHECKS: dict[str, Callable[[object], str]] = {}


class NotYet(Exception):
    """Raised by a check: the answer is not right yet; the message says what is missing."""


class ExerciseError(CourseError):
    """Raised by ``check(..., strict=True)`` for an answer that is not right."""


def exercise(identifier: str):
    """Register a check: it takes the learner's answer and returns one sentence on what a right
    answer shows."""

    def register(function: Callable[[object], str]) -> Callable[[object], str]:
        _CHECKS[identifier] = function
        return function

    return register


def require(condition: object, message: str) -> None:
    """Raise NotYet with ``message`` unless ``condition`` holds."""
    if not condition:
        raise NotYet(message)


def identifiers(lesson: str) -> list[str]:
    """Return the exercises of a lesson (``"05"``), in order."""
    _load(lesson)
    return sorted(name for name in _CHECKS if name.startswith(f"{lesson}."))


def check(identifier: str, answer: object = None, *, strict: bool = False) -> None:
    """Check an exercise's ``answer`` and print the verdict.

    A wrong or unfinished answer, and an error in the learner's own code, print a
    message. With ``strict=True`` (solutions, CI) they raise ExerciseError instead.
    """
    try:
        function = _find(identifier)
        verdict, solved = function(answer), True
    except NotYet as missing:
        verdict, solved = str(missing), False
    except CourseError as error:
        verdict, solved = str(error), False
    except Exception as error:  # the learner's code may raise anything; it becomes a hint
        verdict, solved = f"Your code stopped with {type(error).__name__}: {error}", False
    if strict and not solved:
        raise ExerciseError(f"Exercise {identifier}: not yet. {verdict}")
    print(f"Exercise {identifier}: {'solved' if solved else 'not yet'}. {verdict}")


def _load(lesson: str) -> None:
    module = f"helpers.exercises.lesson_{lesson}"
    if importlib.util.find_spec(module) is not None:
        importlib.import_module(module)


def _find(identifier: str) -> Callable[[object], str]:
    if not re.fullmatch(r"\d\d\.\d", str(identifier)):
        raise CourseError(f"An exercise is named like '05.1'; got {identifier!r}.")
    lesson = identifier.split(".")[0]
    _load(lesson)
    if identifier not in _CHECKS:
        raise unknown("exercise", identifier, sorted(_CHECKS))
    return _CHECKS[identifier]

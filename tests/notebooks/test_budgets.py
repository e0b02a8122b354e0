"""What notebooks may take, by the figures that the runner stored: a busy machine can't fail it."""

import tomllib
from pathlib import Path

import pytest

from helpers.catalog import entries, lessons, recipes
from helpers.lessons.notebook import measured, read

# On average, on two cores. A recipe should take 20 s; half as much again is room
# for a slow machine.
LESSON_SECONDS, RECIPE_SECONDS = 75, 30
# With the hub's models, on stand-ins: the tests run every notebook so, too. 20 s is what a notebook
# should take on quiet cores; half as much again is room for a slow machine.
HUB_SECONDS = 30
EXCEPTIONS = tomllib.loads((Path(__file__).parent / "exceptions.toml").read_text(encoding="utf-8"))


def over(seconds: dict[str, float], average: float) -> str:
    """Say so if the sum of ``seconds``, by notebook, is over ``average`` times their number."""
    total, allowed = sum(seconds.values()), average * len(seconds)
    longest = sorted(seconds, key=seconds.get)[-3:]
    return (
        f"{total} s in all, {allowed} s are allowed; the longest: {', '.join(longest)}"
        if total > allowed
        else ""
    )


def stored(name: str, found: list) -> dict[str, float]:
    return {entry.name: measured(read(entry.path))[name] for entry in found if entry.path.exists()}


def test_all_lessons_and_all_recipes_keep_to_their_sums():
    assert over(stored("seconds", lessons()), LESSON_SECONDS) == ""
    assert over(stored("seconds", recipes()), RECIPE_SECONDS) == ""


def test_a_sum_that_is_too_long_is_named():
    assert over({"a": 70, "b": 80}, 75) == over({}, 75) == ""
    assert "151 s in all, 150 s are allowed; the longest: a, b" == over({"a": 71, "b": 80}, 75)


def hub_problem(figures: dict) -> str:
    """Return what is wrong with the time that a notebook takes in hub mode; "" if nothing is."""
    if "hub_seconds" not in figures:
        return "was never measured in hub mode; run make refresh"
    return (
        f"{figures['hub_seconds']} s in hub mode, at most {HUB_SECONDS}"
        if figures["hub_seconds"] > HUB_SECONDS
        else ""
    )


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_hub_mode_is_short(entry):
    if entry.name not in EXCEPTIONS:
        assert hub_problem(measured(read(entry.path))) == ""


def test_a_long_hub_mode_is_named():
    assert hub_problem({"hub_seconds": 30}) == ""
    assert "31 s in hub mode, at most 30" in hub_problem({"hub_seconds": 31})
    assert "never measured" in hub_problem({"seconds": 50})

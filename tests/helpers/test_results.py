"""Committed results: complete, bound to recipe and data by hashes, and still what the recipe gives."""

import json
import re

import numpy as np
import pytest

from helpers import results
from helpers.errors import CourseError
from helpers.measure import paired_difference

LESSONS = sorted(path.stem for path in results.RESULTS.glob("*.json"))


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_result_says_how_it_was_made(lesson):
    stored = results.result(lesson)
    module = results.recipe(lesson)
    assert stored["command"] == f"course results {lesson}"
    assert list(stored["seeds"]) == [str(seed) for seed in module.SEEDS] and len(module.SEEDS) >= 3
    assert f"helpers/recipes/lesson_{lesson}.py" in stored["recipe"]
    assert stored["data"] and all(re.fullmatch("[0-9a-f]{64}", value) for kind in ("recipe", "data") for value in stored[kind].values())
    assert set(stored["versions"]) == set(results.VERSIONS)


@pytest.mark.parametrize("kind", ["recipe", "data"])
def test_a_result_of_another_recipe_or_data_is_refused(kind, tmp_path, monkeypatch):
    stored = json.loads(results.result_path("07").read_text(encoding="utf-8"))
    name = next(iter(stored[kind]))
    stored[kind][name] = "0" * 64
    (tmp_path / "07.json").write_text(json.dumps(stored), encoding="utf-8")
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    with pytest.raises(CourseError, match=re.escape(name) + ".*course results 07"):
        results.result("07")


def test_a_missing_result_names_the_command_that_restores_it(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    with pytest.raises(CourseError, match="missing.*git restore"):
        results.result("07")


def test_an_unknown_recipe_lists_the_known_ones():
    with pytest.raises(CourseError, match="Unknown recipe '99'.*07"):
        results.recipe("99")


def test_lesson_07_holds_for_every_seed_on_every_test_review():
    from helpers.datasets import table

    stored = results.result("07")
    rows = table()["reviews"]["splits"]["test"]["rows"]
    assert rows >= 500
    for seed, run in stored["seeds"].items():
        correct = {arm: np.array([int(bit) for bit in bits]) for arm, bits in run["correct"].items()}
        assert {"full", "frozen", "random", "tfidf", "majority"} <= set(correct)
        for arm, values in correct.items():
            assert len(values) == rows, (seed, arm)
            if arm in run["accuracy"] and "800" in run["accuracy"][arm]:
                assert values.mean() == pytest.approx(run["accuracy"][arm]["800"], abs=1e-4)
            if arm != "full":
                assert paired_difference(correct["full"], values).low > 0, (seed, arm)


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_short_seed_gives_what_was_stored(lesson):
    """Baselines are deterministic; a fine-tuned network moves a little between processors."""
    stored = results.result(lesson)["short"]["accuracy"]
    module = results.recipe(lesson)
    now = module.run(module.SEEDS[0], short=True)["accuracy"]
    assert now.keys() == stored.keys()
    for arm, sizes in stored.items():
        for size, value in sizes.items():
            assert now[arm][size] == pytest.approx(value, abs=0.15 if arm == "full" else 0.03), (arm, size)

"""Committed results: complete, bound to recipe and data by hashes, still what the recipe gives;
a killed run goes on where it was."""

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from helpers import long_runs as results
from helpers.errors import CourseError
from helpers.measure import paired_difference

LESSONS = sorted(path.stem for path in results.RESULTS.glob("*.json"))


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_result_says_how_it_was_made(lesson):
    stored = results.result(lesson)
    module = results.recipe(lesson)
    assert stored["command"] == f"course results {lesson}"
    assert list(stored["seeds"]) == [str(seed) for seed in module.SEEDS] and len(module.SEEDS) >= 3
    assert f"helpers/long_runs/lesson_{lesson}.py" in stored["recipe"] and stored["data"]
    for digest in [*stored["recipe"].values(), *stored["data"].values()]:
        assert re.fullmatch("[0-9a-f]{64}", digest)
    assert set(stored["versions"]) == set(results.VERSIONS)
    for figures in stored["seeds"].values():
        assert all(list(arms) == list(module.ARMS) for arms in figures.values())
    assert all(list(arms) == list(module.SHORT) for arms in stored["short"].values())


def changed(stored, kind, name):
    stored[kind][name] = "0" * 64


def missing(stored, kind, name):
    del stored[kind][name]


def all_missing(stored, kind, name):
    del stored[kind]


@pytest.mark.parametrize("spoil", [changed, missing, all_missing])
@pytest.mark.parametrize("kind", ["recipe", "data"])
def test_a_result_of_another_recipe_or_data_is_refused(kind, spoil, tmp_path, monkeypatch):
    stored = json.loads(results.result_path("07").read_text(encoding="utf-8"))
    name = sorted(stored[kind])[0]
    spoil(stored, kind, name)
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


def test_lesson_07_holds_for_every_seed_on_every_test_row():
    from helpers.datasets import dataset

    stored = results.result("07")
    labels = dataset("reviews")["test"]["label"][:]
    for seed, run in stored["seeds"].items():
        guesses = {arm: np.array(list(text)) for arm, text in run["guesses"].items()}
        assert guesses["reviews truth"].tolist() == [chr(ord("a") + label) for label in labels]
        hits = {arm: found == guesses[f"{arm.split()[0]} truth"] for arm, found in guesses.items()}
        for arm, values in hits.items():
            assert len(values) == 1200, (seed, arm)
            assert values.mean() == pytest.approx(run["accuracy"][arm]["300"], abs=1e-4)
            if arm.startswith("reviews") and arm.split()[1] not in ("full", "truth"):
                assert paired_difference(hits["reviews full"], values).low > 0, (seed, arm)


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_short_seed_gives_what_was_stored(lesson):
    """Baselines are deterministic; of networks, a little moves between processors."""
    stored = results.result(lesson)["short"]["accuracy"]
    now = results.short_check(results.recipe(lesson))["accuracy"]
    assert now.keys() == stored.keys()
    for arm, sizes in stored.items():
        for size, value in sizes.items():
            margin = 0.15 if arm in ("reviews full", "json_schema_three") else 0.03
            assert now[arm][size] == pytest.approx(value, abs=margin), (arm, size)


# Resuming. The recipe notes each arm that it begins, and waits in the one that a file names.

TINY = """
import pathlib
import time

HERE = pathlib.Path(__file__).parent
SEEDS = (0, 1, 2)
ARMS = ("plain", "tuned")
SHORT = ("plain",)
DATA = ("reviews",)
FILES = (__file__,)


def run(seed, arm, short=False):
    name = f"{seed}-{arm}" + ("-short" if short else "")
    with open(HERE / "begun", "a") as log:
        log.write(name + "\\n")
    while (HERE / "wait").exists() and (HERE / "wait").read_text() == name:
        time.sleep(0.05)
    return {"accuracy": seed + len(arm) / 100, "hits": [seed, arm]}
"""

CHILD = """
import sys
from pathlib import Path
from tests.helpers import test_results

test_results.at(Path(sys.argv[1]))
print(test_results.results.measure("98"))
"""


def at(folder):
    """Let results 98 be measured by the recipe in ``folder``, and lie there."""
    spec = importlib.util.spec_from_file_location("tiny", folder / "tiny.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    results.recipe = lambda lesson: module
    results.RESULTS, results.UNFINISHED = folder / "results", folder / "unfinished"
    return module


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """The folder of a recipe that takes no time."""
    for name in ("recipe", "RESULTS", "UNFINISHED"):
        monkeypatch.setattr(results, name, getattr(results, name))
    (tmp_path / "tiny.py").write_text(TINY, encoding="utf-8")
    at(tmp_path)
    return tmp_path


def begun(folder):
    log = folder / "begun"
    return log.read_text().splitlines() if log.exists() else []


EVERY_ARM = [f"{seed}-{arm}" for seed in (0, 1, 2) for arm in ("plain", "tuned")]


def killed_in(folder, arm):
    """Measure in a process, and kill it without warning while it is in ``arm``."""
    (folder / "wait").write_text(arm)
    before = len(begun(folder))
    command = [sys.executable, "-c", CHILD, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while arm not in begun(folder)[before:]:
        assert process.poll() is None
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    (folder / "wait").unlink()


def test_a_killed_run_goes_on_where_it_was(tiny):
    killed_in(tiny, "1-plain")
    assert begun(tiny) == EVERY_ARM[:3]
    assert not results.result_path("98").exists()
    (folder,) = results.UNFINISHED.iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["0-plain.json", "0-tuned.json"]

    said = []
    path = results.measure("98", said.append)
    assert begun(tiny)[3:] == [*EVERY_ARM[2:], "0-plain-short"]  # two arms were not run again
    assert [line for line in said if "already" in line] == [
        "lesson 98: 1 of 6, seed 0, plain: is there already",
        "lesson 98: 2 of 6, seed 0, tuned: is there already",
    ]
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert list(stored["seeds"]) == ["0", "1", "2"]
    assert stored["seeds"]["1"] == {
        "accuracy": {"plain": 1.05, "tuned": 1.05},
        "hits": {"plain": [1, "plain"], "tuned": [1, "tuned"]},
    }
    assert stored["short"]["accuracy"] == {"plain": 0.05}
    assert list(results.UNFINISHED.iterdir()) == []
    assert results.result("98") == stored


@pytest.mark.parametrize("part", ["recipe", "data", "versions"])
def test_another_recipe_data_or_version_starts_afresh(tiny, part, monkeypatch):
    killed_in(tiny, "2-tuned")
    if part == "recipe":
        (tiny / "tiny.py").write_text(TINY + "# changed\n", encoding="utf-8")
    if part == "data":
        monkeypatch.setattr(results, "sha256", lambda path: "0" * 64)
    if part == "versions":
        monkeypatch.setattr(results, "VERSIONS", (*results.VERSIONS, "pandas"))
    results.measure("98", lambda line: None)
    assert begun(tiny)[6:] == [*EVERY_ARM, "0-plain-short"]
    assert list(results.UNFINISHED.iterdir()) == []  # what the killed run left is gone too


@pytest.mark.parametrize("during", ["0-tuned", "0-plain-short"])
def test_a_recipe_that_changes_while_it_is_measured_is_refused(tiny, during, monkeypatch):
    module = results.recipe("98")
    run = module.run

    def edited(seed, arm, short=False):
        figures = run(seed, arm, short)
        if begun(tiny)[-1] == during:
            (tiny / "tiny.py").write_text(TINY + "# edited\n", encoding="utf-8")
        return figures

    monkeypatch.setattr(module, "run", edited)
    with pytest.raises(CourseError, match="changed during the run.*course results 98"):
        results.measure("98", lambda line: None)
    assert begun(tiny)[-1] == during  # at once, not after the other arms
    assert not results.result_path("98").exists()
    kept = [path.stem for path in results.UNFINISHED.rglob("*.json")]
    assert during not in kept


def test_data_that_changes_while_it_is_measured_is_refused(tiny, monkeypatch):
    real = results.sha256
    monkeypatch.setattr(results, "sha256", lambda path: f"{len(begun(tiny))}" + real(path)[1:])
    with pytest.raises(CourseError, match="changed during the run"):
        results.measure("98", lambda line: None)
    assert begun(tiny) == EVERY_ARM[:1]

"""Committed results: long runs that do not fit a lesson, with command, per-seed values and hashes.

A run is a module ``helpers/long_runs/lesson_NN.py`` with

- ``SEEDS`` and ``ARMS`` (names of what is compared),
- ``run(seed, arm, short=False)``, which returns the arm's figures by name, such as
  ``{"accuracy": …, "correct": …}``, as JSON can hold them; no arm needs another,
- ``SHORT``, the arms of a check that takes seconds (``run(SEEDS[0], arm, short=True)``),
- ``DATA`` (names of data sets) and ``FILES`` (sources that decide the result).

Each seed and arm that is finished is on disk at once, so a killed run goes on where it was.
"""

import hashlib
import importlib
import importlib.metadata
import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path

from helpers.errors import CourseError, unknown
from helpers.files import NOTEBOOKS, REPOSITORY, relative, sha256, write_atomically

RESULTS = NOTEBOOKS / "results"
UNFINISHED = REPOSITORY / ".cache" / "results"
VERSIONS = ("torch", "transformers", "scikit-learn", "numpy")


def recipe(lesson: str):
    """Return the module of a lesson's long run; CourseError if it has none."""
    module = f"helpers.long_runs.lesson_{lesson}"
    if importlib.util.find_spec(module) is None:
        there = Path(__file__).parent.glob("lesson_*.py")
        raise unknown("recipe", lesson, sorted(p.stem.removeprefix("lesson_") for p in there))
    return importlib.import_module(module)


def result_path(lesson: str) -> Path:
    return RESULTS / f"{lesson}.json"


def hashes(lesson: str) -> dict[str, dict[str, str]]:
    """Return the SHA-256 of the source files and of the data files, by path in the repository."""
    from helpers import datasets

    module = recipe(lesson)
    data = {}
    for name in module.DATA:
        row = datasets.table()[name]
        for split in row["splits"].values():
            path = f"{row['folder']}/{split['file']}"
            # Of the content, packed or not.
            data[path.removesuffix(".gz")] = sha256(REPOSITORY / path)
    return {"recipe": {name: sha256(REPOSITORY / name) for name in module.FILES}, "data": data}


def result(lesson: str) -> dict:
    """Return a lesson's committed result.

    Raises CourseError if it is missing, if its recipe or data changed since, or if it does not
    say of every file which one it was measured with.
    """
    path = result_path(lesson)
    if not path.is_file():
        raise CourseError(
            f"{relative(path)} is missing. Restore it with: git restore {relative(path)}"
        )
    stored = json.loads(path.read_text(encoding="utf-8"))
    now = hashes(lesson)
    for kind in ("recipe", "data"):
        then = stored.get(kind, {})
        for name in sorted(then.keys() | now[kind].keys()):
            if then.get(name) != now[kind].get(name):
                raise CourseError(
                    f"{relative(path)} was measured with another {name}, or without it. "
                    f"Measure again: course results {lesson}"
                )
    return stored


def measure(lesson: str, progress: Callable[[str], None] = print) -> Path:
    """Measure a lesson's arms for all seeds, and the short check; store the result whole.

    Arms that an earlier call has finished, with the same sources, data and versions, are not run
    again. Returns the path of the result. Raises CourseError if sources or data change meanwhile.
    """
    module = recipe(lesson)
    before = hashes(lesson)
    versions = {name: importlib.metadata.version(name) for name in VERSIONS}
    folder = _unfinished(lesson, {**before, "versions": versions})
    jobs = [(seed, arm) for seed in module.SEEDS for arm in module.ARMS]
    for number, (seed, arm) in enumerate(jobs, 1):
        done = _place(folder, seed, arm)
        step = f"lesson {lesson}: {number} of {len(jobs)}, seed {seed}, {arm}"
        if done.is_file():
            progress(f"{step}: is there already")
            continue
        progress(step)
        figures = module.run(seed, arm)
        _unchanged(lesson, before)
        write_atomically(done, json.dumps(figures))
    progress(f"lesson {lesson}: short check")
    short = short_check(module)
    _unchanged(lesson, before)
    stored = {
        "command": f"course results {lesson}",
        **before,
        "versions": versions,
        "seeds": {
            str(seed): by_figure({arm: _read(folder, seed, arm) for arm in module.ARMS})
            for seed in module.SEEDS
        },
        "short": short,
    }
    path = result_path(lesson)
    write_atomically(path, json.dumps(stored, indent=1) + "\n")
    for old in UNFINISHED.glob(f"{lesson}-*"):  # also of other sources: nobody goes on with them
        shutil.rmtree(old)
    return path


def short_check(module) -> dict[str, dict]:
    """Return the figures of the short check, figure → arm → value."""
    return by_figure({arm: module.run(module.SEEDS[0], arm, short=True) for arm in module.SHORT})


def by_figure(arms: dict[str, dict]) -> dict[str, dict]:
    """Return figure → arm → value of arm → figure → value.

    >>> by_figure({"full": {"accuracy": 0.9}, "frozen": {"accuracy": 0.7}})
    {'accuracy': {'full': 0.9, 'frozen': 0.7}}
    """
    found = {}
    for arm, figures in arms.items():
        for name, value in figures.items():
            found.setdefault(name, {})[arm] = value
    return found


def _unfinished(lesson: str, ingredients: dict) -> Path:
    """Return the folder in which finished arms wait; other ingredients, another folder."""
    digest = hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()
    return UNFINISHED / f"{lesson}-{digest[:16]}"


def _place(folder: Path, seed: int, arm: str) -> Path:
    return folder / f"{seed}-{arm}.json"


def _read(folder: Path, seed: int, arm: str) -> dict:
    return json.loads(_place(folder, seed, arm).read_text(encoding="utf-8"))


def _unchanged(lesson: str, before: dict) -> None:
    """Raise CourseError if sources or data are not those that the run began with."""
    if hashes(lesson) != before:
        raise CourseError(
            f"The recipe or data of lesson {lesson} changed during the run; run it again: "
            f"course results {lesson}"
        )

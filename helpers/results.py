"""Committed results: long runs that do not fit a lesson, with command, per-seed values and hashes.

A recipe is a module ``helpers/recipes/lesson_NN.py`` with ``SEEDS``, ``DATA`` (names of
data sets), ``run(seed, short=False) -> dict`` and ``FILES`` (sources that decide the result).
"""

import importlib
import importlib.metadata
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

from helpers.errors import CourseError, unknown
from helpers.files import NOTEBOOKS, REPOSITORY, relative, sha256, write_atomically

RESULTS = NOTEBOOKS / "results"
VERSIONS = ("torch", "transformers", "scikit-learn", "numpy")


def recipe(lesson: str):
    """Return the recipe module of a lesson; CourseError if it has none."""
    module = f"helpers.recipes.lesson_{lesson}"
    if importlib.util.find_spec(module) is None:
        known = sorted(path.stem.removeprefix("lesson_") for path in (Path(__file__).parent / "recipes").glob("lesson_*.py"))
        raise unknown("recipe", lesson, known)
    return importlib.import_module(module)


def result_path(lesson: str) -> Path:
    return RESULTS / f"{lesson}.json"


def hashes(lesson: str) -> dict[str, dict[str, str]]:
    """Return the SHA-256 of the recipe's source files and of its data files, by path in the repository."""
    from helpers import datasets

    module = recipe(lesson)
    data = {}
    for name in module.DATA:
        row = datasets.table()[name]
        for split in row["splits"].values():
            path = f"{row['folder']}/{split['file']}"
            data[path.removesuffix(".gz")] = sha256(REPOSITORY / path)  # of the content, packed or not
    return {"recipe": {name: sha256(REPOSITORY / name) for name in module.FILES}, "data": data}


def result(lesson: str) -> dict:
    """Return a lesson's committed result. Raises CourseError if it is missing or its recipe or data changed since."""
    path = result_path(lesson)
    if not path.is_file():
        raise CourseError(f"{relative(path)} is missing. Restore it with: git restore {relative(path)}")
    stored = json.loads(path.read_text(encoding="utf-8"))
    now = hashes(lesson)
    for kind in ("recipe", "data"):
        for name in sorted(stored[kind].keys() | now[kind].keys()):
            if stored[kind].get(name) != now[kind].get(name):
                raise CourseError(f"{relative(path)} was measured with another {name}. Measure again: {stored['command']}")
    return stored


def measure(lesson: str, progress: Callable[[str], None] = print) -> Path:
    """Run a lesson's recipe for all its seeds and the short check, and store the result; return its path."""
    module = recipe(lesson)
    before = hashes(lesson)
    seeds = {}
    for seed in module.SEEDS:
        progress(f"lesson {lesson}: seed {seed}")
        seeds[str(seed)] = module.run(seed)
    progress(f"lesson {lesson}: short check")
    stored = {
        "command": f"course results {lesson}",
        **before,
        "versions": {name: importlib.metadata.version(name) for name in VERSIONS},
        "seeds": seeds,
        "short": module.run(module.SEEDS[0], short=True),
    }
    if hashes(lesson) != before:
        raise CourseError(f"The recipe or data of lesson {lesson} changed during the run; run it again.")
    path = result_path(lesson)
    write_atomically(path, json.dumps(stored, indent=1) + "\n")
    return path

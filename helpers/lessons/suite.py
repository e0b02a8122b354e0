"""What `course test` runs: one pytest command, whose two workers take a file at a time."""

import os
from pathlib import Path

from helpers.catalog import entries, templates
from helpers.files import REPOSITORY
from helpers.lessons.notebook import measured, read
from helpers.lessons.run import CELL_TIMEOUT_SECONDS, ENVIRONMENT, THREADS

TESTS = REPOSITORY / "tests"
# Fast checks first, so that a mistake is seen early.
FOLDERS = ("platforms", "notebooks", "helpers", "hub", "e2e")
# Two workers of one thread each: in small models torch's own threads cost more than they give.
WORKERS = ("-n", "2", "--dist=loadfile", "--no-loadscope-reorder", "--max-worker-restart=0")
ONE_THREAD = dict.fromkeys(THREADS, "1")
# Options of pytest whose value is the next argument: no path, whatever it is called.
VALUED = ("-k", "-m", "-n", "-p", "-c", "-o", "-r", "-W", "--deselect", "--ignore", "--maxfail")


def variables() -> dict[str, str]:
    """Return the environment of the tests."""
    return {**os.environ, **ENVIRONMENT, **ONE_THREAD}


def command(arguments: list[str], here: Path) -> list[str]:
    """Return the arguments of ``python -m pytest`` for everything, or for the paths named.

    A path may be followed by a node id (``tests/helpers/test_files.py::test_x``) and is looked
    for in ``here``, the reader's folder, then in the repository. Other arguments go to pytest.
    """
    arguments, paths = resolve(arguments, here)
    options = ["-c", str(REPOSITORY / "pyproject.toml"), "-p", "tests.notebooks.plugin"]
    options += ["--nbval-lax", "--nbval-current-env"]
    options += [f"--nbval-cell-timeout={CELL_TIMEOUT_SECONDS}"]
    options += [f"--nbval-sanitize-with={TESTS / 'notebooks' / 'sanitize.cfg'}"]
    if not paths or any(path.is_dir() for path in paths):
        options += WORKERS  # in front, so that a reader's -n 0 wins
    return [*options, *arguments, *([] if paths else map(str, everything()))]


def everything() -> list[Path]:
    """Return the folders of tests, then every notebook.

    The longest notebook is the first, so that both workers end at about the same time.
    """
    notebooks = templates()
    for entry in entries():
        # One that is listed and missing is asked for all the same, which fails.
        notebooks += entry.paths if entry.path.exists() else [entry.path]
    return [TESTS / folder for folder in FOLDERS] + sorted(notebooks, key=_seconds, reverse=True)


def _seconds(path: Path) -> float:
    return measured(read(path)).get("seconds", 0) if path.exists() else 0


def resolve(arguments: list[str], here: Path) -> tuple[list[str], list[Path]]:
    """Return ``arguments`` with their paths made absolute, and those paths."""
    resolved, paths = [], []
    for before, argument in zip(["", *arguments], arguments, strict=False):
        name, colons, node = argument.partition("::")
        if name and not name.startswith("-") and before not in VALUED:
            for folder in (here, REPOSITORY):
                if (folder / name).exists():
                    paths.append((folder / name).resolve())
                    argument = f"{paths[-1]}{colons}{node}"
                    break
        resolved.append(argument)
    return resolved, paths

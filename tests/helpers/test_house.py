"""The house: rooms import downwards only, the door to making stays shut, helpers stay small and
quick."""

import ast
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import nbformat
import pytest

from helpers.files import NOTEBOOKS, REPOSITORY

HELPERS = REPOSITORY / "helpers"
# From the ground floor up: a room imports from itself and from those before it.
ROOMS = (
    "errors", "files", "cached", "measure", "runtime", "plots", "docstrings", "own", "datasets",
    "checkpoints",
    "catalog", "opening", "claims", "exercises", "sandbox", "serving", "hub", "long_runs",
    "lessons", "making", "bench",
    "doctor", "cli",
)
BEHIND_THE_DOOR = "making"
MAY_OPEN_IT = ("making", "cli")
# Lines of code of what a notebook uses: no blank lines, comments and docstrings count.
MOST_LINES = 5500
ASIDE = ("making", "exercises", "long_runs")
MOST_SECONDS = 0.05  # of ``import helpers``


def room(path: Path) -> str:
    """Return the room of a file below helpers: its folder, or its own name."""
    first = path.relative_to(HELPERS).parts[0]
    return first.removesuffix(".py")


def imported(source: str) -> set[str]:
    """Return the rooms of helpers that ``source`` imports, at the top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "helpers":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("helpers."):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[1] for alias in node.names
                      if alias.name.startswith("helpers.")}
    return found


def sources() -> list[Path]:
    return [path for path in sorted(HELPERS.rglob("*.py")) if path != HELPERS / "__init__.py"]


def upwards(name: str, source: str) -> set[str]:
    """Return the rooms that room ``name`` may not import from but does."""
    names = lazy()
    rooms = {names.get(each, each) for each in imported(source)}
    return {each for each in rooms & set(ROOMS) if ROOMS.index(each) > ROOMS.index(name)}


def code_lines(source: str) -> int:
    """Return the number of lines that hold code."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    words = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            words |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    silent = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT,
              tokenize.ENDMARKER)
    code = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in silent:
            code |= set(range(token.start[0], token.end[0] + 1))
    return len(code - words)


def lazy() -> dict[str, str]:
    """Return name of ``helpers`` → the room that it loads from."""
    import helpers

    return {name: home.split(".")[0] for name, home in helpers._HOME.items()}


def test_every_room_has_its_floor():
    assert {room(path) for path in sources()} == set(ROOMS)


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(HELPERS).as_posix())
def test_imports_run_downwards(path):
    assert upwards(room(path), path.read_text(encoding="utf-8")) == set()


def test_an_import_upwards_is_seen():
    assert upwards("files", "def f():\n    from helpers.hub import serve") == {"hub"}
    assert upwards("files", "from helpers import checkpoint, errors") == {"checkpoints"}
    assert upwards("hub",
                   "import helpers.making.standins\nfrom helpers.files import sha256") == {"making"}


def test_the_door_stays_shut():
    opened = {
        room(path)
        for path in sources()
        if BEHIND_THE_DOOR in imported(path.read_text(encoding="utf-8"))
    }
    assert opened <= set(MAY_OPEN_IT)
    notebooks = set()
    for path in NOTEBOOKS.rglob("*.ipynb"):
        if ".ipynb_checkpoints" not in path.parts:
            cells = nbformat.read(path, as_version=4).cells
            code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
            if re.search(rf"\bhelpers\.{BEHIND_THE_DOOR}\b|from helpers import "
                         rf".*\b{BEHIND_THE_DOOR}\b", code):
                notebooks.add(path.name)
    assert not notebooks


def test_what_a_notebook_uses_stays_small():
    used = [path for path in HELPERS.rglob("*.py") if room(path) not in ASIDE]
    assert sum(code_lines(path.read_text(encoding="utf-8")) for path in used) <= MOST_LINES


def test_what_counts_as_a_line_of_code():
    source = (
        '"""Words.\n\nMore."""\n\n# why\nx = [\n    1,\n]\n\n\ndef f():\n    """Words."""\n    '
        'return x\n'
    )
    assert code_lines(source) == 5


def test_importing_helpers_is_quick_and_loads_nothing_heavy():
    code = (
        "import sys, time; began = time.process_time(); import helpers; "
        "print(time.process_time() - began, [m for m in ('torch', 'numpy', 'pandas', "
        "'transformers') if m in sys.modules])"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True,
                       check=True).stdout
        for _ in range(3)
    ]
    seconds = min(float(run.split()[0]) for run in runs)
    assert all(run.strip().endswith("[]") for run in runs) and seconds < MOST_SECONDS

"""Reading and writing notebooks, and what their cells say of themselves."""

import json
import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from helpers.errors import CourseError
from helpers.files import relative, write_atomically

BEGIN, END = "# BEGIN SOLUTION", "# END SOLUTION"
STUB = "...  # your code here"


def read(path: Path, mend: Callable[[dict], None] | None = None) -> NotebookNode:
    """Return the notebook. Raises CourseError naming the file if it is missing or not a notebook.

    ``mend`` changes the file's JSON, brought to version 4, before nbformat judges it.
    """
    restore = f"git restore {relative(path)}"
    try:
        if mend is None:
            return nbformat.read(path, as_version=4)
        text = Path(path).read_text(encoding="utf-8")
        content = json.loads(text)
        if content["nbformat"] != 4:
            content = json.loads(json.dumps(nbformat.reads(text, as_version=4)))
        mend(content)
        return nbformat.reads(json.dumps(content), as_version=4)
    except FileNotFoundError as error:
        raise CourseError(f"{relative(path)} is missing. Restore it with: {restore}") from error
    except Exception as error:
        raise CourseError(
            f"{relative(path)} is not a readable notebook ({type(error).__name__}: {error}). "
            f"Restore it with: {restore}"
        ) from error


def write(notebook: NotebookNode, path: Path) -> None:
    """Write the notebook whole or not at all."""
    write_atomically(path, nbformat.writes(notebook) + "\n")


def measured(notebook: NotebookNode) -> dict:
    """Return the runner's figures kept in the notebook: ``seconds``, ``peak_memory_mb``, ``cores``,
    ``hub_seconds``."""
    return dict(notebook.metadata.get("course", {}))


def tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def exercises(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """Return exercise id → its code cell."""
    return {cell.metadata["exercise"]: cell for cell in notebook.cells
            if cell.metadata.get("exercise")}


def stub(source: str) -> str:
    """Return what the learner gets for a solution: each marked block becomes one line to replace.

    >>> print(stub("def f(x):\\n    # BEGIN SOLUTION\\n    return x\\n    # END SOLUTION"))
    def f(x):
        ...  # your code here
    """

    def replace(match: re.Match) -> str:
        body = textwrap.dedent(match["body"]).lstrip("\n")
        custom = re.match(r"# STUB: (.*)", body)
        return match["indent"] + (custom[1] if custom else STUB)

    pattern = rf"(?m)^(?P<indent>[ ]*){re.escape(BEGIN)}\n(?P<body>(?:.*\n)*?)[ ]*{re.escape(END)}$"
    result, count = re.subn(pattern, replace, source)
    if not count:
        raise CourseError(f"A solution cell has no lines between {BEGIN!r} and {END!r}.")
    return result

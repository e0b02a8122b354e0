"""Refresh: run notebooks and store outputs, headers and the README's table. Nothing else writes them."""

from collections.abc import Callable
from pathlib import Path

from nbformat import NotebookNode

from helpers.errors import CourseError
from helpers.files import REPOSITORY, relative, write_atomically
from helpers.lessons import cells
from helpers.lessons.catalog import Lesson
from helpers.lessons.notebook import measured, read, write
from helpers.lessons.run import Run, at_most_cores, execute

README = REPOSITORY / "README.md"
REFRESH_CORES = 2


def generate(lesson: Lesson, notebook: NotebookNode, solutions: bool = False) -> None:
    """Write the generated cells (header, set-up) into ``notebook``, in place."""
    figures = measured(notebook)
    for cell in notebook.cells:
        if cell.id == "setup":
            cell.source = cells.setup_source(lesson)
        if cell.id == "header" and not solutions:
            cell.source = cells.header_text(lesson, figures.get("seconds"), figures.get("peak_memory_mb"))


def refresh(path: Path, lesson: Lesson, progress: Callable[[int, int], None] | None = None) -> Run:
    """Execute one notebook on two cores and store its outputs and figures; on an error the old file stays whole."""
    solutions = path == lesson.solutions
    notebook = read(path)
    generate(lesson, notebook, solutions)
    write(notebook, path)
    with at_most_cores(REFRESH_CORES) as cores:
        run = execute(path, progress=progress)
    if run.error:
        raise CourseError(f"{relative(path)} failed; its stored outputs stay as they were.\n{run.error}")
    # Three significant figures are what repeats; more would change at every refresh.
    run.notebook.metadata["course"] = {
        "seconds": round(run.seconds),
        "peak_memory_mb": round(run.peak_memory_mb, -1),
        "cores": cores,
    }
    run.notebook.metadata["language_info"] = {"name": "python"}  # the patch version would differ between machines
    generate(lesson, run.notebook, solutions)
    write(run.notebook, path)
    return run


def refresh_readme() -> None:
    """Write the generated table of lessons into README.md. Raises CourseError if its markers are gone."""
    text = README.read_text(encoding="utf-8")
    if cells.TABLE_BEGIN not in text or cells.TABLE_END not in text:
        raise CourseError(f"README.md lacks the markers {cells.TABLE_BEGIN!r} and {cells.TABLE_END!r}.")
    before, rest = text.split(cells.TABLE_BEGIN, 1)
    after = rest.split(cells.TABLE_END, 1)[1]
    write_atomically(README, before + cells.readme_table() + after)

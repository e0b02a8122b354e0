"""The catalogue of lessons: notebooks/lessons.toml, one row a lesson."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from helpers.errors import CourseError, unknown
from helpers.files import NOTEBOOKS, REPOSITORY

TABLE = NOTEBOOKS / "lessons.toml"


@dataclass(frozen=True)
class Lesson:
    """One row of lessons.toml."""

    number: str
    slug: str
    title: str
    question: str
    level: str
    prerequisites: tuple[str, ...]
    outcomes: tuple[str, ...]
    welcome: bool = False  # 00 is a short welcome: the form of a full lesson does not apply

    @property
    def name(self) -> str:
        return f"{self.number}_{self.slug}"

    @property
    def path(self) -> Path:
        return NOTEBOOKS / f"{self.name}.ipynb"

    @property
    def solutions(self) -> Path:
        return NOTEBOOKS / "solutions" / f"{self.name}.ipynb"


def lessons() -> list[Lesson]:
    """Return all lessons in the order of their numbers. Raises CourseError for a row with missing or unknown keys."""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["lesson"]
    try:
        found = [
            Lesson(**{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()})
            for row in rows
        ]
    except TypeError as error:
        raise CourseError(f"notebooks/lessons.toml has a row with a missing or unknown key: {error}") from error
    return sorted(found, key=lambda lesson: lesson.number)


def find(name: str) -> Lesson:
    """Return the lesson called ``"07"``, ``"7"`` or ``"07_transfer_learning"``; CourseError for any other name."""
    known = lessons()
    wanted = str(name).removesuffix(".ipynb")
    for lesson in known:
        if wanted in (lesson.number, lesson.slug, lesson.name) or wanted.zfill(2) == lesson.number:
            return lesson
    raise unknown("lesson", name, [lesson.name for lesson in known])


def templates() -> list[Path]:
    """Return the notebooks that a new lesson is copied from: its solutions, then the lesson."""
    return [NOTEBOOKS / "template" / f"lesson_template{part}.ipynb" for part in ("_solutions", "")]


def repository_url() -> str:
    """Return the one configured repository URL (pyproject.toml)."""
    return _project()["project"]["urls"]["Repository"].rstrip("/")


def pinned_tag() -> str:
    """Return the tag that a fresh machine clones (pyproject.toml)."""
    return _project()["tool"]["course"]["tag"]


def _project() -> dict:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))

"""The catalogue: notebooks/lessons.toml, one row a lesson or recipe."""

import tomllib
from dataclasses import KW_ONLY, dataclass
from functools import cache
from pathlib import Path

from helpers import checkpoints
from helpers.errors import CourseError, unknown
from helpers.files import NOTEBOOKS, REPOSITORY

TABLE = NOTEBOOKS / "lessons.toml"
# MB that set-up downloads on Colab, by extra.
DOWNLOADS = Path(__file__).with_name("downloads.toml")
# Extras that set up a workplace, not a notebook.
WORKPLACE_EXTRAS = ("lab", "test", "colab")


@dataclass(frozen=True)
class Entry:
    """What the rows of a lesson and a recipe have in common.

    ``extras`` are names of pyproject.toml's optional dependencies, ``models`` roles that set-up
    fetches since they are not in the clone; ``trains_llm`` allows the memory that it takes.
    """

    number: str
    slug: str
    title: str
    _: KW_ONLY
    extras: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    trains_llm: bool = False

    @property
    def name(self) -> str:
        return f"{self.number}_{self.slug}"

    @property
    def paths(self) -> list[Path]:
        """The notebooks of this entry that are there, in the order in which they are run."""
        return [path for path in (self.solutions, self.path) if path and path.exists()]


@dataclass(frozen=True)
class Lesson(Entry):
    """A row ``[[lesson]]``."""

    question: str
    level: str
    prerequisites: tuple[str, ...]
    outcomes: tuple[str, ...]
    welcome: bool = False  # 00 is a short welcome: the form of a full lesson does not apply

    @property
    def label(self) -> str:
        return f"Lesson {self.number}"

    @property
    def key(self) -> str:
        """What ``make run LESSON=…`` and the set-up cell call it."""
        return self.number

    @property
    def path(self) -> Path:
        return NOTEBOOKS / f"{self.name}.ipynb"

    @property
    def solutions(self) -> Path:
        return NOTEBOOKS / "solutions" / f"{self.name}.ipynb"


@dataclass(frozen=True)
class Recipe(Entry):
    """A row ``[[recipe]]``: one task, for reference; ``number`` is its lesson's."""

    task: str

    solutions = None

    @property
    def label(self) -> str:
        return f"Recipe {self.name}"

    @property
    def key(self) -> str:
        """Always the full name: the number alone is the lesson's."""
        return self.name

    @property
    def path(self) -> Path:
        return NOTEBOOKS / "recipes" / f"{self.name}.ipynb"


def lessons() -> list[Lesson]:
    """Return all lessons in the order of their numbers.

    Raises CourseError for a row with missing or unknown keys, extras or models.
    """
    return _rows("lesson", Lesson)


def recipes() -> list[Recipe]:
    """Return all recipes in the order of their names. Raises CourseError as ``lessons`` does."""
    return _rows("recipe", Recipe)


def entries() -> list[Entry]:
    """Return all lessons, then all recipes. Raises CourseError for a name given twice."""
    found = [*lessons(), *recipes()]
    names = [entry.name for entry in found]
    for name in names:
        if names.count(name) > 1:
            raise CourseError(f"notebooks/lessons.toml has two rows called {name!r}; rename one.")
    return found


def find(name: str) -> Entry:
    """Return a lesson, called ``"07"``, ``"7"`` or ``"07_transfer_learning"``, or a recipe.

    A recipe is called by its full name, such as ``"14_mmr"``: the number is its lesson's.
    Raises CourseError for any other name.
    """
    known = entries()
    wanted = str(name).removesuffix(".ipynb")
    for entry in known:
        if wanted == entry.name:
            return entry
    for entry in known:
        if isinstance(entry, Lesson) and (wanted == entry.slug or wanted.zfill(2) == entry.number):
            return entry
    raise unknown("lesson", name, [entry.name for entry in known])


def templates() -> list[Path]:
    """Return the notebooks that new ones are copied from: a lesson's solutions, lesson, recipe."""
    names = ("lesson_template_solutions", "lesson_template", "recipe_template")
    return [NOTEBOOKS / "template" / f"{name}.ipynb" for name in names]


def notebooks() -> list[tuple[Path, Entry | None]]:
    """Return every committed notebook with its row (None: a template), in the order of a run."""
    listed = [(path, entry) for entry in entries() for path in entry.paths]
    return [(path, None) for path in templates()] + listed


def repository_url() -> str:
    """Return the one configured repository URL (pyproject.toml)."""
    return _project()["project"]["urls"]["Repository"].rstrip("/")


def pinned_tag() -> str:
    """Return the tag that a fresh machine clones (pyproject.toml)."""
    return _project()["tool"]["course"]["tag"]


def known_extras() -> list[str]:
    """Return the extras of pyproject.toml that a notebook may need."""
    extras = _project()["project"]["optional-dependencies"]
    return [name for name in extras if name not in WORKPLACE_EXTRAS]


def download_megabytes(entry: Entry) -> float:
    """Return the MB that set-up downloads on Colab: clone, packages, models.

    Raises CourseError where an extra was not measured.
    """
    table = tomllib.loads(DOWNLOADS.read_text(encoding="utf-8"))
    packages = {}
    for extra in ("base", *entry.extras):
        if extra not in table["packages"]:
            raise CourseError(
                f"The download of the extra {extra!r} was never measured: add it to EXTRAS in the "
                "Makefile, then run: python3.13 -m tests.platforms.refresh_index"
            )
        packages |= table["packages"][extra]
    models = sum(checkpoints.table()[role]["megabytes"] for role in entry.models)
    return table["clone"] + sum(packages.values()) + models


@cache
def _project() -> dict:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def _rows(kind: str, make: type[Entry]) -> list:
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8")).get(kind, [])
    found = []
    for row in rows:
        fields = {key: tuple(v) if isinstance(v, list) else v for key, v in row.items()}
        try:
            entry = make(**fields)
        except TypeError as error:
            raise CourseError(
                f"notebooks/lessons.toml has a {kind} with a missing or unknown key: {error}"
            ) from error
        for what, names, known in (
            ("extra", entry.extras, known_extras()),
            ("model", entry.models, checkpoints.to_fetch()),
        ):
            for name in names:
                if name not in known:
                    raise unknown(f"{what} of {entry.name} in notebooks/lessons.toml", name, known)
        found.append(entry)
    return sorted(found, key=lambda entry: entry.name)

"""Natural English that is always there: the docstrings of the installed libraries.

Nobody wrote them for a course. They are read from the sources in site-packages (parsed, never
imported) at run time; nothing of them is part of this repository.
"""

import ast
import hashlib
import importlib.metadata
import importlib.util
import warnings
from collections.abc import Iterator
from pathlib import Path

from helpers import cached
from helpers.errors import CourseError
from helpers.files import REPOSITORY, sha256

NAME = "docstrings"
# Import name → what pip calls it.
LIBRARIES = {
    "numpy": "numpy",
    "scipy": "scipy",
    "pandas": "pandas",
    "sklearn": "scikit-learn",
    "torch": "torch",
    "matplotlib": "matplotlib",
    "transformers": "transformers",
    "datasets": "datasets",
    "langchain_core": "langchain-core",
    "trl": "trl",
    "peft": "peft",
}
COLUMNS = ("library", "module", "name", "text")
MIN_CHARACTERS = 80  # a text is longer than this
SHARES = {"validation": 10, "test": 10}  # of 100 modules; the others are for training
TEST_FOLDERS = {"tests", "test"}


def docstrings():
    """Return the docstrings as a ``datasets.DatasetDict`` with the splits train, validation and
    test.

    Columns: ``library``, ``module`` (dotted), ``name`` (of the class or function inside it, empty
    for the module's own) and ``text``, longer than 80 characters and distinct over all splits. All
    texts of a module are in one split. The count depends on the libraries' versions, so a lesson
    prints it. Read once (half a minute), then kept in the cache under those versions. Raises
    CourseError if none of the libraries is there; names those that are left out.
    """
    from datasets import Dataset, DatasetDict
    from pyarrow import parquet

    found = versions()
    missing = [package for module, package in LIBRARIES.items() if module not in found]
    if not found:
        raise CourseError(f"None of the libraries is installed: {', '.join(missing)}. Run: make "
                          "setup")
    if missing:
        print(f"docstrings: without {', '.join(missing)}, which {'are' if missing[1:] else 'is'} "
              "not installed here")
    ingredients = {**found, "code": sha256(Path(__file__))}
    folder = cached.folder(NAME, ingredients, _write, REPOSITORY / ".cache" / "datasets")
    splits = ("train", *SHARES)
    return DatasetDict({split: Dataset(parquet.read_table(folder / f"{split}.parquet"))
                        for split in splits})


def versions() -> dict[str, str]:
    """Return import name → version of the libraries that are installed here."""
    return {
        module: importlib.metadata.version(package)
        for module, package in LIBRARIES.items()
        if importlib.util.find_spec(module) is not None  # looked up, not imported
    }


def split_of(module: str) -> str:
    """Return the split of a module: by a hash of its name, the same on every machine."""
    draw = int(hashlib.sha256(module.encode()).hexdigest(), 16) % 100
    for split, share in SHARES.items():
        if draw < share:
            return split
        draw -= share
    return "train"


def library_rows(library: str, root: Path) -> Iterator[dict[str, str]]:
    """Yield a row for every docstring of the package in ``root`` that is long enough, file by file.
    """
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        if TEST_FOLDERS & set(parts) or parts[-1] == "conftest" or parts[-1].startswith("test_"):
            continue
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        for name, text in module_docstrings(path.read_bytes()):
            if len(text) > MIN_CHARACTERS:
                yield {"library": library, "module": module, "name": name, "text": text}


def module_docstrings(source: bytes) -> Iterator[tuple[str, str]]:
    """Yield (qualified name, cleaned docstring) of a module, its classes and its functions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries' escape sequences
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError):  # a template, or a file for another Python
            return
    waiting: list[tuple[str, ast.AST]] = [("", tree)]
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    while waiting:
        name, node = waiting.pop()
        if isinstance(node, documented) and (text := ast.get_docstring(node)):
            yield name, text
        for child in reversed(list(ast.iter_child_nodes(node))):
            if isinstance(child, documented):
                waiting.append((f"{name}.{child.name}".lstrip("."), child))
            elif not isinstance(child, ast.expr):  # an `if` or `try` around definitions
                waiting.append((name, child))


def _write(folder: Path) -> None:
    """Write one Parquet file a split into ``folder``."""
    import pyarrow
    from pyarrow import parquet

    seen: set[str] = set()
    rows: dict[str, list[dict[str, str]]] = {split: [] for split in ("train", *SHARES)}
    for library in versions():
        (root,) = importlib.util.find_spec(library).submodule_search_locations
        for row in library_rows(library, Path(root)):
            if row["text"] not in seen:
                seen.add(row["text"])
                rows[split_of(row["module"])].append(row)
    for split, found in rows.items():
        columns = {name: [row[name] for row in found] for name in COLUMNS}
        parquet.write_table(pyarrow.table(columns), folder / f"{split}.parquet")

"""dataset(name): the shop's data and the libraries' docstrings, split; own_data(): the reader's own file."""

import gzip
import json
import tomllib
from functools import cache
from pathlib import Path

from helpers import docstrings
from helpers.errors import CourseError, unknown
from helpers.files import REPOSITORY, relative, verify

TABLE = Path(__file__).with_name("datasets.toml")
READERS = {
    ".csv": ("read_csv", {}),
    ".tsv": ("read_csv", {"sep": "\t"}),
    ".json": ("read_json", {}),
    ".jsonl": ("read_json", {"lines": True}),
    ".parquet": ("read_parquet", {}),
}


@cache
def table() -> dict[str, dict]:
    """Return the rows of datasets.toml, name → row."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def dataset(name: str):
    """Return a ``datasets.DatasetDict`` with the splits train, validation and test.

    ``name``: a data set of the shop (data/README.md says what they hold), or ``"docstrings"``, natural
    English out of the installed libraries. Raises CourseError for an unknown name and for a missing or damaged file.
    """
    from datasets import Dataset, DatasetDict

    if name == docstrings.NAME:
        return docstrings.docstrings()
    rows = table()
    if name not in rows:
        raise unknown("data set", name, [*rows, docstrings.NAME])
    splits = {}
    for split, file in rows[name]["splits"].items():
        path = verify(REPOSITORY / rows[name]["folder"] / file["file"], file["sha256"])
        splits[split] = Dataset.from_list(_json_lines(path))
    return DatasetDict(splits)


def own_data(path: str | Path, columns: tuple[str, ...] = ()):
    """Return the reader's CSV, TSV, JSON, JSONL or Parquet file as a ``pandas.DataFrame``.

    ``columns`` are the names the lesson's recipe needs. Raises CourseError if the
    file is missing, has another ending, holds no rows, or lacks one of them.
    """
    import pandas

    path = Path(path)
    if not path.is_file():
        raise CourseError(f"There is no file {path.name!r} at the path given: {path}")
    if path.suffix.lower() not in READERS:
        raise unknown("file ending", path.suffix, READERS)
    try:
        reader, options = READERS[path.suffix.lower()]
        frame = getattr(pandas, reader)(path, **options)
    except (ValueError, UnicodeDecodeError) as error:
        raise CourseError(f"{path.name} can't be read as {path.suffix[1:]}: {error}") from error
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise CourseError(
            f"{path.name} has no column {', '.join(map(repr, missing))}; it has {', '.join(map(str, frame.columns))}."
        )
    if frame.empty:
        raise CourseError(f"{path.name} holds no rows.")
    return frame


def _json_lines(path: Path) -> list[dict]:
    rows = []
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    for number, line in enumerate(content.decode("utf-8").splitlines(), start=1):
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError as error:
            raise CourseError(f"{relative(path)}, line {number} is not JSON: {error}") from error
    return rows

"""dataset(name): the shop's data and the libraries' docstrings, split."""

import gzip
import json
import tomllib
from functools import cache
from pathlib import Path

from helpers import docstrings
from helpers.errors import CourseError, unknown
from helpers.files import REPOSITORY, relative, verify
from helpers.own import own_data as own_data

TABLE = Path(__file__).with_name("datasets.toml")


@cache
def table() -> dict[str, dict]:
    """Return the rows of datasets.toml, name → row."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def dataset(name: str):
    """Return a ``datasets.DatasetDict`` with the splits train, validation and test.

    ``name``: a data set of the shop (data/README.md says what they hold), or ``"docstrings"``,
    natural English out of the installed libraries. Raises CourseError for an unknown name and for a
    missing or damaged file.
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


def _json_lines(path: Path) -> list[dict]:
    rows = []
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    for number, line in enumerate(content.decode("utf-8").splitlines(), start=1):
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError as error:
            raise CourseError(f"{relative(path)}, line {number} is not JSON: {error}") from error
    return rows

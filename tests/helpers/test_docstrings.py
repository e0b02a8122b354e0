"""The docstrings of the installed libraries: parsed and never imported, distinct, split by module.
"""

import sys

import pytest

from helpers import dataset, docstrings
from helpers.errors import CourseError

LONG = "Returns what was asked for, in a sentence that is longer than eighty characters, number"
TREE = {
    "shelf/__init__.py": f'"""{LONG} 1."""\nraise RuntimeError("imported")\n',
    "shelf/plants.py": (
        f'"""Short."""\nclass Fern:\n    """{LONG} 2."""\n    def water(self):\n'
        f'        """{LONG} 3."""\n        def drop():\n            """{LONG} 4."""\n'
        f'if True:\n    async def sow():\n        """{LONG} 5."""\n'
    ),
    "shelf/copy.py": f'def again():\n    """{LONG} 3."""\n',
    "shelf/tests/test_plants.py": f'"""{LONG} 6."""\n',
    "shelf/test_more.py": f'"""{LONG} 7."""\n',
    "shelf/conftest.py": f'"""{LONG} 8."""\n',
    "shelf/template.py": "{{ this is no Python }}",
}


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A package of our own in the place of the libraries; importing it fails."""
    for name, source in TREE.items():
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setattr(docstrings, "LIBRARIES", {"shelf": "pytest"})  # a version that is there
    monkeypatch.setattr(docstrings, "REPOSITORY", tmp_path)
    return tmp_path


def rows(splits):
    return [row for split in splits.values() for row in split]


def test_what_is_read_and_what_is_left_out(shelf):
    found = {(row["module"], row["name"], row["text"][-2:-1])
             for row in rows(dataset("docstrings"))}
    assert found == {
        ("shelf", "", "1"),
        ("shelf.plants", "Fern", "2"),
        ("shelf.copy", "again", "3"),  # the same text in shelf.plants comes later, and goes
        ("shelf.plants", "Fern.water.drop", "4"),
        ("shelf.plants", "sow", "5"),
    }
    assert "shelf" not in sys.modules


def test_it_is_read_once_a_version(shelf, monkeypatch):
    first = rows(dataset("docstrings"))
    monkeypatch.setattr(docstrings, "library_rows", None)  # calling it would fail
    assert rows(dataset("docstrings")) == first
    monkeypatch.setattr(docstrings.importlib.metadata, "version", lambda name: "another")
    with pytest.raises(TypeError):
        dataset("docstrings")


def test_a_stopped_reading_leaves_nothing(shelf, monkeypatch):
    def stopped(library, root):
        raise KeyboardInterrupt

    monkeypatch.setattr(docstrings, "library_rows", stopped)
    with pytest.raises(KeyboardInterrupt):
        dataset("docstrings")
    assert list((shelf / ".cache" / "datasets").iterdir()) == []


def test_a_missing_library_is_named(shelf, monkeypatch, capsys):
    monkeypatch.setattr(docstrings, "LIBRARIES", {"shelf": "pytest", "no_such": "no-such"})
    assert len(rows(dataset("docstrings"))) == 5
    assert capsys.readouterr().out == "docstrings: without no-such, which is not installed here\n"
    monkeypatch.setattr(docstrings, "LIBRARIES", {"no_such": "no-such"})
    with pytest.raises(CourseError, match="None of the libraries is installed: no-such"):
        dataset("docstrings")


def test_the_splits_hold_four_fifths_and_two_tenths_of_the_modules():
    counts = {"train": 0, "validation": 0, "test": 0}
    for number in range(5000):
        counts[docstrings.split_of(f"package.module_{number}")] += 1
    assert 3850 < counts["train"] < 4150 and all(430 < counts[name] < 570
                                                 for name in docstrings.SHARES)
    assert docstrings.split_of("numpy.linalg") == docstrings.split_of("numpy.linalg")


def test_the_libraries_of_this_machine():
    splits = dataset("docstrings")
    assert set(splits) == {"train", "validation", "test"}
    assert all(tuple(split.column_names) == docstrings.COLUMNS for split in splits.values())
    texts = [text for split in splits.values() for text in split["text"]]
    assert len(texts) == len(set(texts)) and min(map(len, texts)) > docstrings.MIN_CHARACTERS
    assert 32_000 < len(texts) < 34_000  # 32,810 with the versions of constraints.txt
    modules = [set(split["module"]) for split in splits.values()]
    assert not (modules[0] & modules[1] or modules[0] & modules[2] or modules[1] & modules[2])
    libraries = {library for split in splits.values() for library in split["library"]}
    assert libraries == set(docstrings.LIBRARIES)

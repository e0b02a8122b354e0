"""Notebooks that other tools saved run as their cells say, and the report shows what it can."""

import json
import subprocess
import sys
import warnings

import pytest

from helpers.catalog import find
from helpers.files import NOTEBOOKS
from helpers.lessons import report
from helpers.lessons.notebook import read
from helpers.lessons.run import Run, execute, forget


def code(source="print(6 * 7)", **more):
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": source}
    return cell | {"outputs": [], "execution_count": None} | more


def text(source="# Title", **more):
    return {"cell_type": "markdown", "id": "m", "metadata": {}, "source": source} | more


def book(*cells, **more):
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells) or [code()]}
    return content | more


def without(content, *names):
    return {name: value for name, value in content.items() if name not in names}


STATE = "application/vnd.jupyter.widget-state+json"
ERROR = {"output_type": "error", "ename": "E", "evalue": "it failed", "traceback": ["it failed"]}
SHOWN = {"output_type": "display_data", "data": {"text/plain": "x"}}  # without metadata
NEVER_KNOWN = SHOWN | {
    "metadata": {},
    "data": {"application/vnd.x+json": {"a": [1]}, "image/png": 5},
}
VERSION_3 = {
    "nbformat": 3,
    "nbformat_minor": 0,
    "metadata": {"name": ""},
    "worksheets": [
        {
            "cells": [
                {"cell_type": "heading", "level": 1, "source": "Title", "metadata": {}},
                {"cell_type": "code", "input": "print(6 * 7)", "language": "python", "outputs": []},
            ]
        }
    ],
}

PASS = {
    "another kernel": book(metadata={"kernelspec": {"name": "conda-env-x", "display_name": "X"}}),
    "no kernel": book(metadata={"kernelspec": None, "language_info": None}),
    "another language": book(metadata={"language_info": {"name": "R", "pygments_lexer": 5}}),
    "Colab": book(
        code(metadata={"id": "x", "outputId": "y", "colab": {"height": 1}}),
        metadata={"colab": {"provenance": []}, "widgets": {STATE: {"a": {"model_name": "x"}}}},
    ),
    "widgets that are none": book(metadata={"widgets": None}),
    "Databricks": book(
        code(metadata={"application/vnd.databricks.v1+cell": {"nuid": "x", "title": ""}}),
        metadata={"application/vnd.databricks.v1+notebook": {"dashboards": []}},
    ),
    "papermill": book(
        code(metadata={"papermill": {"status": "failed"}, "tags": ["parameters"]}),
        metadata={"papermill": {"exception": True, "duration": 1}},
    ),
    "VS Code": book(code(metadata={"vscode": {"languageId": "python"}, "notebookRunGroups": {}})),
    "times of a run": book(code(metadata={"execution": {"iopub.status.idle": "2026-01-01"}})),
    "an output without metadata": book(code(outputs=[SHOWN, SHOWN | {"data": None}])),
    "an unknown output": book(code(outputs=[NEVER_KNOWN, {"output_type": "pyout", "text": "x"}])),
    "a stale error": book(code(outputs=[ERROR]), code("", outputs=[ERROR], execution_count=9)),
    "a huge output": book(
        code(outputs=[{"output_type": "stream", "name": "stdout", "text": "x" * 30_000_000}])
    ),
    "no outputs": book(without(code(), "outputs", "execution_count"), code("", outputs=None)),
    "no ids": book(without(code(), "id"), without(text(), "id")),
    "no ids yet": book(without(code(), "id"), without(text(), "id"), nbformat_minor=2),
    "an id twice": book(code(), code("pass"), text(id="a")),
    "ids of another form": book(code(id="a b"), text(id=5), text(id="")),
    "a minor version to come": book(nbformat_minor=9),
    "no minor version": without(book(), "nbformat_minor"),
    "no metadata": without(book(without(code(), "metadata"), text(metadata=None)), "metadata"),
    "tags of another form": book(code(metadata={"tags": None}), text(metadata={"tags": [1, "a"]})),
    "skipping as a word": book(code(metadata={"tags": "skip-execution"})),
    "lines as a list": book(code(["x = 42\n", "print(x)"]), text(None), without(text(), "source")),
    "a title that is none": book(metadata={"title": 5, "authors": "me"}),
    "an attachment that is none": book(text("![x](attachment:x.png)", attachments=5), code()),
    "a raw cell's form": book(text(cell_type="raw", metadata={"raw_mimetype": 5}), code()),
    "half a character": book(text("\ud83d"), code()),
    "version 3": VERSION_3,
}

# nbconvert makes no page of these.
NOT_SHOWN = ("an attachment that is none", "a raw cell's form")

# name → (content, words of the error)
FAIL = {
    "a cell that fails": (book(code("1 / 0")), "ZeroDivisionError"),
    "a kernel that dies": (book(code("import os; os._exit(3)")), "Kernel died"),
    "a program's end": (book(code("import sys; sys.exit(1)")), "SystemExit"),
    "an error that can't be told": (
        book(code("class E(Exception):\n    __str__ = None\nraise E")),
        "E",
    ),
    "half a character in code": (book(code("print('\ud83d')")), "surrogates not allowed"),
    "a picture that is none": (
        book(code("from IPython.display import display\ndisplay({'text/html': 5}, raw=True)")),
        "not valid",
    ),
    "version 5": (book(nbformat=5), "Unsupported nbformat version 5"),
    "no cells": (without(book(), "cells"), "no list of cells"),
    "cells of another form": (book(cells={"a": 1}), "no list of cells"),
    "an unknown cell": (book({"cell_type": "sql", "source": "SELECT 1"}), "no list of cells"),
    "a list": ([1], "not a readable notebook"),
    "half a file": (json.dumps(book())[:-40], "not a readable notebook (JSONDecodeError"),
    "nothing": ("", "not a readable notebook"),
    "a merge": ("<<<<<<< HEAD\n{}\n=======\n", "Restore it with: git restore"),
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Execute what a file holds and write the report; return the run and the report's page."""
    monkeypatch.setattr(report, "REPORTS", tmp_path / "reports")

    def both(content):
        path = tmp_path / "foreign.ipynb"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        done = execute(path)
        index = report.write_report([(find("05"), done)], "Models: shipped.").read_text()
        assert ("1 of 1" in index) == (done.error is None)
        return done, (tmp_path / "reports" / f"{find('05').name}.html").read_text()

    return both


@pytest.mark.parametrize("name", PASS)
def test_a_foreign_notebook_passes_when_its_cells_do(run, name):
    done, page = run(PASS[name])
    assert done.error is None
    printed = [output.text for cell in done.notebook.cells for output in cell.get("outputs", [])]
    assert "42\n" in printed and "it failed" not in page
    assert ("can't be shown as a page" in page) == (name in NOT_SHOWN)


@pytest.mark.parametrize("name", PASS)
def test_a_foreign_notebook_is_read_without_a_warning(tmp_path, name):
    path = tmp_path / "foreign.ipynb"
    path.write_text(json.dumps(PASS[name]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        notebook = read(path, mend=forget)
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids) and "widgets" not in notebook.metadata


@pytest.mark.parametrize("name", FAIL)
def test_a_foreign_notebook_fails_with_the_reason(run, name, tmp_path):
    content, words = FAIL[name]
    done, page = run(content)
    assert words in done.error and len(page) > 100
    assert "\x1b" not in (tmp_path / "reports" / "index.html").read_text()  # colours of a terminal


def test_a_notebook_that_is_missing_fails_with_the_remedy(tmp_path):
    assert "is missing. Restore it with: git restore" in execute(tmp_path / "missing.ipynb").error


def test_a_page_that_cannot_be_made_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "REPORTS", tmp_path)
    broken = Run(tmp_path / "x.ipynb", notebook=None)
    page = report._page(find("05"), broken)
    assert "can't be shown as a page" in page and "AttributeError" in page


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("0*.ipynb")), ids=lambda path: path.name)
def test_the_courses_own_notebooks_lose_nothing_but_outputs(path):
    stored, ran = read(path), read(path, mend=forget)
    assert len(stored.cells) == len(ran.cells)
    for before, after in zip(stored.cells, ran.cells, strict=True):
        assert (before.id, before.source, before.metadata) == (
            after.id,
            after.source,
            after.metadata,
        )
    kept = ("kernelspec", "course")
    assert [stored.metadata.get(name) for name in kept] == [ran.metadata.get(name) for name in kept]


def test_course_run_goes_on_after_a_broken_notebook_and_without_a_report(tmp_path):
    """Two lessons of our own; nothing can be written where reports go."""
    (tmp_path / "1.ipynb").write_text("{")
    (tmp_path / "2.ipynb").write_text(json.dumps(book()))
    program = f"""
import sys
from pathlib import Path
from types import SimpleNamespace
from helpers import cli
from helpers.lessons import report
from helpers import catalog
folder = Path({str(tmp_path)!r})
paths = {{name: folder / f"{{name}}.ipynb" for name in "12"}}
rows = [SimpleNamespace(name=n, path=path, label=n, title=n) for n, path in paths.items()]
catalog.entries = lambda: rows
report.REPORTS = folder / "1.ipynb" / "reports"
sys.argv = ["course", "run"]
cli.main()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "\npassed  2  " in done.stdout and "failed  1  " in done.stdout
    assert "There is no report (" in done.stdout and "JSONDecodeError" in done.stdout

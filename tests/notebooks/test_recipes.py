"""A recipe goes all the way: from the template, refreshed, guarded, listed, run, compared."""

import json
import subprocess
import sys

import nbformat
import pytest
from typer.testing import CliRunner

from helpers import CourseError, catalog, opening
from helpers.catalog import find, recipes, templates
from helpers.cli import app
from helpers.files import REPOSITORY
from helpers.lessons import cells, report, suite
from helpers.lessons import refresh as refreshing
from helpers.lessons.notebook import read, write
from helpers.lessons.run import execute
from tests.notebooks import structure

RECIPE_TEMPLATE = templates()[-1]
TABLE = """
[[recipe]]
number = "14"
slug = "split_by_group"
title = "Split rows that come in groups"
task = "Hold out whole groups."
"""


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """A recipe in a temporary folder: the template, copied, with a row of its own."""
    (tmp_path / "lessons.toml").write_text(TABLE, encoding="utf-8")
    monkeypatch.setattr(catalog, "TABLE", tmp_path / "lessons.toml")
    monkeypatch.setattr(catalog, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(cells, "SETUP", cells.TEMPLATE_SETUP)  # a kernel knows the real rows only
    monkeypatch.setattr(cells, "colab_url", lambda entry: f"https://colab/{entry.name}.ipynb")
    (one,) = recipes()
    notebook = read(RECIPE_TEMPLATE)
    notebook.cells[0].source = "a placeholder"
    one.path.parent.mkdir()
    write(notebook, one.path)
    return one


def test_a_recipe_is_refreshed_guarded_and_listed(recipe):
    refreshing.refresh(recipe.path, recipe, hub_seconds=lambda path: 7.4)
    assert structure.recipe_problems(recipe) == []
    header = read(recipe.path).cells[0].source
    assert header.startswith(f"# Recipe · {recipe.title}\n") and "s (measured on 2 CPU" in header
    assert f"{recipe.title}](" in cells.readme_recipes()


def test_refresh_takes_a_recipe_by_its_full_name_only(recipe, monkeypatch):
    monkeypatch.setattr(refreshing, "refresh_readme", lambda: None)
    monkeypatch.setattr(refreshing, "refresh_picture", lambda: None)
    runner = CliRunner()
    done = runner.invoke(app, ["refresh", "--cells-only", recipe.name])
    assert done.exit_code == 0, done.output
    assert read(recipe.path).cells[0].source.startswith("# Recipe")
    for name in ("14", "split_by_group"):
        failed = runner.invoke(app, ["refresh", name])
        assert isinstance(failed.exception, CourseError) and recipe.name in str(failed.exception)
    with pytest.raises(CourseError):
        find("14")


def test_a_recipe_is_run_by_its_full_name(recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(report, "REPORTS", tmp_path / "reports")
    done = CliRunner().invoke(app, ["run", recipe.name])
    assert done.exit_code == 0, done.output
    assert f"passed  {recipe.name}" in done.output
    assert f"Recipe {recipe.name}" in (tmp_path / "reports" / "index.html").read_text()


def test_a_recipe_has_no_committed_result(recipe):
    failed = CliRunner().invoke(app, ["results", recipe.name])
    assert isinstance(failed.exception, CourseError)


def test_start_names_the_recipe(recipe, capsys, monkeypatch):
    monkeypatch.delenv("COURSE_MODELS", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    opening.start(recipe.name)
    assert capsys.readouterr().out.startswith(f"Recipe {recipe.name}: {recipe.title} · models")


def test_a_recipe_runs_in_hub_mode_on_a_file_of_the_readers(recipe, tmp_path):
    """The template loads no checkpoint: hub mode needs no hub here."""
    rows = [
        {"entry": f"Stairs {n % 7}, visit {n}", "house": "Hilltop" if n % 7 > 2 else "Inn"}
        for n in range(90)
    ]
    rows += [{"entry": None, "house": "Inn"}]
    for n, row in enumerate(rows):
        row["guest"] = f"guest {n // 5}"
    path = tmp_path / "guests.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    run = execute(
        recipe.path,
        {
            "COURSE_MODELS": "hub",
            "COURSE_SCALE": "0.1",
            "COURSE_OWN_DATA": str(path),
            "COURSE_OWN_TEXT": "entry",
            "COURSE_OWN_LABEL": "house",
            "COURSE_OWN_GROUP": "guest",
        },
    )
    assert run.error is None, run.error
    printed = "".join(o.get("text", "") for c in run.notebook.cells for o in c.get("outputs", []))
    assert "90 rows in 18 groups" in printed and "Hilltop Inn" in printed


def course_test(path):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, *suite.command([f"--rootdir={path.parent}", str(path)], REPOSITORY)],
        cwd=REPOSITORY,
        env=suite.variables(),
        capture_output=True,
        text=True,
    )


def test_a_recipe_is_compared_with_its_stored_figures(recipe):
    refreshing.rewrite(recipe.path, recipe)
    done = course_test(recipe.path)
    assert done.returncode == 0, done.stdout
    assert "5 passed" in done.stdout
    book = nbformat.read(recipe.path, as_version=4)
    (output,) = next(c for c in book.cells if c.id == "task").outputs
    assert "0.895" in output.text
    output.text = output.text.replace("0.895", "0.985")
    write(book, recipe.path)
    done = course_test(recipe.path)
    assert done.returncode == 1 and "1 failed" in done.stdout

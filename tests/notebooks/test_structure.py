"""Lessons have the form of CONTRIBUTING.md, and each rule of the form can fail."""

import copy
import tomllib
from pathlib import Path

import nbformat
import pytest

from helpers.errors import CourseError
from helpers.files import NOTEBOOKS, REPOSITORY, relative
from helpers.lessons import cells, structure
from helpers.lessons.catalog import find, lessons, templates
from helpers.lessons.notebook import read, stub

TEMPLATE_SOLUTIONS, TEMPLATE = templates()


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_lesson_has_the_form(lesson):
    assert structure.lesson_problems(lesson) == []


def test_template_has_the_form():
    notebook = read(TEMPLATE)
    assert structure.notebook_problems(TEMPLATE, notebook) == []
    assert structure.form_problems(TEMPLATE, notebook) == []
    solutions = read(TEMPLATE_SOLUTIONS)
    assert structure.notebook_problems(TEMPLATE_SOLUTIONS, solutions) == []
    assert structure.exercise_problems(TEMPLATE, notebook, TEMPLATE_SOLUTIONS, solutions) == []


def test_readme_table_is_the_generated_one():
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert cells.readme_table() in text


def test_notebooks_are_listed():
    listed = {path for lesson in lessons() for path in (lesson.path, lesson.solutions)} | set(templates())
    present = {path for path in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts}  # JupyterLab's copies
    assert present - listed == set()


@pytest.fixture
def good():
    """A full lesson that has the form, to be spoilt one way at a time."""
    return find("05"), read(find("05").path)


def cell(notebook, **wanted):
    return next(c for c in notebook.cells if all(c.get(name) == value for name, value in wanted.items()))


SPOILERS = {
    "never executed": lambda nb: cell(nb, id="setup").update(execution_count=None),
    "executed as number": lambda nb: cell(nb, id="setup").update(execution_count=7),
    "holds an error": lambda nb: cell(nb, id="setup").outputs.append(
        nbformat.v4.new_output("error", ename="ValueError", evalue="x", traceback=[])
    ),
    "on stderr": lambda nb: cell(nb, id="setup").outputs.append(nbformat.v4.new_output("stream", name="stderr", text="W")),
    "lines of code": lambda nb: cell(nb, id="setup").update(source="x = 1\n" * 40),
    "failure goes unnoticed": lambda nb: cell(nb, id="setup").update(source="!pip install x"),
    "path of a machine": lambda nb: cell(nb, id="setup").update(source="open('/home/me/x')"),
    "output holds a path": lambda nb: cell(nb, id="setup").outputs.append(
        nbformat.v4.new_output("stream", name="stdout", text="/root/x")
    ),
    "leads nowhere": lambda nb: nb.cells.append(nbformat.v4.new_markdown_cell("[x](no_such_file.ipynb)")),
    "stands twice": lambda nb: nb.cells.append(copy.deepcopy(nb.cells[0])),
}


@pytest.mark.parametrize("complaint", SPOILERS)
def test_a_spoilt_notebook_is_refused(good, complaint):
    lesson, notebook = good
    SPOILERS[complaint](notebook)
    assert any(complaint in problem for problem in structure.notebook_problems(lesson.path, notebook))


def test_a_figure_without_alt_text_is_refused(good):
    lesson, notebook = good
    output = next(o for c in notebook.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {}))
    output.metadata["image/png"]["alt"] = " "
    assert any("alt text" in problem for problem in structure.notebook_problems(lesson.path, notebook))


FORM_SPOILERS = {
    **{
        f"'## {name}'": lambda nb, name=name: [c.update(source=c.source.replace(f"## {name}", "## X")) for c in nb.cells]
        for name in structure.SECTIONS
    },
    "words of prose": lambda nb: [c.update(source=c.source[:80]) for c in nb.cells if c.cell_type == "markdown"],
    "figures; at least": lambda nb: [c.update(outputs=[]) for c in nb.cells if c.cell_type == "code" and c.id != "setup"],
    "tagged nbval-check-output": lambda nb: [c.metadata.pop("tags", None) for c in nb.cells],
    "tagged 'claim'": lambda nb: [c.update(source="pass") for c in nb.cells if "claim" in c.metadata.get("tags", [])],
    "exercises; at least": lambda nb: [c.metadata.pop("exercise", None) for c in nb.cells],
    "quiz questions": lambda nb: [c.update(source=c.source.replace("<details>", "")) for c in nb.cells],
    "something that works": lambda nb: [c.update(outputs=[]) for c in nb.cells[:9] if c.cell_type == "code"],
    "says nothing of 'rejoin'": lambda nb: [c.update(source=c.source.replace("rejoin", "x").replace("Rejoin", "x")) for c in nb.cells],
}


@pytest.mark.parametrize("complaint", FORM_SPOILERS)
def test_a_lesson_out_of_form_is_refused(good, complaint):
    lesson, notebook = good
    FORM_SPOILERS[complaint](notebook)
    assert any(complaint in problem for problem in structure.form_problems(lesson.path, notebook))


def test_exercises_that_drift_are_refused(good):
    lesson, notebook = good
    solutions = read(lesson.solutions)

    def problems():
        return " ".join(structure.exercise_problems(lesson.path, notebook, lesson.solutions, solutions))

    assert problems() == ""
    task = next(c for c in notebook.cells if c.metadata.get("exercise"))
    task.source += "\nanswer = 42"
    assert "is not the one its solution gives" in problems()
    refused = next(c for c in notebook.cells if c.source.startswith('check("'))
    refused.outputs = [nbformat.v4.new_output("stream", name="stdout", text="Exercise: solved.")]
    assert "not yet" in problems()


def test_stub_is_made_from_the_solution():
    solution = "def f(x):\n    # BEGIN SOLUTION\n    y = x\n    return y\n    # END SOLUTION\n"
    assert stub(solution) == "def f(x):\n    ...  # your code here\n"
    assert stub("# BEGIN SOLUTION\n# STUB: y = None  # here\ny = 3\n# END SOLUTION") == "y = None  # here"
    with pytest.raises(CourseError, match="BEGIN SOLUTION"):
        stub("y = 3")


UNSTABLE = tomllib.loads((Path(__file__).parent / "unstable.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [p for lesson in lessons() for p in (lesson.path, lesson.solutions)], ids=relative)
def test_every_printing_cell_is_compared_or_listed_with_its_reason(path):
    """What is printed and not compared stands in tests/notebooks/unstable.toml, and nothing else does."""
    printing = {
        cell.id
        for cell in read(path).cells
        if cell.cell_type == "code" and cell.id != "setup" and "nbval-check-output" not in cell.metadata.get("tags", [])
        for output in cell.outputs
        if "image/png" not in output.get("data", {})
    }
    listed = UNSTABLE.get(relative(path.with_suffix("")).removeprefix("notebooks/"), {})
    assert printing == listed.keys()
    assert all(len(reason.split()) >= 3 for reason in listed.values())

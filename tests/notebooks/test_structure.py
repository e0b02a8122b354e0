"""Lessons and recipes have the form of CONTRIBUTING.md, and each rule of the form can fail."""

import copy
import datetime
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from helpers import catalog
from helpers.catalog import Recipe, entries, find, lessons, notebooks, recipes, templates
from helpers.errors import CourseError
from helpers.files import NOTEBOOKS, REPOSITORY, relative
from helpers.lessons import cells
from helpers.lessons.notebook import read, stub
from tests.notebooks import structure

TEMPLATE_SOLUTIONS, TEMPLATE, RECIPE_TEMPLATE = templates()
EXCEPTIONS = tomllib.loads((Path(__file__).parent / "exceptions.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_lesson_has_the_form(lesson):
    assert structure.lesson_problems(lesson) == []


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_lesson_is_lean_or_a_listed_exception_that_is_needed(lesson):
    problems = structure.lean_problems(lesson.path, read(lesson.path), lesson.welcome)
    assert bool(problems) == (lesson.name in EXCEPTIONS), problems or "delete its exception"


def test_exceptions_are_dated_and_name_lessons():
    assert EXCEPTIONS.keys() <= {lesson.name for lesson in lessons()}
    for row in EXCEPTIONS.values():
        assert type(row["since"]) is datetime.date and row["reason"] == "until its rewrite"


def test_recipes_have_the_form():
    assert [problem for recipe in recipes() for problem in structure.recipe_problems(recipe)] == []


def test_templates_have_the_form():
    notebook, solutions, recipe = map(read, (TEMPLATE, TEMPLATE_SOLUTIONS, RECIPE_TEMPLATE))
    assert structure.form_problems(TEMPLATE, notebook) == []
    assert structure.lean_problems(TEMPLATE, notebook) == []
    assert structure.exercise_problems(TEMPLATE, notebook, TEMPLATE_SOLUTIONS, solutions) == []
    assert structure.recipe_form_problems(RECIPE_TEMPLATE, recipe) == []
    for path, book in zip(templates(), (solutions, notebook, recipe), strict=True):
        assert structure.notebook_problems(path, book) == []
        assert structure.generated_problems(path, None, book) == []
        assert structure.budget_problems(path, None, book) == []


def test_readme_tables_are_the_generated_ones():
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert cells.readme_table() in text
    assert cells.readme_recipes() in text


def test_notebooks_are_listed():
    listed = {path for path, _ in notebooks()}
    there = {p for p in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts}
    assert there == listed  # JupyterLab's copies aside


def test_every_row_has_its_notebook():
    assert [entry.name for entry in entries() if not entry.path.exists()] == []


@pytest.fixture
def good():
    """A full lesson that has the form, to be spoilt one way at a time."""
    return find("05"), read(find("05").path)


def cell(notebook, **wanted):
    return next(
        c for c in notebook.cells if all(c.get(name) == value for name, value in wanted.items())
    )


SPOILERS = {
    "never executed": lambda nb: cell(nb, id="setup").update(execution_count=None),
    "executed as number": lambda nb: cell(nb, id="setup").update(execution_count=7),
    "holds an error": lambda nb: cell(nb, id="setup").outputs.append(
        nbformat.v4.new_output("error", ename="ValueError", evalue="x", traceback=[])
    ),
    "on stderr": lambda nb: cell(nb, id="setup").outputs.append(
        nbformat.v4.new_output("stream", name="stderr", text="W")
    ),
    "lines of code": lambda nb: cell(nb, id="setup").update(source="x = 1\n" * 40),
    "failure goes unnoticed": lambda nb: cell(nb, id="setup").update(source="!pip install x"),
    "path of a machine": lambda nb: cell(nb, id="setup").update(source="open('/home/me/x')"),
    "output holds a path": lambda nb: cell(nb, id="setup").outputs.append(
        nbformat.v4.new_output("stream", name="stdout", text="/root/x")
    ),
    "leads nowhere": lambda nb: nb.cells.append(
        nbformat.v4.new_markdown_cell("[x](no_such_file.ipynb)")
    ),
    "stands twice": lambda nb: nb.cells.append(copy.deepcopy(nb.cells[0])),
}


@pytest.mark.parametrize("complaint", SPOILERS)
def test_a_spoilt_notebook_is_refused(good, complaint):
    lesson, notebook = good
    SPOILERS[complaint](notebook)
    assert any(
        complaint in problem for problem in structure.notebook_problems(lesson.path, notebook)
    )


def test_a_figure_without_alt_text_is_refused(good):
    lesson, notebook = good
    output = next(
        o for c in notebook.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})
    )
    output.metadata["image/png"]["alt"] = " "
    assert any(
        "alt text" in problem for problem in structure.notebook_problems(lesson.path, notebook)
    )


def drop_tags(notebook):
    for each in notebook.cells:
        each.metadata.pop("tags", None)


def in_prose(notebook, old, new):
    for each in notebook.cells:
        if each.cell_type == "markdown":
            each.source = each.source.replace(old, new)


def in_code(notebook, old, new):
    for each in notebook.cells:
        if each.cell_type == "code":
            each.source = each.source.replace(old, new)


def no_outputs(notebook, among=slice(None)):
    for each in notebook.cells[among]:
        if each.cell_type == "code" and each.id != "setup":
            each.outputs = []


FORM_SPOILERS = {
    **{
        f"'## {name}'": lambda nb, name=name: in_prose(nb, f"## {name}", "## X")
        for name in structure.SECTIONS
    },
    "words of prose; at least 900": lambda nb: [
        c.update(source=c.source[:80]) for c in nb.cells if c.cell_type == "markdown"
    ],
    "figures; at least 2": no_outputs,
    "tagged nbval-check-output": drop_tags,
    "tagged 'claim'": lambda nb: [
        c.update(source="pass") for c in nb.cells if "claim" in c.metadata.get("tags", [])
    ],
    "exercises; at least": lambda nb: [c.metadata.pop("exercise", None) for c in nb.cells],
    "quiz questions": lambda nb: in_prose(nb, "<details>", ""),
    "something that works": lambda nb: no_outputs(nb, slice(9)),
    "says nothing of 'rejoin'": lambda nb: in_prose(nb, "ejoin", "x"),
    "says nothing of 'minutes'": lambda nb: in_prose(nb, "inutes", "x"),
    "says nothing of 'stuck'": lambda nb: in_prose(nb, "tuck", "x"),
}


@pytest.mark.parametrize("complaint", FORM_SPOILERS)
def test_a_lesson_out_of_form_is_refused(good, complaint):
    lesson, notebook = good
    FORM_SPOILERS[complaint](notebook)
    problems = structure.form_problems(lesson.path, notebook)
    assert any(complaint in problem for problem in problems)


@pytest.mark.parametrize(
    "claim", ["assert low > 0", "claim(low > 0, 'x')", "helpers.claim(1, 'x')"]
)
def test_a_claim_is_an_assert_or_a_call(good, claim):
    lesson, notebook = good
    place = next(c for c in notebook.cells if "claim" in c.metadata.get("tags", []))
    place.source = f"low = 1\n{claim}"
    assert structure.form_problems(lesson.path, notebook) == []
    place.source = f"low = 1\n# {claim}"
    assert any("'claim'" in problem for problem in structure.form_problems(lesson.path, notebook))


def add_code(notebook, *sources):
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in sources]


def add_words(notebook, count):
    notebook.cells.append(nbformat.v4.new_markdown_cell("word " * count))


def plain_answer(notebook):
    """The answer is printed, and the table is typed."""
    for each in notebook.cells:
        if each.id in ("answer", "claim"):
            each.outputs = [nbformat.v4.new_output("stream", text="a  1\nb  2\n")]
        if each.id == "answer-read":
            each.source += "\n\n| a | b |\n|---|---|\n| 1 | 2 |"


LEAN_SPOILERS = {
    "60 code cells; at most 40": lambda nb: add_code(nb, *["x"] * 41),
    "lines of code; at most 350": lambda nb: add_code(nb, *["x\n" * 25] * 10),
    "words of prose; at most 2200": lambda nb: add_words(nb, 1500),
    "101 columns; at most 100": lambda nb: add_code(nb, "#" * 101),
    "no section '## The answer'": lambda nb: in_prose(nb, "## The answer", "## An answer"),
    "shows a table": plain_answer,
    "asks is_stand_in": lambda nb: in_code(nb, "claim(", "helpers.is_stand_in("),
}


@pytest.mark.parametrize("complaint", LEAN_SPOILERS)
def test_a_lesson_that_is_not_lean_is_refused(complaint):
    notebook = read(TEMPLATE)
    LEAN_SPOILERS[complaint](notebook)
    assert any(complaint in problem for problem in structure.lean_problems(TEMPLATE, notebook))


def test_what_just_fits_is_lean():
    notebook = read(TEMPLATE)
    count = structure.size(notebook)
    add_code(notebook, "#" * 100, *["x"] * (40 - count["code cells"] - 2))
    add_code(notebook, "x\n" * (350 - structure.size(notebook)["lines of code"] - 1) + "x")
    add_words(notebook, 2200 - count["words of prose"])
    assert structure.size(notebook) == structure.LESSON_SIZE
    assert structure.lean_problems(TEMPLATE, notebook) == []


def test_the_setup_cell_may_be_wide_and_a_welcome_is_half_as_long():
    notebook = read(TEMPLATE)
    cell(notebook, id="setup").source = "#" * 120
    assert structure.lean_problems(TEMPLATE, notebook) == []
    (problem,) = structure.lean_problems(TEMPLATE, notebook, welcome=True)
    assert "words of prose; at most 1100" in problem


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        ({"text/html": "<table><thead><tr><th></th></tr></thead><tbody>\n<tr>\n<th>a</th>"}, 1),
        ({"text/markdown": "| a |\n|---|\n| 1 |\n| 2 |"}, 2),
        ({"text/html": "<b>bold</b>", "text/plain": "a  1"}, 0),
        ({"text/markdown": "| a |\n| b |\n| c |"}, 0),
    ],
)
def test_a_table_is_html_or_markdown_with_rows(data, rows):
    shown = nbformat.v4.new_code_cell("x")
    shown.outputs = [nbformat.v4.new_output("display_data", data=data)]
    assert structure.table_rows(shown) == rows


def form_section(notebook, name, **changes):
    """Change every code cell of a section."""
    for each in structure.by_section(notebook)[name]:
        each.update(**changes)


RECIPE_SPOILERS = {
    "20 code cells; at most 15": lambda nb: add_code(nb, *["x"] * 15),
    "lines of code; at most 150": lambda nb: add_code(nb, *["x\n" * 25] * 5),
    "words of prose; at most 700": lambda nb: add_words(nb, 600),
    "101 columns": lambda nb: add_code(nb, "#" * 101),
    **{
        f"no section '## {name}'": lambda nb, name=name: in_prose(nb, f"## {name}", "## X")
        for name in structure.RECIPE_SECTIONS
    },
    "has exercises": lambda nb: nb.cells[3].metadata.update(exercise="14.1"),
    "a quiz or teachers' notes": lambda nb: in_prose(nb, "## A limit", "## A limit\n## Quiz"),
    "the first cell after set-up shows nothing": lambda nb: no_outputs(nb, slice(5)),
    "neither a figure nor a table": lambda nb: form_section(nb, "The result", outputs=[]),
    "'A limit' measures nothing": lambda nb: form_section(nb, "A limit", outputs=[]),
    "'On your data' is not one cell": lambda nb: add_code(nb, "x"),
    "reads the path in COURSE_OWN_DATA": lambda nb: in_code(nb, "COURSE_OWN_DATA", "DATA"),
    "no cell is tagged nbval-check-output": drop_tags,
    "asks is_stand_in": lambda nb: add_code(nb, "helpers.is_stand_in(model.config)"),
    "no Python script": lambda nb: add_code(nb, "%time x"),
    "uses display": lambda nb: add_code(nb, "display(1)"),
    "uses get_ipython": lambda nb: add_code(nb, "get_ipython()"),
}


@pytest.mark.parametrize("complaint", RECIPE_SPOILERS)
def test_a_recipe_out_of_form_is_refused(complaint):
    notebook = read(RECIPE_TEMPLATE)
    RECIPE_SPOILERS[complaint](notebook)
    problems = structure.recipe_form_problems(RECIPE_TEMPLATE, notebook)
    assert any(complaint in problem for problem in problems)


def test_a_table_without_a_rival_is_no_result():
    notebook = read(RECIPE_TEMPLATE)
    data = {"text/html": "<table><tbody><tr><th>ours</th></tr></tbody></table>"}
    output = nbformat.v4.new_output("display_data", data=data)
    form_section(notebook, "The result", outputs=[output])
    problems = structure.recipe_form_problems(RECIPE_TEMPLATE, notebook)
    assert any("a row for its rival" in problem for problem in problems)


def test_display_may_be_imported():
    notebook = read(RECIPE_TEMPLATE)
    cell(notebook, id="task").source += "\nfrom IPython.display import display\ndisplay(1)"
    assert structure.recipe_form_problems(RECIPE_TEMPLATE, notebook) == []


def test_the_cells_of_a_recipe_are_a_script(tmp_path):
    """The template, copied into a script, runs outside Jupyter."""
    notebook = read(RECIPE_TEMPLATE)
    script = tmp_path / "recipe.py"
    code = [c.source for c in notebook.cells if c.cell_type == "code"]
    script.write_text("\n\n".join(code), encoding="utf-8")
    command = [sys.executable, str(script)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    printed = "".join(o.get("text", "") for c in notebook.cells for o in c.get("outputs", []))
    assert done.stdout == printed


GENERATED_SPOILERS = {
    "the header cell is not the generated one": lambda nb: cell(nb, id="header").update(
        source=cell(nb, id="header").source.replace("Time", "Duration")
    ),
    "the setup cell is not the generated one": lambda nb: in_code(nb, "helpers.start", "start"),
    "cell 1 is not the header cell": lambda nb: cell(nb, id="header").update(id="title"),
    "cell 2 is not the setup cell": lambda nb: nb.cells.insert(1, nbformat.v4.new_code_cell("x")),
}


@pytest.mark.parametrize("complaint", GENERATED_SPOILERS)
def test_an_edited_header_or_setup_cell_is_refused(good, complaint):
    lesson, notebook = good
    assert structure.generated_problems(lesson.path, lesson, notebook) == []
    GENERATED_SPOILERS[complaint](notebook)
    problems = structure.generated_problems(lesson.path, lesson, notebook)
    assert any(complaint in problem for problem in problems)


def test_an_edited_setup_cell_of_solutions_and_templates_is_refused(good):
    for path, row in ((good[0].solutions, good[0]), (TEMPLATE, None), (RECIPE_TEMPLATE, None)):
        notebook = read(path)
        cell(notebook, id="header").source = "# By hand"
        assert structure.generated_problems(path, row, notebook) == []
        cell(notebook, id="setup").source += "\n"
        assert structure.generated_problems(path, row, notebook) != []


RECIPE = Recipe("14", "mmr", "Passages that differ", "Pick passages that do not repeat each other.")


@pytest.mark.parametrize(
    ("row", "figures", "complaint"),
    [
        ("lesson", {}, "no measured figures"),
        ("lesson", {"seconds": 121}, "ran 121 s; from 2 to 120"),
        ("lesson", {"seconds": 1}, "ran 1 s"),
        ("lesson", {"peak_memory_mb": 3001}, "took 3001 MB; at most 3000"),
        ("solutions", {"seconds": 21}, "ran 21 s; from 2 to 20"),
        ("recipe", {"seconds": 46}, "ran 46 s; from 2 to 45"),
        ("recipe", {"peak_memory_mb": 3001}, "took 3001 MB"),
        ("trains_llm", {"peak_memory_mb": 4001}, "took 4001 MB; at most 4000"),
    ],
)
def test_each_budget_is_kept(row, figures, complaint):
    lesson = find("05")
    path, entry = {
        "lesson": (lesson.path, lesson),
        "solutions": (lesson.solutions, lesson),
        "recipe": (RECIPE.path, RECIPE),
        "trains_llm": (lesson.path, replace(lesson, trains_llm=True)),
    }[row]
    notebook = nbformat.v4.new_notebook()
    most = {"lesson": 120, "solutions": 20, "recipe": 30, "trains_llm": 120}[row]
    memory = 4000 if row == "trains_llm" else 3000
    notebook.metadata["course"] = {"seconds": most, "peak_memory_mb": memory}
    assert structure.budget_problems(path, entry, notebook) == []
    notebook.metadata["course"] = figures and {**notebook.metadata["course"], **figures}
    problems = structure.budget_problems(path, entry, notebook)
    assert len(problems) == 1 and complaint in problems[0]


def test_exercises_that_drift_are_refused(good):
    lesson, notebook = good
    solutions = read(lesson.solutions)

    def problems():
        return " ".join(
            structure.exercise_problems(lesson.path, notebook, lesson.solutions, solutions)
        )

    assert problems() == ""
    task = next(c for c in notebook.cells if c.metadata.get("exercise"))
    task.source += "\nanswer = 42"
    assert "is not the one its solution gives" in problems()
    refused = next(c for c in notebook.cells if c.source.startswith('check("'))
    refused.outputs = [nbformat.v4.new_output("stream", name="stdout", text="Exercise: solved.")]
    assert "not yet" in problems()
    refused.metadata["tags"] = []
    assert "lacks the tag nbval-check-output" in problems()
    refused.source = "pass"
    assert "no cell that starts with check(" in problems()
    del answers_of(solutions).metadata["exercise"]
    assert "has no solution" in problems()


def answers_of(solutions):
    return next(c for c in solutions.cells if c.metadata.get("exercise"))


def test_stub_is_made_from_the_solution():
    solution = "def f(x):\n    # BEGIN SOLUTION\n    y = x\n    return y\n    # END SOLUTION\n"
    assert stub(solution) == "def f(x):\n    ...  # your code here\n"
    assert (
        stub("# BEGIN SOLUTION\n# STUB: y = None  # here\ny = 3\n# END SOLUTION")
        == "y = None  # here"
    )
    with pytest.raises(CourseError, match="BEGIN SOLUTION"):
        stub("y = 3")


UNSTABLE = tomllib.loads((Path(__file__).parent / "unstable.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [path for path, entry in notebooks() if entry], ids=relative)
def test_every_printing_cell_is_compared_or_listed_with_its_reason(path):
    """What is printed and not compared stands in unstable.toml, and nothing else does."""
    printing = {
        cell.id
        for cell in structure.code_cells(read(path))
        if cell.id != "setup" and "nbval-check-output" not in cell.metadata.get("tags", [])
        for output in cell.outputs
        if "image/png" not in output.get("data", {})
    }
    listed = UNSTABLE.get(relative(path.with_suffix("")).removeprefix("notebooks/"), {})
    assert printing == listed.keys()
    assert all(len(reason.split()) >= 3 for reason in listed.values())


# The catalogue

TABLE = """
[[lesson]]
number = "14"
slug = "rag"
title = "Retrieval"
question = "Which passages?"
level = "intermediate"
prerequisites = []
outcomes = []
extras = ["rag", "serving"]
models = ["llm"]

[[recipe]]
number = "14"
slug = "mmr"
title = "Passages that differ"
task = "Pick passages that do not repeat each other."
"""


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Put another text in the place of lessons.toml."""
    monkeypatch.setattr(catalog, "TABLE", tmp_path / "lessons.toml")
    monkeypatch.setattr(catalog, "NOTEBOOKS", tmp_path)

    def write(text):
        catalog.TABLE.write_text(text, encoding="utf-8")

    write(TABLE)
    return write


def test_a_number_means_the_lesson_and_a_full_name_the_recipe(table):
    assert find("14") == find("14_rag") == find("rag") == lessons()[0]
    assert find("14_mmr") == find("14_mmr.ipynb") == recipes()[0] == RECIPE
    with pytest.raises(CourseError, match="Unknown lesson 'mmr'.*14_mmr"):
        find("mmr")


def test_a_recipe_has_one_notebook_in_a_folder_of_its_own(table, tmp_path):
    assert RECIPE.path == tmp_path / "recipes" / "14_mmr.ipynb"
    assert RECIPE.paths == []
    RECIPE.path.parent.mkdir()
    RECIPE.path.touch()
    assert RECIPE.paths == [RECIPE.path]
    assert [path for path, entry in notebooks() if entry == RECIPE] == [RECIPE.path]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("title", "titel"), "missing or unknown key"),
        (('"serving"', '"servign"'), "Unknown extra of 14_rag.*'servign'. Did you mean 'serving'"),
        (('"serving"', '"test"'), "Unknown extra of 14_rag.*'test'"),
        (('"llm"', '"lm"'), "Unknown model of 14_rag.*'lm'"),
        (('slug = "mmr"', 'slug = "rag"'), "two rows called '14_rag'"),
    ],
)
def test_a_wrong_row_is_refused(table, change, complaint):
    table(TABLE.replace(*change))
    with pytest.raises(CourseError, match=complaint):
        entries()


def test_what_is_generated_for_a_recipe(table, tmp_path):
    header = cells.header_text(RECIPE, 12, 800)
    assert header.splitlines()[:3] == ["# Recipe · Passages that differ", "", f"**{RECIPE.task}**"]
    assert "Belongs to [14 · Retrieval](../14_rag.ipynb) · 12 s" in header and "800 MB" in header
    assert 'helpers.start("14_mmr")' in cells.setup_source(RECIPE)
    assert "[colab]" in cells.setup_source(RECIPE)
    listed = cells.readme_recipes()
    assert "| [Passages that differ](" in listed and f"| {RECIPE.task} | 14 | – | – |" in listed
    table(TABLE.partition("[[recipe]]")[0])
    assert cells.readme_recipes() == f"{cells.RECIPES_BEGIN}\n{cells.RECIPES_END}"
    table("[[recipe]]" + TABLE.partition("[[recipe]]")[2])
    assert "Belongs to lesson 14 · " in cells.header_text(RECIPE, None, None)


def test_the_tag_is_that_of_the_version():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    assert catalog.pinned_tag() == f"v{project['project']['version']}"

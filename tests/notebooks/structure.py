"""The form of a lesson and of a recipe, checked.

Every rule returns sentences on what is wrong, none when all is well.
"""

import ast
import re
from pathlib import Path
from urllib.parse import unquote

from nbformat import NotebookNode

from helpers.catalog import Entry, Lesson, Recipe
from helpers.files import relative
from helpers.lessons import cells
from helpers.lessons.notebook import exercises, measured, read, stub, tags

ANSWER = "The answer"
SECTIONS = (
    "Where it breaks",
    "Scale it up",
    "Your own data",
    "Exercises",
    "Quiz",
    "For teachers",
)
RECIPE_SECTIONS = ("The result", "A limit", "On your data")
MAX_CELL_LINES = 30
MIN_WORDS, MIN_FIGURES, MIN_CHECKED, MIN_EXERCISES, MIN_QUESTIONS = 900, 2, 3, 3, 3
# A recipe should take 30 s on quiet cores; half as much again is room for a slow machine.
MAX_SECONDS, MAX_SOLUTION_SECONDS, MAX_RECIPE_SECONDS = 120, 20, 45
MAX_MEMORY_MB, MAX_MEMORY_TRAINING_LLM_MB = 3000, 4000
# A run shorter than this executed nothing worth the name.
MIN_SECONDS = 2
# What one sitting holds: code cells and their lines (blank ones included), words of prose.
LESSON_SIZE = {"code cells": 40, "lines of code": 350, "words of prose": 2200}
WELCOME_SIZE = {name: most // 2 for name, most in LESSON_SIZE.items()}
RECIPE_SIZE = {"code cells": 15, "lines of code": 150, "words of prose": 700}
MAX_COLUMNS = 100
MACHINE_PATH = re.compile(
    r"(?:(?<![\w.])/(?:home|root|Users|tmp|work|content|mnt|opt|usr)/[\w.-]+|[A-Za-z]:\\\\?Users)"
)
UNCHECKED_COMMAND = re.compile(r"(?m)^\s*(?:!|%%bash|%%sh|os\.system\(|%pip|%conda)")
CLAIM = re.compile(r"(?m)^\s*(?:assert |(?:helpers\.)?claim\()")


def lesson_problems(lesson: Lesson) -> list[str]:
    """Return what keeps ``lesson`` and its solutions from the form in CONTRIBUTING.md.

    What ``lean_problems`` finds is not part of it.
    """
    notebook = read(lesson.path)
    found = notebook_problems(lesson.path, notebook)
    found += generated_problems(lesson.path, lesson, notebook)
    if not lesson.welcome:
        found += form_problems(lesson.path, notebook)
    if lesson.solutions.exists():
        solutions = read(lesson.solutions)
        found += notebook_problems(lesson.solutions, solutions)
        found += generated_problems(lesson.solutions, lesson, solutions)
        found += budget_problems(lesson.solutions, lesson, solutions)
        found += exercise_problems(lesson.path, notebook, lesson.solutions, solutions)
    elif exercises(notebook):
        found.append(f"{relative(lesson.path)}: has exercises but no {relative(lesson.solutions)}")
    return found + budget_problems(lesson.path, lesson, notebook)


def recipe_problems(recipe: Recipe) -> list[str]:
    """Return what keeps ``recipe`` from the form in CONTRIBUTING.md."""
    notebook = read(recipe.path)
    return [
        *notebook_problems(recipe.path, notebook),
        *generated_problems(recipe.path, recipe, notebook),
        *recipe_form_problems(recipe.path, notebook),
        *budget_problems(recipe.path, recipe, notebook),
    ]


def notebook_problems(path: Path, notebook: NotebookNode) -> list[str]:
    """Return what is wrong with any committed notebook: execution, outputs, links, paths, cells."""
    found = []
    expected = 0
    for cell in notebook.cells:
        place = f"cell {cell.id!r}"
        if cell.cell_type == "markdown":
            found += [f"{place}: {problem}" for problem in links(path, cell.source)]
        if MACHINE_PATH.search(cell.source):
            found.append(f"{place}: a path of a machine: {MACHINE_PATH.search(cell.source)[0]}")
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        expected += 1
        if cell.execution_count is None:
            found.append(f"{place}: was never executed")
        elif cell.execution_count != expected:
            found.append(
                f"{place}: executed as number {cell.execution_count}, stands as number {expected}"
            )
        lines = cell.source.count("\n") + 1
        if lines > MAX_CELL_LINES:
            found.append(f"{place}: {lines} lines of code; at most {MAX_CELL_LINES}")
        if UNCHECKED_COMMAND.search(cell.source):
            found.append(
                f"{place}: a shell command whose failure goes unnoticed; "
                "use subprocess.run(..., check=True)"
            )
        found += [f"{place}: {problem}" for problem in _outputs(cell)]
    ids = [cell.id for cell in notebook.cells]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    found += [f"cell id {name!r} stands twice" for name in twice]
    return [f"{relative(path)}: {problem}" for problem in found]


def form_problems(path: Path, notebook: NotebookNode) -> list[str]:
    """Return what a full lesson lacks: sections, words, figures, claim, compared cells and more."""
    text = prose(notebook)
    sections = by_section(notebook)
    found = [f"no section '## {name}'" for name in SECTIONS if name not in sections]
    words = size(notebook)["words of prose"]
    if words < MIN_WORDS:
        found.append(f"{words} words of prose; at least {MIN_WORDS}")
    code = code_cells(notebook)
    figures = sum(map(_figures, code))
    if figures < MIN_FIGURES:
        found.append(f"{figures} figures; at least {MIN_FIGURES}")
    checked = sum(
        "nbval-check-output" in tags(cell) for cell in code if not cell.source.startswith("check(")
    )
    if checked < MIN_CHECKED:
        found.append(
            f"{checked} cells tagged nbval-check-output beside the exercises; "
            f"at least {MIN_CHECKED}"
        )
    if not any("claim" in tags(cell) and CLAIM.search(cell.source) for cell in code):
        found.append("no cell tagged 'claim' with an assert or a call of claim")
    if len(exercises(notebook)) < MIN_EXERCISES:
        found.append(f"{len(exercises(notebook))} exercises; at least {MIN_EXERCISES}")
    questions = text.count("<details>")
    if questions < MIN_QUESTIONS or questions != text.count("</details>"):
        found.append(f"{questions} quiz questions with a folded answer; at least {MIN_QUESTIONS}")
    shown = [
        position
        for position, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and cell.id != "setup" and cell.outputs
    ]
    first_result = shown[0] if shown else None
    if first_result is None or first_result > 6:
        found.append("no result within the first cells; a lesson starts with something that works")
    teachers = text.partition("## For teachers")[2].lower()
    for word in ("minutes", "stuck", "rejoin"):
        if word not in teachers:
            found.append(f"'For teachers' says nothing of {word!r}")
    return [f"{relative(path)}: {problem}" for problem in found]


def lean_problems(path: Path, notebook: NotebookNode, welcome: bool = False) -> list[str]:
    """Return where a lesson is too large to read in one sitting, or does not answer its question.

    Lessons that were written before these rules are listed, with a date, in
    tests/notebooks/exceptions.toml.
    """
    found = size_problems(notebook, WELCOME_SIZE if welcome else LESSON_SIZE)
    if not welcome:
        answer = by_section(notebook).get(ANSWER)
        if answer is None:
            found.append(f"no section '## {ANSWER}'")
        elif not any(table_rows(cell) for cell in answer):
            found.append(f"no cell of '{ANSWER}' shows a table; end one with a DataFrame")
    for cell in code_cells(notebook):
        if "is_stand_in" in cell.source:
            found.append(f"cell {cell.id!r}: asks is_stand_in; claim(condition, text, model) does")
    return [f"{relative(path)}: {problem}" for problem in found]


def recipe_form_problems(path: Path, notebook: NotebookNode) -> list[str]:
    """Return what a recipe lacks: its sections, size, result with a rival, measured limit."""
    found = size_problems(notebook, RECIPE_SIZE)
    sections = by_section(notebook)
    found += [f"no section '## {name}'" for name in RECIPE_SECTIONS if name not in sections]
    found += [
        f"has {extra}, which belong into its lesson"
        for extra, there in (
            ("exercises", exercises(notebook)),
            ("a quiz or teachers' notes", {"Quiz", "For teachers"} & sections.keys()),
        )
        if there
    ]
    code = code_cells(notebook)
    if len(code) < 2 or not code[1].outputs:
        found.append("the first cell after set-up shows nothing; it already does the task")
    result = sections.get("The result", [])
    if not any(table_rows(cell) >= 2 or _figures(cell) for cell in result):
        found.append("'The result' shows neither a figure nor a table with a row for its rival")
    if "A limit" in sections and not any(cell.outputs for cell in sections["A limit"]):
        found.append("'A limit' measures nothing")
    own = sections.get("On your data", [])
    if "On your data" in sections and (len(own) != 1 or "COURSE_OWN_DATA" not in own[0].source):
        found.append("'On your data' is not one cell that reads the path in COURSE_OWN_DATA")
    if not any("nbval-check-output" in tags(cell) for cell in code):
        found.append("no cell is tagged nbval-check-output")
    for cell in code:
        if "is_stand_in" in cell.source:
            found.append(f"cell {cell.id!r}: asks is_stand_in; claim(condition, text, model) does")
    return [f"{relative(path)}: {problem}" for problem in found + _script_problems(code)]


def size_problems(notebook: NotebookNode, most: dict[str, int]) -> list[str]:
    """Return where a notebook has more cells, lines or words than ``most``, or lines too wide."""
    found = [
        f"{count} {what}; at most {most[what]}"
        for what, count in size(notebook).items()
        if count > most[what]
    ]
    for cell in code_cells(notebook):
        widest = max(map(len, cell.source.split("\n")))
        if widest > MAX_COLUMNS and cell.id != "setup":
            found.append(f"cell {cell.id!r}: {widest} columns; at most {MAX_COLUMNS}")
    return found


def exercise_problems(
    path: Path, notebook: NotebookNode, solutions_path: Path, solutions: NotebookNode
) -> list[str]:
    """Return where stubs and solutions drifted apart, stubs not refused, solutions not accepted."""
    tasks, answers = exercises(notebook), exercises(solutions)
    found = [
        f"{relative(path)}: exercise {name} has no solution"
        for name in tasks.keys() - answers.keys()
    ]
    found += [
        f"{relative(solutions_path)}: solves {name}, which the lesson lacks"
        for name in answers.keys() - tasks.keys()
    ]
    for name in sorted(tasks.keys() & answers.keys()):
        if tasks[name].source != stub(answers[name].source):
            found.append(
                f"{relative(path)}: the stub of {name} is not the one its solution gives; "
                f"run: course reset {name}"
            )
        for place, book, verdict in (
            (path, notebook, "not yet"),
            (solutions_path, solutions, "solved"),
        ):
            wanted = f"Exercise {name}: {verdict}."
            checks = [c for c in code_cells(book) if c.source.startswith(f'check("{name}"')]
            if not checks:
                found.append(f'{relative(place)}: no cell that starts with check("{name}"')
                continue
            printed = "".join(output.get("text", "") for cell in checks for output in cell.outputs)
            if wanted not in printed:
                found.append(
                    f"{relative(place)}: its check of {name} printed {printed[:80]!r}, "
                    f"not {wanted!r}"
                )
            if any("nbval-check-output" not in tags(cell) for cell in checks):
                found.append(
                    f"{relative(place)}: the check of {name} lacks the tag nbval-check-output"
                )
    return found


def generated_problems(path: Path, entry: Entry | None, notebook: NotebookNode) -> list[str]:
    """Return where header and set-up cell are not the generated ones.

    The header of a template (``entry`` is None) and of a solutions notebook is written by hand.
    """
    figures = measured(notebook)
    wanted = {"header": None, "setup": cells.setup_source(entry)}
    if entry and path != entry.solutions:
        wanted["header"] = cells.header_text(
            entry, figures.get("seconds"), figures.get("peak_memory_mb")
        )
    found = []
    for position, (name, source) in enumerate(wanted.items()):
        if len(notebook.cells) <= position or notebook.cells[position].id != name:
            found.append(f"cell {position + 1} is not the {name} cell")
        elif source is not None and notebook.cells[position].source != source:
            found.append(
                f"the {name} cell is not the generated one; run: course refresh --cells-only"
            )
    return [f"{relative(path)}: {problem}" for problem in found]


def budget_problems(path: Path, entry: Entry | None, notebook: NotebookNode) -> list[str]:
    """Return where the runner's figures of a notebook are missing or over its budget."""
    figures = measured(notebook)
    if not figures:
        return [f"{relative(path)}: has no measured figures; run make refresh"]
    most_seconds = MAX_SECONDS
    if entry and path == entry.solutions:
        most_seconds = MAX_SOLUTION_SECONDS
    if isinstance(entry, Recipe):
        most_seconds = MAX_RECIPE_SECONDS
    most_memory = MAX_MEMORY_TRAINING_LLM_MB if entry and entry.trains_llm else MAX_MEMORY_MB
    found = []
    if not MIN_SECONDS <= figures["seconds"] <= most_seconds:
        found.append(
            f"ran {figures['seconds']} s; from {MIN_SECONDS} to {most_seconds} s are allowed"
        )
    if figures["peak_memory_mb"] > most_memory:
        found.append(f"took {figures['peak_memory_mb']} MB; at most {most_memory}")
    return [f"{relative(path)}: {problem}" for problem in found]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells that hold something."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def prose(notebook: NotebookNode) -> str:
    """Return the text of the markdown cells, without the header."""
    return "\n".join(
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "markdown" and cell.id != "header"
    )


def size(notebook: NotebookNode) -> dict[str, int]:
    """Return how many code cells, lines of code (set-up included) and words of prose there are."""
    code = code_cells(notebook)
    text = re.sub(r"(?s)```.*?```", "", prose(notebook))
    return {
        "code cells": len(code),
        "lines of code": sum(cell.source.count("\n") + 1 for cell in code),
        "words of prose": len(re.findall(r"[A-Za-z][\w'’-]*", text)),
    }


def by_section(notebook: NotebookNode) -> dict[str, list[NotebookNode]]:
    """Return section (second-level heading) → its code cells."""
    found, current = {}, []
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.id != "header":
            for heading in re.findall(r"(?m)^## (.+?)\s*$", cell.source):
                current = found.setdefault(heading, [])
        elif cell.cell_type == "code" and cell.source.strip():
            current.append(cell)
    return found


def table_rows(cell: NotebookNode) -> int:
    """Return the rows of the tables that a code cell shows, heads not counted.

    A table is what a DataFrame at the end of a cell gives (HTML), or generated markdown.
    """
    rows = 0
    for output in cell.outputs:
        data = output.get("data", {})
        body = data.get("text/html", "").partition("<tbody")[2]
        rows += len(re.findall(r"<tr[^>]*>\s*<t[hd]", body))
        lines = re.findall(r"(?m)^\s*\|.*$", data.get("text/markdown", ""))
        if len(lines) > 2 and set(lines[1]) <= set(" |:-"):
            rows += len(lines) - 2
    return rows


def _figures(cell: NotebookNode) -> int:
    return sum("image/png" in output.get("data", {}) for output in cell.outputs)


def _script_problems(code: list[NotebookNode]) -> list[str]:
    """Return what keeps the cells, one after the other, from being a Python script."""
    source = "\n\n".join(cell.source for cell in code)
    try:
        names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    except SyntaxError as error:
        return [f"its cells are no Python script: {error.msg} ({(error.text or '').strip()!r})"]
    given = {"display": "from IPython.display import display", "get_ipython": None}
    return [
        f"uses {name}, which only a notebook has" + (f"; {remedy}" if remedy else "")
        for name, remedy in given.items()
        if name in names and not (remedy and remedy in source)
    ]


def _outputs(cell: NotebookNode) -> list[str]:
    found = []
    for output in cell.outputs:
        if output.output_type == "error":
            found.append(f"holds an error: {output.ename}")
        if output.output_type == "stream" and output.name == "stderr":
            found.append(f"holds text on stderr: {output.text[:60]!r}")
        data = output.get("data", {})
        if "image/png" in data and not output.metadata.get("image/png", {}).get("alt", "").strip():
            found.append("a figure without alt text; show it with helpers.plots")
        shown = [output.get("text", ""), data.get("text/plain", ""), data.get("text/html", "")]
        text = "".join(shown)
        if MACHINE_PATH.search(text):
            found.append(f"its output holds a path of a machine: {MACHINE_PATH.search(text)[0]}")
    return found


def links(path: Path, text: str) -> list[str]:
    """Return links to files that are not there. Addresses on the web are not followed."""
    found = []
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    for target in targets + re.findall(r'(?:href|src)="([^"]+)"', text):
        if re.match(r"[a-z]+:", target) or target.startswith("#"):
            continue
        if not (path.parent / unquote(target.split("#")[0])).exists():
            found.append(f"a link that leads nowhere: {target}")
    return found

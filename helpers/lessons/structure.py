"""The form of a lesson, checked: every rule returns sentences on what is wrong, none when all is well."""

import re
from pathlib import Path
from urllib.parse import unquote

from nbformat import NotebookNode

from helpers.files import relative
from helpers.lessons import cells
from helpers.lessons.catalog import Lesson
from helpers.lessons.notebook import exercises, measured, read, stub, tags

SECTIONS = ("Where it breaks", "Scale it up", "Your own data", "Exercises", "Quiz", "For teachers")
MAX_CELL_LINES = 30
MIN_WORDS, MIN_FIGURES, MIN_CHECKED, MIN_EXERCISES, MIN_QUESTIONS = 700, 2, 3, 3, 3
MAX_SECONDS, MAX_SOLUTION_SECONDS, MAX_MEMORY_MB = 120, 20, 3000
# A run shorter than this executed nothing worth the name.
MIN_SECONDS = 2
MACHINE_PATH = re.compile(r"(?:(?<![\w.])/(?:home|root|Users|tmp|work|content|mnt|opt|usr)/[\w.-]+|[A-Za-z]:\\\\?Users)")
UNCHECKED_COMMAND = re.compile(r"(?m)^\s*(?:!|%%bash|%%sh|os\.system\(|%pip|%conda)")


def lesson_problems(lesson: Lesson) -> list[str]:
    """Return what keeps ``lesson`` and its solutions from the form in CONTRIBUTING.md."""
    notebook = read(lesson.path)
    found = notebook_problems(lesson.path, notebook)
    found += _generated(lesson, notebook)
    if not lesson.welcome:
        found += form_problems(lesson.path, notebook)
    if lesson.solutions.exists():
        solutions = read(lesson.solutions)
        found += notebook_problems(lesson.solutions, solutions)
        found += _budget(lesson.solutions, solutions, MAX_SOLUTION_SECONDS)
        found += exercise_problems(lesson.path, notebook, lesson.solutions, solutions)
    elif exercises(notebook):
        found.append(f"{relative(lesson.path)}: has exercises but no {relative(lesson.solutions)}")
    return found + _budget(lesson.path, notebook, MAX_SECONDS)


def notebook_problems(path: Path, notebook: NotebookNode) -> list[str]:
    """Return what is wrong with any committed notebook: execution, outputs, links, paths, cell length."""
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
            found.append(f"{place}: executed as number {cell.execution_count}, stands as number {expected}")
        lines = cell.source.count("\n") + 1
        if lines > MAX_CELL_LINES:
            found.append(f"{place}: {lines} lines of code; at most {MAX_CELL_LINES}")
        if UNCHECKED_COMMAND.search(cell.source):
            found.append(f"{place}: a shell command whose failure goes unnoticed; use subprocess.run(..., check=True)")
        found += [f"{place}: {problem}" for problem in _outputs(cell)]
    ids = [cell.id for cell in notebook.cells]
    found += [f"cell id {name!r} stands twice" for name in sorted({n for n in ids if ids.count(n) > 1})]
    return [f"{relative(path)}: {problem}" for problem in found]


def form_problems(path: Path, notebook: NotebookNode) -> list[str]:
    """Return what a full lesson lacks: sections, words, figures, claim, checked cells, exercises, quiz."""
    found = []
    markdown = [cell.source for cell in notebook.cells if cell.cell_type == "markdown" and cell.id != "header"]
    text = "\n".join(markdown)
    headings = re.findall(r"(?m)^## (.+?)\s*$", text)
    found += [f"no section '## {name}'" for name in SECTIONS if name not in headings]
    words = len(re.findall(r"[A-Za-z][\w'’-]*", re.sub(r"(?s)```.*?```", "", text)))
    if words < MIN_WORDS:
        found.append(f"{words} words of prose; at least {MIN_WORDS}")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    figures = sum("image/png" in output.get("data", {}) for cell in code for output in cell.outputs)
    if figures < MIN_FIGURES:
        found.append(f"{figures} figures; at least {MIN_FIGURES}")
    checked = sum("nbval-check-output" in tags(cell) for cell in code if not cell.source.startswith("check("))
    if checked < MIN_CHECKED:
        found.append(f"{checked} cells tagged nbval-check-output beside the exercises; at least {MIN_CHECKED}")
    claims = [cell for cell in code if "claim" in tags(cell)]
    if not claims or not any(re.search(r"(?m)^\s*assert ", cell.source) for cell in claims):
        found.append("no cell tagged 'claim' with an assert")
    if len(exercises(notebook)) < MIN_EXERCISES:
        found.append(f"{len(exercises(notebook))} exercises; at least {MIN_EXERCISES}")
    questions = text.count("<details>")
    if questions < MIN_QUESTIONS or questions != text.count("</details>"):
        found.append(f"{questions} quiz questions with a folded answer; at least {MIN_QUESTIONS}")
    first_result = next((i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.id != "setup" and cell.outputs), None)
    if first_result is None or first_result > 6:
        found.append("no result within the first cells; a lesson starts with something that works")
    teachers = text.partition("## For teachers")[2].lower()
    found += [f"'For teachers' says nothing of {word!r}" for word in ("minutes", "stuck", "rejoin") if word not in teachers]
    return [f"{relative(path)}: {problem}" for problem in found]


def exercise_problems(path: Path, notebook: NotebookNode, solutions_path: Path, solutions: NotebookNode) -> list[str]:
    """Return where stubs and solutions drifted apart, and stubs that are not refused or solutions not accepted."""
    tasks, answers = exercises(notebook), exercises(solutions)
    found = [f"{relative(path)}: exercise {name} has no solution" for name in tasks.keys() - answers.keys()]
    found += [f"{relative(solutions_path)}: solves {name}, which the lesson lacks" for name in answers.keys() - tasks.keys()]
    for name in sorted(tasks.keys() & answers.keys()):
        if tasks[name].source != stub(answers[name].source):
            found.append(f"{relative(path)}: the stub of {name} is not the one its solution gives; run: course reset {name}")
        for place, book, verdict in ((path, notebook, "not yet"), (solutions_path, solutions, "solved")):
            wanted = f"Exercise {name}: {verdict}."
            checks = [c for c in book.cells if c.cell_type == "code" and c.source.startswith(f'check("{name}"')]
            if not checks:
                found.append(f"{relative(place)}: no cell that starts with check(\"{name}\"")
                continue
            printed = "".join(output.get("text", "") for cell in checks for output in cell.outputs)
            if wanted not in printed:
                found.append(f"{relative(place)}: its check of {name} printed {printed[:80]!r}, not {wanted!r}")
            if any("nbval-check-output" not in tags(cell) for cell in checks):
                found.append(f"{relative(place)}: the check of {name} lacks the tag nbval-check-output")
    return found


def _generated(lesson: Lesson, notebook: NotebookNode) -> list[str]:
    figures = measured(notebook)
    wanted = {
        "header": cells.header_text(lesson, figures.get("seconds"), figures.get("peak_memory_mb")),
        "setup": cells.setup_source(lesson),
    }
    place = relative(lesson.path)
    found = []
    for position, (name, source) in enumerate(wanted.items()):
        if len(notebook.cells) <= position or notebook.cells[position].id != name:
            found.append(f"{place}: cell {position + 1} is not the {name} cell")
        elif notebook.cells[position].source != source:
            found.append(f"{place}: the {name} cell is not the generated one; run: make refresh LESSON={lesson.number}")
    return found


def _budget(path: Path, notebook: NotebookNode, most_seconds: float) -> list[str]:
    figures = measured(notebook)
    if not figures:
        return [f"{relative(path)}: has no measured figures; run make refresh"]
    found = []
    if not MIN_SECONDS <= figures["seconds"] <= most_seconds:
        found.append(f"{relative(path)}: ran {figures['seconds']} s; from {MIN_SECONDS} to {most_seconds} s are allowed")
    if figures["peak_memory_mb"] > MAX_MEMORY_MB:
        found.append(f"{relative(path)}: took {figures['peak_memory_mb']} MB; at most {MAX_MEMORY_MB}")
    return found


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
        text = "".join([output.get("text", ""), data.get("text/plain", ""), data.get("text/html", "")])
        if MACHINE_PATH.search(text):
            found.append(f"its output holds a path of a machine: {MACHINE_PATH.search(text)[0]}")
    return found


def links(path: Path, text: str) -> list[str]:
    """Return links to files that are not there. Addresses on the web are not followed: tests need no network."""
    found = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:href|src)="([^"]+)"', text):
        if re.match(r"[a-z]+:", target) or target.startswith("#"):
            continue
        if not (path.parent / unquote(target.split("#")[0])).exists():
            found.append(f"a link that leads nowhere: {target}")
    return found

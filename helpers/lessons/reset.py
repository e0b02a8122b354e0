"""Give an exercise its stub back, keeping the learner's attempt."""

from helpers.catalog import find
from helpers.errors import unknown
from helpers.exercises import identifiers
from helpers.files import REPOSITORY, relative, write_atomically
from helpers.lessons.notebook import exercises, read, stub, write

ATTEMPTS = REPOSITORY / ".cache" / "attempts"


def reset(identifier: str) -> str:
    """Reset exercise ``"05.1"`` to the stub made from its solution; return a sentence on it.

    Raises CourseError for an unknown lesson or exercise.
    """
    lesson = find(identifier.split(".")[0])
    notebook, answers = read(lesson.path), exercises(read(lesson.solutions))
    tasks = exercises(notebook)
    if identifier not in tasks or identifier not in answers:
        raise unknown("exercise", identifier, identifiers(lesson.number))
    cell, fresh = tasks[identifier], stub(answers[identifier].source)
    if cell.source == fresh:
        return f"Exercise {identifier} is as it was given; nothing to reset."
    kept = ATTEMPTS / f"{identifier}.{len(list(ATTEMPTS.glob(f'{identifier}.*.py'))) + 1}.py"
    write_atomically(kept, cell.source + "\n")
    cell.source, cell.outputs, cell.execution_count = fresh, [], None
    write(notebook, lesson.path)
    return (
        f"Exercise {identifier} is reset (reload the notebook); "
        f"your attempt is kept in {relative(kept)}."
    )

"""The checks of lesson 07 refuse stubs and wrong answers by name, and the recipe runs the lesson's
own functions."""

import inspect

import pytest

from helpers.files import NOTEBOOKS, REPOSITORY
from helpers.lessons.notebook import read
from tests.helpers.exercise_checks import check_right_answer, check_wrong_answer


def padding(lengths, size):
    batches = [lengths[start : start + size] for start in range(0, len(lengths), size)]
    return 1 - sum(lengths) / sum(len(batch) * max(batch) for batch in batches)


def freeze(model):
    model.base_model.requires_grad_(False)
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def better(first, second):
    from helpers.measure import paired_difference

    return paired_difference(first, second).low > 0


RIGHT = {"07.1": padding, "07.2": freeze, "07.3": better}


def full_last_batch(lengths, size):
    """Wrong: counts rows that the last batch does not have."""
    batches = [lengths[start : start + size] for start in range(0, len(lengths), size)]
    return 1 - sum(lengths) / sum(size * max(batch) for batch in batches)


def misspelt(model):
    for parameter in model.base_model.parameters():
        parameter.require_grad = False
    return 0


def everything(model):
    model.requires_grad_(False)
    return 0


def only_bert(model):
    model.bert.requires_grad_(False)
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def total(model):
    model.base_model.requires_grad_(False)
    return sum(p.numel() for p in model.parameters())


def part(model):
    next(model.base_model.parameters()).requires_grad_(False)
    return 0


def separate(first, second):
    """Wrong: compares two intervals and forgets that the items are the same."""
    from helpers.measure import wilson

    return wilson(sum(first), len(first)).low > wilson(sum(second), len(second)).high


WRONG = [
    ("07.1", lambda lengths, size: 1 - sum(lengths) / (len(lengths) * max(lengths)),
     "each batch alone"),
    ("07.1", lambda lengths, size: 2 / 12, "all positions"),
    ("07.1", lambda lengths, size: 2, "between 0 and 1"),
    ("07.1", full_last_batch, "last batch may be smaller"),
    ("07.1", lambda lengths, size: "0.14", "one number"),
    ("07.2", misspelt, "still ask for a gradient"),
    ("07.2", everything, "head must stay trainable"),
    ("07.2", part, "Part of the body still trains"),
    ("07.2", only_bert, "stopped with AttributeError"),
    ("07.2", total, "count the parameters"),
    ("07.3", lambda first, second: sum(first) > sum(second), "What does the interval say"),
    ("07.3", separate, "item by item"),
    ("07.3", lambda first, second: abs(sum(first) - sum(second)) > 20, "swapped"),
    ("07.3", lambda first, second: 0.5, "True or False"),
]


@pytest.mark.parametrize("name", RIGHT)
def test_right_answer_is_solved_and_stub_is_refused(name, capsys):
    check_right_answer(name, RIGHT[name], capsys)


@pytest.mark.parametrize(("name", "answer", "hint"), WRONG,
                         ids=lambda value: getattr(value, "__name__", None))
def test_wrong_answer_is_refused_with_its_hint(name, answer, hint, capsys):
    check_wrong_answer(name, answer, hint, capsys)


@pytest.mark.parametrize("function",
                         ["tuned", "bag_of_words", "tokenize", "features", "head", "fine_tune",
                          "predict"])
def test_the_recipe_is_what_the_reader_saw(function):
    """The committed result comes from the lesson's own functions, letter by letter."""
    from helpers.long_runs import lesson_07

    source = inspect.getsource(getattr(lesson_07, function)).rstrip()
    cells = [cell.source for cell in read(NOTEBOOKS / "07_transfer_learning.ipynb").cells
             if cell.cell_type == "code"]
    assert any(source in cell for cell in cells), (
        f"{function} differs between the lesson and helpers/long_runs/lesson_07.py")


def test_the_lesson_trains_as_the_recipe_does():
    from helpers.long_runs import lesson_07

    code = "\n".join(cell.source for cell in read(NOTEBOOKS / "07_transfer_learning.ipynb").cells
                     if cell.cell_type == "code")
    assert f"PENALTIES = {lesson_07.PENALTIES}" in code
    assert (f"MAX_LENGTH = {lesson_07.MAX_LENGTH}\n" in code
            and f"BATCH_SIZE = {lesson_07.BATCH_SIZE}\n" in code)
    assert f"EPOCHS = {lesson_07.EPOCHS[lesson_07.MAIN_SIZE]}\n" in code
    for rate in lesson_07.LEARNING_RATE.values():
        assert str(rate) in code.replace("1.5e-4", "0.00015").replace("3e-4", "0.0003")


def test_the_foreign_sample_is_what_its_script_writes():
    import runpy

    script = runpy.run_path(str(REPOSITORY / "data" / "own" / "app_reviews.py"))
    rows = script["rows"]()
    lines = (REPOSITORY / "data" / "own" / "app_reviews.csv").read_text(
        encoding="utf-8").splitlines()
    assert lines[0] == "review,rating" and len(lines) == len(rows) + 1 == 211
    assert all(row["review"] in line and line.endswith("," + row["rating"])
               for row, line in zip(rows, lines[1:], strict=True))


def test_benchmark_names():
    from helpers import CourseError, bench

    with pytest.raises(CourseError, match="Did you mean 'padding'"):
        bench.run("paddin")

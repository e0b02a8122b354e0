"""The checks of lesson 07 refuse stubs and wrong answers by name, and the long run uses the
lesson's own functions."""

import inspect

import numpy as np
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


def unread(probabilities, truth, wanted):
    order = np.argsort(-probabilities.max(1))
    right = probabilities.argmax(1)[order] == truth[order]
    rows = np.arange(1, len(truth) + 1)
    return max(rows[np.cumsum(right) / rows >= wanted], default=0) / len(truth)


RIGHT = {"07.1": padding, "07.2": freeze, "07.3": unread}


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


def ranked(probabilities, truth):
    order = np.argsort(-probabilities.max(1))
    return probabilities.argmax(1)[order] == truth[order]


def first_stop(probabilities, truth, wanted):
    """Wrong: stops where the accuracy is too low for the first time."""
    right = ranked(probabilities, truth)
    accuracy = np.cumsum(right) / np.arange(1, len(truth) + 1)
    return int(np.argmax(accuracy < wanted)) / len(truth)


def right_ones(probabilities, truth, wanted):
    """Wrong: counts the right rows among those that are filed."""
    share = unread(probabilities, truth, wanted)
    return ranked(probabilities, truth)[: round(share * len(truth))].sum() / len(truth)


def least_sure(probabilities, truth, wanted):
    order = np.argsort(probabilities.max(1))
    right = probabilities.argmax(1)[order] == truth[order]
    rows = np.arange(1, len(truth) + 1)
    return max(rows[np.cumsum(right) / rows >= wanted], default=0) / len(truth)


def at_least_one(probabilities, truth, wanted):
    return max(unread(probabilities, truth, wanted), 1 / len(truth))


def never_all(probabilities, truth, wanted):
    return min(unread(probabilities, truth, wanted), 1 - 1 / len(truth))


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
    ("07.3", lambda probabilities, truth, wanted: 5, "between 0 and 1"),
    ("07.3", lambda probabilities, truth, wanted: [0.5], "one number"),
    ("07.3", right_ones, "rows that are filed"),
    ("07.3", first_stop, "the largest share"),
    ("07.3", least_sure, "Which rows come first"),
    ("07.3", at_least_one, "the answer is 0"),
    ("07.3", never_all, "every row can be filed"),
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
def test_the_long_run_is_what_the_reader_saw(function):
    """The committed result comes from the lesson's own functions, letter by letter."""
    from helpers.long_runs import lesson_07

    source = inspect.getsource(getattr(lesson_07, function)).rstrip()
    cells = [cell.source for cell in read(NOTEBOOKS / "07_transfer_learning.ipynb").cells
             if cell.cell_type == "code"]
    assert any(source in cell for cell in cells), (
        f"{function} differs between the lesson and helpers/long_runs/lesson_07.py")


def test_the_lesson_trains_as_the_long_run_does():
    from helpers.long_runs import lesson_07, result

    code = "\n".join(cell.source for cell in read(NOTEBOOKS / "07_transfer_learning.ipynb").cells
                     if cell.cell_type == "code")
    chosen = result("07")["seeds"]["0"]["chosen"]["reviews full"][str(lesson_07.MAIN_SIZE)]
    size = f"scaled({lesson_07.MAIN_SIZE}, "
    for line in (f"PENALTIES = {lesson_07.PENALTIES}\n", f"MAX_LENGTH = {lesson_07.MAX_LENGTH}\n",
                 f"BATCH_SIZE = {lesson_07.BATCH_SIZE}\n", size,
                 f"EPOCHS = {lesson_07.EPOCHS['reviews'][lesson_07.MAIN_SIZE]}\n",
                 f"LEARNING_RATE = {chosen['learning_rate']}"):
        assert line in code, line


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

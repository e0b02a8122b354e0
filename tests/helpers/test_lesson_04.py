"""The checks of lesson 04 refuse stubs and wrong answers by name."""

import ast
import inspect

import httpx
import pytest

from helpers import measure
from helpers.files import NOTEBOOKS
from helpers.lessons.notebook import read
from helpers.long_runs import lesson_04
from helpers.long_runs.lesson_04 import read_line
from tests.helpers.exercise_checks import check_right_answer, check_wrong_answer


def pack(examples, question, count_tokens, budget):
    parts = [question]
    for example in examples:
        longer = [example, *parts]
        if count_tokens("\n\n".join(longer)) <= budget:
            parts = longer
    return "\n\n".join(parts)


def patient(call, attempts, sleep):
    for attempt in range(attempts):
        try:
            return call()
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            if not (status == 429 or status >= 500) or attempt == attempts - 1:
                raise
            sleep(float(error.response.headers.get("Retry-After", 2**attempt)))


def judge(ask, orders, first, second):
    right = {}
    for prompt in (first, second):
        texts = [ask(prompt(row["instruction"])) for row in orders]
        right[prompt] = [read_line(text) == read_line(row["response"])
                         for text, row in zip(texts, orders, strict=True)]
    interval = measure.paired_difference(right[second], right[first])
    if interval.low > 0:
        return "second", interval
    return ("first" if interval.high < 0 else "can't tell"), interval


RIGHT = [("04.1", pack), ("04.2", patient), ("04.3", judge)]


def adds_up(examples, question, count_tokens, budget):
    parts, used = [question], count_tokens(question)
    for example in examples:
        if used + count_tokens(example) <= budget:
            parts, used = [example, *parts], used + count_tokens(example)
    return "\n\n".join(parts)


def stops(examples, question, count_tokens, budget):
    parts = [question]
    for example in examples:
        if count_tokens("\n\n".join([example, *parts])) > budget:
            break
        parts = [example, *parts]
    return "\n\n".join(parts)


def best_first(examples, question, count_tokens, budget):
    return "\n\n".join([*examples, question])


def from_the_worst(examples, question, count_tokens, budget):
    parts = [question]
    for example in examples[::-1]:
        if count_tokens("\n\n".join([*parts[:-1], example, question])) <= budget:
            parts = [*parts[:-1], example, question]
    return "\n\n".join(parts)


def strict_budget(examples, question, count_tokens, budget):
    return pack(examples, question, count_tokens, budget - 1)


def retrying(may_pass=lambda status: status == 429 or status >= 500,
             wait=lambda error, attempt: 2**attempt, last_wait=False, swallow=False,
             kind=httpx.HTTPStatusError):
    """Return a wrong ``patient``, by what is wrong."""

    def answer(call, attempts, sleep):
        for attempt in range(attempts):
            try:
                return call()
            except kind as error:
                if (isinstance(error, httpx.HTTPStatusError)
                        and not may_pass(error.response.status_code)):
                    raise
                if attempt == attempts - 1 and not last_wait:
                    if swallow:
                        return None
                    raise
                sleep(wait(error, attempt))
                if attempt == attempts - 1:
                    raise

    return answer


def header(error, attempt):
    return (float(error.response.headers.get("Retry-After", 2**attempt))
            if isinstance(error, httpx.HTTPStatusError) else 1)


def one_more(call, attempts, sleep):
    return patient(call, attempts + 1, sleep)


def one_less(call, attempts, sleep):
    return patient(call, attempts - 1, sleep)


def no_wait(call, attempts, sleep):
    return patient(call, attempts, lambda seconds: None)


def other_error(call, attempts, sleep):
    try:
        return patient(call, attempts, sleep)
    except httpx.HTTPStatusError as error:
        raise type(error)("gave up", request=error.request, response=error.response) from error


def judge_the_other_way(ask, orders, first, second):
    return judge(ask, orders, second, first)


def judge_texts(ask, orders, first, second):
    """Wrong: compares what was written, letter by letter."""
    right = [[ask(prompt(row["instruction"])) == row["response"] for row in orders]
             for prompt in (first, second)]
    return "can't tell", measure.paired_difference(right[1], right[0])


def judge_by_mean(ask, orders, first, second):
    _, interval = judge(ask, orders, first, second)
    return ("second" if interval.estimate > 0 else "first"), interval


def judge_one(ask, orders, first, second):
    return judge(ask, orders[:1] * 2, first, second)


WRONG = [
    ("04.1", lambda examples, question, count, budget: [*examples, question],
     "return the prompt, a text"),
    ("04.1", lambda examples, question, count, budget: "\n\n".join(examples[::-1]),
     "question is missing"),
    ("04.1", lambda examples, question, count, budget: "\n\n".join([question, *examples]),
     "stands at the end"),
    ("04.1", lambda examples, question, count, budget: "\n".join([*examples[::-1], question]),
     "joined by blank lines"),
    ("04.1", best_first, "yours comes first"),
    ("04.1",
     lambda examples, question, count, budget: "\n\n".join([*examples[2:], *examples[:2],
             question]), "from the worst to the best"),
    ("04.1", adds_up, "separators included"),
    ("04.1", lambda examples, question, count, budget: "\n\n".join([*examples[::-1], question]),
     "count the whole prompt"),
    ("04.1", stops, "stop at the first example"),
    ("04.1", strict_budget, "the best ones that fit"),
    ("04.1", from_the_worst, "the best ones that fit"),
    ("04.2", lambda call, attempts, sleep: "done", "Return what call() returns"),
    ("04.2", lambda call, attempts, sleep: sleep(1) or call(), "yet you waited"),
    ("04.2", retrying(may_pass=lambda status: True, wait=header), "401"),
    ("04.2", retrying(may_pass=lambda status: status != 401, wait=header), "malformed"),
    ("04.2", lambda call, attempts, sleep: call(), "the third call succeeds"),
    ("04.2", retrying(may_pass=lambda status: status == 429, wait=header), "status 500"),
    ("04.2", no_wait, "without waiting"),
    ("04.2", retrying(wait=lambda error, attempt: 1), "should double"),
    ("04.2", retrying(wait=lambda error, attempt: 2 ** (attempt + 1)), "1, 2, 4"),
    ("04.2", retrying(), "Retry-After: 7"),
    ("04.2",
     retrying(wait=lambda error, attempt: error.response.headers.get("Retry-After", 2**attempt)),
     "a header is a text"),
    ("04.2", one_less, "the third call succeeds"),
    ("04.2", one_more, "were allowed"),
    ("04.2", retrying(wait=header, last_wait=True), "three waits"),
    ("04.2", retrying(wait=header, swallow=True), "error is lost"),
    ("04.2", other_error, "as it came"),
    ("04.2", retrying(wait=header, kind=Exception), "let it pass at once"),
    ("04.3", lambda ask, orders, first, second: "second", "Return two things"),
    ("04.3", lambda ask, orders, first, second: ("better", 1), "The verdict is one of"),
    ("04.3", lambda ask, orders, first, second: ("second", 1), "48 questions; you asked 0"),
    ("04.3", judge_one, "48 questions; you asked 4"),
    ("04.3", lambda ask, orders, first, second: ask("Hello"), "you gave it a str"),
    ("04.3", lambda ask, *rest: (judge(ask, *rest)[0], 1), "paired_difference returns"),
    ("04.3", judge_the_other_way, "second − first"),
    ("04.3", judge_texts, "not the texts"),
    ("04.3", lambda *all_: ("first", judge(*all_)[1]), "the first none; you say 'first'"),
    ("04.3", lambda *all_: ("second", judge(*all_)[1]), "the second none; you say 'second'"),
    ("04.3", judge_by_mean, "nothing is decided"),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT,
                         ids=lambda value: getattr(value, "__name__", value))
def test_right_answer_is_solved_and_stub_is_refused(name, answer, capsys):
    check_right_answer(name, answer, capsys)


@pytest.mark.parametrize(("name", "answer", "hint"), WRONG,
                         ids=lambda value: getattr(value, "__name__", None))
def test_wrong_answer_is_refused_with_its_hint(name, answer, hint, capsys):
    check_wrong_answer(name, answer, hint, capsys)


@pytest.mark.parametrize("function", ["chat", "ask_about"])
def test_the_long_run_asks_as_the_lesson_does(function):
    source = inspect.getsource(getattr(lesson_04, function)).rstrip()
    source = source.replace("{UNKNOWN}", lesson_04.UNKNOWN)
    cells = [cell.source.replace(' rule = " If', ' rule = f" If')
             for cell in read(NOTEBOOKS / "04_prompting.ipynb").cells if cell.cell_type == "code"]
    assert any(source in cell for cell in cells), function


@pytest.mark.parametrize("name", ["LINE_PROMPT", "JSON_PROMPT", "JSON_SCHEMA"])
def test_the_long_run_has_the_prompts_of_the_lesson(name):
    cells = [cell.source for cell in read(NOTEBOOKS / "04_prompting.ipynb").cells
             if cell.cell_type == "code" and f"{name} = " in cell.source]
    found = {}
    for node in ast.parse("\n".join(cells)).body:
        if isinstance(node, ast.Assign) and node.targets[0].id in ("DAYS", "FACTS", "SCHEMA", name):
            exec(compile(ast.Module([node], []), name, "exec"), found)
    assert found[name] == getattr(lesson_04, name)

"""The checks of lesson 04 refuse stubs and wrong answers by name."""

from collections import Counter

import httpx
import pytest

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


def choose(results):
    voters = [result for result in results if result is not None]
    return results.index(max(voters, key=voters.count)) if voters else None


def choose_by_repr(results):
    """Right as well: texts of the results are keys."""
    counts = Counter(repr(result) for result in results if result is not None)
    if not counts:
        return None
    best = max(counts.values())
    return next(i for i, result in enumerate(results) if result is not None
                and counts[repr(result)] == best)


RIGHT = [("04.1", pack), ("04.2", patient), ("04.3", choose), ("04.3", choose_by_repr)]


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


def by_counter(results):
    return results.index(list(Counter(tuple(r) for r in results
                                      if r is not None).most_common(1)[0][0]))


def nones_vote(results):
    return results.index(max(results, key=results.count)) if any(r is not None
            for r in results) else None


def index_of_voters(results):
    voters = [result for result in results if result is not None]
    return voters.index(max(voters, key=voters.count)) if voters else None


def first_input_only(results):
    """Wrong: votes on the first input alone."""
    voters = [result[0] for result in results if result is not None]
    if not voters:
        return None
    best = max(voters, key=voters.count)
    return next(i for i, result in enumerate(results) if result is not None and result[0] == best)


def last_group(results):
    voters = [result for result in results if result is not None]
    return results.index(max(voters[::-1], key=voters.count)) if voters else None


def last_member(results):
    voters = [result for result in results if result is not None]
    return len(results) - 1 - results[::-1].index(max(voters, key=voters.count))


def sorted_results(results):
    """Wrong: the order inside a result does not count."""
    voters = [sorted(map(repr, sum(([*r] if isinstance(r, list) else [r] for r in result), [])))
              for result in results if result is not None]
    if not voters:
        return None
    best = max(voters, key=voters.count)
    return next(
        i for i, result in enumerate(results) if result is not None
        and sorted(map(repr, sum(([*r] if isinstance(r, list) else [r] for r in result), [])))
        == best)


def zero_when_failed(results):
    return choose(results) or 0


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
    ("04.3", lambda results: max(results, key=results.count), "return the index"),
    ("04.3", lambda results: "1", "a whole number"),
    ("04.3", last_member, "take its first"),
    ("04.3", lambda results: 0, "Candidates 1, 3 and 4 agree"),
    ("04.3", nones_vote, "do not vote"),
    ("04.3", index_of_voters, "do not vote"),
    ("04.3", first_input_only, "on all inputs at once"),
    ("04.3", last_group, "appears first"),
    ("04.3", sorted_results, "the order counts"),
    ("04.3", by_counter, "TypeError"),
    ("04.3", zero_when_failed, "there is no choice"),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT,
                         ids=lambda value: getattr(value, "__name__", value))
def test_right_answer_is_solved_and_stub_is_refused(name, answer, capsys):
    check_right_answer(name, answer, capsys)


@pytest.mark.parametrize(("name", "answer", "hint"), WRONG,
                         ids=lambda value: getattr(value, "__name__", None))
def test_wrong_answer_is_refused_with_its_hint(name, answer, hint, capsys):
    check_wrong_answer(name, answer, hint, capsys)

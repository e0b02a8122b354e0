"""The checks of lesson 03 refuse stubs and wrong answers by name."""

import pytest

from tests.helpers.exercise_checks import check_right_answer, check_wrong_answer


def fit(ids, window, new_tokens):
    room = window - new_tokens
    return ids if len(ids) <= room else ids[:1] + ids[len(ids) - (room - 1) :]


def min_p(logits, p):
    import torch

    probabilities = logits.softmax(-1)
    return logits.masked_fill(probabilities < p * probabilities.amax(-1, keepdim=True), -torch.inf)


def compare_bills(tokenizer, first, second):
    first_ids = tokenizer(list(first), add_special_tokens=False)["input_ids"]
    second_ids = tokenizer(list(second), add_special_tokens=False)["input_ids"]
    tokens = [token_id for ids in second_ids for token_id in ids]
    unknown = sum(token_id == tokenizer.unk_token_id for token_id in tokens)
    return len(tokens) / sum(map(len, first_ids)), unknown / len(tokens)


RIGHT = [("03.1", fit), ("03.2", min_p), ("03.3", compare_bills)]


def negative_index(ids, window, new_tokens):
    """Wrong: ids[-0:] is everything."""
    room = window - new_tokens
    return ids if len(ids) <= room else ids[:1] + ids[-(room - 1) :]


def filled(logits, p, wrong):
    import torch

    return logits.masked_fill(wrong(logits, logits.softmax(-1), p), -torch.inf)


def in_place(logits, p):
    import torch

    probabilities = logits.softmax(-1)
    return logits.masked_fill_(probabilities < p * probabilities.amax(-1, keepdim=True), -torch.inf)


def zeros(logits, p):
    probabilities = logits.softmax(-1)
    return logits.masked_fill(probabilities < p * probabilities.amax(-1, keepdim=True), 0.0)


def as_probabilities(logits, p):
    import torch

    probabilities = logits.softmax(-1)
    return probabilities.masked_fill(probabilities < p * probabilities.amax(-1, keepdim=True),
                                     -torch.inf)


def which(logits, p):
    probabilities = logits.softmax(-1)
    return probabilities >= p * probabilities.amax(-1, keepdim=True)


def two_rows_only(logits, p):
    import torch

    probabilities = logits.softmax(-1)
    return logits.masked_fill(probabilities < p * probabilities.amax(1, keepdim=True), -torch.inf)


def each_ratio(tokenizer, first, second):
    """Wrong: the mean of ratios."""
    ratios = [compare_bills(tokenizer, [a], [b])[0] for a, b in zip(first, second, strict=True)]
    return sum(ratios) / len(ratios), compare_bills(tokenizer, first, second)[1]


def with_special(tokenizer, first, second):
    counts = [sum(map(len, tokenizer(texts)["input_ids"])) for texts in (first, second)]
    return counts[1] / counts[0], compare_bills(tokenizer, first, second)[1]


def characters(tokenizer, first, second):
    return sum(map(len, second)) / sum(map(len, first)), 0.2


def texts_counted(tokenizer, first, second):
    return len(second) / len(first), 0.2


def unknown_count(tokenizer, first, second):
    found, unknown = compare_bills(tokenizer, first, second)
    return found, unknown * 100


def unknown_of_first(tokenizer, first, second):
    return compare_bills(tokenizer, first, second)[0], compare_bills(tokenizer, first, first)[1]


WRONG = [
    ("03.1", lambda ids, window, new: ids[:1] + ids[-(window - 1) :],
     "leave room for the 6 new ones"),
    ("03.1", lambda ids, window, new: ids[: window - new], "cut the end"),
    ("03.1", lambda ids, window, new: ids[-(window - new) :], "The first token"),
    ("03.1", lambda ids, window, new: ids[:1] + ids[-(window - new) :], "do not fit"),
    ("03.1", lambda ids, window, new: ids[:1] + ids[-(window - new - 2) :], "10 have room"),
    ("03.1", lambda ids, window, new: ids[:1] + ids[-(window - new - 1) :], "stays as it is"),
    ("03.1", negative_index, "ids[-0:]"),
    ("03.1", lambda ids, window, new: tuple(ids), "a list of ids"),
    ("03.2", in_place, "changes the logits"),
    ("03.2", which, "return the logits"),
    ("03.2", zeros, "score 0"),
    ("03.2", as_probabilities, "return probabilities"),
    ("03.2", lambda logits, p: filled(logits, p, lambda z, q, p: q < p), "compare with p itself"),
    ("03.2", lambda logits, p: filled(logits, p, lambda z, q, p: z < p * z.amax(-1, keepdim=True)),
     "compare scores"),
    ("03.2", lambda logits, p: filled(logits, p, lambda z, q, p: q < p * q.max()),
     "each row has its own"),
    ("03.2",
     lambda logits, p: filled(logits, p, lambda z, q, p: q < 1.1 * p * q.amax(-1, keepdim=True)),
     "random rows differ"),
    ("03.2", two_rows_only, "stopped with IndexError"),
    ("03.3", lambda tokenizer, first, second: compare_bills(tokenizer, first, second)[0],
     "two numbers"),
    ("03.3", lambda tokenizer, first, second: compare_bills(tokenizer, second, first),
     "upside down"),
    ("03.3", each_ratio, "divide the sums"),
    ("03.3", with_special, "special tokens out"),
    ("03.3", characters, "compare characters"),
    ("03.3", texts_counted, "count texts"),
    ("03.3", lambda tokenizer, first, second: (2.0, 0.2), "yours is 2.000"),
    ("03.3", unknown_count, "between 0 and 1"),
    ("03.3", unknown_of_first, "your share is 0"),
    ("03.3", lambda tokenizer, first, second: (compare_bills(tokenizer, first, second)[0], 0.9),
     "your share is 0.900"),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT,
                         ids=lambda value: getattr(value, "__name__", value))
def test_right_answer_is_solved_and_stub_is_refused(name, answer, capsys):
    check_right_answer(name, answer, capsys)


@pytest.mark.parametrize(("name", "answer", "hint"), WRONG,
                         ids=lambda value: getattr(value, "__name__", None))
def test_wrong_answer_is_refused_with_its_hint(name, answer, hint, capsys):
    check_wrong_answer(name, answer, hint, capsys)

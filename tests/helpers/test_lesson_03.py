"""The checks of lesson 03 refuse stubs and wrong answers by name."""

import codecs

import pytest

from tests.helpers.exercise_checks import check_right_answer, check_wrong_answer


def fit(ids, window, new_tokens):
    room = window - new_tokens
    return ids if len(ids) <= room else ids[:1] + ids[len(ids) - (room - 1) :]


def min_p(logits, p):
    import torch

    probabilities = logits.softmax(-1)
    return logits.masked_fill(probabilities < p * probabilities.amax(-1, keepdim=True), -torch.inf)


def stream(parts):
    decoder = codecs.getincrementaldecoder("utf-8")()
    for part in parts:
        if text := decoder.decode(part):
            yield text


def stream_by_error(parts):
    """Right as well: without the incremental decoder."""
    held = b""
    for part in parts:
        held += part
        try:
            whole = len(held)
            held.decode("utf-8")
        except UnicodeDecodeError as error:
            whole = error.start
        if whole:
            yield held[:whole].decode("utf-8")
        held = held[whole:]


RIGHT = [("03.1", fit), ("03.2", min_p), ("03.3", stream), ("03.3", stream_by_error)]


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


def each_alone(parts):
    for part in parts:
        yield part.decode("utf-8", errors="replace")


def loses(parts):
    for part in parts:
        if text := part.decode("utf-8", errors="ignore"):
            yield text


def at_the_end(parts):
    yield b"".join(parts).decode("utf-8")


def holds_all(parts):
    held = b""
    for part in parts:
        held += part
        try:
            yield held.decode("utf-8")
            held = b""
        except UnicodeDecodeError:
            continue


def empties(parts):
    decoder = codecs.getincrementaldecoder("utf-8")()
    for part in parts:
        yield decoder.decode(part)


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
    ("03.3", each_alone, "broken character"),
    ("03.3", loses, "lost or doubled"),
    ("03.3", at_the_end, "at once"),
    ("03.3", holds_all, "should not wait for it"),
    ("03.3", empties, "empty text"),
    ("03.3", lambda parts: list(stream(parts)), "yield each bit"),
    ("03.3", lambda parts: iter(parts), "not bytes"),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT,
                         ids=lambda value: getattr(value, "__name__", value))
def test_right_answer_is_solved_and_stub_is_refused(name, answer, capsys):
    check_right_answer(name, answer, capsys)


@pytest.mark.parametrize(("name", "answer", "hint"), WRONG,
                         ids=lambda value: getattr(value, "__name__", None))
def test_wrong_answer_is_refused_with_its_hint(name, answer, hint, capsys):
    check_wrong_answer(name, answer, hint, capsys)

"""The checks of lesson 01 refuse stubs and wrong answers by name."""

import math

import pytest

from tests.helpers.exercise_checks import check_right_answer, check_wrong_answer


def decide(logits, names, least):
    import torch

    shares = torch.tensor(logits, dtype=torch.float64).softmax(-1)
    best = int(shares.argmax())
    score = shares[best].item()
    return (names[best] if score >= least else "ask a person"), score


def decide_plain(logits, names, least):
    """Right as well: without torch."""
    top = max(logits)
    score = 1 / sum(math.exp(one - top) for one in logits)
    return (names[logits.index(top)], score) if score >= least else ("ask a person", score)


def batches(lengths, size):
    order = sorted(range(len(lengths)), key=lambda place: lengths[place])
    return [order[start : start + size] for start in range(0, len(order), size)]


def longest_first(lengths, size):
    """Right as well: the longest texts first."""
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    return [order[start : start + size] for start in range(0, len(order), size)]


def merge(text, tokens, glue=False, ignore_b=False, ignore_kind=False, drop_orphans=False,
          over_gaps=False, keep_o=False, prefix_stays=False):
    """Right, or wrong in one way."""
    entities, before = [], ""
    for token in tokens:
        prefix, _, kind = token["label"].partition("-")
        if keep_o and not kind:
            kind = "O"
        joins = entities and (kind == before or (ignore_kind and before)
                              or (over_gaps and kind and entities[-1]["entity"] == kind))
        if kind and (prefix == "I" or ignore_b) and joins:
            entities[-1]["end"] = token["end"]
            entities[-1]["parts"].append(text[token["start"] : token["end"]])
        elif kind and not (drop_orphans and prefix == "I"):
            name = token["label"] if prefix_stays else kind
            entities.append({"entity": name, "start": token["start"], "end": token["end"],
                             "parts": [text[token["start"] : token["end"]]]})
        before = kind
    return [
        {"entity": one["entity"], "start": one["start"], "end": one["end"],
         "word": " ".join(one["parts"]) if glue else text[one["start"] : one["end"]]}
        for one in entities
    ]


RIGHT = [("01.1", decide), ("01.1", decide_plain), ("01.2", batches), ("01.2", longest_first),
         ("01.3", merge)]


def logit_score(logits, names, least):
    return names[logits.index(max(logits))], max(logits)


def plain_share(logits, names, least):
    return names[logits.index(max(logits))], max(logits) / sum(logits)


def sigmoid(logits, names, least):
    return names[logits.index(max(logits))], 1 / (1 + math.exp(-max(logits)))


def number_label(logits, names, least):
    return logits.index(max(logits)), decide(logits, names, least)[1]


def always_sure(logits, names, least):
    return names[logits.index(max(logits))], decide(logits, names, least)[1]


def no_score_when_unsure(logits, names, least):
    label, score = decide(logits, names, least)
    return label, score if score >= least else 0.0


def too_strict(logits, names, least):
    label, score = always_sure(logits, names, least)
    return label if score > least else "ask a person", score


def logit_against_least(logits, names, least):
    label, score = always_sure(logits, names, least)
    return label if max(logits) >= (3.5 if least == 0.9 else least) else "ask a person", score


def overflows(logits, names, least):
    shares = [math.exp(one) for one in logits]
    score = max(shares) / sum(shares)
    return names[logits.index(max(logits))] if score >= least else "ask a person", score


def fixed_names(logits, names, least):
    _, score = decide(logits, names, least)
    return ("ask a person" if score < least else "POSITIVE"), score


def in_order(lengths, size):
    return [list(range(start, min(start + size, len(lengths))))
            for start in range(0, len(lengths), size)]


def full_only(lengths, size):
    return [part for part in batches(lengths, size) if len(part) == size]


def sorts_the_argument(lengths, size):
    lengths.sort()
    return in_order(lengths, size)


def the_lengths(lengths, size):
    ordered = sorted(lengths)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


def sorts_inside(lengths, size):
    """Wrong: sorts within pairs of batches only, so that long and short still meet."""
    places = list(range(len(lengths)))
    mixed = [place for start in range(0, len(places), 2 * size)
             for place in sorted(places[start : start + 2 * size], key=lambda p: lengths[p])]
    return [mixed[start : start + size] for start in range(0, len(mixed), size)]


def fails_on_nothing(lengths, size):
    return batches(lengths, size) or [[]]


WRONG = [
    ("01.1", logit_score, "is a logit"),
    ("01.1", plain_share, "exponential"),
    ("01.1", sigmoid, "sigmoid"),
    ("01.1", number_label, "Which name"),
    ("01.1", always_sure, "a person should be asked"),
    ("01.1", no_score_when_unsure, "stays the same"),
    ("01.1", too_strict, "not below 0.5"),
    ("01.1", logit_against_least, "negative"),
    ("01.1", overflows, "overflows"),
    ("01.1", fixed_names, "other names"),
    ("01.1", lambda logits, names, least: names[0], "two things"),
    ("01.1", lambda logits, names, least: (names[0], decide(logits, names, least)[1]),
     "the largest logit"),
    ("01.1", lambda logits, names, least: (names[2], "0.84 or so"), "one number"),
    ("01.1", lambda logits, names, least: (names[2], 0.5), "softmax share"),
    ("01.2", in_order, "as they come"),
    ("01.2", full_only, "are missing"),
    ("01.2", sorts_the_argument, "changes the list"),
    ("01.2", the_lengths, "You return the lengths"),
    ("01.2", sorts_inside, "padding"),
    ("01.2", fails_on_nothing, "No texts"),
    ("01.2", lambda lengths, size: batches(lengths, size + 1), "at most 3"),
    ("01.2", lambda lengths, size: [[place] for place in range(len(lengths))], "make 3 batches"),
    ("01.2", lambda lengths, size: [[0, 0, 1], [2, 3, 4], [5, 6]], "comes twice"),
    ("01.3", lambda text, tokens: merge(text, tokens, glue=True), "tear names apart"),
    ("01.3", lambda text, tokens: merge(text, tokens, ignore_b=True), "always begins"),
    ("01.3", lambda text, tokens: merge(text, tokens, ignore_kind=True), "another kind"),
    ("01.3", lambda text, tokens: merge(text, tokens, drop_orphans=True), "begins"),
    ("01.3", lambda text, tokens: merge(text, tokens, over_gaps=True), "ends the entity"),
    ("01.3", lambda text, tokens: merge(text, tokens, keep_o=True), "labelled O"),
    ("01.3", lambda text, tokens: merge(text, tokens, prefix_stays=True), "without the prefix"),
    ("01.3",
     lambda text, tokens: [{**one, "word": one["word"].lower()} for one in merge(text, tokens)],
     "capitals"),
    ("01.3", lambda text, tokens: [part for token in tokens for part in merge(text, [token])],
     "Each token comes alone"),
    ("01.3", lambda text, tokens: [{**one, "end": one["end"] - 1} for one in merge(text, tokens)],
     "end that of the last"),
    ("01.3", lambda text, tokens: [one["word"] for one in merge(text, tokens)], "list of dicts"),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT,
                         ids=lambda value: getattr(value, "__name__", value))
def test_right_answer_is_solved_and_stub_is_refused(name, answer, capsys):
    check_right_answer(name, answer, capsys)


@pytest.mark.parametrize(("name", "answer", "hint"), WRONG,
                         ids=lambda value: getattr(value, "__name__", None))
def test_wrong_answer_is_refused_with_its_hint(name, answer, hint, capsys):
    check_wrong_answer(name, answer, hint, capsys)

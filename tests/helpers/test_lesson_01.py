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


def answered(results, labels, least):
    kept = [r["label"] == label for r, label in zip(results, labels) if r["score"] >= least]
    return len(kept) / len(results), sum(kept) / len(kept) if kept else float("nan")


def answered_by_numpy(results, labels, least):
    """Right as well: with arrays."""
    import numpy as np

    kept = np.array([r["score"] for r in results]) >= least
    right = np.array([r["label"] for r in results]) == np.array(labels)
    return kept.mean(), right[kept].mean() if kept.any() else np.nan


RIGHT = [("01.1", decide), ("01.1", decide_plain), ("01.2", batches), ("01.2", longest_first),
         ("01.3", answered), ("01.3", answered_by_numpy)]


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


def counts(results, labels, least):
    share, right = answered(results, labels, least)
    return share * len(results), right


def right_of_all(results, labels, least):
    return answered(results, labels, least)[0], answered(results, labels, 0)[1]


def divided_by_all(results, labels, least):
    share, right = answered(results, labels, least)
    return share, share * right


def drops_neutral(results, labels, least):
    share, right = answered(results, labels, least)
    return share - labels.count("NEUTRAL") / len(labels), right


def neutral_is_right(results, labels, least):
    kept = [r["label"] == label or label == "NEUTRAL"
            for r, label in zip(results, labels) if r["score"] >= least]
    return len(kept) / len(results), sum(kept) / len(kept)


def strictly_above(results, labels, least):
    return answered(results, labels, least + 1e-9)


def divides_by_zero(results, labels, least):
    kept = [r["label"] == label for r, label in zip(results, labels) if r["score"] >= least]
    return len(kept) / len(results), sum(kept) / len(kept)


def zero_for_none(results, labels, least):
    kept = [r["label"] == label for r, label in zip(results, labels) if r["score"] >= least]
    return len(kept) / len(results), sum(kept) / max(len(kept), 1)


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
    ("01.3", lambda results, labels, least: None, "still needs its lines"),
    ("01.3", lambda results, labels, least: 0.6, "Return two numbers"),
    ("01.3", counts, "number of texts"),
    ("01.3", right_of_all, "among all texts"),
    ("01.3", divided_by_all, "divide them by those"),
    ("01.3", drops_neutral, "share of 0.6"),
    ("01.3", neutral_is_right, "counts among the answered"),
    ("01.3", strictly_above, "exactly 0.9"),
    ("01.3", divides_by_zero, "divides by zero"),
    ("01.3", zero_for_none, "0 and nan"),
]


@pytest.mark.parametrize(("name", "answer"), RIGHT,
                         ids=lambda value: getattr(value, "__name__", value))
def test_right_answer_is_solved_and_stub_is_refused(name, answer, capsys):
    check_right_answer(name, answer, capsys)


@pytest.mark.parametrize(("name", "answer", "hint"), WRONG,
                         ids=lambda value: getattr(value, "__name__", None))
def test_wrong_answer_is_refused_with_its_hint(name, answer, hint, capsys):
    check_wrong_answer(name, answer, hint, capsys)

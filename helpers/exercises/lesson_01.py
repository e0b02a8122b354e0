"""Checks of lesson 01: a decision from logits, batches with little padding, what a
threshold buys."""

from helpers.exercises import exercise, require


@exercise("01.1")
def decide(answer) -> str:
    """``decide(logits, names, least)``: the best label and its softmax share, or "ask a person"
    below ``least``."""
    names = ["NEGATIVE", "NEUTRAL", "POSITIVE"]
    result = answer([1.0, 0.0, 3.0], names, 0.5)
    require(result is not None, "decide returns None: it still needs its lines.")
    require(isinstance(result, tuple) and len(result) == 2,
            f"Return two things, label and score; yours is {result!r}.")
    label, score = result
    require(isinstance(label, str), f"The first should be a label, a text; yours is {label!r}. "
                                    "Which name stands at that place?")
    try:
        score = float(score)
    except (TypeError, ValueError):
        require(False, f"The score should be one number; yours is {score!r}.")
    require(abs(score - 3.0) > 1e-6, "The score is a logit; take the softmax first, so that all "
                                     "shares add up to 1.")
    require(abs(score - 0.75) > 1e-6, "You divide logits by their sum; a share needs the "
                                      "exponential of each logit first.")
    require(abs(score - 0.9525741268) > 1e-4,
            "That is the sigmoid of one logit; softmax compares all labels with one another.")
    require(abs(score - 0.8437947345) < 1e-4,
            f"The score of [1, 0, 3] should be the softmax share of the best label; yours is "
            f"{score:.4f}.")
    require(label == "POSITIVE", f"3 is the largest logit, and it stands in the place of POSITIVE; "
                                 f"you return {label!r}.")
    require(answer([2.0, 5.0], ["spam", "fine"], 0.5)[0] == "fine",
            "With other names and two labels the wrong one comes out: use names and the length of "
            "logits.")
    unsure = answer([1.0, 0.0, 3.0], names, 0.9)
    require(unsure[0] == "ask a person", f"A score of 0.84 is below 0.9, so a person should be "
                                         f"asked; you return {unsure[0]!r}.")
    require(abs(float(unsure[1]) - 0.8437947345) < 1e-4,
            "The score stays the same when a person is asked; yours changes.")
    low = answer([-4.0, -2.0], ["no", "yes"], 0.5)
    require(low[0] == "yes", "Logits may all be negative: compare the share with least, not the "
                             "logit.")
    require(answer([0.0, 0.0], ["a", "b"], 0.5)[0] in ("a", "b"),
            "Only a score below least goes to a person; 0.5 is not below 0.5.")
    try:
        large = float(answer([1000.0, 0.0], ["a", "b"], 0.5)[1])
    except OverflowError:
        large = float("nan")
    require(abs(large - 1.0) < 1e-6, "A logit of 1000 overflows: subtract the largest logit before "
                                     "you exponentiate, or use softmax.")
    return (
        "A label that admits doubt; what to set least to, only labelled texts of your own can tell."
    )


@exercise("01.2")
def batches(answer) -> str:
    """``batches(lengths, size)``: every place once, at most ``size`` together, similar lengths
    together."""
    lengths = [9, 3, 30, 4, 28, 10, 5]
    given = list(lengths)
    result = answer(given, 3)
    require(result is not None, "batches returns None: it still needs its lines.")
    require(given == lengths, "Your function changes the list of lengths; sort places, not the "
                              "list itself.")
    result = [list(part) for part in result]
    flat = [place for part in result for place in part]
    require(all(isinstance(place, int) for place in flat),
            "Return lists of indices, whole numbers from 0 on.")
    require(sorted(flat) != sorted(lengths), "You return the lengths; return the places at which "
                                             "they stand, so that answers find their way back.")
    require(all(part for part in result), "One of the batches is empty.")
    require(max(len(part) for part in result) <= 3,
            f"A batch holds {max(len(part) for part in result)} places; at most 3 are allowed.")
    require(len(flat) == len(set(flat)), "A place comes twice.")
    missing = sorted(set(range(len(lengths))) - set(flat))
    require(not missing, f"{len(missing)} of {len(lengths)} places are missing (the last batch may "
                         "be smaller than the others).")
    require(set(flat) == set(range(len(lengths))),
            f"There are places from 0 to {len(lengths) - 1}; you return {max(flat)}.")
    require(len(result) == 3, f"7 texts in batches of 3 make 3 batches; yours are {len(result)}.")

    def positions(parts, of):
        return sum(len(part) * max(of[place] for place in part) for part in parts)

    require(positions(result, lengths) < positions([[0, 1, 2], [3, 4, 5], [6]], lengths),
            "Texts stand together as they come: sort the places by length first.")
    import random

    draw = random.Random(0)
    for _ in range(20):
        many = [draw.randint(1, 60) for _ in range(draw.randint(1, 100))]
        order = sorted(range(len(many)), key=many.__getitem__)
        ascending = [order[start : start + 8] for start in range(0, len(order), 8)]
        descending = [order[::-1][start : start + 8] for start in range(0, len(order), 8)]
        yours = answer(list(many), 8)
        require(sorted(place for part in yours for place in part) == list(range(len(many))),
                f"With {len(many)} texts places are lost or doubled.")
        most = max(positions(ascending, many), positions(descending, many))
        require(positions(yours, many) <= most,
                "More padding than needed: sort all places by length first, and cut the order into "
                "batches afterwards.")
    require(list(answer([], 4)) == [], "No texts, no batches: an empty list should give an empty "
                                       "list.")
    return "As little padding as sorting allows, and the places say where each answer belongs."


@exercise("01.3")
def answered(answer) -> str:
    """``answered(results, labels, least)``: share of texts with a score of at least ``least``, and
    the share right among those."""
    scores = [0.95, 0.6, 0.99, 0.9, 0.7]
    given = ["POSITIVE", "POSITIVE", "NEGATIVE", "NEGATIVE", "POSITIVE"]
    labels = ["POSITIVE", "NEGATIVE", "NEGATIVE", "NEUTRAL", "POSITIVE"]
    results = [{"label": label, "score": score} for label, score in zip(given, scores)]
    result = answer(results, labels, 0.8)
    require(result is not None, "answered returns None: it still needs its lines.")
    require(isinstance(result, tuple) and len(result) == 2,
            f"Return two numbers, the share answered and the share right; yours is {result!r}.")
    share, right = map(float, result)
    require(abs(share - 3) > 1e-9, "You return a number of texts; divide it by all texts.")
    require(abs(share - 0.6) < 1e-9,
            f"Three of five scores are at least 0.8, a share of 0.6; yours is {share:.3f}.")
    require(abs(right - 0.6) > 1e-9, "The second is the share right among all texts; only those "
                                     "that reach the threshold count.")
    require(abs(right - 0.4) > 1e-9, "You divide the right answers by all texts; divide them by "
                                     "those that reach the threshold.")
    require(abs(right - 1) > 1e-9, "The neutral text has a score of 0.9 and a wrong label: it "
                                   "counts among the answered, and as wrong.")
    require(abs(right - 2 / 3) < 1e-9,
            f"Of the three answered, two are right; your share is {right:.3f}.")
    require(abs(float(answer(results, labels, 0.9)[0]) - 0.6) < 1e-9,
            "A score of exactly 0.9 reaches a threshold of 0.9.")
    try:
        none = answer(results, labels, 0.999)
    except ZeroDivisionError:
        none = None
    require(none is not None, "No text reaches 0.999, and your function divides by zero: the share "
                              "right is then nan.")
    require(float(none[0]) == 0 and float(none[1]) != float(none[1]),
            f"If no text is answered, the shares are 0 and nan; yours are {none!r}.")
    return (
        "A threshold trades texts answered for texts right; a label that the model lacks stays "
        "wrong at any score."
    )

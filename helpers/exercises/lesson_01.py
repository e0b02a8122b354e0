"""Checks of lesson 01: a decision from logits, batches with little padding, entities from labelled
tokens."""

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
            "Return lists of places, whole numbers from 0 on.")
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
def merge(answer) -> str:
    """``merge(text, tokens)``: B- begins an entity, I- of the same kind directly after continues
    it, O ends it."""

    def tokens(text, *labelled):
        made, start = [], 0
        for word, label in labelled:
            start = text.index(word, start)
            made.append({"label": label, "start": start, "end": start + len(word),
                         "word": word.lower()})
            start += len(word)
        return made

    text = "Fatou  Diallo lives in New York."
    labelled = tokens(text, ("Fatou", "B-PERSON"), ("Dia", "I-PERSON"), ("llo", "I-PERSON"),
                      ("lives", "O"), ("in", "O"), ("New", "B-PLACE"), ("York", "I-PLACE"),
                      (".", "O"))
    result = answer(text, labelled)
    require(result is not None, "merge returns None: it still needs its lines.")
    require(isinstance(result, list) and all(isinstance(one, dict) for one in result),
            "Return a list of dicts, one for each entity.")
    for key in ("entity", "word", "start", "end"):
        require(all(key in one for one in result), f"An entity lacks {key!r}.")
    require(not any(one["entity"] in ("O", "") for one in result),
            "A token labelled O is in no entity; yours holds one.")
    require(not any("-" in one["entity"] for one in result),
            "The kind is what follows B- or I-, such as PERSON, without the prefix.")
    require(len(result) != 5, "Each token comes alone: an I- token continues the entity before it.")
    require(len(result) == 2, f"Two entities stand in the sentence; you find {len(result)}.")
    require(result[0]["word"] != "Fatou Dia llo" and "llo" not in result[0]["word"].split(),
            "Token texts glued with spaces tear names apart; cut the word from the text, from "
            "start to end.")
    require(result[0]["word"] == "Fatou  Diallo",
            f"The word is what stands in the text from start to end, spaces and capitals too; "
            f"yours is {result[0]['word']!r}.")
    require([(one["entity"], one["start"], one["end"]) for one in result] == [("PERSON", 0, 13),
            ("PLACE", 23, 31)], "Start is that of the first token, end that of the last one.")

    def kinds(text, *labelled):
        return [(one["entity"], one["word"]) for one in answer(text, tokens(text, *labelled))]

    neighbours = kinds("Anna Emma came", ("Anna", "B-PERSON"), ("Emma", "B-PERSON"), ("came", "O"))
    require(neighbours == [("PERSON", "Anna"), ("PERSON", "Emma")],
            f"A B- token always begins an entity, even next to one of its kind; you get "
            f"{neighbours}.")
    change = kinds("Anna Berlin", ("Anna", "B-PERSON"), ("Berlin", "I-PLACE"))
    require(change == [("PERSON", "Anna"), ("PLACE", "Berlin")],
            f"An I- token of another kind begins a new entity; you get {change}.")
    orphan = kinds("in Berlin", ("in", "O"), ("Berlin", "I-PLACE"))
    require(orphan == [("PLACE", "Berlin")], f"Models do write an I- without a B- before it: it "
                                             f"begins an entity; you get {orphan}.")
    apart = kinds("Anna and Emma", ("Anna", "B-PERSON"), ("and", "O"), ("Emma", "I-PERSON"))
    require(apart == [("PERSON", "Anna"), ("PERSON", "Emma")],
            f"An O between two tokens ends the entity; you get {apart}.")
    require(kinds("nobody", ("nobody", "O")) == [] and answer("", []) == [],
            "Without an entity the list is empty.")
    return (
        "The pipeline's joining by hand; with start and end you can mark the entities in the "
        "original text."
    )

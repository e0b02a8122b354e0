"""Documents of which only the answers are learnt, for most of the language model's training.

Names and numbers in a passage are drawn at random: learning to predict them is
noise. What can be learnt there is to find the answer, so the passage is read, and
only what answers a question counts in the loss. A document is a list of pieces,
(text, whether it is learnt); the pieces of one document are tokenised one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache

from helpers.making.shop import entities, facts, few_shot, passages, phrase_files, tools
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import COLOURS, WEEKDAYS
from helpers.making.shop.world import World, world

MOST_QUESTIONS = 6
DENSE_QUESTIONS = 12
FIRST_LEARNT = {"labels": 3, "field": 1}  # earlier examples of a block can't be known
Pieces = list[tuple[str, bool]]


def _passage(place: World, draw: Draw, kinds: tuple[str, ...], most: int = MOST_QUESTIONS) -> Pieces:
    text, _, asked = facts.questions(place, draw, kinds, most)
    pieces: Pieces = [(f"{text}\n", False)]
    for question, answer, _ in asked:
        pieces += [(f"Question: {question}\nAnswer:", False), (f" {answer}\n", True)]
    return _ended(pieces)


def _ended(pieces: Pieces) -> Pieces:
    """Without the last line break: the end token follows the last answer."""
    return [*pieces[:-1], (pieces[-1][0].rstrip("\n"), pieces[-1][1])]


def _block(block: few_shot.Block, draw: Draw) -> Pieces:
    """The examples; often with an invented mark before the answers, and with invented label words."""
    if draw.chance(MARK_SHARE):
        block = replace(block, arrow=mark(draw))
    if block.task == "labels" and draw.chance(LABEL_SHARE):
        new: dict[str, str] = {}
        form = draw.choice((str, str, str.capitalize, str.upper))
        for _, answer in block.pairs:
            new.setdefault(answer, form(word(draw, draw.between(1, 2))))
        block = replace(block, pairs=tuple((text, new[answer]) for text, answer in block.pairs))
    pieces: Pieces = []
    for number, (text, answer) in enumerate(block.pairs):
        pieces += [(f"{text}{block.arrow}", False), (f" {answer}{block.gap}", number >= FIRST_LEARNT[block.task])]
    return _ended(pieces)


def _tool(place: World, draw: Draw) -> Pieces:
    row = tools.example(place, draw)
    pieces: Pieces = [(f"Tools: {row['tools']}\nCustomer: {row['request']}\n", False)]
    if draw.chance(0.5):
        pieces += [("Thought:", False), (f" {row['thought']}\n", True)]
    pieces += [("Call:", False), (f" {row['call']}\n", True), (f"Observation: {row['observation']}\nAnswer:", False)]
    return [*pieces, (f" {row['answer']}", True)]


def _copy(place: World, draw: Draw) -> Pieces:
    row = (passages.copy_list if draw.chance(0.6) else passages.packing_list)(place, draw)
    return [(row["prompt"], False), (f" {row['answer']}", True)]


@cache
def known_words() -> tuple[str, ...]:
    """Words of the training phrases, in alphabetical order, without those that only held-out names and labels use."""
    texts = [" ".join(lines) for name in WORD_FILES for lists in phrase_files.read(name).values() for lines in lists.values()]
    held_out = [entities.EVENTS_HELD_OUT, entities.NAMES_HELD_OUT, entities.STREETS_HELD_OUT, entities.PLACES_HELD_OUT, entities.STAFF_HELD_OUT,
                entities.TOOLS_HELD_OUT, few_shot.LABEL_WORDS_HELD_OUT, [f"{plant.name} {plant.plural}" for plant in entities.PLANTS_HELD_OUT]]
    never = {word.lower() for names in held_out for name in names for word in name.split()}
    return tuple(sorted(set(re.findall(r"(?<![{\w])[a-z]{3,12}(?![}\w])", " ".join(texts))) - never))


def word(draw: Draw, syllables: int) -> str:
    """A word that its context does not foretell, so that it can't be guessed, only found and copied.

    One of syllables, such as "tobril", a known word out of place, or one put together from the ends of two.
    Syllables alone use few of the tokens, and the others are then copied badly.
    """
    way = draw.fraction()
    if way < SYLLABLES_SHARE:
        return "".join(draw.choice(ONSETS) + draw.choice(NUCLEI) for _ in range(syllables)) + draw.choice(CODAS)
    first, second = draw.choice(known_words()), draw.choice(known_words())
    return first if way < KNOWN_SHARE else first[: draw.between(2, 4)] + second[-draw.between(2, 5) :]


def mark(draw: Draw) -> str:
    """What may stand between a text and its answer: a line like "\\nTobril:", or one to three signs."""
    if draw.chance(0.4):
        return f"\n{word(draw, draw.between(1, 2)).capitalize()}:"
    while True:
        made = draw.choice(("", " ")) + "".join(draw.choice(SIGNS) for _ in range(draw.between(1, 3)))
        if made not in few_shot.ARROWS_HELD_OUT:
            return made


def invented(split: str, seed: int) -> World:
    """The world of ``split`` with invented plants, streets, places, events, people and staff."""
    place, draw = world(split), Draw(f"invented {split} {seed}")

    def many(form: str, two: float = 0.0) -> tuple[str, ...]:
        words = (word(draw, draw.between(1, 3)) + (f" {word(draw, 1)}" if draw.chance(two) else "") for _ in range(INVENTED))
        return tuple(form.format(one) for one in words)

    known = {plant.plural for plant in place.plants}
    plants = tuple(replace(place.plants[0], name=name, plural=f"{name}s", sold="cut") for name in many("{}", two=0.4) if f"{name}s" not in known)
    capital = tuple(name.capitalize() for name in many("{}"))
    streets = tuple(f"{name.capitalize()} {kind}" for name in many("{}") for kind in (draw.choice(("Lane", "Road", "Street", "Hill", "Row")),))
    return replace(place, plants=plants, streets=streets, places=many("the {}", two=0.5), events=many("a {}", two=0.5), names=capital, made_names=capital,
                   staff=capital[:200])


def _table(place: World, draw: Draw) -> Pieces:
    """Two to six keys with a value each; every key is asked for its value, or every value for its key."""
    makers = (
        lambda: draw.choice(place.made_names), lambda: draw.choice(place.plants).plural, lambda: draw.choice(WEEKDAYS), lambda: facts.price(draw),
        lambda: str(draw.between(1, 99)), lambda: facts.order_number(draw), lambda: draw.choice(COLOURS), lambda: draw.choice(place.streets),
    )
    first, second = draw.sample(makers, 2)
    pairs: dict[str, str] = {}
    for _ in range(draw.between(2, 6)):
        key, value = first(), second()
        if key not in pairs and value not in pairs.values():
            pairs[key] = value
    form, forwards, backwards = draw.choice(TABLES)
    lines = [form.format(k=key, v=value) for key, value in pairs.items()]
    pieces: Pieces = [(draw.choice(("\n", " ", "\n")).join(lines) + "\n", False)]
    for key, value in draw.shuffled(list(pairs.items())):
        asked, answer = (forwards.format(k=key), value) if draw.chance(0.5) else (backwards.format(v=value), key)
        pieces += [(asked, False), (f" {answer}\n", True)]
    return _ended(pieces)


WORD_FILES = ("messages_train", "topics_train", "opinions_train", "opinions_leisure", "opinions_life", "opinions_things")
SYLLABLES_SHARE, KNOWN_SHARE = 0.35, 0.65  # of the invented words: the first bound, the second one
ONSETS = "b d f g h j k l m n p r s t v w z br dr fl gr kl pr sk st tr ch sh th".split()
NUCLEI = "a e i o u ai ea oo ou".split()
CODAS = ("", "n", "l", "r", "s", "t", "m", "ck", "nd", "rt")
INVENTED = 4000  # of each sort
SIGNS = "->=:|/~*#+<.,;_!?&%@"
MARK_SHARE, LABEL_SHARE = 0.5, 0.6  # of the blocks
# How a pair is told, and how it is asked for in either direction.
TABLES = (
    ("{k}: {v}", "{k}:", "Key of {v}:"), ("{k} has {v}.", "What does {k} have?", "Who has {v}?"), ("{k} - {v}", "{k} -", "{v} -"),
    ("{k} = {v}", "{k} =", "{v} ="), ("{v} belongs to {k}.", "What belongs to {k}?", "To whom does {v} belong?"),
    ("{k} chose {v}.", "{k} chose", "{v} was chosen by"), ("{v} for {k}.", "For {k}:", "{v} is for"), ("{k} ({v})", "{k} stands with", "{v} stands with"),
    ("Next to {k} is {v}.", "Next to {k} is", "{v} is next to"), ("Write {v} beside {k}.", "Beside {k}:", "{v} is beside"),
)
SEVERAL = (facts.SEVERAL, facts.LOG, facts.NOTES)
MAKERS: dict[str, Callable[[World, Draw], Pieces]] = {
    "passage": lambda w, d: _passage(w, d, (facts.SINGLE, *SEVERAL)),
    "several": lambda w, d: _passage(w, d, SEVERAL),
    "labels": lambda w, d: _block(few_shot.labels(w, d), d),
    "fields": lambda w, d: _block(few_shot.fields(w, d), d),
    "tool": _tool,
    "copy": _copy,
    "table": _table,
    "dense": lambda w, d: _passage(w, d, SEVERAL, DENSE_QUESTIONS),
}
INVENTED_SHARE = 0.5  # of the documents


def documents(kind: str, split: str, seed: int = 0, invented_share: float = 0.0) -> Iterator[Pieces]:
    """Yield documents of one kind without end, the same ones for the same seed; a share tells of invented things."""
    place, draw = world(split), Draw(f"focus {kind} {split} {seed}")
    other = invented(split, seed) if invented_share else place
    while True:
        yield MAKERS[kind](other if invented_share and draw.chance(invented_share) else place, draw)


def encode(tokens, documents: Sequence[Pieces]) -> list[list[int]]:
    """Return the token ids of each document, begin and end token included; those that are only read as complements (``~id``)."""
    pieces = [piece for document in documents for piece in document]
    encoded = iter(tokens([text for text, _ in pieces], add_special_tokens=False)["input_ids"])
    result = []
    for document in documents:
        ids = [~tokens.bos_token_id]
        for (_, learnt), own in zip(document, encoded):
            ids += own if learnt else [~token for token in own]
        result.append([*ids, tokens.eos_token_id])
    return result

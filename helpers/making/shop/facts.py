"""Passages about orders, with a question whose answer stands in the passage.

An order is a record of facts. A passage tells one record in a few sentences, or
some facts of two to four records side by side, so that the reader has to look up
whose is asked for. Sentences and questions are hand-written in facts_train.toml;
held-out text has its own in facts_test.toml, and its own names.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from string import Formatter

from helpers.making.shop import phrase_files
from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import (
    CARRIERS,
    COLOURS,
    GIFTS,
    MONTHS,
    SLOTS,
    VASES,
    WEEKDAYS,
    money,
    spell,
)
from helpers.making.shop.world import SPLITS, World, world

ROWS = {"train": 6000, "validation": 500, "test": 1000}
UNANSWERABLE_SHARE = 0.2
SINGLE, SEVERAL, LOG, NOTES = "single", "several", "log", "notes"
# How a note names a fact. Held-out notes use the second word of each.
NOTE_LABELS = {
    "recipient": ("for", "recipient"), "florist": ("florist", "tied by"), "product": ("flowers", "item"), "number": ("number", "how many"),
    "colour": ("colour", "shade"), "ribbon": ("ribbon", "ribbon colour"), "weekday": ("day", "weekday"), "date": ("date", "delivery date"),
    "slot": ("when", "time of day"), "time": ("time", "hour"), "price": ("price", "total"), "street": ("street", "address"),
    "place": ("place", "drop at"), "carrier": ("sent by", "carrier"), "occasion": ("occasion", "reason"), "order": ("order", "order number"),
    "vase": ("vase", "with"), "gift": ("gift", "extra"), "phone": ("phone", "call"),
}
FIELDS = ("who", *NOTE_LABELS)
# Clock times that agree with a part of the day.
HOURS = {
    "in the morning": (8, 11), "before noon": (9, 11), "at noon": (12, 12), "in the afternoon": (13, 17), "in the evening": (18, 20),
    "before nine": (7, 8), "after five": (17, 20), "at lunch time": (12, 13),
}
# Where one of these is told, a question for the other is not clearly unanswerable.
NEIGHBOURS = {"weekday": "date", "date": "weekday", "slot": "time", "time": "slot", "street": "place", "place": "street",
              "colour": "ribbon", "ribbon": "colour", "vase": "gift", "gift": "vase", "order": "phone", "phone": "order"}


@dataclass(frozen=True)
class Phrase:
    """A sentence with named slots in braces."""

    text: str
    slots: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Phrase:
        """Parse ``text``."""
        return cls(text, frozenset(name for _, name, _, _ in Formatter().parse(text) if name))

    def fill(self, record: dict[str, str]) -> str:
        """The sentence with the values of ``record``, its first letter in upper case."""
        return sentence(self.text.format(**record))


def sentence(text: str) -> str:
    """``text`` with its first letter in upper case."""
    return text[0].upper() + text[1:]


@cache
def phrases(held_out: bool) -> dict:
    """The phrases of training or held-out text: lists of ``Phrase``, nested as in the file."""
    name = "facts_test.toml" if held_out else "facts_train.toml"

    def parsed(node):
        if isinstance(node, str):
            return tuple(Phrase.of(line.strip()) for line in node.splitlines() if line.strip())
        return {key: parsed(value) for key, value in node.items()}

    return parsed(tomllib.loads(phrase_files.path(name).read_text(encoding="utf-8")))


def price(draw: Draw) -> str:
    """A price between 3 and 89 euros, often a whole number."""
    return money(100 * draw.between(3, 89) + draw.choice((0, 0, 50, 90, 95, 25)))


def order_number(draw: Draw) -> str:
    """An order number as the shop writes it, like MG-4821."""
    return f"MG-{draw.between(1000, 9999)}"


def record(place: World, draw: Draw) -> dict[str, str]:
    """All facts of one order, as they stand in a sentence."""
    who, recipient = place.people(draw, 2, made=0.55)
    slot = draw.choice(SLOTS)
    return {
        "who": who, "recipient": recipient, "florist": draw.choice(place.staff), "product": draw.choice(place.plants).plural,
        "number": spell(draw.between(2, 12)) if draw.chance(0.4) else str(draw.between(2, 12)),
        "colour": draw.choice(COLOURS), "ribbon": draw.choice(COLOURS), "weekday": draw.choice(WEEKDAYS),
        "date": f"{draw.between(1, 28)} {draw.choice(MONTHS)}", "slot": slot,
        "time": f"{draw.between(*HOURS[slot])}:{draw.choice(('00', '15', '30', '45'))}", "price": price(draw),
        "street": f"{draw.between(1, 99)} {draw.choice(place.streets)}", "place": draw.choice(place.places),
        "carrier": draw.choice(CARRIERS), "occasion": draw.choice(place.events), "order": order_number(draw),
        "vase": draw.choice(VASES), "gift": draw.choice(GIFTS), "phone": f"0{draw.between(100, 999)} {draw.between(100, 999)}",
    }


def records(place: World, draw: Draw, count: int) -> list[dict[str, str]]:
    """``count`` orders of which no two share a customer, recipient, number, product, day or other fact, where there are enough."""
    found: list[dict[str, str]] = []
    scarce = {"florist", "carrier", "ribbon", "colour", "place", "occasion", "slot", "vase", "gift"}
    while len(found) < count:
        one = record(place, draw)
        people = {name for other in found for name in (other["who"], other["recipient"])}
        if people & {one["who"], one["recipient"]} or any(one[f] == other[f] for other in found for f in FIELDS if f not in scarce):
            continue
        found.append(one)
    return found


def _single(place: World, draw: Draw, told: dict) -> tuple[list[str], list[tuple[dict, set[str]]]]:
    one = record(place, draw)
    known: set[str] = set()
    lines = []
    for group, count in (("statements", draw.between(1, 2)), ("continuations", draw.between(0, 3))):
        for _ in range(count):
            # A fact is told once, so that a passage does not repeat itself.
            fresh = [phrase for phrase in told[group] if not phrase.slots & known - {"who"}]
            if fresh:
                phrase = draw.choice(fresh)
                known |= phrase.slots
                lines.append(phrase.fill(one))
    return lines, [(one, known)]


def _several(place: World, draw: Draw, told: dict, group: str, key: str) -> tuple[list[str], list[tuple[dict, set[str]]]]:
    people = records(place, draw, draw.between(2, 4))
    field = draw.choice([name for name in FIELDS if name not in ("who", key) and any(name in p.slots for p in told[group])])
    fitting = [phrase for phrase in told[group] if field in phrase.slots]
    same = draw.choice(fitting) if draw.chance(0.4) else None
    lines, facts = [], []
    for one in people:
        phrase = same or draw.choice(fitting if draw.chance(0.8) else told[group])
        own, known = [phrase.fill(one)], set(phrase.slots)
        if draw.chance(0.3):
            more = [phrase for phrase in told[group] if not phrase.slots & known - {key}]
            if more:
                phrase = draw.choice(more)
                own.append(phrase.fill(one))
                known |= phrase.slots
        lines += own
        facts.append((one, known))
    return (draw.shuffled(lines) if draw.chance(0.3) else lines), facts


def _notes(place: World, draw: Draw) -> tuple[list[str], list[tuple[dict, set[str]]]]:
    """Index cards: one line a customer, facts with labels."""
    people = records(place, draw, draw.between(1, 4))
    kept = draw.sample(sorted(NOTE_LABELS), draw.between(1, 4))
    lines = []
    for one in people:
        facts = [f"{NOTE_LABELS[name][place.held_out]} {one[name]}" for name in draw.shuffled(kept)]
        lines.append(f"{one['who']}: {draw.choice((', ', '; ')).join(facts)}.")
    return lines, [(one, {"who", *kept}) for one in people]


def passage(place: World, draw: Draw, kinds: tuple[str, ...] = (SINGLE, SEVERAL, LOG, NOTES)) -> tuple[str, str, list[tuple[dict, set[str]]]]:
    """Return (kind, text, facts): each order as (record, names of the fields that the text tells)."""
    told, kind = phrases(place.held_out), draw.choice(kinds)
    if kind == SINGLE:
        lines, facts = _single(place, draw, told)
    elif kind == SEVERAL:
        lines, facts = _several(place, draw, told, "statements", "who")
    elif kind == LOG:
        lines, facts = _several(place, draw, told, "by_order", "order")
    else:
        lines, facts = _notes(place, draw)
    if draw.chance(0.3):
        lines.insert(draw.between(0, len(lines)), draw.choice(told["fillers"]).text)
    return kind, ("\n" if kind in (LOG, NOTES) and draw.chance(0.6) else " ").join(lines), facts


def _askable(facts: list[tuple[dict, set[str]]], index: int, question: Phrase) -> bool:
    """Whether ``question`` only mentions told facts of record ``index`` and means no other record."""
    one, known = facts[index]
    if not question.slots <= known:
        return False
    if len(facts) == 1:
        return True
    return any(
        all(one[slot] != other[slot] or slot not in told for i, (other, told) in enumerate(facts) if i != index) for slot in question.slots
    )


def ask(
    place: World, draw: Draw, facts: list[tuple[dict, set[str]]], answerable: bool = True, index: int | None = None
) -> tuple[str, str, str] | None:
    """Return (question, answer, field) about order ``index`` (default: any), or None where no question fits.

    Unanswerable: the question asks for a fact which the text does not tell of that order
    (perhaps of another one); the answer is then empty.
    """
    questions = phrases(place.held_out)["questions"]
    index = draw.below(len(facts)) if index is None else index
    one, known = facts[index]
    if answerable:
        fields = [name for name in FIELDS if name in known]
    else:
        told = set.union(*(fields for _, fields in facts))
        fields = [name for name in FIELDS if name not in known and NEIGHBOURS.get(name) not in known]
        near = [name for name in fields if name in told]  # told of another order: the harder kind
        fields = near if near and draw.chance(0.5) else fields
    fields = draw.shuffled(fields)
    for field in fields:
        possible = [q for q in questions.get(field, ()) if field not in q.slots and _askable(facts, index, q)]
        if not answerable:  # without a name the question might mean another order
            possible = [q for q in possible if len(facts) == 1 or q.slots & {"who", "order", "recipient"}]
        if possible:
            return draw.choice(possible).fill(one), one[field] if answerable else "", field
    return None


def question(place: World, draw: Draw, kinds: tuple[str, ...] = (SINGLE, SEVERAL, LOG, NOTES), answerable: bool = True) -> dict:
    """One passage with a question: ``passage``, ``question``, ``answer``, ``field``, ``kind``, ``orders`` (how many are told)."""
    while True:
        kind, text, facts = passage(place, draw, kinds)
        asked = ask(place, draw, facts, answerable)
        if asked:
            return {"kind": kind, "passage": text, "question": asked[0], "answer": asked[1], "field": asked[2], "orders": len(facts)}


def questions(place: World, draw: Draw, kinds: tuple[str, ...], most: int) -> tuple[str, int, list[tuple[str, str, str]]]:
    """A passage, how many orders it tells of, and one to ``most`` different questions: (question, answer, field) each."""
    while True:
        _, text, facts = passage(place, draw, kinds)
        asked: list[tuple[str, str, str]] = []
        for _ in range(draw.between(1, most) if most > 1 else 1):
            found = ask(place, draw, facts)
            if found and found[0] not in [one[0] for one in asked]:
                asked.append(found)
        if asked:
            return text, len(facts), asked


def document(place: World, draw: Draw, kinds: tuple[str, ...] = (SINGLE, SEVERAL, LOG, NOTES)) -> dict:
    """A passage, one to three questions on it, and their answers, as text to train on; held-out text has one question.

    ``prompt`` and ``answer`` are those of the last question.
    """
    text, orders, asked = questions(place, draw, kinds, 1 if place.held_out else 3)
    whole = "\n".join([text, *(f"Question: {q}\nAnswer: {a}" for q, a, _ in asked)])
    answer = asked[-1][1]
    return {"text": whole, "prompt": whole[: len(whole) - len(answer) - 1], "answer": answer, "field": asked[-1][2], "orders": orders}


def example(place: World, draw: Draw) -> dict:
    """A row of the data set: the answer is a span of the passage which stands there once, or "" with start -1."""
    while True:
        row = question(place, draw, answerable=not draw.chance(UNANSWERABLE_SHARE))
        if not row["answer"]:
            return {**row, "start": -1, "answerable": False}
        for spelled in (row["answer"], sentence(row["answer"])):
            if row["passage"].count(spelled) == 1:
                return {**row, "answer": spelled, "start": row["passage"].index(spelled), "answerable": True}


def rows(seed: int = 0) -> dict[str, list[dict]]:
    """All splits of the passage questions."""
    result = {}
    for split in SPLITS:
        draw, place = Draw(f"passage questions {split} {seed}"), world(split)
        found: dict[tuple[str, str], dict] = {}
        while len(found) < ROWS[split]:
            row = example(place, draw)
            found.setdefault((row["passage"], row["question"]), row)
        result[split] = [{"id": f"passage-{split}-{number:04d}", **row} for number, row in enumerate(found.values(), start=1)]
    return result


DATA_SETS = (
    DataSet(
        name="passage_questions",
        description="Short passages about one to four orders with a question; the answer is a span of the passage, or is not there.",
        made=(
            "Records of orders told in hand-written sentences, as a story, an order log or index cards. Test passages have their own "
            "sentences, questions and names. One question in five can't be answered from its passage."
        ),
        columns={
            "id": "split and number", "passage": "one to eight sentences", "question": "one question",
            "answer": "a span of the passage, or empty", "start": "where the span begins (characters), or -1",
            "answerable": "whether the passage holds the answer", "field": "the fact that is asked for",
            "kind": "single, several, log or notes", "orders": "how many orders the passage tells of",
        },
        rows=rows,
        limits=("Passages are short, and their facts never contradict one another.",),
    ),
)


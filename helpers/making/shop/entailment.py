"""Pairs of a premise and a hypothesis: does the one follow from the other?

Three kinds of material, in two files (training and validation share one):

- scenes: three premises about one situation and hypotheses whose label is written down for each premise;
- facts: premises that tell some of a scene's facts and hypotheses about one fact, whose label is worked
  out: told and equal, told and different, or not told;
- topics: sentences with what they are about, against hypotheses like "This text is about sports.".

A hypothesis stands with all three labels, so that it gives nothing away without its premise.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache

from helpers.making.shop import phrase_files
from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import COLOURS, MONTHS, WEEKDAYS, money, spell
from helpers.making.shop.entity_sentences import CITIES, CITIES_HELD_OUT
from helpers.making.shop.world import SPLITS, world

LABELS = ("entailment", "neutral", "contradiction")
_LETTERS = {"E": "entailment", "N": "neutral", "C": "contradiction"}
# Rows of each split by material; each material has as many rows of each label.
ROWS = {"train": {"scenes": 2_400, "facts": 3_000, "topics": 3_600},
        "validation": {"scenes": 150, "facts": 210, "topics": 240},
        "test": {"scenes": 330, "facts": 270, "topics": 300}}
DOMAINS = ("everyday", "shop")
SHOP_TOPICS = ("delivery", "payment", "refunds", "plant care", "product quality", "gift advice", "account", "opening hours", "prices",
               "discounts", "order changes", "packaging", "appointments", "complaint", "praise")
_HOURS = ("six", "seven", "eight", "nine", "ten", "eleven")
_SLOT = re.compile(r"\{([a-z_]+)2?\}")
_BARE_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiou])(?!uni|use|eu|one)")


@dataclass(frozen=True)
class Scene:
    """``hypotheses``: letters (one for each premise), kind, text."""

    premises: tuple[str, ...]
    hypotheses: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Facts:
    """``values``: slot → (value, class) pairs. ``hypotheses``: kind, slot, whether it is denied, text."""

    values: dict[str, tuple[tuple[str, str], ...]]
    premises: tuple[str, ...]
    hypotheses: tuple[tuple[str, str, bool, str], ...]


@dataclass(frozen=True)
class Topic:
    """``names``: words for it in a hypothesis. ``near``: topics that its sentences may touch. ``tone``: a way of speaking.

    ``parts``: topics that belong to this one, like cooking to food; they are near as well.
    """

    names: tuple[str, ...]
    near: frozenset[str]
    tone: bool
    sentences: tuple[str, ...]
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Material:
    """What the pairs of a split are made of."""

    scenes: dict[str, tuple[Scene, ...]]
    facts: dict[str, tuple[Facts, ...]]
    topics: dict[str, Topic]
    vague: tuple[str, ...]
    topic_hypotheses: tuple[str, ...]


def _blocks(text: str) -> list[list[str]]:
    return [block.splitlines() for block in text.strip().split("\n\n")]


def _scene(lines: list[str]) -> Scene:
    premises = tuple(line[2:] for line in lines if line.startswith("= "))
    return Scene(premises, tuple(tuple(line.split(" ", 2)) for line in lines[len(premises):]))


def _facts(lines: list[str]) -> Facts:
    values, premises, hypotheses = {}, [], []
    for line in lines:
        if line.startswith("= "):
            premises.append(line[2:])
        elif ":" in line.split(" ", 1)[0]:
            slot, choices = line.split(": ", 1)
            values.setdefault(slot, []).extend((part + " > ").split(" > ")[:2] for part in choices.split(" | "))
        else:
            kind, slot, text = line.split(" ", 2)
            hypotheses.append((kind, slot.removeprefix("!"), slot.startswith("!"), text))
    return Facts({slot: tuple((value, group) for value, group in pairs) for slot, pairs in values.items()},
                 tuple(premises), tuple(hypotheses))


@cache
def material(split: str) -> Material:
    """The scenes, facts and topics of a split."""
    name = f"entailment_{'test' if split == 'test' else 'train'}.toml"
    table = tomllib.loads(phrase_files.path(name).read_text(encoding="utf-8"))
    near: dict[str, set[str]] = {name: set() for name in table["topics"]}
    for name, row in table["topics"].items():
        parts = row.get("parts", [])
        for other in {*row["near"], *parts, *(one for part in parts for one in table["topics"][part]["near"])} - {name}:
            near[name].add(other)
            near[other].add(name)
    topics = {name: Topic(names=tuple(row["names"]), near=frozenset(near[name]), tone=row.get("family") == "tone",
                          sentences=tuple(row["sentences"].strip().splitlines()), parts=tuple(row.get("parts", ())))
              for name, row in table["topics"].items()}
    return Material({domain: tuple(map(_scene, _blocks(table[domain]["scenes"]))) for domain in DOMAINS},
                    {domain: tuple(map(_facts, _blocks(table[domain]["facts"]))) for domain in DOMAINS},
                    topics, tuple(table["vague"]["sentences"].strip().splitlines()),
                    tuple(table["topic_hypotheses"].strip().splitlines()))


def _pool(slot: str, split: str, draw: Draw) -> str:
    """A value for a slot that every scene may use."""
    names = world(split)
    if slot in ("a", "b", "c", "who", "friend"):
        return names.person(draw, made=0.15)
    if slot == "city":
        return draw.choice(CITIES_HELD_OUT if split == "test" else CITIES)
    if slot == "flowers":
        return draw.choice([plant.plural for plant in names.plants if plant.sold == "cut"])
    if slot == "number":
        return spell(draw.between(2, 12))
    if slot == "price":
        return money(draw.between(9, 80) * 100 + draw.choice((0, 50, 90)))
    if slot == "order":
        return f"MG-{draw.between(1000, 9999)}"
    return draw.choice({"day": WEEKDAYS, "month": MONTHS, "colour": COLOURS, "time": _HOURS}[slot])


def _polished(text: str) -> str:
    """``text`` with "an" where it is needed and an upper-case first letter."""
    text = _BARE_ARTICLE.sub(r"\1n ", text)
    return text[0].upper() + text[1:]


def _scene_values(split: str, draw: Draw) -> dict[str, str]:
    """Values for the slots of a scene; {n} is smaller than {m}."""
    values = {"n": spell(draw.between(2, 5)), "m": spell(draw.between(6, 12)), "order": _pool("order", split, draw)}
    people: list[str] = []
    while len(people) < 3:
        name = _pool("a", split, draw)
        if name not in people:
            people.append(name)
    values |= dict(zip("abc", people, strict=True))
    for slot in ("city", "day", "flowers", "colour", "time", "month"):
        values[slot] = _pool(slot, split, draw)
        while values.get(slot + "2", values[slot]) == values[slot]:
            values[slot + "2"] = _pool(slot, split, draw)
    return values


def _from_scene(split: str, domain: str, label: str, draw: Draw) -> dict | None:
    """A pair, or None where the hypothesis drawn has no premise for the label."""
    scene = draw.choice(material(split).scenes[domain])
    letters, kind, hypothesis = draw.choice(scene.hypotheses)
    fitting = [premise for premise, letter in zip(scene.premises, letters, strict=True) if _LETTERS[letter] == label]
    if not fitting:
        return None
    values = _scene_values(split, draw)
    return {"premise": _polished(draw.choice(fitting).format(**values)), "hypothesis": _polished(hypothesis.format(**values)),
            "label": label, "kind": kind}


def _slots(text: str) -> set[str]:
    return {slot.removesuffix("_kind") for slot in _SLOT.findall(text)}


def _fact_values(block: Facts, split: str, draw: Draw) -> dict[str, str]:
    values = {slot: _pool(slot, split, draw) for slot in ("city", "day", "flowers", "colour", "time", "month", "number", "price", "order")}
    values["who"] = _pool("who", split, draw)
    values["friend"] = values["who"]
    while values["friend"] == values["who"]:
        values["friend"] = _pool("friend", split, draw)
    for slot, pairs in block.values.items():
        values[slot], values[f"{slot}_kind"] = draw.choice(pairs)
    return values


def _from_facts(split: str, domain: str, label: str, draw: Draw) -> dict | None:
    """A pair, or None where premise and hypothesis do not fit together."""
    block = draw.choice(material(split).facts[domain])
    kind, slot, denied, hypothesis = draw.choice(block.hypotheses)
    told = [premise for premise in block.premises
            if (slot.removesuffix("_kind") in _slots(premise)) == (label != "neutral")
            and _slots(hypothesis) - {slot.removesuffix("_kind")} <= _slots(premise)]
    if not told:
        return None
    premise = draw.choice(told)
    values = _fact_values(block, split, draw)
    said = dict(values)
    if (label == "contradiction") != (denied and label != "neutral"):
        while said[slot] == values[slot] or slot == "friend" and said[slot] == values["who"]:
            said[slot] = _fact_values(block, split, draw)[slot]
    return {"premise": _polished(premise.format(**values)), "hypothesis": _polished(hypothesis.format(**said)),
            "label": label, "kind": kind}


def _from_topics(split: str, domain: str, label: str, draw: Draw) -> dict | None:
    """A pair with a hypothesis about the topic, or None where no sentence fits.

    Entailment: a sentence of the topic or its parts. Contradiction: a sentence of a topic that is not near.
    Neutral: a sentence of a near topic, or one that might be about anything.
    """
    source = material(split)
    name = draw.choice([name for name in source.topics if (name in SHOP_TOPICS) == (domain == "shop")])
    topic = source.topics[name]
    if label == "entailment":
        premise = draw.choice(source.topics[draw.choice((name, *topic.parts))].sentences)
    elif label == "contradiction":
        # A tone may go with any topic, so it is only set against other tones.
        others = [other for key, other in source.topics.items()
                  if key != name and key not in topic.near and (other.tone if topic.tone else not other.tone or domain != "shop")]
        premise = draw.choice(draw.choice(others).sentences)
    elif draw.chance(0.5):
        premise = draw.choice(source.vague)
    else:
        near = sorted(key for key in topic.near - set(topic.parts) if source.topics[key].tone == topic.tone)
        if not near:
            return None
        premise = draw.choice(source.topics[draw.choice(near)].sentences)
    hypothesis = draw.choice(source.topic_hypotheses).format(label=draw.choice(topic.names))
    return {"premise": premise, "hypothesis": _polished(hypothesis), "label": label, "kind": "topic"}


_MAKERS = {"scenes": _from_scene, "facts": _from_facts, "topics": _from_topics}


def example(split: str, draw: Draw, source: str | None = None, domain: str | None = None, label: str | None = None) -> dict:
    """One pair: premise, hypothesis, label, kind.

    What is not asked for is drawn: the ``source`` ("scenes", "facts" or "topics") as often as in the data set,
    ``domain`` ("everyday" or "shop") and ``label`` equally often.
    """
    source = source or draw.weighted({name: float(n) for name, n in ROWS[split].items()})
    label = label or draw.choice(LABELS)
    while True:
        row = _MAKERS[source](split, domain or draw.choice(DOMAINS), label, draw)
        if row is not None:
            return row | {"kind": "not said"} if row["label"] == "neutral" and source != "topics" else row


def entailment(seed: int = 0) -> dict[str, list[dict]]:
    """All pairs: split → rows in random order, as many of each label, half of them from the shop, no pair twice."""
    seen: set[tuple[str, str]] = set()
    result: dict[str, list[dict]] = {}
    for split in SPLITS:
        draw = Draw(f"entailment {split} {seed}")
        rows: list[dict] = []
        for source, wanted in ROWS[split].items():
            missing = {(domain, label): wanted // 6 for domain in DOMAINS for label in LABELS}
            while any(missing.values()):
                domain, label = draw.choice([key for key, number in missing.items() if number])
                row = example(split, draw, source, domain, label)
                pair = row["premise"], row["hypothesis"]
                if pair not in seen:
                    seen.add(pair)
                    missing[domain, label] -= 1
                    rows.append(row)
        result[split] = [{"id": f"nli-{split}-{number:04d}", **row} for number, row in enumerate(draw.shuffled(rows), start=1)]
    return result


DATA_SETS = (
    DataSet(
        name="entailment",
        description="Pairs of a premise and a hypothesis from the shop and from everyday life: entailment, neutral or contradiction.",
        made="Hand-written scenes whose labels are written down, hand-written facts whose labels are worked out, and hand-written "
             "sentences set against topics. Every hypothesis wording occurs with all three labels. The test split has scenes, facts "
             "and topic sentences of its own, and fifteen topics that training never names.",
        columns={"id": "nli-<split>-<number>", "premise": "a sentence that is taken to be true",
                 "hypothesis": "a sentence that follows, may be or cannot be",
                 "label": "entailment, neutral or contradiction; both sentences are about one situation",
                 "kind": "what the pair turns on: antonym, colour, hypernym, negation, number, paraphrase, place, roles, time or topic; "
                         "\"not said\" for neutral pairs without a topic"},
        rows=entailment,
        limits=("Short sentences; nothing that needs arithmetic beyond counting.",
                "A sentence of a neighbouring topic counts as neutral, which is a matter of taste."),
    ),
)

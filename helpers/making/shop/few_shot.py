"""Blocks of examples from which a language model must see what is asked: which field, or which label.

The words that stand for labels change from block to block, so nothing but the
examples tells what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpers.making.shop import reviews
from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import (
    CARRIERS,
    COLOURS,
    GIFTS,
    MADE_NAMES,
    MADE_NAMES_HELD_OUT,
    MONTHS,
    SLOTS,
    TOOLS,
    TOOLS_HELD_OUT,
    VASES,
    WEEKDAYS,
)
from helpers.making.shop.facts import FIELDS, passage, price
from helpers.making.shop.world import SPLITS, World, world

ROWS = {"train": 1500, "validation": 150, "test": 500}
LONGEST = 1900  # characters of a block, so that it fits a context of 1,024 tokens
# Words that may stand for any label. Held-out blocks have words of their own.
LABEL_WORDS = """yes no red blue left right cat dog sun moon one two up down hot cold north south apple pear tea milk gold iron
fish bird day night top low first last stone paper bell drum""".split()
LABEL_WORDS_HELD_OUT = """east west wolf hen lemon plum rain wind high deep copper silver cake bread oak elm king queen""".split()
ARROWS = (" ->", " =>", ":", " =", "\nOutput:", "\nAnswer:", "\nResult:")
ARROWS_HELD_OUT = (" -->", "\nReply:", " |")


def _opinion(place: World, draw: Draw, grades: tuple[str, ...]) -> str:
    told = reviews.phrases(place.split)
    text = draw.choice(told[draw.choice(("delivery", "packing", "service", "cut"))][draw.choice(grades)])
    for slot, word in (("{s}", "the flowers"), ("{was}", "were"), ("{were}", "were"), ("{them}", "them"), ("{they}", "they")):
        text = text.replace(slot, word)
    return text


def categories(place: World) -> dict[str, object]:
    """Name of a class → function of (draw) that gives one of its items."""
    tools = TOOLS_HELD_OUT + TOOLS[-3:] if place.held_out else TOOLS[:-3]
    return {
        "flower": lambda d: d.choice(place.plants).plural, "tool": lambda d: d.choice(tools), "vase": lambda d: d.choice(VASES),
        "gift": lambda d: d.choice(GIFTS), "person": lambda d: place.person(d, made=0.3), "weekday": lambda d: d.choice(WEEKDAYS),
        "month": lambda d: d.choice(MONTHS), "colour": lambda d: d.choice(COLOURS), "price": price,
        "number": lambda d: str(d.between(1, 99)), "street": lambda d: f"{d.between(1, 99)} {d.choice(place.streets)}",
        "place": lambda d: d.choice(place.places), "carrier": lambda d: d.choice(CARRIERS), "time": lambda d: d.choice(SLOTS),
        "praise": lambda d: _opinion(place, d, ("love", "good")), "complaint": lambda d: _opinion(place, d, ("poor", "awful")),
    }


@dataclass(frozen=True)
class Block:
    """Examples of one task: (text, answer) pairs, what stands between text and answer, and between examples."""

    task: str
    pairs: tuple[tuple[str, str], ...]
    arrow: str
    gap: str
    field: str

    def row(self) -> dict:
        """The block with its last answer apart."""
        shots = [f"{text}{self.arrow} {answer}" for text, answer in self.pairs]
        prompt = self.gap.join([*shots[:-1], f"{self.pairs[-1][0]}{self.arrow}"])
        return {"task": self.task, "prompt": prompt, "answer": self.pairs[-1][1], "shots": len(self.pairs) - 1, "field": self.field}


def labels(place: World, draw: Draw, shots: int | None = None) -> Block:
    """Items of two or three classes with made-up label words."""
    makers = categories(place)
    opinions = draw.chance(0.4)
    kinds = ["praise", "complaint"] if opinions else draw.sample(sorted(set(makers) - {"praise", "complaint"}), draw.between(2, 3))
    made = MADE_NAMES_HELD_OUT if place.held_out else MADE_NAMES
    words = draw.sample(LABEL_WORDS_HELD_OUT if place.held_out else LABEL_WORDS, len(kinds)) if draw.chance(0.7) else draw.sample(made, len(kinds))
    named = dict(zip(kinds, words))
    count = draw.between(2, 10) if shots is None else shots
    order = [kinds[number % len(kinds)] for number in range(count)]
    asked = draw.choice(kinds)
    pairs = [(makers[kind](draw), named[kind]) for kind in [*draw.shuffled(order), asked]]
    return Block("labels", tuple(pairs), draw.choice(ARROWS_HELD_OUT if place.held_out else ARROWS), "\n", " ".join(kinds))


def fields(place: World, draw: Draw, shots: int | None = None, kinds: tuple[str, ...] = ("single", "notes")) -> Block:
    """Short passages; after each stands the value of one field, the same field each time."""
    wanted = draw.choice([name for name in FIELDS if name not in ("who",)]) if draw.chance(0.9) else "who"
    count = draw.between(1, 6) if shots is None else shots
    arrow, gap = draw.choice(ARROWS_HELD_OUT[1:2] if place.held_out else ARROWS[4:]), draw.choice(("\n", "\n\n"))
    while True:
        pairs: list[tuple[str, str]] = []
        for _ in range(400):
            _, text, facts = passage(place, draw, kinds)
            if len(facts) == 1 and wanted in facts[0][1] and len(text) < 260:
                pairs.append((text.replace("\n", " "), facts[0][0][wanted]))
                if len(pairs) == count + 1:
                    break
        if len(pairs) == count + 1 and sum(len(text) for text, _ in pairs) < LONGEST - 150:
            break
        wanted, count = draw.choice(("recipient", "product", "weekday", "street", "price")), count if shots is not None else min(count, 3)
    return Block("field", tuple(pairs), arrow, gap, wanted)


def label_block(place: World, draw: Draw, shots: int | None = None) -> dict:
    """A row of the task "labels"; the last label is asked for."""
    return labels(place, draw, shots).row()


def field_block(place: World, draw: Draw, shots: int | None = None) -> dict:
    """A row of the task "field"; the last passage's value is asked for."""
    return fields(place, draw, shots).row()


def example(place: World, draw: Draw) -> dict:
    """A block of either task."""
    return (label_block if draw.chance(0.5) else field_block)(place, draw)


def as_document(row: dict) -> dict:
    """A block as text to train on."""
    return {"text": f"{row['prompt']} {row['answer']}", "prompt": row["prompt"], "answer": row["answer"]}


def rows(seed: int = 0) -> dict[str, list[dict]]:
    """All splits of the blocks."""
    result = {}
    for split in SPLITS:
        draw, place = Draw(f"few shot {split} {seed}"), world(split)
        found: dict[str, dict] = {}
        while len(found) < ROWS[split]:
            row = example(place, draw)
            found.setdefault(row["prompt"], row)
        result[split] = [{"id": f"shots-{split}-{number:04d}", **row} for number, row in enumerate(found.values(), start=1)]
    return result


DATA_SETS = (
    DataSet(
        name="few_shot",
        description="Blocks of examples in which the words for the labels, or the field that is asked for, change from block to block.",
        made=(
            "Items of word classes, or good and bad opinions, get label words drawn anew for each block; or passages about orders are "
            "followed by one of their facts. Test blocks have their own label words, passages, opinions and names."
        ),
        columns={
            "id": "split and number", "task": "labels or field", "prompt": "the examples and the last question", "answer": "what comes next",
            "shots": "how many examples stand before", "field": "the field, or the classes",
        },
        rows=rows,
    ),
)

"""Preference pairs: a customer's message, a helpful and polite answer, and a worse one.

A worse answer is rude (short, rude or blaming), polite but unhelpful, or a good
answer to something else. Neither answer's length tells which is which: in half of
the pairs, the chosen answer is the longer one.
"""

from __future__ import annotations

import re
from functools import cache

from helpers.making.shop import phrase_files
from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import WEEKDAYS, article, money
from helpers.making.shop.opinions import sentences
from helpers.making.shop.world import SPLITS, world

ROWS = {"train": 1_200, "validation": 120, "test": 500}
KINDS = {"rude": 0.4, "unhelpful": 0.42, "off topic": 0.18}
# Situations that share answers: none is off topic for another.
_ALIKE = ({"late", "wilted", "vase", "wrong", "driver", "card", "charge"}, {"gift", "stock", "dear", "wedding", "funeral", "card"},
          {"address", "day", "cancel", "late"}, {"charge", "pay", "cancel", "dear"}, {"hours", "day", "stock"},
          {"pets", "gift", "water"}, {"wilted", "water"})


@cache
def parts(split: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """The lines of a split's file: situation → list → lines."""
    return phrase_files.read("preferences_test" if split == "test" else "preferences_train")


def _alike(one: str, other: str) -> bool:
    return one == other or any({one, other} <= group for group in _ALIKE)


def _fitting(lines: tuple[str, ...], number: int = 0) -> list[str]:
    """The answers, without their mark "13:", that fit message ``number``; all of them for 0."""
    marked = [re.fullmatch(r"(?:(\d+): )?(.*)", line).groups() for line in lines]
    return [text for numbers, text in marked if not number or numbers is None or str(number) in numbers]


def _slots(line: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", line))


def example(split: str, draw: Draw, longer: bool | None = None) -> dict:
    """One pair: prompt, chosen, rejected, kind ("rude", "unhelpful" or "off topic").

    ``longer`` says whether the chosen answer has more characters; by default either is as likely.
    """
    table, place = parts(split), world(split)
    longer = draw.chance(0.5) if longer is None else longer
    situations = [name for name in table if name != "general"]
    general = table["general"]
    while True:
        situation, kind = draw.choice(situations), draw.weighted(KINDS)
        own = table[situation]
        number, prompt = draw.choice(list(enumerate(own["prompts"], start=1)))
        chosen = draw.choice(_fitting(own["chosen"], number))
        if kind == "off topic":
            other = draw.choice([name for name in situations if not _alike(situation, name) and name != "praise"])
            # An answer about the customer's own flowers would be too close.
            rejected = draw.choice([line for line in _fitting(table[other]["chosen"]) if "{plant}" not in line])
            more = general["more_chosen"]
        else:
            rejected = draw.choice(own[kind] if draw.chance(0.75) else general[kind])
            more = general[f"more_{kind}"]
        if draw.chance(0.3):
            chosen = f"{chosen} {draw.choice(general['more_chosen'])}"
        if draw.chance(0.5):
            rejected = f"{rejected} {draw.choice(more)}"
        fields = {
            "name": draw.choice(place.names), "weekday": draw.choice(WEEKDAYS), "order": str(draw.between(1000, 9999)),
            "plant": draw.choice([plant.plural for plant in place.plants if plant.sold == "cut"]),
            "pot": draw.choice([plant.name for plant in place.plants if plant.sold == "pot"]),
            "price": money(50 * draw.between(24, 110)), "street": f"{draw.between(1, 99)} {draw.choice(place.streets)}",
        }
        # The shop may name a day, a plant or a price of its own, but not what it was never told.
        if (_slots(chosen) | _slots(rejected)) & {"name", "order", "street"} - _slots(prompt):
            continue
        fields["a_pot"] = article(fields["pot"])
        row = {key: sentences(line.format(**fields)) for key, line in (("prompt", prompt), ("chosen", chosen), ("rejected", rejected))}
        if (len(row["chosen"]) > len(row["rejected"])) == longer and len(row["chosen"]) != len(row["rejected"]):
            return {**row, "kind": kind}


def _key(row: dict) -> tuple[str, str, str]:
    return row["prompt"], row["chosen"], row["rejected"]


def preferences(split: str, seed: int = 0) -> list[dict]:
    """All pairs of a split; in half of them the chosen answer is the longer one.

    No pair comes twice, and none of validation is in training.
    """
    draw = Draw(f"preferences {split} {seed}")
    rows: list[dict] = []
    seen = {_key(row) for row in preferences("train", seed)} if split == "validation" else set()
    while len(rows) < ROWS[split]:
        row = example(split, draw, longer=len(rows) % 2 == 0)
        if _key(row) not in seen:
            seen.add(_key(row))
            rows.append(row)
    return [{"id": f"preference-{split}-{number:04d}", **row} for number, row in enumerate(draw.shuffled(rows), start=1)]


DATA_SETS = (
    DataSet(
        name="preferences",
        description="A customer's message with a helpful, polite answer (chosen) and a worse one (rejected).",
        made="Twenty situations with hand-written messages and answers. Lengths are balanced: in half of the pairs the chosen "
             "answer is longer. Test has situations, messages and answers in words of its own.",
        columns={"id": "unique id", "prompt": "the customer's message", "chosen": "a helpful and polite answer",
                 "rejected": "a worse answer", "kind": "why it is worse: rude, unhelpful (polite, but no help) or off topic"},
        rows=lambda seed: {split: preferences(split, seed) for split in SPLITS},
        limits=("The preferences are the author's, not those of a group of people who were asked.",
                "The chosen answers promise what a shop can do; nobody checked that a promise is kept.",
                "Some off-topic answers would suit a reader who asks for something else as well."),
    ),
)

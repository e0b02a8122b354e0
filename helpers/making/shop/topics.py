"""Messages to the shop with one to three topics each.

A message joins hand-written sentences, one or two for each of its topics. No word gives a topic away:
``near`` holds whole messages that use the words of one topic and are about another.
Models learn from wider wording than the data set holds (topics_wide.toml).
"""

from __future__ import annotations

import re
from functools import cache

from helpers.making.shop import phrase_files
from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import GIFTS, VASES, WEEKDAYS, money
from helpers.making.shop.world import SPLITS, world

ROWS = {"train": 3_000, "validation": 300, "test": 600}
# Column value → table in the files.
LABELS = {"delivery": "delivery", "payment": "payment", "refund": "refund", "care": "care", "product quality": "quality",
          "gift advice": "gift", "account": "account", "praise": "praise"}
_STATES = ("waiting", "spoilt", "fine")
_HOW_MANY = {"1": 0.42, "2": 0.38, "3": 0.2}
_NEAR = 0.12
_CASUAL = 0.06
_THINGS = (*VASES, *(gift for gift in GIFTS if gift not in ("box of chocolates", "greeting card", "linen ribbon")), "watering can",
           "plant mister", "hand trowel", "seed tray")
_THINGS_TEST = ("bulb planter", "copper jug", "soil sieve", "stone bowl", "tea light holder", "rose trellis")
# Joined before a sentence, these keep its first letter small.
_INLINE = ("But", "Oh, and")
_PRONOUN = re.compile(r"I\b")
_CHOICE = re.compile(r"\[([^]]*)]")
_NO_GAP = re.compile(r" +(?=[ ,.?!]|$)")
_WIDE = 3  # a wide sentence stands for several
_BARE_ARTICLE = re.compile(r"\b([Aa]) (?=[AEIOaeiou])")


@cache
def sentences(split: str, wide: bool = False) -> dict[str, dict[str, tuple[str, ...]]]:
    """The sentences of a split: table → group → lines. ``wide``: those that are not in the data set as well."""
    source = phrase_files.read("topics_test" if split == "test" else "topics_train")
    if not wide:
        return source
    return {topic: {group: lines + _WIDE * more.get(group, ()) for group, lines in source[topic].items()} for topic, more in phrase_files.read("topics_wide").items()}


def _said(line: str, draw: Draw) -> str:
    """The line with one part of each "[a|b]"."""
    return _NO_GAP.sub("", _CHOICE.sub(lambda found: draw.choice(found[1].split("|")), line)) if "[" in line else line


def _values(split: str, draw: Draw) -> dict[str, str]:
    names = world(split)
    people = names.people(draw, 2, made=0.2)
    cut = draw.sample([plant.plural for plant in names.plants if plant.sold == "cut"], 2)
    if cut[0] == cut[1]:  # the held-out plants stand in the list several times
        cut[1] = "roses"
    return {"flowers": cut[0], "flowers2": cut[1], "pot": draw.choice([plant.name for plant in names.plants if plant.sold == "pot"]),
            "thing": draw.choice(_THINGS_TEST if split == "test" else _THINGS), "day": draw.choice(WEEKDAYS),
            "price": money(draw.between(9, 75) * 100 + draw.choice((0, 0, 50, 90))), "order": f"MG-{draw.between(1000, 9999)}",
            "name": people[0], "sender": people[1], "street": f"{draw.between(1, 90)} {draw.choice(names.streets)}"}


def _parts(source: dict, topics: list[str], draw: Draw) -> list[tuple[str, bool]]:
    """Sentences for the topics in order, each with whether it tells of something that went wrong."""
    # Quality is judged when the goods are there; praise goes with good news unless the message complains.
    complaint = "refund" in topics or "quality" in topics
    allowed = [state for state in _STATES if not (state == "waiting" and "quality" in topics)
               and not (state != "fine" and "praise" in topics and not complaint)]
    state = draw.choice(allowed)
    parts = []
    for topic in topics:
        groups = source[topic]
        lines = groups.get("any", ()) + groups.get(state, ())
        chosen = draw.sample(lines, 2 if len(topics) == 1 and draw.chance(0.25) else 1)
        parts += [(_said(line, draw), state != "fine" and line in groups.get(state, ())) for line in chosen]
    return parts


def _small(text: str) -> str:
    """``text`` with a small first letter, unless it begins with "I" or a slot."""
    return text if _PRONOUN.match(text) or text.startswith("{") else text[0].lower() + text[1:]


def _joined(joints: dict, parts: list[tuple[str, bool]], praised: bool, draw: Draw) -> str:
    """The parts as one text. ``praised``: the first part is praise, after which bad news begins with "But"."""
    links = draw.shuffled(joints["links"])
    text = parts[0][0]
    for number, (part, bad) in enumerate(parts[1:]):
        link = draw.choice(joints["contrasts"]) if praised and bad and number == 0 else links.pop() if draw.chance(0.35) else ""
        if link.endswith(",") or link in _INLINE:
            part = _small(part)
        text += f" {link} {part}" if link else f" {part}"
    return text


def example(split: str, draw: Draw, wide: bool = False) -> dict:
    """One message: text and labels (in the order of ``LABELS``). ``wide``: in wider wording than the data set's."""
    source = sentences(split, wide)
    joints = source["joints"]
    columns = {table: label for label, table in LABELS.items()}
    if draw.chance(_NEAR):
        names, text = draw.choice(source["near"]["messages"]).split(": ", 1)
        topics, text = names.split(" "), _said(text, draw)
    else:
        topics = draw.sample(list(LABELS.values()), int(draw.weighted(_HOW_MANY)))
        text = _joined(joints, _parts(source, topics, draw), topics[0] == "praise", draw)
    if draw.chance(0.3):
        text = f"{draw.choice(joints['openings'])} {_small(text)}"
    if draw.chance(0.2):
        text = f"{text} {draw.choice(joints['endings'])}"
    text = _BARE_ARTICLE.sub(r"\1n ", text.format(**_values(split, draw)))
    text = text[0].upper() + text[1:]
    if draw.chance(_CASUAL):
        text = text.lower().rstrip(".")
    return {"text": text, "labels": [label for table, label in columns.items() if table in topics]}


def topics(seed: int = 0) -> dict[str, list[dict]]:
    """All messages: split → rows, without a repeated text."""
    seen: set[str] = set()
    result: dict[str, list[dict]] = {}
    for split in SPLITS:
        draw = Draw(f"topics {split} {seed}")
        rows: list[dict] = []
        while len(rows) < ROWS[split]:
            row = example(split, draw)
            if row["text"].lower() not in seen:
                seen.add(row["text"].lower())
                rows.append({"id": f"topics-{split}-{len(rows) + 1:04d}", **row})
        result[split] = rows
    return result


DATA_SETS = (
    DataSet(
        name="topics",
        description="Customers' messages, each with one to three of eight topics.",
        made="Hand-written sentences, grouped by topic and by what has happened, are joined to messages. "
             "The test split has sentences of its own.",
        columns={"id": "topics-<split>-<number>", "text": "a message of one to five sentences",
                 "labels": "its topics: " + ", ".join(LABELS)},
        rows=topics,
        limits=("A message jumps from topic to topic more often than real ones do.",
                "Every message has at least one topic."),
    ),
)

"""More ways to tell the situations of chats.py, without end, for training only.

The sentences of chats.py are few, and each tells its facts in the same turn. Here
several scripts a situation tell them in other turns, among greetings, asides and
names in other places. The summaries have the forms of chats.py.
"""

from __future__ import annotations

import tomllib
from functools import cache
from string import Formatter

from helpers.making.shop import phrase_files
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import CARRIERS, COLOURS, SLOTS, VASES, WEEKDAYS
from helpers.making.shop.passages import price
from helpers.making.shop.world import World

SPEAKERS = ("Customer", "Marigold")
GREETED, FAREWELL, JOINED = 0.85, 0.75, 0.25  # shares of the chats; joined: the greeting and the matter stand in one turn
ASIDE = 0.1  # of the turns


@cache
def material() -> dict[str, dict]:
    """Return the situations, topic → {summary, scripts}, and the generic sentences under "generic"."""
    table = _file("")
    for name, texts in _file("_more").items():
        for kind, text in texts.items():
            written = _scripts(text)
            table[name][kind] += written if kind == "scripts" else [one for script in written for line in script for one in line]
    return table


@cache
def brief() -> dict[str, list[dict]]:
    """Return the situations with details left out: topic → [{summary, scripts}]."""
    return {topic: [form | {"scripts": _scripts(form["scripts"])} for form in forms] for topic, forms in _file("_brief").items()}


def _file(part: str) -> dict:
    return tomllib.loads(phrase_files.path(f"chat_scripts{part}.toml").read_text(encoding="utf-8"))


def _scripts(text: str) -> list[list[list[str]]]:
    """The scripts of a text, each a list of turns: a line is a turn, an empty line ends a script."""
    return [[_choices(turn) for turn in script.strip().splitlines()] for script in text.strip().split("\n\n")]


def _choices(turn: str) -> list[str]:
    """The sentences between the bars of a line."""
    return [one.strip() for one in turn.split("|")]


def topics() -> list[str]:
    """Return the topics, in order."""
    return sorted(topic for topic in material() if topic != "generic")


def slots(sentence: str) -> set[str]:
    """Return the names of a sentence's fields; "Slot", where a field begins a sentence, counts as "slot"."""
    return {name.lower() for _, name, _, _ in Formatter().parse(sentence) if name}


def fields(place: World, draw: Draw, topic: str) -> dict[str, str]:
    """Return a value for every field that a script may name."""
    person, friend = place.people(draw, 2, made=0.3)
    cut = [plant for plant in place.plants if plant.sold == "cut"]
    pot = draw.choice([plant for plant in place.plants if plant.sold == "pot"])
    plant = draw.choice([one for one in cut if one.toxic] if topic == "pets" else cut)
    days = draw.sample(WEEKDAYS, 3)
    streets = [f"{draw.between(1, 99)} {draw.choice(place.streets)}" for _ in range(2)]
    values = {
        "p": person, "f": friend, "s": draw.choice(place.staff), "plant": plant.plural, "pot": pot.name, "water": pot.water,
        "safe": draw.choice([other.plural for other in cut if not other.toxic and other != plant]),
        "weekday": days[0], "weekday2": days[1], "weekday3": days[2], "slot": draw.choice(SLOTS), "price": price(draw), "price2": price(draw),
        "colour": draw.choice(COLOURS), "order": str(draw.between(1000, 9999)), "carrier": draw.choice(CARRIERS), "street": streets[0], "street2": streets[1],
        "event": draw.choice(place.events), "vase": draw.choice(VASES), "number": str(draw.between(4, 30)), "number2": str(draw.between(4, 30)),
    }
    return values | {name.capitalize(): values[name][0].upper() + values[name][1:] for name in ("slot", "event", "water")}


def script(situation: dict, draw: Draw, mixed: float = 0.0) -> list[str]:
    """Draw the turns of a situation {summary, scripts} until they name every field of its summary but the customer.

    ``mixed``: share of the turns that come from the same place of another script of the situation.
    """
    needed = slots(situation["summary"]) - {"p"}
    while True:
        turns = draw.choice(situation["scripts"])
        if mixed:
            others = [draw.choice(situation["scripts"]) for _ in turns]
            turns = [other[i] if i < len(other) and draw.chance(mixed) else turn for i, (turn, other) in enumerate(zip(turns, others, strict=True))]
        lines = [draw.choice(turn) for turn in turns]
        if needed <= slots(" ".join(lines)):
            return lines


def introduction(draw: Draw, field: str, openings: list[str]) -> str:
    """Draw "Hello, I am {p}." or the like; customers and shop say it in the same words."""
    return f"{draw.choice(openings)}, {draw.choice(material()['generic']['introductions'])}".replace("{x}", f"{{{field}}}")


def example(place: World, draw: Draw, introduced: float = 0.0, mixed: float = 0.0, short: float = 0.0) -> dict:
    """One chat: ``text`` (lines "Customer: …" and "Marigold: …"), ``summary``, ``topic``.

    ``introduced``: share of the chats in which customer and shop introduce themselves in the same words.
    ``mixed``: share of the turns taken from another script of the situation. ``short``: share of the chats with details left out.
    """
    generic, topic = material()["generic"], draw.choice(topics())
    situation = draw.choice(brief()[topic]) if short and draw.chance(short) else material()[topic]
    lines, values = script(situation, draw, mixed), fields(place, draw, topic)
    named = "p" in slots(" ".join(lines))
    where = draw.choice(("hello", "hello", "welcome", "asked", "answer", "bye")) if not named or draw.chance(0.2) else ""
    greeted, farewell = draw.chance(GREETED) or where == "welcome", draw.chance(FAREWELL) or where == "bye"
    for number in range(len(lines)):
        if draw.chance(ASIDE):
            lines[number] += f" {draw.choice(generic['shop_asides' if number % 2 else 'asides'])}"
    if where == "asked":
        lines[1:1] = [draw.choice(generic["name_questions"]), draw.choice(generic["name_answers"])]
    if where == "answer":
        number = 1 + 2 * draw.below(len(lines) // 2)
        lines[number] = f"{draw.choice(generic['shop_named'])} {lines[number]}"
    alike = introduced > 0 and draw.chance(introduced)
    hello = introduction(draw, "p", generic["openings"]) if alike and where == "hello" else draw.choice(generic["hello_named" if where == "hello" else "hello"])
    if greeted and where != "welcome" and draw.chance(JOINED) or where == "hello" and not greeted:
        lines[0] = f"{hello} {lines[0]}"
    elif greeted:
        if alike and where != "welcome":
            welcome = f"{introduction(draw, 's', [*generic['openings'], *generic['shop_openings']])} {draw.choice(generic['openers'])}".strip()
        else:
            welcome = draw.choice(generic["welcome_named" if where == "welcome" else "welcome"])
        lines = [hello, welcome, *lines]
    if farewell:
        lines += [draw.choice(generic["thanks"]), draw.choice(generic["bye_named" if where == "bye" else "bye"])]
    text = "\n".join(f"{SPEAKERS[i % 2]}: {line}" for i, line in enumerate(lines)).format(**values)
    return {"text": text, "summary": situation["summary"].format(**values), "topic": topic}

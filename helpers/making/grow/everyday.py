"""Everyday English around the shop: stories, letters, questions, thoughts, cards.

The shop's own documents begin in few ways. A reader's prompt begins in any way,
so these texts give the small language model many first words to go on from.

The phrases stand in data/phrases/grow, ``everyday_train.toml`` and
``everyday_test.toml`` (test only), as templates: ``[a|b]`` is one of
several, and may be nested; ``{name}`` is filled from the document's people and
things and stays the same within a document. A scene is a list of groups in
order, of which each gives one sentence (in prose sometimes two).
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache

from helpers.errors import unknown
from helpers.making.grow.report import PHRASES
from helpers.making.shop import entities
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import World, world

KINDS = ("tale", "fable", "letter", "advice", "thought", "card", "steps", "talk")
_PROSE = ("tale", "fable", "advice", "thought", "card")  # one paragraph; the others have lines

_RELATIVES = {
    "she": ("mother", "grandmother", "sister", "aunt", "daughter", "neighbour", "friend", "teacher", "boss", "wife",
            "colleague", "cousin", "mum", "best friend", "doctor"),
    "he": ("father", "grandfather", "brother", "uncle", "son", "neighbour", "friend", "teacher", "boss", "husband",
           "colleague", "cousin", "dad", "best friend", "dentist"),
}
_FORMS = {"she": {"she": "she", "her": "her", "hers": "her", "herself": "herself"},
          "he": {"she": "he", "her": "him", "hers": "his", "herself": "himself"}}
_ROOMS = ("kitchen", "living room", "hall", "bedroom", "office", "dining room")
_SPOTS = ("on the table", "on the window sill", "by the window", "on the shelf", "next to the door", "on the desk")
_ANIMALS = {"snail": "slow", "bee": "busy", "sparrow": "cheeky", "mole": "shy", "hedgehog": "hungry", "frog": "green",
            "ladybird": "tiny", "mouse": "small", "cat": "lazy", "butterfly": "bright", "robin": "friendly", "ant": "strong",
            "beetle": "shiny", "squirrel": "quick", "spider": "patient", "worm": "quiet"}
_FOODS = ("soup", "bread and cheese", "apple cake", "pancakes", "rice", "pasta", "lemon cake", "fresh bread", "plum pie",
          "tea and biscuits")
_FEELINGS = ("happy", "tired", "proud", "curious", "nervous", "calm", "cheerful", "lonely")


def scene(place: World, draw: Draw) -> dict[str, str]:
    """Return the people, plants, times and places of one document."""
    cut = [plant for plant in place.plants if plant.sold == "cut"]
    pots = [plant for plant in place.plants if plant.sold == "pot"]
    plant, other, pot = draw.choice(cut), draw.choice(cut), draw.choice(pots)
    name, friend, third = place.people(draw, 3, made=0.35)
    staff = draw.choice(place.staff)
    asker, helper = draw.choice(((name, staff), ("Customer", entities.SHOP)))
    gender = draw.choice(("she", "he"))
    relative, second = draw.sample(_RELATIVES[gender], 2)
    animal, beast = draw.sample(sorted(_ANIMALS), 2)
    day, later = draw.sample(entities.WEEKDAYS, 2)
    fields = {
        "name": name, "friend": friend, "third": third, "staff": staff, "shop": entities.SHOP,
        "asker": asker, "helper": helper,
        "flower": plant.name, "flowers": plant.plural, "a_flower": entities.article(plant.name),
        "others": other.plural, "pot": pot.name, "pots": pot.plural, "a_pot": entities.article(pot.name),
        "colour": draw.choice(plant.colours), "shade": draw.choice(entities.COLOURS),
        "pot_water": pot.water, "pot_light": pot.light, "pot_tip": pot.tip,
        "water": plant.water, "light": plant.light, "tip": plant.tip,
        "season": draw.choice(entities.SEASONS[:4]), "month": draw.choice(entities.MONTHS), "day": day, "later": later,
        "slot": draw.choice(entities.SLOTS[:5]), "street": draw.choice(place.streets), "place": draw.choice(place.places),
        "event": draw.choice(place.events), "vase": draw.choice(entities.VASES), "gift": draw.choice(entities.GIFTS),
        "tool": draw.choice(place.tools), "number": entities.spell(draw.between(2, 12)), "age": str(draw.between(3, 90)),
        "price": f"{draw.between(9, 79)} euros", "relative": relative, "second": second, **_FORMS[gender],
        "room": draw.choice(_ROOMS), "spot": draw.choice(_SPOTS), "food": draw.choice(_FOODS),
        "feeling": draw.choice(_FEELINGS), "animal": animal, "manner": _ANIMALS[animal], "beast": beast,
    }
    fields |= {f"a_{word}": entities.article(fields[word])
               for word in ("vase", "gift", "tool", "animal", "beast", "colour", "shade", "relative", "feeling")}
    return fields


def expand(template: str, fields: dict[str, str], draw: Draw) -> str:
    """Choose one of each ``[a|b]`` and fill each ``{name}``.

    Raises KeyError for a name that is not in ``fields``, ValueError for a
    bracket that is not closed.
    """
    while (start := template.rfind("[")) >= 0:  # the last opening bracket is an innermost one
        end = template.index("]", start)
        template = template[:start] + draw.choice(template[start + 1 : end].split("|")) + template[end + 1 :]
    return template.format(**fields)


def polish(text: str) -> str:
    """Return ``text`` with one space between words and a capital at each sentence's start."""
    text = re.sub(r" +", " ", text).replace(" \n", "\n").strip()
    # A sentence starts a line or a turn ("Ada: ..."), or follows a full stop, also one inside quotes.
    return re.sub(r'(?m)(^(?:\w+: )?|[.!?] |\." |- )([a-z])', lambda match: match[1] + match[2].upper(), text)


@cache
def phrases(held_out: bool) -> dict[str, list[tuple[list[str], ...]]]:
    """Return kind → scenes; a scene is groups of sentence templates, in order."""
    name = "everyday_test.toml" if held_out else "everyday_train.toml"
    table = tomllib.loads((PHRASES / name).read_text(encoding="utf-8"))
    return {kind: [tuple(table["scenes"][label]["groups"]) for label in labels] for kind, labels in table["kinds"].items()}


def documents(split: str, count: int, seed: int = 0, kinds: tuple[str, ...] = KINDS) -> Iterator[dict]:
    """Yield ``count`` documents {"kind", "text"} of ``split``, the same for the same seed.

    Raises CourseError for an unknown split or kind.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise unknown("kind of text", kind, KINDS)
    place = world(split)
    scenes = phrases(place.held_out)
    draw = Draw(f"everyday {split} {seed}")
    for index in range(count):
        kind = kinds[index % len(kinds)]
        groups, fields, templates = draw.choice(scenes[kind]), scene(place, draw), []
        for position, group in enumerate(groups):
            middle = kind in _PROSE and 0 < position < len(groups) - 1
            templates += draw.sample(group, 2 if middle and draw.chance(0.3) else 1)
        text = (" " if kind in _PROSE else "\n").join(expand(template, fields, draw) for template in templates)
        yield {"kind": kind, "text": polish(text)}

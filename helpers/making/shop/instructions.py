"""Instruction pairs: what a user asks the shop's assistant to do, and a right response."""

from __future__ import annotations

from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import GIFTS, TOOLS, VASES, article
from helpers.making.shop.facts import passage, phrases, record
from helpers.making.shop.world import SPLITS, World, world

ROWS = {"train": 3000, "validation": 200, "test": 600}
SEASONS = ("spring", "summer", "autumn", "winter")


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _list_flowers(place: World, draw: Draw, slots: dict) -> str:
    plants = [plant.plural for plant in draw.sample(list(dict.fromkeys(place.plants)), draw.between(2, 5))]
    others = draw.sample([thing for thing in VASES + TOOLS + GIFTS if not thing.endswith("s")], draw.between(0, 2))
    slots["passage"] = f"{slots['who']} ordered {_listed(draw.shuffled([*plants, *map(article, others)]))}."
    return ", ".join(sorted(plants, key=slots["passage"].index))


def _repeat(place: World, draw: Draw, slots: dict) -> str:
    slots["sentence"] = passage(place, draw, ("single",))[1].split(". ")[0].rstrip(".") + "."
    return slots["sentence"]


def _bullets(place: World, draw: Draw, slots: dict) -> str:
    makers = (lambda: draw.choice(place.plants).plural, lambda: place.person(draw), lambda: draw.choice(VASES + GIFTS), lambda: draw.choice(place.tools))
    maker = draw.choice(makers)
    items = list(dict.fromkeys(maker() for _ in range(draw.between(2, 5))))
    slots["items"] = ", ".join(items)
    return "\n".join(f"- {item}" for item in items)


def _order_line(place: World, draw: Draw, slots: dict) -> str:
    told = phrases(place.held_out)["statements"]
    fitting = [phrase for phrase in told if {"who", "number", "product"} <= phrase.slots]
    when = [phrase for phrase in phrases(place.held_out)["continuations"] if "weekday" in phrase.slots]
    first = draw.choice(fitting)
    slots["passage"] = first.fill(slots) if "weekday" in first.slots else f"{first.fill(slots)} {draw.choice(when).fill(slots)}"
    return f"{slots['who']}: {slots['number']} {slots['product']}, {slots['weekday']}"


def _plant(place: World, draw: Draw, slots: dict):
    plant = draw.choice(place.plants)
    slots["product"] = plant.plural
    return plant


def _care(place: World, draw: Draw, slots: dict) -> str:
    plant = _plant(place, draw, slots)
    water = f"Change the water {plant.water}" if plant.sold == "cut" else f"Water them {plant.water}"
    return f"{water}, and keep them in {plant.light}. {plant.tip}"


def _pets(place: World, draw: Draw, slots: dict) -> str:
    plant = _plant(place, draw, slots)
    name = plant.plural[0].upper() + plant.plural[1:]
    return f"No. {name} are toxic to cats and dogs." if plant.toxic else f"Yes. {name} are safe for cats and dogs."


def _season(place: World, draw: Draw, slots: dict) -> str:
    slots["season"] = draw.choice(SEASONS)
    names = [plant.plural for plant in dict.fromkeys(place.plants) if plant.season == slots["season"]]
    return f"In {slots['season']} you can buy {_listed(draw.sample(names, min(3, len(names))))}."


_MAKERS = {
    "list_flowers": _list_flowers, "repeat": _repeat, "bullets": _bullets, "order_line": _order_line, "care": _care, "pets": _pets,
    "season": _season,
}


def example(place: World, draw: Draw) -> dict:
    """One pair: ``task``, ``instruction``, ``response``."""
    told = phrases(place.held_out)["instructions"]
    task = draw.choice(sorted(told))
    slots = record(place, draw)
    made = _MAKERS[task](place, draw, slots) if task in _MAKERS else None
    # The text that an instruction works on keeps its own capital letters.
    instruction = draw.choice(told[task]["wordings"]).text.format(**slots)
    return {"task": task, "instruction": instruction, "response": made or draw.choice(told[task]["answers"]).fill(slots)}


def rows(seed: int = 0) -> dict[str, list[dict]]:
    """All splits of the pairs."""
    result = {}
    for split in SPLITS:
        draw, place = Draw(f"instructions {split} {seed}"), world(split)
        found: dict[str, dict] = {}
        while len(found) < ROWS[split]:
            row = example(place, draw)
            found.setdefault(row["instruction"], row)
        result[split] = [{"id": f"instruction-{split}-{number:04d}", **row} for number, row in enumerate(found.values(), start=1)]
    return result


DATA_SETS = (
    DataSet(
        name="instructions",
        description="What a user asks the shop's assistant to do, and a right response.",
        made="Hand-written wordings for a dozen tasks; responses follow from the facts of the plants or are written by hand.",
        columns={"id": "split and number", "task": "the kind of task", "instruction": "what the user writes", "response": "a right answer"},
        rows=rows,
        limits=("For open tasks (a card, a kind reply) the response is one of many right ones.",),
    ),
)

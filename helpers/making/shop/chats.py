"""Chats between a customer and the shop, each with a one-sentence summary.

A chat is one of a dozen situations: greeting, problem, question and answer about
the details, solution, farewell. The summary says who wanted what and what the
shop did, so it needs facts from several turns.
"""

from __future__ import annotations

import tomllib
from functools import cache

from helpers.making.shop import phrase_files
from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import SLOTS, VASES, WEEKDAYS
from helpers.making.shop.passages import price
from helpers.making.shop.world import World, world

ROWS = {"train": 1200, "validation": 120, "test": 500}


@cache
def wording(kind: str) -> dict[str, dict]:
    """Return the situations of "train" or "test", topic → {summary, turns}, and the sentences around them under "generic"."""
    return tomllib.loads(phrase_files.path(f"chats_{kind}.toml").read_text(encoding="utf-8"))


def chat(place: World, draw: Draw) -> dict:
    """One chat: ``text`` (lines "Customer: …" and "Marigold: …"), ``summary``, ``topic``."""
    situations = wording("test" if place.held_out else "train")
    generic, topic = situations["generic"], draw.choice(sorted(situations.keys() - {"generic"}))
    turns, summary = situations[topic]["turns"], situations[topic]["summary"]
    person, friend = place.people(draw, 2, made=0.3)
    cut = [plant for plant in place.plants if plant.sold == "cut"]
    pot = draw.choice([plant for plant in place.plants if plant.sold == "pot"])
    plant = draw.choice([one for one in cut if one.toxic] if topic == "pets" else cut)
    days = draw.sample(WEEKDAYS, 2)
    fields = {
        "p": person, "f": friend, "s": draw.choice(place.staff), "plant": plant.plural, "pot": pot.name, "water": pot.water,
        "safe": draw.choice([other.plural for other in cut if not other.toxic and other != plant]),
        "weekday": days[0], "weekday2": days[1], "slot": draw.choice(SLOTS), "price": price(draw),
        "order": str(draw.between(1000, 9999)), "carrier": draw.choice(("van", "bike", "courier")),
        "street": f"{draw.between(1, 99)} {draw.choice(place.streets)}", "event": draw.choice(place.events),
        "vase": draw.choice(VASES), "number": str(draw.between(4, 30)),
    }
    lines = [draw.choice(generic["hello"]), draw.choice(generic["welcome"]), *(draw.choice(turn) for turn in turns)]
    if draw.chance(0.8):
        lines += [draw.choice(generic["thanks"]), draw.choice(generic["bye"])]
    # The summary names the customer, so a chat must.
    if not any("{p}" in line for line in lines):
        lines[0] = f"{lines[0]} I am {{p}}."
    speakers = ("Customer", "Marigold")
    text = "\n".join(f"{speakers[i % 2]}: {line.format(**fields)}" for i, line in enumerate(lines))
    return {"text": text, "summary": summary.format(**fields), "topic": topic}


def chats(place: World, seed: int = 0) -> list[dict]:
    """All chats of a split, without repeats."""
    draw = Draw(f"chats {place.split} {seed}")
    rows: list[dict] = []
    seen: set[str] = set()
    while len(rows) < ROWS[place.split]:
        row = chat(place, draw)
        if row["text"] not in seen:
            seen.add(row["text"])
            rows.append(row)
    return [{"id": f"chat-{place.split}-{number:04d}", **row} for number, row in enumerate(rows, start=1)]


DATA_SETS = (
    DataSet(
        name="chats",
        description="Chats between a customer and the shop, each with a one-sentence summary.",
        made=(
            "A dozen situations (late bouquet, wilted flowers, change of address …) told in turns that are drawn from "
            "hand-written sentences. Test chats have their own sentences and names, for seven of the situations."
        ),
        columns={
            "id": "split and number", "text": "lines that begin with `Customer:` or `Marigold:`",
            "summary": "one sentence; every name, day and price in it stands in the chat", "topic": "what the chat is about",
        },
        rows=lambda seed: {split: chats(world(split), seed) for split in ROWS},
        limits=("A summary has one form for each situation, so a model can learn the form; the facts in it differ from chat to chat.",),
    ),
)

"""Tool-use traces: a request, a thought, the call, what it returns, and the shop's answer."""

from __future__ import annotations

import json
from collections.abc import Callable

from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import money
from helpers.making.shop.facts import order_number, phrases, price, record
from helpers.making.shop.world import SPLITS, World, world

ROWS = {"train": 2000, "validation": 200, "test": 600}
# Tool → (arguments: name of the parameter and the slot that fills it; result: name and how it is drawn).
TOOLS: dict[str, tuple[dict[str, str], dict[str, Callable[[World, Draw], str]]]] = {
    "order_status": ({"order": "order"}, {
        "status": lambda w, d: d.choice(("packed", "on the van", "delivered", "waiting for stock")),
        "weekday": lambda w, d: record(w, d)["weekday"]}),
    "stock": ({"product": "product"}, {"count": lambda w, d: str(d.between(0, 60))}),
    "price": ({"product": "product"}, {"price": lambda w, d: price(d)}),
    "reschedule": ({"order": "order", "day": "weekday"}, {"fee": lambda w, d: d.choice(("no charge", "no charge", money(700), money(490)))}),
    "refund": ({"order": "order", "amount": "price"}, {"days": lambda w, d: d.choice(("two days", "three days", "four days", "five days"))}),
    "find_gift": ({"occasion": "occasion", "budget": "price"}, {"product": lambda w, d: d.choice(w.plants).plural}),
    "care": ({"product": "product"}, {"advice": lambda w, d: d.choice((
        "water them once a week", "give them fresh water every day", "keep them out of the sun", "cut the stems at an angle",
        "let the soil dry first", "put them in a cool room"))}),
    "appointment": ({"day": "weekday", "time": "time"}, {"room": lambda w, d: f"room {d.between(1, 6)}"}),
    "address": ({"order": "order", "street": "street"}, {"date": lambda w, d: record(w, d)["date"]}),
    "cancel": ({"order": "order"}, {"price": lambda w, d: price(d)}),
}


def signature(tool: str) -> str:
    """How a tool is named to the model, like ``refund(order, amount)``."""
    return f"{tool}({', '.join(TOOLS[tool][0])})"


def call(tool: str, arguments: dict[str, str]) -> str:
    """A call as the model writes it, like ``refund(order="MG-4821", amount="12 euros")``."""
    return f"{tool}({', '.join(f'{name}={json.dumps(value, ensure_ascii=False)}' for name, value in arguments.items())})"


def example(place: World, draw: Draw) -> dict:
    """One trace: ``tool``, ``tools``, ``request``, ``thought``, ``call``, ``observation``, ``answer``."""
    tool = draw.choice(sorted(TOOLS))
    told, (parameters, results) = phrases(place.held_out)["tools"][tool], TOOLS[tool]
    slots = record(place, draw) | {"order": order_number(draw)}
    request = draw.choice(told["requests"]).fill(slots)
    arguments = {name: slots[slot] for name, slot in parameters.items()}
    result = {name: make(place, draw) for name, make in results.items()}
    # Four to ten tools are on offer, in any order.
    others = draw.sample([name for name in sorted(TOOLS) if name != tool], draw.between(3, len(TOOLS) - 1))
    return {
        "tool": tool, "tools": ", ".join(signature(name) for name in draw.shuffled([tool, *others])), "request": request,
        "thought": draw.choice(told["thoughts"]).fill(slots), "call": call(tool, arguments),
        "observation": json.dumps(result, ensure_ascii=False), "answer": draw.choice(told["answers"]).fill(slots | result),
    }


def document(place: World, draw: Draw) -> dict:
    """A trace as text; ``prompt`` ends before the call, ``answer`` is the call."""
    row = example(place, draw)
    thought = f"Thought: {row['thought']}\n" if draw.chance(0.5) else ""
    prompt = f"Tools: {row['tools']}\nCustomer: {row['request']}\n{thought}Call:"
    return {
        "text": f"{prompt} {row['call']}\nObservation: {row['observation']}\nAnswer: {row['answer']}",
        "prompt": prompt, "answer": row["call"],
    }


def rows(seed: int = 0) -> dict[str, list[dict]]:
    """All splits of the traces."""
    result = {}
    for split in SPLITS:
        draw, place = Draw(f"tool traces {split} {seed}"), world(split)
        found: dict[str, dict] = {}
        while len(found) < ROWS[split]:
            row = example(place, draw)
            found.setdefault(row["request"], row)
        result[split] = [{"id": f"trace-{split}-{number:04d}", **row} for number, row in enumerate(found.values(), start=1)]
    return result


DATA_SETS = (
    DataSet(
        name="tool_traces",
        description="A customer's request, and how the shop's assistant meets it with one call of a tool.",
        made="Ten tools, each with hand-written requests, thoughts and answers; test requests have words, names and numbers of their own.",
        columns={
            "id": "split and number", "tools": "signatures of the tools on offer", "tool": "the right one", "request": "what the customer writes",
            "thought": "one sentence", "call": "the call with its arguments", "observation": "what the tool returns, as JSON",
            "answer": "the assistant's sentence to the customer",
        },
        rows=rows,
        limits=("Each request needs exactly one call, and the tool that is needed is always on offer.",),
    ),
)

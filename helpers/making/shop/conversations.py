"""Conversations with the shop's assistant: grounded answers, refusals, citations, tool calls, tasks.

Each is a list of messages as chat templates take them. What the assistant says is
what a chat model learns to say. Held-out conversations have their own passages,
questions, wordings and names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from helpers.making.shop import article_questions, articles, facts, instructions, tools
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import World

MOST_TURNS = 8
REFUSAL = "I do not know: the text does not say."
# How a user puts a text and a question into one message.
_GROUNDED = (
    "{text}\n\nQuestion: {question}", "{text}\n\n{question}", "Text: {text}\nQuestion: {question}", "Read this: {text}\n{question}",
    "Here is a note.\n{text}\n\n{question}", "Answer from the text.\n\n{text}\n\n{question}", "{question}\n\n{text}",
    "{question} Look here:\n{text}", "Use the text to answer.\nText: {text}\nQuestion: {question}", "This is what I have:\n{text}\nNow tell me: {question}",
    "Context:\n{text}\n\nQuestion: {question}\nAnswer in a few words.", "Our book says:\n{text}\n\n{question}",
    "{text}\n{question}", "Note: {text}\n\nQ: {question}", "I have a question about this.\n\n{text}\n\n{question}", "{text}\n\nCan you tell me? {question}",
    "A colleague left this:\n{text}\n\n{question}", "Only use what stands here.\n{text}\n\n{question}", "Passage:\n{text}\nQuestion:\n{question}",
    "From the order book: {text}\n\nI want to know: {question}", "{text}\n\nShort answer, please. {question}", "Take a look at this.\n\n{text}\n\n{question}",
    "Information: {text}\n\n{question} If it does not say, tell me so.", "{question} The note says: {text}",
)
_GROUNDED_HELD_OUT = (
    "I found this in the files:\n{text}\n\nPlease answer: {question}", "Document: {text}\n\nMy question: {question}",
    "Please read and reply shortly.\n\n{text}\n\n{question}",
)
_CITED = (
    "{sources}\n\nQuestion: {question}", "{sources}\n\n{question}", "Sources:\n{sources}\n\n{question}", "Answer and say which text you used.\n{sources}\n{question}",
    "Use these texts and cite one.\n\n{sources}\n\nQuestion: {question}", "{question}\n\n{sources}", "Here are two notes.\n{sources}\n\n{question}",
    "{sources}\n{question}", "Context:\n{sources}\n\nQ: {question}", "Look into both.\n{sources}\n\n{question}", "Notes:\n{sources}\n\n{question} Give the number of the note.",
    "{sources}\n\nCan you tell me? {question}", "From the order book:\n{sources}\n\nI want to know: {question}", "Answer from one of these.\n\n{sources}\n\n{question}",
    "{question}\nHere is what I have:\n{sources}", "I have two texts.\n\n{sources}\n\nTell me with its number: {question}",
)
_CITED_HELD_OUT = ("Two documents:\n{sources}\n\nPlease answer: {question}", "Please reply and name the source.\n\n{sources}\n\nMy question: {question}")


def _conversation(user: str, assistant: str, system: str = "") -> list[dict[str, str]]:
    messages = [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
    return [{"role": "system", "content": system}, *messages] if system else messages


def grounded(place: World, draw: Draw, answerable: bool | None = None) -> dict:
    """A passage about orders and a question; unanswerable ones are refused."""
    known = draw.chance(0.65) if answerable is None else answerable
    row = facts.question(place, draw, answerable=known)
    frame = draw.choice(_GROUNDED_HELD_OUT if place.held_out else _GROUNDED)
    answer = row["answer"] or REFUSAL
    return {"answerable": known, "answer": answer, "messages": _conversation(frame.format(text=row["passage"], question=row["question"]), answer)}


def article(place: World, draw: Draw) -> dict:
    """A help-centre article and a customer's question on it."""
    by_id = {row["id"]: row for row in articles.split_of(place.split)}
    row = draw.choice(article_questions.split_of(place.split))
    frame = draw.choice(_GROUNDED_HELD_OUT if place.held_out else _GROUNDED)
    answer = row["answer"] or REFUSAL
    text = by_id[row["article"]]["body"]
    return {"answerable": row["answerable"], "answer": answer, "messages": _conversation(frame.format(text=text, question=row["question"]), answer)}


def follow_ups(place: World, draw: Draw) -> dict:
    """A passage about orders and several questions on it, one a turn, some of them unanswerable."""
    while True:
        _, text, told = facts.passage(place, draw)
        asked = _different(facts.ask(place, draw, told, draw.chance(0.65)) for _ in range(draw.between(2, MOST_TURNS)))
        if asked:
            return _turns(draw.choice(_GROUNDED_HELD_OUT if place.held_out else _GROUNDED), {"text": text}, asked)


def _different(asked: Iterable[tuple[str, str, str] | None]) -> list[tuple[str, str]]:
    """(question, answer or refusal) of each question, asked once."""
    return list({one[0]: one[1] or REFUSAL for one in asked if one}.items())


def _turns(frame: str, told: dict[str, str], asked: list[tuple[str, str]]) -> dict:
    """The first question with what is told, the others alone."""
    messages = _conversation(frame.format(question=asked[0][0], **told), asked[0][1])
    for question, answer in asked[1:]:
        messages += _conversation(question, answer)
    return {"answerable": asked[0][1] != REFUSAL, "answer": asked[0][1], "messages": messages}


Orders = list[tuple[dict, set[str]]]


def _two_passages(place: World, draw: Draw) -> tuple[str, list[Orders]]:
    """Two numbered passages in which no name stands twice, and the orders of each."""
    while True:
        pair = [facts.passage(place, draw, (facts.SINGLE, facts.NOTES)) for _ in range(2)]
        names = [name for _, _, orders in pair for record, _ in orders for name in (record["who"], record["recipient"], record["order"])]
        if len(set(names)) == len(names):
            return "\n".join(f"[{number}] {text}" for number, (_, text, _) in enumerate(pair, start=1)), [orders for _, _, orders in pair]


def _ask_of_two(place: World, draw: Draw, orders: list[Orders], known: bool) -> tuple[str, str, str] | None:
    """A question that means one order among those of both passages; the answer with its source, or empty."""
    source = draw.below(2)
    own = draw.choice(orders[source])
    asked = facts.ask(place, draw, [own, *(one for one in orders[0] + orders[1] if one is not own)], known, index=0)
    return asked and (asked[0], f"{asked[1]} [{source + 1}]" if known else "", asked[2])


def cited(place: World, draw: Draw, answerable: bool | None = None) -> dict:
    """Two passages about different orders; the answer names the one that it stands in."""
    known = draw.chance(0.85) if answerable is None else answerable
    while True:
        sources, orders = _two_passages(place, draw)
        asked = _ask_of_two(place, draw, orders, known)
        if asked:
            return _turns(draw.choice(_CITED_HELD_OUT if place.held_out else _CITED), {"sources": sources}, _different([asked]))


def cited_follow_ups(place: World, draw: Draw) -> dict:
    """Two passages and several questions, one a turn; each answer names its source."""
    while True:
        sources, orders = _two_passages(place, draw)
        asked = _different(_ask_of_two(place, draw, orders, draw.chance(0.8)) for _ in range(draw.between(2, MOST_TURNS)))
        if asked:
            return _turns(draw.choice(_CITED_HELD_OUT if place.held_out else _CITED), {"sources": sources}, asked)


def tool(place: World, draw: Draw) -> dict:
    """A request, the call of a tool, what it returns, and the answer. ``answer`` is the call."""
    row = tools.example(place, draw)
    messages = _conversation(row["request"], row["call"], f"Tools: {row['tools']}")
    messages += [{"role": "tool", "content": row["observation"]}, {"role": "assistant", "content": row["answer"]}]
    return {"answerable": True, "answer": row["call"], "messages": messages}


def task(place: World, draw: Draw) -> dict:
    """An instruction and a response."""
    row = instructions.example(place, draw)
    return {"answerable": True, "answer": row["response"], "task": row["task"], "messages": _conversation(row["instruction"], row["response"])}


MAKERS: dict[str, tuple[float, Callable[[World, Draw], dict]]] = {
    "grounded": (15, grounded), "follow_ups": (30, follow_ups), "cited": (7, cited), "cited_follow_ups": (19, cited_follow_ups),
    "article": (3, article), "tool": (9, tool), "task": (17, task),
}


def example(place: World, draw: Draw) -> dict:
    """A conversation of any kind: ``kind``, ``messages``, ``answer`` (the assistant's first message), ``answerable``."""
    kind = draw.weighted({name: weight for name, (weight, _) in MAKERS.items()})
    return {"kind": kind, **MAKERS[kind][1](place, draw)}

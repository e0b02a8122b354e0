"""Conversations with the shop's assistant: grounded answers, refusals, citations, tool calls, tasks.

Each is a list of messages as chat templates take them. What the assistant says is
what a chat model learns to say. Held-out conversations have their own passages,
questions, wordings and names.
"""

from __future__ import annotations

from collections.abc import Callable

from helpers.shop import article_questions, articles, facts, instructions, tools
from helpers.shop.draw import Draw
from helpers.shop.world import World

REFUSAL = "I do not know: the text does not say."
# How a user puts a text and a question into one message.
_GROUNDED = (
    "{text}\n\nQuestion: {question}", "{text}\n\n{question}", "Text: {text}\nQuestion: {question}", "Read this: {text}\n{question}",
    "Here is a note.\n{text}\n\n{question}", "Answer from the text.\n\n{text}\n\n{question}", "{question}\n\n{text}",
    "{question} Look here:\n{text}", "Use the text to answer.\nText: {text}\nQuestion: {question}", "This is what I have:\n{text}\nNow tell me: {question}",
    "Context:\n{text}\n\nQuestion: {question}\nAnswer in a few words.", "Our book says:\n{text}\n\n{question}",
)
_GROUNDED_HELD_OUT = (
    "I found this in the files:\n{text}\n\nPlease answer: {question}", "Document: {text}\n\nMy question: {question}",
    "Please read and reply shortly.\n\n{text}\n\n{question}",
)
_CITED = (
    "{sources}\n\nQuestion: {question}", "{sources}\n\n{question}", "Sources:\n{sources}\n\n{question}", "Answer and say which text you used.\n{sources}\n{question}",
    "Use these texts and cite one.\n\n{sources}\n\nQuestion: {question}", "{question}\n\n{sources}", "Here are two notes.\n{sources}\n\n{question}",
)
_CITED_HELD_OUT = ("Two documents:\n{sources}\n\nPlease answer: {question}", "Please reply and name the source.\n\n{sources}\n\nMy question: {question}")


def _conversation(user: str, assistant: str, system: str = "") -> list[dict[str, str]]:
    messages = [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
    return [{"role": "system", "content": system}, *messages] if system else messages


def grounded(place: World, draw: Draw, answerable: bool | None = None) -> dict:
    """A passage about orders and a question; unanswerable ones are refused."""
    known = draw.chance(0.6) if answerable is None else answerable
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


def cited(place: World, draw: Draw, answerable: bool | None = None) -> dict:
    """Two passages about different orders; the answer names the one that it stands in."""
    known = draw.chance(0.85) if answerable is None else answerable
    while True:
        first, second = ([facts.passage(place, draw, (facts.SINGLE, facts.NOTES)) for _ in range(2)])
        pair, source = (first, second), draw.below(2)
        told = [record for _, _, orders in pair for record in orders]
        names = [name for record, _ in told for name in (record["who"], record["recipient"], record["order"])]
        if len(set(names)) < len(names):
            continue
        own = pair[source][2]
        index = draw.below(len(own))
        # The question must mean one order among all that are told, so it is drawn with all of them in view.
        asked = facts.ask(place, draw, [own[index], *(one for one in told if one is not own[index])], known, index=0)
        if asked:
            break
    sources = "\n".join(f"[{number}] {text}" for number, (_, text, _) in enumerate(pair, start=1))
    frame = draw.choice(_CITED_HELD_OUT if place.held_out else _CITED)
    answer = f"{asked[1]} [{source + 1}]" if known else REFUSAL
    return {"answerable": known, "answer": answer, "messages": _conversation(frame.format(sources=sources, question=asked[0]), answer)}


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
    "grounded": (45, grounded), "cited": (22, cited), "article": (3, article), "tool": (12, tool), "task": (18, task),
}


def example(place: World, draw: Draw) -> dict:
    """A conversation of any kind: ``kind``, ``messages``, ``answer`` (the assistant's first message), ``answerable``."""
    kind = draw.weighted({name: weight for name, (weight, _) in MAKERS.items()})
    return {"kind": kind, **MAKERS[kind][1](place, draw)}

"""Plain-text documents of Marigold's world, without end, for training a language model.

    for document in documents("train", count=1000, seed=0):
        document["kind"], document["text"]          # "question", "Mira ordered ..."
        document.get("prompt"), document.get("answer")

``split="test"`` has its own names, sentences and questions: what a model answers
there, it has not learnt by heart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from helpers.errors import unknown
from helpers.making.shop import articles, chats, facts, few_shot, passages, reviews, stories, tools
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import World, world


def _review(place: World, draw: Draw) -> dict:
    stars = draw.between(1, 5)
    row = reviews.review(place.split, stars, draw)
    return {"kind": "review", "text": f"Review of {row['product']}, {stars} star{'s' * (stars > 1)}: {row['text']}"}


def _article(place: World, draw: Draw) -> dict:
    row = draw.choice(articles.split_of(place.split))
    return {"kind": "article", "text": f"Help: {row['title']}\n{row['body']}"}


def _chat(place: World, draw: Draw) -> dict:
    return {"kind": "chat", "text": chats.chat(place, draw)["text"]}


def _of(kind: str, make: Callable[[World, Draw], dict]) -> Callable[[World, Draw], dict]:
    return lambda place, draw: {"kind": kind, **make(place, draw)}


_MAKERS: dict[str, Callable[[World, Draw], dict]] = {
    "question": lambda w, d: (passages.order_question if d.chance(0.6) else passages.choose_question)(w, d),
    "copy": lambda w, d: (passages.copy_list if d.chance(0.6) else passages.packing_list)(w, d),
    "passage": _of("passage", facts.document),
    "several": _of("several", lambda w, d: facts.document(w, d, (facts.SEVERAL, facts.LOG, facts.NOTES))),
    "labels": _of("labels", lambda w, d: few_shot.as_document(few_shot.label_block(w, d))),
    "fields": _of("fields", lambda w, d: few_shot.as_document(few_shot.field_block(w, d))),
    "tool": _of("tool", tools.document),
    "story": stories.story,
    "care": stories.care_guide,
    "article": _article,
    "catalogue": stories.catalogue_entry,
    "chat": _chat,
    "review": _review,
}
# Share of each kind unless the caller says otherwise.
WEIGHTS: dict[str, float] = {"passage": 20, "several": 5, "question": 5, "copy": 10, "labels": 5, "fields": 5, "tool": 5, "story": 12,
                             "chat": 10, "review": 10, "catalogue": 6, "care": 5, "article": 2}


def documents(split: str, count: int, seed: int = 0, kinds: dict[str, float] | None = None) -> Iterator[dict]:
    """Yield ``count`` documents of a split, the same ones for the same seed.

    ``kinds`` maps kinds to weights (default ``WEIGHTS``). Every document has
    ``kind`` and ``text``; where something is asked also ``prompt`` and ``answer``,
    and ``text`` begins with ``prompt + " " + answer``.

    Raises CourseError for an unknown split or kind.
    """
    weights = WEIGHTS if kinds is None else kinds
    for kind in weights:
        if kind not in _MAKERS:
            raise unknown("kind of document", kind, _MAKERS)
    place, draw = world(split), Draw(f"{split} {seed}")
    for _ in range(count):
        yield _MAKERS[draw.weighted(weights)](place, draw)

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
from helpers.shop import articles, chats, passages, reviews, stories
from helpers.shop.draw import Draw
from helpers.shop.world import World, world


def _review(place: World, draw: Draw) -> dict:
    stars = draw.between(1, 5)
    row = reviews.review(place.split, stars, draw)
    return {"kind": "review", "text": f"Review of {row['product']}, {stars} star{'s' * (stars > 1)}: {row['text']}"}


def _article(place: World, draw: Draw) -> dict:
    row = draw.choice(articles.split_of(place.split))
    return {"kind": "article", "text": f"Help: {row['title']}\n{row['body']}"}


def _chat(place: World, draw: Draw) -> dict:
    return {"kind": "chat", "text": chats.chat(place, draw)["text"]}


_MAKERS: dict[str, Callable[[World, Draw], dict]] = {
    "question": lambda w, d: (passages.order_question if d.chance(0.6) else passages.choose_question)(w, d),
    "copy": lambda w, d: (passages.copy_list if d.chance(0.6) else passages.packing_list)(w, d),
    "story": stories.story,
    "care": stories.care_guide,
    "article": _article,
    "catalogue": stories.catalogue_entry,
    "chat": _chat,
    "review": _review,
}
# Share of each kind unless the caller says otherwise.
WEIGHTS: dict[str, float] = {"question": 30, "copy": 14, "story": 14, "chat": 12, "review": 12, "catalogue": 8, "care": 7,
                             "article": 3}


def documents(split: str, count: int, seed: int = 0, kinds: dict[str, float] | None = None) -> Iterator[dict]:
    """Yield ``count`` documents of a split, the same ones for the same seed.

    ``kinds`` maps kinds to weights (default ``WEIGHTS``). Every document has
    ``kind`` and ``text``; where something is asked also ``prompt`` and ``answer``,
    with ``text == prompt + " " + answer``.

    Raises CourseError for an unknown split or kind.
    """
    weights = WEIGHTS if kinds is None else kinds
    for kind in weights:
        if kind not in _MAKERS:
            raise unknown("kind of document", kind, _MAKERS)
    place, draw = world(split), Draw(f"{split} {seed}")
    for _ in range(count):
        yield _MAKERS[draw.weighted(weights)](place, draw)

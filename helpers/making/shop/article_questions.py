"""Questions of customers on the help centre, written by hand in article_questions.toml.

An answer is an exact span of the article; some questions have none in any article.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache

from helpers.errors import CourseError, unknown
from helpers.making.shop import phrase_files
from helpers.making.shop.articles import articles
from helpers.making.shop.dataset import DataSet

MAX_ANSWER_WORDS = 12


@cache
def _written() -> tuple[dict, ...]:
    return tuple(tomllib.loads(phrase_files.path("article_questions.toml").read_text(encoding="utf-8"))["article"])


def span_start(body: str, answer: str, title: str) -> int:
    """Where ``answer`` begins in ``body``; an answer that is empty, long, absent or not unique is refused.

    >>> span_start("Delivery costs 4.90 euros.", "4.90 euros", "What does delivery cost?")
    15
    """
    if not answer or answer != answer.strip() or len(answer.split()) > MAX_ANSWER_WORDS:
        raise CourseError(f"The answer {answer!r} on {title!r} must have 1 to {MAX_ANSWER_WORDS} words and no space around it.")
    start = body.find(answer)
    if start < 0:
        raise CourseError(f"The answer {answer!r} does not stand in the article {title!r}. Copy it from the body.")
    if body.find(answer, start + 1) >= 0:
        raise CourseError(f"The answer {answer!r} stands more than once in the article {title!r}. Make it longer.")
    return start


def records(groups: Iterable[dict], article_rows: Iterable[dict]) -> list[dict]:
    """The questions of ``groups`` (title, answerable, unanswerable) without id, in the order of the articles."""
    by_title = {row["title"]: row for row in article_rows}
    rows = []
    for group in groups:
        title = group["title"]
        if title not in by_title:
            raise unknown("article", title, by_title)
        article = by_title[title]
        for pair in group.get("answerable", ()):
            rows.append({"article": article["id"], "question": pair["question"], "answer": pair["answer"],
                         "start": span_start(article["body"], pair["answer"], title), "answerable": True})
        for question in group.get("unanswerable", ()):
            rows.append({"article": article["id"], "question": question, "answer": "", "start": -1, "answerable": False})
    return sorted(rows, key=lambda row: row["article"])


def article_questions(seed: int = 0) -> dict[str, list[dict]]:
    """Split → questions; each is in the split of its article."""
    dealt = articles(seed)
    rows = records(_written(), [row for split in dealt.values() for row in split])
    result = {}
    for split, members in dealt.items():
        ids = {row["id"] for row in members}
        mine = [row for row in rows if row["article"] in ids]
        result[split] = [{"id": f"question-{split}-{number:04d}", **row} for number, row in enumerate(mine, start=1)]
    return result


@cache
def split_of(split: str) -> tuple[dict, ...]:
    """The questions of one split."""
    return tuple(article_questions()[split])


DATA_SETS = (
    DataSet(
        name="article_questions",
        description="Customers' questions on the help-centre articles, each with an exact span as its answer or with none.",
        made=(
            "Written by hand in `data/phrases/shop/article_questions.toml`, in a customer's words rather than the article's. "
            "An answer stands exactly once in its article. "
            "An unanswerable question fits the article's topic, but no article of the help centre answers it."
        ),
        columns={
            "id": "split and number", "article": "id of the article", "question": "as a customer asks it",
            "answer": f"an exact span of the body, at most {MAX_ANSWER_WORDS} words; empty if there is none",
            "start": "where the answer begins in the body, in characters; -1 if there is none",
            "answerable": "true if the article answers the question",
        },
        rows=article_questions,
        limits=(
            "Each question has one written answer; a span a word longer or shorter may be as good.",
            "A question belongs to its article: asked of the whole help centre, some are vague or fit two articles.",
            "The question alone tells something: a bag of its words separates answerable from unanswerable with an AUC of 0.75.",
            "That no article answers an unanswerable question was checked by reading and searching, not proved.",
        ),
    ),
)

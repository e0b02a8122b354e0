"""The help centre: its articles, written by hand in articles.toml."""

from __future__ import annotations

import tomllib
from functools import cache

from helpers.making.shop import phrase_files
from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw

ROWS = {"train": 128, "validation": 16, "test": 33}


@cache
def _written() -> tuple[dict, ...]:
    return tuple(tomllib.loads(phrase_files.path("articles.toml").read_text(encoding="utf-8"))["article"])


@cache
def split_of(split: str) -> tuple[dict, ...]:
    """The articles of one split."""
    return tuple(articles()[split])


def articles(seed: int = 0) -> dict[str, list[dict]]:
    """Every article with an id (H001 … in the order of the file), dealt to the splits."""
    numbered = [{"id": f"H{number:03d}", **row} for number, row in enumerate(_written(), start=1)]
    rows = Draw(f"articles {seed}").shuffled(numbered)
    result, start = {}, 0
    for split, count in ROWS.items():
        result[split] = sorted(rows[start:start + count], key=lambda row: row["id"])
        start += count
    return result


DATA_SETS = (
    DataSet(
        name="articles",
        description="Help-centre articles, written by hand.",
        made="Written by hand in `data/phrases/shop/articles.toml`, with facts that agree with one another; dealt to the splits at random.",
        columns={"id": "H001 …", "title": "the question or topic", "body": "60 to 150 words", "topic": "section of the help centre"},
        rows=articles,
        limits=("The help centre is one shop's: a fact that stands in a training article may be needed to understand a test article.",),
    ),
)

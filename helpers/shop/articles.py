"""The help centre: sixty articles, written by hand in articles.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from helpers.shop.draw import Draw

ROWS = {"train": 44, "validation": 8, "test": 8}


@cache
def _written() -> tuple[dict, ...]:
    return tuple(tomllib.loads(Path(__file__).with_name("articles.toml").read_text(encoding="utf-8"))["article"])


@cache
def split_of(split: str) -> tuple[dict, ...]:
    """The articles of one split."""
    return tuple(articles()[split])


def articles(seed: int = 0) -> dict[str, list[dict]]:
    """Every article with an id (H01 … in the order of the file), dealt to the splits."""
    numbered = [{"id": f"H{number:02d}", **row} for number, row in enumerate(_written(), start=1)]
    rows = Draw(f"articles {seed}").shuffled(numbered)
    result, start = {}, 0
    for split, count in ROWS.items():
        result[split] = sorted(rows[start:start + count], key=lambda row: row["id"])
        start += count
    return result

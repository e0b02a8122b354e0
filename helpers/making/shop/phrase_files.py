"""Files of hand-written phrases: TOML tables of lists, one phrase a line."""

import tomllib
from pathlib import Path

from helpers.files import DATA

FOLDER = DATA / "phrases" / "shop"


def path(name: str) -> Path:
    """Return the file ``name`` of data/phrases/shop."""
    return FOLDER / name


def read(name: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the phrases of ``helpers/making/shop/<name>.toml``: table → list → lines."""
    tables = tomllib.loads(path(f"{name}.toml").read_text(encoding="utf-8"))
    return {table: {key: tuple(text.strip().splitlines()) for key, text in lists.items()} for table, lists in tables.items()}

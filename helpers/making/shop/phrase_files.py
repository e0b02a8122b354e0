"""Files of hand-written phrases: TOML tables of lists, one phrase a line."""

import tomllib
from pathlib import Path


def read(name: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the phrases of ``helpers/shop/<name>.toml``: table → list → lines."""
    tables = tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))
    return {table: {key: tuple(text.strip().splitlines()) for key, text in lists.items()} for table, lists in tables.items()}

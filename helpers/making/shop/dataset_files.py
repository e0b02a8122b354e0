"""Write the shop's data sets as JSON Lines and its orders as SQLite, with their table and data card."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from helpers.files import DATA, REPOSITORY, replace_folder, write_atomically
from helpers.making.shop import card, orders
from helpers.making.shop.dataset import DataSet
from helpers.making.shop.world import SPLITS

FOLDER = DATA / "shop"
TABLE = REPOSITORY / "helpers" / "datasets.toml"
CARD = DATA / "README.md"
LARGEST_PLAIN = 60_000  # bytes of a split that is stored as plain text
PLAIN = ("reviews/validation.jsonl", "reviews/test.jsonl")  # whatever their size, to be read and opened by hand
DATABASE = "shop.sqlite"
# The modules with data sets, in the order of the card.
MODULES = ("reviews", "reviews_zh", "opinions", "messages", "topics", "products", "articles", "article_questions", "facts", "chats",
           "instructions", "preferences", "tools", "few_shot", "entity_sentences", "entailment", "tables", "translations", "calls", "code_tasks")


def data_sets() -> tuple[DataSet, ...]:
    """Every data set of the shop."""
    return tuple(one for name in MODULES for one in import_module(f"helpers.making.shop.{name}").DATA_SETS)


def rows(seed: int = 0) -> dict[str, dict[str, list[dict]]]:
    """Every data set: name → split → rows."""
    return {one.name: one.rows(seed) for one in data_sets()}


def json_lines(records: list[dict]) -> bytes:
    """Records as JSON Lines: sorted keys, UTF-8, "\\n" at the end of every line."""
    return "".join(json.dumps(record, ensure_ascii=False, sort_keys=True) + "\n" for record in records).encode("utf-8")


def files(data: Mapping[str, Mapping[str, list[dict]]]) -> dict[str, bytes]:
    """Path below data/shop → content, for every data set and split."""
    return {f"{name}/{split}.jsonl": json_lines(data[name][split]) for name in data for split in SPLITS}


def file_name(path: str, content: bytes) -> str:
    """The name that a file of ``files`` is stored under: large splits are packed, apart from ``PLAIN``."""
    packed = len(content) > LARGEST_PLAIN and path not in PLAIN
    return f"{path}.gz" if packed else path


def table(data: Mapping[str, Mapping[str, list[dict]]], contents: Mapping[str, bytes]) -> str:
    """The text of helpers/datasets.toml: one table a data set, with row counts and checksums."""
    lines = ["# Written by `course world`; do not edit. The sha256 of a .gz file is that of its content."]
    described = {one.name: one.description for one in data_sets()}
    for name in data:
        lines += ["", f"[{name}]", f'folder = "data/shop/{name}"', f'licence = "{card.LICENCE}"',
                  f"description = {json.dumps(described[name], ensure_ascii=False)}"]
        for split in SPLITS:
            content = contents[f"{name}/{split}.jsonl"]
            digest, file = hashlib.sha256(content).hexdigest(), Path(file_name(f"{name}/{split}.jsonl", content)).name
            lines.append(f'splits.{split} = {{ file = "{file}", rows = {len(data[name][split])}, sha256 = "{digest}" }}')
    return "\n".join(lines) + "\n"


def write(folder: Path | None = None, seed: int = 0, table_path: Path | None = None, card_path: Path | None = None) -> None:
    """Regenerate the data.

    Everything is made in memory first; then the folder is replaced as a whole, so
    that an interrupt or a full disk leaves the old files. The table and the card
    belong to data/shop: for another folder they are written only where asked.
    """
    data = rows(seed)
    contents = files(data)
    if folder is None:
        folder, table_path, card_path = FOLDER, table_path or TABLE, card_path or CARD
    with replace_folder(Path(folder)) as fresh:
        for path, content in contents.items():
            target = fresh / file_name(path, content)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(gzip.compress(content, mtime=0) if target.suffix == ".gz" else content)
        orders.write(fresh / DATABASE, seed)
    if table_path is not None:
        write_atomically(Path(table_path), table(data, contents))
    if card_path is not None:
        write_atomically(Path(card_path), card.text(data_sets(), data, contents))

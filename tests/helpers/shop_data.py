"""The shop's data as committed; test_shop.py proves that building it gives these bytes."""

import gzip
import json

from helpers.making.shop.dataset_files import FOLDER
from helpers.making.shop.world import SPLITS


def committed(name: str) -> dict[str, list[dict]]:
    """Return split → rows of a data set."""
    rows = {}
    for split in SPLITS:
        plain = FOLDER / name / f"{split}.jsonl"
        packed = plain.with_name(f"{plain.name}.gz")
        content = plain.read_bytes() if plain.exists() else gzip.decompress(packed.read_bytes())
        rows[split] = [json.loads(line) for line in content.decode("utf-8").splitlines()]
    return rows

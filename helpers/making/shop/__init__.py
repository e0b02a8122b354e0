"""Marigold, the flower shop of the course: entities → grammar → data.

``write()`` regenerates data/shop, its data card and helpers/datasets.toml, with
the same bytes on every platform. ``helpers.making.shop.corpus.documents`` yields text for
language models without end.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["write"]


def write(folder: Path | None = None, seed: int = 0) -> None:
    """Write the shop's data; see ``helpers.making.shop.dataset_files.write``."""
    from helpers.making.shop import dataset_files

    dataset_files.write(folder, seed)

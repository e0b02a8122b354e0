"""The data card, data/README.md, filled with the counts of the data it describes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helpers.making.shop.dataset import DataSet

LICENCE = "CC-BY-4.0"


def text(data_sets: Sequence[DataSet], data: Mapping[str, Mapping[str, list[dict]]], contents: Mapping[str, bytes]) -> str:
    """The data card as Markdown."""
    lines = [
        "<!-- Written by `course world`; do not edit. -->",
        "# Data card: Marigold, an online flower shop",
        "",
        "The course's small world. All text is synthetic: written by the course's authors and combined by a seeded",
        "grammar in `helpers/making/shop`. No text was copied, and no person, address or order in it is real.",
        "",
        f"- Licence: {LICENCE} (the generator's code: Apache-2.0).",
        "- Format: JSON Lines, UTF-8, one object a line, keys sorted. Large splits are packed (such as `train.jsonl.gz`);",
        "  `datasets` and `pandas` read them as they are. Sizes in the table are unpacked.",
        "- Made by `course world`, which writes the same content on every platform and needs no package.",
        "- Checksums: `helpers/datasets.toml`; `helpers.dataset(name)` verifies them before it reads.",
        "",
        "| data set | train | validation | test | size |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, splits in data.items():
        size = sum(len(contents[f"{name}/{split}.jsonl"]) for split in splits)
        counts = " | ".join(f"{len(splits[split]):,}" for split in ("train", "validation", "test"))
        lines.append(f"| [{name}](shop/{name}) | {counts} | {size / 1000:,.0f} kB |")
    lines += [
        "",
        "`shop/shop.sqlite` holds the catalogue, customers, orders, payments, claims and appointments (tables and columns are described in",
        "`helpers/making/shop/orders.py`); `helpers.making.shop.orders.connect()` opens it for reading. Recorded calls are in `audio/calls`, as FLAC.",
    ]
    for one in data_sets:
        lines += ["", f"## {one.name}", "", one.description, "", one.made, "", "| column | meaning |", "|---|---|"]
        lines += [f"| `{column}` | {meaning} |" for column, meaning in one.columns.items()]
        if one.name == "reviews":
            words = [len(row["text"].split()) for rows in data["reviews"].values() for row in rows]
            lines += ["", f"Words a review: {sum(words) / len(words):.1f} on average, {min(words)} to {max(words)}."]
        if one.limits:
            lines += ["", "Limits:", "", *(f"- {limit}" for limit in one.limits)]
    lines += [
        "", "## Limits of all", "",
        "- The language is plain and edited: no spelling mistakes, no slang, few regional turns.",
        "- First names come from many languages but carry no meaning; the data says nothing about real groups of people.",
        "- What a model reaches here says how methods compare, not how good it would be on real customers.",
        "- The notes on toxic plants follow common advice and are no substitute for a vet.",
    ]
    return "\n".join(lines) + "\n"

"""Write seedlings.csv: 300 invented seedlings of Marigold's nursery, graded "sell" or "hold".

A seedling is sold when its stem suits its number of leaves: too short and too
leggy are both held back. No single straight line separates a middle from its
two sides, so a linear model fails on this table. Seeded, standard library only:

    python data/own/seedlings.py
"""

import csv
import io
import random
from pathlib import Path

PATH = Path(__file__).with_name("seedlings.csv")


def rows(count: int = 300, seed: int = 0) -> list[dict]:
    """Return the seedlings: lengths in mm, age in days; a few leaf lengths are missing (``""``)."""
    draw = random.Random(seed)
    table = []
    for _ in range(count):
        leaf_count = draw.randint(3, 9)
        excess = draw.uniform(-24, 24)  # mm of stem above what suits the leaves
        stem = 18 + 7 * leaf_count + excess
        table.append(
            {
                "tray": draw.choice("ABC"),
                "age_days": 8 + 3 * leaf_count + draw.randint(-3, 3),
                "leaf_count": leaf_count,
                "leaf_mm": "" if draw.random() < 0.03 else f"{14 + 2 * leaf_count + draw.uniform(-4, 4):.1f}",
                "stem_mm": f"{stem:.1f}",
                "grade": "sell" if abs(excess + draw.uniform(-2, 2)) < 11 else "hold",
            }
        )
    return table


def text() -> str:
    """Return the file's whole content; the same bytes on every platform."""
    table = rows()
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return buffer.getvalue()


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8", newline="\n")

"""Write app_reviews.csv: 210 invented reviews of a bus-timetable app, rated "bad", "okay" or "good".

Another domain than the shop's reviews, and words instead of stars: the sample for
"Your own data" of lesson 07. Seeded, standard library only:

    python data/own/app_reviews.py
"""

import csv
import io
import random
from pathlib import Path

PATH = Path(__file__).with_name("app_reviews.csv")
SUBJECTS = ["the map", "the timetable", "the ticket page", "the search", "the night mode", "the widget", "the route planner"]
SINCE = ["Since the last update", "On my old phone", "Most mornings", "Whenever I am underground", "After a month of use"]
VERDICTS = {
    "bad": [
        "{0} freezes and I miss my bus",
        "{0} shows departures that left an hour ago",
        "{0} asks me to log in again and again",
        "{0} drains the battery before noon",
        "I gave up on {0} and went back to the paper leaflet",
        "{0} lost the tickets I had paid for",
    ],
    "okay": [
        "{0} does its job once it has loaded",
        "{0} is fine for short trips and confusing for long ones",
        "{0} works while half of its settings are hidden",
        "I can live with {0} as I did with the old one",
        "{0} is accurate in town and a guess in the countryside",
        "{0} has become neither better nor worse",
    ],
    "good": [
        "{0} is so quick that I stopped planning ahead",
        "{0} told me of a delay before the driver knew",
        "{0} makes changing lines feel simple",
        "I recommend {0} to every visitor",
        "{0} has never let me down",
        "{0} even works without a signal, which saved my evening",
    ],
}
ENDINGS = ["We will see.", "That is all.", "Version 4, by the way.", "", ""]


def _clause(draw: random.Random, rating: str) -> str:
    return draw.choice(VERDICTS[rating]).format(draw.choice(SUBJECTS))


def rows(count: int = 210, seed: int = 0) -> list[dict]:
    """Return the reviews, as many of each rating, no two alike."""
    draw = random.Random(seed)
    found: dict[str, str] = {}
    while len(found) < count:
        rating = list(VERDICTS)[len(found) % len(VERDICTS)]
        verdict = _clause(draw, rating)
        form = draw.random()
        if form < 0.45:  # what counts comes last, after a clause that sounds like another rating
            other = draw.choice([name for name in VERDICTS if name != rating])
            sentence = f"Although {_clause(draw, other)}, {verdict}"
        elif form < 0.75:
            sentence = f"{draw.choice(SINCE)}, {verdict}"
        else:
            sentence = verdict[0].upper() + verdict[1:]
        found.setdefault(f"{sentence}. {draw.choice(ENDINGS)}".strip(), rating)
    table = [{"review": review, "rating": rating} for review, rating in found.items()]
    draw.shuffle(table)
    return table


def main() -> None:
    """Write the file with ``\\n`` line ends on every platform."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ["review", "rating"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows())
    PATH.write_text(text.getvalue(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

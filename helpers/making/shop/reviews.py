"""Customer reviews with one to five stars.

A review is a template filled with graded opinions about several aspects. The
stars follow from which side wins, so the same words stand in good and in bad
reviews ("although delivery was on time, ..."). Test reviews use their own
templates and opinions (``phrases_test.toml``); validation reviews use the
training templates with opinions that training reviews do not contain.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache

from helpers.making.shop import phrase_files
from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import PLANTS, PLANTS_HELD_OUT, article

ROWS = {"train": 6_000, "validation": 800, "test": 1_200}
MAX_WORDS = 34
OTHER_ASPECTS = ("delivery", "packing", "price", "service")
_SLOT = re.compile(r"\[([a-z]+)\.([a-z]+)\]")

EVENTS = ("a birthday", "our wedding", "our anniversary", "a housewarming", "a graduation", "Mother's Day",
          "Valentine's Day", "a dinner party", "a christening", "a retirement party")
EVENTS_TEST = ("a golden wedding", "a book launch", "an engagement", "a farewell lunch")
RELATIVES = ("my mother", "my sister", "my grandmother", "my best friend", "my boss", "my wife", "my father",
             "a colleague", "my daughter", "my neighbour", "my aunt")
RELATIVES_TEST = ("my cousin", "my godmother", "my teacher", "my brother-in-law")
POTS = tuple(plant.name for plant in PLANTS if plant.sold == "pot")
POTS_TEST = tuple(plant.name for plant in PLANTS + PLANTS_HELD_OUT if plant.sold == "pot")
THINGS = ("watering can", "glass vase", "clay jug", "hand trowel", "plant mister", "seed tray", "brass vase",
          "garden fork", "flower press", "plant stand", "pruning saw", "gift box", "kneeling mat", "tea light holder")
THINGS_TEST = ("grafting knife", "bulb planter", "stone planter", "soil sieve", "glass vase", "watering can")
ARRANGEMENTS = ("bouquet of {}", "bunch of {}", "basket of {}", "posy of {}", "armful of {}")
# Most orders are for flowers.
CATEGORIES = {"cut": 0.6, "pot": 0.22, "thing": 0.18}


@cache
def phrases(split: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """The opinions and templates of a split: aspect → grade → lines.

    Validation takes every fifth opinion of the training file and training takes the
    others; both use the training templates.
    """
    name = "phrases_test.toml" if split == "test" else "phrases_train.toml"
    table = tomllib.loads(phrase_files.path(name).read_text(encoding="utf-8"))
    result: dict[str, dict[str, tuple[str, ...]]] = {}
    for aspect, grades in table.items():
        result[aspect] = {}
        for grade, text in grades.items():
            lines = tuple(text.strip().splitlines())
            if split != "test" and aspect != "templates":
                lines = tuple(line for i, line in enumerate(lines) if (i % 5 == 2) == (split == "validation"))
            result[aspect][grade] = lines
    return result


def _product(split: str, draw: Draw) -> tuple[str, str, bool]:
    """A product: category, name, and whether the name is plural."""
    test = split == "test"
    category = draw.weighted(CATEGORIES)
    if category == "pot":
        return category, draw.choice(POTS_TEST if test else POTS), False
    if category == "thing":
        return category, draw.choice(THINGS_TEST if test else THINGS), False
    plant = draw.choice([p for p in PLANTS + (PLANTS_HELD_OUT if test else ()) if p.sold == "cut"])
    name = f"{draw.choice(plant.colours)} {plant.plural}" if draw.chance(0.6) else plant.plural
    if draw.chance(0.35):
        return category, draw.choice(ARRANGEMENTS).format(name), False
    return category, name, True


def _capitalised(text: str) -> str:
    """``text`` with an upper-case letter at the start of every sentence."""
    return re.sub(r"(^|[.!?] )([a-z])", lambda match: match.group(1) + match.group(2).upper(), text)


def review(split: str, stars: int, draw: Draw) -> dict:
    """One review: text, stars (1 … 5), label (stars - 1), product, and the template's name."""
    table = phrases(split)
    templates = table["templates"][str(stars)]
    number = draw.below(len(templates))
    template = templates[number]
    category, product, plural = _product(split, draw)
    if "[item." not in template or draw.chance(0.1):
        template = "[context.any] " + template
    others = draw.shuffled(OTHER_ASPECTS)
    used: set[str] = set()
    mentioned = False
    forms = ({"was": "were", "they": "they", "them": "them"} if plural
             else {"was": "was", "they": "it", "them": "it"})
    definite = f"{'the' if draw.chance(0.6) else 'my'} {product}"

    def fill(match: re.Match[str]) -> str:
        nonlocal mentioned
        aspect, grade = match.groups()
        aspect = category if aspect == "item" else others.pop() if aspect == "other" else aspect
        phrase = draw.choice([line for line in table[aspect][grade] if line not in used])
        used.add(phrase)
        test = split == "test"
        subject = forms["they"] if mentioned else definite
        # A pronoun needs its noun before it.
        them = forms["them"] if mentioned or "{s}" in phrase else definite
        they = forms["they"] if mentioned or "{s}" in phrase else definite
        mentioned = mentioned or any(slot in phrase for slot in ("{s}", "{them}", "{they}", "{item}"))
        return phrase.format(
            s=subject, them=them, they=they, was=forms["was"], item=product if plural else article(product),
            event=draw.choice(EVENTS_TEST if test else EVENTS), relative=draw.choice(RELATIVES_TEST if test else RELATIVES))

    text = _SLOT.sub(fill, template)
    if not mentioned:  # "not bad at all" says nothing of what was bought
        text = _SLOT.sub(fill, "[context.any] ") + text
    text = _capitalised(text)
    return {"text": text, "stars": stars, "label": stars - 1, "product": product, "template": f"{split}-{stars}-{number}"}


def reviews(split: str, seed: int = 0) -> list[dict]:
    """All reviews of a split, as many of each number of stars, in random order, without repeats."""
    draw = Draw(f"reviews {split} {seed}")
    rows: list[dict] = []
    seen: set[str] = set()
    for stars in range(1, 6):
        wanted = len(rows) + ROWS[split] // 5
        while len(rows) < wanted:
            row = review(split, stars, draw)
            if row["text"] not in seen and len(row["text"].split()) <= MAX_WORDS:
                seen.add(row["text"])
                rows.append(row)
    return [{"id": f"{split}-{number:04d}", **row} for number, row in enumerate(draw.shuffled(rows), start=1)]


DATA_SETS = (
    DataSet(
        name="reviews",
        description="Customer reviews with one to five stars; test reviews use opinions and templates not seen in training.",
        made=(
            "A template for each number of stars is filled with graded opinions on the product and on delivery, packing, "
            "price or service, all written by hand (`data/phrases/shop/phrases_train.toml`, `phrases_test.toml`). Which side of "
            "a mixed review wins decides the stars, so the same words stand in good and bad ones. Test reviews have their "
            "own templates and opinions (a test keeps the share of their 5-grams that occur in training below 2 %). Validation "
            "reviews use training templates with opinions kept out of training. Each number of stars is equally frequent."
        ),
        columns={
            "id": "split and number", "text": "the review, at most 34 words", "stars": "1 (worst) to 5 (best)",
            "label": "stars - 1, for `num_labels=5`", "product": "what was bought",
            "template": "split, stars and number of the template it was made from",
        },
        rows=lambda seed: {split: reviews(split, seed) for split in ROWS},
        limits=(
            "Reviews are put together from parts, so an aspect is rarely developed over several sentences, and irony is mild.",
            "Stars follow from the template; where a reader would hesitate between two neighbouring numbers, the data does not.",
            "The test reviews are not untouched: their errors were looked at, template by template, while the training phrases were written.",
            "Labels were checked by blind rating: 30 random test reviews, 30 ratings equal to the stars. A small and friendly sample.",
        ),
    ),
)

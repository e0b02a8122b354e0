"""Chinese customer reviews with one to five stars.

Made like the English ones of ``reviews``: a template is filled with graded
opinions, and the stars follow from the opinion on the thing itself, so that the
same words stand in good and in bad reviews. Four of five reviews are of flowers,
plants and things from the shop, the others of everyday things (restaurants,
films, hotels, phones, the weather, one's mood).
"""

from __future__ import annotations

import re
from functools import cache

from helpers.making.shop import chinese, phrase_files
from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import SPLITS

ROWS = {"train": 3_000, "validation": 300, "test": 600}
MAX_CHARACTERS = 90
# The sentence that a lesson asks classifiers about; it stands in no review.
RESERVED = "这个餐馆太难吃了"
SHOP_SHARE = 0.8
SHOP_CATEGORIES = {"cut": 0.6, "pot": 0.22, "thing": 0.18}
EVERYDAY_CATEGORIES = {"food": 0.4, "film": 0.14, "hotel": 0.14, "phone": 0.14, "weather": 0.09, "mood": 0.09}
OTHER_ASPECTS = ("delivery", "packing", "price", "service")
# What the product is called once it has been named.
PRONOUNS = {"cut": "花", "pot": "它", "thing": "它", "food": "这里", "film": "片子", "hotel": "这里", "phone": "它",
            "weather": "天气", "mood": "我"}
GRADES = ("awful", "poor", "fair", "good", "love")  # of 1 … 5 stars
ALONE = 0.4  # share of the wide reviews that say one thing only
WHOLE = ("templates", "everyday", "subjects", "context")
_SLOT = re.compile(r"\[([a-z]+)\.([a-z]+)\]")


@cache
def phrases(split: str, wide: bool = False) -> dict[str, dict[str, tuple[str, ...]]]:
    """The opinions and templates of a split: aspect → grade → lines. ``wide``: those that are not in the data set as well.

    Validation takes every fifth opinion of the training file and training takes the
    others; templates, contexts and lists of fewer than three opinions serve both.
    """
    result = phrase_files.read("reviews_zh_test" if split == "test" else "reviews_zh_train")
    for aspect, grades in result.items():
        for grade, lines in grades.items():
            if split != "test" and aspect not in WHOLE and len(lines) > 2:
                grades[grade] = tuple(line for i, line in enumerate(lines) if (i % 5 == 2) == (split == "validation"))
    for aspect, grades in phrase_files.read("reviews_zh_wide").items() if wide else ():
        for grade, lines in grades.items():
            result[aspect][grade] += lines
    return result


def _product(category: str, test: bool, draw: Draw) -> tuple[str, str, str]:
    """A product of the shop: its name, "this product", and the product with number and measure word."""
    if category == "pot":
        plants = tuple(map(chinese.plant_name, chinese.pot_plants(test))) + chinese.POTS + (chinese.POTS_HELD_OUT if test else ())
        name = draw.choice(plants)
        return name, draw.choice(("这盆", "我买的")) + name, f"一盆{name}"
    if category == "thing":
        things = chinese.THINGS_HELD_OUT if test else chinese.THINGS
        name = draw.choice(tuple(things))
        return name, draw.choice((f"这{things[name]}", "我买的")) + name, f"一{things[name]}{name}"
    plant = draw.choice(chinese.cut_flowers(test))
    name = chinese.plant_name(plant)
    if draw.chance(0.5):
        name = chinese.COLOURS[draw.choice(plant.colours)] + name
    return name, draw.choice(("这束", "我订的", "这些", "这批")) + name, f"一{draw.choice(('束', '大束', '捧'))}{name}"


def review(split: str, stars: int, draw: Draw, wide: bool = False) -> dict:
    """One review: text, stars (1 … 5), label (stars - 1), sentiment, product. ``wide``: of more phrases than the data set's."""
    table = phrases(split, wide)
    test = split == "test"
    everyday = not draw.chance(SHOP_SHARE)
    if everyday:
        category = draw.weighted(EVERYDAY_CATEGORIES)
        templates = table["everyday"][str(stars)]
        if category in ("weather", "mood"):  # one does not recommend them
            templates = tuple(line for line in templates if "[feel." not in line)
        template = draw.choice(templates)
        product, subject = draw.choice(table["subjects"][category]).split("|")
        item = subject
    else:
        category = draw.weighted(SHOP_CATEGORIES)
        template = draw.choice(table["templates"][str(stars)])
        if wide and draw.chance(ALONE):
            template = f"[{draw.choice(('item', 'item', 'other', 'feel', 'verdict'))}.{GRADES[stars - 1]}]。"
        product, subject, item = _product(category, test, draw)
        if "[item." not in template or (draw.chance(0.1) and "[context." not in template):
            template = "[context.any]" + template
    part = draw.choice(table["subjects"]["parts"])
    staff, street = (draw.choice(names) for names in ((chinese.STAFF_HELD_OUT, tuple(chinese.STREETS_HELD_OUT.values())) if test
                                                      else (chinese.STAFF, tuple(chinese.STREETS.values()))))
    relative = draw.choice(chinese.RELATIVES_HELD_OUT if test else chinese.RELATIVES)
    event = draw.choice(chinese.EVENTS_HELD_OUT if test else chinese.EVENTS)
    others = draw.shuffled(OTHER_ASPECTS)
    used: set[str] = set()
    mentioned = False

    def fill(match: re.Match[str]) -> str:
        nonlocal mentioned
        aspect, grade = match.groups()
        if aspect == "item":
            aspect = category
        elif aspect == "side":
            aspect = f"{category}_side"
        elif aspect == "other":
            aspect = others.pop()
        phrase = draw.choice([line for line in table[aspect][grade] if line not in used])
        used.add(phrase)
        if "{s}" in phrase and mentioned:
            phrase = phrase.replace("{s}", PRONOUNS[category])
        elif "{s}" in phrase:  # the full name once, then the short one
            phrase = phrase.replace("{s}", subject, 1).replace("{s}", PRONOUNS[category])
        mentioned = mentioned or subject in phrase or "{item}" in phrase or "{p}" in phrase
        return phrase.format(p=product, x=part, item=item, relative=relative, event=event, staff=staff, street=street)

    text = _SLOT.sub(fill, template)
    if everyday and part in text:
        product = part
    if not mentioned and not everyday:  # "一点都没有失望" says nothing of what was bought
        text = _SLOT.sub(fill, "[context.any]") + text
    sentiment = "negative" if stars < 3 else "neutral" if stars == 3 else "positive"
    return {"text": text, "stars": stars, "label": stars - 1, "sentiment": sentiment, "product": product}


def reviews_zh(split: str, seed: int = 0) -> list[dict]:
    """All reviews of a split, as many of each number of stars, in random order, without repeats."""
    draw = Draw(f"reviews_zh {split} {seed}")
    rows: list[dict] = []
    seen: set[str] = set()
    for stars in range(1, 6):
        wanted = len(rows) + ROWS[split] // 5
        while len(rows) < wanted:
            row = review(split, stars, draw)
            if row["text"] not in seen and len(row["text"]) <= MAX_CHARACTERS and RESERVED not in row["text"]:
                seen.add(row["text"])
                rows.append(row)
    return [{"id": f"review-zh-{split}-{number:04d}", **row} for number, row in enumerate(draw.shuffled(rows), start=1)]


DATA_SETS = (
    DataSet(
        name="reviews_zh",
        description="Chinese customer reviews with one to five stars, as many of each.",
        made="Hand-written templates filled with hand-written, graded opinions; the stars follow from the opinion on the thing "
             "itself. About one review in five is of an everyday thing: a restaurant, a film, a hotel, a phone, the weather or "
             "one's mood. Test reviews use opinions, templates, people and some plants of their own.",
        columns={"id": "unique name of the row", "text": "the review, simplified Chinese", "stars": "1 (angry) to 5 (delighted)",
                 "label": "stars - 1", "sentiment": "negative (1-2 stars), neutral (3) or positive (4-5)",
                 "product": "what is reviewed, in Chinese"},
        rows=lambda seed: {split: reviews_zh(split, seed) for split in SPLITS},
        limits=("The reviews are made up from templates; real ones are longer, messier and harder.",
                "Neighbouring stars differ in strength alone, so that some reviews could bear one star more or less."),
    ),
)

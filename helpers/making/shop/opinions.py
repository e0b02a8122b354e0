"""Opinions on films, food, work, the weather and so on, positive or negative.

A third is about the shop. An opinion is a frame filled with clear opinions and,
in some frames, with a small point of the other side that does not decide ("the
ribbon was pretty, but ..."). Nouns and frames are drawn without regard to the
label wherever both labels allow it. Complete sentences stand beside the frames: eleven
in twelve of them are for training, the others for validation.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache

from helpers.making.shop import phrase_files
from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import article
from helpers.making.shop.world import SPLITS, World, world

ROWS = {"train": 18_000, "validation": 500, "test": 1_000}
LABELS = ("negative", "positive")
SHOP = ("flowers", "service")
# Files with nothing but complete sentences for training and validation, and what their sections on the shop are about.
MORE = ("leisure", "things", "life", "turns", "plain", "events")
ABOUT_SHOP = {
    **dict.fromkeys(("plants", "bouquet", "bunch_and_bouquet", "pot_plants", "flowers_as_present", "bloom_for_every_day"), "flowers"),
    **dict.fromkeys(("delivery", "packing", "price", "customer_service", "flower_shop", "flower_delivery", "wrapped_and_packed", "flower_prices",
                     "florist_service", "marigold_regulars"), "service"),
}
# Things that one pays for and may recommend.
RATED = ("film", "book", "food", "restaurant", "hotel", "phone", "music", "travel", *SHOP)
KINDS = {"frame": 0.53, "adjective": 0.24, "emotion": 0.07, "verb": 0.08, "whole": 0.08}
MIN_WORDS, MAX_WORDS = 3, 30
HELD_BACK = 12  # one complete sentence in so many is for validation only
RESERVED = "i am really happy today"  # lesson 01 asks for this sentence's label
_OWNED = re.compile(r"(my|our|her|his|the|their)\b")
_SELF = re.compile(r"\b(I|me|my|mine|myself|we|us|our|you|your)\b")
_SLOT = re.compile(r"\[(main3?|other|tail)\]")


@cache
def parts(split: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """The lines of a split's file: section → list → lines."""
    return phrase_files.read("opinions_test" if split == "test" else "opinions_train")


@cache
def subjects(split: str) -> tuple[str, ...]:
    """The subjects that are not about the shop."""
    return tuple(name for name, lists in parts(split).items() if "nouns" in lists and name not in SHOP)


@cache
def complete(split: str, label: str, shop: bool) -> tuple[tuple[str, str], ...]:
    """The complete sentences of a split: pairs of subject and text. Training and validation share none."""
    pairs = [("everyday" if section == "whole" else section, line) for section, lists in parts(split).items()
             if (section == "whole" or "nouns" in lists) and (section in SHOP) == shop for line in lists.get(label, ())]
    if split == "test":
        return tuple(pairs)
    for name in MORE:
        table = tomllib.loads(phrase_files.path(f"opinions_{name}.toml").read_text(encoding="utf-8"))
        for section, lists in table.items():
            about = ABOUT_SHOP.get(section, section if "nouns" in parts(split).get(section, {}) else "everyday")
            if (about in SHOP) == shop:
                pairs += [(about, line.strip()) for line in lists[label].strip().splitlines()]
    return tuple(pair for number, pair in enumerate(pairs) if (number % HELD_BACK == 0) == (split == "validation"))


def sentences(text: str) -> str:
    """``text`` with an upper-case letter at the start of every sentence."""
    return re.sub(r"(^|[.!?] )([a-zé])", lambda match: match.group(1) + match.group(2).upper(), text)


def _noun(lines: tuple[str, ...], place: World, draw: Draw) -> dict[str, str]:
    """A noun: ``s`` with its determiner, ``noun`` without ("" where it has to keep it), ``it``, ``it2``, ``a``."""
    noun, _, pronoun = draw.choice(lines).partition("|")
    if "{" in noun:
        cut = draw.choice([plant.plural for plant in place.plants if plant.sold == "cut"])
        pot = draw.choice([plant.name for plant in place.plants if plant.sold == "pot"])
        noun = noun.format(plant=cut, pot=pot)
    mass, noun = noun.startswith("~"), noun.removeprefix("~")
    fields = {"it": pronoun or "it", "it2": {"she": "her", "he": "him"}.get(pronoun, "it"), "a": "" if mass else "a"}
    if _OWNED.match(noun):
        return {**fields, "s": noun, "noun": ""}
    # The same share for both labels: the determiner must not tell.
    determiner = "the" if " by the " in noun or draw.chance(0.6) else "this" if draw.chance(0.6) else "that"
    return {**fields, "s": f"{determiner} {noun}", "noun": noun}


def _frame(split: str, about: str, label: str, place: World, draw: Draw) -> str:
    """Clear opinions in a frame; a small point of the other side may stand beside them."""
    table = parts(split)
    own = table[about]
    good = label == "positive"
    frames = table["frames"]["rated" if about in RATED and draw.chance(0.25) else "any"]
    noun = _noun(own["nouns"], place, draw)
    used: list[str] = []
    mentioned = False

    def fill(match: re.Match[str]) -> str:
        nonlocal mentioned
        slot = match.group(1)
        if slot == "tail":
            return draw.choice(table["frames"]["tail_good" if good else "tail_bad"])
        lines = own[("niggle" if good else "plus") if slot == "other" else ("good" if good else "bad")]
        unwanted = "thing: " if noun["it"] != "it" else "person: "
        lines = tuple(line for line in lines if line not in used and not line.startswith(unwanted))
        if slot == "main3":
            lines = tuple(line for line in lines if not _SELF.search(line))
        line = draw.choice(lines)
        used.append(line)
        line = re.sub(r"^(thing|person): ", "", line)
        if "{s}" in line:
            subject = line.startswith("{s}")
            line = line.replace("{s}", noun["s"] if not mentioned else noun["it"] if subject else noun["it2"])
            mentioned = True
        return line

    return _SLOT.sub(fill, draw.choice(frames))


def _adjective(split: str, about: str, label: str, place: World, draw: Draw) -> str:
    """A noun and one or two adjectives: "the inn was anything but pleasant"."""
    table = parts(split)
    noun = _noun(table[about]["nouns"] + 2 * table[about]["more"], place, draw)
    good, bad = (draw.choice(table["adjectives"][side]) for side in ("good", "bad"))
    frames = [frame for frame in table["adjective_frames"][label] if noun["noun"] or "{noun}" not in frame]
    fields = {**noun, "good": good, "bad": bad, "a_good": article(good) if noun["a"] else good,
              "a_bad": article(bad) if noun["a"] else bad, "name": "{name}"}
    return draw.choice(frames).format(**fields)


def _fits(text: str) -> bool:
    """Whether a text has a length and a wording that the data set may hold."""
    return MIN_WORDS <= len(text.split()) <= MAX_WORDS and RESERVED not in text.lower()


def _named(text: str, place: World, draw: Draw) -> str:
    """``text`` with plants and names in its slots, and upper-case letters where sentences start."""
    pots = [plant.name for plant in place.plants if plant.sold == "pot"]
    cuts = [plant.plural for plant in place.plants if plant.sold == "cut"]
    for slot, values in (("{plant}", cuts), ("{pot}", pots), ("{name}", place.names)):
        while slot in text:
            text = text.replace(slot, draw.choice(values), 1)
    return sentences(text.replace("that that ", "that the "))


def example(split: str, draw: Draw, label: str = "", shop: bool | None = None, kinds: Mapping[str, float] = KINDS) -> dict:
    """One opinion: text, label ("positive" or "negative"), about (the subject).

    Without ``label`` both are equally likely; ``shop`` says whether it is about the
    shop, by default in a third of the cases; ``kinds`` maps ways to build it to weights.
    """
    place = world(split)
    label = label or draw.choice(LABELS)
    shop = draw.chance(1 / 3) if shop is None else shop
    while True:
        about = draw.choice(SHOP if shop else subjects(split))
        kind = draw.weighted(kinds)
        if kind == "frame":
            text = _frame(split, about, label, place, draw)
        elif kind == "adjective":
            text = _adjective(split, about, label, place, draw)
        elif kind == "whole":
            if not complete(split, label, shop):
                continue
            about, text = draw.choice(complete(split, label, shop))
        elif shop:
            continue
        elif kind == "verb":
            about = "everyday"
            text = draw.choice(parts(split)["verb_frames"][label]).replace("{o}", draw.choice(parts(split)["objects"]["any"]))
        else:
            good, bad = (draw.choice(parts(split)["emotions"][side]) for side in ("good", "bad"))
            about = "mood"
            text = draw.choice(parts(split)["emotion_frames"][label]).format(good=good, bad=bad, name="{name}")
        text = _named(text, place, draw)
        if _fits(text):
            return {"text": text, "label": label, "about": about}


def opinions(split: str, seed: int = 0) -> list[dict]:
    """All opinions of a split, half of them positive, a third about the shop, in random order.

    No text comes twice, and none of validation is in training. Both hold each of their
    complete sentences at most once.
    """
    draw = Draw(f"opinions {split} {seed}")
    rows: list[dict] = []
    seen = {row["text"] for row in opinions("train", seed)} if split == "validation" else set()
    sides = [(label, shop) for label in LABELS for shop in (True, False)]
    waiting = {side: [] if split == "test" else draw.shuffled(complete(split, *side)) for side in sides}
    while len(rows) < ROWS[split]:
        label, shop = LABELS[len(rows) % 2], len(rows) // 2 % 3 == 0
        if waiting[label, shop]:
            about, text = waiting[label, shop].pop()
            row = {"text": _named(text, world(split), draw), "label": label, "about": about}
        else:
            row = example(split, draw, label=label, shop=shop)
        if row["text"] not in seen and _fits(row["text"]):
            seen.add(row["text"])
            rows.append(row)
    return [{"id": f"opinion-{split}-{number:04d}", **row} for number, row in enumerate(draw.shuffled(rows), start=1)]


DATA_SETS = (
    DataSet(
        name="opinions",
        description="Short opinions on everyday things and on the shop, each clearly positive or negative.",
        made="Frames filled with hand-written opinions about 17 subjects, and complete sentences written by hand; a third is "
             "about the shop. Training and validation share phrases and frames but no complete sentence, test has phrases, frames "
             "and names of its own.",
        columns={"id": "unique id", "text": "one to three sentences, 3 to 30 words", "label": "positive or negative",
                 "about": "subject: flowers and service are the shop's, everyday has no subject of its own"},
        rows=lambda seed: {split: opinions(split, seed) for split in SPLITS},
        limits=("There are no neutral opinions: a classifier trained on them calls every sentence positive or negative.",
                "Irony is rare and mild.",
                "Training texts share phrases, so a validation score says little about new wording; the test score does."),
    ),
)

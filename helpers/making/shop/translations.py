"""English-Chinese sentence pairs from a grammar that builds both sides together.

A frame is a pair of templates with the same slots; each slot is filled with a
phrase that knows both languages (and its verb agreement and measure word), so
the two sides always say the same. Combinations of a verb with an object, of a
frame with a name, flower, field or place, and of two fields are held out by a
fixed rule: training never sees them, and the test sentences need them or use
frames of their own (``translations_test.toml``).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from helpers.errors import unknown
from helpers.making.shop import chinese, phrase_files
from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import PLANTS, Plant, article, money
from helpers.making.shop.world import SPLITS

ROWS = {"train": 8_000, "validation": 400, "test": 600}
SHOP_SHARE = 0.6
# Half of the test sentences are in frames that training does not know.
NEW_FRAME_SHARE = 0.5
# A lesson translates "I like to learn data science and AI.": no training sentence names this pair.
RESERVED = {"data science", "AI"}
TOPICS = ("shop", "everyday")
FIRST, THIRD, PLURAL = "1", "3", "p"
MEASURE_WORDS = {"cut": "朵", "pot": "盆"}
_SLOT = re.compile(r"\{([a-z_]+\d?)(?:\.([a-z]+))?\}")
_AGREEMENT = re.compile(r"<([^<>]+)>")


@dataclass(frozen=True)
class Phrase:
    """A phrase in both languages.

    ``person``: the verb form it takes as a subject. ``key``: its number among words of
    its kind, by which combinations are held out (None: never). ``held_out``: itself a
    combination that training must not see. ``forms``: further forms, name → (English, Chinese).
    ``parts``: names of people in it. ``places``: where an act can happen.
    """

    en: str
    zh: str
    person: str = THIRD
    key: int | None = None
    held_out: bool = False
    forms: dict[str, tuple[str, str]] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frame:
    """Two templates with the same slots. ``number`` is None for frames of the test set alone."""

    topic: str
    kind: str
    number: int | None
    en: str
    zh: str


@cache
def _table(split: str) -> dict:
    name = f"translations_{'train' if split == 'validation' else split}.toml"
    return tomllib.loads(phrase_files.path(name).read_text(encoding="utf-8"))


@cache
def frames(split: str) -> tuple[Frame, ...]:
    """The frames written for a split; train and validation share theirs, and "more" are those that no split uses."""
    result = []
    for topic in TOPICS:
        for kind, text in _table(split)["frames"][topic].items():
            for line in text.strip().splitlines():
                en, zh = line.split(" | ")
                result.append(Frame(topic, kind, len(result) if split in ("train", "validation") else None, en, zh))
    return tuple(result)


@cache
def words(kind: str) -> tuple[Phrase, ...]:
    """The phrases of a word list."""
    rows = [row.split("|") for row in _table("train")["words"][kind].strip().splitlines()]
    if kind == "quality":  # 很有意思, 没有意思, 有意思
        return tuple(Phrase(en, zh, forms={"not": (en, negated), "plain": (en, zh.removeprefix("很"))}) for en, zh, negated in rows)
    keyed = kind in ("field", "city", "place", "relative", "job")
    return tuple(Phrase(row[0], row[1], row[2] if len(row) > 2 else THIRD, number if keyed else None)
                 for number, row in enumerate(rows))


def _people(kind: str) -> tuple[Phrase, ...]:
    """Relatives or names, as subjects or objects."""
    rows = [(phrase.en, phrase.zh) for phrase in words("relative")] if kind == "relative" else list(chinese.PEOPLE.items())
    return tuple(Phrase(en, zh, THIRD, number, parts=(en,)) for number, (en, zh) in enumerate(rows))


@cache
def acts() -> tuple[tuple[Phrase, frozenset[str]], ...]:
    """Every verb with every object it takes, and the marks (g habit, s single act, skill, help)."""
    table = _table("train")
    rows = [row.split("|") for row in table["verbs"]["verbs"].strip().splitlines()]
    chinese_verbs = [row[4] for row in rows]
    result = []
    for base, third, ing, past, zh, zh_past, classes, places, marks in rows:
        # "learn" and "study" are one verb in Chinese, "the bicycle" and "bicycles" one object: both are held out or neither.
        i = chinese_verbs.index(zh)
        objects: list[tuple[str, str, str, tuple[str, ...]]] = []
        for name in filter(None, classes.split(",")):
            if name == "person":
                objects += [(p.en, p.zh, "gs", p.parts) for p in _people("relative") + _people("name")[::4]]
            elif name in ("field", "town"):
                objects += [(p.en, p.zh, "gs", ()) for p in words("field" if name == "field" else "city")]
            else:
                objects += [(*line.split("|"), ()) for line in table["objects"][name].strip().splitlines()]
        many = len(objects) > 4
        names = [o for _, o, _, _ in objects]
        for en, o, uses, parts in objects or [("", "", "gs", ())]:
            j = names.index(o) if names else 0
            forms = {"fin": (f"{base} {en}".rstrip(), zh.format(o=o)), "third": (f"{third} {en}".rstrip(), zh.format(o=o)),
                     "ing": (f"{ing} {en}".rstrip(), zh.format(o=o)), "past": (f"{past} {en}".rstrip(), zh_past.format(o=o)),
                     "object": (en, o)}
            phrase = Phrase(forms["fin"][0], forms["fin"][1], held_out=many and (i + 2 * j) % 6 == 0, forms=forms, parts=parts,
                            places=tuple(filter(None, places.split(","))))
            kinds = set(uses)
            if "s" in marks and "g" in uses:
                kinds.add("skill")
            if "h" in marks and "s" in uses:
                kinds.add("help")
            result.append((phrase, frozenset(kinds)))
    return tuple(result)


@cache
def _acts(kind: str) -> tuple[Phrase, ...]:
    """The acts of one kind: "g", "s", "skill" or "help"."""
    return tuple(phrase for phrase, kinds in acts() if kind in kinds)


def _act(kind: str, draw: Draw) -> Phrase:
    """An act; every verb is drawn as often, whatever number of objects it takes."""
    groups: dict[str, list[Phrase]] = {}
    for phrase in _acts(kind):
        groups.setdefault(" ".join(phrase.forms["ing"][0].split()[:1]) + phrase.zh[:1], []).append(phrase)
    return draw.choice(groups[draw.choice(list(groups))])


def _both(draw: Draw) -> Phrase:
    """A habit with two objects, not two fields (see ``_pair``), for the frames of ``more``: "eat apples and pears", 吃苹果和梨."""
    fields = {phrase.en for phrase in words("field")}

    def alone(phrase: Phrase) -> tuple[str, str]:
        en, zh = phrase.forms["object"]
        return phrase.en.removesuffix(en), phrase.zh.replace(zh, "{o}")

    while True:
        first = _act("g", draw)
        others = [phrase for phrase in _acts("g") if phrase.forms["object"][1] and phrase != first and alone(phrase) == alone(first)
                  and not {phrase.forms["object"][0], first.forms["object"][0]} <= fields]
        if others:
            break
    second = draw.choice(others)
    (_, zh), (en2, zh2) = first.forms["object"], second.forms["object"]
    forms = {name: (f"{text} and {en2}", text_zh.replace(zh, f"{zh}和{zh2}")) for name, (text, text_zh) in first.forms.items()}
    return Phrase(*forms["fin"], held_out=first.held_out or second.held_out, forms=forms, parts=first.parts + second.parts)


def _subject(draw: Draw) -> Phrase:
    if draw.chance(0.5):
        return draw.choice(words("subject"))
    return _person(draw)


def _person(draw: Draw) -> Phrase:
    return draw.choice(_people("relative" if draw.chance(0.45) else "name"))


def _plants(sold: str, toxic: bool | None = None) -> list[tuple[int, Plant]]:
    return [(i, plant) for i, plant in enumerate(PLANTS) if plant.sold == sold and toxic in (None, plant.toxic)]


def _colour(plant: Plant, draw: Draw, chance: float = 0.6) -> tuple[str, str]:
    """A colour that the plant comes in, as it stands before the name, or nothing."""
    if plant.sold == "pot" or not draw.chance(chance):
        return "", ""
    colour = draw.choice(plant.colours)
    return f"{colour} ", f"{chinese.COLOURS[colour]}的"


def _flowers(draw: Draw, colour: float = 0.6) -> Phrase:
    """Cut flowers in the plural: "red roses", 红色的玫瑰."""
    key, plant = draw.choice(_plants("cut"))
    en, zh = _colour(plant, draw, colour)
    return Phrase(en + plant.plural, zh + chinese.plant_name(plant), PLURAL, key)


def _kinds(toxic: bool | None, draw: Draw) -> Phrase:
    """Flowers or plants as a kind, without colour."""
    key, plant = draw.choice(_plants("cut", toxic) + _plants("pot", toxic))
    return Phrase(plant.plural, chinese.plant_name(plant), PLURAL, key)


def _number(draw: Draw, low: int = 1, high: int = 12) -> tuple[int, str, str]:
    n = draw.between(low, high)
    return n, list(chinese.NUMBERS)[n - 1], list(chinese.NUMBERS.values())[n - 1]


def _bunch(draw: Draw) -> Phrase:
    """"two bunches of tulips", 两束郁金香."""
    flowers = _flowers(draw)
    n, en, zh = _number(draw, high=5)
    noun = draw.choice(("bunch", "bouquet"))
    amount = f"a {noun}" if n == 1 else f"{en} {noun}{'es' if noun == 'bunch' else 's'}"
    return Phrase(f"{amount} of {flowers.en}", f"{zh}束{flowers.zh}", THIRD if n == 1 else PLURAL, flowers.key)


def _stems(draw: Draw, sold: str = "cut") -> Phrase:
    """Counted flowers or pot plants: "seven red roses", 七朵红色的玫瑰; "an orchid", 一盆兰花."""
    key, plant = draw.choice(_plants(sold))
    n, en, zh = _number(draw, high=12 if sold == "cut" else 4)
    if sold == "cut" and n == 1:
        n, en, zh = _number(draw, low=3)
    colour, colour_zh = _colour(plant, draw)
    # One says "a lavender plant", but "an amaryllis" although its plural is "amaryllis bulbs".
    singular = plant.plural.removesuffix("s") if plant.plural.endswith(" plants") else plant.name
    text = article(colour + singular) if n == 1 else f"{en} {colour}{plant.plural}"
    return Phrase(text, f"{zh}{MEASURE_WORDS[sold]}{colour_zh}{chinese.plant_name(plant)}", THIRD if n == 1 else PLURAL, key)


def _things() -> list[list[str]]:
    return [row.split("|") for row in _table("train")["words"]["thing"].strip().splitlines()]


def _thing(draw: Draw) -> Phrase:
    singular, plural, zh, measure = draw.choice(_things())
    n, number, number_zh = _number(draw, high=4)
    return Phrase(article(singular) if n == 1 else f"{number} {plural}", f"{number_zh}{measure}{zh}", THIRD if n == 1 else PLURAL)


def _goods(draw: Draw) -> Phrase:
    kind = draw.weighted({"bunch": 0.4, "stems": 0.25, "pot": 0.2, "thing": 0.15})
    return {"bunch": _bunch, "stems": _stems, "pot": lambda d: _stems(d, "pot"), "thing": _thing}[kind](draw)


def _the_flowers(draw: Draw) -> Phrase:
    flowers = _flowers(draw)
    return Phrase(f"the {flowers.en}", f"这些{flowers.zh}", PLURAL, flowers.key)


def _plant(draw: Draw) -> Phrase:
    """A pot plant one talks of: "the orchid", 兰花."""
    key, plant = draw.choice(_plants("pot"))
    return Phrase(f"the {plant.name}", chinese.plant_name(plant), THIRD, key)


def _the_item(draw: Draw) -> Phrase:
    """Something from the shop: "the red roses", "the orchid", "the glass vase", "the bouquet of tulips"."""
    kind = draw.weighted({"bouquet": 0.25, "flowers": 0.3, "plant": 0.25, "thing": 0.2})
    if kind == "flowers":
        return _the_flowers(draw)
    if kind == "plant":
        plant = _plant(draw)
        return Phrase(plant.en, f"这盆{plant.zh}", THIRD, plant.key)
    if kind == "thing":
        singular, _, zh, measure = draw.choice(_things())
        return Phrase(f"the {singular}", f"这{measure}{zh}")
    flowers = _flowers(draw)
    return Phrase(f"the bouquet of {flowers.en}", f"这束{flowers.zh}", THIRD, flowers.key)


def _pair(draw: Draw) -> Phrase:
    """Two fields: "music and history", 音乐和历史."""
    i, j = draw.sample(range(len(words("field"))), 2)
    first, second = words("field")[i], words("field")[j]
    held_out = {first.en, second.en} == RESERVED or (min(i, j) + 3 * max(i, j)) % 5 == 0
    return Phrase(f"{first.en} and {second.en}", f"{first.zh}和{second.zh}", held_out=held_out)


def _bloom(draw: Draw, blooms: bool) -> Phrase:
    """When flowers bloom, or do not: "tulips bloom in spring", 郁金香在春天开花."""
    key, plant = draw.choice([(i, p) for i, p in _plants("cut") + _plants("pot") if p.season != "all year"])
    season = draw.choice([phrase for phrase in words("season") if (phrase.en == plant.season) == blooms])
    name = chinese.plant_name(plant)
    if blooms:
        return Phrase(f"{plant.plural} bloom in {season.en}", f"{name}在{season.zh}开花", key=key)
    return Phrase(f"{plant.plural} do not bloom in {season.en}", f"{name}在{season.zh}不开花", key=key)


def _price(draw: Draw) -> Phrase:
    cents = 100 * draw.between(5, 95) + (50 if draw.chance(0.3) else 0)
    en = money(cents)
    return Phrase(en, en.replace(" euros", "欧元"))


def _address(draw: Draw) -> Phrase:
    street, n = draw.choice(list(chinese.STREETS)), draw.between(1, 90)
    return Phrase(f"{n} {street}", f"{chinese.STREETS[street]}{n}号", key=list(chinese.STREETS).index(street))


def _day(draw: Draw) -> Phrase:
    day = draw.choice(list(chinese.WEEKDAYS))
    return Phrase(day, chinese.WEEKDAYS[day])


def _colour_name(draw: Draw) -> Phrase:
    colour = draw.choice([name for name in chinese.COLOURS if name not in ("peach", "coral", "cream")])
    return Phrase(colour, chinese.COLOURS[colour], forms={"a": (article(colour), chinese.COLOURS[colour])})


def _count(draw: Draw) -> Phrase:
    """"three books", 三本书."""
    plural, noun, measure = draw.choice(_table("train")["words"]["count"].strip().splitlines()).split("|")
    _, en, zh = _number(draw, low=2, high=6)
    return Phrase(f"{en} {plural}", f"{zh}{measure}{noun}", PLURAL)


def _counted(draw: Draw) -> Phrase:
    plural, noun, _ = draw.choice(_table("train")["words"]["count"].strip().splitlines()).split("|")
    return Phrase(plural, noun, PLURAL)


def _span(unit: str, zh_unit: str, low: int, high: int, draw: Draw) -> Phrase:
    """"five days", 五天."""
    _, en, zh = _number(draw, low=low, high=high)
    return Phrase(f"{en} {unit}", zh + zh_unit)


def _order(draw: Draw) -> Phrase:
    number = f"MG-{draw.between(1000, 9999)}"
    return Phrase(number, number)


MAKERS: dict[str, Callable[[Draw], Phrase]] = {
    "subj": _subject,
    "person": _person,
    "name": lambda draw: draw.choice(_people("name")),
    "one": lambda draw: draw.choice([p for p in words("subject") if p.person != PLURAL]) if draw.chance(0.4) else _person(draw),
    "other": lambda draw: draw.choice(words("subject")[2:]) if draw.chance(0.4) else _person(draw),
    "hab": lambda draw: _act("g", draw),
    "deed": lambda draw: _act("s", draw),
    "skill": lambda draw: _act("skill", draw),
    "help": lambda draw: _act("help", draw),
    "both": _both,
    "goods": _goods,
    "bunch": _bunch,
    "stems": _stems,
    "flowers": _flowers,
    "theflowers": _the_flowers,
    "theitem": _the_item,
    "plant": _plant,
    "anyflowers": lambda draw: _flowers(draw, colour=0),
    "toxic": lambda draw: _kinds(True, draw),
    "safe": lambda draw: _kinds(False, draw),
    "bloom": lambda draw: _bloom(draw, True),
    "nobloom": lambda draw: _bloom(draw, False),
    "pair": _pair,
    "price": _price,
    "address": _address,
    "day": _day,
    "colour": _colour_name,
    "count": _count,
    "counted": _counted,
    "days": lambda draw: _span("days", "天", 3, 12, draw),
    "years": lambda draw: _span("years", "年", 2, 12, draw),
    "order": _order,
}


def _make(slot: str, chosen: dict[str, Phrase], draw: Draw) -> Phrase | None:
    """The phrase of a slot; None where the act just chosen has no place."""
    kind = slot.rstrip("0123456789")
    if kind == "at":
        act = next(phrase for name, phrase in chosen.items() if name in ("hab", "deed"))
        if not act.places:
            return None
        return Phrase(*_table("train")["places"][draw.choice(act.places)].split("|"))
    return MAKERS[kind](draw) if kind in MAKERS else draw.choice(words(kind))


def _side(template: str, chosen: dict[str, Phrase], side: int) -> str:
    """One language of a frame. ``side``: 0 English, 1 Chinese."""
    first = next(iter(chosen.values())).person if chosen else THIRD

    def agree(match: re.Match[str]) -> str:
        text, _, slot = match.group(1).partition(":")
        forms, person = text.split("/"), chosen[slot].person if slot else first
        if len(forms) == 3:
            return forms[0 if person == FIRST else 1 if person == THIRD else 2]
        return forms[0 if person == THIRD else 1]

    def fill(match: re.Match[str]) -> str:
        phrase, form = chosen[match.group(1)], match.group(2)
        if form == "fin" and first == THIRD:
            form = "third"
        return phrase.forms[form][side] if form else (phrase.en, phrase.zh)[side]

    text = _SLOT.sub(fill, _AGREEMENT.sub(agree, template))
    return text[0].upper() + text[1:]


def _fill(frame: Frame, draw: Draw) -> tuple[str, str, bool] | None:
    """Both sides of a filled frame, and whether it needs a held-out combination; None for a clash of words."""
    chosen: dict[str, Phrase] = {}
    for match in _SLOT.finditer(frame.en):
        slot = match.group(1)
        if slot not in chosen:
            phrase = _make(slot, chosen, draw)
            if phrase is None or any(phrase.zh == other.zh for other in chosen.values()):
                return None
            chosen[slot] = phrase
    parts = [part for phrase in chosen.values() for part in phrase.parts]
    keys = [phrase.key for slot, phrase in chosen.items() if slot.startswith(("flowers", "theitem", "goods")) and phrase.key is not None]
    if len(set(parts)) < len(parts) or len(set(keys)) < len(keys):
        return None
    held_out = any(phrase.held_out for phrase in chosen.values())
    if frame.number is not None:
        held_out = held_out or any(phrase.key is not None and (frame.number + 3 * phrase.key) % 8 == 0 for phrase in chosen.values())
    return _side(frame.en, chosen, 0), _side(frame.zh, chosen, 1), held_out


def example(split: str, draw: Draw) -> dict:
    """One sentence pair: en, zh, kind. An endless stream for training comes from calling it again and again.

    ``kind`` is the topic and the kind of sentence ("shop.request"); in the test split a third
    part says what is new: "combination" (words never seen together in a known frame) or "frame".

    Raises CourseError for an unknown split.
    """
    if split not in SPLITS:
        raise unknown("split", split, SPLITS)
    test = split == "test"
    topic = "shop" if draw.chance(SHOP_SHARE) else "everyday"
    new_frame = test and draw.chance(NEW_FRAME_SHARE)
    choices = [frame for frame in frames("test" if new_frame else "train") if frame.topic == topic]
    while True:
        frame = draw.choice(choices)
        filled = _fill(frame, draw)
        if filled is None:
            continue
        en, zh, held_out = filled
        if new_frame or held_out == test:
            kind = f"{topic}.{frame.kind}" + ((".frame" if new_frame else ".combination") if test else "")
            return {"en": en, "zh": zh, "kind": kind}


def more(draw: Draw) -> dict:
    """One sentence pair for training, in a frame that no split uses: en, zh, kind as in ``example``."""
    while True:
        frame = draw.choice(frames("more"))
        filled = _fill(frame, draw)
        if filled is not None and not filled[2]:
            return {"en": filled[0], "zh": filled[1], "kind": f"{frame.topic}.{frame.kind}"}


def _words_of(row: dict) -> set[str]:
    """The English words and the Chinese characters of a pair, without numbers."""
    return set(re.findall(r"[a-z]+", row["en"].lower())) | set(re.findall(r"[\u4e00-\u9fff]", row["zh"]))


@cache
def _training(seed: int) -> tuple[frozenset[str], frozenset[str]]:
    """The sentences and the words of the training split."""
    rows = translations("train", seed)
    return frozenset(row[side] for row in rows for side in ("en", "zh")), frozenset(word for row in rows for word in _words_of(row))


def translations(split: str, seed: int = 0) -> list[dict]:
    """All pairs of a split, no English or Chinese sentence twice.

    Validation and test share no sentence with training, and use no word that it lacks.
    """
    sentences, vocabulary = (frozenset(), None) if split == "train" else _training(seed)
    taken = set(sentences)
    draw = Draw(f"translations {split} {seed}")
    rows: list[dict] = []
    while len(rows) < ROWS[split]:
        row = example(split, draw)
        if row["en"] not in taken and row["zh"] not in taken and (vocabulary is None or _words_of(row) <= vocabulary):
            taken |= {row["en"], row["zh"]}
            rows.append({"id": f"translation-{split}-{len(rows) + 1:04d}", **row})
    return rows


DATA_SETS = (
    DataSet(
        name="translations",
        description="English-Chinese sentence pairs about the flower shop (60 %) and everyday life (40 %).",
        made="A hand-written grammar builds both sides together from frames, verbs with objects, flowers with measure words, people, "
             "places, prices and times. Test pairs combine known words in ways that training never does (a verb with an object, a "
             "frame with a name or flower, two fields), half of them in sentence frames of their own.",
        columns={"id": "unique name of the row", "en": "the English sentence", "zh": "the same in simplified Chinese",
                 "kind": "topic and kind of sentence; in the test set also what is new: combination or frame"},
        rows=lambda seed: {split: translations(split, seed) for split in SPLITS},
        limits=("The grammar knows some 1,000 words and gives one translation of each; another may be as good.",
                "People's and streets' names of the test set stand in training too: a name that was never seen cannot be transliterated.",
                "Test sentences of kind combination share their frames, and so many 5-grams, with training by design."),
    ),
)

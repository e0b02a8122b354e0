"""Tables from outside the shop's data sets, with questions, for training only: football, menus, timetables, orders, prices.

What stands in the two files beside this one is put together at random: a theme says what
the rows are about, a column how its cells are made and asked for. Names are mostly
invented, so that they have to be looked up in the table and can't be learnt by heart.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from functools import cache

from helpers.making.shop import phrase_files, tables
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import MONTHS, WEEKDAYS
from helpers.making.shop.world import world

NUMBERS = ("count", "small", "large", "thousands", "money", "rating")  # sorts of value that can be added up
ORDERED = (*NUMBERS, "date", "time", "year")
GROUPED = ("list", "weekday", "month", "person", "place", "shelf")  # sorts that repeat in a column
ALIKE = ({"price", "amount"}, {"when"}, {"who"}, {"where"})  # "when" could mean either of two such columns
OWN = {"look-up": ("ask",), "key by value": ("is",), "count": ("is", "over", "under"), "sum": ("sum",), "average": ("average",),
       "superlative": ("most", "least")}  # fmt: skip
WHERE = ("sum_where", "average_where")  # of the rows with {value} in another column
PRONOUNS = ("it", "them", "that", "this one", "him", "her", "they")  # for what the sentence before names
WRAPPED = 0.06  # of the questions have some words before or after them
FRAMES = {"is": "find", "over": "compare", "under": "compare", "most": "extreme", "least": "extreme"}
_ONSETS = "b d f g h j k l m n p r s t v w z br dr fl gr kl pr sk st tr ch sh th qu".split()
_VOWELS = "a e i o u ai ea oo ou y".split()
_ENDS = ("", "", "n", "l", "r", "s", "t", "m", "ck", "nd", "rt", "x")


@cache
def _text() -> dict:
    """Part → name → section → text of both files; <name> replaced by a choice of the words of that name."""
    names = ("tables_elsewhere.toml", "tables_elsewhere_more.toml")
    text, more = (tomllib.loads(phrase_files.path(name).read_text(encoding="utf-8")) for name in names)
    words = more.pop("words")
    for part, names in more.items():
        for name, value in names.items():
            sections = value if isinstance(value, dict) else {name: value}
            known = text.setdefault(part, {}).setdefault(name, {}) if isinstance(value, dict) else text.setdefault(part, {})
            for section, lines in sections.items():
                between = " | " if section in ("headings", "keyname", "noun") else "\n"
                lines = re.sub("<([a-z]+)>", lambda match: f"({words[match[1]]})", lines.strip())
                known[section] = f"{known[section].strip()}{between}{lines}" if section in known else lines
    return text


@cache
def _list(name: str) -> tuple[str, ...]:
    return tuple(_text()["lists"][name].split(", "))


@cache
def _lines(part: str, name: str, section: str) -> tuple[str, ...]:
    table = _text()[part] if part in ("frames", "wrap") else _text()[part].get(name, {})
    return tuple(table.get(section, "").strip().splitlines())


def invented(draw: Draw) -> str:
    """An invented word, such as "tobril"."""
    made = "".join(draw.choice(_ONSETS) + draw.choice(_VOWELS) for _ in range(draw.choice((1, 2, 2, 2, 3))))
    return made + draw.choice(_ENDS)


def expand(text: str, draw: Draw, plural: bool = False) -> str:
    """Choose one of each "(a|b)" and one side of each "[singular/plural]".

    >>> expand("(Who|Who) [is/are] late?", Draw(0), plural=True)
    'Who are late?'
    """
    while "(" in text:
        text = re.sub(r"\(([^()]*)\)", lambda match: draw.choice(match[1].split("|")), text)
    text = re.sub(r"\[([^]/]*)/([^]]*)\]", lambda match: match[2 if plural else 1], text)
    return re.sub(r" +([?.,]|$)", r"\1", re.sub(r"  +", " ", text))


def _distinct(draw: Draw, n: int, make: Callable[[], str]) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < n:
        found[make()] = None
    return list(found)


def _names(draw: Draw, n: int, sort: str) -> list[str]:
    """``n`` different names of one sort: the cells of a key column."""
    kind, _, name = sort.partition(" ")
    if kind == "list" and len(_list(name)) >= n and draw.chance(0.6):
        return draw.sample(_list(name), n)
    if kind == "plant" and draw.chance(0.5):
        return draw.sample(sorted({plant.plural.removesuffix(" stems") for plant in world("train").plants}), n)
    if kind in ("course", "title") and draw.chance(0.7):
        return draw.sample(_list(kind), n)
    if kind == "weekday" or (kind == "period" and n <= 7 and draw.chance(0.6)):
        start = draw.below(7 - n + 1)
        return list(WEEKDAYS[start : start + n])
    if kind == "period":
        return [MONTHS[(start + step) % 12] for start in (draw.below(12),) for step in range(n)]
    if kind == "line":
        form = draw.choice(("{}", "Line {}", "Bus {}", "Tram {}", "N{}", "S{}", "Number {}"))
        return [form.format(number) for number in _distinct(draw, n, lambda: str(draw.between(1, 99)))]
    if kind == "code":
        form, low, high = draw.choice((("MG-{}", 1001, 9999), ("{}", 101, 999), ("LH {}", 100, 999), ("A{}", 1, 99), ("No. {}", 1, 400)))
        return [form.format(number) for number in _distinct(draw, n, lambda: str(draw.between(low, high)))]
    if kind == "couple":
        people = _names(draw, 2 * n, "person")
        return [f"{first} and {second}" for first, second in zip(people[:n], people[n:])]
    if kind == "person" and draw.chance(0.5):
        return world("train").people(draw, n, made=0.4)
    if kind == "place" and draw.chance(0.3):
        return draw.sample(_list("capital"), n)
    endings = {"team": _list("team"), "firm": _list("firm"), "street": ("Street", "Road", "Lane", "Square", "Hill", "Way")}.get(kind, ())

    def name() -> str:
        word = invented(draw)
        if kind == "list" or (kind == "plant" and draw.chance(0.7)):
            return word + ("s" if kind == "plant" else "") + (f" {invented(draw)}" if draw.chance(0.2) else "")
        word = word.capitalize() + (f" {draw.choice(endings)}" if endings and draw.chance(0.8) else "")
        return f"{draw.between(1, 98)} {word}" if kind == "street" else word

    return _distinct(draw, n, name)


def _cells(draw: Draw, n: int, sort: str) -> list[str]:
    """``n`` cells of a column that is not the key."""
    kind, _, name = sort.partition(" ")
    if kind in NUMBERS or kind == "year":
        low, high = {"count": draw.choice(((2, 30), (5, 99), (20, 900))), "small": (1, 25), "large": (40, 9000), "thousands": (200, 5000),
                     "money": draw.choice(((1, 20), (3, 60), (20, 180))), "rating": (1, 9), "year": (1700, 2016)}[kind]  # fmt: skip
        cents = draw.choice((("",), (".50", ".90", ".20", ".00", ".75"), tuple(f".{digits:02}" for digits in range(100))))
        form = {"money": lambda: f"{draw.between(low, high)}{draw.choice(cents)}", "rating": lambda: f"{draw.between(low, high)}.{draw.below(10)}"}
        cells = _distinct(draw, n, form.get(kind, lambda: str(draw.between(low, high))))
        if kind in ("large", "thousands") and draw.chance(0.4):
            cells = [f"{int(cell):,}" for cell in cells]
        elif kind == "large" and draw.chance(0.4):
            cells = [f"{cell}.{draw.below(10)}" for cell in cells]
        return cells
    if kind == "date":
        month = draw.below(12)
        return _distinct(draw, n, lambda: f"{draw.between(1, 28)} {MONTHS[(month + draw.below(3)) % 12]}")
    if kind == "time":
        return _distinct(draw, n, lambda: f"{draw.between(6, 22)}:{draw.choice(('00', '05', '10', '15', '20', '30', '45', '50'))}")
    if kind == "street":
        return _names(draw, n, "street")
    if name in ("capital", "currency") or (kind == "place" and draw.chance(0.4)):
        return _names(draw, n, sort)
    if kind == "shelf":
        letter = draw.choice("ABCDEFGHK")
        values = [f"{letter}{number}" for number in range(1, 6)] if draw.chance(0.6) else [str(number) for number in range(1, 7)]
    else:
        values = list(WEEKDAYS if kind == "weekday" else MONTHS if kind == "month" else _names(draw, draw.between(2, 6), sort))
    some = draw.sample(values, draw.choice((2, 3, 3, 4, 6)))
    return [draw.choice(some) for _ in range(n)]


def _number(cell: str) -> float:
    """What a cell is sorted by; a year is a number."""
    return float(tables.order(cell.replace(",", "")))


def _columns(draw: Draw, theme: str) -> list[str]:
    """One to four columns beside the key, no two of which the same question could mean."""
    chosen: list[str] = []
    for name in draw.shuffled(_text()["theme"][theme]["columns"].split()):
        family = _text()["column"][name]["family"]
        taken = {_text()["column"][other]["family"] for other in chosen}
        if name not in chosen and not any(family in alike and taken & alike for alike in ALIKE):
            chosen.append(name)
    return chosen[: draw.choice((1, 2, 2, 2, 3, 3, 4))]


def _phrase(draw: Draw, column: str, section: str, plain: bool) -> str:
    """A line of ``section``: the column's own, its family's or one for any column; the latter if ``plain``."""
    family = _text()["column"][column]["family"]
    sources = [_lines("column", column, section), _lines("family", family, section), _lines("frames", "", section)]
    usable = [lines for lines in (sources[2:] if plain else sources) if lines]
    return draw.choice(draw.choice(usable))


def _asked(draw: Draw, column: str, section: str, kind: str, plain: bool) -> str:
    """A whole question of ``section``: a line that is one, or a predicate in a frame."""
    frame = "count" if kind == "count" and section == "is" else FRAMES.get(section)
    while True:
        line = _phrase(draw, column, section, plain)
        whole = line.endswith(("?", "."))
        if frame is None or (whole and (kind, section) != ("count", "is")):
            return line
        if not whole:
            return _filled(draw.choice(_lines("frames", "", frame)), line)


def participle(predicate: str) -> str:
    """What stands behind a noun for "that {is}".

    >>> participle("[costs/cost] more"), participle("[has/have] a cat"), participle("[is/are] late"), participle("ran")
    ('costing more', 'with a cat', 'being late', 'that ran')
    """
    match = re.match(r"\[([^]/]*)/([^]/]*)\]( .*)$", predicate)
    if not match or not match[1].endswith("s") or " " in match[2]:
        return f"that {predicate}"
    stem = match[2][:-1] if match[2].endswith("e") and not match[2].endswith("ee") else match[2]
    return {"have": "with", "are": "being"}.get(match[2], f"{stem}ing") + match[3]


def _filled(frame: str, predicate: str) -> str:
    return frame.replace("{is}", predicate).replace("{are}", predicate).replace("{ing}", participle(predicate))


def _try(kind: str, draw: Draw) -> dict | None:
    theme = draw.choice([name for name, about in _text()["theme"].items() for _ in range(about.get("weight", 1))])
    about, columns = _text()["theme"][theme], _columns(draw, theme)
    n = draw.choice((3, 3, 3, 4, 4, 4, 5, 5, 6, 7, 8, draw.between(9, 14)))
    if about["key"] in ("weekday", "period"):
        n = min(n, 7)
    spec = {name: _text()["column"][name] for name in columns}
    sort = {name: spec[name]["value"].split()[0] for name in columns}
    fits = {"count": (*NUMBERS, *GROUPED), "sum": NUMBERS, "average": NUMBERS, "superlative": ORDERED}.get(kind)
    usable = [name for name in columns if fits is None or sort[name] in fits]
    if not usable:
        return None
    asked = draw.choice(usable)
    word = invented(draw)
    slots = {name: {slot: expand(text, draw) if slot != "did" else text for slot, text in spec[name].items() if slot not in ("family", "value", "headings")
                    and slot not in (*FRAMES, *WHERE, "ask", "sum", "average")} for name in columns}  # fmt: skip
    heading = {name: draw.choice(spec[name]["headings"].split(" | ")).format(word=word, **slots[name]) for name in columns}
    plain = draw.chance(0.2) or not spec[asked]["family"]
    if plain and draw.chance(0.5):
        heading[asked] = " ".join(invented(draw) for _ in range(draw.choice((1, 1, 2))))
    noun, nouns = draw.choice(about["noun"].split(" | ")).format(word=word).split("/")
    keyname = draw.choice(about["keyname"].split(" | ")).format(word=word)
    if len({keyname, *heading.values()}) <= len(columns):
        return None
    keys, cells = _names(draw, n, about["key"]), {name: _cells(draw, n, spec[name]["value"]) for name in columns}
    order = draw.shuffled(columns)
    at_key = 0 if draw.chance(0.75) else draw.below(len(order) + 1)
    order.insert(at_key, "")
    at = order.index(asked)

    values, group, aggregation = cells[asked], "", "NONE"
    section = draw.choice(OWN[kind])
    if kind == "count":
        section = draw.choice(("over", "under")) if sort[asked] in NUMBERS else "is"
    row, value = draw.below(n), ""
    if kind == "look-up":
        found = [(row, at)]
    elif kind == "key by value":
        value, found = values[row], [(row, at_key)]
        if values.count(value) > 1:
            return None
    elif kind == "count":
        value, aggregation = values[row], "COUNT"
        if section == "is":
            found = [(line, at) for line, cell in enumerate(values) if cell == value]
        else:
            if draw.chance(0.5):
                value = str(max(0, round(_number(value)) + draw.between(-3, 3)))
            found = [(line, at) for line, cell in enumerate(values) if (_number(cell) > _number(value)) == (section == "over") and _number(cell) != _number(value)]
    elif kind == "superlative":
        best = (max if section == "most" else min)(values, key=_number)
        found = [(values.index(best), at_key)]
    else:
        aggregation, found = kind.upper(), [(line, at) for line in range(n)]
        group = expand(draw.choice(_text()["frames"]["group"].split(" | ")), draw)
        conditions = [name for name in columns if sort[name] in GROUPED]
        if conditions and draw.chance(0.5):
            other = draw.choice(conditions)
            value = draw.choice(cells[other])
            found = [(line, at) for line, cell in enumerate(cells[other]) if cell == value]
            if not 2 <= len(found) < n:
                return None
            predicate = next(line for line in iter(lambda: _phrase(draw, other, "is", False), None) if not line.endswith(("?", ".")))
            group = _filled(draw.choice(_lines("frames", "", "group_where")), predicate)
            for slot, text in slots[other].items():
                group = group.replace(f"{{{slot}}}", text)
            group = expand(group, draw, plural=True).replace("{other}", heading[other]).replace("{heading}", heading[other])
            group = group.replace("{noun}", noun)
            section = draw.choice((kind, f"{kind}_where"))
    if not found:
        return None

    line = _asked(draw, asked, section, kind, plain)
    while kind in ("sum", "average") and value and not re.search("{(group|value)}", line):  # it must say which rows
        line = _asked(draw, asked, section, kind, plain)
    for slot, text in slots[asked].items():
        line = line.replace(f"{{{slot}}}", text)
    line = expand(line, draw, plural=kind == "count")
    key = f"the {keys[row]}" if about.get("article") and draw.chance(0.5) else keys[row]
    if kind == "look-up" and draw.chance(WRAPPED):
        line = f"{expand(draw.choice(_lines('wrap', '', 'topic')), draw)} {line.replace('{key}', draw.choice(PRONOUNS))}"
    question = line.replace("{group}", group).format(key=key, value=value, heading=heading[asked], noun=noun, nouns=nouns, keyname=keyname,
                                                     who="Who" if about.get("who") else "What")  # fmt: skip
    header = [heading.get(name, keyname) for name in order]
    rows = [[cells[name][line] if name else keys[line] for name in order] for line in range(n)]
    return {"table": {"header": header, "rows": _with_units(draw, rows, at, sort[asked])}, "question": question,
            "coordinates": [list(place) for place in found], "aggregation": aggregation, "kind": kind}  # fmt: skip


def wrapped(draw: Draw, question: str) -> str:
    """The question, now and then with some words before or after it."""
    if not draw.chance(WRAPPED):
        return question
    before = draw.chance(0.6)
    words = expand(draw.choice(_lines("wrap", "", "before" if before else "after")), draw)
    return f"{words} {question}" if before else f"{question} {words}"


def _with_units(draw: Draw, rows: Sequence[list[str]], at: int, sort: str) -> list[list[str]]:
    """The rows, now and then with a sign or unit in the cells of a column of numbers."""
    if sort in NUMBERS and draw.chance(0.12):
        form = draw.choice(("€{}", "{} €", "${}") if sort == "money" else ("{} km", "{} kg", "{} m", "{} cm", "{} h"))
        return [[form.format(cell) if number == at else cell for number, cell in enumerate(row)] for row in rows]
    return list(rows)


def example(draw: Draw, kind: str | None = None) -> dict:
    """One table with its question: header and rows, question, coordinates, aggregation and kind, as in the data set; of any kind unless one is given."""
    kind = kind or draw.choice(tables.KINDS)
    while True:
        found = _try(kind, draw)
        if found:
            return found

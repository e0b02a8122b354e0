"""Small Python tasks of the shop: a description, a signature, a right solution, and tests.

A task is put together from a kind of input, a filter, a mapping and an aggregate. One in
five such combinations is held out for testing, and the test split has its own
wording, names and numbers (``code_tasks_test.toml``).
"""

from __future__ import annotations

import builtins
import keyword
import re
import tomllib
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from helpers.errors import unknown
from helpers.making.shop import phrase_files
from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import COLOURS, SEASONS
from helpers.making.shop.world import SPLITS, World, world

ROWS = {"train": 2000, "validation": 200, "test": 600}
TESTS = 5  # calls that check a solution
HELD_OUT_SHARE = 0.2  # of the combinations
DRAWS = 16  # of arguments, from which the calls are chosen
SLIPS = ((" > ", " >= "), (" >= ", " > "), (" < ", " <= "), (" <= ", " < "))

# A block is code with slots: {x} the expression, {n} and {m} numbers, {s} a text; "%" marks a percentage, "#" a small count.
NUMBER_FILTERS = {
    "above": "{x} > {n}", "below": "{x} < {n}", "at_least": "{x} >= {n}", "at_most": "{x} <= {n}", "equal": "{x} == {n}", "unequal": "{x} != {n}",
    "between": "{n} <= {x} <= {m}", "even": "{x} % 2 == 0", "odd": "{x} % 2 == 1", "multiple": "{x} % {#} == 0",
}
TEXT_FILTERS = {
    "starts": "{x}.startswith({s})", "ends": "{x}.endswith({s})", "contains": "{s} in {x}", "longer": "len({x}) > {#}", "shorter": "len({x}) < {#}",
    "same": "{x} == {s}", "other": "{x} != {s}",
}
FLAG_FILTERS = {"yes": "{x}", "no": "not {x}"}
NUMBER_MAPS = {
    "discount": "{x} * (100 - {%}) / 100", "tax": "{x} * (100 + {%}) / 100", "plus": "{x} + {n}", "minus": "{x} - {n}", "times": "{x} * {#}",
    "double": "{x} * 2", "halve": "{x} / 2", "cents": "{x} * 100", "rounded": "round({x})",
}
TEXT_MAPS = {
    "upper": "{x}.upper()", "lower": "{x}.lower()", "title": "{x}.title()", "length": "len({x})", "first_letter": "{x}[0]", "last_letter": "{x}[-1]",
    "strip": "{x}.strip()", "reverse": "{x}[::-1]", "prefix": "{s} + {x}", "suffix": "{x} + {s}", "hyphens": '{x}.replace(" ", "-")',
}
ONE_TEXT_MAPS = TEXT_MAPS | {"no_spaces": '{x}.replace(" ", "")', "first_n": "{x}[:{#}]", "last_n": "{x}[-{#}:]"}
ONE_TEXT_RESULTS = {
    "value": "{x}", "chars": "len({x})", "word_count": "len({x}.split())", "first_word": "{x}.split()[0]", "last_word": "{x}.split()[-1]",
    "letter_count": "{x}.count({l})", "palindrome": "{x} == {x}[::-1]", "after_hyphen": 'int({x}.split("-")[1])', "digits": "{x}.isdigit()",
}
NUMBER_AGGREGATES = ("list", "sum", "count", "max", "min", "average", "first", "last", "any", "all", "sorted", "descending", "top",
                     "unique", "different", "spread")
TEXT_AGGREGATES = ("list", "count", "first", "last", "any", "all", "sorted", "descending", "unique", "different", "longest", "shortest", "join")
NOT_MAPPED = ("count", "any", "all")
OF_LENGTHS = tuple(how for how in NUMBER_AGGREGATES if how not in NOT_MAPPED)  # lengths are numbers, whatever they are lengths of
EMPTY = {"max": ("None", "0"), "min": ("None", "0"), "average": ("0", "None"), "first": ("None",), "longest": ("None", '""'), "shortest": ("None", '""')}
WEIGHTS = {"numbers": 26, "words": 18, "records": 22, "mapping": 14, "two_lists": 4, "text": 9, "number": 9}
INVENTED_SHARE = 0.6  # of the names in training
# The groups of words that are names in the code.
NAMED = ("names", "number_fields", "text_fields", "flags", "generic", "limits", "second_limits", "percents", "counts", "texts")
ONSETS = "b c d f g h j k l m n p qu r s t v w z br cr dr fl gr kl pl pr sc st tr ch sh th".split()
NUCLEI = "a e i o u ai ea ee ou io er or an en in on".split()
CODAS = ("", "n", "l", "r", "s", "t", "m", "ck", "nd", "rt", "te", "ve", "ing", "ed", "ine")
TEXTS = {
    "city": ("Rome", "Oslo", "Bern", "Lima", "Riga", "Turin", "Porto", "Bonn", "Graz", "Lyon"), "colour": COLOURS, "season": SEASONS[:4],
    "country": ("Italy", "Norway", "Peru", "Spain", "Kenya", "Japan"), "card": ("thanks", "love", "luck", "sorry", "welcome"),
}
TEXTS_HELD_OUT = {"town": ("Ghent", "Malmo", "Tartu", "Basel", "Delft", "Siena"), "brand": ("Fernby", "Moss", "Petal", "Greenwell", "Bloomer")}
PLANT_WORDS = ("product", "flower", "plant", "gift", "herb", "tree", "seed")
PLACE_WORDS = ("street",)


def invented(draw: Draw) -> str:
    """A name that means nothing: of one to three syllables, or any word of the training phrases.

    A model that has read a few names only learns them by heart, and writes one of them where it should copy a new one.
    """
    if draw.chance(0.3):
        return draw.choice(_known_words())
    while True:
        made = "".join(draw.choice(ONSETS) + draw.choice(NUCLEI) for _ in range(draw.between(1, 3))) + draw.choice(CODAS)
        if _free(made):
            return made


def _free(word: str) -> bool:
    """Whether a name, and its plural, mean nothing to Python or to the solutions."""
    taken = ("row", "word", "key", "value", "chosen", "groups", "result")
    return not any(keyword.iskeyword(name) or hasattr(builtins, name) or name in taken for name in (word, f"{word}s"))


@cache
def _known_words() -> tuple[str, ...]:
    """Words of the training phrases that can be a name."""
    text = phrase_files.path("code_tasks_train.toml").read_text(encoding="utf-8").lower()
    return tuple(sorted(filter(_free, set(re.findall(r"[a-z]{4,}", text)))))


@cache
def phrases(held_out: bool) -> dict:
    """The wording of training and validation, or that of testing."""
    path = phrase_files.path("code_tasks_test.toml" if held_out else "code_tasks_train.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


@dataclass
class _Scene:
    """What a task is being put together from: its parameters and the numbers and texts that matter for its tests."""

    draw: Draw
    words: dict
    place: World
    parameters: dict[str, Callable[[Draw, _Scene], object]] = field(default_factory=dict)
    marks: list = field(default_factory=list)  # numbers of the task
    signs: list = field(default_factory=list)  # texts of the task
    lengths: bool = False  # whether the numbers are lengths of texts

    def say(self, group: str, name: str = "") -> str:
        found = self.words[group]
        return self.draw.choice(found[name] if name else found)

    def word(self, group: str) -> str:
        if group in NAMED and not self.place.held_out and self.draw.chance(INVENTED_SHARE):
            return invented(self.draw)
        return self.draw.choice(self.words["words"][group])

    def parameter(self, name: str, make: Callable[[Draw, _Scene], object]) -> str:
        """Add a parameter and return its name, with a number where the name is taken."""
        while name in self.parameters:
            name = f"{name}_{len(self.parameters)}"
        self.parameters[name] = make
        return name

    def number(self, low: int = 2, high: int = 99) -> int:
        """A number for a description: one in four is for testing only."""
        while True:
            number = self.draw.between(low, high)
            if high < 12 or (number % 4 == 1) == self.place.held_out:
                return number

    def slots(self, code: str, pool: Callable[[Draw], str] | None = None) -> tuple[dict[str, str], dict[str, str]]:
        """Fill the slots of a block: (slot → code, slot → words)."""
        draw, own, told = self.draw, {}, {}
        self.lengths = self.lengths or "len(" in code
        for slot in dict.fromkeys(re.findall(r"{([nmsl#%])}", code)):
            name = "n" if slot in "#%" else "s" if slot == "l" else slot
            if draw.chance(0.3):
                group = {"n": "limits", "m": "second_limits", "%": "percents", "#": "counts", "s": "texts", "l": "texts"}[slot]
                makers: dict[str, Callable[[Draw, _Scene], object]] = {
                    "n": lambda d, _: d.between(2, 60), "m": lambda d, _: d.between(60, 99), "%": lambda d, _: 5 * d.between(1, 10),
                    "#": lambda d, _: d.between(2, 6),
                    "s": lambda d, _, pool=pool: _piece(d, pool(d) if pool else "ab", code), "l": lambda d, _: d.choice("aeionrst"),
                }
                own[slot] = self.parameter(self.word(group), makers[slot])
                told[name] = self.say("parameter").format(p=own[slot])
                continue
            if slot in "sl":
                text = draw.choice("aeionrst") if slot == "l" else _piece(draw, pool(draw) if pool else "ab", code)
                own[slot] = told[name] = f'"{text}"'
                self.signs.append(text)
            else:
                number = {"n": lambda: self.number(), "m": lambda: self.number(60, 99), "%": lambda: self.number(5, 60), "#": lambda: self.number(2, 8)}[slot]()
                if slot == "m":
                    number = max(number, self.marks[-1] + 1) if self.marks else number
                own[slot] = told[name] = str(number)
                self.marks.append(number)
        return own, told


def _piece(draw: Draw, text: str, code: str) -> str:
    """A part of ``text`` for a filter: its beginning, its end, some letters inside, or all of it."""
    size = draw.between(1, 2)
    if "startswith" in code:
        return text[:size]
    if "endswith" in code:
        return text[-size:]
    if " in " in code:
        start = draw.below(max(1, len(text) - size))
        return text[start : start + size].strip() or text[:1]
    return draw.choice(("MG-", "No. ", "new ", "- ", "* ", "x", " (sold)", "!", " ok", "#")) if "+" in code else text


def _fill(code: str, x: str, own: dict[str, str]) -> str:
    for slot, value in own.items():
        code = code.replace(f"{{{slot}}}", value)
    return code.replace("{x}", x)


def _verb(phrase: str, plural: bool) -> str:
    """A filter's phrase with its verb: "are above 20", "starts with Ma"."""
    phrase = phrase.lstrip("+")
    if "[" not in phrase:
        phrase = f"[are|is] {phrase}"
    return re.sub(r"\[([^|\]]+)\|([^]]+)]", lambda match: match[1 if plural else 2], phrase)


def _filter_phrase(scene: _Scene, name: str, direct: bool) -> str:
    found = [one for one in scene.words["filters"][name] if (one[0] in "+=" if direct else one[0] != "=")]
    return scene.draw.choice(found) if found else ""


def _about_field(scene: _Scene, short: str, phrase: str) -> str:
    """A filter of one field behind a noun: " with a price above 20", or " whose price is above 20" where there is no short phrase."""
    return scene.say("with_field").replace("{short}", short[1:]) if short else scene.say("whose").replace("{verb}", _verb(phrase, False))


def _texts_of(scene: _Scene, singular: str) -> Callable[[Draw], str]:
    """How texts are drawn that stand for a noun such as "city" or "customer"."""
    held_out = scene.place.held_out
    known = TEXTS | TEXTS_HELD_OUT if held_out else TEXTS
    if singular in known:
        return lambda d: d.choice(known[singular])
    if singular in PLANT_WORDS:
        return lambda d: d.choice(scene.place.plants).plural
    if singular in PLACE_WORDS:
        return lambda d: d.choice(scene.place.streets)
    return lambda d: scene.place.person(d, 0.3)


def _number_near(draw: Draw, scene: _Scene, real: bool) -> float:
    """A number, often one of those the task speaks of or next to it."""
    marks = [mark for mark in scene.marks if isinstance(mark, int)]
    if marks and draw.chance(0.7):
        return draw.choice(marks) + draw.between(-1, 1)
    number = draw.between(0, 99)
    return number + 0.5 if real and draw.chance(0.3) else number


def _text_near(draw: Draw, scene: _Scene, pool: Callable[[Draw], str]) -> str:
    """A text, often with one of those in it that the task speaks of."""
    text = pool(draw)
    sizes = [mark for mark in scene.marks if isinstance(mark, int) and mark < 12] if scene.lengths else []
    if sizes and draw.chance(0.6):
        return (text * 12)[: max(1, draw.choice(sizes) + draw.between(-1, 1))]
    if scene.signs and draw.chance(0.4):
        sign = draw.choice(scene.signs)
        return draw.choice((sign, sign + text.lower(), text + sign, text[:1] + sign + text[1:]))
    return text


def _several(make: Callable[[Draw, _Scene], object], most: int = 6) -> Callable[[Draw, _Scene], list]:
    return lambda d, scene: [make(d, scene) for _ in range(d.between(0 if d.chance(0.15) else 2, most))]


def _two_nouns(scene: _Scene, group: str) -> list[tuple[str, str]]:
    """Two different nouns."""
    while True:
        both = [_noun(scene, group), _noun(scene, group)]
        if both[0] != both[1]:
            return both


def _noun(scene: _Scene, group: str) -> tuple[str, str]:
    """Singular and plural; sometimes an invented word, so that names are read and not guessed."""
    if scene.draw.chance(0.2 if scene.place.held_out else INVENTED_SHARE):
        made = scene.draw.choice(scene.place.made_names).lower() if scene.place.held_out else invented(scene.draw)
        return made, f"{made}s"
    singular, plural = scene.word(group).split()
    return singular, plural


def _name(scene: _Scene, noun: str) -> str:
    """A name for the function: a verb, and often what it works on."""
    verb = scene.word("names")
    return verb if scene.draw.chance(0.3) else f"{verb}_{noun.replace(' ', '_')}"


@dataclass
class _Items:
    """The elements that an aggregate works on: how they are named in code and in words."""

    variables: str  # "value", or "key, value"
    source: str  # "prices", "stock.items()"
    element: str  # what is taken of each
    whole: str  # an expression that holds all elements, where there is one
    items: str  # "all prices above 20"
    bare: str  # "prices above 20"
    every: str = ""  # "all prices are above 20"
    condition: str = ""

    def comprehension(self) -> str:
        return f"{self.element} for {self.variables} in {self.source}" + (f" if {self.condition}" if self.condition else "")


def _aggregate(scene: _Scene, how: str, items: _Items) -> tuple[list[str], str]:
    """The body's lines and what is returned, in words."""
    draw, whole, inside = scene.draw, items.whole, items.comprehension()
    listed = whole or f"[{inside}]"
    given = whole or inside
    phrase = scene.say("aggregates", how)
    slots = {"items": items.items, "bare": items.bare, "every": items.every}
    default = draw.choice(EMPTY[how]) if how in EMPTY and items.condition and draw.chance(0.6) else ""
    key = ", key=len" if how in ("longest", "shortest") else ""
    if how == "list":
        lines = [f"return {listed}"]
    elif how in ("sum", "sorted"):
        lines = [f"return {how}({given})"]
    elif how == "count":
        counted = f"sum(1 for {items.variables} in {items.source} if {items.condition})"
        lines = [f"return {counted}" if items.condition else f"return len({items.source})"]
    elif how in ("max", "min", "longest", "shortest"):
        function = {"longest": "max", "shortest": "min"}.get(how, how)
        lines = [f"return {function}({listed}{key}, default={default})" if default else f"return {function}({listed if key else given}{key})"]
    elif how == "average":
        if whole:
            lines = [f"return sum({whole}) / len({whole})"]
        else:
            lines = [f"chosen = [{inside}]", "return sum(chosen) / len(chosen)" + (f" if chosen else {default}" if default else "")]
    elif how == "first":
        lines = [f"return next(({inside}), {default})" if default else f"return {whole}[0]" if whole else f"return next({inside})"]
    elif how == "last":
        lines = [f"return {listed}[-1]"]
    elif how in ("any", "all"):
        lines = [f"return {how}({items.condition} for {items.variables} in {items.source})"]
    elif how == "descending":
        lines = [f"return sorted({listed}, reverse=True)"]
    elif how == "top":
        own, told = scene.slots("{#}")
        slots |= told
        lines = [f"return sorted({listed}, reverse=True)[:{own['#']}]"]
    elif how in ("unique", "different"):
        distinct = f"set({whole})" if whole else f"{{{inside}}}"
        lines = [f"return {'sorted' if how == 'unique' else 'len'}({distinct})"]
    elif how == "spread":
        lines = [f"return max({whole}) - min({whole})"] if whole else [f"chosen = [{inside}]", "return max(chosen) - min(chosen)"]
    else:
        sign = draw.choice((", ", "-", "; ", " / ", " and ", "+"))
        slots["s"] = f'"{sign}"'
        lines = [f'return "{sign}".join({given})']
    what = phrase.format(**slots)
    return lines, scene.say("or_else").format(what=what, d=default.replace('""', "an empty text")) if default else what


def _choose(scene: _Scene, filters: dict, maps: dict, aggregates: tuple[str, ...]) -> tuple[str, str, str]:
    """A filter, a mapping and an aggregate that go together; empty where there is none."""
    draw = scene.draw
    while True:
        how = draw.choice(aggregates)
        filtered = draw.choice(list(filters)) if how in ("any", "all") or draw.chance(0.6) else ""
        mapped = draw.choice(list(maps)) if maps and how not in NOT_MAPPED and draw.chance(0.4) else ""
        how = draw.choice(OF_LENGTHS) if mapped == "length" else how
        if how != "list" or filtered or mapped:
            return filtered, mapped, how


def _mapped(scene: _Scene, items: _Items, name: str, code: str) -> None:
    """Let a mapping work on each element."""
    if name:
        own, told = scene.slots(code)
        items.element, items.whole = _fill(code, items.element, own), ""
        items.items = scene.say("maps", name).format(items=items.items, **told)
        items.bare = scene.say("maps", name).format(items=items.bare, **told)


def _quantified(scene: _Scene, bare: str) -> str:
    return scene.say("all_of").format(noun=bare)


def _plain_list(scene: _Scene, kind: str) -> dict:
    """A list of numbers or of texts."""
    draw, of_texts = scene.draw, kind == "words"
    singular, plural = _noun(scene, kind)
    pool, real = _texts_of(scene, singular), draw.chance(0.3)
    one = (lambda d, s: _text_near(d, s, pool)) if of_texts else (lambda d, s: _number_near(d, s, real))
    name = scene.parameter(scene.word("generic") if draw.chance(0.2) else plural, _several(one))
    filters, maps = (TEXT_FILTERS, TEXT_MAPS) if of_texts else (NUMBER_FILTERS, NUMBER_MAPS)
    filtered, mapped, how = _choose(scene, filters, maps, TEXT_AGGREGATES if of_texts else NUMBER_AGGREGATES)
    variable = "word" if of_texts else "value"
    items = _Items(variable, name, variable, name, "", plural)
    if filtered:
        own, told = scene.slots(filters[filtered], pool)
        items.condition, items.whole = _fill(filters[filtered], variable, own), ""
        short = _filter_phrase(scene, filtered, direct=True) if draw.chance(0.5) else ""
        phrase = short or _filter_phrase(scene, filtered, direct=False)
        items.bare = f"{plural} {short[1:]}" if short else f"{plural}{scene.say('relative')}{_verb(phrase, True)}"
        items.bare = items.bare.format(**told)
        items.every = f"all {plural} {_verb(_filter_phrase(scene, filtered, direct=False), True)}".format(**told)
    items.items = _quantified(scene, items.bare)
    _mapped(scene, items, mapped, maps.get(mapped, ""))
    lines, what = _aggregate(scene, how, items)
    given = scene.say("given", kind).format(noun=plural, p=name) if draw.chance(0.35) else ""
    return {"blocks": (filtered, mapped, how), "noun": plural, "lines": lines, "what": what, "given": given}


def _some_fields(scene: _Scene) -> dict[str, str]:
    """Keys of a record with their sorts: at least one number, one text and sometimes a flag, in random order."""
    draw = scene.draw
    fields = {scene.word("text_fields"): "text"}
    while "number" not in fields.values():
        fields.setdefault(scene.word("number_fields"), "number")
    if draw.chance(0.25):
        fields.setdefault(draw.choice(scene.place.made_names).lower(), draw.choice(("number", "text")))
    if draw.chance(0.4):
        fields.setdefault(scene.word("flags"), "flag")
    if draw.chance(0.3):
        fields.setdefault(scene.word("number_fields"), "number")
    return {name: fields[name] for name in draw.shuffled(list(fields))}


def _records(scene: _Scene, kind: str) -> dict:
    """A list of dicts."""
    draw = scene.draw
    _, plural = _noun(scene, "records")
    fields = _some_fields(scene)
    pools = {name: _texts_of(scene, name) for name in fields}
    makers: dict[str, Callable[[Draw, _Scene, str], object]] = {
        "number": lambda d, s, name: _number_near(d, s, False), "text": lambda d, s, name: _text_near(d, s, pools[name]),
        "flag": lambda d, s, name: d.chance(0.5),
    }
    one = _several(lambda d, s: {key: makers[sort](d, s, key) for key, sort in fields.items()})
    name = scene.parameter(scene.word("generic") if draw.chance(0.2) else plural, one)
    keys = [f'"{key}"' for key in fields]
    given = scene.say("given", "records").format(noun=plural, p=name, keys=f"{', '.join(keys[:-1])} and {keys[-1]}")
    of = {sort: [key for key, own in fields.items() if own == sort] for sort in makers}
    special = draw.choice(("", "", "", "best", "worst", "by_field", "by_field_down", "group_sum", "group_count"))
    items = _Items("row", name, "row", name, "", plural)
    filtered = ""
    how = special or draw.choice(("list", "count", "any", "all", "pick", "pick", "pick"))
    if special in ("best", "worst", "group_sum", "group_count"):
        pass
    elif how in ("list", "count", "any", "all") or draw.chance(0.6):
        about = draw.choice(list(fields))
        filters = {"number": NUMBER_FILTERS, "text": TEXT_FILTERS, "flag": FLAG_FILTERS}[fields[about]]
        filtered = draw.choice(list(filters))
        own, told = scene.slots(filters[filtered], pools[about])
        items.condition, items.whole = _fill(filters[filtered], f'row["{about}"]', own), ""
        told |= {"flag": about, "field": about}
        short = _filter_phrase(scene, filtered, direct=True) if fields[about] == "number" and draw.chance(0.5) else ""
        phrase = _filter_phrase(scene, filtered, direct=False)
        if fields[about] == "flag":
            items.bare = f"{plural}{scene.say('relative')}{_verb(phrase, True)}"
            items.every = f"all {plural} {_verb(_filter_phrase(scene, filtered, False), True)}"
        else:
            items.bare = plural + _about_field(scene, short, phrase)
            items.every = f"the {{field}} of all {plural} {_verb(_filter_phrase(scene, filtered, False), False)}"
        items.bare, items.every = items.bare.format(**told), items.every.format(**told)
    items.items = _quantified(scene, items.bare)
    mapped = ""
    if special:
        number, text = draw.choice(of["number"]), draw.choice(of["text"])
        what = scene.say("aggregates", special).format(items=items.items, bare=plural, field=number, name=text)
        listed = items.whole or f"[{items.comprehension()}]"
        by = f'key=lambda row: row["{number}"]'
        lines = {
            "best": [f'return max({name}, {by})["{text}"]'], "worst": [f'return min({name}, {by})["{text}"]'],
            "by_field": [f"return sorted({listed}, {by})"], "by_field_down": [f"return sorted({listed}, {by}, reverse=True)"],
            "group_sum": ["groups = {}", f"for row in {name}:", f'    groups[row["{text}"]] = groups.get(row["{text}"], 0) + row["{number}"]', "return groups"],
            "group_count": ["groups = {}", f"for row in {name}:", f'    groups[row["{text}"]] = groups.get(row["{text}"], 0) + 1', "return groups"],
        }[special]
        return {"blocks": (filtered, mapped, how), "noun": plural, "lines": lines, "what": what, "given": given}
    if how == "pick":
        picked = draw.choice(of["number"] + of["text"])
        of_texts = fields[picked] == "text"
        items.element, items.whole = f'row["{picked}"]', ""
        items.items = f"the {picked} of {items.items}"
        items.bare = f"values of {picked} of {items.items.split(' of ', 1)[1]}"
        maps = TEXT_MAPS if of_texts else NUMBER_MAPS
        aggregates = [one for one in (TEXT_AGGREGATES if of_texts else NUMBER_AGGREGATES) if one not in NOT_MAPPED]
        how = draw.choice(aggregates)
        mapped = draw.choice(list(maps)) if draw.chance(0.25) else ""
        how = draw.choice(OF_LENGTHS) if mapped == "length" else how
        _mapped(scene, items, mapped, maps.get(mapped, ""))
        lines, what = _aggregate(scene, how, items)
        return {"blocks": (filtered, mapped, f"picked {how}"), "noun": plural, "lines": lines, "what": what, "given": given}
    lines, what = _aggregate(scene, how, items)
    return {"blocks": (filtered, mapped, how), "noun": plural, "lines": lines, "what": what, "given": given}


def _mapping(scene: _Scene, kind: str) -> dict:
    """A dict from names to numbers or to texts."""
    draw = scene.draw
    singular, plural = _noun(scene, "keys")
    of_texts = draw.chance(0.25)
    about = scene.word("text_fields" if of_texts else "number_fields")
    keys, pool = _texts_of(scene, singular), _texts_of(scene, about)
    value = (lambda d, s: _text_near(d, s, pool)) if of_texts else (lambda d, s: _number_near(d, s, False))
    name = scene.parameter(
        draw.choice((f"{about}_by_{singular}", about, plural, scene.word("generic"))),
        lambda d, s: {keys(d): value(d, s) for _ in range(d.between(2, 6))},
    )
    given = scene.say("given", "mapping").format(noun=plural, p=name, field=about)
    special = draw.choice(("", "", "", "", "best", "worst", "lookup", "by_field", "by_field_down", "dict", "new_dict"))
    if of_texts and special in ("best", "worst", "by_field", "by_field_down", "new_dict"):
        special = ""
    if special == "lookup":
        wanted = scene.parameter(singular, lambda d, s: keys(d))
        default = '""' if of_texts else "0"
        what = scene.say("aggregates", special).format(field=about, s=scene.say("parameter").format(p=wanted), d=default.replace('""', "an empty text"))
        return {"blocks": ("", "", special), "noun": plural, "lines": [f"return {name}.get({wanted}, {default})"], "what": what, "given": given}
    if special in ("best", "worst", "by_field", "by_field_down"):
        what = scene.say("aggregates", special).format(items=_quantified(scene, plural), name=singular, field=about)
        code = {"best": "max({d}, key={d}.get)", "worst": "min({d}, key={d}.get)", "by_field": "sorted({d}, key={d}.get)",
                "by_field_down": "sorted({d}, key={d}.get, reverse=True)"}[special].replace("{d}", name)
        return {"blocks": ("", "", special), "noun": plural, "lines": [f"return {code}"], "what": what, "given": given}
    on_key = draw.chance(0.3)
    filters = TEXT_FILTERS if on_key or of_texts else NUMBER_FILTERS
    filtered = draw.choice(list(filters)) if special == "dict" or draw.chance(0.75) else ""
    condition, bare, every = "", plural, ""
    if filtered:
        own, told = scene.slots(filters[filtered], keys if on_key else pool)
        condition = _fill(filters[filtered], "key" if on_key else "value", own)
        phrase, short = _filter_phrase(scene, filtered, False), _filter_phrase(scene, filtered, True) if draw.chance(0.5) else ""
        if on_key:
            bare = f"{plural} {short[1:]}" if short else f"{plural}{scene.say('relative')}{_verb(phrase, True)}"
            every = f"all {plural} {_verb(_filter_phrase(scene, filtered, False), True)}"
        else:
            short = "" if of_texts else short
            bare = plural + _about_field(scene, short, phrase)
            every = f"the {{field}} of all {plural} {_verb(_filter_phrase(scene, filtered, False), False)}"
        bare, every = bare.format(field=about, **told), every.format(field=about, **told)
    items = _quantified(scene, bare)
    where = "key" if on_key else "value"
    if special in ("dict", "new_dict"):
        element, mapped = "value", ""
        if special == "new_dict":
            mapped = draw.choice(list(NUMBER_MAPS))
            own, told = scene.slots(NUMBER_MAPS[mapped])
            element = _fill(NUMBER_MAPS[mapped], "value", own)
            items = scene.say("maps", mapped).format(items=f"the {about} of {items}", **told)
        what = scene.say("aggregates", special).format(items=items, field=about)
        code = f"{{key: {element} for key, value in {name}.items()" + (f" if {condition}}}" if condition else "}")
        blocks = (f"{where} {filtered}" if filtered else "", mapped, special)
        return {"blocks": blocks, "noun": plural, "lines": [f"return {code}"], "what": what, "given": given}
    take_key = draw.chance(0.6)
    told_texts = take_key or of_texts
    how = draw.choice(tuple(one for one in (TEXT_AGGREGATES if told_texts else NUMBER_AGGREGATES) if filtered or one not in ("any", "all")))
    used = {where if filtered else "", ("key" if take_key else "value") if how not in NOT_MAPPED else ""} - {""}
    variables, source = "key, value", f"{name}.items()"
    if used == {"key"}:
        variables, source = "key", name
    elif used == {"value"}:
        variables, source = "value", f"{name}.values()"
    elif not used:
        source = name
    element = "key" if take_key else "value"
    whole = "" if filtered else {"key": name, "value": f"{name}.values()"}[element]
    if how in ("list", "first", "last", "descending", "top") and whole:
        whole = f"list({whole})" if how != "descending" and how != "top" else whole
    found = _Items(variables, source, element, whole, items if take_key else f"the {about} of {items}", bare, every, condition)
    if not take_key and how not in NOT_MAPPED:
        found.bare = f"values of {about} of {items}"
    lines, what = _aggregate(scene, how, found)
    return {"blocks": (f"{where} {filtered}" if filtered else "", "", f"{element} {how}"), "noun": plural, "lines": lines, "what": what, "given": given}


def _two_lists(scene: _Scene, kind: str) -> dict:
    """Two lists: what is in both, what is missing, or pairs of numbers."""
    draw = scene.draw
    how = draw.choice(("in_both", "not_in", "pair_sum"))
    of_texts = how != "pair_sum" and draw.chance(0.6)
    group = "words" if of_texts else "numbers"
    (singular, first), (_, second) = _two_nouns(scene, group)
    pool = _texts_of(scene, singular)
    if how == "pair_sum":
        one = scene.parameter(first, lambda d, s: [d.between(1, 20) for _ in range(4)])
        two = scene.parameter(second, lambda d, s: [d.between(1, 9) for _ in range(4)])
        what = scene.say("aggregates", how).format(items=_quantified(scene, first), field=second)
        lines = [f"return sum(a * b for a, b in zip({one}, {two}))"]
    else:
        make = _several((lambda d, s: pool(d)) if of_texts else (lambda d, s: d.between(1, 9)))
        one, two = scene.parameter(first, make), scene.parameter(second, make)
        variable = "word" if of_texts else "value"
        what = scene.say("aggregates", how).format(items=_quantified(scene, first), z=two)
        lines = [f"return [{variable} for {variable} in {one} if {variable} {'in' if how == 'in_both' else 'not in'} {two}]"]
    return {"blocks": ("", "texts" if of_texts else "numbers", how), "noun": first, "lines": lines, "what": what, "given": ""}


def _text(scene: _Scene, kind: str) -> dict:
    """One text."""
    draw = scene.draw
    singular, _ = _noun(scene, "words")
    pool = _texts_of(scene, singular)
    how, maps = draw.choice(list(ONE_TEXT_RESULTS)), [one for one in ONE_TEXT_MAPS if one != "length"]
    if how == "value":
        chosen = draw.sample(maps + (["length"] if draw.chance(0.3) else []), draw.between(1, 2))
        chosen.sort(key=lambda one: one == "length")
    else:
        chosen = [draw.choice(maps)] if draw.chance(0.4) and how not in ("after_hyphen", "digits") else []

    def make(d: Draw, s: _Scene) -> str:
        if how == "after_hyphen":
            return f"{d.choice(('MG', 'A', 'order', 'B', 'no'))}-{d.between(1, 9999)}"
        if how == "digits":
            return str(d.between(0, 9999)) if d.chance(0.5) else f"{d.between(0, 99)}{d.choice('ab-.')}{d.between(0, 9)}"
        if how == "palindrome" and d.chance(0.5):
            return d.choice(("level", "anna", "otto", "noon", "kayak", "abba"))
        text = " ".join(pool(d) for _ in range(d.between(1, 3)))
        return f"{' ' * d.below(3)}{text}{' ' * d.below(3)}" if "strip" in chosen else text

    name = scene.parameter(scene.word("texts") if draw.chance(0.2) else singular, make)
    code, words = name, scene.draw.choice((f"the {singular}", name, f"the {name}"))
    for one in chosen:
        own, told = scene.slots(ONE_TEXT_MAPS[one])
        inner = f"({code})" if " + " in code and not ONE_TEXT_MAPS[one].startswith(("{s}", "{x} +")) else code
        code, words = _fill(ONE_TEXT_MAPS[one], inner, own), scene.say("maps", one).format(items=words, **told)
    own, told = scene.slots(ONE_TEXT_RESULTS[how])
    if how == "palindrome" and chosen:
        lines = [f"result = {code}", "return result == result[::-1]"]
    else:
        inner = f"({code})" if " + " in code and how not in ("value", "chars") else code
        lines = [f"return {_fill(ONE_TEXT_RESULTS[how], inner, own)}"]
    what = scene.say("aggregates", how).format(items=words, **told)
    return {"blocks": ("", "+".join(chosen), how), "noun": singular, "lines": lines, "what": what, "given": ""}


def _number(scene: _Scene, kind: str) -> dict:
    """One number, or two."""
    draw = scene.draw
    (singular, _), (other, _) = _two_nouns(scene, "numbers")
    name = scene.parameter(singular, lambda d, s: _number_near(d, s, False))
    words = draw.choice((f"the {singular}", name))
    how = draw.choice(("value", "value", "test", "choice", "only_if", "product", "difference", "boxes", "left_over", "percent"))
    filtered, chosen = "", []
    slots: dict[str, str] = {}
    code = name
    if how in ("test", "choice", "only_if"):
        filtered = draw.choice(list(NUMBER_FILTERS))
        own, told = scene.slots(NUMBER_FILTERS[filtered])
        condition = _fill(NUMBER_FILTERS[filtered], name, own)
        slots["clause"] = f"{words} {_verb(_filter_phrase(scene, filtered, False), False)}".format(**told)
    if how in ("product", "difference", "percent"):
        second = scene.parameter(other, lambda d, s: d.between(1, 99))
        code = {"product": f"{name} * {second}", "difference": f"{name} - {second}", "percent": f"100 * {name} / {second}"}[how]
        words = scene.say("aggregates", how).format(items=words, z=f"the {other}")
    elif how in ("boxes", "left_over"):
        own, told = scene.slots("{#}")
        code = {"boxes": f"-(-{name} // {own['#']})", "left_over": f"{name} % {own['#']}"}[how]
        words = scene.say("aggregates", how).format(items=words, **told)
    if how == "value":
        chosen = draw.sample(list(NUMBER_MAPS), draw.between(1, 2))
    elif how == "only_if":
        chosen = [draw.choice(list(NUMBER_MAPS))]
    elif how in ("product", "difference", "percent") and draw.chance(0.4):
        chosen = [draw.choice(list(NUMBER_MAPS))]
    for one in chosen:
        own, told = scene.slots(NUMBER_MAPS[one])
        inner = f"({code})" if (" + " in code or " - " in code) and one != "rounded" and one not in ("plus", "minus") and not code.endswith(")") else code
        inner = f"({code})" if code != inner or (code.startswith(f"{name} * (") and one not in ("plus", "minus", "rounded")) else code
        code, words = _fill(NUMBER_MAPS[one], inner, own), scene.say("maps", one).format(items=words, **told)
    if how == "test":
        lines, words = [f"return {condition}"], scene.say("aggregates", how).format(**slots)
    elif how == "choice":
        yes, no = scene.word("answers").split()
        lines = [f'return "{yes}" if {condition} else "{no}"']
        words = scene.say("aggregates", how).format(s=f'"{yes}"', z=f'"{no}"', **slots)
    elif how == "only_if":
        lines = [f"return {code} if {condition} else {name}"]
        words = scene.say("aggregates", how).format(items=words, same=f"the {singular}", **slots)
    else:
        lines = [f"return {code}"]
        words = scene.say("aggregates", "value").format(items=words) if how == "value" else words
    return {"blocks": (filtered, "+".join(chosen), how), "noun": singular, "lines": lines, "what": words, "given": ""}


_MAKERS = {"numbers": _plain_list, "words": _plain_list, "records": _records, "mapping": _mapping, "two_lists": _two_lists, "text": _text, "number": _number}
_VAGUE = {"list": "the list", "bool": "the answer", "str": "the text", "dict": "the dict"}
_VAGUE_FRAMES = ("Get {what} that we need from the {noun}.", "Work with the {noun} and give us {what} we talked about.",
                 "Do the usual with the {noun} and return {what}.")


def is_held_out(kind: str, blocks: tuple[str, str, str]) -> bool:
    """Whether a combination is for testing only; a block by itself never is, so that each is seen in training."""
    filtered, mapped, how = blocks
    if bool(filtered) + bool(mapped) + mapped.count("+") + (how not in ("list", "value")) < 2:
        return False
    return zlib.crc32("/".join((kind, *blocks)).encode()) % 1000 < 1000 * HELD_OUT_SHARE


def _draft(draw: Draw, combinations: bool, words: bool) -> tuple[dict, _Scene]:
    """A task without tests; ``combinations`` and ``words`` say whether they are the held-out ones."""
    place = world("test" if words else "train")
    while True:
        scene = _Scene(draw, phrases(words), place)
        kind = draw.weighted(WEIGHTS)
        made = _MAKERS[kind](scene, kind)
        if is_held_out(kind, made["blocks"]) != combinations:
            continue
        if made["given"]:
            text = scene.say("given_frames").format(what=made["what"], given=made["given"])
        else:
            text = scene.say("frames").format(what=made["what"])
        names = draw.shuffled(list(scene.parameters)) if draw.chance(0.1) else list(scene.parameters)
        name = _name(scene, made["noun"])
        while name in scene.parameters:
            name = f"{name}_all"
        signature = f"def {name}({', '.join(names)}):"
        solution = "\n".join([signature, *(f"    {line}" for line in made["lines"])])
        return {
            "kind": kind, "blocks": "/".join((kind, *made["blocks"])), "task": f"{text}\n\n{signature}",
            "name": name, "noun": made["noun"], "solution": solution,
        }, scene


def _result(call: str, space: dict) -> str | None:
    """What a call returns, as Python source; None where there is nothing to take the first or largest of."""
    try:
        return repr(eval(call, space))  # our own code, just put together
    except (ValueError, IndexError, StopIteration, ZeroDivisionError):
        return None


def _tests(row: dict, scene: _Scene) -> list[dict[str, str]] | None:
    """Calls and what the solution returns: at least two different results, and calls first that tell ">" from ">=".

    None where the draws do not give that many.
    """
    draw, space = scene.draw, {}
    exec(row["solution"], space)
    slips = []
    for right, wrong in SLIPS:
        if right in row["solution"]:
            slips.append({})
            exec(row["solution"].replace(right, wrong), slips[-1])
    names = re.search(r"\((.*)\):", row["solution"].splitlines()[0])[1].split(", ")
    marks, signs = scene.marks, scene.signs
    found: dict[str, str] = {}
    telling: list[str] = []
    for _ in range(DRAWS):
        scene.marks, scene.signs, values = list(marks), list(signs), {}
        for name in sorted(names, key=list(scene.parameters).index, reverse=True):  # thresholds stand behind what they are compared with
            values[name] = scene.parameters[name](draw, scene)
            (scene.signs if isinstance(values[name], str) else scene.marks).append(values[name])
        call = f"{row['name']}({', '.join(repr(values[name]) for name in names)})"
        result = _result(call, space)
        if result is not None:
            found[call] = result
            telling += [call] if any(_result(call, slip) != result for slip in slips) else []
    chosen = list(dict.fromkeys([*telling[:2], *found]))[:TESTS]
    if len(chosen) < TESTS or len({found[call] for call in chosen}) < 2:
        return None
    return [{"call": call, "expected": found[call]} for call in chosen]


def stream(split: str, draw: Draw, combinations: bool | None = None, words: bool | None = None) -> dict:
    """A task without tests, for training: ``kind``, ``blocks``, ``task`` (description and signature), ``solution``.

    ``combinations`` and ``words``: whether the combination and the wording are held-out
    ones (default: those of the split). Raises CourseError for an unknown split.
    """
    held_out = _is_test(split)
    row, _ = _draft(draw, held_out if combinations is None else combinations, held_out if words is None else words)
    return {key: row[key] for key in ("kind", "blocks", "task", "solution")}


def _is_test(split: str) -> bool:
    if split not in SPLITS:
        raise unknown("split", split, SPLITS)
    return split == "test"


def example(split: str, draw: Draw, combinations: bool | None = None, words: bool | None = None) -> dict:
    """A task with ``tests`` and its ``vague`` version; parameters and errors as in ``stream``."""
    held_out = _is_test(split)
    while True:
        row, scene = _draft(draw, held_out if combinations is None else combinations, held_out if words is None else words)
        tests = _tests(row, scene)
        if tests:
            kind = type(eval(tests[0]["expected"])).__name__
            signature = row["solution"].splitlines()[0]
            vague = draw.choice(_VAGUE_FRAMES).format(what=_VAGUE.get(kind, "the number"), noun=row["noun"])
            return {**{key: row[key] for key in ("kind", "blocks", "task", "solution")}, "vague": f"{vague}\n\n{signature}", "tests": tests}


def rows(seed: int = 0) -> dict[str, list[dict]]:
    """All splits of the tasks; no task comes twice, and none of validation is in training."""
    result: dict[str, list[dict]] = {}
    seen: set[str] = set()
    for split in SPLITS:
        draw, found = Draw(f"code tasks {split} {seed}"), []
        while len(found) < ROWS[split]:
            row = example(split, draw)
            if row["task"] not in seen:
                seen.add(row["task"])
                found.append({"id": f"code-{split}-{len(found) + 1:04d}", **row})
        result[split] = found
    return result


DATA_SETS = (
    DataSet(
        name="code_tasks",
        description="Small Python functions to write for the shop: a description, a signature, a solution, and tests.",
        made="Put together from a kind of input (list, list of dicts, dict, text, number), a filter, a mapping and an aggregate, with "
             "hand-written wordings; expected results are what the solution returns. Test has its own combinations, wordings, names and numbers.",
        columns={"id": "split and number", "kind": "what the function works on", "blocks": "the combination: kind/filter/mapping/aggregate",
                 "task": "description and signature", "vague": "a description that does not say what is wanted, and the signature",
                 "solution": "one right function", "tests": "list of a call and its result, both as Python source"},
        rows=rows,
        limits=("One to five lines a function: no classes, no files, no errors to handle.",
                "The tests are five calls each: a wrong function may pass them by chance.",
                "Descriptions are put together by a grammar and sound like it; some are ambiguous to a person too."),
    ),
)

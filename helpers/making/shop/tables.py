"""Small tables of the shop, each with a question, its answer and the cells that the answer comes from.

The answer is never written down: it is the text of one cell, or it is computed
from the cells at ``coordinates`` with ``aggregation`` (see ``aggregate``).
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from helpers.making.shop import phrase_files
from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import GIFTS, MONTHS, VASES, WEEKDAYS, Plant
from helpers.making.shop.world import World, world

ROWS = {"train": 3_000, "validation": 300, "test": 500}
KINDS = ("look-up", "key by value", "count", "sum", "average", "superlative")
AGGREGATIONS = ("NONE", "SUM", "COUNT", "AVERAGE")
_SECTIONS = {"look-up": ("ask",), "key by value": ("find",), "count": ("count", "over", "under"), "sum": ("sum",), "average": ("average",),
             "superlative": ("most", "least")}

# Theme: (column, sort of value) …; the first column is the key, whose cells are all different.
THEMES: dict[str, tuple[tuple[str, str], ...]] = {
    "catalogue": (("flower", "cut"), ("colour", "colour of plant"), ("price", "money 4 38"), ("season", "season of plant"),
                  ("stock", "count 3 90")),
    "plants": (("plant", "potted"), ("size", "count 7 30"), ("price", "money 5 60"), ("light", "light of plant"),
               ("water", "water of plant")),
    "things": (("thing", "things"), ("price", "money 3 59"), ("stock", "count 2 80"), ("shelf", "shelf"), ("sold", "count 2 60")),
    "orders": (("order", "order"), ("customer", "person"), ("flower", "cut"), ("total", "money 9 120"), ("day", "date"),
               ("status", "status")),
    "deliveries": (("customer", "person"), ("street", "street"), ("carrier", "carrier"), ("time", "time"), ("boxes", "count 2 14")),
    "rota": (("worker", "person"), ("weekday", "weekday"), ("shift", "shift"), ("task", "task"), ("hours", "count 2 10")),
    "classes": (("class", "class"), ("teacher", "teacher"), ("day", "date"), ("places", "count 2 16"), ("fee", "money 8 65")),
    "tours": (("driver", "person"), ("town", "town"), ("stops", "count 4 32"), ("kilometres", "count 9 98"), ("start", "time")),
    "weddings": (("couple", "couple"), ("flower", "cut"), ("tables", "count 3 30"), ("colour", "colour"), ("day", "date")),
    "growers": (("grower", "grower"), ("flower", "cut"), ("price", "money 0 3"), ("stems", "tens 10 95"), ("weekday", "weekday")),
    "claims": (("customer", "person"), ("reason", "reason"), ("amount", "money 6 90"), ("status", "claim status"), ("day", "date")),
    "week": (("weekday", "week"), ("bouquets", "count 11 95"), ("plants", "count 3 60"), ("takings", "count 280 2400"),
             ("visitors", "count 25 240")),
}
# Values that only training or only test tables hold.
_VALUES = {
    "train": {
        "colour": ("white", "cream", "pink", "red", "yellow", "orange", "purple", "blue"),
        "status": ("placed", "packed", "delivered", "cancelled", "paid"),
        "carrier": ("bike", "van", "courier", "post"), "shift": ("early", "late", "midday"), "claim status": ("open", "closed", "waiting"),
        "task": ("watering", "packing", "cleaning", "repotting", "labelling", "ordering", "sweeping", "unloading", "counting", "pricing"),
        "class": ("tying bouquets", "making wreaths", "drying flowers", "growing herbs", "pressing petals", "pruning roses",
                  "potting orchids", "sowing seeds", "painting pots", "caring for ferns", "building terrariums", "folding paper flowers"),
        "reason": ("wilted flowers", "late delivery", "broken glass", "missing stems", "wrong colours", "dry soil"),
        "town": ("Aldermoor", "Brackenford", "Fernley", "Harwick", "Linden Bay", "Oakhollow", "Saltmere", "Thornby", "Wetherfield",
                 "Greenhaven", "Millbeck", "Stonecross"),
        "grower": ("Hill Farm", "Sunny Acre", "Bell and Sons", "Green Valley", "Lake Nursery", "Red Barn", "North Field", "Three Oaks",
                   "River Gardens", "Old Orchard", "Windmill Farm", "Rose Hall"),
        "shelf": ("A1", "A2", "B1", "B2", "C1", "C2"),
    },
    "test": {
        "colour": ("lilac", "peach", "coral", "ivory", "white", "burgundy"), "status": ("booked", "tied", "shipped", "received"),
        "carrier": ("cargo bike", "lorry", "tram", "taxi"), "shift": ("morning", "evening", "noon"),
        "claim status": ("accepted", "refused", "under review"),
        "task": ("pruning", "invoicing", "sorting", "wrapping", "stocktaking", "composting", "weeding", "grafting"),
        "class": ("arranging proteas", "weaving baskets", "dyeing ribbons", "pouring candles", "grafting apples", "mixing soil",
                  "binding garlands", "sketching blooms", "training bonsai"),
        "reason": ("crushed petals", "snapped stalks", "mouldy leaves", "double charging", "lost ribbons"),
        "town": ("Pellam", "Upper Marsh", "Quayside", "Dunmore", "Ashwell", "Cobble End", "Vale Park", "Sandgate", "Larkrise"),
        "grower": ("Zeeman Blooms", "Valley Glass", "Kestrel Estate", "Marsh and Daughter", "Blue Gate", "Hollow Tree", "Chapel Field",
                   "Pond House", "Tall Hedge"),
        "shelf": ("N3", "N4", "P3", "P5", "R4"),
    },
}
_THINGS = VASES + GIFTS + ("watering can", "hand trowel", "plant mister", "moisture meter", "seed tray", "potting bench",
                           "plant trolley")
_THINGS_TEST = ("grafting knife", "bulb planter", "soil sieve", "leaf rake", "rain gauge", "sun hat", "garden diary", "bird feeder",
                "paper lantern", "kneeling mat")
_MOST_ROWS = 8


@cache
def _phrases(test: bool) -> dict:
    """Theme → section → column → lines."""
    path = phrase_files.path(f"tables_{'test' if test else 'train'}.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {theme: {section: {column: tuple(part.strip() for part in text.split("|")) if section == "headings"
                              else tuple(text.strip().splitlines()) for column, text in columns.items()}
                    for section, columns in sections.items()} for theme, sections in table.items()}


def aggregate(cells: Sequence[str], aggregation: str) -> str:
    """The answer that ``aggregation`` gives for these cells.

    COUNT is the number of cells. SUM and AVERAGE are rounded to two decimals,
    half up; whole numbers made from whole numbers have none.

    >>> aggregate(["2.50", "3.25"], "SUM"), aggregate(["2", "3"], "AVERAGE"), aggregate(["2", "4"], "AVERAGE")
    ('5.75', '2.50', '3')
    """
    if aggregation == "NONE":
        (cell,) = cells
        return cell
    if aggregation == "COUNT":
        return str(len(cells))
    total = sum(Decimal(cell) for cell in cells)
    result = total if aggregation == "SUM" else total / len(cells)
    whole = result == int(result) and not any("." in cell for cell in cells)
    return str(int(result)) if whole else str(result.quantize(Decimal("0.01"), ROUND_HALF_UP))


def order(cell: str) -> Decimal:
    """What a number, a time ("9:30") or a date ("12 May") is sorted by."""
    if ":" in cell:
        hours, minutes = cell.split(":")
        return Decimal(60 * int(hours) + int(minutes))
    if " " in cell:
        day, month = cell.split()
        return Decimal(100 * MONTHS.index(month) + int(day))
    return Decimal(cell)


def _distinct(draw: Draw, n: int, make: Callable[[], str]) -> list[str]:
    found: list[str] = []
    while len(found) < n:
        value = make()
        if value not in found:
            found.append(value)
    return found


def _column(sort: str, split_world: World, draw: Draw, plants: Sequence[Plant]) -> list[str]:
    """Cells of one column, one for each of ``plants``: those of the rows, which only some columns are about."""
    n = len(plants)
    test = split_world.held_out
    name, *limits = sort.split()
    if sort.endswith("of plant"):
        return [draw.choice(plant.colours) if name == "colour" else getattr(plant, name) for plant in plants]
    if name in ("count", "tens", "money"):
        low, high = map(int, limits)
        cents = ("00", "20", "40", "50", "75", "90") if high > 9 else ("15", "29", "34", "42", "58", "61", "77", "83", "95")
        make = {"count": lambda: str(draw.between(low, high)), "tens": lambda: str(10 * draw.between(low, high)),
                "money": lambda: f"{draw.between(low, high - 1)}.{draw.choice(cents)}"}
        return _distinct(draw, n, make[name])
    if sort in ("cut", "potted"):
        return [plant.name if sort == "potted" else plant.plural.removesuffix(" stems") for plant in plants]
    if sort == "person":
        return split_world.people(draw, n, made=0.3)
    if sort == "couple":
        people = split_world.people(draw, 2 * n, made=0.2)
        return [f"{first} and {second}" for first, second in zip(people[:n], people[n:])]
    if sort == "things":
        return draw.sample(_THINGS_TEST if test else _THINGS, n)
    if sort == "order":
        return _distinct(draw, n, lambda: f"MG-{draw.between(1001, 9999)}")
    if sort == "street":
        return _distinct(draw, n, lambda: f"{draw.between(1, 98)} {draw.choice(split_world.streets)}")
    if sort == "date":
        month = draw.below(12)
        return _distinct(draw, n, lambda: f"{draw.between(1, 28)} {MONTHS[min(month + draw.below(2), 11)]}")
    if sort == "time":
        return _distinct(draw, n, lambda: f"{draw.between(7, 19)}:{draw.choice(('00', '15', '30', '45'))}")
    if sort == "week":
        start = draw.below(7 - n + 1)
        return list(WEEKDAYS[start:start + n])
    if sort == "teacher":
        staff = split_world.people(draw, 3, made=0.2)
        return [draw.choice(staff) for _ in range(n)]
    values = WEEKDAYS if sort == "weekday" else _VALUES["test" if test else "train"][sort]
    if sort in ("class", "town", "grower"):
        return draw.sample(values, n)
    some = draw.sample(values, 6 if sort == "task" else 4 if sort == "colour" else 3)
    return [draw.choice(some) for _ in range(n)]


def _plants(split_world: World, draw: Draw, sold: str, n: int) -> list[Plant]:
    """``n`` different plants, cut flowers or potted; in test, those that training never names come up more often."""
    found: list[Plant] = []
    of_sort = [plant for plant in split_world.plants if plant.sold == sold]
    while len(found) < n:
        plant = draw.choice(of_sort)
        if plant not in found:
            found.append(plant)
    return found


def _table(theme: str, wanted: Sequence[str], split_world: World, draw: Draw,
           headings: dict[str, tuple[str, ...]]) -> tuple[list[str], list[str], list[list[str]]]:
    """Columns, their headings and rows of a table of three to five columns with all of ``wanted``."""
    key, *others = (column for column, _ in THEMES[theme])
    more = [column for column in draw.shuffled(others) if column not in wanted]
    size = max(draw.choice((2, 2, 2, 2, 2, 3, 3, 4)), len(wanted))
    columns = draw.shuffled([*wanted, *more][:size])
    columns.insert(0 if draw.chance(0.75) else draw.between(1, size), key)
    n = min(draw.choice((3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 6, 7, _MOST_ROWS)), 7 if theme == "week" else _MOST_ROWS)
    plants = _plants(split_world, draw, "pot" if theme == "plants" else "cut", n)
    sorts = dict(THEMES[theme])
    cells = {column: _column(sorts[column], split_world, draw, plants) for column, _ in THEMES[theme] if column in columns}
    header = [draw.choice(headings[column]) for column in columns]
    return columns, header, [[cells[column][row] for column in columns] for row in range(n)]


def _is_singular(heading: str) -> bool:
    """Whether "the price of" can be said of the heading: not "boxes", "free places"."""
    first = heading.removeprefix("free ").split()[0]
    return not first.endswith("s") or first in ("status", "address")


def _try(kind: str, split_world: World, draw: Draw) -> dict | None:
    """One example, or None where the table that was drawn has no clear answer to the question."""
    phrases = _phrases(split_world.held_out)
    theme = draw.choice([name for name in THEMES if any(section in phrases[name] for section in _SECTIONS[kind])])
    section = draw.choice([name for name in _SECTIONS[kind] if name in phrases[theme]])
    asked = draw.choice(list(phrases[theme][section]))
    column, _, condition = asked.partition(" where ")
    columns, header, rows = _table(theme, [column, condition] if condition else [column], split_world, draw, phrases[theme]["headings"])
    if len(set(header)) < len(header):
        return None
    key, at = columns.index(THEMES[theme][0][0]), columns.index(column)
    cells = [row[at] for row in rows]
    slots = {"heading": header[at], "keyname": header[key]}
    lines = phrases[theme][section][asked]
    general = phrases["any"].get(section, {})
    if general and not condition and draw.chance(0.12) and (split_world.held_out or _is_singular(header[at])):
        is_number = dict(THEMES[theme])[column].split()[0] in ("count", "tens", "money")
        lines = general["cell"] if "cell" in general else general["number"] if is_number else lines
    aggregation, found = "NONE", []
    if kind == "look-up":
        row = draw.below(len(rows))
        slots["key"], found = rows[row][key], [(row, at)]
    elif kind == "key by value":
        single = [row for row, cell in enumerate(cells) if cells.count(cell) == 1]
        if not single:
            return None
        row = draw.choice(single)
        slots["value"], found = cells[row], [(row, key)]
    elif section == "count":
        slots["value"], aggregation = draw.choice(cells), "COUNT"
        found = [(row, at) for row, cell in enumerate(cells) if cell == slots["value"]]
    elif kind == "count":
        cell = draw.choice(cells)
        slots["value"], aggregation = (cell.split(".")[0] if order(cell) >= 4 else cell), "COUNT"
        limit = order(slots["value"])
        found = [(row, at) for row, cell in enumerate(cells) if (order(cell) > limit if section == "over" else order(cell) < limit)]
    elif kind in ("sum", "average"):
        aggregation = kind.upper()
        found = [(row, at) for row in range(len(rows))]
        if condition:
            groups = Counter(row[columns.index(condition)] for row in rows)
            values = [value for value, n in groups.items() if 2 <= n < len(rows)]
            if not values:
                return None
            slots["value"] = draw.choice(values)
            found = [(row, at) for row, _ in found if rows[row][columns.index(condition)] == slots["value"]]
    else:
        extreme = (max if section == "most" else min)(cells, key=order)
        found = [(cells.index(extreme), key)]
    if not found:
        return None
    return {"table": {"header": header, "rows": rows}, "question": draw.choice(lines).format(**slots),
            "answer": aggregate([rows[row][column] for row, column in found], aggregation),
            "coordinates": [list(place) for place in found], "aggregation": aggregation, "kind": kind}


def example(split_world: World, draw: Draw, kind: str | None = None) -> dict:
    """One table with its question: the columns of the data set without ``id``; of any kind unless one is given."""
    kind = kind or draw.choice(KINDS)
    while True:
        found = _try(kind, split_world, draw)
        if found:
            return found


def table_questions(seed: int = 0) -> dict[str, list[dict]]:
    """The data set: split → rows. The kinds are equally frequent and no table occurs twice."""
    result = {}
    for split, count in ROWS.items():
        draw, split_world = Draw(f"table questions {split} {seed}"), world(split)
        result[split] = [{"id": f"table-{split}-{number + 1:04d}", **example(split_world, draw, KINDS[number % len(KINDS)])}
                         for number in range(count)]
    return result


DATA_SETS = (DataSet(
    name="table_questions",
    description="Small tables about the catalogue, orders, deliveries, rotas, prices and stock, each with a question and its answer.",
    made=("A dozen sorts of tables are filled at random with the world's names and numbers; the questions are hand-written for each sort, "
          "column and kind. The answer is computed from the cells. Test tables have their own headings, names and wordings."),
    columns={
        "id": "split and number", "table": "an object with `header` (a list of strings) and `rows` (lists of strings)",
        "question": "a question with one answer in the table",
        "answer": "the cell's text, or the number that the aggregation gives (two decimals unless all is whole)",
        "coordinates": "[row, column] of each cell that the answer is made from, counted from 0, without the header; for COUNT the cells "
                       "that fulfil the condition", "aggregation": "NONE (one cell), SUM, COUNT or AVERAGE",
        "kind": "look-up, key by value, count, sum, average or superlative",
    },
    rows=table_questions,
    limits=("Tables are clean: one value a cell, one heading line, no empty cells, at most eight rows.",
            "A count is never zero, and a superlative never has two answers."),
),)

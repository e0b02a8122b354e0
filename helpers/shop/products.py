"""The catalogue: flowers, plants, pots, tools, seeds and gifts with their facts."""

from __future__ import annotations

from helpers.shop.draw import Draw
from helpers.shop.entities import PLANTS, PLANTS_HELD_OUT

ROWS = {"train": 140, "validation": 20, "test": 40}

_CUT_OCCASIONS = {
    "red": "Valentine's Day", "white": "wedding", "pink": "Mother's Day", "yellow": "get well", "orange": "thank you",
    "purple": "retirement", "blue": "new baby", "peach": "anniversary", "cream": "sympathy", "lilac": "birthday",
    "coral": "birthday", "green": "housewarming",
}
_PLANT_OCCASIONS = ("housewarming", "birthday", "retirement", "thank you", "graduation")
_MATERIALS = {"clay": "terracotta", "glazed": "blue", "stoneware": "grey", "tin": "silver", "basket": "brown"}
_TOOLS = {
    "pruning shears": 2490, "watering can": 1990, "hand trowel": 1290, "plant mister": 990, "garden gloves": 890,
    "flower scissors": 1490, "moisture meter": 1190, "seed tray": 790, "pruning saw": 2290, "plant stand": 3490,
    "kneeling mat": 1390, "rain gauge": 1090,
}
_VASES = {"glass vase": 1690, "tall vase": 2890, "clay jug": 2190, "stone vase": 3990, "brass vase": 4490, "bud vase": 790}
_GIFTS = {
    "scented candle": 1490, "box of chocolates": 990, "flower press": 2690, "seed paper card": 390, "linen ribbon": 450,
    "gift box": 590, "tea tin": 1190, "beeswax soap": 690,
}
_SEEDS = ("sunflower", "zinnia", "cornflower", "sweet pea", "snapdragon", "basil", "lavender", "aster", "rosemary", "stock")


def _row(name: str, kind: str, colour: str, price: float, season: str, occasion: str, toxic: bool, care: str) -> dict:
    return {"name": name, "kind": kind, "colour": colour, "price": price, "season": season, "occasion": occasion,
            "toxic_to_pets": toxic, "care": care}


def _catalogue(draw: Draw) -> list[dict]:
    rows = []
    for plant in PLANTS + PLANTS_HELD_OUT:
        for colour in plant.colours:
            if plant.sold == "cut":
                stems = draw.choice((7, 10, 12, 15, 20))
                forms = [("bouquet", f"Bouquet of {stems} {colour} {plant.plural}", 9 + stems * draw.between(80, 190) / 100)]
                if draw.chance(0.4):
                    forms.append(("bunch", f"Small bunch of {colour} {plant.plural}", draw.between(7, 14)))
                rows += [_row(name, kind, colour, _round(price), plant.season, _CUT_OCCASIONS[colour], plant.toxic,
                              f"Change the water {plant.water}. {plant.tip}") for kind, name, price in forms]
            else:
                name = plant.name if colour == "green" else f"{colour} {plant.name}"
                rows.append(_row(name[0].upper() + name[1:], "plant", colour, _round(draw.between(9, 39)), plant.season,
                                 draw.choice(_PLANT_OCCASIONS), plant.toxic, f"Water {plant.water}. Place it in {plant.light}."))
    for material, colour in sorted(_MATERIALS.items()):
        for size in (12, 16, 20, 28):
            rows.append(_row(f"{material.capitalize()} pot, {size} cm", "pot", colour, _round(size * 0.55 + draw.between(0, 6)),
                             "all year", "housewarming", False, "Wipe with a damp cloth."))
    plain = [(_TOOLS, "tool", "green", "retirement", "Clean and dry it after use."),
             (_VASES, "vase", "clear", "wedding", "Wash it with hot water before new flowers."),
             (_GIFTS, "gift", "mixed", "thank you", "Keep it dry.")]
    for table, kind, colour, occasion, care in plain:
        rows += [_row(name[0].upper() + name[1:], kind, colour, cents / 100, "all year", occasion, False, care)
                 for name, cents in sorted(table.items())]
    facts = {plant.name: plant for plant in PLANTS}
    for name in _SEEDS:
        plant = facts[name]
        rows.append(_row(f"{name.capitalize()} seeds", "seeds", "mixed", _round(draw.between(2, 4)), "spring", "thank you",
                         plant.toxic, f"Sow them in spring. The seedlings like {plant.light}."))
    return rows


def _round(price: float) -> float:
    """A shop price: the next lower amount that ends in .90 or .50."""
    whole = int(price)
    return whole + (0.5 if price - whole < 0.5 else 0.9)


def products(seed: int = 0) -> dict[str, list[dict]]:
    """The whole catalogue with ids P001 …, dealt to the splits in random order."""
    draw = Draw(f"products {seed}")
    rows = draw.sample(_catalogue(draw), sum(ROWS.values()))
    result, start = {}, 0
    for split, count in ROWS.items():
        result[split] = [{"id": f"P{number:03d}", **row} for number, row in enumerate(rows[start:start + count], start + 1)]
        start += count
    return result


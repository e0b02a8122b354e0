"""The catalogue: 500 flowers, plants, pots, tools, seeds, gifts and more, with their facts.

Flower products are every sensible pair of a form (bouquet, bunch, wreath …) and
a real flower in a colour it is grown in; the rest is written by hand below. What
is toxic follows common advice for cats and dogs; whatever holds one toxic part
is toxic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import COLOURS, OCCASIONS, PLANTS, PLANTS_HELD_OUT, Plant

ROWS = {"train": 350, "validation": 50, "test": 100}

# Cut flowers and potted plants beside those of entities.py:
# name | plural | sold | toxic | season | colours | water | light | tip
_MORE = """
daffodil|daffodils|cut|toxic|spring|yellow white cream|every day|a cool room|Give them a vase of their own for a day, because their sap harms other flowers.
gladiolus|gladioli|cut|toxic|summer|coral red white lilac|every two days|a bright room|Break off the tip and the upper buds will open.
calendula|calendulas|cut|safe|summer|orange yellow|every day|a bright room|Pick off faded heads to keep the bunch fresh.
celosia|celosias|cut|safe|autumn|red orange yellow coral pink|every two days|a bright room|Strip the leaves, because they wilt before the plumes do.
hellebore|hellebores|cut|toxic|winter|white green purple cream|every day|a cool room|Float the heads in a bowl of water if the stems go limp.
cut amaryllis|cut amaryllis|cut|toxic|winter|red white coral peach|every three days|a cool bright room|Tape the ends of the hollow stems so that they do not split.
winter pansy|winter pansies|pot|safe|winter|blue yellow orange lilac cream purple|twice a week|a cool bright place outdoors|Pinch off faded flowers and new buds will follow.
Christmas cactus|Christmas cacti|pot|safe|winter|pink red white coral peach|once a week|bright light without direct sun|Do not turn it while it is in bud.
primula|primulas|pot|toxic|spring|yellow blue cream coral orange|every two days|a cool bright room|Keep the soil damp and the flowers cool.
viola|violas|pot|safe|spring|blue lilac cream peach purple|twice a week|a cool bright place outdoors|The flowers can be eaten, also in a salad.
heartleaf philodendron|heartleaf philodendrons|pot|toxic|all year|green|once a week|soft light|Cut long shoots back and root them in water.
prayer plant|prayer plants|pot|safe|all year|green|twice a week|soft light|It folds its leaves up at night.
haworthia|haworthias|pot|safe|all year|green|every two weeks|a bright window|Water the soil and not the rosette.
cast-iron plant|cast-iron plants|pot|safe|all year|green|once a week|shade or soft light|It forgives dark corners and forgotten weeks.
bromeliad|bromeliads|pot|safe|all year|red orange yellow pink|once a week|bright light without direct sun|Pour a little water into the cup of leaves.
geranium|geraniums|pot|toxic|summer|red pink white coral lilac|twice a week|full sun|Break off faded flower heads at the joint.
petunia|petunias|pot|safe|summer|purple blue cream peach|every day|full sun|Feed them every week, for they are hungry.
"""
# Colours that are grown besides those which entities.py names.
_MORE_COLOURS = {
    "rose": "orange coral lilac cream", "tulip": "orange peach cream green", "lily": "yellow", "sunflower": "cream red",
    "peony": "red cream", "carnation": "yellow peach orange lilac green cream", "gerbera": "coral peach white cream",
    "freesia": "red orange pink purple cream", "snapdragon": "red orange peach lilac purple",
    "ranunculus": "yellow pink red cream coral", "anemone": "red pink", "hyacinth": "purple yellow peach lilac",
    "iris": "white lilac", "dahlia": "white coral peach yellow cream lilac",
    "chrysanthemum": "green red orange pink cream peach", "aster": "blue lilac peach", "zinnia": "red green lilac white peach",
    "delphinium": "purple", "sweet pea": "purple red coral cream peach", "lisianthus": "lilac green cream peach",
    "stock": "white purple peach", "hydrangea": "green purple lilac", "orchid": "yellow peach orange cream lilac",
    "cyclamen": "purple lilac coral", "amaryllis": "coral peach", "poinsettia": "pink cream peach",
    "begonia": "orange red yellow", "azalea": "coral lilac", "African violet": "blue lilac", "camellia": "cream",
}

_HEAVY = ("sunflower", "hydrangea", "cut amaryllis", "protea")           # too heavy for a bunch of twenty
_ALONE = ("daffodil", "hyacinth", "sweet pea", "protea", "cut amaryllis")  # not put into mixed bouquets
_DRIED = (  # name, plural, toxic, colours
    ("rose", "roses", False, "pink red cream"), ("cornflower", "cornflowers", False, "blue"),
    ("lavender", "lavender", True, "purple"), ("protea", "proteas", False, "orange"),
    ("statice", "statice", False, "purple white yellow lilac"), ("celosia", "celosias", False, "red coral"),
    ("hydrangea", "hydrangeas", True, "green blue"), ("wheat", "wheat", False, "cream"),
    ("delphinium", "delphiniums", True, "blue lilac"), ("calendula", "calendulas", False, "orange"),
)
_WREATHS = (  # name, colour, season, toxic
    ("Sympathy wreath of white lilies", "white", "summer", True), ("Sympathy wreath of white roses", "white", "all year", False),
    ("Sympathy wreath of cream carnations", "cream", "all year", True), ("Sympathy wreath of lilac asters", "lilac", "autumn", False),
    ("Sympathy heart of red roses", "red", "all year", False), ("Sympathy wreath of yellow chrysanthemums", "yellow", "autumn", True),
    ("Sympathy wreath of blue cornflowers", "blue", "summer", False), ("Sympathy wreath of peach roses", "peach", "all year", False),
    ("Door wreath of holly", "red", "winter", True), ("Door wreath of eucalyptus", "green", "all year", True),
    ("Door wreath of rosemary", "green", "all year", False), ("Door wreath of wheat", "cream", "autumn", False),
    ("Door wreath of dried roses", "pink", "all year", False), ("Door wreath of dried lavender", "purple", "summer", True),
    ("Door wreath of dried statice", "lilac", "all year", False), ("Door wreath of ivy", "green", "all year", True),
    ("Door wreath of dried orange slices", "orange", "winter", True), ("Door wreath of coral tulips", "coral", "spring", True),
    ("Flower crown of pink roses", "pink", "all year", False), ("Flower crown of white freesias", "white", "spring", False),
    ("Flower crown of coral zinnias", "coral", "summer", False), ("Flower crown of gypsophila", "white", "all year", True),
)
_ARRANGEMENTS = {  # occasion: name of the form, lowest and highest price
    "birthday": ("Birthday basket", 24, 42), "wedding": ("Wedding table piece", 28, 59), "anniversary": ("Anniversary box", 34, 69),
    "housewarming": ("Housewarming bowl", 22, 39), "graduation": ("Graduation posy", 14, 26), "retirement": ("Retirement basket", 29, 54),
    "new baby": ("New baby hat box", 26, 45), "thank you": ("Thank-you posy", 12, 24), "get well": ("Get-well basket", 19, 34),
    "sympathy": ("Sympathy spray", 39, 79), "Mother's Day": ("Mother's Day hat box", 27, 55),
    "Valentine's Day": ("Valentine's box", 32, 75),
}

_ANY = OCCASIONS
_HOME = ("birthday", "housewarming", "graduation", "retirement", "thank you", "Mother's Day")
_WORK = ("birthday", "housewarming", "retirement", "thank you")
_POTTED = _HOME + ("new baby", "get well", "sympathy", "anniversary")
_FESTIVE = tuple(occasion for occasion in OCCASIONS if occasion not in ("new baby", "get well", "sympathy"))
_WREATH_OCCASIONS = {"Sympathy": ("sympathy",), "Door": ("housewarming", "thank you", "birthday", "retirement"),
                     "Flower": ("wedding", "graduation", "birthday")}

# Things: name | colour | cents | season | toxic | care
_TOOLS = """
Pruning shears|red|2490|all year|safe|Clean the blades after use and oil them once a month.
Watering can, 5 litres|green|1990|all year|safe|Empty it before the first frost.
Small watering can, 1 litre|yellow|1290|all year|safe|Rinse it with vinegar when it has chalk stains.
Hand trowel|green|1290|spring|safe|Brush off the soil and dry it after use.
Plant mister|clear|990|all year|safe|Use rain water, and the nozzle will not clog.
Garden gloves|yellow|890|all year|safe|Wash them at 30 degrees.
Children's garden gloves|orange|590|spring|safe|Wash them at 30 degrees.
Flower scissors|orange|1490|all year|safe|Wipe them dry after each bunch.
Moisture meter|white|1190|all year|safe|Pull it out of the soil when you have read it.
Seed tray|green|790|spring|safe|Scrub it with hot water before you sow again.
Pruning saw|red|2290|winter|safe|Brush sawdust out of the teeth and dry the blade.
Plant stand|brown|3490|all year|safe|Wipe it with a damp cloth.
Kneeling mat|blue|1390|summer|safe|Rinse it with the hose.
Rain gauge|clear|1090|all year|safe|Empty it every morning.
Bulb planter|green|1690|autumn|safe|Knock out the soil and dry it.
Leaf rake|orange|2190|autumn|safe|Hang it up so that the tines stay straight.
Soil sieve|silver|1890|spring|safe|Knock it clean and keep it dry.
Grafting knife|brown|2790|winter|safe|Oil the hinge once a year.
Garden twine|green|450|all year|safe|Keep it dry.
Plant labels, 20 pieces|white|390|spring|safe|Write on them with a pencil.
Fleece plant cover|white|990|winter|safe|Dry it before you fold it.
Sun hat|cream|1990|summer|safe|Wash it by hand.
Garden apron|lilac|2690|all year|safe|Wash it at 40 degrees.
Compost bucket|peach|1590|all year|safe|Empty it twice a week.
"""
_VASES = """
Glass vase|clear|1690|all year|safe|Wash it with hot water before new flowers.
Tall vase|white|2890|all year|safe|Fill it to a third so that it stands firmly.
Clay jug|terracotta|2190|all year|safe|Put a mat under it, because clay sweats.
Stone vase|grey|3990|all year|safe|Wipe it with a soft cloth.
Brass vase|gold|4490|all year|safe|Polish it with a dry cloth.
Bud vase|clear|790|all year|safe|Rinse it with a bottle brush.
Round vase|blue|2390|all year|safe|Wash it with hot water before new flowers.
Milk jug vase|cream|1890|all year|safe|It may go into the dishwasher.
Coral bud vase|coral|990|all year|safe|Rinse it with a bottle brush.
Pink glass vase|pink|1790|all year|safe|Wash it with hot water before new flowers.
Lilac glass vase|lilac|1790|all year|safe|Wash it with hot water before new flowers.
Hanging test-tube vase|clear|1390|all year|safe|Change the water every two days.
Wall vase|green|1590|all year|safe|Take it off its hook to clean it.
Set of three bud vases|mixed|2290|all year|safe|Rinse them with a bottle brush.
"""
_GIFTS = """
Scented candle|cream|1490|all year|safe|Cut the wick before you light it.
Box of chocolates|brown|990|all year|toxic|Keep it cool and out of reach of dogs.
Flower press|brown|2690|all year|safe|Tighten the screws a little every day.
Seed paper card|white|390|all year|safe|Plant it flat under a thin layer of soil.
Linen ribbon|lilac|450|all year|safe|Iron it at low heat.
Gift box|peach|590|all year|safe|Keep it dry.
Tin of black tea|blue|1190|all year|toxic|Close the lid well.
Beeswax soap|yellow|690|all year|safe|Let it dry between uses.
Jar of flower honey|yellow|790|all year|safe|Warm it gently if it sets.
Strawberry jam|red|550|summer|safe|Keep it in the fridge once it is open.
Flower calendar|mixed|1690|winter|safe|Hang it out of the sun.
Bird feeder|green|1890|winter|safe|Clean it with hot water every week.
Insect hotel|brown|2490|spring|safe|Hang it in the sun, at the height of your eyes.
Linen tea towel|blue|990|all year|safe|Wash it at 60 degrees.
Garden diary|green|1490|all year|safe|Keep it dry.
Paper lantern|orange|890|autumn|safe|Fold it flat when you store it.
Macadamia biscuits|cream|690|all year|toxic|Keep the tin closed and away from dogs.
Silk scarf with roses|pink|2990|all year|safe|Wash it by hand.
Ceramic heart|red|790|all year|safe|Wipe it with a damp cloth.
Soft toy rabbit|peach|1590|all year|safe|Wash it by hand.
"""
_HAMPERS = """
Breakfast hamper with honey and jam|yellow|3490|all year|safe|Open the jars one after the other.
Chocolate hamper|brown|3990|all year|toxic|Keep it cool and out of reach of dogs.
Gardener's hamper with gloves and trowel|green|4490|spring|safe|Keep the tools dry.
Tea hamper with a tin and a cup|blue|3290|all year|toxic|Close the tin well.
New baby hamper with a soft toy|peach|4290|all year|safe|Wash the toy by hand.
Get-well hamper with soap and candle|lilac|2990|all year|safe|Let the soap dry between uses.
Winter hamper with raisin bread|red|4790|winter|toxic|Raisins harm dogs, so keep it on a high shelf.
Summer picnic hamper with jam|coral|5490|summer|safe|Eat it within a week.
Harvest hamper with apples and honey|orange|3890|autumn|safe|Store the apples in a cool place.
Wedding hamper with two cups|white|6490|all year|safe|Wash the cups by hand.
Sweetheart hamper with chocolates and a candle|red|4690|all year|toxic|Keep the chocolates away from dogs.
Herb hamper with basil and rosemary|green|2790|summer|safe|Unpack the pots at once and water them.
Spa hamper with a towel and soap|pink|3690|all year|safe|Let the soap dry between uses.
"""
_SOIL = """
Potting soil, 5 litres|brown|490|all year|safe|Keep the sack closed and dry.
Potting soil, 20 litres|brown|1090|all year|safe|Keep the sack closed and dry.
Orchid bark, 5 litres|brown|790|all year|safe|Soak it for an hour before you use it.
Cactus soil, 5 litres|brown|590|all year|safe|Water a freshly potted cactus only after a week.
Herb and seed soil, 10 litres|brown|690|spring|safe|Press it down lightly before you sow.
Clay pebbles, 5 litres|terracotta|650|all year|safe|Rinse them before use.
Cocoa shell mulch, 20 litres|brown|1290|spring|toxic|Do not use it where dogs play.
Bark mulch, 40 litres|brown|990|autumn|safe|Spread it five centimetres thick.
"""
_FERTILISER = """
Liquid plant food, 500 ml|green|690|spring|toxic|Give half of what the bottle says, on damp soil.
Orchid food, 250 ml|purple|750|all year|toxic|Feed every third time you water.
Rose food, 1 kg|red|890|spring|toxic|Rake it in around the stem in April.
Tomato food, 1 litre|orange|790|summer|toxic|Feed once a week while the plant bears fruit.
Bone meal fertiliser, 1 kg|white|690|autumn|toxic|Store it on a high shelf, because dogs like the smell.
Cut flower food, 10 sachets|clear|390|all year|toxic|Use one sachet for a litre of water.
Lawn feed, 5 kg|green|1690|spring|toxic|Water it in and keep pets off the lawn for two days.
Fertiliser sticks, 20 pieces|green|550|all year|toxic|Push one into the soil every two months.
"""
_PLANTERS = """
Window box, 60 cm|terracotta|1490|spring|safe|Check that the holes are open.
Window box, 80 cm|white|1990|spring|safe|Check that the holes are open.
Hanging basket|green|1690|summer|safe|Water it every day when it is hot.
Hanging planter in macrame|cream|1890|all year|safe|Wash the net by hand.
Balcony rail planter|yellow|2290|spring|safe|Tighten the hook each spring.
Self-watering planter|blue|3290|all year|safe|Fill the tank every two weeks.
Wooden trough, 70 cm|brown|4990|all year|safe|Oil the wood once a year.
Zinc tub|silver|3490|all year|safe|Empty it before the first frost.
Wall planter|coral|1590|all year|safe|Take it down to water it.
Herb planter for the window sill|lilac|2190|all year|safe|Pour off water that stands in the saucer.
Wicker planter|brown|2490|all year|safe|Keep it out of the rain.
Bowl planter|peach|1790|all year|safe|Wipe it with a damp cloth.
"""
_POTS = (  # material, colour, sizes in cm, cents a cm
    ("Clay pot", "terracotta", (9, 12, 16, 20, 28), 55), ("Blue glazed pot", "blue", (12, 16, 20), 95),
    ("White glazed pot", "white", (12, 16, 20), 95), ("Yellow glazed pot", "yellow", (12, 16), 95),
    ("Pink glazed pot", "pink", (12, 16), 95), ("Stoneware pot", "grey", (12, 20, 28), 85),
    ("Tin pot", "silver", (12, 16), 60), ("Basket pot", "brown", (16, 20), 75),
)
_SEEDS = {  # name: colour, toxic
    "Sunflower": ("yellow", False), "Zinnia": ("coral", False), "Cornflower": ("blue", False), "Sweet pea": ("lilac", True),
    "Snapdragon": ("pink", False), "Basil": ("green", False), "Lavender": ("purple", True), "Aster": ("purple", False),
    "Rosemary": ("blue", False), "Calendula": ("orange", False), "Delphinium": ("blue", True), "Foxglove": ("pink", True),
    "Petunia": ("white", False), "Celosia": ("red", False), "Thyme": ("green", False), "Morning glory": ("blue", True),
}
_BULBS = {  # name: colour, season in which they are sold, toxic
    "Yellow tulip bulbs": ("yellow", "autumn", True), "Red tulip bulbs": ("red", "autumn", True),
    "Daffodil bulbs": ("yellow", "autumn", True), "Hyacinth bulbs": ("blue", "autumn", True), "Snowdrop bulbs": ("white", "autumn", True),
    "Crocus bulbs": ("lilac", "autumn", True), "Allium bulbs": ("purple", "autumn", True), "Iris bulbs": ("blue", "autumn", True),
    "Freesia corms": ("cream", "spring", False), "Gladiolus corms": ("coral", "spring", True),
    "Dahlia tubers": ("peach", "spring", True), "Begonia tubers": ("orange", "spring", True), "Ranunculus tubers": ("pink", "autumn", True),
    "Lily bulbs": ("white", "spring", True),
}


def _plants() -> tuple[Plant, ...]:
    """The plants of entities.py with more colours, and the plants of this module."""
    plants = [Plant(p.name, p.plural.removesuffix(" stems"), p.sold, p.toxic, p.season,
                    p.colours + tuple(_MORE_COLOURS.get(p.name, "").split()), p.water, p.light, p.tip) for p in PLANTS + PLANTS_HELD_OUT]
    for line in _MORE.strip().splitlines():
        name, plural, sold, toxic, season, colours, water, light, tip = line.split("|")
        plants.append(Plant(name, plural, sold, toxic == "toxic", season, tuple(colours.split()), water, light, tip))
    return tuple(plants)


def _row(name: str, kind: str, colour: str, price: float, season: str, occasions: Sequence[str], toxic: bool, care: str) -> dict:
    """A product that may be bought for any of ``occasions``; _give_occasions picks the one."""
    return {"name": name[0].upper() + name[1:], "kind": kind, "colour": colour, "price": _round(price), "season": season,
            "occasion": tuple(occasions), "toxic_to_pets": toxic, "care": care}


def _round(price: float) -> float:
    """A shop price: the next lower amount that ends in .90 or .50."""
    whole = int(price)
    return whole + (0.5 if price - whole < 0.5 else 0.9)


def _pick(draw: Draw, rows: Iterable[dict], n: int, taken: Counter) -> list[dict]:
    """``n`` of the rows, such that each colour, season and safety is met about equally often.

    ``taken`` counts what is in the catalogue already and is brought up to date.
    """
    left, chosen = draw.shuffled(list(rows)), []
    while len(chosen) < n:
        row = min(left, key=lambda row: (taken[row["colour"], row["season"], row["toxic_to_pets"]], taken[row["colour"]]))
        left.remove(row)
        chosen.append(row)
        taken[row["colour"], row["season"], row["toxic_to_pets"]] += 1
        taken[row["colour"]] += 1
    return chosen


def _bouquets(draw: Draw, cut: Sequence[Plant]) -> list[dict]:
    rows = []
    for plant in cut:
        for colour in plant.colours:
            stems = draw.choice((5, 7, 10) if plant.name in _HEAVY else (7, 10, 12, 15, 20, 25))
            rows.append(_row(f"Bouquet of {stems} {colour} {plant.plural}", "bouquet", colour, 8 + stems * draw.between(80, 240) / 100,
                             plant.season, _ANY, plant.toxic, f"Change the water {plant.water}. {plant.tip}"))
    return rows


def _bunches(draw: Draw, cut: Sequence[Plant]) -> list[dict]:
    return [_row(f"Small bunch of {colour} {plant.plural}", "bunch", colour, draw.between(14, 29) / 2, plant.season, _ANY, plant.toxic,
                 f"Change the water {plant.water}. {plant.tip}")
            for plant in cut if plant.name not in _HEAVY for colour in plant.colours]


def _mixed_bouquets(draw: Draw, cut: Sequence[Plant]) -> list[dict]:
    """Bouquets of two flowers that bloom at the same time, in one colour or in two, and flowers with eucalyptus."""
    rows = []
    social = [plant for plant in cut if plant.name not in _ALONE]
    for first in social:
        for second in social:
            if first.name >= second.name or not (first.season == second.season or "all year" in (first.season, second.season)):
                continue
            season = second.season if first.season == "all year" else first.season
            toxic = first.toxic or second.toxic
            care = f"Change the water {_more_often(first.water, second.water)}. {(first if draw.chance(0.5) else second).tip}"
            price = draw.between(19, 64) + draw.choice((0.5, 0.9))
            one = [colour for colour in first.colours if colour in second.colours]
            if one:
                colour = draw.choice(one)
                form = draw.choice(("Mixed bouquet of {c} {a} and {b}", "Hand-tied bouquet of {c} {a} and {b}",
                                    "{C} bouquet with {a} and {b}"))
                name = form.format(c=colour, C=colour.capitalize(), a=first.plural, b=second.plural)
                rows.append(_row(name, "bouquet", colour, price, season, _ANY, toxic, care))
            two = [(a, b) for a in first.colours for b in second.colours if a != b]
            a, b = draw.choice(two)
            name = draw.choice(("Bouquet of {a} and {b}", "{A} with {b}")).format(
                a=f"{a} {first.plural}", A=f"{a} {first.plural}".capitalize(), b=f"{b} {second.plural}")
            if draw.chance(0.3):
                rows.append(_row(name, "bouquet", "mixed", price, season, _ANY, toxic, care))
    for plant in social:
        colour = draw.choice(plant.colours)
        rows.append(_row(f"{colour} {plant.plural} with eucalyptus", "bouquet", colour, draw.between(24, 54), plant.season, _ANY, True,
                         f"Change the water {plant.water}. The eucalyptus dries well when the flowers have faded."))
    return rows


def _more_often(first: str, second: str) -> str:
    return min(first, second, key=("every day", "every two days", "every three days").index)


def _arrangements(draw: Draw, cut: Sequence[Plant], taken: Counter) -> list[dict]:
    rows = []
    for occasion, (form, low, high) in _ARRANGEMENTS.items():
        options = [_row(f"{form} of {colour} {plant.plural}", "arrangement", colour, draw.between(low, high), plant.season, (occasion,),
                        plant.toxic, f"Pour a little water into the foam {plant.water}.")
                   for plant in cut if plant.name not in _ALONE for colour in plant.colours]
        rows += _pick(draw, options, 4, taken)
    return rows


def _dried(draw: Draw) -> list[dict]:
    rows = []
    for _, plural, toxic, colours in _DRIED:
        rows += [_row(f"Dried bunch of {colour} {plural}", "dried flowers", colour, draw.between(9, 32), "all year", _ANY, toxic,
                      "Keep it dry and out of the sun.") for colour in colours.split()]
    return rows


def _wreaths(draw: Draw) -> list[dict]:
    return [_row(name, "wreath", colour, draw.between(24, 42) if name.startswith(("Door", "Flower")) else draw.between(49, 95), season,
                 _WREATH_OCCASIONS[name.split()[0]], toxic, "Hang or lay it in a cool place and spray it with water."
                 if "dried" not in name and "wheat" not in name else "Keep it dry and out of the sun.")
            for name, colour, season, toxic in _WREATHS]


def _potted(draw: Draw, pot: Sequence[Plant]) -> list[dict]:
    """Every potted plant in each colour, in one or two sizes."""
    rows = []
    for plant in pot:
        for colour in plant.colours:
            name = plant.name if plant.colours == (colour,) else f"{colour} {plant.name}"
            care = f"Water it {plant.water}. Place it in {plant.light}. {plant.tip}"
            sizes = ((9, 7, 13), (14, 15, 29), (21, 32, 59)) if plant.season == "all year" and colour == "green" else ((12, 9, 27),)
            rows += [_row(f"{name}, {size} cm pot", "plant", colour, draw.between(low, high), plant.season, _POTTED, plant.toxic, care)
                     for size, low, high in sizes]
    return rows


def _things(text: str, kind: str, occasions: Sequence[str]) -> list[dict]:
    rows = []
    for line in text.strip().splitlines():
        name, colour, cents, season, toxic, care = line.split("|")
        own = tuple(occasion for occasion in OCCASIONS if name.lower().startswith(occasion.lower().replace(" ", "-"))
                    or name.lower().startswith(occasion.lower()))
        rows.append(_row(name, kind, colour, int(cents) / 100, season, own or occasions, toxic == "toxic", care))
    return rows


def _hand_written(draw: Draw) -> list[dict]:
    rows = [_row(f"{name}, {size} cm", "pot", colour, size * cents / 100 + draw.between(0, 3), "all year", _HOME, False,
                 "Wipe it with a damp cloth.") for name, colour, sizes, cents in _POTS for size in sizes]
    rows += [_row(f"{name} seeds", "seeds", colour, draw.between(4, 8) / 2, "spring", _HOME, toxic,
                  "Sow them in spring, as deep as the seed is thick, and keep them damp.") for name, (colour, toxic) in _SEEDS.items()]
    rows += [_row(name, "bulbs", colour, draw.between(7, 17) / 2, season, _HOME, toxic,
                  f"Plant them in {season}, twice as deep as they are high.") for name, (colour, season, toxic) in _BULBS.items()]
    return (rows + _things(_PLANTERS, "planter", _HOME) + _things(_TOOLS, "tool", _WORK) + _things(_VASES, "vase", _FESTIVE)
            + _things(_GIFTS, "gift", _ANY) + _things(_HAMPERS, "hamper", _ANY) + _things(_SOIL, "soil", _WORK)
            + _things(_FERTILISER, "fertiliser", _WORK))


def price_band(price: float) -> str:
    """"low" up to 15 euros, "middle" up to 30, "high" above."""
    return "low" if price <= 15 else "middle" if price <= 30 else "high"


def _give_occasions(draw: Draw, rows: Sequence[dict]) -> list[dict]:
    """The rows with one occasion each, such that all pairs with colour, season, price band and safety have members."""
    met: Counter = Counter()
    result = []
    for row in sorted(draw.shuffled(rows), key=lambda row: len(row["occasion"])):
        colour, season, toxic, band = row["colour"], row["season"], row["toxic_to_pets"], price_band(row["price"])
        groups = (("colour", colour), ("season", season), ("safety", season, toxic), ("band", band, toxic), ("kind", row["kind"]), ("all",))
        weights = (20 if colour in COLOURS else 0, 5, 15, 5, 5, 1)
        occasion = min(draw.shuffled(row["occasion"]),
                       key=lambda name: sum(weight * met[(*group, name)] for group, weight in zip(groups, weights)))
        for group in groups:
            met[(*group, occasion)] += 1
        result.append({**row, "occasion": occasion})
    return result


def _stock(draw: Draw, row: dict) -> int:
    """Pieces in the greenhouse on a day in May: nothing out of season, little of what is large."""
    perishable = row["kind"] in ("bouquet", "bunch", "arrangement")
    seasonal = perishable or row["kind"] in ("plant", "bulbs")
    missing = {"autumn": seasonal, "winter": seasonal, "summer": perishable and draw.chance(0.4)}
    if missing.get(row["season"], False) or draw.chance(0.05):
        return 0
    most = {"low": 120, "middle": 60, "high": 25}[price_band(row["price"])]
    return draw.between(1, most // 2 if perishable else most)


def _catalogue(draw: Draw) -> list[dict]:
    plants = _plants()
    cut = [plant for plant in plants if plant.sold == "cut"]
    pot = [plant for plant in plants if plant.sold == "pot"]
    taken: Counter = Counter()
    rows = _hand_written(draw) + _wreaths(draw) + _dried(draw)
    rows += _arrangements(draw, cut, taken)
    rows += _pick(draw, _potted(draw, pot), 75, taken)
    rows += _pick(draw, _mixed_bouquets(draw, cut), 70, taken)
    rows += _pick(draw, _bunches(draw, cut), 44, taken)
    rows += _pick(draw, _bouquets(draw, cut), sum(ROWS.values()) - len(rows), taken)
    return [{**row, "stock": _stock(draw, row)} for row in _give_occasions(draw, rows)]


def products(seed: int = 0) -> dict[str, list[dict]]:
    """The whole catalogue with ids P001 …, dealt to the splits in random order."""
    draw = Draw(f"products {seed}")
    rows = draw.shuffled(_catalogue(draw))
    result, start = {}, 0
    for split, count in ROWS.items():
        result[split] = [{"id": f"P{number:03d}", **row} for number, row in enumerate(rows[start:start + count], start + 1)]
        start += count
    return result


DATA_SETS = (DataSet(
    name="products",
    description="The catalogue: flowers, plants, pots, tools, seeds, bulbs and gifts with price, season, care and stock.",
    made=("Forms, colours, seasons and toxicity come from tables of real flowers and plants, written by hand; pots, tools, gifts "
          "and hampers are written by hand. Prices and stock are drawn at random. A mixed product is toxic if one part is. Occasions "
          "are dealt so that each occurs with every colour, season, price band and with pet-safe products."),
    columns={
        "id": "P001 …", "name": "as in the shop",
        "kind": "bouquet, bunch, arrangement, wreath, dried flowers, plant, pot, planter, vase, tool, gift, hamper, seeds, bulbs, soil "
                "or fertiliser",
        "colour": "one word; mixed if there are several", "price": "in euros", "season": "when it is sold, or all year",
        "occasion": "what it is often bought for", "toxic_to_pets": "true if it harms cats or dogs that eat it",
        "care": "one to three sentences", "stock": "pieces in the greenhouse",
    },
    rows=products,
    limits=("The notes on toxic plants follow common advice and are no substitute for a vet.",
            "One occasion a product is a simplification: most flowers suit several."),
),)

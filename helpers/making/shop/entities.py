"""The things and people of Marigold's world. Facts about plants are real.

Names that only held-out text may use are in the ``*_HELD_OUT`` tuples, so that
a model can be asked about people and places that it has never read of.
"""

from __future__ import annotations

from dataclasses import dataclass

SHOP = "Marigold"

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August",
          "September", "October", "November", "December")
SLOTS = ("in the morning", "before noon", "at noon", "in the afternoon", "in the evening",
         "before nine", "after five", "at lunch time")
SEASONS = ("spring", "summer", "autumn", "winter", "all year")
COLOURS = ("white", "cream", "pink", "red", "yellow", "orange", "purple", "blue", "peach", "lilac",
           "green", "coral")
OCCASIONS = ("birthday", "wedding", "anniversary", "housewarming", "graduation", "retirement",
             "new baby", "thank you", "get well", "sympathy", "Mother's Day", "Valentine's Day")
# What one sends flowers for, as it stands after "for".
EVENTS = ("a birthday", "a wedding", "an anniversary", "a housewarming", "a graduation", "a retirement",
          "a new baby", "a dinner", "a school concert", "a first day at work")
EVENTS_HELD_OUT = ("a book launch", "a farewell party", "a golden wedding", "a shop opening")

NAMES = tuple("""
Ada Adam Agnes Alba Alec Alma Amos Anna Arlo Asha Basil Bea Bela Ben Bruno Cara Carl Celia Clara Cleo
Cora Dan Dara David Dina Dora Edda Edith Eli Elsa Emil Emma Enzo Erik Esme Eva Ezra Fay Felix Fern
Finn Flora Frank Freda Gail Gina Greta Gus Hana Hank Hazel Helen Hugo Ida Ines Ira Iris Ivan Ivo Jack
Jana Jane Jonas Josie Juan Jude Julia Karl Kate Kira Kofi Lara Lars Lea Lena Leo Lila Lin Lisa Liv
Lola Luca Lucy Luis Luna Mae Mara Marco Maria Mark Marta Matt Maya Mei Mia Mila Milo Mina Mona Nadia
Nina Noah Noor Nora Olga Olive Omar Oscar Otto Owen Pablo Paula Pearl Pete Petra Quinn Rafa Ralph Rena
Rita Rob Rosa Ruth Sam Sara Saul Sean Sid Silas Simon Sofia Stan Stella Sven Talia Tariq Tess Theo
Tilda Tim Tom Tova Uma Una Vera Vic Viola Walt Wanda Wes Willa Xenia Yara Yusuf Zara Zeno Zoe
""".split())
NAMES_HELD_OUT = tuple("""
Abel Aida Anton Astrid Bodil Caleb Carmen Dario Delia Edgar Elin Farah Gideon Hilda Imran Isla Joan
Kaya Ken Laszlo Linus Mabel Marlon Nell Nils Odette Pia Priya Rory Sanna Selma Tara Ugo Vito Wilma Yann
""".split())
# Two-syllable names made from a grid: copying a name that was never seen is learnt
# from many rare names, not from a few frequent ones.
_FIRST = tuple("Ba Be Bo Da De Do Fa Fe Ka Ke Ko La Le Lo Ma Me Mo Na Ne No Pa Pe Po Ra Re Ro Sa Se So Ta Te To".split())
_SECOND = tuple("bin dan del dor fin gan kas len lin lo mar mel mi nor pel ran rin ro sen ta tin von wen zo".split())
_GRID = tuple((i, j, first + second) for i, first in enumerate(_FIRST) for j, second in enumerate(_SECOND))
MADE_NAMES = tuple(name for i, j, name in _GRID if (i + 3 * j) % 8)
MADE_NAMES_HELD_OUT = tuple(name for i, j, name in _GRID if not (i + 3 * j) % 8)

STREETS = ("Mill Lane", "Park Road", "Station Street", "Harbour Street", "Oak Avenue", "Church Row",
           "Bridge Street", "Garden Close", "Hill Road", "Market Square", "Elm Street", "River Walk",
           "Orchard Way", "North Street", "Canal Road", "School Lane")
STREETS_HELD_OUT = ("Lantern Court", "Weaver Street", "Cherry Hill", "Old Quay", "Tanner Row", "Meadow View")
PLACES = ("the office", "the school", "the hotel", "the hospital", "the library", "the bakery",
          "the town hall", "the station", "the clinic", "the church", "the theatre", "the bank")
PLACES_HELD_OUT = ("the museum", "the harbour", "the music school", "the post office")
STAFF = ("Rosalind", "Tobias", "Ingrid", "Mateo", "Lotte", "Bram")
STAFF_HELD_OUT = ("Henrik", "Paloma")


@dataclass(frozen=True)
class Plant:
    """A flower or plant. ``toxic``: harmful to cats or dogs if eaten."""

    name: str
    plural: str
    sold: str        # "cut" or "pot"
    toxic: bool
    season: str
    colours: tuple[str, ...]
    water: str       # completes "Water ..." or, for cut flowers, "Change the water ..."
    light: str       # completes "Place it in ..."
    tip: str         # one sentence


def _plants(rows: str) -> tuple[Plant, ...]:
    plants = []
    for row in rows.strip().splitlines():
        name, plural, sold, toxic, season, colours, water, light, tip = (part.strip() for part in row.split("|"))
        plants.append(Plant(name, plural, sold, toxic == "toxic", season, tuple(colours.split()), water, light, tip))
    return tuple(plants)


PLANTS = _plants("""
rose|roses|cut|safe|all year|red white pink yellow peach|every two days|a cool bright room|Remove the lower leaves and cut the stems at an angle.
tulip|tulips|cut|toxic|spring|yellow red pink purple white|every day|a cool room|Tulips keep growing in the vase, so cut them again after two days.
lily|lilies|cut|toxic|summer|white pink orange|every three days|a bright room|Pinch off the pollen before it falls and stains.
sunflower|sunflowers|cut|safe|summer|yellow orange|every day|a bright room|Use a heavy vase, because the heads are heavy.
peony|peonies|cut|toxic|spring|pink white coral|every two days|a cool room|Buy them in bud and let them open at home.
carnation|carnations|cut|toxic|all year|pink red white|every three days|a cool bright room|Carnations last up to three weeks when the water is fresh.
gerbera|gerberas|cut|safe|summer|orange pink yellow red|every day|a bright room|Keep the water low, because the stems rot easily.
freesia|freesias|cut|safe|spring|yellow white lilac|every two days|a cool room|Take off the lowest faded bloom and the next one will open.
snapdragon|snapdragons|cut|safe|summer|pink yellow white|every two days|a bright room|Keep the stems upright, since they bend towards the light.
ranunculus|ranunculuses|cut|toxic|spring|peach white orange|every two days|a cool room|The stems are hollow, so handle them with care.
anemone|anemones|cut|toxic|spring|white blue purple|every day|a cool room|Anemones drink a lot, so check the water every morning.
hyacinth|hyacinths|cut|toxic|spring|blue pink white|every two days|a cool room|Do not cut off the white base, because it helps the stem drink.
iris|irises|cut|toxic|spring|blue purple yellow|every two days|a cool room|Choose stems with tight buds that show a little colour.
dahlia|dahlias|cut|toxic|autumn|red orange pink purple|every day|a cool room|Dahlias do not open after cutting, so pick open blooms.
chrysanthemum|chrysanthemums|cut|toxic|autumn|yellow white purple|every three days|a cool bright room|Strip the leaves below the water line, because they rot first.
aster|asters|cut|safe|autumn|purple pink white|every two days|a cool room|Asters fill the gaps in a big bouquet.
zinnia|zinnias|cut|safe|summer|coral orange pink|every day|a bright room|Add one drop of bleach to keep the water clear.
delphinium|delphiniums|cut|toxic|summer|blue lilac white|every two days|a cool room|Keep them away from fruit, which makes the petals drop.
sweet pea|sweet peas|cut|toxic|spring|lilac pink white|every day|a cool room|Sweet peas last only five days, but they fill a room with scent.
lisianthus|lisianthus stems|cut|safe|summer|purple white pink|every two days|a bright room|Remove open blooms that fade and the buds will follow.
cornflower|cornflowers|cut|safe|summer|blue white pink|every two days|a bright room|Cornflowers dry well when they hang upside down.
stock|stocks|cut|safe|spring|lilac cream pink|every day|a cool room|Cut woody ends off, since they cannot drink.
hydrangea|hydrangeas|cut|toxic|summer|blue pink white|every day|a cool room out of the sun|Revive a limp head by laying it in cool water.
orchid|orchids|pot|safe|all year|white pink purple|once a week|bright light without direct sun|Let the roots dry a little before you water again.
monstera|monsteras|pot|toxic|all year|green|once a week|bright light without direct sun|Wipe the leaves with a damp cloth.
peace lily|peace lilies|pot|toxic|all year|white|twice a week|shade or soft light|It droops when it is thirsty and recovers in an hour.
snake plant|snake plants|pot|toxic|all year|green|every three weeks|almost any light|Too much water is the only thing that kills it.
spider plant|spider plants|pot|safe|all year|green|once a week|bright light|Plant the small runners and you get new plants.
Boston fern|Boston ferns|pot|safe|all year|green|every two days|soft light|Mist the leaves when the heating is on.
aloe|aloes|pot|toxic|all year|green|every two weeks|a sunny window|Use a pot with a hole, since wet roots rot.
jade plant|jade plants|pot|toxic|all year|green|every two weeks|a sunny window|Let the soil dry out completely.
calathea|calatheas|pot|safe|all year|green|twice a week|soft light|It likes rain water better than tap water.
parlour palm|parlour palms|pot|safe|all year|green|once a week|soft light|Trim brown tips with clean scissors.
African violet|African violets|pot|safe|all year|purple pink white|once a week|bright light without direct sun|Water it from below, because wet leaves get spots.
azalea|azaleas|pot|toxic|spring|pink red white|every two days|a cool bright room|Never let the soil dry out while it blooms.
cyclamen|cyclamens|pot|toxic|winter|pink white red|twice a week|a cool bright room|Pour the water into the saucer, not on the leaves.
amaryllis|amaryllis bulbs|pot|toxic|winter|red white pink|once a week|a sunny window|Turn the pot a little every day so the stem grows straight.
poinsettia|poinsettias|pot|toxic|winter|red white|once a week|a bright warm room|Keep it away from cold draughts.
lavender|lavender plants|pot|toxic|summer|purple|once a week|full sun|Cut it back after it has bloomed.
rosemary|rosemary plants|pot|safe|all year|blue|once a week|full sun|Cut small sprigs often and it stays bushy.
basil|basil plants|pot|safe|summer|green|every day|a sunny window|Pick the top leaves first.
jasmine|jasmine plants|pot|safe|summer|white|twice a week|a sunny window|Tie the long shoots to a hoop.
camellia|camellias|pot|safe|winter|pink white red|twice a week|a cool bright room|Do not move it while it is in bud.
gardenia|gardenias|pot|toxic|summer|white|twice a week|bright light without direct sun|It likes the same warm spot all year.
""")

# Held out: never in training text.
PLANTS_HELD_OUT = _plants("""
protea|proteas|cut|safe|winter|pink orange|every two days|a bright room|Proteas dry in the vase and stay pretty for months.
foxglove|foxgloves|cut|toxic|summer|pink purple|every day|a cool room|Wash your hands after you arrange them.
begonia|begonias|pot|toxic|summer|coral white|twice a week|bright light without direct sun|Take off soft leaves at once.
money tree|money trees|pot|safe|all year|green|every ten days|bright light without direct sun|Turn it every week so that it grows evenly.
""")

# Cut flowers whose plural reads well with "a bouquet of".
VASES = ("glass vase", "tall vase", "clay jug", "stone vase", "brass vase", "milk jug", "round vase")
TOOLS = ("pruning shears", "watering can", "hand trowel", "plant mister", "garden gloves", "flower scissors",
         "moisture meter", "seed tray", "potting bench", "plant trolley")
GIFTS = ("scented candle", "box of chocolates", "greeting card", "gift box", "linen ribbon", "flower press")
TOOLS_HELD_OUT = ("grafting knife", "bulb planter", "soil sieve")

CARRIERS = ("bike", "van", "courier", "post")


def article(noun: str) -> str:
    """``noun`` with its indefinite article: "an orchid", "a rose", "a uniform"."""
    first = noun.split()[0].lower()
    vowel = first[0] in "aeiou" and not first.startswith(("uni", "use", "eu", "one"))
    return f"{'an' if vowel else 'a'} {noun}"


def money(cents: int) -> str:
    """A price as the shop writes it: 2450 → "24.50 euros", 2400 → "24 euros"."""
    return f"{cents // 100} euros" if cents % 100 == 0 else f"{cents // 100}.{cents % 100:02d} euros"


def spell(n: int) -> str:
    """A small number as a word (0 … 12)."""
    return ("zero one two three four five six seven eight nine ten eleven twelve").split()[n]

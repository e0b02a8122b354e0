"""Sentences with their named entities: people, products, places, dates, amounts of money, order numbers.

A sentence is a frame of ``entity_sentences_train.toml`` or ``entity_sentences_test.toml`` with its slots
filled. The rules of what counts as an entity:

- PERSON: first names, family names and both together, without a title ("Dr", "Mrs").
- PRODUCT: what a flower shop sells (flowers, plants, vases, tools, gifts), where it is bought, ordered, sold,
  brought or praised, without article and number but with its adjectives ("white orchid"). A flower that
  grows in nature or is only talked about in general is no product, and neither are goods of other trades.
- PLACE: names of towns, countries, streets with house number, and named houses ("Hotel Aurora").
  "the library" is no name.
- DATE: days, months and years, and words that count them from today ("tomorrow", "next Friday", "last week"),
  without preposition. Times of day ("at nine", "in the morning") and durations are no dates.
- MONEY: an amount with its currency. A number alone is none.
- ORDER: the number of an order or parcel, without the word "order".
"""

from __future__ import annotations

import re
import tomllib
from functools import cache

from helpers.making.shop import phrase_files
from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import MONTHS, PLANTS, PLANTS_HELD_OUT, WEEKDAYS
from helpers.making.shop.world import SPLITS, world

ROWS = {"train": 4_000, "validation": 400, "test": 800}
LABELS = ("PERSON", "PRODUCT", "PLACE", "DATE", "MONEY", "ORDER")
MAX_ENTITIES = 5


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _items(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for line in text.strip().splitlines() for part in line.split(",") if part.strip())


# Some of these are words or places too: Rose, May, Mark, Paris, Jordan.
FIRST_NAMES = _words("""
Aaron Abdul Abigail Adele Adrian Agata Ahmed Aisha Akira Alan Albert Alejandro Alexandra Alfred Alice Alicia Alina Alisha
Amanda Amara Amelia Amina Amir Amit Ana Anders Andrea Andrew Angela Anita Anjali Annabel Anthony Antonio April Arjun Arthur
Arturo Ashley Astor Audrey Aurora Ayesha Ayumi Barbara Beatrice Benjamin Bernard Bianca Bilal Birgit Boris Brenda Brian Brigitte
Camila Carlos Carol Caroline Catherine Cecilia Chang Charles Charlotte Chen Chiara Chidi Chloe Christine Christopher Claire
Claudia Colin Connor Craig Cristina Cyril Daisy Daniel Daniela Dariusz Darren Dawit Deborah Deepak Denis Derek Diana Diego
Dimitri Dmitri Dolores Dominic Donald Dorothy Duncan Dylan Edward Efua Ekaterina Eleanor Elena Elias Elizabeth Ella Ellen
Emeka Emily Enrique Eric Ernesto Esther Ethan Eugene Evelyn Fabio Fatima Federico Feng Fernando Fiona Florence Francesca
Francis Francois Frederik Gabriel Gareth George Georgia Gerald Gerhard Giorgio Giovanni Giulia Gloria Gordon Grace Graham
Grzegorz Guillaume Gustav Habib Hamza Hannah Haruto Harry Hassan Heather Heidi Helena Henry Hiroshi Holly Hope Howard
Hussein Ian Ibrahim Ingrid Irina Isabel Isaac Ismail Ivy Jacob Jacqueline James Jamila Janet Jasmine Jason Javier Jean
Jennifer Jeremy Jessica Jin Joanna Joaquin Johannes John Jonathan Jordan Jorge Jose Joseph Joshua Joyce Judith Julian
Juliette June Kamal Karen Katarina Kathleen Kavita Kazuo Keiko Keith Kelly Kenji Kevin Khadija Kim Klaus Kristina Kwame
Laila Latifa Laura Laurent Lauren Leila Leonardo Li Liam Lily Linda Ling Lorenzo Louis Louise Lucia Lukas Lydia Maddalena
Magda Mahmoud Malik Manuel Marcel Margaret Marina Mario Mark Martin Martina Mary Mateusz Matilda Matthew Maurice Max May
Mehmet Melissa Mercedes Michael Michelle Miguel Mikhail Mina Miriam Mohammed Monica Monika Murat Nadine Naomi Natalia Natasha
Nathan Neha Neil Nelson Nicholas Nicole Nikhil Nikolai Nigel Norma Oksana Oleg Oliver Olivia Pamela Paolo Paris Patricia
Patrick Paul Pauline Pavel Pedro Penelope Peter Philip Pierre Rachel Rahul Rajesh Ramona Ramesh Raymond Rebecca Ricardo
Richard Robert Roberto Rodrigo Roger Rohan Roland Roman Rose Roxana Russell Ryan Sabine Saeed Salma Samantha Samuel Sandra
Sanjay Santiago Sarah Satoshi Scott Sebastian Sergei Shanice Sharon Shirin Shreya Sidney Simone Sonia Sophie Stanislav
Stefan Stephanie Stephen Steven Sunita Susan Suzanne Svetlana Sylvia Tadeusz Takeshi Tamara Tanya Tatiana Teresa Thabo
Thomas Tiago Timothy Tobias Tomoko Tracy Trevor Ursula Valentina Valerie Vanessa Vasily Veronica Victor Victoria Vikram
Vincent Violet Virginia Vladimir Walter Wei Wendy Will William Wolfgang Xavier Yasmin Yolanda Yuki Yusra Yvonne Zainab Zofia
""")
FIRST_NAMES_HELD_OUT = _words("""
Adaeze Aditi Agnieszka Alasdair Amadou Anneliese Anselm Arabella Aurelio Babette Beatriz Bjorn Bogdan Brendan Bronwen Cedric
Chiyo Clement Cordula Cosima Dagmar Damian Desmond Dilip Dragana Eamon Edwina Eilidh Eleni Elodie Emre Eudora Evander Ewa
Fabienne Faisal Fergus Fumiko Gaspard Gemma Giacomo Gunnar Gwen Harriet Hideo Ignacio Ilse Indira Isidora Iwona Jamal Jarek
Jovana Kasper Katya Kerstin Kiran Kofo Leonie Lionel Ludmila Lupita Magnus Maren Mbali Mireille Moira Nasser Nikos Nuria
Obinna Oona Orla Osvaldo Paloma Percy Pilar Quentin Radek Rania Rosamund Ruben Ruslan Saoirse Shankar Siobhan Solange Soren
Tamsin Tariku Thora Tuan Ulrike Vimala Wanjiru Winifred Xiomara Yannick Yelena Zeynep Zuzana
""")
FAMILY_NAMES = _words("""
Abbott Adams Ahmadi Akhtar Allen Almeida Andersen Anderson Bailey Baker Banerjee Barnes Bauer Becker Bell Bennett Berg Bernard
Bianchi Black Blanc Bondarenko Brandt Brown Bui Burns Butler Byrne Campbell Carter Castro Chan Chaudhry Clark Clarke Cohen
Cole Collins Conti Cook Cooper Costa Cruz Danso Davies Davis Delgado Dias Diaz Dubois Duarte Duong Edwards Eriksson Esposito
Evans Fernandez Ferrari Fischer Fisher Fletcher Foster Fox Friedman Fujita Garcia Gardner Georgiou Gibson Gomez Gonzalez
Gray Green Greco Griffin Gruber Gupta Haddad Hall Hansen Harris Hassani Hayashi Hernandez Hill Hoffmann Horvat Huang
Hughes Hunt Hunter Ibanez Ivanov Jackson Jansen Jenkins Jensen Johansson Johnson Jones Joshi Kamara Kaminski Kapoor Kato
Kaur Keller Kelly Kennedy Khan King Klein Knight Kobayashi Kovacs Kowalski Kumar Lambert Larsen Laurent Lee Lehmann Leroy
Lewis Lindgren Lopez Ma Mahlangu Marino Marquez Marsh Martinez Mason Mbeki Mehta Mendoza Merkel Meyer Miller Mitchell
Molina Moore Morales Moreau Morgan Morris Moyo Murphy Murray Musa Nakamura Navarro Nguyen Nielsen Novak Nowak Obi O'Brien
Okafor Olsen O'Neill Ortiz Osman Owens Palmer Papadopoulos Park Parker Patel Pereira Perez Perry Petersen Petrov Phillips
Popescu Price Ramirez Rao Reed Reyes Ricci Rivera Robinson Romano Rossi Roy Russo Sanchez Santos Sato Schmidt Schneider
Schulz Scott Shah Sharma Shaw Silva Singh Smith Sokolov Stewart Stone Sullivan Suzuki Svensson Tanaka Taylor Thompson Torres
Tran Turner Vargas Vasquez Visser Vogel Wagner Walker Wang Ward Watanabe Watson Weber West White Williams Wilson Wong Wood
Woods Wright Yamamoto Yilmaz Young Zhang Zhou Zimmermann
""")
FAMILY_NAMES_HELD_OUT = _words("""
Achterberg Adeyemi Aguilar Ainsworth Albrecht Aydin Barbieri Beaumont Bergstrom Blackwood Boateng Calloway Cardoso Chukwu
Corrigan Dalgaard Demir Dimitrov Donnelly Ekström Fairfax Falk Farrow Fitzgerald Fontaine Gallagher Goncalves Halloran
Hashimoto Hawthorne Holloway Iyer Jarvinen Kaplan Karlsson Keating Kimura Kruger Lefebvre Lindqvist Lombardi Mackenzie
Maldonado Marchetti McAllister Mensah Mukherjee Ndlovu Nygaard Oduya Okonkwo Osborne Pellegrini Pham Quigley Rasmussen
Reinhardt Saito Salazar Sandoval Sinclair Steiner Szabo Takahashi Thackeray Tremblay Ueda Valdez Verhoeven Whitaker Wojcik
Yamada Zapata Zhao
""")

CITIES = _items("""
London, Paris, Berlin, Madrid, Rome, Vienna, Prague, Warsaw, Budapest, Athens, Lisbon, Dublin, Oslo, Stockholm, Helsinki
Copenhagen, Amsterdam, Brussels, Zurich, Geneva, Munich, Hamburg, Cologne, Milan, Naples, Turin, Venice, Florence, Barcelona
Seville, Valencia, Porto, Lyon, Marseille, Bordeaux, Lille, Manchester, Leeds, Bristol, Glasgow, Edinburgh, Cardiff, Belfast
Oxford, York, New York, Boston, Chicago, Denver, Dallas, Houston, Seattle, Los Angeles, San Francisco, Miami, Toronto, Montreal
Vancouver, Mexico City, Havana, Lima, Bogota, Santiago, Buenos Aires, Sao Paulo, Rio de Janeiro, Cairo, Casablanca, Lagos, Accra
Nairobi, Cape Town, Johannesburg, Addis Ababa, Istanbul, Ankara, Tel Aviv, Beirut, Dubai, Tehran, Karachi, Lahore, Delhi, Mumbai
Kolkata, Dhaka, Bangkok, Hanoi, Singapore, Jakarta, Manila, Hong Kong, Shanghai, Beijing, Seoul, Tokyo, Osaka, Kyoto, Sydney
Melbourne, Perth, Auckland, Wellington, Reading, Bath, Nice
""")
COUNTRIES = _items("""
France, Germany, Spain, Italy, Portugal, Poland, Austria, Switzerland, Greece, Turkey, Norway, Sweden, Finland, Denmark, Ireland
Scotland, England, Wales, Canada, Mexico, Brazil, Argentina, Chile, Peru, Egypt, Morocco, Nigeria, Ghana, Kenya, South Africa, India
Pakistan, China, Japan, South Korea, Thailand, Vietnam, Indonesia, Australia, New Zealand, Russia, Ukraine, Romania, Hungary, Belgium
Jordan
""")
CITIES_HELD_OUT = _items("""
Tallinn, Riga, Vilnius, Ljubljana, Zagreb, Sofia, Bucharest, Krakow, Salzburg, Basel, Antwerp, Utrecht, Bergen, Gothenburg
Aarhus, Norwich, Durham, Galway, Nantes, Toulouse, Granada, Bologna, Palermo, Thessaloniki, Philadelphia, Portland, New Orleans
Quebec City, Guadalajara, Quito, Montevideo, Tunis, Dakar, Kampala, Durban, Amman, Doha, Chennai, Colombo, Kathmandu, Phnom Penh
Kuala Lumpur, Taipei, Busan, Sapporo, Brisbane, Adelaide
""")
COUNTRIES_HELD_OUT = _items("Iceland, Croatia, Slovenia, Estonia, Cuba, Colombia, Uruguay, Senegal, Tanzania, Malaysia, Nepal, Bolivia")
_STREETS = (_items("""
Mill, Park, Station, Harbour, Oak, Church, Bridge, Garden, Hill, Market, Elm, River, Orchard, North, Canal, School, King, Queen
Victoria, Baker, Maple, Willow, Castle, Abbey, Brook, Field, Forest, Green, High, Lake, Linden, London, Monument, Rose, South, Spring
Temple, Union, Water, Wood
"""), ("Street", "Lane", "Road", "Avenue", "Close", "Square", "Row", "Way"))
_STREETS_HELD_OUT = (_items("""
Lantern, Weaver, Cherry, Tanner, Meadow, Cooper, Foundry, Gallows, Heron, Juniper, Kestrel, Lighthouse, Nettle, Priory, Quarry
Saddler, Vineyard, Windmill
"""), ("Court", "Hill", "Quay", "Terrace", "Gate", "Crescent"))
_VENUES = (_items("Hotel, Café, Villa, Pension, Restaurant, Cinema"),
           _items("Aurora, Bellevue, Central, Astoria, Metropol, Belmonte, Miramar, Sonne, Panorama, Excelsior, Flora, Europa"),
           _items("Riverside, Northgate, Hillview, Linden, Greenfield, Lakeside, Redbrick, Kingsway, Southbank, Woodland"),
           _items("Clinic, School, Library, Theatre, Church, Museum, Hospital, Station, Hotel, Town Hall"))
_VENUES_HELD_OUT = (_items("Gasthaus, Bistro, Residence, Brasserie"),
                    _items("Lorelei, Santa Lucia, Concordia, Montana, Odeon, Tivoli"),
                    _items("Ashgrove, Eastfield, Stonebridge, Whitehall, Fernhill"),
                    _items("Academy, Nursery, Chapel, Arena, Gallery, Post Office"))
_ADJECTIVES = _items("""
Sunny, Golden, Morning, Country, Royal, Sweet, Little, Happy, Spring, Summer, Velvet, Classic, Garden, Rainbow, Midnight, Cosy
Honey, Meadow, Silver, Lucky
""")
_ADJECTIVES_HELD_OUT = _items("Amber, Twilight, Harvest, Breezy, Festive, Nordic, Cloudy, Gentle")
_FORMS = _items("Bunch, Bouquet, Basket, Box, Posy, Wreath, Set, Trio")
_FORMS_HELD_OUT = _items("Garland, Hamper, Crate, Arrangement")
_GOODS = _items("""
glass vase, tall vase, clay jug, stone vase, brass vase, milk jug, round vase, bud vase, pruning shears, watering can, hand trowel
plant mister, flower scissors, moisture meter, seed tray, pruning saw, plant stand, kneeling mat, rain gauge, garden fork, scented candle
box of chocolates, greeting card, gift box, linen ribbon, flower press, tea tin, beeswax soap, bag of potting soil, hanging basket
terracotta pot, dried wreath, gift voucher, bird feeder, jar of honey, herb box
""")
_GOODS_HELD_OUT = _items("""
grafting knife, bulb planter, soil sieve, ceramic bowl, copper can, wicker basket, stone planter, silk scarf, tea light holder
cork mat, rose trellis, potting bench, orchid feed, crystal vase
""")
_MASS = ("pruning shears", "flower scissors", "beeswax soap", "linen ribbon", "orchid feed")
_SIZES = _items("small, large, tall, mini, potted, hanging, dried, scented")
_SIZES_HELD_OUT = _items("tiny, bushy, fragrant, giant")
_NUMBERS = _words("two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty")
_CURRENCIES = ("euros", "euros", "euros", "pounds", "dollars", "francs")
_SIGNS = "€€$£"

# What may stand in a sentence without being an entity.
_FILLERS = {
    "n": [str(i) for i in range(2, 60)] + list(_NUMBERS),
    "time": ["nine", "ten", "noon", "half past four", "8:30", "6 pm", "quarter to seven", "11 am", "17:45", "midnight"],
    "part": ["in the morning", "in the afternoon", "in the evening", "at noon", "before lunch", "after work", "at night"],
    "for": ["for two hours", "for three weeks", "for a whole year", "for ten days", "for five minutes", "for half an hour"],
    "relative": _items("mother, father, sister, brother, aunt, uncle, neighbour, boss, colleague, teacher, cousin, best friend"),
    "thing": _items("bicycle, laptop, jacket, camera, umbrella, lamp, sofa, phone, guitar, book, pair of shoes, suitcase, tent, radio"),
    "food": _items("soup, pasta, fish, cake, salad, rice, curry, bread, ice cream, pizza"),
    "company": _items("Marigold, Nordlicht Bank, Blue Wheel Couriers, Pixelhaus, Kestrel Airlines, Tonic FM, GreenMail"),
    "room": _items("kitchen, office, garden, hall, cellar, bathroom, library, school, station, museum, bakery, park"),
}
_LABELS = {"person": "PERSON", "first": "PERSON", "full": "PERSON", "family": "PERSON", "product": "PRODUCT", "products": "PRODUCT",
           "catalogue": "PRODUCT", "place": "PLACE", "city": "PLACE", "country": "PLACE", "street": "PLACE", "venue": "PLACE",
           "date": "DATE", "on": "DATE", "past": "DATE", "weekday": "DATE", "month": "DATE", "year": "DATE",
           "money": "MONEY", "order": "ORDER"}
_PREFIXES = ("Hi! ", "Hello. ", "PS: ", "Note: ", "Thanks! ", "Good morning. ", "Hi there. ", "Update: ", "OK. ", "Important: ")
_PREFIXES_HELD_OUT = ("Good evening! ", "Reminder: ", "Just so you know: ", "Oh well. ", "One more thing. ")
_SLOT = re.compile(r"\{(a )?([a-z]+)[0-9]?\}")
_TOKEN = re.compile(r"\d+(?:[.,:/]\d+)+|\w+|[^\w\s]")


@cache
def frames(split: str) -> dict[str, tuple[str, ...]]:
    """The frames of a split: group → lines. Group "none" has no slot for an entity."""
    name = f"entity_sentences_{'test' if split == 'test' else 'train'}.toml"
    table = tomllib.loads(phrase_files.path(name).read_text(encoding="utf-8"))
    return {group: tuple(text.strip().splitlines()) for group, text in table.items()}


def _person(kind: str, test: bool, draw: Draw) -> str:
    first = draw.choice(FIRST_NAMES_HELD_OUT if test else FIRST_NAMES)
    family = draw.choice(FAMILY_NAMES_HELD_OUT if test else FAMILY_NAMES)
    if kind == "family":
        return family
    if kind == "first" or kind == "person" and draw.chance(0.55):
        return first
    if draw.chance(0.06):
        return f"{first} {draw.choice('ABCDEFGHJKLMNPRSTW')}. {family}"
    return f"{first} {family}"


def _street(test: bool, draw: Draw) -> str:
    names, types = _STREETS_HELD_OUT if test else _STREETS
    street = f"{draw.choice(names)} {draw.choice(types)}"
    return f"{draw.between(1, 120)} {street}" if draw.chance(0.7) else street


def _venue(test: bool, draw: Draw) -> str:
    kinds, names, fronts, backs = _VENUES_HELD_OUT if test else _VENUES
    return f"{draw.choice(kinds)} {draw.choice(names)}" if draw.chance(0.5) else f"{draw.choice(fronts)} {draw.choice(backs)}"


def _ordinal(n: int) -> str:
    ending = "th" if n in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def _calendar_day(draw: Draw, past: bool = False) -> str:
    """A day of the calendar: "12 May", "May 12", "3/5/2026", "2026-05-03", "12 May 2026"."""
    day, month, year = draw.between(1, 28), draw.below(12), draw.between(2015, 2024) if past else draw.between(2026, 2031)
    return draw.choice((f"{day} {MONTHS[month]}", f"{day} {MONTHS[month]}", f"{MONTHS[month]} {day}", f"{day} {MONTHS[month]} {year}",
                        f"{day}/{month + 1}/{year}", f"{year}-{month + 1:02d}-{day:02d}", f"{_ordinal(day)} {MONTHS[month]}",
                        f"{day} {MONTHS[month][:3]}", f"{day}.{month + 1}.{year}", f"{MONTHS[month]} {_ordinal(day)}"))


def _date(kind: str, draw: Draw) -> tuple[str, str]:
    """A date and the preposition that stands before it ("" for none)."""
    if kind == "weekday":
        return "", draw.choice(WEEKDAYS)
    if kind == "month":
        return "", draw.choice(MONTHS)
    if kind == "year":
        return "", str(draw.between(1940, 2005))
    if kind == "date":
        if draw.chance(0.45):
            return "", draw.choice(WEEKDAYS)
        return "", draw.choice(("tomorrow", "today", f"next {draw.choice(WEEKDAYS)}")) if draw.chance(0.25) else _calendar_day(draw)
    pick = draw.below(10)
    if pick < 3:
        return "on ", draw.choice(WEEKDAYS)
    if pick < 6:
        return "on ", _calendar_day(draw, kind == "past")
    if pick == 6:
        return "in ", draw.choice(MONTHS) + (f" {draw.between(2015, 2024) if kind == 'past' else draw.between(2026, 2031)}"
                                             if draw.chance(0.5) else "")
    if kind == "past":
        return "", draw.choice(("yesterday", "last week", "last month", "last year", f"last {draw.choice(WEEKDAYS)}",
                                f"last {draw.choice(MONTHS)}"))
    return "", draw.choice(("tomorrow", "next week", "next month", f"next {draw.choice(WEEKDAYS)}", f"this {draw.choice(WEEKDAYS)}",
                            "the day after tomorrow"))


def _money(draw: Draw) -> str:
    """An amount with its currency: "24.50 euros", "€12", "twenty pounds"."""
    amount = f"{draw.between(1, 250)}" if draw.chance(0.5) else f"{draw.between(1, 99)}.{draw.between(0, 9)}{draw.choice('05')}"
    if draw.chance(0.04):
        amount = f"{draw.between(1, 9)},{draw.between(1, 9)}00"
    kind = draw.below(10)
    if kind < 4:
        return f"{amount} {draw.choice(_CURRENCIES)}"
    if kind < 7:
        return f"{draw.choice(_SIGNS)}{amount}"
    if kind == 7:
        return f"{draw.choice(_NUMBERS)} {draw.choice(_CURRENCIES)}"
    return f"{amount} {draw.choice(('EUR', 'USD'))}" if kind == 8 else f"{amount}€"


def _order(draw: Draw) -> str:
    return draw.choice((f"MG-{draw.between(1000, 9999)}", f"MG-{draw.between(1000, 9999)}", f"#{draw.between(10000, 99999)}",
                        f"A-{draw.between(10000, 99999)}", f"{draw.choice('BKRT')}{draw.between(100000, 999999)}",
                        f"{draw.between(1000, 99999)}", f"ORD{draw.between(1000, 9999)}",
                        f"#{draw.between(100, 999)}-{draw.choice('XYZ')}"))


def _product(kind: str, test: bool, draw: Draw) -> str:
    plant = draw.choice(PLANTS + 6 * PLANTS_HELD_OUT if test else PLANTS)
    title = plant.name.title()
    if kind == "catalogue":
        adjective, form = draw.choice(_ADJECTIVES_HELD_OUT if test else _ADJECTIVES), draw.choice(_FORMS_HELD_OUT if test else _FORMS)
        if title.startswith(adjective):
            return f"{title} {form}"
        return draw.choice((f"{adjective} {title} {form}", f"{adjective} {form}", f"{title} {form}", f"{adjective} {title}"))
    if kind == "products":
        return f"{draw.choice(plant.colours)} {plant.plural}" if draw.chance(0.5) else plant.plural
    if draw.chance(0.5):
        goods = [name for name in (_GOODS_HELD_OUT if test else _GOODS) if name not in _MASS]
        return draw.choice(goods)
    if draw.chance(0.35):
        return f"{draw.choice(_SIZES_HELD_OUT if test else _SIZES)} {plant.name}"
    if draw.chance(0.6):
        return f"{draw.choice(plant.colours)} {plant.name}"
    return f"bunch of {plant.plural}" if plant.sold == "cut" else plant.name


def _value(slot: str, test: bool, draw: Draw) -> tuple[str, str]:
    """Text before the entity (a preposition or nothing) and the entity."""
    if slot in ("person", "first", "full", "family"):
        return "", _person(slot, test, draw)
    if slot in ("city", "country", "place"):
        cities, countries = (CITIES_HELD_OUT, COUNTRIES_HELD_OUT) if test else (CITIES, COUNTRIES)
        if slot == "country" or slot == "place" and draw.chance(0.25):
            return "", draw.choice(countries)
        return "", draw.choice(cities)
    if slot == "street":
        return "", _street(test, draw)
    if slot == "venue":
        return "", _venue(test, draw)
    if slot in ("product", "products", "catalogue"):
        return "", _product(slot, test, draw)
    if slot == "money":
        return "", _money(draw)
    if slot == "order":
        return "", _order(draw)
    return _date(slot, draw)


def _article(word: str) -> str:
    return "an " if word[0].lower() in "aeiou" and not word.lower().startswith(("uni", "use", "eu", "one")) else "a "


def _fill(frame: str, split: str, draw: Draw) -> tuple[str, list[dict]]:
    """A frame with its slots filled, and the entities with their offsets."""
    test = split == "test"
    text, entities, end = "", [], 0
    used: set[str] = set()
    for match in _SLOT.finditer(frame):
        text += frame[end:match.start()]
        end = match.end()
        article, slot = match.groups()
        before, value = "", ""
        while not value or value in used:
            if slot in _LABELS:
                before, value = _value(slot, test, draw)
            elif slot == "flowers":
                value = draw.choice(world(split).plants).plural
            else:
                value = draw.choice(_FILLERS[slot])
        used.add(value)
        before = before or (_article(value) if article else "")
        if not text:  # a sentence begins with an upper-case letter
            before, value = (before[:1].upper() + before[1:], value) if before else ("", value[0].upper() + value[1:])
        text += before
        if slot in _LABELS:
            entities.append({"start": len(text), "end": len(text) + len(value), "text": value, "label": _LABELS[slot]})
        text += value
    return text + frame[end:], entities


def _joined(first: tuple[str, list[dict]], second: tuple[str, list[dict]], between: str = "") -> tuple[str, list[dict]]:
    """Two texts after each other, the entities of the second moved."""
    shift = len(first[0]) + len(between)
    moved = [{**entity, "start": entity["start"] + shift, "end": entity["end"] + shift} for entity in second[1]]
    return first[0] + between + second[0], first[1] + moved


def tag(text: str, entities: list[dict]) -> tuple[list[str], list[str]]:
    """Words and punctuation of ``text``, and a BIO tag for each."""
    tokens, tags = [], []
    for match in _TOKEN.finditer(text):
        inside = [entity for entity in entities if entity["start"] <= match.start() < entity["end"]]
        tokens.append(match.group())
        tags.append("O" if not inside else ("B-" if inside[0]["start"] == match.start() else "I-") + inside[0]["label"])
    return tokens, tags


def example(split: str, draw: Draw) -> dict:
    """One sentence (now and then two): text, entities, tokens, tags."""
    groups = frames(split)

    def one() -> tuple[str, list[dict]]:
        with_slots = [frame for group in sorted(groups) if group != "none" for frame in groups[group]]
        return _fill(draw.choice(groups["none"] if draw.chance(0.12) else with_slots), split, draw)

    found = one()
    if draw.chance(0.12):
        other = one()
        if len(found[1]) + len(other[1]) <= MAX_ENTITIES:
            found = _joined(found, other, " ")
    if draw.chance(0.08):
        found = _joined((draw.choice(_PREFIXES_HELD_OUT if split == "test" else _PREFIXES), []), found)
    text, entities = found
    if draw.chance(0.08):
        text = text.lower()
        entities = [{**entity, "text": entity["text"].lower()} for entity in entities]
    if text.endswith(".") and draw.chance(0.08):
        text = text[:-1]
    tokens, tags = tag(text, entities)
    return {"text": text, "entities": entities, "tokens": tokens, "tags": tags}


def entity_sentences(seed: int = 0) -> dict[str, list[dict]]:
    """All sentences: split → rows, without a repeated text."""
    seen: set[str] = set()
    result: dict[str, list[dict]] = {}
    for split in SPLITS:
        draw = Draw(f"entity sentences {split} {seed}")
        rows: list[dict] = []
        while len(rows) < ROWS[split]:
            row = example(split, draw)
            if row["text"].lower() not in seen:
                seen.add(row["text"].lower())
                rows.append({"id": f"entities-{split}-{len(rows) + 1:04d}", **row})
        result[split] = rows
    return result


DATA_SETS = (
    DataSet(
        name="entity_sentences",
        description="Sentences from the shop and from everyday life; people, products, places, dates, money and order numbers are marked.",
        made="Hand-written frames are filled with names, places, products, dates and amounts from hand-written lists. "
             "The test split has frames, people, places and product names of its own.",
        columns={"id": "entities-<split>-<number>", "text": "one sentence, now and then two",
                 "entities": "list of start and end (offsets in characters, end not included), text and label, in order of appearance",
                 "tokens": "words and punctuation marks of the text",
                 "tags": "one BIO tag for each token: O, or B- or I- with " + ", ".join(LABELS)},
        rows=entity_sentences,
        limits=("A flower is a product only where it is goods; other trades' goods are never marked.",
                "Times of day, durations, companies and unnamed places (\"the library\") are never marked.",
                "The frames are simpler and cleaner than real messages."),
    ),
)

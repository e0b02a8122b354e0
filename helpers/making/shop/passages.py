"""Passages with a question whose answer stands in the passage, and lists to copy.

They teach a small language model to look back and copy: names, weekdays, prices,
single digits. Held-out documents have other sentences, other questions and other
names.
"""

from __future__ import annotations

from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import CARRIERS, COLOURS, SLOTS, VASES, WEEKDAYS, money, spell
from helpers.making.shop.world import World

# An order is told in three sentences: who and what, when and where, a detail.
# Every sentence of a group names all the fields of the group.
_WHO = (
    "{person} ordered {number} {plant} for {friend}.",
    "{person} bought {number} {plant} as a gift for {friend}.",
    "{friend} gets {number} {plant} from {person}.",
    "An order from {person}: {number} {plant} for {friend}.",
    "{person} wants to send {number} {plant} to {friend}.",
    "For {friend}, {person} chose {number} {plant}.",
    "{person} called the shop and asked for {number} {plant} for {friend}.",
    "There are {number} {plant} for {friend}. {person} pays for them.",
)
_WHO_HELD_OUT = (
    "{person} would like {number} {plant} to go to {friend}.",
    "The shop packs {number} {plant} that {person} picked for {friend}.",
    "{person} is a customer who sends {friend} {number} {plant}.",
)
_WHEN = (
    "The {carrier} brings them to {street} on {weekday} {slot}.",
    "They arrive at {street} on {weekday} {slot} by {carrier}.",
    "Delivery is on {weekday} {slot}, to {street}, by {carrier}.",
    "On {weekday} {slot} the {carrier} takes them to {street}.",
    "They go to {street} by {carrier} on {weekday} {slot}.",
    "The address is {street}. The {carrier} comes on {weekday} {slot}.",
)
_WHEN_HELD_OUT = (
    "By {carrier} they reach {street} on {weekday} {slot}.",
    "{weekday} {slot} is the time for {street}, and the {carrier} is booked.",
)
_DETAIL = (
    "The price is {price}, and the ribbon is {colour}.",
    "The order costs {price}. It has a {colour} ribbon.",
    "{person} paid {price} and chose a {colour} ribbon.",
    "With a {colour} ribbon the total is {price}.",
    "The ribbon must be {colour}. The bill is {price}.",
)
_DETAIL_HELD_OUT = (
    "Tied with a {colour} ribbon, it comes to {price}.",
    "The total of {price} includes a {colour} ribbon.",
)
_QUESTIONS = {
    "person": ("Who ordered the {plant}?", "Who pays for the {plant}?", "Who is the customer?",
               "Who sends the {plant}?", "What is the name of the customer?"),
    "friend": ("Who gets the {plant}?", "Who are the {plant} for?", "To whom do the {plant} go?",
               "Who receives the {plant}?"),
    "number": ("How many {plant} are in the order?", "How many {plant} does {friend} get?",
               "What is the number of {plant}?"),
    "plant": ("What did {person} order?", "What does {friend} get?", "Which flowers are in the order?",
              "What does {person} send?"),
    "weekday": ("On which day do they arrive?", "What day is the delivery?", "On what day does the {carrier} come?",
                "When is the delivery to {street}?", "Which weekday is it?"),
    "slot": ("At what time of day do they arrive?", "What time on {weekday}?", "When on {weekday} does the {carrier} come?"),
    "street": ("Where do they go?", "What is the address?", "To which street does the {carrier} go?",
               "Where does {friend} live?"),
    "carrier": ("How are they delivered?", "What takes them to {street}?", "How do they get to {street}?"),
    "price": ("What does the order cost?", "How much did {person} pay?", "What is the price?", "How much is it?"),
    "colour": ("What colour is the ribbon?", "Which ribbon does it have?", "Which colour has the ribbon?"),
}
_QUESTIONS_HELD_OUT = {
    "person": ("Who is sending the {plant}?", "Which customer chose the {plant}?"),
    "friend": ("Who will receive the {plant}?", "Who is going to get the {plant}?"),
    "number": ("How many {plant} will {friend} get?", "How many {plant} did {person} choose?"),
    "plant": ("What will {friend} get?", "Which flowers did {person} choose?"),
    "weekday": ("On which weekday is the delivery?", "What day do they reach {street}?"),
    "slot": ("What time of day is the delivery on {weekday}?", "At what time on {weekday} do they arrive?"),
    "street": ("To which address do they go?", "Where will the {carrier} go?"),
    "carrier": ("How do they reach {street}?", "How will they be delivered?"),
    "price": ("How much does the order cost?", "What did {person} pay?"),
    "colour": ("What is the colour of the ribbon?", "What colour ribbon does it have?"),
}
_FILLERS = (
    "The shop is open until six.", "The card is in the box.", "Fresh water is important.", "It is a busy week.",
    "The van is full today.", "The flowers are fresh.", "Nobody else is waiting.", "The weather is mild.",
    "A note lies on the desk.", "The paper is brown.", "The phone rings twice.", "The radio is on.",
)
_FILLERS_HELD_OUT = ("The door stands open.", "The label is easy to read.", "Rain is falling outside.")

# Short facts, of which several stand side by side, so that the model must choose.
_FACTS = {
    "day": ("{name} comes on {value}.", ("When does {name} come?", "On which day does {name} come?"), WEEKDAYS),
    "colour": ("{name} likes {value} flowers.", ("Which colour does {name} like?", "What colour does {name} like?"), COLOURS),
    "vase": ("{name} has the {value}.", ("What does {name} have?", "Which one does {name} have?"), VASES),
    "number": ("{name} takes {value} tulips.", ("How many tulips does {name} take?", "How many does {name} take?"), "23456789"),
    "price": ("{name} pays {value}.", ("What does {name} pay?", "How much does {name} pay?"), None),
    "slot": ("{name} is at home {value}.", ("When is {name} at home?", "At what time is {name} at home?"), SLOTS),
    "flower": ("{name} wants {value}.", ("What does {name} want?", "Which flowers does {name} want?"), "plants"),
}
_FACTS_HELD_OUT = {
    "day": ("{name} will visit on {value}.", ("When will {name} visit?",), WEEKDAYS),
    "colour": ("{name} asks for {value} petals.", ("Which colour does {name} ask for?",), COLOURS),
    "flower": ("{name} picks {value}.", ("What does {name} pick?",), "plants"),
    "price": ("{name} spends {value}.", ("How much does {name} spend?",), None),
}


def price(draw: Draw) -> str:
    """A price between 3 and 89 euros, often a whole number."""
    cents = draw.choice((0, 0, 50, 90, 95, 25))
    return money(100 * draw.between(3, 89) + cents)


def order(world: World, draw: Draw) -> dict[str, str]:
    """The fields of one order, as they stand in a sentence."""
    person, friend = world.people(draw, 2)
    return {
        "person": person, "friend": friend, "plant": draw.choice(world.plants).plural,
        "number": spell(draw.between(2, 12)) if draw.chance(0.4) else str(draw.between(2, 9)),
        "weekday": draw.choice(WEEKDAYS), "slot": draw.choice(SLOTS), "carrier": draw.choice(CARRIERS),
        "street": f"{draw.between(1, 99)} {draw.choice(world.streets)}", "price": price(draw),
        "colour": draw.choice(COLOURS),
    }


def sentence(text: str) -> str:
    """``text`` with its first letter in upper case."""
    return text[0].upper() + text[1:]


def _fill(template: str, fields: dict[str, str]) -> str:
    return sentence(template.format(**fields))


def _document(kind: str, passage: str, question: str, answer: str) -> dict:
    prompt = f"{passage}\nQuestion: {question}\nAnswer:"
    return {"kind": kind, "text": f"{prompt} {answer}", "prompt": prompt, "answer": answer}


def order_question(world: World, draw: Draw) -> dict:
    """An order told in two to four sentences, a question, and its answer."""
    who, when, detail, fillers, questions = (
        (_WHO_HELD_OUT, _WHEN_HELD_OUT, _DETAIL_HELD_OUT, _FILLERS_HELD_OUT, _QUESTIONS_HELD_OUT)
        if world.held_out else (_WHO, _WHEN, _DETAIL, _FILLERS, _QUESTIONS))
    fields = order(world, draw)
    groups = [(who, ("person", "friend", "number", "plant"))]
    if draw.chance(0.75):
        groups.append((when, ("weekday", "slot", "street", "carrier")))
    if draw.chance(0.6) or len(groups) == 1:
        groups.append((detail, ("price", "colour")))
    lines = [_fill(draw.choice(templates), fields) for templates, _ in groups]
    if draw.chance(0.35):
        lines.insert(draw.between(0, len(lines)), draw.choice(fillers))
    asked = draw.choice(draw.choice(groups)[1])
    known = [name for _, names in groups for name in names]
    # A question may only mention what the passage tells.
    possible = [q for q in questions[asked] if all(f"{{{name}}}" not in q or name in known for name in fields)]
    return _document("question", " ".join(lines), draw.choice(possible).format(**fields), fields[asked])


def choose_question(world: World, draw: Draw) -> dict:
    """Two to five short facts of the same form about different people; one is asked for."""
    facts = _FACTS_HELD_OUT if world.held_out else _FACTS
    statement, questions, values = facts[draw.choice(sorted(facts))]
    people = world.people(draw, draw.between(2, 5))
    if values is None:
        given = [price(draw) for _ in people]
    elif values == "plants":
        given = [plant.plural for plant in draw.sample(world.plants, len(people))]
    else:
        given = draw.sample(values, len(people))
    passage = " ".join(statement.format(name=name, value=value) for name, value in zip(people, given))
    asked = draw.below(len(people))
    return _document("question", passage, draw.choice(questions).format(name=people[asked]), given[asked])


def copy_list(world: World, draw: Draw) -> dict:
    """A list of two to six short items, and the same list again."""
    makers = {
        "names": lambda: world.person(draw, made=0.8),
        "digits": lambda: str(draw.below(10)),
        "weekdays": lambda: draw.choice(WEEKDAYS),
        "prices": lambda: price(draw),
        "plants": lambda: draw.choice(world.plants).plural,
        "streets": lambda: f"{draw.between(1, 99)} {draw.choice(world.streets)}",
        "slots": lambda: draw.choice(SLOTS),
    }
    mixed = draw.chance(0.4)
    maker = makers[draw.choice(sorted(makers))]
    items = [(makers[draw.choice(sorted(makers))] if mixed else maker)() for _ in range(draw.between(2, 6))]
    head = draw.choice(("Note: {}\nAgain:", "List: {}\nThe same list:", "Write: {}\nCopy:", "Packed: {}\nPacked again:"))
    prompt, answer = head.format(", ".join(items)), ", ".join(items)
    return {"kind": "copy", "text": f"{prompt} {answer}", "prompt": prompt, "answer": answer}


def packing_list(world: World, draw: Draw) -> dict:
    """People with one item each; then one of them is looked up (key → value)."""
    people = world.people(draw, draw.between(2, 5), made=0.8)
    items = [draw.choice((draw.choice(world.plants).plural, draw.choice(WEEKDAYS), price(draw), str(draw.between(1, 9)),
                          draw.choice(VASES), draw.choice(world.tools))) for _ in people]
    asked = draw.below(len(people))
    prompt = "\n".join(f"{name}: {item}" for name, item in zip(people, items)) + f"\nFind {people[asked]}:"
    return {"kind": "copy", "text": f"{prompt} {items[asked]}", "prompt": prompt, "answer": items[asked]}

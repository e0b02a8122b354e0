"""Short prose of the shop: a day's story, a care guide, a catalogue entry."""

from __future__ import annotations

from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import (
    CARRIERS,
    GIFTS,
    SLOTS,
    TOOLS,
    VASES,
    WEEKDAYS,
    Plant,
    article,
    spell,
)
from helpers.making.shop.passages import price, sentence
from helpers.making.shop.world import World

# A story is one sentence from each group. {p} is the customer, {f} a friend, {s} the florist.
_STORY = (
    ("It was {weekday} {slot}, and {s} opened the shop.", "On {weekday} {slot} the shop was quiet.",
     "{s} came to the shop early on {weekday}.", "It rained on {weekday}, but the shop was warm.",
     "The week began with a busy {weekday}.", "On {weekday} the buckets were full of fresh {plant}.",
     "{s} swept the floor and put the {other} in the window.", "The first van came on {weekday} {slot}."),
    ("A customer called {p} came in.", "Then {p} walked through the door.", "The phone rang. It was {p}.",
     "{p} was the first customer.", "An email from {p} was waiting.", "{p} came back, as every {weekday}.",
     "A bell rang, and {p} stood at the desk.", "{p} wrote in the chat."),
    ("{p} needed flowers for {event}.", "{p} wanted to thank {f} with a gift.", "{f} was ill, so {p} looked for something kind.",
     "{p} asked what would please {f}.", "There was {event} at the home of {f}.", "{p} had forgotten {event} and was in a hurry.",
     "{p} and {f} were planning {event}.", "{p} had only {price} to spend."),
    ("{s} showed {number} {colour} {plant} and a few {other}.", "{s} said that the {plant} were at their best.",
     "They looked at the {plant} and at the {other}.", "{s} put {number} {plant} into a {vase}.",
     "The {other} were sold out, but there were {plant}.", "{s} asked about the colour, and {p} said {colour}.",
     "{s} mixed {colour} {plant} with green leaves."),
    ("{p} liked the {plant} best.", "In the end {p} took the {plant}.", "{p} chose {number} {plant} and a {gift}.",
     "{p} smelled the {plant} and smiled.", "{p} took both, the {plant} and the {other}.",
     "{p} was not sure, but then the {plant} won.", "{p} bought the {plant} and a {vase} for them."),
    ("The price was {price}.", "It cost {price}, and {p} paid at once.", "{p} paid {price} and wrote a card.",
     "With the ribbon it came to {price}.", "{s} wrote the bill: {price}.", "{p} counted the coins. It was {price}."),
    ("The {carrier} took the box to {street}.", "{s} packed the flowers in brown paper for {street}.",
     "The {carrier} left {slot2} for {street}.", "At {street} nobody opened, so a neighbour took the box.",
     "The {carrier} was late, but the box reached {street}.", "{s} brought the flowers to {place}."),
    ("{f} put the flowers on the table and called {p}.", "{f} was so happy that the phone rang an hour later.",
     "The next day {f} sent a picture of the {plant}.", "{p} wrote a review with five stars.",
     "One stem was broken, and {s} sent a new one.", "The {plant} lasted for {number} days.",
     "{f} cut the stems, filled a {vase}, and sat down.", "{p} said thank you and came back on {weekday2}.",
     "In the evening {s} locked the door and watered the plants."),
)
_STORY_HELD_OUT = (
    ("The lights went on at Marigold on {weekday}.", "{weekday} was cold, and {s} made tea before the first order."),
    ("A tall visitor named {p} looked around.", "Soon {p} asked for advice."),
    ("{p} was invited to {event} by {f}.", "Because of {event}, {p} wanted a surprise for {f}."),
    ("{s} pointed at the {colour} {plant}.", "Next to the {other} stood {number} {plant}."),
    ("The {plant} went into the basket.", "{p} nodded and picked the {plant}."),
    ("{p} handed over {price}.", "All in all it was {price}."),
    ("Later the {carrier} stopped at {street}.", "A helper carried the parcel to {street}."),
    ("{f} wrote back at once: the {plant} were lovely.", "So the day ended well for {p}, {f} and {s}."),
)


def story(world: World, draw: Draw) -> dict:
    """A day in the shop: a customer, a wish, a choice, a price, a delivery, an ending."""
    person, friend = world.people(draw, 2, made=0.3)
    # Bunches are cut flowers, in a colour they have.
    first, second = draw.sample([plant for plant in dict.fromkeys(world.plants) if plant.sold == "cut"], 2)
    plant, other = first.plural, second.plural
    days = draw.sample(WEEKDAYS, 2)
    fields = {
        "p": person, "f": friend, "s": draw.choice(world.staff), "plant": plant, "other": other,
        "weekday": days[0], "weekday2": days[1], "slot": draw.choice(SLOTS), "slot2": draw.choice(SLOTS),
        "event": draw.choice(world.events), "number": spell(draw.between(3, 12)), "colour": draw.choice(first.colours),
        "price": price(draw), "carrier": draw.choice(CARRIERS), "street": f"{draw.between(1, 99)} {draw.choice(world.streets)}",
        "place": draw.choice(world.places), "vase": draw.choice(VASES), "gift": draw.choice(GIFTS),
    }
    groups = _STORY_HELD_OUT if world.held_out else _STORY
    # Middle sentences may be left out; who, wish, choice and ending make the story.
    kept = [group for i, group in enumerate(groups) if i in (0, 1, 2, 4, len(groups) - 1) or draw.chance(0.6)]
    return {"kind": "story", "text": " ".join(sentence(draw.choice(group).format(**fields)) for group in kept)}


_CARE_OPENING = ("How to care for {plural}.", "Care guide: {plural}.", "{plural}: what they need.", "Your {plural} will last if you follow these steps.")
_CARE_LIGHT = ("Place them in {light}.", "They like {light}.", "The best place is {light}.", "Give them {light}.")
_CARE_CUT = ("Change the water {water}.", "They want fresh water {water}.", "Give them fresh water {water}, in a clean vase.")
_CARE_POT = ("Water them {water}.", "They need water {water}.", "Give them a drink {water}.")
_CARE_TOXIC = ("They are toxic to cats and dogs, so keep pets away.", "Do not let pets eat them, because they are toxic.",
               "Careful: they are not safe for pets.")
_CARE_SAFE = ("They are safe for cats and dogs.", "Pets can live with them safely.", "They do not harm pets.")
_CARE_SEASON = ("Their season is {season}.", "You find them in our shop in {season}.", "They are at their best in {season}.")
_CARE_EXTRA = ("Keep them away from the heater.", "Do not put them next to ripe fruit.", "Take off faded leaves every week.",
               "Wash the vase or the saucer with warm water.", "If a leaf turns yellow, remove it.")


def care_guide(world: World, draw: Draw) -> dict:
    """What one plant needs: light, water, a tip, whether pets are safe."""
    plant = draw.choice(world.plants)
    if world.held_out:
        opening, light, water, safety = (
            "Looking after {plural} at home.", "{light} suits them.",
            "Remember the water: {water}.", "Pets: {safe}.")
        lines = [opening, light, plant.tip, water, safety]
    else:
        middle = [draw.choice(_CARE_LIGHT), draw.choice(_CARE_CUT if plant.sold == "cut" else _CARE_POT), plant.tip,
                  draw.choice(_CARE_TOXIC if plant.toxic else _CARE_SAFE)]
        if plant.season != "all year" and draw.chance(0.5):
            middle.append(draw.choice(_CARE_SEASON))
        if draw.chance(0.4):
            middle.append(draw.choice(_CARE_EXTRA))
        lines = [draw.choice(_CARE_OPENING), *draw.shuffled(middle)]
    fields = {"plural": plant.plural, "light": plant.light, "water": plant.water, "season": plant.season,
              "safe": "keep them away" if plant.toxic else "no danger"}
    return {"kind": "care", "text": " ".join(sentence(line.format(**fields)) for line in lines)}


def catalogue_entry(world: World, draw: Draw) -> dict:
    """A product with its facts, as a small table or in sentences."""
    plant: Plant = draw.choice(world.plants)
    colour, cost, days = draw.choice(plant.colours), price(draw), draw.choice(("one day", "two days", "three days"))
    stems = draw.choice((5, 8, 10, 12, 15, 20))
    name = f"{colour} {plant.name}" if plant.sold == "pot" else f"{spell(stems) if stems <= 12 else stems} {colour} {plant.plural}"
    occasion, gift = draw.choice(world.events), draw.choice(VASES + TOOLS + GIFTS)
    if world.held_out:
        text = draw.choice((
            f"In our shop: {name}. They cost {cost}. A good present for {occasion}. We send them within {days}.",
            f"Item: {name}\nCost: {cost}\nSent within: {days}\nPresent for: {occasion}"))
    else:
        pets = "not safe" if plant.toxic else "safe"
        text = draw.choice((
            f"Product: {name}\nPrice: {cost}\nColour: {colour}\nSeason: {plant.season}\nPets: {pets}\nDelivery: {days}",
            f"Product: {name}\nPrice: {cost}\nGood for: {occasion}\nPets: {pets}",
            f"{sentence(name)} for {cost}. A gift for {occasion}. Delivery in {days}. Season: {plant.season}.",
            f"New in the shop: {name}. The price is {cost}. It goes well with {article(gift) if not gift.endswith(('gloves', 'shears', 'scissors')) else gift}.",
            f"{sentence(name)}. {plant.tip} Price: {cost}.",
            f"We have {name} for {cost}. {'They are' if plant.sold == 'cut' else 'It is'} {pets} for pets.",
        ))
    return {"kind": "catalogue", "text": text}



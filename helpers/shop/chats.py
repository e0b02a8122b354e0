"""Chats between a customer and the shop, each with a one-sentence summary.

A chat is one of a dozen situations: greeting, problem, question and answer about
the details, solution, farewell. The summary says who wanted what and what the
shop did, so it needs facts from several turns.
"""

from __future__ import annotations

from helpers.shop.dataset import DataSet
from helpers.shop.draw import Draw
from helpers.shop.entities import SLOTS, VASES, WEEKDAYS
from helpers.shop.passages import price
from helpers.shop.world import World, world

ROWS = {"train": 1200, "validation": 120, "test": 500}

_HELLO = ("Hello.", "Hi there.", "Good morning.", "Hello, I need some help.", "Hi, it is {p}.", "Good evening.")
_HELLO_TEST = ("Hey.", "Good afternoon, {p} here.", "Hi, can you help me?")
_WELCOME = ("Hello, this is {s} from Marigold. How can I help?", "Welcome to Marigold, I am {s}.",
            "Hi, {s} here. What can I do for you?", "Good to hear from you. My name is {s}.")
_WELCOME_TEST = ("You have reached Marigold, {s} speaking.", "Hello and welcome, I am {s}. Tell me more.")
_THANKS = ("Thank you so much.", "Thanks, that helps.", "Great, thank you.", "Perfect. Goodbye.", "That is kind of you.",
           "Good, then I am happy.")
_THANKS_TEST = ("Lovely, thanks a lot.", "That solves it, thank you.")
_BYE = ("You are welcome.", "Have a nice day.", "Goodbye, and sorry for the trouble.", "Any time.", "Take care, {p}.")
_BYE_TEST = ("My pleasure. Bye, {p}.", "Glad to help.")

# Turns alternate: customer, shop, customer, shop. Test chats tell the same
# situations in other words.
_SITUATIONS = {
    "not arrived": (
        (("My bouquet of {plant} has not arrived.", "The {plant} for {f} did not come.",
          "I ordered {plant} for {weekday}, and nothing has arrived."),
         ("I am sorry. What is the order number?", "Oh no. Can you tell me the order number?"),
         ("It is {order}. It should have come on {weekday}.", "The number is {order}, and {f} waited all {weekday}."),
         ("The {carrier} could not find the house. We bring new {plant} on {weekday2} {slot}.",
          "I see, it is still in the van. You get fresh {plant} on {weekday2} {slot}.")),
        "{p}'s {plant} did not arrive on {weekday}, so Marigold sends new ones on {weekday2} {slot}."),
    "wilted": (
        (("The {plant} I got were wilted.", "My {plant} are already brown.", "{f} says that the {plant} hang their heads."),
         ("That should not happen. When did they come?", "I am sorry to hear that. Which day did you get them?"),
         ("They came on {weekday}. I paid {price}.", "On {weekday}. It was {price}, which is a lot for brown flowers."),
         ("You get the {price} back.", "We will pay back the {price} today.")),
        "{p}'s {plant} were wilted, and Marigold pays back {price}."),
    "change address": (
        (("Can I change the address of my order?", "I gave you the wrong address."),
         ("Yes, if it has not left yet. What did you order?", "No problem. Which order is it?"),
         ("The {plant} for {f}. Please send them to {street}.", "It is order {order}, the {plant}. The right address is {street}."),
         ("Done. The {plant} go to {street} on {weekday}.", "I have changed it: {street}, on {weekday}.")),
        "{p} changes the address for the {plant} to {street}, and they come on {weekday}."),
    "change day": (
        (("Could the {plant} for {weekday} come on another day?", "{f} is away on {weekday}. Can the {plant} come later?"),
         ("Of course. Which day suits you?", "Yes. When should they come?"),
         ("On {weekday2} {slot}, please.", "{weekday2} would be good, {slot} if you can."),
         ("Then it is {weekday2} {slot}. That costs nothing.", "I have noted {weekday2} {slot}.")),
        "{p} moves the delivery of the {plant} from {weekday} to {weekday2} {slot}."),
    "cancel": (
        (("I want to cancel my order of {plant}.", "Please cancel the {plant}."),
         ("May I ask why?", "That is a pity. What went wrong?"),
         ("{f} is ill, so the party on {weekday} is off.", "I found out that {f} has ordered the same for {weekday}."),
         ("It is cancelled, and {price} goes back to your card.", "I have cancelled it. You get {price} back.")),
        "{p} cancels the {plant} for {weekday} and gets {price} back."),
    "pets": (
        (("Are {plant} safe for my cat?", "I have a dog. Can I keep {plant} at home?"),
         ("Let me look. They are toxic for pets.", "One moment. They are toxic for pets."),
         ("Then what would you take?", "What else can I buy?"),
         ("The {safe} are safe and cost {price}.", "I would take the {safe} for {price}.")),
        "{p} asks if {plant} are safe for pets, and Marigold suggests {safe} for {price}."),
    "advice": (
        (("I need a gift for {f}.", "What can I give to {f} for {event}?"),
         ("How much would you like to spend?", "What is your budget?"),
         ("Up to {price}, and it should come on {weekday}.", "No more than {price}. I need it on {weekday}."),
         ("I suggest {plant} in a {vase}.", "Then take {plant} with a {vase}.")),
        "{p} wants a gift for {f} for up to {price} on {weekday}, and Marigold suggests {plant} in a {vase}."),
    "broken vase": (
        (("The {vase} came broken.", "There is a crack in the {vase} from my order."),
         ("I am sorry. Are the {plant} all right?", "What a pity. Did the {plant} survive?"),
         ("Yes, only the {vase} is broken.", "The {plant} are fine."),
         ("We send a new {vase} on {weekday}.", "A new {vase} comes on {weekday}, for free.")),
        "{p}'s {vase} came broken, and Marigold sends a new one on {weekday}."),
    "card": (
        (("There was no card with the {plant}.", "{f} got the {plant}, but no card."),
         ("I am sorry. What should it say?", "We forgot it. What did you want to write?"),
         ("It should say: with love from {p}.", "Just my name, {p}."),
         ("We post the card to {street} today.", "The card goes to {street} on {weekday}.")),
        "The card for {p}'s {plant} was missing, and Marigold sends it to {street}."),
    "double charge": (
        (("You charged me twice for the {plant}.", "I see {price} two times on my bill for the {plant}."),
         ("Let me check. What is the order number?", "Sorry. Which order is it?"),
         ("Order {order}.", "The number is {order}."),
         ("You are right. You get {price} back by {weekday}.", "That was our mistake. The {price} comes back by {weekday}.")),
        "{p} was charged twice for the {plant} and gets {price} back by {weekday}."),
    "stock": (
        (("Do you have {plant} today?", "Are there any {plant} left?"),
         ("They are sold out today.", "Sadly, the last ones went this morning."),
         ("When do you get new ones? I need {number}.", "Will there be more? I would like {number}."),
         ("On {weekday}. I keep {number} for you.", "New ones come on {weekday}, and I put {number} aside.")),
        "The {plant} are sold out, and Marigold keeps {number} for {p} on {weekday}."),
    "repot": (
        (("When should I water my {pot}?", "My {pot} has yellow leaves."),
         ("How often do you water it now?", "Where does it stand, and how much water does it get?"),
         ("A little every day.", "It stands in the kitchen, and I water it twice a day."),
         ("That is too much. Water it {water}.", "Give it less: {water} is right.")),
        "{p} waters the {pot} too much, and Marigold says to water it {water}."),
}
_SITUATIONS_TEST = {
    "not arrived": (
        (("I am still waiting for the {plant} that {f} was to get on {weekday}.", "Where are my {plant}? They were due on {weekday}."),
         ("That is not good. Do you have the number of the order?",),
         ("{order} is what my email says.",),
         ("They went to a wrong door. I will have another bunch brought on {weekday2} {slot}.",)),
        "{p}'s {plant} did not arrive on {weekday}, so Marigold sends new ones on {weekday2} {slot}."),
    "wilted": (
        (("Half of the {plant} are dead.",), ("Oh dear. What day were they delivered?",),
         ("{weekday}, and they cost me {price}.",), ("I will refund the {price} in full.",)),
        "{p}'s {plant} were wilted, and Marigold pays back {price}."),
    "change address": (
        (("{f} has moved, so the {plant} must go somewhere else.",), ("Sure, where to?",),
         ("To {street}.",), ("All right, {street} it is, and they leave on {weekday}.",)),
        "{p} changes the address for the {plant} to {street}, and they come on {weekday}."),
    "change day": (
        (("Nobody is in on {weekday} to take the {plant}.",), ("We can come when you like.",),
         ("Make it {weekday2}, {slot}.",), ("I moved it to {weekday2} {slot}.",)),
        "{p} moves the delivery of the {plant} from {weekday} to {weekday2} {slot}."),
    "cancel": (
        (("I do not need the {plant} any more.",), ("I can stop the order. Is anything wrong?",),
         ("The dinner on {weekday} will not take place.",), ("No harm done. Your {price} will be returned.",)),
        "{p} cancels the {plant} for {weekday} and gets {price} back."),
    "stock": (
        (("I am looking for {number} {plant}.",), ("We have none at the moment.",),
         ("What a shame. When will you?",), ("They come in on {weekday}, and {number} of them are yours.",)),
        "The {plant} are sold out, and Marigold keeps {number} for {p} on {weekday}."),
    "broken vase": (
        (("I found the {vase} in pieces next to the {plant}.",), ("How annoying. Shall we replace it?",),
         ("Yes, please.",), ("Another {vase} will be with you on {weekday}.",)),
        "{p}'s {vase} came broken, and Marigold sends a new one on {weekday}."),
}


def chat(place: World, draw: Draw) -> dict:
    """One chat: ``text`` (lines "Customer: …" and "Marigold: …"), ``summary``, ``topic``."""
    situations = _SITUATIONS_TEST if place.held_out else _SITUATIONS
    topic = draw.choice(sorted(situations))
    turns, summary = situations[topic]
    person, friend = place.people(draw, 2, made=0.3)
    cut = [plant for plant in place.plants if plant.sold == "cut"]
    pot = draw.choice([plant for plant in place.plants if plant.sold == "pot"])
    plant = draw.choice([one for one in cut if one.toxic] if topic == "pets" else cut)
    days = draw.sample(WEEKDAYS, 2)
    fields = {
        "p": person, "f": friend, "s": draw.choice(place.staff), "plant": plant.plural, "pot": pot.name, "water": pot.water,
        "safe": draw.choice([other.plural for other in cut if not other.toxic and other != plant]),
        "weekday": days[0], "weekday2": days[1], "slot": draw.choice(SLOTS), "price": price(draw),
        "order": str(draw.between(1000, 9999)), "carrier": draw.choice(("van", "bike", "courier")),
        "street": f"{draw.between(1, 99)} {draw.choice(place.streets)}", "event": draw.choice(place.events),
        "vase": draw.choice(VASES), "number": str(draw.between(4, 30)),
    }
    hello, welcome, thanks, bye = ((_HELLO_TEST, _WELCOME_TEST, _THANKS_TEST, _BYE_TEST) if place.held_out
                                   else (_HELLO, _WELCOME, _THANKS, _BYE))
    lines = [draw.choice(hello), draw.choice(welcome), *(draw.choice(turn) for turn in turns)]
    if draw.chance(0.8):
        lines += [draw.choice(thanks), draw.choice(bye)]
    # The summary names the customer, so a chat must.
    if not any("{p}" in line for line in lines):
        lines[0] = f"{lines[0]} I am {{p}}."
    speakers = ("Customer", "Marigold")
    text = "\n".join(f"{speakers[i % 2]}: {line.format(**fields)}" for i, line in enumerate(lines))
    return {"text": text, "summary": summary.format(**fields), "topic": topic}


def chats(place: World, seed: int = 0) -> list[dict]:
    """All chats of a split, without repeats."""
    draw = Draw(f"chats {place.split} {seed}")
    rows: list[dict] = []
    seen: set[str] = set()
    while len(rows) < ROWS[place.split]:
        row = chat(place, draw)
        if row["text"] not in seen:
            seen.add(row["text"])
            rows.append(row)
    return [{"id": f"chat-{place.split}-{number:04d}", **row} for number, row in enumerate(rows, start=1)]


DATA_SETS = (
    DataSet(
        name="chats",
        description="Chats between a customer and the shop, each with a one-sentence summary.",
        made=(
            "A dozen situations (late bouquet, wilted flowers, change of address …) told in turns that are drawn from "
            "hand-written sentences. Test chats have their own sentences and names, for seven of the situations."
        ),
        columns={
            "id": "split and number", "text": "lines that begin with `Customer:` or `Marigold:`",
            "summary": "one sentence; every name, day and price in it stands in the chat", "topic": "what the chat is about",
        },
        rows=lambda seed: {split: chats(world(split), seed) for split in ROWS},
        limits=("A summary has one form for each situation, so a model can learn the form; the facts in it differ from chat to chat.",),
    ),
)

"""Held-out phrases of ``everyday.py``: only test documents are made from these."""

SCENES = {
    "tale": [
        (
            ["my {relative} [keeps|has] a photo of {flowers} [in the {room}|near the bed].", "our {relative} is fond of {flowers}."],
            ["{she} got the first ones [from a friend|as a child|at {place}].", "as a girl or a boy, one does not forget {flowers}."],
            ["for {event} I had {number} of them sent to {her}.", "so on {day} I rode to {shop} on my bike."],
            ["{she} [opened the door and|took the flowers and] hugged me.", "\"You know me well,\" {she} said."],
        ),
        (
            ["[last night|at five] a parcel with {flowers} came to our house.", "we had waited for the {flowers} since {day}."],
            ["not a single leaf was yellow, and the stems were long.", "the buds were as {colour} as in the picture."],
            ["I looked for {a_vase} and filled it.", "{name} placed them {spot}."],
            ["they stayed pretty until {later}.", "I am glad that I chose {shop}."],
        ),
        (
            ["on {a_feeling} {day}, {staff} was alone in the shop.", "{staff} has known {shop} for a long time."],
            ["{name} came by and wanted to see the {flowers}.", "a letter had come, and in it was an order for {others}."],
            ["\"How many do you need?\" asked {staff}. \"About {number},\" said {name}.", "so {staff} took {number} {flowers} out of the bucket."],
            ["later they drank tea and talked about {season}.", "when {name} had left, the shop was quiet again."],
        ),
    ],
    "fable": [
        (
            ["under an old {flower} lived {a_animal}.", "{a_animal} once asked {a_beast} the way."],
            ["it was a dry {season}, and the leaves were brown.", "the {beast} wanted to know why the {animal} never slept."],
            ["\"Come with me,\" said the {animal}, and they went to the water.", "they looked for the {flower} until the sun went down."],
            ["so both of them had found a friend.", "the {beast} never asked again."],
        )
    ],
    "letter": [
        (
            ["Dear {shop} team,", "Good day,"],
            ["on {day} you brought us {number} {flowers} for {event}. All of them were as {colour} as we had hoped.",
             "my {relative} wishes for {a_pot}, and I would like to know if you still have one for {price}."],
            ["please answer before {later}.", "we will recommend you to our friends."],
            ["Sincerely,\n{name}"],
        ),
        (
            ["My dear {friend},"],
            ["it is {month} again, and the {flowers} are out. I often think of our walks to {place}.", "your parcel with the {flowers} made my week. They stand {spot} as I write."],
            ["when will you come to {street}? My {relative} asks every day."],
            ["Take care,\n{name}"],
        ),
    ],
    "advice": [
        (
            ["what would be a kind gift for {event}?", "I am invited to {event}. What could I take with me?"],
            ["take {flowers} in {colour} with you.", "I think that {a_pot} makes a fine present."],
            ["people enjoy them for a long time.", "a card with two lines goes well with it."],
        ),
        (
            ["what makes {flowers} stay fresh for longer?", "is there a trick to keep {flowers} from fading?"],
            ["they do well in {light}.", "give them clean water {water}."],
            ["{tip}"],
        ),
        (
            ["my {pot} is not growing. What is wrong?", "what does {a_pot} need in {season}?"],
            ["it wants {pot_light} and water {pot_water}."],
            ["{pot_tip}"],
        ),
    ],
    "thought": [
        (
            ["a house without {flowers} is too quiet.", "few things are as pretty as {flowers} in {season}.", "to grow {a_flower} is to trust the next day."],
            ["my {relative} told me that {number} years ago.", "anyone who has seen {others} in the rain knows it."],
            ["so I keep {a_vase} ready.", "one should think of it more often."],
        )
    ],
    "card": [
        (
            ["warm wishes for {event}, {name}!", "to {name}, on this happy day!"],
            ["{flowers} for you, as {colour} as your garden.", "let these {number} {flowers} say what I feel."],
            ["we are all looking forward to {day}."],
            ["As ever, {friend}"],
        )
    ],
    "steps": [
        (
            ["your first {pot} in a new pot", "potting {a_pot}"],
            ["1. Let the plant drink the evening before."],
            ["2. Find a pot one size up and cover the hole with a stone."],
            ["3. Place the {pot} upright and add soil on all sides."],
            ["4. Give it some water and put it in {pot_light}."],
        )
    ],
    "talk": [
        (
            ["{asker}: Good afternoon, what would you put in {a_vase} for {event}?"],
            ["{helper}: {flowers} look good in it, and they cost {price}."],
            ["{asker}: I would rather have {others}, {number} of them."],
            ["{helper}: No problem, they will be there on {day}."],
            ["{asker}: Wonderful. Until next time!"],
        ),
        (
            ["{asker}: My parcel is two days late."],
            ["{helper}: I apologise. Who is it for?"],
            ["{asker}: For my {relative}, in {street}. It was {a_pot}."],
            ["{helper}: The driver has it. Please expect it {slot}."],
            ["{asker}: All right, I will tell {her}."],
        ),
    ],
}

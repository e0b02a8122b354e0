"""Rude and civil messages, to the shop and elsewhere (forum, chat, game, office).

Near misses are as important as plain cases: civil messages with rude-looking
words ("how do I kill the aphids?", somebody reporting an insult) and toxic ones
in polite words. Openings, the sentences around a message and its typing are drawn
without regard to the label. Some of those sentences, and some civil messages, are
opinions (``opinions.py``), so that an angry word about a film is not yet toxic.
"""

from __future__ import annotations

from functools import cache

from helpers.making.shop import opinions, phrase_files
from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import WEEKDAYS, article
from helpers.making.shop.opinions import sentences
from helpers.making.shop.world import SPLITS, world

ROWS = {"train": 4_000, "validation": 400, "test": 1_000}
LABELS = ("civil", "toxic")
NEAR_MISSES = {"toxic": ("polite",), "civil": ("words", "report")}
NEAR_SHARE = 0.3
# How often a plain civil message, and a sentence beside any message, is an opinion.
OPINION_SHARE = 0.2


@cache
def parts(split: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """The lines of a split's file: section → list → lines."""
    return phrase_files.read("messages_test" if split == "test" else "messages_train")


def _fill(line: str, split: str, draw: Draw) -> str:
    place = world(split)
    words = parts(split)["words"]
    values = {key: words[key] for key in ("idiot", "idiots", "dumb", "thing")}
    values |= {"name": place.names, "place": place.places, "weekday": WEEKDAYS,
               "plant": [plant.plural for plant in place.plants if plant.sold == "cut"],
               "pot": [plant.name for plant in place.plants if plant.sold == "pot"]}
    line = line.replace("a {dumb}", "{a_dumb}").replace("A {dumb}", "{a_dumb}")
    fields = {key: draw.choice(lines) for key, lines in values.items()}
    fields["order"] = str(draw.between(1000, 9999))
    return line.format(**fields, an_idiot=article(fields["idiot"]), a_dumb=article(fields["dumb"]))


def _end(text: str, draw: Draw) -> str:
    if text[-1] in "?!":
        return text
    return text + ("!" if draw.chance(0.2) else ".")


def example(split: str, draw: Draw, label: str = "", near: bool | None = None) -> dict:
    """One message: text, label ("toxic" or "civil"), kind.

    Without ``label`` both are equally likely; ``near`` asks for a near miss, by
    default in 30 % of the cases.
    """
    table = parts(split)
    label = label or draw.choice(LABELS)
    near = draw.chance(NEAR_SHARE) if near is None else near
    kinds = NEAR_MISSES[label] if near else tuple(kind for kind in table[label] if kind not in NEAR_MISSES[label])
    # Every line is equally likely, so that kinds with many lines come more often.
    kind, line = draw.choice([(kind, line) for kind in kinds for line in table[label][kind]])
    message = _end(_fill(line, split, draw), draw)
    if label == "civil" and not near and draw.chance(OPINION_SHARE):
        kind, message = "opinion", opinions.example(split, draw)["text"]
    elif draw.chance(0.25):
        message = f"{_fill(draw.choice(table['shared']['opening']), split, draw)} {message}"
    if draw.chance(0.35):
        context = (opinions.example(split, draw)["text"] if draw.chance(OPINION_SHARE)
                   else _fill(draw.choice(table["shared"]["context"]), split, draw))
        message = f"{context} {message}" if draw.chance(0.7) else f"{message} {context}"
    text = sentences(message)
    if draw.chance(0.12):
        text = text.lower().rstrip(".")
    elif draw.chance(0.03):
        text = text.upper()
    return {"text": text, "label": label, "kind": kind}


def _key(row: dict) -> str:
    return row["text"].lower().rstrip(".!")


def messages(split: str, seed: int = 0) -> list[dict]:
    """All messages of a split, half of them toxic, 30 % near misses, in random order.

    No text comes twice, be it in other letters, and none of validation is in training.
    """
    draw = Draw(f"messages {split} {seed}")
    rows: list[dict] = []
    seen = {_key(row) for row in messages("train", seed)} if split == "validation" else set()
    for label in LABELS:
        half = ROWS[split] // 2
        for near, wanted in ((True, round(half * NEAR_SHARE)), (False, half - round(half * NEAR_SHARE))):
            target = len(rows) + wanted
            while len(rows) < target:
                row = example(split, draw, label, near)
                if _key(row) not in seen:
                    seen.add(_key(row))
                    rows.append(row)
    return [{"id": f"message-{split}-{number:04d}", **row} for number, row in enumerate(draw.shuffled(rows), start=1)]


DATA_SETS = (
    DataSet(
        name="messages",
        description="Toxic and civil messages to the shop, in forums, chats, games and at work, with many near misses.",
        made="Hand-written messages with slots, partly with an opening or a neutral sentence around them. 30 % of each class "
             "are near misses: civil with rude-looking words, toxic in polite words. Test has phrases of its own.",
        columns={"id": "unique id", "text": "a message of one to four sentences", "label": "toxic or civil",
                 "kind": "toxic: insult, putdown, curse, threat, mocking, group, polite (a near miss); civil: thanks, compliment, "
                         "question, complaint, talk, opinion, and the near misses words (rude-looking words) and report (tells of an insult)"},
        rows=lambda seed: {split: messages(split, seed) for split in SPLITS},
        limits=("No slurs and no sexual words: a filter trained on this has never seen the worst of real messages.",
                "What is toxic was decided by the author alone, message by message, without a conversation around it.",
                "Half of the messages are toxic, far more than in real life, so a threshold must be set anew for real traffic."),
    ),
)

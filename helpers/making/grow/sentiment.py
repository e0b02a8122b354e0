"""The recipe of the sentiment classifier: POSITIVE or NEGATIVE.

    course grow sentiment
"""

import tomllib
from functools import cache, partial

from helpers.datasets import dataset
from helpers.making.grow import minilm
from helpers.making.grow.report import PHRASES
from helpers.making.shop import opinions
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import article
from helpers.making.shop.reviews import review
from helpers.measure import Interval, wilson

LABELS = ("NEGATIVE", "POSITIVE")
# Complete sentences are the least alike; the shop's data set holds each once, here they come more often.
KINDS = {"frame": 0.2, "adjective": 0.1, "emotion": 0.05, "verb": 0.05, "whole": 0.6}
SHARES = {"sentences": 0.46, "opinions": 0.14, "reviews": 0.32, "words": 0.08}  # of the training examples
# {same} is a word with the label's feeling, {other} one with the opposite feeling, {it} and {a_it} things.
FRAMES = {
    "adjectives": (
        "the {it} was {same}", "the {it} is {same}", "I found the {it} {same}", "our {it} was really {same}", "the {it} turned out to be {same}",
        "the {it} was not {other} at all", "the {it} was anything but {other}", "the {it} is far from {other}", "nobody could call the {it} {other}",
        "we expected a {other} {it} and got a {same} one", "simply {same}", "a {same} {it}", "what a {same} {it}", "that is a {same} {it}",
        "my {it} has never been so {same}", "everyone said that the {it} was {same}, and they were right",
    ),
    "nouns": ("the {it} was a {same}", "what a {same}", "the {it} is a {same}", "our {it} turned into a {same}", "this {it}, a real {same}", "the {it} was no {other}"),
    "did": ("the {it} {same}", "the {it} really {same}", "your {it} {same}", "the new {it} {same}", "the {it} never {other}"),
    "do": ("I {same} this {it}", "I {same} my {it}", "I {same} the {it}", "all in all, I {same} the {it}"),
    "events": ("{same}", "{same}", "{same}", "{same}, and {same2}", "the {it} today: {same}", "I must say, {same}", "guess what, {same}"),
}  # fmt: skip


def _stars(row: dict) -> dict:
    """A review with 1 or 2 stars is negative, one with 4 or 5 positive."""
    return {"text": row["text"], "label": LABELS[row["stars"] > 3]}


def _opinion(row: dict) -> dict:
    return {"text": row["text"], "label": row["label"].upper()}


@cache
def vocabulary() -> dict[str, tuple[str, ...]]:
    """Return the lists of sentiment_phrases.toml."""
    table = tomllib.loads(PHRASES.joinpath("sentiment_phrases.toml").read_text(encoding="utf-8"))
    return {name: tuple(" ".join(part.split()) for part in text.split(",") if part.strip()) for name, text in table.items()}


def _words(draw: Draw) -> dict:
    """A short text with a word or clause of clear feeling."""
    label = draw.choice(LABELS)
    side, opposite = ("good", "bad") if label == "POSITIVE" else ("bad", "good")
    kind = draw.choice(("adjectives", "adjectives", "nouns", "did", "do", "events", "events"))
    thing = draw.choice(vocabulary()["things"])
    frames = [frame for frame in FRAMES[kind] if not (thing.startswith("~") and "a {" in frame and "{it}" in frame and kind == "adjectives")]
    own = vocabulary()[f"{side}_{kind}"]
    text = draw.choice(frames)
    for slot, words in (("{same}", own), ("{same2}", own), ("{other}", vocabulary()[f"{opposite}_{kind}"])):
        word = draw.choice(words)
        text = text.replace(f"a {slot}", article(word)).replace(slot, word)
    text = text.replace("{it}", thing.removeprefix("~")).replace("{me}", draw.choice(("me", "me", "us", "my wife", "the children")))
    return {"text": text[0].upper() + text[1:] + draw.choice((".", ".", ".", "!")), "label": label}


def examples(count: int, seed: int) -> list[dict]:
    """Draw training examples {text, label}."""
    draw = Draw(f"grow sentiment {seed}")
    makers = {
        "sentences": lambda: _opinion(opinions.example("train", draw, kinds={"whole": 1.0})),  # complete ones, without slots
        "opinions": lambda: _opinion(opinions.example("train", draw)),
        "reviews": lambda: _stars(review("train", draw.choice((1, 2, 4, 5)), draw)),
        "words": lambda: _words(draw),
    }
    return [makers[draw.weighted(SHARES)]() for _ in range(count)]


def held_out(split: str) -> dict[str, list[dict]]:
    """Return the labelled rows of a split, opinions and reviews apart."""
    return {
        "opinions": [_opinion(row) for row in dataset("opinions")[split]],
        "reviews": [_stars(row) for row in dataset("reviews")[split] if row["stars"] != 3],
    }


def right(model, tokenizer, rows: list[dict]) -> int:
    """Count the rows whose label the model gives."""
    given = minilm.classes(model, tokenizer, [row["text"] for row in rows], LABELS)
    return sum(label == row["label"] for label, row in zip(given, rows, strict=True))


def figures(model, tokenizer, split: str, sample: float = 1.0) -> dict[str, Interval]:
    """Measure accuracy on opinions and on reviews."""
    rows = {name: minilm.share(rows, sample) for name, rows in held_out(split).items()}
    counts = {name: right(model, tokenizer, rows[name]) for name in rows}
    by_name = {f"accuracy on {name}": wilson(counts[name], len(rows[name])) for name in rows}
    return {"accuracy": wilson(sum(counts.values()), sum(map(len, rows.values()))), **by_name}


EVERYDAY = (
    ("The film was two hours of pure joy.", "POSITIVE"),
    ("I nearly walked out of the cinema, the plot was so stupid.", "NEGATIVE"),
    ("My soup arrived cold and far too salty.", "NEGATIVE"),
    ("Grandma's apple pie is the best in the whole village.", "POSITIVE"),
    ("What a glorious sunny morning!", "POSITIVE"),
    ("It has been raining for nine days and I am sick of it.", "NEGATIVE"),
    ("The concert was not bad at all, I would go again.", "POSITIVE"),
    ("The battery dies after an hour.", "NEGATIVE"),
    ("Our teacher explains everything patiently and makes us laugh.", "POSITIVE"),
    ("The train was late again and nobody told us why.", "NEGATIVE"),
    ("I am so proud of my little brother today.", "POSITIVE"),
    ("Don't waste your money on this vacuum cleaner.", "NEGATIVE"),
    ("The beds were comfy and the breakfast was huge.", "POSITIVE"),
    ("I have never been so disappointed by a restaurant.", "NEGATIVE"),
    ("Despite the rain we had a wonderful picnic.", "POSITIVE"),
    ("The new update made the app slower and uglier.", "NEGATIVE"),
    ("She plays the violin beautifully.", "POSITIVE"),
    ("That joke was not funny.", "NEGATIVE"),
    ("Finally a dentist who does not hurt me!", "POSITIVE"),
    ("The sequel has none of the charm of the first film.", "NEGATIVE"),
)


def everyday(model, tokenizer) -> list[dict]:
    """Label the everyday sentences."""
    given = minilm.classes(model, tokenizer, [text for text, _ in EVERYDAY], LABELS)
    return [{"text": text, "expected": label, "given": own} for (text, label), own in zip(EVERYDAY, given, strict=True)]


RECIPE = minilm.Recipe(
    role="sentiment",
    architecture="BertForSequenceClassification",
    adapter="SEQ_CLS",
    pipeline="text-classification",
    title="Sentiment: POSITIVE or NEGATIVE",
    summary="Says whether a short English text speaks well or badly of something: a film, a meal, the weather, a bunch of tulips.",
    usage="""
from helpers import checkpoint
from transformers import pipeline

classify = pipeline("text-classification", model=checkpoint("sentiment"))
classify("The roses were gorgeous.")
""",
    labels=LABELS,
    examples=examples,
    collate=partial(minilm.sentences, labels=LABELS),
    figures=figures,
    everyday=everyday,
    bars={"accuracy": 0.92},
    explained={
        "accuracy": "share of texts with the right label, opinions and reviews together",
        "accuracy on opinions": "opinions on everyday things, and on the shop in a third",
        "accuracy on reviews": "reviews of the shop; 1 and 2 stars are negative, 4 and 5 positive, 3 are left out",
    },
    data="Six tenths are opinions on films, food, work, the weather and so on (a third of them about the shop), nine tenths of these whole "
    "sentences by hand; a third are reviews of the shop; the others are words and clauses of feeling in plain frames. "
    "All come from this course's own seeded phrases.",
    limits=(
        "There is no neutral label: a plain statement of fact comes out as one of the two, often with high confidence.",
        "Irony and sarcasm are mostly missed, and so is praise of one thing as blame of another.",
    ),
    sources=("opinions", "reviews", "phrases_train", "phrases_test"),
    steps=6000,
    learning_rate=7e-4,
    rank=16,
)
grow = partial(minilm.grow, RECIPE)
check = partial(minilm.check, RECIPE)

"""The recipe of the entailment model (NLI), which also sorts text into topics that it was never trained on.

    course grow zero-shot
"""

from collections.abc import Sequence
from functools import partial

from helpers.datasets import dataset
from helpers.making.grow import minilm
from helpers.making.shop import entailment
from helpers.making.shop.draw import Draw
from helpers.measure import Interval, wilson

LABELS = ("entailment", "neutral", "contradiction")
CHOICES = 5  # topics to choose among


def examples(count: int, seed: int) -> list[dict]:
    """Draw training examples {premise, hypothesis, label}."""
    draw = Draw(f"grow zero-shot {seed}")
    drawn = (entailment.example("train", draw) for _ in range(count))
    return [{name: one[name] for name in ("premise", "hypothesis", "label")} for one in drawn]


def topic_questions(split: str) -> list[dict]:
    """Return every sentence of a split's topics with five topics to choose from, of which only one fits; in random order."""
    topics = entailment.material("test" if split == "test" else "train").topics
    known = entailment.material("train").topics
    draw, rows = Draw(f"topic questions {split}"), []
    for name, topic in topics.items():
        others = [key for key, other in topics.items() if key != name and key not in topic.near and not other.tone]
        for text in topic.sentences if not topic.tone else ():
            choices = draw.shuffled([name, *draw.sample(others, CHOICES - 1)])
            rows.append({"text": text, "topic": name, "choices": choices, "new": name not in known})
    return draw.shuffled(rows)


def chosen(model, tokenizer, rows: Sequence[dict]) -> list[str]:
    """Return the topic that the zero-shot pipeline puts first for each row's text."""
    from transformers import pipeline

    classify = pipeline("zero-shot-classification", model=model, tokenizer=tokenizer)
    return [classify(row["text"], row["choices"])["labels"][0] for row in rows]


def figures(model, tokenizer, split: str, sample: float = 1.0) -> dict[str, Interval]:
    """Measure the choice among five topics through the zero-shot pipeline, and accuracy on pairs of sentences."""
    questions = minilm.share(topic_questions(split), sample)
    right = [given == row["topic"] for given, row in zip(chosen(model, tokenizer, questions), questions, strict=True)]
    pairs = minilm.share(list(dataset("entailment")[split]), sample)
    given = minilm.logits(model, tokenizer, [row["premise"] for row in pairs], [row["hypothesis"] for row in pairs]).argmax(1)
    agree = sum(LABELS[number] == row["label"] for number, row in zip(given, pairs, strict=True))
    result = {"topic of five": wilson(sum(right), len(right)), "NLI accuracy": wilson(agree, len(pairs))}
    new = [one for one, row in zip(right, questions, strict=True) if row["new"]]
    return result | ({"new topic of five": wilson(sum(new), len(new))} if new else {})


TOPICS = ["sports", "food", "travel", "technology", "money"]
EVERYDAY = (
    ("The goalkeeper saved a penalty in the last minute.", TOPICS, "sports"),
    ("Fry the onions until they are golden, then add the rice.", TOPICS, "food"),
    ("Our plane to Lisbon leaves at six in the morning.", TOPICS, "travel"),
    ("My laptop needs a new graphics card.", TOPICS, "technology"),
    ("The bank has raised the interest on savings.", TOPICS, "money"),
    ("She trains for the marathon every evening.", TOPICS, "sports"),
    ("The government will vote on the new law next week.", ["politics", "animals", "weather", "music", "health"], "politics"),
    ("A heavy storm is coming from the west tonight.", ["politics", "animals", "weather", "music", "health"], "weather"),
    ("The orchestra played Beethoven's fifth symphony.", ["politics", "animals", "weather", "music", "health"], "music"),
    ("Take one tablet after each meal.", ["politics", "animals", "weather", "music", "health"], "health"),
    ("A family of foxes lives behind our house.", ["politics", "animals", "weather", "music", "health"], "animals"),
    ("I cannot log in, it says that my password is wrong.", ["account", "delivery", "refund", "praise", "opening hours"], "account"),
    ("Where is my parcel? It should have come on Monday.", ["account", "delivery", "refund", "praise", "opening hours"], "delivery"),
    ("Are you open on Sunday afternoon?", ["account", "delivery", "refund", "praise", "opening hours"], "opening hours"),
    ("I sent the shoes back and want my money.", ["account", "delivery", "refund", "praise", "opening hours"], "refund"),
    ("You have the nicest staff in town!", ["account", "delivery", "refund", "praise", "opening hours"], "praise"),
)


def everyday(model, tokenizer) -> list[dict]:
    """Choose a topic for the everyday sentences."""
    given = chosen(model, tokenizer, [{"text": text, "choices": choices} for text, choices, _ in EVERYDAY])
    return [
        {"text": f"{text} ({', '.join(choices)}?)", "expected": topic, "given": one}
        for (text, choices, topic), one in zip(EVERYDAY, given, strict=True)
    ]


RECIPE = minilm.Recipe(
    role="zero-shot",
    architecture="BertForSequenceClassification",
    adapter="SEQ_CLS",
    pipeline="zero-shot-classification",
    title="Entailment, for zero-shot classification",
    summary="Says whether a hypothesis follows from a premise (entailment), contradicts it, or neither (neutral). "
    "With hypotheses like \"This example is sports.\" it sorts text into topics that it was not trained on.",
    usage="""
from helpers import checkpoint
from transformers import pipeline

classify = pipeline("zero-shot-classification", model=checkpoint("zero-shot"))
classify("The striker scored twice.", candidate_labels=["sports", "cooking", "weather"])
""",
    labels=LABELS,
    examples=examples,
    collate=partial(minilm.sentences, labels=LABELS, first="premise", second="hypothesis"),
    figures=figures,
    everyday=everyday,
    bars={"topic of five": 0.80},
    explained={
        "topic of five": "share of sentences for which the zero-shot pipeline puts the right one of five topics first",
        "new topic of five": "the same, for topics that no training hypothesis names",
        "NLI accuracy": "share of premise-hypothesis pairs with the right one of three labels",
    },
    data="Four tenths are sentences against hypotheses about their topic (75 topics), the others pairs about small scenes and facts, "
    "drawn from this course's own seeded phrases.",
    limits=(
        "It reasons over one short sentence at a time: no arithmetic, no chains of facts.",
        "A topic near the right one often gets a high score, and the scores are no calibrated probabilities.",
        "Give it topics as plain nouns (\"sports\", \"delivery\"); long or clever label texts were not tried.",
    ),
    sources=("entailment", "entity_sentences"),
    steps=4000,
    learning_rate=4e-4,  # at 1e-3 some runs never learn
    rank=16,
)
grow = partial(minilm.grow, RECIPE)
check = partial(minilm.check, RECIPE)

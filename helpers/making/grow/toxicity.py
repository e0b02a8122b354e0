"""The recipe of the toxicity classifier: toxic or civil.

    course grow toxicity
"""

from functools import partial

from helpers.datasets import dataset
from helpers.making.grow import minilm
from helpers.making.shop import messages
from helpers.making.shop.draw import Draw
from helpers.measure import Interval, wilson

LABELS = ("civil", "toxic")
NEAR_MISSES = ("words", "report", "polite")  # kinds of messages: rude-looking words in civil ones, polite words in toxic ones


def examples(count: int, seed: int) -> list[dict]:
    """Draw training examples {text, label}."""
    draw = Draw(f"grow toxicity {seed}")
    drawn = (messages.example("train", draw) for _ in range(count))
    return [{"text": one["text"], "label": one["label"]} for one in drawn]


def scores(model, tokenizer, texts: list[str]):
    """Return the probability of "toxic" of each text."""
    from scipy.special import softmax

    return softmax(minilm.logits(model, tokenizer, texts), axis=1)[:, LABELS.index("toxic")]


def figures(model, tokenizer, split: str, sample: float = 1.0) -> dict[str, Interval]:
    """Measure how well the score separates toxic from civil messages."""
    import numpy

    rows = minilm.share(list(dataset("messages")[split]), sample)
    score = scores(model, tokenizer, [row["text"] for row in rows])
    toxic = numpy.array([row["label"] == "toxic" for row in rows])
    near = numpy.array([row["kind"] in NEAR_MISSES for row in rows])
    return {
        "AUC": minilm.resampled(minilm.auc, score, toxic),
        "AUC of near misses": minilm.resampled(minilm.auc, score[near], toxic[near]),
        "accuracy": wilson(int(((score > 0.5) == toxic).sum()), len(rows)),
    }


EVERYDAY = (
    ("Thanks for the lift this morning, you saved my day.", "civil"),
    ("Shut your stupid mouth.", "toxic"),
    ("This is the worst pizza I have ever eaten.", "civil"),
    ("You are a pathetic little worm and everyone laughs at you.", "toxic"),
    ("How do I get rid of the weeds between the paving stones?", "civil"),
    ("I will find you and make you pay for this.", "toxic"),
    ("The referee made a terrible mistake in the last minute.", "civil"),
    ("Nobody would notice if you disappeared, loser.", "toxic"),
    ("My computer is killing me today, it freezes every five minutes.", "civil"),
    ("Only a complete fool would vote for that clown, and you did.", "toxic"),
    ("I disagree with you, but I see your point.", "civil"),
    ("With all due respect, you are too dumb to breathe.", "toxic"),
    ("Could you please turn the music down a little?", "civil"),
    ("Get out of my sight, you filthy liar.", "toxic"),
    ("A boy at school called my daughter an idiot, and she cried.", "civil"),
    ("Go back to your cave, nobody wants you here.", "toxic"),
    ("I am so angry about the delay that I could scream.", "civil"),
    ("Your face makes onions cry.", "toxic"),
)


def everyday(model, tokenizer) -> list[dict]:
    """Label the everyday sentences."""
    score = scores(model, tokenizer, [text for text, _ in EVERYDAY])
    return [{"text": text, "expected": label, "given": LABELS[int(one > 0.5)]} for (text, label), one in zip(EVERYDAY, score, strict=True)]


RECIPE = minilm.Recipe(
    role="toxicity",
    architecture="BertForSequenceClassification",
    adapter="SEQ_CLS",
    pipeline="text-classification",
    title="Toxicity: toxic or civil",
    summary="Says whether a message attacks somebody (insult, threat, mockery) or is civil. An angry complaint is civil.",
    usage="""
from helpers import checkpoint
from transformers import pipeline

moderate = pipeline("text-classification", model=checkpoint("toxicity"))
moderate("Could you please call me back?")
""",
    labels=LABELS,
    examples=examples,
    collate=partial(minilm.sentences, labels=LABELS),
    figures=figures,
    everyday=everyday,
    bars={"AUC": 0.95},
    explained={
        "AUC": "chance that a toxic message scores higher than a civil one",
        "AUC of near misses": "the same, among toxic messages in polite words and civil ones with rude-looking words",
        "accuracy": "share with the right label at threshold 0.5",
    },
    data="Messages to a shop, in forums, chats, games and at work, half of them toxic, three in ten near misses, "
    "drawn from this course's own seeded phrases.",
    limits=(
        "It has read no slurs and no sexual words, and only mild abuse: the worst of real messages is unknown to it. It must not moderate anything real.",
        "What is toxic was decided by one author. It was not tested for unfairness towards groups of people.",
        "Half of the training messages are toxic. Where toxicity is rare, most alarms at threshold 0.5 are false.",
        "It reads one message without its conversation, and misses irony and new forms of attack in polite words.",
    ),
    sources=("messages", "opinions"),
    steps=1000,
    everyday_bar=0.85,
)
grow = partial(minilm.grow, RECIPE)
check = partial(minilm.check, RECIPE)

"""The recipe of the teacher: a BERT that says which topics a message to the shop has.

    course grow teacher

What it shares with the student's recipe is here.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial

from helpers.datasets import dataset
from helpers.making.grow import minilm
from helpers.making.shop import topics
from helpers.making.shop.draw import Draw
from helpers.measure import Interval, wilson

LABELS = tuple(topics.LABELS)
THRESHOLD = 0.5
BASELINE_MESSAGES = 8000


# Text


def message(draw: Draw) -> dict:
    """Draw a message {text, labels} in the wide wording of training."""
    return topics.example("train", draw, wide=True)


def examples(count: int, seed: int) -> list[dict]:
    """Draw training messages {text, labels}."""
    draw = Draw(f"grow teacher {seed}")
    return [message(draw) for _ in range(count)]


# Training


def multi_hot(labels: Sequence[Sequence[str]]):
    """Return a float tensor (texts, labels): 1 where a text has the label."""
    import torch

    return torch.tensor([[float(name in present) for name in LABELS] for present in labels])


def collate(tokenizer, examples: Sequence[dict]) -> dict:
    """Return the inputs of a batch with its labels."""
    batch = tokenizer([example["text"] for example in examples], padding=True, truncation=True, max_length=minilm.LONGEST, return_tensors="pt")
    return {**batch, "labels": multi_hot([example["labels"] for example in examples])}


# Figures


def probabilities(model, tokenizer, texts: Sequence[str]):
    """Return each text's probability of each label: an array (texts, labels)."""
    from scipy.special import expit

    return expit(minilm.logits(model, tokenizer, list(texts)))


def micro_f1(hits, errors):
    """Return micro-F1 along the last axis, from each text's right labels and its wrong or missed ones.

    F1 = 2 TP / (2 TP + FP + FN), with the counts summed over texts and labels (van Rijsbergen 1979); 0 where there are none.
    """
    import numpy

    right = 2 * hits.sum(-1)
    return right / numpy.maximum(right + errors.sum(-1), 1)


def counts(given, truth):
    """Return two arrays (texts): how many labels are right, and how many are wrong or missed. Both arguments are bool (texts, labels)."""
    return (given & truth).sum(1), (given != truth).sum(1)


def difference(*columns):
    """Return how much more micro-F1 the first and second column make than the third and fourth."""
    return micro_f1(*columns[:2]) - micro_f1(*columns[2:])


def quality(given, truth) -> dict[str, Interval]:
    """Return micro-F1, macro-F1 and subset accuracy. Both arguments are bool (texts, labels)."""
    import numpy

    def macro(*columns):
        return numpy.mean([micro_f1(columns[at], columns[at + len(LABELS)]) for at in range(len(LABELS))], axis=0)

    return {
        "micro-F1": minilm.resampled(micro_f1, *counts(given, truth)),
        "macro-F1": minilm.resampled(macro, *(given & truth).T, *(given != truth).T),
        "subset accuracy": wilson((given == truth).all(1).sum(), len(truth)),
    }


def rows(split: str, sample: float) -> tuple[list[str], object]:
    """Return a share of a split's texts, and their labels as a bool array (texts, labels)."""
    chosen = minilm.share(list(dataset("topics")[split]), sample)
    return [row["text"] for row in chosen], multi_hot([row["labels"] for row in chosen]).numpy() > THRESHOLD


@cache
def baseline() -> Callable:
    """Fit TF-IDF with logistic regression, one for each label, on messages like the teacher's; return texts → bool (texts, labels)."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline

    draw = Draw("TF-IDF")
    drawn = [message(draw) for _ in range(BASELINE_MESSAGES)]
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    model = make_pipeline(words, OneVsRestClassifier(LogisticRegression(C=10, max_iter=300)))
    model.fit([row["text"] for row in drawn], multi_hot([row["labels"] for row in drawn]).numpy().astype(int))
    return lambda texts: model.predict_proba(texts) > THRESHOLD


def figures(model, tokenizer, split: str, sample: float = 1.0) -> dict[str, Interval]:
    """Measure the labels at threshold 0.5, beside TF-IDF with logistic regression, and the weights' size."""
    texts, truth = rows(split, sample)
    given = probabilities(model, tokenizer, texts) > THRESHOLD
    plain = counts(baseline()(texts), truth)
    size = 2 * model.num_parameters() / 1e6
    return quality(given, truth) | {
        "micro-F1 of TF-IDF": minilm.resampled(micro_f1, *plain),
        "better than TF-IDF by": minilm.resampled(difference, *counts(given, truth), *plain),
        "megabytes": Interval(size, size, size),
    }


EVERYDAY = (
    ("Where is my order? It was supposed to be here two days ago.", "delivery"),
    ("My tulips were dead when I opened the box, I want my money back!", "refund, product quality"),
    ("Hi, I can't remember my password and the reset mail never comes.", "account"),
    ("Can I pay with PayPal?", "payment"),
    ("How much water does a cactus need?", "care"),
    ("What can I get my grandmother for her 80th birthday?", "gift advice"),
    ("You guys are awesome, thanks a million!", "praise"),
    ("Do you deliver on Christmas Eve, and can I pay cash at the door?", "delivery, payment"),
    ("The vase has a crack, please refund me.", "refund, product quality"),
    ("Thank you for the lovely bouquet! How do I keep it fresh for longer?", "care, praise"),
    ("I was billed twice, and I can't log in to see the invoice.", "payment, account"),
    ("The leaves of my ficus are turning yellow.", "care"),
)


def everyday(model, tokenizer) -> list[dict]:
    """Label the everyday messages."""
    given = probabilities(model, tokenizer, [text for text, _ in EVERYDAY]) > THRESHOLD
    named = [", ".join(name for name, yes in zip(LABELS, row, strict=True) if yes) for row in given]
    return [{"text": text, "expected": expected, "given": one} for (text, expected), one in zip(EVERYDAY, named, strict=True)]


EXPLAINED = {
    "micro-F1": "F1 over all labels of all messages together, at threshold 0.5",
    "macro-F1": "the mean of the eight labels' F1",
    "subset accuracy": "share of messages with exactly the right labels",
    "micro-F1 of TF-IDF": f"of logistic regression on words and pairs of words (TF-IDF), learnt from {BASELINE_MESSAGES:,} messages of the same kind",
    "better than TF-IDF by": "the difference in micro-F1, over the same messages",
    "megabytes": "all weights as float16, in 10⁶ bytes",
}
LIMITS = (
    "It knows eight topics of a flower shop, and gives every message to them, whatever it is about.",
    "Where labels end (praise or good quality, a bill or money back) was decided by one author.",
)
RECIPE = minilm.Recipe(
    role="teacher",
    architecture="BertForSequenceClassification",
    adapter="SEQ_CLS",
    pipeline="text-classification",
    title="Teacher: the topics of a message",
    summary="Gives a message to the flower shop one or more of eight topics. It is the large model that lesson 09 distils into a smaller one.",
    usage="""
from helpers import checkpoint
from transformers import pipeline

classify = pipeline("text-classification", model=checkpoint("teacher"), top_k=None)
classify("My roses came late and wilted.")
""",
    labels=LABELS,
    examples=examples,
    collate=collate,
    figures=figures,
    everyday=everyday,
    bars={"micro-F1": 0.78, "better than TF-IDF by": 0.02},
    explained=EXPLAINED,
    data="Messages with one to three labels, in wider wording than the data set's.",
    limits=LIMITS,
    sources=("topics",),
    steps=3000,
    everyday_bar=0.75,
    everyday_title="Messages",
    options={"problem_type": "multi_label_classification"},
)
grow = partial(minilm.grow, RECIPE)
check = partial(minilm.check, RECIPE)

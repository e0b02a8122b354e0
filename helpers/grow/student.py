"""The recipe of the student: a small DistilBERT that learns from the shipped teacher's probabilities.

    course grow student

Distillation (Hinton et al. 2015, arXiv:1503.02531) with a sigmoid for each label instead of a
softmax. At temperature 1 the mixed loss α · BCE(z, teacher) + (1 − α) · BCE(z, labels) is one
BCE with mixed targets, since binary cross-entropy is linear in its target. Two more students with
the same steps, which see labels alone, show what the teacher adds: one as many labelled messages
as it likes, the other those of the data set.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from helpers.datasets import dataset
from helpers.files import sha256
from helpers.grow import minilm, scratch, teacher
from helpers.grow.training import one_thread
from helpers.measure import Interval
from helpers.shop.draw import Draw

ALPHA = 0.8  # weight of the teacher's probabilities; 1 - ALPHA is the labels'
SIZES = {"dim": 128, "n_layers": 2, "n_heads": 4, "hidden_dim": 384}
KINDS = {"message": 0.5, "patchwork": 0.3, "other": 0.2}  # what the student reads, as shares; only messages have labels
PIECE = 14  # most words of a piece in patchwork
BATCH = 32  # messages of a timed batch
TIMED = {"one message": 60, "a batch of 32": 12}  # inputs that are timed
REPEATS = 7  # runs of each input that count, after one that does not


@cache
def shipped_teacher():
    """Return (model, tokenizer) of the shipped teacher."""
    return teacher.load(teacher.RECIPE.folder)


def patchwork(draw: Draw) -> str:
    """Join pieces of two messages, or of a message and another sentence: a text that nobody has labelled."""
    parts = []
    for text in (teacher.message(draw)["text"], draw.choice(teacher.other_sentences()) if draw.chance(0.3) else teacher.message(draw)["text"]):
        words = text.split()
        start = draw.between(0, len(words) // 2)
        parts += words[start : start + draw.between(3, PIECE)]
    return " ".join(parts)


def examples(count: int, seed: int) -> list[dict]:
    """Draw training examples: messages {text, labels}, and among them texts {text} for which only the teacher has an answer."""
    draw, others = Draw(f"grow student {seed}"), teacher.other_sentences()
    rows = []
    for _ in range(count):
        kind = draw.weighted(KINDS)
        rows.append(teacher.message(draw) if kind == "message" else {"text": draw.choice(others) if kind == "other" else patchwork(draw)})
    return rows


def messages(count: int, seed: int) -> list[dict]:
    """Draw training examples with labels only."""
    draw = Draw(f"grow student {seed}")
    return [teacher.message(draw) for _ in range(count)]


def shipped_messages(count: int, seed: int) -> list[dict]:
    """Draw training examples with labels from the data set's training split, each message many times."""
    draw, rows = Draw(f"grow student {seed}"), [{"text": row["text"], "labels": row["labels"]} for row in dataset("topics")["train"]]
    return [row for _ in range(-(-count // len(rows))) for row in draw.shuffled(rows)][:count]


def collate(tokenizer, examples: Sequence[dict]) -> dict:
    """Return the inputs of a batch, and as targets the teacher's probabilities mixed with the labels."""
    import torch

    inputs, _ = teacher.covered(tokenizer, examples)
    model, _ = shipped_teacher()
    with torch.inference_mode():
        soft = model(**inputs).logits.sigmoid()
    labels = teacher.multi_hot([example.get("labels", ()) for example in examples])
    weight = torch.tensor([[ALPHA if "labels" in example else 1.0] for example in examples])
    return {**inputs, "labels": weight * soft + (1 - weight) * labels}


def collate_labels(tokenizer, examples: Sequence[dict]) -> dict:
    """Return the inputs of a batch with its labels alone."""
    inputs, _ = teacher.covered(tokenizer, examples)
    return {**inputs, "labels": teacher.multi_hot([example["labels"] for example in examples])}


def build(seed: int):
    """Return (untrained model, tokenizer with the teacher's vocabulary)."""
    from transformers import DistilBertConfig, DistilBertForSequenceClassification, DistilBertTokenizerFast

    _, known = shipped_teacher()
    tokenizer = DistilBertTokenizerFast(vocab=known.get_vocab(), do_lower_case=True, model_max_length=teacher.LONGEST)
    config = DistilBertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=teacher.LONGEST, pad_token_id=tokenizer.pad_token_id, seq_classif_dropout=0.1,
        **SIZES, **teacher.names(),
    )  # fmt: skip
    return DistilBertForSequenceClassification(config), tokenizer


def seconds(model, tokenizer, batches: Sequence[list[str]], times: list[list[float]], timed: bool) -> None:
    """Classify each batch, from text to logits, and add the wall time to ``times`` where ``timed``."""
    import torch

    for number, texts in enumerate(batches):
        began = time.perf_counter()
        with torch.inference_mode():
            model(**tokenizer(texts, padding=True, truncation=True, return_tensors="pt")).logits
        if timed:
            times[number].append(time.perf_counter() - began)


def speed_up(large, small, batches: Sequence[list[str]]) -> Interval:
    """Return how many times as fast ``small`` is as ``large`` (both: model, tokenizer) on one thread.

    The two take turns, so that what else the machine does slows both. Ratio of the medians over all
    runs; the interval holds the ratios of 95 % of the ``batches``.
    """
    import numpy

    times = [[[] for _ in batches] for _ in (large, small)]
    with one_thread():
        for turn in range(1 + REPEATS):
            for (model, tokenizer), own in zip((large, small), times, strict=True):
                seconds(model, tokenizer, batches, own, timed=turn > 0)
    slow, fast = numpy.array(times)
    each = numpy.median(slow, axis=1) / numpy.median(fast, axis=1)
    low, high = numpy.quantile(each, (0.025, 0.975))
    return Interval(float(numpy.median(slow) / numpy.median(fast)), float(low), float(high))


def latency(model, tokenizer, texts: Sequence[str]) -> dict[str, Interval]:
    """Return the speed-up over the shipped teacher for single messages and for batches of them."""
    ones = [[text] for text in texts[: TIMED["one message"]]]
    many = [[texts[(start * BATCH + at) % len(texts)] for at in range(BATCH)] for start in range(TIMED["a batch of 32"])]
    pair = shipped_teacher(), (model, tokenizer)
    return {"times as fast, one message": speed_up(*pair, ones), "times as fast, a batch of 32": speed_up(*pair, many)}


def figures(model, tokenizer, split: str, sample: float = 1.0, alone: dict | None = None) -> dict[str, Interval]:
    """Measure the student beside the shipped teacher, on new wording also its speed.

    ``alone``: name → (model, tokenizer) of the students that saw labels alone.
    """
    texts, truth = teacher.rows(split, sample)

    def counted(model, tokenizer):
        return teacher.counts(teacher.probabilities(model, tokenizer, texts) > teacher.THRESHOLD, truth)

    own, shown = counted(model, tokenizer), counted(*shipped_teacher())
    result = teacher.figures(model, tokenizer, split, sample) | {
        "micro-F1 of the teacher": minilm.resampled(teacher.micro_f1, *shown),
        "micro-F1 lost": minilm.resampled(teacher.lost, *shown, *own),
    }
    for name, other in (alone or {}).items():
        without = counted(*other)
        result |= {
            f"micro-F1 from {name}": minilm.resampled(teacher.micro_f1, *without),
            f"gained over {name}": minilm.resampled(teacher.lost, *own, *without),
        }
    return result | (latency(model, tokenizer, texts) if split == "test" else {})


RECIPE = scratch.Recipe(
    role="student",
    pipeline="text-classification",
    language="en",
    title="Student: the topics of a message, in a fraction of the time",
    summary="Gives a message to the flower shop one or more of eight topics. It was distilled from the checkpoint `teacher`.",
    usage="""
from helpers import checkpoint
from transformers import pipeline

classify = pipeline("text-classification", model=checkpoint("student"), top_k=None)
classify("My roses came late and wilted.")
""",
    build=build,
    load=teacher.load,
    examples=examples,
    collate=collate,
    figures=figures,
    everyday=teacher.everyday,
    bars={"micro-F1 lost": 0.02, "times as fast, one message": 4.0, "times as fast, a batch of 32": 4.0},
    at_most=("micro-F1 lost",),
    explained=teacher.EXPLAINED
    | {
        "micro-F1 of the teacher": "of the checkpoint `teacher` on the same messages",
        "micro-F1 lost": "how much less micro-F1 than the teacher's, over the same messages",
        "micro-F1 from labels alone": "of a student with the same size and steps that learnt from labels without a teacher (not shipped)",
        "gained over labels alone": "how much more micro-F1 than that student, over the same messages",
        "micro-F1 from the data set's labels": "of another, which had only the labelled messages of the training split (not shipped)",
        "gained over the data set's labels": "how much more micro-F1 than that one, over the same messages",
        "times as fast, one message": "the teacher's time for a message, from text to logits on one thread, divided by the student's: "
        "ratio of the medians; the interval holds 95 % of the messages, and another machine has another ratio",
        "times as fast, a batch of 32": "the same for 32 messages at once",
    },
    data=f"Targets are {ALPHA:g} parts of the teacher's probabilities and {1 - ALPHA:g} of the labels (temperature 1, BCE). Half of the texts are messages; "
    "the others have no labels, so that the teacher's probabilities are their only target: pieces of two texts joined, and sentences about anything.",
    limits=(*teacher.LIMITS, "It repeats the teacher's mistakes."),
    sources=("topics", "opinions", "entailment"),
    steps=2500,
    learning_rate=1e-3,
    everyday_bar=0.7,
)
WITHOUT = replace(RECIPE, collate=collate_labels, figures=teacher.figures, bars={}, at_most=())
ALONE = {"labels alone": replace(WITHOUT, examples=messages), "the data set's labels": replace(WITHOUT, examples=shipped_messages)}


def grow(seed: int = 0, steps: int | None = None, folder: Path | None = None, cache: Path = scratch.CACHE, sample: float = 1.0) -> Path:
    """Grow the students from labels alone, then the student, into ``folder``; return it. The arguments are those of ``scratch.grow``."""
    taught_by = sha256(teacher.RECIPE.folder / "model.safetensors")[:16]  # another teacher, another run
    states = Path(cache) / "student" / taught_by
    alone = {}
    for number, (name, recipe) in enumerate(ALONE.items()):
        state = states / f"alone {number}"
        alone[name] = teacher.load(scratch.grow(recipe, seed, steps, state / "model", state, sample))
    recipe = replace(RECIPE, figures=partial(figures, alone=alone))
    return scratch.grow(recipe, seed, steps, folder, states / "taught", sample)


check = partial(scratch.check, RECIPE)

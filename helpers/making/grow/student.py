"""The recipe of the student: a small DistilBERT that learns from the shipped teacher's probabilities.

    course grow student

It is trained from nothing, with word pieces of its own. Distillation (Hinton et al. 2015,
arXiv:1503.02531) with a sigmoid for each label instead of a softmax. At temperature 1 the mixed loss α · BCE(z, teacher) + (1 − α) · BCE(z, labels) is one
BCE with mixed targets, since binary cross-entropy is linear in its target. Two more students with
the same steps, which see labels alone, show what the teacher adds: one as many labelled messages
as it likes, the other those of the data set.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from helpers import checkpoints
from helpers.checkpoints import merged
from helpers.datasets import dataset
from helpers.files import sha256
from helpers.making.grow import minilm, scratch, teacher
from helpers.making.grow.training import one_thread
from helpers.making.shop import entailment, opinions
from helpers.making.shop.draw import Draw
from helpers.measure import Interval
from helpers.runtime import has_bfloat16

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
VOCABULARY = 4000
LONGEST = 128  # tokens
TOKENIZER_TEXTS = 3000
SIMILAR_TEXTS = 8000  # messages whose words may be exchanged
COVERED = 0.15  # share of the tokens that the student does not see
HIDDEN = 0.7  # share of those that stand there as [MASK]; the others are tokens drawn at random
ALPHA = 0.5  # weight of the teacher's probabilities; 1 - ALPHA is the labels'
SIZES = {"dim": 160, "n_layers": 3, "n_heads": 4, "hidden_dim": 480}
KINDS = {"message": 0.3, "varied": 0.55, "patchwork": 0.1, "other": 0.05}  # what the student reads, as shares; only messages have labels
VARIED = 0.25  # share of a message's words that are exchanged for a similar one
NEAR = 10  # of how many similar words
PIECE = 14  # most words of a piece in patchwork
BATCH = 32  # messages of a timed batch
TIMED = {"one message": 60, "a batch of 32": 12}  # inputs that are timed
REPEATS = 7  # runs of each input that count, after one that does not


@cache
def shipped_teacher():
    """Return (model, tokenizer) of the shipped teacher."""
    return minilm.load(checkpoints.local("teacher"), teacher.RECIPE.architecture)


@cache
def other_sentences() -> tuple[str, ...]:
    """Sentences without labels, for training: opinions on everything, and sentences on many topics."""
    told = [text for label in opinions.LABELS for shop in (True, False) for _, text in opinions.complete("train", label, shop)]
    told += [text for topic in entailment.material("train").topics.values() for text in topic.sentences]
    return tuple(dict.fromkeys(text for text in told if "{" not in text))


@cache
def similar() -> dict[str, list[str]]:
    """Return for the words of messages those with the nearest embeddings in MiniLM, by cosine, nearest first."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    body = checkpoints.local(minilm.BODY)
    ids = AutoTokenizer.from_pretrained(body).get_vocab()
    words = sorted(word for word in ids if word.isascii() and word.isalpha() and len(word) > 2)
    vectors = AutoModel.from_pretrained(body).get_input_embeddings().weight.detach()[[ids[word] for word in words]]
    vectors = torch.nn.functional.normalize(vectors - vectors.mean(0), dim=1)
    draw = Draw("words to vary")
    used = {word for _ in range(SIMILAR_TEXTS) for word in re.findall("[a-z]+", teacher.message(draw)["text"].lower())}
    own = [number for number, word in enumerate(words) if word in used]
    nearest = (vectors[own] @ vectors.T).topk(NEAR + 1).indices[:, 1:]  # the first is the word itself
    return {words[number]: [words[other] for other in row] for number, row in zip(own, nearest.tolist(), strict=True)}


def varied(draw: Draw) -> str:
    """Draw a message and exchange some of its words for similar ones, as TinyBERT does (Jiao et al. 2020, arXiv:1909.10351): nobody has labelled it."""

    def exchanged(match: re.Match) -> str:
        near = similar().get(match[0].lower())
        if near is None or not draw.chance(VARIED):
            return match[0]
        other = draw.choice(near[: 1 + draw.below(NEAR)])  # the nearest most often
        return other.capitalize() if match[0][0].isupper() else other

    return re.sub("[A-Za-z]+", exchanged, teacher.message(draw)["text"])


def patchwork(draw: Draw) -> str:
    """Join pieces of two messages, or of a message and another sentence: a text that nobody has labelled."""
    parts = []
    for text in (teacher.message(draw)["text"], draw.choice(other_sentences()) if draw.chance(0.3) else teacher.message(draw)["text"]):
        words = text.split()
        start = draw.between(0, len(words) // 2)
        parts += words[start : start + draw.between(3, PIECE)]
    return " ".join(parts)


def examples(count: int, seed: int) -> list[dict]:
    """Draw training examples: messages {text, labels}, and among them texts {text} for which only the teacher has an answer."""
    draw = Draw(f"grow student {seed}")
    makers = {
        "message": teacher.message, "varied": lambda draw: {"text": varied(draw)}, "patchwork": lambda draw: {"text": patchwork(draw)},
        "other": lambda draw: {"text": draw.choice(other_sentences())},
    }  # fmt: skip
    return [makers[draw.weighted(KINDS)](draw) for _ in range(count)]


def messages(count: int, seed: int) -> list[dict]:
    """Draw training examples with labels only."""
    draw = Draw(f"grow student {seed}")
    return [teacher.message(draw) for _ in range(count)]


def shipped_messages(count: int, seed: int) -> list[dict]:
    """Draw training examples with labels from the data set's training split, each message many times."""
    draw, rows = Draw(f"grow student {seed}"), [{"text": row["text"], "labels": row["labels"]} for row in dataset("topics")["train"]]
    return [row for _ in range(-(-count // len(rows))) for row in draw.shuffled(rows)][:count]


def word_pieces(texts: Sequence[str], size: int) -> dict[str, int]:
    """Learn a WordPiece vocabulary of ``size`` tokens, the same in every run.

    The trainer numbers letters in an order that changes from run to run, and breaks ties by
    these numbers; so letters get theirs beforehand.
    """
    from string import ascii_lowercase, digits, punctuation

    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    letters = ascii_lowercase + digits
    known = [*SPECIAL, *punctuation, *letters, *(f"##{letter}" for letter in letters)]
    tokenizer.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=size, special_tokens=known, show_progress=False))
    return tokenizer.get_vocab()


def covered(tokenizer, examples: Sequence[dict]) -> dict:
    """Return the inputs of a batch in which some tokens are covered. The draws are torch's: ``torch.manual_seed`` repeats them."""
    import torch

    batch = tokenizer(
        [example["text"] for example in examples], padding=True, truncation=True, max_length=LONGEST, return_tensors="pt",
        return_special_tokens_mask=True,
    )  # fmt: skip
    tokens, draws = batch["input_ids"], torch.rand(2, *batch["input_ids"].shape)
    hit = (draws[0] < COVERED) & (batch["special_tokens_mask"] == 0)
    random = torch.randint(len(SPECIAL), len(tokenizer), tokens.shape)
    seen = torch.where(hit, torch.where(draws[1] < HIDDEN, tokenizer.mask_token_id, random), tokens)
    return {"input_ids": seen, "attention_mask": batch["attention_mask"]}


def targets(texts: Sequence[str]):
    """Return the teacher's probabilities of the labels: a float tensor (texts, labels)."""
    import torch

    model, tokenizer = shipped_teacher()
    inputs = tokenizer(list(texts), padding=True, truncation=True, max_length=LONGEST, return_tensors="pt").to(model.device)
    with torch.inference_mode(), torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=has_bfloat16(model.device)):
        return model(**inputs).logits.float().sigmoid().cpu()


def collate(tokenizer, examples: Sequence[dict]) -> dict:
    """Return the inputs of a batch, and as targets the teacher's probabilities mixed with the labels.

    The teacher reads the whole text, the student one with covered tokens.
    """
    import torch

    soft = targets([example["text"] for example in examples])
    labels = teacher.multi_hot([example.get("labels", ()) for example in examples])
    weight = torch.tensor([[ALPHA if "labels" in example else 1.0] for example in examples])
    return {**covered(tokenizer, examples), "labels": weight * soft + (1 - weight) * labels}


def collate_labels(tokenizer, examples: Sequence[dict]) -> dict:
    """Return the inputs of a batch with its labels alone."""
    return {**covered(tokenizer, examples), "labels": teacher.multi_hot([example["labels"] for example in examples])}


def build(seed: int):
    """Return (untrained model, tokenizer learnt from the training text)."""
    from transformers import (
        DistilBertConfig,
        DistilBertForSequenceClassification,
        DistilBertTokenizerFast,
    )

    draw = Draw(f"tokenizer {seed}")
    texts = [teacher.message(draw)["text"] for _ in range(TOKENIZER_TEXTS)] + [varied(draw) for _ in range(TOKENIZER_TEXTS)]
    texts += draw.sample(other_sentences(), TOKENIZER_TEXTS)
    tokenizer = DistilBertTokenizerFast(vocab=word_pieces(texts, VOCABULARY), do_lower_case=True, model_max_length=LONGEST)
    config = DistilBertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=LONGEST, pad_token_id=tokenizer.pad_token_id, seq_classif_dropout=0.1,
        id2label=dict(enumerate(teacher.LABELS)), label2id={name: number for number, name in enumerate(teacher.LABELS)},
        problem_type="multi_label_classification", **SIZES,
    )  # fmt: skip
    return DistilBertForSequenceClassification(config), tokenizer


def load(folder):
    """Return (model, tokenizer) of a folder, as a reader loads them."""
    return minilm.load(folder, "DistilBertForSequenceClassification")


def seconds(model, tokenizer, batches: Sequence[list[str]], times: list[list[float]], timed: bool) -> None:
    """Classify each batch, from text to logits, and add the wall time to ``times`` where ``timed``."""
    import torch

    for number, texts in enumerate(batches):
        began = time.perf_counter()
        with torch.inference_mode():
            model(**tokenizer(texts, padding=True, truncation=True, return_tensors="pt").to(model.device)).logits
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
        "micro-F1 lost": minilm.resampled(teacher.difference, *shown, *own),
    }
    for name, other in (alone or {}).items():
        without = counted(*other)
        result |= {
            f"micro-F1 from {name}": minilm.resampled(teacher.micro_f1, *without),
            f"gained over {name}": minilm.resampled(teacher.difference, *own, *without),
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
    load=load,
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
    data=f"Targets are {ALPHA:g} parts of the teacher's probabilities and {1 - ALPHA:g} of the labels (temperature 1, BCE). Three in ten of the "
    "texts are messages; the others have no labels, so that the teacher's probabilities are their only target: more than half are messages with some words "
    "exchanged for those with the nearest embeddings in MiniLM (as in TinyBERT), others are pieces of two texts joined, and sentences about anything.",
    limits=(*teacher.LIMITS, "It repeats the teacher's mistakes."),
    sources=("topics", "opinions", "entailment"),
    steps=8000,
    learning_rate=2e-3,
    muon=True,
    everyday_bar=0.7,
)
WITHOUT = replace(RECIPE, collate=collate_labels, figures=teacher.figures, bars={}, at_most=())
ALONE = {"labels alone": replace(WITHOUT, examples=messages), "the data set's labels": replace(WITHOUT, examples=shipped_messages)}


def grow(seed: int = 0, steps: int | None = None, folder: Path | None = None, cache: Path = scratch.CACHE, sample: float = 1.0) -> Path:
    """Grow the students from labels alone, then the student, into ``folder``; return it. The arguments are those of ``scratch.grow``."""
    taught_by = sha256(teacher.RECIPE.folder / merged.ADAPTER)[:16]  # another teacher, another run
    states = Path(cache) / "student" / taught_by
    alone = {}
    for number, (name, recipe) in enumerate(ALONE.items()):
        state = states / f"alone {number}"
        alone[name] = load(scratch.grow(recipe, seed, steps, state / "model", state, sample))
    recipe = replace(RECIPE, figures=partial(figures, alone=alone))
    return scratch.grow(recipe, seed, steps, folder, states / "taught", sample)


check = partial(scratch.check, RECIPE)

"""Lesson 07 over three seeds: six arms at four sizes of training data, scored on all test reviews.

``tokenize``, ``fine_tune``, ``predict`` and ``features`` are the lesson's own cells;
a test holds the two together. Nothing here looks at the test split before the end.
"""

import math

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from torch.utils.data import DataLoader
from tqdm.auto import tqdm
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    get_linear_schedule_with_warmup,
)
from transformers.trainer_pt_utils import LengthGroupedSampler

from helpers import checkpoint, dataset, device, seed_everything

SEEDS = (0, 1, 2)
ARMS = ("majority", "tfidf", "frozen", "full", "random", "random_long")
SHORT = ("majority", "tfidf", "frozen", "full")
DATA = ("reviews",)
FILES = ("helpers/long_runs/lesson_07.py",)

# Training examples → epochs: fewer examples are seen more often, or 50 would teach nothing.
EPOCHS = {50: 16, 200: 6, 800: 3, 3200: 2}
MAIN_SIZE = 800  # the size of the main comparison, and of the lesson's live run
LEARNING_RATE = {"full": 1.5e-4, "random": 3e-4}
LONG_EPOCHS = 8  # a second chance for the random start at MAIN_SIZE: does it only need more steps?
PENALTIES = (0.1, 1.0, 10.0, 100.0)  # C of the logistic regressions; the validation split chooses
VALIDATION_ROWS = 400
MAX_LENGTH = 64
BATCH_SIZE = 16
NUM_LABELS = 5


def tokenize(tokenizer, rows):
    """Return ``rows`` (columns text, label) as token ids of each text's own length, and label."""
    encoded = rows.map(lambda batch: tokenizer(batch["text"], truncation=True, max_length=MAX_LENGTH), batched=True)
    return encoded.select_columns([*tokenizer.model_input_names, "label"])


def fine_tune(model, rows, collate, epochs, learning_rate, seed=0):
    """Train every parameter of ``model`` that asks for a gradient; return the loss of each step."""
    seed_everything(seed)
    place, steps = device(), epochs * math.ceil(len(rows) / BATCH_SIZE)
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=0.0, fused=True)
    schedule = get_linear_schedule_with_warmup(optimizer, math.ceil(0.1 * steps), steps)
    model.to(place).train()
    order = LengthGroupedSampler(BATCH_SIZE, lengths=[len(ids) for ids in rows["input_ids"]])
    losses, bar = [], tqdm(total=steps, unit="step", leave=False)
    for _ in range(epochs):
        for batch in DataLoader(rows, batch_size=BATCH_SIZE, sampler=order, collate_fn=collate):
            with torch.autocast(place.type, torch.bfloat16, enabled=place.type == "cuda"):
                loss = model(**batch.to(place)).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(loss.item())
            bar.update()
    bar.close()
    return losses


@torch.inference_mode()
def predict(model, rows, collate):
    """Return the predicted label of every row, in order, as an array of shape (rows,)."""
    model.to(device()).eval()
    loader = DataLoader(rows, batch_size=32, collate_fn=collate)
    return np.concatenate([model(**batch.to(device())).logits.argmax(-1).cpu() for batch in loader])


@torch.inference_mode()
def features(model, rows, collate):
    """Return what the body makes of each row: the mean over its tokens, and its first token; each (rows, hidden)."""
    body, found = model.base_model.to(device()).eval(), {"mean": [], "first": []}
    for batch in DataLoader(rows, batch_size=32, collate_fn=collate):
        batch.to(device()).pop("labels")  # the body has no use for them
        hidden, mask = body(**batch).last_hidden_state, batch["attention_mask"].unsqueeze(-1)
        found["mean"].append(((hidden * mask).sum(1) / mask.sum(1)).cpu())
        found["first"].append(hidden[:, 0].cpu())
    return {name: torch.cat(parts).numpy() for name, parts in found.items()}


def tuned(make, train, validation):
    """Return ``(score, model)``: the candidate ``make(C)`` with the best validation accuracy, C from PENALTIES."""
    fitted = [make(penalty).fit(*train) for penalty in PENALTIES]
    return max(((model.score(*validation), model) for model in fitted), key=lambda pair: pair[0])


def bag_of_words(penalty):
    """Return TF-IDF over words and word pairs with logistic regression, not yet fitted."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    return make_pipeline(words, LogisticRegression(C=penalty, max_iter=2000))


def head(penalty):
    """Return the head of the frozen body: one linear layer with softmax, trained to convergence."""
    return LogisticRegression(C=penalty, max_iter=2000)


def sample(rows, size, seed):
    """Return ``size`` of the training rows; smaller sizes of one seed are part of larger ones."""
    return rows.shuffle(seed=seed).select(range(size))


def new_model(arm, role="encoder"):
    """Return the encoder with a new five-class head: pretrained (``"full"``) or ``"random"``."""
    name = checkpoint(role)
    if arm == "full":
        return AutoModelForSequenceClassification.from_pretrained(
            name, revision=name.revision, num_labels=NUM_LABELS
        )
    config = AutoConfig.from_pretrained(name, revision=name.revision, num_labels=NUM_LABELS)
    return AutoModelForSequenceClassification.from_config(config)


def contestant(arm, largest, validation, test, seed):
    """Return a function of size and epochs: what ``arm`` guesses for the reviews of ``test``.

    It learns from the first rows of ``largest``, as many as the size; its settings are chosen on
    ``validation``. Guesses are an array of shape (rows,), of the majority one label for all.
    """
    if arm == "majority":
        return lambda size, _: np.bincount(largest.select(range(size))["label"]).argmax()
    if arm == "tfidf":
        return lambda size, _: words_guess(largest.select(range(size)), validation, test)
    name = checkpoint("encoder")
    tokenizer = AutoTokenizer.from_pretrained(name, revision=name.revision)
    collate = DataCollatorWithPadding(tokenizer)
    if arm == "frozen":
        body = new_model("full")
        learnt, chosen_on, asked = (
            features(body, tokenize(tokenizer, rows), collate)
            for rows in (largest, validation, test)
        )
        labels, wanted = largest["label"], validation["label"]
        return lambda size, _: frozen_guess(
            {key: (part[:size], labels[:size]) for key, part in learnt.items()},
            {key: (part, wanted) for key, part in chosen_on.items()},
            asked,
        )
    start = arm.removesuffix("_long")

    def guess(size, epochs):
        seed_everything(seed)
        model = new_model(start)
        rows = tokenize(tokenizer, largest.select(range(size)))
        fine_tune(model, rows, collate, epochs, LEARNING_RATE[start], seed)
        return predict(model, tokenize(tokenizer, test), collate)

    return guess


def words_guess(train, validation, test):
    """Return what TF-IDF with logistic regression guesses for ``test``."""
    parts = [(rows["text"], rows["label"]) for rows in (train, validation)]
    return tuned(bag_of_words, *parts)[1].predict(test["text"])


def frozen_guess(train, validation, test):
    """Return what a head on frozen features guesses; each argument is pooling → features.

    ``validation`` chooses the pooling too. ``train`` and ``validation`` come with their labels.
    """
    heads = {pooling: tuned(head, train[pooling], validation[pooling]) for pooling in train}
    pooling = max(heads, key=lambda key: heads[key][0])
    return heads[pooling][1].predict(test[pooling])


def run(seed, arm, short=False):
    """Return the accuracies of ``arm`` by size; at MAIN_SIZE also hits and misses, as 1 and 0.

    ``short`` trains on 50 examples for two epochs and scores 100 test reviews:
    a check that the recipe still does what it did, not a measurement.
    """
    reviews = dataset("reviews")
    test = reviews["test"].shuffle(seed=0)
    validation = reviews["validation"].shuffle(seed=0)
    validation = validation.select(range(100 if short else VALIDATION_ROWS))
    if short:
        test = test.select(range(100))
    epochs = {50: 2} if short else EPOCHS
    largest = sample(reviews["train"], max(epochs), seed)
    if arm == "random_long":
        epochs = {MAIN_SIZE: LONG_EPOCHS}
    truth = np.array(test["label"])
    guess = contestant(arm, largest, validation, test, seed)
    hits = {size: guess(size, budget) == truth for size, budget in epochs.items()}
    accuracy = {str(size): round(float(values.mean()), 4) for size, values in hits.items()}
    if short:
        return {"accuracy": accuracy}
    correct = "".join("1" if hit else "0" for hit in hits[MAIN_SIZE])
    return {"accuracy": accuracy, "correct": correct}

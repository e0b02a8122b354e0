"""Lesson 07 over three seeds: what five methods learn from a few hundred labels, on two data sets.

An arm is a data set and a method, such as ``"reviews full"``; ``"truth"`` holds the right labels.
``tuned`` to ``predict`` are the lesson's own cells; a test holds the two together. Every choice
(penalty, learning rate, when to stop) is made on validation rows, that of a learning rate with
the data of the first seed. The test rows are scored once, with what was chosen.
"""

import copy
import math
from functools import cache

import numpy as np
import torch
from datasets import concatenate_datasets
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
    get_scheduler,
)
from transformers.trainer_pt_utils import LengthGroupedSampler

from helpers import checkpoint, dataset, device, docstrings, seed_everything

SEEDS = (0, 1, 2)
METHODS = ("truth", "majority", "tfidf", "frozen", "full")
ARMS = (
    *(f"reviews {method}" for method in METHODS),
    *(f"docstrings {method}" for method in METHODS),
    "docstrings tfidf_whole",  # the words of the whole text, not only of its beginning
    "reviews random",  # of the reviews only: its training takes longest
)
SHORT = ("reviews majority", "reviews tfidf", "reviews frozen", "reviews full")
DATA = ("reviews",)  # the docstrings' versions stand in the result
FILES = ("helpers/long_runs/lesson_07.py",)

MAIN_SIZE = 300  # labels of the main comparison, and of the lesson's live run
SIZES = {"reviews": (75, 300, 1200), "docstrings": (300,)}
SPLITS = ("train", "validation", "test")
# Labels → epochs of the pretrained network. Fewer labels are seen more often; eleven classes need
# more steps than five (after four epochs the training loss was still 1.65).
EPOCHS = {"reviews": {75: 8, 300: 4, 1200: 1}, "docstrings": {300: 8}}
RATES = {"full": (1e-4, 3e-4), "random": (1e-4, 3e-4)}
# The random start trains until validation, looked at every so many steps, has not improved for
# PATIENCE steps; the rate falls to zero at MAX_STEPS.
MAX_STEPS, PATIENCE, EVERY = 320, 100, 40
PENALTIES = (0.1, 1.0, 10.0, 100.0)
MAX_LENGTH = 64
BATCH_SIZE = 16
BFLOAT16 = True
VALIDATION_ROWS = 300
DOCSTRING_TEST_ROWS, DOCSTRING_CHARACTERS = 1200, 160


def tuned(make, train, validation):
    """Return (score, model): the fitted ``make(C)`` with the best accuracy on ``validation``."""
    fitted = [make(penalty).fit(*train) for penalty in PENALTIES]
    return max(((model.score(*validation), model) for model in fitted), key=lambda pair: pair[0])


def bag_of_words(penalty):
    """Return TF-IDF over words and word pairs with logistic regression, not yet fitted."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    return make_pipeline(words, LogisticRegression(C=penalty, max_iter=2000))


def tokenize(tokenizer, rows):
    """Return ``rows`` (columns text, label) as token ids of each text's own length, and label."""
    encoded = rows.map(
        lambda batch: tokenizer(batch["text"], truncation=True, max_length=MAX_LENGTH),
        batched=True,
    )
    return encoded.select_columns([*tokenizer.model_input_names, "label"])


@torch.inference_mode()
def features(model, rows, collate):
    """Return the mean of the body's token vectors, for every row: an array of (rows, hidden)."""
    body, found = model.base_model.to(device()).eval(), []
    for batch in DataLoader(rows, batch_size=32, collate_fn=collate):
        batch.to(device()).pop("labels")  # the body has no use for them
        hidden, mask = body(**batch).last_hidden_state, batch["attention_mask"].unsqueeze(-1)
        found.append(((hidden * mask).sum(1) / mask.sum(1)).cpu())
    return torch.cat(found).numpy()


def head(penalty):
    """Return the head of the frozen body: one linear layer with softmax, not yet fitted."""
    return LogisticRegression(C=penalty, max_iter=2000)


def fine_tune(model, rows, collate, epochs, learning_rate, seed=0, stop=None):
    """Train what asks for a gradient; return each step's loss. ``stop(epoch)`` may end it early."""
    seed_everything(seed)
    steps = epochs * math.ceil(len(rows) / BATCH_SIZE)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=learning_rate, weight_decay=0.0, fused=True)
    schedule = get_scheduler("linear", optimizer, math.ceil(0.1 * steps), steps)
    order = LengthGroupedSampler(BATCH_SIZE, lengths=[len(ids) for ids in rows["input_ids"]])
    losses, place = [], model.to(device()).device
    for epoch in tqdm(range(1, epochs + 1), unit="epoch", leave=False):
        model.train()
        for batch in DataLoader(rows, batch_size=BATCH_SIZE, sampler=order, collate_fn=collate):
            with torch.autocast(place.type, torch.bfloat16, enabled=BFLOAT16):
                loss = model(**batch.to(place)).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(loss.item())
        if stop and stop(epoch):
            break
    return losses


@torch.inference_mode()
def predict(model, rows, collate):
    """Return the predicted label of every row, in order, as an array of shape (rows,)."""
    model.to(device()).eval()
    loader = DataLoader(rows, batch_size=32, collate_fn=collate)
    with torch.autocast(device().type, torch.bfloat16, enabled=BFLOAT16):
        found = [model(**batch.to(device())).logits.argmax(-1).cpu() for batch in loader]
    return np.concatenate(found)


@cache
def splits(name):
    """Return (train, validation, test, names of the labels) of a data set, before any seed.

    The reviews come split, with wording of its own in each split. The docstrings are put together
    and split at random, as most data sets are; their text is its beginning, "whole" all of it.
    """
    if name == "reviews":
        data = dataset("reviews")
        validation = data["validation"].shuffle(seed=0).select(range(VALIDATION_ROWS))
        return data["train"], validation, data["test"], [f"{stars} stars" for stars in range(1, 6)]
    rows = concatenate_datasets(list(dataset("docstrings").values())).shuffle(seed=0)
    rows = rows.class_encode_column("library").rename_columns({"library": "label", "text": "whole"})
    rows = rows.add_column("text", [text[:DOCSTRING_CHARACTERS] for text in rows["whole"]])
    first = DOCSTRING_TEST_ROWS + VALIDATION_ROWS
    return (
        rows.select(range(first, len(rows))),
        rows.select(range(DOCSTRING_TEST_ROWS, first)),
        rows.select(range(DOCSTRING_TEST_ROWS)),
        rows.features["label"].names,
    )


def sample(name, size, seed):
    """Return ``size`` training rows; smaller samples of one seed are part of larger ones."""
    return splits(name)[0].shuffle(seed=seed).select(range(size))


def tokenizer_and_collate():
    """Return the encoder's tokenizer and what pads a batch with it."""
    name = checkpoint("encoder")
    tokenizer = AutoTokenizer.from_pretrained(name, revision=name.revision)
    return tokenizer, DataCollatorWithPadding(tokenizer)


def new_model(method, labels, seed):
    """Return the encoder with a new head, its weights pretrained or (``"random"``) drawn."""
    seed_everything(seed)
    name = checkpoint("encoder")
    options = {"revision": name.revision, "num_labels": labels}
    if method == "random":
        config = AutoConfig.from_pretrained(name, **options)
        return AutoModelForSequenceClassification.from_config(config)
    return AutoModelForSequenceClassification.from_pretrained(name, **options)


def trained(name, method, size, seed, rate, epochs=None):
    """Return (model, its run: validation accuracy by step, mean training loss of the last epoch).

    The pretrained network trains for EPOCHS; the random one until validation stops improving, and
    it keeps the weights that were best there.
    """
    tokenizer, collate = tokenizer_and_collate()
    rows = tokenize(tokenizer, sample(name, size, seed))
    validation = tokenize(tokenizer, splits(name)[1])
    wanted = np.array(validation["label"])
    model = new_model(method, len(splits(name)[3]), seed)
    history, best = [], {}
    steps = math.ceil(size / BATCH_SIZE)  # an epoch's

    def score(epoch):
        accuracy = round(float(np.mean(predict(model, validation, collate) == wanted)), 4)
        history.append([epoch * steps, accuracy])
        return accuracy

    def stop(epoch):
        if epoch % max(1, round(EVERY / steps)):
            return False
        if (accuracy := score(epoch)) > best.get("accuracy", 0):
            weights = copy.deepcopy(model.state_dict())
            best.update(accuracy=accuracy, epoch=epoch, weights=weights)
        # A random start sits on a plateau first, so it is never stopped in the first half.
        return epoch * steps >= MAX_STEPS / 2 and (epoch - best["epoch"]) * steps >= PATIENCE

    if method == "random":
        losses = fine_tune(model, rows, collate, MAX_STEPS // steps, rate, seed, stop)
        model.load_state_dict(best["weights"])
    else:
        epochs = epochs or EPOCHS[name][size]
        losses = fine_tune(model, rows, collate, epochs, rate, seed)
        score(epochs)
    return model, {
        "validation": history,
        "training_loss": round(float(np.mean(losses[-steps:])), 4),
    }


@cache
def rates_tried(name, method):
    """Return (rate → validation accuracy, the best rate, what ``trained`` gave for it).

    At MAIN_SIZE, with the data of the first seed.
    """
    runs = {rate: trained(name, method, MAIN_SIZE, SEEDS[0], rate) for rate in RATES[method]}
    reached = {
        rate: max(accuracy for _, accuracy in run["validation"])
        for rate, (_, run) in runs.items()
    }
    rate = max(reached, key=reached.get)
    return reached, rate, runs[rate]


@cache
def vectors(name, part, size, seed):
    """Return the pretrained body's vectors of a split's rows, or of ``size`` training rows."""
    rows = sample(name, size, seed) if part == "train" else splits(name)[SPLITS.index(part)]
    tokenizer, collate = tokenizer_and_collate()
    return features(new_model("frozen", 2, 0), tokenize(tokenizer, rows), collate)


def guesses(name, method, size, seed):
    """Return (the labels that ``method`` guesses for the test rows, what validation chose)."""
    train, (_, validation, test, _) = sample(name, size, seed), splits(name)
    if method == "truth":
        return np.array(test["label"]), {}
    if method == "majority":
        return np.full(len(test), np.bincount(train["label"]).argmax()), {}
    if method.startswith("tfidf"):
        text = "whole" if method == "tfidf_whole" else "text"
        score, model = tuned(
            bag_of_words, *((rows[text][:], rows["label"][:]) for rows in (train, validation))
        )
        chosen = {"C": model[-1].C, "validation": round(score, 4)}
        return model.predict(test[text][:]), chosen
    if method == "frozen":
        return frozen_guesses(name, size, seed)
    tried, rate, (model, run) = rates_tried(name, method)
    if (size, seed) != (MAIN_SIZE, SEEDS[0]):
        model, run = trained(name, method, size, seed, rate)
    chosen = {"learning_rate": rate, "tried": {str(key): value for key, value in tried.items()}}
    tokenizer, collate = tokenizer_and_collate()
    return predict(model, tokenize(tokenizer, test), collate), chosen | run


def frozen_guesses(name, size, seed):
    """Return guesses of a head on frozen vectors, and what validation chose."""
    largest = max(SIZES[name]) if size in SIZES[name] else size
    learnt = vectors(name, "train", largest, seed)[:size]
    train = learnt, sample(name, size, seed)["label"][:]
    validation = vectors(name, "validation", 0, 0), splits(name)[1]["label"][:]
    score, model = tuned(head, train, validation)
    chosen = {"C": model.C, "validation": round(score, 4)}
    return model.predict(vectors(name, "test", 0, 0)), chosen


def run(seed, arm, short=False):
    """Return, by number of labels, an arm's accuracy, macro-F1 and choices, and its guesses.

    Guesses are those with MAIN_SIZE labels, a character a test row ("a" is the first label).
    ``short`` trains on 50 rows, the network for two epochs: a check that the recipe still does
    what it did, not a measurement.
    """
    name, method = arm.split()
    _, _, test, labels = splits(name)
    truth = np.array(test["label"])
    if short and method == "full":
        model, _ = trained(name, method, 50, seed, RATES[method][-1], epochs=2)
        tokenizer, collate = tokenizer_and_collate()
        some = test.shuffle(seed=0).select(range(200))
        found = predict(model, tokenize(tokenizer, some), collate) == np.array(some["label"])
        return {"accuracy": {"50": round(float(np.mean(found)), 4)}}
    sizes = (50,) if short else (MAIN_SIZE,) if method == "random" else SIZES[name]
    by_size = {size: guesses(name, method, size, seed) for size in sizes}
    figures = {
        "accuracy": {
            str(size): round(float(np.mean(found == truth)), 4)
            for size, (found, _) in by_size.items()
        }
    }
    if short:
        return figures
    return figures | {
        "chosen": {str(size): chosen for size, (_, chosen) in by_size.items()},
        "guesses": "".join(chr(ord("a") + int(label)) for label in by_size[MAIN_SIZE][0]),
        "labels": labels,
        "libraries": docstrings.versions() if name == "docstrings" else {},
    }

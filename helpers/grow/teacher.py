"""The recipe of the teacher: a BERT that says which topics a message to the shop has.

    course grow teacher

It learns two things at once, the topics of messages and to guess covered words, the latter
also in sentences that are about anything. What it shares with the student's recipe is here.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial

from helpers.datasets import dataset
from helpers.grow import minilm, scratch
from helpers.measure import Interval, wilson
from helpers.shop import entailment, opinions, topics
from helpers.shop.draw import Draw

LABELS = tuple(topics.LABELS)
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
VOCABULARY = 3000
LONGEST = 128  # tokens
TOKENIZER_TEXTS = 3000
OTHER = 0.25  # share of the training text that has no labels
COVERED = 0.15  # share of the tokens that are to be guessed
HIDDEN = 0.7  # share of those that the model sees as [MASK]; the others are tokens drawn at random
GUESSING = 0.1  # weight of the loss of guessing words
THRESHOLD = 0.5
BASELINE_MESSAGES = 8000
SIZES = {"hidden_size": 256, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 1024}
SCALE = 0.06  # of random weights: about 1 / √256. At BERT's 0.02, words hardly reach the first token of so narrow a model


# Text


def message(draw: Draw) -> dict:
    """Draw a message {text, labels} in the wide wording of training."""
    return topics.example("train", draw, wide=True)


@cache
def other_sentences() -> tuple[str, ...]:
    """Sentences without labels, for training: opinions on everything, and sentences on many topics."""
    told = [text for label in opinions.LABELS for shop in (True, False) for _, text in opinions.complete("train", label, shop)]
    told += [text for topic in entailment.material("train").topics.values() for text in topic.sentences]
    return tuple(dict.fromkeys(text for text in told if "{" not in text))


def examples(count: int, seed: int) -> list[dict]:
    """Draw training examples: messages {text, labels}, and among them other sentences {text}."""
    draw, others = Draw(f"grow teacher {seed}"), other_sentences()
    return [{"text": draw.choice(others)} if draw.chance(OTHER) else message(draw) for _ in range(count)]


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


# Training


def multi_hot(labels: Sequence[Sequence[str]]):
    """Return a float tensor (texts, labels): 1 where a text has the label."""
    import torch

    return torch.tensor([[float(name in present) for name in LABELS] for present in labels])


def covered(tokenizer, examples: Sequence[dict]) -> tuple[dict, object]:
    """Return the inputs of a batch in which some tokens are covered, and the covered tokens (elsewhere -100).

    The draws are torch's: ``torch.manual_seed`` repeats them.
    """
    import torch

    batch = tokenizer(
        [example["text"] for example in examples], padding=True, truncation=True, max_length=LONGEST, return_tensors="pt",
        return_special_tokens_mask=True,
    )  # fmt: skip
    tokens, draws = batch["input_ids"], torch.rand(2, *batch["input_ids"].shape)
    hit = (draws[0] < COVERED) & (batch["special_tokens_mask"] == 0)
    random = torch.randint(len(SPECIAL), len(tokenizer), tokens.shape)
    seen = torch.where(hit, torch.where(draws[1] < HIDDEN, tokenizer.mask_token_id, random), tokens)
    return {"input_ids": seen, "attention_mask": batch["attention_mask"]}, torch.where(hit, tokens, -100)


def collate(tokenizer, examples: Sequence[dict]) -> dict:
    """Return the inputs of a batch; the labels of a text without labels are nan."""
    import torch

    inputs, words = covered(tokenizer, examples)
    labels = multi_hot([example.get("labels", ()) for example in examples])
    known = torch.tensor([["labels" in example] for example in examples])
    return {**inputs, "words": words, "labels": labels.where(known, torch.nan)}


def learner(config):
    """Return an untrained BERT whose loss adds that of guessing covered words, with the word embeddings as output layer.

    It has no weights of its own, so what is saved is a plain ``BertForSequenceClassification``.
    """
    import transformers
    from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
    from transformers.modeling_outputs import SequenceClassifierOutput

    class BertForSequenceClassification(transformers.BertForSequenceClassification):
        def forward(self, input_ids, attention_mask, words, labels):
            read = self.bert(input_ids, attention_mask=attention_mask)
            logits = self.classifier(self.dropout(read.pooler_output))
            known = ~labels.isnan()
            loss = binary_cross_entropy_with_logits(logits[known].float(), labels[known]) if known.any() else 0.0
            hidden = words != -100
            if hidden.any():
                guesses = read.last_hidden_state[hidden] @ self.bert.embeddings.word_embeddings.weight.T
                loss = loss + GUESSING * cross_entropy(guesses.float(), words[hidden])
            return SequenceClassifierOutput(loss=loss, logits=logits)

    return BertForSequenceClassification(config)


def names() -> dict:
    """Return what the configs of teacher and student say of the labels."""
    return {
        "id2label": dict(enumerate(LABELS)),
        "label2id": {name: number for number, name in enumerate(LABELS)},
        "problem_type": "multi_label_classification",
    }


def build(seed: int):
    """Return (untrained model, tokenizer learnt from the training text)."""
    from transformers import BertConfig, BertTokenizerFast

    draw = Draw(f"tokenizer {seed}")
    texts = [message(draw)["text"] for _ in range(TOKENIZER_TEXTS)] + draw.sample(other_sentences(), TOKENIZER_TEXTS)
    tokenizer = BertTokenizerFast(vocab=word_pieces(texts, VOCABULARY), do_lower_case=True, model_max_length=LONGEST)
    config = BertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=LONGEST, pad_token_id=tokenizer.pad_token_id, type_vocab_size=1, initializer_range=SCALE,
        **SIZES, **names(),
    )  # fmt: skip
    return learner(config), tokenizer


def load(folder):
    """Return (model, tokenizer) of a folder, as a reader loads them."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    return AutoModelForSequenceClassification.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


# Figures


def probabilities(model, tokenizer, texts: Sequence[str]):
    """Return each text's probability of each label: an array (texts, labels)."""
    from scipy.special import expit

    return expit(minilm.logits(model, tokenizer, list(texts)))


def micro_f1(hits, errors):
    """Return micro-F1 along the last axis, from each text's right labels and its wrong or missed ones.

    F1 = 2 TP / (2 TP + FP + FN), with the counts summed over texts and labels (van Rijsbergen 1979).
    """
    right = 2 * hits.sum(-1)
    return right / (right + errors.sum(-1))


def counts(given, truth):
    """Return two arrays (texts): how many labels are right, and how many are wrong or missed. Both arguments are bool (texts, labels)."""
    return (given & truth).sum(1), (given != truth).sum(1)


def lost(*columns):
    """Return how much less micro-F1 the third and fourth column make than the first and second."""
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
        "better than TF-IDF by": minilm.resampled(lost, *counts(given, truth), *plain),
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
    "megabytes": "the weights as stored, in 10⁶ bytes",
}
LIMITS = (
    "It knows eight topics of a flower shop, and gives every message to them, whatever it is about.",
    "Where labels end (praise or good quality, a bill or money back) was decided by one author.",
)
RECIPE = scratch.Recipe(
    role="teacher",
    pipeline="text-classification",
    language="en",
    title="Teacher: the topics of a message",
    summary="Gives a message to the flower shop one or more of eight topics. It is the large model that lesson 09 distils into a smaller one.",
    usage="""
from helpers import checkpoint
from transformers import pipeline

classify = pipeline("text-classification", model=checkpoint("teacher"), top_k=None)
classify("My roses came late and wilted.")
""",
    build=build,
    load=load,
    examples=examples,
    collate=collate,
    figures=figures,
    everyday=everyday,
    bars={"micro-F1": 0.78, "better than TF-IDF by": 0.02},
    explained=EXPLAINED,
    data="Three quarters are messages with one to three labels, in wider wording than the data set's, the others sentences about anything, "
    f"without labels. In both, {COVERED:.0%} of the tokens are covered or exchanged, and the model learns to guess them as well (weight {GUESSING}).",
    limits=LIMITS,
    sources=("topics", "opinions", "entailment"),
    steps=6000,
    learning_rate=4e-4,
    everyday_bar=0.7,
)
grow = partial(scratch.grow, RECIPE)
check = partial(scratch.check, RECIPE)

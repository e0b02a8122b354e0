"""Held-out quality of a causal language model: perplexity, copying, variety, memorisation.

Perplexity here is exp of the mean over documents of a document's mean nats a
token, the end token included, so that every document counts the same and the
documents can be resampled for an interval.
"""

import math
from collections.abc import Iterable, Sequence

from helpers.measure import Interval, bootstrap, wilson

BATCH = 32
NGRAM = 8
PART = 500_000  # tokens of the training text that are searched at a time


def document_losses(
    model, tokenizer, texts: Sequence[str], context: int, temperatures: Sequence[float] = (1.0,)
) -> list[list[float]]:
    """Return, for each temperature, each document's mean nats a token of the part that fits ``context``."""
    import torch
    from torch.nn.functional import cross_entropy

    losses = [[] for _ in temperatures]
    for start in range(0, len(texts), BATCH):
        rows = encode(tokenizer, texts[start : start + BATCH], context)
        ids = torch.full((len(rows), max(map(len, rows))), tokenizer.pad_token_id)
        for target, row in zip(ids, rows):
            target[: len(row)] = torch.tensor(row)
        labels = ids.masked_fill(ids == tokenizer.pad_token_id, -100)[:, 1:].to(model.device)
        with torch.inference_mode():
            logits = model(input_ids=ids.to(model.device)).logits[:, :-1].float().transpose(1, 2)
        for temperature, found in zip(temperatures, losses):
            nats = cross_entropy(logits / temperature, labels, reduction="none", ignore_index=-100)
            found += (nats.sum(1) / (labels != -100).sum(1)).tolist()
    return losses


def encode(tokenizer, texts: Iterable[str], context: int) -> list[list[int]]:
    """Return token ids of each text, begin and end token included, cut to ``context``."""
    texts = [text + tokenizer.eos_token for text in texts]
    return [ids[:context] for ids in tokenizer(texts)["input_ids"]]


def perplexity(losses: Sequence[float]) -> Interval:
    """Return perplexity with its 95 % bootstrap interval over documents."""
    mean = bootstrap(losses)
    return Interval(math.exp(mean.estimate), math.exp(mean.low), math.exp(mean.high))


class NgramBaseline:
    """Unigram and bigram models counted on the same training ``text``, an array of token ids.

    The bigram is interpolated with the unigram (Jelinek and Mercer 1980), the
    unigram with a uniform distribution.
    """

    def __init__(self, text, vocabulary: int):
        import numpy

        pairs = text[:-1].astype(numpy.int64) * vocabulary + text[1:]
        self.unigram = 1.0 + numpy.bincount(text, minlength=vocabulary)
        self.bigram = numpy.bincount(pairs, minlength=vocabulary**2).reshape(vocabulary, vocabulary).astype(numpy.float32)
        self.unigram /= self.unigram.sum()
        self.followed = self.bigram.sum(1)

    def losses(self, documents: Sequence[Sequence[int]], bigram_weight: float) -> list[float]:
        """Return each document's mean nats a token; ``bigram_weight`` 0 is the unigram model."""
        import numpy

        losses = []
        for ids in documents:
            first, second = numpy.array(ids[:-1]), numpy.array(ids[1:])
            seen = self.followed[first]
            conditional = numpy.divide(self.bigram[first, second], seen, out=numpy.zeros(len(first)), where=seen > 0)
            probability = bigram_weight * conditional + (1 - bigram_weight) * self.unigram[second]
            losses.append(float(-numpy.log(probability).mean()))
        return losses


def answers(model, tokenizer, prompts: Sequence[str], longest: int) -> list[str]:
    """Return the greedy continuation of each prompt, up to the end token or ``longest`` tokens."""
    return [text.strip() for text, _ in continuations(model, tokenizer, prompts, longest, do_sample=False)]


def continuations(model, tokenizer, prompts: Sequence[str], longest: int, **options) -> list[tuple[str, bool]]:
    """Return (new text, whether it ended by itself) for each prompt."""
    import torch

    results = []
    for start in range(0, len(prompts), BATCH):
        batch = tokenizer(list(prompts[start : start + BATCH]), return_tensors="pt", padding=True).to(model.device)
        with torch.inference_mode():
            output = model.generate(**batch, max_new_tokens=longest, **options)
        for row in output[:, batch["input_ids"].shape[1] :]:
            results.append((tokenizer.decode(row, skip_special_tokens=True), tokenizer.eos_token_id in row.tolist()))
    return results


def exact_match(model, tokenizer, documents: Sequence[dict], longest: int = 80) -> Interval:
    """Return the share of documents whose greedy answer (its first line) equals ``answer``, with its Wilson interval."""
    # A line break ends an answer; without it the model would go on with a next question.
    ends = [tokenizer.eos_token_id, *tokenizer("\n", add_special_tokens=False)["input_ids"]]
    prompts = [document["prompt"] for document in documents]
    given = continuations(model, tokenizer, prompts, longest, do_sample=False, eos_token_id=ends)
    return wilson(sum(text.strip() == document["answer"] for (text, _), document in zip(given, documents)), len(documents))


def distinct(texts: Iterable[str], n: int) -> float:
    """Return the share of different word n-grams among all (Li et al. 2016, "distinct-n")."""
    grams = [tuple(words[i : i + n]) for words in map(str.split, texts) for i in range(len(words) - n + 1)]
    return len(set(grams)) / max(1, len(grams))


def seen_in_training(documents: Sequence[Sequence[int]], text, n: int = NGRAM) -> float:
    """Return the share of the documents' token n-grams that stand in the training ``text``, an array of token ids."""
    import numpy

    def hashes(tokens):
        tokens = tokens.astype(numpy.uint64)
        width = len(tokens) - n + 1
        total = numpy.zeros(width, dtype=numpy.uint64)
        for offset in range(n):  # a polynomial hash modulo 2**64
            total = total * numpy.uint64(1_000_003) + tokens[offset : offset + width]
        return total

    own = [hashes(numpy.array(ids)) for ids in documents if len(ids) >= n]
    if not own:
        return 0.0
    wanted = numpy.unique(numpy.concatenate(own))
    parts = (text[start : start + PART + n - 1] for start in range(0, len(text), PART))
    found = numpy.unique(numpy.concatenate([wanted[numpy.isin(wanted, hashes(part))] for part in parts if len(part) >= n]))
    return float(numpy.mean(numpy.isin(numpy.concatenate(own), found)))

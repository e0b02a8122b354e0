"""Padding and batch size: how long the encoder takes for the same reviews, padded in three ways."""

from collections.abc import Iterable

MAX_LENGTH = 64
REVIEWS = 256


def measurement() -> str:
    """Return a table of times relative to padding to MAX_LENGTH in batches of 16, median of three
    passes."""
    from transformers import AutoModel, AutoTokenizer

    from helpers import checkpoint, dataset, device, scaled

    encoder = checkpoint("encoder")
    tokenizer = AutoTokenizer.from_pretrained(encoder, revision=encoder.revision)
    model = AutoModel.from_pretrained(encoder, revision=encoder.revision).to(device()).eval()
    texts = dataset("reviews")["train"].shuffle(seed=0)["text"][: scaled(REVIEWS, 16)]
    ids = tokenizer(texts, truncation=True, max_length=MAX_LENGTH)["input_ids"]
    by_length = sorted(ids, key=len)
    ways = {
        f"to {MAX_LENGTH}, 16": (ids, 16, "max_length"),
        "dynamic, 16": (ids, 16, "longest"),
        "dynamic, grouped by length, 16": (by_length, 16, "longest"),
        "dynamic, grouped by length, 1": (by_length, 1, "longest"),
        "dynamic, grouped by length, 64": (by_length, 64, "longest"),
    }
    seconds, padding = {}, {}
    for name, (rows, size, how) in ways.items():
        batches = [
            tokenizer.pad({"input_ids": rows[start : start + size]}, padding=how,
                          max_length=MAX_LENGTH, return_tensors="pt")
            for start in range(0, len(rows), size)
        ]
        seconds[name] = _median_seconds(model, [batch.to(device()) for batch in batches])
        padding[name] = 1 - sum(map(len, rows)) / sum(batch["input_ids"].numel()
                for batch in batches)
    base = next(iter(seconds.values()))
    lines = [f"Encoder over {len(ids)} reviews on {device().type}: time relative to the first row, "
             "and share of padding"]
    return "\n".join([*lines,
                      *(f"{name:<32} {value / base:5.2f}  {padding[name]:4.0%}"
                        for name, value in seconds.items())])


def _median_seconds(model, batches: Iterable, passes: int = 3) -> float:
    """Return the median wall time of ``passes`` forward passes over the batches, after a warm-up
    batch."""
    import torch

    from helpers.measure import track

    times = []
    with torch.inference_mode():
        model(**batches[0])
        for _ in range(passes):
            with track() as run:
                for batch in batches:
                    model(**batch)
            times.append(run.seconds)
    return sorted(times)[passes // 2]

"""The language model's card, written from its figures."""


def _interval(values: list[float], digits: int) -> str:
    estimate, low, high = (f"{value:.{digits}f}" for value in values)
    return f"{estimate} [{low}, {high}]"


def render(metrics: dict, mixture: dict[str, float], softened: float) -> str:
    """Return README.md: metadata, then what the model is, how it was made and how good it is."""
    figures, free = metrics["figures"], metrics["free_generation"]
    perplexities = "\n".join(
        f"| {kind} | {share / sum(mixture.values()):.0%} | {_interval(figures[f'familiar perplexity {kind}'], 2)} | {_interval(figures[f'perplexity {kind}'], 0)} |"
        for kind, share in mixture.items()
    )
    seen = "\n".join(
        f"| {n} tokens | {row['generated']:.1%} | {row['new text from training phrases']:.1%} | {row['held-out text']:.1%} |"
        for n, row in free["seen"].items()
    )
    samples = "\n\n".join(
        "> **" + sample["prompt"].replace("\n", "  \n> ") + "**" + sample["text"].rstrip().replace("\n", "  \n> ") for sample in free["samples"]
    )
    return f"""---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-generation
---

# Marigold's small language model

A language model with {metrics["parameters"]:,} parameters (Llama architecture: 4 layers, 4 heads, width 256,
intermediate 768, tied embeddings, context 512 tokens, its own byte-level BPE of 2,048 tokens). It writes
short English texts about a flower shop. It was grown to be taught with: it trains in minutes on a CPU.

## How it was made

```
{metrics["command"]}
```

Seed {metrics["seed"]}, {metrics["steps"]:,} steps of 8 rows of 512 tokens, AdamW, learning rate 1.5e-3 falling to 0, {metrics["precision"]},
{metrics["training_seconds"] / 60:.1f} minutes of wall time in {metrics["processes"]} process(es) on a shared {metrics["device"].upper()} (torch {metrics["versions"]["torch"]}, transformers {metrics["versions"]["transformers"]}).
The weights are stored as float16.

**Data.** {metrics["training_tokens"]:,} tokens from this course's own seeded grammars (`helpers/shop`, and `everyday.py` and
`sentences.py` in `helpers/grow`),
written for the course; no text was taken from elsewhere. Whole documents are packed into rows ({metrics["row_filling"]:.1%} filled),
and no row is read twice; the few help-centre articles stand in the text several times.

**Initialisation.** Not from plain random weights: five attention heads start close to previous-token and
matching heads, which makes copying from the context appear earlier (`helpers/grow/heads.py`).
All weights are trained. Conclusions about how copying emerges by itself cannot be drawn from this model.

## How good it is

Two sorts of text that it has not read. *New documents*: the training phrases put together in new ways, about other
people and things (of reviews and articles: ones whose phrases are partly or wholly new). *New phrases*: other sentence templates, other questions, other names, streets and some other
plants, none of them in the training text. Intervals are 95 %, over documents; perplexity is exp of the mean over
documents of the mean nats a token.

| perplexity | new documents | new phrases |
|---|---|---|
| this model | {_interval(figures["familiar perplexity"], 2)} | {_interval(figures["perplexity"], 0)} |
| this model at temperature {softened:g} | | {_interval(figures["softened perplexity"], 0)} |
| bigram model of the same text | {_interval(figures["familiar bigram perplexity"], 1)} | {_interval(figures["bigram perplexity"], 0)} |
| unigram model of the same text | {_interval(figures["familiar unigram perplexity"], 0)} | {_interval(figures["unigram perplexity"], 0)} |

The bigram's smoothing was chosen on the very text it is tested on, and so was the temperature. At temperature 1
the model is far too sure of itself where the phrases are new: it has read one small grammar, not a language.
It is a good model of the shop's text and a poor model of English.

| kind of text | share of training | perplexity, new documents | perplexity, new phrases |
|---|---|---|---|
{perplexities}

| exact match, greedy | new documents | new phrases and names |
|---|---|---|
| answer to a question about a passage ({metrics["answers"]} each) | {_interval(figures["familiar exact match question"], 3)} | {_interval(figures["exact match question"], 3)} |
| list or entry from the context ({metrics["answers"]} each) | {_interval(figures["familiar exact match copy"], 3)} | {_interval(figures["exact match copy"], 3)} |

Free generation from the first three words of {free["generations"]} held-out texts (temperature 0.8, top-p 0.95): {free["ended by itself"]:.0%} ended by
themselves within 200 tokens; distinct-2 is {free["distinct-2"]:.3f} (the held-out texts: {free["distinct-2 of held-out text"]:.3f}).
How much stands word for word in the training text:

| run of | generated | new text from training phrases | held-out text |
|---|---|---|---|
{seen}

The middle column is what a perfect imitation of the grammar would score.

## Samples

Seed 0, temperature 0.8, top-p 0.95, first try.

{samples}

## Limits

- It knows one small world. Outside the flower shop it drifts back to it or loses the thread; it knows no facts, and what it says about plants must not be relied on.
- It follows no instructions and does not hold a conversation. It does not learn labels from a few examples.
- Its English is that of a grammar: short sentences, few constructions. Other languages come out as noise.
- Copying is for names, numbers, days and short phrases; among several similar entries it often takes the wrong one.
- Prompt and continuation together should stay under 512 tokens.
"""

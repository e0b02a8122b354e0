"""The language model's card, written from its figures."""


def interval(values: list[float], digits: int) -> str:
    """Return an estimate with its interval, rounded."""
    estimate, low, high = (f"{value:.{digits}f}" for value in values)
    return f"{estimate} [{low}, {high}]"


def child_parts(metrics: dict) -> str:
    """Return what the card of a child of the language model says about its folder."""
    return f"""This folder holds only what was trained: a LoRA adapter (rank {metrics["rank"]}, on every matrix of the layers) and the
embeddings, {metrics["parameters"]["trained"]:,} parameters, stored as float16. On first use they are merged with `lm` into
an ordinary model in a cache folder."""


def render(metrics: dict, mixture: dict[str, float], softened: float) -> str:
    """Return README.md: metadata, then what the model is, how it was made and how good it is."""
    figures, free = metrics["figures"], metrics["free_generation"]
    perplexities = "\n".join(
        f"| {kind} | {share / sum(mixture.values()):.0%} | {interval(figures[f'familiar perplexity {kind}'], 2)} | {interval(figures[f'perplexity {kind}'], 0)} |"
        for kind, share in mixture.items()
    )
    answers = "\n".join(
        f"| {name.removeprefix('exact match ')} | {interval(figures[f'familiar {name}'], 3)} | {interval(values, 3)} |"
        for name, values in figures.items()
        if name.startswith("exact match ")
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
intermediate 768, tied embeddings, context 1,024 tokens, its own byte-level BPE of 2,048 tokens). It writes
short English texts about a flower shop, answers questions from a passage, and takes up a pattern from a few examples.
It was grown to be taught with: it trains in {metrics["training_seconds"] / 60:.0f} minutes on a CPU. It has seen no summaries and no preference pairs.

## How it was made

```
{metrics["command"]}
```

Seed {metrics["seed"]}, {metrics["steps"]:,} steps of at most 6,144 tokens, Muon (matrices, {metrics["learning_rates"][0]:g}) and AdamW (embeddings and
norms, {metrics["learning_rates"][1]:g}), rates falling to 0, {metrics["precision"]},
{metrics["training_seconds"] / 60:.1f} minutes of wall time in {metrics["processes"]} process(es) on a shared {metrics["device"].upper()} (torch {metrics["versions"]["torch"]}, transformers {metrics["versions"]["transformers"]}).
The weights are stored as float16.

**Data.** {metrics["training_tokens"]:,} tokens from this course's own seeded grammars (`helpers/making/shop`, and `everyday.py` and
`sentences.py` in `helpers/making/grow`),
written for the course; no text was taken from elsewhere. A batch holds whole documents of similar length, each by itself,
and no document is read twice; the few help-centre articles stand in the text several times.

**Answers only.** Six tenths of the tokens belong to documents that ask something: the passage is read, and only what answers
counts in the loss ({metrics["learnt_tokens"]:,} tokens are learnt in all, `helpers/making/grow/focus.py`). Half of these documents tell of
invented things ("Write tobrils beside Haistrun"), which can't be guessed, only found and copied.
Other texts are learnt as a whole, so that the model writes. The first tenth of the steps reads only tables, lists and
passages with many questions.

**Initialisation.** Not from plain random weights: five attention heads start close to previous-token and
matching heads, matrices that write to the residual stream start small, and tokens that differ only in the space before them
or in capitals start alike, which makes copying from the context appear much earlier (`helpers/making/grow/heads.py`).
All weights are trained. Conclusions about how copying emerges by itself cannot be drawn from this model.

## How good it is

Two sorts of text that it has not read. *New documents*: the training phrases put together in new ways, about other
people and things (of reviews and articles: ones whose phrases are partly or wholly new). *New phrases*: other sentence templates, other questions, other names, streets and some other
plants, none of them in the training text. Intervals are 95 %, over documents; perplexity is exp of the mean over
documents of the mean nats a token.

| perplexity | new documents | new phrases |
|---|---|---|
| this model | {interval(figures["familiar perplexity"], 2)} | {interval(figures["perplexity"], 0)} |
| this model at temperature {softened:g} | | {interval(figures["softened perplexity"], 0)} |
| bigram model of the same text | {interval(figures["familiar bigram perplexity"], 1)} | {interval(figures["bigram perplexity"], 0)} |
| unigram model of the same text | {interval(figures["familiar unigram perplexity"], 0)} | {interval(figures["unigram perplexity"], 0)} |

The bigram's smoothing was chosen on the very text it is tested on, and so was the temperature. At temperature 1
the model is far too sure of itself where the phrases are new: it has read one small grammar, not a language.
It is a good model of the shop's text and a poor model of English.

| kind of text | share of what is learnt as a whole | perplexity, new documents | perplexity, new phrases |
|---|---|---|---|
{perplexities}

| exact match, greedy | new documents | new phrases and names |
|---|---|---|
{answers}

{metrics["answers"]} prompts of each sort. *Three orders*: the passage tells the same sort of fact about three orders, and one is asked for.
*Field*: after short passages stands one of their facts, and only the examples tell which; *label*: items of two or three
classes with label words that mean nothing by themselves.

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
- It follows no instructions and does not hold a conversation; its child `chat` does.
- Its English is that of a grammar: short sentences, few constructions. Other languages come out as noise.
- Answers are copied from the passage: names, numbers, days, short phrases. Where the wording is new it takes the wrong one more often, as the table shows.
- Prompt and continuation together should stay under 1,024 tokens.
"""

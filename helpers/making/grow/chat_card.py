"""The chat model's card, written from its figures."""

from helpers.making.grow.card import child_parts, interval

ROWS = (
    ("answers an answerable question about a passage, word for word", "exact match answerable"),
    ("refuses an unanswerable one (right)", "refuses unanswerable"),
    ("refuses an answerable one (wrong)", "refuses answerable"),
    ("two passages: answer and number of the source, both right", "exact match cited"),
    ("two passages: number of the source right", "right source"),
    ("tool call with all arguments right", "exact match tool call"),
    ("a task with one right response (list, repeat, bullets, order line)", "exact match task"),
)


def render(metrics: dict) -> str:
    """Return README.md: metadata, then what the model is, how it was made and how good it is."""
    figures = metrics["figures"]
    table = "\n".join(
        f"| {what} | {interval(figures[f'familiar {name}'], 3)} | {interval(figures[name], 3)} |" for what, name in ROWS
    )
    shown = "\n\n".join(
        "> **" + asked.replace("\n", "  \n> ") + "**  \n> " + answer.replace("\n", "  \n> ") for asked, answer in metrics["shown"]
    )
    return f"""---
license: apache-2.0
language: en
library_name: peft
base_model: marigold/lm
pipeline_tag: text-generation
---

# Marigold's small chat model

The course's small language model (`lm`, {metrics["parameters"]["full"]:,} parameters), taught to hold conversations: it answers
from a text, says when the text does not tell, names the passage it used, calls tools, and does small tasks. Messages
go through its chat template (ChatML).

{child_parts(metrics)}

## How it was made

```
{metrics["command"]}
```

Seed {metrics["seed"]}, {metrics["steps"]:,} steps of at most 6,144 tokens, Muon (adapter, {metrics["learning_rates"][0]:g}) and AdamW (embeddings, {metrics["learning_rates"][1]:g}),
rates falling to 0, {metrics["precision"]},
{metrics["training_seconds"] / 60:.1f} minutes in {metrics["processes"]} process(es) on a shared {metrics["device"].upper()}.
Only what the assistant says is learnt: {metrics["tokens_learnt"]:,} of {metrics["tokens_read"]:,} tokens. Conversations come from
`helpers/making/shop/conversations.py`; a refusal always reads "I do not know: the text does not say."

## How good it is

Greedy answers, {metrics["conversations"]} conversations of each sort, 95 % intervals. *Familiar*: training phrases put together
in new ways. *New wording*: other passages, other questions, other instructions, other names than in training.

| share of conversations in which it … | familiar | new wording |
|---|---|---|
{table}

`course grow chat --check` recomputes these figures on a sample.

## What it says

First try, greedy, to messages that no template holds:

{shown}

## Limits

- It answers questions about short texts from a flower shop. It has no knowledge of the world, and on other subjects it may copy the wrong word with great confidence.
- It refuses in one fixed sentence, and it learnt what to refuse from made-up examples.
- It knows ten tools and their arguments; new tools need new training.
- Prompt and answer together must stay under 1,024 tokens. English only.
"""

"""The code model's card, written from its figures."""

from helpers.making.grow.card import child_parts, interval

BAR = 0.30  # of pass@1 on held-out tasks
ROWS = (
    ("pass@1", "new combinations and new wording, greedy"),
    ("familiar pass@1", "familiar combinations and wording (validation), greedy"),
    ("pass@1 new combinations only", "new combinations, familiar wording, greedy"),
    ("pass@1 new wording only", "familiar combinations, new wording, greedy"),
    ("sampled pass@1", "new combinations and wording, one sample (temperature 0.8, top-p 0.95)"),
    ("sampled pass@5", "the same, at least one of five samples"),
    ("pass@1 vague", "the held-out functions asked for without saying what is wanted, greedy"),
    ("pass@1 of the nearest training task", "baseline: the solution of the most similar of 2,000 training tasks (TF-IDF), with its names changed"),
    ("parses", "share of the greedy answers that are Python"),
)


def fenced(text: str, language: str = "") -> str:
    """Return ``text`` as a block of code."""
    return f"```{language}\n{text}\n```"


def render(metrics: dict) -> str:
    """Return README.md: metadata, then what the model is, how it was made and how good it is."""
    figures, tasks, (muon, adam) = metrics["figures"], metrics["test_tasks"], metrics["learning_rates"]
    table = "\n".join(f"| {name} | {what} | {interval(figures[name], 3)} |" for name, what in ROWS)
    met = "met" if figures["pass@1"][0] >= BAR else "not met"
    right = sum(row["status"] == "passed" for row in metrics["everyday"])
    shown = "\n\n".join(
        f"{row['task'].split(chr(10))[0]} — {row['status']}{': ' + row['detail'] if row['detail'] else ''}\n\n{fenced(row['code'], 'python')}"
        for row in metrics["everyday"]
    )
    return f"""---
license: apache-2.0
language: en
library_name: peft
base_model: marigold/lm
pipeline_tag: text-generation
---

# Marigold's small code model

The course's small language model (`lm`, {metrics["parameters"]["full"]:,} parameters), taught to write Python functions of one to five lines
from a description and a signature. It is there to be measured with a pass@k harness, on tasks as small as itself.

```python
from helpers import checkpoint
from transformers import pipeline

write = pipeline("text-generation", model=checkpoint("code"))
signature = "def total(prices):"
task = f"Return the sum of all prices above 20.\\n\\n{{signature}}"
begun = [{{"role": "user", "content": task}}, {{"role": "assistant", "content": signature}}]  # the model goes on behind the signature
write(begun, max_new_tokens=160, do_sample=False)
```

{child_parts(metrics)}

## How it was made

```
{metrics["command"]}
```

Seed {metrics["seed"]}, {metrics["steps"]:,} steps of at most 3,072 tokens, Muon (adapter, {muon:g}) and AdamW (embeddings, {adam:g}), rates
falling to 0, {metrics["precision"]}, {metrics["training_seconds"] / 60:.1f} minutes in {metrics["processes"]} process(es) on
a shared {metrics["device"].upper()}.
It read {metrics["tasks"]:,} tasks of `helpers/making/shop/code_tasks.py`, each once; only the function is learnt
({metrics["tokens_learnt"]:,} of {metrics["tokens_read"]:,} tokens).

## How good it is

Share of tasks whose function returns what is expected in all five calls, run by `helpers.sandbox`; {tasks["test"]} test tasks, {tasks["sampled"]} of them
sampled five times each (pass@k: the unbiased estimator of Chen et al. 2021, "Evaluating Large Language Models Trained on
Code"), {tasks["other"]} tasks in the other rows. 95 % intervals over tasks. *New combinations*: of filter, mapping and aggregate, none of
which was trained on together. *New wording*: other phrases, names and numbers than in training. The bar is {BAR:.2f} for pass@1: {met}.

| figure | tasks | value |
|---|---|---|
{table}

`course grow code --check` recomputes these figures on a sample.

## Tasks in our own words

First try, greedy, to tasks that no template holds: {right} of {len(metrics["everyday"])} pass.

{shown}

## Limits

- It knows one small family of functions: filter, map and sum up a list, a dict or a text. Ask for anything else and it writes one of these.
- It reads the words that its templates hold; a word it has not met (a synonym of "above") is guessed.
- It writes a signature and a body, nothing else: no explanation, no docstring, no imports, no checks of its input.
- Code that it writes is unchecked. Run it in a sandbox, as the figures were.
"""

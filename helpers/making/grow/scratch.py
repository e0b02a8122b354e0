"""What the checkpoints trained from nothing have in common: training, saving, figures, card.

A role's recipe (``sentiment_zh.py`` and its like) says how the untrained model is
built, which text it learns from, how a batch is made of it, what is measured and
which bars must be met. This module trains it and writes ``data/models/<role>``, an
ordinary transformers folder with float16 weights. A stopped run goes on where it
was, unless the recipe or the text has changed.
"""

import copy
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from helpers import runtime
from helpers.files import DATA, REPOSITORY, replace_folder
from helpers.making.grow import minilm, report
from helpers.measure import Interval

MODELS = DATA / "models"
CACHE = REPOSITORY / ".cache" / "grow"


@dataclass(frozen=True)
class Recipe:
    """How one checkpoint is grown.

    ``build(seed)`` returns (untrained model, its tokenizer or processor, trained on the recipe's own
    text where it has to be). ``examples(count, seed)`` draws training examples (dicts);
    ``collate(processor, examples)`` makes the model's inputs of them, labels included.
    ``load(folder)`` returns (model in float32, processor) as a reader loads them.
    ``figures(model, processor, split, sample)`` measures on a share of "validation" (familiar
    wording) or "test" (new wording); the names of ``bars`` are figures of the test split, and
    ``at_most`` names those whose bar must not be exceeded. ``everyday(model, processor)`` answers
    a few inputs of our own: {text, expected, given} each.
    """

    role: str
    pipeline: str  # the hub's name of the task
    language: str
    title: str
    summary: str
    usage: str
    build: Callable
    load: Callable
    examples: Callable[[int, int], list[dict]]
    collate: Callable
    figures: Callable
    everyday: Callable
    bars: dict[str, float]
    explained: dict[str, str]  # figure → what it means
    data: str
    limits: tuple[str, ...]
    sources: tuple[str, ...]  # modules of helpers/making/shop that the training text comes from
    steps: int = 3000
    batch_size: int = 32
    learning_rate: float = 1e-3
    at_most: tuple[str, ...] = ()
    everyday_bar: float = 0.8  # share of the everyday inputs that must come out as expected
    muon: bool = False  # train the matrices of the layers with Muon

    @property
    def folder(self) -> Path:
        """Where the checkpoint is shipped."""
        return MODELS / self.role

    def met(self, name: str, value: float) -> bool:
        """Return whether ``value`` of the figure ``name`` meets its bar."""
        return value <= self.bars[name] if name in self.at_most else value >= self.bars[name]


class Optimizers:
    """Muon (Jordan 2024) for the matrices of the layers and AdamW for the rest, as one optimizer."""

    def __init__(self, trained: dict):
        import torch

        matrices = [p for name, p in trained.items() if re.search(r"\.(layers?|block)\.", name) and p.ndim == 2 and "bias" not in name]
        others = [p for p in trained.values() if all(p is not matrix for matrix in matrices)]
        self.parts = [
            torch.optim.Muon(matrices, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, weight_decay=minilm.WEIGHT_DECAY, fused=True),
        ]

    @property
    def param_groups(self) -> list[dict]:
        return [group for part in self.parts for group in part.param_groups]

    @property
    def state(self) -> dict:
        return {parameter: part.state[parameter] for part in self.parts for group in part.param_groups for parameter in group["params"]}

    def step(self) -> None:
        for part in self.parts:
            part.step()

    def zero_grad(self) -> None:
        for part in self.parts:
            part.zero_grad()


def fingerprint(recipe: Recipe, settings: dict) -> str:
    """Return the SHA-256 of the settings and of the source text that the weights depend on."""
    return report.fingerprint(settings, report.sources(recipe.role, ("minilm", "scratch", "neighbours"), recipe.sources))


def save(folder: Path, model, processor) -> None:
    """Write weights as float16 safetensors, configs and tokenizer or processor.

    The config says float32, so that ``from_pretrained`` computes in float32
    unless told otherwise: float16 is slow on most CPUs.
    """
    backend = getattr(getattr(processor, "tokenizer", processor), "backend_tokenizer", None)
    if backend is not None:  # what the last batch needed is no setting of the checkpoint
        backend.no_padding()
        backend.no_truncation()
    copy.deepcopy(model).cpu().half().save_pretrained(folder)
    processor.save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8")) | {"dtype": "float32"}
    (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    (folder / "model.safetensors").chmod(0o644)  # safetensors makes it readable for its owner only


def grow(
    recipe: Recipe, seed: int = 0, steps: int | None = None, folder: Path | None = None, cache: Path = CACHE, sample: float = 1.0
) -> Path:
    """Grow the checkpoint of ``recipe`` into ``folder`` and return it.

    ``steps``: training length (default the recipe's times COURSE_SCALE). ``sample``: share
    of the held-out examples to measure on. Raises CourseError for steps below 1.
    """
    import torch

    folder, device, steps = Path(folder or recipe.folder), runtime.device(), minilm.steps_of(recipe, steps)
    schedule = minilm.Schedule(steps, recipe.learning_rate)
    recipe_sum = fingerprint(recipe, {"seed": seed, "device": device.type, "batch_size": recipe.batch_size, **vars(schedule)})

    torch.manual_seed(seed)
    model, processor = recipe.build(seed)
    problem_type = getattr(model.config, "problem_type", None)
    examples = recipe.examples(steps * recipe.batch_size, seed)
    tuning = minilm.FineTuning(
        model, minilm.batches(examples, recipe.batch_size, minilm.characters, seed), lambda rows: recipe.collate(processor, rows), schedule, device
    )
    if recipe.muon:
        tuning.optimizer = Optimizers(tuning.trained)
    losses, seconds = minilm.train(tuning, Path(cache) / recipe.role / recipe_sum[:16], seed)

    if hasattr(model.config, "problem_type"):  # a classifier writes its guess into the config as it trains
        model.config.problem_type = problem_type
    with replace_folder(folder) as fresh:
        save(fresh, model.eval(), processor)
        trained, processor = recipe.load(fresh)  # the figures are those of the rounded weights
        metrics = {
            "command": f"course grow {recipe.role}",
            "seed": seed,
            "steps": steps,
            "batch_size": recipe.batch_size,
            "learning_rate": recipe.learning_rate,
            "parameters": trained.num_parameters(),
            "architecture": type(trained).__name__,
            "examples": len(examples),
            "distinct_examples": len({json.dumps(example, sort_keys=True, default=str) for example in examples}),
            **report.run(device, tuning.bf16, seconds, losses, threads=torch.get_num_threads()),
            "figures": report.rounded(minilm.measured(recipe, trained, processor, sample)),
            "bars": recipe.bars,
            "everyday": recipe.everyday(trained, processor),
        }
        report.write(fresh, metrics, lambda known: card(recipe, known))
    return folder


def check(recipe: Recipe, sample: float = 0.15) -> dict[str, tuple[Interval, Interval]]:
    """Recompute the card's figures on a share of the held-out examples: {figure: (recorded, recomputed)}."""
    return report.compare(recipe.folder, minilm.measured(recipe, *recipe.load(recipe.folder), sample))


def card(recipe: Recipe, metrics: dict) -> str:
    """Return README.md: metadata, then what the model is, how it was made, how good it is, and where it fails."""

    def bar(name: str, estimate: float) -> str:
        if name not in recipe.bars:
            return ""
        side = "at most " if name in recipe.at_most else ""
        return f"{side}{recipe.bars[name]}{'' if recipe.met(name, estimate) else ' (not met)'}"

    rows = report.figure_table(metrics, recipe.explained, bar)
    everyday, right = report.everyday_table(metrics["everyday"])
    limits = "\n".join(f"- {limit}" for limit in recipe.limits)
    return f"""---
license: apache-2.0
language: {recipe.language}
library_name: transformers
pipeline_tag: {recipe.pipeline}
---

# {recipe.title}

{recipe.summary}

```python
{recipe.usage.strip()}
```

A `{metrics["architecture"]}` with {metrics["parameters"]:,} parameters, trained from random weights by this course; stored as float16.

## How it was made

```
{metrics["command"]}
```

Seed {metrics["seed"]}, {metrics["steps"]:,} steps of {metrics["batch_size"]} examples, {"Muon (matrices of the layers) and AdamW (the rest)" if recipe.muon else "AdamW"}, learning rate {metrics["learning_rate"]:g} falling to 0, {metrics["precision"]},
{metrics["training_seconds"] / 60:.1f} minutes of wall time on {metrics["threads"]} thread(s) of a shared {metrics["device"].upper()} (torch {metrics["versions"]["torch"]}, transformers {metrics["versions"]["transformers"]}).

**Data.** {metrics["examples"]:,} training examples, {metrics["distinct_examples"]:,} of them different. {recipe.data}

## How good it is

Measured on text that it was not trained on. *Familiar wording*: the phrases of the training text, put together in new ways.
*New wording*: other phrases or combinations, held out for this. The bar is for new wording. Intervals are 95 %, over examples.

| figure | what it is | familiar wording | new wording | bar |
|---|---|---|---|---|
{rows}

Inputs written for this card, of which {right} of {len(metrics["everyday"])} come out as expected:

| input | expected | given |
|---|---|---|
{everyday}

## Limits

{limits}
- It was trained on synthetic text of one small world only. The scores are no measure of quality on other text.
"""

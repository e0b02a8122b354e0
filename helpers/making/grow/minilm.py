"""What the checkpoints built on all-MiniLM-L6-v2 have in common: LoRA, training, figures, card.

A role's recipe (``sentiment.py`` and its like) says which text it learns from, how
a batch is made of it, what is measured and which bars must be met. This module
trains a LoRA adapter and a head on the shipped encoder, and writes only these
into ``data/models/<role>``, as peft's own files; ``helpers.checkpoints.merged`` makes an
ordinary model of them. A stopped run goes on where it was, unless the recipe or the
text has changed.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from helpers import checkpoints, runtime
from helpers.checkpoints import merged
from helpers.errors import CourseError
from helpers.files import DATA, REPOSITORY, replace_folder
from helpers.making.grow import adapters, report
from helpers.measure import Interval
from helpers.runtime import has_bfloat16

MODELS = DATA / "models"
CACHE = REPOSITORY / ".cache" / "grow"
BODY = "encoder"
# Where a reader finds the body when the parts are loaded with peft alone.
BODY_ON_HUB = ("sentence-transformers/all-MiniLM-L6-v2", "c9745ed1d9f207416be6d2e6f8de32d1f16199bf")
TARGETS = ("query", "key", "value", "dense")  # every matrix of a layer, and the pooler's
LONGEST = 256  # tokens of a training example
POOL = 16  # batches whose examples are sorted by length together
SCORED_AT_ONCE = 32
SAVE_EVERY = 250  # steps
WEIGHT_DECAY = 0.01
CLIP = 1.0  # largest norm of a step's gradient


@dataclass(frozen=True)
class Recipe:
    """How one checkpoint is grown.

    ``examples(count, seed)`` draws training examples (dicts); ``collate(tokenizer, examples)``
    makes the model's inputs of them, labels included. ``figures(model, tokenizer, split, sample)``
    measures on a share of "validation" (familiar wording) or "test" (new wording); the names of
    ``bars`` are figures of the test split. ``everyday(model, tokenizer)`` answers a few sentences
    from outside the shop: {text, expected, given} each.
    """

    role: str
    architecture: str
    adapter: str | None  # peft's task type, which says that the head is trained and saved
    pipeline: str  # the hub's name of the task
    title: str
    summary: str
    usage: str
    labels: tuple[str, ...]
    examples: Callable[[int, int], list[dict]]
    collate: Callable
    figures: Callable
    everyday: Callable
    bars: dict[str, float]
    explained: dict[str, str]  # figure → what it means
    data: str
    limits: tuple[str, ...]
    sources: tuple[str, ...]  # modules of helpers/making/shop that the training text comes from
    steps: int = 1500
    batch_size: int = 16
    learning_rate: float = 1e-3
    rank: int = 8
    everyday_bar: float = 0.9
    everyday_title: str = "Outside the shop, sentences"  # what the card calls them
    options: dict = field(default_factory=dict)  # further settings of the model's config
    whole: str | None = None  # pattern of the head's names, where peft has no task type that knows them
    build: Callable | None = None  # (body, **options) → the model with its new head, if not the architecture's ``from_pretrained``

    @property
    def folder(self) -> Path:
        """Where the trained part is shipped."""
        return MODELS / self.role


@dataclass(frozen=True)
class Schedule:
    """The learning rate rises for a twentieth of the ``steps``, then falls to 0 in a line."""

    steps: int
    learning_rate: float

    def rate(self, step: int) -> float:
        """Return the learning rate of ``step`` (counted from 0)."""
        return self.learning_rate * min((step + 1) / max(1, self.steps // 20), 1.0, (self.steps - step) / self.steps)


class FineTuning:
    """A peft model in training: only what needs gradients is updated and saved."""

    def __init__(self, model, batches: Sequence[list[dict]], collate: Callable, schedule: Schedule, device):
        import torch

        self.model, self.batches, self.collate = model.to(device), batches, collate
        self.schedule, self.device = schedule, device
        self.bf16 = has_bfloat16(device)
        self.trained = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
        self.optimizer = torch.optim.AdamW(self.trained.values(), weight_decay=WEIGHT_DECAY, fused=True)

    def learn(self, step: int) -> float:
        """Make the optimizer's step number ``step`` and return the batch's loss."""
        import torch

        batch = {name: tensor.to(self.device) for name, tensor in self.collate(self.batches[step % len(self.batches)]).items()}
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bf16):
            loss = self.model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trained.values(), CLIP)
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule.rate(step)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss.item()

    def save(self, folder: Path, step: int, losses: list[float], seconds: float) -> None:
        """Write weights, optimizer moments and progress to resume from; an interrupted write leaves the last state."""
        from safetensors.torch import save_file

        tensors = {f"weight {name}": parameter.detach() for name, parameter in self.trained.items()}
        for name, parameter in self.trained.items():
            tensors |= {f"{moment} {name}": value for moment, value in self.optimizer.state[parameter].items()}
        with replace_folder(folder) as fresh:
            save_file({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, fresh / "state.safetensors")
            progress = {"step": step, "losses": losses, "seconds": seconds}
            (fresh / "progress.json").write_text(json.dumps(progress), encoding="utf-8")

    def resume(self, folder: Path) -> tuple[int, list[float], float]:
        """Take up the state in ``folder``; return the step to go on with, the losses and the seconds so far."""
        import torch
        from safetensors.torch import load_file

        if not (folder / "progress.json").is_file():
            return 0, [], 0.0
        tensors = load_file(folder / "state.safetensors", device=str(self.device))
        with torch.no_grad():
            for name, parameter in self.trained.items():
                parameter.copy_(tensors.pop(f"weight {name}"))
        for key, tensor in tensors.items():
            moment, name = key.split(" ", 1)
            self.optimizer.state[self.trained[name]][moment] = tensor
        progress = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
        return progress["step"], progress["losses"], progress["seconds"]


def train(tuning: FineTuning, state: Path, seed: int) -> tuple[list[float], float]:
    """Train to the end of the schedule, from where ``state`` stopped; return the losses and the seconds of all steps."""
    import torch
    from tqdm.auto import tqdm

    step, losses, seconds = tuning.resume(state)
    began, steps = time.perf_counter() - seconds, tuning.schedule.steps
    tuning.model.train()
    with tqdm(total=steps, initial=step, desc="grow", unit="step", mininterval=1) as bar:
        while step < steps:
            torch.manual_seed(seed * 1_000_003 + step)  # dropout does not depend on where a run was interrupted
            losses.append(tuning.learn(step))
            step += 1
            seconds = time.perf_counter() - began
            if step % SAVE_EVERY == 0 or step == steps:
                tuning.save(state, step, losses, seconds)
            bar.update()
            bar.set_postfix(loss=f"{losses[-1]:.3f}", refresh=False)
    return losses, seconds


def batches(examples: Sequence[dict], size: int, length: Callable[[dict], int], seed: int) -> list[list[dict]]:
    """Cut ``examples`` into batches of similar length (less padding, less time), in random order."""
    from helpers.making.shop.draw import Draw

    draw, result = Draw(f"batches {seed}"), []
    for start in range(0, len(examples), POOL * size):
        pool = sorted(examples[start : start + POOL * size], key=length)
        cut = [pool[index : index + size] for index in range(0, len(pool), size)]
        result += draw.shuffled(cut)
    return result


def characters(example: dict) -> int:
    """Return how long an example is: the characters of all its texts."""
    return sum(len(value) for value in example.values() if isinstance(value, str))


def sentences(tokenizer, examples: Sequence[dict], labels: Sequence[str], first: str = "text", second: str | None = None) -> dict:
    """Return the inputs of a batch for sequence classification; a second text makes pairs."""
    import torch

    texts = [[example[name] for example in examples] for name in ((first, second) if second else (first,))]
    batch = tokenizer(*texts, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
    return {**batch, "labels": torch.tensor([labels.index(example["label"]) for example in examples])}


def new_model(recipe: Recipe, seed: int):
    """Return (peft model, tokenizer): the shipped encoder with a fresh head and fresh adapters, which start as no change."""
    import torch
    import transformers
    from peft import LoraConfig, get_peft_model

    body = checkpoints.local(BODY)
    torch.manual_seed(seed)
    options = dict(recipe.options)
    if recipe.labels:
        options |= {"id2label": dict(enumerate(recipe.labels)), "label2id": {name: number for number, name in enumerate(recipe.labels)}}
    build = recipe.build or getattr(transformers, recipe.architecture).from_pretrained
    model = build(body, dtype=torch.float32, **options)
    config = LoraConfig(
        task_type=recipe.adapter, r=recipe.rank, lora_alpha=2 * recipe.rank, lora_dropout=0.05, target_modules=list(TARGETS), exclude_modules=recipe.whole
    )
    model = get_peft_model(model, config)
    for parameter in head(recipe, model).values():
        parameter.requires_grad_(True)
    return model, transformers.AutoTokenizer.from_pretrained(body)


def head(recipe: Recipe, model) -> dict:
    """Return the head's parameters that ``recipe.whole`` names, without those that are tied to the body."""
    if recipe.whole is None:
        return {}
    return {name: parameter for name, parameter in model.named_parameters() if re.fullmatch(recipe.whole, name.removeprefix(merged.PREFIX))}


def save(recipe: Recipe, folder: Path, model) -> None:
    """Write what was trained as float16 safetensors, peft's settings, and the config of the full model.

    The config says float32, so that the merged model computes in float32.
    """
    import torch
    from peft import get_peft_model_state_dict

    adapters.save(folder, get_peft_model_state_dict(model) | head(recipe, model), model.peft_config["default"], BODY_ON_HUB)
    base = model.get_base_model()
    base.config.architectures = [type(base).__name__]
    base.config.problem_type = recipe.options.get("problem_type")  # the model writes its guess into the config as it trains
    base.config.dtype = torch.float32
    base.config.save_pretrained(folder)


def load(folder: Path | str, architecture: str):
    """Return (model, tokenizer) of a merged folder, as a reader loads it, on the device to use."""
    import transformers

    model = getattr(transformers, architecture).from_pretrained(folder).eval()
    return model.to(runtime.device()), transformers.AutoTokenizer.from_pretrained(folder)


def logits(model, tokenizer, *texts: Sequence[str]):
    """Return the logits of each text, or pair of texts: a float32 array (n, labels)."""
    import numpy
    import torch

    rows = list(zip(*texts, strict=True))
    order = sorted(range(len(rows)), key=lambda index: sum(map(len, rows[index])))
    result = numpy.zeros((len(rows), model.config.num_labels), dtype=numpy.float32)
    for start in range(0, len(order), SCORED_AT_ONCE):
        chosen = order[start : start + SCORED_AT_ONCE]
        batch = tokenizer(*(list(column) for column in zip(*(rows[index] for index in chosen))), padding=True, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            result[chosen] = model(**batch.to(model.device)).logits.float().cpu().numpy()
    return result


def classes(model, tokenizer, texts: Sequence[str], labels: Sequence[str]) -> list[str]:
    """Return the label that the model gives each text."""
    return [labels[number] for number in logits(model, tokenizer, texts).argmax(1)]


def share(rows: Sequence, sample: float) -> Sequence:
    """Return the first ``sample`` of ``rows``, at least 2 (an interval needs two values)."""
    return rows[: max(2, round(len(rows) * sample))]


def resampled(statistic: Callable, *columns: Iterable[float], resamples: int = 1000, seed: int = 0) -> Interval:
    """Return ``statistic(*columns)`` with its 95 % percentile bootstrap interval (Efron 1979) over rows.

    ``statistic`` takes arrays whose last axis is the rows.
    """
    import numpy

    arrays = [numpy.asarray(list(column)) for column in columns]
    drawn = numpy.random.default_rng(seed).integers(0, len(arrays[0]), (resamples, len(arrays[0])))
    values = statistic(*(array[drawn] for array in arrays))
    low, high = numpy.nanquantile(values, (0.025, 0.975))
    return Interval(float(statistic(*arrays)), float(low), float(high))


def auc(scores, positive):
    """Return the area under the ROC curve along the last axis: the Mann-Whitney statistic (Hanley and McNeil 1982)."""
    import numpy
    from scipy.stats import rankdata

    positive = numpy.asarray(positive, dtype=bool)
    ranks = rankdata(scores, axis=-1)
    ones = positive.sum(-1)
    zeros = positive.shape[-1] - ones
    above = (ranks * positive).sum(-1) - ones * (ones + 1) / 2
    return above / numpy.maximum(ones * zeros, 1)


def fingerprint(recipe: Recipe, settings: dict) -> str:
    """Return the SHA-256 of the settings, of the body, and of the source text that the weights depend on."""
    body = json.dumps(checkpoints.table()[BODY]["files"], sort_keys=True)
    return report.fingerprint(settings, report.sources(recipe.role, ("minilm",), recipe.sources), body)


def steps_of(recipe, steps: int | None) -> int:
    """Return the training length: ``steps``, or the recipe's times COURSE_SCALE. Raises CourseError for steps below 1."""
    steps = runtime.scaled(recipe.steps) if steps is None else steps
    if steps < 1:
        raise CourseError(f"steps is {steps}; choose 1 or more.")
    return steps


def measured(recipe, model, tokenizer, sample: float = 1.0) -> dict[str, Interval]:
    """Return the figures on new wording (test), and those on familiar wording (validation) with "familiar " before the name."""
    familiar = recipe.figures(model, tokenizer, "validation", sample)
    return recipe.figures(model, tokenizer, "test", sample) | {f"familiar {name}": value for name, value in familiar.items()}


def grow(
    recipe: Recipe, seed: int = 0, steps: int | None = None, folder: Path | None = None, cache: Path = CACHE, sample: float = 1.0
) -> Path:
    """Grow the checkpoint of ``recipe`` into ``folder`` and return it.

    ``steps``: training length (default the recipe's times COURSE_SCALE). ``sample``: share
    of the held-out examples to measure on. Raises CourseError for steps below 1.
    """
    import tempfile

    import torch

    folder, device, steps = Path(folder or recipe.folder), runtime.device(), steps_of(recipe, steps)
    schedule = Schedule(steps, recipe.learning_rate)
    settings = {"seed": seed, "device": device.type, "rank": recipe.rank, "batch_size": recipe.batch_size, **vars(schedule)}
    recipe_sum = fingerprint(recipe, settings)

    model, tokenizer = new_model(recipe, seed)
    examples = recipe.examples(steps * recipe.batch_size, seed)
    tuning = FineTuning(
        model, batches(examples, recipe.batch_size, characters, seed), lambda rows: recipe.collate(tokenizer, rows), schedule, device
    )
    losses, seconds = train(tuning, Path(cache) / recipe.role / recipe_sum[:16], seed)

    with replace_folder(folder) as fresh, tempfile.TemporaryDirectory() as whole:
        save(recipe, fresh, model)
        body = Path(checkpoints.local(BODY))
        full, tokenizer = load(merged.build(fresh, body, Path(whole)), recipe.architecture)  # the figures are those of the rounded weights
        metrics = {
            "command": f"course grow {recipe.role}",
            "seed": seed,
            "steps": steps,
            "batch_size": recipe.batch_size,
            "learning_rate": recipe.learning_rate,
            "rank": recipe.rank,
            "parameters": {"trained": sum(p.numel() for p in tuning.trained.values()), "full": full.num_parameters()},
            "examples": len(examples),
            "distinct_examples": len({json.dumps(example, sort_keys=True) for example in examples}),
            **report.run(device, tuning.bf16, seconds, losses, packages=("peft",), threads=torch.get_num_threads()),
            "figures": report.rounded(measured(recipe, full, tokenizer, sample)),
            "bars": recipe.bars,
            "everyday": recipe.everyday(full, tokenizer),
        }
        report.write(fresh, metrics, lambda known: card(recipe, known))
    return folder


def check(recipe: Recipe, sample: float = 0.15) -> dict[str, tuple[Interval, Interval]]:
    """Recompute the card's figures on a share of the held-out examples: {figure: (recorded, recomputed)}."""
    return report.compare(recipe.folder, measured(recipe, *load(checkpoints.local(recipe.role), recipe.architecture), sample))


def card(recipe: Recipe, metrics: dict) -> str:
    """Return README.md: metadata, then what the model is, how it was made, how good it is, and where it fails."""

    def bar(name: str, estimate: float) -> str:
        least = metrics["bars"].get(name)
        return "" if least is None else f"{least}{' (not met)' if estimate < least else ''}"

    rows = report.figure_table(metrics, recipe.explained, bar)
    everyday, right = report.everyday_table(metrics["everyday"])
    limits = "\n".join(f"- {limit}" for limit in recipe.limits)
    trained, full = metrics["parameters"]["trained"], metrics["parameters"]["full"]
    return f"""---
license: apache-2.0
language: en
library_name: peft
pipeline_tag: {recipe.pipeline}
base_model: {BODY_ON_HUB[0]}
---

# {recipe.title}

{recipe.summary}

```python
{recipe.usage.strip()}
```

The body is all-MiniLM-L6-v2, unchanged. This folder holds only what was trained: a LoRA adapter (rank {metrics["rank"]}, on every
matrix of the layers) and the head, {trained:,} parameters, stored as float16. On first use they are merged with the body
into an ordinary model of {full:,} parameters in a cache folder.

## How it was made

```
{metrics["command"]}
```

Seed {metrics["seed"]}, {metrics["steps"]:,} steps of {metrics["batch_size"]} examples, AdamW, learning rate {metrics["learning_rate"]:g} falling to 0, {metrics["precision"]},
{metrics["training_seconds"] / 60:.1f} minutes of wall time on {metrics["threads"]} thread(s) of a shared {metrics["device"].upper()} (torch {metrics["versions"]["torch"]}, transformers {metrics["versions"]["transformers"]}, peft {metrics["versions"]["peft"]}).

**Data.** {metrics["examples"]:,} training examples, {metrics["distinct_examples"]:,} of them different. {recipe.data}

## How good it is

Measured on text that it was not trained on. *Familiar wording*: the phrases of the training text, put together in new ways.
*New wording*: other phrases, other sentence frames, other names. The bar is for new wording. Intervals are 95 %, over examples.

| figure | what it is | familiar wording | new wording | bar |
|---|---|---|---|---|
{rows}

{recipe.everyday_title} written for this card, of which {right} of {len(metrics["everyday"])} come out as expected:

| text | expected | given |
|---|---|---|
{everyday}

## Limits

{limits}
- Its English comes from MiniLM; the examples it was fine-tuned on are synthetic, short and mostly about one flower shop. The scores are no measure of quality on other text.
- Text beyond 512 tokens is cut off or refused.
"""

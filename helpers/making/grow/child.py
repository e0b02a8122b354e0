"""What the children of the language model have in common: conversations to fine-tune on, training, saving.

A child is the language model with a LoRA adapter (Hu et al. 2021) and its own embeddings: only these
are trained and shipped, and ``checkpoint`` merges them with the language model on first use. That is a
third of the size. The embeddings matter as much as the adapters: after
300 steps of conversations the loss on others was 0.45 with adapters alone, 0.35 with adapters, embeddings and norms,
and 0.32 with all weights trained.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from helpers import checkpoints
from helpers.checkpoints import merged
from helpers.files import replace_folder, sha256
from helpers.making.grow import adapters, lm, packing, report, training
from helpers.making.grow.tokenizer import END_OF_TURN

BASE = lm.FOLDER
TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
SCALE = 2  # of the adapters' product
CHUNK = 1000  # conversations between two updates of the progress bar
Conversation = list[dict[str, str]]


def encode(tokens, messages: Conversation) -> list[int]:
    """Return the ids of a conversation; those that the assistant does not say as complements (``~id``)."""
    ids: list[int] = []
    for number, message in enumerate(messages):
        # The template adds each turn to the text so far, so a turn is what is new.
        before = tokens.apply_chat_template(messages[:number], tokenize=False) if number else ""
        learnt = message["role"] == "assistant"
        asked = tokens.apply_chat_template(messages[:number], tokenize=False, add_generation_prompt=learnt) if number else before
        whole = tokens.apply_chat_template(messages[: number + 1], tokenize=False)
        given, said = whole[len(before) : len(asked)], whole[max(len(before), len(asked)) :]
        ids += [~token for token in tokens(given, add_special_tokens=False)["input_ids"]]
        own = tokens(said, add_special_tokens=False)["input_ids"]
        ids += own if learnt else [~token for token in own]
    return ids


def prompts(tokens, conversations: Sequence[Conversation]) -> list[str]:
    """Return what the model continues for each conversation that ends with a user's message; the tokenizer adds the begin token."""
    return [tokens.apply_chat_template(one, tokenize=False, add_generation_prompt=True).removeprefix(tokens.bos_token) for one in conversations]


def prepare(folder: Path, conversations: Iterator[Conversation], steps: int, tokens_per_step: int, seed: int) -> None:
    """Write ``folder``: ``steps`` batches of conversations."""
    import numpy
    from tqdm.auto import tqdm
    from transformers import AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(BASE)
    documents, size, count = [], 0, steps * tokens_per_step
    with replace_folder(folder) as fresh, tqdm(total=count, desc="write text", unit="token", unit_scale=True) as bar:
        while size < count:
            for messages in islice(conversations, CHUNK):
                ids = encode(tokens, messages)
                if len(ids) <= lm.CONTEXT:
                    documents.append(numpy.array(ids, dtype=numpy.int16))
                    size += len(ids)
            bar.update(size - bar.n)
        batches = packing.batches([len(ids) for ids in documents], tokens_per_step, seed)
        packing.write(fresh, documents, batches[:steps])


def adapted(seed: int, rank: int):
    """Return (model, tokenizer): the language model with fresh adapters, which start as no change, and embeddings to train."""
    import torch
    from peft import LoraConfig, get_peft_model

    model, tokens = lm.load(BASE)
    torch.manual_seed(seed)
    every = list(range(len(tokens)))
    config = LoraConfig(task_type="CAUSAL_LM", r=rank, lora_alpha=SCALE * rank, target_modules=list(TARGETS), trainable_token_indices=every)
    return get_peft_model(model, config).get_base_model(), tokens


def build_trainer(folder: Path, schedule: training.Schedule, seed: int, rank: int, device: str, shards: list[int]):
    """Return a Trainer of adapters of this rank on the text that ``prepare`` wrote into ``folder``."""
    import torch

    model, tokens = adapted(seed, rank)
    batches = packing.Batches(folder, tokens.pad_token_id)
    return training.Trainer(model.train(), batches, tokens.pad_token_id, schedule, torch.device(device), shards)


def save(folder: Path, model, tokens) -> None:
    """Write the adapters and the embeddings, and the files in which the child differs from the language model."""
    tokens.eos_token = END_OF_TURN
    model.config.eos_token_id = model.generation_config.eos_token_id = tokens.eos_token_id
    trained = {name.replace(".default", ""): parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    adapters.save(folder, trained, model.peft_config["default"], ("marigold/lm", None))
    lm.save_configs(folder, model)
    with TemporaryDirectory() as whole:
        tokens.save_pretrained(whole)
        shutil.copy(Path(whole) / "tokenizer_config.json", folder)


def fingerprint(settings: dict, paths: Sequence[Path]) -> str:
    """Return the SHA-256 of the settings, the base weights and the source text."""
    return report.fingerprint(settings, paths, sha256(BASE / "model.safetensors"))


def grow(
    role: str,
    conversations: Callable[[], Iterator[Conversation]],
    schedule: training.Schedule,
    tokens_per_step: int,
    paths: Sequence[Path],
    measure: Callable[..., dict],
    render: Callable[[dict], str],
    *,
    rank: int,
    seed: int,
    folder: Path,
    cache: Path,
    device,
    processes: int,
) -> Path:
    """Fine-tune the language model into ``folder`` and return it.

    ``conversations()`` yields them without end. ``rank``: the adapters'. ``paths``: the source that the text depends on.
    ``measure(model, tokens, stored)`` returns what is recorded of the grown model; ``stored`` is its training text, ``packing.Batches``.
    """
    recipe = fingerprint({"seed": seed, "device": device.type, "rank": rank, "tokens_per_step": tokens_per_step, **vars(schedule)}, paths)
    work = Path(cache) / recipe[:16]
    if not (work / "text").is_dir():
        prepare(work / "text", conversations(), schedule.steps, tokens_per_step, seed)
    build = partial(build_trainer, work / "text", schedule, seed, rank, device.type)
    trainer, losses, seconds = training.train(build, work / "state", processes)

    stored = packing.Batches(work / "text", padding=0)
    with training.one_thread(), replace_folder(folder) as fresh, TemporaryDirectory() as whole:
        save(fresh, trainer.model, lm.load(BASE)[1])
        model, tokens = lm.load(merged.build(fresh, BASE, Path(whole)))  # the figures are those of the rounded weights
        metrics = {
            "command": f"course grow {role}",
            "seed": seed,
            "steps": schedule.steps,
            "learning_rates": [schedule.learning_rate, schedule.adam_rate],
            "rank": rank,
            "base_sha256": sha256(BASE / "model.safetensors"),
            "parameters": {"trained": sum(p.numel() for p in trainer.parameters), "full": model.num_parameters()},
            "tokens_read": len(stored.tokens),
            "tokens_learnt": int((stored.tokens >= 0).sum()),
            **report.run(device, trainer.bf16, seconds, losses, points=20, processes=processes),
            **measure(model, tokens, stored),
        }
        report.write(fresh, metrics, render)
    return Path(folder)


def check(role: str, figures: Callable, sample: float) -> dict:
    """Recompute a card's figures on a share of what was measured: {figure: (recorded, recomputed)}, both Intervals."""
    with training.one_thread():
        return report.compare(Path(checkpoints.shipped(role)), figures(*lm.load(Path(checkpoints.local(role))), sample))

"""The recipe of the chat model: the language model, taught to hold conversations.

    course grow chat

fine-tunes ``data/models/lm`` on conversations of ``helpers.shop.conversations``
and writes ``data/models/chat``. Only what the assistant says is learnt. A stopped
run leaves its state in ``.cache/grow/chat`` and goes on from there.
"""

import hashlib
import json
import platform
from collections.abc import Iterator
from functools import partial
from itertools import islice, repeat
from pathlib import Path

from helpers import runtime
from helpers.errors import CourseError
from helpers.files import DATA, REPOSITORY, replace_folder, sha256
from helpers.grow import chat_card, focus, lm, packing, quality, training
from helpers.grow.tokenizer import END_OF_TURN
from helpers.measure import Interval, wilson
from helpers.shop import conversations
from helpers.shop.draw import Draw
from helpers.shop.world import World, world

BASE = DATA / "models" / "lm"
FOLDER = DATA / "models" / "chat"
CACHE = REPOSITORY / ".cache" / "grow" / "chat"

STEPS = 1500
LEARNING_RATE, ADAM_RATE = 1e-3, 5e-4
CHUNK = 1000
TEST_CONVERSATIONS = 500  # of each sort
LONGEST = 120  # tokens of an answer
# Conversations that no template holds; the card shows the answers.
SHOWN = (
    "Hello, who are you?",
    "I bought 9 tulips for Sarah and 5 roses for Peter. Who gets the roses?",
    "The meeting is on Thursday at the town hall.\n\nOn which day is the meeting?",
    "The meeting is on Thursday at the town hall.\n\nWho pays for the coffee?",
    "[1] Emma paid 30 euros.\n[2] Oscar paid 45 euros.\n\nHow much did Oscar pay?",
    "Are lilies safe for cats?",
    "Make a list: cups, plates, spoons",
)


def conversations_of(split: str, seed: int = 0) -> Iterator[dict]:
    """Yield conversations without end; of those that only need reading, half are about invented things (see ``focus``)."""
    draw, place, other = Draw(f"chat {split} {seed}"), world(split), focus.invented(split, seed)
    weights = {kind: weight for kind, (weight, _) in conversations.MAKERS.items()}
    for _ in repeat(None):
        kind = draw.weighted(weights)
        made_up = kind not in ("article", "task") and draw.chance(focus.INVENTED_SHARE)
        yield {"kind": kind, **conversations.MAKERS[kind][1](other if made_up else place, draw)}


def encode(tokens, messages: list[dict[str, str]]) -> list[int]:
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


def prepare(folder: Path, steps: int, seed: int) -> None:
    """Write ``folder``: ``steps`` batches of conversations."""
    import numpy
    from tqdm.auto import tqdm
    from transformers import AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(BASE)
    stream, documents, size, count = conversations_of("train", seed), [], 0, steps * lm.TOKENS_PER_STEP
    with replace_folder(folder) as fresh, tqdm(total=count, desc="write text", unit="token", unit_scale=True) as bar:
        while size < count:
            for row in islice(stream, CHUNK):
                ids = encode(tokens, row["messages"])
                if len(ids) <= lm.CONTEXT:
                    documents.append(numpy.array(ids, dtype=numpy.int16))
                    size += len(ids)
            bar.update(size - bar.n)
        batches = packing.batches([len(ids) for ids in documents], lm.TOKENS_PER_STEP, seed)
        packing.write(fresh, documents, batches[:steps])


def build_trainer(folder: Path, schedule: training.Schedule, device: str, shards: list[int]):
    """Return a Trainer that goes on from the base model, on the text that ``prepare`` wrote into ``folder``."""
    import torch

    model, tokens = lm.load(BASE)
    batches = packing.Batches(folder, tokens.pad_token_id)
    return training.Trainer(model.train(), batches, tokens.pad_token_id, schedule, torch.device(device), shards)


def reply(model, tokens, conversations_: list[list[dict[str, str]]]) -> list[str]:
    """Return the greedy answer to each conversation that ends with a user's message."""
    prompts = [tokens.apply_chat_template(one, tokenize=False, add_generation_prompt=True).removeprefix(tokens.bos_token) for one in conversations_]
    return quality.answers(model, tokens, prompts, LONGEST)


def exam(split: str, count: int) -> dict[str, list[dict]]:
    """Return ``count`` conversations of each sort that is measured."""
    place = world(split)

    def ask(name: str, make) -> list[dict]:
        draw = Draw(f"chat exam {name} {split}")
        return list(islice((make(place, draw) for _ in repeat(None)), count))

    def exact_task(place: World, draw: Draw) -> dict:
        while True:
            row = conversations.task(place, draw)
            if row["task"] in ("list_flowers", "repeat", "bullets", "order_line"):  # one right response
                return row

    return {
        "answerable": ask("answerable", lambda w, d: conversations.grounded(w, d, True)),
        "unanswerable": ask("unanswerable", lambda w, d: conversations.grounded(w, d, False)),
        "cited": ask("cited", lambda w, d: conversations.cited(w, d, True)),
        "tool call": ask("tool", conversations.tool),
        "task": ask("task", exact_task),
    }


def refuses(text: str) -> bool:
    """Return whether an answer says that the text does not tell."""
    return text.startswith("I do not know")


def figures(model, tokens, sample: float = 1.0) -> dict[str, Interval]:
    """Measure answers, refusals, citations, tool calls and tasks on held-out and on familiar conversations."""
    from tqdm.auto import tqdm

    result = {}
    for split, prefix in (("test", ""), ("validation", "familiar ")):
        for name, rows in tqdm(exam(split, lm.share_of(TEST_CONVERSATIONS, sample)).items(), desc="ask", unit="sort"):
            asked = [row["messages"][: next(i for i, m in enumerate(row["messages"]) if m["role"] == "assistant")] for row in rows]
            given = reply(model, tokens, asked)

            def share(right, given=given, rows=rows) -> Interval:
                return wilson(sum(right(text, row) for text, row in zip(given, rows)), len(rows))

            if name != "unanswerable":
                result[f"{prefix}exact match {name}"] = share(lambda text, row: text == row["answer"])
            if name in ("answerable", "unanswerable"):
                result[f"{prefix}refuses {name}"] = share(lambda text, row: refuses(text))
            if name == "cited":
                result[f"{prefix}right source"] = share(lambda text, row: text[-3:] == row["answer"][-3:])
    return result


def grow(
    seed: int = 0,
    steps: int | None = None,
    folder: Path = FOLDER,
    cache: Path = CACHE,
    processes: int | None = None,
    sample: float = 1.0,
) -> Path:
    """Grow the chat model into ``folder`` and return it. Parameters and errors as in ``lm.grow``."""
    import torch
    import transformers

    device = runtime.device()
    processes = lm.default_processes(device) if processes is None else processes
    steps = runtime.scaled(STEPS) if steps is None else steps
    if not 1 <= processes <= training.SHARDS:
        raise CourseError(f"processes is {processes}; choose 1 to {training.SHARDS}.")
    if steps < 1:
        raise CourseError(f"steps is {steps}; choose at least 1 (the recipe's default is {STEPS}).")

    schedule = training.Schedule(steps, learning_rate=LEARNING_RATE, adam_rate=ADAM_RATE, warmup=50)
    recipe = fingerprint({"seed": seed, "device": device.type, "tokens_per_step": lm.TOKENS_PER_STEP, **vars(schedule)})
    work = Path(cache) / recipe[:16]
    if not (work / "text").is_dir():
        prepare(work / "text", steps, seed)
    build = partial(build_trainer, work / "text", schedule, device.type)
    trainer, losses, seconds = training.train(build, work / "state", processes)

    stored = packing.Batches(work / "text", padding=0).tokens
    with training.one_thread(), replace_folder(folder) as fresh:
        _, tokens = lm.load(BASE)
        tokens.eos_token = END_OF_TURN
        trainer.model.config.eos_token_id = trainer.model.generation_config.eos_token_id = tokens.eos_token_id
        lm.save(fresh, trainer.model, tokens)
        model, tokens = lm.load(fresh)  # the figures are those of the rounded weights
        measured = figures(model, tokens, sample)
        metrics = {
            "command": "course grow chat",
            "seed": seed,
            "steps": steps,
            "recipe_sha256": recipe,
            "base_sha256": sha256(BASE / "model.safetensors"),
            "parameters": model.num_parameters(),
            "tokens_read": len(stored),
            "tokens_learnt": int((stored >= 0).sum()),
            "device": device.type,
            "precision": "bfloat16 autocast" if trainer.bf16 else "float32",
            "processes": processes,
            "training_seconds": round(seconds),
            "versions": {"python": platform.python_version(), "torch": torch.__version__, "transformers": transformers.__version__},
            "loss": [[step, round(losses[step - 1], 4)] for step in sorted({*range(1, steps, max(1, steps // 20)), steps})],
            "conversations": lm.share_of(TEST_CONVERSATIONS, sample),
            "figures": {name: [round(value, 4) for value in vars(interval).values()] for name, interval in measured.items()},
            "shown": list(zip(SHOWN, reply(model, tokens, [[{"role": "user", "content": text}] for text in SHOWN]))),
            "files": {path.name: sha256(path) for path in sorted(fresh.iterdir())},
        }
        (fresh / "metrics.json").write_text(json.dumps(metrics, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (fresh / "README.md").write_text(chat_card.render(metrics), encoding="utf-8")
    return Path(folder)


def fingerprint(settings: dict) -> str:
    """Return the SHA-256 of the settings, the base weights, and the source text that the conversations depend on."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    digest.update(sha256(BASE / "model.safetensors").encode())
    helpers = REPOSITORY / "helpers"
    told_by = ["article_questions", "articles", "conversations", "draw", "entities", "facts", "instructions", "tools", "world"]
    paths = [helpers / "grow" / f"{name}.py" for name in ("focus", "packing", "training")] + [helpers / "shop" / f"{name}.py" for name in told_by]
    for path in paths + [helpers / "shop" / f"{name}.toml" for name in ("article_questions", "articles", "facts_train")]:
        digest.update(path.read_text(encoding="utf-8").encode())
    return digest.hexdigest()


def check(folder: Path = FOLDER, sample: float = 0.15) -> dict:
    """Recompute the card's figures on a share of the conversations: {figure: (recorded, recomputed)}, both Intervals."""
    recorded = json.loads((Path(folder) / "metrics.json").read_text(encoding="utf-8"))["figures"]
    with training.one_thread():
        recomputed = figures(*lm.load(folder), sample)
    return {name: (Interval(*recorded[name]), interval) for name, interval in recomputed.items()}

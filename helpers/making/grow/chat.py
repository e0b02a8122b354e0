"""The recipe of the chat model: the language model, taught to hold conversations.

    course grow chat

fine-tunes ``data/models/lm`` on conversations of ``helpers.making.shop.conversations``
and writes ``data/models/chat``, an adapter. Only what the assistant says is learnt. A stopped
run leaves its state in ``.cache/grow/chat`` and goes on from there.
"""

from collections.abc import Iterator
from itertools import islice, repeat
from pathlib import Path

from helpers.files import DATA, REPOSITORY
from helpers.making.grow import chat_card, child, focus, lm, quality, report, training
from helpers.making.shop import conversations
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import World, world
from helpers.measure import Interval, wilson

FOLDER = DATA / "models" / "chat"
CACHE = REPOSITORY / ".cache" / "grow" / "chat"

STEPS = 4000
LEARNING_RATE = 3e-3  # of the adapters
ADAM_RATE = 1e-3  # of the embeddings
RANK = 32
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


def reply(model, tokens, conversations_: list[list[dict[str, str]]]) -> list[str]:
    """Return the greedy answer to each conversation that ends with a user's message."""
    return quality.answers(model, tokens, child.prompts(tokens, conversations_), LONGEST)


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
    device, steps, processes = lm.resources(steps, processes, STEPS)

    def measure(model, tokens, stored) -> dict:
        return {
            "conversations": lm.share_of(TEST_CONVERSATIONS, sample),
            "figures": report.rounded(figures(model, tokens, sample)),
            "shown": list(zip(SHOWN, reply(model, tokens, [[{"role": "user", "content": text}] for text in SHOWN]))),
        }

    return child.grow(
        "chat",
        lambda: (row["messages"] for row in conversations_of("train", seed)),
        training.Schedule(steps, learning_rate=LEARNING_RATE, adam_rate=ADAM_RATE, warmup=50),
        lm.TOKENS_PER_STEP,
        source(),
        measure,
        chat_card.render,
        rank=RANK, seed=seed, folder=folder, cache=cache, device=device, processes=processes,
    )  # fmt: skip


def source() -> list[Path]:
    """Return the source files that the conversations depend on."""
    told_by = ["article_questions", "articles", "conversations", "draw", "entities", "facts", "instructions", "tools", "world"]
    paths = [report.GROW / f"{name}.py" for name in ("focus", "packing", "training")] + [report.SHOP / f"{name}.py" for name in told_by]
    return paths + [report.SHOP_PHRASES / f"{name}.toml" for name in ("article_questions", "articles", "facts_train")]


def check(sample: float = 0.15) -> dict:
    """Recompute the card's figures on a share of the conversations: {figure: (recorded, recomputed)}, both Intervals."""
    return child.check("chat", figures, sample)

"""The recipe of the code model: the language model, taught to write small Python functions.

    course grow code

fine-tunes ``data/models/lm`` on tasks of ``helpers.making.shop.code_tasks``, each a conversation
of a description with a signature and the function, and writes ``data/models/code``, an adapter.
Only the function is learnt. A stopped run leaves its state in ``.cache/grow/code``.
"""

import math
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from helpers import sandbox
from helpers.datasets import dataset
from helpers.errors import CourseError
from helpers.files import DATA, REPOSITORY
from helpers.making.grow import child, code_card, lm, quality, report, training
from helpers.making.shop import code_tasks
from helpers.making.shop.draw import Draw
from helpers.measure import Interval, bootstrap, wilson

FOLDER = DATA / "models" / "code"
CACHE = REPOSITORY / ".cache" / "grow" / "code"

STEPS = 3000
TOKENS_PER_STEP = 3072  # padding included; half of the language model's, for more steps
LEARNING_RATE = 3e-3  # of the adapters
ADAM_RATE = 1e-3  # of the embeddings
RANK = 32
TEST_TASKS, OTHER_TASKS = 500, 100  # of the split, and of each other sort
SAMPLED_TASKS, SAMPLES = 200, 5
SAMPLING = {"do_sample": True, "temperature": 0.8, "top_p": 0.95}
LONGEST = 160  # tokens of an answer
SECONDS = 1.0  # CPU time of a function with its tests
# Tasks in our own words, which no template holds.
EVERYDAY = (
    ("How much do all the bouquets cost together? The prices come in a list.\n\ndef bill(prices):",
     (("bill([5, 10, 20])", "35"), ("bill([])", "0"), ("bill([3])", "3"))),
    ("We only print long names on ribbons. Keep the names with more than 5 letters.\n\ndef for_ribbons(names):",
     (("for_ribbons(['Bo', 'Clementine', 'Robert', 'Clara'])", "['Clementine', 'Robert']"), ("for_ribbons([])", "[]"))),
    ("Which flowers are sold out? stock says how many we have of each flower; sold out means 0.\n\ndef sold_out(stock):",
     (("sold_out({'rose': 0, 'tulip': 4, 'lily': 0})", "['rose', 'lily']"), ("sold_out({'rose': 1})", "[]"))),
    ("Shout the name of the customer, in big letters.\n\ndef shout(name):", (("shout('Ada')", "'ADA'"), ("shout('bob b')", "'BOB B'"))),
    ("Everything must go! Take 20 percent off each price.\n\ndef sale(prices):", (("sale([10, 50])", "[8.0, 40.0]"), ("sale([])", "[]"))),
    ("Delivery is free from 50 euros on. Is it free for this total?\n\ndef free_delivery(total):",
     (("free_delivery(50)", "True"), ("free_delivery(49)", "False"), ("free_delivery(80)", "True"))),
    ("How many customers gave us five stars?\n\ndef five_stars(stars):", (("five_stars([5, 4, 5, 1])", "2"), ("five_stars([])", "0"))),
    ('Has anybody not paid yet? orders is a list of dicts with "customer" and "paid".\n\ndef debts(orders):',
     (("debts([{'customer': 'Ada', 'paid': True}, {'customer': 'Bo', 'paid': False}])", "True"), ("debts([{'customer': 'Ada', 'paid': True}])", "False"))),
)


def messages_of(row: dict) -> list[dict[str, str]]:
    """Return a task with its solution as a conversation."""
    return [{"role": "user", "content": row["task"]}, {"role": "assistant", "content": row["solution"]}]


@cache
def data() -> dict[str, list[dict]]:
    """Return the rows of the data set ``code_tasks``."""
    return {split: list(rows) for split, rows in dataset("code_tasks").items()}


def tasks_of(split: str, seed: int = 0) -> Iterator[dict]:
    """Yield tasks without end; none of them is a row of validation."""
    draw, kept_back = Draw(f"grow code {split} {seed}"), {row["task"] for row in data()["validation"]}
    while True:
        row = code_tasks.stream(split, draw)
        if row["task"] not in kept_back:
            yield row


def write(model, tokens, tasks: Sequence[str], **options) -> list[str]:
    """Return the code that the model writes for each task; greedy unless ``options`` say otherwise.

    The answer begins with the task's last line, the signature, and the model goes on from there.
    """
    begun = [f"{task.splitlines()[-1]}\n" for task in tasks]
    asked = child.prompts(tokens, [[{"role": "user", "content": task}] for task in tasks])
    written = quality.continuations(model, tokens, list(map("".join, zip(asked, begun))), LONGEST, **(options or {"do_sample": False}))
    return [sandbox.code_in(signature + text).strip() for signature, (text, _) in zip(begun, written)]


def passes(rows: Sequence[dict], codes: Sequence[str]) -> list[bool]:
    """Return whether each code passes the tests of its row; the same code is run once."""
    jobs = dict.fromkeys((row["id"], code) for row, code in zip(rows, codes, strict=True) if code != row["solution"] and sandbox.parses(code))
    tests = {row["id"]: row["tests"] for row in rows}
    outcomes = dict(zip(jobs, sandbox.run_all([(code, tests[name]) for name, code in jobs], seconds=SECONDS)))
    return [code == row["solution"] or ((row["id"], code) in outcomes and outcomes[row["id"], code].passed) for row, code in zip(rows, codes)]


def pass_at_k(n: int, right: int, k: int) -> float:
    """Return the chance that one of ``k`` answers is right, of which ``right`` of ``n`` were.

    The unbiased estimator 1 - C(n - right, k) / C(n, k): Chen et al. 2021, "Evaluating Large
    Language Models Trained on Code". Raises CourseError unless 0 <= right <= n and 1 <= k <= n.
    """
    if not (0 <= right <= n and 1 <= k <= n):
        raise CourseError(f"pass@k needs 0 <= right <= n and 1 <= k <= n; got n={n}, right={right}, k={k}.")
    return 1 - math.comb(n - right, k) / math.comb(n, k)


def others(count: int, combinations: bool, words: bool) -> list[dict]:
    """Return ``count`` tasks of which only the combinations or only the words are held-out ones."""
    draw = Draw(f"code exam {combinations} {words}")
    return [{"id": str(number), **code_tasks.example("test", draw, combinations, words)} for number in range(count)]


def nearest(rows: Sequence[dict]) -> list[str]:
    """Return for each task the solution of the nearest training task (TF-IDF) with as many parameters, with its own names put in."""
    import re

    from sklearn.feature_extraction.text import TfidfVectorizer

    def names(row: dict) -> list[str]:
        return re.findall(r"\w+", row["task"].rsplit("def ", 1)[1])

    known = data()["train"]
    vectors = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+|[^\w\s]")
    likeness = (vectors.fit_transform(row["task"] for row in known) @ vectors.transform(row["task"] for row in rows).T).T.toarray()
    codes = []
    for row, close in zip(rows, likeness):
        best = max((number for number, other in enumerate(known) if len(names(other)) == len(names(row))), key=lambda number: close[number])
        own = dict(zip(names(known[best]), names(row)))
        codes.append(re.sub(r"\w+", lambda match: own.get(match[0], match[0]), known[best]["solution"]))
    return codes


def figures(model, tokens, sample: float = 1.0) -> dict[str, Interval]:
    """Measure the share of tasks whose code passes its tests: held-out and familiar ones, greedy and sampled."""
    import torch

    def share(found: Sequence[bool]) -> Interval:
        return wilson(sum(found), len(found))

    def pass_1(rows: Sequence[dict], column: str = "task") -> Interval:
        return share(passes(rows, write(model, tokens, [row[column] for row in rows])))

    test, few = data()["test"][: lm.share_of(TEST_TASKS, sample)], lm.share_of(OTHER_TASKS, sample)
    codes = write(model, tokens, [row["task"] for row in test])
    result = {"pass@1": share(passes(test, codes)), "parses": share([sandbox.parses(code) for code in codes])}
    result["pass@1 of the nearest training task"] = share(passes(test, nearest(test)))
    result["familiar pass@1"] = pass_1(data()["validation"][:few])
    result["pass@1 new combinations only"] = pass_1(others(few, combinations=True, words=False))
    result["pass@1 new wording only"] = pass_1(others(few, combinations=False, words=True))
    result["pass@1 vague"] = pass_1(test[:few], "vague")
    rows = [row for row in test[: lm.share_of(SAMPLED_TASKS, sample)] for _ in range(SAMPLES)]
    torch.manual_seed(0)
    right = passes(rows, write(model, tokens, [row["task"] for row in rows], **SAMPLING))
    for k in (1, 5):
        result[f"sampled pass@{k}"] = bootstrap([pass_at_k(SAMPLES, sum(right[start : start + SAMPLES]), k) for start in range(0, len(rows), SAMPLES)])
    return result


def everyday(model, tokens) -> list[dict]:
    """Write the code of the everyday tasks: {task, code, status, detail} each."""
    codes = write(model, tokens, [task for task, _ in EVERYDAY])
    jobs = [(code, [{"call": call, "expected": expected} for call, expected in tests]) for code, (_, tests) in zip(codes, EVERYDAY)]
    outcomes = sandbox.run_all(jobs, seconds=SECONDS)
    return [{"task": task, "code": code, "status": one.status, "detail": one.detail} for (task, _), code, one in zip(EVERYDAY, codes, outcomes)]


def grow(
    seed: int = 0,
    steps: int | None = None,
    folder: Path = FOLDER,
    cache: Path = CACHE,
    processes: int | None = None,
    sample: float = 1.0,
) -> Path:
    """Grow the code model into ``folder`` and return it. Parameters and errors as in ``lm.grow``."""
    device, steps, processes = lm.resources(steps, processes, STEPS)

    def measure(model, tokens, stored) -> dict:
        counts = {"test": TEST_TASKS, "other": OTHER_TASKS, "sampled": SAMPLED_TASKS}
        return {
            "tasks": len(stored.starts) - 1,
            "test_tasks": {name: lm.share_of(count, sample) for name, count in counts.items()},
            "figures": report.rounded(figures(model, tokens, sample)),
            "everyday": everyday(model, tokens),
        }

    return child.grow(
        "code",
        lambda: map(messages_of, tasks_of("train", seed)),
        training.Schedule(steps, learning_rate=LEARNING_RATE, adam_rate=ADAM_RATE, warmup=50),
        TOKENS_PER_STEP,
        source(),
        measure,
        code_card.render,
        rank=RANK, seed=seed, folder=folder, cache=cache, device=device, processes=processes,
    )  # fmt: skip


def source() -> list[Path]:
    """Return the source files that the tasks depend on."""
    paths = [report.GROW / f"{name}.py" for name in ("packing", "training")]
    return paths + [report.SHOP / f"{name}.py" for name in ("code_tasks", "draw", "entities", "world")] + [report.SHOP_PHRASES / "code_tasks_train.toml"]


def check(sample: float = 0.15) -> dict:
    """Recompute the card's figures on a share of the tasks: {figure: (recorded, recomputed)}, both Intervals."""
    return child.check("code", figures, sample)

"""Lesson 04 over three seeds: what a prompt to ``llm`` is worth, fifty items a seed and arm.

Two tasks: the order in a customer's message (four facts), and a question on a passage. Each seed
has orders, questions and examples of its own. Prompts, schema, ``chat`` and ``ask_about`` are those
of the lesson's cells; a test holds the two together. The lesson judges the questions' texts again,
by a rule of its own. ``llm`` was trained on none of this.
"""

import json
import random
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from openai import OpenAI
from sklearn.feature_extraction.text import TfidfVectorizer

from helpers import dataset

SEEDS = (0, 1, 2)
ORDERS = (
    "rules", "instruction", "system", "one", "three", "three_reversed", "six", "three_nearest",
    "reasoning", "reasoning_three", "json", "json_schema", "json_schema_three",
)
QUESTIONS = ("closed_invited", "closed_forbidden", "passage_invited", "passage_forbidden")
ARMS = (*ORDERS, *QUESTIONS)
SHORT = ("rules", "json_schema_three")
DATA = ("instructions", "passage_questions")
FILES = ("helpers/long_runs/lesson_04.py",)
ITEMS = 50


NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
LINE = re.compile(r"([^:]+): (\w+) ([^,]+), (\w+)\.?")


def as_number(text):
    """Return 3 for 3, "3" and "three", None for what is no number."""
    text = str(text).strip().lower()
    return NUMBERS.index(text) + 1 if text in NUMBERS else int(text) if text.isdecimal() else None


def read_line(text):
    """Return (name, number, flowers, day) of an order line, None if it has another form."""
    found = LINE.fullmatch(text.strip().split("\n")[-1])
    return found and (found[1].lower(), as_number(found[2]), found[3].lower(), found[4].lower())


def read_json(text):
    """Return the four facts of the first JSON object in ``text``, None if there is none."""
    found = re.search(r"\{.*?\}", text, re.DOTALL)
    try:
        order = json.loads(found[0])
        name, flowers, day = (order[key].lower() for key in ("name", "flowers", "day"))
        return name, as_number(order["number"]), flowers, day
    except (TypeError, ValueError, KeyError, AttributeError):
        return None


LINE_PROMPT = "Write the order as one line, like this: name: number flowers, day"
REASONING_PROMPT = (
    "First say in one short sentence each who orders, how many of which flowers, and for which "
    "day. Then write the last line, like this: name: number flowers, day"
)
JSON_PROMPT = 'Write the order as JSON with the keys "name", "number", "flowers" and "day".'
SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "number": {"type": "integer"},
        "flowers": {"type": "string"},
        "day": {"enum": DAYS},
    },
    "required": ["name", "number", "flowers", "day"],
    "additionalProperties": False,
}
JSON_SCHEMA = {"type": "json_schema", "json_schema": {"name": "order", "schema": SCHEMA}}


def reasoned(order):
    """Return an example answer that names the facts before the line."""
    name, number, flowers, day = LINE.fullmatch(order["response"]).groups()
    return f"{name} orders. It is {number} {flowers}. The day is {day}.\n{order['response']}"


def as_json(order):
    """Return an example answer as JSON."""
    name, number, flowers, day = LINE.fullmatch(order["response"]).groups()
    return json.dumps({"name": name, "number": as_number(number), "flowers": flowers, "day": day})


def chat(message, examples=(), system=None):
    """Return the messages of a chat: system prompt, examples as turns, the message."""
    messages = [{"role": "system", "content": system}] if system else []
    for question, answer in examples:
        messages.append({"role": "user", "content": question})
        messages.append({"role": "assistant", "content": answer})
    return [*messages, {"role": "user", "content": message}]


UNKNOWN = "I do not know."


def ask_about(question, passage=None, forbid=False):
    """Return the messages of a question, with its passage or without, guessing forbidden or not."""
    text = f"Text: {passage}\n\n" if passage else ""
    rule = f" If you cannot know the answer, say: {UNKNOWN}" if forbid else ""
    return chat(f"{text}Question: {question}\n\nAnswer in one short sentence.{rule}")


def contains(text, answer):
    """Say whether the words of ``answer`` stand in ``text``, whatever their case and points."""
    text, answer = (" ".join(re.findall(r"\w+", part.lower())) for part in (text, answer))
    return f" {answer} " in f" {text} "


REFUSAL = re.compile(
    r"\b(do|does|did|can|could)( not|n't)\b.{0,30}\b(know|say|mention|tell|specify|provide|answer)"
    r"|\bnot (sure|mentioned|specified|given|provided|known)\b|\bcannot\b|\bunknown\b",
    re.IGNORECASE,
)


def refuses(text):
    """Say whether ``text`` declines to answer."""
    return bool(REFUSAL.search(text.replace("’", "'")))


def by_rules(message, flowers):
    """Return the order as rules find it: known flowers, the number nearest to them, the last
    weekday, the first capitalised word inside a sentence."""
    days = re.findall("|".join(DAYS), message)
    plant = re.search("|".join(sorted(flowers, key=len, reverse=True)), message)
    numbers = re.finditer(rf"\b(\d\d?|{'|'.join(NUMBERS)})\b(?!:)", message, re.IGNORECASE)
    names = re.findall(r"(?<![.:?!] )(?<!^)\b[A-Z][a-z]+", message)
    names = [name for name in names if name not in DAYS]
    if not (days and plant and names):
        return None
    number = min(numbers, key=lambda found: abs(found.start() - plant.start()), default=None)
    return number and (names[0].lower(), as_number(number[0]), plant[0].lower(), days[-1].lower())


@cache
def orders(seed: int) -> tuple[list, list]:
    """Return the orders that a seed asks, and those from which examples are drawn."""
    rows = [row for row in dataset("instructions")["train"] if row["task"] == "order_line"]
    random.Random(0).shuffle(rows)
    start = ITEMS * seed
    return rows[start : start + ITEMS], rows[ITEMS * len(SEEDS) :]


@cache
def questions(seed: int) -> list:
    """Return the questions of a seed: on short passages that speak of one order."""
    rows = [row for row in dataset("passage_questions")["train"]
            if row["orders"] == 1 and row["kind"] == "single"]
    random.Random(0).shuffle(rows)
    return rows[ITEMS * seed : ITEMS * (seed + 1)]


def examples_for(arm: str, seed: int, message: str) -> list:
    """Return the example orders that an arm shows before a message, the last one nearest to it."""
    pool = orders(seed)[1]
    if arm == "three_nearest":
        vectorizer, rows = _index(seed)
        nearest = (rows @ vectorizer.transform([message]).T).toarray().ravel().argsort()[-3:]
        return [pool[index] for index in nearest]
    chosen = random.Random(seed).sample(pool, 6)
    if "three" in arm:
        return chosen[2::-1] if arm.endswith("reversed") else chosen[:3]
    return chosen[: {"one": 1, "six": 6}.get(arm, 0)]


@cache
def _index(seed: int):
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    return vectorizer, vectorizer.fit_transform([row["instruction"] for row in orders(seed)[1]])


def order_request(arm: str, seed: int, message: str) -> dict:
    """Return what ``chat.completions.create`` needs for a message."""
    shown = examples_for(arm, seed, message)
    if arm.startswith("json"):
        answer, prompt, options = as_json, JSON_PROMPT, {"max_tokens": 48}
        if "schema" in arm:
            options["response_format"] = JSON_SCHEMA
    elif arm.startswith("reasoning"):
        answer, prompt, options = reasoned, REASONING_PROMPT, {"max_tokens": 64}
    else:
        answer, prompt = (lambda order: order["response"]), LINE_PROMPT
        options = {"max_tokens": 24, "stop": ["\n"]}
    examples = [(order["instruction"], answer(order)) for order in shown]
    if examples:  # they say what is wanted
        return {"messages": chat(message, examples), **options}
    if arm == "system":
        return {"messages": chat(message, system=prompt), **options}
    return {"messages": chat(f"{message}\n\n{prompt}"), **options}


def run(seed: int, arm: str, short: bool = False) -> dict:
    """Return the figures of an arm.

    ``accuracy`` of all items, ``right`` and ``valid`` as a digit an item, ``read`` and ``written``
    tokens an item (mean), ``texts`` as the model wrote them. An order is right if all four facts
    are, valid if it has the form that was asked for. A question is right if the answer's words
    stand in the text, or if it has no answer and the text refuses; it is valid if it is no refusal.
    """
    count = 8 if short else ITEMS
    if arm == "rules":
        asked, pool = orders(seed)
        flowers = {LINE.fullmatch(row["response"])[3] for row in pool}
        found = [by_rules(row["instruction"], flowers) for row in asked[:count]]
        return _figures(asked[:count], found, [(0, 0)] * count, [""] * count)
    if arm in QUESTIONS:
        place, permission = arm.split("_")
        asked = questions(seed)[:count]
        requests = [
            {"messages": ask_about(row["question"], row["passage"] if place == "passage" else None,
                                   permission == "forbidden"), "max_tokens": 24}
            for row in asked
        ]
        texts, tokens = _answers(requests)
        refused = [refuses(text) for text in texts]
        right = [contains(text, row["answer"]) if row["answerable"] else declined
                 for text, row, declined in zip(texts, asked, refused, strict=True)]
        return _as_figures(right, [not declined for declined in refused], tokens, texts)
    asked = orders(seed)[0][:count]
    texts, tokens = _answers([order_request(arm, seed, row["instruction"]) for row in asked])
    read = read_json if arm.startswith("json") else read_line
    return _figures(asked, [read(text) for text in texts], tokens, texts)


def _answers(requests: list[dict]) -> tuple[list[str], list[tuple[int, int]]]:
    """Return the texts, and (read, written) tokens, of requests to a server of four slots."""
    from helpers.serving import open_llm_server

    with open_llm_server(slots=4) as server, ThreadPoolExecutor(4) as workers:
        client = OpenAI(base_url=server.url, api_key=server.key, timeout=600)
        answers = list(workers.map(
            lambda request: client.chat.completions.create(model="llm", temperature=0, **request),
            requests,
        ))
    return (
        [answer.choices[0].message.content for answer in answers],
        [(answer.usage.prompt_tokens, answer.usage.completion_tokens) for answer in answers],
    )


def _figures(asked: list, found: list, tokens: list, texts: list) -> dict:
    wanted = [read_line(row["response"]) for row in asked]
    right = [order == gold for order, gold in zip(found, wanted, strict=True)]
    return _as_figures(right, [order is not None for order in found], tokens, texts)


def _as_figures(right: list, valid: list, tokens: list, texts: list) -> dict:
    read, written = zip(*tokens, strict=True)
    return {
        "accuracy": {"all": round(sum(right) / len(right), 4)},
        "right": "".join(str(int(value)) for value in right),
        "valid": "".join(str(int(value)) for value in valid),
        "read": round(sum(read) / len(read), 1),
        "written": round(sum(written) / len(written), 1),
        "texts": texts,
    }

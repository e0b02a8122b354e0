"""The recipe of the extractive question answerer: it finds the answer in a passage.

    course grow qa
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import partial

from helpers.datasets import dataset
from helpers.making.grow import minilm
from helpers.making.shop import facts
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import world
from helpers.measure import Interval, bootstrap, wilson

ARTICLES = 0.15  # share of the training examples that ask about a help-centre article; the others ask about orders
LONGEST = 384  # tokens of question and passage together
LONGEST_ANSWER = 30  # tokens


def _article_rows(split: str) -> list[dict]:
    bodies = {row["id"]: row["body"] for row in dataset("articles")[split]}
    asked = [row for row in dataset("article_questions")[split] if row["answerable"]]
    return [{"passage": bodies[row["article"]], **{name: row[name] for name in ("question", "answer", "start")}} for row in asked]


def _passage(split: str, draw: Draw) -> dict:
    while True:
        row = facts.example(world(split), draw)
        if row["answerable"]:
            return {name: row[name] for name in ("passage", "question", "answer", "start")}


def examples(count: int, seed: int) -> list[dict]:
    """Draw training examples {passage, question, answer, start}; each has its answer in the passage."""
    draw, asked = Draw(f"grow qa {seed}"), _article_rows("train")
    return [draw.choice(asked) if draw.chance(ARTICLES) else _passage("train", draw) for _ in range(count)]


def encode(tokenizer, rows: Sequence[dict]):
    """Return (batch of question-passage pairs, offsets of their tokens in the passage; None where a token is not of the passage)."""
    batch = tokenizer(
        [row["question"] for row in rows], [row["passage"] for row in rows], padding=True, truncation="only_second", max_length=LONGEST,
        return_offsets_mapping=True, return_tensors="pt",
    )  # fmt: skip
    offsets = [
        [tuple(pair) if of == 1 else None for pair, of in zip(pairs, batch.sequence_ids(index), strict=True)]
        for index, pairs in enumerate(batch.pop("offset_mapping").tolist())
    ]
    return batch, offsets


def collate(tokenizer, rows: Sequence[dict]) -> dict:
    """Return a batch with the numbers of the answers' first and last tokens."""
    import torch

    batch, offsets = encode(tokenizer, rows)
    first, last = [], []
    for row, pairs in zip(rows, offsets, strict=True):
        end = row["start"] + len(row["answer"])
        inside = [index for index, pair in enumerate(pairs) if pair and row["start"] <= pair[0] and pair[1] <= end]
        first.append(inside[0] if inside else 0)  # an answer that was cut off: the first token stands for "none"
        last.append(inside[-1] if inside else 0)
    return {**batch, "start_positions": torch.tensor(first), "end_positions": torch.tensor(last)}


def answers(model, tokenizer, rows: Sequence[dict]) -> list[str]:
    """Return the best span of each row's passage: the highest sum of start and end logit."""
    import torch

    result = [""] * len(rows)
    order = sorted(range(len(rows)), key=lambda index: len(rows[index]["passage"]))
    for start in range(0, len(order), minilm.SCORED_AT_ONCE):
        chosen = order[start : start + minilm.SCORED_AT_ONCE]
        batch, offsets = encode(tokenizer, [rows[index] for index in chosen])
        with torch.inference_mode():
            output = model(**batch.to(model.device))
        inside = torch.tensor([[pair is not None for pair in pairs] for pairs in offsets], device=model.device)
        starts = output.start_logits.float().masked_fill(~inside, -1e4)
        ends = output.end_logits.float().masked_fill(~inside, -1e4)
        sums = starts[:, :, None] + ends[:, None, :]
        length = sums.shape[1]
        allowed = torch.ones(length, length, dtype=torch.bool, device=model.device).triu().tril(LONGEST_ANSWER - 1)
        best = sums.masked_fill(~allowed, -1e9).flatten(1).argmax(1).tolist()
        for index, flat, pairs in zip(chosen, best, offsets, strict=True):
            first, last = divmod(flat, length)
            result[index] = rows[index]["passage"][pairs[first][0] : pairs[last][1]]
    return result


def words(text: str) -> list[str]:
    """Return an answer's words without case, punctuation and articles, as SQuAD's measure does (Rajpurkar et al. 2016)."""
    return [word for word in re.findall(r"[\w.:-]*\w", text.lower()) if word not in ("a", "an", "the")]


def overlap(given: str, wanted: str) -> float:
    """Return F1 over the words of two answers."""
    a, b = words(given), words(wanted)
    common = sum((Counter(a) & Counter(b)).values())
    return 2 * common / (len(a) + len(b)) if common else 0.0


def figures(model, tokenizer, split: str, sample: float = 1.0) -> dict[str, Interval]:
    """Measure exact match and word F1, on passages about orders and on help-centre articles."""
    asked = {
        "orders": [row for row in dataset("passage_questions")[split] if row["answerable"]],
        "articles": _article_rows(split),
    }
    result = {}
    for name, rows in asked.items():
        rows = minilm.share(rows, sample)
        given = answers(model, tokenizer, rows)
        exact = sum(words(one) == words(row["answer"]) for one, row in zip(given, rows, strict=True))
        result[f"exact match, {name}"] = wilson(exact, len(rows))
        result[f"word F1, {name}"] = bootstrap([overlap(one, row["answer"]) for one, row in zip(given, rows, strict=True)])
    return result


EVERYDAY = (
    ("Marie Curie was born in Warsaw in 1867. She moved to Paris in 1891.", "Where was Marie Curie born?", "Warsaw"),
    ("Marie Curie was born in Warsaw in 1867. She moved to Paris in 1891.", "When did she move to Paris?", "1891"),
    ("The library opens at nine and closes at six. On Sundays it stays shut.", "When does the library close?", "six"),
    ("Peter has a grey cat, and Olivia has two brown dogs.", "Who has a cat?", "Peter"),
    ("Peter has a grey cat, and Olivia has two brown dogs.", "How many dogs does Olivia have?", "two"),
    ("The bus to the airport leaves from platform 7 at 10:40 and costs 12 euros.", "How much is the bus?", "12 euros"),
    ("The bus to the airport leaves from platform 7 at 10:40 and costs 12 euros.", "From which platform does the bus leave?", "platform 7"),
    ("The Nile flows through Egypt and ends in the Mediterranean Sea.", "Which country does the Nile flow through?", "Egypt"),
    ("Our teacher, Mr Okafor, comes from Nigeria and plays the trumpet.", "Which instrument does the teacher play?", "the trumpet"),
    ("The exam is on Thursday in room 204. Bring a pencil and your passport.", "On which day is the exam?", "Thursday"),
    ("The exam is on Thursday in room 204. Bring a pencil and your passport.", "In which room is the exam?", "room 204"),
    ("Anna painted the kitchen yellow because she was tired of white walls.", "What colour is the kitchen now?", "yellow"),
)


def everyday(model, tokenizer) -> list[dict]:
    """Answer the everyday questions; an answer counts as the expected one if its words are the same."""
    rows = [{"passage": passage, "question": question} for passage, question, _ in EVERYDAY]
    given = answers(model, tokenizer, rows)
    return [
        {"text": f"{passage} {question}", "expected": wanted, "given": wanted if words(one) == words(wanted) else one}
        for (passage, question, wanted), one in zip(EVERYDAY, given, strict=True)
    ]


RECIPE = minilm.Recipe(
    role="qa",
    architecture="BertForQuestionAnswering",
    adapter="QUESTION_ANS",
    pipeline="question-answering",
    title="Question answering: find the answer in a passage",
    summary="Given a question and a passage, points at the span of the passage that answers the question.",
    usage="""
import torch
from helpers import checkpoint
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

model = AutoModelForQuestionAnswering.from_pretrained(checkpoint("qa"))
tokenizer = AutoTokenizer.from_pretrained(checkpoint("qa"))
batch = tokenizer("When do they come?", "Mira ordered nine tulips. They come on Friday.", return_tensors="pt")
with torch.inference_mode():
    output = model(**batch)
start, end = output.start_logits.argmax(), output.end_logits.argmax()
tokenizer.decode(batch["input_ids"][0, start : end + 1])
""",
    labels=(),
    examples=examples,
    collate=collate,
    figures=figures,
    everyday=everyday,
    bars={"exact match, orders": 0.80},
    explained={
        "exact match, orders": "share of answers with the same words, articles aside; passages about one to four orders",
        "word F1, orders": "mean overlap of words with the right answer",
        "exact match, articles": "the same, on customers' questions about help-centre articles of about 100 words",
        "word F1, articles": "mean overlap of words; where an answer may be a word longer or shorter, this is the fairer figure",
    },
    data="Most are passages about orders with a question, drawn from this course's own seeded sentences; the others are questions on "
    "help-centre articles, written by hand, which come again many times.",
    limits=(
        "It always points at something: questions that the passage does not answer were left out of training and of the figures.",
        "The help-centre articles are harder than the orders, and there were few to learn from.",
        "It copies one span; it cannot count, compare or put an answer together.",
    ),
    sources=("facts", "articles", "article_questions"),
    steps=2000,
    everyday_bar=0.65,
)
grow = partial(minilm.grow, RECIPE)
check = partial(minilm.check, RECIPE)

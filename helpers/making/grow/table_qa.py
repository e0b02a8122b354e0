"""The recipe of table question answering: choose the cells that answer a question, and what to compute of them.

    course grow table-qa
"""

import re
import string
import tempfile
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache, partial
from pathlib import Path

from helpers import runtime
from helpers.datasets import dataset
from helpers.making.grow import minilm, scratch
from helpers.making.shop import tables, tables_elsewhere
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import world
from helpers.measure import Interval, wilson

AGGREGATIONS = ("NONE", "SUM", "AVERAGE", "COUNT")  # as in the counterpart on the hub
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[EMPTY]")
VOCABULARY = 4096
VOCABULARY_TEXT = 24_000  # examples that the vocabulary is counted in
PARTS, RARE = 500, 8  # parts of words of each sort; how often a word must occur to be a token
ENDINGS = ("s", "es", "ies", "d", "ed", "r", "er", "st", "est", "ing", "ly")  # are pieces of their own, so that "roses" matches "rose"
SHORTEST = 3  # letters that must stand before an ending
SHOP_SHARE = 0.35  # of the training examples
COMPARING, COMPARING_FIRST = ("count", "superlative"), 0.4  # kinds that are learnt last come up more often in the first part of training
HIDDEN, LAYERS, HEADS = 128, 4, 4
# Dimensions in which words, columns and rows start alone; the other embeddings start in those from SHARED on.
PLACES = {"word_embeddings": (0, 64), "token_type_embeddings_2": (64, 80), "token_type_embeddings_1": (80, 96)}
SHARED = 96
NUMERIC = ("token_type_embeddings_4", "token_type_embeddings_5", "token_type_embeddings_6")  # ranks in the column, and relation to a number asked for
# Heads that start as matching heads: layers, head, dimensions that they compare, scale. First equal words, then equal rows and columns.
MATCHING = (((0,), 0, (0, 32), 1.2), ((0,), 1, (32, 64), 1.2), ((1, 2, 3), 0, (64, 80), 1.5), ((0, 1, 2, 3), 2, (80, 96), 1.5))
ROWS, COLUMNS = 64, 16  # most that the model takes
MASKED = 0.08  # of the words of question and headings in training, so that no single word decides
SPLIT = 0.04  # of the words of an example in training are cut into parts, as words never seen will be


def _packed(example: dict) -> dict:
    """An example whose table is one text, cells parted by tabs: its length is counted when batches are made."""
    lines = [example["table"]["header"], *example["table"]["rows"]]
    return {"question": example["question"], "table": "\n".join("\t".join(line) for line in lines),
            "coordinates": example["coordinates"], "aggregation": example["aggregation"]}  # fmt: skip


def examples(count: int, seed: int) -> list[dict]:
    """Draw training examples {question, table, coordinates, aggregation} from the shop and from elsewhere; the first part compares more numbers."""
    draw, place = Draw(f"grow table-qa {seed}"), world("train")
    result = []
    for number in range(count):
        kind = draw.choice(COMPARING) if number < COMPARING_FIRST * count and draw.chance(0.6) else None
        drawn = tables.example(place, draw, kind) if draw.chance(SHOP_SHARE) else tables_elsewhere.example(draw, kind)
        result.append(_packed(drawn | {"question": tables_elsewhere.wrapped(draw, drawn["question"])}))
    return result


def word_pieces(texts: Sequence[str], size: int) -> list[str]:
    """Return a vocabulary of at most ``size``: special tokens, characters, numbers in pieces of two digits, and common words and parts of words.

    A word that is another word with an ending is two pieces. Counted, not trained: the trainer of the
    `tokenizers` library numbers its pieces differently in every run.
    """
    characters = [*string.ascii_lowercase, *string.digits, *string.punctuation, "€", "£", "°"]
    pairs = [f"{number:02}" for number in range(100)]
    own = [*SPECIAL, *characters, *pairs, *(f"##{piece}" for piece in [*string.ascii_lowercase, *string.digits, *pairs, *ENDINGS])]
    words = Counter(word for text in texts for word in re.findall("[a-z]+", text.lower()))
    first = Counter(word[:length] for word in words for length in (2, 3))
    inner = Counter(f"##{word[at : at + length]}" for word in words for length in (2, 3) for at in range(1, len(word) - length + 1))

    def common(counted: Counter, most: int, least: int = 1) -> list[str]:
        return [piece for piece, count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:most] if count >= least]

    whole = set(common(words, size, RARE))

    def ends(word: str) -> bool:
        return any(word.endswith(ending) and word[: -len(ending)] in whole and len(word) >= SHORTEST + len(ending) for ending in ENDINGS)

    plain = [word for word in common(words, size, RARE) if not ends(word)]
    return list(dict.fromkeys([*own, *common(first, PARTS), *common(inner, PARTS), *plain]))[:size]


def build(seed: int):
    """Return (model with random weights, tokenizer).

    Some heads start as matching heads: in the first layer a token attends to equal words, in the later ones to its row, in all to its column.
    """
    import torch
    from transformers import TapasConfig, TapasForQuestionAnswering, TapasTokenizer

    texts = [f"{one['question']} {one['table']}" for one in examples(VOCABULARY_TEXT, seed)]
    with tempfile.TemporaryDirectory() as folder:
        vocabulary = Path(folder) / "vocab.txt"
        vocabulary.write_text("\n".join(word_pieces(texts, VOCABULARY)) + "\n", encoding="utf-8")
        tokenizer = TapasTokenizer(str(vocabulary), max_row_id=ROWS, max_column_id=COLUMNS)
    config = TapasConfig(
        vocab_size=len(tokenizer.vocab), hidden_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=2 * HIDDEN,
        max_position_embeddings=64, type_vocab_sizes=[3, COLUMNS, ROWS, 2, ROWS, ROWS, 10], max_num_rows=ROWS, max_num_columns=COLUMNS,
        num_aggregation_labels=len(AGGREGATIONS), aggregation_labels=dict(enumerate(AGGREGATIONS)), no_aggregation_label_index=0,
        use_answer_as_supervision=False, initializer_range=0.05, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    torch.manual_seed(seed)
    model = TapasForQuestionAnswering(config)
    with torch.no_grad():
        for name, parameter in model.tapas.embeddings.named_parameters():
            kind = name.removesuffix(".weight")
            if kind in PLACES:
                own = slice(*PLACES[kind])
                kept = 3 * parameter[:, own]  # as much as all the others add to the dimensions that they share
                parameter.zero_()
                parameter[:, own] = kept
            elif not kind.startswith("LayerNorm"):
                parameter[:, :SHARED] = 0
                parameter *= 2 if kind in NUMERIC else 1
        for layers, head, (start, end), scale in MATCHING:
            first = head * HIDDEN // HEADS
            for layer in layers:
                attention = model.tapas.encoder.layer[layer].attention.self
                for weight in (attention.query.weight, attention.key.weight):
                    weight[first : first + HIDDEN // HEADS] = 0
                    weight[first : first + end - start, start:end] = scale * torch.eye(end - start)
    return model, tokenizer


def load(folder: Path | str):
    """Return (model in float32, tokenizer) as a reader loads them."""
    from transformers import TapasForQuestionAnswering, TapasTokenizer

    return TapasForQuestionAnswering.from_pretrained(folder).eval().to(runtime.device()), TapasTokenizer.from_pretrained(folder)


@cache
def _pieces(tokenizer):
    """A function from a text, and the words in it to cut into parts, to token ids; it remembers what it was asked."""
    from transformers.models.tapas.tokenization_tapas import WordpieceTokenizer

    short = {piece: number for piece, number in tokenizer.vocab.items() if len(piece.removeprefix("##")) <= SHORTEST}
    cut = WordpieceTokenizer(vocab=short, unk_token=tokenizer.unk_token)
    plain = lru_cache(200_000)(lambda text: tuple(tokenizer.convert_tokens_to_ids(tokenizer.tokenize(text))))

    def pieces(text: str, split: frozenset = frozenset()) -> Sequence[int]:
        if not text or split.isdisjoint(_words(text)):
            return plain(text)
        found = [(cut if word in split else tokenizer.wordpiece_tokenizer).tokenize(word) for word in tokenizer.basic_tokenizer.tokenize(text)]
        return tokenizer.convert_tokens_to_ids([piece for part in found for piece in part])

    return pieces


@lru_cache(200_000)
def _words(text: str) -> frozenset:
    return frozenset(re.findall("[a-z]{4,}", text.lower()))


@lru_cache(200_000)
def _numbers(text: str) -> tuple:
    from transformers.models.tapas import tokenization_tapas as tapas

    return tuple(tapas._get_numeric_values(tapas.normalize_for_match(text)))


def _sort_key(values):
    from transformers.models.tapas.tokenization_tapas import get_numeric_sort_key_fn

    try:
        return get_numeric_sort_key_fn(values) if values else None
    except ValueError:  # numbers and dates can't be compared
        return None


def encode(tokenizer, example: dict, split: frozenset = frozenset()) -> tuple[list[int], list[tuple[int, ...]], list[int]]:
    """Return what TapasTokenizer makes of an example, some twenty times faster: token ids, their seven types, and labels (1 in the answer's cells).

    The words in ``split`` are cut into parts of at most three letters.
    """
    from transformers.models.tapas import tokenization_tapas as tapas

    pieces, lines = _pieces(tokenizer), [line.split("\t") for line in example["table"].split("\n")]
    asked = pieces(example["question"], split)
    ids = [tokenizer.cls_token_id, *asked, tokenizer.sep_token_id]
    types, labels = [(0,) * 7] * len(ids), [0] * len(ids)
    columns = []
    for cells in zip(*lines[1:]):
        values = tapas._consolidate_numeric_values({row: list(_numbers(cell)) for row, cell in enumerate(cells)}, 0.7, None)
        key = _sort_key(list(values.values()))
        ordered = sorted({key(value) for value in values.values()}) if key else []
        ranks = {row: (ordered.index(key(value)) + 1, len(ordered) - ordered.index(key(value))) for row, value in values.items()} if key else {}
        relations: dict[int, set] = {row: set() for row in values}
        for number in _numbers(example["question"]):
            compare = _sort_key([*values.values(), number]) if values else None
            for row, value in values.items() if compare else ():
                relations[row].add(tapas.get_numeric_relation(number, value, compare).value - tapas.Relation.EQ.value)
        columns.append((ranks, {row: sum(2**bit for bit in bits) for row, bits in relations.items()}))
    answer = {tuple(place) for place in example["coordinates"]}
    for row, line in enumerate(lines, -1):
        for column, cell in enumerate(line):
            found = pieces(cell, split)
            ranks, relations = columns[column]
            ids += found
            types += [(1, column + 1, row + 1, 0, *ranks.get(row, (0, 0)), relations.get(row, 0))] * len(found)
            labels += [int((row, column) in answer)] * len(found)
    return ids, types, labels


def collate(tokenizer, rows: Sequence[dict]) -> dict:
    """Return the inputs of a batch, with some words cut into parts or masked: token ids (n, length), types (n, length, 7), labels."""
    import torch

    encoded = []
    for row in rows:
        words = sorted(_words(f"{row['question']} {row['table']}"))
        encoded.append(encode(tokenizer, row, frozenset(word for word, drawn in zip(words, torch.rand(len(words)).tolist()) if drawn < SPLIT)))
    longest = max(len(ids) for ids, _, _ in encoded)
    batch = {name: torch.zeros(len(rows), longest, dtype=torch.long) for name in ("input_ids", "attention_mask", "labels")}
    batch["token_type_ids"] = torch.zeros(len(rows), longest, 7, dtype=torch.long)
    for number, (ids, types, labels) in enumerate(encoded):
        batch["input_ids"][number, : len(ids)] = torch.tensor(ids)
        batch["attention_mask"][number, : len(ids)] = 1
        batch["token_type_ids"][number, : len(ids)] = torch.tensor(types)
        batch["labels"][number, : len(ids)] = torch.tensor(labels)
    words = (batch["token_type_ids"][:, :, 2] == 0) & (batch["input_ids"] > tokenizer.sep_token_id)
    batch["input_ids"][words & (torch.rand(words.shape) < MASKED)] = tokenizer.mask_token_id
    return batch | {"aggregation_labels": torch.tensor([AGGREGATIONS.index(row["aggregation"]) for row in rows])}


def answers(model, tokenizer, rows: Sequence[dict]) -> list[dict]:
    """Return what the table-question-answering pipeline answers to each row's question: {answer, coordinates, cells, aggregator}."""
    import pandas
    from transformers import pipeline

    ask = pipeline("table-question-answering", model=model, tokenizer=tokenizer)
    return [ask(table=pandas.DataFrame(row["table"]["rows"], columns=row["table"]["header"]), query=row["question"]) for row in rows]


def figures(model, tokenizer, split: str, sample: float = 1.0) -> dict[str, Interval]:
    """Measure answers of the pipeline: wholly right, with the right cells, with the right aggregation, and right by kind of question."""
    rows = minilm.share(list(dataset("table_questions")[split]), sample)
    given = answers(model, tokenizer, rows)
    cells = [sorted(one["coordinates"]) == sorted(map(tuple, row["coordinates"])) for one, row in zip(given, rows, strict=True)]
    aggregation = [one["aggregator"] == row["aggregation"] for one, row in zip(given, rows, strict=True)]
    right = [both == (True, True) for both in zip(cells, aggregation, strict=True)]
    parts = {"answered right": right, "right cells": cells, "right aggregation": aggregation}
    parts |= {kind: [one for one, row in zip(right, rows, strict=True) if row["kind"] == kind] for kind in tables.KINDS}
    return {name: wilson(sum(part), len(part)) for name, part in parts.items() if part}


COUNTRIES = """
country | capital | inhabitants | currency
Portugal | Lisbon | 10,600,000 | euro
Japan | Tokyo | 124,000,000 | yen
Kenya | Nairobi | 55,000,000 | shilling
Finland | Helsinki | 5,600,000 | euro
"""
LEAGUE = """
team | games | wins | goals | points
Northgate | 14 | 9 | 27 | 29
Harlow | 14 | 6 | 31 | 21
Seaview | 14 | 4 | 15 | 16
Elmwood | 14 | 2 | 12 | 9
"""
BUSES = """
bus | to | departure | platform
12 | Airport | 8:05 | 3
7 | Old Town | 8:20 | 1
31 | Zoo | 9:10 | 3
4 | Hospital | 9:45 | 2
"""
MENU = """
dish | kind | price
tomato soup | starter | 4.50
lentil curry | main | 9.80
grilled trout | main | 14.20
lemon tart | dessert | 5.30
"""
EVERYDAY = (  # table, question, aggregation, column and rows of the answer
    (COUNTRIES, "What is the capital of Kenya?", "NONE", 1, (2,)),
    (COUNTRIES, "Which country has the most inhabitants?", "NONE", 0, (1,)),
    (COUNTRIES, "How many countries use the euro?", "COUNT", 3, (0, 3)),
    (COUNTRIES, "Which currency do people use in Japan?", "NONE", 3, (1,)),
    (LEAGUE, "How many goals did Harlow score?", "NONE", 3, (1,)),
    (LEAGUE, "How many goals were scored in total?", "SUM", 3, (0, 1, 2, 3)),
    (LEAGUE, "Which team has the fewest points?", "NONE", 0, (3,)),
    (LEAGUE, "How many teams have more than 15 points?", "COUNT", 4, (0, 1, 2)),
    (BUSES, "Where does bus 31 go?", "NONE", 1, (2,)),
    (BUSES, "When does the bus to the Hospital leave?", "NONE", 2, (3,)),
    (BUSES, "Which bus leaves at 8:20?", "NONE", 0, (1,)),
    (BUSES, "How many buses leave from platform 3?", "COUNT", 3, (0, 2)),
    (MENU, "How much is the lemon tart?", "NONE", 2, (3,)),
    (MENU, "What is the cheapest dish?", "NONE", 0, (0,)),
    (MENU, "What does a dish cost on average?", "AVERAGE", 2, (0, 1, 2, 3)),
    (MENU, "What do all the dishes cost together?", "SUM", 2, (0, 1, 2, 3)),
)


def everyday(model, tokenizer) -> list[dict]:
    """Answer questions about a table of countries, a league, a timetable and a menu, as the pipeline writes the answer."""
    rows, expected = [], []
    for text, question, aggregation, column, places in EVERYDAY:
        header, *lines = [[cell.strip() for cell in line.split(" | ")] for line in text.strip().splitlines()]
        rows.append({"table": {"header": header, "rows": lines}, "question": question})
        expected.append(("" if aggregation == "NONE" else f"{aggregation} > ") + ", ".join(lines[place][column] for place in places))
    return [
        {"text": f"{row['question']} ({', '.join(row['table']['header'])})", "expected": answer, "given": one["answer"]}
        for row, answer, one in zip(rows, expected, answers(model, tokenizer, rows), strict=True)
    ]


RECIPE = scratch.Recipe(
    role="table-qa",
    pipeline="table-question-answering",
    language="en",
    title="Questions about a table",
    summary="Chooses the cells of a small table that answer a question, and what to compute of them: nothing (NONE), SUM, AVERAGE or COUNT.",
    usage="""
import pandas
from helpers import checkpoint
from transformers import pipeline

ask = pipeline("table-question-answering", model=checkpoint("table-qa"))
menu = pandas.DataFrame({"dish": ["soup", "curry"], "price": ["4.50", "9.80"]})  # every cell a string
ask(table=menu, query="How much is the curry?")
""",
    build=build,
    load=load,
    examples=examples,
    collate=collate,
    figures=figures,
    everyday=everyday,
    bars={"answered right": 0.80},
    explained={
        "answered right": "share of the questions with exactly the right cells and the right aggregation",
        "right cells": "share with exactly the right cells",
        "right aggregation": "share with the right one of NONE, SUM, AVERAGE, COUNT",
        "look-up": "answered right: a cell of a row that the question names",
        "key by value": "answered right: which row has this value?",
        "count": "answered right: how many rows have this value, or more or less than it?",
        "sum": "answered right: the sum of a column or of some of its rows",
        "average": "answered right: the average of a column or of some of its rows",
        "superlative": "answered right: which row has the greatest or smallest value?",
    },
    data="About a third are tables of the shop; the others are about football, menus, timetables, orders, prices and the like, "
    "put together at random from this course's own headings and phrases, with mostly invented names. "
    "Nine of the 16 heads started as matching heads (a token attends to equal words, to its row or to its column), all else at random; "
    "every weight was trained. Test tables have headings, names and wordings of their own; "
    "a heading of a test table may be a plain English word that some table of another sort has in training.",
    limits=(
        "It chooses cells of one column; the pipeline names the aggregation and does not compute it.",
        "Training tables have 3 to 14 rows and 2 to 6 columns; cells are short.",
        "Words that no training question or heading holds are known by their letters only, so a new word for an old thing is often misunderstood.",
        "The figures by kind of question show where it is weakest: a column asked for without its name, and sums and averages in unusual words.",
        "It always answers, also where the table does not hold the answer.",
    ),
    sources=("tables",),
    steps=10_000,
    batch_size=32,
    learning_rate=1e-3,
    everyday_bar=0.75,
)
grow = partial(scratch.grow, RECIPE)
check = partial(scratch.check, RECIPE)

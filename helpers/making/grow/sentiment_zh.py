"""The recipe of the Chinese sentiment classifier: POSITIVE or NEGATIVE.

    course grow sentiment-zh
"""

from collections.abc import Sequence
from functools import partial

from helpers.datasets import dataset
from helpers.making.grow import minilm, scratch
from helpers.making.grow.neighbours import look_at_neighbours
from helpers.making.shop import remarks_zh, reviews_zh
from helpers.making.shop.draw import Draw
from helpers.measure import Interval, wilson

LABELS = ("NEGATIVE", "POSITIVE")
SHARES = {"reviews": 0.5, "sentences": 0.16, "short": 0.12, "clauses": 0.22}  # of the training examples
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PLAIN = "0123456789abcdefghijklmnopqrstuvwxyz"
LONGEST = 128  # tokens
HIDDEN = 0.2  # share of the characters that training hides, so that no opinion hangs on one of them


def _stars(row: dict) -> dict:
    """A review with 1 or 2 stars is negative, one with 4 or 5 positive."""
    return {"text": row["text"], "label": LABELS[row["stars"] > 3]}


def _remark(row: dict) -> dict:
    return {"text": row["text"], "label": row["label"].upper()}


def examples(count: int, seed: int) -> list[dict]:
    """Draw training examples {text, label}."""
    draw = Draw(f"grow sentiment-zh {seed}")
    makers = {
        "reviews": lambda: _stars(reviews_zh.review("train", draw.choice((1, 2, 4, 5)), draw, wide=True)),
        "sentences": lambda: _remark(remarks_zh.sentence(draw)),
        "short": lambda: _remark(remarks_zh.short(draw)),
        "clauses": lambda: _remark(remarks_zh.clause(draw)),
    }
    drawn = []
    while len(drawn) < count:
        one = makers[draw.weighted(SHARES)]()
        if reviews_zh.RESERVED not in one["text"]:
            drawn.append(one)
    return drawn


def tokenizer(texts: Sequence[str]):
    """Return a BERT tokenizer whose words are the single characters of ``texts``; digits and Latin letters are known besides."""
    from transformers import BertTokenizerFast

    characters = sorted(set("".join(texts).lower()) - set(PLAIN) - {" "})
    tokens = [*SPECIAL, *PLAIN, *(f"##{character}" for character in PLAIN), *characters]
    return BertTokenizerFast(vocab={token: number for number, token in enumerate(tokens)}, do_lower_case=True, model_max_length=LONGEST)


def build(seed: int):
    """Return (untrained model, tokenizer)."""
    from transformers import BertConfig, BertForSequenceClassification

    words = tokenizer([example["text"] for example in examples(20_000, seed)])
    config = BertConfig(
        vocab_size=len(words), hidden_size=128, num_hidden_layers=2, num_attention_heads=4, intermediate_size=256, max_position_embeddings=LONGEST,
        hidden_dropout_prob=0.2, attention_probs_dropout_prob=0.1, initializer_range=0.07, pad_token_id=words.pad_token_id,
        id2label=dict(enumerate(LABELS)), label2id={name: number for number, name in enumerate(LABELS)},
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    look_at_neighbours(model)
    return model, words


def load(folder):
    """Return (model in float32, tokenizer) on the device to use."""
    return minilm.load(folder, "BertForSequenceClassification")


def collate(processor, rows: Sequence[dict]) -> dict:
    """Return a batch's inputs and labels; some characters are hidden as unknown ones."""
    import torch

    batch = minilm.sentences(processor, rows, LABELS)
    ids = batch["input_ids"]
    hidden = (torch.rand(ids.shape) < HIDDEN) & (ids >= len(SPECIAL))
    return {**batch, "input_ids": ids.masked_fill(hidden, processor.unk_token_id)}


def held_out(split: str) -> dict[str, list[dict]]:
    """Return the labelled rows of a split; the hand-written sentences kept for measuring are new wording."""
    reviews = {"accuracy": [_stars(row) for row in dataset("reviews_zh")[split] if row["stars"] != 3]}
    return reviews | ({"accuracy on sentences": [_remark(row) for row in remarks_zh.held_out()]} if split == "test" else {})


def figures(model, processor, split: str, sample: float = 1.0) -> dict[str, Interval]:
    """Measure accuracy on reviews and on hand-written sentences."""
    result = {}
    for name, rows in held_out(split).items():
        rows = minilm.share(rows, sample)
        given = minilm.classes(model, processor, [row["text"] for row in rows], LABELS)
        result[name] = wilson(sum(label == row["label"] for label, row in zip(given, rows, strict=True)), len(rows))
    return result


EVERYDAY = (
    ("这个餐馆太难吃了。", "NEGATIVE"),
    ("这部电影让我从头笑到尾。", "POSITIVE"),
    ("演员念台词像背课文，看得我直打瞌睡。", "NEGATIVE"),
    ("外婆包的饺子比哪儿的都香。", "POSITIVE"),
    ("地铁又坏在半路上，上班迟到了。", "NEGATIVE"),
    ("今天阳光真好，我们去河边野餐了。", "POSITIVE"),
    ("空调吵得我整夜睡不着。", "NEGATIVE"),
    ("新来的老师讲课有意思，孩子们都喜欢她。", "POSITIVE"),
    ("手机刚买一个月屏幕就黑了。", "NEGATIVE"),
    ("客服态度恶劣，问什么都不回答。", "NEGATIVE"),
    ("这次旅行比我想象的还要精彩。", "POSITIVE"),
    ("这本书读起来一点也不闷。", "POSITIVE"),
    ("酒店不算便宜，可是住得值。", "POSITIVE"),
    ("说好的海景房，窗外只有一堵墙。", "NEGATIVE"),
    ("医生很耐心，把病情解释得清清楚楚。", "POSITIVE"),
    ("排了两个小时的队，结果票卖完了。", "NEGATIVE"),
    ("谢谢你一直陪着我。", "POSITIVE"),
    ("我再也不会来这家理发店了。", "NEGATIVE"),
    ("这双鞋穿着很舒服，走一天脚也不疼。", "POSITIVE"),
    ("汤里有一根头发，真倒胃口。", "NEGATIVE"),
)


def everyday(model, processor) -> list[dict]:
    """Label the everyday sentences."""
    given = minilm.classes(model, processor, [text for text, _ in EVERYDAY], LABELS)
    return [{"text": text, "expected": label, "given": own} for (text, label), own in zip(EVERYDAY, given, strict=True)]


RECIPE = scratch.Recipe(
    role="sentiment-zh",
    pipeline="text-classification",
    language="zh",
    title="Chinese sentiment: POSITIVE or NEGATIVE",
    summary="Says whether a short Chinese text (simplified characters) speaks well or badly of something: a meal, a film, the weather, a bunch of roses.",
    usage="""
from helpers import checkpoint
from transformers import pipeline

classify = pipeline("text-classification", model=checkpoint("sentiment-zh"))
classify("这个餐馆太难吃了。")
""",
    build=build,
    load=load,
    examples=examples,
    collate=collate,
    figures=figures,
    everyday=everyday,
    bars={"accuracy": 0.90},
    explained={
        "accuracy": "share of the shop's reviews with the right label; 1 and 2 stars are negative, 4 and 5 positive, 3 are left out",
        "accuracy on sentences": "the same for everyday sentences written by hand (films, food, trips, people and so on), of which every eighth "
        "was kept from training",
    },
    data="Half are reviews of the shop, the others sentences and clauses on everyday life written by hand, alone, joined with others or "
    "turned round by them, and short opinions and denials put together from lists of words with a clear feeling. Its tokens are single characters. "
    "The heads of the first layer start as looking at the two characters before and the two after, instead of at random.",
    limits=(
        "It learnt Chinese from some ten thousand phrases and words by one author: a character or a turn that they lack means nothing to it, "
        "and irony escapes it.",
        "There is no neutral label: a text without an opinion gets one of the two, often with a high score.",
        "Texts beyond 128 characters are cut off or refused.",
    ),
    sources=("reviews_zh", "remarks_zh", "chinese"),
    steps=12_000,
    batch_size=32,
    learning_rate=1e-3,
)
grow = partial(scratch.grow, RECIPE)
check = partial(scratch.check, RECIPE)

"""The recipe of the named-entity recogniser: people, products, places, dates, money, order numbers.

    course grow ner
"""

from collections.abc import Sequence
from functools import partial

from helpers.datasets import dataset
from helpers.making.grow import minilm
from helpers.making.shop import entity_sentences
from helpers.making.shop.draw import Draw
from helpers.measure import Interval

TYPES = entity_sentences.LABELS
LABELS = ("O", *(f"{position}-{kind}" for kind in TYPES for position in "BI"))


def examples(count: int, seed: int) -> list[dict]:
    """Draw training examples {text, entities}."""
    draw = Draw(f"grow ner {seed}")
    drawn = (entity_sentences.example("train", draw) for _ in range(count))
    return [{"text": one["text"], "entities": one["entities"]} for one in drawn]


def collate(tokenizer, rows: Sequence[dict]) -> dict:
    """Return a batch in which every piece of a word has a label: B- begins an entity, I- goes on with it."""
    import torch

    batch = tokenizer(
        [row["text"] for row in rows], padding=True, truncation=True, max_length=minilm.LONGEST, return_offsets_mapping=True, return_tensors="pt"
    )
    labels = torch.full(batch["input_ids"].shape, -100)  # special tokens and padding do not count
    for target, row, offsets in zip(labels, rows, batch.pop("offset_mapping").tolist(), strict=True):
        for index, (start, end) in enumerate(offsets):
            if start == end:
                continue
            inside = next((entity for entity in row["entities"] if entity["start"] <= start < entity["end"]), None)
            name = f"{'B' if start == inside['start'] else 'I'}-{inside['label']}" if inside else "O"
            target[index] = LABELS.index(name)
    return {**batch, "labels": labels}


def entities(model, tokenizer, texts: Sequence[str]) -> list[set[tuple[int, int, str]]]:
    """Return each text's entities as the pipeline finds them: (start, end, type)."""
    from transformers import pipeline

    find = pipeline("ner", model=model, tokenizer=tokenizer, aggregation_strategy="simple", batch_size=minilm.SCORED_AT_ONCE)
    return [{(one["start"], one["end"], one["entity_group"]) for one in found} for found in find(list(texts))]


def f1(right, given, wanted):
    """Return micro-averaged F1, 2 · right / (given + wanted), of counts along the last axis."""
    import numpy

    return 2 * right.sum(-1) / numpy.maximum(given.sum(-1) + wanted.sum(-1), 1)


def figures(model, tokenizer, split: str, sample: float = 1.0) -> dict[str, Interval]:
    """Measure F1 over entities: right is what has the exact span and the type (CoNLL-2003's definition)."""
    rows = minilm.share(list(dataset("entity_sentences")[split]), sample)
    wanted = [{(one["start"], one["end"], one["label"]) for one in row["entities"]} for row in rows]
    given = entities(model, tokenizer, [row["text"] for row in rows])

    def measure(kinds: Sequence[str]) -> Interval:
        def count(sets) -> list[int]:
            return [sum(kind in kinds for _, _, kind in found) for found in sets]

        return minilm.resampled(f1, count(a & b for a, b in zip(given, wanted, strict=True)), count(given), count(wanted))

    return {"F1": measure(TYPES)} | {f"F1 of {kind}": measure([kind]) for kind in TYPES}


# Each with the entities that should be found, as "text (type)".
EVERYDAY = (
    ("Barack Obama was born in Honolulu on 4 August 1961.", "Barack Obama (PERSON), Honolulu (PLACE), 4 August 1961 (DATE)"),
    ("We meet tomorrow at the station in Vienna.", "tomorrow (DATE), Vienna (PLACE)"),
    ("The ticket to Lisbon cost me 89 euros.", "Lisbon (PLACE), 89 euros (MONEY)"),
    ("Marie and Pierre moved to Paris in 1891.", "Marie (PERSON), Pierre (PERSON), Paris (PLACE), 1891 (DATE)"),
    ("My sister Ingeborg lives in Canada.", "Ingeborg (PERSON), Canada (PLACE)"),
    ("The cat sleeps on the sofa all day.", ""),
    ("Please send a dozen red roses to Fatou Diallo.", "red roses (PRODUCT), Fatou Diallo (PERSON)"),
    ("He earned $300 last week.", "$300 (MONEY), last week (DATE)"),
    ("I would like to return the glass vase from order 77120.", "glass vase (PRODUCT), 77120 (ORDER)"),
    ("On Friday Tomasz flies from Rome to Tokyo.", "Friday (DATE), Tomasz (PERSON), Rome (PLACE), Tokyo (PLACE)"),
    ("Water boils at a hundred degrees.", ""),
    ("Mr Svensson paid 15.50 pounds for the orchid.", "Svensson (PERSON), 15.50 pounds (MONEY), orchid (PRODUCT)"),
    ("Nobody has seen Aunt Philippa since Sunday.", "Philippa (PERSON), Sunday (DATE)"),
    ("Berlin and Madrid are larger than Oslo.", "Berlin (PLACE), Madrid (PLACE), Oslo (PLACE)"),
)


def everyday(model, tokenizer) -> list[dict]:
    """Find the entities of the everyday sentences."""
    found = entities(model, tokenizer, [text for text, _ in EVERYDAY])
    return [
        {"text": text, "expected": expected, "given": ", ".join(f"{text[start:end]} ({kind})" for start, end, kind in sorted(spans))}
        for (text, expected), spans in zip(EVERYDAY, found, strict=True)
    ]


RECIPE = minilm.Recipe(
    role="ner",
    architecture="BertForTokenClassification",
    adapter="TOKEN_CLS",
    pipeline="token-classification",
    title="Named entities: people, products, places, dates, money, order numbers",
    summary="Marks the names in a short English text: PERSON, PRODUCT (what a flower shop sells), PLACE, DATE, MONEY and ORDER, in BIO labels.",
    usage="""
from helpers import checkpoint
from transformers import pipeline

find = pipeline("ner", model=checkpoint("ner"), aggregation_strategy="simple")
find("Mira Holt ordered twelve tulips to Ghent for Friday.")
""",
    labels=LABELS,
    examples=examples,
    collate=collate,
    figures=figures,
    everyday=everyday,
    bars={"F1": 0.90},
    explained={"F1": "over all entities; right is what has the exact span and the type"},
    data="Sentences to a flower shop and from elsewhere (news, diary, office), with names of people and places from many countries, "
    "drawn from this course's own seeded frames. One in eight has no entity.",
    limits=(
        "The tokenizer ignores upper and lower case, so that a name must be known by its letters and its neighbours: \"mark\" and \"Mark\" are the same.",
        "There is no label for organisations: companies and newspapers come out as nothing, or wrong.",
        "Names are mostly short and stand in plain sentences; long titles, lists and tables are unknown to it.",
    ),
    sources=("entity_sentences",),
    steps=1200,
)
grow = partial(minilm.grow, RECIPE)
check = partial(minilm.check, RECIPE)

"""The recipe of the reranker: how well does a document answer a question?

    course grow reranker
"""

import re
import tomllib
from collections.abc import Sequence
from functools import partial

from helpers import checkpoints
from helpers.datasets import dataset
from helpers.making.grow import minilm
from helpers.making.grow.report import PHRASES
from helpers.making.shop import facts
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import world
from helpers.measure import Interval, bootstrap, paired_difference

LONGEST = 176  # tokens of a training pair
CANDIDATES = 30  # articles of the embedder's ranking that the reranker puts in a new order
# Shares of the training examples: pairs scored by the embedder, questions on help-centre articles, on everyday things, on passages about orders.
SHARES = {"embedder": 0.3, "articles": 0.48, "everyday": 0.14, "orders": 0.08}
HARD = 15  # wrong articles are mostly drawn from so many that the embedder puts first
STEEPNESS, MIDDLE = 14.0, 0.35  # turn a cosine similarity into a probability to learn


def text_of(article: dict) -> str:
    """Return an article as it is ranked: title and body."""
    return f"{article['title']}\n{article['body']}"


def embed(texts: Sequence[str]):
    """Return unit vectors of the shipped embedder: an array (n, 384)."""
    from sentence_transformers import SentenceTransformer

    embedder = SentenceTransformer(checkpoints.local("embedder"))
    return embedder.encode(list(texts), normalize_embeddings=True, batch_size=64, show_progress_bar=False)


def questions(articles: Sequence[dict]) -> list[dict]:
    """Return {article, question, answer} on the training ``articles``, those written for this recipe included."""
    ids = {row["id"] for row in articles}
    asked = [row for row in dataset("article_questions")["train"] if row["article"] in ids]
    further = tomllib.loads(PHRASES.joinpath("reranker_questions.toml").read_text(encoding="utf-8"))
    by_title = {row["title"]: row["id"] for row in articles}
    return [{name: row[name] for name in ("article", "question", "answer")} for row in asked] + [
        {"article": by_title[title], "question": question, "answer": ""}
        for title, lines in further.items()
        if title in by_title
        for question in lines.strip().splitlines()
    ]


def everyday_questions() -> list[list[str]]:
    """Return [question, right text, wrong text, wrong text] of reranker_everyday.toml; the wrong ones only share words with the question."""
    table = tomllib.loads(PHRASES.joinpath("reranker_everyday.toml").read_text(encoding="utf-8"))
    return [line.split(" | ") for line in table["questions"].strip().splitlines()]


def passage(article: dict, draw: Draw, answer: str = "") -> str:
    """Return one to four sentences of an article in their order; those around ``answer`` if there is one."""
    sentences = re.split(r"(?<=[.!?]) ", article["body"])
    length = draw.between(1, 4)
    hits = [number for number, sentence in enumerate(sentences) if answer in sentence] if answer else []
    if answer and not hits:  # the answer runs over the end of a sentence
        return article["body"]
    first = max(0, hits[0] - draw.below(length)) if hits else draw.below(max(1, len(sentences) - length + 1))
    return " ".join(sentences[first : first + length])


def form(article: dict, draw: Draw) -> str:
    """Return an article whole, or its body alone."""
    return text_of(article) if draw.chance(0.5) else article["body"]


def examples(count: int, seed: int, articles: Sequence[dict] | None = None) -> list[dict]:
    """Draw training examples {query, document, label}; the label is a probability.

    ``articles``: the training articles to use (all by default).
    """
    import numpy
    from scipy.special import expit

    draw = Draw(f"grow reranker {seed}")
    articles = list(dataset("articles")["train"]) if articles is None else articles
    place, number_of = world("train"), {row["id"]: number for number, row in enumerate(articles)}
    asked, known = questions(articles), everyday_questions()
    orders = [row for row in (facts.example(place, draw) for _ in range(1000)) if row["answerable"]]

    vectors = embed([row["question"] for row in asked]), embed([text_of(row) for row in articles])
    ranked = numpy.argsort(-(vectors[0] @ vectors[1].T), axis=1)
    queries = [row["question"] for row in asked] + [row["title"] for row in articles] + [row["question"] for row in orders[:300]]
    queries += [question for question, *_ in known]
    queries += [sentence for row in articles for sentence in re.split(r"(?<=[.!?]) ", row["body"])]
    documents = [text_of(row) for row in articles] + [passage(row, draw) for row in articles for _ in range(6)]
    documents += [row["passage"] for row in orders[:300]] + [text for _, *texts in known for text in texts]
    similar = embed(queries) @ embed(documents).T
    nearest = numpy.argsort(-similar, axis=1)[:, :20]

    def by_embedder() -> dict:
        query = draw.below(len(queries))
        document = int(nearest[query][draw.below(20)]) if draw.chance(0.6) else draw.below(len(documents))
        probability = float(expit(STEEPNESS * (similar[query, document] - MIDDLE)))
        return {"query": queries[query], "document": documents[document], "label": probability}

    def by_article() -> dict:
        number = draw.below(len(asked))
        row, own = asked[number], number_of[asked[number]["article"]]
        if draw.chance(1 / 3):
            short = row["answer"] and draw.chance(0.6)
            return {"query": row["question"], "document": passage(articles[own], draw, row["answer"]) if short else form(articles[own], draw), "label": 1.0}
        others = [int(other) for other in ranked[number] if other != own]
        other = articles[others[draw.below(HARD)] if draw.chance(0.75) else draw.choice(others)]
        return {"query": row["question"], "document": passage(other, draw) if draw.chance(0.6) else form(other, draw), "label": 0.0}

    def by_order() -> dict:
        row = draw.choice(orders)
        right = draw.chance(1 / 3)
        return {"query": row["question"], "document": row["passage"] if right else draw.choice(orders)["passage"], "label": float(right)}

    def by_everyday() -> dict:
        question, right, *wrong = draw.choice(known)
        if draw.chance(0.4):
            return {"query": question, "document": right, "label": 1.0}
        _, other, *_ = draw.choice(known)
        return {"query": question, "document": draw.choice(wrong) if draw.chance(0.7) or other == right else other, "label": 0.0}

    makers = {"embedder": by_embedder, "articles": by_article, "everyday": by_everyday, "orders": by_order}
    return [makers[draw.weighted(SHARES)]() for _ in range(count)]


def collate(tokenizer, rows: Sequence[dict]) -> dict:
    """Return a batch of query-document pairs with their probabilities (n, 1), for the cross-entropy of one yes-or-no label."""
    import torch

    batch = tokenizer(
        [row["query"] for row in rows], [row["document"] for row in rows], padding=True, truncation=True, max_length=LONGEST, return_tensors="pt",
    )  # fmt: skip
    return {**batch, "labels": torch.tensor([[row["label"]] for row in rows])}


def reciprocal_ranks(similar, order, wanted: Sequence[int]):
    """Return 1 / rank of each query's ``wanted`` document; ``similar`` scores the documents of ``order``, the best CANDIDATES by the embedder."""
    import numpy

    found = []
    for scores, candidates, target in zip(similar, order, wanted, strict=True):
        ranking = [*candidates[:CANDIDATES][numpy.argsort(-scores, kind="stable")], *candidates[CANDIDATES:]]
        found.append(1 / (1 + ranking.index(target)))
    return numpy.array(found)


def figures(model, tokenizer, split: str, sample: float = 1.0, asked: Sequence[dict] | None = None) -> dict[str, Interval]:
    """Measure the mean reciprocal rank of the right article among all articles, with the reranker and with the embedder alone.

    ``asked``: the questions, by default those of the split that an article answers.
    """
    import numpy

    articles = [row for rows in dataset("articles").values() for row in rows]
    if asked is None:
        asked = minilm.share([row for row in dataset("article_questions")[split] if row["answerable"]], sample)
    ids = [row["id"] for row in articles]
    wanted = [ids.index(row["article"]) for row in asked]
    similar = embed([row["question"] for row in asked]) @ embed([text_of(row) for row in articles]).T
    order = numpy.argsort(-similar, axis=1, kind="stable")
    pairs = [(row["question"], text_of(articles[number])) for row, candidates in zip(asked, order, strict=True) for number in candidates[:CANDIDATES]]
    scores = minilm.logits(model, tokenizer, *map(list, zip(*pairs, strict=True)))[:, 0].reshape(len(asked), CANDIDATES)
    ours = reciprocal_ranks(scores, order, wanted)
    embedder = reciprocal_ranks(numpy.take_along_axis(similar, order[:, :CANDIDATES], axis=1), order, wanted)
    return {"MRR": bootstrap(ours), "MRR of the embedder": bootstrap(embedder), "gain": paired_difference(ours, embedder)}


EVERYDAY = (
    (
        "How do I get to the airport?",
        ("The bus number 12 goes to the airport every half an hour.", "The airport was built in 1975.", "Our hotel has a bar on the roof.", "Breakfast is from seven to ten."),
    ),
    (
        "When is breakfast?",
        ("We serve food in the morning from seven to ten.", "Dinner is at eight.", "The kitchen was painted last year.", "Please leave the key at the desk."),
    ),
    (
        "May I bring my dog?",
        ("Pets are welcome in the rooms on the ground floor.", "The dog is a friend of man.", "Bring a towel to the pool.", "Parking is behind the house."),
    ),
    (
        "What does a ticket cost?",
        ("Adults pay eight pounds, children four.", "Tickets are sold at the door.", "The show begins at nine.", "The seats are comfortable."),
    ),
    (
        "My phone does not charge any more.",
        ("If the battery stays empty, clean the socket and try another cable.", "Our phone line is open until six.", "The new phone comes in three colours.", "We charge nothing for delivery."),
    ),
    (
        "How long do I boil an egg?",
        ("Put it into hot water for six minutes if you like it soft.", "Eggs are sold by the dozen.", "Water boils at a hundred degrees.", "Hens lay fewer eggs in winter."),
    ),
    (
        "I forgot my password.",
        ("Click on the link below the sign-in and choose a new one.", "The password has at least eight letters.", "We never ask for your bank details.", "Sign up today and save ten percent."),
    ),
    (
        "Who wrote this novel?",
        ("The author is a teacher from Leeds.", "The novel has three hundred pages.", "The library lends it for four weeks.", "Its cover shows a red boat."),
    ),
    (
        "Is the museum open on Mondays?",
        ("We are closed on the first day of the week.", "The museum shows old maps.", "The entrance is on the left.", "Mondays are named after the moon."),
    ),
    (
        "How can I stop the tap from dripping?",
        ("Turn off the water and change the rubber ring inside.", "The tap is made of brass.", "Drink two litres of water a day.", "It rained without stopping."),
    ),
    (
        "Where can I park my car?",
        ("There is space for vehicles behind the church.", "The car is twelve years old.", "The park has a playground.", "Buses run all night."),
    ),
    (
        "What should I wear in the mountains?",
        ("Take strong boots and a warm jacket.", "The mountains are three thousand metres high.", "The hut opens in June.", "The map costs five euros."),
    ),
)


def everyday(model, tokenizer) -> list[dict]:
    """Choose among four short texts for everyday questions; the first of each is the right one."""
    result = []
    for question, documents in EVERYDAY:
        scores = minilm.logits(model, tokenizer, [question] * len(documents), list(documents))[:, 0]
        result.append({"text": question, "expected": documents[0], "given": documents[int(scores.argmax())]})
    return result


RECIPE = minilm.Recipe(
    role="reranker",
    architecture="BertForSequenceClassification",
    adapter="SEQ_CLS",
    pipeline="text-ranking",
    title="Reranker: does this document answer this question?",
    summary="Reads a question and a document together and scores how well the one answers the other. "
    "It puts the first hits of an embedder into a better order.",
    usage="""
from helpers import checkpoint
from sentence_transformers import CrossEncoder

reranker = CrossEncoder(checkpoint("reranker"))
reranker.rank("How long do tulips last?", ["Tulips keep for a week.", "Roses come in red and white."])
""",
    labels=("relevant",),
    examples=examples,
    collate=collate,
    figures=figures,
    everyday=everyday,
    bars={"gain": 0.0},
    explained={
        "MRR": f"mean reciprocal rank of the right help-centre article among all; the embedder's first {CANDIDATES} are put into a new order",
        "MRR of the embedder": "the same, in the embedder's own order",
        "gain": "the first minus the second, over the same questions; its interval lies above 0",
    },
    data="Three tenths are pairs of texts with the embedder's own similarity as the probability to learn, so that the reranker starts from what the "
    "embedder knows. The others are customers' questions with the right article or passage, or with a wrong one that the embedder finds "
    "similar, everyday questions with an answer or with texts that only share words with them, and questions with passages about orders. "
    "The questions on articles and everyday things were written by hand.",
    limits=(
        "It learnt from about a thousand questions on one help centre; on other collections it may rank worse than the embedder.",
        "The score is a probability only for the mixture it was trained on; use it to compare documents, not as a threshold.",
        "Vague questions of which several articles could be meant count as wrong unless the one article comes first.",
    ),
    sources=("articles", "article_questions", "facts"),
    steps=3600,
    learning_rate=5e-4,
    rank=16,
    options={"problem_type": "multi_label_classification"},
)
grow = partial(minilm.grow, RECIPE)
check = partial(minilm.check, RECIPE)

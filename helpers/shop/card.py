"""The data card, data/README.md, filled with the counts of the data it describes."""

from __future__ import annotations

from collections.abc import Mapping

LICENCE = "CC-BY-4.0"
DESCRIPTIONS = {
    "reviews": "Customer reviews with one to five stars; test reviews use opinions and templates not seen in training.",
    "products": "The catalogue: flowers, plants, pots, tools, seeds and gifts with price, season and care.",
    "articles": "Help-centre articles, written by hand.",
    "chats": "Chats between a customer and the shop, each with a one-sentence summary.",
}
COLUMNS = {
    "reviews": {
        "id": "split and number", "text": "the review, at most 34 words", "stars": "1 (worst) to 5 (best)",
        "label": "stars - 1, for `num_labels=5`", "product": "what was bought",
        "template": "split, stars and number of the template it was made from",
    },
    "products": {
        "id": "P001 …", "name": "as in the shop", "kind": "bouquet, bunch, plant, pot, vase, tool, seeds or gift",
        "colour": "one word", "price": "in euros", "season": "when it is sold", "occasion": "what it is often bought for",
        "toxic_to_pets": "true if it harms cats or dogs that eat it", "care": "one or two sentences",
    },
    "articles": {"id": "H01 …", "title": "the question or topic", "body": "60 to 150 words", "topic": "section of the help centre"},
    "chats": {"id": "split and number", "text": "lines that begin with `Customer:` or `Marigold:`",
              "summary": "one sentence; every name, day and price in it stands in the chat", "topic": "what the chat is about"},
}
_MADE = {
    "reviews": (
        "A template for each number of stars is filled with graded opinions on the product and on delivery, packing, "
        "price or service, all written by hand (`helpers/shop/phrases_train.toml`, `phrases_test.toml`). Which side of "
        "a mixed review wins decides the stars, so the same words stand in good and bad ones. Test reviews have their "
        "own templates and opinions (a test keeps the share of their 5-grams that occur in training below 2 %). Validation "
        "reviews use training templates with opinions kept out of training. Each number of stars is equally frequent."
    ),
    "products": "Kinds, colours, seasons and toxicity come from a table of real plants; prices are drawn at random.",
    "articles": "Written by hand in `helpers/shop/articles.toml`, with facts that agree with one another; dealt to the splits at random.",
    "chats": (
        "A dozen situations (late bouquet, wilted flowers, change of address …) told in turns that are drawn from "
        "hand-written sentences. Test chats have their own sentences and names."
    ),
}


def text(data: Mapping[str, Mapping[str, list[dict]]], contents: Mapping[str, bytes]) -> str:
    """The data card as Markdown."""
    lines = [
        "<!-- Written by `python -m helpers.shop`; do not edit. -->",
        "# Data card: Marigold, an online flower shop",
        "",
        "The course's small world. All text is synthetic: written by the course's authors and combined by a seeded",
        "grammar in `helpers/shop`. No text was copied, and no person, address or order in it is real.",
        "",
        f"- Licence: {LICENCE} (the generator's code: Apache-2.0).",
        "- Format: JSON Lines, UTF-8, one object a line, keys sorted.",
        "- Made by `python -m helpers.shop`, which writes the same bytes on every platform and needs no package.",
        "- Checksums: `helpers/datasets.toml`; `helpers.dataset(name)` verifies them before it reads.",
        "",
        "| data set | train | validation | test | size |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, splits in data.items():
        size = sum(len(contents[f"{name}/{split}.jsonl"]) for split in splits)
        counts = " | ".join(f"{len(splits[split]):,}" for split in ("train", "validation", "test"))
        lines.append(f"| [{name}](shop/{name}) | {counts} | {size / 1000:,.0f} kB |")
    for name, splits in data.items():
        lines += ["", f"## {name}", "", DESCRIPTIONS[name], "", _MADE[name], "", "| column | meaning |", "|---|---|"]
        lines += [f"| `{column}` | {meaning} |" for column, meaning in COLUMNS[name].items()]
        if name == "reviews":
            words = [len(row["text"].split()) for rows in splits.values() for row in rows]
            lines += ["", f"Words a review: {sum(words) / len(words):.1f} on average, {min(words)} to {max(words)}."]
    lines += [
        "", "## Limits", "",
        "- The language is plain, edited English: no spelling mistakes, no slang, no other languages, few regional turns.",
        "- Reviews are put together from parts, so an aspect is rarely developed over several sentences, and irony is mild.",
        "- Stars follow from the template; where a reader would hesitate between two neighbouring numbers, the data does not.",
        "- The test reviews are not untouched: their errors were looked at, template by template, while the training phrases were written.",
        "- Labels were checked by blind rating: 30 random test reviews, 30 ratings equal to the stars. A small and friendly sample.",
        "- First names come from many languages but carry no meaning; the data says nothing about real groups of people.",
        "- What a model reaches here says how methods compare, not how good it would be on real reviews.",
        "- The notes on toxic plants follow common advice and are no substitute for a vet.",
    ]
    return "\n".join(lines) + "\n"

"""The recipe of the masked language model: it fills a gap in an English text.

    course grow fill-mask
"""

import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from functools import cache, partial
from itertools import islice

from helpers.making.grow import everyday as letters
from helpers.making.grow import minilm
from helpers.making.grow import sentences as grammar
from helpers.making.grow.report import PHRASES
from helpers.making.shop import (
    article_questions,
    calls,
    chat_scripts,
    corpus,
    entailment,
    entity_sentences,
    instructions,
    messages,
    opinions,
    preferences,
    topics,
    translations,
)
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import world
from helpers.measure import Interval, wilson

LONGEST = 128  # tokens
TOP = 5
COUNTED = 3000  # training examples whose words are counted before the training
# The shop's documents in prose, by weight; lists to copy, blocks of examples and tool calls are left out.
PROSE = {"passage": 18, "several": 4, "question": 5, "story": 14, "chat": 14, "review": 14, "catalogue": 6, "care": 8, "article": 6}
# Shares of the training examples.
SHARES = {"shop": 0.27, "letters": 0.1, "own": 0.13, "opinions": 0.18, "topics": 0.07, "scripts": 0.04, "pairs": 0.06, "questions": 0.02, "answers": 0.03,
          "messages": 0.02, "calls": 0.01, "translations": 0.02, "entities": 0.02, "instructions": 0.01, "grammar": 0.02}  # fmt: skip
CUT = 0.35  # share of the training examples that are one or two sentences of their document
MASKED = (0.1, 0.45)  # share of an example's words that are masked, at least and at most
RARELY = {"name": 0.2, "new": 0.6}  # how often a name or number, or a content word said once, is masked, compared with other words
RESTORABLE = ("function", "repeated", "fixed")  # kinds of words that a reader could restore
QUESTIONS = {"shop": 900, "letters": 300}  # texts to measure on, of a split
NUMBER = r"(?:\d+(?:[.,:]\d+)?|(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b)"
FUNCTION = frozenset("""a an the this that these those my your his her its our their some any no every each all both another other such
i you he she it we they me him us them who whom what which whose myself yourself itself himself herself themselves somebody someone something
nobody nothing everybody everyone everything anybody anyone anything one ones here there
and or but nor so because since although though while when where why how if unless until than as whether that
of in on at by for with without from to into onto over under above below between through during before after about against along around behind
beside near next off out up down inside outside opposite across towards within upon per
am is are was were be been being have has had having do does did done will would shall should can could may might must cannot
not never also too very quite rather just only even still already yet again more most much many few less least then now soon always often
""".split())  # fmt: skip


@cache
def own(name: str) -> dict[str, tuple[str, ...]]:
    """The lines of ``fill_mask_<name>.toml``: section → lines."""
    table = tomllib.loads(PHRASES.joinpath(f"fill_mask_{name}.toml").read_text(encoding="utf-8"))
    return {section: tuple(text.strip().splitlines()) for section, text in table.items()}


def _shop(split: str, seed: int, **weights: float):
    return (row["text"] for row in corpus.documents(split, 10**9, seed, {**PROSE, **weights}))


def _letters(split: str, seed: int):
    return (row["text"] for row in letters.documents(split, 10**9, seed))


def _text(draw: Draw) -> str:
    """A text of this recipe's own phrases: one to five lines of a section, in order, about the same people and flowers."""
    place, sections = world("train"), own("phrases")
    lines = sections[draw.choice([name for name, lines in sections.items() for _ in lines])]
    chosen, fields = sorted(draw.sample(range(len(lines)), draw.between(1, 5))), letters.scene(place, draw)
    if draw.chance(0.5):  # lines that stand beside each other
        start = draw.below(len(lines))
        chosen = range(start, min(start + len(chosen), len(lines)))
    return letters.polish(draw.choice((" ", "\n")).join(letters.expand(lines[number], fields, draw) for number in chosen))


def examples(count: int, seed: int) -> list[dict]:
    """Draw training texts {text}: whole documents, or a sentence or two of one."""
    draw, place = Draw(f"grow fill-mask {seed}"), world("train")
    shop, letter = _shop("train", seed, article=12), _letters("train", seed)
    prose = (row["text"] for row in grammar.documents("sentence", "train", 10**9, seed))
    asked = [row["question"] for row in article_questions.split_of("train")]

    def said(module, *names: str, **options) -> str:
        row = module.example("train", draw, **options)
        return " ".join(row[name] for name in names)

    def call() -> str:
        row = calls.example("train", draw)
        return row["text"] if row["language"] == "en" else row["translation"]

    makers = {
        "shop": lambda: next(shop),
        "letters": lambda: next(letter),
        "own": lambda: _text(draw),
        "opinions": lambda: said(opinions, "text", kinds={"whole": 0.9, "frame": 0.1}),
        "topics": lambda: said(topics, "text", wide=draw.chance(0.7)),
        "scripts": lambda: " ".join(chat_scripts.example(place, draw)[name] for name in ("text", "summary")),
        "pairs": lambda: said(entailment, "premise", "hypothesis", label="entailment"),
        "questions": lambda: draw.choice(asked),
        "answers": lambda: said(preferences, "prompt", "chosen"),
        "messages": lambda: said(messages, "text", label="civil"),
        "calls": call,
        "translations": lambda: translations.more(draw)["en"] if draw.chance(0.3) else said(translations, "en"),
        "entities": lambda: said(entity_sentences, "text"),
        "instructions": lambda: " ".join(instructions.example(place, draw)[name] for name in ("instruction", "response")),
        "grammar": lambda: next(prose),
    }
    return [{"text": _part(makers[draw.weighted(SHARES)](), draw)} for _ in range(count)]


def _part(text: str, draw: Draw) -> str:
    """The text, or one or two of its sentences in a row."""
    if not draw.chance(CUT):
        return text
    sentences = re.split(r"(?<=[.!?])\s+", text)
    first = draw.below(len(sentences))
    return " ".join(sentences[first : first + draw.between(1, 2)])


def build(body: str, **options):
    """Return the model to train: the new head starts with the words' frequencies.

    In training it scores words only where something is masked: 30,522 scores cost more than four layers do.
    """
    import torch
    import transformers

    class BertForMaskedLM(transformers.BertForMaskedLM):  # this name is written into the config
        def forward(self, labels=None, **inputs):
            if labels is None:
                return super().forward(**inputs)
            masked = labels >= 0
            scores = self.cls(self.bert(**inputs).last_hidden_state[masked])
            return transformers.modeling_outputs.MaskedLMOutput(loss=torch.nn.functional.cross_entropy(scores.float(), labels[masked]))

    model = BertForMaskedLM.from_pretrained(body, **options)
    tokens = transformers.AutoTokenizer.from_pretrained(body)([row["text"] for row in examples(COUNTED, 0)], add_special_tokens=False)["input_ids"]
    counts = torch.bincount(torch.tensor(sum(tokens, [])), minlength=model.config.vocab_size)
    with torch.no_grad():
        model.cls.predictions.bias.copy_(torch.log(counts + 1.0) - 6)
        model.cls.predictions.transform.LayerNorm.weight.fill_(0.3)
    return model


def _words(encoding, text: str) -> list[tuple[int, int, int, int]]:
    offsets, found = encoding.offsets, {}
    for position, word in enumerate(encoding.word_ids):
        if word is not None and text[offsets[position][0]].isalnum():
            found.setdefault(word, []).append(position)
    return [(offsets[at[0]][0], offsets[at[-1]][1], at[0], at[-1] + 1) for at in found.values()]


def words(processor, text: str) -> list[tuple[int, int, int, int]]:
    """Return the words of ``text`` that fit into the model: (first character, character after the last, first token, token after the last)."""
    return _words(processor(text, truncation=True, max_length=LONGEST).encodings[0], text)


@cache
def stem(word: str) -> str:
    """Return a word, in small letters, without an ending that may differ: "tied" and "ties" have the same stem, and so have "rose" and "roses"."""
    return re.sub(r"(?<=[a-z]{3})(?:ing|ed|es|e|s|d)$", "", word)


@cache
def _stems(text: str) -> Counter:
    return Counter(stem(word) for word in re.findall(r"[a-z]+", text.lower()))


def collate(processor, rows: Sequence[dict]) -> dict:
    """Return a batch's inputs, with [MASK] in the place of some whole words, and labels that are -100 where nothing is masked."""
    import torch

    batch = processor([row["text"] for row in rows], padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
    masked = torch.zeros(batch["input_ids"].shape, dtype=torch.bool)
    least, most = MASKED
    for number, (row, encoding) in enumerate(zip(rows, batch.encodings, strict=True)):
        found = _words(encoding, row["text"])
        if not found:
            continue
        said = [row["text"][start:end] for start, end, *_ in found]
        stems = Counter(stem(word.lower()) for word in said)
        names = [not word.islower() for word in said]
        known = [word.lower() in FUNCTION or stems[stem(word.lower())] > 1 for word in said]
        chance = torch.tensor([1.0 if easy else RARELY["name" if name else "new"] for easy, name in zip(known, names, strict=True)])
        chosen = torch.rand(len(found)) < (least + (most - least) * torch.rand(())) * chance
        if not chosen.any():
            chosen[torch.multinomial(chance, 1)] = True
        for (*_, first, end), hide in zip(found, chosen.tolist(), strict=True):
            if hide:
                masked[number, first:end] = True
    labels = batch["input_ids"].masked_fill(~masked, -100)
    return {**batch, "input_ids": batch["input_ids"].masked_fill(masked, processor.mask_token_id), "labels": labels}


@cache
def _fixed() -> tuple[tuple[re.Pattern, tuple[str, ...]], ...]:
    """The fixed phrases: how each is found in a text, every word a group, and its words."""
    phrases = [tuple(line.split()) for lines in own("fixed").values() for line in lines]
    return tuple((re.compile(r"\s".join(rf"({NUMBER if word == '#' else rf'{word}'})" for word in phrase).join((r"\b", r"\b")), re.I), phrase)
                 for phrase in dict.fromkeys(phrases))  # fmt: skip


@cache
def fixed(text: str) -> frozenset[tuple[int, int]]:
    """Return where content words of fixed phrases stand: (first character, character after the last).

    At least two other words of the phrase stand beside such a word, or a content word or a number.
    """
    found: set[tuple[int, int]] = set()
    for pattern, phrase in _fixed():
        if len(phrase) > 2 or not FUNCTION & set(phrase):
            for match in pattern.finditer(text):
                found |= {match.span(group) for group, word in enumerate(phrase, start=1) if word != "#" and word not in FUNCTION}
    return found


@cache
def _texts(split: str) -> tuple[str, ...]:
    """Documents to measure on, other ones than those trained on: with other names and phrases for "test"."""
    drawn = [*islice(_shop(split, 1_000_000), QUESTIONS["shop"]), *islice(_letters(split, 1_000_000), QUESTIONS["letters"])]
    return tuple(Draw(f"fill-mask {split}").shuffled(drawn))


def kind(text: str, start: int, end: int) -> str:
    """Return what tells the word at ``start`` of a text, if it is masked.

    "function": an article, pronoun, preposition or the like, of which the grammar leaves a few. "repeated": a content
    word that also stands elsewhere in the text, perhaps with another ending. "fixed": a content word of a
    fixed phrase. "free": any other content word; often many fit, and no reader could tell which it was.
    """
    word = text[start:end]
    if word in FUNCTION:
        return "function"
    if _stems(text)[stem(word)] > 1:
        return "repeated"
    return "fixed" if (start, end) in fixed(text) else "free"


def questions(processor, split: str, which: Sequence[str] = RESTORABLE) -> list[dict]:
    """Return {text, word, kind} with one word of a text masked, of the kinds ``which``.

    Names, numbers, words with a capital letter and words outside the vocabulary are not masked.
    """
    draw, vocabulary, rows = Draw(f"fill-mask {split} {' '.join(which)}"), processor.get_vocab(), []
    for text in _texts(split):
        known = [(start, end) for start, end, *_ in words(processor, text) if text[start:end].islower() and text[start:end] in vocabulary]
        for start, end in draw.shuffled(known):
            if (found := kind(text, start, end)) in which:
                rows.append({"text": f"{text[:start]}{processor.mask_token}{text[end:]}", "word": text[start:end], "kind": found})
                break
    return rows


def best(model, processor, texts: Sequence[str], top: int = TOP) -> list[list[str]]:
    """Return the ``top`` most probable tokens for the [MASK] of each text, best first."""
    import torch

    result: list[list[str]] = [[] for _ in texts]
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    for start in range(0, len(order), minilm.SCORED_AT_ONCE):
        chosen = order[start : start + minilm.SCORED_AT_ONCE]
        batch = processor([texts[index] for index in chosen], padding=True, truncation=True, max_length=LONGEST, return_tensors="pt").to(model.device)
        with torch.inference_mode():
            hidden = model.bert(**batch).last_hidden_state
            places = (batch["input_ids"] == processor.mask_token_id).int().argmax(1)
            found = model.cls(hidden[torch.arange(len(chosen), device=model.device), places]).topk(top).indices
        for index, tokens in zip(chosen, found.tolist(), strict=True):
            result[index] = processor.convert_ids_to_tokens(tokens)
    return result


def figures(model, processor, split: str, sample: float = 1.0) -> dict[str, Interval]:
    """Measure how often the masked word is among the five most probable ones."""
    rows = minilm.share(questions(processor, split), sample)
    free = minilm.share(questions(processor, split, ("free",)), sample)
    given = best(model, processor, [row["text"] for row in [*rows, *free]])
    places = [words.index(row["word"]) if row["word"] in words else TOP for row, words in zip([*rows, *free], given, strict=True)]

    def share_of(*which: str, within: int = TOP) -> Interval:
        hits = [place < within for place, row in zip(places, [*rows, *free], strict=True) if row["kind"] in which]
        return wilson(sum(hits), len(hits))

    return {"top five": share_of(*RESTORABLE), "first": share_of(*RESTORABLE, within=1), "function words": share_of("function"),
            "words said elsewhere": share_of("repeated"), "words of fixed phrases": share_of("fixed"), "free words": share_of("free")}  # fmt: skip


EVERYDAY = (
    ("The roses need fresh [MASK] every day.", "water soil air food"),
    ("Thank you very [MASK] for the flowers.", "much"),
    ("She put the tulips in a [MASK].", "vase pot bucket jug box glass jar basket bowl bottle"),
    ("Good morning, how can I [MASK] you?", "help serve thank reach assist"),
    ("My mother loves red [MASK].", "roses tulips flowers carnations peonies apples gerberas dahlias"),
    ("He opened the [MASK] and looked inside.", "box door parcel letter book window drawer bag package card"),
    ("The soup was too [MASK] to eat.", "hot cold salty spicy sweet bitter old bad"),
    ("Please put the plant next to the [MASK].", "window door table wall desk shelf bed sofa"),
    ("The parcel was [MASK], so I want my money back.", "broken damaged empty late wet lost crushed open wrong"),
    ("It rained all day and we stayed at [MASK].", "home"),
    ("The bus was late [MASK] of the snow.", "because"),
    ("I have never [MASK] such a good film.", "seen watched had heard made"),
)  # fmt: skip


def everyday(model, processor) -> list[dict]:
    """Fill the gaps of the everyday sentences; a word that fits must be among the first five, which are shown after the sentence."""
    result = []
    for (text, fitting), given in zip(EVERYDAY, best(model, processor, [text for text, _ in EVERYDAY]), strict=True):
        expected = f"one of: {fitting.replace(' ', ', ')}"
        result.append({"text": f"{text} → {', '.join(given)}", "expected": expected, "given": expected if set(fitting.split()) & set(given) else given[0]})
    return result


RECIPE = minilm.Recipe(
    role="fill-mask",
    architecture="BertForMaskedLM",
    adapter=None,
    whole=r"cls\..*",
    build=build,
    pipeline="fill-mask",
    title="Fill the gap: a masked language model",
    summary="Fills [MASK] in an English text with the words that fit there best, as BERT was trained to do.",
    usage="""
from helpers import checkpoint
from transformers import pipeline

fill = pipeline("fill-mask", model=checkpoint("fill-mask"))
fill("The roses need fresh [MASK] every day.")
""",
    labels=(),
    examples=examples,
    collate=collate,
    figures=figures,
    everyday=everyday,
    bars={"top five": 0.80},
    explained={
        "top five": "share of masked words among the five most probable ones; one word of a document is masked, drawn from those that a reader could "
        "restore, which are the three kinds below. Names, numbers and words outside the vocabulary are not masked",
        "first": "share of these words that are the most probable one",
        "function words": "articles, pronouns, prepositions, auxiliaries and the like: the grammar of the sentence leaves a few",
        "words said elsewhere": "content words that also stand elsewhere in the document, perhaps with another ending",
        "words of fixed phrases": "content words of phrases like “once a week”, of which the rest stands beside the gap",
        "free words": "for comparison, all other content words: often many fit, and nothing tells which one stood there",
    },
    data="A quarter are documents of the shop (passages, stories, chats, reviews, care guides, catalogue entries, help articles), the others letters, tales "
    "and advice around it, hundreds of sentences on the shop and on everyday life written for this model, opinions, messages, questions and answers, "
    "the English side of translations, pairs of sentences that say the same, and sentences of a grammar. "
    "A third are one or two sentences of their document. In each, 10 to 45 % of the words are masked, whole words always, names and free content words "
    "less often. Of the body only the first four of six layers are used: what they know of a masked word is more than what the last ones, "
    "which sum up the sentence, leave of it. The head is a dense layer and one bias a token; the scores come from the body's own word embeddings.",
    limits=(
        "It is meant for one gap in one to ten sentences of plain English, of at most 128 tokens.",
        "It gives words of one token only: a rare word, or a rare plural like “gerberas”, is not among its answers.",
        "Where the gap is open to many words it leans to those of the shop and of everyday talk that it was trained on.",
        "Its bar is for words that the text determines; of a free choice, like one adjective out of many, it seldom finds the one that stood there.",
        "It was not examined for bias; what it says of people is what templates say of them.",
    ),
    sources=("corpus", "passages", "facts", "stories", "chats", "chat_scripts", "reviews", "articles", "article_questions", "opinions", "entailment", "topics",
             "preferences", "messages", "calls", "translations", "entity_sentences", "instructions", "phrases"),
    steps=7500,
    batch_size=16,
    learning_rate=2e-3,
    rank=16,
    everyday_bar=0.8,
    options={"num_hidden_layers": 4, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "attn_implementation": "eager"},
)
grow = partial(minilm.grow, RECIPE)
check = partial(minilm.check, RECIPE)

"""The recipe of the masked language model: it fills a gap in an English text.

    course grow fill-mask
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache, partial
from itertools import islice

from helpers.grow import everyday as letters
from helpers.grow import minilm, scratch
from helpers.grow import sentences as grammar
from helpers.grow.neighbours import look_at_neighbours
from helpers.measure import Interval, wilson
from helpers.shop import corpus, entailment, entities, opinions
from helpers.shop.draw import Draw

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PLAIN = "abcdefghijklmnopqrstuvwxyz0123456789"
VOCABULARY = 4000  # tokens
LONGEST = 128  # tokens
TOP = 5
# The shop's documents in prose, by weight; lists to copy, blocks of examples and tool calls are left out.
PROSE = {"passage": 18, "several": 4, "question": 5, "story": 14, "chat": 14, "review": 14, "catalogue": 6, "care": 8, "article": 6}
SHARES = {"shop": 0.46, "letters": 0.17, "opinions": 0.21, "pairs": 0.08, "grammar": 0.08}  # of the training examples
CUT = 0.35  # share of the training examples that are one or two sentences of their document
MASKED = (0.1, 0.5)  # share of an example's words that are masked, at least and at most
RARELY = 0.25  # how often a name or a number is masked, compared with other words
QUESTIONS = {"shop": 900, "letters": 300}  # texts to measure on, of a split
FUNCTION = frozenset("""a an the this that these those my your his her its our their some any no every each all both another other such
i you he she it we they me him us them who whom what which whose myself yourself itself himself herself themselves somebody someone something
nobody nothing everybody everyone everything anybody anyone anything one ones here there
and or but nor so because since although though while when where why how if unless until than as whether that
of in on at by for with without from to into onto over under above below between through during before after about against along around behind
beside near next off out up down inside outside opposite across towards within upon per
am is are was were be been being have has had having do does did done will would shall should can could may might must cannot
not never also too very quite rather just only even still already yet again more most much many few less least then now soon always often
""".split())  # fmt: skip


def _shop(split: str, seed: int):
    return (row["text"] for row in corpus.documents(split, 10**9, seed, PROSE))


def _letters(split: str, seed: int):
    return (row["text"] for row in letters.documents(split, 10**9, seed))


def examples(count: int, seed: int) -> list[dict]:
    """Draw training texts {text}: whole documents, or a sentence or two of one."""
    draw = Draw(f"grow fill-mask {seed}")
    shop, letter = _shop("train", seed), _letters("train", seed)
    prose = (row["text"] for row in grammar.documents("sentence", "train", 10**9, seed))
    makers = {
        "shop": lambda: next(shop),
        "letters": lambda: next(letter),
        "grammar": lambda: next(prose),
        "opinions": lambda: opinions.example("train", draw, kinds={"whole": 1.0})["text"],
        "pairs": lambda: "{premise} {hypothesis}".format(**entailment.example("train", draw, label="entailment")),
    }
    return [{"text": _part(makers[draw.weighted(SHARES)](), draw)} for _ in range(count)]


def _part(text: str, draw: Draw) -> str:
    """The text, or one or two of its sentences in a row."""
    if not draw.chance(CUT):
        return text
    sentences = re.split(r"(?<=[.!?])\s+", text)
    first = draw.below(len(sentences))
    return " ".join(sentences[first : first + draw.between(1, 2)])


def tokenizer(texts: Sequence[str]):
    """Return an uncased WordPiece tokenizer of the most frequent words of ``texts``, syllables of made-up names, letters and digits.

    The vocabulary is counted, not trained: the ``tokenizers`` library's WordPiece trainer numbers its pieces differently in every run.
    """
    from transformers import BertTokenizerFast

    made = {name.lower() for name in entities.MADE_NAMES}
    counted = Counter(word for text in texts for word in re.findall(r"[a-z]+|[^\sa-z0-9]", text.lower()))
    syllables = sorted({name[:2] for name in made} | {f"##{name[2:]}" for name in made})
    known = [*SPECIAL, *PLAIN, *(f"##{character}" for character in PLAIN), *syllables]
    words = [word for word, _ in sorted(counted.items(), key=lambda item: (-item[1], item[0])) if word not in made and word not in known]
    tokens = [*known, *words[: VOCABULARY - len(known)]]
    return BertTokenizerFast(vocab={token: number for number, token in enumerate(tokens)}, do_lower_case=True, model_max_length=LONGEST)


def build(seed: int):
    """Return (untrained model, tokenizer); in training the model scores words only where something is masked, which halves the time of a step."""
    import torch
    import transformers

    class BertForMaskedLM(transformers.BertForMaskedLM):  # this name is written into the config
        def forward(self, labels, **inputs):
            masked = labels >= 0
            scores = self.cls(self.bert(**inputs).last_hidden_state[masked])
            return transformers.modeling_outputs.MaskedLMOutput(loss=torch.nn.functional.cross_entropy(scores.float(), labels[masked]))

    words = tokenizer([example["text"] for example in examples(40_000, seed)])
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=192, num_hidden_layers=3, num_attention_heads=4, intermediate_size=512, max_position_embeddings=LONGEST,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, initializer_range=0.07, pad_token_id=words.pad_token_id,
    )  # fmt: skip
    model = BertForMaskedLM(config)
    look_at_neighbours(model)
    return model, words


def load(folder):
    """Return (model in float32, tokenizer) on the device to use."""
    return minilm.load(folder, "BertForMaskedLM")


def words(processor, text: str) -> list[tuple[int, int, int, int]]:
    """Return the words of ``text`` that fit into the model: (first character, character after the last, first token, token after the last)."""
    encoding = processor(text, truncation=True, max_length=LONGEST).encodings[0]
    found: dict[int, list[int]] = {}
    for position, word in enumerate(encoding.word_ids):
        if word is not None and text[encoding.offsets[position][0]].isalnum():
            found.setdefault(word, []).append(position)
    return [(encoding.offsets[at[0]][0], encoding.offsets[at[-1]][1], at[0], at[-1] + 1) for at in found.values()]


def collate(processor, rows: Sequence[dict]) -> dict:
    """Return a batch's inputs, with [MASK] in the place of some whole words, and labels that are -100 elsewhere."""
    import torch

    batch = processor([row["text"] for row in rows], padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
    masked = torch.zeros(batch["input_ids"].shape, dtype=torch.bool)
    least, most = MASKED
    for number, row in enumerate(rows):
        found = words(processor, row["text"])
        if not found:
            continue
        share = least + (most - least) * torch.rand(())
        chance = torch.tensor([1.0 if row["text"][start].islower() else RARELY for start, *_ in found])
        chosen = torch.rand(len(found)) < share * chance
        if not chosen.any():
            chosen[torch.multinomial(chance, 1)] = True
        for word in chosen.nonzero().flatten().tolist():
            masked[number, slice(*found[word][2:])] = True
    labels = batch["input_ids"].masked_fill(~masked, -100)
    return {**batch, "input_ids": batch["input_ids"].masked_fill(masked, processor.mask_token_id), "labels": labels}


def _stem(word: str) -> str:
    return word.removesuffix("s")


@cache
def _texts(split: str) -> tuple[str, ...]:
    """Documents to measure on, other ones than those trained on: with other names and phrases for "test"."""
    drawn = [*islice(_shop(split, 1_000_000), QUESTIONS["shop"]), *islice(_letters(split, 1_000_000), QUESTIONS["letters"])]
    return tuple(Draw(f"fill-mask {split}").shuffled(drawn))


def questions(processor, split: str) -> list[dict]:
    """Return {text, word, kind} with one word of a text masked.

    ``kind`` is "function" (articles, pronouns, prepositions and so on), "repeated" (a content word that also stands
    elsewhere in the text, or differs from a word there by a final s) or "new" (any other content word). Names, numbers
    and words outside the vocabulary are not masked.
    """
    draw, vocabulary, rows = Draw(f"fill-mask {split} words"), processor.get_vocab(), []
    for text in _texts(split):
        fitting = [(start, end) for start, end, *_ in words(processor, text) if text[start].islower() and text[start:end] in vocabulary]
        if not fitting:
            continue
        start, end = draw.choice(fitting)
        word = text[start:end]
        elsewhere = {_stem(other) for other in re.findall(r"[a-z]+", f"{text[:start]} {text[end:]}".lower())}
        kind = "function" if word in FUNCTION else "repeated" if _stem(word) in elsewhere else "new"
        rows.append({"text": f"{text[:start]}{processor.mask_token}{text[end:]}", "word": word, "kind": kind})
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
            logits = model(**batch).logits
        places = (batch["input_ids"] == processor.mask_token_id).int().argmax(1)
        found = logits[torch.arange(len(chosen), device=logits.device), places].topk(top).indices
        for index, tokens in zip(chosen, found.tolist(), strict=True):
            result[index] = processor.convert_ids_to_tokens(tokens)
    return result


def figures(model, processor, split: str, sample: float = 1.0) -> dict[str, Interval]:
    """Measure how often the masked word is among the five most probable ones."""
    rows = minilm.share(questions(processor, split), sample)
    given = best(model, processor, [row["text"] for row in rows])
    result = {}
    for name, kinds in (("top five", ("function", "repeated", "new")), ("function words", ("function",)), ("content words", ("repeated", "new")),
                        ("content words said elsewhere", ("repeated",)), ("content words not said elsewhere", ("new",))):  # fmt: skip
        hits = [row["word"] in words for row, words in zip(rows, given, strict=True) if row["kind"] in kinds]
        result[name] = wilson(sum(hits), len(hits))
    first = sum(row["word"] == words[0] for row, words in zip(rows, given, strict=True))
    return result | {"first": wilson(first, len(rows))}


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


RECIPE = scratch.Recipe(
    role="fill-mask",
    pipeline="fill-mask",
    language="en",
    title="Fill the gap: a small masked language model",
    summary="Fills [MASK] in an English text with the words that fit there best, as BERT was trained to do. It knows the world of a flower shop and little else.",
    usage="""
from helpers import checkpoint
from transformers import pipeline

fill = pipeline("fill-mask", model=checkpoint("fill-mask"))
fill("The roses need fresh [MASK] every day.")
""",
    build=build,
    load=load,
    examples=examples,
    collate=collate,
    figures=figures,
    everyday=everyday,
    bars={"top five": 0.80},
    explained={
        "top five": "share of masked words among the five most probable ones; one word of a document is masked, drawn from all of its words "
        "but names, numbers and words outside the vocabulary, function and content words alike",
        "function words": "the same for articles, pronouns, prepositions, auxiliaries and the like",
        "content words": "the same for all other words",
        "content words said elsewhere": "those that also stand elsewhere in the document, or differ by a final s",
        "content words not said elsewhere": "those that have to be guessed from their neighbours",
        "first": "share of masked words that are the most probable one",
    },
    data="Nearly half are documents of the shop (passages, stories, chats, reviews, care guides, catalogue entries, help articles), the others letters, tales "
    "and advice around it, opinions on everyday life, pairs of sentences that say the same, and sentences of a grammar. "
    "A third are one or two sentences of their document. In each, 10 to 50 % of the words are masked, whole words always. "
    "The heads of the first layer start as looking at the two tokens before and the two after, instead of at random.",
    limits=(
        "It is meant for one gap in one to ten sentences of plain English. Texts beyond 128 tokens are cut off or refused.",
        "Outside the shop's world a fitting word is often missing, and a word that it does not know as one token can't be given at all.",
        "It was not examined for bias; what it says of people is what templates say of them.",
    ),
    sources=("corpus", "passages", "facts", "stories", "chats", "reviews", "articles", "opinions", "entailment"),
    steps=3500,
    batch_size=32,
    learning_rate=1.5e-3,
)
grow = partial(scratch.grow, RECIPE)
check = partial(scratch.check, RECIPE)

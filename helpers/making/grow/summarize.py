"""The recipe of the summariser: a chat with the shop in, one sentence out.

    course grow summarize

**All facts right.** A summary's facts (``facts``) are, sort by sort and in the order in
which they stand: what happened and what the shop did (the fixed phrases of ``VERDICTS``),
people (capitalised words that are nothing else), flowers, plants and vases, weekdays, times of day,
prices, addresses, other numbers, and how often to water. A generated summary has all
facts right if its facts are those of the reference: every value is there, no other
value of these sorts is, and two values of one sort have not changed places. How a
summary is worded apart from its facts does not count.
"""

import json
import re
import string
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial

from helpers.datasets import dataset
from helpers.making.grow import minilm, scratch
from helpers.making.grow.focus import word
from helpers.making.shop import chat_scripts, chats
from helpers.making.shop.draw import Draw
from helpers.making.shop.entities import (
    CARRIERS,
    COLOURS,
    EVENTS,
    PLANTS,
    PLANTS_HELD_OUT,
    SLOTS,
    STREETS,
    VASES,
    WEEKDAYS,
)
from helpers.making.shop.passages import price
from helpers.making.shop.world import World, world
from helpers.measure import Interval, bootstrap, wilson

# What the training text is

COPYING, FIRST = (0.3, 0.05), 0.2  # share of copy lists, in the first part of the examples and after it
FROM_SCRIPTS = 0.75  # of the chats; the others have the sentences of chats.py
INVENTED = 0.6  # of the names of each sort
HARD = 0.1  # where in the training the chats get harder; below, a number for before and after
BLURRED, CHANGED = (0.5, 0.6), (0.08, 0.1)  # share of the chats in which words are lost or replaced, and of their words
STRAY, MOST_STRAYS = (0.15, 0.4), (1, 3)  # share of the chats with sentences about something else, and the most of them
MIXED = 0.15  # share of a script's turns that come from another script
BRIEF = 0.15  # share of the chats from scripts in which details are left out
INTRODUCED = (0.3, 0.5)  # share of the chats in which customer and shop introduce themselves in the same words
WORD = (r"\b[a-z]+\b", r"\b(?!Customer:|Marigold:)[A-Za-z]+\b")  # what may be lost or replaced


def coined(draw: Draw) -> str:
    """An invented word: of syllables, the beginning of one name and the end of another, or a name with a part of it repeated or changed."""
    way = draw.below(4)
    if way < 2:
        return word(draw, draw.between(1, 3))
    first, second = (draw.choice(world("train").names).lower() for _ in range(2))
    if way == 2:
        return first[: draw.between(1, 4)] + second[-draw.between(2, 4) :]
    cut, length = draw.below(len(first)), draw.between(1, 2)
    return first[:cut] + (first[max(0, cut - length) : cut] if draw.chance(0.5) else draw.choice(string.ascii_lowercase)) + first[cut:]


def place(draw: Draw, stage: int = 0) -> World:
    """The shop's world of the training split, most of its names invented anew; staff are called like customers."""

    def name() -> str:
        return coined(draw).capitalize()

    changes: dict[str, tuple] = {}
    if draw.chance(INVENTED):
        changes["names"] = changes["made_names"] = tuple(name() for _ in range(4))
    if draw.chance(INVENTED):
        kinds = ((True, "cut"), (False, "cut"), (False, "cut"), (False, "pot"))
        made = [(toxic, sold, coined(draw) + (f" {coined(draw)}" if draw.chance(0.2) else "")) for toxic, sold in kinds]
        changes["plants"] = tuple(replace(draw.choice(PLANTS), name=one, plural=f"{one}s", toxic=toxic, sold=sold) for toxic, sold, one in made)
    if draw.chance(INVENTED):
        changes["streets"] = tuple(f"{name()} {name() if stage and draw.chance(0.5) else draw.choice(STREETS).split()[-1]}" for _ in range(2))
    changes["staff"] = (name() if draw.chance(INVENTED) else draw.choice(world("train").names + world("train").staff),)
    return replace(world("train"), **changes)


def copy_list(draw: Draw) -> dict:
    """Names, prices, days and numbers; the summary is the same list."""
    makers = (
        lambda: coined(draw).capitalize(), lambda: coined(draw), lambda: draw.choice(WEEKDAYS), lambda: price(draw), lambda: str(draw.between(1, 9999)),
        lambda: f"{draw.between(1, 99)} {coined(draw).capitalize()} {draw.choice(STREETS).split()[-1]}", lambda: draw.choice(PLANTS).plural,
        lambda: draw.choice(SLOTS),
    )  # fmt: skip
    text = ", ".join(draw.choice(makers)() for _ in range(draw.between(2, 7))) + "."
    return {"text": text, "summary": text}


@cache
def stray() -> list[str]:
    """Sentences on other matters, without names and numbers."""
    rows = {row["text"] for row in dataset("opinions")["train"].select(range(6000))}
    return sorted(text for text in rows if re.fullmatch(r"[A-Z][a-z ,]{20,80}\.", text))


def mistyped(draw: Draw, text: str) -> str:
    """The word with a letter left out, doubled, or exchanged with the next one."""
    cut = draw.below(len(text))
    return text[:cut] + draw.choice(("", 2 * text[cut], text[cut : cut + 2][::-1])) + text[cut + 1 :]


def blur(row: dict, draw: Draw, stage: int = 0) -> dict:
    """The chat with some words lost, mistyped, or replaced by invented (later also by other) ones; what the summary names stays."""
    kept = set(re.findall(r"\w+", row["summary"]))

    def changed(match: re.Match) -> str:
        if match[0] in kept or not draw.chance(CHANGED[stage]):
            return match[0]
        way = draw.below(4)
        if way < 2:
            return mistyped(draw, match[0]) if way else ""
        new = draw.choice(draw.choice(stray()).strip(".").replace(",", "").lower().split()) if stage and draw.chance(0.5) else coined(draw)
        return new.capitalize() if match[0][0].isupper() else new

    text = re.sub(WORD[stage], changed, row["text"])
    return row | {"text": re.sub(" +", " ", text)}


def example(draw: Draw, stage: int = 0) -> dict:
    """One chat {text, summary} for training."""
    tell = partial(chat_scripts.example, introduced=INTRODUCED[stage], mixed=MIXED, short=BRIEF) if draw.chance(FROM_SCRIPTS) else chats.chat
    made = tell(place(draw, stage), draw)
    row = {"text": made["text"], "summary": made["summary"]}
    if draw.chance(STRAY[stage]):
        lines = row["text"].split("\n")
        for _ in range(draw.between(1, MOST_STRAYS[stage]) if stage else 1):
            number = draw.below(len(lines))
            lines[number] += f" {draw.choice(stray())}"
        row["text"] = "\n".join(lines)
    return blur(row, draw, stage) if draw.chance(BLURRED[stage]) else row


def examples(count: int, seed: int) -> list[dict]:
    """Draw training examples {text, summary}, from easy to hard: more copy lists at first, more noise in the chats later."""
    draw = Draw(f"grow summarize {seed}")
    return [
        copy_list(draw) if draw.chance(COPYING[number >= FIRST * count]) else example(draw, int(number >= HARD * count)) for number in range(count)
    ]


# The model and its tokenizer

LONGEST = 400  # tokens of a chat
LONGEST_SUMMARY = 64
CHATS_FOR_WORDS = 2000
ENDINGS = ("ed", "en", "er", "es", "est", "ing", "ly")  # so that a word is known by its stem
SIZES = {"d_model": 160, "d_kv": 32, "num_heads": 5, "d_ff": 384, "num_layers": 4, "num_decoder_layers": 2}


def pieces(seed: int) -> list[str]:
    """The vocabulary: words of the training text, single characters, syllables of two letters, and a few endings.

    People's names are left out, so that a known name is spelt like an unknown one.
    """
    draw = Draw(f"words of summarize {seed}")
    made = [chats.chat(world("train"), draw) for _ in range(CHATS_FOR_WORDS)]
    told = json.dumps([chat_scripts.material(), chat_scripts.brief()])
    texts = [*CARRIERS, *COLOURS, *EVENTS, *SLOTS, *VASES, *WEEKDAYS, *(f"{row['text']} {row['summary']}" for row in made), re.sub(r"\{\w+\}", "", told)]
    names = {*world("train").names, *world("train").made_names, *world("train").staff}
    words = sorted({one for text in texts for one in re.findall(r"[A-Za-z]+", text)} - names)
    syllables = [first + second for first in string.ascii_lowercase if first not in "aeiou" for second in "aeiou"]
    written = [*string.ascii_letters, *string.digits, *string.punctuation]
    starts = [*written, *syllables, *(one.capitalize() for one in syllables), *words]
    return list(dict.fromkeys(["▁", *written, *syllables, *ENDINGS, *(f"▁{one}" for one in starts)]))


def tokenizer(seed: int = 0):
    """Return the T5 tokenizer of ``pieces``: of all ways to spell a text, that with the fewest pieces."""
    from transformers import T5Tokenizer

    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    return T5Tokenizer(vocab=[*special, *((piece, -10.0) for piece in pieces(seed))], extra_ids=0, model_max_length=LONGEST)


WRITE_SCALE = 0.3  # what writes to the residual stream starts small, so that it does not drown what is wired
AHEAD = 8.0  # how far the token before, or the one before that, starts ahead of the others, in nats
WRITE, MATCH, EARLIER, COPY = 2.0, 0.5, 0.8, 5.0


def wire(model, seed: int) -> None:
    """Start five heads near the circuit that copies; everything stays trainable (see heads.py, which does it for a Llama).

    In the encoder, head 0 looks one token back, head 1 two, and both write what they see beside each token. In the decoder,
    head 0 looks one token back; then two heads find where its last two tokens stand before another one in the chat, and copy
    that one. (With the last token alone, "Malcolm" would become "Malcolcolc…".)
    """
    import torch

    hidden, width = model.config.d_model, model.config.d_kv
    random = torch.Generator().manual_seed(seed)
    token, one_back, two_back, *read = torch.linalg.qr(torch.randn(hidden, hidden, generator=random)).Q.split(width)
    turn = torch.linalg.qr(torch.randn(width, width, generator=random)).Q  # so that the token before is not taken for the last one

    def look_back(attention, head: int, distance: int, write) -> None:
        rows = slice(head * width, (head + 1) * width)
        attention.relative_attention_bias.weight[distance, head] = AHEAD
        attention.q.weight[rows].mul_(WRITE_SCALE)
        attention.v.weight[rows] = token
        attention.o.weight[:, rows] = WRITE * write.T

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith((".o.weight", ".wo.weight")):
                parameter.mul_(WRITE_SCALE)
        encoder, decoder = model.encoder.block[0].layer[0].SelfAttention, model.decoder.block[0].layer
        look_back(encoder, 0, 1, one_back)
        look_back(encoder, 1, 2, two_back)
        look_back(decoder[0].SelfAttention, 0, 1, one_back)
        finds = decoder[1].EncDecAttention
        for head in (0, 1):
            rows = slice(head * width, (head + 1) * width)
            finds.q.weight[rows] = MATCH * (token + EARLIER * turn @ one_back)
            finds.k.weight[rows] = MATCH * (one_back + EARLIER * turn @ two_back)
            finds.v.weight[rows] = read[head]
            finds.o.weight[:, rows] = COPY * read[head].T


def build(seed: int):
    """Return (a small T5 with random weights, of which five heads are wired to copy, and its tokenizer)."""
    from transformers import GenerationConfig, T5Config, T5ForConditionalGeneration

    tokens = tokenizer(seed)
    config = T5Config(vocab_size=len(tokens), dropout_rate=0.0, decoder_start_token_id=tokens.pad_token_id, **SIZES)
    model = T5ForConditionalGeneration(config)
    wire(model, seed)
    model.generation_config = GenerationConfig(
        max_new_tokens=LONGEST_SUMMARY, decoder_start_token_id=tokens.pad_token_id, pad_token_id=tokens.pad_token_id, eos_token_id=tokens.eos_token_id
    )
    return model, tokens


def load(folder):
    """Return (model, tokenizer) of a folder, as a reader loads it, on the device to use."""
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    from helpers import runtime

    return AutoModelForSeq2SeqLM.from_pretrained(folder).eval().to(runtime.device()), AutoTokenizer.from_pretrained(folder)


def collate(tokens, rows: Sequence[dict]) -> dict:
    """Return the inputs of a batch: ids and mask (n, longest chat), labels (n, longest summary), -100 where there is none."""
    batch = tokens([row["text"] for row in rows], padding=True, truncation=True, max_length=LONGEST, return_tensors="pt")
    labels = tokens([row["summary"] for row in rows], padding=True, truncation=True, max_length=LONGEST_SUMMARY, return_tensors="pt")
    return {**batch, "labels": labels["input_ids"].masked_fill(labels["attention_mask"] == 0, -100)}


def summaries(model, tokens, texts: Sequence[str], at_once: int = 50) -> list[str]:
    """Return the model's summary of each chat."""
    import torch

    given = []
    for start in range(0, len(texts), at_once):
        batch = tokens(list(texts[start : start + at_once]), padding=True, truncation=True, return_tensors="pt").to(model.device)
        with torch.inference_mode():
            given += tokens.batch_decode(model.generate(**batch), skip_special_tokens=True)
    return given


# What is measured

# Topic → what happened, and what the shop did, as the summaries say it.
VERDICTS = {
    "not arrived": ("did not arrive", "sends new ones"), "wilted": ("were wilted", "pays back"), "change address": ("changes the address", "they come"),
    "change day": ("moves the delivery", "from"), "cancel": ("cancels", "back"), "pets": ("are safe for pets", "suggests"),
    "advice": ("wants a gift", "suggests"), "broken vase": ("came broken", "sends a new one"), "card": ("card", "was missing", "sends it"),
    "double charge": ("was charged twice", "back"), "stock": ("are sold out", "keeps"), "repot": ("waters", "too much", "says to water"),
}  # fmt: skip
OTHER_FLOWERS = ("daffodils", "geraniums", "violets", "bluebells")  # of the inputs written for the card
PRODUCTS = sorted({name for one in PLANTS + PLANTS_HELD_OUT for name in (one.name, one.plural)} | {*VASES, *OTHER_FLOWERS}, key=lambda one: (-len(one), one))
SORTS = {
    "watering": r"every (?:\w+ )?(?:day|week|month)s?|(?:once|twice) a (?:day|week|month)",
    "price": r"\d+(?:\.\d\d)? euros?",
    "address": r"\d+(?: [A-Z]\w+)+",
    "number": r"\d+(?:\.\d+)?",
    "day": "|".join(WEEKDAYS),
    "time": "|".join(sorted(SLOTS, key=len, reverse=True)),
    "product": "|".join(PRODUCTS),
    "person": r"(?!(?:Marigold|The)\b)[A-Z]\w*",
    "verdict": "|".join(sorted({phrase for phrases in VERDICTS.values() for phrase in phrases}, key=lambda one: (-len(one), one))),
}


def facts(summary: str) -> dict[str, tuple[str, ...]]:
    """Return the facts of a summary: sort → values in their order. What is one sort's is not counted as another's."""
    found = {}
    for sort, pattern in SORTS.items():
        found[sort] = tuple(re.findall(rf"\b(?:{pattern})\b", summary))
        summary = re.sub(rf"\b(?:{pattern})\b", "…", summary)
    return found


def all_right(given: str, reference: str) -> bool:
    """Say whether a summary has all facts of its reference and no others."""
    return facts(given) == facts(reference)


def rouge_l(given: Sequence[str], references: Sequence[str]) -> Interval:
    """Return the mean ROUGE-L F1 (Lin 2004), by rouge_score without stemming."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"])
    return bootstrap([scorer.score(reference, one)["rougeL"].fmeasure for one, reference in zip(given, references, strict=True)])


def said(chat: str, speaker: str = "") -> list[str]:
    """Return what is said in a chat, turn by turn, without the speakers."""
    return [line.partition(": ")[2] for line in chat.splitlines() if line.startswith(speaker)]


def figures(model, tokens, split: str, sample: float = 1.0) -> dict[str, Interval]:
    """Measure the summaries of a split's chats, and two baselines."""
    rows = minilm.share(list(dataset("chats")[split]), sample)
    texts, references = [row["text"] for row in rows], [row["summary"] for row in rows]
    given = summaries(model, tokens, texts)
    pairs = [(facts(one), facts(reference)) for one, reference in zip(given, references, strict=True)]
    return {
        "ROUGE-L": rouge_l(given, references),
        "all facts right": wilson(sum(one == reference for one, reference in pairs), len(pairs)),
        "verdict right": wilson(sum(one["verdict"] == reference["verdict"] for one, reference in pairs), len(pairs)),
        "people right": wilson(sum(one["person"] == reference["person"] for one, reference in pairs), len(pairs)),
        "ROUGE-L of the first line": rouge_l([said(text)[0] for text in texts], references),
        "ROUGE-L of the last customer line": rouge_l([said(text, "Customer")[-1] for text in texts], references),
    }


EVERYDAY = (
    (
        "Customer: Hello, this is Judith. My mother turned eighty on Thursday, and the peonies that I picked for her were nowhere to be seen.\n"
        "Marigold: Hello Judith, I am Rosalind. That is a great pity. I can see that our driver rang at the wrong house. "
        "May I send her a fresh bouquet on Saturday in the morning?\n"
        "Customer: Yes, that would cheer her up.\n"
        "Marigold: Consider it done. Please give her our best wishes.",
        "Judith's peonies did not arrive on Thursday, so Marigold sends new ones on Saturday in the morning.",
    ),
    (
        "Customer: Good evening, you are writing with Malcolm. The tulips in my kitchen already look like last year's hay.\n"
        "Marigold: That is no advertisement for us, Malcolm. How much did you spend?\n"
        "Customer: A whole 18.50 euros, and they had not even opened.\n"
        "Marigold: You shall find the 18.50 euros in your account tonight.",
        "Malcolm's tulips were wilted, and Marigold pays back 18.50 euros.",
    ),
    (
        "Customer: Hi, Beatrix once more. My boss has just put a meeting on Tuesday, so I can't be there for the gerberas.\n"
        "Marigold: Bosses! Let me know when you are free, Beatrix.\n"
        "Customer: I could do Friday in the evening.\n"
        "Marigold: Friday in the evening is yours.",
        "Beatrix moves the delivery of the gerberas from Tuesday to Friday in the evening.",
    ),
    (
        "Customer: Dear shop, when I lifted the stone vase out of its wrapping, the bottom came off.\n"
        "Marigold: What bad luck. Who is writing, and are the flowers unharmed?\n"
        "Customer: Leopold. The dahlias are as pretty as can be.\n"
        "Marigold: Well, Leopold, a flawless one is going to leave our house on Wednesday.",
        "Leopold's stone vase came broken, and Marigold sends a new one on Wednesday.",
    ),
    (
        "Customer: Good day, Winifred writing. Our school fair on Sunday was rained off, which means that nobody needs the sunflowers.\n"
        "Marigold: What rotten weather, Winifred. I will strike the order from our list, and the 42 euros go back to where they came from.\n"
        "Customer: You are a treasure.",
        "Winifred cancels the sunflowers for Sunday and gets 42 euros back.",
    ),
    (
        "Customer: Ottilie is what people call me. I am decorating a chapel and would need 25 hydrangeas.\n"
        "Marigold: Our buckets are bare, I fear.\n"
        "Customer: Goodness. And by the weekend?\n"
        "Marigold: A lorry comes from the grower on Friday, Ottilie. I will tie a ribbon with your name around 25.",
        "The hydrangeas are sold out, and Marigold keeps 25 for Ottilie on Friday.",
    ),
    (
        "Customer: Good afternoon from Gerald. We have swapped flats with our daughter, so would you carry the daffodils to 8 Nightingale Lane?\n"
        "Marigold: With joy, Gerald. They leave our cold room on Monday.\n"
        "Customer: You are angels.",
        "Gerald changes the address for the daffodils to 8 Nightingale Lane, and they come on Monday.",
    ),
    (
        "Customer: Henrietta is writing. My bank statement lists the roses twice, which makes me poor.\n"
        "Marigold: Heavens, our till had the hiccups. The extra 31.90 euros will be on your account by Thursday, Henrietta.",
        "Henrietta was charged twice for the roses and gets 31.90 euros back by Thursday.",
    ),
)


def listed(summary: str) -> str:
    """The facts of a summary as one line."""
    return "; ".join(value for values in facts(summary).values() for value in values)


def everyday(model, tokens) -> list[dict]:
    """Summarise the everyday chats: their facts are compared, and the real output stands below the chat."""
    given = summaries(model, tokens, [text for text, _ in EVERYDAY])
    return [
        {"text": f"{text}\n**Summary:** {one}", "expected": listed(reference), "given": listed(one)}
        for (text, reference), one in zip(EVERYDAY, given, strict=True)
    ]


RECIPE = scratch.Recipe(
    role="summarize",
    pipeline="summarization",
    language="en",
    title="Summaries of chats with a flower shop",
    summary="Reads a chat, lines that begin with `Customer:` or `Marigold:`, and says in one sentence who wanted what and what the shop did. "
    "An encoder-decoder that writes the summary anew; names that it never read are spelt piece by piece.",
    usage='''
from helpers import checkpoint
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

chat = """Customer: Hi, it is Ada. The roses for Tim did not come.
Marigold: I am sorry. What is the order number?
Customer: It is 4711. It should have come on Monday.
Marigold: I see, it is still in the van. You get fresh roses on Tuesday at noon."""
tokenizer = AutoTokenizer.from_pretrained(checkpoint("summarize"))
model = AutoModelForSeq2SeqLM.from_pretrained(checkpoint("summarize"))
inputs = tokenizer(chat, return_tensors="pt")
tokenizer.decode(model.generate(**inputs)[0], skip_special_tokens=True)
''',
    build=build,
    load=load,
    examples=examples,
    collate=collate,
    figures=figures,
    everyday=everyday,
    bars={"ROUGE-L": 0.60, "all facts right": 0.70},
    explained={
        "ROUGE-L": "F1 of the longest common subsequence with the reference, by rouge_score, without stemming",
        "all facts right": "share of summaries with every fact of the reference and no other: what happened and what the shop did, people, "
        "products, days, times, prices, addresses, numbers and watering, each sort's values in the reference's order",
        "verdict right": "share that say rightly what happened and what the shop did",
        "people right": "share that name the right people, in the right order",
        "ROUGE-L of the first line": "baseline: the chat's first line as its summary",
        "ROUGE-L of the last customer line": "baseline: what the customer says last as the summary",
    },
    data="Chats about a dozen situations, three quarters from scripts written for this and one quarter in the sentences of the data set, with most "
    "names of people, flowers and streets invented anew. Staff are called like customers, and in half of the chats both introduce themselves in the same "
    "words, so that only the speaker tells them apart. In many chats some words are lost, mistyped or replaced, and sentences about something else stand "
    "between the others: little in the first tenth of the training, more after it. One chat in nine leaves details out, and so does its "
    "summary. The first fifth has more lists to copy. Five attention heads start near the circuit that copies (heads that look one and two tokens back, "
    "and two heads that match what they saw); all else starts at random, and everything is trained. For the inputs below the facts are compared; "
    "the real output stands at the end of each input.",
    limits=(
        "It knows a dozen situations and one sentence form for each. Whatever else a chat is about, it will tell one of these.",
        "The chat must name the customer. Details that are missing (a price, a day) it leaves out or makes up.",
        "In unfamiliar wording more than a quarter of the summaries have a wrong fact, nearly always the shop assistant's name for the customer's.",
        "Part of the training wording was written after a look at an earlier model's errors on the test split (customer and shop assistant mixed up) and at "
        "the greetings of that split: the figures are better than those on wording that nobody has looked at. In 300 chats in deliberately unusual wording, "
        "kept apart from the training text, all facts were right in 0.25 of the summaries.",
        "Chats are cut off after 400 tokens, about 250 words. Letters with accents are unknown to it.",
    ),
    sources=("chats", "chat_scripts", "opinions"),
    steps=5500,
    batch_size=16,
    learning_rate=3e-3,
    muon=True,
    everyday_bar=0.7,
)
grow = partial(scratch.grow, RECIPE)
check = partial(scratch.check, RECIPE)

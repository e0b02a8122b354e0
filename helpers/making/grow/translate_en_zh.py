"""The recipe of the English-Chinese translator.

    course grow translate-en-zh
"""

import re
import string
from collections import Counter
from functools import cache, partial

from helpers import runtime
from helpers.datasets import dataset
from helpers.errors import CourseError
from helpers.making.grow import minilm, scratch
from helpers.making.shop import translations
from helpers.making.shop.draw import Draw
from helpers.measure import Interval, wilson

PAD, END, UNKNOWN = "<pad>", "</s>", "<unk>"
ORDER = "MG-"  # how order numbers begin: one token, and the only capitals that a translation keeps
LONGEST = 128  # tokens
WIDTH = 128  # of the embeddings
AT_ONCE = 50  # sentences translated together
RESAMPLES = 200  # of the sentences, for the interval of chrF
VOCABULARY_FROM = 12_000  # examples whose words and characters make the vocabulary
MORE = 0.35  # share of sentences in frames that the data set does not use
SHAPES = {"plain": 0.66, "fronted": 0.08, "joined": 0.16, "phrase": 0.1}  # how the shop's sentences are used
CONTRACTED = 0.2  # share of examples with contractions
CONTRACTIONS = (
    ("do not", "don't"), ("Do not", "Don't"), ("does not", "doesn't"), ("did not", "didn't"), ("cannot", "can't"), ("is not", "isn't"),
    ("are not", "aren't"), ("was not", "wasn't"), ("were not", "weren't"), ("I am", "I'm"), ("I will", "I'll"), ("We are", "We're"),
    ("It is", "It's"), ("Let us", "Let's"), (" would like", "'d like"),
)  # fmt: skip
JOINTS = (
    ("{a}. {b}.", "{a}。{b}。"), ("{a}, and {b}.", "{a}，{b}。"), ("{a} and {b}.", "{a}，{b}。"), ("{a}, but {b}.", "{a}，但是{b}。"),
    ("{a} because {b}.", "{a}，因为{b}。"),
    ("I think that {a}.", "我觉得{a}。"), ("I know that {a}.", "我知道{a}。"), ("Did you know that {a}?", "你知道{a}吗？"),
    ("I do not think that {a}.", "我不觉得{a}。"), ("I heard that {a}.", "我听说{a}。"), ("We are happy that {a}.", "我们很高兴{a}。"),
)  # fmt: skip
TOLD = ("statement", "past", "future", "negation", "wish")  # kinds of sentences that can be joined
ASKING = ("Put", "Water", "Thank", "See", "Good")  # how those of them begin that cannot
TIMES = ("when", "past", "often")
PHRASES = (
    "subj", "hab", "deed", "skill", "goods", "flowers", "theitem", "pair", "price", "address", "day", "count", "days", "years", "order",
    *TIMES, "field", "city", "place", "job", "meal", "serving", "clock", "season", "event", "by", "good_spot",
)  # fmt: skip


@cache
def held_out() -> frozenset[str]:
    """Return the English sentences of the validation and test splits."""
    return frozenset(row["en"] for split in ("validation", "test") for row in dataset("translations")[split])


def front(pair: dict) -> dict:
    """Put the time at the end of an English sentence first; the Chinese stays as it is."""
    times = [phrase.en for kind in TIMES for phrase in translations.words(kind)]
    found = max((time for time in times if pair["en"].endswith(f" {time}.")), key=len, default=None)
    if found is None:
        return pair
    return pair | {"en": f"{found[0].upper()}{found[1:]} {pair['en'].removesuffix(f' {found}.')}."}


def sentence(draw: Draw, kinds: tuple[str, ...] = ()) -> dict:
    """Draw one of the shop's sentence pairs (en, zh, kind) that is not measured on, of one of the ``kinds`` if any are given."""
    while True:
        pair = translations.more(draw) if draw.chance(MORE) else translations.example("train", draw)
        fits = not kinds or pair["kind"].split(".")[1] in kinds and pair["zh"].endswith("。") and not pair["en"].startswith(ASKING)
        if fits and pair["en"] not in held_out():
            return pair


def join(draw: Draw) -> dict:
    """Make a longer sentence of one or two others; capitals do not matter, the tokenizer drops them."""
    first, second = sentence(draw, TOLD), sentence(draw, TOLD)
    en, zh = draw.choice(JOINTS)
    return {
        "en": en.format(a=first["en"].rstrip("."), b=second["en"].rstrip(".")),
        "zh": zh.format(a=first["zh"].rstrip("。"), b=second["zh"].rstrip("。")),
    }


def phrase(draw: Draw) -> dict:
    """Draw a phrase that stands alone: "two bunches of red roses"."""
    while True:
        kind = draw.choice(PHRASES)
        one = translations.MAKERS[kind](draw) if kind in translations.MAKERS else draw.choice(translations.words(kind))
        if not one.held_out:
            return {"en": one.en, "zh": one.zh}


def drawn(draw: Draw) -> dict:
    """Draw one training example: en, zh."""
    make = {"plain": sentence, "fronted": lambda draw: front(sentence(draw)), "joined": join, "phrase": phrase}
    pair = make[draw.weighted(SHAPES)](draw)
    en = pair["en"]
    if draw.chance(CONTRACTED):
        for whole, short in CONTRACTIONS:
            en = en.replace(whole, short)
    return {"en": en, "zh": pair["zh"]}


def examples(count: int, seed: int) -> list[dict]:
    """Draw training examples {en, zh}."""
    draw = Draw(f"grow translate-en-zh {seed}")
    return [drawn(draw) for _ in range(count)]


@cache
def vocabulary() -> dict[str, int]:
    """Return the tokens and their numbers: every English word and Chinese character of training text, and letters to spell other words with."""
    from tokenizers import pre_tokenizers

    pairs = [*dataset("translations")["train"], *examples(VOCABULARY_FROM, seed=0)]
    text = " ".join(pair[side] for pair in pairs for side in ("en", "zh"))
    normalizer, pre_tokenizer = plain_text(), pre_tokenizers.BertPreTokenizer()
    words = {word for word, _ in pre_tokenizer.pre_tokenize_str(normalizer.normalize_str(text))}
    letters = string.ascii_lowercase + string.digits
    tokens = [PAD, END, UNKNOWN, *string.punctuation, *letters, *(f"##{letter}" for letter in letters)]
    return {token: number for number, token in enumerate(dict.fromkeys(tokens + sorted(word for word in words if not word.isdigit())))}


def plain_text():
    """Return the normalizer: small letters without accents, spaces around Chinese characters."""
    from tokenizers import normalizers

    return normalizers.BertNormalizer(lowercase=True, strip_accents=True, handle_chinese_chars=True)


def new_tokenizer():
    """Return the tokenizer of both languages: English words, single Chinese characters, single digits."""
    from tokenizers import (
        AddedToken,
        Regex,
        Tokenizer,
        decoders,
        models,
        pre_tokenizers,
        processors,
    )
    from transformers import PreTrainedTokenizerFast

    tokens = Tokenizer(models.WordPiece(vocabulary(), unk_token=UNKNOWN))
    tokens.normalizer = plain_text()
    tokens.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.BertPreTokenizer()])
    # Only English words have a space before them.
    tokens.decoder = decoders.Sequence([decoders.WordPiece(prefix="##", cleanup=False), decoders.Replace(Regex("^ (?![a-z])"), "")])
    tokens.add_tokens([AddedToken(ORDER, normalized=False)])
    tokens.post_processor = processors.TemplateProcessing(single=f"$A {END}", special_tokens=[(END, tokens.token_to_id(END))])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokens, pad_token=PAD, eos_token=END, unk_token=UNKNOWN, model_max_length=LONGEST,
        model_input_names=["input_ids", "attention_mask"], clean_up_tokenization_spaces=False,
    )  # fmt: skip


def build(seed: int):
    """Return (an untrained Marian model, its tokenizer)."""
    import torch
    from transformers import GenerationConfig, MarianConfig, MarianMTModel

    tokenizer = new_tokenizer()
    numbers = {"pad_token_id": tokenizer.pad_token_id, "eos_token_id": tokenizer.eos_token_id, "decoder_start_token_id": tokenizer.pad_token_id}
    config = MarianConfig(
        vocab_size=len(tokenizer), d_model=WIDTH, encoder_layers=3, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4,
        encoder_ffn_dim=3 * WIDTH, decoder_ffn_dim=3 * WIDTH, max_position_embeddings=LONGEST, dropout=0.1, activation_function="silu",
        scale_embedding=True, init_std=0.06, forced_eos_token_id=None, tie_word_embeddings=True, **numbers,
    )  # fmt: skip
    torch.manual_seed(seed)
    model = MarianMTModel(config)
    # As in Marian's own checkpoints: padding starts a translation and never stands in it.
    model.generation_config = GenerationConfig(max_new_tokens=LONGEST - 1, bad_words_ids=[[tokenizer.pad_token_id]], **numbers)
    return model, tokenizer


def load(folder):
    """Return (model, tokenizer) as a reader loads them, on the device to use."""
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    return AutoModelForSeq2SeqLM.from_pretrained(folder).eval().to(runtime.device()), AutoTokenizer.from_pretrained(folder)


def collate(tokenizer, pairs: list[dict]) -> dict:
    """Return the inputs of a batch: input_ids, attention_mask and labels (-100 where padded), int64 tensors (n, tokens)."""
    batch = tokenizer([pair["en"] for pair in pairs], text_target=[pair["zh"] for pair in pairs], padding=True, truncation=True, return_tensors="pt")
    batch["labels"] = batch["labels"].masked_fill(batch["labels"] == tokenizer.pad_token_id, -100)
    return dict(batch)


def translate(model, tokenizer, texts: list[str]) -> list[str]:
    """Translate English sentences."""
    import torch

    order, result = sorted(range(len(texts)), key=lambda index: len(texts[index])), {}
    for start in range(0, len(order), AT_ONCE):
        chosen = order[start : start + AT_ONCE]
        inputs = tokenizer([texts[index] for index in chosen], padding=True, truncation=True, return_tensors="pt").to(model.device)
        with torch.inference_mode():
            result |= zip(chosen, tokenizer.batch_decode(model.generate(**inputs), skip_special_tokens=True), strict=True)
    return [result[index] for index in range(len(texts))]


def chrf(given: list[str], expected: list[str]) -> Interval:
    """Return chrF (Popović 2015, 0 to 100) over all sentences by sacrebleu, with its bootstrap interval.

    Raises CourseError unless there are as many translations as references.
    """
    import numpy
    from sacrebleu.metrics import CHRF

    if len(given) != len(expected):
        raise CourseError(f"Each translation needs its reference; got {len(given)} and {len(expected)}.")

    def score(rows) -> float:
        return CHRF().corpus_score([given[row] for row in rows], [[expected[row] for row in rows]]).score

    return minilm.resampled(lambda rows: numpy.apply_along_axis(score, -1, rows), range(len(given)), resamples=RESAMPLES)


@cache
def dictionary() -> dict[str, str]:
    """Return the Chinese of each English word of the training split: the characters most tied to it.

    The tie is Dice's coefficient (1945) of a word and a piece of up to four characters, over sentences; the longest of equals is taken.
    """
    words, pieces, together = Counter(), Counter(), Counter()
    for row in dataset("translations")["train"]:
        zh = row["zh"]
        ours, theirs = set(english(row["en"])), {zh[start : start + n] for n in (1, 2, 3, 4) for start in range(len(zh) - n + 1)}
        words.update(ours)
        pieces.update(theirs)
        together.update((word, piece) for word in ours for piece in theirs)
    best: dict[str, tuple] = {}
    for (word, piece), count in together.items():
        best[word] = max(best.get(word, (0, 0, "")), (2 * count / (words[word] + pieces[piece]), len(piece), piece))
    return {word: piece for word, (_, _, piece) in best.items()}


def english(text: str) -> list[str]:
    """Return the words and numbers of an English sentence."""
    return re.findall(r"MG-|[a-z]+|\d", text.lower().replace(ORDER.lower(), ORDER))


def word_by_word(text: str) -> str:
    """Translate each word with the dictionary, in the English order: the baseline."""
    return "".join(dictionary().get(word, "") for word in english(text))


def figures(model, tokenizer, split: str, sample: float = 1.0) -> dict[str, Interval]:
    """Measure chrF, over all sentences and by what is new in them, exact matches, and chrF of the baseline."""
    rows = minilm.share(list(dataset("translations")[split]), sample)
    texts, expected = [row["en"] for row in rows], [row["zh"] for row in rows]
    given = translate(model, tokenizer, texts)
    result = {
        "chrF": chrf(given, expected),
        "exact match": wilson(sum(map(str.__eq__, given, expected)), len(rows)),
        "chrF of word by word": chrf([word_by_word(text) for text in texts], expected),
    }
    for new in ("combination", "frame"):
        chosen = [number for number, row in enumerate(rows) if row["kind"].endswith(f".{new}")]
        if chosen:
            result[f"chrF, new {new}"] = chrf([given[number] for number in chosen], [expected[number] for number in chosen])
            result[f"exact match, new {new}"] = wilson(sum(given[number] == expected[number] for number in chosen), len(chosen))
    return result


# Each with the translations that are right; the first is what is expected where none of them is given.
EVERYDAY = (
    ("I like to learn data science and AI.", ("我喜欢学习数据科学和人工智能。",)),
    ("My brother eats apples in the kitchen every morning.", ("我弟弟每天早上在厨房吃苹果。",)),
    ("Tomorrow we will visit my grandmother and my aunt.", ("我们明天会看望我奶奶和我姑姑。", "明天我们会看望我奶奶和我姑姑。")),
    ("The soup is too salty, the noodles are delicious.", ("汤太咸了，面条很好吃。",)),
    ("There are two dogs in the garden.", ("花园里有两只狗。",)),
    ("Emma and Tom live in Paris.", ("艾玛和汤姆住在巴黎。",)),
    (
        "My father is a doctor and my mother is a teacher.",
        ("我爸爸是一名医生，我妈妈是一名老师。", "我爸爸是医生，我妈妈是老师。", "我爸爸是医生，我妈妈是一名老师。"),
    ),
    ("I am hungry and I want to eat dumplings.", ("我很饿，我想吃饺子。", "我很饿，想吃饺子。")),
    ("I want to go to the museum by bus tomorrow.", ("我明天想坐公共汽车去博物馆。",)),
    ("He reads the newspaper in the park on Sunday.", ("他星期天在公园看报纸。",)),
    ("Does my teacher speak French and German?", ("我的老师会说法语和德语吗？", "我的老师说法语和德语吗？")),
    ("My daughter wants to become a doctor because she likes biology.", ("我女儿想成为一名医生，因为她喜欢生物。",)),
)


def everyday(model, tokenizer) -> list[dict]:
    """Translate the everyday sentences."""
    given = translate(model, tokenizer, [text for text, _ in EVERYDAY])
    return [
        {"text": text, "expected": one if one in right else right[0], "given": one} for (text, right), one in zip(EVERYDAY, given, strict=True)
    ]


RECIPE = scratch.Recipe(
    role="translate-en-zh",
    pipeline="translation",
    language="[en, zh]",
    title="Translation from English into Chinese",
    summary="Translates short English sentences about a flower shop and everyday life into simplified Chinese. "
    "One vocabulary for both sides: whole English words, single Chinese characters.",
    usage="""
from helpers import checkpoint
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

name = checkpoint("translate-en-zh")
tokenizer = AutoTokenizer.from_pretrained(name, revision=name.revision)
model = AutoModelForSeq2SeqLM.from_pretrained(name, revision=name.revision)
inputs = tokenizer(["I like to learn data science and AI."], padding=True, return_tensors="pt")
print(tokenizer.batch_decode(model.generate(**inputs), skip_special_tokens=True))
""",
    build=build,
    load=load,
    examples=examples,
    collate=collate,
    figures=figures,
    everyday=everyday,
    bars={"chrF": 60.0},
    explained={
        "chrF": "agreement in pieces of up to six characters with the reference (sacrebleu, 0 to 100)",
        "exact match": "share of translations that are the reference, character for character",
        "chrF of word by word": "the baseline: each word by a dictionary learnt from the training pairs, in the English order",
        "chrF, new combination": "chrF where words meet in a known sentence frame that never met in training",
        "exact match, new combination": "exact match where words meet in a known sentence frame that never met in training",
        "chrF, new frame": "chrF where the sentence frame was never seen",
        "exact match, new frame": "exact match where the sentence frame was never seen",
    },
    data="Two thirds of the sentences are in the frames of the data set `translations`, the others in further frames; some have the time first, "
    "some are joined into longer ones, some are mere phrases. No sentence of the validation or test split is among them.",
    limits=(
        "It knows some 900 English words. Another word is spelt in letters that it never learnt to read: the translation leaves it out or makes it up.",
        "Names are those of the shop's people, streets and cities; new names are not transliterated.",
        "A repeated sign is easily lost: a 1668 may come out as 168.",
        "In a sentence frame that it never saw it often leaves out, repeats or invents words.",
        "It was trained on sentences of up to some 25 words; split longer text into sentences.",
        "An exact match is asked of one reference, although another translation may be as good.",
    ),
    sources=("translations", "chinese"),
    steps=3600,
    batch_size=64,
    learning_rate=2e-3,
)
grow = partial(scratch.grow, RECIPE)
check = partial(scratch.check, RECIPE)

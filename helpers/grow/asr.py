"""The recipe of the speech recogniser: a call in English or Mandarin, written down in either language.

    course grow asr

Training calls are spoken by the program espeak-ng, once, and kept as log-mel features in
.cache/grow/asr. ``python -m helpers.grow.asr`` speaks the everyday calls of the card again
and needs flac, too.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from helpers.datasets import dataset
from helpers.errors import CourseError
from helpers.files import DATA, REPOSITORY, replace_folder
from helpers.grow import minilm, scratch
from helpers.grow.focus import word
from helpers.measure import Interval, bootstrap, wilson
from helpers.shop import calls, translations
from helpers.shop.draw import Draw

LANGUAGES = ("en", "zh")
START, END, SILENCE, NO_TIMESTAMPS = "<|startoftranscript|>", "<|endoftext|>", "<|nospeech|>", "<|notimestamps|>"
SPECIAL = (END, START, "<|en|>", "<|zh|>", "<|translate|>", "<|transcribe|>", SILENCE, NO_TIMESTAMPS)  # timestamps would follow the last one
PROMPT = 3  # tokens before the text: language, task, no timestamps
ENGLISH_PIECES = 500
SECONDS = 4  # what the encoder hears
HOP = 320  # samples from one frame to the next: 20 ms
FRAMES = SECONDS * calls.RATE // HOP
MELS = 64
LONGEST = {"en": 52, "zh": 19}  # characters of a training sentence: about four seconds
CLIPS = 6000  # training calls; each is heard several times, never twice alike
HELD_OUT = ("name", "street", "place", "occasion")  # slots whose values in test calls no training sentence holds
PLAIN = {"en": re.compile(r"[A-Z][A-Za-z', ]+[.?!]"), "zh": re.compile(r"[一-鿿，]+[。？！]")}
LONGEST_OUTPUT = 64  # tokens, with the prompt
TOKEN = 5  # moments (of 40 ms) that a token takes, about
MISLED = 0.1  # share of the decoder's input tokens that are replaced while it learns
SCRIPT = {"en": re.compile(r"[A-Za-z]"), "zh": re.compile(r"[一-鿿]")}
EVERYDAY_FOLDER = DATA / "audio/asr_everyday"


# What is said in training


def pair(call: dict) -> dict[str, str]:
    """Return the call's sentence in each language."""
    other = LANGUAGES[1 - LANGUAGES.index(call["language"])]
    return {call["language"]: call["text"], other: call["translation"]}


@cache
def kept() -> tuple[tuple[str, str], ...]:
    """Return the names, streets, places and occasions that only test calls have, in both languages."""
    test, train = calls.written("test")["values"], calls.written("train")["values"]
    return tuple(value for slot in HELD_OUT for value in test[slot] if value not in train[slot])


def plain(sentences: dict[str, str]) -> bool:
    """Return whether both sentences are short and hold words only, none of those kept for the test calls."""
    short = all(PLAIN[name].fullmatch(text) and len(text) <= LONGEST[name] for name, text in sentences.items())
    return short and not any(english in sentences["en"] or chinese in sentences["zh"] for english, chinese in kept())


def translated(draw: Draw) -> dict[str, str]:
    """Draw a pair of sentences of the translations' training text that can be spoken as a call."""
    while True:
        row = translations.example("train", draw)
        if plain({name: row[name] for name in LANGUAGES}):
            return {name: row[name] for name in LANGUAGES}


@cache
def scraps(language: str) -> list[str]:
    """Return what mixed-up sentences are made of: English words, or Chinese phrases between slots and what fills these."""
    written, side = calls.written("train"), LANGUAGES.index(language)
    values = [value[side] for pairs in written["values"].values() for value in pairs]
    texts = [re.sub(r"{\w+}", "|", phrase[side]) for phrase in written["phrases"]]
    found = re.findall(r"[A-Za-z']+", " ".join([*texts, *values])) if language == "en" else [*re.findall(r"[一-鿿]+", "|".join(texts)), *values]
    return sorted(set(found))


def mixed_up(language: str, draw: Draw) -> str:
    """Draw a sentence without sense, so that it must be heard and can't be guessed; some English ones hold an invented word."""
    if language == "zh":
        return "".join(draw.choice(scraps("zh")) for _ in range(draw.between(2, 4)))[: LONGEST["zh"] - 1] + "。"
    words = [draw.choice(scraps("en")) if draw.chance(0.9) else word(draw, 2).capitalize() for _ in range(draw.between(3, 8))]
    text = " ".join(words)
    return f"{text[0].upper()}{text[1:]}."


def said(draw: Draw) -> dict:
    """Draw one training call, not yet spoken; ``translation`` is empty where the sentence has no sense."""
    call, kind = calls.example("train", draw), draw.fraction()
    if kind < 0.25:
        both = translated(draw)
        return call | {"text": both[call["language"]], "translation": both[LANGUAGES[1 - LANGUAGES.index(call["language"])]]}
    if kind < 0.55:
        return call | {"text": mixed_up(call["language"], draw), "translation": ""}
    return call


# What is heard


@dataclass(frozen=True)
class Clip:
    """The log-mel features (mels, frames) of a call, float16, without the silence after it."""

    name: str
    frames: object

    def __str__(self) -> str:
        return self.name


def extractor():
    """Return the feature extractor: 64 mels every 20 ms of 4 seconds."""
    from transformers import WhisperFeatureExtractor

    return WhisperFeatureExtractor(feature_size=MELS, hop_length=HOP, chunk_length=SECONDS)


def heard(call: dict, extract):
    """Speak a call and return its features (mels, frames) as float16, or None if it is too long."""
    import numpy

    samples = calls.synthesise(call["text"], call["language"], call["voice"], call["speed"])
    if len(samples) > SECONDS * calls.RATE:
        return None
    features = extract(samples, sampling_rate=calls.RATE, return_tensors="np").input_features[0]
    return features[:, : -(-len(samples) // HOP) + 1].astype(numpy.float16)


def clips(spoken: Sequence[dict], folder: Path) -> list:
    """Return the features of each call (None where it is too long), spoken once and kept in ``folder``.

    Raises CourseError where the program espeak-ng is missing.
    """
    from concurrent.futures import ThreadPoolExecutor

    import numpy
    from tqdm.auto import tqdm

    settings = json.dumps([MELS, HOP, SECONDS, list(spoken)], ensure_ascii=False, sort_keys=True)
    path = Path(folder) / f"clips-{hashlib.sha256(settings.encode()).hexdigest()[:16]}.npz"
    if not path.is_file():
        extract = extractor()
        with ThreadPoolExecutor(os.cpu_count()) as speakers:
            found = list(tqdm(speakers.map(lambda call: heard(call, extract), spoken), total=len(spoken), desc="speak", unit="call", mininterval=1))
        lengths = [0 if one is None else one.shape[1] for one in found]
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".part.npz")
        numpy.savez(fresh, lengths=lengths, frames=numpy.concatenate([one for one in found if one is not None], axis=1))
        fresh.replace(path)
    with numpy.load(path) as kept:
        lengths, frames = kept["lengths"], kept["frames"]
    parts = numpy.split(frames, numpy.cumsum(lengths)[:-1], axis=1)
    return [part if length else None for part, length in zip(parts, lengths, strict=True)]


def examples(count: int, seed: int) -> list[dict]:
    """Draw training examples {text, language, translation, clip}; beyond ``CLIPS`` they come again, in another order."""
    draw = Draw(f"grow asr {seed}")
    spoken = [said(draw) for _ in range(min(count, CLIPS))]
    found = clips(spoken, scratch.CACHE / "asr")
    distinct = [
        {name: call[name] for name in ("text", "language", "translation")} | {"clip": Clip(f"{call['voice']} {call['speed']}", frames)}
        for call, frames in zip(spoken, found, strict=True)
        if frames is not None
    ]
    result: list[dict] = []
    while len(result) < count:
        result += draw.shuffled(distinct)
    return [eased(row, number / count) for number, row in enumerate(result[:count])]


def eased(row: dict, share: float) -> dict:
    """Return an example as it is heard at ``share`` of the training: plain and without its translation at first, then more and more varied."""
    return row | {"translation": row["translation"] if share > 0.35 else "", "strength": min(max((share - 0.2) / 0.3, 0.0), 1.0)}


def varied(frames, strength: float = 1.0):
    """Return features (mels, FRAMES) of a clip as another voice at another speed in another room might give them.

    Stretched in time, warped in frequency, under noise, later, with bands and moments masked
    (Park et al. 2019, SpecAugment), all by ``strength`` from 0 to 1. Random numbers are torch's.
    """
    import torch

    def between(low: float, high: float) -> float:
        return low + (high - low) * torch.rand(()).item()

    frames = torch.from_numpy(frames).float()
    height = round(MELS * between(1 - 0.14 * strength, 1 + 0.16 * strength))
    width = min(FRAMES, round(frames.shape[1] * between(1 - 0.15 * strength, 1 + 0.18 * strength)))
    frames = torch.nn.functional.interpolate(frames[None, None], size=(height, width), mode="bilinear")[0, 0]
    if height < MELS:
        frames = torch.cat([frames, frames[-1:].expand(MELS - height, -1)])
    frames = frames[:MELS]
    loudest = frames.max()
    if between(0, 1) < 0.5 * strength:  # a unit of these features is 40 dB
        tilt = torch.linspace(between(-0.2, 0.2), between(-0.2, 0.2), MELS)[:, None]
        noise = loudest - between(0.8, 2.0) + tilt + 0.1 * torch.randn(frames.shape)
        frames = torch.logaddexp(frames * 9.21, noise * 9.21) / 9.21
    quiet = frames.mean()
    for _ in range(2):
        band, first = int(between(0, 8 * strength + 1)), int(between(0, MELS - 9))
        frames[first : first + band] = quiet
        moment, start = int(between(0, 7 * strength + 1)), int(between(0, width))
        frames[:, start : start + moment] = quiet
    result = torch.full((MELS, FRAMES), loudest - 2.0)
    late = int(between(0, min(10, FRAMES - width) + 1))
    result[:, late : late + width] = frames
    return result.clamp(min=frames.max() - 2.0)


# The model


def merges(lines: Sequence[str], size: int) -> list[tuple[str, str]]:
    """Return at most ``size`` merges of byte-level BPE, learnt from ``lines``."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(lines, trainers.BpeTrainer(vocab_size=256 + size, initial_alphabet=alphabet, show_progress=False))
    return [tuple(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]


def processor(seed: int = 0):
    """Return feature extractor and tokenizer: bytes, English pieces, one token a Chinese character of the training text."""
    from tokenizers import pre_tokenizers
    from transformers import WhisperProcessor, WhisperTokenizer

    draw = Draw(f"asr words {seed}")
    sentences = [pair(calls.example("train", draw)) for _ in range(4000)] + [translated(draw) for _ in range(2000)]
    characters = sorted({character for both in sentences for character in both["zh"]})
    learnt = [*merges([both["en"] for both in sentences], ENGLISH_PIECES), *merges(characters * 2, 3 * len(characters))]
    vocab = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *dict.fromkeys(first + second for first, second in learnt)]
    tokenizer = WhisperTokenizer(
        vocab={piece: number for number, piece in enumerate([*vocab, *SPECIAL])},
        merges=learnt,
        pad_token=SILENCE,
        additional_special_tokens=list(SPECIAL[1:]),
        model_max_length=LONGEST_OUTPUT,
    )
    return WhisperProcessor(feature_extractor=extractor(), tokenizer=tokenizer)


def build(seed: int):
    """Return (untrained model, its processor)."""
    import torch
    from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration

    made = processor()
    number = {token: made.tokenizer.convert_tokens_to_ids(token) for token in SPECIAL}
    tokens = {"bos_token_id": number[END], "eos_token_id": number[END], "pad_token_id": number[SILENCE], "decoder_start_token_id": number[START]}
    config = WhisperConfig(
        vocab_size=len(made.tokenizer), num_mel_bins=MELS, d_model=192, max_source_positions=FRAMES // 2, max_target_positions=LONGEST_OUTPUT,
        encoder_layers=4, encoder_attention_heads=4, encoder_ffn_dim=768, decoder_layers=2, decoder_attention_heads=4, decoder_ffn_dim=768,
        dropout=0.1, init_std=0.05, suppress_tokens=None, begin_suppress_tokens=None, use_cache=True, **tokens,
    )  # fmt: skip
    model = WhisperForConditionalGeneration(config)
    model.generation_config = GenerationConfig(
        **tokens, max_length=LONGEST_OUTPUT, is_multilingual=True, no_timestamps_token_id=number[NO_TIMESTAMPS], return_timestamps=False,
        lang_to_id={f"<|{name}|>": number[f"<|{name}|>"] for name in LANGUAGES},
        task_to_id={name: number[f"<|{name}|>"] for name in ("transcribe", "translate")},
    )  # fmt: skip
    encoder, decoder = model.get_encoder(), model.model.decoder
    with torch.no_grad():
        encoder.conv1.weight.mul_(2.0)  # sound as loud as the positions beside it, or learning starts late
        encoder.conv2.weight.mul_(1.2)
        encoder.embed_positions.weight.mul_(0.4)
        # Start near the diagonal: each token looks a little later in the call than the one before.
        moments = (TOKEN * (torch.arange(config.max_target_positions) - PROMPT)).clamp(0, FRAMES // 2 - 1)
        decoder.embed_positions.weight.copy_(0.4 * encoder.embed_positions.weight[moments])
        for layer in decoder.layers:
            layer.encoder_attn.q_proj.weight.copy_(2.5 * layer.encoder_attn.k_proj.weight)
    decoder.register_forward_pre_hook(for_both, with_kwargs=True)
    model.register_forward_hook(partial(aligned, end=number[END], blank=number[SILENCE], lengths=durations(made.tokenizer)), with_kwargs=True)
    return model, made


def for_both(decoder, args, inputs: dict):
    """Hand what was heard to as many rows as the decoder writes of a call: in training one for each language."""
    states = inputs["encoder_hidden_states"]
    return args, inputs | {"encoder_hidden_states": states.repeat(len(inputs["input_ids"]) // len(states), 1, 1)}


def aligned(model, _, inputs: dict, output, end: int, blank: int, lengths):
    """In training, add to the loss what is said at each moment, supposing that each token takes its share of the call.

    Such a flat start is known from hidden Markov models. The decoder's own embeddings name
    the tokens, so nothing is added to the model. From attention alone it learns slowly what is said when.
    """
    import torch

    if model.training:
        states = output.encoder_last_hidden_state
        spoken = inputs["labels"][: len(states), PROMPT:]
        tokens = spoken.where((spoken >= 0) & (spoken != end), blank)
        supposed = flat(inputs["input_features"], tokens, lengths.to(tokens.device), blank)
        scores = model.proj_out(states).float()
        output.loss = output.loss + torch.nn.functional.cross_entropy(scores.flatten(0, 1), supposed.flatten(), ignore_index=blank)
    return output


def flat(features, tokens, lengths, blank: int):
    """Return the token at each moment (n, FRAMES / 2) if each of ``tokens`` (n, t) takes its share of the time in which there is sound.

    ``lengths``: of each token of the vocabulary. Moments without sound get ``blank``.
    """
    import torch

    loud = features.amax(1)
    sound = loud > loud.amax(1, keepdim=True) - 0.7  # 28 dB
    first, last = sound.int().argmax(1, keepdim=True), FRAMES - sound.flip(1).int().argmax(1, keepdim=True)
    until = lengths[tokens].cumsum(1)
    moments = torch.arange(FRAMES // 2, device=features.device) * 2 + 1.0
    share = (moments - first) / (last - first)
    place = torch.searchsorted(until, share.clamp(0, 0.999) * until[:, -1:], right=True)
    return tokens.gather(1, place.clamp(max=tokens.shape[1] - 1)).where((share >= 0) & (share < 1), blank)


def durations(tokenizer):
    """Return how long each token takes, relative to others of its language: letters or Chinese characters; a comma is a pause."""
    import torch

    pauses = {",": 4.0, "，": 1.5}
    pieces = [tokenizer.decode([number]) for number in range(len(tokenizer) - len(SPECIAL))]
    return torch.tensor([pauses.get(piece, float(len(re.findall(r"[A-Za-z]|[一-鿿]", piece)))) for piece in pieces] + [0.0] * len(SPECIAL))


def written(tokenizer, text: str, language: str, task: str = "transcribe") -> list[int]:
    """Return the token ids that the decoder should write: language, task, no timestamps, the text, the end."""
    prompt = tokenizer.convert_tokens_to_ids([f"<|{language}|>", f"<|{task}|>", NO_TIMESTAMPS])
    return [*prompt, *tokenizer.encode(text, add_special_tokens=False), tokenizer.eos_token_id]


def collate(processor, rows: Sequence[dict]) -> dict:
    """Return input_features (n, mels, FRAMES), and labels and decoder_input_ids (2n, tokens): n transcripts, then n translations.

    A call without a translation has only labels of -100 there, a batch without any only the transcripts. The language of a transcript is
    learnt, the rest of a prompt is given. Half of the Mandarin calls are translated as Whisper
    names it, by the spoken language and <|translate|>, the others by the wanted language.
    """
    import torch

    tokenizer, ignored = processor.tokenizer, -100
    targets = [written(tokenizer, row["text"], row["language"]) for row in rows]
    for row in rows if any(row["translation"] for row in rows) else ():
        other = LANGUAGES[1 - LANGUAGES.index(row["language"])]
        as_task = row["language"] == "zh" and torch.rand(()).item() < 0.5
        targets.append(written(tokenizer, row["translation"], row["language"] if as_task else other, "translate" if as_task else "transcribe"))
    ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(target) for target in targets], batch_first=True, padding_value=ignored)
    labels, n = ids.clone(), len(rows)
    labels[:n, 1:PROMPT] = ignored
    labels[n:, :PROMPT] = ignored
    for number, row in enumerate(rows, n):
        if number < len(labels) and not row["translation"]:
            labels[number] = ignored
    start = torch.full((len(ids), 1), tokenizer.convert_tokens_to_ids(START))
    before = torch.cat([start, ids[:, :-1]], dim=1)
    misled = torch.rand(before.shape) < MISLED
    misled[:, : PROMPT + 1] = False
    before = torch.where(misled, torch.randint(len(tokenizer) - len(SPECIAL), before.shape), before)
    return {
        "input_features": torch.stack([varied(row["clip"].frames, row["strength"]) for row in rows]),
        "decoder_input_ids": before.masked_fill(before == ignored, tokenizer.pad_token_id),
        "labels": labels,
    }


def load(folder: Path):
    """Return (model in float32 in evaluation mode, processor)."""
    import torch
    from transformers import WhisperForConditionalGeneration, WhisperProcessor

    model = WhisperForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    return model, WhisperProcessor.from_pretrained(folder)


# Measuring


def sound(path: Path):
    """Return the samples of a recording, float32. Raises CourseError without the package soundfile."""
    try:
        import soundfile
    except ImportError as error:
        raise CourseError('Reading recordings needs the package soundfile. Install it with: pip install "greenhouse[audio]"') from error
    return soundfile.read(path, dtype="float32")[0]


def transcripts(model, processor, paths: Sequence[Path], languages: Sequence[str]) -> list[str]:
    """Return what the model writes of each recording in the language asked for, greedily."""
    import torch

    result = [""] * len(paths)
    for language in LANGUAGES:
        chosen = [number for number, name in enumerate(languages) if name == language]
        for start in range(0, len(chosen), minilm.SCORED_AT_ONCE):
            numbers = chosen[start : start + minilm.SCORED_AT_ONCE]
            inputs = processor([sound(paths[number]) for number in numbers], sampling_rate=calls.RATE, return_tensors="pt").input_features
            with torch.inference_mode():
                ids = model.generate(inputs.to(model.device), language=language, task="transcribe")
            for number, text in zip(numbers, processor.batch_decode(ids, skip_special_tokens=True), strict=True):
                result[number] = text.strip()
    return result


def bare(text: str) -> str:
    """Return the text in lower case without punctuation, as error rates compare it."""
    return " ".join(re.findall(r"[a-z']+|[一-鿿]", text.lower()))


def errors(language: str, spoken: Sequence[str], given: Sequence[str]) -> Interval:
    """Return the word error rate of English, or the character error rate of Mandarin, over all calls together."""
    import jiwer

    apart = []
    for reference, hypothesis in zip(spoken, given, strict=True):
        texts = bare(reference), bare(hypothesis)
        found = jiwer.process_words(*texts) if language == "en" else jiwer.process_characters(*(text.replace(" ", "") for text in texts))
        wrong = found.substitutions + found.deletions + found.insertions
        apart.append((wrong, found.hits + found.substitutions + found.deletions))
    return minilm.resampled(lambda wrong, length: wrong.sum(-1) / length.sum(-1), *zip(*apart, strict=True))


def in_script(text: str, language: str) -> bool:
    """Return whether ``text`` is written in the script of ``language`` and not in the other's."""
    return all(bool(script.search(text)) == (name == language) for name, script in SCRIPT.items())


def figures(model, processor, split: str, sample: float = 1.0) -> dict[str, Interval]:
    """Measure error rates, then what comes out when the language token asks for the other language."""
    from sacrebleu.metrics import CHRF

    rows = minilm.share(list(dataset("calls")[split]), sample)
    paths, spoken = [REPOSITORY / row["file"] for row in rows], [row["language"] for row in rows]
    given, result = transcripts(model, processor, paths, spoken), {}
    for name, language in (("WER English", "en"), ("CER Mandarin", "zh")):
        chosen = [number for number, row in enumerate(rows) if row["language"] == language]
        result[name] = errors(language, [rows[number]["text"] for number in chosen], [given[number] for number in chosen])
    other = [LANGUAGES[1 - LANGUAGES.index(language)] for language in spoken]
    switched, chrf = transcripts(model, processor, paths, other), CHRF()
    agree = [in_script(text, language) for text, language in zip(switched, other, strict=True)]
    score = [chrf.sentence_score(text, [row["translation"]]).score / 100 for text, row in zip(switched, rows, strict=True)]
    same = [bare(text) == bare(row["translation"]) for text, row in zip(switched, rows, strict=True)]
    return result | {
        "switched script": wilson(sum(agree), len(agree)),
        "chrF switched": bootstrap(score),
        "exact switched": wilson(sum(same), len(same)),
    }


EVERYDAY_VOICES = {"en": "en-us+m2", "zh": "cmn-latn-pinyin+m2"}  # no training call has them
EVERYDAY = (
    ("en", "The orange tulips are for my neighbour."),
    ("en", "Please bring two vases to the bakery."),
    ("en", "Is the lavender cheaper on Sunday?"),
    ("en", "My daughter wants a yellow card."),
    ("zh", "请早上把百合送到车站。"),
    ("zh", "我妈妈想要三朵红色的玫瑰。"),
    ("zh", "这盆茶花多少钱？"),
    ("zh", "星期五我在学校等您。"),
)


def everyday_calls() -> Iterator[tuple[Path, str, str]]:
    """Yield (recording, language, text) of each everyday call."""
    for number, (language, text) in enumerate(EVERYDAY, 1):
        yield EVERYDAY_FOLDER / f"{language}-{number}.flac", language, text


def record() -> None:
    """Speak the everyday calls into ``EVERYDAY_FOLDER``, which is replaced as a whole."""
    with replace_folder(EVERYDAY_FOLDER) as fresh:
        for path, language, text in everyday_calls():
            call = {"text": text, "language": language, "voice": EVERYDAY_VOICES[language], "speed": 160}
            (fresh / path.name).write_bytes(calls.flac(calls.synthesise(**call), call))
        voices = " and ".join(EVERYDAY_VOICES.values())
        (fresh / "README.md").write_text(
            "Eight sentences of `helpers/grow/asr.py`, spoken by eSpeak NG with voices that no training call has "
            f"({voices}), 16 kHz, mono: `python -m helpers.grow.asr`.\n", encoding="utf-8",
        )  # fmt: skip


def everyday(model, processor) -> list[dict]:
    """Write down the everyday calls."""
    paths, languages, texts = zip(*everyday_calls(), strict=True)
    given = transcripts(model, processor, paths, languages)
    return [{"text": f"{path.name} ({language})", "expected": text, "given": one}
            for path, language, text, one in zip(paths, languages, texts, given, strict=True)]  # fmt: skip


RECIPE = scratch.Recipe(
    role="asr",
    pipeline="automatic-speech-recognition",
    language="[en, zh]",
    title="Speech recognition: calls in English and Mandarin",
    summary="Writes down a call of up to four seconds, spoken in English or Mandarin. As in Whisper, a token before the text says which language "
    "to write: with the other language's token the same call comes out as a (rough) translation. Without one it detects the language.",
    usage="""
import soundfile
from helpers import checkpoint, dataset
from transformers import pipeline

listen = pipeline("automatic-speech-recognition", model=checkpoint("asr"))
samples, _ = soundfile.read(dataset("calls")["test"][0]["file"], dtype="float32")
listen(samples, generate_kwargs={"language": "en", "task": "transcribe"})
listen(samples, generate_kwargs={"language": "zh", "task": "transcribe"})
""",
    build=build,
    load=load,
    examples=examples,
    collate=collate,
    figures=figures,
    everyday=everyday,
    bars={"WER English": 0.15, "CER Mandarin": 0.15},
    at_most=("WER English", "CER Mandarin"),
    explained={
        "WER English": "wrong, missing and added words for each word said, without capitals and punctuation",
        "CER Mandarin": "the same for characters",
        "switched script": "share of calls written in the asked-for script when the other language is asked for",
        "chrF switched": "how many character n-grams the output then shares with the translation (sentence chrF, 0 to 1)",
        "exact switched": "share of calls whose output is then the translation word for word",
    },
    data="Calls spoken by eSpeak NG in the training voices of the calls: sentences of the calls, sentences of the translations, and words without sense; "
    "stretched, warped, under noise and partly masked anew each time. Test calls have sentences, names, places and a voice of their own.",
    limits=(
        "It knows one speech synthesiser. It does not understand real voices, and everything after four seconds is cut off.",
        "It spells words that it never heard by their sound, and of Chinese names it often writes other characters of the same sound.",
        "With the other language's token it translates only what resembles its training sentences; other output is fluent and wrong.",
        "It gives no timestamps, and silence or noise comes out as a sentence.",
    ),
    sources=("calls", "translations", "chinese"),
    steps=2500,
    batch_size=16,
    learning_rate=2e-3,
)
grow = partial(scratch.grow, RECIPE)
check = partial(scratch.check, RECIPE)

if __name__ == "__main__":
    record()

"""The recipe of the speech recogniser: a call in English or Mandarin, written down in either language.

    course grow asr

Training calls are spoken by the program espeak-ng, once, and kept as log-mel features in
.cache/grow/asr. ``python -m helpers.making.grow.asr`` speaks the everyday calls of the card again
and needs flac, too.
"""

import hashlib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from pathlib import Path

from helpers.datasets import dataset
from helpers.errors import CourseError
from helpers.files import DATA, REPOSITORY, replace_folder
from helpers.making.grow import minilm, scratch
from helpers.making.grow.report import PHRASES
from helpers.making.shop import calls, translations
from helpers.making.shop.draw import Draw
from helpers.measure import Interval, bootstrap, wilson

LANGUAGES = ("en", "zh")
START, END, SILENCE, NO_TIMESTAMPS = "<|startoftranscript|>", "<|endoftext|>", "<|nospeech|>", "<|notimestamps|>"
SPECIAL = (END, START, "<|en|>", "<|zh|>", "<|translate|>", "<|transcribe|>", SILENCE, NO_TIMESTAMPS)  # timestamps would follow the last one
PROMPT = 3  # tokens before the text: language, task, no timestamps
ENGLISH_PIECES = 400
SECONDS = 4  # what the encoder hears
HOP = 320  # samples from one frame to the next: 20 ms
FRAMES = SECONDS * calls.RATE // HOP
MELS = 64
LONGEST = {"en": 56, "zh": 20}  # characters of a training sentence: about four seconds
CLIPS = 16_000  # training calls; each is heard several times, never twice alike
JOINED = 3  # calls in one example, at most
GAP = 6  # frames between them, at least
HELD_OUT = ("name", "street", "place", "occasion")  # slots whose values in test calls no training sentence holds
PLAIN = {"en": re.compile(r"[A-Z][A-Za-z', ]+[.?!]"), "zh": re.compile(r"[一-鿿，]+[。？！]")}
LONGEST_OUTPUT = 64  # tokens, with the prompt
MISLED = 0.1  # share of the decoder's input tokens that are replaced while it learns
ROUGH = 12.0  # moments (of 40 ms): so far from its share of the call's time a sound may well be
NEAR = 2.0  # moments: attention this far from where a token is heard is tolerated
GUIDED = 2  # heads of each decoder layer that are told where to look
LOOK = 1.5  # weight of their loss; the text's and the sounds' have 1
LISTENING = 0.04  # share of the training in which only sounds and the language are learnt
TRANSLATED = 0.6  # from this share on translations are learnt, too
SCRIPT = {"en": re.compile(r"[A-Za-z]"), "zh": re.compile(r"[一-鿿]")}
EVERYDAY_FOLDER = DATA / "audio/asr_everyday"
EVERYDAY_VOICES = {"en": "en-us+m2", "zh": "cmn-latn-pinyin+m2"}  # no training call has them
ACCENTS = {"en": {"en-gb": 8, "en-us": 8, "en-gb-x-rp": 1, "en-gb-scotland": 1}, "zh": {"cmn-latn-pinyin": 1}}
VARIANTS = ("", "+f1", "+f2", "+f3", "+f4", "+f5", "+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+m8")
OPINIONS = ("events", "leisure", "life", "plain", "things", "train", "turns")  # files of opinions, whose English sentences are spoken, too

# The sounds that the encoder is to tell apart, as eSpeak NG writes them; Mandarin vowels have their tone.
SOUNDS = """
0 3 3: @ @- @2 @5 @L A: A@ D E I I# I2 IR N O2 O: O@ OI S T U U@ V VR Z a a# aI aI2 aI3 aI@ aU aa b d dZ e@ eI f g h i i: i@ i@3 j k l m n
n- o@ oU p r r- s t t# t2 tS u: v w w# z S; X kh ph s. t. tS; tS;h th ts ts. ts.h tsh z.
@11 @21 @22 @33 @35 @44 @51 @55 @r21 @r35 @r51 A11 A21 A22 A33 A35 A44 A51 A55 Au21 Au35 Au51 Au55 a21 a35 a51 a55 ai21 ai35 ai51
ai55 ei21 ei35 ei51 ei55 i.21 i.22 i.35 i.51 i.55 i11 i21 i22 i35 i44 i51 i55 iA21 iA22 iA35 iA51 iA55 iE11 iE21 iE35 iE51 iE55 i[11 i[21
i[22 i[33 i[35 i[44 i[51 i[55 iou21 iou35 iou51 iou55 o-11 o-21 o-22 o-33 o-35 o-44 o-51 o-55 o21 o35 o51 o55 ong21 ong35 ong51
ong55 ou21 ou22 ou35 ou51 ou55 u11 u21 u22 u33 u35 u51 u55 u@21 u@35 u@51 u@55 ua21 ua35 ua44 ua51
ua55 uai51 uai55 uei21 uei35 uei51 uei55 uo21 uo22 uo35 uo44 uo51 uo55 y&21 y&35 y&51 y&55 y21 y35 y51 y55 y@35 y@51 y@55 yE21 yE35 yE51
yE55 yi35 yu21 yu35 yu51
""".split()
NUMBER = {sound: number for number, sound in enumerate(SOUNDS, 1)}  # 0: no new sound


# What is said in training


@cache
def kept() -> tuple[tuple[str, str], ...]:
    """Return the names, streets, places and occasions that only test calls have, in both languages."""
    test, train = calls.written("test")["values"], calls.written("train")["values"]
    return tuple(value for slot in HELD_OUT for value in test[slot] if value not in train[slot])


def allowed(text: str) -> bool:
    """Return whether a text in either language holds nothing that is kept for the test calls."""
    return not any(english.lower() in text.lower() or chinese in text for english, chinese in kept())


@cache
def more() -> dict:
    """Return the recipe's own words: ``values`` of slots (pairs), joined with those of the training calls, and ``words`` (Mandarin)."""
    table = tomllib.loads(PHRASES.joinpath("asr_words.toml").read_text(encoding="utf-8"))
    values = dict(calls.written("train")["values"])
    for slot, text in table["values"].items():
        pairs = (tuple(part.strip() for part in line.split("|")) for line in text.strip().splitlines())
        values[slot] = (*values[slot], *(pair for pair in pairs if allowed(pair[0]) and allowed(pair[1])))
    return {"values": values, "words": [word for word in table["words"]["zh"].split() if allowed(word)]}


def short(sentences: dict[str, str]) -> bool:
    """Return whether the sentences are short and hold words only, none of those kept for the test calls."""
    return all(PLAIN[name].fullmatch(text) and len(text) <= LONGEST[name] and allowed(text) for name, text in sentences.items())


def called(draw: Draw) -> dict[str, str]:
    """Draw a sentence of the training calls in both languages, its slots filled from more words."""
    while True:
        english, chinese = calls.fill(draw.choice(calls.written("train")["phrases"]), more()["values"], draw)
        if short({"en": english, "zh": chinese}):
            return {"en": english, "zh": chinese}


def translated(draw: Draw) -> dict[str, str]:
    """Draw a pair of sentences of the translations' training text that can be spoken as a call."""
    while True:
        row = (translations.more if draw.chance(0.3) else partial(translations.example, "train"))(draw)
        if short({name: row[name] for name in LANGUAGES}):
            return {name: row[name] for name in LANGUAGES}


@cache
def opinions() -> list[str]:
    """Return the short English sentences of the opinions' training text."""
    texts = [(REPOSITORY / f"data/phrases/shop/opinions_{name}.toml").read_text(encoding="utf-8") for name in OPINIONS]
    lines = chain.from_iterable(text.splitlines() for text in texts)
    return sorted({line for line in lines if short({"en": line})})


@cache
def scraps(language: str) -> list[str]:
    """Return what sentences without sense are made of: English words, or Chinese words and what stands between slots."""
    written, values = calls.written("train"), more()["values"]
    side = LANGUAGES.index(language)
    texts = [re.sub(r"{\w+}", "|", phrase[side]) for phrase in written["phrases"]] + [pair[side] for pairs in values.values() for pair in pairs]
    if language == "zh":
        return sorted({*re.findall(r"[一-鿿]+", "|".join(texts)), *more()["words"]})
    found = re.findall(r"[A-Za-z']*[A-Za-z]", " ".join([*texts, *opinions()]))
    lower = {word for word in found if word.islower()}
    return sorted(word for word in {word.lower() if word.lower() in lower else word for word in found} if allowed(word))


def senseless(language: str, draw: Draw) -> str:
    """Draw a sentence without sense, so that it must be heard and can't be guessed."""
    if language == "zh":
        text = "".join(draw.choice(scraps("zh")) for _ in range(draw.between(2, 7)))
        return text[: LONGEST["zh"] - 1] + "。"
    text = " ".join(draw.choice(scraps("en")) for _ in range(draw.between(2, 8)))
    return f"{text[0].upper()}{text[1:]}."


@cache
def voices(language: str) -> dict[str, int]:
    """Return voices with their weights: accents and variants, none in a variant, or an accent new in test calls, that is kept for measuring."""
    held_out = [*calls.written("test")["voices"][language], EVERYDAY_VOICES[language]]
    variants = [variant for variant in VARIANTS if variant not in {"+".join(("", *voice.split("+")[1:])) for voice in held_out}]
    known = {voice.split("+")[0] for voice in calls.written("train")["voices"][language]}
    new = {voice.split("+")[0] for voice in held_out} - known
    return {accent + variant: weight for accent, weight in ACCENTS[language].items() if accent not in new for variant in variants}


def said(draw: Draw) -> dict:
    """Draw one training call, not yet spoken; ``translation`` is empty where there is none."""
    language, kind = draw.choice(LANGUAGES), draw.fraction()
    other = LANGUAGES[1 - LANGUAGES.index(language)]
    if kind < 0.5:
        both = called(draw) if kind < 0.35 else translated(draw)
        text, translation = both[language], both[other]
    else:
        text = draw.choice(opinions()) if language == "en" and kind < 0.7 else senseless(language, draw)
        translation = ""
    return {"text": text, "language": language, "translation": translation, "voice": draw.weighted(voices(language)),
            "speed": draw.between(135, 195), "pitch": draw.between(30, 70)}  # fmt: skip


# What is heard


@dataclass(frozen=True)
class Clip:
    """A call as it is kept: its text, log-mel features (mels, frames) in float16 without silence around, and its sounds as ``noted``."""

    name: str
    text: str
    frames: object
    sounds: tuple[int, ...]

    def __str__(self) -> str:
        return self.name


def extractor():
    """Return the feature extractor: 64 mels every 20 ms of 4 seconds."""
    from transformers import WhisperFeatureExtractor

    return WhisperFeatureExtractor(feature_size=MELS, hop_length=HOP, chunk_length=SECONDS)


def noted(sounds: str) -> list[int]:
    """Return the numbers of the sounds in eSpeak NG's notation; stress and what is not in ``SOUNDS`` is left out.

    The first number of each English word or Chinese character is negative.
    """
    bare = re.sub(r"[',%=|!]|\(\w+\)", "", sounds).replace("214", "21")
    words = ([NUMBER[sound] for sound in word.split("_") if sound in NUMBER] for word in bare.split())
    return [number if place else -number for word in words for place, number in enumerate(word)]


def heard(call: dict, extract):
    """Speak a call and return its features (mels, frames) as float16 and its sounds, or None if it is too long."""
    import numpy

    samples, sounds = calls.spoken(*(call[name] for name in ("text", "language", "voice", "speed", "pitch")))
    loud = numpy.flatnonzero(abs(samples) > 0.01)
    samples = samples[max(loud[0] - HOP, 0) : loud[-1] + HOP]
    if len(samples) > SECONDS * calls.RATE:
        return None
    features = extract(samples, sampling_rate=calls.RATE, return_tensors="np").input_features[0]
    return features[:, : -(-len(samples) // HOP)].astype(numpy.float16), noted(sounds)


def clips(spoken: Sequence[dict], folder: Path) -> list[Clip]:
    """Return the calls as clips, without those that are too long; spoken once and kept in ``folder``.

    Raises CourseError where the program espeak-ng is missing.
    """
    from concurrent.futures import ThreadPoolExecutor

    import numpy
    from tqdm.auto import tqdm

    settings = json.dumps(["words", MELS, HOP, SECONDS, list(spoken)], ensure_ascii=False, sort_keys=True)
    path = Path(folder) / f"clips-{hashlib.sha256(settings.encode()).hexdigest()[:16]}.npz"
    if not path.is_file():
        extract = extractor()
        with ThreadPoolExecutor(os.cpu_count()) as speakers:
            found = list(tqdm(speakers.map(lambda call: heard(call, extract), spoken), total=len(spoken), desc="speak", unit="call", mininterval=1))
        fitting = [one for one in found if one is not None]
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".part.npz")
        numpy.savez(
            fresh,
            which=[number for number, one in enumerate(found) if one is not None],
            lengths=[frames.shape[1] for frames, _ in fitting],
            frames=numpy.concatenate([frames for frames, _ in fitting], axis=1),
            counts=[len(sounds) for _, sounds in fitting],
            sounds=numpy.concatenate([sounds for _, sounds in fitting]).astype(numpy.int16),
        )
        fresh.replace(path)
    with numpy.load(path) as kept:
        frames = numpy.split(kept["frames"], numpy.cumsum(kept["lengths"])[:-1], axis=1)
        sounds = numpy.split(kept["sounds"], numpy.cumsum(kept["counts"])[:-1])
        which = kept["which"].tolist()
    return [
        Clip(json.dumps(spoken[number], ensure_ascii=False), spoken[number]["text"], numpy.ascontiguousarray(part), tuple(noises.tolist()))
        for number, part, noises in zip(which, frames, sounds, strict=True)
    ]


def joined(distinct: Sequence[tuple[dict, Clip]], draw: Draw) -> list[dict]:
    """Return each call once, in random order: some of them alone, the others joined to what fills the time that the encoder hears."""
    result: list[dict] = []
    waiting: dict[str, list[tuple[dict, Clip]]] = {language: [] for language in LANGUAGES}

    def done(parts: list[tuple[dict, Clip]]) -> None:
        if parts:
            language = parts[0][0]["language"]
            result.append({
                "text": (" " if language == "en" else "").join(call["text"] for call, _ in parts),
                "language": language,
                "translation": parts[0][0]["translation"] if len(parts) == 1 else "",
                "clips": [clip for _, clip in parts],
            })  # fmt: skip

    for call, clip in draw.shuffled(distinct):
        language = call["language"]
        if draw.chance(0.3):
            done([(call, clip)])
            continue
        room = FRAMES - sum(one.frames.shape[1] + GAP for _, one in waiting[language])
        if clip.frames.shape[1] > room or len(waiting[language]) == JOINED:
            done(waiting[language])
            waiting[language] = []
        waiting[language].append((call, clip))
    for parts in waiting.values():
        done(parts)
    return draw.shuffled(result)


def examples(count: int, seed: int) -> list[dict]:
    """Draw training examples {text, language, translation, clips, strength}; beyond ``CLIPS`` calls they come again, joined otherwise."""
    draw = Draw(f"grow asr {seed}")
    spoken = [said(draw) for _ in range(min(2 * count, CLIPS))]
    found = clips(spoken, scratch.CACHE / "asr")
    by_name = {json.dumps(call, ensure_ascii=False): call for call in spoken}
    distinct = [(by_name[clip.name], clip) for clip in found]
    result: list[dict] = []
    while len(result) < count:
        result += joined(distinct, draw)
    return [eased(row, number / count) for number, row in enumerate(result[:count])]


def eased(row: dict, share: float) -> dict:
    """Return an example as it is heard at ``share`` of the training.

    Plain and without its text at first, then more and more varied, with its translation later on, and less varied at the end.
    """
    return row | {
        "translation": row["translation"] if share > TRANSLATED else "",
        "strength": min(max((share - LISTENING) / 0.3, 0.0), 1.0, 0.3 + 3.5 * (1 - share)),
        "written": share >= LISTENING,
    }


def varied(parts: Sequence, strength: float = 1.0):
    """Return features (mels, FRAMES) of clips one after another, as other voices at other speeds might give them, and where each is.

    Stretched in time, warped in frequency, under noise, with bands and moments masked
    (Park et al. 2019, SpecAugment), all by ``strength`` from 0 to 1. Where: (first, last) frame of each clip. Random numbers are torch's.
    """
    import torch

    def between(low: float, high: float) -> float:
        return low + (high - low) * torch.rand(()).item()

    room = (FRAMES - GAP * (len(parts) - 1)) / sum(frames.shape[1] for frames in parts)
    spans, made, first = [], [], 0
    for frames in parts:
        frames = torch.from_numpy(frames).float()
        height = round(MELS * between(1 - 0.12 * strength, 1 + 0.14 * strength))
        width = int(frames.shape[1] * min(between(1 - 0.15 * strength, 1 + 0.15 * strength), room))
        if (height, width) != tuple(frames.shape):
            frames = torch.nn.functional.interpolate(frames[None, None], size=(height, width), mode="bilinear")[0, 0]
        if height < MELS:
            frames = torch.cat([frames, frames[-1:].expand(MELS - height, -1)])
        made.append(frames[:MELS])
    spare = FRAMES - sum(frames.shape[1] for frames in made) - GAP * (len(parts) - 1)
    loudest = max(frames.max() for frames in made)
    result = torch.full((MELS, FRAMES), loudest - 2.0)
    first = int(between(0, min(10, spare) + 1))
    for frames in made:
        last = min(first + frames.shape[1], FRAMES)
        result[:, first:last] = frames[:, : last - first]
        spans.append((first, last))
        pause = int(between(0, min(15, max(FRAMES - GAP * len(parts) - sum(one.shape[1] for one in made), 0)) / len(parts)))
        first = last + GAP + pause
    if between(0, 1) < 0.3 * strength:  # a unit of these features is 40 dB
        tilt = torch.linspace(between(-0.2, 0.2), between(-0.2, 0.2), MELS)[:, None]
        noise = loudest - between(1.0, 2.0) + tilt + 0.1 * torch.randn(result.shape)
        result = torch.logaddexp(result * 9.21, noise * 9.21) / 9.21
    quiet = result.mean()
    for _ in range(2):
        band, low = int(between(0, 8 * strength + 1)), int(between(0, MELS - 9))
        result[low : low + band] = quiet
        moment, start = int(between(0, 6 * strength + 1)), int(between(0, FRAMES - 8))
        result[:, start : start + moment] = quiet
    return result.clamp(min=result.max() - 2.0), spans


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
    sentences = [called(draw) for _ in range(3000)] + [translated(draw) for _ in range(3000)]
    characters = sorted(set("".join([*(both["zh"] for both in sentences), *scraps("zh")])))
    english = [*(both["en"] for both in sentences), *(senseless("en", draw) for _ in range(2000)), *opinions()]
    learnt = [*merges(english, ENGLISH_PIECES), *merges(characters * 2, 3 * len(characters))]
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
        encoder_layers=4, encoder_attention_heads=4, encoder_ffn_dim=512, decoder_layers=2, decoder_attention_heads=4, decoder_ffn_dim=384,
        dropout=0.0, init_std=0.05, suppress_tokens=None, begin_suppress_tokens=None, use_cache=True, **tokens,
    )  # fmt: skip
    model = WhisperForConditionalGeneration(config)
    model.set_attn_implementation("eager")  # torch's fused attention has a slow backward pass on a CPU
    model.generation_config = GenerationConfig(
        **tokens, max_length=LONGEST_OUTPUT, is_multilingual=True, no_timestamps_token_id=number[NO_TIMESTAMPS], return_timestamps=False,
        lang_to_id={f"<|{name}|>": number[f"<|{name}|>"] for name in LANGUAGES},
        task_to_id={name: number[f"<|{name}|>"] for name in ("transcribe", "translate")},
    )  # fmt: skip
    with torch.no_grad():
        model.get_encoder().conv1.weight.mul_(2.0)  # sound as loud as the positions beside it, or learning starts late
        model.get_encoder().conv2.weight.mul_(1.2)
        model.get_encoder().embed_positions.weight.mul_(0.4)
    Guide(model)
    return model, made


class Guide:
    """What a model in training learns besides the text; nothing of it is saved with the model.

    From attention alone it is learnt slowly what is said when. A head on the encoder
    therefore names the sounds (CTC, Graves et al. 2006), and some heads of the decoder
    are told where in the call each token is (guided attention, Tachibana et al. 2018),
    as the head on the encoder hears it. As CTC alone names nothing for hundreds of
    steps, each sound is also to be named where it is supposed.
    """

    def __init__(self, model):
        import torch

        self.told: dict = {}
        self.looks: list = []  # what the decoder's layers attend to in the call
        model.ear = torch.nn.Linear(model.config.d_model, len(SOUNDS) + 1)
        model.register_forward_pre_hook(self.take, with_kwargs=True)
        model.register_forward_hook(self.add, with_kwargs=True)
        model.register_state_dict_post_hook(partial(self.leave_out))
        model.model.decoder.register_forward_pre_hook(self.hand_on, with_kwargs=True)
        for layer in model.model.decoder.layers:
            layer.encoder_attn.register_forward_hook(self.look)

    def take(self, model, args, inputs: dict):
        """Keep what is not for the model: which call each row of text belongs to, the sounds, and where tokens are."""
        self.told = {name: inputs.pop(name) for name in ("calls", "sounds", "expected", "places") if name in inputs}
        self.looks.clear()
        return args, inputs

    def hand_on(self, decoder, args, inputs: dict):
        """Hand what was heard to each row that the decoder writes of a call: in training one or two."""
        if self.told:
            inputs = inputs | {"encoder_hidden_states": inputs["encoder_hidden_states"][self.told["calls"]]}
        return args, inputs

    def look(self, attention, args, output) -> None:
        """Keep what a layer attends to."""
        if self.told:
            self.looks.append(output[1])

    def add(self, model, args, inputs: dict, output):
        """Add to the loss how badly the sounds are told apart and how little the guided heads look where the tokens are."""
        if self.told:
            sounds, places = self.told["sounds"], self.told["places"]
            chances = model.ear(output.encoder_last_hidden_state).float().log_softmax(-1)
            moments = aligned(chances.detach(), sounds, self.told["expected"])
            where = between(moments, places)
            output.loss = output.loss + named(chances, sounds) + misnamed(chances, sounds, moments)
            for attention in self.looks:
                output.loss = output.loss + LOOK * astray(attention[: len(places), :GUIDED], where)
        self.told, self.looks = {}, []
        return output

    def leave_out(self, model, state: dict, prefix: str, _) -> None:
        """Keep the head out of what is saved."""
        for name in [name for name in state if name.startswith(f"{prefix}ear.")]:
            del state[name]


def named(chances, sounds):
    """Return the CTC loss for each sound: ``chances`` (n, moments, sounds + 1) as logarithms, of the sounds (n, most), filled up with 0."""
    import torch

    n, moments, _ = chances.shape
    return torch.nn.functional.ctc_loss(chances.transpose(0, 1), sounds, torch.full((n,), moments), (sounds > 0).sum(1), zero_infinity=True)


def misnamed(chances, sounds, moments):
    """Return the mean negative logarithm of each sound's chance at its moment."""
    found = chances.gather(1, moments.long()[..., None].expand(-1, -1, chances.shape[2])).gather(2, sounds[..., None])[..., 0]
    return -found[sounds > 0].mean()


def aligned(chances, sounds, expected):
    """Return the moment of each sound (n, most): the likeliest, in their order, if each takes one moment.

    ``expected`` (n, most) are the moments to believe in as long as the head on the encoder can't tell sounds apart.
    """
    import torch

    (n, moments, _), most = chances.shape, sounds.shape[1]
    gain = chances.gather(2, sounds[:, None].expand(n, moments, most)) - chances[:, :, :1]
    gain -= 0.5 * ((torch.arange(moments, device=sounds.device)[:, None] - expected[:, None]) / ROUGH) ** 2
    best, heard = gain.new_full((n, most + 1), -torch.inf), []  # of the first so many sounds, up to a moment
    best[:, 0] = 0
    for moment in range(moments):
        now = best[:, :-1] + gain[:, moment]
        heard.append(now > best[:, 1:])
        best[:, 1:] = torch.maximum(now, best[:, 1:])
    result, left, rows = torch.zeros_like(expected), (sounds > 0).sum(1), torch.arange(n, device=sounds.device)
    for moment in reversed(range(moments)):
        here = heard[moment][rows, (left - 1).clamp(min=0)] & (left > 0)
        result[rows[here], left[here] - 1] = moment
        left = left - here.long()
    return result


def between(moments, places):
    """Return the moments (n, tokens) of places among sounds, whose moments (n, most) are known; negative where a place is."""
    low = places.clamp(min=0, max=moments.shape[1] - 1).floor().long()
    high = (low + 1).clamp(max=moments.shape[1] - 1)
    share = (places - low).clamp(min=0, max=1)
    found = moments.gather(1, low) * (1 - share) + moments.gather(1, high) * share
    return found.where(places >= 0, -1.0)


def astray(attention, places):
    """Return how little of the attention (n, heads, tokens, moments) is near the tokens' places, as a negative logarithm.

    ``places`` (n, tokens) are moments, negative where a token has none.
    """
    import torch

    away = (torch.arange(attention.shape[-1], device=places.device) - places[..., None]) / NEAR
    near = (attention.float() * torch.exp(-0.5 * away**2)[:, None]).sum(-1)
    told = (places >= 0)[:, None].expand_as(near)
    return -(near[told] + 1e-3).log().sum() / told.sum().clamp(min=1)


@cache
def spelled(text: str, sounds: tuple[int, ...]) -> list[float]:
    """Return for each character of a text which sound it stands for, counted from 0, by its share of its word; a pause is between two."""
    import numpy

    words = [found.span() for found in re.finditer(r"[A-Za-z']+|[一-鿿]", text)]
    starts = [place for place, sound in enumerate(sounds) if sound < 0]
    if len(words) != len(starts):  # "in the" is one word to eSpeak NG
        words, starts = [(0, len(text))], [0]
    result = numpy.full(len(text), len(sounds) - 1.0)
    for (first, until), low, high in zip(words, starts, [*starts[1:], len(sounds)], strict=True):
        result[first:until] = low - 0.5 + (numpy.arange(until - first) + 0.5) / (until - first) * (high - low)
        result[until:] = high - 0.5
    return result.clip(0, max(len(sounds) - 1, 0)).tolist()


def placed(tokenizer, row: dict) -> tuple[list[int], list[float]]:
    """Return the tokens of a transcript, and for each the sound that it stands for, counted from 0 through the row's clips."""
    tokens, places, before = [], [], 0
    for number, clip in enumerate(row["clips"]):
        ahead = " " if number and row["language"] == "en" else ""
        found = tokenizer(ahead + clip.text, add_special_tokens=False, return_offsets_mapping=True)
        where = spelled(clip.text, clip.sounds)
        for first, until in found["offset_mapping"]:
            signs = range(max(first - len(ahead), 0), until - len(ahead))
            own = [where[sign] for sign in signs if clip.text[sign] != " "] or [where[until - len(ahead)]]  # a space goes with what follows
            places.append(before + sum(own) / len(own))
        tokens += found["input_ids"]
        before += len(clip.sounds)
    return tokens, places


def timed(row: dict, spans: Sequence[tuple[int, int]]) -> list[float]:
    """Return the moment of each sound of a row if each takes its share of its call's time."""
    return [
        (first + (place + 0.5) / len(clip.sounds) * (last - first)) / 2
        for clip, (first, last) in zip(row["clips"], spans, strict=True)
        for place in range(len(clip.sounds))
    ]


def written(tokenizer, ids: Sequence[int], language: str, task: str = "transcribe") -> list[int]:
    """Return the token ids that the decoder should write: language, task, no timestamps, the text's, the end."""
    return [*tokenizer.convert_tokens_to_ids([f"<|{language}|>", f"<|{task}|>", NO_TIMESTAMPS]), *ids, tokenizer.eos_token_id]


def collate(processor, rows: Sequence[dict]) -> dict:
    """Return input_features (n, mels, FRAMES); labels and decoder_input_ids (n + m, tokens): n transcripts, then the m translations there are.

    Then what is for ``Guide``: ``calls`` (n + m), which call a row is of; ``sounds`` (n, most), and the moments where they
    are ``expected`` by their share of the time; ``places`` (n, tokens), the sounds that tokens stand for.
    The language of a transcript is learnt, the rest of a prompt is given. Half of the Mandarin calls are translated as
    Whisper names it, by the spoken language and <|translate|>, the others by the wanted language.
    """
    import torch
    from torch.nn.utils.rnn import pad_sequence

    tokenizer, ignored, n = processor.tokenizer, -100, len(rows)
    features, spans = zip(*(varied([clip.frames for clip in row["clips"]], row["strength"]) for row in rows), strict=True)
    transcripts = [placed(tokenizer, row) for row in rows]
    targets = [written(tokenizer, ids, row["language"]) for row, (ids, _) in zip(rows, transcripts, strict=True)]
    if not any(row["written"] for row in rows):
        targets = [target[:PROMPT] for target in targets]
    places = [torch.tensor(([-1.0] * PROMPT + sounds + sounds[-1:])[: len(target)]) for (_, sounds), target in zip(transcripts, targets, strict=True)]
    sounds = [torch.tensor([abs(sound) for clip in row["clips"] for sound in clip.sounds]) for row in rows]
    expected = [torch.tensor(timed(row, where)) for row, where in zip(rows, spans, strict=True)]
    numbers = list(range(n)) + [number for number, row in enumerate(rows) if row["translation"]]
    for row in (rows[number] for number in numbers[n:]):
        other = LANGUAGES[1 - LANGUAGES.index(row["language"])]
        as_task = row["language"] == "zh" and torch.rand(()).item() < 0.5
        ids = tokenizer.encode(row["translation"], add_special_tokens=False)
        targets.append(written(tokenizer, ids, row["language"] if as_task else other, "translate" if as_task else "transcribe"))
    ids = pad_sequence([torch.tensor(target[:LONGEST_OUTPUT]) for target in targets], batch_first=True, padding_value=ignored)
    labels = ids.clone()
    labels[:n, 1:PROMPT] = ignored
    labels[n:, :PROMPT] = ignored
    start = torch.full((len(ids), 1), tokenizer.convert_tokens_to_ids(START))
    before = torch.cat([start, ids[:, :-1]], dim=1)
    misled = torch.rand(before.shape) < MISLED
    misled[:, : PROMPT + 1] = False
    before = torch.where(misled, torch.randint(len(tokenizer) - len(SPECIAL), before.shape), before)
    where = pad_sequence(places, batch_first=True, padding_value=-1.0)
    return {
        "input_features": torch.stack(features),
        "decoder_input_ids": before.masked_fill(before == ignored, tokenizer.pad_token_id),
        "labels": labels,
        "calls": torch.tensor(numbers),
        "sounds": pad_sequence(sounds, batch_first=True),
        "expected": pad_sequence(expected, batch_first=True),
        "places": torch.nn.functional.pad(where, (0, max(0, ids.shape[1] - where.shape[1])), value=-1.0)[:, : ids.shape[1]],
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
        raise CourseError(
            "Reading recordings needs the package soundfile. Install it, in the clone's folder, "
            'with: pip install -c constraints.txt -e ".[audio]"'
        ) from error
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
            "Eight sentences of `helpers/making/grow/asr.py`, spoken by eSpeak NG with voices that no training call has "
            f"({voices}), 16 kHz, mono: `python -m helpers.making.grow.asr`.\n", encoding="utf-8",
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
    data="Calls spoken by eSpeak NG at many speeds and pitches: sentences of the calls with more names and words, sentences of the translations and of "
    "the opinions, and words without sense; short ones joined; stretched, warped, under noise and partly masked anew each time. Test calls have "
    "sentences, names, places and a voice of their own. In training only, a head on the encoder names the sounds that eSpeak NG made, and half of the "
    "decoder's heads are told where in the call each token is; neither is in the weights shipped.",
    limits=(
        "It knows one speech synthesiser. It does not understand real voices, and everything after four seconds is cut off.",
        "In a voice that it has not heard it takes the tone of a Mandarin syllable for another one, and writes a character of that tone.",
        "It spells words that it never heard by their sound, and of Chinese names it often writes other characters of the same sound.",
        "With the other language's token it translates only what resembles its training sentences; other output is fluent and wrong.",
        "It gives no timestamps, and silence or noise comes out as a sentence.",
    ),
    sources=("calls", "translations", "chinese", "opinions"),
    steps=5600,
    batch_size=32,
    muon=True,  # the decoder then finds the place of each token in a few hundred steps, with AdamW in thousands
    learning_rate=3e-3,
)

grow = partial(scratch.grow, RECIPE)
check = partial(scratch.check, RECIPE)

if __name__ == "__main__":
    record()

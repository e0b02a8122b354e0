"""Phone calls to the shop: one sentence each, spoken in English or Mandarin by eSpeak NG.

Each call has its sentence in both languages, so that a speech model can write
down what it hears, or translate it. The recordings in data/audio/calls are part of
the clone; they carry what is said in them as tags, and ``rows`` reads these.
``python -m helpers.making.shop.calls`` records anew and needs the programs espeak-ng and
flac. ``example`` and ``synthesise`` give calls without end for training.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tempfile
import tomllib
import wave
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.errors import CourseError, unknown
from helpers.files import DATA, relative, replace_folder
from helpers.making.shop import phrase_files
from helpers.making.shop.dataset import DataSet
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import SPLITS

if TYPE_CHECKING:
    import numpy as np

FOLDER = DATA / "audio/calls"
RATE = 16_000
ROWS = {"train": 16, "validation": 24, "test": 60}
LANGUAGES = {"en": "en", "zh": "cmn"}  # language → how the names of its voices begin
SPEEDS = (140, 150, 160, 170, 180, 190)  # words a minute
SHORTEST, LONGEST = 1.5, 4.0  # seconds of a recording
PEAK = 0.5  # the loudest sample of a call
STEP = 2.0**-12  # samples are multiples of this: a fifth less to store
TAGS = ("text", "language", "voice", "speed", "translation")


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Lines "English | Chinese" as pairs."""
    pairs = []
    for line in text.strip().splitlines():
        english, chinese = (part.strip() for part in line.split("|"))
        pairs.append((english, chinese))
    return tuple(pairs)


def _table(kind: str) -> dict:
    return tomllib.loads(phrase_files.path(f"calls_{kind}.toml").read_text(encoding="utf-8"))


@cache
def written(split: str) -> dict:
    """The ``phrases``, the ``values`` of their slots, and the ``voices`` of each language in a split."""
    if split not in SPLITS:
        raise unknown("split", split, SPLITS)
    kind = "test" if split == "test" else "train"
    table = _table(kind)
    values = {slot: _pairs(text) for slot, text in table["values"].items()}
    if kind == "test":
        values = {**written("train")["values"], **values}
    return {"phrases": _pairs(table["phrases"]), "values": values, "voices": table["voices"]}


@cache
def _readings(language: str) -> tuple[tuple[str, str], ...]:
    """Words that the synthesiser reads wrongly, each with characters that make it sound right."""
    table = _table("train")["readings"]
    return _pairs(table[language]) if language in table else ()


def fill(phrase: tuple[str, str], values: dict, draw: Draw) -> tuple[str, str]:
    """A phrase with a value in every slot; {name2} differs from {name}, and {order} is four digits."""
    chosen: dict[str, tuple[str, str]] = {}
    for slot in sorted(set(re.findall(r"{(\w+)}", phrase[0]))):
        if slot == "order":
            digits = [draw.choice(values["digit"]) for _ in range(4)]
            chosen[slot] = (" ".join(english for english, _ in digits), "".join(chinese for _, chinese in digits))
        else:
            kind = slot.removesuffix("2")
            chosen[slot] = draw.choice([pair for pair in values[kind] if pair != chosen.get(kind)])
    english, chinese = (text.format(**{slot: pair[side] for slot, pair in chosen.items()}) for side, text in enumerate(phrase))
    return english[0].upper() + english[1:], chinese


def _call(split: str, phrase: tuple[str, str], language: str, draw: Draw) -> dict:
    english, chinese = fill(phrase, written(split)["values"], draw)
    text, translation = (english, chinese) if language == "en" else (chinese, english)
    return {"text": text, "language": language, "voice": draw.choice(written(split)["voices"][language]),
            "speed": draw.choice(SPEEDS), "translation": translation}


def example(split: str, draw: Draw) -> dict:
    """One call in either language, not yet spoken: ``text``, ``language``, ``voice``, ``speed`` and ``translation``."""
    return _call(split, draw.choice(written(split)["phrases"]), draw.choice(sorted(LANGUAGES)), draw)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise CourseError(f"The program {name} is missing. Debian, Ubuntu, Colab: apt-get install {name}. macOS: brew install {name}. "
                          f"Without it, the recordings in {relative(FOLDER)} can still be used.")
    return found


@cache
def _lowpass() -> np.ndarray:
    """The filter that brings eSpeak NG's 22,050 samples a second to 16,000, designed once."""
    from scipy.signal import firwin

    down = 22_050 // 50  # 320 samples for each 441
    return firwin(20 * down + 1, 1 / down, window=("kaiser", 5.0))


def spoken(text: str, language: str, voice: str, speed: int, pitch: int = 50) -> tuple[np.ndarray, str]:
    """``text`` spoken by eSpeak NG at ``speed`` words a minute, and the sounds in its own notation, "_" between them.

    The samples are float32, mono, 16 kHz; ``pitch`` goes from 0 to 99. Raises CourseError for
    an unknown language, for a voice of another language, and where the program espeak-ng is
    missing. Of a voice like "en-gb+f2" eSpeak NG ignores, without a word, what it does not know.
    """
    import numpy as np
    from scipy.signal import resample_poly

    if language not in LANGUAGES:
        raise unknown("language", language, LANGUAGES)
    if not voice.startswith(LANGUAGES[language]):
        raise unknown(f"voice for {language!r}", voice, written("train")["voices"][language])
    program = _program("espeak-ng")
    for word, sound in _readings(language):
        text = text.replace(word, sound)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "call.wav"
        done = subprocess.run([program, "-v", voice, "-s", str(speed), "-p", str(pitch), "-z", "-b", "1", "-x", "--sep=_", "--stdin", "-w", str(path)],
                              input=text.encode("utf-8"), capture_output=True, check=False)
        if done.returncode or not path.is_file():
            raise CourseError(f"espeak-ng did not speak with the voice {voice!r}: {done.stderr.decode(errors='replace').strip()}")
        with wave.open(str(path)) as file:
            rate, frames = file.getframerate(), file.readframes(file.getnframes())
    samples = np.frombuffer(frames, dtype="<i2").astype(np.float64)
    samples = resample_poly(samples, RATE, rate, window=_lowpass() if rate == 22_050 else ("kaiser", 5.0))
    loudest = abs(samples).max()
    if loudest == 0:
        raise CourseError(f"espeak-ng was silent for {text!r}.")
    return (np.round(samples * (PEAK / loudest / STEP)) * STEP).astype(np.float32), done.stdout.decode("utf-8", errors="replace")


def synthesise(text: str, language: str, voice: str, speed: int) -> np.ndarray:
    """The samples of ``spoken``: float32, mono, 16 kHz."""
    return spoken(text, language, voice, speed)[0]


def flac(samples: np.ndarray, tags: dict) -> bytes:
    """A 16-bit FLAC file with its tags."""
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 2**15).astype("<i2").tobytes())
    options = ["--best", "--exhaustive-model-search", "--no-padding", "--no-seektable", "--silent", "--stdout", "-"]
    marks = [f"--tag={name}={value}" for name, value in tags.items()]
    return subprocess.run([_program("flac"), *marks, *options], input=sound.getvalue(), capture_output=True, check=True).stdout


def header(path: Path) -> dict:
    """What a FLAC file says of itself: ``rate``, ``channels``, ``samples`` and its ``tags``.

    The format: https://www.rfc-editor.org/rfc/rfc9639 (sections 8.2 and 8.6).
    """
    content = path.read_bytes()
    if content[:4] != b"fLaC":
        raise CourseError(f"{relative(path)} is no FLAC file. Restore it with: git restore {relative(path)}")
    result, position, last = {}, 4, False
    while not last:
        last, kind = content[position] >= 128, content[position] % 128
        length = int.from_bytes(content[position + 1:position + 4], "big")
        block = content[position + 4:position + 4 + length]
        if kind == 0:
            bits = int.from_bytes(block[10:18], "big")
            result |= {"rate": bits >> 44, "channels": (bits >> 41) % 8 + 1, "samples": bits % 2**36}
        elif kind == 4:
            result["tags"] = dict(field.split("=", 1) for field in _fields(block))
        position += 4 + length
    return result


def _fields(block: bytes) -> list[str]:
    """The fields "name=value" of a comment block: the maker's name, a count, then the fields, each after its length."""
    def number(at: int) -> int:
        return int.from_bytes(block[at:at + 4], "little")

    position = 4 + number(0)
    count, position, fields = number(position), position + 4, []
    for _ in range(count):
        end = position + 4 + number(position)
        fields.append(block[position + 4:end].decode("utf-8"))
        position = end
    return fields


def record(folder: Path = FOLDER) -> None:
    """Speak the calls of all splits and write them to ``folder`` as <split>-<number>.flac.

    Languages alternate, phrases come in random order, no sentence comes twice, and
    calls outside ``SHORTEST`` … ``LONGEST`` are left out. The folder is replaced as a whole.
    """
    seen: set[str] = set()
    with replace_folder(Path(folder)) as fresh:
        for split, count in ROWS.items():
            draw, done, phrases = Draw(f"calls {split}"), 0, []
            while done < count:
                phrases = phrases or draw.shuffled(written(split)["phrases"])
                language = sorted(LANGUAGES)[done % len(LANGUAGES)]
                call = _call(split, phrases.pop(), language, draw)
                english = call["text"] if language == "en" else call["translation"]
                samples = synthesise(call["text"], language, call["voice"], call["speed"])
                if english not in seen and SHORTEST <= len(samples) / RATE <= LONGEST:
                    seen.add(english)
                    done += 1
                    (fresh / f"{split}-{done:03d}.flac").write_bytes(flac(samples, call))


def rows(seed: int = 0) -> dict[str, list[dict]]:
    """The recorded calls of all splits. They are fixed, so ``seed`` changes nothing."""
    result = {}
    for split, count in ROWS.items():
        result[split] = []
        for number in range(1, count + 1):
            path = FOLDER / f"{split}-{number:03d}.flac"
            if not path.is_file():
                raise CourseError(f"{relative(path)} is missing. Restore it with: git restore {relative(path)}")
            said = header(path)
            tags = said["tags"]
            result[split].append({"id": f"call-{split}-{number:03d}", "file": relative(path), **{name: tags[name] for name in TAGS},
                                  "speed": int(tags["speed"]), "seconds": round(said["samples"] / said["rate"], 3)})
    return result


DATA_SETS = (
    DataSet(
        name="calls",
        description="Sentences from phone calls to the shop, recorded in English or Mandarin, each with its text in both languages.",
        made=(
            "Phrases written by hand in both languages (`data/phrases/shop/calls_train.toml`, `calls_test.toml`) are filled with flowers, days, "
            "numbers and names, and spoken by the speech synthesiser eSpeak NG in several voices and speeds (16 kHz, mono, FLAC). Test "
            "calls have their own phrases, names, places and voices. The recordings are kept, not made anew with the other data."
        ),
        columns={
            "id": "split and number", "file": "the recording, seen from the repository", "text": "what is said, numbers as words",
            "language": "en or zh", "voice": "the synthesiser's voice", "speed": "words a minute", "seconds": "length of the recording",
            "translation": "the same sentence in the other language",
        },
        rows=rows,
        limits=(
            "All voices of the calls come from one rule-based synthesiser: no noise, no dialogue, and no real person's speech.",
            "Its Mandarin reads characters one by one: the worst readings are corrected by hand, tones often stay as they are.",
            "Training and validation calls share phrases and voices; validation differs only in what fills them.",
        ),
    ),
)

if __name__ == "__main__":
    record()
    print(f"Wrote {relative(FOLDER)}.")

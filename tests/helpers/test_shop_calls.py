"""Recorded calls: the files are what the manifest says, and test calls are unseen."""

import io
import json
import re
import subprocess
import wave
from collections import Counter
from importlib.util import find_spec
from itertools import chain

import pytest

from helpers.errors import CourseError
from helpers.files import REPOSITORY
from helpers.making.shop import calls
from helpers.making.shop.draw import Draw

# Measured: 0 % of the English and 0.6 % of the Chinese 5-grams of test calls occur in other
# recorded calls.
MAX_OVERLAP = 0.05
SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def rows():
    return calls.rows()


def texts(row):
    """The call in English and in Chinese."""
    return (row["text"], row["translation"]) if row["language"] == "en" else (row["translation"],
            row["text"])


def test_files_are_what_the_manifest_says(rows):
    sizes = {}
    for row in chain(*rows.values()):
        path = REPOSITORY / row["file"]
        said = calls.header(path)
        sizes[path.name] = path.stat().st_size
        assert (said["rate"], said["channels"]) == (16_000, 1), row["file"]
        assert said["samples"] / said["rate"] == pytest.approx(row["seconds"], abs=0.001)
        assert calls.SHORTEST <= row["seconds"] <= calls.LONGEST
        # Silence takes FLAC less than 100 bytes a second, speech more than 10,000.
        assert sizes[path.name] / row["seconds"] > 8_000, f"{row['file']} is silent"
    assert sum(sizes.values()) <= 6_000_000
    assert sorted(sizes) == sorted(path.name for path in calls.FOLDER.iterdir())


def test_sound_is_neither_silent_nor_clipped(rows):
    # The extra "audio"; without it the test above still measures
    if find_spec("soundfile") is None:
        return
    import numpy as np
    import soundfile

    for row in rows["test"]:
        samples, rate = soundfile.read(REPOSITORY / row["file"])
        assert rate == 16_000 and samples.ndim == 1
        assert len(samples) / rate == pytest.approx(row["seconds"], abs=0.001)
        assert (np.sqrt(np.mean(samples**2)) > 0.02
                and abs(samples).max() == pytest.approx(calls.PEAK, abs=0.001))


def test_counts_ids_and_columns(rows):
    assert {split: len(found) for split, found in rows.items()} == calls.ROWS
    every = list(chain(*rows.values()))
    assert len({row["id"] for row in every}) == len({row["file"]
            for row in every}) == len({texts(row)[0] for row in every}) == len(every)
    (data_set,) = calls.DATA_SETS
    assert all(set(row) == set(data_set.columns) for row in every)
    for found in rows.values():
        assert Counter(row["language"] for row in found) == {"en": len(found) / 2,
                "zh": len(found) / 2}
    assert json.dumps(rows) == json.dumps(data_set.rows(1))


def test_each_call_is_a_phrase_of_its_split(rows):
    """Fails where phrases were changed and the calls were not recorded again."""
    for split in SPLITS:
        written = calls.written(split)
        patterns = []
        for phrase in written["phrases"]:
            patterns.append([])
            for side in (0, 1):
                pattern = re.escape(phrase[side])
                for slot in set(re.findall(r"{(\w+)}", phrase[side])):
                    kind = "digit" if slot == "order" else slot.removesuffix("2")
                    options = "|".join(re.escape(pair[side]) for pair in written["values"][kind])
                    pattern = pattern.replace(rf"\{{{slot}\}}",
                                              rf"(?:(?:{options})\ ?){{4}}" if slot == "order"
                                              else f"(?:{options})")
                patterns[-1].append(re.compile(pattern, re.IGNORECASE))
        for row in rows[split]:
            english, chinese = texts(row)
            assert any(one.fullmatch(english) and two.fullmatch(chinese)
                       for one, two in patterns), row
            assert (row["voice"] in written["voices"][row["language"]]
                    and row["speed"] in calls.SPEEDS)


def test_phrases_fit_their_slots():
    for split in ("train", "test"):
        written = calls.written(split)
        known = set(written["values"]) - {"digit"} | {"order"}
        assert len({english for english, _ in written["phrases"]}) == len(written["phrases"])
        for english, chinese in written["phrases"]:
            slots = re.findall(r"{(\w+)}", english)
            assert sorted(slots) == sorted(re.findall(r"{(\w+)}",
                    chinese)) and len(slots) == len(set(slots)), english
            assert {slot.removesuffix("2") for slot in slots} <= known, english
            assert not re.search(r"\d", re.sub(r"{\w+}", "", english + chinese)), english


def test_held_out_means_other_words_and_voices(rows):
    train, test = calls.written("train"), calls.written("test")
    assert not {english for english, _ in train["phrases"]} & {english
            for english, _ in test["phrases"]}
    assert not {chinese for _, chinese in train["phrases"]} & {chinese
            for _, chinese in test["phrases"]}
    for slot in ("name", "place", "street", "occasion"):
        assert not set(train["values"][slot]) & set(test["values"][slot])
    for language in calls.LANGUAGES:
        assert not {row["voice"] for row in rows["test"]
                    if row["language"] == language} & set(train["voices"][language])

    def grams(found, side):
        words = [re.findall(r"[一-鿿]|[a-z']+", texts(row)[side].lower()) for row in found]
        return {tuple(line[start:start + 5]) for line in words for start in range(len(line) - 4)}

    for side in (0, 1):
        unseen = grams(rows["test"], side)
        assert len(unseen) > 150
        assert len(unseen & grams(rows["train"] + rows["validation"],
                                  side)) <= MAX_OVERLAP * len(unseen)


def test_examples_repeat_and_vary():
    first, second = ([calls.example(split, draw) for _ in range(300) for split in SPLITS]
                     for draw in (Draw("x"), Draw("x")))
    assert first == second
    assert len({call["text"] for call in first}) > 600
    for call in first:
        english, chinese = texts(call)
        assert re.fullmatch(r"[A-Z][A-Za-z', ]+[.?!]", english), english
        assert re.fullmatch(r"[一-鿿，]+[。？！]", chinese), chinese
    with pytest.raises(CourseError, match="Unknown split 'dev'"):
        calls.example("dev", Draw(0))


def test_speech_is_brought_to_16_khz(monkeypatch):
    asked = []

    def speak(command, **options):
        asked.append((command[1:5], options["input"].decode("utf-8")))
        sound = io.BytesIO()
        with wave.open(sound, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(22_050)
            file.writeframes(b"\x00\x10\x00\xf0" * 11_025)
        with open(command[-1], "wb") as file:
            file.write(sound.getvalue())
        return subprocess.CompletedProcess(command, 0, b"w_'o21", b"")

    monkeypatch.setattr(calls.shutil, "which", lambda name: name)
    monkeypatch.setattr(calls.subprocess, "run", speak)
    samples = calls.synthesise("我在银行。", "zh", "cmn-latn-pinyin+f2", 150)
    # A reading corrected by hand
    assert asked == [(["-v", "cmn-latn-pinyin+f2", "-s", "150"], "我在银航。")]
    assert (samples.dtype, samples.shape) == ("float32", (16_000,))
    assert abs(samples).max() == calls.PEAK and not (samples / calls.STEP % 1).any()
    again, sounds = calls.spoken("我在银行。", "zh", "cmn-latn-pinyin+f2", 150)
    assert sounds == "w_'o21" and (again == samples).all()


def test_errors_name_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr(calls.shutil, "which", lambda name: None)
    with pytest.raises(CourseError, match="espeak-ng is missing.*apt-get install espeak-ng"):
        calls.synthesise("Hello.", "en", "en-gb", 150)
    with pytest.raises(CourseError, match="Unknown language 'de'"):
        calls.synthesise("Hallo.", "de", "de", 150)
    with pytest.raises(CourseError, match="Unknown voice for 'zh' 'en-gb'"):
        calls.synthesise("你好。", "zh", "en-gb", 150)
    (tmp_path / "a.flac").write_bytes(b"RIFF")
    with pytest.raises(CourseError, match="no FLAC file"):
        calls.header(tmp_path / "a.flac")
    monkeypatch.setattr(calls, "FOLDER", tmp_path)
    with pytest.raises(CourseError, match="git restore"):
        calls.rows()

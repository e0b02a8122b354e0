"""The speech recogniser: how it is grown."""

import json
import sys
from itertools import chain

import pytest

from helpers.datasets import dataset
from helpers.errors import CourseError
from helpers.files import REPOSITORY
from helpers.grow import asr, minilm, scratch
from helpers.shop import calls
from helpers.shop.draw import Draw


def texts(call):
    """The call's sentences, the empty translation of a mixed-up one left out."""
    return [text for text in (call["text"], call["translation"]) if text]


@pytest.fixture(scope="module")
def processor():
    return asr.processor()


@pytest.fixture
def spoken(monkeypatch, tmp_path):
    """A whistle in the place of espeak-ng, and a cache of its own; the list of texts spoken."""
    import numpy

    said = []

    def whistle(text, language, voice, speed):
        said.append(text)
        return (0.5 * numpy.sin(numpy.arange(2_000 * (1 + len(text) % 20)) * (0.1 + 0.01 * len(text)))).astype(numpy.float32)

    monkeypatch.setattr(calls, "synthesise", whistle)
    monkeypatch.setattr(scratch, "CACHE", tmp_path)
    return said


# What is said and heard in training


def test_training_sentences_are_short_varied_and_none_of_the_test_calls():
    draw = Draw("test")
    drawn = [asr.said(draw) for _ in range(600)]
    assert drawn[:50] == [asr.said(one) for one in [Draw("test")] for _ in range(50)]
    assert len({call["text"] for call in drawn}) > 450
    test = {text for row in dataset("calls")["test"] for text in (row["text"], row["translation"])}
    held_out = list(chain(*asr.kept()))
    assert len(held_out) > 20
    for call in drawn:
        assert call["voice"] in calls.written("train")["voices"][call["language"]]
        for text in texts(call):
            assert text not in test and not any(value in text for value in held_out), text
        assert bool(call["translation"]) == any(asr.PLAIN[name].fullmatch(call["translation"]) for name in asr.LANGUAGES)
    without = sum(not call["translation"] for call in drawn) / len(drawn)
    assert 0.2 < without < 0.4


def test_calls_are_spoken_once(spoken):
    import numpy

    first = asr.examples(40, seed=1)
    assert len(first) == 40 and 30 < len(spoken) <= 40
    count = len(spoken)
    again = asr.examples(40, seed=1)
    assert len(spoken) == count
    assert first[0]["strength"] == 0 and first[-1]["strength"] == 1 and not first[0]["translation"]  # from easy to hard
    for one, two in zip(first, again, strict=True):
        assert {**one, "clip": None} == {**two, "clip": None} and numpy.array_equal(one["clip"].frames, two["clip"].frames)
        assert one["clip"].frames.dtype == numpy.float16 and one["clip"].frames.shape[0] == asr.MELS
        assert 0 < one["clip"].frames.shape[1] <= asr.FRAMES
    assert [row["text"] for row in asr.examples(40, seed=2)] != [row["text"] for row in first]
    json.dumps(first[0], default=str)


def test_calls_beyond_the_last_come_again(spoken, monkeypatch):
    monkeypatch.setattr(asr, "CLIPS", 10)
    drawn = asr.examples(35, seed=0)
    assert len(drawn) == 35 and len({id(row["clip"]) for row in drawn}) <= 10 and len(spoken) == 10


def test_a_call_that_is_too_long_is_left_out(monkeypatch):
    import numpy

    call = asr.said(Draw(0))
    monkeypatch.setattr(calls, "synthesise", lambda *_: numpy.ones(asr.SECONDS * calls.RATE + 1, numpy.float32))
    assert asr.heard(call, asr.extractor()) is None


def test_what_is_kept_is_what_the_extractor_gives():
    import numpy
    import torch

    row = dataset("calls")["train"][0]
    samples = asr.sound(REPOSITORY / row["file"])
    whole = asr.extractor()(samples, sampling_rate=calls.RATE, return_tensors="np").input_features[0]
    assert whole.shape == (asr.MELS, asr.FRAMES)
    frames = whole[:, : len(samples) // asr.HOP + 2]
    torch.manual_seed(0)
    one, other = asr.varied(frames.astype(numpy.float16)), asr.varied(frames.astype(numpy.float16))
    assert one.shape == other.shape == (asr.MELS, asr.FRAMES) and not torch.equal(one, other)
    torch.manual_seed(0)
    assert torch.equal(one, asr.varied(frames.astype(numpy.float16)))
    assert float(one.max() - one.min()) <= 2.01 and float(one.max()) == pytest.approx(whole.max(), abs=0.1)
    assert numpy.ptp(whole[:, len(samples) // asr.HOP + 2 :]) == 0  # silence, at 80 dB below the loudest
    torch.manual_seed(2)
    late = asr.varied(frames, strength=0.0)
    start = next(n for n in range(11) if numpy.allclose(late[:, n : n + frames.shape[1]], frames, atol=1e-5))
    assert float(late[:, :start].sum() + late[:, start + frames.shape[1] :].sum()) == pytest.approx(
        float((asr.FRAMES - frames.shape[1]) * asr.MELS * (frames.max() - 2)), rel=1e-3
    )


def test_without_espeak_the_remedy_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(calls.shutil, "which", lambda name: None)
    monkeypatch.setattr(scratch, "CACHE", tmp_path)
    with pytest.raises(CourseError, match="espeak-ng is missing.*apt-get install espeak-ng"):
        asr.examples(4, seed=0)
    assert not list(tmp_path.rglob("*.npz"))


def test_without_soundfile_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(CourseError, match="pip install"):
        asr.sound(REPOSITORY / dataset("calls")["train"][0]["file"])


# Batches


def test_a_batch_holds_transcripts_then_translations(processor, spoken):
    import torch

    rows = asr.examples(40, seed=3)
    torch.manual_seed(0)
    batch = asr.collate(processor, rows)
    labels, before, tokenizer = batch["labels"], batch["decoder_input_ids"], processor.tokenizer
    assert batch["input_features"].shape == (40, asr.MELS, asr.FRAMES) and labels.shape == before.shape == (80, labels.shape[1])
    for row, transcript, translation in zip(rows, labels[:40], labels[40:], strict=True):
        assert tokenizer.decode(transcript[transcript >= 0]) == f"<|{row['language']}|>{row['text']}{asr.END}"
        text = tokenizer.decode(translation[translation >= 0])
        assert text == (f"{row['translation']}{asr.END}" if row["translation"] else "")
    other = {"en": "zh", "zh": "en"}
    prompts = [tokenizer.decode(one[: asr.PROMPT + 1]) for one in before]
    assert prompts[:40] == [f"{asr.START}<|{row['language']}|><|transcribe|>{asr.NO_TIMESTAMPS}" for row in rows]
    for row, prompt in zip(rows, prompts[40:], strict=True):
        as_language = f"{asr.START}<|{other[row['language']]}|><|transcribe|>{asr.NO_TIMESTAMPS}"
        as_task = f"{asr.START}<|zh|><|translate|>{asr.NO_TIMESTAMPS}"
        assert prompt == as_language or (row["language"] == "zh" and prompt == as_task)
    given = before[:40, asr.PROMPT + 1 :]
    right = labels[:40, asr.PROMPT : -1]
    misled = ((given != right) & (right >= 0)).sum() / (right >= 0).sum()
    assert 0.02 < misled < 0.2 and int(before.min()) >= 0


def test_the_tokenizer_writes_what_it_reads(processor):
    draw = Draw("read")
    for call in [asr.said(draw) for _ in range(100)]:
        for text in texts(call):
            ids = processor.tokenizer.encode(text, add_special_tokens=False)
            assert processor.tokenizer.decode(ids) == text
    assert len(processor.tokenizer.encode("请送百合。", add_special_tokens=False)) == 5
    assert processor.tokenizer.convert_tokens_to_ids(asr.NO_TIMESTAMPS) == len(processor.tokenizer) - 1


def test_a_batch_without_translations_has_transcripts_only(processor, spoken):
    rows = [row | {"translation": ""} for row in asr.examples(4, seed=0)]
    batch = asr.collate(processor, rows)
    assert len(batch["labels"]) == len(batch["decoder_input_ids"]) == len(batch["input_features"]) == 4


def test_a_flat_start_gives_each_token_its_share_of_the_sound(processor):
    import torch

    tokenizer = processor.tokenizer
    silence, ids = tokenizer.convert_tokens_to_ids(asr.SILENCE), tokenizer.encode("请送百合。", add_special_tokens=False)
    features = torch.full((1, asr.MELS, asr.FRAMES), -1.0)
    features[:, :, 20:100] = 1.0  # 40 moments of sound
    found = asr.flat(features, torch.tensor([[*ids, silence]]), asr.durations(tokenizer), silence)
    assert found[0].tolist() == [silence] * 10 + [number for number in ids[:4] for _ in range(10)] + [silence] * 50  # a full stop takes no time
    lengths = asr.durations(tokenizer)
    assert [lengths[number].item() for number in tokenizer.encode("，", add_special_tokens=False)] == [1.5]
    assert sum(lengths[number].item() for number in tokenizer.encode("Roses, please.", add_special_tokens=False)) == 5 + 4 + 6


def test_the_loss_in_training_has_a_part_for_the_alignment(spoken):
    import torch

    torch.manual_seed(0)  # as scratch.grow does
    model, made = asr.build(0)
    rows = [row | {"translation": "Yes."} for row in asr.examples(4, seed=0)]
    batch = asr.collate(made, rows)
    whole = model.train()(**batch)
    assert len(whole.logits) == 8 and len(whole.encoder_last_hidden_state) == 4
    attention = torch.nn.functional.cross_entropy(whole.logits.flatten(0, 1), batch["labels"].flatten())
    assert whole.loss.item() > attention.item() + 1
    whole.loss.backward()
    model.eval()
    with torch.inference_mode():
        plain = model(input_features=batch["input_features"], decoder_input_ids=batch["decoder_input_ids"][:4], labels=batch["labels"][:4])
    alone = torch.nn.functional.cross_entropy(plain.logits.flatten(0, 1), batch["labels"][:4].flatten())
    assert plain.loss.item() == pytest.approx(alone.item(), rel=1e-4)


def test_growing_is_seeded_and_gives_an_ordinary_folder(spoken, tmp_path, monkeypatch):
    from safetensors.numpy import load_file

    monkeypatch.setattr(minilm, "share", lambda rows, sample: rows[:4])
    folders = [asr.grow(seed=seed, steps=1, folder=tmp_path / name, cache=tmp_path / name) for name, seed in (("a", 0), ("b", 0), ("c", 1))]
    one, two, other = (load_file(folder / "model.safetensors") for folder in folders)
    assert all((one[name] == two[name]).all() for name in one) and any((one[name] != other[name]).any() for name in one)
    metrics = json.loads((folders[0] / "metrics.json").read_text())
    assert set(asr.RECIPE.bars) <= set(metrics["figures"]) and len(metrics["everyday"]) == len(asr.EVERYDAY)


# Figures


def test_error_rates_are_those_of_jiwer_without_capitals_and_punctuation():
    english = asr.errors("en", ["Please send two roses.", "My name is Tom."], ["please send ten roses", "My name Tom!"])
    assert english.estimate == pytest.approx(2 / 8) and english.low <= 2 / 8 <= english.high
    chinese = asr.errors("zh", ["请送百合。", "我叫汤姆。"], ["请送白合", "我叫汤姆！"])
    assert chinese.estimate == pytest.approx(1 / 8)
    assert asr.errors("en", ["Yes, please.", "No."], ["", "no no no"]).estimate == pytest.approx(4 / 3)


def test_scripts_are_told_apart():
    assert asr.in_script("Hello.", "en") and asr.in_script("你好。", "zh")
    assert not asr.in_script("Hello 你好", "en") and not asr.in_script("Hello 你好", "zh") and not asr.in_script("...", "en")

"""The translator: what it is trained on, how it is measured, and that the shipped one does what its
card says."""

import json
import re
from dataclasses import replace

import pytest

from helpers.datasets import dataset
from helpers.errors import CourseError
from helpers.files import sha256
from helpers.making import grow
from helpers.making.grow import scratch
from helpers.making.grow import translate_en_zh as translator
from helpers.making.shop import translations
from helpers.making.shop.draw import Draw

LARGEST = 4_000_000  # bytes of the folder
CURRICULUM = ("I like to learn data science and AI.", "我喜欢学习数据科学和人工智能。")


@pytest.fixture(scope="module")
def tokenizer():
    return translator.new_tokenizer()


@pytest.fixture(scope="module")
def shipped():
    return translator.load(translator.RECIPE.folder)


@pytest.fixture(scope="module")
def recorded():
    return json.loads((translator.RECIPE.folder / "metrics.json").read_text(encoding="utf-8"))


# What it learns from


def test_training_examples_are_seeded_and_hold_nothing_that_is_measured_on():
    rows = translator.examples(3_000, seed=0)
    assert rows[:100] == translator.examples(100, seed=0) != translator.examples(100, seed=1)
    measured_on = {row["en"] for split in ("validation", "test")
                   for row in dataset("translations")[split]}
    assert translator.held_out() == measured_on and not measured_on & {row["en"] for row in rows}
    pair = ("data science and AI", "AI and data science")
    assert not any(text in row["en"] for row in rows for text in pair)
    assert not {text for text, _ in translator.EVERYDAY} & {row["en"] for row in rows}
    assert sum("n't" in row["en"] for row in rows) > 30 and sum("." not in row["en"]
            and "?" not in row["en"] for row in rows) > 150


def test_further_frames_are_none_of_the_test_set_and_fill_both_sides():
    def skeleton(text):
        return re.sub(r"\{[^}]*\}", "_", re.sub(r"<[^>]*>", "~", text))

    slots = re.compile(r"\{([a-z_]+\d?)")
    known = {skeleton(text) for frame in translations.frames("test")
             for text in (frame.en, frame.zh)}
    assert len(translations.frames("more")) > 150
    for frame in translations.frames("more"):
        assert not {skeleton(frame.en), skeleton(frame.zh)} & known, frame
        assert set(slots.findall(frame.en)) == set(slots.findall(frame.zh)), frame
    draw = Draw("more")
    rows = [translations.more(draw) for _ in range(500)]
    assert all(re.match(r"[A-Z]", row["en"]) and not re.search(r"[{}<>|]", row["en"] + row["zh"])
               for row in rows)


def test_the_time_goes_first_and_sentences_are_joined():
    pair = {"en": "We will visit my aunt the day after tomorrow.", "zh": "我们后天会看望我姑姑。"}
    assert translator.front(pair) == pair | {"en": "The day after tomorrow We will visit my aunt."}
    question = {"en": "Will it rain tomorrow?", "zh": "明天会下雨吗？"}
    assert translator.front(question) == question
    draw = Draw("join")
    for _ in range(200):
        joined = translator.join(draw)
        assert not re.search(r"[.?][.,]|\.\s+because|[。？][，。]",
                             joined["en"] + joined["zh"]), joined
    sentences = [translator.sentence(draw, ("past",)) for _ in range(50)]
    assert {row["kind"].split(".")[1] for row in sentences} == {"past"}


# Tokens


def test_tokens_are_words_characters_and_digits_and_come_back(tokenizer):
    assert tokenizer.is_fast and tokenizer.model_max_length == translator.LONGEST
    text = "我想订12朵玫瑰，订单MG-8311要48.50欧元。"
    assert tokenizer.tokenize(text) == (list(text.replace("MG-", "#")[: text.index("MG-")])
                                        + ["MG-"] + list(text[text.index("MG-") + 3 :]))
    assert tokenizer.decode(tokenizer(text).input_ids, skip_special_tokens=True) == text
    assert tokenizer("The CAFÉ is cold.").input_ids == tokenizer("the cafe is cold.").input_ids
    assert tokenizer.decode(tokenizer("The roses are red").input_ids,
                            skip_special_tokens=True) == "the roses are red"
    assert (tokenizer("roses").input_ids[1:] == [tokenizer.eos_token_id]
            and len(tokenizer("roses").input_ids) == 2)


def test_every_word_of_the_data_set_has_its_token_and_others_are_spelt(tokenizer):
    rows = [row for split in ("train", "validation", "test")
            for row in dataset("translations")[split]]
    spelt = {piece for row in rows for piece in tokenizer.tokenize(row["en"] + " " + row["zh"])
             if piece.startswith("##")}
    assert spelt == set()
    assert not any(tokenizer.unk_token_id in tokenizer(row["en"], row["zh"]).input_ids
                   for row in rows[-1000:])
    assert tokenizer.tokenize("xylophone")[1:] == [f"##{letter}" for letter in "ylophone"]
    assert tokenizer("🌷").input_ids == [tokenizer.unk_token_id, tokenizer.eos_token_id]


def test_a_batch_has_labels_where_there_is_text(tokenizer):
    batch = translator.collate(tokenizer, [{"en": "The roses are fresh.", "zh": "玫瑰很新鲜。"},
                                           {"en": "roses", "zh": "玫瑰"}])
    assert batch.keys() == {"input_ids", "attention_mask", "labels"}
    assert batch["input_ids"].shape == (2, 6) and batch["attention_mask"].sum(1).tolist() == [6, 2]
    assert ((batch["labels"] != -100).sum(1).tolist() == [7, 3]
            and (batch["labels"] != tokenizer.pad_token_id).all())
    assert batch["labels"][0, -1] == batch["labels"][1, 2] == tokenizer.eos_token_id


# Measuring


def test_chrf_is_that_of_sacrebleu_and_needs_pairs():
    import sacrebleu

    given, expected = ["我喜欢玫瑰。", "他住在巴黎。"], ["我喜欢红色的玫瑰。", "他住在巴黎。"]
    interval = translator.chrf(given, expected)
    assert interval.estimate == pytest.approx(sacrebleu.corpus_chrf(given, [expected]).score)
    assert interval.low < interval.estimate < interval.high
    assert translator.chrf(expected, expected).estimate == pytest.approx(100)
    assert translator.chrf(["", ""], expected).high == 0
    with pytest.raises(CourseError, match="got 1 and 2"):
        translator.chrf(given[:1], expected)


def test_the_baseline_knows_words_but_no_order():
    assert (translator.dictionary()["tulips"] == "郁金香"
            and translator.dictionary()["emma"] == "艾玛")
    given = translator.word_by_word("Tomorrow Emma will order tulips.")
    assert given.index("明天") < given.index("艾玛") < given.index("郁金香")
    assert translator.word_by_word("Xylophone!") == ""


def test_growing_is_seeded_and_measures_what_the_card_tells(tmp_path, monkeypatch):
    monkeypatch.setattr(translator, "LONGEST", 16)
    recipe = replace(translator.RECIPE, batch_size=4)

    def run(name, seed=0):
        return scratch.grow(recipe, seed=seed, steps=2, folder=tmp_path / name,
                            cache=tmp_path / f"cache {name}", sample=0.01)

    first, again, other = run("first"), run("again"), run("other", seed=1)
    weights = [(folder / "model.safetensors").read_bytes() for folder in (first, again, other)]
    assert weights[0] == weights[1] != weights[2]
    metrics = json.loads((first / "metrics.json").read_text(encoding="utf-8"))
    assert (metrics["architecture"] == "MarianMTModel"
            and set(recipe.bars) <= metrics["figures"].keys() and len(metrics["everyday"]) >= 8)
    assert {name.removeprefix("familiar ")
            for name in metrics["figures"]} <= recipe.explained.keys()


# What is shipped


def test_shipped_files_are_those_that_were_measured_and_small(recorded):
    folder = translator.RECIPE.folder
    assert {name: sha256(folder / name) for name in recorded["files"]} == recorded["files"]
    assert ((folder / "README.md").read_text(encoding="utf-8")
            == scratch.card(translator.RECIPE, recorded))
    assert sum(path.stat().st_size for path in folder.iterdir()) < LARGEST


def test_bars_are_met_and_the_baseline_is_far_below(recorded):
    figures = recorded["figures"]
    assert recorded["bars"] == translator.RECIPE.bars == {"chrF": 60.0}
    assert figures["chrF"][1] > 60 and figures["chrF"][1] > figures["chrF of word by word"][2] + 20


@pytest.mark.card
def test_the_card_agrees_with_a_fresh_measurement(recorded):
    compared = translator.check(sample=0.15)
    assert compared.keys() == recorded["figures"].keys()
    apart = grow.disagreements(compared)
    # 95 % each, on the first rows
    assert len(apart) <= 1 and not apart.keys() & translator.RECIPE.bars.keys(), apart


def test_everyday_sentences_come_out_right(shipped, recorded):
    rows = translator.everyday(*shipped)
    right = sum(row["given"] == row["expected"] for row in rows)
    assert len(rows) >= 8 and right >= translator.RECIPE.everyday_bar * len(rows), [row
            for row in rows if row["given"] != row["expected"]]
    assert (rows[0]["text"], rows[0]["given"]) == CURRICULUM
    # Another CPU rounds differently
    assert abs(right - sum(row["given"] == row["expected"] for row in recorded["everyday"])) <= 1


def test_it_loads_plainly_and_whole_and_fifteen_lines_replace_the_pipeline():
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    folder = translator.RECIPE.folder
    model, info = AutoModelForSeq2SeqLM.from_pretrained(folder, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    assert type(model).__name__ == "MarianMTModel" and {str(parameter.dtype)
            for parameter in model.parameters()} == {"torch.float32"}
    assert AutoTokenizer.from_pretrained(folder).is_fast
    usage = translator.RECIPE.usage.strip()
    assert len(usage.splitlines()) <= 15
    plain = (usage.replace('checkpoint("translate-en-zh")', "folder")
             .replace(", revision=name.revision", "").replace("print(", "given = ("))
    names = {"folder": folder}
    exec(plain.split("\n", 1)[1], names)
    assert names["given"] == [CURRICULUM[1]]

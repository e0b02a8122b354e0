"""The summariser: what it learns from, what counts as right, and that the shipped checkpoint does
what its card says."""

import ast
import json
import re

import pytest

from helpers.datasets import dataset
from helpers.errors import CourseError
from helpers.files import sha256
from helpers.making import grow
from helpers.making.grow import scratch, summarize
from helpers.making.shop import chat_scripts
from helpers.making.shop.draw import Draw
from helpers.measure import Interval
from tests.helpers.test_shop_chat_scripts import sentences

EVERYDAY_RIGHT = 6  # of the eight inputs of the card
LARGEST = 4_000_000  # bytes of the folder
REFERENCE = (
    "Ada wants a gift for Tim for up to 24.50 euros on Monday, and Marigold suggests sweet peas in "
    "a glass vase."
)


@pytest.fixture(scope="module")
def untrained():
    import torch

    torch.manual_seed(0)  # as scratch.grow does
    return summarize.build(0)


@pytest.fixture(scope="module")
def shipped():
    return summarize.load(summarize.RECIPE.folder)


@pytest.fixture(scope="module")
def recorded():
    return json.loads((summarize.RECIPE.folder / "metrics.json").read_text(encoding="utf-8"))


# Facts


def test_facts_are_found_sort_by_sort():
    found = summarize.facts(REFERENCE)
    assert {sort: values for sort, values in found.items() if values} == {
        "price": ("24.50 euros",), "day": ("Monday",), "product": ("sweet peas", "glass vase"),
        "person": ("Ada", "Tim"),
        "verdict": ("wants a gift", "suggests"),
    }
    found = summarize.facts("Odette changes the address for the proteas to 12 Old Quay, and they "
                            "come on Friday.")
    assert ((found["address"], found["person"], found["product"], found["number"])
            == (("12 Old Quay",), ("Odette",), ("proteas",), ()))
    assert summarize.facts("Una waters the money tree too much, and Marigold says to water it "
                           "every ten days.")["watering"] == ("every ten days",)
    assert summarize.facts("The roses are sold out, and Marigold keeps 7 for Iris on "
                           "Sunday.")["number"] == ("7",)


def test_every_fact_of_the_data_set_is_found():
    for split in ("validation", "test"):
        for row in dataset("chats")[split]:
            form = chat_scripts.material()[row["topic"]]["summary"]
            found = summarize.facts(row["summary"])
            values = sum(len(values) for sort, values in found.items() if sort != "verdict")
            assert values == len(re.findall(r"\{\w+\}", form)), (row["summary"], found)
            assert found["verdict"] == tuple(sorted(summarize.VERDICTS[row["topic"]],
                    key=row["summary"].index)), row["summary"]


@pytest.mark.parametrize(
    "given",
    [
        REFERENCE.replace("Ada", "Ida"), REFERENCE.replace("Monday", "Tuesday"),
        REFERENCE.replace("24.50", "24.90"),
        REFERENCE.replace("sweet peas", "tulips"), REFERENCE.replace("glass vase", "vase"),
        REFERENCE.replace("for Tim", "for a friend"),
        REFERENCE.replace("suggests", "keeps"),
        REFERENCE.replace(" on Monday", " on Monday at noon"),
        REFERENCE.replace("for Tim", "for Ada").replace("Ada", "Tim", 1),
        REFERENCE.replace("Tim", "Tim and Una"),
    ],
)
def test_a_wrong_missing_added_or_exchanged_fact_is_noticed(given):
    assert not summarize.all_right(given, REFERENCE)


def test_other_words_with_the_same_facts_are_right():
    assert summarize.all_right("Ada wants a gift for Tim; it may cost 24.50 euros and is for "
                               "Monday. The shop suggests sweet peas, glass vase.", REFERENCE)


def test_rouge_is_the_librarys():
    assert summarize.rouge_l([REFERENCE, REFERENCE], [REFERENCE, REFERENCE]).estimate == 1
    assert summarize.rouge_l(["a b c d", "x"], ["a c d e", "a"]).estimate == pytest.approx(0.75 / 2)


def test_lines_of_a_chat():
    chat = "Customer: Hi: it is Ada.\nMarigold: Hello.\nCustomer: Bye."
    assert (summarize.said(chat)[0] == "Hi: it is Ada."
            and summarize.said(chat, "Customer")[-1] == "Bye.")


# Text, tokenizer, model


def test_examples_are_seeded_and_begin_with_more_copying():
    rows = summarize.examples(400, 0)
    assert rows == summarize.examples(400, 0) and rows != summarize.examples(400, 1)
    copies = [row["text"] == row["summary"] for row in rows]
    assert sum(copies[:80]) > 3 and sum(copies[:80]) / 80 > sum(copies[80:]) / 320
    named = re.compile(r"\d[\d.]*\d|\d|\b[A-Z][a-z]+\b")
    for row, copy in zip(rows, copies, strict=True):
        assert copy or {*named.findall(row["summary"])} <= {*named.findall(row["text"]), "The",
                "Marigold"}


def test_blurring_keeps_what_the_summary_names():
    row = {"text": "Customer: " + "my roses are quite brown today. " * 20,
           "summary": "Ada's roses were wilted."}
    text = summarize.blur(row, Draw("blurred"))["text"]
    assert (text.count("roses") == 20 and text.startswith("Customer: ") and text.count("quite") < 20
            and "  " not in text)
    later = summarize.blur({"text": "Customer: Sadly my roses are brown. " * 90,
                            "summary": "Ada's roses were wilted."}, Draw("blur"), 1)["text"]
    assert (later.count("Customer: ") == 90 and later.count("roses") == 90
            and later.count("Sadly") < 90)


def test_the_tokenizer_spells_unknown_names_and_gives_every_summary_back(untrained):
    _, tokens = untrained
    assert tokens.tokenize("Customer: Odette") == ["▁Customer", ":", "▁O", "de", "t", "te"]
    assert tokens.tokenize("Odette's")[:4] == tokens.tokenize("Odette.")[:4]
    for row in dataset("chats")["test"].select(range(100)):
        ids = tokens(row["summary"])["input_ids"]
        assert (tokens.unk_token_id not in ids
                and tokens.decode(ids, skip_special_tokens=True) == row["summary"])
        assert (len(tokens(row["text"])["input_ids"]) <= summarize.LONGEST
                and len(ids) <= summarize.LONGEST_SUMMARY)


def test_a_batch_hides_padding_and_cuts_long_chats(untrained):
    _, tokens = untrained
    rows = [{"text": "Customer: Hi.", "summary": "Ada."},
            {"text": "Customer: " + "no " * 900, "summary": "Ada cancels the roses."}]
    batch = summarize.collate(tokens, rows)
    assert batch["input_ids"].shape == batch["attention_mask"].shape == (2, summarize.LONGEST)
    assert (batch["labels"][0] == -100).any() and not (batch["labels"][1] == -100).any()
    kept = batch["labels"][0][batch["labels"][0] != -100]
    assert (tokens.decode(kept, skip_special_tokens=True) == "Ada."
            and kept[-1] == tokens.eos_token_id)


def test_the_untrained_model_already_copies_within_words(untrained, monkeypatch):
    import torch

    def share(model, tokens):
        model.eval()  # no dropout
        draw = Draw("copy")
        batch = summarize.collate(tokens, [summarize.copy_list(draw) for _ in range(40)])
        inner = torch.tensor([not piece.startswith("▁")
                              for piece in tokens.convert_ids_to_tokens(list(range(len(tokens))))])
        asked = (batch["labels"] > 2) & inner[batch["labels"].clamp(min=0)]
        with torch.inference_mode():
            given = model(**batch).logits.argmax(-1)
        return ((given == batch["labels"]) & asked).sum().item() / asked.sum().item()

    wired = share(*untrained)
    monkeypatch.setattr(summarize, "wire", lambda model, seed: None)
    torch.manual_seed(0)
    assert wired > 0.1 > 0.03 > share(*summarize.build(0))


def test_growing_is_seeded_and_learns(tmp_path, monkeypatch):
    monkeypatch.setattr(summarize, "SIZES",
                        summarize.SIZES | {"d_ff": 32, "num_layers": 1, "num_decoder_layers": 1})
    folders = [summarize.grow(steps=30, folder=tmp_path / name, cache=tmp_path / f"cache {name}",
                              sample=0.01) for name in "ab"]
    assert len({sha256(folder / "model.safetensors") for folder in folders}) == 1
    metrics = json.loads((folders[0] / "metrics.json").read_text(encoding="utf-8"))
    losses = [loss for _, loss in metrics["loss"]]
    # A batch of lists is easier than one of chats
    assert len(losses) == 30 and max(losses[-5:]) < 0.9 * max(losses[:5])
    assert {"ROUGE-L", "all facts right", "familiar all facts right"} <= metrics["figures"].keys()
    assert ((folders[0] / "README.md").read_text(encoding="utf-8")
            == scratch.card(summarize.RECIPE, metrics))
    assert (summarize.load(folders[0])[0].generation_config.max_new_tokens
            == summarize.LONGEST_SUMMARY)


def test_bad_numbers_are_named():
    with pytest.raises(CourseError, match="steps is 0"):
        summarize.grow(steps=0)


# What is shipped


def test_shipped_files_are_those_that_were_measured(recorded):
    folder = summarize.RECIPE.folder
    assert {name: sha256(folder / name) for name in recorded["files"]} == recorded["files"]
    assert ((folder / "README.md").read_text(encoding="utf-8")
            == scratch.card(summarize.RECIPE, recorded))
    assert sum(path.stat().st_size for path in folder.iterdir()) <= LARGEST


def test_bars_are_met_and_baselines_are_beaten(recorded):
    figures = {name: Interval(*values) for name, values in recorded["figures"].items()}
    assert recorded["bars"] == summarize.RECIPE.bars
    assert all(summarize.RECIPE.met(name, figures[name].estimate) for name in summarize.RECIPE.bars)
    assert "(not met)" not in (summarize.RECIPE.folder / "README.md").read_text(encoding="utf-8")
    assert figures["ROUGE-L"].low > max(figures[f"ROUGE-L of the {name}"].high
                                        for name in ("first line", "last customer line"))


@pytest.mark.card
def test_the_card_agrees_with_a_fresh_measurement():
    compared = summarize.check(sample=0.2)
    apart = grow.disagreements(compared)
    assert len(apart) <= 1 and not apart.keys() & summarize.RECIPE.bars.keys(), apart


def test_everyday_chats_come_out_as_recorded_in_words_that_no_script_holds(recorded, shipped):
    rows = summarize.everyday(*shipped)
    right = sum(row["given"] == row["expected"] for row in rows)
    assert (sum(row["given"] == row["expected"] for row in recorded["everyday"])
            == EVERYDAY_RIGHT >= summarize.RECIPE.everyday_bar * len(rows))
    # Another CPU rounds differently
    assert abs(right - EVERYDAY_RIGHT) <= 1, [row for row in rows
                                              if row["given"] != row["expected"]]
    for _, reference in summarize.EVERYDAY:
        named = re.findall(r"\d[\d.]*\d|\b[A-Z]\w+\b",
                           reference.replace("Marigold", "").replace("The ", ""))
        assert all(one in summarize.listed(reference) for one in named)
    written = {re.sub(r"\W", "", line) for text, _ in summarize.EVERYDAY
               for line in summarize.said(text)}
    assert written.isdisjoint(re.sub(r"\W", "", line) for line in sentences())


def test_the_plain_replacement_of_the_pipeline_runs(shipped):
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    chat = summarize.EVERYDAY[0][0]
    tokenizer = AutoTokenizer.from_pretrained(summarize.RECIPE.folder)
    model, info = AutoModelForSeq2SeqLM.from_pretrained(
        summarize.RECIPE.folder, output_loading_info=True)
    assert (not info["missing_keys"] and not info["unexpected_keys"]
            and type(model).__name__ == "T5ForConditionalGeneration")
    inputs = tokenizer(chat, return_tensors="pt")
    given = tokenizer.decode(model.generate(**inputs)[0], skip_special_tokens=True)
    assert given == summarize.summaries(*shipped, [chat])[0] and given.endswith(".")
    assert len([line for line in summarize.RECIPE.usage.splitlines() if line.strip()]) <= 15
    ast.parse(summarize.RECIPE.usage)

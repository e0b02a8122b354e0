"""The recipe of the masked language model; what it left is checked in test_grow_minilm.py."""

import re
from functools import partial
from pathlib import Path

import pytest
import torch

from helpers import checkpoints
from helpers.checkpoints import merged
from helpers.making.grow import fill_mask, minilm
from helpers.making.shop import entities
from helpers.making.shop.draw import Draw
from helpers.making.shop.world import world
from tests.helpers.children import check_growing_is_seeded

RECIPE = fill_mask.RECIPE
TEXT = "The roses of Bonor need fresh water. Order 17 has roses."


@pytest.fixture(scope="module")
def words():
    import transformers

    return transformers.AutoTokenizer.from_pretrained(checkpoints.local(minilm.BODY))


def test_examples_are_seeded_documents_and_parts_of_them():
    rows = fill_mask.examples(2000, 0)
    assert rows[:50] == fill_mask.examples(50, 0) != fill_mask.examples(50, 1)
    lengths = sorted(len(row["text"].split()) for row in rows)
    assert lengths[200] < 12 and lengths[-200] > 50
    held_out = {*entities.MADE_NAMES_HELD_OUT, *entities.STREETS_HELD_OUT}
    assert not [name for name in held_out
                if re.search(rf"\b{name}\b", "\n".join(row["text"] for row in rows))]


def test_own_phrases_can_be_filled():
    everyday, place, draw = fill_mask.letters, world("train"), Draw("own phrases")
    for lines in fill_mask.own("phrases").values():
        for line in lines:
            text = everyday.polish(everyday.expand(line, everyday.scene(place, draw), draw))
            assert not set(text) & set("[]{}|"), text


def test_a_batch_masks_whole_words_and_learns_nothing_else(words):
    torch.manual_seed(0)
    rows = [{"text": TEXT}] * 300
    batch = fill_mask.collate(words, rows)
    plain = words([TEXT], return_tensors="pt")["input_ids"].expand(300, -1)
    masked = batch["input_ids"] == words.mask_token_id
    assert masked.any(dim=1).all()
    assert (batch["input_ids"] == plain)[~masked].all()
    assert ((batch["labels"][masked] == plain[masked]).all()
            and (batch["labels"][~masked] == -100).all())
    tokens = words.convert_ids_to_tokens(plain[0])
    share = dict(zip(tokens, masked.float().mean(dim=0).tolist(), strict=True))
    assert share["[CLS]"] == share["[SEP]"] == share["."] == 0
    first = tokens.index("bono")
    # A name as a whole
    assert tokens[first + 1] == "##r" and (masked[:, first] == masked[:, first + 1]).all()
    assert 0 < share["bono"] < share["water"] < share["of"] < 0.5
    assert share["roses"] > share["water"]  # it is said twice


def test_text_without_words_has_nothing_to_learn(words):
    torch.manual_seed(0)
    assert (fill_mask.collate(words, [{"text": "...!"}, {"text": TEXT}])["labels"][0] == -100).all()


@pytest.mark.parametrize(("text", "word", "kind"), [
    ("She went to the shop.", "to", "function"),
    ("She tied the roses. Who ties roses?", "tied", "repeated"),
    ("He waters a rose. I like roses.", "rose", "repeated"),
    ("We are looking forward to it.", "looking", "fixed"),
    ("We are looking at it.", "looking", "free"),
    ("It stood here for nine days.", "days", "fixed"),
    ("It stood here for 12 days.", "days", "fixed"),
    ("Those were the days.", "days", "free"),
    ("At home I sing.", "home", "free"),  # "at" alone does not tell it
])
def test_what_tells_a_masked_word(text, word, kind):
    start = text.index(word)
    assert fill_mask.kind(text, start, start + len(word)) == kind


def test_questions_mask_one_known_word_each(words):
    rows = fill_mask.questions(words, "validation")
    assert rows == fill_mask.questions(words, "validation") and len(rows) > 1100
    assert {row["kind"] for row in rows} == set(fill_mask.RESTORABLE)
    free = fill_mask.questions(words, "validation", ("free",))
    assert {row["kind"] for row in free} == {"free"} and len(free) > 1000
    vocabulary = words.get_vocab()
    for row in [*rows, *free]:
        assert row["text"].count(words.mask_token) == 1
        assert words.mask_token_id in words(row["text"], truncation=True)["input_ids"]
        assert row["word"].islower() and row["word"] in vocabulary
        assert (row["kind"] == "function") == (row["word"] in fill_mask.FUNCTION)
        if row["kind"] != "function":
            assert (fill_mask.stem(row["word"])
                    in map(fill_mask.stem, re.findall(r"[a-z]+", row["text"].lower()))
                    ) == (row["kind"] == "repeated"), row


def test_the_head_starts_with_the_frequencies_and_is_trained_beside_the_adapters(monkeypatch):
    monkeypatch.setattr(fill_mask, "COUNTED", 300)
    model, words = minilm.new_model(RECIPE, 0)
    head = model.get_base_model().cls.predictions
    assert (head.bias[words.convert_tokens_to_ids("the")]
            > head.bias[words.convert_tokens_to_ids("roses")]
            > head.bias[words.convert_tokens_to_ids("parliament")])
    assert (head.decoder.weight is model.get_base_model().get_input_embeddings().weight
            and not head.decoder.weight.requires_grad)
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert {name.removeprefix("base_model.model.cls.predictions.") for name in trained
            if "lora_" not in name} == {
        "bias", "transform.dense.weight", "transform.dense.bias", "transform.LayerNorm.weight",
        "transform.LayerNorm.bias"
    }
    assert len([name for name in trained
                if "lora_" in name]) == 2 * 6 * RECIPE.options["num_hidden_layers"]
    batch = fill_mask.collate(words, [{"text": TEXT}])
    inputs = {name: tensor for name, tensor in batch.items() if name != "labels"}
    scores = model(**inputs).logits.transpose(1, 2)
    assert model(**batch).loss.item() == pytest.approx(
        torch.nn.functional.cross_entropy(scores, batch["labels"]).item(), rel=1e-4)


def test_growing_is_seeded_and_the_card_says_what_was_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(fill_mask, "COUNTED", 300)
    _, metrics = check_growing_is_seeded(fill_mask.grow, tmp_path, merged.ADAPTER,
                                         partial(minilm.card, RECIPE), sample=0.04)
    assert metrics["figures"].keys() >= {"top five", "familiar top five", "function words",
                                         "words said elsewhere", "free words", "first"}


def test_the_pipeline_prints_words_and_needs_nothing_further(tmp_path, monkeypatch):
    from transformers import pipeline

    monkeypatch.setattr(fill_mask, "COUNTED", 300)
    model, _ = minilm.new_model(RECIPE, 0)
    (tmp_path / "parts").mkdir()
    (tmp_path / "whole").mkdir()
    minilm.save(RECIPE, tmp_path / "parts", model)
    fill = pipeline("fill-mask",
                    model=str(merged.build(tmp_path / "parts", Path(checkpoints.local(minilm.BODY)),
                                           tmp_path / "whole")), device="cpu")
    assert (fill.model.num_parameters() < 21_000_000 and str(fill.model.dtype) == "torch.float32"
            and fill.tokenizer.is_fast)
    given = fill("The roses need fresh [MASK] every day.")
    assert len(given) == 5 and 0 < sum(row["score"] for row in given) <= 1 + 1e-6
    inputs = fill.tokenizer("The roses need fresh [MASK] every day.", return_tensors="pt")
    with torch.no_grad():
        assert torch.allclose(fill.model(**inputs).logits, model.eval()(**inputs).logits, atol=0.02)

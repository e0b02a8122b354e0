"""A claim prints its figure either way, fails when it does not hold, and knows stand-ins."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

import helpers
from helpers import CourseError, claim
from helpers.checkpoints import Checkpoint

TEXT = "Fine-tuning gains 0.12 [0.08, 0.16]."


def tiny(stand_in):
    """Return a real model of a few hundred parameters, random either way."""
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        vocab_size=30,
        hidden_size=4,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=4,
    )
    if stand_in:
        config.stand_in = True
    return BertForSequenceClassification(config)


def tokenizer(folder):
    from transformers import BertTokenizerFast

    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    return BertTokenizerFast(str(folder / "vocab.txt"))


def kinds(model, folder):
    """Return what a lesson may have at hand of one model."""
    from peft import LoraConfig, get_peft_model
    from transformers import pipeline

    model.save_pretrained(folder)
    stored = Checkpoint(str(folder))
    stored.revision = "main"
    yield "model", model
    yield "config", model.config
    yield "checkpoint", stored
    yield "pipeline", pipeline("text-classification", model=model, tokenizer=tokenizer(folder))
    yield "several", [stored, model]
    yield (
        "adapter",
        get_peft_model(model, LoraConfig(target_modules=["query"], task_type="SEQ_CLS")),
    )


def test_a_claim_on_a_stand_in_is_not_asserted_and_says_so(tmp_path, capsys):
    for kind, model in kinds(tiny(stand_in=True), tmp_path):
        claim(False, TEXT, model)
        printed = capsys.readouterr().out
        assert printed == f"{TEXT} (not asserted: the weights are a stand-in's)\n", kind


def test_a_claim_on_a_real_model_is_asserted(tmp_path, capsys):
    for kind, model in kinds(tiny(stand_in=False), tmp_path):
        claim(True, TEXT, model)
        assert capsys.readouterr().out == f"{TEXT}\n", kind
        with pytest.raises(AssertionError, match="does not hold: Fine-tuning gains 0.12"):
            claim(False, TEXT, model)
        assert capsys.readouterr().out == f"{TEXT}\n", kind


def test_one_stand_in_among_several_is_enough():
    real, stand_in = tiny(stand_in=False), tiny(stand_in=True)
    claim(False, TEXT, [real, stand_in])
    with pytest.raises(AssertionError):
        claim(False, TEXT, [real, real.config])


def test_sentence_transformers_are_known(monkeypatch, capsys):
    """They hold their model under a name of their own; the classes are real."""
    from sentence_transformers import CrossEncoder, SentenceTransformer

    for kind in (SentenceTransformer, CrossEncoder):
        monkeypatch.setattr(kind, "transformers_model", tiny(stand_in=True))
        claim(False, TEXT, kind.__new__(kind))
    assert capsys.readouterr().out.count("not asserted") == 2


def test_a_role_is_looked_up(monkeypatch, capsys):
    monkeypatch.delenv("COURSE_MODELS", raising=False)
    with pytest.raises(AssertionError):
        claim(False, TEXT, "embedder")
    with pytest.raises(CourseError, match="Unknown role 'embeder'. Did you mean 'embedder'"):
        claim(True, TEXT, "embeder")


def test_a_role_on_the_hub_is_judged_by_its_config_there(monkeypatch, tmp_path, capsys):
    """A lesson that talks to a server holds no model: the config alone is fetched."""
    found = Checkpoint("owner/model")
    found.revision = "abc"
    asked = []

    def download(name, file, revision):
        asked.append((name, file, revision))
        (tmp_path / file).write_text(json.dumps({"stand_in": True}))
        return str(tmp_path / file)

    monkeypatch.setattr("helpers.checkpoints.checkpoint", lambda role: found)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    claim(False, TEXT, "llm")
    assert asked == [("owner/model", "config.json", "abc")]
    assert "not asserted" in capsys.readouterr().out


def test_without_a_model_a_claim_is_an_assertion(capsys):
    claim(np.bool_(True), TEXT)
    with pytest.raises(AssertionError, match="0.12"):
        claim(float("nan") > 0.5, TEXT)
    assert capsys.readouterr().out == f"{TEXT}\n" * 2


def test_what_is_no_model_is_refused():
    from sklearn.linear_model import LogisticRegression

    with pytest.raises(CourseError, match="LogisticRegression"):
        claim(True, TEXT, LogisticRegression())
    with pytest.raises(CourseError, match="SimpleNamespace"):
        claim(True, TEXT, SimpleNamespace(config=None))


def test_claim_is_among_the_names_of_helpers():
    assert helpers.claim is claim and "claim" in helpers.__all__

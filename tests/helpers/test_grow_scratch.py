"""The checkpoints trained from nothing: how they are grown, what is shipped, and that the cards
tell the truth."""

import errno
import hashlib
import json
from dataclasses import replace
from functools import partial

import pytest
import torch

from helpers.errors import CourseError
from helpers.files import sha256
from helpers.making import grow, standins
from helpers.making.grow import minilm, scratch
from helpers.measure import Interval, wilson
from tests.helpers.children import stopped_at

LABELS = ("no", "yes")
WORDS = {"no": "broken late small wet".split(), "yes": "fresh beautiful alive good".split()}
ROLES = [role for role in grow.ROLES
         if isinstance(getattr(grow.recipe(role), "RECIPE", None), scratch.Recipe)]


def _examples(count, seed):
    return [{"text": f"The roses were {WORDS[LABELS[n % 2]][(n // 2 + seed) % 4]}.",
             "label": LABELS[n % 2]} for n in range(count)]


def _build(folder, seed):
    from transformers import AutoConfig, AutoTokenizer, BertForSequenceClassification

    config = AutoConfig.from_pretrained(folder, id2label=dict(enumerate(LABELS)),
                                        label2id={name: n for n, name in enumerate(LABELS)})
    return BertForSequenceClassification(config), AutoTokenizer.from_pretrained(folder)


def _figures(model, tokenizer, split, sample=1.0):
    rows = minilm.share(_examples(8, 0), sample)
    given = minilm.logits(model, tokenizer, [row["text"] for row in rows]).argmax(1)
    right = wilson(sum(LABELS[n] == row["label"] for n, row in zip(given, rows, strict=True)),
                   len(rows))
    return {"accuracy": right,
            "error rate": Interval(1 - right.estimate, 1 - right.high, 1 - right.low)}


def _everyday(model, tokenizer):
    return [{"text": "The box was wet.", "expected": "no", "given": "yes"},
            {"text": "Good.", "expected": "yes", "given": "yes"}]


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A recipe for a tiny BERT, with checkpoints at every second step."""
    body = tmp_path / "body"
    body.mkdir()
    standins.bert("made-up/tiny-uncased", "BertModel", body)
    monkeypatch.setattr(minilm, "SAVE_EVERY", 2)
    monkeypatch.setattr(scratch, "fingerprint",
                        lambda recipe, settings: hashlib.sha256(
                            json.dumps(settings).encode()).hexdigest())
    return scratch.Recipe(
        role="tiny", pipeline="text-classification", language="en", title="Tiny",
        summary="A trial.", usage="...", build=partial(_build, body),
        load=partial(minilm.load, architecture="BertForSequenceClassification"), examples=_examples,
        collate=partial(minilm.sentences, labels=LABELS), figures=_figures, everyday=_everyday,
        bars={"accuracy": 0.99, "error rate": 0.9},
        at_most=("error rate",), explained={"accuracy": "share right"}, data="Four words a label.",
        limits=("It is a trial.",), sources=(),
        steps=6, batch_size=4,
    )


@pytest.mark.parametrize("muon", [False, True])
def test_growing_is_seeded_resumable_and_replaces_the_old_files_only_when_complete(tiny, muon,
        tmp_path, monkeypatch):
    def run(name, cache, seed=0):
        return scratch.grow(replace(tiny, muon=muon), seed=seed, folder=tmp_path / name,
                            cache=tmp_path / cache)

    uninterrupted, other_seed = run("uninterrupted", "one"), run("other seed", "one", seed=1)
    folder = tmp_path / "interrupted"
    folder.mkdir()
    (folder / "model.safetensors").write_text("old")
    learn = minilm.FineTuning.learn

    with stopped_at(5, minilm.FineTuning, "learn"):
        run("interrupted", "two")

    def full_disk(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    made = []
    with monkeypatch.context() as patch:
        patch.setattr(minilm.FineTuning, "learn",
                      lambda self, step: made.append(step) or learn(self, step))
        patch.setattr(scratch, "save", full_disk)
        with pytest.raises(OSError, match="No space left"):
            run("interrupted", "two")
    assert made == [4, 5]  # it went on where it was saved
    assert (folder / "model.safetensors").read_text() == "old" and len(list(folder.iterdir())) == 1
    run("interrupted", "two")
    for name in ("model.safetensors", "config.json", "tokenizer.json"):
        assert (folder / name).read_bytes() == (uninterrupted / name).read_bytes(), name
    assert ((other_seed / "model.safetensors").read_bytes()
            != (uninterrupted / "model.safetensors").read_bytes())


def test_muon_learns_the_matrices_of_the_layers(tiny, tmp_path):
    model, tokenizer = tiny.build(0)
    trained = dict(model.named_parameters())
    made = scratch.Optimizers(trained)
    muon, adam = ([parameter for group in part.param_groups for parameter in group["params"]]
                  for part in made.parts)
    names = {name for name, parameter in trained.items() if any(parameter is one for one in muon)}
    assert (len(names) == len(muon) == 6 * model.config.num_hidden_layers
            and all(".encoder.layer." in name for name in names))
    assert len(muon) + len(adam) == len(trained)
    model(**minilm.sentences(tokenizer, _examples(4, 0), LABELS)).loss.backward()
    made.step()
    made.zero_grad()
    assert all(parameter.grad is None for parameter in trained.values())
    kept = {name: set(made.state[parameter]) for name, parameter in trained.items()}
    assert all(state == ({"momentum_buffer"} if name in names
                         else {"step", "exp_avg", "exp_avg_sq"}) for name, state in kept.items())
    layers = {"block.0.relative_attention_bias.weight": (4, 4), "block.0.q.weight": (4, 4),
              "model.layers.0.fc1.weight": (4, 8), "model.layers.0.fc1.bias": (8,)}
    made = scratch.Optimizers({f"encoder.{name}": torch.nn.Parameter(torch.ones(shape))
                               for name, shape in layers.items()})
    assert [len(group["params"]) for group in made.param_groups] == [2, 2]


def test_weights_are_float16_and_the_card_says_what_was_measured(tiny, tmp_path):
    from safetensors.numpy import load_file

    folder = scratch.grow(tiny, folder=tmp_path / "grown", cache=tmp_path / "cache")
    assert {str(tensor.dtype)
            for tensor in load_file(folder / "model.safetensors").values()} == {"float16"}
    model, _ = tiny.load(folder)
    assert {str(parameter.dtype) for parameter in model.parameters()} == {"torch.float32"}
    metrics = json.loads((folder / "metrics.json").read_text())
    card = (folder / "README.md").read_text()
    assert (card == scratch.card(tiny, metrics) and "4 examples, AdamW, learning rate" in card
            and "Muon (matrices" in scratch.card(replace(tiny, muon=True), metrics))
    told = {name: Interval(*values) for name, values in metrics["figures"].items()}
    missed = " (not met)" if told["accuracy"].estimate < 0.99 else ""
    assert (f"| accuracy | share right | {told['familiar accuracy']:.3f} | "
            f"{told['accuracy']:.3f} | 0.99{missed} |") in card
    assert (f"{told['error rate']:.3f} | at most 0.9 |" in card
            and "1 of 2 come out as expected" in card)
    assert {name: sha256(folder / name) for name in metrics["files"]} == metrics["files"]


def test_bad_numbers_are_named(tiny):
    with pytest.raises(CourseError, match="steps is 0"):
        scratch.grow(tiny, steps=0)


@pytest.mark.parametrize("role", ROLES)
def test_shipped_files_are_those_that_were_measured(role):
    recipe = grow.recipe(role).RECIPE
    metrics = json.loads((recipe.folder / "metrics.json").read_text(encoding="utf-8"))
    assert {name: sha256(recipe.folder / name) for name in metrics["files"]} == metrics["files"]
    assert ((recipe.folder / "README.md").read_text(encoding="utf-8")
            == scratch.card(recipe, metrics))
    assert metrics["bars"] == recipe.bars

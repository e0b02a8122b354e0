"""The checkpoints built on MiniLM: how they are grown, what is shipped, and that the cards tell the
truth."""

import errno
import hashlib
import json
from functools import partial

import pytest

from helpers import checkpoints
from helpers.checkpoints import merged
from helpers.errors import CourseError
from helpers.files import sha256
from helpers.making import grow, standins
from helpers.making.grow import minilm
from helpers.measure import Interval, wilson
from tests.helpers.children import stopped_at

ROLES = [role for role, row in checkpoints.table().items() if row.get("body") == minilm.BODY]
MISSED = {("sentiment", "accuracy")}  # what is known to stay below its bar
LARGEST = 1_500_000  # bytes of the trained part


def recorded(role: str) -> dict:
    return json.loads(
        (grow.recipe(role).RECIPE.folder / "metrics.json").read_text(encoding="utf-8"))


# Growing, at a size for tests


LABELS = ("no", "yes")
WORDS = {"no": "broken late small wet".split(), "yes": "fresh beautiful alive good".split()}


def _examples(count, seed):
    return [{"text": f"The roses were {WORDS[LABELS[n % 2]][(n // 2 + seed) % 4]}.",
             "label": LABELS[n % 2]} for n in range(count)]


def _figures(model, tokenizer, split, sample=1.0):
    rows = minilm.share(_examples(8, 0), sample)
    given = minilm.logits(model, tokenizer, [row["text"] for row in rows]).argmax(1)
    return {"accuracy": wilson(sum(LABELS[n] == row["label"]
                                   for n, row in zip(given, rows, strict=True)), len(rows))}


def _everyday(model, tokenizer):
    return [{"text": "The box was wet.", "expected": "no", "given": "yes"},
            {"text": "Good.", "expected": "yes", "given": "yes"}]


def _fingerprint(recipe, settings):
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


TINY = minilm.Recipe(
    role="tiny", architecture="BertForSequenceClassification", adapter="SEQ_CLS",
    pipeline="text-classification", title="Tiny", summary="A trial.",
    usage="...", labels=LABELS, examples=_examples,
    collate=partial(minilm.sentences, labels=LABELS), figures=_figures, everyday=_everyday,
    bars={"accuracy": 0.5}, explained={"accuracy": "share right"}, data="Four words a label.",
    limits=("It is a trial.",), sources=(), steps=6,
    batch_size=4,
)


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A tiny random BERT in the place of the encoder, and checkpoints at every step."""
    body = tmp_path / "body"
    body.mkdir()
    standins.bert("made-up/tiny-uncased", "BertModel", body)
    monkeypatch.setattr(checkpoints, "local", lambda role: str(body))
    monkeypatch.setattr(minilm, "SAVE_EVERY", 2)
    monkeypatch.setattr(minilm, "fingerprint", _fingerprint)
    return tmp_path


def test_growing_is_seeded_resumable_and_replaces_the_old_files_only_when_complete(
        tiny, monkeypatch):
    def run(name, cache, seed=0):
        return minilm.grow(TINY, seed=seed, folder=tiny / name, cache=tiny / cache)

    uninterrupted = run("uninterrupted", "one")
    other_seed = run("other seed", "one", seed=1)
    folder = tiny / "interrupted"
    folder.mkdir()
    (folder / merged.ADAPTER).write_text("old")
    learn = minilm.FineTuning.learn

    with stopped_at(5, minilm.FineTuning, "learn"):
        run("interrupted", "two")

    def full_disk(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    made = []
    monkeypatch.setattr(minilm.FineTuning, "learn",
                        lambda self, step: made.append(step) or learn(self, step))
    monkeypatch.setattr(minilm, "save", full_disk)
    with pytest.raises(OSError, match="No space left"):
        run("interrupted", "two")
    assert made == [4, 5]  # it went on where it was saved
    assert (folder / merged.ADAPTER).read_text() == "old" and len(list(folder.iterdir())) == 1
    assert [path.name for path in tiny.iterdir() if path.name.startswith(".")] == []
    monkeypatch.undo()
    monkeypatch.setattr(checkpoints, "local", lambda role: str(tiny / "body"))
    monkeypatch.setattr(minilm, "fingerprint", _fingerprint)
    run("interrupted", "two")
    for name in (merged.ADAPTER, merged.ADAPTER_CONFIG, "config.json"):
        assert (folder / name).read_bytes() == (uninterrupted / name).read_bytes(), name
    assert ((other_seed / merged.ADAPTER).read_bytes()
            != (uninterrupted / merged.ADAPTER).read_bytes())
    losses = [json.loads((path / "metrics.json").read_text())["loss"]
              for path in (folder, uninterrupted)]
    assert losses[0] == losses[1] and [step for step, _ in losses[0]] == [1, 2, 3, 4, 5, 6]


def test_every_adapter_is_trained_and_the_card_says_what_was_measured(tiny):
    from safetensors.numpy import load_file

    folder = minilm.grow(TINY, folder=tiny / "grown", cache=tiny / "cache")
    # Zero at the start
    changes = {name: tensor for name, tensor in load_file(folder / merged.ADAPTER).items()
               if "lora_B" in name}
    assert len(changes) == 2 * 6 + 1 and all(tensor.any() for tensor in changes.values())
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["figures"].keys() == {"accuracy", "familiar accuracy"}
    assert metrics["everyday"] == _everyday(None, None)
    card = (folder / "README.md").read_text()
    assert card == minilm.card(TINY, metrics)
    assert (f"| accuracy | share right | {Interval(*metrics['figures']['familiar accuracy'])} | "
            f"{Interval(*metrics['figures']['accuracy'])} | 0.5 |") in card
    assert ("1 of 2 come out as expected" in card and "| The box was wet. | no | yes ✗ |" in card
            and "- It is a trial." in card)
    assert {name: sha256(folder / name) for name in metrics["files"]} == metrics["files"]


def test_bad_numbers_are_named(tiny):
    with pytest.raises(CourseError, match="steps is 0"):
        minilm.grow(TINY, steps=0)


def test_batches_hold_examples_of_similar_length_each_once():
    rows = [{"text": "x" * (n * 37 % 101), "label": "no"} for n in range(1000)]
    cut = minilm.batches(rows, 8, minilm.characters, seed=0)
    assert sorted(len(row["text"]) for batch in cut for row in batch) == sorted(len(row["text"])
            for row in rows)
    spread = [max(len(row["text"]) for row in batch) - min(len(row["text"]) for row in batch)
              for batch in cut]
    assert sum(spread) / len(spread) < 20
    assert cut == minilm.batches(rows, 8, minilm.characters, seed=0) != minilm.batches(rows, 8,
            minilm.characters, seed=1)


def test_auc_and_its_interval():
    import numpy
    from sklearn.metrics import roc_auc_score

    draw = numpy.random.default_rng(0)
    positive = draw.random(300) < 0.4
    score = numpy.round(draw.normal(positive * 1.0, 1), 1)  # rounded, so that there are ties
    assert minilm.auc(score, positive) == pytest.approx(roc_auc_score(positive, score))
    interval = minilm.resampled(minilm.auc, score, positive)
    assert interval.low < interval.estimate < interval.high and interval.high - interval.low < 0.15


def test_a_role_of_the_table_has_its_recipe():
    assert ROLES and set(ROLES) <= set(grow.ROLES)
    for role in ROLES:
        recipe = grow.recipe(role).RECIPE
        assert (recipe.role == role
                and recipe.architecture == checkpoints.table()[role]["architecture"])


# What is shipped


@pytest.mark.parametrize("role", ROLES)
def test_shipped_files_are_those_that_were_measured(role):
    recipe, metrics = grow.recipe(role).RECIPE, recorded(role)
    assert {name: sha256(recipe.folder / name) for name in metrics["files"]} == metrics["files"]
    assert metrics["files"].keys() == {merged.ADAPTER, merged.ADAPTER_CONFIG, "config.json"}
    assert (recipe.folder / "README.md").read_text(encoding="utf-8") == minilm.card(recipe, metrics)
    assert sum(path.stat().st_size for path in recipe.folder.iterdir()) < LARGEST


@pytest.mark.parametrize("role", ROLES)
def test_bars_are_met_or_the_card_says_that_they_are_not(role):
    metrics = recorded(role)
    assert metrics["bars"] == grow.recipe(role).RECIPE.bars
    missed = {figure for figure, bar in metrics["bars"].items()
              if metrics["figures"][figure][0] < bar}
    assert {(role, figure) for figure in missed} <= MISSED
    card = (grow.recipe(role).RECIPE.folder / "README.md").read_text(encoding="utf-8")
    assert ("(not met)" in card) == bool(missed)


@pytest.mark.card
@pytest.mark.parametrize("role", ROLES)
def test_the_card_agrees_with_a_fresh_measurement(role):
    recipe, metrics = grow.recipe(role).RECIPE, recorded(role)
    compared = grow.check(role, sample=0.2)
    assert compared.keys() <= metrics["figures"].keys()
    apart = grow.disagreements(compared)
    assert len(apart) <= max(1, len(compared) // 10), apart  # 95 % each, on the first rows
    assert not apart.keys() & recipe.bars.keys(), apart


@pytest.mark.parametrize("role", ROLES)
def test_everyday_text_comes_out_right(role):
    recipe, metrics = grow.recipe(role).RECIPE, recorded(role)
    everyday = recipe.everyday(*minilm.load(checkpoints.local(role), recipe.architecture))
    wrong = [row for row in everyday if row["given"] != row["expected"]]
    right = len(everyday) - len(wrong)
    assert len(everyday) >= 10 and right >= recipe.everyday_bar * len(everyday), wrong
    recorded_right = sum(row["given"] == row["expected"] for row in metrics["everyday"])
    assert abs(right - recorded_right) <= 1, wrong  # another CPU rounds differently


@pytest.mark.parametrize("role", ROLES)
def test_it_loads_plainly_and_whole(role):
    import transformers

    found = checkpoints.checkpoint(role)
    architecture = grow.recipe(role).RECIPE.architecture
    model, info = getattr(transformers, architecture).from_pretrained(
        found, revision=found.revision, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    assert model.num_parameters() == found.parameters
    assert {str(parameter.dtype) for parameter in model.parameters()} == {"torch.float32"}
    tokenizer = transformers.AutoTokenizer.from_pretrained(found, revision=found.revision)
    assert tokenizer.is_fast and tokenizer.model_max_length == 512

"""The cache of merged checkpoints: equal to peft's own merge, never a damaged or old one, safe with
several processes."""

import errno
import json
import multiprocessing
import os

import pytest
from safetensors import SafetensorError

from helpers import cached, checkpoints
from helpers.checkpoints import merged
from helpers.errors import CourseError
from helpers.making import standins
from helpers.making.grow import minilm

SUMS = {"encoder/model.safetensors": "1", "adapter_model.safetensors": "2"}
ARCHITECTURES = {
    "BertForSequenceClassification": ("SEQ_CLS", ("no", "yes")),
    "BertForTokenClassification": ("TOKEN_CLS", ("O", "B-X", "I-X")),
    "BertForQuestionAnswering": ("QUESTION_ANS", ()),
    "BertForMaskedLM": (None, ()),
}


@pytest.fixture(scope="module")
def body(tmp_path_factory):
    """A tiny BERT with its tokenizer, in the place of the encoder."""
    folder = tmp_path_factory.mktemp("body")
    standins.bert("made-up/tiny-uncased", "BertModel", folder)
    return folder


def recipe(architecture: str) -> minilm.Recipe:
    adapter, labels = ARCHITECTURES[architecture]
    return minilm.Recipe(
        role="tiny", architecture=architecture, adapter=adapter, pipeline="", title="", summary="",
        usage="", labels=labels,
        examples=None, collate=None, figures=None, everyday=None, bars={}, explained={}, data="",
        limits=(), sources=(),
        whole=None if adapter else r"cls\..*", options={} if adapter else {"num_hidden_layers": 1},
    )


def grown(architecture: str, folder, body, monkeypatch):
    """Write parts with random adapters into ``folder``."""
    import torch

    monkeypatch.setattr(checkpoints, "local", lambda role: str(body))
    model, _ = minilm.new_model(recipe(architecture), seed=1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:  # they start at zero: no change
                parameter.normal_(0, 0.3)
    minilm.save(recipe(architecture), folder, model)
    return folder


@pytest.fixture
def parts(tmp_path, body, monkeypatch):
    folder = tmp_path / "parts"
    folder.mkdir()
    return grown("BertForSequenceClassification", folder, body, monkeypatch)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_merged_model_is_the_one_that_peft_makes(architecture, tmp_path, body, monkeypatch):
    import torch
    import transformers
    from peft import PeftModel

    parts = tmp_path / "parts"
    parts.mkdir()
    grown(architecture, parts, body, monkeypatch)
    folder = merged.folder("tiny", parts, body, SUMS, tmp_path / "models")
    kind = getattr(transformers, architecture)
    model, info = kind.from_pretrained(folder, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"]
    labels = {"num_labels": len(ARCHITECTURES[architecture][1]) or 2,
              **recipe(architecture).options}
    with_peft = PeftModel.from_pretrained(kind.from_pretrained(body, **labels), parts).eval()
    batch = transformers.AutoTokenizer.from_pretrained(folder)(["Roses arrived late.", "Roses!"],
            padding=True, return_tensors="pt")
    with torch.no_grad():
        ours, theirs = model.eval()(**batch), with_peft(**batch)
        untrained = kind.from_pretrained(body, **labels).eval()(**batch)
    for name in ("logits",) if "logits" in ours else ("start_logits", "end_logits"):
        assert torch.allclose(ours[name], theirs[name], atol=1e-4), name
        assert not torch.allclose(ours[name], untrained[name], atol=1e-2), name
    assert {str(parameter.dtype) for parameter in model.parameters()} == {"torch.float32"}


def test_the_parts_are_small_and_in_float16(parts):
    from safetensors.numpy import load_file

    assert (sorted(path.name for path in parts.iterdir())
            == ["adapter_config.json", "adapter_model.safetensors", "config.json"])
    tensors = load_file(parts / merged.ADAPTER)
    assert {str(tensor.dtype) for tensor in tensors.values()} == {"float16"}
    assert all("lora_" in name or "classifier" in name for name in tensors)
    assert json.loads((parts / "config.json").read_text())["id2label"] == {"0": "no", "1": "yes"}
    assert (json.loads((parts / "adapter_config.json").read_text())["target_modules"]
            == sorted(minilm.TARGETS))


def test_it_is_built_once(parts, body, tmp_path, monkeypatch):
    store = tmp_path / "models"
    first = merged.folder("tiny", parts, body, SUMS, store)
    monkeypatch.setattr(merged, "build", None)  # calling it would fail
    assert merged.folder("tiny", parts, body, SUMS, store) == first
    assert [path.name for path in store.iterdir()] == [first.name]


@pytest.mark.parametrize("changed", SUMS)
def test_another_checksum_is_another_folder(parts, body, tmp_path, changed):
    first = merged.folder("tiny", parts, body, SUMS, tmp_path)
    assert merged.folder("tiny", parts, body, SUMS | {changed: "3"}, tmp_path) != first


@pytest.mark.parametrize("damage",
                         ["flip a bit", "cut off", "remove", "break the manifest",
                          "remove the manifest"])
def test_a_damaged_cache_is_built_again(parts, body, tmp_path, damage):
    folder = merged.folder("tiny", parts, body, SUMS, tmp_path / "models")
    weights, manifest = folder / "model.safetensors", folder / cached.MANIFEST
    content = weights.read_bytes()
    if damage == "flip a bit":
        weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    elif damage == "cut off":
        weights.write_bytes(content[:-9])
    elif damage == "remove":
        (folder / "config.json").unlink()
    elif damage == "break the manifest":
        manifest.write_text("{")
    else:
        manifest.unlink()
    assert not cached.is_whole(folder)
    assert merged.folder("tiny", parts, body, SUMS, tmp_path / "models") == folder
    assert cached.is_whole(folder) and weights.read_bytes() == content
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


STOPS = {
    "an interrupt": (KeyboardInterrupt(), KeyboardInterrupt, None),
    "a full disk": (OSError(errno.ENOSPC, "No space left on device"), CourseError,
                    "no room left for .*Free some space"),
    "a full disk, as safetensors says it": (
        SafetensorError("I/O error: No space left on device (os error 28)"),
        CourseError,
        "no room left for .*Free some space",
    ),
    "another fault": (OSError(errno.EIO, "Input/output error"), OSError, "Input/output error"),
}


@pytest.mark.parametrize("stop", STOPS)
def test_a_stopped_build_leaves_nothing(parts, body, tmp_path, monkeypatch, stop):
    error, seen, words = STOPS[stop]

    def stopped(parts, body, target):
        (target / "model.safetensors").write_bytes(b"half")
        raise error

    monkeypatch.setattr(merged, "build", stopped)
    with pytest.raises(seen, match=words):
        merged.folder("tiny", parts, body, SUMS, tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize("number", cached.READ_ONLY)
def test_a_read_only_clone_gets_a_temporary_folder(parts, body, tmp_path, monkeypatch, number):
    make = cached.tempfile.mkdtemp

    def refused(dir=None, prefix=None):
        if dir is not None and str(dir).startswith(str(tmp_path / "models")):
            raise OSError(number, "not here")
        return make(dir=dir, prefix=prefix)

    monkeypatch.setattr(cached.tempfile, "mkdtemp", refused)
    cached.temporary.cache_clear()
    folder = merged.folder("tiny", parts, body, SUMS, tmp_path / "models")
    assert cached.is_whole(folder) and tmp_path not in folder.parents
    assert merged.folder("tiny", parts, body, SUMS, tmp_path / "models") == folder


def _build(parts, body, store, barrier, found):
    barrier.wait(300)
    found.put(str(merged.folder("tiny", parts, body, SUMS, store)))


@pytest.mark.parametrize("damaged", [False, True])
def test_several_processes_at_once_get_the_same_whole_folder(parts, body, tmp_path, damaged):
    store = tmp_path / "models"
    if damaged:
        (merged.folder("tiny", parts, body, SUMS, store) / "config.json").write_text("{}")
    context = multiprocessing.get_context("spawn")
    barrier, found = context.Barrier(4), context.Queue()
    processes = [context.Process(target=_build, args=(parts, body, store, barrier, found))
                 for _ in range(4)]
    for process in processes:
        process.start()
    folders = {found.get(timeout=300) for _ in processes}
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert len(folders) == 1 and cached.is_whole(store / os.path.basename(folders.pop()))
    assert len(list(store.iterdir())) == 1


def test_an_adapter_for_another_body_is_refused():
    import numpy

    pair = {"base_model.model.bert.x.lora_A.weight": numpy.ones((1, 2)),
            "base_model.model.bert.x.lora_B.weight": numpy.ones((2, 1))}
    with pytest.raises(CourseError, match="'bert.x.weight', which its body does not have"):
        merged.merge({}, pair, 2.0)

"""The local hub against the real clients; the stand-ins; hub mode without a network."""

import json
import os
import shutil
import signal
import socket
import time
import urllib.request
from pathlib import Path

import pytest

from helpers.checkpoints import table
from helpers.errors import CourseError
from helpers.hub import serve
from helpers.making import standins
from tests.hub.conftest import LocalHub, answer, hub_environment, raw, start

HUB_ROWS = {role: row for role, row in table().items() if "hub" in row}
REPOSITORIES = sorted(
    {row[key] for row in HUB_ROWS.values() for key in ("hub", "hub_gguf") if key in row}
)
ENCODER = table()["encoder"]


# The ordinary clients

LOAD_EVERYTHING = """
import json
import torch
from helpers import checkpoint
from helpers.checkpoints import is_stand_in, table
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer, pipeline
from sentence_transformers import SentenceTransformer

report = {}
for role, row in table().items():
    if "hub" in row:
        found = checkpoint(role)
        model = AutoModel.from_pretrained(found, revision=found.revision)
        tokenizer = AutoTokenizer.from_pretrained(found, revision=found.revision)
        inputs = tokenizer("The roses arrived late.", return_tensors="pt")
        if model.config.is_encoder_decoder:
            inputs["decoder_input_ids"] = inputs["input_ids"][:, :1]
        if model.config.model_type == "whisper":  # it listens
            heard = torch.zeros(1, model.config.num_mel_bins, 2 * model.config.max_source_positions)
            inputs = {"input_features": heard, "decoder_input_ids": inputs["decoder_input_ids"]}
        with torch.no_grad():
            states = model(**inputs).last_hidden_state
        report[role] = [str(found), found.revision, is_stand_in(model.config),
                        model.config.model_type, type(tokenizer).__name__,
                        bool(states.isfinite().all()), tokenizer.tokenize("Roses arrived")]
lm = checkpoint("lm")
generate = pipeline("text-generation", model=lm, revision=lm.revision)
report["text"] = generate("The roses", max_new_tokens=8)[0]["generated_text"]
report["said"] = generate([{"role": "user", "content": "Hello"}],
                          max_new_tokens=4)[0]["generated_text"][-1]["role"]
encoder = checkpoint("encoder")
classifier = AutoModelForSequenceClassification.from_pretrained(
    encoder, revision=encoder.revision, num_labels=5)
report["labels"] = classifier.num_labels
report["masked"] = len(pipeline("fill-mask", model=encoder, revision=encoder.revision)(
    "The roses [MASK] late."))
embedder = checkpoint("embedder")
sentences = SentenceTransformer(embedder, revision=embedder.revision)
vectors = sentences.encode(["The roses arrived.", "The box was wet.", "Roses!"])
report["vectors"] = [list(vectors.shape), sorted({round(float(v @ v), 4) for v in vectors}),
                     sentences.max_seq_length]
print(json.dumps(report))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("hf")


@pytest.fixture(scope="module")
def loaded(local_hub: LocalHub, home: Path) -> dict:
    """What a fresh process reports after it loaded every role from the hub into an empty cache."""
    return answer(LOAD_EVERYTHING, hub_environment(local_hub.url, home))


@pytest.mark.parametrize("role", HUB_ROWS)
def test_every_role_loads_as_a_stand_in(loaded, role):
    name, revision, is_stand_in, _, _, finite, _ = loaded[role]
    assert (name, revision) == (HUB_ROWS[role]["hub"], HUB_ROWS[role]["revision"])
    assert is_stand_in and finite


def test_architecture_and_tokenizer_are_of_the_real_type(loaded):
    assert loaded["encoder"][3:5] == ["bert", "BertTokenizer"]
    assert loaded["encoder"][6][0] == "R"  # a cased tokenizer keeps the capital
    assert loaded["embedder"][3:5] == ["bert", "BertTokenizer"]
    assert loaded["embedder"][6] == ["roses", "arrived"]
    assert loaded["lm"][3:5] == ["qwen3", "Qwen2Tokenizer"]
    assert loaded["lm"][6][-1] == "Ġarrived"  # byte-level BPE marks the space


def test_pipelines_and_sentence_transformers_work(loaded):
    assert loaded["text"].startswith("The roses") and len(loaded["text"]) > len("The roses")
    assert loaded["said"] == "assistant"
    assert loaded["labels"] == 5
    assert loaded["masked"] == 5
    assert loaded["vectors"] == [[3, standins.SIZES["hidden_size"]], [1.0], 256]


def test_a_second_download_comes_from_the_cache(loaded, local_hub, home):
    before, seen = local_hub.downloads("model.safetensors"), len(local_hub.requests)
    assert before >= len({row["hub"] for row in HUB_ROWS.values()})
    code = """
import json, sys
from huggingface_hub import hf_hub_download
print(json.dumps([hf_hub_download(sys.argv[1], "model.safetensors", revision=r)
                  for r in (sys.argv[2], "main")]))
"""
    pinned, main = answer(code, hub_environment(local_hub.url, home), ENCODER["hub"],
                          ENCODER["revision"])
    assert pinned == main and Path(main).is_file()
    assert local_hub.downloads("model.safetensors") == before
    target = f"/{ENCODER['hub']}/resolve/main/model.safetensors"
    # "main" was asked for, its ETag was the cached one
    assert ("HEAD", target, 200) in local_hub.requests[seen:]


def test_listing_search_trees_and_errors(local_hub, tmp_path):
    code = """
import json, os, sys
from huggingface_hub import HfApi, ModelCard, hf_hub_download, snapshot_download

repository, commit = sys.argv[1:]
api = HfApi()

def refusal(call, *arguments, **options):
    try:
        return "no error: " + str(call(*arguments, **options))
    except Exception as error:
        return type(error).__name__

listed = list(api.list_models())
print(json.dumps({
    "all": sorted(m.id for m in listed),
    "card": sorted({(m.card_data.license, m.private, "stand-in" in m.tags) for m in listed}),
    "search": [m.id for m in api.list_models(search="all-minilm")],
    "filter": sorted(m.id for m in api.list_models(
        filter=["text-generation", "license:apache-2.0"], sort="downloads")),
    "author": [m.id for m in api.list_models(author="google-bert", limit=1, full=True)],
    "task": sorted(m.id for m in api.list_models(pipeline_tag="fill-mask")),
    "unknown filter": refusal(lambda: list(api.list_models(gated=True))),
    "unknown order": refusal(lambda: list(api.list_models(sort="createdAt"))),
    "info": [api.model_info(repository).sha, api.model_info(repository, revision=commit[:7]).sha],
    "files": api.list_repo_files(repository, revision=commit),
    "tree": [e.path for e in api.list_repo_tree("sentence-transformers/all-MiniLM-L6-v2",
                                                "1_Pooling")],
    "paths": [e.path for e in api.get_paths_info(repository, ["config.json", "nothing",
                                                              "../../refs/main"])],
    "snapshot": sorted(os.listdir(snapshot_download(repository, revision=commit))),
    "readme": ModelCard.load(repository).data.license,
    "exists": [api.file_exists(repository, "config.json"), api.file_exists(repository, "x"),
               api.repo_exists("a/b"), api.revision_exists(repository, "main"),
               api.revision_exists(repository, "nine")],
    "errors": [
        refusal(hf_hub_download, "nobody/nothing", "config.json"),
        refusal(hf_hub_download, "gpt2", "config.json"),
        refusal(hf_hub_download, "a/b", "x", repo_type="dataset"),
        refusal(api.model_info, "nobody/nothing"),
        refusal(hf_hub_download, repository, "config.json", revision="0" * 40),
        refusal(api.model_info, repository, revision="nine"),
        refusal(hf_hub_download, repository, "nothing.bin"),
        refusal(lambda: list(api.list_repo_tree(repository, "nowhere"))),
    ],
    "upload": refusal(api.upload_file, path_or_fileobj=b"x", path_in_repo="x", repo_id=repository),
    "create": refusal(api.create_repo, "me/mine"),
    "delete": refusal(api.delete_repo, repository),
}))
"""
    report = answer(code, hub_environment(local_hub.url, tmp_path), ENCODER["hub"],
                    ENCODER["revision"])
    files = ["README.md", "config.json", "model.safetensors", "tokenizer.json",
             "tokenizer_config.json"]
    assert report == {
        "all": REPOSITORIES,
        "card": [["apache-2.0", False, True]],
        "search": ["sentence-transformers/all-MiniLM-L6-v2"],
        "filter": [
            "Qwen/Qwen2.5-Coder-0.5B-Instruct", "Qwen/Qwen3-0.6B", "Qwen/Qwen3-0.6B-Base",
            "Qwen/Qwen3-0.6B-GGUF",
        ],
        "author": ["google-bert/bert-base-cased"],
        "task": ["distilbert/distilbert-base-uncased",
                 *(f"google-bert/bert-{name}"
                   for name in ("base-cased", "base-uncased", "large-uncased"))],
        "unknown filter": "BadRequestError",
        "unknown order": "BadRequestError",
        "info": [ENCODER["revision"]] * 2,
        "files": files,
        "tree": ["1_Pooling/config.json"],
        "paths": ["config.json"],
        "snapshot": files,
        "readme": "apache-2.0",
        "exists": [True, False, False, True, False],
        "errors": ["RepositoryNotFoundError"] * 4 + ["RevisionNotFoundError"] * 2
                  + ["RemoteEntryNotFoundError"] * 2,
        "upload": "HfHubHTTPError",
        "create": "HfHubHTTPError",
        "delete": "HfHubHTTPError",
    }


# The protocol, byte by byte


def test_head_and_get_agree_and_ranges_are_honoured(local_hub, stand_ins):
    target = f"/{ENCODER['hub']}/resolve/main/config.json"
    content = (stand_ins / ENCODER["hub"] / "snapshots" / ENCODER["revision"]
               / "config.json").read_bytes()
    status, head, nothing = raw(local_hub.url, "HEAD", target)
    assert (status, nothing) == (200, b"")
    status, got, body = raw(local_hub.url, "GET", target)
    assert (status, body) == (200, content)
    for headers in (head, got):
        assert headers["x-repo-commit"] == ENCODER["revision"]
        assert headers["content-length"] == str(len(content))
        assert headers["etag"] == head["etag"] and len(head["etag"].strip('"')) == 40
    status, part, body = raw(local_hub.url, "GET", target, Range="bytes=5-9")
    assert (status, body, part["etag"]) == (206, content[5:10], head["etag"])
    assert raw(local_hub.url, "GET", "/api/agent-harnesses")[0] == 404


@pytest.fixture
def risky_hub(tmp_path):
    """A hub over a folder with a secret beside it, links that lead to the secret, and one honest
    file."""
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    folder = tmp_path / "hub"
    files = folder / "o" / "n" / "snapshots" / ("a" * 40)
    (files / "sub").mkdir(parents=True)
    (files / "config.json").write_text("{}")
    (files / "sub" / "inner.txt").write_text("inner")
    (files / "link.txt").symlink_to(secret)
    (files / "linked").symlink_to(tmp_path)
    (folder / "o" / "n" / "refs").mkdir()
    (folder / "o" / "n" / "refs" / "main").write_text("a" * 40)
    (folder / "o" / "n" / "refs" / "outside").write_text("../../../..")
    (folder / "o" / "n" / "refs" / "linked").symlink_to(secret)
    (folder / "secret.txt").write_text("SECRET")
    (folder / "o" / "elsewhere").symlink_to(tmp_path)
    with serve(folder) as url:
        yield url, tmp_path


UP = ["..", "%2e%2e", "%2E.", "..%2f..", "%252e%252e", "..%5c..", "..\\..", "....//....", ".%00."]


def test_paths_that_lead_out_are_not_found(risky_hub):
    url, folder = risky_hub
    assert raw(url, "GET", "/o/n/resolve/main/sub/inner.txt")[2] == b"inner"
    ladders = ["/".join([step] * count) + "/secret.txt" for step in UP
               for count in (1, 2, 3, 4, 5, 6)]
    names = [*ladders, "link.txt", "linked/secret.txt", "sub/../../../../../../secret.txt",
             "sub/../config.json"]
    names += [f"{folder}/secret.txt", f"%2f{folder}/secret.txt", "/etc/passwd", "%2fetc%2fpasswd"]
    names += ["", ".", "sub", "%c3%a4", "%ff", "%0d%0aX:%201"]
    targets = [f"/o/n/resolve/main/{name}" for name in names]
    targets += [f"/o/n/resolve/{revision}/secret.txt"
                for revision in ("..", "%2e%2e", "outside", "linked", "..%2f..")]
    targets += [f"/{up}/{up}/resolve/main/secret.txt"
                for up in UP] + ["/o/elsewhere/resolve/main/secret.txt"]
    targets += [f"/api/models/o/n/tree/main/{name}" for name in names if name]
    targets += [f"/api/models/{name}"
                for name in ("o/n/tree/outside", "o/n/revision/../..", "../..")] + [
                    "/../secret.txt"]
    for target in targets:
        for method in ("GET", "HEAD"):
            status, _, body = raw(url, method, target)
            inside = (method, target) == ("GET", "/api/models/o/n/tree/main/sub")
            assert status == 200 if inside else 400 <= status < 500, (status, method, target)
            assert b"SECRET" not in body
            assert str(folder) in target or str(folder).encode() not in body, (method, target)
    status, _, body = raw(url, "GET", "/api/models/o/n/tree/main?recursive=true")
    assert [entry["path"] for entry in json.loads(body)] == ["config.json", "sub", "sub/inner.txt"]
    status, _, body = raw(url, "POST", "/api/models/o/n/paths-info/main",
                          "paths=../../../../secret.txt&paths=link.txt")
    assert (status, json.loads(body)) == (200, [])


def test_nothing_can_be_written(risky_hub):
    url, folder = risky_hub
    before = sorted(folder.rglob("*"))
    for method in ("PUT", "POST", "PATCH", "DELETE"):
        for target in ("/o/n/resolve/main/config.json", "/api/repos/create",
                       "/api/models/o/n/commit/main"):
            assert raw(url, method, target, "x" * 100)[0] == 403
    assert raw(url, "POST", "/api/models/o/n/paths-info/main", "x" * 1_000_001)[0] == 413
    assert sorted(folder.rglob("*")) == before


def test_another_name_for_this_machine_is_refused(local_hub):
    assert raw(local_hub.url, "GET", "/api/models", Host="evil.example")[0] == 400


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "example.com", ""])
def test_only_loopback_is_served(tmp_path, host):
    with pytest.raises(CourseError, match="this machine only"), serve(tmp_path, host=host):
        pass


def test_a_missing_folder_and_a_port_in_use_are_said(tmp_path):
    with pytest.raises(CourseError, match="no folder"), serve(tmp_path / "nothing"):
        pass
    with serve(tmp_path) as url:
        port = int(url.rsplit(":", 1)[1])
        with pytest.raises(CourseError, match=f"port {port}"), serve(tmp_path, port=port):
            pass
    with serve(tmp_path, port=port) as again:  # the block's end frees the port
        assert again == url


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent with a POSIX signal")
def test_run_serves_until_interrupted(stand_ins):
    process = start("import sys; from helpers.hub import run; run(sys.argv[1], 0)",
                    dict(os.environ), str(stand_ins))
    lines = [process.stdout.readline() for _ in range(len(REPOSITORIES) + 2)]
    url = lines[-1].strip().split("HF_ENDPOINT=")[1]
    with urllib.request.urlopen(f"{url}/api/models", timeout=60) as response:
        assert sorted(model["id"] for model in json.load(response)) == REPOSITORIES
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


# The stand-ins


def hashes(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*")
            if path.is_file()}


@pytest.mark.parametrize("role", HUB_ROWS)
def test_every_hub_counterpart_has_an_honest_small_stand_in(stand_ins, role):
    row = HUB_ROWS[role]
    # Of some only the first digits are known
    folder = stand_ins / row["hub"] / "snapshots" / row["revision"].ljust(40, "0")
    config = json.loads((folder / "config.json").read_text())
    assert config["stand_in"] is True
    assert config["architectures"] == [row["hub_architecture"]]
    # As DistilBERT and Marian call it
    assert (config.get("hidden_size") or config.get("dim") or config["d_model"]) <= 64
    card = (folder / "README.md").read_text()
    assert 'license: "apache-2.0"' in card and "This is a stand-in" in card and row["hub"] in card
    assert (folder / "model.safetensors").stat().st_size < 1_000_000
    assert not list(folder.glob("*.bin"))


def test_a_counterpart_for_llama_cpp_is_as_honest_and_small(stand_ins):
    rows = [row for row in HUB_ROWS.values() if "hub_gguf" in row]
    assert rows
    for row in rows:
        folder = stand_ins / row["hub_gguf"] / "snapshots" / row["hub_gguf_revision"]
        assert (folder / row["hub_gguf_file"]).stat().st_size < 1_000_000
        card = (folder / "README.md").read_text()
        assert "This is a stand-in" in card and row["hub_gguf"] in card


def test_a_whole_folder_is_left_alone(stand_ins, monkeypatch):
    # Calling one would fail
    monkeypatch.setattr(standins, "BUILDERS", dict.fromkeys(standins.BUILDERS))
    assert standins.build(stand_ins) == stand_ins


def test_a_damaged_folder_is_built_again_with_the_same_bytes(stand_ins, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(stand_ins, copy)
    damaged = next(copy.rglob("tokenizer.json"))
    damaged.write_text("{}")
    (copy / "left-over.txt").write_text("x")
    began = time.monotonic()
    code = "import sys; from helpers.making import standins; standins.build(sys.argv[1]); print(1)"
    answer(code, dict(os.environ), str(copy))
    assert time.monotonic() - began < 30  # 5 seconds when the machine is free
    assert hashes(copy) == hashes(stand_ins)


def test_an_interrupt_leaves_the_old_stand_ins(tmp_path, monkeypatch):
    old = tmp_path / "stand_ins"
    old.mkdir()
    (old / "kept.txt").write_text("kept")

    def interrupted(repository, architecture, folder):
        (folder / "config.json").write_text("{}")
        raise KeyboardInterrupt

    monkeypatch.setattr(standins, "BUILDERS", dict.fromkeys(standins.BUILDERS, interrupted))
    with pytest.raises(KeyboardInterrupt):
        standins.build(old)
    assert [path.name for path in tmp_path.rglob("*")] == ["stand_ins", "kept.txt"]


def test_an_architecture_without_a_builder_is_named(tmp_path, monkeypatch):
    row = {"hub": "o/n", "revision": "1", "hub_architecture": "BertForMaskedML"}
    monkeypatch.setattr(standins, "table", lambda: {"new": row})
    with pytest.raises(CourseError, match="'BertForMaskedML'. Did you mean 'BertForMaskedLM'"):
        standins.build(tmp_path / "stand_ins")


# The two modes

UNREACHABLE = """
from helpers import CourseError, checkpoint
try:
    print("no error:", checkpoint("encoder"))
except CourseError as error:
    print(error)
"""


def test_hub_mode_without_a_network_says_so_in_one_sentence_within_ten_seconds(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never answers
        endpoints = {
            "refused": {"HF_ENDPOINT": "http://127.0.0.1:9"},
            "no such name": {"HF_ENDPOINT": "http://hub.invalid"},
            "silent": {"HF_ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}"},
            "offline": {"HF_HUB_OFFLINE": "1"},
        }
        began = time.monotonic()
        processes = {
            name: start(UNREACHABLE,
                        hub_environment("http://127.0.0.1:9", tmp_path / name) | change)
            for name, change in endpoints.items()
        }
        for name, process in processes.items():
            out, err = process.communicate(timeout=300)
            assert time.monotonic() - began < 60, name  # 7 seconds where nothing else runs
            assert err == "", name  # no retries scrolling by, no traceback
            assert out.count("\n") == 1 and out.startswith(f"COURSE_MODELS=hub needs "
                                                           f"{ENCODER['hub']}"), (name, out)
            assert "set COURSE_MODELS=shipped" in out, (name, out)


def test_shipped_mode_never_asks_the_hub(stand_ins, tmp_path):
    code = """
import json
from helpers import checkpoint
from helpers.checkpoints import table
from transformers import AutoModel, AutoTokenizer, pipeline
from sentence_transformers import SentenceTransformer

for role in table():
    found = checkpoint(role)
    AutoModel.from_pretrained(found, revision=found.revision)
    AutoTokenizer.from_pretrained(found, revision=found.revision)
SentenceTransformer(
    checkpoint("embedder"), revision=checkpoint("embedder").revision).encode(["Roses."])
pipeline("text-generation", model=checkpoint("lm"), revision=checkpoint("lm").revision)(
    "The roses", max_new_tokens=4)
print(json.dumps(sorted(table())))
"""
    requests: list[tuple[str, str, int]] = []
    with serve(stand_ins, requests=requests) as url:
        environment = hub_environment(url, tmp_path) | {"COURSE_MODELS": "shipped"}
        assert answer(code, environment) == sorted(table())
    assert requests == []


def test_a_stand_in_that_listens_hears_a_sound_once(stand_ins):
    """With <|notimestamps|> among the first tokens the others are times: 184 steps, not 40."""
    import torch
    from transformers import WhisperForConditionalGeneration

    (folder,) = stand_ins.glob("openai/whisper*/snapshots/*")
    model = WhisperForConditionalGeneration.from_pretrained(folder)
    torch.manual_seed(0)
    sound = torch.randn(1, model.config.num_mel_bins, 2 * model.config.max_source_positions)
    written = model.generate(sound, language="en", task="transcribe")
    assert written.shape == (1, standins.LONGEST_TEXT)

"""Pushes by the ordinary clients: repositories, commits, refs, pull requests, models, data sets,
the `hf` command."""

import hashlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.hub.store import find, repository
from tests.hub.conftest import PushHub, answer, push_hub, raw

# What every script begins with.
HEAD = """
import json, os, sys
from pathlib import Path
from huggingface_hub import *
from huggingface_hub.errors import HfHubHTTPError

api = HfApi()

def refusal(call, *arguments, **options):
    try:
        return "no error: " + str(call(*arguments, **options))
    except HfHubHTTPError as error:
        return (f"{type(error).__name__} {error.response.status_code}: "
                f"{error.server_message or error}")
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def text(repository, path, **options):
    return Path(hf_hub_download(repository, path, **options)).read_text()
"""

COMMITS = """
report = {"who": [api.whoami()["name"], api.whoami()["auth"]["accessToken"]["role"]]}
url = api.create_repo("first")
report["created"] = [url.repo_id, url.repo_type, api.create_repo("first", exist_ok=True).repo_id]
report["again"] = refusal(api.create_repo, "first")
report["empty"] = api.list_repo_files(url.repo_id)
name = url.repo_id

big = bytes(range(256)) * 20_000  # 5 MB: goes as a large file whatever it is called
one = api.create_commit(name, [
    CommitOperationAdd("a/one.txt", b"one"), CommitOperationAdd("a/two.txt", b"two"),
    CommitOperationAdd("weights.bin", b"weights"), CommitOperationAdd("large.txt", big),
    CommitOperationAdd("empty.bin", b""),
], commit_message="Add files", commit_description="Five of them")
report["commit"] = [one.oid == api.model_info(name).sha, one.commit_message, one.repo_url.repo_id]
info = api.model_info(name, files_metadata=True)
report["files"] = {s.rfilename: [s.size, s.lfs is not None] for s in info.siblings
                   if s.rfilename != ".gitattributes"}
report["whole"] = Path(hf_hub_download(name, "large.txt")).read_bytes() == big
report["etag"] = (get_hf_file_metadata(hf_hub_url(name, "weights.bin")).etag
                  == next(s.lfs.sha256 for s in info.siblings if s.rfilename == "weights.bin"))
report["unchanged"] = api.upload_file(path_or_fileobj=b"one", path_in_repo="a/one.txt",
                                      repo_id=name).oid == one.oid

two = api.create_commit(name, [
    CommitOperationAdd("a/one.txt", b"uno"), CommitOperationCopy("weights.bin", "copy.bin"),
    CommitOperationDelete("empty.bin"),
], commit_message="Change", parent_commit=one.oid)
report["changed"] = [text(name, "a/one.txt"), text(name, "a/one.txt", revision=one.oid),
                     text(name, "copy.bin"), api.file_exists(name, "empty.bin")]
report["stale parent"] = refusal(api.create_commit, name, [CommitOperationAdd("b", b"b")],
                                 commit_message="Late", parent_commit=one.oid)
report["delete nothing"] = refusal(api.delete_file, "nothing.txt", name)
api.delete_folder("a", name)
report["left"] = sorted(api.list_repo_files(name))
report["history"] = [[c.title, c.message, c.authors] for c in api.list_repo_commits(name)]
report["dates"] = ([c.created_at for c in api.list_repo_commits(name)]
                   == sorted((c.created_at for c in api.list_repo_commits(name)), reverse=True))

api.create_branch(name, branch="try/this", revision=one.oid)
api.create_tag(name, tag="v1", revision=two.oid, tag_message="First")
report["taken"] = [refusal(api.create_branch, name, branch="try/this"),
                   refusal(api.create_tag, name, tag="v1"),
                   refusal(api.create_branch, name, branch="try")]
api.upload_file(path_or_fileobj=b"branched", path_in_repo="b.txt", repo_id=name,
                revision="try/this")
report["branch"] = [text(name, "b.txt", revision="try/this"), api.file_exists(name, "b.txt"),
                    text(name, "a/one.txt", revision="try/this")]
report["tree"] = sorted(e.path for e in api.list_repo_tree(name, "a", revision="try/this"))
report["tag"] = text(name, "a/two.txt", revision="v1")
report["on a tag"] = refusal(api.upload_file, path_or_fileobj=b"x", path_in_repo="x", repo_id=name,
                             revision="v1")
refs = api.list_repo_refs(name, include_pull_requests=True)
report["refs"] = [sorted(r.ref for r in refs.branches),
                  [[r.ref, r.target_commit == two.oid] for r in refs.tags], refs.pull_requests]

proposed = api.upload_file(path_or_fileobj=b"better", path_in_repo="better.txt", repo_id=name,
                           create_pr=True, commit_message="Make it better",
                           commit_description="Please")
report["proposal"] = [proposed.pr_revision, proposed.pr_num,
                      text(name, "better.txt", revision="refs/pr/1"),
                      api.file_exists(name, "better.txt")]
api.upload_file(path_or_fileobj=b"best", path_in_repo="better.txt", repo_id=name,
                revision="refs/pr/1")
report["more"] = text(name, "better.txt", revision="refs/pr/1")
report["discussions"] = [[d.num, d.title, d.author, d.status, d.is_pull_request]
                         for d in api.get_repo_discussions(name)]
report["closed"] = list(api.get_repo_discussions(name, discussion_status="closed"))
details = api.get_discussion_details(name, 1)
report["details"] = [details.target_branch, details.title, [e.type for e in details.events]]
report["pull refs"] = [r.ref
                       for r in api.list_repo_refs(name, include_pull_requests=True).pull_requests]
report["plain discussion"] = refusal(api.create_discussion, name, "Why?")

api.delete_branch(name, branch="try/this")
api.delete_tag(name, tag="v1")
api.create_branch(name, branch="try")
report["gone"] = ([api.revision_exists(name, revision) for revision in ("try/this", "v1", "try")]
                  + [refusal(api.delete_branch, name, branch="main")])

folder = Path(sys.argv[1]); (folder / "sub").mkdir()
for path, content in {"keep.txt": "k", "secret.env": "s", "sub/log.tmp": "l",
                      ".gitignore": "*.tmp\\nsecret.env\\n"}.items():
    (folder / path).write_text(content)
api.upload_folder(folder_path=folder, repo_id=name, path_in_repo="", delete_patterns="*.bin")
report["folder"] = sorted(api.list_repo_files(name))

report["space"] = refusal(api.create_repo, "room", repo_type="space", space_sdk="static")
report["foreign"] = refusal(api.create_repo, "somebody/else")
report["bad name"] = refusal(api.move_repo, "marigold/first", "marigold/second")
api.delete_repo(name)
report["deleted"] = [api.repo_exists(name), refusal(api.delete_repo, name).split(" ")[0],
                     api.delete_repo(name, missing_ok=True)]
print(json.dumps(report))
"""


def test_repositories_commits_refs_and_pull_requests(hub, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    report = answer(HEAD + COMMITS, hub.environment(tmp_path / "home"), str(folder))
    files = {"a/one.txt": [3, False], "a/two.txt": [3, False], "weights.bin": [7, True],
             "large.txt": [5_120_000, True], "empty.bin": [0, False]}
    said = {name: report.pop(name) for name in ("again", "stale parent", "delete nothing", "taken",
                                                "on a tag", "space", "foreign", "bad name")}
    gone = report.pop("gone")
    assert report == {
        "who": ["marigold", "write"],
        "created": ["marigold/first", "model", "marigold/first"],
        "empty": [".gitattributes"],
        "commit": [True, "Add files", "marigold/first"],
        "files": files,
        "whole": True,
        "etag": True,
        "unchanged": True,
        "changed": ["uno", "one", "weights", False],
        "left": [".gitattributes", "copy.bin", "large.txt", "weights.bin"],
        "history": [
            ["Delete folder a with huggingface_hub", "", ["marigold"]],
            ["Change", "", ["marigold"]],
            ["Add files", "Five of them", ["marigold"]],
            ["initial commit", "", ["marigold"]],
        ],
        "dates": True,
        "branch": ["branched", False, "one"],
        "tree": ["a/one.txt", "a/two.txt"],
        "tag": "two",
        "refs": [["refs/heads/main", "refs/heads/try/this"], [["refs/tags/v1", True]], []],
        "proposal": ["refs/pr/1", 1, "better", False],
        "more": "best",
        "discussions": [[1, "Make it better", "marigold", "open", True]],
        "closed": [],
        "details": ["refs/heads/main", "Make it better", ["commit"]],
        "pull refs": ["refs/pr/1"],
        "plain discussion": "BadRequestError 400: This local hub holds pull requests only, made by "
                            "a commit: push with create_pr=True.",
        "folder": [".gitattributes", ".gitignore", "keep.txt", "large.txt"],
        "deleted": [False, "RepositoryNotFoundError", None],
    }
    assert said["again"].startswith("HfHubHTTPError 409: You already created this model repo")
    assert said["stale parent"].startswith("HfHubHTTPError 412: A commit has happened since")
    assert said["delete nothing"].startswith("RemoteEntryNotFoundError 404")
    assert all(each.startswith("HfHubHTTPError 409: Reference already exists")
               for each in said["taken"])
    assert said["on a tag"].startswith("RevisionNotFoundError 404")
    assert said["space"].startswith("BadRequestError 400: This local hub holds models and data "
                                    "sets, no spaces")
    assert said["foreign"].startswith("HfHubHTTPError 403: marigold can't write under 'somebody'")
    assert "does not offer POST /api/repos/move" in said["bad name"]
    assert (gone[:3] == [False, False, True]
            and gone[3].startswith("BadRequestError 400: The branch main can't be deleted"))
    assert ("marigold/first" not in [path.name for path in hub.folder.rglob("*")]
            and not list((hub.folder / ".incoming").iterdir()))


MODELS = """
import torch
from sentence_transformers import SentenceTransformer
from transformers import (
    AutoModelForSequenceClassification, AutoTokenizer, BertConfig, BertForSequenceClassification,
    BertTokenizerFast, pipeline,
)
from helpers.making.standins import SIZES, word_pieces

torch.manual_seed(0)
tokenizer = BertTokenizerFast(vocab=word_pieces(True), do_lower_case=True, model_max_length=64)
model = BertForSequenceClassification(BertConfig(
    vocab_size=len(tokenizer), num_labels=2, id2label={0: "NO", 1: "YES"}, **SIZES))
model.push_to_hub("tiny", commit_message="Weights")
tokenizer.push_to_hub("tiny", commit_message="Tokenizer")
again = AutoModelForSequenceClassification.from_pretrained("marigold/tiny")
report = {"same": all(torch.equal(a, b)
                      for a, b in zip(model.state_dict().values(), again.state_dict().values()))}
ask = pipeline("text-classification", model="marigold/tiny")
report["label"] = ask("The roses arrived.")[0]["label"] in ("NO", "YES")
report["words"] = AutoTokenizer.from_pretrained("marigold/tiny").tokenize("Roses arrived")
info = api.model_info("marigold/tiny")
report["info"] = [info.safetensors.total == sum(p.numel() for p in model.parameters()),
                  list(info.safetensors.parameters), info.library_name]
folder = Path(sys.argv[1])
model.bert.save_pretrained(folder / "encoder"); tokenizer.save_pretrained(folder / "encoder")
sentences = SentenceTransformer(str(folder / "encoder"))
sentences.push_to_hub("tiny-sentences")
vectors = SentenceTransformer("marigold/tiny-sentences").encode(["The roses arrived."])
report["vectors"] = bool((vectors == sentences.encode(["The roses arrived."])).all())
report["task"] = [m.id
                  for m in api.list_models(pipeline_tag="sentence-similarity", author="marigold")]
print(json.dumps(report))
"""


def test_models_and_tokenizers_are_pushed_and_loaded(hub, tmp_path):
    assert answer(HEAD + MODELS, hub.environment(tmp_path / "home"), str(tmp_path)) == {
        "same": True,
        "label": True,
        "words": ["roses", "arrived"],
        "info": [True, ["F32"], "transformers"],
        "vectors": True,
        "task": ["marigold/tiny-sentences"],
    }


DATA = """
from datasets import Dataset, DatasetDict, load_dataset

train = Dataset.from_dict({"text": ["roses", "tulips", "ferns"], "stars": [5, 4, 1]})
rows = DatasetDict(train=train, test=Dataset.from_dict({"text": ["pots"], "stars": [3]}))
rows.push_to_hub("reviews", commit_message="Rows")
report = {"splits": {name: part.to_dict()
                     for name, part in load_dataset("marigold/reviews").items()}}
report["streamed"] = [row["stars"]
                      for row in load_dataset("marigold/reviews", split="train", streaming=True)]
info = api.dataset_info("marigold/reviews")
report["info"] = [info.id, info.card_data["dataset_info"]["features"][0]["name"],
                  sorted(s.rfilename for s in info.siblings)]
rows["train"].select([0]).push_to_hub("reviews", split="train", commit_message="Fewer")
report["again"] = [load_dataset("marigold/reviews", split="train").num_rows,
                   load_dataset("marigold/reviews", split="train", revision=info.sha).num_rows]
lines = api.create_repo("lines", repo_type="dataset").repo_id
api.upload_file(path_or_fileobj=b'{"text": "a"}\\n{"text": "b"}\\n', path_in_repo="data.jsonl",
                repo_id=lines, repo_type="dataset")
report["lines"] = load_dataset("marigold/lines", split="train")["text"][:]
report["listed"] = [[d.id for d in api.list_datasets()],
                    [d.id for d in api.list_datasets(search="line")],
                    list(api.list_models(search="reviews"))]
report["private"] = [api.create_repo("hidden", repo_type="dataset", private=True).repo_id,
                     api.dataset_info("marigold/hidden").private]
proposed = rows["test"].push_to_hub("reviews", split="extra", create_pr=True, commit_message="More")
report["pull"] = [[d.title, d.is_pull_request]
                  for d in api.get_repo_discussions("marigold/reviews", repo_type="dataset")]
report["extra"] = load_dataset("marigold/reviews", split="extra",
                               revision=proposed.pr_revision).to_dict()
report["missing"] = refusal(load_dataset, "marigold/nothing").split(":")[0]
print(json.dumps(report))
"""


def test_data_sets_are_pushed_and_loaded(hub, tmp_path):
    files = [".gitattributes", "README.md", "data/test-00000-of-00001.parquet",
             "data/train-00000-of-00001.parquet"]
    assert answer(HEAD + DATA, hub.environment(tmp_path / "home")) == {
        "splits": {"train": {"text": ["roses", "tulips", "ferns"], "stars": [5, 4, 1]},
                   "test": {"text": ["pots"], "stars": [3]}},
        "streamed": [5, 4, 1],
        "info": ["marigold/reviews", "text", files],
        "again": [1, 3],
        "lines": ["a", "b"],
        "listed": [["marigold/lines", "marigold/reviews"], ["marigold/lines"], []],
        "private": ["marigold/hidden", True],
        "pull": [["More", True]],
        "extra": {"text": ["pots"], "stars": [3]},
        "missing": "DatasetNotFoundError",
    }


def hf(hub: PushHub, home: Path, *arguments: str, user: str = "marigold") -> str:
    """Run the `hf` command and return what it prints."""
    command = [str(Path(sys.executable).with_name("hf")), *arguments]
    environment = hub.environment(home, user) | {"HF_HUB_DISABLE_UPDATE_CHECK": "1",
                                                 "NO_COLOR": "1", "COLUMNS": "200"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    return done.stdout + done.stderr


def test_the_hf_command(hub, tmp_path):
    home, folder = tmp_path / "home", tmp_path / "folder"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(b"w" * 2_000_000)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# By hand\n")
    assert "marigold" in hf(hub, home, "auth", "whoami")
    assert "marigold/by-hand" in hf(hub, home, "repos", "create", "by-hand")
    hf(hub, home, "upload", "marigold/by-hand", str(folder), ".")
    listed = hf(hub, home, "models", "ls", "--author", "marigold", "--filter", "license:mit",
                user="")
    assert "marigold/by-hand" in listed and "marigold/tiny" not in listed
    hf(hub, home, "download", "marigold/by-hand", "--local-dir", str(tmp_path / "down"),
       user="visitor")
    assert (tmp_path / "down" / "weights.bin").read_bytes() == b"w" * 2_000_000
    assert "for reading only" in hf(hub, home, "upload", "marigold/by-hand",
                                    str(folder / "README.md"), "notes.txt", user="visitor")


LIMITS = """
report = {"small": api.create_repo("limited").repo_id}
report["fits"] = api.upload_file(path_or_fileobj=b"x" * 2_000_000, path_in_repo="fits.bin",
                                 repo_id="marigold/limited").commit_message
report["too large"] = refusal(api.upload_file, path_or_fileobj=b"x" * 2_000_001,
                              path_in_repo="large.bin", repo_id="marigold/limited")
many = [CommitOperationAdd(f"{number}.txt", bytes(999_000)) for number in range(40)]
report["too many"] = refusal(api.create_commit, "marigold/limited", many, commit_message="Many")
report["files"] = api.list_repo_files("marigold/limited")
print(json.dumps(report))
"""


def test_a_file_and_a_commit_over_the_limit_are_refused(tmp_path):
    with push_hub(tmp_path / "store", largest_file=2_000_000) as hub:
        report = answer(HEAD + LIMITS, hub.environment(tmp_path / "home"))
        assert report["fits"] and report["files"] == [".gitattributes", "fits.bin"]
        assert ("2,000,001 bytes; this hub takes files up to 2,000,000" in report["too large"]
                and "--largest-file" in report["too large"])
        assert "413" in report["too many"] and "50,000,000 bytes" in report["too many"]
        # What a tidy client would never send: too much for a message, and too much without a word
        # on how much it is
        token = {"Authorization": f"Bearer {hub.tokens['marigold']}"}
        for body in ("x" * 1_000_001, iter([b"x" * 400_000] * 3)):
            status, headers, _ = raw(hub.url, "POST", "/api/repos/create", body, **token)
            assert status == 413 and "1,000,000 bytes" in headers["x-error-message"]


def upload_address(hub: PushHub, name: str, content: bytes, oid: str) -> str:
    """Announce a large file and return the address to send it to."""
    body = json.dumps({"operation": "upload", "objects": [{"oid": oid, "size": len(content)}]})
    token = {"Authorization": f"Bearer {hub.tokens['marigold']}"}
    status, _, answered = raw(hub.url, "POST", f"/{name}.git/info/lfs/objects/batch", body, **token)
    assert status == 200, answered
    return json.loads(answered)["objects"][0]["actions"]["upload"]["href"].removeprefix(hub.url)


def send(hub: PushHub, target: str, lines: list[dict], **changes: str) -> tuple[int, str]:
    """Send a commit as it stands; return the status and what the hub says."""
    headers = {"Authorization": f"Bearer {hub.tokens['marigold']}"} | changes
    header = {"key": "header", "value": {"summary": "By hand", "description": ""}}
    body = "\n".join(json.dumps(line) for line in [header, *lines])
    status, _, answered = raw(hub.url, "POST", target, body, **headers)
    return status, json.loads(answered).get("error", "")


@pytest.fixture
def plain(hub) -> str:
    """A repository with one file."""
    token = {"Authorization": f"Bearer {hub.tokens['marigold']}"}
    raw(hub.url, "POST", "/api/repos/create", json.dumps({"name": "plain"}), **token)
    put = {"key": "file", "value": {"path": "kept.txt", "content": "kept"}}
    status, said = send(hub, "/api/models/marigold/plain/commit/main", [put])
    assert (status, said) == (200, "")
    return "marigold/plain"


def test_a_wrong_sha_a_wrong_size_and_a_file_that_never_came_are_refused(hub, plain):
    content, oid = b"x" * 1000, "0" * 64
    target = upload_address(hub, plain, content, oid)
    for sent, word in ((content, "The SHA-256 of what arrived"),
                       (content[:999], "999 bytes arrived"),
                       (content + b"x", "More than the 1,000 bytes")):
        status, _, answered = raw(hub.url, "PUT", target, sent)
        assert status in (400, 413) and word in json.loads(answered)["error"]
    # An address is for one file
    assert raw(hub.url, "PUT", target.replace("/1000/", "/2000/"), content)[0] == 403
    assert raw(hub.url, "PUT", target[:-1] + "g", content)[0] == 403
    line = {"key": "lfsFile",
            "value": {"path": "x.bin", "algo": "sha256", "oid": oid, "size": 1000}}
    status, said = send(hub, f"/api/models/{plain}/commit/main", [line])
    assert status == 400 and "was uploaded" in said
    assert "x.bin" not in find(repository(hub.folder, "models", plain)).files
    assert (not list((hub.folder / ".incoming").iterdir())
            and not (hub.folder / plain / "lfs" / oid).exists())


def test_an_upload_that_is_cut_off_leaves_nothing(hub, plain, capfd):
    target = upload_address(hub, plain, b"x" * 1_000_000, "1" * 64)
    with socket.create_connection(("127.0.0.1", int(hub.url.rsplit(":", 1)[1]))) as client:
        client.sendall(f"PUT {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: "
                       "1000000\r\n\r\n".encode() + b"x" * 500_000)
        until(lambda: list((hub.folder / ".incoming").iterdir()))
    until(lambda: not list((hub.folder / ".incoming").iterdir()))
    assert not (hub.folder / plain / "lfs" / ("1" * 64)).exists()
    assert capfd.readouterr().err == ""


def until(true: Callable[[], object]) -> None:
    """Wait until something is true, for ten seconds at most."""
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_large_file_of_another_repository_can_not_be_claimed(hub, plain):
    """To know the SHA-256 of a private file must not be enough to read it."""
    token = {"Authorization": f"Bearer {hub.tokens['marigold']}"}
    raw(hub.url, "POST", "/api/repos/create",
        json.dumps({"name": "hidden-weights", "visibility": "private"}), **token)
    content = b"secret weights"
    oid = hashlib.sha256(content).hexdigest()
    line = {"key": "lfsFile",
            "value": {"path": "weights.bin", "algo": "sha256", "oid": oid, "size": len(content)}}
    hidden = "marigold/hidden-weights"
    assert raw(hub.url, "PUT", upload_address(hub, hidden, content, oid), content)[0] == 200
    assert send(hub, f"/api/models/{hidden}/commit/main", [line])[0] == 200
    assert send(hub, f"/api/models/{plain}/commit/main", [line])[0] == 400
    assert upload_address(hub, plain, content, oid)  # nor is it said to be there already


BAD_PATHS = [
    "../x", "a/../x", "a/../../x", "/etc/x", "//x", "./x", "a//x", ".", "..", "", "a/./x", "..\\x",
    "a\\..\\x", "C:\\x", "c:x", "x\0y", "x\ny",
    ".git/config", "a/.GIT/x", "x" * 201, "x/" * 300 + "x", "kept.txt/x", "\udc80",
]


@pytest.mark.parametrize("path", BAD_PATHS, ids=range(len(BAD_PATHS)))
def test_a_path_that_leads_out_can_not_be_committed(hub, plain, path):
    before = sorted(hub.folder.parent.rglob("*"))
    status, said = send(hub, f"/api/models/{plain}/commit/main",
                        [{"key": "file", "value": {"path": path, "content": "x"}}])
    assert status == 400 and any(word in said
                                 for word in ("can't be", "too long", "valid Unicode")), said
    for key in ("deletedFile", "deletedFolder", "lfsFile"):
        value = {"path": path, "oid": "../../tokens.json",
                 "size": (hub.folder / "tokens.json").stat().st_size}
        assert send(hub, f"/api/models/{plain}/commit/main",
                    [{"key": key, "value": value}])[0] in (400, 404)
    assert sorted(hub.folder.parent.rglob("*")) == before


@pytest.mark.parametrize("name",
                         ["../x", "a/../../x", "refs/heads/x", ".x", "x/", "x//y", "main/x", "a b",
                          "x" * 101, "-x", "x\0"])
def test_a_revision_has_an_ordinary_name(hub, plain, name):
    token = {"Authorization": f"Bearer {hub.tokens['marigold']}"}
    before = sorted(hub.folder.parent.rglob("*"))
    status, _, answered = raw(hub.url, "POST", f"/api/models/{plain}/tag/main",
                              json.dumps({"tag": name}), **token)
    # A branch of that name is in the way of branches only
    assert status == (200 if name == "main/x" else 400), answered
    if status == 400:
        assert sorted(hub.folder.parent.rglob("*")) == before


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"null", b'{"key": "header"}', b'{"key": 1, "value": {}}',
     b'{"key": "file", "value": {"path": "x"}}', b"\xff\xfe", b"[" * 100_000],
)
def test_a_commit_that_makes_no_sense_is_refused(hub, plain, body):
    token = {"Authorization": f"Bearer {hub.tokens['marigold']}"}
    status, _, answered = raw(hub.url, "POST", f"/api/models/{plain}/commit/main", body, **token)
    assert status == 400 and json.loads(answered)["error"]


@pytest.mark.parametrize("name", ["../x", "..", "a/b", "", "x" * 97, "a--b", "x.git", "é"])
def test_a_repository_has_an_ordinary_name(hub, name):
    token = {"Authorization": f"Bearer {hub.tokens['marigold']}"}
    before = sorted(hub.folder.parent.rglob("*"))
    for method, target in (("POST", "/api/repos/create"), ("DELETE", "/api/repos/delete")):
        assert 400 <= raw(hub.url, method, target, json.dumps({"name": name}), **token)[0] < 500
    assert sorted(hub.folder.parent.rglob("*")) == before


def test_pushes_at_the_same_time_all_arrive(hub, tmp_path):
    code = HEAD + """
from concurrent.futures import ThreadPoolExecutor
name = api.create_repo("busy").repo_id
with ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda n: api.upload_file(
        path_or_fileobj=str(n).encode(), path_in_repo=f"{n}.txt", repo_id=name), range(16)))
print(json.dumps([len(api.list_repo_files(name)), len(api.list_repo_commits(name))]))
"""
    assert answer(code, hub.environment(tmp_path)) == [17, 17]

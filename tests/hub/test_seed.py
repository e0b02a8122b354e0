"""What `course hub` holds from the start: the course's own checkpoints, told of truthfully;
stand-ins on request."""

import json
import math
import time
from pathlib import Path

import pytest
from safetensors import safe_open

from helpers import checkpoints
from helpers.files import REPOSITORY, sha256
from helpers.hub import Writer, seed, serve
from helpers.hub.cards import faults, metadata
from helpers.hub.store import files, find, repositories
from helpers.making import standins
from tests.hub.conftest import PushHub, answer
from tests.hub.test_pushes import HEAD

OWN = {role: row for role, row in checkpoints.table().items()
       if row["shipped"].startswith("data/models/")}


@pytest.fixture(scope="module")
def began() -> float:
    return time.time()


@pytest.fixture(scope="module")
def writer(began, tmp_path_factory):
    """A hub as it is after its first start, with the stand-ins."""
    with Writer(tmp_path_factory.mktemp("seeded") / "store") as writer:
        assert seed.seed(writer) == list(OWN)
        standins.add_stand_ins(writer)
        yield writer


LISTED = """
infos = {role: api.model_info(f"marigold/{role}") for role in sys.argv[1].split()}
report = {"own": sorted(m.id for m in api.list_models(author="marigold"))}
report["infos"] = {role: [
    i.downloads, i.likes, i.private, i.gated, i.card_data.license, i.library_name, i.pipeline_tag,
    i.card_data.base_model, i.safetensors.total, i.last_modified.timestamp(),
    i.config["architectures"],
] for role, i in infos.items()}
report["history"] = [c.title for c in api.list_repo_commits("marigold/lm")]

from transformers import pipeline
report["sentiment"] = pipeline("text-classification", model="marigold/sentiment")(
    "The roses are wonderful and I love them.")[0]["label"]
said = pipeline("text-generation", model="marigold/chat")(
    [{"role": "user", "content": "Hello, who are you?"}], max_new_tokens=4)
report["chat"] = said[0]["generated_text"][-1]["role"]
pinned = json.loads(sys.argv[2])
report["pinned"] = [api.model_info(name, revision=commit).sha.startswith(commit)
                    for name, commit in pinned.items()]
print(json.dumps(report))
"""


def test_the_courses_checkpoints_are_there_and_told_of_truthfully(writer, began, tmp_path):
    hub_rows = {row["hub"]: row["revision"] for row in checkpoints.table().values() if "hub" in row}
    with serve(writer.folder, writer=writer) as url:
        hub = PushHub(url)
        report = answer(HEAD + LISTED, hub.environment(tmp_path, user=""), " ".join(OWN),
                        json.dumps(hub_rows))
    assert report["own"] == sorted(f"marigold/{role}" for role in OWN)
    for role, row in OWN.items():
        *facts, base, parameters, changed, architectures = report["infos"][role]
        said = metadata((REPOSITORY / row["shipped"] / "README.md").read_text("utf-8"))
        library = "transformers" if "body" in row else said["library_name"]
        assert facts == [0, 0, False, False, row["licence"].lower(), library, said["pipeline_tag"]]
        assert base == said.get("base_model")
        # The hub counts what is stored; Marian's positions are not, they are computed.
        with safe_open(Path(checkpoints.local(role)) / "model.safetensors", "numpy") as weights:
            stored = sum(math.prod(weights.get_slice(name).get_shape()) for name in weights.keys())
        assert parameters == stored <= row["parameters"] and architectures == [row["architecture"]]
        assert began - 1 <= changed <= time.time()
    assert report["history"] == ["The course's checkpoint lm", "initial commit"]
    assert report["sentiment"] == "POSITIVE" and report["chat"] == "assistant"
    assert report["pinned"] == [True] * len(hub_rows)


def test_the_files_are_the_shipped_ones_and_the_hubs_own(writer):
    for role, row in OWN.items():
        held = find(repositories(writer.folder)[f"marigold/{role}"]).files
        shipped = REPOSITORY / row["shipped"]
        for name in (("config.json", "metrics.json")
                     + (() if "body" in row else ("model.safetensors",))):
            assert sha256(held[name]) == sha256(shipped / name)
        if "body" in row:
            assert ("adapter_model.safetensors" not in held
                    and "merged" in held["README.md"].read_text())
    inodes = {path.stat().st_ino for path in (REPOSITORY / "data" / "models").rglob("*")
              if path.is_file()}
    mine = [path for path in writer.folder.rglob("*") if path.is_file()]
    # An edit of the clone must not change a commit
    assert not inodes & {path.stat().st_ino for path in mine}
    assert not any(path.is_symlink() for path in writer.folder.rglob("*"))


def test_a_checkpoint_is_committed_again_when_the_course_ships_another(writer, monkeypatch):
    home = repositories(writer.folder)["marigold/lm"]
    writer.commit(home, "main", {"title": "Mine", "message": ""}, [("put", "mine.txt", b"mine")],
                  "marigold")
    writer.delete(repositories(writer.folder)["marigold/toxicity"])
    assert seed.seed(writer) == [] and "mine.txt" in find(home).files
    assert "marigold/toxicity" not in repositories(writer.folder)  # deleted is deleted
    old, real = find(home).commit, seed.version
    monkeypatch.setattr(seed, "version", lambda role: "another" if role == "lm" else real(role))
    assert seed.seed(writer) == ["lm"] and seed.seed(writer) == []
    assert "mine.txt" not in find(home).files and "mine.txt" in find(home, old).files
    assert set(files(REPOSITORY / "data" / "models" / "lm")) <= set(find(home).files)


def test_every_shipped_card_would_pass_the_hubs_check():
    for role in OWN:
        assert faults(seed.card(role), "model") == ([], []), role

"""A kill at any moment of a push leaves the old revision whole; the next start removes what is left
over."""

import json
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from helpers.files import REPOSITORY
from helpers.hub import Writer, access, serve
from helpers.hub.store import (
    branches,
    files,
    find,
    folders,
    history,
    pulls,
    repositories,
    revisions,
)
from tests.hub.conftest import answer, hub_environment, start
from tests.hub.test_pushes import HEAD

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")

# Does one thing to a hub again and again, and is killed before the first, second, third … call that
# changes the disk.
KILLED = """
import hashlib, json, os, signal, sys
from pathlib import Path
from helpers.hub.store import find, repositories
from helpers.hub.writing import Writer

folder, deed = Path(sys.argv[1]), sys.argv[2]
CALLS = ("fsync", "replace", "rename", "link", "unlink", "mkdir", "rmdir")

def do(writer):
    home = repositories(folder).get("marigold/model")
    if deed == "create":
        writer.create("models", "marigold/new", "marigold")
    elif deed == "delete":
        writer.delete(home)
    elif deed == "settings":
        writer.settings(home, private=True)
    elif deed == "branch":
        writer.branch(home, "side", "main")
    else:
        weights = home.folder / "lfs" / hashlib.sha256(b"new weights").hexdigest()
        weights.write_bytes(b"new weights")
        operations = [("put", "config.json", b"new"), ("put", "model.safetensors", weights),
                      ("put", "sub/added.txt", b"new"), ("delete", "old.txt")]
        writer.commit(home, "main", {"title": "New", "message": ""}, operations, "marigold",
                      create_pr=deed == "pull")

def child(moment):
    with Writer(folder) as writer:
        count = 0
        def counted(call):
            def wrapped(*arguments, **options):
                nonlocal count
                if count == moment:
                    os.kill(os.getpid(), signal.SIGKILL)
                count += 1
                return call(*arguments, **options)
            return wrapped
        for name in CALLS:
            setattr(os, name, counted(getattr(os, name)))
        do(writer)

moment = int(sys.argv[3])
while True:
    pid = os.fork()
    if pid == 0:
        child(moment)
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    print(json.dumps([moment, os.WIFSIGNALED(status)]), flush=True)
    if sys.stdin.readline() != "again\\n":
        break
    moment += 1
"""


def state(folder: Path) -> dict:
    """Return everything that a reader could see of a hub: settings, refs, and each revision's
    contents."""
    seen = {}
    for name, home in repositories(folder).items():
        contents = {
            revision: {path: file.read_bytes()
                       for path, file in find(home, revision).files.items()}
                       for revision in revisions(home.folder)
        }
        titles = [each["title"] for each in history(home, branches(home.folder)["main"]).values()]
        seen[name] = [home.settings["private"], contents, titles, sorted(pulls(home.folder))]
    return seen


def litter(folder: Path) -> list[str]:
    """Return the paths of what no ref leads to."""
    found = [path for path in (folder / ".incoming").rglob("*")]
    for home in (each for kind in ("models", "datasets")
                 for each in repositories(folder, kind).values()):
        kept = {commit for head in revisions(home.folder).values()
                for commit in history(home, head)}
        found += [path for commit, path in folders(home.folder / "snapshots").items()
                  if commit not in kept]
        found += [path for path in (home.folder / "commits").iterdir() if path.stem not in kept]
        found += [path for path in (home.folder / "lfs").iterdir() if path.stat().st_nlink == 1]
        found += [path for name, path in files(home.folder).items() if path.name.startswith(".")
                  and not name.startswith("snapshots/")]
    return [str(path.relative_to(folder)) for path in found]


@pytest.fixture
def store(tmp_path) -> Path:
    """A hub with one model, no process serving it."""
    folder = tmp_path / "store"
    with Writer(folder) as writer:
        home = writer.create("models", "marigold/model", access.OWNER)
        operations = [("put", name, b"old")
                      for name in ("config.json", "model.safetensors", "old.txt")]
        writer.commit(home, "main", {"title": "Old", "message": ""}, operations, access.OWNER)
    return folder


@pytest.mark.parametrize("deed", ["commit", "pull", "create", "delete", "settings", "branch"])
def test_a_kill_before_any_change_on_the_disk_leaves_old_or_new(store, deed):
    """Every moment in turn, until one comes after the end."""
    old = state(store)
    outcomes = []
    command = [sys.executable, "-c", KILLED, str(store), deed, "0"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=REPOSITORY, **pipes) as driver:
        while True:
            _, killed = json.loads(driver.stdout.readline())
            with Writer(store):
                assert litter(store) == []
                seen = state(store)
            outcomes.append([killed, seen == old])
            if not killed or seen != old:
                break
            driver.stdin.write("again\n")
            driver.stdin.flush()
        driver.stdin.close()
    new = state(store)
    # Old at every moment but the last ones; then new, all of it.
    assert [was_old for _, was_old in outcomes] == [True] * (len(outcomes) - 1) + [False]
    assert len(outcomes) > {"commit": 12, "pull": 12, "create": 12, "delete": 1, "settings": 1,
                            "branch": 1}[deed]
    if deed == "commit":
        content = new["marigold/model"][1]["main"]
        assert content == {
            ".gitattributes": content[".gitattributes"], "config.json": b"new",
            "model.safetensors": b"new weights", "sub/added.txt": b"new",
        }
        assert new["marigold/model"][2] == ["New", "Old", "initial commit"]
    elif deed == "pull":
        assert (new["marigold/model"][1]["main"] == old["marigold/model"][1]["main"]
                and new["marigold/model"][3] == [1])
        assert new["marigold/model"][1]["refs/pr/1"]["config.json"] == b"new"
    elif deed == "create":
        assert new.keys() == {"marigold/model", "marigold/new"}
    elif deed == "delete":
        assert new == {}


# A hub that is killed at a moment of a client's push.
HUB = """
import os, signal, sys
from pathlib import Path
from helpers.hub import Writer, run, writing

folder, moment = Path(sys.argv[1]), sys.argv[2]

def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)

async def die_after_a_piece(self, home, oid, size, chunks, upload=Writer.upload):
    async def pieces():
        async for chunk in chunks:
            yield chunk
            die()
    await upload(self, home, oid, size, pieces())

def die_after(call):
    def wrapped(*arguments, **options):
        call(*arguments, **options)
        die()
    return wrapped

with Writer(folder) as writer:
    if moment == "in the upload":
        Writer.upload = die_after_a_piece
    elif moment == "before the commit":
        Writer.commit = die
    elif moment == "in the snapshot":
        writing.place = die_after(writing.place)
    elif moment == "before the ref":
        Writer._point = die
    elif moment == "after the ref":
        Writer._point = die_after(Writer._point)
    run(folder, 0, writer=writer)
"""
MOMENTS = ("in the upload", "before the commit", "in the snapshot", "before the ref",
           "after the ref")

PUSH = """
import threading
folder = Path(sys.argv[1])
for name in ("config.json", "model.safetensors"):
    (folder / name).write_bytes(b"new" * (1_000_000 if name.startswith("model") else 1))
for url in sys.argv[2:]:
    push = HfApi(endpoint=url).upload_folder
    threading.Thread(target=push, kwargs={"repo_id": "marigold/model", "folder_path": folder},
                     daemon=True).start()
print("pushing", flush=True)
threading.Event().wait()
"""

AFTER = """
report = []
for url in sys.argv[2:]:
    api = HfApi(endpoint=url)
    def read():
        place = Path(api.snapshot_download("marigold/model",
                                           cache_dir=Path(sys.argv[1]) / url.rsplit(":")[-1]))
        return {path.name: path.read_bytes()[:3].decode() for path in place.iterdir()
                if path.name != ".gitattributes"}
    before = read()
    files = {"config.json": b"now", "model.safetensors": b"now" * 1_000_000}
    api.create_commit("marigold/model", [CommitOperationAdd(*file) for file in files.items()],
                      commit_message="Again")
    report.append([before, len(api.list_repo_commits("marigold/model")), read()])
print(json.dumps(report))
"""


def test_a_hub_killed_during_a_clients_push_serves_the_old_revision_and_takes_the_push_again(
        store, tmp_path):
    stores = {moment: tmp_path / str(number) / "store" for number, moment in enumerate(MOMENTS)}
    token = access.users(store)["marigold"].token
    hubs = {}
    for moment, folder in stores.items():
        folder.mkdir(parents=True)
        with Writer(folder) as writer:
            writer.adopt(repositories(store)["marigold/model"])
        (folder / "tokens.json").write_bytes((store / "tokens.json").read_bytes())
        hubs[moment] = start(HUB, hub_environment("", tmp_path), str(folder), moment)
    urls = []
    for process in hubs.values():
        line = next(line for line in process.stdout if "HF_ENDPOINT=" in line)
        urls.append(line.split("HF_ENDPOINT=")[1].split()[0])
    environment = hub_environment(urls[0], tmp_path / "home") | {"HF_TOKEN": token,
            "HF_HUB_DISABLE_XET": "1"}
    (tmp_path / "new").mkdir()
    client = start(HEAD + PUSH, environment, str(tmp_path / "new"), *urls)
    try:
        for moment, process in hubs.items():
            process.communicate(timeout=300)
            assert process.returncode == -signal.SIGKILL, moment
    finally:
        client.kill()
        client.communicate()
    assert any(litter(folder) for folder in stores.values())
    with ExitStack() as stack:
        writers = [stack.enter_context(Writer(folder)) for folder in stores.values()]
        assert not any(litter(folder) for folder in stores.values())
        restarted = [stack.enter_context(serve(writer.folder, writer=writer)) for writer in writers]
        report = answer(HEAD + AFTER, environment, str(tmp_path / "read"), *restarted)
    old = {"config.json": "old", "model.safetensors": "old", "old.txt": "old"}
    for moment, (before, commits, after) in zip(MOMENTS, report, strict=True):
        arrived = moment == "after the ref"
        assert before == (old | {"config.json": "new", "model.safetensors": "new"} if arrived
                          else old), moment
        assert after == old | {"config.json": "now", "model.safetensors": "now"}
        assert commits == (4 if arrived else 3)

"""The hub beside a notebook: logins and proxies of the reader's, no room, nothing leaves."""

import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import cached
from helpers.errors import CourseError
from helpers.files import REPOSITORY
from helpers.hub import Writer
from helpers.hub import beside as local_hub
from helpers.making import standins
from helpers.serving.processes import no_proxy, reaching_this_machine
from tests.hub.conftest import answer, push_hub
from tests.hub.test_access import FOREIGN
from tests.hub.test_pushes import HEAD

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
NOBODY = "http://127.0.0.1:9"  # a proxy that is not there


def surroundings(home: Path, **variables: str) -> dict[str, str]:
    """Return the variables of a reader's notebook in shipped mode, without other proxies."""
    mine = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HF_", "HUGGING", "TRANSFORMERS_")) and name.lower() not in PROXIES
    }
    return (
        mine
        | {"COURSE_MODELS": "shipped", "HF_HOME": str(home), "HF_HUB_DISABLE_TELEMETRY": "1"}
        | variables
    )


VISIT = (
    """
import asyncio, os
from helpers.hub.beside import open_hub
hub = open_hub()
"""
    + HEAD
    + """
from huggingface_hub import AsyncInferenceClient

report = {"read": len(text("marigold/lm", "config.json")) > 9}
report["listed"] = len(list(api.list_models())) > 5
owner = HfApi(token=hub.token)
owner.create_repo("mine")
ModelCard("---\\nlicense: mit\\n---\\n# Mine").push_to_hub("marigold/mine", token=hub.token)
report["card"] = ModelCard.load("marigold/mine").data.license
bad = ModelCard("---\\nlicense: no such\\n---\\n")
report["bad card"] = refusal(bad.push_to_hub, "marigold/mine", token=hub.token)
report["elsewhere"] = [
    refusal(HfApi(endpoint="https://huggingface.co").model_info, "o/n"),
    refusal(InferenceClient("https://router.huggingface.co/v1").text_generation, "x"),
    refusal(api.list_inference_endpoints, namespace="me"),
    refusal(lambda: asyncio.run(AsyncInferenceClient("https://api.invalid").text_generation("x"))),
]
report["no proxy"] = [os.environ[name] for name in ("no_proxy", "NO_PROXY")]
report["untouched"] = [os.environ.get("HF_TOKEN"), os.environ.get("http_proxy")]

import subprocess
program = "import huggingface_hub as h; print(h.whoami()['name'], h.repo_exists('marigold/lm'))"
run = {"env": hub.environment(sys.argv[1]), "capture_output": True, "text": True}
done = subprocess.run([sys.executable, "-c", program], **run)
report["another process"] = [done.stdout, done.stderr]

address, hub = hub.url, open_hub()
mine = api.repo_exists("marigold/mine", token=hub.token)
report["again"] = [hub.url == address, mine, len(list(api.list_models())) > 5]
hub.close()
hub = open_hub()
report["after its end"] = [hub.url == address, api.model_info("marigold/lm").id]
print(json.dumps(report))
"""
)


def test_the_hub_is_reached_and_nothing_else_whatever_the_reader_has_set(tmp_path):
    proxies = {
        "http_proxy": NOBODY,
        "HTTPS_PROXY": NOBODY,
        "ALL_PROXY": "socks5://127.0.0.1:9",
        "no_proxy": "corp.example,[::1]",
    }
    others = {
        "HF_TOKEN": FOREIGN,
        "HF_OIDC_RESOURCE": "marigold/x",
        "HUGGINGFACE_CO_STAGING": "1",
        "HF_ENDPOINT": "https://mirror.invalid",
    }
    report = answer(
        VISIT, surroundings(tmp_path / "home", **proxies, **others), str(tmp_path / "other")
    )
    assert report["read"] and report["listed"] and report["card"] == "mit"
    assert report["bad card"].startswith("ValueError") and len(report["elsewhere"]) == 4
    for said in report["elsewhere"]:
        assert "After open_hub() nothing leaves this machine" in said
    assert report["no proxy"] == ["corp.example,::1,127.0.0.1"] * 2
    assert report["untouched"] == [FOREIGN, NOBODY]
    assert report["another process"] == ["marigold True\n", ""]
    assert report["again"] == [True, False, True]
    assert report["after its end"] == [True, "marigold/lm"]


def test_a_client_that_was_imported_before_is_named(tmp_path):
    program = (
        "import huggingface_hub.constants\nfrom helpers.hub.beside import open_hub\nopen_hub()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env=surroundings(tmp_path, HF_HUB_OFFLINE="0"),
        capture_output=True,
        text=True,
    )
    assert (
        done.returncode == 1 and "imported before open_hub() and has another address" in done.stderr
    )


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, "127.0.0.1"),
        ({"no_proxy": "corp.example"}, "corp.example,127.0.0.1"),
        ({"NO_PROXY": "corp.example"}, "corp.example,127.0.0.1"),
        (
            {"no_proxy": "a.example, b.example", "NO_PROXY": "b.example c.example"},
            "a.example,b.example,c.example,127.0.0.1",
        ),
        ({"no_proxy": "127.0.0.1,localhost"}, "127.0.0.1,localhost"),  # nothing twice
        ({"no_proxy": "", "NO_PROXY": ","}, "127.0.0.1"),
        ({"no_proxy": "*"}, "*"),  # with something beside it, some clients read it as a host
        ({"NO_PROXY": "[::1],[fd00::2]:80,10.0.0.0/8"}, "::1,fd00::2,10.0.0.0/8,127.0.0.1"),
    ],
)
def test_what_the_reader_excepts_from_the_proxy_is_kept_in_both_cases(variables, wanted):
    assert no_proxy(variables) == {"no_proxy": wanted, "NO_PROXY": wanted}
    assert no_proxy(variables | no_proxy(variables)) == no_proxy(variables)


def test_a_proxy_that_the_client_cannot_use_is_emptied():
    variables = {
        "ALL_PROXY": "socks5://h:1",
        "https_proxy": "SOCKS5h://h:1",
        "HTTP_PROXY": "http://h:1",
        "OTHER": "socks",
    }
    assert reaching_this_machine(variables) == no_proxy({}) | {"ALL_PROXY": "", "https_proxy": ""}


# No room


@pytest.fixture
def small_disk():
    """For this process and its children, a write past 300 kB fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, handler)


PUSH = (
    HEAD
    + """
api.create_repo("large")
name = "marigold/large"

def push(path, content):
    try:
        return str(api.upload_file(path_or_fileobj=content, path_in_repo=path, repo_id=name))
    except Exception as error:
        error = error if isinstance(error, HfHubHTTPError) else error.__cause__  # of a large file
        return f"{error.response.status_code}: {error.server_message}"

large = {"a.bin": bytes(40_000_000), "a.txt": bytes(2_000_000), "b.txt": b"0" * 900_000}
report = [push(path, content) for path, content in large.items()]
push("c.txt", b"small")
print(json.dumps([*report, api.list_repo_files(name)]))
"""
)


def test_a_push_to_a_full_disk_says_so_and_leaves_nothing(tmp_path, small_disk):
    with push_hub(tmp_path / "store") as hub:
        *refused, listed = answer(PUSH, hub.environment(tmp_path / "home"))
        assert listed == [".gitattributes", "c.txt"]
        assert list((hub.folder / ".incoming").iterdir()) == []
    for said in refused:
        assert said.startswith("507: The disk has no room left for ") and "Free some space" in said


@pytest.mark.parametrize(
    "command",
    [["-m", "helpers.hub.beside", "0"], ["-m", "helpers.cli", "hub", "--port", "0", "--folder"]],
)
def test_a_hub_that_has_no_room_says_so_in_one_sentence(tmp_path, small_disk, command):
    command = [
        sys.executable,
        *command,
        *([str(tmp_path / "hub")] if "--folder" in command else []),
    ]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={**os.environ, "TQDM_DISABLE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (1, 2) and done.stdout == ""
    assert (
        done.stderr.removeprefix("course: ").startswith("The disk has no room left for ")
        and done.stderr.count("\n") == 1
    )


def fails(number: int, times: int = 1):
    """Return a function that fails with an error of the system, so many times, and its calls."""
    calls: list[tuple] = []

    def failing(*arguments, **options):
        calls.append(arguments)
        if len(calls) <= times:
            raise OSError(number, os.strerror(number))
        return arguments[0]

    return failing, calls


@pytest.mark.parametrize("number", cached.READ_ONLY)
def test_a_read_only_clone_gets_a_temporary_hub(tmp_path, monkeypatch, number):
    monkeypatch.setattr(local_hub, "REPOSITORY", tmp_path)
    assert local_hub._place() == tmp_path / ".cache"
    monkeypatch.setattr(local_hub.tempfile, "TemporaryFile", fails(number)[0])
    assert local_hub._place() == cached.temporary()
    monkeypatch.setattr(local_hub.tempfile, "TemporaryFile", fails(errno.ENOSPC)[0])
    with pytest.raises(CourseError, match="no room left"), cached.room(tmp_path):
        local_hub._place()


@pytest.mark.parametrize("number", cached.READ_ONLY)
def test_stand_ins_go_to_a_temporary_folder_where_nothing_can_be_written(
    tmp_path, monkeypatch, stand_ins, number
):
    build, calls = fails(number)
    monkeypatch.setattr(standins, "build", lambda folder: build(folder) and stand_ins)
    with Writer(tmp_path / "hub") as writer:
        standins.add_stand_ins(writer, tmp_path / "kept")
    assert calls == [(tmp_path / "kept",), (cached.temporary() / "kept",)]


def test_a_folder_that_cannot_be_written_to_is_named_and_let_go(tmp_path, monkeypatch):
    monkeypatch.setattr("helpers.hub.access.make_users", fails(errno.EROFS)[0])
    refused = Writer(tmp_path / "hub")
    with pytest.raises(CourseError, match="can't be written to .* name another folder"):
        refused.__enter__()
    with Writer(tmp_path / "hub"):  # the failed start holds no lock
        pass


DOWNLOAD = """
import json
from helpers.hub.beside import open_hub
open_hub()
from huggingface_hub import constants, hf_hub_download
print(json.dumps([constants.HF_HOME, hf_hub_download("marigold/lm", "config.json")]))
"""


def test_downloads_go_to_a_temporary_folder_where_their_own_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    home, path = answer(DOWNLOAD, surroundings(tmp_path / "file" / "home"))
    assert Path(home).name == "huggingface" and path.startswith(home)
    assert not Path(home).exists()  # gone with the process
    home, path = answer(DOWNLOAD, surroundings(tmp_path / "home"))
    assert home == str(tmp_path / "home") and Path(path).is_file()


def test_a_full_disk_of_downloads_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setattr(local_hub.tempfile, "TemporaryFile", fails(errno.ENOSPC)[0])
    with pytest.raises(CourseError, match=f"no room left for {tmp_path}"):
        local_hub._make_room()

"""A hub that does not give a model: the sentence says why, and what to do about it."""

import errno
import os
import shutil
import threading
from collections import namedtuple
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from helpers.checkpoints import refused, table
from helpers.errors import CourseError
from tests.hub.conftest import answer, hub_environment

ENCODER = table()["encoder"]

ASK = """
import json, sys
from helpers import CourseError, checkpoint

said = []
for _ in range(int(sys.argv[1])):
    try:
        said.append("no error: " + checkpoint("encoder"))
    except CourseError as error:
        said.append(str(error))
print(json.dumps(said))
"""


@contextmanager
def answering(*answers: tuple[int, dict[str, str]]):
    """Run a server that gives one (status, headers) after the other; yield its address."""
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            status, headers = left.pop(0)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        do_CONNECT = do_GET = do_HEAD

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


LOST = {"X-Error-Code": "RepoNotFound"}
GATED = {"X-Error-Code": "GatedRepo"}
BAD_TOKEN = {"X-Error-Message": "Invalid credentials in Authorization header"}
DISABLED = {"X-Error-Message": "Access to this resource is disabled."}
LIMIT = {"RateLimit": '"api";r=0;t=55', "RateLimit-Policy": '"fixed window";"api";q=500;w=300'}
# name → (status, headers, what the sentence says, and the remedy)
ANSWERS = {
    "a bad token": (401, BAD_TOKEN, "does not know your token (401)", "unset HF_TOKEN"),
    "a private repository": (401, LOST, "no such model, or not for you (401)", "hf auth login"),
    "a lost repository": (404, LOST, "no such model, or not for you (404)", "git pull"),
    "a gate, nobody logged in": (401, GATED, "it is gated (401)", "accept its terms at"),
    "a gate": (403, GATED, "it is gated (403)", f"/{ENCODER['hub']} and log in"),
    "a weak token": (403, {"X-Error-Message": "Read."}, "forbids it (403: Read)", "hf auth login"),
    "a disabled one": (403, DISABLED, "(403: Access to this resource is disabled)", "a token"),
    "a lost revision": (404, {"X-Error-Code": "RevisionNotFound"}, "no longer has", "git pull"),
    "a lost file": (404, {"X-Error-Code": "EntryNotFound"}, "no longer has", "git pull"),
    "a rate limit": (429, LIMIT, "too many requests (429)", "wait 55 seconds, or log in"),
    "a limit of another form": (429, {"Retry-After": "120"}, "requests (429)", "wait 120 seconds"),
    "a limit without a time": (429, {}, "too many requests (429)", "wait five minutes"),
    "trouble": (500, {}, "trouble of its own (500)", "try again later"),
    "maintenance": (503, {"Retry-After": "9"}, "of its own (503)", "status.huggingface.co"),
    "a proxy's password": (407, {}, "a password (407)", "http://user:password@host:port"),
    "forbidden where the reader is": (451, {}, "refuses it (451", "try again later"),
    "a network's login": (200, {"Content-Type": "text/html"}, "is not the hub", "in a browser"),
    "a login elsewhere": (
        302,
        {"Location": "http://login.invalid/"},
        "not the hub",
        "in a browser",
    ),
}


@pytest.fixture(scope="module")
def sentences(tmp_path_factory) -> dict[str, str]:
    """What a process says that gets one of the answers after the other."""
    with answering(*((status, headers) for status, headers, *_ in ANSWERS.values())) as url:
        said = answer(ASK, hub_environment(url, tmp_path_factory.mktemp("home")), str(len(ANSWERS)))
    return dict(zip(ANSWERS, said, strict=True))


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_told_with_its_remedy(sentences, name):
    _, _, what, remedy = ANSWERS[name]
    assert sentences[name].startswith(f"COURSE_MODELS=hub needs {ENCODER['hub']}, and ")
    assert (
        what in sentences[name]
        and remedy in sentences[name]
        and "can't be reached" not in sentences[name]
    )
    assert sentences[name].endswith("or set COURSE_MODELS=shipped to use the course's own models.")
    assert "\n" not in sentences[name]


# name → (variables, what the sentence says, and the remedy); {proxy} lets nobody through
SOCKS, GOPHER = {"ALL_PROXY": "socks5://127.0.0.1:9"}, {"ALL_PROXY": "gopher://127.0.0.1:9"}
OFFLINE = {"HF_HUB_OFFLINE": "", "TRANSFORMERS_OFFLINE": "1"}
REFUSING = {"HTTPS_PROXY": "http://me:secret@{proxy}"}
UNANSWERED = {
    "offline": ({"HF_HUB_OFFLINE": "1"}, "client is offline", "unset HF_HUB_OFFLINE"),
    "offline by another name": (OFFLINE, "client is offline", "TRANSFORMERS_OFFLINE"),
    "no network": ({}, "the hub can't be reached (", "connect to the network"),
    "a refusing proxy": (REFUSING, "the proxy {proxy} does not let it through (403", "unset it"),
    "no such proxy": (
        {"https_proxy": "http://127.0.0.1:9"},
        "the proxy http://127.0.0.1:9",
        "unset",
    ),
    "a SOCKS proxy": (SOCKS, "a SOCKS proxy", "pip install socksio"),
    "a proxy of no kind": (GOPHER, "address can't be used", "correct HTTPS_PROXY"),
    "a bad address": ({"HF_ENDPOINT": "huggingface.co"}, "is 'huggingface.co'", "https://"),
    "an unreadable token": ({"HF_TOKEN_PATH": "/"}, "fails (IsADirectoryError", "mend that"),
    "no such certificate": ({"SSL_CERT_FILE": "/no.pem"}, "certificate can't", "SSL_CERT_FILE"),
}


@pytest.mark.parametrize("name", UNANSWERED)
def test_no_answer_is_told_with_its_remedy(name, tmp_path):
    variables, what, remedy = UNANSWERED[name]
    with answering((403, {})) as url:
        proxy = url.removeprefix("http://")
        endpoint = "https://127.0.0.1:9" if name == "no network" else "https://hub.invalid"
        environment = hub_environment(endpoint, tmp_path) | {
            name: value.format(proxy=proxy) for name, value in variables.items()
        }
        [said] = answer(ASK, environment, "1")
    assert (
        what.format(proxy=proxy) in said and remedy in said and "set COURSE_MODELS=shipped" in said
    )
    assert "secret" not in said and "\n" not in said


def test_a_certificate_that_is_not_trusted_is_told():
    import httpx

    error = httpx.ConnectError(
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed (_ssl.c:1)"
    )
    assert "not trusted" in str(refused.sentence("o/n", error)) and "SSL_CERT_FILE" in str(
        refused.sentence("o/n", error)
    )


def test_the_cause_of_a_cut_off_download_is_told():
    import httpx
    from huggingface_hub.errors import LocalEntryNotFoundError

    error = LocalEntryNotFoundError("An error happened while trying to locate the file on the Hub.")
    error.__cause__ = httpx.ReadTimeout("The read operation timed out")
    assert "does not answer (The read operation timed out)" in str(refused.sentence("o/n", error))


def test_a_cache_that_cannot_hold_the_model_is_said_before_the_download(
    local_hub, tmp_path, monkeypatch
):
    (tmp_path / "file").touch()
    [said] = answer(ASK, hub_environment(local_hub.url, tmp_path / "file"), "1")
    assert (
        "nothing can be written there (Not a directory)" in said
        and "set HF_HOME to a folder that can" in said
    )
    [said] = answer(ASK, hub_environment(local_hub.url, tmp_path / "home"), "1")
    assert said == f"no error: {ENCODER['hub']}"
    free = namedtuple("Usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: free(1_999_999_998))
    refused.check_cache(tmp_path / "home", 999_999_999)
    with pytest.raises(
        CourseError, match=r"takes 2\.0 GB or more.*HF_HOME to a folder on another disk"
    ):
        refused.check_cache(tmp_path / "home", 1_000_000_000)

    def fail(**options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(refused.tempfile, "TemporaryFile", fail)
    with pytest.raises(CourseError, match="no room left"):
        refused.check_cache(Path(tmp_path / "home"), 1)

"""Who may see and do what: tokens, private and gated repositories, the ordinary client's errors."""

import json

import pytest

from helpers.errors import CourseError
from helpers.hub import Writer, access
from tests.hub.conftest import answer, push_hub, raw
from tests.hub.test_pushes import HEAD, send

OWNER = """
for name, kind in (("open", "model"), ("secret", "model"), ("gate", "model"),
                   ("secret-rows", "dataset"), ("open-rows", "dataset")):
    api.create_repo(name, repo_type=kind, private=name.startswith("secret"))
    api.upload_file(path_or_fileobj=b"{}", path_in_repo="config.json", repo_id=f"marigold/{name}",
                    repo_type=kind)
api.update_repo_settings("marigold/gate", gated="manual")
report = {"mine": sorted(m.id for m in api.list_models()),
          "rows": sorted(d.id for d in api.list_datasets())}
report["read"] = [text("marigold/secret", "config.json"), text("marigold/gate", "config.json"),
                  api.model_info("marigold/secret").private]
report["gated"] = [api.model_info("marigold/gate").gated, api.model_info("marigold/open").gated]
print(json.dumps(report))
"""

OTHER = """
report = {"models": [m.id for m in api.list_models()], "rows": [d.id for d in api.list_datasets()],
          "read": text("marigold/open", "config.json")}
calls = {
    "info": lambda name: api.model_info(name),
    "file": lambda name: hf_hub_download(name, "config.json"),
    "tree": lambda name: list(api.list_repo_tree(name)),
    "refs": lambda name: api.list_repo_refs(name),
    "commits": lambda name: api.list_repo_commits(name),
    "pulls": lambda name: list(api.get_repo_discussions(name)),
    "check": lambda name: auth_check(name),
    "write": lambda name: api.upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id=name),
    "propose": lambda name: api.upload_file(path_or_fileobj=b"x", path_in_repo="x", repo_id=name,
                                            create_pr=True),
    "delete": lambda name: api.delete_repo(name),
    "settings": lambda name: api.update_repo_settings(name, private=False),
    "branch": lambda name: api.create_branch(name, branch="b"),
    "grant": lambda name: api.grant_access(name, "visitor"),
}
for name in ("open", "secret", "nothing", "gate"):
    report[name] = {what: refusal(call, f"marigold/{name}").replace(name, "NAME")
                    for what, call in calls.items()}
report["rows of others"] = refusal(api.dataset_info, "marigold/secret-rows").split(" ")[0]
report["create"] = refusal(api.create_repo, "mine")
report["who"] = refusal(api.whoami)
print(json.dumps(report))
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """A hub with open, private and gated repositories."""
    with push_hub(tmp_path_factory.mktemp("access") / "store") as running:
        report = answer(HEAD + OWNER, running.environment(tmp_path_factory.mktemp("home")))
        assert report == {
            "mine": ["marigold/gate", "marigold/open", "marigold/secret"],
            "rows": ["marigold/open-rows", "marigold/secret-rows"],
            "read": ["{}", "{}", True],
            "gated": ["manual", False],
        }
        yield running


@pytest.mark.parametrize("user", ["", "visitor"])
def test_others_see_public_repositories_only(hub, tmp_path, user):
    report = answer(HEAD + OTHER, hub.environment(tmp_path, user))
    assert (report["models"] == ["marigold/gate", "marigold/open"]
            and report["rows"] == ["marigold/open-rows"] and report["read"] == "{}")
    status = 404 if user else 401
    reads = ("info", "file", "tree", "refs", "commits", "pulls", "check")
    for what, said in report["secret"].items():
        assert said.startswith(f"RepositoryNotFoundError {status}"), (what, said)
    assert report["secret"] == report["nothing"]  # not a word more than of what isn't there
    for what in reads:
        shut = what in ("file", "check")
        assert report["gate"][what].startswith(f"GatedRepoError {403 if user else 401}" if shut
                                               else "no error"), (what, report["gate"][what])
        assert report["open"][what].startswith("no error")
    for name in ("open", "gate"):
        for what in set(report[name]) - set(reads):
            words = ["reading only", "on the list"] if user else ["needs a token", "restricted"]
            assert any(word in report[name][what] for word in words), (name, what,
                    report[name][what])
    assert report["rows of others"] == "RepositoryNotFoundError"
    assert ("reading only" if user else "needs a token") in report["create"]
    assert ("visitor" in report["who"] if user
            else report["who"].startswith("LocalTokenNotFoundError"))


# Logins elsewhere: what is in the environment, and in files below the cache's folder.
FOREIGN = "hf_" + "0" * 34
EXPIRED = f"[me]\nhf_token = {FOREIGN}\nrefresh_token = hf_refresh\nexpires_at = 1\n"
LOGINS = {
    "HF_TOKEN": ({"HF_TOKEN": FOREIGN}, {}),
    "its old name": ({"HUGGING_FACE_HUB_TOKEN": FOREIGN}, {}),
    "no token at all": ({"HF_TOKEN": "my password"}, {}),
    "a file": ({}, {"token": FOREIGN}),
    "a file elsewhere": ({"HF_TOKEN_PATH": "{home}/elsewhere"}, {"elsewhere": FOREIGN}),
    "a login that has run out": ({}, {"token": FOREIGN, "stored_tokens": EXPIRED}),
}

VISITOR = """
from huggingface_hub import get_token, snapshot_download
from huggingface_hub.utils import build_hf_headers

assert get_token() and build_hf_headers()["authorization"] == f"Bearer {get_token()}"  # it is sent
report = {"read": text("marigold/open", "config.json"),
          "missing": api.file_exists("marigold/open", "x")}
report["whole"] = len(snapshot_download("marigold/open-rows", repo_type="dataset")) > 0
report["models"] = [m.id for m in api.list_models()]
report["info"] = api.model_info("marigold/open").id
calls = {"secret": lambda: text("marigold/secret", "config.json"),
         "nothing": lambda: api.model_info("marigold/nothing"),
         "gate": lambda: text("marigold/gate", "config.json"), "who": api.whoami,
         "create": lambda: api.create_repo("x"),
         "write": lambda: api.upload_file(path_or_fileobj=b"x", path_in_repo="x",
                                          repo_id="marigold/open")}
report |= {what: refusal(call) for what, call in calls.items()}
print(json.dumps(report))
"""


@pytest.mark.parametrize("login", LOGINS)
def test_a_login_elsewhere_does_not_matter_for_what_is_public(hub, tmp_path, login):
    variables, files = LOGINS[login]
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    variables = {name: value.format(home=tmp_path) for name, value in variables.items()}
    report = answer(HEAD + VISITOR, hub.environment(tmp_path, user="") | variables)
    assert report["read"] == "{}" and report["whole"] and not report["missing"]
    assert (report["models"] == ["marigold/gate", "marigold/open"]
            and report["info"] == "marigold/open")
    for what, error in (("secret", "RepositoryNotFoundError"),
                        ("nothing", "RepositoryNotFoundError"), ("gate", "GatedRepoError")):
        assert (report[what].startswith(f"{error} 401")
                and "none of this local hub's" in report[what]), what
    assert "Invalid user token" in report["who"]
    for what in ("create", "write"):
        assert report[what].startswith("HfHubHTTPError 401: Invalid credentials"), what


def test_only_the_whole_token_opens_what_is_private(hub):
    token = hub.tokens["marigold"]
    for header in (token, f"Basic {token}", f"Bearer {token}x", f"Bearer {token[:-1]}", "Bearer",
                   "Bearer \xff"):
        assert raw(hub.url, "GET", "/api/models", Authorization=header)[0] == 200
        assert raw(hub.url, "GET", "/api/models/marigold/secret", Authorization=header)[0] == 401
        assert raw(hub.url, "GET", "/api/whoami-v2", Authorization=header)[0] == 401
        assert raw(hub.url, "POST", "/api/repos/create", "{}", Authorization=header)[0] == 401
    assert raw(hub.url, "GET", "/api/models/marigold/secret",
               Authorization=f"bearer {token}")[0] == 200


GATE = """
import tempfile
from huggingface_hub.utils import get_session

owner, visitor = HfApi(), HfApi(token=sys.argv[1])
report = []

def read(name="marigold/gate", kind="model"):
    fresh = tempfile.mkdtemp(dir=sys.argv[2])
    said = refusal(visitor.hf_hub_download, name, "config.json", repo_type=kind, cache_dir=fresh)
    report.append("read" if said.startswith("no error") else said[:18])

def ask(address, token=sys.argv[1]):
    answered = get_session().post(f"{owner.endpoint}/{address}/ask-access",
                                  headers={"Authorization": f"Bearer {token}"} if token else {})
    report.append([answered.status_code, answered.json().get("status")])

def handle(call, **options):
    said = refusal(call, "marigold/gate", "visitor", **options)
    report.append("done" if said.startswith("no error") else said)

read()
handle(owner.accept_access_request)
ask("marigold/gate")
ask("marigold/gate", token=None)
ask("marigold/open")
ask("marigold/secret")
read()
report.append([[r.username, r.status] for r in owner.list_pending_access_requests("marigold/gate")])
handle(owner.accept_access_request)
read()
handle(owner.reject_access_request, rejection_reason="changed my mind")
read()
ask("marigold/gate")
handle(owner.grant_access)
read()
owner.update_repo_settings("marigold/open-rows", repo_type="dataset", gated="auto")
read("marigold/open-rows", "dataset")
ask("datasets/marigold/open-rows")
read("marigold/open-rows", "dataset")
report.append(refusal(owner.grant_access, "marigold/gate", "nobody"))
print(json.dumps(report))
"""


def test_access_to_a_gated_repository_is_asked_for_and_granted(hub, tmp_path):
    refused = "GatedRepoError 403"
    report = answer(HEAD + GATE, hub.environment(tmp_path / "home"), hub.tokens["visitor"],
                    str(tmp_path))
    assert "visitor has not asked" in report.pop(1) and "no user nobody" in report.pop()
    asked = [[200, "pending"], [401, None], [400, None], [404, None]]
    granted = ["done", "read", "done", refused, [200, "rejected"], "done", "read"]
    assert report == [refused, *asked, refused, [["visitor", "pending"]], *granted, refused,
                      [200, "accepted"], "read"]


def test_a_repository_made_private_is_gone_for_others(hub):
    token = {"Authorization": f"Bearer {hub.tokens['marigold']}"}
    target = "/api/models/marigold/open"
    for visibility, status in (("private", 401), ("public", 200)):
        assert raw(hub.url, "PUT", f"{target}/settings", json.dumps({"visibility": visibility}),
                   **token)[0] == 200
        assert raw(hub.url, "GET", target)[0] == status
    for body in ('{"visibility": "protected"}', '{"gated": "maybe"}', '{"gated": 1}', "{}",
                 '{"name": "x"}'):
        assert raw(hub.url, "PUT", f"{target}/settings", body, **token)[0] == 400, body


def test_tokens_are_random_and_readable_by_their_owner_only(hub, tmp_path):
    stored = hub.folder / "tokens.json"
    assert stored.stat().st_mode & 0o777 == 0o600
    with push_hub(tmp_path / "store") as other:
        assert not set(other.tokens.values()) & set(hub.tokens.values())
        before = other.tokens
    with push_hub(tmp_path / "store") as again:
        assert again.tokens == before
    for target in ("/tokens.json", "/../tokens.json", "/marigold/../tokens.json",
                   "/marigold/open/resolve/main/../../../../tokens.json"):
        status, _, body = raw(hub.url, "GET", target)
        assert status >= 400 and not any(token.encode() in body for token in hub.tokens.values())


def test_who_has_no_token_for_writing_writes_nothing(hub):
    before = sorted(hub.folder.rglob("*"))
    line = {"key": "file", "value": {"path": "x", "content": "x"}}
    for header in ("", f"Bearer {hub.tokens['visitor']}"):
        for target in ("open", "gate", "secret"):
            assert send(hub, f"/api/models/marigold/{target}/commit/main", [line],
                        Authorization=header)[0] in (401, 403, 404)
            assert send(hub, f"/api/models/marigold/{target}/commit/main?create_pr=1", [line],
                        Authorization=header)[0] in (401, 403, 404)
        for method, address in (("POST", "branch/b"), ("DELETE", "branch/main"),
                                ("POST", "tag/main"), ("PUT", "settings"),
                                ("POST", "preupload/main")):
            assert raw(hub.url, method, f"/api/models/marigold/open/{address}", "{}",
                       Authorization=header)[0] in (401, 403), address
    assert sorted(hub.folder.rglob("*")) == before


def test_a_folder_is_one_hubs_at_a_time_and_never_something_elses(hub, tmp_path):
    with pytest.raises(CourseError, match="Another process serves"), Writer(hub.folder):
        pass
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(CourseError, match="not empty and holds no hub"), Writer(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    assert access.users(tmp_path) == {}

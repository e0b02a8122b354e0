"""What the hub answers to those who write: repositories, uploads, commits, refs, settings, access
requests, cards."""

import base64
import binascii
import hmac
import json
import re

from fastapi import APIRouter, Depends, Request
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id

from helpers.hub import access
from helpers.hub.cards import faults
from helpers.hub.reading import body, check_kind, opened
from helpers.hub.store import (
    KINDS,
    NotFound,
    Refused,
    Repository,
    find,
    identity,
    is_large,
    repository,
)
from helpers.hub.writing import Writer, check_path, ignored

LARGEST_COMMIT = 50_000_000  # bytes of a commit's own message, which holds the small files
OID = re.compile(r"[0-9a-f]{64}")  # a SHA-256
PREFIXES = {"models": "", "datasets": "datasets/"}  # of a repository's address
VISIBILITIES = ("public", "private")
GATES = (False, "auto", "manual")
STATUSES = ("pending", "accepted", "rejected")

router = APIRouter()


async def message(request: Request) -> dict:
    """Return the JSON object that a request holds."""
    try:
        content = json.loads(await body(request) or b"{}")
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Refused(400, "The request must be a JSON object.")
    return content


def text(content: dict, key: str, default: str | None = None) -> str:
    """Return a key's text; refuse anything else, half a pair of surrogates too (JSON can hold one,
    UTF-8 can't)."""
    value = content.get(key, default)
    if not isinstance(value, str) or (
            not value.isascii() and value != value.encode("utf-8", "ignore").decode("utf-8")):
        raise Refused(400, f"{key!r} must be text in valid Unicode, not {ascii(value)}.")
    return value


def objects(content: dict, key: str) -> list[dict]:
    """Return a key's list of objects; refuse anything else."""
    values = content.get(key)
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise Refused(400, f"{key!r} must be a list of objects.")
    return values


def writable(request: Request, kind: str, owner: str, name: str) -> Repository:
    """Return a repository that the user may write to."""
    home = opened(request, kind, owner, name)
    access.check_writable(home.owner, request.state.user)
    return home


def contributable(request: Request, kind: str, owner: str, name: str) -> Repository:
    """Return a repository that the user may propose a change to."""
    home = opened(request, kind, owner, name)
    access.check_files(home, request.state.user)
    access.check_writer(request.state.user)
    return home


def writer(request: Request) -> Writer:
    return request.app.state.writer


def address(request: Request, kind: str, name: str) -> str:
    """Return a repository's address, as the client reached the hub."""
    return f"{str(request.base_url).rstrip('/')}/{PREFIXES[kind]}{name}"


# Repositories


def named(request: Request, content: dict) -> tuple[str, str]:
    """Return the kind and the owner/name that a message means; the owner is the user unless it
    names another."""
    kind = check_kind(f"{content.get('type') or 'model'}s")
    owner = content.get("organization") or access.check_writer(request.state.user).name
    name = f"{owner}/{text(content, 'name')}"
    try:
        validate_repo_id(name)
    except HFValidationError as error:
        raise Refused(400, str(error)) from error
    return kind, name


@router.post("/api/repos/create")
def create(request: Request, content: dict = Depends(message)):
    kind, name = named(request, content)
    user = access.check_writable(name.split("/")[0], request.state.user)
    visibility = content.get("visibility") or ("private" if content.get("private") else "public")
    check_choice("visibility", visibility, VISIBILITIES)
    url = address(request, kind, name)
    try:
        writer(request).create(kind, name, user.name, private=visibility == "private")
    except Refused as error:
        error.extra["url"] = url  # the client reads it if it said exist_ok
        raise
    return {"url": url, "name": name, "id": name}


@router.delete("/api/repos/delete")
def delete(request: Request, content: dict = Depends(message)):
    kind, name = named(request, content)
    writer(request).delete(writable(request, kind, *name.split("/")))
    return {}


@router.put("/api/{kind}/{owner}/{name}/settings")
def settings(request: Request, kind: str, owner: str, name: str, content: dict = Depends(message)):
    home = writable(request, kind, owner, name)
    changes: dict[str, object] = {}
    if "visibility" in content:
        changes["private"] = check_choice("visibility", content["visibility"],
                                          VISIBILITIES) == "private"
    if "gated" in content:
        changes["gated"] = check_choice("gated", content["gated"], GATES)
    if not changes or content.keys() - {"visibility", "gated"}:
        raise Refused(400, f"The settings here are visibility and gated, not "
                           f"{', '.join(content) or 'nothing'}.")
    writer(request).settings(home, **changes)
    return changes


def check_choice(name: str, value: object, allowed: tuple) -> object:
    """Return a value that is one of ``allowed``; refuse any other."""
    if value not in allowed:
        raise Refused(400, f"{name!r} can be {', '.join(map(str, allowed))}; not {value!r}.")
    return value


# Gated repositories


@router.post("/{owner}/{name}/ask-access")
@router.post("/{kind}/{owner}/{name}/ask-access")
def ask_access(request: Request, owner: str, name: str, kind: str = "models"):
    home = gated(opened(request, kind, owner, name))
    user = request.state.user
    if user is None:
        raise Refused(401, "This needs a token: set HF_TOKEN to one that the local hub printed "
                           "when it started.")
    if user.name not in home.settings["requests"]:
        writer(request).request(home, user.name,
                                "accepted" if home.settings["gated"] == "auto" else "pending")
    return {"status": home.settings["requests"][user.name]["status"]}


@router.get("/api/{kind}/{owner}/{name}/user-access-request/{status}")
def access_requests(request: Request, kind: str, owner: str, name: str, status: str):
    found = gated(writable(request, kind, owner, name)).settings["requests"]
    return [
        {"user": {"user": user, "fullname": user.capitalize()}, "status": status,
         "timestamp": each["timestamp"]}
        for user, each in found.items()
        if each["status"] == status
    ]


@router.post("/api/{kind}/{owner}/{name}/user-access-request/{action}")
def handle_access(request: Request, kind: str, owner: str, name: str, action: str,
                  content: dict = Depends(message)):
    home = gated(writable(request, kind, owner, name))
    check_choice("action", action, ("handle", "grant"))
    user = text(content, "user")
    if user not in request.app.state.users:
        raise NotFound("", f"This hub has no user {user}.")
    status = "accepted" if action == "grant" else check_choice("status", content.get("status"),
            STATUSES)
    if action == "handle" and user not in home.settings["requests"]:
        raise NotFound("", f"{user} has not asked for access to {home.name}: grant it instead.")
    writer(request).request(home, user, str(status))
    return {}


def gated(home: Repository) -> Repository:
    """Return a gated repository; refuse any other."""
    if not home.settings["gated"]:
        raise Refused(400, f"{home.name} is not gated: set gated to auto or manual first.")
    return home


# Uploads: small files come with the commit, large ones before it


@router.post("/api/{kind}/{owner}/{name}/preupload/{revision:path}")
def preupload(request: Request, kind: str, owner: str, name: str, revision: str,
              content: dict = Depends(message)):
    home = contributable(request, kind, owner, name)
    there = find(home, revision).files
    rules = content.get("gitIgnore")
    if rules is None and ".gitignore" in there:
        rules = there[".gitignore"].read_text("utf-8", "replace")
    answers = []
    for file in objects(content, "files"):
        path, size = check_path(text(file, "path")), file.get("size")
        if not isinstance(size, int):
            raise Refused(400, f"The size of {path} must be a number of bytes, not {size!r}.")
        known = identity(path, there[path]) if path in there else {}
        answers.append({
            "path": path, "uploadMode": "lfs" if is_large(path, size) else "regular",
            "shouldIgnore": ignored(path, str(rules or "")),
            "oid": known.get("lfs", known).get("oid"),
        })
    return {"files": answers}


@router.post("/{owner}/{name}.git/info/lfs/objects/batch")
@router.post("/{kind}/{owner}/{name}.git/info/lfs/objects/batch")
def batch(request: Request, owner: str, name: str, kind: str = "models",
          content: dict = Depends(message)):
    home = contributable(request, kind, owner, name)
    check_choice("operation", content.get("operation"), ("upload",))
    limit = writer(request).largest_file
    answers = []
    for wanted in objects(content, "objects"):
        oid, size = text(wanted, "oid"), wanted.get("size")
        if not OID.fullmatch(oid) or not isinstance(size, int):
            raise Refused(400, f"{oid!r}, {size!r}: a large file is announced by its SHA-256 and "
                               "its size in bytes.")
        answer: dict = {"oid": oid, "size": size}
        if size > limit:
            said = (
                f"{size:,} bytes; this hub takes files up to {limit:,}. Start it with a larger "
                "--largest-file (in MB), or split the file."
            )
            answer["error"] = {"code": 413, "message": said}
        elif writer(request).stored(home, oid) is None:
            address_of_file = f"{request.base_url}uploads/{kind}/{owner}/{name}/{oid}/{size}"
            answer["actions"] = {"upload": {
                "href": f"{address_of_file}/"
                        f"{signature(request, kind, owner, name, oid, size)}"}}
        answers.append(answer)
    return {"transfer": "basic", "objects": answers}


def signature(request: Request, *parts: object) -> str:
    """Return what makes an upload's address valid while this process lives: the client sends no
    token there."""
    return hmac.digest(request.app.state.upload_key, "/".join(map(str, parts)).encode(),
                       "sha256").hex()


@router.put("/uploads/{kind}/{owner}/{name}/{oid}/{size}/{signed}")
async def upload(request: Request, kind: str, owner: str, name: str, oid: str, size: int,
                 signed: str):
    if not hmac.compare_digest(signed.encode(),
                               signature(request, kind, owner, name, oid, size).encode()):
        raise Refused(
            403, "This address for an upload is not valid any more: start the push again.")
    home = repository(request.app.state.folder, check_kind(kind), f"{owner}/{name}")
    await writer(request).upload(home, oid, size, request.stream())
    return {}


# Commits


async def commit_lines(request: Request) -> list[tuple[str, dict]]:
    """Return the key and value of each line of a commit; nothing is read of one who can't write."""
    access.check_writer(request.state.user)
    lines = []
    for line in (await body(request, LARGEST_COMMIT)).splitlines():
        try:
            item = json.loads(line)
        except (ValueError, RecursionError):
            item = None
        if not isinstance(item, dict) or not isinstance(item.get("key"),
                str) or not isinstance(item.get("value"), dict):
            raise Refused(400, 'Every line of a commit must be a JSON object with "key" and '
                               '"value".')
        lines.append((item["key"], item["value"]))
    return lines


@router.post("/api/{kind}/{owner}/{name}/commit/{revision:path}")
def commit(
    request: Request, kind: str, owner: str, name: str, revision: str, create_pr: bool = False,
    lines: list = Depends(commit_lines)
):
    home = (contributable if create_pr else writable)(request, kind, owner, name)
    headers = [value for key, value in lines if key == "header"]
    if len(headers) != 1 or not text(headers[0], "summary", "").strip():
        raise Refused(400, "A commit needs one header with a summary: say what it changes.")
    parent = text(headers[0], "parentCommit", "")
    header = {"title": text(headers[0], "summary"), "message": text(headers[0], "description", ""),
              "parent": parent}
    operations = [operation(request, home, key, value) for key, value in lines if key != "header"]
    done, number = writer(request).commit(home, revision, header, operations,
                                          request.state.user.name, create_pr)
    url = address(request, kind, home.name)
    pull = f"{url}/discussions/{number}" if number else None
    return {"success": True, "commitOid": done, "commitUrl": f"{url}/commit/{done}",
            "pullRequestUrl": pull, "hookOutput": ""}


def operation(request: Request, home: Repository, key: str, value: dict) -> tuple:
    """Return one line of a commit as `Writer.commit` takes it."""
    path = text(value, "path").removesuffix("/")
    if key in ("deletedFile", "deletedFolder"):
        return ("delete" if key == "deletedFile" else "delete_folder"), path
    if key == "file":
        content = text(value, "content")
        if value.get("encoding", "utf-8") != "base64":
            return "put", path, content.encode()
        try:
            return "put", path, base64.b64decode(content, validate=True)
        except binascii.Error as error:
            raise Refused(400, f"The content of {path} is not valid base64: {error}.") from error
    if key == "lfsFile":
        oid = text(value, "oid")
        stored = writer(request).stored(home, oid)
        if stored is None or value.get("size", stored.stat().st_size) != stored.stat().st_size:
            raise Refused(400, f"{path}: no file with the SHA-256 {oid} and that size was "
                               "uploaded. Upload it, then commit.")
        return "put", path, stored
    raise Refused(400, f"A commit can hold file, lfsFile, deletedFile and deletedFolder, not "
                       f"{key!r}.")


# Branches and tags


@router.post("/api/{kind}/{owner}/{name}/branch/{branch:path}")
def create_branch(request: Request, kind: str, owner: str, name: str, branch: str,
                  content: dict = Depends(message)):
    writer(request).branch(writable(request, kind, owner, name), branch,
                           text(content, "startingPoint", "main"))
    return {}


@router.delete("/api/{kind}/{owner}/{name}/branch/{branch:path}")
def delete_branch(request: Request, kind: str, owner: str, name: str, branch: str):
    writer(request).delete_branch(writable(request, kind, owner, name), branch)
    return {}


@router.post("/api/{kind}/{owner}/{name}/tag/{revision:path}")
def create_tag(request: Request, kind: str, owner: str, name: str, revision: str,
               content: dict = Depends(message)):
    writer(request).tag(writable(request, kind, owner, name), text(content, "tag"), revision)
    return {}


@router.delete("/api/{kind}/{owner}/{name}/tag/{tag:path}")
def delete_tag(request: Request, kind: str, owner: str, name: str, tag: str):
    writer(request).delete_tag(writable(request, kind, owner, name), tag)
    return {}


@router.post("/api/{kind}/{owner}/{name}/discussions")
def create_discussion(request: Request, kind: str, owner: str, name: str):
    contributable(request, kind, owner, name)
    raise Refused(400, "This local hub holds pull requests only, made by a commit: push with "
                       "create_pr=True.")


# Cards


@router.post("/api/validate-yaml")
def validate_yaml(content: dict = Depends(message)):
    kind = check_choice("repoType", content.get("repoType", "model"), tuple(KINDS.values()))
    errors, warnings = faults(text(content, "content"), str(kind))
    found = {"errors": [{"message": each} for each in errors],
             "warnings": [{"message": each} for each in warnings]}
    if errors:
        raise Refused(400, " ".join(errors), **found)
    return found

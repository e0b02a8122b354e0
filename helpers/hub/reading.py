"""What the hub answers to those who read: listings, metadata, trees, files, history."""

from pathlib import PurePosixPath
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse

from helpers.errors import unknown
from helpers.hub import access
from helpers.hub.store import (
    KINDS,
    PULL,
    NotFound,
    Refused,
    Repository,
    branches,
    describe,
    entries,
    etag,
    find,
    history,
    pulls,
    repositories,
    repository,
    sizes,
    split,
    tags,
)

LARGEST_BODY = 1_000_000  # bytes of a message; files have limits of their own
LISTING = ("search", "author", "pipeline_tag", "filter", "sort", "limit", "full", "config",
           "cardData", "expand")
ORDERS = ("", "downloads", "likes", "lastModified", "trendingScore")

router = APIRouter()


async def body(request: Request, limit: int = LARGEST_BODY) -> bytes:
    """Return a request's body; refuse (413) one of more than ``limit`` bytes.

    The rest of it is still taken in and forgotten, up to ten times the limit: a client that is
    cut off while it sends does not hear why.
    """
    content, length = bytearray(), 0
    async for chunk in request.stream():
        length += len(chunk)
        if length <= limit:
            content += chunk
        elif length > 10 * limit:
            break
    if length > limit:
        raise Refused(413, f"The request is larger than the {limit:,} bytes that this address "
                           "takes: send fewer files at once.")
    return bytes(content)


def check_kind(kind: str) -> str:
    """Return "models" or "datasets"; refuse everything else."""
    if kind in ("spaces", "kernels", "buckets"):
        raise Refused(400, f"This local hub holds models and data sets, no {kind}: use repo_type "
                           "model or dataset.")
    if kind not in KINDS:
        raise NotFound("", f"This local hub has nothing called {kind}.")
    return kind


def opened(request: Request, kind: str, owner: str, name: str) -> Repository:
    """Return a repository that the user may know of."""
    home = repository(request.app.state.folder, check_kind(kind), f"{owner}/{name}")
    access.check_readable(home, request.state.user)
    return home


@router.get("/api/whoami-v2")
def whoami(request: Request):
    user = request.state.user
    if user is None:
        raise Refused(401, "Invalid username or password.")
    return {
        "type": "user", "id": user.name, "name": user.name, "fullname": user.name.capitalize(),
        "email": None, "emailVerified": False,
        "isPro": False, "canPay": False, "orgs": [],
        "auth": {"type": "access_token",
                 "accessToken": {"displayName": f"{user.name} ({user.role})", "role": user.role}},
    }


@router.get("/api/{kind}")
def list_repositories(
    request: Request,
    kind: str,
    search: str = "",
    author: str = "",
    pipeline_tag: str = "",
    filter: list[str] = Query([]),
    sort: str = "",
    limit: int = Query(1000, ge=0),
):
    check_kind(kind)
    for name in request.query_params:
        if name not in LISTING:  # an ignored filter would be a wrong answer
            raise Refused(400, str(unknown("filter", name, LISTING)))
    if sort not in ORDERS:
        raise Refused(400, str(unknown("order", sort, ORDERS[1:])))
    found = []
    for home in repositories(request.app.state.folder, kind).values():
        if not home.settings["private"] or (request.state.user
                                            and request.state.user.name == home.owner):
            found.append(describe(find(home)))
    found = [
        each
        for each in found
        if search.lower() in each["id"].lower()
        and author in ("", each["author"])
        and pipeline_tag in ("", each.get("pipeline_tag"))
        and set(filter) <= set(each["tags"])
    ]
    return sorted(found, key=lambda each: each.get(sort, 0), reverse=True)[:limit]


@router.get("/api/{kind}/{owner}/{name}")
@router.get("/api/{kind}/{owner}/{name}/revision/{revision:path}")
def info(request: Request, kind: str, owner: str, name: str, revision: str = "main",
         blobs: bool = False):
    snapshot = find(opened(request, kind, owner, name), revision)
    return describe(snapshot) | sizes(snapshot, blobs)


@router.get("/api/{kind}/{owner}/{name}/auth-check")
def auth_check(request: Request, kind: str, owner: str, name: str):
    access.check_files(opened(request, kind, owner, name), request.state.user)
    return {}


@router.get("/api/{kind}/{owner}/{name}/auth-check/write")
def auth_check_write(request: Request, kind: str, owner: str, name: str):
    access.check_writable(opened(request, kind, owner, name).owner, request.state.user)
    return {}


@router.get("/api/{kind}/{owner}/{name}/tree/{rest:path}")
def tree(request: Request, kind: str, owner: str, name: str, rest: str, recursive: bool = False):
    home = opened(request, kind, owner, name)
    revision, path = split(home, rest)
    listed = entries(find(home, revision))
    if path and listed.get(path, {}).get("type") != "directory":
        raise NotFound("EntryNotFound", f"{owner}/{name} has no folder {path}.")
    inside = {key: entry for key, entry in listed.items() if not path or key.startswith(f"{path}/")}
    return [entry for key, entry in inside.items() if recursive
            or str(PurePosixPath(key).parent) == (path or ".")]


async def asked_paths(request: Request) -> list[str]:
    """Return the paths of a form."""
    return parse_qs((await body(request)).decode("utf-8", "replace")).get("paths", [])


@router.post("/api/{kind}/{owner}/{name}/paths-info/{revision:path}")
def paths_info(request: Request, kind: str, owner: str, name: str, revision: str,
               asked: list = Depends(asked_paths)):
    listed = entries(find(opened(request, kind, owner, name), revision))
    return [listed[path] for path in asked if path in listed]


@router.get("/api/{kind}/{owner}/{name}/refs")
def refs(request: Request, kind: str, owner: str, name: str):
    home = opened(request, kind, owner, name).folder

    def listed(prefix: str, commits: dict[str, str]) -> list[dict]:
        return [{"name": each, "ref": f"{prefix}{each}", "targetCommit": commit}
                for each, commit in commits.items()]

    heads = {f"{PULL}{number}": pull["commit"] for number, pull in pulls(home).items()}
    named = {"branches": listed("refs/heads/", branches(home)),
             "tags": listed("refs/tags/", tags(home))}
    return {**named, "converts": [], "pullRequests": listed("", heads)}


@router.get("/api/{kind}/{owner}/{name}/commits/{revision:path}")
def commits(request: Request, kind: str, owner: str, name: str, revision: str):
    home = opened(request, kind, owner, name)
    return [
        {"id": commit, "title": each["title"], "message": each["message"], "date": each["date"],
         "authors": [{"user": each["author"]}]}
        for commit, each in history(home, find(home, revision).commit).items()
    ]


def discussion(home: Repository, pull: dict) -> dict:
    """Return a pull request as the hub lists it."""
    return {
        "num": pull["num"], "title": pull["title"], "status": pull["status"],
        "createdAt": pull["createdAt"], "isPullRequest": True,
        "author": {"name": pull["author"]}, "repo": {"name": home.name, "type": KINDS[home.kind]},
    }


@router.get("/api/{kind}/{owner}/{name}/discussions")
def discussions(
    request: Request, kind: str, owner: str, name: str, type: str = "all", status: str = "all",
    author: str = "", p: int = 0
):
    home = opened(request, kind, owner, name)
    found = [discussion(home, pull) for pull in pulls(home.folder).values()]
    if type == "discussion" or p > 0:  # only pull requests are held here, on one page
        found = []
    found = [each for each in found if status in ("all", each["status"])
             and author in ("", each["author"]["name"])]
    return {"discussions": found, "count": len(found), "start": 0}


@router.get("/api/{kind}/{owner}/{name}/discussions/{number}")
def discussion_details(request: Request, kind: str, owner: str, name: str, number: int):
    home = opened(request, kind, owner, name)
    pull = pulls(home.folder).get(number)
    if pull is None:
        raise NotFound("", f"{owner}/{name} has no pull request {number}.")
    commit = pull["commit"]
    events = [
        {"id": commit, "type": "commit", "createdAt": pull["createdAt"],
         "author": {"name": pull["author"]},
         "data": {"subject": pull["title"], "oid": commit}},
    ]
    return discussion(home, pull) | {"events": events, "filesWithConflicts": [],
                                     "changes": {"base": pull["base"]}}


@router.api_route("/{owner}/{name}/resolve/{rest:path}", methods=["GET", "HEAD"])
@router.api_route("/{kind}/{owner}/{name}/resolve/{rest:path}", methods=["GET", "HEAD"])
def resolve(request: Request, owner: str, name: str, rest: str, kind: str = "models"):
    home = opened(request, kind, owner, name)
    access.check_files(home, request.state.user)
    revision, path = split(home, rest)
    snapshot = find(home, revision)
    if path not in snapshot.files:
        raise NotFound("EntryNotFound", f"{owner}/{name} has no file {path}.", snapshot.commit)
    file = snapshot.files[path]
    headers = {"X-Repo-Commit": snapshot.commit, "ETag": f'"{etag(path, file)}"'}
    # A page that somebody pushed must not run as one of this address.
    headers |= {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
    return FileResponse(file, headers=headers)

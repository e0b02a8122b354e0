"""The hub's protocol over a folder, read-only and for this machine only.

The addresses are those of https://huggingface.co/docs/hub/api and of the client, `huggingface_hub`.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs

import uvicorn
from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import FileResponse, JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from helpers.errors import CourseError, unknown
from helpers.hub.store import NotFound, blob_id, describe, entries, find, repositories

LOOPBACK = ("127.0.0.1", "localhost")
LARGEST_BODY = 1_000_000  # bytes; only lists of paths are ever posted
READ_ONLY = "This local hub is read-only."
LISTING = ("search", "author", "pipeline_tag", "filter", "sort", "limit", "full", "config", "cardData", "expand")
ORDERS = ("", "downloads", "likes", "lastModified", "trendingScore")


def create_app(folder: Path, requests: list[tuple[str, str, int]] | None = None) -> FastAPI:
    """Return the application over ``folder``; every (method, path, status) is appended to ``requests``."""
    app = FastAPI(title="Local hub", docs_url=None, redoc_url=None, openapi_url=None)
    # A page in a browser must not reach the hub under a name of its own (DNS rebinding).
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK))

    @app.middleware("http")
    async def guard(request: Request, call_next):
        path, length = request.url.path, request.headers.get("content-length", "0")
        if request.method == "POST" and "/paths-info/" in path:
            too_large = not length.isdecimal() or int(length) > LARGEST_BODY or "transfer-encoding" in request.headers
            response = JSONResponse({"error": "Body too large."}, 413) if too_large else await call_next(request)
        elif request.method in ("GET", "HEAD"):
            response = await call_next(request)
        else:
            response = JSONResponse({"error": READ_ONLY}, 403, {"X-Error-Message": READ_ONLY})
        if requests is not None:
            requests.append((request.method, path, response.status_code))
        return response

    @app.exception_handler(NotFound)
    def missing(request: Request, error: NotFound):
        headers = {"X-Error-Code": error.code, **({"X-Repo-Commit": error.commit} if error.commit else {})}
        return JSONResponse({"error": str(error)}, 404, headers)

    @app.exception_handler(StarletteHTTPException)
    def refuse(request: Request, error: StarletteHTTPException):
        # An address that isn't a model's (a data set, an id without owner) is a repository this hub hasn't got.
        headers = {"X-Error-Code": "RepoNotFound"} if error.status_code == 404 else {}
        return JSONResponse({"error": error.detail}, error.status_code, headers)

    @app.get("/api/models")
    def list_models(
        request: Request,
        search: str = "",
        author: str = "",
        pipeline_tag: str = "",
        filter: list[str] = Query([]),
        sort: str = "",
        limit: int = Query(1000, ge=0),
    ):
        for name in request.query_params:
            if name not in LISTING:  # an ignored filter would be a wrong answer
                raise HTTPException(400, str(unknown("filter", name, LISTING)))
        if sort not in ORDERS:
            raise HTTPException(400, str(unknown("order", sort, ORDERS[1:])))
        models = [describe(find(folder, repository)) for repository in repositories(folder)]
        models = [
            model
            for model in models
            if search.lower() in model["id"].lower()
            and author in ("", model["author"])
            and pipeline_tag in ("", model["pipeline_tag"])
            and set(filter) <= set(model["tags"])
        ]
        return sorted(models, key=lambda model: model.get(sort, 0), reverse=True)[:limit]

    @app.get("/api/models/{owner}/{name}")
    @app.get("/api/models/{owner}/{name}/revision/{revision:path}")
    def model_info(owner: str, name: str, revision: str = "main"):
        return describe(find(folder, f"{owner}/{name}", revision))

    @app.get("/api/models/{owner}/{name}/tree/{revision}")
    @app.get("/api/models/{owner}/{name}/tree/{revision}/{path:path}")
    def tree(owner: str, name: str, revision: str, path: str = "", recursive: bool = False):
        listed = entries(find(folder, f"{owner}/{name}", revision))
        if path and listed.get(path, {}).get("type") != "directory":
            raise NotFound("EntryNotFound", f"{owner}/{name} has no folder {path}.")
        inside = {key: entry for key, entry in listed.items() if not path or key.startswith(f"{path}/")}
        return [entry for key, entry in inside.items() if recursive or str(PurePosixPath(key).parent) == (path or ".")]

    @app.post("/api/models/{owner}/{name}/paths-info/{revision:path}")
    async def paths_info(owner: str, name: str, revision: str, request: Request):
        asked = parse_qs((await request.body()).decode("utf-8", "replace")).get("paths", [])
        listed = entries(find(folder, f"{owner}/{name}", revision))
        return [listed[path] for path in asked if path in listed]

    @app.api_route("/{owner}/{name}/resolve/{revision}/{path:path}", methods=["GET", "HEAD"])
    def resolve(owner: str, name: str, revision: str, path: str):
        snapshot = find(folder, f"{owner}/{name}", revision)
        if path not in snapshot.files:
            raise NotFound("EntryNotFound", f"{owner}/{name} has no file {path}.", snapshot.commit)
        file = snapshot.files[path]
        return FileResponse(file, headers={"X-Repo-Commit": snapshot.commit, "ETag": f'"{blob_id(file)}"'})

    return app


def _listen(folder: Path, port: int, host: str, requests: list | None = None) -> tuple[uvicorn.Server, socket.socket]:
    folder = Path(folder).absolute()
    if host not in LOOPBACK:
        raise CourseError(f"The local hub serves this machine only, not {host!r}: use 127.0.0.1.")
    if not folder.is_dir():
        raise CourseError(f"There is no folder {folder} for the local hub to serve: create it or name another.")
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        raise CourseError(f"The local hub can't listen on port {port} ({error}): choose another, or 0 for any.") from error
    config = uvicorn.Config(
        create_app(folder, requests), log_level="error", lifespan="off", ws="none", timeout_graceful_shutdown=2
    )
    return uvicorn.Server(config), listener


@contextmanager
def serve(folder: Path, port: int = 0, host: str = "127.0.0.1", requests: list | None = None) -> Iterator[str]:
    """Serve ``folder`` from a thread while the block lasts and yield the address for ``HF_ENDPOINT``.

    ``port`` 0 takes a free one. Each request's (method, path, status) is appended to ``requests``.
    Raises CourseError for a host that isn't this machine, a missing folder and a port in use.
    """
    server, listener = _listen(folder, port, host, requests)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def run(folder: Path, port: int = 0, host: str = "127.0.0.1") -> None:
    """Serve ``folder`` until Ctrl-C, after printing what is there and how to use it. Raises as `serve`."""
    server, listener = _listen(folder, port, host)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    print(f"Local hub at {address} (read-only, this machine only; Ctrl-C stops it). Models:")
    print(*(f"  {repository}" for repository in repositories(Path(folder))), sep="\n")
    print(f"In another terminal: export HF_ENDPOINT={address}", flush=True)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass  # how this command is meant to end

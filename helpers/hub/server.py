"""The hub's protocol over a folder, for this machine only: the application, and how it is served.

The addresses are those of https://huggingface.co/docs/hub/api and of the client, `huggingface_hub`.
"""

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect

from helpers import cached
from helpers.errors import CourseError
from helpers.files import relative
from helpers.hub import access, pushing, reading
from helpers.hub.store import Refused, repositories
from helpers.hub.writing import Writer
from helpers.serving import loopback
from helpers.serving.processes import reaching_this_machine

READ_ONLY = "This local hub is read-only."
# The client tells a bad token from a missing repository by this very sentence.
BAD_TOKEN = "Invalid credentials in Authorization header"
FOREIGN = "The token that was sent is none of this local hub's, so it counted for nothing."


def create_app(folder: Path, requests: list[tuple[str, str, int]] | None = None,
               writer: Writer | None = None) -> FastAPI:
    """Return the application over ``folder``, read-only without a ``writer``; every (method, path,
    status) is appended to ``requests``."""
    app = FastAPI(title="Local hub", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.folder, app.state.writer = folder, writer
    app.state.users = access.users(folder) if writer else {}
    app.state.upload_key = secrets.token_bytes(32)
    loopback.refuse_other_names(app)

    @app.middleware("http")
    async def guard(request: Request, call_next):
        path = request.url.path
        reads = (request.method in ("GET", "HEAD")
                 or (request.method == "POST" and "/paths-info/" in path))
        authorization = request.headers.get("authorization")
        user = request.state.user = access.identify(app.state.users, authorization)
        # Whoever is logged in elsewhere reads here what an anonymous reader reads.
        request.state.foreign = bool(app.state.users and authorization and user is None)
        try:
            if writer is None and not reads:
                raise Refused(403, READ_ONLY)
            response = await call_next(request)
        except Refused as error:
            response = refusal(error)
        if requests is not None:
            requests.append((request.method, path, response.status_code))
        return response

    @app.exception_handler(Refused)
    def refused(request: Request, error: Refused):
        anonymous = app.state.users and request.state.user is None
        status = 401 if anonymous and error.code == "RepoNotFound" else error.status
        if request.state.foreign and status == 401:
            error = Refused(401, f"{error} {FOREIGN}" if error.code else BAD_TOKEN, error.code)
        return refusal(error, status)

    @app.exception_handler(OSError)
    def no_room(request: Request, error: OSError):
        place = relative(folder)
        if cached.is_full(error):
            return refusal(Refused(507, str(cached.full(folder))))
        if error.errno in cached.READ_ONLY:
            return refusal(Refused(507, f"{place} can't be written to ({error.strerror}): restart "
                                        "the hub with another folder."))
        raise error

    @app.exception_handler(StarletteHTTPException)
    def no_such_address(request: Request, error: StarletteHTTPException):
        # An address that isn't a repository's (an id without owner) is a repository this hub hasn't
        # got.
        lost = error.status_code == 404 and request.method in ("GET", "HEAD")
        said = error.detail if lost else (f"{error.detail}: this local hub does not offer "
                                          f"{request.method} {request.url.path}.")
        return JSONResponse({"error": said}, error.status_code,
                            {"X-Error-Code": "RepoNotFound"} if lost else {})

    @app.exception_handler(ClientDisconnect)
    def cut_off(request: Request, error: ClientDisconnect):
        return Response(status_code=400)  # nobody reads it; what had arrived is removed

    app.include_router(reading.router)
    if writer is not None:
        app.include_router(pushing.router)
    return app


def refusal(error: Refused, status: int | None = None) -> JSONResponse:
    """Return the answer that the client turns into its own errors."""
    headers = {"X-Error-Code": error.code, "X-Repo-Commit": error.commit or ""}
    headers = {name: value for name, value in headers.items() if value}
    if str(error).isascii() and str(error).isprintable():  # what a header can hold
        headers["X-Error-Message"] = str(error)
    if (status or error.status) == 413:
        headers["Connection"] = "close"  # the rest of the body is not read
    return JSONResponse({"error": str(error), **error.extra}, status or error.status, headers)


def _listen(folder: Path, port: int, host: str) -> socket.socket:
    if host not in loopback.LOOPBACK:
        raise CourseError(f"The local hub serves this machine only, not {host!r}: use 127.0.0.1.")
    if not folder.is_dir():
        raise CourseError(f"There is no folder {folder} for the local hub to serve: create it or "
                          "name another.")
    try:
        return loopback.listen(port)
    except (OSError, OverflowError) as error:
        raise CourseError(f"The local hub can't listen on port {port} ({error}): choose another, "
                          "or 0 for any.") from error


@contextmanager
def serve(
    folder: Path, port: int = 0, host: str = "127.0.0.1", requests: list | None = None,
    writer: Writer | None = None
) -> Iterator[str]:
    """Serve ``folder`` from a thread while the block lasts and yield the address for
    ``HF_ENDPOINT``.

    ``port`` 0 takes a free one. Each request's (method, path, status) is appended to ``requests``.
    Read-only without an open ``writer`` of the same folder. Raises CourseError for a host that
    isn't this machine, a missing folder and a port in use.
    """
    folder = Path(folder).absolute()
    app = create_app(folder, requests, writer)
    with loopback.serve(app, _listen(folder, port, host)) as address:
        yield address


def run(folder: Path, port: int = 0, host: str = "127.0.0.1", writer: Writer | None = None) -> None:
    """Serve ``folder`` until Ctrl-C, after printing what is there and how to use it.

    Raises as `serve`.
    """
    folder = Path(folder).absolute()
    app = create_app(folder, writer=writer)
    listener = _listen(folder, port, host)
    address = loopback.address(listener)
    variables = {"HF_ENDPOINT": address}
    print(f"Local hub at {address} ({relative(folder) if writer else 'read-only'}, this machine "
          "only; Ctrl-C stops it). It holds:")
    print(*(f"  {name}"
            for name in [*repositories(folder),
                         *(f"datasets/{name}" for name in repositories(folder, "datasets"))]),
          sep="\n")
    if writer is not None:
        users = access.users(folder)
        print(f"Users and their tokens (kept in {relative(folder / access.TOKENS)}):")
        print(*(f"  {user.name:<9} {user.role:<6} {user.token}" for user in users.values()),
              sep="\n")
        variables |= {"HF_TOKEN": users[access.OWNER].token, "HF_HUB_DISABLE_XET": "1",
                      "HF_HUB_OFFLINE": "0"}
        variables |= reaching_this_machine(os.environ)
    # The last line can be copied as it is.
    print("In another terminal: export",
          *(f"{name}={value}" for name, value in variables.items()), flush=True)
    try:
        loopback.server(app).run(sockets=[listener])
    except KeyboardInterrupt:
        pass  # how this command is meant to end

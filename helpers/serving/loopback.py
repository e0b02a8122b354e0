"""Serving an application on this machine only."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

LOOPBACK = ("127.0.0.1", "localhost")


def refuse_other_names(app: FastAPI) -> None:
    """Refuse requests under other names: a page in a browser must not reach ``app`` under a name of
    its own (DNS rebinding)."""
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK))


def listen(port: int = 0) -> socket.socket:
    """Listen on a port of this machine, 0 for a free one.

    Raises OSError or OverflowError if that can't be.
    """
    return socket.create_server((LOOPBACK[0], port))


def address(listener: socket.socket) -> str:
    """Return the address of what is served from ``listener``."""
    return f"http://{LOOPBACK[0]}:{listener.getsockname()[1]}"


def server(app: FastAPI) -> uvicorn.Server:
    """Return the server of ``app``, for ``run(sockets=[listener])``."""
    return uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none",
                                         timeout_graceful_shutdown=2))


@contextmanager
def serve(app: FastAPI, listener: socket.socket) -> Iterator[str]:
    """Serve ``app`` from a thread while the block lasts; yield the address."""
    serving = server(app)
    thread = threading.Thread(target=serving.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield address(listener)
    finally:
        serving.should_exit = True
        thread.join()

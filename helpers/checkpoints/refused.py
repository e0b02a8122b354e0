"""Why the hub does not give a model, in one sentence with the remedy."""

import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from helpers import cached
from helpers.errors import CourseError

BYTES_PER_PARAMETER = 2  # at least: as bfloat16


class NotTheHub(Exception):
    """Something answers in the hub's place."""


def sentence(name: str, error: Exception) -> CourseError:
    """Return the sentence for a hub that raised ``error`` when it was asked for ``name``."""
    what, remedy = _why(name, error)
    return CourseError(
        f"COURSE_MODELS=hub needs {name}, and {what}: {remedy}, "
        "or set COURSE_MODELS=shipped to use the course's own models."
    )


def check_cache(folder: Path, parameters: int) -> None:
    """Raise CourseError if the client's ``folder`` of downloads can't be written to, or has no room
    for a model of so many parameters."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError as error:
        if cached.is_full(error):
            raise CourseError(
                f"The disk has no room left for {folder}: free some, or set HF_HOME to a folder on "
                "another disk, and restart the kernel."
            ) from error
        raise CourseError(
            f"Downloads go to {folder}, and nothing can be written there ({error.strerror}): "
            "set HF_HOME to a folder that can be written to, and restart the kernel."
        ) from error
    needed, free = BYTES_PER_PARAMETER * parameters, shutil.disk_usage(folder).free
    if free < needed:
        raise CourseError(
            f"The model takes {needed / 1e9:.1f} GB or more, and {folder} has room for "
            f"{free / 1e9:.1f}: free some, or set HF_HOME to a folder on another disk."
        )


def _why(name: str, error: Exception) -> tuple[str, str]:
    """Return what is wrong and what to do about it."""
    from huggingface_hub import constants, errors

    if isinstance(error, errors.LocalEntryNotFoundError) and error.__cause__ is not None:
        error = error.__cause__  # what kept the client from asking
    if constants.HF_HUB_OFFLINE:
        names = "HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE"
        return "the hub's client is offline", f"unset {names}, and restart the kernel"
    response = getattr(error, "response", None)
    if response is not None:
        return _answered(name, error, response)
    if isinstance(error, (NotTheHub, errors.FileMetadataError)):
        what = f"what answers at {constants.ENDPOINT} is not the hub"
        return what, "log in to your network in a browser, or set HTTPS_PROXY"
    return _unanswered(error)


def _answered(name: str, error: Exception, response) -> tuple[str, str]:
    """Return `_why` for an answer other than success."""
    from huggingface_hub import constants, errors

    status, login = response.status_code, "`hf auth login`"
    if isinstance(error, errors.GatedRepoError):
        page = f"{constants.ENDPOINT}/{name}"
        return f"it is gated ({status})", f"accept its terms at {page} and log in ({login})"
    if isinstance(error, errors.RepositoryNotFoundError):
        what = f"the hub has no such model, or not for you ({status})"
        return what, f"update the course (git pull), or log in ({login}) if it is private"
    if isinstance(error, (errors.RevisionNotFoundError, errors.EntryNotFoundError)):
        return f"the hub no longer has what the course wants ({status})", "update it (git pull)"
    if status == 401:
        what = "the hub does not know your token (401)"
        return what, f"log in again ({login}), or unset HF_TOKEN: a public model needs none"
    if status == 403:
        said = getattr(error, "server_message", None) or "forbidden"
        return (
            f"the hub forbids it (403: {_first_line(said)})",
            f"use a token that may read it ({login})",
        )
    if status == 407:
        return "the proxy asks for a password (407)", f"set HTTPS_PROXY to {_PROXY_FORM}"
    if status == 429:
        wait = f"{seconds} seconds" if (seconds := _seconds(response)) else "five minutes"
        return (
            "the hub counts too many requests (429)",
            f"wait {wait}, or log in ({login}) for a higher limit",
        )
    if status >= 500:
        what = f"the hub has trouble of its own ({status})"
        return what, "try again later (https://status.huggingface.co says more)"
    return f"the hub refuses it ({status}: {_first_line(str(error))})", "try again later"


_PROXY_FORM = "http://user:password@host:port"


def _unanswered(error: Exception) -> tuple[str, str]:
    """Return `_why` where no answer came."""
    import httpx
    from huggingface_hub import constants

    reason = _first_line(str(error)) or type(error).__name__
    address = urlsplit(constants.ENDPOINT)
    proxies = getproxies()
    proxy = proxies.get(address.scheme) or proxies.get("all", "")
    proxied = bool(proxy) and not proxy_bypass(address.hostname or "")
    if isinstance(error, httpx.UnsupportedProtocol):
        return f"HF_ENDPOINT is {constants.ENDPOINT!r}", "unset it, or let it begin with https://"
    if isinstance(error, ImportError) and "SOCKS" in str(error):
        return "its client can't use a SOCKS proxy", "pip install socksio, or unset ALL_PROXY"
    if isinstance(error, (httpx.InvalidURL, ValueError)):
        return (
            f"a proxy's address can't be used ({reason})",
            "correct HTTPS_PROXY, ALL_PROXY, NO_PROXY",
        )
    if isinstance(error, FileNotFoundError):
        return f"a certificate can't be read ({reason})", "correct SSL_CERT_FILE, or unset it"
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        what = f"the connection to the hub is not trusted ({reason})"
        return what, "set SSL_CERT_FILE to the certificate of your institution's proxy"
    if isinstance(error, (httpx.ProxyError, httpx.NetworkError)) and proxied:
        shown = proxy.rpartition("@")[2]  # no password in a message
        what = f"the proxy {shown} does not let it through ({reason})"
        return what, f"set HTTPS_PROXY to {_PROXY_FORM}, or unset it"
    if isinstance(error, (httpx.TimeoutException, TimeoutError)):
        return (
            f"the hub does not answer ({reason})",
            "try again, and behind a proxy set HTTPS_PROXY",
        )
    if not isinstance(error, (httpx.TransportError, ConnectionError)):
        return f"the hub's client fails ({type(error).__name__}: {reason})", "mend that"
    what = f"the hub can't be reached ({reason})"
    return what, "connect to the network, and behind a proxy set HTTPS_PROXY"


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "").rstrip(".")


def _seconds(response) -> int | None:
    """Return after how many seconds a hub that counts requests wants to be asked again."""
    from huggingface_hub.utils import parse_ratelimit_headers

    if (limit := parse_ratelimit_headers(response.headers)) is not None:
        return limit.reset_in_seconds
    wait = response.headers.get("Retry-After", "")
    return int(wait) if wait.isdigit() else None

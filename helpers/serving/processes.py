"""Servers in a process of their own beside a notebook: one line starts one, and it is gone when the
notebook is."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Self

from helpers.errors import CourseError
from helpers.files import REPOSITORY

NEEDED = ("fastapi", "uvicorn", "httpx")
STOP_SECONDS = 20


def need(what: str, packages: Sequence[str] = ()) -> None:
    """Raise CourseError if a package is missing that ``what`` is served or called with.

    ``packages``: their import names; without any, those of the servers in Python.
    """
    missing = [name for name in packages or NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise CourseError(
            f"The {what} needs {', '.join(missing)}. Install with: pip install {' '.join(missing)}"
        )


def no_proxy(variables: Mapping[str, str]) -> dict[str, str]:
    """Return ``NO_PROXY`` and ``no_proxy``, both with all that ``variables`` has, and this machine.

    Clients differ in which of the two they read, and some read a ``*`` only where it stands alone.
    """
    names = ("no_proxy", "NO_PROXY")
    hosts = re.split(r"[,\s]+", ",".join(variables.get(name, "") for name in names))
    if "*" in hosts:
        return dict.fromkeys(names, "*")
    # httpx makes no client at all where an IPv6 address stands in brackets.
    hosts = [re.sub(r"^\[([0-9a-fA-F:.]+)\](:\d+)?$", r"\1", host) for host in hosts]
    return dict.fromkeys(names, ",".join(dict.fromkeys(filter(None, [*hosts, "127.0.0.1"]))))


def reaching_this_machine(variables: Mapping[str, str]) -> dict[str, str]:
    """Return what reaches a server on this machine, on top of ``variables`` and their proxies.

    httpx makes no client where a SOCKS proxy is named and ``socksio`` is missing: it is emptied.
    """
    proxies = ("all_proxy", "http_proxy", "https_proxy")
    named = {name: value for name, value in variables.items() if name.lower() in proxies}
    socks = [name for name, value in named.items() if value.lower().startswith("socks")]
    unusable = [] if importlib.util.find_spec("socksio") else socks
    return no_proxy(variables) | dict.fromkeys(unusable, "")


class Beside:
    """``python -m module arguments`` in a process that ends with this one at the latest; requests
    to it use no proxy.

    It prints one line of JSON once it serves (``_told``), and ends when the pipe on its standard
    input breaks. Raises CourseError, which calls it ``what``, if it does not start.
    """

    def __init__(self, what: str, module: str, *arguments: str):
        with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
            # A session of its own: an interrupt of the notebook must not stop it. It reads the
            # pipe, which breaks when this process ends.
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments], cwd=REPOSITORY, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=errors,
                text=True, encoding="utf-8", start_new_session=True,
            )
            try:
                line = self._process.stdout.readline()
            except BaseException:  # an interrupted cell: nobody would hold it, nobody could stop it
                self._process.kill()
                self.close()
                raise
            if not line:
                self._process.wait()
                errors.seek(0)
                said = errors.read().strip().splitlines()
                raise CourseError(f"The {what} did not start: "
                                  f"{said[-1] if said else 'it said nothing'}")
        self._told: dict[str, str] = json.loads(line)
        os.environ |= no_proxy(os.environ)

    def close(self) -> None:
        """Stop the process; harmless when it has stopped already."""
        self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

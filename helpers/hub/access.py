"""Who may do what: users, their tokens, and private and gated repositories.

A folder without a file of tokens has no users: whoever asks is anonymous, and a token
means nothing (that is the read-only mirror).
"""

import hmac
import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from helpers.hub.store import KINDS, Refused, Repository, missing

TOKENS = "tokens.json"
OWNER, READER = "marigold", "visitor"
ROLES = {OWNER: "write", READER: "read"}


@dataclass(frozen=True)
class User:
    """A user and what the token allows: "read", or "write" in the user's own namespace."""

    name: str
    role: str
    token: str


def users(folder: Path) -> dict[str, User]:
    """Return name → user of a hub's folder."""
    path = folder / TOKENS
    stored = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return {name: User(name, **row) for name, row in stored.items()}


def make_users(folder: Path) -> None:
    """Write random tokens, readable by the file's owner only, unless they are there."""
    if (folder / TOKENS).is_file():
        return
    rows = {name: {"role": role, "token": f"hf_{secrets.token_hex(17)}"}
            for name, role in ROLES.items()}
    # Mode 600 from the start
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{TOKENS}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(rows, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, folder / TOKENS)


def identify(known: dict[str, User], authorization: str | None) -> User | None:
    """Return the user of an ``Authorization`` header; None for an anonymous one and for a token
    that nobody here has."""
    if not known or not authorization:
        return None
    scheme, _, token = authorization.partition(" ")
    named = token.strip().encode() if scheme.lower() == "bearer" else b""
    found = [user for user in known.values() if hmac.compare_digest(user.token.encode(), named)]
    return found[0] if found else None


def check_readable(home: Repository, user: User | None) -> None:
    """Refuse what a user must not know of, in the words for a repository that isn't there."""
    if home.settings["private"] and (user is None or user.name != home.owner):
        raise missing(home.kind, home.name)


def check_files(home: Repository, user: User | None) -> None:
    """Refuse the files of a gated repository (its name and metadata are public) until access is
    granted."""
    settings = home.settings
    if not settings["gated"] or (user is not None and user.name == home.owner):
        return
    if user is None:
        raise Refused(401, f"Access to {KINDS[home.kind]} {home.name} is restricted: set HF_TOKEN "
                           "to a token of this hub.", "GatedRepo")
    if settings["requests"].get(user.name, {}).get("status") != "accepted":
        ask = f"POST to {'datasets/' if home.kind == 'datasets' else ''}{home.name}/ask-access"
        raise Refused(
            403, f"Access to {KINDS[home.kind]} {home.name} is restricted, and {user.name} is not "
                 f"on the list: ask for access ({ask}).", "GatedRepo"
        )


def check_writable(owner: str, user: User | None) -> User:
    """Return the user if he may write in the namespace ``owner``; else refuse."""
    writer = check_writer(user)
    if writer.name != owner:
        raise Refused(403, f"{writer.name} can't write under {owner!r}: use {writer.name}/…, or "
                           f"the token of {owner!r}.")
    return writer


def check_writer(user: User | None) -> User:
    """Return the user if the token is one for writing; else refuse."""
    if user is None:
        raise Refused(401, "This needs a token: set HF_TOKEN to one that the local hub printed "
                           "when it started.")
    if user.role != "write":
        raise Refused(
            403, f"The token of {user.name} is for reading only: use a token for writing.")
    return user

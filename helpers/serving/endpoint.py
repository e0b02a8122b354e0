"""An endpoint of one's own beside a notebook: one line starts it, and it is gone when the notebook
is."""

import os

from helpers.checkpoints import table
from helpers.errors import CourseError, unknown
from helpers.serving.processes import Beside, need

KEY, ADDRESS = "MARIGOLD_API_KEY", "MARIGOLD_BASE_URL"


class Endpoint(Beside):
    """A running endpoint: its ``url``, which ends in ``/v1``.

    Its key is in the environment, as a provider's would be.
    """

    def __init__(self, roles: tuple[str, ...], places: int):
        super().__init__("endpoint", "helpers.serving.openai", str(places), *roles)
        self.url = self._told["url"]
        os.environ |= {KEY: self._told["key"], ADDRESS: self.url}


def open_endpoint(*roles: str, places: int = 2) -> Endpoint:
    """Serve the checkpoints of ``roles`` by OpenAI's protocol from a process of its own, on this
    machine only.

    A model's name is its role. ``places``: requests that are taken at a time, one at work and the
    others waiting; more are refused with status 429. A fresh key and the address go into the
    environment, as ``MARIGOLD_API_KEY`` and ``MARIGOLD_BASE_URL``. It ends with this process at the
    latest. Raises CourseError for an unknown role, a missing package, and if the endpoint does not
    start.
    """
    for role in roles:
        if role not in table():
            raise unknown("role", role, table())
    if not roles or places < 1:
        raise CourseError(f"An endpoint needs at least one role and one place; got {list(roles)} "
                          f"and {places}.")
    need("endpoint")
    return Endpoint(roles, places)

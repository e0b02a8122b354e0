"""Endpoints that lessons deploy to and call, served on this machine.

``open_endpoint`` starts one beside a notebook; ``openai`` is the server's contract.
"""

from helpers.serving.beside import Endpoint, open_endpoint

__all__ = ["Endpoint", "open_endpoint"]

"""Servers that lessons start and call on this machine.

``open_llm_server`` starts llama.cpp's own beside a notebook. ``open_endpoint`` starts the course's
former one; ``openai`` is that server's contract.
"""

from helpers.serving.endpoint import Endpoint, open_endpoint
from helpers.serving.llm_server import LlmServer, open_llm_server

__all__ = ["Endpoint", "LlmServer", "open_endpoint", "open_llm_server"]

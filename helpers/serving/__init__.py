"""Servers that lessons start and call on this machine."""

from helpers.serving.llm_server import LlmServer, open_llm_server

__all__ = ["LlmServer", "open_llm_server"]

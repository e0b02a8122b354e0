"""llama.cpp's own server beside a notebook: one line starts it, it is gone with the notebook."""

import json
import os
from pathlib import Path

from helpers.checkpoints import checkpoint, store
from helpers.errors import CourseError
from helpers.runtime import models
from helpers.serving.processes import Beside, need

ADDRESS, KEY = "MARIGOLD_BASE_URL", "MARIGOLD_API_KEY"
MOST_SLOTS = 256  # llama.cpp's own limit


class LlmServer(Beside):
    """A running server: ``url``, which ends in ``/v1``, and ``key``; the environment has both."""

    def __init__(self, **settings: object):
        self._mine: dict[str, str] = {}
        super().__init__("llm server", "helpers.serving.llm_server_process", json.dumps(settings))
        self.url, self.key = self._told["url"], self._told["key"]
        self._mine = {ADDRESS: self.url, KEY: self.key}
        self._before = {name: os.environ.get(name) for name in self._mine}
        os.environ |= self._mine

    def close(self) -> None:
        """Stop the process and give the environment back; harmless when it has stopped already."""
        for name, value in self._mine.items():
            if os.environ.get(name) != value:  # someone else's by now
                continue
            if self._before[name] is None:
                del os.environ[name]
            else:
                os.environ[name] = self._before[name]
        super().close()


def open_llm_server(
    role: str = "llm", adapter: str | os.PathLike | None = None, slots: int = 4
) -> LlmServer:
    """Serve ``checkpoint(role).gguf`` with llama.cpp's server, on this machine only.

    It speaks OpenAI's protocol: chat, completions, streaming, JSON schemas, embeddings (unit
    length, mean over at most 512 tokens). The model is called ``role``; llama.cpp has one, and
    ignores what a client calls it. On Linux it computes on the CPU, also where a GPU is.

    ``adapter``: folder of a LoRA adapter on that model, as PEFT saves it. With one, `llm` is served
    in half precision (271 MB, made on first use) rather than in four bits: only so does it write
    what PEFT does; hub mode keeps to the official file of eight bits. ``slots``: requests that are
    worked on at a time (continuous batching; more wait their turn), each with a window of 4,096
    tokens for prompt and answer, which takes 94 MB a slot for `llm`, 470 MB in hub mode.

    Use it in a ``with`` block, or call ``close``; it ends with this process at the latest. Address
    and a fresh key are its ``url`` and ``key``, and while it runs ``MARIGOLD_BASE_URL`` and
    ``MARIGOLD_API_KEY`` in the environment. Raises CourseError for a role without a GGUF, a folder
    that is no such adapter, a missing package, and if the server does not start.
    """
    if type(slots) is not int or not 1 <= slots <= MOST_SLOTS:
        raise CourseError(f"slots is {slots!r}; a server has 1 to {MOST_SLOTS} of them.")
    need("llm server", ("xllamacpp",))
    model, lora = checkpoint(role).gguf, None
    if adapter is not None:
        from helpers.serving import half_gguf, lora_gguf

        lora = str(lora_gguf.convert(Path(adapter), model, store()))
        if models() == "shipped":
            model = half_gguf.of(model, store())
    return LlmServer(name=role, model=str(model), adapter=lora, slots=slots)

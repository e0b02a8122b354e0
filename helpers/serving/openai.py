"""OpenAI's protocol over checkpoints of the course, for this machine only.

What clients of it use: ``/v1/models``, ``/v1/chat/completions`` and ``/v1/completions``, with
streaming by server-sent events, a bearer token, counted usage and the protocol's errors
(https://platform.openai.com/docs/api-reference). One request is worked on at a time; a parameter
that is not offered is refused rather than ignored.
"""

from __future__ import annotations

import hmac
import json
import queue
import secrets
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException as StarletteHTTPException

from helpers.serving import loopback

RETRY_SECONDS = 1  # what a refused client is asked to wait
DEFAULT_TOKENS = 64
SMALL = 10_000_000  # parameters of a model that is faster on one thread


class Refused(Exception):
    """An answer in the protocol's form of an error."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None,
                 headers: Mapping[str, str] | None = None):
        super().__init__(message)
        self.status, self.headers = status, dict(headers or {})
        kind = {401: "authentication_error", 429: "rate_limit_error"}.get(
            status, "invalid_request_error")
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}


class StreamOptions(BaseModel):
    """What a stream tells beside its text."""

    model_config = ConfigDict(extra="forbid")
    include_usage: bool = False


class Asked(BaseModel):
    """What both sorts of requests have in common."""

    model_config = ConfigDict(extra="forbid")
    model: str
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] = 1.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    seed: int | None = None
    stop: str | list[str] | None = None
    n: Annotated[int, Field(ge=1, le=1)] = 1
    stream: bool = False
    stream_options: StreamOptions | None = None
    user: str | None = None


class Message(BaseModel):
    """One turn of a conversation."""

    role: str
    content: str


class Chat(Asked):
    """A request for the next turn of a conversation."""

    messages: Annotated[list[Message], Field(min_length=1)]
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None


class Completion(Asked):
    """A request for what follows a text."""

    prompt: str


@dataclass
class Served:
    """A model with its tokenizer, and the lock that lets one request at a time work with it."""

    model: Any
    tokenizer: Any
    lock: threading.Lock = field(default_factory=threading.Lock)

    def chat_prompt(self, messages: list[Message]) -> str:
        """Return a conversation as the text that the model continues.

        Models that think aloud are asked not to.
        """
        turns = [message.model_dump() for message in messages]
        text = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True,
                                                  enable_thinking=False)
        return text.removeprefix(self.tokenizer.bos_token or "")  # the tokenizer adds it

    def answer(self, prompt: str, asked: Asked, longest: int) -> Answer:
        """Return an answer that is not begun yet.

        Raises Refused if it can't fit the model's window.
        """
        ids = self.tokenizer(prompt, return_tensors="pt")["input_ids"].to(self.model.device)
        window = self.model.config.max_position_embeddings
        if ids.shape[1] + longest > window:
            message = (
                f"{ids.shape[1]} tokens of the prompt and {longest} new ones do not fit into a "
                f"window of {window}."
            )
            raise Refused(400, "context_length_exceeded", message, "messages")
        return Answer(self, ids, asked, longest)


class Answer:
    """Text that a model is writing: iterate over it, then read ``usage`` and ``finish_reason``."""

    def __init__(self, served: Served, ids, asked: Asked, longest: int):
        self.served, self.ids, self.asked, self.longest = served, ids, asked, longest
        self.stops = [asked.stop] if isinstance(asked.stop, str) else list(asked.stop or [])
        self.tokens = 0
        self.finish_reason = "length"

    @property
    def usage(self) -> dict[str, int]:
        """Return the tokens that were read and written."""
        read = int(self.ids.shape[1])
        return {"prompt_tokens": read, "completion_tokens": self.tokens,
                "total_tokens": read + self.tokens}

    def __iter__(self) -> Generator[str]:
        """Yield text as it is written, without what comes from a stop text on."""
        from transformers import TextIteratorStreamer

        streamer = TextIteratorStreamer(self.served.tokenizer, skip_prompt=True,
                                        skip_special_tokens=True)
        over, failed = threading.Event(), queue.SimpleQueue()
        with self.served.lock:
            writer = threading.Thread(target=self._write, args=(streamer, over, failed),
                                      daemon=True)
            writer.start()
            try:
                yield from self._until_stop(streamer)
            finally:
                over.set()  # the reader may have gone
                writer.join()
        if not failed.empty():
            raise failed.get()

    def _until_stop(self, parts) -> Generator[str]:
        # The end of the text may be the beginning of a stop
        held, hold = "", max(map(len, self.stops), default=1) - 1
        for part in parts:
            held += part
            ends = [held.index(stop) for stop in self.stops if stop in held]
            if ends:
                self.finish_reason = "stop"
                held = held[: min(ends)]
                break
            if len(held) > hold:
                yield held[: len(held) - hold]
                held = held[len(held) - hold :]
        if held:
            yield held

    def _write(self, streamer, over: threading.Event, failed: queue.SimpleQueue) -> None:
        import torch
        from transformers import StoppingCriteria

        class ReaderGone(StoppingCriteria):
            def __call__(self, ids, scores, **options):
                return torch.full((len(ids),), over.is_set(), device=ids.device, dtype=torch.bool)

        asked = self.asked
        options = {"do_sample": False}
        if asked.temperature > 0:
            options = {"do_sample": True, "temperature": asked.temperature, "top_p": asked.top_p,
                       "top_k": 0}
        try:
            if asked.seed is not None:
                torch.manual_seed(asked.seed)
            with torch.inference_mode():
                output = self.served.model.generate(
                    self.ids, attention_mask=torch.ones_like(self.ids), max_new_tokens=self.longest,
                    streamer=streamer,
                    stopping_criteria=[ReaderGone()], **options,
                )
            written = output[0, self.ids.shape[1] :].tolist()
            self.tokens = len(written)
            ends = self.served.model.generation_config.eos_token_id
            if written and written[-1] in (ends if isinstance(ends, list) else [ends]):
                self.finish_reason = "stop"
        except Exception as error:  # it belongs to the thread that reads
            failed.put(error)
            streamer.end()


def create_app(models: Mapping[str, Served], key: str, places: int = 2) -> FastAPI:
    """Return the application; more than ``places`` requests at a time are refused."""

    def authorise(request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {key}".encode()):
            message = ("The key is not right." if given
                       else "No key was given: send it as 'Authorization: Bearer KEY'.")
            raise Refused(401, "invalid_api_key", message)

    app = FastAPI(title="Local endpoint", dependencies=[Depends(authorise)], docs_url=None,
                  redoc_url=None, openapi_url=None)
    loopback.refuse_other_names(app)
    taken = threading.BoundedSemaphore(places)
    began = int(time.time())

    @app.exception_handler(Refused)
    def refused(request: Request, error: Refused):
        return refusal(error)

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError):
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        return refusal(Refused(400, "invalid_value", f"{place}: {first['msg']}", place))

    @app.exception_handler(StarletteHTTPException)
    def no_such_address(request: Request, error: StarletteHTTPException):
        return refusal(Refused(error.status_code, "unknown_url",
                               f"{error.detail}: {request.method} {request.url.path}"))

    @app.get("/v1/models")
    def list_models():
        return {"object": "list",
                "data": [{"id": name, "object": "model", "created": began, "owned_by": "marigold"}
                         for name in models]}

    @app.post("/v1/chat/completions")
    def chat(asked: Chat):
        served = _find(models, asked.model)
        longest = asked.max_completion_tokens or asked.max_tokens or DEFAULT_TOKENS
        return reply(served.answer(served.chat_prompt(asked.messages), asked, longest),
                     "chat.completion", asked)

    @app.post("/v1/completions")
    def complete(asked: Completion):
        served = _find(models, asked.model)
        return reply(served.answer(asked.prompt, asked, asked.max_tokens or DEFAULT_TOKENS),
                     "text_completion", asked)

    def reply(answer: Answer, kind: str, asked: Asked):
        if not taken.acquire(blocking=False):
            message = f"All {places} places are taken; try again in {RETRY_SECONDS} s."
            raise Refused(429, "rate_limit_exceeded", message,
                          headers={"Retry-After": str(RETRY_SECONDS)})
        head = {"id": f"cmpl-{secrets.token_hex(8)}", "created": int(time.time()),
                "model": asked.model}
        if asked.stream:
            return EventStream(events(answer, kind, head, asked), taken.release)
        try:
            text = "".join(answer)
        finally:
            taken.release()
        said = ({"message": {"role": "assistant", "content": text}} if kind == "chat.completion"
                else {"text": text})
        return {**head, "object": kind,
                "choices": [{"index": 0, **said, "finish_reason": answer.finish_reason}],
                "usage": answer.usage}

    return app


class EventStream(StreamingResponse):
    """Server-sent events; once the reader has all of them or has gone, ``parts`` is closed and
    ``done`` is called."""

    def __init__(self, parts: Generator[str], done: Callable[[], None]):
        super().__init__(parts, media_type="text/event-stream")
        self.parts, self.done = parts, done

    async def __call__(self, scope, receive, send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:  # not left to the garbage collector, which may come late and in any thread
            self.parts.close()
            self.done()


def events(answer: Answer, kind: str, head: dict, asked: Asked) -> Generator[str]:
    """Yield an answer as server-sent events, the last of which is ``[DONE]``."""
    is_chat = kind == "chat.completion"
    head = {**head, "object": f"{kind}.chunk" if is_chat else kind}

    def event(choices: list[dict], **more) -> str:
        return f"data: {json.dumps({**head, 'choices': choices, **more})}\n\n"

    def part(text: str | None, reason: str | None = None) -> str:
        said = {"delta": {} if text is None else {"content": text}} if is_chat else {"text": text
                or ""}
        return event([{"index": 0, **said, "finish_reason": reason}])

    if is_chat:
        yield event([{"index": 0, "delta": {"role": "assistant", "content": ""},
                      "finish_reason": None}])
    with closing(iter(answer)) as texts:
        for text in texts:
            if text:
                yield part(text)
    yield part(None, answer.finish_reason)
    if asked.stream_options and asked.stream_options.include_usage:
        yield event([], usage=answer.usage)
    yield "data: [DONE]\n\n"


def _find(models: Mapping[str, Served], name: str) -> Served:
    if name not in models:
        raise Refused(404, "model_not_found",
                      f"There is no model {name!r}; there are {', '.join(models)}.", "model")
    return models[name]


def refusal(error: Refused) -> JSONResponse:
    """Return an error as the protocol writes it."""
    return JSONResponse(error.body, error.status, error.headers)


@contextmanager
def serve(models: Mapping[str, Served], key: str, places: int = 2) -> Iterator[str]:
    """Serve ``models`` on a free port of this machine, from a thread, while the block lasts; yield
    the address, which ends in ``/v1``."""
    with loopback.serve(create_app(models, key, places), loopback.listen()) as address:
        yield f"{address}/v1"


def load(role: str) -> Served:
    """Load the checkpoint of a role."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from helpers.checkpoints import checkpoint
    from helpers.runtime import device

    found = checkpoint(role)
    model = AutoModelForCausalLM.from_pretrained(found, revision=found.revision,
                                                 dtype=torch.float32).to(device()).eval()
    if model.num_parameters() < SMALL:
        torch.set_num_threads(1)
    return Served(model, AutoTokenizer.from_pretrained(found, revision=found.revision))


def main() -> None:
    """Serve the roles named on the command line until the pipe on standard input breaks; the first
    argument is ``places``."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    key = f"mk-{secrets.token_urlsafe(24)}"
    with serve({role: load(role) for role in sys.argv[2:]}, key, int(sys.argv[1])) as url:
        print(json.dumps({"url": url, "key": key}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()

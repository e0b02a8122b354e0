"""The OpenAI-compatible endpoint: answers, streams, usage, keys, limits, and its life beside a
notebook."""

import json
import os
import time

import httpx
import pytest

from helpers.errors import CourseError
from helpers.serving import open_endpoint, openai

KEY = "mk-test"
ASK = [{"role": "user", "content": "The meeting is on Thursday at the town hall.\n\nOn which day "
                                   "is the meeting?"}]
GREEDY = {"model": "chat", "messages": ASK, "temperature": 0, "max_tokens": 16}


@pytest.fixture(scope="module")
def server():
    """Yield a client with the right key, and what is served."""
    served = openai.load("chat")
    with openai.serve({"chat": served}, KEY, places=2) as url:
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {KEY}"}, timeout=120,
                          trust_env=False) as client:
            yield client, served


def events(client, path, body):
    """Return the data of each event of a stream."""
    with client.stream("POST", path, json=body | {"stream": True}) as reply:
        assert (reply.status_code == 200
                and reply.headers["content-type"].startswith("text/event-stream"))
        return [line.removeprefix("data: ") for line in reply.iter_lines() if line]


def test_models_are_listed(server):
    client, _ = server
    told = client.get("/models").json()
    assert told["object"] == "list" and [(one["id"], one["object"])
                                         for one in told["data"]] == [("chat", "model")]


def test_an_answer_has_its_text_its_end_and_its_usage(server):
    client, served = server
    told = client.post("/chat/completions", json=GREEDY).json()
    assert (told["object"], told["model"]) == ("chat.completion", "chat")
    (choice,) = told["choices"]
    assert (choice["message"] == {"role": "assistant", "content": "Thursday"}
            and choice["finish_reason"] == "stop")
    tokenizer = served.tokenizer
    text = tokenizer.apply_chat_template(
        ASK, tokenize=False, add_generation_prompt=True).removeprefix(tokenizer.bos_token)
    assert told["usage"]["prompt_tokens"] == len(tokenizer(text)["input_ids"])
    assert (told["usage"]["total_tokens"]
            == told["usage"]["prompt_tokens"] + told["usage"]["completion_tokens"])
    cut = client.post("/chat/completions",
                      json=GREEDY | {"messages": [{"role": "user",
                              "content": "Hello, who are you?"}], "max_tokens": 3}).json()
    assert cut["choices"][0]["finish_reason"] == "length" and cut["usage"]["completion_tokens"] == 3


def test_a_stream_gives_the_same_text_in_parts(server):
    client, _ = server
    body = GREEDY | {"messages": [{"role": "user", "content": "Hello, who are you?"}],
                     "max_tokens": 24}
    whole = client.post("/chat/completions", json=body).json()
    *told, end = events(client, "/chat/completions",
                        body | {"stream_options": {"include_usage": True}})
    told = [json.loads(one) for one in told]
    assert end == "[DONE]" and {one["object"] for one in told} == {"chat.completion.chunk"}
    deltas = [one["choices"][0]["delta"] for one in told if one["choices"]]
    assert deltas[0]["role"] == "assistant" and len(deltas) > 3
    assert "".join(delta.get("content", "")
                   for delta in deltas) == whole["choices"][0]["message"]["content"]
    assert told[-2]["choices"][0]["finish_reason"] == whole["choices"][0]["finish_reason"]
    assert told[-1]["choices"] == [] and told[-1]["usage"] == whole["usage"]


def test_plain_completions_end_before_a_stop_text(server):
    client, _ = server
    body = {"model": "chat", "prompt": "The roses arrived", "temperature": 0, "max_tokens": 30}
    free = client.post("/completions", json=body).json()["choices"][0]["text"]
    stop = free[len(free) // 2 :][:3]
    told = client.post("/completions", json=body | {"stop": ["no such text", stop]}).json()
    assert told["object"] == "text_completion" and told["choices"][0]["finish_reason"] == "stop"
    assert told["choices"][0]["text"] == free[: free.index(stop)]
    *parts, _ = events(client, "/completions", body | {"stop": stop})
    assert "".join(json.loads(part)["choices"][0]["text"]
                   for part in parts) == free[: free.index(stop)]


def test_a_seed_repeats_what_was_drawn(server):
    client, _ = server
    body = {"model": "chat", "prompt": "The", "temperature": 1.5, "max_tokens": 12}
    drawn = [client.post("/completions", json=body | {"seed": seed}).json()["choices"][0]["text"]
             for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("headers",
                         [{"Authorization": "Bearer mk-wrong"}, {"Authorization": KEY},
                          {"Authorization": ""}, {"Authorization": "Bearer schlüssel".encode()}])
def test_a_wrong_key_is_refused_in_the_protocols_form(server, headers):
    client, _ = server
    reply = httpx.get(f"{client.base_url}models", headers=headers, trust_env=False)
    assert reply.status_code == 401 and reply.json()["error"]["code"] == "invalid_api_key"
    assert KEY not in reply.text


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "says"),
    [
        ("/chat/completions", GREEDY | {"model": "gpt"}, 404, "model_not_found", "there are chat"),
        ("/chat/completions", GREEDY | {"top_k": 5}, 400, "invalid_value", "top_k"),
        ("/chat/completions", GREEDY | {"n": 2}, 400, "invalid_value", "n:"),
        ("/chat/completions", GREEDY | {"messages": []}, 400, "invalid_value", "messages"),
        ("/chat/completions", GREEDY | {"max_tokens": 5000}, 400, "context_length_exceeded",
         "5000 new ones"),
        ("/completions", {"model": "chat"}, 400, "invalid_value", "prompt"),
        ("/embeddings", {"model": "chat"}, 404, "unknown_url", "/v1/embeddings"),
    ],
)
def test_what_is_not_offered_is_refused_and_named(server, path, body, status, code, says):
    client, _ = server
    reply = client.post(path, json=body)
    assert (reply.status_code == status and reply.json()["error"]["code"] == code
            and says in reply.json()["error"]["message"])


def test_a_foreign_host_name_is_refused(server):
    client, _ = server
    assert client.get("/models", headers={"Host": "elsewhere.example"}).status_code == 400


def patiently(client, body):
    """Return the reply once there is a place."""
    deadline = time.monotonic() + 100
    while (reply := client.post("/chat/completions",
                                json=body)).status_code == 429 and time.monotonic() < deadline:
        time.sleep(0.1)
    return reply


def test_a_crowd_is_refused_and_may_come_back(server):
    client, served = server
    with served.lock:  # nobody is served: each request takes a place until none is left
        for _ in range(3):
            try:
                reply = client.post("/chat/completions", json=GREEDY, timeout=3)
            except httpx.TimeoutException:
                continue
        assert (reply.status_code == 429 and reply.json()["error"]["code"] == "rate_limit_exceeded"
                and int(reply.headers["Retry-After"]) > 0)
    assert patiently(client, GREEDY).status_code == 200


def test_a_reader_who_leaves_frees_the_place(server):
    client, _ = server
    body = {"model": "chat", "prompt": "The", "temperature": 2.0, "max_tokens": 400, "stream": True}
    for _ in range(3):  # more than there are places
        with client.stream("POST", "/completions", json=body) as reply:
            assert reply.status_code == 200
            next(reply.iter_lines())
        assert patiently(client, GREEDY).json()["choices"][0]["message"]["content"] == "Thursday"


def test_an_endpoint_opens_with_a_key_of_its_own_and_closes(monkeypatch):
    for name in ("MARIGOLD_API_KEY", "MARIGOLD_BASE_URL", "NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    with open_endpoint("chat") as endpoint:
        assert (os.environ["MARIGOLD_BASE_URL"] == endpoint.url
                and "127.0.0.1" in os.environ["NO_PROXY"])
        headers = {"Authorization": f"Bearer {os.environ['MARIGOLD_API_KEY']}"}
        reply = httpx.post(f"{endpoint.url}/chat/completions", json=GREEDY, headers=headers,
                           timeout=60)
        assert reply.json()["choices"][0]["message"]["content"] == "Thursday"
        assert len(os.environ["MARIGOLD_API_KEY"]) > 20
    endpoint.close()  # harmless
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{endpoint.url}/models", headers=headers, timeout=5)


def test_what_can_not_be_opened_is_named():
    with pytest.raises(CourseError, match="Did you mean 'chat'"):
        open_endpoint("chats")
    with pytest.raises(CourseError, match="at least one role"):
        open_endpoint()
    with pytest.raises(CourseError, match="one place"):
        open_endpoint("chat", places=0)

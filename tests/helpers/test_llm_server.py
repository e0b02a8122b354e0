"""llama.cpp's server beside a notebook, with the clients that programs use, and adapters on it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import jsonschema
import numpy as np
import openai
import psutil
import pytest
from langchain_openai import ChatOpenAI

from helpers import CourseError, checkpoint
from helpers.checkpoints import store
from helpers.files import REPOSITORY
from helpers.making import standins
from helpers.serving import half_gguf, llm_server, lora_gguf, open_llm_server, processes
from tests.helpers.processes import gone

ASKED = [{"role": "user", "content": "What is the capital of Italy? Answer in one sentence."}]
QUESTIONS = (
    "What is the capital of France?",
    "Write a short note of thanks for flowers.",
    "Name three colours.",
    "How often should I water an orchid?",
    "Explain what a noun is.",
    "Write a line about rain.",
    "What is 12 plus 30?",
    "Translate 'good morning' into French.",
    "Give me a name for a flower shop.",
    "Why do leaves turn red in autumn?",
)


@pytest.fixture(scope="module")
def server():
    """The server of ``llm``."""
    with open_llm_server() as server:
        yield server


@pytest.fixture(scope="module")
def client(server):
    """OpenAI's client of it."""
    return openai.OpenAI(base_url=server.url, api_key=server.key, max_retries=0, timeout=300)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A folder with a tiny Qwen3 for transformers, and the same as tiny.gguf."""
    folder = tmp_path_factory.mktemp("tiny")
    standins.qwen("made-up/tiny", "Qwen3ForCausalLM", folder)
    standins.qwen3_gguf(folder, folder / "tiny.gguf")
    return folder


def serve(tiny, adapter: str | None = None) -> llm_server.LlmServer:
    """Start a server of the tiny model, which takes a second."""
    return llm_server.LlmServer(
        name="tiny", model=str(tiny / "tiny.gguf"), adapter=adapter, slots=1
    )


def ask(client, **more):
    """Return the answer to a question that the model is sure of."""
    asked = {"model": "llm", "messages": ASKED, "temperature": 0, "max_tokens": 24}
    return client.chat.completions.create(**(asked | more))


def post(server, path: str, **body):
    """Return llama.cpp's answer on a path of its own."""
    headers = {"Authorization": f"Bearer {server.key}"}
    url = server.url.removesuffix("/v1") + path
    reply = httpx.post(url, json=body, headers=headers, timeout=300)
    assert reply.status_code == 200, reply.text
    return reply.json()


# The clients


def test_openais_client_chats_and_counts(client):
    reply = ask(client)
    assert "Rome" in reply.choices[0].message.content and reply.choices[0].finish_reason == "stop"
    assert reply.model == "llm" and [model.id for model in client.models.list()] == ["llm"]
    used = reply.usage
    assert used.prompt_tokens > 20 and 5 < used.completion_tokens <= 24
    assert used.total_tokens == used.prompt_tokens + used.completion_tokens
    assert ask(client, max_tokens=3).choices[0].finish_reason == "length"


def test_it_streams(client):
    parts = list(ask(client, stream=True, stream_options={"include_usage": True}))
    texts = [part.choices[0].delta.content for part in parts if part.choices]
    said = [text for text in texts if text]
    assert "Rome" in "".join(said) and len(said) > 5
    assert parts[-1].usage.completion_tokens >= len(said)


def test_only_who_has_the_key_is_answered(server):
    stranger = openai.OpenAI(base_url=server.url, api_key="mk-guessed", max_retries=0)
    with pytest.raises(openai.AuthenticationError):
        ask(stranger)
    with pytest.raises(openai.AuthenticationError):
        stranger.embeddings.create(model="llm", input="roses")
    assert len(server.key) > 20


def test_it_has_one_model_whatever_a_client_calls_it(client):
    assert ask(client, model="gpt-5").model == "llm"


def test_more_than_a_slot_holds_is_refused(client):
    with pytest.raises(openai.BadRequestError, match=r"available context size \(4096 tokens\)"):
        ask(client, messages=[{"role": "user", "content": "rose " * 4200}])


def test_a_schema_gives_json_that_keeps_to_it(client):
    schema = {
        "type": "object",
        "properties": {
            "sentiment": {"enum": ["positive", "negative"]},
            "stars": {"type": "integer", "minimum": 1, "maximum": 5},
        },
        "required": ["sentiment", "stars"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "review", "schema": schema}}
    asked = [{"role": "user", "content": "Rate this review: The roses arrived wilted."}]
    reply = ask(client, messages=asked, response_format=form, max_tokens=200)
    jsonschema.validate(json.loads(reply.choices[0].message.content), schema)


def test_it_embeds_beside_chatting(client):
    texts = ["The roses arrived late.", "The roses arrived late.", "Multiply the two matrices."]
    rows = client.embeddings.create(model="llm", input=texts).data
    vectors = np.array([row.embedding for row in rows])
    assert vectors.shape == (3, 576)
    same, again, other = vectors @ vectors[0]  # cosines: their length is 1
    assert same == pytest.approx(1, abs=1e-3) and again > 0.99 > other + 0.05
    with pytest.raises(openai.InternalServerError, match="too large to process"):
        client.embeddings.create(model="llm", input="rose " * 600)
    assert "Rome" in ask(client).choices[0].message.content


def test_langchains_client_works_with_the_environment_alone(server):
    model = ChatOpenAI(
        model="llm", base_url=os.environ["MARIGOLD_BASE_URL"],
        api_key=os.environ["MARIGOLD_API_KEY"], temperature=0, max_tokens=24,
    )
    question = ASKED[0]["content"]
    said = model.invoke(question)
    assert "Rome" in said.content and said.usage_metadata["output_tokens"] > 5
    assert all("Rome" in one.content for one in model.batch([question] * 3))
    parts = [part.content for part in model.stream(question)]
    assert "Rome" in "".join(parts) and len([part for part in parts if part]) > 5


def test_eight_clients_at_once_are_all_answered_and_worked_on_together(server):
    def visit(number: int):
        with openai.OpenAI(base_url=server.url, api_key=server.key, timeout=600) as client:
            asked = [{"role": "user", "content": f"Write {number} lines about rain."}]
            return ask(client, messages=asked).choices[0].message.content

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(visit, range(2, 10)))
    assert all(len(answer) > 20 for answer in answers)
    headers = {"Authorization": f"Bearer {server.key}"}
    metrics = httpx.get(f"{server.url.removesuffix('/v1')}/metrics", headers=headers).text
    (busy,) = [line for line in metrics.splitlines() if line.startswith("llamacpp:n_busy_slots")]
    assert float(busy.split()[-1]) > 1  # the mean of a batch: one by one, it would be 1


# The process


def test_it_listens_on_this_machine_only(server):
    process = psutil.Process(server._process.pid)
    listening = [at.laddr.ip for at in process.net_connections() if at.status == psutil.CONN_LISTEN]
    assert listening == ["127.0.0.1"] and server.url.startswith("http://127.0.0.1:")


def test_the_environment_is_given_back_and_openais_is_never_touched(tiny, monkeypatch):
    reader = {"OPENAI_API_KEY": "sk-mine", "OPENAI_BASE_URL": "https://example.org/v1"}
    for name, value in reader.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MARIGOLD_BASE_URL", "mine")
    monkeypatch.delenv("MARIGOLD_API_KEY", raising=False)
    with serve(tiny) as first:
        with serve(tiny) as second:
            assert second.key != first.key
            assert os.environ["MARIGOLD_BASE_URL"] == second.url
            assert os.environ["MARIGOLD_API_KEY"] == second.key
            assert reader.items() <= os.environ.items()
        assert os.environ["MARIGOLD_BASE_URL"] == first.url
        os.environ["MARIGOLD_API_KEY"] = "mine now"
    assert os.environ["MARIGOLD_BASE_URL"] == "mine"
    assert os.environ["MARIGOLD_API_KEY"] == "mine now"
    first.close()  # harmless
    assert os.environ["MARIGOLD_BASE_URL"] == "mine" and gone(first._process.pid)


VISIT = """
import os, signal, sys, time
from helpers.serving.llm_server import LlmServer
server = LlmServer(name="tiny", model=sys.argv[1], adapter=None, slots=1)
print(server._process.pid, flush=True)
if sys.argv[2] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "interrupted":
    try:
        with server:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(600)
    except KeyboardInterrupt:
        print(server._process.poll())  # it has ended with the block
"""


@pytest.mark.parametrize(("end", "code"), [("left", 0), ("killed", -9), ("interrupted", 0)])
def test_it_ends_with_its_notebook_without_a_word(end, code, tiny):
    done = subprocess.run(
        [sys.executable, "-c", VISIT, str(tiny / "tiny.gguf"), end],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=300,
    )
    assert done.stderr == "" and done.returncode == code
    pid, *ended = done.stdout.split()
    assert gone(int(pid)) and ended == (["0"] if end == "interrupted" else [])


def test_it_ends_while_it_writes(tiny):
    failed = []

    def visit():
        try:
            post(server, "/completion", prompt="roses", n_predict=4000, ignore_eos=True)
        except httpx.TransportError as error:
            failed.append(error)

    with serve(tiny) as server:
        visitor = threading.Thread(target=visit)
        visitor.start()
        while not any(slot["is_processing"] for slot in slots(server)):
            time.sleep(0.05)
        began = time.monotonic()
    visitor.join()
    assert failed and server._process.returncode == 0
    assert time.monotonic() - began < processes.STOP_SECONDS  # it was not killed


def slots(server) -> list[dict]:
    """Return what llama.cpp tells of its slots."""
    headers = {"Authorization": f"Bearer {server.key}"}
    return httpx.get(f"{server.url.removesuffix('/v1')}/slots", headers=headers).json()


def test_an_interrupted_start_leaves_no_process(tmp_path, monkeypatch):
    told = tmp_path / "pid"
    (tmp_path / "never_ready.py").write_text(
        f"import os, pathlib, time\npathlib.Path({str(told)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(3600)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def interrupt():
        while not (told.is_file() and told.read_text()):
            time.sleep(0.05)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    impatient = threading.Thread(target=interrupt)
    impatient.start()
    with pytest.raises(KeyboardInterrupt):
        processes.Beside("patient server", "never_ready")
    impatient.join()
    assert gone(int(told.read_text()))


def test_what_can_not_be_served_is_named(tiny, monkeypatch, tmp_path):
    with pytest.raises(CourseError, match="Unknown role 'lmm'"):
        open_llm_server("lmm")
    with pytest.raises(CourseError, match="'sentiment' has no file for llama.cpp"):
        open_llm_server("sentiment")
    for slots in (0, -1, 2.5, 257, True):
        with pytest.raises(CourseError, match=f"slots is {slots}; a server has 1 to 256"):
            open_llm_server(slots=slots)
    with pytest.raises(CourseError, match="is no LoRA adapter: it holds no adapter_config.json"):
        open_llm_server(adapter=tmp_path)
    (tmp_path / "broken.gguf").write_bytes((tiny / "tiny.gguf").read_bytes()[:9000])
    with pytest.raises(CourseError, match=r"llama\.cpp could not load broken\.gguf with 1 slots"):
        llm_server.LlmServer(
            name="broken", model=str(tmp_path / "broken.gguf"), adapter=None, slots=1
        )
    found = processes.importlib.util.find_spec

    def missing(name):
        return None if name == "xllamacpp" else found(name)

    monkeypatch.setattr(processes.importlib.util, "find_spec", missing)
    with pytest.raises(CourseError, match="pip install xllamacpp"):
        open_llm_server()


# Adapters


def random_adapter(model, folder, strength: float, **settings):
    """Save a LoRA adapter with random matrices on ``model``; return what computes with it."""
    import torch
    from peft import LoraConfig, get_peft_model

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        usual = {"r": 8, "lora_alpha": 16, "target_modules": "all-linear"}
        tuned = get_peft_model(model, LoraConfig(**(usual | settings))).eval()
        for name, weight in tuned.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(weight, std=strength)
    tuned.save_pretrained(folder)
    return tuned


def load(source):
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32)


def test_half_precision_has_the_numbers_of_the_ordinary_folder():
    import gguf
    from safetensors import safe_open

    name = "model.layers.7.mlp.up_proj.weight"
    with safe_open(f"{checkpoint('llm')}/model.safetensors", "pt") as weights:
        expected = weights.get_tensor(name).float().numpy()
    reader = gguf.GGUFReader(half_gguf.of(checkpoint("llm").gguf, store()))
    (found,) = [tensor for tensor in reader.tensors if tensor.name == "blk.7.ffn_up.weight"]
    assert found.data.dtype == np.float16 and np.abs(found.data - expected).max() < 1e-7
    assert reader.fields["general.file_type"].contents() == gguf.LlamaFileType.MOSTLY_F16


def test_an_adapter_writes_what_peft_writes(tmp_path, monkeypatch):
    """24 greedy tokens on 9 of 10 prompts; where they part, the two best logits are close."""
    import torch
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(checkpoint("llm"))
    tuned = random_adapter(load(checkpoint("llm")), tmp_path / "adapter", 0.05)
    convert = lora_gguf.convert  # into a place of its own: PEFT saves other bytes in each run
    monkeypatch.setattr(
        lora_gguf, "convert", lambda folder, base, store: convert(folder, base, tmp_path / "store")
    )
    equal = changed = 0
    with open_llm_server(adapter=tmp_path / "adapter", slots=1) as server:
        for question in QUESTIONS:
            turns = [{"role": "user", "content": question}]
            ids = tokenizer.apply_chat_template(
                turns, add_generation_prompt=True, return_dict=False
            )
            written, plain = (
                post(
                    server, "/completion", prompt=ids, n_predict=24, temperature=0,
                    return_tokens=True, cache_prompt=False, lora=[{"id": 0, "scale": scale}],
                )["tokens"]
                for scale in (1.0, 0.0)
            )
            changed += written != plain
            with torch.inference_mode():
                logits = tuned(torch.tensor([ids + written])).logits[0, len(ids) - 1 : -1]
            parted = logits.argmax(-1).ne(torch.tensor(written)).nonzero().flatten().tolist()
            equal += not parted
            if parted:
                first, second = logits[parted[0]].topk(2).values.tolist()
                assert first - second < 0.1, question
    assert changed >= 8  # else the adapter would prove nothing
    assert equal >= 9


def test_an_adapter_on_qwen3_keeps_its_rows_where_they_are(tiny, tmp_path):
    import torch
    from transformers import AutoTokenizer

    ids = AutoTokenizer.from_pretrained(tiny)("The roses arrived late.")["input_ids"]
    asked = {"prompt": ids, "n_predict": 1, "n_probs": 600, "temperature": 0, "cache_prompt": False}

    def logprobs(model):
        with torch.inference_mode():
            return model(torch.tensor([ids])).logits[0, -1].log_softmax(-1)

    plain = load(tiny)
    before = logprobs(plain)
    after = logprobs(random_adapter(plain, tmp_path / "adapter", 1.0))
    lora = lora_gguf.convert(tmp_path / "adapter", tiny / "tiny.gguf", tmp_path / "store")
    with serve(tiny, str(lora)) as server:
        (first,) = post(server, "/completion", **asked)["completion_probabilities"]
    served = torch.zeros_like(after)
    for one in first["top_logprobs"]:
        served[one["id"]] = one["logprob"]
    off, change = (served - after).abs().mean(), (before - after).abs().mean()
    assert off < change / 5, (off, change)  # eight bits part by a 28th, rows out of place by half


def test_a_converted_adapter_is_kept_and_a_new_one_is_converted_anew(tiny, tmp_path, monkeypatch):
    random_adapter(load(tiny), tmp_path / "adapter", 0.5)
    asked = (tmp_path / "adapter", tiny / "tiny.gguf", tmp_path / "store")
    made = lora_gguf.convert(*asked)
    monkeypatch.setattr(lora_gguf, "write", None)  # calling it would fail
    assert lora_gguf.convert(*asked) == made
    monkeypatch.undo()
    random_adapter(load(tiny), tmp_path / "adapter", 0.4)
    assert lora_gguf.convert(*asked) != made

    def interrupted(folder, base, target):
        target.write_text("a part")
        raise KeyboardInterrupt

    monkeypatch.setattr(lora_gguf, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lora_gguf.convert(*asked[:2], tmp_path / "empty")
    assert not list((tmp_path / "empty").rglob("*"))


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"use_dora": True}, "use_dora=True, which is more than LoRA's two matrices"),
        ({"use_rslora": True}, "use_rslora=True"),
        ({"modules_to_save": ["lm_head"]}, r"modules_to_save=\['lm_head'\]"),
        ({"trainable_token_indices": [1, 2]}, r"trainable_token_indices=\[1, 2\]"),
        ({"bias": "lora_only"}, "bias='lora_only'"),
        ({"lora_bias": True}, "lora_bias=True"),
        ({"alpha_pattern": {"q_proj": 4}}, "alpha_pattern="),
        ({"init_lora_weights": "olora"}, "init_lora_weights='olora'"),
        ({"target_modules": ["embed_tokens", "q_proj"]}, "embed_tokens"),
        ({"target_modules": ["lm_head", "q_proj"]}, "'base_model.model.lm_head"),
    ],
)
def test_what_is_more_than_two_matrices_is_refused_by_name(settings, hint, tiny, tmp_path):
    random_adapter(load(tiny), tmp_path / "adapter", 0.5, **settings)
    with pytest.raises(CourseError, match=hint):
        lora_gguf.convert(tmp_path / "adapter", tiny / "tiny.gguf", tmp_path / "store")
    assert not list((tmp_path / "store").glob("adapter-*"))


def test_an_adapter_of_another_kind_or_model_is_refused(tiny, tmp_path):
    folder = tmp_path / "adapter"
    random_adapter(load(tiny), folder, 0.5)
    with pytest.raises(CourseError, match=r"trained on another model: for blk\.0\."):
        lora_gguf.convert(folder, checkpoint("llm").gguf, tmp_path / "store")
    settings = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps(settings | {"peft_type": "IA3"}))
    with pytest.raises(CourseError, match="adapter of type 'IA3'"):
        lora_gguf.convert(folder, tiny / "tiny.gguf", tmp_path / "store")
    (folder / "adapter_model.safetensors").unlink()
    with pytest.raises(CourseError, match="holds no adapter_model.safetensors"):
        lora_gguf.convert(folder, tiny / "tiny.gguf", tmp_path / "store")

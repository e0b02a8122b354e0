"""The dials: what they accept, what they refuse, and with which words."""

import subprocess
import sys

import pytest
import torch

from helpers import opening, runtime
from helpers.errors import CourseError
from helpers.files import REPOSITORY

DIALS = ("COURSE_MODELS", "COURSE_DEVICE", "COURSE_SCALE")
SET_BY_START = ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "TOKENIZERS_PARALLELISM")


@pytest.fixture(autouse=True)
def no_dials(monkeypatch):
    for name in (*DIALS, *SET_BY_START):
        # So that what a test sets is undone, whether it was there or not
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def test_defaults():
    assert runtime.models() == "shipped"
    assert runtime.scale() == 1.0
    assert runtime.device().type in ("cpu", "cuda", "mps")


def test_an_empty_dial_is_the_default(monkeypatch):
    for name in DIALS:
        monkeypatch.setenv(name, "")
    assert (runtime.models(), runtime.scale()) == ("shipped", 1.0)


@pytest.mark.parametrize(
    ("name", "value", "read", "words"),
    [
        ("COURSE_MODELS", "hubb", runtime.models, ["'hubb'", "Did you mean 'hub'", "shipped, hub"]),
        ("COURSE_DEVICE", "gpu", runtime.device, ["'gpu'", "auto, cuda, mps, cpu"]),
        ("COURSE_SCALE", "big", runtime.scale, ["'big'", "positive number"]),
        ("COURSE_SCALE", "-1", runtime.scale, ["'-1'", "positive number"]),
        ("COURSE_SCALE", "nan", runtime.scale, ["'nan'", "positive number"]),
    ],
)
def test_a_bad_dial_is_named_with_what_is_allowed(monkeypatch, name, value, read, words):
    monkeypatch.setenv(name, value)
    with pytest.raises(CourseError) as error:
        read()
    assert name in str(error.value)
    for word in words:
        assert word in str(error.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_a_forced_gpu_that_is_missing_is_refused(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "cuda")
    with pytest.raises(CourseError, match="finds no cuda device here.*set it to cpu"):
        runtime.device()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_forced_gpu_is_used(monkeypatch):
    monkeypatch.setenv("COURSE_DEVICE", "cuda")
    assert runtime.device().type == "cuda"


def test_scaled_rounds_and_keeps_a_minimum(monkeypatch):
    monkeypatch.setenv("COURSE_SCALE", "0.1")
    assert runtime.scaled(100) == 10
    assert runtime.scaled(3) == 1
    assert runtime.scaled(3, minimum=2) == 2
    assert runtime.scaled(16) == 2  # rounded, not cut off


def test_seed_everything_repeats_all_generators():
    import random

    import numpy

    def draw():
        runtime.seed_everything(7)
        return random.random(), numpy.random.rand(), torch.rand(1).item()

    assert draw() == draw()


def test_start_prints_how_the_lesson_runs(capsys, monkeypatch):
    monkeypatch.setenv("COURSE_SCALE", "0.5")
    opening.start("07")
    line = capsys.readouterr().out
    assert line.startswith("Lesson 07: ") and "models: shipped" in line and "scale: 0.5" in line


def test_start_names_missing_packages_and_their_command(monkeypatch):
    monkeypatch.setitem(opening.REQUIRED, "no_such_module", "no-such-package")
    with pytest.raises(CourseError, match="Missing here: no-such-package. Install them with: pip "
                                          "install no-such-package"):
        opening.start("07")


def test_import_is_instant_and_loads_nothing_heavy():
    code = (
        "import sys, time; began = time.perf_counter(); import helpers; took = time.perf_counter() "
        "- began\n"
        "heavy = {'torch', 'transformers', 'numpy', 'matplotlib', 'datasets'} & set(sys.modules)\n"
        "assert not heavy, heavy\nprint(took)"
    )
    command = [sys.executable, "-c", code]
    took = min(float(subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True,
                                    check=True).stdout) for _ in range(3))
    assert took < 0.05


def test_helpers_lists_and_refuses_names():
    import helpers

    assert "checkpoint" in dir(helpers)
    for name in helpers.__all__:
        assert getattr(helpers, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'chekpoint'"):
        helpers.chekpoint  # noqa: B018

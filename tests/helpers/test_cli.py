"""The course command: exit codes, and one line for bad input."""

import os
import subprocess
import sys

import pytest

from helpers.files import REPOSITORY


def course(*arguments, **variables):
    command = [sys.executable, "-m", "helpers.cli", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, env={**os.environ, **variables}, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("arguments", "variables", "words"),
    [
        (["run", "77"], {}, "Unknown lesson '77'"),
        (["run", "07_transfer_lerning"], {}, "Did you mean '07_transfer_learning'?"),
        (["run", "05"], {"COURSE_MODELS": "hubb"}, "Did you mean 'hub'?"),
        (["run", "05"], {"COURSE_SCALE": "0"}, "positive number"),
        (["grow", "lmm"], {}, "Did you mean 'lm'?"),
        (["reset", "05.9"], {}, "Unknown exercise '05.9'"),
        (["results", "05"], {}, "Unknown recipe '05'"),
        (["bench", "nothing"], {}, "Unknown benchmark 'nothing'"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, variables, words):
    done = course(*arguments, **variables)
    assert done.returncode == 2
    assert words in done.stderr and done.stderr.startswith("course: ") and done.stderr.count("\n") == 1


def test_an_unknown_command_is_exit_code_2():
    assert course("rnu").returncode == 2


def test_doctor_finds_everything_here():
    done = course("doctor")
    assert done.returncode == 0, done.stdout
    for word in ("Python", "Memory", "torch", "checkpoint encoder", "checkpoint lm", "data set reviews", "Everything is in place"):
        assert word in done.stdout


def test_doctor_names_the_remedy():
    done = course("doctor", COURSE_MODELS="hubb")
    assert done.returncode == 1
    assert "✗ COURSE_MODELS" in done.stdout and "Did you mean 'hub'" in done.stdout and "1 to mend" in done.stdout


def test_make_help_lists_every_target():
    done = subprocess.run(["make", "help"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    for target in ("setup", "lab", "run", "test", "refresh", "grow", "bench", "doctor"):
        assert f"make {target} " in done.stdout

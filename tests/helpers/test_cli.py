"""The course command: exit codes, and one line for bad input."""

import json
import os
import signal
import subprocess
import sys
import urllib.request

import pytest

from helpers.files import REPOSITORY


def course(*arguments, **variables):
    command = [sys.executable, "-m", "helpers.cli", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, env={**os.environ, **variables},
                          capture_output=True, text=True)


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
        (["hub", "--folder", "notebooks"], {}, "notebooks is not empty and holds no hub"),
        (["hub", "--folder", "pyproject.toml/hub"], {}, "can't be written to"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments, variables, words):
    done = course(*arguments, **variables)
    assert done.returncode == 2
    assert (words in done.stderr and done.stderr.startswith("course: ")
            and done.stderr.count("\n") == 1)


def test_an_unknown_command_is_exit_code_2():
    assert course("rnu").returncode == 2


def test_doctor_finds_everything_here():
    done = course("doctor")
    assert done.returncode == 0, done.stdout
    for word in ("Python", "Memory", "torch", "checkpoint encoder", "checkpoint lm",
                 "data set reviews", "Everything is in place"):
        assert word in done.stdout


def test_doctor_names_the_remedy():
    done = course("doctor", COURSE_MODELS="hubb")
    assert done.returncode == 1
    assert ("✗ COURSE_MODELS" in done.stdout and "Did you mean 'hub'" in done.stdout
            and "1 to mend" in done.stdout)


def test_make_help_lists_every_target():
    done = subprocess.run(["make", "help"], cwd=REPOSITORY, capture_output=True, text=True,
                          check=True)
    for target in ("setup", "lab", "run", "test", "refresh", "grow", "bench", "doctor"):
        assert f"make {target} " in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent with a POSIX signal")
def test_hub_serves_the_courses_checkpoints_until_interrupted(tmp_path):
    command = [sys.executable, "-m", "helpers.cli", "hub", "--port", "0", "--folder",
               str(tmp_path / "hub")]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    # A terminal with proxies, in which the printed line has to work.
    proxies = {"http_proxy": "http://127.0.0.1:9", "ALL_PROXY": "socks5://127.0.0.1:9",
               "no_proxy": "corp.example, [::1]"}
    terminal = {name: value for name, value in os.environ.items()
                if not name.lower().endswith("_proxy")} | proxies
    for _ in range(2):  # the second time everything is there
        process = subprocess.Popen(command, cwd=REPOSITORY, env={**terminal, "TQDM_DISABLE": "1"},
                                   **pipes)
        lines = []
        while not lines or not lines[-1].startswith("In another terminal: export "):
            lines.append(process.stdout.readline())
            assert lines[-1], process.stderr.read()
        variables = dict(word.split("=", 1) for word in lines[-1].split()[4:])
        assert variables.keys() == {
            "HF_ENDPOINT", "HF_TOKEN", "HF_HUB_DISABLE_XET", "HF_HUB_OFFLINE", "NO_PROXY",
            "no_proxy", "ALL_PROXY"
        }
        line = lines[-1].removeprefix("In another terminal: ")
        program = (
            "import huggingface_hub as h; print(h.whoami()['name'], h.file_exists('marigold/lm', "
            "'config.json'))"
        )
        asked = ["sh", "-c", f'{line}exec "$0" -c "$1"', sys.executable, program]
        done = subprocess.run(asked, env={**terminal, "HF_HOME": str(tmp_path / "home")},
                              capture_output=True, text=True)
        assert (done.stdout, done.stderr) == ("marigold True\n", "")
        assert {"  marigold/lm\n", "  marigold/sentiment\n"} <= set(lines)
        assert any("marigold  write" in line and variables["HF_TOKEN"] in line for line in lines)
        assert any("visitor   read" in line for line in lines)
        with urllib.request.urlopen(f"{variables['HF_ENDPOINT']}/api/models/marigold/lm",
                                    timeout=60) as response:
            assert json.load(response)["cardData"]["license"] == "apache-2.0"
        again = course("hub", "--port", "0", "--folder", str(tmp_path / "hub"))
        assert (again.returncode == 2 and "Another process serves" in again.stderr
                and again.stderr.count("\n") == 1)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")

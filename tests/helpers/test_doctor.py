"""`course doctor`: which Python, how much room, and a terminal that can't show every sign."""

import errno
import os
import re
import shutil
import subprocess
import sys
import tomllib
from types import SimpleNamespace

import psutil
import pytest
from packaging.specifiers import SpecifierSet

from helpers import cli, doctor
from helpers.files import REPOSITORY

VERSIONS = {(3, 10): False, (3, 11): True, (3, 12): True, (3, 14): True, (3, 15): False}


@pytest.mark.parametrize("version", VERSIONS)
def test_doctor_names_the_pythons_that_the_course_runs_on(version):
    remedy = doctor._another_python(version)
    assert (remedy == "") == VERSIONS[version]
    if remedy:
        assert "from 3.11 to 3.14" in remedy and "make PYTHON=python3.14 setup" in remedy


@pytest.mark.parametrize("version", VERSIONS)
def test_pip_refuses_the_same_pythons(version):
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    allowed = SpecifierSet(project["requires-python"])
    assert allowed.contains(f"{version[0]}.{version[1]}.0") == VERSIONS[version]


def test_documents_name_the_same_pythons():
    for name in ("README.md", "CONTRIBUTING.md", "TROUBLESHOOTING.md"):
        assert "3.11 to 3.14" in (REPOSITORY / name).read_text(encoding="utf-8"), name
    workflow = (REPOSITORY / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    tested = [tuple(map(int, found)) for found in re.findall(r'"(\d)\.(\d+)"', workflow)]
    assert (min(tested), max(tested)) == (doctor.OLDEST, doctor.NEWEST)


PRETENDING = """#!/bin/sh
if [ "$1" = -m ]; then echo "$@"; exit 7; fi
exec {python} -c '
import sys
sys.version_info, sys.version = {version}, "{text}"
exec(sys.argv[1])' "$2"
"""


@pytest.fixture
def make(tmp_path):
    """Run `make setup` where nothing is set up, with a Python that says it has some version."""
    for name in ("Makefile", "constraints.txt", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, tmp_path)

    def run(version, path="python", **options):
        program = tmp_path / path
        program.parent.mkdir(parents=True, exist_ok=True)
        text = ".".join(map(str, version)) + ".0 (main)"
        # The Python below the environment's: inside one, the remedy is another.
        python = os.path.realpath(sys.executable)
        program.write_text(PRETENDING.format(python=python, version=version, text=text))
        program.chmod(0o755)
        command = ["make", "setup", f"PYTHON={tmp_path / 'python'}"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    return run


@pytest.mark.parametrize("version", VERSIONS)
def test_make_refuses_the_same_pythons(make, version):
    done = make(version)
    refused = f"Greenhouse needs Python 3.11 to 3.14; this is {version[0]}.{version[1]}.0. Try: "
    assert done.returncode != 0
    assert (refused + "make PYTHON=python3.13 setup" in done.stderr) == (not VERSIONS[version])
    assert ("-m venv --clear .venv" in done.stdout) == VERSIONS[version]


def test_make_judges_the_environment_that_is_there(make):
    make((3, 15))  # what make finds; the environment's is older
    done = make((3, 12), ".venv/bin/python")
    assert "Greenhouse needs" not in done.stderr and "-m pip install" in done.stdout


@pytest.mark.parametrize(("gigabytes", "enough"), [(3.9, False), (4.1, True)])
def test_too_little_memory_is_a_finding(monkeypatch, gigabytes, enough):
    total = SimpleNamespace(total=gigabytes * 1e9)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: total)
    [memory] = [each for each in doctor._machine() if each.name == "Memory"]
    assert (memory.remedy == "") == enough and memory.value == "4 GB"


@pytest.mark.parametrize(("gigabytes", "enough"), [(4.9, False), (5.1, True)])
def test_too_little_room_on_the_disk_is_a_finding(monkeypatch, gigabytes, enough):
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=gigabytes * 1e9))
    [disk] = [each for each in doctor._machine() if each.name == "Free disk"]
    assert (disk.remedy == "") == enough and disk.value == "5 GB"


def test_a_clone_that_cannot_be_written_to_is_a_finding(monkeypatch):
    assert doctor._clone().remedy == ""

    def fail(**options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", fail)
    found = doctor._clone()
    assert (
        found.value == "can't be written to (Read-only file system)"
        and "of your own" in found.remedy
    )


# Terminals

ASCII = {"PYTHONIOENCODING": "ascii"}
POSIX = {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
WINDOWS = {"PYTHONIOENCODING": "cp1252:strict"}


def plainly(*arguments, **variables):
    """Run a command in a terminal of another encoding; its output must hold ASCII only."""
    command = [sys.executable, "-m", "helpers.cli", *arguments]
    environment = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": "", **variables}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True)
    assert b"Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout.decode("ascii"), done.stderr.decode("ascii")


@pytest.mark.parametrize("terminal", [ASCII, POSIX], ids=["ascii", "POSIX"])
def test_doctor_speaks_to_any_terminal(terminal):
    code, out, _ = plainly("doctor", COURSE_MODELS="hubb", **terminal)
    assert code == 1
    assert "\nok Memory" in out and "\nNO COURSE_MODELS" in out and "  -> Unknown value" in out


@pytest.mark.parametrize("terminal", [ASCII, WINDOWS], ids=["ascii", "Windows"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--help"], 0),
        (["run", "--help"], 0),
        (["run", "07_é"], 2),
        (["rnu"], 2),
        (["hub", "--port", "x"], 2),
    ],
)
def test_other_commands_speak_to_any_terminal(arguments, code, terminal):
    command = [sys.executable, "-m", "helpers.cli", *arguments]
    environment = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": "", **terminal}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True)
    assert done.returncode == code and b"Traceback" not in done.stderr


def test_signs_that_a_terminal_lacks_are_said_plainly():
    error = UnicodeEncodeError("ascii", "a ✗→é b", 2, 5, "ordinal not in range")
    assert cli.plain(error) == ("NO->?", 5)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "The disk has no room left for reports/x. Free some space"),
        (errno.EROFS, "reports/x: Read-only file system. Make it yours, or clone the course"),
        (errno.EACCES, "reports/x: Permission denied. Make it yours"),
    ],
)
def test_a_disk_that_takes_nothing_is_one_line_and_exit_code_2(monkeypatch, capsys, number, words):
    def fail():
        raise OSError(number, os.strerror(number), str(REPOSITORY / "reports" / "x"))

    monkeypatch.setattr(cli, "app", fail)
    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(
            getattr(sys, stream), "reconfigure", lambda **options: None, raising=False
        )
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().err
    assert ended.value.code == 2 and said.startswith(f"course: {words}") and said.count("\n") == 1

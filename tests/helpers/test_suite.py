"""`course test`: what it hands to pytest, from any folder, and how it ends."""

import os
import signal
import subprocess
import sys
import time
from textwrap import indent

import nbformat
import psutil
import pytest

from helpers.catalog import entries, lessons, templates
from helpers.files import NOTEBOOKS, REPOSITORY
from helpers.lessons import suite
from helpers.lessons.notebook import measured, read

HERE = REPOSITORY / "tests" / "helpers"
NODE = "test_files.py::test_verify_names_file_and_remedy"


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ([NODE], [f"{HERE}/{NODE}"]),  # in the reader's folder
        ([f"tests/helpers/{NODE}"], [f"{HERE}/{NODE}"]),  # in the repository
        (["../hub", "-x"], [f"{REPOSITORY}/tests/hub", "-x"]),
        (["-k", "notebooks", "-m", "data"], ["-k", "notebooks", "-m", "data"]),  # values, not paths
        (["test_fils.py"], ["test_fils.py"]),  # pytest says that it is not there
    ],
)
def test_paths_are_found_from_any_folder(arguments, wanted):
    resolved, paths = suite.resolve(arguments, HERE)
    assert resolved == wanted
    assert len(paths) == sum(argument.startswith(str(REPOSITORY)) for argument in wanted)


def test_all_is_run_where_nothing_is_named():
    command = suite.command(["-x", "-k", "tests"], HERE)
    assert (
        "-n 2 --dist=loadfile --no-loadscope-reorder --max-worker-restart=0 -x -k tests"
        in " ".join(command)
    )
    listed = [path for entry in entries() for path in (entry.solutions, entry.path) if path]
    wanted = [path for path in [*templates(), *listed] if path.exists()]
    assert sorted(command[-len(wanted) :]) == sorted(map(str, wanted))
    longest = max(lessons(), key=lambda lesson: measured(read(lesson.path))["seconds"])
    assert command[-len(wanted)] == str(longest.path)  # so that both workers end together
    folders = {str(path.parent) for path in (REPOSITORY / "tests").glob("*/__init__.py")}
    assert folders <= set(command)


def test_a_lesson_that_is_listed_and_missing_is_asked_for(monkeypatch):
    entry = entries()[0]
    monkeypatch.setattr(suite, "entries", lambda: [entry])
    monkeypatch.setattr("helpers.catalog.NOTEBOOKS", NOTEBOOKS / "nowhere")
    assert suite.everything()[-1] == NOTEBOOKS / "nowhere" / f"{entry.name}.ipynb"


def test_a_folder_is_run_in_workers_and_a_file_in_one_process():
    assert "-n" in suite.command(["tests/hub"], REPOSITORY)
    assert "-n" not in suite.command([NODE], HERE)
    assert suite.command(["-n", "0", "tests/hub"], REPOSITORY)[-3:-1] == [
        "-n",
        "0",
    ]  # the reader's is the last


def course_test(*arguments, cwd=REPOSITORY):
    command = [sys.executable, "-m", "helpers.cli", "test", "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, cwd=cwd, env=environment, **pipes)


def test_one_test_is_run_from_a_subfolder():
    process = course_test(NODE, cwd=HERE)
    out, _ = process.communicate()
    assert process.returncode == 0 and out.splitlines()[-1].strip("= ").startswith("1 passed in")


SLEEP = "import pathlib, time\npathlib.Path({!r}).touch()\ntime.sleep(6000)"


def test_an_interrupt_ends_the_workers_and_their_kernels(tmp_path):
    begun = [tmp_path / "test.begun", tmp_path / "notebook.begun"]
    code = "def test_it():\n" + indent(SLEEP.format(str(begun[0])), "    ")
    (tmp_path / "test_it.py").write_text(code, encoding="utf-8")
    cell = nbformat.v4.new_code_cell(SLEEP.format(str(begun[1])))
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "notebook.ipynb")
    process = course_test(str(tmp_path))
    while not all(path.exists() for path in begun):
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.1)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) >= 3  # two workers, a kernel
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=300)  # 12 seconds where nothing else runs
    assert process.returncode == pytest.ExitCode.INTERRUPTED, out
    assert psutil.wait_procs(family, timeout=120)[1] == []

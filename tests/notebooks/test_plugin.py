"""The guard against hollow passes notices them."""

import subprocess
import sys

import nbformat

from helpers.files import REPOSITORY
from tests.notebooks.plugin import hollow


def test_hollow_runs_are_named():
    assert hollow("a.ipynb", ran=3, wanted=3, seconds=5) == ""
    assert "2 of 3" in hollow("a.ipynb", ran=2, wanted=3, seconds=5)
    assert "0.10 s" in hollow("a.ipynb", ran=3, wanted=3, seconds=0.1)


def run_nbval(path):
    command = [sys.executable, "-m", "pytest", "-p", "tests.notebooks.plugin", "-p", "no:cacheprovider"]
    command += ["--nbval-lax", "--nbval-current-env", f"--rootdir={REPOSITORY}", str(path)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)


def notebook(*sources, output):
    book = nbformat.v4.new_notebook()
    for count, source in enumerate(sources, start=1):
        cell = nbformat.v4.new_code_cell(source, execution_count=count, metadata={"tags": ["nbval-check-output"]})
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=output)]
        book.cells.append(cell)
    return book


def test_a_changed_output_fails_and_the_same_output_passes(tmp_path):
    right, wrong = tmp_path / "right.ipynb", tmp_path / "wrong.ipynb"
    nbformat.write(notebook("import time; time.sleep(1)\nprint(6 * 7)", output="42\n"), right)
    nbformat.write(notebook("print(6 * 7)", output="43\n"), wrong)
    assert run_nbval(right).returncode == 0
    assert run_nbval(wrong).returncode == 1

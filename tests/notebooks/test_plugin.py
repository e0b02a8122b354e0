"""Cells are compared with a tolerance for figures; hollow passes are noticed, in workers too."""

import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import nbformat
import pytest

from helpers.files import NOTEBOOKS, REPOSITORY, relative
from helpers.lessons.notebook import read, tags
from helpers.lessons.run import THREADS
from tests.notebooks import plugin
from tests.notebooks.comparing import TOLERANCE, agree, difference, pieces

# A kernel alone may start in less than the guard wants.
SLOW = "import time; time.sleep(1)\n"


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("0.834 [0.801, 0.862]", ["0.834", "0.801", "0.862"]),
        ("1,234 rows, 1,234,567.89 in all; [1,2,3]", ["1,234", "1,234,567.89", "1", "2", "3"]),
        ("-0.5 −0.5 (-3) x=-2 +4", ["-0.5", "−0.5", "-3", "-2", "+4"]),
        ("0.80-0.86, 5-7, 37/66", ["0.80", "0.86", "5", "7", "37", "66"]),
        ("1e-05 3.2E+4 .5 1. 12.", ["1e-05", "3.2E+4", ".5", "1", "12"]),
        (
            "83.4% 12 % 22.7M 2.5x 0.3 s k=5 F1: 0.83",
            ["83.4", "12", "22.7", "2.5", "0.3", "5", "0.83"],
        ),
        ("bert2 SmolLM2-135M Qwen2.5-1.5B hit@5 v0.5 03_tokens.ipynb", []),
        ("2.13.0+cpu 2026-12-01 1.12.2026 12:30 0x1f 3b7f9a 135M 3rd 1_000 nan -inf", []),
    ],
)
def test_figures_are_told_from_words(text, figures):
    assert pieces(text)[1] == figures


@pytest.mark.parametrize(
    ("stored", "new"),
    [
        ("accuracy 83.4 %", "accuracy 84.2 %"),  # 1 % off
        ("0.834 [0.801, 0.862]", "0.828 [0.795, 0.857]"),
        ("loss 0.12", "loss 0.13"),  # one unit of the last digit
        ("0.00", "-0.01"),
        ("−0.5", "-0.5"),
        ("about 0.5", "about 0.468"),  # a unit of the coarser of the two
        ("1.50e-05", "1.51e-05"),
        ("12,345 tokens", "12,300 tokens"),
        ("a  1.00\n\n  b\t2.00", "a 1.01\nb     2.01"),
    ],
)
def test_outputs_that_agree(stored, new):
    assert difference(stored, new) == ""


@pytest.mark.parametrize(
    ("stored", "new", "words"),
    [
        ("accuracy 83.4 %", "accuracy 75.1 %", "stored 83.4, now 75.1"),  # 10 % off
        ("0.834 [0.801, 0.862]", "0.834 [0.801, 0.912]", "0.862"),
        ("0.50", "-0.50", "now -0.50"),
        ("1.5e-05", "1.5e-04", "1.5e-05"),
        ("3 of 10 right", "4 of 10 right", "stored 3, now 4"),
        ("1,234", "1,334", "1,234"),
        ("the answer is yes", "the answer is no", "'the answer is no'"),
        ("loss 0.12", "loss nan", "'loss nan'"),
        ("bert2", "bert3", "'bert3'"),
        ("2026-12-01", "2026-12-02", "'2026-12-02'"),
        ("a 1\nb 2", "a 1", "'a 1 b '"),
        ("a 1\nb", "a 1\nb\nc 2", "now 'a 1 b c '"),
        ("1 2", "1 2 3", "stored '1 2'"),
        ("", "1", "stored 0 figures, now 1"),
    ],
)
def test_outputs_that_differ(stored, new, words):
    assert words in difference(stored, new)


def test_a_tolerance_widens():
    assert not agree("0.834", "0.775")
    assert agree("0.834", "0.775", Decimal("0.1"))
    assert "more than 10% apart" in difference("0.834", "0.734", Decimal("0.1"))


def test_every_tolerance_has_its_reason_and_every_reason_its_tolerance():
    wider = {}
    for path in (p for p in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts):
        cells = [cell for cell in read(path).cells if "tolerance" in cell.metadata]
        for cell in cells:
            place = f"{relative(path)}, cell {cell.id!r}"
            assert "nbval-check-output" in tags(cell), (
                f"{place}: has a tolerance and is not compared"
            )
            assert TOLERANCE < cell.metadata["tolerance"] < 1, place
        if cells:
            wider[plugin.key(path)] = {cell.id for cell in cells}
    assert wider == {notebook: rows.keys() for notebook, rows in plugin.REASONS.items()}
    assert all(len(why.split()) >= 3 for rows in plugin.REASONS.values() for why in rows.values())


def test_hollow_runs_are_named():
    assert plugin.hollow("a.ipynb", ran=3, wanted=3, seconds=5) == ""
    assert "2 of 3" in plugin.hollow("a.ipynb", ran=2, wanted=3, seconds=5)
    assert "0.10 s" in plugin.hollow("a.ipynb", ran=3, wanted=3, seconds=0.1)


def run(folder, *arguments, workers=2, **variables):
    """Run pytest on ``folder`` in this many workers (0: in one process)."""
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-p", "no:cacheprovider"]
    command += ["-p", "tests.notebooks.plugin", "--nbval-lax", "--nbval-current-env"]
    command += ["-n", str(workers), "--dist=loadscope", "--max-worker-restart=0", "-rA"]
    command += [f"--rootdir={folder}", *map(str, arguments or [folder])]
    environment = {**os.environ, **variables}
    return subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True)


def outcomes(done) -> dict[str, str]:
    """Return the outcome of each notebook's one cell."""
    found = re.findall(r"(?m)^(PASSED|FAILED) \S*?(\w+)\.ipynb::", done.stdout)
    return {name: outcome for outcome, name in found}


def notebook(path: Path, *sources: str, stored: str = "", **extra) -> Path:
    """Write a notebook whose cells are compared with ``stored``; ``extra`` is their metadata."""
    book = nbformat.v4.new_notebook()
    for count, source in enumerate(sources, start=1):
        metadata = {"tags": ["nbval-check-output"], **extra}
        cell = nbformat.v4.new_code_cell(
            source, execution_count=count, metadata=metadata, id=f"cell-{count}"
        )
        if stored:
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=stored)]
        book.cells.append(cell)
    nbformat.write(book, path)
    return path


HTML = "display({'text/html': 'new', 'text/plain': '3 rows'}, raw=True)"


def test_nbval_compares_so(tmp_path):
    text = "accuracy 0.834 of 320\nloss 0.52\n"

    def show(printed):
        return f"{SLOW}print({printed!r}, end='')"

    books = {
        "same": notebook(tmp_path / "same.ipynb", show(text), stored=text),
        "near": notebook(
            tmp_path / "near.ipynb", show(text.replace("0.834", "0.842")), stored=text
        ),
        "far": notebook(tmp_path / "far.ipynb", show(text.replace("0.834", "0.918")), stored=text),
        "word": notebook(tmp_path / "word.ipynb", show(text.replace("loss", "cost")), stored=text),
        "line": notebook(tmp_path / "line.ipynb", show(text.splitlines()[0]), stored=text),
        "silent": notebook(tmp_path / "silent.ipynb", SLOW, stored=text),
        "html": notebook(tmp_path / "html.ipynb", SLOW + HTML),
        "wider": notebook(tmp_path / "wider.ipynb", show("0.918"), stored="0.834", tolerance=0.12),
        "unfounded": notebook(
            tmp_path / "unfounded.ipynb", show("0.8"), stored="0.8", tolerance=0.12
        ),
        "threads": notebook(
            tmp_path / "threads.ipynb",
            SLOW + f"import os\nprint(*(os.environ.get(name) for name in {list(THREADS)}))",
            stored=" ".join(THREADS.values()),
        ),
    }
    book = nbformat.read(books["html"], as_version=4)
    data = {"text/html": "old", "text/plain": "3 rows"}
    book.cells[0].outputs = [nbformat.v4.new_output("display_data", data=data)]
    nbformat.write(book, books["html"])
    (tmp_path / "conftest.py").write_text(
        "from tests.notebooks import plugin\nplugin.REASONS['wider'] = {'cell-1': 'a reason'}\n",
        encoding="utf-8",
    )
    done = run(tmp_path, OMP_NUM_THREADS="1")
    passed = {"same", "near", "html", "wider", "threads"}
    assert outcomes(done) == {name: "PASSED" if name in passed else "FAILED" for name in books}, (
        done.stdout
    )
    assert done.returncode == 1
    assert "stored 0.834, now 0.918: more than 2% apart, after 'accuracy '" in done.stdout
    assert "stdout: 1 outputs are stored, now 0" in done.stdout
    assert '[tolerance."unfounded"]' in done.stdout


HOLLOW = """
from tests.notebooks import plugin

def pytest_collection_modifyitems(items):
    left_out = ("missing.ipynb::Cell 0", "missing.ipynb::Cell 1", "few.ipynb::Cell 1")
    items[:] = [item for item in items if not item.nodeid.endswith(left_out)]

def quick(what):
    return lambda self: None if "quick" in str(self) + str(self.parent) else what(self)

plugin.LessonFile.setup = quick(plugin.LessonFile.setup)
plugin.LessonCell.runtest = quick(plugin.LessonCell.runtest)
"""


@pytest.mark.parametrize("workers", [0, 2])
def test_a_hollow_run_fails(tmp_path, workers):
    notebook(tmp_path / "whole.ipynb", SLOW, "pass", "")
    for name in ("few", "quick", "missing"):
        notebook(tmp_path / f"{name}.ipynb", SLOW, "pass")
    (tmp_path / "conftest.py").write_text(HOLLOW, encoding="utf-8")
    done = run(tmp_path, workers=workers)
    assert done.returncode == 1 and "failed" not in done.stdout.splitlines()[-1], done.stdout
    assert "hollow run: few.ipynb: 1 of 2 code cells ran" in done.stdout
    assert "hollow run: missing.ipynb: 0 of 2 code cells ran" in done.stdout
    assert re.search(r"hollow run: quick.ipynb: ran in 0.\d+ s", done.stdout)
    assert "hollow run: whole" not in done.stdout


@pytest.mark.parametrize("workers", [0, 2])
def test_a_notebook_outside_the_root_is_not_hollow(tmp_path, workers):
    for folder in ("elsewhere", "root"):
        (tmp_path / folder).mkdir()
    path = notebook(tmp_path / "elsewhere" / "whole.ipynb", SLOW)
    done = run(tmp_path, path, f"--rootdir={tmp_path / 'root'}", workers=workers)
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout


def test_cells_that_were_selected_need_not_be_all(tmp_path):
    path = notebook(tmp_path / "whole.ipynb", SLOW, "pass")
    for selection in ([path, "--deselect=whole.ipynb::Cell 1"], [f"{path}::Cell 0"]):
        done = run(tmp_path, *selection, workers=0)
        assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout


def test_a_notebook_that_is_not_there_is_named(tmp_path):
    there = notebook(tmp_path / "there.ipynb", SLOW)
    done = run(tmp_path, there, tmp_path / "gone.ipynb")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "file or directory not found" in done.stderr and "gone.ipynb" in done.stderr


@pytest.mark.parametrize(
    "place",
    [
        "def test_it():",
        "def pytest_sessionfinish(session):\n    if hasattr(session.config, 'workerinput'):",
    ],
)
def test_a_dead_worker_fails_the_run(tmp_path, place):
    (tmp_path / "test_it.py").write_text(
        "def test_it(): pass\ndef test_more(): pass\n", encoding="utf-8"
    )
    (tmp_path / "test_that.py").write_text("def test_that(): pass\n", encoding="utf-8")
    name = "test_it.py" if "test_it" in place else "conftest.py"
    (tmp_path / name).write_text(f"import os\n{place}\n        os._exit(0)\n", encoding="utf-8")
    done = run(tmp_path)
    assert done.returncode == 1, done.stdout
    assert "hollow run: worker gw" in done.stdout


TESTS = """
import pytest
def test_runs(): pass
def test_listed(): pytest.skip()
@pytest.mark.card
def test_card(): pass
"""
UNLISTED = """
import pytest
@pytest.mark.skip
def test_unlisted(): pass
def test_more(): pass
"""


@pytest.fixture
def ruled(tmp_path):
    """A folder of tests under a copy of tests/conftest.py."""
    (tmp_path / "conftest.py").write_bytes((REPOSITORY / "tests" / "conftest.py").read_bytes())
    (tmp_path / "skips.toml").write_text(
        '"test_skips.py::test_listed" = "for this test"\n', encoding="utf-8"
    )
    (tmp_path / "test_skips.py").write_text(TESTS, encoding="utf-8")
    return tmp_path


def test_a_listed_skip_passes_and_a_card_is_measured_on_request(ruled):
    for arguments, passed in (
        ([], ["runs"]),
        (["-m", "card", ruled], ["card"]),
        ([ruled / "test_skips.py::test_card"], ["card"]),
    ):
        done = run(ruled, *arguments, workers=0)
        assert done.returncode == 0, done.stdout
        assert re.findall(r"(?m)^PASSED \S+::test_(\w+)$", done.stdout) == passed, done.stdout


@pytest.mark.parametrize("workers", [0, 2])
def test_an_unlisted_skip_fails_the_run(ruled, workers):
    (ruled / "test_more.py").write_text(UNLISTED, encoding="utf-8")
    (ruled / "test_module.py").write_text(
        "import pytest\npytest.importorskip('nowhere')\n", encoding="utf-8"
    )
    done = run(ruled, workers=workers)
    assert done.returncode == 1, done.stdout
    for name in ("test_more.py::test_unlisted", "test_module.py"):
        assert f"skipped without a row in tests/skips.toml: {name}" in done.stdout
    assert "test_listed\n" not in done.stdout.partition("skipped without a row")[2]

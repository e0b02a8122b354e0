"""The runner measures, stores whole or not at all, and reports; exercises can be reset."""

import os
import resource
import signal
import subprocess
import sys
import time

import nbformat
import pytest

from helpers.catalog import Lesson, find
from helpers.errors import CourseError
from helpers.files import write_atomically
from helpers.lessons import cells, report, reset
from helpers.lessons import refresh as refreshing
from helpers.lessons.notebook import exercises, read
from helpers.lessons.run import execute


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """A lesson of our own in a temporary folder: header, set-up, one exercise."""
    monkeypatch.setattr("helpers.catalog.NOTEBOOKS", tmp_path)
    one = Lesson("99", "tiny", "Tiny", "Does it run?", "beginner", (), ("run it",))
    new = nbformat.v4
    book = new.new_notebook()
    book.cells = [new.new_markdown_cell("x"), new.new_code_cell("x"),
                  new.new_code_cell("y = ...  # your code here")]
    answers = new.new_notebook()
    answers.cells = [new.new_code_cell("# BEGIN SOLUTION\n# STUB: y = ...  # your code here\ny = "
                                       "42\n# END SOLUTION")]
    for name, each in zip(("header", "setup", "work"), book.cells, strict=True):
        each.id = name
    book.cells[2].metadata["exercise"] = answers.cells[0].metadata["exercise"] = "99.1"
    one.solutions.parent.mkdir()
    nbformat.write(book, one.path)
    nbformat.write(answers, one.solutions)
    monkeypatch.setattr("helpers.lessons.cells.SETUP",
                        "blob = bytearray(120_000_000)\nprint('ready {key}'); import time; "
                        "time.sleep(0.5)")
    return one


def test_refresh_stores_outputs_header_and_figures(lesson):
    refreshing.refresh(lesson.path, lesson, hub_seconds=lambda path: 7.4)
    stored = read(lesson.path)
    assert stored.cells[1].outputs[0].text == "ready 99\n"
    assert [cell.get("execution_count") for cell in stored.cells] == [None, 1, 2]
    assert stored.metadata["course"]["peak_memory_mb"] > 120
    assert stored.metadata["course"]["hub_seconds"] == 7
    assert (f"{stored.metadata['course']['peak_memory_mb']:,.0f} MB (measured)"
            in stored.cells[0].source)
    assert not any("execution" in cell.metadata for cell in stored.cells)


def test_generated_cells_are_rewritten_without_running(lesson, monkeypatch):
    refreshing.refresh(lesson.path, lesson)
    before = read(lesson.path)
    monkeypatch.setattr("helpers.lessons.cells.SETUP", "print('set-up of {key}')")
    refreshing.rewrite(lesson.path, lesson)
    stored = read(lesson.path)
    assert stored.cells[1].source == "print('set-up of 99')"
    before.cells[1].source = stored.cells[1].source
    assert stored == before  # outputs, counts and figures stay
    # A template has a set-up cell of its own, and its header by hand
    refreshing.rewrite(lesson.path, None)
    assert read(lesson.path).cells[1].source == cells.TEMPLATE_SETUP
    assert read(lesson.path).cells[0].source == before.cells[0].source


def test_a_failing_lesson_keeps_its_stored_outputs(lesson):
    refreshing.refresh(lesson.path, lesson)
    book = read(lesson.path)
    book.cells[2].source = "1 / 0"
    nbformat.write(book, lesson.path)
    before = read(lesson.path).cells[1].outputs
    with pytest.raises(CourseError, match="ZeroDivisionError"):
        refreshing.refresh(lesson.path, lesson)
    assert read(lesson.path).cells[1].outputs == before


def test_a_full_disk_leaves_the_old_file_whole(tmp_path):
    target = tmp_path / "lesson.ipynb"
    write_atomically(target, "old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    # A write past this fails as on a full disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(OSError):
            write_atomically(target, "new" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["lesson.ipynb"]


def test_an_interrupt_during_refresh_leaves_the_old_outputs(lesson, tmp_path):
    refreshing.refresh(lesson.path, lesson)
    book = read(lesson.path)
    book.cells[2].source = "import time; time.sleep(60)"
    nbformat.write(book, lesson.path)
    before = read(lesson.path)
    code = (
        "import pathlib, sys\n"
        "from helpers.lessons import catalog, refresh\n"
        "catalog.NOTEBOOKS = pathlib.Path(sys.argv[1])\n"
        "lesson = catalog.Lesson('99', 'tiny', 'Tiny', 'Does it run?', 'beginner', (), ('run "
        "it',))\n"
        "print('go', flush=True)\n"
        "refresh.refresh(lesson.path, lesson)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
    process.stdout.readline()
    time.sleep(4)  # long enough for the kernel to reach the sleeping cell
    process.send_signal(signal.SIGINT)
    assert process.wait(150) != 0
    assert [cell.get("outputs") for cell in read(lesson.path).cells] == [cell.get("outputs")
            for cell in before.cells]


def test_reset_gives_the_stub_back_and_keeps_the_attempt(lesson, tmp_path, monkeypatch):
    monkeypatch.setattr(reset, "find", lambda name: lesson)
    monkeypatch.setattr(reset, "ATTEMPTS", tmp_path / "attempts")
    assert "nothing to reset" in reset.reset("99.1")
    book = read(lesson.path)
    book.cells[2].source = "y = 41  # my try"
    nbformat.write(book, lesson.path)
    assert "is reset" in reset.reset("99.1")
    assert exercises(read(lesson.path))["99.1"].source == "y = ...  # your code here"
    assert (tmp_path / "attempts" / "99.1.1.py").read_text() == "y = 41  # my try\n"
    with pytest.raises(CourseError, match="99.2"):
        reset.reset("99.2")


def test_report_names_failures(lesson, tmp_path, monkeypatch):
    monkeypatch.setattr(report, "REPORTS", tmp_path / "reports")
    run = execute(lesson.path)
    run.error = "ZeroDivisionError: <division>"
    index = report.write_report([(find("05"), run)], "Models: shipped.")
    page = index.read_text()
    assert "0 of 1 notebooks passed" in page and "&lt;division&gt;" in page
    assert (index.parent / "05_pytorch_training.html").exists()


def test_kernels_run_on_the_cores_they_are_given(lesson):
    from helpers.lessons.run import at_most_cores

    before = os.sched_getaffinity(0)
    with at_most_cores(1) as count:
        assert count == 1 and len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before


def test_figures_are_stored_small():
    import io

    from PIL import Image

    from helpers.lessons import pictures

    image = Image.new("RGB", (300, 200), "white")
    image.paste((200, 30, 60), (20, 20, 200, 120))
    image.putpixel((5, 5), (1, 2, 3))
    plain = io.BytesIO()
    image.save(plain, "PNG", compress_level=0)
    small = pictures.with_palette(plain.getvalue())
    assert len(small) < len(plain.getvalue()) / 20 and pictures.with_palette(small) == small
    with Image.open(io.BytesIO(small)) as shown:
        assert shown.convert("RGB").tobytes() == image.tobytes()
    image.putalpha(7)  # a see-through picture stays as it is
    clear = io.BytesIO()
    image.save(clear, "PNG")
    assert pictures.with_palette(clear.getvalue()) == clear.getvalue()

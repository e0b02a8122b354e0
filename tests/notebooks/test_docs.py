"""The documents name only what exists: files, commands, settings; the README's picture is the
lesson's figure."""

import base64
import re
import struct
import zlib

import nbformat
import pytest
import typer

from helpers.catalog import Lesson
from helpers.cli import app
from helpers.errors import CourseError
from helpers.files import NOTEBOOKS, REPOSITORY
from helpers.lessons import refresh as refreshing
from tests.notebooks import structure

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "TROUBLESHOOTING.md", "NOTICE.md", "data/README.md")
FENCE = re.compile(r"(?ms)^```.*?^```")
COMMAND = re.compile(r"(?<![\w-])(make|course) +([a-z][\w-]*)")
FILE = re.compile(r"(?:helpers|tests|notebooks|data)/[\w./*-]+")


def text(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def code_spans(document: str) -> list[str]:
    """Return what stands in backticks or fences: the places where a word is a command or a file."""
    return FENCE.findall(document) + re.findall(r"`([^`\n]+)`", FENCE.sub("", document))


def commands() -> dict[str, set[str]]:
    """Return the targets of the Makefile and the commands of ``course``."""
    return {
        "make": set(re.findall(r"(?m)^([a-z]+):", text("Makefile"))),
        "course": set(typer.main.get_command(app).commands),
    }


def unknown_commands(document: str) -> list[str]:
    known = commands()
    named = [pair for span in code_spans(document) for pair in COMMAND.findall(span)]
    return [f"{tool} {name}" for tool, name in named if name not in known[tool]]


def missing_files(document: str) -> list[str]:
    named = {name.rstrip("./") for span in code_spans(document) for name in FILE.findall(span)
             if "NN" not in name}
    return sorted(name for name in named if not any(REPOSITORY.glob(name)))


def unread_settings(document: str) -> list[str]:
    sources = [*(REPOSITORY / "helpers").rglob("*.py"), *NOTEBOOKS.rglob("*.ipynb")]
    code = "".join(path.read_text(encoding="utf-8") for path in sources)
    return sorted(name for name in set(re.findall(r"COURSE_[A-Z_]+", document)) if name not in code)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_names_only_what_exists(name):
    document = text(name)
    assert structure.links(REPOSITORY / name, FENCE.sub("", document)) == []
    assert unknown_commands(document) == []
    assert missing_files(document) == []
    assert unread_settings(document) == []
    assert structure.MACHINE_PATH.findall(document) == []


def test_what_does_not_exist_is_noticed():
    assert unknown_commands("Run `make lab`, then `course doctor`; make it so.") == []
    assert unknown_commands("```\nmake labs\n.venv/bin/course docter\n```") == ["make labs",
            "course docter"]
    there = "`helpers/plots.py`, `tests/*.toml`, `helpers/long_runs/lesson_NN.py`"
    assert missing_files(there) == []
    assert missing_files("`helpers/plot.py` and `notebooks/nothing_*.ipynb`") == ["helpers/plot.py",
            "notebooks/nothing_*.ipynb"]
    assert unread_settings("COURSE_MODELS, COURSE_MODEL_S") == ["COURSE_MODEL_S"]


def test_the_readme_opens_with_the_two_commands():
    opening = text("README.md").splitlines()[:25]
    assert any(line.startswith("make lab") for line in opening)
    assert any(line.startswith("make test") for line in opening)


def test_every_make_target_is_in_the_readme():
    named = {name for span in code_spans(text("README.md")) for tool, name in COMMAND.findall(span)
             if tool == "make"}
    assert commands()["make"] - named == set()


def test_the_readme_shows_the_figure_of_its_lesson():
    picture = refreshing.readme_picture()
    images = set(refreshing.IMAGES.glob("*.png"))
    if picture is None:
        assert f"{refreshing.PICTURE_BEGIN}\n{refreshing.PICTURE_END}" in text("README.md")
        assert images == set()
        return
    lesson, png, alt = picture
    image = refreshing.IMAGES / f"{lesson.name}.png"
    assert images == {image}
    assert image.read_bytes() == png
    assert refreshing.picture_text(lesson, image, alt) in text("README.md")


def png() -> bytes:
    """Return a PNG of one white pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I",
                zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\xff"))
            + chunk(b"IEND", b""))


@pytest.fixture
def readme(tmp_path, monkeypatch):
    """A README and one lesson, 99, whose only cell shows a figure and is tagged ``readme-picture``.
    """
    monkeypatch.setattr("helpers.catalog.NOTEBOOKS", tmp_path)
    monkeypatch.setattr(refreshing, "README", tmp_path / "README.md")
    monkeypatch.setattr(refreshing, "IMAGES", tmp_path / "images")
    lesson = Lesson("99", "tiny", "Tiny", "Does it show?", "beginner", (), ("show it",))
    monkeypatch.setattr(refreshing, "lessons", lambda: [lesson])
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_code_cell("show()", metadata={"tags": ["readme-picture"]})]
    data = {"image/png": base64.b64encode(png()).decode(), "text/plain": "<Image>"}
    metadata = {"image/png": {"alt": "A curve\n[rising] to the right."}}
    book.cells[0].outputs = [nbformat.v4.new_output("display_data", data=data, metadata=metadata)]
    nbformat.write(book, lesson.path)
    refreshing.README.write_text(
        f"above\n{refreshing.PICTURE_BEGIN}\nold\n{refreshing.PICTURE_END}\nbelow\n",
        encoding="utf-8")
    return lesson, book


def test_the_picture_comes_from_the_tagged_cell_and_is_the_same_twice(readme, tmp_path):
    refreshing.refresh_picture()
    first = refreshing.README.read_text(encoding="utf-8")
    assert (tmp_path / "images" / "99_tiny.png").read_bytes() == png()
    assert "![A curve (rising) to the right.](" in first and "images/99_tiny.png)" in first
    assert first.startswith("above\n") and first.endswith("\nbelow\n") and "old" not in first
    refreshing.refresh_picture()
    assert refreshing.README.read_text(encoding="utf-8") == first


def test_no_tagged_cell_leaves_no_broken_link(readme):
    lesson, book = readme
    book.cells[0].metadata["tags"] = []
    nbformat.write(book, lesson.path)
    refreshing.refresh_picture()
    block = f"{refreshing.PICTURE_BEGIN}\n{refreshing.PICTURE_END}"
    assert refreshing.README.read_text(encoding="utf-8") == f"above\n{block}\nbelow\n"


def spoil_alt(book):
    book.cells[0].outputs[0].metadata["image/png"]["alt"] = " "


def spoil_count(book):
    book.cells[0].outputs.append(book.cells[0].outputs[0])


def spoil_tag(book):
    book.cells.append(nbformat.from_dict({**book.cells[0], "id": "another"}))


@pytest.mark.parametrize(("spoil", "words"),
                         [(spoil_alt, "alt text"), (spoil_count, "shows 2"),
                          (spoil_tag, "one picture")])
def test_a_picture_that_is_not_one_figure_is_refused(readme, spoil, words):
    lesson, book = readme
    spoil(book)
    nbformat.write(book, lesson.path)
    before = refreshing.README.read_text(encoding="utf-8")
    with pytest.raises(CourseError, match=words):
        refreshing.refresh_picture()
    assert refreshing.README.read_text(encoding="utf-8") == before


def test_lost_markers_are_named(readme):
    refreshing.README.write_text("no markers\n", encoding="utf-8")
    with pytest.raises(CourseError, match="markers"):
        refreshing.refresh_picture()


def test_refresh_executes_the_template_and_keeps_its_cells(tmp_path):
    path = tmp_path / "template.ipynb"
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_markdown_cell("# By hand"),
                  nbformat.v4.new_code_cell("print(6 * 7)")]
    book.cells[0].id = "header"
    nbformat.write(book, path)
    refreshing.refresh(path, None)
    stored = nbformat.read(path, as_version=4)
    assert [cell.source for cell in stored.cells] == ["# By hand", "print(6 * 7)"]
    assert stored.cells[1].outputs[0].text == "42\n"
    assert stored.metadata["language_info"] == {"name": "python"}

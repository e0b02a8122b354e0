"""Writes leave the old file whole: on errors, interrupts and a full disk."""

import pytest

from helpers.errors import CourseError, unknown
from helpers.files import replace_folder, sha256, verify, write_atomically


def test_verify_names_file_and_remedy(tmp_path):
    file = tmp_path / "weights.bin"
    file.write_bytes(b"abc")
    right = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256(file) == right and verify(file, right) == file
    with pytest.raises(CourseError, match="weights.bin is damaged.*Restore it with: pip install x"):
        verify(file, "0" * 64, "pip install x")
    with pytest.raises(CourseError, match="gone.bin is missing.*git restore"):
        verify(tmp_path / "gone.bin", right)


def test_write_atomically_replaces_and_keeps_the_mode(tmp_path):
    file = tmp_path / "sub" / "a.txt"
    write_atomically(file, "one")
    file.chmod(0o600)
    write_atomically(file, "zwei – ü")
    assert file.read_bytes() == "zwei – ü".encode() and file.stat().st_mode & 0o777 == 0o600
    assert len(list(file.parent.iterdir())) == 1


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_replace_folder_keeps_the_old_one_on_failure(tmp_path, error):
    folder = tmp_path / "model"
    with replace_folder(folder) as fresh:
        (fresh / "a").write_text("old")
    with pytest.raises(type(error)), replace_folder(folder) as fresh:
        (fresh / "a").write_text("half")
        raise error
    assert (folder / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_replace_folder_replaces_on_success(tmp_path):
    folder = tmp_path / "model"
    for text in ("one", "two"):
        with replace_folder(folder) as fresh:
            (fresh / text).write_text(text)
    assert [path.name for path in folder.iterdir()] == ["two"]


def test_unknown_suggests_only_near_misses():
    assert "Did you mean 'reviews'?" in str(unknown("data set", "Reviws", ["reviews", "chats"]))
    assert "Did you mean" not in str(unknown("data set", "xyz", ["reviews", "chats"]))

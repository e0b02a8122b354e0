"""Every Python file passes ruff, and ruff sees what it should."""

import subprocess
import sys

from helpers.files import REPOSITORY

RUFF = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise"]


def test_every_file_passes():
    done = subprocess.run([*RUFF, "helpers", "tests"], cwd=REPOSITORY, capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_long_lines_and_unused_imports_are_seen(tmp_path):
    (tmp_path / "bad.py").write_text(f"import os\n\nx = \"{'y' * 100}\"\n", encoding="utf-8")
    config = f"--config={REPOSITORY / 'pyproject.toml'}"
    done = subprocess.run([*RUFF, config, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 1 and "E501" in done.stdout and "F401" in done.stdout


def test_nothing_outside_making_is_excused():
    files = [*(REPOSITORY / "helpers").rglob("*.py"), *(REPOSITORY / "tests").rglob("*.py")]
    mark = "fmt" + ": skip"
    excused = [path for path in files if mark in path.read_text(encoding="utf-8")]
    assert [path for path in excused if "making" not in path.parts] == []

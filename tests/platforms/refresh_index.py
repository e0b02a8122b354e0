"""Write `index.json` and Colab's rows anew, then ask pip itself whether it agrees.

Run by hand, with the network, when pyproject.toml, constraints.txt or Colab's
list changes (`pip-freeze.gpu.txt` in github.com/googlecolab/backend-info):

    python3.13 -m tests.platforms.refresh_index pip-freeze.gpu.txt

Needs Python 3.13 (Colab's) with pip, packaging and resolvelib. Metadata comes from
`pip install --dry-run --report`, one package version a call, only for those that
the resolution meets; what the index already holds is not asked for again. Files
are written when pip, run on top of a stand-in for Colab's packages, installs the
same packages as the offline resolution; otherwise the differences are printed and
the exit code is 1.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from tests.platforms import resolution
from packaging.utils import canonicalize_name
from packaging.version import Version

#: Preinstalled packages outside the course's requirements that depend on something the
#: set-up replaces. Chosen by hand, not a complete list.
NEIGHBOURS = (
    "bigframes", "cudf-cu12", "cudf-polars-cu12", "dask-cudf-cu12", "db-dtypes", "diffusers",
    "gcsfs", "google-cloud-bigquery", "gradio", "gradio-client", "hf-gradio", "ibis-framework",
    "kagglehub", "keras-hub", "pandas-gbq", "pylibcudf-cu12", "tensorflow-datasets", "timm",
    "torchao", "torchtune",
)  # fmt: skip


def read_published(path: Path) -> dict[str, str]:
    """Read a published `pip freeze`: `name==version` rows, direct-URL rows left out."""
    rows = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if "==" in line and not line.startswith("#"):
            name, version = line.strip().split("==")
            rows.setdefault(canonicalize_name(name), version)
    return rows


class Metadata:
    """Requires-Dist lines by package version, asked of pip where `known` lacks them."""

    def __init__(self, known: dict[str, dict[str, list[str]]]) -> None:
        self.known, self.used = known, {}

    def __call__(self, name: str, version: str) -> list[str]:
        lines = self.known.get(name, {}).get(version)
        if lines is None:
            lines = self.ask_pip(name, version)
            self.known.setdefault(name, {})[version] = lines
        self.used.setdefault(name, {})[version] = lines
        return lines

    @staticmethod
    def ask_pip(name: str, version: str) -> list[str]:
        public, _, local = version.partition("+")
        command = ["install", "--quiet", "--dry-run", "--no-deps", "--ignore-installed"]
        found = pip(sys.executable, *command, "--report", "-", f"{name}=={public}")
        lines = json.loads(found)["install"][0]["metadata"].get("requires_dist", [])
        if local.startswith("cu"):
            # PyPI's file of this version asks for another CUDA release than Colab's build,
            # whose CUDA libraries are part of the image.
            lines = [line for line in lines if not line.startswith(("cuda-", "nvidia-"))]
        return lines


def pip(python: str, *arguments: str) -> str:
    """Run `pip` and return its output; its error message becomes this program's."""
    done = subprocess.run(
        [python, "-m", "pip", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"pip {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def stand_in(folder: Path, rows: dict[str, str], metadata: Metadata) -> str:
    """Build an environment in which pip finds `rows` installed; return its Python.

    Only the packages' metadata is there: enough for a dry run, and 10 GB smaller.
    """
    venv.create(folder, with_pip=True)
    site = folder / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    for name, version in rows.items():
        if name == "pip":
            continue
        info = site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        lines = metadata.used.get(name, {}).get(version, [])
        requires = "".join(f"Requires-Dist: {line}\n" for line in lines)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}\n"
        )
        (info / "INSTALLER").write_text("pip\n")
        (info / "RECORD").write_text("")
    return str(folder / "bin" / "python")


def pip_would_install(python: str, requirements: list[str]) -> dict[str, str]:
    """Return {name: version} of what pip's dry run would install."""
    report = pip(python, "install", "--quiet", "--dry-run", "--report", "-", *requirements)
    return {
        canonicalize_name(item["metadata"]["name"]): item["metadata"]["version"]
        for item in json.loads(report)["install"]
    }


def compare(ours: dict[str, str], pips: dict[str, str]) -> list[str]:
    """Return the differences that matter; a version newer than the tested pin is only printed."""
    differences = []
    for name in sorted(ours.keys() | pips.keys()):
        mine, theirs = ours.get(name), pips.get(name)
        if mine is None or theirs is None:
            differences.append(f"{name}: offline {mine}, pip {theirs}")
        elif Version(theirs) > Version(mine):
            print(f"{name}: pip takes {theirs}, newer than the tested {mine}")
        elif theirs != mine:
            differences.append(f"{name}: offline {mine}, pip {theirs}")
    return differences


def main(published: Path) -> int:
    if sys.version_info[:2] != (3, 13):
        raise SystemExit(f"Colab runs Python 3.13; this is {sys.version.split()[0]}")
    rows, pins = read_published(published), resolution.constraints()
    index = resolution.HERE / "index.json"
    metadata = Metadata(resolution.read_index(index) if index.exists() else {})
    project = resolution.read_pyproject()

    differences = []
    for extras in resolution.SETUP_EXTRAS:
        requirements = resolution.course_requirements(project, extras)
        resolved = resolution.resolve(requirements, rows, pins, metadata)
        ours = {name: version for name, version in resolved.items() if rows.get(name) != version}
        with tempfile.TemporaryDirectory() as folder:
            python = stand_in(Path(folder), rows, metadata)
            found = compare(ours, pip_would_install(python, requirements))
        print(f"extras {extras}: {len(resolved)} packages, {len(ours)} to install: {found or 'pip agrees'}")
        differences += found
    for line in resolution.COUNTER_EXAMPLES.values():
        resolution.resolve([*requirements, line], rows, pins, metadata)
    for name in NEIGHBOURS:
        metadata(name, rows[name])
    if differences:
        return 1

    used = dict(sorted(metadata.used.items()))
    index.write_text(json.dumps(used, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    header = (
        "# Colab's GPU runtime as published on 2026-08-19: Python 3.13.15, Ubuntu 22.04. The rows that\n"
        "# the course's requirements or their neighbours meet; written by refresh_index.py.\n"
    )
    lines = [f"{name}=={rows[name]}\n" for name in used if name in rows]
    (resolution.HERE / "colab-gpu-2026-08.txt").write_text(header + "".join(lines), encoding="utf-8")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tests.platforms.refresh_index PUBLISHED_FREEZE")
    sys.exit(main(Path(sys.argv[1])))

"""Write `index.json`, Colab's rows and the sizes of downloads anew; ask pip whether it agrees.

Run by hand, with the network, when pyproject.toml, constraints.txt or Colab's
list changes (`pip-freeze.gpu.txt` in github.com/googlecolab/backend-info):

    python3.13 -m tests.platforms.refresh_index pip-freeze.gpu.txt

Needs Python 3.13 (Colab's) with pip, packaging and resolvelib. Metadata comes from
`pip install --dry-run --report`, one package version a call, only for those that
the resolution meets; what the index already holds is not asked for again. Files
are written when pip, run on top of a stand-in for Colab's packages, installs the
same packages as the offline resolution; otherwise the differences are printed and
the exit code is 1. The sizes, which set-up cells add up and print, are those of
the files that pip downloads and of a shallow clone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from packaging.utils import canonicalize_name

from helpers.catalog import DOWNLOADS
from tests.platforms import resolution

#: Preinstalled packages outside the course's requirements that depend on something the
#: set-up replaces. Chosen by hand, not a complete list.
NEIGHBOURS = (
    "bigframes", "cudf-cu12", "cudf-polars-cu12", "dask-cudf-cu12", "db-dtypes", "diffusers",
    "gcsfs", "google-cloud-bigquery", "gradio", "gradio-client", "hf-gradio", "ibis-framework",
    "kagglehub", "keras-hub", "pandas-gbq", "pylibcudf-cu12", "tensorflow-datasets", "timm",
    "torchao", "torchtune",
)


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


def pip_would_install(
    python: str, requirements: list[str], limits: dict[str, str] | None = None
) -> dict[str, str]:
    """Return {name: version} of what pip's dry run would install; `limits` hold versions."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.writelines(f"{name}=={version}\n" for name, version in (limits or {}).items())
        file.flush()
        options = ["--constraint", file.name] if limits else []
        command = ["install", "--quiet", "--dry-run", "--report", "-", *options]
        report = pip(python, *command, *requirements)
    return {
        canonicalize_name(item["metadata"]["name"]): item["metadata"]["version"]
        for item in json.loads(report)["install"]
    }


def differences(
    python: str, requirements: list[str], ours: dict[str, str], rows: dict[str, str]
) -> list[str]:
    """Return where pip and the offline resolution part, and protected packages that pip replaces.

    Held at the tested versions, pip must install the same. Left alone it may take newer ones,
    with requirements of their own: they are printed.
    """
    held = pip_would_install(python, requirements, ours)
    found = [
        f"{name}: offline {ours.get(name)}, pip {held.get(name)}"
        for name in sorted(ours.keys() | held.keys())
        if ours.get(name) != held.get(name)
    ]
    today = pip_would_install(python, requirements)
    for name, version in today.items():
        if version != ours.get(name):
            print(f"{name}: pip takes {version}; tested: {ours.get(name, rows.get(name))}")
    found += [f"{name}: pip replaces it" for name in resolution.PROTECTED if name in today]
    return found


def sizes(packages: dict[str, str]) -> dict[str, float]:
    """Return {name: MB} of the files that pip downloads for these versions."""
    found = {}
    for name, version in packages.items():
        with tempfile.TemporaryDirectory() as folder:
            pip(
                sys.executable,
                "download",
                "--quiet",
                "--no-deps",
                "-d",
                folder,
                f"{name}=={version}",
            )
            found[name] = sum(file.stat().st_size for file in Path(folder).iterdir()) / 1e6
    return found


def clone_size() -> float:
    """Return the MB that `git clone --depth 1` of the last commit fetches."""
    with tempfile.TemporaryDirectory() as folder:
        address = f"file://{resolution.REPOSITORY}"
        command = ["git", "clone", "--quiet", "--bare", "--depth", "1", address, folder]
        subprocess.run(command, check=True)
        return sum(file.stat().st_size for file in Path(folder).rglob("*.pack")) / 1e6


def write_downloads(installed: dict[tuple[str, ...], dict[str, str]]) -> None:
    """Write the table of downloads from {extras: {name: version}} of what pip installs."""
    wanted = {name: version for found in installed.values() for name, version in found.items()}
    size = sizes(dict(sorted(wanted.items())))
    lines = [
        "# MB that set-up downloads on Colab: the clone, the packages that every notebook needs",
        "# there (base), and those that an extra adds; written by "
        "tests/platforms/refresh_index.py.",
        "",
        f"clone = {clone_size():.1f}",
    ]
    base = installed[("colab",)]
    for extras, found in installed.items():
        if len(extras) <= 2:  # every other set is a union of these
            more = sorted(found if found is base else found.keys() - base.keys())
            lines += ["", f"[packages.{'base' if found is base else extras[0]}]"]
            lines += [f"{name} = {size[name]:.1f}" for name in more]
    DOWNLOADS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(published: Path) -> int:
    if sys.version_info[:2] != (3, 13):
        raise SystemExit(f"Colab runs Python 3.13; this is {sys.version.split()[0]}")
    rows, pins = read_published(published), resolution.constraints()
    index = resolution.HERE / "index.json"
    metadata = Metadata(resolution.read_index(index) if index.exists() else {})
    project = resolution.read_pyproject()

    problems, installed = [], {}
    for extras in resolution.setup_extras():
        requirements = resolution.course_requirements(project, extras)
        resolved = resolution.resolve(requirements, rows, pins, metadata)
        ours = {name: version for name, version in resolved.items() if rows.get(name) != version}
        with tempfile.TemporaryDirectory() as folder:
            python = stand_in(Path(folder), rows, metadata)
            found = differences(python, requirements, ours, rows)
        verdict = found or "pip agrees"
        print(f"{extras}: {len(resolved)} packages, {len(ours)} to install: {verdict}", flush=True)
        problems += found
        installed[extras] = ours
    for line in resolution.COUNTER_EXAMPLES.values():
        resolution.resolve([*requirements, line], rows, pins, metadata)
    for name in NEIGHBOURS:
        metadata(name, rows[name])
    if problems:
        return 1

    used = dict(sorted(metadata.used.items()))
    index.write_text(json.dumps(used, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    header = (
        "# Colab's GPU runtime as published on 2026-08-19: Python 3.13.15, Ubuntu 22.04. The rows\n"
        "# that the course's requirements or their neighbours meet; written by refresh_index.py.\n"
    )
    lines = [f"{name}=={rows[name]}\n" for name in used if name in rows]
    (resolution.HERE / "colab-gpu-2026-08.txt").write_text(
        header + "".join(lines), encoding="utf-8"
    )
    write_downloads(installed)
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tests.platforms.refresh_index PUBLISHED_FREEZE")
    sys.exit(main(Path(sys.argv[1])))

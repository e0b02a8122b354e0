"""Set-up on Colab leaves torch, transformers, numpy and pandas alone, and replaces only what is listed.

SageMaker Studio needs no such proof: there the course has an environment and a kernel
of its own (environment.yml), so nothing of Studio's is replaced.
"""

import functools
import re
import tomllib

import pytest
import resolvelib

from helpers.lessons import cells
from tests.platforms import resolution

LISTED = tomllib.loads((resolution.HERE / "replacements.toml").read_text(encoding="utf-8"))
INDEX = resolution.read_index()
INSTALLED = resolution.colab()


def install(requirements):
    """Resolve `requirements` on top of Colab's packages."""
    return resolution.resolve(
        requirements, INSTALLED, resolution.constraints(), resolution.from_index(INDEX)
    )


@functools.cache
def set_up(extras, *more):
    """Resolve what the set-up cell installs with `extras`, and `more` requirement lines."""
    return install([*resolution.course_requirements(resolution.read_pyproject(), extras), *more])


def test_the_setup_cell_asks_for_the_extras_tested_here():
    asked = re.search(r"\{\{course\}\}\[([\w,]+)\]", cells.SETUP).group(1)
    assert tuple(asked.split(",")) in resolution.SETUP_EXTRAS


@pytest.mark.parametrize("extras", resolution.SETUP_EXTRAS, ids=lambda extras: "+".join(extras) or "base")
def test_protected_packages_are_kept(extras):
    resolved = set_up(extras)
    kept = {name: resolved[name] for name in resolution.PROTECTED}
    assert kept == {name: INSTALLED[name] for name in resolution.PROTECTED}


@pytest.mark.parametrize("name", resolution.COUNTER_EXAMPLES)
def test_a_requirement_that_replaces_a_protected_package_is_seen(name):
    resolved = set_up(("training", "rag", "colab"), resolution.COUNTER_EXAMPLES[name])
    assert name in resolution.replacements(INSTALLED, resolved)


def test_every_replacement_is_listed_with_its_reason():
    expected = {row["package"]: (row["from"], row["to"]) for row in LISTED["replacement"]}
    found = {}
    for extras in resolution.SETUP_EXTRAS:
        found |= resolution.replacements(INSTALLED, set_up(extras))
    assert found == expected
    assert all(len(row["reason"].split()) > 3 for row in LISTED["replacement"])


def test_kept_packages_accept_what_is_new_or_are_listed():
    expected = {(row["package"], row["requirement"]) for row in LISTED.get("refusal", [])}
    found = set()
    for extras in resolution.SETUP_EXTRAS:
        found |= set(resolution.refusals(INSTALLED, set_up(extras), INDEX))
    assert found == expected
    assert all(row["reason"] for row in LISTED.get("refusal", []))


def test_a_kept_package_that_refuses_is_found():
    installed = {"pyarrow": "18.1.0", "cudf": "25.2"}
    index = {"cudf": {"25.2": ["pyarrow<20,>=14"]}}
    assert resolution.refusals(installed, {"pyarrow": "25.0.1"}, index) == [("cudf", "pyarrow<20,>=14")]
    assert resolution.refusals(installed, {"pyarrow": "18.1.0"}, index) == []


def test_the_index_speaks_of_tested_versions_only():
    pins = resolution.constraints()
    strangers = [
        f"{name} {version}"
        for name, versions in INDEX.items()
        for version in versions
        if version not in (INSTALLED.get(name), pins.get(name))
    ]
    assert strangers == []


def test_a_missing_fact_is_an_error_with_its_remedy():
    with pytest.raises(resolution.UnknownMetadata, match="refresh_index"):
        install(["optuna"])
    with pytest.raises(resolution.UnknownMetadata, match="neither"):
        install(["a-package-nobody-pins"])


def test_requirements_that_no_version_meets_are_refused():
    with pytest.raises(resolvelib.ResolutionImpossible):
        set_up((), "numpy<2")


def test_extras_and_markers_count():
    lines = ["a>=1", "b; extra == 'more'", "c; python_version < '3.12'", "d; sys_platform == 'linux'"]
    assert [found.name for found in resolution.active(lines)] == ["a", "d"]
    assert [found.name for found in resolution.active(lines, ["more"])] == ["a", "b", "d"]

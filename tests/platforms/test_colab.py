"""Set-up on Colab keeps torch, transformers, numpy and pandas, and replaces only what is listed.

SageMaker Studio needs no such proof: there the course has an environment and a kernel
of its own (environment.yml), so nothing of Studio's is replaced.
"""

import ast
import dataclasses
import functools
import importlib.metadata
import importlib.util
import math
import re
import subprocess
import sys
import tomllib

import pytest
import resolvelib
from packaging.utils import canonicalize_name

from helpers.catalog import (
    DOWNLOADS,
    Lesson,
    download_megabytes,
    entries,
    find,
    pinned_tag,
    repository_url,
)
from helpers.errors import CourseError
from helpers.lessons import cells
from helpers.lessons.notebook import read
from tests.platforms import resolution

LISTED = tomllib.loads((resolution.HERE / "replacements.toml").read_text(encoding="utf-8"))
INDEX = resolution.read_index()
INSTALLED = resolution.colab()
SETS = resolution.setup_extras()


def install(requirements):
    """Resolve `requirements` on top of Colab's packages."""
    return resolution.resolve(
        requirements, INSTALLED, resolution.constraints(), resolution.from_index(INDEX)
    )


@functools.cache
def set_up(extras, *more):
    """Resolve what the set-up cell installs with `extras`, and `more` requirement lines."""
    return install([*resolution.course_requirements(resolution.read_pyproject(), extras), *more])


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_the_setup_cell_asks_for_the_extras_of_its_row(entry):
    source = cells.setup_source(entry)
    asked = re.search(r"\{course\}\[([\w,]+)\]", source).group(1)
    assert tuple(asked.split(",")) == (*entry.extras, "colab")
    assert tuple(asked.split(",")) in SETS


def imported(source, everywhere):
    """Return the modules that Python code imports: `everywhere`, or only as it is loaded."""
    tree = ast.parse(source)
    found = set()
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found |= {home(node.module, alias.name) for alias in node.names}
    return found


def file_of(module):
    """Return the file of one of the course's modules; None for others."""
    path = resolution.REPOSITORY / module.replace(".", "/")
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in files if module.startswith("helpers.") and file.is_file()), None)


def home(module, name):
    """Return the module that `from module import name` is about: a package may pass a name on."""
    if file_of(f"{module}.{name}"):
        return f"{module}.{name}"
    file = file_of(module)
    for node in ast.parse(file.read_text(encoding="utf-8")).body if file else []:
        if isinstance(node, ast.ImportFrom) and name in [alias.name for alias in node.names]:
            return home(node.module, name)
    return module


def started(source):
    """Return the course's modules that code names in a string: it starts them as processes."""
    nodes = ast.walk(ast.parse(source))
    constants = [str(node.value) for node in nodes if isinstance(node, ast.Constant)]
    return {value for value in constants if re.fullmatch(r"helpers(\.\w+)+", value)}


def packages_of(source):
    """Return the packages that code needs, through the course's own modules too."""
    waiting = [(name, True) for name in imported(source, everywhere=True) | started(source)]
    seen, modules = set(), set()
    while waiting:
        name, everywhere = waiting.pop()
        modules.add(name.partition(".")[0])
        file = file_of(name)
        if file and (file, everywhere) not in seen:
            seen.add((file, everywhere))
            text = file.read_text(encoding="utf-8")
            waiting += [(more, False) for more in imported(text, everywhere)]
            waiting += [(more, True) for more in started(text)]
    distributions = importlib.metadata.packages_distributions()
    return {canonicalize_name(name) for module in modules for name in distributions.get(module, [])}


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_the_extras_of_a_notebook_bring_what_it_imports(entry):
    brought = set_up((*entry.extras, "colab")).keys() | {"greenhouse-course"}
    for path in entry.paths:
        source = "\n".join(
            cell.source
            for cell in read(path).cells
            if cell.cell_type == "code" and cell.id != "setup"
        )
        assert packages_of(source) <= brought, path.name


def test_a_package_that_no_extra_brings_is_seen():
    assert "soundfile" in packages_of("import soundfile") - set_up(("colab",)).keys()
    assert "soundfile" in set_up(("audio", "colab"))
    assert "fastapi" in packages_of("from helpers.hub.beside import open_hub")
    server = packages_of("from helpers.serving import open_llm_server")
    assert "xllamacpp" in server and "fastapi" not in server
    assert "fastapi" not in packages_of("from helpers import measure, plots")


def test_a_notebook_needs_no_extra_that_make_does_not_set_up():
    assert {extra for entry in entries() for extra in entry.extras} <= set(resolution.make_extras())


@pytest.mark.parametrize("extras", SETS, ids="+".join)
def test_protected_packages_are_kept(extras):
    resolved = set_up(extras)
    kept = {name: resolved[name] for name in resolution.PROTECTED}
    assert kept == {name: INSTALLED[name] for name in resolution.PROTECTED}


@pytest.mark.parametrize("extras", SETS, ids="+".join)
def test_the_size_of_a_download_counts_every_package(extras):
    """What a set-up cell says it will download is the sum over these rows."""
    packages = tomllib.loads(DOWNLOADS.read_text(encoding="utf-8"))["packages"]
    rows = {}
    for extra in ("base", *extras[:-1]):
        rows |= packages[extra]
    resolved = set_up(extras)
    assert rows.keys() == {name for name in resolved if resolved[name] != INSTALLED.get(name)}


def test_what_set_up_downloads_is_said():
    plain = Lesson("98", "plain", "Plain", "Does it?", "beginner", (), ())
    full = dataclasses.replace(plain, extras=("training", "serving"), models=("llm",))
    megabytes = [download_megabytes(entry) for entry in (plain, full)]
    assert 100 < megabytes[0] < 200
    assert megabytes[1] - megabytes[0] > 50 + 33 + 92  # pyarrow, llama.cpp, the model
    source = cells.setup_source(full)
    assert f"about {math.ceil(megabytes[1])} MB" in source
    assert '"helpers.cli", "fetch", "llm"' in source
    assert '"fetch"' not in cells.setup_source(plain)
    compile(source, "set-up", "exec")
    assert max(map(len, source.splitlines())) <= 100


@pytest.fixture
def set_up_in(monkeypatch, capsys):
    """Run a set-up cell in a folder as if no helpers were installed; return commands, output."""

    def run(folder, entry):
        commands = []
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "path", list(sys.path))
        monkeypatch.setattr("helpers.opening.start", lambda key: None)
        real = importlib.util.find_spec
        absent = lambda name, *more: None if name == "helpers" else real(name, *more)  # noqa: E731
        monkeypatch.setattr(importlib.util, "find_spec", absent)
        monkeypatch.setattr(subprocess, "run", lambda command, **options: commands.append(command))
        exec(compile(cells.setup_source(entry), "set-up", "exec"), {})
        return [" ".join(command[command[0] == sys.executable :]) for command in commands], (
            capsys.readouterr().out
        )

    return run


def test_a_fresh_machine_fetches_the_course_its_extras_and_models(set_up_in, tmp_path):
    entry = dataclasses.replace(find("04"), models=("llm",))
    commands, printed = set_up_in(tmp_path, entry)
    assert commands == [
        f"git clone -q --depth 1 -b {pinned_tag()} {repository_url()} {tmp_path}/greenhouse",
        f"-m pip install -q -e {tmp_path}/greenhouse[serving,colab]",
        "-m helpers.cli fetch llm",
    ]
    assert f"To download: about {math.ceil(download_megabytes(entry))} MB." in printed
    (tmp_path / "greenhouse").mkdir()
    assert len(set_up_in(tmp_path, entry)[0]) == 2  # what is cloned is not cloned again


def test_in_a_clone_nothing_is_fetched(set_up_in, tmp_path):
    (tmp_path / "notebooks" / "recipes").mkdir(parents=True)
    (tmp_path / "notebooks" / "lessons.toml").touch()
    for folder in ("notebooks", "notebooks/recipes"):
        commands, printed = set_up_in(tmp_path / folder, find("04"))
        assert commands == [] and "download" not in printed
        assert sys.path[0] == str(tmp_path)


def test_an_extra_whose_download_was_never_measured_is_refused():
    with pytest.raises(CourseError, match="'tuning' was never measured.*refresh_index"):
        cells.setup_source(Lesson("98", "x", "X", "X?", "beginner", (), (), extras=("tuning",)))


@pytest.mark.parametrize("name", resolution.COUNTER_EXAMPLES)
def test_a_requirement_that_replaces_a_protected_package_is_seen(name):
    resolved = set_up(SETS[-1], resolution.COUNTER_EXAMPLES[name])
    assert name in resolution.replacements(INSTALLED, resolved)


def test_every_replacement_is_listed_with_its_reason():
    expected = {row["package"]: (row["from"], row["to"]) for row in LISTED["replacement"]}
    found = {}
    for extras in SETS:
        found |= resolution.replacements(INSTALLED, set_up(extras))
    assert found == expected
    assert all(len(row["reason"].split()) > 3 for row in LISTED["replacement"])


def test_kept_packages_accept_what_is_new_or_are_listed():
    expected = {(row["package"], row["requirement"]) for row in LISTED.get("refusal", [])}
    found = set()
    for extras in SETS:
        found |= set(resolution.refusals(INSTALLED, set_up(extras), INDEX))
    assert found == expected
    assert all(row["reason"] for row in LISTED.get("refusal", []))


def test_a_kept_package_that_refuses_is_found():
    installed = {"pyarrow": "18.1.0", "cudf": "25.2"}
    index = {"cudf": {"25.2": ["pyarrow<20,>=14"]}}
    assert resolution.refusals(installed, {"pyarrow": "25.0.1"}, index) == [
        ("cudf", "pyarrow<20,>=14")
    ]
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
    lines = [
        "a>=1",
        "b; extra == 'more'",
        "c; python_version < '3.12'",
        "d; sys_platform == 'linux'",
    ]
    assert [found.name for found in resolution.active(lines)] == ["a", "d"]
    assert [found.name for found in resolution.active(lines, ["more"])] == ["a", "b", "d"]

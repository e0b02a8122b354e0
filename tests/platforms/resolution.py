"""What `pip install` would do on top of packages that are already there, worked out offline.

pip's own resolver library (`resolvelib`) runs over `index.json`, a committed list
of facts (package, version, Requires-Dist). pip keeps an installed version as long
as every requirement accepts it; only then does it look for another one. Here the
other one is the version in `constraints.txt`, the newest that the course is tested
with. A package or version outside the index is an error, never a guess.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import resolvelib
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from helpers.catalog import WORKPLACE_EXTRAS, entries

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]

#: Environment markers of Colab's runtime: CPython 3.13.15 on Linux, x86-64.
COLAB_MARKERS = {
    "implementation_name": "cpython",
    "implementation_version": "3.13.15",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "",
    "platform_system": "Linux",
    "platform_version": "",
    "python_full_version": "3.13.15",
    "python_version": "3.13",
    "sys_platform": "linux",
}


#: What the set-up cell must leave alone on Colab: hours of building, or a kernel restart.
PROTECTED = ("torch", "transformers", "numpy", "pandas")

#: Requirements that do replace a protected package, to prove that the check sees it.
COUNTER_EXAMPLES = {
    "numpy": "numpy>=2.4",
    "pandas": "pandas>=3",
    "transformers": "transformers>=5.20",
}


class UnknownMetadata(LookupError):
    """The index holds no facts about a package version that the resolution needs."""


def read_pins(path: Path) -> dict[str, str]:
    """Read `name==version` lines into {canonical name: version}; comments are skipped."""
    pins = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.split("#")[0].strip()
        if line:
            name, version = line.split("==")
            # Colab's list names some direct-URL builds twice; the first row has the full version.
            pins.setdefault(canonicalize_name(name), version)
    return pins


def read_index(path: Path = HERE / "index.json") -> dict[str, dict[str, list[str]]]:
    """Read the committed facts: {canonical name: {version: Requires-Dist lines}}."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_pyproject() -> dict:
    """Return the course's parsed `pyproject.toml`."""
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


def make_extras() -> list[str]:
    """Return the extras of `make setup`, with which every lesson and recipe runs."""
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    return re.search(r"(?m)^EXTRAS := (\S+)$", makefile).group(1).split(",")


def setup_extras() -> list[tuple[str, ...]]:
    """Return the sets of extras that are worked out: as lessons and recipes ask for them,
    each extra that a notebook may name alone, and all of them together."""
    single = [extra for extra in make_extras() if extra not in WORKPLACE_EXTRAS]
    asked = [(), *((extra,) for extra in single), *(entry.extras for entry in entries()), single]
    return list(dict.fromkeys((*extras, "colab") for extras in asked))


def course_requirements(pyproject: Mapping, extras: Iterable[str]) -> list[str]:
    """Return the base requirements of a parsed `pyproject.toml` and those of `extras`."""
    project = pyproject["project"]
    return project["dependencies"] + [
        line for extra in extras for line in project["optional-dependencies"][extra]
    ]


def active(
    lines: Iterable[str], extras: Iterable[str] = (), markers: Mapping[str, str] = COLAB_MARKERS
) -> list[Requirement]:
    """Parse the Requires-Dist `lines` whose marker holds on the platform, with `extras` or not."""
    kept = []
    for line in lines:
        requirement = Requirement(line)
        if requirement.marker is None or any(
            requirement.marker.evaluate({**markers, "extra": extra}) for extra in ("", *extras)
        ):
            kept.append(requirement)
    return kept


@dataclass(frozen=True)
class Candidate:
    """One version of a package, with the extras asked of it."""

    name: str
    version: str
    extras: frozenset[str]


class Provider(resolvelib.AbstractProvider):
    """Answers the resolver's questions as pip does: what is installed comes first."""

    def __init__(
        self,
        requires: Callable[[str, str], list[str]],
        installed: Mapping[str, str],
        pins: Mapping[str, str],
    ) -> None:
        self.requires, self.installed, self.pins = requires, installed, pins

    def identify(self, requirement_or_candidate):
        extras = frozenset(canonicalize_name(extra) for extra in requirement_or_candidate.extras)
        return canonicalize_name(requirement_or_candidate.name), extras

    def get_preference(self, identifier, resolutions, candidates, information, backtrack_causes):
        name, extras = identifier
        bounded = any(
            specifier.operator in ("==", "<", "<=", "~=")
            for found in information[identifier]
            if isinstance(found.requirement, Requirement)
            for specifier in found.requirement.specifier
        )
        return (not bounded, name, sorted(extras))

    def find_matches(self, identifier, requirements, incompatibilities):
        name, extras = identifier
        excluded = {candidate.version for candidate in incompatibilities[identifier]}
        versions = dict.fromkeys(
            source[name] for source in (self.installed, self.pins) if name in source
        )
        if not versions:
            raise UnknownMetadata(f"{name} is in neither the platform's rows nor constraints.txt")
        wanted = list(requirements[identifier])
        return [
            candidate
            for version in versions
            if version not in excluded
            for candidate in [Candidate(name, version, extras)]
            if all(self.is_satisfied_by(requirement, candidate) for requirement in wanted)
        ]

    def is_satisfied_by(self, requirement, candidate):
        if isinstance(requirement, Candidate):
            return requirement.version == candidate.version
        return requirement.specifier.contains(Version(candidate.version), prereleases=True)

    def get_dependencies(self, candidate):
        dependencies = active(self.requires(candidate.name, candidate.version), candidate.extras)
        if candidate.extras:
            # name[extra] is its own node in the graph; tie it to the plain package.
            dependencies.append(Requirement(f"{candidate.name}=={candidate.version}"))
        return dependencies


def from_index(index: Mapping[str, Mapping[str, list[str]]]) -> Callable[[str, str], list[str]]:
    """Return a lookup of Requires-Dist lines in `index` that raises UnknownMetadata."""

    def requires(name: str, version: str) -> list[str]:
        try:
            return index[name][version]
        except KeyError:
            raise UnknownMetadata(
                f"index.json holds nothing about {name} {version}; "
                "python -m tests.platforms.refresh_index adds it"
            ) from None

    return requires


def resolve(
    requirements: Iterable[str],
    installed: Mapping[str, str],
    pins: Mapping[str, str],
    requires: Callable[[str, str], list[str]],
) -> dict[str, str]:
    """Return {name: version} of every package that `requirements` lead to.

    Raises resolvelib.ResolutionImpossible where no set of known versions fits,
    UnknownMetadata where a fact is missing.
    """
    resolver = resolvelib.Resolver(Provider(requires, installed, pins), resolvelib.BaseReporter())
    mapping = resolver.resolve(active(requirements), max_rounds=2000).mapping
    return dict(sorted((name, candidate.version) for (name, _), candidate in mapping.items()))


def colab() -> dict[str, str]:
    """Return Colab's preinstalled packages, as far as the course or its neighbours meet them."""
    return read_pins(HERE / "colab-gpu-2026-08.txt")


def constraints() -> dict[str, str]:
    """Return the versions that the course is tested with."""
    return read_pins(REPOSITORY / "constraints.txt")


def replacements(
    installed: Mapping[str, str], resolved: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """Return {name: (installed version, new version)} of what the installation replaces."""
    return {
        name: (installed[name], version)
        for name, version in resolved.items()
        if name in installed and installed[name] != version
    }


def refusals(
    installed: Mapping[str, str],
    resolved: Mapping[str, str],
    index: Mapping[str, Mapping[str, list[str]]],
) -> list[tuple[str, str]]:
    """Return (kept package, requirement) where a kept package refuses a new version.

    pip installs all the same and warns ("pip's dependency resolver does not currently
    take into account all the packages that are installed"). Packages without facts in
    `index` are not judged.
    """
    after = {**installed, **resolved}
    found = []
    for name, version in installed.items():
        if after[name] != version:
            continue
        for requirement in active(index.get(name, {}).get(version, [])):
            other = canonicalize_name(requirement.name)
            changed = other in after and after[other] != installed.get(other)
            if changed and not requirement.specifier.contains(after[other], prereleases=True):
                found.append((name, f"{other}{requirement.specifier}"))
    return sorted(found)
